/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-protocol.h"

#include "urlsession/task/u-protocol-private.h"

/**
 * UProtocol:
 *
 * Carries out requests in the place of the library: for a scheme of the application's own, or to answer requests for
 * others itself.
 *
 * A subclass says with [vfunc@Protocol.can_load] which requests are its own, and answers them by what it does with the
 * [class@ProtocolLoad] that it gets. One object serves any number of loads, also at the same time. It is added to a
 * configuration, [method@SessionConfiguration.add_protocol], or serves all sessions of the process,
 * [method@Protocol.register]. The page on [protocols](protocols.html) tells more.
 *
 * Its functions are called in the main context of the session. A protocol that serves sessions with several contexts is
 * called in each of them, perhaps in several threads at once.
 */

G_DEFINE_ABSTRACT_TYPE (UProtocol, u_protocol, G_TYPE_OBJECT)

/* Those that all sessions ask. */
static GMutex registry_lock;
static GPtrArray *registry;   /* owned, nullable; under the lock */
static int n_registered;      /* atomic */

static gboolean
u_protocol_real_can_load (UProtocol *self, URequest *request)
{
  return FALSE;
}

/* Without an answer the load is let go, which says what is wrong. */
static void
u_protocol_real_start (UProtocol *self, UProtocolLoad *load)
{
}

static void
u_protocol_real_stop (UProtocol *self, UProtocolLoad *load)
{
}

static void
u_protocol_class_init (UProtocolClass *klass)
{
  /**
   * UProtocolClass::can_load:
   * @self: a protocol
   * @request: a request, sealed
   *
   * Tells whether the protocol carries out @request.
   *
   * Protocols are asked for each request, for one that a redirect leads to as well, in the order in which they were
   * added to the configuration; after them those of [method@Protocol.register], the last one first. The first %TRUE
   * decides. The default is %FALSE.
   *
   * Called in the context of the session.
   *
   * Returns: whether [vfunc@Protocol.start] is to be called with it
   */
  klass->can_load = u_protocol_real_can_load;
  /**
   * UProtocolClass::start:
   * @self: a protocol
   * @load: what is to be done, and where to put it
   *
   * Begins to carry out a load.
   *
   * It is answered now or later; until then the protocol keeps a reference. A load that is let go without an end fails.
   *
   * Called in the context of the session.
   */
  klass->start = u_protocol_real_start;
  /**
   * UProtocolClass::stop:
   * @self: a protocol
   * @load: what was started
   *
   * Ends a load: nothing that is said of it is heard any more.
   *
   * It is called exactly once after [vfunc@Protocol.start], whatever the end was: that the load was finished or has
   * failed, or that the task ended before.
   *
   * Called in the context of the session.
   */
  klass->stop = u_protocol_real_stop;
}

static void
u_protocol_init (UProtocol *self)
{
}

/**
 * u_protocol_register:
 * @self: a protocol
 *
 * Has all sessions of the process ask the protocol, after those of their configurations; the one that was registered
 * last is asked first.
 *
 * It holds for requests that are made from now on. To register one again brings it to the front. Background sessions
 * ask no protocols.
 *
 * May be called from any thread.
 */
void
u_protocol_register (UProtocol *self)
{
  g_return_if_fail (U_IS_PROTOCOL (self));

  g_object_ref (self);
  u_protocol_unregister (self);
  g_mutex_lock (&registry_lock);
  if (registry == NULL)
    registry = g_ptr_array_new ();
  g_ptr_array_insert (registry, 0, self);
  g_atomic_int_inc (&n_registered);
  g_mutex_unlock (&registry_lock);
}

/**
 * u_protocol_unregister:
 * @self: a protocol
 *
 * Takes back [method@Protocol.register]. Loads that it carries out go on.
 *
 * May be called from any thread.
 */
void
u_protocol_unregister (UProtocol *self)
{
  gboolean found;

  g_return_if_fail (U_IS_PROTOCOL (self));

  g_mutex_lock (&registry_lock);
  found = registry != NULL && g_ptr_array_remove (registry, self);
  if (found)
    g_atomic_int_add (&n_registered, -1);
  g_mutex_unlock (&registry_lock);

  if (found)
    g_object_unref (self);
}

gboolean
u_protocol_is_any_registered (void)
{
  return g_atomic_int_get (&n_registered) > 0;
}

GPtrArray *
u_protocol_dup_registered (void)
{
  GPtrArray *copy = NULL;

  g_mutex_lock (&registry_lock);
  if (registry != NULL && registry->len > 0)
    {
      copy = g_ptr_array_new_with_free_func (g_object_unref);
      for (guint i = 0; i < registry->len; i++)
        g_ptr_array_add (copy, g_object_ref (g_ptr_array_index (registry, i)));
    }
  g_mutex_unlock (&registry_lock);

  return copy;
}

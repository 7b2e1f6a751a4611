/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-configuration-private.h"

/* Which protocols of the application a session has. */

GPtrArray *
u_session_configuration_copy_protocols (USessionConfiguration *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->protocols->len; i++)
    g_ptr_array_add (copy, g_object_ref (g_ptr_array_index (self->protocols, i)));

  return copy;
}

/**
 * u_session_configuration_add_protocol:
 * @self: a configuration of another session than one in the background
 * @protocol: a protocol
 *
 * Adds a protocol, which is asked after those that were added before, and before those of [method@Protocol.register].
 *
 * Tasks of a background session are carried out by another process, which has no protocols: to add one there is a
 * programming error, reported with g_critical().
 */
void
u_session_configuration_add_protocol (USessionConfiguration *self, UProtocol *protocol)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (U_IS_PROTOCOL (protocol));

  if (!u_session_configuration_check_open (self, "protocols"))
    return;
  if (u_session_configuration_is_background (self))
    {
      g_critical ("A background session has no protocols: use a default session.");
      return;
    }

  g_ptr_array_add (self->protocols, g_object_ref (protocol));
}

/**
 * u_session_configuration_dup_protocols:
 * @self: a configuration
 * @n_protocols: (out): how many there are
 *
 * Gets the protocols that were added, in the order in which they are asked.
 *
 * Returns: (transfer full) (array length=n_protocols): the protocols
 */
UProtocol **
u_session_configuration_dup_protocols (USessionConfiguration *self, gsize *n_protocols)
{
  g_autoptr (GPtrArray) copy = NULL;

  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);
  g_return_val_if_fail (n_protocols != NULL, NULL);

  copy = u_session_configuration_copy_protocols (self);

  return (UProtocol **) g_ptr_array_steal (copy, n_protocols);
}

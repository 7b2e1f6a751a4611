/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/network/u-network-private.h"

#include <string.h>

#include "urlsession/network/u-network-monitor-private.h"

struct _UNetwork
{
  gatomicrefcount ref_count;
  GMutex lock;                /* of what follows */
  UNetworkState state;
  GPtrArray *watches;         /* owned; of UNetworkWatch, not owned */
};

struct _UNetworkWatch
{
  gatomicrefcount ref_count;
  UNetwork *network;          /* owned; NULL once it is not watched */
  GMainContext *context;      /* owned */
  UNetworkFunc func;
  gpointer user_data;
};

/* Of the process. */
static struct
{
  GMutex lock;
  UNetwork *network;          /* owned, nullable; never let go */
  UWorker *worker;            /* not owned; of network */
  UNetwork *substitute;       /* owned, nullable; of a test */
} shared;

static UNetworkWatch *
watch_ref (UNetworkWatch *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
watch_unref (gpointer data)
{
  UNetworkWatch *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_main_context_unref (self->context);
  g_free (self);
}

UNetwork *
u_network_new (void)
{
  UNetwork *self = g_new0 (UNetwork, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->state.available = TRUE; /* nothing is forbidden before more is known */
  self->watches = g_ptr_array_new ();

  return self;
}

UNetwork *
u_network_new_dummy (const UNetworkState *state)
{
  UNetwork *self = u_network_new ();

  self->state = *state;

  return self;
}

void
u_network_dummy_set_state (UNetwork *self, const UNetworkState *state)
{
  u_network_set_state (self, state);
}

UNetwork *
u_network_ref_default (void)
{
  UNetwork *network;

  g_mutex_lock (&shared.lock);
  /* After a fork the thread that looked is gone. */
  if (shared.worker != NULL && u_worker_is_lost (shared.worker))
    {
      shared.worker = NULL;
      shared.network = NULL;
    }
  if (shared.network == NULL && shared.substitute == NULL)
    {
      shared.network = u_network_new ();
      shared.worker = u_worker_acquire ();
      u_network_monitor_start (shared.network, shared.worker);
    }
  network = u_network_ref (shared.substitute != NULL ? shared.substitute : shared.network);
  g_mutex_unlock (&shared.lock);

  return network;
}

void
u_network_set_default (UNetwork *network)
{
  g_mutex_lock (&shared.lock);
  g_clear_pointer (&shared.substitute, u_network_unref);
  if (network != NULL)
    shared.substitute = u_network_ref (network);
  g_mutex_unlock (&shared.lock);
}

UNetwork *
u_network_ref (UNetwork *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_network_unref (UNetwork *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->watches->len == 0);
  g_ptr_array_unref (self->watches);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
u_network_get_state (UNetwork *self, UNetworkState *state)
{
  g_mutex_lock (&self->lock);
  *state = self->state;
  g_mutex_unlock (&self->lock);
}

static gboolean
changed_cb (gpointer data)
{
  UNetworkWatch *watch = data;

  if (watch->network != NULL)
    watch->func (watch->user_data);

  return G_SOURCE_REMOVE;
}

void
u_network_set_state (UNetwork *self, const UNetworkState *state)
{
  g_mutex_lock (&self->lock);
  if (memcmp (&self->state, state, sizeof *state) != 0)
    {
      self->state = *state;
      for (guint i = 0; i < self->watches->len; i++)
        {
          UNetworkWatch *watch = g_ptr_array_index (self->watches, i);
          g_autoptr (GSource) source = g_idle_source_new ();

          g_source_set_priority (source, G_PRIORITY_DEFAULT);
          g_source_set_static_name (source, "[urlsession] network change");
          g_source_set_callback (source, changed_cb, watch_ref (watch), watch_unref);
          g_source_attach (source, watch->context);
        }
    }
  g_mutex_unlock (&self->lock);
}

UNetworkWatch *
u_network_watch (UNetwork *self, GMainContext *context, UNetworkFunc func, gpointer user_data)
{
  UNetworkWatch *watch = g_new0 (UNetworkWatch, 1);

  g_atomic_ref_count_init (&watch->ref_count);
  watch->network = u_network_ref (self);
  watch->context = g_main_context_ref (context);
  watch->func = func;
  watch->user_data = user_data;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->watches, watch);
  g_mutex_unlock (&self->lock);

  return watch;
}

void
u_network_unwatch (UNetworkWatch *watch)
{
  UNetwork *network = g_steal_pointer (&watch->network);

  g_mutex_lock (&network->lock);
  g_ptr_array_remove_fast (network->watches, watch);
  g_mutex_unlock (&network->lock);
  u_network_unref (network);
  watch_unref (watch);
}

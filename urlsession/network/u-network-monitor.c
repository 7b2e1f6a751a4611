/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/network/u-network-monitor-private.h"

#include "urlsession/base/u-worker-private.h"

#define NETWORK_MANAGER_NAME "org.freedesktop.NetworkManager"
#define NETWORK_MANAGER_PATH "/org/freedesktop/NetworkManager"

/* NMMetered */
#define NETWORK_MANAGER_METERED_YES 1
#define NETWORK_MANAGER_METERED_GUESS_YES 3

/* All of it belongs to the I/O thread that it is on, and stays as long as the process. */
typedef struct
{
  UWorkItem item;
  UNetwork *network;          /* owned */
  UWorker *worker;            /* held, so that its thread stays */
  GNetworkMonitor *monitor;   /* not owned: there is one in a process */
  GPowerProfileMonitor *power; /* owned */
  GDBusProxy *manager;        /* owned, nullable: there is no NetworkManager that one could ask */
  gboolean asked;             /* whether there is one was found out */
} Monitor;

static GVariant *
get_manager_property (Monitor *self, const char *name, const GVariantType *type)
{
  g_autoptr (GVariant) value = NULL;

  if (self->manager != NULL)
    value = g_dbus_proxy_get_cached_property (self->manager, name);

  return value != NULL && g_variant_is_of_type (value, type) ? g_steal_pointer (&value) : NULL;
}

static void
update (Monitor *self)
{
  UNetworkState state = { 0 };
  g_autoptr (GVariant) type = get_manager_property (self, "PrimaryConnectionType", G_VARIANT_TYPE_STRING);
  g_autoptr (GVariant) metered = get_manager_property (self, "Metered", G_VARIANT_TYPE_UINT32);

  state.known = self->asked;
  state.available = g_network_monitor_get_network_available (self->monitor);
  state.expensive = g_network_monitor_get_network_metered (self->monitor);
  state.constrained = g_power_profile_monitor_get_power_saver_enabled (self->power);
  if (type != NULL)
    {
      const char *name = g_variant_get_string (type, NULL);

      state.cellular = g_str_equal (name, "gsm") || g_str_equal (name, "cdma");
    }
  if (metered != NULL)
    {
      guint32 value = g_variant_get_uint32 (metered);

      state.expensive = state.expensive || value == NETWORK_MANAGER_METERED_YES ||
                        value == NETWORK_MANAGER_METERED_GUESS_YES;
    }
  u_network_set_state (self->network, &state);
}

static gboolean
update_cb (gpointer data)
{
  update (data);

  return G_SOURCE_REMOVE;
}

/* The monitors of GIO belong to whoever asked for them first, and speak on that thread. */
static void
changed_somewhere (Monitor *self)
{
  g_main_context_invoke (u_worker_get_context (self->worker), update_cb, self);
}

static void
settle (Monitor *self)
{
  self->asked = TRUE;
  update (self);
}

static void
manager_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Monitor *self = user_data;
  g_autoptr (GError) error = NULL;

  self->manager = g_dbus_proxy_new_finish (result, &error);
  if (self->manager == NULL)
    {
      g_debug ("NetworkManager is not asked about the network: %s", error->message);
      settle (self);
      return;
    }
  g_signal_connect_swapped (self->manager, "g-properties-changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (self->manager, "notify::g-name-owner", G_CALLBACK (update), self);
  settle (self);
}

static void
bus_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Monitor *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_for_address_finish (result, &error);

  if (connection == NULL)
    {
      g_debug ("There is no system bus: %s", error->message);
      settle (self);
      return;
    }
  /* A connection of our own: the shared one would end the program together with the bus. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_dbus_proxy_new (connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, NETWORK_MANAGER_NAME, NETWORK_MANAGER_PATH,
                    NETWORK_MANAGER_NAME, NULL, manager_found_cb, self);
}

static void
start_run (UWorkItem *item)
{
  Monitor *self = (Monitor *) item;
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

  self->monitor = g_network_monitor_get_default ();
  g_signal_connect_swapped (self->monitor, "network-changed", G_CALLBACK (changed_somewhere), self);
  g_signal_connect_swapped (self->monitor, "notify::network-metered", G_CALLBACK (changed_somewhere),
                            self);
  self->power = g_power_profile_monitor_dup_default ();
  g_signal_connect_swapped (self->power, "notify::power-saver-enabled", G_CALLBACK (changed_somewhere), self);
  if (address != NULL)
    g_dbus_connection_new_for_address (address,
                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                       G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                       NULL, NULL, bus_found_cb, self);
  else
    settle (self);
}

void
u_network_monitor_start (UNetwork *network)
{
  Monitor *self = g_new0 (Monitor, 1);

  self->network = u_network_ref (network);
  self->worker = u_worker_acquire ();
  self->item.run = start_run;
  u_worker_post (self->worker, &self->item);
}

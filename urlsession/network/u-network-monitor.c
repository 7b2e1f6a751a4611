/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/network/u-network-monitor-private.h"

#define NETWORK_MANAGER_NAME "org.freedesktop.NetworkManager"
#define NETWORK_MANAGER_PATH "/org/freedesktop/NetworkManager"

#define POWER_PROFILES_NAME "net.hadess.PowerProfiles"
#define POWER_PROFILES_PATH "/net/hadess/PowerProfiles"

/* NMMetered */
#define METERED_YES 1
#define METERED_GUESS_YES 3

/* Services answer within milliseconds. One that hangs must not hold up those who wait for the first answer. */
#define PATIENCE_MS 1000

/*
 * What is known of the network, from who knows it: the routes from the kernel, through an own instance of GIO's
 * monitor for them, and the kind of the network and the power profile from NetworkManager and power-profiles-daemon,
 * over an own connection to the system bus. GIO has objects for all of it, one of each for the whole process: whoever
 * asks for them first decides in which context they speak to everybody, which must not be that of an I/O thread; and
 * they use the shared connection, which ends the program together with the bus.
 *
 * All of it belongs to the I/O thread that it is on, and stays as long as the process.
 */
typedef struct
{
  UWorkItem item;
  UNetwork *network;          /* owned */
  UWorker *worker;            /* held, so that its thread stays */
  GNetworkMonitor *routes;    /* owned, nullable: this system has no such monitor */
  GDBusProxy *manager;        /* owned, nullable: there is no bus */
  GDBusProxy *power;          /* owned, nullable: there is no bus */
  guint n_pending;            /* questions to the bus without an answer */
  GSource *patience;          /* owned, nullable; until all that can be known is */
} Monitor;

static GVariant *
get_property (GDBusProxy *proxy, const char *name, const GVariantType *type)
{
  g_autoptr (GVariant) value = NULL;

  if (proxy != NULL)
    value = g_dbus_proxy_get_cached_property (proxy, name);

  return value != NULL && g_variant_is_of_type (value, type) ? g_steal_pointer (&value) : NULL;
}

static gboolean
is_one_of (GVariant *value, const char *first, const char *second)
{
  const char *string = value != NULL ? g_variant_get_string (value, NULL) : NULL;

  return g_strcmp0 (string, first) == 0 || (second != NULL && g_strcmp0 (string, second) == 0);
}

static void
update (Monitor *self)
{
  UNetworkState state = { 0 };
  g_autoptr (GVariant) type = get_property (self->manager, "PrimaryConnectionType", G_VARIANT_TYPE_STRING);
  g_autoptr (GVariant) metered = get_property (self->manager, "Metered", G_VARIANT_TYPE_UINT32);
  g_autoptr (GVariant) profile = get_property (self->power, "ActiveProfile", G_VARIANT_TYPE_STRING);
  guint32 metered_value = metered != NULL ? g_variant_get_uint32 (metered) : 0;

  state.known = self->patience == NULL;
  state.available = self->routes == NULL || g_network_monitor_get_network_available (self->routes);
  state.cellular = is_one_of (type, "gsm", "cdma");
  state.expensive = metered_value == METERED_YES || metered_value == METERED_GUESS_YES;
  state.constrained = is_one_of (profile, "power-saver", NULL);
  u_network_set_state (self->network, &state);
}

static void
settle (Monitor *self)
{
  if (self->patience != NULL)
    {
      g_source_destroy (self->patience);
      g_clear_pointer (&self->patience, g_source_unref);
    }
  update (self);
}

static gboolean
patience_cb (gpointer user_data)
{
  g_debug ("The system bus does not say what the network is like; it is taken for an ordinary one.");
  settle (user_data);

  return G_SOURCE_REMOVE;
}

static GDBusProxy *
take_proxy (Monitor *self, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  GDBusProxy *proxy = g_dbus_proxy_new_finish (result, &error);

  if (proxy == NULL)
    {
      g_debug ("A service is not asked about the network: %s", error->message);
    }
  else
    {
      g_signal_connect_swapped (proxy, "g-properties-changed", G_CALLBACK (update), self);
      g_signal_connect_swapped (proxy, "notify::g-name-owner", G_CALLBACK (update), self);
    }
  self->n_pending--;

  return proxy;
}

static void
manager_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Monitor *self = user_data;

  self->manager = take_proxy (self, result);
  if (self->n_pending == 0)
    settle (self);
}

static void
power_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Monitor *self = user_data;

  self->power = take_proxy (self, result);
  if (self->n_pending == 0)
    settle (self);
}

/* What nobody says any more is not so. */
static void
bus_closed_cb (Monitor *self)
{
  g_clear_object (&self->manager);
  g_clear_object (&self->power);
  update (self);
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
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect_swapped (connection, "closed", G_CALLBACK (bus_closed_cb), self);
  self->n_pending = 2;
  g_dbus_proxy_new (connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, NETWORK_MANAGER_NAME, NETWORK_MANAGER_PATH,
                    NETWORK_MANAGER_NAME, NULL, manager_found_cb, self);
  g_dbus_proxy_new (connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, POWER_PROFILES_NAME, POWER_PROFILES_PATH,
                    POWER_PROFILES_NAME, NULL, power_found_cb, self);
}

/* Routes as the kernel has them, by netlink: an instance that nobody else has. */
static GNetworkMonitor *
new_routes_monitor (void)
{
  GIOExtensionPoint *point;
  GIOExtension *extension = NULL;

  /* The types of GIO itself are registered with those of its modules. */
  g_tls_backend_get_default ();
  point = g_io_extension_point_lookup (G_NETWORK_MONITOR_EXTENSION_POINT_NAME);
  if (point != NULL)
    extension = g_io_extension_point_get_extension_by_name (point, "netlink");

  return extension != NULL ? g_initable_new (g_io_extension_get_type (extension), NULL, NULL, NULL) : NULL;
}

static void
start_run (UWorkItem *item)
{
  Monitor *self = (Monitor *) item;
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

  self->routes = new_routes_monitor ();
  if (self->routes != NULL)
    g_signal_connect_swapped (self->routes, "network-changed", G_CALLBACK (update), self);
  if (address == NULL)
    {
      settle (self);
      return;
    }

  /* The routes are known now. */
  self->patience = g_timeout_source_new (PATIENCE_MS);
  g_source_set_static_name (self->patience, "[urlsession] network");
  g_source_set_callback (self->patience, patience_cb, self, NULL);
  g_source_attach (self->patience, u_worker_get_context (self->worker));
  update (self);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                     G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, NULL, bus_found_cb, self);
}

void
u_network_monitor_start (UNetwork *network, UWorker *worker)
{
  Monitor *self = g_new0 (Monitor, 1);

  self->network = u_network_ref (network);
  self->worker = worker;
  self->item.run = start_run;
  u_worker_post (self->worker, &self->item);
}

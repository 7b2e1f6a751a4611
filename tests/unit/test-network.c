/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/network/u-network-private.h"

#include <gio/gunixsocketaddress.h>

#include "daemon.h"

/* What is known of the network: the port with what a test says, and the adapter against mocks of NetworkManager and
 * power-profiles-daemon on a bus of their own. */

#define MANAGER_NAME "org.freedesktop.NetworkManager"
#define MANAGER_PATH "/org/freedesktop/NetworkManager"
#define POWER_NAME "net.hadess.PowerProfiles"
#define POWER_PATH "/net/hadess/PowerProfiles"
#define MOCK_INTERFACE "org.freedesktop.DBus.Mock"

#define PATIENCE_US (20 * G_USEC_PER_SEC)

static const UNetworkState plain = { .known = TRUE, .available = TRUE };
static const UNetworkState metered = { .known = TRUE, .available = TRUE, .expensive = TRUE };

typedef struct
{
  GMainContext *context;      /* owned; of who watches */
  GThread *thread;            /* of who watches */
  UNetwork *network;          /* owned */
  UNetworkWatch *watch;       /* nullable */
  guint n_calls;
} Watcher;

static void
watcher_cb (gpointer user_data)
{
  Watcher *self = user_data;

  g_assert_true (g_thread_self () == self->thread);
  self->n_calls++;
}

static void
watcher_init (Watcher *self, UNetwork *network)
{
  self->context = g_main_context_new ();
  self->thread = g_thread_self ();
  self->network = u_network_ref (network);
  self->n_calls = 0;
  self->watch = u_network_watch (network, self->context, watcher_cb, self);
}

static void
watcher_clear (Watcher *self)
{
  g_clear_pointer (&self->watch, u_network_unwatch);
  u_network_unref (self->network);
  g_main_context_unref (self->context);
}

static void
watcher_drain (Watcher *self)
{
  while (g_main_context_iteration (self->context, FALSE))
    ;
}

static gpointer
set_metered_thread (gpointer data)
{
  u_network_dummy_set_state (data, &metered);

  return NULL;
}

/* A change that another thread makes is known at once, and told in the context of each who watches. */
static void
test_watch (void)
{
  UNetwork *network = u_network_new_dummy (&plain);
  UNetworkState state;
  Watcher first, second;

  watcher_init (&first, network);
  watcher_init (&second, network);
  g_thread_join (g_thread_new (NULL, set_metered_thread, network));
  u_network_get_state (network, &state);
  g_assert_true (state.expensive);
  g_assert_cmpuint (first.n_calls, ==, 0);

  watcher_drain (&first);
  g_assert_cmpuint (first.n_calls, ==, 1);
  g_assert_cmpuint (second.n_calls, ==, 0);
  watcher_drain (&second);
  g_assert_cmpuint (second.n_calls, ==, 1);

  /* No change, no call. */
  u_network_dummy_set_state (network, &metered);
  watcher_drain (&first);
  g_assert_cmpuint (first.n_calls, ==, 1);

  watcher_clear (&first);
  watcher_clear (&second);
  u_network_unref (network);
}

/* Nothing is called after u_network_unwatch(), also what was on its way. */
static void
test_unwatch (void)
{
  UNetwork *network = u_network_new_dummy (&plain);
  Watcher watcher;

  watcher_init (&watcher, network);
  u_network_dummy_set_state (network, &metered);
  g_clear_pointer (&watcher.watch, u_network_unwatch);
  watcher_drain (&watcher);
  g_assert_cmpuint (watcher.n_calls, ==, 0);
  u_network_dummy_set_state (network, &plain);
  watcher_drain (&watcher);
  g_assert_cmpuint (watcher.n_calls, ==, 0);

  watcher_clear (&watcher);
  u_network_unref (network);
}

static void
unwatch_cb (gpointer user_data)
{
  Watcher *self = user_data;

  self->n_calls++;
  g_clear_pointer (&self->watch, u_network_unwatch);
}

static void
test_unwatch_inside (void)
{
  UNetwork *network = u_network_new_dummy (&plain);
  Watcher watcher;

  watcher_init (&watcher, network);
  u_network_unwatch (watcher.watch);
  watcher.watch = u_network_watch (network, watcher.context, unwatch_cb, &watcher);
  u_network_dummy_set_state (network, &metered);
  u_network_dummy_set_state (network, &plain);
  watcher_drain (&watcher);
  g_assert_cmpuint (watcher.n_calls, ==, 1);

  watcher_clear (&watcher);
  u_network_unref (network);
}

static void
test_substitute (void)
{
  UNetwork *network = u_network_new_dummy (&metered);
  UNetwork *found;

  u_network_set_default (network);
  found = u_network_ref_default ();
  g_assert_true (found == network);
  u_network_unref (found);
  u_network_set_default (NULL);
  u_network_unref (network);
}

static gboolean
wake_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Until the state is that, whatever comes before; `available` is the machine's. */
static void
wait_for_state (Watcher *self, gboolean cellular, gboolean expensive, gboolean constrained)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE_US;
  GSource *tick = g_timeout_source_new (100);
  UNetworkState state;

  g_source_set_callback (tick, wake_cb, NULL, NULL);
  g_source_attach (tick, self->context);
  while (TRUE)
    {
      u_network_get_state (self->network, &state);
      if (state.known && state.cellular == cellular && state.expensive == expensive &&
          state.constrained == constrained)
        break;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (self->context, TRUE);
    }
  g_source_destroy (tick);
  g_source_unref (tick);
}

static void
test_no_bus_child (void)
{
  UNetwork *network;
  Watcher watcher;

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/socket", TRUE);
  network = u_network_ref_default ();
  watcher_init (&watcher, network);
  wait_for_state (&watcher, FALSE, FALSE, FALSE);
  watcher_clear (&watcher);
  u_network_unref (network);
}

static void
test_no_bus (void)
{
  g_test_trap_subprocess ("/network/adapter/no-bus/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* A bus that takes the connection and never says a word. */
static void
test_silent_bus_child (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *folder = g_dir_make_tmp ("urlsession-bus-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  g_autofree char *bus = g_strconcat ("unix:path=", path, NULL);
  UNetwork *network;
  Watcher watcher;

  address = g_unix_socket_address_new (path);
  g_assert_true (g_socket_listener_add_address (listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                                NULL, NULL, NULL));
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", bus, TRUE);
  network = u_network_ref_default ();
  watcher_init (&watcher, network);
  wait_for_state (&watcher, FALSE, FALSE, FALSE);
  watcher_clear (&watcher);
  u_network_unref (network);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_silent_bus (void)
{
  g_test_trap_subprocess ("/network/adapter/silent-bus/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
mock_call (GDBusConnection *bus, const char *name, const char *path, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) result = NULL;

  result = g_dbus_connection_call_sync (bus, name, path, MOCK_INTERFACE, method, arguments, NULL,
                                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
mock_set (GDBusConnection *bus, const char *name, const char *path, const char *property, GVariant *value)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", property, value);
  mock_call (bus, name, path, "UpdateProperties", g_variant_new ("(sa{sv})", name, &builder));
}

static gboolean
has_owner (GDBusConnection *bus, const char *name)
{
  g_autoptr (GVariant) result = NULL;
  gboolean owned;

  result = g_dbus_connection_call_sync (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "NameHasOwner", g_variant_new ("(s)", name), G_VARIANT_TYPE ("(b)"),
                                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  g_assert_nonnull (result);
  g_variant_get (result, "(b)", &owned);

  return owned;
}

static GSubprocess *
start_mock (Daemons *daemons, GDBusConnection *bus, const char *template, const char *name)
{
  GSubprocess *mock = daemons_spawn (daemons, "/usr/bin/python3", "-m", "dbusmock", "--system", "--template", template);
  gint64 deadline = g_get_monotonic_time () + PATIENCE_US;

  while (!has_owner (bus, name))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (10 * 1000);
    }

  return mock;
}

/* From before there is a NetworkManager to after the end of the bus, which the program survives. */
static void
test_adapter_child (void)
{
  GTestDBus *bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_autoptr (GDBusConnection) connection = NULL;
  Daemons *daemons;
  GSubprocess *manager;
  UNetwork *network;
  Watcher watcher;
  guint n_calls;

  g_test_dbus_up (bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
  connection = g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                       G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                       NULL, NULL, NULL);
  g_assert_nonnull (connection);
  daemons = daemons_new ();
  network = u_network_ref_default ();
  watcher_init (&watcher, network);
  wait_for_state (&watcher, FALSE, FALSE, FALSE);

  manager = start_mock (daemons, connection, "networkmanager", MANAGER_NAME);
  mock_call (connection, MANAGER_NAME, MANAGER_PATH, "AddProperty",
             g_variant_new ("(ssv)", MANAGER_NAME, "Metered", g_variant_new_uint32 (0)));
  mock_call (connection, MANAGER_NAME, MANAGER_PATH, "AddProperty",
             g_variant_new ("(ssv)", MANAGER_NAME, "PrimaryConnectionType", g_variant_new_string ("")));
  n_calls = watcher.n_calls;
  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "Metered", g_variant_new_uint32 (1));
  wait_for_state (&watcher, FALSE, TRUE, FALSE);
  watcher_drain (&watcher);
  g_assert_cmpuint (watcher.n_calls, >, n_calls);
  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "Metered", g_variant_new_uint32 (2));
  wait_for_state (&watcher, FALSE, FALSE, FALSE);
  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "Metered", g_variant_new_uint32 (3));
  wait_for_state (&watcher, FALSE, TRUE, FALSE);
  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "Metered", g_variant_new_uint32 (4));
  wait_for_state (&watcher, FALSE, FALSE, FALSE);

  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "PrimaryConnectionType", g_variant_new_string ("gsm"));
  wait_for_state (&watcher, TRUE, FALSE, FALSE);
  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "PrimaryConnectionType", g_variant_new_string ("802-11-wireless"));
  wait_for_state (&watcher, FALSE, FALSE, FALSE);
  mock_set (connection, MANAGER_NAME, MANAGER_PATH, "PrimaryConnectionType", g_variant_new_string ("cdma"));
  wait_for_state (&watcher, TRUE, FALSE, FALSE);

  start_mock (daemons, connection, "power_profiles_daemon", POWER_NAME);
  mock_set (connection, POWER_NAME, POWER_PATH, "ActiveProfile", g_variant_new_string ("power-saver"));
  wait_for_state (&watcher, TRUE, FALSE, TRUE);
  mock_set (connection, POWER_NAME, POWER_PATH, "ActiveProfile", g_variant_new_string ("performance"));
  wait_for_state (&watcher, TRUE, FALSE, FALSE);
  mock_set (connection, POWER_NAME, POWER_PATH, "ActiveProfile", g_variant_new_string ("power-saver"));
  wait_for_state (&watcher, TRUE, FALSE, TRUE);

  /* A NetworkManager that goes away says nothing any more. */
  g_subprocess_force_exit (manager);
  wait_for_state (&watcher, FALSE, FALSE, TRUE);

  /* And neither does a bus. */
  g_clear_object (&connection);
  daemons_free (daemons);
  g_test_dbus_down (bus);
  wait_for_state (&watcher, FALSE, FALSE, FALSE);

  watcher_clear (&watcher);
  u_network_unref (network);
  g_object_unref (bus);
}

static void
test_adapter (void)
{
  g_test_trap_subprocess ("/network/adapter/bus/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/network/watch", test_watch);
  g_test_add_func ("/network/unwatch", test_unwatch);
  g_test_add_func ("/network/unwatch-inside", test_unwatch_inside);
  g_test_add_func ("/network/substitute", test_substitute);
  g_test_add_func ("/network/adapter/no-bus", test_no_bus);
  g_test_add_func ("/network/adapter/no-bus/subprocess", test_no_bus_child);
  g_test_add_func ("/network/adapter/silent-bus", test_silent_bus);
  g_test_add_func ("/network/adapter/silent-bus/subprocess", test_silent_bus_child);
  g_test_add_func ("/network/adapter/bus", test_adapter);
  g_test_add_func ("/network/adapter/bus/subprocess", test_adapter_child);

  return g_test_run ();
}

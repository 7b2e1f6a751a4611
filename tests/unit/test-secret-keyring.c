/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-credential-store-private.h"
#include "urlsession/storage/u-secret-keyring-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "urlsession/base/u-error.h"
#include "urlsession/u-config.h"

/* The store of credentials with a real keyring, that of GNOME on a bus of the test. What the library knows of the bus
 * is kept for the whole process, so each test is a process. */

#ifdef HAVE_LIBSECRET
#define HAS_KEYRING TRUE
#else
#define HAS_KEYRING FALSE
#endif

#define PASSWORD "c0rrect-h0rse"
#define KEYRING_PASSWORD "opens-the-keyring"

typedef struct
{
  GTestDBus *bus;             /* owned, nullable */
  GPid keyring;               /* 0: none */
  char *folder;               /* owned */
  UProtectionSpaceData *space; /* owned */
} Scene;

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static gboolean
has_owner (GDBusConnection *bus)
{
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_sync (bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner",
                                 g_variant_new ("(s)", "org.freedesktop.secrets"), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                 NULL, NULL);
  gboolean result = FALSE;

  g_assert_nonnull (reply);
  g_variant_get (reply, "(b)", &result);

  return result;
}

/* Through the bus as the keyring sees it. */
static void
wait_for_name (Scene *self)
{
  g_autoptr (GDBusConnection) bus =
    g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, NULL);

  g_assert_nonnull (bus);
  while (!has_owner (bus))
    g_usleep (1000);
}

static void
start_keyring (Scene *self, gboolean is_unlocked)
{
  const char *argv[] = {
    "gnome-keyring-daemon", "--foreground", "--components=secrets", "--control-directory", self->folder,
    is_unlocked ? "--unlock" : NULL, NULL,
  };
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  int input;

  /* Its warnings are its own. */
  environment = g_environ_unsetenv (environment, "G_DEBUG");
  environment = g_environ_unsetenv (environment, "G_MESSAGES_DEBUG");
  g_spawn_async_with_pipes (NULL, (char **) argv, environment,
                            G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                            G_SPAWN_STDERR_TO_DEV_NULL,
                            NULL, NULL, &self->keyring, &input, NULL, NULL, &error);
  g_assert_no_error (error);
  if (is_unlocked)
    g_assert_cmpint (write (input, KEYRING_PASSWORD, strlen (KEYRING_PASSWORD)), ==, strlen (KEYRING_PASSWORD));
  close (input);
  wait_for_name (self);
}

static void
stop_keyring (Scene *self)
{
  if (self->keyring == 0)
    return;

  kill (self->keyring, SIGKILL);
  waitpid (self->keyring, NULL, 0);
  g_spawn_close_pid (self->keyring);
  self->keyring = 0;
}

static void
scene_set_up (Scene *self, gboolean has_bus)
{
  memset (self, 0, sizeof *self);
  self->folder = g_dir_make_tmp ("urlsession-keyring-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  g_setenv ("HOME", self->folder, TRUE);
  g_setenv ("XDG_DATA_HOME", self->folder, TRUE);
  g_setenv ("XDG_CONFIG_HOME", self->folder, TRUE);
  g_setenv ("XDG_CACHE_HOME", self->folder, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", self->folder, TRUE);
  g_unsetenv ("DISPLAY");
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  self->space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_HTTP_BASIC, "https", "example.org", 443, "Staff",
                                             FALSE);
  if (has_bus)
    {
      /* Without service files: nothing starts that the test has not started. */
      self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
      g_test_dbus_up (self->bus);
    }
}

static void
scene_tear_down (Scene *self)
{
  stop_keyring (self);
  if (self->bus != NULL)
    {
      g_test_dbus_stop (self->bus);
      g_object_unref (self->bus);
    }
  u_protection_space_data_unref (self->space);
  remove_tree (self->folder);
  g_free (self->folder);
}

/* As another process: with nothing in memory. */
static UCredentialStore *
new_store (void)
{
  return u_credential_store_new_with_keyring (u_secret_keyring_get ());
}

static void
set (UCredentialStore *store, UProtectionSpaceData *space, const char *user, const char *password)
{
  g_autoptr (UCredentialData) credential = u_credential_data_new (user, password, U_CREDENTIAL_PERSISTENCE_PERMANENT);

  u_credential_store_set (store, space, credential);
}

typedef struct
{
  gboolean is_done;
  char *text;                 /* owned, nullable */
  GError *error;              /* owned, nullable */
} Result;

static void
found_cb (UCredentialData *credential, gpointer user_data)
{
  Result *self = user_data;

  self->is_done = TRUE;
  if (credential != NULL)
    {
      g_assert_cmpint (credential->persistence, ==, U_CREDENTIAL_PERSISTENCE_PERMANENT);
      self->text = g_strconcat (credential->user, ":", credential->password, NULL);
    }
}

static void
assert_found (UProtectionSpaceData *space, const char *expected)
{
  g_autoptr (UCredentialStore) store = new_store ();
  Result result = { FALSE, NULL, NULL };

  u_credential_store_lookup (store, space, NULL, found_cb, &result);
  while (!result.is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (result.text, ==, expected);
  g_free (result.text);
}

static void
flushed_cb (const GError *error, gpointer user_data)
{
  Result *self = user_data;

  self->is_done = TRUE;
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

static GError *
flush (UCredentialStore *store)
{
  Result result = { FALSE, NULL, NULL };

  u_credential_store_flush (store, NULL, flushed_cb, &result);
  while (!result.is_done)
    g_main_context_iteration (NULL, TRUE);

  return result.error;
}

static void
assert_flushed (UCredentialStore *store)
{
  g_autoptr (GError) error = flush (store);

  g_assert_no_error (error);
}

/* Runs the rest of a test in a process of its own; TRUE: this is it. */
static gboolean
is_inside (void)
{
  if (g_test_subprocess ())
    return TRUE;

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();

  return FALSE;
}

static void
test_permanent (void)
{
  g_autoptr (UCredentialStore) store = NULL;
  g_autoptr (UProtectionSpaceData) other = NULL;
  g_autoptr (UProtectionSpaceData) empty = NULL;
  g_autoptr (UProtectionSpaceData) none = NULL;
  g_autoptr (UProtectionSpaceData) proxy = NULL;
  g_autoptr (UProtectionSpaceData) digest = NULL;
  g_autoptr (UProtectionSpaceData) any = NULL;
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, TRUE);
  start_keyring (&scene, TRUE);
  store = new_store ();
  other = u_protection_space_data_new (scene.space->method, "https", "example.org", 8443, "Staff", FALSE);
  empty = u_protection_space_data_new (scene.space->method, "https", "example.org", 443, "", FALSE);
  none = u_protection_space_data_new (scene.space->method, "https", "example.org", 443, NULL, FALSE);
  proxy = u_protection_space_data_new (scene.space->method, "https", "example.org", 443, "Staff", TRUE);
  digest = u_protection_space_data_new (U_AUTHENTICATION_METHOD_HTTP_DIGEST, "https", "example.org", 443, "Staff",
                                        FALSE);
  any = u_protection_space_data_new (U_AUTHENTICATION_METHOD_DEFAULT, "https", "example.org", 443, "Staff", FALSE);

  assert_found (scene.space, NULL);
  set (store, scene.space, "anna", PASSWORD);
  assert_flushed (store);
  assert_found (scene.space, "anna:" PASSWORD);

  /* Only there. */
  assert_found (other, NULL);
  assert_found (empty, NULL);
  assert_found (none, NULL);
  assert_found (proxy, NULL);
  assert_found (digest, NULL);

  set (store, empty, "empty", "p");
  set (store, none, "none", "p");
  set (store, proxy, "proxy", "p");
  set (store, any, "any", "p");
  assert_flushed (store);
  assert_found (scene.space, "anna:" PASSWORD);
  assert_found (empty, "empty:p");
  assert_found (none, "none:p");
  assert_found (proxy, "proxy:p");
  assert_found (digest, "any:p");

  /* Changed, and not doubled. */
  set (store, scene.space, "anna", "\xc3\xbc \"new\"");
  assert_flushed (store);
  assert_found (scene.space, "anna:\xc3\xbc \"new\"");

  {
    g_autoptr (UCredentialData) anna = u_credential_data_new ("anna", NULL, U_CREDENTIAL_PERSISTENCE_FOR_SESSION);

    u_credential_store_remove (store, scene.space, anna);
    assert_flushed (store);
    assert_found (empty, "empty:p");
  }
  assert_found (scene.space, "any:p");
  u_credential_store_remove_all (store);
  assert_flushed (store);
  assert_found (scene.space, NULL);
  assert_found (empty, NULL);
  assert_found (none, NULL);
  assert_found (proxy, NULL);
  scene_tear_down (&scene);
}

/* A lookup sees what was set before it, though the keyring has not got it yet. */
static void
test_order (void)
{
  g_autoptr (UCredentialStore) store = NULL;
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, TRUE);
  start_keyring (&scene, TRUE);
  store = new_store ();
  for (int i = 0; i < 10; i++)
    {
      g_autofree char *password = g_strdup_printf ("p%d", i);
      g_autofree char *expected = g_strdup_printf ("u:p%d", i);

      set (store, scene.space, "u", password);
      assert_found (scene.space, expected);
    }
  u_credential_store_remove_all (store);
  assert_found (scene.space, NULL);
  assert_flushed (store);
  scene_tear_down (&scene);
}

static void
assert_unavailable (Scene *scene)
{
  g_autoptr (UCredentialStore) store = new_store ();
  g_autoptr (GError) error = NULL;

  assert_found (scene->space, NULL);
  set (store, scene->space, "anna", PASSWORD);
  error = flush (store);
  g_assert_error (error, U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "example.org"));
  g_assert_null (strstr (error->message, PASSWORD));
  g_assert_null (strstr (error->message, "anna"));
  /* For as long as the program runs. */
  {
    g_autoptr (UCredentialData) credential = u_credential_store_peek (store, scene->space);

    g_assert_nonnull (credential);
  }
}

static void
test_no_bus (void)
{
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, FALSE);
  assert_unavailable (&scene);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  assert_unavailable (&scene);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "not an address", TRUE);
  assert_unavailable (&scene);
  scene_tear_down (&scene);
}

static void
test_no_keyring (void)
{
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, TRUE);
  assert_unavailable (&scene);
  scene_tear_down (&scene);
}

/* Nobody is there to be asked for the password of the keyring. */
static void
test_locked (void)
{
  g_autoptr (UCredentialStore) store = NULL;
  g_autoptr (GError) error = NULL;
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, TRUE);
  start_keyring (&scene, TRUE);
  store = new_store ();
  set (store, scene.space, "anna", PASSWORD);
  assert_flushed (store);
  stop_keyring (&scene);
  start_keyring (&scene, FALSE);
  assert_found (scene.space, NULL);
  set (store, scene.space, "anna", "new");
  error = flush (store);
  g_assert_error (error, U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE);
  scene_tear_down (&scene);
}

/* Another process takes over: the session with the old one is worth nothing. */
static void
test_restart (void)
{
  g_autoptr (UCredentialStore) store = NULL;
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, TRUE);
  start_keyring (&scene, TRUE);
  store = new_store ();
  set (store, scene.space, "anna", PASSWORD);
  assert_flushed (store);
  stop_keyring (&scene);
  start_keyring (&scene, TRUE);
  assert_found (scene.space, "anna:" PASSWORD);
  set (store, scene.space, "anna", "new");
  assert_flushed (store);
  assert_found (scene.space, "anna:new");
  scene_tear_down (&scene);
}

/* The session ends, the application does not. */
static void
test_bus_goes (void)
{
  g_autoptr (UCredentialStore) store = NULL;
  Scene scene;

  if (!is_inside ())
    return;

  scene_set_up (&scene, TRUE);
  start_keyring (&scene, TRUE);
  store = new_store ();
  set (store, scene.space, "anna", PASSWORD);
  assert_flushed (store);
  stop_keyring (&scene);
  g_test_dbus_stop (scene.bus);
  g_clear_object (&scene.bus);
  assert_unavailable (&scene);
  scene_tear_down (&scene);
}

/* All of it with every message on: no password among them, in no form. */
static void
test_nothing_in_the_log (void)
{
  g_autoptr (UCredentialStore) store = NULL;
  Scene scene;

  if (!g_test_subprocess ())
    {
      g_autofree char *encoded = g_base64_encode ((const guchar *) "anna:" PASSWORD, strlen ("anna:" PASSWORD));
      g_autofree char *pattern = g_strdup_printf ("*%s*", encoded);

      g_setenv ("G_MESSAGES_DEBUG", "all", TRUE);
      g_setenv ("G_DBUS_DEBUG", "", TRUE);
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_unsetenv ("G_MESSAGES_DEBUG");
      g_test_trap_assert_passed ();
      /* The messages did come. */
      g_test_trap_assert_stdout ("*The keyring did not take*");
      g_test_trap_assert_stdout_unmatched ("*" PASSWORD "*");
      g_test_trap_assert_stderr_unmatched ("*" PASSWORD "*");
      g_test_trap_assert_stdout_unmatched (pattern);
      g_test_trap_assert_stderr_unmatched (pattern);
      return;
    }

  scene_set_up (&scene, TRUE);
  start_keyring (&scene, TRUE);
  store = new_store ();
  set (store, scene.space, "anna", PASSWORD);
  assert_flushed (store);
  assert_found (scene.space, "anna:" PASSWORD);
  stop_keyring (&scene);
  assert_unavailable (&scene);
  scene_tear_down (&scene);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  if (HAS_KEYRING)
    {
      g_test_add_func ("/secret-keyring/r103-permanent", test_permanent);
      g_test_add_func ("/secret-keyring/order", test_order);
      g_test_add_func ("/secret-keyring/no-keyring", test_no_keyring);
      g_test_add_func ("/secret-keyring/locked", test_locked);
      g_test_add_func ("/secret-keyring/restart", test_restart);
      g_test_add_func ("/secret-keyring/bus-goes", test_bus_goes);
      g_test_add_func ("/secret-keyring/nothing-in-the-log", test_nothing_in_the_log);
    }
  g_test_add_func ("/secret-keyring/no-bus", test_no_bus);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-credential-store-private.h"
#include "urlsession/storage/u-secret-keyring-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/u-config.h"

/* A Secret Service that the test plays itself: one that is locked, that asks its user, and that hangs. It has one item,
 * for the space of the test. Each test is a process, since the library keeps what it knows of the bus. */

#define SERVICE_PATH "/org/freedesktop/secrets"
#define ITEM_PATH "/org/freedesktop/secrets/collection/test/1"
#define PROMPT_PATH "/org/freedesktop/secrets/prompt/p1"
#define SESSION_PATH "/org/freedesktop/secrets/session/s1"

static const char introspection[] =
  "<node>"
  " <interface name='org.freedesktop.Secret.Service'>"
  "  <method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/>"
  "   <arg type='v' direction='out'/><arg type='o' direction='out'/></method>"
  "  <method name='SearchItems'><arg type='a{ss}' direction='in'/>"
  "   <arg type='ao' direction='out'/><arg type='ao' direction='out'/></method>"
  "  <method name='Unlock'><arg type='ao' direction='in'/>"
  "   <arg type='ao' direction='out'/><arg type='o' direction='out'/></method>"
  "  <method name='GetSecrets'><arg type='ao' direction='in'/><arg type='o' direction='in'/>"
  "   <arg type='a{o(oayays)}' direction='out'/></method>"
  "  <property name='Collections' type='ao' access='read'/>"
  " </interface>"
  " <interface name='org.freedesktop.Secret.Item'>"
  "  <method name='GetSecret'><arg type='o' direction='in'/><arg type='(oayays)' direction='out'/></method>"
  "  <property name='Locked' type='b' access='read'/>"
  "  <property name='Attributes' type='a{ss}' access='read'/>"
  "  <property name='Label' type='s' access='read'/>"
  "  <property name='Created' type='t' access='read'/>"
  "  <property name='Modified' type='t' access='read'/>"
  " </interface>"
  " <interface name='org.freedesktop.Secret.Prompt'>"
  "  <method name='Prompt'><arg type='s' direction='in'/></method>"
  "  <method name='Dismiss'/>"
  "  <signal name='Completed'><arg type='b'/><arg type='v'/></signal>"
  " </interface>"
  "</node>";

typedef enum {
  HANGS,                      /* answers nothing */
  PROMPT_UNLOCKS,             /* the user types the password of the keyring */
  PROMPT_IS_DISMISSED,        /* the user does not want to */
  PROMPT_HANGS,               /* the user is not there */
} Behaviour;

typedef struct
{
  Behaviour behaviour;
  gboolean is_locked;
  guint n_searches;
  guint n_prompts;
  guint n_dismissals;
  GTestDBus *bus;
  GDBusConnection *connection;
  UProtectionSpaceData *space;
} Service;

static void
complete_prompt (Service *self, gboolean is_dismissed)
{
  const char *unlocked[] = { is_dismissed ? NULL : ITEM_PATH, NULL };

  self->is_locked = is_dismissed;
  g_dbus_connection_emit_signal (self->connection, NULL, PROMPT_PATH, "org.freedesktop.Secret.Prompt", "Completed",
                                 g_variant_new ("(bv)", is_dismissed, g_variant_new ("^ao", unlocked)), NULL);
}

static GVariant *
make_secret (Service *self)
{
  g_assert_false (self->is_locked);

  return g_variant_new ("(o@ay@ays)", SESSION_PATH, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, "", 0, 1),
                        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, "pw", 2, 1), "text/plain");
}

static void
call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
         GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  Service *self = user_data;
  const char *nothing[] = { NULL };
  const char *item[] = { ITEM_PATH, NULL };

  if (g_str_equal (method, "OpenSession"))
    {
      const char *algorithm;

      g_variant_get (parameters, "(&sv)", &algorithm, NULL);
      if (g_str_equal (algorithm, "plain"))
        g_dbus_method_invocation_return_value (invocation, g_variant_new ("(vo)", g_variant_new_string (""),
                                                                          SESSION_PATH));
      else
        g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED, "plain only");
    }
  else if (g_str_equal (method, "SearchItems"))
    {
      self->n_searches++;
      if (self->behaviour != HANGS)
        g_dbus_method_invocation_return_value (invocation,
                                               g_variant_new ("(^ao^ao)", self->is_locked ? nothing : item,
                                                              self->is_locked ? item : nothing));
      /* The caller is not interested in what comes after its patience. */
      else
        g_object_unref (invocation);
    }
  else if (g_str_equal (method, "Unlock"))
    {
      g_dbus_method_invocation_return_value (invocation,
                                             g_variant_new ("(^aoo)", self->is_locked ? nothing : item,
                                                            self->is_locked ? PROMPT_PATH : "/"));
    }
  else if (g_str_equal (method, "GetSecret"))
    {
      g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@(oayays))", make_secret (self)));
    }
  else if (g_str_equal (method, "GetSecrets"))
    {
      GVariantBuilder secrets;

      g_variant_builder_init (&secrets, G_VARIANT_TYPE ("a{o(oayays)}"));
      g_variant_builder_add (&secrets, "{o@(oayays)}", ITEM_PATH, make_secret (self));
      g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a{o(oayays)})", &secrets));
    }
  else if (g_str_equal (method, "Prompt"))
    {
      self->n_prompts++;
      g_dbus_method_invocation_return_value (invocation, NULL);
      if (self->behaviour != PROMPT_HANGS)
        complete_prompt (self, self->behaviour == PROMPT_IS_DISMISSED);
    }
  else
    {
      g_assert_cmpstr (method, ==, "Dismiss");
      self->n_dismissals++;
      g_dbus_method_invocation_return_value (invocation, NULL);
      complete_prompt (self, TRUE);
    }
}

static GVariant *
property_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
             const char *name, GError **error, gpointer user_data)
{
  Service *self = user_data;
  GVariantBuilder builder;

  if (g_str_equal (name, "Collections"))
    return g_variant_new ("ao", NULL);
  if (g_str_equal (name, "Locked"))
    return g_variant_new_boolean (self->is_locked);
  if (g_str_equal (name, "Label"))
    return g_variant_new_string ("test");
  if (!g_str_equal (name, "Attributes"))
    return g_variant_new_uint64 (1);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&builder, "{ss}", "server", "h");
  g_variant_builder_add (&builder, "{ss}", "user", "anna");
  g_variant_builder_add (&builder, "{ss}", "domain", "r");
  g_variant_builder_add (&builder, "{ss}", "authtype", "basic");

  return g_variant_builder_end (&builder);
}

static const GDBusInterfaceVTable vtable = { call_cb, property_cb };

static void
register_object (Service *self, GDBusNodeInfo *info, const char *path, const char *interface)
{
  g_assert_cmpuint (g_dbus_connection_register_object (self->connection, path,
                                                       g_dbus_node_info_lookup_interface (info, interface),
                                                       &vtable, self, NULL, NULL), !=, 0);
}

static void
service_set_up (Service *self, Behaviour behaviour)
{
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (introspection, NULL);
  g_autoptr (GVariant) reply = NULL;

  *self = (Service) { .behaviour = behaviour, .is_locked = behaviour != HANGS };
  self->space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_HTTP_BASIC, "http", "h", 80, "r", FALSE);
  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->connection =
    g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, NULL);
  g_assert_nonnull (self->connection);
  g_assert_nonnull (info);
  register_object (self, info, SERVICE_PATH, "org.freedesktop.Secret.Service");
  register_object (self, info, ITEM_PATH, "org.freedesktop.Secret.Item");
  register_object (self, info, PROMPT_PATH, "org.freedesktop.Secret.Prompt");
  reply = g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                       "RequestName", g_variant_new ("(su)", "org.freedesktop.secrets", 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  g_assert_nonnull (reply);
}

static void
service_tear_down (Service *self)
{
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  g_test_dbus_stop (self->bus);
  g_object_unref (self->bus);
  u_protection_space_data_unref (self->space);
}

typedef struct
{
  guint n_calls;
  char *text;                 /* owned, nullable */
} Found;

static void
found_cb (UCredentialData *credential, gpointer user_data)
{
  Found *self = user_data;

  self->n_calls++;
  if (credential != NULL)
    self->text = g_strconcat (credential->user, ":", credential->password, NULL);
}

/* @n lookups at once, as of that many transfers that were refused. */
static void
assert_found (Service *self, guint n, const char *expected)
{
  g_autoptr (UCredentialStore) store = u_credential_store_new_with_keyring (u_secret_keyring_get ());
  g_autofree Found *found = g_new0 (Found, n);

  for (guint i = 0; i < n; i++)
    u_credential_store_lookup (store, self->space, NULL, found_cb, &found[i]);
  for (guint i = 0; i < n; i++)
    {
      while (found[i].n_calls == 0)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpstr (found[i].text, ==, expected);
      g_free (found[i].text);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (found[i].n_calls, ==, 1);
}

static gboolean
is_inside (void)
{
  if (g_test_subprocess ())
    return TRUE;

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();

  return FALSE;
}

/* The user unlocks the keyring: one prompt for all who wait. */
static void
test_unlocked (void)
{
  Service service;

  if (!is_inside ())
    return;

  service_set_up (&service, PROMPT_UNLOCKS);
  assert_found (&service, 5, "anna:pw");
  g_assert_cmpuint (service.n_prompts, ==, 1);
  assert_found (&service, 1, "anna:pw");
  g_assert_cmpuint (service.n_prompts, ==, 1);
  service_tear_down (&service);
}

/* The user does not: nobody is asked again. */
static void
test_dismissed (void)
{
  Service service;

  if (!is_inside ())
    return;

  service_set_up (&service, PROMPT_IS_DISMISSED);
  assert_found (&service, 5, NULL);
  g_assert_cmpuint (service.n_prompts, ==, 1);
  assert_found (&service, 1, NULL);
  g_assert_cmpuint (service.n_prompts, ==, 1);
  service_tear_down (&service);
}

/* The user is not there: the prompt is taken away, and nobody is asked again. */
static void
test_prompt_hangs (void)
{
  Service service;

  if (!is_inside ())
    return;

  u_secret_keyring_set_patience (10 * 1000, 1000);
  service_set_up (&service, PROMPT_HANGS);
  assert_found (&service, 5, NULL);
  g_assert_cmpuint (service.n_prompts, ==, 1);
  while (service.n_dismissals == 0)
    g_main_context_iteration (NULL, TRUE);
  assert_found (&service, 1, NULL);
  g_assert_cmpuint (service.n_prompts, ==, 1);
  service_tear_down (&service);
}

/* The service does not answer: it is given up, and for a while not even tried. */
static void
test_service_hangs (void)
{
  Service service;
  guint n_searches;

  if (!is_inside ())
    return;

  u_secret_keyring_set_patience (200, 200);
  service_set_up (&service, HANGS);
  assert_found (&service, 3, NULL);
  n_searches = service.n_searches;
  assert_found (&service, 3, NULL);
  g_assert_cmpuint (service.n_searches, ==, n_searches);
  service_tear_down (&service);
}

int
main (int argc, char *argv[])
{
#ifdef HAVE_LIBSECRET
  const gboolean has_keyring = TRUE;
#else
  const gboolean has_keyring = FALSE;
#endif

  g_test_init (&argc, &argv, NULL);

  if (has_keyring)
    {
      g_test_add_func ("/secret-service/unlocked", test_unlocked);
      g_test_add_func ("/secret-service/dismissed", test_dismissed);
      g_test_add_func ("/secret-service/prompt-hangs", test_prompt_hangs);
      g_test_add_func ("/secret-service/hangs", test_service_hangs);
    }

  return g_test_run ();
}

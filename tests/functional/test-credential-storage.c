/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <urlsession/urlsession.h>

/* Credentials, spaces and the storage, as an application uses them. */

static UProtectionSpace *
make_space (const char *realm)
{
  return u_protection_space_new ("Example.ORG", 443, "HTTPS", realm, U_AUTHENTICATION_METHOD_HTTP_BASIC);
}

static void
test_credential (void)
{
  g_autoptr (UCredential) credential = u_credential_new ("anna", "secret", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_autoptr (UCredential) same = u_credential_new ("anna", "secret", U_CREDENTIAL_PERSISTENCE_NONE);
  g_autoptr (UCredential) other = u_credential_new ("anna", "Secret", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_autoptr (UCredential) made = g_object_new (U_TYPE_CREDENTIAL, "user", "anna", "password", "secret", NULL);
  g_autoptr (UCredential) empty = u_credential_new ("anna", "", U_CREDENTIAL_PERSISTENCE_NONE);
  g_autoptr (UCredential) without = u_credential_new ("anna", NULL, U_CREDENTIAL_PERSISTENCE_NONE);

  g_assert_cmpstr (u_credential_get_user (credential), ==, "anna");
  g_assert_cmpstr (u_credential_get_password (credential), ==, "secret");
  g_assert_true (u_credential_get_has_password (credential));
  g_assert_cmpint (u_credential_get_persistence (credential), ==, U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_assert_null (u_credential_get_identity (credential));
  g_assert_true (u_credential_equal (credential, same));
  g_assert_true (u_credential_equal (credential, made));
  g_assert_false (u_credential_equal (credential, other));
  g_assert_true (u_credential_get_has_password (empty));
  g_assert_false (u_credential_get_has_password (without));
  g_assert_null (u_credential_get_password (without));
}

/* Whatever prints the properties of objects does not print it. */
static void
test_password_is_in_no_property (void)
{
  g_autoptr (UCredential) credential = u_credential_new ("anna", "s3cret", U_CREDENTIAL_PERSISTENCE_NONE);
  g_autofree GParamSpec **pspecs = NULL;
  guint n_pspecs;
  guint n_read = 0;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (credential), &n_pspecs);
  for (guint i = 0; i < n_pspecs; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;
      g_autofree char *text = NULL;

      if ((pspecs[i]->flags & G_PARAM_READABLE) == 0)
        continue;
      g_object_get_property (G_OBJECT (credential), pspecs[i]->name, &value);
      text = g_strdup_value_contents (&value);
      g_assert_null (g_strstr_len (text, -1, "s3cret"));
      n_read++;
    }
  g_assert_cmpuint (n_read, ==, 4);
}

static GTlsCertificate *
load_identity (const char *key)
{
  g_autofree char *certificate_path = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "support", "server.pem", NULL);
  g_autofree char *key_path = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "support", "server.key", NULL);
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate =
    key != NULL ? g_tls_certificate_new_from_files (certificate_path, key_path, &error)
                : g_tls_certificate_new_from_file (certificate_path, &error);

  g_assert_no_error (error);

  return certificate;
}

static void
test_identity (void)
{
  g_autoptr (GTlsCertificate) identity = load_identity ("key");
  g_autoptr (GTlsCertificate) keyless = load_identity (NULL);
  g_autoptr (UCredential) credential =
    u_credential_new_for_identity (identity, U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_autoptr (UCredential) wrong = NULL;
  g_autoptr (UCredentialStorage) storage = u_credential_storage_new ();
  g_autoptr (UProtectionSpace) space =
    u_protection_space_new ("h", 443, "https", NULL, U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE);
  g_autoptr (UCredential) stored = NULL;

  g_assert_true (u_credential_get_identity (credential) == identity);
  g_assert_null (u_credential_get_user (credential));
  g_assert_false (u_credential_get_has_password (credential));

  u_credential_storage_set_credential (storage, space, credential);
  stored = u_credential_storage_dup_credential (storage, space);
  g_assert_nonnull (stored);
  g_assert_true (u_credential_equal (stored, credential));
  g_assert_true (g_tls_certificate_is_same (u_credential_get_identity (stored), identity));
  /* One that no other thread has. */
  g_assert_true (u_credential_get_identity (stored) != identity);
  g_assert_true (u_credential_get_identity (stored) == u_credential_get_identity (stored));

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*no identity*private key*");
  wrong = u_credential_new_for_identity (keyless, U_CREDENTIAL_PERSISTENCE_NONE);
  g_test_assert_expected_messages ();
  g_assert_null (u_credential_get_identity (wrong));
}

static void
test_space (void)
{
  g_autoptr (UProtectionSpace) space = make_space ("Staff");
  g_autoptr (UProtectionSpace) same =
    u_protection_space_new ("example.org", 443, "https", "Staff", U_AUTHENTICATION_METHOD_HTTP_BASIC);
  g_autoptr (UProtectionSpace) bracketed =
    u_protection_space_new ("[::1]", 80, "http", NULL, U_AUTHENTICATION_METHOD_HTTP_BASIC);
  UProtectionSpace *others[] = {
    make_space (""),
    make_space (NULL),
    make_space ("staff"),
    u_protection_space_new ("example.com", 443, "https", "Staff", U_AUTHENTICATION_METHOD_HTTP_BASIC),
    u_protection_space_new ("example.org", 444, "https", "Staff", U_AUTHENTICATION_METHOD_HTTP_BASIC),
    u_protection_space_new ("example.org", 443, "http", "Staff", U_AUTHENTICATION_METHOD_HTTP_BASIC),
    u_protection_space_new ("example.org", 443, "https", "Staff", U_AUTHENTICATION_METHOD_HTTP_DIGEST),
    u_protection_space_new_for_proxy ("example.org", 443, "https", "Staff", U_AUTHENTICATION_METHOD_HTTP_BASIC),
  };
  gsize n_names = 1;

  g_assert_cmpstr (u_protection_space_get_host (space), ==, "example.org");
  g_assert_cmpstr (u_protection_space_get_protocol (space), ==, "https");
  g_assert_cmpuint (u_protection_space_get_port (space), ==, 443);
  g_assert_cmpstr (u_protection_space_get_realm (space), ==, "Staff");
  g_assert_cmpint (u_protection_space_get_authentication_method (space), ==, U_AUTHENTICATION_METHOD_HTTP_BASIC);
  g_assert_false (u_protection_space_get_is_proxy (space));
  g_assert_null (u_protection_space_get_server_trust (space));
  g_assert_null (u_protection_space_dup_distinguished_names (space, &n_names));
  g_assert_cmpuint (n_names, ==, 0);
  g_assert_cmpstr (u_protection_space_get_host (bracketed), ==, "::1");

  g_assert_true (u_protection_space_equal (space, same));
  g_assert_cmpuint (u_protection_space_hash (space), ==, u_protection_space_hash (same));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_assert_false (u_protection_space_equal (space, others[i]));
      for (gsize j = 0; j < i; j++)
        g_assert_false (u_protection_space_equal (others[i], others[j]));
    }
  g_assert_true (u_protection_space_get_is_proxy (others[7]));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_clear_object (&others[i]);
}

static void
test_receives_securely (void)
{
  static const struct
  {
    const char *protocol;
    UAuthenticationMethod method;
    gboolean expected;
  } cases[] = {
    { "https", U_AUTHENTICATION_METHOD_HTTP_BASIC, TRUE },
    { "http", U_AUTHENTICATION_METHOD_HTTP_BASIC, FALSE },
    { "http", U_AUTHENTICATION_METHOD_HTTP_DIGEST, TRUE },
    { "http", U_AUTHENTICATION_METHOD_NTLM, TRUE },
    { "http", U_AUTHENTICATION_METHOD_HTML_FORM, FALSE },
    { "ftp", U_AUTHENTICATION_METHOD_DEFAULT, FALSE },
    { "ftps", U_AUTHENTICATION_METHOD_DEFAULT, TRUE },
    { "socks", U_AUTHENTICATION_METHOD_DEFAULT, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UProtectionSpace) space = u_protection_space_new ("h", 1, cases[i].protocol, NULL, cases[i].method);

      g_assert_cmpint (u_protection_space_get_receives_credential_securely (space), ==, cases[i].expected);
    }
}

static void
test_storage (void)
{
  g_autoptr (UCredentialStorage) storage = u_credential_storage_new ();
  g_autoptr (UProtectionSpace) space = make_space ("Staff");
  g_autoptr (UProtectionSpace) other = make_space ("");
  g_autoptr (UCredential) anna = u_credential_new ("anna", "a", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_autoptr (UCredential) bert = u_credential_new ("bert", "b", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_autoptr (UCredential) once = u_credential_new ("once", "o", U_CREDENTIAL_PERSISTENCE_NONE);
  g_autoptr (UCredential) found = NULL;
  g_autofree UCredential **all = NULL;
  g_autofree UProtectionSpace **spaces = NULL;
  gsize n;

  g_assert_null (u_credential_storage_dup_credential (storage, space));
  g_assert_null (u_credential_storage_dup_credentials (storage, space, &n));
  g_assert_cmpuint (n, ==, 0);
  g_assert_null (u_credential_storage_dup_spaces (storage, &n));
  g_assert_cmpuint (n, ==, 0);

  u_credential_storage_set_credential (storage, space, anna);
  u_credential_storage_set_credential (storage, space, bert);
  u_credential_storage_set_credential (storage, space, once);
  found = u_credential_storage_dup_credential (storage, space);
  g_assert_true (u_credential_equal (found, bert));
  g_assert_null (u_credential_storage_dup_credential (storage, other));

  all = u_credential_storage_dup_credentials (storage, space, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (u_credential_equal (all[0], bert));
  g_assert_true (u_credential_equal (all[1], anna));
  g_assert_null (all[2]);
  for (gsize i = 0; i < n; i++)
    g_object_unref (all[i]);
  spaces = u_credential_storage_dup_spaces (storage, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (u_protection_space_equal (spaces[0], space));
  g_object_unref (spaces[0]);

  u_credential_storage_remove_credential (storage, space, bert);
  g_clear_object (&found);
  found = u_credential_storage_dup_credential (storage, space);
  g_assert_true (u_credential_equal (found, anna));
  u_credential_storage_remove_all (storage);
  g_assert_null (u_credential_storage_dup_credential (storage, space));
}

static void
count_cb (UCredentialStorage *storage, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_changed (void)
{
  g_autoptr (UCredentialStorage) storage = u_credential_storage_new ();
  g_autoptr (UProtectionSpace) space = make_space ("Staff");
  g_autoptr (UCredential) anna = u_credential_new ("anna", "a", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  guint n = 0;

  g_signal_connect (storage, "changed", G_CALLBACK (count_cb), &n);
  u_credential_storage_set_credential (storage, space, anna);
  g_assert_cmpuint (n, ==, 0);
  while (n == 0)
    g_main_context_iteration (NULL, TRUE);
  u_credential_storage_set_credential (storage, space, anna);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n, ==, 1);

  /* A storage that is gone says nothing. */
  u_credential_storage_remove_all (storage);
  g_assert_finalize_object (g_steal_pointer (&storage));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n, ==, 1);
}

static gpointer
set_thread (gpointer data)
{
  g_autoptr (UProtectionSpace) space = make_space ("Thread");
  g_autoptr (UCredential) anna = u_credential_new ("anna", "a", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);

  u_credential_storage_set_credential (data, space, anna);

  return NULL;
}

typedef struct
{
  GMainContext *context;
  guint n;
} Emission;

static void
check_context_cb (UCredentialStorage *storage, gpointer user_data)
{
  Emission *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  self->n++;
}

/* From any thread; the signal comes where the storage was made. */
static void
test_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (UCredentialStorage) storage = NULL;
  Emission emission = { context, 0 };

  g_main_context_push_thread_default (context);
  storage = u_credential_storage_new ();
  g_main_context_pop_thread_default (context);
  g_signal_connect (storage, "changed", G_CALLBACK (check_context_cb), &emission);
  g_thread_join (g_thread_new (NULL, set_thread, storage));
  while (emission.n == 0)
    g_main_context_iteration (context, TRUE);
}

static void
store_result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_null (*(GAsyncResult **) user_data);
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
wait_for_result (GAsyncResult **result)
{
  g_assert_null (*result);
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_async (void)
{
  g_autoptr (UCredentialStorage) storage = u_credential_storage_new ();
  g_autoptr (UProtectionSpace) space = make_space ("Staff");
  g_autoptr (UCredential) anna = u_credential_new ("anna", "a", U_CREDENTIAL_PERSISTENCE_PERMANENT);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (UCredential) found = NULL;
  g_autoptr (GError) error = NULL;

  u_credential_storage_get_credential_async (storage, space, cancellable, store_result_cb, &result);
  wait_for_result (&result);
  g_assert_null (u_credential_storage_get_credential_finish (storage, result, &error));
  g_assert_no_error (error);
  g_clear_object (&result);

  u_credential_storage_set_credential (storage, space, anna);
  u_credential_storage_get_credential_async (storage, space, NULL, store_result_cb, &result);
  wait_for_result (&result);
  found = u_credential_storage_get_credential_finish (storage, result, &error);
  g_assert_no_error (error);
  g_assert_true (u_credential_equal (found, anna));
  g_clear_object (&result);

  /* In memory only: there is nothing to wait for. */
  u_credential_storage_flush_async (storage, NULL, store_result_cb, &result);
  wait_for_result (&result);
  g_assert_true (u_credential_storage_flush_finish (storage, result, &error));
  g_assert_no_error (error);
  g_clear_object (&result);

  g_cancellable_cancel (cancellable);
  u_credential_storage_get_credential_async (storage, space, cancellable, store_result_cb, &result);
  u_credential_storage_remove_all (storage);
  wait_for_result (&result);
  if (u_credential_storage_get_credential_finish (storage, result, &error) == NULL)
    g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
  else
    g_assert_not_reached ();
  g_clear_error (&error);
  g_clear_object (&result);
  g_assert_finalize_object (g_steal_pointer (&storage));
}

static void
test_shared (void)
{
  UCredentialStorage *shared = u_credential_storage_get_shared ();
  g_autoptr (UCredentialStorage) other = u_credential_storage_new ();
  g_autoptr (UProtectionSpace) space = make_space ("Shared");
  g_autoptr (UCredential) anna = u_credential_new ("anna", "a", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  g_autoptr (UCredential) found = NULL;
  guint n = 0;

  g_assert_true (u_credential_storage_get_shared () == shared);
  g_signal_connect (shared, "changed", G_CALLBACK (count_cb), &n);
  u_credential_storage_set_credential (shared, space, anna);
  while (n == 0)
    g_main_context_iteration (NULL, TRUE);
  found = u_credential_storage_dup_credential (shared, space);
  g_assert_true (u_credential_equal (found, anna));
  g_assert_null (u_credential_storage_dup_credential (other, space));
  g_signal_handlers_disconnect_by_data (shared, &n);
  u_credential_storage_remove_all (shared);
  g_assert_null (u_credential_storage_dup_credential (shared, space));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/credential/user", test_credential);
  g_test_add_func ("/credential/password-is-in-no-property", test_password_is_in_no_property);
  g_test_add_func ("/credential/identity", test_identity);
  g_test_add_func ("/protection-space/r104-equal", test_space);
  g_test_add_func ("/protection-space/receives-securely", test_receives_securely);
  g_test_add_func ("/credential-storage/r103-memory", test_storage);
  g_test_add_func ("/credential-storage/changed", test_changed);
  g_test_add_func ("/credential-storage/context", test_context);
  g_test_add_func ("/credential-storage/async", test_async);
  g_test_add_func ("/credential-storage/shared", test_shared);

  return g_test_run ();
}

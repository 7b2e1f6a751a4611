/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-headers.h"
#include "urlsession/message/u-request-private.h"

/* What a request says, and when it can be changed. */

static void
count_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_defaults (void)
{
  URequest *request = u_request_new (NULL);
  URequest *bare = g_object_new (U_TYPE_REQUEST, NULL);

  g_assert_null (u_request_get_uri (request));
  g_assert_null (u_request_dup_uri (request));
  g_assert_cmpstr (u_request_get_method (request), ==, "GET");
  g_assert_cmpfloat (u_request_get_timeout (request), ==, 0);
  g_assert_null (u_request_get_body_bytes (request));
  g_assert_null (u_request_get_body_file (request));
  g_assert_null (u_request_get_body_content_type (request));
  g_assert_false (u_request_is_sealed (request));
  g_assert_false (u_headers_is_sealed (u_request_get_headers (request)));
  g_assert_true (u_request_get_headers (request) == u_request_get_headers (request));
  g_assert_true (u_request_equal (request, bare));

  g_assert_finalize_object (bare);
  g_assert_finalize_object (request);
}

static void
test_any_uri_survives (void)
{
  static const char * const strings[] = { "", "nonsense", "http://", " http://h/ü ", "\xff", "http://u:p@h/" };

  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      URequest *request = u_request_new (strings[i]);
      g_autoptr (GUri) uri = u_request_dup_uri (request);

      g_assert_cmpstr (u_request_get_uri (request), ==, strings[i]);
      g_assert_cmpint (uri != NULL, ==, i == 3 || i == 5);

      g_assert_finalize_object (request);
    }
}

static void
test_new_for_uri (void)
{
  g_autoptr (GUri) good = g_uri_parse ("http://u:p%40q@h/a%2Fb", G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, NULL);
  g_autoptr (GUri) bad = g_uri_parse ("http://h/a%2Fb", G_URI_FLAGS_NONE, NULL);
  URequest *request = u_request_new_for_uri (good);

  g_assert_cmpstr (u_request_get_uri (request), ==, "http://u:p%40q@h/a%2Fb");
  g_assert_finalize_object (request);

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*G_URI_FLAGS_ENCODED*");
  request = u_request_new_for_uri (bad);
  g_test_assert_expected_messages ();
  g_assert_null (u_request_get_uri (request));
  g_assert_finalize_object (request);
}

static void
test_methods (void)
{
  static const char * const methods[][2] = {
    { "get", "GET" }, { "Head", "HEAD" }, { "post", "POST" }, { "put", "PUT" }, { "delete", "DELETE" },
    { "connect", "CONNECT" }, { "options", "OPTIONS" }, { "patch", "PATCH" }, { "trace", "TRACE" },
    { "propfind", "propfind" }, { "Own!", "Own!" },
  };
  static const char * const refused[] = { "", "A B", "GET\r\n", "Ä" };
  URequest *request = u_request_new ("http://h/");

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      u_request_set_method (request, methods[i][0]);
      g_assert_cmpstr (u_request_get_method (request), ==, methods[i][1]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*method*");
      u_request_set_method (request, refused[i]);
      g_test_assert_expected_messages ();
      g_assert_cmpstr (u_request_get_method (request), ==, "Own!");
    }
  u_request_set_method (request, NULL);
  g_assert_cmpstr (u_request_get_method (request), ==, "GET");

  g_assert_finalize_object (request);
}

static void
test_notify (void)
{
  URequest *request = u_request_new ("http://h/");
  guint n = 0;

  g_signal_connect (request, "notify", G_CALLBACK (count_cb), &n);
  u_request_set_uri (request, "http://h/");
  u_request_set_method (request, "get");
  u_request_set_timeout (request, 0);
  g_assert_cmpuint (n, ==, 0);
  g_object_set (request, "uri", "http://i/", "method", "PUT", "timeout", 1.5, NULL);
  g_assert_cmpuint (n, ==, 3);

  g_assert_finalize_object (request);
}

static const char * const flags[] = {
  "allows-cellular-access", "allows-constrained-access", "allows-expensive-access", "handles-cookies",
};

static void
test_policy (void)
{
  URequest *request = u_request_new ("http://h/");
  URequest *copy;
  gboolean value;
  guint n = 0;

  g_signal_connect (request, "notify", G_CALLBACK (count_cb), &n);
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      g_autoptr (URequestData) before = u_request_ref_data (request);
      g_autoptr (URequestData) after = NULL;

      g_object_get (request, flags[i], &value, NULL);
      g_assert_true (value);
      g_object_set (request, flags[i], TRUE, NULL);
      g_assert_cmpuint (n, ==, i);
      g_object_set (request, flags[i], FALSE, NULL);
      g_assert_cmpuint (n, ==, i + 1);
      g_object_get (request, flags[i], &value, NULL);
      g_assert_false (value);

      /* What was handed out before stays; each of them counts for equality, and goes along with a copy. */
      after = u_request_ref_data (request);
      g_assert_false (u_request_data_equal (before, after));
    }
  n = 0;
  u_request_set_main_document_uri (request, "http://m/");
  u_request_set_main_document_uri (request, "http://m/");
  g_assert_cmpuint (n, ==, 1);

  copy = u_request_copy (request);
  g_assert_true (u_request_equal (request, copy));
  g_assert_false (u_request_get_allows_cellular_access (copy));
  g_assert_false (u_request_get_allows_constrained_access (copy));
  g_assert_false (u_request_get_allows_expensive_access (copy));
  g_assert_false (u_request_get_handles_cookies (copy));
  g_assert_cmpstr (u_request_get_main_document_uri (copy), ==, "http://m/");
  u_request_set_main_document_uri (copy, NULL);
  g_assert_false (u_request_equal (request, copy));
  g_assert_cmpstr (u_request_get_main_document_uri (request), ==, "http://m/");

  g_assert_finalize_object (copy);
  g_assert_finalize_object (request);
}

static void
test_body (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abc", 3);
  g_autoptr (GFile) file = g_file_new_for_path ("/tmp/body");
  g_autoptr (GFile) remote = g_file_new_for_uri ("x-nowhere://h/a");
  URequest *request = u_request_new ("http://h/");
  URequest *copy;

  u_request_set_body_bytes (request, bytes, "text/plain");
  g_assert_true (u_request_get_body_bytes (request) == bytes);
  g_assert_cmpstr (u_request_get_body_content_type (request), ==, "text/plain");
  u_request_set_body_bytes (request, u_request_get_body_bytes (request), u_request_get_body_content_type (request));
  g_assert_true (u_request_get_body_bytes (request) == bytes);
  g_assert_cmpstr (u_request_get_body_content_type (request), ==, "text/plain");

  u_request_set_body_file (request, file, NULL);
  g_assert_null (u_request_get_body_bytes (request));
  g_assert_null (u_request_get_body_content_type (request));
  g_assert_true (g_file_equal (u_request_get_body_file (request), file));
  g_assert_true (u_request_get_body_file (request) == u_request_get_body_file (request));
  copy = u_request_copy (request);
  g_assert_true (u_request_equal (request, copy));

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*no local path*");
  u_request_set_body_file (request, remote, NULL);
  g_test_assert_expected_messages ();
  g_assert_nonnull (u_request_get_body_file (request));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*line break*");
  u_request_set_body_bytes (request, bytes, "a\r\nb");
  g_test_assert_expected_messages ();

  u_request_set_body_file (request, NULL, NULL);
  g_assert_null (u_request_get_body_file (request));
  g_assert_nonnull (u_request_get_body_file (copy));
  u_request_set_body_bytes (request, bytes, NULL);
  u_request_set_body_bytes (request, NULL, NULL);
  g_assert_null (u_request_get_body_bytes (request));

  g_assert_finalize_object (copy);
  g_assert_finalize_object (request);
}

static void
test_snapshot (void)
{
  URequest *request = u_request_new ("http://h/a");
  URequest *sealed;
  g_autoptr (URequestData) first = NULL;
  g_autoptr (URequestData) second = NULL;
  g_autoptr (URequestData) third = NULL;

  u_headers_set (u_request_get_headers (request), "A", "1", NULL);
  first = u_request_ref_data (request);
  second = u_request_ref_data (request);
  g_assert_true (first == second);
  sealed = u_request_new_sealed (first);

  u_request_set_uri (request, "http://h/b");
  u_request_set_method (request, "POST");
  u_request_set_timeout (request, 5);
  u_headers_set (u_request_get_headers (request), "A", "2", NULL);
  third = u_request_ref_data (request);

  g_assert_cmpstr (first->uri, ==, "http://h/a");
  g_assert_cmpstr (first->method, ==, "GET");
  g_assert_cmpfloat (first->timeout, ==, 0);
  g_assert_cmpstr (u_header_list_get (first->headers, "A"), ==, "1");
  g_assert_cmpstr (g_uri_get_path (first->parsed), ==, "/a");
  g_assert_cmpstr (u_headers_get (u_request_get_headers (sealed), "A"), ==, "1");
  g_assert_cmpstr (third->uri, ==, "http://h/b");
  g_assert_cmpstr (g_uri_get_path (third->parsed), ==, "/b");
  g_assert_cmpstr (u_header_list_get (third->headers, "A"), ==, "2");

  g_assert_finalize_object (sealed);
  g_assert_finalize_object (request);
}

static void
test_sealed (void)
{
  g_autoptr (URequestData) data = u_request_data_new ("http://h/");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abc", 3);
  URequest *request = u_request_new_sealed (data);
  URequest *copy = u_request_copy (request);
  guint n = 0;

  g_signal_connect (request, "notify", G_CALLBACK (count_cb), &n);
  g_assert_true (u_request_is_sealed (request));
  g_assert_true (u_headers_is_sealed (u_request_get_headers (request)));
  for (int i = 0; i < 7; i++)
    {
      g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
      if (i == 0)
        u_request_set_uri (request, "http://i/");
      else if (i == 1)
        u_request_set_method (request, "PUT");
      else if (i == 2)
        u_request_set_timeout (request, 3);
      else if (i == 3)
        u_request_set_body_bytes (request, bytes, NULL);
      else if (i == 4)
        u_request_set_handles_cookies (request, FALSE);
      else if (i == 5)
        u_request_set_main_document_uri (request, "http://m/");
      else
        u_headers_set (u_request_get_headers (request), "A", "1", NULL);
      g_test_assert_expected_messages ();
    }
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpstr (u_request_get_uri (request), ==, "http://h/");
  g_assert_true (u_request_equal (request, copy));

  g_assert_false (u_request_is_sealed (copy));
  u_request_set_uri (copy, "http://i/");
  u_headers_set (u_request_get_headers (copy), "A", "1", NULL);
  g_assert_cmpstr (u_request_get_uri (request), ==, "http://h/");
  g_assert_false (u_headers_contains (u_request_get_headers (request), "A"));
  g_assert_false (u_request_equal (request, copy));

  g_assert_finalize_object (copy);
  g_assert_finalize_object (request);
}

static void
test_equal (void)
{
  g_autoptr (GBytes) one = g_bytes_new ("abc", 3);
  g_autoptr (GBytes) two = g_bytes_new ("abc", 3);
  URequest *a = u_request_new ("http://h/");
  URequest *b = u_request_new ("http://h/");

  g_assert_true (u_request_equal (a, b));
  u_headers_set (u_request_get_headers (a), "X", "1", NULL);
  g_assert_false (u_request_equal (a, b));
  u_headers_set (u_request_get_headers (b), "x", "1", NULL);
  g_assert_true (u_request_equal (a, b));
  u_request_set_body_bytes (a, one, NULL);
  g_assert_false (u_request_equal (a, b));
  u_request_set_body_bytes (b, two, NULL);
  g_assert_true (u_request_equal (a, b));
  u_request_set_timeout (b, 1);
  g_assert_false (u_request_equal (a, b));

  g_assert_finalize_object (a);
  g_assert_finalize_object (b);
}

static void
test_attributes (void)
{
  g_autoptr (URequest) request = u_request_new ("http://h/");
  g_autoptr (URequest) copy = NULL;
  g_autoptr (URequest) sealed = NULL;
  g_autoptr (URequestData) data = NULL;
  GVariant *seen;

  g_assert_null (u_request_get_attribute (request, "a"));
  u_request_remove_attribute (request, "a");
  u_request_set_attribute (request, "a", g_variant_new_int32 (1));
  u_request_set_attribute (request, "b", g_variant_new_string ("two"));
  g_assert_cmpint (g_variant_get_int32 (u_request_get_attribute (request, "a")), ==, 1);
  g_assert_cmpstr (g_variant_get_string (u_request_get_attribute (request, "b"), NULL), ==, "two");
  g_assert_null (u_request_get_attribute (request, "c"));

  copy = u_request_copy (request);
  data = u_request_ref_data (request);
  sealed = u_request_new_sealed (data);
  seen = u_request_get_attribute (sealed, "a");
  u_request_set_attribute (request, "a", g_variant_new_int32 (2));
  u_request_remove_attribute (request, "b");
  u_request_set_attribute (copy, "c", g_variant_new_boolean (TRUE));

  /* What others saw stays. */
  g_assert_true (u_request_get_attribute (sealed, "a") == seen);
  g_assert_cmpint (g_variant_get_int32 (seen), ==, 1);
  g_assert_nonnull (u_request_get_attribute (sealed, "b"));
  g_assert_null (u_request_get_attribute (sealed, "c"));
  g_assert_cmpint (g_variant_get_int32 (u_request_get_attribute (request, "a")), ==, 2);
  g_assert_null (u_request_get_attribute (request, "b"));
  g_assert_cmpint (g_variant_get_int32 (u_request_get_attribute (copy, "a")), ==, 1);
  g_assert_true (u_request_equal (request, copy));

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_request_set_attribute (sealed, "a", g_variant_new_int32 (3));
  g_test_assert_expected_messages ();
  g_assert_cmpint (g_variant_get_int32 (u_request_get_attribute (sealed, "a")), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/request/defaults", test_defaults);
  g_test_add_func ("/request/r270-any-uri-survives", test_any_uri_survives);
  g_test_add_func ("/request/new-for-uri", test_new_for_uri);
  g_test_add_func ("/request/methods", test_methods);
  g_test_add_func ("/request/notify", test_notify);
  g_test_add_func ("/request/policy", test_policy);
  g_test_add_func ("/request/body", test_body);
  g_test_add_func ("/request/r138-snapshot", test_snapshot);
  g_test_add_func ("/request/sealed", test_sealed);
  g_test_add_func ("/request/equal", test_equal);
  g_test_add_func ("/request/attributes", test_attributes);

  return g_test_run ();
}

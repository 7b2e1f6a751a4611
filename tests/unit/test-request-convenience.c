/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/message/u-form-data.h"
#include "urlsession/message/u-headers.h"
#include "urlsession/message/u-request-private.h"

#include <string.h>

/* Forms, JSON, credentials and curl, without a network. */

static void
assert_body (URequest *request, const char *text)
{
  GBytes *bytes = u_request_get_body_bytes (request);

  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

static void
test_form (void)
{
  URequest *request = u_request_new ("http://h/");
  URequest *copy;
  UFormData *form = u_form_data_new ();

  u_form_data_add_field (form, "a", "b");
  u_headers_set (u_request_get_headers (request), "content-type", "text/plain", NULL);
  u_request_set_body_form (request, form);
  assert_body (request, "a=b");
  g_assert_cmpstr (u_request_get_body_content_type (request), ==, "application/x-www-form-urlencoded");
  g_assert_cmpstr (u_request_get_method (request), ==, "POST");
  g_assert_false (u_headers_contains (u_request_get_headers (request), "Content-Type"));

  /* The form can be used again, and the request keeps what it has. */
  u_form_data_add_field (form, "c", "d");
  assert_body (request, "a=b");
  u_form_data_set_uses_multipart (form, TRUE);
  u_request_set_method (request, "PUT");
  u_request_set_body_form (request, form);
  g_assert_null (u_request_get_body_bytes (request));
  g_assert_null (u_request_get_body_file (request));
  g_assert_cmpstr (u_request_get_method (request), ==, "PUT");
  g_assert_true (g_str_has_prefix (u_request_get_body_content_type (request), "multipart/form-data; boundary="));
  copy = u_request_copy (request);
  g_assert_true (u_request_equal (request, copy));
  u_request_set_body_form (copy, form);
  g_assert_false (u_request_equal (request, copy));
  u_request_set_body_bytes (request, NULL, NULL);
  g_assert_null (u_request_get_body_content_type (request));

  g_assert_finalize_object (copy);
  g_assert_finalize_object (form);
  g_assert_finalize_object (request);
}

static void
test_json (void)
{
  static const char * const texts[] = { "{\"a\":[1,null,\"ü\"]}", "[]", "null", "\"x\"", "1.5" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      URequest *request = u_request_new ("http://h/");
      g_autoptr (JsonNode) node = json_from_string (texts[i], NULL);

      if (node == NULL)
        node = json_node_init_null (json_node_alloc ());
      u_request_set_body_json (request, node);
      assert_body (request, texts[i]);
      g_assert_cmpstr (u_request_get_body_content_type (request), ==, "application/json");
      g_assert_cmpstr (u_request_get_method (request), ==, "POST");
      g_assert_finalize_object (request);
    }
}

static const struct
{
  const char *user;
  const char *password;
  const char *expected;       /* NULL: refused */
} basics[] = {
  /* RFC 7617 sections 2 and 2.1 */
  { "Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
  { "test", "123£", "Basic dGVzdDoxMjPCow==" },
  { "", "", "Basic Og==" },
  { "a", "b:c", "Basic YTpiOmM=" },
  { "a:b", "hunter2", NULL },
  { "a\n", "hunter2", NULL },
  { "a", "hunter2\r", NULL },
  { "a", "hunter2\x7f", NULL },
};

static void
test_basic (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (basics); i++)
    {
      URequest *request = u_request_new ("http://h/");
      g_autoptr (GError) error = NULL;
      gboolean done = u_request_set_basic_authorization (request, basics[i].user, basics[i].password, &error);

      g_assert_cmpstr (u_headers_get (u_request_get_headers (request), "Authorization"), ==, basics[i].expected);
      g_assert_cmpint (done, ==, basics[i].expected != NULL);
      if (done)
        {
          g_assert_no_error (error);
        }
      else
        {
          g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
          g_assert_null (strstr (error->message, "hunter2"));
        }
      g_assert_finalize_object (request);
    }
}

static void
test_bearer (void)
{
  static const char * const good[] = { "abc", "mF_9.B5f-4.1JqM~+/==", "1|x:y" };
  static const char * const bad[] = { "", "hunter2\n", " hunter2", "hun ter2", "hunter2\xc3\xbc", "hunter2\x01" };

  for (gsize i = 0; i < G_N_ELEMENTS (good) + G_N_ELEMENTS (bad); i++)
    {
      gboolean is_good = i < G_N_ELEMENTS (good);
      const char *token = is_good ? good[i] : bad[i - G_N_ELEMENTS (good)];
      URequest *request = u_request_new ("http://h/");
      g_autofree char *expected = g_strconcat ("Bearer ", token, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (u_request_set_bearer_token (request, token, &error), ==, is_good);
      g_assert_cmpstr (u_headers_get (u_request_get_headers (request), "Authorization"), ==,
                       is_good ? expected : NULL);
      if (!is_good)
        {
          g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
          g_assert_null (strstr (error->message, "hunter2"));
        }
      g_assert_finalize_object (request);
    }
}

static void
test_replaces (void)
{
  URequest *request = u_request_new ("http://h/");

  g_assert_true (u_request_set_basic_authorization (request, "a", "b", NULL));
  g_assert_true (u_request_set_bearer_token (request, "c", NULL));
  g_assert_cmpstr (u_headers_get (u_request_get_headers (request), "Authorization"), ==, "Bearer c");
  g_assert_finalize_object (request);
}

static void
test_sealed (void)
{
  g_autoptr (URequestData) data = u_request_data_new ("http://h/");
  URequest *request = u_request_new_sealed (data);
  UFormData *form = u_form_data_new ();
  g_autoptr (JsonNode) node = json_node_init_int (json_node_alloc (), 1);

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
      if (i == 0)
        u_request_set_body_form (request, form);
      else if (i == 1)
        u_request_set_body_json (request, node);
      else if (i == 2)
        g_assert_false (u_request_set_basic_authorization (request, "a", "b", &error));
      else
        g_assert_false (u_request_set_bearer_token (request, "a", &error));
      g_test_assert_expected_messages ();
      if (i >= 2)
        g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
    }
  g_assert_cmpstr (u_request_get_method (request), ==, "GET");
  g_assert_cmpint (data->body_kind, ==, U_BODY_NONE);

  g_assert_finalize_object (form);
  g_assert_finalize_object (request);
}

/* Nothing that lets somebody in is on the command line. */
static void
test_curl_masks (void)
{
  static const char * const names[] = { "Authorization", "Proxy-Authorization", "cookie", "X-Api-Key" };
  static const char * const uris[] = { "http://me:hunter2@h/", "http://hunter2@h/", "//me:hunter2@h/ nonsense" };

  for (gsize i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      URequest *request = u_request_new (uris[i]);
      g_autofree char *command = NULL;

      for (gsize j = 0; j < G_N_ELEMENTS (names); j++)
        u_headers_set (u_request_get_headers (request), names[j], "hunter2", NULL);
      u_headers_set (u_request_get_headers (request), "Accept", "shown", NULL);
      command = u_request_to_curl (request);
      g_assert_null (strstr (command, "hunter2"));
      g_assert_nonnull (strstr (command, "'Accept: shown'"));
      for (gsize j = 0; j < G_N_ELEMENTS (names); j++)
        {
          g_autofree char *masked = g_strdup_printf ("--header '%s: ***'", names[j]);

          g_assert_nonnull (strstr (command, masked));
        }
      g_assert_finalize_object (request);
    }
}

static void
test_curl_text (void)
{
  URequest *request = u_request_new ("http://h/it's");
  URequest *none = u_request_new (NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a=b", 3);
  g_autofree char *plain = u_request_to_curl (request);
  g_autofree char *nothing = u_request_to_curl (none);
  g_autofree char *full = NULL;

  g_assert_cmpstr (plain, ==, "curl --location --compressed 'http://h/it'\\''s'");
  g_assert_cmpstr (nothing, ==, "curl --location --compressed ''");
  u_request_set_method (request, "PUT");
  u_request_set_timeout (request, 2.5);
  u_request_set_body_bytes (request, bytes, "text/plain");
  full = u_request_to_curl (request);
  g_assert_cmpstr (full, ==, "curl --location --compressed --speed-limit 1 --speed-time 3 --request 'PUT' "
                             "--data-binary 'a=b' --header 'Content-Type: text/plain' 'http://h/it'\\''s'");

  g_assert_finalize_object (none);
  g_assert_finalize_object (request);
}

static void
test_curl_large (void)
{
  URequest *request = u_request_new ("http://h/");
  g_autofree char *text = g_strnfill (2 * 1024 * 1024, 'x');
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, 2 * 1024 * 1024);
  g_autofree char *command = NULL;

  u_request_set_method (request, "POST");
  u_request_set_body_bytes (request, bytes, NULL);
  command = u_request_to_curl (request);
  g_assert_cmpstr (command, ==, "curl --location --compressed --data-binary '@body.bin' 'http://h/'");
  g_assert_finalize_object (request);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/request-convenience/form", test_form);
  g_test_add_func ("/request-convenience/json", test_json);
  g_test_add_func ("/request-convenience/basic", test_basic);
  g_test_add_func ("/request-convenience/bearer", test_bearer);
  g_test_add_func ("/request-convenience/replaces", test_replaces);
  g_test_add_func ("/request-convenience/sealed", test_sealed);
  g_test_add_func ("/request-convenience/curl-masks", test_curl_masks);
  g_test_add_func ("/request-convenience/curl-text", test_curl_text);
  g_test_add_func ("/request-convenience/curl-large", test_curl_large);

  return g_test_run ();
}

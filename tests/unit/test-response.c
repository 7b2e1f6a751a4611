/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-headers.h"
#include "urlsession/message/u-http-response.h"
#include "urlsession/message/u-response-private.h"

/* What a response says: built by hand, and as a view of plain values. */

static void
test_plain (void)
{
  UResponse *response = u_response_new ("file:///tmp/a.txt", "Text/Plain", 12, "UTF-8");
  UResponse *empty = g_object_new (U_TYPE_RESPONSE, NULL);

  g_assert_cmpstr (u_response_get_uri (response), ==, "file:///tmp/a.txt");
  g_assert_cmpstr (u_response_get_mime_type (response), ==, "text/plain");
  g_assert_cmpint (u_response_get_expected_content_length (response), ==, 12);
  g_assert_cmpstr (u_response_get_text_encoding_name (response), ==, "utf-8");
  g_assert_cmpstr (u_response_get_suggested_filename (response), ==, "a.txt");
  g_assert_false (U_IS_HTTP_RESPONSE (response));

  g_assert_cmpstr (u_response_get_uri (empty), ==, "");
  g_assert_null (u_response_get_mime_type (empty));
  g_assert_cmpint (u_response_get_expected_content_length (empty), ==, -1);
  g_assert_cmpstr (u_response_get_suggested_filename (empty), ==, "Unknown");

  g_assert_finalize_object (empty);
  g_assert_finalize_object (response);
}

static void
test_http (void)
{
  g_autoptr (UHeaders) headers = u_headers_new ();
  g_autofree char *uri = NULL;
  g_autofree char *file_name = NULL;
  g_auto (GStrv) cookies = NULL;
  UHttpResponse *response;

  u_headers_set (headers, "Content-Type", "Text/HTML; charset=\"ISO-8859-1\"", NULL);
  u_headers_set (headers, "Content-Length", "100", NULL);
  u_headers_set (headers, "Content-Encoding", "gzip", NULL);
  u_headers_append (headers, "Set-Cookie", "a=1", NULL);
  u_headers_append (headers, "set-cookie", "b=2", NULL);
  u_headers_set (headers, "Content-Disposition", "attachment; filename=\"x.html\"", NULL);
  response = u_http_response_new ("https://me:pw@h.example/a", 404, "2", headers);
  u_headers_remove (headers, "Content-Type");

  g_assert_cmpuint (u_http_response_get_status_code (response), ==, 404);
  g_assert_cmpstr (u_http_response_get_http_version (response), ==, "2");
  g_assert_cmpint (u_response_get_expected_content_length (U_RESPONSE (response)), ==, 100);
  g_assert_cmpstr (u_response_get_mime_type (U_RESPONSE (response)), ==, "text/html");
  g_assert_cmpstr (u_response_get_text_encoding_name (U_RESPONSE (response)), ==, "iso-8859-1");
  g_assert_true (u_headers_is_sealed (u_http_response_get_headers (response)));
  g_assert_true (u_headers_contains (u_http_response_get_headers (response), "Content-Type"));
  g_assert_cmpstr (u_http_response_get_header (response, "SET-COOKIE"), ==, "a=1, b=2");
  g_assert_null (u_http_response_get_header (response, "ETag"));
  cookies = u_headers_dup_values (u_http_response_get_headers (response), "Set-Cookie");
  g_assert_cmpuint (g_strv_length (cookies), ==, 2);

  g_object_get (response, "uri", &uri, "suggested-filename", &file_name, NULL);
  g_assert_cmpstr (uri, ==, "https://h.example/a");
  g_assert_cmpstr (file_name, ==, "x.html");

  g_assert_finalize_object (response);
}

static void
test_http_without_headers (void)
{
  UHttpResponse *response = u_http_response_new (NULL, 200, NULL, NULL);

  g_assert_null (u_http_response_get_http_version (response));
  g_assert_null (u_http_response_get_header (response, "A"));
  g_assert_nonnull (u_http_response_get_headers (response));

  g_assert_finalize_object (response);
}

static void
test_explicit_type (void)
{
  UResponse *response = g_object_new (U_TYPE_HTTP_RESPONSE, "mime-type", "A/B", "expected-content-length",
                                      G_GINT64_CONSTANT (7), "text-encoding-name", "UTF-8", NULL);

  g_assert_cmpstr (u_response_get_mime_type (response), ==, "a/b");
  g_assert_cmpstr (u_response_get_text_encoding_name (response), ==, "utf-8");
  g_assert_cmpint (u_response_get_expected_content_length (response), ==, 7);

  g_assert_finalize_object (response);
}

static void
test_views (void)
{
  g_autoptr (UResponseData) http = NULL;
  g_autoptr (UResponseData) data = u_response_data_new ("data:,x", "text/plain", NULL, 1);
  UHeaderList *headers = u_header_list_new ();
  UResponse *response;

  u_header_list_append (headers, "Content-Length", "3");
  http = u_response_data_new_http ("http://h/", 206, "1.1", headers);
  response = u_response_new_from_data (http);
  g_assert_true (U_IS_HTTP_RESPONSE (response));
  g_assert_true (u_response_get_data (response) == http);
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (response)), ==, 206);
  g_assert_cmpint (u_response_get_expected_content_length (response), ==, 3);
  g_assert_cmpstr (u_http_response_get_header (U_HTTP_RESPONSE (response), "content-length"), ==, "3");
  g_assert_finalize_object (response);

  response = u_response_new_from_data (data);
  g_assert_false (U_IS_HTTP_RESPONSE (response));
  g_assert_cmpstr (u_response_get_mime_type (response), ==, "text/plain");
  g_assert_finalize_object (response);
}

static void
test_status_text (void)
{
  g_assert_cmpstr (u_http_response_get_status_text (200), ==, "OK");
  g_assert_cmpstr (u_http_response_get_status_text (404), ==, "Not Found");
  g_assert_cmpstr (u_http_response_get_status_text (299), ==, "Success");
  g_assert_cmpstr (u_http_response_get_status_text (499), ==, "Client Error");
  g_assert_cmpstr (u_http_response_get_status_text (0), ==, "Unknown");
  g_assert_cmpstr (u_http_response_get_status_text (600), ==, "Unknown");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/response/plain", test_plain);
  g_test_add_func ("/response/r207-http", test_http);
  g_test_add_func ("/response/http-without-headers", test_http_without_headers);
  g_test_add_func ("/response/explicit-type", test_explicit_type);
  g_test_add_func ("/response/views", test_views);
  g_test_add_func ("/response/status-text", test_status_text);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-redirect-private.h"

#include <string.h>

static UResponseData *
new_response (guint status, const char *location)
{
  UHeaderList *headers = u_header_list_new ();

  if (location != NULL)
    u_header_list_append (headers, "Location", location);

  return u_response_data_new_http ("http://host/", status, "1.1", headers);
}

static URequestData *
new_request (const char *uri, const char *method, gboolean with_body)
{
  URequestData *request = u_request_data_new (uri);

  g_free (request->method);
  request->method = g_strdup (method);
  request->timeout = 12;
  request->handles_cookies = FALSE;
  request->main_document_uri = g_strdup ("http://main/");
  request->allows_cellular_access = FALSE;
  request->allows_constrained_access = FALSE;
  request->allows_expensive_access = FALSE;
  if (with_body)
    {
      request->body_kind = U_BODY_BYTES;
      request->body_bytes = g_bytes_new_static ("body", 4);
      u_header_list_append (request->headers, "Content-Type", "text/plain");
      u_header_list_append (request->headers, "Content-Length", "4");
      u_header_list_append (request->headers, "Transfer-Encoding", "identity");
      u_header_list_append (request->headers, "Repr-Digest", "x");
    }
  u_header_list_append (request->headers, "X-Kept", "yes");

  return request;
}

static const struct
{
  guint status;
  const char *method;
  gboolean with_body;
  const char *new_method;     /* NULL: not followed */
  gboolean keeps_body;
} methods[] = {
  { 301, "GET", FALSE, "GET" },
  { 301, "POST", TRUE, "GET", FALSE },
  { 301, "PUT", TRUE, "PUT", TRUE },
  { 301, "DELETE", FALSE, "DELETE" },
  { 301, "HEAD", FALSE, "HEAD" },
  { 302, "POST", TRUE, "GET", FALSE },
  { 302, "PUT", TRUE, "PUT", TRUE },
  { 302, "PATCH", TRUE, "PATCH", TRUE },
  { 303, "GET", FALSE, "GET" },
  { 303, "HEAD", FALSE, "HEAD" },
  { 303, "POST", TRUE, "GET", FALSE },
  { 303, "PUT", TRUE, "GET", FALSE },
  { 303, "DELETE", FALSE, "GET" },
  { 307, "POST", TRUE, "POST", TRUE },
  { 307, "PUT", TRUE, "PUT", TRUE },
  { 308, "POST", TRUE, "POST", TRUE },
  { 308, "GET", FALSE, "GET" },
  { 300, "GET", FALSE, NULL },
  { 304, "GET", FALSE, NULL },
  { 305, "GET", FALSE, NULL },
  { 306, "GET", FALSE, NULL },
  { 200, "GET", FALSE, NULL },
  { 201, "POST", TRUE, NULL },
  { 404, "GET", FALSE, NULL },
};

static void
test_methods (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (URequestData) request = new_request ("http://host/a", methods[i].method, methods[i].with_body);
      g_autoptr (UResponseData) response = new_response (methods[i].status, "/b");
      g_autoptr (GError) error = NULL;
      g_autoptr (URequestData) next = u_redirect_next (request, response, &error);

      g_assert_no_error (error);
      g_assert_true ((next == NULL) == (methods[i].new_method == NULL));
      /* What was asked before stays as it was. */
      g_assert_cmpstr (request->uri, ==, "http://host/a");
      g_assert_cmpstr (request->method, ==, methods[i].method);
      g_assert_cmpuint (u_header_list_count (request->headers, "Content-Type"), ==, methods[i].with_body);
      if (next == NULL)
        continue;

      g_assert_cmpstr (next->uri, ==, "http://host/b");
      g_assert_cmpstr (next->method, ==, methods[i].new_method);
      g_assert_cmpint (next->body_kind, ==, methods[i].keeps_body ? U_BODY_BYTES : U_BODY_NONE);
      g_assert_true ((next->body_bytes != NULL) == methods[i].keeps_body);
      g_assert_cmpuint (u_header_list_count (next->headers, "Content-Type"), ==, methods[i].keeps_body);
      g_assert_cmpuint (u_header_list_count (next->headers, "Content-Length"), ==, methods[i].keeps_body);
      g_assert_cmpuint (u_header_list_count (next->headers, "Transfer-Encoding"), ==, methods[i].keeps_body);
      g_assert_cmpuint (u_header_list_count (next->headers, "Repr-Digest"), ==, methods[i].keeps_body);
      g_assert_cmpstr (u_header_list_get (next->headers, "X-Kept"), ==, "yes");
      g_assert_true (next->timeout > 11 && next->timeout < 13);
      g_assert_false (next->handles_cookies);
      g_assert_cmpstr (next->main_document_uri, ==, "http://main/");
      g_assert_false (next->allows_cellular_access);
      g_assert_false (next->allows_constrained_access);
      g_assert_false (next->allows_expensive_access);
    }
}

static const struct
{
  const char *uri;
  const char *location;
  const char *expected;       /* NULL: delivered as it is */
} locations[] = {
  { "http://h/a/b?q", "c", "http://h/a/c" },
  { "http://h/a/b?q", "../x", "http://h/x" },
  { "http://h/a/b?q", "/x", "http://h/x" },
  { "http://h/a/b?q", "?r", "http://h/a/b?r" },
  { "http://h/a/b?q", "//i/x", "http://i/x" },
  { "http://h/a/b?q", "", "http://h/a/b?q" },
  { "http://h/a/b", "https://i", "https://i/" },
  { "http://h/a#f", "/x", "http://h/x#f" },
  { "http://h/a#f", "/x#g", "http://h/x#g" },
  { "http://h/a", "/x#g", "http://h/x#g" },
  { "http://h:8080/a", "http://h/x", "http://h/x" },
  { "http://h:8080/a", "/x", "http://h:8080/x" },
  { "http://h/a", "/b%2Fc?d=%26", "http://h/b%2Fc?d=%26" },
  { "http://h/a", "/b c", "http://h/b%20c" },
  { "http://h/a", "/\xc3\xa9", "http://h/%C3%A9" },
  { "http://h/a", NULL, NULL },
  { "http://h/a", "http://", NULL },
  { "http://h/a", "http://[::1", NULL },
  { "ws://h/a", "b", "ws://h/b" },
  { "ws://h/a", "wss://i/b", "wss://i/b" },
  { "ws://h/a", "http://i:8080/b?c#d", "ws://i:8080/b?c#d" },
  { "wss://h/a", "https://h/b", "wss://h/b" },
  { "wss://h/a", "//i/b", "wss://i/b" },
};

static void
test_locations (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (locations); i++)
    {
      g_autoptr (URequestData) request = new_request (locations[i].uri, "GET", FALSE);
      g_autoptr (UResponseData) response = new_response (302, locations[i].location);
      g_autoptr (GError) error = NULL;
      g_autoptr (URequestData) next = u_redirect_next (request, response, &error);

      g_test_message ("%s + %s", locations[i].uri, locations[i].location);
      g_assert_no_error (error);
      g_assert_cmpstr (next != NULL ? next->uri : NULL, ==, locations[i].expected);
    }
}

static void
test_schemes (void)
{
  static const char * const schemes[] = { "file:///etc/passwd", "ftp://h/x", "data:,x", "javascript:1", "nosuch://h",
                                          "ws://h/x", "wss://h/x" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      g_autoptr (URequestData) request = new_request ("http://me:hunter2@h/a", "GET", FALSE);
      g_autoptr (UResponseData) response = new_response (302, schemes[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (u_redirect_next (request, response, &error));
      g_assert_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL);
      g_assert_null (strstr (error->message, "hunter2"));
    }
}

static const struct
{
  const char *from;
  const char *to;
  gboolean same_origin;
} origins[] = {
  { "https://h/a", "/b", TRUE },
  { "https://h/a", "https://h:443/b", TRUE },
  { "https://h/a", "https://H/b", TRUE },
  { "https://h/a", "http://h/b", FALSE },
  { "http://h/a", "https://h/b", FALSE },
  { "https://h/a", "https://h:444/b", FALSE },
  { "https://h/a", "https://i/b", FALSE },
  { "https://h/a", "https://sub.h/b", FALSE },
  { "wss://h/a", "https://h/b", TRUE },
  { "wss://h/a", "ws://h/b", FALSE },
};

static void
test_origins (void)
{
  static const char * const names[] = { "Authorization", "Cookie", "Proxy-Authorization" };

  for (guint i = 0; i < G_N_ELEMENTS (origins); i++)
    {
      g_autoptr (URequestData) request = new_request (origins[i].from, "GET", FALSE);
      g_autoptr (UResponseData) response = new_response (302, origins[i].to);
      g_autoptr (URequestData) next = NULL;

      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        u_header_list_append (request->headers, names[j], "secret");
      next = u_redirect_next (request, response, NULL);
      g_assert_nonnull (next);
      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        g_assert_cmpuint (u_header_list_count (next->headers, names[j]), ==, origins[i].same_origin);
      g_assert_cmpstr (u_header_list_get (next->headers, "X-Kept"), ==, "yes");
    }
}

/* A password in the URL is for the host that it was written for. */
static void
test_user_info (void)
{
  g_autoptr (URequestData) request = new_request ("http://me:hunter2@h/a", "GET", FALSE);
  g_autoptr (UResponseData) response = new_response (302, "http://i/b");
  g_autoptr (URequestData) next = u_redirect_next (request, response, NULL);

  g_assert_cmpstr (next->uri, ==, "http://i/b");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/redirect/r060-r061-r062-r063-r071-methods", test_methods);
  g_test_add_func ("/redirect/r064-r065-r066-r067-r256-locations", test_locations);
  g_test_add_func ("/redirect/r068-schemes", test_schemes);
  g_test_add_func ("/redirect/r069-r070-origins", test_origins);
  g_test_add_func ("/redirect/r112-user-info", test_user_info);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-web-socket-handshake-private.h"

/* The opening handshake of WebSockets: RFC 6455 section 4, RFC 7692 section 7.1. */

/* The example of RFC 6455 section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static char *
make (URequestData *request, UHeaderList *extra, UHeaderList *forced, UWebSocketOffer *offer, GError **error)
{
  g_autoptr (UHeaderList) sent = NULL;
  g_autoptr (GBytes) bytes = u_web_socket_make_request (offer, request, extra, forced, &sent, error);

  return bytes != NULL ? g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;
}

static void
assert_has_line (const char *head, const char *line)
{
  g_autofree char *whole = g_strconcat ("\r\n", line, "\r\n", NULL);

  if (strstr (head, whole) == NULL)
    g_error ("No line “%s” in: %s", line, head);
}

static void
test_request (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("wss://user:secret@example.com:8443/a%2Fb?c=d#e");
  g_autoptr (UHeaderList) extra = u_header_list_new ();
  g_autoptr (UHeaderList) forced = u_header_list_new ();
  g_autoptr (UWebSocketOffer) offer = u_web_socket_offer_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *head = NULL;
  g_autofree char *key = g_strconcat ("Sec-WebSocket-Key: ", offer->key, NULL);

  u_header_list_append (request->headers, "Origin", "https://example.com");
  u_header_list_append (request->headers, "Sec-WebSocket-Protocol", "chat, superchat");
  u_header_list_append (request->headers, "sec-websocket-protocol", "v3");
  u_header_list_append (request->headers, "Sec-WebSocket-Key", "mine");
  u_header_list_append (request->headers, "Upgrade", "h2c");
  u_header_list_append (request->headers, "Sec-WebSocket-Extensions", "bbf-usp-protocol");
  u_header_list_append (request->headers, "Cookie", "a=b");
  u_header_list_append (extra, "X-Session", "yes");
  u_header_list_append (extra, "Origin", "https://other.example");
  u_header_list_append (extra, "Sec-WebSocket-Extensions", "permessage-deflate");
  u_header_list_append (forced, "Cookie", "c=d; a=b");

  head = make (request, extra, forced, offer, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (head, "GET /a%2Fb?c=d HTTP/1.1\r\nHost: example.com:8443\r\n"));
  g_assert_true (g_str_has_suffix (head, "\r\n\r\n"));
  assert_has_line (head, "Upgrade: websocket");
  assert_has_line (head, "Connection: Upgrade");
  assert_has_line (head, key);
  assert_has_line (head, "Sec-WebSocket-Version: 13");
  assert_has_line (head, "Sec-WebSocket-Protocol: chat, superchat, v3");
  assert_has_line (head, "Sec-WebSocket-Extensions: permessage-deflate");
  assert_has_line (head, "Origin: https://example.com");
  assert_has_line (head, "X-Session: yes");
  assert_has_line (head, "Cookie: c=d; a=b");
  g_assert_null (strstr (head, "mine"));
  g_assert_null (strstr (head, "h2c"));
  g_assert_null (strstr (head, "bbf"));
  g_assert_null (strstr (head, "other.example"));
  g_assert_null (strstr (head, "secret"));
  g_assert_null (strstr (strstr (head, "Cookie") + 1, "Cookie"));
  g_assert_cmpstr (offer->protocols, ==, "chat, superchat, v3");
}

static void
test_host (void)
{
  static const struct
  {
    const char *uri;
    const char *start;
  } cases[] = {
    { "ws://example.com", "GET / HTTP/1.1\r\nHost: example.com\r\n" },
    { "ws://example.com:80/?", "GET /? HTTP/1.1\r\nHost: example.com\r\n" },
    { "ws://example.com:443/", "GET / HTTP/1.1\r\nHost: example.com:443\r\n" },
    { "wss://example.com:443/", "GET / HTTP/1.1\r\nHost: example.com\r\n" },
    { "ws://[::1]:8080/x", "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n" },
    { "ws://[fe80::1%25eth0]/x", "GET /x HTTP/1.1\r\nHost: [fe80::1]\r\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (URequestData) request = u_request_data_new (cases[i].uri);
      g_autoptr (UWebSocketOffer) offer = u_web_socket_offer_new ();
      g_autofree char *head = make (request, NULL, NULL, offer, NULL);

      g_assert_nonnull (head);
      if (!g_str_has_prefix (head, cases[i].start))
        g_error ("%s: %s", cases[i].uri, head);
    }
}

static void
test_protocols (void)
{
  static const char * const good[] = { "chat", "chat, superchat", "v1.json,v2.json", "Chat,chat" };
  static const char * const bad[] = { "", ",", "a,", "a b", "a,a", "a, a", "a;b", "grün" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (u_web_socket_protocols_are_valid (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (URequestData) request = u_request_data_new ("ws://host/");
      g_autoptr (UWebSocketOffer) offer = u_web_socket_offer_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *head = NULL;

      g_assert_false (u_web_socket_protocols_are_valid (bad[i]));
      u_header_list_append (request->headers, "Sec-WebSocket-Protocol", bad[i]);
      head = make (request, NULL, NULL, offer, &error);
      if (*bad[i] != '\0')
        g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
      else
        g_assert_nonnull (head);
    }
}

static void
test_keys (void)
{
  g_autoptr (UWebSocketOffer) a = u_web_socket_offer_new ();
  g_autoptr (UWebSocketOffer) b = u_web_socket_offer_new ();
  g_autofree guchar *nonce = NULL;
  gsize length;

  nonce = g_base64_decode (a->key, &length);
  g_assert_cmpuint (length, ==, 16);
  g_assert_cmpstr (a->key, !=, b->key);
}

static void
test_find_end (void)
{
  static const struct
  {
    const char *text;
    gsize end;
  } cases[] = {
    { "", 0 },
    { "HTTP/1.1 101 X\r\n", 0 },
    { "HTTP/1.1 101 X\r\n\r", 0 },
    { "HTTP/1.1 101 X\r\n\r\n", 18 },
    { "HTTP/1.1 101 X\r\n\r\n\x81\x00", 18 },
    { "HTTP/1.1 101 X\n\n", 16 },
    { "HTTP/1.1 101 X\r\nA: b\r\n\r\n", 24 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const guint8 *data = (const guint8 *) cases[i].text;
      gsize length = strlen (cases[i].text);
      gsize end = 0;

      g_assert_cmpuint (u_web_socket_find_end (data, length, 0), ==, cases[i].end);
      /* Byte by byte, with what was seen before left out. */
      for (gsize n = 1; n <= length && end == 0; n++)
        end = u_web_socket_find_end (data, n, n - 1);
      g_assert_cmpuint (end, ==, cases[i].end);
    }
}

/* What is wrong with an answer, and the one thing that is not. */
static const struct
{
  const char *name;
  const char *fields;
  const char *protocols;      /* offered; nullable */
  const char *extensions;
  gboolean good;
} answers[] = {
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define RIGHT "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define ALL UPGRADE CONNECTION RIGHT
#define EXTENSION(x) ALL "Sec-WebSocket-Extensions: " x "\r\n"
  { "all right", ALL, NULL, NULL, TRUE },
  { "other case", "upgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n" RIGHT, NULL, NULL, TRUE },
  { "no Upgrade", CONNECTION RIGHT },
  { "another protocol", "Upgrade: h2c\r\n" CONNECTION RIGHT },
  { "no Connection", UPGRADE RIGHT },
  { "another Connection", UPGRADE "Connection: close\r\n" RIGHT },
  { "no Accept", UPGRADE CONNECTION },
  { "a wrong Accept", UPGRADE CONNECTION "Sec-WebSocket-Accept: " KEY "\r\n" },
  { "an Accept in other case", UPGRADE CONNECTION "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n" },
  { "two of them", ALL RIGHT },
  { "a protocol", ALL "Sec-WebSocket-Protocol: b\r\n", "a, b", NULL, TRUE },
  { "none of those offered", ALL, "a, b", NULL, TRUE },
  { "a protocol not offered", ALL "Sec-WebSocket-Protocol: c\r\n", "a, b" },
  { "in other case", ALL "Sec-WebSocket-Protocol: A\r\n", "a, b" },
  { "a protocol when none was offered", ALL "Sec-WebSocket-Protocol: c\r\n" },
  { "two protocols", ALL "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n", "a, b" },
  { "a list of protocols", ALL "Sec-WebSocket-Protocol: a, b\r\n", "a, b" },
  { "deflate", EXTENSION ("permessage-deflate"), NULL, "permessage-deflate", TRUE },
  { "deflate with parameters",
    EXTENSION ("permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"),
    NULL, "permessage-deflate", TRUE },
  { "a quoted parameter", EXTENSION ("permessage-deflate; server_max_window_bits=\"10\""), NULL, "permessage-deflate",
    TRUE },
  { "deflate that was not offered", EXTENSION ("permessage-deflate") },
  { "another extension", EXTENSION ("x-webkit-deflate-frame"), NULL, "permessage-deflate" },
  { "twice", EXTENSION ("permessage-deflate, permessage-deflate"), NULL, "permessage-deflate" },
  { "a parameter not offered", EXTENSION ("permessage-deflate; client_max_window_bits=10"), NULL,
    "permessage-deflate" },
  { "an unknown parameter", EXTENSION ("permessage-deflate; level=9"), NULL, "permessage-deflate" },
  { "a parameter twice", EXTENSION ("permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"), NULL,
    "permessage-deflate" },
  { "a window of 16 bits", EXTENSION ("permessage-deflate; server_max_window_bits=16"), NULL, "permessage-deflate" },
  { "a window without size", EXTENSION ("permessage-deflate; server_max_window_bits"), NULL, "permessage-deflate" },
  { "a value where there is none", EXTENSION ("permessage-deflate; server_no_context_takeover=1"), NULL,
    "permessage-deflate" },
};

static void
test_answers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      UWebSocketOffer offer = {
        .key = (char *) KEY,
        .protocols = (char *) answers[i].protocols,
        .extensions = (char *) answers[i].extensions,
      };
      g_autofree char *head = g_strconcat ("HTTP/1.1 101 Switching Protocols\r\n", answers[i].fields, "\r\n", NULL);
      g_autoptr (UResponseData) response = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", answers[i].name);
      response = u_web_socket_parse_head ((const guint8 *) head, strlen (head), "ws://host/");
      g_assert_nonnull (response);
      g_assert_cmpuint (response->status, ==, 101);
      g_assert_cmpint (u_web_socket_check_response (&offer, response, &error), ==, answers[i].good);
      if (answers[i].good)
        g_assert_no_error (error);
      else
        g_assert_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
    }
}

static void
test_extensions (void)
{
  static const char head[] = "HTTP/1.1 101 X\r\nSec-WebSocket-Extensions: permessage-deflate; "
                             "client_no_context_takeover\r\n\r\n";
  static const char plain[] = "HTTP/1.1 101 X\r\n\r\n";
  g_autoptr (UResponseData) response = u_web_socket_parse_head ((const guint8 *) head, strlen (head), "ws://host/");
  g_autoptr (UResponseData) other = u_web_socket_parse_head ((const guint8 *) plain, strlen (plain), "ws://host/");
  UWebSocketExtensions extensions;

  u_web_socket_read_extensions (response, &extensions);
  g_assert_true (extensions.deflate && extensions.client_no_takeover && !extensions.server_no_takeover);
  u_web_socket_read_extensions (other, &extensions);
  g_assert_false (extensions.deflate);
}

static void
test_heads (void)
{
  static const char * const bad[] = { "", "\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n",
                                      "HTTP/1.1 abc\r\n\r\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (u_web_socket_parse_head ((const guint8 *) bad[i], strlen (bad[i]), "ws://host/"));
  g_assert_null (u_web_socket_parse_head ((const guint8 *) "HTTP/1.1 101 X\r\nA: \0b\r\n\r\n", 25, "ws://host/"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/web-socket-handshake/request", test_request);
  g_test_add_func ("/web-socket-handshake/host", test_host);
  g_test_add_func ("/web-socket-handshake/r254-protocols", test_protocols);
  g_test_add_func ("/web-socket-handshake/keys", test_keys);
  g_test_add_func ("/web-socket-handshake/find-end", test_find_end);
  g_test_add_func ("/web-socket-handshake/r254-answers", test_answers);
  g_test_add_func ("/web-socket-handshake/extensions", test_extensions);
  g_test_add_func ("/web-socket-handshake/heads", test_heads);

  return g_test_run ();
}

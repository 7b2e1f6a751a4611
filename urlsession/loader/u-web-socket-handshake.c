/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-web-socket-handshake-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-random-private.h"
#include "urlsession/loader/u-http-request-private.h"
#include "urlsession/message/u-uri-private.h"

/* RFC 6455 section 1.3 */
#define ACCEPT_SUFFIX "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define DEFLATE "permessage-deflate"

static const char * const own_fields[] = {
  "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
  "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol",
  "Sec-WebSocket-Version",
};

UWebSocketOffer *
u_web_socket_offer_new (void)
{
  UWebSocketOffer *self = g_new0 (UWebSocketOffer, 1);
  guint8 nonce[16];

  u_random_fill (nonce, sizeof nonce);
  self->key = g_base64_encode (nonce, sizeof nonce);

  return self;
}

void
u_web_socket_offer_free (UWebSocketOffer *self)
{
  g_free (self->key);
  g_free (self->protocols);
  g_free (self->extensions);
  g_free (self);
}

gboolean
u_web_socket_is_own_field (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (own_fields); i++)
    {
      if (g_ascii_strcasecmp (name, own_fields[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

/* All values of the field, of the request or else of the session; (transfer full) (nullable). */
static char *
dup_field (URequestData *request, UHeaderList *extra_headers, const char *name)
{
  char *value = u_header_list_dup_joined (request->headers, name);

  if (value == NULL && extra_headers != NULL)
    value = u_header_list_dup_joined (extra_headers, name);
  if (value != NULL && *g_strstrip (value) == '\0')
    g_clear_pointer (&value, g_free);

  return value;
}

static gboolean
has_field (UHeaderList *list, const char *name)
{
  return list != NULL && u_header_list_get (list, name) != NULL;
}

static gboolean
append_all (UHeaderList *fields, UHeaderList *list, UHeaderList *unless_in, UHeaderList *nor_in, GError **error)
{
  guint n = list != NULL ? u_header_list_get_n (list) : 0;

  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (list, i, &name, &value);
      if (u_web_socket_is_own_field (name) || has_field (unless_in, name) || has_field (nor_in, name))
        continue;
      if (!u_header_name_is_valid (name) || !u_header_value_is_valid (value))
        {
          g_autofree char *printable = g_strescape (name, NULL);

          g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER,
                       "The header field “%s” or its value has characters that are not allowed in one.", printable);
          return FALSE;
        }
      u_header_list_append (fields, name, value);
    }

  return TRUE;
}

/* RFC 9110 section 7.2. */
static char *
make_host (GUri *uri)
{
  const char *host = g_uri_get_host (uri);
  const char *open = strchr (host, ':') != NULL ? "[" : "";
  const char *close = *open != '\0' ? "]" : "";
  const char *zone = *open != '\0' ? strchr (host, '%') : NULL;
  int length = zone != NULL ? (int) (zone - host) : (int) strlen (host);
  int port = g_uri_get_port (uri);

  if (port <= 0 || port == (g_str_equal (g_uri_get_scheme (uri), "wss") ? 443 : 80))
    return g_strdup_printf ("%s%.*s%s", open, length, host, close);

  return g_strdup_printf ("%s%.*s%s:%d", open, length, host, close, port);
}

static void
append_default (UHeaderList *fields, const char *name, const char *value)
{
  if (value != NULL && u_header_list_get (fields, name) == NULL)
    u_header_list_append (fields, name, value);
}

static UHeaderList *
make_fields (UWebSocketOffer *offer, URequestData *request, UHeaderList *extra_headers, UHeaderList *forced_headers,
             GError **error)
{
  g_autoptr (UHeaderList) fields = u_header_list_new ();
  g_autofree char *host = make_host (request->parsed);

  if (!has_field (request->headers, "Host"))
    u_header_list_append (fields, "Host", host);
  u_header_list_append (fields, "Upgrade", "websocket");
  u_header_list_append (fields, "Connection", "Upgrade");
  u_header_list_append (fields, "Sec-WebSocket-Key", offer->key);
  u_header_list_append (fields, "Sec-WebSocket-Version", "13");
  if (offer->protocols != NULL)
    u_header_list_append (fields, "Sec-WebSocket-Protocol", offer->protocols);
  if (offer->extensions != NULL)
    u_header_list_append (fields, "Sec-WebSocket-Extensions", offer->extensions);

  if (!append_all (fields, forced_headers, NULL, NULL, error) ||
      !append_all (fields, request->headers, forced_headers, NULL, error) ||
      !append_all (fields, extra_headers, request->headers, forced_headers, error))
    return NULL;

  append_default (fields, "User-Agent", u_http_request_get_user_agent ());
  append_default (fields, "Accept-Language", u_http_request_get_accept_language ());

  return g_steal_pointer (&fields);
}

GBytes *
u_web_socket_make_request (UWebSocketOffer  *offer,
                           URequestData     *request,
                           UHeaderList      *extra_headers,
                           UHeaderList      *forced_headers,
                           UHeaderList     **sent,
                           GError          **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (UHeaderList) fields = NULL;
  const char *path = g_uri_get_path (request->parsed);
  const char *query = g_uri_get_query (request->parsed);
  gsize length;

  g_clear_pointer (&offer->protocols, g_free);
  g_clear_pointer (&offer->extensions, g_free);
  offer->protocols = dup_field (request, extra_headers, "Sec-WebSocket-Protocol");
  /* Not those of the request: whoever offers something has to understand it. */
  if (extra_headers != NULL)
    offer->extensions = u_header_list_dup_joined (extra_headers, "Sec-WebSocket-Extensions");
  if (offer->protocols != NULL && !u_web_socket_protocols_are_valid (offer->protocols))
    {
      g_autofree char *printable = g_strescape (offer->protocols, NULL);

      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER,
                   "“%s” are no names of subprotocols: each is a token, and different from the others.", printable);
      return NULL;
    }
  fields = make_fields (offer, request, extra_headers, forced_headers, error);
  if (fields == NULL)
    return NULL;

  g_string_append_printf (text, "GET %s%s%s%s HTTP/1.1\r\n", *path == '/' ? "" : "/", path,
                          query != NULL ? "?" : "", query != NULL ? query : "");
  for (guint i = 0; i < u_header_list_get_n (fields); i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (fields, i, &name, &value);
      g_string_append_printf (text, "%s: %s\r\n", name, value);
    }
  g_string_append (text, "\r\n");
  *sent = g_steal_pointer (&fields);
  length = text->len;

  return g_bytes_new_take (g_string_free (g_steal_pointer (&text), FALSE), length);
}

gsize
u_web_socket_find_end (const guint8 *data, gsize length, gsize from)
{
  /* RFC 9112 section 2.2: a line may end without CR. */
  for (gsize i = from > 3 ? from - 3 : 0; i + 1 < length; i++)
    {
      if (data[i] != '\n')
        continue;
      if (data[i + 1] == '\n')
        return i + 2;
      if (i + 2 < length && data[i + 1] == '\r' && data[i + 2] == '\n')
        return i + 3;
    }

  return 0;
}

UResponseData *
u_web_socket_parse_head (const guint8 *data, gsize length, const char *uri)
{
  SoupMessageHeaders *headers;
  UHeaderList *list;
  SoupHTTPVersion version;
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;
  guint status = 0;

  if (memchr (data, '\0', length) != NULL)
    return NULL;

  headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  if (!soup_headers_parse_response ((const char *) data, (int) length, headers, &version, &status, NULL))
    {
      soup_message_headers_unref (headers);
      return NULL;
    }
  list = u_header_list_new ();
  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    u_header_list_append (list, name, value);
  soup_message_headers_unref (headers);

  return u_response_data_new_http (uri, status, version == SOUP_HTTP_1_0 ? "1.0" : "1.1", list);
}

/* ---- The answer ---- */

static gboolean
refuse (GError **error, UResponseData *response, const char *why)
{
  g_autofree char *masked = u_uri_string_dup_masked (response->uri);

  g_set_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE, "%s opened no WebSocket: %s.", masked, why);

  return FALSE;
}

/* Whether one of the items of a list with commas is @token. */
static gboolean
list_has (const char *list, const char *token, gboolean any_case)
{
  g_auto (GStrv) items = g_strsplit (list != NULL ? list : "", ",", -1);

  for (guint i = 0; items[i] != NULL; i++)
    {
      const char *item = g_strstrip (items[i]);

      if (any_case ? g_ascii_strcasecmp (item, token) == 0 : g_str_equal (item, token))
        return TRUE;
    }

  return FALSE;
}

static gboolean
accepts (const UWebSocketOffer *offer, UResponseData *response)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *value = u_header_list_dup_joined (response->headers, "Sec-WebSocket-Accept");
  g_autofree char *expected = NULL;
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) offer->key, -1);
  g_checksum_update (checksum, (const guchar *) ACCEPT_SUFFIX, -1);
  g_checksum_get_digest (checksum, digest, &length);
  expected = g_base64_encode (digest, length);

  return value != NULL && g_str_equal (g_strstrip (value), expected);
}

/* RFC 7692 section 7.1: of the answer to an offer without parameters. */
static gboolean
read_deflate (char **parameters, UWebSocketExtensions *extensions)
{
  gboolean has_window = FALSE;

  if (extensions->deflate)
    return FALSE;

  extensions->deflate = TRUE;
  for (guint i = 0; parameters[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (parameters[i], "=", 2);
      const char *name = g_strstrip (pair[0]);
      char *value = pair[0] != NULL && pair[1] != NULL ? g_strstrip (pair[1]) : NULL;
      guint64 bits;

      if (g_str_equal (name, "server_no_context_takeover") && value == NULL && !extensions->server_no_takeover)
        {
          extensions->server_no_takeover = TRUE;
        }
      else if (g_str_equal (name, "client_no_context_takeover") && value == NULL && !extensions->client_no_takeover)
        {
          extensions->client_no_takeover = TRUE;
        }
      else if (g_str_equal (name, "server_max_window_bits") && value != NULL && !has_window)
        {
          gsize length = strlen (value);

          /* A window of any size can be read with the largest one. */
          has_window = TRUE;
          if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
            {
              value[length - 1] = '\0';
              value++;
            }
          if (*value == '0' || !g_ascii_string_to_unsigned (value, 10, 8, 15, &bits, NULL))
            return FALSE;
        }
      else
        {
          /* client_max_window_bits, too, may come only to who has offered it. */
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
read_extensions (const char *list, const char *offered, UWebSocketExtensions *extensions)
{
  g_auto (GStrv) items = g_strsplit (list, ",", -1);
  g_auto (GStrv) offers = g_strsplit (offered != NULL ? offered : "", ",", -1);
  gboolean was_offered = FALSE;

  for (guint i = 0; offers[i] != NULL; i++)
    was_offered |= g_str_equal (g_strstrip (offers[i]), DEFLATE);

  for (guint i = 0; items[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (items[i], ";", -1);

      if (parts[0] == NULL || !was_offered || g_ascii_strcasecmp (g_strstrip (parts[0]), DEFLATE) != 0 ||
          !read_deflate (parts + 1, extensions))
        return FALSE;
    }

  return TRUE;
}

gboolean
u_web_socket_check_response (const UWebSocketOffer *offer, UResponseData *response, GError **error)
{
  UWebSocketExtensions extensions = { 0 };
  g_autofree char *upgrade = u_header_list_dup_joined (response->headers, "Upgrade");
  g_autofree char *connection = u_header_list_dup_joined (response->headers, "Connection");
  g_autofree char *agreed = u_header_list_dup_joined (response->headers, "Sec-WebSocket-Extensions");
  const char *protocol = u_header_list_get (response->headers, "Sec-WebSocket-Protocol");

  if (upgrade == NULL || g_ascii_strcasecmp (g_strstrip (upgrade), "websocket") != 0)
    return refuse (error, response, "the answer has no field “Upgrade: websocket”");
  if (!list_has (connection, "upgrade", TRUE))
    return refuse (error, response, "the answer has no field “Connection: Upgrade”");
  if (!accepts (offer, response))
    return refuse (error, response, "Sec-WebSocket-Accept is not the answer to the key that was sent");
  if (agreed != NULL && !read_extensions (agreed, offer->extensions, &extensions))
    return refuse (error, response, "it uses extensions, or parameters of them, that were not offered");
  if (protocol != NULL && (u_header_list_count (response->headers, "Sec-WebSocket-Protocol") > 1 ||
                           *protocol == '\0' || !list_has (offer->protocols, protocol, FALSE)))
    return refuse (error, response, "it speaks a subprotocol that was not offered");

  return TRUE;
}

void
u_web_socket_read_extensions (UResponseData *response, UWebSocketExtensions *extensions)
{
  g_autofree char *agreed = u_header_list_dup_joined (response->headers, "Sec-WebSocket-Extensions");

  *extensions = (UWebSocketExtensions) { 0 };
  if (agreed != NULL)
    read_extensions (agreed, DEFLATE, extensions);
}

gboolean
u_web_socket_protocols_are_valid (const char *protocols)
{
  g_auto (GStrv) items = g_strsplit (protocols, ",", -1);

  for (guint i = 0; items[i] != NULL; i++)
    {
      if (!u_header_name_is_valid (g_strstrip (items[i])))
        return FALSE;
      for (guint k = 0; k < i; k++)
        {
          if (g_str_equal (items[i], items[k]))
            return FALSE;
        }
    }

  return items[0] != NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-redirect-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/* What belongs to the origin it was written for. */
static const char * const origin_headers[] = {
  "Authorization",
  "Cookie",
  "Cookie2",
  "Proxy-Authorization",
  "Host",
};

/* What describes a body that is not sent any more. */
static const char * const body_headers[] = {
  "Content-Length",
  "Content-Type",
  "Content-Encoding",
  "Content-Language",
  "Content-Location",
  "Transfer-Encoding",
  "Digest",
  "Content-Digest",
  "Repr-Digest",
};

static void
remove_headers (URequestData *request, const char * const *names, gsize n_names)
{
  for (gsize i = 0; i < n_names; i++)
    {
      if (u_header_list_count (request->headers, names[i]) > 0)
        {
          request->headers = u_header_list_unshare (request->headers);
          u_header_list_remove (request->headers, names[i]);
        }
    }
}

static gboolean
is_followed (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static gboolean
becomes_get (guint status, const char *method)
{
  if (status == 303)
    return !g_str_equal (method, "GET") && !g_str_equal (method, "HEAD");

  return (status == 301 || status == 302) && g_str_equal (method, "POST");
}

/* The schemes that a load of the same kind may go on with. A handshake for a WebSocket is a request in HTTP: a server
 * may name the new place of it as that, RFC 6455 section 4.1. */
static char *
dup_next_scheme (GUri *from, GUri *to)
{
  const char *scheme = g_uri_get_scheme (to);
  gboolean is_secure = g_str_equal (scheme, "https") || g_str_equal (scheme, "wss");
  gboolean is_http = g_str_equal (scheme, "http") || g_str_equal (scheme, "https");
  gboolean is_web_socket = g_str_equal (scheme, "ws") || g_str_equal (scheme, "wss");

  if (g_str_equal (g_uri_get_scheme (from), "ws") || g_str_equal (g_uri_get_scheme (from), "wss"))
    return is_http || is_web_socket ? g_strdup (is_secure ? "wss" : "ws") : NULL;

  /* A protocol of the application may stay in its own scheme. */
  return is_http || g_str_equal (scheme, g_uri_get_scheme (from)) ? g_strdup (scheme) : NULL;
}

static char *
dup_with_scheme (GUri *uri, const char *scheme)
{
  g_autoptr (GUri) other = NULL;

  if (g_str_equal (scheme, g_uri_get_scheme (uri)))
    return g_uri_to_string (uri);

  other = g_uri_build_with_user (g_uri_get_flags (uri), scheme, g_uri_get_user (uri), g_uri_get_password (uri),
                                 g_uri_get_auth_params (uri), g_uri_get_host (uri), g_uri_get_port (uri),
                                 g_uri_get_path (uri), g_uri_get_query (uri), g_uri_get_fragment (uri));

  return g_uri_to_string (other);
}

URequestData *
u_redirect_next (URequestData *request, UResponseData *response, GError **error)
{
  g_autoptr (URequestData) next = NULL;
  g_autoptr (GUri) uri = NULL;
  g_autofree char *string = NULL;
  g_autofree char *scheme = NULL;
  const char *location;

  if (!is_followed (response->status) || response->headers == NULL)
    return NULL;

  location = u_header_list_get (response->headers, "Location");
  if (location == NULL)
    return NULL;
  uri = u_uri_resolve (request->parsed, location);
  if (uri == NULL)
    return NULL;

  /* A server that redirects to file: would read the disk of the user. */
  scheme = dup_next_scheme (request->parsed, uri);
  if (scheme == NULL)
    {
      g_autofree char *from = u_uri_dup_masked (request->parsed);

      g_set_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL,
                   "%s redirects to a URL with the scheme “%s”, which is not followed.", from,
                   g_uri_get_scheme (uri));
      return NULL;
    }

  next = u_request_data_copy (request);
  string = dup_with_scheme (uri, scheme);
  u_request_data_set_uri (next, string);
  if (next->parsed == NULL)
    return NULL;

  if (becomes_get (response->status, request->method))
    {
      g_free (next->method);
      next->method = g_strdup ("GET");
      u_request_data_clear_body (next);
      remove_headers (next, body_headers, G_N_ELEMENTS (body_headers));
    }
  if (!u_uri_same_origin (request->parsed, next->parsed))
    remove_headers (next, origin_headers, G_N_ELEMENTS (origin_headers));

  return g_steal_pointer (&next);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-request-private.h"

#include <string.h>

#include "urlsession/u-config.h"
#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-content-decoder-private.h"
#include "urlsession/message/u-uri-private.h"

/* More languages than this say nothing to a server. */
#define MAX_LANGUAGES 9

/* What frames the message and the connection is ours to say (RFC 9112 sections 6, 9), and what its body waits for. */
static const char * const framing_headers[] = {
  "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
  "upgrade",
};

static gboolean
is_framing_header (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (framing_headers); i++)
    {
      if (g_ascii_strcasecmp (name, framing_headers[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

char *
u_http_request_make_accept_language (const char * const *names)
{
  g_autoptr (GString) list = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; names[i] != NULL && n < MAX_LANGUAGES; i++)
    {
      g_autofree char *tag = NULL;

      /* The list has each language with its encoding and its modifier too. */
      if (strpbrk (names[i], ".@") != NULL || strcmp (names[i], "C") == 0 || strcmp (names[i], "POSIX") == 0)
        continue;
      tag = g_strdelimit (g_ascii_strdown (names[i], -1), "_", '-');
      if (n == 0)
        g_string_append (list, tag);
      else
        g_string_append_printf (list, ", %s;q=0.%u", tag, 10 - n);
      n++;
    }

  return n > 0 ? g_string_free (g_steal_pointer (&list), FALSE) : NULL;
}

/* The product of the program and ours: RFC 9110 section 10.1.5. */
static char *
make_user_agent (void)
{
  const char *name = g_get_prgname ();
  g_autoptr (GString) agent = g_string_new (NULL);

  for (const char *p = name != NULL ? name : ""; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p) || strchr ("!#$%&'*+-.^_`|~", *p) != NULL)
        g_string_append_c (agent, *p);
    }
  if (agent->len > 0)
    g_string_append_c (agent, ' ');
  g_string_append (agent, "urlsession/" U_VERSION_STRING);

  return g_string_free (g_steal_pointer (&agent), FALSE);
}

/* What does not change while the process lives. */
typedef struct
{
  char *user_agent;
  char *accept_language;      /* nullable */
} Defaults;

static const Defaults *
get_defaults (void)
{
  static Defaults defaults;
  static gsize once;

  if (g_once_init_enter (&once))
    {
      defaults.user_agent = make_user_agent ();
      defaults.accept_language = u_http_request_make_accept_language (g_get_language_names ());
      g_once_init_leave (&once, 1);
    }

  return &defaults;
}

const char *
u_http_request_get_user_agent (void)
{
  return get_defaults ()->user_agent;
}

const char *
u_http_request_get_accept_language (void)
{
  return get_defaults ()->accept_language;
}

/* libsoup aborts on a header that is not one; what comes here was checked when it was set, but once more is cheap. */
static gboolean
append_header (SoupMessageHeaders *headers, const char *name, const char *value, GError **error)
{
  if (!u_header_name_is_valid (name) || !u_header_value_is_valid (value))
    {
      g_autofree char *printable = g_strescape (name, NULL);

      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER,
                   "The header field “%s” or its value has characters that are not allowed in one", printable);
      return FALSE;
    }
  soup_message_headers_append (headers, name, value);

  return TRUE;
}

static gboolean
append_headers (SoupMessageHeaders *headers, UHeaderList *list, UHeaderList *unless_in, UHeaderList *nor_in,
                GError **error)
{
  guint n = u_header_list_get_n (list);

  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (list, i, &name, &value);
      if (is_framing_header (name))
        continue;
      if (unless_in != NULL && u_header_list_get (unless_in, name) != NULL)
        continue;
      if (nor_in != NULL && u_header_list_get (nor_in, name) != NULL)
        continue;
      if (!append_header (headers, name, value, error))
        return FALSE;
    }

  return TRUE;
}

static void
append_default (SoupMessageHeaders *headers, const char *name, const char *value)
{
  if (value != NULL && soup_message_headers_get_one (headers, name) == NULL)
    soup_message_headers_append (headers, name, value);
}

static gboolean
check_method (const char *method, GError **error)
{
  g_autofree char *printable = NULL;

  /* A tunnel is no exchange. libsoup also takes a message of this method for one of its own. */
  if (u_header_name_is_valid (method) && strcmp (method, "CONNECT") != 0)
    return TRUE;

  printable = g_strescape (method, NULL);
  g_set_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL, "A request with the method “%s” cannot be sent", printable);

  return FALSE;
}

/* User info never reaches libsoup, which would log in with it before anyone is asked. */
static GUri *
dup_uri (GUri *uri)
{
  if (g_uri_get_userinfo (uri) == NULL)
    return g_uri_ref (uri);

  return g_uri_build (g_uri_get_flags (uri), g_uri_get_scheme (uri), NULL, g_uri_get_host (uri), g_uri_get_port (uri),
                      g_uri_get_path (uri), g_uri_get_query (uri), g_uri_get_fragment (uri));
}

/*
 * u_http_request_new_message:
 * @extra_headers: (nullable): fields that the request does not have itself
 * @forced_headers: (nullable): fields in the place of those of the request
 * @decode: whether to ask for a content coding
 */
SoupMessage *
u_http_request_new_message (URequestData *request, UHeaderList *extra_headers, UHeaderList *forced_headers,
                            gboolean decode, GError **error)
{
  const Defaults *defaults = get_defaults ();
  g_autoptr (GUri) uri = NULL;
  g_autoptr (SoupMessage) message = NULL;
  SoupMessageHeaders *headers;

  if (!check_method (request->method, error))
    return NULL;

  uri = dup_uri (request->parsed);
  message = soup_message_new_from_uri (request->method, uri);
  headers = soup_message_get_request_headers (message);

  if (forced_headers != NULL && !append_headers (headers, forced_headers, NULL, NULL, error))
    return NULL;
  if (!append_headers (headers, request->headers, forced_headers, NULL, error))
    return NULL;
  if (extra_headers != NULL && !append_headers (headers, extra_headers, request->headers, forced_headers, error))
    return NULL;

  append_default (headers, "Accept", "*/*");
  append_default (headers, "User-Agent", defaults->user_agent);
  append_default (headers, "Accept-Language", defaults->accept_language);
  append_default (headers, "Accept-Encoding", decode ? u_content_decoder_get_accepted () : "identity");

  return g_steal_pointer (&message);
}

/*
 * u_http_request_set_body:
 *
 * Also to be called when the message starts over: @body is a fresh stream then.
 */
void
u_http_request_set_body (SoupMessage *message, URequestData *request, GInputStream *body, gint64 length)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_set_request_body (message, NULL, body, length);

  append_default (headers, "Content-Type", request->body_content_type);
  /* What a form would send; of a file the request has guessed it. */
  if (request->body_kind == U_BODY_BYTES && strcmp (request->method, "POST") == 0)
    append_default (headers, "Content-Type", "application/x-www-form-urlencoded");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-framing-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-http-engine-private.h"

gboolean
u_http_framing_has_body (const char *method, guint status)
{
  return strcmp (method, "HEAD") != 0 && status >= 200 && status != 204 && status != 304;
}

/* One member of a Content-Length: digits only. */
static gboolean
parse_length (const char *start, gsize size, gint64 *length)
{
  gint64 value = 0;

  if (size == 0)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    {
      if (!g_ascii_isdigit (start[i]) || value > (G_MAXINT64 - 9) / 10)
        return FALSE;
      value = value * 10 + (start[i] - '0');
    }
  *length = value;

  return TRUE;
}

gboolean
u_http_framing_get_length (UHeaderList *headers, gint64 *length, GError **error)
{
  gint64 found = -1;
  guint n = u_header_list_get_n (headers);

  *length = -1;

  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (headers, i, &name, &value);
      if (g_ascii_strcasecmp (name, "content-length") != 0)
        continue;

      /* A list of equal numbers is what proxies make of repeated fields, and allowed. */
      while (TRUE)
        {
          const char *end = strchrnul (value, ',');
          const char *last = end;
          gint64 member;

          while (g_ascii_isspace (*value))
            value++;
          while (last > value && g_ascii_isspace (last[-1]))
            last--;

          if (!parse_length (value, last - value, &member) || (found >= 0 && member != found))
            {
              g_set_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                           "The lengths that the server announced for the body contradict each other");
              return FALSE;
            }
          found = member;
          if (*end == '\0')
            break;
          value = end + 1;
        }
    }

  if (u_header_list_get (headers, "transfer-encoding") == NULL)
    *length = found;

  return TRUE;
}

#if !U_SOUP_HAS_FLOW_CONTROL
/* The stream that takes off the framing of HTTP/1, or NULL: for HTTP/2, and where libsoup kept the body in memory. */
static GInputStream *
find_body_stream (GInputStream *stream)
{
  static gsize body_type;
  guint n_filters = 0;

  /* Registered by the first response of the process; until it is there is none to find. */
  if (body_type == 0)
    body_type = g_type_from_name ("SoupBodyInputStream");

  while (stream != NULL)
    {
      if (body_type != 0 && G_TYPE_FROM_INSTANCE (stream) == body_type)
        return stream;
      if (!G_IS_FILTER_INPUT_STREAM (stream))
        break;
      n_filters++;
      stream = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));
    }

  /* The response is one filter. Below it HTTP/1 has others; if none of them is known, this is a libsoup that was not
   * looked at, and a body without its last chunk may pass for a whole one. */
  if (n_filters > 1)
    g_warning_once ("This version of libsoup cannot be asked whether a chunked body is complete");

  return NULL;
}

/*
 * A connection that ends where the size of the next chunk is due looks like an end of the body. But the stream below
 * knows better: at the end it returns 0 before it looks at anything; elsewhere it would read on, and that fails at
 * once with a cancellable that is cancelled already. Nothing is read from the network in either case.
 */
static gboolean
body_stream_is_done (GInputStream *body)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  guint8 byte[64];

  g_cancellable_cancel (cancelled);

  return g_input_stream_read (body, byte, sizeof byte, cancelled, NULL) == 0;
}
#endif

gboolean
u_http_framing_check_end (GInputStream *stream, gint64 expected, gint64 arrived, GError **error)
{
#if !U_SOUP_HAS_FLOW_CONTROL
  GInputStream *body;

  /* Without chunks the length says it all. */
  if (expected >= 0 && arrived == expected)
    return TRUE;

  body = find_body_stream (stream);
  if (body != NULL && !body_stream_is_done (body))
    {
      g_set_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                   "The connection was closed before the last chunk of the body, after %" G_GINT64_FORMAT " bytes",
                   arrived);
      return FALSE;
    }
#endif

  if (expected >= 0 && arrived != expected)
    {
      g_set_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                   "The connection was closed after %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes of the body",
                   arrived, expected);
      return FALSE;
    }

  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-response-data-private.h"

#include <string.h>

#include "urlsession/message/u-content-type-private.h"
#include "urlsession/message/u-uri-private.h"

static char *
dup_without_user_info (const char *uri)
{
  g_autoptr (GUri) parsed = NULL;

  if (uri == NULL)
    return g_strdup ("");
  if (strchr (uri, '@') == NULL)
    return g_strdup (uri);

  parsed = u_uri_parse (uri, NULL);
  if (parsed == NULL || g_uri_get_userinfo (parsed) == NULL)
    return g_strdup (uri);

  return u_uri_dup_bare (parsed);
}

/* RFC 9110 section 8.6: a repeated length counts if it is always the same; it says nothing beside a transfer
 * coding (RFC 9112 section 6.3). */
static gint64
read_content_length (UHeaderList *headers)
{
  guint n = u_header_list_get_n (headers);
  gint64 length = -1;

  if (u_header_list_get (headers, "Transfer-Encoding") != NULL)
    return -1;

  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;
      g_auto (GStrv) parts = NULL;

      u_header_list_get_nth (headers, i, &name, &value);
      if (g_ascii_strcasecmp (name, "Content-Length") != 0)
        continue;

      parts = g_strsplit (value, ",", -1);
      for (guint j = 0; parts[j] != NULL; j++)
        {
          guint64 number;

          if (!g_ascii_string_to_unsigned (g_strstrip (parts[j]), 10, 0, G_MAXINT64, &number, NULL))
            return -1;
          if (length >= 0 && (guint64) length != number)
            return -1;
          length = (gint64) number;
        }
    }

  return length;
}

UResponseData *
u_response_data_new_http (const char *uri, guint status, const char *http_version, UHeaderList *headers)
{
  UResponseData *self = g_new0 (UResponseData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->uri = dup_without_user_info (uri);
  self->status = status;
  self->http_version = g_strdup (http_version);
  self->headers = headers != NULL ? headers : u_header_list_new ();
  self->expected_length = read_content_length (self->headers);
  u_content_type_parse (u_header_list_get (self->headers, "Content-Type"), &self->mime_type, &self->charset);

  return self;
}

UResponseData *
u_response_data_new (const char *uri, const char *mime_type, const char *charset, gint64 expected_length)
{
  UResponseData *self = g_new0 (UResponseData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->uri = dup_without_user_info (uri);
  self->mime_type = mime_type != NULL ? g_ascii_strdown (mime_type, -1) : NULL;
  self->charset = charset != NULL ? g_ascii_strdown (charset, -1) : NULL;
  self->expected_length = MAX (expected_length, -1);

  return self;
}

UResponseData *
u_response_data_new_like_http (const char *uri, guint status, const char *mime_type, const char *charset,
                               gint64 expected_length)
{
  UResponseData *self = u_response_data_new (uri, mime_type, charset, expected_length);

  self->like_http = TRUE;
  self->status = status;
  self->headers = u_header_list_new ();

  return self;
}

UResponseData *
u_response_data_ref (UResponseData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_response_data_unref (UResponseData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->uri);
  g_free (self->http_version);
  g_clear_pointer (&self->headers, u_header_list_unref);
  g_free (self->mime_type);
  g_free (self->charset);
  g_free (self);
}

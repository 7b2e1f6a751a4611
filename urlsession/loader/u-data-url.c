/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-data-url-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-header-list-private.h"

static gboolean
fail (GError **error, const char *why)
{
  g_set_error (error, U_ERROR, U_ERROR_BAD_URL, "The data: URL cannot be read: %s.", why);

  return FALSE;
}

/* Everything behind "data:", without the fragment. */
static char *
dup_content (GUri *uri)
{
  const char *query = g_uri_get_query (uri);

  if (query == NULL)
    return g_strdup (g_uri_get_path (uri));

  return g_strconcat (g_uri_get_path (uri), "?", query, NULL);
}

static GByteArray *
unescape (const char *text, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new (strlen (text));

  for (const char *p = text; *p != '\0'; p++)
    {
      guint8 byte = (guint8) *p;

      if (byte == '%')
        {
          int high = g_ascii_xdigit_value (p[1]);
          int low = high >= 0 ? g_ascii_xdigit_value (p[2]) : -1;

          if (low < 0)
            {
              fail (error, "a percent sign is not followed by two hexadecimal digits");
              return NULL;
            }
          byte = (guint8) (high * 16 + low);
          p += 2;
        }
      g_byte_array_append (bytes, &byte, 1);
    }

  return g_steal_pointer (&bytes);
}

/* RFC 4648 section 4; white space in it is ignored, padding may be left out, all else must be right. */
static gboolean
decode_base64 (GByteArray *bytes, GError **error)
{
  guint n = 0;
  guint n_padding = 0;
  gsize length;

  for (guint i = 0; i < bytes->len; i++)
    {
      guint8 c = bytes->data[i];

      if (g_ascii_isspace (c))
        continue;
      if (c == '=')
        n_padding++;
      else if (n_padding > 0 || !(g_ascii_isalnum (c) || c == '+' || c == '/'))
        return fail (error, "there is a character in it that base64 does not have");
      bytes->data[n++] = c;
    }
  if (n_padding > 2 || (n_padding > 0 && n % 4 != 0) || n % 4 == 1)
    return fail (error, "its base64 data ends too early");

  g_byte_array_set_size (bytes, n);
  while (bytes->len % 4 != 0)
    g_byte_array_append (bytes, (const guint8 *) "=", 1);
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  if (n == 0)
    {
      g_byte_array_set_size (bytes, 0);
      return TRUE;
    }
  g_base64_decode_inplace ((char *) bytes->data, &length);
  g_byte_array_set_size (bytes, length);

  return TRUE;
}

static gboolean
is_media_type (const char *type)
{
  const char *slash = strchr (type, '/');
  g_autofree char *major = slash != NULL ? g_strndup (type, slash - type) : NULL;

  return slash != NULL && u_header_name_is_valid (major) && u_header_name_is_valid (slash + 1);
}

/* The value of "charset=", percent-encoded and quoted or not. */
static char *
read_charset (const char *parameter)
{
  g_autofree char *value = NULL;

  if (g_ascii_strncasecmp (parameter, "charset=", 8) != 0)
    return NULL;

  value = g_uri_unescape_string (parameter + 8, NULL);
  if (value == NULL)
    return NULL;
  g_strstrip (g_strdelimit (value, "\"", ' '));

  return *value != '\0' ? g_ascii_strdown (value, -1) : NULL;
}

gboolean
u_data_url_parse (GUri *uri, char **mime_type, char **charset, GBytes **bytes, GError **error)
{
  g_autofree char *content = dup_content (uri);
  char *comma = strchr (content, ',');
  g_auto (GStrv) fields = NULL;
  g_autoptr (GByteArray) data = NULL;
  g_autofree char *type = NULL;
  g_autofree char *found_charset = NULL;
  gboolean base64 = FALSE;
  guint n;

  if (comma == NULL)
    return fail (error, "it has no comma before its data");

  *comma = '\0';
  fields = g_strsplit (content, ";", -1);
  n = g_strv_length (fields);

  for (guint i = 1; i < n; i++)
    {
      g_strstrip (fields[i]);
      if (i == n - 1 && g_ascii_strcasecmp (fields[i], "base64") == 0)
        base64 = TRUE;
      else if (found_charset == NULL)
        found_charset = read_charset (fields[i]);
    }

  type = g_uri_unescape_string (n > 0 ? g_strstrip (fields[0]) : "", NULL);
  if (type == NULL || (*type != '\0' && !is_media_type (type)))
    return fail (error, "what stands before the comma is not a media type");

  data = unescape (comma + 1, error);
  if (data == NULL || (base64 && !decode_base64 (data, error)))
    return FALSE;

  if (*type == '\0')
    {
      *mime_type = g_strdup ("text/plain");
      *charset = found_charset != NULL ? g_steal_pointer (&found_charset) : g_strdup ("us-ascii");
    }
  else
    {
      *mime_type = g_ascii_strdown (type, -1);
      *charset = g_steal_pointer (&found_charset);
    }
  *bytes = g_byte_array_free_to_bytes (g_steal_pointer (&data));

  return TRUE;
}

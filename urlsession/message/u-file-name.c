/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-file-name-private.h"

#include <string.h>

#include "urlsession/message/u-content-type-private.h"

/* What follows the last dot counts as an extension up to this many bytes. */
#define MAX_EXTENSION_BYTES 10

static const struct
{
  const char *mime_type;
  const char *extension;
} extensions[] = {
  { "application/epub+zip", "epub" },
  { "application/gzip", "gz" },
  { "application/java-archive", "jar" },
  { "application/javascript", "js" },
  { "application/json", "json" },
  { "application/ld+json", "jsonld" },
  { "application/msword", "doc" },
  { "application/pdf", "pdf" },
  { "application/rtf", "rtf" },
  { "application/vnd.debian.binary-package", "deb" },
  { "application/vnd.ms-excel", "xls" },
  { "application/vnd.ms-powerpoint", "ppt" },
  { "application/vnd.oasis.opendocument.presentation", "odp" },
  { "application/vnd.oasis.opendocument.spreadsheet", "ods" },
  { "application/vnd.oasis.opendocument.text", "odt" },
  { "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx" },
  { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx" },
  { "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx" },
  { "application/x-7z-compressed", "7z" },
  { "application/x-bzip2", "bz2" },
  { "application/x-gzip", "gz" },
  { "application/x-rpm", "rpm" },
  { "application/x-tar", "tar" },
  { "application/x-xz", "xz" },
  { "application/xhtml+xml", "xhtml" },
  { "application/xml", "xml" },
  { "application/zip", "zip" },
  { "application/zstd", "zst" },
  { "audio/flac", "flac" },
  { "audio/mp4", "m4a" },
  { "audio/mpeg", "mp3" },
  { "audio/ogg", "ogg" },
  { "audio/wav", "wav" },
  { "audio/x-wav", "wav" },
  { "font/ttf", "ttf" },
  { "font/woff", "woff" },
  { "font/woff2", "woff2" },
  { "image/avif", "avif" },
  { "image/bmp", "bmp" },
  { "image/gif", "gif" },
  { "image/jpeg", "jpg" },
  { "image/jxl", "jxl" },
  { "image/png", "png" },
  { "image/svg+xml", "svg" },
  { "image/tiff", "tiff" },
  { "image/webp", "webp" },
  { "text/calendar", "ics" },
  { "text/css", "css" },
  { "text/csv", "csv" },
  { "text/html", "html" },
  { "text/javascript", "js" },
  { "text/markdown", "md" },
  { "text/plain", "txt" },
  { "text/vcard", "vcf" },
  { "text/xml", "xml" },
  { "video/mp4", "mp4" },
  { "video/ogg", "ogv" },
  { "video/quicktime", "mov" },
  { "video/webm", "webm" },
  { "video/x-matroska", "mkv" },
};

/* Names that stand for devices on the file systems of removable disks, whatever their extension. */
static const char * const device_names[] = { "CON", "PRN", "AUX", "NUL" };

static gboolean
is_device_name (const char *name)
{
  gsize stem = strcspn (name, ".");

  if (stem == 4 && name[3] >= '1' && name[3] <= '9')
    return g_ascii_strncasecmp (name, "COM", 3) == 0 || g_ascii_strncasecmp (name, "LPT", 3) == 0;

  for (guint i = 0; i < G_N_ELEMENTS (device_names); i++)
    {
      if (stem == 3 && g_ascii_strncasecmp (name, device_names[i], 3) == 0)
        return TRUE;
    }

  return FALSE;
}

/* Invisible characters that change how the rest of the name reads, such as "gpj.exe" shown as "exe.jpg". The joiners
 * of Persian and of emoji are no danger. */
static gboolean
is_deceptive (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_FORMAT:
      return c != 0x200c && c != 0x200d;
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_SURROGATE:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Makes @name (valid UTF-8) the name of a visible file inside of its folder; NULL when nothing is left of it. */
static char *
make_safe (const char *name)
{
  g_autoptr (GString) out = g_string_sized_new (strlen (name) + 1);
  gsize leading;

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (is_deceptive (c))
        continue;
      if (g_unichar_isspace (c) && !(c < 0x20))
        g_string_append_c (out, ' ');
      else if (g_unichar_iscntrl (c) || (c < 0x80 && strchr ("/\\:*?\"<>|", (int) c) != NULL))
        g_string_append_c (out, '_');
      else if (g_unichar_type (c) == G_UNICODE_LINE_SEPARATOR || g_unichar_type (c) == G_UNICODE_PARAGRAPH_SEPARATOR)
        g_string_append_c (out, ' ');
      else
        g_string_append_unichar (out, c);
    }

  leading = strspn (out->str, ". ");
  g_string_erase (out, 0, leading);
  while (out->len > 0 && (out->str[out->len - 1] == '.' || out->str[out->len - 1] == ' '))
    g_string_truncate (out, out->len - 1);
  if (out->len == 0)
    return NULL;

  if (is_device_name (out->str))
    g_string_prepend_c (out, '_');

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static char *
decode_latin1 (const char *bytes)
{
  return g_convert (bytes, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
}

/* Percent-decodes up to @end; an encoded NUL ends up as a character that is replaced later. */
static char *
percent_decode (const char *start, const char *end)
{
  g_autoptr (GString) out = g_string_sized_new (end - start + 1);

  for (const char *p = start; p < end; p++)
    {
      if (*p == '%' && p + 2 < end && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]))
        {
          int byte = g_ascii_xdigit_value (p[1]) * 16 + g_ascii_xdigit_value (p[2]);

          g_string_append_c (out, byte != 0 ? (char) byte : '_');
          p += 2;
        }
      else
        {
          g_string_append_c (out, *p);
        }
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* What has no known encoding: UTF-8 where it can be, else ISO-8859-1, where every byte means something. */
static char *
to_utf8 (const char *bytes)
{
  if (g_utf8_validate (bytes, -1, NULL))
    return g_strdup (bytes);

  return decode_latin1 (bytes);
}

/* RFC 8187 section 3.2: CHARSET'LANGUAGE'PERCENT-ENCODED, or NULL. */
static char *
decode_extended (const char *value)
{
  const char *language = strchr (value, '\'');
  const char *text = language != NULL ? strchr (language + 1, '\'') : NULL;
  g_autofree char *charset = NULL;
  g_autofree char *bytes = NULL;

  if (text == NULL)
    return NULL;

  text++;
  charset = g_strndup (value, language - value);
  bytes = percent_decode (text, text + strlen (text));
  if (g_ascii_strcasecmp (charset, "UTF-8") == 0)
    return g_utf8_validate (bytes, -1, NULL) ? g_steal_pointer (&bytes) : NULL;
  if (g_ascii_strcasecmp (charset, "ISO-8859-1") == 0)
    return decode_latin1 (bytes);

  return NULL;
}

/* RFC 6266 section 4.3: the extended parameter goes before the plain one. A missing disposition type is forgiven. */
static char *
name_from_disposition (const char *content_disposition)
{
  g_autofree char *parameters = g_strconcat (";", content_disposition, NULL);
  g_autofree char *extended = u_content_type_dup_parameter (parameters, "filename*");
  g_autofree char *plain = NULL;
  g_autofree char *name = NULL;
  char *safe;

  if (extended != NULL)
    name = decode_extended (extended);
  if (name != NULL && (safe = make_safe (name)) != NULL)
    return safe;

  plain = u_content_type_dup_parameter (parameters, "filename");
  if (plain == NULL)
    return NULL;

  g_free (name);
  name = to_utf8 (plain);

  return make_safe (name);
}

/* Where the authority and the path of @uri begin; either is NULL when it has none. What has a scheme but no slash
 * behind it, such as a data: URL, has no name in it. */
static void
find_authority_and_path (const char *uri, const char **authority, const char **path)
{
  const char *p = uri;

  *authority = NULL;
  *path = NULL;
  if (g_ascii_isalpha (*p))
    {
      while (g_ascii_isalnum (*p) || *p == '+' || *p == '-' || *p == '.')
        p++;
      if (*p == ':' && p[1] != '/')
        return;
      p = *p == ':' ? p + 1 : uri;
    }
  if (p[0] == '/' && p[1] == '/')
    {
      *authority = p + 2;
      p += 2 + strcspn (p + 2, "/?#");
    }
  *path = p;
}

static char *
name_from_path (const char *path)
{
  const char *end = path + strcspn (path, "?#");
  const char *start;
  g_autofree char *decoded = NULL;
  g_autofree char *name = NULL;

  while (end > path && end[-1] == '/')
    end--;
  start = end;
  while (start > path && start[-1] != '/')
    start--;

  decoded = percent_decode (start, end);
  name = to_utf8 (decoded);

  return make_safe (name);
}

static char *
name_from_authority (const char *authority)
{
  const char *end = authority + strcspn (authority, "/?#");
  const char *start = authority;
  g_autofree char *raw = NULL;
  g_autofree char *host = NULL;
  char *colon;

  for (const char *p = authority; p < end; p++)
    {
      if (*p == '@')
        start = p + 1;
    }
  raw = g_strndup (start, end - start);
  host = to_utf8 (raw);
  if (*host != '[' && (colon = strchr (host, ':')) != NULL)
    *colon = '\0';

  return make_safe (host);
}

/* The extension of @name with its dot, or its end. Of "x.tar.gz", both. */
static const char *
find_extension (const char *name)
{
  const char *end = name + strlen (name);
  const char *dot = strrchr (name, '.');

  if (dot == NULL || dot == name || end - dot - 1 > MAX_EXTENSION_BYTES)
    return end;
  for (const char *p = dot + 1; p < end; p++)
    {
      if (!g_ascii_isalnum (*p))
        return end;
    }

  if (dot - name > 4 && g_ascii_strncasecmp (dot - 4, ".tar", 4) == 0)
    return dot - 4;

  return dot;
}

static const char *
extension_for_mime_type (const char *mime_type)
{
  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++)
    {
      if (g_ascii_strcasecmp (mime_type, extensions[i].mime_type) == 0)
        return extensions[i].extension;
    }

  return NULL;
}

/* At most U_FILE_NAME_MAX_BYTES of @stem and @extension together, cut between two characters of the stem. */
static char *
join_limited (const char *stem, gsize stem_length, const char *extension)
{
  gsize room = U_FILE_NAME_MAX_BYTES - strlen (extension);
  const char *end = stem + stem_length;

  if (stem_length > room)
    {
      end = g_utf8_find_prev_char (stem, stem + room + 1);
      while (end > stem + 1 && (end[-1] == ' ' || end[-1] == '.'))
        end--;
    }

  return g_strdup_printf ("%.*s%s", (int) (end - stem), stem, extension);
}

char *
u_file_name_suggest (const char *content_disposition, const char *uri, const char *mime_type)
{
  const char *authority = NULL;
  const char *path = NULL;
  const char *extension;
  g_autofree char *name = NULL;
  g_autofree char *added = NULL;
  gboolean is_host = FALSE;

  if (content_disposition != NULL)
    name = name_from_disposition (content_disposition);
  if (uri != NULL)
    find_authority_and_path (uri, &authority, &path);
  if (name == NULL && path != NULL)
    name = name_from_path (path);
  if (name == NULL && authority != NULL)
    {
      name = name_from_authority (authority);
      is_host = name != NULL;
    }
  if (name == NULL)
    name = g_strdup ("Unknown");

  /* The "com" of a host is no extension. */
  extension = is_host ? name + strlen (name) : find_extension (name);
  if (*extension == '\0' && mime_type != NULL && extension_for_mime_type (mime_type) != NULL)
    {
      added = g_strconcat (".", extension_for_mime_type (mime_type), NULL);
      return join_limited (name, strlen (name), added);
    }

  return join_limited (name, extension - name, extension);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-content-range-private.h"

#include <string.h>

/* Reads digits and nothing else: no sign, no overflow. */
static gboolean
read_number (const char **p, gint64 *number)
{
  const char *start = *p;
  gint64 n = 0;

  for (; g_ascii_isdigit (**p); ++*p)
    {
      int digit = **p - '0';

      if (n > (G_MAXINT64 - digit) / 10)
        return FALSE;
      n = n * 10 + digit;
    }
  *number = n;

  return *p > start;
}

gboolean
u_content_range_parse (const char *value, UContentRange *range)
{
  UContentRange parsed = { -1, -1, -1 };
  const char *p = value;

  if (p == NULL)
    return FALSE;

  p += strspn (p, " \t");
  if (g_ascii_strncasecmp (p, "bytes", 5) != 0 || (p[5] != ' ' && p[5] != '\t'))
    return FALSE;
  p += 5;
  p += strspn (p, " \t");

  if (*p == '*')
    {
      p++;
    }
  else
    {
      if (!read_number (&p, &parsed.first) || *p++ != '-' || !read_number (&p, &parsed.last))
        return FALSE;
      /* The end lies behind the last byte: that has to be a number too. */
      if (parsed.last < parsed.first || parsed.last == G_MAXINT64)
        return FALSE;
    }

  if (*p++ != '/')
    return FALSE;
  if (*p == '*' && parsed.first >= 0)
    p++;
  else if (!read_number (&p, &parsed.total))
    return FALSE;
  p += strspn (p, " \t");
  if (*p != '\0' || (parsed.total >= 0 && parsed.last >= parsed.total))
    return FALSE;

  *range = parsed;

  return TRUE;
}

gboolean
u_accept_ranges_allows_bytes (const char *value)
{
  g_auto (GStrv) units = NULL;

  if (value == NULL)
    return TRUE;

  units = g_strsplit (value, ",", -1);
  for (guint i = 0; units[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (g_strstrip (units[i]), "bytes") == 0)
        return TRUE;
    }

  return FALSE;
}

gboolean
u_etag_is_strong (const char *etag)
{
  gsize length = etag != NULL ? strlen (etag) : 0;

  if (length < 2 || etag[0] != '"' || etag[length - 1] != '"')
    return FALSE;

  for (gsize i = 1; i < length - 1; i++)
    {
      guchar c = (guchar) etag[i];

      if (c <= 0x20 || c == '"' || c == 0x7f)
        return FALSE;
    }

  return TRUE;
}

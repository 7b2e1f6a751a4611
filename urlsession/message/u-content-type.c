/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-content-type-private.h"

#include <string.h>

#include "urlsession/message/u-header-list-private.h"

static const char *
skip_white (const char *p)
{
  while (*p == ' ' || *p == '\t')
    p++;

  return p;
}

static char *
dup_trimmed (const char *start, const char *end)
{
  start = skip_white (start);
  while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
    end--;

  return g_strndup (start, end > start ? end - start : 0);
}

/* Reads the quoted string that begins at *@p and leaves *@p behind it. Only a quote and a backslash are taken as
 * escaped: many servers send the backslashes of a Windows path as they are. A missing closing quote is forgiven. */
static char *
read_quoted (const char **p)
{
  GString *string = g_string_new (NULL);
  const char *s = *p + 1;

  for (; *s != '\0' && *s != '"'; s++)
    {
      if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
        s++;
      g_string_append_c (string, *s);
    }
  *p = *s == '"' ? s + 1 : s;

  return g_string_free (string, FALSE);
}

char *
u_content_type_dup_parameter (const char *value, const char *name)
{
  const char *p = value + strcspn (value, ";");

  while (*p == ';')
    {
      const char *start = p + 1;
      const char *end = start + strcspn (start, "=;");
      g_autofree char *key = dup_trimmed (start, end);
      g_autofree char *content = NULL;

      p = end;
      if (*p == ';' || *p == '\0')
        continue;

      p = skip_white (p + 1);
      if (*p == '"')
        {
          content = read_quoted (&p);
          p += strcspn (p, ";");
        }
      else
        {
          end = p + strcspn (p, ";");
          content = dup_trimmed (p, end);
          p = end;
        }

      /* The first one counts, as in every browser. */
      if (g_ascii_strcasecmp (key, name) == 0)
        return g_steal_pointer (&content);
    }

  return NULL;
}

static gboolean
is_mime_type (const char *type)
{
  const char *slash = strchr (type, '/');
  g_autofree char *main_type = NULL;

  if (slash == NULL)
    return FALSE;

  main_type = g_strndup (type, slash - type);

  return u_header_name_is_valid (main_type) && u_header_name_is_valid (slash + 1);
}

void
u_content_type_parse (const char *value, char **mime_type, char **charset)
{
  g_autofree char *type = NULL;
  g_autofree char *parameter = NULL;

  *mime_type = NULL;
  *charset = NULL;
  if (value == NULL)
    return;

  type = dup_trimmed (value, value + strcspn (value, ";"));
  if (!is_mime_type (type))
    return;
  *mime_type = g_ascii_strdown (type, -1);

  parameter = u_content_type_dup_parameter (value, "charset");
  if (parameter != NULL)
    {
      g_strstrip (parameter);
      if (u_header_name_is_valid (parameter))
        *charset = g_ascii_strdown (parameter, -1);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/storage/u-hsts-store-private.h"

/* A hundred years, so that nothing overflows. */
#define MAX_MAX_AGE (G_GINT64_CONSTANT (100) * 365 * 24 * 60 * 60)

static const char *
skip_space (const char *p)
{
  while (*p == ' ' || *p == '\t')
    p++;

  return p;
}

static gboolean
is_token (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

/* A token; behind it, or NULL. */
static const char *
read_token (const char *p, char **token)
{
  const char *start = p;

  while (is_token (*p))
    p++;
  if (p == start)
    return NULL;
  *token = g_strndup (start, p - start);

  return p;
}

static const char *
read_quoted (const char *p, char **string)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (p++; *p != '"'; p++)
    {
      if (*p == '\\')
        p++;
      if (*p == '\0')
        return NULL;
      g_string_append_c (out, *p);
    }
  *string = g_string_free (g_steal_pointer (&out), FALSE);

  return p + 1;
}

static gboolean
read_seconds (const char *string, gint64 *seconds)
{
  gint64 value = 0;

  if (string == NULL || *string == '\0')
    return FALSE;
  for (const char *p = string; *p != '\0'; p++)
    {
      if (!g_ascii_isdigit (*p))
        return FALSE;
      value = MIN (value * 10 + (*p - '0'), MAX_MAX_AGE);
    }
  *seconds = value;

  return TRUE;
}

gboolean
u_hsts_parse_header (const char *value, gint64 *max_age, gboolean *include_subdomains)
{
  const char *p = value;
  gboolean has_max_age = FALSE;
  gboolean has_subdomains = FALSE;

  while (TRUE)
    {
      g_autofree char *name = NULL;
      g_autofree char *argument = NULL;

      p = skip_space (p);
      if (is_token (*p))
        {
          p = skip_space (read_token (p, &name));
          if (*p == '=')
            {
              p = skip_space (p + 1);
              p = *p == '"' ? read_quoted (p, &argument) : read_token (p, &argument);
              if (p == NULL)
                return FALSE;
              p = skip_space (p);
            }
          if (g_ascii_strcasecmp (name, "max-age") == 0)
            {
              if (has_max_age || !read_seconds (argument, max_age))
                return FALSE;
              has_max_age = TRUE;
            }
          else if (g_ascii_strcasecmp (name, "includeSubDomains") == 0)
            {
              if (has_subdomains || argument != NULL)
                return FALSE;
              has_subdomains = TRUE;
            }
        }
      if (*p == '\0')
        break;
      if (*p++ != ';')
        return FALSE;
    }
  *include_subdomains = has_subdomains;

  return has_max_age;
}

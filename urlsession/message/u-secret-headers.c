/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-secret-headers-private.h"

#include <string.h>

#include "urlsession/message/u-resume-data-private.h"
#include "urlsession/message/u-uri-private.h"

#define MASK "***"

/* The scheme is no secret, and says what went wrong more often than the rest: RFC 9110 section 11.4. */
static char *
mask_authorization (const char *value)
{
  gsize length = strcspn (value, " ");

  if (value[length] == '\0')
    return g_strdup (MASK);

  return g_strdup_printf ("%.*s " MASK, (int) length, value);
}

/* The name of a cookie stays: RFC 6265 section 4.2.1. */
static char *
mask_pair (const char *pair)
{
  const char *equals = strchr (pair, '=');

  if (equals == NULL)
    return g_strdup (MASK);

  return g_strdup_printf ("%.*s=" MASK, (int) (equals - pair), pair);
}

static char *
mask_cookies (const char *value, gboolean only_first)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GString) masked = g_string_new (NULL);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *part = g_strstrip (parts[i]);
      g_autofree char *pair = i == 0 || !only_first ? mask_pair (part) : g_strdup (part);

      if (*part == '\0')
        continue;
      if (masked->len > 0)
        g_string_append (masked, "; ");
      g_string_append (masked, pair);
    }

  return g_string_free (g_steal_pointer (&masked), FALSE);
}

static char *
mask_uri (const char *value)
{
  g_autoptr (GUri) uri = NULL;
  g_autofree char *masked = NULL;

  if (strchr (value, '@') == NULL)
    return NULL;

  uri = u_uri_parse (value, NULL);
  if (uri != NULL)
    return g_uri_get_userinfo (uri) != NULL ? u_uri_dup_bare (uri) : NULL;

  masked = u_uri_string_dup_masked (value);

  return g_str_equal (masked, value) ? NULL : g_steal_pointer (&masked);
}

/* Names that sound like a secret, and are questions of the server. */
static gboolean
is_open (const char *name)
{
  static const char * const names[] = { "www-authenticate", "proxy-authenticate", "authentication-info",
                                        "proxy-authentication-info", "sec-websocket-key" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_ascii_strcasecmp (name, names[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

char *
u_secret_header_dup_masked (const char *name, const char *value)
{
  if (g_ascii_strcasecmp (name, "authorization") == 0 || g_ascii_strcasecmp (name, "proxy-authorization") == 0)
    return mask_authorization (value);
  if (g_ascii_strcasecmp (name, "cookie") == 0)
    return mask_cookies (value, FALSE);
  if (g_ascii_strcasecmp (name, "set-cookie") == 0)
    return mask_cookies (value, TRUE);
  if (g_ascii_strcasecmp (name, "location") == 0 || g_ascii_strcasecmp (name, "content-location") == 0 ||
      g_ascii_strcasecmp (name, "referer") == 0)
    return mask_uri (value);
  if (u_header_name_is_private (name) && !is_open (name))
    return g_strdup (MASK);

  return NULL;
}

UHeaderList *
u_secret_headers_mask (UHeaderList *list)
{
  g_autoptr (UHeaderList) masked = u_header_list_new ();
  gboolean has_secret = FALSE;
  guint n = u_header_list_get_n (list);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *shown = NULL;
      const char *name;
      const char *value;

      u_header_list_get_nth (list, i, &name, &value);
      shown = u_secret_header_dup_masked (name, value);
      has_secret |= shown != NULL;
      u_header_list_append (masked, name, shown != NULL ? shown : value);
    }

  return has_secret ? g_steal_pointer (&masked) : u_header_list_ref (list);
}

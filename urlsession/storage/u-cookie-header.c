/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/storage/u-cookie-jar-private.h"

char *
u_cookie_data_join (GPtrArray *cookies)
{
  GString *header;

  if (cookies->len == 0)
    return NULL;

  header = g_string_new (NULL);
  for (guint i = 0; i < cookies->len; i++)
    {
      UCookieData *cookie = g_ptr_array_index (cookies, i);

      g_string_append_printf (header, "%s%s=%s", i > 0 ? "; " : "", cookie->name, cookie->value);
    }

  return g_string_free (header, FALSE);
}

/* The name in a pair of a field Cookie. */
static char *
dup_name (const char *pair)
{
  const char *equals = strchr (pair, '=');

  return equals != NULL ? g_strchomp (g_strndup (pair, equals - pair)) : g_strdup ("");
}

char *
u_cookie_merge_headers (const char *stored, const char *own)
{
  g_auto (GStrv) stored_pairs = g_strsplit (stored != NULL ? stored : "", ";", -1);
  g_auto (GStrv) own_pairs = g_strsplit (own != NULL ? own : "", ";", -1);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) merged = g_string_new (NULL);

  for (guint i = 0; stored_pairs[i] != NULL; i++)
    {
      if (*g_strstrip (stored_pairs[i]) == '\0')
        continue;
      g_hash_table_add (names, dup_name (stored_pairs[i]));
      g_string_append_printf (merged, "%s%s", merged->len > 0 ? "; " : "", stored_pairs[i]);
    }
  for (guint i = 0; own_pairs[i] != NULL; i++)
    {
      g_autofree char *name = dup_name (g_strstrip (own_pairs[i]));

      if (*own_pairs[i] == '\0' || g_hash_table_contains (names, name))
        continue;
      g_string_append_printf (merged, "%s%s", merged->len > 0 ? "; " : "", own_pairs[i]);
    }

  return merged->len > 0 ? g_string_free (g_steal_pointer (&merged), FALSE) : NULL;
}

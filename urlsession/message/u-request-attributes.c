/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

/* What an application notes on a request for itself. */

/**
 * u_request_get_attribute:
 * @self: a request
 * @key: a name
 *
 * Gets what the application has noted on the request under a name.
 *
 * Returns: (transfer none) (nullable): the value, or %NULL if there is none of that name
 */
GVariant *
u_request_get_attribute (URequest *self, const char *key)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  return self->data->attributes != NULL ? g_hash_table_lookup (self->data->attributes, key) : NULL;
}

/* A table that nobody else has: others may be reading the one at hand. */
static void
replace (URequest *self, const char *key, GVariant *value)
{
  GHashTable *attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);

  if (self->data->attributes != NULL)
    {
      GHashTableIter iter;
      gpointer old_key, old_value;

      g_hash_table_iter_init (&iter, self->data->attributes);
      while (g_hash_table_iter_next (&iter, &old_key, &old_value))
        g_hash_table_insert (attributes, g_strdup (old_key), g_variant_ref (old_value));
      g_hash_table_unref (self->data->attributes);
    }
  if (value != NULL)
    g_hash_table_insert (attributes, g_strdup (key), g_variant_ref (value));
  else
    g_hash_table_remove (attributes, key);
  self->data->attributes = attributes;
}

/**
 * u_request_set_attribute:
 * @self: a request that is not sealed
 * @key: a name; with a prefix of your own it is not mistaken for that of somebody else
 * @value: what to note; a floating reference is consumed
 *
 * Notes something on the request, in the place of what was noted under the same name before.
 *
 * Attributes are for the application and its protocols ([class@Protocol]): nothing of them is sent. They go where the
 * request goes: into its copies, to the requests that a task returns, and to the one that a redirect leads to. They are
 * not in resume data, and [method@Request.equal] does not look at them.
 */
void
u_request_set_attribute (URequest *self, const char *key, GVariant *value)
{
  g_autoptr (GVariant) kept = NULL;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (value != NULL);

  kept = g_variant_ref_sink (value);
  if (u_request_begin_change (self))
    replace (self, key, kept);
}

/**
 * u_request_remove_attribute:
 * @self: a request that is not sealed
 * @key: a name
 *
 * Removes what was noted under a name; if there is nothing, that changes nothing.
 */
void
u_request_remove_attribute (URequest *self, const char *key)
{
  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (key != NULL);

  if (u_request_begin_change (self))
    replace (self, key, NULL);
}

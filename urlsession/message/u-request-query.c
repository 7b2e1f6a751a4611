/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

#include <string.h>

/* The query of the URL of a request: RFC 3986 section 3.4, as a list of names and values. */

/* Where the parts of a URL are in it. */
typedef struct
{
  gsize base;                 /* what stands before the query and its "?" */
  const char *query;          /* nullable; not terminated */
  gsize query_length;
  const char *fragment;       /* with its "#"; empty if there is none */
} Split;

static Split
split_uri (const char *uri)
{
  Split split = { .base = strcspn (uri, "?#") };

  if (uri[split.base] == '?')
    {
      split.query = uri + split.base + 1;
      split.query_length = strcspn (split.query, "#");
      split.fragment = split.query + split.query_length;
    }
  else
    {
      split.fragment = uri + split.base;
    }

  return split;
}

/* What stands around a URL is not part of it. */
static char *
dup_uri (URequest *self)
{
  return g_strstrip (g_strdup (self->data->uri));
}

/* As it was meant: "+" is a space since forms are. What cannot be decoded stays as it is. */
static char *
decode (const char *text, gsize length)
{
  g_autofree char *spaced = g_strdelimit (g_strndup (text, length), "+", ' ');
  g_autofree char *decoded = g_uri_unescape_string (spaced, NULL);

  return g_utf8_make_valid (decoded != NULL ? decoded : spaced, -1);
}

/* @value: NULL if there is no "=". */
static void
decode_item (const char *item, char **name, char **value)
{
  gsize length = strcspn (item, "=");

  *name = decode (item, length);
  *value = item[length] == '=' ? decode (item + length + 1, strlen (item + length + 1)) : NULL;
}

/* (transfer full): the items as they stand there; empty if there are none or no URL. */
static GStrv
dup_items (URequest *self)
{
  g_autofree char *uri = NULL;
  g_autofree char *query = NULL;
  Split split;

  if (self->data->parsed == NULL)
    return g_new0 (char *, 1);

  uri = dup_uri (self);
  split = split_uri (uri);
  query = g_strndup (split.query != NULL ? split.query : "", split.query_length);

  return g_strsplit (query, "&", -1);
}

/**
 * u_request_add_query_item:
 * @self: a request that is not sealed
 * @name: a name
 * @value: (nullable): a value; %NULL for the name alone, without a `=`
 *
 * Adds a name and a value to the query of the URL, after those that are there.
 *
 * Both are percent-encoded as UTF-8, but for letters, digits and `-._~` (RFC 3986 section 2.3). A space becomes `%20`,
 * which those who read a query as a form understand as well. What stands in the URL already stays as it is, and so does
 * all of a URL that is malformed: that is the error of the task.
 */
void
u_request_add_query_item (URequest *self, const char *name, const char *value)
{
  g_autoptr (GString) result = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *escaped_name = NULL;
  Split split;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (name != NULL);

  if (!u_request_begin_change (self) || self->data->parsed == NULL)
    return;

  uri = dup_uri (self);
  split = split_uri (uri);
  result = g_string_new_len (uri, (gssize) split.base);
  g_string_append_c (result, '?');
  if (split.query != NULL)
    g_string_append_len (result, split.query, (gssize) split.query_length);
  if (split.query_length > 0 && split.query[split.query_length - 1] != '&')
    g_string_append_c (result, '&');

  escaped_name = g_uri_escape_string (name, NULL, FALSE);
  g_string_append (result, escaped_name);
  if (value != NULL)
    {
      g_autofree char *escaped_value = g_uri_escape_string (value, NULL, FALSE);

      g_string_append_printf (result, "=%s", escaped_value);
    }
  g_string_append (result, split.fragment);
  u_request_set_uri (self, result->str);
}

/**
 * u_request_remove_query_items:
 * @self: a request that is not sealed
 * @name: (nullable): a name; %NULL for the whole query
 *
 * Removes all that has a name from the query of the URL.
 */
void
u_request_remove_query_items (URequest *self, const char *name)
{
  g_autoptr (GString) result = NULL;
  g_autofree char *uri = NULL;
  g_auto (GStrv) items = NULL;
  gboolean any = FALSE;
  Split split;

  g_return_if_fail (U_IS_REQUEST (self));

  if (!u_request_begin_change (self) || self->data->parsed == NULL)
    return;

  uri = dup_uri (self);
  split = split_uri (uri);
  if (split.query == NULL)
    return;

  items = dup_items (self);
  result = g_string_new_len (uri, (gssize) split.base);
  for (guint i = 0; name != NULL && items[i] != NULL; i++)
    {
      g_autofree char *item_name = NULL;
      g_autofree char *item_value = NULL;

      decode_item (items[i], &item_name, &item_value);
      if (g_str_equal (item_name, name))
        continue;
      g_string_append_printf (result, "%c%s", any ? '&' : '?', items[i]);
      any = TRUE;
    }
  g_string_append (result, split.fragment);
  u_request_set_uri (self, result->str);
}

/**
 * u_request_dup_query_items:
 * @self: a request
 *
 * Gets what is in the query of the URL, decoded: a name, its value, the next name, its value, and so on.
 *
 * A `+` counts as a space. A name without a `=` has an empty value.
 *
 * Returns: (transfer full) (array zero-terminated=1): names and values in turns, none if there is no query
 */
char **
u_request_dup_query_items (URequest *self)
{
  g_autoptr (GPtrArray) result = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) items = NULL;

  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  items = dup_items (self);
  for (guint i = 0; items[i] != NULL; i++)
    {
      char *name;
      char *value;

      if (*items[i] == '\0')
        continue;
      decode_item (items[i], &name, &value);
      g_ptr_array_add (result, name);
      g_ptr_array_add (result, value != NULL ? value : g_strdup (""));
    }
  g_ptr_array_add (result, NULL);

  return (char **) g_ptr_array_steal (result, NULL);
}

/**
 * u_request_dup_query_value:
 * @self: a request
 * @name: a name
 *
 * Gets the first value of a name in the query of the URL, decoded.
 *
 * Returns: (transfer full) (nullable): the value, empty for a name without one; %NULL if the name is not there
 */
char *
u_request_dup_query_value (URequest *self, const char *name)
{
  g_auto (GStrv) items = NULL;

  g_return_val_if_fail (U_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  items = u_request_dup_query_items (self);
  for (guint i = 0; items[i] != NULL; i += 2)
    {
      if (g_str_equal (items[i], name))
        return g_strdup (items[i + 1]);
    }

  return NULL;
}

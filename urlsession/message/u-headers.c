/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-headers-private.h"

#include "urlsession/base/u-error.h"

/**
 * UHeaders:
 *
 * The header fields of a request or of a response.
 *
 * Field names compare without regard to case. The fields keep their order, and a name may occur more than once: what
 * [method@Headers.get] returns is then all values joined by a comma and a space, as RFC 9110 section 5.3 allows for
 * every field but `Set-Cookie`; [method@Headers.dup_values] returns them one by one.
 *
 * The headers of a response, and of a request that a task has taken, are *sealed*: to change them is a programming
 * error, reported with g_critical(), and has no effect. [method@Headers.copy] returns some that can be changed.
 *
 * Sealed headers may be used from any thread, others from one thread at a time.
 */

struct _UHeaders
{
  GObject parent_instance;

  UHeaderList *list;          /* owned; may be shared: unshared before each change */
  gboolean sealed;

  GMutex lock;                /* of what follows: a getter of sealed headers may be called from any thread */
  GHashTable *joined;         /* owned, nullable; name in lower case → values joined, for what get() returned */
};

G_DEFINE_FINAL_TYPE (UHeaders, u_headers, G_TYPE_OBJECT)

static void
u_headers_finalize (GObject *object)
{
  UHeaders *self = U_HEADERS (object);

  g_clear_pointer (&self->list, u_header_list_unref);
  g_clear_pointer (&self->joined, g_hash_table_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_headers_parent_class)->finalize (object);
}

static void
u_headers_class_init (UHeadersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = u_headers_finalize;
}

static void
u_headers_init (UHeaders *self)
{
  g_mutex_init (&self->lock);
  self->list = u_header_list_new ();
}

/**
 * u_headers_new:
 *
 * Creates headers without a field.
 *
 * Returns: (transfer full): new headers that can be changed
 */
UHeaders *
u_headers_new (void)
{
  return g_object_new (U_TYPE_HEADERS, NULL);
}

UHeaders *
u_headers_new_for_list (UHeaderList *list, gboolean sealed)
{
  UHeaders *self = u_headers_new ();

  u_header_list_unref (self->list);
  self->list = u_header_list_ref (list);
  self->sealed = sealed;

  return self;
}

UHeaderList *
u_headers_dup_list (UHeaders *self)
{
  return u_header_list_ref (self->list);
}

void
u_headers_seal (UHeaders *self)
{
  self->sealed = TRUE;
}

/**
 * u_headers_copy:
 * @self: headers
 *
 * Copies the fields into headers that can be changed, whether or not these are sealed.
 *
 * Returns: (transfer full): new headers with the same fields
 */
UHeaders *
u_headers_copy (UHeaders *self)
{
  g_return_val_if_fail (U_IS_HEADERS (self), NULL);

  return u_headers_new_for_list (self->list, FALSE);
}

/**
 * u_headers_is_sealed:
 * @self: headers
 *
 * Tells whether the fields can no longer be changed.
 *
 * Returns: whether the headers are sealed
 */
gboolean
u_headers_is_sealed (UHeaders *self)
{
  g_return_val_if_fail (U_IS_HEADERS (self), FALSE);

  return self->sealed;
}

/**
 * u_headers_get:
 * @self: headers
 * @name: the name of a field, in any case
 *
 * Looks up a field.
 *
 * If the name occurs more than once, the values are joined by a comma and a space. The string is valid until the
 * headers are changed or gone.
 *
 * Returns: (nullable) (transfer none): the value, or %NULL if there is no such field
 */
const char *
u_headers_get (UHeaders *self, const char *name)
{
  g_autofree char *key = NULL;
  char *joined;

  g_return_val_if_fail (U_IS_HEADERS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (u_header_list_count (self->list, name) <= 1)
    return u_header_list_get (self->list, name);

  key = g_ascii_strdown (name, -1);
  g_mutex_lock (&self->lock);
  if (self->joined == NULL)
    self->joined = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  joined = g_hash_table_lookup (self->joined, key);
  if (joined == NULL)
    {
      joined = u_header_list_dup_joined (self->list, name);
      g_hash_table_insert (self->joined, g_steal_pointer (&key), joined);
    }
  g_mutex_unlock (&self->lock);

  return joined;
}

/**
 * u_headers_contains:
 * @self: headers
 * @name: the name of a field, in any case
 *
 * Tells whether there is a field of that name.
 *
 * Returns: whether the name occurs
 */
gboolean
u_headers_contains (UHeaders *self, const char *name)
{
  g_return_val_if_fail (U_IS_HEADERS (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  return u_header_list_get (self->list, name) != NULL;
}

/**
 * u_headers_dup_values:
 * @self: headers
 * @name: the name of a field, in any case
 *
 * Lists the values of a field, one for each time the name occurs.
 *
 * A value with a comma in it is not split.
 *
 * Returns: (transfer full) (array zero-terminated=1): the values in their order; empty if there is no such field
 */
char **
u_headers_dup_values (UHeaders *self, const char *name)
{
  g_autoptr (GPtrArray) values = NULL;
  guint n;

  g_return_val_if_fail (U_IS_HEADERS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  values = g_ptr_array_new ();
  n = u_header_list_get_n (self->list);
  for (guint i = 0; i < n; i++)
    {
      const char *field_name, *value;

      u_header_list_get_nth (self->list, i, &field_name, &value);
      if (g_ascii_strcasecmp (field_name, name) == 0)
        g_ptr_array_add (values, g_strdup (value));
    }
  g_ptr_array_add (values, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&values), FALSE);
}

static gboolean
contains_name (GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    {
      if (g_ascii_strcasecmp (g_ptr_array_index (names, i), name) == 0)
        return TRUE;
    }

  return FALSE;
}

/**
 * u_headers_dup_names:
 * @self: headers
 *
 * Lists the names of the fields.
 *
 * Returns: (transfer full) (array zero-terminated=1): each name once, in the order and the spelling of its first field
 */
char **
u_headers_dup_names (UHeaders *self)
{
  g_autoptr (GPtrArray) names = NULL;
  guint n;

  g_return_val_if_fail (U_IS_HEADERS (self), NULL);

  names = g_ptr_array_new ();
  n = u_header_list_get_n (self->list);
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (self->list, i, &name, &value);
      if (!contains_name (names, name))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* Whether a change may go on; a list that others hold is left to them. */
static gboolean
begin_change (UHeaders *self)
{
  if (self->sealed)
    {
      g_critical ("These headers are sealed: change a copy of them, from u_headers_copy()");
      return FALSE;
    }

  self->list = u_header_list_unshare (self->list);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->joined, g_hash_table_unref);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

/* The value is kept out of the message: it may be a password. */
static gboolean
check_field (const char *name, const char *value, GError **error)
{
  if (!u_header_name_is_valid (name))
    {
      g_autofree char *escaped = g_strescape (name, NULL);

      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER, "“%s” is not a valid name of a header field.", escaped);
      return FALSE;
    }
  if (!u_header_value_is_valid (value))
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER,
                   "The value of the header field “%s” contains a line break, which is not allowed.", name);
      return FALSE;
    }

  return TRUE;
}

/**
 * u_headers_set:
 * @self: headers
 * @name: the name of a field: letters, digits and ``!#$%&'*+-.^_`|~``
 * @value: its value, without a line break; white space around it is dropped
 * @error: return location for an error
 *
 * Sets a field, in the place of all fields of that name.
 *
 * Sets %U_ERROR_BAD_HEADER, and changes nothing, if the name or the value is not allowed.
 *
 * Returns: whether the field was set
 */
gboolean
u_headers_set (UHeaders *self, const char *name, const char *value, GError **error)
{
  g_autofree char *trimmed = NULL;

  g_return_val_if_fail (U_IS_HEADERS (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  if (!check_field (name, value, error))
    return FALSE;

  /* First, since @value may be a string that get() returned and a change drops. */
  trimmed = g_strstrip (g_strdup (value));
  if (!begin_change (self))
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER, "The header field “%s” was set on sealed headers.", name);
      return FALSE;
    }
  u_header_list_set (self->list, name, trimmed);

  return TRUE;
}

/**
 * u_headers_append:
 * @self: headers
 * @name: the name of a field: letters, digits and ``!#$%&'*+-.^_`|~``
 * @value: its value, without a line break; white space around it is dropped
 * @error: return location for an error
 *
 * Adds a field behind all others, also if the name occurs already.
 *
 * Sets %U_ERROR_BAD_HEADER, and changes nothing, if the name or the value is not allowed.
 *
 * Returns: whether the field was added
 */
gboolean
u_headers_append (UHeaders *self, const char *name, const char *value, GError **error)
{
  g_autofree char *trimmed = NULL;

  g_return_val_if_fail (U_IS_HEADERS (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  if (!check_field (name, value, error))
    return FALSE;

  /* First, since @value may be a string that get() returned and a change drops. */
  trimmed = g_strstrip (g_strdup (value));
  if (!begin_change (self))
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER, "The header field “%s” was added to sealed headers.", name);
      return FALSE;
    }
  u_header_list_append (self->list, name, trimmed);

  return TRUE;
}

/**
 * u_headers_remove:
 * @self: headers
 * @name: the name of a field, in any case
 *
 * Removes all fields of that name.
 */
void
u_headers_remove (UHeaders *self, const char *name)
{
  g_return_if_fail (U_IS_HEADERS (self));
  g_return_if_fail (name != NULL);

  if (begin_change (self))
    u_header_list_remove (self->list, name);
}

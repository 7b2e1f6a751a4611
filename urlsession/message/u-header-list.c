/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-header-list-private.h"

#include <string.h>

/* One block per field, "NAME\0VALUE\0", since a queued request is kept in large numbers. */
typedef struct
{
  char *name;                 /* owned */
  char *value;                /* inside the block of `name` */
} Field;

struct _UHeaderList
{
  gatomicrefcount ref_count;
  guint n_fields;
  guint n_allocated;
  Field *fields;              /* owned; NULL while n_allocated is 0 */
};

static void
field_init (Field *field, const char *name, const char *value)
{
  gsize name_size = strlen (name) + 1;
  gsize value_size = strlen (value) + 1;
  char *block = g_malloc (name_size + value_size);

  memcpy (block, name, name_size);
  memcpy (block + name_size, value, value_size);
  field->name = block;
  field->value = block + name_size;
}

UHeaderList *
u_header_list_new (void)
{
  UHeaderList *self = g_new0 (UHeaderList, 1);

  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

UHeaderList *
u_header_list_ref (UHeaderList *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_header_list_unref (UHeaderList *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  for (guint i = 0; i < self->n_fields; i++)
    g_free (self->fields[i].name);
  g_free (self->fields);
  g_free (self);
}

UHeaderList *
u_header_list_unshare (UHeaderList *self)
{
  UHeaderList *copy;

  if (g_atomic_ref_count_compare (&self->ref_count, 1))
    return self;

  copy = u_header_list_new ();
  if (self->n_fields > 0)
    {
      copy->fields = g_new (Field, self->n_fields);
      copy->n_allocated = copy->n_fields = self->n_fields;
      for (guint i = 0; i < self->n_fields; i++)
        field_init (&copy->fields[i], self->fields[i].name, self->fields[i].value);
    }
  u_header_list_unref (self);

  return copy;
}

guint
u_header_list_get_n (UHeaderList *self)
{
  return self->n_fields;
}

void
u_header_list_get_nth (UHeaderList *self, guint position, const char **name, const char **value)
{
  g_assert (position < self->n_fields);

  *name = self->fields[position].name;
  *value = self->fields[position].value;
}

const char *
u_header_list_get (UHeaderList *self, const char *name)
{
  for (guint i = 0; i < self->n_fields; i++)
    {
      if (g_ascii_strcasecmp (self->fields[i].name, name) == 0)
        return self->fields[i].value;
    }

  return NULL;
}

char *
u_header_list_dup_joined (UHeaderList *self, const char *name)
{
  GString *joined = NULL;

  for (guint i = 0; i < self->n_fields; i++)
    {
      if (g_ascii_strcasecmp (self->fields[i].name, name) != 0)
        continue;
      if (joined == NULL)
        joined = g_string_new (NULL);
      else
        g_string_append (joined, ", ");
      g_string_append (joined, self->fields[i].value);
    }

  return joined != NULL ? g_string_free (joined, FALSE) : NULL;
}

guint
u_header_list_count (UHeaderList *self, const char *name)
{
  guint n = 0;

  for (guint i = 0; i < self->n_fields; i++)
    {
      if (g_ascii_strcasecmp (self->fields[i].name, name) == 0)
        n++;
    }

  return n;
}

gboolean
u_header_list_equal (UHeaderList *a, UHeaderList *b)
{
  if (a == b)
    return TRUE;
  if (a->n_fields != b->n_fields)
    return FALSE;

  for (guint i = 0; i < a->n_fields; i++)
    {
      if (g_ascii_strcasecmp (a->fields[i].name, b->fields[i].name) != 0 ||
          strcmp (a->fields[i].value, b->fields[i].value) != 0)
        return FALSE;
    }

  return TRUE;
}

void
u_header_list_append (UHeaderList *self, const char *name, const char *value)
{
  Field field;

  g_assert (g_atomic_ref_count_compare (&self->ref_count, 1));

  field_init (&field, name, value);
  if (self->n_fields == self->n_allocated)
    {
      self->n_allocated = MAX (4, self->n_allocated + self->n_allocated / 2);
      self->fields = g_renew (Field, self->fields, self->n_allocated);
    }
  self->fields[self->n_fields++] = field;
}

/* Drops the fields called @name from @from on. @name may belong to one of them, so they are freed last. */
static gboolean
remove_from (UHeaderList *self, guint from, const char *name)
{
  g_autoptr (GPtrArray) removed = NULL;
  guint kept = from;

  for (guint i = from; i < self->n_fields; i++)
    {
      if (g_ascii_strcasecmp (self->fields[i].name, name) == 0)
        {
          if (removed == NULL)
            removed = g_ptr_array_new_with_free_func (g_free);
          g_ptr_array_add (removed, self->fields[i].name);
        }
      else
        {
          self->fields[kept++] = self->fields[i];
        }
    }
  self->n_fields = kept;

  return removed != NULL;
}

/*
 * u_header_list_set:
 *
 * Leaves one field called @name: at the place and in the spelling of the first one there was.
 */
void
u_header_list_set (UHeaderList *self, const char *name, const char *value)
{
  g_assert (g_atomic_ref_count_compare (&self->ref_count, 1));

  for (guint i = 0; i < self->n_fields; i++)
    {
      if (g_ascii_strcasecmp (self->fields[i].name, name) == 0)
        {
          g_autofree char *old = self->fields[i].name;

          field_init (&self->fields[i], old, value);
          remove_from (self, i + 1, name);
          return;
        }
    }

  u_header_list_append (self, name, value);
}

gboolean
u_header_list_remove (UHeaderList *self, const char *name)
{
  g_assert (g_atomic_ref_count_compare (&self->ref_count, 1));

  return remove_from (self, 0, name);
}

gboolean
u_header_name_is_valid (const char *name)
{
  if (name == NULL || *name == '\0')
    return FALSE;

  for (const char *p = name; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && strchr ("!#$%&'*+-.^_`|~", *p) == NULL)
        return FALSE;
    }

  return TRUE;
}

gboolean
u_header_value_is_valid (const char *value)
{
  return value != NULL && strpbrk (value, "\r\n") == NULL;
}

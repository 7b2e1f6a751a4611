/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-body-parts-private.h"

struct _UBodyParts
{
  gatomicrefcount ref_count;
  GArray *segments;           /* owned; of UBodySegment */
};

static void
clear_segment (gpointer data)
{
  UBodySegment *segment = data;

  g_clear_pointer (&segment->bytes, g_bytes_unref);
  g_free (segment->path);
  g_free (segment->name);
  g_free (segment->file_name);
  g_free (segment->content_type);
}

UBodyParts *
u_body_parts_new (void)
{
  UBodyParts *self = g_new0 (UBodyParts, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->segments = g_array_new (FALSE, FALSE, sizeof (UBodySegment));
  g_array_set_clear_func (self->segments, clear_segment);

  return self;
}

UBodyParts *
u_body_parts_ref (UBodyParts *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_body_parts_unref (UBodyParts *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_array_unref (self->segments);
  g_free (self);
}

static UBodySegment *
add (UBodyParts *self, UBodySegment segment)
{
  g_array_append_val (self->segments, segment);

  return &g_array_index (self->segments, UBodySegment, self->segments->len - 1);
}

UBodySegment *
u_body_parts_add_bytes (UBodyParts *self, GBytes *bytes)
{
  return add (self, (UBodySegment) { .bytes = g_bytes_ref (bytes) });
}

UBodySegment *
u_body_parts_add_file (UBodyParts *self, const char *path)
{
  return add (self, (UBodySegment) { .path = g_strdup (path) });
}

guint
u_body_parts_get_n (UBodyParts *self)
{
  return self->segments->len;
}

const UBodySegment *
u_body_parts_get_nth (UBodyParts *self, guint position)
{
  return &g_array_index (self->segments, UBodySegment, position);
}

gint64
u_body_parts_get_length (UBodyParts *self)
{
  gint64 length = 0;

  for (guint i = 0; i < self->segments->len; i++)
    {
      const UBodySegment *segment = u_body_parts_get_nth (self, i);

      if (segment->bytes == NULL)
        return -1;
      length += (gint64) g_bytes_get_size (segment->bytes);
    }

  return length;
}

static gboolean
segment_equal (const UBodySegment *a, const UBodySegment *b)
{
  if ((a->bytes == NULL) != (b->bytes == NULL) || g_strcmp0 (a->path, b->path) != 0 ||
      g_strcmp0 (a->name, b->name) != 0 || g_strcmp0 (a->file_name, b->file_name) != 0 ||
      g_strcmp0 (a->content_type, b->content_type) != 0)
    return FALSE;

  return a->bytes == NULL || g_bytes_equal (a->bytes, b->bytes);
}

gboolean
u_body_parts_equal (UBodyParts *a, UBodyParts *b)
{
  if (a == b)
    return TRUE;
  if (a == NULL || b == NULL || a->segments->len != b->segments->len)
    return FALSE;

  for (guint i = 0; i < a->segments->len; i++)
    {
      if (!segment_equal (u_body_parts_get_nth (a, i), u_body_parts_get_nth (b, i)))
        return FALSE;
    }

  return TRUE;
}

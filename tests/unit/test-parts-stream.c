/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-parts-stream-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A stream over bytes and files, whatever their sizes, and what becomes of it when a file is not what it was. */

#define BLOCK (256 * 1024)

typedef struct
{
  GMainContext *context;      /* owned, thread-default */
  char *folder;
  GArray *segments;           /* owned */
  GByteArray *expected;       /* owned */
  guint n_files;
  guint n_failed;
  char *failed_path;
  GError *failed_error;
  guint n_destroyed;
} Fixture;

static void
clear_segment (gpointer data)
{
  UPartsStreamSegment *segment = data;

  g_clear_pointer (&segment->bytes, g_bytes_unref);
  g_free (segment->path);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  self->folder = g_dir_make_tmp ("parts-stream-XXXXXX", NULL);
  self->segments = g_array_new (FALSE, FALSE, sizeof (UPartsStreamSegment));
  g_array_set_clear_func (self->segments, clear_segment);
  self->expected = g_byte_array_new ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < self->segments->len; i++)
    {
      const char *path = g_array_index (self->segments, UPartsStreamSegment, i).path;

      if (path != NULL)
        g_unlink (path);
    }
  g_array_unref (self->segments);
  g_byte_array_unref (self->expected);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->failed_path);
  g_clear_error (&self->failed_error);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
}

static guint8 *
make_data (gsize size, guint seed)
{
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 31 + (i >> 8) + seed);

  return data;
}

static void
add_bytes (Fixture *self, gsize size)
{
  UPartsStreamSegment segment = { .length = (gint64) size };
  guint8 *data = make_data (size, self->segments->len);

  g_byte_array_append (self->expected, data, size);
  segment.bytes = g_bytes_new_take (data, size);
  g_array_append_val (self->segments, segment);
}

/* A file of @size that is said to have @said bytes. */
static const char *
add_file (Fixture *self, gsize size, gint64 said)
{
  g_autofree char *name = g_strdup_printf ("%u", self->n_files++);
  g_autofree guint8 *data = make_data (size, self->segments->len);
  UPartsStreamSegment segment = { .path = g_build_filename (self->folder, name, NULL), .length = said };

  g_assert_true (g_file_set_contents (segment.path, (const char *) data, (gssize) size, NULL));
  g_byte_array_append (self->expected, data, size);
  g_array_append_val (self->segments, segment);

  return segment.path;
}

static void
failed (const char *path, const GError *error, gpointer user_data)
{
  Fixture *self = user_data;

  self->n_failed++;
  g_free (self->failed_path);
  self->failed_path = g_strdup (path);
  g_clear_error (&self->failed_error);
  if (error != NULL)
    self->failed_error = g_error_copy (error);
}

static void
destroyed (gpointer user_data)
{
  ((Fixture *) user_data)->n_destroyed++;
}

static GInputStream *
open_stream (Fixture *self)
{
  return u_parts_stream_new (self->segments, failed, self, destroyed);
}

static void
result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gssize
read_once (GInputStream *stream, gboolean async, guint8 *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (!async)
    return g_input_stream_read (stream, buffer, count, cancellable, error);

  g_input_stream_read_async (stream, buffer, count, G_PRIORITY_DEFAULT, cancellable, result_cb, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);

  return g_input_stream_read_finish (stream, result, error);
}

/* All of it, or up to an error. */
static GByteArray *
read_all (GInputStream *stream, gboolean async, gsize count, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (count);
  gssize size;

  while ((size = read_once (stream, async, buffer, count, NULL, error)) > 0)
    g_byte_array_append (data, buffer, (guint) size);
  /* The end stays the end. */
  if (size == 0)
    g_assert_cmpint (read_once (stream, async, buffer, count, NULL, error), ==, 0);

  return g_steal_pointer (&data);
}

/* Sizes of segments, -1 the end; a file where it is odd in its place. */
static const gint64 mixes[][8] = {
  { -1 },
  { 0, -1 },
  { 0, 0, -1 },
  { 5, -1 },
  { 0, 5, -1 },
  { 5, 7, 3, -1 },
  { 0, 0, 0, 1, 0, -1 },
  { 10, BLOCK - 1, 10, BLOCK, 10, BLOCK + 1, -1 },
  { 0, 2 * BLOCK, 0, 2 * BLOCK + 1, 1, -1 },
  { BLOCK, 1, BLOCK, 1, -1 },
};

static void
test_mixes (Fixture *self, gconstpointer data)
{
  static const gsize counts[] = { 1000, 8192, BLOCK, 3 * BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (mixes); i++)
    {
      for (guint j = 0; mixes[i][j] >= 0; j++)
        {
          if (j % 2 == 0)
            add_bytes (self, (gsize) mixes[i][j]);
          else
            add_file (self, (gsize) mixes[i][j], mixes[i][j]);
        }

      for (guint j = 0; j < 2 * G_N_ELEMENTS (counts); j++)
        {
          g_autoptr (GError) error = NULL;
          GInputStream *stream = open_stream (self);
          g_autoptr (GByteArray) read = read_all (stream, j % 2 == 1, counts[j / 2], &error);

          g_assert_no_error (error);
          g_assert_cmpmem (read->data, read->len, self->expected->data, self->expected->len);
          g_assert_finalize_object (stream);
        }
      for (guint j = 0; j < self->segments->len; j++)
        {
          const char *path = g_array_index (self->segments, UPartsStreamSegment, j).path;

          if (path != NULL)
            g_unlink (path);
        }
      g_array_set_size (self->segments, 0);
      g_byte_array_set_size (self->expected, 0);
    }
  g_assert_cmpuint (self->n_failed, ==, 0);
  g_assert_cmpuint (self->n_destroyed, ==, G_N_ELEMENTS (mixes) * 2 * G_N_ELEMENTS (counts));
}

static const struct
{
  gsize is;
  gint64 was;
} changes[] = {
  { 1, 0 }, { 0, 1 }, { 5, 4 }, { 4, 5 }, { BLOCK, BLOCK - 1 }, { BLOCK + 1, BLOCK }, { BLOCK, BLOCK + 1 },
  { 3 * BLOCK, 2 * BLOCK }, { 2 * BLOCK, 3 * BLOCK },
};

/* Never more than was announced, and never all of it: then the request would look complete. */
static void
test_changed (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2 * G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GByteArray) read = NULL;
      GInputStream *stream;
      const char *path;

      add_bytes (self, 3);
      path = add_file (self, changes[i / 2].is, changes[i / 2].was);
      stream = open_stream (self);
      read = read_all (stream, i % 2 == 1, 8192, &error);

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
      g_assert_cmpuint (read->len, <, MAX (3 + (guint) changes[i / 2].was, 4));
      g_assert_cmpmem (read->data, read->len, self->expected->data, read->len);
      g_assert_cmpuint (self->n_failed, ==, i + 1);
      g_assert_cmpstr (self->failed_path, ==, path);
      g_assert_no_error (self->failed_error);
      g_assert_finalize_object (stream);
      g_unlink (path);
      g_array_set_size (self->segments, 0);
      g_byte_array_set_size (self->expected, 0);
    }
}

/* In the middle of it. */
static void
test_truncated (Fixture *self, gconstpointer data)
{
  const char *path = add_file (self, 4 * BLOCK, 4 * BLOCK);
  g_autofree guint8 *buffer = g_malloc (BLOCK);
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) rest = NULL;
  GInputStream *stream = open_stream (self);

  g_assert_cmpint (read_once (stream, TRUE, buffer, BLOCK, NULL, NULL), ==, BLOCK);
  g_assert_cmpint (truncate (path, 2 * BLOCK), ==, 0);
  rest = read_all (stream, TRUE, BLOCK, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
  g_assert_cmpuint (rest->len, <=, BLOCK);
  g_assert_cmpuint (self->n_failed, ==, 1);

  g_assert_finalize_object (stream);
}

static void
test_vanished (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GByteArray) read = NULL;
      GInputStream *stream;
      const char *path;

      add_bytes (self, 3);
      path = add_file (self, 5, 5);
      g_unlink (path);
      stream = open_stream (self);
      read = read_all (stream, i == 1, 100, &error);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_assert_error (self->failed_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_assert_cmpuint (read->len, ==, 3);
      g_assert_cmpuint (self->n_failed, ==, i + 1);
      g_assert_finalize_object (stream);
      g_array_set_size (self->segments, 0);
    }
}

/* A cancelled read is no failure of the file, and leaves nothing behind. */
static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autofree guint8 *buffer = g_malloc (BLOCK);

  add_file (self, 2 * BLOCK, 2 * BLOCK);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      GInputStream *stream = open_stream (self);

      if (i == 0)
        g_cancellable_cancel (cancellable);
      if (i == 2)
        g_assert_cmpint (read_once (stream, TRUE, buffer, BLOCK, NULL, NULL), ==, BLOCK);
      g_input_stream_read_async (stream, buffer, 10, G_PRIORITY_DEFAULT, cancellable, result_cb, &result);
      g_cancellable_cancel (cancellable);
      while (result == NULL)
        g_main_context_iteration (self->context, TRUE);
      /* The operation may have been over when it was cancelled. */
      if (g_input_stream_read_finish (stream, result, &error) < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_cmpuint (i, >, 0);
      g_clear_object (&result);
      while (g_main_context_iteration (self->context, FALSE))
        ;
      g_assert_finalize_object (stream);
    }
  g_assert_cmpuint (self->n_failed, ==, 0);
  g_assert_cmpuint (self->n_destroyed, ==, 3);
}

/* In the thread that asked, so that the last reference is dropped there. */
static void
test_close (Fixture *self, gconstpointer data)
{
  g_autofree guint8 *buffer = g_malloc (10);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GInputStream *stream;

  add_file (self, 20, 20);
  stream = open_stream (self);
  g_assert_cmpint (read_once (stream, TRUE, buffer, 10, NULL, NULL), ==, 10);
  g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (self->context, TRUE);
  g_assert_true (g_input_stream_close_finish (stream, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (stream, buffer, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_object (&result);
  g_assert_finalize_object (stream);
  g_assert_cmpuint (self->n_destroyed, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/parts-stream/mixes", test_mixes);
  ADD ("/parts-stream/changed", test_changed);
  ADD ("/parts-stream/truncated", test_truncated);
  ADD ("/parts-stream/vanished", test_vanished);
  ADD ("/parts-stream/cancelled", test_cancelled);
  ADD ("/parts-stream/close", test_close);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-parts-stream-private.h"

#include <gio/gfiledescriptorbased.h>
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-file-system-private.h"

/* Read from a file at once: each read is a journey to another thread and back. */
#define BLOCK_SIZE (256 * 1024)

/* A read that took longer than this would be felt by the other transfers of the thread. */
#define SLOW_READ_US (20 * 1000)

struct _UPartsStream
{
  GInputStream parent_instance;

  GArray *segments;           /* owned; of UPartsStreamSegment */
  guint position;             /* of the segment at hand */
  gint64 offset;              /* in it, of what was read of it */
  GInputStream *file;         /* owned, nullable; of the segment at hand */
  gboolean is_slow;           /* it is on a disk that lets one wait */
  guint8 *block;              /* owned, nullable; of a file, BLOCK_SIZE and one byte */
  gsize block_start;          /* what is there and was not handed out */
  gsize block_end;
  gboolean has_begun;         /* the source at hand */

  UPartsStreamFailedFunc failed; /* nullable */
  gpointer user_data;
  GDestroyNotify destroy;     /* nullable */
};

G_DEFINE_FINAL_TYPE (UPartsStream, u_parts_stream, G_TYPE_INPUT_STREAM)

/* What has to happen before bytes can be handed out. */
typedef enum {
  READY,                      /* nothing: there are some, or it is the end */
  NEEDS_FILE,
  NEEDS_BLOCK,
  NEEDS_SOURCE,
} Need;

static const UPartsStreamSegment *
get_segment (UPartsStream *self)
{
  return &g_array_index (self->segments, UPartsStreamSegment, self->position);
}

static void
next_segment (UPartsStream *self)
{
  g_clear_object (&self->file);
  self->offset = 0;
  self->position++;
}

static Need
get_need (UPartsStream *self)
{
  while (self->block_start == self->block_end && self->position < self->segments->len)
    {
      const UPartsStreamSegment *segment = get_segment (self);

      if (segment->source != NULL)
        return NEEDS_SOURCE;
      if (segment->bytes == NULL && !(segment->is_cut && self->offset == segment->length))
        return self->file != NULL ? NEEDS_BLOCK : NEEDS_FILE;
      if (segment->bytes != NULL && self->offset < (gint64) g_bytes_get_size (segment->bytes))
        return READY;
      next_segment (self);
    }

  return READY;
}

/* Moves nothing on the disk: it does not block. Consumes @file, which may be NULL. */
static gboolean
take_file (UPartsStream *self, GFileInputStream *file, GError **error)
{
  gint64 start = get_segment (self)->start;

  self->file = (GInputStream *) file;
  self->is_slow = file == NULL || !G_IS_FILE_DESCRIPTOR_BASED (file)
                  || u_file_system_is_remote (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (file)));

  return file != NULL && (start == 0 || g_seekable_seek (G_SEEKABLE (file), start, G_SEEK_SET, NULL, error));
}

/* For when it is READY. */
static const guint8 *
get_ready (UPartsStream *self, gsize *size)
{
  const guint8 *bytes;

  *size = self->block_end - self->block_start;
  if (*size > 0)
    return self->block + self->block_start;
  if (self->position == self->segments->len)
    return NULL;

  bytes = g_bytes_get_data (get_segment (self)->bytes, size);
  *size -= (gsize) self->offset;

  return bytes + self->offset;
}

void
u_parts_stream_skip (UPartsStream *self, gsize count)
{
  if (self->block_start < self->block_end)
    self->block_start += count;
  else
    self->offset += (gint64) count;
}

static gsize
hand_out (UPartsStream *self, guint8 *buffer, gsize count)
{
  gsize size;
  const guint8 *bytes = get_ready (self, &size);

  count = MIN (count, size);
  if (count > 0)
    {
      memcpy (buffer, bytes, count);
      u_parts_stream_skip (self, count);
    }

  return count;
}

/* How much to read for the next block. One byte more than there should be shows whether the file has grown, before the
 * last of it is handed out. */
static gsize
get_block_size (UPartsStream *self)
{
  gint64 left = get_segment (self)->length - self->offset;

  if (self->block == NULL)
    self->block = g_malloc (BLOCK_SIZE + 1);

  if (left > BLOCK_SIZE || get_segment (self)->length < 0)
    return BLOCK_SIZE;

  return (gsize) left + (get_segment (self)->is_cut ? 0 : 1);
}

/* FALSE: the file has another length than it should have. */
static gboolean
take_block (UPartsStream *self, gsize size)
{
  gint64 left = get_segment (self)->length - self->offset;

  if (get_segment (self)->length >= 0 && ((gint64) size > left || (size == 0 && left > 0)))
    return FALSE;

  self->offset += (gint64) size;
  self->block_start = 0;
  self->block_end = size;
  if (size == 0)
    next_segment (self);

  return TRUE;
}

/* The error to give to the reader, once the one who made the stream knows. @error: nullable. */
static GError *
fail (UPartsStream *self, GError *error)
{
  const char *path = get_segment (self)->path;

  if (self->failed != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->failed (path, error, self->user_data);
  if (error != NULL)
    return error;

  return g_error_new (G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "%s was changed while it was read",
                      path != NULL ? path : "the stream");
}

/* What the source has by now. FALSE without an error: nothing. */
static gboolean
take_from_source (UPartsStream *self, GError **error)
{
  const UPartsStreamSegment *segment = get_segment (self);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean at_end;

  if (!self->has_begun && !u_body_source_begin (segment->source))
    {
      g_propagate_error (error, fail (self, g_error_new_literal (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                                                 "The connection was lost while the body was sent, "
                                                                 "and its stream cannot be read again.")));
      return FALSE;
    }
  self->has_begun = TRUE;

  bytes = u_body_source_take (segment->source, &at_end, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, fail (self, g_steal_pointer (&local_error)));
      return FALSE;
    }
  if (bytes == NULL && !at_end)
    return FALSE;

  if (self->block == NULL)
    self->block = g_malloc (BLOCK_SIZE + 1);
  if (bytes != NULL)
    memcpy (self->block, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (!take_block (self, bytes != NULL ? g_bytes_get_size (bytes) : 0))
    {
      g_propagate_error (error, fail (self, NULL));
      return FALSE;
    }

  return TRUE;
}

/* @waits: FALSE: nothing that may take long. */
static gboolean
get_ready_now (UPartsStream *self, gboolean waits, GCancellable *cancellable, GError **error)
{
  Need need;

  while ((need = get_need (self)) != READY)
    {
      GError *local_error = NULL;

      if (need == NEEDS_SOURCE)
        {
          if (take_from_source (self, &local_error))
            continue;
          if (local_error == NULL)
            local_error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "a stream may take some time");
          g_propagate_error (error, local_error);
          return FALSE;
        }
      if (!waits && (need == NEEDS_FILE || self->is_slow))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "a file may take some time");
          return FALSE;
        }
      if (need == NEEDS_FILE)
        {
          g_autoptr (GFile) file = g_file_new_for_path (get_segment (self)->path);

          take_file (self, g_file_read (file, cancellable, &local_error), &local_error);
        }
      else
        {
          gsize wanted = get_block_size (self);
          gint64 before = g_get_monotonic_time ();
          gssize size = g_input_stream_read (self->file, self->block, wanted, cancellable, &local_error);

          if (g_get_monotonic_time () - before > SLOW_READ_US)
            self->is_slow = TRUE;
          if (size >= 0 && !take_block (self, (gsize) size))
            {
              g_propagate_error (error, fail (self, NULL));
              return FALSE;
            }
        }
      if (local_error != NULL)
        {
          g_propagate_error (error, fail (self, local_error));
          return FALSE;
        }
    }

  return TRUE;
}

static gssize
u_parts_stream_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  UPartsStream *self = U_PARTS_STREAM (stream);

  return get_ready_now (self, TRUE, cancellable, error) ? (gssize) hand_out (self, buffer, count) : -1;
}

const guint8 *
u_parts_stream_peek (UPartsStream *self, gsize *size, GError **error)
{
  *size = 0;

  return get_ready_now (self, FALSE, NULL, error) ? get_ready (self, size) : NULL;
}

typedef struct
{
  void *buffer;               /* the reader's */
  gsize count;
} Read;

static void go_on (GTask *task);

/* Consumes both. @error: nullable. */
static void
return_failure (GTask *task, GError *error)
{
  g_task_return_error (task, fail (g_task_get_source_object (task), error));
  g_object_unref (task);
}

static void
opened_cb (GObject *file, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UPartsStream *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!take_file (self, g_file_read_finish (G_FILE (file), result, &error), &error))
    return_failure (task, error);
  else
    go_on (task);
}

static void
block_cb (GObject *file, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UPartsStream *self = g_task_get_source_object (task);
  GError *error = NULL;
  gssize size = g_input_stream_read_finish (G_INPUT_STREAM (file), result, &error);

  if (size < 0 || !take_block (self, (gsize) size))
    return_failure (task, error);
  else
    go_on (task);
}

static gboolean
source_cb (gpointer user_data)
{
  GTask *task = user_data;

  if (!g_task_return_error_if_cancelled (task))
    go_on (g_object_ref (task));

  return G_SOURCE_REMOVE;
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Consumes the reference. */
static void
await_source (GTask *task)
{
  UPartsStream *self = g_task_get_source_object (task);
  g_autoptr (GSource) source = u_body_source_create_source (get_segment (self)->source);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (cancellable != NULL)
    {
      g_autoptr (GSource) cancelled = g_cancellable_source_new (cancellable);

      g_source_set_callback (cancelled, G_SOURCE_FUNC (cancelled_cb), NULL, NULL);
      g_source_add_child_source (source, cancelled);
    }
  g_source_set_callback (source, source_cb, task, g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

/* Consumes the reference. */
static void
go_on (GTask *task)
{
  UPartsStream *self = g_task_get_source_object (task);
  Read *read = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  int priority = g_task_get_priority (task);

  switch (get_need (self))
    {
    case NEEDS_FILE:
      {
        g_autoptr (GFile) file = g_file_new_for_path (get_segment (self)->path);

        g_file_read_async (file, priority, cancellable, opened_cb, task);
      }
      break;

    case NEEDS_BLOCK:
      {
        gsize size = get_block_size (self);

        g_input_stream_read_async (self->file, self->block, size, priority, cancellable, block_cb, task);
      }
      break;

    case NEEDS_SOURCE:
      {
        GError *error = NULL;

        if (take_from_source (self, &error))
          {
            go_on (task);
          }
        else if (error != NULL)
          {
            g_task_return_error (task, error);
            g_object_unref (task);
          }
        else
          {
            await_source (task);
          }
      }
      break;

    case READY:
    default:
      g_task_return_int (task, (gssize) hand_out (self, read->buffer, read->count));
      g_object_unref (task);
      break;
    }
}

static void
u_parts_stream_read_async (GInputStream        *stream,
                           void                *buffer,
                           gsize                count,
                           int                  io_priority,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);
  Read *read = g_new (Read, 1);

  *read = (Read) { buffer, count };
  g_task_set_source_tag (task, u_parts_stream_read_async);
  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, read, g_free);
  if (g_task_return_error_if_cancelled (task))
    g_object_unref (task);
  else
    go_on (task);
}

/* After it was cancelled a read says so, whatever became of it: libsoup takes anything else as a sign that its own data
 * is still there. */
static gssize
u_parts_stream_read_finish (GInputStream *stream, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_parts_stream_read_async), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

void
u_parts_stream_fill_async (UPartsStream *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  u_parts_stream_read_async (G_INPUT_STREAM (self), NULL, 0, G_PRIORITY_DEFAULT, cancellable, callback, user_data);
}

gboolean
u_parts_stream_fill_finish (UPartsStream *self, GAsyncResult *result, GError **error)
{
  return u_parts_stream_read_finish (G_INPUT_STREAM (self), result, error) >= 0;
}

/* What is not overridden here would go to another thread, and the last reference with it. */
static void
u_parts_stream_close_async (GInputStream        *stream,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_source_tag (task, u_parts_stream_close_async);
  g_clear_object (&U_PARTS_STREAM (stream)->file);
  g_task_return_boolean (task, TRUE);
}

static gboolean
u_parts_stream_close_finish (GInputStream *stream, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_parts_stream_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
u_parts_stream_finalize (GObject *object)
{
  UPartsStream *self = U_PARTS_STREAM (object);

  g_clear_object (&self->file);
  g_array_unref (self->segments);
  g_free (self->block);
  if (self->destroy != NULL)
    self->destroy (self->user_data);

  G_OBJECT_CLASS (u_parts_stream_parent_class)->finalize (object);
}

static void
u_parts_stream_class_init (UPartsStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  object_class->finalize = u_parts_stream_finalize;
  stream_class->read_fn = u_parts_stream_read;
  stream_class->read_async = u_parts_stream_read_async;
  stream_class->read_finish = u_parts_stream_read_finish;
  stream_class->close_async = u_parts_stream_close_async;
  stream_class->close_finish = u_parts_stream_close_finish;
}

static void
u_parts_stream_init (UPartsStream *self)
{
}

GInputStream *
u_parts_stream_new (GArray *segments, UPartsStreamFailedFunc failed, gpointer user_data, GDestroyNotify destroy)
{
  UPartsStream *self = g_object_new (U_TYPE_PARTS_STREAM, NULL);

  self->segments = g_array_ref (segments);
  self->failed = failed;
  self->user_data = user_data;
  self->destroy = destroy;

  return G_INPUT_STREAM (self);
}

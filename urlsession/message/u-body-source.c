/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-body-source-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

/* Read at once, and in all before it is sent. */
#define BLOCK_SIZE (64 * 1024)
#define READ_AHEAD (512 * 1024)

struct _UBodySource
{
  gatomicrefcount ref_count;
  GInputStream *stream;       /* owned, nullable; of the bound context */
  gint64 length;
  goffset start;              /* where the stream stood, if it can say so */
  gboolean ask_first;

  /* Under the lock */
  GMutex lock;
  GMainContext *home;         /* owned, nullable: not bound; set once */
  gboolean begun;
  gboolean stopped;
  gboolean scheduled;         /* a turn of the bound context, or a read, is under way */
  GQueue blocks;              /* of GBytes, owned */
  gsize n_queued;             /* bytes of them */
  gboolean at_end;
  GError *error;              /* owned, nullable */
  GSource *waiter;            /* owned, nullable */

  /* Of the bound context */
  gboolean reading;           /* asynchronously */
  GCancellable *cancellable;  /* owned */
  void (*retired) (gpointer user_data); /* nullable */
  gpointer retired_data;
};

UBodySource *
u_body_source_new (GInputStream *stream, gint64 length, gboolean ask_first)
{
  UBodySource *self = g_new0 (UBodySource, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_queue_init (&self->blocks);
  self->stream = stream != NULL ? g_object_ref (stream) : NULL;
  self->length = length;
  if (stream != NULL && G_IS_SEEKABLE (stream))
    self->start = g_seekable_tell (G_SEEKABLE (stream));
  self->ask_first = ask_first;
  self->cancellable = g_cancellable_new ();

  return self;
}

UBodySource *
u_body_source_ref (UBodySource *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static gboolean
nothing_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* The stream is let go with the source, or at once where this is the place for it. */
static void
let_go_of_stream (UBodySource *self)
{
  g_autoptr (GSource) source = NULL;

  if (self->stream == NULL)
    return;
  if (self->home == NULL || g_main_context_is_owner (self->home))
    {
      g_clear_object (&self->stream);
      return;
    }

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] body stream let go");
  g_source_set_callback (source, nothing_cb, g_steal_pointer (&self->stream), g_object_unref);
  g_source_attach (source, self->home);
}

void
u_body_source_unref (UBodySource *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  let_go_of_stream (self);
  g_clear_pointer (&self->home, g_main_context_unref);
  g_queue_clear_full (&self->blocks, (GDestroyNotify) g_bytes_unref);
  g_clear_error (&self->error);
  g_clear_pointer (&self->waiter, g_source_unref);
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gint64
u_body_source_get_length (UBodySource *self)
{
  return self->length;
}

gboolean
u_body_source_asks_first (UBodySource *self)
{
  return self->ask_first;
}

gboolean
u_body_source_rewind (UBodySource *self)
{
  gboolean begun;

  g_mutex_lock (&self->lock);
  begun = self->begun;
  g_mutex_unlock (&self->lock);
  if (self->stream == NULL || !begun)
    return self->stream != NULL;

  return G_IS_SEEKABLE (self->stream) && g_seekable_can_seek (G_SEEKABLE (self->stream)) &&
         g_seekable_seek (G_SEEKABLE (self->stream), self->start, G_SEEK_SET, NULL, NULL);
}

GInputStream *
u_body_source_get_stream (UBodySource *self)
{
  return self->stream;
}

gboolean
u_body_source_bind (UBodySource *self, GMainContext *context)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->home != NULL)
    return FALSE;
  self->home = g_main_context_ref (context);

  return TRUE;
}

/* ---- In the bound context ---- */

/* Whose asynchronous reads do what is right. Those of a class of the application run its code on another thread, which
 * it does not expect, and which some languages cannot do. */
static gboolean
reads_asynchronously (GInputStream *stream)
{
  static const char *const names[] = {
    "GMemoryInputStream", "GLocalFileInputStream", "GUnixInputStream", "GSocketInputStream",
  };
  static const char *const filters[] = { "GBufferedInputStream", "GDataInputStream" };
  const char *name = G_OBJECT_TYPE_NAME (stream);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (strcmp (name, names[i]) == 0)
        return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    {
      if (strcmp (name, filters[i]) == 0)
        return reads_asynchronously (g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream)));
    }

  return FALSE;
}

static void
wake_locked (UBodySource *self)
{
  if (self->waiter != NULL)
    g_source_set_ready_time (self->waiter, 0);
  g_clear_pointer (&self->waiter, g_source_unref);
}

static gboolean read_cb (gpointer user_data);

static void
schedule_locked (UBodySource *self)
{
  g_autoptr (GSource) source = NULL;

  if (self->scheduled || self->stopped || self->at_end || self->error != NULL || self->n_queued >= READ_AHEAD ||
      self->home == NULL)
    return;

  self->scheduled = TRUE;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] body stream");
  g_source_set_callback (source, read_cb, u_body_source_ref (self), (GDestroyNotify) u_body_source_unref);
  g_source_attach (source, self->home);
}

static void
tell_retired (UBodySource *self)
{
  void (*func) (gpointer user_data) = g_steal_pointer (&self->retired);

  if (func != NULL)
    func (g_steal_pointer (&self->retired_data));
}

/* Consumes both. @bytes: NULL: it failed, with @error or without. */
static void
take_block (UBodySource *self, GBytes *bytes, GError *error)
{
  g_mutex_lock (&self->lock);
  self->scheduled = FALSE;
  if (bytes == NULL)
    {
      self->error = g_error_new (U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED,
                                 "The stream with the body of the request could not be read: %s",
                                 error != NULL ? error->message : "it gave no reason");
      g_clear_error (&error);
    }
  else if (g_bytes_get_size (bytes) == 0)
    {
      self->at_end = TRUE;
      g_bytes_unref (bytes);
    }
  else
    {
      self->n_queued += g_bytes_get_size (bytes);
      g_queue_push_tail (&self->blocks, bytes);
    }
  wake_locked (self);
  schedule_locked (self);
  g_mutex_unlock (&self->lock);
}

static void
block_cb (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UBodySource) self = user_data;
  GError *error = NULL;
  GBytes *bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, &error);

  self->reading = FALSE;
  take_block (self, bytes, error);
  tell_retired (self);
}

static gboolean
read_cb (gpointer user_data)
{
  g_autoptr (UBodySource) self = u_body_source_ref (user_data);
  gboolean stopped;

  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  if (stopped)
    self->scheduled = FALSE;
  g_mutex_unlock (&self->lock);
  if (stopped)
    return G_SOURCE_REMOVE;

  if (self->stream == NULL)
    {
      take_block (self, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "there is none"));
    }
  else if (reads_asynchronously (self->stream))
    {
      self->reading = TRUE;
      g_main_context_push_thread_default (self->home);
      g_input_stream_read_bytes_async (self->stream, BLOCK_SIZE, G_PRIORITY_DEFAULT, self->cancellable, block_cb,
                                       u_body_source_ref (self));
      g_main_context_pop_thread_default (self->home);
    }
  else
    {
      guint8 *buffer = g_malloc (BLOCK_SIZE);
      GError *error = NULL;
      gssize n;

      self->reading = TRUE;
      n = g_input_stream_read (self->stream, buffer, BLOCK_SIZE, NULL, &error);
      self->reading = FALSE;
      if (n > 0)
        buffer = g_realloc (buffer, (gsize) n);
      take_block (self, n >= 0 ? g_bytes_new_take (buffer, (gsize) n) : NULL, error);
      if (n < 0)
        g_free (buffer);
      tell_retired (self);
    }

  return G_SOURCE_REMOVE;
}

void
u_body_source_retire (UBodySource *self, void (*func) (gpointer user_data), gpointer user_data)
{
  u_body_source_stop (self);
  if (!self->reading)
    {
      func (user_data);
      return;
    }

  self->retired = func;
  self->retired_data = user_data;
  g_cancellable_cancel (self->cancellable);
}

/* ---- The thread that sends ---- */

gboolean
u_body_source_begin (UBodySource *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->begun || self->stopped)
    return FALSE;
  self->begun = TRUE;

  return TRUE;
}

gboolean
u_body_source_is_begun (UBodySource *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->begun || self->stopped;
}

GBytes *
u_body_source_take (UBodySource *self, gboolean *at_end, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GBytes *bytes;

  *at_end = FALSE;
  if (self->stopped)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the body is not sent any more");
      return NULL;
    }

  bytes = g_queue_pop_head (&self->blocks);
  if (bytes != NULL)
    self->n_queued -= g_bytes_get_size (bytes);
  else if (self->error != NULL)
    g_propagate_error (error, g_error_copy (self->error));
  else
    *at_end = self->at_end;
  schedule_locked (self);

  return bytes;
}

static gboolean
wait_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);

  return callback != NULL ? callback (user_data) : G_SOURCE_REMOVE;
}

GSource *
u_body_source_create_source (UBodySource *self)
{
  static GSourceFuncs funcs = { .dispatch = wait_dispatch };
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GSource *source = g_source_new (&funcs, sizeof (GSource));

  g_source_set_static_name (source, "[urlsession] body stream awaited");
  g_clear_pointer (&self->waiter, g_source_unref);
  self->waiter = g_source_ref (source);
  if (!g_queue_is_empty (&self->blocks) || self->at_end || self->error != NULL || self->stopped)
    wake_locked (self);
  schedule_locked (self);

  return source;
}

void
u_body_source_stop (UBodySource *self)
{
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  g_queue_clear_full (&self->blocks, (GDestroyNotify) g_bytes_unref);
  self->n_queued = 0;
  wake_locked (self);
  g_mutex_unlock (&self->lock);
}

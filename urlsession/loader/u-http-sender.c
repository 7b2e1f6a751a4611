/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-sender-private.h"

#include <string.h>

#include "urlsession/loader/u-http-answer-private.h"

/* What one dispatch may do before other loads of the thread have their turn: whichever comes first. */
#define DISPATCH_BYTES (2 * 1024 * 1024)
#define DISPATCH_US 2000

/* Between two looks at what comes back: a look costs as much as a small write. */
#define LOOK_BYTES (256 * 1024)

struct _UHttpSender
{
  GInputStream parent_instance;

  UPartsStream *source;       /* owned */
  const UHttpSenderFuncs *funcs; /* NULL: nobody listens any more */
  gpointer user_data;

  GTask *read;                /* owned, nullable; of libsoup, which waits for it */
  void *buffer;               /* libsoup's, of that */
  gsize count;
  gboolean is_filling;        /* the source is at work */
  gboolean is_over;           /* there is nothing more for libsoup */

  /* Writing without libsoup. */
  GIOStream *connection;      /* owned, nullable */
  GSocket *socket;            /* owned, nullable; below it */
  gboolean is_plain;          /* what is written goes into the socket as it is */
  gsize retried;              /* bytes that TLS was given and has not taken: it gets the same again, and no fewer */
  gsize seen;                 /* bytes that wait to be read and are no answer */
  GSource *writable;          /* owned, nullable; the connection takes more */
  GSource *answer;            /* owned, nullable; something comes back */
  GSource *cancelled;         /* owned, nullable */
};

G_DEFINE_FINAL_TYPE (UHttpSender, u_http_sender, G_TYPE_INPUT_STREAM)

static void run (UHttpSender *self);

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    {
      g_source_destroy (*source);
      g_clear_pointer (source, g_source_unref);
    }
}

static void
let_go (UHttpSender *self)
{
  clear_source (&self->writable);
  clear_source (&self->answer);
  clear_source (&self->cancelled);
  if (self->socket != NULL && self->is_plain && self->seen > 0)
    u_http_answer_forget (self->socket);
  g_clear_object (&self->socket);
  g_clear_object (&self->connection);
}

/* Consumes @error, nullable: then @n is the result. */
static void
answer_read (UHttpSender *self, gssize n, GError *error)
{
  g_autoptr (GTask) read = g_steal_pointer (&self->read);

  clear_source (&self->cancelled);
  if (error != NULL || n == 0)
    {
      self->is_over = TRUE;
      let_go (self);
    }
  if (error != NULL)
    g_task_return_error (read, error);
  else
    g_task_return_int (read, n);
}

/* The rest stays here, and for libsoup this was all: it reads the answer, or finds that there is none. */
static void
cut (UHttpSender *self)
{
  if (self->funcs != NULL)
    self->funcs->cut (self->user_data);
  answer_read (self, 0, NULL);
}

static void
filled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UHttpSender) self = user_data;
  GError *error = NULL;

  self->is_filling = FALSE;
  if (u_parts_stream_fill_finish (self->source, result, &error))
    run (self);
  else if (self->read != NULL)
    answer_read (self, -1, error);
  else
    g_error_free (error);
}

/* What is to be sent next. FALSE: it is not there, and whatever follows from that was done. */
static gboolean
get_next (UHttpSender *self, const guint8 **bytes, gsize *size)
{
  GError *error = NULL;

  *bytes = u_parts_stream_peek (self->source, size, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_error_free (error);
      self->is_filling = TRUE;
      u_parts_stream_fill_async (self->source, g_task_get_cancellable (self->read), filled_cb, g_object_ref (self));
      return FALSE;
    }
  if (error != NULL)
    {
      answer_read (self, -1, error);
      return FALSE;
    }

  return TRUE;
}

static void
take (UHttpSender *self, gsize n)
{
  u_parts_stream_skip (self->source, n);
  if (self->funcs != NULL)
    self->funcs->took (self->user_data, n);
}

static gint64
get_credit (UHttpSender *self)
{
  return self->funcs != NULL ? self->funcs->get_credit (self->user_data) : 0;
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_autoptr (UHttpSender) self = g_object_ref (user_data);

  answer_read (self, -1, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the request was cancelled"));

  return G_SOURCE_REMOVE;
}

/* Until this read is answered. */
static void
watch_cancellable (UHttpSender *self)
{
  if (self->cancelled != NULL || g_task_get_cancellable (self->read) == NULL)
    return;

  self->cancelled = g_cancellable_source_new (g_task_get_cancellable (self->read));
  g_source_set_static_name (self->cancelled, "[urlsession] request body cancelled");
  g_source_set_callback (self->cancelled, G_SOURCE_FUNC (cancelled_cb), self, NULL);
  g_source_attach (self->cancelled, g_main_context_get_thread_default ());
}

static void
run_as_stream (UHttpSender *self)
{
  const guint8 *bytes;
  gsize size;

  if (!get_next (self, &bytes, &size))
    return;
  if (size > 0)
    {
      gint64 credit = get_credit (self);

      if (credit <= 0)
        {
          watch_cancellable (self);
          return;
        }
      size = (gsize) MIN ((guint64) MIN (size, self->count), (guint64) credit);
      memcpy (self->buffer, bytes, size);
      take (self, size);
    }
  answer_read (self, (gssize) size, NULL);
}

static gboolean
writable_cb (GObject *stream, gpointer user_data)
{
  g_autoptr (UHttpSender) self = g_object_ref (user_data);

  run (self);

  return G_SOURCE_CONTINUE;
}

static void
wait_until_writable (UHttpSender *self)
{
  GOutputStream *stream = g_io_stream_get_output_stream (self->connection);

  if (self->writable != NULL)
    return;

  self->writable = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (stream), NULL);
  g_source_set_static_name (self->writable, "[urlsession] request body");
  g_source_set_can_recurse (self->writable, TRUE);
  g_source_set_callback (self->writable, G_SOURCE_FUNC (writable_cb), self, NULL);
  g_source_attach (self->writable, g_main_context_get_thread_default ());
}

static void watch_for_answer (UHttpSender *self);

/* TRUE: there is an answer, and that was that. */
static gboolean
look_for_answer (UHttpSender *self)
{
  gsize seen = self->seen;

  if (u_http_answer_look (self->socket, self->is_plain, &self->seen) == U_HTTP_ANSWER_THERE)
    {
      cut (self);
      return TRUE;
    }
  if (self->seen != seen)
    {
      clear_source (&self->answer);
      watch_for_answer (self);
    }

  return FALSE;
}

static gboolean
answer_cb (gpointer user_data)
{
  g_autoptr (UHttpSender) self = g_object_ref (user_data);

  look_for_answer (self);

  return G_SOURCE_CONTINUE;
}

static void
watch_for_answer (UHttpSender *self)
{
  self->answer = u_http_answer_create_source (self->socket, self->is_plain, self->seen);
  g_source_set_callback (self->answer, answer_cb, self, NULL);
  g_source_attach (self->answer, g_main_context_get_thread_default ());
}

/* One write. FALSE: there is nothing to go on with for now. */
static gboolean
write_next (UHttpSender *self, gsize *n_written)
{
  GOutputStream *stream = g_io_stream_get_output_stream (self->connection);
  g_autoptr (GError) error = NULL;
  const guint8 *bytes;
  gsize size;
  gint64 credit;
  gssize n;

  if (!get_next (self, &bytes, &size))
    {
      clear_source (&self->writable);
      return FALSE;
    }
  if (size == 0)
    {
      answer_read (self, 0, NULL);
      return FALSE;
    }

  credit = get_credit (self);
  if (credit <= 0 && self->retried == 0)
    {
      clear_source (&self->writable);
      return FALSE;
    }
  size = MIN (size, MAX ((gsize) MIN ((guint64) MAX (credit, 0), G_MAXSSIZE), self->retried));

  n = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (stream), bytes, size, NULL, &error);
  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      self->retried = self->is_plain ? 0 : size;
      wait_until_writable (self);
      return FALSE;
    }
  if (n < 0)
    {
      /* What the server said before it closed can still be read. */
      cut (self);
      return FALSE;
    }

  self->retried = 0;
  *n_written += (gsize) n;
  take (self, (gsize) n);
  if (self->funcs != NULL)
    self->funcs->wrote (self->user_data, (gsize) n);

  return TRUE;
}

static void
run_on_connection (UHttpSender *self)
{
  gint64 start = g_get_monotonic_time ();
  gsize n_written = 0;
  gsize n_looked = 0;

  if (look_for_answer (self))
    return;

  while (self->read != NULL && write_next (self, &n_written))
    {
      if (n_written - n_looked >= LOOK_BYTES)
        {
          n_looked = n_written;
          if (look_for_answer (self))
            return;
        }
      if (n_written >= DISPATCH_BYTES || g_get_monotonic_time () - start > DISPATCH_US)
        {
          wait_until_writable (self);
          return;
        }
    }
}

static void
run (UHttpSender *self)
{
  if (self->read == NULL || self->is_filling)
    return;
  if (self->connection != NULL && g_cancellable_is_cancelled (g_task_get_cancellable (self->read)))
    return;

  if (self->connection != NULL)
    run_on_connection (self);
  else
    run_as_stream (self);
}

void
u_http_sender_go_on (UHttpSender *self)
{
  g_autoptr (UHttpSender) keep = g_object_ref (self);

  run (self);
}

/* The socket that is written to in the end; NULL if it cannot be seen what is behind the connection. */
static GSocket *
get_socket (GIOStream *connection, gboolean *is_plain)
{
  g_autoptr (GIOStream) stream = g_object_ref (connection);

  *is_plain = TRUE;
  while (!G_IS_SOCKET_CONNECTION (stream) || G_IS_TCP_WRAPPER_CONNECTION (stream))
    {
      GIOStream *base = NULL;

      if (G_IS_TCP_WRAPPER_CONNECTION (stream))
        {
          base = g_object_ref (g_tcp_wrapper_connection_get_base_io_stream (G_TCP_WRAPPER_CONNECTION (stream)));
        }
      else if (G_IS_TLS_CONNECTION (stream))
        {
          *is_plain = FALSE;
          g_object_get (stream, "base-io-stream", &base, NULL);
        }
      if (base == NULL)
        return NULL;
      g_object_unref (stream);
      stream = base;
    }

  return g_object_ref (g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)));
}

/* At the first read libsoup has written the head, and waits for what the read gives: until then nobody else writes. */
static void
take_over (UHttpSender *self)
{
  g_autoptr (GIOStream) connection = NULL;
  GOutputStream *stream;

  if (self->funcs != NULL)
    connection = self->funcs->dup_connection (self->user_data);
  if (connection == NULL)
    return;
  stream = g_io_stream_get_output_stream (connection);
  if (!G_IS_POLLABLE_OUTPUT_STREAM (stream) || !g_pollable_output_stream_can_poll (G_POLLABLE_OUTPUT_STREAM (stream)))
    return;
  self->socket = get_socket (connection, &self->is_plain);
  if (self->socket == NULL)
    return;

  self->connection = g_steal_pointer (&connection);
  watch_for_answer (self);
  watch_cancellable (self);
}

static void
u_http_sender_read_async (GInputStream        *stream,
                          void                *buffer,
                          gsize                count,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  UHttpSender *self = U_HTTP_SENDER (stream);
  gboolean is_first = self->buffer == NULL;

  self->read = g_task_new (stream, cancellable, callback, user_data);
  g_task_set_source_tag (self->read, u_http_sender_read_async);
  g_task_set_priority (self->read, io_priority);
  self->buffer = buffer;
  self->count = count;
  if (g_cancellable_is_cancelled (cancellable))
    {
      answer_read (self, -1, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the request was cancelled"));
      return;
    }
  if (self->is_over)
    {
      answer_read (self, 0, NULL);
      return;
    }
  if (is_first)
    take_over (self);
  run (self);
}

/* After it was cancelled a read says so, whatever became of it: libsoup takes anything else as a sign that its own data
 * is still there. */
static gssize
u_http_sender_read_finish (GInputStream *stream, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_http_sender_read_async), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

/* Nobody reads a body in a way that waits. */
static gssize
u_http_sender_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the body of a request is read asynchronously");

  return -1;
}

/* What is not overridden here would go to another thread, and the last reference with it. */
static void
u_http_sender_close_async (GInputStream        *stream,
                           int                  io_priority,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_source_tag (task, u_http_sender_close_async);
  g_task_return_boolean (task, TRUE);
}

static gboolean
u_http_sender_close_finish (GInputStream *stream, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_http_sender_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
u_http_sender_finalize (GObject *object)
{
  UHttpSender *self = U_HTTP_SENDER (object);

  let_go (self);
  g_clear_object (&self->source);

  G_OBJECT_CLASS (u_http_sender_parent_class)->finalize (object);
}

static void
u_http_sender_class_init (UHttpSenderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  object_class->finalize = u_http_sender_finalize;
  stream_class->read_fn = u_http_sender_read;
  stream_class->read_async = u_http_sender_read_async;
  stream_class->read_finish = u_http_sender_read_finish;
  stream_class->close_async = u_http_sender_close_async;
  stream_class->close_finish = u_http_sender_close_finish;
}

static void
u_http_sender_init (UHttpSender *self)
{
}

UHttpSender *
u_http_sender_new (UPartsStream *source, const UHttpSenderFuncs *funcs, gpointer user_data)
{
  UHttpSender *self = g_object_new (U_TYPE_HTTP_SENDER, NULL);

  self->source = source;
  self->funcs = funcs;
  self->user_data = user_data;

  return self;
}

void
u_http_sender_detach (UHttpSender *self)
{
  self->funcs = NULL;
  self->user_data = NULL;
}

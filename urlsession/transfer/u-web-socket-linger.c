/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-web-socket-linger-private.h"

/* So long the other side may take. */
#define PATIENCE_MS 2000

/* What it sends meanwhile is read up to here. */
#define MAX_READ (1024 * 1024)

typedef struct
{
  GIOStream *stream;          /* owned */
  UWebSocketWriter *writer;   /* owned */
  GSource *write_source;      /* owned, nullable */
  GSource *read_source;       /* owned */
  GSource *timer;             /* owned */
  gsize n_read;
} Linger;

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
closed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (object), result, NULL);
}

static void
end (Linger *self)
{
  clear_source (&self->write_source);
  clear_source (&self->read_source);
  clear_source (&self->timer);
  /* With TLS this says good-bye, too. */
  g_io_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, closed_cb, NULL);
  g_object_unref (self->stream);
  u_web_socket_writer_free (self->writer);
  g_free (self);
}

static gboolean
timer_cb (gpointer user_data)
{
  end (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
readable_cb (GObject *stream, gpointer user_data)
{
  Linger *self = user_data;
  guint8 buffer[16 * 1024];
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, sizeof buffer, NULL,
                                                       &error);

  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (n > 0)
    self->n_read += (gsize) n;
  if (n > 0 && self->n_read < MAX_READ)
    return G_SOURCE_CONTINUE;
  end (self);

  return G_SOURCE_REMOVE;
}

static gboolean
writable_cb (GObject *stream, gpointer user_data)
{
  Linger *self = user_data;
  g_autoptr (GError) error = NULL;
  gsize length;
  const guint8 *data = u_web_socket_writer_peek (self->writer, &length);
  gssize n;

  if (data == NULL)
    {
      g_clear_pointer (&self->write_source, g_source_unref);
      return G_SOURCE_REMOVE;
    }
  n = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (stream), data, length, NULL, &error);
  if (n >= 0)
    {
      u_web_socket_writer_skip (self->writer, (gsize) n);
      return G_SOURCE_CONTINUE;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  end (self);

  return G_SOURCE_REMOVE;
}

static void
attach (GSource *source, GSourceFunc callback, gpointer data)
{
  g_source_set_callback (source, callback, data, NULL);
  g_source_set_static_name (source, "[urlsession] closing WebSocket");
  g_source_attach (source, g_main_context_get_thread_default ());
}

void
u_web_socket_linger (GIOStream *stream, UWebSocketWriter *writer)
{
  Linger *self = g_new0 (Linger, 1);
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));

  self->stream = g_object_ref (stream);
  self->writer = writer;
  self->read_source = g_pollable_input_stream_create_source (input, NULL);
  self->write_source = g_pollable_output_stream_create_source (output, NULL);
  self->timer = g_timeout_source_new (PATIENCE_MS);
  attach (self->read_source, G_SOURCE_FUNC (readable_cb), self);
  attach (self->write_source, G_SOURCE_FUNC (writable_cb), self);
  attach (self->timer, timer_cb, self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-stream-conduit-io-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

/* Bytes in one read, at most. */
#define CHUNK_SIZE (256 * 1024)

/* Bytes that are moved before others of the thread have their turn. */
#define TURN_SIZE (1024 * 1024)

static void
drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* ---- Waiting ---- */

void
u_stream_conduit_stop_reading (UStreamConduit *self)
{
  drop_source (&self->read_timer);
  drop_source (&self->read_source);
}

void
u_stream_conduit_stop_writing (UStreamConduit *self)
{
  drop_source (&self->write_timer);
  drop_source (&self->write_source);
}

static gboolean
read_ready_cb (GObject *stream, gpointer user_data)
{
  UStreamConduit *self = user_data;

  drop_source (&self->read_source);
  u_stream_conduit_pump (self, FALSE);

  return G_SOURCE_REMOVE;
}

static gboolean
write_ready_cb (GObject *stream, gpointer user_data)
{
  UStreamConduit *self = user_data;

  drop_source (&self->write_source);
  u_stream_conduit_pump (self, FALSE);

  return G_SOURCE_REMOVE;
}

static gboolean
pipe_ready_cb (gpointer user_data)
{
  return read_ready_cb (NULL, user_data);
}

static GSource *
make_read_source (UStreamConduit *self)
{
  GInputStream *input;
  GSource *source;

  if (self->pipe != NULL)
    {
      source = u_body_pipe_create_source (self->pipe);
      g_source_set_callback (source, pipe_ready_cb, self, NULL);
      return source;
    }

  input = g_io_stream_get_input_stream (self->stream);
  source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input), NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (read_ready_cb), self, NULL);

  return source;
}

static GSource *
make_write_source (UStreamConduit *self)
{
  GOutputStream *output = g_io_stream_get_output_stream (self->stream);
  GSource *source = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (output), NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (write_ready_cb), self, NULL);

  return source;
}

static GSource *
make_timer (double timeout, GSourceFunc fired, UStreamConduit *self)
{
  GSource *timer = g_timeout_source_new ((guint) (MIN (timeout, 1e6) * 1000));

  g_source_set_static_name (timer, "[urlsession] stream timeout");
  g_source_set_callback (timer, fired, self, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());

  return timer;
}

static GError *
make_timeout (UStreamConduit *self, const char *what, double timeout)
{
  return g_error_new (U_ERROR, U_ERROR_TIMED_OUT, "%s %s took longer than %g seconds.", what, self->settings->subject,
                      timeout);
}

/* What was read so far is there for the next one. */
static gboolean
read_timed_out_cb (gpointer user_data)
{
  UStreamConduit *self = user_data;
  UStreamOrder *order = g_queue_pop_head (&self->reads);

  u_stream_conduit_stop_reading (self);
  u_stream_conduit_post_done (self, order, make_timeout (self, "Reading from", order->timeout));
  u_stream_conduit_free_order (order);
  u_stream_conduit_kick (self);

  return G_SOURCE_REMOVE;
}

/* Nobody is told of it again, but what was begun goes on: the other side must not find a hole. */
static gboolean
write_timed_out_cb (gpointer user_data)
{
  UStreamConduit *self = user_data;
  UStreamOrder *order = g_queue_peek_head (&self->writes);

  drop_source (&self->write_timer);
  u_stream_conduit_post_done (self, order, make_timeout (self, "Writing to", order->timeout));
  order->timeout = 0;
  if (self->write_begun)
    {
      order->serial = 0;
    }
  else
    {
      drop_source (&self->write_source);
      u_stream_conduit_free_order (g_queue_pop_head (&self->writes));
      u_stream_conduit_kick (self);
    }

  return G_SOURCE_REMOVE;
}

/* ---- Reading ---- */

/* The first bytes of the buffer. */
GBytes *
u_stream_conduit_take_bytes (UStreamConduit *self, gsize length)
{
  guint8 *data;

  if (length < self->length)
    {
      GBytes *bytes = g_bytes_new (self->buffer, length);

      self->length -= length;
      memmove (self->buffer, self->buffer + length, self->length);
      return bytes;
    }

  data = g_steal_pointer (&self->buffer);
  /* A little in a large piece of memory, many times over, would be a lot. */
  if (length < self->size / 2)
    data = g_realloc (data, length);
  self->length = self->size = 0;

  return g_bytes_new_take (data, length);
}

static void
end_reading (UStreamConduit *self)
{
  self->read_over = TRUE;
  drop_source (&self->read_source);
  g_clear_pointer (&self->buffer, g_free);
  self->length = self->size = 0;
  u_stream_conduit_post (self, U_STREAM_NEWS_READ_CLOSED);
}

static void
complete_read (UStreamConduit *self, UStreamOrder *order)
{
  UStreamNews *news = u_stream_news_new (U_STREAM_NEWS_DONE);

  news->serial = order->serial;
  news->bytes = u_stream_conduit_take_bytes (self, MIN (self->length, order->maximum));
  news->at_end = self->at_end && self->length == 0;
  u_conduit_host_post (self->host, &news->base);
  if (self->at_end && self->length == 0)
    end_reading (self);
}

static gssize
read_some (UStreamConduit *self, gsize length, GError **error)
{
  GInputStream *input;

  if (self->size < self->length + length)
    {
      self->size = self->length + length;
      self->buffer = g_realloc (self->buffer, self->size);
    }
  if (self->pipe != NULL)
    return u_body_pipe_read (self->pipe, self->buffer + self->length, length, FALSE, NULL, error);

  input = g_io_stream_get_input_stream (self->stream);

  return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), self->buffer + self->length, length,
                                                   NULL, error);
}

static void
await_reading (UStreamConduit *self, UStreamOrder *order)
{
  if (self->read_source == NULL)
    {
      self->read_source = make_read_source (self);
      g_source_attach (self->read_source, g_main_context_get_thread_default ());
    }
  if (self->read_timer == NULL && order->timeout > 0)
    self->read_timer = make_timer (order->timeout, read_timed_out_cb, self);
}

static UStreamProgress
read_for (UStreamConduit *self, UStreamOrder *order)
{
  gsize moved = 0;

  if (self->read_over)
    {
      u_stream_conduit_post_done (self, order,
                                  g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                               self->at_end
                                                 ? "Everything that %s had to say was read: it has closed its side."
                                                 : "Nothing is read from %s any more: this side is closed for reading.",
                                               self->settings->subject));
      return U_STREAM_AGAIN;
    }

  while (self->length < order->minimum && !self->at_end && moved < TURN_SIZE)
    {
      g_autoptr (GError) error = NULL;
      gssize n = read_some (self, MIN (order->maximum - self->length, CHUNK_SIZE), &error);

      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (n < 0)
        return u_stream_conduit_fail (self, error);
      if (n == 0)
        self->at_end = TRUE;
      self->length += (gsize) n;
      moved += (gsize) n;
    }
  if (moved > 0)
    {
      /* The server has accepted the handshake: an error from now on is not about that. */
      g_clear_pointer (&self->opening, u_tls_opening_free);
      u_conduit_host_count (self->host, 0, (gint64) moved);
    }

  if (self->length < order->minimum && !self->at_end)
    {
      await_reading (self, order);
      return U_STREAM_WAITS;
    }
  complete_read (self, order);

  return U_STREAM_AGAIN;
}

static GSocket *
get_socket (UStreamConduit *self)
{
  return G_IS_SOCKET_CONNECTION (self->stream) ? g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->stream))
                                               : NULL;
}

UStreamProgress
u_stream_conduit_run_reads (UStreamConduit *self)
{
  UStreamOrder *order;

  while ((order = g_queue_peek_head (&self->reads)) != NULL && !self->suspended)
    {
      UStreamProgress progress = U_STREAM_AGAIN;

      if (order->kind == U_STREAM_ORDER_READ)
        {
          progress = read_for (self, order);
        }
      else if (!self->read_over)
        {
          GSocket *socket = get_socket (self);

          if (socket != NULL)
            g_socket_shutdown (socket, TRUE, FALSE, NULL);
          end_reading (self);
        }
      if (progress != U_STREAM_AGAIN)
        return progress;

      u_stream_conduit_stop_reading (self);
      u_stream_conduit_free_order (g_queue_pop_head (&self->reads));
    }

  return U_STREAM_WAITS;
}

/* ---- Writing ---- */

static UStreamProgress
write_for (UStreamConduit *self, UStreamOrder *order)
{
  gsize moved = 0;
  gsize length;
  const guint8 *data = g_bytes_get_data (order->bytes, &length);
  gboolean blocked = FALSE;

  if (self->pipe != NULL)
    {
      u_stream_conduit_post_done (self, order,
                                  g_error_new (U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION,
                                               "Nothing can be written to %s: what is read is the body of a response.",
                                               self->settings->subject));
      return U_STREAM_AGAIN;
    }
  if (self->write_over)
    {
      u_stream_conduit_post_done (self, order,
                                  g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                               "Nothing is written to %s any more: this side is closed for writing.",
                                               self->settings->subject));
      return U_STREAM_AGAIN;
    }

  while (self->written < length && !blocked && moved < TURN_SIZE)
    {
      GOutputStream *output = g_io_stream_get_output_stream (self->stream);
      g_autoptr (GError) error = NULL;
      gssize n = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), data + self->written,
                                                             MIN (length - self->written, CHUNK_SIZE), NULL, &error);

      blocked = n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      /* TLS has put what did not go out into a record, and wants to be given the same again. */
      self->write_begun = self->write_begun || n > 0 || G_IS_TLS_CONNECTION (self->stream);
      if (n < 0 && !blocked)
        return u_stream_conduit_fail (self, error);
      if (n > 0)
        {
          self->written += (gsize) n;
          moved += (gsize) n;
        }
    }
  if (moved > 0)
    u_conduit_host_count (self->host, (gint64) moved, 0);

  if (self->written < length)
    {
      if (self->write_source == NULL)
        {
          self->write_source = make_write_source (self);
          g_source_attach (self->write_source, g_main_context_get_thread_default ());
        }
      if (self->write_timer == NULL && order->timeout > 0)
        self->write_timer = make_timer (order->timeout, write_timed_out_cb, self);
      return U_STREAM_WAITS;
    }
  self->written = 0;
  self->write_begun = FALSE;
  if (order->serial != 0)
    u_stream_conduit_post_done (self, order, NULL);

  return U_STREAM_AGAIN;
}

static void
end_writing (UStreamConduit *self)
{
  self->write_over = TRUE;
  u_stream_conduit_post (self, U_STREAM_NEWS_WRITE_CLOSED);
}

static void
closed_cb (GObject *output, GAsyncResult *result, gpointer user_data)
{
  UStreamClosing *closing = user_data;
  UStreamConduit *self = closing->conduit;
  g_autoptr (GError) error = NULL;
  gboolean closed = g_output_stream_close_finish (G_OUTPUT_STREAM (output), result, &error);

  g_free (closing);
  if (self == NULL)
    return;

  self->closing = NULL;
  if (!closed)
    {
      u_stream_conduit_fail (self, error);
      return;
    }
  end_writing (self);
  u_stream_conduit_free_order (g_queue_pop_head (&self->writes));
  u_stream_conduit_pump (self, TRUE);
}

static UStreamProgress
close_writing (UStreamConduit *self)
{
  GSocket *socket = get_socket (self);

  if (self->write_over || self->pipe != NULL)
    return U_STREAM_AGAIN;
  if (self->closing != NULL)
    return U_STREAM_WAITS;

  if (socket != NULL)
    {
      g_autoptr (GError) error = NULL;

      if (!g_socket_shutdown (socket, FALSE, TRUE, &error))
        return u_stream_conduit_fail (self, error);
      end_writing (self);
      return U_STREAM_AGAIN;
    }

  /* Of TLS: it says goodbye, and goes on reading. */
  self->closing = g_new (UStreamClosing, 1);
  self->closing->conduit = self;
  g_output_stream_close_async (g_io_stream_get_output_stream (self->stream), G_PRIORITY_DEFAULT, self->cancellable,
                               closed_cb, self->closing);

  return U_STREAM_WAITS;
}

UStreamProgress
u_stream_conduit_run_writes (UStreamConduit *self)
{
  UStreamOrder *order;

  while ((order = g_queue_peek_head (&self->writes)) != NULL && !self->suspended)
    {
      UStreamProgress progress = order->kind == U_STREAM_ORDER_WRITE ? write_for (self, order) : close_writing (self);

      if (progress != U_STREAM_AGAIN)
        return progress;

      u_stream_conduit_stop_writing (self);
      u_stream_conduit_free_order (g_queue_pop_head (&self->writes));
    }

  return U_STREAM_WAITS;
}


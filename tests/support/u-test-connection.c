/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-connection-private.h"

#include "u-test-routes-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_HEAD (64 * 1024)
#define READ_SIZE (16 * 1024)
#define WRITE_SIZE (64 * 1024)

/* What the server still reads of a body that it has refused. */
#define MAX_LINGER (1024 * 1024)

/* With a rate: how often in a second something is written, unless a chunk size is given. */
#define WRITES_PER_SECOND 20

struct _UTestConnection
{
  GSocket *socket;            /* owned */
  GIOStream *stream;          /* owned; the TLS layer, or the plain connection */
  GTlsCertificate *certificate; /* owned; NULL: no TLS */
  UTestLog *log;              /* owned */
  GCancellable *stop;         /* owned */
  GThread *thread;            /* owned, joined in u_test_connection_join() */
  guint id;
  int wake_fd;                /* owned; readable after a wake */
  GByteArray *input;          /* owned; read, not yet consumed */
  gint finished;              /* atomic */
};

/*
 * Waits until the deadline or, if @pausing, until the request of @serial is released. Returns FALSE when there is
 * nothing left to wait for: the client closed its side, or the server stops.
 */
static gboolean
connection_wait (UTestConnection *self, gint64 deadline, gboolean pausing, guint64 serial)
{
  while (!g_cancellable_is_cancelled (self->stop))
    {
      struct pollfd fds[] = {
        { .fd = g_socket_get_fd (self->socket), .events = POLLRDHUP },
        { .fd = self->wake_fd, .events = POLLIN },
      };
      gint64 left = -1;
      guint64 drained;

      if (pausing && u_test_log_is_released (self->log, serial))
        return TRUE;
      if (deadline >= 0)
        {
          left = deadline - g_get_monotonic_time ();
          if (left <= 0)
            return TRUE;
        }
      if (poll (fds, G_N_ELEMENTS (fds), left < 0 ? -1 : (int) MIN ((left + 999) / 1000, G_MAXINT)) < 0 && errno != EINTR)
        return FALSE;
      if (fds[0].revents != 0)
        return FALSE;
      if (fds[1].revents != 0 && read (self->wake_fd, &drained, sizeof drained) < 0)
        continue;
    }

  return FALSE;
}

static gboolean
connection_wait_ms (UTestConnection *self, gint64 milliseconds)
{
  return connection_wait (self, g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND, FALSE, 0);
}

static gboolean
connection_write (UTestConnection *self, gconstpointer data, gsize length)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), data, length, NULL, self->stop, NULL);
}

static gboolean
connection_write_text (UTestConnection *self, const char *text)
{
  return connection_write (self, text, strlen (text));
}

/* Appends to the input; FALSE at the end of it, or on an error. */
static gboolean
connection_fill (UTestConnection *self)
{
  guint8 buffer[READ_SIZE];
  gssize n = g_input_stream_read (g_io_stream_get_input_stream (self->stream), buffer, sizeof buffer, self->stop, NULL);

  if (n <= 0)
    return FALSE;
  g_byte_array_append (self->input, buffer, n);

  return TRUE;
}

/* Reads until the input has @mark; NULL when it does not come within MAX_HEAD. Returns how many bytes are before. */
static gboolean
connection_fill_until (UTestConnection *self, const char *mark, gsize *before)
{
  while (TRUE)
    {
      const guint8 *found = self->input->len == 0
                              ? NULL : memmem (self->input->data, self->input->len, mark, strlen (mark));

      if (found != NULL)
        {
          *before = found - self->input->data;
          return TRUE;
        }
      if (self->input->len > MAX_HEAD || !connection_fill (self))
        return FALSE;
    }
}

/* Moves @length bytes from the input to the log, and to @body unless that is NULL. */
static gboolean
connection_take_body (UTestConnection *self, guint64 serial, guint64 length, GByteArray *body)
{
  while (length > 0)
    {
      guint n;

      if (self->input->len == 0 && !connection_fill (self))
        return FALSE;
      n = MIN (self->input->len, length);
      u_test_log_request_body (self->log, serial, self->input->data, n);
      if (body != NULL)
        g_byte_array_append (body, self->input->data, n);
      g_byte_array_remove_range (self->input, 0, n);
      length -= n;
    }

  return TRUE;
}

static gboolean
connection_take_chunked (UTestConnection *self, guint64 serial, GByteArray *body)
{
  while (TRUE)
    {
      gsize before;
      guint64 size;
      g_autofree char *line = NULL;

      if (!connection_fill_until (self, "\r\n", &before))
        return FALSE;
      line = g_strndup ((const char *) self->input->data, before);
      g_byte_array_remove_range (self->input, 0, before + 2);
      if (!g_ascii_string_to_unsigned (line, 16, 0, G_MAXINT32, &size, NULL))
        return FALSE;

      if (size == 0)
        break;
      if (!connection_take_body (self, serial, size, body)
          || !connection_fill_until (self, "\r\n", &before) || before != 0)
        return FALSE;
      g_byte_array_remove_range (self->input, 0, 2);
    }

  /* Trailers, and the empty line. */
  while (TRUE)
    {
      gsize before;

      if (!connection_fill_until (self, "\r\n", &before))
        return FALSE;
      g_byte_array_remove_range (self->input, 0, before + 2);
      if (before == 0)
        return TRUE;
    }
}

static gboolean
connection_read_body (UTestConnection *self, const UTestRequest *request, guint64 serial, GByteArray *body)
{
  const char *length = u_test_request_get_header (request, "Content-Length");
  guint64 n;

  if (u_test_request_header_has (request, "Expect", "100-continue")
      && !connection_write_text (self, "HTTP/1.1 100 Continue\r\n\r\n"))
    return FALSE;

  if (u_test_request_header_has (request, "Transfer-Encoding", "chunked"))
    return connection_take_chunked (self, serial, body);
  if (length == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (length, 10, 0, G_MAXINT64, &n, NULL))
    return FALSE;

  return connection_take_body (self, serial, n, body);
}

static void
connection_reset (UTestConnection *self)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  g_socket_close (self->socket, NULL);
}

static gboolean
connection_pause (UTestConnection *self, guint64 serial)
{
  gboolean released;

  u_test_log_paused (self->log, TRUE);
  released = connection_wait (self, -1, TRUE, serial);
  u_test_log_paused (self->log, FALSE);

  return released;
}

/* What is due before the byte at @position goes out. Returns FALSE when the connection ends here. */
static gboolean
connection_misbehave (UTestConnection *self, const UTestReply *reply, guint64 serial, guint64 position)
{
  if (reply->pause_after >= 0 && (guint64) reply->pause_after == position && !connection_pause (self, serial))
    return FALSE;
  if (reply->reset_after >= 0 && (guint64) reply->reset_after == position)
    {
      connection_reset (self);
      return FALSE;
    }
  if (reply->drop_after >= 0 && (guint64) reply->drop_after == position)
    {
      /* Below a TLS layer, so without its goodbye: a dropped connection looks like that. */
      g_socket_close (self->socket, NULL);
      return FALSE;
    }

  return TRUE;
}

static gsize
next_write_size (const UTestReply *reply, guint64 position)
{
  const gint64 marks[] = { reply->pause_after, reply->reset_after, reply->drop_after };
  guint64 size = WRITE_SIZE;

  if (reply->chunk > 0)
    size = MIN (size, (guint64) reply->chunk);
  else if (reply->rate > 0)
    size = CLAMP (reply->rate / WRITES_PER_SECOND, 1, WRITE_SIZE);
  size = MIN (size, reply->length - position);
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      if (marks[i] >= 0 && (guint64) marks[i] > position)
        size = MIN (size, (guint64) marks[i] - position);
    }

  return size;
}

static gboolean
connection_write_piece (UTestConnection *self, const UTestReply *reply, const guint8 *data, gsize length)
{
  if (reply->framing == U_TEST_FRAMING_CHUNKED || reply->framing == U_TEST_FRAMING_CHUNKED_CUT)
    {
      g_autofree char *size = g_strdup_printf ("%" G_GSIZE_MODIFIER "x\r\n", length);

      return connection_write_text (self, size) && connection_write (self, data, length)
             && connection_write_text (self, "\r\n");
    }

  return connection_write (self, data, length);
}

static gboolean
connection_write_body (UTestConnection *self, const UTestReply *reply, guint64 serial)
{
  g_autofree guint8 *buffer = g_malloc (WRITE_SIZE);
  gint64 begun = g_get_monotonic_time ();
  guint64 position = 0;

  while (connection_misbehave (self, reply, serial, position))
    {
      gsize n = next_write_size (reply, position);

      if (n == 0)
        return reply->framing != U_TEST_FRAMING_CHUNKED || connection_write_text (self, "0\r\n\r\n");

      u_test_reply_read_body (reply, position, buffer, n);
      if (!connection_write_piece (self, reply, buffer, n))
        return FALSE;
      position += n;
      if (reply->rate > 0 && position < reply->length
          && !connection_wait (self, begun + (gint64) ((double) position * G_USEC_PER_SEC / reply->rate), FALSE, 0))
        return FALSE;
    }

  return FALSE;
}

static gboolean
connection_send (UTestConnection *self, const UTestReply *reply, guint64 serial)
{
  if (reply->delay > 0 && !connection_wait_ms (self, reply->delay))
    return FALSE;

  if (reply->framing != U_TEST_FRAMING_RAW)
    {
      g_autofree char *head = u_test_reply_dup_head (reply);

      if (!connection_write_text (self, head))
        return FALSE;
    }
  if (reply->head_only || reply->framing == U_TEST_FRAMING_NONE)
    return TRUE;

  return connection_write_body (self, reply, serial);
}

/* A client that sends its body without looking must not lose the answer to a reset (RFC 9112, section 9.6). */
static void
connection_linger (UTestConnection *self, guint64 serial)
{
  g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
  connection_take_body (self, serial, MAX_LINGER, NULL);
  connection_wait (self, -1, FALSE, 0);
}

/* Answers one request. Returns what is to become of the connection. */
static UTestAfter
connection_serve (UTestConnection *self, UTestRequest *request, guint64 serial)
{
  g_autoptr(GByteArray) array = g_byte_array_new ();
  g_autoptr(GBytes) body = NULL;
  g_autoptr(UTestReply) reply = NULL;
  GByteArray *kept = g_str_equal (request->path, "/echo") ? array : NULL;

  if (u_test_routes_reads_body (request) && !connection_read_body (self, request, serial, kept))
    return U_TEST_AFTER_CLOSE;

  body = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  reply = u_test_routes_answer (request, body, self->log);
  if (!connection_send (self, reply, serial))
    return U_TEST_AFTER_CLOSE;

  if (reply->after == U_TEST_AFTER_STALL)
    connection_wait (self, -1, FALSE, 0);
  else if (reply->after == U_TEST_AFTER_LINGER)
    connection_linger (self, serial);

  return reply->after;
}

/* Waits for the first byte of another request, or the end of the client, and reads neither. */
static void
connection_wait_readable (UTestConnection *self)
{
  if (self->input->len == 0)
    g_socket_condition_wait (self->socket, G_IO_IN, self->stop, NULL);
}

static gboolean
connection_serve_next (UTestConnection *self)
{
  g_autoptr(UTestRequest) request = NULL;
  UTestAfter after;
  guint64 serial;
  gsize before;

  if (!connection_fill_until (self, "\r\n\r\n", &before))
    return FALSE;
  request = u_test_request_parse ((const char *) self->input->data, before);
  if (request == NULL)
    {
      connection_write_text (self, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return FALSE;
    }
  g_byte_array_remove_range (self->input, 0, before + 4);

  serial = u_test_log_request_begun (self->log, request, self->id);
  after = connection_serve (self, request, serial);
  u_test_log_request_ended (self->log);

  if (after == U_TEST_AFTER_CLOSE_ON_NEXT)
    connection_wait_readable (self);

  return after == U_TEST_AFTER_KEEP;
}

static gboolean
connection_open (UTestConnection *self)
{
  g_autoptr(GIOStream) plain = G_IO_STREAM (g_socket_connection_factory_create_connection (self->socket));
  const char *protocols[] = { "http/1.1", NULL };

  g_socket_set_option (self->socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  if (self->certificate == NULL)
    {
      self->stream = g_steal_pointer (&plain);
      return TRUE;
    }

  self->stream = g_tls_server_connection_new (plain, self->certificate, NULL);
  if (self->stream == NULL)
    return FALSE;
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (self->stream), protocols);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (self->stream), FALSE);

  return g_tls_connection_handshake (G_TLS_CONNECTION (self->stream), self->stop, NULL);
}

static gpointer
connection_thread (gpointer data)
{
  UTestConnection *self = data;

  if (connection_open (self))
    {
      while (connection_serve_next (self))
        {
        }
    }
  if (self->stream != NULL)
    g_io_stream_close (self->stream, self->stop, NULL);
  g_socket_close (self->socket, NULL);
  u_test_log_connection_closed (self->log);
  g_atomic_int_set (&self->finished, TRUE);

  return NULL;
}

/*
 * u_test_connection_new:
 *
 * Serves what comes on @socket until the client goes or @stop is cancelled.
 */
UTestConnection *
u_test_connection_new (GSocket *socket, GTlsCertificate *certificate, UTestLog *log, GCancellable *stop)
{
  UTestConnection *self = g_new0 (UTestConnection, 1);

  self->socket = g_object_ref (socket);
  self->certificate = certificate != NULL ? g_object_ref (certificate) : NULL;
  self->log = u_test_log_ref (log);
  self->stop = g_object_ref (stop);
  self->input = g_byte_array_new ();
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->id = u_test_log_connection_opened (log);
  self->thread = g_thread_new ("test-connection", connection_thread, self);

  return self;
}

/*
 * u_test_connection_wake:
 *
 * Lets a connection that pauses look again whether it still should.
 */
void
u_test_connection_wake (UTestConnection *self)
{
  const guint64 one = 1;

  /* It can only fail when it is awake already. */
  if (write (self->wake_fd, &one, sizeof one) < 0)
    return;
}

gboolean
u_test_connection_is_finished (UTestConnection *self)
{
  return g_atomic_int_get (&self->finished);
}

/*
 * u_test_connection_join:
 * @self: (transfer full): the connection
 *
 * Waits for the end of the connection and frees it.
 */
void
u_test_connection_join (UTestConnection *self)
{
  g_thread_join (self->thread);
  g_clear_object (&self->stream);
  g_object_unref (self->socket);
  g_clear_object (&self->certificate);
  u_test_log_unref (self->log);
  g_object_unref (self->stop);
  g_byte_array_unref (self->input);
  close (self->wake_fd);
  g_free (self);
}

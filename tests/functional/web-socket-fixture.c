/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "web-socket-fixture.h"

#include <string.h>

static void
note (WebSocketPeer *self, char *entry)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->log, entry);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* ---- The thread of a connection ---- */

/* Byte by byte, so that nothing behind it is taken. NULL: the connection ended. */
static char *
read_head (GInputStream *input)
{
  g_autoptr (GString) head = g_string_new (NULL);
  char byte;

  while (!g_str_has_suffix (head->str, "\r\n\r\n"))
    {
      if (g_input_stream_read (input, &byte, 1, NULL, NULL) != 1)
        return NULL;
      g_string_append_c (head, byte);
    }

  return g_string_free (g_steal_pointer (&head), FALSE);
}

void
web_socket_write (WebSocketConnection *self, const void *data, gsize length)
{
  /* The client may be gone. */
  g_output_stream_write_all (self->output, data, length, NULL, NULL, NULL);
}

void
web_socket_accept (WebSocketConnection *self, const char *fields)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  const char *start = strstr (self->head, "Sec-WebSocket-Key: ");
  g_autofree char *key = NULL;
  g_autofree char *accept = NULL;
  g_autofree char *answer = NULL;
  guint8 digest[20];
  gsize length = sizeof digest;

  g_assert_nonnull (start);
  start += strlen ("Sec-WebSocket-Key: ");
  key = g_strndup (start, strcspn (start, "\r"));
  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (checksum, digest, &length);
  accept = g_base64_encode (digest, length);
  answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: %s\r\n%s\r\n", accept, fields);
  web_socket_write (self, answer, strlen (answer));
}

void
web_socket_write_frame (WebSocketConnection *self, guint first_byte, const void *data, gsize length)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  guint8 head[10] = { (guint8) first_byte };
  guint n_head = 2;

  if (length < 126)
    {
      head[1] = (guint8) length;
    }
  else
    {
      head[1] = length < 65536 ? 126 : 127;
      n_head += length < 65536 ? 2 : 8;
      for (guint i = 0; i < n_head - 2; i++)
        head[n_head - 1 - i] = (guint8) ((guint64) length >> (8 * i));
    }
  g_byte_array_append (frame, head, n_head);
  g_byte_array_append (frame, data, (guint) length);
  web_socket_write (self, frame->data, frame->len);
}

void
web_socket_write_text (WebSocketConnection *self, const char *text)
{
  web_socket_write_frame (self, 0x81, text, strlen (text));
}

void
web_socket_write_close (WebSocketConnection *self, guint code, const char *reason)
{
  g_autofree char *payload = g_strdup_printf ("%c%c%s", (int) (code >> 8), (int) (code & 0xff), reason);

  web_socket_write_frame (self, 0x88, payload, 2 + strlen (reason));
}

static gboolean
read_all (WebSocketConnection *self, guint8 *data, gsize length)
{
  gsize n = 0;

  return g_input_stream_read_all (self->input, data, length, &n, NULL, NULL) && n == length;
}

static void
note_frame (WebSocketConnection *self, guint opcode, const guint8 *data, gsize length)
{
  switch (opcode)
    {
    case 0x1:
      note (self->peer, g_strdup_printf ("text %.*s", (int) length, (const char *) data));
      break;
    case 0x2:
      note (self->peer, g_strdup_printf ("bytes %" G_GSIZE_FORMAT, length));
      break;
    case 0x8:
      if (length >= 2)
        note (self->peer, g_strdup_printf ("close %u %.*s", data[0] << 8 | data[1], (int) length - 2,
                                           (const char *) data + 2));
      else
        note (self->peer, g_strdup ("close"));
      break;
    case 0x9:
      note (self->peer, g_strdup ("ping"));
      break;
    case 0xa:
      note (self->peer, g_strdup_printf ("pong %.*s", (int) length, (const char *) data));
      break;
    default:
      note (self->peer, g_strdup_printf ("opcode %u", opcode));
      break;
    }
}

GBytes *
web_socket_read (WebSocketConnection *self, guint *opcode)
{
  guint8 head[2];
  guint8 extended[8];
  guint8 mask[4];
  guint n_extended;
  guint64 length;
  g_autofree guint8 *data = NULL;

  if (!read_all (self, head, 2))
    {
      note (self->peer, g_strdup ("end"));
      return NULL;
    }
  g_assert_true ((head[1] & 0x80) != 0);
  g_assert_true ((head[0] & 0x80) != 0);
  length = head[1] & 0x7f;
  n_extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (n_extended > 0)
    {
      g_assert_true (read_all (self, extended, n_extended));
      length = 0;
      for (guint i = 0; i < n_extended; i++)
        length = length << 8 | extended[i];
    }
  g_assert_true (read_all (self, mask, 4));
  data = g_malloc (length + 1);
  if (!read_all (self, data, length))
    {
      note (self->peer, g_strdup ("end"));
      return NULL;
    }
  for (guint64 i = 0; i < length; i++)
    data[i] ^= mask[i % 4];
  *opcode = head[0] & 0xf;
  note_frame (self, *opcode, data, length);

  return g_bytes_new_take (g_steal_pointer (&data), length);
}

void
web_socket_read_all (WebSocketConnection *self)
{
  GBytes *bytes;
  guint opcode = 0;

  while (opcode != 0x8 && (bytes = web_socket_read (self, &opcode)) != NULL)
    g_bytes_unref (bytes);
}

void
web_socket_wait (WebSocketConnection *self)
{
  g_mutex_lock (&self->peer->lock);
  while (!self->peer->released)
    g_cond_wait (&self->peer->changed, &self->peer->lock);
  g_mutex_unlock (&self->peer->lock);
}

void
web_socket_serve_echo (WebSocketConnection *self)
{
  guint opcode = 0;

  web_socket_accept (self, "");
  while (opcode != 0x8)
    {
      g_autoptr (GBytes) bytes = web_socket_read (self, &opcode);

      if (bytes == NULL)
        return;
      web_socket_write_frame (self, 0x80 | (opcode == 0x9 ? 0xa : opcode), g_bytes_get_data (bytes, NULL),
                              g_bytes_get_size (bytes));
    }
}

void
web_socket_serve_sink (WebSocketConnection *self)
{
  web_socket_accept (self, "");
  web_socket_read_all (self);
}

typedef struct
{
  WebSocketPeer *peer;
  GSocketConnection *socket;  /* owned */
} Accepted;

static gpointer
connection_thread (gpointer data)
{
  Accepted *accepted = data;
  WebSocketPeer *self = accepted->peer;
  g_autoptr (GSocketConnection) socket = accepted->socket;
  WebSocketConnection connection = {
    .peer = self,
    .input = g_io_stream_get_input_stream (G_IO_STREAM (socket)),
    .output = g_io_stream_get_output_stream (G_IO_STREAM (socket)),
  };
  g_autofree char *head = read_head (connection.input);
  WebSocketServe serve;

  g_free (accepted);
  g_mutex_lock (&self->lock);
  connection.number = self->n_connections++;
  connection.head = head;
  if (head != NULL)
    g_ptr_array_add (self->heads, g_strdup (head));
  serve = self->serve;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  if (head != NULL)
    serve (&connection);
  g_io_stream_close (G_IO_STREAM (socket), NULL, NULL);

  g_mutex_lock (&self->lock);
  self->n_open--;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  return NULL;
}

static gpointer
accept_thread (gpointer data)
{
  WebSocketPeer *self = data;
  GSocketConnection *socket;

  while ((socket = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL)) != NULL)
    {
      Accepted *accepted = g_new (Accepted, 1);

      accepted->peer = self;
      accepted->socket = socket;
      g_mutex_lock (&self->lock);
      self->n_open++;
      g_mutex_unlock (&self->lock);
      g_thread_unref (g_thread_new ("web-socket-peer", connection_thread, accepted));
    }

  return NULL;
}

/* ---- The test ---- */

void
web_socket_peer_start (WebSocketPeer *peer)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&peer->lock);
  g_cond_init (&peer->changed);
  g_queue_init (&peer->log);
  peer->heads = g_ptr_array_new_with_free_func (g_free);
  peer->serve = web_socket_serve_echo;
  peer->listener = g_socket_listener_new ();
  peer->cancellable = g_cancellable_new ();
  g_socket_listener_add_address (peer->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                 &effective, &error);
  g_assert_no_error (error);
  peer->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  peer->thread = g_thread_new ("web-socket-accept", accept_thread, peer);
}

void
web_socket_peer_refuse (WebSocketPeer *peer)
{
  g_cancellable_cancel (peer->cancellable);
  g_clear_pointer (&peer->thread, g_thread_join);
  g_socket_listener_close (peer->listener);
}

void
web_socket_peer_stop (WebSocketPeer *peer)
{
  if (peer->thread != NULL)
    web_socket_peer_refuse (peer);
  g_mutex_lock (&peer->lock);
  while (peer->n_open > 0)
    g_cond_wait (&peer->changed, &peer->lock);
  g_mutex_unlock (&peer->lock);
  g_object_unref (peer->listener);
  g_object_unref (peer->cancellable);
  g_queue_clear_full (&peer->log, g_free);
  g_ptr_array_unref (peer->heads);
  g_mutex_clear (&peer->lock);
  g_cond_clear (&peer->changed);
}

void
web_socket_set_up (WebSocketScene *self, gconstpointer data)
{
  u_test_scene_set_up (&self->scene, NULL);
  web_socket_peer_start (&self->peer);
  self->peer.data = data;
}

void
web_socket_tear_down (WebSocketScene *self, gconstpointer data)
{
  web_socket_release (self);
  u_test_scene_drop_session (&self->scene);
  web_socket_peer_stop (&self->peer);
  u_test_drain (self->scene.context);
  u_test_scene_tear_down (&self->scene, data);
}

char *
web_socket_dup_uri (WebSocketScene *self, const char *path)
{
  return g_strdup_printf ("ws://127.0.0.1:%u%s", self->peer.port, path);
}

void
web_socket_watch (WebSocketScene *self, UWebSocketTask *task)
{
  u_test_signal_log_watch_signal (self->scene.log, task, "opened");
  u_test_signal_log_watch_signal (self->scene.log, task, "closed");
  u_test_signal_log_watch_signal (self->scene.log, task, "completed");
}

UWebSocketTask *
web_socket_new_task (WebSocketScene *self, WebSocketServe serve)
{
  g_autofree char *uri = web_socket_dup_uri (self, "/");
  UWebSocketTask *task = u_session_create_web_socket_task_for_uri (self->scene.session, uri, NULL);

  self->peer.serve = serve;
  /* Frames are compared as they are. */
  u_web_socket_task_set_uses_compression (task, FALSE);
  web_socket_watch (self, task);

  return task;
}

static char *
pop (WebSocketScene *self, const char *expected)
{
  char *entry = NULL;
  gint64 deadline = u_test_wait_deadline ();

  while (entry == NULL)
    {
      g_mutex_lock (&self->peer.lock);
      entry = g_queue_pop_head (&self->peer.log);
      g_mutex_unlock (&self->peer.lock);
      if (entry == NULL)
        u_test_wait_step (self->scene.context, deadline, expected);
    }

  return entry;
}

void
web_socket_assert_came (WebSocketScene *self, const char *expected)
{
  g_autofree char *entry = pop (self, expected);

  g_assert_cmpstr (entry, ==, expected);
}

gsize
web_socket_measure_came (WebSocketScene *self)
{
  g_autofree char *entry = pop (self, "anything");

  return strlen (entry);
}

guint
web_socket_count_requests (WebSocketScene *self)
{
  guint n;

  g_mutex_lock (&self->peer.lock);
  n = self->peer.heads->len;
  g_mutex_unlock (&self->peer.lock);

  return n;
}

char *
web_socket_dup_head (WebSocketScene *self, guint position)
{
  char *head;

  g_mutex_lock (&self->peer.lock);
  g_assert_cmpuint (position, <, self->peer.heads->len);
  head = g_strdup (g_ptr_array_index (self->peer.heads, position));
  g_mutex_unlock (&self->peer.lock);

  return head;
}

void
web_socket_release (WebSocketScene *self)
{
  g_mutex_lock (&self->peer.lock);
  self->peer.released = TRUE;
  g_cond_broadcast (&self->peer.changed);
  g_mutex_unlock (&self->peer.lock);
}

UWebSocketMessage *
web_socket_receive (WebSocketScene *self, UWebSocketTask *task, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &result);
  u_test_wait_until (self->scene.context, result != NULL);

  return u_web_socket_task_receive_finish (task, result, error);
}

void
web_socket_assert_text (WebSocketScene *self, UWebSocketTask *task, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UWebSocketMessage) message = web_socket_receive (self, task, &error);

  g_assert_no_error (error);
  g_assert_cmpint (u_web_socket_message_get_kind (message), ==, U_WEB_SOCKET_MESSAGE_KIND_TEXT);
  g_assert_cmpstr (u_web_socket_message_get_text (message), ==, text);
}

void
web_socket_send (WebSocketScene *self, UWebSocketTask *task, const char *text)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  u_web_socket_task_send_text_async (task, text, NULL, u_test_take_result, &result);
  u_test_wait_until (self->scene.context, result != NULL);
  g_assert_true (u_web_socket_task_send_text_finish (task, result, &error));
  g_assert_no_error (error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream-fixture.h"

#include <string.h>

static gpointer
peer_thread (gpointer data)
{
  Peer *self = data;

  while (TRUE)
    {
      g_autoptr (GSocketConnection) connection = NULL;

      connection = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL);
      if (connection == NULL)
        return NULL;
      g_atomic_int_inc (&self->n_connections);
      self->func (self, connection);
    }
}

Peer *
peer_new (PeerFunc func)
{
  Peer *self = g_new0 (Peer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  self->listener = g_socket_listener_new ();
  self->cancellable = g_cancellable_new ();
  self->func = func;
  g_assert_true (g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                                NULL, &bound, NULL));
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->thread = g_thread_new ("peer", peer_thread, self);

  return self;
}

void
peer_free (Peer *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_free (self);
}

void
peer_wait (Peer *self, gint gate)
{
  while (g_atomic_int_get (&self->gate) < gate && !g_cancellable_is_cancelled (self->cancellable))
    g_usleep (500);
}

void
peer_open (Peer *self)
{
  g_atomic_int_inc (&self->gate);
}

void
peer_say (Peer *self, GSocketConnection *connection, const char *text)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), text, strlen (text), NULL,
                             self->cancellable, NULL);
}

GString *
peer_hear (Peer *self, GSocketConnection *connection)
{
  GString *heard = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), buffer, sizeof buffer,
                                   self->cancellable, NULL)) > 0)
    g_string_append_len (heard, buffer, n);

  return heard;
}

UStreamTask *
stream_new (UTestScene *scene, guint16 port)
{
  UStreamTask *task = u_session_create_stream_task (scene->session, "127.0.0.1", port);

  u_test_signal_log_watch (scene->log, task);

  return task;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;

  g_assert_false (self->done);
  self->done = TRUE;
  self->bytes = u_stream_task_read_finish (U_STREAM_TASK (source), result, &self->at_end, &self->error);
  g_assert_true ((self->bytes != NULL) != (self->error != NULL));
}

static void
write_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;
  gboolean written;

  g_assert_false (self->done);
  self->done = TRUE;
  written = u_stream_task_write_finish (U_STREAM_TASK (source), result, &self->error);
  g_assert_true (written == (self->error == NULL));
}

static void
capture_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;

  g_assert_false (self->done);
  self->done = TRUE;
  self->stream = u_stream_task_capture_streams_finish (U_STREAM_TASK (source), result, &self->error);
  g_assert_true ((self->stream != NULL) != (self->error != NULL));
}

Call *
call_read (UStreamTask *task, gsize minimum, gsize maximum, double timeout, GCancellable *cancellable)
{
  Call *self = g_new0 (Call, 1);

  u_stream_task_read_async (task, minimum, maximum, timeout, cancellable, read_cb, self);
  g_assert_false (self->done);

  return self;
}

Call *
call_write (UStreamTask *task, const char *text, double timeout, GCancellable *cancellable)
{
  Call *self = g_new0 (Call, 1);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  u_stream_task_write_async (task, bytes, timeout, cancellable, write_cb, self);
  g_assert_false (self->done);

  return self;
}

Call *
call_write_bytes (UStreamTask *task, GBytes *bytes, double timeout)
{
  Call *self = g_new0 (Call, 1);

  u_stream_task_write_async (task, bytes, timeout, NULL, write_cb, self);

  return self;
}

Call *
call_capture (UStreamTask *task)
{
  Call *self = g_new0 (Call, 1);

  u_stream_task_capture_streams_async (task, NULL, capture_cb, self);

  return self;
}

void
call_wait (UTestScene *scene, Call *self)
{
  u_test_wait_until (scene->context, self->done);
}

void
call_free (Call *self)
{
  /* A call that is forgotten would write into freed memory. */
  g_assert_true (self->done);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->stream);
  g_clear_error (&self->error);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream-fixture.h"

#include <string.h>
#include <sys/socket.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static GString *heard;        /* owned; what the last peer was told, once its thread is joined */

static void
end_peer (Peer *peer)
{
  peer_free (peer);
  if (heard != NULL)
    g_string_free (g_steal_pointer (&heard), TRUE);
}

/* Says ten letters in two parts, hears, says goodbye. */
static void
talk (Peer *peer, GSocketConnection *connection)
{
  peer_say (peer, connection, "abc");
  peer_wait (peer, 1);
  peer_say (peer, connection, "defghij");
  heard = peer_hear (peer, connection);
  g_atomic_int_set (&peer->marks, 1);
  peer_say (peer, connection, "late");
}

static void
test_order (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (talk);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) first = call_read (task, 2, 2, 0, NULL);
  g_autoptr (Call) second = call_read (task, 4, 100, 0, NULL);
  g_autoptr (Call) third = NULL;
  g_autoptr (Call) write = call_write (task, "one ", 0, NULL);
  g_autoptr (Call) write2 = call_write (task, "two", 0, NULL);
  g_autoptr (Call) empty = call_write (task, "", 0, NULL);
  g_autoptr (Call) last = NULL;

  /* All of this before there is a connection. */
  g_assert_cmpint (g_atomic_int_get (&peer->n_connections), ==, 0);
  u_task_resume (U_TASK (task));
  call_wait (self, first);
  call_assert_text (first, "ab");
  g_assert_false (first->at_end);
  call_wait (self, write);
  call_wait (self, write2);
  call_wait (self, empty);
  g_assert_no_error (write->error);
  g_assert_no_error (write2->error);
  g_assert_no_error (empty->error);
  g_assert_false (second->done);

  peer_open (peer);
  call_wait (self, second);
  g_assert_no_error (second->error);
  g_assert_cmpuint (g_bytes_get_size (second->bytes), >=, 4);
  third = call_read (task, 8 - g_bytes_get_size (second->bytes) + 4, 100, 0, NULL);
  u_stream_task_close_write (task);
  call_wait (self, third);
  g_assert_no_error (third->error);
  g_assert_cmpuint (g_bytes_get_size (second->bytes) + g_bytes_get_size (third->bytes), ==, 12);
  g_assert_cmpmem ((const char *) g_bytes_get_data (third->bytes, NULL) + g_bytes_get_size (third->bytes) - 4, 4,
                   "late", 4);

  last = call_read (task, 1, 100, 0, NULL);
  call_wait (self, last);
  call_assert_text (last, "");
  g_assert_true (last->at_end);
  u_test_scene_finish (self, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  g_assert_cmpint (u_task_get_bytes_sent (U_TASK (task)), ==, 7);
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), ==, 14);
  g_assert_cmpstr (heard->str, ==, "one two");
  end_peer (peer);
}

static void
say_four (Peer *peer, GSocketConnection *connection)
{
  peer_say (peer, connection, "four");
}

static void
test_end (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (say_four);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) read = call_read (task, 10, 20, 0, NULL);
  g_autoptr (Call) after = call_read (task, 1, 20, 0, NULL);

  u_task_resume (U_TASK (task));
  call_wait (self, read);
  call_assert_text (read, "four");
  g_assert_true (read->at_end);
  call_wait (self, after);
  g_assert_error (after->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_false (after->at_end);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "read-closed") == 1);
  u_test_assert_state (U_TASK (task), U_TASK_STATE_RUNNING);
  u_stream_task_close_write (task);
  u_test_scene_finish (self, U_TASK (task));
  u_test_signal_log_skip (self->log, "notify");
  g_assert_cmpuint (u_test_signal_log_count (self->log, "write-closed"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed ok"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "read-closed"), ==, 1);
  end_peer (peer);
}

static void
test_read_timeout (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (talk);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) read = call_read (task, 10, 10, 0.05, NULL);
  g_autoptr (Call) again = NULL;

  u_task_resume (U_TASK (task));
  call_wait (self, read);
  g_assert_error (read->error, U_ERROR, U_ERROR_TIMED_OUT);
  u_test_assert_state (U_TASK (task), U_TASK_STATE_RUNNING);
  again = call_read (task, 10, 10, 60, NULL);
  peer_open (peer);
  call_wait (self, again);
  call_assert_text (again, "abcdefghij");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  end_peer (peer);
}

/* Reads nothing before it is told to; then all, and whether it is the pattern. */
static void
read_late (Peer *peer, GSocketConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  static guint8 buffer[64 * 1024];
  gssize n;

  peer_wait (peer, 1);
  while ((n = g_input_stream_read (input, buffer, sizeof buffer, peer->cancellable, NULL)) > 0)
    {
      for (gssize i = 0; i < n; i++)
        {
          if (buffer[i] != (guint8) ((peer->n_bytes + i) % 251))
            g_atomic_int_set (&peer->marks, 1);
        }
      peer->n_bytes += n;
    }
}

static GBytes *
make_pattern (gsize length, gsize offset)
{
  guint8 *data = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    data[i] = (guint8) ((offset + i) % 251);

  return g_bytes_new_take (data, length);
}

/* What was begun is written to its end, whoever gave up waiting for it. */
static void
test_write_timeout (UTestScene *self, gconstpointer data)
{
  const gsize length = 32 * 1024 * 1024;
  Peer *peer = peer_new (read_late);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (GBytes) bytes = make_pattern (length, 0);
  g_autoptr (GBytes) more = make_pattern (1000, length);
  g_autoptr (Call) write = call_write_bytes (task, bytes, 0.1);
  g_autoptr (Call) next = NULL;

  u_task_resume (U_TASK (task));
  call_wait (self, write);
  g_assert_error (write->error, U_ERROR, U_ERROR_TIMED_OUT);
  u_test_assert_state (U_TASK (task), U_TASK_STATE_RUNNING);
  next = call_write_bytes (task, more, 60);
  u_stream_task_close_write (task);
  peer_open (peer);
  call_wait (self, next);
  g_assert_no_error (next->error);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "write-closed") == 1);
  u_stream_task_close_read (task);
  u_test_scene_finish (self, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  g_assert_cmpint (u_task_get_bytes_sent (U_TASK (task)), ==, length + 1000);
  /* It has its own end before the thread can be joined. */
  while (peer->n_bytes < (gint64) length + 1000)
    g_usleep (1000);
  g_assert_cmpint (g_atomic_int_get (&peer->marks), ==, 0);
  end_peer (peer);
}

static void
test_half_close (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (talk);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) write = call_write (task, "hello", 0, NULL);
  g_autoptr (Call) refused = NULL;
  g_autoptr (Call) read = NULL;

  u_stream_task_close_write (task);
  refused = call_write (task, "too late", 0, NULL);
  peer_open (peer);
  u_task_resume (U_TASK (task));
  call_wait (self, refused);
  g_assert_true (write->done);
  g_assert_no_error (write->error);
  g_assert_error (refused->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  /* The other side has seen the end, and answers after it. */
  read = call_read (task, 14, 100, 0, NULL);
  call_wait (self, read);
  call_assert_text (read, "abcdefghijlate");
  g_assert_cmpstr (heard->str, ==, "hello");
  g_assert_cmpuint (u_test_signal_log_count (self->log, "write-closed"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 0);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  end_peer (peer);
}

static void
test_close_read (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (talk);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) read = call_read (task, 3, 3, 0, NULL);
  g_autoptr (Call) refused = NULL;
  g_autoptr (Call) write = NULL;

  u_stream_task_close_read (task);
  refused = call_read (task, 1, 1, 0, NULL);
  u_task_resume (U_TASK (task));
  call_wait (self, refused);
  call_assert_text (read, "abc");
  g_assert_error (refused->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "read-closed") == 1);

  write = call_write (task, "still", 0, NULL);
  call_wait (self, write);
  g_assert_no_error (write->error);
  peer_open (peer);
  u_stream_task_close_write (task);
  u_test_scene_finish (self, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  while (g_atomic_int_get (&peer->marks) == 0)
    g_usleep (1000);
  g_assert_cmpstr (heard->str, ==, "still");
  end_peer (peer);
}

static void
capture (UTestScene *self, gboolean with_rest)
{
  Peer *peer = peer_new (talk);
  UStreamTask *task = stream_new (self, peer->port);
  g_autoptr (Call) late = NULL;
  char buffer[20] = { 0 };
  gsize length;

  {
    g_autoptr (Call) first = call_read (task, with_rest ? 4 : 3, 10, with_rest ? 0.05 : 0, NULL);
    g_autoptr (Call) write = call_write (task, "from the task, ", 0, NULL);
    g_autoptr (Call) captured = call_capture (task);

    late = call_write (task, "never", 0, NULL);
    u_task_resume (U_TASK (task));
    call_wait (self, captured);
    call_wait (self, late);
    g_assert_no_error (captured->error);
    g_assert_true (first->done && write->done);
    if (with_rest)
      g_assert_error (first->error, U_ERROR, U_ERROR_TIMED_OUT);
    else
      call_assert_text (first, "abc");
    g_assert_error (late->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
    u_test_scene_finish (self, U_TASK (task));
    g_assert_no_error (u_task_get_error (U_TASK (task)));
    g_assert_cmpuint (u_test_signal_log_count (self->log, "completed ok"), ==, 1);

    /* The streams live on, when all else is gone. */
    u_test_assert_finalized (self->context, task);
    u_test_scene_drop_session (self);
    g_assert_cmpuint (G_OBJECT (captured->stream)->ref_count, ==, 1);
    peer_open (peer);
    g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (captured->stream), "from the streams", 16,
                                              NULL, NULL, NULL));
    length = with_rest ? 10 : 7;
    g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (captured->stream), buffer, length, NULL, NULL,
                                            NULL));
    g_assert_cmpstr (buffer, ==, with_rest ? "abcdefghij" : "defghij");
    g_assert_true (g_io_stream_close (captured->stream, NULL, NULL));
  }
  while (g_atomic_int_get (&peer->marks) == 0)
    g_usleep (1000);
  g_assert_cmpstr (heard->str, ==, "from the task, from the streams");
  end_peer (peer);
}

static void
test_capture (UTestScene *self, gconstpointer data)
{
  capture (self, FALSE);
}

static void
test_capture_with_rest (UTestScene *self, gconstpointer data)
{
  capture (self, TRUE);
}

/* Calling off a read loses no byte; calling off a write that has not begun, all of it. */
static void
test_cancel_calls (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (talk);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (GCancellable) early = g_cancellable_new ();
  g_autoptr (GCancellable) dead = g_cancellable_new ();
  g_autoptr (GCancellable) reading = g_cancellable_new ();
  g_autoptr (Call) never = call_read (task, 1, 1, 0, early);
  g_autoptr (Call) unwritten = call_write (task, "unwritten", 0, early);
  g_autoptr (Call) at_once = NULL;
  g_autoptr (Call) read = NULL;
  g_autoptr (Call) all = NULL;

  g_cancellable_cancel (dead);
  at_once = call_read (task, 1, 1, 0, dead);
  g_cancellable_cancel (early);
  call_wait (self, never);
  call_wait (self, unwritten);
  call_wait (self, at_once);
  g_assert_error (never->error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_error (unwritten->error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_error (at_once->error, U_ERROR, U_ERROR_CANCELLED);

  u_task_resume (U_TASK (task));
  read = call_read (task, 10, 10, 0, reading);
  u_test_wait_until (self->context, u_task_get_bytes_received (U_TASK (task)) == 3);
  g_cancellable_cancel (reading);
  call_wait (self, read);
  g_assert_error (read->error, U_ERROR, U_ERROR_CANCELLED);
  u_test_assert_state (U_TASK (task), U_TASK_STATE_RUNNING);

  all = call_read (task, 14, 14, 0, NULL);
  peer_open (peer);
  u_stream_task_close_write (task);
  call_wait (self, all);
  call_assert_text (all, "abcdefghijlate");
  g_assert_cmpstr (heard->str, ==, "");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  end_peer (peer);
}

static void
test_cancel_task (UTestScene *self, gconstpointer data)
{
  for (guint round = 0; round < 3; round++)
    {
      Peer *peer = peer_new (talk);
      g_autoptr (UStreamTask) task = stream_new (self, peer->port);
      g_autoptr (GBytes) bytes = make_pattern (32 * 1024 * 1024, 0);
      g_autoptr (Call) read = call_read (task, 10, 10, 0, NULL);
      g_autoptr (Call) read2 = call_read (task, 10, 10, 0, NULL);
      g_autoptr (Call) write = call_write_bytes (task, bytes, 0);
      g_autoptr (Call) write2 = call_write (task, "x", 0, NULL);
      g_autoptr (Call) capture = call_capture (task);
      g_autoptr (Call) after = NULL;

      if (round > 0)
        u_task_resume (U_TASK (task));
      if (round > 1)
        u_test_wait_until (self->context, u_task_get_bytes_received (U_TASK (task)) == 3);
      u_task_cancel (U_TASK (task));
      u_test_scene_finish (self, U_TASK (task));
      call_wait (self, capture);
      g_assert_error (read->error, U_ERROR, U_ERROR_CANCELLED);
      g_assert_error (read2->error, U_ERROR, U_ERROR_CANCELLED);
      g_assert_error (write->error, U_ERROR, U_ERROR_CANCELLED);
      g_assert_error (write2->error, U_ERROR, U_ERROR_CANCELLED);
      g_assert_error (capture->error, U_ERROR, U_ERROR_CANCELLED);
      after = call_read (task, 1, 1, 0, NULL);
      call_wait (self, after);
      g_assert_error (after->error, U_ERROR, U_ERROR_CANCELLED);
      peer_open (peer);
      end_peer (peer);
      u_test_signal_log_clear (self->log);
    }
}

static void
reset (Peer *peer, GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  const struct linger linger = { 1, 0 };

  peer_say (peer, connection, "abc");
  peer_wait (peer, 1);
  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static void
test_reset (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (reset);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) read = call_read (task, 3, 3, 0, NULL);
  g_autoptr (Call) lost = call_read (task, 3, 3, 0, NULL);
  g_autoptr (Call) lost2 = call_read (task, 3, 3, 0, NULL);

  u_task_resume (U_TASK (task));
  call_wait (self, read);
  call_assert_text (read, "abc");
  peer_open (peer);
  u_test_scene_finish (self, U_TASK (task));
  call_wait (self, lost2);
  g_assert_error (lost->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_error (lost2->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  end_peer (peer);
}

/* Writes without end; says how far it came. */
static void
flood (Peer *peer, GSocketConnection *connection)
{
  static guint8 buffer[64 * 1024];
  gsize n;

  while (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), buffer, sizeof buffer, &n,
                                    peer->cancellable, NULL))
    g_atomic_int_add (&peer->marks, 1);
}

/* Nothing is read that nobody has asked for. */
static void
test_back_pressure (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (flood);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  gint64 received = 0;
  gint marks = 0;

  u_task_resume (U_TASK (task));
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (Call) read = call_read (task, 1000, 1000 + i, 0, NULL);

      call_wait (self, read);
      g_assert_no_error (read->error);
      received += (gint64) g_bytes_get_size (read->bytes);
      g_assert_cmpuint (g_bytes_get_size (read->bytes), >=, 1000);
      g_assert_cmpuint (g_bytes_get_size (read->bytes), <=, 1000 + i);
    }
  /* Until the buffers of the system are full: some megabytes. */
  for (guint quiet = 0; quiet < 30; quiet++)
    {
      gint now = g_atomic_int_get (&peer->marks);

      quiet = now == marks ? quiet : 0;
      marks = now;
      u_test_drain (self->context);
      g_usleep (2000);
    }
  g_assert_cmpint (marks, <, 64 * 16);
  u_test_wait_until (self->context, u_task_get_bytes_received (U_TASK (task)) == received);

  /* Suspended, it does not read at all. */
  u_task_suspend (U_TASK (task));
  {
    g_autoptr (Call) read = call_read (task, 1, 1000000, 0, NULL);

    for (guint i = 0; i < 20; i++)
      {
        u_test_drain (self->context);
        g_usleep (1000);
      }
    g_assert_false (read->done);
    u_task_resume (U_TASK (task));
    call_wait (self, read);
    g_assert_no_error (read->error);
  }
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  end_peer (peer);
}

static gint64
resident_kib (void)
{
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, "VmHWM:");
  g_assert_nonnull (line);

  return g_ascii_strtoll (line + strlen ("VmHWM:"), NULL, 10);
}

static void
test_memory (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (flood);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  gint64 received = 0;
  gint64 before = resident_kib ();
  /* AddressSanitizer keeps what was freed for a while. */
  gint64 limit = g_getenv ("ASAN_OPTIONS") != NULL ? 400 * 1024 : 32 * 1024;

  u_task_resume (U_TASK (task));
  while (received < (gint64) 1024 * 1024 * 1024)
    {
      g_autoptr (Call) read = call_read (task, 1, 1024 * 1024, 0, NULL);

      call_wait (self, read);
      g_assert_no_error (read->error);
      received += (gint64) g_bytes_get_size (read->bytes);
    }
  g_assert_cmpint (resident_kib () - before, <, limit);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  end_peer (peer);
}

static void
assert_task_fails (UTestScene *self, UStreamTask *task, gint code)
{
  g_autoptr (Call) read = call_read (task, 1, 1, 0, NULL);

  u_task_resume (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  call_wait (self, read);
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, code);
  g_assert_error (read->error, U_ERROR, code);
  g_object_unref (task);
}

static void
test_errors (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (say_four);
  guint16 dead_port;
  g_autoptr (UTask) load = NULL;
  g_autoptr (UStreamTask) task = NULL;
  g_autoptr (Call) nothing = NULL;
  g_autoptr (Call) reversed = NULL;
  g_autoptr (Call) negative = NULL;
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u/", peer->port);

  assert_task_fails (self, stream_new (self, 0), U_ERROR_BAD_URL);
  assert_task_fails (self, u_session_create_stream_task (self->session, "127.0.0.1", 70000), U_ERROR_BAD_URL);
  assert_task_fails (self, u_session_create_stream_task (self->session, "", 80), U_ERROR_BAD_URL);
  assert_task_fails (self, u_session_create_stream_task (self->session, "a/b", 80), U_ERROR_BAD_URL);

  /* Not something to load. */
  load = u_test_scene_new_data (self, uri);
  u_task_resume (load);
  u_test_scene_finish (self, load);
  g_assert_error (u_task_get_error (load), U_ERROR, U_ERROR_UNSUPPORTED_URL);

  task = stream_new (self, peer->port);
  nothing = call_read (task, 0, 0, 0, NULL);
  reversed = call_read (task, 2, 1, 0, NULL);
  negative = call_read (task, 1, 1, -1, NULL);
  call_wait (self, nothing);
  call_wait (self, reversed);
  call_wait (self, negative);
  g_assert_error (nothing->error, U_ERROR, U_ERROR_UNKNOWN);
  g_assert_error (reversed->error, U_ERROR, U_ERROR_UNKNOWN);
  g_assert_error (negative->error, U_ERROR, U_ERROR_UNKNOWN);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));

  dead_port = peer->port;
  end_peer (peer);
  assert_task_fails (self, stream_new (self, dead_port), U_ERROR_CANNOT_CONNECT_TO_HOST);

  u_session_invalidate_and_cancel (self->session);
  assert_task_fails (self, stream_new (self, dead_port), U_ERROR_SESSION_INVALIDATED);
}

static void
test_background (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_background ("org.example.Streams");

  u_test_scene_configure (self, configuration);
  assert_task_fails (self, stream_new (self, 80), U_ERROR_UNSUPPORTED_BY_SESSION);
}

/* The end of a session ends what waits, or waits for it. */
static void
test_invalidation (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (talk);
  g_autoptr (UStreamTask) task = stream_new (self, peer->port);
  g_autoptr (Call) read = call_read (task, 3, 3, 0, NULL);
  g_autoptr (Call) waiting = call_read (task, 7, 7, 0, NULL);

  u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
  u_task_resume (U_TASK (task));
  u_session_finish_tasks_and_invalidate (self->session);
  call_wait (self, read);
  call_assert_text (read, "abc");
  g_assert_cmpuint (u_test_signal_log_count (self->log, "invalidated"), ==, 0);
  u_session_invalidate_and_cancel (self->session);
  call_wait (self, waiting);
  g_assert_error (waiting->error, U_ERROR, U_ERROR_CANCELLED);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "invalidated") == 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed cancelled"), ==, 1);
  end_peer (peer);
}

static void
test_metrics (UTestScene *self, gconstpointer data)
{
  Peer *peer = peer_new (say_four);
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (UStreamTask) task = NULL;
  g_autoptr (Call) read = NULL;
  g_autoptr (UTransactionMetrics) transaction = NULL;
  UTaskMetrics *metrics;

  u_session_configuration_set_collects_metrics (configuration, TRUE);
  u_test_scene_configure (self, configuration);
  task = stream_new (self, peer->port);
  read = call_read (task, 10, 10, 0, NULL);
  u_stream_task_close_write (task);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  call_wait (self, read);
  metrics = u_task_get_metrics (U_TASK (task));
  g_assert_nonnull (metrics);
  g_assert_cmpuint (u_task_metrics_get_n_transactions (metrics), ==, 1);
  transaction = g_object_ref (u_task_metrics_get_transaction (metrics, 0));
  g_assert_cmpstr (u_transaction_metrics_get_remote_address (transaction), ==, "127.0.0.1");
  g_assert_cmpuint (u_transaction_metrics_get_remote_port (transaction), ==, peer->port);
  g_assert_nonnull (u_transaction_metrics_get_connect_end_date (transaction));
  end_peer (peer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/stream-tasks/r257-order", test_order);
  ADD ("/stream-tasks/r257-at-end-once", test_end);
  ADD ("/stream-tasks/r258-read-timeout", test_read_timeout);
  ADD ("/stream-tasks/r258-write-timeout", test_write_timeout);
  ADD ("/stream-tasks/r259-half-close", test_half_close);
  ADD ("/stream-tasks/r259-close-read", test_close_read);
  ADD ("/stream-tasks/r261-capture", test_capture);
  ADD ("/stream-tasks/r261-capture-with-rest", test_capture_with_rest);
  ADD ("/stream-tasks/cancel-calls", test_cancel_calls);
  ADD ("/stream-tasks/cancel-task", test_cancel_task);
  ADD ("/stream-tasks/reset", test_reset);
  ADD ("/stream-tasks/back-pressure", test_back_pressure);
  ADD ("/stream-tasks/memory", test_memory);
  ADD ("/stream-tasks/errors", test_errors);
  ADD ("/stream-tasks/background", test_background);
  ADD ("/stream-tasks/invalidation", test_invalidation);
  ADD ("/stream-tasks/metrics", test_metrics);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* More than all buffers of the kernel between two sockets, and then some. */
#define FAR "20000000"
#define LENGTH 24000000
#define PATH "/bytes/24000000?pause-after=" FAR

/* More than that goes through another session from beginning to end, in a context of its own. */
static void
let_others_work (UTestScene *self)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree char *uri = u_test_server_get_uri (self->server, "/bytes/60000000");
  g_autoptr (GFile) file = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  USession *session;

  g_main_context_push_thread_default (context);
  session = u_session_new (NULL);
  {
    g_autoptr (URequest) request = u_request_new (uri);

    u_session_download_async (session, request, NULL, NULL, u_test_take_result, &result);
  }
  u_test_wait_until (context, result != NULL);
  file = u_session_download_finish (session, result, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_delete (file, NULL, NULL));
  g_clear_object (&result);
  u_test_assert_finalized (context, session);
  g_main_context_pop_thread_default (context);
}

static void
test_context_not_iterated (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, PATH);

  u_test_signal_log_watch_notify (self->log, task, "bytes-received");
  u_task_resume (task);
  u_test_wait_until (NULL, u_test_server_get_n_requests (self->server) == 1);
  let_others_work (self);
  /* The server could not even write as far as to its pause. */
  g_assert_cmpuint (u_test_server_get_n_paused (self->server), ==, 0);
  g_assert_true (u_test_server_wait_for_in_flight (self->server, 1, 60000));
  u_test_signal_log_assert_empty (self->log);

  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     u_task_get_state (task) == U_TASK_STATE_COMPLETED));
  g_assert_no_error (u_task_get_error (task));
  u_test_scene_assert_body (self, LENGTH);
}

static gboolean
keep_cb (UTask *task, UDecision *decision, gpointer data)
{
  *(UDecision **) data = g_object_ref (decision);

  return TRUE;
}

static void
test_open_decision (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, PATH);
  g_autoptr (UDecision) decision = NULL;

  g_signal_connect (task, "decide-response", G_CALLBACK (keep_cb), &decision);
  u_task_resume (task);
  u_test_wait_until (self->context, decision != NULL);
  let_others_work (self);
  u_test_drain (self->context);
  g_assert_cmpuint (u_test_server_get_n_paused (self->server), ==, 0);
  u_response_decision_allow (U_RESPONSE_DECISION (decision));
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     u_task_get_state (task) == U_TASK_STATE_COMPLETED));
  u_test_scene_assert_body (self, LENGTH);
}

/* A download needs nobody's attention. */
static void
test_blocked_loop (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_download (self, "/bytes/24000000");

  u_task_resume (task);
  u_test_wait_until (NULL, u_test_server_get_n_requests (self->server) == 1 &&
                           u_test_server_get_n_in_flight (self->server) == 0);
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, LENGTH);
}

/* (transfer full): a stream of the body. */
static GInputStream *
open_stream (UTestScene *self, UTask *task)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GInputStream *stream;

  u_data_task_open_async (U_DATA_TASK (task), NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  stream = u_data_task_open_finish (U_DATA_TASK (task), result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (u_task_get_response (task));

  return stream;
}

typedef struct
{
  GInputStream *stream;       /* not owned */
  GByteArray *body;           /* owned */
  GError *error;              /* owned, nullable */
  int done;
} Reader;

static gpointer
read_thread (gpointer data)
{
  Reader *self = data;
  guint8 buffer[30000];
  gssize n;

  while ((n = g_input_stream_read (self->stream, buffer, sizeof buffer, NULL, &self->error)) > 0)
    g_byte_array_append (self->body, buffer, (guint) n);
  g_atomic_int_set (&self->done, TRUE);

  return NULL;
}

static void
reader_assert_body (Reader *self, guint64 length)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes (length);

  g_assert_no_error (self->error);
  g_assert_cmpmem (self->body->data, self->body->len, g_bytes_get_data (expected, NULL), length);
  g_byte_array_unref (self->body);
}

static void
test_sync (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, PATH);
  g_autoptr (GInputStream) stream = open_stream (self, task);
  Reader reader = { .stream = stream, .body = g_byte_array_new () };
  GThread *thread;

  let_others_work (self);
  g_assert_cmpuint (u_test_server_get_n_paused (self->server), ==, 0);
  thread = g_thread_new ("reader", read_thread, &reader);
  /* The context of the session is not needed to read. */
  u_test_wait_until (NULL, (u_test_server_release (self->server), g_atomic_int_get (&reader.done)));
  g_thread_join (thread);
  reader_assert_body (&reader, LENGTH);
  g_assert_true (g_input_stream_close (stream, NULL, NULL));
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
}

static void
test_async (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/3000000?pause-after=1000");
  g_autoptr (GInputStream) stream = open_stream (self, task);
  Reader reader = { .stream = stream, .body = g_byte_array_new () };

  while (TRUE)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) bytes = NULL;

      g_input_stream_read_bytes_async (stream, 70000, G_PRIORITY_DEFAULT, NULL, u_test_take_result, &result);
      u_test_wait_until (self->context, (u_test_server_release (self->server), result != NULL));
      bytes = g_input_stream_read_bytes_finish (stream, result, &reader.error);
      g_assert_no_error (reader.error);
      if (g_bytes_get_size (bytes) == 0)
        break;
      g_byte_array_append (reader.body, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
    }
  reader_assert_body (&reader, 3000000);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

static void
test_closed_early (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_data (self, PATH);
      GInputStream *stream = open_stream (self, task);
      g_autoptr (GError) error = NULL;
      char buffer[10];

      if (i > 0)
        g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, NULL), >, 0);
      if (i < 2)
        {
          g_assert_true (g_input_stream_close (stream, NULL, NULL));
          g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==, -1);
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
        }
      /* In the last round nobody closes it: it is dropped. */
      u_test_assert_finalized (self->context, stream);
      u_test_scene_finish (self, task);
      u_test_signal_log_assert_next (self->log, "completed cancelled");
      u_test_signal_log_assert_empty (self->log);
      g_assert_true (u_test_server_wait_for_open_connections (self->server, 0, 60000));
    }
}

static gboolean
readable_cb (GObject *stream, gpointer data)
{
  ++*(guint *) data;

  return G_SOURCE_REMOVE;
}

static void
test_pollable (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000?pause-after=500");
  g_autoptr (GInputStream) stream = open_stream (self, task);
  GPollableInputStream *pollable = G_POLLABLE_INPUT_STREAM (stream);
  g_autoptr (GError) error = NULL;
  guint8 buffer[1000];
  gsize n_read = 0;

  g_assert_true (g_pollable_input_stream_can_poll (pollable));
  for (guint i = 0; i < 2; i++)
    {
      while (n_read < (i + 1) * 500)
        {
          g_autoptr (GSource) source = g_pollable_input_stream_create_source (pollable, NULL);
          guint n_called = 0;
          gssize n;

          g_source_set_callback (source, G_SOURCE_FUNC (readable_cb), &n_called, NULL);
          g_source_attach (source, self->context);
          u_test_wait_until (self->context, n_called > 0);
          g_assert_true (g_pollable_input_stream_is_readable (pollable));
          n = g_pollable_input_stream_read_nonblocking (pollable, buffer + n_read, sizeof buffer - n_read, NULL,
                                                        &error);
          g_assert_no_error (error);
          g_assert_cmpint (n, >, 0);
          n_read += n;
        }
      if (i == 0)
        {
          g_assert_false (g_pollable_input_stream_is_readable (pollable));
          g_assert_cmpint (g_pollable_input_stream_read_nonblocking (pollable, buffer, 1, NULL, &error), ==, -1);
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
          g_clear_error (&error);
          u_test_server_release (self->server);
        }
    }
  u_test_wait_until (self->context, g_pollable_input_stream_is_readable (pollable));
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (pollable, buffer, 1, NULL, &error), ==, 0);
  {
    g_autoptr (GBytes) expected = u_test_pattern_bytes (1000);

    g_assert_cmpmem (buffer, n_read, g_bytes_get_data (expected, NULL), 1000);
  }
  u_test_scene_finish (self, task);
}

static void
test_failure (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000000?drop-after=500000");
  g_autoptr (UTask) early = u_test_scene_new_data (self, "/no-answer");
  g_autoptr (GInputStream) stream = open_stream (self, task);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  Reader reader = { .stream = stream, .body = g_byte_array_new () };

  read_thread (&reader);
  g_assert_error (reader.error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpuint (reader.body->len, ==, 500000);
  g_error_free (reader.error);
  g_byte_array_unref (reader.body);
  u_test_scene_finish (self, task);

  u_data_task_open_async (U_DATA_TASK (early), NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  g_assert_null (u_data_task_open_finish (U_DATA_TASK (early), result, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  u_test_scene_finish (self, early);
}

static void
test_cancelled (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000?pause-after=500");
  g_autoptr (GInputStream) stream = open_stream (self, task);
  Reader reader = { .stream = stream, .body = g_byte_array_new () };
  GThread *thread = g_thread_new ("reader", read_thread, &reader);

  u_task_cancel (task);
  u_test_wait_until (self->context, g_atomic_int_get (&reader.done));
  g_thread_join (thread);
  g_assert_error (reader.error, U_ERROR, U_ERROR_CANCELLED);
  g_error_free (reader.error);
  g_byte_array_unref (reader.body);
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "completed cancelled");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/streams/r268-context-not-iterated", test_context_not_iterated);
  ADD ("/streams/r268-open-decision", test_open_decision);
  ADD ("/streams/blocked-loop-does-not-slow-a-download", test_blocked_loop);
  ADD ("/streams/r268-read-in-a-thread", test_sync);
  ADD ("/streams/read-async", test_async);
  ADD ("/streams/closed-early", test_closed_early);
  ADD ("/streams/pollable", test_pollable);
  ADD ("/streams/failure", test_failure);
  ADD ("/streams/cancelled", test_cancelled);

  return g_test_run ();
}

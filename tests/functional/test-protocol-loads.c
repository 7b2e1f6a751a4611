/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

/* What a protocol is given, and what becomes of what it says. */

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

#define PIECE (64 * 1024)

static void
assert_body (UTestScene *self, UTask *task, const char *text)
{
  g_autoptr (GBytes) body = u_test_signal_log_dup_body (self->log);

  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), text, strlen (text));
  u_test_signal_log_clear (self->log);
}

static guint
get_status (UTask *task)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task)));
}

/* @name: nullable: no field. */
static void
respond_http (UProtocolLoad *load, guint status, const char *name, const char *value)
{
  g_autoptr (UHeaders) headers = u_headers_new ();
  g_autoptr (UHttpResponse) response = NULL;

  if (name != NULL)
    u_headers_append (headers, name, value, NULL);
  response = u_http_response_new (NULL, status, "1.1", headers);
  u_protocol_load_respond (load, U_RESPONSE (response));
}

static UTask *
run_request (UTestScene *self, URequest *request)
{
  UTask *task = U_TASK (u_session_create_data_task (self->session, request));

  u_test_signal_log_watch (self->log, task);
  u_task_resume (task);
  u_test_scene_finish (self, task);

  return task;
}

/* ---- What is asked for ---- */

static void
echo_fields (TestProtocol *self, UProtocolLoad *load)
{
  UHeaders *headers = u_request_get_headers (u_protocol_load_get_request (load));
  g_autofree char *text = g_strdup_printf ("%s|%s|%s|%s",
                                           u_request_get_method (u_protocol_load_get_request (load)),
                                           u_headers_get (headers, "X-Session"), u_headers_get (headers, "X-Both"),
                                           u_headers_get (headers, "Cookie"));

  respond_http (load, 200, "Set-Cookie", "a=b");
  test_protocol_send_text (load, text);
  u_protocol_load_finish (load);
}

/* With the fields of the session, and with cookies where those go: to HTTP, also if somebody else speaks it. */
static void
test_request (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "http://www.example.com/", echo_fields);
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_ephemeral ();
  g_autoptr (URequest) request = u_request_new ("http://www.example.com/");
  g_autoptr (UTask) task = NULL;

  u_session_configuration_add_protocol (configuration, U_PROTOCOL (protocol));
  u_headers_set (u_session_configuration_get_headers (configuration), "X-Session", "s", NULL);
  u_headers_set (u_session_configuration_get_headers (configuration), "X-Both", "s", NULL);
  u_headers_set (u_request_get_headers (request), "X-Both", "r", NULL);
  u_request_set_method (request, "PUT");
  u_test_scene_configure (self, configuration);
  g_clear_object (&configuration);
  task = run_request (self, request);
  assert_body (self, task, "PUT|s|r|(null)");
  g_assert_cmpuint (get_status (task), ==, 200);
  g_assert_cmpstr (u_response_get_uri (u_task_get_response (task)), ==, "http://www.example.com/");
  g_clear_object (&task);
  task = run_request (self, request);
  assert_body (self, task, "PUT|s|r|a=b");
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

static void
spliced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UProtocolLoad) load = user_data;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error) < 0)
    {
      u_protocol_load_fail (load, error);
      return;
    }
  bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (source));
  test_protocol_respond (load, (gint64) g_bytes_get_size (bytes));
  u_protocol_load_send_data (load, bytes);
  u_protocol_load_finish (load);
}

static void
echo_body (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (GInputStream) body = u_protocol_load_open_body (load);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  if (body == NULL)
    {
      test_protocol_hello (self, load);
      return;
    }
  g_output_stream_splice_async (memory, body, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT,
                                u_protocol_load_get_cancellable (load), spliced_cb, g_object_ref (load));
}

static void
test_body (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", echo_body);
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  g_autofree char *path = g_build_filename (folder, "body", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("in memory", 9);
  g_autoptr (UFormData) form = u_form_data_new ();
  g_autoptr (URequest) request = u_request_new ("x:one");
  g_autoptr (UTask) task = NULL;
  g_autoptr (GBytes) sent = NULL;
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (path, "in a file", 9, NULL));
  test_protocol_configure (self, protocol, NULL);
  task = run_request (self, request);
  assert_body (self, task, "hello");

  g_clear_object (&task);
  u_request_set_body_bytes (request, bytes, NULL);
  task = run_request (self, request);
  assert_body (self, task, "in memory");

  g_clear_object (&task);
  u_request_set_body_file (request, file, NULL);
  task = run_request (self, request);
  assert_body (self, task, "in a file");

  /* A file between bytes. */
  g_clear_object (&task);
  u_form_data_add_field (form, "one", "1");
  u_form_data_add_file (form, "two", file, NULL);
  u_form_data_add_field (form, "three", "3");
  u_request_set_body_form (request, form);
  task = run_request (self, request);
  g_assert_no_error (u_task_get_error (task));
  sent = u_test_signal_log_dup_body (self->log);
  text = g_strndup (g_bytes_get_data (sent, NULL), g_bytes_get_size (sent));
  g_assert_nonnull (strstr (text, "name=\"one\""));
  g_assert_nonnull (strstr (text, "\r\n\r\nin a file\r\n--"));
  g_assert_true (strstr (text, "in a file") < strstr (text, "name=\"three\""));
  g_assert_true (g_str_has_suffix (text, "--\r\n"));

  g_clear_object (&task);
  g_remove (path);
  u_request_set_body_file (request, file, NULL);
  task = run_request (self, request);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_FILE_DOES_NOT_EXIST);
  g_clear_object (&task);
  g_rmdir (folder);
  test_protocol_done (self, protocol);
}

/* ---- Kinds of tasks ---- */

/* An upload that would be one that can go on, if a server spoke to it. */
static void
test_upload (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "http://www.example.com/", echo_body);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("in memory", 9);
  g_autoptr (URequest) request = u_request_new ("http://www.example.com/");

  test_protocol_configure (self, protocol, NULL);
  u_request_set_body_bytes (request, bytes, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = U_TASK (u_session_create_upload_task (self->session, request));

      u_upload_task_set_resumable (U_UPLOAD_TASK (task), i == 1);
      u_test_signal_log_watch (self->log, task);
      u_task_resume (task);
      u_test_scene_finish (self, task);
      assert_body (self, task, "in memory");
      g_assert_cmpint (u_task_get_bytes_sent (task), ==, 0);
    }
  test_protocol_done (self, protocol);
}

static void
test_download (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_hello);
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  g_autoptr (GFile) destination = g_file_new_build_filename (folder, "saved", NULL);
  g_autoptr (URequest) request = u_request_new ("x:one");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  test_protocol_configure (self, protocol, NULL);
  u_session_download_async (self->session, request, destination, NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  file = u_session_download_finish (self->session, result, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_equal (file, destination));
  g_assert_true (g_file_load_contents (file, NULL, &text, &length, NULL, NULL));
  g_assert_cmpmem (text, length, "hello", 5);
  g_assert_cmpint (protocol->n_stopped, ==, 1);
  g_assert_true (g_file_delete (file, NULL, NULL));
  g_rmdir (folder);
  g_clear_object (&result);
  test_protocol_done (self, protocol);
}

static gboolean
become_cb (UDataTask *task, UResponseDecision *decision, gpointer user_data)
{
  u_response_decision_become_download (decision);

  return TRUE;
}

static void
became_cb (UDataTask *task, UDownloadTask *download, gpointer user_data)
{
  g_set_object ((UTask **) user_data, U_TASK (download));
}

static void
finished_cb (UDownloadTask *task, GFile *file, gpointer user_data)
{
  gsize length;

  g_assert_true (g_file_load_contents (file, NULL, user_data, &length, NULL, NULL));
}

static void
test_become_download (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
  g_autoptr (UTask) task = NULL;
  g_autoptr (UTask) download = NULL;
  g_autofree char *text = NULL;
  UProtocolLoad *load;

  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_quiet_data (self, "x:one");
  g_signal_connect (task, "decide-response", G_CALLBACK (become_cb), NULL);
  g_signal_connect (task, "became-download", G_CALLBACK (became_cb), &download);
  u_task_resume (task);
  load = test_protocol_wait (self, protocol);
  test_protocol_respond (load, 5);
  test_protocol_send_text (load, "hel");
  u_test_wait_until (self->context, download != NULL);
  g_signal_connect (download, "finished-download", G_CALLBACK (finished_cb), &text);
  g_assert_true (u_protocol_load_get_task (load) == task);
  test_protocol_send_text (load, "lo");
  u_protocol_load_finish (load);
  u_test_scene_finish (self, download);
  g_assert_no_error (u_task_get_error (download));
  g_assert_cmpstr (text, ==, "hello");
  g_clear_object (&task);
  g_clear_object (&download);
  test_protocol_done (self, protocol);
}

static void
test_suspended (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
  g_autoptr (UTask) task = NULL;
  UProtocolLoad *load;

  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_data (self, "x:one");
  u_task_resume (task);
  load = test_protocol_wait (self, protocol);
  u_task_suspend (task);
  u_test_scene_round_trip (self);
  test_protocol_hello (protocol, load);
  u_test_scene_round_trip (self);
  g_assert_null (u_task_get_response (task));
  u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_body (self, task, "hello");
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

static void
collected_cb (UTask *task, UTaskMetrics *metrics, gpointer user_data)
{
  g_set_object ((UTaskMetrics **) user_data, metrics);
}

static void
test_metrics (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_hello);
  g_autoptr (UTaskMetrics) metrics = NULL;
  g_autoptr (UTask) task = NULL;
  UTransactionMetrics **transactions;
  gsize n;

  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_quiet_data (self, "x:one");
  g_signal_connect (task, "collected-metrics", G_CALLBACK (collected_cb), &metrics);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  transactions = u_task_metrics_dup_transactions (metrics, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (u_transaction_metrics_get_fetch_type (transactions[0]), ==, U_FETCH_TYPE_LOCAL);
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transactions[0]), ==, 5);
  g_object_unref (transactions[0]);
  g_free (transactions);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* ---- Back-pressure ---- */

typedef struct
{
  UProtocolLoad *load;        /* owned */
  GBytes *piece;              /* owned */
  guint n_left;
  int n_sent;                 /* atomic */
  GMainContext *context;      /* not owned; where the callbacks are to come */
  GError *error;              /* owned, nullable */
} Sender;

static void send_next (Sender *self);

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Sender *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  if (u_protocol_load_send_finish (self->load, result, &self->error))
    send_next (self);
}

static void
send_next (Sender *self)
{
  if (self->n_left == 0)
    {
      u_protocol_load_finish (self->load);
      return;
    }
  self->n_left--;
  g_atomic_int_inc (&self->n_sent);
  u_protocol_load_send_async (self->load, self->piece, NULL, sent_cb, self);
}

static void
sender_begin (Sender *self, UTestScene *scene, UProtocolLoad *load, guint n)
{
  self->load = g_object_ref (load);
  self->piece = g_bytes_new_take (g_malloc0 (PIECE), PIECE);
  self->n_left = n;
  self->context = scene->context;
  test_protocol_respond (load, -1);
  send_next (self);
}

static void
sender_clear (Sender *self)
{
  g_clear_object (&self->load);
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_clear_error (&self->error);
}

/* A body of 64 MiB whose reader does not read: no more than half a megabyte and a piece is taken. */
static void
test_back_pressure (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
  g_autoptr (URequest) request = u_request_new ("x:one");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *buffer = g_malloc (PIECE);
  Sender sender = { 0 };
  gsize total = 0;
  gsize n = 1;

  test_protocol_configure (self, protocol, NULL);
  u_session_open_async (self->session, request, NULL, u_test_take_result, &result);
  sender_begin (&sender, self, test_protocol_wait (self, protocol), 1024);
  u_test_wait_until (self->context, result != NULL);
  stream = u_session_open_finish (self->session, result, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 5; i++)
    u_test_scene_round_trip (self);
  g_assert_cmpint (sender.n_sent, >=, 5);
  g_assert_cmpint (sender.n_sent, <=, 10);

  for (gboolean more = TRUE; more; total += n)
    {
      g_autoptr (GAsyncResult) read = NULL;

      g_input_stream_read_all_async (stream, buffer, PIECE, G_PRIORITY_DEFAULT, NULL, u_test_take_result, &read);
      u_test_wait_until (self->context, read != NULL);
      more = g_input_stream_read_all_finish (stream, read, &n, &error) && n > 0;
      g_assert_no_error (error);
      g_assert_cmpint ((gint64) sender.n_sent * PIECE, <=, (gint64) (total + n + 11 * PIECE));
    }
  g_assert_cmpuint (total, ==, 64 * 1024 * 1024);
  g_assert_no_error (sender.error);
  sender_clear (&sender);
  g_clear_object (&stream);
  g_clear_object (&result);
  test_protocol_done (self, protocol);
}

/* Who waits for room when the task ends is told so. */
static void
test_send_stopped (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
  g_autoptr (UTask) task = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GError) error = NULL;
  Sender sender = { 0 };
  UProtocolLoad *load;

  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_data (self, "x:one");
  u_task_resume (task);
  load = test_protocol_wait (self, protocol);
  u_task_suspend (task);
  sender_begin (&sender, self, load, 1024);
  for (guint i = 0; i < 5; i++)
    u_test_scene_round_trip (self);
  g_assert_no_error (sender.error);
  g_assert_cmpint (sender.n_sent, <=, 10);
  u_task_cancel (task);
  u_test_wait_until (self->context, sender.error != NULL);
  g_assert_error (sender.error, U_ERROR, U_ERROR_CANCELLED);

  u_protocol_load_send_async (load, sender.piece, NULL, u_test_take_result, &late);
  u_test_wait_until (self->context, late != NULL);
  g_assert_false (u_protocol_load_send_finish (load, late, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
  u_test_scene_finish (self, task);
  sender_clear (&sender);
  g_clear_object (&late);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* To cancel the call ends the waiting alone. */
static void
test_send_cancelled (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (1024 * 1024), 1024 * 1024);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UTask) task = NULL;
  UProtocolLoad *load;

  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_data (self, "x:one");
  u_task_resume (task);
  load = test_protocol_wait (self, protocol);
  u_task_suspend (task);
  test_protocol_respond (load, 1024 * 1024);
  u_protocol_load_send_async (load, bytes, cancellable, u_test_take_result, &result);
  u_test_scene_round_trip (self);
  g_assert_null (result);
  g_cancellable_cancel (cancellable);
  u_test_wait_until (self->context, result != NULL);
  g_assert_false (u_protocol_load_send_finish (load, result, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
  u_protocol_load_finish (load);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 1024 * 1024);
  g_clear_object (&result);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* ---- Threads ---- */

static gpointer
answer_thread (gpointer data)
{
  g_autoptr (UProtocolLoad) load = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GBytes) piece = g_bytes_new_take (g_malloc0 (PIECE), PIECE);

  g_main_context_push_thread_default (context);
  test_protocol_respond (load, 64 * PIECE);
  for (guint i = 0; i < 64; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      u_protocol_load_send_async (load, piece, NULL, u_test_take_result, &result);
      u_test_wait_until (context, result != NULL);
      u_protocol_load_send_finish (load, result, &error);
      if (error != NULL)
        break;
    }
  u_protocol_load_finish (load);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
answer_elsewhere (TestProtocol *self, UProtocolLoad *load)
{
  g_ptr_array_add (self->data, g_thread_new ("answer", answer_thread, g_object_ref (load)));
}

/* Eight at a time, some of which are cancelled. */
static void
test_threads (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", answer_elsewhere);
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  protocol->data = threads;
  test_protocol_configure (self, protocol, NULL);
  for (guint round = 0; round < 5; round++)
    {
      UTask *tasks[8];

      for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
        {
          tasks[i] = u_test_scene_new_quiet_data (self, "x:one");
          u_task_resume (tasks[i]);
        }
      u_test_wait_until (self->context, threads->len == 8 * (round + 1));
      for (guint i = 0; i < round; i++)
        u_task_cancel (tasks[i]);
      for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
        {
          u_test_scene_finish (self, tasks[i]);
          if (i >= round)
            {
              g_assert_no_error (u_task_get_error (tasks[i]));
              g_assert_cmpint (u_task_get_bytes_received (tasks[i]), ==, 64 * PIECE);
            }
          g_object_unref (tasks[i]);
        }
    }
  while (threads->len > 0)
    {
      u_test_drain (self->context);
      g_thread_join (g_ptr_array_steal_index (threads, 0));
    }
  g_assert_cmpint (protocol->n_stopped, ==, 40);
  test_protocol_done (self, protocol);
}

/* ---- Mistakes ---- */

static void
twice (TestProtocol *self, UProtocolLoad *load)
{
  test_protocol_respond (load, -1);
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*responded already*");
  test_protocol_respond (load, 3);
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*responded already*");
  u_protocol_load_redirect (load, u_protocol_load_get_request (load), NULL);
  g_test_assert_expected_messages ();
  test_protocol_send_text (load, "hello");
  u_protocol_load_finish (load);
}

static void
test_mistakes (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", twice);
  g_autoptr (UProtocolLoad) orphan = g_object_new (U_TYPE_PROTOCOL_LOAD, NULL);
  g_autoptr (UTask) task = NULL;

  test_protocol_configure (self, protocol, NULL);
  task = test_protocol_run (self, "x:one");
  assert_body (self, task, "hello");
  g_clear_object (&task);

  g_assert_null (u_protocol_load_get_request (orphan));
  g_assert_null (u_protocol_load_get_task (orphan));
  g_assert_null (u_protocol_load_open_body (orphan));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*No session made this load*");
  u_protocol_load_finish (orphan);
  g_test_assert_expected_messages ();
  test_protocol_done (self, protocol);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/protocol-loads/request", test_request);
  ADD ("/protocol-loads/body", test_body);
  ADD ("/protocol-loads/upload", test_upload);
  ADD ("/protocol-loads/download", test_download);
  ADD ("/protocol-loads/become-download", test_become_download);
  ADD ("/protocol-loads/suspended", test_suspended);
  ADD ("/protocol-loads/metrics", test_metrics);
  ADD ("/protocol-loads/back-pressure", test_back_pressure);
  ADD ("/protocol-loads/r278-send-stopped", test_send_stopped);
  ADD ("/protocol-loads/send-cancelled", test_send_cancelled);
  ADD ("/protocol-loads/r278-threads", test_threads);
  ADD ("/protocol-loads/mistakes", test_mistakes);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "u-test-scene.h"

/* Requests that are made again. */

#define ADD(path, test) g_test_add (path, Retries, NULL, set_up, test, tear_down)

typedef struct
{
  UTestScene scene;
  URetryPolicy *policy;       /* owned; without waits */
  guint n_retries;            /* of the last task: how often it waited to try again */
  GBytes *content;            /* owned, nullable: of finished-download */
} Retries;

static void
set_up (Retries *self, gconstpointer data)
{
  u_test_scene_set_up (&self->scene, NULL);
  self->policy = u_retry_policy_new ();
  u_retry_policy_set_initial_delay (self->policy, 0);
}

static void
tear_down (Retries *self, gconstpointer data)
{
  g_clear_pointer (&self->content, g_bytes_unref);
  g_assert_finalize_object (self->policy);
  u_test_scene_tear_down (&self->scene, data);
}

static void
reason_cb (UTask *task, GParamSpec *pspec, gpointer user_data)
{
  if (u_task_get_waiting_reason (task) == U_WAITING_REASON_RETRY)
    ((Retries *) user_data)->n_retries++;
}

static void
finished_download_cb (UTask *task, GFile *location, gpointer user_data)
{
  Retries *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (self->content);
  self->content = g_file_load_bytes (location, NULL, NULL, &error);
  g_assert_no_error (error);
}

static UTask *
watched (Retries *self, UTask *task)
{
  self->n_retries = 0;
  u_test_signal_log_watch (self->scene.log, task);
  g_signal_connect (task, "notify::waiting-reason", G_CALLBACK (reason_cb), self);

  return task;
}

static UTask *
new_data (Retries *self, const char *method, const char *path)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, path);

  u_request_set_method (request, method);
  u_request_set_retry_policy (request, self->policy);

  return watched (self, U_TASK (u_session_create_data_task (self->scene.session, request)));
}

static UTask *
new_download (Retries *self, const char *path)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, path);
  UTask *task;

  u_request_set_retry_policy (request, self->policy);
  task = watched (self, U_TASK (u_session_create_download_task (self->scene.session, request)));
  g_signal_connect (task, "finished-download", G_CALLBACK (finished_download_cb), self);

  return task;
}

static void
run (Retries *self, UTask *task)
{
  u_task_resume (task);
  u_test_scene_finish (&self->scene, task);
  g_assert_cmpint (u_task_get_waiting_reason (task), ==, U_WAITING_REASON_NONE);
}

static guint
get_status (UTask *task)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task)));
}

static void
assert_requests (Retries *self, guint expected)
{
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, expected);
}

/* What comes before the answer is not seen. */
static void
test_status (Retries *self, gconstpointer data)
{
  static const guint codes[] = { 408, 429, 502, 503, 504 };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bytes/5?status=%u&times=2", codes[i]);
      g_autoptr (UTask) task = new_data (self, "GET", path);

      u_test_server_clear_log (self->scene.server);
      u_test_signal_log_clear (self->scene.log);
      run (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (get_status (task), ==, 200);
      g_assert_cmpint (u_task_get_bytes_received (task), ==, 5);
      g_assert_cmpuint (self->n_retries, ==, 2);
      assert_requests (self, 3);
      g_assert_cmpuint (u_test_signal_log_count (self->scene.log, "received-data"), ==, 1);
      g_assert_cmpuint (u_test_signal_log_count (self->scene.log, "completed"), ==, 1);
    }
}

/* With the last attempt goes what it brought, and there is no error: the server has answered. */
static void
test_status_to_the_end (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_data (self, "GET", "/status/503");

  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (get_status (task), ==, 503);
  g_assert_cmpuint (self->n_retries, ==, 2);
  assert_requests (self, 3);
}

static void
test_other_statuses (Retries *self, gconstpointer data)
{
  static const guint teapot[] = { 418 };
  g_autoptr (UTask) error = new_data (self, "GET", "/status/500");
  g_autoptr (UTask) chosen = NULL;
  g_autoptr (UTask) usual = NULL;

  run (self, error);
  g_assert_cmpuint (get_status (error), ==, 500);
  assert_requests (self, 1);

  u_retry_policy_set_status_codes (self->policy, teapot, 1);
  chosen = new_data (self, "GET", "/bytes/5?status=418&times=1");
  run (self, chosen);
  g_assert_cmpuint (get_status (chosen), ==, 200);
  assert_requests (self, 3);
  usual = new_data (self, "GET", "/status/503");
  run (self, usual);
  g_assert_cmpuint (get_status (usual), ==, 503);
  assert_requests (self, 4);
}

/* What may have had an effect is not done twice, unless the application says so. */
static void
test_unsafe (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) post = new_data (self, "POST", "/bytes/5?status=503&times=1&id=post");
  g_autoptr (UTask) put = NULL;
  g_autoptr (UTask) allowed = NULL;

  run (self, post);
  g_assert_cmpuint (get_status (post), ==, 503);
  assert_requests (self, 1);
  put = new_data (self, "PUT", "/bytes/5?status=503&times=1&id=put");
  run (self, put);
  g_assert_cmpuint (get_status (put), ==, 200);
  assert_requests (self, 3);
  u_retry_policy_set_retries_unsafe_methods (self->policy, TRUE);
  allowed = new_data (self, "POST", "/bytes/5?status=503&times=1&id=allowed");
  run (self, allowed);
  g_assert_cmpuint (get_status (allowed), ==, 200);
  assert_requests (self, 5);
}

/* The policy of a session is for all requests that have none. A session ignores what becomes of it later. */
static void
test_session_policy (Retries *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (UTask) without = u_test_scene_new_data (&self->scene, "/status/503?id=1");
  g_autoptr (UTask) of_session = NULL;
  g_autoptr (UTask) of_request = NULL;

  run (self, without);
  assert_requests (self, 1);
  g_clear_object (&without);

  u_session_configuration_set_retry_policy (configuration, self->policy);
  u_test_scene_configure (&self->scene, configuration);
  /* Too late for the session. */
  u_retry_policy_set_max_attempts (self->policy, 7);
  of_session = u_test_scene_new_data (&self->scene, "/status/503?id=2");
  run (self, of_session);
  assert_requests (self, 4);
  u_retry_policy_set_max_attempts (self->policy, 1);
  of_request = new_data (self, "GET", "/status/503?id=3");
  run (self, of_request);
  assert_requests (self, 5);
}

/* As long as the server says, but not longer than there is time: then its response is the answer. */
static void
test_retry_after (Retries *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (UTask) soon = NULL;
  g_autoptr (UTask) late = NULL;

  u_session_configuration_set_resource_timeout (configuration, 600);
  u_test_scene_configure (&self->scene, configuration);
  u_retry_policy_set_initial_delay (self->policy, 1000);
  u_retry_policy_set_maximum_delay (self->policy, 1000);
  u_retry_policy_set_jitter (self->policy, 0);
  soon = new_data (self, "GET", "/bytes/5?status=503&header=Retry-After:0&times=1");
  run (self, soon);
  g_assert_cmpuint (get_status (soon), ==, 200);
  assert_requests (self, 2);
  late = new_data (self, "GET", "/bytes/5?status=503&header=Retry-After:601&times=1");
  run (self, late);
  g_assert_no_error (u_task_get_error (late));
  g_assert_cmpuint (get_status (late), ==, 503);
  assert_requests (self, 3);
}

/* A connection that closes without an answer. */
static void
test_no_answer (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_data (self, "GET", "/no-answer");
  g_autoptr (UTask) post = NULL;

  run (self, task);
  g_assert_nonnull (u_task_get_error (task));
  g_assert_cmpuint (self->n_retries, ==, 2);

  post = new_data (self, "POST", "/no-answer");
  run (self, post);
  g_assert_nonnull (u_task_get_error (post));
  g_assert_cmpuint (self->n_retries, ==, 0);
}

static void
test_timed_out (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/stall");

  u_request_set_timeout (request, 0.5);
  u_request_set_retry_policy (request, self->policy);
  task = watched (self, U_TASK (u_session_create_data_task (self->scene.session, request)));
  run (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
  g_assert_cmpuint (self->n_retries, ==, 2);
  assert_requests (self, 3);
}

/* The resource timer runs through all attempts. */
static void
test_resource_timer (Retries *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (UTask) task = NULL;

  u_session_configuration_set_request_timeout (configuration, 0.5);
  u_session_configuration_set_resource_timeout (configuration, 2.2);
  u_test_scene_configure (&self->scene, configuration);
  u_retry_policy_set_max_attempts (self->policy, 1000);
  task = new_data (self, "GET", "/stall");
  run (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (u_task_get_error (task)->message, "resource timeout"));
  g_assert_cmpuint (self->n_retries, >=, 2);
}

/* A certificate will be the same the next time, and so will a URL. */
static void
test_fatal (Retries *self, gconstpointer data)
{
  static const char * const uris[] = { "nonsense", "foo://host/", "https://127.0.0.1:%u/" };
  g_autoptr (UTestServer) server = u_test_server_new_tls ();

  g_assert_true (u_test_server_start (server, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autofree char *port = g_strdup_printf ("%u", u_test_server_get_port (server));
      g_auto (GStrv) parts = g_strsplit (uris[i], "%u", 2);
      g_autofree char *uri = g_strjoinv (port, parts);
      g_autoptr (UTask) task = new_data (self, "GET", uri);

      run (self, task);
      g_assert_nonnull (u_task_get_error (task));
      g_assert_cmpuint (self->n_retries, ==, 0);
    }
  g_assert_cmpuint (u_test_server_get_n_requests (server), ==, 0);
  u_test_server_stop (server);
}

/* What the application has got of a body cannot be taken back. */
static void
test_delivered (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_data (self, "GET", "/bytes/100?drop-after=50&drop-once");

  run (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpuint (self->n_retries, ==, 0);
  assert_requests (self, 1);
}

/* A body of which the application has got nothing yet. */
static void
test_whole (Retries *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/bytes/100000?drop-after=50000&drop-once");
  g_autoptr (UDataTask) task = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GBytes) expected = u_test_pattern_bytes (100000);
  g_autoptr (GError) error = NULL;

  u_request_set_retry_policy (request, self->policy);
  task = u_session_create_data_task (self->scene.session, request);
  u_data_task_load_async (task, NULL, u_test_take_result, &result);
  u_test_wait_until (self->scene.context, result != NULL);
  body = u_data_task_load_finish (task, result, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (body, expected));
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), ==, 100000);
  assert_requests (self, 2);
}

static void
assert_content (Retries *self, guint64 length)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes (length);

  g_assert_nonnull (self->content);
  g_assert_true (g_bytes_equal (self->content, expected));
}

static void
assert_range (Retries *self, guint index, const char *expected)
{
  g_autofree char *range = u_test_server_dup_request_header (self->scene.server, index, "Range");

  g_assert_cmpstr (range, ==, expected);
}

/* Each attempt goes on where the one before stopped, and since each of them brings something, there may be more of them
 * than the policy has in a row. */
static void
test_download (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;
  g_autofree char *if_range = NULL;

  u_retry_policy_set_max_attempts (self->policy, 2);
  task = new_download (self, "/bytes/500000?drop-after=100000&times=4");
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (self->n_retries, ==, 4);
  assert_requests (self, 5);
  assert_range (self, 0, NULL);
  assert_range (self, 1, "bytes=100000-");
  assert_range (self, 4, "bytes=400000-");
  if_range = u_test_server_dup_request_header (self->scene.server, 1, "If-Range");
  g_assert_nonnull (if_range);
  assert_content (self, 500000);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 500000);
  g_assert_cmpuint (u_test_signal_log_count (self->scene.log, "resumed-at-offset"), ==, 4);
}

/* One that brings hardly anything is one too many at some time; what is there can be resumed by hand. */
static void
test_download_in_vain (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_download (self, "/bytes/500000?drop-after=1000");
  g_autoptr (GBytes) resume_data = NULL;

  run (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpuint (self->n_retries, ==, 2);
  assert_requests (self, 3);
  g_assert_null (self->content);
  g_object_get (task, "resume-data", &resume_data, NULL);
  g_assert_nonnull (resume_data);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 3000);
}

/* In the middle of it the server is busy for a while. */
static void
test_download_busy (Retries *self, gconstpointer data)
{
  static const guint busy[] = { 503 };
  g_autoptr (UTask) task = NULL;

  u_retry_policy_set_status_codes (self->policy, busy, 1);
  u_retry_policy_set_max_attempts (self->policy, 5);
  task = new_download (self, "/bytes/500000?status=503&times=2");
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (self->n_retries, ==, 2);
  assert_content (self, 500000);
}

/* What is there is of no use when the server has nothing to recognise it by, or has something else by now. */
static void
test_download_starts_over (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_download (self, "/bytes/200000?no-etag&no-last-modified&drop-after=100000&drop-once");
  g_autoptr (UTask) changed = NULL;
  g_autoptr (GBytes) expected = u_test_pattern_bytes_seeded (U_TEST_SEED_CHANGED, 200000);

  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  assert_requests (self, 2);
  assert_range (self, 1, NULL);
  assert_content (self, 200000);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 200000);

  g_clear_pointer (&self->content, g_bytes_unref);
  changed = new_download (self, "/bytes/200000?change-after-first&drop-after=100000&drop-once");
  run (self, changed);
  g_assert_no_error (u_task_get_error (changed));
  g_assert_true (g_bytes_equal (self->content, expected));
}

/* A body that is sent again counts from the beginning. */
static void
test_upload (Retries *self, gconstpointer data)
{
  g_autoptr (GBytes) body = u_test_pattern_bytes (50000);
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/bytes/5?status=503&times=1");
  g_autoptr (UTask) task = NULL;

  u_request_set_method (request, "PUT");
  u_request_set_body_bytes (request, body, "text/plain");
  u_request_set_retry_policy (request, self->policy);
  task = watched (self, U_TASK (u_session_create_data_task (self->scene.session, request)));
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  assert_requests (self, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) sent = u_test_server_dup_request_body (self->scene.server, i);

      g_assert_true (g_bytes_equal (sent, body));
    }
  g_assert_cmpint (u_task_get_bytes_sent (task), ==, 50000);
}

static void
wait_for_retry (Retries *self, UTask *task)
{
  u_test_wait_until (self->scene.context, u_task_get_waiting_reason (task) == U_WAITING_REASON_RETRY);
}

/* A task that waits can be suspended and resumed, which does not make the wait shorter, and cancelled. */
static void
test_suspend_and_cancel (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  task = new_data (self, "GET", "/bytes/5?status=503&header=Retry-After:1000&times=1");
  u_task_resume (task);
  wait_for_retry (self, task);
  u_task_suspend (task);
  u_test_scene_round_trip (&self->scene);
  u_task_resume (task);
  u_test_scene_round_trip (&self->scene);
  g_assert_cmpint (u_task_get_waiting_reason (task), ==, U_WAITING_REASON_RETRY);
  assert_requests (self, 3); /* two of them of the round trips */
  u_task_cancel (task);
  u_test_scene_finish (&self->scene, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  g_assert_cmpint (u_task_get_waiting_reason (task), ==, U_WAITING_REASON_NONE);
}

/* A wait that is over while the task is suspended. */
static void
test_suspend (Retries *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_data (self, "GET", "/bytes/5?status=503&header=Retry-After:1&times=1");

  u_task_resume (task);
  wait_for_retry (self, task);
  u_task_suspend (task);
  u_test_scene_round_trip (&self->scene);
  u_task_resume (task);
  u_test_scene_finish (&self->scene, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (get_status (task), ==, 200);
}

/* ---- A server that is not there yet ---- */

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  char request[4096];

  g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), request, sizeof request, NULL, NULL);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), answer, strlen (answer), NULL,
                             NULL, NULL);

  return TRUE;
}

/* The port is ours, but nobody listens: a connection is refused. Then somebody does. */
static void
run_before_server (Retries *self, UTask *(*start) (Retries *self, const char *uri), UWaitingReason reason)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (1);
  g_autofree char *uri = NULL;
  g_autoptr (UTask) task = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  uri = g_strdup_printf ("http://127.0.0.1:%u/", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));

  task = start (self, uri);
  u_task_resume (task);
  u_test_wait_until (self->scene.context, u_task_get_waiting_reason (task) == reason);
  g_assert_true (g_socket_listen (socket, NULL));
  g_assert_true (g_socket_listener_add_socket (G_SOCKET_LISTENER (service), socket, NULL, NULL));
  g_signal_connect (service, "run", G_CALLBACK (incoming_cb), NULL);
  g_socket_service_start (service);
  u_test_scene_finish (&self->scene, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 2);

  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

static UTask *
start_retrying (Retries *self, const char *uri)
{
  u_retry_policy_set_max_attempts (self->policy, 10000);
  u_retry_policy_set_initial_delay (self->policy, 0.05);
  u_retry_policy_set_multiplier (self->policy, 1);
  u_retry_policy_set_jitter (self->policy, 0);

  /* Nothing of it was sent: also a POST is safe. */
  return new_data (self, "POST", uri);
}

static void
test_late_server (Retries *self, gconstpointer data)
{
  run_before_server (self, start_retrying, U_WAITING_REASON_RETRY);
}

static UTask *
start_waiting (Retries *self, const char *uri)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_waits_for_connectivity (configuration, TRUE);
  u_test_scene_configure (&self->scene, configuration);

  return watched (self, u_test_scene_new_quiet_data (&self->scene, uri));
}

static void
test_late_server_waiting (Retries *self, gconstpointer data)
{
  run_before_server (self, start_waiting, U_WAITING_REASON_CONNECTIVITY);
  g_assert_cmpuint (u_test_signal_log_count (self->scene.log, "waiting-for-connectivity"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/retries/status", test_status);
  ADD ("/retries/status-to-the-end", test_status_to_the_end);
  ADD ("/retries/other-statuses", test_other_statuses);
  ADD ("/retries/unsafe-methods", test_unsafe);
  ADD ("/retries/r137-policy-of-the-session", test_session_policy);
  ADD ("/retries/retry-after", test_retry_after);
  ADD ("/retries/no-answer", test_no_answer);
  ADD ("/retries/timed-out", test_timed_out);
  ADD ("/retries/r143-resource-timer", test_resource_timer);
  ADD ("/retries/fatal", test_fatal);
  ADD ("/retries/delivered", test_delivered);
  ADD ("/retries/whole-body", test_whole);
  ADD ("/retries/download", test_download);
  ADD ("/retries/download-in-vain", test_download_in_vain);
  ADD ("/retries/download-busy", test_download_busy);
  ADD ("/retries/download-starts-over", test_download_starts_over);
  ADD ("/retries/upload", test_upload);
  ADD ("/retries/suspend-and-cancel", test_suspend_and_cancel);
  ADD ("/retries/suspend", test_suspend);
  ADD ("/retries/late-server", test_late_server);
  ADD ("/retries/r212-late-server", test_late_server_waiting);

  return g_test_run ();
}

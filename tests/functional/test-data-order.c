/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <glib/gstdio.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static gboolean
keep_cb (UTask *task, UDecision *decision, gpointer data)
{
  *(UDecision **) data = g_object_ref (decision);

  return TRUE;
}

static void
test_success (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/redirect-to?url=/bytes/100000&status=307");
  g_autoptr (GBytes) body = u_test_pattern_bytes (1000);
  g_autoptr (UTask) task = NULL;

  u_request_set_method (request, "POST");
  u_request_set_body_bytes (request, body, "text/plain");
  u_test_signal_log_watch_signal (self->log, self->session, "task-created");
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_test_signal_log_watch (self->log, task);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "task-created");
  u_test_signal_log_skip (self->log, "sent-data");
  u_test_signal_log_assert_next (self->log, "decide-redirect");
  u_test_signal_log_assert_next (self->log, "sent-data");
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_next (self->log, "received-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_scene_assert_body (self, 100000);
}

static void
test_not_before_allow (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100000");
  g_autoptr (UDecision) decision = NULL;

  g_signal_connect (task, "decide-response", G_CALLBACK (keep_cb), &decision);
  u_task_resume (task);
  u_test_wait_until (self->context, decision != NULL);
  /* All of it is on this side by now. */
  u_test_wait_until (self->context, u_test_server_get_n_in_flight (self->server) == 0);
  u_test_scene_round_trip (self);
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);

  u_response_decision_allow (U_RESPONSE_DECISION (decision));
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "received-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_scene_assert_body (self, 100000);
}

static void
test_never_answered (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (UTask) task = NULL;
  g_autoptr (UTask) redirected = NULL;
  g_autoptr (UDecision) response = NULL;
  g_autoptr (UDecision) redirect = NULL;

  u_session_configuration_set_request_timeout (configuration, 2);
  u_test_scene_configure (self, configuration);
  redirected = u_test_scene_new_data (self, "/redirect/1");
  g_signal_connect (redirected, "decide-redirect", G_CALLBACK (keep_cb), &redirect);
  u_task_resume (redirected);
  u_test_wait_until (self->context, redirect != NULL);
  u_test_signal_log_clear (self->log);

  task = u_test_scene_new_data (self, "/bytes/5");
  g_signal_connect (task, "decide-response", G_CALLBACK (keep_cb), &response);
  u_task_resume (task);
  u_test_wait_until (self->context, response != NULL);
  u_test_signal_log_assert_next (self->log, "decide-response");
  /* Until the request timer fires there is nothing. */
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "completed timed-out");
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);

  /* Which began before the one that has run out by now: there it stands still. */
  u_test_assert_state (redirected, U_TASK_STATE_RUNNING);
  u_redirect_decision_follow (U_REDIRECT_DECISION (redirect));
  u_test_scene_finish (self, redirected);
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_next (self->log, "received-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
}

static gboolean
cancel_task_cb (UTask *task, UResponseDecision *decision, gpointer data)
{
  u_response_decision_cancel_task (decision);

  return TRUE;
}

static void
test_cancel_answer (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) at_once = u_test_scene_new_data (self, "/bytes/100000");
  g_autoptr (UTask) later = u_test_scene_new_data (self, "/bytes/100000");
  g_autoptr (UDecision) decision = NULL;

  g_signal_connect (at_once, "decide-response", G_CALLBACK (cancel_task_cb), NULL);
  u_task_resume (at_once);
  u_test_scene_finish (self, at_once);
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_next (self->log, "completed cancelled");

  g_signal_connect (later, "decide-response", G_CALLBACK (keep_cb), &decision);
  u_task_resume (later);
  u_test_wait_until (self->context, decision != NULL && u_test_server_get_n_in_flight (self->server) == 0);
  u_test_scene_round_trip (self);
  u_response_decision_cancel_task (U_RESPONSE_DECISION (decision));
  u_test_scene_finish (self, later);
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  u_test_signal_log_assert_empty (self->log);
}

static void
test_empty (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *path;
  } cases[] = {
    { "GET", "/empty" },
    { "GET", "/empty?chunked" },
    { "GET", "/bytes/0" },
    { "GET", "/status/204" },
    { "GET", "/bytes/0?gzip" },
    { "HEAD", "/bytes/1000" },
    { "HEAD", "/bytes/1000?gzip" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (self, cases[i].path);
      g_autoptr (UTask) task = NULL;

      g_test_message ("%s %s", cases[i].method, cases[i].path);
      u_request_set_method (request, cases[i].method);
      task = U_TASK (u_session_create_data_task (self->session, request));
      u_test_signal_log_watch (self->log, task);
      u_task_resume (task);
      u_test_scene_finish (self, task);
      u_test_signal_log_assert_next (self->log, "decide-response");
      u_test_signal_log_assert_next (self->log, "completed ok");
      u_test_signal_log_assert_empty (self->log);
    }
}

static void
test_pieces (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = {
    "/bytes/3000000", "/bytes/3000000?chunked", "/bytes/3000000?close", "/bytes/3000000?gzip",
    "/bytes/3000000?deflate", "/bytes/3000000?gzip&chunked", "/bytes/3000000?chunk=70000",
    "/bytes/3000000?chunk=3333&chunked",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_data (self, paths[i]);

      g_test_message ("%s", paths[i]);
      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_no_error (u_task_get_error (task));
      u_test_scene_assert_body (self, 3000000);
      u_test_signal_log_clear (self->log);
    }
}

static void
test_http_errors (UTestScene *self, gconstpointer data)
{
  static const guint statuses[] = { 400, 403, 404, 410, 500, 503 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bytes/1000?status=%u", statuses[i]);
      g_autoptr (UTask) task = u_test_scene_new_data (self, path);

      u_task_resume (task);
      u_test_scene_finish (self, task);
      u_test_signal_log_assert_next (self->log, "decide-response");
      u_test_signal_log_assert_next (self->log, "received-data");
      u_test_signal_log_assert_next (self->log, "completed ok");
      u_test_signal_log_assert_empty (self->log);
      u_test_scene_assert_body (self, 1000);
      g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task))), ==,
                        statuses[i]);
      u_test_signal_log_clear (self->log);
    }
}

static void
test_default (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/1000");
  g_autoptr (UTask) unheard = u_test_scene_new_quiet_data (self, "/bytes/1000");

  u_test_signal_log_watch_signal (self->log, task, "received-data");
  u_test_signal_log_watch_signal (self->log, task, "completed");
  u_task_resume (task);
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "received-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_scene_assert_body (self, 1000);

  u_task_resume (unheard);
  u_test_scene_finish (self, unheard);
  g_assert_no_error (u_task_get_error (unheard));
  g_assert_cmpint (u_task_get_bytes_received (unheard), ==, 1000);
}

static void
test_one_line_calls (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/redirect-to?url=/bytes/1000&status=307");
  g_autoptr (URequest) failing = u_test_scene_new_request (self, "/no-answer");
  g_autoptr (GBytes) body = u_test_pattern_bytes (100);
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "file", NULL);
  g_autoptr (GFile) destination = g_file_new_for_path (path);

  u_request_set_method (request, "POST");
  u_request_set_body_bytes (request, body, "text/plain");
  u_test_signal_log_watch (self->log, self->session);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      switch (i)
        {
        case 0:
          u_session_data_async (self->session, request, NULL, u_test_take_result, &result);
          break;
        case 1:
          u_session_download_async (self->session, request, destination, NULL, u_test_take_result, &result);
          break;
        case 2:
          u_session_json_async (self->session, request, NULL, u_test_take_result, &result);
          break;
        case 3:
          u_session_open_async (self->session, request, NULL, u_test_take_result, &result);
          break;
        default:
          u_session_data_async (self->session, failing, NULL, u_test_take_result, &result);
          break;
        }
      u_test_wait_until (self->context, result != NULL);
      if (i == 0)
        {
          g_autoptr (GBytes) bytes = u_session_data_finish (self->session, result, NULL, &error);

          g_assert_no_error (error);
          g_assert_cmpuint (g_bytes_get_size (bytes), ==, 1000);
        }
      else if (i == 1)
        {
          g_autoptr (GFile) file = u_session_download_finish (self->session, result, NULL, &error);

          g_assert_no_error (error);
          g_assert_true (g_file_delete (file, NULL, NULL));
        }
      else if (i == 2)
        {
          g_assert_null (u_session_json_finish (self->session, result, NULL, &error));
          g_assert_error (error, U_ERROR, U_ERROR_CANNOT_PARSE_JSON);
        }
      else if (i == 3)
        {
          g_autoptr (GInputStream) stream = u_session_open_finish (self->session, result, NULL, &error);

          g_assert_no_error (error);
          g_assert_true (g_input_stream_close (stream, NULL, NULL));
        }
      else
        {
          g_assert_null (u_session_data_finish (self->session, result, NULL, &error));
          g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
        }
      u_test_wait_until (self->context, g_list_model_get_n_items (u_session_get_tasks (self->session)) == 0);
      u_test_drain (self->context);

      u_test_signal_log_assert_next (self->log, "task-created");
      if (i < 4)
        {
          u_test_signal_log_skip (self->log, "task-sent-data");
          u_test_signal_log_assert_next (self->log, "task-decide-redirect");
          u_test_signal_log_assert_next (self->log, "task-sent-data");
        }
      u_test_signal_log_assert_empty (self->log);
    }
}

static void
test_calls_on_tasks (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100000");
  g_autoptr (UTask) download = u_test_scene_new_download (self, "/bytes/100000");
  g_autoptr (GAsyncResult) loaded = NULL;
  g_autoptr (GAsyncResult) saved = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GFile) file = NULL;

  u_data_task_load_async (U_DATA_TASK (task), NULL, u_test_take_result, &loaded);
  u_test_wait_until (self->context, loaded != NULL);
  bytes = u_data_task_load_finish (U_DATA_TASK (task), loaded, &error);
  g_assert_no_error (error);
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_next (self->log, "received-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_scene_assert_body (self, 100000);
  {
    g_autoptr (GBytes) expected = u_test_pattern_bytes (100000);

    g_assert_true (g_bytes_equal (bytes, expected));
  }

  u_download_task_save_async (U_DOWNLOAD_TASK (download), NULL, NULL, u_test_take_result, &saved);
  u_test_wait_until (self->context, saved != NULL);
  file = u_download_task_save_finish (U_DOWNLOAD_TASK (download), saved, &error);
  g_assert_no_error (error);
  u_test_signal_log_assert_next (self->log, "wrote-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  g_assert_true (g_file_delete (file, NULL, NULL));
}

/* Whatever the body comes from, the signals are those of a body from the network. */
static void
test_same_sequence (UTestScene *self, gconstpointer data)
{
  g_autofree char *http = u_test_server_get_uri (self->server, "/bytes/5?body=Hello");
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "hello", NULL);
  g_autofree char *file = g_filename_to_uri (path, NULL, NULL);
  const char *uris[] = { http, "data:text/plain,Hello", "data:;base64,SGVsbG8=", file };

  g_assert_true (g_file_set_contents (path, "Hello", -1, NULL));
  u_test_signal_log_watch (self->log, self->session);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (UTask) task = U_TASK (u_session_create_data_task_for_uri (self->session, uris[i]));
      g_autoptr (GBytes) body = NULL;

      u_test_signal_log_watch (self->log, task);
      u_test_signal_log_watch_notify (self->log, task, "response");
      u_task_resume (task);
      u_test_scene_finish (self, task);
      u_test_signal_log_assert_next (self->log, "task-created");
      u_test_signal_log_assert_next (self->log, "notify::response");
      u_test_signal_log_assert_next (self->log, "decide-response");
      u_test_signal_log_assert_next (self->log, "task-decide-response");
      u_test_signal_log_assert_next (self->log, "received-data");
      u_test_signal_log_assert_next (self->log, "task-received-data");
      u_test_signal_log_assert_next (self->log, "completed ok");
      u_test_signal_log_assert_next (self->log, "task-completed ok");
      u_test_signal_log_assert_empty (self->log);
      body = u_test_signal_log_dup_body (self->log);
      g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "Hello", 5);
      g_assert_cmpint (u_task_get_bytes_received (task), ==, 5);
      g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, 5);
      u_test_signal_log_clear (self->log);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/data-order/r027-success", test_success);
  ADD ("/data-order/r028-no-data-before-allow", test_not_before_allow);
  ADD ("/data-order/r029-never-answered", test_never_answered);
  ADD ("/data-order/r030-answered-with-cancel", test_cancel_answer);
  ADD ("/data-order/r033-empty-bodies", test_empty);
  ADD ("/data-order/r034-pieces-in-order", test_pieces);
  ADD ("/data-order/r035-http-errors-have-bodies", test_http_errors);
  ADD ("/data-order/r037-default-is-allow", test_default);
  ADD ("/data-order/r038-one-line-calls", test_one_line_calls);
  ADD ("/data-order/r039-calls-on-tasks", test_calls_on_tasks);
  ADD ("/data-order/r178-same-sequence-from-anywhere", test_same_sequence);

  return g_test_run ();
}

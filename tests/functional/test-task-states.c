/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
test_new (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  u_test_signal_log_watch (self->log, self->session);
  task = u_test_scene_new_data (self, "/bytes/5");
  u_test_signal_log_assert_next (self->log, "task-created");
  u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
  g_assert_cmpuint (u_task_get_identifier (task), ==, 1);
  g_assert_true (u_task_get_session (task) == self->session);
  g_assert_null (u_task_get_error (task));
  g_assert_null (u_task_get_response (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 0);

  /* What comes later than all that a new task might have started by itself. */
  {
    g_autoptr (UTask) other = u_test_scene_new_quiet_data (self, "/bytes/6");

    u_task_resume (other);
    u_test_scene_finish (self, other);
  }
  u_test_signal_log_assert_next (self->log, "task-created");
  u_test_signal_log_assert_next (self->log, "task-decide-response");
  u_test_signal_log_assert_next (self->log, "task-received-data");
  u_test_signal_log_assert_next (self->log, "task-completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
  g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 1);
}

static void
test_resume (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/5");

  u_test_signal_log_watch_notify (self->log, task, "state");
  u_task_resume (task);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "notify::state running") == 1);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

static void
assert_still_canceling_cb (UTask *task, GBytes *bytes, gpointer data)
{
  u_test_assert_state (task, U_TASK_STATE_CANCELING);
}

static void
assert_completed_cb (UTask *task, const GError *error, gpointer data)
{
  const GError *own = u_task_get_error (task);
  g_autoptr (GError) property = NULL;

  u_test_assert_state (task, U_TASK_STATE_COMPLETED);
  g_object_get (task, "error", &property, NULL);
  if (error == NULL)
    {
      g_assert_no_error (own);
      g_assert_no_error (property);
    }
  else
    {
      g_assert_error (own, error->domain, error->code);
      g_assert_cmpstr (own->message, ==, error->message);
      g_assert_error (property, error->domain, error->code);
    }
  ++*(guint *) data;
}

static void
test_canceling (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000000?pause-after=500000");
  guint n_completed = 0;

  g_signal_connect (task, "completed", G_CALLBACK (assert_completed_cb), &n_completed);
  u_task_resume (task);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
  u_test_signal_log_watch_notify (self->log, task, "state");
  u_test_drain (self->context);
  u_test_signal_log_clear (self->log);
  g_signal_connect (task, "received-data", G_CALLBACK (assert_still_canceling_cb), NULL);
  u_task_cancel (task);
  u_test_assert_state (task, U_TASK_STATE_CANCELING);
  u_test_scene_finish (self, task);
  g_assert_cmpuint (n_completed, ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed cancelled"), ==, 1);
  /* Both changes are told; what is read at the first one may be the second one already. */
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::state"), ==, 2);
}

/* Nothing leads out of the last state, and nothing back from canceling. */
static void
test_transitions (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/100?pause-after=50");
  g_autoptr (UTask) cancelled = u_test_scene_new_quiet_data (self, "/bytes/100?pause-after=50&id=2");

  u_task_resume (task);
  u_task_suspend (task);
  u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
  u_task_resume (task);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  u_task_resume (task);
  u_test_assert_state (task, U_TASK_STATE_COMPLETED);
  u_task_suspend (task);
  u_test_assert_state (task, U_TASK_STATE_COMPLETED);
  u_task_cancel (task);
  u_test_assert_state (task, U_TASK_STATE_COMPLETED);
  g_assert_no_error (u_task_get_error (task));

  u_task_resume (cancelled);
  u_task_cancel (cancelled);
  u_task_resume (cancelled);
  u_test_assert_state (cancelled, U_TASK_STATE_CANCELING);
  u_task_suspend (cancelled);
  u_test_assert_state (cancelled, U_TASK_STATE_CANCELING);
  u_test_scene_finish (self, cancelled);
  g_assert_error (u_task_get_error (cancelled), U_ERROR, U_ERROR_CANCELLED);
}

static void
test_end (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *path;
    int code;                 /* -1: none */
  } cases[] = {
    { "/bytes/5", -1 },
    { "/status/404", -1 },
    { "/no-answer", U_ERROR_NETWORK_CONNECTION_LOST },
    { "/bytes/100?drop-after=50", U_ERROR_NETWORK_CONNECTION_LOST },
    { "/redirect-loop", U_ERROR_TOO_MANY_REDIRECTS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, cases[i].path);
      guint n_completed = 0;

      g_signal_connect (task, "completed", G_CALLBACK (assert_completed_cb), &n_completed);
      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_cmpuint (n_completed, ==, 1);
      if (cases[i].code < 0)
        g_assert_no_error (u_task_get_error (task));
      else
        g_assert_error (u_task_get_error (task), U_ERROR, cases[i].code);
    }
}

static void
test_http_status (UTestScene *self, gconstpointer data)
{
  static const guint statuses[] = { 200, 204, 304, 400, 401, 404, 410, 500, 503, 599 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/status/%u", statuses[i]);
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, path);

      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task))), ==,
                        statuses[i]);
    }
}

static void
test_notify (UTestScene *self, gconstpointer data)
{
  static const char * const properties[] = {
    "state", "response", "current-request", "error", "bytes-received", "bytes-expected-to-receive", "bytes-sent",
  };
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/redirect-to?url=/bytes/300000");
  g_autoptr (GBytes) body = u_test_pattern_bytes (1000);
  g_autoptr (UTask) task = NULL;
  g_autoptr (UTask) failing = u_test_scene_new_quiet_data (self, "/no-answer");

  u_request_set_body_bytes (request, body, "text/plain");
  u_request_set_method (request, "POST");
  task = U_TASK (u_session_create_data_task (self->session, request));
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    u_test_signal_log_watch_notify (self->log, task, properties[i]);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::state running"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::state completed"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::response"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::current-request"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::error"), ==, 0);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::bytes-received"), >, 0);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::bytes-expected-to-receive"), >, 0);

  u_test_signal_log_clear (self->log);
  u_test_signal_log_watch_notify (self->log, failing, "error");
  u_test_signal_log_watch_notify (self->log, failing, "failing-uri");
  u_task_resume (failing);
  u_test_scene_finish (self, failing);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::error"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "notify::failing-uri"), ==, 1);
}

static gboolean
assert_response_cb (UTask *task, UResponseDecision *decision, gpointer data)
{
  *(UResponse **) data = u_task_get_response (task);
  g_assert_true (u_task_get_response (task) == u_response_decision_get_response (decision));

  return FALSE;
}

static void
test_response (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/100?pause-after=0");
  UResponse *response = NULL;

  g_signal_connect (task, "decide-response", G_CALLBACK (assert_response_cb), &response);
  g_assert_null (u_task_get_response (task));
  u_task_resume (task);
  g_assert_null (u_task_get_response (task));
  u_test_wait_until (self->context, response != NULL);
  g_assert_true (u_task_get_response (task) == response);
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  g_assert_true (u_task_get_response (task) == response);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/task-states/r001-new-task-does-nothing", test_new);
  ADD ("/task-states/r002-resume-makes-it-run", test_resume);
  ADD ("/task-states/r003-canceling-before-cancel-returns", test_canceling);
  ADD ("/task-states/r004-only-allowed-transitions", test_transitions);
  ADD ("/task-states/r005-state-and-error-are-set-before-completed", test_end);
  ADD ("/task-states/r006-http-status-is-no-error", test_http_status);
  ADD ("/task-states/r007-notify", test_notify);
  ADD ("/task-states/r008-response-stays", test_response);

  return g_test_run ();
}

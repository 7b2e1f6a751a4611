/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
test_fresh (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/5");
  g_autoptr (UTask) download = u_test_scene_new_download (self, "/bytes/5");

  u_task_cancel (task);
  u_task_cancel (download);
  u_test_assert_state (task, U_TASK_STATE_CANCELING);
  /* Not in the call itself. */
  u_test_signal_log_assert_empty (self->log);
  u_test_scene_finish (self, task);
  u_test_scene_finish (self, download);
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  u_test_signal_log_assert_empty (self->log);
  g_assert_null (u_task_get_response (task));
  g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 0);
}

static gpointer
cancel_thread (gpointer data)
{
  u_task_cancel (data);

  return NULL;
}

static void
test_twice (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100?pause-after=50");
      GThread *first;
      GThread *second;

      u_task_resume (task);
      if (i % 2 == 0)
        u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
      first = g_thread_new ("cancel-1", cancel_thread, task);
      second = g_thread_new ("cancel-2", cancel_thread, task);
      g_thread_join (first);
      g_thread_join (second);
      u_task_cancel (task);
      u_test_scene_finish (self, task);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
      g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
      u_test_signal_log_clear (self->log);
    }
}

static void
test_completed (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) good = u_test_scene_new_data (self, "/bytes/5");
  g_autoptr (UTask) bad = u_test_scene_new_data (self, "/no-answer");

  u_task_resume (good);
  u_task_resume (bad);
  u_test_scene_finish (self, good);
  u_test_scene_finish (self, bad);
  u_test_signal_log_clear (self->log);
  u_task_cancel (good);
  u_task_cancel (bad);
  u_test_scene_round_trip (self);
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_state (good, U_TASK_STATE_COMPLETED);
  g_assert_no_error (u_task_get_error (good));
  g_assert_error (u_task_get_error (bad), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
test_resume (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/5");
  UTask **tasks;
  gsize n_tasks;

  u_task_cancel (task);
  u_task_resume (task);
  u_test_assert_state (task, U_TASK_STATE_CANCELING);
  tasks = u_session_dup_tasks (self->session, &n_tasks);
  g_assert_cmpuint (n_tasks, ==, 1);
  g_object_unref (tasks[0]);
  g_free (tasks);

  u_test_scene_finish (self, task);
  u_task_resume (task);
  u_test_scene_round_trip (self);
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  u_test_signal_log_assert_empty (self->log);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
  tasks = u_session_dup_tasks (self->session, &n_tasks);
  g_assert_cmpuint (n_tasks, ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (u_session_get_tasks (self->session)), ==, 0);
  g_free (tasks);
}

static void
test_last (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/10000000?pause-after=5000000");
  g_autoptr (UTask) download = u_test_scene_new_download (self, "/bytes/10000000?pause-after=5000000");
  g_autofree char *entry = NULL;

  u_task_resume (task);
  u_task_resume (download);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0 &&
                                    u_test_signal_log_count (self->log, "wrote-data") > 0);
  u_task_cancel (task);
  u_test_scene_finish (self, task);
  u_task_cancel (download);
  u_test_scene_finish (self, download);
  u_test_scene_round_trip (self);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed cancelled"), ==, 2);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "finished-download"), ==, 0);
  while ((entry = u_test_signal_log_pop (self->log)) != NULL &&
         u_test_signal_log_count (self->log, "completed") > 0)
    g_free (entry);
  g_assert_cmpstr (entry, ==, "completed cancelled");
  u_test_signal_log_assert_empty (self->log);
}

static void
test_error (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/redirect-to?url=/bytes/100%3Fpause-after=50");
  g_autofree char *current = u_test_server_get_uri (self->server, "/bytes/100?pause-after=50");
  g_autofree char *failing = NULL;

  u_task_resume (task);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
  g_assert_null (u_task_get_failing_uri (task));
  u_task_cancel (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  g_assert_nonnull (strstr (u_task_get_error (task)->message, "cancelled"));
  g_assert_cmpstr (u_task_get_failing_uri (task), ==, current);
  g_object_get (task, "failing-uri", &failing, NULL);
  g_assert_cmpstr (failing, ==, current);
}

static gboolean
cancel_in_decision_cb (UTask *task, UDecision *decision, gpointer data)
{
  u_task_cancel (task);
  u_test_assert_state (task, U_TASK_STATE_CANCELING);
  *(UDecision **) data = g_object_ref (decision);

  return TRUE;
}

static gboolean
cancel_and_answer_cb (UTask *task, UDecision *decision, gpointer data)
{
  u_task_cancel (task);
  u_decision_use_default (decision);
  *(UDecision **) data = g_object_ref (decision);

  return FALSE;
}

static void
cancel_cb (UTask *task)
{
  u_task_cancel (task);
}

static void
test_inside (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *signal;
    const char *path;
  } cases[] = {
    { "decide-response", "/bytes/100" },
    { "decide-redirect", "/redirect/1" },
    { "received-data", "/bytes/1000000?pause-after=500000" },
    { "completed", "/bytes/5" },
    { "notify::response", "/bytes/100" },
    { "notify::state", "/bytes/100" },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cases); i++)
    {
      const char *signal = cases[i / 2].signal;
      g_autoptr (UTask) task = u_test_scene_new_data (self, cases[i / 2].path);
      g_autoptr (UDecision) decision = NULL;

      if (!g_str_has_prefix (signal, "decide"))
        g_signal_connect (task, signal, G_CALLBACK (cancel_cb), NULL);
      else if (i % 2 == 0)
        g_signal_connect (task, signal, G_CALLBACK (cancel_in_decision_cb), &decision);
      else
        g_signal_connect (task, signal, G_CALLBACK (cancel_and_answer_cb), &decision);
      u_task_resume (task);
      u_test_scene_finish (self, task);
      if (g_str_equal (signal, "completed"))
        g_assert_no_error (u_task_get_error (task));
      else
        g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
      if (g_str_has_prefix (signal, "decide"))
        {
          g_assert_cmpuint (u_test_signal_log_count (self->log, "received-data"), ==, 0);
          /* The answer that comes after the end is ignored. */
          g_assert_true (u_decision_is_answered (decision));
          u_decision_use_default (decision);
          u_test_scene_round_trip (self);
        }
      g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
      u_test_signal_log_clear (self->log);
    }
}

static void
test_race (UTestScene *self, gconstpointer data)
{
  g_autofree char *dead = NULL;

  {
    /* A port on which nothing listens. */
    g_autoptr (UTestServer) server = u_test_server_new ();
    g_autoptr (GError) error = NULL;

    u_test_server_start (server, &error);
    g_assert_no_error (error);
    dead = u_test_server_get_uri (server, "/");
    u_test_server_stop (server);
  }

  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (UTask) task = NULL;
      gboolean first;

      if (i % 3 == 0)
        task = U_TASK (u_session_create_data_task_for_uri (self->session, dead));
      else if (i % 3 == 1)
        task = U_TASK (u_session_create_data_task_for_uri (self->session, "nonsense"));
      else
        task = u_test_scene_new_quiet_data (self, "/no-answer");
      u_test_signal_log_watch (self->log, task);
      u_task_resume (task);
      /* Somewhere between at once and after the end. */
      for (guint j = 0; j < i % 7; j++)
        {
          g_thread_yield ();
          g_main_context_iteration (self->context, FALSE);
        }
      first = u_task_get_state (task) != U_TASK_STATE_COMPLETED;
      u_task_cancel (task);
      u_test_scene_finish (self, task);
      g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
      g_assert_true (g_error_matches (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED) == first);
      u_test_signal_log_clear (self->log);
    }
}

static void
test_without_resume_data (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_download (self, "/bytes/1000000?pause-after=500000");

  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_received (task) > 0);
  u_task_cancel (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  g_assert_null (u_download_task_dup_resume_data (U_DOWNLOAD_TASK (task)));
}

static GBytes *
produce (UTestScene *self, UTask *task, GError **error)
{
  UDownloadTask *download = U_DOWNLOAD_TASK (task);
  g_autoptr (GAsyncResult) result = NULL;
  GBytes *resume_data;

  u_download_task_cancel_by_producing_resume_data_async (download, NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  resume_data = u_download_task_cancel_by_producing_resume_data_finish (download, result, error);
  u_test_scene_round_trip (self);

  return resume_data;
}

static void
test_producing (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_download (self, "/bytes/1000000?pause-after=500000");
  g_autoptr (UTask) done = u_test_scene_new_download (self, "/bytes/5");
  g_autoptr (UTask) fresh = u_test_scene_new_download (self, "/bytes/5");
  g_autoptr (GBytes) resume_data = NULL;
  g_autoptr (GError) done_error = NULL;
  g_autoptr (GError) fresh_error = NULL;

  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_received (task) > 0);
  resume_data = produce (self, task, NULL);
  g_assert_nonnull (resume_data);
  u_test_assert_state (task, U_TASK_STATE_COMPLETED);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed cancelled"), ==, 1);

  u_task_resume (done);
  u_test_scene_finish (self, done);
  g_assert_null (produce (self, done, &done_error));
  g_assert_error (done_error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_no_error (u_task_get_error (done));
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 2);

  g_assert_null (produce (self, fresh, &fresh_error));
  g_assert_error (fresh_error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_error (u_task_get_error (fresh), U_ERROR, U_ERROR_CANCELLED);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 3);

  /* The file that the resume data stands for goes with a task that takes it. */
  {
    g_autoptr (UTask) resumed = U_TASK (u_session_resume_download_task (self->session, resume_data, NULL));

    u_test_server_release (self->server);
    u_task_resume (resumed);
    u_test_wait_until (self->context, (u_test_server_release (self->server),
                                       u_task_get_state (resumed) == U_TASK_STATE_COMPLETED));
    g_assert_no_error (u_task_get_error (resumed));
  }
}

static void
test_connection (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100?pause-after=50");
  g_autofree guint *ids = NULL;
  gsize n_ids;

  u_task_resume (task);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
  u_task_cancel (task);
  u_test_scene_finish (self, task);
  g_assert_true (u_test_server_wait_for_open_connections (self->server, 0, 60000));
  u_test_scene_round_trip (self);
  ids = u_test_server_dup_connection_ids (self->server, &n_ids);
  g_assert_cmpuint (n_ids, ==, 2);
  g_assert_cmpuint (ids[0], !=, ids[1]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/cancel/r016-never-resumed", test_fresh);
  ADD ("/cancel/r017-twice", test_twice);
  ADD ("/cancel/r018-completed", test_completed);
  ADD ("/cancel/r019-resume-does-not-restart", test_resume);
  ADD ("/cancel/r020-completed-is-last", test_last);
  ADD ("/cancel/r021-error", test_error);
  ADD ("/cancel/r022-inside-a-handler", test_inside);
  ADD ("/cancel/r023-race-with-a-failure", test_race);
  ADD ("/cancel/r024-without-resume-data", test_without_resume_data);
  ADD ("/cancel/r025-producing-resume-data", test_producing);
  ADD ("/cancel/r026-closes-the-connection", test_connection);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
wait_invalidated (UTestScene *self)
{
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "invalidated") > 0);
  u_test_drain (self->context);
}

static void
test_finish_tasks (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) running = u_test_scene_new_data (self, "/bytes/100?pause-after=50");
  g_autoptr (UTask) fresh = u_test_scene_new_data (self, "/bytes/100");

  u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
  u_test_signal_log_show_tasks (self->log);
  u_task_resume (running);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_session_finish_tasks_and_invalidate (self->session);
  u_test_drain (self->context);
  u_test_server_release (self->server);
  u_test_scene_finish (self, running);
  u_test_drain (self->context);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed #1 ok"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "invalidated"), ==, 0);
  u_test_signal_log_clear (self->log);

  u_task_resume (fresh);
  u_test_scene_finish (self, fresh);
  wait_invalidated (self);
  u_test_signal_log_assert_next (self->log, "decide-response #2");
  u_test_signal_log_assert_next (self->log, "received-data #2");
  u_test_signal_log_assert_next (self->log, "completed #2 ok");
  u_test_signal_log_assert_next (self->log, "invalidated ok");
  u_test_signal_log_assert_empty (self->log);
}

/* A task that nobody will ever resume does not keep the session from its end. */
static void
test_finish_dropped_task (UTestScene *self, gconstpointer data)
{
  UTask *task = u_test_scene_new_quiet_data (self, "/bytes/100");

  u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
  u_session_finish_tasks_and_invalidate (self->session);
  u_test_drain (self->context);
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_finalized (self->context, task);
  wait_invalidated (self);
}

static void
test_no_tasks (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      u_test_scene_configure (self, NULL);
      u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
      if (i == 0)
        u_session_finish_tasks_and_invalidate (self->session);
      else
        u_session_invalidate_and_cancel (self->session);
      u_test_signal_log_assert_empty (self->log);
      wait_invalidated (self);
      u_test_signal_log_assert_next (self->log, "invalidated ok");
      u_test_signal_log_assert_empty (self->log);
    }
}

static void
test_cancel (UTestScene *self, gconstpointer data)
{
  GPtrArray *tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *last = NULL;

  u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
  u_test_signal_log_watch_signal (self->log, self->session, "task-completed");
  for (guint i = 0; i < 30; i++)
    {
      UTask *task = u_test_scene_new_quiet_data (self, i % 2 == 0 ? "/stall" : "/bytes/100?pause-after=50");

      g_ptr_array_add (tasks, task);
      if (i % 3 != 0)
        u_task_resume (task);
      if (i % 5 == 0)
        u_task_suspend (task);
    }
  u_test_wait_until (self->context, u_test_server_get_n_requests (self->server) >= 6);
  u_session_invalidate_and_cancel (self->session);
  for (guint i = 0; i < tasks->len; i++)
    u_test_assert_state (tasks->pdata[i], U_TASK_STATE_CANCELING);
  u_test_signal_log_assert_empty (self->log);
  wait_invalidated (self);
  for (guint i = 0; i < tasks->len; i++)
    u_test_signal_log_assert_next (self->log, "task-completed cancelled");
  u_test_signal_log_assert_next (self->log, "invalidated ok");
  u_test_signal_log_assert_empty (self->log);
  g_ptr_array_unref (tasks);
}

static void
test_new_tasks (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (UTask) task = NULL;
      g_autoptr (UTask) download = NULL;

      u_test_scene_configure (self, NULL);
      u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
      if (i % 2 == 0)
        u_session_finish_tasks_and_invalidate (self->session);
      else
        u_session_invalidate_and_cancel (self->session);
      if (i >= 2)
        wait_invalidated (self);
      u_test_signal_log_clear (self->log);
      task = u_test_scene_new_data (self, "/bytes/5");
      download = u_test_scene_new_download (self, "/bytes/5");
      u_task_resume (task);
      u_task_resume (download);
      u_test_scene_finish (self, task);
      u_test_scene_finish (self, download);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_SESSION_INVALIDATED);
      g_assert_error (u_task_get_error (download), U_ERROR, U_ERROR_SESSION_INVALIDATED);
      g_assert_cmpuint (u_test_signal_log_count (self->log, "completed session-invalidated"), ==, 2);
      g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 0);
      u_test_signal_log_clear (self->log);
    }
}

static void
load_shared (UTestScene *self)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/5");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  u_session_data_async (u_session_get_shared (), request, NULL, u_test_take_result, &result);
  while (result == NULL)
    {
      u_test_drain (self->context);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  bytes = u_session_data_finish (u_session_get_shared (), result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 5);
}

static void
test_shared (UTestScene *self, gconstpointer data)
{
  USession *shared = u_session_get_shared ();

  g_assert_true (u_session_get_main_context (shared) == g_main_context_default ());
  load_shared (self);
  u_session_finish_tasks_and_invalidate (shared);
  load_shared (self);
  u_session_invalidate_and_cancel (shared);
  load_shared (self);
  g_assert_true (u_session_get_shared () == shared);

  /* It stays, and so would its connections. */
  {
    g_autoptr (GAsyncResult) result = NULL;

    u_session_flush_async (shared, NULL, u_test_take_result, &result);
    while (result == NULL)
      {
        u_test_drain (self->context);
        g_main_context_iteration (NULL, FALSE);
        g_thread_yield ();
      }
    g_assert_true (u_session_flush_finish (shared, result, NULL));
  }
}

static void
test_twice (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/stall");

  u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
  u_test_signal_log_watch_signal (self->log, self->session, "task-completed");
  u_task_resume (task);
  u_session_finish_tasks_and_invalidate (self->session);
  u_session_finish_tasks_and_invalidate (self->session);
  u_test_drain (self->context);
  u_test_signal_log_assert_empty (self->log);
  u_session_invalidate_and_cancel (self->session);
  u_session_invalidate_and_cancel (self->session);
  u_session_finish_tasks_and_invalidate (self->session);
  wait_invalidated (self);
  u_session_invalidate_and_cancel (self->session);
  u_test_drain (self->context);
  u_test_signal_log_assert_next (self->log, "task-completed cancelled");
  u_test_signal_log_assert_next (self->log, "invalidated ok");
  u_test_signal_log_assert_empty (self->log);
}

/* What a handler was connected with, counted. */
typedef struct
{
  int n_calls;
  int n_freed;
} Closure;

static void
completed_cb (UTask *task, const GError *error, gpointer data)
{
  Closure *closure = data;

  g_assert_cmpint (closure->n_freed, ==, 0);
  closure->n_calls++;
}

static void
invalidated_cb (USession *session, const GError *error, gpointer data)
{
  Closure *closure = data;

  g_assert_cmpint (closure->n_freed, ==, 0);
  closure->n_calls++;
}

static void
closure_freed_cb (gpointer data, GClosure *closure)
{
  ((Closure *) data)->n_freed++;
}

static void
test_retention (UTestScene *self, gconstpointer data)
{
  Closure on_task = { 0 };
  Closure on_session = { 0 };
  UTask *task = u_test_scene_new_quiet_data (self, "/bytes/100?pause-after=50");

  g_signal_connect_data (task, "completed", G_CALLBACK (completed_cb), &on_task, closure_freed_cb, 0);
  g_signal_connect_data (self->session, "invalidated", G_CALLBACK (invalidated_cb), &on_session, closure_freed_cb, 0);
  u_task_resume (task);
  g_object_unref (task);
  u_session_finish_tasks_and_invalidate (self->session);
  g_clear_object (&self->session);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_test_drain (self->context);
  g_assert_cmpint (on_task.n_calls + on_task.n_freed + on_session.n_calls + on_session.n_freed, ==, 0);

  u_test_server_release (self->server);
  u_test_wait_until (self->context, on_session.n_freed > 0);
  g_assert_cmpint (on_task.n_calls, ==, 1);
  g_assert_cmpint (on_task.n_freed, ==, 1);
  g_assert_cmpint (on_session.n_calls, ==, 1);
}

/* A session that is invalid says nothing more, whatever is done with it, but for the tasks that it refuses. */
static void
test_silence (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/5");

  u_task_resume (task);
  u_session_finish_tasks_and_invalidate (self->session);
  u_test_signal_log_watch (self->log, self->session);
  wait_invalidated (self);
  u_test_signal_log_clear (self->log);
  u_task_cancel (task);
  u_task_suspend (task);
  u_task_resume (task);
  u_task_set_priority (task, U_TASK_PRIORITY_HIGH);
  u_session_invalidate_and_cancel (self->session);
  u_test_drain (self->context);
  u_test_signal_log_assert_empty (self->log);
}

static void
gone_cb (gpointer data, GObject *object)
{
  ++*(int *) data;
}

static void
request_freed_cb (gpointer data)
{
  ++*(int *) data;
}

static void
test_references (UTestScene *self, gconstpointer data)
{
  UTask *task;
  Closure closure = { 0 };
  int n_gone = 0;
  int n_bodies = 0;
  GBytes *body = g_bytes_new_with_free_func ("body", 4, request_freed_cb, &n_bodies);
  URequest *request = u_test_scene_new_request (self, "/echo?pause-after=10");

  u_request_set_method (request, "POST");
  u_request_set_body_bytes (request, body, "text/plain");
  g_bytes_unref (body);
  task = U_TASK (u_session_create_data_task (self->session, request));
  g_object_unref (request);
  g_signal_connect_data (task, "completed", G_CALLBACK (completed_cb), &closure, closure_freed_cb, 0);
  g_object_weak_ref (G_OBJECT (task), gone_cb, &n_gone);
  g_object_weak_ref (G_OBJECT (u_task_get_original_request (task)), gone_cb, &n_gone);
  g_object_weak_ref (G_OBJECT (self->session), gone_cb, &n_gone);
  u_task_resume (task);
  g_clear_object (&task);
  g_clear_object (&self->session);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_test_drain (self->context);
  g_assert_cmpint (n_gone, ==, 0);
  g_assert_cmpint (g_atomic_int_get (&n_bodies), ==, 0);

  u_test_server_release (self->server);
  u_test_wait_until (self->context, n_gone == 3);
  g_assert_cmpint (closure.n_calls, ==, 1);
  g_assert_cmpint (closure.n_freed, ==, 1);
  u_test_wait_until (self->context, g_atomic_int_get (&n_bodies) == 1);
}

/* What the server said to the first session, it does not hear from the second one. */
static void
test_ephemeral (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_ephemeral ();
  g_autofree char *cookie = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "urlsession", NULL);
  g_autofree char *store = g_build_filename (g_get_user_data_dir (), "urlsession", NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = NULL;

      u_test_scene_configure (self, configuration);
      u_test_signal_log_watch_signal (self->log, self->session, "invalidated");
      task = u_test_scene_new_quiet_data (self, "/bytes/5?header=Set-Cookie:a=b&header=Cache-Control:max-age=1000");
      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_no_error (u_task_get_error (task));
      u_session_invalidate_and_cancel (self->session);
      wait_invalidated (self);
      u_test_signal_log_clear (self->log);
    }
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 2);
  cookie = u_test_server_dup_request_header (self->server, 1, "Cookie");
  g_assert_null (cookie);
  etag = u_test_server_dup_request_header (self->server, 1, "If-None-Match");
  g_assert_null (etag);
  g_assert_false (g_file_test (cache, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (store, G_FILE_TEST_EXISTS));
}

static void
test_late_handler (UTestScene *self, gconstpointer data)
{
  Closure early = { 0 };
  Closure late = { 0 };
  UTask *task = u_test_scene_new_quiet_data (self, "/bytes/100?pause-after=50");

  g_signal_connect_data (task, "completed", G_CALLBACK (completed_cb), &early, closure_freed_cb, 0);
  u_task_resume (task);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  g_signal_connect_data (task, "completed", G_CALLBACK (completed_cb), &late, closure_freed_cb, 0);
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  u_test_assert_finalized (self->context, task);
  g_assert_cmpint (early.n_calls, ==, 1);
  g_assert_cmpint (early.n_freed, ==, 1);
  g_assert_cmpint (late.n_calls, ==, 1);
  g_assert_cmpint (late.n_freed, ==, 1);
}

/* Each reference dropped in the middle of something: all goes away by itself, with no call that says so. */
static void
test_dropped (UTestScene *self, gconstpointer data)
{
  enum { FRESH, QUEUED, RUNNING, SUSPENDED, CANCELLED, DONE, N_STAGES };

  for (guint i = 0; i < 2 * 2 * N_STAGES; i++)
    {
      guint stage = i / 4;
      gboolean session_first = i % 2 == 0;
      gboolean is_download = i / 2 % 2 == 0;
      const char *path = "/bytes/200000?pause-after=100000";
      int n_gone = 0;
      UTask *task;

      g_test_message ("stage %u, %s, %s first", stage, is_download ? "download" : "data",
                      session_first ? "session" : "task");
      if (self->session == NULL)
        self->session = u_session_new (NULL);
      task = is_download ? u_test_scene_new_download (self, path) : u_test_scene_new_data (self, path);
      g_object_weak_ref (G_OBJECT (task), gone_cb, &n_gone);
      g_object_weak_ref (G_OBJECT (self->session), gone_cb, &n_gone);
      if (stage >= QUEUED)
        u_task_resume (task);
      if (stage >= RUNNING)
        u_test_wait_until (self->context, u_test_server_get_n_paused (self->server) == 1);
      if (stage == SUSPENDED)
        u_task_suspend (task);
      if (stage == CANCELLED)
        u_task_cancel (task);
      if (stage == DONE)
        {
          u_test_server_release (self->server);
          u_test_scene_finish (self, task);
        }

      if (session_first)
        {
          g_clear_object (&self->session);
          g_object_unref (task);
        }
      else
        {
          g_object_unref (task);
          g_clear_object (&self->session);
        }

      if (stage == QUEUED || stage == RUNNING)
        {
          u_test_wait_until (self->context, u_test_server_get_n_paused (self->server) == 1);
          u_test_server_release (self->server);
        }
      if (stage == SUSPENDED)
        {
          /* It was resumed once: the library holds it until somebody cancels it. */
          u_test_drain (self->context);
          g_assert_cmpint (n_gone, ==, 0);
          u_task_cancel (task);
        }
      u_test_wait_until (self->context, n_gone == 2);
      u_test_wait_until (self->context, u_test_server_get_n_open_connections (self->server) == 0);
      u_test_signal_log_clear (self->log);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/invalidation/r119-finish-tasks", test_finish_tasks);
  ADD ("/invalidation/r119-dropped-task", test_finish_dropped_task);
  ADD ("/invalidation/r120-no-tasks", test_no_tasks);
  ADD ("/invalidation/r121-cancel", test_cancel);
  ADD ("/invalidation/r122-new-tasks-fail", test_new_tasks);
  ADD ("/invalidation/r123-shared-session", test_shared);
  ADD ("/invalidation/r124-twice", test_twice);
  ADD ("/invalidation/r125-handlers-stay", test_retention);
  ADD ("/invalidation/r126-silence-afterwards", test_silence);
  ADD ("/invalidation/r127-references", test_references);
  ADD ("/invalidation/r127-everything-dropped", test_dropped);
  ADD ("/invalidation/r128-ephemeral", test_ephemeral);
  ADD ("/invalidation/r129-handlers-of-tasks", test_late_handler);

  return g_test_run ();
}

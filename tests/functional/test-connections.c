/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* Done when the I/O thread has seen all that was said before: this takes no connection. */
static void
barrier (UTestScene *self)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "data:,x");

  u_task_resume (task);
  u_test_scene_finish (self, task);
}

static void
use_one_connection (UTestScene *self, double timeout)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_max_connections_per_host (configuration, 1);
  if (timeout > 0)
    u_session_configuration_set_request_timeout (configuration, timeout);
  u_test_scene_configure (self, configuration);
}

/* Occupies the only connection until the server releases it. */
static UTask *
block (UTestScene *self)
{
  UTask *task = u_test_scene_new_quiet_data (self, "/bytes/10?pause-after=5");

  u_task_resume (task);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));

  return task;
}

static GPtrArray *
queue (UTestScene *self, guint n, const double *priorities)
{
  GPtrArray *tasks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("/bytes/10?id=%u", i);
      UTask *task = u_test_scene_new_quiet_data (self, path);

      if (priorities != NULL)
        u_task_set_priority (task, priorities[i]);
      u_task_resume (task);
      g_ptr_array_add (tasks, task);
    }
  barrier (self);

  return tasks;
}

static void
finish_all (UTestScene *self, GPtrArray *tasks)
{
  for (guint i = 0; i < tasks->len; i++)
    {
      u_test_scene_finish (self, tasks->pdata[i]);
      g_assert_no_error (u_task_get_error (tasks->pdata[i]));
    }
}

/* The requests after that of block(), as their ids. */
static void
assert_order (UTestScene *self, const char *expected)
{
  g_auto (GStrv) requests = u_test_server_dup_requests (self->server);
  g_autoptr (GString) order = g_string_new (NULL);

  for (guint i = 1; requests[i] != NULL; i++)
    {
      g_assert_true (g_str_has_prefix (requests[i], "GET /bytes/10?id="));
      g_string_append (order, requests[i] + strlen ("GET /bytes/10?id="));
    }
  g_assert_cmpstr (order->str, ==, expected);
}

static void
test_limit (UTestScene *self, gconstpointer data)
{
  GPtrArray *tasks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 20; i++)
    {
      UTask *task = u_test_scene_new_quiet_data (self, "/bytes/10?pause-after=5");

      u_task_resume (task);
      g_ptr_array_add (tasks, task);
    }
  g_assert_true (u_test_server_wait_for_paused (self->server, 6, 60000));
  barrier (self);
  g_assert_cmpuint (u_test_server_get_n_in_flight (self->server), ==, 6);
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     g_list_model_get_n_items (u_session_get_tasks (self->session)) == 0));
  finish_all (self, tasks);
  g_assert_cmpuint (u_test_server_get_max_open_connections (self->server), ==, 6);
  g_ptr_array_unref (tasks);
}

static void
completed_cb (UTask *task, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  ++*(guint *) data;
}

static void
test_ten_thousand (UTestScene *self, gconstpointer data)
{
  const guint n = 10000;
  guint n_completed = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/100");

      g_signal_connect (task, "completed", G_CALLBACK (completed_cb), &n_completed);
      u_task_resume (task);
    }
  u_test_wait_until (self->context, n_completed == n);
  g_assert_cmpuint (u_test_server_get_max_open_connections (self->server), <=, 6);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, n);
}

static void
test_fifo (UTestScene *self, gconstpointer data)
{
  static const double priorities[] = { 0.5, 0.25, 0.5, 0.75, 0.25, 0.75, 1.0, 0.0, 0.5 };
  g_autoptr (UTask) blocker = NULL;
  g_autoptr (GPtrArray) tasks = NULL;

  use_one_connection (self, 0);
  blocker = block (self);
  tasks = queue (self, G_N_ELEMENTS (priorities), priorities);
  u_test_server_release (self->server);
  finish_all (self, tasks);
  assert_order (self, "635028147");
  g_assert_cmpuint (u_test_server_get_max_open_connections (self->server), ==, 1);
}

static void
test_two_sessions (UTestScene *self, gconstpointer data)
{
  USession *first = g_object_ref (self->session);
  GPtrArray *tasks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 20; i++)
    {
      UTask *task;

      if (i == 10)
        {
          g_object_unref (self->session);
          self->session = u_session_new (NULL);
        }
      task = u_test_scene_new_quiet_data (self, "/bytes/10?pause-after=5");
      u_task_resume (task);
      g_ptr_array_add (tasks, task);
    }
  g_assert_true (u_test_server_wait_for_paused (self->server, 12, 60000));
  g_assert_cmpuint (u_test_server_get_n_open_connections (self->server), ==, 12);
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     g_list_model_get_n_items (u_session_get_tasks (self->session)) == 0 &&
                                     g_list_model_get_n_items (u_session_get_tasks (first)) == 0));
  finish_all (self, tasks);
  g_assert_cmpuint (u_test_server_get_max_open_connections (self->server), ==, 12);
  g_ptr_array_unref (tasks);
  u_test_assert_finalized (self->context, first);
}

static void
test_waiting_takes_no_time (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (URequest) patient = u_test_scene_new_request (self, "/bytes/10?pause-after=5");
  g_autoptr (UTask) blocker = NULL;
  g_autoptr (GPtrArray) tasks = NULL;
  USession *other;

  use_one_connection (self, 2);
  u_request_set_timeout (patient, 1000);
  blocker = U_TASK (u_session_create_data_task (self->session, patient));
  u_task_resume (blocker);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  tasks = queue (self, 3, NULL);

  /* Timers that began later have run out by the end of this. */
  u_session_configuration_set_request_timeout (configuration, 2);
  other = u_session_new (configuration);
  {
    g_autofree char *uri = u_test_server_get_uri (self->server, "/stall");
    g_autoptr (UTask) task = U_TASK (u_session_create_data_task_for_uri (other, uri));

    u_task_resume (task);
    u_test_scene_finish (self, task);
    g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
  }
  u_test_assert_finalized (self->context, other);
  for (guint i = 0; i < tasks->len; i++)
    u_test_assert_state (tasks->pdata[i], U_TASK_STATE_RUNNING);
  u_test_server_release (self->server);
  finish_all (self, tasks);
  u_test_scene_finish (self, blocker);
  g_assert_no_error (u_task_get_error (blocker));
}

static void
test_keep_alive (UTestScene *self, gconstpointer data)
{
  g_autofree guint *ids = NULL;
  gsize n_ids;

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (UTask) task = NULL;

      if (i == 10)
        u_test_scene_configure (self, NULL);
      task = u_test_scene_new_quiet_data (self, "/bytes/1000");
      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_no_error (u_task_get_error (task));
    }
  ids = u_test_server_dup_connection_ids (self->server, &n_ids);
  g_assert_cmpuint (n_ids, ==, 20);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpuint (ids[i], ==, ids[i / 10 * 10]);
  g_assert_cmpuint (ids[0], !=, ids[10]);
}

static void
test_closed_while_idle (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (UTask) first = u_test_scene_new_quiet_data (self, "/close-idle");
      g_autoptr (UTask) second = u_test_scene_new_quiet_data (self, "/bytes/10");

      u_task_resume (first);
      u_test_scene_finish (self, first);
      g_assert_no_error (u_task_get_error (first));
      /* On the connection that the server closes just as this comes. */
      u_task_resume (second);
      u_test_scene_finish (self, second);
      g_assert_no_error (u_task_get_error (second));
    }
}

static void
test_change_of_priority (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) blocker = NULL;
  g_autoptr (GPtrArray) tasks = NULL;

  use_one_connection (self, 0);
  blocker = block (self);
  g_assert_cmpfloat (u_task_get_priority (blocker), ==, U_TASK_PRIORITY_DEFAULT);
  tasks = queue (self, 5, NULL);
  u_test_signal_log_watch_notify (self->log, tasks->pdata[3], "priority");
  u_task_set_priority (tasks->pdata[3], U_TASK_PRIORITY_HIGH);
  g_assert_cmpfloat (u_task_get_priority (tasks->pdata[3]), ==, U_TASK_PRIORITY_HIGH);
  u_task_set_priority (tasks->pdata[0], U_TASK_PRIORITY_LOW);
  barrier (self);
  u_test_signal_log_assert_next (self->log, "notify::priority");
  u_test_signal_log_assert_empty (self->log);
  /* Nothing takes the place of one that runs. */
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
  u_test_assert_state (blocker, U_TASK_STATE_RUNNING);
  u_test_server_release (self->server);
  finish_all (self, tasks);
  g_assert_no_error (u_task_get_error (blocker));
  assert_order (self, "31240");
}

/* A task that is suspended while it waits gives its place in the queue away, and one that is cancelled, too. */
static void
test_leave_the_queue (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) blocker = NULL;
  g_autoptr (GPtrArray) tasks = NULL;

  use_one_connection (self, 0);
  blocker = block (self);
  tasks = queue (self, 4, NULL);
  u_task_suspend (tasks->pdata[0]);
  u_task_cancel (tasks->pdata[1]);
  u_test_scene_finish (self, tasks->pdata[1]);
  barrier (self);
  u_task_resume (tasks->pdata[0]);
  barrier (self);
  u_test_server_release (self->server);
  u_test_scene_finish (self, tasks->pdata[0]);
  assert_order (self, "230");
  g_assert_no_error (u_task_get_error (tasks->pdata[0]));
  g_assert_error (u_task_get_error (tasks->pdata[1]), U_ERROR, U_ERROR_CANCELLED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/connections/r147-limit-per-host", test_limit);
  ADD ("/connections/r147-ten-thousand-tasks", test_ten_thousand);
  ADD ("/connections/r147-r152-priority-then-first-come", test_fifo);
  ADD ("/connections/r148-limit-per-session", test_two_sessions);
  ADD ("/connections/r149-waiting-takes-no-time", test_waiting_takes_no_time);
  ADD ("/connections/r150-keep-alive", test_keep_alive);
  ADD ("/connections/r151-closed-while-idle", test_closed_while_idle);
  ADD ("/connections/r152-change-of-priority", test_change_of_priority);
  ADD ("/connections/leave-the-queue", test_leave_the_queue);

  return g_test_run ();
}

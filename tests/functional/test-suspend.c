/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* Seconds: long enough for a task to begin on a busy machine, short enough to be waited for. */
#define SHORT_TIMEOUT 2

static void
use_short_timeout (UTestScene *self)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_request_timeout (configuration, SHORT_TIMEOUT);
  u_test_scene_configure (self, configuration);
}

/* Returns when a request timer that began later than this call has run out. */
static void
outlast_timeout (UTestScene *self)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/stall");

  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
}

static void
test_counts (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/5");

  for (guint i = 0; i < 3; i++)
    u_task_suspend (task);
  for (guint i = 0; i < 3; i++)
    {
      u_task_resume (task);
      u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
    }
  u_test_scene_round_trip (self);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
  u_test_signal_log_assert_empty (self->log);

  u_task_resume (task);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  u_test_scene_finish (self, task);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 2);
}

static void
test_extra_resumes (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100?pause-after=50");

  for (guint i = 0; i < 5; i++)
    u_task_resume (task);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_task_suspend (task);
  u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
  u_test_scene_round_trip (self);
  u_test_signal_log_clear (self->log);
  u_test_server_release (self->server);
  u_test_scene_round_trip (self);
  u_test_signal_log_assert_empty (self->log);
  u_task_resume (task);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 100);
}

static void
test_timers (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) before = NULL;
  g_autoptr (UTask) waiting = NULL;
  g_autoptr (UTask) within = NULL;

  use_short_timeout (self);
  before = u_test_scene_new_quiet_data (self, "/bytes/7?pause-after=0");
  waiting = u_test_scene_new_quiet_data (self, "/bytes/5?pause-after=0");
  within = u_test_scene_new_quiet_data (self, "/bytes/100?pause-after=50");
  u_task_resume (waiting);
  u_task_resume (within);
  g_assert_true (u_test_server_wait_for_requests (self->server, 2, 60000));
  u_task_suspend (waiting);
  u_task_suspend (within);
  /* Started, but suspended before anything could be connected. */
  u_task_resume (before);
  u_task_suspend (before);
  outlast_timeout (self);
  u_test_assert_state (before, U_TASK_STATE_SUSPENDED);
  u_test_assert_state (waiting, U_TASK_STATE_SUSPENDED);
  u_test_assert_state (within, U_TASK_STATE_SUSPENDED);

  u_test_server_release (self->server);
  u_task_resume (before);
  u_task_resume (waiting);
  u_task_resume (within);
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     u_task_get_state (before) == U_TASK_STATE_COMPLETED));
  u_test_scene_finish (self, waiting);
  u_test_scene_finish (self, within);
  g_assert_no_error (u_task_get_error (before));
  g_assert_no_error (u_task_get_error (waiting));
  g_assert_no_error (u_task_get_error (within));
}

static void
finished_download_cb (UTask *task, GFile *location, gpointer data)
{
  g_autoptr (GError) error = NULL;

  *(GBytes **) data = g_file_load_bytes (location, NULL, NULL, &error);
  g_assert_no_error (error);
}

/* Twice: once with the connection left as it is, once with a server that has closed it meanwhile. */
static void
test_download (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = {
    "/bytes/1000000?pause-after=400000",
    "/bytes/1000000?pause-after=400000&drop-after=400000&drop-once",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_download (self, paths[i]);
      g_autoptr (GBytes) expected = u_test_pattern_bytes (1000000);
      g_autoptr (GBytes) file = NULL;

      g_signal_connect (task, "finished-download", G_CALLBACK (finished_download_cb), &file);
      u_task_resume (task);
      g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
      u_test_wait_until (self->context, u_task_get_bytes_received (task) > 0);
      u_task_suspend (task);
      u_test_scene_round_trip (self);
      u_test_server_release (self->server);
      u_test_scene_round_trip (self);
      u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
      u_task_resume (task);
      /* The request for the rest has its own pause. */
      u_test_wait_until (self->context, (u_test_server_release (self->server),
                                         u_task_get_state (task) == U_TASK_STATE_COMPLETED));
      u_test_scene_finish (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_true (g_bytes_equal (file, expected));
    }
}

static void
test_nothing_new (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/3000000?pause-after=1000000");

  u_test_signal_log_watch_notify (self->log, task, "bytes-received");
  u_task_resume (task);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
  u_task_suspend (task);
  /* What was on its way arrives, then it is silent, whatever the server sends. */
  u_test_scene_round_trip (self);
  u_test_signal_log_watch_notify (self->log, task, "state");
  {
    g_autoptr (GBytes) before = u_test_signal_log_dup_body (self->log);
    g_autoptr (GBytes) after = NULL;

    u_test_server_release (self->server);
    u_test_scene_round_trip (self);
    u_test_scene_round_trip (self);
    after = u_test_signal_log_dup_body (self->log);
    g_assert_cmpuint (g_bytes_get_size (after), ==, g_bytes_get_size (before));
  }

  u_task_resume (task);
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     u_task_get_state (task) == U_TASK_STATE_COMPLETED));
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  u_test_scene_assert_body (self, 3000000);
}

static void
test_after_the_end (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) done = u_test_scene_new_data (self, "/bytes/5");
  g_autoptr (UTask) cancelled = u_test_scene_new_data (self, "/stall");

  u_task_resume (done);
  u_test_scene_finish (self, done);
  u_test_signal_log_clear (self->log);
  u_task_suspend (done);
  u_task_resume (done);
  u_task_resume (done);
  u_test_scene_round_trip (self);
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_state (done, U_TASK_STATE_COMPLETED);

  u_task_resume (cancelled);
  u_task_cancel (cancelled);
  u_task_suspend (cancelled);
  u_task_resume (cancelled);
  u_test_assert_state (cancelled, U_TASK_STATE_CANCELING);
  u_test_scene_finish (self, cancelled);
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  u_test_signal_log_assert_empty (self->log);
}

static void
test_cancel (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100?pause-after=50");
  g_autoptr (UTask) queued = u_test_scene_new_data (self, "/bytes/5");

  u_task_resume (task);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_task_suspend (task);
  u_task_suspend (task);
  u_task_cancel (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed cancelled"), ==, 1);

  u_task_resume (queued);
  u_task_suspend (queued);
  u_task_cancel (queued);
  u_test_scene_finish (self, queued);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed cancelled"), ==, 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/suspend/r009-counts", test_counts);
  ADD ("/suspend/r010-extra-resumes", test_extra_resumes);
  ADD ("/suspend/r011-timers-stand-still", test_timers);
  ADD ("/suspend/r012-download-goes-on", test_download);
  ADD ("/suspend/r013-nothing-new", test_nothing_new);
  ADD ("/suspend/r014-after-the-end", test_after_the_end);
  ADD ("/suspend/r015-cancel", test_cancel);

  return g_test_run ();
}

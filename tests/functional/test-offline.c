/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sched.h>

#include "u-test-scene.h"

/* Without any network, and then with one: in a network namespace of the test's own, in which nothing can be reached for
 * a while. */

#define ADD(path, test) g_test_add (path, UTestScene, NULL, set_up, test, tear_down)

static gboolean have_namespace;

static gboolean
run_ip (const char *arguments)
{
  g_autofree char *command = g_strconcat ("ip ", arguments, NULL);
  g_auto (GStrv) argv = g_strsplit (command, " ", -1);
  int status = -1;

  /* Without a fork of its own: there are threads. */
  return g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL, NULL, NULL,
                       &status, NULL) &&
         status == 0;
}

/* A network of its own, in which a rule can stand before the one that knows this machine. */
static gboolean
make_namespace (void)
{
  return unshare (CLONE_NEWNET) == 0 && run_ip ("link set lo up") && run_ip ("rule add pref 10 lookup local") &&
         run_ip ("rule del pref 0 lookup local");
}

static void
set_online (gboolean online)
{
  g_assert_true (run_ip (online ? "rule del pref 5" : "rule add pref 5 unreachable"));
}

static void
set_up (UTestScene *self, gconstpointer data)
{
  if (!have_namespace)
    return;
  u_test_scene_set_up (self, NULL);
}

static void
tear_down (UTestScene *self, gconstpointer data)
{
  if (have_namespace)
    u_test_scene_tear_down (self, data);
}

static gboolean
skip (void)
{
  if (!have_namespace)
    g_test_skip ("a network namespace cannot be made here");

  return !have_namespace;
}

static void
use_waiting (UTestScene *self)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_waits_for_connectivity (configuration, TRUE);
  u_test_scene_configure (self, configuration);
}

static void
test_fails_at_once (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  if (skip ())
    return;

  task = u_test_scene_new_data (self, "/bytes/5");
  set_online (FALSE);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NOT_CONNECTED_TO_INTERNET);
  u_test_signal_log_assert_next (self->log, "completed not-connected-to-internet");
  set_online (TRUE);
}

static void
test_waits (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  if (skip ())
    return;

  use_waiting (self);
  task = u_test_scene_new_data (self, "/bytes/5");
  set_online (FALSE);
  u_task_resume (task);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "waiting-for-connectivity") == 1);
  /* While it tries again, it does not wait. */
  u_test_wait_until (self->context, u_task_get_waiting_reason (task) == U_WAITING_REASON_CONNECTIVITY);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  set_online (TRUE);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (u_test_signal_log_count (self->log, "waiting-for-connectivity"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
  u_test_scene_assert_body (self, 5);
}

/* A download loses the network in its middle, is made again by its policy, and waits until there is one. */
static void
test_download (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = NULL;
  g_autoptr (URetryPolicy) policy = u_retry_policy_new ();
  g_autoptr (UTask) task = NULL;

  if (skip ())
    return;

  use_waiting (self);
  request = u_test_scene_new_request (self, "/bytes/200000?pause-after=100000");
  u_retry_policy_set_initial_delay (policy, 0);
  u_request_set_retry_policy (request, policy);
  u_request_set_timeout (request, 1);
  task = U_TASK (u_session_create_download_task (self->session, request));
  u_test_signal_log_watch (self->log, task);
  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_received (task) == 100000);
  /* The connection says nothing of that: it is the request timer that notices. */
  set_online (FALSE);
  u_test_wait_until (self->context, u_task_get_waiting_reason (task) == U_WAITING_REASON_CONNECTIVITY);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 100000);
  set_online (TRUE);
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     u_task_get_state (task) == U_TASK_STATE_COMPLETED));
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 200000);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "resumed-at-offset"), ==, 1);
}

int
main (int argc, char **argv)
{
  /* Before the first thread. */
  have_namespace = make_namespace ();
  g_test_init (&argc, &argv, NULL);

  ADD ("/offline/r212-fails-at-once", test_fails_at_once);
  ADD ("/offline/r212-waits", test_waits);
  ADD ("/offline/download", test_download);

  return g_test_run ();
}

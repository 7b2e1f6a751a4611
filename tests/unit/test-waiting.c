/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/network/u-network-private.h"

#include "far-host.h"
#include "u-test-scene.h"

/* Tasks that wait for a network, or for one that they may use. The network is what the test says, and so is where the
 * host "far" is, with a number or without: it stands for one that is not this machine. */

#define ADD(path, test) g_test_add (path, Waiting, NULL, set_up, test, tear_down)

static const UNetworkState plain = { .known = TRUE, .available = TRUE };
static const UNetworkState offline = { .known = TRUE };
static const UNetworkState unknown = { .available = TRUE };
static const UNetworkState cellular = { .known = TRUE, .available = TRUE, .cellular = TRUE };
static const UNetworkState metered = { .known = TRUE, .available = TRUE, .expensive = TRUE };
static const UNetworkState saving = { .known = TRUE, .available = TRUE, .constrained = TRUE };

/* ---- The fixture ---- */

typedef struct
{
  UTestScene scene;
  USessionConfiguration *configuration; /* owned; for configure() */
  UNetwork *network;          /* owned */
  guint n_told;               /* waiting-for-connectivity */
  guint n_twin;               /* task-waiting-for-connectivity */
  GString *reasons;           /* owned; of each notification of waiting-reason */
  guint n_completed;
} Waiting;

static void
set_up (Waiting *self, gconstpointer data)
{
  self->network = u_network_new_dummy (&plain);
  u_network_set_default (self->network);
  g_atomic_int_set (&far_is, FAR_IS_HERE);
  g_atomic_int_set (&n_lookups, 0);
  self->configuration = u_session_configuration_new ();
  self->reasons = g_string_new (NULL);
  u_test_scene_set_up (&self->scene, NULL);
}

static void
tear_down (Waiting *self, gconstpointer data)
{
  g_object_unref (self->configuration);
  u_test_scene_tear_down (&self->scene, data);
  u_network_set_default (NULL);
  u_network_unref (self->network);
  g_string_free (self->reasons, TRUE);
}

static void
told_twin_cb (USession *session, UTask *task, gpointer user_data)
{
  Waiting *self = user_data;

  /* The task said it before. */
  g_assert_cmpuint (self->n_told, ==, ++self->n_twin);
}

/* Takes the configuration as it is now. */
static void
configure (Waiting *self)
{
  u_test_scene_configure (&self->scene, self->configuration);
  g_signal_connect (self->scene.session, "task-waiting-for-connectivity", G_CALLBACK (told_twin_cb), self);
}

static void
told_cb (UTask *task, gpointer user_data)
{
  g_assert_cmpint (u_task_get_state (task), ==, U_TASK_STATE_RUNNING);
  g_assert_cmpint (u_task_get_waiting_reason (task), !=, U_WAITING_REASON_NONE);
  ((Waiting *) user_data)->n_told++;
}

static void
reason_cb (UTask *task, GParamSpec *pspec, gpointer user_data)
{
  Waiting *self = user_data;
  static const char * const names[] = {
    [U_WAITING_REASON_NONE] = "-",
    [U_WAITING_REASON_CONNECTION] = "connection",
    [U_WAITING_REASON_DECISION] = "decision",
    [U_WAITING_REASON_CONNECTIVITY] = "connectivity",
    [U_WAITING_REASON_CELLULAR] = "cellular",
    [U_WAITING_REASON_EXPENSIVE] = "expensive",
    [U_WAITING_REASON_CONSTRAINED] = "constrained",
    [U_WAITING_REASON_RETRY] = "retry",
  };

  g_string_append_printf (self->reasons, "%s ", names[u_task_get_waiting_reason (task)]);
}

static void
completed_cb (UTask *task, const GError *error, gpointer user_data)
{
  ((Waiting *) user_data)->n_completed++;
}

static void
watch (Waiting *self, UTask *task)
{
  g_signal_connect (task, "waiting-for-connectivity", G_CALLBACK (told_cb), self);
  g_signal_connect (task, "notify::waiting-reason", G_CALLBACK (reason_cb), self);
  g_signal_connect (task, "completed", G_CALLBACK (completed_cb), self);
}

static char *
dup_far_uri (Waiting *self, const char *path)
{
  return g_strdup_printf ("http://" FAR ":%u%s", u_test_server_get_port (self->scene.server), path);
}

static URequest *
new_request (Waiting *self, const char *path)
{
  g_autofree char *uri = dup_far_uri (self, path);

  return u_request_new (uri);
}

static UTask *
new_data (Waiting *self, const char *path)
{
  g_autoptr (URequest) request = new_request (self, path);
  UTask *task = U_TASK (u_session_create_data_task (self->scene.session, request));

  watch (self, task);

  return task;
}

static UTask *
new_download (Waiting *self, const char *path)
{
  g_autoptr (URequest) request = new_request (self, path);
  UTask *task = U_TASK (u_session_create_download_task (self->scene.session, request));

  watch (self, task);

  return task;
}

static void
wait_for_reason (Waiting *self, UTask *task, UWaitingReason reason)
{
  u_test_wait_until (self->scene.context, u_task_get_waiting_reason (task) == reason);
}

static void
finish (Waiting *self, UTask *task)
{
  u_test_scene_finish (&self->scene, task);
  g_assert_cmpint (u_task_get_waiting_reason (task), ==, U_WAITING_REASON_NONE);
}

static void
use_waiting (Waiting *self)
{
  u_session_configuration_set_waits_for_connectivity (self->configuration, TRUE);
  configure (self);
}

/* ---- For a network ---- */

static void
test_fails_at_once (Waiting *self, gconstpointer data)
{
  static const struct
  {
    FarIs far_is;
    UError expected;
  } rows[] = {
    { FAR_IS_UNREACHABLE, U_ERROR_NOT_CONNECTED_TO_INTERNET },
    { FAR_IS_UNKNOWN, U_ERROR_DNS_LOOKUP_FAILED },
    { FAR_IS_NOWHERE, U_ERROR_CANNOT_FIND_HOST },
  };

  configure (self);
  u_network_dummy_set_state (self->network, &offline);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *uri = g_strdup_printf ("http://" FAR "%" G_GSIZE_FORMAT "/", i);
      g_autoptr (UTask) task = U_TASK (u_session_create_data_task_for_uri (self->scene.session, uri));

      g_atomic_int_set (&far_is, (int) rows[i].far_is);
      watch (self, task);
      u_task_resume (task);
      finish (self, task);
      g_assert_error (u_task_get_error (task), U_ERROR, (int) rows[i].expected);
      g_assert_cmpint (u_task_get_failure_reason (task), ==, U_FAILURE_REASON_NONE);
    }
  g_assert_cmpuint (self->n_told, ==, 0);
}

/* It is tried first, whatever is said of the network. */
static void
test_tries_first (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  use_waiting (self);
  u_network_dummy_set_state (self->network, &offline);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (self->n_told, ==, 0);
}

/* Each change of the network is an attempt, and the first one that goes well is the last. */
static void
test_goes_on (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  use_waiting (self);
  g_atomic_int_set (&far_is, FAR_IS_UNKNOWN);
  u_network_dummy_set_state (self->network, &offline);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_CONNECTIVITY);
  for (guint i = 0; i < 4; i++)
    {
      int before = g_atomic_int_get (&n_lookups);

      u_network_dummy_set_state (self->network, i % 2 == 0 ? &plain : &offline);
      u_test_wait_until (self->scene.context, g_atomic_int_get (&n_lookups) > before);
      wait_for_reason (self, task, U_WAITING_REASON_CONNECTIVITY);
    }
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 0);

  g_atomic_int_set (&far_is, FAR_IS_HERE);
  u_network_dummy_set_state (self->network, &plain);
  finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (self->n_told, ==, 1);
  g_assert_cmpuint (self->n_twin, ==, 1);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 1);
  g_assert_true (g_str_has_prefix (self->reasons->str, "connectivity "));
  g_assert_true (g_str_has_suffix (self->reasons->str, "- "));
}

/* Nobody says that the network changed. */
static void
test_goes_on_by_time (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  use_waiting (self);
  g_atomic_int_set (&far_is, FAR_IS_UNKNOWN);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_CONNECTIVITY);
  g_atomic_int_set (&far_is, FAR_IS_HERE);
  finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (self->n_told, ==, 1);
}

/* What may have reached a server is not sent again because of a network that is gone. */
static void
test_drop_is_no_wait (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  use_waiting (self);
  task = new_data (self, "/bytes/100?drop-after=50");
  u_task_resume (task);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpuint (self->n_told, ==, 0);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 1);
}

/* With a network a name that does not exist is a mistake; without one nobody knows. */
static void
test_no_such_name (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;
  g_autoptr (UTask) offline_task = NULL;

  use_waiting (self);
  g_atomic_int_set (&far_is, FAR_IS_NOWHERE);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANNOT_FIND_HOST);
  g_assert_cmpuint (self->n_told, ==, 0);

  u_network_dummy_set_state (self->network, &offline);
  offline_task = new_data (self, "/bytes/5");
  u_task_resume (offline_task);
  wait_for_reason (self, offline_task, U_WAITING_REASON_CONNECTIVITY);
  u_network_dummy_set_state (self->network, &plain);
  finish (self, offline_task);
  g_assert_error (u_task_get_error (offline_task), U_ERROR, U_ERROR_CANNOT_FIND_HOST);
  g_assert_cmpuint (self->n_told, ==, 1);
}

/* A wait is no silence of a server: the request timer stands, the resource timer does not. */
static void
test_resource_timer (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  /* The waits are of 1 and 2 seconds, then of 4. */
  u_session_configuration_set_request_timeout (self->configuration, 1.5);
  u_session_configuration_set_resource_timeout (self->configuration, 4);
  use_waiting (self);
  g_atomic_int_set (&far_is, FAR_IS_UNREACHABLE);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (u_task_get_error (task)->message, "resource timeout"));
  g_assert_cmpuint (self->n_told, ==, 1);
  g_assert_true (g_str_has_prefix (self->reasons->str, "connectivity "));
  g_assert_true (g_str_has_suffix (self->reasons->str, "- "));
}

static void
test_cancel (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  use_waiting (self);
  g_atomic_int_set (&far_is, FAR_IS_UNREACHABLE);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_CONNECTIVITY);
  u_task_cancel (task);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  u_network_dummy_set_state (self->network, &offline);
  u_test_scene_round_trip (&self->scene);
  g_assert_cmpuint (self->n_completed, ==, 1);
}

/* While it is suspended nothing is tried; then what changed meanwhile counts. */
static void
test_suspend (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;
  int before;

  use_waiting (self);
  u_network_dummy_set_state (self->network, &offline);
  g_atomic_int_set (&far_is, FAR_IS_UNKNOWN);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_CONNECTIVITY);
  u_task_suspend (task);
  u_test_scene_round_trip (&self->scene);
  before = g_atomic_int_get (&n_lookups);
  g_atomic_int_set (&far_is, FAR_IS_HERE);
  u_network_dummy_set_state (self->network, &plain);
  u_test_scene_round_trip (&self->scene);
  u_test_assert_state (task, U_TASK_STATE_SUSPENDED);
  g_assert_cmpint (g_atomic_int_get (&n_lookups), ==, before);
  u_task_resume (task);
  finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (self->n_told, ==, 1);
}

/* ---- For a network that may be used ---- */

static const struct
{
  const UNetworkState *state;
  const char *property;       /* of the request and of the configuration alike */
  UWaitingReason waiting;
  UFailureReason failure;
} kinds[] = {
  { &cellular, "allows-cellular-access", U_WAITING_REASON_CELLULAR, U_FAILURE_REASON_CELLULAR },
  { &metered, "allows-expensive-access", U_WAITING_REASON_EXPENSIVE, U_FAILURE_REASON_EXPENSIVE },
  { &saving, "allows-constrained-access", U_WAITING_REASON_CONSTRAINED, U_FAILURE_REASON_CONSTRAINED },
};

static void
forbid (Waiting *self, const char *property)
{
  g_clear_object (&self->configuration);
  self->configuration = u_session_configuration_new ();
  if (property != NULL)
    g_object_set (self->configuration, property, FALSE, NULL);
}

/* Both have to allow it, each kind for itself. */
static void
test_both_must_allow (Waiting *self, gconstpointer data)
{
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      u_network_dummy_set_state (self->network, kinds[kind].state);
      for (guint i = 0; i < 4; i++)
        {
          g_autoptr (URequest) request = new_request (self, "/bytes/5");
          g_autoptr (UTask) task = NULL;

          forbid (self, (i & 1) != 0 ? kinds[kind].property : NULL);
          configure (self);
          if ((i & 2) != 0)
            g_object_set (request, kinds[kind].property, FALSE, NULL);
          task = U_TASK (u_session_create_data_task (self->scene.session, request));
          watch (self, task);
          u_test_server_clear_log (self->scene.server);
          u_task_resume (task);
          finish (self, task);
          if (i == 0)
            {
              g_assert_no_error (u_task_get_error (task));
              continue;
            }
          g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NOT_CONNECTED_TO_INTERNET);
          g_assert_nonnull (strstr (u_task_get_error (task)->message, kinds[kind].property));
          g_assert_cmpint (u_task_get_failure_reason (task), ==, kinds[kind].failure);
          g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 0);
        }
    }
  g_assert_cmpuint (self->n_told, ==, 0);
}

/* What is forbidden of one kind is allowed of the others. */
static void
test_other_kinds (Waiting *self, gconstpointer data)
{
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      forbid (self, kinds[kind].property);
      configure (self);
      for (gsize other = 0; other < G_N_ELEMENTS (kinds); other++)
        {
          g_autoptr (UTask) task = new_data (self, "/bytes/5");

          if (other == kind)
            continue;
          u_network_dummy_set_state (self->network, kinds[other].state);
          u_task_resume (task);
          finish (self, task);
          g_assert_no_error (u_task_get_error (task));
        }
    }
}

static void
test_waits_for_permission (Waiting *self, gconstpointer data)
{
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (UTask) task = NULL;

      forbid (self, kinds[kind].property);
      use_waiting (self);
      self->n_told = self->n_twin = 0;
      u_test_server_clear_log (self->scene.server);
      u_network_dummy_set_state (self->network, kinds[kind].state);
      task = new_data (self, "/bytes/5");
      u_task_resume (task);
      wait_for_reason (self, task, kinds[kind].waiting);
      g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 0);
      u_network_dummy_set_state (self->network, &plain);
      finish (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (self->n_told, ==, 1);
      g_assert_cmpint (u_task_get_failure_reason (task), ==, U_FAILURE_REASON_NONE);
    }
  g_assert_cmpstr (self->reasons->str, ==, "cellular - expensive - constrained - ");
}

static void
test_permission_while_suspended (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  forbid (self, "allows-expensive-access");
  use_waiting (self);
  u_network_dummy_set_state (self->network, &metered);
  task = new_data (self, "/bytes/5");
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_EXPENSIVE);
  u_task_suspend (task);
  u_test_scene_round_trip (&self->scene);
  u_network_dummy_set_state (self->network, &plain);
  u_test_scene_round_trip (&self->scene);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 2); /* of the round trips */
  u_task_resume (task);
  finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

/* This machine is no network. */
static void
test_loopback (Waiting *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/bytes/5");

  forbid (self, "allows-expensive-access");
  configure (self);
  u_network_dummy_set_state (self->network, &metered);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = U_TASK (u_session_create_data_task (self->scene.session, request));

      u_task_resume (task);
      finish (self, task);
      g_assert_no_error (u_task_get_error (task));
      u_request_set_uri (request, "data:,x");
    }
}

/* Until it is known what the network is like, what is restricted waits without a word, and then is allowed or not. */
static void
test_unknown_at_first (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) allowed = NULL;
  g_autoptr (UTask) denied = NULL;

  forbid (self, "allows-expensive-access");
  configure (self);
  for (guint i = 0; i < 2; i++)
    {
      UTask **task = i == 0 ? &allowed : &denied;

      u_network_dummy_set_state (self->network, &unknown);
      *task = new_data (self, "/bytes/5?id=restricted");
      u_task_resume (*task);
      u_test_scene_round_trip (&self->scene);
      u_test_assert_state (*task, U_TASK_STATE_RUNNING);
      u_network_dummy_set_state (self->network, i == 0 ? &plain : &metered);
      finish (self, *task);
    }
  g_assert_no_error (u_task_get_error (allowed));
  g_assert_error (u_task_get_error (denied), U_ERROR, U_ERROR_NOT_CONNECTED_TO_INTERNET);
  g_assert_cmpstr (self->reasons->str, ==, "");
}

/* A body that was given to the application in part cannot be gone on with. */
static void
test_loses_permission (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  forbid (self, "allows-expensive-access");
  use_waiting (self);
  task = new_data (self, "/bytes/100?pause-after=50");
  u_task_resume (task);
  u_test_wait_until (self->scene.context, u_task_get_bytes_received (task) == 50);
  u_network_dummy_set_state (self->network, &metered);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpint (u_task_get_failure_reason (task), ==, U_FAILURE_REASON_EXPENSIVE);
}

static void
finished_download_cb (UTask *task, GFile *location, gpointer data)
{
  g_autoptr (GError) error = NULL;

  *(GBytes **) data = g_file_load_bytes (location, NULL, NULL, &error);
  g_assert_no_error (error);
}

/* A download waits, whatever the session says of waiting, and goes on where it was. */
static void
test_download_loses_permission (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;
  g_autoptr (GBytes) content = NULL;
  g_autoptr (GBytes) expected = u_test_pattern_bytes (200000);
  g_autofree char *range = NULL;

  forbid (self, "allows-expensive-access");
  configure (self);
  task = new_download (self, "/bytes/200000?pause-after=100000");
  g_signal_connect (task, "finished-download", G_CALLBACK (finished_download_cb), &content);
  u_task_resume (task);
  u_test_wait_until (self->scene.context, u_task_get_bytes_received (task) == 100000);
  u_network_dummy_set_state (self->network, &metered);
  wait_for_reason (self, task, U_WAITING_REASON_EXPENSIVE);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 100000);
  u_network_dummy_set_state (self->network, &saving);
  u_test_wait_until (self->scene.context, u_test_server_get_n_paused (self->scene.server) == 1);
  u_test_wait_until (self->scene.context, (u_test_server_release (self->scene.server),
                                           u_task_get_state (task) == U_TASK_STATE_COMPLETED));
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 2);
  range = u_test_server_dup_request_header (self->scene.server, 1, "Range");
  g_assert_cmpstr (range, ==, "bytes=100000-");
  g_assert_true (g_bytes_equal (content, expected));
  g_assert_cmpuint (self->n_told, ==, 1);
}

/* What may have had an effect is not sent a second time. */
static void
test_post_loses_permission (Waiting *self, gconstpointer data)
{
  g_autoptr (URequest) request = new_request (self, "/stall");
  g_autoptr (UTask) task = NULL;

  forbid (self, "allows-expensive-access");
  use_waiting (self);
  u_request_set_method (request, "POST");
  task = U_TASK (u_session_create_data_task (self->scene.session, request));
  u_task_resume (task);
  g_assert_true (u_test_server_wait_for_requests (self->scene.server, 1, 60000));
  u_network_dummy_set_state (self->network, &metered);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpint (u_task_get_failure_reason (task), ==, U_FAILURE_REASON_EXPENSIVE);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 1);
}

/* A suspended task is left alone until it is resumed. */
static void
test_suspended_loses_permission (Waiting *self, gconstpointer data)
{
  g_autoptr (UTask) kept = NULL;
  g_autoptr (UTask) lost = NULL;

  forbid (self, "allows-expensive-access");
  configure (self);
  kept = new_data (self, "/bytes/100?pause-after=50&id=1");
  lost = new_data (self, "/bytes/100?pause-after=50&id=2");
  u_task_resume (kept);
  u_task_resume (lost);
  u_test_wait_until (self->scene.context,
                     u_task_get_bytes_received (kept) == 50 && u_task_get_bytes_received (lost) == 50);
  u_task_suspend (kept);
  u_task_suspend (lost);
  u_test_scene_round_trip (&self->scene);
  u_network_dummy_set_state (self->network, &metered);
  u_test_scene_round_trip (&self->scene);
  u_test_assert_state (kept, U_TASK_STATE_SUSPENDED);
  u_task_resume (lost);
  finish (self, lost);
  g_assert_error (u_task_get_error (lost), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);

  u_network_dummy_set_state (self->network, &plain);
  u_task_resume (kept);
  u_test_wait_until (self->scene.context, (u_test_server_release (self->scene.server),
                                           u_task_get_state (kept) == U_TASK_STATE_COMPLETED));
  g_assert_no_error (u_task_get_error (kept));
}

/* One that waits for its turn does not get it on a network that it may not use. */
static void
test_queued_loses_permission (Waiting *self, gconstpointer data)
{
  g_autoptr (URequest) request = new_request (self, "/bytes/5?id=restricted");
  g_autoptr (UTask) busy = NULL;
  g_autoptr (UTask) task = NULL;

  u_session_configuration_set_max_connections_per_host (self->configuration, 1);
  configure (self);
  busy = new_data (self, "/bytes/100?pause-after=50");
  u_task_resume (busy);
  g_assert_true (u_test_server_wait_for_paused (self->scene.server, 1, 60000));
  u_request_set_allows_expensive_access (request, FALSE);
  task = U_TASK (u_session_create_data_task (self->scene.session, request));
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_CONNECTION);
  u_network_dummy_set_state (self->network, &metered);
  finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NOT_CONNECTED_TO_INTERNET);
  g_assert_cmpint (u_task_get_failure_reason (task), ==, U_FAILURE_REASON_EXPENSIVE);

  u_test_server_release (self->scene.server);
  finish (self, busy);
  g_assert_no_error (u_task_get_error (busy));
}

static gboolean
decide_cb (UTask *task, URedirectDecision *decision, gpointer data)
{
  *(URedirectDecision **) data = g_object_ref (decision);

  return TRUE;
}

/* Why a running task does not move: its turn, or an answer. */
static void
test_other_reasons (Waiting *self, gconstpointer data)
{
  g_autoptr (URedirectDecision) decision = NULL;
  g_autoptr (UTask) task = NULL;

  configure (self);
  task = new_data (self, "/redirect/1");
  g_signal_connect (task, "decide-redirect", G_CALLBACK (decide_cb), &decision);
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_DECISION);
  u_redirect_decision_follow (decision);
  finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpstr (self->reasons->str, ==, "decision - ");
}

/* The end of a task that waits for an answer ends that, too. */
static void
test_end_of_reason (Waiting *self, gconstpointer data)
{
  g_autoptr (URedirectDecision) decision = NULL;
  g_autoptr (UTask) task = NULL;

  configure (self);
  task = new_data (self, "/redirect/1");
  g_signal_connect (task, "decide-redirect", G_CALLBACK (decide_cb), &decision);
  u_task_resume (task);
  wait_for_reason (self, task, U_WAITING_REASON_DECISION);
  u_task_cancel (task);
  finish (self, task);
  g_assert_cmpstr (self->reasons->str, ==, "decision - ");
}

int
main (int argc, char **argv)
{
  g_autoptr (GResolver) resolver = NULL;

  g_test_init (&argc, &argv, NULL);
  resolver = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_resolver_set_default (resolver);

  ADD ("/waiting/r212-fails-at-once", test_fails_at_once);
  ADD ("/waiting/tries-first", test_tries_first);
  ADD ("/waiting/r212-goes-on", test_goes_on);
  ADD ("/waiting/r212-goes-on-by-time", test_goes_on_by_time);
  ADD ("/waiting/r213-drop-is-no-wait", test_drop_is_no_wait);
  ADD ("/waiting/no-such-name", test_no_such_name);
  ADD ("/waiting/r143-resource-timer", test_resource_timer);
  ADD ("/waiting/cancel", test_cancel);
  ADD ("/waiting/suspend", test_suspend);
  ADD ("/waiting/permission/r215-r216-both-must-allow", test_both_must_allow);
  ADD ("/waiting/permission/other-kinds", test_other_kinds);
  ADD ("/waiting/permission/r215-waits", test_waits_for_permission);
  ADD ("/waiting/permission/while-suspended", test_permission_while_suspended);
  ADD ("/waiting/permission/loopback", test_loopback);
  ADD ("/waiting/permission/unknown-at-first", test_unknown_at_first);
  ADD ("/waiting/permission/lost", test_loses_permission);
  ADD ("/waiting/permission/lost-by-a-download", test_download_loses_permission);
  ADD ("/waiting/permission/lost-by-a-post", test_post_loses_permission);
  ADD ("/waiting/permission/lost-while-suspended", test_suspended_loses_permission);
  ADD ("/waiting/permission/lost-in-the-queue", test_queued_loses_permission);
  ADD ("/waiting/reasons/decision", test_other_reasons);
  ADD ("/waiting/reasons/cancelled-decision", test_end_of_reason);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
load (UTestScene *self, UTask *task)
{
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

static void
test_received (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = {
    "/bytes/300000", "/bytes/300000?chunked", "/bytes/300000?gzip", "/bytes/300000?deflate&chunked",
    "/redirect-to?url=/bytes/300000",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, paths[i]);

      g_assert_cmpint (u_task_get_bytes_received (task), ==, 0);
      load (self, task);
      g_assert_cmpint (u_task_get_bytes_received (task), ==, 300000);
    }
}

static gboolean
decide_cb (UTask *task, UResponseDecision *decision, gpointer data)
{
  gint64 *expected = data;

  *expected = u_task_get_bytes_expected_to_receive (task);

  return FALSE;
}

static void
test_expected (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *path;
    gint64 expected;
  } cases[] = {
    { "GET", "/bytes/1000", 1000 },
    { "GET", "/bytes/1000?chunked", -1 },
    { "GET", "/bytes/1000?close", -1 },
    { "GET", "/bytes/0", 0 },
    { "GET", "/redirect-to?url=/bytes/1000", 1000 },
    { "HEAD", "/bytes/1000", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (self, cases[i].path);
      g_autoptr (UTask) task = NULL;
      gint64 expected = -2;

      u_request_set_method (request, cases[i].method);
      task = U_TASK (u_session_create_data_task (self->session, request));
      g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &expected);
      g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, -1);
      g_assert_true (u_task_get_is_indeterminate (task));
      load (self, task);
      g_assert_cmpint (expected, ==, cases[i].expected);
    }
}

static void
test_encoded (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000000?gzip&pause-after=1000");
  g_autofree char *header = NULL;
  gint64 length;

  u_task_resume (task);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
  length = g_ascii_strtoll (u_http_response_get_header (U_HTTP_RESPONSE (u_task_get_response (task)),
                                                        "Content-Length"), NULL, 10);
  g_assert_cmpint (length, >, 1000);
  g_assert_cmpint (u_response_get_expected_content_length (u_task_get_response (task)), ==, length);
  g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, -1);
  g_assert_true (u_task_get_is_indeterminate (task));
  g_assert_cmpfloat (u_task_get_fraction_completed (task), ==, 0);
  g_assert_cmpfloat (u_task_get_time_left (task), ==, -1);
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_false (u_task_get_is_indeterminate (task));
  g_assert_cmpfloat (u_task_get_fraction_completed (task), ==, 1);
}

static void
fraction_cb (UTask *task, GParamSpec *pspec, gpointer data)
{
  double *last = data;
  double fraction = u_task_get_fraction_completed (task);

  g_assert_cmpfloat (fraction, >=, *last);
  g_assert_cmpfloat (fraction, <=, 1);
  *last = fraction;
}

static void
test_fraction (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = {
    "/bytes/1000000", "/bytes/1000000?chunk=100000", "/bytes/1000000?chunked", "/bytes/1000000?close",
    "/bytes/1000000?gzip", "/bytes/0", "/status/204", "/redirect-to?url=/bytes/1000000", "data:,x",
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (UTask) task = i % 2 == 0 ? u_test_scene_new_quiet_data (self, paths[i / 2])
                                          : u_test_scene_new_download (self, paths[i / 2]);
      double last = 0;

      g_test_message ("%s", paths[i / 2]);
      g_signal_connect (task, "notify::fraction-completed", G_CALLBACK (fraction_cb), &last);
      g_assert_cmpfloat (u_task_get_fraction_completed (task), ==, 0);
      load (self, task);
      g_assert_cmpfloat (last, ==, 1);
      g_assert_cmpfloat (u_task_get_fraction_completed (task), ==, 1);
      g_assert_false (u_task_get_is_indeterminate (task));
      g_assert_cmpfloat (u_task_get_time_left (task), ==, 0);
    }
}

static void
test_fraction_of_failure (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/1000?drop-after=500");

  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpfloat (u_task_get_fraction_completed (task), <, 1);
}

/* What shows progress and what stops it is one object. */
static void
test_control (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000?pause-after=500");
  g_autoptr (UTask) cancelled = u_test_scene_new_data (self, "/bytes/1000?pause-after=500");
  double fraction;

  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_received (task) > 0);
  u_task_suspend (task);
  u_test_scene_round_trip (self);
  fraction = u_task_get_fraction_completed (task);
  g_assert_cmpfloat (fraction, >, 0);
  u_test_server_release (self->server);
  u_test_scene_round_trip (self);
  g_assert_cmpfloat (u_task_get_fraction_completed (task), ==, fraction);
  load (self, task);
  g_assert_cmpfloat (u_task_get_fraction_completed (task), ==, 1);

  u_task_resume (cancelled);
  u_test_wait_until (self->context, u_task_get_bytes_received (cancelled) > 0);
  u_task_cancel (cancelled);
  u_test_scene_finish (self, cancelled);
  g_assert_cmpfloat (u_task_get_fraction_completed (cancelled), ==, 0.5);
  g_assert_error (u_task_get_error (cancelled), U_ERROR, U_ERROR_CANCELLED);
}

static void
rate_cb (UTask *task, GParamSpec *pspec, gpointer data)
{
  g_assert_cmpfloat (u_task_get_bytes_per_second (task), >=, 0);
  g_assert_true (u_task_get_time_left (task) >= 0 || u_task_get_time_left (task) == -1);
  ++*(guint *) data;
}

static void
test_rate (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_download (self, "/bytes/500000?rate=400000&chunk=10000");
  guint n_notified = 0;
  gint64 start = g_get_monotonic_time ();

  g_signal_connect (task, "notify::bytes-per-second", G_CALLBACK (rate_cb), &n_notified);
  u_test_signal_log_watch_notify (self->log, task, "bytes-received");
  load (self, task);
  /* At most ten times a second, and at the end. */
  g_assert_cmpuint (n_notified, >, 1);
  g_assert_cmpuint (n_notified, <=, (g_get_monotonic_time () - start) / (G_USEC_PER_SEC / 10) + 3);
  g_assert_cmpfloat (u_task_get_bytes_per_second (task), >, 0);
}

/* The sum of the parts is what was sent, and the last total is the length of the body. */
static void
sent_cb (UTask *task, gint64 part, gint64 total, gint64 expected, gpointer data)
{
  gint64 *sum = data;

  *sum += part;
  g_assert_cmpint (part, >, 0);
  g_assert_cmpint (*sum, ==, total);
  g_assert_cmpint (expected, ==, 3000000);
}

static void
test_sent (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/empty");
  g_autoptr (GBytes) body = u_test_pattern_bytes (3000000);
  g_autoptr (UTask) task = NULL;
  gint64 sum = 0;

  u_request_set_method (request, "PUT");
  u_request_set_body_bytes (request, body, "text/plain");
  task = U_TASK (u_session_create_data_task (self->session, request));
  g_assert_cmpint (u_task_get_bytes_expected_to_send (task), ==, 3000000);
  g_signal_connect (task, "sent-data", G_CALLBACK (sent_cb), &sum);
  load (self, task);
  g_assert_cmpint (sum, ==, 3000000);
  g_assert_cmpint (u_task_get_bytes_sent (task), ==, 3000000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/progress/r205-received", test_received);
  ADD ("/progress/r206-expected", test_expected);
  ADD ("/progress/r207-encoded", test_encoded);
  ADD ("/progress/r208-fraction", test_fraction);
  ADD ("/progress/r208-fraction-of-a-failure", test_fraction_of_failure);
  ADD ("/progress/r209-control", test_control);
  ADD ("/progress/rate", test_rate);
  ADD ("/progress/sent", test_sent);

  return g_test_run ();
}

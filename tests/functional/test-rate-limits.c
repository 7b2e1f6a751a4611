/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

/* How fast tasks may be: what is limited comes in small pieces, and what is not any more comes at once. No test asks how
 * long anything took. */

#define LENGTH 300000
#define LIMIT 20000

/* A tenth of a second's worth, and what accrues between two looks. */
#define BURST (LIMIT * 3 / 20 + 2)

typedef struct
{
  gint64 received;
  gint64 largest;
} Pieces;

static void
received_data_cb (UDataTask *task, GBytes *bytes, gpointer user_data)
{
  Pieces *self = user_data;
  gint64 length = (gint64) g_bytes_get_size (bytes);

  self->received += length;
  self->largest = MAX (self->largest, length);
}

static UTask *
start (UTestScene *self, Pieces *pieces)
{
  g_autofree char *path = g_strdup_printf ("/bytes/%d", LENGTH);
  UTask *task = u_test_scene_new_quiet_data (self, path);

  g_signal_connect (task, "received-data", G_CALLBACK (received_data_cb), pieces);

  return task;
}

static void
count_notify_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_task (UTestScene *self, gconstpointer data)
{
  Pieces pieces = { 0 };
  guint n_notified = 0;
  g_autoptr (UTask) task = start (self, &pieces);

  g_assert_cmpint (u_task_get_rate_limit (task), ==, 0);
  g_signal_connect (task, "notify::rate-limit", G_CALLBACK (count_notify_cb), &n_notified);
  u_task_set_rate_limit (task, LIMIT);
  u_task_set_rate_limit (task, LIMIT);
  u_task_resume (task);
  u_test_wait_until (self->context, pieces.received >= 2 * BURST);
  g_assert_cmpint (pieces.largest, <=, BURST);
  g_assert_cmpint (pieces.received, <, LENGTH);
  g_assert_cmpuint (n_notified, ==, 1);

  u_task_set_rate_limit (task, 0);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (pieces.received, ==, LENGTH);
  g_assert_cmpint (pieces.largest, >, BURST);
}

static void
test_session (UTestScene *self, gconstpointer data)
{
  Pieces first_pieces = { 0 };
  Pieces second_pieces = { 0 };
  g_autoptr (UTask) first = start (self, &first_pieces);
  g_autoptr (UTask) second = start (self, &second_pieces);

  u_session_set_rate_limit (self->session, LIMIT);
  u_task_resume (first);
  u_task_resume (second);
  u_test_wait_until (self->context, first_pieces.received > BURST && second_pieces.received > BURST);
  g_assert_cmpint (first_pieces.largest, <=, BURST);
  g_assert_cmpint (second_pieces.largest, <=, BURST);

  /* While they run: faster, and then as fast as they can. */
  u_session_set_rate_limit (self->session, 10 * LIMIT);
  u_test_wait_until (self->context, first_pieces.largest > BURST / 2 || first_pieces.received == LENGTH);
  u_session_set_rate_limit (self->session, 0);
  u_test_scene_finish (self, first);
  u_test_scene_finish (self, second);
  g_assert_cmpint (first_pieces.received, ==, LENGTH);
  g_assert_cmpint (second_pieces.received, ==, LENGTH);
}

static void
test_download (UTestScene *self, gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("/bytes/%d", LENGTH);
  g_autoptr (URequest) request = u_test_scene_new_request (self, path);
  g_autoptr (UTask) task = U_TASK (u_session_create_download_task (self->session, request));

  u_task_set_rate_limit (task, LIMIT);
  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_received (task) > BURST);
  g_assert_cmpint (u_task_get_bytes_received (task), <, LENGTH);

  /* A suspended one saves nothing up. */
  u_task_suspend (task);
  u_test_scene_round_trip (self);
  u_task_resume (task);
  u_task_set_rate_limit (task, 0);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, LENGTH);
}

static void
test_whole (UTestScene *self, gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("/bytes/%d", LENGTH);
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  u_task_set_rate_limit (task, LIMIT);
  u_data_task_load_async (U_DATA_TASK (task), NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, u_task_get_bytes_received (task) > BURST);
  g_assert_null (result);
  u_task_set_rate_limit (task, 100 * LENGTH);
  u_test_wait_until (self->context, result != NULL);
  bytes = u_data_task_load_finish (U_DATA_TASK (task), result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, LENGTH);
}

static void
test_upload (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/echo");
  g_autofree guint8 *content = g_malloc0 (LENGTH);
  g_autoptr (GBytes) body = g_bytes_new (content, LENGTH);
  g_autoptr (UTask) task = NULL;

  u_request_set_method (request, "POST");
  u_request_set_body_bytes (request, body, "application/octet-stream");
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_task_set_rate_limit (task, LIMIT);
  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_sent (task) > 0);
  g_assert_cmpint (u_task_get_bytes_sent (task), <, LENGTH);
  u_task_set_rate_limit (task, 0);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_sent (task), ==, LENGTH);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name) g_test_add ("/rate-limits/" #name, UTestScene, NULL, u_test_scene_set_up, test_##name, \
                              u_test_scene_tear_down)
  ADD (task);
  ADD (session);
  ADD (download);
  ADD (whole);
  ADD (upload);

  return g_test_run ();
}

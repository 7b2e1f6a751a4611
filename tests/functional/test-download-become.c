/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "download-fixture.h"

#include <string.h>

/* A data task whose response turns out to be for a file. */
typedef struct
{
  UDataTask *task;            /* owned */
  UResponseDecision *decision; /* owned, nullable: kept for a later answer */
  gboolean at_once;
  GString *measured;          /* owned; of collected-metrics, of either task */
  Download *download;         /* owned, nullable */
  GString *events;            /* owned; of the data task, after it became a download: must stay empty */
} Data;

static void
metrics_cb (UTask *task, UTaskMetrics *metrics, gpointer user_data)
{
  g_string_append_printf (((Data *) user_data)->measured, "%s %u", G_OBJECT_TYPE_NAME (task),
                          u_task_metrics_get_n_transactions (metrics));
}

static void
became_cb (UDataTask *task, UDownloadTask *download_task, gpointer user_data)
{
  Data *self = user_data;

  g_assert_null (self->download);
  g_assert_true (G_OBJECT (download_task) != G_OBJECT (task));
  g_assert_cmpint (u_task_get_state (U_TASK (download_task)), !=, U_TASK_STATE_COMPLETED);
  self->download = download_new (g_object_ref (download_task));
  g_signal_connect (download_task, "collected-metrics", G_CALLBACK (metrics_cb), self);
}

static gboolean
decide_cb (UDataTask *task, UResponseDecision *decision, gpointer user_data)
{
  Data *self = user_data;

  if (self->at_once)
    u_response_decision_become_download (decision);
  else
    self->decision = g_object_ref (decision);

  return TRUE;
}

static void
received_cb (UDataTask *task, GBytes *bytes, gpointer user_data)
{
  g_string_append (((Data *) user_data)->events, "data ");
}

static void
completed_cb (UTask *task, const GError *error, gpointer user_data)
{
  g_string_append (((Data *) user_data)->events, "completed ");
}

static Data *
data_new (Fixture *fixture, const char *target, gboolean at_once)
{
  Data *self = g_new0 (Data, 1);
  g_autofree char *uri = *target == '/' ? fixture_uri (fixture, target) : g_strdup (target);

  self->task = u_session_create_data_task_for_uri (fixture->session, uri);
  self->at_once = at_once;
  self->events = g_string_new (NULL);
  self->measured = g_string_new (NULL);
  g_signal_connect (self->task, "became-download", G_CALLBACK (became_cb), self);
  g_signal_connect (self->task, "decide-response", G_CALLBACK (decide_cb), self);
  g_signal_connect (self->task, "collected-metrics", G_CALLBACK (metrics_cb), self);
  g_signal_connect (self->task, "received-data", G_CALLBACK (received_cb), self);
  g_signal_connect (self->task, "completed", G_CALLBACK (completed_cb), self);
  u_task_resume (U_TASK (self->task));

  return self;
}

static void
data_free (Data *self)
{
  g_signal_handlers_disconnect_by_data (self->task, self);
  g_clear_object (&self->decision);
  g_object_unref (self->task);
  if (self->download != NULL)
    g_signal_handlers_disconnect_by_data (self->download->task, self);
  g_clear_pointer (&self->download, download_free);
  g_string_free (self->measured, TRUE);
  g_string_free (self->events, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Data, data_free)

static gboolean
is_download (gpointer data)
{
  return ((Data *) data)->download != NULL;
}

static gboolean
is_asked (gpointer data)
{
  return ((Data *) data)->decision != NULL;
}

static void
check (Fixture *fixture, Data *self, guint64 size, guint n_requests)
{
  wait_for (is_download, self);
  u_test_server_release (fixture->server);
  download_wait (self->download);
  g_assert_no_error (self->download->error);
  assert_pattern (self->download->content, size);
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (self->download->task)), ==, (gint64) size);
  g_assert_cmpstr (self->events->str, ==, "");
  g_assert_cmpint (u_task_get_state (U_TASK (self->task)), ==, U_TASK_STATE_COMPLETED);
  g_assert_no_error (u_task_get_error (U_TASK (self->task)));
  g_assert_nonnull (u_task_get_response (U_TASK (self->download->task)));
  g_assert_cmpuint (u_test_server_get_n_requests (fixture->server), ==, n_requests);
}

static const struct
{
  const char *target;
  guint64 size;
  guint n_requests;
} targets[] = {
  { "/bytes/10", 10, 1 },
  { "/bytes/0", 0, 1 },
  { "/bytes/3000000", 3000000, 1 },
  { "/bytes/3000000?pause-after=1000000", 3000000, 1 },
  { "/bytes/3000000?chunked", 3000000, 1 },
  { "/bytes/300000?gzip", 300000, 1 },
  { "/redirect-to?url=%2Fbytes%2F100000", 100000, 2 },
};

static void
test_at_once (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (Data) task = data_new (self, targets[i].target, TRUE);

      check (self, task, targets[i].size, targets[i].n_requests);
      u_test_server_clear_log (self->server);
    }
}

/* By the time of the answer a small body has arrived in full, and a large one as far as there is room for it. */
static void
test_later (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (Data) task = data_new (self, targets[i].target, FALSE);

      wait_for (is_asked, task);
      if (targets[i].size < 1000)
        g_assert_true (u_test_server_wait_for_in_flight (self->server, 0, 20000));
      u_response_decision_become_download (task->decision);
      check (self, task, targets[i].size, targets[i].n_requests);
      u_test_server_clear_log (self->server);
    }
}

static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/3000000?pause-after=1000000", TRUE);

  wait_for (is_download, task);
  wait_for_bytes (task->download, 500000);
  u_task_cancel (U_TASK (task->download->task));
  download_wait (task->download);
  download_assert_error (task->download, U_ERROR_CANCELLED, NULL);
  g_assert_cmpstr (task->events->str, ==, "");
}

static void
test_resumed (Fixture *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/3000000?pause-after=2000000", TRUE);
  g_autoptr (GBytes) resume_data = NULL;
  g_autoptr (Download) rest = NULL;
  g_autoptr (GError) error = NULL;

  wait_for (is_download, task);
  wait_for_bytes (task->download, 2000000);
  resume_data = download_cancel_for_resume (task->download, &error);
  g_assert_no_error (error);
  u_test_server_release (self->server);
  rest = download_new_resumed (self, resume_data, NULL);
  download_run (rest);
  g_assert_no_error (rest->error);
  download_assert_events (rest, "resumed 2000000/3000000, wrote, finished, completed");
  assert_pattern (rest->content, 3000000);
}

static void
test_failed (Fixture *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/3000000?drop-after=1000000&no-ranges", TRUE);

  wait_for (is_download, task);
  download_wait (task->download);
  download_assert_error (task->download, U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/3000000");
  g_assert_cmpstr (task->events->str, ==, "");
}

/* What is no answer of a server, and what is one that says no. */
static void
test_others (Fixture *self, gconstpointer data)
{
  g_autofree char *path = fixture_path (self, "local");
  g_autofree char *file_uri = g_filename_to_uri (path, NULL, NULL);
  const char *uris[] = { "data:text/plain,hello", "data:,", file_uri, "/bytes/9?body=not%20here&status=404" };
  const char *contents[] = { "hello", "", "local text", "not here" };

  fixture_write (self, "local", "local text");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (Data) task = data_new (self, uris[i / 2], i % 2 == 0);

      if (i % 2 != 0)
        {
          wait_for (is_asked, task);
          u_response_decision_become_download (task->decision);
        }
      wait_for (is_download, task);
      download_wait (task->download);
      g_assert_no_error (task->download->error);
      g_assert_cmpmem (g_bytes_get_data (task->download->content, NULL), g_bytes_get_size (task->download->content),
                       contents[i / 2], strlen (contents[i / 2]));
      g_assert_cmpuint (task->download->n_completed, ==, 1);
      g_assert_cmpstr (task->events->str, ==, "");
    }
}

/* Suspended between the question and the answer: it is a download then, and suspended. */
static void
test_suspended (Fixture *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/3000000", FALSE);

  wait_for (is_asked, task);
  u_task_suspend (U_TASK (task->task));
  u_response_decision_become_download (task->decision);
  wait_for (is_download, task);
  g_assert_cmpint (u_task_get_state (U_TASK (task->download->task)), ==, U_TASK_STATE_SUSPENDED);
  u_task_resume (U_TASK (task->download->task));
  check (self, task, 3000000, 1);
}

/* The session ends with the download, and not before. */
static void
test_invalidated (Fixture *self, gconstpointer data)
{
  g_autoptr (Data) finishes = data_new (self, "/bytes/300000?id=1", FALSE);
  g_autoptr (Data) cancelled = data_new (self, "/bytes/3000000?pause-after=1000000", TRUE);

  wait_for (is_asked, finishes);
  wait_for (is_download, cancelled);
  u_session_finish_tasks_and_invalidate (self->session);
  u_response_decision_become_download (finishes->decision);
  wait_for (is_download, finishes);
  download_wait (finishes->download);
  g_assert_no_error (finishes->download->error);
  assert_pattern (finishes->download->content, 300000);
  u_session_invalidate_and_cancel (self->session);
  download_wait (cancelled->download);
  download_assert_error (cancelled->download, U_ERROR_CANCELLED, NULL);
  g_assert_cmpstr (cancelled->events->str, ==, "");
  u_test_server_release (self->server);
}

/* The digest of the response is that of the file, also of what came before the answer. */
static void
test_digest (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      gboolean good = i / 2 == 0;
      g_autoptr (Data) task = data_new (self, good ? "/bytes/300000?repr-digest" : "/bytes/300000?bad-digest",
                                        i % 2 == 0);

      if (i % 2 != 0)
        {
          wait_for (is_asked, task);
          u_response_decision_become_download (task->decision);
        }
      wait_for (is_download, task);
      download_wait (task->download);
      if (good)
        {
          g_assert_no_error (task->download->error);
          assert_pattern (task->download->content, 300000);
        }
      else
        {
          download_assert_error (task->download, U_ERROR_DIGEST_MISMATCH, "/bytes/300000");
          g_assert_null (task->download->content);
        }
      g_assert_cmpstr (task->events->str, ==, "");
    }
}

static void
save_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_null (u_download_task_save_finish (U_DOWNLOAD_TASK (source), result, user_data));
}

static gboolean
is_error (gpointer data)
{
  return *(GError **) data != NULL;
}

/* It runs already, so where its file goes is decided. */
static void
test_save (Fixture *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/300000?pause-after=1000", TRUE);
  g_autofree char *path = fixture_path (self, "saved");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  wait_for (is_download, task);
  u_download_task_save_async (task->download->task, file, NULL, save_cb, &error);
  wait_for (is_error, &error);
  g_assert_error (error, U_ERROR, U_ERROR_UNKNOWN);
  u_test_server_release (self->server);
  download_wait (task->download);
  g_assert_no_error (task->download->error);
  assert_pattern (task->download->content, 300000);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* What was measured before goes on to the new task: it is the one that ends. */
static void
test_metrics (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (Data) task = data_new (self, "/redirect-to?url=%2Fbytes%2F100000", i == 0);

      if (i != 0)
        {
          wait_for (is_asked, task);
          if (i == 2)
            g_assert_true (u_test_server_wait_for_in_flight (self->server, 0, 20000));
          if (i == 3)
            u_task_suspend (U_TASK (task->task));
          u_response_decision_become_download (task->decision);
        }
      wait_for (is_download, task);
      if (i == 3)
        u_task_resume (U_TASK (task->download->task));
      download_wait (task->download);
      g_assert_no_error (task->download->error);
      g_assert_cmpstr (task->measured->str, ==, "UDownloadTask 2");
    }
}

#define ADD(path, func) g_test_add ("/download-become/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  ADD ("r031-at-once", test_at_once);
  ADD ("r031-later", test_later);
  ADD ("r031-cancelled", test_cancelled);
  ADD ("r031-resumed", test_resumed);
  ADD ("r031-failed", test_failed);
  ADD ("r031-others", test_others);
  ADD ("r031-suspended", test_suspended);
  ADD ("r031-invalidated", test_invalidated);
  ADD ("r031-digest", test_digest);
  ADD ("r031-save", test_save);
  ADD ("r031-metrics", test_metrics);

  return g_test_run ();
}

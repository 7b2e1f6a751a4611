/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resume-fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>

static void
test_goes_on (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);
  g_autofree char *range = NULL;
  g_autofree char *if_range = NULL;
  g_autofree char *partial = resume_dup_partial (resume_data);
  UTask *task = U_TASK (download->task);

  download_run (download);
  resume_assert_complete (download, GOES_ON, U_TEST_SEED);
  g_assert_cmpint (download->first_total, ==, OFFSET + download->first_written);
  g_assert_cmpint (download->sum_written, ==, SIZE - OFFSET);
  g_assert_cmpint (download->expected, ==, SIZE);
  g_assert_cmpuint (resume_get_status (download), ==, 206);
  g_assert_cmpint (u_response_get_expected_content_length (u_task_get_response (task)), ==, SIZE - OFFSET);
  range = u_test_server_dup_request_header (self->server, 0, "Range");
  if_range = u_test_server_dup_request_header (self->server, 0, "If-Range");
  g_assert_cmpstr (range, ==, "bytes=60000-");
  g_assert_true (g_str_has_prefix (if_range, "\""));
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
}

static void
test_progress_of_total (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) download = download_new_resumed (self, resume_data, "/bytes/100000?pause-after=20000");
  UTask *task = U_TASK (download->task);

  download_start (download);
  wait_for_bytes (download, OFFSET + 20000);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, OFFSET + 20000);
  g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, SIZE);
  g_assert_cmpfloat_with_epsilon (u_task_get_fraction_completed (task), 0.8, 1e-6);
  g_assert_false (u_task_get_is_indeterminate (task));
  u_test_server_release (self->server);
  download_wait (download);
  resume_assert_complete (download, GOES_ON, U_TEST_SEED);
}

/* Which transfers can be gone on with, and what the server is then asked. */
static const struct
{
  const char *target;
  const char *method;         /* NULL: GET */
  const char *range;          /* in the request itself, nullable */
  gboolean resumable;
  gboolean by_date;           /* If-Range has the date */
} validators[] = {
  { HELD, NULL, NULL, TRUE, FALSE },
  { HELD "&no-last-modified", NULL, NULL, TRUE, FALSE },
  { HELD "&no-etag", NULL, NULL, TRUE, TRUE },
  { HELD "&weak-etag", NULL, NULL, TRUE, TRUE },
  { HELD "&weak-etag&no-last-modified", NULL, NULL, FALSE },
  { HELD "&no-etag&no-last-modified", NULL, NULL, FALSE },
  { HELD "&no-ranges", NULL, NULL, FALSE },
  { HELD "&gzip", NULL, NULL, FALSE },
  { HELD "&status=404", NULL, NULL, FALSE },
  { HELD "&status=201", NULL, NULL, FALSE },
  { HELD, "POST", NULL, FALSE },
  { HELD, NULL, "bytes=5-", FALSE },
};

static void
test_validators (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (validators); i++)
    {
      g_autofree char *uri = fixture_uri (self, validators[i].target);
      g_autoptr (URequest) request = u_request_new (uri);
      g_autoptr (GBytes) resume_data = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (Download) first = NULL;
      g_autoptr (Download) second = NULL;
      g_autofree char *if_range = NULL;

      if (validators[i].method != NULL)
        u_request_set_method (request, validators[i].method);
      if (validators[i].range != NULL)
        u_headers_set (u_request_get_headers (request), "Range", validators[i].range, NULL);
      first = download_new (u_session_create_download_task (self->session, request));
      download_start (first);
      wait_for_bytes (first, 1);
      if (validators[i].resumable)
        wait_for_bytes (first, OFFSET);
      resume_data = download_cancel_for_resume (first, &error);
      u_test_server_release (self->server);
      if (!validators[i].resumable)
        {
          g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
          g_assert_null (u_download_task_dup_resume_data (first->task));
          continue;
        }

      g_assert_no_error (error);
      u_test_server_clear_log (self->server);
      second = download_new_resumed (self, resume_data, NULL);
      download_run (second);
      resume_assert_complete (second, GOES_ON, U_TEST_SEED);
      if_range = u_test_server_dup_request_header (self->server, 0, "If-Range");
      g_assert_cmpint (g_str_has_prefix (if_range, "\""), ==, !validators[i].by_date);
      g_assert_false (g_str_has_prefix (if_range, "W/"));
    }
}

static void
test_nothing_to_keep (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) fresh = download_new_for (self, "/bytes/10");
  g_autoptr (Download) waiting = download_new_for (self, "/stall");
  g_autoptr (Download) over = download_new_for (self, "/bytes/10");
  g_autoptr (GError) error = NULL;

  g_assert_null (download_cancel_for_resume (fresh, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  download_assert_error (fresh, U_ERROR_CANCELLED, NULL);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);
  g_clear_error (&error);

  download_start (waiting);
  g_assert_true (u_test_server_wait_for_requests (self->server, 1, 20000));
  g_assert_null (download_cancel_for_resume (waiting, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_clear_error (&error);

  download_run (over);
  g_assert_null (download_cancel_for_resume (over, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_no_error (over->error);
}

/* Answers to the request for the rest, each with what comes of it. */
static const struct
{
  const char *fresh;
  const char *events;
  guint64 seed;
  guint n_requests;
} answers[] = {
  { "/bytes/100000?id=fresh", GOES_ON, U_TEST_SEED, 1 },
  { "/bytes/100000?no-ranges", WHOLE_AGAIN, U_TEST_SEED, 1 },
  { "/bytes/100000?seed=2&etag=other", WHOLE_AGAIN, U_TEST_SEED_CHANGED, 1 },
  { "/bytes/100000?wrong-range", WHOLE_AGAIN, U_TEST_SEED, 2 },
  { "/redirect-to?url=%2Fbytes%2F100000", GOES_ON, U_TEST_SEED, 2 },
};

static void
test_answers (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
      g_autoptr (Download) download = download_new_resumed (self, resume_data, answers[i].fresh);

      g_test_message ("%s", answers[i].fresh);
      download_run (download);
      resume_assert_complete (download, answers[i].events, answers[i].seed);
      g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, answers[i].n_requests);
    }
}

/* The file on the server is shorter than what is here. */
static void
test_shorter_now (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD "&etag=same");
  g_autoptr (Download) download = download_new_resumed (self, resume_data, "/bytes/50000?etag=same");

  download_run (download);
  g_assert_no_error (download->error);
  download_assert_events (download, "resumed 0/50000, wrote, finished, completed");
  assert_pattern (download->content, 50000);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 2);
}

/* A server that answers so whatever it is asked. */
static void
test_always_416 (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) download = download_new_resumed (self, resume_data, "/bytes/100000?range-416");
  g_autofree char *path = fixture_path (self, "file");

  download_run_save (download, path);
  g_assert_no_error (download->error);
  g_assert_error (download->save_error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 2);
}

static void
test_changed (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD "&change-after-first");
  g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);

  download_start (download);
  g_assert_true (u_test_server_wait_for_requests (self->server, 1, 20000));
  u_test_server_release (self->server);
  download_wait (download);
  resume_assert_complete (download, WHOLE_AGAIN, U_TEST_SEED_CHANGED);
  g_assert_cmpuint (resume_get_status (download), ==, 200);
}

/* All bytes were there, only the end was not. */
static void
test_complete (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) resume_data = resume_interrupt (self, "/bytes/60000?chunked&pause-after=60000");
      g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);
      g_autofree char *path = fixture_path (self, "file");

      if (i == 0)
        {
          download_run (download);
          g_assert_no_error (download->error);
          download_assert_events (download, "resumed 60000/60000, finished, completed");
          assert_pattern (download->content, 60000);
        }
      else
        {
          download_run_save (download, path);
          g_assert_no_error (download->save_error);
          assert_file_pattern (path, 60000);
        }
      g_assert_cmpuint (resume_get_status (download), ==, 416);
    }
}

static void
test_partial_missing (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) download = NULL;
  g_autofree char *partial = resume_dup_partial (resume_data);

  g_assert_cmpint (g_unlink (partial), ==, 0);
  download = download_new_resumed (self, resume_data, "/bytes/100000");
  download_run (download);
  resume_assert_complete (download, WHOLE_AGAIN, U_TEST_SEED);
}

static void
test_partial_other_size (Fixture *self, gconstpointer data)
{
  static const struct
  {
    off_t size;
    const char *range;
    const char *events;
  } sizes[] = {
    { OFFSET + 5000, "bytes=60000-", GOES_ON },
    { SIZE + 5000, "bytes=60000-", GOES_ON },
    { 30000, "bytes=30000-", "resumed 30000/100000, wrote, finished, completed" },
    { 0, NULL, WHOLE_AGAIN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
      g_autofree char *partial = resume_dup_partial (resume_data);
      g_autofree char *range = NULL;
      g_autoptr (Download) download = download_new_resumed (self, resume_data, "/bytes/100000");

      g_assert_cmpint (truncate (partial, sizes[i].size), ==, 0);
      download_run (download);
      resume_assert_complete (download, sizes[i].events, U_TEST_SEED);
      range = u_test_server_dup_request_header (self->server, 0, "Range");
      g_assert_cmpstr (range, ==, sizes[i].range);
    }
}

static void
test_twice (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) first = download_new_resumed (self, resume_data, "/bytes/100000?pause-after=20000");
  g_autoptr (Download) meanwhile = download_new_resumed (self, resume_data, "/bytes/100000");
  g_autoptr (Download) after = download_new_resumed (self, resume_data, "/bytes/100000");

  download_start (first);
  wait_for_bytes (first, OFFSET + 20000);
  download_run (meanwhile);
  resume_assert_complete (meanwhile, WHOLE_AGAIN, U_TEST_SEED);
  u_test_server_release (self->server);
  download_wait (first);
  resume_assert_complete (first, GOES_ON, U_TEST_SEED);
  download_run (after);
  resume_assert_complete (after, WHOLE_AGAIN, U_TEST_SEED);
}

static void
test_after_failure (Fixture *self, gconstpointer data)
{
  static const char * const targets[] = {
    "/bytes/100000?drop-after=60000&drop-once",
    "/bytes/100000?reset-after=60000&drop-once",
    "/bytes/100000?chunked&drop-after=60000&drop-once",
  };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (Download) first = download_new_for (self, targets[i]);
      g_autoptr (GBytes) resume_data = NULL;
      g_autoptr (Download) second = NULL;

      download_run (first);
      download_assert_error (first, U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000");
      resume_data = u_download_task_dup_resume_data (first->task);
      g_assert_nonnull (resume_data);
      second = download_new_resumed (self, resume_data, NULL);
      download_run (second);
      g_assert_no_error (second->error);
      assert_pattern (second->content, SIZE);
      g_assert_true (g_str_has_prefix (g_ptr_array_index (second->events, 0), "resumed "));
      g_assert_cmpstr (g_ptr_array_index (second->events, 0), !=, "resumed 0/100000");
    }
}

static void
test_after_timeout (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = fixture_uri (self, HELD);
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (Download) first = NULL;
  g_autoptr (Download) second = NULL;
  g_autoptr (GBytes) resume_data = NULL;

  u_request_set_timeout (request, 0.5);
  first = download_new (u_session_create_download_task (self->session, request));
  download_run (first);
  download_assert_error (first, U_ERROR_TIMED_OUT, "/bytes/100000");
  resume_data = u_download_task_dup_resume_data (first->task);
  g_assert_nonnull (resume_data);
  second = download_new_resumed (self, resume_data, "/bytes/100000");
  download_run (second);
  g_assert_no_error (second->error);
  assert_pattern (second->content, SIZE);
}

/* What fails behind a redirect loses nothing either. */
static void
test_redirected_to_nowhere (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *target;
    UError code;
  } targets[] = {
    { "/redirect-to?url=http%3A%2F%2F127.0.0.1%3A1%2F", U_ERROR_CANNOT_CONNECT_TO_HOST },
    { "/redirect-to?url=file%3A%2F%2F%2Fetc%2Fpasswd", U_ERROR_UNSUPPORTED_URL },
    { "/redirect-loop", U_ERROR_TOO_MANY_REDIRECTS },
  };
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) last = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (Download) download = download_new_resumed (self, resume_data, targets[i].target);

      download_run (download);
      download_assert_error (download, targets[i].code, NULL);
      g_bytes_unref (resume_data);
      resume_data = u_download_task_dup_resume_data (download->task);
      g_assert_nonnull (resume_data);
    }
  last = download_new_resumed (self, resume_data, "/bytes/100000");
  download_run (last);
  resume_assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* The file is on its way while nobody can be reached: it is still there afterwards, as often as it takes. */
static void
test_unreachable (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (URequest) nowhere = u_request_new ("http://127.0.0.1:1/");
  g_autoptr (Download) last = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (Download) download =
        download_new (u_session_resume_download_task (self->session, resume_data, nowhere));

      download_run (download);
      download_assert_error (download, U_ERROR_CANNOT_CONNECT_TO_HOST, "127.0.0.1:1");
      g_bytes_unref (resume_data);
      resume_data = u_download_task_dup_resume_data (download->task);
      g_assert_nonnull (resume_data);
    }
  last = download_new_resumed (self, resume_data, "/bytes/100000");
  download_run (last);
  resume_assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* An error page is not the file, and says nothing against what is there of it. */
static void
test_error_status (Fixture *self, gconstpointer data)
{
  static const char * const targets[] = { "/status/404", "/status/503", "/status/403" };
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autofree char *path = fixture_path (self, "file");
  g_autoptr (Download) last = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (Download) download = download_new_resumed (self, resume_data, targets[i]);

      if (i == 1)
        {
          download_run_save (download, path);
          g_assert_error (download->save_error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
          g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
        }
      else
        {
          download_run (download);
          g_assert_cmpuint (g_bytes_get_size (download->content), <, 1000);
        }
      g_assert_no_error (download->error);
      g_bytes_unref (resume_data);
      resume_data = u_download_task_dup_resume_data (download->task);
      g_assert_nonnull (resume_data);
    }
  last = download_new_resumed (self, resume_data, "/bytes/100000");
  download_run_save (last, path);
  g_assert_no_error (last->save_error);
  assert_file_pattern (path, SIZE);
}

/* A task that was made and dropped has used nothing. */
static void
test_never_started (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) dropped = download_new_resumed (self, resume_data, NULL);
  g_autoptr (Download) download = NULL;

  g_clear_pointer (&dropped, download_free);
  download = download_new_resumed (self, resume_data, NULL);
  download_run (download);
  resume_assert_complete (download, GOES_ON, U_TEST_SEED);
}

static void
test_other_session (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) download = NULL;
  g_autofree char *path = fixture_path (self, "file");

  fixture_drop_session (self);
  self->session = u_session_new (NULL);
  download = download_new_resumed (self, resume_data, NULL);
  download_run_save (download, path);
  g_assert_no_error (download->save_error);
  assert_file_pattern (path, SIZE);
}

/* The second part is cut off, too. */
static void
test_rest_too_short (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = resume_interrupt (self, HELD);
  g_autoptr (Download) second = download_new_resumed (self, resume_data, "/bytes/100000?drop-after=10000");
  g_autoptr (Download) third = NULL;
  g_autoptr (GBytes) more = NULL;

  download_run (second);
  download_assert_error (second, U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000");
  more = u_download_task_dup_resume_data (second->task);
  third = download_new_resumed (self, more, "/bytes/100000");
  download_run (third);
  resume_assert_complete (third, "resumed 70000/100000, wrote, finished, completed", U_TEST_SEED);
}

#define ADD(path, func) g_test_add ("/download-resume/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  ADD ("r056-r057-r185-r186-r197-goes-on", test_goes_on);
  ADD ("r197-progress-of-total", test_progress_of_total);
  ADD ("r184-r185-r190-validators", test_validators);
  ADD ("r025-r184-nothing-to-keep", test_nothing_to_keep);
  ADD ("r056-r187-r188-r189-answers", test_answers);
  ADD ("r189-shorter-now", test_shorter_now);
  ADD ("always-416", test_always_416);
  ADD ("r187-changed", test_changed);
  ADD ("r189-complete", test_complete);
  ADD ("r191-partial-missing", test_partial_missing);
  ADD ("r191-partial-other-size", test_partial_other_size);
  ADD ("r193-twice", test_twice);
  ADD ("r194-r274-after-failure", test_after_failure);
  ADD ("r194-after-timeout", test_after_timeout);
  ADD ("r194-unreachable", test_unreachable);
  ADD ("r194-redirected-to-nowhere", test_redirected_to_nowhere);
  ADD ("error-status", test_error_status);
  ADD ("never-started", test_never_started);
  ADD ("r192-other-session", test_other_session);
  ADD ("r194-rest-too-short", test_rest_too_short);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "download-fixture.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 100000
#define OFFSET 60000

/* Sends OFFSET bytes and waits; what is left after them is less, so the second answer is not held. */
#define HELD "/bytes/100000?pause-after=60000"

static GBytes *
interrupt_request (Fixture *self, URequest *request)
{
  g_autoptr (Download) download = download_new (u_session_create_download_task (self->session, request));
  g_autoptr (GError) error = NULL;
  GBytes *resume_data;

  download_start (download);
  wait_for_bytes (download, OFFSET);
  resume_data = download_cancel_for_resume (download, &error);
  g_assert_no_error (error);
  download_assert_error (download, U_ERROR_CANCELLED, NULL);
  u_test_server_release (self->server);
  u_test_server_clear_log (self->server);

  return resume_data;
}

static GBytes *
interrupt (Fixture *self, const char *target)
{
  g_autofree char *uri = fixture_uri (self, target);
  g_autoptr (URequest) request = u_request_new (uri);

  return interrupt_request (self, request);
}

static JsonObject *
parse (GBytes *resume_data)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (resume_data, NULL), g_bytes_get_size (resume_data));
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  g_assert_nonnull (node);

  return json_object_ref (json_node_get_object (node));
}

static GBytes *
print (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  char *text;

  json_node_set_object (node, object);
  text = json_to_string (node, FALSE);

  return g_bytes_new_take (text, strlen (text));
}

static char *
dup_partial (GBytes *resume_data)
{
  g_autoptr (JsonObject) object = parse (resume_data);
  char *path = g_filename_from_uri (json_object_get_string_member (object, "file"), NULL, NULL);

  g_assert_nonnull (path);

  return path;
}

static void
assert_complete (Download *download, const char *events, guint64 seed)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes_seeded (seed, SIZE);

  g_assert_no_error (download->error);
  download_assert_events (download, events);
  g_assert_true (g_bytes_equal (download->content, expected));
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (download->task)), ==, SIZE);
  g_assert_cmpint (u_task_get_bytes_expected_to_receive (U_TASK (download->task)), ==, SIZE);
}

#define WHOLE_AGAIN "resumed 0/100000, wrote, finished, completed"
#define GOES_ON "resumed 60000/100000, wrote, finished, completed"

static guint
get_status (Download *download)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (download->task))));
}

static void
test_goes_on (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
  g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);
  g_autofree char *range = NULL;
  g_autofree char *if_range = NULL;
  g_autofree char *partial = dup_partial (resume_data);
  UTask *task = U_TASK (download->task);

  download_run (download);
  assert_complete (download, GOES_ON, U_TEST_SEED);
  g_assert_cmpint (download->first_total, ==, OFFSET + download->first_written);
  g_assert_cmpint (download->sum_written, ==, SIZE - OFFSET);
  g_assert_cmpint (download->expected, ==, SIZE);
  g_assert_cmpuint (get_status (download), ==, 206);
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
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
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
  assert_complete (download, GOES_ON, U_TEST_SEED);
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
      assert_complete (second, GOES_ON, U_TEST_SEED);
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
      g_autoptr (GBytes) resume_data = interrupt (self, HELD);
      g_autoptr (Download) download = download_new_resumed (self, resume_data, answers[i].fresh);

      g_test_message ("%s", answers[i].fresh);
      download_run (download);
      assert_complete (download, answers[i].events, answers[i].seed);
      g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, answers[i].n_requests);
    }
}

/* The file on the server is shorter than what is here. */
static void
test_shorter_now (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD "&etag=same");
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
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
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
  g_autoptr (GBytes) resume_data = interrupt (self, HELD "&change-after-first");
  g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);

  download_start (download);
  g_assert_true (u_test_server_wait_for_requests (self->server, 1, 20000));
  u_test_server_release (self->server);
  download_wait (download);
  assert_complete (download, WHOLE_AGAIN, U_TEST_SEED_CHANGED);
  g_assert_cmpuint (get_status (download), ==, 200);
}

/* All bytes were there, only the end was not. */
static void
test_complete (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) resume_data = interrupt (self, "/bytes/60000?chunked&pause-after=60000");
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
      g_assert_cmpuint (get_status (download), ==, 416);
    }
}

static void
test_partial_missing (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
  g_autoptr (Download) download = NULL;
  g_autofree char *partial = dup_partial (resume_data);

  g_assert_cmpint (g_unlink (partial), ==, 0);
  download = download_new_resumed (self, resume_data, "/bytes/100000");
  download_run (download);
  assert_complete (download, WHOLE_AGAIN, U_TEST_SEED);
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
      g_autoptr (GBytes) resume_data = interrupt (self, HELD);
      g_autofree char *partial = dup_partial (resume_data);
      g_autofree char *range = NULL;
      g_autoptr (Download) download = download_new_resumed (self, resume_data, "/bytes/100000");

      g_assert_cmpint (truncate (partial, sizes[i].size), ==, 0);
      download_run (download);
      assert_complete (download, sizes[i].events, U_TEST_SEED);
      range = u_test_server_dup_request_header (self->server, 0, "Range");
      g_assert_cmpstr (range, ==, sizes[i].range);
    }
}

static void
test_garbage (Fixture *self, gconstpointer data)
{
  static const char * const texts[] = {
    "", "x", "{}", "[]", "null", "{\"kind\":\"urlsession-download\"}", "{\"kind\":\"urlsession-download\",\"version\":1}",
    "{\"kind\":\"urlsession-download\",\"version\":99}", "\xff\xfe\x00", "[[[[[[[[[[[[[[[[[[[[",
  };
  g_autoptr (GBytes) good = interrupt (self, HELD);
  g_autoptr (Download) last = NULL;
  gsize size = g_bytes_get_size (good);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_static (texts[i], strlen (texts[i]));
      g_autoptr (Download) download = download_new_resumed (self, bytes, NULL);

      download_run (download);
      download_assert_error (download, U_ERROR_NOT_RESUMABLE, "resume");
      download_assert_events (download, "completed");
    }
  for (gsize length = 0; length < size; length += 13)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_from_bytes (good, 0, length);
      g_autoptr (Download) download = download_new_resumed (self, bytes, length % 2 ? "/bytes/10" : NULL);

      download_run (download);
      download_assert_error (download, U_ERROR_NOT_RESUMABLE, "resume");
    }
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);

  last = download_new_resumed (self, good, NULL);
  download_run (last);
  assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* Resume data that names another file of the user never touches that. */
static void
test_hostile_path (Fixture *self, gconstpointer data)
{
  static const char * const file_names[] = { ".bashrc", "x.partial", "x.part", ".urlsession-AAAAAA.part",
                                             "link/.bashrc" };
  g_autoptr (GBytes) good = interrupt (self, HELD);
  g_autofree char *secret = fixture_path (self, "secret");
  g_autofree char *link = fixture_path (self, ".urlsession-BBBBBB.partial");
  g_autoptr (Download) last = NULL;

  fixture_write (self, "secret", "secret");
  g_assert_cmpint (symlink (secret, link), ==, 0);
  for (guint i = 0; i <= G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr (JsonObject) object = parse (good);
      g_autofree char *path = i < G_N_ELEMENTS (file_names) ? fixture_path (self, file_names[i]) : g_strdup (link);
      g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
      g_autofree char *private_path = g_strconcat (path, ".private", NULL);
      g_autoptr (GBytes) hostile = NULL;
      g_autoptr (Download) download = NULL;
      gboolean is_file = i < 4;

      if (is_file)
        {
          g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
          g_assert_true (g_file_set_contents (private_path, "mine, too", -1, NULL));
        }
      json_object_set_string_member (object, "file", uri);
      hostile = print (object);
      download = download_new_resumed (self, hostile, "/bytes/100000");
      download_run (download);
      assert_complete (download, WHOLE_AGAIN, U_TEST_SEED);
      if (is_file)
        {
          assert_file_text (path, "mine");
          assert_file_text (private_path, "mine, too");
          g_unlink (path);
          g_unlink (private_path);
        }
    }
  assert_file_text (secret, "secret");
  g_assert_cmpint (g_unlink (link), ==, 0);

  last = download_new_resumed (self, good, NULL);
  download_run (last);
  assert_complete (last, GOES_ON, U_TEST_SEED);
}

static void
test_hostile_values (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *member;
    const char *text;         /* NULL: the number */
    gint64 number;
  } changes[] = {
    { "offset", NULL, -1 }, { "offset", NULL, G_MAXINT64 }, { "offset", "60000" }, { "total", NULL, 5 },
    { "etag", "a\r\nX: y" }, { "etag", "W/\"weak\"" }, { "etag", "bare" }, { "last-modified", "a\nb" },
    { "uri", "nonsense" }, { "uri", "http://" }, { "method", "POST" }, { "file", "http://host/file" },
    { "file", "file:///a/../b" }, { "file", "relative" }, { "created", "yesterday" }, { "headers", "x" },
    { "expected-digest", "x" }, { "kind", "other" }, { "version", NULL, 2 },
  };
  g_autoptr (GBytes) good = interrupt (self, HELD);
  g_autoptr (Download) last = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (JsonObject) object = parse (good);
      g_autoptr (GBytes) hostile = NULL;
      g_autoptr (Download) download = NULL;

      if (changes[i].text != NULL)
        json_object_set_string_member (object, changes[i].member, changes[i].text);
      else
        json_object_set_int_member (object, changes[i].member, changes[i].number);
      hostile = print (object);
      download = download_new_resumed (self, hostile, NULL);
      download_run (download);
      download_assert_error (download, U_ERROR_NOT_RESUMABLE, "resume");
    }
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);

  last = download_new_resumed (self, good, NULL);
  download_run (last);
  assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* The size that was noted is not that of the file on the server: nothing is joined. */
static void
test_other_total (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) good = interrupt (self, HELD);
  g_autoptr (JsonObject) object = parse (good);
  g_autoptr (GBytes) changed = NULL;
  g_autoptr (Download) download = NULL;

  json_object_set_int_member (object, "total", SIZE + 1);
  changed = print (object);
  download = download_new_resumed (self, changed, "/bytes/100000");
  download_run (download);
  assert_complete (download, WHOLE_AGAIN, U_TEST_SEED);
}

static void
test_twice (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
  g_autoptr (Download) first = download_new_resumed (self, resume_data, "/bytes/100000?pause-after=20000");
  g_autoptr (Download) meanwhile = download_new_resumed (self, resume_data, "/bytes/100000");
  g_autoptr (Download) after = download_new_resumed (self, resume_data, "/bytes/100000");

  download_start (first);
  wait_for_bytes (first, OFFSET + 20000);
  download_run (meanwhile);
  assert_complete (meanwhile, WHOLE_AGAIN, U_TEST_SEED);
  u_test_server_release (self->server);
  download_wait (first);
  assert_complete (first, GOES_ON, U_TEST_SEED);
  download_run (after);
  assert_complete (after, WHOLE_AGAIN, U_TEST_SEED);
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
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
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
  assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* The file is on its way while nobody can be reached: it is still there afterwards, as often as it takes. */
static void
test_unreachable (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
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
  assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* An error page is not the file, and says nothing against what is there of it. */
static void
test_error_status (Fixture *self, gconstpointer data)
{
  static const char * const targets[] = { "/status/404", "/status/503", "/status/403" };
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
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

static gboolean
contains (GBytes *bytes, const char *text)
{
  gsize size;
  const char *haystack = g_bytes_get_data (bytes, &size);

  return g_strstr_len (haystack, (gssize) size, text) != NULL;
}

static URequest *
new_private_request (Fixture *self, const char *target)
{
  g_autofree char *uri = fixture_uri (self, target);
  URequest *request = u_request_new (uri);
  UHeaders *headers = u_request_get_headers (request);

  g_assert_true (u_headers_set (headers, "Authorization", "Bearer hunter2", NULL));
  g_assert_true (u_headers_set (headers, "X-Api-Key", "hunter2", NULL));
  g_assert_true (u_headers_set (headers, "X-Plain", "plain", NULL));

  return request;
}

static void
test_private_headers (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = new_private_request (self, HELD);
  g_autoptr (GBytes) resume_data = interrupt_request (self, request);
  g_autofree char *partial = dup_partial (resume_data);
  g_autofree char *private_path = g_strconcat (partial, ".private", NULL);
  g_autoptr (Download) download = NULL;
  g_autofree char *authorization = NULL;
  g_autofree char *key = NULL;
  g_autofree char *plain = NULL;
  struct stat info;

  g_assert_false (contains (resume_data, "hunter2"));
  g_assert_true (contains (resume_data, "plain"));
  g_assert_cmpint (g_stat (partial, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpint (g_stat (private_path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0600);

  download = download_new_resumed (self, resume_data, NULL);
  g_assert_true (u_request_equal (u_task_get_original_request (U_TASK (download->task)), request));
  download_run (download);
  assert_complete (download, GOES_ON, U_TEST_SEED);
  authorization = u_test_server_dup_request_header (self->server, 0, "Authorization");
  key = u_test_server_dup_request_header (self->server, 0, "X-Api-Key");
  plain = u_test_server_dup_request_header (self->server, 0, "X-Plain");
  g_assert_cmpstr (authorization, ==, "Bearer hunter2");
  g_assert_cmpstr (key, ==, "hunter2");
  g_assert_cmpstr (plain, ==, "plain");
  g_assert_false (g_file_test (private_path, G_FILE_TEST_EXISTS));
}

/* However the second try ends, the secrets do not stay longer than the file. */
static void
test_private_headers_go (Fixture *self, gconstpointer data)
{
  static const char * const targets[] = { "/bytes/100000", "/bytes/100000?seed=2&etag=other", "/status/404",
                                          "/bytes/100000?drop-after=10000", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (URequest) request = new_private_request (self, HELD);
      g_autoptr (GBytes) resume_data = interrupt_request (self, request);
      g_autoptr (Download) download = download_new_resumed (self, resume_data,
                                                            targets[i] != NULL ? targets[i] : "/stall");
      g_autofree char *downloads = dup_download_folder ();

      if (targets[i] != NULL)
        {
          download_run (download);
        }
      else
        {
          download_start (download);
          g_assert_true (u_test_server_wait_for_requests (self->server, 1, 20000));
          u_task_cancel (U_TASK (download->task));
          download_wait (download);
        }
      g_clear_pointer (&download, download_free);
      wait_for_no_leftovers (downloads);
    }
}

/* Kept, failed and kept again: the secrets come along each time. */
static void
test_private_headers_twice (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = new_private_request (self, HELD "&drop-after=60000");
  g_autoptr (Download) first = download_new (u_session_create_download_task (self->session, request));
  g_autoptr (Download) second = NULL;
  g_autoptr (Download) third = NULL;
  g_autoptr (GBytes) once = NULL;
  g_autoptr (GBytes) twice = NULL;
  g_autofree char *authorization = NULL;
  g_autoptr (GError) error = NULL;

  download_start (first);
  wait_for_bytes (first, OFFSET);
  once = download_cancel_for_resume (first, &error);
  g_assert_no_error (error);
  u_test_server_release (self->server);

  second = download_new_resumed (self, once, NULL);
  u_task_resume (U_TASK (second->task));
  u_task_suspend (U_TASK (second->task));
  twice = download_cancel_for_resume (second, &error);
  g_assert_no_error (error);
  g_assert_false (contains (twice, "hunter2"));

  u_test_server_clear_log (self->server);
  third = download_new_resumed (self, twice, NULL);
  download_run (third);
  assert_complete (third, GOES_ON, U_TEST_SEED);
  authorization = u_test_server_dup_request_header (self->server, 0, "Authorization");
  g_assert_cmpstr (authorization, ==, "Bearer hunter2");
}

static void
test_user_info (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = g_strdup_printf ("http://me:hunter2@127.0.0.1:%u" HELD, u_test_server_get_port (self->server));
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (GBytes) resume_data = interrupt_request (self, request);
  g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);

  g_assert_false (contains (resume_data, "hunter2"));
  g_assert_cmpstr (u_request_get_uri (u_task_get_original_request (U_TASK (download->task))), ==, uri);
  download_run (download);
  assert_complete (download, GOES_ON, U_TEST_SEED);
}

/* Nobody asked for the resume data: nobody can come back for the file. */
static void
test_unread (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100000?drop-after=60000");
  g_autofree char *downloads = dup_download_folder ();
  g_autoptr (GPtrArray) names = NULL;

  download_run (download);
  download_assert_error (download, U_ERROR_NETWORK_CONNECTION_LOST, NULL);
  names = list_folder (downloads);
  g_assert_cmpuint (names->len, ==, 1);
  g_clear_pointer (&download, download_free);
  wait_for_no_leftovers (downloads);
}

/* A task that was made and dropped has used nothing. */
static void
test_never_started (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
  g_autoptr (Download) dropped = download_new_resumed (self, resume_data, NULL);
  g_autoptr (Download) download = NULL;

  g_clear_pointer (&dropped, download_free);
  download = download_new_resumed (self, resume_data, NULL);
  download_run (download);
  assert_complete (download, GOES_ON, U_TEST_SEED);
}

static void
test_other_session (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
  g_autoptr (Download) download = NULL;
  g_autofree char *path = fixture_path (self, "file");

  fixture_drop_session (self);
  self->session = u_session_new (NULL);
  download = download_new_resumed (self, resume_data, NULL);
  download_run_save (download, path);
  g_assert_no_error (download->save_error);
  assert_file_pattern (path, SIZE);
}

/* The digest that the first task was given holds for the whole. */
static void
test_digest (Fixture *self, gconstpointer data)
{
  g_autofree char *hex = u_test_pattern_sha256 (SIZE);
  g_autofree char *digest = g_strconcat ("sha256:", hex, NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Download) first = download_new_for (self, HELD);
      g_autoptr (Download) second = NULL;
      g_autoptr (GBytes) resume_data = NULL;
      g_autoptr (GError) error = NULL;

      if (i == 1)
        digest[7] = digest[7] == '0' ? '1' : '0';
      u_download_task_set_expected_digest (first->task, digest);
      download_start (first);
      wait_for_bytes (first, OFFSET);
      resume_data = download_cancel_for_resume (first, &error);
      g_assert_no_error (error);
      u_test_server_release (self->server);
      second = download_new_resumed (self, resume_data, NULL);
      download_run (second);
      if (i == 0)
        assert_complete (second, GOES_ON, U_TEST_SEED);
      else
        download_assert_error (second, U_ERROR_DIGEST_MISMATCH, "/bytes/100000");
    }
}

/* The second part is cut off, too. */
static void
test_rest_too_short (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) resume_data = interrupt (self, HELD);
  g_autoptr (Download) second = download_new_resumed (self, resume_data, "/bytes/100000?drop-after=10000");
  g_autoptr (Download) third = NULL;
  g_autoptr (GBytes) more = NULL;

  download_run (second);
  download_assert_error (second, U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000");
  more = u_download_task_dup_resume_data (second->task);
  third = download_new_resumed (self, more, "/bytes/100000");
  download_run (third);
  assert_complete (third, "resumed 70000/100000, wrote, finished, completed", U_TEST_SEED);
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
  ADD ("r192-garbage", test_garbage);
  ADD ("r192-hostile-path", test_hostile_path);
  ADD ("r192-hostile-values", test_hostile_values);
  ADD ("r188-other-total", test_other_total);
  ADD ("r193-twice", test_twice);
  ADD ("r194-r274-after-failure", test_after_failure);
  ADD ("r194-after-timeout", test_after_timeout);
  ADD ("r194-unreachable", test_unreachable);
  ADD ("r194-redirected-to-nowhere", test_redirected_to_nowhere);
  ADD ("error-status", test_error_status);
  ADD ("r195-r196-private-headers", test_private_headers);
  ADD ("r196-private-headers-go", test_private_headers_go);
  ADD ("r195-private-headers-twice", test_private_headers_twice);
  ADD ("r195-r196-user-info", test_user_info);
  ADD ("unread", test_unread);
  ADD ("never-started", test_never_started);
  ADD ("r192-other-session", test_other_session);
  ADD ("digest", test_digest);
  ADD ("r194-rest-too-short", test_rest_too_short);

  return g_test_run ();
}

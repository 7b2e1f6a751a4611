/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "download-fixture.h"

#include <string.h>

/* Everything that can be wrong with a request or a server: one end, the right code, a message that says what and
 * where, and nothing left behind. */
typedef struct
{
  const char *path;           /* of the test */
  const char *target;         /* on the server; or a whole URL */
  UError code;
  const char *about;          /* in the message */
  double timeout;             /* of the request; 0: the default */
  const char *digest;         /* expected, nullable */
} Case;

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const Case cases[] = {
  { "r270-no-scheme", "relative/path", U_ERROR_BAD_URL, "relative/path" },
  { "r270-bad-host", "http://[1::2/x", U_ERROR_BAD_URL, "http://[1::2/x" },
  { "r270-bad-port", "http://host:99999/x", U_ERROR_BAD_URL, "99999" },
  { "r270-empty", "", U_ERROR_BAD_URL, "empty" },
  { "r270-password", "http://me:hunter2@[1::2/x", U_ERROR_BAD_URL, "[1::2" },
  { "r271-unknown-scheme", "nosuch://me:hunter2@host/x", U_ERROR_UNSUPPORTED_URL, "nosuch" },
  { "no-host", "https://me:hunter2@nosuch.invalid/x", U_ERROR_CANNOT_FIND_HOST, "nosuch.invalid/x" },
  { "refused", "http://me:hunter2@127.0.0.1:1/x", U_ERROR_CANNOT_CONNECT_TO_HOST, "127.0.0.1:1/x" },
  { "missing-file", "file:///nonexistent/file", U_ERROR_FILE_DOES_NOT_EXIST, "/nonexistent/file" },
  { "bad-data-url", "data:no-comma", U_ERROR_BAD_URL, "data: URL" },
  { "r274-dropped", "/bytes/100000?drop-after=50000", U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000" },
  { "r274-dropped-at-once", "/bytes/100000?drop-after=0", U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000" },
  { "r274-reset", "/bytes/100000?reset-after=50000", U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000" },
  { "r274-too-short", "/bytes/1000?lie-length=2000", U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/1000" },
  { "r274-chunked-cut", "/bytes/100000?chunked-cut", U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000" },
  { "two-lengths", "/bytes/1000?two-lengths", U_ERROR_BAD_SERVER_RESPONSE, "/bytes/1000" },
  { "r275-gzip-cut", "/bytes/100000?gzip-cut", U_ERROR_CANNOT_DECODE_CONTENT_DATA, "/bytes/100000" },
  { "r275-gzip-cut-chunked", "/bytes/100000?gzip-cut&chunked", U_ERROR_CANNOT_DECODE_CONTENT_DATA, "/bytes/100000" },
  { "not-gzip", "/bytes/1000?header=Content-Encoding:gzip", U_ERROR_CANNOT_DECODE_CONTENT_DATA, "/bytes/1000" },
  { "garbage", "/garbage", U_ERROR_CANNOT_PARSE_RESPONSE, "/garbage" },
  { "bad-status-line", "/bad-status-line", U_ERROR_CANNOT_PARSE_RESPONSE, "/bad-status-line" },
  { "no-answer", "/no-answer", U_ERROR_NETWORK_CONNECTION_LOST, "/no-answer" },
  { "long-head", "/long-head", U_ERROR_NETWORK_CONNECTION_LOST, "/long-head" },
  { "stall", "/stall", U_ERROR_TIMED_OUT, "/stall", 0.3 },
  { "stall-in-body", "/bytes/100000?pause-after=5000", U_ERROR_TIMED_OUT, "/bytes/100000", 0.3 },
  { "redirect-loop", "/redirect-loop", U_ERROR_TOO_MANY_REDIRECTS, "/redirect-loop" },
  { "redirect-to-file", "/redirect-to?url=file%3A%2F%2F%2Fetc%2Fpasswd", U_ERROR_UNSUPPORTED_URL, "/redirect-to" },
  { "digest-of-server", "/bytes/1000?bad-digest", U_ERROR_DIGEST_MISMATCH, "/bytes/1000" },
  { "digest-of-application", "/bytes/1000", U_ERROR_DIGEST_MISMATCH, "/bytes/1000", 0, "sha256:" ZEROS },
  { "digest-of-coded", "/bytes/1000?gzip", U_ERROR_DIGEST_MISMATCH, "/bytes/1000", 0, "sha256:" ZEROS },
  { "digest-unparsable", "/bytes/1000", U_ERROR_DIGEST_MISMATCH, "nonsense", 0, "nonsense" },
  { "digest-unparsable-short", "/bytes/1000", U_ERROR_DIGEST_MISMATCH, "sha256:0011", 0, "sha256:0011" },
  { "digest-unknown-algorithm", "/bytes/1000", U_ERROR_DIGEST_MISMATCH, "md5:", 0,
    "md5:d41d8cd98f00b204e9800998ecf8427e" },
  { "no-room", "/bytes/1000?lie-length=1152921504606846976", U_ERROR_CANNOT_WRITE_TO_FILE, "room in /" },
};

static Download *
download_new_case (Fixture *self, const Case *the_case)
{
  g_autofree char *uri = the_case->target[0] == '/' ? fixture_uri (self, the_case->target)
                                                    : g_strdup (the_case->target);
  g_autoptr (URequest) request = u_request_new (uri);
  Download *download;

  if (the_case->timeout > 0)
    u_request_set_timeout (request, the_case->timeout);
  download = download_new (u_session_create_download_task (self->session, request));
  if (the_case->digest != NULL)
    u_download_task_set_expected_digest (download->task, the_case->digest);

  return download;
}

static void
assert_single_end (Download *download)
{
  const char *last = g_ptr_array_index (download->events, download->events->len - 1);

  g_assert_cmpstr (last, ==, "completed");
  for (guint i = 0; i < download->events->len; i++)
    g_assert_cmpstr (g_ptr_array_index (download->events, i), !=, "finished");
}

static void
test_case (Fixture *self, gconstpointer data)
{
  const Case *the_case = data;
  g_autoptr (Download) handed = download_new_case (self, the_case);
  g_autoptr (Download) replacing = download_new_case (self, the_case);
  g_autoptr (Download) into_folder = download_new_case (self, the_case);
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *path = fixture_path (self, "old");

  download_run (handed);
  download_assert_error (handed, the_case->code, the_case->about);
  assert_single_end (handed);

  fixture_write (self, "old", "old");
  download_run_save (replacing, path);
  download_assert_error (replacing, the_case->code, the_case->about);
  assert_single_end (replacing);
  assert_file_text (path, "old");

  download_run_save (into_folder, self->folder);
  download_assert_error (into_folder, the_case->code, the_case->about);
  assert_single_end (into_folder);

  /* What can be resumed stays until the tasks are gone; then there is nothing but the old file. */
  g_clear_pointer (&handed, download_free);
  g_clear_pointer (&replacing, download_free);
  g_clear_pointer (&into_folder, download_free);
  wait_for_no_leftovers (self->folder);
  names = list_folder (self->folder);
  g_assert_cmpuint (names->len, ==, 1);
}

static void
test_null_uri (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_request_new (NULL);
  g_autoptr (Download) download = download_new (u_session_create_download_task (self->session, request));

  download_run (download);
  download_assert_error (download, U_ERROR_BAD_URL, "no URL");
  download_assert_events (download, "completed");
}

static void
test_bad_utf8 (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download =
    download_new (u_session_create_download_task_for_uri (self->session, "http://ho st\xff\xfe/x"));

  download_run (download);
  download_assert_error (download, U_ERROR_BAD_URL, "http://ho st");
}

static void
test_bad_header (Fixture *self, gconstpointer data)
{
  static const char * const values[] = { "a\r\nX: b", "a\nb", "a\rb", "\r\n" };
  static const char * const field_names[] = { "", "a b", "a:b", "a\r\nb", "\xc3\xa9" };
  g_autofree char *uri = fixture_uri (self, "/echo");
  g_autoptr (URequest) request = u_request_new (uri);
  UHeaders *headers = u_request_get_headers (request);
  g_autoptr (Download) download = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (u_headers_set (headers, "X-Kept", "yes", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (u_headers_set (headers, "X-Kept", values[i], &error));
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
      g_assert_nonnull (strstr (error->message, "X-Kept"));
      g_assert_false (u_headers_append (headers, "X-Kept", values[i], NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (field_names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (u_headers_set (headers, field_names[i], "value", &error));
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
    }

  download = download_new (u_session_create_download_task (self->session, request));
  download_run (download);
  g_assert_no_error (download->error);
  fields = u_test_server_dup_request_headers (self->server, 0);
  for (guint i = 0; fields[i] != NULL; i++)
    g_assert_false (g_str_has_prefix (fields[i], "X:"));
}

/* Less is announced than comes: the file is as long as announced, and what is left over is no answer to the next
 * request. With a digest it is noticed. */
static void
test_announced_less (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) shorter = download_new_for (self, "/bytes/1000?lie-length=500");
  g_autoptr (Download) digest = download_new_for (self, "/bytes/1000?lie-length=500&repr-digest");
  g_autoptr (Download) next = download_new_for (self, "/bytes/2000");

  download_run (shorter);
  g_assert_no_error (shorter->error);
  g_assert_cmpuint (g_bytes_get_size (shorter->content), ==, 500);
  download_run (digest);
  download_assert_error (digest, U_ERROR_DIGEST_MISMATCH, "/bytes/1000");
  download_run (next);
  g_assert_no_error (next->error);
  assert_pattern (next->content, 2000);
}

static void
test_good_digest (Fixture *self, gconstpointer data)
{
  g_autofree char *hex = u_test_pattern_sha256 (100000);
  g_autofree char *digest = g_strconcat ("sha256:", hex, NULL);
  static const char * const targets[] = { "/bytes/100000?repr-digest", "/bytes/100000", "/bytes/100000?gzip",
                                          "/bytes/100000?gzip&repr-digest" };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (Download) download = download_new_for (self, targets[i]);

      u_download_task_set_expected_digest (download->task, digest);
      download_run (download);
      g_assert_no_error (download->error);
      assert_pattern (download->content, 100000);
    }
}

/* The digest is of the file, not of a page that says why there is none. */
static void
test_digest_of_error_page (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/status/404");

  u_download_task_set_expected_digest (download->task, "sha256:" ZEROS);
  download_run (download);
  g_assert_no_error (download->error);
  download_assert_events (download, "wrote, finished, completed");
}

/* A task whose description is wrong from the start says nothing about passwords either. */
static void
test_bad_digest_password (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download =
    download_new (u_session_create_download_task_for_uri (self->session, "http://me:hunter2@127.0.0.1:1/x"));

  u_download_task_set_expected_digest (download->task, "nonsense");
  download_run (download);
  download_assert_error (download, U_ERROR_DIGEST_MISMATCH, "nonsense");
  g_assert_nonnull (u_task_get_failing_uri (U_TASK (download->task)));
}

static void
test_invalidated (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = NULL;
  g_autofree char *path = fixture_path (self, "file");

  u_session_invalidate_and_cancel (self->session);
  download =
    download_new (u_session_create_download_task_for_uri (self->session, "http://me:hunter2@127.0.0.1:1/x"));
  download_run_save (download, path);
  download_assert_error (download, U_ERROR_SESSION_INVALIDATED, NULL);
}

static void
test_not_local (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100");
  g_autoptr (GFile) destination = g_file_new_for_uri ("sftp://host/file");

  download->saving = TRUE;
  u_download_task_save_async (download->task, destination, NULL, download_saved_cb, download);
  download_wait (download);
  download_assert_error (download, U_ERROR_CANNOT_CREATE_FILE, "sftp://host/file");
}

static void
test_missing_folder (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100");
  g_autofree char *path = fixture_path (self, "missing/file");

  download_run_save (download, path);
  download_assert_error (download, U_ERROR_CANNOT_CREATE_FILE, "missing");
}

/* The folder of the destination is a file. */
static void
test_folder_is_file (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100");
  g_autofree char *path = fixture_path (self, "plain/file");

  fixture_write (self, "plain", "text");
  download_run_save (download, path);
  download_assert_error (download, U_ERROR_CANNOT_CREATE_FILE, "plain");
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/download-failures/", cases[i].path, NULL);

      g_test_add (path, Fixture, &cases[i], fixture_set_up, test_case, fixture_tear_down);
    }

#define ADD(path, func) g_test_add ("/download-failures/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("r270-null", test_null_uri);
  ADD ("r270-bad-utf8", test_bad_utf8);
  ADD ("r280-bad-header", test_bad_header);
  ADD ("announced-less", test_announced_less);
  ADD ("good-digest", test_good_digest);
  ADD ("digest-of-error-page", test_digest_of_error_page);
  ADD ("bad-digest-password", test_bad_digest_password);
  ADD ("invalidated", test_invalidated);
  ADD ("not-local", test_not_local);
  ADD ("missing-folder", test_missing_folder);
  ADD ("folder-is-file", test_folder_is_file);

  return g_test_run ();
}

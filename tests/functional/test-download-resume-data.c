/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resume-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_garbage (Fixture *self, gconstpointer data)
{
  static const char * const texts[] = {
    "", "x", "{}", "[]", "null", "{\"kind\":\"urlsession-download\"}",
    "{\"kind\":\"urlsession-download\",\"version\":1}",
    "{\"kind\":\"urlsession-download\",\"version\":99}", "\xff\xfe\x00", "[[[[[[[[[[[[[[[[[[[[",
  };
  g_autoptr (GBytes) good = resume_interrupt (self, HELD);
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
  resume_assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* Resume data asks for a GET: what began as something else is not gone on with, even if a redirect made a GET of it. */
static void
test_other_methods (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *path;
    const char *method;       /* NULL: a form with a file */
  } cases[] = {
    { HELD, NULL },
    { "/redirect-to?status=303&url=/bytes/100000%3Fpause-after%3D60000", NULL },
    { "/redirect-to?status=302&url=/bytes/100000%3Fpause-after%3D60000", "POST" },
    { "/redirect-to?status=303&url=/bytes/100000%3Fpause-after%3D60000", "DELETE" },
  };
  g_autofree char *path = fixture_path (self, "upload");
  g_autoptr (GFile) file = g_file_new_for_path (path);

  fixture_write (self, "upload", "from a file");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *uri = fixture_uri (self, cases[i].path);
      g_autoptr (URequest) request = u_request_new (uri);
      g_autoptr (UFormData) form = u_form_data_new ();
      g_autoptr (Download) download = NULL;
      g_autoptr (GError) error = NULL;

      u_form_data_add_file (form, "f", file, NULL);
      if (cases[i].method == NULL)
        u_request_set_body_form (request, form);
      else
        u_request_set_method (request, cases[i].method);
      download = download_new (u_session_create_download_task (self->session, request));
      download_start (download);
      wait_for_bytes (download, OFFSET);
      g_assert_null (download_cancel_for_resume (download, &error));
      g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
      g_assert_null (u_download_task_dup_resume_data (download->task));
      u_test_server_release (self->server);
    }
}

/* Resume data that names another file of the user never touches that. */
static void
test_hostile_path (Fixture *self, gconstpointer data)
{
  static const char * const file_names[] = { ".bashrc", "x.partial", "x.part", ".urlsession-AAAAAA.part",
                                             "link/.bashrc" };
  g_autoptr (GBytes) good = resume_interrupt (self, HELD);
  g_autofree char *secret = fixture_path (self, "secret");
  g_autofree char *link = fixture_path (self, ".urlsession-BBBBBB.partial");
  g_autoptr (Download) last = NULL;

  fixture_write (self, "secret", "secret");
  g_assert_cmpint (symlink (secret, link), ==, 0);
  for (guint i = 0; i <= G_N_ELEMENTS (file_names); i++)
    {
      g_autoptr (JsonObject) object = resume_parse (good);
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
      hostile = resume_print (object);
      download = download_new_resumed (self, hostile, "/bytes/100000");
      download_run (download);
      resume_assert_complete (download, WHOLE_AGAIN, U_TEST_SEED);
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
  resume_assert_complete (last, GOES_ON, U_TEST_SEED);
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
  g_autoptr (GBytes) good = resume_interrupt (self, HELD);
  g_autoptr (Download) last = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (JsonObject) object = resume_parse (good);
      g_autoptr (GBytes) hostile = NULL;
      g_autoptr (Download) download = NULL;

      if (changes[i].text != NULL)
        json_object_set_string_member (object, changes[i].member, changes[i].text);
      else
        json_object_set_int_member (object, changes[i].member, changes[i].number);
      hostile = resume_print (object);
      download = download_new_resumed (self, hostile, NULL);
      download_run (download);
      download_assert_error (download, U_ERROR_NOT_RESUMABLE, "resume");
    }
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);

  last = download_new_resumed (self, good, NULL);
  download_run (last);
  resume_assert_complete (last, GOES_ON, U_TEST_SEED);
}

/* The size that was noted is not that of the file on the server: nothing is joined. */
static void
test_other_total (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) good = resume_interrupt (self, HELD);
  g_autoptr (JsonObject) object = resume_parse (good);
  g_autoptr (GBytes) changed = NULL;
  g_autoptr (Download) download = NULL;

  json_object_set_int_member (object, "total", SIZE + 1);
  changed = resume_print (object);
  download = download_new_resumed (self, changed, "/bytes/100000");
  download_run (download);
  resume_assert_complete (download, WHOLE_AGAIN, U_TEST_SEED);
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
  g_autoptr (GBytes) resume_data = resume_interrupt_request (self, request);
  g_autofree char *partial = resume_dup_partial (resume_data);
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
  resume_assert_complete (download, GOES_ON, U_TEST_SEED);
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
      g_autoptr (GBytes) resume_data = resume_interrupt_request (self, request);
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
  resume_assert_complete (third, GOES_ON, U_TEST_SEED);
  authorization = u_test_server_dup_request_header (self->server, 0, "Authorization");
  g_assert_cmpstr (authorization, ==, "Bearer hunter2");
}

static void
test_user_info (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = g_strdup_printf ("http://me:hunter2@127.0.0.1:%u" HELD, u_test_server_get_port (self->server));
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (GBytes) resume_data = resume_interrupt_request (self, request);
  g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);

  g_assert_false (contains (resume_data, "hunter2"));
  g_assert_cmpstr (u_request_get_uri (u_task_get_original_request (U_TASK (download->task))), ==, uri);
  download_run (download);
  resume_assert_complete (download, GOES_ON, U_TEST_SEED);
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
        resume_assert_complete (second, GOES_ON, U_TEST_SEED);
      else
        download_assert_error (second, U_ERROR_DIGEST_MISMATCH, "/bytes/100000");
    }
}

#define ADD(path, func) \
  g_test_add ("/download-resume-data/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  ADD ("r192-garbage", test_garbage);
  ADD ("r190-other-methods", test_other_methods);
  ADD ("r192-hostile-path", test_hostile_path);
  ADD ("r192-hostile-values", test_hostile_values);
  ADD ("r188-other-total", test_other_total);
  ADD ("r195-r196-private-headers", test_private_headers);
  ADD ("r196-private-headers-go", test_private_headers_go);
  ADD ("r195-private-headers-twice", test_private_headers_twice);
  ADD ("r195-r196-user-info", test_user_info);
  ADD ("unread", test_unread);
  ADD ("digest", test_digest);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "download-fixture.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

static gboolean
is_gone (gpointer data)
{
  return !g_file_test (data, G_FILE_TEST_EXISTS);
}

static guint
get_status (Download *download)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (download->task))));
}

static void
test_plain (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/300000");
  g_autofree char *downloads = dup_download_folder ();
  UTask *task = U_TASK (download->task);

  g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, -1);
  g_assert_true (u_task_get_is_indeterminate (task));
  download_run (download);

  g_assert_no_error (download->error);
  download_assert_events (download, "wrote, finished, completed");
  assert_pattern (download->content, 300000);
  g_assert_cmpint (download->total_written, ==, 300000);
  g_assert_cmpint (download->sum_written, ==, 300000);
  g_assert_cmpint (download->expected, ==, 300000);
  g_assert_cmpfloat_with_epsilon (u_task_get_fraction_completed (task), 1, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_task_get_time_left (task), 0, 1e-9);
  g_assert_true (g_str_has_prefix (download->location, downloads));
  wait_for (is_gone, download->location);
  g_assert_null (u_download_task_dup_resume_data (download->task));
}

static void
test_identity (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/10");
  g_autofree char *field = NULL;

  download_run (download);
  field = u_test_server_dup_request_header (self->server, 0, "Accept-Encoding");
  g_assert_cmpstr (field, ==, "identity");
}

/* In a handler the file can be moved away; nobody misses it afterwards. */
static void
move_cb (UDownloadTask *task, GFile *file, gpointer user_data)
{
  g_autoptr (GFile) target = g_file_new_for_path (user_data);
  g_autoptr (GError) error = NULL;

  g_file_move (file, target, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
test_moved (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/1000");
  g_autofree char *path = fixture_path (self, "kept");

  g_signal_connect (download->task, "finished-download", G_CALLBACK (move_cb), path);
  download_run (download);
  assert_file_pattern (path, 1000);
  g_clear_pointer (&download->content, g_bytes_unref);
}

static void
test_zero_bytes (Fixture *self, gconstpointer data)
{
  static const char * const paths[] = { "/empty", "/bytes/0", "/bytes/0?chunked" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (Download) handed = download_new_for (self, paths[i]);
      g_autoptr (Download) saved = download_new_for (self, paths[i]);
      g_autofree char *path = fixture_path (self, "empty");
      struct stat info;

      download_run (handed);
      g_assert_no_error (handed->error);
      download_assert_events (handed, "finished, completed");
      g_assert_cmpuint (g_bytes_get_size (handed->content), ==, 0);

      download_run_save (saved, path);
      g_assert_no_error (saved->save_error);
      g_assert_cmpstr (saved->saved, ==, path);
      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_size, ==, 0);
      g_assert_cmpfloat_with_epsilon (u_task_get_fraction_completed (U_TASK (saved->task)), 1, 1e-9);
    }
}

static void
test_no_file_on_failure (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100000?drop-after=50000&no-ranges");

  download_run (download);
  download_assert_error (download, U_ERROR_NETWORK_CONNECTION_LOST, "/bytes/100000");
  download_assert_events (download, "wrote, completed");
}

static void
test_no_file_on_cancel (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100000?pause-after=50000");

  download_start (download);
  wait_for_bytes (download, 50000);
  u_task_cancel (U_TASK (download->task));
  download_wait (download);
  download_assert_error (download, U_ERROR_CANCELLED, NULL);
  download_assert_events (download, "wrote, completed");
  g_assert_null (u_download_task_dup_resume_data (download->task));
}

static void
test_error_status (Fixture *self, gconstpointer data)
{
  static const guint statuses[] = { 404, 403, 500, 503 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *target = g_strdup_printf ("/status/%u", statuses[i]);
      g_autoptr (Download) download = download_new_for (self, target);

      download_run (download);
      g_assert_no_error (download->error);
      download_assert_events (download, "wrote, finished, completed");
      g_assert_cmpuint (get_status (download), ==, statuses[i]);
      g_assert_cmpuint (g_bytes_get_size (download->content), >, 0);
    }
}

/* With a destination the error page is nobody's file: the call says so, the task did well. */
static void
test_error_status_saved (Fixture *self, gconstpointer data)
{
  g_autofree char *path = fixture_path (self, "old");
  const char *destinations[] = { path, self->folder, NULL };

  fixture_write (self, "old", "old");
  for (guint i = 0; i < G_N_ELEMENTS (destinations); i++)
    {
      g_autoptr (Download) download = download_new_for (self, "/status/404");
      g_autoptr (GPtrArray) names = NULL;

      download_run_save (download, destinations[i]);
      g_assert_error (download->save_error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
      g_assert_nonnull (strstr (download->save_error->message, "404"));
      g_assert_nonnull (strstr (download->save_error->message, "/status/404"));
      g_assert_no_error (download->error);
      g_assert_null (u_task_get_error (U_TASK (download->task)));
      g_assert_null (download->saved);
      g_assert_cmpuint (get_status (download), ==, 404);
      wait_for_no_leftovers (self->folder);
      names = list_folder (self->folder);
      g_assert_cmpuint (names->len, ==, 1);
      assert_file_text (path, "old");
    }
}

typedef struct
{
  GError *error;              /* owned, nullable */
  char *path;                 /* owned, nullable */
  guint status;
  gboolean called;
} Call;

static void
downloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (UResponse) response = NULL;
  g_autoptr (GFile) file = u_session_download_finish (U_SESSION (source), result, &response, &call->error);

  call->called = TRUE;
  if (file != NULL)
    call->path = g_file_get_path (file);
  if (response != NULL)
    call->status = u_http_response_get_status_code (U_HTTP_RESPONSE (response));
}

static gboolean
is_called (gpointer data)
{
  return ((Call *) data)->called;
}

static void
test_one_line (Fixture *self, gconstpointer data)
{
  static const char * const paths[] = { "/bytes/1000", "/status/500" };
  g_autofree char *path = fixture_path (self, "one");
  g_autoptr (GFile) file = g_file_new_for_path (path);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *uri = fixture_uri (self, paths[i]);
      g_autoptr (URequest) request = u_request_new (uri);
      Call call = { 0 };

      u_session_download_async (self->session, request, file, NULL, downloaded_cb, &call);
      wait_for (is_called, &call);
      if (i == 0)
        {
          g_assert_no_error (call.error);
          g_assert_cmpstr (call.path, ==, path);
          g_assert_cmpuint (call.status, ==, 200);
        }
      else
        {
          g_assert_error (call.error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
        }
      g_clear_error (&call.error);
      g_free (call.path);
      assert_file_pattern (path, 1000);
    }
}

/* What is counted is what is in the file; the length of the coded form says nothing about that. */
static void
test_coded (Fixture *self, gconstpointer data)
{
  static const char * const paths[] = { "/bytes/200000?gzip", "/bytes/200000?deflate", "/bytes/200000?gzip&chunked" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (Download) download = download_new_for (self, paths[i]);
      UTask *task = U_TASK (download->task);

      download_run (download);
      g_assert_no_error (download->error);
      assert_pattern (download->content, 200000);
      g_assert_cmpint (download->total_written, ==, 200000);
      g_assert_cmpint (download->expected, ==, -1);
      g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, -1);
      if (i < 2)
        g_assert_cmpint (u_response_get_expected_content_length (u_task_get_response (task)), >, 0);
      g_assert_cmpfloat_with_epsilon (u_task_get_fraction_completed (task), 1, 1e-9);
    }
}

static void
test_coded_is_indeterminate (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/2000000?gzip&pause-after=1000000");
  UTask *task = U_TASK (download->task);

  download_start (download);
  wait_for_bytes (download, 1);
  g_assert_true (u_task_get_is_indeterminate (task));
  g_assert_cmpfloat_with_epsilon (u_task_get_fraction_completed (task), 0, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_task_get_time_left (task), -1, 1e-9);
  u_test_server_release (self->server);
  download_wait (download);
  assert_pattern (download->content, 2000000);
}

static void
test_unknown_length (Fixture *self, gconstpointer data)
{
  static const char * const paths[] = { "/bytes/5000?chunked", "/bytes/5000?close" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (Download) download = download_new_for (self, paths[i]);

      download_run (download);
      g_assert_no_error (download->error);
      g_assert_cmpint (download->expected, ==, -1);
      g_assert_cmpint (download->total_written, ==, 5000);
      assert_pattern (download->content, 5000);
    }
}

static void
test_save (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/70000");
  g_autofree char *path = fixture_path (self, "file");

  download_run_save (download, path);
  g_assert_no_error (download->error);
  g_assert_no_error (download->save_error);
  /* No finished-download: the file is nobody's but the caller's. */
  download_assert_events (download, "wrote, completed");
  g_assert_cmpstr (download->saved, ==, path);
  assert_file_pattern (path, 70000);
}

static void
test_save_nowhere (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/70000");

  download_run_save (download, NULL);
  g_assert_no_error (download->save_error);
  download_assert_events (download, "wrote, completed");
  assert_file_pattern (download->saved, 70000);
  g_assert_cmpint (g_unlink (download->saved), ==, 0);
}

static void
test_save_twice (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/10");
  g_autofree char *path = fixture_path (self, "file");
  Call call = { 0 };

  download_save (download, path, NULL);
  u_download_task_save_async (download->task, NULL, NULL, NULL, NULL);
  download_wait (download);
  g_assert_no_error (download->save_error);
  assert_file_pattern (path, 10);
  g_assert_false (call.called);
}

/* Whatever the server says, the name is one in that folder, and one that can be seen. */
static const struct
{
  const char *path;
  const char *name;           /* NULL: any */
} names[] = {
  { "/bytes/10", "10" },
  { "/bytes/10?name=report.pdf", "report.pdf" },
  { "/bytes/10?name=..%2F..%2Fx", NULL },
  { "/bytes/10?name=%2Fetc%2Fpasswd", NULL },
  { "/bytes/10?name=..", NULL },
  { "/bytes/10?name=.", NULL },
  { "/bytes/10?name=.bashrc", NULL },
  { "/bytes/10?name=a%5Cb%5C..%5Cc", NULL },
  { "/bytes/10?name=a%09b%07c%7F", NULL },
  { "/bytes/10?disposition=attachment%3B%20filename%2A%3DUTF-8%27%27..%252F..%252Fx", NULL },
  { "/bytes/10?disposition=attachment%3B%20filename%2A%3DUTF-8%27%27%2500%2501", NULL },
  { "/bytes/10?disposition=attachment%3B%20filename%3D", NULL },
};

static void
test_suggested_names (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (Download) download = download_new_for (self, names[i].path);
      g_autofree char *folder = NULL;
      g_autofree char *name = NULL;

      download_run_save (download, self->folder);
      g_assert_no_error (download->save_error);
      folder = g_path_get_dirname (download->saved);
      name = g_path_get_basename (download->saved);
      g_assert_cmpstr (folder, ==, self->folder);
      g_assert_true (g_utf8_validate (name, -1, NULL));
      g_assert_cmpint (name[0], !=, '.');
      for (const char *p = name; *p != '\0'; p++)
        g_assert_false (g_ascii_iscntrl (*p) || *p == '/' || *p == '\\');
      if (names[i].name != NULL)
        g_assert_cmpstr (name, ==, names[i].name);
      assert_file_pattern (download->saved, 10);
    }
}

static void
test_conflicts (Fixture *self, gconstpointer data)
{
  static const struct
  {
    UFileConflict conflict;
    gboolean into_folder;
    const char *saved;        /* NULL: it fails */
  } cases[] = {
    { U_FILE_CONFLICT_AUTOMATIC, FALSE, "a.tar.gz" },
    { U_FILE_CONFLICT_AUTOMATIC, TRUE, "a (2).tar.gz" },
    { U_FILE_CONFLICT_REPLACE, FALSE, "a.tar.gz" },
    { U_FILE_CONFLICT_REPLACE, TRUE, "a.tar.gz" },
    { U_FILE_CONFLICT_RENAME, FALSE, "a (2).tar.gz" },
    { U_FILE_CONFLICT_RENAME, TRUE, "a (2).tar.gz" },
    { U_FILE_CONFLICT_FAIL, FALSE, NULL },
    { U_FILE_CONFLICT_FAIL, TRUE, NULL },
  };
  g_autofree char *old = fixture_path (self, "a.tar.gz");
  g_autofree char *second = fixture_path (self, "a (2).tar.gz");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Download) download = download_new_for (self, "/bytes/100?name=a.tar.gz");

      fixture_write (self, "a.tar.gz", "old");
      g_unlink (second);
      u_download_task_set_file_conflict (download->task, cases[i].conflict);
      g_assert_cmpint (u_download_task_get_file_conflict (download->task), ==, cases[i].conflict);
      download_run_save (download, cases[i].into_folder ? self->folder : old);
      if (cases[i].saved != NULL)
        {
          g_autofree char *expected = fixture_path (self, cases[i].saved);

          g_assert_no_error (download->save_error);
          g_assert_cmpstr (download->saved, ==, expected);
          assert_file_pattern (expected, 100);
        }
      else
        {
          download_assert_error (download, U_ERROR_CANNOT_MOVE_FILE, old);
        }
      if (g_strcmp0 (cases[i].saved, "a.tar.gz") != 0)
        assert_file_text (old, "old");
    }
}

/* What is complete is not thrown away because it cannot be moved: once that is mended, nothing is loaded again. */
static void
test_conflict_mended (Fixture *self, gconstpointer data)
{
  g_autofree char *path = fixture_path (self, "a.txt");
  g_autoptr (GBytes) resume_data = NULL;

  {
    g_autoptr (Download) download = download_new_for (self, "/bytes/1000");

    fixture_write (self, "a.txt", "old");
    u_download_task_set_file_conflict (download->task, U_FILE_CONFLICT_FAIL);
    download_run_save (download, path);
    download_assert_error (download, U_ERROR_CANNOT_MOVE_FILE, path);
    resume_data = u_download_task_dup_resume_data (download->task);
    g_assert_nonnull (resume_data);
  }
  {
    g_autoptr (Download) download = download_new_resumed (self, resume_data, NULL);
    g_autofree char *range = NULL;

    g_unlink (path);
    download_run_save (download, path);
    g_assert_no_error (download->save_error);
    range = u_test_server_dup_request_header (self->server, 1, "Range");
    g_assert_cmpstr (range, ==, "bytes=1000-");
    assert_file_pattern (path, 1000);
  }
}

static void
test_conflict_many (Fixture *self, gconstpointer data)
{
  enum { N = 12 };
  Download *downloads[N];

  for (guint i = 0; i < N; i++)
    {
      downloads[i] = download_new_for (self, "/bytes/100?name=same.txt");
      download_save (downloads[i], self->folder, NULL);
    }
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = i == 0 ? g_strdup ("same.txt") : g_strdup_printf ("same (%u).txt", i + 1);
      g_autofree char *path = fixture_path (self, name);

      download_wait (downloads[i]);
      g_assert_no_error (downloads[i]->save_error);
      download_free (downloads[i]);
    }
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = i == 0 ? g_strdup ("same.txt") : g_strdup_printf ("same (%u).txt", i + 1);
      g_autofree char *path = fixture_path (self, name);

      assert_file_pattern (path, 100);
    }
}

static void
test_mode (Fixture *self, gconstpointer data)
{
  static const mode_t masks[] = { 022, 077, 027, 0 };
  g_autofree char *path = fixture_path (self, "file");

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autoptr (Download) download = download_new_for (self, "/bytes/100");
      mode_t old = umask (masks[i]);
      struct stat info;

      download_run_save (download, path);
      umask (old);
      g_assert_no_error (download->save_error);
      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 07777, ==, 0666 & ~masks[i]);
    }
}

/* While it is under way nobody else can read it. */
static void
test_private_while_loading (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100000?pause-after=50000");
  g_autofree char *path = fixture_path (self, "file");
  g_autoptr (GPtrArray) files = NULL;
  g_autofree char *part = NULL;
  struct stat info;

  download_save (download, path, NULL);
  wait_for_bytes (download, 1);
  files = list_folder (self->folder);
  g_assert_cmpuint (files->len, ==, 1);
  part = fixture_path (self, g_ptr_array_index (files, 0));
  g_assert_cmpstr (part, !=, path);
  g_assert_cmpint (g_stat (part, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0600);
  u_test_server_release (self->server);
  download_wait (download);
  assert_file_pattern (path, 100000);
}

typedef struct
{
  char *path;
  gint stop;
  guint n_seen;
} Watcher;

/* Reads the file over and over: each time it is a whole one of those that were ever there. */
static gpointer
watcher_thread (gpointer data)
{
  Watcher *self = data;
  g_autoptr (GBytes) first = u_test_pattern_bytes_seeded (1, 200000);
  g_autoptr (GBytes) second = u_test_pattern_bytes_seeded (2, 200000);

  while (!g_atomic_int_get (&self->stop))
    {
      g_autofree char *content = NULL;
      g_autoptr (GBytes) bytes = NULL;
      gsize length;

      if (!g_file_get_contents (self->path, &content, &length, NULL))
        {
          g_assert_not_reached ();
        }
      bytes = g_bytes_new_take (g_steal_pointer (&content), length);
      g_assert_true (length == 3 || g_bytes_equal (bytes, first) || g_bytes_equal (bytes, second));
      self->n_seen++;
    }

  return NULL;
}

static void
test_atomic (Fixture *self, gconstpointer data)
{
  g_autofree char *path = fixture_path (self, "file");
  Watcher watcher = { .path = path };
  GThread *thread;

  fixture_write (self, "file", "old");
  thread = g_thread_new ("watcher", watcher_thread, &watcher);
  for (guint i = 0; i < 16; i++)
    {
      g_autoptr (Download) download = download_new_for (self, i % 2 ? "/bytes/200000" : "/bytes/200000?seed=2");

      download_run_save (download, path);
      g_assert_no_error (download->save_error);
    }
  g_atomic_int_set (&watcher.stop, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (watcher.n_seen, >, 0);
}

static void
test_redirect (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/redirect/3");
  g_autofree char *final = fixture_uri (self, "/bytes/5");

  download_run (download);
  g_assert_no_error (download->error);
  download_assert_events (download, "wrote, finished, completed");
  assert_pattern (download->content, 5);
  g_assert_cmpstr (u_response_get_uri (u_task_get_response (U_TASK (download->task))), ==, final);
}

static void
test_redirect_named (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/redirect-to?url=%2Fbytes%2F50&status=307");
  g_autofree char *path = fixture_path (self, "50");

  download_run_save (download, self->folder);
  g_assert_no_error (download->save_error);
  g_assert_cmpstr (download->saved, ==, path);
  assert_file_pattern (path, 50);
}

static void
test_head (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = fixture_uri (self, "/bytes/5000");
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (Download) download = NULL;

  u_request_set_method (request, "HEAD");
  download = download_new (u_session_create_download_task (self->session, request));
  download_run (download);
  g_assert_no_error (download->error);
  download_assert_events (download, "finished, completed");
  g_assert_cmpuint (g_bytes_get_size (download->content), ==, 0);
}

static void
test_other_schemes (Fixture *self, gconstpointer data)
{
  g_autofree char *source = fixture_path (self, "source");
  g_autofree char *uri = g_filename_to_uri (source, NULL, NULL);
  g_autofree char *target = fixture_path (self, "target");
  g_autoptr (Download) file = NULL;
  g_autoptr (Download) inline_data = NULL;

  fixture_write (self, "source", "text");
  file = download_new (u_session_create_download_task_for_uri (self->session, uri));
  download_run_save (file, target);
  g_assert_no_error (file->save_error);
  assert_file_text (target, "text");

  inline_data = download_new (u_session_create_download_task_for_uri (self->session, "data:,words"));
  download_run_save (inline_data, target);
  g_assert_no_error (inline_data->save_error);
  assert_file_text (target, "words");
}

static void
test_cancellable (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) early = download_new_for (self, "/bytes/100");
  g_autoptr (Download) late = download_new_for (self, "/bytes/100000?pause-after=50000");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autofree char *path = fixture_path (self, "file");

  fixture_write (self, "file", "old");
  g_cancellable_cancel (cancelled);
  download_save (early, path, cancelled);
  download_wait (early);
  download_assert_error (early, U_ERROR_CANCELLED, NULL);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);

  download_save (late, path, cancellable);
  wait_for_bytes (late, 1);
  g_cancellable_cancel (cancellable);
  download_wait (late);
  download_assert_error (late, U_ERROR_CANCELLED, NULL);
  assert_file_text (path, "old");
}

/* From first to last state of suspension: what is there stays there, and nothing is lost or doubled. */
static void
test_suspend (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/3000000?pause-after=1000000");
  g_autofree char *downloads = dup_download_folder ();
  g_autoptr (GPtrArray) files = NULL;
  UTask *task = U_TASK (download->task);

  download_start (download);
  wait_for_bytes (download, 500000);
  u_task_suspend (task);
  files = list_folder (downloads);
  g_assert_cmpuint (files->len, ==, 1);
  u_test_server_release (self->server);
  u_task_resume (task);
  for (guint i = 0; i < 100; i++)
    {
      u_task_suspend (task);
      g_main_context_iteration (NULL, FALSE);
      u_task_resume (task);
    }
  download_wait (download);
  g_assert_no_error (download->error);
  download_assert_events (download, "wrote, finished, completed");
  assert_pattern (download->content, 3000000);
  g_assert_cmpint (download->sum_written, ==, 3000000);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
}

static void
test_suspended_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/100000?pause-after=50000");

  download_start (download);
  wait_for_bytes (download, 1);
  u_task_suspend (U_TASK (download->task));
  u_task_cancel (U_TASK (download->task));
  download_wait (download);
  download_assert_error (download, U_ERROR_CANCELLED, NULL);
}

/* The server has no patience with a client that reads nothing: the download goes on with another connection. */
static void
test_continued (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/3000000?pause-after=1000000&drop-after=1000000"
                                                          "&drop-once");
  g_autofree char *range = NULL;
  g_autofree char *if_range = NULL;
  UTask *task = U_TASK (download->task);

  download_start (download);
  wait_for_bytes (download, 1000000);
  u_task_suspend (task);
  u_test_server_release (self->server);
  g_assert_true (u_test_server_wait_for_open_connections (self->server, 0, 20000));
  u_task_resume (task);
  g_assert_true (u_test_server_wait_for_requests (self->server, 2, 20000));
  u_test_server_release (self->server);
  download_wait (download);
  g_assert_no_error (download->error);
  assert_pattern (download->content, 3000000);
  g_assert_cmpint (download->total_written, ==, 3000000);
  range = u_test_server_dup_request_header (self->server, 1, "Range");
  if_range = u_test_server_dup_request_header (self->server, 1, "If-Range");
  g_assert_true (g_str_has_prefix (range, "bytes="));
  g_assert_nonnull (if_range);
}

#define ADD(path, func) g_test_add ("/download/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  ADD ("r049-r052-r054-plain", test_plain);
  ADD ("identity", test_identity);
  ADD ("r052-moved-by-the-handler", test_moved);
  ADD ("r053-zero-byte-file", test_zero_bytes);
  ADD ("r050-no-file-on-failure", test_no_file_on_failure);
  ADD ("r050-r059-no-file-on-cancel", test_no_file_on_cancel);
  ADD ("r051-error-status", test_error_status);
  ADD ("error-status-saved", test_error_status_saved);
  ADD ("one-line", test_one_line);
  ADD ("r054-r055-r207-coded", test_coded);
  ADD ("r207-coded-is-indeterminate", test_coded_is_indeterminate);
  ADD ("r055-unknown-length", test_unknown_length);
  ADD ("save", test_save);
  ADD ("r058-save-nowhere", test_save_nowhere);
  ADD ("save-twice", test_save_twice);
  ADD ("suggested-names", test_suggested_names);
  ADD ("conflicts", test_conflicts);
  ADD ("conflict-many", test_conflict_many);
  ADD ("mode", test_mode);
  ADD ("private-while-loading", test_private_while_loading);
  ADD ("atomic", test_atomic);
  ADD ("redirect", test_redirect);
  ADD ("redirect-named", test_redirect_named);
  ADD ("head", test_head);
  ADD ("conflict-mended", test_conflict_mended);
  ADD ("other-schemes", test_other_schemes);
  ADD ("cancellable", test_cancellable);
  ADD ("r012-r059-suspend", test_suspend);
  ADD ("r059-suspended-cancelled", test_suspended_cancelled);
  ADD ("r012-continued", test_continued);

  return g_test_run ();
}

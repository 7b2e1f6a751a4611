/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "download-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* Longer than anything here takes on a machine under load: only a test that fails waits so long. */
#define PATIENCE_S 50

/* No message and no property may show it; tests put it into URLs. */
#define PASSWORD "hunter2"

static char *cache_folder;

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
wait_for (Condition condition, gpointer data)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;
  guint tick = g_timeout_add (5, tick_cb, NULL);

  while (!condition (data))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
}

static void
remove_cache (void)
{
  remove_tree (cache_folder);
}

/* Caches are looked up once in a process, so all tests of one share a folder; each leaves it empty. */
void
fixture_init (int *argc, char ***argv)
{
  cache_folder = g_dir_make_tmp ("urlsession-cache-XXXXXX", NULL);
  g_assert_nonnull (cache_folder);
  g_setenv ("XDG_CACHE_HOME", cache_folder, TRUE);
  g_assert_cmpstr (g_get_user_cache_dir (), ==, cache_folder);
  atexit (remove_cache);
  g_test_init (argc, argv, NULL);
}

char *
dup_download_folder (void)
{
  return g_build_filename (g_get_user_cache_dir (), "urlsession-1", "downloads", NULL);
}

GPtrArray *
list_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort_with_data (names, (GCompareDataFunc) (void (*) (void)) g_strcmp0, NULL);

  return names;
}

void
remove_tree (const char *path)
{
  g_autoptr (GPtrArray) names = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      g_chmod (path, 0700);
      names = list_folder (path);
      for (guint i = 0; i < names->len; i++)
        {
          g_autofree char *child = g_build_filename (path, g_ptr_array_index (names, i), NULL);

          remove_tree (child);
        }
    }
  g_remove (path);
}

static gboolean
has_no_leftovers (gpointer data)
{
  g_autoptr (GPtrArray) names = list_folder (data);

  for (guint i = 0; i < names->len; i++)
    {
      if (strstr (g_ptr_array_index (names, i), "urlsession") != NULL)
        return FALSE;
    }

  return TRUE;
}

void
wait_for_no_leftovers (const char *folder)
{
  wait_for (has_no_leftovers, (gpointer) folder);
}

void
fixture_set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->server = u_test_server_new ();
  u_test_server_start (self->server, &error);
  g_assert_no_error (error);
  self->folder = g_dir_make_tmp ("urlsession-test-XXXXXX", &error);
  g_assert_no_error (error);
  self->session = u_session_new (NULL);
}

static gboolean
is_null (gpointer data)
{
  return *(gpointer *) data == NULL;
}

void
fixture_drop_session (Fixture *self)
{
  gpointer alive = self->session;

  g_object_add_weak_pointer (alive, &alive);
  g_clear_object (&self->session);
  wait_for (is_null, &alive);
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_autofree char *downloads = dup_download_folder ();
  g_autoptr (GPtrArray) names = NULL;

  if (self->session != NULL)
    fixture_drop_session (self);
  u_test_server_stop (self->server);
  g_assert_finalize_object (g_steal_pointer (&self->server));

  wait_for_no_leftovers (self->folder);
  wait_for_no_leftovers (downloads);
  names = list_folder (downloads);
  g_assert_cmpuint (names->len, ==, 0);
  remove_tree (self->folder);
  g_clear_pointer (&self->folder, g_free);
}

char *
fixture_uri (Fixture *self, const char *path)
{
  return u_test_server_get_uri (self->server, path);
}

char *
fixture_path (Fixture *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

void
fixture_write (Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = fixture_path (self, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
log_event (Download *self, char *event)
{
  g_assert_cmpuint (self->n_completed, ==, 0);
  g_ptr_array_add (self->events, event);
}

static void
wrote_data_cb (UDownloadTask *task, gint64 written, gint64 total, gint64 expected, gpointer user_data)
{
  Download *self = user_data;
  const char *last = self->events->len > 0 ? g_ptr_array_index (self->events, self->events->len - 1) : "";

  g_assert_cmpint (written, >, 0);
  g_assert_cmpint (total, >=, written);
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), ==, total);
  if (expected >= 0)
    g_assert_cmpint (total, <=, expected);
  if (self->first_total < 0)
    {
      self->first_total = total;
      self->first_written = written;
    }
  self->sum_written += written;
  self->total_written = total;
  self->expected = expected;
  if (!g_str_equal (last, "wrote"))
    log_event (self, g_strdup ("wrote"));
}

static void
resumed_cb (UDownloadTask *task, gint64 offset, gint64 expected, gpointer user_data)
{
  log_event (user_data, g_strdup_printf ("resumed %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, offset, expected));
}

static void
finished_cb (UDownloadTask *task, GFile *file, gpointer user_data)
{
  Download *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (self->location);
  self->location = g_file_get_path (file);
  self->content = g_file_load_bytes (file, NULL, NULL, &error);
  g_assert_no_error (error);
  log_event (self, g_strdup ("finished"));
}

static void
check_progress_cb (UTask *task, GParamSpec *pspec, gpointer user_data)
{
  double fraction = u_task_get_fraction_completed (task);

  g_assert_cmpfloat (fraction, >=, 0);
  g_assert_cmpfloat (fraction, <=, 1);
  g_assert_cmpfloat (u_task_get_bytes_per_second (task), >=, 0);
  g_assert_true (u_task_get_time_left (task) >= 0 || u_task_get_time_left (task) < -0.99);
}

static void
completed_cb (UTask *task, const GError *error, gpointer user_data)
{
  Download *self = user_data;

  log_event (self, g_strdup ("completed"));
  self->n_completed++;
  self->error = error != NULL ? g_error_copy (error) : NULL;
  g_assert_cmpint (u_task_get_state (task), ==, U_TASK_STATE_COMPLETED);
  g_assert_true ((u_task_get_error (task) == NULL) == (error == NULL));
}

Download *
download_new (UDownloadTask *task)
{
  Download *self = g_new0 (Download, 1);

  self->task = task;
  self->events = g_ptr_array_new_with_free_func (g_free);
  self->first_total = -1;
  self->expected = -2;
  g_signal_connect (task, "wrote-data", G_CALLBACK (wrote_data_cb), self);
  g_signal_connect (task, "resumed-at-offset", G_CALLBACK (resumed_cb), self);
  g_signal_connect (task, "finished-download", G_CALLBACK (finished_cb), self);
  g_signal_connect (task, "notify", G_CALLBACK (check_progress_cb), self);
  g_signal_connect (task, "completed", G_CALLBACK (completed_cb), self);

  return self;
}

Download *
download_new_for (Fixture *fixture, const char *path)
{
  g_autofree char *uri = fixture_uri (fixture, path);

  return download_new (u_session_create_download_task_for_uri (fixture->session, uri));
}

Download *
download_new_resumed (Fixture *fixture, GBytes *resume_data, const char *fresh_path)
{
  g_autofree char *uri = fresh_path != NULL ? fixture_uri (fixture, fresh_path) : NULL;
  g_autoptr (URequest) request = uri != NULL ? u_request_new (uri) : NULL;

  return download_new (u_session_resume_download_task (fixture->session, resume_data, request));
}

void
download_free (Download *self)
{
  gpointer alive = self->task;

  g_signal_handlers_disconnect_by_data (self->task, self);
  g_object_add_weak_pointer (alive, &alive);
  g_object_unref (self->task);
  wait_for (is_null, &alive);

  g_ptr_array_unref (self->events);
  g_free (self->location);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_clear_error (&self->error);
  g_clear_error (&self->save_error);
  g_free (self->saved);
  g_free (self);
}

void
download_start (Download *self)
{
  u_task_resume (U_TASK (self->task));
}

void
download_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Download *self = user_data;
  g_autoptr (GFile) file = u_download_task_save_finish (self->task, result, &self->save_error);

  g_assert_true (self->saving);
  g_assert_cmpuint (self->n_completed, ==, 1);
  self->saving = FALSE;
  if (file != NULL)
    self->saved = g_file_get_path (file);
}

void
download_save (Download *self, const char *path, GCancellable *cancellable)
{
  g_autoptr (GFile) destination = path != NULL ? g_file_new_for_path (path) : NULL;

  self->saving = TRUE;
  u_download_task_save_async (self->task, destination, cancellable, download_saved_cb, self);
}

static gboolean
is_over (gpointer data)
{
  Download *self = data;

  return self->n_completed > 0 && !self->saving;
}

void
download_wait (Download *self)
{
  wait_for (is_over, self);
  /* A second end would come now. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (self->n_completed, ==, 1);
}

void
download_run (Download *self)
{
  download_start (self);
  download_wait (self);
}

void
download_run_save (Download *self, const char *path)
{
  download_save (self, path, NULL);
  download_wait (self);
}

typedef struct
{
  guint n_calls;
  GBytes *bytes;              /* owned, nullable */
  GError *error;              /* owned, nullable */
} Produced;

static void
produced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Produced *self = user_data;

  self->n_calls++;
  self->bytes = u_download_task_cancel_by_producing_resume_data_finish (U_DOWNLOAD_TASK (source), result,
                                                                         &self->error);
}

static gboolean
is_produced (gpointer data)
{
  return ((Produced *) data)->n_calls > 0;
}

GBytes *
download_cancel_for_resume (Download *self, GError **error)
{
  Produced produced = { 0 };

  u_download_task_cancel_by_producing_resume_data_async (self->task, NULL, produced_cb, &produced);
  wait_for (is_produced, &produced);
  download_wait (self);
  g_assert_cmpuint (produced.n_calls, ==, 1);
  g_assert_true ((produced.bytes == NULL) != (produced.error == NULL));
  if (produced.error != NULL)
    g_propagate_error (error, produced.error);

  return produced.bytes;
}

char *
download_dup_events (Download *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->events->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (char *) g_ptr_array_index (self->events, i));

  return g_string_free (text, FALSE);
}

static void
assert_message (const GError *error, UError code, const char *about)
{
  g_assert_error (error, U_ERROR, (int) code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (strstr (error->message, PASSWORD) != NULL || (about != NULL && strstr (error->message, about) == NULL))
    g_error ("“%s” does not say “%s”, or says too much.", error->message, about);
}

void
download_assert_error (Download *self, UError code, const char *about)
{
  const char *failing_uri = u_task_get_failing_uri (U_TASK (self->task));

  g_assert_cmpuint (self->n_completed, ==, 1);
  assert_message (self->error, code, about);
  assert_message (u_task_get_error (U_TASK (self->task)), code, about);
  if (self->save_error != NULL)
    assert_message (self->save_error, code, about);
  g_assert_null (self->saved);
  g_assert_null (self->location);
  g_assert_true (failing_uri == NULL || strstr (failing_uri, PASSWORD) == NULL);
}

typedef struct
{
  Download *download;
  gint64 n;
} Bytes;

static gboolean
has_bytes (gpointer data)
{
  Bytes *self = data;

  return u_task_get_bytes_received (U_TASK (self->download->task)) >= self->n;
}

void
wait_for_bytes (Download *self, gint64 n)
{
  Bytes bytes = { self, n };

  wait_for (has_bytes, &bytes);
}

void
assert_pattern (GBytes *bytes, guint64 length)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes (length);

  g_assert_nonnull (bytes);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, length);
  g_assert_true (g_bytes_equal (bytes, expected));
}

static GBytes *
load_file (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  GBytes *bytes = g_file_load_bytes (file, NULL, NULL, &error);

  g_assert_no_error (error);

  return bytes;
}

void
assert_file_pattern (const char *path, guint64 length)
{
  assert_file_pattern_seeded (path, U_TEST_SEED, length);
}

void
assert_file_pattern_seeded (const char *path, guint64 seed, guint64 length)
{
  g_autoptr (GBytes) bytes = load_file (path);
  g_autoptr (GBytes) expected = u_test_pattern_bytes_seeded (seed, length);

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, length);
  g_assert_true (g_bytes_equal (bytes, expected));
}

void
assert_file_text (const char *path, const char *text)
{
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (content, ==, text);
}

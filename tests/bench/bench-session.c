/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <urlsession/urlsession.h>

#include "bench-report.h"

/* Our side of the benchmarks in C, through the public interface. BENCH_CA names the authority of the server. */

typedef struct
{
  GMainLoop *loop;            /* owned */
  USession *session;          /* owned */
  URequest *request;          /* owned, nullable; for many gets of one thing */
  guint to_start;             /* how many are not started yet */
  guint to_finish;            /* how many are not finished yet */
} Bench;

static void
bench_init (Bench *self, const char *url)
{
  const char *ca = g_getenv ("BENCH_CA");
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  *self = (Bench) { .loop = g_main_loop_new (NULL, FALSE) };
  if (ca != NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GTlsDatabase) database = g_tls_file_database_new (ca, &error);

      g_assert_no_error (error);
      u_session_configuration_set_tls_database (configuration, database);
    }
  self->session = u_session_new (configuration);
  if (url != NULL)
    self->request = u_request_new (url);
}

static void
bench_clear (Bench *self)
{
  g_clear_object (&self->request);
  g_object_unref (self->session);
  g_main_loop_unref (self->loop);
}

static void
count_down (Bench *self)
{
  if (--self->to_finish == 0)
    g_main_loop_quit (self->loop);
}

/* ---- Small gets ---- */

static void start_one (Bench *self);

static void
got_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = u_session_data_finish (U_SESSION (source), result, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), >, 0);
  if (self->to_start > 0)
    start_one (self);
  count_down (self);
}

static void
start_one (Bench *self)
{
  self->to_start--;
  u_session_data_async (self->session, self->request, NULL, got_cb, self);
}

static void
get_many (Bench *self, guint count, guint in_flight)
{
  self->to_start = self->to_finish = count;
  for (guint i = 0; i < in_flight && self->to_start > 0; i++)
    start_one (self);
  g_main_loop_run (self->loop);
}

static void
run_gets (const char *url, guint count, guint in_flight)
{
  Bench self;
  gint64 start;

  bench_init (&self, url);
  get_many (&self, 1, 1);
  start = g_get_monotonic_time ();
  get_many (&self, count, in_flight);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));
  bench_clear (&self);
}

/* ---- Downloads ---- */

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = u_download_task_save_finish (U_DOWNLOAD_TASK (source), result, &error);

  g_assert_no_error (error);
  count_down (user_data);
}

static UDownloadTask *
start_download (Bench *self, const char *url, const char *path)
{
  g_autoptr (UDownloadTask) task = u_session_create_download_task_for_uri (self->session, url);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  u_download_task_set_file_conflict (task, U_FILE_CONFLICT_REPLACE);
  self->to_finish++;
  u_download_task_save_async (task, file, NULL, saved_cb, self);

  return g_steal_pointer (&task);
}

static void
run_download (const char *url, const char *path)
{
  Bench self;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (UDownloadTask) task = NULL;
  UResponse *response;

  bench_init (&self, NULL);
  task = start_download (&self, url, path);
  g_main_loop_run (self.loop);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));
  response = u_task_get_response (U_TASK (task));
  bench_report_word ("protocol", u_http_response_get_http_version (U_HTTP_RESPONSE (response)));
  bench_clear (&self);
}

/* ---- Uploads ---- */

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = u_data_task_load_finish (U_DATA_TASK (source), result, &error);
  UResponse *response = u_task_get_response (U_TASK (source));

  g_assert_no_error (error);
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (response)) / 100, ==, 2);
  count_down (user_data);
}

static UTask *
upload_file (Bench *self, const char *url, const char *path)
{
  g_autoptr (URequest) request = u_request_new (url);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (UTask) task = NULL;

  u_request_set_method (request, "PUT");
  u_request_set_body_file (request, file, NULL);
  task = U_TASK (u_session_create_upload_task (self->session, request));
  self->to_finish = 1;
  u_data_task_load_async (U_DATA_TASK (task), NULL, loaded_cb, self);
  g_main_loop_run (self->loop);

  return g_steal_pointer (&task);
}

/* The peak before a large upload, after a small one, and after it. */
static void
run_upload (const char *url, const char *small, const char *path)
{
  Bench self;
  gint64 start;
  g_autoptr (UTask) first = NULL;
  g_autoptr (UTask) task = NULL;
  UResponse *response;

  bench_init (&self, NULL);
  if (small[0] != '\0')
    first = upload_file (&self, url, small);
  bench_report ("idle_kib", bench_memory ("VmHWM:"));
  start = g_get_monotonic_time ();
  task = upload_file (&self, url, path);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));
  response = u_task_get_response (task);
  bench_report_word ("protocol", u_http_response_get_http_version (U_HTTP_RESPONSE (response)));
  bench_clear (&self);
}

/* The peak before and after a large download in one process. */
static void
run_memory (const char *small_url, const char *url, const char *path)
{
  Bench self;
  g_autoptr (UDownloadTask) task = NULL;

  bench_init (&self, small_url);
  get_many (&self, 1, 1);
  bench_report ("idle_kib", bench_memory ("VmHWM:"));
  task = start_download (&self, url, path);
  g_main_loop_run (self.loop);
  bench_report ("peak_kib", bench_memory ("VmHWM:"));
  bench_clear (&self);
}

/* ---- Tasks that wait ---- */

/* Until the memory has not changed for half a second: nothing tells when the last task has arrived in its queue. */
static double
settled_memory (void)
{
  double before = -1;

  while (TRUE)
    {
      double now;

      for (guint i = 0; i < 50; i++)
        {
          while (g_main_context_iteration (NULL, FALSE))
            ;
          g_usleep (10 * 1000);
        }
      now = bench_memory ("VmRSS:");
      if (now == before)
        return now;
      before = now;
    }
}

static void
start_waiting (Bench *self, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (UDataTask) task = u_session_create_data_task (self->session, self->request);

      u_task_resume (U_TASK (task));
    }
}

/* The server takes connections and says nothing: all but the first few tasks wait. */
static void
run_queue (guint count)
{
  Bench self;
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/", port);
  double before;
  gint64 start;

  bench_init (&self, url);
  start_waiting (&self, 100);
  before = settled_memory ();
  start = g_get_monotonic_time ();
  start_waiting (&self, count);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("bytes_per_task", (settled_memory () - before) * 1024 / count);
  /* The tasks are not taken down: the process ends. */
}

/* ---- The main loop meanwhile ---- */

#define TICK_US 4000

typedef struct
{
  GSource source;
  gint64 due;
  GArray *delays;             /* owned by the caller; of gint64, microseconds */
} TickSource;

static gboolean
tick_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  TickSource *self = (TickSource *) source;
  gint64 now = g_get_monotonic_time ();
  gint64 delay = now - self->due;

  g_array_append_val (self->delays, delay);
  self->due = now + TICK_US;
  g_source_set_ready_time (source, self->due);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs tick_funcs = { .dispatch = tick_dispatch };

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_REMOVE;
}

static void
noticed_cb (GObject *task, GParamSpec *pspec, gpointer user_data)
{
  double *fraction = user_data;

  *fraction = u_task_get_fraction_completed (U_TASK (task));
}

/* How late a timer of the main loop is while @count downloads run; with none: for two seconds, to compare. */
static void
run_ticks (guint count, const char *url, const char *folder)
{
  Bench self;
  g_autoptr (GArray) delays = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSource) source = g_source_new (&tick_funcs, sizeof (TickSource));
  TickSource *tick = (TickSource *) source;
  double fraction = 0;

  bench_init (&self, NULL);
  tick->delays = delays;
  tick->due = g_get_monotonic_time () + TICK_US;
  g_source_set_ready_time (source, tick->due);
  g_source_attach (source, NULL);
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/tick-%u", folder, i);

      g_ptr_array_add (tasks, start_download (&self, url, path));
      g_signal_connect (tasks->pdata[i], "notify::fraction-completed", G_CALLBACK (noticed_cb), &fraction);
    }
  if (count == 0)
    g_timeout_add_seconds (2, quit_cb, self.loop);
  g_main_loop_run (self.loop);
  g_source_destroy (source);

  qsort (delays->data, delays->len, sizeof (gint64), bench_compare);
  bench_report ("ticks", delays->len);
  bench_report ("p50_ms", g_array_index (delays, gint64, delays->len / 2) / 1000.0);
  bench_report ("p99_ms", g_array_index (delays, gint64, delays->len * 99 / 100) / 1000.0);
  bench_report ("worst_ms", g_array_index (delays, gint64, delays->len - 1) / 1000.0);
  bench_clear (&self);
}

int
main (int argc, char *argv[])
{
  const char *what = argc > 1 ? argv[1] : "";

  if (argc == 4 && g_str_equal (what, "download"))
    run_download (argv[2], argv[3]);
  else if (argc == 5 && g_str_equal (what, "memory"))
    run_memory (argv[2], argv[3], argv[4]);
  else if (argc == 5 && g_str_equal (what, "upload"))
    run_upload (argv[2], argv[3], argv[4]);
  else if (argc == 5 && g_str_equal (what, "get"))
    run_gets (argv[2], bench_number (argv[3]), bench_number (argv[4]));
  else if (argc == 3 && g_str_equal (what, "queue"))
    run_queue (bench_number (argv[2]));
  else if (argc == 5 && g_str_equal (what, "ticks"))
    run_ticks (bench_number (argv[2]), argv[3], argv[4]);
  else
    return 2;

  return 0;
}

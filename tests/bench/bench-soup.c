/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libsoup/soup.h>

#include "bench-report.h"

/* libsoup as its documentation shows it: the body spliced into a file, small bodies with send_and_read. */

typedef struct
{
  GMainLoop *loop;            /* owned */
  SoupSession *session;       /* owned */
  const char *url;
  guint to_start;
  guint to_finish;
} Bench;

static void
bench_init (Bench *self, const char *url, guint n_connections)
{
  *self = (Bench) { .loop = g_main_loop_new (NULL, FALSE), .url = url };
  self->session = soup_session_new_with_options ("max-conns", (int) MAX (n_connections, 10),
                                                 "max-conns-per-host", (int) n_connections, NULL);
}

static void
bench_clear (Bench *self)
{
  g_object_unref (self->session);
  g_main_loop_unref (self->loop);
}

static void start_one (Bench *self);

static void
got_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), >, 0);
  if (self->to_start > 0)
    start_one (self);
  if (--self->to_finish == 0)
    g_main_loop_quit (self->loop);
}

static void
start_one (Bench *self)
{
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, self->url);

  self->to_start--;
  soup_session_send_and_read_async (self->session, message, G_PRIORITY_DEFAULT, NULL, got_cb, self);
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
run_gets (const char *url, guint count, guint in_flight, guint n_connections)
{
  Bench self;
  gint64 start;

  bench_init (&self, url, n_connections);
  get_many (&self, 1, 1);
  start = g_get_monotonic_time ();
  get_many (&self, count, in_flight);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));
  bench_clear (&self);
}

static void
spliced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;

  g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error);
  g_assert_no_error (error);
  g_main_loop_quit (self->loop);
}

static void
run_splice (const char *url, const char *path)
{
  Bench self;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileOutputStream) output = NULL;
  g_autoptr (GInputStream) body = NULL;
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  g_autoptr (GError) error = NULL;

  bench_init (&self, url, 2);
  body = soup_session_send (self.session, message, NULL, &error);
  g_assert_no_error (error);
  output = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_splice_async (G_OUTPUT_STREAM (output), body,
                                G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                G_PRIORITY_DEFAULT, NULL, spliced_cb, &self);
  g_main_loop_run (self.loop);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));
  bench_clear (&self);
}

int
main (int argc, char *argv[])
{
  if (argc == 6 && g_str_equal (argv[1], "get"))
    run_gets (argv[2], bench_number (argv[3]), bench_number (argv[4]), bench_number (argv[5]));
  else if (argc == 4 && g_str_equal (argv[1], "splice"))
    run_splice (argv[2], argv[3]);
  else
    return 2;

  return 0;
}

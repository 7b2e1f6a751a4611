/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-body-pipe-private.h"

#include <string.h>

typedef struct
{
  gint64 total;
  guint n_closed;
  guint n_destroyed;
} Writer;

static void
drained_cb (gpointer user_data, gint64 length)
{
  Writer *self = user_data;

  g_assert_cmpuint (self->n_destroyed, ==, 0);
  if (length < 0)
    self->n_closed++;
  else
    self->total += length;
}

static void
destroy_cb (gpointer user_data)
{
  ((Writer *) user_data)->n_destroyed++;
}

static void
push (UBodyPipe *pipe, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  u_body_pipe_push (pipe, bytes);
}

static gssize
read_some (UBodyPipe *pipe, char *buffer, gsize length, GError **error)
{
  gssize n = u_body_pipe_read (pipe, (guint8 *) buffer, length, FALSE, NULL, error);

  if (n >= 0)
    buffer[n] = '\0';

  return n;
}

static void
test_read (void)
{
  g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
  g_autoptr (GError) error = NULL;
  Writer writer = { 0 };
  char buffer[16];

  u_body_pipe_set_drained (pipe, drained_cb, &writer, destroy_cb);
  g_assert_false (u_body_pipe_is_readable (pipe));
  g_assert_cmpint (read_some (pipe, buffer, 5, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);

  push (pipe, "abc");
  push (pipe, "defgh");
  g_assert_true (u_body_pipe_is_readable (pipe));
  g_assert_cmpint (read_some (pipe, buffer, 5, NULL), ==, 5);
  g_assert_cmpstr (buffer, ==, "abcde");
  g_assert_cmpint (writer.total, ==, 5);
  u_body_pipe_finish (pipe, NULL);
  g_assert_cmpuint (writer.n_destroyed, ==, 1);
  g_assert_cmpint (read_some (pipe, buffer, 5, NULL), ==, 3);
  g_assert_cmpstr (buffer, ==, "fgh");
  g_assert_cmpint (read_some (pipe, buffer, 5, NULL), ==, 0);
  g_assert_cmpint (read_some (pipe, buffer, 5, NULL), ==, 0);
  g_assert_true (u_body_pipe_is_readable (pipe));
  g_assert_true (u_body_pipe_close (pipe));
  g_assert_cmpuint (writer.n_closed, ==, 0);
}

/* What came before an error is read before it. */
static void
test_error (void)
{
  g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
  g_autoptr (GError) reason = g_error_new_literal (U_ERROR, U_ERROR_TIMED_OUT, "late");
  char buffer[16];

  push (pipe, "abc");
  u_body_pipe_finish (pipe, reason);
  u_body_pipe_finish (pipe, NULL);
  g_assert_cmpint (read_some (pipe, buffer, 5, NULL), ==, 3);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (read_some (pipe, buffer, 5, &error), ==, -1);
      g_assert_error (error, U_ERROR, U_ERROR_TIMED_OUT);
    }
}

static void
test_close (void)
{
  g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
  g_autoptr (GError) error = NULL;
  Writer writer = { 0 };
  Writer late = { 0 };
  char buffer[16];

  u_body_pipe_set_drained (pipe, drained_cb, &writer, destroy_cb);
  push (pipe, "abc");
  g_assert_false (u_body_pipe_close (pipe));
  g_assert_cmpuint (writer.n_closed, ==, 1);
  g_assert_cmpuint (writer.n_destroyed, ==, 1);
  push (pipe, "def");
  u_body_pipe_finish (pipe, NULL);
  g_assert_cmpint (read_some (pipe, buffer, 5, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  u_body_pipe_set_drained (pipe, drained_cb, &late, destroy_cb);
  g_assert_cmpuint (late.n_destroyed, ==, 1);
}

static void
test_dropped (void)
{
  UBodyPipe *pipe = u_body_pipe_new ();
  Writer writer = { 0 };

  u_body_pipe_set_drained (pipe, drained_cb, &writer, destroy_cb);
  push (pipe, "abc");
  u_body_pipe_unref (u_body_pipe_ref (pipe));
  g_assert_cmpuint (writer.n_destroyed, ==, 0);
  u_body_pipe_unref (pipe);
  g_assert_cmpuint (writer.n_destroyed, ==, 1);
}

static gpointer
writer_thread (gpointer data)
{
  UBodyPipe *pipe = data;
  guint8 next = 0;

  for (guint i = 0; i < 2000; i++)
    {
      guint8 piece[97];
      g_autoptr (GBytes) bytes = NULL;

      for (gsize j = 0; j < sizeof piece; j++)
        piece[j] = next++;
      bytes = g_bytes_new (piece, sizeof piece);
      u_body_pipe_push (pipe, bytes);
    }
  u_body_pipe_finish (pipe, NULL);

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
  GThread *thread = g_thread_new ("writer", writer_thread, pipe);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint64 total = 0;
  guint8 expected = 0;
  gssize n;

  do
    {
      guint8 buffer[1000];

      n = u_body_pipe_read (pipe, buffer, (gsize) g_test_rand_int_range (1, sizeof buffer), TRUE, cancellable, NULL);
      g_assert_cmpint (n, >=, 0);
      for (gssize i = 0; i < n; i++)
        g_assert_cmpuint (buffer[i], ==, expected++);
      total += (guint64) n;
    }
  while (n > 0);
  g_assert_cmpuint (total, ==, 2000 * 97);
  g_thread_join (thread);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancel (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      GThread *thread = g_thread_new ("cancel", cancel_thread, cancellable);
      g_autoptr (GError) error = NULL;
      guint8 buffer[4];

      g_assert_cmpint (u_body_pipe_read (pipe, buffer, sizeof buffer, TRUE, cancellable, &error), ==, -1);
      g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
      g_thread_join (thread);
    }
}

typedef struct
{
  UBodyPipe *pipe;
  guint64 total;
  gboolean ended;
} Reader;

static gboolean
readable_cb (gpointer user_data)
{
  Reader *self = user_data;
  guint8 buffer[1000];
  g_autoptr (GError) error = NULL;
  gssize n = u_body_pipe_read (self->pipe, buffer, sizeof buffer, FALSE, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  g_assert_no_error (error);
  self->total += (guint64) n;
  self->ended = n == 0;

  return n > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
test_source (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
  g_autoptr (GSource) source = u_body_pipe_create_source (pipe);
  g_autoptr (GSource) other = u_body_pipe_create_source (pipe);
  Reader reader = { pipe };
  GThread *thread;

  g_source_set_callback (source, readable_cb, &reader, NULL);
  g_source_attach (source, context);
  g_assert_false (g_main_context_iteration (context, FALSE));
  thread = g_thread_new ("writer", writer_thread, pipe);
  while (!reader.ended)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (reader.total, ==, 2000 * 97);
  g_thread_join (thread);
}

static gboolean
ignore_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* Sources come and go while the writer is at work. */
static void
test_short_sources (void)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (UBodyPipe) pipe = u_body_pipe_new ();
      GThread *thread = g_thread_new ("writer", writer_thread, pipe);
      guint8 buffer[500];

      while (u_body_pipe_read (pipe, buffer, sizeof buffer, FALSE, NULL, NULL) != 0)
        {
          g_autoptr (GMainContext) context = g_main_context_new ();
          g_autoptr (GSource) source = u_body_pipe_create_source (pipe);

          g_source_set_callback (source, ignore_cb, NULL, NULL);
          g_source_attach (source, context);
          g_main_context_iteration (context, FALSE);
        }
      g_thread_join (thread);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/body-pipe/read", test_read);
  g_test_add_func ("/body-pipe/error", test_error);
  g_test_add_func ("/body-pipe/close", test_close);
  g_test_add_func ("/body-pipe/dropped", test_dropped);
  g_test_add_func ("/body-pipe/threads", test_threads);
  g_test_add_func ("/body-pipe/cancel", test_cancel);
  g_test_add_func ("/body-pipe/source", test_source);
  g_test_add_func ("/body-pipe/short-sources", test_short_sources);

  return g_test_run ();
}

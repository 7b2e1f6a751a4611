/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream-fixture.h"

#include <string.h>

/* A data task whose response is read as a stream. */

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

typedef struct
{
  UTask *task;                /* owned */
  UResponseDecision *decision; /* owned, nullable: kept for a later answer */
  gboolean at_once;
  UStreamTask *stream;        /* owned, nullable */
  gboolean completed;         /* the stream task */
} Data;

static void
stream_completed_cb (UTask *task, const GError *error, gpointer user_data)
{
  ((Data *) user_data)->completed = TRUE;
}

static void
became_cb (UDataTask *task, UStreamTask *stream_task, gpointer user_data)
{
  Data *self = user_data;

  g_assert_null (self->stream);
  g_assert_true (G_OBJECT (stream_task) != G_OBJECT (task));
  g_assert_cmpint (u_task_get_state (U_TASK (stream_task)), !=, U_TASK_STATE_COMPLETED);
  self->stream = g_object_ref (stream_task);
  g_signal_connect (stream_task, "completed", G_CALLBACK (stream_completed_cb), self);
}

static gboolean
decide_cb (UDataTask *task, UResponseDecision *decision, gpointer user_data)
{
  Data *self = user_data;

  if (self->at_once)
    u_response_decision_become_stream (decision);
  else
    self->decision = g_object_ref (decision);

  return TRUE;
}

static Data *
data_new (UTestScene *scene, const char *path, gboolean at_once)
{
  Data *self = g_new0 (Data, 1);

  self->task = u_test_scene_new_data (scene, path);
  self->at_once = at_once;
  g_signal_connect (self->task, "became-stream", G_CALLBACK (became_cb), self);
  g_signal_connect (self->task, "decide-response", G_CALLBACK (decide_cb), self);
  u_task_resume (self->task);

  return self;
}

static void
data_free (Data *self)
{
  g_signal_handlers_disconnect_by_data (self->task, self);
  if (self->stream != NULL)
    g_signal_handlers_disconnect_by_data (self->stream, self);
  g_clear_object (&self->decision);
  g_clear_object (&self->stream);
  g_object_unref (self->task);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Data, data_free)

/* Reads so many bytes in odd pieces, and then finds the end. */
static void
assert_reads (UTestScene *scene, UStreamTask *stream, gsize length)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes (length);
  const guint8 *data = g_bytes_get_data (expected, NULL);
  gsize position = 0;
  gboolean at_end = FALSE;

  while (!at_end)
    {
      g_autoptr (Call) call = call_read (stream, 1 + position % 7000, 100000 + position % 11, 0, NULL);
      gsize n;

      call_wait (scene, call);
      g_assert_no_error (call->error);
      n = g_bytes_get_size (call->bytes);
      g_assert_cmpuint (position + n, <=, length);
      g_assert_cmpmem (g_bytes_get_data (call->bytes, NULL), n, data + position, n);
      position += n;
      at_end = call->at_end;
    }
  g_assert_cmpuint (position, ==, length);
}

static void
check (UTestScene *scene, const char *path, gsize length, gboolean at_once)
{
  g_autoptr (Data) self = data_new (scene, path, at_once);

  if (!at_once)
    {
      u_test_wait_until (scene->context, self->decision != NULL);
      /* All of a small body is there by then, and the load is over. */
      if (length < 100)
        u_test_scene_round_trip (scene);
      u_response_decision_become_stream (self->decision);
    }
  u_test_wait_until (scene->context, self->stream != NULL);
  u_test_server_release (scene->server);
  assert_reads (scene, self->stream, length);
  u_test_wait_until (scene->context, self->completed);
  g_assert_no_error (u_task_get_error (U_TASK (self->stream)));
  g_assert_nonnull (u_task_get_response (U_TASK (self->stream)));
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (self->stream)), ==, (gint64) length);

  /* The data task has said its last word. */
  u_test_assert_state (self->task, U_TASK_STATE_COMPLETED);
  g_assert_no_error (u_task_get_error (self->task));
  g_assert_cmpuint (u_test_signal_log_count (scene->log, "became-stream"), ==, 1);
  g_assert_cmpuint (u_test_signal_log_count (scene->log, "received-data"), ==, 0);
  g_assert_cmpuint (u_test_signal_log_count (scene->log, "completed"), ==, 0);
  u_test_signal_log_clear (scene->log);
}

static void
test_become (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *path;
    gsize length;
  } rows[] = {
    { "/bytes/10", 10 },
    { "/bytes/0", 0 },
    { "/bytes/3000000", 3000000 },
    { "/bytes/3000000?pause-after=1000000", 3000000 },
    { "/bytes/3000000?chunked", 3000000 },
    { "/bytes/300000?gzip", 300000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      check (self, rows[i].path, rows[i].length, TRUE);
      check (self, rows[i].path, rows[i].length, FALSE);
    }
}

static void
test_reads_only (UTestScene *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/100000?pause-after=10", TRUE);
  g_autoptr (Call) write = NULL;
  g_autoptr (Call) capture = NULL;

  u_test_wait_until (self->context, task->stream != NULL);
  write = call_write (task->stream, "x", 0, NULL);
  call_wait (self, write);
  g_assert_error (write->error, U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION);
  capture = call_capture (task->stream);
  call_wait (self, capture);
  g_assert_error (capture->error, U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION);
  u_test_server_release (self->server);
  assert_reads (self, task->stream, 100000);
  u_test_wait_until (self->context, task->completed);
  g_assert_no_error (u_task_get_error (U_TASK (task->stream)));
}

/* What came before it broke is read first. */
static void
test_breaks (UTestScene *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/100000?drop-after=5000", TRUE);
  g_autoptr (Call) some = NULL;
  g_autoptr (Call) rest = NULL;

  u_test_wait_until (self->context, task->stream != NULL);
  some = call_read (task->stream, 5000, 5000, 0, NULL);
  call_wait (self, some);
  g_assert_no_error (some->error);
  rest = call_read (task->stream, 1, 5000, 0, NULL);
  call_wait (self, rest);
  u_test_wait_until (self->context, task->completed);
  g_assert_error (rest->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_error (u_task_get_error (U_TASK (task->stream)), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
test_timeout (UTestScene *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/1000?pause-after=400", TRUE);
  g_autoptr (Call) all = NULL;
  g_autoptr (Call) again = NULL;

  u_test_wait_until (self->context, task->stream != NULL);
  all = call_read (task->stream, 1000, 1000, 0.05, NULL);
  call_wait (self, all);
  g_assert_error (all->error, U_ERROR, U_ERROR_TIMED_OUT);
  u_test_assert_state (U_TASK (task->stream), U_TASK_STATE_RUNNING);
  u_test_server_release (self->server);
  again = call_read (task->stream, 1000, 1000, 0, NULL);
  call_wait (self, again);
  g_assert_no_error (again->error);
  g_assert_cmpuint (g_bytes_get_size (again->bytes), ==, 1000);
  u_stream_task_close_read (task->stream);
  u_test_wait_until (self->context, task->completed);
  g_assert_no_error (u_task_get_error (U_TASK (task->stream)));
}

static void
test_cancel (UTestScene *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/1000?pause-after=400", TRUE);
  g_autoptr (Call) read = NULL;

  u_test_wait_until (self->context, task->stream != NULL);
  read = call_read (task->stream, 1000, 1000, 0, NULL);
  u_task_cancel (U_TASK (task->stream));
  call_wait (self, read);
  u_test_wait_until (self->context, task->completed);
  g_assert_error (read->error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_error (u_task_get_error (U_TASK (task->stream)), U_ERROR, U_ERROR_CANCELLED);
}

/* The body of a response is not read ahead of the application either. */
static void
test_back_pressure (UTestScene *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/30000000", TRUE);

  u_test_wait_until (self->context, task->stream != NULL);
  for (guint i = 0; i < 50; i++)
    {
      u_test_drain (self->context);
      g_usleep (2000);
    }
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task->stream)), <=, 512 * 1024);
  assert_reads (self, task->stream, 30000000);
  u_test_wait_until (self->context, task->completed);
}

/* One part of several, of which the end may be in a line that looks like a boundary. */
static void
test_part (UTestScene *self, gconstpointer data)
{
  static const char * const ends[] = { "", "\r\n--pa", "\r\n--part--\r\n", "\r\n--part\r\n\r\nnext\r\n--part--" };
  static const char * const options[] = { "", "&chunk=1", "&chunked", "&close" };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (ends) * G_N_ELEMENTS (options); i++)
    {
      const char *end = ends[i / 2 % G_N_ELEMENTS (ends)];
      g_autofree char *body = g_strconcat ("--part\r\nContent-Type: a/b\r\n\r\n0123456789", end, NULL);
      g_autofree char *escaped = g_uri_escape_string (body, NULL, FALSE);
      g_autofree char *path = g_strconcat ("/bytes/1?type=multipart/x-mixed-replace%3Bboundary%3Dpart&body=", escaped,
                                           options[i / 2 / G_N_ELEMENTS (ends)], NULL);
      g_autofree char *expected = g_strconcat ("0123456789", strlen (end) == 6 ? end : "", NULL);
      g_autoptr (Data) task = data_new (self, path, i % 2 == 0);
      g_autoptr (Call) all = NULL;

      if (i % 2 != 0)
        {
          u_test_wait_until (self->context, task->decision != NULL);
          u_test_scene_round_trip (self);
          u_response_decision_become_stream (task->decision);
        }
      u_test_wait_until (self->context, task->stream != NULL);
      all = call_read (task->stream, 1000, 1000, 0, NULL);
      call_wait (self, all);
      g_assert_no_error (all->error);
      g_assert_cmpmem (g_bytes_get_data (all->bytes, NULL), g_bytes_get_size (all->bytes), expected,
                       strlen (expected));
      g_assert_true (all->at_end);
      u_test_wait_until (self->context, task->completed);
      g_assert_no_error (u_task_get_error (U_TASK (task->stream)));
      g_assert_cmpstr (u_response_get_mime_type (u_task_get_response (U_TASK (task->stream))), ==, "a/b");
    }
}

/* A connection that broke before the answer was there is no end of the part. */
static void
test_part_breaks (UTestScene *self, gconstpointer data)
{
  g_autoptr (Data) task = data_new (self, "/bytes/1?type=multipart/x-mixed-replace%3Bboundary%3Dpart&drop-after=20&body="
                                    "--part%0D%0A%0D%0A012345678901234567890123456789", FALSE);
  g_autoptr (Call) all = NULL;

  u_test_wait_until (self->context, task->decision != NULL);
  g_assert_true (u_test_server_wait_for_in_flight (self->server, 0, 20000));
  u_response_decision_become_stream (task->decision);
  u_test_wait_until (self->context, task->stream != NULL);
  all = call_read (task->stream, 1000, 1000, 0, NULL);
  call_wait (self, all);
  u_test_wait_until (self->context, task->completed);
  g_assert_error (u_task_get_error (U_TASK (task->stream)), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/stream-become/r032-become", test_become);
  ADD ("/stream-become/r036-part", test_part);
  ADD ("/stream-become/r036-part-breaks", test_part_breaks);
  ADD ("/stream-become/reads-only", test_reads_only);
  ADD ("/stream-become/breaks", test_breaks);
  ADD ("/stream-become/r258-timeout", test_timeout);
  ADD ("/stream-become/cancel", test_cancel);
  ADD ("/stream-become/back-pressure", test_back_pressure);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

/* Bodies of requests from streams: whole, chunked, asked for again, and what becomes of those that are used. */

#define TEXT "from a stream"

typedef struct
{
  guint n_asked;
  GPtrArray *given;           /* owned; of GInputStream */
  gboolean gives_none;
} Asked;

static GInputStream *
make_stream (void)
{
  return g_memory_input_stream_new_from_data (TEXT, -1, NULL);
}

/* Not seekable, and not of a class that is known to the library. */
typedef struct
{
  GInputStream parent_instance;
  gsize left;
  GThread *thread;            /* of the reads */
} OneWay;

typedef GInputStreamClass OneWayClass;
GType one_way_get_type (void);
G_DEFINE_TYPE (OneWay, one_way, G_TYPE_INPUT_STREAM)

static gssize
one_way_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  OneWay *self = (OneWay *) stream;

  g_assert_true (self->thread == g_thread_self ());
  count = MIN (count, self->left);
  self->left -= count;
  memset (buffer, 'x', count);

  return (gssize) count;
}

static void
one_way_class_init (OneWayClass *klass)
{
  klass->read_fn = one_way_read;
}

static void
one_way_init (OneWay *self)
{
  self->thread = g_thread_self ();
}

static GInputStream *
make_one_way (gsize size)
{
  OneWay *self = g_object_new (one_way_get_type (), NULL);

  self->left = size;

  return G_INPUT_STREAM (self);
}

static gboolean
need_cb (UTask *task, UBodyStreamRequest *request, gpointer user_data)
{
  Asked *asked = user_data;

  asked->n_asked++;
  g_assert_cmpint (u_body_stream_request_get_offset (request), ==, 0);
  if (asked->gives_none)
    {
      u_body_stream_request_provide_none (request);
    }
  else
    {
      GInputStream *stream = make_stream ();

      g_ptr_array_add (asked->given, stream);
      u_body_stream_request_provide (request, stream);
    }

  return TRUE;
}

static void
asked_init (Asked *self, UTask *task)
{
  *self = (Asked) { .given = g_ptr_array_new_with_free_func (g_object_unref) };
  g_signal_connect (task, "need-body-stream", G_CALLBACK (need_cb), self);
}

static void
run (UTestScene *self, UTask *task)
{
  u_task_resume (task);
  u_test_scene_finish (self, task);
}

static URequest *
make_request (UTestScene *self, const char *path, GInputStream *stream, gint64 length)
{
  URequest *request = u_test_scene_new_request (self, path);

  u_request_set_method (request, "PUT");
  u_request_set_body_stream (request, stream, length, "text/plain");

  return request;
}

static void
assert_body (UTestScene *self, guint position, const char *expected)
{
  g_autoptr (GBytes) body = u_test_server_dup_request_body (self->server, position);

  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), expected, strlen (expected));
}

static void
test_lengths (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GInputStream) stream = make_stream ();
      g_autoptr (URequest) request = make_request (self, "/empty", stream, i == 0 ? (gint64) strlen (TEXT) : -1);
      g_autoptr (UTask) task = NULL;
      g_autofree char *length = NULL;
      g_autofree char *coding = NULL;

      u_test_server_clear_log (self->server);
      g_assert_true (u_request_get_body_stream (request) == stream);
      if (i == 1)
        u_headers_set (u_request_get_headers (request), "Content-Length", "13", NULL);
      task = U_TASK (u_session_create_upload_task (self->session, request));
      run (self, task);
      g_assert_no_error (u_task_get_error (task));
      assert_body (self, 0, TEXT);
      length = u_test_server_dup_request_header (self->server, 0, "Content-Length");
      coding = u_test_server_dup_request_header (self->server, 0, "Transfer-Encoding");
      g_assert_cmpstr (length, ==, i < 2 ? "13" : NULL);
      g_assert_cmpstr (coding, ==, i < 2 ? NULL : "chunked");
      g_assert_cmpint (u_task_get_bytes_expected_to_send (task), ==, i < 2 ? 13 : -1);
      g_assert_cmpint (u_task_get_bytes_sent (task), ==, 13);
    }
}

static void
test_wrong_lengths (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GInputStream) stream = make_stream ();
      g_autoptr (URequest) request = make_request (self, "/empty", stream, i == 0 ? 12 : 14);
      g_autoptr (UTask) task = U_TASK (u_session_create_upload_task (self->session, request));

      run (self, task);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED);
    }
}

/* The initial stream; that of the request is not read. */
static void
test_initial (UTestScene *self, gconstpointer data)
{
  g_autoptr (GInputStream) stream = make_one_way (5);
  g_autoptr (URequest) request = make_request (self, "/empty", stream, -1);
  g_autoptr (UTask) task = U_TASK (u_session_create_upload_task_with_streamed_request (self->session, request));
  Asked asked;

  asked_init (&asked, task);
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (asked.n_asked, ==, 1);
  assert_body (self, 0, TEXT);
  g_assert_true (g_input_stream_is_closed (stream));
  g_assert_cmpuint (((OneWay *) stream)->left, ==, 5);
  g_ptr_array_unref (asked.given);
}

static void
test_initial_unanswered (UTestScene *self, gconstpointer data)
{
  g_autoptr (GInputStream) stream = make_one_way (5);
  g_autoptr (URequest) request = make_request (self, "/empty", stream, -1);
  g_autoptr (UTask) task = U_TASK (u_session_create_upload_task_with_streamed_request (self->session, request));

  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  assert_body (self, 0, "xxxxx");
}

static void
test_redirect_asks (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = { "/redirect-to?status=307&url=/empty", "/redirect-to?status=308&url=/empty" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GInputStream) stream = make_stream ();
      g_autoptr (URequest) request = make_request (self, paths[i], stream, -1);
      g_autoptr (UTask) task = U_TASK (u_session_create_upload_task (self->session, request));
      Asked asked;

      u_test_server_clear_log (self->server);
      asked_init (&asked, task);
      run (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (asked.n_asked, ==, 1);
      g_assert_true (g_input_stream_is_closed (stream));
      assert_body (self, 0, TEXT);
      assert_body (self, 1, TEXT);
      g_ptr_array_unref (asked.given);
    }
}

static void
test_none (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = make_request (self, "/empty", NULL, -1);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = U_TASK (u_session_create_upload_task_with_streamed_request (self->session, request));
      Asked asked = { 0 };

      if (i == 0)
        asked_init (&asked, task);
      asked.gives_none = TRUE;
      run (self, task);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED);
      g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);
      g_clear_pointer (&asked.given, g_ptr_array_unref);
    }
}

/* From where it stood, not from its start. */
static void
test_rewinds (UTestScene *self, gconstpointer data)
{
  g_autoptr (GInputStream) seekable = make_stream ();
  g_autoptr (GInputStream) one_way = make_one_way (5);

  g_assert_cmpint (g_input_stream_skip (seekable, 5, NULL, NULL), ==, 5);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (URequest) request = make_request (self, "/redirect-to?status=307&url=/empty",
                                                   i == 0 ? seekable : one_way, -1);
      g_autoptr (UTask) task = U_TASK (u_session_create_upload_task (self->session, request));

      u_test_server_clear_log (self->server);
      run (self, task);
      if (i == 0)
        {
          g_assert_no_error (u_task_get_error (task));
          assert_body (self, 0, "a stream");
          assert_body (self, 1, "a stream");
        }
      else
        {
          g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED);
          g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
        }
    }
}

static void
test_never_for_bytes (UTestScene *self, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (TEXT, strlen (TEXT));
  g_autoptr (URequest) request = make_request (self, "/redirect-to?status=307&url=/empty", NULL, -1);
  g_autoptr (UTask) task = NULL;
  Asked asked;

  u_request_set_body_bytes (request, bytes, NULL);
  task = U_TASK (u_session_create_upload_task (self->session, request));
  asked_init (&asked, task);
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (asked.n_asked, ==, 0);
  assert_body (self, 1, TEXT);
  g_ptr_array_unref (asked.given);
}

static gint64
get_peak (void)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));

  return g_ascii_strtoll (strstr (status, "VmHWM:") + 6, NULL, 10) * 1024;
}

/* In memory that does not grow with it; the test server counts here, too. */
static void
test_large (UTestScene *self, gconstpointer data)
{
  gint64 size = G_GINT64_CONSTANT (256) * 1024 * 1024;
  gint64 before = get_peak ();

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GInputStream) stream = make_one_way ((gsize) size);
      g_autoptr (URequest) request = make_request (self, "/empty", stream, i == 0 ? size : -1);
      g_autoptr (UTask) task = U_TASK (u_session_create_upload_task (self->session, request));

      u_test_server_clear_log (self->server);
      run (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpint (u_task_get_bytes_sent (task), ==, size);
      g_assert_cmpint (u_test_server_get_request_body_length (self->server, 0), ==, size);
      g_assert_cmpint (get_peak () - before, <, size / 8);
    }
}

static void
test_cancel (UTestScene *self, gconstpointer data)
{
  g_autoptr (GInputStream) stream = make_one_way (G_MAXSIZE);
  g_autoptr (URequest) request = make_request (self, "/empty", stream, -1);
  g_autoptr (UTask) task = U_TASK (u_session_create_upload_task (self->session, request));

  u_task_resume (task);
  u_test_wait_until (self->context, u_task_get_bytes_sent (task) > 0);
  u_task_cancel (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
}

static void
test_two_tasks (UTestScene *self, gconstpointer data)
{
  g_autoptr (GInputStream) stream = make_stream ();
  g_autoptr (URequest) request = make_request (self, "/empty", stream, -1);
  g_autoptr (UTask) first = U_TASK (u_session_create_upload_task (self->session, request));
  g_autoptr (UTask) second = U_TASK (u_session_create_upload_task (self->session, request));

  run (self, first);
  g_assert_no_error (u_task_get_error (first));
  run (self, second);
  g_assert_error (u_task_get_error (second), U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED);
}

#define ADD(path, func) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, func, u_test_scene_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/body-streams/r043-r044-lengths", test_lengths);
  ADD ("/body-streams/r043-wrong-lengths", test_wrong_lengths);
  ADD ("/body-streams/r084-r089-initial", test_initial);
  ADD ("/body-streams/r084-unanswered", test_initial_unanswered);
  ADD ("/body-streams/r083-r085-r089-redirect", test_redirect_asks);
  ADD ("/body-streams/r087-none", test_none);
  ADD ("/body-streams/r088-rewinds", test_rewinds);
  ADD ("/body-streams/r086-never-for-bytes", test_never_for_bytes);
  ADD ("/body-streams/large", test_large);
  ADD ("/body-streams/cancel", test_cancel);
  ADD ("/body-streams/two-tasks", test_two_tasks);

  return g_test_run ();
}

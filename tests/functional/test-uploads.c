/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

/* Bodies of requests from files and forms, from the call to the server: whole, again after a redirect, however large. */

#define GIB (G_GINT64_CONSTANT (1024) * 1024 * 1024)
#define MIB (G_GINT64_CONSTANT (1024) * 1024)

typedef struct
{
  UTestScene scene;
  char *folder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  u_test_scene_set_up (&self->scene, NULL);
  self->folder = g_dir_make_tmp ("uploads-XXXXXX", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  u_test_scene_tear_down (&self->scene, data);
}

static GFile *
make_file (Fixture *self, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));

  return g_file_new_for_path (path);
}

/* Of holes, so that it takes no room on the disk. */
static GFile *
make_sparse_file (Fixture *self, const char *name, gint64 size)
{
  g_autoptr (GFile) file = make_file (self, name, "");

  g_assert_cmpint (truncate (g_file_peek_path (file), size), ==, 0);

  return g_steal_pointer (&file);
}

static UTask *
finish (Fixture *self, URequest *request)
{
  UTask *task = U_TASK (u_session_create_data_task (self->scene.session, request));

  u_task_resume (task);
  u_test_scene_finish (&self->scene, task);

  return task;
}

static char *
dup_body (Fixture *self, guint position)
{
  g_autoptr (GBytes) body = u_test_server_dup_request_body (self->scene.server, position);

  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

static void
test_fields (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/empty");
  g_autoptr (UFormData) form = u_form_data_new ();
  g_autoptr (UTask) task = NULL;
  g_autofree char *type = NULL;
  g_autofree char *body = NULL;

  u_form_data_add_field (form, "a b", "ü&");
  u_request_set_body_form (request, form);
  task = finish (self, request);
  g_assert_no_error (u_task_get_error (task));
  type = u_test_server_dup_request_header (self->scene.server, 0, "Content-Type");
  g_assert_cmpstr (type, ==, "application/x-www-form-urlencoded");
  body = dup_body (self, 0);
  g_assert_cmpstr (body, ==, "a+b=%C3%BC%26");
}

/* With a file, memory and a field. */
static UFormData *
make_form (GFile *file)
{
  UFormData *form = u_form_data_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0\1", 2);

  u_form_data_add_field (form, "field", "value");
  u_form_data_add_file (form, "file", file, "text/plain");
  u_form_data_add_bytes (form, "bytes", bytes, "b", "a/b");

  return form;
}

static void
test_redirects (Fixture *self, gconstpointer data)
{
  static const struct
  {
    guint status;
    gboolean sends_again;
  } cases[] = { { 307, TRUE }, { 308, TRUE }, { 303, FALSE }, { 302, FALSE } };
  g_autoptr (GFile) file = make_file (self, "f", "from a file");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/redirect-to?status=%u&url=/empty", cases[i].status);
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, path);
      g_autoptr (UFormData) form = make_form (file);
      g_autoptr (GBytes) first = NULL;
      g_autoptr (GBytes) second = NULL;
      g_autoptr (UTask) task = NULL;
      g_autofree char *type = NULL;

      u_test_server_clear_log (self->scene.server);
      u_request_set_body_form (request, form);
      task = finish (self, request);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 2);
      first = u_test_server_dup_request_body (self->scene.server, 0);
      second = u_test_server_dup_request_body (self->scene.server, 1);
      type = u_test_server_dup_request_header (self->scene.server, 1, "Content-Type");
      g_assert_cmpuint (g_bytes_get_size (first), >, 100);
      if (cases[i].sends_again)
        {
          g_assert_true (g_bytes_equal (first, second));
          g_assert_cmpstr (type, ==, u_request_get_body_content_type (request));
          g_assert_cmpint (u_task_get_bytes_sent (task), ==, g_bytes_get_size (first));
          g_assert_cmpint (u_task_get_bytes_expected_to_send (task), ==, g_bytes_get_size (first));
        }
      else
        {
          g_assert_cmpuint (g_bytes_get_size (second), ==, 0);
          g_assert_null (type);
          g_assert_cmpstr (u_request_get_method (u_task_get_current_request (task)), ==, "GET");
        }
    }
}

typedef struct
{
  gint64 sum;
  gint64 expected;
} Sent;

/* The length is known from the first byte on: that of the files, too. */
static void
sent_cb (UTask *task, gint64 part, gint64 total, gint64 expected, gpointer user_data)
{
  Sent *sent = user_data;

  sent->sum += part;
  g_assert_cmpint (sent->sum, ==, total);
  if (sent->expected == 0)
    sent->expected = expected;
  g_assert_cmpint (expected, ==, sent->expected);
  g_assert_cmpint (total, <=, expected);
  g_assert_cmpint (u_task_get_bytes_expected_to_send (task), ==, expected);
}

static void
test_expected (Fixture *self, gconstpointer data)
{
  g_autoptr (GFile) file = make_sparse_file (self, "f", 5 * MIB);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/empty");
      g_autoptr (UTask) task = NULL;
      g_autofree char *length = NULL;
      g_autofree char *counted = NULL;
      Sent sent = { 0 };

      u_test_server_clear_log (self->scene.server);
      u_request_set_method (request, "POST");
      if (i == 0)
        {
          u_request_set_body_file (request, file, NULL);
        }
      else
        {
          g_autoptr (UFormData) form = make_form (file);

          u_request_set_body_form (request, form);
        }
      task = U_TASK (u_session_create_data_task (self->scene.session, request));
      g_assert_cmpint (u_task_get_bytes_expected_to_send (task), ==, -1);
      g_signal_connect (task, "sent-data", G_CALLBACK (sent_cb), &sent);
      u_task_resume (task);
      u_test_scene_finish (&self->scene, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpint (sent.sum, ==, sent.expected);
      g_assert_cmpint (u_task_get_bytes_sent (task), ==, sent.expected);
      g_assert_cmpint (sent.sum, >=, 5 * MIB);
      length = u_test_server_dup_request_header (self->scene.server, 0, "Content-Length");
      counted = g_strdup_printf ("%" G_GINT64_FORMAT, sent.sum);
      g_assert_cmpstr (length, ==, counted);
      g_assert_cmpuint (u_test_server_get_request_body_length (self->scene.server, 0), ==, sent.sum);
    }
}

static gint64
get_memory (void)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));

  return g_ascii_strtoll (strstr (status, "VmHWM:") + 6, NULL, 10) * 1024;
}

/* The largest there was from now on. */
static void
reset_peak (void)
{
  int fd = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

  if (fd >= 0)
    {
      g_assert_cmpint (write (fd, "5", 1), ==, 1);
      close (fd);
    }
}

/* A server for one request, whose body it counts and does not keep, other than the test server. */
typedef struct
{
  GSocketListener *listener;  /* owned */
  GThread *thread;            /* owned */
  char *uri;                  /* owned */
  gint64 received;            /* of the body */

  GMutex lock;
  GCond cond;
  gboolean holds;             /* under the lock: reads no more than the head yet */
} Sink;

static gpointer
sink_thread (gpointer user_data)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  Sink *self = user_data;
  g_autoptr (GSocketConnection) connection = g_socket_listener_accept (self->listener, NULL, NULL, NULL);
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autofree char *buffer = g_malloc (64 * 1024 + 1);
  gsize head = 0;
  gint64 wanted;

  while (head == 0 || strstr (buffer, "\r\n\r\n") == NULL)
    {
      gssize n = g_input_stream_read (in, buffer + head, 64 * 1024 - head, NULL, NULL);

      g_assert_cmpint (n, >, 0);
      head += (gsize) n;
      buffer[head] = '\0';
    }
  wanted = g_ascii_strtoll (strstr (buffer, "Content-Length: ") + 16, NULL, 10);
  self->received = (gint64) head - (strstr (buffer, "\r\n\r\n") + 4 - buffer);

  g_mutex_lock (&self->lock);
  while (self->holds)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);

  while (self->received < wanted)
    {
      gssize n = g_input_stream_read (in, buffer, 64 * 1024, NULL, NULL);

      if (n <= 0)
        break;
      self->received += n;
    }
  if (self->received == wanted)
    g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), answer, strlen (answer), NULL,
                               NULL, NULL);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);

  return NULL;
}

static Sink *
sink_new (gboolean holds)
{
  Sink *self = g_new0 (Sink, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->holds = holds;
  self->listener = g_socket_listener_new ();
  self->uri = g_strdup_printf ("http://127.0.0.1:%u/",
                               g_socket_listener_add_any_inet_port (self->listener, NULL, NULL));
  self->thread = g_thread_new ("sink", sink_thread, self);

  return self;
}

static void
sink_release (Sink *self)
{
  g_mutex_lock (&self->lock);
  self->holds = FALSE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Waits for the end of the request; returns how much of its body came. */
static gint64
sink_free (Sink *self)
{
  gint64 received;

  g_thread_join (self->thread);
  received = self->received;
  g_object_unref (self->listener);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->uri);
  g_free (self);

  return received;
}

static void
upload (Fixture *self, gint64 size)
{
  Sink *sink = sink_new (FALSE);
  g_autoptr (GFile) file = make_sparse_file (self, "large", size);
  g_autoptr (URequest) request = u_request_new (sink->uri);
  g_autoptr (UFormData) form = make_form (file);
  g_autoptr (UTask) task = NULL;

  u_request_set_body_form (request, form);
  task = finish (self, request);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_sent (task), >, size);
  g_assert_cmpint (sink_free (sink), ==, u_task_get_bytes_sent (task));
}

/* As upload(), with an upload task and nothing around the file. */
static void
upload_bare (Fixture *self, gint64 size)
{
  Sink *sink = sink_new (FALSE);
  g_autoptr (GFile) file = make_sparse_file (self, "large", size);
  g_autoptr (URequest) request = u_request_new (sink->uri);
  g_autoptr (UTask) task = NULL;

  u_request_set_method (request, "PUT");
  u_request_set_body_file (request, file, NULL);
  task = U_TASK (u_session_create_upload_task (self->scene.session, request));
  u_task_resume (task);
  u_test_scene_finish (&self->scene, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpint (u_task_get_bytes_sent (task), ==, size);
  g_assert_cmpint (sink_free (sink), ==, size);
}

static void
test_large (Fixture *self, gconstpointer data)
{
  void (*kinds[]) (Fixture *, gint64) = { upload, upload_bare };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      gint64 before;

      /* What is allocated once is there after a small one. */
      kinds[i] (self, 2 * MIB);
      reset_peak ();
      before = get_memory ();
      kinds[i] (self, GIB);
      g_test_message ("%.1f MiB more", (double) (get_memory () - before) / MIB);
#ifndef __SANITIZE_ADDRESS__
      /* AddressSanitizer holds freed memory back. */
      g_assert_cmpint (get_memory () - before, <, 16 * MIB);
#endif
    }
}

typedef enum {
  GROWS,
  SHRINKS,
  VANISHES,
  N_CHANGES,
} Change;

typedef struct
{
  GFile *file;
  Change how;
  Sink *sink;
  gboolean done;
} Changing;

/* While the file is being sent, of which the server has not read much: sockets have room for some MiB. */
static void
change_cb (UTask *task, gint64 part, gint64 total, gint64 expected, gpointer user_data)
{
  Changing *changing = user_data;

  if (changing->done)
    return;
  changing->done = TRUE;
  if (changing->how == VANISHES)
    g_assert_cmpint (g_unlink (g_file_peek_path (changing->file)), ==, 0);
  else
    g_assert_cmpint (truncate (g_file_peek_path (changing->file), changing->how == GROWS ? 2 * GIB : MIB), ==, 0);
  sink_release (changing->sink);
}

static void
test_changes (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2 * N_CHANGES; i++)
    {
      g_autoptr (GFile) file = make_sparse_file (self, "f", 128 * MIB);
      Sink *sink = sink_new (TRUE);
      g_autoptr (URequest) request = u_request_new (sink->uri);
      g_autoptr (UTask) task = NULL;
      Changing changing = { .file = file, .how = i % N_CHANGES, .sink = sink };

      if (i < N_CHANGES)
        {
          g_autoptr (UFormData) form = make_form (file);

          u_request_set_body_form (request, form);
        }
      else
        {
          u_request_set_method (request, "PUT");
          u_request_set_body_file (request, file, NULL);
        }
      task = U_TASK (u_session_create_data_task (self->scene.session, request));
      g_signal_connect (task, "sent-data", G_CALLBACK (change_cb), &changing);
      u_task_resume (task);
      u_test_scene_finish (&self->scene, task);
      g_assert_true (changing.done);
      if (changing.how == VANISHES)
        {
          /* Who has it open keeps it. */
          g_assert_no_error (u_task_get_error (task));
          g_assert_cmpint (sink_free (sink), ==, u_task_get_bytes_expected_to_send (task));
        }
      else
        {
          g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED);
          g_assert_null (u_task_get_response (task));
          g_assert_cmpint (sink_free (sink), <, u_task_get_bytes_expected_to_send (task));
        }
    }
}

static void
test_missing (Fixture *self, gconstpointer data)
{
  g_autoptr (GFile) file = make_file (self, "f", "x");
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/empty");
  g_autoptr (UFormData) form = make_form (file);
  g_autoptr (UTask) task = NULL;

  u_request_set_body_form (request, form);
  g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
  task = finish (self, request);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_FILE_DOES_NOT_EXIST);
  g_assert_nonnull (strstr (u_task_get_error (task)->message, g_file_peek_path (file)));
  g_assert_cmpuint (u_test_server_get_n_connections (self->scene.server), ==, 0);
}

/* In the middle of a body: nothing is left behind, as the end of the test finds. */
static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (GFile) file = make_sparse_file (self, "f", GIB);
  Sink *sink = sink_new (TRUE);
  g_autoptr (URequest) request = u_request_new (sink->uri);
  g_autoptr (UFormData) form = make_form (file);
  g_autoptr (UTask) task = NULL;

  u_request_set_body_form (request, form);
  task = U_TASK (u_session_create_data_task (self->scene.session, request));
  u_task_resume (task);
  u_test_wait_until (self->scene.context, u_task_get_bytes_sent (task) > 0);
  u_task_cancel (task);
  sink_release (sink);
  u_test_scene_finish (&self->scene, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  g_assert_cmpint (sink_free (sink), <, GIB);
}

/* Who answers before the end of a body wants no more of it: the answer counts. */
static void
test_early_answer (Fixture *self, gconstpointer data)
{
  g_autoptr (GFile) file = make_sparse_file (self, "f", MIB);
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/early-413");
  g_autoptr (UFormData) form = make_form (file);
  g_autoptr (UTask) task = NULL;

  u_request_set_body_form (request, form);
  task = finish (self, request);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task))), ==, 413);
}

/* What waits for the server to want it is sent when it does, and not at all when it does not. */
static void
test_expect (Fixture *self, gconstpointer data)
{
  g_autoptr (GFile) file = make_sparse_file (self, "f", MIB);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, i == 0 ? "/empty" : "/early-413");
      g_autoptr (UTask) task = NULL;
      g_autofree char *expect = NULL;

      u_test_server_clear_log (self->scene.server);
      u_request_set_method (request, "PUT");
      u_request_set_body_file (request, file, NULL);
      u_headers_set (u_request_get_headers (request), "Expect", "100-continue", NULL);
      task = finish (self, request);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task))), ==,
                        i == 0 ? 200 : 413);
      expect = u_test_server_dup_request_header (self->scene.server, 0, "Expect");
      g_assert_cmpstr (expect, ==, "100-continue");
      g_assert_cmpint (u_task_get_bytes_sent (task), ==, i == 0 ? MIB : 0);
    }
}

/* What has not been told does not count; nor is anything sent for what the name does not say. */
static void
test_content_type (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *name;         /* NULL: not a file */
    const char *content;
    const char *given;        /* with the body */
    const char *header;
    const char *sent;
  } cases[] = {
    { "PUT", "a.png", "x", NULL, NULL, "image/png" },
    { "POST", "a.png", "x", NULL, NULL, "image/png" },
    { "PUT", "a.png", "x", "a/b", NULL, "a/b" },
    { "PUT", "a.png", "x", NULL, "c/d", "c/d" },
    { "PUT", "a.png", "x", "a/b", "c/d", "c/d" },
    { "PUT", "a.nothing-known", "x", NULL, NULL, NULL },
    { "PUT", "a.png", "", NULL, NULL, "image/png" },
    { "POST", NULL, "x", NULL, NULL, "application/x-www-form-urlencoded" },
    { "PUT", NULL, "x", NULL, NULL, NULL },
    { "DELETE", NULL, "x", NULL, NULL, NULL },
    { "POST", NULL, "x", "a/b", NULL, "a/b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/empty");
      g_autoptr (UTask) task = NULL;
      g_autofree char *type = NULL;

      u_test_server_clear_log (self->scene.server);
      u_request_set_method (request, cases[i].method);
      if (cases[i].header != NULL)
        u_headers_set (u_request_get_headers (request), "Content-Type", cases[i].header, NULL);
      if (cases[i].name != NULL)
        {
          g_autoptr (GFile) file = make_file (self, cases[i].name, cases[i].content);

          u_request_set_body_file (request, file, cases[i].given);
        }
      else
        {
          g_autoptr (GBytes) bytes = g_bytes_new_static (cases[i].content, strlen (cases[i].content));

          u_request_set_body_bytes (request, bytes, cases[i].given);
        }
      task = finish (self, request);
      g_assert_no_error (u_task_get_error (task));
      type = u_test_server_dup_request_header (self->scene.server, 0, "Content-Type");
      g_assert_cmpstr (type, ==, cases[i].sent);
    }
}

typedef struct
{
  gint64 total;
  guint n_calls;
} Progress;

static void
progress_cb (UTask *task, gint64 part, gint64 total, gint64 expected, gpointer user_data)
{
  Progress *progress = user_data;

  g_assert_null (u_task_get_response (task));
  g_assert_cmpint (part, >, 0);
  g_assert_cmpint (total, ==, progress->total + part);
  g_assert_cmpint (u_task_get_bytes_sent (task), >=, total);
  progress->total = total;
  progress->n_calls++;
}

/* All of it before the response; each with what it adds; of nothing none. */
static void
test_progress (Fixture *self, gconstpointer data)
{
  static const gint64 sizes[] = { 0, 1, 100 * 1000, 20 * MIB };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      gint64 size = sizes[i / 2];
      g_autoptr (GFile) file = make_sparse_file (self, "f", size);
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/empty");
      g_autoptr (UTask) task = NULL;
      g_autofree char *length = NULL;
      g_autofree char *expected = g_strdup_printf ("%" G_GINT64_FORMAT, size);
      g_autofree char *encoding = NULL;
      Progress progress = { 0 };

      u_test_server_clear_log (self->scene.server);
      u_request_set_method (request, "PUT");
      if (i % 2 == 0)
        {
          u_request_set_body_file (request, file, NULL);
        }
      else
        {
          g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 ((gsize) size + 1), (gsize) size);

          u_request_set_body_bytes (request, bytes, NULL);
        }
      task = U_TASK (u_session_create_upload_task (self->scene.session, request));
      g_signal_connect (task, "sent-data", G_CALLBACK (progress_cb), &progress);
      u_task_resume (task);
      u_test_scene_finish (&self->scene, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpint (progress.total, ==, size);
      if (size == 0)
        g_assert_cmpuint (progress.n_calls, ==, 0);
      length = u_test_server_dup_request_header (self->scene.server, 0, "Content-Length");
      g_assert_cmpstr (length, ==, expected);
      encoding = u_test_server_dup_request_header (self->scene.server, 0, "Transfer-Encoding");
      g_assert_null (encoding);
    }
}

/* Credentials stay with the origin that they were set for. */
static void
test_authorization (Fixture *self, gconstpointer data)
{
  g_autoptr (UTestServer) other = u_test_server_new ();
  g_autofree char *elsewhere = NULL;

  g_assert_true (u_test_server_start (other, NULL));
  elsewhere = u_test_server_get_uri (other, "/empty");
  for (guint i = 0; i < 4; i++)
    {
      gboolean leaves = i % 2 == 1;
      g_autofree char *path = g_strdup_printf ("/redirect-to?status=307&url=%s", leaves ? elsewhere : "/empty");
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, path);
      g_autoptr (UTask) task = NULL;
      g_autofree char *first = NULL;
      g_autofree char *second = NULL;

      u_test_server_clear_log (self->scene.server);
      u_test_server_clear_log (other);
      if (i < 2)
        g_assert_true (u_request_set_basic_authorization (request, "jürgen", "hunter2", NULL));
      else
        g_assert_true (u_request_set_bearer_token (request, "token", NULL));
      task = finish (self, request);
      g_assert_no_error (u_task_get_error (task));
      first = u_test_server_dup_request_header (self->scene.server, 0, "Authorization");
      second = u_test_server_dup_request_header (leaves ? other : self->scene.server, leaves ? 0 : 1, "Authorization");
      g_assert_cmpstr (first, ==, i < 2 ? "Basic asO8cmdlbjpodW50ZXIy" : "Bearer token");
      g_assert_cmpstr (second, ==, leaves ? NULL : first);
    }
  u_test_server_stop (other);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/uploads/fields", test_fields);
  ADD ("/uploads/r060-r061-r062-redirects", test_redirects);
  ADD ("/uploads/r043-expected", test_expected);
  ADD ("/uploads/r044-large", test_large);
  ADD ("/uploads/changes", test_changes);
  ADD ("/uploads/r045-missing", test_missing);
  ADD ("/uploads/cancelled", test_cancelled);
  ADD ("/uploads/r047-early-answer", test_early_answer);
  ADD ("/uploads/expect-continue", test_expect);
  ADD ("/uploads/r048-content-type", test_content_type);
  ADD ("/uploads/r040-r041-r042-r044-progress", test_progress);
  ADD ("/uploads/r070-authorization", test_authorization);

  return g_test_run ();
}

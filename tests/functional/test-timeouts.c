/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "u-test-scene.h"

/* The timers of requests and of resources. No time is measured: what counts is which of two timers fires first, and
 * what a task ends with. Another task that nobody answers is the clock. */

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
configure (UTestScene *self, double request_timeout, double resource_timeout)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_request_timeout (configuration, request_timeout);
  u_session_configuration_set_resource_timeout (configuration, resource_timeout);
  u_test_scene_configure (self, configuration);
}

static UTask *
new_task (UTestScene *self, const char *path, double timeout)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, path);

  u_request_set_timeout (request, timeout);

  return U_TASK (u_session_create_data_task (self->session, request));
}

static void
assert_timed_out (UTask *task, const char *which)
{
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (u_task_get_error (task)->message, which));
}

/* Returns when so many seconds have gone by. */
static void
outlast (UTestScene *self, double seconds)
{
  g_autoptr (UTask) clock = new_task (self, "/stall", seconds);

  u_task_resume (clock);
  u_test_scene_finish (self, clock);
  assert_timed_out (clock, "request timeout");
}

static void
note_order_cb (UTask *task, const GError *error, gpointer order)
{
  g_ptr_array_add (order, task);
}

/* Neither cut off nor rounded: 1 comes before 1.4, 1.4 before 1.6, 1.6 before 2, whatever began first. */
static void
test_fractions (UTestScene *self, gconstpointer data)
{
  static const double timeouts[] = { 2, 1.6, 1.4, 1, 0.5 };
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) order = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      UTask *task = new_task (self, "/stall", timeouts[i]);

      g_ptr_array_add (tasks, task);
      g_signal_connect (task, "completed", G_CALLBACK (note_order_cb), order);
      u_task_resume (task);
    }
  u_test_wait_until (self->context, order->len == G_N_ELEMENTS (timeouts));
  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      UTask *task = g_ptr_array_index (order, G_N_ELEMENTS (timeouts) - 1 - i);
      g_autofree char *seconds = g_strdup_printf ("for %g seconds", timeouts[i]);

      g_assert_true (task == g_ptr_array_index (tasks, i));
      assert_timed_out (task, seconds);
    }
}

/* A transfer that takes several times its timeout, with pauses that are shorter. */
static void
test_slow_response (UTestScene *self, gconstpointer data)
{
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  g_autoptr (UTask) slow = new_task (self, "/bytes/30?rate=10&chunk=1", 1.5);
  g_autoptr (UTask) clock = new_task (self, "/stall", 1.5);

  g_signal_connect (slow, "completed", G_CALLBACK (note_order_cb), order);
  g_signal_connect (clock, "completed", G_CALLBACK (note_order_cb), order);
  u_task_resume (slow);
  u_task_resume (clock);
  u_test_scene_finish (self, slow);
  g_assert_no_error (u_task_get_error (slow));
  g_assert_cmpint (u_task_get_bytes_received (slow), ==, 30);
  g_assert_true (g_ptr_array_index (order, 0) == clock);
}

/* A body that is taken slowly, by a server that answers when it has all of it. What fits into the buffers of the
 * sockets is sent for the client: the last steps are quick, so that it does not wait for the answer for long. */
#define UPLOAD_SIZE (32 * 1024 * 1024)
#define UPLOAD_STEPS 32
#define UPLOAD_SLOW_STEPS 20

static gboolean
slow_reader_cb (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autofree char *block = g_malloc (UPLOAD_SIZE / UPLOAD_STEPS);
  gsize total = 0;
  gssize n = 1;

  for (guint i = 0; total < UPLOAD_SIZE && n > 0; i++)
    {
      gsize step = 0;

      while (step < UPLOAD_SIZE / UPLOAD_STEPS && total + step < UPLOAD_SIZE && n > 0)
        {
          n = g_input_stream_read (in, block, UPLOAD_SIZE / UPLOAD_STEPS, NULL, NULL);
          step += n > 0 ? (gsize) n : 0;
        }
      total += step;
      if (i < UPLOAD_SLOW_STEPS)
        g_usleep (G_USEC_PER_SEC / 8);
    }
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), answer, strlen (answer), NULL,
                             NULL, NULL);

  return TRUE;
}

static void
test_slow_request (UTestScene *self, gconstpointer data)
{
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (1);
  guint16 port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", port);
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (UPLOAD_SIZE), UPLOAD_SIZE);
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  g_autoptr (UTask) slow = NULL;
  g_autoptr (UTask) clock = new_task (self, "/stall", 1.5);

  g_signal_connect (service, "run", G_CALLBACK (slow_reader_cb), NULL);
  u_request_set_method (request, "PUT");
  u_request_set_body_bytes (request, body, "application/octet-stream");
  u_request_set_timeout (request, 1.5);
  slow = U_TASK (u_session_create_data_task (self->session, request));
  g_signal_connect (slow, "completed", G_CALLBACK (note_order_cb), order);
  g_signal_connect (clock, "completed", G_CALLBACK (note_order_cb), order);
  u_task_resume (slow);
  u_task_resume (clock);
  u_test_scene_finish (self, slow);
  g_assert_no_error (u_task_get_error (slow));
  g_assert_true (g_ptr_array_index (order, 0) == clock);

  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

/* A port that takes no connection and refuses none: its queue is full. */
static void
test_connecting (UTestScene *self, gconstpointer data)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) server = NULL;
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *uri = NULL;
  g_autoptr (UTask) task = NULL;

  server = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (server, any, FALSE, NULL));
  g_socket_set_listen_backlog (server, 0);
  g_assert_true (g_socket_listen (server, NULL));
  address = g_socket_get_local_address (server, NULL);
  /* As many as fit; the last ones do not. */
  for (guint i = 0; i < 8; i++)
    {
      GSocket *client = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

      g_socket_set_blocking (client, FALSE);
      g_socket_connect (client, address, NULL, NULL);
      g_ptr_array_add (clients, client);
    }

  uri = g_strdup_printf ("http://127.0.0.1:%u/", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  task = new_task (self, uri, 0.5);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "request timeout");
  g_assert_null (u_task_get_response (task));
}

/* A server that takes the connection and does not know of TLS. */
static void
test_handshake (UTestScene *self, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *uri = g_strdup_printf ("https://127.0.0.1:%u/", port);
  g_autoptr (UTask) task = new_task (self, uri, 0.5);

  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "request timeout");
  g_socket_listener_close (listener);
}

static void
test_response (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_task (self, "/stall", 0.5);

  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "request timeout");
  g_assert_null (u_task_get_response (task));
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
}

static void
test_gap (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_task (self, "/bytes/100?pause-after=50", 0.5);

  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "request timeout");
  g_assert_nonnull (u_task_get_response (task));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 50);
  u_test_server_release (self->server);
}

/* Longer or shorter, what the request says counts; what says nothing has the session's. */
static void
test_request_beats_session (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) longer = NULL;
  g_autoptr (UTask) unset = NULL;

  configure (self, 1, 600);
  longer = new_task (self, "/bytes/5?pause-after=0", 300);
  unset = new_task (self, "/stall", 0);
  u_task_resume (longer);
  u_task_resume (unset);
  u_test_scene_finish (self, unset);
  assert_timed_out (unset, "for 1 seconds");
  u_test_assert_state (longer, U_TASK_STATE_RUNNING);
  u_test_server_release (self->server);
  u_test_scene_finish (self, longer);
  g_assert_no_error (u_task_get_error (longer));
}

static void
test_shorter_than_session (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) shorter = NULL;

  configure (self, 300, 600);
  shorter = new_task (self, "/stall", 0.5);
  u_task_resume (shorter);
  u_test_scene_finish (self, shorter);
  assert_timed_out (shorter, "for 0.5 seconds");
}

/* A session without a request timeout. */
static void
test_zero (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  configure (self, 0, 600);
  task = new_task (self, "/bytes/5?pause-after=0", 0);
  u_task_resume (task);
  outlast (self, 1);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

static void
test_redirect_inherits (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  configure (self, 300, 600);
  task = new_task (self, "/redirect-to?url=/stall&status=307", 0.5);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "for 0.5 seconds");
  g_assert_true (g_str_has_suffix (u_task_get_failing_uri (task), "/stall"));
  g_assert_cmpfloat (u_request_get_timeout (u_task_get_current_request (task)), ==, 0.5);
}

/* Progress does not help. */
static void
test_resource (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  configure (self, 300, 1.5);
  task = new_task (self, "/bytes/1000?rate=10&chunk=1", 0);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "resource timeout");
  g_assert_cmpint (u_task_get_bytes_received (task), >, 0);
  g_assert_cmpint (u_task_get_bytes_received (task), <, 1000);
}

static gboolean
keep_decision_cb (UTask *task, URedirectDecision *decision, gpointer data)
{
  *(URedirectDecision **) data = g_object_ref (decision);

  return TRUE;
}

/* A question does not stop it; the request timer stands still meanwhile. */
static void
test_resource_question (UTestScene *self, gconstpointer data)
{
  g_autoptr (URedirectDecision) decision = NULL;
  g_autoptr (UTask) task = NULL;

  configure (self, 0.5, 1.5);
  task = new_task (self, "/redirect/1", 0);
  g_signal_connect (task, "decide-redirect", G_CALLBACK (keep_decision_cb), &decision);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "resource timeout");
  g_assert_nonnull (decision);
}

/* A redirect does not start it anew: each of the three exchanges is shorter, all of them are not. */
static void
test_resource_redirect (UTestScene *self, gconstpointer data)
{
  static const char path[] =
    "/redirect-to?delay=1200&url=/redirect-to%3Fdelay%3D1200%26url%3D/bytes/5%253Fdelay%253D1200";
  g_autoptr (UTask) hops = NULL;

  configure (self, 300, 3);
  hops = new_task (self, path, 0);
  u_task_resume (hops);
  u_test_scene_finish (self, hops);
  assert_timed_out (hops, "resource timeout");
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), >=, 2);
}

/* It begins with the first resume, and not with the task. */
static void
test_resource_begins (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  configure (self, 300, 2);
  task = new_task (self, "/bytes/5", 0);
  {
    g_autoptr (UTask) clock = new_task (self, "/stall", 0);

    u_task_resume (clock);
    u_test_scene_finish (self, clock);
    assert_timed_out (clock, "resource timeout");
  }
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

/* Who suspends a task does not stop its resource timer. */
static void
test_resource_suspended (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = NULL;

  configure (self, 300, 1);
  task = new_task (self, "/stall", 0);
  u_task_resume (task);
  g_assert_true (u_test_server_wait_for_requests (self->server, 1, 60000));
  u_task_suspend (task);
  u_test_scene_finish (self, task);
  assert_timed_out (task, "resource timeout");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/timeouts/r140-fractions", test_fractions);
  ADD ("/timeouts/r139-slow-response", test_slow_response);
  ADD ("/timeouts/r139-slow-request", test_slow_request);
  ADD ("/timeouts/r141-connecting", test_connecting);
  ADD ("/timeouts/r141-handshake", test_handshake);
  ADD ("/timeouts/r141-response", test_response);
  ADD ("/timeouts/r141-gap", test_gap);
  ADD ("/timeouts/r142-r146-request-beats-session", test_request_beats_session);
  ADD ("/timeouts/r142-shorter-than-session", test_shorter_than_session);
  ADD ("/timeouts/r146-zero", test_zero);
  ADD ("/timeouts/r145-redirect-inherits", test_redirect_inherits);
  ADD ("/timeouts/r143-resource", test_resource);
  ADD ("/timeouts/r143-resource-question", test_resource_question);
  ADD ("/timeouts/r143-resource-redirect", test_resource_redirect);
  ADD ("/timeouts/r143-resource-begins", test_resource_begins);
  ADD ("/timeouts/r143-resource-suspended", test_resource_suspended);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "web-socket-fixture.h"

#include <string.h>

/* The messages and the pings of WebSockets. */

static void
test_conversation (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);
  g_autoptr (GAsyncResult) sent = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a\0b", 3);
  g_autoptr (UWebSocketMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  web_socket_send (self, task, "Grüße");
  web_socket_assert_came (self, "text Grüße");
  web_socket_assert_text (self, task, "Grüße");
  web_socket_send (self, task, "");
  web_socket_assert_text (self, task, "");

  u_web_socket_task_send_bytes_async (task, bytes, NULL, u_test_take_result, &sent);
  u_test_wait_until (self->scene.context, sent != NULL);
  g_assert_true (u_web_socket_task_send_bytes_finish (task, sent, &error));
  message = web_socket_receive (self, task, &error);
  g_assert_no_error (error);
  g_assert_cmpint (u_web_socket_message_get_kind (message), ==, U_WEB_SOCKET_MESSAGE_KIND_BYTES);
  g_assert_null (u_web_socket_message_get_text (message));
  g_assert_true (g_bytes_equal (u_web_socket_message_get_bytes (message), bytes));

  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, 0);
  g_assert_true (u_task_get_is_indeterminate (U_TASK (task)));
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), <=, 10);
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1000, NULL, &error));
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_cmpint (u_task_get_bytes_expected_to_send (U_TASK (task)), ==, -1);
  g_assert_cmpint (u_task_get_bytes_expected_to_receive (U_TASK (task)), ==, -1);
  g_assert_cmpint (u_task_get_bytes_sent (U_TASK (task)), ==, 10);
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), ==, 10);
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (task)))), ==, 101);
}

/* Rule 245. */
static void
test_before_open (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);
  g_autoptr (GAsyncResult) last = NULL;
  g_autoptr (GAsyncResult) received = NULL;
  g_autoptr (UWebSocketMessage) message = NULL;

  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &received);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("message %u", i);

      u_web_socket_task_send_text_async (task, text, NULL, i == 19 ? u_test_take_result : NULL, &last);
      if (i == 9)
        u_task_resume (U_TASK (task));
    }
  u_test_wait_until (self->scene.context, last != NULL && received != NULL);
  g_assert_true (u_web_socket_task_send_text_finish (task, last, NULL));
  message = u_web_socket_task_receive_finish (task, received, NULL);
  g_assert_cmpstr (u_web_socket_message_get_text (message), ==, "message 0");
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("text message %u", i);

      web_socket_assert_came (self, text);
    }
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
serve_numbers (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      web_socket_write_text (connection, text);
    }
  web_socket_write_close (connection, 1000, "");
  web_socket_read_all (connection);
}

/* Rule 247: one each, in order, and none is lost, not even by an end that comes first. */
static void
test_receive (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_numbers);
  GAsyncResult *results[4] = { NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    u_web_socket_task_receive_async (task, NULL, u_test_take_result, &results[i]);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (UWebSocketMessage) message = u_web_socket_task_receive_finish (task, results[i], &error);
      g_autofree char *expected = g_strdup_printf ("%u", i);

      g_assert_no_error (error);
      g_assert_cmpstr (u_web_socket_message_get_text (message), ==, expected);
      g_object_unref (results[i]);
    }
  for (guint i = G_N_ELEMENTS (results); i < 10; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%u", i);

      web_socket_assert_text (self, task, expected);
    }
  g_assert_null (web_socket_receive (self, task, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

/* Who stops waiting takes no message along. */
static void
test_cancelled_receive (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) again = NULL;
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  u_web_socket_task_receive_async (task, cancellable, u_test_take_result, &result);
  u_test_wait_until (self->scene.context, u_test_signal_log_count (self->scene.log, "opened") > 0);
  g_cancellable_cancel (cancellable);
  u_test_wait_until (self->scene.context, result != NULL);
  g_assert_null (u_web_socket_task_receive_finish (task, result, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
  g_clear_error (&error);

  web_socket_send (self, task, "kept");
  u_web_socket_task_receive_async (task, cancellable, u_test_take_result, &again);
  u_test_wait_until (self->scene.context, again != NULL);
  g_assert_null (u_web_socket_task_receive_finish (task, again, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
  web_socket_assert_text (self, task, "kept");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
collect_cb (UWebSocketTask *task, UWebSocketMessage *message, GPtrArray *messages)
{
  g_ptr_array_add (messages, g_object_ref (message));
}

static void
serve_many (WebSocketConnection *connection)
{
  g_autofree char *text = g_strnfill (10000, 'x');

  web_socket_accept (connection, "");
  for (guint i = 0; i < 500; i++)
    web_socket_write_text (connection, text);
  web_socket_write_close (connection, 4000, "enough");
  web_socket_read_all (connection);
}

/* The signal gets them all, and more than the window has room for. */
static void
test_signal (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_many);
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  g_signal_connect (task, "message", G_CALLBACK (collect_cb), messages);
  u_task_resume (U_TASK (task));
  g_assert_null (web_socket_receive (self, task, &error));
  g_assert_error (error, U_ERROR, U_ERROR_UNKNOWN);
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  g_assert_cmpuint (messages->len, ==, 500);
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "closed 4000 “enough”");
  u_test_signal_log_assert_next (self->scene.log, "completed ok");
  u_test_signal_log_assert_empty (self->scene.log);
}

static void
twin_cb (USession *session, UTask *task, UWebSocketMessage *message, guint *n_messages)
{
  (*n_messages)++;
}

static void
test_twin (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_numbers);
  guint n_messages = 0;

  g_signal_connect (self->scene.session, "task-message", G_CALLBACK (twin_cb), &n_messages);
  u_test_signal_log_watch_signal (self->scene.log, self->scene.session, "task-opened");
  u_test_signal_log_watch_signal (self->scene.log, self->scene.session, "task-closed");
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_cmpuint (n_messages, ==, 10);
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "task-opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "closed 1000 “”");
  u_test_signal_log_assert_next (self->scene.log, "task-closed 1000 “”");
}

static void
serve_flood (WebSocketConnection *connection)
{
  g_autofree char *text = g_strnfill (100000, 'x');

  web_socket_accept (connection, "");
  /* More than the buffers of any system hold. */
  for (guint i = 0; i < 1000; i++)
    web_socket_write_text (connection, text);
  web_socket_write_text (connection, "last");
  web_socket_read_all (connection);
}

static void
serve_late_flood (WebSocketConnection *connection)
{
  g_autofree char *text = g_strnfill (100000, 'x');

  web_socket_accept (connection, "");
  web_socket_wait (connection);
  for (guint i = 0; i < 200; i++)
    web_socket_write_text (connection, text);
}

/* A server that sends faster than anybody receives has to wait; nothing is lost, and memory stays small. */
static void
test_back_pressure (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_flood);
  gint64 before;
  gint64 after;

  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, u_task_get_bytes_received (U_TASK (task)) >= 200000);
  for (guint i = 0; i < 3; i++)
    u_test_scene_round_trip (&self->scene);
  before = u_task_get_bytes_received (U_TASK (task));
  for (guint i = 0; i < 3; i++)
    u_test_scene_round_trip (&self->scene);
  after = u_task_get_bytes_received (U_TASK (task));
  g_assert_cmpint (before, ==, after);
  g_assert_cmpint (after, <=, 400000);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (UWebSocketMessage) message = web_socket_receive (self, task, NULL);

      g_assert_cmpuint (g_bytes_get_size (u_web_socket_message_get_bytes (message)), ==, 100000);
      if (i == 500)
        g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), <=, 501 * 100000 + 400000);
    }
  web_socket_assert_text (self, task, "last");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

/* Who asks again and again for something that does not come has still asked once. */
static void
test_impatience (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_late_flood);

  u_task_resume (U_TASK (task));
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;

      u_web_socket_task_receive_async (task, cancellable, u_test_take_result, &result);
      g_cancellable_cancel (cancellable);
      u_test_wait_until (self->scene.context, result != NULL);
      g_assert_null (u_web_socket_task_receive_finish (task, result, NULL));
    }
  web_socket_release (self);
  u_test_wait_until (self->scene.context, u_task_get_bytes_received (U_TASK (task)) >= 200000);
  for (guint i = 0; i < 5; i++)
    u_test_scene_round_trip (&self->scene);
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (task)), <=, 500000);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
order_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GString *order = data;
  g_autoptr (GError) error = NULL;

  if (u_web_socket_task_ping_finish (U_WEB_SOCKET_TASK (source), result, &error))
    g_string_append (order, "pong ");
  else
    g_string_append_printf (order, "error-%d ", error->code == U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
serve_last_pong (WebSocketConnection *connection)
{
  guint opcode;

  web_socket_accept (connection, "");
  web_socket_write_frame (connection, 0x8a, "unasked", 7);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GBytes) ping = web_socket_read (connection, &opcode);

      /* RFC 6455 section 5.5.3: it may answer the last one only. */
      if (i == 2)
        web_socket_write_frame (connection, 0x8a, g_bytes_get_data (ping, NULL), g_bytes_get_size (ping));
    }
  web_socket_wait (connection);
}

/* Rule 248. */
static void
test_pings (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_last_pong);
  g_autoptr (GString) order = g_string_new (NULL);

  for (guint i = 0; i < 3; i++)
    u_web_socket_task_ping_async (task, NULL, order_cb, order);
  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, strlen (order->str) >= 15);
  g_assert_cmpstr (order->str, ==, "pong pong pong ");

  /* One that is not answered fails when the connection ends. */
  u_web_socket_task_ping_async (task, NULL, order_cb, order);
  web_socket_release (self);
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_cmpstr (order->str, ==, "pong pong pong error-1 ");
}

static void
serve_ping (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_frame (connection, 0x89, "are you there?", 14);
  web_socket_read_all (connection);
}

static void
test_pong (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_ping);

  u_task_resume (U_TASK (task));
  web_socket_assert_came (self, "pong are you there?");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
serve_silence (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_read_all (connection);
}

/* A server that says nothing is gone; one that answers is not. */
static void
test_keepalive (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_silence);
  g_autoptr (UWebSocketTask) other = NULL;

  u_web_socket_task_set_keepalive_interval (task, 0.05);
  u_task_resume (U_TASK (task));
  web_socket_assert_came (self, "ping");
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, U_WEB_SOCKET_CLOSE_CODE_ABNORMAL);
  web_socket_assert_came (self, "end");

  other = web_socket_new_task (self, web_socket_serve_echo);
  u_task_resume (U_TASK (other));
  web_socket_send (self, other, "hello");
  web_socket_assert_came (self, "text hello");
  /* Later is early enough. */
  u_web_socket_task_set_keepalive_interval (other, 1);
  for (guint i = 0; i < 2; i++)
    web_socket_assert_came (self, "ping");
  u_test_assert_state (U_TASK (other), U_TASK_STATE_RUNNING);
  u_task_cancel (U_TASK (other));
  u_test_scene_finish (&self->scene, U_TASK (other));
}

static void
serve_fragments (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_frame (connection, 0x01, "one ", 4);
  web_socket_write_frame (connection, 0x89, "x", 1);
  web_socket_write_frame (connection, 0x00, "two ", 4);
  web_socket_write_frame (connection, 0x80, "three", 5);
  web_socket_read_all (connection);
}

static void
test_fragments (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_fragments);

  u_task_resume (U_TASK (task));
  web_socket_assert_text (self, task, "one two three");
  web_socket_assert_came (self, "pong x");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

/* While a task is suspended nothing moves. */
static void
test_suspend (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);
  g_autoptr (GAsyncResult) sent = NULL;
  g_autoptr (GAsyncResult) received = NULL;
  g_autoptr (UWebSocketMessage) message = NULL;

  u_task_resume (U_TASK (task));
  web_socket_send (self, task, "one");
  web_socket_assert_text (self, task, "one");
  u_task_suspend (U_TASK (task));
  u_web_socket_task_send_text_async (task, "two", NULL, u_test_take_result, &sent);
  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &received);
  for (guint i = 0; i < 3; i++)
    u_test_scene_round_trip (&self->scene);
  g_assert_null (sent);
  g_assert_null (received);
  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, sent != NULL && received != NULL);
  message = u_web_socket_task_receive_finish (task, received, NULL);
  g_assert_cmpstr (u_web_socket_message_get_text (message), ==, "two");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

/* What a program should not do gets an error with a sentence. */
static void
test_misuse (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);
  g_autoptr (UWebSocketTask) orphan = g_object_new (U_TYPE_WEB_SOCKET_TASK, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) bad = NULL;
  g_autoptr (GError) error = NULL;

  u_web_socket_task_send_text_async (task, "\xff", NULL, u_test_take_result, &bad);
  u_test_wait_until (self->scene.context, bad != NULL);
  g_assert_false (u_web_socket_task_send_text_finish (task, bad, &error));
  g_assert_error (error, U_ERROR, U_ERROR_UNKNOWN);
  g_clear_error (&error);

  u_web_socket_task_receive_async (orphan, NULL, u_test_take_result, &result);
  u_test_wait_until (self->scene.context, result != NULL);
  g_assert_null (u_web_socket_task_receive_finish (orphan, result, &error));
  g_assert_error (error, U_ERROR, U_ERROR_UNKNOWN);

  u_task_resume (U_TASK (task));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*before the task is resumed*");
  u_web_socket_task_set_uses_compression (task, TRUE);
  g_test_assert_expected_messages ();
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD_WEB_SOCKET ("/web-socket/conversation", NULL, test_conversation);
  ADD_WEB_SOCKET ("/web-socket/r245-before-it-is-open", NULL, test_before_open);
  ADD_WEB_SOCKET ("/web-socket/r247-receive", NULL, test_receive);
  ADD_WEB_SOCKET ("/web-socket/r247-cancelled-receive", NULL, test_cancelled_receive);
  ADD_WEB_SOCKET ("/web-socket/signal", NULL, test_signal);
  ADD_WEB_SOCKET ("/web-socket/twin", NULL, test_twin);
  ADD_WEB_SOCKET ("/web-socket/back-pressure", NULL, test_back_pressure);
  ADD_WEB_SOCKET ("/web-socket/r247-impatience", NULL, test_impatience);
  ADD_WEB_SOCKET ("/web-socket/r248-pings", NULL, test_pings);
  ADD_WEB_SOCKET ("/web-socket/pong", NULL, test_pong);
  ADD_WEB_SOCKET ("/web-socket/keepalive", NULL, test_keepalive);
  ADD_WEB_SOCKET ("/web-socket/fragments", NULL, test_fragments);
  ADD_WEB_SOCKET ("/web-socket/suspend", NULL, test_suspend);
  ADD_WEB_SOCKET ("/web-socket/misuse", NULL, test_misuse);

  return g_test_run ();
}

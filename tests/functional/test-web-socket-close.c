/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "web-socket-fixture.h"

#include <string.h>

/* How WebSockets end. */

static void
serve_goodbye (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_close (connection, 1001, "going down");
  web_socket_read_all (connection);
}

/* Rules 242 and 246. */
static void
test_server_closes (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_goodbye);
  g_autoptr (GAsyncResult) pending = NULL;
  g_autoptr (GAsyncResult) later = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) send_error = NULL;

  u_test_signal_log_watch_notify (self->scene.log, task, "close-code");
  u_test_signal_log_watch_notify (self->scene.log, task, "close-reason");
  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &pending);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "notify::close-code");
  u_test_signal_log_assert_next (self->scene.log, "notify::close-reason");
  u_test_signal_log_assert_next (self->scene.log, "closed 1001 “going down”");
  u_test_signal_log_assert_next (self->scene.log, "completed ok");
  u_test_signal_log_assert_empty (self->scene.log);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, U_WEB_SOCKET_CLOSE_CODE_GOING_AWAY);
  g_assert_cmpstr (u_web_socket_task_get_close_reason (task), ==, "going down");
  web_socket_assert_came (self, "close 1001 ");

  g_assert_null (u_web_socket_task_receive_finish (task, pending, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_nonnull (strstr (error->message, "going down"));
  g_clear_error (&error);
  /* And at once from now on: this needs no thread but our own. */
  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &later);
  g_assert_true (g_main_context_iteration (self->scene.context, FALSE));
  g_assert_nonnull (later);
  g_assert_null (u_web_socket_task_receive_finish (task, later, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_clear_object (&later);
  u_web_socket_task_send_text_async (task, "too late", NULL, u_test_take_result, &later);
  u_test_wait_until (self->scene.context, later != NULL);
  g_assert_false (u_web_socket_task_send_text_finish (task, later, &send_error));
  g_assert_error (send_error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  /* Which has no effect. */
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1000, NULL, NULL));
}

static void
serve_empty_close (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_frame (connection, 0x88, "", 0);
  web_socket_read_all (connection);
}

static void
test_no_status (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_empty_close);

  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "closed 1005 “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed ok");
  g_assert_null (u_web_socket_task_get_close_reason (task));
  web_socket_assert_came (self, "close");
}

static void
serve_drop (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_text (connection, "last words");
}

/* Rule 243. */
static void
test_connection_ends (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_drop);
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed network-connection-lost");
  u_test_signal_log_assert_empty (self->scene.log);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, U_WEB_SOCKET_CLOSE_CODE_ABNORMAL);
  g_assert_null (u_web_socket_task_get_close_reason (task));
  web_socket_assert_text (self, task, "last words");
  g_assert_null (web_socket_receive (self, task, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
serve_bye (WebSocketConnection *connection)
{
  guint opcode = 0;

  web_socket_accept (connection, "");
  while (opcode != 0x8)
    g_bytes_unref (web_socket_read (connection, &opcode));
  web_socket_write_text (connection, "not heard any more");
  web_socket_write_close (connection, 4001, "your turn");
}

/* Rule 249: what was sent before goes first, and what counts is what the server says. */
static void
test_close (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_bye);
  g_autoptr (GAsyncResult) sent = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  u_web_socket_task_send_text_async (task, "first", NULL, u_test_take_result, &sent);
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1000, "BuhBye", &error));
  g_assert_no_error (error);
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1001, "once is enough", &error));
  u_web_socket_task_send_text_async (task, "late", NULL, u_test_take_result, &late);
  u_test_assert_state (U_TASK (task), U_TASK_STATE_RUNNING);
  u_test_scene_finish (&self->scene, U_TASK (task));
  web_socket_assert_came (self, "text first");
  web_socket_assert_came (self, "close 1000 BuhBye");
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "closed 4001 “your turn”");
  u_test_signal_log_assert_next (self->scene.log, "completed ok");
  u_test_signal_log_assert_empty (self->scene.log);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, 4001);
  g_assert_cmpstr (u_web_socket_task_get_close_reason (task), ==, "your turn");
  g_assert_true (u_web_socket_task_send_text_finish (task, sent, NULL));
  g_assert_false (u_web_socket_task_send_text_finish (task, late, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_clear_error (&error);
  g_assert_null (web_socket_receive (self, task, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
serve_rude (WebSocketConnection *connection)
{
  guint opcode = 0;

  web_socket_accept (connection, "");
  while (opcode != 0x8)
    g_bytes_unref (web_socket_read (connection, &opcode));
}

/* A server that just goes when it is told to has done what was wanted. */
static void
test_close_without_answer (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_rude);

  u_task_resume (U_TASK (task));
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1000, NULL, NULL));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed ok");
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, U_WEB_SOCKET_CLOSE_CODE_ABNORMAL);
}

static void
serve_deaf (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_wait (connection);
}

/* A server that does neither is left, after ten seconds. */
static void
test_close_timeout (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_deaf);

  u_task_resume (U_TASK (task));
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1000, NULL, NULL));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed timed-out");
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, U_WEB_SOCKET_CLOSE_CODE_ABNORMAL);
}

/* One that was never resumed has nothing to close. */
static void
test_close_fresh (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);

  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 1000, NULL, NULL));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "completed cancelled");
  g_assert_cmpuint (web_socket_count_requests (self), ==, 0);
}

/* One that does not close its side, as it should: RFC 6455 section 7.1.1. */
static void
serve_stubborn (WebSocketConnection *connection)
{
  GBytes *bytes;
  guint opcode;

  web_socket_accept (connection, "");
  while ((bytes = web_socket_read (connection, &opcode)) != NULL)
    g_bytes_unref (bytes);
}

/* Rule 250. */
static void
test_cancel (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_stubborn);
  g_autoptr (GAsyncResult) pending = NULL;
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  web_socket_send (self, task, "hello");
  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &pending);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  web_socket_assert_came (self, "text hello");
  web_socket_assert_came (self, "close 1001 ");
  web_socket_assert_came (self, "end");
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed cancelled");
  u_test_signal_log_assert_empty (self->scene.log);
  g_assert_null (u_web_socket_task_receive_finish (task, pending, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, 0);
}

/* The same with unread bytes of the server in the way, which would make the system forget what was sent last. */
static void
serve_noise (WebSocketConnection *connection)
{
  g_autofree char *text = g_strnfill (100000, 'x');

  web_socket_accept (connection, "");
  for (guint i = 0; i < 5; i++)
    web_socket_write_text (connection, text);
  web_socket_read_all (connection);
}

static void
test_cancel_unread (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_noise);

  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, u_task_get_bytes_received (U_TASK (task)) >= 200000);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  web_socket_assert_came (self, "close 1001 ");
}

/* Rule 251. */
static void
test_bad_codes (WebSocketScene *self, gconstpointer data)
{
  static const guint codes[] = { 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 70000 };
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);
  g_autofree char *longest = g_strnfill (123, 'x');
  g_autofree char *too_long = g_strnfill (124, 'x');
  g_autofree char *expected = g_strconcat ("close 3000 ", longest, NULL);

  u_task_resume (U_TASK (task));
  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (u_web_socket_task_cancel_with_close_code (task, codes[i], NULL, &error));
      g_assert_error (error, U_ERROR, U_ERROR_UNKNOWN);
    }
  g_assert_false (u_web_socket_task_cancel_with_close_code (task, 1000, too_long, NULL));
  g_assert_false (u_web_socket_task_cancel_with_close_code (task, 1000, "\xff", NULL));
  web_socket_send (self, task, "still there");
  web_socket_assert_came (self, "text still there");
  web_socket_assert_text (self, task, "still there");
  g_assert_true (u_web_socket_task_cancel_with_close_code (task, 3000, longest, NULL));
  u_test_scene_finish (&self->scene, U_TASK (task));
  web_socket_assert_came (self, expected);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, 3000);
  g_assert_cmpstr (u_web_socket_task_get_close_reason (task), ==, longest);
}

static void
serve_large (WebSocketConnection *connection)
{
  g_autofree char *text = g_strnfill (600, 'x');

  web_socket_accept (connection, "");
  web_socket_write_frame (connection, 0x81, text, 600);
  web_socket_write_frame (connection, 0x01, text, 600);
  web_socket_write_frame (connection, 0x80, text, 600);
  web_socket_read_all (connection);
}

/* Rule 252. */
static void
test_too_large (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_large);
  g_autoptr (UWebSocketMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (u_web_socket_task_get_maximum_message_size (task), ==, 1024 * 1024);
  u_web_socket_task_set_maximum_message_size (task, 1000);
  u_task_resume (U_TASK (task));
  message = web_socket_receive (self, task, &error);
  g_assert_no_error (error);
  g_assert_null (web_socket_receive (self, task, &error));
  g_assert_error (error, U_ERROR, U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM);
  g_assert_nonnull (strstr (error->message, "maximum-message-size"));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed data-length-exceeds-maximum");
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, U_WEB_SOCKET_CLOSE_CODE_MESSAGE_TOO_BIG);
  web_socket_assert_came (self, "close 1009 ");
}

typedef struct
{
  const char *name;
  const char *bytes;
  gsize length;
  guint code;
} Violation;

#define BYTES(s) s, sizeof (s) - 1

static const Violation violations[] = {
  { "text-that-is-not-utf8", BYTES ("\x81\x02\xc3\x28"), 1007 },
  { "reason-that-is-not-utf8", BYTES ("\x88\x03\x03\xe8\xff"), 1007 },
  { "rsv1", BYTES ("\xc1\x00"), 1002 },
  { "rsv2", BYTES ("\xa1\x00"), 1002 },
  { "rsv3", BYTES ("\x91\x00"), 1002 },
  { "opcode-3", BYTES ("\x83\x00"), 1002 },
  { "opcode-11", BYTES ("\x8b\x00"), 1002 },
  { "masked", BYTES ("\x81\x81\x01\x02\x03\x04" "I"), 1002 },
  { "continuation-of-nothing", BYTES ("\x80\x00"), 1002 },
  { "message-inside-of-a-message", BYTES ("\x01\x00\x81\x00"), 1002 },
  { "ping-in-fragments", BYTES ("\x09\x00"), 1002 },
  { "long-ping", BYTES ("\x89\x7e\x00\x7e"), 1002 },
  { "close-with-one-byte", BYTES ("\x88\x01\x03"), 1002 },
  { "close-with-1005", BYTES ("\x88\x02\x03\xed"), 1002 },
  { "close-with-65535", BYTES ("\x88\x02\xff\xff"), 1002 },
  { "length-not-minimal", BYTES ("\x82\x7e\x00\x01x"), 1002 },
  { "length-of-2-to-the-63", BYTES ("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), 1002 },
};

static void
serve_violation (WebSocketConnection *connection)
{
  const Violation *violation = connection->peer->data;

  web_socket_accept (connection, "");
  web_socket_write_text (connection, "fine");
  web_socket_write (connection, violation->bytes, violation->length);
  web_socket_read_all (connection);
}

/* Rule 253, and all of RFC 6455 section 5. */
static void
test_violation (WebSocketScene *self, gconstpointer data)
{
  const Violation *violation = data;
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_violation);
  g_autofree char *expected = g_strdup_printf ("close %u ", violation->code);
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  web_socket_assert_text (self, task, "fine");
  g_assert_null (web_socket_receive (self, task, &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed bad-server-response");
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, violation->code);
  web_socket_assert_came (self, expected);
}

static void
serve_reset (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_wait (connection);
}

/* A message that the connection does not take any more is not said to be sent. */
static void
test_lost_while_sending (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_reset);
  g_autofree char *zeros = g_malloc0 (64 * 1024 * 1024);
  g_autoptr (GBytes) bytes = g_bytes_new (zeros, 64 * 1024 * 1024);
  g_autoptr (GAsyncResult) sent = NULL;
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  u_web_socket_task_send_bytes_async (task, bytes, NULL, u_test_take_result, &sent);
  u_test_wait_until (self->scene.context, u_test_signal_log_count (self->scene.log, "opened") > 0);
  u_test_scene_round_trip (&self->scene);
  g_assert_null (sent);
  web_socket_release (self);
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_false (u_web_socket_task_send_bytes_finish (task, sent, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
serve_refusal (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_close (connection, 1009, "too large for me");
}

/* What the server said before it went counts, also for who was just speaking. */
static void
test_closed_while_sending (WebSocketScene *self, gconstpointer data)
{
  g_autofree char *zeros = g_malloc0 (64 * 1024 * 1024);
  g_autoptr (GBytes) bytes = g_bytes_new (zeros, 64 * 1024 * 1024);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_refusal);
      g_autoptr (GAsyncResult) sent = NULL;

      u_web_socket_task_send_bytes_async (task, bytes, NULL, u_test_take_result, &sent);
      u_task_resume (U_TASK (task));
      u_test_scene_finish (&self->scene, U_TASK (task));
      g_assert_false (u_web_socket_task_send_bytes_finish (task, sent, NULL));
      g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, 1009);
      g_assert_no_error (u_task_get_error (U_TASK (task)));
    }
}

static void
test_invalidate (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_sink);

  u_task_resume (U_TASK (task));
  web_socket_send (self, task, "hello");
  web_socket_assert_came (self, "text hello");
  u_session_invalidate_and_cancel (self->scene.session);
  u_test_scene_finish (&self->scene, U_TASK (task));
  web_socket_assert_came (self, "close 1001 ");
  u_test_signal_log_assert_next (self->scene.log, "opened “(null)”");
  u_test_signal_log_assert_next (self->scene.log, "completed cancelled");
}

/* A handler that ends what it hears of. */
static void
cancel_cb (UTask *task)
{
  u_task_cancel (task);
}

static void
test_cancel_inside (WebSocketScene *self, gconstpointer data)
{
  static const char * const signals[] = { "opened", "message", "closed" };

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr (UWebSocketTask) task = web_socket_new_task (self, i == 2 ? serve_goodbye : serve_noise);

      g_signal_connect (task, signals[i], G_CALLBACK (cancel_cb), NULL);
      u_task_resume (U_TASK (task));
      u_test_scene_finish (&self->scene, U_TASK (task));
      g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_CANCELLED);
      g_assert_cmpuint (u_test_signal_log_count (self->scene.log, "opened"), ==, 1);
      g_assert_cmpuint (u_test_signal_log_count (self->scene.log, "completed"), ==, 1);
      u_test_signal_log_clear (self->scene.log);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD_WEB_SOCKET ("/web-socket-close/r242-r246-server-closes", NULL, test_server_closes);
  ADD_WEB_SOCKET ("/web-socket-close/r242-no-status", NULL, test_no_status);
  ADD_WEB_SOCKET ("/web-socket-close/r243-connection-ends", NULL, test_connection_ends);
  ADD_WEB_SOCKET ("/web-socket-close/r249-close", NULL, test_close);
  ADD_WEB_SOCKET ("/web-socket-close/r249-without-answer", NULL, test_close_without_answer);
  ADD_WEB_SOCKET ("/web-socket-close/r249-timeout", NULL, test_close_timeout);
  ADD_WEB_SOCKET ("/web-socket-close/r249-fresh", NULL, test_close_fresh);
  ADD_WEB_SOCKET ("/web-socket-close/r250-cancel", NULL, test_cancel);
  ADD_WEB_SOCKET ("/web-socket-close/r250-cancel-with-unread-bytes", NULL, test_cancel_unread);
  ADD_WEB_SOCKET ("/web-socket-close/r250-invalidate", NULL, test_invalidate);
  ADD_WEB_SOCKET ("/web-socket-close/r250-cancel-inside-of-handlers", NULL, test_cancel_inside);
  ADD_WEB_SOCKET ("/web-socket-close/r251-bad-codes", NULL, test_bad_codes);
  ADD_WEB_SOCKET ("/web-socket-close/r252-too-large", NULL, test_too_large);
  for (gsize i = 0; i < G_N_ELEMENTS (violations); i++)
    {
      g_autofree char *path = g_strconcat ("/web-socket-close/r253-violation/", violations[i].name, NULL);

      ADD_WEB_SOCKET (path, &violations[i], test_violation);
    }
  ADD_WEB_SOCKET ("/web-socket-close/lost-while-sending", NULL, test_lost_while_sending);
  ADD_WEB_SOCKET ("/web-socket-close/r242-closed-while-sending", NULL, test_closed_while_sending);

  return g_test_run ();
}

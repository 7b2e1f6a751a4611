/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "web-socket-fixture.h"

#include <string.h>

/* How WebSockets begin: as a request like every other. */

static void
assert_head_has (WebSocketScene *self, guint position, const char *line, gboolean expected)
{
  g_autofree char *head = web_socket_dup_head (self, position);
  g_autofree char *whole = g_strconcat ("\r\n", line, "\r\n", NULL);

  if ((strstr (head, whole) != NULL) != expected)
    g_error ("“%s” is %s in: %s", line, expected ? "not" : "there", head);
}

static void
answer (WebSocketConnection *connection, const char *text)
{
  web_socket_write (connection, text, strlen (text));
}

static void
serve_cookies (WebSocketConnection *connection)
{
  web_socket_accept (connection, "Set-Cookie: seat=12; Path=/\r\nSet-Cookie: other=x; Secure\r\n");
  web_socket_read_all (connection);
}

/* Rule 165. */
static void
test_cookies (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_ephemeral ();
  g_autoptr (UCookieStorage) storage = u_cookie_storage_new (NULL);
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", self->peer.port);
  g_autoptr (UHeaders) headers = u_headers_new ();
  g_autoptr (UWebSocketTask) task = NULL;
  g_autoptr (UWebSocketTask) again = NULL;

  u_session_configuration_set_cookie_storage (configuration, storage);
  u_headers_append (headers, "Set-Cookie", "ticket=abc; Path=/; HttpOnly", NULL);
  g_assert_true (u_cookie_storage_set_cookies_for_headers (storage, uri, NULL, headers,
                                                           U_COOKIE_ACCEPT_POLICY_ALWAYS, NULL));
  u_test_scene_configure (&self->scene, configuration);
  task = web_socket_new_task (self, serve_cookies);
  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, u_test_signal_log_count (self->scene.log, "opened") == 1);
  assert_head_has (self, 0, "Cookie: ticket=abc", TRUE);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));

  /* What came with the answer is stored; a connection that is not secure sets no cookie for those that are. */
  again = web_socket_new_task (self, serve_cookies);
  u_task_resume (U_TASK (again));
  u_test_wait_until (self->scene.context, u_test_signal_log_count (self->scene.log, "opened") == 2);
  assert_head_has (self, 1, "Cookie: ticket=abc; seat=12", TRUE);
  u_task_cancel (U_TASK (again));
  u_test_scene_finish (&self->scene, U_TASK (again));
}

static void
test_request (WebSocketScene *self, gconstpointer data)
{
  g_autofree char *uri = web_socket_dup_uri (self, "/a%2Fb?c");
  g_autofree char *host = g_strdup_printf ("Host: 127.0.0.1:%u", self->peer.port);
  g_autofree char *head = NULL;
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (UWebSocketTask) task = NULL;

  u_headers_set (u_request_get_headers (request), "Origin", "https://example.org", NULL);
  u_headers_set (u_request_get_headers (request), "X-Mine", "1", NULL);
  u_headers_set (u_request_get_headers (request), "Connection", "close", NULL);
  u_request_set_method (request, "POST");
  task = u_session_create_web_socket_task (self->scene.session, request);
  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, u_task_get_response (U_TASK (task)) != NULL);
  head = web_socket_dup_head (self, 0);
  g_assert_true (g_str_has_prefix (head, "GET /a%2Fb?c HTTP/1.1\r\n"));
  assert_head_has (self, 0, host, TRUE);
  assert_head_has (self, 0, "Connection: Upgrade", TRUE);
  assert_head_has (self, 0, "Connection: close", FALSE);
  assert_head_has (self, 0, "Origin: https://example.org", TRUE);
  assert_head_has (self, 0, "X-Mine: 1", TRUE);
  assert_head_has (self, 0, "Sec-WebSocket-Extensions: permessage-deflate", TRUE);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

/* Rule 241: what opens says so once, what does not, not at all; rule 244: the response is there. */
typedef struct
{
  const char *name;
  const char *answer;
  UError error;
  guint status;               /* 0: there is no response */
} Refusal;

#define UPGRADE "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

static const Refusal refusals[] = {
  { "nothing", "", U_ERROR_BAD_SERVER_RESPONSE, 0 },
  { "half-a-head", "HTTP/1.1 101 Switching Protocols\r\nUpgr", U_ERROR_BAD_SERVER_RESPONSE, 0 },
  { "no-http", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", U_ERROR_BAD_SERVER_RESPONSE, 0 },
  { "status-200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", U_ERROR_BAD_SERVER_RESPONSE, 200 },
  { "status-404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", U_ERROR_BAD_SERVER_RESPONSE, 404 },
  { "status-426", "HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\n\r\n", U_ERROR_BAD_SERVER_RESPONSE, 426 },
  { "no-accept", UPGRADE "\r\n", U_ERROR_BAD_SERVER_RESPONSE, 0 },
  { "wrong-accept", UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", U_ERROR_BAD_SERVER_RESPONSE,
    0 },
};

static void
serve_refusal (WebSocketConnection *connection)
{
  const Refusal *refusal = connection->peer->data;

  answer (connection, refusal->answer);
}

static void
test_refusal (WebSocketScene *self, gconstpointer data)
{
  const Refusal *refusal = data;
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_refusal);
  g_autoptr (GAsyncResult) pending = NULL;
  g_autoptr (GError) error = NULL;
  UResponse *response;

  u_web_socket_task_receive_async (task, NULL, u_test_take_result, &pending);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "completed bad-server-response");
  u_test_signal_log_assert_empty (self->scene.log);
  g_assert_null (u_web_socket_task_receive_finish (task, pending, &error));
  g_assert_error (error, U_ERROR, (int) refusal->error);
  g_assert_cmpuint (u_web_socket_task_get_close_code (task), ==, 0);
  response = u_task_get_response (U_TASK (task));
  if (refusal->status == 0)
    g_assert_null (response);
  else
    g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (response)), ==, refusal->status);
}

static void
test_no_server (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, web_socket_serve_echo);

  web_socket_peer_refuse (&self->peer);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "completed cannot-connect-to-host");
}

static void
serve_protocol (WebSocketConnection *connection)
{
  g_autofree char *field = g_strdup_printf ("Sec-WebSocket-Protocol: %s\r\n", (const char *) connection->peer->data);

  web_socket_accept (connection, field);
  web_socket_read_all (connection);
}

/* Rule 254. */
static void
test_protocol (WebSocketScene *self, gconstpointer data)
{
  static const char * const offers[] = { "v2.chat", "v1.chat", NULL };
  g_autofree char *uri = web_socket_dup_uri (self, "/");
  g_autofree char *opened = g_strdup_printf ("opened “%s”", (const char *) data);
  g_autoptr (UWebSocketTask) task = NULL;

  self->peer.serve = serve_protocol;
  task = u_session_create_web_socket_task_for_uri (self->scene.session, uri, offers);
  web_socket_watch (self, task);
  u_test_signal_log_watch_notify (self->scene.log, task, "protocol");
  u_task_resume (U_TASK (task));
  if (strcmp (data, "v1.chat") != 0)
    {
      u_test_scene_finish (&self->scene, U_TASK (task));
      u_test_signal_log_assert_next (self->scene.log, "completed bad-server-response");
      u_test_signal_log_assert_empty (self->scene.log);
      g_assert_null (u_web_socket_task_get_protocol (task));
      return;
    }

  u_test_wait_until (self->scene.context, u_test_signal_log_count (self->scene.log, "opened") > 0);
  u_test_signal_log_assert_next (self->scene.log, "notify::protocol");
  u_test_signal_log_assert_next (self->scene.log, opened);
  assert_head_has (self, 0, "Sec-WebSocket-Protocol: v2.chat, v1.chat", TRUE);
  g_assert_cmpstr (u_web_socket_task_get_protocol (task), ==, data);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
test_bad_protocol (WebSocketScene *self, gconstpointer data)
{
  static const char * const bad[][3] = { { "a b", NULL }, { "a", "a", NULL }, { "a\r\nX: y", NULL } };
  g_autofree char *uri = web_socket_dup_uri (self, "/");

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (UWebSocketTask) task =
        u_session_create_web_socket_task_for_uri (self->scene.session, uri, bad[i]);

      u_task_resume (U_TASK (task));
      u_test_scene_finish (&self->scene, U_TASK (task));
      g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_BAD_HEADER);
    }
  g_assert_cmpuint (web_socket_count_requests (self), ==, 0);
}

static void
serve_nothing (WebSocketConnection *connection)
{
  web_socket_wait (connection);
}

/* Rule 255: the timeout of the request is that of the handshake, and of nothing else. */
static void
test_timeout (WebSocketScene *self, gconstpointer data)
{
  g_autofree char *uri = web_socket_dup_uri (self, "/");
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (UWebSocketTask) task = NULL;
  g_autoptr (UWebSocketTask) other = NULL;
  g_autoptr (UTask) stalled = NULL;

  u_request_set_timeout (request, 0.3);
  self->peer.serve = serve_nothing;
  task = u_session_create_web_socket_task (self->scene.session, request);
  web_socket_watch (self, task);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_signal_log_assert_next (self->scene.log, "completed timed-out");
  u_test_signal_log_assert_empty (self->scene.log);

  self->peer.serve = web_socket_serve_echo;
  other = u_session_create_web_socket_task (self->scene.session, request);
  u_task_resume (U_TASK (other));
  web_socket_send (self, other, "open");
  /* Another one that times out, with a timer that was set later: this one has been silent for as long. */
  {
    g_autoptr (URequest) slow = u_test_scene_new_request (&self->scene, "/stall");

    u_request_set_timeout (slow, 0.6);
    stalled = U_TASK (u_session_create_data_task (self->scene.session, slow));
    u_task_resume (stalled);
    u_test_scene_finish (&self->scene, stalled);
    g_assert_error (u_task_get_error (stalled), U_ERROR, U_ERROR_TIMED_OUT);
  }
  u_test_assert_state (U_TASK (other), U_TASK_STATE_RUNNING);
  web_socket_assert_text (self, other, "open");
  u_task_cancel (U_TASK (other));
  u_test_scene_finish (&self->scene, U_TASK (other));
}

static void
serve_redirect (WebSocketConnection *connection)
{
  g_autofree char *redirect = NULL;

  if (g_str_has_prefix (connection->head, "GET /new "))
    {
      web_socket_serve_echo (connection);
      return;
    }
  /* As a server of HTTP calls itself. */
  redirect = g_strdup_printf ("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%u/new\r\n"
                              "Content-Length: 5\r\n\r\nmoved", connection->peer->port);
  answer (connection, redirect);
}

static gboolean
redirect_cb (UTask *task, URedirectDecision *decision, guint *n_asked)
{
  (*n_asked)++;
  u_redirect_decision_follow (decision);

  return TRUE;
}

static gboolean
deliver_cb (UTask *task, URedirectDecision *decision, gpointer data)
{
  u_redirect_decision_deliver_response (decision);

  return TRUE;
}

/* Rule 256. */
static void
test_redirect (WebSocketScene *self, gconstpointer data)
{
  g_autofree char *expected = web_socket_dup_uri (self, "/new");
  g_autoptr (UWebSocketTask) plain = web_socket_new_task (self, serve_redirect);
  g_autoptr (UWebSocketTask) asked = web_socket_new_task (self, serve_redirect);
  g_autoptr (UWebSocketTask) delivered = web_socket_new_task (self, serve_redirect);
  UWebSocketTask *tasks[] = { plain, asked };
  guint n_asked = 0;

  g_signal_connect (asked, "decide-redirect", G_CALLBACK (redirect_cb), &n_asked);
  for (gsize i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      u_task_resume (U_TASK (tasks[i]));
      web_socket_send (self, tasks[i], "found");
      web_socket_assert_text (self, tasks[i], "found");
      g_assert_cmpstr (u_request_get_uri (u_task_get_current_request (U_TASK (tasks[i]))), ==, expected);
      u_task_cancel (U_TASK (tasks[i]));
      u_test_scene_finish (&self->scene, U_TASK (tasks[i]));
    }
  g_assert_cmpuint (n_asked, ==, 1);

  g_signal_connect (delivered, "decide-redirect", G_CALLBACK (deliver_cb), NULL);
  u_task_resume (U_TASK (delivered));
  u_test_scene_finish (&self->scene, U_TASK (delivered));
  g_assert_error (u_task_get_error (U_TASK (delivered)), U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (delivered)))), ==,
                    307);
}

static void
serve_basic (WebSocketConnection *connection)
{
  /* anna:secret */
  if (strstr (connection->head, "\r\nAuthorization: Basic YW5uYTpzZWNyZXQ=\r\n") != NULL)
    web_socket_serve_echo (connection);
  else
    answer (connection, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"chat\"\r\n"
                        "Content-Length: 3\r\n\r\nno\n");
}

static gboolean
challenge_cb (UTask *task, UAuthenticationChallenge *challenge, guint *n_asked)
{
  g_autoptr (UCredential) credential = u_credential_new ("anna", "secret", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);

  (*n_asked)++;
  u_authentication_challenge_use_credential (challenge, credential);

  return TRUE;
}

static void
test_challenge (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_basic);
  g_autoptr (UWebSocketTask) refused = web_socket_new_task (self, serve_basic);
  g_autoptr (UWebSocketTask) again = web_socket_new_task (self, serve_basic);
  guint n_asked = 0;

  u_task_resume (U_TASK (refused));
  u_test_scene_finish (&self->scene, U_TASK (refused));
  g_assert_error (u_task_get_error (U_TASK (refused)), U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (refused)))), ==,
                    401);

  g_signal_connect (task, "challenge", G_CALLBACK (challenge_cb), &n_asked);
  u_task_resume (U_TASK (task));
  web_socket_send (self, task, "let in");
  web_socket_assert_text (self, task, "let in");
  g_assert_cmpuint (n_asked, ==, 1);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));

  /* What let one in lets the next one in, without a question. */
  u_task_resume (U_TASK (again));
  web_socket_send (self, again, "let in, too");
  web_socket_assert_text (self, again, "let in, too");
  g_assert_cmpuint (web_socket_count_requests (self), ==, 4);
  u_task_cancel (U_TASK (again));
  u_test_scene_finish (&self->scene, U_TASK (again));
}

static void
serve_hints (WebSocketConnection *connection)
{
  answer (connection, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  web_socket_serve_echo (connection);
}

static void
test_informational (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_hints);

  u_task_resume (U_TASK (task));
  web_socket_send (self, task, "hello");
  web_socket_assert_text (self, task, "hello");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
serve_deflate (WebSocketConnection *connection)
{
  web_socket_accept (connection, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n");
  /* RFC 7692 section 7.2.3.1: "Hello" */
  web_socket_write_frame (connection, 0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  web_socket_write_frame (connection, 0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  web_socket_read_all (connection);
}

static void
test_compression (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_deflate);
  g_autoptr (UWebSocketTask) without = NULL;
  g_autofree char *text = g_strnfill (1000, 'x');

  u_web_socket_task_set_uses_compression (task, TRUE);
  u_task_resume (U_TASK (task));
  web_socket_assert_text (self, task, "Hello");
  web_socket_assert_text (self, task, "Hello");
  web_socket_send (self, task, text);
  g_assert_cmpuint (web_socket_measure_came (self), <, 100);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));

  /* A server that uses what was not offered has broken the protocol. */
  without = web_socket_new_task (self, serve_deflate);
  u_task_resume (U_TASK (without));
  u_test_scene_finish (&self->scene, U_TASK (without));
  g_assert_error (u_task_get_error (U_TASK (without)), U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
  assert_head_has (self, 1, "Sec-WebSocket-Extensions: permessage-deflate", FALSE);
}

static void
test_schemes (WebSocketScene *self, gconstpointer data)
{
  static const struct
  {
    const char *uri;
    gboolean web_socket;
    UError code;
  } cases[] = {
    { "http://127.0.0.1/", TRUE, U_ERROR_UNSUPPORTED_URL },
    { "file:///etc/passwd", TRUE, U_ERROR_UNSUPPORTED_URL },
    { "ws://", TRUE, U_ERROR_BAD_URL },
    { "not a url", TRUE, U_ERROR_BAD_URL },
    { "ws://127.0.0.1/", FALSE, U_ERROR_UNSUPPORTED_URL },
    { "wss://127.0.0.1/", FALSE, U_ERROR_UNSUPPORTED_URL },
    { "ws://example.com/", TRUE, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UTask) task = NULL;

      g_test_message ("%s", cases[i].uri);
      if (cases[i].web_socket)
        task = U_TASK (u_session_create_web_socket_task_for_uri (self->scene.session, cases[i].uri, NULL));
      else
        task = U_TASK (u_session_create_data_task_for_uri (self->scene.session, cases[i].uri));
      u_task_resume (task);
      u_test_scene_finish (&self->scene, task);
      g_assert_error (u_task_get_error (task), U_ERROR, (int) cases[i].code);
    }
}

/* Rule 218: not in the background. */
static void
test_background (WebSocketScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_background ("org.example.Test");
  g_autoptr (UWebSocketTask) task = NULL;

  u_test_scene_configure (&self->scene, configuration);
  task = web_socket_new_task (self, web_socket_serve_echo);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION);
  g_assert_cmpuint (web_socket_count_requests (self), ==, 0);
}

static void
serve_cancelled (WebSocketConnection *connection)
{
  web_socket_read_all (connection);
}

/* At any moment of the handshake. */
static void
test_cancel (WebSocketScene *self, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (UWebSocketTask) task = web_socket_new_task (self, serve_cancelled);

      u_task_resume (U_TASK (task));
      if (i == 1)
        u_test_scene_round_trip (&self->scene);
      if (i == 2)
        u_test_wait_until (self->scene.context, web_socket_count_requests (self) > 0);
      u_task_cancel (U_TASK (task));
      u_test_scene_finish (&self->scene, U_TASK (task));
      u_test_signal_log_assert_next (self->scene.log, "completed cancelled");
      u_test_signal_log_assert_empty (self->scene.log);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD_WEB_SOCKET ("/web-socket-handshake/r165-cookies", NULL, test_cookies);
  ADD_WEB_SOCKET ("/web-socket-handshake/request", NULL, test_request);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/web-socket-handshake/r241-r244-refusal/", refusals[i].name, NULL);

      ADD_WEB_SOCKET (path, &refusals[i], test_refusal);
    }
  ADD_WEB_SOCKET ("/web-socket-handshake/r244-no-server", NULL, test_no_server);
  ADD_WEB_SOCKET ("/web-socket-handshake/r254-protocol", "v1.chat", test_protocol);
  ADD_WEB_SOCKET ("/web-socket-handshake/r254-protocol-not-offered", "v3.chat", test_protocol);
  ADD_WEB_SOCKET ("/web-socket-handshake/r254-bad-protocol", NULL, test_bad_protocol);
  ADD_WEB_SOCKET ("/web-socket-handshake/r255-timeout", NULL, test_timeout);
  ADD_WEB_SOCKET ("/web-socket-handshake/r256-redirect", NULL, test_redirect);
  ADD_WEB_SOCKET ("/web-socket-handshake/challenge", NULL, test_challenge);
  ADD_WEB_SOCKET ("/web-socket-handshake/informational", NULL, test_informational);
  ADD_WEB_SOCKET ("/web-socket-handshake/compression", NULL, test_compression);
  ADD_WEB_SOCKET ("/web-socket-handshake/schemes", NULL, test_schemes);
  ADD_WEB_SOCKET ("/web-socket-handshake/r218-background", NULL, test_background);
  ADD_WEB_SOCKET ("/web-socket-handshake/cancel", NULL, test_cancel);

  return g_test_run ();
}

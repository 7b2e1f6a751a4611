/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-headers.h"
#include "urlsession/session/u-session-private.h"
#include "urlsession/task/u-web-socket-task-private.h"

/**
 * u_session_create_web_socket_task:
 * @self: a session
 * @request: where to, copied: a URL that begins with `wss:` or `ws:`
 *
 * Makes a task for a connection over which both sides send messages.
 *
 * It begins suspended: connect to its signals, then call [method@Task.resume]. This never fails; what is wrong with the
 * request or the session is the error of the task.
 *
 * The subprotocols to offer are in the field `Sec-WebSocket-Protocol` of the request, with commas, the best one first.
 * A server that wants to know which page it is asked from looks at its field `Origin`. The method and the body of the
 * request do not count, and its timeout holds until the server has agreed.
 *
 * Returns: (transfer full): a task
 */
UWebSocketTask *
u_session_create_web_socket_task (USession *self, URequest *request)
{
  UTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);

  task = u_web_socket_task_new (self, &u_session_task_host, request, u_session_get_refusal (self));
  u_session_add_task (self, task);

  return U_WEB_SOCKET_TASK (task);
}

/**
 * u_session_create_web_socket_task_for_uri:
 * @self: a session
 * @uri: a URL that begins with `wss:` or `ws:`
 * @protocols: (nullable) (array zero-terminated=1): the subprotocols to offer, the best one first
 *
 * Makes a task for a WebSocket; see [method@Session.create_web_socket_task].
 *
 * A name of a subprotocol that is not a token fails the task with `U_ERROR_BAD_HEADER`.
 *
 * Returns: (transfer full): a task
 */
UWebSocketTask *
u_session_create_web_socket_task_for_uri (USession *self, const char *uri, const char * const *protocols)
{
  g_autoptr (URequest) request = NULL;
  g_autoptr (GError) error = NULL;
  UTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);

  request = u_request_new (uri);
  error = u_session_get_refusal (self);
  if (protocols != NULL && *protocols != NULL)
    {
      g_autofree char *list = g_strjoinv (", ", (char **) protocols);
      g_autoptr (GError) bad = NULL;

      if (!u_headers_set (u_request_get_headers (request), "Sec-WebSocket-Protocol", list, &bad) && error == NULL)
        error = g_steal_pointer (&bad);
    }
  task = u_web_socket_task_new (self, &u_session_task_host, request, g_steal_pointer (&error));
  u_session_add_task (self, task);

  return U_WEB_SOCKET_TASK (task);
}

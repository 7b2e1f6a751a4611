/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/message/u-request.h"
#include "urlsession/session/u-session-private.h"
#include "urlsession/task/u-stream-task-private.h"

/**
 * u_session_create_stream_task:
 * @self: a session
 * @host_name: a name or an address; one of IPv6 with brackets or without
 * @port: 1 to 65535
 *
 * Makes a task for a connection, to read from and to write to.
 *
 * It begins suspended, and is not secure before [method@StreamTask.start_secure_connection]. This never fails; what is
 * wrong with the host, the port or the session is the error of the task.
 *
 * Its URL is `tcp://host:port`; nothing else loads such URLs. The request timeout of the session is for the connection,
 * the resource timeout is not used.
 *
 * Returns: (transfer full): a task
 */
UStreamTask *
u_session_create_stream_task (USession *self, const char *host_name, guint port)
{
  g_autoptr (URequest) request = NULL;
  g_autofree char *uri = NULL;
  GError *error;
  UStreamTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (host_name != NULL, NULL);

  error = u_session_get_refusal (self);
  if (g_str_has_prefix (host_name, "[") || strchr (host_name, ':') == NULL)
    uri = g_strdup_printf ("tcp://%s:%u", host_name, port);
  else
    uri = g_strdup_printf ("tcp://[%s]:%u", host_name, port);
  if (error == NULL && (port == 0 || port > G_MAXUINT16))
    error = g_error_new (U_ERROR, U_ERROR_BAD_URL, "There is no port %u to connect to at %s: it is 1 to 65535.", port,
                         host_name);
  else if (error == NULL && (*host_name == '\0' || strpbrk (host_name, "/?#@ ") != NULL))
    error = g_error_new (U_ERROR, U_ERROR_BAD_URL, "“%s” is not the name of a host.", host_name);
  request = u_request_new (uri);
  u_request_set_handles_cookies (request, FALSE);
  task = u_stream_task_new (self, &u_session_task_host, request, error);
  u_session_add_task (self, U_TASK (task));

  return task;
}

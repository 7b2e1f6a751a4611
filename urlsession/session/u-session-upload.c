/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session.h"

#include "urlsession/session/u-session-private.h"
#include "urlsession/task/u-upload-task-private.h"

/**
 * u_session_create_upload_task:
 * @self: a session
 * @request: what to load, with the body to send; copied
 *
 * Makes a task that sends a body.
 *
 * Returns: (transfer full): a task
 */
UUploadTask *
u_session_create_upload_task (USession *self, URequest *request)
{
  UUploadTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);

  task = u_upload_task_new (self, &u_session_task_host, request, u_session_get_refusal (self));
  u_session_add_task (self, U_TASK (task));

  return task;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session.h"

#include "urlsession/message/u-request-private.h"
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

/**
 * u_session_create_upload_task_with_streamed_request:
 * @self: a session
 * @request: what to load; copied
 *
 * Makes a task that sends a body for which [signal@Task::need-body-stream] asks before the first byte.
 *
 * A stream that @request has is sent if nobody answers; a body of another kind is not used. The length is that of the
 * stream of @request, or the `Content-Length` among its headers, or unknown.
 *
 * Returns: (transfer full): a task
 */
UUploadTask *
u_session_create_upload_task_with_streamed_request (USession *self, URequest *request)
{
  g_autoptr (URequestData) data = NULL;
  g_autoptr (URequestData) streamed = NULL;
  g_autoptr (UBodySource) source = NULL;
  g_autoptr (URequest) copy = NULL;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);

  data = u_request_ref_data (request);
  if (data->body_kind == U_BODY_SOURCE)
    source = u_body_source_new (u_body_source_get_stream (data->body_source),
                                u_body_source_get_length (data->body_source), TRUE);
  else
    source = u_body_source_new (NULL, -1, TRUE);
  streamed = u_request_data_copy (data);
  u_request_data_set_body_source (streamed, source);
  copy = u_request_new_from_data (streamed);

  return u_session_create_upload_task (self, copy);
}

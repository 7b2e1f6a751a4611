/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session.h"

#include "urlsession/message/u-request-private.h"
#include "urlsession/base/u-error.h"
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

/* @request with another body; without a method for one it is POST. */
static URequest *
copy_for_body (URequest *request)
{
  URequest *copy = u_request_copy (request);

  if (g_str_equal (u_request_get_method (copy), "GET"))
    u_request_set_method (copy, "POST");

  return copy;
}

static UUploadTask *
create (USession *self, URequest *request, GError *refusal)
{
  UUploadTask *task = u_upload_task_new (self, &u_session_task_host, request, refusal);

  u_session_add_task (self, U_TASK (task));

  return task;
}

/**
 * u_session_create_upload_task_for_file:
 * @self: a session
 * @request: where to send it, copied; `POST` if its method is `GET`
 * @file: what to send: a file with a local path
 *
 * Makes a task that sends a file, whatever body @request has.
 *
 * It begins suspended. The file is read when it is sent, piece by piece, and has to stay as it is until then: that it
 * is not there, not readable, or becomes another one is the error of the task. Without a `Content-Type` among the
 * headers that is what the name of the file says.
 *
 * Returns: (transfer full): a task
 */
UUploadTask *
u_session_create_upload_task_for_file (USession *self, URequest *request, GFile *file)
{
  g_autoptr (URequest) copy = NULL;
  g_autofree char *path = NULL;
  GError *refusal;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  copy = copy_for_body (request);
  refusal = u_session_get_refusal (self);
  path = g_file_get_path (file);
  if (path != NULL)
    u_request_set_body_file (copy, file, NULL);
  else if (refusal == NULL)
    refusal = g_error_new_literal (U_ERROR, U_ERROR_FILE_DOES_NOT_EXIST,
                                   "The file to send has no local path: send a stream of it instead.");

  return create (self, copy, refusal);
}

/**
 * u_session_create_upload_task_for_bytes:
 * @self: a session
 * @request: where to send them, copied; `POST` if its method is `GET`
 * @bytes: what to send
 *
 * Makes a task that sends bytes, whatever body @request has.
 *
 * It begins suspended. What the bytes are is said by a `Content-Type` among the headers of @request.
 *
 * Returns: (transfer full): a task
 */
UUploadTask *
u_session_create_upload_task_for_bytes (USession *self, URequest *request, GBytes *bytes)
{
  g_autoptr (URequest) copy = NULL;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);
  g_return_val_if_fail (bytes != NULL, NULL);

  copy = copy_for_body (request);
  u_request_set_body_bytes (copy, bytes, NULL);

  return create (self, copy, u_session_get_refusal (self));
}

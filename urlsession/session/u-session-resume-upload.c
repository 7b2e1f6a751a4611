/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-upload-resume-data-private.h"
#include "urlsession/session/u-session-private.h"
#include "urlsession/task/u-upload-task-private.h"

/* A fresh request says what is sent now; the file of the first one is good for it, too. */
static URequest *
choose_request (UUploadResumeData *data, URequest *fresh_request)
{
  g_autoptr (URequestData) fresh = NULL;

  if (fresh_request == NULL)
    return u_request_new_sealed (data->request);

  fresh = u_request_ref_data (fresh_request);
  if (fresh->body_kind != U_BODY_NONE || data->request->body_kind != U_BODY_FILE)
    return g_object_ref (fresh_request);

  fresh = u_request_data_unshare (g_steal_pointer (&fresh));
  fresh->body_kind = U_BODY_FILE;
  fresh->body_path = g_strdup (data->request->body_path);

  return u_request_new_sealed (fresh);
}

/* What is wrong with the body; what is right with it turns out when it is measured. */
static GError *
check_body (UUploadResumeData *data, URequest *request)
{
  g_autoptr (URequestData) sent = u_request_ref_data (request);
  gint64 length = u_request_data_get_body_length (sent);

  if (data->length == 0 || (sent->body_kind != U_BODY_NONE && (length < 0 || data->length < 0 ||
                                                               length == data->length)))
    return NULL;
  if (sent->body_kind == U_BODY_NONE)
    return g_error_new_literal (U_ERROR, U_ERROR_NOT_RESUMABLE,
                                "The upload cannot be resumed without its body: give a request that has it.");

  return g_error_new (U_ERROR, U_ERROR_NOT_RESUMABLE,
                      "The upload cannot be resumed with a body of %" G_GINT64_FORMAT " bytes: it had %"
                      G_GINT64_FORMAT " when it began.", length, data->length);
}

/**
 * u_session_resume_upload_task:
 * @self: a session
 * @resume_data: what an earlier task left
 * @fresh_request: (nullable): another request for the same upload, for instance with a new authorization, or with the
 *   body, where that was no file; %NULL for the one of the earlier task
 *
 * Makes a task that goes on with an upload.
 *
 * It begins suspended. The server is asked how much it has, and is given the rest. The body has to be the same as
 * before: that of a file is taken from the file, which must not have changed; any other has to come with
 * @fresh_request. Bytes that cannot be read as resume data, and those that were used before, are the error of the task,
 * `U_ERROR_NOT_RESUMABLE`; so is an upload that the server has forgotten.
 *
 * Resume data is a JSON object of a form that is described in the page on
 * [resumable uploads](resumable-uploads.html); it holds no passwords, cookies or authorizations. Those are in a file of
 * their own in the cache folder of the user, which only the user can read, and which goes with this call: resume data
 * is good for one task.
 *
 * Returns: (transfer full): a task
 */
UUploadTask *
u_session_resume_upload_task (USession *self, GBytes *resume_data, URequest *fresh_request)
{
  g_autoptr (UUploadResumeData) data = NULL;
  g_autoptr (URequest) request = NULL;
  g_autoptr (GError) error = NULL;
  UUploadTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (resume_data != NULL, NULL);
  g_return_val_if_fail (fresh_request == NULL || U_IS_REQUEST (fresh_request), NULL);

  error = u_session_get_refusal (self);
  if (error == NULL)
    data = u_upload_resume_data_parse (resume_data, &error);
  if (data != NULL)
    {
      request = choose_request (data, fresh_request);
      error = check_body (data, request);
    }
  /* What was forgotten can be made up for: that does not use up the data. */
  if (data != NULL && error == NULL && u_upload_resume_data_take_private (data, &error))
    {
      g_clear_object (&request);
      request = choose_request (data, fresh_request);
    }
  if (request == NULL)
    request = fresh_request != NULL ? g_object_ref (fresh_request) : u_request_new (NULL);

  task = u_upload_task_new_resumed (self, &u_session_task_host, request, data, g_steal_pointer (&error));
  u_session_add_task (self, U_TASK (task));

  return task;
}

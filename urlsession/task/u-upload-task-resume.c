/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/base/u-worker-private.h"
#include "urlsession/task/u-upload-task-private.h"

/* Uploads that go on after a break: what the application has to do with it. */

void
u_upload_task_resume_install (GObjectClass *object_class, guint resumable_id, guint resume_data_id)
{
  /**
   * UUploadTask:resumable: (getter get_resumable) (setter set_resumable)
   *
   * Whether the upload may go on where its connection broke, if the server can do that.
   *
   * The request says so with `Upload-Complete: ?1` and `Upload-Draft-Interop-Version: 6`
   * (draft-ietf-httpbis-resumable-upload); a server that knows nothing of it takes the upload as any other. One that
   * offers to go on, with a response of the status 104, is asked after a break how much it has, and is given the rest,
   * without a word to the application. See [resumable uploads](resumable-uploads.html).
   *
   * To be set before the task is resumed: later it is a programming error, reported with g_critical(). %TRUE for a task
   * of [method@Session.resume_upload_task].
   */
  g_object_class_install_property (object_class, resumable_id,
                                   g_param_spec_boolean ("resumable", NULL, NULL, FALSE,
                                                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                           G_PARAM_EXPLICIT_NOTIFY));
  /**
   * UUploadTask:resume-data: (getter dup_resume_data)
   *
   * What it takes to go on with the upload later, %NULL unless the task failed and can be resumed.
   *
   * It is a JSON object, described in the page on [resumable uploads](resumable-uploads.html), and good for one task.
   */
  g_object_class_install_property (object_class, resume_data_id,
                                   g_param_spec_boxed ("resume-data", NULL, NULL, G_TYPE_BYTES,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                         G_PARAM_EXPLICIT_NOTIFY));
}

void
u_upload_task_resume_fill_spec (UUploadTask *self, UTransferSpec *spec)
{
  spec->resumable_upload = u_upload_task_get_resumable (self);
  if (self->resume.from != NULL)
    spec->upload = u_upload_resume_data_ref (self->resume.from);
}

void
u_upload_task_resume_completing (UUploadTask *self, UTransferEvent *event)
{
  if (event->resume_data == NULL)
    return;

  g_mutex_lock (&U_TASK (self)->lock);
  self->resume.data = g_steal_pointer (&event->resume_data);
  self->resume.private_path = g_steal_pointer (&event->partial_path);
  g_mutex_unlock (&U_TASK (self)->lock);
  u_notify_by_name (self, "resume-data");
}

static void
return_produced (UUploadTask *self, GTask *result)
{
  GBytes *bytes = u_upload_task_dup_resume_data (self);

  if (bytes != NULL)
    g_task_return_pointer (result, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_new_error (result, U_ERROR, U_ERROR_NOT_RESUMABLE,
                             "The upload cannot be resumed: %s.",
                             u_upload_task_get_resumable (self)
                               ? "the server did not offer to go on with it, or it was complete"
                               : "its property resumable is not set");
}

void
u_upload_task_resume_completed (UUploadTask *self)
{
  g_autoptr (GPtrArray) producers = NULL;

  g_mutex_lock (&U_TASK (self)->lock);
  producers = g_steal_pointer (&self->resume.producers);
  g_mutex_unlock (&U_TASK (self)->lock);

  for (guint i = 0; producers != NULL && i < producers->len; i++)
    return_produced (self, g_ptr_array_index (producers, i));
}

void
u_upload_task_resume_clear (UUploadTask *self)
{
  /* Nobody has seen the resume data: nobody can ever come back with it. */
  if (self->resume.private_path != NULL && !self->resume.data_taken)
    u_disk_unlink (self->resume.private_path);
  g_clear_pointer (&self->resume.from, u_upload_resume_data_unref);
  g_clear_pointer (&self->resume.data, g_bytes_unref);
  g_clear_pointer (&self->resume.producers, g_ptr_array_unref);
  g_clear_pointer (&self->resume.private_path, g_free);
}

/**
 * u_upload_task_get_resumable: (get-property resumable)
 * @self: a task
 *
 * Gets whether the upload may go on where its connection broke.
 *
 * Returns: %TRUE if the server is told that it may offer that
 */
gboolean
u_upload_task_get_resumable (UUploadTask *self)
{
  gboolean resumable;

  g_return_val_if_fail (U_IS_UPLOAD_TASK (self), FALSE);

  g_mutex_lock (&U_TASK (self)->lock);
  resumable = self->resume.resumable;
  g_mutex_unlock (&U_TASK (self)->lock);

  return resumable;
}

/**
 * u_upload_task_set_resumable: (set-property resumable)
 * @self: a task that was not resumed yet
 * @resumable: whether the server is told that it may offer that
 *
 * Sets whether the upload may go on where its connection broke; see [property@URLSession.UploadTask:resumable].
 */
void
u_upload_task_set_resumable (UUploadTask *self, gboolean resumable)
{
  UTask *task;
  gboolean changed = FALSE;
  gboolean late;

  g_return_if_fail (U_IS_UPLOAD_TASK (self));

  task = U_TASK (self);
  g_mutex_lock (&task->lock);
  late = task->started;
  if (!late)
    {
      changed = self->resume.resumable != !!resumable;
      self->resume.resumable = !!resumable;
    }
  g_mutex_unlock (&task->lock);

  if (late)
    g_critical ("UUploadTask:resumable is to be set before the task is resumed: it has no effect any more.");
  if (changed)
    u_task_notify_later (task, "resumable");
}

/**
 * u_upload_task_dup_resume_data: (get-property resume-data)
 * @self: a task
 *
 * Gets what it takes to go on with the upload later.
 *
 * Returns: (transfer full) (nullable): resume data, or %NULL unless the task failed and can be resumed
 */
GBytes *
u_upload_task_dup_resume_data (UUploadTask *self)
{
  GBytes *bytes = NULL;

  g_return_val_if_fail (U_IS_UPLOAD_TASK (self), NULL);

  g_mutex_lock (&U_TASK (self)->lock);
  if (self->resume.data != NULL)
    {
      bytes = g_bytes_ref (self->resume.data);
      self->resume.data_taken = TRUE;
    }
  g_mutex_unlock (&U_TASK (self)->lock);

  return bytes;
}

/**
 * u_upload_task_cancel_by_producing_resume_data_async:
 * @self: a task
 * @cancellable: (nullable): not used: the call ends as soon as the task does
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Cancels the task in a way that another one can go on with the upload.
 *
 * The task completes with `U_ERROR_CANCELLED` as after [method@Task.cancel].
 */
void
u_upload_task_cancel_by_producing_resume_data_async (UUploadTask         *self,
                                                     GCancellable        *cancellable,
                                                     GAsyncReadyCallback  callback,
                                                     gpointer             user_data)
{
  g_autoptr (GTask) result = NULL;
  UTask *task;
  gboolean is_over;

  g_return_if_fail (U_IS_UPLOAD_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = U_TASK (self);
  result = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (result, u_upload_task_cancel_by_producing_resume_data_async);
  g_task_set_check_cancellable (result, FALSE);

  if (task->session == NULL)
    {
      g_task_return_new_error (result, U_ERROR, U_ERROR_NOT_RESUMABLE,
                               "There is nothing to resume: the task was not created with a method of a session.");
      return;
    }

  g_mutex_lock (&task->lock);
  is_over = task->state == U_TASK_STATE_COMPLETED;
  if (!is_over)
    {
      if (self->resume.producers == NULL)
        self->resume.producers = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (self->resume.producers, g_object_ref (result));
    }
  g_mutex_unlock (&task->lock);

  if (is_over)
    g_task_return_new_error (result, U_ERROR, U_ERROR_NOT_RESUMABLE,
                             "The task is over: there is nothing to cancel.");
  else
    u_task_cancel_with (task, U_COMMAND_CANCEL_FOR_RESUME, NULL);
}

/**
 * u_upload_task_cancel_by_producing_resume_data_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@URLSession.UploadTask.cancel_by_producing_resume_data_async] began.
 *
 * `U_ERROR_NOT_RESUMABLE` means that nothing can be gone on with: [property@URLSession.UploadTask:resumable] was not
 * set, the server did not offer it, the task had not started, or was complete.
 *
 * Returns: (transfer full): the resume data, for [method@Session.resume_upload_task]
 */
GBytes *
u_upload_task_cancel_by_producing_resume_data_finish (UUploadTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_UPLOAD_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (
    g_async_result_is_tagged (result, u_upload_task_cancel_by_producing_resume_data_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

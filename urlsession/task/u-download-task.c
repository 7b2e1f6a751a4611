/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-download-task.h"

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/base/u-worker-private.h"
#include "urlsession/message/u-http-response.h"
#include "urlsession/task/u-download-task-private.h"
#include "urlsession/task/u-task-waiter-private.h"
#include "urlsession/transfer/u-temp-file-private.h"
#include "urlsession/u-enum-types.h"

/**
 * UDownloadTask:
 *
 * A task whose body goes to a file.
 *
 * The body is written to a temporary file. With [method@DownloadTask.save_async] it is moved to its destination when it
 * is complete, in one step; otherwise [signal@DownloadTask::finished-download] hands it over.
 *
 * A download that breaks off can be gone on with: [property@DownloadTask:resume-data] holds what it takes, and
 * [method@Session.resume_download_task] makes a new task of it, in this process or in a later one. Bytes of two
 * versions of a file are never joined: the server has to confirm by `If-Range` that it is still the same one.
 *
 * A body that is shorter than announced is an error, and one that does not have the digest that was expected
 * ([property@DownloadTask:expected-digest], or the `Repr-Digest` of the response) is never handed over.
 */

struct _UDownloadTask
{
  UTask parent_instance;

  UTaskWaiter save;
  char *destination;          /* owned, nullable: only with save */
  UResumeData *resume;        /* owned, nullable: what to go on from */
  gint64 base;                /* bytes that were there before this task */

  /* Under the lock of the task */
  char *expected_digest;      /* owned, nullable */
  UFileConflict file_conflict;
  GBytes *resume_data;        /* owned, nullable */
  char *partial_path;         /* owned, nullable: the file that resume_data is of */
  gboolean resume_data_taken; /* somebody may come back for that file */
  GPtrArray *producers;       /* owned, nullable; of GTask: calls that wait for resume data */
};

struct _UDownloadTaskClass
{
  UTaskClass parent_class;
};

enum {
  PROP_0,
  PROP_EXPECTED_DIGEST,
  PROP_FILE_CONFLICT,
  PROP_RESUME_DATA,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UDownloadTask, u_download_task, U_TYPE_TASK)

static gboolean
u_download_task_fill_spec (UTask *task, UTransferSpec *spec, GError **error)
{
  UDownloadTask *self = U_DOWNLOAD_TASK (task);
  g_autofree char *digest = u_download_task_dup_expected_digest (self);

  spec->delivery = U_DELIVER_FILE;
  spec->destination = g_strdup (self->destination);
  spec->release_file = self->save.task != NULL;
  spec->conflict = u_download_task_get_file_conflict (self);
  if (self->resume != NULL)
    spec->resume = u_resume_data_ref (self->resume);
  if (digest != NULL)
    {
      spec->digest = u_digest_parse (digest, error);
      if (spec->digest == NULL)
        return FALSE;
    }

  return TRUE;
}

static void
u_download_task_resumed_at (UTask *task, gint64 offset, gint64 expected)
{
  U_DOWNLOAD_TASK (task)->base = offset;
  u_task_emit (task, U_DOWNLOAD_TASK_RESUMED_AT_OFFSET, offset, expected);
}

static void
u_download_task_counted (UTask *task, const UTransferCounts *before)
{
  gint64 from = MAX (before->received, U_DOWNLOAD_TASK (task)->base);
  const UTransferCounts *counts = &task->counts;

  if (!task->quiet && counts->received > from)
    u_task_emit (task, U_DOWNLOAD_TASK_WROTE_DATA, counts->received - from, counts->received,
                 counts->expected_to_receive);
}

static void
u_download_task_file_ready (UTask *task, const char *path)
{
  if (!task->quiet && u_task_get_state (task) != U_TASK_STATE_CANCELING)
    {
      g_autoptr (GFile) file = g_file_new_for_path (path);

      u_task_emit (task, U_DOWNLOAD_TASK_FINISHED_DOWNLOAD, file);
    }
  u_disk_unlink (path);
}

static void
u_download_task_completing (UTask *task, UTransferEvent *event)
{
  UDownloadTask *self = U_DOWNLOAD_TASK (task);

  if (event->resume_data == NULL)
    return;

  g_mutex_lock (&task->lock);
  self->resume_data = g_steal_pointer (&event->resume_data);
  self->partial_path = g_steal_pointer (&event->partial_path);
  g_mutex_unlock (&task->lock);
  u_notify (self, props[PROP_RESUME_DATA]);
}

/* What save_finish() returns for a response that is not the file: the task did well, the server did not. */
static GError *
new_status_error (UTask *task)
{
  guint status = 0;
  const char *text;

  if (U_IS_HTTP_RESPONSE (task->response))
    status = u_http_response_get_status_code (U_HTTP_RESPONSE (task->response));
  text = u_http_response_get_status_text (status);

  return g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                      "The server answered %u %s for %s; nothing was saved.", status, text != NULL ? text : "",
                      task->response != NULL ? u_response_get_uri (task->response) : "the request");
}

static void
return_saved (UDownloadTask *self, UTransferEvent *event)
{
  if (event->error != NULL)
    {
      u_task_waiter_return_error (&self->save, event->error);
    }
  else if (event->path == NULL)
    {
      g_autoptr (GError) error = new_status_error (U_TASK (self));

      u_task_waiter_return_error (&self->save, error);
    }
  else
    {
      u_task_waiter_return (&self->save, g_file_new_for_path (event->path), g_object_unref);
    }
}

static void
return_produced (UDownloadTask *self, GTask *result)
{
  GBytes *bytes = u_download_task_dup_resume_data (self);

  if (bytes != NULL)
    g_task_return_pointer (result, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_new_error (result, U_ERROR, U_ERROR_NOT_RESUMABLE,
                             "The download cannot be resumed: %s.",
                             U_TASK (self)->response == NULL
                               ? "there was no response yet"
                               : "it was complete, or the server offers no ranges of a version that can be told");
}

static void
u_download_task_completed (UTask *task, UTransferEvent *event)
{
  UDownloadTask *self = U_DOWNLOAD_TASK (task);
  g_autoptr (GPtrArray) producers = NULL;

  g_mutex_lock (&task->lock);
  producers = g_steal_pointer (&self->producers);
  g_mutex_unlock (&task->lock);

  if (self->save.task != NULL)
    return_saved (self, event);
  for (guint i = 0; producers != NULL && i < producers->len; i++)
    return_produced (self, g_ptr_array_index (producers, i));
}

static void
u_download_task_finalize (GObject *object)
{
  UDownloadTask *self = U_DOWNLOAD_TASK (object);

  g_assert (self->save.task == NULL);

  /* Nobody has seen the resume data: nobody can ever want the file. */
  if (self->partial_path != NULL && !self->resume_data_taken)
    u_temp_file_drop_kept (self->partial_path);
  g_clear_pointer (&self->resume, u_resume_data_unref);
  g_clear_pointer (&self->resume_data, g_bytes_unref);
  g_clear_pointer (&self->producers, g_ptr_array_unref);
  g_free (self->partial_path);
  g_free (self->expected_digest);
  g_free (self->destination);

  G_OBJECT_CLASS (u_download_task_parent_class)->finalize (object);
}

static void
u_download_task_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UDownloadTask *self = U_DOWNLOAD_TASK (object);

  switch (prop_id)
    {
    case PROP_EXPECTED_DIGEST:
      g_value_take_string (value, u_download_task_dup_expected_digest (self));
      break;
    case PROP_FILE_CONFLICT:
      g_value_set_enum (value, u_download_task_get_file_conflict (self));
      break;
    case PROP_RESUME_DATA:
      g_value_take_boxed (value, u_download_task_dup_resume_data (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_download_task_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UDownloadTask *self = U_DOWNLOAD_TASK (object);

  switch (prop_id)
    {
    case PROP_EXPECTED_DIGEST:
      u_download_task_set_expected_digest (self, g_value_get_string (value));
      break;
    case PROP_FILE_CONFLICT:
      u_download_task_set_file_conflict (self, g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_download_task_class_init (UDownloadTaskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UTaskClass *task_class = U_TASK_CLASS (klass);
  const GParamFlags writable = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = u_download_task_finalize;
  object_class->get_property = u_download_task_get_property;
  object_class->set_property = u_download_task_set_property;
  task_class->fill_spec = u_download_task_fill_spec;
  task_class->resumed_at = u_download_task_resumed_at;
  task_class->counted = u_download_task_counted;
  task_class->file_ready = u_download_task_file_ready;
  task_class->completing = u_download_task_completing;
  task_class->completed = u_download_task_completed;

  /**
   * UDownloadTask:expected-digest: (getter dup_expected_digest) (setter set_expected_digest)
   *
   * What the file must have: `sha256:` and the digest in hexadecimal, or the same with `sha384` or `sha512`.
   *
   * The algorithm may be written `sha-256` as well, and the digest in base64. A file that has another one is removed,
   * and the task fails with `U_ERROR_DIGEST_MISMATCH`. To be set before the task is resumed: later it is a programming
   * error, reported with g_critical().
   */
  props[PROP_EXPECTED_DIGEST] =
    g_param_spec_string ("expected-digest", NULL, NULL, NULL, writable);
  /**
   * UDownloadTask:file-conflict: (getter get_file_conflict) (setter set_file_conflict)
   *
   * What to do when there is a file at the destination.
   *
   * To be set before the task is resumed: later it is a programming error, reported with g_critical(). Without a
   * destination it has no effect.
   */
  props[PROP_FILE_CONFLICT] =
    g_param_spec_enum ("file-conflict", NULL, NULL, U_TYPE_FILE_CONFLICT, U_FILE_CONFLICT_AUTOMATIC, writable);
  /**
   * UDownloadTask:resume-data: (getter dup_resume_data)
   *
   * What it takes to go on with the download later, %NULL unless the task failed and can be resumed.
   *
   * It is a JSON object, described in the page on [downloads](downloads.html). When nobody asks for it before the task
   * is gone, the file that it stands for is removed.
   */
  props[PROP_RESUME_DATA] =
    g_param_spec_boxed ("resume-data", NULL, NULL, G_TYPE_BYTES,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * UDownloadTask::wrote-data:
   * @self: the task
   * @bytes_written: bytes since the last time
   * @total_bytes_written: bytes that are in the file
   * @total_bytes_expected: bytes that the file will have, -1 if unknown
   *
   * Emitted when some of the body was written, at most ten times a second, and once at the end.
   */
  /**
   * UDownloadTask::resumed-at-offset:
   * @self: the task
   * @offset: bytes that are there already; 0 when the download has to start again
   * @total_bytes_expected: bytes that the file will have, -1 if unknown
   *
   * Emitted before the first byte of a download that was resumed.
   */
  /**
   * UDownloadTask::finished-download:
   * @self: the task
   * @location: the temporary file
   *
   * Emitted when the file is complete, whatever the HTTP status is.
   *
   * The file is removed when the last handler returns: move it or read it there. Not emitted with
   * [method@DownloadTask.save_async].
   */
  u_task_signals_install (G_TYPE_FROM_CLASS (klass));
}

static void
u_download_task_init (UDownloadTask *self)
{
}

UDownloadTask *
u_download_task_new (USession        *session,
                     const UTaskHost *host,
                     URequest        *request,
                     UResumeData     *resume,
                     GError          *birth_error)
{
  UDownloadTask *self = g_object_new (U_TYPE_DOWNLOAD_TASK, NULL);

  u_task_setup (U_TASK (self), session, host, request, birth_error);
  if (resume != NULL)
    {
      self->resume = u_resume_data_ref (resume);
      self->expected_digest = g_strdup (resume->expected_digest);
    }

  return self;
}

/**
 * u_download_task_save_async:
 * @self: a task that was not resumed yet
 * @destination: (nullable): a local file, or a folder that exists; %NULL for a temporary file that belongs to the
 *   caller
 * @cancellable: (nullable): cancels the task
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Resumes the task and waits until the file is at its destination.
 *
 * The body is written next to the destination under a temporary name and moved in one step when it is complete and
 * right: there is never half a file, and an old file stays as it is when something fails. In a folder the file gets the
 * name that the response suggests; it cannot leave the folder. What happens to a file that is there already, says
 * [property@DownloadTask:file-conflict].
 */
void
u_download_task_save_async (UDownloadTask       *self,
                            GFile               *destination,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (U_IS_DOWNLOAD_TASK (self));
  g_return_if_fail (destination == NULL || G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!u_task_waiter_begin (&self->save, U_TASK (self), u_download_task_save_async, "u_download_task_save_async",
                            cancellable, callback, user_data))
    return;

  if (destination != NULL)
    {
      self->destination = g_file_get_path (destination);
      if (self->destination == NULL)
        {
          g_autofree char *uri = g_file_get_uri (destination);

          u_task_cancel_with (U_TASK (self), U_COMMAND_CANCEL,
                              g_error_new (U_ERROR, U_ERROR_CANNOT_CREATE_FILE,
                                           "%s is not a local file: choose another destination.", uri));
          return;
        }
    }
  if (g_cancellable_is_cancelled (cancellable))
    u_task_cancel (U_TASK (self));
  u_task_resume (U_TASK (self));
}

/**
 * u_download_task_save_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@DownloadTask.save_async] began.
 *
 * A response with an HTTP error status is `U_ERROR_BAD_SERVER_RESPONSE` here, since it is not what was to be saved:
 * nothing is at the destination then, while [property@Task:error] is %NULL and [property@Task:response] is the
 * response.
 *
 * Returns: (transfer full): the file
 */
GFile *
u_download_task_save_finish (UDownloadTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_DOWNLOAD_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_download_task_save_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * u_download_task_cancel_by_producing_resume_data_async:
 * @self: a task
 * @cancellable: (nullable): not used: the call ends as soon as the task does
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Cancels the task, and keeps what it has for later.
 *
 * The task completes with `U_ERROR_CANCELLED` as after [method@Task.cancel].
 */
void
u_download_task_cancel_by_producing_resume_data_async (UDownloadTask       *self,
                                                       GCancellable        *cancellable,
                                                       GAsyncReadyCallback  callback,
                                                       gpointer             user_data)
{
  g_autoptr (GTask) result = NULL;
  UTask *task;
  gboolean is_over;

  g_return_if_fail (U_IS_DOWNLOAD_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = U_TASK (self);
  result = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (result, u_download_task_cancel_by_producing_resume_data_async);
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
      if (self->producers == NULL)
        self->producers = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (self->producers, g_object_ref (result));
    }
  g_mutex_unlock (&task->lock);

  if (is_over)
    g_task_return_new_error (result, U_ERROR, U_ERROR_NOT_RESUMABLE,
                             "The task is over: there is nothing to cancel.");
  else
    u_task_cancel_with (task, U_COMMAND_CANCEL_FOR_RESUME, NULL);
}

/**
 * u_download_task_cancel_by_producing_resume_data_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@DownloadTask.cancel_by_producing_resume_data_async] began.
 *
 * `U_ERROR_NOT_RESUMABLE` means that nothing was kept: the task had not started, was complete, or the server offers no
 * ranges, no validator, or a coded body.
 *
 * Returns: (transfer full): the resume data, for [method@Session.resume_download_task]
 */
GBytes *
u_download_task_cancel_by_producing_resume_data_finish (UDownloadTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_DOWNLOAD_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (
    g_async_result_is_tagged (result, u_download_task_cancel_by_producing_resume_data_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * u_download_task_dup_resume_data: (get-property resume-data)
 * @self: a task
 *
 * Gets what it takes to go on with the download later.
 *
 * Returns: (transfer full) (nullable): resume data, or %NULL unless the task failed and can be resumed
 */
GBytes *
u_download_task_dup_resume_data (UDownloadTask *self)
{
  GBytes *bytes = NULL;

  g_return_val_if_fail (U_IS_DOWNLOAD_TASK (self), NULL);

  g_mutex_lock (&U_TASK (self)->lock);
  if (self->resume_data != NULL)
    {
      bytes = g_bytes_ref (self->resume_data);
      self->resume_data_taken = TRUE;
    }
  g_mutex_unlock (&U_TASK (self)->lock);

  return bytes;
}

/**
 * u_download_task_dup_expected_digest: (get-property expected-digest)
 * @self: a task
 *
 * Gets the digest that the file must have.
 *
 * Returns: (transfer full) (nullable): a digest, or %NULL
 */
char *
u_download_task_dup_expected_digest (UDownloadTask *self)
{
  char *digest;

  g_return_val_if_fail (U_IS_DOWNLOAD_TASK (self), NULL);

  g_mutex_lock (&U_TASK (self)->lock);
  digest = g_strdup (self->expected_digest);
  g_mutex_unlock (&U_TASK (self)->lock);

  return digest;
}

/**
 * u_download_task_set_expected_digest: (set-property expected-digest)
 * @self: a task that was not resumed yet
 * @expected_digest: (nullable): a digest, for instance `sha256:` and 64 hexadecimal digits
 *
 * Sets the digest that the file must have.
 *
 * One that cannot be read makes the task fail with `U_ERROR_DIGEST_MISMATCH`.
 */
void
u_download_task_set_expected_digest (UDownloadTask *self, const char *expected_digest)
{
  UTask *task;
  gboolean changed;

  g_return_if_fail (U_IS_DOWNLOAD_TASK (self));
  g_return_if_fail (!u_task_has_started (U_TASK (self)));

  task = U_TASK (self);
  g_mutex_lock (&task->lock);
  changed = g_strcmp0 (self->expected_digest, expected_digest) != 0;
  if (changed)
    {
      g_free (self->expected_digest);
      self->expected_digest = g_strdup (expected_digest);
    }
  g_mutex_unlock (&task->lock);

  if (changed)
    u_task_notify_later (task, "expected-digest");
}

/**
 * u_download_task_get_file_conflict: (get-property file-conflict)
 * @self: a task
 *
 * Gets what happens when there is a file at the destination.
 *
 * Returns: a rule
 */
UFileConflict
u_download_task_get_file_conflict (UDownloadTask *self)
{
  UFileConflict file_conflict;

  g_return_val_if_fail (U_IS_DOWNLOAD_TASK (self), U_FILE_CONFLICT_AUTOMATIC);

  g_mutex_lock (&U_TASK (self)->lock);
  file_conflict = self->file_conflict;
  g_mutex_unlock (&U_TASK (self)->lock);

  return file_conflict;
}

/**
 * u_download_task_set_file_conflict: (set-property file-conflict)
 * @self: a task that was not resumed yet
 * @file_conflict: a rule
 *
 * Sets what happens when there is a file at the destination.
 *
 * May be called from any thread; the change is notified in the context of the session.
 */
void
u_download_task_set_file_conflict (UDownloadTask *self, UFileConflict file_conflict)
{
  UTask *task;
  gboolean changed;

  g_return_if_fail (U_IS_DOWNLOAD_TASK (self));
  g_return_if_fail (!u_task_has_started (U_TASK (self)));

  task = U_TASK (self);
  g_mutex_lock (&task->lock);
  changed = self->file_conflict != file_conflict;
  self->file_conflict = file_conflict;
  g_mutex_unlock (&task->lock);

  if (changed)
    u_task_notify_later (task, "file-conflict");
}

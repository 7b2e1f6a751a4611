/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-data-task.h"

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/task/u-body-stream-private.h"
#include "urlsession/task/u-data-task-private.h"
#include "urlsession/task/u-download-task-private.h"
#include "urlsession/task/u-response-decision-private.h"
#include "urlsession/task/u-stream-task-private.h"

/**
 * UDataTask:
 *
 * A task whose body goes to the application: piece by piece with [signal@DataTask::received-data], in one piece with
 * [method@DataTask.load_async], or as a stream with [method@DataTask.open_async].
 *
 * However it is read, the task never runs ahead of the application by more than a quarter of a mebibyte, except for the
 * one piece that was asked for.
 */

G_DEFINE_TYPE (UDataTask, u_data_task, U_TYPE_TASK)

static gboolean
u_data_task_fill_spec (UTask *task, UTransferSpec *spec, GError **error)
{
  UDataTask *self = U_DATA_TASK (task);

  spec->may_idle = self->may_idle;
  if (self->pipe != NULL)
    {
      spec->delivery = U_DELIVER_PIPE;
      spec->pipe = u_body_pipe_ref (self->pipe);
    }
  else if (self->load.task != NULL)
    {
      spec->delivery = U_DELIVER_WHOLE;
      spec->also_events = !task->quiet && u_task_is_heard (task, U_DATA_TASK_RECEIVED_DATA);
    }
  else
    {
      spec->delivery = U_DELIVER_EVENTS;
    }

  return TRUE;
}

static void
u_data_task_responded (UTask *task)
{
  UDataTask *self = U_DATA_TASK (task);
  g_autoptr (UResponseDecision) decision = NULL;

  if (self->pipe != NULL)
    {
      if (self->open.task != NULL)
        u_task_waiter_return (&self->open, u_body_stream_new (task, self->pipe), g_object_unref);
      return;
    }
  if (task->quiet || !u_task_is_heard (task, U_DATA_TASK_DECIDE_RESPONSE))
    return;

  decision = u_response_decision_new (task, task->response);
  u_task_ask (task, U_DECISION (decision), U_DATA_TASK_DECIDE_RESPONSE, task->request_timeout);
}

static void
u_data_task_received (UTask *task, GBytes *bytes)
{
  if (!task->quiet)
    u_task_emit (task, U_DATA_TASK_RECEIVED_DATA, bytes);
}

static void
u_data_task_completed (UTask *task, UTransferEvent *event)
{
  UDataTask *self = U_DATA_TASK (task);

  if (event->error != NULL)
    {
      u_task_waiter_return_error (&self->open, event->error);
      u_task_waiter_return_error (&self->load, event->error);
    }
  else if (self->load.task != NULL)
    {
      u_task_waiter_return (&self->load, g_steal_pointer (&event->bytes), (GDestroyNotify) g_bytes_unref);
    }
}

static void
u_data_task_finalize (GObject *object)
{
  UDataTask *self = U_DATA_TASK (object);

  g_assert (self->load.task == NULL && self->open.task == NULL);
  g_clear_pointer (&self->pipe, u_body_pipe_unref);

  G_OBJECT_CLASS (u_data_task_parent_class)->finalize (object);
}

static void
u_data_task_class_init (UDataTaskClass *klass)
{
  UTaskClass *task_class = U_TASK_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = u_data_task_finalize;
  task_class->fill_spec = u_data_task_fill_spec;
  task_class->responded = u_data_task_responded;
  task_class->received = u_data_task_received;
  task_class->completed = u_data_task_completed;

  /**
   * UDataTask::decide-response:
   * @self: the task
   * @decision: the question
   *
   * Emitted when the head of the response is there, before anything of the body is delivered.
   *
   * Of a body `multipart/x-mixed-replace` each part is a response, and asked about.
   *
   * Return %TRUE to answer later. Without an answer the body is allowed. While the question is open nothing is
   * delivered, and the task fails with `U_ERROR_TIMED_OUT` once the request timeout has passed.
   *
   * Returns: %TRUE if the handler answers
   */
  /**
   * UDataTask::received-data:
   * @self: the task
   * @bytes: the next bytes of the body
   *
   * Emitted for each piece of the body, in order and after decoding.
   */
  /**
   * UDataTask::became-download:
   * @self: the task
   * @download_task: the task that took its place
   *
   * Emitted when a decision made the body go to a file.
   *
   * The new task runs already. No other signal of the data task follows.
   */
  /**
   * UDataTask::became-stream:
   * @self: the task
   * @stream_task: the task that took its place
   *
   * Emitted when a decision made the body be read as a stream.
   *
   * The new task runs already. No other signal of the data task follows.
   */
  u_task_signals_install (G_TYPE_FROM_CLASS (klass));
}

static void
u_data_task_init (UDataTask *self)
{
}

UDataTask *
u_data_task_new (USession *session, const UTaskHost *host, URequest *request, GError *birth_error)
{
  UDataTask *self = g_object_new (U_TYPE_DATA_TASK, NULL);

  u_task_setup (U_TASK (self), session, host, request, birth_error);

  return self;
}

/*
 * hand_over:
 * @heir: (transfer none): who goes on
 *
 * In the context of the session, after the response and before the first byte was delivered.
 */
static void
hand_over (UDataTask *self, UTask *heir, UTaskSignal signal, const char *what)
{
  UTask *task = U_TASK (self);
  g_autoptr (UTask) hold = g_object_ref (task);
  g_autoptr (UTransferSpec) spec = NULL;
  g_autoptr (URequestData) data = NULL;
  g_autoptr (GError) error = NULL;
  UCommand command = { .kind = U_COMMAND_CONVERT };

  data = u_request_ref_data (task->original_request);
  spec = u_transfer_spec_new (data);
  task->host->fill_spec (task->session, spec);
  spec->measure = u_task_wants_metrics (heir);
  U_TASK_GET_CLASS (heir)->fill_spec (heir, spec, NULL);
  if (spec->delivery == U_DELIVER_CONDUIT)
    spec->pipe = u_body_pipe_new ();

  u_task_replace (task, heir);
  command.spec = spec;
  u_task_send_command (heir, &command);

  u_notify_by_name (task, "state");
  u_task_emit (task, signal, heir);
  error = g_error_new (U_ERROR, U_ERROR_CANCELLED, "The task became %s.", what);
  u_task_waiter_return_error (&self->load, error);
}

void
u_data_task_become_download (UDataTask *self)
{
  UTask *task = U_TASK (self);
  g_autoptr (UDownloadTask) heir = NULL;

  if (u_task_get_state (task) == U_TASK_STATE_CANCELING)
    return;

  heir = u_download_task_new (task->session, task->host, task->original_request, NULL, NULL);
  hand_over (self, U_TASK (heir), U_DATA_TASK_BECAME_DOWNLOAD, "a download");
}

void
u_data_task_become_stream (UDataTask *self)
{
  UTask *task = U_TASK (self);
  g_autoptr (UStreamTask) heir = NULL;

  if (u_task_get_state (task) == U_TASK_STATE_CANCELING)
    return;

  heir = u_stream_task_new (task->session, task->host, task->original_request, NULL);
  hand_over (self, U_TASK (heir), U_DATA_TASK_BECAME_STREAM, "a stream");
}

/**
 * u_data_task_load_async:
 * @self: a task that was not resumed yet
 * @cancellable: (nullable): cancels the task
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Resumes the task and waits for its whole body.
 *
 * The task stays at hand for its response and its progress. Its signals are emitted as well, those of the pieces if
 * somebody listens to them when this is called.
 */
void
u_data_task_load_async (UDataTask *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (U_IS_DATA_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!u_task_waiter_begin (&self->load, U_TASK (self), u_data_task_load_async, "u_data_task_load_async", cancellable,
                            callback, user_data))
    return;

  if (g_cancellable_is_cancelled (cancellable))
    u_task_cancel (U_TASK (self));
  u_task_resume (U_TASK (self));
}

/**
 * u_data_task_load_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@DataTask.load_async] began.
 *
 * An HTTP error status is no error here: look at [property@Task:response].
 *
 * Returns: (transfer full): the body, empty if there was none
 */
GBytes *
u_data_task_load_finish (UDataTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_DATA_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_data_task_load_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * u_data_task_open_async:
 * @self: a task that was not resumed yet
 * @cancellable: (nullable): cancels the task
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Resumes the task and waits for the head of its response, to read the body as a stream.
 *
 * There is no [signal@DataTask::decide-response] then.
 */
void
u_data_task_open_async (UDataTask *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (U_IS_DATA_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!u_task_waiter_begin (&self->open, U_TASK (self), u_data_task_open_async, "u_data_task_open_async", cancellable,
                            callback, user_data))
    return;

  self->pipe = u_body_pipe_new ();
  if (g_cancellable_is_cancelled (cancellable))
    u_task_cancel (U_TASK (self));
  u_task_resume (U_TASK (self));
}

/**
 * u_data_task_open_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@DataTask.open_async] began.
 *
 * The stream can be read from any thread, and is pollable. The network is read only as fast as the stream is. An error
 * of the transfer is an error of the read, in the domain `U_ERROR`; closing the stream before its end cancels the task.
 *
 * Returns: (transfer full): a stream of the body
 */
GInputStream *
u_data_task_open_finish (UDataTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_DATA_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_data_task_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

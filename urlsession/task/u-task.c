/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-body-stream-request-private.h"
#include "urlsession/task/u-task.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/task/u-task-private.h"
#include "urlsession/u-enum-types.h"

/**
 * UTask:
 *
 * One transfer of a [class@Session].
 *
 * A task is made by its session and starts suspended: [method@Task.resume] sets it off. What happens is told by
 * signals, all of them in the main context of the session, the last one being [signal@Task::completed]. Each signal of
 * a task has a twin on the session, `task-` before its name, for one handler over all tasks. Changes of properties are
 * notified in the same context, those of progress at most ten times a second.
 *
 * Until the first resume a task belongs to who made it; from then on until after `completed` the library holds it, too.
 *
 * All methods may be called from any thread. What a getter with `(transfer none)` returns belongs to the task, which
 * may replace it in the context of the session: elsewhere it is good for a moment only.
 */

G_DEFINE_ABSTRACT_TYPE (UTask, u_task, G_TYPE_OBJECT)

/* The transitions of the public state; there are no others. */
static const struct
{
  UTaskState from;
  UTaskState to;
} transitions[] = {
  { U_TASK_STATE_SUSPENDED, U_TASK_STATE_RUNNING },
  { U_TASK_STATE_RUNNING, U_TASK_STATE_SUSPENDED },
  { U_TASK_STATE_SUSPENDED, U_TASK_STATE_CANCELING },
  { U_TASK_STATE_RUNNING, U_TASK_STATE_CANCELING },
  { U_TASK_STATE_CANCELING, U_TASK_STATE_COMPLETED },
  { U_TASK_STATE_RUNNING, U_TASK_STATE_COMPLETED },
};

gboolean
u_task_state_may_follow (UTaskState from, UTaskState to)
{
  for (guint i = 0; i < G_N_ELEMENTS (transitions); i++)
    {
      if (transitions[i].from == from && transitions[i].to == to)
        return TRUE;
    }

  return FALSE;
}

/* Called with the lock held. */
void
u_task_set_state (UTask *self, UTaskState state)
{
  if (!u_task_state_may_follow (self->state, state))
    {
      g_autoptr (GEnumClass) klass = g_type_class_ref (U_TYPE_TASK_STATE);

      g_critical ("Task %" G_GUINT64_FORMAT " goes from “%s” to “%s”, which it must not.", self->identifier,
                  g_enum_get_value (klass, self->state)->value_nick, g_enum_get_value (klass, state)->value_nick);
    }
  self->state = state;
}

static void
u_task_dispose (GObject *object)
{
  UTask *self = U_TASK (object);
  gboolean acquired;

  if (self->session != NULL && !self->started && !self->released)
    {
      /* The list of tasks changes in the context of the session only: a task that nobody started and that is dropped
       * elsewhere goes there for its last moment. */
      if (!u_dispatch_queue_enter (self->queue, &acquired))
        {
          u_task_dispose_later (self);
          return;
        }
      self->released = TRUE;
      self->host->release (self->session, self);
      u_dispatch_queue_leave (self->queue, acquired);
    }

  G_OBJECT_CLASS (u_task_parent_class)->dispose (object);
}

static void
clear_orders (UTask *self)
{
  UConduitOrder *order;

  while ((order = g_queue_pop_head (&self->orders)) != NULL)
    order->free (order);
}

static void
u_task_finalize (GObject *object)
{
  UTask *self = U_TASK (object);

  if (self->decision_timer != NULL)
    {
      g_source_destroy (self->decision_timer);
      g_source_unref (self->decision_timer);
    }
  g_weak_ref_clear (&self->decision);
  g_queue_clear_full (&self->held, (GDestroyNotify) u_transfer_event_free);
  clear_orders (self);
  g_clear_pointer (&self->transfer, u_transfer_unref);
  g_clear_object (&self->current_request);
  g_clear_object (&self->original_request);
  g_clear_object (&self->response);
  g_clear_object (&self->metrics);
  g_clear_error (&self->error);
  g_clear_error (&self->birth_error);
  g_clear_error (&self->forced_error);
  g_clear_pointer (&self->failing_space, u_protection_space_data_unref);
  g_clear_object (&self->failing_trust);
  g_free (self->failing_uri);
  g_free (self->description);
  g_clear_pointer (&self->queue, u_dispatch_queue_unref);
  g_clear_object (&self->session);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_task_parent_class)->finalize (object);
}

static void
u_task_class_init (UTaskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = u_task_dispose;
  object_class->finalize = u_task_finalize;
  u_task_install_properties (object_class);

  /**
   * UTask::completed:
   * @self: the task
   * @error: (nullable): why it failed, in the domain `U_ERROR`; %NULL if it did well
   *
   * Emitted once, when the task is over; no other signal of it follows.
   *
   * [property@Task:state] and [property@Task:error] have their last values already.
   */
  /**
   * UTask::collected-metrics:
   * @self: the task
   * @metrics: what was measured
   *
   * Emitted once, right before [signal@Task::completed], also for a task that failed or was cancelled.
   *
   * The exchanges are measured only if there is a handler when the task is resumed for the first time, or
   * [property@SessionConfiguration:collects-metrics] is set.
   */
  /**
   * UTask::sent-data:
   * @self: the task
   * @bytes_sent: bytes since the last time
   * @total_bytes_sent: bytes of the body so far
   * @total_bytes_expected: bytes of the body, -1 if unknown
   *
   * Emitted when some of the body of the request was sent, at most ten times a second.
   */
  /**
   * UTask::informational-response:
   * @self: the task
   * @response: the informational response
   *
   * Emitted for each response with a status from 100 to 199 that comes before the final one, such as 103 (Early Hints)
   * or 104 (Upload Resumption Supported). 101 is not among them.
   *
   * [property@Task:response] stays what it is. Connect before the first resume: nothing is told when nobody listened
   * then. Over HTTP/1.1 these responses are read when the body of the request was sent, not before; over HTTP/2 there
   * is one for each exchange, the first.
   */
  /**
   * UTask::decide-redirect:
   * @self: the task
   * @decision: the question
   *
   * Emitted when the server redirects, before anything is asked of the new location.
   *
   * Return %TRUE to answer later. Without an answer the redirect is followed, up to twenty in a row.
   *
   * Returns: %TRUE if the handler answers
   */
  /**
   * UTask::need-body-stream:
   * @self: the task
   * @request: the question
   *
   * Emitted when a stream with the body of the request is needed: before the first byte of a task of
   * [method@Session.create_upload_task_with_streamed_request], and whenever a body that is a stream has to be sent
   * again, after a refusal, a redirect, or a connection that was lost.
   *
   * Return %TRUE to answer later. Without an answer the stream at hand is rewound, if it can be. Never emitted for
   * bodies in bytes or files.
   *
   * Returns: %TRUE if the handler answers
   */
  /**
   * UTask::waiting-for-connectivity:
   * @self: the task
   *
   * Emitted once, when the task cannot go on for want of a network that leads to the host, or of one that it may use.
   *
   * Only a task of a session that [property@SessionConfiguration:waits-for-connectivity] waits.
   * [property@Task:waiting-reason] says for what; it goes on by itself.
   */
  /**
   * UTask::challenge:
   * @self: the task
   * @challenge: the question
   *
   * Emitted when the server wants to know who asks, or when the application is to say whether it trusts the server.
   *
   * Return %TRUE to answer later; the request timer stands still meanwhile. Without an answer the user info of the URL
   * is used, then what the credential storage of the session has, else the load goes on without. What concerns a whole
   * connection is asked of [signal@Session::challenge] first.
   *
   * Returns: %TRUE if the handler answers
   */
  u_task_signals_install (G_TYPE_FROM_CLASS (klass));
}

static void
u_task_init (UTask *self)
{
  g_mutex_init (&self->lock);
  g_weak_ref_init (&self->decision, NULL);
  g_queue_init (&self->held);
  g_queue_init (&self->orders);
  self->state = U_TASK_STATE_SUSPENDED;
  self->suspend_count = 1;
  self->priority = U_TASK_PRIORITY_DEFAULT;
  self->counts.expected_to_receive = -1;
}

/*
 * u_task_setup:
 * @request: copied
 * @birth_error: (nullable) (transfer full): why nothing can come of this task
 */
void
u_task_setup (UTask *self, USession *session, const UTaskHost *host, URequest *request, GError *birth_error)
{
  g_autoptr (URequestData) data = u_request_ref_data (request);

  self->session = g_object_ref (session);
  self->host = host;
  self->queue = u_dispatch_queue_ref (host->get_queue (session));
  self->identifier = host->next_identifier (session);
  self->original_request = u_request_new_sealed (data);
  self->current_request = g_object_ref (self->original_request);
  self->birth_error = birth_error;
  self->counts.expected_to_send = u_request_data_get_body_length (data);
}

void
u_task_set_quiet (UTask *self)
{
  self->quiet = TRUE;
}

gboolean
u_task_has_started (UTask *self)
{
  gboolean started;

  g_mutex_lock (&self->lock);
  started = self->started;
  g_mutex_unlock (&self->lock);

  return started;
}

/* Sent under the lock, so that two threads that call opposite things leave the transfer in the state of the task. */
void
u_task_send_command (UTask *self, const UCommand *command)
{
  g_mutex_lock (&self->lock);
  if (self->transfer != NULL)
    u_transfer_command (self->transfer, command);
  g_mutex_unlock (&self->lock);
}

/*
 * u_task_send_order:
 * @order: (transfer full): for the conduit of the transfer, now or once there is one
 *
 * Returns: %FALSE if the task is over or about to be: @order is gone
 */
gboolean
u_task_send_order (UTask *self, UConduitOrder *order)
{
  UCommand command = { .kind = U_COMMAND_ORDER, .order = order };
  gboolean alive;

  g_mutex_lock (&self->lock);
  alive = self->state == U_TASK_STATE_RUNNING || self->state == U_TASK_STATE_SUSPENDED;
  if (alive && self->transfer != NULL)
    u_transfer_command (self->transfer, &command);
  else if (alive)
    g_queue_push_tail (&self->orders, order);
  else
    order->free (order);
  g_mutex_unlock (&self->lock);

  return alive;
}

static UTransferSpec *
describe (UTask *self, UExecutor **executor, GError **error)
{
  g_autoptr (URequestData) data = u_request_ref_data (self->original_request);
  g_autoptr (UTransferSpec) spec = u_transfer_spec_new (data);
  UTaskClass *klass = U_TASK_GET_CLASS (self);

  if (self->birth_error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->birth_error));
      return NULL;
    }
  if (!u_body_stream_request_bind (self, data, error))
    return NULL;
  *executor = self->host->get_executor (self->session, self, error);
  if (*executor == NULL)
    return NULL;
  self->host->fill_spec (self->session, spec);
  spec->measure = u_task_wants_metrics (self);
  spec->rate_limit = u_task_get_rate_limit (self);
  if (klass->fill_spec != NULL && !klass->fill_spec (self, spec, error))
    return NULL;
  spec->asks_trust = u_task_is_heard (self, U_TASK_CHALLENGE);
  spec->tells_informational = u_task_is_heard (self, U_TASK_INFORMATIONAL_RESPONSE);
  self->request_timeout = data->timeout > 0 ? data->timeout : spec->request_timeout;

  return g_steal_pointer (&spec);
}

/* Once, on the thread of the first resume. */
static void
start (UTask *self)
{
  g_autoptr (UTransferSpec) spec = NULL;
  g_autoptr (GError) error = NULL;
  UExecutor *executor = NULL;
  UCommand command;
  UTransfer *transfer;

  self->host->hold (self->session, self);
  spec = describe (self, &executor, &error);
  if (spec == NULL)
    {
      u_task_end_later (self, g_steal_pointer (&error));
      return;
    }

  /* All under the lock: the first event may be there, and be answered, before this thread knows the transfer. */
  g_mutex_lock (&self->lock);
  transfer = u_executor_start (executor, spec, self->priority, self->queue, u_task_take_event, self);
  self->transfer = transfer;
  while (!g_queue_is_empty (&self->orders))
    {
      command = (UCommand) { .kind = U_COMMAND_ORDER, .order = g_queue_pop_head (&self->orders) };
      u_transfer_command (transfer, &command);
    }
  /* What was said meanwhile, elsewhere. */
  if (self->state == U_TASK_STATE_CANCELING || self->state == U_TASK_STATE_SUSPENDED)
    {
      command = (UCommand) {
        .kind = self->state == U_TASK_STATE_CANCELING ? U_COMMAND_CANCEL : U_COMMAND_SUSPEND,
      };
      u_transfer_command (transfer, &command);
    }
  g_mutex_unlock (&self->lock);
}

/**
 * u_task_resume:
 * @self: a task
 *
 * Lets the task go on, or begin.
 *
 * Suspensions are counted: there have to be as many calls of this as of [method@Task.suspend], and one for the first
 * start. Further calls change nothing, and neither do calls on a task that was cancelled or is over.
 *
 * May be called from any thread.
 */
void
u_task_resume (UTask *self)
{
  static const UCommand command = { .kind = U_COMMAND_RESUME };
  gboolean changed = FALSE;
  gboolean begin = FALSE;

  g_return_if_fail (U_IS_TASK (self));
  g_return_if_fail (self->session != NULL);

  g_mutex_lock (&self->lock);
  if (self->state == U_TASK_STATE_SUSPENDED && --self->suspend_count == 0)
    {
      changed = TRUE;
      u_task_set_state (self, U_TASK_STATE_RUNNING);
      u_progress_restart (&self->progress);
      begin = !self->started;
      self->started = TRUE;
      if (begin)
        self->started_at = g_get_real_time ();
      if (self->transfer != NULL)
        u_transfer_command (self->transfer, &command);
    }
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_later (self, "state");
  if (begin)
    start (self);
}

/**
 * u_task_suspend:
 * @self: a task
 *
 * Stops the task until it is resumed. A download keeps what it has.
 *
 * Signals that were on their way may still arrive. While a task is suspended its request timer stands still. Calls are
 * counted; see [method@Task.resume].
 *
 * May be called from any thread.
 */
void
u_task_suspend (UTask *self)
{
  static const UCommand command = { .kind = U_COMMAND_SUSPEND };
  gboolean changed = FALSE;

  g_return_if_fail (U_IS_TASK (self));

  g_mutex_lock (&self->lock);
  if (self->state == U_TASK_STATE_SUSPENDED)
    {
      self->suspend_count++;
    }
  else if (self->state == U_TASK_STATE_RUNNING)
    {
      changed = TRUE;
      self->suspend_count = 1;
      u_task_set_state (self, U_TASK_STATE_SUSPENDED);
      if (self->transfer != NULL)
        u_transfer_command (self->transfer, &command);
    }
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_later (self, "state");
}

/*
 * u_task_cancel_with:
 * @kind: U_COMMAND_CANCEL or U_COMMAND_CANCEL_FOR_RESUME
 * @reason: (nullable) (transfer full): the error to complete with; %NULL: that it was cancelled
 *
 * Returns: %FALSE if it was cancelled or over already
 */
gboolean
u_task_cancel_with (UTask *self, UCommandKind kind, GError *reason)
{
  UCommand command = { .kind = kind };
  gboolean changed = FALSE;
  gboolean end = FALSE;

  g_mutex_lock (&self->lock);
  if (self->state == U_TASK_STATE_RUNNING || self->state == U_TASK_STATE_SUSPENDED)
    {
      changed = TRUE;
      u_task_set_state (self, U_TASK_STATE_CANCELING);
      self->forced_error = g_steal_pointer (&reason);
      end = !self->started;
      self->started = TRUE;
      if (end)
        self->started_at = g_get_real_time ();
      if (self->transfer != NULL)
        u_transfer_command (self->transfer, &command);
    }
  g_mutex_unlock (&self->lock);
  g_clear_error (&reason);

  if (end)
    {
      self->host->hold (self->session, self);
      u_task_end_later (self, g_error_new_literal (U_ERROR, U_ERROR_CANCELLED, "The task was cancelled."));
    }
  else if (changed)
    {
      u_task_notify_later (self, "state");
    }

  return changed;
}

/**
 * u_task_cancel:
 * @self: a task
 *
 * Ends the task before its time.
 *
 * Its state is `U_TASK_STATE_CANCELING` when this returns; [signal@Task::completed] follows with `U_ERROR_CANCELLED`. A
 * download loses what it has; to keep that, there is
 * [method@DownloadTask.cancel_by_producing_resume_data_async]. On a task that was cancelled or is over this does
 * nothing.
 *
 * May be called from any thread.
 */
void
u_task_cancel (UTask *self)
{
  g_return_if_fail (U_IS_TASK (self));
  g_return_if_fail (self->session != NULL);

  u_task_cancel_with (self, U_COMMAND_CANCEL, NULL);
}

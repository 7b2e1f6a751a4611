/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-response-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/task/u-authentication-challenge-private.h"
#include "urlsession/task/u-body-stream-request-private.h"
#include "urlsession/task/u-redirect-decision-private.h"
#include "urlsession/task/u-task-private.h"

/* After so long without an answer the question is named in a debug message: somebody may have forgotten it. */
#define DECISION_PATIENCE_S 30

/* What a task says to itself, in the context of its session. */
typedef struct
{
  UEvent event;
  UTask *task;                /* owned */
  const char *property;       /* static; nullable: to notify */
  GError *error;              /* owned; nullable: to end with */
} OwnEvent;

static void take_done (UTask *self, UTransferEvent *event);

/* ---- From any thread ---- */

static void
own_event_discard (UEvent *event)
{
  OwnEvent *self = (OwnEvent *) event;

  g_clear_error (&self->error);
  g_object_unref (self->task);
  g_free (self);
}

/* A question that is open when its task ends is answered by that. */
static void
break_gate (UTask *self)
{
  g_autoptr (UDecision) decision = g_weak_ref_get (&self->decision);
  UTransferEvent *event;
  UTransferEvent *done = NULL;

  self->gated = FALSE;
  g_weak_ref_set (&self->decision, NULL);
  if (self->decision_timer != NULL)
    {
      g_source_destroy (self->decision_timer);
      g_clear_pointer (&self->decision_timer, g_source_unref);
    }
  while ((event = g_queue_pop_head (&self->held)) != NULL)
    {
      if (event->kind == U_TRANSFER_DONE)
        done = event;
      else
        u_transfer_event_free (event);
    }
  if (decision != NULL)
    u_decision_expire (decision);
  if (done != NULL)
    take_done (self, done);
}

/* Without user info. */
static char *
dup_failing_uri (URequest *request)
{
  g_autoptr (URequestData) data = u_request_ref_data (request);

  return data->parsed != NULL ? u_uri_dup_bare (data->parsed) : u_uri_string_dup_masked (data->uri);
}

static void
own_event_dispatch (UEvent *event)
{
  OwnEvent *self = (OwnEvent *) event;
  UTask *task = self->task;

  if (self->error != NULL)
    {
      UTransferEvent done = { .kind = U_TRANSFER_DONE, .error = g_steal_pointer (&self->error) };

      done.counts = task->counts;
      if (!g_error_matches (done.error, U_ERROR, U_ERROR_CANCELLED))
        done.failing_uri = dup_failing_uri (task->original_request);
      u_task_finish (task, &done);
      g_clear_error (&done.error);
      g_free (done.failing_uri);
    }
  else if (self->property != NULL)
    {
      u_notify_by_name (task, self->property);
      if (task->gated && u_task_get_state (task) == U_TASK_STATE_CANCELING)
        break_gate (task);
    }
  else if (!task->released && !u_task_has_started (task))
    {
      /* Here, not in another dispose: the thread that let go of the task may be in its unref still, and end it
       * without one. */
      task->released = TRUE;
      task->host->release (task->session, task);
    }
  own_event_discard (event);
}

static void
post (UTask *self, const char *property, GError *error)
{
  OwnEvent *event = g_new0 (OwnEvent, 1);

  event->event.dispatch = own_event_dispatch;
  event->event.discard = own_event_discard;
  event->task = g_object_ref (self);
  event->property = property;
  event->error = error;
  u_dispatch_queue_push (self->queue, &event->event);
}

/*
 * u_task_notify_later:
 * @property: a static string
 */
void
u_task_notify_later (UTask *self, const char *property)
{
  /* A language binding made the object, not a session: there is no context but that of the caller. */
  if (self->queue == NULL)
    u_notify_by_name (self, property);
  else
    post (self, property, NULL);
}

/*
 * u_task_end_later:
 * @error: (transfer full): why there is no transfer
 */
void
u_task_end_later (UTask *self, GError *error)
{
  post (self, NULL, error);
}

/*
 * u_task_dispose_later:
 *
 * From the dispose of a task that never started: keeps it for one more event, in which its session forgets it.
 */
void
u_task_dispose_later (UTask *self)
{
  post (self, NULL, NULL);
}

/* ---- In the context of the session ---- */

static gboolean
decision_forgotten_cb (gpointer data)
{
  UTask *self = data;

  g_debug ("Task %" G_GUINT64_FORMAT " has waited for %d seconds for an answer to a decision.", self->identifier,
           DECISION_PATIENCE_S);
  g_clear_pointer (&self->decision_timer, g_source_unref);

  return G_SOURCE_REMOVE;
}

static gboolean
decision_timed_out_cb (gpointer data)
{
  g_autoptr (UTask) self = g_object_ref (data);

  g_clear_pointer (&self->decision_timer, g_source_unref);
  u_task_cancel_with (self, U_COMMAND_CANCEL,
                      g_error_new_literal (U_ERROR, U_ERROR_TIMED_OUT,
                                           "The response decision was not answered within the request timeout."));

  return G_SOURCE_REMOVE;
}

static void
set_waiting (UTask *self, UWaitingReason reason)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = self->waiting_reason != reason;
  self->waiting_reason = reason;
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_waiting (self);
}

void
u_task_ask (UTask *self, UDecision *decision, UTaskSignal signal, double timeout)
{
  g_autoptr (GSource) timer = NULL;

  self->gated = TRUE;
  self->serial++;
  g_weak_ref_set (&self->decision, decision);
  if (u_decision_offer (decision, self->serial, signal) || !self->gated)
    return;

  if (timeout > 0)
    {
      timer = g_timeout_source_new ((guint) (MIN (timeout, 1e6) * 1000));
      g_source_set_callback (timer, decision_timed_out_cb, self, NULL);
    }
  else
    {
      timer = g_timeout_source_new_seconds (DECISION_PATIENCE_S);
      g_source_set_callback (timer, decision_forgotten_cb, self, NULL);
    }
  g_source_set_static_name (timer, "[urlsession] open decision");
  g_source_attach (timer, u_dispatch_queue_get_context (self->queue));
  self->decision_timer = g_steal_pointer (&timer);
  set_waiting (self, U_WAITING_REASON_DECISION);
}

void
u_task_ungate (UTask *self, guint serial)
{
  if (!self->gated || self->serial != serial)
    return;

  self->gated = FALSE;
  g_weak_ref_set (&self->decision, NULL);
  if (self->decision_timer != NULL)
    {
      g_source_destroy (self->decision_timer);
      g_clear_pointer (&self->decision_timer, g_source_unref);
    }
  set_waiting (self, U_WAITING_REASON_NONE);

  /* What came meanwhile; among it may be the next question. */
  while (!self->gated && !g_queue_is_empty (&self->held))
    u_task_take_event (self, g_queue_pop_head (&self->held));
}

static gboolean
is_canceling (UTask *self)
{
  return u_task_get_state (self) == U_TASK_STATE_CANCELING;
}

static void
take_counts (UTask *self, const UTransferCounts *counts)
{
  UTaskClass *klass = U_TASK_GET_CLASS (self);
  UTransferCounts before;

  g_mutex_lock (&self->lock);
  before = self->counts;
  self->counts = *counts;
  u_progress_sample (&self->progress, g_get_monotonic_time (), counts->received);
  g_mutex_unlock (&self->lock);

  u_task_notify_progress (self, &before);
  if (counts->sent > before.sent)
    u_task_emit (self, U_TASK_SENT_DATA, counts->sent - before.sent, counts->sent, counts->expected_to_send);
  if (klass->counted != NULL)
    klass->counted (self, &before);
}

static void
take_redirect (UTask *self, UTransferEvent *event)
{
  g_autoptr (URedirectDecision) decision = NULL;
  UCommand follow = { .kind = U_COMMAND_FOLLOW };

  if (is_canceling (self))
    return;
  /* What was sent, was sent before the answer came. */
  take_counts (self, &event->counts);
  if (!u_task_is_heard (self, U_TASK_DECIDE_REDIRECT))
    {
      u_task_send_command (self, &follow);
      return;
    }

  decision = u_redirect_decision_new (self, event->response, event->request);
  u_task_ask (self, U_DECISION (decision), U_TASK_DECIDE_REDIRECT, 0);
}

/* What another attempt brought to the server counts, and is not sent now. */
static void
take_rewound (UTask *self, UTransferEvent *event)
{
  UTransferCounts before;

  g_mutex_lock (&self->lock);
  before = self->counts;
  self->counts = event->counts;
  g_mutex_unlock (&self->lock);
  u_task_notify_progress (self, &before);
}

static void
take_informational (UTask *self, UTransferEvent *event)
{
  g_autoptr (UResponse) response = NULL;

  if (is_canceling (self))
    return;
  take_counts (self, &event->counts);
  response = u_response_new_from_data (event->response);
  u_task_emit (self, U_TASK_INFORMATIONAL_RESPONSE, response);
}

static void
take_waiting (UTask *self, UTransferEvent *event)
{
  UWaitingReason reason = event->waiting_reason;
  gboolean says_so = !self->has_waited && reason >= U_WAITING_REASON_CONNECTIVITY &&
                     reason <= U_WAITING_REASON_CONSTRAINED;

  take_counts (self, &event->counts);
  set_waiting (self, reason);
  if (says_so && !is_canceling (self))
    {
      self->has_waited = TRUE;
      u_task_emit (self, U_TASK_WAITING_FOR_CONNECTIVITY);
    }
}

static void
take_challenge (UTask *self, UTransferEvent *event)
{
  g_autoptr (UAuthenticationChallenge) challenge = NULL;
  UCommand command = { .kind = U_COMMAND_ANSWER, .answer.kind = U_CHALLENGE_DEFAULT };

  if (is_canceling (self))
    return;
  take_counts (self, &event->counts);
  if (!u_task_is_heard (self, U_TASK_CHALLENGE))
    {
      u_task_send_command (self, &command);
      return;
    }

  challenge = u_authentication_challenge_new (self, event->challenge);
  u_task_ask (self, U_DECISION (challenge), U_TASK_CHALLENGE, 0);
}

static void
take_need_body (UTask *self, UTransferEvent *event)
{
  if (is_canceling (self))
    return;
  take_counts (self, &event->counts);
  u_body_stream_request_ask (self, event->request);
}

static void
take_request (UTask *self, UTransferEvent *event)
{
  g_autoptr (URequest) request = u_request_new_sealed (event->request);
  g_autoptr (URequest) old = NULL;

  g_mutex_lock (&self->lock);
  old = g_steal_pointer (&self->current_request);
  self->current_request = g_steal_pointer (&request);
  self->redirect_count = event->n_redirects;
  g_mutex_unlock (&self->lock);
  u_task_notify_request (self);
  take_counts (self, &event->counts);
}

static void
take_response (UTask *self, UTransferEvent *event)
{
  g_autoptr (UResponse) response = u_response_new_from_data (event->response);
  g_autoptr (UResponse) old = NULL;
  UTaskClass *klass = U_TASK_GET_CLASS (self);

  take_counts (self, &event->counts);
  g_mutex_lock (&self->lock);
  old = g_steal_pointer (&self->response);
  self->response = g_steal_pointer (&response);
  g_mutex_unlock (&self->lock);
  u_task_notify_response (self);
  if (klass->responded != NULL && !is_canceling (self))
    klass->responded (self);
}

static void
take_data (UTask *self, UTransferEvent *event)
{
  UTaskClass *klass = U_TASK_GET_CLASS (self);
  UCommand credit = { .kind = U_COMMAND_CREDIT };
  gint64 length = (gint64) g_bytes_get_size (event->bytes);

  /* Who cancelled, by a call or by an answer, does not want it. */
  if (is_canceling (self))
    return;

  if (klass->received != NULL)
    klass->received (self, event->bytes);

  /* Given back in larger pieces: a command wakes the I/O thread. */
  self->owed_credit += length;
  if (self->owed_credit >= U_TASK_CREDIT_STEP)
    {
      credit.length = self->owed_credit;
      self->owed_credit = 0;
      u_task_send_command (self, &credit);
    }
}

/*
 * u_task_finish:
 * @event: the last one; it may be changed
 *
 * The end of every task, whatever it was: here and nowhere else.
 */
void
u_task_finish (UTask *self, UTransferEvent *event)
{
  g_autoptr (UTask) hold = g_object_ref (self);
  g_autoptr (UTransfer) transfer = NULL;
  UTaskClass *klass = U_TASK_GET_CLASS (self);
  gboolean waited;

  if (event->counts.received > self->counts.received || event->counts.sent > self->counts.sent ||
      event->counts.expected_to_receive != self->counts.expected_to_receive)
    take_counts (self, &event->counts);

  g_mutex_lock (&self->lock);
  if (self->state == U_TASK_STATE_CANCELING &&
      (self->forced_error != NULL || !g_error_matches (event->error, U_ERROR, U_ERROR_CANCELLED)))
    {
      g_clear_error (&event->error);
      event->error = self->forced_error != NULL
                       ? g_steal_pointer (&self->forced_error)
                       : g_error_new_literal (U_ERROR, U_ERROR_CANCELLED, "The task was cancelled.");
    }
  waited = self->waiting_reason != U_WAITING_REASON_NONE;
  self->waiting_reason = U_WAITING_REASON_NONE;
  if (event->error != NULL)
    {
      self->error = g_error_copy (event->error);
      self->failure_reason = event->failure_reason;
      self->failing_space = g_steal_pointer (&event->failing_trust);
      self->failing_uri = event->failing_uri != NULL ? g_strdup (event->failing_uri)
                                                     : dup_failing_uri (self->current_request);
    }
  if (self->state == U_TASK_STATE_SUSPENDED)
    u_task_set_state (self, U_TASK_STATE_RUNNING);
  u_task_set_state (self, U_TASK_STATE_COMPLETED);
  transfer = g_steal_pointer (&self->transfer);
  g_mutex_unlock (&self->lock);

  if (transfer != NULL)
    u_transfer_set_owner (transfer, NULL, NULL);
  if (klass->completing != NULL)
    klass->completing (self, event);
  self->released = TRUE;
  self->host->release (self->session, self);
  u_task_make_metrics (self, event);
  if (waited)
    u_task_notify_waiting (self);
  u_task_notify_end (self);
  u_task_emit_metrics (self);
  if (!self->quiet)
    u_task_emit (self, U_TASK_COMPLETED, event->error);
  if (klass->completed != NULL)
    klass->completed (self, event);
}

static void
take_done (UTask *self, UTransferEvent *event)
{
  u_task_finish (self, event);
  u_transfer_event_free (event);
}

static void
take_now (UTask *self, UTransferEvent *event)
{
  UTaskClass *klass = U_TASK_GET_CLASS (self);

  switch (event->kind)
    {
    case U_TRANSFER_PROGRESS:
      take_counts (self, &event->counts);
      break;
    case U_TRANSFER_REWOUND:
      take_rewound (self, event);
      break;
    case U_TRANSFER_INFORMATIONAL:
      take_informational (self, event);
      break;
    case U_TRANSFER_REDIRECT:
      take_redirect (self, event);
      break;
    case U_TRANSFER_NEED_BODY:
      take_need_body (self, event);
      break;
    case U_TRANSFER_REQUEST:
      take_request (self, event);
      break;
    case U_TRANSFER_WAITING:
      take_waiting (self, event);
      break;
    case U_TRANSFER_CHALLENGE:
      take_challenge (self, event);
      break;
    case U_TRANSFER_RESUMED:
      if (klass->resumed_at != NULL)
        klass->resumed_at (self, event->offset, event->counts.expected_to_receive);
      take_counts (self, &event->counts);
      break;
    case U_TRANSFER_RESPONSE:
      take_response (self, event);
      break;
    case U_TRANSFER_DATA:
      take_data (self, event);
      break;
    case U_TRANSFER_FILE:
      take_counts (self, &event->counts);
      if (klass->file_ready != NULL)
        klass->file_ready (self, event->path);
      break;
    case U_TRANSFER_NEWS:
      if (klass->news != NULL)
        klass->news (self, event->news);
      break;
    case U_TRANSFER_PART:
      if (!is_canceling (self))
        u_task_send_command (self, &(UCommand) { .kind = U_COMMAND_PART });
      break;
    case U_TRANSFER_CONVERTED:
      break;
    case U_TRANSFER_DONE:
    default:
      g_assert_not_reached ();
    }
  u_transfer_event_free (event);
}

void
u_task_take_event (gpointer owner, UTransferEvent *event)
{
  g_autoptr (UTask) self = g_object_ref (owner);

  if (self->converting)
    {
      /* Still of the time when this was a data task. */
      self->converting = event->kind != U_TRANSFER_CONVERTED;
      u_transfer_event_free (event);
    }
  else if (self->gated)
    {
      gboolean is_end = event->kind == U_TRANSFER_DONE && (event->error != NULL || is_canceling (self));

      g_queue_push_tail (&self->held, event);
      if (is_end)
        break_gate (self);
    }
  else if (event->kind == U_TRANSFER_DONE)
    {
      take_done (self, event);
    }
  else
    {
      take_now (self, event);
    }
}

void
u_task_replace (UTask *self, UTask *heir)
{
  UTransferEvent *event;

  while ((event = g_queue_pop_head (&self->held)) != NULL)
    u_transfer_event_free (event);

  g_mutex_lock (&self->lock);
  heir->transfer = g_steal_pointer (&self->transfer);
  heir->started = TRUE;
  heir->converting = TRUE;
  heir->state = self->state;
  heir->suspend_count = self->suspend_count;
  heir->response = self->response != NULL ? g_object_ref (self->response) : NULL;
  g_set_object (&heir->current_request, self->current_request);
  heir->counts = self->counts;
  heir->priority = self->priority;
  heir->rate_limit = self->rate_limit;
  heir->started_at = self->started_at;
  heir->request_timeout = self->request_timeout;
  heir->redirect_count = self->redirect_count;
  if (self->state == U_TASK_STATE_SUSPENDED)
    u_task_set_state (self, U_TASK_STATE_RUNNING);
  u_task_set_state (self, U_TASK_STATE_COMPLETED);
  g_mutex_unlock (&self->lock);

  u_transfer_set_owner (heir->transfer, u_task_take_event, heir);
  /* In this order: a session that waits for its last task must not find itself without one. */
  heir->host->adopt (heir->session, heir);
  self->released = TRUE;
  self->host->release (self->session, self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-task.h"

#include <math.h>

#include "urlsession/auth/u-server-trust-private.h"
#include "urlsession/task/u-task-private.h"

/* What can be read of a task, and the little that can be set, from any thread. */

/**
 * u_task_get_session:
 * @self: a task
 *
 * Gets the session that made the task.
 *
 * It is the same as long as the task lives, which holds it.
 *
 * Returns: (transfer none): the session
 */
USession *
u_task_get_session (UTask *self)
{
  g_return_val_if_fail (U_IS_TASK (self), NULL);

  return self->session;
}

/**
 * u_task_get_identifier: (get-property identifier)
 * @self: a task
 *
 * Gets the number of the task in its session.
 *
 * Returns: a number from 1
 */
guint64
u_task_get_identifier (UTask *self)
{
  g_return_val_if_fail (U_IS_TASK (self), 0);

  return self->identifier;
}

#define READ_LOCKED(type, expression, fallback) \
  type value; \
  g_return_val_if_fail (U_IS_TASK (self), fallback); \
  g_mutex_lock (&self->lock); \
  value = (expression); \
  g_mutex_unlock (&self->lock); \
  return value

/**
 * u_task_get_state: (get-property state)
 * @self: a task
 *
 * Gets where the task stands.
 *
 * Returns: the state
 */
UTaskState
u_task_get_state (UTask *self)
{
  READ_LOCKED (UTaskState, self->state, U_TASK_STATE_COMPLETED);
}

/**
 * u_task_get_error: (get-property error)
 * @self: a task
 *
 * Gets why the task failed.
 *
 * It is %NULL until the task is completed, and does not change afterwards.
 *
 * Returns: (transfer none) (nullable): an error in the domain `U_ERROR`, or %NULL
 */
const GError *
u_task_get_error (UTask *self)
{
  READ_LOCKED (const GError *, self->error, NULL);
}

/**
 * u_task_get_failing_uri: (get-property failing-uri)
 * @self: a task
 *
 * Gets the URL at which the task failed, without user info.
 *
 * After redirects it is the one that was asked last.
 *
 * Returns: (transfer none) (nullable): a URL, or %NULL if the task did not fail
 */
const char *
u_task_get_failing_uri (UTask *self)
{
  READ_LOCKED (const char *, self->failing_uri, NULL);
}

/**
 * u_task_get_failing_trust: (get-property failing-trust)
 * @self: a task
 *
 * Gets what the server showed, if the task failed because it was not trusted.
 *
 * Returns: (transfer none) (nullable): the certificates and what is wrong with them, or %NULL
 */
UServerTrust *
u_task_get_failing_trust (UTask *self)
{
  UServerTrust *trust;

  g_return_val_if_fail (U_IS_TASK (self), NULL);

  g_mutex_lock (&self->lock);
  if (self->failing_trust == NULL && self->failing_space != NULL)
    self->failing_trust = u_server_trust_new_from_data (self->failing_space);
  trust = self->failing_trust;
  g_mutex_unlock (&self->lock);

  return trust;
}

/**
 * u_task_get_failure_reason: (get-property failure-reason)
 * @self: a task
 *
 * Gets more about why the task failed.
 *
 * Returns: the reason, `U_FAILURE_REASON_NONE` where the error says all
 */
UFailureReason
u_task_get_failure_reason (UTask *self)
{
  READ_LOCKED (UFailureReason, self->failure_reason, U_FAILURE_REASON_NONE);
}

/**
 * u_task_get_waiting_reason: (get-property waiting-reason)
 * @self: a task
 *
 * Gets what the task waits for before it can go on.
 *
 * Returns: the reason, `U_WAITING_REASON_NONE` if it does not wait
 */
UWaitingReason
u_task_get_waiting_reason (UTask *self)
{
  READ_LOCKED (UWaitingReason, self->waiting_reason, U_WAITING_REASON_NONE);
}

/**
 * u_task_get_original_request: (get-property original-request)
 * @self: a task
 *
 * Gets the request that the task was made with: a sealed copy.
 *
 * Returns: (transfer none): the request
 */
URequest *
u_task_get_original_request (UTask *self)
{
  g_return_val_if_fail (U_IS_TASK (self), NULL);

  return self->original_request;
}

/**
 * u_task_get_current_request: (get-property current-request)
 * @self: a task
 *
 * Gets the request that is being made, sealed; after a redirect another one than the original.
 *
 * Before the first redirect it is the same object as [property@Task:original-request].
 *
 * Returns: (transfer none): the request
 */
URequest *
u_task_get_current_request (UTask *self)
{
  READ_LOCKED (URequest *, self->current_request, NULL);
}

/**
 * u_task_get_response: (get-property response)
 * @self: a task
 *
 * Gets the response: a [class@HttpResponse] where the scheme is `http` or `https`.
 *
 * A redirect that is followed is not a response of the task.
 *
 * Returns: (transfer none) (nullable): the response, or %NULL before its head has arrived
 */
UResponse *
u_task_get_response (UTask *self)
{
  READ_LOCKED (UResponse *, self->response, NULL);
}

/**
 * u_task_dup_description: (get-property description)
 * @self: a task
 *
 * Gets the text that the application gave the task.
 *
 * Returns: (transfer full) (nullable): a copy of the text
 */
char *
u_task_dup_description (UTask *self)
{
  READ_LOCKED (char *, g_strdup (self->description), NULL);
}

/**
 * u_task_set_description: (set-property description)
 * @self: a task
 * @description: (nullable): a text
 *
 * Sets a text of the application's own.
 *
 * May be called from any thread; the change is notified in the context of the session.
 */
void
u_task_set_description (UTask *self, const char *description)
{
  gboolean changed;

  g_return_if_fail (U_IS_TASK (self));

  g_mutex_lock (&self->lock);
  changed = g_strcmp0 (self->description, description) != 0;
  if (changed)
    {
      g_free (self->description);
      self->description = g_strdup (description);
    }
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_later (self, "description");
}

/**
 * u_task_get_priority: (get-property priority)
 * @self: a task
 *
 * Gets how important the task is among those of its session that wait.
 *
 * Returns: a number from 0 to 1
 */
double
u_task_get_priority (UTask *self)
{
  READ_LOCKED (double, self->priority, U_TASK_PRIORITY_DEFAULT);
}

/**
 * u_task_set_priority: (set-property priority)
 * @self: a task
 * @priority: from 0 to 1
 *
 * Sets how important the task is among those that wait.
 *
 * May be called from any thread and at any time; the change is notified in the context of the session.
 */
void
u_task_set_priority (UTask *self, double priority)
{
  gboolean changed;

  g_return_if_fail (U_IS_TASK (self));
  g_return_if_fail (priority >= 0 && priority <= 1);

  g_mutex_lock (&self->lock);
  changed = fabs (self->priority - priority) > 1e-9;
  if (changed)
    {
      UCommand command = { .kind = U_COMMAND_PRIORITY, .priority = priority };

      self->priority = priority;
      if (self->transfer != NULL)
        u_transfer_command (self->transfer, &command);
    }
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_later (self, "priority");
}

/**
 * u_task_get_rate_limit: (get-property rate-limit)
 * @self: a task
 *
 * Gets how fast the task may be.
 *
 * Returns: bytes per second, 0 for no limit of its own
 */
gint64
u_task_get_rate_limit (UTask *self)
{
  READ_LOCKED (gint64, self->rate_limit, 0);
}

/**
 * u_task_set_rate_limit: (set-property rate-limit)
 * @self: a task
 * @rate_limit: bytes per second, 0 for no limit of its own
 *
 * Sets how fast the task may be, from now on; see [property@Task:rate-limit].
 *
 * May be called from any thread, at any time.
 */
void
u_task_set_rate_limit (UTask *self, gint64 rate_limit)
{
  UCommand command = { .kind = U_COMMAND_RATE_LIMIT, .length = rate_limit };
  gboolean changed;

  g_return_if_fail (U_IS_TASK (self));
  g_return_if_fail (rate_limit >= 0);

  g_mutex_lock (&self->lock);
  changed = self->rate_limit != rate_limit;
  self->rate_limit = rate_limit;
  if (changed && self->transfer != NULL)
    u_transfer_command (self->transfer, &command);
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_later (self, "rate-limit");
}

/**
 * u_task_get_bytes_sent: (get-property bytes-sent)
 * @self: a task
 *
 * Gets how many bytes of the body of the request were sent.
 *
 * It starts again from 0 when the body has to be sent once more, after a redirect.
 *
 * Returns: bytes, at least 0
 */
gint64
u_task_get_bytes_sent (UTask *self)
{
  READ_LOCKED (gint64, self->counts.sent, 0);
}

/**
 * u_task_get_bytes_expected_to_send: (get-property bytes-expected-to-send)
 * @self: a task
 *
 * Gets the size of the body of the request.
 *
 * Returns: bytes, -1 if unknown
 */
gint64
u_task_get_bytes_expected_to_send (UTask *self)
{
  READ_LOCKED (gint64, self->counts.expected_to_send, -1);
}

/**
 * u_task_get_bytes_received: (get-property bytes-received)
 * @self: a task
 *
 * Gets how many bytes of the body are there, after decoding; of a resumed download with those of before.
 *
 * Returns: bytes, at least 0
 */
gint64
u_task_get_bytes_received (UTask *self)
{
  READ_LOCKED (gint64, self->counts.received, 0);
}

/**
 * u_task_get_bytes_expected_to_receive: (get-property bytes-expected-to-receive)
 * @self: a task
 *
 * Gets the size of the body.
 *
 * Returns: bytes, -1 if unknown
 */
gint64
u_task_get_bytes_expected_to_receive (UTask *self)
{
  READ_LOCKED (gint64, self->counts.expected_to_receive, -1);
}

/* Called with the lock held. */
static gboolean
has_succeeded (UTask *self)
{
  return self->state == U_TASK_STATE_COMPLETED && self->error == NULL;
}

/**
 * u_task_get_fraction_completed: (get-property fraction-completed)
 * @self: a task
 *
 * Gets how much of the body is there.
 *
 * Returns: from 0 to 1; 0 while that is not known
 */
double
u_task_get_fraction_completed (UTask *self)
{
  READ_LOCKED (double,
               has_succeeded (self) ? 1.0 : u_progress_get_fraction (self->counts.received,
                                                                     self->counts.expected_to_receive), 0);
}

/**
 * u_task_get_is_indeterminate: (get-property is-indeterminate)
 * @self: a task
 *
 * Gets whether the size of the body is not known.
 *
 * Returns: %TRUE while there is no fraction to show
 */
gboolean
u_task_get_is_indeterminate (UTask *self)
{
  READ_LOCKED (gboolean, !has_succeeded (self) && self->counts.expected_to_receive < 0, TRUE);
}

/**
 * u_task_get_bytes_per_second: (get-property bytes-per-second)
 * @self: a task
 *
 * Gets how fast the body arrives, smoothed over about three seconds.
 *
 * Returns: bytes per second, never negative
 */
double
u_task_get_bytes_per_second (UTask *self)
{
  READ_LOCKED (double, u_progress_get_rate (&self->progress), 0);
}

/**
 * u_task_get_time_left: (get-property time-left)
 * @self: a task
 *
 * Gets how long the rest of the body will take.
 *
 * Returns: seconds, -1 while that is not known
 */
double
u_task_get_time_left (UTask *self)
{
  READ_LOCKED (double,
               has_succeeded (self) ? 0 : u_progress_get_time_left (&self->progress,
                                                                    self->counts.expected_to_receive), -1);
}

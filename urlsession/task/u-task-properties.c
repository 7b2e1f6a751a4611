/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/task/u-task-private.h"
#include "urlsession/u-enum-types.h"

enum {
  PROP_0,
  PROP_BYTES_EXPECTED_TO_RECEIVE,
  PROP_BYTES_EXPECTED_TO_SEND,
  PROP_BYTES_PER_SECOND,
  PROP_BYTES_RECEIVED,
  PROP_BYTES_SENT,
  PROP_CURRENT_REQUEST,
  PROP_DESCRIPTION,
  PROP_ERROR,
  PROP_FAILING_TRUST,
  PROP_FAILING_URI,
  PROP_FAILURE_REASON,
  PROP_FRACTION_COMPLETED,
  PROP_IDENTIFIER,
  PROP_IS_INDETERMINATE,
  PROP_METRICS,
  PROP_ORIGINAL_REQUEST,
  PROP_PRIORITY,
  PROP_RATE_LIMIT,
  PROP_RESPONSE,
  PROP_STATE,
  PROP_TIME_LEFT,
  PROP_WAITING_REASON,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
u_task_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UTask *self = U_TASK (object);

  switch (prop_id)
    {
    case PROP_BYTES_EXPECTED_TO_RECEIVE:
      g_value_set_int64 (value, u_task_get_bytes_expected_to_receive (self));
      break;
    case PROP_BYTES_EXPECTED_TO_SEND:
      g_value_set_int64 (value, u_task_get_bytes_expected_to_send (self));
      break;
    case PROP_BYTES_PER_SECOND:
      g_value_set_double (value, u_task_get_bytes_per_second (self));
      break;
    case PROP_BYTES_RECEIVED:
      g_value_set_int64 (value, u_task_get_bytes_received (self));
      break;
    case PROP_BYTES_SENT:
      g_value_set_int64 (value, u_task_get_bytes_sent (self));
      break;
    case PROP_CURRENT_REQUEST:
      g_value_set_object (value, u_task_get_current_request (self));
      break;
    case PROP_DESCRIPTION:
      g_value_take_string (value, u_task_dup_description (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, u_task_get_error (self));
      break;
    case PROP_FAILING_TRUST:
      g_value_set_object (value, u_task_get_failing_trust (self));
      break;
    case PROP_FAILING_URI:
      g_value_set_string (value, u_task_get_failing_uri (self));
      break;
    case PROP_FAILURE_REASON:
      g_value_set_enum (value, u_task_get_failure_reason (self));
      break;
    case PROP_FRACTION_COMPLETED:
      g_value_set_double (value, u_task_get_fraction_completed (self));
      break;
    case PROP_IDENTIFIER:
      g_value_set_uint64 (value, self->identifier);
      break;
    case PROP_IS_INDETERMINATE:
      g_value_set_boolean (value, u_task_get_is_indeterminate (self));
      break;
    case PROP_METRICS:
      g_value_set_object (value, u_task_get_metrics (self));
      break;
    case PROP_ORIGINAL_REQUEST:
      g_value_set_object (value, self->original_request);
      break;
    case PROP_PRIORITY:
      g_value_set_double (value, u_task_get_priority (self));
      break;
    case PROP_RATE_LIMIT:
      g_value_set_int64 (value, u_task_get_rate_limit (self));
      break;
    case PROP_RESPONSE:
      g_value_set_object (value, u_task_get_response (self));
      break;
    case PROP_STATE:
      g_value_set_enum (value, u_task_get_state (self));
      break;
    case PROP_WAITING_REASON:
      g_value_set_enum (value, u_task_get_waiting_reason (self));
      break;
    case PROP_TIME_LEFT:
      g_value_set_double (value, u_task_get_time_left (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_task_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UTask *self = U_TASK (object);

  switch (prop_id)
    {
    case PROP_DESCRIPTION:
      u_task_set_description (self, g_value_get_string (value));
      break;
    case PROP_PRIORITY:
      u_task_set_priority (self, g_value_get_double (value));
      break;
    case PROP_RATE_LIMIT:
      u_task_set_rate_limit (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

void
u_task_install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags writable = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = u_task_get_property;
  object_class->set_property = u_task_set_property;

  /**
   * UTask:bytes-expected-to-receive: (getter get_bytes_expected_to_receive)
   *
   * The size of the body in bytes, -1 while it is not known.
   *
   * It stays unknown for a body with a `Content-Encoding`. For a download that was resumed it is the size of the whole
   * file.
   */
  props[PROP_BYTES_EXPECTED_TO_RECEIVE] =
    g_param_spec_int64 ("bytes-expected-to-receive", NULL, NULL, -1, G_MAXINT64, -1, readable);
  /**
   * UTask:bytes-expected-to-send: (getter get_bytes_expected_to_send)
   *
   * The size of the body of the request in bytes, 0 without one, -1 while it is not known.
   */
  props[PROP_BYTES_EXPECTED_TO_SEND] =
    g_param_spec_int64 ("bytes-expected-to-send", NULL, NULL, -1, G_MAXINT64, 0, readable);
  /**
   * UTask:bytes-per-second: (getter get_bytes_per_second)
   *
   * How fast the body arrives, in bytes per second, smoothed over about three seconds.
   */
  props[PROP_BYTES_PER_SECOND] =
    g_param_spec_double ("bytes-per-second", NULL, NULL, 0, G_MAXDOUBLE, 0, readable);
  /**
   * UTask:bytes-received: (getter get_bytes_received)
   *
   * How many bytes of the body are there, after decoding.
   *
   * For a download that was resumed it counts those of before as well. Changes are notified at most ten times a second.
   */
  props[PROP_BYTES_RECEIVED] =
    g_param_spec_int64 ("bytes-received", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTask:bytes-sent: (getter get_bytes_sent)
   *
   * How many bytes of the body of the request were sent.
   *
   * Changes are notified at most ten times a second.
   */
  props[PROP_BYTES_SENT] =
    g_param_spec_int64 ("bytes-sent", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTask:current-request: (getter get_current_request)
   *
   * The request that is being made: after a redirect another one than [property@Task:original-request].
   */
  props[PROP_CURRENT_REQUEST] =
    g_param_spec_object ("current-request", NULL, NULL, U_TYPE_REQUEST, readable);
  /**
   * UTask:description: (getter dup_description) (setter set_description)
   *
   * A text of the application's own, for instance to show it to the user.
   */
  props[PROP_DESCRIPTION] =
    g_param_spec_string ("description", NULL, NULL, NULL, writable);
  /**
   * UTask:error: (getter get_error)
   *
   * Why the task failed, in the domain `U_ERROR`; %NULL until it completes, and if it did well.
   *
   * An HTTP error status is not an error of the task.
   */
  props[PROP_ERROR] =
    g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, readable);
  /**
   * UTask:failing-uri: (getter get_failing_uri)
   *
   * The URL at which the task failed, without user info; %NULL until it fails.
   */
  props[PROP_FAILING_URI] =
    g_param_spec_string ("failing-uri", NULL, NULL, NULL, readable);
  /**
   * UTask:fraction-completed: (getter get_fraction_completed)
   *
   * How much of the body is there, from 0 to 1; 0 while that is not known, and 1 after success.
   */
  props[PROP_FRACTION_COMPLETED] =
    g_param_spec_double ("fraction-completed", NULL, NULL, 0, 1, 0, readable);
  /**
   * UTask:identifier: (getter get_identifier)
   *
   * A number that no other task of the session has or had; the first one is 1.
   */
  props[PROP_IDENTIFIER] =
    g_param_spec_uint64 ("identifier", NULL, NULL, 0, G_MAXUINT64, 0, readable);
  /**
   * UTask:is-indeterminate: (getter get_is_indeterminate)
   *
   * Whether [property@Task:fraction-completed] says nothing, since the size of the body is not known.
   */
  props[PROP_IS_INDETERMINATE] =
    g_param_spec_boolean ("is-indeterminate", NULL, NULL, TRUE, readable);
  /**
   * UTask:metrics: (getter get_metrics)
   *
   * What was measured of the task; %NULL until it completes, and if nobody asked.
   *
   * Whoever listens to [signal@Task::collected-metrics] asks, and
   * [property@SessionConfiguration:collects-metrics] asks for all tasks of a session.
   */
  props[PROP_METRICS] =
    g_param_spec_object ("metrics", NULL, NULL, U_TYPE_TASK_METRICS, readable);
  /**
   * UTask:original-request: (getter get_original_request)
   *
   * The request that the task was made with: a sealed copy.
   */
  props[PROP_ORIGINAL_REQUEST] =
    g_param_spec_object ("original-request", NULL, NULL, U_TYPE_REQUEST, readable);
  /**
   * UTask:priority: (getter get_priority) (setter set_priority)
   *
   * How important the task is among those of its session that wait, from 0 to 1.
   *
   * It may be changed at any time; a task that runs is never interrupted for another one.
   */
  props[PROP_PRIORITY] =
    g_param_spec_double ("priority", NULL, NULL, 0, 1, U_TASK_PRIORITY_DEFAULT, writable);
  /**
   * UTask:rate-limit: (getter get_rate_limit) (setter set_rate_limit)
   *
   * At most so many bytes of bodies are sent, and as many received, per second; 0 for no limit.
   *
   * It may be changed at any time. What the task does not use is saved for a tenth of a second, so that it never goes
   * in larger bursts. [property@Session:rate-limit] holds as well. Received bytes are counted after decoding.
   */
  props[PROP_RATE_LIMIT] =
    g_param_spec_int64 ("rate-limit", NULL, NULL, 0, G_MAXINT64, 0, writable);
  /**
   * UTask:response: (getter get_response)
   *
   * The response, %NULL until its head has arrived.
   */
  props[PROP_RESPONSE] =
    g_param_spec_object ("response", NULL, NULL, U_TYPE_RESPONSE, readable);
  /**
   * UTask:state: (getter get_state)
   *
   * Where the task stands.
   */
  props[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, U_TYPE_TASK_STATE, U_TASK_STATE_SUSPENDED, readable);
  /**
   * UTask:time-left: (getter get_time_left)
   *
   * How many seconds the rest of the body will take, -1 while that is not known; 0 after success.
   */
  props[PROP_TIME_LEFT] =
    g_param_spec_double ("time-left", NULL, NULL, -1, G_MAXDOUBLE, -1, readable);
  /**
   * UTask:failing-trust: (getter get_failing_trust)
   *
   * What the server showed, if the task failed because it was not trusted.
   */
  props[PROP_FAILING_TRUST] =
    g_param_spec_object ("failing-trust", NULL, NULL, U_TYPE_SERVER_TRUST, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * UTask:failure-reason: (getter get_failure_reason)
   *
   * More about why the task failed, where the error does not say all.
   */
  props[PROP_FAILURE_REASON] =
    g_param_spec_enum ("failure-reason", NULL, NULL, U_TYPE_FAILURE_REASON, U_FAILURE_REASON_NONE,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * UTask:waiting-reason: (getter get_waiting_reason)
   *
   * What the task waits for before it can go on.
   */
  props[PROP_WAITING_REASON] =
    g_param_spec_enum ("waiting-reason", NULL, NULL, U_TYPE_WAITING_REASON, U_WAITING_REASON_NONE,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

/*
 * u_task_notify_progress:
 * @before: what the counts were
 *
 * In the context of the session: tells of what is different now.
 */
void
u_task_notify_progress (UTask *self, const UTransferCounts *before)
{
  gboolean received = before->received != self->counts.received;
  gboolean expected = before->expected_to_receive != self->counts.expected_to_receive;

  if (before->sent != self->counts.sent)
    u_notify (self, props[PROP_BYTES_SENT]);
  if (before->expected_to_send != self->counts.expected_to_send)
    u_notify (self, props[PROP_BYTES_EXPECTED_TO_SEND]);
  if (received)
    u_notify (self, props[PROP_BYTES_RECEIVED]);
  if (expected)
    {
      u_notify (self, props[PROP_BYTES_EXPECTED_TO_RECEIVE]);
      u_notify (self, props[PROP_IS_INDETERMINATE]);
    }
  if (received || expected)
    u_notify (self, props[PROP_FRACTION_COMPLETED]);
  u_notify (self, props[PROP_BYTES_PER_SECOND]);
  u_notify (self, props[PROP_TIME_LEFT]);
}

void
u_task_notify_response (UTask *self)
{
  u_notify (self, props[PROP_RESPONSE]);
}

void
u_task_notify_request (UTask *self)
{
  u_notify (self, props[PROP_CURRENT_REQUEST]);
}

void
u_task_notify_waiting (UTask *self)
{
  u_notify (self, props[PROP_WAITING_REASON]);
}

/* In the context of the session, once it is completed. */
void
u_task_notify_end (UTask *self)
{
  u_notify (self, props[PROP_STATE]);
  if (self->metrics != NULL)
    u_notify (self, props[PROP_METRICS]);
  if (self->error != NULL)
    {
      u_notify (self, props[PROP_ERROR]);
      u_notify (self, props[PROP_FAILING_URI]);
      if (self->failing_space != NULL)
        u_notify (self, props[PROP_FAILING_TRUST]);
      if (self->failure_reason != U_FAILURE_REASON_NONE)
        u_notify (self, props[PROP_FAILURE_REASON]);
    }
  else
    {
      u_notify (self, props[PROP_FRACTION_COMPLETED]);
      u_notify (self, props[PROP_IS_INDETERMINATE]);
      u_notify (self, props[PROP_TIME_LEFT]);
    }
}

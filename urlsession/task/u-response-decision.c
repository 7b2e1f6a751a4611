/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-response-decision.h"

#include "urlsession/task/u-data-task-private.h"
#include "urlsession/task/u-response-decision-private.h"
#include "urlsession/task/u-task-private.h"

/**
 * UResponseDecision:
 *
 * Whether and how the body of a response is to be delivered.
 *
 * Carried by [signal@DataTask::decide-response]. The default is to allow the body.
 */

enum {
  ALLOW,
  CANCEL,
  BECOME_DOWNLOAD,
  BECOME_STREAM,
};

struct _UResponseDecision
{
  UDecision parent_instance;

  UResponse *response;        /* owned */
};

struct _UResponseDecisionClass
{
  UDecisionClass parent_class;
};

enum {
  PROP_0,
  PROP_RESPONSE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UResponseDecision, u_response_decision, U_TYPE_DECISION)

static void
u_response_decision_apply (UDecision *decision, UTask *task, int answer, gpointer payload)
{
  switch (answer)
    {
    case CANCEL:
      u_task_cancel (task);
      break;
    case BECOME_DOWNLOAD:
      u_data_task_become_download (U_DATA_TASK (task));
      break;
    case BECOME_STREAM:
      u_data_task_become_stream (U_DATA_TASK (task));
      break;
    case ALLOW:
    default:
      break;
    }
}

static void
u_response_decision_finalize (GObject *object)
{
  g_clear_object (&U_RESPONSE_DECISION (object)->response);

  G_OBJECT_CLASS (u_response_decision_parent_class)->finalize (object);
}

static void
u_response_decision_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_RESPONSE:
      g_value_set_object (value, U_RESPONSE_DECISION (object)->response);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_response_decision_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_RESPONSE:
      U_RESPONSE_DECISION (object)->response = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_response_decision_class_init (UResponseDecisionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UDecisionClass *decision_class = U_DECISION_CLASS (klass);

  object_class->finalize = u_response_decision_finalize;
  object_class->get_property = u_response_decision_get_property;
  object_class->set_property = u_response_decision_set_property;
  decision_class->question = "response";
  decision_class->default_answer = ALLOW;
  decision_class->apply = u_response_decision_apply;

  /**
   * UResponseDecision:response: (getter get_response)
   *
   * The response whose body is in question.
   */
  props[PROP_RESPONSE] =
    g_param_spec_object ("response", NULL, NULL, U_TYPE_RESPONSE,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_response_decision_init (UResponseDecision *self)
{
}

UResponseDecision *
u_response_decision_new (UTask *task, UResponse *response)
{
  return g_object_new (U_TYPE_RESPONSE_DECISION, "task", task, "response", response, NULL);
}

/**
 * u_response_decision_get_response: (get-property response)
 * @self: a response decision
 *
 * Gets the response whose body is in question.
 *
 * Returns: (transfer none): the response
 */
UResponse *
u_response_decision_get_response (UResponseDecision *self)
{
  g_return_val_if_fail (U_IS_RESPONSE_DECISION (self), NULL);

  return self->response;
}

/**
 * u_response_decision_allow:
 * @self: a response decision
 *
 * Answers that the body is to be delivered.
 *
 * May be called from any thread.
 */
void
u_response_decision_allow (UResponseDecision *self)
{
  g_return_if_fail (U_IS_RESPONSE_DECISION (self));

  u_decision_answer (U_DECISION (self), ALLOW, NULL);
}

/**
 * u_response_decision_cancel_task:
 * @self: a response decision
 *
 * Answers that the body is not wanted: the task completes with `U_ERROR_CANCELLED`.
 *
 * May be called from any thread.
 */
void
u_response_decision_cancel_task (UResponseDecision *self)
{
  g_return_if_fail (U_IS_RESPONSE_DECISION (self));

  u_decision_answer (U_DECISION (self), CANCEL, NULL);
}

/**
 * u_response_decision_become_download:
 * @self: a response decision
 *
 * Answers that the body is to be written to a file.
 *
 * [signal@DataTask::became-download] is emitted with a new task, which runs already and has all bytes of the body. The
 * data task says nothing more.
 *
 * May be called from any thread.
 */
void
u_response_decision_become_download (UResponseDecision *self)
{
  g_return_if_fail (U_IS_RESPONSE_DECISION (self));

  u_decision_answer (U_DECISION (self), BECOME_DOWNLOAD, NULL);
}

/**
 * u_response_decision_become_stream:
 * @self: a response decision
 *
 * Answers that the body is to be read as the application asks for it.
 *
 * [signal@DataTask::became-stream] is emitted with a new task, which runs already and has all bytes of the body. The
 * new task only reads: what is written to it fails with `U_ERROR_UNSUPPORTED_BY_SESSION`. It completes when all of the
 * body was read. The data task says nothing more.
 *
 * May be called from any thread.
 */
void
u_response_decision_become_stream (UResponseDecision *self)
{
  g_return_if_fail (U_IS_RESPONSE_DECISION (self));

  u_decision_answer (U_DECISION (self), BECOME_STREAM, NULL);
}

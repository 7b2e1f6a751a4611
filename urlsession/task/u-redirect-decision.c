/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-redirect-decision.h"

#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-response-private.h"
#include "urlsession/task/u-body-stream-request-private.h"
#include "urlsession/task/u-redirect-decision-private.h"
#include "urlsession/task/u-task-private.h"

/**
 * URedirectDecision:
 *
 * Whether a redirect is to be followed.
 *
 * Carried by [signal@Task::decide-redirect]. The default is to follow it. While the decision is open, the request timer
 * of the task stands still.
 */

enum {
  FOLLOW,
  DELIVER,
};

struct _URedirectDecision
{
  UDecision parent_instance;

  UResponse *response;        /* owned */
  URequest *new_request;      /* owned, not sealed */
};

struct _URedirectDecisionClass
{
  UDecisionClass parent_class;
};

enum {
  PROP_0,
  PROP_NEW_REQUEST,
  PROP_RESPONSE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (URedirectDecision, u_redirect_decision, U_TYPE_DECISION)

static void
u_redirect_decision_apply (UDecision *decision, UTask *task, int answer, gpointer payload)
{
  UCommand command = {
    .kind = answer == DELIVER ? U_COMMAND_DELIVER : U_COMMAND_FOLLOW,
    .request = payload,
  };

  u_body_stream_request_bind (task, payload, NULL);
  u_task_send_command (task, &command);
}

static void
u_redirect_decision_finalize (GObject *object)
{
  URedirectDecision *self = U_REDIRECT_DECISION (object);

  g_clear_object (&self->response);
  g_clear_object (&self->new_request);

  G_OBJECT_CLASS (u_redirect_decision_parent_class)->finalize (object);
}

static void
u_redirect_decision_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  URedirectDecision *self = U_REDIRECT_DECISION (object);

  switch (prop_id)
    {
    case PROP_NEW_REQUEST:
      g_value_set_object (value, self->new_request);
      break;
    case PROP_RESPONSE:
      g_value_set_object (value, self->response);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_redirect_decision_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  URedirectDecision *self = U_REDIRECT_DECISION (object);

  switch (prop_id)
    {
    case PROP_NEW_REQUEST:
      self->new_request = g_value_dup_object (value);
      break;
    case PROP_RESPONSE:
      self->response = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_redirect_decision_class_init (URedirectDecisionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UDecisionClass *decision_class = U_DECISION_CLASS (klass);

  object_class->finalize = u_redirect_decision_finalize;
  object_class->get_property = u_redirect_decision_get_property;
  object_class->set_property = u_redirect_decision_set_property;
  decision_class->question = "redirect";
  decision_class->default_answer = FOLLOW;
  decision_class->free_payload = (GDestroyNotify) u_request_data_unref;
  decision_class->apply = u_redirect_decision_apply;

  /**
   * URedirectDecision:new-request: (getter get_new_request)
   *
   * The request that would follow, rewritten by the rules of RFC 9110: method, body and headers are already what they
   * would be. It is a copy that may be changed and handed to [method@RedirectDecision.follow_request].
   */
  props[PROP_NEW_REQUEST] =
    g_param_spec_object ("new-request", NULL, NULL, U_TYPE_REQUEST,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * URedirectDecision:response: (getter get_response)
   *
   * The response that redirects.
   */
  props[PROP_RESPONSE] =
    g_param_spec_object ("response", NULL, NULL, U_TYPE_HTTP_RESPONSE,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_redirect_decision_init (URedirectDecision *self)
{
}

URedirectDecision *
u_redirect_decision_new (UTask *task, UResponseData *response, URequestData *request)
{
  g_autoptr (UResponse) wrapped = u_response_new_from_data (response);
  g_autoptr (URequest) proposed = u_request_new_from_data (request);

  return g_object_new (U_TYPE_REDIRECT_DECISION,
                       "task", task,
                       "response", wrapped,
                       "new-request", proposed,
                       NULL);
}

/**
 * u_redirect_decision_get_response: (get-property response)
 * @self: a redirect decision
 *
 * Gets the response that redirects.
 *
 * Returns: (transfer none): the response
 */
UHttpResponse *
u_redirect_decision_get_response (URedirectDecision *self)
{
  g_return_val_if_fail (U_IS_REDIRECT_DECISION (self), NULL);

  return U_HTTP_RESPONSE (self->response);
}

/**
 * u_redirect_decision_get_new_request: (get-property new-request)
 * @self: a redirect decision
 *
 * Gets the request that would follow: a copy that may be changed.
 *
 * Changes count only when it is handed to [method@RedirectDecision.follow_request].
 *
 * Returns: (transfer none): the request
 */
URequest *
u_redirect_decision_get_new_request (URedirectDecision *self)
{
  g_return_val_if_fail (U_IS_REDIRECT_DECISION (self), NULL);

  return self->new_request;
}

/**
 * u_redirect_decision_follow:
 * @self: a redirect decision
 *
 * Answers that the redirect is to be followed as it was proposed.
 *
 * May be called from any thread.
 */
void
u_redirect_decision_follow (URedirectDecision *self)
{
  g_return_if_fail (U_IS_REDIRECT_DECISION (self));

  u_decision_answer (U_DECISION (self), FOLLOW, NULL);
}

/**
 * u_redirect_decision_follow_request:
 * @self: a redirect decision
 * @request: the request to make instead
 *
 * Answers that another request is to be made: all of @request is used, its URL, method, headers and body.
 *
 * May be called from any thread. @request is copied.
 */
void
u_redirect_decision_follow_request (URedirectDecision *self, URequest *request)
{
  g_return_if_fail (U_IS_REDIRECT_DECISION (self));
  g_return_if_fail (U_IS_REQUEST (request));

  u_decision_answer (U_DECISION (self), FOLLOW, u_request_ref_data (request));
}

/**
 * u_redirect_decision_deliver_response:
 * @self: a redirect decision
 *
 * Answers that the redirect itself is the response: it is delivered with its body, and the task completes without an
 * error.
 *
 * May be called from any thread.
 */
void
u_redirect_decision_deliver_response (URedirectDecision *self)
{
  g_return_if_fail (U_IS_REDIRECT_DECISION (self));

  u_decision_answer (U_DECISION (self), DELIVER, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-authentication-challenge.h"

#include "urlsession/auth/u-credential-private.h"
#include "urlsession/auth/u-protection-space-private.h"
#include "urlsession/message/u-response-private.h"
#include "urlsession/task/u-authentication-challenge-private.h"
#include "urlsession/task/u-task-private.h"

/**
 * UAuthenticationChallenge:
 *
 * A question for credentials, or for trust in a server.
 *
 * Carried by [signal@Task::challenge] and [signal@Session::challenge]. What is asked for is in
 * [property@AuthenticationChallenge:protection-space]: its method says whether a user name and a password, a
 * certificate of the client, or trust in a certificate of the server is wanted.
 *
 * The default is the proposed credential if there is one that was not rejected, else to go on without; a server is
 * trusted when its certificates are valid. A wrong answer brings the question again, with a higher
 * [property@AuthenticationChallenge:previous-failure-count].
 */

/* What goes with an answer. */
typedef struct
{
  UCredentialData *credential; /* owned, nullable */
  gboolean remember;
} Payload;

struct _UAuthenticationChallenge
{
  UDecision parent_instance;

  UChallengeData *data;       /* owned; NULL for an object that no task made */
  UProtectionSpace *space;    /* owned, nullable */
  UCredential *proposed;      /* owned, nullable */
  UResponse *response;        /* owned, nullable */
};

struct _UAuthenticationChallengeClass
{
  UDecisionClass parent_class;
};

enum {
  PROP_0,
  PROP_ERROR,
  PROP_FAILURE_RESPONSE,
  PROP_PREVIOUS_FAILURE_COUNT,
  PROP_PROPOSED_CREDENTIAL,
  PROP_PROTECTION_SPACE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UAuthenticationChallenge, u_authentication_challenge, U_TYPE_DECISION)

static void
payload_free (gpointer data)
{
  Payload *self = data;

  g_clear_pointer (&self->credential, u_credential_data_unref);
  g_free (self);
}

static void
u_authentication_challenge_apply (UDecision *decision, UTask *task, int answer, gpointer payload)
{
  const Payload *what = payload;
  UCommand command = { .kind = U_COMMAND_ANSWER, .answer.kind = (UChallengeAnswerKind) answer };

  if (what != NULL)
    {
      command.answer.credential = what->credential;
      command.answer.remember = what->remember;
    }
  if (command.answer.kind == U_CHALLENGE_CANCEL)
    u_task_cancel (task);
  else
    u_task_send_command (task, &command);
}

/* What concerns all that goes over a connection is the business of the session. */
static guint
u_authentication_challenge_get_first_signal (UDecision *decision)
{
  UAuthenticationChallenge *self = U_AUTHENTICATION_CHALLENGE (decision);

  switch (self->data->space->method)
    {
    case U_AUTHENTICATION_METHOD_SERVER_TRUST:
    case U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE:
    case U_AUTHENTICATION_METHOD_NTLM:
    case U_AUTHENTICATION_METHOD_NEGOTIATE:
      return u_task_signal_ids.session_challenge;
    case U_AUTHENTICATION_METHOD_DEFAULT:
    case U_AUTHENTICATION_METHOD_HTTP_BASIC:
    case U_AUTHENTICATION_METHOD_HTTP_DIGEST:
    case U_AUTHENTICATION_METHOD_HTML_FORM:
    default:
      return self->data->space->is_proxy ? u_task_signal_ids.session_challenge : 0;
    }
}

static void
u_authentication_challenge_finalize (GObject *object)
{
  UAuthenticationChallenge *self = U_AUTHENTICATION_CHALLENGE (object);

  g_clear_pointer (&self->data, u_challenge_data_unref);
  g_clear_object (&self->space);
  g_clear_object (&self->proposed);
  g_clear_object (&self->response);

  G_OBJECT_CLASS (u_authentication_challenge_parent_class)->finalize (object);
}

static void
u_authentication_challenge_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UAuthenticationChallenge *self = U_AUTHENTICATION_CHALLENGE (object);

  switch (prop_id)
    {
    case PROP_ERROR:
      g_value_set_boxed (value, u_authentication_challenge_get_error (self));
      break;
    case PROP_FAILURE_RESPONSE:
      g_value_set_object (value, self->response);
      break;
    case PROP_PREVIOUS_FAILURE_COUNT:
      g_value_set_uint (value, u_authentication_challenge_get_previous_failure_count (self));
      break;
    case PROP_PROPOSED_CREDENTIAL:
      g_value_set_object (value, self->proposed);
      break;
    case PROP_PROTECTION_SPACE:
      g_value_set_object (value, self->space);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_authentication_challenge_class_init (UAuthenticationChallengeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UDecisionClass *decision_class = U_DECISION_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_authentication_challenge_finalize;
  object_class->get_property = u_authentication_challenge_get_property;
  decision_class->question = "authentication";
  decision_class->default_answer = U_CHALLENGE_DEFAULT;
  decision_class->free_payload = payload_free;
  decision_class->apply = u_authentication_challenge_apply;
  decision_class->get_first_signal = u_authentication_challenge_get_first_signal;

  /**
   * UAuthenticationChallenge:error: (getter get_error)
   *
   * What went wrong with the last answer, where it was more than a refusal.
   */
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, readable);
  /**
   * UAuthenticationChallenge:failure-response: (getter get_failure_response)
   *
   * The response that asks: a 401 or a 407. %NULL where the question comes before a response.
   */
  props[PROP_FAILURE_RESPONSE] =
    g_param_spec_object ("failure-response", NULL, NULL, U_TYPE_HTTP_RESPONSE, readable);
  /**
   * UAuthenticationChallenge:previous-failure-count: (getter get_previous_failure_count)
   *
   * How many answers to this question were rejected before.
   */
  props[PROP_PREVIOUS_FAILURE_COUNT] =
    g_param_spec_uint ("previous-failure-count", NULL, NULL, 0, G_MAXUINT, 0, readable);
  /**
   * UAuthenticationChallenge:proposed-credential: (getter get_proposed_credential)
   *
   * What the URL or the credential storage has; after a failure, what was rejected.
   */
  props[PROP_PROPOSED_CREDENTIAL] =
    g_param_spec_object ("proposed-credential", NULL, NULL, U_TYPE_CREDENTIAL, readable);
  /**
   * UAuthenticationChallenge:protection-space: (getter get_protection_space)
   *
   * Who asks, and for what.
   */
  props[PROP_PROTECTION_SPACE] =
    g_param_spec_object ("protection-space", NULL, NULL, U_TYPE_PROTECTION_SPACE, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_authentication_challenge_init (UAuthenticationChallenge *self)
{
}

UAuthenticationChallenge *
u_authentication_challenge_new (UTask *task, UChallengeData *data)
{
  UAuthenticationChallenge *self = g_object_new (U_TYPE_AUTHENTICATION_CHALLENGE, "task", task, NULL);

  self->data = u_challenge_data_ref (data);
  self->space = u_protection_space_new_from_data (data->space);
  if (data->proposed != NULL)
    self->proposed = u_credential_new_from_data (data->proposed);
  if (data->failure_response != NULL)
    self->response = u_response_new_from_data (data->failure_response);

  return self;
}

/**
 * u_authentication_challenge_get_protection_space: (get-property protection-space)
 * @self: a challenge
 *
 * Gets who asks, and for what.
 *
 * Returns: (transfer none) (nullable): the protection space; %NULL only for an object that no task made
 */
UProtectionSpace *
u_authentication_challenge_get_protection_space (UAuthenticationChallenge *self)
{
  g_return_val_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self), NULL);

  return self->space;
}

/**
 * u_authentication_challenge_get_proposed_credential: (get-property proposed-credential)
 * @self: a challenge
 *
 * Gets what the URL or the credential storage has; after a failure, what was rejected.
 *
 * Returns: (transfer none) (nullable): a credential
 */
UCredential *
u_authentication_challenge_get_proposed_credential (UAuthenticationChallenge *self)
{
  g_return_val_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self), NULL);

  return self->proposed;
}

/**
 * u_authentication_challenge_get_previous_failure_count: (get-property previous-failure-count)
 * @self: a challenge
 *
 * Gets how many answers to this question were rejected before.
 *
 * Returns: a number
 */
guint
u_authentication_challenge_get_previous_failure_count (UAuthenticationChallenge *self)
{
  g_return_val_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self), 0);

  return self->data != NULL ? self->data->previous_failure_count : 0;
}

/**
 * u_authentication_challenge_get_failure_response: (get-property failure-response)
 * @self: a challenge
 *
 * Gets the response that asks, a 401 or a 407.
 *
 * Returns: (transfer none) (nullable): a response; %NULL where the question comes before one
 */
UHttpResponse *
u_authentication_challenge_get_failure_response (UAuthenticationChallenge *self)
{
  g_return_val_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self), NULL);

  return (UHttpResponse *) self->response;
}

/**
 * u_authentication_challenge_get_error: (get-property error)
 * @self: a challenge
 *
 * Gets what went wrong with the last answer, where it was more than a refusal.
 *
 * Returns: (transfer none) (nullable): an error in the domain `U_ERROR`
 */
const GError *
u_authentication_challenge_get_error (UAuthenticationChallenge *self)
{
  g_return_val_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self), NULL);

  return self->data != NULL ? self->data->error : NULL;
}

static void
answer (UAuthenticationChallenge *self, UChallengeAnswerKind kind, UCredentialData *credential, gboolean remember)
{
  Payload *payload = g_new0 (Payload, 1);

  payload->credential = credential;
  payload->remember = remember;
  u_decision_answer (U_DECISION (self), kind, payload);
}

/**
 * u_authentication_challenge_use_credential:
 * @self: a challenge
 * @credential: (nullable): who to be; %NULL to go on without
 *
 * Answers with a credential.
 *
 * Without one the load goes on as nobody: a 401 and its body are the response then, and no error. Where trust in a
 * server is asked for there is no credential to give, and this has the effect of the default.
 *
 * May be called from any thread.
 */
void
u_authentication_challenge_use_credential (UAuthenticationChallenge *self, UCredential *credential)
{
  g_return_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self));
  g_return_if_fail (credential == NULL || U_IS_CREDENTIAL (credential));

  answer (self, U_CHALLENGE_USE_CREDENTIAL, credential != NULL ? u_credential_ref_data (credential) : NULL, FALSE);
}

/**
 * u_authentication_challenge_trust_server:
 * @self: a challenge of the method `U_AUTHENTICATION_METHOD_SERVER_TRUST`
 * @remember: whether all tasks of the session are to trust this certificate of this host, or this task only
 *
 * Answers that the server is to be trusted, whatever is wrong with its certificates.
 *
 * May be called from any thread.
 */
void
u_authentication_challenge_trust_server (UAuthenticationChallenge *self, gboolean remember)
{
  g_return_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self));
  g_return_if_fail (self->data == NULL || self->data->space->method == U_AUTHENTICATION_METHOD_SERVER_TRUST);

  answer (self, U_CHALLENGE_TRUST, NULL, remember);
}

/**
 * u_authentication_challenge_reject_space:
 * @self: a challenge
 *
 * Answers that nothing is to be given here: the next method that the server offers is tried.
 *
 * When there is none left, the 401 and its body are the response. Where trust in a server is asked for, the task fails
 * with `U_ERROR_SERVER_CERTIFICATE_UNTRUSTED`.
 *
 * May be called from any thread.
 */
void
u_authentication_challenge_reject_space (UAuthenticationChallenge *self)
{
  g_return_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self));

  answer (self, U_CHALLENGE_REJECT, NULL, FALSE);
}

/**
 * u_authentication_challenge_cancel_task:
 * @self: a challenge
 *
 * Answers by cancelling the task: it ends with `U_ERROR_CANCELLED`.
 *
 * May be called from any thread.
 */
void
u_authentication_challenge_cancel_task (UAuthenticationChallenge *self)
{
  g_return_if_fail (U_IS_AUTHENTICATION_CHALLENGE (self));

  answer (self, U_CHALLENGE_CANCEL, NULL, FALSE);
}

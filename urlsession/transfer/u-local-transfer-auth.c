/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/*
 * Questions for credentials and for trust. They come from two sides: the load asks about what concerns its connection,
 * and waits; a response with the status 401 asks about what concerns the resource, and the request is sent again. On
 * the way to the application both are the same.
 */

static void
post_challenge (ULocalTransfer *self)
{
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_CHALLENGE);

  event->challenge = u_challenge_data_ref (self->challenge);
  event->counts = self->counts;
  u_transfer_event_push (event);
}

typedef struct
{
  ULocalTransfer *transfer;   /* owned */
  UChallengeData *challenge;  /* owned; the one that the storage was asked about */
} Lookup;

static void
looked_up_cb (UCredentialData *credential, gpointer user_data)
{
  Lookup *lookup = user_data;
  ULocalTransfer *self = lookup->transfer;

  /* Meanwhile the transfer may be over. */
  if (self->challenge == lookup->challenge)
    {
      if (credential != NULL)
        {
          UChallengeData *proposal = u_challenge_data_with_proposed (self->challenge, credential);

          u_challenge_data_unref (self->challenge);
          self->challenge = proposal;
          if (!self->load_asks)
            u_auth_attempt_set_challenge (self->auth, proposal);
        }
      post_challenge (self);
    }
  u_challenge_data_unref (lookup->challenge);
  u_transfer_unref (&self->base);
  g_free (lookup);
}

static gboolean
may_be_stored (UChallengeData *challenge)
{
  return challenge->proposed == NULL && challenge->previous_failure_count == 0 &&
         challenge->space->method != U_AUTHENTICATION_METHOD_SERVER_TRUST;
}

/* @challenge: (transfer full) */
static void
ask (ULocalTransfer *self, UChallengeData *challenge)
{
  UCredentialStore *store = self->executor->settings.credentials;
  Lookup *lookup;

  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  self->challenge = challenge;
  u_local_transfer_update_clock (self);

  if (store == NULL || !may_be_stored (challenge))
    {
      post_challenge (self);
      return;
    }
  lookup = g_new0 (Lookup, 1);
  lookup->transfer = (ULocalTransfer *) u_transfer_ref (&self->base);
  lookup->challenge = u_challenge_data_ref (challenge);
  u_credential_store_lookup (store, challenge->space, u_worker_get_context (self->executor->worker), looked_up_cb,
                             lookup);
}

/* The load waits for an answer about its connection. */
void
u_local_transfer_take_question (ULocalTransfer *self, UChallengeData *challenge)
{
  self->load_asks = TRUE;
  if (challenge->space->method == U_AUTHENTICATION_METHOD_SERVER_TRUST)
    {
      g_clear_pointer (&self->doubtful, u_protection_space_data_unref);
      self->doubtful = u_protection_space_data_ref (challenge->space);
    }
  if (self->suspended)
    self->held_question = u_challenge_data_ref (challenge);
  else
    ask (self, u_challenge_data_ref (challenge));
}

/*
 * u_local_transfer_challenge:
 * @response: any response
 *
 * Returns: %TRUE if it is not to be delivered: the application is asked, or the request goes out again
 */
gboolean
u_local_transfer_challenge (ULocalTransfer *self, UResponseData *response)
{
  g_autoptr (UChallengeData) challenge = NULL;
  gboolean again = FALSE;

  if (self->accepted_space != NULL && response->status != 407)
    {
      if (self->executor->settings.credentials != NULL)
        u_credential_store_set (self->executor->settings.credentials, self->accepted_space, self->accepted_credential);
      g_clear_pointer (&self->accepted_space, u_protection_space_data_unref);
      g_clear_pointer (&self->accepted_credential, u_credential_data_unref);
    }
  if (response->status == 0)
    return FALSE;

  challenge = u_auth_attempt_take_response (self->auth, self->request, response, &again);
  if (again)
    {
      u_local_transfer_send_again (self);
      return TRUE;
    }
  if (challenge == NULL)
    return FALSE;

  u_local_transfer_enter (self, U_LOCAL_ASKING);
  self->counts.received = 0;
  ask (self, g_steal_pointer (&challenge));
  u_local_transfer_update_credit (self);

  return TRUE;
}

/*
 * u_local_transfer_end_refused:
 *
 * Outside of HTTP a refusal is no response that could be delivered.
 *
 * Returns: %TRUE if the response at hand was one, and the transfer is over
 */
gboolean
u_local_transfer_end_refused (ULocalTransfer *self)
{
  g_autofree char *masked = NULL;

  if (self->response == NULL || !self->response->like_http || self->response->status != 401)
    return FALSE;

  masked = u_uri_dup_masked (self->request->parsed);
  u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_USER_AUTHENTICATION_REQUIRED,
                                            "The server of %s wants a user name and a password, and none were given "
                                            "that it takes.", masked));

  return TRUE;
}

/* What nobody answered. */
static UChallengeAnswer
resolve (UChallengeData *challenge, const UChallengeAnswer *answer)
{
  UChallengeAnswer resolved = *answer;

  if (answer->kind == U_CHALLENGE_DEFAULT && challenge->proposed != NULL && challenge->previous_failure_count == 0 &&
      challenge->space->method != U_AUTHENTICATION_METHOD_SERVER_TRUST)
    {
      resolved.kind = U_CHALLENGE_USE_CREDENTIAL;
      resolved.credential = challenge->proposed;
    }

  return resolved;
}

static void
answer_load (ULocalTransfer *self, UChallengeData *challenge, const UChallengeAnswer *answer)
{
  UChallengeAnswer resolved = resolve (challenge, answer);

  self->load_asks = FALSE;
  g_clear_pointer (&self->accepted_space, u_protection_space_data_unref);
  g_clear_pointer (&self->accepted_credential, u_credential_data_unref);
  if (resolved.kind == U_CHALLENGE_USE_CREDENTIAL && resolved.credential != NULL)
    {
      self->accepted_space = u_protection_space_data_ref (challenge->space);
      self->accepted_credential = u_credential_data_ref (resolved.credential);
    }
  u_local_transfer_touch (self);
  u_local_transfer_update_clock (self);
  if (self->conduit != NULL)
    self->conduit->klass->answer (self->conduit, &resolved);
  else
    u_load_answer (self->load, &resolved);
}

/* The application has answered the challenge at hand. */
void
u_local_transfer_answer (ULocalTransfer *self, const UChallengeAnswer *answer)
{
  g_autoptr (UChallengeData) challenge = g_steal_pointer (&self->challenge);
  UChallengeData *next = NULL;

  if (challenge == NULL)
    return;

  if (self->load_asks)
    answer_load (self, challenge, answer);
  else if (u_auth_attempt_answer (self->auth, answer, &next))
    u_local_transfer_send_again (self);
  else if (next != NULL)
    ask (self, next);
  else
    u_local_transfer_deliver (self);
}

/* Nobody is asked any more. */
void
u_local_transfer_drop_challenge (ULocalTransfer *self)
{
  self->load_asks = FALSE;
  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  g_clear_pointer (&self->held_question, u_challenge_data_unref);
}

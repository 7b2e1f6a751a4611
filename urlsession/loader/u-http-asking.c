/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-asking-private.h"

#include "urlsession/loader/u-http-auth-private.h"
#include "urlsession/loader/u-http-trust-private.h"

struct _UHttpAsking
{
  UHttpEngine *engine;        /* owned */
  UHttpAskingFuncs funcs;
  gpointer user_data;
  gboolean asks_trust;
  UHttpTrust *trust;          /* owned, nullable: not over TLS */
  UHttpAuth *auth;            /* owned */
  SoupSession *own_session;   /* owned, nullable; what was trusted is so for this load only */
  SoupMessage *message;       /* borrowed, nullable: not attached */

  gboolean for_login;         /* the question is one of @auth */
  UChallengeData *question;   /* owned, nullable; not taken yet */
  GInputStream *held;         /* owned, nullable; the body of a response that stands or not, as the answer will be */
  gboolean started;           /* the message came as far as to be sent */
  gboolean has_sent;          /* so did this one, or one before it */
};

static void
set_question (UHttpAsking *self, UChallengeData *challenge, gboolean for_login)
{
  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_challenge_data_ref (challenge);
  self->for_login = for_login;
}

static void
ask_for_certificate (gpointer user_data, UChallengeData *challenge)
{
  UHttpAsking *self = user_data;

  set_question (self, challenge, FALSE);
  self->funcs.asks (self->user_data);
}

static void
ask_for_login (gpointer user_data, UChallengeData *challenge)
{
  UHttpAsking *self = user_data;

  set_question (self, challenge, TRUE);
  self->funcs.asks (self->user_data);
}

static void
refuse (gpointer user_data)
{
  UHttpAsking *self = user_data;

  self->funcs.refuses (self->user_data);
}

UHttpAsking *
u_http_asking_new (UHttpEngine *engine, GUri *uri, gboolean asks_trust, const UHttpAskingFuncs *funcs,
                   gpointer user_data)
{
  static const UHttpTrustFuncs trust_funcs = { ask_for_certificate, refuse };
  UHttpAsking *self = g_new0 (UHttpAsking, 1);

  self->engine = u_http_engine_ref (engine);
  self->funcs = *funcs;
  self->user_data = user_data;
  self->asks_trust = asks_trust;
  if (g_ascii_strcasecmp (g_uri_get_scheme (uri), "https") == 0)
    self->trust = u_http_trust_new (u_http_engine_get_memory (engine), u_http_engine_get_rules (engine), uri,
                                    asks_trust, &trust_funcs, self);
  self->auth = u_http_auth_new (engine, uri, ask_for_login, self);

  return self;
}

void
u_http_asking_free (UHttpAsking *self)
{
  u_http_asking_detach (self);
  g_clear_pointer (&self->trust, u_http_trust_free);
  g_clear_pointer (&self->auth, u_http_auth_free);
  if (self->own_session != NULL)
    u_http_engine_release_session (self->engine, self->own_session);
  u_http_engine_unref (self->engine);
  g_free (self);
}

static UHttpLane
get_lane (UHttpAsking *self, gboolean bulk)
{
  return u_http_auth_get_lane (self->auth, bulk ? U_HTTP_LANE_BULK : U_HTTP_LANE_GENERAL);
}

static void
starting_cb (SoupMessage *message, gpointer user_data)
{
  UHttpAsking *self = user_data;

  self->started = TRUE;
  self->has_sent = TRUE;
}

void
u_http_asking_attach (UHttpAsking *self, SoupMessage *message, gboolean bulk)
{
  self->message = message;
  self->started = FALSE;
  u_http_engine_prepare (self->engine, get_lane (self, bulk), message);
  if (self->trust != NULL)
    u_http_trust_attach (self->trust, message);
  u_http_auth_attach (self->auth, message);
  g_signal_connect (message, "starting", G_CALLBACK (starting_cb), self);
}

SoupSession *
u_http_asking_get_session (UHttpAsking *self, gboolean bulk)
{
  if (self->own_session != NULL)
    u_http_engine_release_session (self->engine, g_steal_pointer (&self->own_session));
  if (self->trust == NULL || !u_http_trust_is_private (self->trust))
    return u_http_engine_get_session (self->engine, get_lane (self, bulk), self->asks_trust);

  self->own_session = u_http_engine_new_session (self->engine, get_lane (self, bulk));

  return self->own_session;
}

/* What is asked about a message that is not of interest any more is not answered. */
void
u_http_asking_detach (UHttpAsking *self)
{
  if (self->message != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->message, self);
      u_http_engine_forget (self->engine, self->message);
    }
  self->message = NULL;
  if (self->trust != NULL)
    u_http_trust_detach (self->trust);
  u_http_auth_detach (self->auth);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  if (self->held != NULL)
    g_input_stream_close_async (self->held, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_clear_object (&self->held);
}

UChallengeData *
u_http_asking_steal_question (UHttpAsking *self)
{
  return g_steal_pointer (&self->question);
}

UHttpNext
u_http_asking_decide (UHttpAsking *self, GInputStream **stream, GError **error)
{
  g_autoptr (UChallengeData) challenge = NULL;

  /* A handshake that is over waits for no answer. */
  g_clear_pointer (&self->question, u_challenge_data_unref);

  if (*stream == NULL)
    {
      if (self->trust != NULL)
        challenge = u_http_trust_end (self->trust, *error);
      if (challenge == NULL)
        return U_HTTP_FAILS;
      set_question (self, challenge, FALSE);
      return U_HTTP_ASKS;
    }

  if (!self->started)
    {
      /* All there is of a tunnel that was refused is its status. */
      *error = u_http_auth_explain_tunnel (self->auth, soup_message_get_status (self->message));
      g_clear_object (stream);
      return U_HTTP_FAILS;
    }

  if (u_http_auth_wants_more (self->auth))
    {
      g_input_stream_close_async (*stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      g_clear_object (stream);
      return U_HTTP_SENDS_AGAIN;
    }

  challenge = u_http_auth_ask_again (self->auth);
  if (challenge == NULL)
    return U_HTTP_RESPONDS;

  self->held = g_steal_pointer (stream);
  set_question (self, challenge, TRUE);

  return U_HTTP_ASKS;
}

UHttpNext
u_http_asking_answer (UHttpAsking *self, const UChallengeAnswer *answer, GError **error)
{
  UHttpNext next;

  if (!self->for_login && self->trust != NULL)
    return u_http_trust_answer (self->trust, answer, error);

  next = u_http_auth_answer (self->auth, answer, error);

  return next == U_HTTP_GOES_ON && self->held != NULL ? U_HTTP_RESPONDS : next;
}

GInputStream *
u_http_asking_steal_response (UHttpAsking *self)
{
  return g_steal_pointer (&self->held);
}

GError *
u_http_asking_explain (UHttpAsking *self, const GError *error)
{
  return self->trust != NULL ? u_http_trust_explain (self->trust, error) : NULL;
}

gboolean
u_http_asking_has_sent (UHttpAsking *self)
{
  return self->has_sent;
}

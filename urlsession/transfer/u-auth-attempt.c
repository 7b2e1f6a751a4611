/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-auth-attempt-private.h"

#include <string.h>

#include "urlsession/auth/u-digest-auth-private.h"
#include "urlsession/message/u-uri-private.h"

/* Refusals of one transfer, whoever was asked. An application that answers the same for ever is stopped here. */
#define MAX_FAILURES 16

/* How often one transfer is sent again without a question: for a nonce, or with what let another transfer in. */
#define MAX_SILENT 4

typedef struct
{
  UProtectionSpaceData *space; /* owned */
  UCredentialData *credential; /* owned */
} Failure;

struct _UAuthAttempt
{
  UAuthenticator *authenticator; /* owned */

  UAuthGrant *grant;          /* owned, nullable; what answers a refusal of this transfer */
  gboolean grant_is_known;    /* the session had it: nobody was asked */
  GUri *grant_uri;            /* owned, nullable; what was refused then */

  UAuthGrant *sent;           /* owned, nullable; what the exchange under way goes with */
  UCredentialData *sent_credential; /* owned, nullable; as it was then */
  char *sent_nonce;           /* owned, nullable; the same */
  gboolean sent_is_known;

  UChallengeData *challenge;  /* owned, nullable; the question at hand */
  GPtrArray *offers;          /* owned; of UAuthGrant, without credentials; the first is what is asked for */
  GUri *refused_uri;          /* owned, nullable */
  UResponseData *refusal;     /* owned, nullable; of HTTP */

  GPtrArray *rejected;        /* owned; of UProtectionSpaceData: the application gives nothing there */
  GPtrArray *failures;        /* owned; of Failure */
  guint n_silent;
  gboolean is_refreshed;      /* a refused nonce was once taken for an old one */

  GUri *user_uri;             /* owned, nullable; the last URL with a user name in it */
};

static void
failure_free (gpointer data)
{
  Failure *self = data;

  u_protection_space_data_unref (self->space);
  u_credential_data_unref (self->credential);
  g_free (self);
}

UAuthAttempt *
u_auth_attempt_new (UAuthenticator *authenticator)
{
  UAuthAttempt *self = g_new0 (UAuthAttempt, 1);

  self->authenticator = u_authenticator_ref (authenticator);
  self->offers = g_ptr_array_new_with_free_func ((GDestroyNotify) u_auth_grant_unref);
  self->rejected = g_ptr_array_new_with_free_func ((GDestroyNotify) u_protection_space_data_unref);
  self->failures = g_ptr_array_new_with_free_func (failure_free);

  return self;
}

static void
clear_grant (UAuthAttempt *self)
{
  g_clear_pointer (&self->grant, u_auth_grant_unref);
  g_clear_pointer (&self->grant_uri, g_uri_unref);
}

static void
clear_sent (UAuthAttempt *self)
{
  g_clear_pointer (&self->sent, u_auth_grant_unref);
  g_clear_pointer (&self->sent_credential, u_credential_data_unref);
  g_clear_pointer (&self->sent_nonce, g_free);
}

static void
clear_question (UAuthAttempt *self)
{
  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  g_clear_pointer (&self->refused_uri, g_uri_unref);
  g_clear_pointer (&self->refusal, u_response_data_unref);
  g_ptr_array_set_size (self->offers, 0);
}

void
u_auth_attempt_free (UAuthAttempt *self)
{
  clear_grant (self);
  clear_sent (self);
  clear_question (self);
  u_authenticator_unref (self->authenticator);
  g_ptr_array_unref (self->offers);
  g_ptr_array_unref (self->rejected);
  g_ptr_array_unref (self->failures);
  g_clear_pointer (&self->user_uri, g_uri_unref);
  g_free (self);
}

static char *
dup_decoded (const char *encoded)
{
  char *decoded = g_uri_unescape_string (encoded, NULL);

  if (decoded != NULL && g_utf8_validate (decoded, -1, NULL))
    return decoded;
  u_secret_free (decoded);

  return NULL;
}

/* (nullable): the user info of a URL; it is kept as long as what was typed into a dialog. */
static UCredentialData *
dup_user_info (GUri *uri)
{
  const char *encoded_user = g_uri_get_user (uri);
  const char *encoded_password = g_uri_get_password (uri);
  UCredentialData *credential = NULL;
  char *user, *password;

  if (encoded_user == NULL || (*encoded_user == '\0' && encoded_password == NULL))
    return NULL;

  user = dup_decoded (encoded_user);
  password = dup_decoded (encoded_password != NULL ? encoded_password : "");
  if (user != NULL && password != NULL)
    credential = u_credential_data_new (user, password, U_CREDENTIAL_PERSISTENCE_FOR_SESSION);
  u_secret_free (user);
  u_secret_free (password);

  return credential;
}

/* The user info of @uri, or that of the URL from which a redirect in the same origin came. */
static UCredentialData *
dup_user_info_for (UAuthAttempt *self, GUri *uri)
{
  UCredentialData *own = dup_user_info (uri);

  if (own == NULL && self->user_uri != NULL && u_uri_same_origin (self->user_uri, uri))
    return dup_user_info (self->user_uri);

  return own;
}

/* Whether @grant is for another user than the one in the URL. */
static gboolean
is_for_another (UAuthAttempt *self, UAuthGrant *grant, GUri *uri)
{
  g_autoptr (UCredentialData) user_info = dup_user_info_for (self, uri);

  if (user_info == NULL)
    return FALSE;
  /* Without a password it says for whom only. */
  if (*user_info->password == '\0')
    return g_strcmp0 (user_info->user, u_auth_grant_get_credential (grant)->user) != 0;

  return !u_credential_data_equal (user_info, u_auth_grant_get_credential (grant));
}

static gboolean
is_same_uri (GUri *a, GUri *b)
{
  return u_uri_same_origin (a, b) && g_str_equal (g_uri_get_path (a), g_uri_get_path (b));
}

char *
u_auth_attempt_dup_authorization (UAuthAttempt *self, URequestData *request)
{
  GUri *uri = request->parsed;
  g_autoptr (UAuthGrant) grant = NULL;
  gboolean is_known = FALSE;
  char *header;

  clear_sent (self);
  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return NULL;

  if (g_uri_get_user (uri) != NULL)
    {
      g_clear_pointer (&self->user_uri, g_uri_unref);
      self->user_uri = g_uri_ref (uri);
    }

  if (self->grant != NULL && (is_same_uri (self->grant_uri, uri) || u_auth_grant_match (self->grant, uri) > 0))
    {
      grant = u_auth_grant_ref (self->grant);
      is_known = self->grant_is_known;
    }
  else if (u_header_list_get (request->headers, "Authorization") == NULL)
    {
      grant = u_authenticator_find (self->authenticator, uri);
      if (grant != NULL && is_for_another (self, grant, uri))
        g_clear_pointer (&grant, u_auth_grant_unref);
      is_known = TRUE;
    }
  if (grant == NULL)
    return NULL;

  header = u_auth_grant_dup_header (grant, request);
  if (header == NULL && !u_auth_grant_is_login (grant))
    return NULL;
  self->sent_credential = u_credential_data_ref (u_auth_grant_get_credential (grant));
  self->sent_nonce = g_strdup (u_auth_grant_get_nonce (grant));
  self->sent = g_steal_pointer (&grant);
  self->sent_is_known = is_known;

  return header;
}

static guint
count_failures (UAuthAttempt *self, UProtectionSpaceData *space, UCredentialData **last)
{
  guint n = 0;

  *last = NULL;
  for (guint i = 0; i < self->failures->len; i++)
    {
      Failure *failure = self->failures->pdata[i];

      if (u_protection_space_data_equal (failure->space, space))
        {
          n++;
          *last = failure->credential;
        }
    }

  return n;
}

static gboolean
has_failed (UAuthAttempt *self, UProtectionSpaceData *space, UCredentialData *credential)
{
  for (guint i = 0; i < self->failures->len; i++)
    {
      Failure *failure = self->failures->pdata[i];

      if (u_protection_space_data_equal (failure->space, space) &&
          u_credential_data_equal (failure->credential, credential))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_rejected (UAuthAttempt *self, UProtectionSpaceData *space)
{
  for (guint i = 0; i < self->rejected->len; i++)
    {
      if (u_protection_space_data_equal (self->rejected->pdata[i], space))
        return TRUE;
    }

  return FALSE;
}

void
u_auth_attempt_log_in (UAuthAttempt *self, URequestData *request)
{
  g_autoptr (UCredentialData) credential = NULL;
  g_autoptr (UAuthGrant) grant = NULL;

  if (self->grant != NULL || request->parsed == NULL || g_uri_get_password (request->parsed) == NULL)
    return;

  credential = dup_user_info (request->parsed);
  grant = u_auth_grant_new_login (request);
  if (credential == NULL || has_failed (self, u_auth_grant_get_space (grant), credential))
    return;

  u_auth_grant_set_credential (grant, credential);
  self->grant = g_steal_pointer (&grant);
  self->grant_is_known = FALSE;
  self->grant_uri = g_uri_ref (request->parsed);
}

UCredentialData *
u_auth_attempt_get_login (UAuthAttempt *self)
{
  return self->sent != NULL && u_auth_grant_is_login (self->sent) ? self->sent_credential : NULL;
}

/* Anything that is neither of the server's errors nor of a proxy in between shows that the server took it. */
static gboolean
shows_acceptance (guint status)
{
  return status < 500 && status != 407;
}

static void
take_success (UAuthAttempt *self, URequestData *request, UResponseData *response)
{
  if (response->headers != NULL)
    u_auth_grant_take_info (self->sent, u_header_list_get (response->headers, "Authentication-Info"));
  if (response->status < 300)
    {
      self->n_silent = 0;
      self->is_refreshed = FALSE;
    }
  if (!shows_acceptance (response->status))
    return;

  if (self->sent_is_known)
    u_auth_grant_add_uri (self->sent, request->parsed);
  else
    u_authenticator_accept (self->authenticator, self->sent, request->parsed);
  /* From now on the store has the last word. */
  if (self->sent == self->grant)
    self->grant_is_known = TRUE;
}

/* Whether the refusal is about the nonce and not about the credential. The session may have used an old one of another
 * server behind the same name, which does not always say so. */
static gboolean
is_about_nonce (UAuthAttempt *self, UHttpChallenge *challenge)
{
  const char *nonce = u_http_challenge_get (challenge, "nonce");

  if (self->sent_nonce == NULL || nonce == NULL)
    return FALSE;
  if (u_digest_auth_is_stale (challenge))
    return TRUE;
  if (!self->sent_is_known || self->is_refreshed || g_str_equal (nonce, self->sent_nonce))
    return FALSE;
  self->is_refreshed = TRUE;

  return TRUE;
}

static void
note_failure (UAuthAttempt *self)
{
  Failure *failure = g_new0 (Failure, 1);

  failure->space = u_protection_space_data_ref (u_auth_grant_get_space (self->sent));
  failure->credential = u_credential_data_ref (self->sent_credential);
  g_ptr_array_add (self->failures, failure);

  if (u_auth_grant_get_credential (self->sent) == self->sent_credential)
    u_authenticator_forget (self->authenticator, self->sent);
  clear_grant (self);
}

/* Fills in what the server offers, one for each space, strongest first. Returns (nullable): the challenge for what was
 * sent. */
static UHttpChallenge *
collect_offers (UAuthAttempt *self, URequestData *request, GPtrArray *challenges)
{
  UHttpChallenge *repeated = NULL;

  for (guint i = 0; i < challenges->len; i++)
    {
      g_autoptr (UAuthGrant) offer = u_auth_grant_new (challenges->pdata[i], request);
      gboolean is_double = FALSE;

      if (offer == NULL)
        continue;
      for (guint j = 0; j < self->offers->len && !is_double; j++)
        is_double = u_protection_space_data_equal (u_auth_grant_get_space (self->offers->pdata[j]),
                                                   u_auth_grant_get_space (offer));
      if (is_double)
        continue;

      if (self->sent != NULL &&
          u_protection_space_data_equal (u_auth_grant_get_space (self->sent), u_auth_grant_get_space (offer)))
        repeated = challenges->pdata[i];
      if (!is_rejected (self, u_auth_grant_get_space (offer)))
        g_ptr_array_add (self->offers, g_steal_pointer (&offer));
    }

  return repeated;
}

/* The same where there is one way in, and the server names none. Returns whether it was tried. */
static gboolean
offer_login (UAuthAttempt *self, URequestData *request)
{
  g_autoptr (UAuthGrant) offer = u_auth_grant_new_login (request);
  UProtectionSpaceData *space = u_auth_grant_get_space (offer);
  gboolean was_sent = self->sent != NULL && u_protection_space_data_equal (u_auth_grant_get_space (self->sent), space);

  if (!is_rejected (self, space))
    g_ptr_array_add (self->offers, g_steal_pointer (&offer));

  return was_sent;
}

/* What another transfer was let in with meanwhile, or this one at another path: nobody needs to be asked again. */
static gboolean
use_known (UAuthAttempt *self, GUri *uri)
{
  UProtectionSpaceData *space = u_auth_grant_get_space (self->offers->pdata[0]);
  g_autoptr (UAuthGrant) known = u_authenticator_find_space (self->authenticator, space);

  if (known == NULL || has_failed (self, space, u_auth_grant_get_credential (known)) ||
      is_for_another (self, known, uri))
    return FALSE;

  clear_grant (self);
  self->grant = g_steal_pointer (&known);
  self->grant_is_known = TRUE;
  self->grant_uri = g_uri_ref (uri);

  return TRUE;
}

/* The question for the first offer. */
static UChallengeData *
make_challenge (UAuthAttempt *self)
{
  UProtectionSpaceData *space = u_auth_grant_get_space (self->offers->pdata[0]);
  g_autoptr (UCredentialData) user_info = NULL;
  UCredentialData *rejected;
  guint n_failures = count_failures (self, space, &rejected);

  if (n_failures == 0)
    user_info = dup_user_info_for (self, self->refused_uri);

  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  self->challenge = u_challenge_data_new (space, n_failures > 0 ? rejected : user_info, n_failures, self->refusal);

  return u_challenge_data_ref (self->challenge);
}

static UChallengeData *
take_refusal (UAuthAttempt *self, URequestData *request, UResponseData *response, gboolean *again)
{
  g_autoptr (GPtrArray) challenges = u_http_auth_parse_fields (response->headers, "WWW-Authenticate");
  UHttpChallenge *repeated = NULL;
  gboolean was_sent;

  if (response->like_http)
    {
      was_sent = offer_login (self, request);
    }
  else
    {
      u_http_auth_sort (challenges);
      repeated = collect_offers (self, request, challenges);
      was_sent = repeated != NULL;
    }

  if (was_sent)
    {
      if (repeated != NULL && is_about_nonce (self, repeated) && self->n_silent < MAX_SILENT &&
          u_auth_grant_renew (self->sent, repeated))
        {
          self->n_silent++;
          *again = TRUE;
          return NULL;
        }
      note_failure (self);
    }

  if (self->offers->len == 0 || self->failures->len >= MAX_FAILURES)
    return NULL;

  if (!was_sent && self->n_silent < MAX_SILENT && use_known (self, request->parsed))
    {
      self->n_silent++;
      *again = TRUE;
      return NULL;
    }

  self->refused_uri = g_uri_ref (request->parsed);
  if (!response->like_http)
    self->refusal = u_response_data_ref (response);

  return make_challenge (self);
}

UChallengeData *
u_auth_attempt_take_response (UAuthAttempt *self, URequestData *request, UResponseData *response, gboolean *again)
{
  UChallengeData *challenge = NULL;

  *again = FALSE;
  clear_question (self);
  if (response->status == 401 && request->parsed != NULL && g_uri_get_host (request->parsed) != NULL)
    challenge = take_refusal (self, request, response, again);
  else if (self->sent != NULL)
    take_success (self, request, response);

  clear_sent (self);
  if (challenge == NULL)
    clear_question (self);

  return challenge;
}

void
u_auth_attempt_set_challenge (UAuthAttempt *self, UChallengeData *challenge)
{
  u_challenge_data_ref (challenge);
  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  self->challenge = challenge;
}

static gboolean
use_credential (UAuthAttempt *self, UCredentialData *credential)
{
  /* A certificate says nothing here. */
  if (credential == NULL || (credential->user == NULL && credential->password == NULL))
    return FALSE;

  clear_grant (self);
  self->grant = g_ptr_array_steal_index (self->offers, 0);
  u_auth_grant_set_credential (self->grant, credential);
  self->grant_is_known = FALSE;
  self->grant_uri = g_uri_ref (self->refused_uri);

  return TRUE;
}

gboolean
u_auth_attempt_answer (UAuthAttempt *self, const UChallengeAnswer *answer, UChallengeData **next)
{
  UProtectionSpaceData *space;
  gboolean again = FALSE;

  *next = NULL;
  if (self->challenge == NULL || self->offers->len == 0)
    return FALSE;

  space = self->challenge->space;
  switch (answer->kind)
    {
    case U_CHALLENGE_USE_CREDENTIAL:
      again = use_credential (self, answer->credential);
      break;
    case U_CHALLENGE_DEFAULT:
      if (self->challenge->proposed != NULL && !has_failed (self, space, self->challenge->proposed))
        again = use_credential (self, self->challenge->proposed);
      break;
    case U_CHALLENGE_REJECT:
      g_ptr_array_add (self->rejected, u_protection_space_data_ref (space));
      g_ptr_array_remove_index (self->offers, 0);
      if (self->offers->len > 0)
        {
          *next = make_challenge (self);
          return FALSE;
        }
      break;
    case U_CHALLENGE_TRUST:
    case U_CHALLENGE_CANCEL:
    default:
      break;
    }

  clear_question (self);

  return again;
}

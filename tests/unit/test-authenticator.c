/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-auth-attempt-private.h"

#include <string.h>

#include "urlsession/message/u-uri-private.h"

/* How transfers get past Basic and Digest, without a network: each test plays what a server says, and answers. */

#define BASIC "Basic realm=\"r\""
#define DIGEST "Digest realm=\"r\", qop=\"auth\", algorithm=SHA-256, nonce="

typedef struct
{
  UCredentialStore *store;
  UAuthenticator *authenticator;
  UAuthAttempt *attempt;      /* of the transfer at hand */
  URequestData *request;
  UChallengeData *question;   /* owned, nullable */
  gboolean again;
} Fixture;

static void
begin (Fixture *self, const char *uri)
{
  g_clear_pointer (&self->attempt, u_auth_attempt_free);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->attempt = u_auth_attempt_new (self->authenticator);
  self->request = u_request_data_new (uri);
  g_assert_nonnull (self->request->parsed);
}

static void
fixture_set_up (Fixture *self, gconstpointer data)
{
  self->store = u_credential_store_new_memory ();
  self->authenticator = u_authenticator_new (self->store);
}

static void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->attempt, u_auth_attempt_free);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  g_clear_pointer (&self->authenticator, u_authenticator_unref);
  g_clear_pointer (&self->store, u_credential_store_unref);
}

/* The next hop of a redirect. */
static void
redirect (Fixture *self, const char *uri)
{
  u_request_data_unref (self->request);
  self->request = u_request_data_new (uri);
}

/* "": no field; "USER:PASSWORD": Basic; else what Digest says of the name, nonce and count. */
static char *
describe (const char *header)
{
  g_autofree guchar *decoded = NULL;
  g_autofree char *text = NULL;
  g_autoptr (UHttpChallenge) params = NULL;
  gsize length;

  if (header == NULL)
    return g_strdup ("");
  if (g_str_has_prefix (header, "Basic "))
    {
      decoded = g_base64_decode (header + strlen ("Basic "), &length);
      return g_strndup ((char *) decoded, length);
    }

  g_assert_true (g_str_has_prefix (header, "Digest "));
  params = u_http_auth_parse_info (header + strlen ("Digest "));

  return g_strdup_printf ("Digest %s %s %s", u_http_challenge_get (params, "username"),
                          u_http_challenge_get (params, "nonce"), u_http_challenge_get (params, "nc"));
}

static void
send (Fixture *self, const char *expected)
{
  g_autofree char *header = u_auth_attempt_dup_authorization (self->attempt, self->request);
  g_autofree char *described = describe (header);

  g_assert_cmpstr (described, ==, expected);
}

static UResponseData *
make_response (guint status, const char *field, const char *first, const char *second)
{
  UHeaderList *headers = u_header_list_new ();

  if (first != NULL)
    u_header_list_append (headers, field, first);
  if (second != NULL)
    u_header_list_append (headers, field, second);

  return u_response_data_new_http ("http://h/", status, "1.1", headers);
}

/* The server refuses; what is asked because of it is in self->question. */
static void
refuse_twice (Fixture *self, const char *first, const char *second)
{
  g_autoptr (UResponseData) response = make_response (401, "WWW-Authenticate", first, second);

  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_auth_attempt_take_response (self->attempt, self->request, response, &self->again);
  g_assert_false (self->again && self->question != NULL);
  if (self->question != NULL)
    g_assert_true (self->question->failure_response == response);
}

static void
refuse (Fixture *self, const char *challenge)
{
  refuse_twice (self, challenge, NULL);
}

static void
respond (Fixture *self, guint status, const char *info)
{
  g_autoptr (UResponseData) response = make_response (status, "Authentication-Info", info, NULL);

  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_auth_attempt_take_response (self->attempt, self->request, response, &self->again);
  g_assert_null (self->question);
  g_assert_false (self->again);
}

/* @proposed: a user; NULL: none */
static void
assert_asked (Fixture *self, UAuthenticationMethod method, const char *realm, guint n_failures, const char *proposed)
{
  g_assert_nonnull (self->question);
  g_assert_cmpint (self->question->space->method, ==, method);
  g_assert_cmpstr (self->question->space->realm, ==, realm);
  g_assert_false (self->question->space->is_proxy);
  g_assert_cmpuint (self->question->previous_failure_count, ==, n_failures);
  g_assert_cmpstr (self->question->proposed != NULL ? self->question->proposed->user : NULL, ==, proposed);
}

#define assert_asked_basic(self, n, proposed) \
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "r", n, proposed)
#define assert_asked_digest(self, n, proposed) \
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_DIGEST, "r", n, proposed)

/* What is asked next is in self->question. TRUE: send again. */
static gboolean
answer_with (Fixture *self, UChallengeAnswerKind kind, UCredentialData *credential)
{
  UChallengeAnswer answer = { kind, credential, FALSE };
  gboolean again;

  g_assert_nonnull (self->question);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  again = u_auth_attempt_answer (self->attempt, &answer, &self->question);
  g_assert_false (again && self->question != NULL);

  return again;
}

static void
give (Fixture *self, const char *user, const char *password, UCredentialPersistence persistence)
{
  g_autoptr (UCredentialData) credential = u_credential_data_new (user, password, persistence);

  g_assert_true (answer_with (self, U_CHALLENGE_USE_CREDENTIAL, credential));
}

static void
assert_delivered (Fixture *self)
{
  g_assert_null (self->question);
  g_assert_false (self->again);
}

#define SESSION U_CREDENTIAL_PERSISTENCE_FOR_SESSION
#define ONCE U_CREDENTIAL_PERSISTENCE_NONE

/* A transfer that is asked, and let in. */
static void
log_in (Fixture *self, const char *uri, const char *challenge, UCredentialPersistence persistence)
{
  begin (self, uri);
  send (self, "");
  refuse (self, challenge);
  give (self, "u", "p", persistence);
  send (self, strstr (challenge, "Basic") != NULL ? "u:p" : "Digest u n 00000001");
  respond (self, 200, NULL);
}

static void
test_nothing_to_ask (Fixture *self, gconstpointer data)
{
  static const char * const fields[] = {
    NULL, "", "Negotiate", "NTLM", "Bearer realm=\"r\"", "Digest realm=\"r\"",
    "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256", "Digest realm=r, nonce=n, qop=unknown",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      begin (self, "http://h/a");
      send (self, "");
      refuse (self, fields[i]);
      assert_delivered (self);
    }
}

static void
test_first_question (Fixture *self, gconstpointer data)
{
  begin (self, "http://ExAmple:8080/a");
  send (self, "");
  refuse (self, "Basic realm=\"a \\\"b\\\"\"");
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "a \"b\"", 0, NULL);
  g_assert_cmpstr (self->question->space->host, ==, "example");
  g_assert_cmpstr (self->question->space->protocol, ==, "http");
  g_assert_cmpuint (self->question->space->port, ==, 8080);
  give (self, "u", "p", SESSION);
  send (self, "u:p");
  respond (self, 200, NULL);

  begin (self, "https://h/a");
  refuse (self, "Basic");
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "", 0, NULL);
  g_assert_cmpuint (self->question->space->port, ==, 443);

  begin (self, "wss://h/a");
  refuse (self, BASIC);
  g_assert_cmpstr (self->question->space->protocol, ==, "https");
}

static void
test_user_info (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *uri;
    const char *sent;
  } cases[] = {
    { "http://u:p@h/a", "u:p" },
    { "http://a%40b:p%2Fq%3A%25@h/a", "a@b:p/q:%" },
    { "http://token@h/a", "token:" },
    { "http://:p@h/a", ":p" },
    { "http://%C3%BC:p@h/a", "\xc3\xbc:p" },
    { "http://@h/a", NULL },
    { "http://h/a", NULL },
    { "http://%FF:p@h/a", NULL },
    { "http://a%00b:p@h/a", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UAuthenticator) fresh = u_authenticator_new (NULL);

      g_clear_pointer (&self->authenticator, u_authenticator_unref);
      self->authenticator = u_authenticator_ref (fresh);
      begin (self, cases[i].uri);
      send (self, "");
      refuse (self, BASIC);
      g_assert_nonnull (self->question);
      g_assert_cmpint (self->question->proposed != NULL, ==, cases[i].sent != NULL);
      g_assert_cmpint (answer_with (self, U_CHALLENGE_DEFAULT, NULL), ==, cases[i].sent != NULL);
      if (cases[i].sent != NULL)
        send (self, cases[i].sent);
      else
        assert_delivered (self);
    }
}

static void
test_user_info_of_another_origin (Fixture *self, gconstpointer data)
{
  static const char * const others[] = { "http://h:81/a", "https://h/a", "http://other/a" };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      begin (self, "http://u:p@h/a");
      send (self, "");
      refuse (self, BASIC);
      assert_asked_basic (self, 0, "u");
      g_assert_true (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
      send (self, "u:p");
      respond (self, 302, NULL);

      redirect (self, others[i]);
      send (self, "");
      refuse (self, BASIC);
      assert_asked_basic (self, 0, NULL);
      g_assert_false (answer_with (self, U_CHALLENGE_DEFAULT, NULL));

      g_clear_pointer (&self->authenticator, u_authenticator_unref);
      self->authenticator = u_authenticator_new (NULL);
    }

  /* Within the origin a redirect keeps it, though its URL does not name it. */
  begin (self, "http://u:p@h/a");
  send (self, "");
  respond (self, 302, NULL);
  redirect (self, "http://h/b/c");
  send (self, "");
  refuse (self, BASIC);
  assert_asked_basic (self, 0, "u");
}

static void
test_wrong_user_info (Fixture *self, gconstpointer data)
{
  begin (self, "http://u:wrong@h/a");
  send (self, "");
  refuse (self, BASIC);
  assert_asked_basic (self, 0, "u");
  g_assert_true (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  send (self, "u:wrong");
  refuse (self, BASIC);
  assert_asked_basic (self, 1, "u");
  g_assert_false (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  assert_delivered (self);
}

/* What the storage proposed counts like the rest: it is tried once. */
static void
test_stored_is_tried_once (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) stored = u_credential_data_new ("stored", "p", SESSION);
  g_autoptr (UChallengeData) proposal = NULL;

  begin (self, "http://h/a");
  send (self, "");
  refuse (self, BASIC);
  proposal = u_challenge_data_with_proposed (self->question, stored);
  u_auth_attempt_set_challenge (self->attempt, proposal);
  g_assert_true (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  send (self, "stored:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 1, "stored");
  g_assert_true (self->question->proposed == stored);
  g_assert_false (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  assert_delivered (self);
}

static void
test_no_credential (Fixture *self, gconstpointer data)
{
  begin (self, "http://u:p@h/a");
  refuse (self, BASIC);
  g_assert_false (answer_with (self, U_CHALLENGE_USE_CREDENTIAL, NULL));
  assert_delivered (self);

  begin (self, "http://u:p@h/a");
  refuse (self, BASIC);
  g_assert_false (answer_with (self, U_CHALLENGE_CANCEL, NULL));
  assert_delivered (self);

  begin (self, "http://u:p@h/a");
  refuse (self, BASIC);
  g_assert_false (answer_with (self, U_CHALLENGE_TRUST, NULL));
  assert_delivered (self);

  /* Nobody asked. */
  {
    UChallengeAnswer answer = { U_CHALLENGE_DEFAULT, NULL, FALSE };
    UChallengeData *next = NULL;

    g_assert_false (u_auth_attempt_answer (self->attempt, &answer, &next));
    g_assert_null (next);
  }
}

static void
test_reject (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a");
  send (self, "");
  refuse_twice (self, "Basic realm=\"r\", Negotiate", DIGEST "n, Digest realm=\"r\", nonce=n, algorithm=MD5");
  assert_asked_digest (self, 0, NULL);
  g_assert_false (answer_with (self, U_CHALLENGE_REJECT, NULL));
  assert_asked_basic (self, 0, NULL);
  g_assert_nonnull (self->question->failure_response);
  give (self, "u", "p", SESSION);
  send (self, "u:p");
  /* Not asked for Digest again. */
  refuse_twice (self, BASIC, DIGEST "n");
  assert_asked_basic (self, 1, "u");
  g_assert_false (answer_with (self, U_CHALLENGE_REJECT, NULL));
  assert_delivered (self);
}

/* Other realms of one scheme are other spaces. */
static void
test_reject_realm (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a");
  send (self, "");
  refuse (self, "Basic realm=\"one\", Basic realm=\"two\", Basic realm=\"one\"");
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "one", 0, NULL);
  g_assert_false (answer_with (self, U_CHALLENGE_REJECT, NULL));
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "two", 0, NULL);
  g_assert_false (answer_with (self, U_CHALLENGE_REJECT, NULL));
  assert_delivered (self);
}

static void
test_wrong_password (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a");
  send (self, "");
  refuse (self, BASIC);
  give (self, "one", "p", SESSION);
  send (self, "one:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 1, "one");
  g_assert_cmpstr (self->question->proposed->password, ==, "p");
  give (self, "two", "p", SESSION);
  send (self, "two:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 2, "two");
  give (self, "three", "p", SESSION);
  send (self, "three:p");
  respond (self, 200, NULL);

  /* Only what was good is remembered. */
  begin (self, "http://h/b");
  send (self, "three:p");
}

/* An application that always answers the same. */
static void
test_attempts_are_capped (Fixture *self, gconstpointer data)
{
  guint n = 0;

  begin (self, "http://h/a");
  send (self, "");
  refuse (self, BASIC);
  while (self->question != NULL)
    {
      assert_asked_basic (self, n, n > 0 ? "u" : NULL);
      give (self, "u", "p", SESSION);
      send (self, "u:p");
      refuse (self, BASIC);
      n++;
      g_assert_cmpuint (n, <, 100);
    }
  assert_delivered (self);
  g_assert_cmpuint (n, ==, 16);
}

static void
test_once (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) spaces = NULL;

  log_in (self, "http://h/a", BASIC, ONCE);
  spaces = u_credential_store_dup_spaces (self->store);
  g_assert_cmpuint (spaces->len, ==, 0);
  /* The same transfer may be sent again, for the rest of a body. */
  send (self, "u:p");
  respond (self, 206, NULL);
  /* The next one is asked. */
  begin (self, "http://h/a");
  send (self, "");
  refuse (self, BASIC);
  assert_asked_basic (self, 0, NULL);
}

static void
test_stored_when_accepted (Fixture *self, gconstpointer data)
{
  static const struct
  {
    guint status;
    gboolean is_stored;
  } cases[] = {
    { 500, FALSE }, { 502, FALSE }, { 407, FALSE }, { 200, TRUE }, { 204, TRUE }, { 302, TRUE }, { 403, TRUE }, { 404, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) before = NULL;
      g_autoptr (GPtrArray) after = NULL;

      fixture_tear_down (self, NULL);
      fixture_set_up (self, NULL);
      begin (self, "http://h/a");
      send (self, "");
      refuse (self, BASIC);
      give (self, "u", "p", SESSION);
      send (self, "u:p");
      before = u_credential_store_dup_spaces (self->store);
      g_assert_cmpuint (before->len, ==, 0);
      respond (self, cases[i].status, NULL);
      after = u_credential_store_dup_spaces (self->store);
      g_assert_cmpuint (after->len, ==, cases[i].is_stored);
      begin (self, "http://h/a");
      send (self, cases[i].is_stored ? "u:p" : "");
    }
}

/* RFC 7617 section 2.2. */
static void
test_preemptive_basic (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *uri;
    gboolean is_sent;
  } cases[] = {
    { "http://h/docs/index.html", TRUE },
    { "http://h/docs/", TRUE },
    { "http://h/docs/test.doc", TRUE },
    { "http://h/docs/?page=1", TRUE },
    { "http://h/docs/more/deep", TRUE },
    { "http://h/docs/.hidden", TRUE },
    { "HTTP://H:80/docs/x", TRUE },
    { "ws://h/docs/x", TRUE },
    { "http://h/docs", FALSE },
    { "http://h/other/", FALSE },
    { "http://h/", FALSE },
    { "http://h/docs/../other", FALSE },
    { "http://h/docs/%2e%2E/other", FALSE },
    { "http://h/Docs/x", FALSE },
    { "https://h/docs/index.html", FALSE },
    { "http://h:81/docs/index.html", FALSE },
    { "http://other/docs/index.html", FALSE },
    { "http://other@h/docs/x", FALSE },
    { "http://u:p@h/docs/x", TRUE },
  };

  log_in (self, "http://h/docs/index.html", BASIC, SESSION);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      begin (self, cases[i].uri);
      send (self, cases[i].is_sent ? "u:p" : "");
    }
}

/* At the root of a server. */
static void
test_preemptive_root (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h", BASIC, SESSION);
  begin (self, "http://h/any/where");
  send (self, "u:p");
}

/* The longest path wins. */
static void
test_preemptive_two_spaces (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", "Basic realm=\"outer\"", SESSION);
  begin (self, "http://h/in/a");
  send (self, "u:p");
  refuse (self, "Basic realm=\"inner\"");
  /* Nothing was wrong with it: it was for another realm. */
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "inner", 0, NULL);
  give (self, "v", "q", SESSION);
  send (self, "v:q");
  respond (self, 200, NULL);

  begin (self, "http://h/in/b");
  send (self, "v:q");
  begin (self, "http://h/out");
  send (self, "u:p");
}

/* The same space at another path: no question. */
static void
test_known_space (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a/x", BASIC, SESSION);
  begin (self, "http://h/b/x");
  send (self, "");
  refuse (self, BASIC);
  g_assert_true (self->again);
  send (self, "u:p");
  respond (self, 200, NULL);
  begin (self, "http://h/b/y");
  send (self, "u:p");

  /* For another user there is one. */
  begin (self, "http://other:p@h/c/x");
  send (self, "");
  refuse (self, BASIC);
  g_assert_false (self->again);
  assert_asked_basic (self, 0, "other");
}

/* Transfers that were refused at the same time need one answer. */
static void
test_many_at_once (Fixture *self, gconstpointer data)
{
  UAuthAttempt *second = u_auth_attempt_new (self->authenticator);
  g_autoptr (URequestData) request = u_request_data_new ("http://h/b");
  g_autoptr (UResponseData) refusal = make_response (401, "WWW-Authenticate", BASIC, NULL);
  gboolean again = FALSE;
  g_autofree char *header = NULL;

  g_assert_null (u_auth_attempt_dup_authorization (second, request));
  log_in (self, "http://h/a", BASIC, SESSION);
  g_assert_null (u_auth_attempt_take_response (second, request, refusal, &again));
  g_assert_true (again);
  header = u_auth_attempt_dup_authorization (second, request);
  g_assert_cmpstr (header, ==, "Basic dTpw");
  u_auth_attempt_free (second);
}

/* A password that was good is not any more. */
static void
test_preemptive_refused (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", BASIC, SESSION);
  begin (self, "http://h/a");
  send (self, "u:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 1, "u");
  g_assert_false (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  assert_delivered (self);
  /* Nor is it sent again unasked. */
  begin (self, "http://h/a");
  send (self, "");
}

/* A server that never means the realm that it said. */
static void
test_realms_that_alternate (Fixture *self, gconstpointer data)
{
  guint n = 0;

  log_in (self, "http://h/a/x", "Basic realm=\"one\"", SESSION);
  begin (self, "http://h/b/x");
  send (self, "");
  refuse (self, "Basic realm=\"two\"");
  give (self, "u", "p", SESSION);
  send (self, "u:p");
  respond (self, 200, NULL);

  begin (self, "http://h/c/x");
  do
    {
      g_autofree char *header = u_auth_attempt_dup_authorization (self->attempt, self->request);

      refuse (self, n++ % 2 == 0 ? "Basic realm=\"one\"" : "Basic realm=\"two\"");
    }
  while (self->again && n < 100);
  g_assert_cmpuint (n, <, 10);
  g_assert_nonnull (self->question);
}

static void
test_store_has_the_last_word (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) spaces = NULL;
  g_autoptr (UCredentialData) changed = u_credential_data_new ("u", "new", SESSION);

  log_in (self, "http://h/a", BASIC, SESSION);
  spaces = u_credential_store_dup_spaces (self->store);
  g_assert_cmpuint (spaces->len, ==, 1);

  u_credential_store_set (self->store, spaces->pdata[0], changed);
  begin (self, "http://h/a");
  send (self, "u:new");
  respond (self, 200, NULL);

  u_credential_store_remove (self->store, spaces->pdata[0], changed);
  begin (self, "http://h/a");
  send (self, "");
}

/* A session without a storage remembers by itself. */
static void
test_without_store (Fixture *self, gconstpointer data)
{
  u_authenticator_unref (self->authenticator);
  self->authenticator = u_authenticator_new (NULL);
  log_in (self, "http://h/a", BASIC, SESSION);
  begin (self, "http://h/a");
  send (self, "u:p");
}

static void
test_own_authorization (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", BASIC, SESSION);
  begin (self, "http://h/a");
  u_header_list_append (self->request->headers, "authorization", "Bearer token");
  send (self, "");
  refuse (self, "Basic realm=\"new\"");
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "new", 0, NULL);
  give (self, "v", "q", SESSION);
  send (self, "v:q");
}

static void
test_digest (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a?b=c");
  send (self, "");
  refuse_twice (self, "Digest realm=\"r\", nonce=md5, qop=auth, Basic realm=\"r\"", DIGEST "n");
  assert_asked_digest (self, 0, NULL);
  give (self, "u", "p", SESSION);
  send (self, "Digest u n 00000001");
  respond (self, 200, "rspauth=\"x\", nextnonce=\"n2\"");
  /* Everywhere on this server, with the nonce that it named. */
  begin (self, "http://h/x/y");
  send (self, "Digest u n2 00000001");
  respond (self, 200, NULL);
  begin (self, "http://h/");
  send (self, "Digest u n2 00000002");
  begin (self, "http://other/");
  send (self, "");
}

static void
test_digest_stale (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", DIGEST "n", SESSION);
  begin (self, "http://h/a");
  send (self, "Digest u n 00000002");
  refuse (self, DIGEST "n2, stale=true");
  g_assert_true (self->again);
  send (self, "Digest u n2 00000001");
  respond (self, 200, NULL);
  begin (self, "http://h/a");
  send (self, "Digest u n2 00000002");
}

/* What was typed a minute ago is not wrong because the nonce has become old meanwhile. */
static void
test_digest_stale_answer (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a");
  send (self, "");
  refuse (self, DIGEST "n");
  give (self, "u", "p", ONCE);
  send (self, "Digest u n 00000001");
  refuse (self, DIGEST "n2, stale=TRUE");
  g_assert_true (self->again);
  send (self, "Digest u n2 00000001");
  respond (self, 200, NULL);
}

static void
test_digest_stale_for_ever (Fixture *self, gconstpointer data)
{
  guint n = 0;

  log_in (self, "http://h/a", DIGEST "n", SESSION);
  begin (self, "http://h/a");
  do
    {
      g_autofree char *header = u_auth_attempt_dup_authorization (self->attempt, self->request);
      g_autofree char *challenge = g_strdup_printf (DIGEST "s%u, stale=true", n++);

      refuse (self, challenge);
    }
  while (self->again && n < 100);
  g_assert_cmpuint (n, ==, 5);
  assert_asked_digest (self, 1, "u");
}

/* A server that has forgotten its nonce, and does not say so: once, then it is the password. */
static void
test_digest_other_nonce (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", DIGEST "n", SESSION);
  begin (self, "http://h/a");
  send (self, "Digest u n 00000002");
  refuse (self, DIGEST "n2");
  g_assert_true (self->again);
  send (self, "Digest u n2 00000001");
  refuse (self, DIGEST "n3");
  g_assert_false (self->again);
  assert_asked_digest (self, 1, "u");

  /* The answer to a question is not tried twice. */
  begin (self, "http://h/a");
  send (self, "");
  refuse (self, DIGEST "n4");
  give (self, "u", "wrong", SESSION);
  send (self, "Digest u n4 00000001");
  refuse (self, DIGEST "n5");
  g_assert_false (self->again);
  assert_asked_digest (self, 1, "u");
}

static void
test_digest_domain (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *uri;
    gboolean is_sent;
  } cases[] = {
    { "http://h/private/a", TRUE },
    { "http://h/private", TRUE },
    { "http://h/privateer", FALSE },
    { "http://h/dir/x", TRUE },
    { "http://h/dir", FALSE },
    { "http://h/asked/here", TRUE },
    { "http://h/asked/there", FALSE },
    { "http://h/", FALSE },
    { "http://other/all", FALSE },
  };
  guint count = 1;

  log_in (self, "http://h/asked/here", DIGEST "n, domain=\"/private http://h/dir/  http://other/all\"", SESSION);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = cases[i].is_sent ? g_strdup_printf ("Digest u n %08x", ++count) : g_strdup ("");

      begin (self, cases[i].uri);
      send (self, expected);
    }
}

/* qop=auth-int needs all of the body at hand. */
static void
test_digest_body (Fixture *self, gconstpointer data)
{
#define INTEGRITY "Digest realm=\"r\", nonce=n, qop=auth-int"
  begin (self, "http://h/a");
  self->request->body_kind = U_BODY_BYTES;
  self->request->body_bytes = g_bytes_new_static ("body", 4);
  send (self, "");
  refuse (self, INTEGRITY);
  give (self, "u", "p", SESSION);
  send (self, "Digest u n 00000001");
  respond (self, 200, NULL);

  begin (self, "http://h/a");
  self->request->body_kind = U_BODY_FILE;
  self->request->body_path = g_strdup ("/nowhere");
  send (self, "");
  refuse (self, INTEGRITY);
  assert_delivered (self);
  send (self, "");
  refuse_twice (self, INTEGRITY, BASIC);
  assert_asked_basic (self, 0, NULL);
}

/* A certificate is no answer to a question for a password. */
static void
test_credential_without_user (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) nothing = u_credential_data_new (NULL, NULL, SESSION);

  begin (self, "http://h/a");
  refuse (self, BASIC);
  g_assert_false (answer_with (self, U_CHALLENGE_USE_CREDENTIAL, nothing));
  assert_delivered (self);
}

/* A redirect within the transfer: what was given goes where the space is, and nowhere else. */
static void
test_redirect (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/docs/a");
  send (self, "");
  refuse (self, BASIC);
  give (self, "u", "p", ONCE);
  send (self, "u:p");
  respond (self, 302, NULL);
  redirect (self, "http://h/docs/b");
  send (self, "u:p");
  respond (self, 302, NULL);
  redirect (self, "http://h/elsewhere");
  send (self, "");
  respond (self, 302, NULL);
  redirect (self, "http://other/docs/a");
  send (self, "");
  respond (self, 302, NULL);
  redirect (self, "https://h/docs/a");
  send (self, "");
}

#define add(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/authenticator/r102-nothing-to-ask", test_nothing_to_ask);
  add ("/authenticator/r099-r104-first-question", test_first_question);
  add ("/authenticator/r092-r099-user-info", test_user_info);
  add ("/authenticator/r112-user-info-of-another-origin", test_user_info_of_another_origin);
  add ("/authenticator/r093-r098-wrong-user-info", test_wrong_user_info);
  add ("/authenticator/r098-stored-is-tried-once", test_stored_is_tried_once);
  add ("/authenticator/r094-no-credential", test_no_credential);
  add ("/authenticator/r096-r100-reject", test_reject);
  add ("/authenticator/r096-r104-reject-realm", test_reject_realm);
  add ("/authenticator/r097-wrong-password", test_wrong_password);
  add ("/authenticator/attempts-are-capped", test_attempts_are_capped);
  add ("/authenticator/r103-once", test_once);
  add ("/authenticator/r103-stored-when-accepted", test_stored_when_accepted);
  add ("/authenticator/r103-preemptive-basic", test_preemptive_basic);
  add ("/authenticator/r103-preemptive-root", test_preemptive_root);
  add ("/authenticator/r104-preemptive-two-spaces", test_preemptive_two_spaces);
  add ("/authenticator/r103-known-space", test_known_space);
  add ("/authenticator/many-at-once", test_many_at_once);
  add ("/authenticator/r097-r098-preemptive-refused", test_preemptive_refused);
  add ("/authenticator/r098-realms-that-alternate", test_realms_that_alternate);
  add ("/authenticator/store-has-the-last-word", test_store_has_the_last_word);
  add ("/authenticator/without-store", test_without_store);
  add ("/authenticator/own-authorization", test_own_authorization);
  add ("/authenticator/credential-without-user", test_credential_without_user);
  add ("/authenticator/r112-redirect", test_redirect);
  add ("/authenticator/digest/learned", test_digest);
  add ("/authenticator/digest/stale", test_digest_stale);
  add ("/authenticator/digest/stale-answer", test_digest_stale_answer);
  add ("/authenticator/digest/stale-for-ever", test_digest_stale_for_ever);
  add ("/authenticator/digest/other-nonce", test_digest_other_nonce);
  add ("/authenticator/digest/domain", test_digest_domain);
  add ("/authenticator/digest/r111-body", test_digest_body);

  return g_test_run ();
}

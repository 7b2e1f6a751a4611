/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth-fixture.h"

/* How transfers get past Basic, without a network: each test plays what a server says, and answers. */

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
      send_request (self, "");
      refuse (self, fields[i]);
      assert_delivered (self);
    }
}

static void
test_first_question (Fixture *self, gconstpointer data)
{
  begin (self, "http://ExAmple:8080/a");
  send_request (self, "");
  refuse (self, "Basic realm=\"a \\\"b\\\"\"");
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "a \"b\"", 0, NULL);
  g_assert_cmpstr (self->question->space->host, ==, "example");
  g_assert_cmpstr (self->question->space->protocol, ==, "http");
  g_assert_cmpuint (self->question->space->port, ==, 8080);
  give (self, "u", "p", SESSION);
  send_request (self, "u:p");
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
      send_request (self, "");
      refuse (self, BASIC);
      g_assert_nonnull (self->question);
      g_assert_cmpint (self->question->proposed != NULL, ==, cases[i].sent != NULL);
      g_assert_cmpint (answer_with (self, U_CHALLENGE_DEFAULT, NULL), ==, cases[i].sent != NULL);
      if (cases[i].sent != NULL)
        send_request (self, cases[i].sent);
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
      send_request (self, "");
      refuse (self, BASIC);
      assert_asked_basic (self, 0, "u");
      g_assert_true (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
      send_request (self, "u:p");
      respond (self, 302, NULL);

      redirect (self, others[i]);
      send_request (self, "");
      refuse (self, BASIC);
      assert_asked_basic (self, 0, NULL);
      g_assert_false (answer_with (self, U_CHALLENGE_DEFAULT, NULL));

      g_clear_pointer (&self->authenticator, u_authenticator_unref);
      self->authenticator = u_authenticator_new (NULL);
    }

  /* Within the origin a redirect keeps it, though its URL does not name it. */
  begin (self, "http://u:p@h/a");
  send_request (self, "");
  respond (self, 302, NULL);
  redirect (self, "http://h/b/c");
  send_request (self, "");
  refuse (self, BASIC);
  assert_asked_basic (self, 0, "u");
}

static void
test_wrong_user_info (Fixture *self, gconstpointer data)
{
  begin (self, "http://u:wrong@h/a");
  send_request (self, "");
  refuse (self, BASIC);
  assert_asked_basic (self, 0, "u");
  g_assert_true (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  send_request (self, "u:wrong");
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
  send_request (self, "");
  refuse (self, BASIC);
  proposal = u_challenge_data_with_proposed (self->question, stored);
  u_auth_attempt_set_challenge (self->attempt, proposal);
  g_assert_true (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  send_request (self, "stored:p");
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
  send_request (self, "");
  refuse_twice (self, "Basic realm=\"r\", Negotiate", DIGEST "n, Digest realm=\"r\", nonce=n, algorithm=MD5");
  assert_asked_digest (self, 0, NULL);
  g_assert_false (answer_with (self, U_CHALLENGE_REJECT, NULL));
  assert_asked_basic (self, 0, NULL);
  g_assert_nonnull (self->question->failure_response);
  give (self, "u", "p", SESSION);
  send_request (self, "u:p");
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
  send_request (self, "");
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
  send_request (self, "");
  refuse (self, BASIC);
  give (self, "one", "p", SESSION);
  send_request (self, "one:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 1, "one");
  g_assert_cmpstr (self->question->proposed->password, ==, "p");
  give (self, "two", "p", SESSION);
  send_request (self, "two:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 2, "two");
  give (self, "three", "p", SESSION);
  send_request (self, "three:p");
  respond (self, 200, NULL);

  /* Only what was good is remembered. */
  begin (self, "http://h/b");
  send_request (self, "three:p");
}

/* An application that always answers the same. */
static void
test_attempts_are_capped (Fixture *self, gconstpointer data)
{
  guint n = 0;

  begin (self, "http://h/a");
  send_request (self, "");
  refuse (self, BASIC);
  while (self->question != NULL)
    {
      assert_asked_basic (self, n, n > 0 ? "u" : NULL);
      give (self, "u", "p", SESSION);
      send_request (self, "u:p");
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
  send_request (self, "u:p");
  respond (self, 206, NULL);
  /* The next one is asked. */
  begin (self, "http://h/a");
  send_request (self, "");
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
    { 500, FALSE }, { 502, FALSE }, { 407, FALSE }, { 200, TRUE }, { 204, TRUE }, { 302, TRUE }, { 403, TRUE },
    { 404, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) before = NULL;
      g_autoptr (GPtrArray) after = NULL;

      fixture_tear_down (self, NULL);
      fixture_set_up (self, NULL);
      begin (self, "http://h/a");
      send_request (self, "");
      refuse (self, BASIC);
      give (self, "u", "p", SESSION);
      send_request (self, "u:p");
      before = u_credential_store_dup_spaces (self->store);
      g_assert_cmpuint (before->len, ==, 0);
      respond (self, cases[i].status, NULL);
      after = u_credential_store_dup_spaces (self->store);
      g_assert_cmpuint (after->len, ==, cases[i].is_stored);
      begin (self, "http://h/a");
      send_request (self, cases[i].is_stored ? "u:p" : "");
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
      send_request (self, cases[i].is_sent ? "u:p" : "");
    }
}

/* At the root of a server. */
static void
test_preemptive_root (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h", BASIC, SESSION);
  begin (self, "http://h/any/where");
  send_request (self, "u:p");
}

/* The longest path wins. */
static void
test_preemptive_two_spaces (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", "Basic realm=\"outer\"", SESSION);
  begin (self, "http://h/in/a");
  send_request (self, "u:p");
  refuse (self, "Basic realm=\"inner\"");
  /* Nothing was wrong with it: it was for another realm. */
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "inner", 0, NULL);
  give (self, "v", "q", SESSION);
  send_request (self, "v:q");
  respond (self, 200, NULL);

  begin (self, "http://h/in/b");
  send_request (self, "v:q");
  begin (self, "http://h/out");
  send_request (self, "u:p");
}

/* The same space at another path: no question. */
static void
test_known_space (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a/x", BASIC, SESSION);
  begin (self, "http://h/b/x");
  send_request (self, "");
  refuse (self, BASIC);
  g_assert_true (self->again);
  send_request (self, "u:p");
  respond (self, 200, NULL);
  begin (self, "http://h/b/y");
  send_request (self, "u:p");

  /* For another user there is one. */
  begin (self, "http://other:p@h/c/x");
  send_request (self, "");
  refuse (self, BASIC);
  g_assert_false (self->again);
  assert_asked_basic (self, 0, "other");
}

/* A transfer that was on its way when another one was let in. */
static void
test_let_in_meanwhile (Fixture *self, gconstpointer data)
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
  send_request (self, "u:p");
  refuse (self, BASIC);
  assert_asked_basic (self, 1, "u");
  g_assert_false (answer_with (self, U_CHALLENGE_DEFAULT, NULL));
  assert_delivered (self);
  /* Nor is it sent again unasked. */
  begin (self, "http://h/a");
  send_request (self, "");
}

/* A server that never means the realm that it said. */
static void
test_realms_that_alternate (Fixture *self, gconstpointer data)
{
  guint n = 0;

  log_in (self, "http://h/a/x", "Basic realm=\"one\"", SESSION);
  begin (self, "http://h/b/x");
  send_request (self, "");
  refuse (self, "Basic realm=\"two\"");
  give (self, "u", "p", SESSION);
  send_request (self, "u:p");
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
  send_request (self, "u:new");
  respond (self, 200, NULL);

  u_credential_store_remove (self->store, spaces->pdata[0], changed);
  begin (self, "http://h/a");
  send_request (self, "");
}

/* A session without a storage remembers by itself. */
static void
test_without_store (Fixture *self, gconstpointer data)
{
  u_authenticator_unref (self->authenticator);
  self->authenticator = u_authenticator_new (NULL);
  log_in (self, "http://h/a", BASIC, SESSION);
  begin (self, "http://h/a");
  send_request (self, "u:p");
}

static void
test_own_authorization (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", BASIC, SESSION);
  begin (self, "http://h/a");
  u_header_list_append (self->request->headers, "authorization", "Bearer token");
  send_request (self, "");
  refuse (self, "Basic realm=\"new\"");
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "new", 0, NULL);
  give (self, "v", "q", SESSION);
  send_request (self, "v:q");
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
  send_request (self, "");
  refuse (self, BASIC);
  give (self, "u", "p", ONCE);
  send_request (self, "u:p");
  respond (self, 302, NULL);
  redirect (self, "http://h/docs/b");
  send_request (self, "u:p");
  respond (self, 302, NULL);
  redirect (self, "http://h/elsewhere");
  send_request (self, "");
  respond (self, 302, NULL);
  redirect (self, "http://other/docs/a");
  send_request (self, "");
  respond (self, 302, NULL);
  redirect (self, "https://h/docs/a");
  send_request (self, "");
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
  add ("/authenticator/let-in-meanwhile", test_let_in_meanwhile);
  add ("/authenticator/r097-r098-preemptive-refused", test_preemptive_refused);
  add ("/authenticator/r098-realms-that-alternate", test_realms_that_alternate);
  add ("/authenticator/store-has-the-last-word", test_store_has_the_last_word);
  add ("/authenticator/without-store", test_without_store);
  add ("/authenticator/own-authorization", test_own_authorization);
  add ("/authenticator/credential-without-user", test_credential_without_user);
  add ("/authenticator/r112-redirect", test_redirect);

  return g_test_run ();
}

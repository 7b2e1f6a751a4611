/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth-fixture.h"

#include <string.h>

void
begin (Fixture *self, const char *uri)
{
  g_clear_pointer (&self->attempt, u_auth_attempt_free);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->attempt = u_auth_attempt_new (self->authenticator);
  self->request = u_request_data_new (uri);
  g_assert_nonnull (self->request->parsed);
}

void
fixture_set_up (Fixture *self, gconstpointer data)
{
  self->store = u_credential_store_new_memory ();
  self->authenticator = u_authenticator_new (self->store);
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->attempt, u_auth_attempt_free);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  g_clear_pointer (&self->authenticator, u_authenticator_unref);
  g_clear_pointer (&self->store, u_credential_store_unref);
}

void
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

void
send_request (Fixture *self, const char *expected)
{
  g_autofree char *header = u_auth_attempt_dup_authorization (self->attempt, self->request);
  g_autofree char *described = describe (header);

  g_assert_cmpstr (described, ==, expected);
}

UResponseData *
make_response (guint status, const char *field, const char *first, const char *second)
{
  UHeaderList *headers = u_header_list_new ();

  if (first != NULL)
    u_header_list_append (headers, field, first);
  if (second != NULL)
    u_header_list_append (headers, field, second);

  return u_response_data_new_http ("http://h/", status, "1.1", headers);
}

void
refuse_twice (Fixture *self, const char *first, const char *second)
{
  g_autoptr (UResponseData) response = make_response (401, "WWW-Authenticate", first, second);

  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_auth_attempt_take_response (self->attempt, self->request, response, &self->again);
  g_assert_false (self->again && self->question != NULL);
  if (self->question != NULL)
    g_assert_true (self->question->failure_response == response);
}

void
refuse (Fixture *self, const char *challenge)
{
  refuse_twice (self, challenge, NULL);
}

void
respond (Fixture *self, guint status, const char *info)
{
  g_autoptr (UResponseData) response = make_response (status, "Authentication-Info", info, NULL);

  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_auth_attempt_take_response (self->attempt, self->request, response, &self->again);
  g_assert_null (self->question);
  g_assert_false (self->again);
}

void
assert_asked (Fixture *self, UAuthenticationMethod method, const char *realm, guint n_failures, const char *proposed)
{
  g_assert_nonnull (self->question);
  g_assert_cmpint (self->question->space->method, ==, method);
  g_assert_cmpstr (self->question->space->realm, ==, realm);
  g_assert_false (self->question->space->is_proxy);
  g_assert_cmpuint (self->question->previous_failure_count, ==, n_failures);
  g_assert_cmpstr (self->question->proposed != NULL ? self->question->proposed->user : NULL, ==, proposed);
}

gboolean
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

void
give (Fixture *self, const char *user, const char *password, UCredentialPersistence persistence)
{
  g_autoptr (UCredentialData) credential = u_credential_data_new (user, password, persistence);

  g_assert_true (answer_with (self, U_CHALLENGE_USE_CREDENTIAL, credential));
}

void
assert_delivered (Fixture *self)
{
  g_assert_null (self->question);
  g_assert_false (self->again);
}

void
log_in (Fixture *self, const char *uri, const char *challenge, UCredentialPersistence persistence)
{
  begin (self, uri);
  send_request (self, "");
  refuse (self, challenge);
  give (self, "u", "p", persistence);
  send_request (self, strstr (challenge, "Basic") != NULL ? "u:p" : "Digest u n 00000001");
  respond (self, 200, NULL);
}

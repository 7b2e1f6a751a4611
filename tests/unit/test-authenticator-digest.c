/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth-fixture.h"

/* The same for Digest: its nonces, and where it is sent unasked. */

static void
test_digest (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a?b=c");
  send_request (self, "");
  refuse_twice (self, "Digest realm=\"r\", nonce=md5, qop=auth, Basic realm=\"r\"", DIGEST "n");
  assert_asked_digest (self, 0, NULL);
  give (self, "u", "p", SESSION);
  send_request (self, "Digest u n 00000001");
  respond (self, 200, "rspauth=\"x\", nextnonce=\"n2\"");
  /* Everywhere on this server, with the nonce that it named. */
  begin (self, "http://h/x/y");
  send_request (self, "Digest u n2 00000001");
  respond (self, 200, NULL);
  begin (self, "http://h/");
  send_request (self, "Digest u n2 00000002");
  begin (self, "http://other/");
  send_request (self, "");
}

static void
test_digest_stale (Fixture *self, gconstpointer data)
{
  log_in (self, "http://h/a", DIGEST "n", SESSION);
  begin (self, "http://h/a");
  send_request (self, "Digest u n 00000002");
  refuse (self, DIGEST "n2, stale=true");
  g_assert_true (self->again);
  send_request (self, "Digest u n2 00000001");
  respond (self, 200, NULL);
  begin (self, "http://h/a");
  send_request (self, "Digest u n2 00000002");
}

/* What was typed a minute ago is not wrong because the nonce has become old meanwhile. */
static void
test_digest_stale_answer (Fixture *self, gconstpointer data)
{
  begin (self, "http://h/a");
  send_request (self, "");
  refuse (self, DIGEST "n");
  give (self, "u", "p", ONCE);
  send_request (self, "Digest u n 00000001");
  refuse (self, DIGEST "n2, stale=TRUE");
  g_assert_true (self->again);
  send_request (self, "Digest u n2 00000001");
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
  send_request (self, "Digest u n 00000002");
  refuse (self, DIGEST "n2");
  g_assert_true (self->again);
  send_request (self, "Digest u n2 00000001");
  refuse (self, DIGEST "n3");
  g_assert_false (self->again);
  assert_asked_digest (self, 1, "u");

  /* The answer to a question is not tried twice. */
  begin (self, "http://h/a");
  send_request (self, "");
  refuse (self, DIGEST "n4");
  give (self, "u", "wrong", SESSION);
  send_request (self, "Digest u n4 00000001");
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
      send_request (self, expected);
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
  send_request (self, "");
  refuse (self, INTEGRITY);
  give (self, "u", "p", SESSION);
  send_request (self, "Digest u n 00000001");
  respond (self, 200, NULL);

  begin (self, "http://h/a");
  self->request->body_kind = U_BODY_FILE;
  self->request->body_path = g_strdup ("/nowhere");
  send_request (self, "");
  refuse (self, INTEGRITY);
  assert_delivered (self);
  send_request (self, "");
  refuse_twice (self, INTEGRITY, BASIC);
  assert_asked_basic (self, 0, NULL);
}

#define add(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/authenticator/digest/learned", test_digest);
  add ("/authenticator/digest/stale", test_digest_stale);
  add ("/authenticator/digest/stale-answer", test_digest_stale_answer);
  add ("/authenticator/digest/stale-for-ever", test_digest_stale_for_ever);
  add ("/authenticator/digest/other-nonce", test_digest_other_nonce);
  add ("/authenticator/digest/domain", test_digest_domain);
  add ("/authenticator/digest/r111-body", test_digest_body);

  return g_test_run ();
}

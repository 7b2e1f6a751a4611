/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-digest-auth-private.h"

#include <string.h>

/* The fields of HTTP authentication: what a server asks in them, and how Basic and Digest answer. */

static GPtrArray *
parse (const char *first, const char *second)
{
  g_autoptr (UHeaderList) headers = u_header_list_new ();

  u_header_list_append (headers, "Content-Type", "text/plain");
  u_header_list_append (headers, "WWW-Authenticate", first);
  if (second != NULL)
    u_header_list_append (headers, "www-authenticate", second);

  return u_http_auth_parse_fields (headers, "WWW-Authenticate");
}

/* "scheme token68 name=value name=value | ..." */
static char *
print (GPtrArray *challenges)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < challenges->len; i++)
    {
      UHttpChallenge *challenge = challenges->pdata[i];

      g_string_append_printf (out, "%s%s", i > 0 ? " | " : "", challenge->scheme);
      if (challenge->token68 != NULL)
        g_string_append_printf (out, " %s", challenge->token68);
      for (guint j = 0; j < challenge->params->len; j += 2)
        g_string_append_printf (out, " %s=%s", (char *) challenge->params->pdata[j],
                                (char *) challenge->params->pdata[j + 1]);
    }

  return g_string_free (out, FALSE);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *first;
    const char *second;
    const char *expected;
  } cases[] = {
    { "Basic realm=\"a b\"", NULL, "basic realm=a b" },
    { "bAsIc REALM=\"a\"", NULL, "basic realm=a" },
    { "Basic", NULL, "basic" },
    { "Basic realm=simple, charset=\"UTF-8\"", NULL, "basic realm=simple charset=UTF-8" },
    { "Basic realm = \"a\" , charset\t=\tutf-8", NULL, "basic realm=a charset=utf-8" },
    { "Basic realm=\"\"", NULL, "basic realm=" },
    { "Basic realm=", NULL, "basic realm=" },
    { "Basic realm=, charset=x", NULL, "basic realm= charset=x" },
    /* Several in one field, and in several. */
    { "Negotiate, NTLM, Basic realm=\"a\"", NULL, "negotiate | ntlm | basic realm=a" },
    { "Digest realm=\"a\", nonce=\"n,1\", qop=\"auth,auth-int\", Basic realm=\"b\"", NULL,
      "digest realm=a nonce=n,1 qop=auth,auth-int | basic realm=b" },
    { "Basic realm=\"a\"", "Digest realm=\"b\", nonce=c", "basic realm=a | digest realm=b nonce=c" },
    { "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"", NULL,
      "newauth realm=apps type=1 title=Login to \"apps\" | basic realm=simple" },
    { ",, ,Basic realm=\"a\",,, Negotiate,", NULL, "basic realm=a | negotiate" },
    /* token68 */
    { "Negotiate YII=", NULL, "negotiate YII=" },
    { "NTLM TlRMTVNTUAACAA==  , Basic realm=x", NULL, "ntlm TlRMTVNTUAACAA== | basic realm=x" },
    { "Negotiate a+/-._~9==", NULL, "negotiate a+/-._~9==" },
    /* Quoted pairs. */
    { "Basic realm=\"a\\\"b\\\\c\\d\"", NULL, "basic realm=a\"b\\cd" },
    { "Basic realm=\"a, Digest realm=b\"", NULL, "basic realm=a, Digest realm=b" },
    /* Malformed ones. */
    { "", NULL, "" },
    { " , ", NULL, "" },
    { "realm=\"a\"", NULL, "" },
    { "=, Basic realm=a", NULL, "basic realm=a" },
    { "\"quoted, text\", Basic realm=a", NULL, "basic realm=a" },
    { "Basic realm=\"a", NULL, "basic realm=a" },
    { "Basic realm=\"a\\", NULL, "basic realm=a\\" },
    { "Basic realm=\"", NULL, "basic realm=" },
    { "Basic realm=\"a \"quoted\" word\", Negotiate", NULL, "basic realm=a  | negotiate" },
    { "Digest realm=\"a\" nonce=\"b\" opaque=c", NULL, "digest realm=a nonce=b opaque=c" },
    { "Basic realm=\"a\" Negotiate", NULL, "basic realm=a | negotiate" },
    { "Basic realm=a, realm=b", NULL, "basic realm=a" },
    { "Digest nonce=abc==/x, realm=y", NULL, "digest nonce=abc==/x realm=y" },
    { "Ba(sic realm=a, Negotiate", NULL, "negotiate" },
    { "Basic real(m=\"a\", charset=b", NULL, "basic charset=b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) challenges = parse (cases[i].first, cases[i].second);
      g_autofree char *printed = print (challenges);

      g_test_message ("%s", cases[i].first);
      g_assert_cmpstr (printed, ==, cases[i].expected);
    }
}

static void
test_parse_bounds (void)
{
  static const char * const pieces[] = {
    "a", "a ", "a,", "\"", "=", "a=", "a=\"", "\\", ",", " ", "a b,", "a=b,", "Basic x=y ",
  };
  const gsize size = 1024 * 1024;

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      for (gsize bytes = 60000; bytes <= size; bytes += size - 60000)
        {
          g_autoptr (GString) field = g_string_new ("Basic ");
          g_autoptr (GPtrArray) challenges = NULL;
          g_autoptr (UHttpChallenge) info = NULL;

          while (field->len < bytes)
            g_string_append (field, pieces[i]);
          challenges = parse (field->str, "Digest realm=a");
          g_assert_cmpuint (challenges->len, <=, 32);
          for (guint j = 0; j < challenges->len; j++)
            g_assert_cmpuint (((UHttpChallenge *) challenges->pdata[j])->params->len, <=, 64);
          /* What is too long is left out, and what is not is read. */
          if (bytes == size)
            g_assert_cmpuint (challenges->len, ==, 1);
          info = u_http_auth_parse_info (field->str);
          g_assert_true ((info == NULL) == (bytes == size));
        }
    }
}

/* Any bytes: no crash, and no read behind the end (under AddressSanitizer). */
static void
test_parse_noise (void)
{
  static const char alphabet[] = "aB=\",\\ \t/~\x80\xc3\xa4;1Digest realm nonce Basic";

  for (int i = 0; i < 20000; i++)
    {
      gsize length = g_test_rand_int_range (0, 60);
      g_autofree char *field = g_malloc (length + 1);
      g_autoptr (GPtrArray) challenges = NULL;
      g_autoptr (UHttpChallenge) info = NULL;

      for (gsize j = 0; j < length; j++)
        field[j] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
      field[length] = '\0';
      challenges = parse (field, NULL);
      for (guint j = 0; j < challenges->len; j++)
        {
          g_autofree char *realm = u_http_challenge_dup_realm (challenges->pdata[j]);
          g_autoptr (UDigestAuth) digest = u_digest_auth_new (challenges->pdata[j]);

          g_assert_true (g_utf8_validate (realm, -1, NULL));
        }
      info = u_http_auth_parse_info (field);
      g_assert_nonnull (info);
    }
}

static void
test_parse_info (void)
{
  g_autoptr (UHttpChallenge) info =
    u_http_auth_parse_info ("rspauth=\"6629\", QOP=auth,cnonce=\"x\\\"y\" , nc=00000001, nextnonce=\"ab==\"");

  g_assert_cmpstr (u_http_challenge_get (info, "rspauth"), ==, "6629");
  g_assert_cmpstr (u_http_challenge_get (info, "qop"), ==, "auth");
  g_assert_cmpstr (u_http_challenge_get (info, "cnonce"), ==, "x\"y");
  g_assert_cmpstr (u_http_challenge_get (info, "nextnonce"), ==, "ab==");
  g_assert_null (u_http_challenge_get (info, "realm"));
  g_assert_null (u_http_auth_parse_info (NULL));
}

static void
test_realm (void)
{
  static const struct
  {
    const char *field;
    const char *realm;
  } cases[] = {
    { "Basic realm=\"f\xc3\xbc\"", "f\xc3\xbc" },
    { "Basic realm=\"f\xfc\"", "f\xc3\xbc" },
    { "Basic realm=\"\"", "" },
    { "Basic", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) challenges = parse (cases[i].field, NULL);
      g_autofree char *realm = u_http_challenge_dup_realm (challenges->pdata[0]);

      g_assert_cmpstr (realm, ==, cases[i].realm);
    }
}

static void
test_sort (void)
{
  g_autoptr (GPtrArray) challenges = parse ("Basic realm=a, Digest realm=a, Bearer, Digest algorithm=SHA-256, NTLM",
                                            "Digest algorithm=MD5, negotiate, digest algorithm=sha-256-sess");
  g_autofree char *printed = NULL;

  u_http_auth_sort (challenges);
  printed = print (challenges);
  g_assert_cmpstr (printed, ==,
                   "negotiate | ntlm | digest algorithm=SHA-256 | digest algorithm=sha-256-sess | digest realm=a | "
                   "digest algorithm=MD5 | basic realm=a | bearer");
  g_assert_cmpint (u_http_challenge_get_method (challenges->pdata[0]), ==, U_AUTHENTICATION_METHOD_NEGOTIATE);
  g_assert_cmpint (u_http_challenge_get_method (challenges->pdata[7]), ==, U_AUTHENTICATION_METHOD_DEFAULT);
}

static void
test_basic (void)
{
  static const struct
  {
    const char *user;
    const char *password;
    const char *expected;
  } cases[] = {
    /* RFC 7617 section 2 and 2.1. */
    { "Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
    { "test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow==" },
    /* The same with a letter in two parts. */
    { "u\xcc\x88", "", "Basic w7w6" },
    { "\xc3\xbc", NULL, "Basic w7w6" },
    { NULL, "p", "Basic OnA=" },
    /* Bytes that are no text stay what they are. */
    { "\xff", "x", "Basic /zp4" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *value = u_http_auth_dup_basic (cases[i].user, cases[i].password);

      g_assert_cmpstr (value, ==, cases[i].expected);
    }
}

static UDigestAuth *
digest_new (const char *field)
{
  g_autoptr (GPtrArray) challenges = parse (field, NULL);

  g_assert_cmpuint (challenges->len, ==, 1);

  return u_digest_auth_new (challenges->pdata[0]);
}

#define RFC_7616_CHALLENGE \
  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", " \
  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

static void
test_digest_rfc_7616 (void)
{
  static const struct
  {
    const char *algorithm;
    const char *response;
  } cases[] = {
    { "MD5", "8ca523f5e9506fed4657c9700eebdbec" },
    { "SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *field = g_strconcat (RFC_7616_CHALLENGE ", algorithm=", cases[i].algorithm, NULL);
      g_autoptr (UDigestAuth) digest = digest_new (field);
      g_autofree char *value = NULL;
      g_autofree char *expected = NULL;

      u_digest_auth_set_cnonce (digest, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
      value = u_digest_auth_dup_header (digest, "Mufasa", "Circle of Life", "GET", "/dir/index.html", NULL);
      expected = g_strdup_printf (
        "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", algorithm=%s, "
        "response=\"%s\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", qop=auth, nc=00000001, "
        "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\"", cases[i].algorithm, cases[i].response);
      g_assert_cmpstr (value, ==, expected);
    }
}

/* RFC 7616 section 3.9.2, with the hash that is spoken here. */
static void
test_digest_names (void)
{
#define NAMES_CHALLENGE "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-256, " \
    "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\""
  static const struct
  {
    const char *field;
    const char *user;
    const char *contains;
    const char *lacks;
  } cases[] = {
    { NAMES_CHALLENGE ", charset=UTF-8, userhash=true", "J\xc3\xa4s\xc3\xb8n Doe",
      "username=\"5a1a8a47df5c298551b9b42ba9b05835174a5bd7d511ff7fe9191d8e946fc4e7\"", "J\xc3\xa4s" },
    { NAMES_CHALLENGE ", charset=utf-8", "J\xc3\xa4s\xc3\xb8n Doe", "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, ",
      "userhash" },
    { NAMES_CHALLENGE ", charset=UTF-8", "Ja\xcc\x88s\xc3\xb8n Doe", "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, ",
      "userhash" },
    { NAMES_CHALLENGE, "J\xc3\xa4s\xc3\xb8n Doe", "username=\"J\xc3\xa4s\xc3\xb8n Doe\"", "username*" },
    { NAMES_CHALLENGE ", charset=UTF-8", "a\"\\b", "username=\"a\\\"\\\\b\"", "username*" },
    { NAMES_CHALLENGE ", userhash=false", "a", "username=\"a\"", "userhash" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UDigestAuth) digest = digest_new (cases[i].field);
      g_autofree char *value = NULL;

      u_digest_auth_set_cnonce (digest, "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm");
      value = u_digest_auth_dup_header (digest, cases[i].user, "Secret, or not?", "GET", "/doe.json", NULL);
      g_assert_nonnull (strstr (value, cases[i].contains));
      g_assert_null (strstr (value, cases[i].lacks));
      if (strstr (cases[i].user, "n Doe") != NULL)
        g_assert_nonnull (strstr (value,
                                  "response=\"06d0c14162099f487a92ebceaf71097534ee5f90d858386449c337ab69f7f6b8\""));
      g_assert_null (strstr (value, "Secret"));
    }

  {
    g_autoptr (UDigestAuth) digest = digest_new (NAMES_CHALLENGE);

    g_assert_null (u_digest_auth_dup_header (digest, "a\r\nX-Injected: b", "p", "GET", "/", NULL));
  }
}

/* Computed with another program. */
static void
test_digest_variants (void)
{
  static const struct
  {
    const char *rest;
    const char *body;
    const char *response;
    const char *contains;
    gboolean has_cnonce;
  } cases[] = {
    { "", NULL, "670fd8c2df070c60b045671b8b24ff02", "nonce=", FALSE },
    { ", qop=\"\"", NULL, "670fd8c2df070c60b045671b8b24ff02", "nonce=", FALSE },
    { ", qop=auth", NULL, "6629fae49393a05397450978507c4ef1", "qop=auth,", TRUE },
    { ", qop=\"AUTH-INT,Auth\", algorithm=md5", NULL, "6629fae49393a05397450978507c4ef1", "algorithm=md5,", TRUE },
    { ", qop=auth, algorithm=MD5-sess", NULL, "8e3825c57e897f5a0dec6c2d4e5059d0", "algorithm=MD5-sess", TRUE },
    { ", algorithm=MD5-sess", NULL, "4726bc10c33fa6cb357eb27807b1cce8", "algorithm=MD5-sess", TRUE },
    { ", qop=auth, algorithm=SHA-256-sess", NULL,
      "b8822e12417cb7750f4e2b8515f0dcf25b7dd26993e80bee1426201446a7f59b", "algorithm=SHA-256-sess", TRUE },
    { ", qop=auth-int", "hello", "4b9dff6a3247bddd2fed3d63a302e8dc", "qop=auth-int", TRUE },
    { ", qop=auth-int, algorithm=SHA-256", NULL,
      "73ef36480ea6a777c5d2f7cdcdb7882040806d8cd3340b7d5125792a82921f90", "qop=auth-int", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *field = g_strconcat ("Digest realm=\"testrealm@host.com\", "
                                            "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"", cases[i].rest, NULL);
      g_autoptr (UDigestAuth) digest = digest_new (field);
      g_autoptr (GBytes) body = cases[i].body != NULL ? g_bytes_new (cases[i].body, strlen (cases[i].body)) : NULL;
      g_autofree char *value = NULL;
      g_autofree char *response = g_strdup_printf ("response=\"%s\"", cases[i].response);

      g_assert_nonnull (digest);
      g_assert_cmpint (u_digest_auth_needs_body (digest), ==, g_str_has_prefix (cases[i].rest, ", qop=auth-int"));
      u_digest_auth_set_cnonce (digest, "0a4f113b");
      value = u_digest_auth_dup_header (digest, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", body);
      g_test_message ("%s: %s", cases[i].rest, value);
      g_assert_nonnull (strstr (value, response));
      g_assert_nonnull (strstr (value, cases[i].contains));
      g_assert_cmpint (strstr (value, "cnonce=") != NULL, ==, cases[i].has_cnonce);
    }
}

static void
test_digest_refused (void)
{
  static const char * const cases[] = {
    "Digest realm=a",
    "Digest nonce=a",
    "Digest realm=a, nonce=b, algorithm=SHA-512-256",
    "Digest realm=a, nonce=b, algorithm=\"\"",
    "Digest realm=a, nonce=b, qop=auth-conf",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_null (digest_new (cases[i]));
}

static void
assert_contains (UDigestAuth *digest, const char *text)
{
  g_autofree char *value = u_digest_auth_dup_header (digest, "Mufasa", "Circle Of Life", "GET", "/dir/index.html",
                                                     NULL);

  g_test_message ("%s", value);
  g_assert_nonnull (strstr (value, text));
}

static void
test_digest_count (void)
{
#define COUNT_CHALLENGE "Digest realm=\"testrealm@host.com\", qop=auth, nonce="
  g_autoptr (UDigestAuth) digest = digest_new (COUNT_CHALLENGE "dcd98b7102dd2f0e8b11d0f600bfb0c093");
  g_autoptr (GPtrArray) stale = parse (COUNT_CHALLENGE "third, stale=TRUE", NULL);
  g_autoptr (GPtrArray) malformed = parse ("Digest realm=a", NULL);

  u_digest_auth_set_cnonce (digest, "0a4f113b");
  assert_contains (digest, "nc=00000001");
  assert_contains (digest, "response=\"15b6bb427e3fecd23a43cb702ce447d5\"");
  g_assert_true (u_digest_auth_take_info (digest, "nextnonce=\"second\", qop=auth"));
  g_assert_cmpstr (u_digest_auth_get_nonce (digest), ==, "second");
  assert_contains (digest, "nc=00000001");
  g_assert_true (u_digest_auth_take_info (digest, "nextnonce=\"second\""));
  assert_contains (digest, "nc=00000002");
  g_assert_false (u_digest_auth_take_info (digest, "nc=00000002"));
  g_assert_false (u_digest_auth_take_info (digest, NULL));
  assert_contains (digest, "nc=00000003");

  g_assert_true (u_digest_auth_is_stale (stale->pdata[0]));
  g_assert_true (u_digest_auth_renew (digest, stale->pdata[0]));
  g_assert_cmpstr (u_digest_auth_get_nonce (digest), ==, "third");
  assert_contains (digest, "nc=00000001");
  g_assert_true (u_digest_auth_renew (digest, stale->pdata[0]));
  assert_contains (digest, "nc=00000002");
  g_assert_false (u_digest_auth_is_stale (malformed->pdata[0]));
  g_assert_false (u_digest_auth_renew (digest, malformed->pdata[0]));
  g_assert_cmpstr (u_digest_auth_get_nonce (digest), ==, "third");
}

/* The key of -sess is made with the nonce of the challenge, whatever nonce comes after. */
static void
test_digest_session_key (void)
{
  g_autoptr (UDigestAuth) digest = digest_new (COUNT_CHALLENGE "dcd98b7102dd2f0e8b11d0f600bfb0c093, "
                                               "algorithm=SHA-256-sess");

  u_digest_auth_set_cnonce (digest, "0a4f113b");
  assert_contains (digest, "response=\"b8822e12417cb7750f4e2b8515f0dcf25b7dd26993e80bee1426201446a7f59b\"");
  g_assert_true (u_digest_auth_take_info (digest, "nextnonce=second"));
  assert_contains (digest, "response=\"f65d18ea30b2ef4da915dcfcec026b88e711393b0efc78a96744fcf70b7ddb32\"");
}

static void
test_digest_cnonces_differ (void)
{
  g_autoptr (UDigestAuth) first = digest_new (COUNT_CHALLENGE "a");
  g_autoptr (UDigestAuth) second = digest_new (COUNT_CHALLENGE "a");
  g_autofree char *a = u_digest_auth_dup_header (first, "u", "p", "GET", "/", NULL);
  g_autofree char *b = u_digest_auth_dup_header (second, "u", "p", "GET", "/", NULL);

  g_assert_cmpstr (a, !=, b);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http-auth/r105-parse", test_parse);
  g_test_add_func ("/http-auth/r105-bounds", test_parse_bounds);
  g_test_add_func ("/http-auth/r105-noise", test_parse_noise);
  g_test_add_func ("/http-auth/info", test_parse_info);
  g_test_add_func ("/http-auth/r104-realm", test_realm);
  g_test_add_func ("/http-auth/r100-strongest-first", test_sort);
  g_test_add_func ("/http-auth/basic", test_basic);
  g_test_add_func ("/http-auth/digest/rfc-7616", test_digest_rfc_7616);
  g_test_add_func ("/http-auth/digest/names", test_digest_names);
  g_test_add_func ("/http-auth/digest/variants", test_digest_variants);
  g_test_add_func ("/http-auth/digest/refused", test_digest_refused);
  g_test_add_func ("/http-auth/digest/count", test_digest_count);
  g_test_add_func ("/http-auth/digest/session-key", test_digest_session_key);
  g_test_add_func ("/http-auth/digest/cnonces-differ", test_digest_cnonces_differ);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-transport-security-private.h"
#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/urlsession.h"

/* The rules of transport security, as values and as an object. */

static const struct
{
  const char *host;
  gboolean local;
} hosts[] = {
  /* Names. */
  { "localhost", TRUE },
  { "LocalHost.", TRUE },
  { "app.localhost", TRUE },
  { "printer", TRUE },
  { "nas.local", TRUE },
  { "NAS.LOCAL.", TRUE },
  { "a.b.local", TRUE },
  { "bücher.local", TRUE },
  { "local", TRUE },
  { "example.com", FALSE },
  { "notlocal", TRUE },
  { "example.notlocal", FALSE },
  { "nas.local.example.com", FALSE },
  { "localhost.example.com", FALSE },
  { "example.com.", FALSE },
  { "xn--bcher-kva.example", FALSE },

  /* Addresses. */
  { "127.0.0.1", TRUE },
  { "127.255.255.254", TRUE },
  { "126.0.0.1", FALSE },
  { "128.0.0.1", FALSE },
  { "169.254.1.1", TRUE },
  { "169.253.1.1", FALSE },
  { "10.0.0.1", TRUE },
  { "11.0.0.1", FALSE },
  { "172.16.0.1", TRUE },
  { "172.31.255.1", TRUE },
  { "172.32.0.1", FALSE },
  { "172.15.0.1", FALSE },
  { "192.168.1.1", TRUE },
  { "192.169.1.1", FALSE },
  { "8.8.8.8", FALSE },
  { "0.0.0.0", FALSE },
  { "255.255.255.255", FALSE },
  { "[::1]", TRUE },
  { "[0:0:0:0:0:0:0:1]", TRUE },
  { "[::2]", FALSE },
  { "[::]", FALSE },
  { "[fe80::1]", TRUE },
  { "[FE80::1%25eth0]", TRUE },
  { "[febf::1]", TRUE },
  { "[fec0::1]", FALSE },
  { "[fc00::1]", TRUE },
  { "[fdff::1]", TRUE },
  { "[fe00::1]", FALSE },
  { "[2001:db8::1]", FALSE },
  { "[::ffff:127.0.0.1]", TRUE },
  { "[::ffff:7f00:1]", TRUE },
  { "[::ffff:8.8.8.8]", FALSE },
  { "[::127.0.0.1]", FALSE },

  /* What some resolvers take for an address. */
  { "127.1", FALSE },
  { "2130706433", FALSE },
  { "0x7f000001", FALSE },
  { "0x7f.1", FALSE },
  { "0177.0.0.1", FALSE },
  { "127.0.0.0x1", FALSE },
  { "127.0.0.1.example.com", FALSE },
  { "0x", FALSE },
  { "0xen", TRUE },
};

static gboolean
check (UTlsRules *rules, const char *scheme, const char *host, GError **error)
{
  g_autofree char *string = g_strdup_printf ("%s://%s:1234/path", scheme, host);
  g_autoptr (GError) parse_error = NULL;
  g_autoptr (GUri) uri = u_uri_parse (string, &parse_error);

  g_assert_no_error (parse_error);

  return u_tls_rules_check_uri (rules, uri, error);
}

static void
test_local (void)
{
  g_autoptr (UTlsRules) rules = u_tls_rules_new ();
  g_autoptr (UTlsRules) strict = u_tls_rules_copy (rules);

  strict->allows_local_networking = FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) strict_error = NULL;

      g_test_message ("%s", hosts[i].host);
      g_assert_cmpint (u_tls_rules_is_local (hosts[i].host), ==, hosts[i].local);
      g_assert_true (check (rules, "https", hosts[i].host, NULL));
      g_assert_true (check (strict, "https", hosts[i].host, NULL));
      g_assert_false (check (strict, "http", hosts[i].host, &strict_error));
      g_assert_error (strict_error, U_ERROR, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION);
      g_assert_cmpint (strstr (strict_error->message, "allows-local-networking") != NULL, ==, hosts[i].local);

      g_assert_cmpint (check (rules, "http", hosts[i].host, &error), ==, hosts[i].local);
      if (hosts[i].local)
        continue;
      g_assert_error (error, U_ERROR, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION);
      g_assert_nonnull (strstr (error->message, "allows-insecure-loads"));
      g_assert_nonnull (strstr (error->message, "add_exception"));
    }
}

static void
test_schemes (void)
{
  g_autoptr (UTlsRules) rules = u_tls_rules_new ();

  g_assert_true (check (rules, "https", "example.com", NULL));
  g_assert_true (check (rules, "ftp", "example.com", NULL));
  g_assert_false (check (rules, "HTTP", "example.com", NULL));
  g_assert_true (check (rules, "wss", "example.com", NULL));
  g_assert_false (check (rules, "ws", "example.com", NULL));
  rules->allows_insecure_loads = TRUE;
  g_assert_true (check (rules, "ws", "example.com", NULL));
  g_assert_true (check (rules, "http", "example.com", NULL));
  /* One that allows nothing is the way to ask for more than of all others. */
  u_tls_rules_set_exception (rules, &(UTlsException) { .domain = (char *) "bank.example" });
  g_assert_false (check (rules, "http", "bank.example", NULL));
}

static const struct
{
  const char *host;
  gboolean allowed;
} excepted[] = {
  { "example.com", TRUE },
  { "EXAMPLE.com.", TRUE },
  { "www.example.com", TRUE },
  { "a.b.example.com", TRUE },
  { "notexample.com", FALSE },
  { "example.com.evil.org", FALSE },
  { "example.co", FALSE },
  { "com", TRUE },             /* no dot: near */
  { "example.org", TRUE },
  { "www.example.org", FALSE },
  { "bücher.example", TRUE },
  { "xn--bcher-kva.example", TRUE },
  { "b%C3%BCcher.example", TRUE },
  { "www.xn--bcher-kva.example", TRUE },
  { "secure.example.com", FALSE },
  { "www.secure.example.com", FALSE },
  { "insecure.secure.example.com", TRUE },
  { "8.8.8.8", TRUE },
  { "9.8.8.8.8", FALSE },
  { "[2001:db8::1]", TRUE },
  { "[2001:db8::2]", FALSE },
  { "near.local", TRUE },      /* an exception takes nothing away from what is near */
};

static void
test_exceptions (void)
{
  static const UTlsException exceptions[] = {
    { (char *) "Example.COM.", TRUE, TRUE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "example.org", FALSE, TRUE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "BÜCHER.example", TRUE, TRUE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "secure.example.com", TRUE, FALSE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "insecure.secure.example.com", FALSE, TRUE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "8.8.8.8", TRUE, TRUE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "[2001:db8::1]", FALSE, TRUE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
    { (char *) "near.local", FALSE, FALSE, G_TLS_PROTOCOL_VERSION_UNKNOWN, TRUE },
  };
  g_autoptr (UTlsRules) rules = u_tls_rules_new ();
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (exceptions); i++)
    g_assert_true (u_tls_rules_set_exception (rules, &exceptions[i]));
  g_assert_false (u_tls_rules_set_exception (rules, &(UTlsException) { .domain = (char *) "..." }));

  for (gsize i = 0; i < G_N_ELEMENTS (excepted); i++)
    {
      g_test_message ("%s", excepted[i].host);
      g_assert_cmpint (check (rules, "http", excepted[i].host, NULL), ==, excepted[i].allowed);
    }

  g_assert_false (check (rules, "http", "www.secure.example.com", &error));
  g_assert_nonnull (strstr (error->message, "exception for secure.example.com"));
}

typedef struct
{
  const char *host;
  GTlsProtocolVersion version;
  const char *cipher;
  const char *needle;          /* NULL: allowed */
} ConnectionRow;

#define V(version) G_TLS_PROTOCOL_VERSION_##version
#define GOOD "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"

static const ConnectionRow connections[] = {
  { "example.com", V (TLS_1_3), "TLS_AES_256_GCM_SHA384", NULL },
  { "example.com", V (TLS_1_3), NULL, NULL },
  { "example.com", V (TLS_1_2), GOOD, NULL },
  { "example.com", V (TLS_1_2), "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", NULL },
  { "example.com", V (TLS_1_2), "ECDHE-RSA-AES128-GCM-SHA256", NULL },
  { "example.com", V (TLS_1_2), "EDH-RSA-DES-CBC3-SHA", NULL },
  { "example.com", V (TLS_1_2), "TLS_RSA_WITH_AES_128_GCM_SHA256", "requires-forward-secrecy" },
  { "example.com", V (TLS_1_2), "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", "requires-forward-secrecy" },
  { "example.com", V (TLS_1_2), NULL, "requires-forward-secrecy" },
  { "example.com", V (TLS_1_1), GOOD, "minimum-tls-version" },
  { "example.com", V (TLS_1_0), GOOD, "TLS 1.0" },
  { "example.com", V (SSL_3_0), GOOD, "minimum-tls-version" },
  { "example.com", V (UNKNOWN), GOOD, "minimum-tls-version" },
  { "localhost", V (TLS_1_0), GOOD, "minimum-tls-version" },
  { "old.example.org", V (TLS_1_0), GOOD, NULL },
  { "old.example.org", V (SSL_3_0), GOOD, "exception for example.org" },
  { "old.example.org", V (TLS_1_2), "TLS_RSA_WITH_AES_128_GCM_SHA256", "exception for example.org" },
  { "weak.example.net", V (TLS_1_2), "TLS_RSA_WITH_AES_128_GCM_SHA256", NULL },
  { "weak.example.net", V (TLS_1_1), "TLS_RSA_WITH_AES_128_GCM_SHA256", "minimum-tls-version" },
};

static void
test_connections (void)
{
  g_autoptr (UTlsRules) rules = u_tls_rules_new ();
  g_autoptr (UTlsRules) old = u_tls_rules_new ();
  g_autoptr (GError) error = NULL;

  u_tls_rules_set_exception (rules, &(UTlsException) { (char *) "example.org", TRUE, FALSE, V (TLS_1_0), TRUE });
  u_tls_rules_set_exception (rules, &(UTlsException) { (char *) "weak.example.net", FALSE, FALSE, V (UNKNOWN), FALSE });
  for (gsize i = 0; i < G_N_ELEMENTS (connections); i++)
    {
      const ConnectionRow *row = &connections[i];
      g_autoptr (GError) row_error = NULL;
      gboolean allowed = u_tls_rules_check_connection (rules, row->host, row->version, row->cipher, &row_error);

      g_test_message ("%s: %s", row->host, row_error != NULL ? row_error->message : "allowed");
      g_assert_cmpint (allowed, ==, row->needle == NULL);
      if (allowed)
        continue;
      g_assert_error (row_error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
      g_assert_nonnull (strstr (row_error->message, row->needle));
    }

  old->maximum = V (TLS_1_2);
  g_assert_true (u_tls_rules_check_connection (old, "example.com", V (TLS_1_2), GOOD, NULL));
  g_assert_false (u_tls_rules_check_connection (old, "example.com", V (TLS_1_3), GOOD, &error));
  g_assert_error (error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
  g_assert_nonnull (strstr (error->message, "maximum-tls-version"));
}

static void
test_object (void)
{
  g_autoptr (UTransportSecurity) security = u_transport_security_new ();
  g_autoptr (UTransportSecurity) sealed = NULL;
  g_autoptr (UTransportSecurity) copy = NULL;
  g_autoptr (UTransportException) exception = NULL;
  g_autoptr (UTlsRules) before = NULL;
  g_autoptr (UTlsRules) after = NULL;
  g_auto (GStrv) domains = NULL;

  u_transport_security_add_exception (security, "BÜCHER.example", TRUE, TRUE, V (TLS_1_1), FALSE);
  u_transport_security_add_exception (security, "example.com", FALSE, FALSE, V (UNKNOWN), TRUE);
  u_transport_security_add_exception (security, "bücher.example.", FALSE, TRUE, V (TLS_1_0), FALSE);
  domains = u_transport_security_dup_exception_domains (security);
  g_assert_cmpstrv (domains, ((const char *[]) { "xn--bcher-kva.example", "example.com", NULL }));

  exception = u_transport_security_dup_exception (security, "xn--bcher-kva.example");
  g_assert_cmpstr (u_transport_exception_get_domain (exception), ==, "xn--bcher-kva.example");
  g_assert_false (u_transport_exception_get_includes_subdomains (exception));
  g_assert_true (u_transport_exception_get_allows_insecure_loads (exception));
  g_assert_cmpint (u_transport_exception_get_minimum_tls_version (exception), ==, V (TLS_1_0));
  g_assert_false (u_transport_exception_get_requires_forward_secrecy (exception));
  g_assert_null (u_transport_security_dup_exception (security, "www.example.com"));

  /* What was taken does not change any more. */
  before = u_transport_security_ref_rules (security);
  sealed = u_transport_security_dup_sealed (security);
  u_transport_security_set_allows_insecure_loads (security, TRUE);
  g_assert_true (u_transport_security_remove_exception (security, "example.com"));
  g_assert_false (u_transport_security_remove_exception (security, "example.com"));
  after = u_transport_security_ref_rules (sealed);
  g_assert_false (before->allows_insecure_loads);
  g_assert_false (after->allows_insecure_loads);
  g_assert_cmpuint (before->exceptions->len, ==, 2);
  g_assert_cmpuint (after->exceptions->len, ==, 2);
  g_assert_true (u_transport_security_is_sealed (sealed));

  copy = u_transport_security_copy (sealed);
  g_assert_false (u_transport_security_is_sealed (copy));
  u_transport_security_set_minimum_tls_version (copy, V (TLS_1_3));
  g_assert_cmpint (u_transport_security_get_minimum_tls_version (copy), ==, V (TLS_1_3));
  g_assert_cmpint (u_transport_security_get_minimum_tls_version (sealed), ==, V (TLS_1_2));
}

static void
test_misuse (void)
{
  g_autoptr (UTransportSecurity) open = u_transport_security_new ();
  g_autoptr (UTransportSecurity) sealed = u_transport_security_dup_sealed (open);

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*allows-insecure-loads*Copy it*");
  u_transport_security_set_allows_insecure_loads (sealed, TRUE);
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*maximum-tls-version*Copy it*");
  u_transport_security_set_maximum_tls_version (sealed, V (TLS_1_2));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*exceptions*Copy it*");
  u_transport_security_add_exception (sealed, "example.com", TRUE, TRUE, V (UNKNOWN), TRUE);
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*exceptions*Copy it*");
  g_assert_false (u_transport_security_remove_exception (sealed, "example.com"));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*is not the name of a host*");
  u_transport_security_add_exception (open, "", TRUE, TRUE, V (UNKNOWN), TRUE);
  g_test_assert_expected_messages ();

  g_assert_false (u_transport_security_get_allows_insecure_loads (sealed));
  g_assert_cmpint (u_transport_security_get_maximum_tls_version (sealed), ==, V (TLS_1_3));
  g_assert_null (u_transport_security_dup_exception (sealed, "example.com"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tls-rules/local", test_local);
  g_test_add_func ("/tls-rules/schemes", test_schemes);
  g_test_add_func ("/tls-rules/exceptions", test_exceptions);
  g_test_add_func ("/tls-rules/connections", test_connections);
  g_test_add_func ("/tls-rules/object", test_object);
  g_test_add_func ("/tls-rules/misuse", test_misuse);

  return g_test_run ();
}

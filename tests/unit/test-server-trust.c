/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-protection-space-private.h"

#include <string.h>

/* What is told of the certificates of a server, from nothing but their bytes. */

static GBytes *
load_der (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "support", name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, &error);
  g_autoptr (GByteArray) der = NULL;

  g_assert_no_error (error);
  g_object_get (certificate, "certificate", &der, NULL);

  return g_byte_array_free_to_bytes (g_steal_pointer (&der));
}

static UProtectionSpace *
make_space (GTlsCertificateFlags errors, GBytes *first, GBytes *second)
{
  g_autoptr (UProtectionSpaceData) data =
    u_protection_space_data_new (U_AUTHENTICATION_METHOD_SERVER_TRUST, "https", "example.org", 443, NULL, FALSE);

  data->errors = errors;
  data->chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  if (first != NULL)
    g_ptr_array_add (data->chain, g_bytes_ref (first));
  if (second != NULL)
    g_ptr_array_add (data->chain, g_bytes_ref (second));

  return u_protection_space_new_from_data (data);
}

static void
test_certificate (void)
{
  g_autoptr (GBytes) der = load_der ("server.pem");
  g_autoptr (UProtectionSpace) space = make_space (G_TLS_CERTIFICATE_EXPIRED, der, der);
  UServerTrust *trust = u_protection_space_get_server_trust (space);
  g_autofree char *fingerprint = u_server_trust_dup_fingerprint (trust);
  g_autofree char *expected = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, der);
  g_auto (GStrv) parts = g_strsplit (fingerprint, ":", -1);
  g_autofree char *joined = g_strjoinv ("", parts);
  g_autofree char *lower = g_ascii_strdown (joined, -1);
  g_autoptr (GByteArray) bytes = NULL;

  g_assert_true (u_protection_space_get_server_trust (space) == trust);
  g_object_get (u_server_trust_get_certificate (trust), "certificate", &bytes, NULL);
  g_assert_cmpmem (bytes->data, bytes->len, g_bytes_get_data (der, NULL), g_bytes_get_size (der));
  g_assert_nonnull (g_tls_certificate_get_issuer (u_server_trust_get_certificate (trust)));
  g_assert_cmpint (u_server_trust_get_errors (trust), ==, G_TLS_CERTIFICATE_EXPIRED);
  g_assert_cmpstr (u_server_trust_get_host (trust), ==, "example.org");
  g_assert_cmpuint (strlen (fingerprint), ==, 32 * 3 - 1);
  g_assert_cmpstr (lower, ==, expected);
}

static void
test_reason (void)
{
  static const struct
  {
    GTlsCertificateFlags errors;
    const char *expected;
  } cases[] = {
    { 0, "Nothing is wrong with the certificate." },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "The certificate is for localhost, not for example.org." },
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "The certificate was signed by nobody but itself." },
    { G_TLS_CERTIFICATE_REVOKED, "The certificate was revoked by the authority that signed it." },
    { G_TLS_CERTIFICATE_INSECURE, "The certificate was made with an algorithm that is not safe any more." },
    { G_TLS_CERTIFICATE_GENERIC_ERROR, "The certificate is not valid." },
    { G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_BAD_IDENTITY,
      "The certificate is for localhost, not for example.org. The certificate was signed by nobody but itself." },
  };
  g_autoptr (GBytes) der = load_der ("server.pem");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UProtectionSpace) space = make_space (cases[i].errors, der, NULL);
      g_autofree char *reason = u_server_trust_dup_reason (u_protection_space_get_server_trust (space));

      g_assert_cmpstr (reason, ==, cases[i].expected);
    }
}

static void
test_reason_dates (void)
{
  g_autoptr (GBytes) der = load_der ("server.pem");
  g_autoptr (UProtectionSpace) expired = make_space (G_TLS_CERTIFICATE_EXPIRED, der, NULL);
  g_autoptr (UProtectionSpace) early = make_space (G_TLS_CERTIFICATE_NOT_ACTIVATED, der, NULL);
  g_autofree char *expired_reason = u_server_trust_dup_reason (u_protection_space_get_server_trust (expired));
  g_autofree char *early_reason = u_server_trust_dup_reason (u_protection_space_get_server_trust (early));

  g_assert_true (g_regex_match_simple ("^The certificate expired on \\d+ .+ \\d{4}\\.$", expired_reason, 0, 0));
  g_assert_true (g_regex_match_simple ("^The certificate is not valid before \\d+ .+ \\d{4}\\.$", early_reason, 0, 0));
}

/* Whatever a server sends: something is told of it, and nothing falls over. */
static void
test_unreadable (void)
{
  const GTlsCertificateFlags all = G_TLS_CERTIFICATE_VALIDATE_ALL;
  g_autoptr (GBytes) noise = g_bytes_new_static ("no certificate", 14);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  GBytes *chains[][2] = { { NULL, NULL }, { noise, NULL }, { empty, noise } };

  for (gsize i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      g_autoptr (UProtectionSpace) space = make_space (all, chains[i][0], chains[i][1]);
      UServerTrust *trust = u_protection_space_get_server_trust (space);
      g_autofree char *reason = u_server_trust_dup_reason (trust);
      g_autofree char *fingerprint = u_server_trust_dup_fingerprint (trust);

      g_assert_null (u_server_trust_get_certificate (trust));
      g_assert_nonnull (strstr (reason, "has expired"));
      g_assert_nonnull (strstr (reason, "is not for example.org"));
      g_assert_cmpint (fingerprint != NULL, ==, chains[i][0] != NULL);
    }
}

static void
test_distinguished_names (void)
{
  g_autoptr (UProtectionSpaceData) data =
    u_protection_space_data_new (U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE, "https", "h", 443, NULL, FALSE);
  g_autoptr (UProtectionSpace) space = NULL;
  g_autofree GBytes **names = NULL;
  gsize n;

  data->authorities = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (data->authorities, g_bytes_new_static ("one", 3));
  g_ptr_array_add (data->authorities, g_bytes_new_static ("two", 3));
  space = u_protection_space_new_from_data (data);
  names = u_protection_space_dup_distinguished_names (space, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpmem (g_bytes_get_data (names[1], NULL), g_bytes_get_size (names[1]), "two", 3);
  g_bytes_unref (names[0]);
  g_bytes_unref (names[1]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server-trust/certificate", test_certificate);
  g_test_add_func ("/server-trust/reason", test_reason);
  g_test_add_func ("/server-trust/reason-dates", test_reason_dates);
  g_test_add_func ("/server-trust/unreadable", test_unreadable);
  g_test_add_func ("/protection-space/distinguished-names", test_distinguished_names);

  return g_test_run ();
}

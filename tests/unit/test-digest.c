/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/message/u-digest-private.h"

/* Expected digests, from the application and from the server. All of them are of "hello". */

#define HEX_256 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define B64_256 "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
#define HEX_384 \
  "59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f"
#define B64_384 "WeF0h3dEjGnea4ANejO7+5/xtGPkQ1TDVTvNucZm+pASWjx5+QOXvfX2oT3oKGhP"
#define HEX_512 \
  "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7" \
  "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043"
#define B64_512 "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=="

typedef struct
{
  const char *input;
  const char *expected;       /* as u_digest_to_string() writes it; NULL: refused */
} Pair;

static void
test_parse (void)
{
  static const Pair pairs[] = {
    { "sha256:" HEX_256, "sha256:" HEX_256 },
    { "  SHA-256:" HEX_256 "\n", "sha256:" HEX_256 },
    { "sha256:2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824", "sha256:" HEX_256 },
    { "sha256:" B64_256, "sha256:" HEX_256 },
    { "sha256-" B64_256, "sha256:" HEX_256 },
    { "sha-256=:" B64_256 ":", "sha256:" HEX_256 },
    { "sha256:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ", "sha256:" HEX_256 },
    { "sha384:" HEX_384, "sha384:" HEX_384 },
    { "sha-384:" B64_384, "sha384:" HEX_384 },
    { "sha512:" HEX_512, "sha512:" HEX_512 },
    { "sha-512:" B64_512, "sha512:" HEX_512 },
    { "sha512-" B64_512, "sha512:" HEX_512 },
    { "sha512:" HEX_256, NULL },
    { "sha256:" HEX_512, NULL },
    { "sha256:" HEX_256 "0", NULL },
    { "sha256:zz", NULL },
    { "sha256:", NULL },
    { "sha256:====", NULL },
    { "sha256", NULL },
    { "sha1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", NULL },
    { "md5:5d41402abc4b2a76b9719d911017c592", NULL },
    { HEX_256, NULL },
    { "\xff", NULL },
    { "", NULL },
    { NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (UDigest) digest = u_digest_parse (pairs[i].input, &error);
      g_autofree char *string = digest != NULL ? u_digest_to_string (digest) : NULL;

      g_assert_cmpstr (string, ==, pairs[i].expected);
      if (digest == NULL)
        {
          g_assert_error (error, U_ERROR, U_ERROR_DIGEST_MISMATCH);
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
        }
    }
}

static void
test_field (void)
{
  static const Pair pairs[] = {
    { "sha-256=:" B64_256 ":", "sha256:" HEX_256 },
    { "sha-256=:" B64_256 ":, sha-512=:" B64_512 ":", "sha512:" HEX_512 },
    { "sha-512=:" B64_512 ":,sha-256=:" B64_256 ":", "sha512:" HEX_512 },
    { "md5=:XUFAKrxLKna5cZ2REBfFkg==:, sha-256=:" B64_256 ":", "sha256:" HEX_256 },
    { "x=\"a, sha-512=:b:\", sha-256=:" B64_256 ":", "sha256:" HEX_256 },
    { "x=(1 \"a)\" 2), y;z=1, sha-256=:" B64_256 ":;p=\"q\"", "sha256:" HEX_256 },
    { "sha-256=:" B64_256 ":, sha-256=:AAAA:", NULL },
    { "sha-512=:AAAA:, sha-256=:" B64_256 ":", "sha256:" HEX_256 },
    { "sha-256=:" B64_256, NULL },
    { "sha-256=:" B64_256 ":x", NULL },
    { "sha-256=:" B64_256 ":, ", NULL },
    { "sha-256=:" B64_256 ":, =", NULL },
    { "sha-256=:" B64_256 ":, x=\"", NULL },
    { "sha-256=:" B64_256 ":, x=(", NULL },
    { "sha-256=" B64_256, NULL },
    { "SHA-256=:" B64_256 ":", NULL },
    { "sha256=:" B64_256 ":", NULL },
    { "md5=:XUFAKrxLKna5cZ2REBfFkg==:", NULL },
    { "garbage", NULL },
    { ",", NULL },
    { "", NULL },
    { NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (UDigest) digest = u_digest_parse_field (pairs[i].input);
      g_autoptr (UDigest) copy = u_digest_copy (digest);
      g_autofree char *string = copy != NULL ? u_digest_to_string (copy) : NULL;

      g_test_message ("%s", pairs[i].input);
      g_assert_cmpstr (string, ==, pairs[i].expected);
    }
}

static void
test_matches_checksum (void)
{
  g_autoptr (UDigest) digest = u_digest_parse ("sha256:" B64_256, NULL);
  g_autofree char *hex = g_compute_checksum_for_string (digest->type, "hello", -1);

  g_assert_cmpstr (digest->hex, ==, hex);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/digest/parse", test_parse);
  g_test_add_func ("/digest/field", test_field);
  g_test_add_func ("/digest/matches-checksum", test_matches_checksum);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-http-framing-private.h"
#include "urlsession/loader/u-http-request-private.h"
#include "urlsession/loader/u-spool-private.h"

#include <string.h>

/* Parts of the HTTP loader that decide over plain values. */

static void
test_error_map (void)
{
  const struct
  {
    GQuark domain;
    int code;
    GTlsCertificateFlags flags;
    UError mapped;
  } cases[] = {
    { G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, 0, U_ERROR_CANNOT_CONNECT_TO_HOST },
    { G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, 0, U_ERROR_CANNOT_CONNECT_TO_HOST },
    { G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE, 0, U_ERROR_NOT_CONNECTED_TO_INTERNET },
    { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, 0, U_ERROR_TIMED_OUT },
    { G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, 0, U_ERROR_NETWORK_CONNECTION_LOST },
    { G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, 0, U_ERROR_NETWORK_CONNECTION_LOST },
    { G_IO_ERROR, G_IO_ERROR_CANCELLED, 0, U_ERROR_CANCELLED },
    { G_IO_ERROR, G_IO_ERROR_FAILED, 0, U_ERROR_UNKNOWN },
    { G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, 0, U_ERROR_CANNOT_FIND_HOST },
    { G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, 0, U_ERROR_DNS_LOOKUP_FAILED },
    { G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, 0, U_ERROR_SECURE_CONNECTION_FAILED },
    { G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED, 0, U_ERROR_CLIENT_CERTIFICATE_REQUIRED },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, G_TLS_CERTIFICATE_EXPIRED, U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, G_TLS_CERTIFICATE_NOT_ACTIVATED,
      U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, G_TLS_CERTIFICATE_UNKNOWN_CA,
      U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_EXPIRED,
      U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, G_TLS_CERTIFICATE_BAD_IDENTITY, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, G_TLS_CERTIFICATE_REVOKED, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_PARSING, 0, U_ERROR_CANNOT_PARSE_RESPONSE },
    { SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_ENCODING, 0, U_ERROR_BAD_SERVER_RESPONSE },
    { U_ERROR, U_ERROR_BAD_HEADER, 0, U_ERROR_BAD_HEADER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (cases[i].domain, cases[i].code, "what went wrong");
      g_autoptr (GError) mapped = u_error_map_new (error, cases[i].flags, "http://host.example/%20x");

      g_assert_error (mapped, U_ERROR, (int) cases[i].mapped);
      g_assert_nonnull (strstr (mapped->message, "what went wrong"));
      if (cases[i].domain != U_ERROR)
        g_assert_nonnull (strstr (mapped->message, "http://host.example/%20x"));
    }
}

static void
test_lengths (void)
{
  static const struct
  {
    const char *values[3];
    const char *transfer_encoding;
    gint64 length;            /* -2: refused */
  } cases[] = {
    { { NULL }, NULL, -1 },
    { { "0" }, NULL, 0 },
    { { "5" }, NULL, 5 },
    { { " 5 " }, NULL, 5 },
    { { "5, 5" }, NULL, 5 },
    { { "5", "5" }, NULL, 5 },
    { { "5", "6" }, NULL, -2 },
    { { "5, 6" }, NULL, -2 },
    { { "5," }, NULL, -2 },
    { { "" }, NULL, -2 },
    { { "+5" }, NULL, -2 },
    { { "-5" }, NULL, -2 },
    { { "5x" }, NULL, -2 },
    { { "9223372036854775807" }, NULL, -2 },
    { { "99999999999999999999" }, NULL, -2 },
    { { "5" }, "chunked", -1 },
    { { "5", "6" }, "chunked", -2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UHeaderList) headers = u_header_list_new ();
      g_autoptr (GError) error = NULL;
      gint64 length = 0;

      for (guint j = 0; j < 3 && cases[i].values[j] != NULL; j++)
        u_header_list_append (headers, j == 0 ? "Content-Length" : "content-length", cases[i].values[j]);
      if (cases[i].transfer_encoding != NULL)
        u_header_list_append (headers, "Transfer-Encoding", cases[i].transfer_encoding);
      if (cases[i].length == -2)
        {
          g_assert_false (u_http_framing_get_length (headers, &length, &error));
          g_assert_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
        }
      else
        {
          g_assert_true (u_http_framing_get_length (headers, &length, &error));
          g_assert_no_error (error);
          g_assert_cmpint (length, ==, cases[i].length);
        }
    }

  g_assert_true (u_http_framing_has_body ("GET", 200));
  g_assert_true (u_http_framing_has_body ("GET", 404));
  g_assert_false (u_http_framing_has_body ("HEAD", 200));
  g_assert_false (u_http_framing_has_body ("GET", 204));
  g_assert_false (u_http_framing_has_body ("GET", 304));
}

static void
test_languages (void)
{
  static const struct
  {
    const char *names[8];
    const char *list;
  } cases[] = {
    { { "C", NULL }, NULL },
    { { "de_DE.UTF-8", "de_DE", "de.UTF-8", "de", "C", NULL }, "de-de, de;q=0.9" },
    { { "sr_RS@latin", "sr_RS", "sr@latin", "sr", "en_GB", "C", NULL }, "sr-rs, sr;q=0.9, en-gb;q=0.8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *list = u_http_request_make_accept_language (cases[i].names);

      g_assert_cmpstr (list, ==, cases[i].list);
    }
}

static guint8
byte_at (guint64 position)
{
  return (guint8) (position * 7 + position / 251);
}

/* In any order of pushes and pops, across the border between memory and file, what comes out is what went in. */
static void
test_spool (void)
{
  g_autoptr (USpool) spool = u_spool_new (100000);
  g_autofree guint8 *buffer = g_malloc (200000);
  guint64 n_in = 0;
  guint64 n_out = 0;

  for (guint round = 0; round < 2000; round++)
    {
      gsize size = g_test_rand_int_range (1, 20000);
      g_autoptr (GError) error = NULL;

      if (g_test_rand_bit () || round % 500 > 400)
        {
          for (gsize i = 0; i < size; i++)
            buffer[i] = byte_at (n_in + i);
          g_assert_true (u_spool_push (spool, buffer, size, &error));
          g_assert_no_error (error);
          n_in += size;
        }
      else
        {
          gssize n = u_spool_pop (spool, buffer, size, &error);

          g_assert_no_error (error);
          if (n_in > n_out)
            g_assert_cmpint (n, >, 0);
          for (gssize i = 0; i < n; i++)
            g_assert_cmpuint (buffer[i], ==, byte_at (n_out + i));
          n_out += n;
        }
      g_assert_cmpuint (u_spool_get_size (spool), ==, n_in - n_out);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/loader-parts/error-map", test_error_map);
  g_test_add_func ("/loader-parts/lengths", test_lengths);
  g_test_add_func ("/loader-parts/languages", test_languages);
  g_test_add_func ("/loader-parts/spool", test_spool);

  return g_test_run ();
}

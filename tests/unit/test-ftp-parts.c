/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-ftp-error-private.h"
#include "urlsession/loader/u-ftp-listing-private.h"
#include "urlsession/loader/u-ftp-target-private.h"

#include <errno.h>
#include <string.h>

/* What of FTP is decided without a network. */

static const struct
{
  const char *url;
  const char *method;
  UError error;               /* U_ERROR_UNKNOWN: none */
  UFtpVerb verb;
  gboolean text;
  const char *location;
  const char *name;
} targets[] = {
  { "ftp://h/a", "GET", 0, U_FTP_GET, FALSE, "//h/a", "a" },
  { "ftp://h:2121/a/b%20c", "GET", 0, U_FTP_GET, FALSE, "//h:2121/a/b%20c", "b c" },
  { "ftp://u:p@h/a", "GET", 0, U_FTP_GET, FALSE, "//h/a", "a" },
  { "ftp://[::1]/a", "GET", 0, U_FTP_GET, FALSE, "//[::1]/a", "a" },
  { "ftp://h/a#b", "GET", 0, U_FTP_GET, FALSE, "//h/a", "a" },
  { "ftp://h/a?b", "GET", 0, U_FTP_GET, FALSE, "//h/a%3Fb", "a?b" },
  { "ftp://h", "GET", 0, U_FTP_LIST, FALSE, "//h/", "" },
  { "ftp://h/d/", "GET", 0, U_FTP_LIST, FALSE, "//h/d/", "" },
  { "ftp://h/d;type=d", "GET", 0, U_FTP_LIST, FALSE, "//h/d/", "" },
  { "ftp://h/a;type=a", "GET", 0, U_FTP_GET, TRUE, "//h/a", "a" },
  { "ftp://h/a;TYPE=I", "GET", 0, U_FTP_GET, FALSE, "//h/a", "a" },
  { "ftp://h/a;type=x", "GET", 0, U_FTP_GET, FALSE, "//h/a;type=x", "a;type=x" },
  { "ftp://h/%2Fetc/a", "GET", 0, U_FTP_GET, FALSE, "//h/%2Fetc/a", "a" },
  { "ftp://h/a", "HEAD", 0, U_FTP_HEAD, FALSE, "//h/a", "a" },
  { "ftp://h/a", "PUT", U_ERROR_UNSUPPORTED_URL, 0, FALSE, NULL, NULL },
  { "ftp://h/a", "DELETE", U_ERROR_UNSUPPORTED_URL, 0, FALSE, NULL, NULL },
  { "ftp://h/a%0Ab", "GET", U_ERROR_BAD_URL, 0, FALSE, NULL, NULL },
  { "ftp://h/a%00", "GET", U_ERROR_BAD_URL, 0, FALSE, NULL, NULL },
};

static void
test_targets (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (URequestData) request = u_request_data_new (targets[i].url);
      g_autoptr (GError) error = NULL;
      g_autoptr (UFtpTarget) target = NULL;

      g_test_message ("%s %s", targets[i].method, targets[i].url);
      g_assert_nonnull (request->parsed);
      g_free (request->method);
      request->method = g_strdup (targets[i].method);
      target = u_ftp_target_new (request, &error);
      if (targets[i].location == NULL)
        {
          g_assert_null (target);
          g_assert_error (error, U_ERROR, (int) targets[i].error);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpint (target->verb, ==, targets[i].verb);
      g_assert_cmpint (target->text, ==, targets[i].text);
      g_assert_cmpstr (target->location, ==, targets[i].location);
      g_assert_cmpstr (target->name, ==, targets[i].name);
    }
}

static void
test_bodies (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("ftp://h/a");
  g_autoptr (URequestData) folder = u_request_data_new ("ftp://h/a/");
  g_autoptr (GError) error = NULL;
  g_autoptr (UFtpTarget) target = NULL;

  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("x", 1);
  g_assert_null (u_ftp_target_new (request, &error));
  g_assert_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL);
  g_clear_error (&error);

  g_free (request->method);
  request->method = g_strdup ("POST");
  target = u_ftp_target_new (request, &error);
  g_assert_no_error (error);
  g_assert_cmpint (target->verb, ==, U_FTP_PUT);

  g_free (folder->method);
  folder->method = g_strdup ("PUT");
  folder->body_kind = U_BODY_BYTES;
  folder->body_bytes = g_bytes_new_static ("x", 1);
  g_assert_null (u_ftp_target_new (folder, &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
}

static const struct
{
  UFtpListingForm form;
  const char *line;
  const char *entry;          /* NULL: left out */
} lines[] = {
  { U_FTP_LISTING_FACTS, "type=file;size=12;modify=20240102030405; a b",
    "{\"name\": \"a b\", \"href\": \"a%20b\", \"type\": \"file\", \"size\": 12, \"modified\": \"2024-01-02T03:04:05Z\"}" },
  { U_FTP_LISTING_FACTS, "Type=dir;Size=4096;Modify=20240102030405.123; d",
    "{\"name\": \"d\", \"href\": \"d/\", \"type\": \"directory\", \"modified\": \"2024-01-02T03:04:05Z\"}" },
  { U_FTP_LISTING_FACTS, "type=OS.unix=symlink; l", "{\"name\": \"l\", \"href\": \"l\", \"type\": \"other\"}" },
  { U_FTP_LISTING_FACTS, " bare", "{\"name\": \"bare\", \"href\": \"bare\", \"type\": \"other\"}" },
  { U_FTP_LISTING_FACTS, "type=file;size=-1;modify=20249902030405; x",
    "{\"name\": \"x\", \"href\": \"x\", \"type\": \"file\"}" },
  { U_FTP_LISTING_FACTS, "type=file; c:\\\"", "{\"name\": \"c:\\\\\\\"\", \"href\": \"c%3A%5C%22\", \"type\": \"file\"}" },
  { U_FTP_LISTING_FACTS, "type=cdir; .", NULL },
  { U_FTP_LISTING_FACTS, "type=pdir; /up", NULL },
  { U_FTP_LISTING_FACTS, "type=file; ..", NULL },
  { U_FTP_LISTING_FACTS, "type=file; ../x", NULL },
  { U_FTP_LISTING_FACTS, "type=file; a\tb", NULL },
  { U_FTP_LISTING_FACTS, "type=file; ", NULL },
  { U_FTP_LISTING_FACTS, "nonsense", NULL },
  { U_FTP_LISTING_LONG, "-rw-r--r--   1 ftp      ftp            42 Jan 02 03:04 a  b",
    "{\"name\": \"a  b\", \"href\": \"a%20%20b\", \"type\": \"file\", \"size\": 42}" },
  { U_FTP_LISTING_LONG, "-rw-r--r-- 1 42 Jan 2 2023 x", "{\"name\": \"x\", \"href\": \"x\", \"type\": \"file\", \"size\": 42}" },
  { U_FTP_LISTING_LONG, "-rw-r--r-- 1 ftp 42 Jan 2 2023 x",
    "{\"name\": \"x\", \"href\": \"x\", \"type\": \"file\", \"size\": 42}" },
  { U_FTP_LISTING_LONG, "drwxr-xr-x+  2 ftp ftp 4096 Dec 31 23:59 d",
    "{\"name\": \"d\", \"href\": \"d/\", \"type\": \"directory\"}" },
  { U_FTP_LISTING_LONG, "lrwxrwxrwx 1 ftp ftp 7 Feb  1 10:00 link -> /etc/passwd",
    "{\"name\": \"link\", \"href\": \"link\", \"type\": \"other\"}" },
  { U_FTP_LISTING_LONG, "12-31-20  11:59PM       <DIR>          My Files",
    "{\"name\": \"My Files\", \"href\": \"My%20Files/\", \"type\": \"directory\"}" },
  { U_FTP_LISTING_LONG, "12-31-2020  11:59PM             1234 a.txt",
    "{\"name\": \"a.txt\", \"href\": \"a.txt\", \"type\": \"file\", \"size\": 1234}" },
  { U_FTP_LISTING_LONG, "total 12", NULL },
  { U_FTP_LISTING_LONG, "-rw-r--r-- 1 ftp ftp 42 Jan 02 03:04", NULL },
  { U_FTP_LISTING_LONG, "-rw-r--r-- 1 ftp ftp 42 Jan 02 03:04 ../x", NULL },
  { U_FTP_LISTING_LONG, "", NULL },
  { U_FTP_LISTING_LONG, "12-", NULL },
};

static void
test_lines (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (UFtpListing) listing = u_ftp_listing_new (lines[i].form);
      g_autoptr (GString) out = g_string_new (NULL);
      g_autofree char *expected = NULL;

      g_test_message ("%s", lines[i].line);
      expected = lines[i].entry != NULL ? g_strdup_printf ("[\n%s\n]\n", lines[i].entry) : g_strdup ("[]\n");
      u_ftp_listing_feed (listing, lines[i].line, strlen (lines[i].line), out);
      u_ftp_listing_feed (listing, "\r\n", 2, out);
      u_ftp_listing_end (listing, out);
      g_assert_cmpstr (out->str, ==, expected);
    }
}

/* However it is cut, and with a last line that has no end. */
static void
test_pieces (void)
{
  static const char text[] = "type=file; a\r\ntype=file; b\n\r\ntype=dir; c";
  static const char expected[] = "[\n{\"name\": \"a\", \"href\": \"a\", \"type\": \"file\"},\n"
                                 "{\"name\": \"b\", \"href\": \"b\", \"type\": \"file\"},\n"
                                 "{\"name\": \"c\", \"href\": \"c/\", \"type\": \"directory\"}\n]\n";

  for (gsize size = 1; size <= strlen (text); size++)
    {
      g_autoptr (UFtpListing) listing = u_ftp_listing_new (U_FTP_LISTING_FACTS);
      g_autoptr (GString) out = g_string_new (NULL);

      for (gsize i = 0; i < strlen (text); i += size)
        u_ftp_listing_feed (listing, text + i, MIN (size, strlen (text) - i), out);
      u_ftp_listing_end (listing, out);
      g_assert_cmpstr (out->str, ==, expected);
    }
}

static void
test_errors (void)
{
  static const struct
  {
    UFtpFailure failure;
    UError expected;
  } failures[] = {
    { { .code = CURLE_COULDNT_RESOLVE_HOST }, U_ERROR_CANNOT_FIND_HOST },
    { { .code = CURLE_COULDNT_CONNECT, .os_error = ECONNREFUSED }, U_ERROR_CANNOT_CONNECT_TO_HOST },
    { { .code = CURLE_COULDNT_CONNECT, .os_error = ENETUNREACH }, U_ERROR_NOT_CONNECTED_TO_INTERNET },
    { { .code = CURLE_FTP_COULDNT_RETR_FILE, .reply = 550 }, U_ERROR_FILE_DOES_NOT_EXIST },
    { { .code = CURLE_FTP_COULDNT_RETR_FILE, .reply = 451 }, U_ERROR_RESOURCE_UNAVAILABLE },
    { { .code = CURLE_OPERATION_TIMEDOUT, .reply = 421 }, U_ERROR_NETWORK_CONNECTION_LOST },
    { { .code = CURLE_OPERATION_TIMEDOUT }, U_ERROR_TIMED_OUT },
    { { .code = CURLE_PARTIAL_FILE }, U_ERROR_NETWORK_CONNECTION_LOST },
    { { .code = CURLE_LOGIN_DENIED, .reply = 550 }, U_ERROR_USER_AUTHENTICATION_REQUIRED },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .openssl = TRUE, .verify_result = 10 },
      U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .openssl = TRUE, .verify_result = 9 },
      U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .openssl = TRUE, .verify_result = 18 },
      U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .openssl = TRUE, .verify_result = 0 },
      U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .text = "server certificate verification failed. CAfile: none" },
      U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .text = "server certificate expiration date has passed." },
      U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
    { { .code = CURLE_PEER_FAILED_VERIFICATION, .text = "certificate subject name does not match" },
      U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { { .code = CURLE_OUT_OF_MEMORY }, U_ERROR_UNKNOWN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autoptr (GError) error = u_ftp_error_new (&failures[i].failure, "ftp://h/100%25");

      g_assert_error (error, U_ERROR, (int) failures[i].expected);
      g_assert_nonnull (strstr (error->message, "ftp://h/100%25"));
      g_assert_true (g_str_has_suffix (error->message, "."));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/ftp-parts/targets", test_targets);
  g_test_add_func ("/ftp-parts/bodies", test_bodies);
  g_test_add_func ("/ftp-parts/lines", test_lines);
  g_test_add_func ("/ftp-parts/pieces", test_pieces);
  g_test_add_func ("/ftp-parts/errors", test_errors);

  return g_test_run ();
}

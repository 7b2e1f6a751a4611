/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/storage/u-cookie-data-private.h"
#include "urlsession/storage/u-cookie-date-private.h"
#include "urlsession/storage/u-site-private.h"

/* What a Set-Cookie line says. */

/* 2030-01-01 00:00:00 UTC. */
#define START (G_GINT64_CONSTANT (1893456000) * G_USEC_PER_SEC)

static GUri *
uri_new (const char *string)
{
  g_autoptr (GError) error = NULL;
  GUri *uri = u_uri_parse (string, &error);

  g_assert_no_error (error);

  return uri;
}

static void
test_dates (void)
{
  static const struct
  {
    const char *string;
    gint64 seconds;           /* -1: none */
  } rows[] = {
    { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
    { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
    { "Sun Nov  6 08:49:37 1994", 784111777 },
    { "Sun, 06-Nov-1994 08:49:37 GMT", 784111777 },
    { "6 nov 94 8:49:37", 784111777 },
    { "Nov 1994 06 08:49:37", 784111777 },
    { "Fri, 01 Jan 2038 00:00:00 GMT", 2145916800 },
    { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
    { "01 Jan 69 00:00:00", 3124224000 },
    { "Sun, 31 Feb 1994 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08:60:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49:60 GMT", -1 },
    { "Sun, 06 Nov 1600 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 08:49:37", -1 },
    { "06 Nov 1994", -1 },
    { "06 Nov 1994 08:49", -1 },
    { "784111777", -1 },
    { "soon", -1 },
    { "", -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gint64 seconds = -1;
      gboolean found = u_cookie_date_parse (rows[i].string, strlen (rows[i].string), &seconds);

      g_test_message ("%s", rows[i].string);
      g_assert_cmpint (found, ==, rows[i].seconds >= 0);
      if (found)
        g_assert_cmpint (seconds, ==, rows[i].seconds);
    }
}

static void
test_parse (void)
{
  static const struct
  {
    const char *uri;
    const char *line;
    const char *expected;     /* as describe() writes it; NULL: refused */
  } rows[] = {
    { "https://a.example.com/", "n=v", "n=v a.example.com / host" },
    { "https://a.example.com/", " n \t= v ; ", "n=v a.example.com / host" },
    { "https://a.example.com/", "n=", "n= a.example.com / host" },
    { "https://a.example.com/", "n=a=b", "n=a=b a.example.com / host" },
    { "https://a.example.com/", "n=\"a b\"", "n=\"a b\" a.example.com / host" },
    { "https://a.example.com/", "n=\xe9", "n=\xe9 a.example.com / host" },
    { "https://A.Example.COM/x/y?z/z", "n=v", "n=v a.example.com /x host" },
    { "https://a.example.com/x/", "n=v", "n=v a.example.com /x host" },
    { "https://a.example.com/x", "n=v", "n=v a.example.com / host" },
    { "https://a.example.com", "n=v", "n=v a.example.com / host" },
    { "https://a.example.com/x/y", "n=v; path=/q", "n=v a.example.com /q host" },
    { "https://a.example.com/x/y", "n=v; path=q", "n=v a.example.com /x host" },
    { "https://a.example.com/x/y", "n=v; path", "n=v a.example.com /x host" },
    { "https://a.example.com/x/y", "n=v; path=/q; path=/r", "n=v a.example.com /r host" },
    { "https://a.example.com/", "n=v; Domain=example.com", "n=v example.com /" },
    { "https://a.example.com/", "n=v; DOMAIN=.Example.Com", "n=v example.com /" },
    { "https://a.example.com/", "n=v; domain=", "n=v a.example.com / host" },
    { "https://a.example.com/", "n=v; domain=a.example.com", "n=v a.example.com /" },
    { "https://a.example.com/", "n=v; secure; httponly; samesite=Strict",
      "n=v a.example.com / host secure http strict" },
    { "https://a.example.com/", "n=v;Secure=no;HttpOnly=1;SameSite=LAX", "n=v a.example.com / host secure http lax" },
    { "https://a.example.com/", "n=v; samesite=none", "n=v a.example.com / host none" },
    { "https://a.example.com/", "n=v; samesite=maybe", "n=v a.example.com / host" },
    { "https://a.example.com/", "n=v; max-age=10", "n=v a.example.com / host +10" },
    { "https://a.example.com/", "n=v; max-age=0", "n=v a.example.com / host expired" },
    { "https://a.example.com/", "n=v; max-age=-1", "n=v a.example.com / host expired" },
    { "https://a.example.com/", "n=v; max-age=-", "n=v a.example.com / host" },
    { "https://a.example.com/", "n=v; max-age=1x", "n=v a.example.com / host" },
    { "https://a.example.com/", "n=v; max-age=99999999999999999999", "n=v a.example.com / host +34560000" },
    { "https://a.example.com/", "n=v; max-age=10; expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "n=v a.example.com / host +10" },
    { "https://a.example.com/", "n=v; expires=Tue, 01 Jan 2030 00:01:00 GMT", "n=v a.example.com / host +60" },
    { "https://a.example.com/", "n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT", "n=v a.example.com / host expired" },
    { "https://a.example.com/", "n=v; expires=Mon, 01 Jan 2035 00:00:00 GMT", "n=v a.example.com / host +34560000" },
    { "https://a.example.com/", "n=v; expires=never", "n=v a.example.com / host" },
    { "https://a.example.com/", "n=v; version=1; priority=high;;;=;", "n=v a.example.com / host" },
    { "https://127.0.0.1/", "n=v; domain=127.0.0.1", "n=v 127.0.0.1 / host" },
    { "https://[::1]/", "n=v", "n=v ::1 / host" },
    { "https://localhost/", "n=v; domain=localhost", "n=v localhost / host" },
    { "https://b\xc3\xbc" "cher.example/", "n=v", "n=v xn--bcher-kva.example / host" },
    { "https://a.example.com/", "__Secure-n=v; secure", "__Secure-n=v a.example.com / host secure" },
    { "https://a.example.com/x", "__Host-n=v; secure; path=/", "__Host-n=v a.example.com / host secure" },
    { "https://a.example.com/", "", NULL },
    { "https://a.example.com/", ";", NULL },
    { "https://a.example.com/", "=", NULL },
    { "https://a.example.com/", "=v", NULL },
    { "https://a.example.com/", "n", NULL },
    { "https://a.example.com/", "n; path=/", NULL },
    { "https://a.example.com/", "n=v\x01", NULL },
    { "https://a.example.com/", "n=v\r\nX: y", NULL },
    { "https://a.example.com/", "n=v; path=/\x7f", NULL },
    { "https://a.example.com/", "n=v; domain=b.example.com", NULL },
    { "https://a.example.com/", "n=v; domain=x.a.example.com", NULL },
    { "https://a.example.com/", "n=v; domain=ample.com", NULL },
    { "https://a.example.com/", "n=v; domain=com", NULL },
    { "https://a.example.com/", "n=v; domain=..example.com", NULL },
    { "https://a.example.co.uk/", "n=v; domain=co.uk", NULL },
    { "https://a.example.co.uk/", "n=v; domain=.co.uk", NULL },
    { "https://127.0.0.1/", "n=v; domain=0.0.1", NULL },
    { "https://a.localhost/", "n=v; domain=localhost", NULL },
    { "https://example.com./", "n=v; domain=com.", NULL },
    { "https://example.com./", "n=v; domain=com", NULL },
    { "https://example.com./", "n=v; domain=example.com", "n=v example.com /" },
    { "https://a.example.com/", "__Secure-n=v", NULL },
    { "https://a.example.com/x", "__Host-n=v; secure; path=/x", NULL },
    { "https://a.example.com/", "__host-n=v; secure; path=/; domain=a.example.com", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GUri) uri = uri_new (rows[i].uri);
      g_autoptr (GError) error = NULL;
      g_autoptr (UCookieData) cookie = u_cookie_data_parse (rows[i].line, uri, START, &error);
      g_autoptr (GString) found = g_string_new (NULL);
      static const char *const same_site[] = { "", " none", " lax", " strict" };

      if (cookie == NULL)
        {
          g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
          if (rows[i].expected != NULL)
            g_error ("%s: %s", rows[i].line, error->message);
          continue;
        }
      g_string_append_printf (found, "%s=%s %s %s%s%s%s%s", cookie->name, cookie->value, cookie->domain, cookie->path,
                              cookie->is_host_only ? " host" : "", cookie->is_secure ? " secure" : "",
                              cookie->is_http_only ? " http" : "", same_site[cookie->same_site]);
      if (cookie->expires <= START)
        g_string_append (found, " expired");
      else if (cookie->expires != U_COOKIE_NO_EXPIRY)
        g_string_append_printf (found, " +%d", (int) ((cookie->expires - START) / G_USEC_PER_SEC));
      if (g_strcmp0 (found->str, rows[i].expected) != 0)
        g_error ("%s: “%s”, not “%s”", rows[i].line, found->str, rows[i].expected);
    }
}

static char *
repeat (const char *before, gsize length, const char *after)
{
  g_autofree char *many = g_strnfill (length, 'x');

  return g_strconcat (before, many, after, NULL);
}

static void
test_long_lines (void)
{
  static const struct
  {
    const char *before;
    gsize length;
    const char *after;
    gboolean good;
  } rows[] = {
    { "n=", 4095, "", TRUE },
    { "n=", 4096, "", FALSE },
    { "n=", 4095, "; path=/; secure; httponly", TRUE },
    { "", 4096, "=", TRUE },
    { "", 4097, "=", FALSE },
    { "n=v; x=", 5000, "", TRUE },
    { "n=v; x=", 1024 * 1024, "", FALSE },
    { "n=", 1024 * 1024, "", FALSE },
    { "", 1024 * 1024, "", FALSE },
  };
  g_autoptr (GUri) uri = uri_new ("https://example.com/");
  g_autofree char *path = repeat ("n=v; path=/", 1024, "");
  g_autoptr (UCookieData) with_path = u_cookie_data_parse (path, uri, START, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line = repeat (rows[i].before, rows[i].length, rows[i].after);
      g_autoptr (GError) error = NULL;
      g_autoptr (UCookieData) cookie = u_cookie_data_parse (line, uri, START, &error);

      g_assert_cmpint (cookie != NULL, ==, rows[i].good);
      if (cookie != NULL)
        continue;
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
      /* Neither the value nor a log of a megabyte. */
      g_assert_cmpuint (strlen (error->message), <, 200);
    }
  g_assert_cmpstr (with_path->path, ==, "/");
}

static void
test_sites (void)
{
  static const struct
  {
    const char *host;
    const char *site;
    gboolean is_suffix;
  } rows[] = {
    { "www.example.com", "example.com", FALSE },
    { "a.b.example.co.uk", "example.co.uk", FALSE },
    { "example.co.uk", "example.co.uk", FALSE },
    { "co.uk", "co.uk", TRUE },
    { "com", "com", TRUE },
    { "me.github.io", "me.github.io", FALSE },
    { "github.io", "github.io", TRUE },
    { "localhost", "localhost", TRUE },
    { "a.example.corp", "example.corp", FALSE },
    { "example.corp", "example.corp", FALSE },
    { "corp", "corp", TRUE },
    { "127.0.0.1", "127.0.0.1", FALSE },
    { "::1", "::1", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *site = u_site_dup_registrable (rows[i].host);

      g_assert_cmpstr (site, ==, rows[i].site);
      g_assert_cmpint (u_site_is_public_suffix (rows[i].host), ==, rows[i].is_suffix);
    }
}

static void
test_bytes (void)
{
  g_autoptr (GUri) uri = uri_new ("https://a.example.com/x/y");
  g_autoptr (UCookieData) cookie = NULL;
  g_autoptr (UCookieData) back = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) bad = g_bytes_new_static ("what is this", 12);
  g_autoptr (GBytes) injected = NULL;

  cookie = u_cookie_data_parse ("n=\xe9; domain=example.com; secure; httponly; samesite=lax", uri, START, NULL);
  bytes = u_cookie_data_to_bytes (cookie);
  back = u_cookie_data_from_bytes (bytes);
  g_assert_true (u_cookie_data_equal (cookie, back));
  g_assert_null (u_cookie_data_from_bytes (bad));

  /* What somebody wrote into the file is no way into the header. */
  g_free (back->value);
  back->value = g_strdup ("x\r\nX-Evil: 1");
  injected = u_cookie_data_to_bytes (back);
  g_assert_null (u_cookie_data_from_bytes (injected));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cookie-parser/dates", test_dates);
  g_test_add_func ("/cookie-parser/r157-parse", test_parse);
  g_test_add_func ("/cookie-parser/long-lines", test_long_lines);
  g_test_add_func ("/cookie-parser/sites", test_sites);
  g_test_add_func ("/cookie-parser/bytes", test_bytes);

  return g_test_run ();
}

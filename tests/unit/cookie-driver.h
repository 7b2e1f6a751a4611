/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-uri-private.h"
#include "urlsession/storage/u-cookie-jar-private.h"

/* What the tests of the cookies have in common: jars with a clock that stands still, and what servers and requests do to
 * them. */

/* 2030-01-01 00:00:00 UTC. */
#define START (G_GINT64_CONSTANT (1893456000) * G_USEC_PER_SEC)

static gint64 test_time = START;

static inline gint64
test_clock (void)
{
  return test_time;
}

static inline UCookieJar *
new_jar (void)
{
  UCookieJar *jar = u_cookie_jar_new_memory ();

  test_time = START;
  u_cookie_jar_set_clock (jar, test_clock);

  return jar;
}

static inline GUri *
uri_new (const char *string)
{
  g_autoptr (GError) error = NULL;
  GUri *uri = u_uri_parse (string, &error);

  g_assert_no_error (error);

  return uri;
}

static inline void
take (UCookieJar *jar, const char *string, const char *main_document, UCookieAcceptPolicy policy, const char *line)
{
  g_autoptr (GUri) uri = uri_new (string);
  g_autoptr (GUri) main_uri = main_document != NULL ? uri_new (main_document) : NULL;
  g_autoptr (UHeaderList) headers = u_header_list_new ();

  u_header_list_append (headers, "Content-Type", "text/plain");
  u_header_list_append (headers, "set-cookie", line);
  u_cookie_jar_take_response (jar, uri, main_uri, headers, policy);
}

static inline void
set (UCookieJar *jar, const char *string, const char *line)
{
  take (jar, string, NULL, U_COOKIE_ACCEPT_POLICY_ALWAYS, line);
}

static inline void
assert_header_for (UCookieJar *jar, const char *string, const char *main_document, const char *method,
                   const char *expected)
{
  g_autoptr (GUri) uri = uri_new (string);
  g_autoptr (GUri) main_uri = main_document != NULL ? uri_new (main_document) : NULL;
  g_autofree char *header = u_cookie_jar_dup_header (jar, uri, main_uri, method);

  if (g_strcmp0 (header, expected) != 0)
    g_error ("%s %s of %s: “%s”, not “%s”", method, string, main_document, header, expected);
}

static inline void
assert_header (UCookieJar *jar, const char *string, const char *expected)
{
  assert_header_for (jar, string, NULL, "GET", expected);
}

static inline guint
count (UCookieJar *jar)
{
  g_autoptr (GPtrArray) cookies = u_cookie_jar_dup_cookies (jar, NULL);

  return cookies->len;
}

static inline void
count_cb (gpointer data)
{
  ++*(guint *) data;
}

static inline void
drain (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    ;
}

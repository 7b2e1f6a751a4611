/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cookie-driver.h"

/* ---- Sending ---- */

typedef struct
{
  const char *line;           /* set by https://www.example.com/a/b */
  const char *uri;
  gboolean sent;
} Sending;

static const Sending paths[] = {
  { "n=v; path=/a", "https://www.example.com/a", TRUE },
  { "n=v; path=/a", "https://www.example.com/a/", TRUE },
  { "n=v; path=/a", "https://www.example.com/a/x?y", TRUE },
  { "n=v; path=/a", "https://www.example.com/ab", FALSE },
  { "n=v; path=/a", "https://www.example.com/", FALSE },
  { "n=v; path=/a", "https://www.example.com/A", FALSE },
  { "n=v; path=/a/", "https://www.example.com/a/x", TRUE },
  { "n=v; path=/a/", "https://www.example.com/a", FALSE },
  { "n=v; path=/", "https://www.example.com", TRUE },
  { "n=v", "https://www.example.com/a/c", TRUE },
  { "n=v", "https://www.example.com/b", FALSE },
};

static const Sending secures[] = {
  { "n=v; path=/; secure", "https://www.example.com/", TRUE },
  { "n=v; path=/; secure", "wss://www.example.com/", TRUE },
  { "n=v; path=/; secure", "http://www.example.com/", FALSE },
  { "n=v; path=/; secure", "ws://www.example.com/", FALSE },
  { "n=v; path=/", "http://www.example.com/", TRUE },
  { "n=v; path=/", "ws://www.example.com/", TRUE },
  { "n=v; path=/", "http://www.example.com:8080/", TRUE },
  { "n=v; path=/; httponly", "http://www.example.com/", TRUE },
  { "n=v; path=/", "ftp://www.example.com/", FALSE },
};

static const Sending domains[] = {
  { "n=v; path=/", "https://www.example.com/", TRUE },
  { "n=v; path=/", "https://WWW.EXAMPLE.com/", TRUE },
  { "n=v; path=/", "https://www.example.com./", TRUE },
  { "n=v; path=/", "https://x.www.example.com/", FALSE },
  { "n=v; path=/", "https://example.com/", FALSE },
  { "n=v; path=/; domain=example.com", "https://example.com/", TRUE },
  { "n=v; path=/; domain=example.com", "https://a.b.example.com/", TRUE },
  { "n=v; path=/; domain=example.com", "https://badexample.com/", FALSE },
  { "n=v; path=/; domain=example.com", "https://example.com.evil.org/", FALSE },
  { "n=v; path=/; domain=www.example.com", "https://www.example.com/", TRUE },
  { "n=v; path=/; domain=www.example.com", "https://x.www.example.com/", TRUE },
  { "n=v; path=/; domain=www.example.com", "https://example.com/", FALSE },
  { "n=v; path=/; domain=example.org", "https://example.org/", FALSE },
  { "n=v; path=/; domain=example.org", "https://www.example.com/", FALSE },
};

static void
check_sending (const Sending *rows, gsize n_rows)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      g_autoptr (UCookieJar) jar = new_jar ();

      g_test_message ("%s", rows[i].line);
      set (jar, "https://www.example.com/a/b", rows[i].line);
      assert_header (jar, rows[i].uri, rows[i].sent ? "n=v" : NULL);
    }
}

static void
test_paths (void)
{
  check_sending (paths, G_N_ELEMENTS (paths));
}

static void
test_secure (void)
{
  check_sending (secures, G_N_ELEMENTS (secures));
}

static void
test_domains (void)
{
  check_sending (domains, G_N_ELEMENTS (domains));
}

static void
test_expiry (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();

  set (jar, "https://example.com/", "short=1; max-age=10");
  set (jar, "https://example.com/", "long=2; max-age=1000");
  set (jar, "https://example.com/", "session=3");
  assert_header (jar, "https://example.com/", "short=1; long=2; session=3");
  test_time += 10 * G_USEC_PER_SEC - 1;
  assert_header (jar, "https://example.com/", "short=1; long=2; session=3");
  test_time += 1;
  assert_header (jar, "https://example.com/", "long=2; session=3");
  g_assert_cmpuint (count (jar), ==, 2);
  set (jar, "https://example.com/", "long=; max-age=0");
  assert_header (jar, "https://example.com/", "session=3");
  set (jar, "https://example.com/", "session=; expires=Thu, 01 Jan 1970 00:00:00 GMT");
  assert_header (jar, "https://example.com/", NULL);
}

static void
test_same_site (void)
{
  static const struct
  {
    const char *attribute;
    const char *main_document;
    const char *method;
    gboolean sent;
  } rows[] = {
    { "strict", NULL, "POST", TRUE },
    { "strict", "https://a.example.com/", "POST", TRUE },
    { "strict", "http://example.com/", "GET", TRUE },
    { "strict", "https://example.org/", "GET", FALSE },
    { "strict", "file:///home/x.html", "GET", FALSE },
    { "lax", NULL, "POST", TRUE },
    { "lax", "https://a.example.com/", "POST", TRUE },
    { "lax", "https://example.org/", "GET", TRUE },
    { "lax", "https://example.org/", "HEAD", TRUE },
    { "lax", "https://example.org/", "POST", FALSE },
    { "lax", "https://example.org/", "get", FALSE },
    { "none", "https://example.org/", "POST", TRUE },
    { "", "https://example.org/", "POST", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UCookieJar) jar = new_jar ();
      g_autofree char *line = g_strdup_printf ("n=v; samesite=%s", rows[i].attribute);

      set (jar, "https://www.example.com/", line);
      assert_header_for (jar, "https://www.example.com/", rows[i].main_document, rows[i].method,
                         rows[i].sent ? "n=v" : NULL);
    }
}

static void
test_order (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();

  set (jar, "https://example.com/", "a=1; path=/");
  set (jar, "https://example.com/", "b=2; path=/x/y");
  set (jar, "https://example.com/", "c=3; path=/x");
  set (jar, "https://example.com/", "d=4; path=/x/y");
  set (jar, "https://example.com/", "e=5; path=/; domain=example.com");
  assert_header (jar, "https://example.com/x/y/z", "b=2; d=4; c=3; a=1; e=5");
  /* A new value does not change the place. */
  test_time += G_USEC_PER_SEC;
  set (jar, "https://example.com/", "a=6; path=/");
  set (jar, "https://example.com/", "b=7; path=/x/y");
  assert_header (jar, "https://example.com/x/y/z", "b=7; d=4; c=3; a=6; e=5");
  /* What was removed comes back as the youngest. */
  set (jar, "https://example.com/", "a=; path=/; max-age=0");
  set (jar, "https://example.com/", "a=8; path=/");
  assert_header (jar, "https://example.com/x/y/z", "b=7; d=4; c=3; e=5; a=8");
  /* The clock was set back. */
  test_time -= 1000 * G_USEC_PER_SEC;
  set (jar, "https://example.com/", "f=9; path=/");
  assert_header (jar, "https://example.com/x/y/z", "b=7; d=4; c=3; e=5; a=8; f=9");
}

static void
test_keys (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();

  set (jar, "https://example.com/", "n=1");
  set (jar, "https://example.com/", "N=2");
  set (jar, "https://example.com/", "n=3; domain=example.com");
  set (jar, "https://example.com/", "n=4; path=/x");
  g_assert_cmpuint (count (jar), ==, 4);
  assert_header (jar, "https://example.com/x", "n=4; n=1; N=2; n=3");
}

/* ---- Accepting ---- */

static void
test_policies (void)
{
  static const struct
  {
    UCookieAcceptPolicy policy;
    const char *main_document;
    gboolean stored;
  } rows[] = {
    { U_COOKIE_ACCEPT_POLICY_ALWAYS, NULL, TRUE },
    { U_COOKIE_ACCEPT_POLICY_ALWAYS, "https://example.org/", TRUE },
    { U_COOKIE_ACCEPT_POLICY_NEVER, NULL, FALSE },
    { U_COOKIE_ACCEPT_POLICY_NEVER, "https://www.example.co.uk/", FALSE },
    { U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN, NULL, TRUE },
    { U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN, "http://news.example.co.uk/x", TRUE },
    { U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN, "https://other.co.uk/", FALSE },
    { U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN, "file:///x", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UCookieJar) jar = new_jar ();

      take (jar, "https://www.example.co.uk/", rows[i].main_document, rows[i].policy, "n=v; domain=example.co.uk");
      g_assert_cmpuint (count (jar), ==, rows[i].stored ? 1 : 0);
    }
}

static void
test_foreign_domain (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  g_autoptr (GUri) uri = uri_new ("https://www.example.com/");
  g_autoptr (UHeaderList) headers = u_header_list_new ();

  u_header_list_append (headers, "Set-Cookie", "good=1; domain=example.com");
  u_header_list_append (headers, "Set-Cookie", "bad=2; domain=example.org");
  u_header_list_append (headers, "Set-Cookie", "also-good=3");
  u_cookie_jar_take_response (jar, uri, NULL, headers, U_COOKIE_ACCEPT_POLICY_ALWAYS);
  assert_header (jar, "https://www.example.com/", "good=1; also-good=3");
  assert_header (jar, "https://example.org/", NULL);
}

static void
test_insecure_origin (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();

  set (jar, "http://example.com/", "n=evil; secure");
  g_assert_cmpuint (count (jar), ==, 0);
  set (jar, "https://www.example.com/", "n=good; secure; domain=example.com; path=/");
  /* Neither over it nor in front of it. */
  set (jar, "http://www.example.com/", "n=evil; domain=example.com; path=/");
  set (jar, "http://www.example.com/", "n=evil; path=/login");
  set (jar, "http://example.com/", "n=evil");
  set (jar, "http://www.example.com/", "n=; max-age=0; domain=example.com; path=/");
  assert_header (jar, "https://www.example.com/login", "n=good");
  set (jar, "http://www.example.com/", "m=other");
  assert_header (jar, "https://www.example.com/login", "n=good; m=other");
  set (jar, "ftp://www.example.com/", "f=1");
  g_assert_cmpuint (count (jar), ==, 2);
}

/* ---- Limits ---- */

static void
test_limit_of_a_site (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();

  set (jar, "https://example.com/", "secure=s; secure");
  set (jar, "https://example.com/", "short=s; max-age=5");
  for (guint i = 0; i < U_COOKIE_JAR_MAX_PER_SITE - 2; i++)
    {
      g_autofree char *uri = g_strdup_printf ("https://h%u.example.com/", i);

      test_time += 1000;
      set (jar, uri, "n=v");
    }
  g_assert_cmpuint (count (jar), ==, U_COOKIE_JAR_MAX_PER_SITE);
  /* Used: no longer the oldest. */
  test_time += 1000;
  assert_header (jar, "https://h0.example.com/", "n=v");
  set (jar, "https://example.com/", "new=1; secure");
  assert_header (jar, "https://h0.example.com/", "n=v");
  assert_header (jar, "https://h1.example.com/", "n=v");
  assert_header (jar, "https://example.com/", "secure=s; new=1");
  set (jar, "https://example.com/", "newer=2; secure");
  assert_header (jar, "https://h2.example.com/", NULL);
  assert_header (jar, "https://example.com/", "secure=s; new=1; newer=2");
  g_assert_cmpuint (count (jar), ==, U_COOKIE_JAR_MAX_PER_SITE);
}

static void
test_many (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  guint n = 0;

  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *uri = g_strdup_printf ("https://www.site%u.example/", i / 2);
      g_autofree char *line = g_strdup_printf ("n%u=%u; max-age=%u", i, i, 1000);

      test_time += 1000;
      set (jar, uri, line);
      if (i % 100 == 0)
        g_assert_cmpuint (count (jar), <=, U_COOKIE_JAR_MAX);
      n++;
    }
  g_assert_cmpuint (n, ==, 10000);
  g_assert_cmpuint (count (jar), >=, U_COOKIE_JAR_MAX * 9 / 10);
  assert_header (jar, "https://www.site4999.example/", "n9998=9998; n9999=9999");
  assert_header (jar, "https://www.site0.example/", NULL);
  u_cookie_jar_remove_all (jar);
  g_assert_cmpuint (count (jar), ==, 0);
}

/* ---- The application ---- */

static void
test_removing (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  g_autoptr (UCookieData) host = u_cookie_data_new ("a", "any", "example.com", "/");
  g_autoptr (UCookieData) domain = u_cookie_data_new ("a", "any", ".example.com", "/");

  set (jar, "https://example.com/", "a=1");
  set (jar, "https://example.com/", "a=2; domain=example.com");
  test_time += G_USEC_PER_SEC;
  set (jar, "https://example.com/", "b=3");
  u_cookie_jar_remove (jar, host);
  assert_header (jar, "https://example.com/", "a=2; b=3");
  u_cookie_jar_remove_since (jar, START + G_USEC_PER_SEC + 1);
  assert_header (jar, "https://example.com/", "a=2; b=3");
  u_cookie_jar_remove_since (jar, START + G_USEC_PER_SEC);
  assert_header (jar, "https://example.com/", "a=2");
  u_cookie_jar_remove (jar, domain);
  assert_header (jar, "https://example.com/", NULL);
  u_cookie_jar_set (jar, domain);
  assert_header (jar, "https://x.example.com/", "a=any");
}

static void
test_listeners (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GUri) uri = uri_new ("https://example.com/");
  g_autoptr (UHeaderList) headers = u_header_list_new ();
  guint n_calls = 0;
  guint id = u_cookie_jar_add_listener (jar, context, count_cb, &n_calls, count_cb);

  u_header_list_append (headers, "Set-Cookie", "a=1");
  u_header_list_append (headers, "Set-Cookie", "b=2");
  u_cookie_jar_take_response (jar, uri, NULL, headers, U_COOKIE_ACCEPT_POLICY_ALWAYS);
  g_assert_cmpuint (n_calls, ==, 0);
  drain (context);
  g_assert_cmpuint (n_calls, ==, 1);
  /* Nothing new. */
  u_cookie_jar_take_response (jar, uri, NULL, headers, U_COOKIE_ACCEPT_POLICY_ALWAYS);
  set (jar, "https://example.com/", "bad");
  set (jar, "https://example.com/", "c=; max-age=0");
  drain (context);
  g_assert_cmpuint (n_calls, ==, 1);
  set (jar, "https://example.com/", "a=3");
  set (jar, "https://example.com/", "a=4");
  drain (context);
  g_assert_cmpuint (n_calls, ==, 3);
  u_cookie_jar_remove_all (jar);
  u_cookie_jar_remove_all (jar);
  drain (context);
  g_assert_cmpuint (n_calls, ==, 4);
  set (jar, "https://example.com/", "a=5");
  u_cookie_jar_remove_listener (jar, id);
  g_assert_cmpuint (n_calls, ==, 4);
  drain (context);
  /* That was @destroy. */
  g_assert_cmpuint (n_calls, ==, 5);
}

/* What has expired is as good as removed, although nobody has taken it out yet. */
static void
test_expired (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (UCookieData) cookie = u_cookie_data_new ("a", "", "example.com", "/");
  guint n_changes = 0;
  guint id;

  /* It protects nothing. */
  set (jar, "https://example.com/", "a=1; secure; max-age=5");
  test_time += 5 * G_USEC_PER_SEC;
  set (jar, "http://example.com/", "a=2; max-age=5");
  assert_header (jar, "http://example.com/", "a=2");
  /* It keeps no place for its successor (RFC 6265 section 5.3). */
  set (jar, "https://example.com/", "b=3");
  test_time += 5 * G_USEC_PER_SEC;
  set (jar, "https://example.com/", "a=4; max-age=5");
  assert_header (jar, "http://example.com/", "b=3; a=4");

  /* Nothing changes when it is removed. */
  id = u_cookie_jar_add_listener (jar, context, count_cb, &n_changes, NULL);
  test_time += 5 * G_USEC_PER_SEC;
  u_cookie_jar_remove (jar, cookie);
  set (jar, "https://example.com/", "c=5; max-age=5");
  test_time += 5 * G_USEC_PER_SEC;
  set (jar, "https://example.com/", "c=; max-age=0");
  set (jar, "https://example.com/", "d=6; max-age=5");
  test_time += 5 * G_USEC_PER_SEC;
  u_cookie_jar_remove_since (jar, START + 20 * G_USEC_PER_SEC);
  drain (context);
  g_assert_cmpuint (n_changes, ==, 2);
  u_cookie_jar_remove_all (jar);
  drain (context);
  g_assert_cmpuint (n_changes, ==, 3);
  u_cookie_jar_remove_listener (jar, id);
}

static void
test_ready (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint n_calls = 0;

  g_assert_true (u_cookie_jar_is_ready (jar));
  u_cookie_jar_when_ready (jar, context, count_cb, &n_calls);
  u_cookie_jar_flush (jar, context, count_cb, &n_calls);
  g_assert_cmpuint (n_calls, ==, 0);
  drain (context);
  g_assert_cmpuint (n_calls, ==, 2);
}

static void
test_merge (void)
{
  static const struct
  {
    const char *stored;
    const char *own;
    const char *expected;
  } rows[] = {
    { NULL, NULL, NULL },
    { "", "", NULL },
    { "a=1", NULL, "a=1" },
    { NULL, "a=1", "a=1" },
    { "a=1; b=2", "a=3", "a=1; b=2" },
    { "a=1; b=2", "c=3; b=4;d=5", "a=1; b=2; c=3; d=5" },
    { "a=1; a=2", "A=3", "a=1; a=2; A=3" },
    { "a=1", " a = 2 ; plain; ;", "a=1; plain" },
    { "a=x=y", "a=2; b=x=y", "a=x=y; b=x=y" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *merged = u_cookie_merge_headers (rows[i].stored, rows[i].own);

      g_assert_cmpstr (merged, ==, rows[i].expected);
    }
}

/* ---- Threads ---- */

static gpointer
hammer (gpointer data)
{
  UCookieJar *jar = u_cookie_jar_ref (data);
  guint n_sent = 0;

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *line = g_strdup_printf ("n%u=%u", i % 50, i);
      g_autoptr (GUri) uri = uri_new ("https://example.com/");
      g_autofree char *header = NULL;

      set (jar, "https://example.com/", line);
      header = u_cookie_jar_dup_header (jar, uri, NULL, "GET");
      n_sent += header != NULL && strstr (header, "n0=") != NULL;
    }
  u_cookie_jar_unref (jar);

  return GUINT_TO_POINTER (n_sent);
}

static void
test_threads (void)
{
  g_autoptr (UCookieJar) jar = new_jar ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("hammer", hammer, jar);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads[i])), ==, 500);
  g_assert_cmpuint (count (jar), ==, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cookies/r160-path", test_paths);
  g_test_add_func ("/cookies/r160-secure", test_secure);
  g_test_add_func ("/cookies/r160-host-only", test_domains);
  g_test_add_func ("/cookies/r160-expiry", test_expiry);
  g_test_add_func ("/cookies/r160-same-site", test_same_site);
  g_test_add_func ("/cookies/r163-order", test_order);
  g_test_add_func ("/cookies/keys", test_keys);
  g_test_add_func ("/cookies/r153-r162-policies", test_policies);
  g_test_add_func ("/cookies/r157-foreign-domain", test_foreign_domain);
  g_test_add_func ("/cookies/insecure-origin", test_insecure_origin);
  g_test_add_func ("/cookies/limit-of-a-site", test_limit_of_a_site);
  g_test_add_func ("/cookies/many", test_many);
  g_test_add_func ("/cookies/removing", test_removing);
  g_test_add_func ("/cookies/r166-listeners", test_listeners);
  g_test_add_func ("/cookies/r160-r166-expired", test_expired);
  g_test_add_func ("/cookies/ready", test_ready);
  g_test_add_func ("/cookies/r164-merge", test_merge);
  g_test_add_func ("/cookies/threads", test_threads);

  return g_test_run ();
}

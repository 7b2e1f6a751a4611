/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "urlsession/base/u-worker-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/storage/u-cookie-jar-private.h"

/* 2030-01-01 00:00:00 UTC. */
#define START (G_GINT64_CONSTANT (1893456000) * G_USEC_PER_SEC)

static gint64 test_time = START;

static gint64
test_clock (void)
{
  return test_time;
}

static UCookieJar *
new_jar (void)
{
  UCookieJar *jar = u_cookie_jar_new_memory ();

  test_time = START;
  u_cookie_jar_set_clock (jar, test_clock);

  return jar;
}

static GUri *
uri_new (const char *string)
{
  g_autoptr (GError) error = NULL;
  GUri *uri = u_uri_parse (string, &error);

  g_assert_no_error (error);

  return uri;
}

static void
take (UCookieJar *jar, const char *string, const char *main_document, UCookieAcceptPolicy policy, const char *line)
{
  g_autoptr (GUri) uri = uri_new (string);
  g_autoptr (GUri) main_uri = main_document != NULL ? uri_new (main_document) : NULL;
  g_autoptr (UHeaderList) headers = u_header_list_new ();

  u_header_list_append (headers, "Content-Type", "text/plain");
  u_header_list_append (headers, "set-cookie", line);
  u_cookie_jar_take_response (jar, uri, main_uri, headers, policy);
}

static void
set (UCookieJar *jar, const char *string, const char *line)
{
  take (jar, string, NULL, U_COOKIE_ACCEPT_POLICY_ALWAYS, line);
}

static void
assert_header_for (UCookieJar *jar, const char *string, const char *main_document, const char *method,
                   const char *expected)
{
  g_autoptr (GUri) uri = uri_new (string);
  g_autoptr (GUri) main_uri = main_document != NULL ? uri_new (main_document) : NULL;
  g_autofree char *header = u_cookie_jar_dup_header (jar, uri, main_uri, method);

  if (g_strcmp0 (header, expected) != 0)
    g_error ("%s %s of %s: “%s”, not “%s”", method, string, main_document, header, expected);
}

static void
assert_header (UCookieJar *jar, const char *string, const char *expected)
{
  assert_header_for (jar, string, NULL, "GET", expected);
}

static guint
count (UCookieJar *jar)
{
  g_autoptr (GPtrArray) cookies = u_cookie_jar_dup_cookies (jar, NULL);

  return cookies->len;
}

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
count_cb (gpointer data)
{
  ++*(guint *) data;
}

static void
drain (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    ;
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

/* ---- The file ---- */

/* For files of a test, in a folder of their own. */
static char *
dup_path (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("cookies-XXXXXX", &error);

  g_assert_no_error (error);

  return g_build_filename (folder, "cookies.sqlite", NULL);
}

/* Once all is written, and nothing else is beside it. */
static void
remove_file (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
set_true_cb (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
wait_for (UCookieJar *jar, void (*ask) (UCookieJar *, GMainContext *, void (*) (gpointer), gpointer))
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean done = FALSE;

  ask (jar, context, set_true_cb, &done);
  while (!done)
    g_main_context_iteration (context, TRUE);
}

static void
run_sql (sqlite3 *database, const char *sql)
{
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
}

static gint64
query (sqlite3 *database, const char *sql)
{
  sqlite3_stmt *statement;
  gint64 number;

  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);

  return number;
}

static void
test_locked_file (void)
{
  g_autofree char *path = dup_path ();
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  sqlite3_busy_timeout (database, 10000);
  run_sql (database, "BEGIN EXCLUSIVE");
  {
    g_autoptr (UCookieJar) jar = u_cookie_jar_open (path);
    g_autoptr (UCookieJar) same = u_cookie_jar_open (path);

    g_assert_true (jar == same);
    set (jar, "https://example.com/", "lost=1; max-age=1000");
    wait_for (jar, u_cookie_jar_when_ready);
    g_assert_true (u_cookie_jar_is_ready (jar));
    assert_header (jar, "https://example.com/", "lost=1");
    run_sql (database, "ROLLBACK");
    set (jar, "https://example.com/", "kept=2; max-age=1000");
    set (jar, "https://example.com/", "session=3");
    wait_for (jar, u_cookie_jar_flush);
    assert_header (jar, "https://example.com/", "lost=1; kept=2; session=3");
  }
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows"), ==, 1);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows WHERE key = CAST ('example.com' || char(10) || '/' "
                          "|| char(10) || 'kept' AS BLOB)"), ==, 1);
  sqlite3_close (database);
  remove_file (path);
}

/* Rows that this library did not write. */
static void
test_strange_rows (void)
{
  g_autofree char *path = dup_path ();
  sqlite3 *database;
  UCookieJar *jar = u_cookie_jar_open (path);

  set (jar, "https://example.com/", "good=1; max-age=1000");
  set (jar, "https://example.com/", "future=2; max-age=1000");
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  sqlite3_busy_timeout (database, 10000);
  run_sql (database, "UPDATE rows SET created = 9223372036854775807, expires = 9223372036854775807 "
           "WHERE instr (key, 'future')");
  run_sql (database, "INSERT INTO rows VALUES (x'00', x'ff00ff', 0, 9223372036854775807)");
  run_sql (database, "INSERT INTO rows VALUES (x'', x'', 0, 9223372036854775807)");
  run_sql (database, "INSERT INTO rows VALUES ('text', 'text', 'text', 'text')");
  run_sql (database, "INSERT INTO rows VALUES (1, 2, 3, 4)");
  sqlite3_close (database);

  jar = u_cookie_jar_open (path);
  wait_for (jar, u_cookie_jar_flush);
  assert_header (jar, "https://example.com/", "good=1; future=2");
  set (jar, "https://example.com/", "new=3");
  assert_header (jar, "https://example.com/", "good=1; future=2; new=3");
  u_cookie_jar_unref (jar);
  remove_file (path);
}

/* Keeps all disk threads from their work. */
static struct
{
  GMutex lock;
  GCond cond;
  guint n_waiting;
  gboolean released;
} gate;

static void
wait_at_gate (UDiskJob *job)
{
  g_mutex_lock (&gate.lock);
  gate.n_waiting++;
  g_cond_broadcast (&gate.cond);
  while (!gate.released)
    g_cond_wait (&gate.cond, &gate.lock);
  gate.n_waiting--;
  g_cond_broadcast (&gate.cond);
  g_mutex_unlock (&gate.lock);
}

static void
test_loading (void)
{
  g_autofree char *path = dup_path ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  UDiskJob jobs[4] = { 0 };
  UCookieJar *jar = u_cookie_jar_open (path);
  guint n_calls = 0, id;

  set (jar, "https://example.com/", "old=1; max-age=1000");
  set (jar, "https://example.com/", "same=1; max-age=1000");
  set (jar, "https://example.com/", "removed=1; max-age=1000");
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);

  g_mutex_lock (&gate.lock);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      jobs[i].work = wait_at_gate;
      u_disk_submit (&jobs[i]);
    }
  while (gate.n_waiting < G_N_ELEMENTS (jobs))
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);

  jar = u_cookie_jar_open (path);
  id = u_cookie_jar_add_listener (jar, context, count_cb, &n_calls, NULL);
  g_assert_false (u_cookie_jar_is_ready (jar));
  assert_header (jar, "https://example.com/", NULL);
  set (jar, "https://example.com/", "new=2; max-age=1000");
  set (jar, "https://example.com/", "same=2; max-age=1000");
  set (jar, "https://example.com/", "removed=; max-age=0");
  drain (context);
  g_assert_cmpuint (n_calls, ==, 2);
  assert_header (jar, "https://example.com/", "new=2; same=2");

  g_mutex_lock (&gate.lock);
  gate.released = TRUE;
  g_cond_broadcast (&gate.cond);
  while (gate.n_waiting > 0)
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);
  wait_for (jar, u_cookie_jar_when_ready);
  drain (context);
  g_assert_cmpuint (n_calls, ==, 3);
  /* As old as the file says. */
  assert_header (jar, "https://example.com/", "old=1; same=2; new=2");
  u_cookie_jar_remove_listener (jar, id);
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);
  remove_file (path);
}

/* As many as there may be, from a file and at once. */
static void
test_large_file (void)
{
  g_autofree char *path = dup_path ();
  UCookieJar *jar = u_cookie_jar_open (path);
  guint n;

  for (guint i = 0; i < U_COOKIE_JAR_MAX + 10; i++)
    {
      g_autofree char *uri = g_strdup_printf ("https://site%u.example/", i / 10);
      g_autofree char *line = g_strdup_printf ("n%u=%u; max-age=10000", i, i);

      set (jar, uri, line);
    }
  n = count (jar);
  g_assert_cmpuint (n, <=, U_COOKIE_JAR_MAX);
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);

  jar = u_cookie_jar_open (path);
  wait_for (jar, u_cookie_jar_when_ready);
  g_assert_cmpuint (count (jar), ==, n);
  assert_header (jar, "https://site300.example/", "n3000=3000; n3001=3001; n3002=3002; n3003=3003; n3004=3004; "
                 "n3005=3005; n3006=3006; n3007=3007; n3008=3008; n3009=3009");
  u_cookie_jar_unref (jar);
  remove_file (path);
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
  g_test_add_func ("/cookies/ready", test_ready);
  g_test_add_func ("/cookies/r164-merge", test_merge);
  g_test_add_func ("/cookies/locked-file", test_locked_file);
  g_test_add_func ("/cookies/strange-rows", test_strange_rows);
  g_test_add_func ("/cookies/r166-loading", test_loading);
  g_test_add_func ("/cookies/large-file", test_large_file);
  g_test_add_func ("/cookies/threads", test_threads);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The file is read and written by programs of their own, which are this one, called with other arguments. */

static char *
dup_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("cookies-XXXXXX", &error);

  g_assert_no_error (error);

  return folder;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static UCookieStorage *
open_storage (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return u_cookie_storage_new_for_file (file);
}

static void
flush (UCookieStorage *storage)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  u_cookie_storage_flush_async (storage, NULL, u_test_take_result, &result);
  g_assert_null (result);
  u_test_wait_until (context, result != NULL);
  g_assert_true (u_cookie_storage_flush_finish (storage, result, &error));
  g_assert_no_error (error);
}

static void
set_line (UCookieStorage *storage, const char *uri, const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UCookie) cookie = u_cookie_parse (line, uri, &error);

  g_assert_no_error (error);
  g_assert_true (u_cookie_storage_set_cookie (storage, cookie, &error));
  g_assert_no_error (error);
}

static void
cookies_free (UCookie **cookies, gsize n_cookies)
{
  for (gsize i = 0; i < n_cookies; i++)
    g_object_unref (cookies[i]);
  g_free (cookies);
}

/* Names and values of all, or of those for a URL, in their order. */
static char *
describe (UCookieStorage *storage, const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  gsize n_cookies;
  UCookie **cookies = uri != NULL ? u_cookie_storage_dup_cookies_for_uri (storage, uri, &n_cookies, &error)
                                  : u_cookie_storage_dup_cookies (storage, &n_cookies);

  g_assert_no_error (error);
  for (gsize i = 0; i < n_cookies; i++)
    g_string_append_printf (out, "%s%s=%s", i > 0 ? "; " : "", u_cookie_get_name (cookies[i]),
                            u_cookie_get_value (cookies[i]));
  cookies_free (cookies, n_cookies);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
assert_cookies (UCookieStorage *storage, const char *uri, const char *expected)
{
  g_autofree char *found = describe (storage, uri);

  g_assert_cmpstr (found, ==, expected);
}

/* Drops the last reference when all is written. A file that is closed has no others beside it. */
static void
close_storage (UCookieStorage *storage, const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);

  flush (storage);
  g_assert_false (g_file_test (log, G_FILE_TEST_EXISTS));
  g_assert_finalize_object (storage);
}

static void
count_cb (gpointer storage, gpointer data)
{
  ++*(guint *) data;
}

/* Runs this program again, and returns what it printed. */
static char *
run_self (const char *path, const char *mode, const char *line)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--storage", path, mode, line, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));

  return output;
}

static int
self_main (const char *path, const char *mode, const char *line)
{
  UCookieStorage *storage = open_storage (path);

  if (g_str_equal (mode, "set"))
    set_line (storage, "https://example.com/", line);
  if (g_str_equal (mode, "clear"))
    u_cookie_storage_delete_all (storage);
  if (g_str_equal (mode, "read"))
    {
      g_autofree char *found = NULL;

      flush (storage);
      found = describe (storage, NULL);
      g_print ("%s", found);
    }

  /* Both processes go on with what one has begun. */
  if (g_str_equal (mode, "fork"))
    {
      int status = 0;
      pid_t child;

      set_line (storage, "https://example.com/", "before=1; max-age=1000");
      child = fork ();
      set_line (storage, "https://example.com/", child == 0 ? "child=1; max-age=1000" : "parent=1; max-age=1000");
      flush (storage);
      if (child != 0 && (waitpid (child, &status, 0) != child || status != 0))
        return 1;
    }

  /* Neither a flush nor the last reference: a program that ends does not tidy up. */
  return 0;
}

/* ---- Values ---- */

static void
test_cookie (void)
{
  g_autoptr (UCookie) plain = u_cookie_new ("n", "v", "Example.COM", "/");
  g_autoptr (UCookie) same = u_cookie_new ("n", "v", "example.com", "/");
  g_autoptr (UCookie) below = u_cookie_new ("n", "v", ".example.com", "/");
  g_autoptr (GDateTime) date = g_date_time_new_utc (2040, 1, 2, 3, 4, 5.25);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (UCookie) full = g_object_new (U_TYPE_COOKIE, "name", "n", "value", "v", "domain", "example.com",
                                           "path", "/x", "expires", date, "is-secure", TRUE, "is-http-only", TRUE,
                                           "is-host-only", FALSE, "same-site", U_COOKIE_SAME_SITE_STRICT, NULL);

  g_assert_cmpstr (u_cookie_get_name (plain), ==, "n");
  g_assert_cmpstr (u_cookie_get_value (plain), ==, "v");
  g_assert_cmpstr (u_cookie_get_domain (plain), ==, "example.com");
  g_assert_cmpstr (u_cookie_get_path (plain), ==, "/");
  g_assert_true (u_cookie_get_is_host_only (plain));
  g_assert_true (u_cookie_get_is_session_only (plain));
  g_assert_null (u_cookie_get_expires (plain));
  g_assert_cmpint (ABS (g_date_time_difference (now, u_cookie_get_creation_date (plain))), <, G_TIME_SPAN_MINUTE);
  g_assert_true (u_cookie_equal (plain, same));
  g_assert_false (u_cookie_equal (plain, below));
  g_assert_false (u_cookie_get_is_host_only (below));
  g_assert_cmpstr (u_cookie_get_domain (below), ==, "example.com");
  g_assert_false (u_cookie_get_is_host_only (full));
  g_assert_true (u_cookie_get_is_secure (full));
  g_assert_true (u_cookie_get_is_http_only (full));
  g_assert_false (u_cookie_get_is_session_only (full));
  g_assert_cmpint (u_cookie_get_same_site (full), ==, U_COOKIE_SAME_SITE_STRICT);
  g_assert_true (g_date_time_equal (u_cookie_get_expires (full), date));
}

static void
test_headers (void)
{
  g_autoptr (UHeaders) headers = u_headers_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (UCookieStorage) storage = u_cookie_storage_new (NULL);
  UCookie **cookies;
  gsize n_cookies;

  u_headers_append (headers, "Set-Cookie", "a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT", NULL);
  u_headers_append (headers, "Set-Cookie", "b=2; domain=example.org", NULL);
  u_headers_append (headers, "set-cookie", "c=\xff", NULL);
  cookies = u_cookie_parse_headers (headers, "https://www.example.com/x", &n_cookies, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_cookies, ==, 2);
  g_assert_cmpstr (u_cookie_get_value (cookies[0]), ==, "1");
  g_assert_cmpstr (u_cookie_get_value (cookies[1]), ==, "\xef\xbf\xbd");
  cookies_free (cookies, n_cookies);

  g_assert_null (u_cookie_parse_headers (headers, "nowhere", &n_cookies, &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
  g_assert_cmpuint (n_cookies, ==, 0);
  g_clear_error (&error);
  g_assert_null (u_cookie_parse ("a=1", "nowhere", &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
  g_clear_error (&error);
  g_assert_null (u_cookie_parse ("secret", "https://example.com/", &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
  g_assert_null (strstr (error->message, "secret"));
  g_clear_error (&error);

  g_assert_true (u_cookie_storage_set_cookies_for_headers (storage, "https://www.example.com/", "https://example.org/",
                                                           headers,
                                                           U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN,
                                                           &error));
  assert_cookies (storage, NULL, "");
  g_assert_true (u_cookie_storage_set_cookies_for_headers (storage, "https://www.example.com/", NULL, headers,
                                                           U_COOKIE_ACCEPT_POLICY_NEVER, &error));
  assert_cookies (storage, NULL, "");
  g_assert_true (u_cookie_storage_set_cookies_for_headers (storage, "https://www.example.com/", NULL, headers,
                                                           U_COOKIE_ACCEPT_POLICY_ALWAYS, &error));
  assert_cookies (storage, NULL, "a=1; c=\xef\xbf\xbd");
  g_assert_false (u_cookie_storage_set_cookies_for_headers (storage, "https://example.com/", "nowhere", headers,
                                                            U_COOKIE_ACCEPT_POLICY_ALWAYS, &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
}

static void
test_to_header (void)
{
  g_autoptr (UCookieStorage) storage = u_cookie_storage_new (NULL);
  g_autoptr (UCookie) split = u_cookie_new ("n", "v\r\nX: y", "example.com", "/");
  g_autoptr (UCookie) ended = u_cookie_new ("n", "v; w=x", "example.com", "/");
  g_autofree char *header = NULL;
  UCookie *bad[] = { split, ended };
  UCookie **cookies;
  gsize n_cookies;

  set_line (storage, "https://example.com/", "a=1; path=/; secure");
  set_line (storage, "https://example.com/", "b=\xff=; path=/x");
  set_line (storage, "https://example.com/", "c=; path=/y");
  cookies = u_cookie_storage_dup_cookies_for_uri (storage, "https://example.com/x", &n_cookies, NULL);
  header = u_cookie_to_header (cookies, n_cookies);
  cookies_free (cookies, n_cookies);
  g_assert_cmpstr (header, ==, "b=\xff=; a=1");

  g_assert_null (u_cookie_to_header (NULL, 0));
  g_assert_null (u_cookie_to_header (bad, G_N_ELEMENTS (bad)));
}

static void
test_bad_cookies (void)
{
  static const struct
  {
    const char *name;
    const char *value;
    const char *domain;
    const char *path;
  } rows[] = {
    { "", "v", "example.com", "/" },
    { "n;m", "v", "example.com", "/" },
    { "n=m", "v", "example.com", "/" },
    { "n", "v; w", "example.com", "/" },
    { "n", "v\r\nX: y", "example.com", "/" },
    { "n", "v", "", "/" },
    { "n", "v", "..example.com", "/" },
    { "n", "v", ".co.uk", "/" },
    { "n", "v", "example.com", "" },
    { "n", "v", "example.com", "x" },
    { "__Host-n", "v", "example.com", "/" },
  };
  g_autoptr (UCookieStorage) storage = u_cookie_storage_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UCookie) cookie = u_cookie_new (rows[i].name, rows[i].value, rows[i].domain, rows[i].path);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s %s", rows[i].name, rows[i].domain);
      g_assert_false (u_cookie_storage_set_cookie (storage, cookie, &error));
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
    }
  assert_cookies (storage, NULL, "");
}

/* ---- Changes ---- */

static gpointer
change_in_thread (gpointer data)
{
  set_line (data, "https://example.com/", "t=1");

  return NULL;
}

static void
test_changed (void)
{
  g_autofree char *folder = dup_folder ();
  g_autofree char *path = g_build_filename (folder, "cookies", NULL);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainContext) other = g_main_context_new ();
  g_autoptr (GDateTime) start = g_date_time_new_now_utc ();
  g_autoptr (UCookie) cookie = u_cookie_new ("a", "", "example.com", "/");
  UCookieStorage *storage, *twin;
  guint n_changes = 0, n_twin = 0;

  g_main_context_push_thread_default (context);
  storage = open_storage (path);
  g_main_context_pop_thread_default (context);
  g_main_context_push_thread_default (other);
  twin = open_storage (path);
  g_signal_connect (storage, "changed", G_CALLBACK (count_cb), &n_changes);
  g_signal_connect (twin, "changed", G_CALLBACK (count_cb), &n_twin);
  flush (storage);

  set_line (storage, "https://example.com/", "a=1");
  g_assert_cmpuint (n_changes, ==, 0);
  u_test_drain (context);
  g_assert_cmpuint (n_changes, ==, 1);
  g_assert_cmpuint (n_twin, ==, 0);
  u_test_drain (other);
  g_assert_cmpuint (n_twin, ==, 1);
  assert_cookies (twin, "http://example.com/", "a=1");

  set_line (twin, "https://example.com/", "a=1");
  u_cookie_storage_delete_cookie (twin, cookie);
  u_cookie_storage_delete_cookie (twin, cookie);
  g_thread_join (g_thread_new ("changes", change_in_thread, twin));
  u_cookie_storage_remove_since (twin, start);
  u_cookie_storage_delete_all (twin);
  u_test_drain (context);
  u_test_drain (other);
  g_assert_cmpuint (n_changes, ==, 4);
  g_assert_cmpuint (n_twin, ==, 4);
  assert_cookies (storage, NULL, "");

  /* What is under way when a storage goes does not arrive. */
  set_line (twin, "https://example.com/", "b=1");
  g_assert_finalize_object (storage);
  u_test_drain (context);
  g_assert_cmpuint (n_changes, ==, 4);
  flush (twin);
  g_main_context_pop_thread_default (other);
  close_storage (twin, path);
  remove_folder (folder);
}

static void
test_memory (void)
{
  g_autofree char *program = g_path_get_basename (g_get_prgname ());
  g_autofree char *folder = g_build_filename (g_get_user_data_dir (), program, NULL);
  g_autoptr (UCookieStorage) first = u_cookie_storage_new (NULL);
  g_autoptr (UCookieStorage) second = g_object_new (U_TYPE_COOKIE_STORAGE, NULL);

  set_line (first, "https://example.com/", "a=1; max-age=1000");
  flush (first);
  assert_cookies (first, NULL, "a=1");
  assert_cookies (second, NULL, "");
  g_assert_null (u_cookie_storage_get_file (first));
  g_assert_null (u_cookie_storage_get_name (first));
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

/* ---- The file ---- */

static guint
mode_of (const char *path)
{
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);

  return info.st_mode & 0777;
}

static void
test_names (void)
{
  g_autofree char *program = g_path_get_basename (g_get_prgname ());
  g_autofree char *folder = g_build_filename (g_get_user_data_dir (), program, "urlsession", NULL);
  g_autofree char *path = g_build_filename (folder, "cookies-..%2Fx%20y.sqlite", NULL);
  g_autofree char *parent = g_path_get_dirname (folder);
  g_autoptr (UCookieStorage) same = NULL;
  UCookieStorage *storage;
  mode_t mask = umask (0);

  storage = u_cookie_storage_new ("../x y");
  same = u_cookie_storage_new ("../x y");
  g_assert_cmpstr (u_cookie_storage_get_name (storage), ==, "../x y");
  g_assert_cmpstr (g_file_peek_path (u_cookie_storage_get_file (storage)), ==, path);
  flush (storage);
  /* Nothing to keep, no file. */
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  set_line (storage, "https://example.com/", "a=1; max-age=1000");
  assert_cookies (same, NULL, "a=1");
  flush (storage);
  g_assert_cmpuint (mode_of (path), ==, 0600);
  g_assert_cmpuint (mode_of (folder), ==, 0700);
  g_assert_cmpuint (mode_of (parent), ==, 0700);
  umask (mask);

  g_assert_true (u_cookie_storage_get_shared () == u_cookie_storage_get_shared ());
  g_assert_cmpstr (u_cookie_storage_get_name (u_cookie_storage_get_shared ()), ==, "shared");
  g_clear_object (&same);
  close_storage (storage, path);
  remove_folder (folder);
  g_assert_cmpint (g_rmdir (parent), ==, 0);
}

static void
test_persistence (void)
{
  g_autofree char *folder = dup_folder ();
  g_autofree char *path = g_build_filename (folder, "cookies", NULL);
  UCookieStorage *storage = open_storage (path);
  UCookie **cookies;
  gsize n_cookies;
  g_autoptr (UCookie) kept = NULL;
  g_autoptr (GDateTime) created = NULL;

  set_line (storage, "https://www.example.com/x/y", "full=\xe9; max-age=1000; secure; httponly; samesite=lax; "
            "domain=example.com");
  set_line (storage, "https://example.com/", "host=1; max-age=1000");
  set_line (storage, "https://example.com/", "session=1");
  set_line (storage, "https://example.com/", "demoted=1; max-age=1000");
  set_line (storage, "https://example.com/", "demoted=2");
  set_line (storage, "https://example.com/", "gone=1; max-age=1000");
  set_line (storage, "https://example.com/", "gone=1; max-age=0");
  cookies = u_cookie_storage_dup_cookies (storage, &n_cookies);
  g_assert_cmpuint (n_cookies, ==, 4);
  kept = g_object_ref (cookies[0]);
  created = g_date_time_ref (u_cookie_get_creation_date (kept));
  cookies_free (cookies, n_cookies);
  /* Not flushed: to drop it is enough. */
  g_assert_finalize_object (storage);

  storage = open_storage (path);
  flush (storage);
  cookies = u_cookie_storage_dup_cookies (storage, &n_cookies);
  g_assert_cmpuint (n_cookies, >=, 2);
  g_assert_true (u_cookie_equal (cookies[0], kept));
  g_assert_true (g_date_time_equal (u_cookie_get_creation_date (cookies[0]), created));
  cookies_free (cookies, n_cookies);

  /* A new value keeps the date, also in the file. */
  set_line (storage, "https://www.example.com/x/y", "full=2; max-age=1000; domain=example.com");
  close_storage (storage, path);
  storage = open_storage (path);
  flush (storage);
  assert_cookies (storage, NULL, "full=2; host=1");
  cookies = u_cookie_storage_dup_cookies (storage, &n_cookies);
  g_assert_true (g_date_time_equal (u_cookie_get_creation_date (cookies[0]), created));
  cookies_free (cookies, n_cookies);
  close_storage (storage, path);

  /* What happens before the file is read counts more. */
  storage = open_storage (path);
  set_line (storage, "https://www.example.com/x/y", "full=3; max-age=1000; domain=example.com");
  set_line (storage, "https://example.com/", "host=; max-age=0");
  flush (storage);
  assert_cookies (storage, NULL, "full=3");
  close_storage (storage, path);
  storage = open_storage (path);
  u_cookie_storage_delete_all (storage);
  flush (storage);
  assert_cookies (storage, NULL, "");
  close_storage (storage, path);
  remove_folder (folder);
}

static void
test_processes (void)
{
  g_autofree char *folder = dup_folder ();
  g_autofree char *path = g_build_filename (folder, "cookies", NULL);
  UCookieStorage *storage;

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *line = g_strdup_printf ("n%u=%u; max-age=1000", i, i);
      g_autofree char *output = run_self (path, "set", line);

      g_assert_cmpstr (output, ==, "");
    }
  storage = open_storage (path);
  flush (storage);
  assert_cookies (storage, "https://example.com/", "n0=0; n1=1; n2=2");
  {
    /* While it is open here. */
    g_autofree char *output = run_self (path, "set", "n1=other; max-age=1000");
    g_autofree char *found = NULL;

    set_line (storage, "https://example.com/", "n2=mine; max-age=1000");
    set_line (storage, "https://example.com/", "n3=mine; max-age=1000");
    flush (storage);
    found = run_self (path, "read", "");
    g_assert_cmpstr (found, ==, "n0=0; n1=other; n2=mine; n3=mine");
  }
  {
    g_autofree char *output = run_self (path, "clear", "");
    g_autofree char *found = run_self (path, "read", "");

    g_assert_cmpstr (found, ==, "");
  }
  close_storage (storage, path);
  remove_folder (folder);
}

static void
test_forks (void)
{
  g_autofree char *folder = dup_folder ();
  g_autofree char *path = g_build_filename (folder, "cookies", NULL);

#ifdef __SANITIZE_ADDRESS__
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_test_skip ("AddressSanitizer's allocator does not survive a fork amid threads");
  return;
#endif
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *output = run_self (path, "fork", "");
      UCookieStorage *storage = open_storage (path);

      g_assert_cmpstr (output, ==, "");
      flush (storage);
      {
        g_autofree char *found = describe (storage, NULL);

        g_assert_nonnull (strstr (found, "before=1"));
        g_assert_nonnull (strstr (found, "parent=1"));
        g_assert_nonnull (strstr (found, "child=1"));
      }
      u_cookie_storage_delete_all (storage);
      close_storage (storage, path);
    }
  remove_folder (folder);
}

static void
check_memory_only (const char *path)
{
  UCookieStorage *storage = open_storage (path);

  set_line (storage, "https://example.com/", "a=1; max-age=1000");
  flush (storage);
  assert_cookies (storage, NULL, "a=1");
  g_assert_finalize_object (storage);
}

static void
test_unusable_files (void)
{
  g_autofree char *folder = dup_folder ();
  g_autofree char *garbled = g_build_filename (folder, "garbled", NULL);
  g_autofree char *foreign = g_build_filename (folder, "foreign", NULL);
  g_autofree char *below = g_build_filename (garbled, "below", NULL);
  g_autofree char *text = g_strnfill (8192, 'x');
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize length, length_after;
  g_autoptr (GFile) nowhere = g_file_new_for_uri ("http://example.com/");
  UCookieStorage *storage;

  g_assert_true (g_file_set_contents (garbled, text, -1, NULL));
  check_memory_only (garbled);
  g_assert_true (g_file_get_contents (garbled, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, text);
  check_memory_only (below);
  check_memory_only (folder);
  check_memory_only ("/proc/nothing/cookies");

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*http://example.com/*in memory only*");
  storage = u_cookie_storage_new_for_file (nowhere);
  g_test_assert_expected_messages ();
  g_assert_null (u_cookie_storage_get_file (storage));
  set_line (storage, "https://example.com/", "a=1; max-age=1000");
  assert_cookies (storage, NULL, "a=1");
  g_assert_finalize_object (storage);

  /* A file of ours, but for the number at its start that says so. */
  storage = open_storage (foreign);
  set_line (storage, "https://example.com/", "b=1; max-age=1000");
  close_storage (storage, foreign);
  g_assert_true (g_file_get_contents (foreign, &before, &length, NULL));
  before[68] ^= 1;
  g_assert_true (g_file_set_contents (foreign, before, (gssize) length, NULL));
  check_memory_only (foreign);
  g_clear_pointer (&after, g_free);
  g_assert_true (g_file_get_contents (foreign, &after, &length_after, NULL));
  g_assert_cmpmem (after, length_after, before, length);
  remove_folder (folder);
}

static void
test_cancelled (void)
{
  g_autoptr (UCookieStorage) storage = u_cookie_storage_new (NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  u_cookie_storage_flush_async (storage, cancellable, u_test_take_result, &result);
  u_test_wait_until (g_main_context_default (), result != NULL);
  g_assert_false (u_cookie_storage_flush_finish (storage, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  if (argc == 5 && g_str_equal (argv[1], "--storage"))
    return self_main (argv[2], argv[3], argv[4]);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cookie-storage/memory", test_memory);
  g_test_add_func ("/cookie-storage/cookie", test_cookie);
  g_test_add_func ("/cookie-storage/r153-r157-r162-headers", test_headers);
  g_test_add_func ("/cookie-storage/to-header", test_to_header);
  g_test_add_func ("/cookie-storage/bad-cookies", test_bad_cookies);
  g_test_add_func ("/cookie-storage/r166-changed", test_changed);
  g_test_add_func ("/cookie-storage/names", test_names);
  g_test_add_func ("/cookie-storage/persistence", test_persistence);
  g_test_add_func ("/cookie-storage/processes", test_processes);
  g_test_add_func ("/cookie-storage/forks", test_forks);
  g_test_add_func ("/cookie-storage/unusable-files", test_unusable_files);
  g_test_add_func ("/cookie-storage/cancelled", test_cancelled);

  return g_test_run ();
}

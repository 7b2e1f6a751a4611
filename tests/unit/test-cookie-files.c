/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cookie-driver.h"
#include "urlsession/base/u-worker-private.h"
#include "urlsession/storage/u-store-private.h"

/* The file behind a jar: what is in it, and when. */

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

/* A file that cannot be used for a while: there is what is in memory, and it is written later. */
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
    set (jar, "https://example.com/", "early=1; max-age=1000");
    wait_for (jar, u_cookie_jar_when_ready);
    g_assert_true (u_cookie_jar_is_ready (jar));
    assert_header (jar, "https://example.com/", "early=1");
    run_sql (database, "ROLLBACK");
    set (jar, "https://example.com/", "late=2; max-age=1000");
    set (jar, "https://example.com/", "session=3");
    wait_for (jar, u_cookie_jar_flush);
    assert_header (jar, "https://example.com/", "early=1; late=2; session=3");
  }
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows"), ==, 2);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows WHERE key = CAST ('example.com' || char(10) || '/' "
                          "|| char(10) || 'late' AS BLOB)"), ==, 1);
  sqlite3_close (database);
  remove_file (path);
}

/* A file to which another process is writing can be read; what was changed before the other one was done counts. */
static void
test_busy_file (void)
{
  g_autofree char *path = dup_path ();
  UCookieJar *jar = u_cookie_jar_open (path);
  sqlite3 *database;

  set (jar, "https://example.com/", "kept=1; max-age=1000");
  set (jar, "https://example.com/", "removed=1; max-age=1000");
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  sqlite3_busy_timeout (database, 10000);
  run_sql (database, "BEGIN IMMEDIATE");
  jar = u_cookie_jar_open (path);
  set (jar, "https://example.com/", "removed=; max-age=0");
  set (jar, "https://example.com/", "new=1; max-age=1000");
  wait_for (jar, u_cookie_jar_when_ready);
  assert_header (jar, "https://example.com/", "kept=1; new=1");
  run_sql (database, "ROLLBACK");
  wait_for (jar, u_cookie_jar_flush);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows WHERE instr (key, 'removed')"), ==, 0);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows WHERE instr (key, 'new')"), ==, 1);

  /* The same for all of them. */
  u_cookie_jar_unref (jar);
  run_sql (database, "BEGIN IMMEDIATE");
  jar = u_cookie_jar_open (path);
  u_cookie_jar_remove_all (jar);
  wait_for (jar, u_cookie_jar_when_ready);
  assert_header (jar, "https://example.com/", NULL);
  run_sql (database, "ROLLBACK");
  wait_for (jar, u_cookie_jar_flush);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows"), ==, 0);
  u_cookie_jar_unref (jar);
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
#define N_DISK_THREADS 4

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

/* @jobs has to stay until the gate is open. */
static void
close_gate (UDiskJob *jobs)
{
  g_mutex_lock (&gate.lock);
  gate.released = FALSE;
  for (guint i = 0; i < N_DISK_THREADS; i++)
    {
      jobs[i] = (UDiskJob) { .work = wait_at_gate };
      u_disk_submit (&jobs[i]);
    }
  while (gate.n_waiting < N_DISK_THREADS)
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);
}

static void
open_gate (void)
{
  g_mutex_lock (&gate.lock);
  gate.released = TRUE;
  g_cond_broadcast (&gate.cond);
  while (gate.n_waiting > 0)
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);
}

static void
test_loading (void)
{
  g_autofree char *path = dup_path ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  UDiskJob jobs[N_DISK_THREADS];
  UCookieJar *jar = u_cookie_jar_open (path);
  guint n_calls = 0, id;

  set (jar, "https://example.com/", "old=1; max-age=1000");
  set (jar, "https://example.com/", "same=1; max-age=1000");
  set (jar, "https://example.com/", "removed=1; max-age=1000");
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);

  close_gate (jobs);
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

  open_gate ();
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

/* Whether something waits for the disk. */
static gboolean
is_writing (UCookieJar *jar)
{
  UStore *store = (UStore *) jar;
  gboolean result;

  g_mutex_lock (&store->lock);
  result = store->is_busy || store->ops->len > 0;
  g_mutex_unlock (&store->lock);

  return result;
}

/* Only what is to stay makes a file, and only that is written to it. */
static void
test_needless_writes (void)
{
  g_autofree char *path = dup_path ();
  UCookieJar *jar = u_cookie_jar_open (path);

  /* Before the file was looked for, and after it. */
  for (guint i = 0; i < 2; i++)
    {
      set (jar, "https://example.com/", "session=1");
      set (jar, "https://example.com/", "session=2");
      set (jar, "https://example.com/", "session=; max-age=0");
      u_cookie_jar_remove_all (jar);
      wait_for (jar, u_cookie_jar_flush);
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }

  set (jar, "https://example.com/", "kept=1; max-age=1000");
  g_assert_true (is_writing (jar));
  wait_for (jar, u_cookie_jar_flush);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  /* A server that gives a new value with each response. */
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *line = g_strdup_printf ("session=%u", i);

      set (jar, "https://example.com/", line);
      g_assert_false (is_writing (jar));
    }

  /* What was kept, and is no longer to be, has to go from the file. */
  set (jar, "https://example.com/", "kept=3");
  wait_for (jar, u_cookie_jar_flush);
  u_cookie_jar_unref (jar);
  jar = u_cookie_jar_open (path);
  wait_for (jar, u_cookie_jar_when_ready);
  assert_header (jar, "https://example.com/", NULL);
  u_cookie_jar_unref (jar);
  remove_file (path);
}

/* What waits to be written at a fork is written by the parent, and not again by the child when more has changed. */
static void
test_fork (void)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("AddressSanitizer's allocator does not survive a fork amid threads");
#else
  g_autofree char *path = dup_path ();
  UDiskJob jobs[N_DISK_THREADS];
  UCookieJar *jar = u_cookie_jar_open (path);
  sqlite3 *database;
  int ends[2];
  int status = -1;
  char byte = 'x';
  pid_t child;

  set (jar, "https://example.com/", "old=1; max-age=1000");
  wait_for (jar, u_cookie_jar_flush);
  g_assert_cmpint (pipe (ends), ==, 0);
  close_gate (jobs);
  u_cookie_jar_remove_all (jar);

  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      if (read (ends[0], &byte, 1) != 1)
        _exit (1);
      set (jar, "https://example.com/", "child=1; max-age=1000");
      wait_for (jar, u_cookie_jar_flush);
      _exit (0);
    }

  open_gate ();
  set (jar, "https://example.com/", "parent=1; max-age=1000");
  wait_for (jar, u_cookie_jar_flush);
  g_assert_cmpint (write (ends[1], &byte, 1), ==, 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  close (ends[0]);
  close (ends[1]);
  u_cookie_jar_unref (jar);

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows WHERE instr (key, 'parent')"), ==, 1);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows WHERE instr (key, 'child')"), ==, 1);
  g_assert_cmpint (query (database, "SELECT count(*) FROM rows"), ==, 2);
  sqlite3_close (database);
  remove_file (path);
#endif
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cookie-files/locked-file", test_locked_file);
  g_test_add_func ("/cookie-files/busy-file", test_busy_file);
  g_test_add_func ("/cookie-files/strange-rows", test_strange_rows);
  g_test_add_func ("/cookie-files/r166-loading", test_loading);
  g_test_add_func ("/cookie-files/large-file", test_large_file);
  g_test_add_func ("/cookie-files/needless-writes", test_needless_writes);
  g_test_add_func ("/cookie-files/fork", test_fork);

  return g_test_run ();
}

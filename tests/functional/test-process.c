/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* What concerns the whole process: its end, its forks, its rest. The first two happen in programs of their own, which
 * are this one, called with other arguments. */

#define N_EXITS 60

typedef struct
{
  UTestServer *plain;         /* owned */
  UTestServer *tls;           /* owned */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->plain = u_test_server_new ();
  u_test_server_start (self->plain, &error);
  g_assert_no_error (error);
  self->tls = u_test_server_new_tls ();
  u_test_server_start (self->tls, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  u_test_server_stop (self->plain);
  u_test_server_stop (self->tls);
  g_assert_finalize_object (g_steal_pointer (&self->plain));
  g_assert_finalize_object (g_steal_pointer (&self->tls));
}

/* Runs this program again. */
static void
run_self (Fixture *self, const char *mode, UTestServer *server, guint round)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *uri = u_test_server_get_uri (server, "/bytes/3000000?rate=3000000");
  g_autofree char *plain_uri = u_test_server_get_uri (self->plain, "/bytes/3000000");
  g_autofree char *tls_uri = u_test_server_get_uri (self->tls, "/bytes/3000000");
  g_autofree char *number = g_strdup_printf ("%u", round);
  g_autoptr (GError) error = NULL;
  g_autofree char *sanitizer = g_strdup_printf ("%s:detect_leaks=0", g_getenv ("ASAN_OPTIONS") != NULL
                                                                       ? g_getenv ("ASAN_OPTIONS") : "");
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;

  /* What a program has in hand when it ends in the middle of something is no leak. */
  g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", sanitizer, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, program, mode, uri, u_test_server_get_ca_path (self->tls),
                                         number, plain_uri, tls_uri, NULL);
  g_assert_no_error (error);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (process))
    g_error ("%s %u over %s ended with status %x", mode, round, uri, g_subprocess_get_status (process));
}

static void
test_exits (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < N_EXITS; i++)
    run_self (self, "--exit", i % 2 == 0 ? self->plain : self->tls, i / 2);
}

static void
test_forks (Fixture *self, gconstpointer data)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("AddressSanitizer's allocator does not survive a fork amid threads");
  return;
#endif
  for (guint i = 0; i < 10; i++)
    run_self (self, "--fork", i % 2 == 0 ? self->plain : self->tls, i / 2);
}

static USession *
make_session (const char *ca_path)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (ca_path, &error);

  g_assert_no_error (error);
  u_session_configuration_set_tls_database (configuration, database);

  return u_session_new (configuration);
}

static void
count_cb (UTask *task, GBytes *bytes, gpointer data)
{
  ++*(guint *) data;
}

/* ---- Exits amid transfers ---- */

/* Each round ends at another moment. */
static int
exit_main (const char *uri, const char *ca_path, guint round)
{
  USession *session = make_session (ca_path);
  GPtrArray *tasks = g_ptr_array_new ();
  guint n_pieces = 0;
  guint moment = round % 5;

  for (guint i = 0; i < 8; i++)
    {
      UTask *task = i % 2 == 0 ? U_TASK (u_session_create_data_task_for_uri (session, uri))
                               : U_TASK (u_session_create_download_task_for_uri (session, uri));

      if (i % 2 == 0)
        g_signal_connect (task, "received-data", G_CALLBACK (count_cb), &n_pieces);
      u_task_resume (task);
      g_ptr_array_add (tasks, task);
    }
  if (moment == 1)
    u_test_wait_until (g_main_context_default (), u_task_get_response (tasks->pdata[0]) != NULL);
  if (moment >= 2)
    u_test_wait_until (g_main_context_default (), n_pieces >= round);
  if (moment == 3)
    u_task_cancel (tasks->pdata[1]);
  if (moment == 4)
    u_session_invalidate_and_cancel (session);

  /* Neither the tasks nor the session: a program that ends does not tidy up. */
  return 0;
}

/* ---- Forks amid transfers ---- */

static void
load (USession *session, const char *uri, int code)
{
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  u_session_data_async (session, request, NULL, u_test_take_result, &result);
  u_test_wait_until (g_main_context_default (), result != NULL);
  bytes = u_session_data_finish (session, result, NULL, &error);
  if (code < 0)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 3000000);
    }
  else
    {
      g_assert_null (bytes);
      g_assert_error (error, U_ERROR, code);
    }
}

static void
save (USession *session, const char *uri)
{
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = NULL;

  u_session_download_async (session, request, NULL, NULL, u_test_take_result, &result);
  u_test_wait_until (g_main_context_default (), result != NULL);
  file = u_session_download_finish (session, result, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_delete (file, NULL, NULL));
}

#define N_AT_ONCE 12

static void
load_many (USession *session, const char *uri)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      UTask *task = U_TASK (u_session_create_data_task_for_uri (session, uri));

      u_task_resume (task);
      g_ptr_array_add (tasks, task);
    }
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      u_test_wait_until (g_main_context_default (), u_task_get_state (tasks->pdata[i]) == U_TASK_STATE_COMPLETED);
      g_assert_no_error (u_task_get_error (tasks->pdata[i]));
    }
}

/* GLib's threads make the TLS handshakes. Those of the parent wait for more at the time of the fork. */
static int
fork_main (const char *uri, const char *ca_path, guint round, const char *plain_uri, const char *tls_uri)
{
  USession *session = make_session (ca_path);
  UTask *task = U_TASK (u_session_create_data_task_for_uri (session, uri));
  UTask *download = U_TASK (u_session_create_download_task_for_uri (session, uri));
  guint n_pieces = 0;
  int status = -1;
  pid_t child;

  g_signal_connect (task, "received-data", G_CALLBACK (count_cb), &n_pieces);
  u_task_resume (task);
  u_task_resume (download);
  if (round > 0)
    u_test_wait_until (g_main_context_default (), n_pieces >= round);
  /* No fork amid a handshake: a thread of GLib may be in the middle of something that the child needs. */
  if (g_str_has_prefix (uri, "https:"))
    u_test_wait_until (g_main_context_default (), u_task_get_response (task) != NULL &&
                                                  u_task_get_response (download) != NULL);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);
  if (round == 2)
    save (session, uri);

  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      USession *fresh = make_session (ca_path);

      load (session, uri, U_ERROR_SESSION_INVALIDATED);
      load (fresh, plain_uri, -1);
      save (fresh, plain_uri);
      load (fresh, tls_uri, -1);
      save (fresh, tls_uri);
      load_many (fresh, tls_uri);
      /* Calls on what the parent has running do no harm. */
      u_task_suspend (task);
      u_task_resume (task);
      u_task_cancel (download);
      u_session_invalidate_and_cancel (session);
      u_test_assert_finalized (g_main_context_default (), fresh);
      _exit (0);
    }

  u_test_wait_until (g_main_context_default (), u_task_get_state (task) == U_TASK_STATE_COMPLETED &&
                                                u_task_get_state (download) == U_TASK_STATE_COMPLETED);
  g_assert_no_error (u_task_get_error (task));
  g_assert_no_error (u_task_get_error (download));
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 3000000);
  g_assert_cmpint (u_task_get_bytes_received (download), ==, 3000000);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);

  /* And the session of the parent is as good as before. */
  load (session, uri, -1);
  u_test_assert_finalized (g_main_context_default (), task);
  u_test_assert_finalized (g_main_context_default (), download);
  u_test_assert_finalized (g_main_context_default (), session);

  return 0;
}

/* ---- Forks after which GLib has no threads ---- */

static gint n_blocked;
static gint released;

static void
block (GTask *job, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_atomic_int_inc (&n_blocked);
  while (!g_atomic_int_get (&released))
    g_usleep (1000);
}

/* Jobs are being run on all threads that the pool has, and others wait. */
static void
keep_all_busy (void)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GTask) job = g_task_new (NULL, NULL, NULL, NULL);

      g_task_run_in_thread (job, block);
    }
  u_test_wait_until (NULL, g_atomic_int_get (&n_blocked) >= 10);
}

/* From now on GLib has a thread that starts those of its pools, as newer versions always do. */
static void
make_spawner (void)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_getattr, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { .len = G_N_ELEMENTS (code), .filter = code };

  g_assert_cmpint (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
}

/* What cannot be loaded says so, and does not wait for ever. */
static int
lost_main (const char *uri, const char *ca_path, gboolean with_spawner)
{
  g_autofree char *file_uri = g_filename_to_uri (ca_path, NULL, NULL);
  USession *session;
  int status = -1;
  pid_t child;

  if (with_spawner)
    make_spawner ();
  session = make_session (ca_path);
  load (session, uri, -1);
  if (!with_spawner)
    keep_all_busy ();

  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      USession *fresh = make_session (ca_path);

      load (fresh, uri, U_ERROR_UNKNOWN);
      load (fresh, file_uri, U_ERROR_UNKNOWN);
      u_test_assert_finalized (g_main_context_default (), fresh);
      _exit (0);
    }

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_atomic_int_set (&released, TRUE);
  load (session, uri, -1);
  u_test_assert_finalized (g_main_context_default (), session);

  return 0;
}

static void
test_lost (Fixture *self, gconstpointer data)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("AddressSanitizer's allocator does not survive a fork amid threads");
  return;
#endif
  for (guint i = 0; i < 2; i++)
    run_self (self, "--lose", self->tls, i);
}

/* ---- Rest ---- */

/* How often the threads of the library have woken up so far; how many there are. */
static guint64
count_wakeups (guint *n_threads)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint64 n = 0;

  *n_threads = 0;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *comm_path = g_build_filename ("/proc/self/task", name, "comm", NULL);
      g_autofree char *status_path = g_build_filename ("/proc/self/task", name, "status", NULL);
      g_autofree char *comm = NULL;
      g_autofree char *status = NULL;
      const char *line;

      if (!g_file_get_contents (comm_path, &comm, NULL, NULL) || !g_str_has_prefix (comm, "urlsession-io"))
        continue;
      if (!g_file_get_contents (status_path, &status, NULL, NULL))
        continue;
      line = strstr (status, "\nvoluntary_ctxt_switches:");
      g_assert_nonnull (line);
      n += g_ascii_strtoull (line + strlen ("\nvoluntary_ctxt_switches:"), NULL, 10);
      ++*n_threads;
    }

  return n;
}

static gboolean
elapsed_cb (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

/* Iterates for so long; returns how often there was something to do. */
static guint
observe (GMainContext *context, guint ms)
{
  g_autoptr (GSource) source = g_timeout_source_new (ms);
  gboolean elapsed = FALSE;
  guint n = 0;

  g_source_set_callback (source, elapsed_cb, &elapsed, NULL);
  g_source_attach (source, context);
  while (!elapsed)
    n += g_main_context_iteration (context, TRUE);

  return n;
}

static void
finished_cb (UTask *task, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  ++*(guint *) data;
}

static void
test_rest (Fixture *self, gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree char *uri = u_test_server_get_uri (self->plain, "/bytes/300000");
  g_autofree char *tls_uri = u_test_server_get_uri (self->tls, "/bytes/300000");
  USession *session;
  guint n_finished = 0;
  guint n_threads;
  guint64 before;
  guint64 now;

  g_main_context_push_thread_default (context);
  session = make_session (u_test_server_get_ca_path (self->tls));
  for (guint i = 0; i < 20; i++)
    {
      const char *from = i % 4 < 2 ? uri : tls_uri;
      g_autoptr (UTask) task = i % 2 == 0 ? U_TASK (u_session_create_data_task_for_uri (session, from))
                                          : U_TASK (u_session_create_download_task_for_uri (session, from));

      g_signal_connect (task, "completed", G_CALLBACK (finished_cb), &n_finished);
      u_task_resume (task);
    }
  u_test_wait_until (context, n_finished == 20);
  u_test_drain (context);

  /* What is left to tidy up comes to an end; from then on there is silence, with connections that are kept. */
  before = count_wakeups (&n_threads);
  g_assert_cmpuint (n_threads, >, 0);
  do
    {
      now = before;
      observe (context, 300);
      before = count_wakeups (&n_threads);
    }
  while (now != before);
  g_assert_cmpuint (u_test_server_get_n_open_connections (self->plain), >, 0);
  g_assert_cmpuint (observe (context, 2000), ==, 1);
  g_assert_cmpuint (count_wakeups (&n_threads), ==, before);

  u_test_assert_finalized (context, session);
  g_main_context_pop_thread_default (context);
}

int
main (int argc, char *argv[])
{
  if (argc == 7 && g_str_equal (argv[1], "--exit"))
    return exit_main (argv[2], argv[3], (guint) g_ascii_strtoull (argv[4], NULL, 10));
  if (argc == 7 && g_str_equal (argv[1], "--fork"))
    return fork_main (argv[2], argv[3], (guint) g_ascii_strtoull (argv[4], NULL, 10), argv[5], argv[6]);
  if (argc == 7 && g_str_equal (argv[1], "--lose"))
    return lost_main (argv[6], argv[3], g_str_equal (argv[4], "1"));

  g_test_init (&argc, &argv, NULL);

  g_test_add ("/process/sixty-exits-amid-transfers", Fixture, NULL, set_up, test_exits, tear_down);
  g_test_add ("/process/forks-amid-transfers", Fixture, NULL, set_up, test_forks, tear_down);
  g_test_add ("/process/forks-without-threads", Fixture, NULL, set_up, test_lost, tear_down);
  g_test_add ("/process/no-wake-ups-at-rest", Fixture, NULL, set_up, test_rest, tear_down);

  return g_test_run ();
}

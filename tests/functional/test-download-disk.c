/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "download-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utime.h>

/* Disks that are full, folders that are read-only, and other processes that use the same folders. */

#define NO_MOUNT "a file system cannot be mounted here"

/* Bytes of the small disk. */
#define DISK_SIZE 262144

#define DAY_S (24 * 60 * 60)

static char *small_disk;      /* nullable: mounts are not permitted */
static char *program;

/* ---- Other processes: this program, with --child ---- */

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static void
child_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = u_download_task_save_finish (U_DOWNLOAD_TASK (source), result, &error);

  g_print ("%s\n", file != NULL ? g_file_peek_path (file) : error->message);
  *(gboolean *) user_data = TRUE;
}

static void
child_notify_cb (UTask *task, GParamSpec *pspec, gpointer user_data)
{
  static gboolean told;

  if (!told && u_task_get_bytes_received (task) > 0)
    g_print ("bytes\n");
  told = told || u_task_get_bytes_received (task) > 0;
}

/* --child save|hold|resume SOURCE DESTINATION: tells how far it is, then waits until its input ends. */
static int
child_main (char **argv)
{
  g_autoptr (USession) session = u_session_new (NULL);
  g_autoptr (UDownloadTask) task = NULL;
  g_autoptr (GFile) destination = *argv[4] != '\0' ? g_file_new_for_path (argv[4]) : NULL;
  gboolean done = FALSE;
  char byte;

  if (g_str_equal (argv[2], "resume"))
    {
      char *text;
      gsize size;
      g_autoptr (GBytes) bytes = NULL;

      g_assert_true (g_file_get_contents (argv[3], &text, &size, NULL));
      bytes = g_bytes_new_take (text, size);
      task = u_session_resume_download_task (session, bytes, NULL);
    }
  else
    {
      task = u_session_create_download_task_for_uri (session, argv[3]);
    }
  if (g_str_equal (argv[2], "hold"))
    g_signal_connect (task, "notify::bytes-received", G_CALLBACK (child_notify_cb), NULL);
  u_download_task_save_async (task, destination, NULL, child_saved_cb, &done);
  wait_for (is_true, &done);
  while (read (STDIN_FILENO, &byte, 1) > 0)
    ;

  return 0;
}

typedef struct
{
  GSubprocess *process;       /* owned */
  GDataInputStream *lines;    /* owned */
} Child;

static Child *
child_new (const char *what, const char *source, const char *destination)
{
  Child *self = g_new0 (Child, 1);
  g_autoptr (GError) error = NULL;

  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                    program, "--child", what, source, destination, NULL);
  g_assert_no_error (error);
  self->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));

  return self;
}

static char *
child_read (Child *self)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (self->lines, NULL, NULL, &error);

  g_assert_no_error (error);

  return line;
}

static void
child_kill (Child *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
}

static void
child_free (Child *self)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (self->process), NULL, NULL);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->lines);
  g_object_unref (self->process);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Child, child_free)

static gboolean
is_gone (gpointer data)
{
  return !g_file_test (data, G_FILE_TEST_EXISTS);
}

/* A file as a process that died would leave it: the first one of the folder to be cleaned up. */
static char *
add_orphan (const char *folder)
{
  char *path = g_build_filename (folder, ".urlsession-ORPHAN.part", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "half", -1, NULL));

  return path;
}

static char *
dup_part (const char *folder)
{
  g_autoptr (GPtrArray) names = list_folder (folder);

  for (guint i = 0; i < names->len; i++)
    {
      if (g_str_has_suffix (g_ptr_array_index (names, i), ".part"))
        return g_build_filename (folder, g_ptr_array_index (names, i), NULL);
    }
  g_assert_not_reached ();
}

/* What a process that was killed left is removed by the next one; what is in use, or kept, is not. */
static void
test_orphans (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = fixture_uri (self, "/bytes/100000?pause-after=50000");
  g_autofree char *plain_uri = fixture_uri (self, "/bytes/1000?name=plain");
  g_autofree char *kept = fixture_path (self, ".urlsession-KEPTAA.partial");
  g_autofree char *kept_private = fixture_path (self, ".urlsession-KEPTAA.partial.private");
  g_autofree char *old = fixture_path (self, ".urlsession-OLDAAA.partial");
  g_autofree char *old_private = fixture_path (self, ".urlsession-OLDAAA.partial.private");
  g_autofree char *complete = fixture_path (self, "download-DONEAA");
  g_autofree char *other = fixture_path (self, "other.part");
  g_autofree char *dead = NULL;
  g_autofree char *alive = NULL;
  struct utimbuf then = { .actime = time (NULL) - 8 * DAY_S, .modtime = time (NULL) - 8 * DAY_S };

  {
    g_autoptr (Child) killed = child_new ("hold", uri, self->folder);
    g_autofree char *line = child_read (killed);

    g_assert_cmpstr (line, ==, "bytes");
    dead = dup_part (self->folder);
    child_kill (killed);
    g_assert_true (g_file_test (dead, G_FILE_TEST_EXISTS));
  }

  {
    g_autoptr (Child) running = child_new ("hold", uri, self->folder);
    g_autofree char *line = child_read (running);
    g_autofree char *saved = NULL;
    g_autoptr (Child) cleaning = NULL;

    g_assert_cmpstr (line, ==, "bytes");
    wait_for (is_gone, dead);
    alive = dup_part (self->folder);
    fixture_write (self, ".urlsession-KEPTAA.partial", "kept");
    fixture_write (self, ".urlsession-KEPTAA.partial.private", "kept");
    fixture_write (self, ".urlsession-OLDAAA.partial", "old");
    fixture_write (self, ".urlsession-OLDAAA.partial.private", "old");
    fixture_write (self, "download-DONEAA", "done");
    fixture_write (self, "other.part", "other");
    g_assert_cmpint (utime (old, &then), ==, 0);
    g_free (add_orphan (self->folder));

    cleaning = child_new ("save", plain_uri, self->folder);
    saved = child_read (cleaning);
    g_assert_true (g_str_has_suffix (saved, "/plain"));
    dead = (g_free (dead), fixture_path (self, ".urlsession-ORPHAN.part"));
    wait_for (is_gone, dead);
    wait_for (is_gone, old);
    wait_for (is_gone, old_private);
    g_assert_true (g_file_test (alive, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (kept_private, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (complete, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (other, G_FILE_TEST_EXISTS));

    u_test_server_release (self->server);
    g_clear_pointer (&saved, g_free);
    saved = child_read (running);
    assert_file_pattern (saved, 100000);
  }
  g_unlink (kept);
  g_unlink (kept_private);
  g_unlink (complete);
}

/* A file that was handed over is the caller's: another process leaves it alone. */
static void
test_handed_over (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/1000");
  g_autofree char *uri = fixture_uri (self, "/bytes/10");
  g_autofree char *downloads = dup_download_folder ();
  g_autofree char *orphan = NULL;
  g_autoptr (Child) child = NULL;
  g_autofree char *saved = NULL;

  download_run_save (download, NULL);
  g_assert_no_error (download->save_error);
  orphan = add_orphan (downloads);
  child = child_new ("save", uri, "");
  saved = child_read (child);
  wait_for (is_gone, orphan);
  assert_file_pattern (download->saved, 1000);
  assert_file_pattern (saved, 10);
  g_unlink (saved);
  g_unlink (download->saved);
}

static void
test_resumed_elsewhere (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = fixture_uri (self, "/bytes/100000?pause-after=60000");
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (Download) download = NULL;
  g_autoptr (GBytes) resume_data = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *store = fixture_path (self, "resume-data");
  g_autofree char *target = fixture_path (self, "file");
  g_autoptr (Child) child = NULL;
  g_autofree char *saved = NULL;
  g_autofree char *range = NULL;
  g_autofree char *authorization = NULL;

  u_headers_set (u_request_get_headers (request), "Authorization", "Bearer hunter2", NULL);
  download = download_new (u_session_create_download_task (self->session, request));
  download_start (download);
  wait_for_bytes (download, 60000);
  resume_data = download_cancel_for_resume (download, &error);
  g_assert_no_error (error);
  u_test_server_release (self->server);
  g_assert_true (g_file_set_contents (store, g_bytes_get_data (resume_data, NULL),
                                      (gssize) g_bytes_get_size (resume_data), NULL));

  child = child_new ("resume", store, target);
  saved = child_read (child);
  g_assert_cmpstr (saved, ==, target);
  assert_file_pattern (target, 100000);
  range = u_test_server_dup_request_header (self->server, 1, "Range");
  authorization = u_test_server_dup_request_header (self->server, 1, "Authorization");
  g_assert_cmpstr (range, ==, "bytes=60000-");
  g_assert_cmpstr (authorization, ==, "Bearer hunter2");
}

/* ---- Disks ---- */

/* The name of a file goes before its blocks are free. */
static gboolean
write_old (gpointer data)
{
  return g_file_set_contents (data, "old", -1, NULL);
}

static void
test_disk_full (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *target;
    const char *about;
  } cases[] = {
    { "/bytes/1000000", "room in " },
    { "/bytes/1000000?chunked", "Cannot write to " },
    { "/bytes/1000000?gzip", "Cannot write to " },
  };
  g_autofree char *path = NULL;

  if (small_disk == NULL)
    {
      g_test_skip (NO_MOUNT);
      return;
    }
  path = g_build_filename (small_disk, "file", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *about = g_strconcat (cases[i].about, small_disk, NULL);

      for (guint into_folder = 0; into_folder < 2; into_folder++)
        {
          g_autoptr (Download) download = download_new_for (self, cases[i].target);
          g_autoptr (GPtrArray) names = NULL;

          wait_for (write_old, path);
          download_run_save (download, into_folder ? small_disk : path);
          download_assert_error (download, U_ERROR_CANNOT_WRITE_TO_FILE, about);
          assert_file_text (path, "old");
          g_clear_pointer (&download, download_free);
          wait_for_no_leftovers (small_disk);
          names = list_folder (small_disk);
          g_assert_cmpuint (names->len, ==, 1);
        }
    }
  g_unlink (path);
}

/* What is here of a resumed download counts: only the rest needs room. */
static void
test_room_for_the_rest (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) first = download_new_for (self, "/bytes/200000?pause-after=150000");
  g_autoptr (Download) second = NULL;
  g_autoptr (GBytes) resume_data = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (small_disk == NULL)
    {
      g_test_skip (NO_MOUNT);
      return;
    }
  path = g_build_filename (small_disk, "file", NULL);
  download_save (first, path, NULL);
  wait_for_bytes (first, 150000);
  resume_data = download_cancel_for_resume (first, &error);
  g_assert_no_error (error);
  u_test_server_release (self->server);
  second = download_new_resumed (self, resume_data, NULL);
  download_run_save (second, path);
  g_assert_no_error (second->save_error);
  assert_file_pattern (path, 200000);
  g_unlink (path);
}

/* The partial file lies on another disk than the destination; there is room for it there, or not. */
static void
test_other_disk (Fixture *self, gconstpointer data)
{
  static const guint sizes[] = { 100000, 1000000 };
  g_autofree char *path = NULL;

  if (small_disk == NULL)
    {
      g_test_skip (NO_MOUNT);
      return;
    }
  path = g_build_filename (small_disk, "file", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *target = g_strdup_printf ("/bytes/%u?pause-after=60000", sizes[i]);
      g_autofree char *fresh = g_strdup_printf ("/bytes/%u", sizes[i]);
      g_autoptr (Download) first = download_new_for (self, target);
      g_autoptr (Download) second = NULL;
      g_autoptr (GBytes) resume_data = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) names = NULL;

      wait_for (write_old, path);
      download_start (first);
      wait_for_bytes (first, 60000);
      resume_data = download_cancel_for_resume (first, &error);
      g_assert_no_error (error);
      u_test_server_release (self->server);
      second = download_new_resumed (self, resume_data, fresh);
      download_run_save (second, path);
      if (i == 0)
        {
          g_assert_no_error (second->save_error);
          assert_file_pattern (path, sizes[i]);
        }
      else
        {
          download_assert_error (second, U_ERROR_CANNOT_WRITE_TO_FILE, small_disk);
          assert_file_text (path, "old");
        }
      names = list_folder (small_disk);
      g_assert_cmpuint (names->len, ==, 1);
    }
  g_unlink (path);
}

static void
test_file_too_large (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/1000000");
  g_autofree char *path = fixture_path (self, "file");
  struct rlimit old, limit;

  fixture_write (self, "file", "old");
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  limit = (struct rlimit) { .rlim_cur = 100000, .rlim_max = old.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  download_run_save (download, path);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  download_assert_error (download, U_ERROR_CANNOT_WRITE_TO_FILE, self->folder);
  assert_file_text (path, "old");
}

static void
test_read_only_folder (Fixture *self, gconstpointer data)
{
  g_autofree char *folder = fixture_path (self, "read-only");
  g_autofree char *path = g_build_filename (folder, "file", NULL);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_cmpint (g_chmod (folder, 0500), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Download) download = download_new_for (self, "/bytes/1000");

      download_run_save (download, i == 0 ? path : folder);
      download_assert_error (download, U_ERROR_CANNOT_CREATE_FILE, folder);
      assert_file_text (path, "old");
    }
}

/* The folder was made read-only, or removed, while the download was under way. */
static void
test_folder_changes (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Download) download = download_new_for (self, "/bytes/100000?pause-after=50000");
      g_autofree char *folder = fixture_path (self, i == 0 ? "locked" : "removed");
      g_autofree char *path = g_build_filename (folder, "file", NULL);

      g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
      download_save (download, path, NULL);
      wait_for_bytes (download, 50000);
      if (i == 0)
        g_assert_cmpint (g_chmod (folder, 0500), ==, 0);
      else
        remove_tree (folder);
      u_test_server_release (self->server);
      download_wait (download);
      download_assert_error (download, U_ERROR_CANNOT_MOVE_FILE, path);
      if (i == 0)
        remove_tree (folder);
    }
}

static void
test_no_cache_folder (Fixture *self, gconstpointer data)
{
  g_autoptr (Download) download = download_new_for (self, "/bytes/1000");
  g_autofree char *downloads = dup_download_folder ();

  g_assert_cmpint (g_mkdir_with_parents (downloads, 0700), ==, 0);
  g_assert_cmpint (g_chmod (downloads, 0500), ==, 0);
  download_run (download);
  g_assert_cmpint (g_chmod (downloads, 0700), ==, 0);
  download_assert_error (download, U_ERROR_CANNOT_CREATE_FILE, downloads);
}

/* For root every folder is writable, unless it gives that up: before there are threads, which inherit it. */
static void
drop_override (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct sets[2];

  if (syscall (SYS_capget, &header, sets) != 0)
    return;
  sets[0].effective &= ~((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH));
  syscall (SYS_capset, &header, sets);
}

/* In a mount namespace of our own: it goes with the process. */
static void
mount_small_disk (void)
{
  g_autofree char *folder = g_dir_make_tmp ("small-disk-XXXXXX", NULL);
  g_autofree char *options = g_strdup_printf ("size=%d,mode=0700", DISK_SIZE);

  if (unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
      mount ("small", folder, "tmpfs", 0, options) == 0)
    small_disk = g_steal_pointer (&folder);
  else
    g_rmdir (folder);
}

static void
remove_small_disk (void)
{
  umount2 (small_disk, MNT_DETACH);
  g_rmdir (small_disk);
}

#define ADD(path, func) g_test_add ("/download-disk/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  if (argc == 5 && g_str_equal (argv[1], "--child"))
    return child_main (argv);

  program = g_canonicalize_filename (argv[0], NULL);
  signal (SIGXFSZ, SIG_IGN);
  mount_small_disk ();
  if (small_disk != NULL)
    atexit (remove_small_disk);
  drop_override ();
  fixture_init (&argc, &argv);

  ADD ("orphans", test_orphans);
  ADD ("handed-over", test_handed_over);
  ADD ("r192-r195-resumed-elsewhere", test_resumed_elsewhere);
  ADD ("disk-full", test_disk_full);
  ADD ("room-for-the-rest", test_room_for_the_rest);
  ADD ("other-disk", test_other_disk);
  ADD ("file-too-large", test_file_too_large);
  ADD ("read-only-folder", test_read_only_folder);
  ADD ("folder-changes", test_folder_changes);
  ADD ("no-cache-folder", test_no_cache_folder);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-temp-file-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

static char *cache_folder;

typedef struct
{
  char *folder;               /* owned */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("temp-file-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

static gboolean
exists (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static char *
add_file (Fixture *self, const char *name, guint age_days)
{
  char *path = g_build_filename (self->folder, name, NULL);
  time_t then = time (NULL) - age_days * 24 * 60 * 60;
  struct utimbuf times = { then, then };

  g_assert_true (g_file_set_contents (path, "text", -1, NULL));
  g_assert_cmpint (utime (path, &times), ==, 0);

  return path;
}

static void
test_folder (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = u_temp_file_dup_folder (&error);
  struct stat info;

  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (folder, cache_folder));
  g_assert_cmpint (g_stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0700);
}

static void
test_create (Fixture *self, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;
  int fd = u_temp_file_create (self->folder, &first, &error);
  int other;
  struct stat info;

  g_assert_no_error (error);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0600);
  other = u_temp_file_create (self->folder, &second, &error);
  g_assert_cmpstr (first, !=, second);

  /* In use: no clean-up takes it. */
  u_temp_file_clean (self->folder);
  g_assert_true (exists (first));
  close (fd);
  u_temp_file_clean (self->folder);
  g_assert_false (exists (first));
  g_assert_true (exists (second));
  close (other);
  g_unlink (second);

  g_assert_cmpint (u_temp_file_create ("/nonexistent", &first, &error), ==, -1);
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_CREATE_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent"));
}

static void
test_keep (Fixture *self, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *again = NULL;
  g_autofree char *private_path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = u_temp_file_create (self->folder, &path, NULL);
  int other;

  g_assert_cmpint (write (fd, "text", 4), ==, 4);
  kept = u_temp_file_keep (path, &error);
  g_assert_no_error (error);
  g_assert_false (exists (path));

  /* Still locked: somebody uses it. */
  g_assert_cmpint (u_temp_file_reopen (kept, &again, &error), ==, -1);
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE);
  g_clear_error (&error);
  close (fd);
  u_temp_file_clean (self->folder);
  g_assert_true (exists (kept));

  private_path = g_strconcat (kept, ".private", NULL);
  g_assert_true (g_file_set_contents (private_path, "secret", -1, NULL));
  fd = u_temp_file_reopen (kept, &again, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, path);
  g_assert_false (exists (kept));
  g_assert_false (exists (private_path));
  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==, 4);

  /* Once, not twice; and the file that is in use keeps what belongs to it. */
  g_free (again);
  other = u_temp_file_reopen (kept, &again, &error);
  g_assert_cmpint (other, ==, -1);
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE);
  again = NULL;
  close (fd);
  u_temp_file_clean (self->folder);
  g_assert_false (exists (path));
}

static void
test_release (Fixture *self, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *released = NULL;
  g_autofree char *again = NULL;
  int fd = u_temp_file_create (self->folder, &path, NULL);

  released = u_temp_file_release (path, NULL);
  close (fd);
  g_assert_false (exists (path));
  u_temp_file_clean (self->folder);
  g_assert_true (exists (released));
  again = u_temp_file_release (released, NULL);
  g_assert_cmpstr (again, ==, released);
  g_unlink (released);
}

static void
test_reopen_others (Fixture *self, gconstpointer data)
{
  static const char * const file_names[] = { ".bashrc", "file.partial", ".urlsession-x", ".urlsession-x.part",
                                             ".urlsession-x.partial.private" };
  g_autofree char *target = add_file (self, "target", 0);
  g_autofree char *link = g_build_filename (self->folder, ".urlsession-x.partial", NULL);
  g_autofree char *path = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (file_names); i++)
    {
      g_autofree char *file = add_file (self, file_names[i], 0);
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (u_temp_file_reopen (file, &path, &error), ==, -1);
      g_assert_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE);
      g_assert_nonnull (strstr (error->message, file));
      g_assert_true (exists (file));
      g_unlink (file);
    }

  g_assert_cmpint (symlink (target, link), ==, 0);
  g_assert_cmpint (u_temp_file_reopen (link, &path, NULL), ==, -1);
  g_unlink (link);
  g_assert_cmpint (g_mkdir (link, 0700), ==, 0);
  g_assert_cmpint (u_temp_file_reopen (link, &path, NULL), ==, -1);
  g_rmdir (link);
  g_assert_true (exists (target));
  g_unlink (target);
}

static const struct
{
  const char *name;
  guint age_days;
  gboolean stays;
} leftovers[] = {
  { ".urlsession-a.part", 0, FALSE },
  { ".urlsession-b.part", 30, FALSE },
  { ".urlsession-c.partial", 0, TRUE },
  { ".urlsession-d.partial", 6, TRUE },
  { ".urlsession-e.partial", 8, FALSE },
  { ".urlsession-e.partial.private", 8, FALSE },
  { ".urlsession-f.partial.private", 0, TRUE },
  { "download-h", 30, TRUE },
  { ".urlsession-i", 30, TRUE },
  { "urlsession-j.part", 30, TRUE },
  { "k.part", 30, TRUE },
  { ".bashrc", 30, TRUE },
};

static void
test_clean (Fixture *self, gconstpointer data)
{
  char *paths[G_N_ELEMENTS (leftovers)];

  for (guint i = 0; i < G_N_ELEMENTS (leftovers); i++)
    paths[i] = add_file (self, leftovers[i].name, leftovers[i].age_days);
  u_temp_file_clean (self->folder);
  for (guint i = 0; i < G_N_ELEMENTS (leftovers); i++)
    {
      g_test_message ("%s", leftovers[i].name);
      g_assert_cmpint (exists (paths[i]), ==, leftovers[i].stays);
      g_unlink (paths[i]);
      g_free (paths[i]);
    }
  u_temp_file_clean ("/nonexistent");
}

static void
test_drop (Fixture *self, gconstpointer data)
{
  g_autofree char *kept = add_file (self, ".urlsession-a.partial", 0);
  g_autofree char *private_path = add_file (self, ".urlsession-a.partial.private", 0);

  u_temp_file_drop_kept (kept);
  while (exists (kept) || exists (private_path))
    g_thread_yield ();
}

int
main (int argc, char **argv)
{
  g_autofree char *downloads = NULL;
  g_autofree char *parent = NULL;
  int status;

  cache_folder = g_dir_make_tmp ("cache-XXXXXX", NULL);
  g_setenv ("XDG_CACHE_HOME", cache_folder, TRUE);
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/temp-file/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("folder", test_folder);
  ADD ("create", test_create);
  ADD ("r193-keep", test_keep);
  ADD ("release", test_release);
  ADD ("r192-reopen-others", test_reopen_others);
  ADD ("clean", test_clean);
  ADD ("drop", test_drop);

  status = g_test_run ();

  parent = g_build_filename (cache_folder, "urlsession-1", NULL);
  downloads = g_build_filename (parent, "downloads", NULL);
  g_rmdir (downloads);
  g_rmdir (parent);
  g_rmdir (cache_folder);
  g_free (cache_folder);

  return status;
}

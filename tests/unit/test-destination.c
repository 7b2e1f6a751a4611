/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-destination-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *folder;               /* owned */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  const char *where = data;
  g_autofree char *template = g_build_filename (where != NULL ? where : g_get_tmp_dir (), "destination-XXXXXX", NULL);

  self->folder = g_mkdtemp (g_steal_pointer (&template));
  g_assert_nonnull (self->folder);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_false (g_str_has_prefix (name, ".urlsession-"));
      g_remove (path);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

static char *
new_part (Fixture *self, const char *text)
{
  char *path = g_build_filename (self->folder, "part", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);

  return path;
}

static void
add_file (Fixture *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
}

static void
assert_text (const char *path, const char *text)
{
  g_autofree char *content = NULL;

  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, text);
}

static const struct
{
  const char *name;
  const char *second;
} numberings[] = {
  { "a", "a (2)" },
  { "a.txt", "a (2).txt" },
  { "a.b.txt", "a.b (2).txt" },
  { "a.tar.gz", "a (2).tar.gz" },
  { "a.b.tar.xz", "a.b (2).tar.xz" },
  { "tar.gz", "tar (2).gz" },
  { ".hidden", ".hidden (2)" },
  { "a.", "a (2)." },
  { "a (2).txt", "a (2) (2).txt" },
  { "\xc3\xa9.txt", "\xc3\xa9 (2).txt" },
};

static void
test_numbering (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (numberings); i++)
    {
      g_autofree char *second = g_build_filename (self->folder, numberings[i].second, NULL);
      g_autofree char *old = g_build_filename (self->folder, numberings[i].name, NULL);
      g_autofree char *part = new_part (self, "new");
      g_autofree char *path = NULL;
      g_autoptr (GError) error = NULL;

      add_file (self, numberings[i].name);
      path = u_destination_place (part, self->folder, numberings[i].name, U_FILE_CONFLICT_AUTOMATIC, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (path, ==, second);
      assert_text (path, "new");
      assert_text (old, "old");
      g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
      g_unlink (old);
      g_unlink (second);
    }
}

static void
test_next_number (Fixture *self, gconstpointer data)
{
  g_autofree char *expected = g_build_filename (self->folder, "a (4)", NULL);
  g_autofree char *part = new_part (self, "new");
  g_autofree char *path = NULL;

  add_file (self, "a");
  add_file (self, "a (2)");
  add_file (self, "a (3)");
  path = u_destination_place (part, self->folder, "a", U_FILE_CONFLICT_RENAME, NULL);
  g_assert_cmpstr (path, ==, expected);
}

static void
test_fail (Fixture *self, gconstpointer data)
{
  g_autofree char *target = g_build_filename (self->folder, "a", NULL);
  g_autofree char *part = new_part (self, "new");
  g_autoptr (GError) error = NULL;

  add_file (self, "a");
  g_assert_null (u_destination_place (part, target, "x", U_FILE_CONFLICT_FAIL, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE);
  g_assert_nonnull (strstr (error->message, target));
  assert_text (target, "old");
  assert_text (part, "new");
}

/* A link that leads nowhere is a file that is there. */
static void
test_dangling_link (Fixture *self, gconstpointer data)
{
  g_autofree char *target = g_build_filename (self->folder, "a", NULL);
  g_autofree char *part = new_part (self, "new");
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink ("/nonexistent/file", target), ==, 0);
  g_assert_null (u_destination_place (part, target, "x", U_FILE_CONFLICT_FAIL, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE);
  path = u_destination_place (part, target, "x", U_FILE_CONFLICT_REPLACE, NULL);
  g_assert_cmpstr (path, ==, target);
  g_assert_false (g_file_test (target, G_FILE_TEST_IS_SYMLINK));
  assert_text (target, "new");
}

static void
test_mode (Fixture *self, gconstpointer data)
{
  static const mode_t masks[] = { 022, 077, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autofree char *target = g_build_filename (self->folder, "a", NULL);
      mode_t old = umask (masks[i]);
      g_autofree char *part = new_part (self, "new");
      g_autofree char *path = u_destination_place (part, target, "x", U_FILE_CONFLICT_REPLACE, NULL);
      struct stat info;

      umask (old);
      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 07777, ==, 0666 & ~masks[i]);
    }
}

static void
test_missing (Fixture *self, gconstpointer data)
{
  g_autofree char *target = g_build_filename (self->folder, "missing", "a", NULL);
  g_autofree char *part = new_part (self, "new");
  g_autoptr (GError) error = NULL;

  g_assert_null (u_destination_place (part, target, "x", U_FILE_CONFLICT_REPLACE, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE);
  assert_text (part, "new");
}

/* To another file system: the same rules, and nothing in between is left on either side. */
static void
test_across (Fixture *self, gconstpointer data)
{
  static const UFileConflict rules[] = { U_FILE_CONFLICT_REPLACE, U_FILE_CONFLICT_RENAME, U_FILE_CONFLICT_FAIL };
  g_autofree char *text = g_strnfill (3 * 1024 * 1024 + 7, 'x');
  struct stat here, there;

  if (g_stat (g_get_tmp_dir (), &here) != 0 || g_stat (data, &there) != 0 || here.st_dev == there.st_dev)
    {
      g_test_message ("There is one file system only.");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      Fixture near = { 0 };
      g_autofree char *target = g_build_filename (self->folder, "a", NULL);
      g_autofree char *second = g_build_filename (self->folder, "a (2)", NULL);
      g_autofree char *part = NULL;
      g_autofree char *path = NULL;
      g_autoptr (GError) error = NULL;

      set_up (&near, NULL);
      part = new_part (&near, text);
      add_file (self, "a");
      path = u_destination_place (part, target, "x", rules[i], &error);
      if (rules[i] == U_FILE_CONFLICT_FAIL)
        {
          g_assert_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE);
          assert_text (target, "old");
        }
      else
        {
          struct stat info;

          g_assert_no_error (error);
          g_assert_cmpstr (path, ==, rules[i] == U_FILE_CONFLICT_REPLACE ? target : second);
          assert_text (path, text);
          g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
          g_assert_cmpint (g_stat (path, &info), ==, 0);
          g_assert_cmpint (info.st_mode & 077, !=, 0);
        }
      tear_down (&near, NULL);
    }
}

static void
test_folder (Fixture *self, gconstpointer data)
{
  g_autofree char *file = g_build_filename (self->folder, "a", NULL);
  g_autofree char *of_folder = u_destination_dup_folder (self->folder);
  g_autofree char *of_file = u_destination_dup_folder (file);

  g_assert_cmpstr (of_folder, ==, self->folder);
  g_assert_cmpstr (of_file, ==, self->folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* What the umask makes of a file is looked at below. */
  umask (022);

#define ADD(path, func) g_test_add ("/destination/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("numbering", test_numbering);
  ADD ("next-number", test_next_number);
  ADD ("fail", test_fail);
  ADD ("dangling-link", test_dangling_link);
  ADD ("mode", test_mode);
  ADD ("missing", test_missing);
  ADD ("folder", test_folder);
  if (g_access ("/dev/shm", W_OK) == 0)
    g_test_add ("/destination/across", Fixture, "/dev/shm", set_up, test_across, tear_down);

  return g_test_run ();
}

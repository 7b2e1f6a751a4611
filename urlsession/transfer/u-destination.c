/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-destination-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-temp-file-private.h"

/* "name (2)" to "name (9999)", then it is an error. */
#define MAX_NUMBER 9999

#define COPY_BUFFER_SIZE (1024 * 1024)

char *
u_destination_dup_folder (const char *destination)
{
  if (g_file_test (destination, G_FILE_TEST_IS_DIR))
    return g_strdup (destination);

  return g_path_get_dirname (destination);
}

/* A temporary file is for its owner only; what is handed over is as open() would have made it. The mask of the process
 * cannot be asked for without changing it, but the kernel shows it. */
static mode_t
get_file_mode (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0600;
  line = strstr (status, "\nUmask:");
  if (line == NULL)
    return 0600;

  return 0666 & ~(mode_t) strtoul (line + strlen ("\nUmask:"), NULL, 8);
}

/* "a.tar.gz" and 2: "a (2).tar.gz". */
static char *
dup_numbered (const char *path, guint number)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  const char *dot = strrchr (name, '.');
  g_autofree char *numbered = NULL;

  if (dot != NULL && dot - name > 4 && strncmp (dot - 4, ".tar", 4) == 0)
    dot -= 4;
  if (dot == NULL || dot == name)
    dot = name + strlen (name);
  numbered = g_strdup_printf ("%.*s (%u)%s", (int) (dot - name), name, number, dot);

  return g_build_filename (folder, numbered, NULL);
}

static int
rename_no_replace (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  /* Not every file system knows the flag; a hard link does not replace either. */
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP)
    {
      if (link (from, to) != 0)
        return -1;
      return unlink (from);
    }

  return -1;
}

static gboolean
copy_all (int from, int to)
{
  g_autofree char *buffer = g_malloc (COPY_BUFFER_SIZE);

  while (TRUE)
    {
      gssize n = read (from, buffer, COPY_BUFFER_SIZE);
      gssize written = 0;

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n == 0;
      while (written < n)
        {
          gssize m = write (to, buffer + written, (gsize) (n - written));

          if (m < 0 && errno == EINTR)
            continue;
          if (m < 0)
            return FALSE;
          written += m;
        }
    }
}

/* Brings the file to the file system of its destination, under a temporary name. @lock is closed once it has another
 * one: until then it keeps clean-ups away. */
static char *
copy_near (const char *part_path, const char *folder, int *lock, GError **error)
{
  g_autofree char *near_path = NULL;
  int from = g_open (part_path, O_RDONLY | O_CLOEXEC, 0);
  int to, written;
  gboolean ok;
  int code;

  if (from < 0)
    {
      code = errno;
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE, "Cannot open %s: %s.", part_path, g_strerror (code));
      return NULL;
    }
  to = u_temp_file_create (folder, &near_path, error);
  if (to < 0)
    {
      close (from);
      return NULL;
    }

  ok = copy_all (from, to);
  code = errno;
  close (from);
  written = ok ? fcntl (to, F_DUPFD_CLOEXEC, 0) : -1;
  if (ok && (written < 0 || close (written) != 0))
    {
      ok = FALSE;
      code = errno;
    }
  if (!ok)
    {
      g_unlink (near_path);
      close (to);
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "Cannot copy %s to %s: %s.", part_path, folder, g_strerror (code));
      return NULL;
    }

  *lock = to;

  return g_steal_pointer (&near_path);
}

/* Returns 0, or the error number. */
static int
move (const char *from, const char *target, UFileConflict conflict, char **final_path)
{
  if (conflict == U_FILE_CONFLICT_REPLACE)
    {
      if (g_rename (from, target) != 0)
        return errno;
      *final_path = g_strdup (target);
      return 0;
    }

  if (rename_no_replace (from, target) == 0)
    {
      *final_path = g_strdup (target);
      return 0;
    }
  for (guint number = 2; errno == EEXIST && conflict == U_FILE_CONFLICT_RENAME && number <= MAX_NUMBER; number++)
    {
      g_autofree char *numbered = dup_numbered (target, number);

      if (rename_no_replace (from, numbered) == 0)
        {
          *final_path = g_steal_pointer (&numbered);
          return 0;
        }
    }

  return errno;
}

char *
u_destination_place (const char     *part_path,
                     const char     *destination,
                     const char     *suggested_name,
                     UFileConflict   conflict,
                     GError        **error)
{
  gboolean is_folder = g_file_test (destination, G_FILE_TEST_IS_DIR);
  g_autofree char *folder = u_destination_dup_folder (destination);
  g_autofree char *target = NULL;
  g_autofree char *final_path = NULL;
  int code;

  if (is_folder)
    target = g_build_filename (destination, suggested_name, NULL);
  else
    target = g_strdup (destination);
  if (conflict == U_FILE_CONFLICT_AUTOMATIC)
    conflict = is_folder ? U_FILE_CONFLICT_RENAME : U_FILE_CONFLICT_REPLACE;

  if (g_chmod (part_path, get_file_mode ()) != 0)
    g_debug ("Cannot change the mode of %s: %s", part_path, g_strerror (errno));

  code = move (part_path, target, conflict, &final_path);
  if (code == EXDEV)
    {
      int lock;
      g_autofree char *near_path = copy_near (part_path, folder, &lock, error);

      if (near_path == NULL)
        return NULL;
      g_chmod (near_path, get_file_mode ());
      code = move (near_path, target, conflict, &final_path);
      g_unlink (code == 0 ? part_path : near_path);
      close (lock);
    }
  if (code != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE,
                   "Cannot move the download to %s: %s.", target, g_strerror (code));
      return NULL;
    }

  return g_steal_pointer (&final_path);
}

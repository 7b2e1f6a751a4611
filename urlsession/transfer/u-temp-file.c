/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-temp-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-worker-private.h"

#define PREFIX ".urlsession-"
#define ACTIVE_SUFFIX ".part"
#define KEPT_SUFFIX ".partial"
#define PRIVATE_SUFFIX ".private"

/* As long as a transfer may take by default. After that nobody comes back for what is left of it. */
#define KEPT_FOR_S (7 * 24 * 60 * 60)

/*
 * u_temp_file_dup_folder:
 *
 * Under the cache folder of the user, not in /tmp: that is often in memory, and a download may be large.
 */
char *
u_temp_file_dup_folder (GError **error)
{
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "urlsession-1", "downloads", NULL);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_CREATE_FILE,
                   "Cannot create the folder for downloads %s: %s.", folder, g_strerror (code));
      return NULL;
    }

  return g_steal_pointer (&folder);
}

/* The clean-up of another process may see a new file before it is locked, and take it for an orphan: then there is a
 * next try. */
#define CREATE_TRIES 8

int
u_temp_file_create (const char *folder, char **path, GError **error)
{
  int code = EBUSY;

  for (guint i = 0; i < CREATE_TRIES; i++)
    {
      g_autofree char *name = g_strconcat (folder, G_DIR_SEPARATOR_S PREFIX "XXXXXX" ACTIVE_SUFFIX, NULL);
      int fd = mkostemps (name, (int) strlen (ACTIVE_SUFFIX), O_CLOEXEC);
      struct stat info;

      if (fd < 0)
        {
          code = errno;
          break;
        }
      /* Where a file system has no locks, nobody can take one to clean up either. */
      if ((flock (fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && fstat (fd, &info) == 0 && info.st_nlink > 0)
        {
          *path = g_steal_pointer (&name);
          return fd;
        }
      close (fd);
      g_unlink (name);
    }

  g_set_error (error, U_ERROR, U_ERROR_CANNOT_CREATE_FILE,
               "Cannot create a file in %s: %s.", folder, g_strerror (code));

  return -1;
}

static char *
with_suffix (const char *path, const char *from, const char *to)
{
  if (!g_str_has_suffix (path, from))
    return NULL;

  return g_strdup_printf ("%.*s%s", (int) (strlen (path) - strlen (from)), path, to);
}

static void
remove_private (const char *kept_path)
{
  g_autofree char *private_path = g_strconcat (kept_path, PRIVATE_SUFFIX, NULL);

  if (g_unlink (private_path) != 0 && errno != ENOENT)
    g_debug ("Cannot remove %s: %s", private_path, g_strerror (errno));
}

int
u_temp_file_reopen (const char *kept_path, char **path, GError **error)
{
  g_autofree char *active = with_suffix (kept_path, KEPT_SUFFIX, ACTIVE_SUFFIX);
  g_autofree char *name = g_path_get_basename (kept_path);
  struct stat info;
  int fd;

  /* Resume data comes from the application's own store: it must not make us write into another file of the user. */
  if (active == NULL || !g_str_has_prefix (name, PREFIX))
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE, "%s is not a file of an earlier download.", kept_path);
      return -1;
    }

  fd = g_open (kept_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
  if (fd < 0 || fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) || info.st_uid != geteuid () ||
      flock (fd, LOCK_EX | LOCK_NB) != 0 || g_rename (kept_path, active) != 0)
    {
      int code = errno;

      if (fd >= 0)
        close (fd);
      else if (code == ENOENT && g_access (active, F_OK) != 0)
        remove_private (kept_path);
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE,
                   "Cannot open the file of the earlier download %s: %s.", kept_path, g_strerror (code));
      return -1;
    }
  /* The secrets are in memory by now, and go to a file again when this one is kept again. */
  remove_private (kept_path);
  *path = g_steal_pointer (&active);

  return fd;
}

char *
u_temp_file_keep (const char *path, GError **error)
{
  g_autofree char *kept = with_suffix (path, ACTIVE_SUFFIX, KEPT_SUFFIX);

  if (kept == NULL || g_rename (path, kept) != 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE, "Cannot keep %s: %s.", path, g_strerror (code));
      return NULL;
    }

  return g_steal_pointer (&kept);
}

/*
 * u_temp_file_release:
 *
 * From here on the file belongs to the application.
 */
char *
u_temp_file_release (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *middle = with_suffix (name, ACTIVE_SUFFIX, "");
  g_autofree char *released = NULL;

  if (middle == NULL || !g_str_has_prefix (middle, PREFIX))
    return g_strdup (path);

  released = g_strconcat (folder, G_DIR_SEPARATOR_S "download-", middle + strlen (PREFIX), NULL);
  if (g_rename (path, released) != 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE, "Cannot rename %s: %s.", path, g_strerror (code));
      return NULL;
    }

  return g_steal_pointer (&released);
}

static void
remove_kept (const char *kept_path)
{
  if (g_unlink (kept_path) != 0 && errno != ENOENT)
    g_debug ("Cannot remove %s: %s", kept_path, g_strerror (errno));
  remove_private (kept_path);
}

static void
clean_active (const char *path)
{
  int fd = g_open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);

  if (fd < 0)
    return;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    g_unlink (path);
  close (fd);
}

void
u_temp_file_clean (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  if (dir == NULL)
    return;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat info;

      if (!g_str_has_prefix (name, PREFIX))
        continue;
      if (g_str_has_suffix (name, ACTIVE_SUFFIX))
        clean_active (path);
      else if ((g_str_has_suffix (name, KEPT_SUFFIX) || g_str_has_suffix (name, PRIVATE_SUFFIX)) &&
               g_lstat (path, &info) == 0 && info.st_mtime < g_get_real_time () / G_USEC_PER_SEC - KEPT_FOR_S)
        remove_kept (path);
    }
}

typedef struct
{
  UDiskJob job;
  char *path;                 /* owned */
} PathJob;

static void
clean_work (UDiskJob *job)
{
  PathJob *self = (PathJob *) job;

  u_temp_file_clean (self->path);
  g_free (self->path);
  g_free (self);
}

static void
drop_work (UDiskJob *job)
{
  PathJob *self = (PathJob *) job;

  remove_kept (self->path);
  g_free (self->path);
  g_free (self);
}

static void
submit (void (*work) (UDiskJob *), const char *path)
{
  PathJob *self = g_new0 (PathJob, 1);

  self->job.work = work;
  self->path = g_strdup (path);
  u_disk_submit (&self->job);
}

void
u_temp_file_clean_later (const char *folder)
{
  static GMutex lock;
  static GHashTable *seen;    /* of folder, owned; as long as the process */
  gboolean is_new;

  g_mutex_lock (&lock);
  if (seen == NULL)
    seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  is_new = g_hash_table_add (seen, g_strdup (folder));
  g_mutex_unlock (&lock);

  if (is_new)
    submit (clean_work, folder);
}

void
u_temp_file_drop_kept (const char *kept_path)
{
  submit (drop_work, kept_path);
}

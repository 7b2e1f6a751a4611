/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-download-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-destination-private.h"
#include "urlsession/transfer/u-file-writer-private.h"
#include "urlsession/transfer/u-temp-file-private.h"

#define DIGEST_BUFFER_SIZE (1024 * 1024)

struct _UDownloadFile
{
  UDiskJob job;               /* the last step */
  int fd;                     /* owned */
  char *path;                 /* owned; the temporary name */
  UFileWriter *writer;        /* owned */
  UWorker *worker;
  UDownloadFileProgressed progressed;
  UDownloadFileFinished finished;
  gpointer user_data;
  UDownloadFileEnd *end;      /* owned, nullable: it is to end when the last writes are done */
};

UDownloadFileEnd *
u_download_file_end_new (UDownloadFileFate fate)
{
  UDownloadFileEnd *end = g_new0 (UDownloadFileEnd, 1);

  end->fate = fate;
  end->lock_fd = -1;

  return end;
}

void
u_download_file_end_free (UDownloadFileEnd *end)
{
  g_free (end->destination);
  g_free (end->suggested_name);
  g_free (end->source);
  g_free (end->path);
  g_clear_pointer (&end->digest, u_digest_free);
  g_clear_pointer (&end->resume, u_resume_data_unref);
  g_clear_pointer (&end->resume_data, g_bytes_unref);
  g_clear_error (&end->error);
  if (end->lock_fd >= 0)
    close (end->lock_fd);
  g_free (end);
}

static void finish_now (UDownloadFile *self);

static void
progressed_cb (gpointer user_data)
{
  UDownloadFile *self = user_data;

  if (self->end == NULL)
    self->progressed (self->user_data, u_file_writer_get_error (self->writer));
  else if (u_file_writer_is_idle (self->writer))
    finish_now (self);
}

/* Consumes @fd and @path. */
static UDownloadFile *
download_file_new (int                      fd,
                   char                    *path,
                   gint64                   offset,
                   UWorker                 *worker,
                   UDownloadFileProgressed  progressed,
                   gpointer                 user_data)
{
  UDownloadFile *self = g_new0 (UDownloadFile, 1);

  self->fd = fd;
  self->path = path;
  self->worker = worker;
  self->progressed = progressed;
  self->user_data = user_data;
  self->writer = u_file_writer_new (fd, path, offset, worker, progressed_cb, self);

  return self;
}

static void
download_file_free (UDownloadFile *self)
{
  g_clear_pointer (&self->writer, u_file_writer_free);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self);
}

static char *
dup_folder (const char *destination, GError **error)
{
  g_autofree char *folder = NULL;

  if (destination == NULL)
    return u_temp_file_dup_folder (error);

  folder = u_destination_dup_folder (destination);
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_CREATE_FILE, "The folder %s does not exist.", folder);
      return NULL;
    }

  return g_steal_pointer (&folder);
}

UDownloadFile *
u_download_file_create (const char               *destination,
                        UWorker                  *worker,
                        UDownloadFileProgressed   progressed,
                        gpointer                  user_data,
                        GError                  **error)
{
  g_autofree char *folder = dup_folder (destination, error);
  g_autofree char *path = NULL;
  int fd;

  if (folder == NULL)
    return NULL;
  u_temp_file_clean_later (folder);
  fd = u_temp_file_create (folder, &path, error);
  if (fd < 0)
    return NULL;

  return download_file_new (fd, g_steal_pointer (&path), 0, worker, progressed, user_data);
}

UDownloadFile *
u_download_file_reopen (UResumeData              *resume,
                        UWorker                  *worker,
                        UDownloadFileProgressed   progressed,
                        gpointer                  user_data,
                        GError                  **error)
{
  g_autofree char *path = NULL;
  struct stat info;
  gint64 offset = 0;
  int fd = u_temp_file_reopen (resume->path, &path, error);

  if (fd < 0)
    return NULL;

  /* What lies behind the last byte that is known to be right is not. */
  if (fstat (fd, &info) == 0)
    offset = MIN (resume->offset, (gint64) info.st_size);
  if (ftruncate (fd, offset) != 0)
    offset = 0;

  return download_file_new (fd, g_steal_pointer (&path), offset, worker, progressed, user_data);
}

gboolean
u_download_file_check_space (UDownloadFile *self, gint64 remaining, GError **error)
{
  struct statvfs info;
  gint64 available;

  if (remaining <= 0 || fstatvfs (self->fd, &info) != 0)
    return TRUE;

  available = (gint64) info.f_bavail * (gint64) info.f_frsize;
  if (available < remaining)
    {
      g_autofree char *needed = g_format_size ((guint64) remaining);
      g_autofree char *left = g_format_size ((guint64) available);
      g_autofree char *folder = g_path_get_dirname (self->path);

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "There is not enough room in %s: %s are needed, %s are free.", folder, needed, left);
      return FALSE;
    }

  return TRUE;
}

guint8 *
u_download_file_get_buffer (UDownloadFile *self, guint8 *shared, gsize shared_size, gsize *size)
{
  return u_file_writer_get_buffer (self->writer, shared, shared_size, size);
}

gboolean
u_download_file_write (UDownloadFile *self, const guint8 *data, gsize length, GError **error)
{
  if (data != NULL)
    return u_file_writer_write (self->writer, data, length, error);

  return u_file_writer_commit (self->writer, length, error);
}

gboolean
u_download_file_is_full (UDownloadFile *self)
{
  return u_file_writer_is_full (self->writer);
}

gboolean
u_download_file_is_idle (UDownloadFile *self)
{
  return u_file_writer_is_idle (self->writer);
}

gint64
u_download_file_get_offset (UDownloadFile *self)
{
  return u_file_writer_get_offset (self->writer);
}

gboolean
u_download_file_truncate (UDownloadFile *self, GError **error)
{
  if (ftruncate (self->fd, 0) != 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "Cannot empty %s: %s.", self->path, g_strerror (code));
      return FALSE;
    }
  u_file_writer_free (self->writer);
  self->writer = u_file_writer_new (self->fd, self->path, 0, self->worker, progressed_cb, self);

  return TRUE;
}

/* Blocks a little. */
static GBytes *
put_away (UDownloadFile *self, UResumeData *resume, char **kept_path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = u_temp_file_keep (self->path, &error);

  if (kept == NULL)
    {
      g_debug ("%s", error->message);
      g_unlink (self->path);
      return NULL;
    }

  g_free (resume->path);
  resume->path = g_strdup (kept);
  if (!u_resume_data_save_private (resume, &error))
    g_debug ("%s", error->message);
  *kept_path = g_steal_pointer (&kept);

  return u_resume_data_to_bytes (resume);
}

GBytes *
u_download_file_keep (UDownloadFile *self, UResumeData *resume, char **kept_path)
{
  GBytes *bytes;

  resume->offset = u_download_file_get_offset (self);
  bytes = put_away (self, resume, kept_path);
  download_file_free (self);

  return bytes;
}

static char *
compute_digest (int fd, GChecksumType type)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (type);
  g_autofree guint8 *buffer = g_malloc (DIGEST_BUFFER_SIZE);
  gint64 offset = 0;
  gssize n;

  while ((n = pread (fd, buffer, DIGEST_BUFFER_SIZE, offset)) > 0)
    {
      g_checksum_update (checksum, buffer, n);
      offset += n;
    }

  return n == 0 ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

static gboolean
check_digest (UDownloadFile *self, GError **error)
{
  const UDigest *digest = self->end->digest;
  g_autofree char *found = NULL;

  if (digest == NULL)
    return TRUE;

  found = compute_digest (self->fd, digest->type);
  if (found == NULL || g_ascii_strcasecmp (found, digest->hex) != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_DIGEST_MISMATCH,
                   "What was loaded from %s is not what was expected: its digest is %s instead of %s.",
                   self->end->source, found != NULL ? found : "unknown", digest->hex);
      return FALSE;
    }

  return TRUE;
}

static char *
hand_over (UDownloadFile *self, GError **error)
{
  UDownloadFileEnd *end = self->end;

  if (!check_digest (self, error))
    return NULL;
  /* The lock lives on in the copy, until the file has another name or its last reader is done. */
  end->lock_fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 0);
  if (close (g_steal_fd (&self->fd)) != 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_CLOSE_FILE, "Cannot close %s: %s.", self->path, g_strerror (code));
      return NULL;
    }

  if (end->fate == U_DOWNLOAD_FILE_PLACE)
    return u_destination_place (self->path, end->destination, end->suggested_name, end->conflict, error);
  if (end->fate == U_DOWNLOAD_FILE_RELEASE)
    return u_temp_file_release (self->path, error);

  return g_strdup (self->path);
}

/* On a disk thread. */
static void
finish_work (UDiskJob *job)
{
  UDownloadFile *self = (UDownloadFile *) job;
  UDownloadFileEnd *end = self->end;

  switch (end->fate)
    {
    case U_DOWNLOAD_FILE_KEEP:
      end->resume_data = put_away (self, end->resume, &end->path);
      return;

    case U_DOWNLOAD_FILE_REMOVE:
      g_unlink (self->path);
      break;

    case U_DOWNLOAD_FILE_OFFER:
    case U_DOWNLOAD_FILE_RELEASE:
    case U_DOWNLOAD_FILE_PLACE:
    default:
      end->path = hand_over (self, &end->error);
      /* It is right, and all there: it only could not get where it was to go, which somebody can mend. */
      if (end->path == NULL && end->resume != NULL && g_error_matches (end->error, U_ERROR, U_ERROR_CANNOT_MOVE_FILE))
        {
          end->fate = U_DOWNLOAD_FILE_KEEP;
          end->resume_data = put_away (self, end->resume, &end->path);
        }
      else if (end->path == NULL)
        {
          g_unlink (self->path);
        }
      break;
    }
}

static void
finish_run (UWorkItem *item)
{
  UDownloadFile *self = (UDownloadFile *) item;
  UDownloadFileFinished finished = self->finished;
  gpointer user_data = self->user_data;
  UDownloadFileEnd *end = g_steal_pointer (&self->end);

  download_file_free (self);
  finished (user_data, end);
}

/* All is written, or could not be. */
static void
finish_now (UDownloadFile *self)
{
  UDownloadFileEnd *end = self->end;
  const GError *error = u_file_writer_get_error (self->writer);

  if (error != NULL && end->fate != U_DOWNLOAD_FILE_KEEP && end->fate != U_DOWNLOAD_FILE_REMOVE)
    {
      end->error = g_error_copy (error);
      end->fate = end->resume != NULL ? U_DOWNLOAD_FILE_KEEP : U_DOWNLOAD_FILE_REMOVE;
    }
  if (end->resume != NULL)
    end->resume->offset = u_download_file_get_offset (self);
  if (end->fate == U_DOWNLOAD_FILE_KEEP && end->resume->offset == 0)
    end->fate = U_DOWNLOAD_FILE_REMOVE;

  self->job.item.run = finish_run;
  self->job.work = finish_work;
  self->job.worker = self->worker;
  u_disk_submit (&self->job);
}

/*
 * u_download_file_finish:
 * @end: (transfer full): what to do; with a `resume` also for a fate that turns out to be impossible
 */
void
u_download_file_finish (UDownloadFile         *self,
                        UDownloadFileEnd      *end,
                        UDownloadFileFinished  finished,
                        gpointer               user_data)
{
  self->end = end;
  self->finished = finished;
  self->user_data = user_data;
  if (u_file_writer_is_idle (self->writer))
    finish_now (self);
}

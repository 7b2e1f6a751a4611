/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-file-name-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/transfer/u-destination-private.h"
#include "urlsession/transfer/u-temp-file-private.h"

#define DIGEST_BUFFER_SIZE (1024 * 1024)

/* The last step of a download, on a disk thread: it owns the file. */
typedef struct
{
  UDiskJob job;
  ULocalTransfer *transfer;   /* not owned: it holds itself until it is done */
  UTransferEvent *done;       /* owned; what comes out goes here */
  int fd;                     /* owned */
  char *part_path;            /* owned */
  gboolean is_answer;         /* the file is what was asked for, not an error page */
  char *destination;          /* owned, nullable */
  char *suggested_name;       /* owned, nullable */
  UFileConflict conflict;
  UDigest *digest;            /* owned, nullable */
  char *masked_uri;           /* owned; for messages */
  UResumeData *resume;        /* owned, nullable: keep the file, described so */
} FinishJob;

static char *
dup_folder (ULocalTransfer *self, GError **error)
{
  g_autofree char *folder = NULL;

  if (self->spec->destination == NULL)
    return u_temp_file_dup_folder (error);

  folder = u_destination_dup_folder (self->spec->destination);
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_CREATE_FILE, "The folder %s does not exist.", folder);
      return NULL;
    }

  return g_steal_pointer (&folder);
}

/*
 * u_local_transfer_reopen_file:
 *
 * Takes up what an earlier transfer left. A file that is gone is no error: then the download starts again.
 */
gboolean
u_local_transfer_reopen_file (ULocalTransfer *self)
{
  UResumeData *resume = self->spec->resume;
  g_autoptr (GError) error = NULL;
  struct stat info;

  self->fd = u_temp_file_reopen (resume->path, &self->part_path, &error);
  if (self->fd < 0 || fstat (self->fd, &info) != 0)
    {
      g_debug ("The download starts again: %s", error != NULL ? error->message : g_strerror (errno));
      return FALSE;
    }

  u_resume_point_clear (&self->resume_point);
  self->resume_point.offset = MIN (resume->offset, (gint64) info.st_size);
  self->resume_point.total = resume->total;
  self->resume_point.etag = g_strdup (resume->etag);
  self->resume_point.last_modified = g_strdup (resume->last_modified);
  /* What lies behind the last byte that is known to be right is not. */
  if (ftruncate (self->fd, self->resume_point.offset) != 0 ||
      lseek (self->fd, self->resume_point.offset, SEEK_SET) < 0)
    self->resume_point.offset = 0;
  self->written = self->resume_point.offset;
  self->counts.received = self->resume_point.offset;
  self->counts.expected_to_receive = resume->total;
  self->resumable = self->resume_point.offset > 0;

  return TRUE;
}

static gboolean
check_space (int fd, gint64 remaining, const char *path, GError **error)
{
  struct statvfs info;
  gint64 available;

  if (remaining <= 0 || fstatvfs (fd, &info) != 0)
    return TRUE;

  available = (gint64) info.f_bavail * (gint64) info.f_frsize;
  if (available < remaining)
    {
      g_autofree char *needed = g_format_size ((guint64) remaining);
      g_autofree char *left = g_format_size ((guint64) available);
      g_autofree char *folder = g_path_get_dirname (path);

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "There is not enough room in %s: %s are needed, %s are free.", folder, needed, left);
      return FALSE;
    }

  return TRUE;
}

/*
 * u_local_transfer_open_file:
 * @expected: the size of the whole file, -1 unknown
 *
 * Makes the file unless it is there, and compares what is still to come with the space that is free.
 */
gboolean
u_local_transfer_open_file (ULocalTransfer *self, gint64 expected, GError **error)
{
  if (self->fd < 0)
    {
      g_autofree char *folder = dup_folder (self, error);

      if (folder == NULL)
        return FALSE;
      u_temp_file_clean_later (folder);
      self->fd = u_temp_file_create (folder, &self->part_path, error);
      if (self->fd < 0)
        return FALSE;
    }

  return check_space (self->fd, expected < 0 ? 0 : expected - self->counts.received, self->part_path, error);
}

gboolean
u_local_transfer_write_file (ULocalTransfer *self, const guint8 *data, gsize length, GError **error)
{
  while (length > 0)
    {
      gssize n = write (self->fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          int code = errno;

          g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                       "Cannot write to %s: %s.", self->part_path, g_strerror (code));
          return FALSE;
        }
      data += n;
      length -= (gsize) n;
      self->written += n;
    }

  return TRUE;
}

gboolean
u_local_transfer_truncate_file (ULocalTransfer *self, GError **error)
{
  u_resume_point_clear (&self->resume_point);
  self->written = 0;
  if (ftruncate (self->fd, 0) != 0 || lseek (self->fd, 0, SEEK_SET) < 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "Cannot empty %s: %s.", self->part_path, g_strerror (code));
      return FALSE;
    }

  return TRUE;
}

/* What is to be known later to go on from here. */
static UResumeData *
describe (ULocalTransfer *self)
{
  UResumeData *resume = u_resume_data_new (self->spec->request, self->part_path);

  resume->current_uri = u_uri_dup_bare (self->request->parsed);
  resume->offset = self->written;
  resume->total = self->resume_point.total;
  resume->etag = g_strdup (self->resume_point.etag);
  resume->last_modified = g_strdup (self->resume_point.last_modified);
  if (self->spec->digest != NULL)
    resume->expected_digest = u_digest_to_string (self->spec->digest);

  return resume;
}

/* Puts the file away so that it can be gone on with; on a disk thread, or where it is rare. */
static GBytes *
keep (UResumeData *resume, const char *part_path, char **kept_path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = u_temp_file_keep (part_path, &error);

  if (kept == NULL)
    {
      g_debug ("%s", error->message);
      g_unlink (part_path);
      return NULL;
    }

  g_free (resume->path);
  resume->path = g_strdup (kept);
  if (!u_resume_data_save_private (resume, &error))
    g_debug ("%s", error->message);
  *kept_path = g_steal_pointer (&kept);

  return u_resume_data_to_bytes (resume);
}

/*
 * u_local_transfer_keep_file:
 *
 * The server answered with something else: what is there already is kept for another try, and a new file takes what
 * comes.
 */
void
u_local_transfer_keep_file (ULocalTransfer *self)
{
  g_autoptr (UResumeData) resume = describe (self);

  self->kept_resume = keep (resume, self->part_path, &self->kept_path);
  close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->part_path, g_free);
  u_resume_point_clear (&self->resume_point);
  self->written = 0;
  self->resumable = FALSE;
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
check_digest (FinishJob *self, GError **error)
{
  g_autofree char *found = NULL;

  if (self->digest == NULL)
    return TRUE;

  found = compute_digest (self->fd, self->digest->type);
  if (found == NULL || g_ascii_strcasecmp (found, self->digest->hex) != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_DIGEST_MISMATCH,
                   "What was loaded from %s is not what was expected: its digest is %s instead of %s.",
                   self->masked_uri, found != NULL ? found : "unknown", self->digest->hex);
      return FALSE;
    }

  return TRUE;
}

/* Some file systems tell only at a close that they could not write. It is a second descriptor that is closed here: as
 * long as the first one is open, the file is locked and no clean-up takes it for an orphan. */
static gboolean
check_written (FinishJob *self, GError **error)
{
  int fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 0);

  if (fd < 0 || close (fd) != 0)
    {
      int code = errno;

      g_set_error (error, U_ERROR, U_ERROR_CANNOT_CLOSE_FILE,
                   "Cannot close %s: %s.", self->part_path, g_strerror (code));
      return FALSE;
    }

  return TRUE;
}

static gboolean
hand_over (FinishJob *self, GError **error)
{
  if (!check_digest (self, error) || !check_written (self, error))
    return FALSE;
  if (self->destination == NULL)
    {
      g_autofree char *complete = u_temp_file_complete (self->part_path, error);

      if (complete == NULL)
        return FALSE;
      g_free (self->part_path);
      self->part_path = g_steal_pointer (&complete);
      return TRUE;
    }
  if (!self->is_answer)
    {
      g_unlink (self->part_path);
      return TRUE;
    }

  self->done->path = u_destination_place (self->part_path, self->destination, self->suggested_name, self->conflict,
                                          error);

  return self->done->path != NULL;
}

static void
finish_work (UDiskJob *job)
{
  FinishJob *self = (FinishJob *) job;

  if (self->done->error == NULL)
    {
      if (!hand_over (self, &self->done->error))
        g_unlink (self->part_path);
    }
  else if (self->resume != NULL)
    {
      self->done->resume_data = keep (self->resume, self->part_path, &self->done->partial_path);
    }
  else
    {
      g_unlink (self->part_path);
    }

  if (self->fd >= 0)
    close (self->fd);
}

static void
finish_run (UWorkItem *item)
{
  FinishJob *self = (FinishJob *) item;

  if (self->done->error == NULL && self->destination == NULL)
    {
      UTransferEvent *file = u_transfer_event_new (&self->transfer->base, U_TRANSFER_FILE);

      file->path = g_strdup (self->part_path);
      file->counts = self->transfer->counts;
      u_transfer_event_push (file);
    }
  u_local_transfer_done (self->transfer, self->done);

  g_free (self->part_path);
  g_free (self->destination);
  g_free (self->suggested_name);
  g_free (self->masked_uri);
  g_clear_pointer (&self->digest, u_digest_free);
  g_clear_pointer (&self->resume, u_resume_data_unref);
  g_free (self);
}

/* What the application expects, else what the server says. A digest of the representation (RFC 9530) is of the coded
 * form where there is a coding. */
static UDigest *
choose_digest (ULocalTransfer *self)
{
  if (self->spec->digest != NULL)
    return u_digest_copy (self->spec->digest);
  if (self->response == NULL || self->response->headers == NULL || self->encoded)
    return NULL;

  return u_digest_parse_field (u_header_list_get (self->response->headers, "Repr-Digest"));
}

/* Whether the body is what was asked for. 416 comes here only when nothing was missing. */
static gboolean
is_answer (ULocalTransfer *self)
{
  guint status = self->response != NULL ? self->response->status : 0;

  return status == 0 || (status >= 200 && status < 300) || (status == 416 && self->asked_range);
}

/*
 * u_local_transfer_finish_file:
 * @done: (transfer full): the last event, with an error or without
 * @keep: with an error: whether to keep what is there, if it can be gone on with
 *
 * Hands the file to a disk thread, which checks it, moves it, keeps it or removes it.
 */
void
u_local_transfer_finish_file (ULocalTransfer *self, UTransferEvent *done, gboolean keep_it)
{
  FinishJob *job = g_new0 (FinishJob, 1);

  job->job.item.run = finish_run;
  job->job.work = finish_work;
  job->job.worker = self->executor->worker;
  job->transfer = self;
  job->done = done;
  job->fd = self->fd;
  self->fd = -1;
  job->part_path = g_steal_pointer (&self->part_path);
  job->is_answer = is_answer (self);
  job->destination = g_strdup (self->spec->destination);
  job->conflict = self->spec->conflict;
  job->masked_uri = u_uri_string_dup_masked (self->request->uri);
  if (done->error == NULL)
    {
      if (job->is_answer)
        job->digest = choose_digest (self);
      if (self->response != NULL)
        job->suggested_name = u_file_name_suggest (
          self->response->headers != NULL ? u_header_list_get (self->response->headers, "Content-Disposition") : NULL,
          self->response->uri, self->response->mime_type);
    }
  else if (keep_it && self->resumable && self->written > 0)
    {
      job->resume = describe (self);
    }
  u_disk_submit (&job->job);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/message/u-file-name-private.h"
#include "urlsession/message/u-uri-private.h"

/* One large read, one large write. */
#define FILE_BUFFER_SIZE (512 * 1024)

static void
progressed_cb (gpointer user_data, const GError *error)
{
  ULocalTransfer *self = user_data;

  if (error != NULL)
    {
      u_local_transfer_fail (self, g_error_copy (error));
    }
  else if (self->pending_requeue)
    {
      if (u_download_file_is_idle (self->file))
        {
          self->pending_requeue = FALSE;
          u_local_transfer_requeue (self, TRUE);
        }
    }
  else
    {
      u_local_transfer_update_credit (self);
    }
}

/*
 * u_local_transfer_reopen_file:
 *
 * Takes up what an earlier transfer left. A file that is gone is no error: then the download starts again.
 */
void
u_local_transfer_reopen_file (ULocalTransfer *self)
{
  UResumeData *resume = self->spec->resume;
  g_autoptr (GError) error = NULL;

  self->file = u_download_file_reopen (resume, self->executor->worker, progressed_cb, self, &error);
  if (self->file == NULL)
    {
      g_debug ("The download starts again: %s", error->message);
      return;
    }

  u_resume_point_clear (&self->resume_point);
  self->resume_point.offset = u_download_file_get_offset (self->file);
  self->resume_point.total = resume->total;
  self->resume_point.etag = g_strdup (resume->etag);
  self->resume_point.last_modified = g_strdup (resume->last_modified);
  self->counts.received = self->resume_point.offset;
  self->counts.expected_to_receive = resume->total;
  self->resumable = self->resume_point.offset > 0;
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
  if (self->file == NULL)
    self->file = u_download_file_create (self->spec->destination, self->executor->worker, progressed_cb, self, error);
  if (self->file == NULL)
    return FALSE;

  return expected < 0 || u_download_file_check_space (self->file, expected - self->counts.received, error);
}

guint8 *
u_local_transfer_get_file_buffer (ULocalTransfer *self, gsize *size)
{
  if (self->executor->buffer == NULL)
    self->executor->buffer = g_malloc (FILE_BUFFER_SIZE);

  return u_download_file_get_buffer (self->file, self->executor->buffer, FILE_BUFFER_SIZE, size);
}

gboolean
u_local_transfer_write_file (ULocalTransfer *self, const guint8 *data, gsize length, GError **error)
{
  if (!u_download_file_write (self->file, data, length, error))
    return FALSE;
  if (u_download_file_is_full (self->file))
    u_local_transfer_update_credit (self);

  return TRUE;
}

/* What is to be known later to go on from here. */
static UResumeData *
describe (ULocalTransfer *self)
{
  UResumeData *resume = u_resume_data_new (self->spec->request, NULL);

  resume->current_uri = u_uri_dup_bare (self->request->parsed);
  resume->total = self->resume_point.total;
  resume->etag = g_strdup (self->resume_point.etag);
  resume->last_modified = g_strdup (self->resume_point.last_modified);
  if (self->spec->digest != NULL)
    resume->expected_digest = u_digest_to_string (self->spec->digest);

  return resume;
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

  self->kept_resume = u_download_file_keep (g_steal_pointer (&self->file), resume, &self->kept_path);
  u_resume_point_clear (&self->resume_point);
  self->resumable = FALSE;
}

/* Whether what is there can be gone on with by another task: that asks for what this one was made for, with a GET. A
 * redirect can have made a GET of something else. */
static gboolean
can_be_kept (ULocalTransfer *self)
{
  return self->resumable && g_str_equal (self->spec->request->method, "GET") &&
         self->spec->request->body_kind == U_BODY_NONE;
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

static UDownloadFileFate
choose_fate (ULocalTransfer *self, gboolean failed, gboolean keep)
{
  if (failed)
    return keep && can_be_kept (self) ? U_DOWNLOAD_FILE_KEEP : U_DOWNLOAD_FILE_REMOVE;
  if (self->spec->destination == NULL && !self->spec->release_file)
    return U_DOWNLOAD_FILE_OFFER;
  /* An error page is not what was to be saved. */
  if (!is_answer (self))
    return U_DOWNLOAD_FILE_REMOVE;

  return self->spec->destination != NULL ? U_DOWNLOAD_FILE_PLACE : U_DOWNLOAD_FILE_RELEASE;
}

static void
finished_cb (gpointer user_data, UDownloadFileEnd *end)
{
  ULocalTransfer *self = user_data;
  UTransferEvent *done = g_steal_pointer (&self->pending_done);

  if (done->error == NULL && end->error != NULL)
    u_local_transfer_set_error (self, done, g_steal_pointer (&end->error));

  if (end->fate == U_DOWNLOAD_FILE_KEEP)
    {
      done->resume_data = g_steal_pointer (&end->resume_data);
      done->partial_path = g_steal_pointer (&end->path);
    }
  else if (done->error == NULL && end->fate == U_DOWNLOAD_FILE_OFFER)
    {
      UTransferEvent *file = u_transfer_event_new (&self->base, U_TRANSFER_FILE);

      file->path = g_steal_pointer (&end->path);
      file->lock_fd = g_steal_fd (&end->lock_fd);
      file->counts = self->counts;
      u_transfer_event_push (file);
    }
  else
    {
      done->path = g_steal_pointer (&end->path);
    }
  u_download_file_end_free (end);
  u_local_transfer_done (self, done);
}

/*
 * u_local_transfer_finish_file:
 * @done: (transfer full): the last event, with an error or without
 * @keep: with an error: whether to keep what is there, if it can be gone on with
 */
void
u_local_transfer_finish_file (ULocalTransfer *self, UTransferEvent *done, gboolean keep)
{
  UDownloadFileEnd *end = u_download_file_end_new (choose_fate (self, done->error != NULL, keep));

  end->source = u_uri_string_dup_masked (self->request->uri);
  if (keep && can_be_kept (self))
    end->resume = describe (self);
  if (done->error == NULL)
    {
      end->destination = g_strdup (self->spec->destination);
      end->conflict = self->spec->conflict;
      if (is_answer (self))
        end->digest = choose_digest (self);
      if (self->response != NULL)
        end->suggested_name = u_file_name_suggest (
          self->response->headers != NULL ? u_header_list_get (self->response->headers, "Content-Disposition") : NULL,
          self->response->uri, self->response->mime_type);
    }
  self->pending_done = done;
  u_download_file_finish (g_steal_pointer (&self->file), end, finished_cb, self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/*
 * An upload whose server can go on with it: what is sent, and what becomes of a break. While it goes on, the request at
 * hand is one to the resource of the upload, of which the application does not hear.
 */

/* A server that offered to go on and does not let the body come waits for nothing that it could be sent: it is taken at
 * its word. */
#define CONTINUE_PATIENCE_US G_USEC_PER_SEC

static void
continue_fired (UTimer *timer)
{
  ULocalTransfer *self = (ULocalTransfer *) ((guint8 *) timer - G_STRUCT_OFFSET (ULocalTransfer, continue_timer));

  /* A response that came meanwhile is for when the transfer is not suspended any more. */
  if (self->state != U_LOCAL_LOADING || self->held_response != NULL || !u_local_transfer_upload_continues (self))
    return;

  u_local_transfer_give_up_load (self);
  u_local_transfer_requeue (self, TRUE);
}

/* The request at hand is what the state of the upload asks for. */
static void
take_request (ULocalTransfer *self)
{
  u_request_data_unref (self->request);
  self->request = u_upload_resumption_make_request (self->resumption);
}

void
u_local_transfer_init_resumption (ULocalTransfer *self)
{
  const UUploadResumeData *upload = self->spec->upload;

  self->continue_timer.fired = continue_fired;
  if (self->request->parsed == NULL || !g_str_has_prefix (g_uri_get_scheme (self->request->parsed), "http") ||
      (upload == NULL && (!self->spec->resumable_upload || self->request->body_kind == U_BODY_NONE ||
                           self->request->body_kind == U_BODY_SOURCE)))
    return;

  self->resumption = g_new0 (UUploadResumption, 1);
  u_upload_resumption_init (self->resumption, self->request, u_request_data_get_body_length (self->request));
  if (upload == NULL)
    return;

  self->resumption->uri = g_strdup (upload->upload_uri);
  self->resumption->phase = U_UPLOAD_ASKING;
  self->resumption->length = upload->length;
  self->resumption->acknowledged = upload->offset;
  self->resumed_from = upload->offset;
  self->counts.sent = upload->offset;
  self->counts.expected_to_send = upload->length;
  take_request (self);
}

void
u_local_transfer_free_resumption (ULocalTransfer *self)
{
  if (self->resumption == NULL)
    return;

  u_upload_resumption_clear (self->resumption);
  g_clear_pointer (&self->resumption, g_free);
}

void
u_local_transfer_restart_upload (ULocalTransfer *self)
{
  if (self->resumption == NULL)
    return;

  /* A redirect can have made a GET of it, which uploads nothing. */
  if (self->request->body_kind == U_BODY_NONE)
    u_local_transfer_free_resumption (self);
  else
    u_upload_resumption_restart (self->resumption, self->request);
}

/*
 * u_local_transfer_make_exchange:
 * @params: what the state of the upload says of them is set
 *
 * Returns: (transfer full): the request of the next exchange
 */
URequestData *
u_local_transfer_make_exchange (ULocalTransfer *self, ULoadParams *params)
{
  UUploadResumption *resumption = self->resumption;

  self->upload_base = 0;
  self->all_sent = FALSE;
  if (resumption == NULL)
    {
      self->counts.sent = 0;
      return u_request_data_ref (self->request);
    }

  /* Over HTTP/1.1 the offer is heard of before the body is sent, and over HTTP/2 libsoup hears of one only. */
  params->bulk = TRUE;
  switch (resumption->phase)
    {
    case U_UPLOAD_ASKING:
      self->counts.sent = MAX (self->counts.sent, resumption->acknowledged);
      return u_request_data_ref (self->request);

    case U_UPLOAD_APPENDING:
      params->body_offset = resumption->offset;
      params->body_count = MAX (resumption->part, 0);
      params->body_total = MAX (resumption->length, 0);
      self->upload_base = resumption->offset;
      self->all_sent = resumption->part == 0;
      return u_request_data_ref (self->request);

    case U_UPLOAD_CREATING:
    default:
      /* What an attempt before this one was offered is for that one. */
      u_upload_resumption_restart (resumption, self->request);
      params->expect_continue = resumption->length != 0;
      self->counts.sent = 0;
      self->all_sent = resumption->length == 0;
      return u_upload_resumption_make_request (resumption);
    }
}

void
u_local_transfer_note_sent (ULocalTransfer *self, const ULoadEvent *event)
{
  UUploadResumption *resumption = self->resumption;

  /* What libsoup sends once more, on another connection, does not count again. */
  self->counts.sent = MAX (self->counts.sent, self->upload_base + event->body_sent);
  self->counts.expected_to_send = event->body_length < 0 ? -1 : self->upload_base + event->body_length;
  self->n_informational = 0;
  if (resumption == NULL)
    return;

  u_timers_disarm (self->executor->timers, &self->continue_timer);
  self->all_sent = event->body_length < 0 || event->body_sent >= event->body_length;
  if (resumption->length < 0)
    resumption->length = self->counts.expected_to_send;
  else
    self->counts.expected_to_send = resumption->length;
}

void
u_local_transfer_note_informational (ULocalTransfer *self, UResponseData *response)
{
  if (self->resumption == NULL)
    return;

  if (response->status == 100)
    u_timers_disarm (self->executor->timers, &self->continue_timer);
  else if (u_upload_resumption_take_informational (self->resumption, response) &&
           self->resumption->phase == U_UPLOAD_CREATING && self->resumption->uri != NULL && self->counts.sent == 0 &&
           !self->all_sent && self->continue_timer.position == 0)
    u_timers_arm (self->executor->timers, &self->continue_timer, g_get_monotonic_time () + CONTINUE_PATIENCE_US);
}

gboolean
u_local_transfer_upload_continues (ULocalTransfer *self)
{
  return self->resumption != NULL && self->resumption->uri != NULL && !self->responded;
}

/* Whether enough arrived since this was asked last for the attempts to be counted anew. */
gboolean
u_local_transfer_upload_advanced (ULocalTransfer *self, gint64 enough)
{
  if (self->resumption == NULL || self->resumption->acknowledged < self->resumed_from + enough)
    return FALSE;

  self->resumed_from = self->resumption->acknowledged;

  return TRUE;
}

void
u_local_transfer_give_up_part (ULocalTransfer *self)
{
  self->whole_length = 0;
  self->counts.received = 0;
  self->posted_received = 0;
  self->counts.expected_to_receive = -1;
  u_upload_resumption_take_break (self->resumption);
  take_request (self);
}

/* From where the server is, at once. */
static void
send_next (ULocalTransfer *self)
{
  UTransferEvent *event;

  u_local_transfer_drop_load (self);
  g_clear_pointer (&self->response, u_response_data_unref);
  take_request (self);
  if (self->resumption->phase == U_UPLOAD_APPENDING)
    {
      /* Less than was sent, if not all of that arrived: from here the application counts on. */
      self->counts.sent = self->resumption->offset;
      if (self->resumption->length >= 0)
        self->counts.expected_to_send = self->resumption->length;
      self->posted_sent = self->counts.sent;
      event = u_transfer_event_new (&self->base, U_TRANSFER_REWOUND);
      event->counts = self->counts;
      u_transfer_event_push (event);
    }
  u_local_transfer_requeue (self, TRUE);
}

/* What was asked is not known, and will not be. */
static void
fail_unanswered (ULocalTransfer *self, UResponseData *response)
{
  g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

  u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                                            "The server answered %u for %s each time that it was asked how much of the "
                                            "upload it has.", response->status, masked));
}

gboolean
u_local_transfer_take_upload_response (ULocalTransfer *self, UResponseData *response)
{
  g_autoptr (GError) error = NULL;
  UUploadPhase phase;

  if (self->resumption == NULL)
    return FALSE;

  /* There is a way to the host. */
  self->n_attempts = 0;
  phase = self->resumption->phase;
  switch (u_upload_resumption_take_response (self->resumption, response, self->all_sent, &error))
    {
    case U_UPLOAD_SENDS:
      send_next (self);
      return TRUE;

    case U_UPLOAD_TRIES_AGAIN:
      if (u_local_transfer_try_again (self, NULL, response))
        return TRUE;
      if (phase == U_UPLOAD_ASKING)
        {
          fail_unanswered (self, response);
          return TRUE;
        }
      break;

    case U_UPLOAD_FAILS:
      /* Nor can another task go on with it. */
      g_clear_pointer (&self->resumption->uri, g_free);
      u_local_transfer_fail (self, g_steal_pointer (&error));
      return TRUE;

    case U_UPLOAD_DELIVERS:
    default:
      if (phase == U_UPLOAD_ASKING)
        self->counts.sent = MAX (self->resumption->length, self->counts.sent);
      break;
    }

  /* It is the response to all of the upload, however it came about. */
  g_clear_pointer (&self->resumption->uri, g_free);
  if (phase == U_UPLOAD_CREATING)
    return FALSE;
  u_local_transfer_accept (self);

  return TRUE;
}

/* ---- What is kept for another task ---- */

typedef struct
{
  UDiskJob job;
  ULocalTransfer *transfer;   /* it holds itself until it is done */
  UTransferEvent *done;       /* owned */
  UUploadResumeData *data;    /* owned */
} KeepJob;

static void
kept (UWorkItem *item)
{
  KeepJob *job = (KeepJob *) item;

  u_upload_resume_data_unref (job->data);
  u_local_transfer_done (job->transfer, job->done);
  g_free (job);
}

static void
keep (UDiskJob *disk_job)
{
  KeepJob *job = (KeepJob *) disk_job;
  g_autoptr (GError) error = NULL;

  if (u_upload_resume_data_save_private (job->data, &error))
    {
      job->done->resume_data = u_upload_resume_data_to_bytes (job->data);
      job->done->partial_path = u_upload_resume_data_dup_private_path (job->data);
    }
  else
    {
      g_debug ("An upload cannot be resumed: %s", error->message);
    }
}

void
u_local_transfer_finish_upload (ULocalTransfer *self, UTransferEvent *done)
{
  KeepJob *job = g_new0 (KeepJob, 1);

  job->job.item.run = kept;
  job->job.work = keep;
  job->job.worker = self->executor->worker;
  job->transfer = self;
  job->done = done;
  job->data = u_upload_resume_data_new (self->spec->request, self->resumption->uri);
  job->data->offset = self->resumption->acknowledged;
  job->data->length = self->resumption->length;
  u_disk_submit (&job->job);
}

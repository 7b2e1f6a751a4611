/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/transfer/u-redirect-private.h"

/* A server may report on its work as often as it likes while bytes of the body move; without, this often. Nothing
 * bounds what waits for the application otherwise. */
#define INFORMATIONAL_LIMIT 1000

void
u_local_transfer_post_response (ULocalTransfer *self)
{
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_RESPONSE);

  event->response = u_response_data_ref (self->response);
  event->counts = self->counts;
  u_transfer_event_push (event);
  self->responded = TRUE;
}

static void
post_resumed (ULocalTransfer *self, gint64 offset, gint64 total)
{
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_RESUMED);

  event->offset = offset;
  self->counts.received = offset;
  self->counts.expected_to_receive = total;
  event->counts = self->counts;
  u_transfer_event_push (event);
}

/* How many bytes the body of the response at hand has, as the application will see it. */
static gint64
get_expected (ULocalTransfer *self)
{
  /* The length that a HEAD request is told is of a body that does not come. */
  if (g_str_equal (self->request->method, "HEAD"))
    return 0;

  return self->encoded ? -1 : self->response->expected_length;
}

/* Opens the way for the body of the response at hand, all of it. */
static gboolean
accept_whole (ULocalTransfer *self, GError **error)
{
  gint64 expected = get_expected (self);

  self->counts.received = 0;
  self->counts.expected_to_receive = expected;
  if (!u_local_transfer_check_length (self, expected, error))
    return FALSE;
  if (self->spec->delivery != U_DELIVER_FILE)
    return TRUE;

  if (self->file != NULL && !u_download_file_truncate (self->file, error))
    return FALSE;
  self->resumable = u_resume_point_read (&self->resume_point, self->request, self->response, self->encoded);
  self->resume_point.total = expected;

  return u_local_transfer_open_file (self, expected, error);
}

/* A response has come where a connection was wanted. */
static void
refuse_response (ULocalTransfer *self)
{
  g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

  u_local_transfer_post_response (self);
  u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                                            "%s answered with the status %u, and opened no connection.", masked,
                                            self->response->status));
}

/* The response at hand is the final one and starts from the first byte. */
void
u_local_transfer_accept (ULocalTransfer *self)
{
  g_autoptr (GError) error = NULL;

  u_local_transfer_enter (self, U_LOCAL_RECEIVING);
  if (self->spec->delivery == U_DELIVER_CONDUIT)
    {
      refuse_response (self);
      return;
    }
  if (u_local_transfer_begin_parts (self))
    {
      u_local_transfer_update_clock (self);
      u_local_transfer_update_credit (self);
      return;
    }
  if (!accept_whole (self, &error))
    {
      u_local_transfer_fail (self, g_steal_pointer (&error));
      return;
    }
  u_local_transfer_post_response (self);
  u_local_transfer_update_clock (self);
  u_local_transfer_update_credit (self);
}

/* The rest of a file of which the first part is there. */
static void
accept_rest (ULocalTransfer *self, gint64 total)
{
  g_autoptr (GError) error = NULL;

  u_local_transfer_enter (self, U_LOCAL_RECEIVING);
  post_resumed (self, self->resume_point.offset, total);
  self->resume_point.total = total;
  self->resumable = TRUE;
  if (!u_local_transfer_open_file (self, total, &error))
    {
      u_local_transfer_fail (self, g_steal_pointer (&error));
      return;
    }
  u_local_transfer_post_response (self);
  u_local_transfer_update_clock (self);
  u_local_transfer_update_credit (self);
}

/* The answer to a request for the rest only. */
static void
take_range_response (ULocalTransfer *self)
{
  gint64 offset = self->resume_point.offset;
  gint64 total;

  switch (u_resume_point_judge (&self->resume_point, self->response, &total))
    {
    case U_RESUME_APPEND:
      accept_rest (self, total);
      break;

    case U_RESUME_COMPLETE:
      u_local_transfer_enter (self, U_LOCAL_RECEIVING);
      post_resumed (self, offset, total);
      u_local_transfer_post_response (self);
      self->resume_point.total = total;
      u_local_transfer_complete (self);
      break;

    case U_RESUME_START_OVER:
      post_resumed (self, 0, get_expected (self));
      u_local_transfer_accept (self);
      break;

    case U_RESUME_ASK_AGAIN:
      u_local_transfer_drop_load (self);
      g_clear_pointer (&self->response, u_response_data_unref);
      u_resume_point_clear (&self->resume_point);
      self->resumable = FALSE;
      self->starts_over = TRUE;
      self->counts.received = 0;
      self->counts.expected_to_receive = -1;
      u_local_transfer_requeue (self, TRUE);
      break;

    case U_RESUME_OTHER:
    default:
      /* An error page is not the file: what is there stays for another try, perhaps with another URL. */
      u_local_transfer_keep_file (self);
      u_local_transfer_accept (self);
      break;
    }
}

void
u_local_transfer_take_response (ULocalTransfer *self, UResponseData *response, gboolean encoded)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (URequestData) next = NULL;

  g_clear_pointer (&self->response, u_response_data_unref);
  self->response = u_response_data_ref (response);
  self->encoded = encoded;

  u_local_transfer_note_response (self, response);
  if (u_local_transfer_challenge (self, response) || u_local_transfer_end_refused (self) ||
      u_local_transfer_take_upload_response (self, response) ||
      u_local_transfer_wait_after_response (self, response))
    return;

  if (self->led_to != NULL)
    next = g_steal_pointer (&self->led_to);
  else
    next = u_redirect_next (self->request, response, &error);
  if (error != NULL)
    {
      u_local_transfer_fail (self, g_steal_pointer (&error));
      return;
    }
  if (next != NULL && self->n_redirects >= U_REDIRECT_LIMIT)
    {
      g_autofree char *masked = u_uri_string_dup_masked (next->uri);

      u_request_data_unref (self->request);
      self->request = g_steal_pointer (&next);
      u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_TOO_MANY_REDIRECTS,
                                                "More than %d redirects; the next one would lead to %s.",
                                                U_REDIRECT_LIMIT, masked));
      return;
    }
  if (next != NULL)
    {
      UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_REDIRECT);

      u_local_transfer_enter (self, U_LOCAL_ASKING);
      self->counts.received = 0;
      event->counts = self->counts;
      self->proposed = g_steal_pointer (&next);
      event->response = u_response_data_ref (response);
      event->request = u_request_data_ref (self->proposed);
      u_transfer_event_push (event);
      u_local_transfer_update_clock (self);
      u_local_transfer_update_credit (self);
      return;
    }

  if (self->asked_range)
    {
      take_range_response (self);
      return;
    }
  /* What was to be gone on with is not there, or has no validator: said before the first byte is counted. */
  if ((self->spec->resume != NULL || self->starts_over) && self->counts.received == 0 && !self->deliver_redirect)
    post_resumed (self, 0, get_expected (self));
  u_local_transfer_accept (self);
}

/* Whether a connection that broke is no news: nothing was read from it since the application suspended the task. */
static gboolean
may_continue (ULocalTransfer *self, const GError *error)
{
  return self->state == U_LOCAL_RECEIVING && self->spec->delivery == U_DELIVER_FILE && self->stalled &&
         self->resumable && self->counts.received > 0 &&
         g_error_matches (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

void
u_local_transfer_take_done (ULocalTransfer *self, const GError *error)
{
  if (self->conduit != NULL)
    {
      /* What may have been a boundary is data, after all. */
      if (error != NULL || self->parts == NULL || u_local_transfer_finish_parts (self))
        u_local_transfer_end_stream (self, error);
      return;
    }
  if (error != NULL && may_continue (self, error))
    {
      self->stalled = FALSE;
      u_local_transfer_drop_load (self);
      g_clear_pointer (&self->response, u_response_data_unref);
      self->resume_point.offset = self->counts.received;
      self->pending_requeue = !u_download_file_is_idle (self->file);
      if (!self->pending_requeue)
        u_local_transfer_requeue (self, TRUE);
      return;
    }
  if (error != NULL)
    {
      u_local_transfer_break (self, g_error_copy (error));
      return;
    }
  if (self->state != U_LOCAL_RECEIVING)
    {
      g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

      u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                                                "There was no response for %s.", masked));
      return;
    }
  if (self->spec->delivery == U_DELIVER_FILE && self->asked_range && self->resume_point.total >= 0 &&
      self->counts.received != self->resume_point.total)
    {
      g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

      u_local_transfer_break (self, g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                                 "The connection for %s ended after %" G_GINT64_FORMAT " of %"
                                                 G_GINT64_FORMAT " bytes.", masked, self->counts.received,
                                                 self->resume_point.total));
      return;
    }
  if (self->parts != NULL && !u_local_transfer_finish_parts (self))
    return;
  u_local_transfer_complete (self);
}

static void
take_data (ULocalTransfer *self, const ULoadEvent *event)
{
  g_autoptr (GError) error = NULL;

  self->stalled = FALSE;
  if (self->state == U_LOCAL_ASKING)
    {
      /* Kept in case that the application wants the redirect as the response. */
      if (self->retained == NULL)
        self->retained = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      if (event->bytes != NULL)
        g_ptr_array_add (self->retained, g_bytes_ref (event->bytes));
      else
        g_ptr_array_add (self->retained, g_bytes_new (self->chunk, event->length));
      self->counts.received += (gint64) event->length;
      return;
    }

  u_rate_member_use (&self->rate, U_RATE_RECEIVE, (gint64) event->length);
  if (self->parts != NULL)
    {
      g_autoptr (GBytes) bytes = event->bytes != NULL ? g_bytes_ref (event->bytes)
                                                      : u_local_transfer_take_chunk (self, event->length);

      u_local_transfer_take_parts (self, bytes);
      if (self->state == U_LOCAL_RECEIVING)
        u_local_transfer_progress (self);
      return;
    }

  if (!u_local_transfer_take_data (self, event->bytes, event->length, &error))
    u_local_transfer_fail (self, g_steal_pointer (&error));
  else
    u_local_transfer_progress (self);
}

static void
take_informational (ULocalTransfer *self, UResponseData *response)
{
  if (++self->n_informational > INFORMATIONAL_LIMIT)
    {
      g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

      u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                                                "More than %d informational responses came for %s, and nothing else.",
                                                INFORMATIONAL_LIMIT, masked));
      return;
    }
  u_local_transfer_note_informational (self, response);
  if (self->spec->tells_informational)
    {
      UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_INFORMATIONAL);

      event->response = u_response_data_ref (response);
      event->counts = self->counts;
      u_transfer_event_push (event);
    }
}

static void
take_event (gpointer user_data, const ULoadEvent *event)
{
  ULocalTransfer *self = user_data;

  u_local_transfer_touch (self);
  switch (event->kind)
    {
    case U_LOAD_SENT:
      u_rate_member_use (&self->rate, U_RATE_SEND, event->n_sent);
      u_local_transfer_note_sent (self, event);
      u_local_transfer_progress (self);
      break;

    case U_LOAD_INFORMATIONAL:
      take_informational (self, event->response);
      break;

    case U_LOAD_QUESTION:
      u_local_transfer_take_question (self, event->challenge);
      break;

    case U_LOAD_RESPONSE:
      self->untrusted = event->untrusted;
      if (event->request != NULL)
        self->led_to = u_request_data_ref (event->request);
      if (self->suspended)
        {
          self->held_response = u_response_data_ref (event->response);
          self->held_encoded = event->encoded;
        }
      else
        {
          u_local_transfer_take_response (self, event->response, event->encoded);
        }
      break;

    case U_LOAD_DATA:
      take_data (self, event);
      break;

    case U_LOAD_UPGRADED:
      self->untrusted = event->untrusted;
      u_local_transfer_open_conduit (self, event->stream, event->response);
      break;

    case U_LOAD_DONE:
      self->nothing_sent = event->nothing_sent;
      u_local_transfer_add_transaction (self, event->transaction);
      if (self->suspended || self->state == U_LOCAL_ASKING || self->part_waits)
        {
          u_local_transfer_hold_done (self, event->error);
        }
      else
        {
          u_local_transfer_take_done (self, event->error);
        }
      break;

    default:
      g_assert_not_reached ();
    }
}

static guint8 *
get_buffer (gpointer user_data, gsize *size)
{
  return u_local_transfer_get_buffer (user_data, size);
}

const ULoadSink u_local_transfer_sink = {
  .get_buffer = get_buffer,
  .event = take_event,
};

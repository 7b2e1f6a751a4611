/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/transfer/u-retry-private.h"

/* A body that is a stream of the application: it can be read once, so another is asked for whenever it is sent again. */

/*
 * u_local_transfer_has_body:
 *
 * Returns: %FALSE if the stream has to be asked for first; the transfer is queued again then
 */
gboolean
u_local_transfer_has_body (ULocalTransfer *self)
{
  UTransferEvent *event;

  if (self->request->body_kind != U_BODY_SOURCE)
    return TRUE;
  if (self->waits_for_body)
    return FALSE;
  if (!u_body_source_is_begun (self->request->body_source) && !u_body_source_asks_first (self->request->body_source))
    return TRUE;

  /* No byte of the old one is sent after this. */
  if (u_body_source_is_begun (self->request->body_source))
    u_body_source_stop (self->request->body_source);
  self->waits_for_body = TRUE;
  event = u_transfer_event_new (&self->base, U_TRANSFER_NEED_BODY);
  event->request = u_request_data_ref (self->request);
  event->counts = self->counts;
  u_transfer_event_push (event);

  return FALSE;
}

/*
 * u_local_transfer_take_body:
 * @source: (nullable): not used so far; %NULL: there is none
 */
void
u_local_transfer_take_body (ULocalTransfer *self, UBodySource *source)
{
  if (!self->waits_for_body)
    return;

  self->waits_for_body = FALSE;
  if (self->state == U_LOCAL_FINISHING || self->state == U_LOCAL_DONE)
    return;
  if (source == NULL)
    {
      u_local_transfer_fail (self, g_error_new_literal (U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED,
                                                        "There is no stream with the body of the request, or it was "
                                                        "sent before and cannot be rewound: give a fresh one with the "
                                                        "signal need-body-stream."));
      return;
    }

  self->request = u_request_data_unshare (self->request);
  u_request_data_set_body_source (self->request, source);
  self->counts.expected_to_send = u_request_data_get_body_length (self->request);
  if (self->state == U_LOCAL_QUEUED)
    u_local_transfer_queue_up (self, FALSE);
}

/*
 * u_local_transfer_lost_body:
 *
 * Whether the connection was lost, before an answer, with a body under way that can be asked for again.
 */
gboolean
u_local_transfer_lost_body (ULocalTransfer *self, const GError *error)
{
  if (self->state != U_LOCAL_LOADING || self->request->body_kind != U_BODY_SOURCE || self->body_lost ||
      !u_body_source_is_begun (self->request->body_source) ||
      !g_error_matches (error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST))
    return FALSE;

  /* What a POST has done is not known (RFC 9110 section 9.2.2). */
  if (!u_retry_is_idempotent (self->request->method))
    return FALSE;
  self->body_lost = TRUE;

  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

/*
 * Whether a protocol of the application carries out the request at hand. That is asked in the context of the session,
 * for each exchange anew, and only where there are protocols.
 */

typedef struct
{
  UEvent event;
  UWorkItem item;
  ULocalTransfer *transfer;   /* owned */
  UProtocolExchange *exchange; /* owned */
  URequestData *request;      /* owned */
  gboolean claimed;
} Inquiry;

/* What was claimed for nothing is let go in the context of the session. */
static void
inquiry_free (Inquiry *self)
{
  g_clear_pointer (&self->exchange, u_protocol_exchange_unref);
  u_request_data_unref (self->request);
  u_transfer_unref (&self->transfer->base);
  g_free (self);
}

static void
inquiry_discard (UEvent *event)
{
  inquiry_free ((Inquiry *) event);
}

/* Back on the I/O thread. */
static void
inquiry_answered (UWorkItem *item)
{
  Inquiry *self = (Inquiry *) ((guint8 *) item - G_STRUCT_OFFSET (Inquiry, item));
  ULocalTransfer *transfer = self->transfer;

  /* Meanwhile the transfer may be over. */
  if (transfer->inquiry != self || transfer->state != U_LOCAL_QUEUED)
    {
      u_protocol_exchange_leave (g_steal_pointer (&self->exchange));
    }
  else
    {
      transfer->inquiry = NULL;
      transfer->claim = self->claimed ? U_CLAIM_TAKEN : U_CLAIM_DECLINED;
      if (self->claimed)
        transfer->exchange = g_steal_pointer (&self->exchange);
      /* How to go on with an upload is between the library and a server. */
      if (self->claimed && transfer->resumption != NULL && transfer->resumption->phase == U_UPLOAD_CREATING)
        u_local_transfer_free_resumption (transfer);
      u_local_transfer_queue_up (transfer, FALSE);
    }
  inquiry_free (self);
}

/* In the context of the session. */
static void
inquiry_dispatch (UEvent *event)
{
  Inquiry *self = (Inquiry *) event;
  UTransfer *base = &self->transfer->base;

  if (base->owner_func != NULL)
    self->claimed = u_protocol_exchange_claim (self->exchange, base->owner, self->request);
  self->item.run = inquiry_answered;
  if (!u_worker_post (self->transfer->executor->worker, &self->item))
    {
      u_protocol_exchange_leave (g_steal_pointer (&self->exchange));
      inquiry_free (self);
    }
}

static void
ask (ULocalTransfer *self)
{
  Inquiry *inquiry = g_new0 (Inquiry, 1);

  self->claim = U_CLAIM_ASKED;
  self->inquiry = inquiry;
  inquiry->event.dispatch = inquiry_dispatch;
  inquiry->event.discard = inquiry_discard;
  inquiry->transfer = (ULocalTransfer *) u_transfer_ref (&self->base);
  inquiry->exchange = u_protocol_exchange_new (self->executor->settings.protocols, self->base.queue);
  inquiry->request = u_request_data_ref (self->request);
  u_dispatch_queue_push (self->base.queue, &inquiry->event);
}

/*
 * u_local_transfer_has_protocols:
 *
 * Whether there is anybody to ask.
 */
gboolean
u_local_transfer_has_protocols (ULocalTransfer *self)
{
  const UExecutorSettings *settings = &self->executor->settings;

  return settings->protocols != NULL && self->spec->delivery != U_DELIVER_CONDUIT &&
         (settings->has_own_protocols || settings->protocols->is_global ());
}

/*
 * u_local_transfer_ask_protocols:
 *
 * Returns: %FALSE while it is not known whether a protocol carries out the request at hand; the transfer is queued
 *   again then. %TRUE when it is: self->claim says which
 */
gboolean
u_local_transfer_ask_protocols (ULocalTransfer *self)
{
  if (self->claim == U_CLAIM_UNKNOWN && u_local_transfer_has_protocols (self))
    ask (self);

  return self->claim != U_CLAIM_ASKED;
}

/*
 * u_local_transfer_drop_claim:
 *
 * The exchange begins, or will not: another one is asked about anew.
 */
void
u_local_transfer_drop_claim (ULocalTransfer *self)
{
  self->claim = U_CLAIM_UNKNOWN;
  self->inquiry = NULL;
  if (self->exchange != NULL)
    u_protocol_exchange_leave (g_steal_pointer (&self->exchange));
}

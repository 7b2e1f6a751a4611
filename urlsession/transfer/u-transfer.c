/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-transfer-private.h"

#include <unistd.h>

void
u_transfer_init (UTransfer            *self,
                 const UExecutorClass *klass,
                 UDispatchQueue       *queue,
                 UTransferOwnerFunc    func,
                 gpointer              owner)
{
  self->klass = klass;
  g_atomic_ref_count_init (&self->ref_count);
  self->queue = u_dispatch_queue_ref (queue);
  self->owner_func = func;
  self->owner = owner;
}

UTransfer *
u_transfer_ref (UTransfer *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_transfer_unref (UTransfer *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  u_dispatch_queue_unref (self->queue);
  self->klass->free_transfer (self);
}

/*
 * u_transfer_set_owner:
 * @func: (nullable): %NULL: events are dropped from now on
 *
 * In the context of the session only.
 */
void
u_transfer_set_owner (UTransfer *self, UTransferOwnerFunc func, gpointer owner)
{
  self->owner_func = func;
  self->owner = owner;
}

static void
dispatch (UEvent *base)
{
  UTransferEvent *event = (UTransferEvent *) base;

  if (event->transfer->owner_func != NULL)
    event->transfer->owner_func (event->transfer->owner, event);
  else
    u_transfer_event_free (event);
}

static void
discard (UEvent *base)
{
  u_transfer_event_free ((UTransferEvent *) base);
}

UTransferEvent *
u_transfer_event_new (UTransfer *transfer, UTransferEventKind kind)
{
  UTransferEvent *event = g_new0 (UTransferEvent, 1);

  event->event.dispatch = dispatch;
  event->event.discard = discard;
  event->kind = kind;
  event->lock_fd = -1;
  event->transfer = u_transfer_ref (transfer);

  return event;
}

void
u_transfer_event_free (UTransferEvent *event)
{
  g_clear_pointer (&event->response, u_response_data_unref);
  g_clear_pointer (&event->request, u_request_data_unref);
  g_clear_pointer (&event->challenge, u_challenge_data_unref);
  g_clear_pointer (&event->failing_trust, u_protection_space_data_unref);
  g_clear_pointer (&event->bytes, g_bytes_unref);
  if (event->news != NULL)
    event->news->free (event->news);
  g_clear_pointer (&event->path, g_free);
  g_clear_error (&event->error);
  g_clear_pointer (&event->failing_uri, g_free);
  g_clear_pointer (&event->resume_data, g_bytes_unref);
  g_clear_pointer (&event->partial_path, g_free);
  g_clear_pointer (&event->transactions, g_ptr_array_unref);
  if (event->lock_fd >= 0)
    close (event->lock_fd);
  u_transfer_unref (event->transfer);
  g_free (event);
}

/* Consumes @event. */
void
u_transfer_event_push (UTransferEvent *event)
{
  u_dispatch_queue_push (event->transfer->queue, &event->event);
}

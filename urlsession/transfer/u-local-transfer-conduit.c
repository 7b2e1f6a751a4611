/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/transfer/u-stream-conduit-private.h"

/* The connection of a transfer that is open in both directions. */

static ULocalTransfer *
from_host (UConduitHost *host)
{
  return (ULocalTransfer *) ((guint8 *) host - G_STRUCT_OFFSET (ULocalTransfer, conduit_host));
}

static void
host_post (UConduitHost *host, UConduitNews *news)
{
  ULocalTransfer *self = from_host (host);
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_NEWS);

  event->news = news;
  u_transfer_event_push (event);
}

static void
host_count (UConduitHost *host, gint64 n_sent, gint64 n_received)
{
  ULocalTransfer *self = from_host (host);

  /* The body of a response was counted when it came. */
  if (self->spec->pipe != NULL)
    {
      self->credit += n_received;
      u_local_transfer_touch (self);
      u_local_transfer_update_clock (self);
      u_local_transfer_update_credit (self);
      return;
    }

  self->counts.sent += n_sent;
  self->counts.received += n_received;
  u_local_transfer_touch (self);
  u_local_transfer_progress (self);
}

static void
host_ask (UConduitHost *host, UChallengeData *challenge)
{
  u_local_transfer_take_question (from_host (host), challenge);
}

static void
host_end (UConduitHost *host, GError *error)
{
  ULocalTransfer *self = from_host (host);

  if (error != NULL)
    u_local_transfer_fail (self, error);
  else
    u_local_transfer_complete (self);
}

static UConnectionSettings *
host_get_connections (UConduitHost *host)
{
  return u_loader_table_get_connections (from_host (host)->executor->loaders);
}

static const UConduitHostClass host_class = {
  .post = host_post,
  .count = host_count,
  .ask = host_ask,
  .end = host_end,
  .get_connections = host_get_connections,
};

static void
give_orders (ULocalTransfer *self)
{
  /* Any of them may be the end. */
  while (self->conduit != NULL && !g_queue_is_empty (&self->orders))
    self->conduit->klass->order (self->conduit, g_queue_pop_head (&self->orders));
}

/*
 * u_local_transfer_open_conduit:
 * @response: (nullable): what the server said to the upgrade
 *
 * The load has given its connection away, and is over with that.
 */
void
u_local_transfer_open_conduit (ULocalTransfer *self, GIOStream *stream, UResponseData *response)
{
  const UConduitClass *klass = self->spec->conduit_class;
  g_autoptr (GIOStream) hold = g_object_ref (stream);

  if (klass == NULL)
    {
      g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

      u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                                                "%s answered with another protocol, which nobody had asked for.",
                                                masked));
      return;
    }

  /* What let this one in is remembered; there is no question in such a response. */
  if (response != NULL)
    u_local_transfer_challenge (self, response);
  u_local_transfer_enter (self, U_LOCAL_OPEN);
  /* How much will go either way nobody knows. */
  self->counts = (UTransferCounts) { .expected_to_send = -1, .expected_to_receive = -1 };
  if (response != NULL)
    {
      g_clear_pointer (&self->response, u_response_data_unref);
      self->response = u_response_data_ref (response);
      u_local_transfer_note_response (self, response);
      u_local_transfer_post_response (self);
    }
  u_local_transfer_drop_load (self);
  u_local_transfer_update_clock (self);

  self->conduit_host.klass = &host_class;
  self->conduit = klass->open (&self->conduit_host, stream, response, self->spec->conduit_settings);
  if (self->suspended && self->conduit != NULL)
    klass->set_suspended (self->conduit, TRUE);
  give_orders (self);
}

/*
 * u_local_transfer_become_stream:
 * @spec: what it is from now on, with a pipe
 *
 * The body of the response at hand is what the conduit reads. Nothing of it was handed out yet: it was retained.
 */
void
u_local_transfer_become_stream (ULocalTransfer *self, UTransferSpec *spec)
{
  g_autoptr (GPtrArray) pieces = g_steal_pointer (&self->retained);
  g_autoptr (GBytes) whole = u_local_transfer_steal_whole (self);
  g_autoptr (GError) error = NULL;
  gboolean was_done = self->state == U_LOCAL_DONE;

  u_transfer_event_push (u_transfer_event_new (&self->base, U_TRANSFER_CONVERTED));

  u_transfer_spec_unref (self->spec);
  self->spec = u_transfer_spec_ref (spec);
  if (was_done)
    {
      u_transfer_ref (&self->base);
      u_local_transfer_enter (self, U_LOCAL_RECEIVING);
      error = g_steal_pointer (&self->held_error);
    }
  for (guint i = 0; pieces != NULL && i < pieces->len; i++)
    u_body_pipe_push (spec->pipe, g_ptr_array_index (pieces, i));
  if (g_bytes_get_size (whole) > 0)
    u_body_pipe_push (spec->pipe, whole);
  self->credit -= (gint64) g_bytes_get_size (whole);

  self->conduit_host.klass = &host_class;
  self->conduit = u_stream_conduit_new_for_pipe (&self->conduit_host, spec->pipe,
                                                 (UStreamSettings *) spec->conduit_settings);
  if (self->suspended)
    self->conduit->klass->set_suspended (self->conduit, TRUE);
  if (was_done)
    u_body_pipe_finish (spec->pipe, error);
  self->part_waits = FALSE;
  u_local_transfer_update_clock (self);
  u_local_transfer_update_credit (self);
  u_local_transfer_go_on_with_parts (self);
  give_orders (self);
}

void
u_local_transfer_end_stream (ULocalTransfer *self, const GError *error)
{
  u_local_transfer_drop_load (self);
  u_body_pipe_finish (self->spec->pipe, error);
  u_local_transfer_update_clock (self);
}

/*
 * u_local_transfer_take_order:
 * @order: (transfer full): what the task wants of the conduit
 */
void
u_local_transfer_take_order (ULocalTransfer *self, UConduitOrder *order)
{
  if (self->conduit != NULL)
    self->conduit->klass->order (self->conduit, order);
  else if (self->state == U_LOCAL_FINISHING || self->state == U_LOCAL_DONE)
    order->free (order);
  else
    g_queue_push_tail (&self->orders, order);
}

/* @cancelled: by the application */
void
u_local_transfer_drop_conduit (ULocalTransfer *self, gboolean cancelled)
{
  UConduit *conduit = g_steal_pointer (&self->conduit);
  UConduitOrder *order;

  if (conduit != NULL)
    {
      if (cancelled && conduit->klass->cancelled != NULL)
        conduit->klass->cancelled (conduit);
      conduit->klass->free (conduit);
    }
  while ((order = g_queue_pop_head (&self->orders)) != NULL)
    order->free (order);
}

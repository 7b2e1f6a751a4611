/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

/* How fast one transfer may go: what it is granted becomes the credit of its load. */

static gboolean
wants_to_receive (ULocalTransfer *self)
{
  if (self->suspended || self->state != U_LOCAL_RECEIVING)
    return FALSE;

  return self->spec->delivery == U_DELIVER_FILE || self->spec->delivery == U_DELIVER_WHOLE || self->credit > 0;
}

static gboolean
wants_to_send (ULocalTransfer *self)
{
  return !self->suspended && self->state == U_LOCAL_LOADING &&
         u_request_data_get_body_length (self->request) != 0;
}

static void
rate_changed (URateMember *member)
{
  ULocalTransfer *self = (ULocalTransfer *) ((guint8 *) member - G_STRUCT_OFFSET (ULocalTransfer, rate));

  u_local_transfer_update_credit (self);
}

void
u_local_transfer_init_rate (ULocalTransfer *self)
{
  self->rate.changed = rate_changed;
  self->rate.limit = self->spec->rate_limit;
}

/* After a change of state, credit or suspension. */
void
u_local_transfer_update_rate (ULocalTransfer *self)
{
  u_rate_limiter_want (self->executor->limiter, &self->rate, wants_to_receive (self), wants_to_send (self));
}

/*
 * u_local_transfer_limit_credit:
 * @credit: what the load may read for other reasons
 *
 * Also tells the load what it may send.
 *
 * Returns: what it may read
 */
gint64
u_local_transfer_limit_credit (ULocalTransfer *self, gint64 credit)
{
  gint64 to_send = u_rate_member_get_left (&self->rate, U_RATE_SEND);

  if (self->sending_limited || to_send != G_MAXINT64)
    u_load_set_send_credit (self->load, to_send);
  self->sending_limited = to_send != G_MAXINT64;

  return MIN (credit, u_rate_member_get_left (&self->rate, U_RATE_RECEIVE));
}

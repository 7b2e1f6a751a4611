/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-stream-order-private.h"

static void
order_free (UConduitOrder *base)
{
  UStreamOrder *self = (UStreamOrder *) base;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

UStreamOrder *
u_stream_order_new (UStreamOrderKind kind)
{
  UStreamOrder *self = g_new0 (UStreamOrder, 1);

  self->base.free = order_free;
  self->kind = kind;

  return self;
}

static void
news_free (UConduitNews *base)
{
  UStreamNews *self = (UStreamNews *) base;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->stream);
  g_clear_error (&self->error);
  g_free (self);
}

UStreamNews *
u_stream_news_new (UStreamNewsKind kind)
{
  UStreamNews *self = g_new0 (UStreamNews, 1);

  self->base.free = news_free;
  self->kind = kind;

  return self;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/transfer/u-conduit-private.h"

G_BEGIN_DECLS

/* What a task for streams and its conduit say to each other. */

typedef enum {
  U_STREAM_ORDER_READ,        /* minimum, maximum, timeout */
  U_STREAM_ORDER_CLOSE_READ,
  U_STREAM_ORDER_WRITE,       /* bytes, timeout */
  U_STREAM_ORDER_CLOSE_WRITE,
  U_STREAM_ORDER_SECURE,
  U_STREAM_ORDER_CAPTURE,
  U_STREAM_ORDER_CANCEL,      /* nobody waits for the one with this serial any more */
} UStreamOrderKind;

typedef struct
{
  UConduitOrder base;
  UStreamOrderKind kind;
  guint64 serial;             /* READ, WRITE, CAPTURE: DONE names it */
  gsize minimum;              /* at least 1 */
  gsize maximum;              /* at least the minimum */
  GBytes *bytes;              /* owned, nullable */
  double timeout;             /* seconds from when its turn has come; 0: none */
} UStreamOrder;

UStreamOrder *u_stream_order_new (UStreamOrderKind kind);

typedef enum {
  U_STREAM_NEWS_OPENED,       /* orders are carried out from now on */
  U_STREAM_NEWS_DONE,         /* serial, error; of a READ: bytes, at_end; of a CAPTURE: stream */
  U_STREAM_NEWS_READ_CLOSED,  /* nothing more can be read */
  U_STREAM_NEWS_WRITE_CLOSED,
  U_STREAM_NEWS_SECURED,
} UStreamNewsKind;

typedef struct
{
  UConduitNews base;
  UStreamNewsKind kind;
  guint64 serial;
  GBytes *bytes;              /* owned, nullable */
  gboolean at_end;
  GIOStream *stream;          /* owned, nullable: nobody else has a reference to it any more */
  GError *error;              /* owned, nullable; in U_ERROR */
} UStreamNews;

UStreamNews *u_stream_news_new (UStreamNewsKind kind);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-tls-opening-private.h"
#include "urlsession/transfer/u-stream-conduit-private.h"

G_BEGIN_DECLS

/* Between the two files of the conduit of streams: its orders, and what is read and written for them. */

typedef enum {
  U_STREAM_AGAIN,             /* this one is done, the next one may begin */
  U_STREAM_WAITS,
  U_STREAM_GONE,              /* the transfer has ended, the conduit is freed */
} UStreamProgress;

/* A half of the connection that is closed on another thread. */
typedef struct
{
  struct _UStreamConduit *conduit; /* NULL: it is freed */
} UStreamClosing;

typedef struct _UStreamConduit
{
  UConduit base;
  UConduitHost *host;
  UStreamSettings *settings;  /* owned */
  GIOStream *stream;          /* owned; NULL: there is a pipe, or it was handed over */
  UBodyPipe *pipe;            /* owned, nullable */
  GSource *kick;              /* owned, nullable; looks at the orders */
  gboolean suspended;

  GQueue pending;             /* of UStreamOrder, owned, as are all: that wait for a barrier, or are one */
  GQueue reads;
  GQueue writes;
  UStreamOrder *barrier;      /* owned, nullable; being carried out */

  GSource *read_source;       /* owned, nullable: nobody waits */
  GSource *read_timer;        /* owned, nullable */
  guint8 *buffer;             /* owned, nullable */
  gsize size;
  gsize length;               /* bytes in it that nobody has got yet */
  gboolean at_end;            /* the other side has closed */
  gboolean read_over;         /* and somebody was told, or this side has */

  GSource *write_source;      /* owned, nullable */
  GSource *write_timer;       /* owned, nullable */
  gsize written;              /* bytes of the first one of writes */
  gboolean write_begun;       /* it cannot be taken back */
  gboolean write_over;
  UStreamClosing *closing;    /* borrowed, nullable: nothing is being closed */
  GCancellable *cancellable;  /* owned */

  UTlsPeer *peer;             /* owned, nullable */
  UTlsOpening *opening;       /* owned, nullable */
  GIOStream *secured;         /* owned, nullable: with TLS, while there is a question about it */
} UStreamConduit;

/* u-stream-conduit.c */
/* Looks at what is to be done: later, or now. @alone: no source of the stream is being dispatched */
void            u_stream_conduit_kick       (UStreamConduit *self);
void            u_stream_conduit_pump       (UStreamConduit *self,
                                             gboolean        alone);
void            u_stream_conduit_post       (UStreamConduit *self,
                                             UStreamNewsKind kind);
/* Consumes @error. */
void            u_stream_conduit_post_done  (UStreamConduit *self,
                                             UStreamOrder   *order,
                                             GError         *error);
UStreamProgress u_stream_conduit_fail       (UStreamConduit *self,
                                             const GError   *error);
void            u_stream_conduit_free_order (gpointer        order);

/* u-stream-conduit-io.c */
UStreamProgress u_stream_conduit_run_reads  (UStreamConduit *self);
UStreamProgress u_stream_conduit_run_writes (UStreamConduit *self);
/* Nothing is waited for; what was read stays. */
void            u_stream_conduit_stop_reading (UStreamConduit *self);
void            u_stream_conduit_stop_writing (UStreamConduit *self);
/* The first bytes of what was read. */
GBytes         *u_stream_conduit_take_bytes (UStreamConduit *self,
                                             gsize           length);

G_END_DECLS

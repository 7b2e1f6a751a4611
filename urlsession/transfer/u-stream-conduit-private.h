/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/transfer/u-body-pipe-private.h"
#include "urlsession/transfer/u-conduit-private.h"
#include "urlsession/transfer/u-stream-order-private.h"

G_BEGIN_DECLS

/*
 * What a transfer is once it has the connection of a task for streams. Nothing is read that was not asked for, apart
 * from what was read for somebody who gave up waiting.
 *
 * Orders for reading are carried out in their order, and so are those for writing; SECURE and CAPTURE wait for all that
 * came before them, and all that comes after waits for them.
 */
extern const UConduitClass u_stream_conduit_class;

/* Known before it opens. */
typedef struct
{
  UConduitSettings base;
  char *host;                 /* owned; who the server is, for TLS */
  guint port;
  char *subject;              /* owned; what errors call it */
  gboolean asks_trust;        /* somebody listens to questions */
} UStreamSettings;

UStreamSettings *u_stream_settings_new (const char *host,
                                        guint       port,
                                        const char *subject,
                                        gboolean    asks_trust);

/* One that only reads, from a pipe. @pipe, @settings: borrowed */
UConduit *u_stream_conduit_new_for_pipe (UConduitHost    *host,
                                         UBodyPipe       *pipe,
                                         UStreamSettings *settings);

G_END_DECLS

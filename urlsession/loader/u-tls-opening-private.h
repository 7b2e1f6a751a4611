/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-connection-settings-private.h"
#include "urlsession/loader/u-tls-peer-private.h"

G_BEGIN_DECLS

typedef struct
{
  /* The handshake waits for an answer: about the certificate of the client. */
  void (*ask)   (gpointer        user_data,
                 UChallengeData *challenge);
  /* Once. @stream: borrowed, NULL: it failed, with @error, also borrowed, not mapped yet. With either of them the peer
   * may have a question: then nothing may be sent before there is an answer to it. The opening may be freed here. */
  void (*ended) (gpointer        user_data,
                 GIOStream      *stream,
                 const GError   *error);
} UTlsOpeningFuncs;

/*
 * A TLS handshake over a stream that exists, of the I/O thread. A handshake with a server whose certificate has to be
 * asked about ends there, unless @holds is set: for a stream that cannot be had again it is completed, and the question
 * comes before anything else is said.
 */
typedef struct _UTlsOpening UTlsOpening;

typedef struct
{
  UConnectionSettings *settings; /* borrowed, referenced */
  UTlsPeer *peer;             /* borrowed, outlives the opening */
  guint port;                 /* what to call the server by, with the name that the peer has */
  const char *protocol;       /* of protection spaces */
  const char * const *alpn;   /* nullable, borrowed */
  gboolean holds;
} UTlsOpeningParams;

UTlsOpening *u_tls_opening_start  (GIOStream               *base,
                                   const UTlsOpeningParams *params,
                                   const UTlsOpeningFuncs  *funcs,
                                   gpointer                 user_data);
/* About the certificate of the client. */
void         u_tls_opening_answer (UTlsOpening             *self,
                                   const UChallengeAnswer  *answer);
/* (transfer full) (nullable): what to say in the place of @error, also of one that comes later over the stream */
GError      *u_tls_opening_explain (UTlsOpening            *self,
                                    const GError           *error);
/* Nothing is called any more, whatever is under way. */
void         u_tls_opening_free   (UTlsOpening             *self);

G_END_DECLS

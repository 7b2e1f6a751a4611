/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/base/u-enums.h"
#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/* What was measured of one exchange: filled by one thread, then immutable, atomically reference-counted. Times are
 * microseconds of the wall clock; 0: that did not happen, for instance because the connection was there already. */
typedef struct
{
  gatomicrefcount ref_count;
  gint64 clock_offset;        /* what to add to the monotonic clock: found once, so that the dates keep their order */
  URequestData *request;      /* owned, nullable; with the header fields that were really sent, the secret ones masked,
                               * and without user info */
  UResponseData *response;    /* owned, nullable; there was none */
  UFetchType fetch;

  gint64 fetch_start;
  gint64 domain_lookup_start;
  gint64 domain_lookup_end;
  gint64 connect_start;
  gint64 connect_end;         /* with TLS: after the handshake */
  gint64 secure_connection_start;
  gint64 secure_connection_end;
  gint64 request_start;
  gint64 request_end;
  gint64 response_start;
  gint64 response_end;        /* the last byte, or when it broke off */

  char *protocol;             /* owned, nullable; as in ALPN: "http/1.0", "http/1.1", "h2" */
  guint64 connection;         /* the same for exchanges on the same one, 0: none */
  gboolean reused_connection;
  gboolean proxy_connection;
  char *local_address;        /* owned, nullable; without port */
  char *remote_address;       /* owned, nullable; of the proxy, where there is one */
  guint local_port;
  guint remote_port;
  char *tls_version;          /* owned, nullable; "TLSv1.3" */
  char *tls_cipher;           /* owned, nullable; as the TLS library names it */

  gint64 request_header_bytes;
  gint64 request_body_bytes;  /* as sent */
  gint64 response_header_bytes;
  gint64 response_body_bytes; /* as they came, before decoding */
  gint64 response_body_decoded_bytes;
} UTransactionData;

UTransactionData *u_transaction_data_new    (void);
UTransactionData *u_transaction_data_ref    (UTransactionData *self);
void              u_transaction_data_unref  (UTransactionData *self);

/* A measurement that starts. @since: monotonic microseconds, 0: now */
UTransactionData *u_transaction_data_begin  (URequestData     *request,
                                             gint64            since);
/* What a moment of the monotonic clock is on the wall; 0 stays 0. */
gint64            u_transaction_data_at     (UTransactionData *self,
                                             gint64            monotonic);
gint64            u_transaction_data_now    (UTransactionData *self);
/* The fields that were really sent; masked here. @headers: (transfer none) */
void              u_transaction_data_set_sent_headers (UTransactionData *self,
                                                       UHeaderList      *headers);
/* @cipher: nullable, as the TLS library names it */
void              u_transaction_data_set_tls (UTransactionData   *self,
                                              GTlsProtocolVersion version,
                                              const char         *cipher);
/* The head of the response is there. */
void              u_transaction_data_respond (UTransactionData *self,
                                              UResponseData    *response,
                                              UFetchType        fetch);
/* A piece of the body arrived, without any coding. */
void              u_transaction_data_count  (UTransactionData *self,
                                             gsize             length);
/* The measurement ends: nothing changes any more. */
void              u_transaction_data_end    (UTransactionData *self);
/* Microseconds since the epoch as a date in UTC. */
GDateTime        *u_transaction_data_new_date (gint64         microseconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTransactionData, u_transaction_data_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/* Where a response came from. */
typedef enum {
  U_FETCH_UNKNOWN,            /* there was none */
  U_FETCH_NETWORK,
  U_FETCH_LOCAL_CACHE,
  U_FETCH_LOCAL,              /* data:, file:, or the application itself */
} UFetchKind;

/* What was measured of one exchange: filled once, then immutable, atomically reference-counted. Times are microseconds of
 * the wall clock; 0: that did not happen, for instance because the connection was there already. */
typedef struct
{
  gatomicrefcount ref_count;
  URequestData *request;      /* owned, nullable; with the header fields that were really sent, the secret ones masked */
  UResponseData *response;    /* owned, nullable; there was none */
  UFetchKind fetch;

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
  gint64 response_end;

  char *protocol;             /* owned, nullable; as in ALPN: "http/1.0", "http/1.1", "h2" */
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

UTransactionData *u_transaction_data_new   (void);
UTransactionData *u_transaction_data_ref   (UTransactionData *self);
void              u_transaction_data_unref (UTransactionData *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTransactionData, u_transaction_data_unref)

G_END_DECLS

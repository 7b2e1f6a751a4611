/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/* The opening handshake of RFC 6455 section 4, as values: no I/O here. */

/* A head that is longer is no answer. */
#define U_WEB_SOCKET_HEAD_MAX (64 * 1024)

/* What was agreed on beside the frames, RFC 7692 section 7.1. */
typedef struct
{
  gboolean deflate;
  gboolean server_no_takeover; /* every message of the server stands for itself */
  gboolean client_no_takeover;
} UWebSocketExtensions;

/* What one side proposed, and what the other side has to answer to. */
typedef struct
{
  char *key;                  /* owned; of the field Sec-WebSocket-Key */
  char *protocols;            /* owned, nullable; as they were sent */
  char *extensions;           /* owned, nullable */
} UWebSocketOffer;

UWebSocketOffer *u_web_socket_offer_new  (void);
void             u_web_socket_offer_free (UWebSocketOffer *self);

/* Fields of a request that are ours to say. */
gboolean         u_web_socket_is_own_field (const char *name);

/* The bytes of the request; fills in what @offer offers. @sent: (out): the fields. NULL with U_ERROR_BAD_HEADER.
 * @extra_headers, @forced_headers: nullable, as in ULoadParams */
GBytes          *u_web_socket_make_request (UWebSocketOffer  *offer,
                                            URequestData     *request,
                                            UHeaderList      *extra_headers,
                                            UHeaderList      *forced_headers,
                                            UHeaderList     **sent,
                                            GError          **error);

/* Where the head ends: the first byte after the empty line. 0: not yet. @from: what was looked at before */
gsize            u_web_socket_find_end     (const guint8     *data,
                                            gsize             length,
                                            gsize             from);
/* NULL: this is not HTTP. */
UResponseData   *u_web_socket_parse_head   (const guint8     *data,
                                            gsize             length,
                                            const char       *uri);

/* Whether a response with the status 101 answers to @offer; the error says what does not. */
gboolean         u_web_socket_check_response (const UWebSocketOffer *offer,
                                              UResponseData         *response,
                                              GError               **error);
/* Of a response that was checked. */
void             u_web_socket_read_extensions (UResponseData        *response,
                                               UWebSocketExtensions *extensions);
/* Whether each of @protocols, a list with commas, is a token, and none is there twice: RFC 6455 section 4.1. */
gboolean         u_web_socket_protocols_are_valid (const char *protocols);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWebSocketOffer, u_web_socket_offer_free)

G_END_DECLS

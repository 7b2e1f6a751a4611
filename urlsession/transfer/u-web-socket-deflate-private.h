/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The payload of permessage-deflate, RFC 7692 section 7.2, in one direction. The memory of the compressor is taken
 * with the first message. */
typedef struct _UWebSocketDeflater UWebSocketDeflater;
typedef struct _UWebSocketInflater UWebSocketInflater;

/* @no_takeover: every message stands for itself */
UWebSocketDeflater *u_web_socket_deflater_new  (gboolean            no_takeover);
void                u_web_socket_deflater_free (UWebSocketDeflater *self);
/* Appends to @out. Pieces of one message, of any length; @last: the message ends. */
void                u_web_socket_deflater_add  (UWebSocketDeflater *self,
                                                const guint8       *data,
                                                gsize               length,
                                                gboolean            last,
                                                GByteArray         *out);

typedef enum {
  U_WEB_SOCKET_INFLATE_OK,
  U_WEB_SOCKET_INFLATE_INVALID,
  U_WEB_SOCKET_INFLATE_TOO_LONG, /* @out would have more than the limit */
} UWebSocketInflateResult;

UWebSocketInflater *u_web_socket_inflater_new  (gboolean            no_takeover);
void                u_web_socket_inflater_free (UWebSocketInflater *self);
/* The other way. @limit: of all of @out; never more than a block above it is decoded. */
UWebSocketInflateResult
                    u_web_socket_inflater_add  (UWebSocketInflater *self,
                                                const guint8       *data,
                                                gsize               length,
                                                gboolean            last,
                                                guint64             limit,
                                                GByteArray         *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWebSocketDeflater, u_web_socket_deflater_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWebSocketInflater, u_web_socket_inflater_free)

G_END_DECLS

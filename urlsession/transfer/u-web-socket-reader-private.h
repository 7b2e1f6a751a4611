/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "urlsession/transfer/u-web-socket-deflate-private.h"

G_BEGIN_DECLS

/*
 * What a server sends, made into messages: frames are put together, decompressed and checked as their bytes arrive, in
 * pieces of any size. Bytes in, events out; no I/O here.
 */
typedef struct _UWebSocketReader UWebSocketReader;

typedef enum {
  U_WEB_SOCKET_READ_MORE,     /* all was taken, and nothing is complete */
  U_WEB_SOCKET_READ_TEXT,     /* a message: payload, with a byte of zero behind it that does not count */
  U_WEB_SOCKET_READ_BINARY,
  U_WEB_SOCKET_READ_PING,     /* payload */
  U_WEB_SOCKET_READ_PONG,
  U_WEB_SOCKET_READ_CLOSE,    /* close_code, 1005 when there is none; payload: the reason. The last event */
  U_WEB_SOCKET_READ_FAILED,   /* close_code to answer with, problem. The last event */
} UWebSocketReading;

typedef struct
{
  UWebSocketReading kind;
  GBytes *payload;            /* owned, nullable */
  guint close_code;
  const char *problem;        /* FAILED: a sentence without its end; static */
} UWebSocketEvent;

/* @inflater: (transfer full) (nullable): messages may be compressed */
UWebSocketReader *u_web_socket_reader_new         (guint64             maximum,
                                                   UWebSocketInflater *inflater);
void              u_web_socket_reader_free        (UWebSocketReader   *self);
/* Bytes of a message, for those that begin from now on. */
void              u_web_socket_reader_set_maximum (UWebSocketReader   *self,
                                                   guint64             maximum);
/* Takes from @data up to the first event, and moves @data and @length on. */
void              u_web_socket_reader_feed        (UWebSocketReader   *self,
                                                   const guint8      **data,
                                                   gsize              *length,
                                                   UWebSocketEvent    *event);
/* Bytes of the message that is not complete. */
gsize             u_web_socket_reader_get_partial (UWebSocketReader   *self);

void              u_web_socket_event_clear        (UWebSocketEvent    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWebSocketReader, u_web_socket_reader_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UWebSocketEvent, u_web_socket_event_clear)

G_END_DECLS

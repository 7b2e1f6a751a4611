/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "urlsession/transfer/u-web-socket-deflate-private.h"

G_BEGIN_DECLS

/*
 * What a client sends, made into masked frames: messages in the order in which they were given, control frames at the
 * next end of a frame. Messages in, bytes out, as many at a time as are wanted; no I/O here.
 */
typedef struct _UWebSocketWriter UWebSocketWriter;

/* @deflater: (transfer full) (nullable): messages may be compressed */
UWebSocketWriter *u_web_socket_writer_new         (UWebSocketDeflater *deflater);
void              u_web_socket_writer_free        (UWebSocketWriter   *self);
/* @serial: what u_web_socket_writer_take_sent() names it by; 0: nothing */
void              u_web_socket_writer_add_message (UWebSocketWriter   *self,
                                                   GBytes             *payload,
                                                   gboolean            is_text,
                                                   guint64             serial);
/* Takes its turn among the messages. */
void              u_web_socket_writer_add_ping    (UWebSocketWriter   *self,
                                                   GBytes             *payload);
/* As soon as a frame ends; takes the place of one that is still waiting, RFC 6455 section 5.5.3. */
void              u_web_socket_writer_set_pong    (UWebSocketWriter   *self,
                                                   GBytes             *payload);
/* Nothing is written after it. @code: 1005: none; @reason: nullable; @now: what is waiting is dropped */
void              u_web_socket_writer_close       (UWebSocketWriter   *self,
                                                   guint               code,
                                                   const char         *reason,
                                                   gboolean            now);
gboolean          u_web_socket_writer_is_idle     (UWebSocketWriter   *self);

/* The bytes that are ready to be written, NULL when there are none. */
const guint8     *u_web_socket_writer_peek        (UWebSocketWriter   *self,
                                                   gsize              *length);
/* So many of them were. */
void              u_web_socket_writer_skip        (UWebSocketWriter   *self,
                                                   gsize               length);
/* Messages that were written to the last byte, in order; 0: no more. @length: of the payload */
guint64           u_web_socket_writer_take_sent   (UWebSocketWriter   *self,
                                                   gint64             *length);
/* Whether the close frame was written. */
gboolean          u_web_socket_writer_has_closed  (UWebSocketWriter   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWebSocketWriter, u_web_socket_writer_free)

G_END_DECLS

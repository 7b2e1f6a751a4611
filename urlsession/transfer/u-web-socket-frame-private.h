/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 6455 section 5.2 */
typedef enum {
  U_WEB_SOCKET_OPCODE_CONTINUATION = 0x0,
  U_WEB_SOCKET_OPCODE_TEXT = 0x1,
  U_WEB_SOCKET_OPCODE_BINARY = 0x2,
  U_WEB_SOCKET_OPCODE_CLOSE = 0x8,
  U_WEB_SOCKET_OPCODE_PING = 0x9,
  U_WEB_SOCKET_OPCODE_PONG = 0xa,
} UWebSocketOpcode;

#define U_WEB_SOCKET_FRAME_HEAD_MAX 14
#define U_WEB_SOCKET_CONTROL_MAX 125
/* What is left of a control frame after the code. */
#define U_WEB_SOCKET_REASON_MAX 123

/* The head of one frame. */
typedef struct
{
  UWebSocketOpcode opcode;
  gboolean final;
  gboolean compressed;        /* RSV1: RFC 7692 section 6 */
  guint64 length;             /* bytes of the payload */
} UWebSocketFrame;

/* Of a server: not masked. Returns the bytes of the head; 0: more are needed, or, with @violation set to a sentence,
 * this is no frame that a server may send. */
gsize    u_web_socket_frame_parse (const guint8     *data,
                                   gsize             length,
                                   UWebSocketFrame  *frame,
                                   const char      **violation);
/* Of a client: masked. @out: U_WEB_SOCKET_FRAME_HEAD_MAX bytes. Returns the bytes of the head. */
gsize    u_web_socket_frame_write (const UWebSocketFrame *frame,
                                   const guint8           mask[4],
                                   guint8                *out);
/* Masks, or unmasks, in place. @offset: of the first byte in the payload */
void     u_web_socket_frame_mask  (guint8           *data,
                                   gsize             length,
                                   const guint8      mask[4],
                                   guint64           offset);

/* RFC 6455 section 7.4: whether a frame may carry this code. */
gboolean u_web_socket_close_code_is_valid (guint code);

G_END_DECLS

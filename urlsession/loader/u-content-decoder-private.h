/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Takes content codings off a body (RFC 9110 section 8.4): gzip, deflate, br, also several on top of each other.
 *
 * Encoded bytes are written into its own memory, as many as it has room for; decoded bytes are taken as they are
 * wanted. So it never holds more than one block for each coding, whatever the ratio.
 */
typedef struct _UContentDecoder UContentDecoder;

/* NULL when there is nothing to take off: no coding, "identity", or one that is not known here. @content_encoding:
 * all values joined by commas; nullable. */
UContentDecoder *u_content_decoder_new      (const char       *content_encoding);
void             u_content_decoder_free     (UContentDecoder  *self);
/* What can be decoded here, for Accept-Encoding. */
const char      *u_content_decoder_get_accepted (void);

/* Where the next encoded bytes go. Has room whenever read() returned 0. */
guint8          *u_content_decoder_get_room (UContentDecoder  *self,
                                             gsize            *size);
void             u_content_decoder_fill     (UContentDecoder  *self,
                                             gsize             size);
/* There are no more encoded bytes. */
void             u_content_decoder_end      (UContentDecoder  *self);

/* Decoded bytes; 0: wants more, or after end(), is complete. -1 with U_ERROR_CANNOT_DECODE_CONTENT_DATA. */
gssize           u_content_decoder_read     (UContentDecoder  *self,
                                             guint8           *buffer,
                                             gsize             size,
                                             GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UContentDecoder, u_content_decoder_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/message/u-header-list-private.h"

G_BEGIN_DECLS

/* A body of several parts (RFC 2046 section 5.1), read as it comes: it keeps the head of one part and a line that may
 * turn out to be a boundary, and nothing else. */
typedef struct _UMultipartReader UMultipartReader;

typedef enum {
  U_MULTIPART_MORE,           /* all was read; give the next bytes */
  U_MULTIPART_HEAD,           /* a part begins: headers */
  U_MULTIPART_DATA,           /* data, length: the next bytes of the part */
  U_MULTIPART_PART_END,       /* the part is complete */
  U_MULTIPART_END,            /* so is the body: what follows is of no meaning */
  U_MULTIPART_FAILED,         /* error; nothing follows */
} UMultipartStep;

typedef struct
{
  UHeaderList *headers;       /* HEAD; owned by whom it was given to */
  const guint8 *data;         /* DATA; good until the next call */
  gsize length;               /* DATA */
  gboolean is_input;          /* DATA: it is a piece of the input */
} UMultipartPiece;

/* The boundary that a Content-Type names, or NULL: none, or one that RFC 2046 does not allow. */
char             *u_multipart_dup_boundary   (const char        *content_type);

UMultipartReader *u_multipart_reader_new     (const char        *boundary);
void              u_multipart_reader_free    (UMultipartReader  *self);

/* One step, and how many bytes of @data it took: call it with the rest until it says MORE. */
UMultipartStep    u_multipart_reader_next    (UMultipartReader  *self,
                                              const guint8      *data,
                                              gsize              length,
                                              gsize             *consumed,
                                              UMultipartPiece   *piece,
                                              GError           **error);

/* There are no more bytes: DATA (once more), PART_END, END or FAILED. A part may end without a boundary, as servers
 * that never stop do when they stop; its head may not. */
UMultipartStep    u_multipart_reader_finish  (UMultipartReader  *self,
                                              UMultipartPiece   *piece,
                                              GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UMultipartReader, u_multipart_reader_free)

G_END_DECLS

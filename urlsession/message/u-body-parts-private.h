/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One after the other they are a body. */
typedef struct
{
  GBytes *bytes;              /* owned; NULL: a file */
  char *path;                 /* owned; NULL: bytes */

  /* What a form says of the value of a field; a segment between two values has no name. */
  char *name;                 /* owned, nullable; UTF-8 */
  char *file_name;            /* owned, nullable; UTF-8 */
  char *content_type;         /* owned, nullable */
} UBodySegment;

/* A body in segments: atomically reference-counted, immutable once shared, free to cross threads. No file is read
 * here. */
typedef struct _UBodyParts UBodyParts;

UBodyParts         *u_body_parts_new        (void);
UBodyParts         *u_body_parts_ref        (UBodyParts *self);
void                u_body_parts_unref      (UBodyParts *self);

/* For parts that nobody else holds. What was added can be completed, until the next is added. */
UBodySegment       *u_body_parts_add_bytes  (UBodyParts *self,
                                             GBytes     *bytes);
UBodySegment       *u_body_parts_add_file   (UBodyParts *self,
                                             const char *path);

guint               u_body_parts_get_n      (UBodyParts *self);
const UBodySegment *u_body_parts_get_nth    (UBodyParts *self,
                                             guint       position);
/* Bytes; -1 with a file among them: how long that is, is known when it is sent. */
gint64              u_body_parts_get_length (UBodyParts *self);
gboolean            u_body_parts_equal      (UBodyParts *a,
                                             UBodyParts *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UBodyParts, u_body_parts_unref)

G_END_DECLS

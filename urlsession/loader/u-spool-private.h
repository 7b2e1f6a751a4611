/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Bytes that arrived and that nobody wants yet, first in, first out: in memory up to a limit, beyond it in an unlinked
 * temporary file. HTTP/2 in libsoup before 3.4 tells the server to go on whether its reader follows or not; what is not
 * taken from it piles up in its memory.
 */
typedef struct _USpool USpool;

USpool  *u_spool_new      (gsize          memory_limit);
void     u_spool_free     (USpool        *self);
guint64  u_spool_get_size (USpool        *self);
/* FALSE with U_ERROR_CANNOT_WRITE_TO_FILE. */
gboolean u_spool_push     (USpool        *self,
                           const guint8  *data,
                           gsize          size,
                           GError       **error);
/* How much was taken, 0 when there is nothing; -1 with U_ERROR_CANNOT_WRITE_TO_FILE. */
gssize   u_spool_pop      (USpool        *self,
                           guint8        *buffer,
                           gsize          size,
                           GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (USpool, u_spool_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* From an I/O thread that writes to any thread that reads: a bounded queue of pieces of a body. The writer never
 * blocks: it stops when told that nothing is wanted. Plain C, atomically reference-counted. */
typedef struct _UBodyPipe UBodyPipe;

/* Called on the thread of the reader, with the bytes that it took or with -1 when it closed the pipe early. The pipe is
 * locked meanwhile. */
typedef void (*UBodyPipeDrained) (gpointer user_data, gint64 length);

UBodyPipe *u_body_pipe_new           (void);
UBodyPipe *u_body_pipe_ref           (UBodyPipe        *self);
void       u_body_pipe_unref         (UBodyPipe        *self);

/* The writer's side. */
void       u_body_pipe_push          (UBodyPipe        *self,
                                      GBytes           *bytes);
void       u_body_pipe_finish        (UBodyPipe        *self,
                                      const GError     *error);

/* The reader's side. */
void       u_body_pipe_set_drained   (UBodyPipe        *self,
                                      UBodyPipeDrained  drained,
                                      gpointer          user_data,
                                      GDestroyNotify    destroy);
gssize     u_body_pipe_read          (UBodyPipe        *self,
                                      guint8           *buffer,
                                      gsize             length,
                                      gboolean          block,
                                      GCancellable     *cancellable,
                                      GError          **error);
gboolean   u_body_pipe_is_readable   (UBodyPipe        *self);
GSource   *u_body_pipe_create_source (UBodyPipe        *self);
gboolean   u_body_pipe_close         (UBodyPipe        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UBodyPipe, u_body_pipe_unref)

G_END_DECLS

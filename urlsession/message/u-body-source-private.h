/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A stream of the application that is sent as a body, once. The stream itself is only touched in the context that the
 * source is bound to, and let go there; what was read of it crosses to the one thread that sends, a bounded amount ahead.
 * Atomically reference-counted.
 */
typedef struct _UBodySource UBodySource;

/* @stream: nullable: one has to be asked for. @length: -1: unknown. @ask_first: the application is asked for the stream
 * even before the first use. */
UBodySource  *u_body_source_new           (GInputStream *stream,
                                           gint64        length,
                                           gboolean      ask_first);
UBodySource  *u_body_source_ref           (UBodySource  *self);
void          u_body_source_unref         (UBodySource  *self);
gint64        u_body_source_get_length    (UBodySource  *self);
gboolean      u_body_source_asks_first    (UBodySource  *self);
/* Nullable; for the application and the bound context only. */
GInputStream *u_body_source_get_stream    (UBodySource  *self);

/* Where the stream is read from now on. FALSE: that was said before; it belongs to somebody else. */
gboolean      u_body_source_bind          (UBodySource  *self,
                                           GMainContext *context);

/* The thread that sends. */

/* FALSE: something of it was, or may have been, sent before. */
gboolean      u_body_source_begin         (UBodySource  *self);
gboolean      u_body_source_is_begun      (UBodySource  *self);
/* What comes next; NULL without an error: at the end, or nothing is there yet, and create_source() tells. */
GBytes       *u_body_source_take          (UBodySource  *self,
                                           gboolean     *at_end,
                                           GError      **error);
/* Is dispatched once something is there; for one at a time. */
GSource      *u_body_source_create_source (UBodySource  *self);
/* No more is read or sent of it; any thread. */
void          u_body_source_stop          (UBodySource  *self);

/* In the bound context: stops it, and calls @func once nobody uses the stream any more. */
void          u_body_source_retire        (UBodySource  *self,
                                           void        (*func) (gpointer user_data),
                                           gpointer      user_data);

/* After that: whether the stream is where it was before anything was read of it. */
gboolean      u_body_source_rewind        (UBodySource  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UBodySource, u_body_source_unref)

G_END_DECLS

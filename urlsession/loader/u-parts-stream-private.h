/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/message/u-body-source-private.h"

G_BEGIN_DECLS

/* One after the other they are what the stream gives. */
typedef struct
{
  GBytes *bytes;              /* owned; NULL: a file or a source */
  char *path;                 /* owned; NULL: bytes or a source */
  UBodySource *source;        /* owned; NULL: bytes or a file. Can be read once */
  gint64 start;               /* of a file: where its part begins */
  gint64 length;              /* of the part of a file, up to its end when it was measured; one of another length is an
                               * error. -1: any */
  gboolean is_cut;            /* the part ends before the file does */
} UPartsStreamSegment;

/* Why the stream ended before its end. @path: the file; NULL: a source. @error: why that could not be read; NULL: it has another
 * length than it had. */
typedef void (*UPartsStreamFailedFunc) (const char   *path,
                                        const GError *error,
                                        gpointer      user_data);

#define U_TYPE_PARTS_STREAM (u_parts_stream_get_type ())
G_DECLARE_FINAL_TYPE (UPartsStream, u_parts_stream, U, PARTS_STREAM, GInputStream)

/* A stream over @segments, an array of UPartsStreamSegment that is referenced and does not change. Nothing is opened
 * before it is read. What is read asynchronously is read from files on threads of GIO, a block at a time. @failed:
 * nullable. */
GInputStream *u_parts_stream_new (GArray                 *segments,
                                  UPartsStreamFailedFunc  failed,
                                  gpointer                user_data,
                                  GDestroyNotify          destroy);

/* What comes next, in memory of the stream, without a journey to another thread: valid until the stream is used again.
 * @size is 0 at the end. NULL and G_IO_ERROR_WOULD_BLOCK: it is not here yet, and fill() brings it, because the file is
 * not open, or is on a disk that lets one wait. */
const guint8 *u_parts_stream_peek      (UPartsStream         *self,
                                        gsize                *size,
                                        GError              **error);
/* @count: at most what peek() has shown. */
void          u_parts_stream_skip      (UPartsStream         *self,
                                        gsize                 count);
void          u_parts_stream_fill_async (UPartsStream        *self,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             user_data);
gboolean      u_parts_stream_fill_finish (UPartsStream       *self,
                                          GAsyncResult       *result,
                                          GError            **error);

G_END_DECLS

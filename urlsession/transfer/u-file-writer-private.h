/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-worker-private.h"

G_BEGIN_DECLS

/* Writes a body to a file from an I/O thread, in order of the calls: at once while the disk keeps up, on disk threads
 * with two buffers of its own once it does not, so that one slow disk holds up no other transfer. Used on the I/O thread
 * alone. */
typedef struct _UFileWriter UFileWriter;

/* On the I/O thread: a buffer became free, or there was an error. */
typedef void (*UFileWriterProgressed) (gpointer user_data);

/* @fd: not owned, and to stay open while the writer is not idle. @offset: where the first byte goes. */
UFileWriter  *u_file_writer_new        (int                    fd,
                                        const char            *path,
                                        gint64                 offset,
                                        UWorker               *worker,
                                        UFileWriterProgressed  progressed,
                                        gpointer               user_data);
/* Only when it is idle. */
void          u_file_writer_free       (UFileWriter           *self);

/* Where to put the next bytes: @shared, or a buffer of its own. Not while it is full. */
guint8       *u_file_writer_get_buffer (UFileWriter           *self,
                                        guint8                *shared,
                                        gsize                  shared_size,
                                        gsize                 *size);
/* The first @length bytes of that buffer are to be written. */
gboolean      u_file_writer_commit     (UFileWriter           *self,
                                        gsize                  length,
                                        GError               **error);
/* Bytes from elsewhere, at once. */
gboolean      u_file_writer_write      (UFileWriter           *self,
                                        const guint8          *data,
                                        gsize                  length,
                                        GError               **error);

gboolean      u_file_writer_is_full    (UFileWriter           *self);
gboolean      u_file_writer_is_idle    (UFileWriter           *self);
/* What a disk thread met; NULL: nothing. */
const GError *u_file_writer_get_error  (UFileWriter           *self);
/* Up to here every byte is in the file. */
gint64        u_file_writer_get_offset (UFileWriter           *self);

G_END_DECLS

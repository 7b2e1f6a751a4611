/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-enums.h"
#include "urlsession/base/u-worker-private.h"
#include "urlsession/message/u-digest-private.h"
#include "urlsession/message/u-resume-data-private.h"

G_BEGIN_DECLS

/* The file of one download: it takes bytes under a temporary name; in the end it is handed over, kept for another try,
 * or removed. It knows nothing of where the bytes come from. Used on one I/O thread; what blocks is done on disk
 * threads. */
typedef struct _UDownloadFile UDownloadFile;

/* On the I/O thread: a disk thread has written something, or could not. */
typedef void (*UDownloadFileProgressed) (gpointer      user_data,
                                         const GError *error);

/* What is to become of it. */
typedef enum {
  U_DOWNLOAD_FILE_OFFER,      /* stays where it is, for somebody to look at and to remove */
  U_DOWNLOAD_FILE_RELEASE,    /* goes to the caller for good, under a name of no meaning */
  U_DOWNLOAD_FILE_PLACE,      /* goes to its destination */
  U_DOWNLOAD_FILE_KEEP,       /* is to be gone on with later */
  U_DOWNLOAD_FILE_REMOVE,
} UDownloadFileFate;

/* The last step: what to do, then what came of it. */
typedef struct
{
  UDownloadFileFate fate;
  char *destination;          /* owned; PLACE */
  char *suggested_name;       /* owned; PLACE: in a folder */
  UFileConflict conflict;     /* PLACE */
  UDigest *digest;            /* owned, nullable; OFFER, RELEASE, PLACE: what it must have */
  char *source;               /* owned; for messages: where the bytes are from */
  UResumeData *resume;        /* owned; KEEP: what it takes to go on; path and offset are filled in */

  GError *error;              /* owned, nullable */
  char *path;                 /* owned; OFFER, RELEASE, PLACE: where it is. KEEP: what was kept, nullable */
  int lock_fd;                /* owned; OFFER: as long as it is open nobody takes the file for an orphan. -1: none */
  GBytes *resume_data;        /* owned, nullable; KEEP */
} UDownloadFileEnd;

/* On the I/O thread, once; owns @end. */
typedef void (*UDownloadFileFinished) (gpointer          user_data,
                                       UDownloadFileEnd *end);

/* @destination: (nullable): a file or a folder; it is made next to it. Errors in U_ERROR. */
UDownloadFile    *u_download_file_create      (const char              *destination,
                                               UWorker                 *worker,
                                               UDownloadFileProgressed  progressed,
                                               gpointer                 user_data,
                                               GError                 **error);
/* What KEEP left, cut to the bytes of which @resume speaks. */
UDownloadFile    *u_download_file_reopen      (UResumeData             *resume,
                                               UWorker                 *worker,
                                               UDownloadFileProgressed  progressed,
                                               gpointer                 user_data,
                                               GError                 **error);

gboolean          u_download_file_check_space (UDownloadFile           *self,
                                               gint64                   remaining,
                                               GError                 **error);
guint8           *u_download_file_get_buffer  (UDownloadFile           *self,
                                               guint8                  *shared,
                                               gsize                    shared_size,
                                               gsize                   *size);
/* @data: NULL: what was put into the buffer */
gboolean          u_download_file_write       (UDownloadFile           *self,
                                               const guint8            *data,
                                               gsize                    length,
                                               GError                 **error);
gboolean          u_download_file_is_full     (UDownloadFile           *self);
gboolean          u_download_file_is_idle     (UDownloadFile           *self);
gint64            u_download_file_get_offset  (UDownloadFile           *self);
/* Back to the first byte. Only when it is idle. */
gboolean          u_download_file_truncate    (UDownloadFile           *self,
                                               GError                 **error);
/* Puts it away at once, and frees it: for when a new file is to take what comes. Only when it is idle. */
GBytes           *u_download_file_keep        (UDownloadFile           *self,
                                               UResumeData             *resume,
                                               char                   **kept_path);
/* The end: after the last writes; frees it. */
void              u_download_file_finish      (UDownloadFile           *self,
                                               UDownloadFileEnd        *end,
                                               UDownloadFileFinished    finished,
                                               gpointer                 user_data);

UDownloadFileEnd *u_download_file_end_new     (UDownloadFileFate        fate);
void              u_download_file_end_free    (UDownloadFileEnd        *end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDownloadFileEnd, u_download_file_end_free)

G_END_DECLS

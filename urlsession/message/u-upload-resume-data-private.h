/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

/*
 * All that it takes to go on with an upload, also in another process. Atomically reference-counted plain C; to be
 * filled by whoever made it, immutable once shared.
 *
 * As bytes it is a JSON object:
 *
 *   kind              "urlsession-upload"
 *   version           1
 *   created           ISO 8601, in UTC
 *   uri, method       of the original request
 *   timeout           seconds; left out when 0
 *   headers           of the original request: an array of [name, value], or of [name, value, "iso-8859-1"]
 *   private-headers   the names of those left out of "headers"; left out when there are none
 *   upload-uri        where the server takes the rest
 *   offset            bytes that the server had, as far as was known: never more than it has
 *   length            bytes of the body; left out when it is unknown
 *   file              the body, as a file: URI; left out when it is none, and has to be given again
 *   ticket            names the file with the secrets
 *
 * The file with the secrets exists for each of them, secrets or not, and goes with the first use: so resume data is
 * good for one task. Only the user may read it.
 */
typedef struct
{
  gatomicrefcount ref_count;
  URequestData *request;      /* owned; NULL only until filled */
  char *upload_uri;           /* owned */
  gint64 offset;
  gint64 length;              /* -1 unknown */
  char *ticket;               /* owned; nullable until it is saved */
  GDateTime *created;         /* owned */
  GStrv private_headers;      /* owned; nullable; fields that parse() found missing and take_private() brings back */
} UUploadResumeData;

UUploadResumeData *u_upload_resume_data_new          (URequestData      *request,
                                                      const char        *upload_uri);
UUploadResumeData *u_upload_resume_data_ref          (UUploadResumeData *self);
void               u_upload_resume_data_unref        (UUploadResumeData *self);

GBytes            *u_upload_resume_data_to_bytes     (UUploadResumeData *self);
/* NULL with U_ERROR_NOT_RESUMABLE for anything that to_bytes() would not have made. */
UUploadResumeData *u_upload_resume_data_parse        (GBytes            *bytes,
                                                      GError           **error);

/* Both block: for a disk thread. save_private() makes the ticket; take_private() is for one that nobody else holds, and
 * fails with U_ERROR_NOT_RESUMABLE when somebody took it before. */
gboolean           u_upload_resume_data_save_private (UUploadResumeData *self,
                                                      GError           **error);
gboolean           u_upload_resume_data_take_private (UUploadResumeData *self,
                                                      GError           **error);
/* NULL: it was not saved. */
char              *u_upload_resume_data_dup_private_path (UUploadResumeData *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UUploadResumeData, u_upload_resume_data_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

/*
 * All that it takes to go on with a download, also in another process. Atomically reference-counted plain C; to be
 * filled by whoever made it, immutable once shared.
 *
 * As bytes it is a JSON object:
 *
 *   kind              "urlsession-download"
 *   version           1
 *   created           ISO 8601, in UTC
 *   uri, method       of the original request
 *   timeout           seconds; left out when 0
 *   headers           of the original request: an array of [name, value], or of [name, value, "iso-8859-1"] for a
 *                     value that is not UTF-8, where each character stands for a byte
 *   private-headers   the names of those left out of "headers"; left out when there are none
 *   current-uri       after redirects; left out when it is the original one
 *   file              the partial file, as a file: URI
 *   offset, total     bytes that are in the file, and of the whole; total is left out when it is unknown
 *   etag, last-modified, expected-digest   left out when unknown
 *
 * No password stands in it: user info of URLs and header fields that look like a secret go to a file of their own,
 * next to the partial one, that only the user may read. The query of a URL stays: who can read the bytes can use a
 * signed URL that is in them.
 */
typedef struct
{
  gatomicrefcount ref_count;
  URequestData *request;      /* owned; NULL only until filled. A GET */
  char *current_uri;          /* owned; nullable: the URI of the request */
  char *path;                 /* owned; of the partial file, absolute */
  gint64 offset;              /* bytes of it that count */
  gint64 total;               /* bytes of the whole; -1 unknown */
  char *etag;                 /* owned; nullable; a strong one */
  char *last_modified;        /* owned; nullable */
  GDateTime *created;         /* owned; when the bytes were made for the first time */
  char *expected_digest;      /* owned; nullable; for u_digest_parse() */
  GStrv private_headers;      /* owned; nullable; fields that parse() found missing and load_private() brings back */
} UResumeData;

UResumeData *u_resume_data_new          (URequestData *request,
                                         const char   *path);
UResumeData *u_resume_data_ref          (UResumeData  *self);
void         u_resume_data_unref        (UResumeData  *self);

GBytes      *u_resume_data_to_bytes     (UResumeData  *self);
/* NULL with U_ERROR_NOT_RESUMABLE for anything that to_bytes() would not have made. */
UResumeData *u_resume_data_parse        (GBytes       *bytes,
                                         GError      **error);

/* The file with the secrets: written where there are any, removed where there are none. Both block: for a disk
 * thread. load_private() is for one that nobody else holds; it returns FALSE without an error when there is no such
 * file, or when it belongs to another download: the transfer goes on without the secrets. */
gboolean     u_resume_data_save_private (UResumeData  *self,
                                         GError      **error);
gboolean     u_resume_data_load_private (UResumeData  *self,
                                         GError      **error);
char        *u_resume_data_dup_private_path (const char *path);

/* Whether a header field of this name may hold a secret. */
gboolean     u_header_name_is_private   (const char   *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UResumeData, u_resume_data_unref)

G_END_DECLS

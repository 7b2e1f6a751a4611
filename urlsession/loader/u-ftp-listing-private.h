/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  U_FTP_LISTING_FACTS,        /* MLSD (RFC 3659 section 7) */
  U_FTP_LISTING_LONG,         /* LIST: as a server sees fit */
} UFtpListingForm;

/*
 * Makes one form of what servers say of a folder: a JSON array with one object to a line.
 *
 *   name        as text; bytes that are not UTF-8 are replaced
 *   href        the same as a reference to be resolved against the URL of the folder; ends in "/" for a folder
 *   type        "file", "directory" or "other"
 *   size        bytes; left out when it is unknown
 *   modified    ISO 8601 in UTC; left out when it is unknown, or when the server does not say of which time zone
 *
 * What is no name of something in that folder (".", "..", anything with a slash or a control character) is left out, as
 * is a line that cannot be understood.
 */
typedef struct _UFtpListing UFtpListing;

UFtpListing *u_ftp_listing_new  (UFtpListingForm form);
void         u_ftp_listing_free (UFtpListing *self);
/* Takes a piece of what the server sent, and appends to @out what can be said by now. */
void         u_ftp_listing_feed (UFtpListing *self,
                                 const char  *data,
                                 gsize        length,
                                 GString     *out);
/* The end: at most once. */
void         u_ftp_listing_end  (UFtpListing *self,
                                 GString     *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UFtpListing, u_ftp_listing_free)

G_END_DECLS

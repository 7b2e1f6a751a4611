/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

typedef enum {
  U_FTP_GET,                  /* a file */
  U_FTP_HEAD,                 /* its size only */
  U_FTP_LIST,                 /* what is in a folder */
  U_FTP_PUT,                  /* a file is written */
} UFtpVerb;

/* What a request for an ftp: or ftps: URL wants, and where (RFC 1738 section 3.2). Plain values, immutable. */
typedef struct
{
  UFtpVerb verb;
  gboolean secure;            /* ftps: */
  gboolean text;              /* ;type=a: the ends of lines are converted */
  int port;                   /* -1: the usual one */
  char *host;                 /* owned; without brackets */
  char *location;             /* owned; "//host:port/path", without user info and type */
  char *name;                 /* owned; decoded last component of the path, any bytes; "" of a folder */
} UFtpTarget;

/* (nullable): NULL with an error when FTP has no such request, or the URL cannot be carried out. */
UFtpTarget *u_ftp_target_new  (URequestData *request,
                               GError      **error);
void        u_ftp_target_free (UFtpTarget   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UFtpTarget, u_ftp_target_free)

G_END_DECLS

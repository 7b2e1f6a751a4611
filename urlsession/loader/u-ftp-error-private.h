/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>
#include <gio/gio.h>

#include "urlsession/base/u-error.h"

G_BEGIN_DECLS

/* The one place where errors of libcurl become ours. Nothing that the server said is in the message but the number of
 * its reply: it may repeat a password. */

typedef struct
{
  CURLcode code;
  long reply;                 /* of the server, the last one; 0: none */
  long verify_result;         /* of the certificate, as the TLS library counts; 0: nothing wrong, or not known */
  long os_error;              /* errno of a connection that failed; 0: none */
  const char *text;           /* what libcurl says of it; nullable. Only for telling certificates apart */
  gboolean openssl;           /* what verify_result is counted by */
} UFtpFailure;

UError  u_ftp_error_code (const UFtpFailure *failure);
GError *u_ftp_error_new  (const UFtpFailure *failure,
                          const char        *masked_url);

G_END_DECLS

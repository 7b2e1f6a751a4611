/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/base/u-error.h"

G_BEGIN_DECLS

/* The one place where errors of GIO, TLS, resolvers and libsoup become ours. */

UError  u_error_map_code (const GError        *error,
                          GTlsCertificateFlags tls_errors);
/* @masked_url: as u_uri_dup_masked() prints it. */
GError *u_error_map_new  (const GError        *error,
                          GTlsCertificateFlags tls_errors,
                          const char          *masked_url);
/* For a file that could not be opened or read. */
GError *u_error_map_new_for_file (const GError *error,
                                  const char   *path);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/storage/u-cookie-data-private.h"

G_BEGIN_DECLS

/* A request, as far as it decides which cookies are sent with it. */
typedef struct
{
  const char *host;           /* not owned; canonical */
  const char *path;           /* not owned */
  gboolean is_secure;
  gboolean is_cross_site;     /* part of a document of another site */
  gboolean is_safe;           /* its method */
} UCookieTarget;

/* @host is u_site_dup_host() of @uri; both have to stay. @main_document NULL: @uri itself; @method may be NULL then. */
void     u_cookie_target_init      (UCookieTarget       *self,
                                    const char          *host,
                                    GUri                *uri,
                                    GUri                *main_document,
                                    const char          *method);
gboolean u_cookie_target_matches   (const UCookieTarget *self,
                                    UCookieData         *cookie,
                                    gint64               now);

gboolean u_cookie_path_matches     (const char          *path,
                                    const char          *cookie_path);
/* http, https, ws, wss; the second and the last one are secure. */
gboolean u_cookie_scheme_is_known  (GUri                *uri);
gboolean u_cookie_scheme_is_secure (GUri                *uri);
/* For g_ptr_array_sort(): the order in which UCookieDatas are sent. */
int      u_cookie_data_compare     (gconstpointer        a,
                                    gconstpointer        b);

G_END_DECLS

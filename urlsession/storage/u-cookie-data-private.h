/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "urlsession/base/u-enums.h"

G_BEGIN_DECLS

/* UCookieData.expires of a cookie of the session. */
#define U_COOKIE_NO_EXPIRY G_MAXINT64

/* A cookie (RFC 6265), without the object: atomically reference-counted, free to cross threads, never changed once it
 * is shared. The strings are bytes: servers send what is not UTF-8, and want it back. A UCookie is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  char *name;                 /* owned */
  char *value;                /* owned */
  char *domain;               /* owned; without a dot in front; canonical, once it was checked */
  char *path;                 /* owned; begins with a slash, once it was checked */
  gint64 created;             /* µs since 1970 */
  gint64 expires;             /* µs since 1970, or U_COOKIE_NO_EXPIRY */
  gboolean is_host_only;      /* not for the names below the domain */
  gboolean is_secure;
  gboolean is_http_only;
  UCookieSameSite same_site;
} UCookieData;

/* For the host alone, unless there is a dot in front of @domain. Nothing is checked: see u_cookie_data_check(). */
UCookieData *u_cookie_data_new      (const char   *name,
                                     const char   *value,
                                     const char   *domain,
                                     const char   *path);
/* For what nobody else holds. */
void         u_cookie_data_set_domain (UCookieData *self,
                                     const char   *domain);
UCookieData *u_cookie_data_copy     (UCookieData  *self);
UCookieData *u_cookie_data_ref      (UCookieData  *self);
void         u_cookie_data_unref    (UCookieData  *self);

/* The same in everything but the date of creation. */
gboolean     u_cookie_data_equal    (UCookieData  *a,
                                     UCookieData  *b);
/* Whether one takes the place of the other: the same name, domain, path, and names that it is for. */
gboolean     u_cookie_data_same_key (UCookieData  *a,
                                     UCookieData  *b);
char        *u_cookie_data_dup_key  (UCookieData  *self);
/* Whether it can be kept and sent: no control characters, within the limits, for the name of a host and not for all
 * that is below a public suffix. */
gboolean     u_cookie_data_check    (UCookieData  *self,
                                     GError      **error);

/* The value of a field Cookie with these UCookieDatas, in their order; NULL if there are none. */
char        *u_cookie_data_join     (GPtrArray    *cookies);

/* All but the dates, to be kept in a file; NULL for what is no cookie. */
GBytes      *u_cookie_data_to_bytes (UCookieData  *self);
UCookieData *u_cookie_data_from_bytes (GBytes     *bytes);

/* One Set-Cookie line from @origin, by RFC 6265 section 5.2 and 5.3 with the amendments that browsers agree on. NULL
 * with U_ERROR_BAD_HEADER and a reason. A cookie that has expired is none: it tells to remove another one. */
UCookieData *u_cookie_data_parse    (const char   *line,
                                     GUri         *origin,
                                     gint64        now,
                                     GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UCookieData, u_cookie_data_unref)

G_END_DECLS

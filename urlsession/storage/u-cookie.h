/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_COOKIE (u_cookie_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UCookie, u_cookie, U, COOKIE, GObject)

U_AVAILABLE_IN_ALL
UCookie         *u_cookie_new                 (const char  *name,
                                               const char  *value,
                                               const char  *domain,
                                               const char  *path) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UCookie         *u_cookie_parse               (const char  *line,
                                               const char  *uri,
                                               GError     **error) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UCookie        **u_cookie_parse_headers       (UHeaders    *headers,
                                               const char  *uri,
                                               gsize       *n_cookies,
                                               GError     **error) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
char            *u_cookie_to_header           (UCookie    **cookies,
                                               gsize        n_cookies) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
const char      *u_cookie_get_name            (UCookie     *self);
U_AVAILABLE_IN_ALL
const char      *u_cookie_get_value           (UCookie     *self);
U_AVAILABLE_IN_ALL
const char      *u_cookie_get_domain          (UCookie     *self);
U_AVAILABLE_IN_ALL
const char      *u_cookie_get_path            (UCookie     *self);
U_AVAILABLE_IN_ALL
GDateTime       *u_cookie_get_creation_date   (UCookie     *self);
U_AVAILABLE_IN_ALL
GDateTime       *u_cookie_get_expires         (UCookie     *self);
U_AVAILABLE_IN_ALL
gboolean         u_cookie_get_is_host_only    (UCookie     *self);
U_AVAILABLE_IN_ALL
gboolean         u_cookie_get_is_http_only    (UCookie     *self);
U_AVAILABLE_IN_ALL
gboolean         u_cookie_get_is_secure       (UCookie     *self);
U_AVAILABLE_IN_ALL
gboolean         u_cookie_get_is_session_only (UCookie     *self);
U_AVAILABLE_IN_ALL
UCookieSameSite  u_cookie_get_same_site       (UCookie     *self);

U_AVAILABLE_IN_ALL
gboolean         u_cookie_equal               (UCookie     *self,
                                               UCookie     *other);

G_END_DECLS

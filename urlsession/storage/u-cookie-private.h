/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/storage/u-cookie-data-private.h"
#include "urlsession/storage/u-cookie.h"

G_BEGIN_DECLS

/* Shares @data (transfer none). */
UCookie     *u_cookie_new_from_data (UCookieData *data);
/* What the cookie is a view of (transfer none). */
UCookieData *u_cookie_get_data      (UCookie     *self);
/* Consumes an array of UCookieData. */
UCookie    **u_cookie_array_from_data (GPtrArray *cookies,
                                       gsize     *n_cookies);

G_END_DECLS

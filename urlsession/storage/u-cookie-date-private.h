/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 6265 section 5.1.1: all the forms in which servers write dates. FALSE if it is none. In seconds since 1970. */
gboolean u_cookie_date_parse (const char *string,
                              gsize       length,
                              gint64     *seconds);

G_END_DECLS

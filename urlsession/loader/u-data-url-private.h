/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 2397: what a data: URL holds. FALSE with U_ERROR_BAD_URL; @mime_type and @charset are lower case, @charset is
 * nullable. */
gboolean u_data_url_parse (GUri    *uri,
                           char   **mime_type,
                           char   **charset,
                           GBytes **bytes,
                           GError **error);

G_END_DECLS

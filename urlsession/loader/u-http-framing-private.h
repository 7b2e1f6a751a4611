/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "urlsession/message/u-header-list-private.h"

G_BEGIN_DECLS

/* Where a body ends, and whether it did. libsoup takes several kinds of a body cut short for a whole one. */

/* Whether a response with @status to @method has a body at all: RFC 9112 section 6.3, rules 1 and 2. */
gboolean u_http_framing_has_body    (const char   *method,
                                     guint         status);
/* The bytes on the wire that @headers announce, -1 if they announce none or a transfer coding overrides it. FALSE
 * with U_ERROR_BAD_SERVER_RESPONSE if they contradict themselves: RFC 9112 section 6.3, rules 3 and 5. */
gboolean u_http_framing_get_length  (UHeaderList  *headers,
                                     gint64       *length,
                                     GError      **error);
/* After @stream returned 0: whether the body was complete. FALSE with U_ERROR_NETWORK_CONNECTION_LOST if not. */
gboolean u_http_framing_check_end   (GInputStream *stream,
                                     gint64        expected,
                                     gint64        arrived,
                                     GError      **error);

G_END_DECLS

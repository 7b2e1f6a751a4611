/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

/* From a request to what libsoup sends. */

/* NULL with an error in U_ERROR for a request that cannot be sent as it is. No body yet. */
SoupMessage *u_http_request_new_message (URequestData  *request,
                                         UHeaderList   *extra_headers,
                                         UHeaderList   *forced_headers,
                                         gboolean       decode,
                                         GError       **error);
/* Sets @body, of which @length bytes are sent, and the Content-Type if the request has none. */
void         u_http_request_set_body    (SoupMessage   *message,
                                         URequestData  *request,
                                         GInputStream  *body,
                                         gint64         length);
/* RFC 9110 section 12.5.4, from a list as g_get_language_names() gives it. */
char        *u_http_request_make_accept_language (const char * const *names);
/* What a request says that has no such field itself. */
const char  *u_http_request_get_user_agent (void);
const char  *u_http_request_get_accept_language (void); /* nullable */

G_END_DECLS

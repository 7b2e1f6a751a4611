/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* From here on it is known which connection of @session a message goes over. */
void       u_http_connections_watch (SoupSession *session);

/* (transfer full) (nullable): the connection of HTTP/1 over which @message of @session goes; NULL if it speaks HTTP/2,
 * or is not known. */
GIOStream *u_http_connections_dup   (SoupSession *session,
                                     SoupMessage *message);

G_END_DECLS

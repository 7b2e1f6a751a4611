/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* From here on it is known which connection of @session a message goes over. */
void       u_http_connections_watch      (SoupSession *session);

/* (transfer full) (nullable): the connection over which @message goes; NULL if that is not known. */
GIOStream *u_http_connections_dup        (SoupMessage *message);
/* (transfer full) (nullable): the socket below it. */
GSocket   *u_http_connections_dup_socket (SoupMessage *message);

/* The socket that a connection writes to in the end; NULL if it cannot be seen what is behind it. @is_plain: (out):
 * what is written goes into it as it is. */
GSocket   *u_http_connections_find_socket (GIOStream  *connection,
                                           gboolean   *is_plain);

/* Closes all sockets of @session, whatever it thinks of its connections. */
void       u_http_connections_break      (SoupSession *session);

G_END_DECLS

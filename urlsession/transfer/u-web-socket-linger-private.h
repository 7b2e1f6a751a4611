/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/transfer/u-web-socket-writer-private.h"

G_BEGIN_DECLS

/* The last of a WebSocket that nobody waits for any more: what is left to be said is said, and the server is given a
 * moment to close the connection, RFC 6455 section 7.1.1. A socket that is closed with unread bytes in it loses what
 * was written last. On the I/O thread; consumes @writer. */
void u_web_socket_linger (GIOStream        *stream,
                          UWebSocketWriter *writer);

G_END_DECLS

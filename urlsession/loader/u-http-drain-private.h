/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-http-body-private.h"

G_BEGIN_DECLS

/*
 * An HTTP/2 connection of libsoup before 3.4 reads as long as there is something to read, in one dispatch: from a fast
 * server, that is the whole body, kept in a list that takes the square of its length to read. So the bodies of this
 * thread that come over HTTP/2 are looked after from inside, whenever a connection has read some more.
 */
void u_http_drain_add    (UHttpBody *body);
void u_http_drain_remove (UHttpBody *body);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * The body of a response behind which the connection is of no use: closing it never waits.
 *
 * A response that came in the place of "100 Continue" leaves libsoup with a request that it takes for finished, and
 * with the idea that another response is to come: when the body is closed it waits for that one, and if the caller does
 * not want to wait, the message is never over. Closed in a cancelled way, message and connection go at once.
 */
#define U_TYPE_HTTP_LAST_STREAM (u_http_last_stream_get_type ())
G_DECLARE_FINAL_TYPE (UHttpLastStream, u_http_last_stream, U, HTTP_LAST_STREAM, GFilterInputStream)

/* @body: (transfer full): a pollable stream of libsoup. */
GInputStream *u_http_last_stream_new (GInputStream *body);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define U_TYPE_PREFIX_STREAM (u_prefix_stream_get_type ())

/* The input of a connection of which some bytes were read already: those come first. Pollable, as the connection is. */
G_DECLARE_FINAL_TYPE (UPrefixStream, u_prefix_stream, U, PREFIX_STREAM, GFilterInputStream)

/* A connection like @connection that begins with @prefix; holds it. */
GIOStream *u_prefix_stream_new_connection (GIOStream *connection,
                                           GBytes    *prefix);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/loader/u-http-memory-private.h"

G_BEGIN_DECLS

#define U_TYPE_HTTP_PROXY_RESOLVER (u_http_proxy_resolver_get_type ())
G_DECLARE_FINAL_TYPE (UHttpProxyResolver, u_http_proxy_resolver, U, HTTP_PROXY_RESOLVER, GObject)

/*
 * What another resolver says, without the logins in the URLs of HTTP proxies: they go into the memory of the loader.
 * libsoup 3.2 would put the URL of the proxy into the place of that of the request. Of one thread.
 */

/* @inner: nullable: that of the system */
GProxyResolver *u_http_proxy_resolver_new (GProxyResolver *inner,
                                           UHttpMemory    *memory);
/* (transfer full): @uri without a login; what was in it, if anything, is learned. */
char           *u_http_proxy_resolver_take_login (UHttpMemory *memory,
                                                  const char  *uri);
/* Whether a resolver may be used outside of the context of the one who made it: it is one of GIO's own, and not written
 * in another language. */
gboolean        u_proxy_resolver_is_native (GProxyResolver *resolver);

G_END_DECLS

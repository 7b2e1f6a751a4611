/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-http-memory-private.h"

G_BEGIN_DECLS

#define U_TYPE_CONNECTOR_PROXIES (u_connector_proxies_get_type ())

/* The proxies that another resolver finds, with the logins for them that the memory has in their URLs: there GIO looks
 * for them. Of one thread, that of the memory. */
G_DECLARE_FINAL_TYPE (UConnectorProxies, u_connector_proxies, U, CONNECTOR_PROXIES, GObject)

/* @inner: nullable: the one of the system */
GProxyResolver *u_connector_proxies_new       (GProxyResolver  *inner,
                                               UHttpMemory     *memory);
/* @uri: of a proxy, with a login or without. NULL: it cannot be understood. */
char           *u_connector_proxies_dup_space (const char      *uri);
char           *u_connector_proxies_put_login (const char      *uri,
                                               UCredentialData *credential);

G_END_DECLS

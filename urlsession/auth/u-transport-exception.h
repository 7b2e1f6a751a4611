/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_TRANSPORT_EXCEPTION (u_transport_exception_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UTransportException, u_transport_exception, U, TRANSPORT_EXCEPTION, GObject)

U_AVAILABLE_IN_ALL
const char          *u_transport_exception_get_domain                   (UTransportException *self);
U_AVAILABLE_IN_ALL
gboolean             u_transport_exception_get_includes_subdomains      (UTransportException *self);
U_AVAILABLE_IN_ALL
gboolean             u_transport_exception_get_allows_insecure_loads    (UTransportException *self);
U_AVAILABLE_IN_ALL
GTlsProtocolVersion  u_transport_exception_get_minimum_tls_version      (UTransportException *self);
U_AVAILABLE_IN_ALL
gboolean             u_transport_exception_get_requires_forward_secrecy (UTransportException *self);

G_END_DECLS

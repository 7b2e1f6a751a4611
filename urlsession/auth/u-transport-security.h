/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/auth/u-transport-exception.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_TRANSPORT_SECURITY (u_transport_security_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UTransportSecurity, u_transport_security, U, TRANSPORT_SECURITY, GObject)

U_AVAILABLE_IN_ALL
UTransportSecurity  *u_transport_security_new       (void) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UTransportSecurity  *u_transport_security_copy      (UTransportSecurity *self) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
gboolean             u_transport_security_is_sealed (UTransportSecurity *self);

U_AVAILABLE_IN_ALL
gboolean             u_transport_security_get_allows_insecure_loads    (UTransportSecurity  *self);
U_AVAILABLE_IN_ALL
void                 u_transport_security_set_allows_insecure_loads    (UTransportSecurity  *self,
                                                                        gboolean             allowed);
U_AVAILABLE_IN_ALL
gboolean             u_transport_security_get_allows_local_networking  (UTransportSecurity  *self);
U_AVAILABLE_IN_ALL
void                 u_transport_security_set_allows_local_networking  (UTransportSecurity  *self,
                                                                        gboolean             allowed);
U_AVAILABLE_IN_ALL
GTlsProtocolVersion  u_transport_security_get_maximum_tls_version      (UTransportSecurity  *self);
U_AVAILABLE_IN_ALL
void                 u_transport_security_set_maximum_tls_version      (UTransportSecurity  *self,
                                                                        GTlsProtocolVersion  version);
U_AVAILABLE_IN_ALL
GTlsProtocolVersion  u_transport_security_get_minimum_tls_version      (UTransportSecurity  *self);
U_AVAILABLE_IN_ALL
void                 u_transport_security_set_minimum_tls_version      (UTransportSecurity  *self,
                                                                        GTlsProtocolVersion  version);
U_AVAILABLE_IN_ALL
gboolean             u_transport_security_get_requires_forward_secrecy (UTransportSecurity  *self);
U_AVAILABLE_IN_ALL
void                 u_transport_security_set_requires_forward_secrecy (UTransportSecurity  *self,
                                                                        gboolean             required);

U_AVAILABLE_IN_ALL
void                 u_transport_security_add_exception         (UTransportSecurity  *self,
                                                                 const char          *domain,
                                                                 gboolean             includes_subdomains,
                                                                 gboolean             allows_insecure_loads,
                                                                 GTlsProtocolVersion  minimum_tls_version,
                                                                 gboolean             requires_forward_secrecy);
U_AVAILABLE_IN_ALL
gboolean             u_transport_security_remove_exception      (UTransportSecurity  *self,
                                                                 const char          *domain);
U_AVAILABLE_IN_ALL
UTransportException *u_transport_security_dup_exception         (UTransportSecurity  *self,
                                                                 const char          *domain);
U_AVAILABLE_IN_ALL
char               **u_transport_security_dup_exception_domains (UTransportSecurity  *self);

G_END_DECLS

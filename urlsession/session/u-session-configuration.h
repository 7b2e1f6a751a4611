/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/auth/u-transport-security.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-headers.h>
#include <urlsession/message/u-retry-policy.h>
#include <urlsession/storage/u-cookie-storage.h>
#include <urlsession/storage/u-credential-storage.h>
#include <urlsession/task/u-protocol.h>

G_BEGIN_DECLS

#define U_TYPE_SESSION_CONFIGURATION (u_session_configuration_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (USessionConfiguration, u_session_configuration, U, SESSION_CONFIGURATION, GObject)

U_AVAILABLE_IN_ALL
USessionConfiguration *u_session_configuration_new                          (void) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
USessionConfiguration *u_session_configuration_new_ephemeral                (void) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
USessionConfiguration *u_session_configuration_new_background               (const char *identifier) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
USessionConfiguration *u_session_configuration_copy                         (USessionConfiguration *self) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_is_sealed                    (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_is_ephemeral                (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
const char            *u_session_configuration_get_identifier               (USessionConfiguration *self);

U_AVAILABLE_IN_ALL
double                 u_session_configuration_get_request_timeout          (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_request_timeout          (USessionConfiguration *self,
                                                                             double                 request_timeout);
U_AVAILABLE_IN_ALL
double                 u_session_configuration_get_resource_timeout         (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_resource_timeout         (USessionConfiguration *self,
                                                                             double                 resource_timeout);
U_AVAILABLE_IN_ALL
guint                  u_session_configuration_get_max_connections_per_host (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_max_connections_per_host (USessionConfiguration *self,
                                                                             guint                  max_connections_per_host);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_allows_cellular_access   (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_allows_cellular_access   (USessionConfiguration *self,
                                                                             gboolean               allows_cellular_access);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_allows_constrained_access(USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_allows_constrained_access(USessionConfiguration *self,
                                                                             gboolean               allows_constrained_access);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_allows_expensive_access  (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_allows_expensive_access  (USessionConfiguration *self,
                                                                             gboolean               allows_expensive_access);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_uses_http1_only          (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_uses_http1_only          (USessionConfiguration *self,
                                                                             gboolean               uses_http1_only);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_waits_for_connectivity   (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_waits_for_connectivity   (USessionConfiguration *self,
                                                                             gboolean               waits_for_connectivity);
U_AVAILABLE_IN_ALL
URetryPolicy          *u_session_configuration_get_retry_policy             (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_retry_policy             (USessionConfiguration *self,
                                                                             URetryPolicy          *retry_policy);
U_AVAILABLE_IN_ALL
GProxyResolver        *u_session_configuration_get_proxy_resolver           (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_proxy_resolver           (USessionConfiguration *self,
                                                                             GProxyResolver        *proxy_resolver);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_collects_metrics         (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_collects_metrics         (USessionConfiguration *self,
                                                                             gboolean               collects_metrics);
U_AVAILABLE_IN_ALL
UHeaders              *u_session_configuration_get_headers                  (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
GTlsDatabase          *u_session_configuration_get_tls_database             (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_tls_database             (USessionConfiguration *self,
                                                                             GTlsDatabase          *tls_database);

U_AVAILABLE_IN_ALL
UTransportSecurity    *u_session_configuration_get_transport_security       (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
UCookieStorage        *u_session_configuration_get_cookie_storage           (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_cookie_storage           (USessionConfiguration *self,
                                                                             UCookieStorage        *cookie_storage);
U_AVAILABLE_IN_ALL
UCookieAcceptPolicy    u_session_configuration_get_cookie_accept_policy     (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_cookie_accept_policy     (USessionConfiguration *self,
                                                                             UCookieAcceptPolicy    cookie_accept_policy);
U_AVAILABLE_IN_ALL
gboolean               u_session_configuration_get_sends_cookies            (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_sends_cookies            (USessionConfiguration *self,
                                                                             gboolean               sends_cookies);
U_AVAILABLE_IN_ALL
UCredentialStorage    *u_session_configuration_get_credential_storage       (USessionConfiguration *self);
U_AVAILABLE_IN_ALL
void                   u_session_configuration_set_credential_storage       (USessionConfiguration *self,
                                                                             UCredentialStorage    *credential_storage);

U_AVAILABLE_IN_ALL
void                   u_session_configuration_add_protocol                 (USessionConfiguration *self,
                                                                             UProtocol             *protocol);
U_AVAILABLE_IN_ALL
UProtocol            **u_session_configuration_dup_protocols                (USessionConfiguration *self,
                                                                             gsize                 *n_protocols);

G_END_DECLS

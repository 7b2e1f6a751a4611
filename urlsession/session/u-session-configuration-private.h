/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-transport-security.h"
#include "urlsession/session/u-session-configuration.h"
#include "urlsession/storage/u-cookie-storage.h"
#include "urlsession/storage/u-credential-storage.h"

G_BEGIN_DECLS

/* Which property: of the installed ones, and for who notifies. */
typedef enum {
  U_CONFIGURATION_PROP_0,
  U_CONFIGURATION_ALLOWS_CELLULAR_ACCESS,
  U_CONFIGURATION_ALLOWS_CONSTRAINED_ACCESS,
  U_CONFIGURATION_ALLOWS_EXPENSIVE_ACCESS,
  U_CONFIGURATION_COOKIE_ACCEPT_POLICY,
  U_CONFIGURATION_COOKIE_STORAGE,
  U_CONFIGURATION_CREDENTIAL_STORAGE,
  U_CONFIGURATION_COLLECTS_METRICS,
  U_CONFIGURATION_HEADERS,
  U_CONFIGURATION_IDENTIFIER,
  U_CONFIGURATION_IS_EPHEMERAL,
  U_CONFIGURATION_MAX_CONNECTIONS_PER_HOST,
  U_CONFIGURATION_PROXY_RESOLVER,
  U_CONFIGURATION_REQUEST_TIMEOUT,
  U_CONFIGURATION_RESOURCE_TIMEOUT,
  U_CONFIGURATION_RETRY_POLICY,
  U_CONFIGURATION_SENDS_COOKIES,
  U_CONFIGURATION_TLS_DATABASE,
  U_CONFIGURATION_TRANSPORT_SECURITY,
  U_CONFIGURATION_USES_HTTP1_ONLY,
  U_CONFIGURATION_WAITS_FOR_CONNECTIVITY,
  U_CONFIGURATION_N_PROPS,
} UConfigurationProperty;

extern GParamSpec *u_session_configuration_props[U_CONFIGURATION_N_PROPS];

struct _USessionConfiguration
{
  GObject parent_instance;

  gboolean sealed;
  gboolean ephemeral;
  char *identifier;           /* owned; NULL: not a background one */
  gboolean collects_metrics;

  /* u-session-configuration-network.c */
  double request_timeout;     /* seconds */
  double resource_timeout;    /* seconds */
  guint max_connections_per_host;
  UHeaders *headers;          /* owned */
  gboolean allows_cellular_access;
  gboolean allows_constrained_access;
  gboolean allows_expensive_access;
  gboolean uses_http1_only;
  gboolean waits_for_connectivity;
  GProxyResolver *proxy_resolver; /* owned; NULL: the settings of the user */
  URetryPolicy *retry_policy; /* owned, sealed; nullable: nothing is retried */

  /* u-session-configuration-protocols.c */
  GPtrArray *protocols;       /* owned; of UProtocol, in the order in which they are asked */

  /* u-session-configuration-security.c */
  GTlsDatabase *tls_database; /* owned; NULL: the system's */
  UTransportSecurity *transport_security; /* owned */

  /* u-session-configuration-storage.c */
  UCookieStorage *cookie_storage; /* owned, nullable: none, unless is_default */
  UCredentialStorage *credential_storage; /* owned, nullable: none, unless is_default */
  gboolean cookie_storage_is_default; /* nobody has set it: what the kind of session has */
  gboolean credential_storage_is_default;
  UCookieAcceptPolicy cookie_accept_policy;
  gboolean sends_cookies;
};

/* A copy that cannot be changed. */
USessionConfiguration *u_session_configuration_dup_sealed    (USessionConfiguration *self);
/* (transfer full) */
GPtrArray             *u_session_configuration_copy_protocols (USessionConfiguration *self);
gboolean               u_session_configuration_is_background (USessionConfiguration *self);

/* FALSE, and a critical, when it is sealed. */
gboolean               u_session_configuration_check_open    (USessionConfiguration *self,
                                                              const char            *property);
void                   u_session_configuration_notify        (USessionConfiguration *self,
                                                              UConfigurationProperty property);
void                   u_session_configuration_set_boolean   (USessionConfiguration *self,
                                                              gboolean              *field,
                                                              gboolean               value,
                                                              UConfigurationProperty property);

G_END_DECLS

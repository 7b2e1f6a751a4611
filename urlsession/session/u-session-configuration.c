/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-configuration.h"

#include "urlsession/auth/u-transport-security-private.h"
#include "urlsession/message/u-headers-private.h"
#include "urlsession/session/u-session-configuration-private.h"
#include "urlsession/u-enum-types.h"

/* A minute without a byte, and a week in all. */
#define DEFAULT_REQUEST_TIMEOUT 60.0
#define DEFAULT_RESOURCE_TIMEOUT (7 * 24 * 60 * 60.0)

/* What browsers do over HTTP/1.1. */
#define DEFAULT_MAX_CONNECTIONS_PER_HOST 6

/**
 * USessionConfiguration:
 *
 * What a [class@Session] decides for all its tasks.
 *
 * A session takes a copy of the configuration that it is made with: later changes make a difference for later sessions
 * only. The configuration of a session is sealed: to change one, copy it.
 *
 * A default configuration keeps what is to be kept on disk, an ephemeral one in memory. The tasks of a background
 * session are carried out by a service of their own; that is not available yet, and each task of such a session fails
 * with `U_ERROR_UNSUPPORTED_BY_SESSION`.
 */

GParamSpec *u_session_configuration_props[U_CONFIGURATION_N_PROPS];

G_DEFINE_FINAL_TYPE (USessionConfiguration, u_session_configuration, G_TYPE_OBJECT)

static void
u_session_configuration_finalize (GObject *object)
{
  USessionConfiguration *self = U_SESSION_CONFIGURATION (object);

  g_free (self->identifier);
  g_clear_object (&self->headers);
  g_ptr_array_unref (self->protocols);
  g_clear_object (&self->cookie_storage);
  g_clear_object (&self->credential_storage);
  g_clear_object (&self->proxy_resolver);
  g_clear_object (&self->retry_policy);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->transport_security);

  G_OBJECT_CLASS (u_session_configuration_parent_class)->finalize (object);
}

static void
u_session_configuration_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  USessionConfiguration *self = U_SESSION_CONFIGURATION (object);

  switch (prop_id)
    {
    case U_CONFIGURATION_IS_EPHEMERAL:
      g_value_set_boolean (value, self->ephemeral);
      break;
    case U_CONFIGURATION_COLLECTS_METRICS:
      g_value_set_boolean (value, self->collects_metrics);
      break;
    case U_CONFIGURATION_HEADERS:
      g_value_set_object (value, self->headers);
      break;
    case U_CONFIGURATION_IDENTIFIER:
      g_value_set_string (value, self->identifier);
      break;
    case U_CONFIGURATION_MAX_CONNECTIONS_PER_HOST:
      g_value_set_uint (value, self->max_connections_per_host);
      break;
    case U_CONFIGURATION_REQUEST_TIMEOUT:
      g_value_set_double (value, self->request_timeout);
      break;
    case U_CONFIGURATION_RESOURCE_TIMEOUT:
      g_value_set_double (value, self->resource_timeout);
      break;
    case U_CONFIGURATION_TLS_DATABASE:
      g_value_set_object (value, self->tls_database);
      break;
    case U_CONFIGURATION_ALLOWS_CELLULAR_ACCESS:
      g_value_set_boolean (value, self->allows_cellular_access);
      break;
    case U_CONFIGURATION_ALLOWS_CONSTRAINED_ACCESS:
      g_value_set_boolean (value, self->allows_constrained_access);
      break;
    case U_CONFIGURATION_ALLOWS_EXPENSIVE_ACCESS:
      g_value_set_boolean (value, self->allows_expensive_access);
      break;
    case U_CONFIGURATION_PROXY_RESOLVER:
      g_value_set_object (value, self->proxy_resolver);
      break;
    case U_CONFIGURATION_USES_HTTP1_ONLY:
      g_value_set_boolean (value, self->uses_http1_only);
      break;
    case U_CONFIGURATION_WAITS_FOR_CONNECTIVITY:
      g_value_set_boolean (value, self->waits_for_connectivity);
      break;
    case U_CONFIGURATION_COOKIE_ACCEPT_POLICY:
      g_value_set_enum (value, self->cookie_accept_policy);
      break;
    case U_CONFIGURATION_COOKIE_STORAGE:
      g_value_set_object (value, u_session_configuration_get_cookie_storage (self));
      break;
    case U_CONFIGURATION_CREDENTIAL_STORAGE:
      g_value_set_object (value, u_session_configuration_get_credential_storage (self));
      break;
    case U_CONFIGURATION_SENDS_COOKIES:
      g_value_set_boolean (value, self->sends_cookies);
      break;
    case U_CONFIGURATION_TRANSPORT_SECURITY:
      g_value_set_object (value, self->transport_security);
      break;
    case U_CONFIGURATION_RETRY_POLICY:
      g_value_set_object (value, self->retry_policy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_session_configuration_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  USessionConfiguration *self = U_SESSION_CONFIGURATION (object);

  switch (prop_id)
    {
    case U_CONFIGURATION_IS_EPHEMERAL:
      self->ephemeral = g_value_get_boolean (value);
      break;
    case U_CONFIGURATION_COLLECTS_METRICS:
      u_session_configuration_set_collects_metrics (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_IDENTIFIER:
      self->identifier = g_value_dup_string (value);
      break;
    case U_CONFIGURATION_MAX_CONNECTIONS_PER_HOST:
      u_session_configuration_set_max_connections_per_host (self, g_value_get_uint (value));
      break;
    case U_CONFIGURATION_REQUEST_TIMEOUT:
      u_session_configuration_set_request_timeout (self, g_value_get_double (value));
      break;
    case U_CONFIGURATION_RESOURCE_TIMEOUT:
      u_session_configuration_set_resource_timeout (self, g_value_get_double (value));
      break;
    case U_CONFIGURATION_TLS_DATABASE:
      u_session_configuration_set_tls_database (self, g_value_get_object (value));
      break;
    case U_CONFIGURATION_ALLOWS_CELLULAR_ACCESS:
      u_session_configuration_set_allows_cellular_access (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_ALLOWS_CONSTRAINED_ACCESS:
      u_session_configuration_set_allows_constrained_access (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_ALLOWS_EXPENSIVE_ACCESS:
      u_session_configuration_set_allows_expensive_access (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_PROXY_RESOLVER:
      u_session_configuration_set_proxy_resolver (self, g_value_get_object (value));
      break;
    case U_CONFIGURATION_USES_HTTP1_ONLY:
      u_session_configuration_set_uses_http1_only (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_WAITS_FOR_CONNECTIVITY:
      u_session_configuration_set_waits_for_connectivity (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_COOKIE_ACCEPT_POLICY:
      u_session_configuration_set_cookie_accept_policy (self, g_value_get_enum (value));
      break;
    case U_CONFIGURATION_COOKIE_STORAGE:
      u_session_configuration_set_cookie_storage (self, g_value_get_object (value));
      break;
    case U_CONFIGURATION_CREDENTIAL_STORAGE:
      u_session_configuration_set_credential_storage (self, g_value_get_object (value));
      break;
    case U_CONFIGURATION_SENDS_COOKIES:
      u_session_configuration_set_sends_cookies (self, g_value_get_boolean (value));
      break;
    case U_CONFIGURATION_RETRY_POLICY:
      u_session_configuration_set_retry_policy (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_session_configuration_class_init (USessionConfigurationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags writable = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_session_configuration_finalize;
  object_class->get_property = u_session_configuration_get_property;
  object_class->set_property = u_session_configuration_set_property;

  /**
   * USessionConfiguration:collects-metrics: (getter get_collects_metrics) (setter set_collects_metrics)
   *
   * Whether all tasks are measured, so that [property@Task:metrics] is there when they are over.
   *
   * A task is also measured if somebody listens to its [signal@Task::collected-metrics]. The default is %FALSE.
   */
  u_session_configuration_props[U_CONFIGURATION_COLLECTS_METRICS] =
    g_param_spec_boolean ("collects-metrics", NULL, NULL, FALSE, writable);
  /**
   * USessionConfiguration:is-ephemeral: (getter get_is_ephemeral)
   *
   * Whether nothing of the session is kept on disk; the files of downloads are, of course.
   */
  u_session_configuration_props[U_CONFIGURATION_IS_EPHEMERAL] =
    g_param_spec_boolean ("is-ephemeral", NULL, NULL, FALSE, construct);
  /**
   * USessionConfiguration:headers: (getter get_headers)
   *
   * Header fields for all requests of the session.
   *
   * A field of the request itself wins over one of the same name here.
   */
  u_session_configuration_props[U_CONFIGURATION_HEADERS] =
    g_param_spec_object ("headers", NULL, NULL, U_TYPE_HEADERS, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * USessionConfiguration:identifier: (getter get_identifier)
   *
   * The name of a background session, %NULL for all others.
   *
   * Background sessions are not available yet: each task of one fails with `U_ERROR_UNSUPPORTED_BY_SESSION`.
   */
  u_session_configuration_props[U_CONFIGURATION_IDENTIFIER] =
    g_param_spec_string ("identifier", NULL, NULL, NULL, construct);
  /**
   * USessionConfiguration:max-connections-per-host: (getter get_max_connections_per_host) (setter set_max_connections_per_host)
   *
   * How many connections the session has to one host at one time, at least 1; further tasks wait for their turn.
   *
   * The default is 6. A host is a name and a port. To all hosts together there are at most 32.
   */
  u_session_configuration_props[U_CONFIGURATION_MAX_CONNECTIONS_PER_HOST] =
    g_param_spec_uint ("max-connections-per-host", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_CONNECTIONS_PER_HOST, writable);
  /**
   * USessionConfiguration:request-timeout: (getter get_request_timeout) (setter set_request_timeout)
   *
   * After how many seconds in which no byte moves a task fails with `U_ERROR_TIMED_OUT`; 0 for never.
   *
   * Fractions count; the default is 60. The clock stands still while a task is suspended, waits for its turn, for a
   * decision about a redirect, or for the application to take what has arrived. A request can have a time of its own,
   * [property@Request:timeout].
   */
  u_session_configuration_props[U_CONFIGURATION_REQUEST_TIMEOUT] =
    g_param_spec_double ("request-timeout", NULL, NULL, 0, G_MAXDOUBLE, DEFAULT_REQUEST_TIMEOUT, writable);
  /**
   * USessionConfiguration:resource-timeout: (getter get_resource_timeout) (setter set_resource_timeout)
   *
   * After how many seconds in all a task fails with `U_ERROR_TIMED_OUT`; 0 for never.
   *
   * It counts from the first resume, whatever happens; the default is 604800, seven days.
   */
  u_session_configuration_props[U_CONFIGURATION_RESOURCE_TIMEOUT] =
    g_param_spec_double ("resource-timeout", NULL, NULL, 0, G_MAXDOUBLE, DEFAULT_RESOURCE_TIMEOUT, writable);
  /**
   * USessionConfiguration:tls-database: (getter get_tls_database) (setter set_tls_database)
   *
   * The authorities to trust, for instance a [iface@Gio.TlsFileDatabase]; %NULL for those of the system.
   *
   * It is used on threads of the library: one of GIO's own classes, not one that is written in Python or JavaScript.
   */
  u_session_configuration_props[U_CONFIGURATION_TLS_DATABASE] =
    g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, writable);
  /**
   * USessionConfiguration:allows-cellular-access: (getter get_allows_cellular_access) (setter set_allows_cellular_access)
   *
   * Whether tasks may use a cellular network; %TRUE unless it is said otherwise.
   *
   * A request can say so too, [property@Request:allows-cellular-access]: both have to allow it. A task that may not
   * fails with `U_ERROR_NOT_CONNECTED_TO_INTERNET`, [property@Task:failure-reason] says why; with
   * [property@SessionConfiguration:waits-for-connectivity] it waits instead.
   */
  u_session_configuration_props[U_CONFIGURATION_ALLOWS_CELLULAR_ACCESS] =
    g_param_spec_boolean ("allows-cellular-access", NULL, NULL, TRUE, writable);
  /**
   * USessionConfiguration:allows-constrained-access: (getter get_allows_constrained_access) (setter set_allows_constrained_access)
   *
   * Whether tasks may use the network while the machine saves power; %TRUE unless it is said otherwise.
   *
   * See [property@SessionConfiguration:allows-cellular-access].
   */
  u_session_configuration_props[U_CONFIGURATION_ALLOWS_CONSTRAINED_ACCESS] =
    g_param_spec_boolean ("allows-constrained-access", NULL, NULL, TRUE, writable);
  /**
   * USessionConfiguration:allows-expensive-access: (getter get_allows_expensive_access) (setter set_allows_expensive_access)
   *
   * Whether tasks may use a metered network; %TRUE unless it is said otherwise.
   *
   * See [property@SessionConfiguration:allows-cellular-access].
   */
  u_session_configuration_props[U_CONFIGURATION_ALLOWS_EXPENSIVE_ACCESS] =
    g_param_spec_boolean ("allows-expensive-access", NULL, NULL, TRUE, writable);
  /**
   * USessionConfiguration:proxy-resolver: (getter get_proxy_resolver) (setter set_proxy_resolver)
   *
   * Which proxies to use, for instance a [class@Gio.SimpleProxyResolver]; %NULL for the settings of the user.
   *
   * It may give URLs with the schemes `http`, `https`, `socks5`, `socks4`, `socks4a` and `direct`; when one cannot be
   * reached, the next one is tried. It is used on threads of the library: one of GIO's own classes, not one that is
   * written in Python or JavaScript.
   */
  u_session_configuration_props[U_CONFIGURATION_PROXY_RESOLVER] =
    g_param_spec_object ("proxy-resolver", NULL, NULL, G_TYPE_PROXY_RESOLVER, writable);
  /**
   * USessionConfiguration:uses-http1-only: (getter get_uses_http1_only) (setter set_uses_http1_only)
   *
   * Whether to speak HTTP/1.1 also with servers that speak HTTP/2; %FALSE unless it is said otherwise.
   */
  u_session_configuration_props[U_CONFIGURATION_USES_HTTP1_ONLY] =
    g_param_spec_boolean ("uses-http1-only", NULL, NULL, FALSE, writable);
  /**
   * USessionConfiguration:waits-for-connectivity: (getter get_waits_for_connectivity) (setter set_waits_for_connectivity)
   *
   * Whether a task that cannot connect waits for a network instead of failing at once; %FALSE unless it is said
   * otherwise.
   *
   * A connection is tried first, whatever is known of the network. [signal@Task::waiting-for-connectivity] tells that a
   * task waits. The resource timer runs meanwhile. A connection that is lost later is an error all the same.
   */
  u_session_configuration_props[U_CONFIGURATION_WAITS_FOR_CONNECTIVITY] =
    g_param_spec_boolean ("waits-for-connectivity", NULL, NULL, FALSE, writable);
  /**
   * USessionConfiguration:cookie-accept-policy: (getter get_cookie_accept_policy) (setter set_cookie_accept_policy)
   *
   * Which cookies of responses are stored; by default those of the site that the main document is from.
   *
   * It decides what is stored. What is sent is a matter of [property@SessionConfiguration:sends-cookies].
   */
  u_session_configuration_props[U_CONFIGURATION_COOKIE_ACCEPT_POLICY] =
    g_param_spec_enum ("cookie-accept-policy", NULL, NULL, U_TYPE_COOKIE_ACCEPT_POLICY,
                       U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN, writable);
  /**
   * USessionConfiguration:cookie-storage: (getter get_cookie_storage) (setter set_cookie_storage)
   *
   * Where cookies are kept; %NULL for no cookies, neither stored nor sent.
   *
   * A default configuration has the one that all sessions of the application share, on disk. Each ephemeral session has
   * one of its own, in memory: that of [property@Session:configuration], and not that of the configuration it was made
   * with.
   */
  u_session_configuration_props[U_CONFIGURATION_COOKIE_STORAGE] =
    g_param_spec_object ("cookie-storage", NULL, NULL, U_TYPE_COOKIE_STORAGE, writable);
  /**
   * USessionConfiguration:credential-storage: (getter get_credential_storage) (setter set_credential_storage)
   *
   * Where credentials are kept; %NULL for nowhere.
   *
   * A default configuration has the one that all sessions of the application share, with the keyring of the user behind
   * it. Each ephemeral session has one of its own, in memory: that of [property@Session:configuration], and not that of
   * the configuration it was made with.
   */
  u_session_configuration_props[U_CONFIGURATION_CREDENTIAL_STORAGE] =
    g_param_spec_object ("credential-storage", NULL, NULL, U_TYPE_CREDENTIAL_STORAGE, writable);
  /**
   * USessionConfiguration:sends-cookies: (getter get_sends_cookies) (setter set_sends_cookies)
   *
   * Whether requests carry the cookies that are stored; %TRUE unless it is said otherwise.
   */
  u_session_configuration_props[U_CONFIGURATION_SENDS_COOKIES] =
    g_param_spec_boolean ("sends-cookies", NULL, NULL, TRUE, writable);
  /**
   * USessionConfiguration:transport-security: (getter get_transport_security)
   *
   * What is demanded of connections: https, but for local addresses; TLS 1.2 at least; a valid certificate.
   *
   * Exceptions are made on this object, before the session is.
   */
  u_session_configuration_props[U_CONFIGURATION_TRANSPORT_SECURITY] =
    g_param_spec_object ("transport-security", NULL, NULL, U_TYPE_TRANSPORT_SECURITY,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * USessionConfiguration:retry-policy: (getter get_retry_policy) (setter set_retry_policy)
   *
   * Whether requests are made again when they fail; %NULL, as it is unless it is said otherwise, for never.
   *
   * A request can have another one, [property@Request:retry-policy]. The configuration takes a copy: later changes of
   * the policy make no difference.
   */
  u_session_configuration_props[U_CONFIGURATION_RETRY_POLICY] =
    g_param_spec_object ("retry-policy", NULL, NULL, U_TYPE_RETRY_POLICY, writable);
  g_object_class_install_properties (object_class, U_CONFIGURATION_N_PROPS, u_session_configuration_props);
}

static void
u_session_configuration_init (USessionConfiguration *self)
{
  self->request_timeout = DEFAULT_REQUEST_TIMEOUT;
  self->resource_timeout = DEFAULT_RESOURCE_TIMEOUT;
  self->max_connections_per_host = DEFAULT_MAX_CONNECTIONS_PER_HOST;
  self->allows_cellular_access = TRUE;
  self->allows_constrained_access = TRUE;
  self->allows_expensive_access = TRUE;
  self->headers = u_headers_new ();
  self->protocols = g_ptr_array_new_with_free_func (g_object_unref);
  self->transport_security = u_transport_security_new ();
  self->cookie_accept_policy = U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN;
  self->cookie_storage_is_default = TRUE;
  self->credential_storage_is_default = TRUE;
  self->sends_cookies = TRUE;
}

/**
 * u_session_configuration_new: (constructor)
 *
 * Makes a default configuration.
 *
 * Returns: (transfer full): a configuration that can be changed
 */
USessionConfiguration *
u_session_configuration_new (void)
{
  return g_object_new (U_TYPE_SESSION_CONFIGURATION, NULL);
}

/**
 * u_session_configuration_new_ephemeral: (constructor)
 *
 * Makes the configuration of a session that keeps nothing on disk.
 *
 * Returns: (transfer full): a configuration that can be changed
 */
USessionConfiguration *
u_session_configuration_new_ephemeral (void)
{
  return g_object_new (U_TYPE_SESSION_CONFIGURATION, "is-ephemeral", TRUE, NULL);
}

/**
 * u_session_configuration_new_background: (constructor)
 * @identifier: the name of the session, not empty
 *
 * Makes the configuration of a session whose tasks go on without the application.
 *
 * This never fails: what is wrong is the error of each task. Background sessions are not available yet, and that error
 * is `U_ERROR_UNSUPPORTED_BY_SESSION`.
 *
 * Returns: (transfer full): a configuration that can be changed
 */
USessionConfiguration *
u_session_configuration_new_background (const char *identifier)
{
  return g_object_new (U_TYPE_SESSION_CONFIGURATION, "identifier", identifier != NULL ? identifier : "", NULL);
}

/**
 * u_session_configuration_copy:
 * @self: a configuration
 *
 * Makes a copy, which can be changed also when @self is sealed.
 *
 * Returns: (transfer full): a configuration of its own
 */
USessionConfiguration *
u_session_configuration_copy (USessionConfiguration *self)
{
  USessionConfiguration *copy;

  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  copy = g_object_new (U_TYPE_SESSION_CONFIGURATION,
                       "is-ephemeral", self->ephemeral,
                       "identifier", self->identifier,
                       NULL);
  copy->collects_metrics = self->collects_metrics;
  copy->request_timeout = self->request_timeout;
  copy->resource_timeout = self->resource_timeout;
  copy->max_connections_per_host = self->max_connections_per_host;
  copy->allows_cellular_access = self->allows_cellular_access;
  copy->allows_constrained_access = self->allows_constrained_access;
  copy->allows_expensive_access = self->allows_expensive_access;
  copy->uses_http1_only = self->uses_http1_only;
  copy->waits_for_connectivity = self->waits_for_connectivity;
  g_set_object (&copy->proxy_resolver, self->proxy_resolver);
  g_set_object (&copy->retry_policy, self->retry_policy);
  g_object_unref (copy->headers);
  copy->headers = u_headers_copy (self->headers);
  g_ptr_array_unref (copy->protocols);
  copy->protocols = u_session_configuration_copy_protocols (self);
  g_set_object (&copy->tls_database, self->tls_database);
  g_object_unref (copy->transport_security);
  copy->transport_security = u_transport_security_copy (self->transport_security);
  copy->cookie_accept_policy = self->cookie_accept_policy;
  copy->sends_cookies = self->sends_cookies;
  /* An ephemeral session has stores of its own, also when another one was made with the same configuration. */
  copy->cookie_storage_is_default = self->cookie_storage_is_default;
  if (!self->cookie_storage_is_default)
    g_set_object (&copy->cookie_storage, self->cookie_storage);
  copy->credential_storage_is_default = self->credential_storage_is_default;
  if (!self->credential_storage_is_default)
    g_set_object (&copy->credential_storage, self->credential_storage);

  return copy;
}

USessionConfiguration *
u_session_configuration_dup_sealed (USessionConfiguration *self)
{
  USessionConfiguration *copy = u_session_configuration_copy (self);

  copy->sealed = TRUE;
  u_headers_seal (copy->headers);
  g_object_unref (copy->transport_security);
  copy->transport_security = u_transport_security_dup_sealed (self->transport_security);

  return copy;
}

gboolean
u_session_configuration_is_background (USessionConfiguration *self)
{
  return self->identifier != NULL;
}

/**
 * u_session_configuration_is_sealed:
 * @self: a configuration
 *
 * Gets whether the configuration belongs to a session and cannot be changed.
 *
 * Returns: %TRUE if a setter would be a programming error
 */
gboolean
u_session_configuration_is_sealed (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), TRUE);

  return self->sealed;
}

gboolean
u_session_configuration_check_open (USessionConfiguration *self, const char *property)
{
  if (self->sealed)
    g_critical ("The configuration of a session is sealed: “%s” cannot be set. Copy it, and make a new session.",
                property);

  return !self->sealed;
}

/**
 * u_session_configuration_get_is_ephemeral: (get-property is-ephemeral)
 * @self: a configuration
 *
 * Gets whether nothing of the session is kept on disk.
 *
 * Returns: %TRUE for an ephemeral one
 */
gboolean
u_session_configuration_get_is_ephemeral (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->ephemeral;
}

/**
 * u_session_configuration_get_identifier: (get-property identifier)
 * @self: a configuration
 *
 * Gets the name of a background session.
 *
 * Returns: (transfer none) (nullable): a name, %NULL for all other sessions
 */
const char *
u_session_configuration_get_identifier (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->identifier;
}

void
u_session_configuration_notify (USessionConfiguration *self, UConfigurationProperty property)
{
  g_object_notify_by_pspec (G_OBJECT (self), u_session_configuration_props[property]);
}

/* One of the many that are yes or no. */
void
u_session_configuration_set_boolean (USessionConfiguration *self,
                                     gboolean              *field,
                                     gboolean               value,
                                     UConfigurationProperty property)
{
  value = !!value;
  if (!u_session_configuration_check_open (self, u_session_configuration_props[property]->name) || *field == value)
    return;

  *field = value;
  u_session_configuration_notify (self, property);
}

/**
 * u_session_configuration_get_collects_metrics: (get-property collects-metrics)
 * @self: a configuration
 *
 * Gets whether all tasks are measured.
 *
 * Returns: %TRUE if they are
 */
gboolean
u_session_configuration_get_collects_metrics (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->collects_metrics;
}

/**
 * u_session_configuration_set_collects_metrics: (set-property collects-metrics)
 * @self: a configuration
 * @collects_metrics: %TRUE to have all tasks measured
 *
 * Sets whether all tasks are measured.
 */
void
u_session_configuration_set_collects_metrics (USessionConfiguration *self, gboolean collects_metrics)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->collects_metrics, collects_metrics,
                                       U_CONFIGURATION_COLLECTS_METRICS);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-retry-policy-private.h"
#include "urlsession/session/u-session-configuration-private.h"

/* What a configuration says of the network: limits, proxies, and which network may be used. */

/**
 * u_session_configuration_get_request_timeout: (get-property request-timeout)
 * @self: a configuration
 *
 * Gets how long a task may be without progress.
 *
 * Returns: seconds, 0 for ever
 */
double
u_session_configuration_get_request_timeout (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), 0);

  return self->request_timeout;
}

/**
 * u_session_configuration_set_request_timeout: (set-property request-timeout)
 * @self: a configuration
 * @request_timeout: seconds, 0 for ever
 *
 * Sets how long a task may be without progress.
 */
void
u_session_configuration_set_request_timeout (USessionConfiguration *self, double request_timeout)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (request_timeout >= 0);

  if (!u_session_configuration_check_open (self, "request-timeout") ||
      self->request_timeout == request_timeout)
    return;

  self->request_timeout = request_timeout;
  u_session_configuration_notify (self, U_CONFIGURATION_REQUEST_TIMEOUT);
}

/**
 * u_session_configuration_get_resource_timeout: (get-property resource-timeout)
 * @self: a configuration
 *
 * Gets how long a task may take in all.
 *
 * Returns: seconds, 0 for ever
 */
double
u_session_configuration_get_resource_timeout (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), 0);

  return self->resource_timeout;
}

/**
 * u_session_configuration_set_resource_timeout: (set-property resource-timeout)
 * @self: a configuration
 * @resource_timeout: seconds, 0 for ever
 *
 * Sets how long a task may take in all.
 */
void
u_session_configuration_set_resource_timeout (USessionConfiguration *self, double resource_timeout)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (resource_timeout >= 0);

  if (!u_session_configuration_check_open (self, "resource-timeout") ||
      self->resource_timeout == resource_timeout)
    return;

  self->resource_timeout = resource_timeout;
  u_session_configuration_notify (self, U_CONFIGURATION_RESOURCE_TIMEOUT);
}

/**
 * u_session_configuration_get_max_connections_per_host: (get-property max-connections-per-host)
 * @self: a configuration
 *
 * Gets how many connections the session has to one host at one time.
 *
 * Returns: a number from 1
 */
guint
u_session_configuration_get_max_connections_per_host (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), 0);

  return self->max_connections_per_host;
}

/**
 * u_session_configuration_set_max_connections_per_host: (set-property max-connections-per-host)
 * @self: a configuration
 * @max_connections_per_host: a number from 1
 *
 * Sets how many connections the session has to one host at one time.
 */
void
u_session_configuration_set_max_connections_per_host (USessionConfiguration *self, guint max_connections_per_host)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (max_connections_per_host >= 1 && max_connections_per_host <= G_MAXINT);

  if (!u_session_configuration_check_open (self, "max-connections-per-host") ||
      self->max_connections_per_host == max_connections_per_host)
    return;

  self->max_connections_per_host = max_connections_per_host;
  u_session_configuration_notify (self, U_CONFIGURATION_MAX_CONNECTIONS_PER_HOST);
}

/**
 * u_session_configuration_get_headers: (get-property headers)
 * @self: a configuration
 *
 * Gets the header fields for all requests of the session, to read or to change them.
 *
 * Returns: (transfer none): the header fields
 */
UHeaders *
u_session_configuration_get_headers (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->headers;
}

/**
 * u_session_configuration_get_allows_cellular_access: (get-property allows-cellular-access)
 * @self: a configuration
 *
 * Gets whether tasks may use a cellular network.
 *
 * Returns: %TRUE if they may, provided that the request allows it too
 */
gboolean
u_session_configuration_get_allows_cellular_access (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->allows_cellular_access;
}

/**
 * u_session_configuration_set_allows_cellular_access: (set-property allows-cellular-access)
 * @self: a configuration
 * @allows_cellular_access: %FALSE to keep tasks off cellular networks
 *
 * Sets whether tasks may use a cellular network.
 */
void
u_session_configuration_set_allows_cellular_access (USessionConfiguration *self, gboolean allows_cellular_access)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->allows_cellular_access, allows_cellular_access,
                                       U_CONFIGURATION_ALLOWS_CELLULAR_ACCESS);
}

/**
 * u_session_configuration_get_allows_constrained_access: (get-property allows-constrained-access)
 * @self: a configuration
 *
 * Gets whether tasks may use the network while the machine saves power.
 *
 * Returns: %TRUE if they may, provided that the request allows it too
 */
gboolean
u_session_configuration_get_allows_constrained_access (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->allows_constrained_access;
}

/**
 * u_session_configuration_set_allows_constrained_access: (set-property allows-constrained-access)
 * @self: a configuration
 * @allows_constrained_access: %FALSE to keep tasks off the network then
 *
 * Sets whether tasks may use the network while the machine saves power.
 */
void
u_session_configuration_set_allows_constrained_access (USessionConfiguration *self, gboolean allows_constrained_access)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->allows_constrained_access, allows_constrained_access,
                                       U_CONFIGURATION_ALLOWS_CONSTRAINED_ACCESS);
}

/**
 * u_session_configuration_get_allows_expensive_access: (get-property allows-expensive-access)
 * @self: a configuration
 *
 * Gets whether tasks may use a metered network.
 *
 * Returns: %TRUE if they may, provided that the request allows it too
 */
gboolean
u_session_configuration_get_allows_expensive_access (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->allows_expensive_access;
}

/**
 * u_session_configuration_set_allows_expensive_access: (set-property allows-expensive-access)
 * @self: a configuration
 * @allows_expensive_access: %FALSE to keep tasks off metered networks
 *
 * Sets whether tasks may use a metered network.
 */
void
u_session_configuration_set_allows_expensive_access (USessionConfiguration *self, gboolean allows_expensive_access)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->allows_expensive_access, allows_expensive_access,
                                       U_CONFIGURATION_ALLOWS_EXPENSIVE_ACCESS);
}

/**
 * u_session_configuration_get_uses_http1_only: (get-property uses-http1-only)
 * @self: a configuration
 *
 * Gets whether HTTP/1.1 is spoken also with servers that speak HTTP/2.
 *
 * Returns: %TRUE if HTTP/2 is not used
 */
gboolean
u_session_configuration_get_uses_http1_only (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->uses_http1_only;
}

/**
 * u_session_configuration_set_uses_http1_only: (set-property uses-http1-only)
 * @self: a configuration
 * @uses_http1_only: %TRUE to do without HTTP/2
 *
 * Sets whether HTTP/1.1 is spoken also with servers that speak HTTP/2.
 */
void
u_session_configuration_set_uses_http1_only (USessionConfiguration *self, gboolean uses_http1_only)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->uses_http1_only, uses_http1_only,
                                       U_CONFIGURATION_USES_HTTP1_ONLY);
}

/**
 * u_session_configuration_get_waits_for_connectivity: (get-property waits-for-connectivity)
 * @self: a configuration
 *
 * Gets whether a task that cannot connect waits instead of failing.
 *
 * Returns: %TRUE if it waits
 */
gboolean
u_session_configuration_get_waits_for_connectivity (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->waits_for_connectivity;
}

/**
 * u_session_configuration_set_waits_for_connectivity: (set-property waits-for-connectivity)
 * @self: a configuration
 * @waits_for_connectivity: %TRUE to wait
 *
 * Sets whether a task that cannot connect waits instead of failing.
 */
void
u_session_configuration_set_waits_for_connectivity (USessionConfiguration *self, gboolean waits_for_connectivity)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->waits_for_connectivity, waits_for_connectivity,
                                       U_CONFIGURATION_WAITS_FOR_CONNECTIVITY);
}

/* Those of GIO: the one of the settings, which is whatever GIO made, and the simple one. */
static gboolean
is_native_resolver (GProxyResolver *resolver)
{
  return resolver == g_proxy_resolver_get_default () || G_OBJECT_TYPE (resolver) == G_TYPE_SIMPLE_PROXY_RESOLVER;
}

/**
 * u_session_configuration_get_proxy_resolver: (get-property proxy-resolver)
 * @self: a configuration
 *
 * Gets what says which proxies to use.
 *
 * Returns: (transfer none) (nullable): a resolver, or %NULL for the settings of the user
 */
GProxyResolver *
u_session_configuration_get_proxy_resolver (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->proxy_resolver;
}

/**
 * u_session_configuration_set_proxy_resolver: (set-property proxy-resolver)
 * @self: a configuration
 * @proxy_resolver: (nullable): a resolver of GIO, or %NULL for the settings of the user
 *
 * Sets what says which proxies to use.
 */
void
u_session_configuration_set_proxy_resolver (USessionConfiguration *self, GProxyResolver *proxy_resolver)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (proxy_resolver == NULL || G_IS_PROXY_RESOLVER (proxy_resolver));

  if (!u_session_configuration_check_open (self, "proxy-resolver"))
    return;
  if (proxy_resolver != NULL && !is_native_resolver (proxy_resolver))
    {
      g_critical ("%s is not a proxy resolver of GIO, and cannot be called on another thread: use a "
                  "GSimpleProxyResolver.", G_OBJECT_TYPE_NAME (proxy_resolver));
      return;
    }

  if (g_set_object (&self->proxy_resolver, proxy_resolver))
    u_session_configuration_notify (self, U_CONFIGURATION_PROXY_RESOLVER);
}

/**
 * u_session_configuration_get_retry_policy: (get-property retry-policy)
 * @self: a configuration
 *
 * Gets whether requests are made again when they fail.
 *
 * Returns: (transfer none) (nullable): a policy that cannot be changed, or %NULL for never
 */
URetryPolicy *
u_session_configuration_get_retry_policy (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->retry_policy;
}

/**
 * u_session_configuration_set_retry_policy: (set-property retry-policy)
 * @self: a configuration
 * @retry_policy: (nullable): a policy, of which the configuration takes a copy; %NULL for never
 *
 * Sets whether requests are made again when they fail.
 */
void
u_session_configuration_set_retry_policy (USessionConfiguration *self, URetryPolicy *retry_policy)
{
  g_autoptr (URetryRules) old = NULL;
  g_autoptr (URetryRules) rules = NULL;

  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (retry_policy == NULL || U_IS_RETRY_POLICY (retry_policy));

  if (!u_session_configuration_check_open (self, "retry-policy"))
    return;

  if (self->retry_policy != NULL)
    old = u_retry_policy_ref_rules (self->retry_policy);
  if (retry_policy != NULL)
    rules = u_retry_policy_ref_rules (retry_policy);
  if (u_retry_rules_equal (old, rules))
    return;

  g_clear_object (&self->retry_policy);
  if (rules != NULL)
    self->retry_policy = u_retry_policy_new_sealed (rules);
  u_session_configuration_notify (self, U_CONFIGURATION_RETRY_POLICY);
}

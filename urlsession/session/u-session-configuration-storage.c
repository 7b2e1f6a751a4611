/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-configuration-private.h"

/* What a configuration says of what is remembered between requests. */

/**
 * u_session_configuration_get_cookie_accept_policy: (get-property cookie-accept-policy)
 * @self: a configuration
 *
 * Gets which cookies of responses are stored.
 *
 * Returns: the policy
 */
UCookieAcceptPolicy
u_session_configuration_get_cookie_accept_policy (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), U_COOKIE_ACCEPT_POLICY_NEVER);

  return self->cookie_accept_policy;
}

/**
 * u_session_configuration_set_cookie_accept_policy: (set-property cookie-accept-policy)
 * @self: a configuration
 * @cookie_accept_policy: the policy
 *
 * Sets which cookies of responses are stored.
 */
void
u_session_configuration_set_cookie_accept_policy (USessionConfiguration *self,
                                                  UCookieAcceptPolicy    cookie_accept_policy)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  if (!u_session_configuration_check_open (self, "cookie-accept-policy") ||
      self->cookie_accept_policy == cookie_accept_policy)
    return;

  self->cookie_accept_policy = cookie_accept_policy;
  u_session_configuration_notify (self, U_CONFIGURATION_COOKIE_ACCEPT_POLICY);
}

/**
 * u_session_configuration_get_cookie_storage: (get-property cookie-storage)
 * @self: a configuration
 *
 * Gets where cookies are kept.
 *
 * Returns: (transfer none) (nullable): a storage, or %NULL for no cookies
 */
UCookieStorage *
u_session_configuration_get_cookie_storage (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  if (!self->cookie_storage_is_default)
    return self->cookie_storage;
  if (!self->ephemeral)
    return u_cookie_storage_get_shared ();
  if (self->cookie_storage == NULL)
    self->cookie_storage = u_cookie_storage_new (NULL);

  return self->cookie_storage;
}

/**
 * u_session_configuration_set_cookie_storage: (set-property cookie-storage)
 * @self: a configuration
 * @cookie_storage: (nullable): a storage, or %NULL for no cookies
 *
 * Sets where cookies are kept.
 */
void
u_session_configuration_set_cookie_storage (USessionConfiguration *self, UCookieStorage *cookie_storage)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (cookie_storage == NULL || U_IS_COOKIE_STORAGE (cookie_storage));

  if (!u_session_configuration_check_open (self, "cookie-storage") ||
      u_session_configuration_get_cookie_storage (self) == cookie_storage)
    return;

  self->cookie_storage_is_default = FALSE;
  g_set_object (&self->cookie_storage, cookie_storage);
  u_session_configuration_notify (self, U_CONFIGURATION_COOKIE_STORAGE);
}

/**
 * u_session_configuration_get_sends_cookies: (get-property sends-cookies)
 * @self: a configuration
 *
 * Gets whether requests carry the cookies that are stored.
 *
 * Returns: %TRUE if they do
 */
gboolean
u_session_configuration_get_sends_cookies (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->sends_cookies;
}

/**
 * u_session_configuration_set_sends_cookies: (set-property sends-cookies)
 * @self: a configuration
 * @sends_cookies: %FALSE for requests without cookies
 *
 * Sets whether requests carry the cookies that are stored.
 */
void
u_session_configuration_set_sends_cookies (USessionConfiguration *self, gboolean sends_cookies)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));

  u_session_configuration_set_boolean (self, &self->sends_cookies, sends_cookies, U_CONFIGURATION_SENDS_COOKIES);
}

/**
 * u_session_configuration_get_credential_storage: (get-property credential-storage)
 * @self: a configuration
 *
 * Gets where credentials are kept.
 *
 * Returns: (transfer none) (nullable): a storage, or %NULL for nowhere
 */
UCredentialStorage *
u_session_configuration_get_credential_storage (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  if (!self->credential_storage_is_default)
    return self->credential_storage;
  if (!self->ephemeral)
    return u_credential_storage_get_shared ();
  if (self->credential_storage == NULL)
    self->credential_storage = u_credential_storage_new ();

  return self->credential_storage;
}

/**
 * u_session_configuration_set_credential_storage: (set-property credential-storage)
 * @self: a configuration
 * @credential_storage: (nullable): a storage, or %NULL for nowhere
 *
 * Sets where credentials are kept.
 */
void
u_session_configuration_set_credential_storage (USessionConfiguration *self, UCredentialStorage *credential_storage)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (credential_storage == NULL || U_IS_CREDENTIAL_STORAGE (credential_storage));

  if (!u_session_configuration_check_open (self, "credential-storage") ||
      u_session_configuration_get_credential_storage (self) == credential_storage)
    return;

  self->credential_storage_is_default = FALSE;
  g_set_object (&self->credential_storage, credential_storage);
  u_session_configuration_notify (self, U_CONFIGURATION_CREDENTIAL_STORAGE);
}

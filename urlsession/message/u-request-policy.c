/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-retry-policy-private.h"

/* What a request says of cookies, of the networks that may be used, and of other attempts. */

/**
 * u_request_get_allows_cellular_access: (get-property allows-cellular-access)
 * @self: a request
 *
 * Gets whether the load may use a cellular network.
 *
 * Returns: whether the load may use a cellular network
 */
gboolean
u_request_get_allows_cellular_access (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), TRUE);

  return self->data->allows_cellular_access;
}

/**
 * u_request_set_allows_cellular_access: (set-property allows-cellular-access)
 * @self: a request that is not sealed
 * @allows_cellular_access: %FALSE to keep the load off cellular networks
 *
 * Sets whether the load may use a cellular network.
 */
void
u_request_set_allows_cellular_access (URequest *self, gboolean allows_cellular_access)
{
  g_return_if_fail (U_IS_REQUEST (self));

  allows_cellular_access = allows_cellular_access != FALSE;
  if (allows_cellular_access == self->data->allows_cellular_access && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  self->data->allows_cellular_access = allows_cellular_access;
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_ALLOWS_CELLULAR_ACCESS]);
}

/**
 * u_request_get_allows_constrained_access: (get-property allows-constrained-access)
 * @self: a request
 *
 * Gets whether the load may use a network that is to be spared.
 *
 * Returns: whether the load may use a network that is to be spared
 */
gboolean
u_request_get_allows_constrained_access (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), TRUE);

  return self->data->allows_constrained_access;
}

/**
 * u_request_set_allows_constrained_access: (set-property allows-constrained-access)
 * @self: a request that is not sealed
 * @allows_constrained_access: %FALSE to keep the load off such networks
 *
 * Sets whether the load may use a network that is to be spared.
 */
void
u_request_set_allows_constrained_access (URequest *self, gboolean allows_constrained_access)
{
  g_return_if_fail (U_IS_REQUEST (self));

  allows_constrained_access = allows_constrained_access != FALSE;
  if (allows_constrained_access == self->data->allows_constrained_access && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  self->data->allows_constrained_access = allows_constrained_access;
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_ALLOWS_CONSTRAINED_ACCESS]);
}

/**
 * u_request_get_allows_expensive_access: (get-property allows-expensive-access)
 * @self: a request
 *
 * Gets whether the load may use a network that costs by the amount.
 *
 * Returns: whether the load may use a network that costs by the amount
 */
gboolean
u_request_get_allows_expensive_access (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), TRUE);

  return self->data->allows_expensive_access;
}

/**
 * u_request_set_allows_expensive_access: (set-property allows-expensive-access)
 * @self: a request that is not sealed
 * @allows_expensive_access: %FALSE to keep the load off such networks
 *
 * Sets whether the load may use a network that costs by the amount.
 */
void
u_request_set_allows_expensive_access (URequest *self, gboolean allows_expensive_access)
{
  g_return_if_fail (U_IS_REQUEST (self));

  allows_expensive_access = allows_expensive_access != FALSE;
  if (allows_expensive_access == self->data->allows_expensive_access && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  self->data->allows_expensive_access = allows_expensive_access;
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_ALLOWS_EXPENSIVE_ACCESS]);
}

/**
 * u_request_get_handles_cookies: (get-property handles-cookies)
 * @self: a request
 *
 * Gets whether stored cookies are sent, and received ones stored.
 *
 * Returns: whether stored cookies are sent, and received ones stored
 */
gboolean
u_request_get_handles_cookies (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), TRUE);

  return self->data->handles_cookies;
}

/**
 * u_request_set_handles_cookies: (set-property handles-cookies)
 * @self: a request that is not sealed
 * @handles_cookies: %FALSE to leave the store of cookies alone
 *
 * Sets whether stored cookies are sent, and received ones stored.
 */
void
u_request_set_handles_cookies (URequest *self, gboolean handles_cookies)
{
  g_return_if_fail (U_IS_REQUEST (self));

  handles_cookies = handles_cookies != FALSE;
  if (handles_cookies == self->data->handles_cookies && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  self->data->handles_cookies = handles_cookies;
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_HANDLES_COOKIES]);
}

/**
 * u_request_get_main_document_uri: (get-property main-document-uri)
 * @self: a request
 *
 * Gets the URL of the document that this is loaded for.
 *
 * Returns: (nullable) (transfer none): the URL, or %NULL if the request is not for a part of another document
 */
const char *
u_request_get_main_document_uri (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->main_document_uri;
}

/**
 * u_request_set_main_document_uri: (set-property main-document-uri)
 * @self: a request that is not sealed
 * @main_document_uri: (nullable): the URL of a document; %NULL if the request is not for a part of another document
 *
 * Sets the URL of the document that this is loaded for.
 */
void
u_request_set_main_document_uri (URequest *self, const char *main_document_uri)
{
  g_autofree char *copy = NULL;

  g_return_if_fail (U_IS_REQUEST (self));

  if (g_strcmp0 (main_document_uri, self->data->main_document_uri) == 0 && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  copy = g_strdup (main_document_uri);
  g_free (self->data->main_document_uri);
  self->data->main_document_uri = g_steal_pointer (&copy);
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_MAIN_DOCUMENT_URI]);
}

/**
 * u_request_get_retry_policy: (get-property retry-policy)
 * @self: a request
 *
 * Gets whether the request is made again when it fails.
 *
 * Returns: (nullable) (transfer none): a policy that cannot be changed, or %NULL for that of the session
 */
URetryPolicy *
u_request_get_retry_policy (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  if (self->data->retry == NULL)
    return NULL;

  if (g_atomic_pointer_get (&self->retry_policy) == NULL)
    {
      g_autoptr (URetryPolicy) policy = u_retry_policy_new_sealed (self->data->retry);

      /* Another thread may have been faster with a sealed request. */
      if (g_atomic_pointer_compare_and_exchange (&self->retry_policy, NULL, policy))
        g_steal_pointer (&policy);
    }

  return self->retry_policy;
}

/**
 * u_request_set_retry_policy: (set-property retry-policy)
 * @self: a request that is not sealed
 * @retry_policy: (nullable): a policy, of which the request takes a copy; %NULL for that of the session
 *
 * Sets whether the request is made again when it fails.
 */
void
u_request_set_retry_policy (URequest *self, URetryPolicy *retry_policy)
{
  g_autoptr (URetryRules) rules = NULL;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (retry_policy == NULL || U_IS_RETRY_POLICY (retry_policy));

  if (retry_policy != NULL)
    rules = u_retry_policy_ref_rules (retry_policy);
  if (u_retry_rules_equal (rules, self->data->retry) && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  g_clear_object (&self->retry_policy);
  g_clear_pointer (&self->data->retry, u_retry_rules_unref);
  self->data->retry = g_steal_pointer (&rules);
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_RETRY_POLICY]);
}

/**
 * u_request_get_maximum_body_length: (get-property maximum-body-length)
 * @self: a request
 *
 * Gets how many bytes the body of the response may have.
 *
 * Returns: bytes, after decoding; 0 for any number
 */
gint64
u_request_get_maximum_body_length (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), 0);

  return self->data->maximum_body_length;
}

/**
 * u_request_set_maximum_body_length: (set-property maximum-body-length)
 * @self: a request that is not sealed
 * @maximum_body_length: bytes, after decoding; 0 for any number
 *
 * Sets how many bytes the body of the response may have.
 */
void
u_request_set_maximum_body_length (URequest *self, gint64 maximum_body_length)
{
  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (maximum_body_length >= 0);

  if (maximum_body_length == self->data->maximum_body_length && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  self->data->maximum_body_length = maximum_body_length;
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_MAXIMUM_BODY_LENGTH]);
}

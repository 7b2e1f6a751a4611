/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-transaction-metrics-private.h"

/* What can be read of the measurement of an exchange. */

/**
 * u_transaction_metrics_get_request: (get-property request)
 * @self: metrics
 *
 * Gets the request with the header fields that were sent.
 *
 * Returns: (transfer none) (nullable): a sealed request; %NULL only for an object that no task made
 */
URequest *
u_transaction_metrics_get_request (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->request;
}

/**
 * u_transaction_metrics_get_response: (get-property response)
 * @self: metrics
 *
 * Gets the response.
 *
 * Returns: (transfer none) (nullable): a response, or %NULL if there was none
 */
UResponse *
u_transaction_metrics_get_response (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->response;
}

/**
 * u_transaction_metrics_get_fetch_type: (get-property fetch-type)
 * @self: metrics
 *
 * Gets where the response came from.
 *
 * Returns: the kind of place
 */
UFetchType
u_transaction_metrics_get_fetch_type (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), U_FETCH_TYPE_UNKNOWN);

  return self->data != NULL ? self->data->fetch : U_FETCH_TYPE_UNKNOWN;
}

/**
 * u_transaction_metrics_get_fetch_start_date: (get-property fetch-start-date)
 * @self: metrics
 *
 * Gets when the exchange was asked for.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_fetch_start_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_FETCH_START];
}

/**
 * u_transaction_metrics_get_domain_lookup_start_date: (get-property domain-lookup-start-date)
 * @self: metrics
 *
 * Gets when the search for the addresses of the host began.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_domain_lookup_start_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_DOMAIN_LOOKUP_START];
}

/**
 * u_transaction_metrics_get_domain_lookup_end_date: (get-property domain-lookup-end-date)
 * @self: metrics
 *
 * Gets when the addresses of the host were known.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_domain_lookup_end_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_DOMAIN_LOOKUP_END];
}

/**
 * u_transaction_metrics_get_connect_start_date: (get-property connect-start-date)
 * @self: metrics
 *
 * Gets when the connection was begun.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_connect_start_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_CONNECT_START];
}

/**
 * u_transaction_metrics_get_secure_connection_start_date: (get-property secure-connection-start-date)
 * @self: metrics
 *
 * Gets when the TLS handshake began.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_secure_connection_start_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_SECURE_CONNECTION_START];
}

/**
 * u_transaction_metrics_get_secure_connection_end_date: (get-property secure-connection-end-date)
 * @self: metrics
 *
 * Gets when the TLS handshake was done.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_secure_connection_end_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_SECURE_CONNECTION_END];
}

/**
 * u_transaction_metrics_get_connect_end_date: (get-property connect-end-date)
 * @self: metrics
 *
 * Gets when the connection was ready to be used, TLS included.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_connect_end_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_CONNECT_END];
}

/**
 * u_transaction_metrics_get_request_start_date: (get-property request-start-date)
 * @self: metrics
 *
 * Gets when the first byte of the request was written.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_request_start_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_REQUEST_START];
}

/**
 * u_transaction_metrics_get_request_end_date: (get-property request-end-date)
 * @self: metrics
 *
 * Gets when the last byte of the request was written.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_request_end_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_REQUEST_END];
}

/**
 * u_transaction_metrics_get_response_start_date: (get-property response-start-date)
 * @self: metrics
 *
 * Gets when the first byte of the response arrived.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_response_start_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_RESPONSE_START];
}

/**
 * u_transaction_metrics_get_response_end_date: (get-property response-end-date)
 * @self: metrics
 *
 * Gets when the last byte of the response was read.
 *
 * Returns: (transfer none) (nullable): an instant in UTC, or %NULL if that did not happen
 */
GDateTime *
u_transaction_metrics_get_response_end_date (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->dates[U_TRANSACTION_RESPONSE_END];
}

/**
 * u_transaction_metrics_get_protocol_name: (get-property protocol-name)
 * @self: metrics
 *
 * Gets the protocol, as it is called in ALPN.
 *
 * Returns: (transfer none) (nullable): a name, or %NULL if there was none
 */
const char *
u_transaction_metrics_get_protocol_name (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->data != NULL ? self->data->protocol : NULL;
}

/**
 * u_transaction_metrics_get_is_reused_connection: (get-property is-reused-connection)
 * @self: metrics
 *
 * Gets whether an earlier exchange had left the connection.
 *
 * Returns: %TRUE if the connection was there already
 */
gboolean
u_transaction_metrics_get_is_reused_connection (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), FALSE);

  return self->data != NULL ? self->data->reused_connection : FALSE;
}

/**
 * u_transaction_metrics_get_is_proxy_connection: (get-property is-proxy-connection)
 * @self: metrics
 *
 * Gets whether the connection leads to a proxy.
 *
 * Returns: %TRUE if there is a proxy in between
 */
gboolean
u_transaction_metrics_get_is_proxy_connection (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), FALSE);

  return self->data != NULL ? self->data->proxy_connection : FALSE;
}

/**
 * u_transaction_metrics_get_local_address: (get-property local-address)
 * @self: metrics
 *
 * Gets the address of this machine on the connection.
 *
 * Returns: (transfer none) (nullable): an IP address, or %NULL if it is not known
 */
const char *
u_transaction_metrics_get_local_address (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->data != NULL ? self->data->local_address : NULL;
}

/**
 * u_transaction_metrics_get_local_port: (get-property local-port)
 * @self: metrics
 *
 * Gets the port of this machine on the connection.
 *
 * Returns: a port, or 0 if it is not known
 */
guint
u_transaction_metrics_get_local_port (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->local_port : 0;
}

/**
 * u_transaction_metrics_get_remote_address: (get-property remote-address)
 * @self: metrics
 *
 * Gets the address of the server, or of the proxy.
 *
 * Returns: (transfer none) (nullable): an IP address, or %NULL if there was no connection
 */
const char *
u_transaction_metrics_get_remote_address (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->data != NULL ? self->data->remote_address : NULL;
}

/**
 * u_transaction_metrics_get_remote_port: (get-property remote-port)
 * @self: metrics
 *
 * Gets the port of the server, or of the proxy.
 *
 * Returns: a port, or 0 if there was no connection
 */
guint
u_transaction_metrics_get_remote_port (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->remote_port : 0;
}

/**
 * u_transaction_metrics_get_tls_protocol_version: (get-property tls-protocol-version)
 * @self: metrics
 *
 * Gets the version of TLS.
 *
 * Returns: (transfer none) (nullable): a version, such as `TLSv1.3`, or %NULL without TLS
 */
const char *
u_transaction_metrics_get_tls_protocol_version (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->data != NULL ? self->data->tls_version : NULL;
}

/**
 * u_transaction_metrics_get_tls_cipher_suite: (get-property tls-cipher-suite)
 * @self: metrics
 *
 * Gets the cipher suite as the TLS library names it.
 *
 * Returns: (transfer none) (nullable): a name, or %NULL without TLS
 */
const char *
u_transaction_metrics_get_tls_cipher_suite (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), NULL);

  return self->data != NULL ? self->data->tls_cipher : NULL;
}

/**
 * u_transaction_metrics_get_request_header_bytes_sent: (get-property request-header-bytes-sent)
 * @self: metrics
 *
 * Gets the size of the head of the request as it was sent.
 *
 * Returns: bytes
 */
gint64
u_transaction_metrics_get_request_header_bytes_sent (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->request_header_bytes : 0;
}

/**
 * u_transaction_metrics_get_request_body_bytes_sent: (get-property request-body-bytes-sent)
 * @self: metrics
 *
 * Gets how many bytes of the body of the request were sent.
 *
 * Returns: bytes
 */
gint64
u_transaction_metrics_get_request_body_bytes_sent (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->request_body_bytes : 0;
}

/**
 * u_transaction_metrics_get_response_header_bytes_received: (get-property response-header-bytes-received)
 * @self: metrics
 *
 * Gets the size of the head of the response as it arrived.
 *
 * Returns: bytes
 */
gint64
u_transaction_metrics_get_response_header_bytes_received (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->response_header_bytes : 0;
}

/**
 * u_transaction_metrics_get_response_body_bytes_received: (get-property response-body-bytes-received)
 * @self: metrics
 *
 * Gets how many bytes of the body of the response were read.
 *
 * Returns: bytes, before a content coding was taken off
 */
gint64
u_transaction_metrics_get_response_body_bytes_received (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->response_body_bytes : 0;
}

/**
 * u_transaction_metrics_get_response_body_bytes_after_decoding: (get-property response-body-bytes-after-decoding)
 * @self: metrics
 *
 * Gets how many bytes of the body of the response there were after decoding.
 *
 * Returns: bytes
 */
gint64
u_transaction_metrics_get_response_body_bytes_after_decoding (UTransactionMetrics *self)
{
  g_return_val_if_fail (U_IS_TRANSACTION_METRICS (self), 0);

  return self->data != NULL ? self->data->response_body_decoded_bytes : 0;
}

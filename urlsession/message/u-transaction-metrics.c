/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-transaction-metrics-private.h"

#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-response-private.h"
#include "urlsession/u-enum-types.h"

/**
 * UTransactionMetrics:
 *
 * What was measured of one exchange of a task: a request and the response to it.
 *
 * [method@TaskMetrics.dup_transactions] has one for each. The dates come in this order, and are %NULL for a stage that
 * was skipped: a connection that was there already needs no look-up, no connecting and no handshake.
 *
 * * `fetch-start-date`
 * * `domain-lookup-start-date`, `domain-lookup-end-date`
 * * `connect-start-date`, `secure-connection-start-date`, `secure-connection-end-date`, `connect-end-date`
 * * `request-start-date`, `request-end-date`
 * * `response-start-date`, `response-end-date`
 *
 * Those of one exchange are taken from a clock that nobody sets: their differences are right even if the time of day
 * was changed meanwhile.
 *
 * Immutable; may be used from any thread.
 */

enum {
  PROP_0,
  PROP_CONNECT_END_DATE,
  PROP_CONNECT_START_DATE,
  PROP_DOMAIN_LOOKUP_END_DATE,
  PROP_DOMAIN_LOOKUP_START_DATE,
  PROP_FETCH_START_DATE,
  PROP_FETCH_TYPE,
  PROP_IS_PROXY_CONNECTION,
  PROP_IS_REUSED_CONNECTION,
  PROP_LOCAL_ADDRESS,
  PROP_LOCAL_PORT,
  PROP_PROTOCOL_NAME,
  PROP_REMOTE_ADDRESS,
  PROP_REMOTE_PORT,
  PROP_REQUEST,
  PROP_REQUEST_BODY_BYTES_SENT,
  PROP_REQUEST_END_DATE,
  PROP_REQUEST_HEADER_BYTES_SENT,
  PROP_REQUEST_START_DATE,
  PROP_RESPONSE,
  PROP_RESPONSE_BODY_BYTES_AFTER_DECODING,
  PROP_RESPONSE_BODY_BYTES_RECEIVED,
  PROP_RESPONSE_END_DATE,
  PROP_RESPONSE_HEADER_BYTES_RECEIVED,
  PROP_RESPONSE_START_DATE,
  PROP_SECURE_CONNECTION_END_DATE,
  PROP_SECURE_CONNECTION_START_DATE,
  PROP_TLS_CIPHER_SUITE,
  PROP_TLS_PROTOCOL_VERSION,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UTransactionMetrics, u_transaction_metrics, G_TYPE_OBJECT)

/* Which field a date comes from. */
static const gsize date_fields[] = {
  [U_TRANSACTION_FETCH_START] = G_STRUCT_OFFSET (UTransactionData, fetch_start),
  [U_TRANSACTION_DOMAIN_LOOKUP_START] = G_STRUCT_OFFSET (UTransactionData, domain_lookup_start),
  [U_TRANSACTION_DOMAIN_LOOKUP_END] = G_STRUCT_OFFSET (UTransactionData, domain_lookup_end),
  [U_TRANSACTION_CONNECT_START] = G_STRUCT_OFFSET (UTransactionData, connect_start),
  [U_TRANSACTION_SECURE_CONNECTION_START] = G_STRUCT_OFFSET (UTransactionData, secure_connection_start),
  [U_TRANSACTION_SECURE_CONNECTION_END] = G_STRUCT_OFFSET (UTransactionData, secure_connection_end),
  [U_TRANSACTION_CONNECT_END] = G_STRUCT_OFFSET (UTransactionData, connect_end),
  [U_TRANSACTION_REQUEST_START] = G_STRUCT_OFFSET (UTransactionData, request_start),
  [U_TRANSACTION_REQUEST_END] = G_STRUCT_OFFSET (UTransactionData, request_end),
  [U_TRANSACTION_RESPONSE_START] = G_STRUCT_OFFSET (UTransactionData, response_start),
  [U_TRANSACTION_RESPONSE_END] = G_STRUCT_OFFSET (UTransactionData, response_end),
};

G_STATIC_ASSERT (G_N_ELEMENTS (date_fields) == U_TRANSACTION_N_DATES);

static void
u_transaction_metrics_finalize (GObject *object)
{
  UTransactionMetrics *self = U_TRANSACTION_METRICS (object);

  g_clear_pointer (&self->data, u_transaction_data_unref);
  g_clear_object (&self->request);
  g_clear_object (&self->response);
  for (guint i = 0; i < U_TRANSACTION_N_DATES; i++)
    g_clear_pointer (&self->dates[i], g_date_time_unref);

  G_OBJECT_CLASS (u_transaction_metrics_parent_class)->finalize (object);
}

static void
u_transaction_metrics_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UTransactionMetrics *self = U_TRANSACTION_METRICS (object);

  switch (prop_id)
    {
    case PROP_CONNECT_END_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_connect_end_date (self));
      break;
    case PROP_CONNECT_START_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_connect_start_date (self));
      break;
    case PROP_DOMAIN_LOOKUP_END_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_domain_lookup_end_date (self));
      break;
    case PROP_DOMAIN_LOOKUP_START_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_domain_lookup_start_date (self));
      break;
    case PROP_FETCH_START_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_fetch_start_date (self));
      break;
    case PROP_FETCH_TYPE:
      g_value_set_enum (value, u_transaction_metrics_get_fetch_type (self));
      break;
    case PROP_IS_PROXY_CONNECTION:
      g_value_set_boolean (value, u_transaction_metrics_get_is_proxy_connection (self));
      break;
    case PROP_IS_REUSED_CONNECTION:
      g_value_set_boolean (value, u_transaction_metrics_get_is_reused_connection (self));
      break;
    case PROP_LOCAL_ADDRESS:
      g_value_set_string (value, u_transaction_metrics_get_local_address (self));
      break;
    case PROP_LOCAL_PORT:
      g_value_set_uint (value, u_transaction_metrics_get_local_port (self));
      break;
    case PROP_PROTOCOL_NAME:
      g_value_set_string (value, u_transaction_metrics_get_protocol_name (self));
      break;
    case PROP_REMOTE_ADDRESS:
      g_value_set_string (value, u_transaction_metrics_get_remote_address (self));
      break;
    case PROP_REMOTE_PORT:
      g_value_set_uint (value, u_transaction_metrics_get_remote_port (self));
      break;
    case PROP_REQUEST:
      g_value_set_object (value, u_transaction_metrics_get_request (self));
      break;
    case PROP_REQUEST_BODY_BYTES_SENT:
      g_value_set_int64 (value, u_transaction_metrics_get_request_body_bytes_sent (self));
      break;
    case PROP_REQUEST_END_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_request_end_date (self));
      break;
    case PROP_REQUEST_HEADER_BYTES_SENT:
      g_value_set_int64 (value, u_transaction_metrics_get_request_header_bytes_sent (self));
      break;
    case PROP_REQUEST_START_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_request_start_date (self));
      break;
    case PROP_RESPONSE:
      g_value_set_object (value, u_transaction_metrics_get_response (self));
      break;
    case PROP_RESPONSE_BODY_BYTES_AFTER_DECODING:
      g_value_set_int64 (value, u_transaction_metrics_get_response_body_bytes_after_decoding (self));
      break;
    case PROP_RESPONSE_BODY_BYTES_RECEIVED:
      g_value_set_int64 (value, u_transaction_metrics_get_response_body_bytes_received (self));
      break;
    case PROP_RESPONSE_END_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_response_end_date (self));
      break;
    case PROP_RESPONSE_HEADER_BYTES_RECEIVED:
      g_value_set_int64 (value, u_transaction_metrics_get_response_header_bytes_received (self));
      break;
    case PROP_RESPONSE_START_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_response_start_date (self));
      break;
    case PROP_SECURE_CONNECTION_END_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_secure_connection_end_date (self));
      break;
    case PROP_SECURE_CONNECTION_START_DATE:
      g_value_set_boxed (value, u_transaction_metrics_get_secure_connection_start_date (self));
      break;
    case PROP_TLS_CIPHER_SUITE:
      g_value_set_string (value, u_transaction_metrics_get_tls_cipher_suite (self));
      break;
    case PROP_TLS_PROTOCOL_VERSION:
      g_value_set_string (value, u_transaction_metrics_get_tls_protocol_version (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_transaction_metrics_class_init (UTransactionMetricsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_transaction_metrics_finalize;
  object_class->get_property = u_transaction_metrics_get_property;

  /**
   * UTransactionMetrics:connect-end-date: (getter get_connect_end_date)
   *
   * When the connection was ready to be used, TLS included; %NULL if one was there already, or it failed.
   */
  props[PROP_CONNECT_END_DATE] =
    g_param_spec_boxed ("connect-end-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:connect-start-date: (getter get_connect_start_date)
   *
   * When the connection was begun; %NULL if one was there already.
   */
  props[PROP_CONNECT_START_DATE] =
    g_param_spec_boxed ("connect-start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:domain-lookup-end-date: (getter get_domain_lookup_end_date)
   *
   * When the addresses of the host were known; %NULL if they were not searched for, or not found.
   */
  props[PROP_DOMAIN_LOOKUP_END_DATE] =
    g_param_spec_boxed ("domain-lookup-end-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:domain-lookup-start-date: (getter get_domain_lookup_start_date)
   *
   * When the search for the addresses of the host began; %NULL if none was needed.
   */
  props[PROP_DOMAIN_LOOKUP_START_DATE] =
    g_param_spec_boxed ("domain-lookup-start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:fetch-start-date: (getter get_fetch_start_date)
   *
   * When the exchange was asked for: what it waited for a place among the connections counts.
   */
  props[PROP_FETCH_START_DATE] =
    g_param_spec_boxed ("fetch-start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:fetch-type: (getter get_fetch_type)
   *
   * Where the response came from.
   */
  props[PROP_FETCH_TYPE] =
    g_param_spec_enum ("fetch-type", NULL, NULL, U_TYPE_FETCH_TYPE, U_FETCH_TYPE_UNKNOWN, readable);
  /**
   * UTransactionMetrics:is-proxy-connection: (getter get_is_proxy_connection)
   *
   * Whether the connection leads to a proxy.
   */
  props[PROP_IS_PROXY_CONNECTION] =
    g_param_spec_boolean ("is-proxy-connection", NULL, NULL, FALSE, readable);
  /**
   * UTransactionMetrics:is-reused-connection: (getter get_is_reused_connection)
   *
   * Whether an earlier exchange had left the connection, so that there was nothing to look up and to connect.
   */
  props[PROP_IS_REUSED_CONNECTION] =
    g_param_spec_boolean ("is-reused-connection", NULL, NULL, FALSE, readable);
  /**
   * UTransactionMetrics:local-address: (getter get_local_address)
   *
   * The address of this machine on the connection, without port; %NULL if it is not known.
   */
  props[PROP_LOCAL_ADDRESS] =
    g_param_spec_string ("local-address", NULL, NULL, NULL, readable);
  /**
   * UTransactionMetrics:local-port: (getter get_local_port)
   *
   * The port of this machine on the connection; 0 if it is not known.
   */
  props[PROP_LOCAL_PORT] =
    g_param_spec_uint ("local-port", NULL, NULL, 0, G_MAXUINT16, 0, readable);
  /**
   * UTransactionMetrics:protocol-name: (getter get_protocol_name)
   *
   * The protocol, as it is called in ALPN: `http/1.0`, `http/1.1` or `h2`; %NULL for what is not HTTP, and if there
   * was no connection.
   */
  props[PROP_PROTOCOL_NAME] =
    g_param_spec_string ("protocol-name", NULL, NULL, NULL, readable);
  /**
   * UTransactionMetrics:remote-address: (getter get_remote_address)
   *
   * The address of the server, or of the proxy, without port; %NULL if there was no connection.
   */
  props[PROP_REMOTE_ADDRESS] =
    g_param_spec_string ("remote-address", NULL, NULL, NULL, readable);
  /**
   * UTransactionMetrics:remote-port: (getter get_remote_port)
   *
   * The port of the server, or of the proxy; 0 if there was no connection.
   */
  props[PROP_REMOTE_PORT] =
    g_param_spec_uint ("remote-port", NULL, NULL, 0, G_MAXUINT16, 0, readable);
  /**
   * UTransactionMetrics:request: (getter get_request)
   *
   * The request with the header fields that were sent, sealed; what is secret in them is masked.
   */
  props[PROP_REQUEST] =
    g_param_spec_object ("request", NULL, NULL, U_TYPE_REQUEST, readable);
  /**
   * UTransactionMetrics:request-body-bytes-sent: (getter get_request_body_bytes_sent)
   *
   * How many bytes of the body of the request were sent.
   */
  props[PROP_REQUEST_BODY_BYTES_SENT] =
    g_param_spec_int64 ("request-body-bytes-sent", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTransactionMetrics:request-end-date: (getter get_request_end_date)
   *
   * When the last byte of the request was written, the body included; %NULL if that did not happen.
   */
  props[PROP_REQUEST_END_DATE] =
    g_param_spec_boxed ("request-end-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:request-header-bytes-sent: (getter get_request_header_bytes_sent)
   *
   * The size of the head of the request as it was sent, in bytes.
   */
  props[PROP_REQUEST_HEADER_BYTES_SENT] =
    g_param_spec_int64 ("request-header-bytes-sent", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTransactionMetrics:request-start-date: (getter get_request_start_date)
   *
   * When the first byte of the request was written; %NULL if none was.
   */
  props[PROP_REQUEST_START_DATE] =
    g_param_spec_boxed ("request-start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:response: (getter get_response)
   *
   * The response; %NULL if there was none.
   */
  props[PROP_RESPONSE] =
    g_param_spec_object ("response", NULL, NULL, U_TYPE_RESPONSE, readable);
  /**
   * UTransactionMetrics:response-body-bytes-after-decoding: (getter get_response_body_bytes_after_decoding)
   *
   * How many bytes of the body of the response there were after a content coding was taken off.
   */
  props[PROP_RESPONSE_BODY_BYTES_AFTER_DECODING] =
    g_param_spec_int64 ("response-body-bytes-after-decoding", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTransactionMetrics:response-body-bytes-received: (getter get_response_body_bytes_received)
   *
   * How many bytes of the body of the response were read, before a content coding was taken off.
   */
  props[PROP_RESPONSE_BODY_BYTES_RECEIVED] =
    g_param_spec_int64 ("response-body-bytes-received", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTransactionMetrics:response-end-date: (getter get_response_end_date)
   *
   * When the last byte of the response was read, or the exchange broke off after its head; %NULL without a response.
   */
  props[PROP_RESPONSE_END_DATE] =
    g_param_spec_boxed ("response-end-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:response-header-bytes-received: (getter get_response_header_bytes_received)
   *
   * The size of the head of the response as it arrived, in bytes.
   */
  props[PROP_RESPONSE_HEADER_BYTES_RECEIVED] =
    g_param_spec_int64 ("response-header-bytes-received", NULL, NULL, 0, G_MAXINT64, 0, readable);
  /**
   * UTransactionMetrics:response-start-date: (getter get_response_start_date)
   *
   * When the first byte of the response arrived; %NULL without a response.
   */
  props[PROP_RESPONSE_START_DATE] =
    g_param_spec_boxed ("response-start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:secure-connection-end-date: (getter get_secure_connection_end_date)
   *
   * When the TLS handshake was done; %NULL without one, or if it failed.
   */
  props[PROP_SECURE_CONNECTION_END_DATE] =
    g_param_spec_boxed ("secure-connection-end-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:secure-connection-start-date: (getter get_secure_connection_start_date)
   *
   * When the TLS handshake began; %NULL without one.
   */
  props[PROP_SECURE_CONNECTION_START_DATE] =
    g_param_spec_boxed ("secure-connection-start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTransactionMetrics:tls-cipher-suite: (getter get_tls_cipher_suite)
   *
   * The cipher suite as the TLS library names it; %NULL without TLS.
   */
  props[PROP_TLS_CIPHER_SUITE] =
    g_param_spec_string ("tls-cipher-suite", NULL, NULL, NULL, readable);
  /**
   * UTransactionMetrics:tls-protocol-version: (getter get_tls_protocol_version)
   *
   * The version of TLS, such as `TLSv1.3`; %NULL without TLS.
   */
  props[PROP_TLS_PROTOCOL_VERSION] =
    g_param_spec_string ("tls-protocol-version", NULL, NULL, NULL, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_transaction_metrics_init (UTransactionMetrics *self)
{
}

/*
 * u_transaction_metrics_new:
 * @data: (transfer none): shared
 */
UTransactionMetrics *
u_transaction_metrics_new (UTransactionData *data)
{
  UTransactionMetrics *self = g_object_new (U_TYPE_TRANSACTION_METRICS, NULL);

  self->data = u_transaction_data_ref (data);
  if (data->request != NULL)
    self->request = u_request_new_sealed (data->request);
  if (data->response != NULL)
    self->response = u_response_new_from_data (data->response);
  /* All at once: a getter may be called from any thread, and returns what stays. */
  for (guint i = 0; i < U_TRANSACTION_N_DATES; i++)
    {
      gint64 microseconds = G_STRUCT_MEMBER (gint64, data, date_fields[i]);

      if (microseconds != 0)
        self->dates[i] = u_transaction_data_new_date (microseconds);
    }

  return self;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-meter-private.h"

struct _UHttpMeter
{
  UTransactionData *data;     /* owned; NULL once it was taken */
  SoupMessage *message;       /* owned, nullable: the request was refused before there was one */
  UHttpEngine *engine;        /* not owned, nullable */
};

UHttpMeter *
u_http_meter_new (URequestData *request, gint64 since)
{
  UHttpMeter *self = g_new0 (UHttpMeter, 1);

  self->data = u_transaction_data_begin (request, since);

  return self;
}

static void
detach (UHttpMeter *self)
{
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  self->engine = NULL;
}

void
u_http_meter_free (UHttpMeter *self)
{
  detach (self);
  g_clear_pointer (&self->data, u_transaction_data_unref);
  g_free (self);
}

/* Takes @address (transfer full, nullable). */
static void
take_address (GSocketAddress *address, char **host, guint *port)
{
  g_autoptr (GSocketAddress) owned = address;

  if (!G_IS_INET_SOCKET_ADDRESS (owned))
    return;

  g_free (*host);
  *host = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (owned)));
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (owned));
}

/* Of the message that has a connection made, and of no other one. What libsoup writes down itself is not done again. */
static void
network_event_cb (SoupMessage *message, GSocketClientEvent event, GIOStream *stream, gpointer user_data)
{
  UHttpMeter *self = user_data;
  GSocketConnection *connection = G_IS_SOCKET_CONNECTION (stream) ? G_SOCKET_CONNECTION (stream) : NULL;

  if (event == G_SOCKET_CLIENT_CONNECTING && connection != NULL)
    {
      /* While it connects, this is the address that was asked for. */
      g_autoptr (GSocketAddress) address = g_socket_connection_get_remote_address (connection, NULL);

      if (G_IS_PROXY_ADDRESS (address))
        self->data->proxy_connection = TRUE;
    }
  else if (event == G_SOCKET_CLIENT_CONNECTED && connection != NULL)
    {
      take_address (g_socket_connection_get_local_address (connection, NULL),
                    &self->data->local_address, &self->data->local_port);
      take_address (g_socket_connection_get_remote_address (connection, NULL),
                    &self->data->remote_address, &self->data->remote_port);
    }
  else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKED)
    {
      self->data->secure_connection_end = u_transaction_data_now (self->data);
    }
}

static void
wrote_body_cb (SoupMessage *message, gpointer user_data)
{
  UHttpMeter *self = user_data;

  self->data->request_end = u_transaction_data_now (self->data);
}

/* The connection turned out to be closed: what was sent on it is sent again. */
static void
restarted_cb (SoupMessage *message, gpointer user_data)
{
  UHttpMeter *self = user_data;

  self->data->request_end = 0;
}

void
u_http_meter_attach (UHttpMeter *self, SoupMessage *message, UHttpEngine *engine)
{
  if (self == NULL || self->data == NULL)
    return;

  detach (self);
  self->data->request_end = 0;
  self->data->secure_connection_end = 0;
  self->data->proxy_connection = FALSE;
  self->data->local_port = self->data->remote_port = 0;
  g_clear_pointer (&self->data->local_address, g_free);
  g_clear_pointer (&self->data->remote_address, g_free);

  self->message = g_object_ref (message);
  self->engine = engine;
  soup_message_add_flags (message, SOUP_MESSAGE_COLLECT_METRICS);
  g_signal_connect (message, "network-event", G_CALLBACK (network_event_cb), self);
  g_signal_connect (message, "wrote-body", G_CALLBACK (wrote_body_cb), self);
  g_signal_connect (message, "restarted", G_CALLBACK (restarted_cb), self);
}

void
u_http_meter_respond (UHttpMeter *self, UResponseData *response)
{
  if (self != NULL && self->data != NULL)
    u_transaction_data_respond (self->data, response, U_FETCH_TYPE_NETWORK_LOAD);
}

void
u_http_meter_count (UHttpMeter *self, gsize length, gint64 wire_length)
{
  if (self == NULL || self->data == NULL)
    return;

  self->data->response_body_decoded_bytes += (gint64) length;
  self->data->response_body_bytes += wire_length;
}

static void
read_headers (UTransactionData *data, SoupMessage *message)
{
  g_autoptr (UHeaderList) headers = u_header_list_new ();
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  soup_message_headers_iter_init (&iter, soup_message_get_request_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      /* Such a mark is set on a message whose connection is of no use any more; it is never sent. */
      if (g_ascii_strcasecmp (name, "Connection") != 0 || g_ascii_strcasecmp (value, "close") != 0)
        u_header_list_append (headers, name, value);
    }
  u_transaction_data_set_sent_headers (data, headers);
}

static const char *
get_protocol (SoupMessage *message)
{
  switch (soup_message_get_http_version (message))
    {
    case SOUP_HTTP_1_0:
      return "http/1.0";
    case SOUP_HTTP_2_0:
      return "h2";
    case SOUP_HTTP_1_1:
    default:
      return "http/1.1";
    }
}

/* What libsoup knows of the connection on which the request went. */
static void
read_connection (UHttpMeter *self)
{
  UTransactionData *data = self->data;
  GSocketAddress *remote = soup_message_get_remote_address (self->message);

  if (G_IS_PROXY_ADDRESS (remote))
    data->proxy_connection = TRUE;
  if (data->remote_address == NULL && remote != NULL)
    take_address (g_object_ref (remote), &data->remote_address, &data->remote_port);
  if (data->local_address == NULL && self->engine != NULL)
    {
      g_autoptr (GSocket) socket = u_http_engine_dup_socket (self->engine, self->message);

      if (socket != NULL)
        take_address (g_socket_get_local_address (socket, NULL), &data->local_address, &data->local_port);
    }
  data->connection = soup_message_get_connection_id (self->message);
  data->protocol = g_strdup (get_protocol (self->message));
  u_transaction_data_set_tls (data, soup_message_get_tls_protocol_version (self->message),
                              soup_message_get_tls_ciphersuite_name (self->message));
}

static void
read_metrics (UHttpMeter *self, SoupMessageMetrics *metrics)
{
  UTransactionData *data = self->data;

  data->domain_lookup_start = u_transaction_data_at (data, (gint64) soup_message_metrics_get_dns_start (metrics));
  data->domain_lookup_end = u_transaction_data_at (data, (gint64) soup_message_metrics_get_dns_end (metrics));
  data->connect_start = u_transaction_data_at (data, (gint64) soup_message_metrics_get_connect_start (metrics));
  data->connect_end = u_transaction_data_at (data, (gint64) soup_message_metrics_get_connect_end (metrics));
  data->secure_connection_start = u_transaction_data_at (data, (gint64) soup_message_metrics_get_tls_start (metrics));
  data->request_start = u_transaction_data_at (data, (gint64) soup_message_metrics_get_request_start (metrics));
  data->request_header_bytes = (gint64) soup_message_metrics_get_request_header_bytes_sent (metrics);
  if (data->response != NULL)
    {
      gint64 start = u_transaction_data_at (data, (gint64) soup_message_metrics_get_response_start (metrics));

      data->response_header_bytes = (gint64) soup_message_metrics_get_response_header_bytes_received (metrics);
      if (start != 0)
        data->response_start = start;
    }
}

UTransactionData *
u_http_meter_finish (UHttpMeter *self, gint64 body_sent)
{
  SoupMessageMetrics *metrics;

  if (self == NULL || self->data == NULL)
    return NULL;

  metrics = self->message != NULL ? soup_message_get_metrics (self->message) : NULL;
  if (metrics != NULL)
    {
      read_metrics (self, metrics);
      read_headers (self->data, self->message);
      if (self->data->request_start != 0)
        {
          self->data->reused_connection = self->data->connect_start == 0;
          self->data->request_body_bytes = body_sent;
          read_connection (self);
        }
    }
  detach (self);
  u_transaction_data_end (self->data);

  return g_steal_pointer (&self->data);
}

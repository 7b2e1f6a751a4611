/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-connector-private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-connector-proxies-private.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-tls-opening-private.h"

/* After so many wrong passwords for a proxy there is no connection. */
#define MAX_FAILURES 5

typedef enum {
  NOTHING,
  PROXY,                      /* for a login */
  SERVER,                     /* about its certificate */
  CERTIFICATE,                /* for one of the client */
} Asking;

struct _UConnector
{
  guint ref_count;            /* the caller, and a connection under way */
  gboolean freed;
  UConnectionSettings *settings; /* owned */
  UHttpMemory *memory;        /* owned */
  char *host;                 /* owned */
  guint16 port;
  char *subject;              /* owned */
  char *proxy_scheme;         /* owned */
  gboolean secure;
  char *protocol;             /* owned, nullable: not secure */
  char **alpn;                /* owned, nullable */
  UTransactionData *measured; /* owned, nullable */
  UConnectorFuncs funcs;
  gpointer user_data;

  GCancellable *cancellable;  /* owned */
  GIOStream *socket;          /* owned, nullable; connected */
  UTlsPeer *peer;             /* owned, nullable: not secure */
  UTlsOpening *opening;       /* owned, nullable */
  GError *error;              /* owned, nullable; of the handshake that there is a question about */
  gboolean untrusted;

  Asking asking;
  char *proxy;                /* owned, nullable; the URL of the proxy that was tried last, without its login */
  UCredentialData *tried;     /* owned, nullable; what an answer had for it */
  guint n_failures;
};

static void begin (UConnector *self);

static void
connector_unref (UConnector *self)
{
  if (--self->ref_count > 0)
    return;

  g_clear_pointer (&self->opening, u_tls_opening_free);
  g_clear_pointer (&self->peer, u_tls_peer_free);
  u_connection_settings_unref (self->settings);
  u_http_memory_unref (self->memory);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_clear_pointer (&self->tried, u_credential_data_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->socket);
  g_clear_error (&self->error);
  g_strfreev (self->alpn);
  g_free (self->host);
  g_free (self->subject);
  g_free (self->proxy_scheme);
  g_free (self->protocol);
  g_free (self->proxy);
  g_free (self);
}

static void
fail (UConnector *self, const GError *error)
{
  g_autoptr (GError) mapped = u_connector_explain (self, error);

  self->funcs.done (self->user_data, NULL, mapped);
}

/* The connection is there, and nothing has gone over it. */
static void
succeed (UConnector *self, GIOStream *stream)
{
  if (G_IS_TLS_CONNECTION (stream))
    self->untrusted = g_tls_connection_get_peer_certificate_errors (G_TLS_CONNECTION (stream)) != 0;
  self->funcs.done (self->user_data, stream, NULL);
}

static void
ask (UConnector *self, Asking what, UChallengeData *challenge)
{
  self->asking = what;
  self->funcs.ask (self->user_data, challenge);
}

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

static void
measure (UConnector *self, GSocketClientEvent event, GSocketConnection *connection)
{
  UTransactionData *data = self->measured;
  gint64 now = u_transaction_data_now (data);

  switch (event)
    {
    case G_SOCKET_CLIENT_RESOLVING:
      data->domain_lookup_start = now;
      break;
    case G_SOCKET_CLIENT_RESOLVED:
      data->domain_lookup_end = now;
      break;
    case G_SOCKET_CLIENT_CONNECTING:
      if (data->connect_start == 0)
        data->connect_start = now;
      break;
    case G_SOCKET_CLIENT_CONNECTED:
      if (connection != NULL)
        {
          take_address (g_socket_connection_get_local_address (connection, NULL), &data->local_address,
                        &data->local_port);
          take_address (g_socket_connection_get_remote_address (connection, NULL), &data->remote_address,
                        &data->remote_port);
        }
      break;
    case G_SOCKET_CLIENT_COMPLETE:
      data->connect_end = now;
      break;
    case G_SOCKET_CLIENT_PROXY_NEGOTIATING:
    case G_SOCKET_CLIENT_PROXY_NEGOTIATED:
    case G_SOCKET_CLIENT_TLS_HANDSHAKING:
    case G_SOCKET_CLIENT_TLS_HANDSHAKED:
    default:
      break;
    }
}

/* While it connects, the address of a connection is the one that was asked for, with the proxy that it is. */
static void
event_cb (GSocketClient *client, GSocketClientEvent event, GSocketConnectable *connectable, GIOStream *stream,
          gpointer user_data)
{
  UConnector *self = user_data;
  GSocketConnection *connection = G_IS_SOCKET_CONNECTION (stream) ? G_SOCKET_CONNECTION (stream) : NULL;

  if (self->freed)
    return;
  if (self->measured != NULL)
    measure (self, event, connection);

  if (event == G_SOCKET_CLIENT_CONNECTING && connection != NULL)
    {
      g_autoptr (GSocketAddress) address = g_socket_connection_get_remote_address (connection, NULL);

      g_clear_pointer (&self->proxy, g_free);
      if (G_IS_PROXY_ADDRESS (address))
        {
          self->proxy = g_strdup (g_proxy_address_get_uri (G_PROXY_ADDRESS (address)));
          if (self->measured != NULL)
            self->measured->proxy_connection = TRUE;
        }
    }
}

static gboolean
is_about_login (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED)
         /* tinyproxy has 401 for a wrong password. */
         || (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED)
             && g_str_has_suffix (error->message, " 401"));
}

static void
fail_for_login (UConnector *self)
{
  g_autoptr (GError) error = NULL;

  g_set_error (&error, U_ERROR, U_ERROR_USER_AUTHENTICATION_REQUIRED,
               "The proxy on the way to %s wants a user name and a password that it accepts.", self->subject);
  self->funcs.done (self->user_data, NULL, error);
}

/* Whether another login may help. */
static gboolean
ask_for_login (UConnector *self, const GError *error)
{
  g_autoptr (GUri) proxy = NULL;
  g_autoptr (UProtectionSpaceData) space = NULL;
  g_autoptr (UChallengeData) challenge = NULL;
  g_autofree char *key = NULL;
  const char *scheme;
  gboolean socks;

  if (self->proxy == NULL || !is_about_login (error))
    return FALSE;
  proxy = g_uri_parse (self->proxy, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  key = u_connector_proxies_dup_space (self->proxy);
  if (proxy == NULL || key == NULL)
    return FALSE;

  u_http_memory_forget (self->memory, key);
  if (g_uri_get_user (proxy) != NULL)
    {
      self->n_failures++;
      if (self->tried == NULL)
        self->tried = u_credential_data_new (g_uri_get_user (proxy), g_uri_get_password (proxy),
                                             U_CREDENTIAL_PERSISTENCE_NONE);
    }
  if (self->n_failures >= MAX_FAILURES)
    return FALSE;

  scheme = g_uri_get_scheme (proxy);
  socks = g_str_has_prefix (scheme, "socks");
  space = u_protection_space_data_new (socks ? U_AUTHENTICATION_METHOD_DEFAULT : U_AUTHENTICATION_METHOD_HTTP_BASIC,
                                       socks ? "socks" : scheme, g_uri_get_host (proxy),
                                       (guint) MAX (0, g_uri_get_port (proxy)), NULL, TRUE);
  challenge = u_challenge_data_new (space, self->tried, self->n_failures, NULL);
  g_clear_pointer (&self->tried, u_credential_data_unref);
  ask (self, PROXY, challenge);

  return TRUE;
}

static void
not_connected (UConnector *self, const GError *error)
{
  if (ask_for_login (self, error))
    return;

  if (self->proxy != NULL && is_about_login (error))
    fail_for_login (self);
  else
    fail (self, error);
}

static void
opening_ask (gpointer user_data, UChallengeData *challenge)
{
  ask (user_data, CERTIFICATE, challenge);
}

static void
opening_ended (gpointer user_data, GIOStream *stream, const GError *error)
{
  UConnector *self = user_data;
  g_autoptr (UChallengeData) question = u_tls_peer_steal_question (self->peer);

  /* A question takes longer than most servers wait, so the connection is made again after the answer. */
  if (question != NULL)
    {
      g_clear_error (&self->error);
      self->error = error != NULL ? g_error_copy (error) : NULL;
      g_clear_pointer (&self->opening, u_tls_opening_free);
      g_clear_object (&self->socket);
      ask (self, SERVER, question);
      return;
    }
  if (error != NULL)
    {
      fail (self, error);
      return;
    }

  if (self->measured != NULL)
    {
      GTlsConnection *connection = G_TLS_CONNECTION (stream);
      g_autofree char *cipher = g_tls_connection_get_ciphersuite_name (connection);

      self->measured->secure_connection_end = self->measured->connect_end = u_transaction_data_now (self->measured);
      u_transaction_data_set_tls (self->measured, g_tls_connection_get_protocol_version (connection), cipher);
    }
  succeed (self, stream);
}

static void
begin_tls (UConnector *self)
{
  static const UTlsOpeningFuncs funcs = { opening_ask, opening_ended };
  const UTlsOpeningParams params = {
    .settings = self->settings,
    .peer = self->peer,
    .port = self->port,
    .protocol = self->protocol,
    .alpn = (const char * const *) self->alpn,
  };

  if (self->measured != NULL)
    self->measured->secure_connection_start = u_transaction_data_now (self->measured);
  self->opening = u_tls_opening_start (self->socket, &params, &funcs, self);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UConnector *self = user_data;
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  g_signal_handlers_disconnect_by_data (source, self);
  if (connection != NULL)
    {
      self->socket = G_IO_STREAM (connection);
      /* What is written is meant to leave; whoever writes small pieces has a reason. */
      g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
    }

  if (self->freed)
    {
      connector_unref (self);
      return;
    }
  if (connection == NULL)
    not_connected (self, error);
  else if (self->secure)
    begin_tls (self);
  else
    succeed (self, self->socket);
  connector_unref (self);
}

static void
begin (UConnector *self)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GProxyResolver) proxies = u_connector_proxies_new (self->settings->proxy_resolver, self->memory);
  g_autoptr (GSocketConnectable) address = g_object_new (G_TYPE_NETWORK_ADDRESS,
                                                         "hostname", self->host,
                                                         "port", (guint) self->port,
                                                         "scheme", self->proxy_scheme,
                                                         NULL);

  g_socket_client_set_proxy_resolver (client, proxies);
  g_signal_connect (client, "event", G_CALLBACK (event_cb), self);
  self->ref_count++;
  g_socket_client_connect_async (client, address, self->cancellable, connected_cb, self);
}

UConnector *
u_connector_start (UConnectionSettings *settings, const UConnectorParams *params, const UConnectorFuncs *funcs,
                   gpointer user_data)
{
  UConnector *self = g_new0 (UConnector, 1);

  self->ref_count = 1;
  self->settings = u_connection_settings_ref (settings);
  self->memory = u_http_memory_ref (settings->memory);
  self->host = g_strdup (params->host);
  self->port = params->port;
  self->subject = g_strdup (params->subject);
  self->proxy_scheme = g_strdup (params->proxy_scheme);
  self->secure = params->secure;
  self->protocol = g_strdup (params->protocol);
  self->alpn = g_strdupv ((char **) params->alpn);
  self->measured = params->measured != NULL ? u_transaction_data_ref (params->measured) : NULL;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  if (self->secure)
    self->peer = u_tls_peer_new (self->memory, settings->tls_rules, params->protocol, params->host, params->port,
                                 params->asks_trust);
  begin (self);

  return self;
}

static void
answer_for_proxy (UConnector *self, const UChallengeAnswer *answer)
{
  UCredentialData *credential = answer->kind == U_CHALLENGE_USE_CREDENTIAL ? answer->credential : NULL;
  g_autofree char *key = NULL;

  if (credential == NULL || credential->user == NULL)
    {
      fail_for_login (self);
      return;
    }

  key = u_connector_proxies_dup_space (self->proxy);
  self->tried = u_credential_data_ref (credential);
  u_http_memory_learn (self->memory, key, credential);
  begin (self);
}

static void
answer_about_server (UConnector *self, const UChallengeAnswer *answer)
{
  g_autoptr (GError) failure = g_steal_pointer (&self->error);
  g_autoptr (GError) error = NULL;

  if (u_tls_peer_answer (self->peer, answer, failure, &error))
    begin (self);
  else
    fail (self, error);
}

void
u_connector_answer (UConnector *self, const UChallengeAnswer *answer)
{
  Asking asked = self->asking;

  self->asking = NOTHING;
  if (asked != NOTHING && answer->kind == U_CHALLENGE_CANCEL)
    {
      g_autoptr (GError) error = NULL;

      g_set_error (&error, U_ERROR, U_ERROR_CANCELLED, "The question about the connection to %s was cancelled.",
                   self->subject);
      self->funcs.done (self->user_data, NULL, error);
      return;
    }

  switch (asked)
    {
    case PROXY:
      answer_for_proxy (self, answer);
      break;
    case SERVER:
      answer_about_server (self, answer);
      break;
    case CERTIFICATE:
      u_tls_opening_answer (self->opening, answer);
      break;
    case NOTHING:
    default:
      break;
    }
}

GError *
u_connector_explain (UConnector *self, const GError *error)
{
  GError *explained = self->opening != NULL ? u_tls_opening_explain (self->opening, error) : NULL;

  if (explained != NULL)
    return explained;

  return u_error_map_new (error, self->peer != NULL ? u_tls_peer_get_errors (self->peer) : 0, self->subject);
}

gboolean
u_connector_is_untrusted (UConnector *self)
{
  return self->untrusted;
}

void
u_connector_free (UConnector *self)
{
  self->freed = TRUE;
  g_clear_pointer (&self->opening, u_tls_opening_free);
  g_cancellable_cancel (self->cancellable);
  connector_unref (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-engine-private.h"

#include "urlsession/loader/u-http-auth-private.h"
#include "urlsession/loader/u-http-connections-private.h"
#include "urlsession/loader/u-http-proxy-resolver-private.h"

/* Seconds for which an unused connection is kept. Servers close theirs after 60 to 75; a connection that lost this race
 * is noticed before the first byte of an answer, and the request sent again. */
#define IDLE_TIMEOUT 60

struct _UHttpEngine
{
  guint ref_count;
  GMainContext *context;      /* owned; where everything here happens */
  guint max_connections_per_host;
  guint max_connections;
  GTlsDatabase *tls_database; /* owned, nullable */
  GProxyResolver *proxy_resolver; /* owned */
  UTlsRules *tls_rules;       /* owned, nullable */
  gboolean http1_only;
  UHttpMemory *memory;        /* owned */
  SoupSession *sessions[2][U_HTTP_N_LANES]; /* owned, nullable; first index: all servers were asked about */
  gboolean broken;
  gboolean retired;
  GHashTable *sockets;        /* owned; connection id => GWeakRef of its GSocket: what may speak HTTP/2 */
};

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

UHttpEngine *
u_http_engine_new (const ULoaderSettings *settings, UHttpMemory *memory)
{
  UHttpEngine *self = g_new0 (UHttpEngine, 1);

  self->ref_count = 1;
  self->context = g_main_context_ref_thread_default ();
  self->max_connections_per_host = CLAMP (settings->max_connections_per_host, 1, G_MAXINT);
  self->max_connections = CLAMP (settings->max_connections, 1, G_MAXINT);
  g_set_object (&self->tls_database, settings->tls_database);
  self->proxy_resolver = u_http_proxy_resolver_new (settings->proxy_resolver, memory);
  self->tls_rules = settings->tls_rules != NULL ? u_tls_rules_ref (settings->tls_rules) : NULL;
  self->http1_only = settings->http1_only;
  self->memory = u_http_memory_ref (memory);
  self->sockets = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, weak_ref_free);

  return self;
}

UHttpEngine *
u_http_engine_ref (UHttpEngine *self)
{
  self->ref_count++;

  return self;
}

typedef struct
{
  SoupSession *session;       /* owned */
  GHashTable *sockets;        /* owned; NULL: the session can be released */
} Release;

static void
close_socket (gpointer key, gpointer value, gpointer user_data)
{
  g_autoptr (GSocket) socket = g_weak_ref_get (value);

  if (socket != NULL)
    g_socket_close (socket, NULL);
}

/*
 * libsoup before 3.4 waits for ever until it has said goodbye on a connection of HTTP/2 that was reset, keeps it in its
 * count, and complains when the session goes. Such a session loses its connections and their sockets, and stays.
 */
static gboolean
release_cb (gpointer data)
{
  Release *self = data;

  if (self->sockets != NULL)
    {
      soup_session_abort (self->session);
      g_hash_table_foreach (self->sockets, close_socket, NULL);
      g_hash_table_unref (self->sockets);
    }
  else
    {
      g_object_unref (self->session);
    }
  g_free (self);

  return G_SOURCE_REMOVE;
}

/* The last load often ends inside a callback of its session, which goes on to use the session: so it is not taken away
 * before the stack is unwound, nor before the session has put its own affairs in order, which it does at a higher
 * priority. */
static void
release_later (UHttpEngine *self, SoupSession *session, gboolean broken)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Release *release = g_new0 (Release, 1);

  release->session = session;
  if (broken)
    release->sockets = g_hash_table_ref (self->sockets);
  g_source_set_static_name (source, "[urlsession] session release");
  g_source_set_callback (source, release_cb, release, NULL);
  g_source_attach (source, self->context);
}

void
u_http_engine_unref (UHttpEngine *self)
{
  if (--self->ref_count > 0)
    return;

  for (guint lane = 0; lane < U_HTTP_N_LANES; lane++)
    {
      for (guint asked = 0; asked < 2; asked++)
        {
          if (self->sessions[asked][lane] != NULL)
            release_later (self, self->sessions[asked][lane], self->broken && lane == U_HTTP_LANE_GENERAL);
        }
    }
  g_hash_table_unref (self->sockets);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->proxy_resolver);
  g_clear_pointer (&self->tls_rules, u_tls_rules_unref);
  u_http_memory_unref (self->memory);
  g_main_context_unref (self->context);
  g_free (self);
}

void
u_http_engine_set_broken (UHttpEngine *self)
{
#if !U_SOUP_HAS_FLOW_CONTROL
  self->broken = TRUE;
#endif
}

gboolean
u_http_engine_is_broken (UHttpEngine *self)
{
  return self->broken || self->retired;
}

void
u_http_engine_retire (UHttpEngine *self)
{
  self->retired = TRUE;
}

static void
request_queued_cb (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  if (g_str_equal (soup_message_get_method (message), "CONNECT"))
    u_http_auth_watch_tunnel (user_data, message);
}

/* A new session has no cookies and no sniffer. Its decoder goes: bytes are counted and checked before they are decoded.
 * The auth manager stays, and each message turns it off: without one in the session libsoup keeps the whole body of a
 * 401 in memory, because it expects to send the message again. */
static SoupSession *
session_new (UHttpEngine *self, UHttpLane lane)
{
  SoupSession *session = soup_session_new_with_options ("max-conns", (int) self->max_connections,
                                                        "max-conns-per-host", (int) self->max_connections_per_host,
                                                        "timeout", 0,
                                                        "idle-timeout", IDLE_TIMEOUT,
                                                        NULL);

  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  if (self->tls_database != NULL)
    soup_session_set_tls_database (session, self->tls_database);
  soup_session_set_proxy_resolver (session, self->proxy_resolver);
  if (lane == U_HTTP_LANE_NEGOTIATE)
    soup_session_add_feature_by_type (session, SOUP_TYPE_AUTH_NEGOTIATE);
  else if (lane == U_HTTP_LANE_NTLM)
    soup_session_add_feature_by_type (session, SOUP_TYPE_AUTH_NTLM);
  g_signal_connect_data (session, "request-queued", G_CALLBACK (request_queued_cb), u_http_memory_ref (self->memory),
                         u_http_memory_closure_unref, 0);
  u_http_connections_watch (session);

  return session;
}

UHttpMemory *
u_http_engine_get_memory (UHttpEngine *self)
{
  return self->memory;
}

UTlsRules *
u_http_engine_get_rules (UHttpEngine *self)
{
  return self->tls_rules;
}

/*
 * u_http_engine_get_session:
 *
 * The session for loads of this kind, which ask about every server (@asked) or do not; made when first asked for.
 */
SoupSession *
u_http_engine_get_session (UHttpEngine *self, UHttpLane lane, gboolean asked)
{
  SoupSession **session;

  if (lane == U_HTTP_LANE_GENERAL && self->http1_only)
    lane = U_HTTP_LANE_BULK;
#if U_SOUP_HAS_FLOW_CONTROL
  if (lane == U_HTTP_LANE_BULK)
    lane = U_HTTP_LANE_GENERAL;
#endif
  session = &self->sessions[asked ? 1 : 0][lane];
  if (*session == NULL)
    *session = session_new (self, lane);

  return *session;
}

SoupSession *
u_http_engine_new_session (UHttpEngine *self, UHttpLane lane)
{
  return session_new (self, lane);
}

void
u_http_engine_release_session (UHttpEngine *self, SoupSession *session)
{
  release_later (self, session, self->broken);
}

#if !U_SOUP_HAS_FLOW_CONTROL
/* By ALPN is the one way to ask for HTTP/1.1: libsoup offers h2 first, and there is no switch before 3.4. */
static void
bulk_event_cb (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  static const char * const protocols[] = { "http/1.1", NULL };

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && G_IS_TLS_CONNECTION (connection))
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection), protocols);
}

static gboolean
is_gone (gpointer key, gpointer value, gpointer user_data)
{
  g_autoptr (GObject) object = g_weak_ref_get (value);

  return object == NULL;
}

static void
remember_socket (UHttpEngine *self, SoupMessage *message, GSocket *socket)
{
  gint64 *id = g_new (gint64, 1);
  GWeakRef *reference = g_new0 (GWeakRef, 1);

  *id = (gint64) soup_message_get_connection_id (message);
  g_weak_ref_init (reference, socket);
  g_hash_table_foreach_remove (self->sockets, is_gone, NULL);
  g_hash_table_replace (self->sockets, id, reference);
}

/* Told to the message that opens a connection, once per connection. */
static void
general_event_cb (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  g_autoptr (GIOStream) base = NULL;

  if (event != G_SOCKET_CLIENT_TLS_HANDSHAKED || !G_IS_TLS_CONNECTION (connection))
    return;

  g_object_get (connection, "base-io-stream", &base, NULL);
  if (G_IS_SOCKET_CONNECTION (base))
    remember_socket (user_data, message, g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)));
}
#endif

/*
 * u_http_engine_prepare:
 *
 * Undone by u_http_engine_forget().
 */
void
u_http_engine_prepare (UHttpEngine *self, UHttpLane lane, SoupMessage *message)
{
  gboolean bulk = lane != U_HTTP_LANE_GENERAL || self->http1_only;

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
#if U_SOUP_HAS_FLOW_CONTROL
  if (bulk)
    soup_message_set_force_http1 (message, TRUE);
#else
  if (bulk)
    g_signal_connect (message, "network-event", G_CALLBACK (bulk_event_cb), NULL);
  else if (g_strcmp0 (g_uri_get_scheme (soup_message_get_uri (message)), "https") == 0)
    g_signal_connect (message, "network-event", G_CALLBACK (general_event_cb), self);
#endif
}

/*
 * u_http_engine_forget:
 *
 * Nothing of what happens to @message reaches the engine any more. libsoup may still hold it.
 */
void
u_http_engine_forget (UHttpEngine *self, SoupMessage *message)
{
  g_signal_handlers_disconnect_by_data (message, self);
}

GSocket *
u_http_engine_dup_socket (UHttpEngine *self, SoupMessage *message)
{
  gint64 id = (gint64) soup_message_get_connection_id (message);
  GWeakRef *reference = g_hash_table_lookup (self->sockets, &id);

  return reference != NULL ? g_weak_ref_get (reference) : NULL;
}

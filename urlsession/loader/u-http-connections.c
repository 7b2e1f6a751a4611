/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-connections-private.h"

/*
 * A connection is told to the message that opens it, and never again; each message knows the number of its own. The
 * numbers are those of one SoupSession, so that the table belongs to it.
 */

static GQuark
get_quark (void)
{
  static GQuark quark;

  if (quark == 0)
    quark = g_quark_from_static_string ("u-http-connections");

  return quark;
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
table_unref (gpointer table, GClosure *closure)
{
  g_hash_table_unref (table);
}

static gboolean
is_gone (gpointer key, gpointer value, gpointer user_data)
{
  g_autoptr (GObject) object = g_weak_ref_get (value);

  return object == NULL;
}

static void
network_event_cb (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  GHashTable *table = user_data;
  gint64 *id;
  GWeakRef *reference;

  /* Through a tunnel the handshake comes after the connection was complete. */
  if (connection == NULL || (event != G_SOCKET_CLIENT_COMPLETE && event != G_SOCKET_CLIENT_TLS_HANDSHAKED))
    return;

  id = g_new (gint64, 1);
  *id = (gint64) soup_message_get_connection_id (message);
  reference = g_new0 (GWeakRef, 1);
  g_weak_ref_init (reference, connection);
  g_hash_table_foreach_remove (table, is_gone, NULL);
  g_hash_table_replace (table, id, reference);
}

static void
request_queued_cb (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  g_signal_connect_data (message, "network-event", G_CALLBACK (network_event_cb), g_hash_table_ref (user_data),
                         table_unref, 0);
}

void
u_http_connections_watch (SoupSession *session)
{
  GHashTable *table = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, weak_ref_free);

  g_object_set_qdata_full (G_OBJECT (session), get_quark (), table, (GDestroyNotify) g_hash_table_unref);
  g_signal_connect (session, "request-queued", G_CALLBACK (request_queued_cb), table);
}

static gboolean
speaks_http1 (GIOStream *connection)
{
  return !G_IS_TLS_CONNECTION (connection)
         || g_strcmp0 (g_tls_connection_get_negotiated_protocol (G_TLS_CONNECTION (connection)), "h2") != 0;
}

GIOStream *
u_http_connections_dup (SoupSession *session, SoupMessage *message)
{
  gint64 id = (gint64) soup_message_get_connection_id (message);
  GHashTable *table = g_object_get_qdata (G_OBJECT (session), get_quark ());
  GWeakRef *reference = table != NULL ? g_hash_table_lookup (table, &id) : NULL;
  g_autoptr (GIOStream) connection = reference != NULL ? g_weak_ref_get (reference) : NULL;

  return connection != NULL && speaks_http1 (connection) ? g_steal_pointer (&connection) : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <string.h>

/*
 * A server that says exactly what a test tells it to, byte for byte: one reply for each request, in order, over
 * however many connections the client makes. Each connection has a thread of its own.
 */

typedef enum {
  RAW_KEEP,                   /* the next request may come on the same connection */
  RAW_CLOSE,                  /* the connection ends here */
  RAW_HOLD,                   /* nothing more is said, until the client closes */
} RawThen;

typedef struct
{
  const char *bytes;
  gssize length;              /* -1: a string */
  RawThen then;
  gboolean without_request;   /* said at once, without waiting for a request */
} RawReply;

typedef struct
{
  GSocketListener *listener;  /* owned */
  GThread *thread;            /* owned */
  GCancellable *cancellable;  /* owned */
  guint16 port;

  GMutex lock;                /* of what follows */
  GCond cond;
  RawReply *replies;          /* owned; what they point to is not */
  guint n_replies;
  guint next;
  GPtrArray *requests;        /* owned; of char, heads with bodies */
  guint n_connections;
  guint n_closed_by_client;
  GPtrArray *threads;         /* owned; of GThread, joined at the end */
} RawServer;

typedef struct
{
  RawServer *server;
  GSocketConnection *connection; /* owned */
} RawConnection;

/* The head and as much of the body as it announces; NULL when the client closed. */
static inline char *
raw_read_request (GInputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize wanted = 0;

  while (wanted == 0 || text->len < wanted)
    {
      char block[4096];
      const char *end = NULL;
      gssize n = g_input_stream_read (stream, block, sizeof block, cancellable, NULL);

      if (n <= 0)
        return NULL;
      g_string_append_len (text, block, n);
      if (wanted == 0)
        end = strstr (text->str, "\r\n\r\n");
      if (end != NULL)
        {
          const char *length = strstr (text->str, "Content-Length: ");

          wanted = end + 4 - text->str;
          if (length != NULL && length < end)
            wanted += g_ascii_strtoull (length + 16, NULL, 10);
        }
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static inline gpointer
raw_connection_thread (gpointer data)
{
  g_autofree RawConnection *self = data;
  g_autoptr (GSocketConnection) connection = self->connection;
  RawServer *server = self->server;
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));

  while (TRUE)
    {
      g_autofree char *request = NULL;
      const RawReply *reply = NULL;
      gboolean wait;

      g_mutex_lock (&server->lock);
      wait = server->next >= server->n_replies || !server->replies[server->next].without_request;
      g_mutex_unlock (&server->lock);

      if (wait)
        {
          request = raw_read_request (in, server->cancellable);
          if (request == NULL)
            break;
        }

      g_mutex_lock (&server->lock);
      if (request != NULL)
        g_ptr_array_add (server->requests, g_steal_pointer (&request));
      if (server->next < server->n_replies)
        reply = &server->replies[server->next++];
      g_cond_broadcast (&server->cond);
      g_mutex_unlock (&server->lock);

      if (reply == NULL)
        break;
      if (reply->bytes != NULL
          && !g_output_stream_write_all (out, reply->bytes,
                                         reply->length >= 0 ? (gsize) reply->length : strlen (reply->bytes), NULL,
                                         server->cancellable, NULL))
        break;
      if (reply->then == RAW_CLOSE)
        {
          g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
          return NULL;
        }
      if (reply->then == RAW_HOLD)
        {
          char byte;

          while (g_input_stream_read (in, &byte, 1, server->cancellable, NULL) > 0)
            ;
          break;
        }
    }

  g_mutex_lock (&server->lock);
  server->n_closed_by_client++;
  g_cond_broadcast (&server->cond);
  g_mutex_unlock (&server->lock);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);

  return NULL;
}

static inline gpointer
raw_server_thread (gpointer data)
{
  RawServer *self = data;

  while (TRUE)
    {
      GSocketConnection *connection = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL);
      RawConnection *served;

      if (connection == NULL)
        return NULL;
      served = g_new0 (RawConnection, 1);
      served->server = self;
      served->connection = connection;
      g_mutex_lock (&self->lock);
      self->n_connections++;
      g_ptr_array_add (self->threads, g_thread_new ("raw-connection", raw_connection_thread, served));
      g_mutex_unlock (&self->lock);
    }
}

static inline RawServer *
raw_server_new (const RawReply *replies, guint n_replies)
{
  RawServer *self = g_new0 (RawServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->replies = g_memdup2 (replies, n_replies * sizeof (RawReply));
  self->n_replies = n_replies;
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->threads = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  self->listener = g_socket_listener_new ();
  g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                 &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  self->thread = g_thread_new ("raw-server", raw_server_thread, self);

  return self;
}

static inline void
raw_server_free (RawServer *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (g_ptr_array_index (self->threads, i));
  g_ptr_array_unref (self->threads);
  g_ptr_array_unref (self->requests);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->replies);
  g_free (self);
}

static inline char *
raw_server_dup_url (RawServer *self, const char *path)
{
  return g_strdup_printf ("http://127.0.0.1:%u%s", self->port, path);
}

static inline const char *
raw_server_get_request (RawServer *self, guint position)
{
  const char *request;

  g_mutex_lock (&self->lock);
  g_assert_cmpuint (position, <, self->requests->len);
  request = g_ptr_array_index (self->requests, position);
  g_mutex_unlock (&self->lock);

  return request;
}

static inline guint
raw_server_count_connections (RawServer *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_connections;
  g_mutex_unlock (&self->lock);

  return n;
}

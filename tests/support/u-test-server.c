/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-server.h"

#include "u-test-connection-private.h"

/**
 * UTestServer:
 *
 * An HTTP/1.1 server for tests, on 127.0.0.1 and a free port.
 *
 * What it does is chosen by the URL alone, so that it serves tests in any language; it works in threads of its own,
 * so that the main loop of the test may be busy. It can break the protocol in all the ways a client has to survive:
 * the routes and their options are described in `tests/support/README.md`.
 *
 * Every method may be called from any thread but [method@Server.start] and [method@Server.stop].
 */
struct _UTestServer
{
  GObject parent_instance;

  gboolean tls;
  GTlsCertificate *certificate; /* owned; NULL: no TLS, or not started */
  UTestLog *log;              /* owned */

  GSocket *listener;          /* owned; NULL: not running */
  GCancellable *stop;         /* owned; NULL: not running */
  GThread *thread;            /* owned; accepts */
  guint port;                 /* 0: never started */

  GMutex lock;                /* of what follows */
  GPtrArray *connections;     /* owned; of UTestConnection, to be joined */
};

G_DEFINE_FINAL_TYPE (UTestServer, u_test_server, G_TYPE_OBJECT)

typedef enum
{
  PROP_USES_TLS = 1,
  PROP_PORT,
} UTestServerProps;

static GParamSpec *props[PROP_PORT + 1];

static void
server_add_connection (UTestServer *self, GSocket *socket)
{
  g_mutex_lock (&self->lock);
  /* Connections that came to their end meanwhile would otherwise keep a thread and a file descriptor each. */
  for (guint i = self->connections->len; i > 0; i--)
    {
      UTestConnection *connection = g_ptr_array_index (self->connections, i - 1);

      if (u_test_connection_is_finished (connection))
        u_test_connection_join (g_ptr_array_steal_index_fast (self->connections, i - 1));
    }
  g_ptr_array_add (self->connections, u_test_connection_new (socket, self->certificate, self->log, self->stop));
  g_mutex_unlock (&self->lock);
}

static gpointer
accept_thread (gpointer data)
{
  UTestServer *self = data;

  while (!g_cancellable_is_cancelled (self->stop))
    {
      g_autoptr(GSocket) socket = g_socket_accept (self->listener, self->stop, NULL);

      if (socket != NULL)
        server_add_connection (self, socket);
    }

  return NULL;
}

static void
u_test_server_finalize (GObject *object)
{
  UTestServer *self = U_TEST_SERVER (object);

  u_test_server_stop (self);
  g_clear_object (&self->certificate);
  u_test_log_unref (self->log);
  g_ptr_array_unref (self->connections);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_test_server_parent_class)->finalize (object);
}

static void
u_test_server_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UTestServer *self = U_TEST_SERVER (object);

  switch ((UTestServerProps) prop_id)
    {
    case PROP_USES_TLS:
      g_value_set_boolean (value, u_test_server_get_uses_tls (self));
      break;
    case PROP_PORT:
      g_value_set_uint (value, u_test_server_get_port (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_test_server_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UTestServer *self = U_TEST_SERVER (object);

  switch ((UTestServerProps) prop_id)
    {
    case PROP_USES_TLS:
      self->tls = g_value_get_boolean (value);
      break;
    case PROP_PORT:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_test_server_class_init (UTestServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = u_test_server_finalize;
  object_class->get_property = u_test_server_get_property;
  object_class->set_property = u_test_server_set_property;

  /**
   * UTestServer:uses-tls:
   *
   * Whether it speaks TLS.
   */
  props[PROP_USES_TLS] = g_param_spec_boolean ("uses-tls", NULL, NULL, FALSE,
                                               G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * UTestServer:port:
   *
   * The port it listens on, 0 before it was started.
   */
  props[PROP_PORT] = g_param_spec_uint ("port", NULL, NULL, 0, G_MAXUINT16, 0,
                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
}

static void
u_test_server_init (UTestServer *self)
{
  g_mutex_init (&self->lock);
  self->log = u_test_log_new ();
  self->connections = g_ptr_array_new ();
}

/**
 * u_test_server_new:
 *
 * A server for `http:` URLs.
 *
 * Returns: (transfer full): the server, not started yet
 */
UTestServer *
u_test_server_new (void)
{
  return g_object_new (U_TEST_TYPE_SERVER, NULL);
}

/**
 * u_test_server_new_tls:
 *
 * A server for `https:` URLs, with a certificate for localhost and 127.0.0.1 that it signed itself.
 *
 * Returns: (transfer full): the server, not started yet
 */
UTestServer *
u_test_server_new_tls (void)
{
  return g_object_new (U_TEST_TYPE_SERVER, "uses-tls", TRUE, NULL);
}

static GSocket *
listen_on (guint port, GError **error)
{
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);

  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL || !g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;

  return g_steal_pointer (&socket);
}

/**
 * u_test_server_start:
 * @self: a server
 * @error: return location for an error
 *
 * Begins to listen: on a free port the first time, on the same port after [method@Server.stop].
 *
 * Returns: %FALSE if it cannot
 */
gboolean
u_test_server_start (UTestServer *self, GError **error)
{
  g_autoptr(GSocket) listener = NULL;
  g_autoptr(GSocketAddress) address = NULL;

  g_return_val_if_fail (U_TEST_IS_SERVER (self), FALSE);
  g_return_val_if_fail (self->listener == NULL, FALSE);

  if (self->tls && self->certificate == NULL)
    {
      self->certificate = g_tls_certificate_new_from_files (U_TEST_CERTIFICATE, U_TEST_KEY, error);
      if (self->certificate == NULL)
        return FALSE;
    }

  listener = listen_on (self->port, error);
  if (listener == NULL)
    return FALSE;
  address = g_socket_get_local_address (listener, error);
  if (address == NULL)
    return FALSE;

  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  self->listener = g_steal_pointer (&listener);
  self->stop = g_cancellable_new ();
  self->thread = g_thread_new ("test-server", accept_thread, self);

  return TRUE;
}

/* Called with the lock held. */
static void
server_wake_all (UTestServer *self)
{
  for (guint i = 0; i < self->connections->len; i++)
    u_test_connection_wake (g_ptr_array_index (self->connections, i));
}

/**
 * u_test_server_stop:
 * @self: a server
 *
 * Closes every connection and the port, and waits until all threads have ended. The log stays.
 */
void
u_test_server_stop (UTestServer *self)
{
  g_return_if_fail (U_TEST_IS_SERVER (self));

  if (self->listener == NULL)
    return;

  g_cancellable_cancel (self->stop);
  g_clear_pointer (&self->thread, g_thread_join);
  /* The port is closed first: a client that comes back at once is to find nobody. */
  g_socket_close (self->listener, NULL);
  g_clear_object (&self->listener);

  g_mutex_lock (&self->lock);
  server_wake_all (self);
  for (guint i = 0; i < self->connections->len; i++)
    u_test_connection_join (g_ptr_array_index (self->connections, i));
  g_ptr_array_set_size (self->connections, 0);
  g_mutex_unlock (&self->lock);

  g_clear_object (&self->stop);
}

/**
 * u_test_server_release:
 * @self: a server
 *
 * Ends the pause (`pause-after`) of every request that has come up to now, reached or not.
 */
void
u_test_server_release (UTestServer *self)
{
  g_return_if_fail (U_TEST_IS_SERVER (self));

  u_test_log_release (self->log);
  g_mutex_lock (&self->lock);
  server_wake_all (self);
  g_mutex_unlock (&self->lock);
}

/**
 * u_test_server_clear_log:
 * @self: a server
 *
 * Forgets the requests; the next one has the index 0. The maximum of open connections becomes the number of now.
 * Connections keep their ids, and what the server does "the first time" it does not do again.
 */
void
u_test_server_clear_log (UTestServer *self)
{
  g_return_if_fail (U_TEST_IS_SERVER (self));

  u_test_log_clear (self->log);
}

/**
 * u_test_server_get_uses_tls: (get-property uses-tls)
 * @self: a server
 *
 * Returns: whether it speaks TLS
 */
gboolean
u_test_server_get_uses_tls (UTestServer *self)
{
  g_return_val_if_fail (U_TEST_IS_SERVER (self), FALSE);

  return self->tls;
}

/**
 * u_test_server_get_port: (get-property port)
 * @self: a server
 *
 * Returns: the port, 0 before the start
 */
guint
u_test_server_get_port (UTestServer *self)
{
  g_return_val_if_fail (U_TEST_IS_SERVER (self), 0);

  return self->port;
}

/**
 * u_test_server_get_uri:
 * @self: a server that was started
 * @path: path and query, encoded, with the slash at the beginning
 *
 * Returns: (transfer full): a whole URL
 */
char *
u_test_server_get_uri (UTestServer *self, const char *path)
{
  g_return_val_if_fail (U_TEST_IS_SERVER (self), NULL);
  g_return_val_if_fail (path != NULL && *path == '/', NULL);

  return g_strdup_printf ("%s://127.0.0.1:%u%s", self->tls ? "https" : "http", self->port, path);
}

/**
 * u_test_server_get_ca_path:
 * @self: a server
 *
 * Returns: the file with the certificate that a client must trust, as PEM
 */
const char *
u_test_server_get_ca_path (UTestServer *self)
{
  return U_TEST_CERTIFICATE;
}

/**
 * u_test_server_get_n_requests:
 * @self: a server
 *
 * Returns: how many requests came, whatever became of them
 */
guint
u_test_server_get_n_requests (UTestServer *self)
{
  return u_test_log_get_count (self->log, U_TEST_COUNT_REQUESTS);
}

/**
 * u_test_server_get_n_in_flight:
 * @self: a server
 *
 * Returns: how many requests have come and are not answered to the end
 */
guint
u_test_server_get_n_in_flight (UTestServer *self)
{
  return u_test_log_get_count (self->log, U_TEST_COUNT_IN_FLIGHT);
}

/**
 * u_test_server_get_n_paused:
 * @self: a server
 *
 * Returns: how many responses stand at their `pause-after`
 */
guint
u_test_server_get_n_paused (UTestServer *self)
{
  return u_test_log_get_count (self->log, U_TEST_COUNT_PAUSED);
}

/**
 * u_test_server_get_n_connections:
 * @self: a server
 *
 * Returns: how many connections there were since the start
 */
guint
u_test_server_get_n_connections (UTestServer *self)
{
  return u_test_log_get_count (self->log, U_TEST_COUNT_CONNECTIONS);
}

/**
 * u_test_server_get_n_open_connections:
 * @self: a server
 *
 * Returns: how many connections are open
 */
guint
u_test_server_get_n_open_connections (UTestServer *self)
{
  return u_test_log_get_count (self->log, U_TEST_COUNT_OPEN_CONNECTIONS);
}

/**
 * u_test_server_get_max_open_connections:
 * @self: a server
 *
 * Returns: how many connections were open at one time, at most
 */
guint
u_test_server_get_max_open_connections (UTestServer *self)
{
  return u_test_log_get_count (self->log, U_TEST_COUNT_MAX_OPEN_CONNECTIONS);
}

/**
 * u_test_server_dup_requests:
 * @self: a server
 *
 * Returns: (transfer full) (array zero-terminated=1): "METHOD path?query" of each request, in order
 */
char **
u_test_server_dup_requests (UTestServer *self)
{
  return u_test_log_dup_lines (self->log);
}

/**
 * u_test_server_dup_request_header:
 * @self: a server
 * @index: which request
 * @name: of a field, in any case
 *
 * Returns: (transfer full) (nullable): the first value of that field, %NULL if there is none
 */
char *
u_test_server_dup_request_header (UTestServer *self, guint index, const char *name)
{
  g_autoptr(UTestRequest) request = u_test_log_get_request (self->log, index);

  return request != NULL ? g_strdup (u_test_request_get_header (request, name)) : NULL;
}

/**
 * u_test_server_dup_request_headers:
 * @self: a server
 * @index: which request
 *
 * Returns: (transfer full) (array zero-terminated=1): "Name: value" of all fields, in order and as they were spelt
 */
char **
u_test_server_dup_request_headers (UTestServer *self, guint index)
{
  g_autoptr(UTestRequest) request = u_test_log_get_request (self->log, index);
  GPtrArray *lines = g_ptr_array_new ();

  for (guint i = 0; request != NULL && i < request->headers->len; i += 2)
    {
      g_ptr_array_add (lines, g_strconcat (g_ptr_array_index (request->headers, i), ": ",
                                           g_ptr_array_index (request->headers, i + 1), NULL));
    }
  g_ptr_array_add (lines, NULL);

  return (char **) g_ptr_array_free (lines, FALSE);
}

/**
 * u_test_server_dup_request_body:
 * @self: a server
 * @index: which request
 *
 * Returns: (transfer full): the body, as far as it came; its first 16 MiB
 */
GBytes *
u_test_server_dup_request_body (UTestServer *self, guint index)
{
  return u_test_log_dup_body (self->log, index);
}

/**
 * u_test_server_get_request_body_length:
 * @self: a server
 * @index: which request
 *
 * Returns: how many bytes of the body came
 */
guint64
u_test_server_get_request_body_length (UTestServer *self, guint index)
{
  return u_test_log_get_body_length (self->log, index);
}

/**
 * u_test_server_dup_connection_ids:
 * @self: a server
 * @n_ids: (out): how many
 *
 * Returns: (transfer full) (array length=n_ids): for each request the connection it came on, counted from 1
 */
guint *
u_test_server_dup_connection_ids (UTestServer *self, gsize *n_ids)
{
  return u_test_log_dup_connection_ids (self->log, n_ids);
}

/**
 * u_test_server_wait_for_requests:
 * @self: a server
 * @n: how many
 * @timeout_ms: milliseconds
 *
 * Blocks until @n requests or more have come.
 *
 * Returns: %FALSE if they did not in time
 */
gboolean
u_test_server_wait_for_requests (UTestServer *self, guint n, guint timeout_ms)
{
  return u_test_log_wait_at_least (self->log, U_TEST_COUNT_REQUESTS, n, timeout_ms);
}

/**
 * u_test_server_wait_for_in_flight:
 * @self: a server
 * @n: how many
 * @timeout_ms: milliseconds
 *
 * Blocks until exactly @n requests are in flight.
 *
 * Returns: %FALSE if that was not so in time
 */
gboolean
u_test_server_wait_for_in_flight (UTestServer *self, guint n, guint timeout_ms)
{
  return u_test_log_wait_equal (self->log, U_TEST_COUNT_IN_FLIGHT, n, timeout_ms);
}

/**
 * u_test_server_wait_for_paused:
 * @self: a server
 * @n: how many
 * @timeout_ms: milliseconds
 *
 * Blocks until @n responses or more stand at their `pause-after`.
 *
 * Returns: %FALSE if that was not so in time
 */
gboolean
u_test_server_wait_for_paused (UTestServer *self, guint n, guint timeout_ms)
{
  return u_test_log_wait_at_least (self->log, U_TEST_COUNT_PAUSED, n, timeout_ms);
}

/**
 * u_test_server_wait_for_open_connections:
 * @self: a server
 * @n: how many
 * @timeout_ms: milliseconds
 *
 * Blocks until exactly @n connections are open.
 *
 * Returns: %FALSE if that was not so in time
 */
gboolean
u_test_server_wait_for_open_connections (UTestServer *self, guint n, guint timeout_ms)
{
  return u_test_log_wait_equal (self->log, U_TEST_COUNT_OPEN_CONNECTIONS, n, timeout_ms);
}

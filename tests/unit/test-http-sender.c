/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "tests/unit/load-driver.h"
#include "tests/unit/nginx.h"
#include "urlsession/loader/u-http-answer-private.h"

/* Bodies that are written on the connection itself: what is heard while they are sent, and how much is sent. */

#define MIB (1024 * 1024)
#define BODY_SIZE (64 * MIB)

typedef enum {
  READS,                      /* all of the body, before it says anything */
  IGNORES,                    /* answers, reads nothing, and leaves the connection open */
  RESETS,                     /* answers and closes, with much of the body unread */
  BREAKS,                     /* closes without an answer */
  INFORMS,                    /* says so before it reads */
  INFORMS_IN_PIECES,
} Manner;

/* A server for one connection after the other, of which it reads the head and then does as the first one is told. */
typedef struct
{
  GSocketListener *listener;  /* owned */
  GCancellable *cancellable;  /* owned */
  GThread *thread;            /* owned */
  GPtrArray *kept;            /* owned; of GSocketConnection */
  Manner manner;
  guint16 port;
  int n_connections;          /* atomic */
  gint64 n_read;              /* of the body; once the thread has ended */
} Peer;

static void
peer_say (GSocketConnection *connection, const char *text)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));

  g_output_stream_write_all (out, text, strlen (text), NULL, NULL, NULL);
}

/* Byte for byte, so that nothing of the body is taken. FALSE: there is no more. */
static gboolean
peer_read_head (Peer *self, GSocketConnection *connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GString) head = g_string_new (NULL);
  char byte;

  while (!g_str_has_suffix (head->str, "\r\n\r\n"))
    {
      if (g_input_stream_read (in, &byte, 1, self->cancellable, NULL) <= 0)
        return FALSE;
      g_string_append_c (head, byte);
    }

  return TRUE;
}

static void
peer_read_body (Peer *self, GSocketConnection *connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autofree char *block = g_malloc (MIB);
  gssize n = 1;

  while (n > 0 && self->n_read < BODY_SIZE)
    {
      n = g_input_stream_read (in, block, MIB, self->cancellable, NULL);
      self->n_read += MAX (n, 0);
    }
}

static void
peer_serve (Peer *self, GSocketConnection *connection, gboolean is_first)
{
  if (!peer_read_head (self, connection))
    return;
  if (!is_first)
    {
      peer_say (connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      g_ptr_array_add (self->kept, g_object_ref (connection));
      return;
    }

  switch (self->manner)
    {
    case IGNORES:
      peer_say (connection, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
      g_ptr_array_add (self->kept, g_object_ref (connection));
      return;
    case RESETS:
      peer_say (connection, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
      break;
    case BREAKS:
      break;
    case INFORMS:
      peer_say (connection, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      break;
    case INFORMS_IN_PIECES:
      peer_say (connection, "HTT");
      g_usleep (1000);
      peer_say (connection, "P/1.1 102 Processing\r\nA: b\r");
      g_usleep (1000);
      peer_say (connection, "\n\r\n");
      break;
    case READS:
    default:
      break;
    }

  if (self->manner == RESETS || self->manner == BREAKS)
    {
      char block[1000];

      /* With something unread the close is a reset. */
      g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), block, sizeof block,
                           self->cancellable, NULL);
      g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      return;
    }
  peer_read_body (self, connection);
  peer_say (connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  g_ptr_array_add (self->kept, g_object_ref (connection));
}

static gpointer
peer_thread (gpointer data)
{
  Peer *self = data;
  g_autoptr (GSocketConnection) connection = NULL;

  while ((connection = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL)) != NULL)
    {
      peer_serve (self, connection, g_atomic_int_add (&self->n_connections, 1) == 0);
      g_clear_object (&connection);
    }

  return NULL;
}

static Peer *
peer_new (Manner manner)
{
  Peer *self = g_new0 (Peer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  self->manner = manner;
  self->cancellable = g_cancellable_new ();
  self->kept = g_ptr_array_new_with_free_func (g_object_unref);
  self->listener = g_socket_listener_new ();
  g_assert_true (g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                                NULL, &effective, NULL));
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  self->thread = g_thread_new ("peer", peer_thread, self);

  return self;
}

static char *
peer_dup_url (Peer *self)
{
  return g_strdup_printf ("http://127.0.0.1:%u/", self->port);
}

/* Returns how much of the body came. */
static gint64
peer_free (Peer *self)
{
  gint64 n_read;

  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  n_read = self->n_read;
  g_ptr_array_unref (self->kept);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_free (self);

  return n_read;
}

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned, nullable */
  Nginx *nginx;               /* owned, nullable */
  char *path;                 /* of a file of BODY_SIZE bytes, without a block on the disk */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };
  const char *skipped = NULL;
  int fd;

  self->context = driver_push_context ();
  if (data != NULL)
    {
      self->nginx = nginx_new (&skipped);
      if (self->nginx == NULL)
        {
          g_test_skip (skipped);
          return;
        }
      settings.tls_database = self->nginx->database;
    }
  self->driver = driver_new (u_http_loader_new (&settings));
  self->path = g_build_filename (g_get_tmp_dir (), "sender-XXXXXX", NULL);
  fd = g_mkstemp (self->path);
  g_assert_cmpint (ftruncate (fd, BODY_SIZE), ==, 0);
  close (fd);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  if (self->driver != NULL)
    driver_free (self->driver);
  g_clear_pointer (&self->nginx, nginx_free);
  if (self->path != NULL)
    g_unlink (self->path);
  g_free (self->path);
  driver_pop_context (self->context);
}

/* From a file, or from memory. */
static URequestData *
new_request (Fixture *self, const char *url, gboolean from_file)
{
  URequestData *request = u_request_data_new (url);

  g_free (request->method);
  request->method = g_strdup ("PUT");
  if (from_file)
    {
      request->body_kind = U_BODY_FILE;
      request->body_path = g_strdup (self->path);
    }
  else
    {
      request->body_kind = U_BODY_BYTES;
      request->body_bytes = g_bytes_new_take (g_malloc0 (BODY_SIZE), BODY_SIZE);
    }

  return request;
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    UHttpAnswer answer;
  } cases[] = {
    { "", U_HTTP_ANSWER_NONE },
    { "H", U_HTTP_ANSWER_NONE },
    { "HTTP/1.", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 ", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 1", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 100 Continue\r\n\r", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 100 Continue\r\n\r\n", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 103 Early Hints\nLink: </a>\n\n", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 1", U_HTTP_ANSWER_NONE },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 2", U_HTTP_ANSWER_THERE },
    { "HTTP/1.1 103 Early Hints\nLink: </a>\n\nH?", U_HTTP_ANSWER_THERE },
    { "HTTP/1.1 4", U_HTTP_ANSWER_THERE },
    { "HTTP/1.1 413 No\r\n", U_HTTP_ANSWER_THERE },
    { "HTTP/1.1\t100 Continue\r\n\r\n", U_HTTP_ANSWER_THERE },
    { "HTTP/2 100\r\n\r\n", U_HTTP_ANSWER_THERE },
    { "?", U_HTTP_ANSWER_THERE },
    { "HTTQ", U_HTTP_ANSWER_THERE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      /* Without anything behind it. */
      gsize length = strlen (cases[i].text);
      g_autofree char *copy = g_memdup2 (cases[i].text, length);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (u_http_answer_parse (copy, length), ==, cases[i].answer);
    }
}

static void
start (Fixture *self, DriverLoad *load, const char *url, gboolean from_file, gboolean bulk)
{
  g_autoptr (URequestData) request = new_request (self, url, from_file);
  ULoadParams params = { .request = request, .bulk = bulk };

  driver_start (self->driver, load, url, &params);
}

/* Who answers before the end does not get the rest, and his connection no other request. */
static void
test_early_answer (Fixture *self, gconstpointer data)
{
  static const Manner manners[] = { IGNORES, RESETS };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (manners); i++)
    {
      Peer *peer = peer_new (manners[i / 2]);
      g_autofree char *url = peer_dup_url (peer);
      g_autoptr (DriverLoad) load = driver_load_new ();
      g_autoptr (DriverLoad) next = NULL;

      start (self, load, url, i % 2 == 0, TRUE);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, 413);
      driver_assert_text (load, "no");
      g_assert_cmpint (load->body_sent, <, BODY_SIZE);
      g_assert_cmpint (load->n_sent, ==, load->body_sent);
      g_assert_cmpint (load->body_length, ==, load->body_sent > 0 ? BODY_SIZE : 0);
      next = driver_get (self->driver, url);
      driver_assert_text (next, "ok");
      g_assert_cmpint (g_atomic_int_get (&peer->n_connections), ==, 2);
      g_clear_pointer (&next->load, u_load_free);
      g_clear_pointer (&load->load, u_load_free);
      peer_free (peer);
    }
}

static void
test_broken (Fixture *self, gconstpointer data)
{
  Peer *peer = peer_new (BREAKS);
  g_autofree char *url = peer_dup_url (peer);
  g_autoptr (DriverLoad) load = driver_load_new ();

  start (self, load, url, TRUE, TRUE);
  driver_wait_done (self->driver, load);
  g_assert_error (load->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_assert_false (load->nothing_sent);
  g_assert_cmpint (load->body_sent, <, BODY_SIZE);
  g_clear_pointer (&load->load, u_load_free);
  peer_free (peer);
}

/* An informational response says nothing about the body, however it comes. */
static void
test_informational (Fixture *self, gconstpointer data)
{
  for (Manner manner = INFORMS; manner <= INFORMS_IN_PIECES; manner++)
    {
      Peer *peer = peer_new (manner);
      g_autofree char *url = peer_dup_url (peer);
      g_autoptr (DriverLoad) load = driver_load_new ();
      g_autoptr (DriverLoad) next = NULL;

      start (self, load, url, TRUE, TRUE);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, 200);
      g_assert_cmpint (load->body_sent, ==, BODY_SIZE);
      g_assert_cmpuint (load->n_informational, ==, manner == INFORMS ? 2 : 1);
      g_clear_pointer (&load->load, u_load_free);
      g_assert_cmpint (peer_free (peer), ==, BODY_SIZE);
    }
}

typedef struct
{
  DriverLoad *load;
  gint64 n_sent;
} Sent;

static gboolean
has_sent (gpointer user_data)
{
  Sent *sent = user_data;

  return sent->load->n_sent >= sent->n_sent || sent->load->done;
}

/* Not a byte more than may be. */
static void
check_credit (Fixture *self, const char *url, gboolean from_file, gboolean bulk)
{
  g_autoptr (DriverLoad) load = driver_load_new ();

  load->send_credit = 0;
  start (self, load, url, from_file, bulk);
  driver_spin (self->driver, 0.05);
  g_assert_cmpint (load->n_sent, ==, 0);
  u_load_set_send_credit (load->load, 100 * 1000);
  g_assert_true (driver_wait (self->driver, has_sent, &(Sent) { load, 100 * 1000 }, 20));
  driver_spin (self->driver, 0.02);
  g_assert_cmpint (load->n_sent, ==, 100 * 1000);
  u_load_set_send_credit (load->load, 1);
  g_assert_true (driver_wait (self->driver, has_sent, &(Sent) { load, 100 * 1000 + 1 }, 20));
  u_load_set_send_credit (load->load, 3 * MIB);
  g_assert_true (driver_wait (self->driver, has_sent, &(Sent) { load, 100 * 1000 + 1 + 3 * MIB }, 20));
  driver_spin (self->driver, 0.02);
  g_assert_cmpint (load->n_sent, ==, 100 * 1000 + 1 + 3 * MIB);
  u_load_set_send_credit (load->load, G_MAXINT64);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status / 100, ==, 2);
  g_assert_cmpint (load->n_sent, ==, BODY_SIZE);
  g_clear_pointer (&load->load, u_load_free);
}

static void
test_credit (Fixture *self, gconstpointer data)
{
  for (guint from_file = 0; from_file < 2; from_file++)
    {
      Peer *peer = peer_new (READS);
      g_autofree char *url = peer_dup_url (peer);

      check_credit (self, url, from_file, TRUE);
      g_assert_cmpint (peer_free (peer), ==, BODY_SIZE);
    }
}

/* Without credit it can be given up like any other. */
static void
test_cancel_without_credit (Fixture *self, gconstpointer data)
{
  Peer *peer = peer_new (READS);
  g_autofree char *url = peer_dup_url (peer);
  g_autoptr (DriverLoad) load = driver_load_new ();

  load->send_credit = 1000;
  start (self, load, url, TRUE, TRUE);
  g_assert_true (driver_wait (self->driver, has_sent, &(Sent) { load, 1000 }, 20));
  g_clear_pointer (&load->load, u_load_free);
  driver_spin (self->driver, 0.02);
  g_assert_cmpint (peer_free (peer), ==, 1000);
}

static void
make_folder (Fixture *self)
{
  g_autofree char *folder = g_build_filename (self->nginx->folder, "www", "put", NULL);

  g_mkdir (folder, 0777);
}

static void
test_credit_tls (Fixture *self, gconstpointer data)
{
  for (guint bulk = 0; self->nginx != NULL && bulk < 2; bulk++)
    {
      g_autofree char *url = g_strdup_printf ("https://localhost:%u/put/stored", self->nginx->tls_port);

      make_folder (self);
      check_credit (self, url, TRUE, bulk);
    }
}

/* nginx takes 1 MiB where it is not told otherwise. Before it says so it throws away what has come by then, which may be
 * all when the sender is fast: how much was sent says nothing here. */
static void
test_early_answer_nginx (Fixture *self, gconstpointer data)
{
  for (guint i = 0; self->nginx != NULL && i < 4; i++)
    {
      g_autofree char *url = i < 2 ? g_strdup_printf ("http://localhost:%u/large", self->nginx->plain_port)
                                   : g_strdup_printf ("https://localhost:%u/large", self->nginx->tls_port);
      g_autoptr (DriverLoad) load = driver_load_new ();

      start (self, load, url, i % 2 == 0, TRUE);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, 413);
    }
}

/* Many blocks, each of other bytes, one body after the other on one connection. */
static void
test_content (Fixture *self, gconstpointer data)
{
  g_autofree char *content = NULL;
  g_autofree char *stored = NULL;
  const gsize size = 8 * MIB + 12345;

  if (self->nginx == NULL)
    return;

  stored = g_build_filename (self->nginx->folder, "www", "put", "stored", NULL);
  content = g_malloc (size);
  for (gsize i = 0; i < size; i++)
    content[i] = (char) nginx_byte_at (i);
  g_assert_true (g_file_set_contents (self->path, content, (gssize) size, NULL));
  make_folder (self);
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *url = i < 3 ? g_strdup_printf ("http://localhost:%u/put/stored", self->nginx->plain_port)
                                   : g_strdup_printf ("https://localhost:%u/put/stored", self->nginx->tls_port);
      g_autoptr (URequestData) request = new_request (self, url, TRUE);
      g_autoptr (DriverLoad) load = driver_load_new ();
      g_autofree char *found = NULL;
      ULoadParams params = { .request = request, .bulk = TRUE };
      gsize n_found;

      g_unlink (stored);
      if (i % 3 == 2)
        {
          request->body_kind = U_BODY_BYTES;
          request->body_bytes = g_bytes_new (content, size);
        }
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, 201);
      g_assert_cmpint (load->n_sent, ==, size);
      g_assert_true (g_file_get_contents (stored, &found, &n_found, NULL));
      g_assert_cmpmem (found, n_found, content, size);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  g_test_add_func ("/http-sender/parse", test_parse);
  ADD ("/http-sender/r047-early-answer", NULL, test_early_answer);
  ADD ("/http-sender/broken", NULL, test_broken);
  ADD ("/http-sender/informational", NULL, test_informational);
  ADD ("/http-sender/credit", NULL, test_credit);
  ADD ("/http-sender/cancel-without-credit", NULL, test_cancel_without_credit);
  ADD ("/http-sender/credit-tls", "nginx", test_credit_tls);
  ADD ("/http-sender/r047-early-answer-nginx", "nginx", test_early_answer_nginx);
  ADD ("/http-sender/content", "nginx", test_content);
#undef ADD

  return g_test_run ();
}

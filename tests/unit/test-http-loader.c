/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/raw-server.h"

/* The HTTP loader against a server that says what it is told, byte for byte: framing, ends, cancelling, connections. */

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned */
  RawServer *server;          /* owned, nullable */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  static const ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };

  self->context = driver_push_context ();
  self->driver = driver_new (u_http_loader_new (&settings));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_free (self->driver);
  g_clear_pointer (&self->server, raw_server_free);
  driver_pop_context (self->context);
}

#define SERVE(...) \
  static const RawReply replies[] = { __VA_ARGS__ }; \
  self->server = raw_server_new (replies, G_N_ELEMENTS (replies))

/* A GET of "/" for the replies that were set up. */
static DriverLoad *
get (Fixture *self)
{
  g_autofree char *url = raw_server_dup_url (self->server, "/");

  return driver_get (self->driver, url);
}

static void
test_get (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: Text/Plain; charset=UTF-8\r\n\r\nhello", -1, RAW_KEEP });
  g_autofree char *url = raw_server_dup_url (self->server, "/a%2Fb?q=1&r=%20#part");
  g_autoptr (DriverLoad) load = driver_get (self->driver, url);
  const char *request = raw_server_get_request (self->server, 0);

  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, "rd.");
  driver_assert_text (load, "hello");
  g_assert_cmpint (load->n_wire, ==, 5);
  g_assert_cmpuint (load->response->status, ==, 200);
  g_assert_cmpstr (load->response->http_version, ==, "1.1");
  g_assert_cmpstr (load->response->mime_type, ==, "text/plain");
  g_assert_cmpint (load->response->expected_length, ==, 5);
  g_assert_false (load->encoded);
  g_assert_true (g_str_has_prefix (request, "GET /a%2Fb?q=1&r=%20 HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (request, "Accept: */*\r\n"));
  g_assert_nonnull (strstr (request, "Accept-Encoding: gzip, deflate"));
  g_assert_nonnull (strstr (request, "urlsession/"));
}

static void
test_no_body (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nContent-Encoding: gzip\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Encoding: gzip\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n", -1, RAW_KEEP });

  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      g_autofree char *url = raw_server_dup_url (self->server, "/");
      g_autoptr (URequestData) request = u_request_data_new (url);
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request, .decode = TRUE };

      if (i == 3)
        {
          g_free (request->method);
          request->method = g_strdup ("HEAD");
        }
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpstr (load->events->str, ==, "r.");
    }
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 1);
}

static void
test_chunked (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\n\r\n", -1,
           RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast", -1, RAW_KEEP });
  static const char * const bodies[] = { "hello world", "ok", "last" };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (DriverLoad) load = get (self);

      g_assert_no_error (load->error);
      driver_assert_text (load, bodies[i]);
      g_assert_cmpint (load->n_wire, ==, strlen (bodies[i]));
    }
}

static void
test_until_close (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\n\r\nall of it", -1, RAW_CLOSE },
         { "HTTP/1.0 200 OK\r\n\r\nall of it", -1, RAW_CLOSE },
         { "HTTP/1.0 200 OK\r\n\r\n", -1, RAW_CLOSE });

  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      g_autoptr (DriverLoad) load = get (self);

      g_assert_no_error (load->error);
      driver_assert_text (load, i < 2 ? "all of it" : "");
      g_assert_cmpint (load->response->expected_length, ==, -1);
      g_assert_cmpstr (load->response->http_version, ==, i == 0 ? "1.1" : "1.0");
    }
}

static void
test_statuses (Fixture *self, gconstpointer data)
{
  static const guint statuses[] = { 200, 201, 206, 301, 302, 307, 400, 401, 403, 404, 407, 429, 500, 503, 599, 999 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *head = g_strdup_printf ("HTTP/1.1 %u Some Reason\r\nContent-Length: 3\r\nLocation: /x\r\n"
                                               "WWW-Authenticate: Basic realm=\"x\"\r\n"
                                               "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\nabc", statuses[i]);
      RawReply reply = { head, -1, RAW_KEEP };
      g_autoptr (DriverLoad) load = NULL;

      self->server = raw_server_new (&reply, 1);
      load = get (self);
      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, statuses[i]);
      g_assert_cmpstr (load->events->str, ==, "rd.");
      driver_assert_text (load, "abc");
      g_clear_pointer (&self->server, raw_server_free);
    }
}

static void
test_duplicates (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Odd: one\r\nSet-Cookie: b=2; Expires=Thu, 01 Jan 2099\r\n"
           "x-odd: two\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP });
  g_autoptr (DriverLoad) load = get (self);
  g_autofree char *odd = u_header_list_dup_joined (load->response->headers, "X-Odd");

  g_assert_cmpuint (u_header_list_count (load->response->headers, "set-cookie"), ==, 2);
  g_assert_cmpstr (u_header_list_get (load->response->headers, "set-cookie"), ==, "a=1");
  g_assert_cmpstr (odd, ==, "one, two");
}

static void
test_informational (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", -1, RAW_KEEP });
  g_autoptr (DriverLoad) load = get (self);

  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, "ird.");
  g_assert_cmpuint (load->n_informational, ==, 2);
}

static gboolean
has_n_data (gpointer user_data)
{
  DriverLoad *load = user_data;

  return load->credit == 0;
}

static gboolean
has_response (gpointer user_data)
{
  return ((DriverLoad *) user_data)->response != NULL;
}

/* Every body comes out byte for byte, whatever the steps of the credit, and its end needs none. */
static void
test_credit (Fixture *self, gconstpointer data)
{
  static const gint64 steps[] = { 1, 7, 63, 100, 4096, 100000 };
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (GString) reply_text = NULL;
  gboolean chunked = GPOINTER_TO_INT (data);

  for (guint i = 0; body->len < 20000; i++)
    g_string_append_printf (body, "%u ", i);
  if (chunked)
    {
      reply_text = g_string_new ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (gsize i = 0; i < body->len; i += 333)
        {
          gsize n = MIN (333, body->len - i);

          g_string_append_printf (reply_text, "%zx\r\n%.*s\r\n", n, (int) n, body->str + i);
        }
      g_string_append (reply_text, "0\r\n\r\n");
    }
  else
    {
      reply_text = g_string_new (NULL);
      g_string_printf (reply_text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", body->len, body->str);
    }

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      RawReply reply = { reply_text->str, reply_text->len, RAW_KEEP };
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .decode = TRUE };
      g_autofree char *url = NULL;

      self->server = raw_server_new (&reply, 1);
      url = raw_server_dup_url (self->server, "/");
      load->credit = 0;
      driver_start (self->driver, load, url, &params);
      g_assert_true (driver_wait (self->driver, has_response, load, 10));
      driver_spin (self->driver, 0.01);
      g_assert_cmpstr (load->events->str, ==, "r");
      while (load->n_data < body->len)
        {
          driver_set_credit (load, MIN (steps[i], (gint64) (body->len - load->n_data)));
          g_assert_true (driver_wait (self->driver, has_n_data, load, 10));
        }
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpmem (load->data->data, load->data->len, body->str, body->len);
      g_assert_cmpint (load->n_wire, ==, body->len);
      g_clear_pointer (&load->load, u_load_free);
      g_clear_pointer (&self->server, raw_server_free);
    }
}

typedef struct
{
  const char *name;
  const char *reply;
  RawThen then;
  UError code;
  const char *events;
} BrokenReply;

static const BrokenReply broken_replies[] = {
  { "/http/r274-missing-last-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", RAW_CLOSE,
    U_ERROR_NETWORK_CONNECTION_LOST, "rd!" },
  { "/http/r274-cut-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", RAW_CLOSE,
    U_ERROR_NETWORK_CONNECTION_LOST, "rd!" },
  { "/http/r274-cut-chunk-size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1", RAW_CLOSE,
    U_ERROR_NETWORK_CONNECTION_LOST, "rd!" },
  { "/http/r274-no-chunk-at-all", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", RAW_CLOSE,
    U_ERROR_NETWORK_CONNECTION_LOST, "r!" },
  { "/http/r274-short-body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", RAW_CLOSE,
    U_ERROR_NETWORK_CONNECTION_LOST, "rd!" },
  { "/http/r274-short-body-with-close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello",
    RAW_CLOSE, U_ERROR_NETWORK_CONNECTION_LOST, "rd!" },
  { "/http/r274-short-body-1.0", "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello", RAW_CLOSE,
    U_ERROR_NETWORK_CONNECTION_LOST, "rd!" },
  { "/http/two-lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello", RAW_HOLD,
    U_ERROR_BAD_SERVER_RESPONSE, "!" },
  { "/http/bad-length", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello", RAW_CLOSE, U_ERROR_BAD_SERVER_RESPONSE,
    "!" },
  { "/http/r273-garbage", "this is no HTTP at all\r\n\r\n", RAW_CLOSE, U_ERROR_CANNOT_PARSE_RESPONSE, "!" },
  { "/http/r273-bad-status", "HTTP/1.1 twohundred OK\r\n\r\n", RAW_CLOSE, U_ERROR_CANNOT_PARSE_RESPONSE, "!" },
  { "/http/unknown-transfer-coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xyz\r\n\r\nhello", RAW_CLOSE,
    U_ERROR_BAD_SERVER_RESPONSE, "!" },
  { "/http/closed-without-answer", "", RAW_CLOSE, U_ERROR_NETWORK_CONNECTION_LOST, "!" },
  { "/http/closed-in-the-head", "HTTP/1.1 20", RAW_CLOSE, U_ERROR_CANNOT_PARSE_RESPONSE, "!" },
};

static void
test_broken (Fixture *self, gconstpointer data)
{
  const BrokenReply *broken = data;
  RawReply reply = { broken->reply, -1, broken->then };
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (&reply, 1);
  load = get (self);
  g_assert_error (load->error, U_ERROR, (int) broken->code);
  g_assert_cmpstr (load->events->str, ==, broken->events);
  g_test_message ("%s", load->error->message);
}

/* A whole body, one cut inside of its coding, and one in a coding that is not known here. */
static void
test_coded (Fixture *self, gconstpointer data)
{
  static const char text[] = "text text text text text text text text text text text text text text text";
  g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
  guint8 encoded[256];
  gsize n_read;
  gsize size = 0;

  g_assert_cmpint (g_converter_convert (G_CONVERTER (compressor), text, sizeof text - 1, encoded, sizeof encoded,
                                        G_CONVERTER_INPUT_AT_END, &n_read, &size, NULL), ==, G_CONVERTER_FINISHED);

  for (guint i = 0; i < 3; i++)
    {
      gsize length = i == 1 ? size - 6 : size;
      g_autoptr (GString) bytes = g_string_new (NULL);
      RawReply reply = { NULL, 0, RAW_KEEP };
      g_autoptr (DriverLoad) load = NULL;

      g_string_printf (bytes, "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                       i == 2 ? "x-unheard-of" : "gzip", length);
      g_string_append_len (bytes, (const char *) encoded, length);
      reply.bytes = bytes->str;
      reply.length = bytes->len;
      self->server = raw_server_new (&reply, 1);
      load = get (self);
      g_assert_cmpint (load->response->expected_length, ==, length);
      g_assert_cmpint (load->encoded, ==, i < 2);
      g_assert_cmpint (load->n_wire, ==, length);
      if (i == 0)
        {
          g_assert_no_error (load->error);
          driver_assert_text (load, text);
        }
      else if (i == 1)
        {
          g_assert_error (load->error, U_ERROR, U_ERROR_CANNOT_DECODE_CONTENT_DATA);
        }
      else
        {
          g_assert_no_error (load->error);
          g_assert_cmpmem (load->data->data, load->data->len, encoded, size);
        }
      g_clear_pointer (&load->load, u_load_free);
      g_clear_pointer (&self->server, raw_server_free);
    }
}

static void
test_equal_lengths (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", -1, RAW_KEEP });
  g_autoptr (DriverLoad) load = get (self);

  g_assert_no_error (load->error);
  driver_assert_text (load, "hello");
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (NULL, 0);
  url = g_strdup_printf ("http://user:secret@127.0.0.1:%u/", self->server->port);
  g_clear_pointer (&self->server, raw_server_free);

  load = driver_get (self->driver, url);
  g_assert_error (load->error, U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
  g_assert_cmpstr (load->events->str, ==, "!");
  g_assert_null (strstr (load->error->message, "secret"));
  g_assert_nonnull (strstr (load->error->message, "127.0.0.1"));
}

static void
test_user_info (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP });
  g_autofree char *url = g_strdup_printf ("http://user:secret@127.0.0.1:%u/", self->server->port);
  g_autoptr (DriverLoad) load = driver_get (self->driver, url);

  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 401);
  g_assert_null (strstr (load->response->uri, "secret"));
  g_assert_null (strstr (raw_server_get_request (self->server, 0), "Authorization"));
}

static void
test_keep_alive (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3", -1, RAW_KEEP });
  g_autoptr (DriverLoad) first = get (self);
  g_autoptr (DriverLoad) second = get (self);
  g_autoptr (DriverLoad) third = NULL;

  driver_assert_text (first, "1");
  driver_assert_text (second, "2");
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 1);

  self->driver->loader->klass->drop_idle (self->driver->loader, FALSE);
  third = get (self);
  driver_assert_text (third, "3");
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 2);
}

/* A kept connection that the server closed meanwhile is replaced, and the request sent again with its body. */
static void
test_stale_connection (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", -1, RAW_KEEP },
         { "", -1, RAW_CLOSE },
         { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2", -1, RAW_KEEP });
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (DriverLoad) first = get (self);
  g_autoptr (DriverLoad) second = driver_load_new ();
  g_autoptr (URequestData) request = u_request_data_new (url);
  ULoadParams params = { .request = request };

  g_free (request->method);
  request->method = g_strdup ("PUT");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("payload", 7);
  driver_start (self->driver, second, url, &params);
  driver_wait_done (self->driver, second);
  g_assert_no_error (second->error);
  driver_assert_text (second, "2");
  g_assert_true (g_str_has_suffix (raw_server_get_request (self->server, 2), "\r\n\r\npayload"));
}

static gboolean
client_closed (gpointer user_data)
{
  RawServer *server = user_data;
  gboolean closed;

  g_mutex_lock (&server->lock);
  closed = server->n_closed_by_client > 0;
  g_mutex_unlock (&server->lock);

  return closed;
}

static gboolean
has_request (gpointer user_data)
{
  RawServer *server = user_data;
  gboolean has;

  g_mutex_lock (&server->lock);
  has = server->requests->len > 0;
  g_mutex_unlock (&server->lock);

  return has;
}

/* Before anything, before an answer, in the body: the connection is closed, and nothing more is said. */
static void
test_cancel (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", -1, RAW_HOLD });
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .decode = TRUE };
  const char *stage = data;
  g_autofree char *before = NULL;

  driver_start (self->driver, load, url, &params);
  if (g_str_equal (stage, "request"))
    {
      g_assert_true (driver_wait (self->driver, has_request, self->server, 10));
    }
  else if (g_str_equal (stage, "body"))
    {
      while (load->n_data < 5)
        g_main_context_iteration (self->context, TRUE);
    }
  before = g_strdup (load->events->str);
  u_load_cancel (load->load);
  u_load_cancel (load->load);
  if (!g_str_equal (stage, "start"))
    g_assert_true (driver_wait (self->driver, client_closed, self->server, 10));
  driver_spin (self->driver, 0.02);
  g_assert_cmpstr (load->events->str, ==, before);
}

static void
cancel_on_event (DriverLoad *load, const ULoadEvent *event)
{
  ULoadEventKind *kind = load->user_data;

  if (event->kind == *kind)
    u_load_cancel (load->load);
}

static void
free_on_event (DriverLoad *load, const ULoadEvent *event)
{
  ULoadEventKind *kind = load->user_data;

  if (event->kind == *kind)
    g_clear_pointer (&load->load, u_load_free);
}

static void
test_inside_event (Fixture *self, gconstpointer data)
{
  static const char * const expected[] = { "s", "si", NULL, "sir", "sird", NULL, "sird." };

  for (ULoadEventKind kind = U_LOAD_SENT; kind <= U_LOAD_DONE; kind++)
    {
      /* Nothing is asked here, and no connection is given away. */
      for (guint freeing = 0; freeing < 2 && expected[kind] != NULL; freeing++)
        {
          static const RawReply reply = {
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", -1, RAW_KEEP,
          };
          g_autoptr (DriverLoad) load = driver_load_new ();
          g_autoptr (URequestData) request = NULL;
          g_autofree char *url = NULL;
          ULoadParams params = { .decode = TRUE };

          self->server = raw_server_new (&reply, 1);
          url = raw_server_dup_url (self->server, "/");
          params.request = request = u_request_data_new (url);
          g_free (request->method);
          request->method = g_strdup ("POST");
          request->body_kind = U_BODY_BYTES;
          request->body_bytes = g_bytes_new_static ("body", 4);
          load->on_event = freeing ? free_on_event : cancel_on_event;
          load->user_data = &kind;
          driver_start (self->driver, load, url, &params);
          driver_wait (self->driver, driver_load_is_done, load, kind == U_LOAD_DONE ? 10 : 0.05);
          driver_spin (self->driver, 0.01);
          g_assert_cmpstr (load->events->str, ==, expected[kind]);
          g_clear_pointer (&load->load, u_load_free);
          g_clear_pointer (&self->server, raw_server_free);
        }
    }
}

static void
test_free_early (Fixture *self, gconstpointer data)
{
  SERVE ({ NULL, 0, RAW_HOLD });
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .decode = TRUE };

  driver_start (self->driver, load, url, &params);
  g_clear_pointer (&load->load, u_load_free);
  driver_spin (self->driver, 0.02);
  g_assert_cmpstr (load->events->str, ==, "");
}

/* A body that was not read to its end leaves a connection that nobody uses again. */
static void
test_cancelled_connection (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", -1, RAW_HOLD },
         { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood", -1, RAW_KEEP });
  ULoadEventKind kind = U_LOAD_DATA;
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (DriverLoad) first = driver_load_new ();
  g_autoptr (DriverLoad) second = NULL;
  ULoadParams params = { .decode = TRUE };

  first->on_event = cancel_on_event;
  first->user_data = &kind;
  driver_start (self->driver, first, url, &params);
  while (first->n_data == 0)
    g_main_context_iteration (self->context, TRUE);
  second = get (self);
  g_assert_no_error (second->error);
  driver_assert_text (second, "good");
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 2);
}

static guint
count_lines (const char *text, const char *prefix)
{
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    n += g_ascii_strncasecmp (lines[i], prefix, strlen (prefix)) == 0;

  return n;
}

static void
test_precedence (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP });
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (URequestData) request = u_request_data_new (url);
  g_autoptr (UHeaderList) extra = u_header_list_new ();
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .request = request, .extra_headers = extra, .decode = TRUE };
  const char *sent;

  u_header_list_append (request->headers, "X-fIrSt", "request");
  u_header_list_append (request->headers, "user-agent", "mine");
  u_header_list_append (request->headers, "Content-Length", "99");
  u_header_list_append (request->headers, "Transfer-Encoding", "chunked");
  u_header_list_append (request->headers, "Host", "other.example");
  u_header_list_append (extra, "x-FiRsT", "session");
  u_header_list_append (extra, "X-Second", "session");
  u_header_list_append (extra, "Accept", "text/html");
  u_header_list_append (extra, "Connection", "upgrade");
  driver_start (self->driver, load, url, &params);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);

  sent = raw_server_get_request (self->server, 0);
  g_assert_cmpuint (count_lines (sent, "x-first:"), ==, 1);
  g_assert_nonnull (strstr (sent, "X-fIrSt: request\r\n"));
  g_assert_nonnull (strstr (sent, "X-Second: session\r\n"));
  g_assert_cmpuint (count_lines (sent, "user-agent:"), ==, 1);
  g_assert_cmpuint (count_lines (sent, "user-agent: mine"), ==, 1);
  g_assert_cmpuint (count_lines (sent, "accept:"), ==, 1);
  g_assert_cmpuint (count_lines (sent, "accept: text/html"), ==, 1);
  g_assert_cmpuint (count_lines (sent, "host:"), ==, 1);
  g_assert_cmpuint (count_lines (sent, "host: other.example"), ==, 1);
  g_assert_cmpuint (count_lines (sent, "content-length:"), ==, 0);
  g_assert_cmpuint (count_lines (sent, "transfer-encoding:"), ==, 0);
  g_assert_cmpuint (count_lines (sent, "connection: upgrade"), ==, 0);
}

static void
test_body (Fixture *self, gconstpointer data)
{
  SERVE ({ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP },
         { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -1, RAW_KEEP });
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "urlsession-test-body-XXXXXX", NULL);
  int fd = g_mkstemp (path);

  g_assert_true (g_file_set_contents (path, "from a file", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      static const char * const methods[] = { "POST", "PUT", "GET" };
      static const char * const bodies[] = { "a=b", "from a file", "odd" };
      g_autoptr (URequestData) request = u_request_data_new (url);
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request };
      const char *sent;

      g_free (request->method);
      request->method = g_strdup (methods[i]);
      if (i == 1)
        {
          request->body_kind = U_BODY_FILE;
          request->body_path = g_strdup (path);
        }
      else
        {
          request->body_kind = U_BODY_BYTES;
          request->body_bytes = g_bytes_new (bodies[i], strlen (bodies[i]));
        }
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpstr (load->events->str, ==, "sr.");
      g_assert_cmpint (load->n_sent, ==, strlen (bodies[i]));
      sent = raw_server_get_request (self->server, i);
      g_assert_true (g_str_has_suffix (sent, bodies[i]));
      g_assert_cmpuint (count_lines (sent, "content-type: application/x-www-form-urlencoded"), ==, i == 0);
      g_assert_cmpuint (count_lines (sent, "content-length:"), ==, 1);
    }

  close (fd);
  g_assert_cmpint (unlink (path), ==, 0);
}

static void
test_body_file_errors (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *path;
    UError code;
  } cases[] = {
    { "/nowhere/at/all", U_ERROR_FILE_DOES_NOT_EXIST },
    { "/tmp", U_ERROR_FILE_IS_DIRECTORY },
    { "/dev/null", U_ERROR_CANNOT_OPEN_FILE },
  };

  self->server = raw_server_new (NULL, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = raw_server_dup_url (self->server, "/");
      g_autoptr (URequestData) request = u_request_data_new (url);
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request };

      request->body_kind = U_BODY_FILE;
      request->body_path = g_strdup (cases[i].path);
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_error (load->error, U_ERROR, (int) cases[i].code);
    }
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 0);
}

static void
test_bad_method (Fixture *self, gconstpointer data)
{
  static const char * const methods[] = { "CONNECT", "GET /\r\nX", "" };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (URequestData) request = u_request_data_new ("http://127.0.0.1:9/");
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request };

      g_free (request->method);
      request->method = g_strdup (methods[i]);
      driver_start (self->driver, load, NULL, &params);
      driver_wait_done (self->driver, load);
      g_assert_error (load->error, U_ERROR, U_ERROR_UNSUPPORTED_URL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/http/r034-get", NULL, test_get);
  ADD ("/http/r033-empty-body", NULL, test_no_body);
  ADD ("/http/r034-chunked", NULL, test_chunked);
  ADD ("/http/r273-until-close", NULL, test_until_close);
  ADD ("/http/r035-statuses", NULL, test_statuses);
  ADD ("/http/duplicate-headers", NULL, test_duplicates);
  ADD ("/http/informational", NULL, test_informational);
  ADD ("/http/r034-credit/length", GINT_TO_POINTER (FALSE), test_credit);
  ADD ("/http/r034-credit/chunked", GINT_TO_POINTER (TRUE), test_credit);
  for (guint i = 0; i < G_N_ELEMENTS (broken_replies); i++)
    ADD (broken_replies[i].name, &broken_replies[i], test_broken);
  ADD ("/http/r275-coded", NULL, test_coded);
  ADD ("/http/equal-lengths", NULL, test_equal_lengths);
  ADD ("/http/refused", NULL, test_refused);
  ADD ("/http/user-info", NULL, test_user_info);
  ADD ("/http/r150-keep-alive", NULL, test_keep_alive);
  ADD ("/http/r151-stale-connection", NULL, test_stale_connection);
  ADD ("/http/cancel/start", "start", test_cancel);
  ADD ("/http/cancel/request", "request", test_cancel);
  ADD ("/http/cancel/body", "body", test_cancel);
  ADD ("/http/cancel/inside-event", NULL, test_inside_event);
  ADD ("/http/cancel/free-early", NULL, test_free_early);
  ADD ("/http/r026-cancelled-connection", NULL, test_cancelled_connection);
  ADD ("/http/r269-precedence", NULL, test_precedence);
  ADD ("/http/r272-body", NULL, test_body);
  ADD ("/http/body-file-errors", NULL, test_body_file_errors);
  ADD ("/http/bad-method", NULL, test_bad_method);

  return g_test_run ();
}

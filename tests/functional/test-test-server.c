/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-server.h"

#include <stdlib.h>
#include <string.h>

/* The test server, driven by plain sockets: a server that is wrong would make every other test lie. */

#define PATIENCE_MS 5000

typedef struct
{
  UTestServer *server;        /* owned */
} Fixture;

typedef struct
{
  int status;                 /* 0: no status line */
  char *head;                 /* owned */
  GBytes *body;               /* owned */
} Answer;

static void
answer_free (Answer *self)
{
  g_free (self->head);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  self->server = u_test_server_new ();
  u_test_server_start (self->server, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_finalize_object (g_steal_pointer (&self->server));
}

static GSocketConnection *
connect_to (UTestServer *server)
{
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GError) error = NULL;
  GSocketConnection *connection;

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", u_test_server_get_port (server), NULL, &error);
  g_assert_no_error (error);

  return connection;
}

static void
send_text (gpointer stream, const char *text)
{
  g_autoptr(GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (stream), text, strlen (text), NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
send_get (gpointer stream, const char *target, const char *fields)
{
  g_autofree char *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: test\r\n%s\r\n", target, fields);

  send_text (stream, text);
}

/* Everything until the connection ends, in whatever way. */
static GByteArray *
read_all (gpointer stream)
{
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[4096];
  gssize n;

  while ((n = g_input_stream_read (g_io_stream_get_input_stream (stream), buffer, sizeof buffer, NULL, NULL)) > 0)
    g_byte_array_append (all, buffer, n);

  return all;
}

static void
read_exactly (gpointer stream, gsize length)
{
  g_autofree guint8 *buffer = g_malloc (length);
  g_autoptr(GError) error = NULL;
  gsize n;

  g_input_stream_read_all (g_io_stream_get_input_stream (stream), buffer, length, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, length);
}

/* One response with a Content-Length on a connection that stays open. */
static char *
read_head (gpointer stream)
{
  GString *head = g_string_new (NULL);
  char c;

  while (!g_str_has_suffix (head->str, "\r\n\r\n"))
    {
      if (g_input_stream_read (g_io_stream_get_input_stream (stream), &c, 1, NULL, NULL) != 1)
        break;
      g_string_append_c (head, c);
    }

  return g_string_free (head, FALSE);
}

static Answer *
parse_answer (const GByteArray *all)
{
  Answer *self = g_new0 (Answer, 1);
  const guint8 *end = all->len > 0 ? memmem (all->data, all->len, "\r\n\r\n", 4) : NULL;
  gsize head_length = end != NULL ? (gsize) (end - all->data) + 4 : 0;

  self->head = head_length > 0 ? g_strndup ((const char *) all->data, head_length) : g_strdup ("");
  self->body = g_bytes_new (all->data + head_length, all->len - head_length);
  if (g_str_has_prefix (self->head, "HTTP/1."))
    self->status = atoi (self->head + strlen ("HTTP/1.x "));

  return self;
}

static Answer *
ask (UTestServer *server, const char *method, const char *target, const char *fields)
{
  g_autoptr(GSocketConnection) connection = connect_to (server);
  g_autofree char *text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%s\r\n",
                                           method, target, fields);
  g_autoptr(GByteArray) all = NULL;

  send_text (connection, text);
  all = read_all (connection);

  return parse_answer (all);
}

static Answer *
get (UTestServer *server, const char *target)
{
  return ask (server, "GET", target, "");
}

static void
assert_has (Answer *answer, const char *field)
{
  g_autofree char *line = g_strdup_printf ("\r\n%s\r\n", field);

  if (strstr (answer->head, line) == NULL)
    g_error ("No “%s” in:\n%s", field, answer->head);
}

static void
assert_has_not (Answer *answer, const char *name)
{
  g_autofree char *start = g_strdup_printf ("\r\n%s:", name);

  g_assert_null (strstr (answer->head, start));
}

static void
assert_pattern (GBytes *body, guint64 seed, guint64 offset, gsize length)
{
  g_autofree guint8 *expected = g_malloc (length + 1);
  gsize size;
  gconstpointer data = g_bytes_get_data (body, &size);

  u_test_pattern_seeded (seed, offset, expected, length);
  g_assert_cmpmem (data, size, expected, length);
}

static void
test_pattern (Fixture *self, gconstpointer data)
{
  g_autoptr(GBytes) bytes = u_test_pattern_bytes (1000);
  g_autoptr(GBytes) part = g_bytes_new_from_bytes (bytes, 13, 700);
  g_autoptr(GBytes) other = u_test_pattern_bytes_seeded (U_TEST_SEED_CHANGED, 1000);
  g_autofree char *digest = u_test_pattern_sha256 (100 * 1000);
  g_autoptr(GBytes) long_bytes = u_test_pattern_bytes (100 * 1000);
  g_autofree char *expected = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, long_bytes);

  assert_pattern (part, U_TEST_SEED, 13, 700);
  g_assert_false (g_bytes_equal (bytes, other));
  g_assert_cmpstr (digest, ==, expected);
}

static void
test_bytes (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) whole = get (self->server, "/bytes/100000");
  g_autoptr(Answer) none = get (self->server, "/bytes/0");
  g_autoptr(Answer) head = ask (self->server, "HEAD", "/bytes/100000?repr-digest", "");

  g_assert_cmpint (whole->status, ==, 200);
  assert_pattern (whole->body, U_TEST_SEED, 0, 100000);
  assert_has (whole, "Content-Length: 100000");
  assert_has (whole, "Accept-Ranges: bytes");
  assert_has (whole, "ETag: \"1-100000\"");
  g_assert_cmpint (none->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (none->body), ==, 0);
  assert_has (head, "Content-Length: 100000");
  g_assert_cmpuint (g_bytes_get_size (head->body), ==, 0);
}

static void
test_ranges (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *target;
    const char *fields;
    int status;
    guint first;
    guint length;
    const char *content_range;
  } cases[] = {
    { "/bytes/100", "Range: bytes=10-19\r\n", 206, 10, 10, "bytes 10-19/100" },
    { "/bytes/100", "Range: bytes=90-\r\n", 206, 90, 10, "bytes 90-99/100" },
    { "/bytes/100", "Range: bytes=-7\r\n", 206, 93, 7, "bytes 93-99/100" },
    { "/bytes/100", "Range: bytes=0-999\r\n", 206, 0, 100, "bytes 0-99/100" },
    { "/bytes/100", "Range: bytes=100-\r\n", 416, 0, 0, "bytes */100" },
    { "/bytes/100?range-416", "", 416, 0, 0, "bytes */100" },
    { "/bytes/100", "Range: bytes=5-4\r\n", 200, 0, 100, NULL },
    { "/bytes/100", "Range: bytes=1-2,4-5\r\n", 200, 0, 100, NULL },
    { "/bytes/100?no-ranges", "Range: bytes=10-19\r\n", 200, 0, 100, NULL },
    { "/bytes/100?etag=a", "Range: bytes=10-19\r\nIf-Range: \"a\"\r\n", 206, 10, 10, "bytes 10-19/100" },
    { "/bytes/100?etag=a", "Range: bytes=10-19\r\nIf-Range: \"b\"\r\n", 200, 0, 100, NULL },
    { "/bytes/100?etag=a&weak-etag", "Range: bytes=10-19\r\nIf-Range: W/\"a\"\r\n", 200, 0, 100, NULL },
    { "/bytes/100", "Range: bytes=10-19\r\nIf-Range: Tue, 02 Jan 2024 03:04:05 GMT\r\n", 206, 10, 10, "bytes 10-19/100" },
    { "/bytes/100?wrong-range", "Range: bytes=10-\r\n", 206, 9, 91, "bytes 9-99/100" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(Answer) answer = ask (self->server, "GET", cases[i].target, cases[i].fields);

      g_assert_cmpint (answer->status, ==, cases[i].status);
      if (cases[i].status != 416)
        assert_pattern (answer->body, U_TEST_SEED, cases[i].first, cases[i].length);
      if (cases[i].content_range != NULL)
        {
          g_autofree char *field = g_strconcat ("Content-Range: ", cases[i].content_range, NULL);

          assert_has (answer, field);
        }
      else
        {
          assert_has_not (answer, "Content-Range");
        }
    }
}

static void
test_fields (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) bare = get (self->server, "/bytes/1?no-etag&no-last-modified");
  g_autoptr(Answer) named = get (self->server, "/bytes/1?name=..%2F..%2Fx&type=text/x&header=X-A:1&header=X-B:%202&status=404");
  g_autoptr(Answer) raw = get (self->server, "/bytes/1?disposition=inline&version=1.0");
  g_autoptr(Answer) text = get (self->server, "/bytes/0?body=hello%20there");
  g_autoptr(Answer) unknown = get (self->server, "/bytes/1?no-such-option");
  g_autoptr(Answer) fresh = ask (self->server, "GET", "/bytes/5?etag=x", "If-None-Match: \"x\"\r\n");

  assert_has_not (bare, "ETag");
  assert_has_not (bare, "Last-Modified");
  g_assert_cmpint (named->status, ==, 404);
  assert_has (named, "Content-Disposition: attachment; filename=\"../../x\"");
  assert_has (named, "Content-Type: text/x");
  assert_has (named, "X-A: 1");
  assert_has (named, "X-B: 2");
  g_assert_true (g_str_has_prefix (raw->head, "HTTP/1.0 200"));
  assert_has (raw, "Content-Disposition: inline");
  g_assert_cmpmem (g_bytes_get_data (text->body, NULL), g_bytes_get_size (text->body), "hello there", 11);
  g_assert_cmpint (unknown->status, ==, 400);
  g_assert_cmpint (fresh->status, ==, 304);
}

static GBytes *
decode (GBytes *body, GZlibCompressorFormat format, GError **error)
{
  g_autoptr(GConverter) converter = G_CONVERTER (g_zlib_decompressor_new (format));
  g_autoptr(GInputStream) memory = g_memory_input_stream_new_from_bytes (body);
  g_autoptr(GInputStream) stream = g_converter_input_stream_new (memory, converter);
  g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable ();

  if (g_output_stream_splice (out, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) < 0)
    return NULL;

  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (out));
}

static void
test_coding (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) gzip = get (self->server, "/bytes/5000?gzip");
  g_autoptr(Answer) deflate = get (self->server, "/bytes/5000?deflate");
  g_autoptr(Answer) cut = get (self->server, "/bytes/5000?gzip-cut");
  g_autoptr(GBytes) gzip_body = decode (gzip->body, G_ZLIB_COMPRESSOR_FORMAT_GZIP, NULL);
  g_autoptr(GBytes) deflate_body = decode (deflate->body, G_ZLIB_COMPRESSOR_FORMAT_ZLIB, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) cut_body = decode (cut->body, G_ZLIB_COMPRESSOR_FORMAT_GZIP, &error);
  g_autofree char *length = g_strdup_printf ("Content-Length: %" G_GSIZE_FORMAT, g_bytes_get_size (cut->body));

  assert_has (gzip, "Content-Encoding: gzip");
  assert_pattern (gzip_body, U_TEST_SEED, 0, 5000);
  assert_has (deflate, "Content-Encoding: deflate");
  assert_pattern (deflate_body, U_TEST_SEED, 0, 5000);
  assert_has (cut, length);
  g_assert_null (cut_body);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
}

static void
test_digest (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) good = get (self->server, "/bytes/3?repr-digest");
  g_autoptr(Answer) bad = get (self->server, "/bytes/3?bad-digest");
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *base64 = NULL;
  g_autofree char *field = NULL;
  guint8 body[3];
  guint8 digest[32];
  gsize size = sizeof digest;

  u_test_pattern (0, body, sizeof body);
  g_checksum_update (checksum, body, sizeof body);
  g_checksum_get_digest (checksum, digest, &size);
  base64 = g_base64_encode (digest, size);
  field = g_strdup_printf ("Repr-Digest: sha-256=:%s:", base64);

  assert_has (good, field);
  g_assert_null (strstr (bad->head, field));
  g_assert_nonnull (strstr (bad->head, "\r\nRepr-Digest: sha-256=:"));
}

static void
assert_text (Answer *answer, const char *text)
{
  g_assert_cmpmem (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body), text, strlen (text));
}

static void
test_framing (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) chunked = get (self->server, "/bytes/0?body=abcdef&chunked&chunk=4");
  g_autoptr(Answer) cut = get (self->server, "/bytes/0?body=abcdef&chunked-cut&chunk=4");
  g_autoptr(Answer) until_close = get (self->server, "/bytes/0?body=abcdef&close");
  g_autoptr(Answer) lie = get (self->server, "/bytes/0?body=abcdef&lie-length=99");
  g_autoptr(Answer) two = get (self->server, "/bytes/0?body=abcdef&two-lengths");

  assert_has (chunked, "Transfer-Encoding: chunked");
  assert_has_not (chunked, "Content-Length");
  assert_text (chunked, "4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n");
  assert_text (cut, "4\r\nabcd\r\n2\r\nef\r\n");
  assert_has_not (until_close, "Content-Length");
  assert_text (until_close, "abcdef");
  assert_has (lie, "Content-Length: 99");
  assert_text (lie, "abcdef");
  assert_has (two, "Content-Length: 6");
  assert_has (two, "Content-Length: 3");
}

static void
test_change_after_first (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) first = get (self->server, "/bytes/50?change-after-first");
  g_autoptr(Answer) second = ask (self->server, "GET", "/bytes/50?change-after-first",
                                  "Range: bytes=10-\r\nIf-Range: \"1-50\"\r\n");

  assert_has (first, "ETag: \"1-50\"");
  assert_pattern (first->body, U_TEST_SEED, 0, 50);
  g_assert_cmpint (second->status, ==, 200);
  assert_has (second, "ETag: \"2-50-changed\"");
  assert_pattern (second->body, U_TEST_SEED_CHANGED, 0, 50);
}

static void
test_drop (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) first = get (self->server, "/bytes/50?drop-after=20&drop-once");
  g_autoptr(Answer) second = ask (self->server, "GET", "/bytes/50?drop-after=20&drop-once", "Range: bytes=20-\r\n");
  g_autoptr(Answer) again = get (self->server, "/bytes/50?drop-after=20");
  g_autoptr(Answer) and_again = get (self->server, "/bytes/50?drop-after=20");

  assert_has (first, "Content-Length: 50");
  assert_pattern (first->body, U_TEST_SEED, 0, 20);
  assert_pattern (second->body, U_TEST_SEED, 20, 30);
  assert_pattern (again->body, U_TEST_SEED, 0, 20);
  assert_pattern (and_again->body, U_TEST_SEED, 0, 20);
}

static void
test_reset (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autoptr(GError) error = NULL;
  guint8 buffer[4096];
  gssize n;

  send_get (connection, "/bytes/50?reset-after=0", "");
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                                   buffer, sizeof buffer, NULL, &error)) > 0)
    {
    }
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

static void
test_pause (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autofree char *head = NULL;

  send_get (connection, "/bytes/50?pause-after=20", "");
  head = read_head (connection);
  read_exactly (connection, 20);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, PATIENCE_MS));
  g_assert_cmpuint (u_test_server_get_n_in_flight (self->server), ==, 1);
  u_test_server_release (self->server);
  read_exactly (connection, 30);
  g_assert_true (u_test_server_wait_for_in_flight (self->server, 0, PATIENCE_MS));
  g_assert_cmpuint (u_test_server_get_n_paused (self->server), ==, 0);
}

static void
test_pause_vanish (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);

  send_get (connection, "/bytes/50?pause-after=0", "");
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, PATIENCE_MS));
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_assert_true (u_test_server_wait_for_open_connections (self->server, 0, PATIENCE_MS));
}

static void
test_rate (Fixture *self, gconstpointer data)
{
  gint64 begun = g_get_monotonic_time ();
  g_autoptr(Answer) answer = get (self->server, "/bytes/1000?rate=10000&delay=20");

  assert_pattern (answer->body, U_TEST_SEED, 0, 1000);
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, 60 * G_TIME_SPAN_MILLISECOND);
}

static void
test_redirects (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) chain = get (self->server, "/redirect/3");
  g_autoptr(Answer) last = get (self->server, "/redirect/1");
  g_autoptr(Answer) other = get (self->server, "/redirect-to?url=ftp%3A%2F%2Fx%2Fy&status=307");
  g_autoptr(Answer) loop = get (self->server, "/redirect-loop?id=1");

  g_assert_cmpint (chain->status, ==, 302);
  assert_has (chain, "Location: /redirect/2");
  assert_has (last, "Location: /bytes/5");
  g_assert_cmpint (other->status, ==, 307);
  assert_has (other, "Location: ftp://x/y");
  assert_has (loop, "Location: /redirect-loop?id=1");
}

static void
test_echo (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) length = ask (self->server, "POST", "/echo?a=b", "X-Y: z\r\nContent-Length: 0\r\n");
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autoptr(GByteArray) all = NULL;
  g_autoptr(Answer) chunked = NULL;
  g_autoptr(GBytes) body = NULL;
  const char *expected = "{\"method\":\"POST\",\"path\":\"/echo\",\"query\":\"a=b\",\"headers\":"
                         "[[\"Host\",\"test\"],[\"Connection\",\"close\"],[\"X-Y\",\"z\"],[\"Content-Length\",\"0\"]],"
                         "\"body\":\"\"}";

  assert_text (length, expected);
  send_text (connection, "PUT /echo HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
                         "Expect: 100-continue\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n");
  all = read_all (connection);
  g_byte_array_append (all, (const guint8 *) "", 1);
  g_assert_true (g_str_has_prefix ((const char *) all->data, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  g_assert_nonnull (strstr ((const char *) all->data, "\"body\":\"abcde\""));
  body = u_test_server_dup_request_body (self->server, 1);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "abcde", 5);
  g_assert_cmpuint (u_test_server_get_request_body_length (self->server, 1), ==, 5);
}

static void
test_broken (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) garbage = get (self->server, "/garbage");
  g_autoptr(Answer) nothing = get (self->server, "/no-answer");
  g_autoptr(Answer) bad = get (self->server, "/bad-status-line");
  g_autoptr(Answer) endless = get (self->server, "/long-head");
  g_autoptr(Answer) status = get (self->server, "/status/599");
  g_autoptr(Answer) no_content = get (self->server, "/status/204");
  g_autoptr(Answer) empty = get (self->server, "/empty");
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autoptr(GByteArray) all = NULL;

  g_assert_cmpint (garbage->status, ==, 0);
  g_assert_cmpuint (g_bytes_get_size (nothing->body), ==, 0);
  g_assert_cmpint (bad->status, ==, 0);
  g_assert_cmpuint (g_bytes_get_size (endless->body), >, 1024 * 1024);
  g_assert_cmpint (status->status, ==, 599);
  assert_has_not (no_content, "Content-Length");
  assert_has (empty, "Content-Length: 0");

  send_text (connection, "no request at all\r\n\r\n");
  all = read_all (connection);
  g_assert_true (g_str_has_prefix ((const char *) all->data, "HTTP/1.1 400 "));
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 7);
}

static void
test_stall (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);

  send_get (connection, "/stall", "");
  g_assert_true (u_test_server_wait_for_in_flight (self->server, 1, PATIENCE_MS));
  /* tear_down() must get rid of it. */
}

static void
test_keep_alive (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autoptr(GByteArray) rest = NULL;
  g_autofree guint *ids = NULL;
  gsize n_ids;

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *head = NULL;

      send_get (connection, "/bytes/7", "");
      head = read_head (connection);
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 OK\r\n"));
      read_exactly (connection, 7);
    }
  send_get (connection, "/refuse-keepalive", "");
  rest = read_all (connection);
  g_assert_cmpuint (rest->len, >, 0);

  ids = u_test_server_dup_connection_ids (self->server, &n_ids);
  g_assert_cmpuint (n_ids, ==, 4);
  g_assert_cmpuint (ids[0], ==, ids[3]);
  g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 1);
  g_assert_true (u_test_server_wait_for_open_connections (self->server, 0, PATIENCE_MS));
}

static void
test_close_idle (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autoptr(GByteArray) rest = NULL;
  g_autofree char *head = NULL;

  send_get (connection, "/close-idle", "");
  head = read_head (connection);
  g_assert_null (strstr (head, "\r\nConnection: close"));
  read_exactly (connection, strlen ("Until the next time\n"));
  g_assert_true (u_test_server_wait_for_in_flight (self->server, 0, PATIENCE_MS));
  g_assert_cmpuint (u_test_server_get_n_open_connections (self->server), ==, 1);

  send_get (connection, "/empty", "");
  rest = read_all (connection);
  g_assert_cmpuint (rest->len, ==, 0);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
}

static void
test_early_413 (Fixture *self, gconstpointer data)
{
  g_autoptr(GSocketConnection) connection = connect_to (self->server);
  g_autoptr(GByteArray) all = NULL;
  g_autoptr(Answer) answer = NULL;

  send_text (connection, "POST /early-413 HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nsome of it");
  all = read_all (connection);
  answer = parse_answer (all);
  g_assert_cmpint (answer->status, ==, 413);
  assert_has (answer, "Connection: close");
}

static void
test_log (Fixture *self, gconstpointer data)
{
  g_autoptr(Answer) first = ask (self->server, "GET", "/empty?id=1", "X-One: 1\r\n");
  g_autoptr(Answer) second = ask (self->server, "DELETE", "/status/200", "");
  g_auto(GStrv) requests = u_test_server_dup_requests (self->server);
  g_auto(GStrv) headers = u_test_server_dup_request_headers (self->server, 0);
  g_autofree char *one = u_test_server_dup_request_header (self->server, 0, "x-one");
  g_autofree char *none = u_test_server_dup_request_header (self->server, 1, "x-one");

  g_assert_true (u_test_server_wait_for_requests (self->server, 2, 0));
  g_assert_false (u_test_server_wait_for_requests (self->server, 3, 0));
  g_assert_cmpuint (g_strv_length (requests), ==, 2);
  g_assert_cmpstr (requests[0], ==, "GET /empty?id=1");
  g_assert_cmpstr (requests[1], ==, "DELETE /status/200");
  g_assert_cmpstr (headers[2], ==, "X-One: 1");
  g_assert_cmpstr (one, ==, "1");
  g_assert_null (none);

  u_test_server_clear_log (self->server);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 0);
}

static void
test_restart (Fixture *self, gconstpointer data)
{
  guint port = u_test_server_get_port (self->server);
  g_autoptr(Answer) first = get (self->server, "/empty");
  g_autoptr(Answer) second = NULL;
  g_autoptr(GError) error = NULL;

  u_test_server_stop (self->server);
  u_test_server_start (self->server, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (u_test_server_get_port (self->server), ==, port);
  second = get (self->server, "/empty");
  g_assert_cmpint (second->status, ==, 200);
}

static void
test_tls (void)
{
  g_autoptr(UTestServer) server = u_test_server_new_tls ();
  g_autoptr(GSocketConnection) connection = NULL;
  g_autoptr(GIOStream) tls = NULL;
  g_autoptr(GTlsDatabase) database = NULL;
  g_autoptr(GSocketConnectable) identity = NULL;
  g_autoptr(GByteArray) all = NULL;
  g_autoptr(Answer) answer = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *uri = NULL;
  const char *protocols[] = { "h2", "http/1.1", NULL };

  u_test_server_start (server, &error);
  g_assert_no_error (error);
  uri = u_test_server_get_uri (server, "/");
  g_assert_true (g_str_has_prefix (uri, "https://127.0.0.1:"));

  connection = connect_to (server);
  identity = g_network_address_new ("127.0.0.1", u_test_server_get_port (server));
  tls = g_tls_client_connection_new (G_IO_STREAM (connection), identity, &error);
  g_assert_no_error (error);
  database = g_tls_file_database_new (u_test_server_get_ca_path (server), &error);
  g_assert_no_error (error);
  g_tls_connection_set_database (G_TLS_CONNECTION (tls), database);
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), protocols);
  g_tls_connection_handshake (G_TLS_CONNECTION (tls), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_tls_connection_get_negotiated_protocol (G_TLS_CONNECTION (tls)), ==, "http/1.1");

  send_get (tls, "/bytes/100000", "Connection: close\r\n");
  all = read_all (tls);
  answer = parse_answer (all);
  assert_pattern (answer->body, U_TEST_SEED, 0, 100000);
  g_assert_finalize_object (g_steal_pointer (&server));
}

#define ADD(name, func) g_test_add ("/server/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("pattern", test_pattern);
  ADD ("bytes", test_bytes);
  ADD ("ranges", test_ranges);
  ADD ("fields", test_fields);
  ADD ("coding", test_coding);
  ADD ("digest", test_digest);
  ADD ("framing", test_framing);
  ADD ("change-after-first", test_change_after_first);
  ADD ("drop", test_drop);
  ADD ("reset", test_reset);
  ADD ("pause", test_pause);
  ADD ("pause-vanish", test_pause_vanish);
  ADD ("rate", test_rate);
  ADD ("redirects", test_redirects);
  ADD ("echo", test_echo);
  ADD ("broken", test_broken);
  ADD ("stall", test_stall);
  ADD ("keep-alive", test_keep_alive);
  ADD ("close-idle", test_close_idle);
  ADD ("early-413", test_early_413);
  ADD ("log", test_log);
  ADD ("restart", test_restart);
  g_test_add_func ("/server/tls", test_tls);

  return g_test_run ();
}

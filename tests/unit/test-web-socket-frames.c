/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/transfer/u-utf8-check-private.h"
#include "urlsession/transfer/u-web-socket-frame-private.h"
#include "urlsession/transfer/u-web-socket-reader-private.h"
#include "urlsession/transfer/u-web-socket-writer-private.h"

/* Frames of WebSockets, in both directions and without a network: RFC 6455 sections 5, 7 and 8. */

#define MAXIMUM 1000

typedef struct
{
  const char *name;
  const char *bytes;
  gsize length;
  UWebSocketReading kind;     /* of the first event */
  const char *payload;        /* nullable: none */
  guint close_code;
} ReadCase;

#define BYTES(s) s, sizeof (s) - 1

static const ReadCase read_cases[] = {
  { "nothing", BYTES (""), U_WEB_SOCKET_READ_MORE },
  { "half a head", BYTES ("\x81"), U_WEB_SOCKET_READ_MORE },
  { "half a length", BYTES ("\x81\x7e\x01"), U_WEB_SOCKET_READ_MORE },
  { "text", BYTES ("\x81\x05Hello"), U_WEB_SOCKET_READ_TEXT, "Hello" },
  { "empty text", BYTES ("\x81\x00"), U_WEB_SOCKET_READ_TEXT, "" },
  { "empty bytes", BYTES ("\x82\x00"), U_WEB_SOCKET_READ_BINARY, "" },
  { "bytes", BYTES ("\x82\x03" "a\xff" "b"), U_WEB_SOCKET_READ_BINARY, "a\xff" "b" },
  { "fragments", BYTES ("\x01\x03Hel\x80\x02lo"), U_WEB_SOCKET_READ_TEXT, "Hello" },
  { "empty fragments", BYTES ("\x01\x00\x00\x00\x00\x02Hi\x80\x00"), U_WEB_SOCKET_READ_TEXT, "Hi" },
  { "a character across fragments", BYTES ("\x01\x01\xc3\x80\x01\xbc"), U_WEB_SOCKET_READ_TEXT, "\xc3\xbc" },
  { "a ping inside of a message", BYTES ("\x01\x01H\x89\x01p\x80\x01i"), U_WEB_SOCKET_READ_PING, "p" },
  { "a pong", BYTES ("\x8a\x02ok"), U_WEB_SOCKET_READ_PONG, "ok" },
  { "close", BYTES ("\x88\x00"), U_WEB_SOCKET_READ_CLOSE, NULL, 1005 },
  { "close with a code", BYTES ("\x88\x02\x03\xe8"), U_WEB_SOCKET_READ_CLOSE, "", 1000 },
  { "close with a reason", BYTES ("\x88\x05\x0f\xa0" "bye"), U_WEB_SOCKET_READ_CLOSE, "bye", 4000 },

  /* section 5.2 */
  { "RSV1 without an extension", BYTES ("\xc1\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "RSV2", BYTES ("\xa1\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "RSV3", BYTES ("\x91\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "RSV3, known from one byte", BYTES ("\x91"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "RSV1 of a ping", BYTES ("\xc9\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "opcode 3", BYTES ("\x83\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "opcode 7", BYTES ("\x87\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "opcode 11", BYTES ("\x8b\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "opcode 15", BYTES ("\x8f\x00"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "masked", BYTES ("\x81\x81\x01\x02\x03\x04" "I"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a length in two bytes that fits in one", BYTES ("\x82\x7e\x00\x7d"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a length in eight bytes that fits in two", BYTES ("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"),
    U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a length with the highest bit", BYTES ("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), U_WEB_SOCKET_READ_FAILED,
    NULL, 1002 },
  /* section 5.4 */
  { "a continuation of nothing", BYTES ("\x80\x01x"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a message inside of a message", BYTES ("\x01\x01x\x81\x01y"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "bytes inside of text", BYTES ("\x01\x01x\x02\x01y"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  /* section 5.5 */
  { "a ping in fragments", BYTES ("\x09\x01x"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close in fragments", BYTES ("\x08\x02\x03\xe8"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a ping of 126 bytes", BYTES ("\x89\x7e\x00\x7e"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close of 126 bytes", BYTES ("\x88\x7e\x00\x7e"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close with one byte", BYTES ("\x88\x01\x03"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close with the code 999", BYTES ("\x88\x02\x03\xe7"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close with the code 1005", BYTES ("\x88\x02\x03\xed"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close with the code 5000", BYTES ("\x88\x02\x13\x88"), U_WEB_SOCKET_READ_FAILED, NULL, 1002 },
  { "a close whose reason is not UTF-8", BYTES ("\x88\x03\x03\xe8\xff"), U_WEB_SOCKET_READ_FAILED, NULL, 1007 },
  /* section 8.1 */
  { "text that is not UTF-8", BYTES ("\x81\x02\xc3\x28"), U_WEB_SOCKET_READ_FAILED, NULL, 1007 },
  { "text that ends inside of a character", BYTES ("\x81\x01\xc3"), U_WEB_SOCKET_READ_FAILED, NULL, 1007 },
  { "text that fails before its end", BYTES ("\x01\x01\xff"), U_WEB_SOCKET_READ_FAILED, NULL, 1007 },
  { "a surrogate", BYTES ("\x81\x03\xed\xa0\x80"), U_WEB_SOCKET_READ_FAILED, NULL, 1007 },
  /* the limit */
  { "a frame above the limit, known from its head", BYTES ("\x82\x7e\x03\xe9"), U_WEB_SOCKET_READ_FAILED, NULL, 1009 },
  { "a length of almost 2^63", BYTES ("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), U_WEB_SOCKET_READ_FAILED, NULL,
    1009 },
  { "a continuation above the limit", BYTES ("\x02\x01x\x80\x7e\x03\xe8"), U_WEB_SOCKET_READ_FAILED, NULL, 1009 },
};

static void
assert_first (const ReadCase *c, gsize step)
{
  g_autoptr (UWebSocketReader) reader = u_web_socket_reader_new (MAXIMUM, NULL);
  g_auto (UWebSocketEvent) event = { 0 };

  for (gsize at = 0; at < c->length && event.kind == U_WEB_SOCKET_READ_MORE; )
    {
      const guint8 *data = (const guint8 *) c->bytes + at;
      gsize length = MIN (step, c->length - at);

      at += length;
      u_web_socket_reader_feed (reader, &data, &length, &event);
    }

  g_assert_cmpint (event.kind, ==, c->kind);
  g_assert_cmpuint (event.close_code, ==, c->close_code);
  g_assert_cmpint (event.problem != NULL, ==, c->kind == U_WEB_SOCKET_READ_FAILED);
  g_assert_cmpint (event.payload != NULL, ==, c->payload != NULL);
  if (c->payload != NULL)
    {
      gsize length;
      const char *data = g_bytes_get_data (event.payload, &length);

      g_assert_cmpmem (data, length, c->payload, strlen (c->payload));
    }
}

/* What the first event is does not depend on how the bytes arrive. */
static void
test_read (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (read_cases); i++)
    {
      g_test_message ("%s", read_cases[i].name);
      assert_first (&read_cases[i], G_MAXSIZE);
      assert_first (&read_cases[i], 1);
      assert_first (&read_cases[i], 3);
    }
}

static void
assert_next (UWebSocketReader *reader, const guint8 **data, gsize *length, UWebSocketReading kind, const char *payload)
{
  g_auto (UWebSocketEvent) event = { 0 };

  u_web_socket_reader_feed (reader, data, length, &event);
  g_assert_cmpint (event.kind, ==, kind);
  if (payload != NULL)
    g_assert_cmpmem (g_bytes_get_data (event.payload, NULL), g_bytes_get_size (event.payload), payload,
                     strlen (payload));
}

/* Several events in one piece of input come one by one; after the last one nothing is taken. */
static void
test_read_several (void)
{
  static const guint8 bytes[] = "\x81\x01" "a\x01\x01" "b\x89\x01" "p\x80\x01" "c\x88\x02\x03\xe8\x81\x01z";
  g_autoptr (UWebSocketReader) reader = u_web_socket_reader_new (MAXIMUM, NULL);
  const guint8 *data = bytes;
  gsize length = sizeof bytes - 1;

  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_TEXT, "a");
  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_PING, "p");
  g_assert_cmpuint (u_web_socket_reader_get_partial (reader), ==, 1);
  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_TEXT, "bc");
  g_assert_cmpuint (u_web_socket_reader_get_partial (reader), ==, 0);
  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_CLOSE, "");
  g_assert_cmpuint (length, ==, 3);
  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_MORE, NULL);
  g_assert_cmpuint (length, ==, 3);
}

/* A frame of a server, most often a good one. */
static void
append_random_frame (GByteArray *stream)
{
  static const guint8 first_bytes[] = { 0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x89, 0x8a, 0x88, 0x81, 0x82, 0x80 };
  guint8 head[2] = { first_bytes[g_test_rand_int_range (0, G_N_ELEMENTS (first_bytes))] };
  guint8 payload[125];

  head[1] = (guint8) g_test_rand_int_range (0, g_test_rand_bit () ? 4 : sizeof payload + 1);
  if (g_test_rand_int_range (0, 50) == 0)
    head[g_test_rand_bit ()] ^= (guint8) (1 << g_test_rand_int_range (0, 8));
  for (gsize i = 0; i < sizeof payload; i++)
    payload[i] = (guint8) (g_test_rand_int_range (0, 50) == 0 ? g_test_rand_int () : 'a');
  g_byte_array_append (stream, head, 2);
  g_byte_array_append (stream, payload, MIN (head[1] & 0x7f, (guint) sizeof payload));
}

/* All events, as text. @step: bytes at a time; 0: as it comes */
static char *
read_stream (GByteArray *stream, gsize step)
{
  g_autoptr (UWebSocketReader) reader = u_web_socket_reader_new (300, NULL);
  g_autoptr (GString) events = g_string_new (NULL);

  for (gsize at = 0; at < stream->len; )
    {
      const guint8 *data = stream->data + at;
      gsize length = MIN (step > 0 ? step : (gsize) g_test_rand_int_range (1, 300), stream->len - at);
      UWebSocketReading last;

      at += length;
      do
        {
          g_auto (UWebSocketEvent) event = { 0 };

          u_web_socket_reader_feed (reader, &data, &length, &event);
          last = event.kind;
          if (last != U_WEB_SOCKET_READ_MORE)
            g_string_append_printf (events, "%d %u %u\n", last, event.close_code,
                                    event.payload != NULL ? g_bytes_hash (event.payload) : 0);
        }
      while (last != U_WEB_SOCKET_READ_MORE);
    }

  return g_string_free (g_steal_pointer (&events), FALSE);
}

/* Whatever comes, and in whatever pieces: nothing breaks, and all agree on what it is. */
static void
test_read_random (void)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (GByteArray) stream = g_byte_array_new ();
      g_autofree char *whole = NULL;
      g_autofree char *bytes = NULL;
      g_autofree char *pieces = NULL;

      for (guint n = 0; n < 20; n++)
        append_random_frame (stream);
      whole = read_stream (stream, G_MAXSIZE);
      bytes = read_stream (stream, 1);
      pieces = read_stream (stream, 0);
      g_assert_cmpstr (whole, ==, bytes);
      g_assert_cmpstr (whole, ==, pieces);
    }
}

static void
test_limit (void)
{
  static const guint8 exact[] = "\x02\x02" "ab\x80\x02" "cd";
  static const guint8 above[] = "\x02\x02" "ab\x80\x03" "cde";
  g_autoptr (UWebSocketReader) reader = u_web_socket_reader_new (4, NULL);
  const guint8 *data = exact;
  gsize length = sizeof exact - 1;

  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_BINARY, "abcd");

  /* A new limit counts for what begins after it. */
  data = above;
  length = 4;
  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_MORE, NULL);
  u_web_socket_reader_set_maximum (reader, 5);
  length = sizeof above - 1 - 4;
  assert_next (reader, &data, &length, U_WEB_SOCKET_READ_FAILED, NULL);
}

static void
test_codes (void)
{
  static const guint good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
                                4999 };
  static const guint bad[] = { 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535 };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (u_web_socket_close_code_is_valid (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (u_web_socket_close_code_is_valid (bad[i]));
}

/* Every sequence of up to three bytes is judged as GLib judges it, but for U+0000. */
static void
test_utf8 (void)
{
  static const char * const good[] = {
    "", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
    "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "0123456789abcdef\xc3\xbc" "0123456789",
  };
  static const char * const bad[] = {
    "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(", "0123456789abcdef\xff",
  };
  UUtf8Check check = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      /* Each byte alone, one after the other. */
      for (const char *p = good[i]; *p != '\0'; p++)
        g_assert_true (u_utf8_check_feed (&check, (const guint8 *) p, 1));
      g_assert_true (u_utf8_check_ended (&check));
      g_assert_true (u_utf8_check_feed (&check, (const guint8 *) good[i], strlen (good[i])));
      g_assert_true (u_utf8_check_ended (&check));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      check = (UUtf8Check) { 0 };
      g_assert_false (u_utf8_check_feed (&check, (const guint8 *) bad[i], strlen (bad[i])));
    }
  check = (UUtf8Check) { 0 };
  g_assert_true (u_utf8_check_feed (&check, (const guint8 *) "a\0b", 3));

  for (guint32 n = 0x010101; n <= 0xffffff; n += 0x000107)
    {
      guint8 bytes[3] = { n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff };
      gboolean expected;

      if (bytes[0] == 0 || bytes[1] == 0 || bytes[2] == 0)
        continue;
      expected = g_utf8_validate_len ((const char *) bytes, 3, NULL);
      check = (UUtf8Check) { 0 };
      g_assert_cmpint (u_utf8_check_feed (&check, bytes, 3) && u_utf8_check_ended (&check), ==, expected);
    }
}

/* ---- What is sent ---- */

/* All that is ready, in turns of @step bytes. */
static GByteArray *
drain (UWebSocketWriter *writer, gsize step)
{
  GByteArray *all = g_byte_array_new ();
  const guint8 *data;
  gsize length;

  while ((data = u_web_socket_writer_peek (writer, &length)) != NULL)
    {
      length = MIN (length, step);
      g_byte_array_append (all, data, (guint) length);
      u_web_socket_writer_skip (writer, length);
    }

  return all;
}

/* Takes one masked frame off the front; its payload comes back in the clear. */
static GBytes *
take_frame (GByteArray *all, guint *first_byte)
{
  gsize head = 2;
  guint64 length;
  guint8 mask[4];
  GBytes *payload;

  g_assert_cmpuint (all->len, >=, 6);
  *first_byte = all->data[0];
  g_assert_true ((all->data[1] & 0x80) != 0);
  length = all->data[1] & 0x7f;
  if (length == 126)
    {
      length = all->data[2] << 8 | all->data[3];
      g_assert_cmpuint (length, >=, 126);
      head = 4;
    }
  else if (length == 127)
    {
      length = 0;
      for (guint i = 2; i < 10; i++)
        length = length << 8 | all->data[i];
      g_assert_cmpuint (length, >, 65535);
      head = 10;
    }
  memcpy (mask, all->data + head, 4);
  head += 4;
  g_assert_cmpuint (all->len, >=, head + length);
  for (gsize i = 0; i < length; i++)
    all->data[head + i] ^= mask[i % 4];
  payload = g_bytes_new (all->data + head, length);
  g_byte_array_remove_range (all, 0, (guint) (head + length));

  return payload;
}

static void
assert_frame (GByteArray *all, guint first_byte, const char *payload, gsize length)
{
  guint first;
  g_autoptr (GBytes) bytes = take_frame (all, &first);

  g_assert_cmphex (first, ==, first_byte);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), payload, length);
}

static void
add_text (UWebSocketWriter *writer, const char *text, guint64 serial)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  u_web_socket_writer_add_message (writer, bytes, TRUE, serial);
}

static void
test_write (void)
{
  g_autoptr (UWebSocketWriter) writer = u_web_socket_writer_new (NULL);
  g_autoptr (GBytes) ping = g_bytes_new_static ("ping", 4);
  g_autoptr (GBytes) pong = g_bytes_new_static ("pong", 4);
  g_autoptr (GBytes) other = g_bytes_new_static ("PONG", 4);
  g_autoptr (GByteArray) all = NULL;
  gint64 length = 0;

  g_assert_true (u_web_socket_writer_is_idle (writer));
  add_text (writer, "one", 1);
  u_web_socket_writer_add_ping (writer, ping);
  add_text (writer, "", 2);
  u_web_socket_writer_set_pong (writer, pong);
  u_web_socket_writer_set_pong (writer, other);
  u_web_socket_writer_close (writer, 4001, "Grüße", FALSE);
  add_text (writer, "too late", 3);
  g_assert_false (u_web_socket_writer_is_idle (writer));
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &length), ==, 0);

  all = drain (writer, 5);
  g_assert_true (u_web_socket_writer_is_idle (writer));
  g_assert_true (u_web_socket_writer_has_closed (writer));
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &length), ==, 1);
  g_assert_cmpint (length, ==, 3);
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &length), ==, 2);
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &length), ==, 0);

  assert_frame (all, 0x8a, "PONG", 4);
  assert_frame (all, 0x81, "one", 3);
  assert_frame (all, 0x89, "ping", 4);
  assert_frame (all, 0x81, "", 0);
  assert_frame (all, 0x88, "\x0f\xa1" "Gr\xc3\xbc\xc3\x9f" "e", 9);
  g_assert_cmpuint (all->len, ==, 0);
}

/* The three forms of the length, and masks that begin anywhere. */
static void
test_write_lengths (void)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 65537, 300000 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (UWebSocketWriter) writer = u_web_socket_writer_new (NULL);
      g_autofree char *data = g_malloc (lengths[i] + 1);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GByteArray) all = NULL;
      gint64 length;

      for (gsize k = 0; k < lengths[i]; k++)
        data[k] = (char) (k * 31 % 251);
      bytes = g_bytes_new (data, lengths[i]);
      u_web_socket_writer_add_message (writer, bytes, FALSE, 9);
      all = drain (writer, 60001);
      assert_frame (all, 0x82, data, lengths[i]);
      g_assert_cmpuint (all->len, ==, 0);
      g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &length), ==, 9);
    }
}

/* A message counts as sent with its last byte, and not before. */
static void
test_write_marks (void)
{
  g_autoptr (UWebSocketWriter) writer = u_web_socket_writer_new (NULL);
  gsize length;
  gint64 sent;

  add_text (writer, "four", 7);
  g_assert_nonnull (u_web_socket_writer_peek (writer, &length));
  g_assert_cmpuint (length, ==, 2 + 4 + 4);
  u_web_socket_writer_skip (writer, length - 1);
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &sent), ==, 0);
  u_web_socket_writer_skip (writer, 1);
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &sent), ==, 7);
}

/* Who closes at once sends nothing that was still waiting, but never half a frame. */
static void
test_close_now (void)
{
  g_autoptr (UWebSocketWriter) writer = u_web_socket_writer_new (NULL);
  g_autofree char *data = g_malloc0 (200000);
  g_autoptr (GBytes) large = g_bytes_new (data, 200000);
  g_autoptr (GByteArray) all = NULL;
  gsize length;
  gint64 sent;

  u_web_socket_writer_add_message (writer, large, FALSE, 1);
  add_text (writer, "dropped", 2);
  g_assert_nonnull (u_web_socket_writer_peek (writer, &length));
  u_web_socket_writer_close (writer, 1001, NULL, TRUE);
  all = drain (writer, G_MAXSIZE);
  assert_frame (all, 0x82, data, 200000);
  assert_frame (all, 0x88, "\x03\xe9", 2);
  g_assert_cmpuint (all->len, ==, 0);
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &sent), ==, 1);
  g_assert_cmpuint (u_web_socket_writer_take_sent (writer, &sent), ==, 0);
}

/* RFC 6455 section 5.3: each frame has its own. */
static void
test_masks (void)
{
  g_autoptr (UWebSocketWriter) writer = u_web_socket_writer_new (NULL);
  g_autoptr (GByteArray) all = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < 1000; i++)
    add_text (writer, "", 0);
  all = drain (writer, G_MAXSIZE);
  g_assert_cmpuint (all->len, ==, 6000);
  for (guint i = 0; i < 1000; i++)
    {
      guint32 mask;

      memcpy (&mask, all->data + i * 6 + 2, 4);
      g_hash_table_add (seen, GUINT_TO_POINTER (mask));
    }
  g_assert_cmpuint (g_hash_table_size (seen), >, 990);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/web-socket-frames/r253-read", test_read);
  g_test_add_func ("/web-socket-frames/r247-several-in-one-piece", test_read_several);
  g_test_add_func ("/web-socket-frames/r253-read-random", test_read_random);
  g_test_add_func ("/web-socket-frames/r252-limit", test_limit);
  g_test_add_func ("/web-socket-frames/r251-codes", test_codes);
  g_test_add_func ("/web-socket-frames/r253-utf8", test_utf8);
  g_test_add_func ("/web-socket-frames/write", test_write);
  g_test_add_func ("/web-socket-frames/write-lengths", test_write_lengths);
  g_test_add_func ("/web-socket-frames/write-marks", test_write_marks);
  g_test_add_func ("/web-socket-frames/close-now", test_close_now);
  g_test_add_func ("/web-socket-frames/masks", test_masks);

  return g_test_run ();
}

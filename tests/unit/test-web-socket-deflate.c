/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/transfer/u-web-socket-deflate-private.h"
#include "urlsession/transfer/u-web-socket-reader-private.h"
#include "urlsession/transfer/u-web-socket-writer-private.h"

/* permessage-deflate, RFC 7692, without a network. */

#define BYTES(s) (const guint8 *) s, sizeof (s) - 1

static void
assert_inflates (UWebSocketInflater *inflater, const guint8 *data, gsize length, const char *expected)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  g_assert_cmpint (u_web_socket_inflater_add (inflater, data, length, TRUE, 1000, whole), ==, U_WEB_SOCKET_INFLATE_OK);
  g_assert_cmpmem (whole->data, whole->len, expected, strlen (expected));
}

/* The examples of RFC 7692 section 7.2.3. */
static void
test_examples (void)
{
  g_autoptr (UWebSocketInflater) inflater = u_web_socket_inflater_new (FALSE);
  g_autoptr (UWebSocketInflater) other = u_web_socket_inflater_new (FALSE);
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  /* one block; the same with what is known from the first */
  assert_inflates (inflater, BYTES ("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello");
  assert_inflates (inflater, BYTES ("\xf2\x00\x11\x00\x00"), "Hello");
  /* no compression */
  assert_inflates (other, BYTES ("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello");
  /* a block that says to be the last one */
  assert_inflates (other, BYTES ("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello");
  assert_inflates (other, BYTES ("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello");
  /* two blocks */
  assert_inflates (other, BYTES ("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello");
  /* byte by byte */
  for (const char *p = "\xf2\x48\xcd\xc9\xc9\x07"; *p != '\0'; p++)
    g_assert_cmpint (u_web_socket_inflater_add (other, (const guint8 *) p, 1, FALSE, 1000, whole), ==, 0);
  g_assert_cmpint (u_web_socket_inflater_add (other, (const guint8 *) "", 1, TRUE, 1000, whole), ==, 0);
  g_assert_cmpmem (whole->data, whole->len, "Hello", 5);
}

static void
test_no_takeover (void)
{
  g_autoptr (UWebSocketInflater) inflater = u_web_socket_inflater_new (TRUE);
  g_autoptr (UWebSocketDeflater) deflater = u_web_socket_deflater_new (TRUE);
  g_autoptr (UWebSocketDeflater) keeping = u_web_socket_deflater_new (FALSE);
  g_autoptr (GByteArray) first = g_byte_array_new ();
  g_autoptr (GByteArray) second = g_byte_array_new ();
  g_autoptr (GByteArray) shorter = g_byte_array_new ();
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  static const char text[] = "The quick brown fox jumps over the lazy dog";

  u_web_socket_deflater_add (deflater, BYTES (text), TRUE, first);
  u_web_socket_deflater_add (deflater, BYTES (text), TRUE, second);
  g_assert_cmpmem (first->data, first->len, second->data, second->len);
  assert_inflates (inflater, first->data, first->len, text);
  assert_inflates (inflater, second->data, second->len, text);

  /* One that goes on from message to message says the second one in few bytes, which mean nothing alone. */
  g_byte_array_set_size (first, 0);
  u_web_socket_deflater_add (keeping, BYTES (text), TRUE, first);
  u_web_socket_deflater_add (keeping, BYTES (text), TRUE, shorter);
  g_assert_cmpuint (shorter->len, <, first->len / 2);
  g_assert_cmpint (u_web_socket_inflater_add (inflater, shorter->data, shorter->len, TRUE, 1000, whole), ==,
                   U_WEB_SOCKET_INFLATE_INVALID);
}

static void
test_invalid (void)
{
  g_autoptr (UWebSocketInflater) inflater = u_web_socket_inflater_new (FALSE);
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  g_assert_cmpint (u_web_socket_inflater_add (inflater, BYTES ("\xff\xff\xff\xff\xff"), TRUE, 1000, whole), ==,
                   U_WEB_SOCKET_INFLATE_INVALID);
}

/* A thousandfold expansion ends at the limit, not in memory. */
static void
test_bomb (void)
{
  g_autoptr (UWebSocketDeflater) deflater = u_web_socket_deflater_new (FALSE);
  g_autoptr (UWebSocketInflater) inflater = u_web_socket_inflater_new (FALSE);
  g_autofree guint8 *zeros = g_malloc0 (10 * 1024 * 1024);
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  u_web_socket_deflater_add (deflater, zeros, 10 * 1024 * 1024, TRUE, packed);
  g_assert_cmpuint (packed->len, <, 20000);
  g_assert_cmpint (u_web_socket_inflater_add (inflater, packed->data, packed->len, TRUE, 100000, whole), ==,
                   U_WEB_SOCKET_INFLATE_TOO_LONG);
  g_assert_cmpuint (whole->len, <=, 100000 + 16 * 1024);
}

/* The same as a frame: 1009, and 1007 for what cannot be decompressed. */
static void
test_frames (void)
{
  static const struct
  {
    const char *bytes;
    gsize length;
    UWebSocketReading kind;
    guint code;
  } cases[] = {
    { "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", 9, U_WEB_SOCKET_READ_TEXT, 0 },
    { "\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00", 11, U_WEB_SOCKET_READ_TEXT, 0 },
    { "\x81\x05Hello", 7, U_WEB_SOCKET_READ_TEXT, 0 },
    { "\x41\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00", 11, U_WEB_SOCKET_READ_FAILED, 1002 },
    { "\xc9\x00", 2, U_WEB_SOCKET_READ_FAILED, 1002 },
    { "\xc1\x05\xff\xff\xff\xff\xff", 7, U_WEB_SOCKET_READ_FAILED, 1007 },
    /* "Hell" and 300 times "o" */
    { "\xc1\x0b\xf2\x48\xcd\xc9\xc9\x1f\x05\x44\x03\x00\x00", 13, U_WEB_SOCKET_READ_FAILED, 1009 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UWebSocketReader) reader = u_web_socket_reader_new (100, u_web_socket_inflater_new (FALSE));
      g_auto (UWebSocketEvent) event = { 0 };
      const guint8 *data = (const guint8 *) cases[i].bytes;
      gsize length = cases[i].length;

      u_web_socket_reader_feed (reader, &data, &length, &event);
      g_assert_cmpint (event.kind, ==, cases[i].kind);
      g_assert_cmpuint (event.close_code, ==, cases[i].code);
      if (event.payload != NULL)
        g_assert_cmpmem (g_bytes_get_data (event.payload, NULL), g_bytes_get_size (event.payload), "Hello", 5);
    }
}

/* Turns what a client writes into what a server would: without masks. */
static void
unmask (GByteArray *all, GByteArray *out, guint *n_frames, gboolean *has_compressed)
{
  gsize at = 0;

  while (at < all->len)
    {
      guint n_extended = (all->data[at + 1] & 0x7f) == 126 ? 2 : (all->data[at + 1] & 0x7f) == 127 ? 8 : 0;
      guint64 length = n_extended == 0 ? all->data[at + 1] & 0x7f : 0;
      const guint8 *mask = all->data + at + 2 + n_extended;
      guint8 head[2] = { all->data[at], all->data[at + 1] & 0x7f };

      for (guint i = 0; i < n_extended; i++)
        length = length << 8 | all->data[at + 2 + i];
      g_byte_array_append (out, head, 2);
      g_byte_array_append (out, all->data + at + 2, n_extended);
      for (guint64 i = 0; i < length; i++)
        {
          guint8 byte = mask[4 + i] ^ mask[i % 4];

          g_byte_array_append (out, &byte, 1);
        }
      at += 2 + n_extended + 4 + length;
      (*n_frames)++;
      *has_compressed |= (head[0] & 0x40) != 0;
    }
}

/* What the writer compresses the reader understands; large messages come in frames of bounded size. */
static void
test_round_trip (void)
{
  static const gsize lengths[] = { 0, 63, 64, 1000, 64 * 1024, 200000 };
  g_autoptr (UWebSocketWriter) writer = u_web_socket_writer_new (u_web_socket_deflater_new (FALSE));
  g_autoptr (UWebSocketReader) reader = u_web_socket_reader_new (1000000, u_web_socket_inflater_new (FALSE));

  for (guint round = 0; round < 3; round++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
        {
          g_autofree guint8 *bytes = g_malloc (lengths[i] + 1);
          g_autoptr (GBytes) payload = NULL;
          g_autoptr (GByteArray) sent = g_byte_array_new ();
          g_autoptr (GByteArray) received = g_byte_array_new ();
          g_auto (UWebSocketEvent) event = { 0 };
          const guint8 *data;
          gsize length;
          guint n_frames = 0;
          gboolean has_compressed = FALSE;

          for (gsize k = 0; k < lengths[i]; k++)
            bytes[k] = (guint8) (round == 0 ? 'a' : round == 1 ? g_test_rand_int () : (gint32) (k % 100));
          payload = g_bytes_new (bytes, lengths[i]);
          u_web_socket_writer_add_message (writer, payload, FALSE, 1);
          while ((data = u_web_socket_writer_peek (writer, &length)) != NULL)
            {
              g_byte_array_append (sent, data, (guint) length);
              u_web_socket_writer_skip (writer, length);
            }
          unmask (sent, received, &n_frames, &has_compressed);
          g_assert_cmpint (has_compressed, ==, lengths[i] >= 64);
          g_assert_cmpuint (n_frames, <=, lengths[i] / (64 * 1024) + 1);

          data = received->data;
          length = received->len;
          u_web_socket_reader_feed (reader, &data, &length, &event);
          g_assert_cmpint (event.kind, ==, U_WEB_SOCKET_READ_BINARY);
          g_assert_true (g_bytes_equal (event.payload, payload));
          g_assert_cmpuint (length, ==, 0);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/web-socket-deflate/examples", test_examples);
  g_test_add_func ("/web-socket-deflate/no-takeover", test_no_takeover);
  g_test_add_func ("/web-socket-deflate/invalid", test_invalid);
  g_test_add_func ("/web-socket-deflate/r252-bomb", test_bomb);
  g_test_add_func ("/web-socket-deflate/r252-frames", test_frames);
  g_test_add_func ("/web-socket-deflate/round-trip", test_round_trip);

  return g_test_run ();
}

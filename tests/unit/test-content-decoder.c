/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/u-config.h"
#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-content-decoder-private.h"

#include <gio/gio.h>
#include <string.h>

/* Content codings: whole, cut at every byte, several of them, several members, in steps of every size. */

static GBytes *
encode (GZlibCompressorFormat format, GBytes *plain)
{
  g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (format, 6);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) out = g_converter_output_stream_new (memory, G_CONVERTER (compressor));

  g_assert_true (g_output_stream_write_all (out, g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), NULL, NULL,
                                            NULL));
  g_assert_true (g_output_stream_close (out, NULL, NULL));

  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static GBytes *
join (GBytes *a, GBytes *b)
{
  GByteArray *all = g_byte_array_new ();

  g_byte_array_append (all, g_bytes_get_data (a, NULL), g_bytes_get_size (a));
  g_byte_array_append (all, g_bytes_get_data (b, NULL), g_bytes_get_size (b));

  return g_byte_array_free_to_bytes (all);
}

static GBytes *
make_text (gsize size)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; text->len < size; i++)
    g_string_append_printf (text, "%u,", i * 7919u);
  g_string_truncate (text, size);

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/* Decodes the first @length bytes of @encoded, taking at most @step bytes in and out at a time. */
static GBytes *
decode (const char *coding, GBytes *encoded, gsize length, gsize step, GError **error)
{
  g_autoptr (UContentDecoder) decoder = u_content_decoder_new (coding);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (step);
  const guint8 *data = g_bytes_get_data (encoded, NULL);
  gsize position = 0;
  gboolean ended = FALSE;

  g_assert_nonnull (decoder);
  while (TRUE)
    {
      gssize n = u_content_decoder_read (decoder, buffer, step, error);

      if (n < 0)
        return NULL;
      if (n > 0)
        {
          g_byte_array_append (all, buffer, n);
        }
      else if (ended)
        {
          return g_byte_array_free_to_bytes (g_steal_pointer (&all));
        }
      else if (position == length)
        {
          u_content_decoder_end (decoder);
          ended = TRUE;
        }
      else
        {
          gsize room;
          guint8 *into = u_content_decoder_get_room (decoder, &room);
          gsize size = MIN (MIN (room, step), length - position);

          g_assert_cmpuint (room, >, 0);
          memcpy (into, data + position, size);
          u_content_decoder_fill (decoder, size);
          position += size;
        }
    }
}

static void
check (const char *coding, GBytes *encoded, GBytes *plain)
{
  static const gsize steps[] = { 1, 13, 4096, 1024 * 1024 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) decoded = NULL;

      /* Byte by byte is slow for what is large, and says nothing new. */
      if (steps[i] == 1 && g_bytes_get_size (plain) > 100000)
        continue;
      decoded = decode (coding, encoded, g_bytes_get_size (encoded), steps[i], &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (decoded, plain));
    }
}

static void
test_whole (void)
{
  static const gsize sizes[] = { 0, 1, 1000, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) plain = make_text (sizes[i]);
      g_autoptr (GBytes) gzip = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, plain);
      g_autoptr (GBytes) zlib = encode (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, plain);
      g_autoptr (GBytes) raw = encode (G_ZLIB_COMPRESSOR_FORMAT_RAW, plain);

      check ("gzip", gzip, plain);
      check ("X-GZip", gzip, plain);
      check ("deflate", zlib, plain);
      check ("deflate", raw, plain);
    }
}

static void
test_members (void)
{
  g_autoptr (GBytes) first = make_text (5000);
  g_autoptr (GBytes) second = make_text (70);
  g_autoptr (GBytes) plain = join (first, second);
  g_autoptr (GBytes) first_gzip = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, first);
  g_autoptr (GBytes) second_gzip = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, second);
  g_autoptr (GBytes) both = join (first_gzip, second_gzip);
  g_autoptr (GBytes) zeros = g_bytes_new_static ("\0\0\0\0\0\0\0", 7);
  g_autoptr (GBytes) padded = join (both, zeros);

  check ("gzip", both, plain);
  check ("gzip", padded, plain);
}

static void
test_stacked (void)
{
  g_autoptr (GBytes) plain = make_text (200000);
  g_autoptr (GBytes) inner = encode (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, plain);
  g_autoptr (GBytes) outer = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, inner);

  check ("deflate, gzip", outer, plain);
  check (" deflate ,identity,, gzip", outer, plain);
}

static void
check_cuts (const char *coding, GBytes *encoded)
{
  for (gsize length = 1; length < g_bytes_get_size (encoded); length++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) decoded = decode (coding, encoded, length, 4096, &error);

      g_assert_error (error, U_ERROR, U_ERROR_CANNOT_DECODE_CONTENT_DATA);
      g_assert_null (decoded);
    }
}

static void
test_cut (void)
{
  g_autoptr (GBytes) plain = make_text (300);
  g_autoptr (GBytes) gzip = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, plain);
  g_autoptr (GBytes) zlib = encode (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, plain);
  g_autoptr (GBytes) raw = encode (G_ZLIB_COMPRESSOR_FORMAT_RAW, plain);
  g_autoptr (GBytes) stacked = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, zlib);

  check_cuts ("gzip", gzip);
  check_cuts ("deflate", zlib);
  check_cuts ("deflate", raw);
  check_cuts ("deflate, gzip", stacked);
}

static void
test_garbage (void)
{
  g_autoptr (GBytes) text = g_bytes_new_static ("this was never compressed", 25);
  static const char * const names[] = {
    "gzip", "deflate",
#ifdef HAVE_BROTLI
    "br",
#endif
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) decoded = decode (names[i], text, 25, 4096, &error);

      g_assert_error (error, U_ERROR, U_ERROR_CANNOT_DECODE_CONTENT_DATA);
      g_assert_null (decoded);
    }
}

/* What is not encoded, or in a way not known here, is nothing to decode. */
static void
test_nothing (void)
{
  static const char * const names[] = { NULL, "", "identity", "compress", "gzip, zstd", "sdch, gzip", "," };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_null (u_content_decoder_new (names[i]));
  g_assert_null (u_content_decoder_new ("gzip,gzip,gzip,gzip,gzip"));
}

/* A body of 1 MiB of zeros in some hundred bytes comes out in the steps in which it is wanted. */
static void
test_ratio (void)
{
  g_autofree guint8 *zeros = g_malloc0 (1024 * 1024);
  g_autoptr (GBytes) plain = g_bytes_new (zeros, 1024 * 1024);
  g_autoptr (GBytes) gzip = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, plain);

  g_assert_cmpuint (g_bytes_get_size (gzip), <, 4096);
  check ("gzip", gzip, plain);
}

#ifdef HAVE_BROTLI
#define BROTLI_TEXT "brotli, brotli and once more brotli: the quick brown fox jumps over the lazy dog"

/* There is a decoder here, and no encoder. */
static void
test_brotli (void)
{
  static const guint8 stream[] = {
    0x13, 0x4f, 0x00, 0x00, 0x44, 0x73, 0x4b, 0x65, 0x1b, 0x8f, 0x50, 0x38, 0xb7, 0x0e, 0x02, 0x19,
    0x25, 0xc7, 0xf8, 0xe1, 0x31, 0x36, 0xf6, 0xe7, 0x3e, 0x51, 0xa6, 0xfd, 0xc1, 0x06, 0x9c, 0x46,
    0xdb, 0xc3, 0xa0, 0x99, 0x57, 0xee, 0x56, 0x0c, 0xd2, 0x9e, 0xf4, 0x31, 0x82, 0xa0, 0x53, 0xa5,
    0x58, 0x6b, 0xc2, 0xc8, 0x63, 0xe0, 0x3f, 0x03, 0x89, 0x2f, 0xea, 0xe9, 0x73, 0x81, 0x57, 0x74,
    0x22, 0xcd, 0xfd, 0x1f, 0x22, 0x33,
  };
  g_autoptr (GBytes) plain = g_bytes_new_static (BROTLI_TEXT, strlen (BROTLI_TEXT));
  g_autoptr (GBytes) encoded = g_bytes_new_static (stream, sizeof stream);
  g_autoptr (GBytes) both = encode (G_ZLIB_COMPRESSOR_FORMAT_GZIP, encoded);

  check ("br", encoded, plain);
  check ("br, gzip", both, plain);
  check_cuts ("br", encoded);
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/content-decoder/whole", test_whole);
  g_test_add_func ("/content-decoder/members", test_members);
  g_test_add_func ("/content-decoder/stacked", test_stacked);
  g_test_add_func ("/content-decoder/r275-cut", test_cut);
  g_test_add_func ("/content-decoder/r275-garbage", test_garbage);
  g_test_add_func ("/content-decoder/nothing", test_nothing);
  g_test_add_func ("/content-decoder/ratio", test_ratio);
#ifdef HAVE_BROTLI
  g_test_add_func ("/content-decoder/brotli", test_brotli);
#endif

  return g_test_run ();
}

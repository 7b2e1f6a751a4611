/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-web-socket-deflate-private.h"

#include <string.h>

#include <gio/gio.h>

#define BLOCK_SIZE (16 * 1024)

/* RFC 7692 section 7.2.1: how a flushed stream ends, and what is left out of a message. */
static const guint8 tail[] = { 0x00, 0x00, 0xff, 0xff };

struct _UWebSocketDeflater
{
  gboolean no_takeover;
  GConverter *zlib;           /* owned, nullable */
};

struct _UWebSocketInflater
{
  gboolean no_takeover;
  GConverter *zlib;           /* owned, nullable */
};

UWebSocketDeflater *
u_web_socket_deflater_new (gboolean no_takeover)
{
  UWebSocketDeflater *self = g_new0 (UWebSocketDeflater, 1);

  self->no_takeover = no_takeover;

  return self;
}

void
u_web_socket_deflater_free (UWebSocketDeflater *self)
{
  g_clear_object (&self->zlib);
  g_free (self);
}

void
u_web_socket_deflater_add (UWebSocketDeflater *self, const guint8 *data, gsize length, gboolean last, GByteArray *out)
{
  GConverterResult result = G_CONVERTER_CONVERTED;

  if (self->zlib == NULL)
    self->zlib = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, -1));

  while (length > 0 || (last && result != G_CONVERTER_FLUSHED))
    {
      guint8 block[BLOCK_SIZE];
      gsize n_read = 0;
      gsize n_written = 0;

      result = g_converter_convert (self->zlib, data, length, block, sizeof block,
                                    last ? G_CONVERTER_FLUSH : G_CONVERTER_NO_FLAGS, &n_read, &n_written, NULL);
      /* It takes all its memory when it starts, and any bytes can be compressed. */
      g_assert (result != G_CONVERTER_ERROR);
      g_byte_array_append (out, block, (guint) n_written);
      data += n_read;
      length -= n_read;
    }
  if (!last)
    return;

  if (out->len >= sizeof tail && memcmp (out->data + out->len - sizeof tail, tail, sizeof tail) == 0)
    g_byte_array_set_size (out, out->len - sizeof tail);
  if (self->no_takeover)
    g_converter_reset (self->zlib);
}

UWebSocketInflater *
u_web_socket_inflater_new (gboolean no_takeover)
{
  UWebSocketInflater *self = g_new0 (UWebSocketInflater, 1);

  self->no_takeover = no_takeover;

  return self;
}

void
u_web_socket_inflater_free (UWebSocketInflater *self)
{
  g_clear_object (&self->zlib);
  g_free (self);
}

static UWebSocketInflateResult
inflate (UWebSocketInflater *self, const guint8 *data, gsize length, guint64 limit, GByteArray *out)
{
  gsize n_written = 0;

  /* As long as the block was full there may be more behind it. */
  while (length > 0 || n_written == BLOCK_SIZE)
    {
      guint8 block[BLOCK_SIZE];
      gsize n_read = 0;
      GConverterResult result;

      n_written = 0;
      result = g_converter_convert (self->zlib, data, length, block, sizeof block, G_CONVERTER_FLUSH, &n_read,
                                    &n_written, NULL);
      if (result == G_CONVERTER_FLUSHED)
        return length == 0 ? U_WEB_SOCKET_INFLATE_OK : U_WEB_SOCKET_INFLATE_INVALID;
      if (result == G_CONVERTER_ERROR)
        return U_WEB_SOCKET_INFLATE_INVALID;

      g_byte_array_append (out, block, (guint) n_written);
      if (out->len > limit)
        return U_WEB_SOCKET_INFLATE_TOO_LONG;
      data += n_read;
      length -= n_read;
      /* A block that says to be the last one, RFC 7692 section 7.2.3.5: the next one starts anew. */
      if (result == G_CONVERTER_FINISHED)
        g_converter_reset (self->zlib);
    }

  return U_WEB_SOCKET_INFLATE_OK;
}

UWebSocketInflateResult
u_web_socket_inflater_add (UWebSocketInflater *self, const guint8 *data, gsize length, gboolean last, guint64 limit,
                           GByteArray *out)
{
  UWebSocketInflateResult result;

  if (self->zlib == NULL)
    self->zlib = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW));

  result = inflate (self, data, length, limit, out);
  if (result == U_WEB_SOCKET_INFLATE_OK && last)
    {
      result = inflate (self, tail, sizeof tail, limit, out);
      if (self->no_takeover)
        g_converter_reset (self->zlib);
    }

  return result;
}

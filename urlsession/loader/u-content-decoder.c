/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-content-decoder-private.h"

#include <string.h>
#include <gio/gio.h>

#include "urlsession/u-config.h"
#include "urlsession/base/u-error.h"

#ifdef HAVE_BROTLI
#include <brotli/decode.h>
#endif

/* Encoded bytes held for each coding. */
#define BLOCK_SIZE (32 * 1024)

/* More codings than this on one body are no accident. */
#define MAX_STAGES 4

typedef enum {
  CODING_GZIP,
  CODING_DEFLATE,
  CODING_BROTLI,
} Coding;

static const struct
{
  const char *name;
  Coding coding;
} codings[] = {
  { "gzip", CODING_GZIP },
  { "x-gzip", CODING_GZIP },
  { "deflate", CODING_DEFLATE },
#ifdef HAVE_BROTLI
  { "br", CODING_BROTLI },
#endif
};

typedef struct
{
  Coding coding;
  GConverter *zlib;           /* owned; NULL: brotli, or deflate of which too little was seen to tell its format */
#ifdef HAVE_BROTLI
  BrotliDecoderState *brotli; /* owned; nullable */
#endif
  gboolean started;           /* took at least one byte */
  gboolean finished;          /* the coded stream says that it is complete */
  gboolean ended;             /* no more input comes */
  gsize start;                /* of what is not decoded yet */
  gsize end;
  guint8 data[BLOCK_SIZE];
} Stage;

struct _UContentDecoder
{
  guint n_stages;
  Stage *stages[MAX_STAGES];  /* owned; the first one takes what comes from the wire */
};

const char *
u_content_decoder_get_accepted (void)
{
#ifdef HAVE_BROTLI
  return "gzip, deflate, br";
#else
  return "gzip, deflate";
#endif
}

static Stage *
stage_new (Coding coding)
{
  Stage *self = g_malloc (sizeof (Stage));

  memset (self, 0, G_STRUCT_OFFSET (Stage, data));
  self->coding = coding;
  if (coding == CODING_GZIP)
    self->zlib = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
#ifdef HAVE_BROTLI
  if (coding == CODING_BROTLI)
    self->brotli = BrotliDecoderCreateInstance (NULL, NULL, NULL);
#endif

  return self;
}

static void
stage_free (Stage *self)
{
  g_clear_object (&self->zlib);
#ifdef HAVE_BROTLI
  if (self->brotli != NULL)
    BrotliDecoderDestroyInstance (self->brotli);
#endif
  g_free (self);
}

UContentDecoder *
u_content_decoder_new (const char *content_encoding)
{
  g_autoptr (UContentDecoder) self = NULL;
  g_auto (GStrv) names = NULL;

  if (content_encoding == NULL)
    return NULL;

  self = g_new0 (UContentDecoder, 1);
  names = g_strsplit (content_encoding, ",", -1);

  /* Listed in the order in which they were applied: the last one comes off first. */
  for (int i = (int) g_strv_length (names) - 1; i >= 0; i--)
    {
      const char *name = g_strstrip (names[i]);
      guint j;

      if (*name == '\0' || g_ascii_strcasecmp (name, "identity") == 0)
        continue;
      for (j = 0; j < G_N_ELEMENTS (codings); j++)
        {
          if (g_ascii_strcasecmp (name, codings[j].name) == 0)
            break;
        }
      if (j == G_N_ELEMENTS (codings) || self->n_stages == MAX_STAGES)
        return NULL;
      self->stages[self->n_stages++] = stage_new (codings[j].coding);
    }

  return self->n_stages > 0 ? g_steal_pointer (&self) : NULL;
}

void
u_content_decoder_free (UContentDecoder *self)
{
  for (guint i = 0; i < self->n_stages; i++)
    stage_free (self->stages[i]);
  g_free (self);
}

static guint8 *
stage_get_room (Stage *self, gsize *size)
{
  if (self->start > 0)
    {
      memmove (self->data, self->data + self->start, self->end - self->start);
      self->end -= self->start;
      self->start = 0;
    }
  *size = BLOCK_SIZE - self->end;

  return self->data + self->end;
}

guint8 *
u_content_decoder_get_room (UContentDecoder *self, gsize *size)
{
  return stage_get_room (self->stages[0], size);
}

void
u_content_decoder_fill (UContentDecoder *self, gsize size)
{
  self->stages[0]->end += size;
}

void
u_content_decoder_end (UContentDecoder *self)
{
  self->stages[0]->ended = TRUE;
}

static gssize
fail (GError **error, const char *why)
{
  g_set_error (error, U_ERROR, U_ERROR_CANNOT_DECODE_CONTENT_DATA,
               "The body does not match its Content-Encoding: %s", why);

  return -1;
}

/* "deflate" is the zlib format (RFC 1950), yet some servers send the bare stream (RFC 1951). The two cannot be told
 * apart by fewer than two bytes; a header has method 8 and a check value, which no usual first block looks like. */
static gboolean
choose_deflate_format (Stage *self)
{
  const guint8 *head = self->data + self->start;
  gsize size = self->end - self->start;
  gboolean has_header;

  if (size < 2 && !self->ended)
    return FALSE;

  has_header = size >= 2 && (head[0] & 0x0f) == 8 && (head[0] * 256 + head[1]) % 31 == 0;
  self->zlib = G_CONVERTER (g_zlib_decompressor_new (has_header ? G_ZLIB_COMPRESSOR_FORMAT_ZLIB
                                                                : G_ZLIB_COMPRESSOR_FORMAT_RAW));

  return TRUE;
}

/* What follows a complete stream: another member of a gzip file (RFC 1952 section 2.2) starts it anew; anything else
 * is padding, which every decoder ignores. Returns whether there is more to decode. */
static gboolean
stage_restart (Stage *self)
{
  gsize size = self->end - self->start;

  if (self->coding != CODING_GZIP || size == 0)
    return FALSE;
  if (self->data[self->start] != 0x1f || (size >= 2 && self->data[self->start + 1] != 0x8b))
    {
      self->start = self->end;
      return FALSE;
    }
  if (size < 2)
    {
      if (self->ended)
        self->start = self->end;
      return FALSE;
    }

  g_converter_reset (self->zlib);
  self->finished = FALSE;

  return TRUE;
}

static gssize
decode_zlib (Stage *self, guint8 *buffer, gsize size, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GConverterResult result;
  gsize n_read = 0;
  gsize n_written = 0;

  if (self->zlib == NULL && !choose_deflate_format (self))
    return 0;

  result = g_converter_convert (self->zlib, self->data + self->start, self->end - self->start, buffer, size,
                                G_CONVERTER_NO_FLAGS, &n_read, &n_written, &failure);
  if (result == G_CONVERTER_ERROR)
    {
      /* All was taken, and nothing came out of it: this is not an error but a request for more. */
      if (g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
        return 0;
      return fail (error, failure->message);
    }
  self->start += n_read;
  self->started = self->started || n_read > 0;
  self->finished = result == G_CONVERTER_FINISHED;

  return n_written;
}

#ifdef HAVE_BROTLI
static gssize
decode_brotli (Stage *self, guint8 *buffer, gsize size, GError **error)
{
  const guint8 *next_in = self->data + self->start;
  size_t n_in = self->end - self->start;
  guint8 *next_out = buffer;
  size_t n_out = size;
  BrotliDecoderResult result;

  result = BrotliDecoderDecompressStream (self->brotli, &n_in, &next_in, &n_out, &next_out, NULL);
  if (result == BROTLI_DECODER_RESULT_ERROR)
    return fail (error, BrotliDecoderErrorString (BrotliDecoderGetErrorCode (self->brotli)));
  self->started = self->started || self->end - self->start > n_in;
  self->start = self->end - n_in;
  self->finished = result == BROTLI_DECODER_RESULT_SUCCESS;

  return size - n_out;
}
#endif

static gssize
stage_decode (Stage *self, guint8 *buffer, gsize size, GError **error)
{
#ifdef HAVE_BROTLI
  if (self->brotli != NULL)
    return decode_brotli (self, buffer, size, error);
#endif

  return decode_zlib (self, buffer, size, error);
}

/* The decoded bytes of stage @index, which pulls what it needs out of those below it. */
static gssize
stage_read (UContentDecoder *self, guint index, guint8 *buffer, gsize size, GError **error)
{
  Stage *stage = self->stages[index];

  while (TRUE)
    {
      gsize before = stage->end - stage->start;
      gssize n = 0;

      if (stage->finished)
        {
          if (!stage_restart (stage) && stage->coding != CODING_GZIP)
            stage->start = stage->end;
        }
      if (!stage->finished)
        {
          gboolean was_finished;

          n = stage_decode (stage, buffer, size, error);
          if (n != 0)
            return n;
          was_finished = stage->finished;
          if (was_finished || stage->end - stage->start < before)
            continue;
        }

      /* No output for the input there is. */
      if (stage->ended)
        {
          if (!stage->finished && (stage->started || stage->end > stage->start))
            return fail (error, "it ends too early");
          return 0;
        }
      if (index == 0)
        return 0;
      else
        {
          gsize room;
          guint8 *into = stage_get_room (stage, &room);

          n = stage_read (self, index - 1, into, room, error);
          if (n < 0)
            return -1;
          stage->end += n;
          if (n == 0)
            {
              if (!self->stages[0]->ended)
                return 0;
              stage->ended = TRUE;
            }
        }
    }
}

gssize
u_content_decoder_read (UContentDecoder *self, guint8 *buffer, gsize size, GError **error)
{
  return stage_read (self, self->n_stages - 1, buffer, size, error);
}

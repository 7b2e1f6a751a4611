/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-representation-private.h"

#include "u-test-pattern.h"

#include <gio/gio.h>
#include <string.h>

#define LAST_MODIFIED         "Tue, 02 Jan 2024 03:04:05 GMT"
#define LAST_MODIFIED_CHANGED "Wed, 03 Jan 2024 03:04:05 GMT"

/* A body that is encoded has to be in memory as a whole. */
#define MAX_ENCODED (64 * 1024 * 1024)

typedef enum
{
  RANGE_NONE,                 /* the whole of it */
  RANGE_PART,
  RANGE_OUTSIDE,              /* 416 */
} RangeKind;

typedef struct
{
  GBytes *bytes;              /* owned; NULL: the pattern of the seed */
  guint64 seed;
  guint64 length;
  const char *coding;         /* NULL: identity */
  char *etag;                 /* owned; as in the field; NULL: none */
  const char *last_modified;  /* NULL: none */
} Representation;

static void
representation_clear (Representation *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->etag);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Representation, representation_clear)

static GBytes *
encode (GBytes *bytes, GZlibCompressorFormat format)
{
  g_autoptr(GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (format, -1));
  g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr(GOutputStream) stream = g_converter_output_stream_new (memory, compressor);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_output_stream_write_all (stream, data, size, NULL, NULL, NULL);
  g_output_stream_close (stream, NULL, NULL);

  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static void
representation_encode (Representation *self, const UTestOptions *options)
{
  g_autoptr(GBytes) plain = NULL;

  if (!options->gzip && !options->gzip_cut && !options->deflate)
    return;

  plain = self->bytes != NULL ? g_bytes_ref (self->bytes)
                              : u_test_pattern_bytes_seeded (self->seed, MIN (self->length, MAX_ENCODED));
  g_clear_pointer (&self->bytes, g_bytes_unref);
  /* RFC 9110, section 8.4.1.2: "deflate" is the zlib format. */
  self->bytes = encode (plain, options->deflate ? G_ZLIB_COMPRESSOR_FORMAT_ZLIB : G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  self->coding = options->deflate ? "deflate" : "gzip";
  self->length = g_bytes_get_size (self->bytes);
  if (options->gzip_cut)
    self->length /= 2;
}

static void
representation_init (Representation *self, const UTestOptions *options, guint64 length, gboolean changed)
{
  self->seed = options->seed >= 0 ? (guint64) options->seed : U_TEST_SEED;
  if (changed)
    self->seed += U_TEST_SEED_CHANGED - U_TEST_SEED;
  self->length = length;
  if (options->body != NULL)
    {
      self->bytes = g_bytes_new (options->body, strlen (options->body));
      self->length = strlen (options->body);
    }

  if (!options->no_etag)
    {
      const char *weak = options->weak_etag ? "W/" : "";
      const char *suffix = changed ? "-changed" : "";

      if (options->etag != NULL)
        self->etag = g_strdup_printf ("%s\"%s%s\"", weak, options->etag, suffix);
      else
        self->etag = g_strdup_printf ("%s\"%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "%s\"",
                                      weak, self->seed, self->length, suffix);
    }
  if (!options->no_last_modified)
    self->last_modified = changed ? LAST_MODIFIED_CHANGED : LAST_MODIFIED;
}

/* RFC 9110, section 13.1.2 and 13.1.3: the tag, compared weakly, else the date. */
static gboolean
is_not_modified (const Representation *self, const UTestRequest *request)
{
  const char *tags = u_test_request_get_header (request, "If-None-Match");
  const char *since = u_test_request_get_header (request, "If-Modified-Since");

  if (tags != NULL)
    {
      const char *opaque = self->etag == NULL ? NULL : strchr (self->etag, '"');

      return g_str_equal (tags, "*") || (opaque != NULL && strstr (tags, opaque) != NULL);
    }

  return since != NULL && g_strcmp0 (since, self->last_modified) == 0;
}

/* RFC 9110, section 13.1.5: a strong comparison, so a weak tag never matches. */
static gboolean
if_range_holds (const Representation *self, const UTestRequest *request)
{
  const char *validator = u_test_request_get_header (request, "If-Range");

  if (validator == NULL)
    return TRUE;
  if (*validator == '"')
    return g_strcmp0 (validator, self->etag) == 0;

  return g_strcmp0 (validator, self->last_modified) == 0;
}

/* RFC 9110, section 14.1.2. Several ranges are answered with the whole, which is allowed. */
static RangeKind
parse_range (const char *value, guint64 length, guint64 *first, guint64 *last)
{
  g_autofree char *start = NULL;
  const char *dash;
  gboolean has_first, has_last;

  if (!g_str_has_prefix (value, "bytes=") || strchr (value, ',') != NULL)
    return RANGE_NONE;
  value += strlen ("bytes=");
  dash = strchr (value, '-');
  if (dash == NULL)
    return RANGE_NONE;

  start = g_strndup (value, dash - value);
  has_first = g_ascii_string_to_unsigned (start, 10, 0, G_MAXINT64, first, NULL);
  has_last = g_ascii_string_to_unsigned (dash + 1, 10, 0, G_MAXINT64, last, NULL);
  if ((!has_first && *start != '\0') || (!has_last && dash[1] != '\0') || (!has_first && !has_last))
    return RANGE_NONE;

  if (!has_first)
    {
      if (*last == 0 || length == 0)
        return RANGE_OUTSIDE;
      *first = length - MIN (*last, length);
      *last = length - 1;
      return RANGE_PART;
    }
  if (has_last && *last < *first)
    return RANGE_NONE;
  if (*first >= length)
    return RANGE_OUTSIDE;
  *last = has_last ? MIN (*last, length - 1) : length - 1;

  return RANGE_PART;
}

static RangeKind
select_range (const Representation  *self,
              const UTestRequest    *request,
              const UTestOptions    *options,
              guint64               *first,
              guint64               *last)
{
  const char *range = u_test_request_get_header (request, "Range");

  if (options->range_416)
    return RANGE_OUTSIDE;
  if (range == NULL || options->no_ranges || options->status >= 0 || !g_str_equal (request->method, "GET"))
    return RANGE_NONE;
  if (!if_range_holds (self, request))
    return RANGE_NONE;

  return parse_range (range, self->length, first, last);
}

/* RFC 9530: of the representation as it is encoded, whatever the range. */
static void
add_digest (UTestReply *reply, const Representation *self, gboolean bad)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *base64 = NULL;
  g_autofree char *value = NULL;
  guint8 digest[32];
  gsize size = sizeof digest;

  if (self->bytes != NULL)
    {
      g_checksum_update (checksum, g_bytes_get_data (self->bytes, NULL), self->length);
    }
  else
    {
      guint8 buffer[16 * 1024];

      for (guint64 offset = 0; offset < self->length; offset += sizeof buffer)
        {
          gsize n = MIN (sizeof buffer, self->length - offset);

          u_test_pattern_seeded (self->seed, offset, buffer, n);
          g_checksum_update (checksum, buffer, n);
        }
    }
  g_checksum_get_digest (checksum, digest, &size);
  if (bad)
    digest[0] ^= 1;
  base64 = g_base64_encode (digest, size);
  value = g_strdup_printf ("sha-256=:%s:", base64);
  u_test_reply_add_header (reply, "Repr-Digest", value);
}

static void
add_fields (UTestReply *reply, const Representation *self, const UTestOptions *options)
{
  u_test_reply_add_header (reply, "Accept-Ranges", options->no_ranges ? "none" : "bytes");
  if (self->etag != NULL)
    u_test_reply_add_header (reply, "ETag", self->etag);
  if (self->last_modified != NULL)
    u_test_reply_add_header (reply, "Last-Modified", self->last_modified);
  if (self->coding != NULL)
    u_test_reply_add_header (reply, "Content-Encoding", self->coding);
  u_test_reply_add_header (reply, "Content-Type",
                           options->type != NULL ? options->type : "application/octet-stream");
  if (options->disposition != NULL)
    {
      u_test_reply_add_header (reply, "Content-Disposition", options->disposition);
    }
  else if (options->name != NULL)
    {
      g_autofree char *value = g_strdup_printf ("attachment; filename=\"%s\"", options->name);

      u_test_reply_add_header (reply, "Content-Disposition", value);
    }
  if (options->repr_digest || options->bad_digest)
    add_digest (reply, self, options->bad_digest);
}

static UTestReply *
answer_outside (const Representation *self)
{
  UTestReply *reply = u_test_reply_new (416);
  g_autofree char *value = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, self->length);

  u_test_reply_add_header (reply, "Content-Range", value);
  u_test_reply_set_text (reply, "text/plain", "No such range\n");

  return reply;
}

static UTestReply *
answer_part (const Representation *self, const UTestOptions *options, guint64 first, guint64 last)
{
  UTestReply *reply = u_test_reply_new (206);
  g_autofree char *value = NULL;

  if (options->wrong_range)
    first = first > 0 ? first - 1 : MIN (first + 1, last);
  reply->offset = first;
  reply->length = last - first + 1;
  value = g_strdup_printf ("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                           first, last, self->length);
  u_test_reply_add_header (reply, "Content-Range", value);

  return reply;
}

/*
 * u_test_representation_answer:
 * @length: of the body, before it is encoded
 * @changed: whether the resource is another one by now
 */
UTestReply *
u_test_representation_answer (const UTestRequest *request,
                              const UTestOptions *options,
                              guint64             length,
                              gboolean            changed)
{
  g_auto(Representation) self = { 0 };
  g_autoptr(UTestReply) reply = NULL;
  guint64 first = 0;
  guint64 last = 0;
  RangeKind range;

  representation_init (&self, options, length, changed);
  representation_encode (&self, options);

  if (options->status < 0 && is_not_modified (&self, request))
    {
      reply = u_test_reply_new (304);
      reply->framing = U_TEST_FRAMING_NONE;
      add_fields (reply, &self, options);
      return g_steal_pointer (&reply);
    }

  range = select_range (&self, request, options, &first, &last);
  if (range == RANGE_OUTSIDE)
    return answer_outside (&self);

  if (range == RANGE_PART)
    {
      reply = answer_part (&self, options, first, last);
    }
  else
    {
      reply = u_test_reply_new (200);
      reply->length = self.length;
    }
  reply->seed = self.seed;
  reply->bytes = g_steal_pointer (&self.bytes);
  if (reply->bytes != NULL)
    self.bytes = g_bytes_ref (reply->bytes);
  add_fields (reply, &self, options);

  return g_steal_pointer (&reply);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-upload-private.h"

#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-http-sender-private.h"
#include "urlsession/loader/u-parts-stream-private.h"

/* A body in memory up to this size is not worth more than a few turns of the loop: bytes. */
#define SMALL_BODY (64 * 1024)

struct _UHttpUpload
{
  guint ref_count;            /* of the load, of a measuring under way, and of the streams */
  const UHttpUploadFuncs *funcs; /* NULL: nobody listens any more */
  gpointer user_data;
  UHttpUploadPart part;
  GArray *segments;           /* owned; of UPartsStreamSegment; the streams refer to it once all are measured */
  gboolean is_cut;            /* the segments are those of the part */
  guint n_measured;
  gint64 length;
  GCancellable *cancellable;  /* owned, nullable; while it is measured */
  UHttpSender *sender;        /* owned, nullable; what was opened last */
  gint64 credit;              /* bytes that may be sent */
};

static void
clear_segment (gpointer data)
{
  UPartsStreamSegment *segment = data;

  g_clear_pointer (&segment->bytes, g_bytes_unref);
  g_free (segment->path);
  g_clear_pointer (&segment->source, u_body_source_unref);
}

static UHttpUpload *
upload_ref (UHttpUpload *self)
{
  self->ref_count++;

  return self;
}

static void
upload_unref (UHttpUpload *self)
{
  if (--self->ref_count > 0)
    return;

  g_array_unref (self->segments);
  g_clear_object (&self->cancellable);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHttpUpload, upload_unref)

static void
add_segment (UHttpUpload *self, GBytes *bytes, const char *path)
{
  UPartsStreamSegment segment = { 0 };

  if (bytes != NULL)
    {
      segment.bytes = g_bytes_ref (bytes);
      segment.length = (gint64) g_bytes_get_size (bytes);
    }
  else
    {
      segment.path = g_strdup (path);
    }
  g_array_append_val (self->segments, segment);
}

UHttpUpload *
u_http_upload_new (URequestData *request, const UHttpUploadPart *part, const UHttpUploadFuncs *funcs,
                   gpointer user_data)
{
  UHttpUpload *self = g_new0 (UHttpUpload, 1);

  self->ref_count = 1;
  self->funcs = funcs;
  self->part = *part;
  self->user_data = user_data;
  self->credit = G_MAXINT64;
  self->segments = g_array_new (FALSE, FALSE, sizeof (UPartsStreamSegment));
  g_array_set_clear_func (self->segments, clear_segment);

  if (request->body_kind == U_BODY_PARTS)
    {
      for (guint i = 0; i < u_body_parts_get_n (request->body_parts); i++)
        {
          const UBodySegment *segment = u_body_parts_get_nth (request->body_parts, i);

          add_segment (self, segment->bytes, segment->path);
        }
    }
  else if (request->body_kind == U_BODY_SOURCE)
    {
      UPartsStreamSegment segment = { .source = u_body_source_ref (request->body_source) };

      segment.length = u_request_data_get_body_length (request);
      g_array_append_val (self->segments, segment);
    }
  else
    {
      add_segment (self, request->body_bytes, request->body_path);
    }

  return self;
}

static void
close_sender (UHttpUpload *self)
{
  if (self->sender != NULL)
    u_http_sender_detach (self->sender);
  g_clear_object (&self->sender);
}

void
u_http_upload_free (UHttpUpload *self)
{
  self->funcs = NULL;
  close_sender (self);
  upload_unref (self);
}

static void
tell_failed (UHttpUpload *self, const char *path, const GError *error)
{
  g_autoptr (GError) mapped = NULL;

  if (self->funcs == NULL)
    return;

  if (path == NULL && error != NULL)
    mapped = g_error_copy (error);
  else if (path == NULL)
    mapped = g_error_new (U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED,
                          "The stream with the body of the request gave more or fewer bytes than the %" G_GINT64_FORMAT
                          " that were announced.", self->length);
  else if (error != NULL)
    mapped = u_error_map_new_for_file (error, path);
  else
    mapped = g_error_new (U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED,
                          "The file “%s”, which is sent, has become shorter or longer meanwhile: it has to stay as it "
                          "is until the request is complete.", path);
  self->funcs->failed (self->user_data, mapped);
}

static UPartsStreamSegment *
get_unmeasured (UHttpUpload *self)
{
  while (self->n_measured < self->segments->len)
    {
      UPartsStreamSegment *segment = &g_array_index (self->segments, UPartsStreamSegment, self->n_measured);

      if (segment->bytes == NULL && segment->source == NULL)
        return segment;
      self->length = segment->length < 0 ? -1 : self->length + segment->length;
      self->n_measured++;
    }

  return NULL;
}

/* Leaves of a segment what lies from @offset, @count bytes at most. */
static void
cut_segment (UPartsStreamSegment *segment, gint64 offset, gint64 count)
{
  count = MIN (count, segment->length - offset);
  if (segment->bytes != NULL)
    {
      GBytes *cut = g_bytes_new_from_bytes (segment->bytes, (gsize) offset, (gsize) count);

      g_bytes_unref (segment->bytes);
      segment->bytes = cut;
    }
  else
    {
      segment->start = offset;
      segment->is_cut = offset + count < segment->length;
    }
  segment->length = count;
}

/* All is measured: from here on only the part counts. FALSE: this is not the body that it should be. */
static gboolean
cut (UHttpUpload *self)
{
  gint64 offset = self->part.offset;
  gint64 count;

  if (self->is_cut || (offset == 0 && self->part.count == 0 && self->part.total == 0))
    return TRUE;
  if (offset > self->length || (self->part.total > 0 && self->part.total != self->length))
    return FALSE;

  count = self->length - offset;
  if (self->part.count > 0)
    count = MIN (count, self->part.count);
  self->length = count;
  self->is_cut = TRUE;
  for (guint i = 0; i < self->segments->len; )
    {
      UPartsStreamSegment *segment = &g_array_index (self->segments, UPartsStreamSegment, i);

      if (offset >= segment->length || count == 0)
        {
          offset = MAX (offset - segment->length, 0);
          g_array_remove_index (self->segments, i);
          continue;
        }
      cut_segment (segment, offset, count);
      offset = 0;
      count -= segment->length;
      i++;
    }
  self->n_measured = self->segments->len;

  return TRUE;
}

static void
tell_other (UHttpUpload *self)
{
  g_autoptr (GError) error = NULL;

  if (self->funcs == NULL)
    return;
  error = g_error_new (U_ERROR, U_ERROR_NOT_RESUMABLE,
                       "The body has %" G_GINT64_FORMAT " bytes: it is not the one that was sent in part.",
                       self->length);
  self->funcs->failed (self->user_data, error);
}

static gboolean measure_next (UHttpUpload *self);

static void
info_cb (GObject *file, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UHttpUpload) self = user_data;
  UPartsStreamSegment *segment = get_unmeasured (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info_finish (G_FILE (file), result, &error);

  if (self->funcs == NULL)
    return;

  /* What is not a regular file has no length; a pipe would hold a thread until somebody writes to it. */
  if (info != NULL && g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "a directory is no body for a request");
  else if (info != NULL && g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "only a regular file can be a body");

  if (error != NULL)
    {
      tell_failed (self, segment->path, error);
      return;
    }

  segment->length = g_file_info_get_size (info);
  self->length += segment->length;
  self->n_measured++;
  if (!measure_next (self))
    return;
  if (cut (self))
    self->funcs->measured (self->user_data);
  else
    tell_other (self);
}

static gboolean
measure_next (UHttpUpload *self)
{
  UPartsStreamSegment *segment = get_unmeasured (self);
  g_autoptr (GFile) file = NULL;

  if (segment == NULL)
    return TRUE;

  file = g_file_new_for_path (segment->path);
  g_file_query_info_async (file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
                           G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT, self->cancellable, info_cb, upload_ref (self));

  return FALSE;
}

static gboolean
tell_other_cb (gpointer user_data)
{
  tell_other (user_data);

  return G_SOURCE_REMOVE;
}

gboolean
u_http_upload_measure (UHttpUpload *self, GCancellable *cancellable)
{
  g_autoptr (GSource) source = NULL;

  g_set_object (&self->cancellable, cancellable);
  if (self->is_cut)
    return TRUE;
  self->n_measured = 0;
  self->length = 0;
  if (!measure_next (self))
    return FALSE;
  if (cut (self))
    return TRUE;

  /* Nothing is told from in here. */
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] another body");
  g_source_set_callback (source, tell_other_cb, upload_ref (self), (GDestroyNotify) upload_unref);
  g_source_attach (source, g_main_context_get_thread_default ());

  return FALSE;
}

gint64
u_http_upload_get_length (UHttpUpload *self)
{
  return self->length;
}

static void
stream_failed (const char *path, const GError *error, gpointer user_data)
{
  tell_failed (user_data, path, error);
}

static GIOStream *
sender_dup_connection (gpointer user_data)
{
  UHttpUpload *self = user_data;

  /* Chunks are the business of libsoup. */
  return self->funcs->dup_connection != NULL && self->length >= 0 ? self->funcs->dup_connection (self->user_data) : NULL;
}

static gint64
sender_get_credit (gpointer user_data)
{
  return ((UHttpUpload *) user_data)->credit;
}

static void
sender_took (gpointer user_data, gsize n)
{
  UHttpUpload *self = user_data;

  if (self->credit != G_MAXINT64)
    self->credit -= (gint64) n;
}

static void
sender_wrote (gpointer user_data, gsize n)
{
  UHttpUpload *self = user_data;

  self->funcs->sent (self->user_data, n);
}

static void
sender_cut (gpointer user_data)
{
  UHttpUpload *self = user_data;

  self->funcs->cut (self->user_data);
}

void
u_http_upload_set_credit (UHttpUpload *self, gint64 credit)
{
  self->credit = credit;
  if (self->sender != NULL && credit > 0)
    u_http_sender_go_on (self->sender);
}

static gboolean
is_for_libsoup (UHttpUpload *self, gboolean multiplexed)
{
  return self->segments->len == 1 && g_array_index (self->segments, UPartsStreamSegment, 0).bytes != NULL
         && self->credit == G_MAXINT64 && (multiplexed || self->length <= SMALL_BODY);
}

/* Whether it is a stream of which something was sent already. */
static gboolean
is_spent (UHttpUpload *self)
{
  UBodySource *source = self->segments->len == 1
                          ? g_array_index (self->segments, UPartsStreamSegment, 0).source : NULL;

  return source != NULL && u_body_source_is_begun (source);
}

static gboolean
tell_spent_cb (gpointer user_data)
{
  g_autoptr (GError) error = g_error_new_literal (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                                  "The connection was lost while the body was sent, and its stream "
                                                  "cannot be read again.");

  tell_failed (user_data, NULL, error);

  return G_SOURCE_REMOVE;
}

GInputStream *
u_http_upload_open (UHttpUpload *self, gboolean multiplexed)
{
  static const UHttpSenderFuncs sender_funcs = {
    sender_dup_connection, sender_get_credit, sender_took, sender_wrote, sender_cut,
  };
  GInputStream *stream;

  close_sender (self);
  /* The connection is another one than that on which it began: before libsoup sends a head without a body. */
  if (is_spent (self))
    {
      g_autoptr (GSource) later = g_idle_source_new ();

      /* Nothing is told from in here. */
      g_source_set_priority (later, G_PRIORITY_HIGH);
      g_source_set_static_name (later, "[urlsession] body that was sent already");
      g_source_set_callback (later, tell_spent_cb, upload_ref (self), (GDestroyNotify) upload_unref);
      g_source_attach (later, g_main_context_get_thread_default ());
    }
  /* GIO's own can be polled, so that no read is a turn of the loop. */
  if (is_for_libsoup (self, multiplexed))
    return g_memory_input_stream_new_from_bytes (g_array_index (self->segments, UPartsStreamSegment, 0).bytes);

  stream = u_parts_stream_new (self->segments, stream_failed, upload_ref (self), (GDestroyNotify) upload_unref);
  self->sender = u_http_sender_new (U_PARTS_STREAM (stream), &sender_funcs, self);

  return G_INPUT_STREAM (g_object_ref (self->sender));
}

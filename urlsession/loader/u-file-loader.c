/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-loader-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/message/u-uri-private.h"

/*
 * file: URLs of this machine. What may block is done on a thread of GIO, into memory that belongs to that operation:
 * the buffer of the one who receives may be gone before a read is over.
 */

/* Bytes read at a time. */
#define BLOCK_SIZE (256 * 1024)

typedef struct
{
  ULoad parent;
  guint ref_count;            /* the caller, and each operation under way */
  URequestData *request;      /* owned */
  ULoadSink sink;
  gpointer user_data;
  gint64 credit;
  gboolean stopped;           /* cancelled, done or freed */
  UTransactionData *measured; /* owned; NULL: nobody asked, or it was taken */

  GFile *file;                /* owned, nullable */
  char *path;                 /* owned, nullable; for messages */
  GCancellable *cancellable;  /* owned */
  UResponseData *response;    /* owned, nullable; until it is reported */
  gint64 left;                /* bytes of the announced length that were not delivered yet */
  GInputStream *stream;       /* owned, nullable */
  gboolean reading;           /* a read is under way */
  GSource *wake;              /* owned, nullable; there is credit again */
} UFileLoad;

static void read_more (UFileLoad *self);

static UFileLoad *
load_ref (UFileLoad *self)
{
  self->ref_count++;

  return self;
}

static void
load_unref (UFileLoad *self)
{
  if (--self->ref_count > 0)
    return;

  u_request_data_unref (self->request);
  g_clear_object (&self->file);
  g_free (self->path);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UFileLoad, load_unref)

static void
stop (UFileLoad *self)
{
  self->stopped = TRUE;
  if (self->wake != NULL)
    {
      g_source_destroy (self->wake);
      g_clear_pointer (&self->wake, g_source_unref);
    }
}

static UTransactionData *
file_take_transaction (ULoad *load)
{
  UFileLoad *self = (UFileLoad *) load;

  if (self->measured != NULL)
    u_transaction_data_end (self->measured);

  return g_steal_pointer (&self->measured);
}

static void
finish (UFileLoad *self, const GError *error)
{
  g_autoptr (GError) mapped = NULL;
  g_autoptr (UTransactionData) transaction = file_take_transaction (&self->parent);
  ULoadEvent event = { .kind = U_LOAD_DONE, .transaction = transaction };

  if (error != NULL)
    mapped = u_error_map_new_for_file (error, self->path);
  event.error = mapped;
  stop (self);
  self->sink.event (self->user_data, &event);
}

static void
bytes_read_cb (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UFileLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, &error);
  gsize length = bytes != NULL ? g_bytes_get_size (bytes) : 0;
  ULoadEvent event = { .kind = U_LOAD_DATA, .length = length, .bytes = bytes, .wire_length = length };

  self->reading = FALSE;
  if (self->stopped)
    return;

  if (length == 0)
    {
      if (error == NULL)
        g_set_error (&error, U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE,
                     "%s became shorter by %" G_GINT64_FORMAT " bytes while it was read.", self->path, self->left);
      finish (self, error);
      return;
    }
  if (self->measured != NULL)
    u_transaction_data_count (self->measured, length);
  self->left -= length;
  if (self->credit != G_MAXINT64)
    self->credit -= length;
  self->sink.event (self->user_data, &event);
  if (!self->stopped)
    read_more (self);
}

/* Exactly as much as was announced: the end is known without another read, so it needs no credit. */
static void
read_more (UFileLoad *self)
{
  gint64 size = MIN (MIN (self->credit, BLOCK_SIZE), self->left);

  if (self->stream == NULL || self->reading)
    return;
  if (self->left == 0)
    {
      finish (self, NULL);
      return;
    }
  if (size <= 0)
    return;

  self->reading = TRUE;
  g_input_stream_read_bytes_async (self->stream, (gsize) size, G_PRIORITY_DEFAULT, self->cancellable, bytes_read_cb,
                                   load_ref (self));
}

static void
opened_cb (GObject *file, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UFileLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UResponseData) response = NULL;
  ULoadEvent event = { .kind = U_LOAD_RESPONSE };

  self->stream = G_INPUT_STREAM (g_file_read_finish (G_FILE (file), result, &error));
  if (self->stopped)
    return;
  if (self->stream == NULL)
    {
      finish (self, error);
      return;
    }

  event.response = response = g_steal_pointer (&self->response);
  self->left = response->expected_length;
  if (self->measured != NULL)
    u_transaction_data_respond (self->measured, response, U_FETCH_TYPE_LOCAL);
  self->sink.event (self->user_data, &event);
  if (!self->stopped)
    read_more (self);
}

static void
info_cb (GObject *file, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UFileLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info_finish (G_FILE (file), result, &error);
  g_autofree char *mime_type = NULL;
  g_autofree char *url = NULL;

  if (self->stopped)
    return;

  if (info != NULL && g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "only files can be loaded");
  /* GIO has information of a sort on a file in a folder that may not be searched. */
  else if (info != NULL && g_file_info_get_file_type (info) == G_FILE_TYPE_UNKNOWN)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "its folder may not be searched");
  else if (info != NULL && g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "only regular files can be loaded");
  if (error != NULL)
    {
      finish (self, error);
      return;
    }

  if (g_file_info_get_content_type (info) != NULL)
    mime_type = g_content_type_get_mime_type (g_file_info_get_content_type (info));
  url = u_uri_dup_bare (self->request->parsed);
  self->response = u_response_data_new (url, mime_type, NULL, g_file_info_get_size (info));
  g_file_read_async (self->file, G_PRIORITY_DEFAULT, self->cancellable, opened_cb, load_ref (self));
}

/* The path that @uri names on this machine. */
static char *
path_from_uri (GUri *uri, GError **error)
{
  const char *host = g_uri_get_host (uri);
  g_autofree char *plain = NULL;
  char *path;

  if (host != NULL && *host != '\0' && g_ascii_strcasecmp (host, "localhost") != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL, "A file of another machine (%s) cannot be loaded.", host);
      return NULL;
    }

  /* Without query and fragment. This refuses an encoded slash or zero byte. */
  plain = g_strconcat ("file://", g_uri_get_path (uri), NULL);
  path = g_filename_from_uri (plain, NULL, NULL);
  if (path == NULL)
    g_set_error (error, U_ERROR, U_ERROR_BAD_URL, "“%s” names no file.", plain);

  return path;
}

/* A failure that was known inside start(), and told after it. */
typedef struct
{
  UFileLoad *load;            /* owned */
  GError *error;              /* owned */
} Failure;

static gboolean
failure_cb (gpointer user_data)
{
  Failure *self = user_data;

  if (!self->load->stopped)
    finish (self->load, self->error);

  return G_SOURCE_REMOVE;
}

static void
failure_free (gpointer user_data)
{
  Failure *self = user_data;

  load_unref (self->load);
  g_error_free (self->error);
  g_free (self);
}

static ULoad *
file_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  UFileLoad *self = g_new0 (UFileLoad, 1);
  GError *error = NULL;

  self->parent.klass = loader->klass;
  self->ref_count = 1;
  self->request = u_request_data_ref (params->request);
  self->sink = *sink;
  self->user_data = user_data;
  self->credit = params->credit;
  self->cancellable = g_cancellable_new ();
  if (params->measure)
    self->measured = u_transaction_data_begin (params->request, params->measure_since);

  self->path = path_from_uri (self->request->parsed, &error);
  if (self->path == NULL)
    {
      g_autoptr (GSource) source = g_idle_source_new ();
      Failure *failure = g_new0 (Failure, 1);

      failure->load = load_ref (self);
      failure->error = error;
      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_callback (source, failure_cb, failure, failure_free);
      g_source_attach (source, g_main_context_get_thread_default ());
      return &self->parent;
    }

  self->file = g_file_new_for_path (self->path);
  g_file_query_info_async (self->file,
                           G_FILE_ATTRIBUTE_STANDARD_TYPE ","
                           G_FILE_ATTRIBUTE_STANDARD_SIZE ","
                           G_FILE_ATTRIBUTE_STANDARD_CONTENT_TYPE,
                           G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT, self->cancellable, info_cb, load_ref (self));

  return &self->parent;
}

typedef struct
{
  GSource source;
  UFileLoad *load;            /* not owned: it destroys its source */
} WakeSource;

static gboolean
wake_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  read_more (((WakeSource *) source)->load);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs wake_source_funcs = { .dispatch = wake_dispatch };

static void
file_set_credit (ULoad *load, gint64 credit)
{
  UFileLoad *self = (UFileLoad *) load;

  self->credit = credit;
  if (self->stopped || credit <= 0)
    return;

  if (self->wake == NULL)
    {
      self->wake = g_source_new (&wake_source_funcs, sizeof (WakeSource));
      ((WakeSource *) self->wake)->load = self;
      g_source_set_static_name (self->wake, "[urlsession] file: load goes on");
      g_source_attach (self->wake, g_main_context_get_thread_default ());
    }
  g_source_set_ready_time (self->wake, 0);
}

static void
file_set_priority (ULoad *load, double priority)
{
}

static void
file_cancel (ULoad *load)
{
  UFileLoad *self = (UFileLoad *) load;

  stop (self);
  g_cancellable_cancel (self->cancellable);
}

static void
file_free (ULoad *load)
{
  file_cancel (load);
  load_unref ((UFileLoad *) load);
}

static void
file_free_loader (ULoader *loader)
{
  g_free (loader);
}

static const char * const file_schemes[] = { "file", NULL };

static const ULoaderClass file_class = {
  .schemes = file_schemes,
  .uses_network = FALSE,
  .start = file_start,
  .set_credit = file_set_credit,
  .set_priority = file_set_priority,
  .take_transaction = file_take_transaction,
  .cancel = file_cancel,
  .free = file_free,
  .free_loader = file_free_loader,
};

ULoader *
u_file_loader_new (void)
{
  ULoader *self = g_new0 (ULoader, 1);

  self->klass = &file_class;

  return self;
}

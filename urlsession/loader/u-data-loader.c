/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-loader-private.h"

#include "urlsession/loader/u-data-url-private.h"
#include "urlsession/message/u-uri-private.h"

/* data: URLs. All is at hand from the start, so the load is a walk over it, as far as the credit goes. */

typedef struct
{
  ULoad parent;
  guint ref_count;            /* the caller, and a walk under way */
  ULoadSink sink;
  gpointer user_data;
  gint64 credit;
  UResponseData *response;    /* owned; NULL once reported, or if there is an error */
  GBytes *bytes;              /* owned, nullable */
  gsize position;
  GError *error;              /* owned, nullable */
  UTransactionData *measured; /* owned; NULL: nobody asked, or it was taken */
  GSource *source;            /* owned; NULL once stopped: cancelled, done or freed */
  gboolean walking;
} UDataLoad;

static void
load_unref (UDataLoad *self)
{
  if (--self->ref_count > 0)
    return;

  g_assert (self->source == NULL);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_error (&self->error);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_free (self);
}

static void
data_cancel (ULoad *load)
{
  UDataLoad *self = (UDataLoad *) load;

  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }
}

static UTransactionData *
data_take_transaction (ULoad *load)
{
  UDataLoad *self = (UDataLoad *) load;

  if (self->measured != NULL)
    u_transaction_data_end (self->measured);

  return g_steal_pointer (&self->measured);
}

static void
report_response (UDataLoad *self)
{
  g_autoptr (UResponseData) response = g_steal_pointer (&self->response);
  ULoadEvent event = { .kind = U_LOAD_RESPONSE, .response = response };

  if (self->measured != NULL)
    u_transaction_data_respond (self->measured, response, U_FETCH_TYPE_LOCAL);
  self->sink.event (self->user_data, &event);
}

static void
report_data (UDataLoad *self)
{
  gsize left = g_bytes_get_size (self->bytes) - self->position;
  gsize length = (gsize) MIN ((guint64) left, (guint64) self->credit);
  g_autoptr (GBytes) piece = g_bytes_new_from_bytes (self->bytes, self->position, length);
  ULoadEvent event = { .kind = U_LOAD_DATA, .length = length, .bytes = piece, .wire_length = length };

  if (self->measured != NULL)
    u_transaction_data_count (self->measured, length);
  self->position += length;
  if (self->credit != G_MAXINT64)
    self->credit -= length;
  self->sink.event (self->user_data, &event);
}

static void
report_done (UDataLoad *self)
{
  g_autoptr (UTransactionData) transaction = data_take_transaction (&self->parent);
  ULoadEvent event = { .kind = U_LOAD_DONE, .error = self->error, .transaction = transaction };

  data_cancel (&self->parent);
  self->sink.event (self->user_data, &event);
}

static gboolean
walk_cb (gpointer user_data)
{
  UDataLoad *self = user_data;

  self->ref_count++;
  self->walking = TRUE;
  g_source_set_ready_time (self->source, -1);

  while (self->source != NULL)
    {
      if (self->response != NULL)
        report_response (self);
      else if (self->bytes == NULL || self->position == g_bytes_get_size (self->bytes))
        report_done (self);
      else if (self->credit > 0)
        report_data (self);
      else
        break;
    }
  self->walking = FALSE;
  load_unref (self);

  return G_SOURCE_CONTINUE;
}

static gboolean
walk_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs walk_source_funcs = { .dispatch = walk_dispatch };

static ULoad *
data_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  UDataLoad *self = g_new0 (UDataLoad, 1);
  g_autofree char *mime_type = NULL;
  g_autofree char *charset = NULL;

  self->parent.klass = loader->klass;
  self->ref_count = 1;
  self->sink = *sink;
  self->user_data = user_data;
  self->credit = params->credit;
  if (params->measure)
    self->measured = u_transaction_data_begin (params->request, params->measure_since);

  if (u_data_url_parse (params->request->parsed, &mime_type, &charset, &self->bytes, &self->error))
    {
      g_autofree char *url = u_uri_dup_bare (params->request->parsed);

      self->response = u_response_data_new (url, mime_type, charset, g_bytes_get_size (self->bytes));
    }

  self->source = g_source_new (&walk_source_funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "[urlsession] data: load");
  g_source_set_callback (self->source, walk_cb, self, NULL);
  g_source_set_ready_time (self->source, 0);
  g_source_attach (self->source, g_main_context_get_thread_default ());

  return &self->parent;
}

static void
data_set_credit (ULoad *load, gint64 credit)
{
  UDataLoad *self = (UDataLoad *) load;

  self->credit = credit;
  if (self->source != NULL && !self->walking && credit > 0)
    g_source_set_ready_time (self->source, 0);
}

static void
data_set_priority (ULoad *load, double priority)
{
}

static void
data_free (ULoad *load)
{
  data_cancel (load);
  load_unref ((UDataLoad *) load);
}

static void
data_free_loader (ULoader *loader)
{
  g_free (loader);
}

static const char * const data_schemes[] = { "data", NULL };

static const ULoaderClass data_class = {
  .schemes = data_schemes,
  .uses_network = FALSE,
  .start = data_start,
  .set_credit = data_set_credit,
  .set_priority = data_set_priority,
  .take_transaction = data_take_transaction,
  .cancel = data_cancel,
  .free = data_free,
  .free_loader = data_free_loader,
};

ULoader *
u_data_loader_new (void)
{
  ULoader *self = g_new0 (ULoader, 1);

  self->klass = &data_class;

  return self;
}

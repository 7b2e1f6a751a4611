/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-protocol-loader-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/* Loads that a protocol of the application carries out: the side of the I/O thread. What the application says is heard
 * as far as the credit goes. */

typedef struct
{
  ULoad parent;
  guint ref_count;            /* the caller, and a walk under way */
  ULoadSink sink;
  gpointer user_data;
  gint64 credit;
  URequestData *request;      /* owned */
  UProtocolExchange *exchange; /* owned; NULL once stopped: cancelled, done or freed */
  GSource *source;            /* owned; NULL at the same time */
  UTransactionData *measured; /* owned; NULL: nobody asked, or it was taken */
  gboolean walking;
  gboolean asking;            /* an answer is waited for */
  gint64 expected;            /* bytes that the response announced; -1: it did not */
  gint64 received;
} UProtocolLoaderLoad;

static void
load_unref (UProtocolLoaderLoad *self)
{
  if (--self->ref_count > 0)
    return;

  g_assert (self->source == NULL);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_free (self);
}

static void
protocol_cancel (ULoad *load)
{
  UProtocolLoaderLoad *self = (UProtocolLoaderLoad *) load;

  if (self->source == NULL)
    return;

  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  u_protocol_exchange_leave (g_steal_pointer (&self->exchange));
}

static UTransactionData *
protocol_take_transaction (ULoad *load)
{
  UProtocolLoaderLoad *self = (UProtocolLoaderLoad *) load;

  if (self->measured != NULL)
    u_transaction_data_end (self->measured);

  return g_steal_pointer (&self->measured);
}

/* A response that does not say where it comes from comes from what was asked for. */
static UResponseData *
complete_response (UProtocolLoaderLoad *self, UResponseData *response)
{
  g_autofree char *uri = NULL;

  if (*response->uri != '\0')
    return u_response_data_ref (response);

  uri = u_uri_dup_bare (self->request->parsed);
  if (response->status == 0)
    return u_response_data_new (uri, response->mime_type, response->charset, response->expected_length);

  return u_response_data_new_http (uri, response->status, response->http_version,
                                   u_header_list_ref (response->headers));
}

/* How much is to come, where that is told: RFC 9110 section 6.4.1. */
static gint64
get_expected (UProtocolLoaderLoad *self, UResponseData *response)
{
  if (g_str_equal (self->request->method, "HEAD") || response->status == 204 || response->status == 304)
    return -1;

  return response->expected_length;
}

static void
report_response (UProtocolLoaderLoad *self, UWord *word)
{
  g_autoptr (UResponseData) response = complete_response (self, word->response);
  ULoadEvent event = { .kind = U_LOAD_RESPONSE, .response = response, .request = word->request };

  self->expected = word->request == NULL ? get_expected (self, response) : -1;
  if (self->measured != NULL)
    u_transaction_data_respond (self->measured, response, U_FETCH_TYPE_LOCAL);
  self->sink.event (self->user_data, &event);
}

static void
report_data (UProtocolLoaderLoad *self, UWord *word)
{
  gsize length = g_bytes_get_size (word->bytes);
  ULoadEvent event = { .kind = U_LOAD_DATA, .length = length, .bytes = word->bytes, .wire_length = (gint64) length };

  if (self->measured != NULL)
    u_transaction_data_count (self->measured, length);
  if (self->credit != G_MAXINT64)
    self->credit -= (gint64) length;
  self->received += (gint64) length;
  self->sink.event (self->user_data, &event);
}

static void
report_done (UProtocolLoaderLoad *self, const GError *given)
{
  g_autoptr (UTransactionData) transaction = protocol_take_transaction (&self->parent);
  g_autofree char *masked = u_uri_dup_masked (self->request->parsed);
  g_autoptr (GError) error = NULL;
  ULoadEvent event = { .kind = U_LOAD_DONE, .transaction = transaction };

  if (given != NULL)
    error = u_error_map_new (given, 0, masked);
  else if (self->expected >= 0 && self->received != self->expected)
    error = g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                         "The protocol finished %s after %" G_GINT64_FORMAT " bytes, but its response announced %"
                         G_GINT64_FORMAT ".", masked, self->received, self->expected);
  event.error = error;
  protocol_cancel (&self->parent);
  self->sink.event (self->user_data, &event);
}

static void
report (UProtocolLoaderLoad *self, UWord *word)
{
  switch (word->kind)
    {
    case U_WORD_RESPONSE:
      report_response (self, word);
      break;

    case U_WORD_REDIRECT:
      report_response (self, word);
      /* Unless the event was the end of the load. */
      if (self->source != NULL)
        report_done (self, NULL);
      break;

    case U_WORD_DATA:
      report_data (self, word);
      break;

    case U_WORD_QUESTION:
      {
        ULoadEvent event = { .kind = U_LOAD_QUESTION, .challenge = word->challenge };

        self->asking = TRUE;
        self->sink.event (self->user_data, &event);
      }
      break;

    case U_WORD_END:
      report_done (self, word->error);
      break;

    default:
      g_assert_not_reached ();
    }
}

static gboolean
walk_cb (gpointer user_data)
{
  UProtocolLoaderLoad *self = user_data;

  self->ref_count++;
  self->walking = TRUE;
  g_source_set_ready_time (self->source, -1);

  while (self->source != NULL && !self->asking)
    {
      g_autoptr (UWord) word = u_protocol_exchange_hear (self->exchange, self->credit);

      if (word == NULL)
        break;
      report (self, word);
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

/* The request as it would be sent. */
static URequestData *
merge_headers (const ULoadParams *params)
{
  g_autoptr (URequestData) request = u_request_data_copy (params->request);
  UHeaderList *extra = params->extra_headers;
  UHeaderList *forced = params->forced_headers;
  const char *name, *value;

  if (extra == NULL && forced == NULL)
    return g_steal_pointer (&request);

  request->headers = u_header_list_unshare (request->headers);
  for (guint i = 0; extra != NULL && i < u_header_list_get_n (extra); i++)
    {
      u_header_list_get_nth (extra, i, &name, &value);
      if (u_header_list_count (params->request->headers, name) == 0)
        u_header_list_append (request->headers, name, value);
    }
  for (guint i = 0; forced != NULL && i < u_header_list_get_n (forced); i++)
    {
      u_header_list_get_nth (forced, i, &name, &value);
      u_header_list_set (request->headers, name, value);
    }

  return g_steal_pointer (&request);
}

static ULoad *
protocol_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  UProtocolLoaderLoad *self = g_new0 (UProtocolLoaderLoad, 1);

  self->parent.klass = loader->klass;
  self->ref_count = 1;
  self->sink = *sink;
  self->user_data = user_data;
  self->credit = params->credit;
  self->expected = -1;
  self->request = merge_headers (params);
  self->exchange = u_protocol_exchange_ref (params->exchange);
  if (params->measure)
    self->measured = u_transaction_data_begin (self->request, params->measure_since);

  self->source = g_source_new (&walk_source_funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "[urlsession] load of a protocol");
  g_source_set_callback (self->source, walk_cb, self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  u_protocol_exchange_start (self->exchange, self->request, self->source);

  return &self->parent;
}

static void
go_on (UProtocolLoaderLoad *self)
{
  if (self->source != NULL && !self->walking)
    g_source_set_ready_time (self->source, 0);
}

static void
protocol_set_credit (ULoad *load, gint64 credit)
{
  UProtocolLoaderLoad *self = (UProtocolLoaderLoad *) load;

  self->credit = credit;
  if (credit > 0)
    go_on (self);
}

static void
protocol_set_priority (ULoad *load, double priority)
{
}

static void
protocol_answer (ULoad *load, const UChallengeAnswer *answer)
{
  UProtocolLoaderLoad *self = (UProtocolLoaderLoad *) load;

  if (self->exchange == NULL || !self->asking)
    return;

  self->asking = FALSE;
  u_protocol_exchange_answer (self->exchange, answer);
  go_on (self);
}

static void
protocol_free (ULoad *load)
{
  protocol_cancel (load);
  load_unref ((UProtocolLoaderLoad *) load);
}

static void
protocol_free_loader (ULoader *loader)
{
}

static const char * const protocol_schemes[] = { NULL };

static const ULoaderClass protocol_class = {
  .schemes = protocol_schemes,
  .uses_network = FALSE,
  .start = protocol_start,
  .set_credit = protocol_set_credit,
  .set_priority = protocol_set_priority,
  .answer = protocol_answer,
  .take_transaction = protocol_take_transaction,
  .cancel = protocol_cancel,
  .free = protocol_free,
  .free_loader = protocol_free_loader,
};

/* It has no state: one serves all. */
ULoader *
u_protocol_loader_get (void)
{
  static ULoader loader = { &protocol_class };

  return &loader;
}

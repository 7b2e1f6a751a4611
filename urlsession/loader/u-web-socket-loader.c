/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-web-socket-loader-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-connector-private.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-prefix-stream-private.h"
#include "urlsession/loader/u-web-socket-handshake-private.h"
#include "urlsession/message/u-uri-private.h"

/*
 * ws: and wss: URLs: a connection of its own and one request on it. The server gives the connection away with the
 * status 101, or answers as to any other request; what is to be done then is decided above.
 */

#define READ_SIZE (8 * 1024)

#define SWITCHING_PROTOCOLS 101

typedef struct
{
  ULoader parent;
  UConnectionSettings *settings; /* owned */
} UWebSocketLoader;

typedef struct
{
  ULoad parent;
  guint ref_count;            /* the caller, and what is under way */
  ULoadSink sink;
  gpointer user_data;
  gboolean over;              /* nothing is said any more */
  URequestData *request;      /* owned */
  char *masked;               /* owned; for messages */
  UWebSocketOffer *offer;     /* owned */
  GBytes *head;               /* owned, nullable; what is sent */
  GError *error;              /* owned, nullable; it cannot be sent */
  GSource *error_source;      /* owned, nullable */
  UConnector *connector;      /* owned, nullable */
  GIOStream *stream;          /* owned, nullable; once it is connected */
  GCancellable *cancellable;  /* owned */
  GByteArray *received;       /* owned; of the answer */
  gsize looked_at;            /* bytes of it in which the end is not */
  UTransactionData *measured; /* owned; NULL: nobody asked, or it was taken */
} UWebSocketLoad;

static void
load_unref (UWebSocketLoad *self)
{
  if (--self->ref_count > 0)
    return;

  g_clear_pointer (&self->connector, u_connector_free);
  g_clear_object (&self->stream);
  g_object_unref (self->cancellable);
  u_request_data_unref (self->request);
  g_free (self->masked);
  u_web_socket_offer_free (self->offer);
  g_clear_pointer (&self->head, g_bytes_unref);
  g_clear_error (&self->error);
  g_byte_array_unref (self->received);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_free (self);
}

static void
web_socket_cancel (ULoad *load)
{
  UWebSocketLoad *self = (UWebSocketLoad *) load;

  self->over = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->connector, u_connector_free);
  if (self->error_source != NULL)
    {
      g_source_destroy (self->error_source);
      g_clear_pointer (&self->error_source, g_source_unref);
    }
}

static UTransactionData *
web_socket_take_transaction (ULoad *load)
{
  UWebSocketLoad *self = (UWebSocketLoad *) load;

  if (self->measured != NULL)
    u_transaction_data_end (self->measured);

  return g_steal_pointer (&self->measured);
}

/* @error: borrowed, nullable, in U_ERROR */
static void
report_done (UWebSocketLoad *self, gboolean nothing_sent, const GError *error)
{
  g_autoptr (UTransactionData) transaction = web_socket_take_transaction (&self->parent);
  ULoadEvent event = {
    .kind = U_LOAD_DONE,
    .error = error,
    .nothing_sent = nothing_sent,
    .transaction = transaction,
  };

  self->over = TRUE;
  self->sink.event (self->user_data, &event);
}

static void
fail_with (UWebSocketLoad *self, const char *format)
{
  g_autoptr (GError) error = g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE, "%s %s.", self->masked, format);

  report_done (self, FALSE, error);
}

/* ---- The answer ---- */

static void
report_upgrade (UWebSocketLoad *self, UResponseData *response, GBytes *rest)
{
  g_autoptr (GIOStream) stream = u_prefix_stream_new_connection (self->stream, rest);
  ULoadEvent event = {
    .kind = U_LOAD_UPGRADED,
    .stream = stream,
    .response = response,
    .untrusted = u_connector_is_untrusted (self->connector),
  };

  self->over = TRUE;
  self->sink.event (self->user_data, &event);
}

static void
report_informational (UWebSocketLoad *self, UResponseData *response)
{
  ULoadEvent event = { .kind = U_LOAD_INFORMATIONAL, .response = response };

  self->sink.event (self->user_data, &event);
}

static void
report_response (UWebSocketLoad *self, UResponseData *response)
{
  ULoadEvent event = {
    .kind = U_LOAD_RESPONSE,
    .response = response,
    .untrusted = u_connector_is_untrusted (self->connector),
  };

  self->sink.event (self->user_data, &event);
  /* Its body is of no use to anybody. */
  if (!self->over)
    report_done (self, FALSE, NULL);
}

static UResponseData *
take_head (UWebSocketLoad *self, gsize end)
{
  g_autofree char *url = u_uri_dup_bare (self->request->parsed);
  UResponseData *response = u_web_socket_parse_head (self->received->data, end, url);

  if (self->measured != NULL && response != NULL)
    {
      u_transaction_data_respond (self->measured, response, U_FETCH_TYPE_NETWORK_LOAD);
      self->measured->response_header_bytes = (gint64) end;
    }
  g_byte_array_remove_range (self->received, 0, (guint) end);
  self->looked_at = 0;

  return response;
}

/* Some of the answer is there. TRUE: more of it is needed. */
static gboolean
take_received (UWebSocketLoad *self)
{
  gsize end;

  while ((end = u_web_socket_find_end (self->received->data, self->received->len, self->looked_at)) > 0)
    {
      g_autoptr (UResponseData) response = take_head (self, end);
      g_autoptr (GError) error = NULL;

      if (response == NULL)
        {
          fail_with (self, "did not answer in HTTP");
          return FALSE;
        }
      if (response->status == SWITCHING_PROTOCOLS)
        {
          g_autoptr (GBytes) rest = g_bytes_new (self->received->data, self->received->len);

          if (u_web_socket_check_response (self->offer, response, &error))
            report_upgrade (self, response, rest);
          else
            report_done (self, FALSE, error);
          return FALSE;
        }
      if (response->status >= 200)
        {
          report_response (self, response);
          return FALSE;
        }
      report_informational (self, response);
      if (self->over)
        return FALSE;
    }

  self->looked_at = self->received->len;
  if (self->received->len <= U_WEB_SOCKET_HEAD_MAX)
    return TRUE;
  fail_with (self, "sends a head without an end");

  return FALSE;
}

static void read_more (UWebSocketLoad *self);

static void
read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  UWebSocketLoad *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (object), result, &error);

  if (!self->over && bytes == NULL)
    {
      g_autoptr (GError) mapped = u_connector_explain (self->connector, error);

      report_done (self, FALSE, mapped);
    }
  else if (!self->over && g_bytes_get_size (bytes) == 0)
    {
      fail_with (self, "closed the connection before it had answered");
    }
  else if (!self->over)
    {
      if (self->measured != NULL && self->measured->response_start == 0)
        self->measured->response_start = u_transaction_data_now (self->measured);
      g_byte_array_append (self->received, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
      if (take_received (self))
        read_more (self);
    }
  load_unref (self);
}

static void
read_more (UWebSocketLoad *self)
{
  self->ref_count++;
  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (self->stream), READ_SIZE, G_PRIORITY_DEFAULT,
                                   self->cancellable, read_cb, self);
}

/* ---- The request ---- */

static void
written_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  UWebSocketLoad *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean written = g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL, &error);

  if (!self->over && !written)
    {
      g_autoptr (GError) mapped = u_connector_explain (self->connector, error);

      report_done (self, FALSE, mapped);
    }
  else if (!self->over)
    {
      if (self->measured != NULL)
        self->measured->request_end = u_transaction_data_now (self->measured);
      read_more (self);
    }
  load_unref (self);
}

static void
connected (gpointer user_data, GIOStream *stream, const GError *error)
{
  UWebSocketLoad *self = user_data;
  gsize length;
  gconstpointer data;

  if (stream == NULL)
    {
      report_done (self, TRUE, error);
      return;
    }

  self->stream = g_object_ref (stream);
  if (self->measured != NULL)
    {
      self->measured->protocol = g_strdup ("http/1.1");
      self->measured->request_start = u_transaction_data_now (self->measured);
    }
  data = g_bytes_get_data (self->head, &length);
  self->ref_count++;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream), data, length, G_PRIORITY_DEFAULT,
                                   self->cancellable, written_cb, self);
}

static void
asked (gpointer user_data, UChallengeData *challenge)
{
  UWebSocketLoad *self = user_data;
  ULoadEvent event = { .kind = U_LOAD_QUESTION, .challenge = challenge };

  self->sink.event (self->user_data, &event);
}

static const UConnectorFuncs connector_funcs = {
  .ask = asked,
  .done = connected,
};

static void
connect_to_server (UWebSocketLoad *self, UWebSocketLoader *loader, gboolean asks_trust)
{
  static const char * const alpn[] = { "http/1.1", NULL };
  gboolean secure = g_str_equal (g_uri_get_scheme (self->request->parsed), "wss");
  UConnectorParams params = {
    .host = g_uri_get_host (self->request->parsed),
    .port = (guint16) u_uri_get_effective_port (self->request->parsed),
    .subject = self->masked,
    .proxy_scheme = secure ? "https" : "http",
    .secure = secure,
    .protocol = secure ? "https" : "http",
    .alpn = alpn,
    .asks_trust = asks_trust,
    .measured = self->measured,
  };

  self->connector = u_connector_start (loader->settings, &params, &connector_funcs, self);
}

static gboolean
report_error_cb (gpointer user_data)
{
  UWebSocketLoad *self = user_data;

  g_clear_pointer (&self->error_source, g_source_unref);
  self->ref_count++;
  report_done (self, TRUE, self->error);
  load_unref (self);

  return G_SOURCE_REMOVE;
}

/* ---- The door ---- */

static ULoad *
web_socket_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  UWebSocketLoad *self = g_new0 (UWebSocketLoad, 1);
  g_autoptr (UHeaderList) sent = NULL;

  self->parent.klass = loader->klass;
  self->ref_count = 1;
  self->sink = *sink;
  self->user_data = user_data;
  self->request = u_request_data_ref (params->request);
  self->masked = u_uri_dup_masked (params->request->parsed);
  self->offer = u_web_socket_offer_new ();
  self->cancellable = g_cancellable_new ();
  self->received = g_byte_array_new ();
  if (params->measure)
    self->measured = u_transaction_data_begin (params->request, params->measure_since);

  self->head = u_web_socket_make_request (self->offer, params->request, params->extra_headers, params->forced_headers,
                                          &sent, &self->error);
  if (self->head == NULL)
    {
      self->error_source = g_idle_source_new ();
      g_source_set_callback (self->error_source, report_error_cb, self, NULL);
      g_source_attach (self->error_source, g_main_context_get_thread_default ());
      return &self->parent;
    }
  if (self->measured != NULL)
    {
      u_transaction_data_set_sent_headers (self->measured, sent);
      self->measured->request_header_bytes = (gint64) g_bytes_get_size (self->head);
    }
  connect_to_server (self, (UWebSocketLoader *) loader, params->asks_trust);

  return &self->parent;
}

static void
web_socket_set_credit (ULoad *load, gint64 credit)
{
}

static void
web_socket_set_priority (ULoad *load, double priority)
{
}

static void
web_socket_answer (ULoad *load, const UChallengeAnswer *answer)
{
  UWebSocketLoad *self = (UWebSocketLoad *) load;

  if (self->connector != NULL)
    u_connector_answer (self->connector, answer);
}

static void
web_socket_free (ULoad *load)
{
  web_socket_cancel (load);
  load_unref ((UWebSocketLoad *) load);
}

static void
web_socket_free_loader (ULoader *loader)
{
  UWebSocketLoader *self = (UWebSocketLoader *) loader;

  u_connection_settings_unref (self->settings);
  g_free (self);
}

static const char * const web_socket_schemes[] = { "ws", "wss", NULL };

static const ULoaderClass web_socket_loader_class = {
  .schemes = web_socket_schemes,
  .uses_network = TRUE,
  .upgrades = TRUE,
  .start = web_socket_start,
  .set_credit = web_socket_set_credit,
  .set_priority = web_socket_set_priority,
  .answer = web_socket_answer,
  .take_transaction = web_socket_take_transaction,
  .cancel = web_socket_cancel,
  .free = web_socket_free,
  .free_loader = web_socket_free_loader,
};

ULoader *
u_web_socket_loader_new (UConnectionSettings *settings)
{
  UWebSocketLoader *self = g_new0 (UWebSocketLoader, 1);

  self->parent.klass = &web_socket_loader_class;
  self->settings = u_connection_settings_ref (settings);

  return &self->parent;
}

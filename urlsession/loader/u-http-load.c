/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-load-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-http-asking-private.h"
#include "urlsession/loader/u-http-body-private.h"
#include "urlsession/loader/u-http-connections-private.h"
#include "urlsession/loader/u-http-expect-private.h"
#include "urlsession/loader/u-http-framing-private.h"
#include "urlsession/loader/u-http-last-stream-private.h"
#include "urlsession/loader/u-http-meter-private.h"
#include "urlsession/loader/u-http-request-private.h"
#include "urlsession/loader/u-http-upload-private.h"
#include "urlsession/message/u-uri-private.h"

/* As long as responses come faster than they are read, libsoup reads nothing but them, and no turn of the loop ends. */
#define MAX_INFORMATIONAL 1000

/*
 * One reference is the caller's, until free(). Each operation under way has another, so that its callback finds the
 * load whatever became of it. `stopped` says that there is nothing more to tell: cancelled, done or freed.
 */
typedef struct
{
  ULoad parent;
  guint ref_count;
  UHttpEngine *engine;        /* owned */
  URequestData *request;      /* owned */
  ULoadSink sink;
  gpointer user_data;
  gboolean bulk;
  gboolean decode;
  gint64 credit;              /* until there is a body that counts it */
  double priority;
  UHeaderList *extra_headers; /* owned, nullable */
  UHeaderList *forced_headers; /* owned, nullable */
  UHttpAsking *asking;        /* owned */
  gboolean stopped;
  UHttpMeter *meter;          /* owned; NULL: nobody asked for measures */

  /* Sending. */
  SoupMessage *message;       /* owned, nullable until the body is at hand */
  GCancellable *cancellable;  /* owned; of one sending */
  gboolean sending;           /* libsoup has the message, and there is no response yet */
  UHttpUpload *upload;        /* owned, nullable; the body of the request */
  UHttpUploadPart part;       /* of it, that is sent */
  gboolean expects;           /* the body waits until the server wants it */
  gboolean sends_again;       /* what is under way was given up for that */
  UHttpExpect *expect;        /* owned, nullable; of this sending */
  gint64 body_sent;           /* of it, this time */
  gint64 sent_unreported;
  gint64 send_credit;         /* until there is an upload that counts it */
  SoupSession *session;       /* not owned; the last one that got the message */
  GPtrArray *informational;   /* owned, nullable; of UResponseData, not reported yet */
  GSource *report;            /* owned, nullable; reports what libsoup told in the middle of its work */
  GError *own_error;          /* owned, nullable; wins over what libsoup says after it was cancelled because of this */

  /* Receiving. */
  UHttpBody *body;            /* owned, nullable */
} UHttpLoad;

static UHttpLoad *
load_ref (UHttpLoad *self)
{
  self->ref_count++;

  return self;
}

static void
load_unref (UHttpLoad *self)
{
  if (--self->ref_count > 0)
    return;

  g_assert (self->body == NULL && self->report == NULL && self->upload == NULL);
  g_clear_pointer (&self->informational, g_ptr_array_unref);
  g_clear_pointer (&self->expect, u_http_expect_free);
  g_clear_pointer (&self->meter, u_http_meter_free);
  g_clear_pointer (&self->asking, u_http_asking_free);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->own_error);
  g_clear_pointer (&self->extra_headers, u_header_list_unref);
  g_clear_pointer (&self->forced_headers, u_header_list_unref);
  u_request_data_unref (self->request);
  u_http_engine_unref (self->engine);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHttpLoad, load_unref)

/* After this nothing is emitted and nothing goes on; operations under way end soon and find that out. */
static void
stop (UHttpLoad *self)
{
  self->stopped = TRUE;
  g_clear_pointer (&self->upload, u_http_upload_free);
  if (self->expect != NULL)
    u_http_expect_stop (self->expect);
  u_http_asking_detach (self->asking);
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  if (self->report != NULL)
    {
      g_source_destroy (self->report);
      g_clear_pointer (&self->report, g_source_unref);
    }
  if (self->body != NULL)
    {
      u_http_body_stop (self->body);
      g_clear_pointer (&self->body, u_http_body_unref);
    }
}

static void
emit (UHttpLoad *self, const ULoadEvent *event)
{
  self->sink.event (self->user_data, event);
}

/* The one way to the end. @error: nullable, an error of any domain. */
static void
finish_with_rest (UHttpLoad *self, const GError *error, gint64 wire_length)
{
  g_autoptr (UHttpLoad) keep = load_ref (self);
  g_autoptr (GError) mapped = NULL;
  g_autoptr (UTransactionData) transaction = NULL;
  g_autoptr (GError) explained = NULL;
  ULoadEvent event = { .kind = U_LOAD_DONE, .wire_length = wire_length };

  if (self->stopped)
    return;

  if (self->own_error != NULL)
    error = self->own_error;
  else if (error != NULL)
    explained = u_http_asking_explain (self->asking, error);
  if (explained != NULL)
    error = explained;
  if (error != NULL)
    {
      g_autofree char *url = u_uri_dup_masked (self->request->parsed);
      GTlsCertificateFlags flags = 0;

      if (self->message != NULL)
        flags = soup_message_get_tls_peer_certificate_errors (self->message);
      mapped = u_error_map_new (error, flags, url);
      if (mapped->code == U_ERROR_NETWORK_CONNECTION_LOST && self->message != NULL
          && soup_message_get_http_version (self->message) == SOUP_HTTP_2_0)
        u_http_engine_set_broken (self->engine);
    }

  u_http_meter_count (self->meter, 0, wire_length);
  event.transaction = transaction = u_http_load_take_transaction (&self->parent);
  stop (self);
  event.error = mapped;
  event.nothing_sent = mapped != NULL && !u_http_asking_has_sent (self->asking);
  emit (self, &event);
}

static void
finish (UHttpLoad *self, const GError *error)
{
  finish_with_rest (self, error, 0);
}

static void
ask_pending (UHttpLoad *self)
{
  g_autoptr (UChallengeData) challenge = u_http_asking_steal_question (self->asking);
  ULoadEvent event = { .kind = U_LOAD_QUESTION, .challenge = challenge };

  if (challenge != NULL)
    emit (self, &event);
}

/* Events that libsoup tells of while it is at work are told from a source of ours: the one who listens may do anything
 * then. */
static void
report_pending (UHttpLoad *self)
{
  g_autoptr (UHttpLoad) keep = load_ref (self);

  if (self->report != NULL)
    g_source_set_ready_time (self->report, -1);

  if (self->sent_unreported > 0)
    {
      ULoadEvent event = { .kind = U_LOAD_SENT, .n_sent = self->sent_unreported, .body_sent = self->body_sent,
                           .body_length = u_http_upload_get_length (self->upload) };

      self->sent_unreported = 0;
      emit (self, &event);
    }

  while (!self->stopped && self->informational != NULL && self->informational->len > 0)
    {
      g_autoptr (UResponseData) response = g_ptr_array_steal_index (self->informational, 0);
      ULoadEvent event = { .kind = U_LOAD_INFORMATIONAL, .response = response };

      emit (self, &event);
    }

  if (!self->stopped)
    ask_pending (self);
}

typedef struct
{
  GSource source;
  UHttpLoad *load;            /* not owned: it destroys its source */
} ReportSource;

static gboolean
report_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  report_pending (((ReportSource *) source)->load);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs report_source_funcs = { .dispatch = report_dispatch };

static void
report_soon (UHttpLoad *self)
{
  if (self->report == NULL)
    {
      self->report = g_source_new (&report_source_funcs, sizeof (ReportSource));
      ((ReportSource *) self->report)->load = self;
      g_source_set_static_name (self->report, "[urlsession] request progress");
      g_source_attach (self->report, g_main_context_get_thread_default ());
    }
  g_source_set_ready_time (self->report, 0);
}

static void
connection_asks (gpointer user_data)
{
  report_soon (user_data);
}

static void
connection_is_refused (gpointer user_data)
{
  UHttpLoad *self = user_data;

  g_cancellable_cancel (self->cancellable);
}

static const UHttpAskingFuncs asking_funcs = { connection_asks, connection_is_refused };

static const char *
get_http_version (SoupMessage *message)
{
  switch (soup_message_get_http_version (message))
    {
    case SOUP_HTTP_1_0:
      return "1.0";
    case SOUP_HTTP_2_0:
      return "2";
    case SOUP_HTTP_1_1:
    default:
      return "1.1";
    }
}

static UResponseData *
make_response (UHttpLoad *self)
{
  g_autofree char *url = u_uri_dup_bare (self->request->parsed);
  UHeaderList *headers = u_header_list_new ();
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  soup_message_headers_iter_init (&iter, soup_message_get_response_headers (self->message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    u_header_list_append (headers, name, value);

  return u_response_data_new_http (url, soup_message_get_status (self->message), get_http_version (self->message),
                                   headers);
}

static void
got_informational_cb (SoupMessage *message, gpointer user_data)
{
  UHttpLoad *self = user_data;

  /* Nobody here asks for another protocol. */
  if (soup_message_get_status (message) == SOUP_STATUS_SWITCHING_PROTOCOLS)
    return;

  if (self->informational == NULL)
    self->informational = g_ptr_array_new_with_free_func ((GDestroyNotify) u_response_data_unref);
  if (self->informational->len == MAX_INFORMATIONAL)
    {
      if (self->own_error == NULL)
        self->own_error = g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                                       "More than %d informational responses came at once", MAX_INFORMATIONAL);
      g_cancellable_cancel (self->cancellable);
      return;
    }
  g_ptr_array_add (self->informational, make_response (self));
  report_soon (self);
}

static guint8 *
body_get_buffer (gpointer user_data, gsize *size)
{
  UHttpLoad *self = user_data;

  return self->sink.get_buffer (self->user_data, size);
}

static void
body_data (gpointer user_data, gsize length, gint64 wire_length)
{
  UHttpLoad *self = user_data;
  ULoadEvent event = { .kind = U_LOAD_DATA, .length = length, .wire_length = wire_length };

  u_http_meter_count (self->meter, length, wire_length);
  emit (self, &event);
}

static void
body_done (gpointer user_data, const GError *error, gint64 wire_length)
{
  finish_with_rest (user_data, error, wire_length);
}

static const UHttpBodyFuncs body_funcs = {
  .get_buffer = body_get_buffer,
  .data = body_data,
  .done = body_done,
};

static void
respond (UHttpLoad *self, GInputStream *stream)
{
  g_autoptr (UHttpLoad) keep = load_ref (self);
  g_autoptr (UResponseData) response = make_response (self);
  g_autoptr (UContentDecoder) decoder = NULL;
  g_autoptr (GError) error = NULL;
  gboolean multiplexed = soup_message_get_http_version (self->message) == SOUP_HTTP_2_0;
  gint64 expected = -1;
  ULoadEvent event = { .kind = U_LOAD_RESPONSE, .response = response };

  u_http_meter_respond (self->meter, response);
  if (!u_http_framing_get_length (response->headers, &expected, &error))
    {
      /* Where the body ends is unknown, so nothing of it may be read, and the connection must not be used again. */
      self->body = u_http_body_new (stream, multiplexed, NULL, -1, 0, &body_funcs, self);
      finish (self, error);
      return;
    }

  if (u_http_framing_has_body (self->request->method, response->status))
    {
      g_autofree char *encoding = u_header_list_dup_joined (response->headers, "content-encoding");

      decoder = u_content_decoder_new (encoding);
    }
  else
    {
      expected = -1;
    }

  event.encoded = decoder != NULL;
  event.untrusted = soup_message_get_tls_peer_certificate_errors (self->message) != 0;
  self->body = u_http_body_new (stream, multiplexed, g_steal_pointer (&decoder), expected, self->credit, &body_funcs,
                                self);
  if (multiplexed)
    {
      g_autoptr (GSocket) socket = u_http_engine_dup_socket (self->engine, self->message);

      u_http_body_watch (self->body, socket);
    }
  emit (self, &event);
  if (!self->stopped)
    u_http_body_start (self->body);
}

static void send_again (UHttpLoad *self);

/* The server does not say that it wants the body: it gets the request again, with the body right behind. */
static void
expected_in_vain (gpointer user_data)
{
  UHttpLoad *self = user_data;

  self->expects = FALSE;
  self->sends_again = TRUE;
  g_cancellable_cancel (self->cancellable);
}

/* Whether what was under way is over, and is to be done again without expecting anything. */
static gboolean
must_not_expect (UHttpLoad *self, GInputStream **response)
{
  if (*response != NULL && self->expect != NULL && !u_http_expect_has_continued (self->expect))
    *response = u_http_last_stream_new (*response);
  if (self->stopped || self->own_error != NULL)
    return FALSE;
  if (*response != NULL && self->expect != NULL && u_http_expect_was_refused (self->expect))
    self->sends_again = TRUE;
  if (!self->sends_again)
    return FALSE;

  self->expects = FALSE;
  self->sends_again = FALSE;
  g_clear_object (response);

  return TRUE;
}

static void
sent_cb (GObject *session, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UHttpLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  UHttpNext next = U_HTTP_FAILS;

  self->sending = FALSE;
  if (must_not_expect (self, &stream))
    {
      report_pending (self);
      if (!self->stopped)
        send_again (self);
      return;
    }
  if (self->own_error == NULL && !self->stopped)
    next = u_http_asking_decide (self->asking, &stream, &error);
  /* Also the question, if there is one. */
  if (!self->stopped)
    report_pending (self);

  if (self->stopped)
    {
      if (stream != NULL)
        g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      return;
    }

  if (next == U_HTTP_SENDS_AGAIN)
    send_again (self);
  else if (next == U_HTTP_RESPONDS)
    respond (self, stream);
  else if (next == U_HTTP_FAILS)
    finish (self, error);
}

static void
send (UHttpLoad *self)
{
  g_signal_connect (self->message, "got-informational", G_CALLBACK (got_informational_cb), self);
  self->sending = TRUE;
  self->session = u_http_asking_get_session (self->asking, self->bulk);
  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT, self->cancellable, sent_cb,
                           load_ref (self));
}

static void
upload_sent (gpointer user_data, gsize size)
{
  UHttpLoad *self = user_data;

  self->body_sent += (gint64) size;
  self->sent_unreported += (gint64) size;
  report_soon (self);
}

static void
wrote_body_data_cb (SoupMessage *message, guint size, gpointer user_data)
{
  upload_sent (user_data, size);
}

static GIOStream *
upload_dup_connection (gpointer user_data)
{
  UHttpLoad *self = user_data;

  return u_http_connections_dup (self->session, self->message);
}

/* libsoup looks at this when the response is complete. */
static void
upload_cut (gpointer user_data)
{
  UHttpLoad *self = user_data;

  soup_message_headers_append (soup_message_get_request_headers (self->message), "Connection", "close");
}

static GInputStream *
open_upload (UHttpLoad *self)
{
  gboolean plain = g_ascii_strcasecmp (g_uri_get_scheme (self->request->parsed), "http") == 0;

  return u_http_upload_open (self->upload, !plain && !self->bulk);
}

/* libsoup sends an idempotent request again when the connection it chose turns out to be closed, but it does not
 * rewind the body. */
static void
restarted_cb (SoupMessage *message, gpointer user_data)
{
  UHttpLoad *self = user_data;
  g_autoptr (GInputStream) body = open_upload (self);

  self->body_sent = 0;
  soup_message_headers_remove (soup_message_get_request_headers (message), "Connection");
  u_http_request_set_body (message, self->request, body, u_http_upload_get_length (self->upload));
}

static void
send_with_body (UHttpLoad *self)
{
  g_autoptr (GInputStream) body = open_upload (self);

  u_http_request_set_body (self->message, self->request, body, u_http_upload_get_length (self->upload));
  g_signal_connect (self->message, "wrote-body-data", G_CALLBACK (wrote_body_data_cb), self);
  g_signal_connect (self->message, "restarted", G_CALLBACK (restarted_cb), self);
  if (self->expects && u_http_upload_get_length (self->upload) != 0)
    self->expect = u_http_expect_new (self->message, expected_in_vain, self);
  send (self);
}

static void
upload_measured (gpointer user_data)
{
  send_with_body (user_data);
}

static gboolean
cancel_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);

  return G_SOURCE_REMOVE;
}

static void
upload_failed (gpointer user_data, const GError *error)
{
  UHttpLoad *self = user_data;
  g_autoptr (GSource) source = NULL;

  /* Who has answered before the end of the body did not want the rest. */
  if (self->body != NULL)
    return;

  /* Over HTTP/2 libsoup resets the stream when it gets this error, but says nothing, not even when it is cancelled: the
   * server would wait for the rest until one of the two loses patience. */
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] request without its body");
  g_source_set_callback (source, cancel_cb, g_object_ref (self->cancellable), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
  finish (self, error);
}

/* Nothing is told from inside start(): an error that is known at once waits for the next turn of the loop. */
static gboolean
fail_cb (gpointer user_data)
{
  finish (user_data, NULL);

  return G_SOURCE_REMOVE;
}

static void
call_later (UHttpLoad *self, GSourceFunc callback)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] end of a request");
  g_source_set_callback (source, callback, load_ref (self), (GDestroyNotify) load_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
fail_later (UHttpLoad *self, GError *error)
{
  self->own_error = error;
  call_later (self, fail_cb);
}

/* A message is sent once: each sending has one of its own. */
static gboolean
make_message (UHttpLoad *self, GError **error)
{
  self->message = u_http_request_new_message (self->request, self->extra_headers, self->forced_headers, self->decode,
                                              error);
  if (self->message == NULL)
    return FALSE;

  u_http_asking_attach (self->asking, self->message, self->bulk);
  u_http_meter_attach (self->meter, self->message, self->bulk ? NULL : self->engine);
  u_http_load_set_priority (&self->parent, self->priority);

  return TRUE;
}

static void
begin (UHttpLoad *self)
{
  static const UHttpUploadFuncs upload_funcs = {
    upload_measured, upload_failed, upload_dup_connection, upload_sent, upload_cut,
  };
  GError *error = NULL;

  if (!make_message (self, &error))
    {
      fail_later (self, error);
      return;
    }

  if (self->request->body_kind == U_BODY_NONE)
    {
      send (self);
      return;
    }

  if (self->upload == NULL)
    {
      self->upload = u_http_upload_new (self->request, &self->part, &upload_funcs, self);
      u_http_upload_set_credit (self->upload, self->send_credit);
    }
  if (u_http_upload_measure (self->upload, self->cancellable))
    send_with_body (self);
}

static void
send_again (UHttpLoad *self)
{
  u_http_asking_detach (self->asking);
  g_clear_pointer (&self->expect, u_http_expect_free);
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->body_sent = 0;
  begin (self);
}

ULoad *
u_http_load_new (const ULoaderClass *klass, UHttpEngine *engine, const ULoadParams *params, const ULoadSink *sink,
                 gpointer user_data)
{
  UHttpLoad *self = g_new0 (UHttpLoad, 1);

  self->parent.klass = klass;
  self->ref_count = 1;
  self->engine = u_http_engine_ref (engine);
  self->request = u_request_data_ref (params->request);
  self->extra_headers = params->extra_headers != NULL ? u_header_list_ref (params->extra_headers) : NULL;
  self->forced_headers = params->forced_headers != NULL ? u_header_list_ref (params->forced_headers) : NULL;
  self->sink = *sink;
  self->user_data = user_data;
  self->bulk = params->bulk;
  self->decode = params->decode;
  self->credit = params->credit;
  self->send_credit = params->send_credit;
  self->part = (UHttpUploadPart) { params->body_offset, params->body_count, params->body_total };
  self->priority = params->priority;
  /* libsoup waits over HTTP/2 as well, but forgets what it waits for when another response comes before it. */
  self->expects = params->expect_continue && params->bulk;
  self->cancellable = g_cancellable_new ();
  if (params->measure)
    self->meter = u_http_meter_new (self->request, params->measure_since);
  self->asking = u_http_asking_new (engine, self->request->parsed, params->asks_trust, &asking_funcs, self);
  begin (self);

  return &self->parent;
}

static gboolean
respond_after_all_cb (gpointer user_data)
{
  UHttpLoad *self = user_data;
  g_autoptr (GInputStream) stream = u_http_asking_steal_response (self->asking);

  if (stream != NULL)
    respond (self, stream);

  return G_SOURCE_REMOVE;
}

void
u_http_load_answer (ULoad *load, const UChallengeAnswer *answer)
{
  UHttpLoad *self = (UHttpLoad *) load;
  GError *error = NULL;

  if (self->stopped)
    return;

  switch (u_http_asking_answer (self->asking, answer, &error))
    {
    case U_HTTP_SENDS_AGAIN:
      send_again (self);
      break;
    case U_HTTP_RESPONDS:
      call_later (self, respond_after_all_cb);
      break;
    case U_HTTP_FAILS:
      if (!self->sending)
        {
          fail_later (self, error);
        }
      else
        {
          /* What is under way ends with its callback. */
          self->own_error = error;
          u_http_asking_detach (self->asking);
          g_cancellable_cancel (self->cancellable);
        }
      break;
    case U_HTTP_GOES_ON:
    case U_HTTP_ASKS:
    default:
      break;
    }
}

void
u_http_load_set_credit (ULoad *load, gint64 credit)
{
  UHttpLoad *self = (UHttpLoad *) load;

  self->credit = credit;
  if (self->body != NULL)
    u_http_body_set_credit (self->body, credit);
}

void
u_http_load_set_send_credit (ULoad *load, gint64 credit)
{
  UHttpLoad *self = (UHttpLoad *) load;

  self->send_credit = credit;
  if (self->upload != NULL)
    u_http_upload_set_credit (self->upload, credit);
}

void
u_http_load_set_priority (ULoad *load, double priority)
{
  UHttpLoad *self = (UHttpLoad *) load;

  self->priority = priority;
  if (self->message != NULL && !self->stopped)
    soup_message_set_priority (self->message,
                               (SoupMessagePriority) (CLAMP (priority, 0, 1) * SOUP_MESSAGE_PRIORITY_VERY_HIGH + 0.5));
}

UTransactionData *
u_http_load_take_transaction (ULoad *load)
{
  UHttpLoad *self = (UHttpLoad *) load;

  return u_http_meter_finish (self->meter, self->body_sent);
}

void
u_http_load_cancel (ULoad *load)
{
  UHttpLoad *self = (UHttpLoad *) load;

  if (self->stopped)
    return;

  stop (self);
  g_cancellable_cancel (self->cancellable);
}

void
u_http_load_free (ULoad *load)
{
  u_http_load_cancel (load);
  load_unref ((UHttpLoad *) load);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-load-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-http-auth-private.h"
#include "urlsession/loader/u-http-body-private.h"
#include "urlsession/loader/u-http-framing-private.h"
#include "urlsession/loader/u-http-meter-private.h"
#include "urlsession/loader/u-http-request-private.h"
#include "urlsession/loader/u-http-trust-private.h"
#include "urlsession/loader/u-http-upload-private.h"
#include "urlsession/message/u-uri-private.h"

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
  gboolean stopped;
  UHttpMeter *meter;          /* owned; NULL: nobody asked for measures */

  /* Asking. */
  gboolean asks_trust;
  UHttpTrust *trust;          /* owned, nullable: not over TLS */
  UHttpAuth *auth;            /* owned */
  gboolean asks_login;        /* the question that is open is one of @auth */
  UChallengeData *question;   /* owned, nullable; not told yet */
  GInputStream *held;         /* owned, nullable; the body of a response that stands or not, as the answer will be */
  SoupSession *own_session;   /* owned, nullable; what was trusted is so for this load only */

  /* Sending. */
  SoupMessage *message;       /* owned, nullable until the body is at hand */
  GCancellable *cancellable;  /* owned; of one sending */
  gboolean sending;           /* libsoup has the message, and there is no response yet */
  gboolean started;           /* it came as far as to send the request */
  gboolean began;             /* a byte of a request may have left, in any sending */
  UHttpUpload *upload;        /* owned, nullable; the body of the request */
  gint64 body_sent;           /* of it, this time */
  gint64 sent_unreported;
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
  g_clear_pointer (&self->meter, u_http_meter_free);
  g_clear_pointer (&self->trust, u_http_trust_free);
  g_clear_pointer (&self->auth, u_http_auth_free);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  if (self->message != NULL)
    u_http_engine_forget (self->engine, self->message);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->own_error);
  if (self->own_session != NULL)
    u_http_engine_release_session (self->engine, self->own_session);
  g_clear_pointer (&self->extra_headers, u_header_list_unref);
  g_clear_pointer (&self->forced_headers, u_header_list_unref);
  u_request_data_unref (self->request);
  u_http_engine_unref (self->engine);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHttpLoad, load_unref)

/* What is asked about a message that is not of interest any more is not answered. */
static void
leave_message (UHttpLoad *self)
{
  if (self->trust != NULL)
    u_http_trust_detach (self->trust);
  u_http_auth_detach (self->auth);
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  if (self->held != NULL)
    {
      g_input_stream_close_async (self->held, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      g_clear_object (&self->held);
    }
}

/* After this nothing is emitted and nothing goes on; operations under way end soon and find that out. */
static void
stop (UHttpLoad *self)
{
  self->stopped = TRUE;
  leave_message (self);
  g_clear_pointer (&self->upload, u_http_upload_free);
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
  else if (error != NULL && self->trust != NULL)
    explained = u_http_trust_explain (self->trust, error);
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
  event.nothing_sent = mapped != NULL && !self->began;
  emit (self, &event);
}

static void
finish (UHttpLoad *self, const GError *error)
{
  finish_with_rest (self, error, 0);
}

static void
ask (UHttpLoad *self, UChallengeData *challenge)
{
  ULoadEvent event = { .kind = U_LOAD_QUESTION, .challenge = challenge };

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

  if (!self->stopped && self->question != NULL)
    {
      g_autoptr (UChallengeData) question = g_steal_pointer (&self->question);

      ask (self, question);
    }
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
ask_soon (UHttpLoad *self, UChallengeData *challenge, gboolean for_login)
{
  self->asks_login = for_login;
  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_challenge_data_ref (challenge);
  report_soon (self);
}

static void
ask_for_certificate (gpointer user_data, UChallengeData *challenge)
{
  ask_soon (user_data, challenge, FALSE);
}

static void
ask_for_login (gpointer user_data, UChallengeData *challenge)
{
  ask_soon (user_data, challenge, TRUE);
}

static void
refuse_connection (gpointer user_data)
{
  UHttpLoad *self = user_data;

  g_cancellable_cancel (self->cancellable);
}

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

static void
sent_cb (GObject *session, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UHttpLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  g_autoptr (UChallengeData) challenge = NULL;

  self->sending = FALSE;
  /* A handshake that is over waits for no answer. */
  g_clear_pointer (&self->question, u_challenge_data_unref);
  if (!self->stopped)
    report_pending (self);

  if (self->stopped)
    {
      if (stream != NULL)
        g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      return;
    }

  if (stream == NULL && self->trust != NULL && self->own_error == NULL)
    challenge = u_http_trust_end (self->trust, error);

  if (challenge != NULL)
    {
      self->asks_login = FALSE;
      ask (self, challenge);
    }
  else if (stream == NULL)
    {
      finish (self, error);
    }
  else if (!self->started)
    {
      /* All there is of a tunnel that was refused is its status. */
      error = u_http_auth_explain_tunnel (self->auth, soup_message_get_status (self->message));
      finish (self, error);
    }
  else if (u_http_auth_wants_more (self->auth))
    {
      g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      send_again (self);
    }
  else if ((challenge = u_http_auth_ask_again (self->auth)) != NULL)
    {
      self->held = g_steal_pointer (&stream);
      self->asks_login = TRUE;
      ask (self, challenge);
    }
  else
    {
      respond (self, stream);
    }
}

static void
starting_cb (SoupMessage *message, gpointer user_data)
{
  UHttpLoad *self = user_data;

  self->started = TRUE;
  self->began = TRUE;
}

static UHttpLane
get_lane (UHttpLoad *self)
{
  return u_http_auth_get_lane (self->auth, self->bulk ? U_HTTP_LANE_BULK : U_HTTP_LANE_GENERAL);
}

static SoupSession *
get_session (UHttpLoad *self)
{
  if (self->trust == NULL || !u_http_trust_is_private (self->trust))
    return u_http_engine_get_session (self->engine, get_lane (self), self->asks_trust);

  if (self->own_session == NULL)
    self->own_session = u_http_engine_new_session (self->engine, get_lane (self));

  return self->own_session;
}

static void
send (UHttpLoad *self)
{
  g_signal_connect (self->message, "starting", G_CALLBACK (starting_cb), self);
  g_signal_connect (self->message, "got-informational", G_CALLBACK (got_informational_cb), self);
  self->sending = TRUE;
  self->started = FALSE;
  soup_session_send_async (get_session (self), self->message, G_PRIORITY_DEFAULT, self->cancellable, sent_cb,
                           load_ref (self));
}

static void
wrote_body_data_cb (SoupMessage *message, guint size, gpointer user_data)
{
  UHttpLoad *self = user_data;

  self->body_sent += size;
  self->sent_unreported += size;
  report_soon (self);
}

/* libsoup sends an idempotent request again when the connection it chose turns out to be closed, but it does not
 * rewind the body. */
static void
restarted_cb (SoupMessage *message, gpointer user_data)
{
  UHttpLoad *self = user_data;
  g_autoptr (GInputStream) body = u_http_upload_open (self->upload);

  self->body_sent = 0;
  u_http_request_set_body (message, self->request, body, u_http_upload_get_length (self->upload));
}

static void
send_with_body (UHttpLoad *self)
{
  g_autoptr (GInputStream) body = u_http_upload_open (self->upload);

  u_http_request_set_body (self->message, self->request, body, u_http_upload_get_length (self->upload));
  g_signal_connect (self->message, "wrote-body-data", G_CALLBACK (wrote_body_data_cb), self);
  g_signal_connect (self->message, "restarted", G_CALLBACK (restarted_cb), self);
  send (self);
}

static void
upload_measured (gpointer user_data)
{
  send_with_body (user_data);
}

/* What libsoup is at still ends with its callback; the server would wait for the rest until one of the two loses
 * patience. */
static void
upload_failed (gpointer user_data, const GError *error)
{
  UHttpLoad *self = user_data;

  if (!self->sending)
    {
      /* Who has answered before the end of the body did not want the rest. */
      if (self->body == NULL)
        finish (self, error);
      return;
    }
  if (self->own_error == NULL)
    self->own_error = g_error_copy (error);
  g_cancellable_cancel (self->cancellable);
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

  u_http_engine_prepare (self->engine, get_lane (self), self->message);
  u_http_meter_attach (self->meter, self->message, self->bulk ? NULL : self->engine);
  if (self->trust != NULL)
    u_http_trust_attach (self->trust, self->message);
  u_http_auth_attach (self->auth, self->message);
  u_http_load_set_priority (&self->parent, self->priority);

  return TRUE;
}

static void
begin (UHttpLoad *self)
{
  static const UHttpUploadFuncs upload_funcs = { upload_measured, upload_failed };

  if (self->request->body_kind == U_BODY_NONE)
    {
      send (self);
      return;
    }

  if (self->upload == NULL)
    self->upload = u_http_upload_new (self->request, &upload_funcs, self);
  if (u_http_upload_measure (self->upload, self->cancellable))
    send_with_body (self);
}

static void
send_again (UHttpLoad *self)
{
  GError *error = NULL;

  leave_message (self);
  if (self->own_session != NULL)
    u_http_engine_release_session (self->engine, g_steal_pointer (&self->own_session));
  u_http_engine_forget (self->engine, self->message);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->body_sent = 0;

  if (make_message (self, &error))
    begin (self);
  else
    fail_later (self, error);
}

ULoad *
u_http_load_new (const ULoaderClass *klass, UHttpEngine *engine, const ULoadParams *params, const ULoadSink *sink,
                 gpointer user_data)
{
  static const UHttpTrustFuncs trust_funcs = { ask_for_certificate, refuse_connection };
  UHttpLoad *self = g_new0 (UHttpLoad, 1);
  GError *error = NULL;

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
  self->priority = params->priority;
  self->asks_trust = params->asks_trust;
  self->cancellable = g_cancellable_new ();
  if (g_strcmp0 (g_uri_get_scheme (self->request->parsed), "https") == 0)
    self->trust = u_http_trust_new (u_http_engine_get_memory (engine), u_http_engine_get_rules (engine),
                                    self->request->parsed, self->asks_trust, &trust_funcs, self);

  if (params->measure)
    self->meter = u_http_meter_new (self->request, params->measure_since);
  self->auth = u_http_auth_new (engine, self->request->parsed, ask_for_login, self);

  if (make_message (self, &error))
    begin (self);
  else
    fail_later (self, error);

  return &self->parent;
}

/* What is under way still ends with its callback. */
static void
fail (UHttpLoad *self, GError *error)
{
  if (!self->sending)
    {
      fail_later (self, error);
      return;
    }

  self->own_error = error;
  leave_message (self);
  g_cancellable_cancel (self->cancellable);
}

static gboolean
respond_held_cb (gpointer user_data)
{
  UHttpLoad *self = user_data;
  g_autoptr (GInputStream) held = g_steal_pointer (&self->held);

  if (held != NULL)
    respond (self, held);

  return G_SOURCE_REMOVE;
}

void
u_http_load_answer (ULoad *load, const UChallengeAnswer *answer)
{
  UHttpLoad *self = (UHttpLoad *) load;
  GError *error = NULL;
  UHttpNext next;

  if (self->stopped)
    return;

  if (self->asks_login)
    next = u_http_auth_answer (self->auth, answer, &error);
  else
    next = u_http_trust_answer (self->trust, answer, &error);
  switch (next)
    {
    case U_HTTP_SENDS_AGAIN:
      send_again (self);
      break;
    case U_HTTP_FAILS:
      fail (self, error);
      break;
    case U_HTTP_GOES_ON:
    default:
      if (self->held != NULL)
        call_later (self, respond_held_cb);
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-event-source.h"

#include <math.h>

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/message/u-event-parser-private.h"
#include "urlsession/message/u-headers.h"
#include "urlsession/message/u-http-response.h"
#include "urlsession/message/u-response-data-private.h"
#include "urlsession/task/u-data-task-private.h"
#include "urlsession/task/u-response-decision.h"
#include "urlsession/u-enum-types.h"

/* Until the server says something else; what browsers take. Seconds. */
#define RECONNECTION_TIME 3.0

/* However often the connection could not be made: the wait grows up to here. Seconds. */
#define MAX_RECONNECTION_TIME 60.0

#define MAX_EVENT_LENGTH (1024 * 1024)

/**
 * UEventSource:
 *
 * A stream of events that a server sends, one after the other, for as long as both sides like (server-sent events,
 * WHATWG HTML section 9.2).
 *
 * ```c
 * g_autoptr(UEventSource) source = u_event_source_new (session, request);
 *
 * g_signal_connect (source, "message", G_CALLBACK (message_cb), self);
 * u_event_source_open (source);
 * ```
 *
 * The events come through data tasks of the session: its cookies, credentials, redirects and questions are theirs. When
 * the connection ends or cannot be made, another one is made after [property@EventSource:reconnection-time], with a
 * field `Last-Event-ID` that tells the server what arrived; as long as that fails, the wait doubles each time, up to a
 * minute. A stream may be silent for as long as it likes: the request timeout counts until the head of the response is
 * there.
 *
 * The stream is over when [method@EventSource.close] is called, when the server answers 204, and when it makes no sense
 * to go on: then there is one [signal@EventSource::failed]. To drop the last reference closes it, too.
 *
 * It is used in the main context of its session, and its signals are emitted there.
 */
struct _UEventSource
{
  GObject parent_instance;

  USession *session;          /* owned */
  URequest *request;          /* owned; as it is sent the first time */
  UEventSourceState state;
  UResponse *response;        /* owned, nullable; of the last connection */
  double reconnection_time;   /* seconds */
  gint64 maximum;             /* bytes of one event; 0: no bound */
  UEventParser *parser;       /* owned, nullable: not opened yet */
  char *last_event_id;        /* owned; never NULL */

  UDataTask *task;            /* owned, nullable; the connection */
  GSource *timer;             /* owned, nullable; until the next one */
  gulong invalidated_handler; /* on the session, while there is a timer; 0: none */
  guint n_failures;           /* in a row */
  GError *verdict;            /* owned, nullable; why the task is cancelled */
  gboolean ends;              /* the task is cancelled because the server is done */
};

enum {
  PROP_0,
  PROP_LAST_EVENT_ID,
  PROP_MAXIMUM_EVENT_LENGTH,
  PROP_READY_STATE,
  PROP_RECONNECTION_TIME,
  PROP_REQUEST,
  PROP_RESPONSE,
  PROP_SESSION,
  N_PROPS,
};

enum {
  OPENED,
  MESSAGE,
  FAILED,
  N_SIGNALS,
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UEventSource, u_event_source, G_TYPE_OBJECT)

static void start (UEventSource *self);

static void
set_state (UEventSource *self, UEventSourceState state)
{
  if (self->state == state)
    return;

  self->state = state;
  u_notify (self, props[PROP_READY_STATE]);
}

static void
drop_connection (UEventSource *self)
{
  g_autoptr (UDataTask) task = g_steal_pointer (&self->task);

  if (task != NULL)
    {
      g_signal_handlers_disconnect_by_data (task, self);
      u_task_cancel (U_TASK (task));
    }
  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_clear_pointer (&self->timer, g_source_unref);
    }
  g_clear_signal_handler (&self->invalidated_handler, self->session);
  if (self->parser != NULL)
    u_event_parser_stop (self->parser);
  g_clear_error (&self->verdict);
  self->ends = FALSE;
}

static void
fail (UEventSource *self, const GError *error)
{
  drop_connection (self);
  set_state (self, U_EVENT_SOURCE_STATE_CLOSED);
  g_signal_emit (self, signals[FAILED], 0, error);
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static gboolean
reconnect_cb (gpointer data)
{
  g_autoptr (UEventSource) self = g_weak_ref_get (data);

  if (self != NULL)
    {
      g_clear_pointer (&self->timer, g_source_unref);
      g_clear_signal_handler (&self->invalidated_handler, self->session);
      start (self);
    }

  return G_SOURCE_REMOVE;
}

/* There is no task that would fail. */
static void
invalidated_cb (UEventSource *self)
{
  g_autoptr (UEventSource) hold = g_object_ref (self);
  g_autoptr (GError) error = g_error_new_literal (U_ERROR, U_ERROR_SESSION_INVALIDATED,
                                                  "The session was invalidated: use another one.");

  fail (self, error);
}

/* Waits before the next connection. */
static void
reconnect (UEventSource *self)
{
  double delay = self->reconnection_time;
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  /* A server that asks for no wait at all gets one after a failure nevertheless. */
  if (self->n_failures > 1)
    delay = MIN (MAX (delay, 0.1) * exp2 (MIN (self->n_failures - 1, 10)), MAX (delay, MAX_RECONNECTION_TIME));

  g_weak_ref_init (weak, self);
  self->timer = g_timeout_source_new ((guint) (MIN (delay, 1e6) * 1000));
  g_source_set_static_name (self->timer, "[urlsession] next connection of an event source");
  g_source_set_callback (self->timer, reconnect_cb, weak, weak_ref_free);
  g_source_attach (self->timer, u_session_get_main_context (self->session));
  self->invalidated_handler = g_signal_connect_object (self->session, "invalidated", G_CALLBACK (invalidated_cb), self,
                                                       G_CONNECT_SWAPPED);
  set_state (self, U_EVENT_SOURCE_STATE_CONNECTING);
}

/* Whether another try may go better. */
static gboolean
is_passing (const GError *error)
{
  if (error->domain != U_ERROR)
    return FALSE;

  switch (error->code)
    {
    case U_ERROR_TIMED_OUT:
    case U_ERROR_CANNOT_FIND_HOST:
    case U_ERROR_CANNOT_CONNECT_TO_HOST:
    case U_ERROR_NETWORK_CONNECTION_LOST:
    case U_ERROR_DNS_LOOKUP_FAILED:
    case U_ERROR_NOT_CONNECTED_TO_INTERNET:
    case U_ERROR_ZERO_BYTE_RESOURCE:
    /* A coded body that ends in its middle is a connection that broke. */
    case U_ERROR_CANNOT_DECODE_RAW_DATA:
    case U_ERROR_CANNOT_DECODE_CONTENT_DATA:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
take_last_event_id (UEventSource *self, const char *last_event_id)
{
  if (g_str_equal (self->last_event_id, last_event_id))
    return;

  g_free (self->last_event_id);
  self->last_event_id = g_strdup (last_event_id);
  u_notify (self, props[PROP_LAST_EVENT_ID]);
}

static void
event_cb (gpointer user_data, const char *type, const char *text, const char *last_event_id)
{
  UEventSource *self = user_data;
  g_autoptr (UServerEvent) event = u_server_event_new (type, text, last_event_id);

  take_last_event_id (self, last_event_id);
  /* A kind that nobody has named yet is no kind that somebody listens to. */
  g_signal_emit (self, signals[MESSAGE], g_quark_try_string (type), event);
}

static void
received_cb (UDataTask *task, GBytes *bytes, gpointer user_data)
{
  g_autoptr (UEventSource) self = g_object_ref (user_data);
  UEventParser *parser = self->parser;
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  gint64 retry;

  if (self->state != U_EVENT_SOURCE_STATE_OPEN)
    return;
  if (!u_event_parser_feed (parser, data, length, event_cb, self))
    {
      g_autoptr (GError) error = g_error_new (U_ERROR, U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM,
                                              "An event is longer than the %" G_GINT64_FORMAT
                                              " bytes that maximum-event-length allows.", self->maximum);

      fail (self, error);
      return;
    }
  /* A handler may have closed it, or opened it again. An id without data is no event, and yet where to go on. */
  if (self->task == task)
    take_last_event_id (self, u_event_parser_get_id (parser));
  if (self->task != task)
    return;

  retry = u_event_parser_take_retry (parser);
  if (retry >= 0)
    u_event_source_set_reconnection_time (self, (double) retry / 1000);
}

static GError *
judge (UResponse *response, gboolean *ends)
{
  guint status = U_IS_HTTP_RESPONSE (response) ? u_http_response_get_status_code (U_HTTP_RESPONSE (response)) : 200;
  const char *mime_type = u_response_get_mime_type (response);

  *ends = status == 204;
  if (*ends)
    return NULL;
  if (status != 200)
    return g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                        "The server answered with the status %u instead of events.", status);
  if (g_strcmp0 (mime_type, "text/event-stream") != 0)
    return g_error_new (U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                        "The response has the type “%s” and not text/event-stream.",
                        mime_type != NULL ? mime_type : "");

  return NULL;
}

static gboolean
decide_cb (UDataTask *task, UResponseDecision *decision, gpointer user_data)
{
  g_autoptr (UEventSource) self = g_object_ref (user_data);

  g_set_object (&self->response, u_response_decision_get_response (decision));
  u_notify (self, props[PROP_RESPONSE]);
  if (self->task != task)
    return FALSE;

  self->verdict = judge (self->response, &self->ends);
  if (self->verdict != NULL || self->ends)
    {
      u_response_decision_cancel_task (decision);
      return TRUE;
    }

  self->n_failures = 0;
  u_event_parser_reset (self->parser);
  set_state (self, U_EVENT_SOURCE_STATE_OPEN);
  if (self->task == task)
    g_signal_emit (self, signals[OPENED], 0);

  return FALSE;
}

static void
completed_cb (UTask *task, const GError *error, gpointer user_data)
{
  g_autoptr (UEventSource) self = g_object_ref (user_data);
  g_autoptr (GError) verdict = g_steal_pointer (&self->verdict);
  gboolean ends = self->ends;

  g_clear_object (&self->task);
  self->ends = FALSE;
  if (ends)
    {
      set_state (self, U_EVENT_SOURCE_STATE_CLOSED);
    }
  else if (verdict != NULL)
    {
      fail (self, verdict);
    }
  else if (error != NULL && !is_passing (error))
    {
      fail (self, error);
    }
  else
    {
      if (self->state != U_EVENT_SOURCE_STATE_OPEN)
        self->n_failures++;
      reconnect (self);
    }
}

static void
start (UEventSource *self)
{
  g_autoptr (URequest) request = u_request_copy (self->request);
  UHeaders *headers = u_request_get_headers (request);

  u_event_parser_reset (self->parser);
  if (*self->last_event_id != '\0')
    u_headers_set (headers, "Last-Event-ID", self->last_event_id, NULL);
  self->task = u_session_create_data_task (self->session, request);
  self->task->may_idle = TRUE;
  g_signal_connect (self->task, "decide-response", G_CALLBACK (decide_cb), self);
  g_signal_connect (self->task, "received-data", G_CALLBACK (received_cb), self);
  g_signal_connect (self->task, "completed", G_CALLBACK (completed_cb), self);
  u_task_resume (U_TASK (self->task));
}

static void
u_event_source_constructed (GObject *object)
{
  UEventSource *self = U_EVENT_SOURCE (object);
  UHeaders *headers;

  G_OBJECT_CLASS (u_event_source_parent_class)->constructed (object);

  self->request = self->request != NULL ? u_request_copy (self->request) : u_request_new (NULL);
  headers = u_request_get_headers (self->request);
  if (u_headers_get (headers, "Accept") == NULL)
    u_headers_set (headers, "Accept", "text/event-stream", NULL);
  if (u_headers_get (headers, "Cache-Control") == NULL)
    u_headers_set (headers, "Cache-Control", "no-store", NULL);
}

static void
u_event_source_dispose (GObject *object)
{
  drop_connection (U_EVENT_SOURCE (object));

  G_OBJECT_CLASS (u_event_source_parent_class)->dispose (object);
}

static void
u_event_source_finalize (GObject *object)
{
  UEventSource *self = U_EVENT_SOURCE (object);

  g_clear_pointer (&self->parser, u_event_parser_free);
  g_clear_object (&self->request);
  g_clear_object (&self->response);
  g_clear_object (&self->session);
  g_free (self->last_event_id);

  G_OBJECT_CLASS (u_event_source_parent_class)->finalize (object);
}

static void
u_event_source_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UEventSource *self = U_EVENT_SOURCE (object);

  switch (prop_id)
    {
    case PROP_LAST_EVENT_ID:
      u_event_source_set_last_event_id (self, g_value_get_string (value));
      break;
    case PROP_MAXIMUM_EVENT_LENGTH:
      u_event_source_set_maximum_event_length (self, g_value_get_int64 (value));
      break;
    case PROP_RECONNECTION_TIME:
      u_event_source_set_reconnection_time (self, g_value_get_double (value));
      break;
    case PROP_REQUEST:
      /* Borrowed until it is constructed. */
      self->request = g_value_get_object (value);
      break;
    case PROP_SESSION:
      self->session = g_value_dup_object (value);
      if (self->session == NULL)
        self->session = g_object_ref (u_session_get_shared ());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_event_source_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UEventSource *self = U_EVENT_SOURCE (object);

  switch (prop_id)
    {
    case PROP_LAST_EVENT_ID:
      g_value_set_string (value, self->last_event_id);
      break;
    case PROP_MAXIMUM_EVENT_LENGTH:
      g_value_set_int64 (value, self->maximum);
      break;
    case PROP_READY_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_RECONNECTION_TIME:
      g_value_set_double (value, self->reconnection_time);
      break;
    case PROP_REQUEST:
      g_value_set_object (value, self->request);
      break;
    case PROP_RESPONSE:
      g_value_set_object (value, self->response);
      break;
    case PROP_SESSION:
      g_value_set_object (value, self->session);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_event_source_class_init (UEventSourceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags own = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GParamFlags changes = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  GParamFlags reads = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->constructed = u_event_source_constructed;
  object_class->dispose = u_event_source_dispose;
  object_class->finalize = u_event_source_finalize;
  object_class->set_property = u_event_source_set_property;
  object_class->get_property = u_event_source_get_property;

  /**
   * UEventSource:last-event-id: (getter get_last_event_id) (setter set_last_event_id)
   *
   * The identifier that the next connection tells the server; empty if there is none.
   */
  props[PROP_LAST_EVENT_ID] = g_param_spec_string ("last-event-id", NULL, NULL, "", changes);
  /**
   * UEventSource:maximum-event-length: (getter get_maximum_event_length) (setter set_maximum_event_length)
   *
   * How many bytes one event may have; 0: no bound.
   */
  props[PROP_MAXIMUM_EVENT_LENGTH] = g_param_spec_int64 ("maximum-event-length", NULL, NULL, 0, G_MAXINT64,
                                                         MAX_EVENT_LENGTH, changes);
  /**
   * UEventSource:ready-state: (getter get_ready_state)
   *
   * Where it stands.
   */
  props[PROP_READY_STATE] = g_param_spec_enum ("ready-state", NULL, NULL, U_TYPE_EVENT_SOURCE_STATE,
                                               U_EVENT_SOURCE_STATE_NEW, reads);
  /**
   * UEventSource:reconnection-time: (getter get_reconnection_time) (setter set_reconnection_time)
   *
   * How long to wait before another connection is made, in seconds. The server may change it.
   */
  props[PROP_RECONNECTION_TIME] = g_param_spec_double ("reconnection-time", NULL, NULL, 0, G_MAXINT,
                                                       RECONNECTION_TIME, changes);
  /**
   * UEventSource:request: (getter get_request)
   *
   * What is asked for. Fields `Accept` and `Cache-Control` are added to it if it has none.
   */
  props[PROP_REQUEST] = g_param_spec_object ("request", NULL, NULL, U_TYPE_REQUEST, own);
  /**
   * UEventSource:response: (getter get_response)
   *
   * The head of the last response, whether it was good or not.
   */
  props[PROP_RESPONSE] = g_param_spec_object ("response", NULL, NULL, U_TYPE_RESPONSE, reads);
  /**
   * UEventSource:session: (getter get_session)
   *
   * Whose tasks are the connections.
   */
  props[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, U_TYPE_SESSION, own);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * UEventSource::opened:
   * @self: the event source
   *
   * Emitted when a connection stands: the first one, and each one after it was lost.
   */
  signals[OPENED] = g_signal_new ("opened", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  /**
   * UEventSource::message:
   * @self: the event source
   * @event: what the server sent
   *
   * Emitted for each event. Its kind is the detail: `message::added` is for events of the kind `added` only.
   */
  signals[MESSAGE] = g_signal_new ("message", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 1, U_TYPE_SERVER_EVENT);
  /**
   * UEventSource::failed:
   * @self: the event source
   * @error: why, in the domain `U_ERROR`
   *
   * Emitted when it ended by itself, and no other connection will be made.
   */
  signals[FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
u_event_source_init (UEventSource *self)
{
  self->reconnection_time = RECONNECTION_TIME;
  self->maximum = MAX_EVENT_LENGTH;
  self->last_event_id = g_strdup ("");
}

/**
 * u_event_source_new:
 * @session: whose tasks are the connections
 * @request: what to ask for; it is copied
 *
 * Creates an event source that is not open yet.
 *
 * Returns: (transfer full): the event source
 */
UEventSource *
u_event_source_new (USession *session, URequest *request)
{
  g_return_val_if_fail (U_IS_SESSION (session), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);

  return g_object_new (U_TYPE_EVENT_SOURCE, "session", session, "request", request, NULL);
}

/**
 * u_event_source_open:
 * @self: an event source
 *
 * Connects, unless that is so already. What was closed may be opened again, and goes on after the last event.
 */
void
u_event_source_open (UEventSource *self)
{
  g_return_if_fail (U_IS_EVENT_SOURCE (self));

  if (self->state == U_EVENT_SOURCE_STATE_CONNECTING || self->state == U_EVENT_SOURCE_STATE_OPEN)
    return;

  if (self->parser == NULL)
    self->parser = u_event_parser_new ((gsize) MIN ((guint64) self->maximum, G_MAXSIZE));
  u_event_parser_set_maximum (self->parser, (gsize) MIN ((guint64) self->maximum, G_MAXSIZE));
  u_event_parser_set_id (self->parser, self->last_event_id);
  self->n_failures = 0;
  set_state (self, U_EVENT_SOURCE_STATE_CONNECTING);
  if (self->state == U_EVENT_SOURCE_STATE_CONNECTING && self->task == NULL)
    start (self);
}

/**
 * u_event_source_close:
 * @self: an event source
 *
 * Ends the connection, and makes no other one. No signal follows but the notification of
 * [property@EventSource:ready-state].
 */
void
u_event_source_close (UEventSource *self)
{
  g_return_if_fail (U_IS_EVENT_SOURCE (self));

  drop_connection (self);
  set_state (self, U_EVENT_SOURCE_STATE_CLOSED);
}

/**
 * u_event_source_get_session: (get-property session)
 * @self: an event source
 *
 * Gets whose tasks are the connections.
 *
 * Returns: (transfer none): the session
 */
USession *
u_event_source_get_session (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), NULL);

  return self->session;
}

/**
 * u_event_source_get_request: (get-property request)
 * @self: an event source
 *
 * Gets what is asked for.
 *
 * Returns: (transfer none): the request
 */
URequest *
u_event_source_get_request (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), NULL);

  return self->request;
}

/**
 * u_event_source_get_ready_state: (get-property ready-state)
 * @self: an event source
 *
 * Gets where it stands.
 *
 * Returns: the state
 */
UEventSourceState
u_event_source_get_ready_state (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), U_EVENT_SOURCE_STATE_CLOSED);

  return self->state;
}

/**
 * u_event_source_get_response: (get-property response)
 * @self: an event source
 *
 * Gets the head of the last response.
 *
 * Returns: (transfer none) (nullable): the response, %NULL if there was none yet
 */
UResponse *
u_event_source_get_response (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), NULL);

  return self->response;
}

/**
 * u_event_source_get_last_event_id: (get-property last-event-id)
 * @self: an event source
 *
 * Gets the identifier of the last event that had one.
 *
 * Returns: (transfer none): the identifier, empty if there is none
 */
const char *
u_event_source_get_last_event_id (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), NULL);

  return self->last_event_id;
}

/**
 * u_event_source_set_last_event_id: (set-property last-event-id)
 * @self: an event source that is not open
 * @last_event_id: (nullable): an identifier, as kept by an earlier run of the program; %NULL: none
 *
 * Sets after which event the stream is to go on. To set it while it is open has no effect.
 */
void
u_event_source_set_last_event_id (UEventSource *self, const char *last_event_id)
{
  g_return_if_fail (U_IS_EVENT_SOURCE (self));

  if (last_event_id == NULL)
    last_event_id = "";
  if (self->state == U_EVENT_SOURCE_STATE_CONNECTING || self->state == U_EVENT_SOURCE_STATE_OPEN)
    {
      g_critical ("The last-event-id of an event source was set while it is open: close it first.");
      return;
    }
  if (!u_header_value_is_valid (last_event_id))
    {
      g_critical ("A last-event-id must not have line breaks in it.");
      return;
    }
  if (g_str_equal (self->last_event_id, last_event_id))
    return;

  g_free (self->last_event_id);
  self->last_event_id = g_strdup (last_event_id);
  u_notify (self, props[PROP_LAST_EVENT_ID]);
}

/**
 * u_event_source_get_reconnection_time: (get-property reconnection-time)
 * @self: an event source
 *
 * Gets how long it waits before another connection.
 *
 * Returns: seconds
 */
double
u_event_source_get_reconnection_time (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), 0);

  return self->reconnection_time;
}

/**
 * u_event_source_set_reconnection_time: (set-property reconnection-time)
 * @self: an event source
 * @reconnection_time: seconds, 0 or more
 *
 * Sets how long to wait before another connection, until the server says something else.
 */
void
u_event_source_set_reconnection_time (UEventSource *self, double reconnection_time)
{
  g_return_if_fail (U_IS_EVENT_SOURCE (self));
  g_return_if_fail (reconnection_time >= 0);

  if (self->reconnection_time == reconnection_time)
    return;

  self->reconnection_time = reconnection_time;
  u_notify (self, props[PROP_RECONNECTION_TIME]);
}

/**
 * u_event_source_get_maximum_event_length: (get-property maximum-event-length)
 * @self: an event source
 *
 * Gets how long one event may be.
 *
 * Returns: bytes; 0: no bound
 */
gint64
u_event_source_get_maximum_event_length (UEventSource *self)
{
  g_return_val_if_fail (U_IS_EVENT_SOURCE (self), 0);

  return self->maximum;
}

/**
 * u_event_source_set_maximum_event_length: (set-property maximum-event-length)
 * @self: an event source
 * @maximum_event_length: bytes; 0: no bound
 *
 * Sets how long one event may be, when it is opened the next time. A longer one ends the stream with
 * `U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM`.
 */
void
u_event_source_set_maximum_event_length (UEventSource *self, gint64 maximum_event_length)
{
  g_return_if_fail (U_IS_EVENT_SOURCE (self));
  g_return_if_fail (maximum_event_length >= 0);

  if (self->maximum == maximum_event_length)
    return;

  self->maximum = maximum_event_length;
  u_notify (self, props[PROP_MAXIMUM_EVENT_LENGTH]);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-web-socket-task.h"

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-web-socket-message-private.h"
#include "urlsession/task/u-web-socket-task-private.h"

/**
 * UWebSocketTask:
 *
 * A connection over which both sides send messages: RFC 6455.
 *
 * It begins as a request like every other, with redirects, cookies, challenges and proxies. When the server has agreed,
 * [signal@WebSocketTask::opened] is emitted, and messages are sent with [method@WebSocketTask.send_text_async] and
 * [method@WebSocketTask.send_bytes_async]. They are received one by one with [method@WebSocketTask.receive_async], or
 * all of them with [signal@WebSocketTask::message]. What is asked for before the server has agreed is done then.
 *
 * Messages that nobody asks for are read ahead up to a quarter of a mebibyte; then the server has to wait. Pings of the
 * server are answered by themselves.
 *
 * When the server closes the WebSocket, [signal@WebSocketTask::closed] is emitted, and the task ends without an error.
 * [method@WebSocketTask.cancel_with_close_code] closes it from this side; [method@Task.cancel] ends the task at once,
 * and tells the server that it goes away.
 */

/* Taken by handlers, and told in larger pieces: each telling wakes the I/O thread. */
#define CREDIT_STEP (64 * 1024)

enum {
  PROP_0,
  PROP_CLOSE_CODE,
  PROP_CLOSE_REASON,
  PROP_KEEPALIVE_INTERVAL,
  PROP_MAXIMUM_MESSAGE_SIZE,
  PROP_PROTOCOL,
  PROP_USES_COMPRESSION,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

struct _UWebSocketTaskClass
{
  UTaskClass parent_class;
};

G_DEFINE_FINAL_TYPE (UWebSocketTask, u_web_socket_task, U_TYPE_TASK)

/* ---- For the transfer ---- */

static gboolean
check_scheme (UTask *task, GError **error)
{
  g_autoptr (URequestData) data = u_request_ref_data (task->original_request);
  const char *scheme;

  /* What is wrong with a URL that cannot be read is found out later. */
  if (data->parsed == NULL)
    return TRUE;
  scheme = g_uri_get_scheme (data->parsed);
  if (g_str_equal (scheme, "ws") || g_str_equal (scheme, "wss"))
    return TRUE;

  g_set_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL,
               "The URL of a WebSocket begins with “wss:” or “ws:”, and not with “%s:”.", scheme);

  return FALSE;
}

static gboolean
u_web_socket_task_fill_spec (UTask *task, UTransferSpec *spec, GError **error)
{
  UWebSocketTask *self = U_WEB_SOCKET_TASK (task);
  UWebSocketSettings *settings = u_web_socket_settings_new ();
  gboolean uses_compression;

  spec->delivery = U_DELIVER_CONDUIT;
  spec->conduit_class = &u_web_socket_conduit_class;
  spec->conduit_settings = &settings->base;
  settings->flows = u_task_is_heard (task, U_WEB_SOCKET_TASK_MESSAGE);

  g_mutex_lock (&self->lock);
  settings->maximum = self->maximum_message_size;
  settings->keepalive = self->keepalive_interval;
  uses_compression = self->uses_compression;
  self->flows = settings->flows;
  g_mutex_unlock (&self->lock);

  spec->headers = spec->headers != NULL ? u_header_list_unshare (spec->headers) : u_header_list_new ();
  if (uses_compression)
    u_header_list_set (spec->headers, "Sec-WebSocket-Extensions", "permessage-deflate");
  else
    u_header_list_remove (spec->headers, "Sec-WebSocket-Extensions");

  return check_scheme (task, error);
}

static gboolean
is_canceling (UWebSocketTask *self)
{
  return u_task_get_state (U_TASK (self)) == U_TASK_STATE_CANCELING;
}

static void
take_opened (UWebSocketTask *self, UWebSocketNews *news)
{
  const char *protocol;

  g_mutex_lock (&self->lock);
  self->protocol = g_steal_pointer (&news->text);
  protocol = self->protocol;
  g_mutex_unlock (&self->lock);

  if (protocol != NULL)
    u_notify (self, props[PROP_PROTOCOL]);
  u_task_emit (U_TASK (self), U_WEB_SOCKET_TASK_OPENED, protocol);
}

/* The handlers have taken a message of so many bytes. */
static void
give_credit (UWebSocketTask *self, gsize length)
{
  UWebSocketOrder *order;

  self->owed += (gint64) length + U_WEB_SOCKET_MESSAGE_COST;
  if (self->owed < CREDIT_STEP)
    return;

  order = u_web_socket_order_new (U_WEB_SOCKET_ORDER_CREDIT);
  order->length = self->owed;
  self->owed = 0;
  u_task_send_order (U_TASK (self), &order->base);
}

static void
take_message (UWebSocketTask *self, UWebSocketNews *news)
{
  UWebSocketMessageKind kind = news->kind == U_WEB_SOCKET_NEWS_TEXT ? U_WEB_SOCKET_MESSAGE_KIND_TEXT
                                                                    : U_WEB_SOCKET_MESSAGE_KIND_BYTES;
  g_autoptr (UWebSocketMessage) message = u_web_socket_message_new (kind, news->payload);

  if (self->flows)
    {
      u_task_emit (U_TASK (self), U_WEB_SOCKET_TASK_MESSAGE, message);
      give_credit (self, g_bytes_get_size (news->payload));
    }
  else
    {
      u_web_socket_task_give (self, message);
    }
}

static void
take_end (UWebSocketTask *self, UWebSocketNews *news)
{
  const char *reason;

  g_mutex_lock (&self->lock);
  self->close_code = news->code;
  self->close_reason = g_steal_pointer (&news->text);
  reason = self->close_reason;
  g_mutex_unlock (&self->lock);

  u_notify (self, props[PROP_CLOSE_CODE]);
  if (reason != NULL)
    u_notify (self, props[PROP_CLOSE_REASON]);
  if (news->kind == U_WEB_SOCKET_NEWS_CLOSED)
    u_task_emit (U_TASK (self), U_WEB_SOCKET_TASK_CLOSED, news->code, reason);
}

static void
u_web_socket_task_news (UTask *task, UConduitNews *base)
{
  UWebSocketTask *self = U_WEB_SOCKET_TASK (task);
  UWebSocketNews *news = (UWebSocketNews *) base;

  /* Who cancelled wants to hear of nothing but the end. */
  if (is_canceling (self))
    return;

  switch (news->kind)
    {
    case U_WEB_SOCKET_NEWS_OPENED:
      take_opened (self, news);
      break;
    case U_WEB_SOCKET_NEWS_TEXT:
    case U_WEB_SOCKET_NEWS_BINARY:
      take_message (self, news);
      break;
    case U_WEB_SOCKET_NEWS_SENT:
      u_web_socket_task_note_sent (self, news->serial);
      break;
    case U_WEB_SOCKET_NEWS_PONG:
      u_web_socket_task_note_pong (self, news->serial);
      break;
    case U_WEB_SOCKET_NEWS_CLOSED:
    case U_WEB_SOCKET_NEWS_BROKEN:
      take_end (self, news);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
u_web_socket_task_completed (UTask *task, UTransferEvent *event)
{
  u_web_socket_task_end_calls (U_WEB_SOCKET_TASK (task), event->error);
}

/* ---- The object ---- */

static void
u_web_socket_task_finalize (GObject *object)
{
  UWebSocketTask *self = U_WEB_SOCKET_TASK (object);

  g_assert (u_call_queue_get_length (&self->receives) == 0 && u_call_queue_get_length (&self->sends) == 0 &&
            u_call_queue_get_length (&self->pings) == 0);
  g_queue_clear_full (&self->inbox, g_object_unref);
  g_clear_error (&self->end);
  g_free (self->protocol);
  g_free (self->close_reason);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_web_socket_task_parent_class)->finalize (object);
}

static void
u_web_socket_task_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UWebSocketTask *self = U_WEB_SOCKET_TASK (object);

  switch (prop_id)
    {
    case PROP_CLOSE_CODE:
      g_value_set_uint (value, u_web_socket_task_get_close_code (self));
      break;
    case PROP_CLOSE_REASON:
      g_value_set_string (value, u_web_socket_task_get_close_reason (self));
      break;
    case PROP_KEEPALIVE_INTERVAL:
      g_value_set_double (value, u_web_socket_task_get_keepalive_interval (self));
      break;
    case PROP_MAXIMUM_MESSAGE_SIZE:
      g_value_set_int64 (value, u_web_socket_task_get_maximum_message_size (self));
      break;
    case PROP_PROTOCOL:
      g_value_set_string (value, u_web_socket_task_get_protocol (self));
      break;
    case PROP_USES_COMPRESSION:
      g_value_set_boolean (value, u_web_socket_task_get_uses_compression (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_web_socket_task_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UWebSocketTask *self = U_WEB_SOCKET_TASK (object);

  switch (prop_id)
    {
    case PROP_KEEPALIVE_INTERVAL:
      u_web_socket_task_set_keepalive_interval (self, g_value_get_double (value));
      break;
    case PROP_MAXIMUM_MESSAGE_SIZE:
      u_web_socket_task_set_maximum_message_size (self, g_value_get_int64 (value));
      break;
    case PROP_USES_COMPRESSION:
      u_web_socket_task_set_uses_compression (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_web_socket_task_class_init (UWebSocketTaskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UTaskClass *task_class = U_TASK_CLASS (klass);
  GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GParamFlags writable = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = u_web_socket_task_finalize;
  object_class->get_property = u_web_socket_task_get_property;
  object_class->set_property = u_web_socket_task_set_property;
  task_class->fill_spec = u_web_socket_task_fill_spec;
  task_class->news = u_web_socket_task_news;
  task_class->completed = u_web_socket_task_completed;

  /**
   * UWebSocketTask:close-code: (getter get_close_code)
   *
   * The code that the server closed the WebSocket with; see [enum@WebSocketCloseCode].
   *
   * 0 before that. 1005 when the server gave none, 1006 when the connection ended without a close frame, and the code
   * that was sent to the server when it broke the rules, for instance 1009 for a message that was too large.
   */
  props[PROP_CLOSE_CODE] = g_param_spec_uint ("close-code", NULL, NULL, 0, G_MAXUINT16, 0, readable);
  /**
   * UWebSocketTask:close-reason: (getter get_close_reason)
   *
   * The text that the server closed the WebSocket with; %NULL if it gave no code, and before.
   */
  props[PROP_CLOSE_REASON] = g_param_spec_string ("close-reason", NULL, NULL, NULL, readable);
  /**
   * UWebSocketTask:keepalive-interval: (getter get_keepalive_interval) (setter set_keepalive_interval)
   *
   * Seconds between pings that the library sends by itself; 0: it sends none.
   *
   * They keep routers from forgetting the connection. A server from which nothing comes between two of them is taken
   * for gone, and the task fails with `U_ERROR_NETWORK_CONNECTION_LOST`. May be changed at any time.
   */
  props[PROP_KEEPALIVE_INTERVAL] =
    g_param_spec_double ("keepalive-interval", NULL, NULL, 0, 1e6, 0, writable);
  /**
   * UWebSocketTask:maximum-message-size: (getter get_maximum_message_size) (setter set_maximum_message_size)
   *
   * Bytes that a message of the server may have, after decompression and with all its frames; up to 1 GiB.
   *
   * A larger one ends the task with `U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM`, and the WebSocket with the code 1009. May be
   * changed at any time, for the messages that begin after that.
   */
  props[PROP_MAXIMUM_MESSAGE_SIZE] =
    g_param_spec_int64 ("maximum-message-size", NULL, NULL, 1, U_WEB_SOCKET_MAXIMUM_LIMIT,
                        U_WEB_SOCKET_MAXIMUM_DEFAULT, writable);
  /**
   * UWebSocketTask:protocol: (getter get_protocol)
   *
   * The subprotocol that the server chose from those that were offered; %NULL if none, and before.
   */
  props[PROP_PROTOCOL] = g_param_spec_string ("protocol", NULL, NULL, NULL, readable);
  /**
   * UWebSocketTask:uses-compression: (getter get_uses_compression) (setter set_uses_compression)
   *
   * Whether messages are compressed if the server agrees: RFC 7692.
   *
   * Off where secrets are sent next to what a stranger can choose: how long a message gets would tell about them. To be
   * set before the task is resumed: later it is a programming error, reported with g_critical().
   */
  props[PROP_USES_COMPRESSION] = g_param_spec_boolean ("uses-compression", NULL, NULL, TRUE, writable);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * UWebSocketTask::opened:
   * @self: the task
   * @protocol: (nullable): the subprotocol that the server chose
   *
   * Emitted once, when the server has agreed. Its response is in [property@Task:response].
   */
  /**
   * UWebSocketTask::message:
   * @self: the task
   * @message: what the server sent
   *
   * Emitted for each message, in order, if there is a handler when the task is resumed for the first time.
   *
   * [method@WebSocketTask.receive_async] fails then: a message goes to one place. The server is read no faster than the
   * handlers return.
   */
  /**
   * UWebSocketTask::closed:
   * @self: the task
   * @code: why; see [enum@WebSocketCloseCode]. 1005: the server gave no code
   * @reason: (nullable): a text for people who look for errors
   *
   * Emitted once, when the server has closed the WebSocket, or has confirmed that this side did.
   * [signal@Task::completed] follows.
   *
   * Not emitted when the connection ends without a close frame.
   */
  u_task_signals_install (G_TYPE_FROM_CLASS (klass));
}

static void
u_web_socket_task_init (UWebSocketTask *self)
{
  g_mutex_init (&self->lock);
  self->maximum_message_size = U_WEB_SOCKET_MAXIMUM_DEFAULT;
  self->uses_compression = TRUE;
  u_call_queue_init (&self->receives, &self->lock);
  u_call_queue_init (&self->sends, &self->lock);
  u_call_queue_init (&self->pings, &self->lock);
  g_queue_init (&self->inbox);
}

UTask *
u_web_socket_task_new (USession *session, const UTaskHost *host, URequest *request, GError *birth_error)
{
  UTask *self = g_object_new (U_TYPE_WEB_SOCKET_TASK, NULL);

  u_task_setup (self, session, host, request, birth_error);

  return self;
}

/* ---- Properties ---- */

/* (transfer full): whether or not there is a transfer to hear it */
static void
send_order (UWebSocketTask *self, UWebSocketOrder *order)
{
  if (U_TASK (self)->session != NULL)
    u_task_send_order (U_TASK (self), &order->base);
  else
    order->base.free (&order->base);
}

/**
 * u_web_socket_task_get_close_code: (get-property close-code)
 * @self: a task
 *
 * Gets the code that the server closed the WebSocket with.
 *
 * May be called from any thread.
 *
 * Returns: a number as in [enum@WebSocketCloseCode], 0 before it is closed
 */
guint
u_web_socket_task_get_close_code (UWebSocketTask *self)
{
  guint code;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), 0);

  g_mutex_lock (&self->lock);
  code = self->close_code;
  g_mutex_unlock (&self->lock);

  return code;
}

/**
 * u_web_socket_task_get_close_reason: (get-property close-reason)
 * @self: a task
 *
 * Gets the text that the server closed the WebSocket with.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the text, %NULL if there is none
 */
const char *
u_web_socket_task_get_close_reason (UWebSocketTask *self)
{
  const char *reason;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), NULL);

  g_mutex_lock (&self->lock);
  reason = self->close_reason;
  g_mutex_unlock (&self->lock);

  return reason;
}

/**
 * u_web_socket_task_get_protocol: (get-property protocol)
 * @self: a task
 *
 * Gets the subprotocol that the server chose.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none) (nullable): its name, %NULL if there is none
 */
const char *
u_web_socket_task_get_protocol (UWebSocketTask *self)
{
  const char *protocol;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), NULL);

  g_mutex_lock (&self->lock);
  protocol = self->protocol;
  g_mutex_unlock (&self->lock);

  return protocol;
}

/**
 * u_web_socket_task_get_maximum_message_size: (get-property maximum-message-size)
 * @self: a task
 *
 * Gets how large a message of the server may be.
 *
 * May be called from any thread.
 *
 * Returns: a number of bytes
 */
gint64
u_web_socket_task_get_maximum_message_size (UWebSocketTask *self)
{
  gint64 maximum;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), U_WEB_SOCKET_MAXIMUM_DEFAULT);

  g_mutex_lock (&self->lock);
  maximum = self->maximum_message_size;
  g_mutex_unlock (&self->lock);

  return maximum;
}

/**
 * u_web_socket_task_set_maximum_message_size: (set-property maximum-message-size)
 * @self: a task
 * @maximum_message_size: a number of bytes, from 1 to 1 GiB
 *
 * Sets how large a message of the server may be.
 *
 * It holds for messages that begin after that. May be called from any thread; the change is notified in the context of
 * the session.
 */
void
u_web_socket_task_set_maximum_message_size (UWebSocketTask *self, gint64 maximum_message_size)
{
  UWebSocketOrder *order;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));
  g_return_if_fail (maximum_message_size >= 1 && maximum_message_size <= U_WEB_SOCKET_MAXIMUM_LIMIT);

  g_mutex_lock (&self->lock);
  if (self->maximum_message_size == maximum_message_size)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->maximum_message_size = maximum_message_size;
  order = u_web_socket_order_new (U_WEB_SOCKET_ORDER_MAXIMUM);
  order->length = maximum_message_size;
  send_order (self, order);
  g_mutex_unlock (&self->lock);

  u_task_notify_later (U_TASK (self), "maximum-message-size");
}

/**
 * u_web_socket_task_get_keepalive_interval: (get-property keepalive-interval)
 * @self: a task
 *
 * Gets how often the library sends a ping by itself.
 *
 * May be called from any thread.
 *
 * Returns: seconds; 0: never
 */
double
u_web_socket_task_get_keepalive_interval (UWebSocketTask *self)
{
  double interval;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), 0);

  g_mutex_lock (&self->lock);
  interval = self->keepalive_interval;
  g_mutex_unlock (&self->lock);

  return interval;
}

/**
 * u_web_socket_task_set_keepalive_interval: (set-property keepalive-interval)
 * @self: a task
 * @keepalive_interval: seconds, up to a million; 0: never
 *
 * Sets how often the library sends a ping by itself.
 *
 * May be called from any thread; the change is notified in the context of the session.
 */
void
u_web_socket_task_set_keepalive_interval (UWebSocketTask *self, double keepalive_interval)
{
  UWebSocketOrder *order;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));
  g_return_if_fail (keepalive_interval >= 0 && keepalive_interval <= 1e6);

  g_mutex_lock (&self->lock);
  if (self->keepalive_interval == keepalive_interval)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->keepalive_interval = keepalive_interval;
  order = u_web_socket_order_new (U_WEB_SOCKET_ORDER_KEEPALIVE);
  order->keepalive = keepalive_interval;
  send_order (self, order);
  g_mutex_unlock (&self->lock);

  u_task_notify_later (U_TASK (self), "keepalive-interval");
}

/**
 * u_web_socket_task_get_uses_compression: (get-property uses-compression)
 * @self: a task
 *
 * Gets whether messages are compressed if the server agrees.
 *
 * May be called from any thread.
 *
 * Returns: %TRUE if they are
 */
gboolean
u_web_socket_task_get_uses_compression (UWebSocketTask *self)
{
  gboolean uses_compression;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), TRUE);

  g_mutex_lock (&self->lock);
  uses_compression = self->uses_compression;
  g_mutex_unlock (&self->lock);

  return uses_compression;
}

/**
 * u_web_socket_task_set_uses_compression: (set-property uses-compression)
 * @self: a task that was not resumed yet
 * @uses_compression: whether to offer it
 *
 * Sets whether messages are compressed if the server agrees.
 *
 * May be called from any thread; the change is notified in the context of the session.
 */
void
u_web_socket_task_set_uses_compression (UWebSocketTask *self, gboolean uses_compression)
{
  gboolean changed;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));

  uses_compression = !!uses_compression;
  if (u_task_has_started (U_TASK (self)))
    {
      g_critical ("Whether a WebSocket uses compression is to be set before the task is resumed.");
      return;
    }
  g_mutex_lock (&self->lock);
  changed = self->uses_compression != uses_compression;
  self->uses_compression = uses_compression;
  g_mutex_unlock (&self->lock);

  if (changed)
    u_task_notify_later (U_TASK (self), "uses-compression");
}

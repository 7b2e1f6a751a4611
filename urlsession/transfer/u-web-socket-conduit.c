/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-web-socket-conduit-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-web-socket-handshake-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/transfer/u-web-socket-linger-private.h"
#include "urlsession/transfer/u-web-socket-reader-private.h"
#include "urlsession/transfer/u-web-socket-writer-private.h"

/* Messages that nobody has asked for yet are read up to this, in bytes. */
#define READ_AHEAD (256 * 1024)

#define READ_SIZE (32 * 1024)

/* In one turn of the thread, bytes read and times written; then the others get theirs. */
#define TURN_SIZE (512 * 1024)
#define TURN_WRITES 8

/* So long the server may take to answer a close frame. */
#define CLOSE_PATIENCE_S 10

/* RFC 6455 section 7.4.1 */
#define GOING_AWAY 1001
#define NO_STATUS 1005
#define ABNORMAL 1006
#define TOO_BIG 1009

typedef struct
{
  UConduit base;
  UConduitHost *host;         /* who holds this */
  GIOStream *stream;          /* owned */
  char *masked;               /* owned; for messages */
  UWebSocketReader *reader;   /* owned */
  UWebSocketWriter *writer;   /* owned */
  GMainContext *context;      /* owned; of the thread */

  /* Sources: owned, nullable */
  GSource *read_source;
  GSource *write_source;
  GSource *kick_source;
  GSource *close_timer;
  GSource *keepalive_timer;

  /* Receiving */
  GByteArray *left;           /* owned, nullable: read, and not looked at yet */
  GQueue inbox;               /* of UWebSocketNews, owned: messages that nobody has asked for yet */
  gsize inbox_cost;
  guint64 n_wanted;           /* messages that were asked for */
  gboolean flows;
  gint64 credit;              /* flows */

  GArray *pings;              /* of guint64: the serials of those that are not answered */
  gboolean heard;             /* something since the last ping of our own */
  gboolean awaits_pong;       /* of that one */

  GError *write_error;        /* owned, nullable: nothing can be sent any more */
  gboolean suspended;
  gboolean closing;           /* the application has closed it */
  gboolean lingers;           /* there are things left to be said */
} UWebSocketConduit;

/* The payload of a ping of our own; those of the application count from 1. */
#define KEEPALIVE_SERIAL 0

/* ---- What goes in and out ---- */

static void
settings_free (UConduitSettings *self)
{
  g_free (self);
}

UWebSocketSettings *
u_web_socket_settings_new (void)
{
  UWebSocketSettings *self = g_new0 (UWebSocketSettings, 1);

  g_atomic_ref_count_init (&self->base.ref_count);
  self->base.free = settings_free;

  return self;
}

static void
order_free (UConduitOrder *base)
{
  UWebSocketOrder *self = (UWebSocketOrder *) base;

  g_clear_pointer (&self->payload, g_bytes_unref);
  g_free (self->reason);
  g_free (self);
}

UWebSocketOrder *
u_web_socket_order_new (UWebSocketOrderKind kind)
{
  UWebSocketOrder *self = g_new0 (UWebSocketOrder, 1);

  self->base.free = order_free;
  self->kind = kind;

  return self;
}

static void
news_free (UConduitNews *base)
{
  UWebSocketNews *self = (UWebSocketNews *) base;

  g_clear_pointer (&self->payload, g_bytes_unref);
  g_free (self->text);
  g_free (self);
}

static UWebSocketNews *
news_new (UWebSocketNewsKind kind)
{
  UWebSocketNews *self = g_new0 (UWebSocketNews, 1);

  self->base.free = news_free;
  self->kind = kind;

  return self;
}

static void
post_serial (UWebSocketConduit *self, UWebSocketNewsKind kind, guint64 serial)
{
  UWebSocketNews *news = news_new (kind);

  news->serial = serial;
  u_conduit_host_post (self->host, &news->base);
}

static void
post_code (UWebSocketConduit *self, UWebSocketNewsKind kind, guint code, GBytes *reason)
{
  UWebSocketNews *news = news_new (kind);

  news->code = code;
  /* The data of no bytes is NULL. */
  if (reason != NULL)
    news->text = g_bytes_get_size (reason) > 0
                   ? g_strndup (g_bytes_get_data (reason, NULL), g_bytes_get_size (reason))
                   : g_strdup ("");
  u_conduit_host_post (self->host, &news->base);
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    {
      g_source_destroy (*source);
      g_clear_pointer (source, g_source_unref);
    }
}

static GSource *
attach (UWebSocketConduit *self, GSource *source, GSourceFunc callback)
{
  g_source_set_callback (source, callback, self, NULL);
  g_source_set_static_name (source, "[urlsession] WebSocket");
  g_source_attach (source, self->context);

  return source;
}

/* ---- Messages on their way to the application ---- */

static gsize
get_cost (UWebSocketNews *news)
{
  return g_bytes_get_size (news->payload) + U_WEB_SOCKET_MESSAGE_COST;
}

/* @all: whether or not anybody has asked: nothing will follow */
static void
deliver (UWebSocketConduit *self, gboolean all)
{
  while (!g_queue_is_empty (&self->inbox) && (all || self->n_wanted > 0 || (self->flows && self->credit > 0)))
    {
      UWebSocketNews *news = g_queue_pop_head (&self->inbox);
      gsize cost = get_cost (news);

      self->inbox_cost -= cost;
      if (self->flows)
        self->credit -= (gint64) cost;
      else if (self->n_wanted > 0)
        self->n_wanted--;
      u_conduit_host_post (self->host, &news->base);
    }
}

static gboolean
may_read (UWebSocketConduit *self)
{
  /* The last words of the server may be there. */
  if (self->closing || self->write_error != NULL)
    return TRUE;
  if (self->suspended)
    return FALSE;
  if (self->n_wanted > 0 || (self->flows && self->credit > 0))
    return TRUE;

  return self->inbox_cost + u_web_socket_reader_get_partial (self->reader) < READ_AHEAD;
}

/* ---- The end: nothing may be done with @self after any of these ---- */

/* Without a word of the server. @error: (transfer full) (nullable) */
static void
break_off (UWebSocketConduit *self, guint code, GError *error)
{
  deliver (self, TRUE);
  post_code (self, U_WEB_SOCKET_NEWS_BROKEN, code, NULL);
  u_conduit_host_end (self->host, error);
}

/* The connection is gone. @error: nullable, of GIO */
static void
lose (UWebSocketConduit *self, const GError *error)
{
  GError *reason = NULL;

  /* Who wanted it closed has what was wanted, even from a server that does not answer. */
  if (!self->closing || !u_web_socket_writer_has_closed (self->writer))
    reason = error != NULL ? u_error_map_new (error, 0, self->masked)
                           : g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                          "The connection to %s ended, and the WebSocket had not been closed.",
                                          self->masked);
  break_off (self, ABNORMAL, reason);
}

static void
fail (UWebSocketConduit *self, guint code, const char *problem)
{
  GError *error = g_error_new (U_ERROR, code == TOO_BIG ? U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM
                                                        : U_ERROR_BAD_SERVER_RESPONSE,
                               "The WebSocket of %s ends with %u: %s.", self->masked, code, problem);

  u_web_socket_writer_close (self->writer, code, NULL, TRUE);
  self->lingers = TRUE;
  break_off (self, code, error);
}

static void
take_close (UWebSocketConduit *self, guint code, GBytes *reason)
{
  deliver (self, TRUE);
  post_code (self, U_WEB_SOCKET_NEWS_CLOSED, code, reason);
  /* RFC 6455 section 5.5.1: the same code comes back. */
  u_web_socket_writer_close (self->writer, code, NULL, TRUE);
  self->lingers = TRUE;
  u_conduit_host_end (self->host, NULL);
}

/* ---- Sending ---- */

static void flush (UWebSocketConduit *self);
static void kick (UWebSocketConduit *self);
static void await_end (UWebSocketConduit *self);

static gboolean
writable_cb (GObject *stream, gpointer user_data)
{
  UWebSocketConduit *self = user_data;

  clear_source (&self->write_source);
  flush (self);

  return G_SOURCE_REMOVE;
}

static void
await_room (UWebSocketConduit *self)
{
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));

  if (self->write_source == NULL)
    self->write_source = attach (self, g_pollable_output_stream_create_source (output, NULL),
                                 G_SOURCE_FUNC (writable_cb));
}

/* Writes what there is and the connection takes. */
static void
flush (UWebSocketConduit *self)
{
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));
  guint n_writes = 0;
  const guint8 *data;
  gsize length;

  if (self->write_error != NULL || (self->suspended && !self->closing))
    return;

  while ((data = u_web_socket_writer_peek (self->writer, &length)) != NULL)
    {
      g_autoptr (GError) error = NULL;
      guint64 serial;
      gint64 n_payload;
      gssize n;

      if (n_writes++ >= TURN_WRITES)
        {
          await_room (self);
          return;
        }
      n = g_pollable_output_stream_write_nonblocking (output, data, length, NULL, &error);
      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          await_room (self);
          return;
        }
      if (n < 0)
        {
          /* A server that has closed the WebSocket and gone has said why: that is still to be read. */
          self->write_error = g_steal_pointer (&error);
          await_end (self);
          kick (self);
          return;
        }
      u_web_socket_writer_skip (self->writer, (gsize) n);
      while ((serial = u_web_socket_writer_take_sent (self->writer, &n_payload)) != 0)
        {
          u_conduit_host_count (self->host, n_payload, 0);
          post_serial (self, U_WEB_SOCKET_NEWS_SENT, serial);
        }
    }
}

/* ---- Receiving ---- */

static void
take_message (UWebSocketConduit *self, const UWebSocketEvent *event)
{
  UWebSocketNews *news;

  u_conduit_host_count (self->host, 0, (gint64) g_bytes_get_size (event->payload));
  if (self->closing)
    return;

  news = news_new (event->kind == U_WEB_SOCKET_READ_TEXT ? U_WEB_SOCKET_NEWS_TEXT : U_WEB_SOCKET_NEWS_BINARY);
  news->payload = g_bytes_ref (event->payload);
  g_queue_push_tail (&self->inbox, news);
  self->inbox_cost += get_cost (news);
  deliver (self, FALSE);
}

/* RFC 6455 section 5.5.3: a server may answer the last of several pings only, and that answers all of them. */
static void
take_pong (UWebSocketConduit *self, GBytes *payload)
{
  gsize length;
  const void *data = g_bytes_get_data (payload, &length);
  guint64 serial;
  guint n;

  if (length != sizeof serial)
    return;

  memcpy (&serial, data, sizeof serial);
  if (serial == KEEPALIVE_SERIAL)
    self->awaits_pong = FALSE;
  for (n = self->pings->len; n > 0 && g_array_index (self->pings, guint64, n - 1) != serial; n--)
    ;
  for (guint i = 0; i < n; i++)
    post_serial (self, U_WEB_SOCKET_NEWS_PONG, g_array_index (self->pings, guint64, i));
  g_array_remove_range (self->pings, 0, n);
}

/* Looks at bytes, up to the end of what may be read. @n_left: (out): what was not looked at. FALSE: it was the end. */
static gboolean
take_bytes (UWebSocketConduit *self, const guint8 *data, gsize length, gsize *n_left)
{
  while (may_read (self))
    {
      g_auto (UWebSocketEvent) event = { 0 };

      u_web_socket_reader_feed (self->reader, &data, &length, &event);
      switch (event.kind)
        {
        case U_WEB_SOCKET_READ_MORE:
          *n_left = 0;
          return TRUE;
        case U_WEB_SOCKET_READ_TEXT:
        case U_WEB_SOCKET_READ_BINARY:
          take_message (self, &event);
          break;
        case U_WEB_SOCKET_READ_PING:
          u_web_socket_writer_set_pong (self->writer, event.payload);
          flush (self);
          break;
        case U_WEB_SOCKET_READ_PONG:
          take_pong (self, event.payload);
          break;
        case U_WEB_SOCKET_READ_CLOSE:
          take_close (self, event.close_code, event.payload);
          return FALSE;
        case U_WEB_SOCKET_READ_FAILED:
        default:
          fail (self, event.close_code, event.problem);
          return FALSE;
        }
    }
  *n_left = length;

  return TRUE;
}

static void await_bytes (UWebSocketConduit *self);

/* What was read before and not looked at. FALSE: that was the end. */
static gboolean
take_left (UWebSocketConduit *self)
{
  gsize n_left = 0;

  if (self->left == NULL || !may_read (self))
    return TRUE;
  if (!take_bytes (self, self->left->data, self->left->len, &n_left))
    return FALSE;
  if (n_left > 0)
    g_byte_array_remove_range (self->left, 0, self->left->len - (guint) n_left);
  else
    g_clear_pointer (&self->left, g_byte_array_unref);

  return TRUE;
}

static void
read_now (UWebSocketConduit *self)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));
  gsize n_turn = 0;

  if (!take_left (self))
    return;

  while (self->left == NULL && may_read (self) && n_turn < TURN_SIZE)
    {
      guint8 buffer[READ_SIZE];
      g_autoptr (GError) error = NULL;
      gssize n = g_pollable_input_stream_read_nonblocking (input, buffer, sizeof buffer, NULL, &error);
      gsize n_left = 0;

      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (n <= 0)
        {
          lose (self, self->write_error != NULL ? self->write_error : error);
          return;
        }
      self->heard = TRUE;
      n_turn += (gsize) n;
      if (!take_bytes (self, buffer, (gsize) n, &n_left))
        return;
      if (n_left > 0)
        {
          self->left = g_byte_array_sized_new ((guint) n_left);
          g_byte_array_append (self->left, buffer + n - n_left, (guint) n_left);
        }
    }
  await_bytes (self);
}

static gboolean
readable_cb (GObject *stream, gpointer user_data)
{
  /* Whether there is more to wait for is decided there; the source may be gone now. */
  read_now (user_data);

  return G_SOURCE_CONTINUE;
}

static void
await_bytes (UWebSocketConduit *self)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));

  if (!may_read (self))
    clear_source (&self->read_source);
  else if (self->read_source == NULL)
    self->read_source = attach (self, g_pollable_input_stream_create_source (input, NULL),
                                G_SOURCE_FUNC (readable_cb));
}

static gboolean
kick_cb (gpointer user_data)
{
  UWebSocketConduit *self = user_data;

  clear_source (&self->kick_source);
  flush (self);
  if (take_left (self))
    await_bytes (self);

  return G_SOURCE_REMOVE;
}

/* Goes on soon, but not from inside this call. */
static void
kick (UWebSocketConduit *self)
{
  GSource *source;

  if (self->kick_source != NULL)
    return;

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  self->kick_source = attach (self, source, kick_cb);
}

/* ---- Time ---- */

static gboolean
close_timer_cb (gpointer user_data)
{
  UWebSocketConduit *self = user_data;

  if (self->write_error != NULL)
    lose (self, self->write_error);
  else
    break_off (self, ABNORMAL, g_error_new (U_ERROR, U_ERROR_TIMED_OUT,
                                            "%s did not answer the close frame within %d seconds.", self->masked,
                                            CLOSE_PATIENCE_S));

  return G_SOURCE_REMOVE;
}

/* It comes from the server, or else from here. */
static void
await_end (UWebSocketConduit *self)
{
  if (self->close_timer == NULL)
    self->close_timer = attach (self, g_timeout_source_new_seconds (CLOSE_PATIENCE_S), close_timer_cb);
}

static void
send_ping (UWebSocketConduit *self, guint64 serial)
{
  g_autoptr (GBytes) payload = g_bytes_new (&serial, sizeof serial);

  u_web_socket_writer_add_ping (self->writer, payload);
}

static gboolean
keepalive_cb (gpointer user_data)
{
  UWebSocketConduit *self = user_data;

  /* Who does not read hears nothing. */
  if (self->suspended || self->closing || !may_read (self))
    return G_SOURCE_CONTINUE;

  if (self->awaits_pong && !self->heard)
    {
      break_off (self, ABNORMAL, g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                              "%s has not answered a ping, nor sent anything else, for as long as "
                                              "keepalive-interval.", self->masked));
      return G_SOURCE_REMOVE;
    }
  self->heard = FALSE;
  self->awaits_pong = TRUE;
  send_ping (self, KEEPALIVE_SERIAL);
  kick (self);

  return G_SOURCE_CONTINUE;
}

static void
set_keepalive (UWebSocketConduit *self, double interval)
{
  clear_source (&self->keepalive_timer);
  self->awaits_pong = FALSE;
  if (interval > 0)
    self->keepalive_timer = attach (self, g_timeout_source_new ((guint) CLAMP (interval * 1000, 1, G_MAXINT)),
                                    keepalive_cb);
}

/* ---- The conduit ---- */

static UConduit *
web_socket_open (UConduitHost *host, GIOStream *stream, UResponseData *response, UConduitSettings *base)
{
  UWebSocketSettings *settings = (UWebSocketSettings *) base;
  UWebSocketConduit *self = g_new0 (UWebSocketConduit, 1);
  UWebSocketNews *opened = news_new (U_WEB_SOCKET_NEWS_OPENED);
  UWebSocketExtensions extensions;

  self->base.klass = &u_web_socket_conduit_class;
  self->host = host;
  self->stream = g_object_ref (stream);
  self->masked = u_uri_string_dup_masked (response->uri);
  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->inbox);
  self->pings = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->flows = settings->flows;
  self->credit = READ_AHEAD;
  u_web_socket_read_extensions (response, &extensions);
  self->reader = u_web_socket_reader_new (
    (guint64) settings->maximum,
    extensions.deflate ? u_web_socket_inflater_new (extensions.server_no_takeover) : NULL);
  self->writer = u_web_socket_writer_new (
    extensions.deflate ? u_web_socket_deflater_new (extensions.client_no_takeover) : NULL);

  opened->text = g_strdup (u_header_list_get (response->headers, "Sec-WebSocket-Protocol"));
  u_conduit_host_post (host, &opened->base);
  set_keepalive (self, settings->keepalive);
  kick (self);

  return &self->base;
}

static void
close_by_order (UWebSocketConduit *self, const UWebSocketOrder *order)
{
  if (self->closing)
    return;

  self->closing = TRUE;
  u_web_socket_writer_close (self->writer, order->code, order->reason, FALSE);
  await_end (self);
}

static void
web_socket_order (UConduit *conduit, UConduitOrder *base)
{
  UWebSocketConduit *self = (UWebSocketConduit *) conduit;
  UWebSocketOrder *order = (UWebSocketOrder *) base;

  switch (order->kind)
    {
    case U_WEB_SOCKET_ORDER_TEXT:
    case U_WEB_SOCKET_ORDER_BINARY:
      u_web_socket_writer_add_message (self->writer, order->payload, order->kind == U_WEB_SOCKET_ORDER_TEXT,
                                       order->serial);
      break;
    case U_WEB_SOCKET_ORDER_RECEIVE:
      self->n_wanted++;
      deliver (self, FALSE);
      break;
    case U_WEB_SOCKET_ORDER_CREDIT:
      self->credit += order->length;
      deliver (self, FALSE);
      break;
    case U_WEB_SOCKET_ORDER_PING:
      g_array_append_val (self->pings, order->serial);
      send_ping (self, order->serial);
      break;
    case U_WEB_SOCKET_ORDER_CLOSE:
      close_by_order (self, order);
      break;
    case U_WEB_SOCKET_ORDER_MAXIMUM:
      u_web_socket_reader_set_maximum (self->reader, (guint64) order->length);
      break;
    case U_WEB_SOCKET_ORDER_KEEPALIVE:
      set_keepalive (self, order->keepalive);
      break;
    default:
      g_assert_not_reached ();
    }
  base->free (base);
  /* Orders that arrive together are carried out together. */
  kick (self);
}

static void
web_socket_set_suspended (UConduit *conduit, gboolean suspended)
{
  UWebSocketConduit *self = (UWebSocketConduit *) conduit;

  self->suspended = suspended;
  if (!suspended)
    {
      kick (self);
      return;
    }
  if (!self->closing)
    clear_source (&self->write_source);
  await_bytes (self);
}

static void
web_socket_cancelled (UConduit *conduit)
{
  UWebSocketConduit *self = (UWebSocketConduit *) conduit;

  u_web_socket_writer_close (self->writer, GOING_AWAY, NULL, TRUE);
  self->lingers = TRUE;
}

static void
web_socket_free (UConduit *conduit)
{
  UWebSocketConduit *self = (UWebSocketConduit *) conduit;
  UWebSocketNews *news;

  clear_source (&self->read_source);
  clear_source (&self->write_source);
  clear_source (&self->kick_source);
  clear_source (&self->close_timer);
  clear_source (&self->keepalive_timer);
  if (self->lingers)
    u_web_socket_linger (self->stream, g_steal_pointer (&self->writer));
  g_clear_pointer (&self->writer, u_web_socket_writer_free);
  u_web_socket_reader_free (self->reader);
  while ((news = g_queue_pop_head (&self->inbox)) != NULL)
    news_free (&news->base);
  g_clear_pointer (&self->left, g_byte_array_unref);
  g_clear_error (&self->write_error);
  g_array_unref (self->pings);
  g_object_unref (self->stream);
  g_main_context_unref (self->context);
  g_free (self->masked);
  g_free (self);
}

const UConduitClass u_web_socket_conduit_class = {
  .open = web_socket_open,
  .order = web_socket_order,
  .set_suspended = web_socket_set_suspended,
  .cancelled = web_socket_cancelled,
  .free = web_socket_free,
};

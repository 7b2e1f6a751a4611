/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-stream-conduit-io-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-prefix-stream-private.h"
#include "urlsession/loader/u-tls-opening-private.h"

static void
settings_free (UConduitSettings *base)
{
  UStreamSettings *self = (UStreamSettings *) base;

  g_free (self->host);
  g_free (self->subject);
  g_free (self);
}

UStreamSettings *
u_stream_settings_new (const char *host, guint port, const char *subject, gboolean asks_trust)
{
  UStreamSettings *self = g_new0 (UStreamSettings, 1);

  g_atomic_ref_count_init (&self->base.ref_count);
  self->base.free = settings_free;
  self->host = g_strdup (host);
  self->port = port;
  self->subject = g_strdup (subject);
  self->asks_trust = asks_trust;

  return self;
}

void
u_stream_conduit_free_order (gpointer data)
{
  UConduitOrder *order = data;

  order->free (order);
}

/* ---- What is said ---- */

void
u_stream_conduit_post (UStreamConduit *self, UStreamNewsKind kind)
{
  u_conduit_host_post (self->host, &u_stream_news_new (kind)->base);
}

/* Consumes @error. */
void
u_stream_conduit_post_done (UStreamConduit *self, UStreamOrder *order, GError *error)
{
  UStreamNews *news = u_stream_news_new (U_STREAM_NEWS_DONE);

  news->serial = order->serial;
  news->error = error;
  u_conduit_host_post (self->host, &news->base);
}

UStreamProgress
u_stream_conduit_fail (UStreamConduit *self, const GError *error)
{
  GError *mapped = u_error_map_new (error, self->peer != NULL ? u_tls_peer_get_errors (self->peer) : 0,
                                    self->settings->subject);

  if (self->opening != NULL)
    {
      GError *explained = u_tls_opening_explain (self->opening, error);

      if (explained != NULL)
        {
          g_error_free (mapped);
          mapped = explained;
        }
    }
  u_conduit_host_end (self->host, mapped);

  return U_STREAM_GONE;
}

static gboolean
kick_cb (gpointer user_data)
{
  UStreamConduit *self = user_data;

  g_clear_pointer (&self->kick, g_source_unref);
  u_stream_conduit_pump (self, TRUE);

  return G_SOURCE_REMOVE;
}

/* Later, so that what is ordered and called off at once never begins, and nothing ends inside a call. */
void
u_stream_conduit_kick (UStreamConduit *self)
{
  if (self->kick != NULL)
    return;

  self->kick = g_idle_source_new ();
  g_source_set_priority (self->kick, G_PRIORITY_DEFAULT);
  g_source_set_static_name (self->kick, "[urlsession] stream orders");
  g_source_set_callback (self->kick, kick_cb, self, NULL);
  g_source_attach (self->kick, g_main_context_get_thread_default ());
}

/* ---- What waits for all that came before ---- */

static UStreamProgress
end_barrier (UStreamConduit *self)
{
  g_clear_pointer (&self->barrier, u_stream_conduit_free_order);

  return U_STREAM_AGAIN;
}

static UStreamProgress G_GNUC_PRINTF (3, 4)
fail_with (UStreamConduit *self, UError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (U_ERROR, code, format, arguments);
  va_end (arguments);

  return u_stream_conduit_fail (self, error);
}

/* The connection is secure, and the server is who it should be. */
static void
use_secured (UStreamConduit *self, GIOStream *stream)
{
  g_set_object (&self->stream, stream);
  g_clear_object (&self->secured);
  u_stream_conduit_post (self, U_STREAM_NEWS_SECURED);
  end_barrier (self);
  u_stream_conduit_kick (self);
}

static void
opening_ask (gpointer user_data, UChallengeData *challenge)
{
  u_conduit_host_ask (((UStreamConduit *) user_data)->host, challenge);
}

static void
opening_ended (gpointer user_data, GIOStream *stream, const GError *error)
{
  UStreamConduit *self = user_data;
  g_autoptr (UChallengeData) question = u_tls_peer_steal_question (self->peer);

  if (stream == NULL)
    {
      u_stream_conduit_fail (self, error);
    }
  else if (question != NULL)
    {
      self->secured = g_object_ref (stream);
      u_conduit_host_ask (self->host, question);
    }
  else
    {
      use_secured (self, stream);
    }
}

static UStreamProgress
begin_tls (UStreamConduit *self)
{
  static const UTlsOpeningFuncs funcs = { opening_ask, opening_ended };
  UConnectionSettings *connections = u_conduit_host_get_connections (self->host);
  UTlsOpeningParams params = {
    .settings = connections,
    .port = self->settings->port,
    .protocol = "tls",
    .holds = TRUE,
  };

  if (self->pipe != NULL)
    return fail_with (self, U_ERROR_UNSUPPORTED_BY_SESSION,
                      "There is no TLS to begin with %s: what is read is the body of a response.",
                      self->settings->subject);
  if (self->read_over || self->write_over)
    return fail_with (self, U_ERROR_SECURE_CONNECTION_FAILED,
                      "TLS cannot begin with %s: the connection is closed on one side.",
                      self->settings->subject);
  /* Somebody on the way could have put it there, to be taken for what the server says in secret. */
  if (self->length > 0)
    return fail_with (self, U_ERROR_SECURE_CONNECTION_FAILED,
                      "%s has sent more than was read before TLS was to begin: that is not to be trusted.",
                      self->settings->subject);
  if (G_IS_TLS_CONNECTION (self->stream))
    return end_barrier (self);

  self->peer = u_tls_peer_new (connections->memory, connections->tls_rules, params.protocol, self->settings->host,
                               self->settings->port, self->settings->asks_trust);
  params.peer = self->peer;
  self->opening = u_tls_opening_start (self->stream, &params, &funcs, self);

  return U_STREAM_WAITS;
}

/* The application has the connection for itself. */
static UStreamProgress
capture (UStreamConduit *self)
{
  UStreamNews *news;

  if (self->pipe != NULL)
    {
      u_stream_conduit_post_done (self, self->barrier,
                                  g_error_new (U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION,
                                               "%s has no connection to give away: what is read is the body of a "
                                               "response.", self->settings->subject));
      return end_barrier (self);
    }

  news = u_stream_news_new (U_STREAM_NEWS_DONE);
  news->serial = self->barrier->serial;
  g_clear_pointer (&self->opening, u_tls_opening_free);
  news->stream = g_steal_pointer (&self->stream);
  if (self->length > 0)
    {
      g_autoptr (GIOStream) stream = g_steal_pointer (&news->stream);
      g_autoptr (GBytes) rest = u_stream_conduit_take_bytes (self, self->length);

      news->stream = u_prefix_stream_new_connection (stream, rest);
    }
  u_conduit_host_post (self->host, &news->base);
  u_conduit_host_end (self->host, NULL);

  return U_STREAM_GONE;
}

/* Lets in what may begin. */
static UStreamProgress
admit (UStreamConduit *self, gboolean alone)
{
  UStreamOrder *order = g_queue_peek_head (&self->pending);

  if (order == NULL || self->barrier != NULL)
    return U_STREAM_WAITS;

  switch (order->kind)
    {
    case U_STREAM_ORDER_READ:
    case U_STREAM_ORDER_CLOSE_READ:
      g_queue_push_tail (&self->reads, g_queue_pop_head (&self->pending));
      return U_STREAM_AGAIN;
    case U_STREAM_ORDER_WRITE:
    case U_STREAM_ORDER_CLOSE_WRITE:
      g_queue_push_tail (&self->writes, g_queue_pop_head (&self->pending));
      return U_STREAM_AGAIN;
    case U_STREAM_ORDER_SECURE:
    case U_STREAM_ORDER_CAPTURE:
      if (!g_queue_is_empty (&self->reads) || !g_queue_is_empty (&self->writes) || self->suspended)
        return U_STREAM_WAITS;
      /* A source that is being dispatched holds the stream, which is to be the application's alone. */
      if (!alone)
        {
          u_stream_conduit_kick (self);
          return U_STREAM_WAITS;
        }
      self->barrier = g_queue_pop_head (&self->pending);
      return self->barrier->kind == U_STREAM_ORDER_SECURE ? begin_tls (self) : capture (self);
    case U_STREAM_ORDER_CANCEL:
    default:
      g_assert_not_reached ();
    }
}

void
u_stream_conduit_pump (UStreamConduit *self, gboolean alone)
{
  UStreamProgress progress;

  do
    {
      if (u_stream_conduit_run_reads (self) == U_STREAM_GONE || u_stream_conduit_run_writes (self) == U_STREAM_GONE)
        return;
      progress = admit (self, alone);
      if (progress == U_STREAM_GONE)
        return;
    }
  while (progress == U_STREAM_AGAIN);

  if (self->read_over && (self->write_over || self->pipe != NULL) && g_queue_is_empty (&self->pending)
      && g_queue_is_empty (&self->reads) && g_queue_is_empty (&self->writes) && self->barrier == NULL)
    u_conduit_host_end (self->host, NULL);
}

/* ---- What is ordered ---- */

static gboolean
call_off_in (GQueue *queue, guint64 serial, gboolean spares_first)
{
  for (GList *link = queue->head; link != NULL; link = link->next)
    {
      UStreamOrder *order = link->data;

      if (order->serial != serial)
        continue;
      if (spares_first && link == queue->head)
        {
          order->serial = 0;
          return TRUE;
        }
      g_queue_delete_link (queue, link);
      u_stream_conduit_free_order (order);
      return TRUE;
    }

  return FALSE;
}

/* Who waited is told so, unless it was done already, which is on its way. */
static void
call_off (UStreamConduit *self, UStreamOrder *cancel)
{
  UStreamOrder *first = g_queue_peek_head (&self->reads);

  if (first != NULL && first->serial == cancel->serial)
    u_stream_conduit_stop_reading (self);
  first = g_queue_peek_head (&self->writes);
  if (first != NULL && first->serial == cancel->serial)
    {
      first->timeout = 0;
      u_stream_conduit_stop_writing (self);
    }
  if (call_off_in (&self->pending, cancel->serial, FALSE) || call_off_in (&self->reads, cancel->serial, FALSE)
      || call_off_in (&self->writes, cancel->serial, self->write_begun))
    {
      u_stream_conduit_post_done (self, cancel,
                                  g_error_new_literal (U_ERROR, U_ERROR_CANCELLED, "The call was cancelled."));
      u_stream_conduit_kick (self);
    }
}

static void
stream_order (UConduit *base, UConduitOrder *base_order)
{
  UStreamConduit *self = (UStreamConduit *) base;
  UStreamOrder *order = (UStreamOrder *) base_order;

  if (order->kind == U_STREAM_ORDER_CANCEL)
    {
      call_off (self, order);
      u_stream_conduit_free_order (order);
      return;
    }
  g_queue_push_tail (&self->pending, order);
  u_stream_conduit_kick (self);
}

static void
stream_answer (UConduit *base, const UChallengeAnswer *answer)
{
  UStreamConduit *self = (UStreamConduit *) base;
  g_autoptr (GError) error = NULL;

  if (self->secured == NULL && answer->kind == U_CHALLENGE_CANCEL)
    {
      fail_with (self, U_ERROR_CANCELLED, "The question about the connection to %s was cancelled.",
                 self->settings->subject);
      return;
    }
  if (self->secured == NULL)
    {
      u_tls_opening_answer (self->opening, answer);
      return;
    }

  if (u_tls_peer_answer (self->peer, answer, NULL, &error))
    use_secured (self, self->secured);
  else
    u_stream_conduit_fail (self, error);
}

static void
stream_set_suspended (UConduit *base, gboolean suspended)
{
  UStreamConduit *self = (UStreamConduit *) base;

  self->suspended = suspended;
  if (suspended)
    {
      u_stream_conduit_stop_reading (self);
      u_stream_conduit_stop_writing (self);
    }
  else
    {
      u_stream_conduit_kick (self);
    }
}

static void
stream_free (UConduit *base)
{
  UStreamConduit *self = (UStreamConduit *) base;

  if (self->kick != NULL)
    g_source_destroy (self->kick);
  g_clear_pointer (&self->kick, g_source_unref);
  u_stream_conduit_stop_reading (self);
  u_stream_conduit_stop_writing (self);
  if (self->closing != NULL)
    self->closing->conduit = NULL;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->opening, u_tls_opening_free);
  g_clear_pointer (&self->peer, u_tls_peer_free);
  g_clear_object (&self->secured);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->pipe, u_body_pipe_unref);
  g_queue_clear_full (&self->pending, u_stream_conduit_free_order);
  g_queue_clear_full (&self->reads, u_stream_conduit_free_order);
  g_queue_clear_full (&self->writes, u_stream_conduit_free_order);
  g_clear_pointer (&self->barrier, u_stream_conduit_free_order);
  g_free (self->buffer);
  u_conduit_settings_unref (&self->settings->base);
  g_free (self);
}

static UStreamConduit *
conduit_new (UConduitHost *host, UStreamSettings *settings)
{
  UStreamConduit *self = g_new0 (UStreamConduit, 1);

  self->base.klass = &u_stream_conduit_class;
  self->host = host;
  self->settings = settings;
  g_atomic_ref_count_inc (&settings->base.ref_count);
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->pending);
  g_queue_init (&self->reads);
  g_queue_init (&self->writes);
  u_stream_conduit_post (self, U_STREAM_NEWS_OPENED);

  return self;
}

static UConduit *
stream_open (UConduitHost *host, GIOStream *stream, UResponseData *response, UConduitSettings *settings)
{
  UStreamConduit *self = conduit_new (host, (UStreamSettings *) settings);

  self->stream = g_object_ref (stream);

  return &self->base;
}

UConduit *
u_stream_conduit_new_for_pipe (UConduitHost *host, UBodyPipe *pipe, UStreamSettings *settings)
{
  UStreamConduit *self = conduit_new (host, settings);

  self->pipe = u_body_pipe_ref (pipe);

  return &self->base;
}

const UConduitClass u_stream_conduit_class = {
  .open = stream_open,
  .order = stream_order,
  .answer = stream_answer,
  .set_suspended = stream_set_suspended,
  .free = stream_free,
};

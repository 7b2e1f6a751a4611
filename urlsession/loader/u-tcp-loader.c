/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-tcp-loader-private.h"

#include "urlsession/loader/u-connector-private.h"
#include "urlsession/message/u-uri-private.h"

/* tcp://host:port, which nobody but a task for streams asks for: a connection, and nothing said over it. */

typedef struct
{
  ULoader parent;
  UConnectionSettings *settings; /* owned */
} UTcpLoader;

typedef struct
{
  ULoad parent;
  ULoadSink sink;
  gpointer user_data;
  UConnector *connector;      /* owned; NULL: nothing is said any more */
  UTransactionData *measured; /* owned; NULL: nobody asked, or it was taken */
} UTcpLoad;

static void
tcp_cancel (ULoad *load)
{
  g_clear_pointer (&((UTcpLoad *) load)->connector, u_connector_free);
}

static UTransactionData *
tcp_take_transaction (ULoad *load)
{
  UTcpLoad *self = (UTcpLoad *) load;

  if (self->measured != NULL)
    u_transaction_data_end (self->measured);

  return g_steal_pointer (&self->measured);
}

static void
asked (gpointer user_data, UChallengeData *challenge)
{
  UTcpLoad *self = user_data;
  ULoadEvent event = { .kind = U_LOAD_QUESTION, .challenge = challenge };

  self->sink.event (self->user_data, &event);
}

/* The load may be freed inside the event. */
static void
connected (gpointer user_data, GIOStream *stream, const GError *error)
{
  UTcpLoad *self = user_data;
  g_autoptr (UTransactionData) transaction = NULL;
  ULoadEvent event = { .kind = U_LOAD_UPGRADED, .stream = stream };

  if (stream == NULL)
    {
      transaction = tcp_take_transaction (&self->parent);
      event = (ULoadEvent) {
        .kind = U_LOAD_DONE,
        .error = error,
        .nothing_sent = TRUE,
        .transaction = transaction,
      };
    }
  self->sink.event (self->user_data, &event);
}

static ULoad *
tcp_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  static const UConnectorFuncs funcs = { asked, connected };
  GUri *uri = params->request->parsed;
  g_autofree char *subject = u_uri_dup_masked (uri);
  UTcpLoad *self = g_new0 (UTcpLoad, 1);
  UConnectorParams connection = {
    .host = g_uri_get_host (uri),
    .port = (guint16) g_uri_get_port (uri),
    .subject = subject,
    .proxy_scheme = "none",
  };

  self->parent.klass = loader->klass;
  self->sink = *sink;
  self->user_data = user_data;
  if (params->measure)
    self->measured = u_transaction_data_begin (params->request, params->measure_since);
  connection.measured = self->measured;
  self->connector = u_connector_start (((UTcpLoader *) loader)->settings, &connection, &funcs, self);

  return &self->parent;
}

static void
tcp_set_credit (ULoad *load, gint64 credit)
{
}

static void
tcp_set_priority (ULoad *load, double priority)
{
}

static void
tcp_answer (ULoad *load, const UChallengeAnswer *answer)
{
  UTcpLoad *self = (UTcpLoad *) load;

  if (self->connector != NULL)
    u_connector_answer (self->connector, answer);
}

static void
tcp_free (ULoad *load)
{
  UTcpLoad *self = (UTcpLoad *) load;

  tcp_cancel (load);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_free (self);
}

static void
tcp_free_loader (ULoader *loader)
{
  u_connection_settings_unref (((UTcpLoader *) loader)->settings);
  g_free (loader);
}

static const char * const tcp_schemes[] = { "tcp", NULL };

static const ULoaderClass tcp_class = {
  .schemes = tcp_schemes,
  .uses_network = TRUE,
  .upgrades = TRUE,
  .start = tcp_start,
  .set_credit = tcp_set_credit,
  .set_priority = tcp_set_priority,
  .answer = tcp_answer,
  .take_transaction = tcp_take_transaction,
  .cancel = tcp_cancel,
  .free = tcp_free,
  .free_loader = tcp_free_loader,
};

ULoader *
u_tcp_loader_new (UConnectionSettings *settings)
{
  UTcpLoader *self = g_new0 (UTcpLoader, 1);

  self->parent.klass = &tcp_class;
  self->settings = u_connection_settings_ref (settings);

  return &self->parent;
}

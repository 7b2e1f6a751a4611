/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-loader-private.h"

#include <string.h>

#include "urlsession/auth/u-http-auth-private.h"
#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-ftp-exchange-private.h"
#include "urlsession/loader/u-http-upload-private.h"
#include "urlsession/message/u-uri-private.h"

/*
 * ftp: and ftps: URLs. A load finds the proxy, measures and reads the body of the request, and hands on what comes; the
 * exchange itself is on a thread of its own.
 */

/* Bytes of the body of a request that are read at a time. */
#define BLOCK_SIZE (64 * 1024)

typedef struct
{
  ULoader parent;
  GProxyResolver *proxy_resolver; /* owned */
  UTlsRules *tls_rules;       /* owned, nullable */
  char *ca_file;              /* owned, nullable: what the TLS library trusts in */
  gboolean is_distrustful;    /* the session trusts in something that is no file */
} UFtpLoader;

typedef struct
{
  ULoad parent;
  guint ref_count;            /* the caller, and each operation under way */
  UFtpLoader *loader;         /* not owned: it outlives its loads */
  URequestData *request;      /* owned */
  UCredentialData *credential; /* owned, nullable */
  ULoadSink sink;
  gpointer user_data;
  gint64 credit;
  gint64 send_credit;
  gboolean stopped;           /* cancelled, done or freed */
  UTransactionData *measured; /* owned; NULL: nobody asked, or it was taken */
  gint64 began;               /* monotonic microseconds */

  UFtpTarget *target;         /* owned, nullable */
  gint64 offset;              /* bytes that are there */
  char *validator;            /* owned, nullable; of what they are of */
  GCancellable *cancellable;  /* owned */
  char *proxy;                /* owned, nullable: none */
  gboolean knows_proxy;
  gboolean knows_body;

  UHttpUpload *upload;        /* owned; NULL: there is no body */
  GInputStream *stream;       /* owned, nullable; the body */
  gboolean reading;
  gint64 body_sent;

  UFtpExchange *exchange;     /* owned, nullable */
} UFtpLoad;

static UFtpLoad *
load_ref (UFtpLoad *self)
{
  self->ref_count++;

  return self;
}

static void
load_unref (UFtpLoad *self)
{
  if (--self->ref_count > 0)
    return;

  u_request_data_unref (self->request);
  g_clear_pointer (&self->credential, u_credential_data_unref);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_clear_pointer (&self->target, u_ftp_target_free);
  g_free (self->validator);
  g_clear_object (&self->cancellable);
  u_secret_free (self->proxy);
  g_clear_object (&self->stream);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UFtpLoad, load_unref)

static void
stop (UFtpLoad *self)
{
  self->stopped = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->upload, u_http_upload_free);
  g_clear_pointer (&self->exchange, u_ftp_exchange_free);
}

static UTransactionData *
ftp_take_transaction (ULoad *load)
{
  UFtpLoad *self = (UFtpLoad *) load;

  if (self->measured != NULL)
    u_transaction_data_end (self->measured);

  return g_steal_pointer (&self->measured);
}

static void
finish (UFtpLoad *self, const GError *error, gboolean nothing_sent)
{
  g_autoptr (UTransactionData) transaction = ftp_take_transaction (&self->parent);
  ULoadEvent event = {
    .kind = U_LOAD_DONE,
    .transaction = transaction,
    .error = error,
    .nothing_sent = nothing_sent,
  };

  stop (self);
  self->sink.event (self->user_data, &event);
}

/* ---- What the exchange says ---- */

/* The times of libcurl are of its last step, which is what began last. */
static void
measure (UFtpLoad *self, UFtpNews *news)
{
  UTransactionData *measured = self->measured;
  gint64 start;

  if (measured == NULL || !news->is_measured)
    return;

  start = u_transaction_data_at (measured, self->began);
  measured->fetch = U_FETCH_TYPE_NETWORK_LOAD;
  measured->domain_lookup_start = news->lookup > 0 ? start : 0;
  measured->domain_lookup_end = news->lookup > 0 ? start + news->lookup : 0;
  measured->connect_start = news->connect > 0 ? start + news->lookup : 0;
  measured->connect_end = news->connect > 0 ? start + MAX (news->connect, news->secure) : 0;
  measured->secure_connection_start = news->secure > 0 ? start + news->connect : 0;
  measured->secure_connection_end = news->secure > 0 ? start + news->secure : 0;
  measured->request_start = news->request > 0 ? start + news->request : 0;
  measured->request_body_bytes = self->body_sent;
  measured->proxy_connection = self->proxy != NULL;
  g_free (measured->protocol);
  measured->protocol = g_strdup (g_uri_get_scheme (self->request->parsed));
  measured->remote_address = g_steal_pointer (&news->remote_address);
  measured->local_address = g_steal_pointer (&news->local_address);
  measured->remote_port = news->remote_port;
  measured->local_port = news->local_port;
}

static void
tell_sent (UFtpLoad *self, gint64 n)
{
  ULoadEvent event = {
    .kind = U_LOAD_SENT,
    .n_sent = n,
    .body_sent = self->body_sent + n,
    .body_length = u_http_upload_get_length (self->upload),
  };

  self->body_sent += n;
  if (self->send_credit != G_MAXINT64)
    self->send_credit -= n;
  self->sink.event (self->user_data, &event);
}

static void
tell_response (UFtpLoad *self, UResponseData *response)
{
  ULoadEvent event = { .kind = U_LOAD_RESPONSE, .response = response };

  if (self->measured != NULL)
    u_transaction_data_respond (self->measured, response, U_FETCH_TYPE_NETWORK_LOAD);
  self->sink.event (self->user_data, &event);
}

static void
tell_data (UFtpLoad *self, GBytes *bytes)
{
  gsize length = g_bytes_get_size (bytes);
  ULoadEvent event = { .kind = U_LOAD_DATA, .bytes = bytes, .length = length, .wire_length = (gint64) length };

  if (self->measured != NULL)
    u_transaction_data_count (self->measured, length);
  if (self->credit != G_MAXINT64)
    self->credit -= (gint64) length;
  self->sink.event (self->user_data, &event);
}

static void read_body (UFtpLoad *self);

static gboolean
changed_cb (gpointer user_data)
{
  g_autoptr (UFtpLoad) self = load_ref (user_data);
  gboolean again = TRUE;

  while (again && !self->stopped)
    {
      g_auto (UFtpNews) news = { 0 };

      u_ftp_exchange_take (self->exchange, &news);
      again = news.response != NULL || news.bytes != NULL;
      if (news.n_sent > 0)
        tell_sent (self, news.n_sent);
      if (news.response != NULL && !self->stopped)
        tell_response (self, news.response);
      if (news.bytes != NULL && !self->stopped)
        tell_data (self, news.bytes);
      if (self->stopped)
        break;
      if (news.done)
        {
          measure (self, &news);
          finish (self, news.error, news.nothing_sent);
        }
      else if (news.wants_body)
        {
          read_body (self);
        }
    }

  return self->stopped ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* ---- The body of the request ---- */

static void
body_read_cb (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UFtpLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, &error);

  self->reading = FALSE;
  if (self->stopped)
    return;
  if (bytes == NULL)
    {
      g_autofree char *masked = u_uri_dup_masked (self->request->parsed);
      g_autoptr (GError) mapped = u_error_map_new (error, 0, masked);

      finish (self, mapped, FALSE);
      return;
    }

  if (g_bytes_get_size (bytes) == 0)
    {
      g_clear_object (&self->stream);
      u_ftp_exchange_give (self->exchange, NULL);
      return;
    }
  u_ftp_exchange_give (self->exchange, bytes);
  changed_cb (self);
}

static void
read_body (UFtpLoad *self)
{
  if (self->stream == NULL || self->reading)
    return;

  self->reading = TRUE;
  g_input_stream_read_bytes_async (self->stream, BLOCK_SIZE, G_PRIORITY_DEFAULT, self->cancellable, body_read_cb,
                                   load_ref (self));
}

/* ---- The start ---- */

static void
set_tls (UFtpLoad *self, UFtpPlan *plan)
{
  plan->ca_file = self->loader->ca_file;
  plan->minimum = G_TLS_PROTOCOL_VERSION_TLS_1_2;
  plan->maximum = G_TLS_PROTOCOL_VERSION_TLS_1_3;
  if (self->loader->tls_rules != NULL)
    u_tls_rules_get_demands (self->loader->tls_rules, self->target->host, &plan->minimum, &plan->maximum,
                             &plan->forward_secrecy);
}

static void
start_exchange (UFtpLoad *self)
{
  g_autofree char *url = u_uri_dup_bare (self->request->parsed);
  g_autofree char *masked = u_uri_dup_masked (self->request->parsed);
  UFtpPlan plan = {
    .target = self->target,
    .url = url,
    .masked_url = masked,
    .credential = self->credential,
    .proxy = self->proxy,
    .offset = self->offset,
    .validator = self->validator,
    .body_length = self->upload != NULL ? u_http_upload_get_length (self->upload) : -1,
  };

  set_tls (self, &plan);
  if (self->upload != NULL)
    self->stream = u_http_upload_open (self->upload, TRUE);
  self->began = g_get_monotonic_time ();
  self->exchange = u_ftp_exchange_new (&plan, changed_cb, self);
  u_ftp_exchange_set_credit (self->exchange, self->credit);
  u_ftp_exchange_set_send_credit (self->exchange, self->send_credit);
  if (self->upload != NULL)
    read_body (self);
}

static void
go_on (UFtpLoad *self)
{
  if (self->knows_proxy && self->knows_body)
    start_exchange (self);
}

static void
body_measured (gpointer user_data)
{
  UFtpLoad *self = user_data;

  self->knows_body = TRUE;
  go_on (self);
}

static void
body_failed (gpointer user_data, const GError *error)
{
  UFtpLoad *self = user_data;

  finish (self, error, self->exchange == NULL);
}

static const UHttpUploadFuncs upload_funcs = {
  .measured = body_measured,
  .failed = body_failed,
};

/* The first proxy that libcurl can speak to. "socks" is what GIO calls version 5 or 4. */
static gboolean
choose_proxy (char **uris, char **proxy)
{
  static const struct
  {
    const char *scheme;
    const char *curl_scheme;
  } schemes[] = {
    { "socks", "socks5h" },
    { "socks5", "socks5h" },
    { "socks5h", "socks5h" },
    { "socks4", "socks4" },
    { "socks4a", "socks4a" },
    { "http", "http" },
    { "https", "https" },
  };

  *proxy = NULL;
  for (guint i = 0; uris[i] != NULL; i++)
    {
      const char *colon = strstr (uris[i], "://");

      if (g_str_has_prefix (uris[i], "direct:"))
        return TRUE;
      for (guint j = 0; colon != NULL && j < G_N_ELEMENTS (schemes); j++)
        {
          if (strlen (schemes[j].scheme) == (gsize) (colon - uris[i]) &&
              g_ascii_strncasecmp (uris[i], schemes[j].scheme, colon - uris[i]) == 0)
            {
              *proxy = g_strconcat (schemes[j].curl_scheme, colon, NULL);
              return TRUE;
            }
        }
    }

  return FALSE;
}

static void
fail (UFtpLoad *self, UError code, const char *sentence)
{
  g_autofree char *masked = u_uri_dup_masked (self->request->parsed);
  g_autoptr (GError) error = g_error_new (U_ERROR, code, "%s (%s).", sentence, masked);

  finish (self, error, TRUE);
}

static void
proxy_found_cb (GObject *resolver, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UFtpLoad) self = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) uris = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (resolver), result, &error);

  if (self->stopped)
    return;
  if (uris == NULL)
    {
      g_autofree char *masked = u_uri_dup_masked (self->request->parsed);
      g_autoptr (GError) mapped = u_error_map_new (error, 0, masked);

      finish (self, mapped, TRUE);
      return;
    }
  if (!choose_proxy (uris, &self->proxy))
    {
      fail (self, U_ERROR_CANNOT_CONNECT_TO_HOST, "None of the proxies is of a kind that FTP can use");
      return;
    }

  self->knows_proxy = TRUE;
  go_on (self);
}

/* What was sent to be gone on with, as "bytes=N-", and of which version. */
static void
read_range (UFtpLoad *self, UHeaderList *headers)
{
  const char *range = headers != NULL ? u_header_list_get (headers, "Range") : NULL;
  const char *validator = headers != NULL ? u_header_list_get (headers, "If-Range") : NULL;

  if (range == NULL || validator == NULL || !g_str_has_prefix (range, "bytes=") || self->target->verb != U_FTP_GET)
    return;

  self->offset = g_ascii_strtoll (range + strlen ("bytes="), NULL, 10);
  self->validator = g_strdup (validator);
}

static gboolean
has_control_characters (const char *text)
{
  for (const char *p = text; p != NULL && *p != '\0'; p++)
    {
      if ((guchar) *p < 0x20 || *p == 0x7f)
        return TRUE;
    }

  return FALSE;
}

/* A URL that names a user without a password: nobody is let in with that, so the server is not asked. */
static void
refuse (UFtpLoad *self)
{
  g_autofree char *url = u_uri_dup_bare (self->request->parsed);
  g_autoptr (UResponseData) response = u_response_data_new_like_http (url, 401, NULL, NULL, 0);

  tell_response (self, response);
  if (!self->stopped)
    finish (self, NULL, FALSE);
}

static gboolean
begin_cb (gpointer user_data)
{
  UFtpLoad *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *where = NULL;
  const char *user = g_uri_get_user (self->request->parsed);

  if (self->stopped)
    return G_SOURCE_REMOVE;

  if (self->target == NULL)
    {
      /* Once more, for what is wrong with it. */
      g_autoptr (UFtpTarget) target = u_ftp_target_new (self->request, &error);

      finish (self, error, TRUE);
      return G_SOURCE_REMOVE;
    }
  if (self->target->secure && self->loader->is_distrustful)
    {
      fail (self, U_ERROR_SECURE_CONNECTION_FAILED,
            "FTP over TLS can trust in a GTlsFileDatabase or in the database of the system only, and the session has "
            "another tls-database");
      return G_SOURCE_REMOVE;
    }
  if (self->credential == NULL && user != NULL && *user != '\0')
    {
      refuse (self);
      return G_SOURCE_REMOVE;
    }
  if (self->credential != NULL && (has_control_characters (self->credential->user) ||
                                   has_control_characters (self->credential->password)))
    {
      fail (self, U_ERROR_USER_AUTHENTICATION_REQUIRED,
            "A user name or a password with a control character in it cannot be sent to an FTP server");
      return G_SOURCE_REMOVE;
    }

  where = g_strconcat (self->target->secure ? "ftps:" : "ftp:", self->target->location, NULL);
  g_proxy_resolver_lookup_async (self->loader->proxy_resolver, where, self->cancellable, proxy_found_cb,
                                 load_ref (self));
  if (self->target->verb != U_FTP_PUT)
    {
      self->knows_body = TRUE;
      return G_SOURCE_REMOVE;
    }
  self->upload = u_http_upload_new (self->request, &(UHttpUploadPart) { 0 }, &upload_funcs, self);
  self->knows_body = u_http_upload_measure (self->upload, self->cancellable);

  return G_SOURCE_REMOVE;
}

static ULoad *
ftp_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  UFtpLoad *self = g_new0 (UFtpLoad, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  self->parent.klass = loader->klass;
  self->ref_count = 1;
  self->loader = (UFtpLoader *) loader;
  self->request = u_request_data_ref (params->request);
  self->credential = params->credential != NULL ? u_credential_data_ref (params->credential) : NULL;
  self->sink = *sink;
  self->user_data = user_data;
  self->credit = params->credit;
  self->send_credit = params->send_credit;
  self->cancellable = g_cancellable_new ();
  if (params->measure)
    self->measured = u_transaction_data_begin (params->request, params->measure_since);
  self->target = u_ftp_target_new (self->request, NULL);
  if (self->target != NULL)
    read_range (self, params->extra_headers);

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, begin_cb, load_ref (self), (GDestroyNotify) load_unref);
  g_source_attach (source, g_main_context_get_thread_default ());

  return &self->parent;
}

static void
ftp_set_credit (ULoad *load, gint64 credit)
{
  UFtpLoad *self = (UFtpLoad *) load;

  self->credit = credit;
  if (self->exchange != NULL)
    u_ftp_exchange_set_credit (self->exchange, credit);
}

static void
ftp_set_send_credit (ULoad *load, gint64 credit)
{
  UFtpLoad *self = (UFtpLoad *) load;

  self->send_credit = credit;
  if (self->exchange != NULL)
    u_ftp_exchange_set_send_credit (self->exchange, credit);
}

static void
ftp_set_priority (ULoad *load, double priority)
{
}

static void
ftp_cancel (ULoad *load)
{
  stop ((UFtpLoad *) load);
}

static void
ftp_free (ULoad *load)
{
  stop ((UFtpLoad *) load);
  load_unref ((UFtpLoad *) load);
}

static void
ftp_free_loader (ULoader *loader)
{
  UFtpLoader *self = (UFtpLoader *) loader;

  g_object_unref (self->proxy_resolver);
  g_clear_pointer (&self->tls_rules, u_tls_rules_unref);
  g_free (self->ca_file);
  g_free (self);
}

static const char * const ftp_schemes[] = { "ftp", "ftps", NULL };

static const ULoaderClass ftp_class = {
  .schemes = ftp_schemes,
  .uses_network = TRUE,
  .logs_in = TRUE,
  .start = ftp_start,
  .set_credit = ftp_set_credit,
  .set_send_credit = ftp_set_send_credit,
  .set_priority = ftp_set_priority,
  .take_transaction = ftp_take_transaction,
  .cancel = ftp_cancel,
  .free = ftp_free,
  .free_loader = ftp_free_loader,
};

/* libcurl can be told of a file, and of nothing else that would do. */
static void
set_trust (UFtpLoader *self, GTlsDatabase *database)
{
  GTlsDatabase *system;

  if (database == NULL)
    return;
  if (G_IS_TLS_FILE_DATABASE (database))
    {
      g_object_get (database, "anchors", &self->ca_file, NULL);
      self->is_distrustful = self->ca_file == NULL;
      return;
    }

  system = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  self->is_distrustful = database != system;
  g_clear_object (&system);
}

ULoader *
u_ftp_loader_new (const ULoaderSettings *settings)
{
  UFtpLoader *self = g_new0 (UFtpLoader, 1);
  GProxyResolver *resolver = settings->proxy_resolver;

  self->parent.klass = &ftp_class;
  self->proxy_resolver = g_object_ref (resolver != NULL ? resolver : g_proxy_resolver_get_default ());
  self->tls_rules = settings->tls_rules != NULL ? u_tls_rules_ref (settings->tls_rules) : NULL;
  set_trust (self, settings->tls_database);

  return &self->parent;
}

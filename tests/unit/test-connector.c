/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/tls-servers.h"
#include "urlsession/loader/u-connector-private.h"
#include "urlsession/loader/u-tls-opening-private.h"

/* Connections to a real nginx, with and without TLS, through tinyproxy and microsocks. */

static TlsServers *servers;
static const char *why_not;
static guint16 http_proxy_port; /* tinyproxy, with a login */
static guint16 socks_port;    /* microsocks, with a login */

/* One connection: what it asked, as letters of the methods ("t" trust, "p" proxy, "c" certificate), and what came. */
typedef struct
{
  GMainContext *context;      /* owned, thread-default */
  UConnectionSettings *settings; /* owned */
  GProxyResolver *resolver;   /* owned */
  UTlsRules *rules;           /* owned */
  UConnector *connector;      /* owned, nullable */
  UTransactionData *measured; /* owned */
  GString *asked;             /* owned */
  UChallengeData *question;   /* owned, nullable; the last one */
  const char *answers;        /* see answer_cb() */
  gboolean done;
  gboolean free_in_question;
  const char *user;           /* at the proxy */
  const char *password;
  GIOStream *stream;          /* owned, nullable */
  GError *error;              /* owned, nullable */
} Fixture;

static void
use_settings (Fixture *self, const char *proxy)
{
  ULoaderSettings settings = { 0 };

  g_clear_pointer (&self->settings, u_connection_settings_unref);
  g_clear_object (&self->resolver);
  self->resolver = g_simple_proxy_resolver_new (proxy, NULL);
  settings.tls_database = servers->database;
  settings.proxy_resolver = self->resolver;
  settings.tls_rules = self->rules;
  self->settings = u_connection_settings_new (&settings);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->context = driver_push_context ();
  self->asked = g_string_new (NULL);
  self->rules = u_tls_rules_new ();
  self->answers = "";
  if (servers == NULL)
    {
      g_test_skip (why_not);
      return;
    }
  use_settings (self, "direct://");
}

static void
forget_try (Fixture *self)
{
  g_clear_pointer (&self->connector, u_connector_free);
  g_clear_pointer (&self->measured, u_transaction_data_unref);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  g_string_truncate (self->asked, 0);
  g_clear_object (&self->stream);
  g_clear_error (&self->error);
  self->done = FALSE;
}

static gboolean
never (gpointer data)
{
  return FALSE;
}

static gboolean
tick_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* @condition may come true in another thread. */
static gboolean
spin (Fixture *self, gboolean (*condition) (gpointer), gpointer data, double seconds)
{
  g_autoptr (GSource) tick = g_timeout_source_new (2);
  gint64 deadline = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  gboolean met = FALSE;

  g_source_set_callback (tick, tick_cb, NULL, NULL);
  g_source_attach (tick, self->context);
  while (!(met = condition (data)) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (tick);

  return met;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  forget_try (self);
  spin (self, never, NULL, 0.02);
  g_clear_pointer (&self->settings, u_connection_settings_unref);
  g_clear_object (&self->resolver);
  u_tls_rules_unref (self->rules);
  g_string_free (self->asked, TRUE);
  driver_pop_context (self->context);
}

/* One letter for each answer: t trust, T for all, x reject, d default, c cancel, r the right password, w a wrong one, i
 * the certificate of a client. */
static gboolean
answer_cb (gpointer user_data)
{
  Fixture *self = user_data;
  UChallengeAnswer answer = { .kind = U_CHALLENGE_DEFAULT };
  g_autoptr (UCredentialData) credential = NULL;
  g_autoptr (GTlsCertificate) identity = NULL;

  switch (*self->answers++)
    {
    case 'T':
      answer.remember = TRUE;
      answer.kind = U_CHALLENGE_TRUST;
      break;
    case 't':
      answer.kind = U_CHALLENGE_TRUST;
      break;
    case 'x':
      answer.kind = U_CHALLENGE_REJECT;
      break;
    case 'c':
      answer.kind = U_CHALLENGE_CANCEL;
      break;
    case 'r':
      credential = u_credential_data_new (self->user, self->password, U_CREDENTIAL_PERSISTENCE_NONE);
      break;
    case 'w':
      credential = u_credential_data_new (self->user, "wrong", U_CREDENTIAL_PERSISTENCE_NONE);
      break;
    case 'i':
      identity = tls_servers_load_identity (servers, "client");
      credential = u_credential_data_new_for_identity (identity, U_CREDENTIAL_PERSISTENCE_NONE, NULL);
      break;
    case 'd':
      break;
    default:
      g_assert_not_reached ();
    }
  if (credential != NULL)
    {
      answer.kind = U_CHALLENGE_USE_CREDENTIAL;
      answer.credential = credential;
    }
  u_connector_answer (self->connector, &answer);

  return G_SOURCE_REMOVE;
}

static void
ask (gpointer user_data, UChallengeData *challenge)
{
  Fixture *self = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();
  char letter = 'p';

  g_assert_false (self->done);
  if (challenge->space->method == U_AUTHENTICATION_METHOD_SERVER_TRUST)
    letter = 't';
  else if (challenge->space->method == U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE)
    letter = 'c';
  g_string_append_c (self->asked, letter);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_challenge_data_ref (challenge);
  if (self->free_in_question)
    {
      g_clear_pointer (&self->connector, u_connector_free);
      return;
    }
  if (*self->answers == '\0')
    return;
  g_source_set_callback (source, answer_cb, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
done (gpointer user_data, GIOStream *stream, const GError *error)
{
  Fixture *self = user_data;

  g_assert_false (self->done);
  g_assert_true ((stream != NULL) != (error != NULL));
  self->done = TRUE;
  g_set_object (&self->stream, stream);
  if (error != NULL)
    {
      g_assert_true (error->domain == U_ERROR);
      g_assert_true (g_str_has_suffix (error->message, "."));
      self->error = g_error_copy (error);
    }
}

static const UConnectorFuncs funcs = { ask, done };

static gboolean
is_done (gpointer data)
{
  return ((Fixture *) data)->done;
}

static gboolean
has_asked (gpointer data)
{
  return ((Fixture *) data)->asked->len > 0;
}

static void
begin (Fixture *self, const char *host, guint16 port, gboolean secure, gboolean asks)
{
  static const char * const alpn[] = { "http/1.1", NULL };
  g_autoptr (URequestData) request = u_request_data_new ("http://127.0.0.1/");
  UConnectorParams params = {
    .host = host,
    .port = port,
    .subject = "the subject",
    .proxy_scheme = "none",
    .secure = secure,
    .protocol = "tls",
    .alpn = alpn,
    .asks_trust = asks,
  };

  forget_try (self);
  self->measured = u_transaction_data_begin (request, 0);
  params.measured = self->measured;
  self->connector = u_connector_start (self->settings, &params, &funcs, self);
  g_assert_false (self->done);
}

static void
try (Fixture *self, guint16 port, gboolean secure, gboolean asks, const char *answers)
{
  self->answers = answers;
  begin (self, "127.0.0.1", port, secure, asks);
  g_assert_true (spin (self, is_done, self, 20));
  g_assert_cmpstr (self->answers, ==, "");
}

/* Says something over it, as an application would. */
static void
assert_works (Fixture *self)
{
  static const char request[] = "GET /small HTTP/1.0\r\n\r\n";
  char buffer[2048] = { 0 };
  gsize length = 0;

  g_assert_no_error (self->error);
  g_assert_nonnull (self->stream);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), request, strlen (request),
                                            NULL, NULL, NULL));
  g_input_stream_read_all (g_io_stream_get_input_stream (self->stream), buffer, sizeof buffer - 1, &length, NULL, NULL);
  g_assert_true (g_str_has_prefix (buffer, "HTTP/1.1 "));
}

static void
test_plain (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  try (self, servers->plain_port, FALSE, TRUE, "");
  assert_works (self);
  g_assert_cmpstr (self->asked->str, ==, "");
  g_assert_cmpint (self->measured->connect_start, >, 0);
  g_assert_cmpint (self->measured->connect_end, >=, self->measured->connect_start);
  g_assert_cmpint (self->measured->secure_connection_start, ==, 0);
  g_assert_cmpstr (self->measured->remote_address, ==, "127.0.0.1");
  g_assert_cmpuint (self->measured->remote_port, ==, servers->plain_port);
  g_assert_false (self->measured->proxy_connection);
}

static void
test_secure (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  try (self, servers->ports[TLS_GOOD], TRUE, FALSE, "");
  assert_works (self);
  g_assert_cmpstr (self->asked->str, ==, "");
  g_assert_cmpstr (g_tls_connection_get_negotiated_protocol (G_TLS_CONNECTION (self->stream)), ==, "http/1.1");
  g_assert_cmpint (self->measured->secure_connection_start, >, 0);
  g_assert_cmpint (self->measured->secure_connection_end, >=, self->measured->secure_connection_start);
  g_assert_nonnull (self->measured->tls_cipher);
  g_assert_nonnull (self->measured->tls_version);
  g_assert_false (u_connector_is_untrusted (self->connector));
}

/* A question about each server, if somebody listens: once. */
static void
test_asks (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  try (self, servers->ports[TLS_GOOD], TRUE, TRUE, "d");
  g_assert_cmpstr (self->asked->str, ==, "t");
  g_assert_cmpint (self->question->space->errors, ==, 0);
  g_assert_cmpstr (self->question->space->protocol, ==, "tls");
  g_assert_cmpuint (self->question->space->chain->len, >=, 1);
  assert_works (self);

  try (self, servers->ports[TLS_GOOD], TRUE, TRUE, "");
  assert_works (self);

  u_connection_settings_forget (self->settings);
  try (self, servers->ports[TLS_GOOD], TRUE, TRUE, "x");
  g_assert_error (self->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED);
  try (self, servers->ports[TLS_GOOD], TRUE, TRUE, "c");
  g_assert_error (self->error, U_ERROR, U_ERROR_CANCELLED);
}

static void
test_invalid (Fixture *self, gconstpointer data)
{
  static const struct
  {
    TlsServer server;
    gint code;
  } rows[] = {
    { TLS_EXPIRED, U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
    { TLS_NOT_YET, U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID },
    { TLS_OTHER_HOST, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { TLS_SELF_SIGNED, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
    { TLS_STRANGER, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
  };

  if (servers == NULL)
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint16 port = servers->ports[rows[i].server];

      try (self, port, TRUE, FALSE, "d");
      g_assert_cmpstr (self->asked->str, ==, "t");
      g_assert_cmpint (self->question->space->errors, !=, 0);
      g_assert_error (self->error, U_ERROR, rows[i].code);

      /* For this one only, then for all. */
      try (self, port, TRUE, FALSE, "t");
      assert_works (self);
      g_assert_true (u_connector_is_untrusted (self->connector));
      try (self, port, TRUE, FALSE, "T");
      assert_works (self);
      try (self, port, TRUE, FALSE, "");
      assert_works (self);
    }
}

/* The rules of the session hold: nobody is asked whether an old version will do. */
static void
test_rules (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  self->rules->minimum = G_TLS_PROTOCOL_VERSION_TLS_1_3;
  try (self, servers->ports[TLS_1_2_ONLY], TRUE, TRUE, "");
  g_assert_error (self->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
  g_assert_null (self->stream);
}

static void
test_client_certificate (Fixture *self, gconstpointer data)
{
  guint16 port;

  if (servers == NULL)
    return;

  port = servers->ports[TLS_CLIENT_OPTIONAL];
  try (self, port, TRUE, FALSE, "i");
  g_assert_cmpstr (self->asked->str, ==, "c");
  g_assert_cmpuint (self->question->space->authorities->len, >=, 1);
  g_assert_nonnull (g_tls_connection_get_certificate (G_TLS_CONNECTION (self->stream)));
  assert_works (self);
  try (self, port, TRUE, FALSE, "");
  g_assert_nonnull (g_tls_connection_get_certificate (G_TLS_CONNECTION (self->stream)));
  assert_works (self);

  u_connection_settings_forget (self->settings);
  try (self, port, TRUE, FALSE, "d");
  g_assert_null (g_tls_connection_get_certificate (G_TLS_CONNECTION (self->stream)));
  assert_works (self);
  try (self, port, TRUE, FALSE, "c");
  g_assert_error (self->error, U_ERROR, U_ERROR_CANCELLED);
}

static void
test_proxy (Fixture *self, gconstpointer data)
{
  gboolean socks = g_str_equal (data, "socks");
  guint16 proxy_port = socks ? socks_port : http_proxy_port;
  g_autofree char *proxy = g_strdup_printf ("%s://127.0.0.1:%u", socks ? "socks5" : "http", proxy_port);
  g_autofree char *with_login = NULL;
  g_autofree char *with_wrong_login = NULL;
  const char *login = socks ? "us%40er:sec%3Aret" : "user:secret";
  const char *wrong_login = socks ? "us%40er:old" : "user:old";

  if (servers == NULL)
    return;

  /* What has a meaning in URLs is none of the matter of the application. */
  self->user = socks ? "us@er" : "user";
  self->password = socks ? "sec:ret" : "secret";
  for (guint secure = 0; secure < 2; secure++)
    {
      guint16 port = secure ? servers->ports[TLS_GOOD] : servers->plain_port;

      use_settings (self, proxy);
      try (self, port, secure, FALSE, "wr");
      g_assert_cmpstr (self->asked->str, ==, "pp");
      g_assert_true (self->question->space->is_proxy);
      g_assert_cmpstr (self->question->space->host, ==, "127.0.0.1");
      g_assert_cmpuint (self->question->space->port, ==, proxy_port);
      g_assert_cmpstr (self->question->space->protocol, ==, socks ? "socks" : "http");
      g_assert_cmpuint (self->question->previous_failure_count, ==, 1);
      g_assert_cmpstr (self->question->proposed->password, ==, "wrong");
      g_assert_true (self->measured->proxy_connection);
      assert_works (self);

      /* It is remembered. */
      try (self, port, secure, FALSE, "");
      assert_works (self);

      u_connection_settings_forget (self->settings);
      try (self, port, secure, FALSE, "d");
      g_assert_error (self->error, U_ERROR, U_ERROR_USER_AUTHENTICATION_REQUIRED);
      try (self, port, secure, FALSE, "wwwww");
      g_assert_error (self->error, U_ERROR, U_ERROR_USER_AUTHENTICATION_REQUIRED);
      g_assert_null (strstr (self->error->message, "wrong"));
      try (self, port, secure, FALSE, "c");
      g_assert_error (self->error, U_ERROR, U_ERROR_CANCELLED);
    }

  with_login = g_strdup_printf ("%s://%s@127.0.0.1:%u", socks ? "socks5" : "http", login, proxy_port);
  use_settings (self, with_login);
  try (self, servers->plain_port, FALSE, FALSE, "");
  assert_works (self);

  with_wrong_login = g_strdup_printf ("%s://%s@127.0.0.1:%u", socks ? "socks5" : "http", wrong_login, proxy_port);
  use_settings (self, with_wrong_login);
  try (self, servers->plain_port, FALSE, FALSE, "r");
  g_assert_cmpstr (self->question->proposed->password, ==, "old");
  assert_works (self);
}

static void
test_errors (Fixture *self, gconstpointer data)
{
  g_autofree char *dead = NULL;

  if (servers == NULL)
    return;

  try (self, find_free_port (), FALSE, FALSE, "");
  g_assert_error (self->error, U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
  g_assert_nonnull (strstr (self->error->message, "the subject"));

  begin (self, "no-such-host.invalid", 80, FALSE, FALSE);
  g_assert_true (spin (self, is_done, self, 20));
  g_assert_nonnull (self->error);

  /* It does not speak TLS. */
  try (self, servers->plain_port, TRUE, FALSE, "");
  g_assert_error (self->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);

  dead = g_strdup_printf ("http://127.0.0.1:%u", find_free_port ());
  use_settings (self, dead);
  try (self, servers->plain_port, FALSE, FALSE, "");
  g_assert_error (self->error, U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
}

/* At any moment: it says nothing more, and nothing of it is left. */
static void
test_free (Fixture *self, gconstpointer data)
{
  g_autofree char *proxy = g_strdup_printf ("http://127.0.0.1:%u", http_proxy_port);

  if (servers == NULL)
    return;

  for (guint i = 0; i < 60; i++)
    {
      begin (self, "127.0.0.1", servers->ports[i % 2 == 0 ? TLS_GOOD : TLS_CLIENT_OPTIONAL], TRUE, FALSE);
      for (guint n = 0; n < i / 2 && self->asked->len == 0 && !self->done; n++)
        g_main_context_iteration (self->context, n % 2 == 0);
      g_clear_pointer (&self->connector, u_connector_free);
      spin (self, never, NULL, 0.003);
    }

  begin (self, "127.0.0.1", servers->ports[TLS_EXPIRED], TRUE, FALSE);
  g_assert_true (spin (self, has_asked, self, 20));
  g_clear_pointer (&self->connector, u_connector_free);

  self->free_in_question = TRUE;
  begin (self, "127.0.0.1", servers->ports[TLS_EXPIRED], TRUE, FALSE);
  g_assert_true (spin (self, has_asked, self, 20));
  begin (self, "127.0.0.1", servers->ports[TLS_CLIENT_OPTIONAL], TRUE, FALSE);
  g_assert_true (spin (self, has_asked, self, 20));
  use_settings (self, proxy);
  begin (self, "127.0.0.1", servers->plain_port, FALSE, FALSE);
  g_assert_true (spin (self, has_asked, self, 20));
  spin (self, never, NULL, 0.05);
  g_assert_false (self->done);
}

typedef struct
{
  Fixture *fixture;
  GIOStream *stream;          /* owned, nullable */
  GError *error;              /* owned, nullable */
  gboolean ended;
} Upgrade;

static void
upgrade_ended (gpointer user_data, GIOStream *stream, const GError *error)
{
  Upgrade *upgrade = user_data;

  upgrade->ended = TRUE;
  g_set_object (&upgrade->stream, stream);
  upgrade->error = error != NULL ? g_error_copy (error) : NULL;
}

static gboolean
is_ended (gpointer data)
{
  return ((Upgrade *) data)->ended;
}

/* TLS on a connection that is there already. One that cannot be had again is held while somebody is asked. */
static void
test_upgrade (Fixture *self, gconstpointer data)
{
  static const UTlsOpeningFuncs opening_funcs = { ask, upgrade_ended };
  static const struct
  {
    TlsServer server;
    gboolean holds;
    gboolean has_stream;
    gboolean asks;
  } rows[] = {
    { TLS_GOOD, TRUE, TRUE, FALSE },
    { TLS_EXPIRED, FALSE, FALSE, TRUE },
    { TLS_EXPIRED, TRUE, TRUE, TRUE },
  };

  if (servers == NULL)
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint16 port = servers->ports[rows[i].server];
      UTlsPeer *peer = u_tls_peer_new (self->settings->memory, self->rules, "tls", "127.0.0.1", port, FALSE);
      UTlsOpeningParams params = {
        .settings = self->settings,
        .peer = peer,
        .port = port,
        .protocol = "tls",
        .holds = rows[i].holds,
      };
      Upgrade upgrade = { .fixture = self };
      UTlsOpening *opening;
      UChallengeData *question;

      try (self, port, FALSE, FALSE, "");
      g_assert_no_error (self->error);
      opening = u_tls_opening_start (self->stream, &params, &opening_funcs, &upgrade);
      g_assert_true (spin (self, is_ended, &upgrade, 20));
      g_assert_cmpint (upgrade.stream != NULL, ==, rows[i].has_stream);
      question = u_tls_peer_steal_question (peer);
      g_assert_cmpint (question != NULL, ==, rows[i].asks);
      g_clear_pointer (&question, u_challenge_data_unref);
      if (upgrade.stream != NULL)
        {
          g_set_object (&self->stream, upgrade.stream);
          assert_works (self);
        }
      u_tls_opening_free (opening);
      u_tls_peer_free (peer);
      g_clear_object (&upgrade.stream);
      g_clear_error (&upgrade.error);
    }
}

static gboolean
start_proxies (void)
{
  g_autofree char *tinyproxy = daemons_find_program ("tinyproxy");
  g_autofree char *microsocks = daemons_find_program ("microsocks");
  g_autofree char *config = NULL;
  g_autofree char *argument = NULL;

  if (tinyproxy == NULL || microsocks == NULL)
    {
      why_not = tinyproxy == NULL ? "tinyproxy is not installed" : "danted or microsocks is not installed";
      return FALSE;
    }

  http_proxy_port = find_free_port ();
  socks_port = find_free_port ();
  config = g_strdup_printf ("Port %u\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nBasicAuth user secret\n",
                            http_proxy_port);
  daemons_write (servers->daemons, "proxy.conf", config);
  daemons_spawn (servers->daemons, tinyproxy, "-d", "-c", "proxy.conf");
  argument = g_strdup_printf ("%u", socks_port);
  daemons_spawn (servers->daemons, microsocks, "-i", "127.0.0.1", "-p", argument, "-u", "us@er", "-P", "sec:ret");
  if (!daemons_wait_for_port (http_proxy_port) || !daemons_wait_for_port (socks_port))
    {
      why_not = "a proxy does not start";
      return FALSE;
    }

  return TRUE;
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  servers = tls_servers_new (&why_not);
  if (servers != NULL && !start_proxies ())
    g_clear_pointer (&servers, tls_servers_free);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/connector/plain", NULL, test_plain);
  ADD ("/connector/secure", NULL, test_secure);
  ADD ("/connector/asks", NULL, test_asks);
  ADD ("/connector/invalid", NULL, test_invalid);
  ADD ("/connector/rules", NULL, test_rules);
  ADD ("/connector/client-certificate", NULL, test_client_certificate);
  ADD ("/connector/proxy/http", "http", test_proxy);
  ADD ("/connector/proxy/socks", "socks", test_proxy);
  ADD ("/connector/errors", NULL, test_errors);
  ADD ("/connector/free", NULL, test_free);
  ADD ("/connector/upgrade", NULL, test_upgrade);

  result = g_test_run ();
  g_clear_pointer (&servers, tls_servers_free);

  return result;
}

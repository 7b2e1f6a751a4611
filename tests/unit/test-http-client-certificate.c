/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/tls-servers.h"

/* Servers that want a certificate of the client: nginx, which says so in a response, and the server of OpenSSL, which
 * ends the connection with an alert. */

static TlsServers *servers;
static const char *why_not;

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned; NULL: the test is skipped */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };

  self->context = driver_push_context ();
  if (servers == NULL)
    {
      g_test_skip (why_not);
      return;
    }
  settings.tls_database = servers->database;
  self->driver = driver_new (u_http_loader_new (&settings));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  if (self->driver != NULL)
    driver_free (self->driver);
  driver_pop_context (self->context);
}

static UCredentialData *
load_credential (const char *name)
{
  g_autoptr (GTlsCertificate) identity = tls_servers_load_identity (servers, name);
  g_autoptr (GError) error = NULL;
  UCredentialData *credential;

  credential = u_credential_data_new_for_identity (identity, U_CREDENTIAL_PERSISTENCE_NONE, &error);
  g_assert_no_error (error);

  return credential;
}

/* @identity: nullable: the default */
static DriverLoad *
get_url (Driver *driver, const char *url, gboolean bulk, const char *identity)
{
  DriverLoad *load = driver_load_new ();
  ULoadParams params = { .decode = TRUE, .bulk = bulk };

  if (identity != NULL)
    {
      load->answer.kind = U_CHALLENGE_USE_CREDENTIAL;
      load->credential = load_credential (identity);
    }
  driver_start (driver, load, url, &params);
  driver_wait_done (driver, load);

  return load;
}

static DriverLoad *
get (Driver *driver, TlsServer server, gboolean bulk, const char *identity)
{
  g_autofree char *url = tls_servers_dup_url (servers, server, "/who");

  return get_url (driver, url, bulk, identity);
}

static void
test_given (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  for (guint bulk = 0; bulk < 2; bulk++)
    {
      for (guint round = 0; round < 2; round++)
        {
          g_autoptr (DriverLoad) load = get (self->driver, TLS_CLIENT_REQUIRED, bulk, "client");

          /* Asked once for the origin, not for each connection. */
          g_assert_no_error (load->error);
          g_assert_cmpstr (load->events->str, ==, bulk + round == 0 ? "qrd." : "rd.");
          g_assert_cmpuint (load->response->status, ==, 200);
          driver_assert_text (load, "CN=Test client||");
        }
    }
}

static gboolean
has_name (GPtrArray *authorities, const char *name)
{
  for (guint i = 0; i < authorities->len; i++)
    {
      gsize size;
      const char *der = g_bytes_get_data (g_ptr_array_index (authorities, i), &size);

      if (g_strstr_len (der, size, name) != NULL)
        return TRUE;
    }

  return FALSE;
}

static void
test_question (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = NULL;
  UProtectionSpaceData *space;

  if (self->driver == NULL)
    return;

  load = get (self->driver, TLS_CLIENT_OPTIONAL, FALSE, NULL);
  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, "qrd.");
  driver_assert_text (load, "||");

  space = load->question->space;
  g_assert_cmpint (space->method, ==, U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE);
  g_assert_cmpstr (space->host, ==, "127.0.0.1");
  g_assert_cmpstr (space->protocol, ==, "https");
  g_assert_cmpuint (space->port, ==, servers->ports[TLS_CLIENT_OPTIONAL]);
  g_assert_null (space->realm);
  g_assert_nonnull (space->authorities);
  g_assert_true (has_name (space->authorities, "Test authority"));
}

/* Without: nginx says so with a status. */
static void
test_without (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  for (guint bulk = 0; bulk < 2; bulk++)
    {
      g_autoptr (DriverLoad) load = get (self->driver, TLS_CLIENT_REQUIRED, bulk, NULL);

      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, 400);
      g_assert_cmpstr (load->events->str, ==, "qrd.");
    }
}

static void
test_cancel (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { 0 };
  guint before;

  if (self->driver == NULL)
    return;

  before = tls_servers_count_requests (servers, TLS_CLIENT_OPTIONAL);
  url = tls_servers_dup_url (servers, TLS_CLIENT_OPTIONAL, "/who");
  load->answer.kind = U_CHALLENGE_CANCEL;
  driver_start (self->driver, load, url, &params);
  driver_wait_done (self->driver, load);
  g_assert_cmpstr (load->events->str, ==, "q!");
  g_assert_error (load->error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_true (load->nothing_sent);
  g_assert_cmpuint (tls_servers_count_requests (servers, TLS_CLIENT_OPTIONAL), ==, before);
}

static const struct
{
  const char *version;
  const char *identity;        /* nullable */
  UError code;                 /* 0: it is accepted */
} alerts[] = {
  { "-tls1_2", NULL, U_ERROR_CLIENT_CERTIFICATE_REQUIRED },
  { "-tls1_3", NULL, U_ERROR_CLIENT_CERTIFICATE_REQUIRED },
  { "-tls1_2", "badclient", U_ERROR_CLIENT_CERTIFICATE_REJECTED },
  { "-tls1_3", "badclient", U_ERROR_CLIENT_CERTIFICATE_REJECTED },
  { "-tls1_2", "client", 0 },
  { "-tls1_3", "client", 0 },
};

static void
test_alerts (Fixture *self, gconstpointer data)
{
  g_autofree char *program = NULL;
  guint16 ports[2];

  if (self->driver == NULL)
    return;

  program = daemons_find_program ("openssl");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *accept = NULL;

      ports[i] = find_free_port ();
      accept = g_strdup_printf ("127.0.0.1:%u", ports[i]);
      daemons_spawn (servers->daemons, program, "s_server", "-accept", accept, "-cert", "good.pem", "-key", "good.key",
                     "-CAfile", "ca.pem", "-Verify", "2", "-verify_return_error", "-www", alerts[i].version);
      g_assert_true (daemons_wait_for_port (ports[i]));
    }

  for (gsize i = 0; i < G_N_ELEMENTS (alerts); i++)
    {
      g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u/", ports[i % 2]);
      g_autoptr (DriverLoad) load = get_url (self->driver, url, FALSE, alerts[i].identity);

      g_test_message ("%s, %s: %s", alerts[i].version, alerts[i].identity,
                      load->error != NULL ? load->error->message : "accepted");
      if (alerts[i].code == 0)
        {
          g_assert_no_error (load->error);
          g_assert_cmpuint (load->response->status, ==, 200);
        }
      else
        {
          g_assert_error (load->error, U_ERROR, (int) alerts[i].code);
        }
      /* What did not do is not used again. */
      g_assert_cmpuint (load->n_questions, ==, 1);
    }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  servers = tls_servers_new (&why_not);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/http-client-certificate/r108-given", test_given);
  ADD ("/http-client-certificate/r108-question", test_question);
  ADD ("/http-client-certificate/r108-without", test_without);
  ADD ("/http-client-certificate/cancel", test_cancel);
  ADD ("/http-client-certificate/r108-alerts", test_alerts);

  result = g_test_run ();
  g_clear_pointer (&servers, tls_servers_free);

  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/tls-servers.h"

/* The HTTP loader against the certificates, versions and ciphers of a real nginx: what it accepts, what it asks about,
 * and what it does with the answers. */

static TlsServers *servers;
static const char *why_not;

typedef struct
{
  GMainContext *context;
  UTlsRules *rules;           /* owned */
  Driver *driver;             /* owned; NULL: the test is skipped */
} Fixture;

static Driver *
new_driver (UTlsRules *rules, gboolean http1_only)
{
  ULoaderSettings settings = {
    .max_connections_per_host = 6,
    .max_connections = 32,
    .tls_database = servers->database,
    .tls_rules = rules,
    .http1_only = http1_only,
  };

  return driver_new (u_http_loader_new (&settings));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->context = driver_push_context ();
  self->rules = u_tls_rules_new ();
  if (servers == NULL)
    g_test_skip (why_not);
  else
    self->driver = new_driver (self->rules, FALSE);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  if (self->driver != NULL)
    driver_free (self->driver);
  u_tls_rules_unref (self->rules);
  driver_pop_context (self->context);
}

typedef struct
{
  gboolean bulk;
  gboolean asks;
  UChallengeAnswerKind kind;
  gboolean remember;
} How;

static DriverLoad *
get (Driver *driver, TlsServer server, const How *how)
{
  g_autofree char *url = tls_servers_dup_url (servers, server, "/small");
  DriverLoad *load = driver_load_new ();
  ULoadParams params = { .decode = TRUE, .bulk = how->bulk, .asks_trust = how->asks };

  load->answer.kind = how->kind;
  load->answer.remember = how->remember;
  driver_start (driver, load, url, &params);
  driver_wait_done (driver, load);

  return load;
}

static void
assert_good (DriverLoad *load, const char *events)
{
  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, events);
  g_assert_cmpuint (load->response->status, ==, 200);
  driver_assert_text (load, "hello\n");
}

static const struct
{
  const char *name;
  TlsServer server;
  GTlsCertificateFlags errors; /* 0: it is valid */
  UError code;
} certificates[] = {
  { "good", TLS_GOOD, 0, 0 },
  { "expired", TLS_EXPIRED, G_TLS_CERTIFICATE_EXPIRED, U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
  { "not-yet-valid", TLS_NOT_YET, G_TLS_CERTIFICATE_NOT_ACTIVATED, U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID },
  { "other-host", TLS_OTHER_HOST, G_TLS_CERTIFICATE_BAD_IDENTITY, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
  { "self-signed", TLS_SELF_SIGNED, G_TLS_CERTIFICATE_UNKNOWN_CA, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
  { "unknown-root", TLS_STRANGER, G_TLS_CERTIFICATE_UNKNOWN_CA, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
  { "weak-key", TLS_WEAK_KEY, G_TLS_CERTIFICATE_INSECURE, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
  { "weak-signature", TLS_WEAK_SIGNATURE, G_TLS_CERTIFICATE_INSECURE, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
  { "incomplete", TLS_INCOMPLETE, G_TLS_CERTIFICATE_UNKNOWN_CA, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
  { "complete", TLS_COMPLETE, 0, 0 },
};

/* What is wrong is told in the question and by the error; without an answer nothing is sent. */
static void
test_matrix (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (certificates); i++)
    {
      for (guint bulk = 0; bulk < 2; bulk++)
        {
          guint before = tls_servers_count_requests (servers, certificates[i].server);
          g_autoptr (DriverLoad) load = get (self->driver, certificates[i].server, &(How) { .bulk = bulk });

          g_test_message ("%s: %s", certificates[i].name, load->error != NULL ? load->error->message : "accepted");
          if (certificates[i].errors == 0)
            {
              assert_good (load, "rd.");
              continue;
            }
          g_assert_cmpstr (load->events->str, ==, "q!");
          g_assert_error (load->error, U_ERROR, (int) certificates[i].code);
          g_assert_true (load->nothing_sent);
          g_assert_cmpint (load->question->space->method, ==, U_AUTHENTICATION_METHOD_SERVER_TRUST);
          g_assert_cmpint (load->question->space->errors & certificates[i].errors, ==, certificates[i].errors);
          g_assert_cmpstr (load->question->space->host, ==, "127.0.0.1");
          g_assert_cmpuint (load->question->space->port, ==, servers->ports[certificates[i].server]);
          g_assert_cmpuint (load->question->space->chain->len, >=, 1);
          g_assert_cmpuint (tls_servers_count_requests (servers, certificates[i].server), ==, before);
        }
    }
}

/* Neither a list of revocations nor a stapled response is looked for: a certificate that was revoked and shows no
 * sign of it is accepted. */
static void
test_revoked (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = NULL;

  if (self->driver == NULL)
    return;

  load = get (self->driver, TLS_REVOKED, &(How) { 0 });
  assert_good (load, "rd.");
}

/* The chain comes in DER, that of the server first. */
static void
test_chain (Fixture *self, gconstpointer data)
{
  static const char * const files[] = { "leaf.pem", "sub.pem" };
  g_autoptr (DriverLoad) load = NULL;

  if (self->driver == NULL)
    return;

  load = get (self->driver, TLS_COMPLETE, &(How) { .asks = TRUE });
  assert_good (load, "qrd.");
  g_assert_cmpint (load->question->space->errors, ==, 0);
  g_assert_cmpuint (load->question->space->chain->len, >=, G_N_ELEMENTS (files));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = daemons_dup_path (servers->daemons, files[i]);
      g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, NULL);
      GBytes *shown = g_ptr_array_index (load->question->space->chain, i);
      g_autoptr (GByteArray) der = NULL;

      g_object_get (certificate, "certificate", &der, NULL);
      g_assert_cmpmem (g_bytes_get_data (shown, NULL), g_bytes_get_size (shown), der->data, der->len);
    }
}

/* A question for each new certificate of an origin, not for each connection. */
static void
test_once (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  for (guint round = 0; round < 3; round++)
    {
      for (guint bulk = 0; bulk < 2; bulk++)
        {
          g_autoptr (DriverLoad) load = get (self->driver, TLS_GOOD, &(How) { .bulk = bulk, .asks = TRUE });

          assert_good (load, round + bulk == 0 ? "qrd." : "rd.");
        }
      self->driver->loader->klass->drop_idle (self->driver->loader, FALSE);
    }
}

/* Also when the connection was made by a load that did not ask. */
static void
test_not_shared_unasked (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) plain = NULL;
  g_autoptr (DriverLoad) asking = NULL;

  if (self->driver == NULL)
    return;

  plain = get (self->driver, TLS_GOOD, &(How) { 0 });
  assert_good (plain, "rd.");
  asking = get (self->driver, TLS_GOOD, &(How) { .asks = TRUE, .kind = U_CHALLENGE_REJECT });
  g_assert_cmpstr (asking->events->str, ==, "q!");
  g_assert_error (asking->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED);
}

static void
test_accept (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  for (guint bulk = 0; bulk < 2; bulk++)
    {
      Driver *driver = new_driver (self->rules, FALSE);
      g_autoptr (DriverLoad) first = NULL;
      g_autoptr (DriverLoad) second = NULL;
      g_autoptr (DriverLoad) third = NULL;
      g_autoptr (DriverLoad) other = NULL;

      /* For this load: a second one is asked again, and shares no connection with it. */
      first = get (driver, TLS_EXPIRED, &(How) { .bulk = bulk, .kind = U_CHALLENGE_TRUST });
      assert_good (first, "qrd.");
      g_assert_cmpstr (first->response->http_version, ==, bulk ? "1.1" : "2");
      second = get (driver, TLS_EXPIRED, &(How) { .bulk = bulk, .kind = U_CHALLENGE_TRUST, .remember = TRUE });
      assert_good (second, "qrd.");
      /* For all: nobody is asked any more. */
      third = get (driver, TLS_EXPIRED, &(How) { .bulk = bulk });
      assert_good (third, "rd.");
      /* But not for other hosts. */
      other = get (driver, TLS_STRANGER, &(How) { .bulk = bulk });
      g_assert_cmpstr (other->events->str, ==, "q!");

      g_clear_pointer (&first->load, u_load_free);
      g_clear_pointer (&second->load, u_load_free);
      g_clear_pointer (&third->load, u_load_free);
      g_clear_pointer (&other->load, u_load_free);
      driver_free (driver);
    }
}

/* While a load that trusts goes on over HTTP/2, another one to the same host is still asked. */
static void
test_accept_is_private (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) slow = driver_load_new ();
  g_autoptr (DriverLoad) second = NULL;
  ULoadParams params = { 0 };

  if (self->driver == NULL)
    return;

  url = tls_servers_dup_url (servers, TLS_STRANGER, "/small");
  slow->answer.kind = U_CHALLENGE_TRUST;
  slow->credit = 1;
  driver_start (self->driver, slow, url, &params);
  while (slow->n_data == 0)
    g_main_context_iteration (self->context, TRUE);
  second = get (self->driver, TLS_STRANGER, &(How) { 0 });
  g_assert_cmpstr (second->events->str, ==, "q!");
  g_assert_error (second->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT);
  driver_set_credit (slow, G_MAXINT64);
  driver_wait_done (self->driver, slow);
  g_assert_no_error (slow->error);
}

static void
test_refuse (Fixture *self, gconstpointer data)
{
  static const struct
  {
    UChallengeAnswerKind kind;
    UError code;
  } rows[] = {
    { U_CHALLENGE_REJECT, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { U_CHALLENGE_CANCEL, U_ERROR_CANCELLED },
  };

  if (self->driver == NULL)
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      for (guint invalid = 0; invalid < 2; invalid++)
        {
          TlsServer server = invalid ? TLS_SELF_SIGNED : TLS_GOOD;
          guint before = tls_servers_count_requests (servers, server);
          g_autoptr (DriverLoad) load = NULL;

          load = get (self->driver, server, &(How) { .asks = TRUE, .kind = rows[i].kind });
          g_assert_cmpstr (load->events->str, ==, "q!");
          g_assert_error (load->error, U_ERROR, (int) rows[i].code);
          g_assert_true (load->nothing_sent);
          g_assert_cmpuint (tls_servers_count_requests (servers, server), ==, before);
        }
    }
}

static gboolean
has_question (gpointer user_data)
{
  return ((DriverLoad *) user_data)->n_questions > 0;
}

/* A load that ends while its question is open: nothing comes any more, whatever is answered. */
static void
test_end_while_asking (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { 0 };

  if (self->driver == NULL)
    return;

  url = tls_servers_dup_url (servers, TLS_EXPIRED, "/small");
  load->answers_itself = TRUE;
  driver_start (self->driver, load, url, &params);
  g_assert_true (driver_wait (self->driver, has_question, load, 10));
  u_load_cancel (load->load);
  u_load_answer (load->load, &(UChallengeAnswer) { .kind = U_CHALLENGE_TRUST });
  driver_spin (self->driver, 0.05);
  g_assert_cmpstr (load->events->str, ==, "q");
}

static void
cancel_on_question (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == U_LOAD_QUESTION)
    u_load_cancel (load->load);
}

static void
free_on_question (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == U_LOAD_QUESTION)
    g_clear_pointer (&load->load, u_load_free);
}

static void
test_end_inside_question (Fixture *self, gconstpointer data)
{
  static const TlsServer asking[] = { TLS_EXPIRED, TLS_GOOD, TLS_CLIENT_OPTIONAL };

  if (self->driver == NULL)
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (asking); i++)
    {
      for (guint freeing = 0; freeing < 2; freeing++)
        {
          g_autofree char *url = tls_servers_dup_url (servers, asking[i], "/small");
          g_autoptr (DriverLoad) load = driver_load_new ();
          ULoadParams params = { .asks_trust = asking[i] == TLS_GOOD };

          load->answers_itself = TRUE;
          load->on_event = freeing ? free_on_question : cancel_on_question;
          driver_start (self->driver, load, url, &params);
          g_assert_true (driver_wait (self->driver, has_question, load, 10));
          driver_spin (self->driver, 0.02);
          g_assert_cmpstr (load->events->str, ==, "q");
        }
    }
}

/* The body of a request is sent whole after the answer, and told once. */
static void
test_body (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  g_autoptr (URequestData) request = NULL;
  ULoadParams params = { 0 };

  if (self->driver == NULL)
    return;

  url = tls_servers_dup_url (servers, TLS_EXPIRED, "/who");
  params.request = request = u_request_data_new (url);
  g_free (request->method);
  request->method = g_strdup ("POST");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("0123456789", 10);
  load->answer.kind = U_CHALLENGE_TRUST;
  driver_start (self->driver, load, NULL, &params);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 200);
  g_assert_cmpint (load->n_sent, ==, 10);
}

static gboolean
all_done (gpointer user_data)
{
  DriverLoad **loads = user_data;

  for (guint i = 0; i < 12; i++)
    {
      if (!loads[i]->done)
        return FALSE;
    }

  return TRUE;
}

/* Many at once, of which some trust: each gets what it answered. */
static void
test_many (Fixture *self, gconstpointer data)
{
  DriverLoad *loads[12];
  g_autofree char *url = NULL;

  if (self->driver == NULL)
    return;

  url = tls_servers_dup_url (servers, TLS_OTHER_HOST, "/small");
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      ULoadParams params = { .bulk = i % 2 == 0 };

      loads[i] = driver_load_new ();
      loads[i]->answer.kind = i % 3 == 0 ? U_CHALLENGE_TRUST : U_CHALLENGE_DEFAULT;
      driver_start (self->driver, loads[i], url, &params);
    }
  g_assert_true (driver_wait (self->driver, all_done, loads, 20));
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      g_assert_cmpuint (loads[i]->n_questions, ==, 1);
      if (i % 3 == 0)
        assert_good (loads[i], "qrd.");
      else
        g_assert_error (loads[i]->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED);
      driver_load_free (loads[i]);
    }
}

/* A connection that is refused is shared with nobody, not even for a moment: nothing reaches the server. */
static void
test_many_refused (Fixture *self, gconstpointer data)
{
  gboolean bulk = GPOINTER_TO_INT (data);
  DriverLoad *loads[12];
  g_autofree char *url = NULL;
  guint before;

  if (self->driver == NULL)
    return;

  before = tls_servers_count_requests (servers, TLS_GOOD);
  url = tls_servers_dup_url (servers, TLS_GOOD, "/small");
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      ULoadParams params = { .bulk = bulk, .asks_trust = TRUE };

      loads[i] = driver_load_new ();
      loads[i]->answer.kind = i == 7 ? U_CHALLENGE_TRUST : U_CHALLENGE_REJECT;
      driver_start (self->driver, loads[i], url, &params);
    }
  g_assert_true (driver_wait (self->driver, all_done, loads, 20));
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      if (i == 7)
        assert_good (loads[i], "qrd.");
      else
        g_assert_error (loads[i]->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED);
      driver_load_free (loads[i]);
    }
  g_assert_cmpuint (tls_servers_count_requests (servers, TLS_GOOD), ==, before + 1);
}

static const struct
{
  const char *name;
  TlsServer server;
  GTlsProtocolVersion minimum;
  GTlsProtocolVersion maximum;
  gboolean forward_secrecy;
  const char *needle;          /* NULL: allowed */
} versions[] = {
  { "1.2", TLS_1_2_ONLY, G_TLS_PROTOCOL_VERSION_TLS_1_2, G_TLS_PROTOCOL_VERSION_TLS_1_3, TRUE, NULL },
  { "1.2 below the minimum", TLS_1_2_ONLY, G_TLS_PROTOCOL_VERSION_TLS_1_3, G_TLS_PROTOCOL_VERSION_TLS_1_3, TRUE,
    "minimum-tls-version" },
  { "1.3", TLS_1_3_ONLY, G_TLS_PROTOCOL_VERSION_TLS_1_3, G_TLS_PROTOCOL_VERSION_TLS_1_3, TRUE, NULL },
  { "1.3 above the maximum", TLS_1_3_ONLY, G_TLS_PROTOCOL_VERSION_TLS_1_2, G_TLS_PROTOCOL_VERSION_TLS_1_2, TRUE,
    "maximum-tls-version" },
  { "no forward secrecy", TLS_NO_FORWARD_SECRECY, G_TLS_PROTOCOL_VERSION_TLS_1_2, G_TLS_PROTOCOL_VERSION_TLS_1_3, TRUE,
    "requires-forward-secrecy" },
  { "no forward secrecy, allowed", TLS_NO_FORWARD_SECRECY, G_TLS_PROTOCOL_VERSION_TLS_1_2,
    G_TLS_PROTOCOL_VERSION_TLS_1_3, FALSE, NULL },
  { "1.0", TLS_1_0_ONLY, G_TLS_PROTOCOL_VERSION_TLS_1_2, G_TLS_PROTOCOL_VERSION_TLS_1_3, TRUE, "minimum-tls-version" },
  { "1.0, allowed", TLS_1_0_ONLY, G_TLS_PROTOCOL_VERSION_TLS_1_0, G_TLS_PROTOCOL_VERSION_TLS_1_3, TRUE, NULL },
};

static void
test_versions (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      for (guint bulk = 0; bulk < 2; bulk++)
        {
          g_autoptr (UTlsRules) rules = u_tls_rules_new ();
          guint before = tls_servers_count_requests (servers, versions[i].server);
          g_autoptr (DriverLoad) load = NULL;
          Driver *driver;

          rules->minimum = versions[i].minimum;
          rules->maximum = versions[i].maximum;
          rules->requires_forward_secrecy = versions[i].forward_secrecy;
          driver = new_driver (rules, FALSE);
          load = get (driver, versions[i].server, &(How) { .bulk = bulk });
          g_test_message ("%s: %s", versions[i].name, load->error != NULL ? load->error->message : "accepted");
          if (versions[i].needle == NULL)
            {
              assert_good (load, "rd.");
            }
          else
            {
              g_assert_cmpstr (load->events->str, ==, "!");
              g_assert_error (load->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
              g_assert_nonnull (strstr (load->error->message, versions[i].needle));
              g_assert_true (load->nothing_sent);
              g_assert_cmpuint (tls_servers_count_requests (servers, versions[i].server), ==, before);
            }
          g_clear_pointer (&load->load, u_load_free);
          driver_free (driver);
        }
    }
}

static void
test_http1_only (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = NULL;
  Driver *driver;

  if (self->driver == NULL)
    return;

  driver = new_driver (self->rules, TRUE);
  load = get (driver, TLS_GOOD, &(How) { 0 });
  assert_good (load, "rd.");
  g_assert_cmpstr (load->response->http_version, ==, "1.1");
  g_clear_pointer (&load->load, u_load_free);
  driver_free (driver);
}

static void
test_forced_headers (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  g_autoptr (URequestData) request = NULL;
  g_autoptr (UHeaderList) extra = u_header_list_new ();
  g_autoptr (UHeaderList) forced = u_header_list_new ();
  ULoadParams params = { .extra_headers = extra, .forced_headers = forced };

  if (self->driver == NULL)
    return;

  url = tls_servers_dup_url (servers, TLS_GOOD, "/who");
  params.request = request = u_request_data_new (url);
  u_header_list_append (request->headers, "Cookie", "mine=1");
  u_header_list_append (request->headers, "X-One", "request");
  u_header_list_append (extra, "cookie", "extra=1");
  u_header_list_append (extra, "X-one", "extra");
  u_header_list_append (forced, "COOKIE", "forced=1");
  driver_start (self->driver, load, NULL, &params);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  driver_assert_text (load, "|forced=1|request");
}

static void
test_nothing_sent (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = NULL;
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/", daemons_find_port ());

  if (self->driver == NULL)
    return;

  load = driver_get (self->driver, url);
  g_assert_error (load->error, U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
  g_assert_true (load->nothing_sent);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  servers = tls_servers_new (&why_not);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/http-trust/r107-matrix", test_matrix);
  ADD ("/http-trust/revoked", test_revoked);
  ADD ("/http-trust/r107-chain", test_chain);
  ADD ("/http-trust/r107-once", test_once);
  ADD ("/http-trust/r107-not-shared-unasked", test_not_shared_unasked);
  ADD ("/http-trust/r107-accept", test_accept);
  ADD ("/http-trust/r107-accept-is-private", test_accept_is_private);
  ADD ("/http-trust/r107-refuse", test_refuse);
  ADD ("/http-trust/end-while-asking", test_end_while_asking);
  ADD ("/http-trust/end-inside-question", test_end_inside_question);
  ADD ("/http-trust/body", test_body);
  ADD ("/http-trust/many", test_many);
  g_test_add ("/http-trust/r107-many-refused/general", Fixture, GINT_TO_POINTER (FALSE), set_up, test_many_refused,
              tear_down);
  g_test_add ("/http-trust/r107-many-refused/bulk", Fixture, GINT_TO_POINTER (TRUE), set_up, test_many_refused,
              tear_down);
  ADD ("/http-trust/versions", test_versions);
  ADD ("/http-trust/http1-only", test_http1_only);
  ADD ("/http-trust/forced-headers", test_forced_headers);
  ADD ("/http-trust/nothing-sent", test_nothing_sent);

  result = g_test_run ();
  g_clear_pointer (&servers, tls_servers_free);

  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/tls-servers.h"
#include "urlsession/loader/u-http-proxy-resolver-private.h"

/* The HTTP loader through real proxies: tinyproxy and squid, with and without a login, and dante for SOCKS. */

static TlsServers *servers;
static const char *why_not;

static guint16 open_port;     /* tinyproxy: no login */
static guint16 tinyproxy_port; /* Basic */
static guint16 basic_port;    /* squid: Basic */
static guint16 digest_port;   /* squid: Digest, and Basic after it */
static guint16 socks_port;    /* dante: no login */
static guint16 socks_login_port; /* microsocks: a login */

typedef struct
{
  GMainContext *context;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->context = driver_push_context ();
  if (servers == NULL)
    g_test_skip (why_not);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_pop_context (self->context);
}

static Driver *
new_driver (const char *host, guint16 port, char **ignore_hosts)
{
  g_autofree char *proxy = port != 0 ? g_strdup_printf ("%s:%u", host, port) : g_strdup (host);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy, ignore_hosts);
  ULoaderSettings settings = {
    .max_connections_per_host = 6,
    .max_connections = 32,
    .tls_database = servers->database,
    .proxy_resolver = resolver,
  };

  return driver_new (u_http_loader_new (&settings));
}

static char *
dup_url (gboolean tls, const char *path)
{
  if (tls)
    return tls_servers_dup_url (servers, TLS_GOOD, path);

  return g_strdup_printf ("http://127.0.0.1:%u%s", servers->plain_port, path);
}

/* A right or a wrong password, in turn, as long as there are letters: "wr" is a wrong one first. */
typedef struct
{
  const char *answers;         /* w, r; d: the default, x: reject, c: cancel, n: no credential */
  Driver *driver;
  DriverLoad *load;
} Answers;

static gboolean
answer_cb (gpointer user_data)
{
  Answers *answers = user_data;
  UChallengeAnswer answer = { .kind = U_CHALLENGE_DEFAULT };
  g_autoptr (UCredentialData) credential = NULL;

  switch (*answers->answers++)
    {
    case 'w':
      credential = u_credential_data_new ("user", "wrong", U_CREDENTIAL_PERSISTENCE_NONE);
      answer.kind = U_CHALLENGE_USE_CREDENTIAL;
      break;
    case 'r':
      credential = u_credential_data_new ("user", "secret", U_CREDENTIAL_PERSISTENCE_NONE);
      answer.kind = U_CHALLENGE_USE_CREDENTIAL;
      break;
    case 'n':
      answer.kind = U_CHALLENGE_USE_CREDENTIAL;
      break;
    case 'x':
      answer.kind = U_CHALLENGE_REJECT;
      break;
    case 'c':
      answer.kind = U_CHALLENGE_CANCEL;
      break;
    case 'd':
      break;
    default:
      g_assert_not_reached ();
    }
  answer.credential = credential;
  u_load_answer (answers->load->load, &answer);

  return G_SOURCE_REMOVE;
}

static void
answer_later (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == U_LOAD_QUESTION)
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_callback (source, answer_cb, load->user_data, NULL);
      g_source_attach (source, g_main_context_get_thread_default ());
    }
}

static DriverLoad *
get (Driver *driver, const char *url, gboolean bulk, const char *letters)
{
  DriverLoad *load = driver_load_new ();
  Answers answers = { letters, driver, load };
  ULoadParams params = { .decode = TRUE, .bulk = bulk };

  load->answers_itself = TRUE;
  load->on_event = answer_later;
  load->user_data = &answers;
  driver_start (driver, load, url, &params);
  driver_wait_done (driver, load);
  g_assert_cmpuint (strlen (answers.answers), ==, 0);
  load->on_event = NULL;

  return load;
}

static void
free_load_first (DriverLoad *load, Driver *driver)
{
  g_clear_pointer (&load->load, u_load_free);
  driver_free (driver);
}

static void
test_open (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/small");
      Driver *driver = new_driver ("http://127.0.0.1", open_port, NULL);
      g_autoptr (DriverLoad) load = get (driver, url, FALSE, "");

      g_assert_no_error (load->error);
      driver_assert_text (load, "hello\n");
      free_load_first (load, driver);
    }
}

static const guint16 *
get_port (gconstpointer data)
{
  if (g_str_equal (data, "tinyproxy"))
    return &tinyproxy_port;

  return g_str_equal (data, "basic") ? &basic_port : &digest_port;
}

/* A question with all there is to know of the proxy; the right answer is remembered, and goes to no server. */
static void
test_login (Fixture *self, gconstpointer data)
{
  guint16 port;

  if (servers == NULL)
    return;
  port = *get_port (data);

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/logins");
      Driver *driver = new_driver ("http://127.0.0.1", port, NULL);
      g_autoptr (DriverLoad) first = get (driver, url, FALSE, "r");
      UProtectionSpaceData *space = first->question->space;

      g_assert_no_error (first->error);
      g_assert_cmpuint (first->response->status, ==, 200);
      g_assert_cmpstr (first->events->str, ==, "qrd.");
      driver_assert_text (first, "|");
      g_assert_true (space->is_proxy);
      g_assert_cmpstr (space->host, ==, "127.0.0.1");
      g_assert_cmpuint (space->port, ==, port);
      g_assert_cmpstr (space->protocol, ==, "http");
      g_assert_nonnull (space->realm);
      g_assert_cmpint (space->method, ==,
                       g_str_equal (data, "digest") ? U_AUTHENTICATION_METHOD_HTTP_DIGEST
                                                    : U_AUTHENTICATION_METHOD_HTTP_BASIC);
      g_assert_cmpuint (first->question->previous_failure_count, ==, 0);
      g_assert_null (first->question->proposed);

      for (guint i = 0; i < 4; i++)
        {
          g_autofree char *other = dup_url (i / 2, "/logins");
          g_autoptr (DriverLoad) next = get (driver, other, i % 2, "");

          g_assert_no_error (next->error);
          g_assert_cmpuint (next->response->status, ==, 200);
          driver_assert_text (next, "|");
        }
      free_load_first (first, driver);
    }
}

static void
test_wrong (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/small");
      Driver *driver = new_driver ("http://127.0.0.1", *get_port (data), NULL);
      g_autoptr (DriverLoad) load = get (driver, url, FALSE, "wwr");

      g_assert_no_error (load->error);
      driver_assert_text (load, "hello\n");
      g_assert_cmpuint (load->n_questions, ==, 3);
      g_assert_cmpuint (load->question->previous_failure_count, ==, 2);
      g_assert_nonnull (load->question->proposed);
      g_assert_cmpstr (load->question->proposed->password, ==, "wrong");
      free_load_first (load, driver);
    }
}

/* Without a login the 407 is the response; a tunnel has none, so it is an error. The next load is asked again. */
static void
test_without (Fixture *self, gconstpointer data)
{
  static const char * const letters[] = { "d", "n", "x", "wx", "wwwww" };

  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/small");
      Driver *driver = new_driver ("http://127.0.0.1", *get_port (data), NULL);
      g_autoptr (DriverLoad) last = NULL;

      for (gsize i = 0; i < G_N_ELEMENTS (letters); i++)
        {
          g_autoptr (DriverLoad) load = get (driver, url, FALSE, letters[i]);

          g_assert_cmpuint (load->n_questions, ==, strlen (letters[i]));
          if (tls)
            {
              g_assert_error (load->error, U_ERROR, U_ERROR_USER_AUTHENTICATION_REQUIRED);
              g_assert_true (load->nothing_sent);
            }
          else
            {
              g_assert_no_error (load->error);
              g_assert_cmpuint (load->response->status, ==, 407);
              g_assert_cmpuint (load->n_data, >, 0);
            }
        }
      last = get (driver, url, FALSE, "r");
      g_assert_no_error (last->error);
      driver_assert_text (last, "hello\n");
      free_load_first (last, driver);
    }
}

static void
test_cancel (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/small");
      Driver *driver = new_driver ("http://127.0.0.1", *get_port (data), NULL);
      g_autoptr (DriverLoad) load = get (driver, url, FALSE, "c");
      g_autoptr (DriverLoad) second = NULL;

      g_assert_error (load->error, U_ERROR, U_ERROR_CANCELLED);
      g_assert_cmpstr (load->events->str, ==, "q!");
      second = get (driver, url, FALSE, "r");
      g_assert_no_error (second->error);
      g_clear_pointer (&second->load, u_load_free);
      free_load_first (load, driver);
    }
}

static gboolean
has_question (gpointer user_data)
{
  return ((DriverLoad *) user_data)->n_questions > 0;
}

/* The end of a load while its question is open leaves nothing behind that waits. */
static void
test_end_while_asking (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/small");
      Driver *driver = new_driver ("http://127.0.0.1", *get_port (data), NULL);
      g_autoptr (DriverLoad) load = driver_load_new ();
      g_autoptr (DriverLoad) second = NULL;
      ULoadParams params = { .decode = TRUE };

      load->answers_itself = TRUE;
      driver_start (driver, load, url, &params);
      g_assert_true (driver_wait (driver, has_question, load, 10));
      g_clear_pointer (&load->load, u_load_free);
      second = get (driver, url, FALSE, "r");
      g_assert_no_error (second->error);
      free_load_first (second, driver);
    }
}

/* Several at once: each gets through, with one question for each plain load and at least one for tunnels. */
static void
test_parallel (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      Driver *driver = new_driver ("http://127.0.0.1", *get_port (data), NULL);
      DriverLoad *loads[4];

      for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
        {
          /* Two hosts, so that two tunnels are made at the same time. */
          g_autofree char *url = tls ? tls_servers_dup_url (servers, i % 2 ? TLS_GOOD : TLS_COMPLETE, "/small")
                                     : dup_url (FALSE, "/small");
          ULoadParams params = { .decode = TRUE };

          loads[i] = driver_load_new ();
          loads[i]->answer.kind = U_CHALLENGE_USE_CREDENTIAL;
          loads[i]->credential = u_credential_data_new ("user", "secret", U_CREDENTIAL_PERSISTENCE_NONE);
          driver_start (driver, loads[i], url, &params);
        }
      for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
        {
          driver_wait_done (driver, loads[i]);
          g_assert_no_error (loads[i]->error);
          g_assert_cmpuint (loads[i]->response->status, ==, 200);
          g_assert_cmpuint (loads[i]->n_questions, <=, 1);
          driver_load_free (loads[i]);
        }
      driver_free (driver);
    }
}

static void
test_body (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (URequestData) request = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { 0 };
  Driver *driver;

  if (servers == NULL)
    return;

  url = dup_url (FALSE, "/logins");
  params.request = request = u_request_data_new (url);
  g_free (request->method);
  request->method = g_strdup ("PUT");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("0123456789", 10);
  driver = new_driver ("http://127.0.0.1", *get_port (data), NULL);
  load->answer.kind = U_CHALLENGE_USE_CREDENTIAL;
  load->credential = u_credential_data_new ("user", "secret", U_CREDENTIAL_PERSISTENCE_NONE);
  driver_start (driver, load, NULL, &params);
  driver_wait_done (driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 200);
  free_load_first (load, driver);
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u/", find_free_port ());
  g_autoptr (DriverLoad) load = NULL;
  g_autoptr (DriverLoad) dead = NULL;
  Driver *driver;

  if (servers == NULL)
    return;

  /* The proxy is there and the server is not, and the other way round. */
  driver = new_driver ("http://127.0.0.1", open_port, NULL);
  load = get (driver, url, FALSE, "");
  g_test_message ("%s", load->error->message);
  g_assert_error (load->error, U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
  g_assert_true (load->nothing_sent);
  free_load_first (load, driver);

  driver = new_driver ("http://127.0.0.1", find_free_port (), NULL);
  dead = get (driver, url, FALSE, "");
  g_test_message ("%s", dead->error->message);
  g_assert_error (dead->error, U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
  free_load_first (dead, driver);
}

/* Inside of a tunnel all is as without one. */
static void
test_trust (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autofree char *proxy = g_strdup_printf ("http://127.0.0.1:%u", open_port);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy, NULL);
  g_autoptr (UTlsRules) rules = u_tls_rules_new ();
  g_autoptr (DriverLoad) refused = NULL;
  g_autoptr (DriverLoad) invalid = NULL;
  g_autoptr (DriverLoad) trusting = driver_load_new ();
  g_autofree char *old = NULL;
  ULoadParams params = { 0 };
  Driver *driver;

  if (servers == NULL)
    return;

  driver = driver_new (u_http_loader_new (&(ULoaderSettings) {
    .max_connections_per_host = 6,
    .max_connections = 32,
    .tls_database = servers->database,
    .proxy_resolver = resolver,
    .tls_rules = rules,
  }));
  url = tls_servers_dup_url (servers, TLS_EXPIRED, "/small");
  invalid = get (driver, url, FALSE, "d");
  g_assert_cmpstr (invalid->events->str, ==, "q!");
  g_assert_error (invalid->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE);
  g_assert_false (invalid->question->space->is_proxy);
  trusting->answer.kind = U_CHALLENGE_TRUST;
  driver_start (driver, trusting, url, &params);
  driver_wait_done (driver, trusting);
  g_assert_no_error (trusting->error);
  driver_assert_text (trusting, "hello\n");

  old = tls_servers_dup_url (servers, TLS_NO_FORWARD_SECRECY, "/small");
  refused = get (driver, old, FALSE, "");
  g_assert_cmpstr (refused->events->str, ==, "!");
  g_assert_error (refused->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);

  g_clear_pointer (&invalid->load, u_load_free);
  g_clear_pointer (&trusting->load, u_load_free);
  free_load_first (refused, driver);
}

static void
test_ignore_hosts (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = NULL;
  char *ignore[] = { (char *) "127.0.0.0/8", NULL };
  Driver *driver;

  if (servers == NULL)
    return;

  url = dup_url (FALSE, "/small");
  driver = new_driver ("http://127.0.0.1", basic_port, ignore);
  load = get (driver, url, FALSE, "");
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 200);
  free_load_first (load, driver);
}

/* What an application sets by hand for a proxy does not reach a server. */
static void
test_header_stays (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/logins");
      g_autoptr (URequestData) request = u_request_data_new (url);
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request };
      Driver *driver;

      u_header_list_append (request->headers, "Proxy-Authorization", "Basic c2VjcmV0");
      driver = tls ? new_driver ("http://127.0.0.1", open_port, NULL) : new_driver ("direct://", 0, NULL);
      driver_start (driver, load, NULL, &params);
      driver_wait_done (driver, load);
      g_assert_no_error (load->error);
      driver_assert_text (load, "|");
      free_load_first (load, driver);
    }
}

/* The URL of a proxy may have a login in it. */
static void
test_login_in_url (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint tls = 0; tls < 2; tls++)
    {
      g_autofree char *url = dup_url (tls, "/logins");
      Driver *driver = new_driver ("http://user:secret@127.0.0.1", *get_port (data), NULL);
      g_autoptr (DriverLoad) load = get (driver, url, FALSE, "");

      g_assert_no_error (load->error);
      g_assert_cmpuint (load->response->status, ==, 200);
      driver_assert_text (load, "|");
      free_load_first (load, driver);
    }
}

static void
test_socks (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *proxy;
    const guint16 *port;
    UError code;               /* 0: it works */
  } rows[] = {
    { "socks5://127.0.0.1", &socks_port, 0 },
    { "socks4://127.0.0.1", &socks_port, 0 },
    { "socks5://user:secret@127.0.0.1", &socks_login_port, 0 },
    { "socks5://user:mistaken@127.0.0.1", &socks_login_port, U_ERROR_USER_AUTHENTICATION_REQUIRED },
    { "socks5://127.0.0.1", &socks_login_port, U_ERROR_USER_AUTHENTICATION_REQUIRED },
  };

  if (servers == NULL)
    return;
  if (socks_port == 0 || socks_login_port == 0)
    {
      g_test_skip ("danted or microsocks is not installed");
      return;
    }

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      /* GLib 2.74 loses the eight bytes of the answer in SOCKS 4. */
      if (g_str_has_prefix (rows[i].proxy, "socks4") && g_getenv ("ASAN_OPTIONS") != NULL)
        continue;
      for (guint tls = 0; tls < 2; tls++)
        {
          g_autofree char *url = dup_url (tls, "/small");
          Driver *driver = new_driver (rows[i].proxy, *rows[i].port, NULL);
          g_autoptr (DriverLoad) load = get (driver, url, FALSE, "");

          g_test_message ("%s: %s", rows[i].proxy, load->error != NULL ? load->error->message : "works");
          if (rows[i].code == 0)
            {
              g_assert_no_error (load->error);
              driver_assert_text (load, "hello\n");
            }
          else
            {
              g_assert_error (load->error, U_ERROR, (int) rows[i].code);
              g_assert_null (strstr (load->error->message, "mistaken"));
              g_assert_true (load->nothing_sent);
            }
          free_load_first (load, driver);
        }
    }
}

/* Only HTTP proxies: the rest of the logins is GIO's. A wrong one that was forgotten does not come back. */
static void
test_take_login (void)
{
  static const struct
  {
    const char *uri;
    const char *bare;
    const char *space;         /* nullable: none is learned */
    const char *password;
  } rows[] = {
    { "http://proxy.example:3128", "http://proxy.example:3128", NULL, NULL },
    { "http://anna:b%40c@proxy.example:3128", "http://proxy.example:3128/", "proxy proxy.example:3128", "b@c" },
    { "HTTP://anna:x@other.example/", "http://other.example/", "proxy other.example:80", "x" },
    { "http://anna:y@[::1]:8080", "http://[::1]:8080/", "proxy ::1:8080", "y" },
    { "socks5://anna:x@proxy.example", "socks5://anna:x@proxy.example", NULL, NULL },
    { "direct://", "direct://", NULL, NULL },
  };
  g_autoptr (UHttpMemory) memory = u_http_memory_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      for (guint round = 0; round < 2; round++)
        {
          g_autofree char *bare = u_http_proxy_resolver_take_login (memory, rows[i].uri);
          g_autoptr (UCredentialData) credential = NULL;

          g_assert_cmpstr (bare, ==, rows[i].bare);
          if (rows[i].space == NULL)
            continue;
          g_assert_cmpint (u_http_memory_recall (memory, rows[i].space, &credential), ==, round == 0);
          if (round > 0)
            continue;
          g_assert_cmpstr (credential->user, ==, "anna");
          g_assert_cmpstr (credential->password, ==, rows[i].password);
          u_http_memory_forget (memory, rows[i].space);
        }
    }
}

static void
test_native (void)
{
  g_autoptr (UHttpMemory) memory = u_http_memory_new ();
  g_autoptr (GProxyResolver) simple = g_simple_proxy_resolver_new ("direct://", NULL);
  g_autoptr (GProxyResolver) other = u_http_proxy_resolver_new (simple, memory);

  g_assert_true (u_proxy_resolver_is_native (simple));
  g_assert_true (u_proxy_resolver_is_native (g_proxy_resolver_get_default ()));
  g_assert_false (u_proxy_resolver_is_native (other));
}

static guint16
start_tinyproxy (const char *program, const char *name, const char *options)
{
  guint16 port = find_free_port ();
  g_autofree char *file = g_strconcat (name, ".conf", NULL);
  g_autofree char *config = g_strdup_printf ("Port %u\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\n"
                                             "LogFile \"%s/%s.log\"\n%s\n", port, servers->daemons->folder, name, options);

  daemons_write (servers->daemons, file, config);
  daemons_spawn (servers->daemons, program, "-d", "-c", file);

  return daemons_wait_for_port (port) ? port : 0;
}

static guint16
start_squid (const char *program, const char *name, gboolean with_digest)
{
  guint16 port = find_free_port ();
  const char *folder = servers->daemons->folder;
  g_autofree char *config = NULL;
  g_autofree char *file = g_strconcat (name, ".conf", NULL);
  g_autofree char *digest = g_strdup_printf ("auth_param digest program /usr/lib/squid/digest_file_auth %s/users\n"
                                             "auth_param digest children 2 startup=1\n"
                                             "auth_param digest realm digest\n", folder);

  config = g_strdup_printf ("http_port 127.0.0.1:%u\npid_filename none\ncache_log %s/squid.log\naccess_log none\n"
                            "cache deny all\nshutdown_lifetime 0 seconds\nvisible_hostname %s\n"
                            "coredump_dir %s\nnetdb_filename none\n%s"
                            "auth_param basic program /usr/lib/squid/basic_ncsa_auth %s/passwords\n"
                            "auth_param basic children 2 startup=1\n"
                            "auth_param basic realm basic\n"
                            "auth_param basic credentialsttl 1 second\n"
                            "acl users proxy_auth REQUIRED\nhttp_access allow users\nhttp_access deny all\n",
                            port, folder, name, folder, with_digest ? digest : "", folder);
  daemons_write (servers->daemons, file, config);
  daemons_write (servers->daemons, "users", "user:secret\n");
  /* Its helpers run as another user when it is root. */
  g_assert_true (daemons_run (servers->daemons,
                              "printf 'user:%s\\n' $(openssl passwd -apr1 secret) > passwords\n"
                              "touch squid.log; chmod 666 squid.log"));
  daemons_spawn (servers->daemons, program, "-N", "-f", file);

  return daemons_wait_for_port (port) ? port : 0;
}

static guint16
start_danted (const char *program)
{
  guint16 port = find_free_port ();
  const char *folder = servers->daemons->folder;
  g_autofree char *config = NULL;

  config = g_strdup_printf ("errorlog: %s/socks.log\nlogoutput: %s/socks.log\ninternal: 127.0.0.1 port = %u\n"
                            "external: lo\nsocksmethod: none\nclientmethod: none\n"
                            "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n"
                            "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n", folder, folder, port);
  daemons_write (servers->daemons, "socks.conf", config);
  daemons_spawn (servers->daemons, program, "-N", "1", "-f", "socks.conf");

  return daemons_wait_for_port (port) ? port : 0;
}

static guint16
start_microsocks (const char *program)
{
  guint16 port = find_free_port ();
  g_autofree char *argument = g_strdup_printf ("%u", port);

  daemons_spawn (servers->daemons, program, "-i", "127.0.0.1", "-p", argument, "-u", "user", "-P", "secret");

  return daemons_wait_for_port (port) ? port : 0;
}

int
main (int argc, char **argv)
{
  g_autofree char *tinyproxy = daemons_find_program ("tinyproxy");
  g_autofree char *squid = daemons_find_program ("squid");
  g_autofree char *danted = daemons_find_program ("danted");
  g_autofree char *microsocks = daemons_find_program ("microsocks");
  int result;

  g_test_init (&argc, &argv, NULL);

  if (tinyproxy == NULL)
    why_not = "tinyproxy is not installed";
  else if (squid == NULL)
    why_not = "squid is not installed";
  else
    servers = tls_servers_new (&why_not);
  if (servers != NULL)
    {
      open_port = start_tinyproxy (tinyproxy, "open", "");
      tinyproxy_port = start_tinyproxy (tinyproxy, "tinyproxy", "BasicAuth user secret");
      basic_port = start_squid (squid, "basic", FALSE);
      digest_port = start_squid (squid, "digest", TRUE);
      if (open_port == 0 || tinyproxy_port == 0 || basic_port == 0 || digest_port == 0)
        {
          g_autofree char *log = daemons_read (servers->daemons, "squid.log");

          g_test_message ("%s", log);
          why_not = "a proxy does not start";
          g_clear_pointer (&servers, tls_servers_free);
        }
    }

  if (servers != NULL && danted != NULL)
    socks_port = start_danted (danted);
  if (servers != NULL && microsocks != NULL)
    socks_login_port = start_microsocks (microsocks);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
#define ADD_BOTH(name, function) \
  ADD ("/http-proxy/basic/" name, "basic", function); \
  ADD ("/http-proxy/digest/" name, "digest", function)
  g_test_add_func ("/http-proxy/take-login", test_take_login);
  g_test_add_func ("/http-proxy/native", test_native);
  ADD ("/http-proxy/open", NULL, test_open);
  ADD ("/http-proxy/tinyproxy/r106-login", "tinyproxy", test_login);
  ADD_BOTH ("r106-login", test_login);
  ADD_BOTH ("r097-wrong", test_wrong);
  ADD_BOTH ("without", test_without);
  ADD_BOTH ("cancel", test_cancel);
  ADD_BOTH ("end-while-asking", test_end_while_asking);
  ADD_BOTH ("parallel", test_parallel);
  ADD_BOTH ("body", test_body);
  ADD_BOTH ("login-in-url", test_login_in_url);
  ADD ("/http-proxy/refused", NULL, test_refused);
  ADD ("/http-proxy/r107-trust", NULL, test_trust);
  ADD ("/http-proxy/ignore-hosts", NULL, test_ignore_hosts);
  ADD ("/http-proxy/r106-header-stays", NULL, test_header_stays);
  ADD ("/http-proxy/socks", NULL, test_socks);

  result = g_test_run ();
  g_clear_pointer (&servers, tls_servers_free);

  return result;
}

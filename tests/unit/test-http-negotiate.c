/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/tls-servers.h"

/* Kerberos: a real KDC, and an Apache that wants a ticket. */

static TlsServers *servers;
static const char *why_not;
static guint16 apache_port;
static guint16 kdc_port;

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

static char *
dup_url (const char *path)
{
  return g_strdup_printf ("https://localhost:%u%s", apache_port, path);
}

static gboolean
get_ticket (void)
{
  return daemons_run (servers->daemons, "echo secret | kinit user@TEST.EXAMPLE");
}

static gboolean
drop_ticket (void)
{
  return daemons_run (servers->daemons, "kdestroy || true");
}

static DriverLoad *
get (Driver *driver, const char *path, gboolean bulk)
{
  g_autofree char *url = dup_url (path);
  DriverLoad *load = driver_load_new ();
  ULoadParams params = { .decode = TRUE, .bulk = bulk };

  driver_start (driver, load, url, &params);
  driver_wait_done (driver, load);
  g_assert_no_error (load->error);

  return load;
}

/* With a ticket nobody is asked, and the response is the last one. */
static void
test_ticket (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  g_assert_true (get_ticket ());
  for (guint round = 0; round < 4; round++)
    {
      g_autoptr (DriverLoad) load = get (self->driver, "/ticket/small", round % 2);

      g_assert_cmpstr (load->events->str, ==, "rd.");
      g_assert_cmpuint (load->response->status, ==, 200);
      driver_assert_text (load, "hello\n");
      g_assert_cmpstr (u_header_list_get (load->response->headers, "X-User"), ==, "user@TEST.EXAMPLE");
    }
}

static void
test_upload (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (URequestData) request = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { 0 };

  if (self->driver == NULL)
    return;

  g_assert_true (get_ticket ());
  url = dup_url ("/ticket/small");
  params.request = request = u_request_data_new (url);
  g_free (request->method);
  request->method = g_strdup ("POST");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("0123456789", 10);
  driver_start (self->driver, load, NULL, &params);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  /* It is no script: that it is found out for the right user is enough. */
  g_assert_cmpuint (load->response->status, !=, 401);
  g_assert_cmpstr (u_header_list_get (load->response->headers, "X-User"), ==, "user@TEST.EXAMPLE");
}

/* Without one the 401 comes out, with its body; and again, without trying the second time. */
static void
test_no_ticket (Fixture *self, gconstpointer data)
{
  if (self->driver == NULL)
    return;

  g_assert_true (drop_ticket ());
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (DriverLoad) load = get (self->driver, "/ticket/small", FALSE);

      g_assert_cmpstr (load->events->str, ==, "rd.");
      g_assert_cmpuint (load->response->status, ==, 401);
      g_assert_cmpuint (load->n_data, >, 0);
    }
}

/* Basic of a server is none of the loader's business. */
static void
test_basic (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = NULL;
  g_autofree char *offers = NULL;

  if (self->driver == NULL)
    return;

  load = get (self->driver, "/basic/small", FALSE);
  g_assert_cmpstr (load->events->str, ==, "rd.");
  g_assert_cmpuint (load->response->status, ==, 401);
  offers = u_header_list_dup_joined (load->response->headers, "WWW-Authenticate");
  g_assert_nonnull (strstr (offers, "Basic"));
}

static const char krb_script[] =
  "kdb5_util create -s -r TEST.EXAMPLE -P master\n"
  "kadmin.local -r TEST.EXAMPLE -q 'addprinc -pw secret user'\n"
  "kadmin.local -r TEST.EXAMPLE -q 'addprinc -randkey HTTP/localhost'\n"
  "kadmin.local -r TEST.EXAMPLE -q 'ktadd -k http.keytab HTTP/localhost'\n"
  "chmod 644 http.keytab\nmkdir -p www/ticket www/basic\ncp www/small www/ticket\ncp www/small www/basic\n"
  "printf 'user:%s\\n' $(openssl passwd -apr1 secret) > passwords\n";

static gboolean
start_kdc (const char *program)
{
  const char *folder = servers->daemons->folder;
  g_autofree char *client = NULL;
  g_autofree char *kdc = NULL;
  g_autofree char *client_path = daemons_dup_path (servers->daemons, "krb5.conf");
  g_autofree char *kdc_path = daemons_dup_path (servers->daemons, "kdc.conf");
  g_autofree char *cache = g_strdup_printf ("FILE:%s/tickets", folder);

  kdc_port = find_free_port ();
  client = g_strdup_printf ("[libdefaults]\ndefault_realm = TEST.EXAMPLE\ndns_lookup_kdc = false\n"
                            "dns_lookup_realm = false\nrdns = false\ndns_canonicalize_hostname = false\n"
                            "udp_preference_limit = 1\n"
                            "[realms]\nTEST.EXAMPLE = {\nkdc = 127.0.0.1:%u\n}\n"
                            "[domain_realm]\nlocalhost = TEST.EXAMPLE\n", kdc_port);
  kdc = g_strdup_printf ("[kdcdefaults]\nkdc_ports = \"\"\nkdc_listen = \"\"\nkdc_tcp_listen = 127.0.0.1:%u\n"
                         "[realms]\nTEST.EXAMPLE = {\ndatabase_name = %s/principal\nkey_stash_file = %s/stash\n"
                         "acl_file = %s/acl\n}\n"
                         "[logging]\nkdc = FILE:%s/kdc.log\n", kdc_port, folder, folder, folder, folder);
  daemons_write (servers->daemons, "krb5.conf", client);
  daemons_write (servers->daemons, "kdc.conf", kdc);
  g_setenv ("KRB5_CONFIG", client_path, TRUE);
  g_setenv ("KRB5_KDC_PROFILE", kdc_path, TRUE);
  g_setenv ("KRB5CCNAME", cache, TRUE);
  if (!daemons_run (servers->daemons, krb_script))
    return FALSE;
  daemons_spawn (servers->daemons, program, "-n");

  return daemons_wait_for_port (kdc_port);
}

static gboolean
start_apache (const char *program)
{
  static const char * const modules[] = {
    "mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_gssapi", "ssl",
    "socache_shmcb", "headers",
  };
  const char *folder = servers->daemons->folder;
  g_autoptr (GString) config = g_string_new (NULL);

  apache_port = find_free_port ();
  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    g_string_append_printf (config, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", modules[i],
                            modules[i]);
  g_string_append_printf (config,
                          "ServerRoot %s\nServerName localhost\nListen 127.0.0.1:%u\nPidFile apache.pid\n"
                          "DefaultRuntimeDir .\nMutex fcntl\nErrorLog apache.log\nDocumentRoot %s/www\n"
                          "SSLEngine on\nSSLCertificateFile good.pem\nSSLCertificateKeyFile good.key\n"
                          "Header always set X-User \"expr=%%{REMOTE_USER}\"\n"
                          "<IfModule unixd_module>\nUser nobody\nGroup nogroup\n</IfModule>\n"
                          "<Location /ticket>\nAuthType GSSAPI\nAuthName ticket\n"
                          "GssapiCredStore keytab:%s/http.keytab\nRequire valid-user\n</Location>\n"
                          "<Location /basic>\nAuthType Basic\nAuthName basic\nAuthUserFile passwords\n"
                          "Require valid-user\n</Location>\n", folder, apache_port, folder, folder);
  daemons_write (servers->daemons, "apache.conf", config->str);
  daemons_spawn (servers->daemons, program, "-X", "-f", "apache.conf", "-d", folder);

  return daemons_wait_for_port (apache_port);
}

int
main (int argc, char **argv)
{
  g_autofree char *kdc = daemons_find_program ("krb5kdc");
  g_autofree char *kinit = daemons_find_program ("kinit");
  g_autofree char *apache = daemons_find_program ("apache2");
  int result;

  g_test_init (&argc, &argv, NULL);

  if (kdc == NULL || kinit == NULL)
    why_not = "a KDC is not installed";
  else if (apache == NULL || !g_file_test ("/usr/lib/apache2/modules/mod_auth_gssapi.so", G_FILE_TEST_EXISTS))
    why_not = "Apache with its module for Kerberos is not installed";
  else
    servers = tls_servers_new (&why_not);
  if (servers != NULL && (!start_kdc (kdc) || !start_apache (apache)))
    {
      g_autofree char *kdc_log = daemons_read (servers->daemons, "kdc.log");
      g_autofree char *apache_log = daemons_read (servers->daemons, "apache.log");

      g_test_message ("%s%s", kdc_log, apache_log);
      why_not = "the KDC or Apache does not start";
      g_clear_pointer (&servers, tls_servers_free);
    }

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/http-negotiate/r109-ticket", test_ticket);
  ADD ("/http-negotiate/upload", test_upload);
  ADD ("/http-negotiate/no-ticket", test_no_ticket);
  ADD ("/http-negotiate/basic", test_basic);

  result = g_test_run ();
  g_clear_pointer (&servers, tls_servers_free);

  return result;
}

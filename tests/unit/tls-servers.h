/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/unit/daemon.h"

/* A real nginx with many ports: each has another certificate, or wants other things of TLS. */

typedef enum {
  TLS_GOOD,
  TLS_EXPIRED,
  TLS_NOT_YET,
  TLS_OTHER_HOST,
  TLS_SELF_SIGNED,
  TLS_STRANGER,               /* signed by an authority that nobody knows */
  TLS_WEAK_KEY,
  TLS_WEAK_SIGNATURE,
  TLS_INCOMPLETE,             /* signed by an authority whose own certificate is not sent */
  TLS_COMPLETE,               /* the same, and it is */
  TLS_REVOKED,
  TLS_1_2_ONLY,
  TLS_1_3_ONLY,
  TLS_1_0_ONLY,
  TLS_NO_FORWARD_SECRECY,
  TLS_CLIENT_OPTIONAL,
  TLS_CLIENT_REQUIRED,        /* by nginx, which says so in a response */
  N_TLS_SERVERS,
} TlsServer;

typedef struct
{
  const char *certificate;    /* of NAME.pem; and the key, NAME.key */
  const char *options;
} TlsServerRow;

static const TlsServerRow tls_server_rows[N_TLS_SERVERS] = {
  [TLS_GOOD] = { "good", "" },
  [TLS_EXPIRED] = { "expired", "" },
  [TLS_NOT_YET] = { "notyet", "" },
  [TLS_OTHER_HOST] = { "other", "" },
  [TLS_SELF_SIGNED] = { "selfsigned", "" },
  [TLS_STRANGER] = { "stranger", "" },
  [TLS_WEAK_KEY] = { "weak", "ssl_ciphers ALL:@SECLEVEL=0;" },
  [TLS_WEAK_SIGNATURE] = { "sha1", "ssl_ciphers ALL:@SECLEVEL=0;" },
  [TLS_INCOMPLETE] = { "leaf", "" },
  [TLS_COMPLETE] = { "full", "" },
  [TLS_REVOKED] = { "revoked", "" },
  [TLS_1_2_ONLY] = { "good", "ssl_protocols TLSv1.2;" },
  [TLS_1_3_ONLY] = { "good", "ssl_protocols TLSv1.3;" },
  [TLS_1_0_ONLY] = { "rsa", "ssl_protocols TLSv1; ssl_ciphers ALL:@SECLEVEL=0;" },
  [TLS_NO_FORWARD_SECRECY] = { "rsa", "ssl_protocols TLSv1.2; ssl_ciphers AES128-GCM-SHA256;" },
  [TLS_CLIENT_OPTIONAL] = { "good", "ssl_verify_client optional; ssl_client_certificate ca.pem;" },
  [TLS_CLIENT_REQUIRED] = { "good", "ssl_verify_client on; ssl_client_certificate ca.pem;" },
};

typedef struct
{
  Daemons *daemons;           /* owned */
  guint16 ports[N_TLS_SERVERS];
  guint16 plain_port;         /* without TLS */
  GTlsDatabase *database;     /* owned; trusts the authority */
} TlsServers;

#define TLS_SERVERS_EC "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
#define TLS_SERVERS_SIGN "openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial "

static const char tls_servers_script[] =
  "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > good.ext\n"
  "printf 'subjectAltName=DNS:other.example\\n' > other.ext\n"
  "printf 'basicConstraints=critical,CA:true\\n' > ca.ext\n"
  "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\n"
  "policy=p\\ncopy_extensions=none\\ndefault_crl_days=3\\n[p]\\ncommonName=supplied\\n' > ca.cnf\n"
  "touch index.txt\necho 1000 > serial\n"
  "openssl req " TLS_SERVERS_EC "-x509 -days 3 -keyout ca.key -out ca.pem -subj '/CN=Test authority'\n"
  "openssl req " TLS_SERVERS_EC "-x509 -days 3 -keyout ca2.key -out ca2.pem -subj '/CN=Unknown authority'\n"
  "openssl req " TLS_SERVERS_EC "-keyout good.key -out good.csr -subj '/CN=Test server'\n"
  "for n in sha1 expired notyet other stranger leaf full revoked; do cp good.key $n.key; done\n"
  TLS_SERVERS_SIGN "-in good.csr -days 3 -extfile good.ext -out good.pem\n"
  TLS_SERVERS_SIGN "-in good.csr -days -1 -extfile good.ext -out expired.pem\n"
  TLS_SERVERS_SIGN "-in good.csr -days 3 -extfile other.ext -out other.pem\n"
  TLS_SERVERS_SIGN "-in good.csr -days 3 -sha1 -extfile good.ext -out sha1.pem\n"
  "openssl x509 -req -CA ca2.pem -CAkey ca2.key -CAcreateserial -in good.csr -days 3 -extfile good.ext "
  "-out stranger.pem\n"
  "openssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in good.csr -extfile good.ext "
  "-startdate 20900101000000Z -enddate 20910101000000Z -out notyet.pem\n"
  "openssl req " TLS_SERVERS_EC "-x509 -days 3 -keyout selfsigned.key -out selfsigned.pem -subj '/CN=Test server' "
  "-addext subjectAltName=DNS:localhost,IP:127.0.0.1\n"
  "openssl req -newkey rsa:768 -nodes -keyout weak.key -out weak.csr -subj '/CN=Test server'\n"
  TLS_SERVERS_SIGN "-in weak.csr -days 3 -extfile good.ext -out weak.pem\n"
  "openssl req -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.csr -subj '/CN=Test server'\n"
  TLS_SERVERS_SIGN "-in rsa.csr -days 3 -extfile good.ext -out rsa.pem\n"
  "openssl req " TLS_SERVERS_EC "-keyout sub.key -out sub.csr -subj '/CN=Test sub-authority'\n"
  TLS_SERVERS_SIGN "-in sub.csr -days 3 -extfile ca.ext -out sub.pem\n"
  "openssl x509 -req -CA sub.pem -CAkey sub.key -CAcreateserial -in good.csr -days 3 -extfile good.ext -out leaf.pem\n"
  "cat leaf.pem sub.pem > full.pem\n"
  "openssl req " TLS_SERVERS_EC "-keyout x.key -out x.csr -subj '/CN=Test revoked'\n"
  "openssl ca -batch -notext -days 3 -config ca.cnf -cert ca.pem -keyfile ca.key -in x.csr -extfile good.ext "
  "-out revoked.pem\ncp x.key revoked.key\n"
  "openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke revoked.pem\n"
  "openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem\n"
  "openssl req " TLS_SERVERS_EC "-keyout client.key -out client.csr -subj '/CN=Test client'\n"
  TLS_SERVERS_SIGN "-in client.csr -days 3 -out client.pem\n"
  "openssl req " TLS_SERVERS_EC "-x509 -days 3 -keyout badclient.key -out badclient.pem -subj '/CN=Unknown client'\n"
  "mkdir www\nprintf 'hello\\n' > www/small\n";

static inline void
tls_servers_free (TlsServers *self)
{
  g_clear_object (&self->database);
  daemons_free (self->daemons);
  g_free (self);
}

/* NULL, and @why, when it cannot be had here. */
static inline TlsServers *
tls_servers_new (const char **why)
{
  TlsServers *self = NULL;
  g_autoptr (GString) config = NULL;
  g_autofree char *ca = NULL;
  g_autofree char *program = daemons_find_program ("nginx");

  if (program == NULL)
    {
      *why = "nginx is not installed";
      return NULL;
    }

  self = g_new0 (TlsServers, 1);
  self->daemons = daemons_new ();
  if (!daemons_run (self->daemons, tls_servers_script))
    {
      *why = "openssl cannot make certificates";
      tls_servers_free (self);
      return NULL;
    }

  config = g_string_new ("daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\n"
                         "events { worker_connections 256; }\n"
                         "http {\n"
                         "  log_format ports '$server_port $request $ssl_client_s_dn';\n"
                         "  access_log access.log ports;\n"
                         "  client_body_temp_path body;\n  proxy_temp_path proxy;\n  fastcgi_temp_path fastcgi;\n"
                         "  uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n");
  for (guint i = 0; i < N_TLS_SERVERS; i++)
    {
      const TlsServerRow *row = &tls_server_rows[i];

      self->ports[i] = find_free_port ();
      g_string_append_printf (config,
                              "  server {\n    listen 127.0.0.1:%u ssl http2;\n    ssl_certificate %s.pem;\n"
                              "    ssl_certificate_key %s.key;\n    %s\n    location / { root www; }\n"
                              "    location /who { return 200 \"$ssl_client_s_dn|$http_cookie|$http_x_one\"; }\n"
                              "    location /logins { return 200 \"$http_proxy_authorization|$http_authorization\"; }\n"
                              "  }\n",
                              self->ports[i], row->certificate, row->certificate, row->options);
    }
  self->plain_port = find_free_port ();
  g_string_append_printf (config,
                          "  server {\n    listen 127.0.0.1:%u;\n    location / { root www; }\n"
                          "    location /logins { return 200 \"$http_proxy_authorization|$http_authorization\"; }\n"
                          "  }\n}\n", self->plain_port);
  daemons_write (self->daemons, "nginx.conf", config->str);
  daemons_spawn (self->daemons, program, "-p", self->daemons->folder, "-c", "nginx.conf");
  if (!daemons_wait_for_port (self->ports[0]))
    {
      g_autofree char *log = daemons_read (self->daemons, "error.log");

      g_test_message ("%s", log);
      *why = "nginx does not start";
      tls_servers_free (self);
      return NULL;
    }

  ca = daemons_dup_path (self->daemons, "ca.pem");
  self->database = g_tls_file_database_new (ca, NULL);
  g_assert_nonnull (self->database);

  return self;
}

static inline char *
tls_servers_dup_url (TlsServers *self, TlsServer server, const char *path)
{
  return g_strdup_printf ("https://127.0.0.1:%u%s", self->ports[server], path);
}

/* The requests that came to a server; nginx writes them down before their end. */
static inline guint
tls_servers_count_requests (TlsServers *self, TlsServer server)
{
  g_autofree char *log = daemons_read (self->daemons, "access.log");
  g_autofree char *prefix = g_strdup_printf ("%u ", self->ports[server]);
  g_auto (GStrv) lines = g_strsplit (log, "\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], prefix))
        n++;
    }

  return n;
}

static inline GTlsCertificate *
tls_servers_load_identity (TlsServers *self, const char *name)
{
  g_autofree char *certificate = g_strdup_printf ("%s/%s.pem", self->daemons->folder, name);
  g_autofree char *key = g_strdup_printf ("%s/%s.key", self->daemons->folder, name);
  g_autoptr (GError) error = NULL;
  GTlsCertificate *identity = g_tls_certificate_new_from_files (certificate, key, &error);

  g_assert_no_error (error);

  return identity;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/unit/free-port.h"

/* A real nginx on loopback for one test program: plain HTTP, and TLS with HTTP/2 under certificates of a CA made for
 * the occasion. Needs nginx and openssl. */

typedef struct
{
  char *folder;               /* owned; "www" in it is served */
  GSubprocess *process;       /* owned */
  guint16 plain_port;
  guint16 tls_port;           /* a good certificate */
  guint16 expired_port;
  guint16 other_port;         /* a certificate for another host */
  GTlsDatabase *database;     /* owned; trusts the CA */
} Nginx;

static inline gboolean
nginx_run (const char *folder, const char *command)
{
  const char *argv[] = { "/bin/sh", "-c", command, NULL };
  int status = -1;

  return g_spawn_sync (folder, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                       NULL, NULL, &status, NULL)
         && status == 0;
}

static inline void
nginx_write (Nginx *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

#define NGINX_NEW_KEY "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
#define NGINX_SIGN "openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial "

static inline gboolean
nginx_make_certificates (Nginx *self)
{
  nginx_write (self, "good.ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  nginx_write (self, "other.ext", "subjectAltName=DNS:other.example\n");

  return nginx_run (self->folder,
                    "set -e\n"
                    NGINX_NEW_KEY "-x509 -days 3 -keyout ca.key -out ca.pem -subj '/CN=Test authority'\n"
                    NGINX_NEW_KEY "-keyout server.key -out server.csr -subj '/CN=Test server'\n"
                    NGINX_SIGN "-in server.csr -days 3 -extfile good.ext -out good.pem\n"
                    NGINX_SIGN "-in server.csr -days -1 -extfile good.ext -out expired.pem\n"
                    NGINX_SIGN "-in server.csr -days 3 -extfile other.ext -out other.pem\n");
}

static inline void
nginx_add_tls_server (GString *config, guint16 port, const char *certificate)
{
  g_string_append_printf (config,
                          "  server {\n"
                          "    listen 127.0.0.1:%u ssl http2;\n"
                          "    ssl_certificate %s.pem;\n"
                          "    ssl_certificate_key server.key;\n"
                          "    location / { root www; }\n"
                          "    location /gz/ { alias www/; gzip on; gzip_types *; gzip_min_length 1; }\n"
                          "    location /put/ { root www; dav_methods PUT; client_max_body_size 0; }\n"
                          "  }\n", port, certificate);
}

static inline void
nginx_free (Nginx *self)
{
  if (self->process != NULL)
    {
      g_subprocess_force_exit (self->process);
      g_subprocess_wait (self->process, NULL, NULL);
      g_object_unref (self->process);
    }
  if (self->folder != NULL)
    {
      g_autofree char *command = g_strdup_printf ("rm -rf '%s'", self->folder);

      nginx_run ("/", command);
      g_free (self->folder);
    }
  g_clear_object (&self->database);
  g_free (self);
}

/* A test that crashes leaves no server behind. */
static inline void
nginx_child_setup (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* NULL, and @why, when it cannot be had here. */
static inline Nginx *
nginx_new (const char **why)
{
  Nginx *self = NULL;
  g_autoptr (GString) config = NULL;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char *ca = NULL;
  g_autofree char *www = NULL;
  g_autofree char *program = g_find_program_in_path ("nginx");

  if (program == NULL && g_file_test ("/usr/sbin/nginx", G_FILE_TEST_IS_EXECUTABLE))
    program = g_strdup ("/usr/sbin/nginx");
  if (program == NULL)
    {
      *why = "nginx is not installed";
      return NULL;
    }

  self = g_new0 (Nginx, 1);
  self->folder = g_dir_make_tmp ("urlsession-nginx-XXXXXX", NULL);
  www = g_build_filename (self->folder, "www", NULL);
  g_assert_cmpint (g_mkdir (www, 0755), ==, 0);
  g_assert_cmpint (g_chmod (self->folder, 0755), ==, 0);
  if (!nginx_make_certificates (self))
    {
      *why = "openssl cannot make certificates";
      nginx_free (self);
      return NULL;
    }

  self->plain_port = find_free_port ();
  self->tls_port = find_free_port ();
  self->expired_port = find_free_port ();
  self->other_port = find_free_port ();
  config = g_string_new (NULL);
  g_string_append_printf (config,
                          "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\n"
                          "events { worker_connections 256; }\n"
                          "http {\n"
                          "  access_log off;\n  sendfile on;\n  keepalive_requests 1000000;\n"
                          "  client_body_temp_path body;\n  proxy_temp_path proxy;\n  fastcgi_temp_path fastcgi;\n"
                          "  uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n"
                          "  server {\n"
                          "    listen 127.0.0.1:%u; location / { root www; }\n"
                          "    location /put/ { root www; dav_methods PUT; client_max_body_size 0; }\n"
                          "  }\n", self->plain_port);
  nginx_add_tls_server (config, self->tls_port, "good");
  nginx_add_tls_server (config, self->expired_port, "expired");
  nginx_add_tls_server (config, self->other_port, "other");
  g_string_append (config, "}\n");
  nginx_write (self, "nginx.conf", config->str);

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_child_setup (launcher, nginx_child_setup, NULL, NULL);
  self->process = g_subprocess_launcher_spawn (launcher, NULL, program, "-p", self->folder, "-c", "nginx.conf", NULL);
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GSocketConnection) connection = NULL;

      connection = g_socket_client_connect_to_host (client, "127.0.0.1", self->plain_port, NULL, NULL);
      if (connection != NULL)
        {
          ca = g_build_filename (self->folder, "ca.pem", NULL);
          self->database = g_tls_file_database_new (ca, NULL);
          g_assert_nonnull (self->database);
          return self;
        }
      g_usleep (10 * 1000);
    }

  *why = "nginx does not start";
  nginx_free (self);

  return NULL;
}

/* A file of @size bytes, each of which nginx_byte_at() tells. */
static inline guint8
nginx_byte_at (guint64 position)
{
  return (guint8) (position * 31 + (position >> 12));
}

static inline void
nginx_add_file (Nginx *self, const char *name, gsize size)
{
  g_autofree char *path = g_build_filename (self->folder, "www", name, NULL);
  g_autofree guint8 *bytes = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    bytes[i] = nginx_byte_at (i);
  g_assert_true (g_file_set_contents_full (path, (const char *) bytes, size, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
}

static inline char *
nginx_dup_url (guint16 port, const char *path)
{
  return g_strdup_printf ("https://127.0.0.1:%u%s", port, path);
}

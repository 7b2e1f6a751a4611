/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>

#include "tests/unit/load-driver.h"
#include "tests/unit/nginx.h"
#include "tests/unit/raw-server.h"

/* Bodies of requests, from memory, from files and from both: how they arrive, once and once more. */

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned */
  RawServer *server;          /* owned, nullable */
  Nginx *nginx;               /* owned, nullable */
  char *path;                 /* of a file with "from a file" */
  const char *skipped;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };
  int fd;

  self->context = driver_push_context ();
  if (data != NULL)
    {
      self->nginx = nginx_new (&self->skipped);
      if (self->nginx == NULL)
        {
          g_test_skip (self->skipped);
          return;
        }
      settings.tls_database = self->nginx->database;
    }
  self->driver = driver_new (u_http_loader_new (&settings));
  self->path = g_build_filename (g_get_tmp_dir (), "upload-XXXXXX", NULL);
  fd = g_mkstemp (self->path);
  close (fd);
  g_assert_true (g_file_set_contents (self->path, "from a file", -1, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  if (self->driver != NULL)
    driver_free (self->driver);
  g_clear_pointer (&self->server, raw_server_free);
  g_clear_pointer (&self->nginx, nginx_free);
  if (self->path != NULL)
    g_unlink (self->path);
  g_free (self->path);
  driver_pop_context (self->context);
}

static URequestData *
new_request (const char *url, const char *method)
{
  URequestData *request = u_request_data_new (url);

  g_free (request->method);
  request->method = g_strdup (method);

  return request;
}

static void
add_text (URequestData *request, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  if (request->body_parts == NULL)
    request->body_parts = u_body_parts_new ();
  request->body_kind = U_BODY_PARTS;
  u_body_parts_add_bytes (request->body_parts, bytes);
}

/* Says the same in each way that there is: "<from a file>" where it is in parts, "from a file" otherwise. */
static const char *
set_body (URequestData *request, UBodyKind kind, const char *path)
{
  switch (kind)
    {
    case U_BODY_FILE:
      request->body_kind = U_BODY_FILE;
      request->body_path = g_strdup (path);
      return "from a file";

    case U_BODY_PARTS:
      add_text (request, "<");
      u_body_parts_add_file (request->body_parts, path);
      add_text (request, ">");
      return "<from a file>";

    case U_BODY_BYTES:
    case U_BODY_NONE:
    default:
      request->body_kind = U_BODY_BYTES;
      request->body_bytes = g_bytes_new_static ("from a file", 11);
      return "from a file";
    }
}

static void
test_kinds (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { OK, -1, RAW_KEEP }, { OK, -1, RAW_KEEP }, { OK, -1, RAW_KEEP } };
  g_autofree char *url = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  url = raw_server_dup_url (self->server, "/");
  for (UBodyKind kind = U_BODY_BYTES; kind <= U_BODY_PARTS; kind++)
    {
      g_autoptr (URequestData) request = new_request (url, "PUT");
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request };
      const char *body = set_body (request, kind, self->path);
      g_autofree char *length = g_strdup_printf ("\r\nContent-Length: %zu\r\n", strlen (body));
      const char *sent;

      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpstr (load->events->str, ==, "srd.");
      g_assert_cmpint (load->n_sent, ==, strlen (body));
      g_assert_cmpint (load->body_sent, ==, strlen (body));
      g_assert_cmpint (load->body_length, ==, strlen (body));
      sent = raw_server_get_request (self->server, kind - U_BODY_BYTES);
      g_assert_nonnull (strstr (sent, length));
      g_assert_cmpstr (strstr (sent, "\r\n\r\n") + 4, ==, body);
    }
}

/* A kept connection that the server closed meanwhile is replaced, and the body is sent from its first byte. */
static void
test_stale_connection (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { OK, -1, RAW_KEEP }, { "", -1, RAW_CLOSE }, { OK, -1, RAW_KEEP } };

  for (UBodyKind kind = U_BODY_BYTES; kind <= U_BODY_PARTS; kind++)
    {
      g_autofree char *url = NULL;
      g_autoptr (URequestData) request = NULL;
      g_autoptr (DriverLoad) first = NULL;
      g_autoptr (DriverLoad) second = driver_load_new ();
      ULoadParams params = { 0 };
      const char *body;

      self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
      url = raw_server_dup_url (self->server, "/");
      first = driver_get (self->driver, url);
      params.request = request = new_request (url, "PUT");
      body = set_body (request, kind, self->path);
      driver_start (self->driver, second, url, &params);
      driver_wait_done (self->driver, second);
      g_assert_no_error (second->error);
      driver_assert_text (second, "2");
      g_assert_cmpstr (strstr (raw_server_get_request (self->server, 2), "\r\n\r\n") + 4, ==, body);
      g_assert_cmpint (second->body_sent, ==, strlen (body));
      g_clear_pointer (&first->load, u_load_free);
      g_clear_pointer (&second->load, u_load_free);
      g_clear_pointer (&self->server, raw_server_free);
    }
}

typedef enum {
  GROWS,
  SHRINKS,
  VANISHES,
  N_CHANGES,
} Change;

static void
change (const char *path, Change how)
{
  if (how == GROWS)
    g_assert_true (g_file_set_contents (path, "from a file that grew", -1, NULL));
  else if (how == SHRINKS)
    g_assert_true (g_file_set_contents (path, "from", -1, NULL));
  else
    g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
change_on_first_byte (DriverLoad *load, const ULoadEvent *event)
{
  gpointer *what = load->user_data;

  if (what[0] != NULL && event->kind == U_LOAD_SENT)
    change (g_steal_pointer (&what[0]), GPOINTER_TO_INT (what[1]));
}

/* After it was measured, and before it is read: what stands before it in the body takes some time to be sent. */
static void
test_file_changes (Fixture *self, gconstpointer data)
{
  static const int codes[] = {
    U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED, U_ERROR_FILE_DOES_NOT_EXIST,
  };
  static const RawReply reply = { NULL, 0, RAW_HOLD };

  for (Change how = GROWS; how < N_CHANGES; how++)
    {
      g_autofree char *url = NULL;
      g_autofree char *text = g_strnfill (16 * 1024 * 1024, 'x');
      g_autoptr (GBytes) before = g_bytes_new_take (g_steal_pointer (&text), 16 * 1024 * 1024);
      g_autoptr (URequestData) request = NULL;
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { 0 };
      gpointer what[] = { self->path, GINT_TO_POINTER (how) };

      g_assert_true (g_file_set_contents (self->path, "from a file", -1, NULL));
      self->server = raw_server_new (&reply, 1);
      url = raw_server_dup_url (self->server, "/");
      params.request = request = new_request (url, "PUT");
      request->body_kind = U_BODY_PARTS;
      request->body_parts = u_body_parts_new ();
      u_body_parts_add_bytes (request->body_parts, before);
      u_body_parts_add_file (request->body_parts, self->path);
      load->on_event = change_on_first_byte;
      load->user_data = what;
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_error (load->error, U_ERROR, codes[how]);
      g_assert_nonnull (strstr (load->error->message, self->path));
      g_assert_null (load->response);
      g_clear_pointer (&load->load, u_load_free);
      g_clear_pointer (&self->server, raw_server_free);
    }
}

/* The same where libsoup reads the body in another way. */
static void
test_file_changes_http2 (Fixture *self, gconstpointer data)
{
  for (Change how = GROWS; self->nginx != NULL && how < N_CHANGES; how++)
    {
      static const int codes[] = {
        U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED, U_ERROR_FILE_DOES_NOT_EXIST,
      };
      g_autofree char *folder = g_build_filename (self->nginx->folder, "www", "put", NULL);
      g_autofree char *stored = g_build_filename (folder, "stored", NULL);
      g_autofree char *url = g_strdup_printf ("https://localhost:%u/put/stored", self->nginx->tls_port);
      g_autofree char *again = g_strdup_printf ("https://localhost:%u/put/again", self->nginx->tls_port);
      g_autofree char *text = g_strnfill (16 * 1024 * 1024, 'x');
      g_autoptr (GBytes) before = g_bytes_new_take (g_steal_pointer (&text), 16 * 1024 * 1024);
      g_autoptr (URequestData) request = new_request (url, "PUT");
      g_autoptr (URequestData) next_request = new_request (again, "PUT");
      g_autoptr (DriverLoad) load = driver_load_new ();
      g_autoptr (DriverLoad) next = driver_load_new ();
      ULoadParams params = { .request = request };
      ULoadParams next_params = { .request = next_request };
      gpointer what[] = { self->path, GINT_TO_POINTER (how) };

      g_mkdir (folder, 0777);
      g_assert_true (g_file_set_contents (self->path, "from a file", -1, NULL));
      request->body_kind = U_BODY_PARTS;
      request->body_parts = u_body_parts_new ();
      u_body_parts_add_bytes (request->body_parts, before);
      u_body_parts_add_file (request->body_parts, self->path);
      load->on_event = change_on_first_byte;
      load->user_data = what;
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_error (load->error, U_ERROR, codes[how]);
      g_assert_null (load->response);
      g_assert_false (g_file_test (stored, G_FILE_TEST_EXISTS));

      /* Nothing but that request suffers. */
      g_assert_true (g_file_set_contents (self->path, "from a file", -1, NULL));
      set_body (next_request, U_BODY_PARTS, self->path);
      driver_start (self->driver, next, again, &next_params);
      driver_wait_done (self->driver, next);
      g_assert_no_error (next->error);
      g_assert_cmpuint (next->response->status / 100, ==, 2);
    }
}

static void
test_bad_files (Fixture *self, gconstpointer data)
{
  g_autofree char *fifo = g_strconcat (self->path, "-fifo", NULL);
  const struct
  {
    const char *path;
    UError code;
  } cases[] = {
    { "/nowhere/at/all", U_ERROR_FILE_DOES_NOT_EXIST },
    { "/tmp", U_ERROR_FILE_IS_DIRECTORY },
    { "/dev/null", U_ERROR_CANNOT_OPEN_FILE },
    { fifo, U_ERROR_CANNOT_OPEN_FILE },
  };

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  self->server = raw_server_new (NULL, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = raw_server_dup_url (self->server, "/");
      g_autoptr (URequestData) request = new_request (url, "POST");
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .request = request };

      add_text (request, "a");
      u_body_parts_add_file (request->body_parts, self->path);
      u_body_parts_add_file (request->body_parts, cases[i].path);
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_error (load->error, U_ERROR, (int) cases[i].code);
      g_assert_cmpstr (load->events->str, ==, "!");
    }
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 0);
  g_unlink (fifo);
}

static void
cancel_when_sent (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == U_LOAD_SENT)
    g_clear_pointer (&load->load, u_load_free);
}

static gboolean
is_freed (gpointer user_data)
{
  return ((DriverLoad *) user_data)->load == NULL;
}

/* At any point: while the files are measured, and while they are read. */
static void
test_cancel (Fixture *self, gconstpointer data)
{
  static const RawReply reply = { NULL, 0, RAW_HOLD };

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *url = NULL;
      g_autoptr (URequestData) request = NULL;
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { 0 };

      self->server = raw_server_new (&reply, 1);
      url = raw_server_dup_url (self->server, "/");
      params.request = request = new_request (url, "PUT");
      for (guint j = 0; j < 50; j++)
        set_body (request, U_BODY_PARTS, self->path);
      if (i == 3)
        load->on_event = cancel_when_sent;
      driver_start (self->driver, load, url, &params);
      for (guint j = 0; j < i * 3 && i < 3; j++)
        g_main_context_iteration (self->context, FALSE);
      if (i == 3)
        g_assert_true (driver_wait (self->driver, is_freed, load, 20));
      g_clear_pointer (&load->load, u_load_free);
      driver_spin (self->driver, 0.02);
      g_assert_cmpstr (load->events->str, ==, i == 3 ? "s" : "");
      g_clear_pointer (&self->server, raw_server_free);
    }
}

/* To an independent server, over both versions, with sizes that need many reads. */
static void
test_nginx (Fixture *self, gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 256 * 1024, 3 * 1000 * 1000 + 1 };

  for (guint i = 0; self->nginx != NULL && i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      gsize size = sizes[i / 2];
      g_autofree char *content = g_malloc (size + 1);
      g_autofree char *folder = g_build_filename (self->nginx->folder, "www", "put", NULL);
      g_autofree char *stored = g_build_filename (folder, "stored", NULL);
      g_autofree char *url = g_strdup_printf ("https://localhost:%u/put/stored", self->nginx->tls_port);
      g_autofree char *found = NULL;
      g_autoptr (URequestData) request = new_request (url, "PUT");
      g_autoptr (DriverLoad) load = driver_load_new ();
      g_autoptr (GError) error = NULL;
      ULoadParams params = { .request = request, .bulk = i % 2 == 1 };
      gsize n_found;

      for (gsize j = 0; j < size; j++)
        content[j] = (char) nginx_byte_at (j);
      g_assert_true (g_file_set_contents (self->path, content, (gssize) size, NULL));
      g_mkdir (folder, 0777);
      g_unlink (stored);
      set_body (request, U_BODY_PARTS, self->path);
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpstr (load->response->http_version, ==, i % 2 == 1 ? "1.1" : "2");
      g_assert_cmpuint (load->response->status, ==, 201);
      g_assert_cmpint (load->n_sent, ==, size + 2);
      g_assert_cmpint (load->body_length, ==, size + 2);
      g_assert_true (g_file_get_contents (stored, &found, &n_found, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (n_found, ==, size + 2);
      g_assert_true (found[0] == '<' && found[size + 1] == '>');
      g_assert_cmpmem (found + 1, size, content, size);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/http-upload/r043-r044-kinds", NULL, test_kinds);
  ADD ("/http-upload/r151-stale-connection", NULL, test_stale_connection);
  ADD ("/http-upload/file-changes", NULL, test_file_changes);
  ADD ("/http-upload/file-changes-http2", "nginx", test_file_changes_http2);
  ADD ("/http-upload/r045-bad-files", NULL, test_bad_files);
  ADD ("/http-upload/cancel", NULL, test_cancel);
  ADD ("/http-upload/r272-nginx", "nginx", test_nginx);

  return g_test_run ();
}

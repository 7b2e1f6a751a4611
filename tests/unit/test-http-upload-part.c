/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/raw-server.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* A part of the body of a request: an upload that goes on where another one stopped. */

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned */
  char *path;                 /* of a file with "0123456789" */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };
  int fd;

  self->context = driver_push_context ();
  self->driver = driver_new (u_http_loader_new (&settings));
  self->path = g_build_filename (g_get_tmp_dir (), "part-XXXXXX", NULL);
  fd = g_mkstemp (self->path);
  close (fd);
  g_assert_true (g_file_set_contents (self->path, "0123456789", -1, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_free (self->driver);
  g_unlink (self->path);
  g_free (self->path);
  driver_pop_context (self->context);
}

/* In each way that there is the body is "0123456789". */
static URequestData *
new_request (Fixture *self, const char *url, guint kind)
{
  URequestData *request = u_request_data_new (url);

  g_free (request->method);
  request->method = g_strdup ("PATCH");
  if (kind == 0)
    {
      request->body_kind = U_BODY_BYTES;
      request->body_bytes = g_bytes_new_static ("0123456789", 10);
    }
  else if (kind == 1)
    {
      request->body_kind = U_BODY_FILE;
      request->body_path = g_strdup (self->path);
    }
  else
    {
      g_autoptr (GBytes) first = g_bytes_new_static ("0", 1);
      g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
      g_autoptr (GBytes) last = g_bytes_new_static ("789", 3);
      g_autofree char *middle = g_strconcat (self->path, ".middle", NULL);

      g_assert_true (g_file_set_contents (middle, "123456", -1, NULL));
      request->body_kind = U_BODY_PARTS;
      request->body_parts = u_body_parts_new ();
      u_body_parts_add_bytes (request->body_parts, first);
      u_body_parts_add_bytes (request->body_parts, nothing);
      u_body_parts_add_file (request->body_parts, middle);
      u_body_parts_add_bytes (request->body_parts, last);
    }

  return request;
}

static const struct
{
  gint64 offset;
  gint64 count;
  gint64 total;
  const char *body;           /* NULL: an error */
} parts[] = {
  { 0, 0, 0, "0123456789" },
  { 0, 0, 10, "0123456789" },
  { 1, 0, 10, "123456789" },
  { 3, 0, 0, "3456789" },
  { 3, 2, 0, "34" },
  { 0, 4, 10, "0123" },
  { 0, 7, 10, "0123456" },
  { 1, 6, 10, "123456" },
  { 7, 0, 10, "789" },
  { 8, 100, 10, "89" },
  { 10, 0, 10, "" },
  { 11, 0, 0, NULL },
  { 0, 0, 9, NULL },
  { 3, 0, 11, NULL },
};

static void
test_parts (Fixture *self, gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autofree char *middle = g_strconcat (self->path, ".middle", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      static const RawReply replies[] = { { OK, -1, RAW_CLOSE } };
      RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
      g_autofree char *url = raw_server_dup_url (server, "/");
      g_autoptr (URequestData) request = new_request (self, url, kind);
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = {
        .request = request,
        .body_offset = parts[i].offset,
        .body_count = parts[i].count,
        .body_total = parts[i].total,
      };

      g_test_message ("%u", i);
      driver_start (self->driver, load, NULL, &params);
      driver_wait_done (self->driver, load);
      if (parts[i].body == NULL)
        {
          g_assert_error (load->error, U_ERROR, U_ERROR_NOT_RESUMABLE);
          g_assert_cmpuint (raw_server_count_connections (server), ==, 0);
        }
      else
        {
          const char *sent = raw_server_get_request (server, 0);
          g_autofree char *length = g_strdup_printf ("\r\nContent-Length: %zu\r\n", strlen (parts[i].body));

          g_assert_no_error (load->error);
          g_assert_nonnull (strstr (sent, length));
          g_assert_cmpstr (strstr (sent, "\r\n\r\n") + 4, ==, parts[i].body);
          g_assert_cmpint (load->body_sent, ==, (gint64) strlen (parts[i].body));
          if (*parts[i].body != '\0')
            g_assert_cmpint (load->body_length, ==, (gint64) strlen (parts[i].body));
        }
      raw_server_free (server);
    }
  g_unlink (middle);
}

/* The end of a part is not the end of the file; one that grew is another one all the same. */
static void
test_file_changes (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { OK, -1, RAW_CLOSE } };
  RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_autofree char *url = raw_server_dup_url (server, "/");
  g_autoptr (URequestData) request = new_request (self, url, 1);
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .request = request, .body_offset = 4, .body_total = 10 };

  g_assert_true (g_file_set_contents (self->path, "0123456789 and more", -1, NULL));
  driver_start (self->driver, load, NULL, &params);
  driver_wait_done (self->driver, load);
  g_assert_error (load->error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_cmpuint (raw_server_count_connections (server), ==, 0);
  raw_server_free (server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/http-upload-part/r200-bytes", Fixture, GUINT_TO_POINTER (0), set_up, test_parts, tear_down);
  g_test_add ("/http-upload-part/r200-file", Fixture, GUINT_TO_POINTER (1), set_up, test_parts, tear_down);
  g_test_add ("/http-upload-part/r200-segments", Fixture, GUINT_TO_POINTER (2), set_up, test_parts, tear_down);
  g_test_add ("/http-upload-part/r200-another-file", Fixture, NULL, set_up, test_file_changes, tear_down);

  return g_test_run ();
}

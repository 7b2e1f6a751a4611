/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/ftp-server.h"
#include "tests/unit/load-driver.h"

/* The loader of ftp: alone, with a server in the same process. */

#define FILE_SIZE (3 * 1024 * 1024 + 17)
#define VALIDATOR "\"20240102030405-3145745\""

typedef struct
{
  GMainContext *context;
  FtpServer *server;
  Driver *driver;
  char *url;
} Fixture;

static GBytes *
new_pattern (gsize size)
{
  guint8 *bytes = g_malloc (MAX (size, 1));

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (i * 31 + i / 251);

  return g_bytes_new_take (bytes, size);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  ULoaderSettings settings = { .max_connections = 4, .max_connections_per_host = 4 };
  g_autoptr (GProxyResolver) direct = g_simple_proxy_resolver_new (NULL, NULL);

  self->context = driver_push_context ();
  self->server = ftp_server_new (new_pattern (FILE_SIZE));
  settings.proxy_resolver = direct;
  self->driver = driver_new (u_ftp_loader_new (&settings));
  self->url = g_strdup_printf ("ftp://127.0.0.1:%d/file.bin", self->server->port);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_free (self->driver);
  ftp_server_free (self->server);
  g_free (self->url);
  driver_pop_context (self->context);
}

static void
assert_is_file_from (Fixture *self, DriverLoad *load, gsize offset)
{
  const guint8 *bytes = g_bytes_get_data (self->server->file, NULL);

  g_assert_cmpmem (load->data->data, load->data->len, bytes + offset, FILE_SIZE - offset);
}

static void
test_get (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = driver_get (self->driver, self->url);

  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, "rd.");
  assert_is_file_from (self, load, 0);
  g_assert_true (load->response->like_http);
  g_assert_cmpuint (load->response->status, ==, 200);
  g_assert_cmpint (load->response->expected_length, ==, FILE_SIZE);
  g_assert_cmpstr (u_header_list_get (load->response->headers, "ETag"), ==, VALIDATOR);
  g_assert_cmpint (load->n_wire, ==, FILE_SIZE);
}

static void
test_without_a_date (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = NULL;

  self->server->modified = NULL;
  load = driver_get (self->driver, self->url);
  g_assert_no_error (load->error);
  g_assert_null (u_header_list_get (load->response->headers, "ETag"));
}

static DriverLoad *
get_rest (Fixture *self, gint64 offset, const char *validator)
{
  DriverLoad *load = driver_load_new ();
  g_autoptr (UHeaderList) headers = u_header_list_new ();
  g_autofree char *range = g_strdup_printf ("bytes=%" G_GINT64_FORMAT "-", offset);
  ULoadParams params = { .priority = 0.5, .extra_headers = headers };

  u_header_list_append (headers, "Range", range);
  u_header_list_append (headers, "If-Range", validator);
  driver_start (self->driver, load, self->url, &params);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);

  return load;
}

static void
test_rest (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = get_rest (self, 1000000, VALIDATOR);

  g_assert_cmpuint (load->response->status, ==, 206);
  g_assert_cmpstr (u_header_list_get (load->response->headers, "Content-Range"), ==, "bytes 1000000-3145744/3145745");
  assert_is_file_from (self, load, 1000000);
}

static void
test_rest_of_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = get_rest (self, FILE_SIZE, VALIDATOR);

  g_assert_cmpuint (load->response->status, ==, 416);
  g_assert_cmpstr (u_header_list_get (load->response->headers, "Content-Range"), ==, "bytes */3145745");
  g_assert_cmpuint (load->n_data, ==, 0);
}

static void
test_rest_of_another (Fixture *self, gconstpointer data)
{
  static const gint64 offsets[] = { 1000000, FILE_SIZE, FILE_SIZE + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      g_autoptr (DriverLoad) load = get_rest (self, offsets[i], "\"20240102030406-3145745\"");

      g_assert_cmpuint (load->response->status, ==, 200);
      assert_is_file_from (self, load, 0);
    }
}

static gboolean
has_no_credit (gpointer user_data)
{
  return ((DriverLoad *) user_data)->credit == 0;
}

/* The driver asserts that no more comes than was allowed. */
static void
test_credit (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .priority = 0.5 };

  load->credit = 100;
  driver_start (self->driver, load, self->url, &params);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_true (driver_wait (self->driver, has_no_credit, load, 20));
      driver_set_credit (load, 1 + i * 5000);
    }
  driver_set_credit (load, G_MAXINT64);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  assert_is_file_from (self, load, 0);
}

static void
cancel_in_event (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == (ULoadEventKind) GPOINTER_TO_INT (load->user_data))
    u_load_cancel (load->load);
}

static void
free_in_event (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == (ULoadEventKind) GPOINTER_TO_INT (load->user_data))
    g_clear_pointer (&load->load, u_load_free);
}

/* The driver asserts that nothing comes after that. */
static void
test_cancel_in_events (Fixture *self, gconstpointer data)
{
  static const ULoadEventKind kinds[] = { U_LOAD_RESPONSE, U_LOAD_DATA, U_LOAD_DONE };

  for (guint i = 0; i < G_N_ELEMENTS (kinds) * 2; i++)
    {
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .priority = 0.5 };

      load->user_data = GINT_TO_POINTER (kinds[i / 2]);
      load->on_event = i % 2 ? free_in_event : cancel_in_event;
      driver_start (self->driver, load, self->url, &params);
      driver_spin (self->driver, 0.3);
      g_assert_cmpint (load->done, ==, kinds[i / 2] == U_LOAD_DONE);
    }
}

/* At any moment. */
static void
test_cancel (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 30; i++)
    {
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .priority = 0.5 };

      driver_start (self->driver, load, self->url, &params);
      driver_spin (self->driver, i * 0.001);
      u_load_cancel (load->load);
    }
}

static void
test_login (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) right = u_credential_data_new ("anna", "right", U_CREDENTIAL_PERSISTENCE_NONE);
  g_autoptr (UCredentialData) wrong = u_credential_data_new ("anna", "wrong", U_CREDENTIAL_PERSISTENCE_NONE);
  g_autoptr (DriverLoad) first = driver_load_new ();
  g_autoptr (DriverLoad) second = driver_load_new ();
  ULoadParams params = { .priority = 0.5, .credential = wrong };

  driver_start (self->driver, first, self->url, &params);
  driver_wait_done (self->driver, first);
  g_assert_no_error (first->error);
  g_assert_cmpstr (first->events->str, ==, "r.");
  g_assert_cmpuint (first->response->status, ==, 401);

  params.credential = right;
  driver_start (self->driver, second, self->url, &params);
  driver_wait_done (self->driver, second);
  g_assert_no_error (second->error);
  assert_is_file_from (self, second, 0);
  g_assert_true (ftp_server_has_got (self->server, "USER anna\nPASS right\n"));
}

static gboolean
has_sent_all_it_may (gpointer user_data)
{
  return ((DriverLoad *) user_data)->n_sent == 100000;
}

static void
test_send_credit (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = driver_load_new ();
  g_autoptr (URequestData) request = u_request_data_new (self->url);
  ULoadParams params = { .priority = 0.5, .request = request, .send_credit = 100000 };

  g_free (request->method);
  request->method = g_strdup ("PUT");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_ref (self->server->file);
  driver_start (self->driver, load, self->url, &params);
  g_assert_true (driver_wait (self->driver, has_sent_all_it_may, load, 20));
  driver_spin (self->driver, 0.1);
  g_assert_cmpint (load->n_sent, ==, 100000);
  g_assert_cmpuint (self->server->stored->len, <=, 100000);

  u_load_set_send_credit (load->load, G_MAXINT64);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, "sr.");
  g_assert_cmpint (load->n_sent, ==, FILE_SIZE);
  g_assert_cmpint (load->body_length, ==, FILE_SIZE);
  g_assert_cmpmem (self->server->stored->data, self->server->stored->len, g_bytes_get_data (self->server->file, NULL),
                   FILE_SIZE);
}

static void
test_bad_requests (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *url;
    UError code;
  } cases[] = {
    { "ftp://127.0.0.1:1/file", U_ERROR_CANNOT_CONNECT_TO_HOST },
    { "ftp://127.0.0.1:1/a%0d%0ab", U_ERROR_BAD_URL },
    { "ftp://nosuch.invalid/a", U_ERROR_CANNOT_FIND_HOST },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DriverLoad) load = driver_get (self->driver, cases[i].url);

      g_assert_error (load->error, U_ERROR, (int) cases[i].code);
      g_assert_cmpstr (load->events->str, ==, "!");
      g_assert_true (load->nothing_sent);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/ftp-loader/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("get", test_get);
  ADD ("without-a-date", test_without_a_date);
  ADD ("rest", test_rest);
  ADD ("rest-of-nothing", test_rest_of_nothing);
  ADD ("rest-of-another", test_rest_of_another);
  ADD ("credit", test_credit);
  ADD ("cancel-in-events", test_cancel_in_events);
  ADD ("cancel", test_cancel);
  ADD ("login", test_login);
  ADD ("send-credit", test_send_credit);
  ADD ("bad-requests", test_bad_requests);

  return g_test_run ();
}

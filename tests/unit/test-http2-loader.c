/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/nginx.h"

/* The HTTP loader against nginx: TLS, HTTP/2, content coding, and memory when nobody reads. */

#define BIG_SIZE (64 * 1024 * 1024)

static Nginx *nginx;
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
  if (nginx == NULL)
    {
      g_test_skip (why_not);
      return;
    }
  settings.tls_database = nginx->database;
  self->driver = driver_new (u_http_loader_new (&settings));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  if (self->driver != NULL)
    driver_free (self->driver);
  driver_pop_context (self->context);
}

static void
test_protocol (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  static const char * const versions[] = { "2", "1.1" };

  if (self->driver == NULL)
    return;

  url = nginx_dup_url (nginx->tls_port, "/small");
  for (guint round = 0; round < 4; round++)
    {
      guint bulk = round % 2;
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .bulk = bulk, .decode = TRUE };

      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpstr (load->response->http_version, ==, versions[bulk]);
      g_assert_cmpuint (load->response->status, ==, 200);
      g_assert_cmpuint (load->n_data, ==, 1000);
    }
}

static void
test_statuses (Fixture *self, gconstpointer data)
{
  g_autofree char *missing = NULL;
  g_autoptr (URequestData) head = NULL;
  g_autoptr (DriverLoad) load = NULL;
  g_autoptr (DriverLoad) empty = driver_load_new ();
  ULoadParams params = { .decode = TRUE };

  if (self->driver == NULL)
    return;

  missing = nginx_dup_url (nginx->tls_port, "/missing");
  load = driver_get (self->driver, missing);
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 404);

  params.request = head = u_request_data_new (missing);
  g_free (head->method);
  head->method = g_strdup ("HEAD");
  driver_start (self->driver, empty, NULL, &params);
  driver_wait_done (self->driver, empty);
  g_assert_no_error (empty->error);
  g_assert_cmpstr (empty->events->str, ==, "r.");
  g_assert_cmpuint (empty->response->status, ==, 404);
}

static void
check_bytes (DriverLoad *load, const ULoadEvent *event)
{
  if (event->kind == U_LOAD_DATA)
    {
      guint64 start = load->n_data - event->length;

      for (gsize i = 0; i < event->length; i++)
        {
          if (load->buffer[i] != nginx_byte_at (start + i))
            g_error ("wrong byte at %" G_GUINT64_FORMAT, start + i);
        }
    }
}

static void
test_gzip (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;

  if (self->driver == NULL)
    return;

  url = nginx_dup_url (nginx->tls_port, "/gz/middle");
  for (guint bulk = 0; bulk < 2; bulk++)
    {
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .bulk = bulk, .decode = TRUE };

      load->on_event = check_bytes;
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_true (load->encoded);
      g_assert_cmpuint (load->n_data, ==, 1024 * 1024);
      g_assert_cmpint (load->n_wire, <, 900 * 1024);
      g_assert_cmpint (load->n_wire, >, 0);
    }
}

static const struct
{
  const char *path;
  gsize port;                 /* offset in Nginx */
  UError code;
} certificates[] = {
  { "/http2/certificate/expired", G_STRUCT_OFFSET (Nginx, expired_port), U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
  { "/http2/certificate/other-host", G_STRUCT_OFFSET (Nginx, other_port), U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
};

static void
test_certificate (Fixture *self, gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = NULL;

  if (self->driver == NULL)
    return;

  url = nginx_dup_url (G_STRUCT_MEMBER (guint16, nginx, certificates[i].port), "/small");
  load = driver_get (self->driver, url);
  g_assert_error (load->error, U_ERROR, (int) certificates[i].code);
  g_assert_cmpstr (load->events->str, ==, "q!");
  g_test_message ("%s", load->error->message);
}

static void
test_unknown_root (Fixture *self, gconstpointer data)
{
  static const ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = NULL;
  Driver *trusting_system = NULL;

  if (self->driver == NULL)
    return;

  trusting_system = driver_new (u_http_loader_new (&settings));
  url = nginx_dup_url (nginx->tls_port, "/small");
  load = driver_get (trusting_system, url);
  g_assert_error (load->error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT);
  g_clear_pointer (&load->load, u_load_free);
  driver_free (trusting_system);
}

static void
test_no_tls (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = NULL;

  if (self->driver == NULL)
    return;

  url = nginx_dup_url (nginx->plain_port, "/small");
  load = driver_get (self->driver, url);
  g_assert_error (load->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
}

static gint64
resident_bytes (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  fields = g_strsplit (text, " ", -1);

  return g_ascii_strtoll (fields[1], NULL, 10) * sysconf (_SC_PAGESIZE);
}

static gboolean
has_no_credit (gpointer user_data)
{
  DriverLoad *load = user_data;

  return load->credit == 0;
}

/* What arrives while nobody reads waits outside of memory, and comes out byte for byte. */
static void
test_stalled (Fixture *self, gconstpointer data)
{
  gboolean bulk = GPOINTER_TO_INT (data);
  g_autofree char *url = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .bulk = bulk, .decode = TRUE };
  gint64 before;
  gint64 most = 0;

  if (self->driver == NULL)
    return;

  /* The connection and what TLS needs are there before the measurement begins. */
  {
    g_autofree char *small = nginx_dup_url (nginx->tls_port, "/small");
    g_autoptr (DriverLoad) first = driver_get (self->driver, small);

    g_assert_no_error (first->error);
  }

  before = resident_bytes ();
  g_clear_pointer (&load->data, g_byte_array_unref);
  load->on_event = check_bytes;
  load->credit = 256 * 1024;
  url = nginx_dup_url (nginx->tls_port, "/big");
  driver_start (self->driver, load, url, &params);
  g_assert_true (driver_wait (self->driver, has_no_credit, load, 10));
  for (guint i = 0; i < 100; i++)
    {
      driver_spin (self->driver, 0.01);
      most = MAX (most, resident_bytes () - before);
    }
  g_assert_cmpuint (load->n_data, ==, 256 * 1024);
  while (!load->done)
    {
      driver_set_credit (load, 1024 * 1024);
      driver_wait (self->driver, has_no_credit, load, 0.005);
      most = MAX (most, resident_bytes () - before);
    }
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->n_data, ==, BIG_SIZE);
  g_assert_cmpint (load->n_wire, ==, BIG_SIZE);
  g_test_message ("%s: at most %.1f MiB more", load->response->http_version, most / 1048576.0);
  if (g_getenv ("ASAN_OPTIONS") == NULL)
    g_assert_cmpint (most, <, 16 * 1024 * 1024);
}

/* A cancelled load resets its stream only: the connection goes on to serve. */
static void
test_cancel (Fixture *self, gconstpointer data)
{
  g_autofree char *big = NULL;
  g_autofree char *small = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  g_autoptr (DriverLoad) second = NULL;
  ULoadParams params = { .decode = TRUE };

  if (self->driver == NULL)
    return;

  big = nginx_dup_url (nginx->tls_port, "/big");
  small = nginx_dup_url (nginx->tls_port, "/small");
  g_clear_pointer (&load->data, g_byte_array_unref);
  load->credit = 100000;
  driver_start (self->driver, load, big, &params);
  g_assert_true (driver_wait (self->driver, has_no_credit, load, 10));
  g_clear_pointer (&load->load, u_load_free);
  second = driver_get (self->driver, small);
  g_assert_no_error (second->error);
  g_assert_cmpuint (second->n_data, ==, 1000);
}

static gboolean
all_done (gpointer user_data)
{
  DriverLoad **loads = user_data;

  for (guint i = 0; i < 20; i++)
    {
      if (!loads[i]->done)
        return FALSE;
    }

  return TRUE;
}

static void
test_many (Fixture *self, gconstpointer data)
{
  DriverLoad *loads[20];
  g_autofree char *url = NULL;

  if (self->driver == NULL)
    return;

  url = nginx_dup_url (nginx->tls_port, "/middle");
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      ULoadParams params = { .bulk = i % 3 == 0 };

      loads[i] = driver_load_new ();
      loads[i]->on_event = check_bytes;
      driver_start (self->driver, loads[i], url, &params);
    }
  g_assert_true (driver_wait (self->driver, all_done, loads, 20));
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      g_assert_no_error (loads[i]->error);
      g_assert_cmpuint (loads[i]->n_data, ==, 1024 * 1024);
      driver_load_free (loads[i]);
    }
}

/* The connection breaks in the middle of a body: that is an error, not a body that never ends. */
static void
test_connection_lost (Fixture *self, gconstpointer data)
{
  Nginx *other = nginx != NULL ? nginx_new (&why_not) : NULL;
  ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .decode = TRUE };
  g_autofree char *url = NULL;
  Driver *driver = NULL;

  if (other == NULL)
    return;

  /* Larger than what any buffer on the way holds. */
  nginx_add_file (other, "huge", 256 * 1024 * 1024);
  settings.tls_database = other->database;
  driver = driver_new (u_http_loader_new (&settings));
  url = nginx_dup_url (other->tls_port, "/huge");
  g_clear_pointer (&load->data, g_byte_array_unref);
  driver_start (driver, load, url, &params);
  while (load->n_data == 0)
    g_main_context_iteration (self->context, TRUE);
  g_subprocess_force_exit (other->process);
  driver_wait_done (driver, load);
  if (load->n_data < 256 * 1024 * 1024)
    g_assert_error (load->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  g_clear_pointer (&load->load, u_load_free);
  driver_free (driver);
  nginx_free (other);
}

static void
note_port (DriverLoad *load, const ULoadEvent *event)
{
  guint *port = load->user_data;

  if (event->kind == U_LOAD_DONE)
    *port = event->transaction->local_port;
}

/* Loads that ask about every server have connections of their own, whose numbers are those of the others. */
static void
test_own_sockets (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  guint ports[4] = { 0 };

  if (self->driver == NULL)
    return;

  url = nginx_dup_url (nginx->tls_port, "/small");
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .measure = TRUE, .asks_trust = i % 2 == 1 };

      load->on_event = note_port;
      load->user_data = &ports[i];
      driver_start (self->driver, load, url, &params);
      driver_wait_done (self->driver, load);
      g_assert_no_error (load->error);
      g_assert_cmpstr (load->response->http_version, ==, "2");
      g_assert_cmpuint (ports[i], !=, 0);
    }
  g_assert_cmpuint (ports[0], !=, ports[1]);
  g_assert_cmpuint (ports[2], ==, ports[0]);
  g_assert_cmpuint (ports[3], ==, ports[1]);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  nginx = nginx_new (&why_not);
  if (nginx != NULL)
    {
      nginx_add_file (nginx, "small", 1000);
      nginx_add_file (nginx, "middle", 1024 * 1024);
      nginx_add_file (nginx, "big", BIG_SIZE);
    }

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/http2/protocol", NULL, test_protocol);
  ADD ("/http2/statuses", NULL, test_statuses);
  ADD ("/http2/r207-gzip", NULL, test_gzip);
  for (gsize i = 0; i < G_N_ELEMENTS (certificates); i++)
    ADD (certificates[i].path, GSIZE_TO_POINTER (i), test_certificate);
  ADD ("/http2/certificate/unknown-root", NULL, test_unknown_root);
  ADD ("/http2/certificate/no-tls", NULL, test_no_tls);
  ADD ("/http2/stalled/general", GINT_TO_POINTER (FALSE), test_stalled);
  ADD ("/http2/stalled/bulk", GINT_TO_POINTER (TRUE), test_stalled);
  ADD ("/http2/r026-cancel", NULL, test_cancel);
  ADD ("/http2/many", NULL, test_many);
  ADD ("/http2/own-sockets", NULL, test_own_sockets);
  ADD ("/http2/r274-connection-lost", NULL, test_connection_lost);

  result = g_test_run ();
  g_clear_pointer (&nginx, nginx_free);

  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/raw-server.h"

/* A body that waits until the server wants it. */

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned */
  RawServer *server;          /* owned, nullable */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };

  self->context = driver_push_context ();
  self->driver = driver_new (u_http_loader_new (&settings));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_free (self->driver);
  g_clear_pointer (&self->server, raw_server_free);
  driver_pop_context (self->context);
}

static DriverLoad *
upload (Fixture *self, const char *body)
{
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (URequestData) request = u_request_data_new (url);
  DriverLoad *load = driver_load_new ();
  ULoadParams params = { .request = request, .bulk = TRUE, .expect_continue = TRUE };

  g_free (request->method);
  request->method = g_strdup ("POST");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static (body, strlen (body));
  driver_start (self->driver, load, NULL, &params);
  driver_wait_done (self->driver, load);

  return load;
}

static gboolean
expects (RawServer *server, guint position)
{
  return strstr (raw_server_get_request (server, position), "\r\nExpect: 100-continue\r\n") != NULL;
}

static void
test_continues (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { CONTINUE, -1, RAW_KEEP, TRUE }, { OK, -1, RAW_KEEP } };
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  load = upload (self, "body");
  g_assert_cmpstr (load->events->str, ==, "isrd.");
  g_assert_true (expects (self->server, 0));
  g_assert_true (g_str_has_suffix (raw_server_get_request (self->server, 0), "\r\n\r\nbody"));
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 1);
}

static void
test_another_response_before (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /1\r\n\r\n" CONTINUE, -1, RAW_KEEP, TRUE },
    { OK, -1, RAW_KEEP },
  };
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  load = upload (self, "body");
  g_assert_cmpstr (load->events->str, ==, "isrd.");
  g_assert_cmpuint (load->n_informational, ==, 2);
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 1);
}

/* Who knows nothing of it waits for the body: it gets the request again. */
static void
test_in_vain (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { OK, -1, RAW_KEEP } };
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  load = upload (self, "body");
  g_assert_cmpstr (load->events->str, ==, "srd.");
  g_assert_false (expects (self->server, 0));
  g_assert_true (g_str_has_suffix (raw_server_get_request (self->server, 0), "\r\n\r\nbody"));
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 2);
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", -1, RAW_HOLD, TRUE },
    { OK, -1, RAW_KEEP },
  };
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  load = upload (self, "body");
  g_assert_cmpstr (load->events->str, ==, "srd.");
  g_assert_cmpuint (load->response->status, ==, 200);
  g_assert_false (expects (self->server, 0));
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 2);
}

/* The body was not sent, and is not: the connection waits for it, and nothing else can go over it. */
static void
test_answered_before (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno", -1, RAW_HOLD, TRUE },
    { OK, -1, RAW_KEEP },
  };
  g_autoptr (DriverLoad) load = NULL;
  g_autoptr (DriverLoad) next = driver_load_new ();
  g_autofree char *url = NULL;
  ULoadParams params = { .bulk = TRUE };

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  load = upload (self, "body");
  g_assert_cmpstr (load->events->str, ==, "rd.");
  g_assert_cmpuint (load->response->status, ==, 413);

  url = raw_server_dup_url (self->server, "/next");
  driver_start (self->driver, next, url, &params);
  driver_wait_done (self->driver, next);
  g_assert_cmpuint (next->response->status, ==, 200);
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 2);
}

static void
test_no_body (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { OK, -1, RAW_KEEP } };
  g_autoptr (DriverLoad) load = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  load = upload (self, "");
  g_assert_cmpstr (load->events->str, ==, "rd.");
  g_assert_false (expects (self->server, 0));
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 1);
}

/* Given up while it waits: nothing comes of it. */
static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autofree char *url = NULL;
  g_autoptr (URequestData) request = NULL;
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .bulk = TRUE, .expect_continue = TRUE };

  self->server = raw_server_new (NULL, 0);
  url = raw_server_dup_url (self->server, "/");
  params.request = request = u_request_data_new (url);
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("body", 4);
  driver_start (self->driver, load, NULL, &params);
  driver_spin (self->driver, 0.2);
  u_load_cancel (load->load);
  driver_spin (self->driver, 1.2);
  g_assert_cmpstr (load->events->str, ==, "");
  g_assert_cmpuint (raw_server_count_connections (self->server), ==, 1);
}

#define ADD(path, test) g_test_add ("/http-expect/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("continues", test_continues);
  ADD ("r202-another-response-before", test_another_response_before);
  ADD ("in-vain", test_in_vain);
  ADD ("refused", test_refused);
  ADD ("answered-before", test_answered_before);
  ADD ("no-body", test_no_body);
  ADD ("cancelled", test_cancelled);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/ntlm-server.h"

/* NTLM of servers, and that the logins that are dealt with above the door come out as they are. */

typedef struct
{
  GMainContext *context;
  NtlmServer *server;         /* owned */
  Driver *driver;             /* owned */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  static const ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };

  self->context = driver_push_context ();
  self->server = ntlm_server_new ();
  self->driver = driver_new (u_http_loader_new (&settings));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_free (self->driver);
  ntlm_server_free (self->server);
  driver_pop_context (self->context);
}

typedef struct
{
  const char *passwords[8];   /* NULL at the end: the default */
  guint next;
} Passwords;

static void
set_next_password (DriverLoad *load, const ULoadEvent *event)
{
  Passwords *passwords = load->user_data;

  if (event->kind != U_LOAD_QUESTION)
    return;

  g_clear_pointer (&load->credential, u_credential_data_unref);
  load->answer.kind = U_CHALLENGE_DEFAULT;
  if (passwords->passwords[passwords->next] != NULL)
    {
      load->answer.kind = U_CHALLENGE_USE_CREDENTIAL;
      load->credential = u_credential_data_new ("WORK\\anna", passwords->passwords[passwords->next++],
                                                U_CREDENTIAL_PERSISTENCE_NONE);
    }
}

static DriverLoad *
get (Fixture *self, const char *path, const Passwords *passwords)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u%s", self->server->port, path);
  DriverLoad *load = driver_load_new ();
  Passwords copy = *passwords;
  ULoadParams params = { .decode = TRUE };

  load->on_event = set_next_password;
  load->user_data = &copy;
  driver_start (self->driver, load, url, &params);
  driver_wait_done (self->driver, load);
  load->on_event = NULL;
  g_assert_no_error (load->error);

  return load;
}

static void
test_login (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) first = get (self, "/ntlm", &(Passwords) { { "secret" } });
  UProtectionSpaceData *space = first->question->space;

  g_assert_cmpstr (first->events->str, ==, "qrd.");
  g_assert_cmpuint (first->response->status, ==, 200);
  driver_assert_text (first, "WORK\\anna");
  g_assert_cmpint (space->method, ==, U_AUTHENTICATION_METHOD_NTLM);
  g_assert_cmpstr (space->protocol, ==, "http");
  g_assert_cmpstr (space->host, ==, "127.0.0.1");
  g_assert_cmpuint (space->port, ==, self->server->port);
  g_assert_false (space->is_proxy);
  g_assert_cmpuint (first->question->previous_failure_count, ==, 0);
  g_assert_nonnull (first->question->failure_response);
  g_assert_cmpuint (first->question->failure_response->status, ==, 401);

  /* The connection is logged in, and new ones log in without a question. */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (DriverLoad) next = get (self, "/ntlm", &(Passwords) { { NULL } });

      g_assert_cmpstr (next->events->str, ==, "rd.");
      driver_assert_text (next, "WORK\\anna");
      self->driver->loader->klass->drop_idle (self->driver->loader, FALSE);
    }
}

static void
test_wrong (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = get (self, "/ntlm", &(Passwords) { { "wrong", "worse", "secret" } });

  g_assert_cmpuint (load->n_questions, ==, 3);
  g_assert_cmpuint (load->question->previous_failure_count, ==, 2);
  g_assert_cmpstr (load->question->proposed->password, ==, "worse");
  g_assert_cmpuint (load->response->status, ==, 200);
  driver_assert_text (load, "WORK\\anna");
}

static void
test_without (Fixture *self, gconstpointer data)
{
  static const Passwords rows[] = {
    { { NULL } },
    { { "wrong", NULL } },
    { { "wrong", "wrong", "wrong", "wrong", "wrong", "wrong" } },
  };
  static const guint questions[] = { 1, 2, 5 };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (DriverLoad) load = get (self, "/ntlm", &rows[i]);

      g_assert_cmpuint (load->n_questions, ==, questions[i]);
      g_assert_cmpstr (load->events->str, ==, "qrd.");
      g_assert_cmpuint (load->response->status, ==, 401);
    }
}

/* One that is declined leaves the others to those above. */
static void
test_both (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = get (self, "/both", &(Passwords) { { NULL } });
  g_autofree char *offers = u_header_list_dup_joined (load->response->headers, "WWW-Authenticate");

  g_assert_cmpstr (load->events->str, ==, "qrd.");
  g_assert_cmpuint (load->response->status, ==, 401);
  g_assert_nonnull (strstr (offers, "Basic"));
}

/* Neither asks nor sends again. */
static void
test_basic (Fixture *self, gconstpointer data)
{
  g_autoptr (DriverLoad) load = get (self, "/basic", &(Passwords) { { "secret" } });

  g_assert_cmpstr (load->events->str, ==, "rd.");
  g_assert_cmpuint (load->response->status, ==, 401);
  driver_assert_text (load, "no");
  g_assert_cmpint (g_atomic_int_get (&self->server->n_requests), ==, 1);
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

static void
measure (DriverLoad *load, const ULoadEvent *event)
{
  gint64 *most = load->user_data;

  *most = MAX (*most, resident_bytes ());
}

/* The body of a 401 is not kept in memory, also where a login has gone before. */
static void
test_big_body (Fixture *self, gconstpointer data)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/basic-big", self->server->port);
  g_autoptr (DriverLoad) load = driver_load_new ();
  gint64 first = 0;
  gint64 most = 0;
  ULoadParams params = { .decode = TRUE, .bulk = TRUE };

  g_clear_pointer (&load->data, g_byte_array_unref);
  load->on_event = measure;
  load->user_data = &most;
  load->credit = 1;
  driver_start (self->driver, load, url, &params);
  while (load->n_data == 0)
    g_main_context_iteration (self->context, TRUE);
  first = most;
  driver_set_credit (load, G_MAXINT64);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 401);
  g_assert_cmpuint (load->n_data, ==, NTLM_BIG);
  if (g_getenv ("ASAN_OPTIONS") == NULL)
    g_assert_cmpint (most - first, <, 16 * 1024 * 1024);
}

static void
test_upload (Fixture *self, gconstpointer data)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/ntlm", self->server->port);
  g_autoptr (URequestData) request = u_request_data_new (url);
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .request = request };

  g_free (request->method);
  request->method = g_strdup ("PUT");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("0123456789", 10);
  load->answer.kind = U_CHALLENGE_USE_CREDENTIAL;
  load->credential = u_credential_data_new ("WORK\\anna", "secret", U_CREDENTIAL_PERSISTENCE_NONE);
  driver_start (self->driver, load, NULL, &params);
  driver_wait_done (self->driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpuint (load->response->status, ==, 200);
}

static gboolean
has_question (gpointer user_data)
{
  return ((DriverLoad *) user_data)->n_questions > 0;
}

static void
test_end_while_asking (Fixture *self, gconstpointer data)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/ntlm", self->server->port);
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { 0 };

  load->answers_itself = TRUE;
  driver_start (self->driver, load, url, &params);
  g_assert_true (driver_wait (self->driver, has_question, load, 10));
  u_load_cancel (load->load);
  driver_spin (self->driver, 0.02);
  g_assert_cmpstr (load->events->str, ==, "q");
}

static void
test_cancel (Fixture *self, gconstpointer data)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/ntlm", self->server->port);
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { 0 };

  load->answer.kind = U_CHALLENGE_CANCEL;
  driver_start (self->driver, load, url, &params);
  driver_wait_done (self->driver, load);
  g_assert_cmpstr (load->events->str, ==, "q!");
  g_assert_error (load->error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_false (load->nothing_sent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/http-ntlm/login", test_login);
  ADD ("/http-ntlm/r097-wrong", test_wrong);
  ADD ("/http-ntlm/r098-without", test_without);
  ADD ("/http-ntlm/r100-both", test_both);
  ADD ("/http-ntlm/basic", test_basic);
  ADD ("/http-ntlm/big-body", test_big_body);
  ADD ("/http-ntlm/upload", test_upload);
  ADD ("/http-ntlm/end-while-asking", test_end_while_asking);
  ADD ("/http-ntlm/cancel", test_cancel);

  return g_test_run ();
}

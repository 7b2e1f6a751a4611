/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

#define REDIRECT_LIMIT 20

/* What each handler of a redirect in these tests does, and what it saw. */
typedef struct
{
  void (*answer) (URedirectDecision *decision, gpointer data);
  gpointer data;
  guint n_asked;
  URequest *proposed;         /* owned, nullable; of the last question */
} Handler;

static gboolean
decide_cb (UTask *task, URedirectDecision *decision, gpointer user_data)
{
  Handler *handler = user_data;

  handler->n_asked++;
  g_set_object (&handler->proposed, u_redirect_decision_get_new_request (decision));
  handler->answer (decision, handler->data);

  return TRUE;
}

static void
follow (URedirectDecision *decision, gpointer data)
{
  u_redirect_decision_follow (decision);
}

static void
deliver (URedirectDecision *decision, gpointer data)
{
  u_redirect_decision_deliver_response (decision);
}

static void
follow_other (URedirectDecision *decision, gpointer data)
{
  u_redirect_decision_follow_request (decision, data);
}

static guint
get_status (UTask *task)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task)));
}

static void
run (UTestScene *self, UTask *task)
{
  u_task_resume (task);
  u_test_scene_finish (self, task);
}

static UTask *
new_task (UTestScene *self, URequest *request)
{
  UTask *task = U_TASK (u_session_create_data_task (self->session, request));

  u_test_signal_log_watch_signal (self->log, task, "received-data");
  u_test_signal_log_watch_signal (self->log, task, "completed");

  return task;
}

static const struct
{
  guint status;
  const char *method;
  const char *expected;       /* the method of the second request; NULL: not followed */
  gboolean keeps_body;
} methods[] = {
  { 301, "GET", "GET" },
  { 301, "POST", "GET", FALSE },
  { 301, "PUT", "PUT", TRUE },
  { 302, "POST", "GET", FALSE },
  { 302, "PATCH", "PATCH", TRUE },
  { 303, "GET", "GET" },
  { 303, "HEAD", "HEAD" },
  { 303, "POST", "GET", FALSE },
  { 303, "PUT", "GET", FALSE },
  { 303, "DELETE", "GET", FALSE },
  { 307, "POST", "POST", TRUE },
  { 307, "PUT", "PUT", TRUE },
  { 308, "POST", "POST", TRUE },
  { 300, "GET", NULL },
  { 305, "GET", NULL },
  { 306, "GET", NULL },
};

/* What arrives at the server: the method, the body, and what describes the body. */
static void
test_methods (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autofree char *path = g_strdup_printf ("/redirect-to?url=/echo&status=%u&id=%u", methods[i].status, i);
      g_autoptr (URequest) request = u_test_scene_new_request (self, path);
      gboolean has_body = !g_str_equal (methods[i].method, "GET") && !g_str_equal (methods[i].method, "HEAD");
      g_autoptr (UTask) task = NULL;
      g_auto (GStrv) requests = NULL;
      g_autofree char *first = NULL;
      g_autofree char *second = NULL;

      g_test_message ("%u %s", methods[i].status, methods[i].method);
      u_test_server_clear_log (self->server);
      u_request_set_method (request, methods[i].method);
      if (has_body)
        {
          g_autoptr (GBytes) body = g_bytes_new_static ("the body", 8);

          u_request_set_body_bytes (request, body, "text/plain");
        }
      task = new_task (self, request);
      run (self, task);

      g_assert_no_error (u_task_get_error (task));
      requests = u_test_server_dup_requests (self->server);
      first = g_strdup_printf ("%s %s", methods[i].method, path);
      g_assert_cmpstr (requests[0], ==, first);
      if (methods[i].expected == NULL)
        {
          g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
          g_assert_cmpuint (get_status (task), ==, methods[i].status);
        }
      else
        {
          g_autoptr (GBytes) received = u_test_server_dup_request_body (self->server, 1);
          g_autofree char *type = u_test_server_dup_request_header (self->server, 1, "Content-Type");
          g_autofree char *length = u_test_server_dup_request_header (self->server, 1, "Content-Length");

          second = g_strdup_printf ("%s /echo", methods[i].expected);
          g_assert_cmpstr (requests[1], ==, second);
          g_assert_cmpuint (g_bytes_get_size (received), ==, methods[i].keeps_body ? 8 : 0);
          g_assert_cmpstr (type, ==, methods[i].keeps_body ? "text/plain" : NULL);
          g_assert_cmpstr (length, ==, methods[i].keeps_body ? "8" : NULL);
          g_assert_cmpuint (get_status (task), ==, 200);
        }
    }
}

static const struct
{
  const char *location;       /* as the query of the first request has it */
  const char *expected;       /* path and query of the second one; NULL: there is none */
  const char *fragment;       /* of the URL of the response */
} locations[] = {
  { "/echo?x=1", "/echo?x=1", "#here" },
  { "echo?x=2", "/echo?x=2", "#here" },
  { "../echo?x=3", "/echo?x=3", "#here" },
  { "%3Fsecond=1%26body=ok", "/redirect-to?second=1&body=ok", "#here" },
  { "/echo?x=%2561%252Fb", "/echo?x=%61%2Fb", "#here" },
  { "/echo?x=4%23there", "/echo?x=4", "#there" },
  { "/echo?x=%C3%A9", "/echo?x=%C3%A9", "#here" },
};

static void
test_locations (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (locations); i++)
    {
      g_autofree char *path = g_strdup_printf ("/redirect-to?url=%s#here", locations[i].location);
      g_autoptr (URequest) request = u_test_scene_new_request (self, path);
      g_autoptr (UTask) task = new_task (self, request);
      g_auto (GStrv) requests = NULL;
      g_autofree char *expected = g_strconcat ("GET ", locations[i].expected, NULL);

      u_test_server_clear_log (self->server);
      run (self, task);
      requests = u_test_server_dup_requests (self->server);
      g_assert_cmpuint (g_strv_length (requests), >=, 2);
      g_assert_cmpstr (requests[1], ==, expected);
      g_assert_true (g_str_has_suffix (u_response_get_uri (u_task_get_response (task)), locations[i].fragment));
    }
}

/* A redirect that leads nowhere is a response. */
static void
test_unusable_location (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = {
    "/redirect-to?status=302",
    "/bytes/7?status=302&header=Location:http%3A%2F%2F%5Bbroken",
    "/bytes/7?status=301&header=Location:http%3A%2F%2Fh%3A99999%2F",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (self, paths[i]);
      g_autoptr (UTask) task = new_task (self, request);

      run (self, task);
      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (get_status (task) / 100, ==, 3);
    }
}

static void
test_refused_schemes (UTestScene *self, gconstpointer data)
{
  static const char * const locations_refused[] = { "file:///etc/passwd", "data:,x", "ftp://127.0.0.1/x", "foo:bar" };

  for (guint i = 0; i < G_N_ELEMENTS (locations_refused); i++)
    {
      g_autofree char *escaped = g_uri_escape_string (locations_refused[i], NULL, FALSE);
      g_autofree char *path = g_strdup_printf ("/redirect-to?url=%s", escaped);
      g_autoptr (UTask) task = u_test_scene_new_data (self, path);

      run (self, task);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_UNSUPPORTED_URL);
      g_assert_null (u_task_get_response (task));
    }
}

/* The proposal is the whole next request, and what is followed is what the answer says. */
static void
test_decision_requests (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/redirect-to?url=/echo&status=303");
  g_autoptr (URequest) other = u_test_scene_new_request (self, "/echo?other");
  g_autoptr (GBytes) body = g_bytes_new_static ("first", 5);
  g_autoptr (GBytes) other_body = g_bytes_new_static ("second body", 11);
  Handler handlers[] = { { follow, NULL }, { follow_other, other } };

  u_request_set_method (request, "POST");
  u_request_set_body_bytes (request, body, "text/plain");
  u_request_set_timeout (request, 12.5);
  g_assert_true (u_headers_set (u_request_get_headers (request), "X-Own", "kept", NULL));
  u_request_set_method (other, "PUT");
  u_request_set_body_bytes (other, other_body, "text/other");
  g_assert_true (u_headers_set (u_request_get_headers (other), "X-Other", "sent", NULL));

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    {
      g_autoptr (UTask) task = new_task (self, request);
      g_auto (GStrv) requests = NULL;
      g_autofree char *own = NULL;
      g_autofree char *others = NULL;
      g_autoptr (GBytes) sent = NULL;

      u_test_server_clear_log (self->server);
      g_signal_connect (task, "decide-redirect", G_CALLBACK (decide_cb), &handlers[i]);
      run (self, task);

      g_assert_no_error (u_task_get_error (task));
      g_assert_cmpuint (handlers[i].n_asked, ==, 1);
      g_assert_cmpstr (u_request_get_method (handlers[i].proposed), ==, "GET");
      g_assert_cmpfloat (u_request_get_timeout (handlers[i].proposed), ==, 12.5);
      g_assert_cmpstr (u_headers_get (u_request_get_headers (handlers[i].proposed), "X-Own"), ==, "kept");
      g_assert_null (u_headers_get (u_request_get_headers (handlers[i].proposed), "Content-Type"));

      requests = u_test_server_dup_requests (self->server);
      own = u_test_server_dup_request_header (self->server, 1, "X-Own");
      others = u_test_server_dup_request_header (self->server, 1, "X-Other");
      sent = u_test_server_dup_request_body (self->server, 1);
      g_assert_cmpstr (requests[1], ==, i == 0 ? "GET /echo" : "PUT /echo?other");
      g_assert_cmpstr (own, ==, i == 0 ? "kept" : NULL);
      g_assert_cmpstr (others, ==, i == 0 ? NULL : "sent");
      g_assert_cmpuint (g_bytes_get_size (sent), ==, i == 0 ? 0 : 11);
      g_assert_true (u_task_get_original_request (task) != u_task_get_current_request (task));
      g_clear_object (&handlers[i].proposed);
    }
}

static void
test_deliver (UTestScene *self, gconstpointer data)
{
  Handler handler = { deliver, NULL };
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/300?status=302&header=Location:/echo");
  g_autoptr (UTask) task = new_task (self, request);

  g_signal_connect (task, "decide-redirect", G_CALLBACK (decide_cb), &handler);
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (get_status (task), ==, 302);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 1);
  u_test_scene_assert_body (self, 300);
  g_clear_object (&handler.proposed);
}

/* While nobody answers nothing happens, and the request timer has no part in it. */
static gboolean
keep_cb (UTask *task, URedirectDecision *decision, gpointer user_data)
{
  g_set_object ((URedirectDecision **) user_data, decision);

  return TRUE;
}

static void
test_unanswered (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/redirect-to?url=/bytes/5");
  g_autoptr (URequest) bystander = u_test_scene_new_request (self, "/stall");
  g_autoptr (URedirectDecision) decision = NULL;
  g_autoptr (UTask) task = NULL;
  g_autoptr (UTask) other = NULL;

  u_request_set_timeout (request, 0.2);
  u_request_set_timeout (bystander, 0.6);
  task = new_task (self, request);
  g_signal_connect (task, "decide-redirect", G_CALLBACK (keep_cb), &decision);
  u_task_resume (task);
  u_test_wait_until (self->context, decision != NULL);

  /* A timer of three times the length, started later, runs out meanwhile. */
  other = U_TASK (u_session_create_data_task (self->session, bystander));
  run (self, other);
  g_assert_error (u_task_get_error (other), U_ERROR, U_ERROR_TIMED_OUT);
  u_test_assert_state (task, U_TASK_STATE_RUNNING);

  u_redirect_decision_follow (decision);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

static void
test_limit (UTestScene *self, gconstpointer data)
{
  g_autofree char *at_limit = g_strdup_printf ("/redirect/%d", REDIRECT_LIMIT);
  g_autofree char *above = g_strdup_printf ("/redirect/%d", REDIRECT_LIMIT + 1);
  g_autoptr (UTask) good = u_test_scene_new_quiet_data (self, at_limit);
  g_autoptr (UTask) bad = u_test_scene_new_quiet_data (self, above);
  g_autoptr (UTask) loop = u_test_scene_new_quiet_data (self, "/redirect-loop");
  g_autofree char *exceeding = u_test_server_get_uri (self->server, "/bytes/5");

  run (self, good);
  g_assert_no_error (u_task_get_error (good));
  g_assert_cmpstr (u_response_get_uri (u_task_get_response (good)), ==, exceeding);

  run (self, bad);
  g_assert_error (u_task_get_error (bad), U_ERROR, U_ERROR_TOO_MANY_REDIRECTS);
  g_assert_null (u_task_get_response (bad));
  g_assert_cmpstr (u_task_get_failing_uri (bad), ==, exceeding);

  u_test_server_clear_log (self->server);
  run (self, loop);
  g_assert_error (u_task_get_error (loop), U_ERROR, U_ERROR_TOO_MANY_REDIRECTS);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, REDIRECT_LIMIT + 1);
}

/* What a task shows of itself after it was led elsewhere. */
static void
test_properties (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/redirect/2");
  g_autofree char *first = u_test_server_get_uri (self->server, "/redirect/2");
  g_autofree char *last = u_test_server_get_uri (self->server, "/bytes/5");

  run (self, task);
  g_assert_cmpstr (u_request_get_uri (u_task_get_original_request (task)), ==, first);
  g_assert_cmpstr (u_request_get_uri (u_task_get_current_request (task)), ==, last);
  g_assert_cmpstr (u_response_get_uri (u_task_get_response (task)), ==, last);
}

/* The short body of a redirect is read, so that the next hop can have the connection. */
static void
test_connection_is_reused (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/redirect/5");

  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 6);
  g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 1);
}

/* Five origins: pairs of them differ in scheme, in host, in port, or in several. */
#define N_ORIGINS 5

typedef struct
{
  UTestServer *server;        /* not owned */
  const char *scheme;
  const char *host;
} Origin;

static char *
dup_origin_uri (const Origin *origin, const char *path)
{
  return g_strdup_printf ("%s://%s:%u%s", origin->scheme, origin->host, u_test_server_get_port (origin->server), path);
}

static const char * const secrets[][2] = {
  { "Authorization", "Bearer secret" },
  { "Cookie", "secret=1" },
};

static void
walk_pair (UTestScene *self, const Origin *from, const Origin *to, gboolean is_same)
{
  g_autofree char *target = dup_origin_uri (to, "/echo");
  g_autofree char *escaped = g_uri_escape_string (target, NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("/redirect-to?url=%s&status=307", escaped);
  g_autofree char *start = dup_origin_uri (from, path);
  g_autofree char *own = NULL;
  g_autofree char *for_proxy = NULL;
  g_autoptr (URequest) request = u_request_new (start);
  g_autoptr (UTask) task = NULL;
  guint index;

  g_test_message ("%s → %s", start, target);
  u_test_server_clear_log (from->server);
  u_test_server_clear_log (to->server);
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    g_assert_true (u_headers_set (u_request_get_headers (request), secrets[i][0], secrets[i][1], NULL));
  g_assert_true (u_headers_set (u_request_get_headers (request), "X-Own", "kept", NULL));
  g_assert_true (u_headers_set (u_request_get_headers (request), "Proxy-Authorization", "Basic c2VjcmV0", NULL));
  task = U_TASK (u_session_create_data_task (self->session, request));
  run (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpstr (u_response_get_uri (u_task_get_response (task)), ==, target);

  index = from->server == to->server ? 1 : 0;
  own = u_test_server_dup_request_header (to->server, index, "X-Own");
  g_assert_cmpstr (own, ==, "kept");
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    {
      g_autofree char *at_start = u_test_server_dup_request_header (from->server, 0, secrets[i][0]);
      g_autofree char *at_target = u_test_server_dup_request_header (to->server, index, secrets[i][0]);

      g_assert_cmpstr (at_start, ==, secrets[i][1]);
      g_assert_cmpstr (at_target, ==, is_same ? secrets[i][1] : NULL);
    }
  /* What is for a proxy is for no origin at all. */
  for_proxy = u_test_server_dup_request_header (from->server, 0, "Proxy-Authorization");
  g_assert_null (for_proxy);
  for_proxy = u_test_server_dup_request_header (to->server, index, "Proxy-Authorization");
  g_assert_null (for_proxy);
}

static void
test_origins (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTestServer) second = u_test_server_new ();
  g_autoptr (UTestServer) secure = u_test_server_new_tls ();
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_ephemeral ();
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (u_test_server_start (second, &error) && u_test_server_start (secure, &error));
  database = g_tls_file_database_new (u_test_server_get_ca_path (secure), &error);
  g_assert_no_error (error);
  u_session_configuration_set_tls_database (configuration, database);
  u_test_scene_configure (self, configuration);

  {
    const Origin origins[N_ORIGINS] = {
      { self->server, "http", "127.0.0.1" },
      { self->server, "http", "localhost" },
      { second, "http", "127.0.0.1" },
      { secure, "https", "127.0.0.1" },
      { secure, "https", "localhost" },
    };

    for (guint i = 0; i < N_ORIGINS; i++)
      {
        for (guint j = 0; j < N_ORIGINS; j++)
          walk_pair (self, &origins[i], &origins[j], i == j);
      }
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/redirects/r060-r061-r062-r063-methods", test_methods);
  ADD ("/redirects/r065-r066-locations", test_locations);
  ADD ("/redirects/r064-unusable-location", test_unusable_location);
  ADD ("/redirects/r068-refused-schemes", test_refused_schemes);
  ADD ("/redirects/r071-r072-r075-the-request-that-follows", test_decision_requests);
  ADD ("/redirects/r072-deliver", test_deliver);
  ADD ("/redirects/r073-unanswered", test_unanswered);
  ADD ("/redirects/r076-r081-limit", test_limit);
  ADD ("/redirects/r077-r145-properties", test_properties);
  ADD ("/redirects/r079-connection-is-reused", test_connection_is_reused);
  ADD ("/redirects/r069-r070-origins", test_origins);

  return g_test_run ();
}

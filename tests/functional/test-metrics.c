/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#include "tests/unit/har-check.h"
#include "tests/unit/nginx.h"

/* What is measured of tasks. */

static void
set_up (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_collects_metrics (configuration, TRUE);
  u_test_scene_set_up (self, configuration);
}

#define ADD(path, test) g_test_add ("/metrics/" path, UTestScene, NULL, set_up, test, u_test_scene_tear_down)
#define ADD_UNASKED(path, test) \
  g_test_add ("/metrics/" path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* With another server, of TLS, whose authority is trusted. */
static void
trust (UTestScene *self, GTlsDatabase *database)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();

  u_session_configuration_set_collects_metrics (configuration, TRUE);
  u_session_configuration_set_tls_database (configuration, database);
  u_test_scene_configure (self, configuration);
}

/* Dates are in their order; what belongs together is there together, or not at all. */
static void
check_transaction (UTransactionMetrics *transaction)
{
  GDateTime *dates[] = {
    u_transaction_metrics_get_fetch_start_date (transaction),
    u_transaction_metrics_get_domain_lookup_start_date (transaction),
    u_transaction_metrics_get_domain_lookup_end_date (transaction),
    u_transaction_metrics_get_connect_start_date (transaction),
    u_transaction_metrics_get_secure_connection_start_date (transaction),
    u_transaction_metrics_get_secure_connection_end_date (transaction),
    u_transaction_metrics_get_connect_end_date (transaction),
    u_transaction_metrics_get_request_start_date (transaction),
    u_transaction_metrics_get_request_end_date (transaction),
    u_transaction_metrics_get_response_start_date (transaction),
    u_transaction_metrics_get_response_end_date (transaction),
  };
  GDateTime *last = NULL;
  gboolean answered = u_transaction_metrics_get_response (transaction) != NULL;

  g_assert_nonnull (dates[0]);
  for (guint i = 0; i < G_N_ELEMENTS (dates); i++)
    {
      if (dates[i] == NULL)
        continue;
      if (last != NULL)
        g_assert_cmpint (g_date_time_difference (dates[i], last), >=, 0);
      last = dates[i];
    }

  g_assert_nonnull (u_transaction_metrics_get_request (transaction));
  g_assert_true (u_request_is_sealed (u_transaction_metrics_get_request (transaction)));
  g_assert_true ((u_transaction_metrics_get_response_start_date (transaction) != NULL) == answered);
  g_assert_true ((u_transaction_metrics_get_response_end_date (transaction) != NULL) == answered);
  g_assert_true ((u_transaction_metrics_get_fetch_type (transaction) != U_FETCH_TYPE_UNKNOWN) == answered);
  if (u_transaction_metrics_get_is_reused_connection (transaction))
    {
      for (guint i = 1; i < 7; i++)
        g_assert_null (dates[i]);
      g_assert_nonnull (u_transaction_metrics_get_request_start_date (transaction));
    }
  if (u_transaction_metrics_get_request_start_date (transaction) != NULL)
    {
      g_assert_nonnull (u_transaction_metrics_get_protocol_name (transaction));
      g_assert_nonnull (u_transaction_metrics_get_remote_address (transaction));
      g_assert_cmpint (u_transaction_metrics_get_request_header_bytes_sent (transaction), >, 0);
    }
}

/* The metrics of a task that is over, with @n exchanges. */
static UTaskMetrics *
check_metrics (UTask *task, guint n)
{
  UTaskMetrics *metrics = u_task_get_metrics (task);
  g_autofree char *har = NULL;
  g_autoptr (JsonArray) entries = NULL;
  GDateTime *last;

  g_assert_nonnull (metrics);
  g_assert_cmpuint (u_task_metrics_get_n_transactions (metrics), ==, n);
  g_assert_cmpfloat (u_task_metrics_get_duration (metrics), >=, 0);
  last = u_task_metrics_get_start_date (metrics);
  for (guint i = 0; i < n; i++)
    {
      UTransactionMetrics *transaction = u_task_metrics_get_transaction (metrics, i);
      GDateTime *start = u_transaction_metrics_get_fetch_start_date (transaction);

      check_transaction (transaction);
      if (i > 0)
        g_assert_cmpint (g_date_time_difference (start, last), >=, 0);
      last = start;
    }

  har = u_task_metrics_to_har (metrics);
  entries = har_check (har);
  g_assert_cmpuint (json_array_get_length (entries), ==, n);

  return metrics;
}

static UTask *
run (UTestScene *self, const char *path)
{
  UTask *task = u_test_scene_new_quiet_data (self, path);

  u_task_resume (task);
  u_test_scene_finish (self, task);

  return task;
}

static guint
get_status (UTransactionMetrics *transaction)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_transaction_metrics_get_response (transaction)));
}

/* Whether the exchange says what the server saw: that its request came on a connection that had another one before. */
static void
check_reuse (UTransactionMetrics *transaction, UTestServer *server, guint index)
{
  gsize n_ids;
  g_autofree guint *ids = u_test_server_dup_connection_ids (server, &n_ids);
  gboolean reused = FALSE;

  g_assert_cmpuint (index, <, n_ids);
  for (guint i = 0; i < index; i++)
    reused |= ids[i] == ids[index];
  g_assert_true (u_transaction_metrics_get_is_reused_connection (transaction) == reused);
  g_assert_true ((u_transaction_metrics_get_connect_end_date (transaction) == NULL) == reused);
}

static void
test_redirects (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = { "/redirect/2", "/redirect/1", "/bytes/5" };
  g_autoptr (UTask) task = run (self, "/redirect/2");
  UTaskMetrics *metrics = check_metrics (task, 3);

  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpuint (u_task_metrics_get_redirect_count (metrics), ==, 2);
  for (guint i = 0; i < 3; i++)
    {
      UTransactionMetrics *transaction = u_task_metrics_get_transaction (metrics, i);
      g_autofree char *uri = u_test_server_get_uri (self->server, paths[i]);

      g_assert_cmpstr (u_request_get_uri (u_transaction_metrics_get_request (transaction)), ==, uri);
      g_assert_cmpuint (get_status (transaction), ==, i < 2 ? 302 : 200);
      g_assert_cmpint (u_transaction_metrics_get_fetch_type (transaction), ==, U_FETCH_TYPE_NETWORK_LOAD);
      check_reuse (transaction, self->server, i);
    }
}

/* Nothing is left of the first exchange when the second one begins: so it gets its connection. */
static void
test_reuse (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (UTask) task = run (self, "/bytes/5");
      UTransactionMetrics *transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);

      check_reuse (transaction, self->server, i);
      g_assert_true (u_transaction_metrics_get_is_reused_connection (transaction) == (i > 0));
    }
}

static void
test_too_many (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = run (self, "/redirect-loop");

  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TOO_MANY_REDIRECTS);
  g_assert_cmpuint (u_task_metrics_get_redirect_count (check_metrics (task, 21)), ==, 20);
}

static void
test_stages (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = run (self, "/bytes/70000?gzip");
  UTransactionMetrics *transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);

  g_assert_no_error (u_task_get_error (task));
  g_assert_false (u_transaction_metrics_get_is_reused_connection (transaction));
  g_assert_false (u_transaction_metrics_get_is_proxy_connection (transaction));
  g_assert_nonnull (u_transaction_metrics_get_connect_start_date (transaction));
  g_assert_nonnull (u_transaction_metrics_get_connect_end_date (transaction));
  g_assert_null (u_transaction_metrics_get_secure_connection_start_date (transaction));
  g_assert_null (u_transaction_metrics_get_secure_connection_end_date (transaction));
  g_assert_nonnull (u_transaction_metrics_get_request_start_date (transaction));
  g_assert_nonnull (u_transaction_metrics_get_request_end_date (transaction));
  g_assert_cmpstr (u_transaction_metrics_get_protocol_name (transaction), ==, "http/1.1");
  g_assert_cmpstr (u_transaction_metrics_get_remote_address (transaction), ==, "127.0.0.1");
  g_assert_cmpuint (u_transaction_metrics_get_remote_port (transaction), ==, u_test_server_get_port (self->server));
  g_assert_cmpstr (u_transaction_metrics_get_local_address (transaction), ==, "127.0.0.1");
  g_assert_cmpuint (u_transaction_metrics_get_local_port (transaction), !=, 0);
  g_assert_null (u_transaction_metrics_get_tls_protocol_version (transaction));
  g_assert_null (u_transaction_metrics_get_tls_cipher_suite (transaction));
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_after_decoding (transaction), ==, 70000);
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transaction), ==,
                   u_response_get_expected_content_length (u_task_get_response (task)));
  g_assert_cmpint (u_transaction_metrics_get_response_header_bytes_received (transaction), >, 100);
}

static void
test_upload (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/echo?token=kept");
  g_autoptr (GBytes) body = u_test_pattern_bytes (100000);
  g_autoptr (UTask) task = NULL;
  UTransactionMetrics *transaction;

  u_request_set_method (request, "PUT");
  u_request_set_body_bytes (request, body, "application/octet-stream");
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);
  g_assert_cmpint (u_transaction_metrics_get_request_body_bytes_sent (transaction), ==, 100000);
  g_assert_nonnull (u_transaction_metrics_get_request_end_date (transaction));
  g_assert_cmpstr (u_request_get_method (u_transaction_metrics_get_request (transaction)), ==, "PUT");
}

static void
test_secrets (UTestScene *self, gconstpointer data)
{
  g_autofree char *plain = u_test_server_get_uri (self->server, "/bytes/5?header=Set-Cookie:s%3Dhidden-3&id=kept");
  g_autofree char *uri = g_strconcat ("http://me:hidden-4@", plain + strlen ("http://"), NULL);
  g_autoptr (URequest) request = u_request_new (uri);
  g_autoptr (UTask) task = NULL;
  g_autofree char *sent = NULL;
  g_autofree char *har = NULL;
  g_autoptr (JsonArray) entries = NULL;
  UTaskMetrics *metrics;
  UHeaders *headers;

  g_assert_true (u_headers_set (u_request_get_headers (request), "Authorization", "Bearer hidden-1", NULL));
  g_assert_true (u_headers_set (u_request_get_headers (request), "Cookie", "c=hidden-2", NULL));
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  sent = u_test_server_dup_request_header (self->server, 0, "Authorization");
  g_assert_cmpstr (sent, ==, "Bearer hidden-1");

  metrics = check_metrics (task, 1);
  g_assert_cmpuint (get_status (u_task_metrics_get_transaction (metrics, 0)), ==, 200);
  request = (g_object_unref (request),
             g_object_ref (u_transaction_metrics_get_request (u_task_metrics_get_transaction (metrics, 0))));
  headers = u_request_get_headers (request);
  g_assert_cmpstr (u_request_get_uri (request), ==, plain);
  g_assert_cmpstr (u_headers_get (headers, "Authorization"), ==, "Bearer ***");
  g_assert_cmpstr (u_headers_get (headers, "Cookie"), ==, "c=***");
  /* What the library added itself was sent, and so is here. */
  g_assert_nonnull (u_headers_get (headers, "Host"));
  g_assert_nonnull (u_headers_get (headers, "User-Agent"));

  har = u_task_metrics_to_har (metrics);
  entries = har_check (har);
  /* The option of the test server is a part of the query, which is kept. */
  g_assert_null (strstr (har, "hidden-1"));
  g_assert_null (strstr (har, "hidden-2"));
  g_assert_null (strstr (har, "hidden-4"));
  g_assert_cmpstr (har_find (har_get (entries, 0, "response"), "cookies", "s"), ==, "***");
  g_assert_cmpstr (har_find (har_get (entries, 0, "response"), "headers", "Set-Cookie"), ==, "s=***");
  g_assert_cmpstr (har_find (har_get (entries, 0, "request"), "queryString", "id"), ==, "kept");
}

static void
test_refused (UTestScene *self, gconstpointer data)
{
  g_autofree char *uri = NULL;
  g_autoptr (UTask) task = NULL;
  UTransactionMetrics *transaction;

  /* A port on which nobody listens any more. */
  uri = u_test_server_get_uri (self->server, "/");
  u_test_server_stop (self->server);
  task = run (self, uri);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST);
  transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);
  g_assert_null (u_transaction_metrics_get_response (transaction));
  g_assert_nonnull (u_transaction_metrics_get_connect_start_date (transaction));
  g_assert_null (u_transaction_metrics_get_connect_end_date (transaction));
  g_assert_null (u_transaction_metrics_get_request_start_date (transaction));
  g_assert_false (u_transaction_metrics_get_is_reused_connection (transaction));
}

static void
test_no_answer (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = run (self, "/no-answer");
  UTransactionMetrics *transaction;

  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);
  g_assert_null (u_transaction_metrics_get_response (transaction));
  g_assert_nonnull (u_transaction_metrics_get_connect_end_date (transaction));
  g_assert_nonnull (u_transaction_metrics_get_request_end_date (transaction));
}

static void
test_cut (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = run (self, "/bytes/100?drop-after=60");
  UTransactionMetrics *transaction;

  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);
  g_assert_cmpuint (get_status (transaction), ==, 200);
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transaction), ==, 60);
}

static void
test_cancelled (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) fresh = u_test_scene_new_quiet_data (self, "/bytes/5");
  g_autoptr (UTask) early = u_test_scene_new_quiet_data (self, "/stall");
  g_autoptr (UTask) late = u_test_scene_new_data (self, "/bytes/100?pause-after=60");
  UTransactionMetrics *transaction;

  u_task_cancel (fresh);
  u_test_scene_finish (self, fresh);
  check_metrics (fresh, 0);

  u_task_resume (early);
  g_assert_true (u_test_server_wait_for_requests (self->server, 1, 60000));
  u_task_cancel (early);
  u_test_scene_finish (self, early);
  g_assert_error (u_task_get_error (early), U_ERROR, U_ERROR_CANCELLED);
  transaction = u_task_metrics_get_transaction (check_metrics (early, 1), 0);
  g_assert_null (u_transaction_metrics_get_response (transaction));
  g_assert_nonnull (u_transaction_metrics_get_request_start_date (transaction));

  u_task_resume (late);
  u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
  u_task_cancel (late);
  u_test_scene_finish (self, late);
  transaction = u_task_metrics_get_transaction (check_metrics (late, 1), 0);
  g_assert_cmpuint (get_status (transaction), ==, 200);
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transaction), ==, 60);
}

static void
test_timed_out (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/stall");
  g_autoptr (UTask) task = NULL;

  u_request_set_timeout (request, 0.05);
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TIMED_OUT);
  check_metrics (task, 1);
}

static void
test_unloadable (UTestScene *self, gconstpointer data)
{
  static const char * const uris[] = { "nonsense://x/", "not a url" };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (URequest) request = u_request_new (uris[i]);
      g_autoptr (UTask) task = U_TASK (u_session_create_data_task (self->session, request));

      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_nonnull (u_task_get_error (task));
      check_metrics (task, 0);
    }
}

static void
test_local (UTestScene *self, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *missing = NULL;
  int fd = g_file_open_tmp ("urlsession-XXXXXX", &path, NULL);

  g_assert_cmpint (write (fd, "hello", 5), ==, 5);
  close (fd);
  uri = g_filename_to_uri (path, NULL, NULL);
  missing = g_strconcat (uri, "-missing", NULL);
  {
    g_autoptr (UTask) file = run (self, uri);
    g_autoptr (UTask) none = run (self, missing);
    g_autoptr (UTask) inlined = run (self, "data:,hello");
    UTask *good[] = { file, inlined };

    for (guint i = 0; i < G_N_ELEMENTS (good); i++)
      {
        UTransactionMetrics *transaction = u_task_metrics_get_transaction (check_metrics (good[i], 1), 0);

        g_assert_no_error (u_task_get_error (good[i]));
        g_assert_cmpint (u_transaction_metrics_get_fetch_type (transaction), ==, U_FETCH_TYPE_LOCAL);
        g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transaction), ==, 5);
        g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_after_decoding (transaction), ==, 5);
        g_assert_null (u_transaction_metrics_get_connect_start_date (transaction));
        g_assert_null (u_transaction_metrics_get_request_start_date (transaction));
        g_assert_null (u_transaction_metrics_get_protocol_name (transaction));
        g_assert_false (u_transaction_metrics_get_is_reused_connection (transaction));
      }
    g_assert_error (u_task_get_error (none), U_ERROR, U_ERROR_FILE_DOES_NOT_EXIST);
    check_metrics (none, 1);
  }
  g_unlink (path);
}

static void
test_tls (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTestServer) server = u_test_server_new_tls ();
  g_autoptr (GTlsDatabase) database = NULL;
  g_autofree char *uri = NULL;

  g_assert_true (u_test_server_start (server, NULL));
  database = g_tls_file_database_new (u_test_server_get_ca_path (server), NULL);
  trust (self, database);
  uri = u_test_server_get_uri (server, "/bytes/5");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = run (self, uri);
      UTransactionMetrics *transaction;

      g_assert_no_error (u_task_get_error (task));
      transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);
      check_reuse (transaction, server, i);
      g_assert_true (u_transaction_metrics_get_is_reused_connection (transaction) == (i == 1));
      g_assert_true ((u_transaction_metrics_get_secure_connection_start_date (transaction) != NULL) == (i == 0));
      g_assert_true ((u_transaction_metrics_get_secure_connection_end_date (transaction) != NULL) == (i == 0));
      g_assert_true (g_str_has_prefix (u_transaction_metrics_get_tls_protocol_version (transaction), "TLSv1."));
      g_assert_nonnull (u_transaction_metrics_get_tls_cipher_suite (transaction));
      g_assert_cmpstr (u_transaction_metrics_get_local_address (transaction), ==, "127.0.0.1");
      g_assert_cmpstr (u_transaction_metrics_get_remote_address (transaction), ==, "127.0.0.1");
    }
  u_test_scene_drop_session (self);
  u_test_server_stop (server);
}

/* The I/O thread lets go of connections after the session is gone; a server that goes before it has makes libsoup
 * complain of a connection that does not end well. */
static gboolean
is_connected_to (guint16 port)
{
  g_autofree char *remote = g_strdup_printf (" 0100007F:%04X 01 ", port);
  g_autofree char *table = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/net/tcp", &table, NULL, NULL));

  return strstr (table, remote) != NULL;
}

static void
test_http2 (UTestScene *self, gconstpointer data)
{
  const char *why = NULL;
  Nginx *nginx = nginx_new (&why);
  g_autofree char *plain = NULL;
  g_autofree char *packed = NULL;

  if (nginx == NULL)
    {
      g_test_skip (why);
      return;
    }

  nginx_add_file (nginx, "page", 50000);
  trust (self, nginx->database);
  plain = nginx_dup_url (nginx->tls_port, "/page");
  packed = nginx_dup_url (nginx->tls_port, "/gz/page");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (UTask) task = run (self, i < 2 ? plain : packed);
      UTransactionMetrics *transaction;

      g_assert_no_error (u_task_get_error (task));
      transaction = u_task_metrics_get_transaction (check_metrics (task, 1), 0);
      g_assert_cmpstr (u_transaction_metrics_get_protocol_name (transaction), ==, "h2");
      g_assert_true (u_transaction_metrics_get_is_reused_connection (transaction) == (i > 0));
      g_assert_nonnull (u_transaction_metrics_get_request_end_date (transaction));
      g_assert_nonnull (u_transaction_metrics_get_tls_protocol_version (transaction));
      g_assert_cmpint (u_transaction_metrics_get_response_header_bytes_received (transaction), >, 0);
      g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_after_decoding (transaction), ==, 50000);
      if (i < 2)
        g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transaction), ==, 50000);
      else
        g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (transaction), <, 50000);
    }
  g_assert_true (is_connected_to (nginx->tls_port));
  u_test_scene_drop_session (self);
  u_test_wait_until (self->context, !is_connected_to (nginx->tls_port));
  nginx_free (nginx);
}

/* One connection for the body that is to be a file, and the wait for it counts. */
static void
test_waiting (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (UTask) first = NULL;
  g_autoptr (UTask) second = NULL;
  GDateTime *ended;
  UTransactionMetrics *transaction;

  u_session_configuration_set_max_connections_per_host (configuration, 1);
  u_session_configuration_set_collects_metrics (configuration, TRUE);
  u_test_scene_configure (self, configuration);
  first = u_test_scene_new_quiet_data (self, "/bytes/10?pause-after=5");
  second = u_test_scene_new_quiet_data (self, "/bytes/5");
  u_task_resume (first);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_task_resume (second);
  {
    g_autoptr (UTask) barrier = run (self, "data:,x");
  }
  u_test_server_release (self->server);
  u_test_scene_finish (self, first);
  u_test_scene_finish (self, second);

  ended = u_transaction_metrics_get_response_end_date (u_task_metrics_get_transaction (check_metrics (first, 1), 0));
  transaction = u_task_metrics_get_transaction (check_metrics (second, 1), 0);
  g_assert_cmpint (g_date_time_difference (ended, u_transaction_metrics_get_fetch_start_date (transaction)), >, 0);
  g_assert_cmpint (g_date_time_difference (u_transaction_metrics_get_request_start_date (transaction), ended), >=, 0);
}

static void
test_order (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/5");
  g_autoptr (UTask) bad = u_test_scene_new_quiet_data (self, "/no-answer");
  UTask *tasks[] = { task, bad };

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      u_test_signal_log_watch_signal (self->log, tasks[i], "collected-metrics");
      u_test_signal_log_watch_signal (self->log, tasks[i], "completed");
      u_test_signal_log_watch_notify (self->log, tasks[i], "metrics");
      g_assert_null (u_task_get_metrics (tasks[i]));
      u_task_resume (tasks[i]);
      u_test_scene_finish (self, tasks[i]);
      u_test_signal_log_assert_next (self->log, "notify::metrics");
      u_test_signal_log_assert_next (self->log, "collected-metrics");
      u_test_signal_log_assert_next (self->log, i == 0 ? "completed ok" : "completed network-connection-lost");
      u_test_signal_log_assert_empty (self->log);
    }
}

/* Without anybody who asks there is nothing, and nothing is said. */
static void
test_nobody_asks (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/redirect/1");

  u_test_signal_log_watch_notify (self->log, task, "metrics");
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_null (u_task_get_metrics (task));
  u_test_signal_log_assert_empty (self->log);
}

static void
keep_cb (UTask *task, UTaskMetrics *metrics, gpointer data)
{
  UTaskMetrics **place = data;

  g_assert_null (*place);
  g_assert_true (u_task_get_metrics (task) == metrics);
  *place = g_object_ref (metrics);
}

static void
test_listening (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/redirect/1");
  g_autoptr (UTask) late = u_test_scene_new_quiet_data (self, "/bytes/10?pause-after=5");
  g_autoptr (UTaskMetrics) metrics = NULL;
  g_autoptr (UTaskMetrics) late_metrics = NULL;

  g_signal_connect (task, "collected-metrics", G_CALLBACK (keep_cb), &metrics);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_true (check_metrics (task, 2) == metrics);

  /* Too late for what went over the wire, but in time for when it was. */
  u_task_resume (late);
  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  g_signal_connect (late, "collected-metrics", G_CALLBACK (keep_cb), &late_metrics);
  u_test_server_release (self->server);
  u_test_scene_finish (self, late);
  g_assert_true (check_metrics (late, 0) == late_metrics);
}

static void
twin_cb (USession *session, UTask *task, UTaskMetrics *metrics, gpointer data)
{
  keep_cb (task, metrics, data);
}

static void
test_one_line_call (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTaskMetrics) metrics = NULL;
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/redirect/1");
  g_autoptr (GAsyncResult) result = NULL;

  g_signal_connect (self->session, "task-collected-metrics", G_CALLBACK (twin_cb), &metrics);
  u_session_data_async (self->session, request, NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  g_assert_nonnull (metrics);
  g_assert_cmpuint (u_task_metrics_get_n_transactions (metrics), ==, 2);
}

static gboolean
become_cb (UDataTask *task, UResponseDecision *decision, gpointer data)
{
  UResponseDecision **place = data;

  if (place != NULL)
    *place = g_object_ref (decision);
  else
    u_response_decision_become_download (decision);

  return TRUE;
}

static void
became_cb (UDataTask *task, UDownloadTask *download, gpointer data)
{
  *(UTask **) data = g_object_ref (U_TASK (download));
}

/* What was measured goes to the task that takes over, also if all was there before it did. */
static void
test_become (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/redirect/1");
      g_autoptr (UTask) download = NULL;
      g_autoptr (UResponseDecision) decision = NULL;

      g_signal_connect (task, "decide-response", G_CALLBACK (become_cb), i == 0 ? NULL : &decision);
      g_signal_connect (task, "became-download", G_CALLBACK (became_cb), &download);
      u_task_resume (task);
      if (i == 1)
        {
          u_test_wait_until (self->context, decision != NULL);
          u_test_wait_until (self->context, u_test_server_get_n_in_flight (self->server) == 0);
          {
            g_autoptr (UTask) barrier = run (self, "data:,x");
          }
          u_response_decision_become_download (decision);
        }
      u_test_wait_until (self->context, download != NULL);
      u_test_scene_finish (self, download);
      g_assert_no_error (u_task_get_error (download));
      g_assert_cmpuint (u_task_metrics_get_redirect_count (check_metrics (download, 2)), ==, 1);
      g_assert_null (u_task_get_metrics (task));
    }
}

/* A server that sends another range than the one it was asked for is asked once more, for all of it: each time is an
 * exchange. */
static void
test_asked_again (UTestScene *self, gconstpointer data)
{
  static const guint statuses[] = { 206, 200 };
  g_autoptr (UTask) first = u_test_scene_new_download (self, "/bytes/1000?drop-after=600&drop-once&wrong-range");
  g_autoptr (GBytes) resume_data = NULL;
  g_autoptr (UTask) second = NULL;
  UTaskMetrics *metrics;

  u_task_resume (first);
  u_test_scene_finish (self, first);
  g_assert_error (u_task_get_error (first), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
  check_metrics (first, 1);
  resume_data = u_download_task_dup_resume_data (U_DOWNLOAD_TASK (first));
  g_assert_nonnull (resume_data);

  second = U_TASK (u_session_resume_download_task (self->session, resume_data, NULL));
  u_task_resume (second);
  u_test_scene_finish (self, second);
  g_assert_no_error (u_task_get_error (second));
  metrics = check_metrics (second, G_N_ELEMENTS (statuses));
  g_assert_cmpuint (u_task_metrics_get_redirect_count (metrics), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    g_assert_cmpuint (get_status (u_task_metrics_get_transaction (metrics, i)), ==, statuses[i]);
  u_test_signal_log_clear (self->log);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("r082-r263-redirects", test_redirects);
  ADD ("r263-too-many-redirects", test_too_many);
  ADD ("r264-reuse", test_reuse);
  ADD ("r264-stages", test_stages);
  ADD ("upload", test_upload);
  ADD ("secrets", test_secrets);
  ADD ("r262-r263-refused", test_refused);
  ADD ("r262-r263-no-answer", test_no_answer);
  ADD ("r262-r263-cut", test_cut);
  ADD ("r262-r263-cancelled", test_cancelled);
  ADD ("r262-r263-timed-out", test_timed_out);
  ADD ("r262-unloadable", test_unloadable);
  ADD ("r264-local", test_local);
  ADD ("r264-tls", test_tls);
  ADD ("r264-http2", test_http2);
  ADD ("waiting", test_waiting);
  ADD ("r262-order", test_order);
  ADD_UNASKED ("nobody-asks", test_nobody_asks);
  ADD_UNASKED ("listening", test_listening);
  ADD_UNASKED ("one-line-call", test_one_line_call);
  ADD ("become-download", test_become);
  ADD ("r263-asked-again", test_asked_again);

  return g_test_run ();
}

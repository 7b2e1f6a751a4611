/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "tests/unit/har-check.h"
#include "tests/unit/raw-server.h"

#include "urlsession/loader/u-http-meter-private.h"
#include "urlsession/message/u-har-private.h"
#include "urlsession/message/u-secret-headers-private.h"
#include "urlsession/message/u-task-metrics-private.h"
#include "urlsession/message/u-transaction-metrics-private.h"
#include "urlsession/transfer/u-local-transfer-private.h"
#include "urlsession/urlsession.h"

static void
test_mask (void)
{
  static const struct
  {
    const char *name;
    const char *value;
    const char *masked;       /* NULL: no secret */
  } cases[] = {
    { "Authorization", "Basic dTpw", "Basic ***" },
    { "authorization", "Digest username=\"u\", response=\"12ab\"", "Digest ***" },
    { "Proxy-Authorization", "Negotiate YII=", "Negotiate ***" },
    { "Authorization", "bare-token", "***" },
    { "Authorization", "", "***" },
    { "Cookie", "a=1; b=two=2", "a=***; b=***" },
    { "Cookie", "lonely", "***" },
    { "Cookie", "a=1;;b=2; ", "a=***; b=***" },
    { "Cookie", "", "" },
    { "Set-Cookie", "id=7; Path=/; Secure; HttpOnly", "id=***; Path=/; Secure; HttpOnly" },
    { "Set-Cookie", "id=; Max-Age=0", "id=***; Max-Age=0" },
    { "Location", "https://u:p@h.example/x?q=1", "https://h.example/x?q=1" },
    { "Location", "https://h.example/a@b", NULL },
    { "Location", "/relative?q=a@b", NULL },
    { "Referer", "http://me@h.example/", "http://h.example/" },
    { "Location", "//u:p@h.example/x", "//u:***@h.example/x" },
    { "X-Api-Key", "12345", "***" },
    { "X-Auth-Token", "12345", "***" },
    { "WWW-Authenticate", "Basic realm=\"r\"", NULL },
    { "Proxy-Authenticate", "Digest realm=\"r\", nonce=\"n\"", NULL },
    { "Content-Type", "text/plain", NULL },
    { "ETag", "\"5\"", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *masked = u_secret_header_dup_masked (cases[i].name, cases[i].value);

      g_assert_cmpstr (masked, ==, cases[i].masked);
      if (masked != NULL)
        {
          /* What is masked once more stays as it is. */
          g_autofree char *again = u_secret_header_dup_masked (cases[i].name, masked);

          g_assert_cmpstr (again != NULL ? again : masked, ==, masked);
        }
    }
}

static void
test_mask_list (void)
{
  g_autoptr (UHeaderList) open = u_header_list_new ();
  g_autoptr (UHeaderList) same = NULL;
  g_autoptr (UHeaderList) masked = NULL;

  u_header_list_append (open, "Accept", "a");
  u_header_list_append (open, "accept", "b");
  same = u_secret_headers_mask (open);
  g_assert_true (same == open);

  open = u_header_list_unshare (g_steal_pointer (&open));
  u_header_list_append (open, "Cookie", "a=1");
  u_header_list_append (open, "Accept", "c");
  masked = u_secret_headers_mask (open);
  g_assert_cmpuint (u_header_list_get_n (masked), ==, 4);
  g_assert_cmpuint (u_header_list_count (masked, "Accept"), ==, 3);
  g_assert_cmpstr (u_header_list_get (masked, "Cookie"), ==, "a=***");
  g_assert_cmpstr (u_header_list_get (open, "Cookie"), ==, "a=1");
}

/* Whatever was written down, the dates are in order, and those that are not there stay away. */
static void
test_order (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("http://u:p@h.example/");
  gint64 since = g_get_monotonic_time () - 5000;
  g_autoptr (UTransactionData) data = u_transaction_data_begin (request, since);
  gint64 before = g_get_real_time ();

  g_assert_cmpstr (data->request->uri, ==, "http://h.example/");
  g_assert_cmpint (ABS (before - data->fetch_start), >=, 4000);
  g_assert_cmpint (u_transaction_data_at (data, since), ==, data->fetch_start);
  g_assert_cmpint (u_transaction_data_at (data, 0), ==, 0);

  data->connect_start = data->fetch_start + 100;
  data->connect_end = data->fetch_start + 90;
  data->request_start = data->fetch_start - 7;
  u_transaction_data_end (data);
  g_assert_cmpint (data->domain_lookup_start, ==, 0);
  g_assert_cmpint (data->domain_lookup_end, ==, 0);
  g_assert_cmpint (data->connect_start, ==, data->fetch_start + 100);
  g_assert_cmpint (data->connect_end, ==, data->fetch_start + 100);
  g_assert_cmpint (data->request_start, ==, data->fetch_start + 100);
  g_assert_cmpint (data->request_end, ==, 0);
  g_assert_cmpint (data->response_start, ==, 0);
  g_assert_cmpint (data->response_end, ==, 0);
}

#define START (1700000000 * (gint64) G_USEC_PER_SEC + 123456)

static UTransactionData *
make_full (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("https://h.example/p/a?q=1%202&flag&=x&p+q=%ff#part");
  UTransactionData *data = u_transaction_data_new ();
  UHeaderList *headers = u_header_list_new ();

  data->request = g_steal_pointer (&request);
  u_header_list_append (data->request->headers, "Cookie", "a=secret-1; b=secret-2");
  u_header_list_append (data->request->headers, "Authorization", "Basic secret-3");
  u_header_list_append (headers, "Content-Type", "text/html; charset=utf-8");
  u_header_list_append (headers, "Set-Cookie", "s=secret-4; Path=/p; Domain=h.example; Secure; HttpOnly");
  u_header_list_append (headers, "Location", "https://me:secret-5@h.example/next");
  u_header_list_append (headers, "X-Bytes", "caf\xe9");
  data->response = u_response_data_new_http ("https://h.example/p/a", 302, "2", headers);
  data->fetch = U_FETCH_TYPE_NETWORK_LOAD;
  data->fetch_start = START;
  data->domain_lookup_start = START + 1000;
  data->domain_lookup_end = START + 3000;
  data->connect_start = START + 3500;
  data->secure_connection_start = START + 5000;
  data->secure_connection_end = START + 9000;
  data->connect_end = START + 9500;
  data->request_start = START + 9600;
  data->request_end = START + 10000;
  data->response_start = START + 30000;
  data->response_end = START + 45000;
  data->protocol = g_strdup ("h2");
  data->proxy_connection = TRUE;
  data->local_address = g_strdup ("192.0.2.1");
  data->local_port = 40000;
  data->remote_address = g_strdup ("2001:db8::1");
  data->remote_port = 443;
  data->tls_version = g_strdup ("TLSv1.3");
  data->tls_cipher = g_strdup ("TLS_AES_128_GCM_SHA256");
  data->connection = 7;
  data->request_header_bytes = 200;
  data->request_body_bytes = 30;
  data->response_header_bytes = 150;
  data->response_body_bytes = 400;
  data->response_body_decoded_bytes = 1000;

  return data;
}

static UTransactionData *
make_unanswered (void)
{
  UTransactionData *data = make_full ();

  g_clear_pointer (&data->response, u_response_data_unref);
  data->response_start = data->response_end = 0;
  data->response_header_bytes = data->response_body_bytes = data->response_body_decoded_bytes = 0;

  return data;
}

static void
test_timings (void)
{
  g_autoptr (UTransactionData) data = make_full ();
  g_autoptr (UTransactionData) reused = make_full ();
  g_autoptr (UTransactionData) local = u_transaction_data_new ();
  g_autoptr (UTransactionData) refused = u_transaction_data_new ();
  UHarTimings timings;

#define ASSERT_MS(field, value) g_assert_cmpfloat_with_epsilon (timings.field, value, 0.0001)
  u_har_timings_read (&timings, data);
  ASSERT_MS (total, 45);
  ASSERT_MS (dns, 2);
  ASSERT_MS (connect, 6);
  ASSERT_MS (ssl, 4);
  ASSERT_MS (send, 0.4);
  ASSERT_MS (wait, 20);
  ASSERT_MS (receive, 15);
  ASSERT_MS (blocked, 1.6);

  reused->domain_lookup_start = reused->domain_lookup_end = reused->connect_start = reused->connect_end = 0;
  reused->secure_connection_start = reused->secure_connection_end = 0;
  u_har_timings_read (&timings, reused);
  ASSERT_MS (total, 45);
  ASSERT_MS (dns, -1);
  ASSERT_MS (connect, -1);
  ASSERT_MS (ssl, -1);
  ASSERT_MS (blocked, 9.6);

  local->fetch_start = START;
  local->response_start = START + 2000;
  local->response_end = START + 3000;
  u_har_timings_read (&timings, local);
  ASSERT_MS (total, 3);
  ASSERT_MS (blocked, 0);
  ASSERT_MS (wait, 2);
  ASSERT_MS (receive, 1);

  refused->fetch_start = START;
  refused->domain_lookup_start = START + 1000;
  refused->domain_lookup_end = START + 1500;
  refused->connect_start = START + 2000;
  u_har_timings_read (&timings, refused);
  ASSERT_MS (total, 2);
  ASSERT_MS (blocked, 1.5);
  ASSERT_MS (dns, 0.5);
  ASSERT_MS (connect, -1);
  ASSERT_MS (send, 0);
  ASSERT_MS (wait, 0);
  ASSERT_MS (receive, 0);
#undef ASSERT_MS
}

static void
test_har (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) u_transaction_data_unref);
  g_autofree char *text = NULL;
  g_autofree char *empty = u_har_write (NULL);
  g_autoptr (JsonArray) entries = NULL;
  g_autoptr (JsonArray) none = har_check (empty);
  JsonObject *request;
  JsonObject *response;

  g_assert_cmpuint (json_array_get_length (none), ==, 0);
  g_ptr_array_add (list, make_full ());
  g_ptr_array_add (list, make_unanswered ());
  text = u_har_write (list);
  entries = har_check (text);
  g_assert_cmpuint (json_array_get_length (entries), ==, 2);
  g_assert_null (strstr (text, "secret"));

  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (entries, 0), "startedDateTime"), ==,
                   "2023-11-14T22:13:20.123456Z");
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (entries, 0), "serverIPAddress"), ==,
                   "2001:db8::1");
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (entries, 0), "connection"), ==, "7");
  request = har_get (entries, 0, "request");
  g_assert_cmpstr (json_object_get_string_member (request, "url"), ==,
                   "https://h.example/p/a?q=1%202&flag&=x&p+q=%ff");
  g_assert_cmpstr (json_object_get_string_member (request, "httpVersion"), ==, "HTTP/2");
  g_assert_cmpint (json_object_get_int_member (request, "headersSize"), ==, 200);
  g_assert_cmpint (json_object_get_int_member (request, "bodySize"), ==, 30);
  g_assert_cmpstr (har_find (request, "queryString", "q"), ==, "1 2");
  g_assert_cmpstr (har_find (request, "queryString", "flag"), ==, "");
  g_assert_cmpstr (har_find (request, "queryString", ""), ==, "x");
  g_assert_nonnull (har_find (request, "queryString", "p q"));
  g_assert_cmpstr (har_find (request, "cookies", "b"), ==, "***");
  g_assert_cmpstr (har_find (request, "headers", "Authorization"), ==, "Basic ***");
  response = har_get (entries, 0, "response");
  g_assert_cmpint (json_object_get_int_member (response, "status"), ==, 302);
  g_assert_cmpstr (json_object_get_string_member (response, "statusText"), ==, "Found");
  g_assert_cmpstr (json_object_get_string_member (response, "redirectURL"), ==, "https://h.example/next");
  g_assert_cmpstr (har_find (response, "cookies", "s"), ==, "***");
  {
    JsonObject *cookie = json_array_get_object_element (json_object_get_array_member (response, "cookies"), 0);

    g_assert_cmpstr (json_object_get_string_member (cookie, "path"), ==, "/p");
    g_assert_cmpstr (json_object_get_string_member (cookie, "domain"), ==, "h.example");
    g_assert_true (json_object_get_boolean_member (cookie, "secure"));
    g_assert_true (json_object_get_boolean_member (cookie, "httpOnly"));
  }
  g_assert_cmpint (json_object_get_int_member (response, "bodySize"), ==, 400);
  g_assert_cmpint (json_object_get_int_member (json_object_get_object_member (response, "content"), "size"), ==, 1000);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (response, "content"), "mimeType"), ==,
                   "text/html; charset=utf-8");

  response = har_get (entries, 1, "response");
  g_assert_cmpint (json_object_get_int_member (response, "status"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (response, "bodySize"), ==, -1);
}

/* Every property says what its field does. */
static void
test_view (void)
{
  g_autoptr (UTransactionData) data = make_full ();
  g_autoptr (UTransactionMetrics) metrics = u_transaction_metrics_new (data);
  GDateTime *date = u_transaction_metrics_get_secure_connection_end_date (metrics);

  g_assert_cmpint (g_date_time_to_unix (date), ==, (START + 9000) / G_USEC_PER_SEC);
  g_assert_cmpint (g_date_time_get_microsecond (date), ==, (START + 9000) % G_USEC_PER_SEC);
#define ASSERT_DATE(name, offset) \
  g_assert_cmpint (g_date_time_difference (u_transaction_metrics_get_##name##_date (metrics), date), ==, offset - 9000)
  ASSERT_DATE (fetch_start, 0);
  ASSERT_DATE (domain_lookup_start, 1000);
  ASSERT_DATE (domain_lookup_end, 3000);
  ASSERT_DATE (connect_start, 3500);
  ASSERT_DATE (secure_connection_start, 5000);
  ASSERT_DATE (connect_end, 9500);
  ASSERT_DATE (request_start, 9600);
  ASSERT_DATE (request_end, 10000);
  ASSERT_DATE (response_start, 30000);
  ASSERT_DATE (response_end, 45000);
#undef ASSERT_DATE
  g_assert_cmpint (u_transaction_metrics_get_fetch_type (metrics), ==, U_FETCH_TYPE_NETWORK_LOAD);
  g_assert_cmpstr (u_transaction_metrics_get_protocol_name (metrics), ==, "h2");
  g_assert_true (u_transaction_metrics_get_is_proxy_connection (metrics));
  g_assert_false (u_transaction_metrics_get_is_reused_connection (metrics));
  g_assert_cmpstr (u_transaction_metrics_get_local_address (metrics), ==, "192.0.2.1");
  g_assert_cmpuint (u_transaction_metrics_get_local_port (metrics), ==, 40000);
  g_assert_cmpstr (u_transaction_metrics_get_remote_address (metrics), ==, "2001:db8::1");
  g_assert_cmpuint (u_transaction_metrics_get_remote_port (metrics), ==, 443);
  g_assert_cmpstr (u_transaction_metrics_get_tls_protocol_version (metrics), ==, "TLSv1.3");
  g_assert_cmpstr (u_transaction_metrics_get_tls_cipher_suite (metrics), ==, "TLS_AES_128_GCM_SHA256");
  g_assert_cmpint (u_transaction_metrics_get_request_header_bytes_sent (metrics), ==, 200);
  g_assert_cmpint (u_transaction_metrics_get_request_body_bytes_sent (metrics), ==, 30);
  g_assert_cmpint (u_transaction_metrics_get_response_header_bytes_received (metrics), ==, 150);
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_received (metrics), ==, 400);
  g_assert_cmpint (u_transaction_metrics_get_response_body_bytes_after_decoding (metrics), ==, 1000);
  g_assert_true (u_request_is_sealed (u_transaction_metrics_get_request (metrics)));
  g_assert_true (U_IS_HTTP_RESPONSE (u_transaction_metrics_get_response (metrics)));
  g_assert_finalize_object (g_steal_pointer (&metrics));
}

/* A getter and its property are one thing. */
static void
test_properties (void)
{
  g_autoptr (UTransactionData) data = make_full ();
  g_autoptr (UTransactionMetrics) metrics = u_transaction_metrics_new (data);
  g_autofree GParamSpec **pspecs = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (metrics), &n);
  g_assert_cmpuint (n, ==, 28);
  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;
      char *text;

      g_object_get_property (G_OBJECT (metrics), pspecs[i]->name, &value);
      if (g_str_has_prefix (pspecs[i]->name, "is-"))
        continue;
      if (G_VALUE_HOLDS (&value, G_TYPE_DATE_TIME))
        text = g_date_time_format (g_value_get_boxed (&value), "%s.%f");
      else
        text = g_strdup_value_contents (&value);
      /* All of make_full() are different: so none of them reads the field of another one. */
      if (!g_hash_table_add (seen, text))
        g_error ("%s is %s, as another property", pspecs[i]->name, text);
    }
}

static void
test_task (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) u_transaction_data_unref);
  g_autoptr (UTaskMetrics) metrics = NULL;
  g_autoptr (UTaskMetrics) none = u_task_metrics_new (START, START, 0, NULL);
  UTransactionMetrics **all;
  gsize n;

  for (guint i = 0; i < 3; i++)
    g_ptr_array_add (list, make_full ());
  metrics = u_task_metrics_new (START, START + 50000, 2, list);
  g_assert_cmpuint (u_task_metrics_get_n_transactions (metrics), ==, 3);
  g_assert_null (u_task_metrics_get_transaction (metrics, 3));
  all = u_task_metrics_dup_transactions (metrics, &n);
  g_assert_cmpuint (n, ==, 3);
  for (guint i = 0; i < n; i++)
    {
      g_assert_true (all[i] == u_task_metrics_get_transaction (metrics, i));
      g_object_unref (all[i]);
    }
  g_free (all);
  g_assert_cmpfloat_with_epsilon (u_task_metrics_get_duration (metrics), 0.05, 0.000001);

  all = u_task_metrics_dup_transactions (none, &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpuint (u_task_metrics_get_n_transactions (none), ==, 0);
  g_free (all);
}

/* However often a task asks again, what is kept has an end. */
static void
test_bound (void)
{
  ULocalTransfer transfer = { .state = U_LOCAL_NEW };

  u_local_transfer_add_transaction (&transfer, NULL);
  g_assert_null (transfer.transactions);
  for (guint i = 0; i < 70; i++)
    {
      g_autoptr (UTransactionData) data = u_transaction_data_new ();

      data->connection = i;
      u_local_transfer_add_transaction (&transfer, data);
    }
  g_assert_cmpuint (transfer.transactions->len, ==, 64);
  g_assert_cmpuint (((UTransactionData *) transfer.transactions->pdata[0])->connection, ==, 6);
  g_assert_cmpuint (((UTransactionData *) transfer.transactions->pdata[63])->connection, ==, 69);
  g_ptr_array_unref (transfer.transactions);
}

/* An exchange that is sent once more, with another message, is that of the last one. */
static void
test_sent_again (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("http://h.example/");
  UHttpMeter *meter = u_http_meter_new (request, 0);
  SoupMessage *first = soup_message_new ("GET", "http://h.example/");
  g_autoptr (SoupMessage) second = soup_message_new ("GET", "http://h.example/");
  g_autoptr (UTransactionData) data = NULL;

  soup_message_headers_append (soup_message_get_request_headers (first), "X-Try", "1");
  soup_message_headers_append (soup_message_get_request_headers (second), "X-Try", "2");
  u_http_meter_attach (meter, first);
  g_signal_emit_by_name (first, "wrote-body");
  u_http_meter_attach (meter, second);
  g_signal_emit_by_name (first, "wrote-body");
  g_assert_finalize_object (first);
  data = u_http_meter_finish (meter, 0);
  g_assert_cmpint (data->request_end, ==, 0);
  g_assert_cmpstr (u_header_list_get (data->request->headers, "X-Try"), ==, "2");
  /* After the end there is nothing to attach to. */
  u_http_meter_attach (meter, second);
  g_assert_null (u_http_meter_finish (meter, 0));
  u_http_meter_free (meter);
  g_assert_finalize_object (g_steal_pointer (&second));
}

/* ---- Through the door ---- */

typedef struct
{
  GMainContext *context;
  Driver *driver;             /* owned */
  RawServer *server;          /* owned */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  static const ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };

  self->context = driver_push_context ();
  self->driver = driver_new (u_http_loader_new (&settings));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  driver_free (self->driver);
  raw_server_free (self->server);
  driver_pop_context (self->context);
}

static void
keep_transaction (DriverLoad *load, const ULoadEvent *event)
{
  UTransactionData **place = load->user_data;

  if (event->kind != U_LOAD_DONE)
    {
      g_assert_null (event->transaction);
      return;
    }
  g_assert_null (*place);
  *place = event->transaction != NULL ? u_transaction_data_ref (event->transaction) : NULL;
}

static UTransactionData *
measure (Fixture *self, ULoadParams *params)
{
  g_autofree char *url = raw_server_dup_url (self->server, "/");
  g_autoptr (DriverLoad) load = driver_load_new ();
  UTransactionData *data = NULL;

  load->on_event = keep_transaction;
  load->user_data = &data;
  driver_start (self->driver, load, url, params);
  driver_wait_done (self->driver, load);
  g_assert_null (u_load_take_transaction (load->load));

  return data;
}

static void
test_not_asked (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", -1, RAW_KEEP } };
  ULoadParams params = { .decode = TRUE };

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_assert_null (measure (self, &params));
}

static void
test_since (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", -1, RAW_KEEP } };
  ULoadParams params = { .decode = TRUE, .measure = TRUE };
  g_autoptr (UTransactionData) transaction = NULL;

  params.measure_since = g_get_monotonic_time () - 10 * G_USEC_PER_SEC;
  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  transaction = measure (self, &params);
  g_assert_cmpint (transaction->connect_start - transaction->fetch_start, >=, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (transaction->response_body_bytes, ==, 5);
  g_assert_cmpint (transaction->response_body_decoded_bytes, ==, 5);
}

/* A connection that was closed meanwhile: libsoup sends the request again on a new one. */
static void
test_lost_connection (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", -1, RAW_KEEP },
    { "", 0, RAW_CLOSE },
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain", -1, RAW_KEEP },
  };
  ULoadParams params = { .decode = TRUE, .measure = TRUE };
  g_autoptr (UTransactionData) first = NULL;
  g_autoptr (UTransactionData) second = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  first = measure (self, &params);
  second = measure (self, &params);
  g_assert_false (second->reused_connection);
  g_assert_nonnull (second->response);
  g_assert_cmpint (second->connect_start, >=, first->response_end);
  g_assert_cmpint (second->request_start, >=, second->connect_end);
  g_assert_cmpint (second->request_end, >=, second->request_start);
  g_assert_cmpint (second->response_start, >=, second->request_end);
  g_assert_cmpuint (first->connection, !=, second->connection);
}

static gboolean
has_data (gpointer load)
{
  return ((DriverLoad *) load)->n_data > 0;
}

static void
test_take (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", -1, RAW_HOLD } };
  ULoadParams params = { .decode = TRUE, .measure = TRUE };
  g_autoptr (DriverLoad) load = driver_load_new ();
  g_autoptr (UTransactionData) transaction = NULL;
  g_autofree char *url = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  url = raw_server_dup_url (self->server, "/");
  driver_start (self->driver, load, url, &params);
  g_assert_true (driver_wait (self->driver, has_data, load, 20));
  transaction = u_load_take_transaction (load->load);
  g_assert_nonnull (transaction);
  g_assert_nonnull (transaction->response);
  g_assert_cmpint (transaction->response_body_bytes, ==, 5);
  g_assert_cmpint (transaction->response_end, >=, transaction->response_start);
  g_assert_null (u_load_take_transaction (load->load));
}

static void
test_take_early (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", -1, RAW_HOLD } };
  ULoadParams params = { .decode = TRUE, .measure = TRUE };
  g_autoptr (DriverLoad) load = driver_load_new ();
  g_autoptr (UTransactionData) transaction = NULL;
  g_autofree char *url = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  url = raw_server_dup_url (self->server, "/");
  driver_start (self->driver, load, url, &params);
  transaction = u_load_take_transaction (load->load);
  g_assert_nonnull (transaction);
  g_assert_null (transaction->response);
  g_assert_cmpint (transaction->fetch_start, >, 0);
  g_assert_cmpint (transaction->request_start, ==, 0);
  g_assert_cmpint (transaction->fetch, ==, U_FETCH_TYPE_UNKNOWN);
  g_assert_false (transaction->reused_connection);
}

/* What libsoup is never asked to do is still an exchange that somebody wanted. */
static void
test_refused (Fixture *self, gconstpointer data)
{
  static const RawReply replies[] = { { "", 0, RAW_CLOSE } };
  g_autoptr (URequestData) request = NULL;
  ULoadParams params = { .decode = TRUE, .measure = TRUE };
  g_autoptr (UTransactionData) transaction = NULL;
  g_autofree char *url = NULL;

  self->server = raw_server_new (replies, G_N_ELEMENTS (replies));
  url = raw_server_dup_url (self->server, "/");
  request = u_request_data_new (url);
  g_free (request->method);
  request->method = g_strdup ("CONNECT");
  params.request = request;
  transaction = measure (self, &params);
  g_assert_nonnull (transaction);
  g_assert_null (transaction->response);
  g_assert_cmpint (transaction->connect_start, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transaction-metrics/mask", test_mask);
  g_test_add_func ("/transaction-metrics/mask-list", test_mask_list);
  g_test_add_func ("/transaction-metrics/r264-order", test_order);
  g_test_add_func ("/transaction-metrics/timings", test_timings);
  g_test_add_func ("/transaction-metrics/har", test_har);
  g_test_add_func ("/transaction-metrics/view", test_view);
  g_test_add_func ("/transaction-metrics/properties", test_properties);
  g_test_add_func ("/transaction-metrics/task", test_task);
  g_test_add_func ("/transaction-metrics/bound", test_bound);
  g_test_add_func ("/transaction-metrics/sent-again", test_sent_again);
#define ADD(path, function) g_test_add ("/transaction-metrics/load/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("not-asked", test_not_asked);
  ADD ("since", test_since);
  ADD ("r264-lost-connection", test_lost_connection);
  ADD ("take", test_take);
  ADD ("take-early", test_take_early);
  ADD ("refused", test_refused);
#undef ADD

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-policy-json-private.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-retry-policy-private.h"
#include "urlsession/transfer/u-retry-private.h"

/* When a request is made again: the values, the object that shows them, and the decision. */

#define NEVER -1.0

/* Thu, 01 Jan 2026 00:00:00 GMT */
#define NEW_YEAR 1767225600

static void
count_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_policy_defaults (void)
{
  static const guint expected[] = { 408, 429, 502, 503, 504 };
  URetryPolicy *policy = u_retry_policy_new ();
  const guint *codes;
  gsize n_codes;

  g_assert_cmpuint (u_retry_policy_get_max_attempts (policy), ==, 3);
  g_assert_cmpfloat (u_retry_policy_get_initial_delay (policy), ==, 1);
  g_assert_cmpfloat (u_retry_policy_get_maximum_delay (policy), ==, 60);
  g_assert_cmpfloat (u_retry_policy_get_multiplier (policy), ==, 2);
  g_assert_cmpfloat (u_retry_policy_get_jitter (policy), ==, 1);
  g_assert_true (u_retry_policy_get_honors_retry_after (policy));
  g_assert_false (u_retry_policy_get_retries_unsafe_methods (policy));
  codes = u_retry_policy_get_status_codes (policy, &n_codes);
  g_assert_cmpmem (codes, n_codes * sizeof *codes, expected, sizeof expected);
  g_assert_false (u_retry_policy_is_sealed (policy));

  g_assert_finalize_object (policy);
}

static void
test_policy_status_codes (void)
{
  static const guint given[] = { 503, 500, 503, 429 };
  static const guint expected[] = { 429, 500, 503 };
  URetryPolicy *policy = u_retry_policy_new ();
  const guint *codes;
  gsize n_codes;

  u_retry_policy_set_status_codes (policy, given, G_N_ELEMENTS (given));
  codes = u_retry_policy_get_status_codes (policy, &n_codes);
  g_assert_cmpmem (codes, n_codes * sizeof *codes, expected, sizeof expected);
  u_retry_policy_set_status_codes (policy, NULL, 0);
  u_retry_policy_get_status_codes (policy, &n_codes);
  g_assert_cmpuint (n_codes, ==, 0);

  g_assert_finalize_object (policy);
}

static void
test_policy_sealed (void)
{
  static const guint codes[] = { 500 };
  URetryPolicy *policy = u_retry_policy_new ();
  URetryPolicy *sealed;
  URetryPolicy *copy;
  gsize n_codes;

  u_retry_policy_set_max_attempts (policy, 7);
  sealed = u_retry_policy_dup_sealed (policy);
  u_retry_policy_set_max_attempts (policy, 8);
  g_assert_true (u_retry_policy_is_sealed (sealed));
  g_assert_cmpuint (u_retry_policy_get_max_attempts (sealed), ==, 7);

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_retry_policy_set_max_attempts (sealed, 9);
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_retry_policy_set_jitter (sealed, 0.5);
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_retry_policy_set_honors_retry_after (sealed, FALSE);
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_retry_policy_set_status_codes (sealed, codes, 1);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (u_retry_policy_get_max_attempts (sealed), ==, 7);
  g_assert_cmpfloat (u_retry_policy_get_jitter (sealed), ==, 1);
  u_retry_policy_get_status_codes (sealed, &n_codes);
  g_assert_cmpuint (n_codes, ==, 5);

  copy = u_retry_policy_copy (sealed);
  g_assert_false (u_retry_policy_is_sealed (copy));
  u_retry_policy_set_max_attempts (copy, 9);
  u_retry_policy_set_status_codes (copy, codes, 1);
  g_assert_cmpuint (u_retry_policy_get_max_attempts (copy), ==, 9);
  g_assert_cmpuint (u_retry_policy_get_max_attempts (sealed), ==, 7);

  g_assert_finalize_object (copy);
  g_assert_finalize_object (sealed);
  g_assert_finalize_object (policy);
}

/* A request takes what the policy says at that moment. */
static void
test_request (void)
{
  URequest *request = u_request_new ("http://h/");
  URequest *other;
  URetryPolicy *policy = u_retry_policy_new ();
  g_autoptr (URequestData) data = NULL;
  g_autoptr (URequestData) later = NULL;
  guint n_notified = 0;

  g_signal_connect (request, "notify::retry-policy", G_CALLBACK (count_cb), &n_notified);
  g_assert_null (u_request_get_retry_policy (request));
  u_retry_policy_set_max_attempts (policy, 5);
  u_request_set_retry_policy (request, policy);
  g_assert_cmpuint (n_notified, ==, 1);
  u_request_set_retry_policy (request, policy);
  g_assert_cmpuint (n_notified, ==, 1);
  u_retry_policy_set_max_attempts (policy, 6);
  g_assert_cmpuint (u_retry_policy_get_max_attempts (u_request_get_retry_policy (request)), ==, 5);
  g_assert_true (u_retry_policy_is_sealed (u_request_get_retry_policy (request)));

  data = u_request_ref_data (request);
  other = u_request_copy (request);
  g_assert_true (u_request_equal (request, other));
  u_request_set_retry_policy (other, policy);
  g_assert_false (u_request_equal (request, other));
  g_assert_cmpuint (data->retry->max_attempts, ==, 5);
  g_assert_cmpuint (u_retry_policy_get_max_attempts (u_request_get_retry_policy (other)), ==, 6);

  u_request_set_retry_policy (request, NULL);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_null (u_request_get_retry_policy (request));
  later = u_request_ref_data (request);
  g_assert_null (later->retry);
  g_assert_nonnull (data->retry);

  g_assert_finalize_object (policy);
  g_assert_finalize_object (other);
  g_assert_finalize_object (request);
}

static URequestData *
write_and_read (URequestData *data)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (JsonNode) read = NULL;
  g_autofree char *text = NULL;
  URequestData *result = u_request_data_new (data->uri);

  json_builder_begin_object (builder);
  u_request_policy_to_json (data, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  read = json_from_string (text, NULL);
  g_assert_true (u_request_policy_from_json (result, json_node_get_object (read)));

  return result;
}

static void
test_json (void)
{
  static const guint codes[] = { 425, 500 };
  g_autoptr (URequestData) data = u_request_data_new ("http://h/");
  g_autoptr (URequestData) without = write_and_read (data);
  g_autoptr (URequestData) with = NULL;

  g_assert_null (without->retry);
  data->retry = u_retry_rules_new ();
  data->retry->max_attempts = 9;
  data->retry->initial_delay = 0.25;
  data->retry->maximum_delay = 30;
  data->retry->multiplier = 1.5;
  data->retry->jitter = 0;
  data->retry->honors_retry_after = FALSE;
  data->retry->retries_unsafe_methods = TRUE;
  u_retry_rules_set_status_codes (data->retry, codes, G_N_ELEMENTS (codes));
  with = write_and_read (data);
  g_assert_true (u_request_data_equal (data, with));
  g_assert_false (u_request_data_equal (data, without));
}

static void
test_json_garbage (void)
{
  static const char * const texts[] = {
    "{}",
    "{\"retry\":1}",
    "{\"retry\":null}",
    "{\"retry\":{}}",
    "{\"retry\":{\"max-attempts\":0,\"initial-delay\":1,\"jitter\":1,\"maximum-delay\":1,\"multiplier\":1,"
    "\"honors-retry-after\":true,\"retries-unsafe-methods\":true,\"status-codes\":[]}}",
    "{\"retry\":{\"max-attempts\":1,\"initial-delay\":1,\"jitter\":2,\"maximum-delay\":1,\"multiplier\":1,"
    "\"honors-retry-after\":true,\"retries-unsafe-methods\":true,\"status-codes\":[]}}",
    "{\"retry\":{\"max-attempts\":1,\"initial-delay\":1,\"jitter\":1,\"maximum-delay\":1,\"multiplier\":1,"
    "\"honors-retry-after\":1,\"retries-unsafe-methods\":true,\"status-codes\":[]}}",
    "{\"retry\":{\"max-attempts\":1,\"initial-delay\":1,\"jitter\":1,\"maximum-delay\":1,\"multiplier\":1,"
    "\"honors-retry-after\":true,\"retries-unsafe-methods\":true,\"status-codes\":[\"a\"]}}",
    "{\"retry\":{\"max-attempts\":1,\"initial-delay\":1,\"jitter\":1,\"maximum-delay\":1,\"multiplier\":1,"
    "\"honors-retry-after\":true,\"retries-unsafe-methods\":true,\"status-codes\":[7]}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (JsonNode) node = json_from_string (texts[i], NULL);
      g_autoptr (URequestData) data = u_request_data_new ("http://h/");

      g_test_message ("%s", texts[i]);
      g_assert_nonnull (node);
      g_assert_cmpint (u_request_policy_from_json (data, json_node_get_object (node)), ==, i == 0);
      g_assert_null (data->retry);
    }
}

static const struct
{
  int code;
  gboolean transient;
  gboolean unreachable;
} errors[] = {
  { U_ERROR_TIMED_OUT, TRUE, FALSE },
  { U_ERROR_CANNOT_FIND_HOST, TRUE, TRUE },
  { U_ERROR_DNS_LOOKUP_FAILED, TRUE, TRUE },
  { U_ERROR_CANNOT_CONNECT_TO_HOST, TRUE, TRUE },
  { U_ERROR_NETWORK_CONNECTION_LOST, TRUE, FALSE },
  { U_ERROR_NOT_CONNECTED_TO_INTERNET, TRUE, TRUE },
  { U_ERROR_ZERO_BYTE_RESOURCE, TRUE, FALSE },
  { U_ERROR_UNKNOWN, FALSE, FALSE },
  { U_ERROR_CANCELLED, FALSE, FALSE },
  { U_ERROR_BAD_URL, FALSE, FALSE },
  { U_ERROR_UNSUPPORTED_URL, FALSE, FALSE },
  { U_ERROR_TOO_MANY_REDIRECTS, FALSE, FALSE },
  { U_ERROR_BAD_SERVER_RESPONSE, FALSE, FALSE },
  { U_ERROR_CANNOT_PARSE_RESPONSE, FALSE, FALSE },
  { U_ERROR_CANNOT_DECODE_CONTENT_DATA, FALSE, FALSE },
  { U_ERROR_USER_AUTHENTICATION_REQUIRED, FALSE, FALSE },
  { U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED, FALSE, FALSE },
  { U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION, FALSE, FALSE },
  { U_ERROR_SECURE_CONNECTION_FAILED, FALSE, FALSE },
  { U_ERROR_SERVER_CERTIFICATE_UNTRUSTED, FALSE, FALSE },
  { U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE, FALSE, FALSE },
  { U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT, FALSE, FALSE },
  { U_ERROR_CLIENT_CERTIFICATE_REQUIRED, FALSE, FALSE },
  { U_ERROR_FILE_DOES_NOT_EXIST, FALSE, FALSE },
  { U_ERROR_CANNOT_WRITE_TO_FILE, FALSE, FALSE },
  { U_ERROR_CANNOT_CREATE_FILE, FALSE, FALSE },
  { U_ERROR_DIGEST_MISMATCH, FALSE, FALSE },
};

static void
test_errors (void)
{
  g_autoptr (URetryRules) rules = u_retry_rules_new ();
  g_autoptr (GError) foreign = g_error_new_literal (G_IO_ERROR, U_ERROR_TIMED_OUT, "foreign");

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (U_ERROR, errors[i].code, "x");
      URetryFacts facts = { .error = error, .method = "GET", .n_attempts = 1, .time_left = -1 };
      double delay;

      g_test_message ("%d", errors[i].code);
      g_assert_cmpint (u_retry_is_transient_error (error), ==, errors[i].transient);
      g_assert_cmpint (u_retry_is_unreachable (error), ==, errors[i].unreachable);
      g_assert_cmpint (u_retry_decide (rules, &facts, &delay), ==, errors[i].transient);
      g_assert_false (u_retry_decide (NULL, &facts, &delay));
    }
  g_assert_false (u_retry_is_transient_error (foreign));
}

static void
test_statuses (void)
{
  g_autoptr (URetryRules) rules = u_retry_rules_new ();

  for (guint status = 100; status < 600; status++)
    {
      URetryFacts facts = { .status = status, .method = "GET", .n_attempts = 1, .time_left = -1 };
      gboolean expected = status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
      double delay;

      g_assert_cmpint (u_retry_decide (rules, &facts, &delay), ==, expected);
    }
}

static const struct
{
  const char *method;
  gboolean nothing_sent;
  gboolean continues;
  gboolean allowed;           /* retries_unsafe_methods */
  gboolean expected;
} safety[] = {
  { "GET", FALSE, FALSE, FALSE, TRUE },
  { "HEAD", FALSE, FALSE, FALSE, TRUE },
  { "OPTIONS", FALSE, FALSE, FALSE, TRUE },
  { "TRACE", FALSE, FALSE, FALSE, TRUE },
  { "PUT", FALSE, FALSE, FALSE, TRUE },
  { "DELETE", FALSE, FALSE, FALSE, TRUE },
  { "POST", FALSE, FALSE, FALSE, FALSE },
  { "PATCH", FALSE, FALSE, FALSE, FALSE },
  { "CONNECT", FALSE, FALSE, FALSE, FALSE },
  { "PURGE", FALSE, FALSE, FALSE, FALSE },
  { "get", FALSE, FALSE, FALSE, FALSE },
  { "POST", TRUE, FALSE, FALSE, TRUE },
  { "POST", FALSE, TRUE, FALSE, TRUE },
  { "POST", FALSE, FALSE, TRUE, TRUE },
  { "PURGE", FALSE, FALSE, TRUE, TRUE },
};

static void
test_safety (void)
{
  g_autoptr (GError) error = g_error_new_literal (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST, "x");

  for (gsize i = 0; i < G_N_ELEMENTS (safety); i++)
    {
      g_autoptr (URetryRules) rules = u_retry_rules_new ();
      URetryFacts facts = {
        .error = error,
        .method = safety[i].method,
        .nothing_sent = safety[i].nothing_sent,
        .continues = safety[i].continues,
        .n_attempts = 1,
        .time_left = -1,
      };
      double delay;

      g_test_message ("%s", safety[i].method);
      rules->retries_unsafe_methods = safety[i].allowed;
      g_assert_cmpint (u_retry_decide (rules, &facts, &delay), ==, safety[i].expected);
    }
}

static const struct
{
  const char *what;
  guint n_attempts;
  double jitter;
  double chance;
  const char *retry_after;
  gboolean ignores_retry_after;
  double time_left;
  double expected;            /* NEVER */
} delays[] = {
  { "the first", 1, 0, 0.7, NULL, FALSE, -1, 2 },
  { "the second", 2, 0, 0.7, NULL, FALSE, -1, 6 },
  { "the third", 3, 0, 0.7, NULL, FALSE, -1, 18 },
  { "not above the maximum", 4, 0, 0.7, NULL, FALSE, -1, 20 },
  { "none left", 5, 0, 0.7, NULL, FALSE, -1, NEVER },
  { "all left to chance, all of it", 1, 1, 0, NULL, FALSE, -1, 2 },
  { "all left to chance, nothing of it", 1, 1, 1, NULL, FALSE, -1, 0 },
  { "half left to chance", 2, 0.5, 0.5, NULL, FALSE, -1, 4.5 },
  { "chance after the maximum", 4, 1, 0.5, NULL, FALSE, -1, 10 },
  { "seconds", 1, 1, 0.5, "7", FALSE, -1, 7 },
  { "above the maximum", 1, 1, 0.5, "500", FALSE, -1, 500 },
  { "at once", 3, 0, 0, "0", FALSE, -1, 0 },
  { "a date", 1, 1, 0.5, "Thu, 01 Jan 2026 00:01:40 GMT", FALSE, -1, 100 },
  { "a date gone by", 1, 1, 0.5, "Wed, 31 Dec 2025 23:59:59 GMT", FALSE, -1, 0 },
  { "nonsense", 1, 0, 0, "soon", FALSE, -1, 2 },
  { "not honoured", 1, 0, 0, "7", TRUE, -1, 2 },
  { "within the time", 1, 0, 0, NULL, FALSE, 2.5, 2 },
  { "not within the time", 1, 0, 0, NULL, FALSE, 1.5, NEVER },
  { "no time", 1, 1, 1, NULL, FALSE, 0, NEVER },
  { "asks for more than the time", 1, 0, 0, "30", FALSE, 29, NEVER },
  { "asks for less than the time", 1, 0, 0, "30", FALSE, 31, 30 },
};

static void
test_delays (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      g_autoptr (URetryRules) rules = u_retry_rules_new ();
      URetryFacts facts = {
        .status = 503,
        .method = "GET",
        .retry_after = delays[i].retry_after,
        .n_attempts = delays[i].n_attempts,
        .now = NEW_YEAR,
        .time_left = delays[i].time_left,
        .chance = delays[i].chance,
      };
      double delay = NEVER;

      g_test_message ("%s", delays[i].what);
      rules->max_attempts = 5;
      rules->initial_delay = 2;
      rules->multiplier = 3;
      rules->maximum_delay = 20;
      rules->jitter = delays[i].jitter;
      rules->honors_retry_after = !delays[i].ignores_retry_after;
      g_assert_cmpint (u_retry_decide (rules, &facts, &delay), ==, delays[i].expected >= 0);
      g_assert_cmpfloat_with_epsilon (delay, delays[i].expected, 1e-9);
    }
}

/* One attempt is what there is without retrying; very many do not overflow. */
static void
test_counts (void)
{
  g_autoptr (URetryRules) rules = u_retry_rules_new ();
  URetryFacts facts = { .status = 503, .method = "GET", .n_attempts = 1, .time_left = -1 };
  double delay;

  rules->max_attempts = 1;
  g_assert_false (u_retry_decide (rules, &facts, &delay));
  rules->max_attempts = G_MAXUINT;
  facts.n_attempts = G_MAXUINT - 1;
  g_assert_true (u_retry_decide (rules, &facts, &delay));
  g_assert_cmpfloat (delay, ==, 60);
}

static const struct
{
  const char *value;
  double expected;
} after[] = {
  { "0", 0 },
  { "120", 120 },
  { " 5 ", 5 },
  { "99999999999999999999", G_MAXINT32 },
  { "-1", -1 },
  { "1.5", -1 },
  { "5 seconds", -1 },
  { "", -1 },
  { "Thu, 01 Jan 2026 00:00:10 GMT", 10 },
  { "Fri, 27 Feb 2026 00:00:00 GMT", 57 * 24 * 60 * 60 },
  { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
  { "Thu, 01 Jan 2026 00:00:60 GMT", 59 },
  { "Thu, 01 Jan 2026 00:00:10 CET", -1 },
  { "Thu, 01 Foo 2026 00:00:10 GMT", -1 },
  { "Thu, 01 anF 2026 00:00:10 GMT", -1 },
  { "Thu, 41 Jan 2026 00:00:10 GMT", -1 },
  { "Thu, 01 Jan 2026 25:00:10 GMT", -1 },
  { "Thu, 1  Jan 2026 00:00:10 GMT", -1 },
  { "Thu, 01 Jan 2026 00:00 GMT", -1 },
};

static void
test_retry_after (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (after); i++)
    {
      g_test_message ("%s", after[i].value);
      g_assert_cmpfloat (u_retry_parse_after (after[i].value, NEW_YEAR), ==, after[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/retry/policy/defaults", test_policy_defaults);
  g_test_add_func ("/retry/policy/status-codes", test_policy_status_codes);
  g_test_add_func ("/retry/policy/sealed", test_policy_sealed);
  g_test_add_func ("/retry/policy/of-a-request", test_request);
  g_test_add_func ("/retry/json", test_json);
  g_test_add_func ("/retry/json-garbage", test_json_garbage);
  g_test_add_func ("/retry/decide/errors", test_errors);
  g_test_add_func ("/retry/decide/statuses", test_statuses);
  g_test_add_func ("/retry/decide/safety", test_safety);
  g_test_add_func ("/retry/decide/delays", test_delays);
  g_test_add_func ("/retry/decide/counts", test_counts);
  g_test_add_func ("/retry/retry-after", test_retry_after);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-routes-private.h"

#include "u-test-options-private.h"
#include "u-test-representation-private.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* What /long-head sends before it gives up. */
#define LONG_HEAD_SIZE (8 * 1024 * 1024)

typedef struct
{
  const UTestRequest *request;
  const UTestOptions *options;
  const char *rest;           /* of the path, below the route */
  GBytes *body;               /* of the request */
  gboolean changed;
} RouteCall;

typedef UTestReply *(*RouteFunc) (const RouteCall *call);

static UTestReply *
answer_text (guint status, const char *text)
{
  UTestReply *reply = u_test_reply_new (status);

  u_test_reply_set_text (reply, "text/plain", text);

  return reply;
}

static gboolean
parse_rest (const RouteCall *call, guint64 max, guint64 *number)
{
  return g_ascii_string_to_unsigned (call->rest, 10, 0, max, number, NULL);
}

static UTestReply *
answer_bytes (const RouteCall *call)
{
  guint64 length;

  if (!parse_rest (call, G_MAXINT64, &length))
    return answer_text (400, "/bytes/ wants a number\n");

  return u_test_representation_answer (call->request, call->options, length, call->changed);
}

static UTestReply *
answer_redirection (guint status, const char *location)
{
  UTestReply *reply = answer_text (status, "Elsewhere\n");

  u_test_reply_add_header (reply, "Location", location);

  return reply;
}

static UTestReply *
answer_redirect (const RouteCall *call)
{
  g_autofree char *location = NULL;
  guint64 n;

  if (!parse_rest (call, 1000, &n))
    return answer_text (400, "/redirect/ wants a number\n");
  location = n > 1 ? g_strdup_printf ("/redirect/%u", (guint) n - 1) : g_strdup ("/bytes/5");

  return answer_redirection (302, location);
}

static UTestReply *
answer_redirect_to (const RouteCall *call)
{
  if (call->options->url == NULL)
    return answer_text (302, "Nowhere\n");

  return answer_redirection (302, call->options->url);
}

static UTestReply *
answer_redirect_loop (const RouteCall *call)
{
  return answer_redirection (302, call->request->target);
}

static void
add_header_list (JsonBuilder *builder, const UTestRequest *request)
{
  json_builder_begin_array (builder);
  for (guint i = 0; i < request->headers->len; i += 2)
    {
      json_builder_begin_array (builder);
      for (guint j = i; j < i + 2; j++)
        {
          g_autofree char *text = g_utf8_make_valid (g_ptr_array_index (request->headers, j), -1);

          json_builder_add_string_value (builder, text);
        }
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
}

/* {"method", "path", "query", "headers": [[name, value], …], "body" or "body-base64"} */
static UTestReply *
answer_echo (const RouteCall *call)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;
  gsize size;
  const char *data = g_bytes_get_data (call->body, &size);
  UTestReply *reply;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "method");
  json_builder_add_string_value (builder, call->request->method);
  json_builder_set_member_name (builder, "path");
  json_builder_add_string_value (builder, call->request->path);
  json_builder_set_member_name (builder, "query");
  json_builder_add_string_value (builder, call->request->query);
  json_builder_set_member_name (builder, "headers");
  add_header_list (builder, call->request);
  if (size == 0 || g_utf8_validate (data, size, NULL))
    {
      g_autofree char *body = g_strndup (data != NULL ? data : "", size);

      json_builder_set_member_name (builder, "body");
      json_builder_add_string_value (builder, body);
    }
  else
    {
      g_autofree char *body = g_base64_encode ((const guint8 *) data, size);

      json_builder_set_member_name (builder, "body-base64");
      json_builder_add_string_value (builder, body);
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);

  reply = u_test_reply_new (200);
  u_test_reply_set_text (reply, "application/json", text);

  return reply;
}

static UTestReply *
answer_empty (const RouteCall *call)
{
  return u_test_reply_new (200);
}

static UTestReply *
answer_status (const RouteCall *call)
{
  g_autofree char *text = g_strdup_printf ("Status %s\n", call->rest);
  guint64 status;
  UTestReply *reply;

  if (!parse_rest (call, 999, &status))
    return answer_text (400, "/status/ wants a number\n");
  if (status != 204 && status != 304)
    return answer_text (status, text);

  reply = u_test_reply_new (status);
  reply->framing = U_TEST_FRAMING_NONE;

  return reply;
}

static UTestReply *
answer_raw (const char *text)
{
  UTestReply *reply = u_test_reply_new (200);

  u_test_reply_take_raw (reply, g_bytes_new_static (text, strlen (text)));

  return reply;
}

static UTestReply *
answer_stall (const RouteCall *call)
{
  UTestReply *reply = answer_raw ("");

  reply->after = U_TEST_AFTER_STALL;

  return reply;
}

static UTestReply *
answer_garbage (const RouteCall *call)
{
  return answer_raw ("\x16\x03\x01 this is no HTTP \xff\xfe\r\nnot at all\r\n\r\n");
}

static UTestReply *
answer_no_answer (const RouteCall *call)
{
  return answer_raw ("");
}

static UTestReply *
answer_bad_status_line (const RouteCall *call)
{
  return answer_raw ("HTTP/1.1 two hundred OK\r\nContent-Length: 2\r\n\r\nhi");
}

static UTestReply *
answer_long_head (const RouteCall *call)
{
  GString *head = g_string_sized_new (LONG_HEAD_SIZE + 128);
  UTestReply *reply = u_test_reply_new (200);

  g_string_append (head, "HTTP/1.1 200 OK\r\n");
  for (guint i = 0; head->len < LONG_HEAD_SIZE; i++)
    g_string_append_printf (head, "X-Field-%u: 0123456789012345678901234567890123456789012345678901234567890\r\n", i);
  u_test_reply_take_raw (reply, g_string_free_to_bytes (head));

  return reply;
}

static UTestReply *
answer_refuse_keepalive (const RouteCall *call)
{
  UTestReply *reply = answer_text (200, "Bye\n");

  reply->after = U_TEST_AFTER_CLOSE;

  return reply;
}

static UTestReply *
answer_close_idle (const RouteCall *call)
{
  UTestReply *reply = answer_text (200, "Until the next time\n");

  reply->after = U_TEST_AFTER_CLOSE_ON_NEXT;

  return reply;
}

static UTestReply *
answer_early_413 (const RouteCall *call)
{
  UTestReply *reply = answer_text (413, "Too much\n");

  reply->after = U_TEST_AFTER_LINGER;

  return reply;
}

static const struct
{
  const char *path;           /* with a slash at the end: something follows */
  RouteFunc answer;
} routes[] = {
  { "/bytes/", answer_bytes },
  { "/redirect/", answer_redirect },
  { "/redirect-to", answer_redirect_to },
  { "/redirect-loop", answer_redirect_loop },
  { "/echo", answer_echo },
  { "/empty", answer_empty },
  { "/status/", answer_status },
  { "/stall", answer_stall },
  { "/garbage", answer_garbage },
  { "/no-answer", answer_no_answer },
  { "/bad-status-line", answer_bad_status_line },
  { "/long-head", answer_long_head },
  { "/refuse-keepalive", answer_refuse_keepalive },
  { "/close-idle", answer_close_idle },
  { "/early-413", answer_early_413 },
};

static UTestReply *
route (RouteCall *call)
{
  const char *path = call->request->path;

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    {
      gboolean is_prefix = g_str_has_suffix (routes[i].path, "/");

      if (is_prefix ? g_str_has_prefix (path, routes[i].path) : g_str_equal (path, routes[i].path))
        {
          call->rest = path + strlen (routes[i].path);
          return routes[i].answer (call);
        }
    }

  return answer_text (404, "No such route\n");
}

/*
 * u_test_routes_reads_body:
 *
 * Whether the body of the request is to be read before the answer.
 */
gboolean
u_test_routes_reads_body (const UTestRequest *request)
{
  return !g_str_equal (request->path, "/early-413");
}

static void
apply_framing (UTestReply *reply, const UTestOptions *options)
{
  g_autofree char *length = g_strdup_printf ("%" G_GUINT64_FORMAT, reply->length);

  if (options->chunked_cut)
    reply->framing = U_TEST_FRAMING_CHUNKED_CUT;
  else if (options->chunked && reply->minor > 0)
    reply->framing = U_TEST_FRAMING_CHUNKED;
  else if (options->close || options->chunked)
    reply->framing = U_TEST_FRAMING_CLOSE;

  switch (reply->framing)
    {
    case U_TEST_FRAMING_CHUNKED:
    case U_TEST_FRAMING_CHUNKED_CUT:
      u_test_reply_add_header (reply, "Transfer-Encoding", "chunked");
      break;
    case U_TEST_FRAMING_LENGTH:
      if (options->lie_length >= 0)
        {
          g_autofree char *lie = g_strdup_printf ("%" G_GINT64_FORMAT, options->lie_length);

          u_test_reply_add_header (reply, "Content-Length", lie);
        }
      else
        {
          u_test_reply_add_header (reply, "Content-Length", length);
        }
      if (options->two_lengths)
        {
          g_autofree char *other = g_strdup_printf ("%" G_GUINT64_FORMAT, MAX (reply->length / 2, 1));

          u_test_reply_add_header (reply, "Content-Length", other);
        }
      break;
    default:
      break;
    }
}

static gboolean
is_last_on_connection (const UTestRequest *request, const UTestReply *reply, const UTestOptions *options)
{
  return reply->framing == U_TEST_FRAMING_CLOSE || reply->framing == U_TEST_FRAMING_CHUNKED_CUT
         || options->lie_length >= 0 || options->two_lengths || reply->minor == 0 || request->minor == 0
         || u_test_request_header_has (request, "Connection", "close");
}

static void
apply_manner (UTestReply *reply, const RouteCall *call, UTestLog *log)
{
  const UTestOptions *options = call->options;

  reply->delay = MAX (options->delay, 0);
  reply->rate = MAX (options->rate, 0);
  reply->chunk = MAX (options->chunk, 0);
  reply->pause_after = options->pause_after;
  reply->head_only = g_str_equal (call->request->method, "HEAD");
  if (reply->head_only)
    return;

  if ((options->drop_after >= 0 || options->reset_after >= 0)
      && (!options->drop_once || u_test_log_drop_first (log, call->request->target)))
    {
      reply->drop_after = options->drop_after;
      reply->reset_after = options->reset_after;
    }
}

static void
apply_options (UTestReply *reply, const RouteCall *call, UTestLog *log)
{
  const UTestOptions *options = call->options;

  apply_manner (reply, call, log);
  if (reply->framing == U_TEST_FRAMING_RAW)
    return;

  if (options->status >= 0)
    reply->status = options->status;
  reply->early_hints = options->early_hints;
  reply->minor = g_strcmp0 (options->version, "1.0") == 0 ? 0 : 1;
  for (guint i = 0; i < options->headers->len; i++)
    {
      g_auto(GStrv) parts = g_strsplit (g_ptr_array_index (options->headers, i), ":", 2);

      if (parts[0] != NULL && parts[1] != NULL)
        u_test_reply_add_header (reply, parts[0], g_strstrip (parts[1]));
    }
  if (reply->framing != U_TEST_FRAMING_NONE)
    apply_framing (reply, options);
  if (reply->after == U_TEST_AFTER_KEEP && is_last_on_connection (call->request, reply, options))
    reply->after = U_TEST_AFTER_CLOSE;
  /* A cut of the last chunk is a surprise, as a broken connection is: not announced. */
  if ((reply->after == U_TEST_AFTER_CLOSE && reply->framing != U_TEST_FRAMING_CHUNKED_CUT)
      || reply->after == U_TEST_AFTER_LINGER)
    u_test_reply_add_header (reply, "Connection", "close");
}

/* Not by g_date_time_format(): its names of days and months are those of the locale. */
static char *
dup_date (void)
{
  static const char days[][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();

  return g_strdup_printf ("%s, %02d %s %04d %02d:%02d:%02d GMT",
                          days[g_date_time_get_day_of_week (now) - 1], g_date_time_get_day_of_month (now),
                          months[g_date_time_get_month (now) - 1], g_date_time_get_year (now),
                          g_date_time_get_hour (now), g_date_time_get_minute (now), g_date_time_get_second (now));
}

/* From now on the server is well. */
static void
get_well (UTestOptions *options)
{
  options->status = -1;
  options->drop_after = -1;
  options->reset_after = -1;
  g_ptr_array_set_size (options->headers, 0);
}

/*
 * u_test_routes_answer:
 *
 * Decides how @request is answered.
 */
UTestReply *
u_test_routes_answer (const UTestRequest *request, GBytes *body, UTestLog *log)
{
  g_autofree char *unknown = NULL;
  g_autoptr(UTestOptions) options = u_test_options_parse (request->query, &unknown);
  guint n_before = u_test_log_count_target (log, request->target);
  g_autofree char *date = dup_date ();
  RouteCall call = {
    .request = request,
    .options = options,
    .body = body,
    .changed = options->change_after_first && n_before > 0,
  };
  UTestReply *reply;

  if (options->times >= 0 && n_before >= options->times)
    get_well (options);

  /* /echo takes any query: what clients do to one is among the things it shows. */
  if (unknown != NULL && !g_str_equal (request->path, "/echo"))
    {
      g_autofree char *text = g_strdup_printf ("Unknown option: %s\n", unknown);

      reply = answer_text (400, text);
    }
  else
    {
      reply = route (&call);
    }

  u_test_reply_add_header (reply, "Date", date);
  apply_options (reply, &call, log);

  return reply;
}

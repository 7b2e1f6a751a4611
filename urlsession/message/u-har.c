/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-har-private.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "urlsession/message/u-http-response.h"
#include "urlsession/message/u-secret-headers-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/u-config.h"

/* HTTP Archive 1.2: http://www.softwareishard.com/blog/har-12-spec/ */

static double
span (gint64 start, gint64 end, double otherwise)
{
  return start != 0 && end != 0 ? (double) (end - start) / 1000 : otherwise;
}

static gint64
last_of (const gint64 *dates, guint n)
{
  gint64 last = 0;

  for (guint i = 0; i < n; i++)
    last = MAX (last, dates[i]);

  return last;
}

void
u_har_timings_read (UHarTimings *timings, UTransactionData *data)
{
  const gint64 dates[] = {
    data->fetch_start, data->domain_lookup_start, data->domain_lookup_end, data->connect_start,
    data->secure_connection_start, data->secure_connection_end, data->connect_end, data->request_start,
    data->request_end, data->response_start, data->response_end,
  };
  gint64 asked = data->request_end != 0 ? data->request_end : data->request_start;

  timings->dns = span (data->domain_lookup_start, data->domain_lookup_end, -1);
  timings->connect = span (data->connect_start, data->connect_end, -1);
  timings->ssl = span (data->secure_connection_start, data->secure_connection_end, -1);
  timings->send = span (data->request_start, data->request_end, 0);
  /* What is asked of nobody is waited for from the beginning. */
  timings->wait = span (asked != 0 ? asked : data->fetch_start, data->response_start, 0);
  timings->receive = span (data->response_start, data->response_end, 0);

  /* Whatever nothing else explains, such as the wait for a connection. */
  timings->total = data->fetch_start != 0 ? span (data->fetch_start, last_of (dates, G_N_ELEMENTS (dates)), 0) : 0;
  timings->blocked = timings->total - MAX (timings->dns, 0) - MAX (timings->connect, 0) - timings->send -
                     timings->wait - timings->receive;
  /* A sum of thousandths is not exact. */
  if (timings->blocked < 0.0005)
    timings->blocked = data->fetch_start != 0 ? 0 : -1;
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value != NULL ? value : "", -1);

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, valid);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_double (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

static void
add_pair (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_begin_object (builder);
  add_string (builder, "name", name);
  add_string (builder, "value", value);
  json_builder_end_object (builder);
}

static void
add_headers (JsonBuilder *builder, UHeaderList *headers)
{
  guint n = headers != NULL ? u_header_list_get_n (headers) : 0;

  json_builder_set_member_name (builder, "headers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (headers, i, &name, &value);
      add_pair (builder, name, value);
    }
  json_builder_end_array (builder);
}

/* "name=value" of one cookie, without closing the object. */
static void
begin_cookie (JsonBuilder *builder, const char *pair)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *name = equals != NULL ? g_strndup (pair, equals - pair) : g_strdup (pair);

  json_builder_begin_object (builder);
  add_string (builder, "name", name);
  add_string (builder, "value", equals != NULL ? equals + 1 : "");
}

static void
add_sent_cookies (JsonBuilder *builder, const char *value)
{
  g_auto (GStrv) pairs = g_strsplit (value, ";", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      begin_cookie (builder, g_strstrip (pairs[i]));
      json_builder_end_object (builder);
    }
}

static void
add_set_cookie (JsonBuilder *builder, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);

  if (parts[0] == NULL)
    return;

  begin_cookie (builder, g_strstrip (parts[0]));
  for (guint i = 1; parts[i] != NULL; i++)
    {
      const char *part = g_strstrip (parts[i]);

      if (g_ascii_strncasecmp (part, "path=", 5) == 0)
        add_string (builder, "path", part + 5);
      else if (g_ascii_strncasecmp (part, "domain=", 7) == 0)
        add_string (builder, "domain", part + 7);
      else if (g_ascii_strcasecmp (part, "httponly") == 0 || g_ascii_strcasecmp (part, "secure") == 0)
        {
          json_builder_set_member_name (builder, g_ascii_tolower (*part) == 'h' ? "httpOnly" : "secure");
          json_builder_add_boolean_value (builder, TRUE);
        }
    }
  json_builder_end_object (builder);
}

static void
add_cookies (JsonBuilder *builder, UHeaderList *headers, const char *field,
             void (*add) (JsonBuilder *builder, const char *value))
{
  guint n = headers != NULL ? u_header_list_get_n (headers) : 0;

  json_builder_set_member_name (builder, "cookies");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (headers, i, &name, &value);
      if (g_ascii_strcasecmp (name, field) == 0)
        add (builder, value);
    }
  json_builder_end_array (builder);
}

/* As a form would have written it. */
static char *
decode (const char *text)
{
  g_autofree char *spaced = g_strdelimit (g_strdup (text), "+", ' ');
  char *decoded = g_uri_unescape_string (spaced, NULL);

  return decoded != NULL ? decoded : g_strdup (text);
}

static void
add_query (JsonBuilder *builder, const char *query)
{
  g_auto (GStrv) parts = g_strsplit (query != NULL ? query : "", "&", -1);

  json_builder_set_member_name (builder, "queryString");
  json_builder_begin_array (builder);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;

      if (*parts[i] == '\0')
        continue;
      if (equals != NULL)
        *equals = '\0';
      name = decode (parts[i]);
      value = decode (equals != NULL ? equals + 1 : "");
      add_pair (builder, name, value);
    }
  json_builder_end_array (builder);
}

static const char *
get_http_version (UTransactionData *data)
{
  if (g_strcmp0 (data->protocol, "http/1.0") == 0)
    return "HTTP/1.0";
  if (g_strcmp0 (data->protocol, "http/1.1") == 0)
    return "HTTP/1.1";
  if (g_strcmp0 (data->protocol, "h2") == 0)
    return "HTTP/2";

  return "";
}

/* Without fragment, and without user info. */
static char *
dup_url (URequestData *request)
{
  g_autofree char *url = NULL;

  if (request->parsed == NULL)
    url = u_uri_string_dup_masked (request->uri);
  else
    url = u_uri_dup_bare (request->parsed);

  return g_strndup (url, strcspn (url, "#"));
}

static void
add_request (JsonBuilder *builder, UTransactionData *data)
{
  URequestData *request = data->request;
  g_autofree char *url = dup_url (request);
  g_autoptr (UHeaderList) headers = u_secret_headers_mask (request->headers);

  json_builder_set_member_name (builder, "request");
  json_builder_begin_object (builder);
  add_string (builder, "method", request->method);
  add_string (builder, "url", url);
  add_string (builder, "httpVersion", get_http_version (data));
  add_cookies (builder, headers, "cookie", add_sent_cookies);
  add_headers (builder, headers);
  add_query (builder, request->parsed != NULL ? g_uri_get_query (request->parsed) : NULL);
  add_int (builder, "headersSize", data->request_header_bytes > 0 ? data->request_header_bytes : -1);
  add_int (builder, "bodySize", data->request_body_bytes);
  json_builder_end_object (builder);
}

static void
add_content (JsonBuilder *builder, UTransactionData *data)
{
  UResponseData *response = data->response;
  const char *type = NULL;

  if (response != NULL)
    type = response->headers != NULL ? u_header_list_get (response->headers, "Content-Type") : response->mime_type;

  json_builder_set_member_name (builder, "content");
  json_builder_begin_object (builder);
  add_int (builder, "size", data->response_body_decoded_bytes);
  if (data->response_body_decoded_bytes != data->response_body_bytes)
    add_int (builder, "compression", data->response_body_decoded_bytes - data->response_body_bytes);
  add_string (builder, "mimeType", type);
  json_builder_end_object (builder);
}

static void
add_response (JsonBuilder *builder, UTransactionData *data)
{
  UResponseData *response = data->response;
  g_autoptr (UHeaderList) headers = NULL;
  const char *location = NULL;
  const char *text = NULL;

  if (response != NULL && response->headers != NULL)
    {
      text = u_http_response_get_status_text (response->status);
      headers = u_secret_headers_mask (response->headers);
      if (response->status >= 300 && response->status < 400)
        location = u_header_list_get (headers, "Location");
    }

  json_builder_set_member_name (builder, "response");
  json_builder_begin_object (builder);
  add_int (builder, "status", response != NULL ? response->status : 0);
  add_string (builder, "statusText", text);
  add_string (builder, "httpVersion", response != NULL ? get_http_version (data) : "");
  add_cookies (builder, headers, "set-cookie", add_set_cookie);
  add_headers (builder, headers);
  add_content (builder, data);
  add_string (builder, "redirectURL", location);
  add_int (builder, "headersSize", data->response_header_bytes > 0 ? data->response_header_bytes : -1);
  add_int (builder, "bodySize", response != NULL ? data->response_body_bytes : -1);
  json_builder_end_object (builder);
}

static void
add_timings (JsonBuilder *builder, const UHarTimings *timings)
{
  json_builder_set_member_name (builder, "timings");
  json_builder_begin_object (builder);
  add_double (builder, "blocked", timings->blocked);
  add_double (builder, "dns", timings->dns);
  add_double (builder, "connect", timings->connect);
  add_double (builder, "ssl", timings->ssl);
  add_double (builder, "send", timings->send);
  add_double (builder, "wait", timings->wait);
  add_double (builder, "receive", timings->receive);
  json_builder_end_object (builder);
}

static void
add_entry (JsonBuilder *builder, UTransactionData *data)
{
  g_autoptr (GDateTime) date = u_transaction_data_new_date (data->fetch_start);
  g_autofree char *started = g_date_time_format_iso8601 (date);
  UHarTimings timings;

  u_har_timings_read (&timings, data);
  json_builder_begin_object (builder);
  add_string (builder, "startedDateTime", started);
  add_double (builder, "time", timings.total);
  add_request (builder, data);
  add_response (builder, data);
  json_builder_set_member_name (builder, "cache");
  json_builder_begin_object (builder);
  json_builder_end_object (builder);
  add_timings (builder, &timings);
  if (data->remote_address != NULL)
    add_string (builder, "serverIPAddress", data->remote_address);
  if (data->connection != 0)
    {
      g_autofree char *connection = g_strdup_printf ("%" G_GUINT64_FORMAT, data->connection);

      add_string (builder, "connection", connection);
    }
  json_builder_end_object (builder);
}

char *
u_har_write (GPtrArray *transactions)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "log");
  json_builder_begin_object (builder);
  add_string (builder, "version", "1.2");
  json_builder_set_member_name (builder, "creator");
  json_builder_begin_object (builder);
  add_string (builder, "name", "urlsession");
  add_string (builder, "version", U_VERSION_STRING);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "entries");
  json_builder_begin_array (builder);
  for (guint i = 0; transactions != NULL && i < transactions->len; i++)
    add_entry (builder, g_ptr_array_index (transactions, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);

  return json_generator_to_data (generator, NULL);
}

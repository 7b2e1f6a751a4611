/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-http-response.h"

#include "urlsession/message/u-headers-private.h"
#include "urlsession/message/u-response-private.h"

/**
 * UHttpResponse:
 *
 * The response of an HTTP server: a status and header fields.
 *
 * A status that tells of an error, such as 404, is not an error of the task: its response and its body are delivered
 * like any others.
 */

struct _UHttpResponse
{
  UResponse parent_instance;

  UHeaders *headers;          /* owned, sealed; NULL until asked for */

  /* What the construct properties said, until the data is made of it. */
  guint status;
  char *http_version;
};

struct _UHttpResponseClass
{
  UResponseClass parent_class;
};

enum {
  PROP_0,
  PROP_STATUS_CODE,
  PROP_HTTP_VERSION,
  PROP_HEADERS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UHttpResponse, u_http_response, U_TYPE_RESPONSE)

/* The status codes of RFC 9110 section 15 and of the other entries in IANA's registry. */
static const struct
{
  guint status;
  const char *text;
} status_texts[] = {
  { 100, "Continue" },
  { 101, "Switching Protocols" },
  { 102, "Processing" },
  { 103, "Early Hints" },
  { 200, "OK" },
  { 201, "Created" },
  { 202, "Accepted" },
  { 203, "Non-Authoritative Information" },
  { 204, "No Content" },
  { 205, "Reset Content" },
  { 206, "Partial Content" },
  { 207, "Multi-Status" },
  { 208, "Already Reported" },
  { 226, "IM Used" },
  { 300, "Multiple Choices" },
  { 301, "Moved Permanently" },
  { 302, "Found" },
  { 303, "See Other" },
  { 304, "Not Modified" },
  { 305, "Use Proxy" },
  { 307, "Temporary Redirect" },
  { 308, "Permanent Redirect" },
  { 400, "Bad Request" },
  { 401, "Unauthorized" },
  { 402, "Payment Required" },
  { 403, "Forbidden" },
  { 404, "Not Found" },
  { 405, "Method Not Allowed" },
  { 406, "Not Acceptable" },
  { 407, "Proxy Authentication Required" },
  { 408, "Request Timeout" },
  { 409, "Conflict" },
  { 410, "Gone" },
  { 411, "Length Required" },
  { 412, "Precondition Failed" },
  { 413, "Content Too Large" },
  { 414, "URI Too Long" },
  { 415, "Unsupported Media Type" },
  { 416, "Range Not Satisfiable" },
  { 417, "Expectation Failed" },
  { 421, "Misdirected Request" },
  { 422, "Unprocessable Content" },
  { 423, "Locked" },
  { 424, "Failed Dependency" },
  { 425, "Too Early" },
  { 426, "Upgrade Required" },
  { 428, "Precondition Required" },
  { 429, "Too Many Requests" },
  { 431, "Request Header Fields Too Large" },
  { 451, "Unavailable For Legal Reasons" },
  { 500, "Internal Server Error" },
  { 501, "Not Implemented" },
  { 502, "Bad Gateway" },
  { 503, "Service Unavailable" },
  { 504, "Gateway Timeout" },
  { 505, "HTTP Version Not Supported" },
  { 506, "Variant Also Negotiates" },
  { 507, "Insufficient Storage" },
  { 508, "Loop Detected" },
  { 511, "Network Authentication Required" },
};

/* A recipient treats a code it does not know as the first of its class (RFC 9110 section 15). */
static const char * const class_texts[] = {
  "Informational", "Success", "Redirection", "Client Error", "Server Error",
};

static UResponseData *
u_http_response_make_data (UResponse *response)
{
  UHttpResponse *self = U_HTTP_RESPONSE (response);
  UHeaderList *list = self->headers != NULL ? u_headers_dup_list (self->headers) : NULL;
  UResponseData *data;

  data = u_response_data_new_http (response->uri, self->status, self->http_version, list);
  g_clear_pointer (&self->http_version, g_free);
  g_clear_object (&self->headers);

  /* What was said outright goes before what the fields say. */
  if (response->mime_type != NULL)
    {
      g_free (data->mime_type);
      data->mime_type = g_ascii_strdown (response->mime_type, -1);
    }
  if (response->charset != NULL)
    {
      g_free (data->charset);
      data->charset = g_ascii_strdown (response->charset, -1);
    }
  if (response->expected_length >= 0)
    data->expected_length = response->expected_length;

  return data;
}

static void
u_http_response_finalize (GObject *object)
{
  UHttpResponse *self = U_HTTP_RESPONSE (object);

  g_clear_object (&self->headers);
  g_clear_pointer (&self->http_version, g_free);

  G_OBJECT_CLASS (u_http_response_parent_class)->finalize (object);
}

static void
u_http_response_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UHttpResponse *self = U_HTTP_RESPONSE (object);

  switch (prop_id)
    {
    case PROP_STATUS_CODE:
      g_value_set_uint (value, u_http_response_get_status_code (self));
      break;
    case PROP_HTTP_VERSION:
      g_value_set_string (value, u_http_response_get_http_version (self));
      break;
    case PROP_HEADERS:
      g_value_set_object (value, u_http_response_get_headers (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_http_response_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UHttpResponse *self = U_HTTP_RESPONSE (object);

  switch (prop_id)
    {
    case PROP_STATUS_CODE:
      self->status = g_value_get_uint (value);
      break;
    case PROP_HTTP_VERSION:
      self->http_version = g_value_dup_string (value);
      break;
    case PROP_HEADERS:
      self->headers = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_http_response_class_init (UHttpResponseClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_http_response_finalize;
  object_class->get_property = u_http_response_get_property;
  object_class->set_property = u_http_response_set_property;
  U_RESPONSE_CLASS (klass)->make_data = u_http_response_make_data;

  /**
   * UHttpResponse:status-code: (getter get_status_code)
   *
   * The status code, such as 200 or 404: from 100 to 999 (RFC 9110 section 15).
   */
  properties[PROP_STATUS_CODE] = g_param_spec_uint ("status-code", NULL, NULL, 100, 999, 200, flags);

  /**
   * UHttpResponse:http-version: (getter get_http_version)
   *
   * The version of HTTP that the server spoke, such as `1.1` or `2`; %NULL if it is unknown.
   */
  properties[PROP_HTTP_VERSION] = g_param_spec_string ("http-version", NULL, NULL, NULL, flags);

  /**
   * UHttpResponse:headers: (getter get_headers)
   *
   * The header fields, sealed.
   */
  properties[PROP_HEADERS] = g_param_spec_object ("headers", NULL, NULL, U_TYPE_HEADERS, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_http_response_init (UHttpResponse *self)
{
}

/**
 * u_http_response_new:
 * @uri: (nullable): where the body comes from
 * @status_code: the status, from 100 to 999
 * @http_version: (nullable): the version of HTTP, such as `1.1`
 * @headers: (nullable) (transfer none): the header fields, of which a copy is taken
 *
 * Creates a response, for a protocol of an application or for a test.
 *
 * Media type, charset and length are read from @headers.
 *
 * Returns: (transfer full): a new response
 */
UHttpResponse *
u_http_response_new (const char *uri, guint status_code, const char *http_version, UHeaders *headers)
{
  return g_object_new (U_TYPE_HTTP_RESPONSE,
                       "uri", uri,
                       "status-code", status_code,
                       "http-version", http_version,
                       "headers", headers,
                       NULL);
}

/**
 * u_http_response_get_status_code: (get-property status-code)
 * @self: a response
 *
 * Gets the status code.
 *
 * Returns: the code, such as 200 or 404
 */
guint
u_http_response_get_status_code (UHttpResponse *self)
{
  g_return_val_if_fail (U_IS_HTTP_RESPONSE (self), 0);

  return U_RESPONSE (self)->data->status;
}

/**
 * u_http_response_get_http_version: (get-property http-version)
 * @self: a response
 *
 * Gets the version of HTTP that the server spoke.
 *
 * Returns: (nullable) (transfer none): the version, such as `1.1` or `2`, or %NULL if it is unknown
 */
const char *
u_http_response_get_http_version (UHttpResponse *self)
{
  g_return_val_if_fail (U_IS_HTTP_RESPONSE (self), NULL);

  return U_RESPONSE (self)->data->http_version;
}

/**
 * u_http_response_get_headers: (get-property headers)
 * @self: a response
 *
 * Gets the header fields.
 *
 * Returns: (transfer none): the fields, sealed
 */
UHeaders *
u_http_response_get_headers (UHttpResponse *self)
{
  g_return_val_if_fail (U_IS_HTTP_RESPONSE (self), NULL);

  if (g_atomic_pointer_get (&self->headers) == NULL)
    {
      g_autoptr (UHeaders) headers = u_headers_new_for_list (U_RESPONSE (self)->data->headers, TRUE);

      /* Another thread may have been faster. */
      if (g_atomic_pointer_compare_and_exchange (&self->headers, NULL, headers))
        g_steal_pointer (&headers);
    }

  return self->headers;
}

/**
 * u_http_response_get_header:
 * @self: a response
 * @name: the name of a field, in any case
 *
 * Looks up a header field.
 *
 * If the name occurs more than once, the values are joined by a comma and a space. The string is valid as long as the
 * response.
 *
 * Returns: (nullable) (transfer none): the value, or %NULL if there is no such field
 */
const char *
u_http_response_get_header (UHttpResponse *self, const char *name)
{
  g_return_val_if_fail (U_IS_HTTP_RESPONSE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return u_headers_get (u_http_response_get_headers (self), name);
}

/**
 * u_http_response_get_status_text:
 * @status: a status code
 *
 * Gets the meaning of a status code in a few English words, such as `Not Found`.
 *
 * For a code that is not registered it is that of its class, such as `Client Error`.
 *
 * Returns: (transfer none): the text
 */
const char *
u_http_response_get_status_text (guint status)
{
  for (guint i = 0; i < G_N_ELEMENTS (status_texts); i++)
    {
      if (status_texts[i].status == status)
        return status_texts[i].text;
    }
  if (status >= 100 && status < 600)
    return class_texts[status / 100 - 1];

  return "Unknown";
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

#include "urlsession/message/u-headers-private.h"
#include "urlsession/message/u-uri-private.h"

/**
 * URequest:
 *
 * What to load, and how: a URL, a method, header fields, a body, a timeout.
 *
 * ```c
 * g_autoptr(URequest) request = u_request_new ("https://example.com/api/items");
 *
 * u_request_set_method (request, "POST");
 * u_request_set_body_bytes (request, bytes, "application/json");
 * u_headers_set (u_request_get_headers (request), "Accept", "application/json", NULL);
 * ```
 *
 * A task takes a copy when it is created: what is changed afterwards has no effect on it. The requests that a task
 * returns are *sealed*: to change one is a programming error, reported with g_critical(), and has no effect.
 * [method@Request.copy] returns one that can be changed.
 *
 * A sealed request may be used from any thread, another one from one thread at a time.
 */

GParamSpec *u_request_props[U_REQUEST_N_PROPS];

G_DEFINE_FINAL_TYPE (URequest, u_request, G_TYPE_OBJECT)

static void
u_request_finalize (GObject *object)
{
  URequest *self = U_REQUEST (object);

  g_clear_pointer (&self->data, u_request_data_unref);
  g_clear_object (&self->headers);
  g_clear_object (&self->body_file);
  g_clear_object (&self->retry_policy);

  G_OBJECT_CLASS (u_request_parent_class)->finalize (object);
}

static void
u_request_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  URequest *self = U_REQUEST (object);

  switch (prop_id)
    {
    case U_REQUEST_URI:
      g_value_set_string (value, u_request_get_uri (self));
      break;
    case U_REQUEST_METHOD:
      g_value_set_string (value, u_request_get_method (self));
      break;
    case U_REQUEST_HEADERS:
      g_value_set_object (value, u_request_get_headers (self));
      break;
    case U_REQUEST_TIMEOUT:
      g_value_set_double (value, u_request_get_timeout (self));
      break;
    case U_REQUEST_ALLOWS_CELLULAR_ACCESS:
      g_value_set_boolean (value, u_request_get_allows_cellular_access (self));
      break;
    case U_REQUEST_ALLOWS_CONSTRAINED_ACCESS:
      g_value_set_boolean (value, u_request_get_allows_constrained_access (self));
      break;
    case U_REQUEST_ALLOWS_EXPENSIVE_ACCESS:
      g_value_set_boolean (value, u_request_get_allows_expensive_access (self));
      break;
    case U_REQUEST_HANDLES_COOKIES:
      g_value_set_boolean (value, u_request_get_handles_cookies (self));
      break;
    case U_REQUEST_MAIN_DOCUMENT_URI:
      g_value_set_string (value, u_request_get_main_document_uri (self));
      break;
    case U_REQUEST_MAXIMUM_BODY_LENGTH:
      g_value_set_int64 (value, u_request_get_maximum_body_length (self));
      break;
    case U_REQUEST_RETRY_POLICY:
      g_value_set_object (value, u_request_get_retry_policy (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_request_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  URequest *self = U_REQUEST (object);

  switch (prop_id)
    {
    case U_REQUEST_URI:
      u_request_set_uri (self, g_value_get_string (value));
      break;
    case U_REQUEST_METHOD:
      u_request_set_method (self, g_value_get_string (value));
      break;
    case U_REQUEST_TIMEOUT:
      u_request_set_timeout (self, g_value_get_double (value));
      break;
    case U_REQUEST_ALLOWS_CELLULAR_ACCESS:
      u_request_set_allows_cellular_access (self, g_value_get_boolean (value));
      break;
    case U_REQUEST_ALLOWS_CONSTRAINED_ACCESS:
      u_request_set_allows_constrained_access (self, g_value_get_boolean (value));
      break;
    case U_REQUEST_ALLOWS_EXPENSIVE_ACCESS:
      u_request_set_allows_expensive_access (self, g_value_get_boolean (value));
      break;
    case U_REQUEST_HANDLES_COOKIES:
      u_request_set_handles_cookies (self, g_value_get_boolean (value));
      break;
    case U_REQUEST_MAIN_DOCUMENT_URI:
      u_request_set_main_document_uri (self, g_value_get_string (value));
      break;
    case U_REQUEST_MAXIMUM_BODY_LENGTH:
      u_request_set_maximum_body_length (self, g_value_get_int64 (value));
      break;
    case U_REQUEST_RETRY_POLICY:
      u_request_set_retry_policy (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_request_class_init (URequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = u_request_finalize;
  object_class->get_property = u_request_get_property;
  object_class->set_property = u_request_set_property;

  /**
   * URequest:uri: (getter get_uri) (setter set_uri)
   *
   * The URL to load, as it was given.
   *
   * Any string is kept. One that is not an absolute URL makes a task fail with %U_ERROR_BAD_URL.
   */
  u_request_props[U_REQUEST_URI] =
    g_param_spec_string ("uri", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:method: (getter get_method) (setter set_method)
   *
   * The HTTP method.
   *
   * The names of the usual methods turn into upper case; others are case-sensitive and stay as they are.
   */
  u_request_props[U_REQUEST_METHOD] =
    g_param_spec_string ("method", NULL, NULL, "GET",
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:headers: (getter get_headers)
   *
   * The header fields to send; to be changed in place.
   */
  u_request_props[U_REQUEST_HEADERS] =
    g_param_spec_object ("headers", NULL, NULL, U_TYPE_HEADERS, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How long the load may stand still, in seconds; 0 for what the session says.
   */
  u_request_props[U_REQUEST_TIMEOUT] =
    g_param_spec_double ("timeout", NULL, NULL, 0, G_MAXDOUBLE, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:allows-cellular-access: (getter get_allows_cellular_access) (setter set_allows_cellular_access)
   *
   * Whether the load may use a cellular network.
   *
   * The configuration of the session has to allow it, too. A load that may not use the network there is fails with
   * %U_ERROR_NOT_CONNECTED_TO_INTERNET, or waits for another one.
   */
  u_request_props[U_REQUEST_ALLOWS_CELLULAR_ACCESS] =
    g_param_spec_boolean ("allows-cellular-access", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:allows-constrained-access: (getter get_allows_constrained_access) (setter set_allows_constrained_access)
   *
   * Whether the load may use a network that the user wants to be spared.
   *
   * See [property@Request:allows-cellular-access].
   */
  u_request_props[U_REQUEST_ALLOWS_CONSTRAINED_ACCESS] =
    g_param_spec_boolean ("allows-constrained-access", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:allows-expensive-access: (getter get_allows_expensive_access) (setter set_allows_expensive_access)
   *
   * Whether the load may use a network that costs by the amount.
   *
   * See [property@Request:allows-cellular-access].
   */
  u_request_props[U_REQUEST_ALLOWS_EXPENSIVE_ACCESS] =
    g_param_spec_boolean ("allows-expensive-access", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:handles-cookies: (getter get_handles_cookies) (setter set_handles_cookies)
   *
   * Whether stored cookies are sent, and received ones stored.
   *
   * If not, a `Cookie` among the headers is sent as it is, and nothing else.
   */
  u_request_props[U_REQUEST_HANDLES_COOKIES] =
    g_param_spec_boolean ("handles-cookies", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:main-document-uri: (getter get_main_document_uri) (setter set_main_document_uri)
   *
   * The URL of the document that this is loaded for, such as the page that an image is on; %NULL if it is for none.
   *
   * It decides which cookies are those of a third party.
   */
  u_request_props[U_REQUEST_MAIN_DOCUMENT_URI] =
    g_param_spec_string ("main-document-uri", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:maximum-body-length: (getter get_maximum_body_length) (setter set_maximum_body_length)
   *
   * How many bytes the body of the response may have at most, after decoding; 0 for any number.
   *
   * A longer one is the error %U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM of the task: at once where the server says how long
   * it is, else when the limit is reached. A small body that decodes to a huge one is stopped there, too.
   */
  u_request_props[U_REQUEST_MAXIMUM_BODY_LENGTH] =
    g_param_spec_int64 ("maximum-body-length", NULL, NULL, 0, G_MAXINT64, 0,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:retry-policy: (getter get_retry_policy) (setter set_retry_policy)
   *
   * Whether the request is made again when it fails; %NULL for what the session says.
   *
   * The request takes a copy: later changes of the policy make no difference.
   */
  u_request_props[U_REQUEST_RETRY_POLICY] =
    g_param_spec_object ("retry-policy", NULL, NULL, U_TYPE_RETRY_POLICY,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, U_REQUEST_N_PROPS, u_request_props);
}

static void
u_request_init (URequest *self)
{
  self->data = u_request_data_new (NULL);
}

gboolean
u_request_begin_change (URequest *self)
{
  if (self->sealed)
    {
      g_critical ("This request is sealed: change a copy of it, from u_request_copy()");
      return FALSE;
    }

  self->data = u_request_data_unshare (self->data);

  return TRUE;
}

/**
 * u_request_new:
 * @uri: (nullable): the URL to load
 *
 * Creates a request to get what is at @uri.
 *
 * This never fails: what is wrong with @uri is the error of the task.
 *
 * Returns: (transfer full): a new request
 */
URequest *
u_request_new (const char *uri)
{
  return g_object_new (U_TYPE_REQUEST, "uri", uri, NULL);
}

/**
 * u_request_new_for_uri:
 * @uri: a URL that was parsed with %G_URI_FLAGS_ENCODED
 *
 * Creates a request to get what is at @uri.
 *
 * A [struct@GLib.Uri] that was parsed without %G_URI_FLAGS_ENCODED no longer knows a `/` from a `%2F`. That is a
 * programming error, reported with g_critical(), and the request has no URL.
 *
 * Returns: (transfer full): a new request
 */
URequest *
u_request_new_for_uri (GUri *uri)
{
  g_autofree char *string = NULL;

  if (uri == NULL || (g_uri_get_flags (uri) & G_URI_FLAGS_ENCODED) == 0)
    g_critical ("A request needs a GUri that was parsed with G_URI_FLAGS_ENCODED");
  else
    string = g_uri_to_string (uri);

  return g_object_new (U_TYPE_REQUEST, "uri", string, NULL);
}

static URequest *
new_for_data (URequestData *data, gboolean sealed)
{
  URequest *self = g_object_new (U_TYPE_REQUEST, NULL);

  u_request_data_unref (self->data);
  self->data = u_request_data_ref (data);
  self->sealed = sealed;

  return self;
}

URequest *
u_request_new_sealed (URequestData *data)
{
  return new_for_data (data, TRUE);
}

URequest *
u_request_new_from_data (URequestData *data)
{
  return new_for_data (data, FALSE);
}

/* Takes over what was done to the live headers since the last time. */
static void
collect_headers (URequest *self)
{
  g_autoptr (UHeaderList) list = NULL;

  if (self->sealed || self->headers == NULL)
    return;

  list = u_headers_dup_list (self->headers);
  if (list == self->data->headers)
    return;

  self->data = u_request_data_unshare (self->data);
  u_header_list_unref (self->data->headers);
  self->data->headers = g_steal_pointer (&list);
}

URequestData *
u_request_ref_data (URequest *self)
{
  collect_headers (self);

  return u_request_data_ref (self->data);
}

/**
 * u_request_copy:
 * @self: a request
 *
 * Copies the request into one that can be changed, whether or not this one is sealed.
 *
 * The two have nothing in common but the body, which does not change.
 *
 * Returns: (transfer full): a new request that says the same
 */
URequest *
u_request_copy (URequest *self)
{
  g_autoptr (URequestData) data = NULL;

  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  data = u_request_ref_data (self);

  return u_request_new_from_data (data);
}

/**
 * u_request_is_sealed:
 * @self: a request
 *
 * Tells whether the request can no longer be changed, as those that a task returns.
 *
 * Returns: whether the request is sealed
 */
gboolean
u_request_is_sealed (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), FALSE);

  return self->sealed;
}

/**
 * u_request_equal:
 * @self: a request
 * @other: another request
 *
 * Tells whether two requests say the same.
 *
 * Header fields have to have the same values in the same order; a body in a file has to be in the same file. Whether
 * a request is sealed does not count.
 *
 * Returns: whether the requests are equal
 */
gboolean
u_request_equal (URequest *self, URequest *other)
{
  g_return_val_if_fail (U_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (U_IS_REQUEST (other), FALSE);

  collect_headers (self);
  collect_headers (other);

  return u_request_data_equal (self->data, other->data);
}

/**
 * u_request_get_uri: (get-property uri)
 * @self: a request
 *
 * Gets the URL to load, as it was given.
 *
 * Returns: (nullable) (transfer none): the URL, which may be malformed
 */
const char *
u_request_get_uri (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->uri;
}

/**
 * u_request_set_uri: (set-property uri)
 * @self: a request that is not sealed
 * @uri: (nullable): the URL to load
 *
 * Sets the URL to load.
 *
 * What is wrong with it is the error of the task.
 */
void
u_request_set_uri (URequest *self, const char *uri)
{
  g_return_if_fail (U_IS_REQUEST (self));

  if (g_strcmp0 (uri, self->data->uri) == 0 && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  u_request_data_set_uri (self->data, uri);
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_URI]);
}

/**
 * u_request_dup_uri:
 * @self: a request
 *
 * Gets the URL to load in its parts.
 *
 * The parts are percent-encoded as they were given; characters that a URL cannot contain were encoded, and the name
 * of a host is in its ASCII form.
 *
 * Returns: (nullable) (transfer full): the URL, or %NULL if [property@Request:uri] is not an absolute URL
 */
GUri *
u_request_dup_uri (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->parsed != NULL ? g_uri_ref (self->data->parsed) : NULL;
}

/**
 * u_request_get_method: (get-property method)
 * @self: a request
 *
 * Gets the HTTP method.
 *
 * Returns: (transfer none): the method
 */
const char *
u_request_get_method (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->method;
}

/* Methods are case-sensitive (RFC 9110 section 9.1), but nobody means anything else by "post". */
static const char *
normalize_method (const char *method)
{
  static const char * const known[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "PATCH",
                                        "TRACE" };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      if (g_ascii_strcasecmp (method, known[i]) == 0)
        return known[i];
    }

  return method;
}

/**
 * u_request_set_method: (set-property method)
 * @self: a request that is not sealed
 * @method: (nullable): an HTTP method, which is a token; %NULL for `GET`
 *
 * Sets the HTTP method.
 *
 * What is not a token (RFC 9110 section 5.6.2) is a programming error, reported with g_critical().
 */
void
u_request_set_method (URequest *self, const char *method)
{
  g_return_if_fail (U_IS_REQUEST (self));

  if (method == NULL)
    method = "GET";
  if (!u_header_name_is_valid (method))
    {
      g_critical ("The method of a request is a token, without a space or a separator");
      return;
    }

  method = normalize_method (method);
  if (g_str_equal (method, self->data->method) && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  g_free (self->data->method);
  self->data->method = g_strdup (method);
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_METHOD]);
}

/**
 * u_request_get_headers: (get-property headers)
 * @self: a request
 *
 * Gets the header fields to send.
 *
 * To change them changes the request; the headers of a sealed request are sealed.
 *
 * Returns: (transfer none): the header fields
 */
UHeaders *
u_request_get_headers (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  if (g_atomic_pointer_get (&self->headers) == NULL)
    {
      g_autoptr (UHeaders) headers = u_headers_new_for_list (self->data->headers, self->sealed);

      /* Another thread may have been faster with a sealed request. */
      if (g_atomic_pointer_compare_and_exchange (&self->headers, NULL, headers))
        g_steal_pointer (&headers);
    }

  return self->headers;
}

/**
 * u_request_get_timeout: (get-property timeout)
 * @self: a request
 *
 * Gets how long the load may stand still.
 *
 * Returns: seconds, or 0 for what the session says
 */
double
u_request_get_timeout (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), 0);

  return self->data->timeout;
}

/**
 * u_request_set_timeout: (set-property timeout)
 * @self: a request that is not sealed
 * @timeout: seconds, at least 0; 0 for what the session says
 *
 * Sets how long the load may stand still.
 *
 * The time runs anew with each byte that is sent or received.
 */
void
u_request_set_timeout (URequest *self, double timeout)
{
  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (timeout >= 0);

  if (timeout == self->data->timeout && !self->sealed)
    return;
  if (!u_request_begin_change (self))
    return;

  self->data->timeout = timeout;
  g_object_notify_by_pspec (G_OBJECT (self), u_request_props[U_REQUEST_TIMEOUT]);
}

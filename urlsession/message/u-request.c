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

struct _URequest
{
  GObject parent_instance;

  URequestData *data;         /* owned, never NULL; may be shared: unshared before each change */
  UHeaders *headers;          /* owned; NULL until asked for. Unless sealed it goes before `data->headers` */
  GFile *body_file;           /* owned; NULL until asked for */
  gboolean sealed;
};

enum {
  PROP_0,
  PROP_URI,
  PROP_METHOD,
  PROP_HEADERS,
  PROP_TIMEOUT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (URequest, u_request, G_TYPE_OBJECT)

static void
u_request_finalize (GObject *object)
{
  URequest *self = U_REQUEST (object);

  g_clear_pointer (&self->data, u_request_data_unref);
  g_clear_object (&self->headers);
  g_clear_object (&self->body_file);

  G_OBJECT_CLASS (u_request_parent_class)->finalize (object);
}

static void
u_request_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  URequest *self = U_REQUEST (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, u_request_get_uri (self));
      break;
    case PROP_METHOD:
      g_value_set_string (value, u_request_get_method (self));
      break;
    case PROP_HEADERS:
      g_value_set_object (value, u_request_get_headers (self));
      break;
    case PROP_TIMEOUT:
      g_value_set_double (value, u_request_get_timeout (self));
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
    case PROP_URI:
      u_request_set_uri (self, g_value_get_string (value));
      break;
    case PROP_METHOD:
      u_request_set_method (self, g_value_get_string (value));
      break;
    case PROP_TIMEOUT:
      u_request_set_timeout (self, g_value_get_double (value));
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
  properties[PROP_URI] =
    g_param_spec_string ("uri", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:method: (getter get_method) (setter set_method)
   *
   * The HTTP method.
   *
   * The names of the usual methods turn into upper case; others are case-sensitive and stay as they are.
   */
  properties[PROP_METHOD] =
    g_param_spec_string ("method", NULL, NULL, "GET",
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:headers: (getter get_headers)
   *
   * The header fields to send; to be changed in place.
   */
  properties[PROP_HEADERS] =
    g_param_spec_object ("headers", NULL, NULL, U_TYPE_HEADERS, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * URequest:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How long the load may stand still, in seconds; 0 for what the session says.
   */
  properties[PROP_TIMEOUT] =
    g_param_spec_double ("timeout", NULL, NULL, 0, G_MAXDOUBLE, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_request_init (URequest *self)
{
  self->data = u_request_data_new (NULL);
}

/* Whether a change may go on; data that others hold is left to them. */
static gboolean
begin_change (URequest *self)
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
  if (!begin_change (self))
    return;

  u_request_data_set_uri (self->data, uri);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_URI]);
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
  if (!begin_change (self))
    return;

  g_free (self->data->method);
  self->data->method = g_strdup (method);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_METHOD]);
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
  if (!begin_change (self))
    return;

  self->data->timeout = timeout;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIMEOUT]);
}

/* For data that nobody else holds. */
static void
clear_body (URequest *self)
{
  self->data->body_kind = U_BODY_NONE;
  g_clear_pointer (&self->data->body_bytes, g_bytes_unref);
  g_clear_pointer (&self->data->body_path, g_free);
  g_clear_pointer (&self->data->body_content_type, g_free);
  g_clear_object (&self->body_file);
}

static gboolean
is_content_type (const char *content_type)
{
  if (content_type == NULL || u_header_value_is_valid (content_type))
    return TRUE;

  g_critical ("The content type of a request contains a line break");

  return FALSE;
}

/**
 * u_request_get_body_bytes:
 * @self: a request
 *
 * Gets the body, if it was given as bytes.
 *
 * Returns: (nullable) (transfer none): the body, or %NULL if there is none or it is in a file
 */
GBytes *
u_request_get_body_bytes (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->body_bytes;
}

/**
 * u_request_set_body_bytes:
 * @self: a request that is not sealed
 * @body: (nullable): the body; %NULL for none
 * @content_type: (nullable): what it is, such as `application/json`; a `Content-Type` among the headers goes before
 *
 * Sets the body to @body, in the place of any other.
 */
void
u_request_set_body_bytes (URequest *self, GBytes *body, const char *content_type)
{
  g_autoptr (GBytes) kept = NULL;
  g_autofree char *type = NULL;

  g_return_if_fail (U_IS_REQUEST (self));

  if (!is_content_type (content_type) || !begin_change (self))
    return;

  kept = body != NULL ? g_bytes_ref (body) : NULL;
  type = g_strdup (content_type);
  clear_body (self);
  if (kept != NULL)
    {
      self->data->body_kind = U_BODY_BYTES;
      self->data->body_bytes = g_steal_pointer (&kept);
      self->data->body_content_type = g_steal_pointer (&type);
    }
}

/**
 * u_request_get_body_file:
 * @self: a request
 *
 * Gets the file that contains the body, if it was given as a file.
 *
 * Returns: (nullable) (transfer none): the file, or %NULL if there is no body or it was given as bytes
 */
GFile *
u_request_get_body_file (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  if (self->data->body_path == NULL)
    return NULL;

  if (g_atomic_pointer_get (&self->body_file) == NULL)
    {
      g_autoptr (GFile) file = g_file_new_for_path (self->data->body_path);

      if (g_atomic_pointer_compare_and_exchange (&self->body_file, NULL, file))
        g_steal_pointer (&file);
    }

  return self->body_file;
}

/**
 * u_request_set_body_file:
 * @self: a request that is not sealed
 * @file: (nullable): a file with a local path; %NULL for no body
 * @content_type: (nullable): what it is, such as `image/png`; a `Content-Type` among the headers goes before
 *
 * Sets the body to the content of @file, in the place of any other.
 *
 * The file is read when the body is sent, and has to stay as it is until then. That it is not there is the error of
 * the task; that it has no path is a programming error, reported with g_critical().
 */
void
u_request_set_body_file (URequest *self, GFile *file, const char *content_type)
{
  g_autofree char *path = NULL;
  g_autofree char *type = NULL;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (file == NULL || G_IS_FILE (file));

  if (file != NULL)
    {
      path = g_file_get_path (file);
      if (path == NULL)
        {
          g_critical ("The file with the body of a request has no local path");
          return;
        }
    }
  if (!is_content_type (content_type) || !begin_change (self))
    return;

  type = g_strdup (content_type);
  clear_body (self);
  if (path != NULL)
    {
      self->data->body_kind = U_BODY_FILE;
      self->data->body_path = g_steal_pointer (&path);
      self->data->body_content_type = g_steal_pointer (&type);
    }
}

/**
 * u_request_get_body_content_type:
 * @self: a request
 *
 * Gets the content type that was given with the body.
 *
 * Returns: (nullable) (transfer none): the type, or %NULL if none was given
 */
const char *
u_request_get_body_content_type (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->body_content_type;
}

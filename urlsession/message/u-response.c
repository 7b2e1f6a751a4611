/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-response-private.h"

#include "urlsession/message/u-file-name-private.h"
#include "urlsession/message/u-http-response.h"

/**
 * UResponse:
 *
 * What a server said about a body before it sent it.
 *
 * For `http:` and `https:` it is a [class@HttpResponse], with a status and header fields. A response does not change,
 * and may be used from any thread.
 */

enum {
  PROP_0,
  PROP_URI,
  PROP_MIME_TYPE,
  PROP_EXPECTED_CONTENT_LENGTH,
  PROP_TEXT_ENCODING_NAME,
  PROP_SUGGESTED_FILENAME,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_TYPE (UResponse, u_response, G_TYPE_OBJECT)

static UResponseData *
u_response_real_make_data (UResponse *self)
{
  return u_response_data_new (self->uri, self->mime_type, self->charset, self->expected_length);
}

static void
u_response_constructed (GObject *object)
{
  UResponse *self = U_RESPONSE (object);

  G_OBJECT_CLASS (u_response_parent_class)->constructed (object);

  self->data = U_RESPONSE_GET_CLASS (self)->make_data (self);
  g_clear_pointer (&self->uri, g_free);
  g_clear_pointer (&self->mime_type, g_free);
  g_clear_pointer (&self->charset, g_free);
}

static void
u_response_finalize (GObject *object)
{
  UResponse *self = U_RESPONSE (object);

  g_clear_pointer (&self->data, u_response_data_unref);
  g_clear_pointer (&self->suggested_filename, g_free);

  G_OBJECT_CLASS (u_response_parent_class)->finalize (object);
}

static void
u_response_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UResponse *self = U_RESPONSE (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, u_response_get_uri (self));
      break;
    case PROP_MIME_TYPE:
      g_value_set_string (value, u_response_get_mime_type (self));
      break;
    case PROP_EXPECTED_CONTENT_LENGTH:
      g_value_set_int64 (value, u_response_get_expected_content_length (self));
      break;
    case PROP_TEXT_ENCODING_NAME:
      g_value_set_string (value, u_response_get_text_encoding_name (self));
      break;
    case PROP_SUGGESTED_FILENAME:
      g_value_set_string (value, u_response_get_suggested_filename (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_response_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UResponse *self = U_RESPONSE (object);

  switch (prop_id)
    {
    case PROP_URI:
      self->uri = g_value_dup_string (value);
      break;
    case PROP_MIME_TYPE:
      self->mime_type = g_value_dup_string (value);
      break;
    case PROP_EXPECTED_CONTENT_LENGTH:
      self->expected_length = g_value_get_int64 (value);
      break;
    case PROP_TEXT_ENCODING_NAME:
      self->charset = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_response_class_init (UResponseClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = u_response_constructed;
  object_class->finalize = u_response_finalize;
  object_class->get_property = u_response_get_property;
  object_class->set_property = u_response_set_property;
  klass->make_data = u_response_real_make_data;

  /**
   * UResponse:uri: (getter get_uri)
   *
   * Where the body comes from: the last URL after all redirects, without user name and password.
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, "", flags);

  /**
   * UResponse:mime-type: (getter get_mime_type)
   *
   * The media type of the body in lower case, without parameters; %NULL if it was not announced.
   */
  properties[PROP_MIME_TYPE] = g_param_spec_string ("mime-type", NULL, NULL, NULL, flags);

  /**
   * UResponse:expected-content-length: (getter get_expected_content_length)
   *
   * The length of the body in bytes, as it was announced; -1 if it is unknown.
   */
  properties[PROP_EXPECTED_CONTENT_LENGTH] =
    g_param_spec_int64 ("expected-content-length", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * UResponse:text-encoding-name: (getter get_text_encoding_name)
   *
   * The charset of a text in lower case, such as `utf-8`; %NULL if it was not announced.
   */
  properties[PROP_TEXT_ENCODING_NAME] = g_param_spec_string ("text-encoding-name", NULL, NULL, NULL, flags);

  /**
   * UResponse:suggested-filename: (getter get_suggested_filename)
   *
   * What to call a file with the body: a name that is safe in any folder, never empty. See
   * [method@Response.get_suggested_filename].
   */
  properties[PROP_SUGGESTED_FILENAME] =
    g_param_spec_string ("suggested-filename", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_response_init (UResponse *self)
{
  self->expected_length = -1;
}

/**
 * u_response_new:
 * @uri: (nullable): where the body comes from
 * @mime_type: (nullable): its media type
 * @expected_content_length: its length in bytes; -1 if it is unknown
 * @text_encoding_name: (nullable): the charset of a text
 *
 * Creates a response, for a protocol of an application or for a test.
 *
 * Returns: (transfer full): a new response
 */
UResponse *
u_response_new (const char *uri, const char *mime_type, gint64 expected_content_length,
                const char *text_encoding_name)
{
  return g_object_new (U_TYPE_RESPONSE,
                       "uri", uri,
                       "mime-type", mime_type,
                       "expected-content-length", MAX (expected_content_length, -1),
                       "text-encoding-name", text_encoding_name,
                       NULL);
}

UResponse *
u_response_new_from_data (UResponseData *data)
{
  gboolean is_http = data->status != 0 && !data->like_http;
  UResponse *self = g_object_new (is_http ? U_TYPE_HTTP_RESPONSE : U_TYPE_RESPONSE, NULL);

  u_response_data_unref (self->data);
  self->data = u_response_data_ref (data);

  return self;
}

UResponseData *
u_response_get_data (UResponse *self)
{
  return self->data;
}

/**
 * u_response_get_uri: (get-property uri)
 * @self: a response
 *
 * Gets where the body comes from.
 *
 * After redirects it is the last URL. User name and password are not in it.
 *
 * Returns: (transfer none): a URL; the empty string if there is none
 */
const char *
u_response_get_uri (UResponse *self)
{
  g_return_val_if_fail (U_IS_RESPONSE (self), NULL);

  return self->data->uri;
}

/**
 * u_response_get_mime_type: (get-property mime-type)
 * @self: a response
 *
 * Gets the media type of the body, in lower case and without parameters.
 *
 * Returns: (nullable) (transfer none): the type, or %NULL if it was not announced
 */
const char *
u_response_get_mime_type (UResponse *self)
{
  g_return_val_if_fail (U_IS_RESPONSE (self), NULL);

  return self->data->mime_type;
}

/**
 * u_response_get_expected_content_length: (get-property expected-content-length)
 * @self: a response
 *
 * Gets the length of the body as it was announced.
 *
 * With a content coding such as `gzip` it counts the coded bytes, and more may arrive than that.
 *
 * Returns: bytes, or -1 if the length is unknown
 */
gint64
u_response_get_expected_content_length (UResponse *self)
{
  g_return_val_if_fail (U_IS_RESPONSE (self), -1);

  return self->data->expected_length;
}

/**
 * u_response_get_text_encoding_name: (get-property text-encoding-name)
 * @self: a response
 *
 * Gets the charset of a text, in lower case.
 *
 * Returns: (nullable) (transfer none): the charset, or %NULL if it was not announced
 */
const char *
u_response_get_text_encoding_name (UResponse *self)
{
  g_return_val_if_fail (U_IS_RESPONSE (self), NULL);

  return self->data->charset;
}

/**
 * u_response_get_suggested_filename: (get-property suggested-filename)
 * @self: a response
 *
 * Gets what to call a file with the body.
 *
 * It is the name in the `Content-Disposition` field (RFC 6266), else the last component of the path of the URL, else
 * the host, else `Unknown`; a name without an extension gets the usual one of the media type. It is safe to use in any
 * folder: it is valid UTF-8 of at most 200 bytes, names no folder, does not begin with a dot, and has no characters
 * in it that a file system refuses or that mislead the reader.
 *
 * Returns: (transfer none): a file name without a path
 */
const char *
u_response_get_suggested_filename (UResponse *self)
{
  g_return_val_if_fail (U_IS_RESPONSE (self), NULL);

  if (g_atomic_pointer_get (&self->suggested_filename) == NULL)
    {
      UHeaderList *headers = self->data->headers;
      g_autofree char *name = NULL;

      name = u_file_name_suggest (headers != NULL ? u_header_list_get (headers, "Content-Disposition") : NULL,
                                  self->data->uri, self->data->mime_type);
      /* Another thread may have been faster. */
      if (g_atomic_pointer_compare_and_exchange (&self->suggested_filename, NULL, name))
        g_steal_pointer (&name);
    }

  return self->suggested_filename;
}

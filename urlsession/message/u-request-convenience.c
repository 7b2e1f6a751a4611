/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-form-data-private.h"
#include "urlsession/message/u-headers.h"

/* What is often sent, in one call: forms, JSON, credentials. */

/* A GET has no body that a server would look at. */
static void
become_post (URequest *self)
{
  if (g_str_equal (self->data->method, "GET"))
    u_request_set_method (self, "POST");
}

/**
 * u_request_set_body_form:
 * @self: a request that is not sealed
 * @form: what to send, copied
 *
 * Sets the body to a form, in the place of any other.
 *
 * A form of fields alone is sent as `application/x-www-form-urlencoded`, unless
 * [property@FormData:uses-multipart] is set, one with bytes or files as `multipart/form-data`. Files are read while
 * they are sent, whatever their size; `Content-Length` is sent all the same. A `Content-Type` among the headers is
 * removed, since it could not name the boundary. The method becomes `POST` if it was `GET`.
 */
void
u_request_set_body_form (URequest *self, UFormData *form)
{
  char *content_type = NULL;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (U_IS_FORM_DATA (form));

  if (!u_request_begin_change (self))
    return;

  u_request_clear_body (self);
  if (u_form_data_is_multipart (form))
    {
      self->data->body_kind = U_BODY_PARTS;
      self->data->body_parts = u_form_data_make_multipart (form, &content_type);
    }
  else
    {
      self->data->body_kind = U_BODY_BYTES;
      self->data->body_bytes = u_form_data_make_urlencoded (form, &content_type);
    }
  self->data->body_content_type = content_type;
  u_headers_remove (u_request_get_headers (self), "Content-Type");
  become_post (self);
}

/**
 * u_request_set_body_json:
 * @self: a request that is not sealed
 * @node: what to send, copied
 *
 * Sets the body to JSON, in the place of any other.
 *
 * The content type is `application/json`, unless there is a `Content-Type` among the headers. The method becomes `POST`
 * if it was `GET`.
 */
void
u_request_set_body_json (URequest *self, JsonNode *node)
{
  g_autoptr (JsonGenerator) generator = NULL;
  g_autoptr (GBytes) bytes = NULL;
  char *text;
  gsize length;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (node != NULL);

  if (!u_request_begin_change (self))
    return;

  generator = json_generator_new ();
  json_generator_set_root (generator, node);
  text = json_generator_to_data (generator, &length);
  bytes = g_bytes_new_take (text, length);
  u_request_set_body_bytes (self, bytes, "application/json");
  become_post (self);
}

static gboolean
has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p))
        return TRUE;
    }

  return FALSE;
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, U_ERROR, U_ERROR_BAD_HEADER, message);

  return FALSE;
}

/* @text: all of it, a secret. */
static gboolean
set_authorization (URequest *self, const char *scheme, const char *text, GError **error)
{
  g_autofree char *value = g_strdup_printf ("%s %s", scheme, text);

  return u_headers_set (u_request_get_headers (self), "Authorization", value, error);
}

/**
 * u_request_set_basic_authorization:
 * @self: a request that is not sealed
 * @user: a name, without a colon
 * @password: a password
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Sets the `Authorization` header to a name and a password (RFC 7617), in UTF-8, without being asked for them.
 *
 * They are not sent to another origin when a redirect leads there. A colon in @user, and a control character in either,
 * cannot be sent: %U_ERROR_BAD_HEADER.
 *
 * Returns: whether the header was set
 */
gboolean
u_request_set_basic_authorization (URequest *self, const char *user, const char *password, GError **error)
{
  g_autofree char *both = NULL;
  g_autofree char *encoded = NULL;

  g_return_val_if_fail (U_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (user != NULL, FALSE);
  g_return_val_if_fail (password != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (strchr (user, ':') != NULL)
    return refuse (error, "The user name for an Authorization header contains a colon, which would begin the "
                          "password.");
  if (has_control (user) || has_control (password))
    return refuse (error, "The user name or the password for an Authorization header contains a control character.");

  both = g_strdup_printf ("%s:%s", user, password);
  encoded = g_base64_encode ((const guchar *) both, strlen (both));

  return set_authorization (self, "Basic", encoded, error);
}

/**
 * u_request_set_bearer_token:
 * @self: a request that is not sealed
 * @token: a token, of visible ASCII characters
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Sets the `Authorization` header to a token (RFC 6750).
 *
 * It is not sent to another origin when a redirect leads there. A token that is empty or contains something else than
 * visible ASCII characters, such as the line break at the end of a file, cannot be sent: %U_ERROR_BAD_HEADER.
 *
 * Returns: whether the header was set
 */
gboolean
u_request_set_bearer_token (URequest *self, const char *token, GError **error)
{
  g_return_val_if_fail (U_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (token != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (*token == '\0')
    return refuse (error, "The token for an Authorization header is empty.");
  for (const char *p = token; *p != '\0'; p++)
    {
      if (!g_ascii_isgraph (*p))
        return refuse (error, "The token for an Authorization header contains a space, a line break or another "
                              "character that is not allowed in one.");
    }

  return set_authorization (self, "Bearer", token, error);
}

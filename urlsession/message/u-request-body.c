/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

/* The body of a request. */

void
u_request_clear_body (URequest *self)
{
  u_request_data_clear_body (self->data);
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

  if (!is_content_type (content_type) || !u_request_begin_change (self))
    return;

  kept = body != NULL ? g_bytes_ref (body) : NULL;
  type = g_strdup (content_type);
  u_request_clear_body (self);
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

/* From the name alone: what is in the file may be elsewhere, or change. NULL if the name does not tell. */
static char *
guess_content_type (const char *path)
{
  gboolean uncertain = FALSE;
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *type = g_content_type_guess (name, NULL, 0, &uncertain);

  return uncertain ? NULL : g_content_type_get_mime_type (type);
}

/**
 * u_request_set_body_file:
 * @self: a request that is not sealed
 * @file: (nullable): a file with a local path; %NULL for no body
 * @content_type: (nullable): what it is, such as `image/png`; a `Content-Type` among the headers goes before. %NULL:
 *   what its name says, if it says something
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
  if (!is_content_type (content_type) || !u_request_begin_change (self))
    return;

  type = content_type == NULL && path != NULL ? guess_content_type (path) : g_strdup (content_type);
  u_request_clear_body (self);
  if (path != NULL)
    {
      self->data->body_kind = U_BODY_FILE;
      self->data->body_path = g_steal_pointer (&path);
      self->data->body_content_type = g_steal_pointer (&type);
    }
}

/**
 * u_request_get_body_stream:
 * @self: a request
 *
 * Gets the stream with the body, if it was given as a stream.
 *
 * Returns: (nullable) (transfer none): the stream, or %NULL if there is no body or it was given otherwise
 */
GInputStream *
u_request_get_body_stream (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->body_source != NULL ? u_body_source_get_stream (self->data->body_source) : NULL;
}

/**
 * u_request_set_body_stream:
 * @self: a request that is not sealed
 * @stream: (nullable): a stream; %NULL for no body
 * @length: how many bytes it gives, or -1 if that is not known
 * @content_type: (nullable): what it is, such as `image/png`; a `Content-Type` among the headers goes before
 *
 * Sets the body to what @stream gives, in the place of any other.
 *
 * The stream is read in the main context of the session as the body is sent, at most 512 KiB ahead. One of a class of
 * the application is read there with its blocking function, 64 KiB at a time. It serves one task. When @length is -1, a
 * `Content-Length` among the headers is taken for it; without one, the body is sent in chunks over HTTP/1.1. A stream
 * that gives more or fewer bytes than that fails the task with %U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED.
 *
 * For a body that has to be sent again see [signal@Task::need-body-stream].
 */
void
u_request_set_body_stream (URequest *self, GInputStream *stream, gint64 length, const char *content_type)
{
  g_autoptr (UBodySource) source = NULL;

  g_return_if_fail (U_IS_REQUEST (self));
  g_return_if_fail (stream == NULL || G_IS_INPUT_STREAM (stream));
  g_return_if_fail (length >= -1);

  if (!is_content_type (content_type) || !u_request_begin_change (self))
    return;

  if (stream != NULL)
    source = u_body_source_new (stream, length, FALSE);
  u_request_set_body_source (self, source, content_type);
}

/* @source: nullable. For a request that may be changed. */
void
u_request_set_body_source (URequest *self, UBodySource *source, const char *content_type)
{
  g_autofree char *type = g_strdup (content_type);

  u_request_clear_body (self);
  if (source == NULL)
    return;
  u_request_data_set_body_source (self->data, source);
  self->data->body_content_type = g_steal_pointer (&type);
}

/**
 * u_request_get_body_content_type:
 * @self: a request
 *
 * Gets the content type that was given with the body, or that of the name of its file.
 *
 * Returns: (nullable) (transfer none): the type, or %NULL if there is none
 */
const char *
u_request_get_body_content_type (URequest *self)
{
  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  return self->data->body_content_type;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/* What the head of the whole says about its own body, and nothing about that of a part. */
static gboolean
is_of_body (const char *name)
{
  static const char * const names[] = {
    "Transfer-Encoding", "Trailer", "ETag", "Last-Modified", "Accept-Ranges", "Digest", "Repr-Digest",
  };

  if (g_ascii_strncasecmp (name, "Content-", 8) == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_ascii_strcasecmp (name, names[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

/* The response that a part is: its own fields over those of the whole. */
static UResponseData *
respond (UResponseData *whole, UHeaderList *part)
{
  UHeaderList *headers = u_header_list_new ();
  guint n_whole = u_header_list_get_n (whole->headers);
  guint n_part = u_header_list_get_n (part);
  const char *name, *value;

  for (guint i = 0; i < n_whole; i++)
    {
      u_header_list_get_nth (whole->headers, i, &name, &value);
      if (!is_of_body (name) && u_header_list_get (part, name) == NULL)
        u_header_list_append (headers, name, value);
    }
  for (guint i = 0; i < n_part; i++)
    {
      u_header_list_get_nth (part, i, &name, &value);
      /* A part has no framing but the boundaries. */
      if (g_ascii_strcasecmp (name, "Transfer-Encoding") != 0)
        u_header_list_append (headers, name, value);
    }

  return u_response_data_new_http (whole->uri, whole->status, whole->http_version, headers);
}

/* RFC 9110 section 6.4.1: others say what kind of body there would be, and have none. */
static gboolean
has_body (ULocalTransfer *self)
{
  return !g_str_equal (self->request->method, "HEAD") && self->response->status != 204 &&
         self->response->status != 205 && self->response->status != 304;
}

/*
 * u_local_transfer_begin_parts:
 *
 * Whether the body of the response at hand goes to the application part by part.
 */
gboolean
u_local_transfer_begin_parts (ULocalTransfer *self)
{
  g_autofree char *boundary = NULL;

  if (self->spec->delivery != U_DELIVER_EVENTS || self->response->headers == NULL ||
      g_strcmp0 (self->response->mime_type, "multipart/x-mixed-replace") != 0 || !has_body (self))
    return FALSE;

  boundary = u_multipart_dup_boundary (u_header_list_get (self->response->headers, "Content-Type"));
  if (boundary == NULL)
    return FALSE;

  self->parts = u_multipart_reader_new (boundary);
  self->parts_response = u_response_data_ref (self->response);

  return TRUE;
}

void
u_local_transfer_drop_parts (ULocalTransfer *self)
{
  g_clear_pointer (&self->parts, u_multipart_reader_free);
  g_clear_pointer (&self->parts_response, u_response_data_unref);
  g_clear_pointer (&self->parts_rest, g_bytes_unref);
  self->part_waits = FALSE;
}

/* Nothing of the part is read before the application has seen its head: so it can still say what is to become of it,
 * and nothing piles up, however many parts there are. */
static gboolean
begin_part (ULocalTransfer *self, UHeaderList *headers, GError **error)
{
  g_clear_pointer (&self->response, u_response_data_unref);
  self->response = respond (self->parts_response, headers);
  self->counts.received = 0;
  self->counts.expected_to_receive = self->response->expected_length;
  if (!u_local_transfer_check_length (self, self->counts.expected_to_receive, error))
    return FALSE;

  self->part_waits = TRUE;
  u_local_transfer_post_response (self);
  u_transfer_event_push (u_transfer_event_new (&self->base, U_TRANSFER_PART));

  return TRUE;
}

static void
fail (ULocalTransfer *self, GError *error)
{
  g_autofree char *masked = u_uri_dup_masked (self->request->parsed);

  if (g_error_matches (error, U_ERROR, U_ERROR_CANNOT_PARSE_RESPONSE))
    g_prefix_error (&error, "%s: ", masked);
  u_local_transfer_fail (self, error);
}

/* FALSE: the transfer is over, or about to be. */
static gboolean
take_step (ULocalTransfer *self, UMultipartStep step, const UMultipartPiece *piece, GError **error)
{
  switch (step)
    {
    case U_MULTIPART_HEAD:
      {
        g_autoptr (UHeaderList) headers = piece->headers;

        return begin_part (self, headers, error);
      }

    case U_MULTIPART_DATA:
      {
        g_autoptr (GBytes) bytes = NULL;

        if (piece->is_input)
          {
            const guint8 *start = g_bytes_get_data (self->parts_rest, NULL);

            bytes = g_bytes_new_from_bytes (self->parts_rest, (gsize) (piece->data - start), piece->length);
          }
        else
          {
            bytes = g_bytes_new (piece->data, piece->length);
          }

        return u_local_transfer_take_data (self, bytes, piece->length, error);
      }

    case U_MULTIPART_PART_END:
      /* Only this one became a file. */
      if (self->spec->delivery == U_DELIVER_FILE)
        {
          u_local_transfer_complete (self);
          return FALSE;
        }
      /* ... or is read as a stream. */
      if (self->conduit != NULL)
        {
          u_local_transfer_end_stream (self, NULL);
          return FALSE;
        }
      return TRUE;

    case U_MULTIPART_FAILED:
      return FALSE;

    case U_MULTIPART_MORE:
    case U_MULTIPART_END:
    default:
      return TRUE;
    }
}

static void
pump (ULocalTransfer *self)
{
  while (self->parts_rest != NULL && !self->part_waits && !self->suspended && self->state == U_LOCAL_RECEIVING)
    {
      g_autoptr (GError) error = NULL;
      UMultipartPiece piece;
      UMultipartStep step;
      gsize length, consumed;
      const guint8 *data = g_bytes_get_data (self->parts_rest, &length);

      step = u_multipart_reader_next (self->parts, data, length, &consumed, &piece, &error);
      if (!take_step (self, step, &piece, &error))
        {
          if (error != NULL)
            fail (self, g_steal_pointer (&error));
          return;
        }
      if (consumed == length && (step == U_MULTIPART_MORE || step == U_MULTIPART_END))
        {
          g_clear_pointer (&self->parts_rest, g_bytes_unref);
        }
      else
        {
          g_autoptr (GBytes) rest = g_bytes_new_from_bytes (self->parts_rest, consumed, length - consumed);

          g_bytes_unref (self->parts_rest);
          self->parts_rest = g_steal_pointer (&rest);
        }
    }
  if (self->state == U_LOCAL_RECEIVING)
    {
      u_local_transfer_update_clock (self);
      u_local_transfer_update_credit (self);
    }
}

/*
 * u_local_transfer_take_parts:
 *
 * The next bytes of the whole body.
 */
void
u_local_transfer_take_parts (ULocalTransfer *self, GBytes *bytes)
{
  if (self->parts_rest != NULL)
    {
      /* It came in spite of a credit of zero: a load may have had it at hand. */
      GByteArray *both = g_bytes_unref_to_array (g_steal_pointer (&self->parts_rest));
      gsize length;
      gconstpointer data = g_bytes_get_data (bytes, &length);

      g_byte_array_append (both, data, (guint) length);
      self->parts_rest = g_byte_array_free_to_bytes (both);
    }
  else
    {
      self->parts_rest = g_bytes_ref (bytes);
    }
  pump (self);
}

/*
 * u_local_transfer_go_on_with_parts:
 *
 * The application has seen the head of the part, or the transfer is not suspended any more.
 */
void
u_local_transfer_go_on_with_parts (ULocalTransfer *self)
{
  if (self->parts == NULL)
    return;

  pump (self);
  if (self->held_done && !self->suspended && !self->part_waits && self->state == U_LOCAL_RECEIVING)
    {
      g_autoptr (GError) held = g_steal_pointer (&self->held_error);

      self->held_done = FALSE;
      u_local_transfer_take_done (self, held);
    }
}

/*
 * u_local_transfer_finish_parts:
 *
 * There is no more of the whole body. FALSE: that was the end of the transfer.
 */
gboolean
u_local_transfer_finish_parts (ULocalTransfer *self)
{
  UMultipartStep step;

  do
    {
      g_autoptr (GError) error = NULL;
      UMultipartPiece piece;

      step = u_multipart_reader_finish (self->parts, &piece, &error);
      if (!take_step (self, step, &piece, &error))
        {
          if (error != NULL)
            fail (self, g_steal_pointer (&error));
          return FALSE;
        }
    }
  while (step != U_MULTIPART_END);

  return TRUE;
}

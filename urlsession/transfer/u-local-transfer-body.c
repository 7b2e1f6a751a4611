/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/* Pieces that go to the application one by one: two fit into the window, so that one can be read while the other is
 * looked at. */
#define CHUNK_SIZE (128 * 1024)

/* Less than this is not worth a read. */
#define MIN_ROOM (8 * 1024)

/* A length that a server announced is believed up to here before its bytes are there. */
#define MAX_RESERVE (16 * 1024 * 1024)

static guint8 *
get_chunk (ULocalTransfer *self, gsize *size)
{
  gint64 rest = self->counts.expected_to_receive - self->counts.received;

  if (self->chunk == NULL)
    {
      self->chunk_size = rest > 0 && rest < CHUNK_SIZE ? MAX ((gsize) rest, MIN_ROOM) : CHUNK_SIZE;
      self->chunk = g_malloc (self->chunk_size);
    }
  *size = self->chunk_size;

  return self->chunk;
}

/* The room behind what is there already, so that the body is in one piece when it is complete. */
static guint8 *
get_room (ULocalTransfer *self, gsize *size)
{
  if (self->whole_size < self->whole_length + MIN_ROOM)
    {
      gint64 expected = CLAMP (self->counts.expected_to_receive, 0, MAX_RESERVE);

      /* With room for the read that finds the end. */
      self->whole_size = MAX (MAX ((gsize) expected, 2 * self->whole_size), self->whole_length) + MIN_ROOM;
      self->whole = g_realloc (self->whole, self->whole_size);
    }
  *size = self->whole_size - self->whole_length;

  return self->whole + self->whole_length;
}

/*
 * u_local_transfer_get_buffer:
 *
 * Where the loader puts the next bytes: right where they are to be in the end, as far as that can be known.
 */
guint8 *
u_local_transfer_get_buffer (ULocalTransfer *self, gsize *size)
{
  if (self->state == U_LOCAL_ASKING || self->parts != NULL)
    return get_chunk (self, size);

  switch (self->spec->delivery)
    {
    case U_DELIVER_FILE:
      return u_local_transfer_get_file_buffer (self, size);

    case U_DELIVER_WHOLE:
      return get_room (self, size);

    case U_DELIVER_EVENTS:
    case U_DELIVER_PIPE:
    default:
      return get_chunk (self, size);
    }
}

GBytes *
u_local_transfer_take_chunk (ULocalTransfer *self, gsize length)
{
  guint8 *chunk = g_steal_pointer (&self->chunk);

  /* A little in a large piece of memory, many times over, would be a lot. */
  if (length < self->chunk_size / 2)
    chunk = g_realloc (chunk, length);

  return g_bytes_new_take (chunk, length);
}

static void
post_data (ULocalTransfer *self, GBytes *bytes)
{
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_DATA);

  event->bytes = g_bytes_ref (bytes);
  u_transfer_event_push (event);
}

static void
take_whole (ULocalTransfer *self, GBytes *bytes, gsize length)
{
  if (bytes != NULL)
    {
      if (self->whole_size < self->whole_length + length)
        {
          self->whole_size = MAX (2 * self->whole_size, self->whole_length + length);
          self->whole = g_realloc (self->whole, self->whole_size);
        }
      memcpy (self->whole + self->whole_length, g_bytes_get_data (bytes, NULL), length);
    }
  if (self->spec->also_events)
    {
      g_autoptr (GBytes) copy = g_bytes_new (self->whole + self->whole_length, length);

      post_data (self, copy);
    }
  self->whole_length += length;
}

/* The body in one piece. */
GBytes *
u_local_transfer_steal_whole (ULocalTransfer *self)
{
  gsize length = self->whole_length;
  guint8 *data = g_realloc (g_steal_pointer (&self->whole), length);

  self->whole_length = self->whole_size = 0;

  return g_bytes_new_take (data, length);
}

/*
 * u_local_transfer_check_length:
 * @length: bytes that the body has, or will have
 *
 * Whether the request allows so many.
 */
gboolean
u_local_transfer_check_length (ULocalTransfer *self, gint64 length, GError **error)
{
  gint64 maximum = self->request->maximum_body_length;
  g_autofree char *masked = NULL;

  if (maximum == 0 || length <= maximum)
    return TRUE;

  masked = u_uri_dup_masked (self->request->parsed);
  g_set_error (error, U_ERROR, U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM,
               "The body of %s is longer than the %" G_GINT64_FORMAT " bytes that maximum-body-length of the request "
               "allows.", masked, maximum);

  return FALSE;
}

/*
 * u_local_transfer_take_data:
 * @bytes: (nullable): the next bytes of the body; %NULL: they are in the buffer
 */
gboolean
u_local_transfer_take_data (ULocalTransfer *self, GBytes *bytes, gsize length, GError **error)
{
  g_autoptr (GBytes) piece = NULL;

  if (!u_local_transfer_check_length (self, self->counts.received + (gint64) length, error))
    return FALSE;

  switch (self->spec->delivery)
    {
    case U_DELIVER_FILE:
      if (!u_local_transfer_write_file (self, bytes != NULL ? g_bytes_get_data (bytes, NULL) : NULL, length, error))
        return FALSE;
      break;

    case U_DELIVER_WHOLE:
      take_whole (self, bytes, length);
      break;

    case U_DELIVER_EVENTS:
      piece = bytes != NULL ? g_bytes_ref (bytes) : u_local_transfer_take_chunk (self, length);
      /* Until the application has taken the first one, it may still say that all this is to be a file. */
      if (self->counts.received == 0 && self->parts == NULL)
        self->retained = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      if (self->retained != NULL)
        g_ptr_array_add (self->retained, g_bytes_ref (piece));
      self->credit -= (gint64) length;
      post_data (self, piece);
      break;

    case U_DELIVER_PIPE:
    default:
      piece = bytes != NULL ? g_bytes_ref (bytes) : u_local_transfer_take_chunk (self, length);
      self->credit -= (gint64) length;
      u_body_pipe_push (self->spec->pipe, piece);
      break;
    }
  self->counts.received += (gint64) length;
  if (self->credit <= 0)
    u_local_transfer_update_clock (self);

  return TRUE;
}

/* What has been received so far, into the file. */
static gboolean
write_received (ULocalTransfer *self, GPtrArray *pieces, GBytes *whole, GError **error)
{
  for (guint i = 0; pieces != NULL && i < pieces->len; i++)
    {
      gsize length;
      const guint8 *data = g_bytes_get_data (g_ptr_array_index (pieces, i), &length);

      if (!u_local_transfer_write_file (self, data, length, error))
        return FALSE;
    }

  if (g_bytes_get_size (whole) == 0)
    return TRUE;

  return u_local_transfer_write_file (self, g_bytes_get_data (whole, NULL), g_bytes_get_size (whole), error);
}

/*
 * u_local_transfer_convert:
 * @spec: what it is from now on
 *
 * The response turned out to be something for a file. Nothing of the body was handed out yet: it was retained.
 */
void
u_local_transfer_convert (ULocalTransfer *self, UTransferSpec *spec)
{
  g_autoptr (GPtrArray) pieces = g_steal_pointer (&self->retained);
  g_autoptr (GBytes) whole = u_local_transfer_steal_whole (self);
  g_autoptr (GError) error = NULL;
  gboolean was_done = self->state == U_LOCAL_DONE;

  u_transfer_event_push (u_transfer_event_new (&self->base, U_TRANSFER_CONVERTED));

  u_transfer_spec_unref (self->spec);
  self->spec = u_transfer_spec_ref (spec);
  g_clear_pointer (&self->chunk, g_free);
  if (was_done)
    {
      u_transfer_ref (&self->base);
      u_local_transfer_enter (self, U_LOCAL_RECEIVING);
      error = g_steal_pointer (&self->held_error);
    }

  if (error == NULL)
    {
      gint64 received = self->counts.received;

      /* One part cannot be asked for again. */
      self->resumable = self->parts == NULL &&
                        u_resume_point_read (&self->resume_point, self->request, self->response,
                                             self->encoded);
      self->resume_point.total = self->counts.expected_to_receive;
      self->counts.received = 0;
      if (u_local_transfer_open_file (self, self->resume_point.total, &error))
        write_received (self, pieces, whole, &error);
      self->counts.received = received;
    }

  if (error != NULL)
    {
      u_local_transfer_fail (self, g_steal_pointer (&error));
    }
  else if (was_done)
    {
      u_local_transfer_complete (self);
    }
  else
    {
      u_local_transfer_update_clock (self);
      u_local_transfer_update_credit (self);
      self->part_waits = FALSE;
      u_local_transfer_go_on_with_parts (self);
    }
}

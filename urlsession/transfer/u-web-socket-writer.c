/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-web-socket-writer-private.h"

#include <string.h>

#include "urlsession/base/u-random-private.h"
#include "urlsession/transfer/u-web-socket-frame-private.h"

/* So much is prepared at a time: a large message costs no second copy of it, and no long turn of the thread. */
#define BLOCK_SIZE (64 * 1024)

/* Of what compresses well, so many blocks at a time: they take their time whatever becomes of them. */
#define MAX_BLOCKS 4

/* Below this, compressing costs more than it saves. */
#define WORTH_COMPRESSING 64

#define NO_STATUS 1005

/* For as many masks at a time the system is asked. */
#define N_RANDOM 256

typedef struct
{
  UWebSocketOpcode opcode;
  GBytes *payload;            /* owned */
  guint64 serial;             /* 0: nobody asks */
} Item;

/* A message of which the last byte is prepared. */
typedef struct
{
  guint64 serial;
  gint64 length;
  guint64 end;                /* where in all that is written */
} Mark;

struct _UWebSocketWriter
{
  UWebSocketDeflater *deflater; /* owned, nullable */
  GQueue items;               /* of Item, owned */
  GBytes *pong;               /* owned, nullable: waits */
  GBytes *close;              /* owned, nullable: its payload, waits for the items */
  gboolean close_now;         /* nor for the rest of the message at hand, once a frame of it ends */
  gboolean closed;            /* it is prepared */
  guint64 close_end;

  Item *item;                 /* owned, nullable: the message at hand */
  gsize offset;               /* how much of it is prepared */
  gboolean fragmented;        /* a frame of it is prepared */
  gboolean in_frame;          /* the head of its one frame is prepared, and not all of the payload */
  guint8 mask[4];             /* of that frame */

  GByteArray *out;            /* owned: prepared */
  gsize start;                /* of what is not written yet in out */
  guint64 prepared;           /* bytes of all time */
  guint64 written;
  GQueue marks;               /* of Mark, owned */

  guint8 random[N_RANDOM];
  gsize n_random;             /* left, at the end */
};

static void
item_free (gpointer data)
{
  Item *self = data;

  g_bytes_unref (self->payload);
  g_free (self);
}

UWebSocketWriter *
u_web_socket_writer_new (UWebSocketDeflater *deflater)
{
  UWebSocketWriter *self = g_new0 (UWebSocketWriter, 1);

  self->deflater = deflater;
  g_queue_init (&self->items);
  g_queue_init (&self->marks);
  self->out = g_byte_array_new ();

  return self;
}

void
u_web_socket_writer_free (UWebSocketWriter *self)
{
  g_clear_pointer (&self->deflater, u_web_socket_deflater_free);
  g_queue_clear_full (&self->items, item_free);
  g_queue_clear_full (&self->marks, g_free);
  g_clear_pointer (&self->item, item_free);
  g_clear_pointer (&self->pong, g_bytes_unref);
  g_clear_pointer (&self->close, g_bytes_unref);
  g_byte_array_unref (self->out);
  g_free (self);
}

static void
add (UWebSocketWriter *self, UWebSocketOpcode opcode, GBytes *payload, guint64 serial)
{
  Item *item;

  if (self->close != NULL || self->closed)
    return;

  item = g_new0 (Item, 1);
  item->opcode = opcode;
  item->payload = g_bytes_ref (payload);
  item->serial = serial;
  g_queue_push_tail (&self->items, item);
}

void
u_web_socket_writer_add_message (UWebSocketWriter *self, GBytes *payload, gboolean is_text, guint64 serial)
{
  add (self, is_text ? U_WEB_SOCKET_OPCODE_TEXT : U_WEB_SOCKET_OPCODE_BINARY, payload, serial);
}

void
u_web_socket_writer_add_ping (UWebSocketWriter *self, GBytes *payload)
{
  add (self, U_WEB_SOCKET_OPCODE_PING, payload, 0);
}

void
u_web_socket_writer_set_pong (UWebSocketWriter *self, GBytes *payload)
{
  g_clear_pointer (&self->pong, g_bytes_unref);
  if (!self->closed)
    self->pong = g_bytes_ref (payload);
}

void
u_web_socket_writer_close (UWebSocketWriter *self, guint code, const char *reason, gboolean now)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  guint8 number[2] = { (guint8) (code >> 8), (guint8) (code & 0xff) };

  if (self->closed)
    return;
  if (now)
    {
      g_queue_clear_full (&self->items, item_free);
      self->close_now = TRUE;
    }
  if (self->close != NULL)
    return;

  if (code != NO_STATUS)
    {
      g_byte_array_append (payload, number, sizeof number);
      if (reason != NULL)
        g_byte_array_append (payload, (const guint8 *) reason, (guint) MIN (strlen (reason), U_WEB_SOCKET_REASON_MAX));
    }
  self->close = g_byte_array_free_to_bytes (g_steal_pointer (&payload));
}

gboolean
u_web_socket_writer_is_idle (UWebSocketWriter *self)
{
  return self->written == self->prepared && self->item == NULL && g_queue_is_empty (&self->items) &&
         self->pong == NULL && self->close == NULL;
}

/* RFC 6455 section 5.3: a mask that nobody can tell before. */
static void
take_mask (UWebSocketWriter *self, guint8 mask[4])
{
  if (self->n_random < 4)
    {
      u_random_fill (self->random, sizeof self->random);
      self->n_random = sizeof self->random;
    }
  self->n_random -= 4;
  memcpy (mask, self->random + self->n_random, 4);
}

static void
put (UWebSocketWriter *self, const guint8 *data, gsize length)
{
  g_byte_array_append (self->out, data, (guint) length);
  self->prepared += length;
}

static void
put_masked (UWebSocketWriter *self, const guint8 *data, gsize length, const guint8 mask[4], guint64 offset)
{
  gsize at = self->out->len;

  put (self, data, length);
  u_web_socket_frame_mask (self->out->data + at, length, mask, offset);
}

static void
put_head (UWebSocketWriter *self, const UWebSocketFrame *frame, guint8 mask[4])
{
  guint8 head[U_WEB_SOCKET_FRAME_HEAD_MAX];

  take_mask (self, mask);
  put (self, head, u_web_socket_frame_write (frame, mask, head));
}

static void
put_frame (UWebSocketWriter *self, UWebSocketFrame *frame, const guint8 *data, gsize length)
{
  guint8 mask[4];

  frame->length = length;
  put_head (self, frame, mask);
  put_masked (self, data, length, mask, 0);
}

static void
put_control (UWebSocketWriter *self, UWebSocketOpcode opcode, GBytes *payload)
{
  UWebSocketFrame frame = { .opcode = opcode, .final = TRUE };
  gsize length;
  const guint8 *data = g_bytes_get_data (payload, &length);

  put_frame (self, &frame, data, length);
}

static void
end_message (UWebSocketWriter *self)
{
  Mark *mark;

  if (self->item->serial != 0)
    {
      mark = g_new (Mark, 1);
      mark->serial = self->item->serial;
      mark->length = (gint64) g_bytes_get_size (self->item->payload);
      mark->end = self->prepared;
      g_queue_push_tail (&self->marks, mark);
    }
  g_clear_pointer (&self->item, item_free);
}

/* A piece of a message that is compressed is a frame of its own: how long all of it gets is not known before. */
static void
put_compressed (UWebSocketWriter *self, const guint8 *data, gsize length)
{
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  gsize n = MIN (length - self->offset, BLOCK_SIZE);
  UWebSocketFrame frame = {
    .opcode = self->fragmented ? U_WEB_SOCKET_OPCODE_CONTINUATION : self->item->opcode,
    .compressed = !self->fragmented,
    .final = self->offset + n == length,
  };

  u_web_socket_deflater_add (self->deflater, data + self->offset, n, frame.final, packed);
  self->offset += n;
  if (packed->len > 0 || frame.final)
    {
      put_frame (self, &frame, packed->data, packed->len);
      self->fragmented = TRUE;
    }
  if (frame.final)
    end_message (self);
}

static void
put_plain (UWebSocketWriter *self, const guint8 *data, gsize length)
{
  gsize n = MIN (length - self->offset, BLOCK_SIZE);

  if (!self->in_frame)
    {
      UWebSocketFrame frame = { .opcode = self->item->opcode, .final = TRUE, .length = length };

      put_head (self, &frame, self->mask);
      self->in_frame = TRUE;
    }
  put_masked (self, data + self->offset, n, self->mask, self->offset);
  self->offset += n;
  if (self->offset == length)
    {
      self->in_frame = FALSE;
      end_message (self);
    }
}

static void
put_message (UWebSocketWriter *self)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (self->item->payload, &length);

  if (self->deflater != NULL && length >= WORTH_COMPRESSING)
    put_compressed (self, data, length);
  else
    put_plain (self, data, length);
}

/* Prepares one piece. FALSE: there is nothing. */
static gboolean
prepare (UWebSocketWriter *self)
{
  if (self->pong != NULL && !self->in_frame)
    {
      put_control (self, U_WEB_SOCKET_OPCODE_PONG, self->pong);
      g_clear_pointer (&self->pong, g_bytes_unref);
      return TRUE;
    }
  if (self->close_now && !self->in_frame)
    g_clear_pointer (&self->item, item_free);
  if (self->item == NULL && !g_queue_is_empty (&self->items))
    {
      self->item = g_queue_pop_head (&self->items);
      self->offset = 0;
      self->fragmented = FALSE;
    }
  if (self->item != NULL)
    {
      if (self->item->opcode != U_WEB_SOCKET_OPCODE_PING)
        {
          put_message (self);
        }
      else
        {
          put_control (self, U_WEB_SOCKET_OPCODE_PING, self->item->payload);
          g_clear_pointer (&self->item, item_free);
        }
      return TRUE;
    }
  if (self->close != NULL)
    {
      put_control (self, U_WEB_SOCKET_OPCODE_CLOSE, self->close);
      g_clear_pointer (&self->close, g_bytes_unref);
      self->closed = TRUE;
      self->close_end = self->prepared;
      return TRUE;
    }

  return FALSE;
}

const guint8 *
u_web_socket_writer_peek (UWebSocketWriter *self, gsize *length)
{
  for (guint n = 0; self->out->len - self->start < BLOCK_SIZE && prepare (self); n++)
    {
      if (n >= MAX_BLOCKS && self->out->len > self->start && self->item != NULL)
        break;
    }
  *length = self->out->len - self->start;

  return *length > 0 ? self->out->data + self->start : NULL;
}

void
u_web_socket_writer_skip (UWebSocketWriter *self, gsize length)
{
  self->start += length;
  self->written += length;
  if (self->start == self->out->len)
    {
      g_byte_array_set_size (self->out, 0);
      self->start = 0;
    }
  else if (self->start >= BLOCK_SIZE)
    {
      g_byte_array_remove_range (self->out, 0, (guint) self->start);
      self->start = 0;
    }
}

guint64
u_web_socket_writer_take_sent (UWebSocketWriter *self, gint64 *length)
{
  Mark *mark = g_queue_peek_head (&self->marks);
  guint64 serial;

  if (mark == NULL || mark->end > self->written)
    return 0;

  g_queue_pop_head (&self->marks);
  serial = mark->serial;
  *length = mark->length;
  g_free (mark);

  return serial;
}

gboolean
u_web_socket_writer_has_closed (UWebSocketWriter *self)
{
  return self->closed && self->written >= self->close_end;
}

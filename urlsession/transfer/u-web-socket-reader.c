/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-web-socket-reader-private.h"

#include <string.h>

#include "urlsession/transfer/u-utf8-check-private.h"
#include "urlsession/transfer/u-web-socket-frame-private.h"

/* RFC 6455 section 7.4.1 */
#define PROTOCOL_ERROR 1002
#define NO_STATUS 1005
#define INVALID_PAYLOAD 1007
#define TOO_BIG 1009

/* Room is made for what a frame announces, but not for more than this before any of it is there. */
#define EARLY_ROOM (64 * 1024)

struct _UWebSocketReader
{
  guint64 maximum;
  UWebSocketInflater *inflater; /* owned, nullable */
  gboolean over;              /* there was a last event */

  /* The frame at hand */
  guint8 head[U_WEB_SOCKET_FRAME_HEAD_MAX];
  gsize head_length;
  gboolean in_frame;
  UWebSocketFrame frame;
  guint64 left;               /* of its payload */
  guint8 control[U_WEB_SOCKET_CONTROL_MAX]; /* the payload of a control frame */
  gsize control_length;

  /* The message at hand: control frames may come between its frames */
  gboolean in_message;
  gboolean is_text;
  gboolean is_compressed;
  guint64 limit;              /* the maximum when it began */
  UUtf8Check utf8;
  GByteArray *message;        /* owned, nullable */
};

UWebSocketReader *
u_web_socket_reader_new (guint64 maximum, UWebSocketInflater *inflater)
{
  UWebSocketReader *self = g_new0 (UWebSocketReader, 1);

  self->maximum = maximum;
  self->inflater = inflater;

  return self;
}

void
u_web_socket_reader_free (UWebSocketReader *self)
{
  g_clear_pointer (&self->inflater, u_web_socket_inflater_free);
  g_clear_pointer (&self->message, g_byte_array_unref);
  g_free (self);
}

void
u_web_socket_reader_set_maximum (UWebSocketReader *self, guint64 maximum)
{
  self->maximum = maximum;
}

gsize
u_web_socket_reader_get_partial (UWebSocketReader *self)
{
  return self->message != NULL ? self->message->len : 0;
}

void
u_web_socket_event_clear (UWebSocketEvent *self)
{
  g_clear_pointer (&self->payload, g_bytes_unref);
}

static gboolean
fail (UWebSocketReader *self, UWebSocketEvent *event, guint code, const char *problem)
{
  self->over = TRUE;
  event->kind = U_WEB_SOCKET_READ_FAILED;
  event->close_code = code;
  event->problem = problem;

  return FALSE;
}

static gboolean
is_control (UWebSocketReader *self)
{
  return self->frame.opcode >= U_WEB_SOCKET_OPCODE_CLOSE;
}

/* The head of a frame is complete. */
static gboolean
begin_frame (UWebSocketReader *self, UWebSocketEvent *event)
{
  self->in_frame = TRUE;
  self->left = self->frame.length;
  self->control_length = 0;
  if (is_control (self))
    return TRUE;

  if (self->frame.opcode == U_WEB_SOCKET_OPCODE_CONTINUATION)
    {
      if (!self->in_message)
        return fail (self, event, PROTOCOL_ERROR, "a continuation has nothing to continue");
      if (self->frame.compressed)
        return fail (self, event, PROTOCOL_ERROR, "a continuation has a reserved bit set");
    }
  else
    {
      if (self->in_message)
        return fail (self, event, PROTOCOL_ERROR, "a message begins inside of another one");
      if (self->frame.compressed && self->inflater == NULL)
        return fail (self, event, PROTOCOL_ERROR, "a message is compressed, which was not agreed on");
      self->in_message = TRUE;
      self->is_text = self->frame.opcode == U_WEB_SOCKET_OPCODE_TEXT;
      self->is_compressed = self->frame.compressed;
      self->limit = self->maximum;
      self->utf8 = (UUtf8Check) { 0 };
      self->message = g_byte_array_sized_new ((guint) MIN (MIN (self->left, self->limit), EARLY_ROOM));
    }

  if (!self->is_compressed && self->left > self->limit - self->message->len)
    return fail (self, event, TOO_BIG, "a message is larger than maximum-message-size");

  return TRUE;
}

static gboolean
take_head (UWebSocketReader *self, const guint8 **data, gsize *length, UWebSocketEvent *event)
{
  const char *violation = NULL;

  while (*length > 0)
    {
      self->head[self->head_length++] = **data;
      (*data)++;
      (*length)--;
      if (u_web_socket_frame_parse (self->head, self->head_length, &self->frame, &violation) > 0)
        {
          self->head_length = 0;
          return begin_frame (self, event);
        }
      if (violation != NULL)
        return fail (self, event, PROTOCOL_ERROR, violation);
    }

  return TRUE;
}

/* A piece of the payload of a message. @last: the message ends with it. */
static gboolean
take_piece (UWebSocketReader *self, const guint8 *data, gsize length, gboolean last, UWebSocketEvent *event)
{
  gsize before = self->message->len;

  if (self->is_compressed)
    {
      switch (u_web_socket_inflater_add (self->inflater, data, length, last, self->limit, self->message))
        {
        case U_WEB_SOCKET_INFLATE_OK:
          break;
        case U_WEB_SOCKET_INFLATE_TOO_LONG:
          return fail (self, event, TOO_BIG, "a message is larger than maximum-message-size");
        case U_WEB_SOCKET_INFLATE_INVALID:
        default:
          return fail (self, event, INVALID_PAYLOAD, "a compressed message cannot be decompressed");
        }
    }
  else
    {
      g_byte_array_append (self->message, data, (guint) length);
    }

  if (self->is_text && (!u_utf8_check_feed (&self->utf8, self->message->data + before, self->message->len - before) ||
                        (last && !u_utf8_check_ended (&self->utf8))))
    return fail (self, event, INVALID_PAYLOAD, "a text message is not UTF-8");

  return TRUE;
}

static gboolean
end_close (UWebSocketReader *self, UWebSocketEvent *event)
{
  UUtf8Check utf8 = { 0 };

  if (self->control_length == 1)
    return fail (self, event, PROTOCOL_ERROR, "a close frame has half a code");

  event->close_code = NO_STATUS;
  if (self->control_length >= 2)
    {
      event->close_code = self->control[0] << 8 | self->control[1];
      if (!u_web_socket_close_code_is_valid (event->close_code))
        return fail (self, event, PROTOCOL_ERROR, "a close frame has a code that may not be sent");
      if (!u_utf8_check_feed (&utf8, self->control + 2, self->control_length - 2) || !u_utf8_check_ended (&utf8))
        return fail (self, event, INVALID_PAYLOAD, "the reason in a close frame is not UTF-8");
      event->payload = g_bytes_new (self->control + 2, self->control_length - 2);
    }
  self->over = TRUE;
  event->kind = U_WEB_SOCKET_READ_CLOSE;

  return TRUE;
}

static GBytes *
take_message (UWebSocketReader *self)
{
  gsize length = self->message->len;
  g_autoptr (GBytes) whole = NULL;

  if (self->is_text)
    g_byte_array_append (self->message, (const guint8 *) "", 1);
  whole = g_byte_array_free_to_bytes (g_steal_pointer (&self->message));

  return self->is_text ? g_bytes_new_from_bytes (whole, 0, length) : g_steal_pointer (&whole);
}

/* All of the payload is there. */
static gboolean
end_frame (UWebSocketReader *self, UWebSocketEvent *event)
{
  self->in_frame = FALSE;
  if (self->frame.opcode == U_WEB_SOCKET_OPCODE_CLOSE)
    return end_close (self, event);
  if (is_control (self))
    {
      event->kind = self->frame.opcode == U_WEB_SOCKET_OPCODE_PING ? U_WEB_SOCKET_READ_PING : U_WEB_SOCKET_READ_PONG;
      event->payload = g_bytes_new (self->control, self->control_length);
      return TRUE;
    }
  if (!self->frame.final)
    return TRUE;

  self->in_message = FALSE;
  event->kind = self->is_text ? U_WEB_SOCKET_READ_TEXT : U_WEB_SOCKET_READ_BINARY;
  event->payload = take_message (self);

  return TRUE;
}

static gboolean
take_payload (UWebSocketReader *self, const guint8 **data, gsize *length, UWebSocketEvent *event)
{
  gsize n = (gsize) MIN ((guint64) *length, self->left);

  self->left -= n;
  if (is_control (self))
    {
      memcpy (self->control + self->control_length, *data, n);
      self->control_length += n;
    }
  else if (!take_piece (self, *data, n, self->left == 0 && self->frame.final, event))
    {
      return FALSE;
    }
  *data += n;
  *length -= n;

  return self->left > 0 || end_frame (self, event);
}

void
u_web_socket_reader_feed (UWebSocketReader *self, const guint8 **data, gsize *length, UWebSocketEvent *event)
{
  *event = (UWebSocketEvent) { .kind = U_WEB_SOCKET_READ_MORE };

  while (event->kind == U_WEB_SOCKET_READ_MORE && !self->over)
    {
      if (!self->in_frame)
        {
          if (*length == 0 || !take_head (self, data, length, event) || !self->in_frame)
            return;
        }
      /* A frame may be empty. */
      if ((*length == 0 && self->left > 0) || !take_payload (self, data, length, event))
        return;
    }
}

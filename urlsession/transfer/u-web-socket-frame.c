/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-web-socket-frame-private.h"

#include <string.h>

#define BIT_FINAL 0x80
#define BIT_RSV1 0x40
#define BITS_RSV2_RSV3 0x30
#define BITS_OPCODE 0x0f
#define BIT_MASKED 0x80
#define BITS_LENGTH 0x7f
#define BIT_CONTROL 0x8

#define LENGTH_16 126
#define LENGTH_64 127

static gsize
refuse (const char **violation, const char *why)
{
  *violation = why;

  return 0;
}

static guint64
read_number (const guint8 *data, gsize length)
{
  guint64 number = 0;

  for (gsize i = 0; i < length; i++)
    number = number << 8 | data[i];

  return number;
}

static void
write_number (guint8 *data, gsize length, guint64 number)
{
  for (gsize i = length; i > 0; i--, number >>= 8)
    data[i - 1] = number & 0xff;
}

/* Whatever is wrong is seen with the first byte that says so. */
gsize
u_web_socket_frame_parse (const guint8 *data, gsize length, UWebSocketFrame *frame, const char **violation)
{
  gsize n_extended = 0;
  gboolean is_control;

  *violation = NULL;
  if (length < 1)
    return 0;

  frame->final = (data[0] & BIT_FINAL) != 0;
  frame->compressed = (data[0] & BIT_RSV1) != 0;
  frame->opcode = data[0] & BITS_OPCODE;
  is_control = (frame->opcode & BIT_CONTROL) != 0;
  if ((data[0] & BITS_RSV2_RSV3) != 0)
    return refuse (violation, "a frame has reserved bits set");
  if (frame->opcode > (is_control ? U_WEB_SOCKET_OPCODE_PONG : U_WEB_SOCKET_OPCODE_BINARY))
    return refuse (violation, "a frame has an opcode that is not defined");
  if (is_control && !frame->final)
    return refuse (violation, "a control frame is fragmented");
  if (is_control && frame->compressed)
    return refuse (violation, "a control frame has a reserved bit set");

  if (length < 2)
    return 0;
  if ((data[1] & BIT_MASKED) != 0)
    return refuse (violation, "a frame of the server is masked");
  frame->length = data[1] & BITS_LENGTH;
  if (is_control && frame->length > U_WEB_SOCKET_CONTROL_MAX)
    return refuse (violation, "a control frame is longer than 125 bytes");
  if (frame->length == LENGTH_16)
    n_extended = 2;
  else if (frame->length == LENGTH_64)
    n_extended = 8;
  if (length < 2 + n_extended)
    return 0;

  if (n_extended > 0)
    frame->length = read_number (data + 2, n_extended);
  if (frame->length > G_MAXINT64)
    return refuse (violation, "the length of a frame has its highest bit set");
  if ((n_extended == 2 && frame->length < LENGTH_16) || (n_extended == 8 && frame->length <= G_MAXUINT16))
    return refuse (violation, "the length of a frame takes more bytes than it needs");

  return 2 + n_extended;
}

gsize
u_web_socket_frame_write (const UWebSocketFrame *frame, const guint8 mask[4], guint8 *out)
{
  gsize n_extended = 0;

  out[0] = (guint8) (frame->opcode | (frame->final ? BIT_FINAL : 0) | (frame->compressed ? BIT_RSV1 : 0));
  if (frame->length < LENGTH_16)
    {
      out[1] = (guint8) (BIT_MASKED | frame->length);
    }
  else
    {
      n_extended = frame->length <= G_MAXUINT16 ? 2 : 8;
      out[1] = BIT_MASKED | (n_extended == 2 ? LENGTH_16 : LENGTH_64);
      write_number (out + 2, n_extended, frame->length);
    }
  memcpy (out + 2 + n_extended, mask, 4);

  return 2 + n_extended + 4;
}

void
u_web_socket_frame_mask (guint8 *data, gsize length, const guint8 mask[4], guint64 offset)
{
  guint8 turned[8];
  guint64 wide;
  gsize i = 0;

  for (guint k = 0; k < sizeof turned; k++)
    turned[k] = mask[(offset + k) % 4];
  memcpy (&wide, turned, sizeof wide);

  for (; i + sizeof wide <= length; i += sizeof wide)
    {
      guint64 block;

      memcpy (&block, data + i, sizeof block);
      block ^= wide;
      memcpy (data + i, &block, sizeof block);
    }
  for (; i < length; i++)
    data[i] ^= turned[i % sizeof turned];
}

/* 1004 is reserved, 1005, 1006 and 1015 are never sent; below 3000 the registry of IANA ends with 1014. */
gboolean
u_web_socket_close_code_is_valid (guint code)
{
  if (code == 1004 || code == 1005 || code == 1006)
    return FALSE;

  return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
}

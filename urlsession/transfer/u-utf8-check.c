/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-utf8-check-private.h"

#include <string.h>

#define HIGH_BITS G_GUINT64_CONSTANT (0x8080808080808080)

/* RFC 3629 section 4: no second spelling of a character, no surrogates, nothing above U+10FFFF. */
static gboolean
begin (UUtf8Check *self, guint8 byte)
{
  self->lowest = 0x80;
  self->highest = 0xbf;

  if (byte >= 0xc2 && byte <= 0xdf)
    {
      self->n_missing = 1;
    }
  else if (byte >= 0xe0 && byte <= 0xef)
    {
      self->n_missing = 2;
      if (byte == 0xe0)
        self->lowest = 0xa0;
      else if (byte == 0xed)
        self->highest = 0x9f;
    }
  else if (byte >= 0xf0 && byte <= 0xf4)
    {
      self->n_missing = 3;
      if (byte == 0xf0)
        self->lowest = 0x90;
      else if (byte == 0xf4)
        self->highest = 0x8f;
    }
  else
    {
      return FALSE;
    }

  return TRUE;
}

gboolean
u_utf8_check_feed (UUtf8Check *self, const guint8 *data, gsize length)
{
  gsize i = 0;

  while (i < length)
    {
      guint64 block;

      if (self->n_missing > 0)
        {
          if (data[i] < self->lowest || data[i] > self->highest)
            return FALSE;
          self->n_missing--;
          self->lowest = 0x80;
          self->highest = 0xbf;
          i++;
          continue;
        }
      /* Most text is ASCII for long stretches. */
      while (length - i >= sizeof block)
        {
          memcpy (&block, data + i, sizeof block);
          if ((block & HIGH_BITS) != 0)
            break;
          i += sizeof block;
        }
      while (i < length && data[i] < 0x80)
        i++;
      if (i < length && !begin (self, data[i++]))
        return FALSE;
    }

  return TRUE;
}

gboolean
u_utf8_check_ended (UUtf8Check *self)
{
  return self->n_missing == 0;
}

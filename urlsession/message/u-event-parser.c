/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-event-parser-private.h"

#include <string.h>

struct _UEventParser
{
  gsize maximum;              /* bytes; 0: no bound */
  GString *line;              /* owned; as far as it is there */
  GString *data;              /* owned; of the event at hand, each line with its break */
  GString *type;              /* owned */
  GString *id;                /* owned; of the event at hand and those after it */
  char *last_id;              /* owned; of the last event that was complete */
  gint64 retry;               /* milliseconds; -1: none */
  gboolean after_cr;          /* an LF would belong to it */
  gboolean began;             /* a byte order mark would be none */
  gboolean stopped;
  guint n_streams;            /* begun so far */
};

UEventParser *
u_event_parser_new (gsize maximum)
{
  UEventParser *self = g_new0 (UEventParser, 1);

  self->maximum = maximum;
  self->line = g_string_new (NULL);
  self->data = g_string_new (NULL);
  self->type = g_string_new (NULL);
  self->id = g_string_new (NULL);
  self->last_id = g_strdup ("");
  self->retry = -1;

  return self;
}

void
u_event_parser_free (UEventParser *self)
{
  g_string_free (self->line, TRUE);
  g_string_free (self->data, TRUE);
  g_string_free (self->type, TRUE);
  g_string_free (self->id, TRUE);
  g_free (self->last_id);
  g_free (self);
}

void
u_event_parser_set_maximum (UEventParser *self, gsize maximum)
{
  self->maximum = maximum;
}

void
u_event_parser_stop (UEventParser *self)
{
  self->stopped = TRUE;
}

void
u_event_parser_reset (UEventParser *self)
{
  g_string_truncate (self->line, 0);
  g_string_truncate (self->data, 0);
  g_string_truncate (self->type, 0);
  g_string_assign (self->id, self->last_id);
  self->after_cr = FALSE;
  self->began = FALSE;
  self->stopped = FALSE;
  self->n_streams++;
}

const char *
u_event_parser_get_id (UEventParser *self)
{
  return self->last_id;
}

void
u_event_parser_set_id (UEventParser *self, const char *id)
{
  g_string_assign (self->id, id);
  g_free (self->last_id);
  self->last_id = g_strdup (id);
}

gint64
u_event_parser_take_retry (UEventParser *self)
{
  gint64 retry = self->retry;

  self->retry = -1;

  return retry;
}

static void
dispatch (UEventParser *self, UEventParserFunc func, gpointer user_data)
{
  g_free (self->last_id);
  self->last_id = g_utf8_make_valid (self->id->str, (gssize) self->id->len);
  if (self->data->len > 0)
    {
      g_autofree char *data = g_utf8_make_valid (self->data->str, (gssize) self->data->len - 1);
      g_autofree char *type = g_utf8_make_valid (self->type->str, (gssize) self->type->len);

      g_string_truncate (self->data, 0);
      g_string_truncate (self->type, 0);
      func (user_data, *type != '\0' ? type : "message", data, self->last_id);
    }
  g_string_truncate (self->type, 0);
}

static void
take_retry_field (UEventParser *self, const char *value, gsize length)
{
  g_autofree char *text = g_strndup (value, length);
  guint64 number;

  /* Digits only, and as many as there may be. */
  if (length == 0 || strspn (text, "0123456789") != length)
    return;
  self->retry = g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &number, NULL) ? (gint64) number : G_MAXINT;
}

static void
take_line (UEventParser *self, UEventParserFunc func, gpointer user_data)
{
  const char *line = self->line->str;
  gsize length = self->line->len;
  const char *colon = memchr (line, ':', length);
  gsize name = colon != NULL ? (gsize) (colon - line) : length;
  const char *value = colon != NULL ? colon + 1 : line + length;
  gsize rest;

  if (length == 0)
    {
      dispatch (self, func, user_data);
      return;
    }
  if (*value == ' ' && value < line + length)
    value++;
  rest = (gsize) (line + length - value);

  if (name == 4 && memcmp (line, "data", 4) == 0)
    {
      g_string_append_len (self->data, value, (gssize) rest);
      g_string_append_c (self->data, '\n');
    }
  else if (name == 5 && memcmp (line, "event", 5) == 0)
    {
      g_string_truncate (self->type, 0);
      g_string_append_len (self->type, value, (gssize) rest);
    }
  else if (name == 2 && memcmp (line, "id", 2) == 0)
    {
      if (memchr (value, '\0', rest) == NULL)
        {
          g_string_truncate (self->id, 0);
          g_string_append_len (self->id, value, (gssize) rest);
        }
    }
  else if (name == 5 && memcmp (line, "retry", 5) == 0)
    {
      take_retry_field (self, value, rest);
    }
}

gboolean
u_event_parser_feed (UEventParser *self, const char *data, gsize length, UEventParserFunc func, gpointer user_data)
{
  static const char mark[] = "\xef\xbb\xbf";
  const char *end = data + length;
  guint n_streams = self->n_streams;

  /* The function may stop it, and begin another stream. */
  while (data < end && !self->stopped && self->n_streams == n_streams)
    {
      const char *stop;

      if (self->after_cr && *data == '\n')
        data++;
      self->after_cr = FALSE;
      for (stop = data; stop < end && *stop != '\r' && *stop != '\n'; stop++)
        ;
      g_string_append_len (self->line, data, stop - data);
      if (self->maximum > 0 && self->line->len + self->data->len > self->maximum)
        return FALSE;
      if (stop == end)
        break;

      self->after_cr = *stop == '\r';
      data = stop + 1;
      if (!self->began && g_str_has_prefix (self->line->str, mark))
        g_string_erase (self->line, 0, 3);
      self->began = TRUE;
      take_line (self, func, user_data);
      if (self->n_streams == n_streams)
        g_string_truncate (self->line, 0);
    }

  return TRUE;
}

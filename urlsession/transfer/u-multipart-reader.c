/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-multipart-reader-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-content-type-private.h"

/* RFC 2046 section 5.1.1. */
#define MAX_BOUNDARY 70

/* White space that may follow a boundary in its line. */
#define MAX_PADDING 256

/* The head of one part. */
#define MAX_HEAD (16 * 1024)

typedef enum {
  IN_PREAMBLE,
  IN_HEAD,
  IN_BODY,
  IN_EPILOGUE,
  IN_ERROR,
} Place;

/* What the line at hand is. */
typedef enum {
  LINE_OPEN,                  /* perhaps a boundary */
  LINE_OTHER,                 /* not one */
  LINE_DELIMITER,
  LINE_CLOSE,
} Line;

struct _UMultipartReader
{
  char *pattern;              /* owned; "--" and the boundary */
  gsize pattern_length;
  Place place;
  gboolean part_open;         /* PART_END is to come */
  gboolean any;               /* there was a part */

  /* PREAMBLE, BODY: a line break, and what followed it, that may be a boundary. */
  gboolean in_line;
  gsize matched;              /* of the pattern */
  gsize padding;
  guint dashes;               /* after the boundary */
  gboolean saw_cr;            /* after the boundary */
  gboolean saw_break;         /* the LF before the pattern */
  GString *held;              /* owned; what of it was in earlier input */

  GString *head;              /* owned; HEAD: as far as it is there */
};

static gboolean
is_boundary (const char *boundary)
{
  gsize length = strlen (boundary);

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (boundary[i]) && strchr ("'()+_,-./:=? ", boundary[i]) == NULL)
        return FALSE;
    }

  return length > 0 && length <= MAX_BOUNDARY && boundary[length - 1] != ' ';
}

char *
u_multipart_dup_boundary (const char *content_type)
{
  g_autofree char *boundary = NULL;

  if (content_type == NULL)
    return NULL;
  boundary = u_content_type_dup_parameter (content_type, "boundary");
  if (boundary == NULL || !is_boundary (boundary))
    return NULL;

  return g_steal_pointer (&boundary);
}

/* The line begins; the break before it was there, or there is none to be seen. */
static void
begin_line (UMultipartReader *self)
{
  self->in_line = TRUE;
  self->saw_break = TRUE;
  self->matched = 0;
  self->padding = 0;
  self->dashes = 0;
  self->saw_cr = FALSE;
  g_string_truncate (self->held, 0);
}

UMultipartReader *
u_multipart_reader_new (const char *boundary)
{
  UMultipartReader *self = g_new0 (UMultipartReader, 1);

  /* Some servers name the boundary with the dashes that only its lines have. */
  if (g_str_has_prefix (boundary, "--"))
    self->pattern = g_strdup (boundary);
  else
    self->pattern = g_strconcat ("--", boundary, NULL);
  self->pattern_length = strlen (self->pattern);
  self->held = g_string_new (NULL);
  self->head = g_string_new (NULL);
  begin_line (self);

  return self;
}

void
u_multipart_reader_free (UMultipartReader *self)
{
  g_free (self->pattern);
  g_string_free (self->held, TRUE);
  g_string_free (self->head, TRUE);
  g_free (self);
}

/* One more byte of a line that may be a boundary. */
static Line
look_at (UMultipartReader *self, guint8 byte)
{
  if (!self->saw_break)
    {
      self->saw_break = byte == '\n';
      return self->saw_break ? LINE_OPEN : LINE_OTHER;
    }
  if (self->matched < self->pattern_length)
    {
      if (byte != (guint8) self->pattern[self->matched])
        return LINE_OTHER;
      self->matched++;
      return LINE_OPEN;
    }
  if (byte == '\n')
    return self->dashes == 0 ? LINE_DELIMITER : LINE_OTHER;
  if (self->saw_cr)
    return LINE_OTHER;
  if (byte == '-' && self->padding == 0)
    return ++self->dashes == 2 ? LINE_CLOSE : LINE_OPEN;
  if (self->dashes != 0)
    return LINE_OTHER;
  if (byte == '\r')
    {
      self->saw_cr = TRUE;
      return LINE_OPEN;
    }
  if ((byte == ' ' || byte == '\t') && ++self->padding <= MAX_PADDING)
    return LINE_OPEN;

  return LINE_OTHER;
}

static UMultipartStep
give_data (const guint8 *data, gsize length, gboolean is_input, UMultipartPiece *piece)
{
  piece->data = data;
  piece->length = length;
  piece->is_input = is_input;

  return U_MULTIPART_DATA;
}

/* Up to the next boundary. The bytes of a line that may be one are taken, and held until it is known. */
static UMultipartStep
read_body (UMultipartReader *self, const guint8 *data, gsize length, gsize *consumed, UMultipartPiece *piece)
{
  gsize line = 0;             /* where the line at hand began; with self->held: before the input */
  gsize i = 0;

  while (i < length)
    {
      Line what;

      if (!self->in_line)
        {
          const guint8 *lf = memchr (data + i, '\n', length - i);

          /* A CR before it belongs to it, also one that is the last byte so far. */
          if (lf == NULL)
            {
              if (data[length - 1] != '\r')
                break;
              lf = data + length - 1;
            }
          else if (lf > data + i && lf[-1] == '\r')
            {
              lf--;
            }
          line = (gsize) (lf - data);
          begin_line (self);
          self->saw_break = *lf == '\n';
          i = line + 1;
          continue;
        }

      what = look_at (self, data[i]);
      if (what == LINE_OPEN)
        {
          i++;
          continue;
        }
      if (what == LINE_OTHER)
        {
          /* The byte may begin the next line: a boundary has no line break in it. */
          self->in_line = FALSE;
          if (self->held->len > 0)
            {
              *consumed = i;
              if (self->place == IN_BODY)
                {
                  /* What of the line was in this input is small, too. */
                  g_string_append_len (self->held, (const char *) data, (gssize) i);
                  return give_data ((const guint8 *) self->held->str, self->held->len, FALSE, piece);
                }
              g_string_truncate (self->held, 0);
            }
          continue;
        }

      /* What was before the line is the end of the part. */
      if (self->place == IN_BODY && line > 0 && self->held->len == 0)
        {
          *consumed = line;
          self->in_line = FALSE;
          return give_data (data, line, TRUE, piece);
        }
      *consumed = i + 1;
      self->in_line = FALSE;
      g_string_truncate (self->held, 0);
      g_string_truncate (self->head, 0);
      self->place = what == LINE_CLOSE ? IN_EPILOGUE : IN_HEAD;

      return U_MULTIPART_PART_END;
    }

  *consumed = length;
  if (self->in_line)
    {
      gsize start = self->held->len > 0 ? 0 : line;

      g_string_append_len (self->held, (const char *) data + start, (gssize) (length - start));
      length = start;
    }
  if (self->place == IN_BODY && length > 0)
    return give_data (data, length, TRUE, piece);

  return U_MULTIPART_MORE;
}

/* Whether the head is complete: its last line is empty. */
static gboolean
is_complete (const GString *head)
{
  const char *end = head->str + head->len;

  return g_str_equal (head->str, "\n") || g_str_equal (head->str, "\r\n") ||
         (head->len >= 2 && end[-1] == '\n' && end[-2] == '\n') ||
         (head->len >= 3 && end[-1] == '\n' && end[-2] == '\r' && end[-3] == '\n');
}

/* RFC 5322 section 2.2; what is no field is passed over, as browsers do. */
static UHeaderList *
parse_head (const GString *head)
{
  UHeaderList *headers = u_header_list_new ();
  g_auto (GStrv) lines = g_strsplit (head->str, "\n", -1);
  g_autofree char *name = NULL;
  g_autoptr (GString) value = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = lines[i];
      char *colon = strchr (line, ':');

      if (name != NULL && (*line == ' ' || *line == '\t'))
        {
          g_string_append_c (value, ' ');
          g_string_append (value, g_strstrip (line));
          continue;
        }
      if (name != NULL && u_header_name_is_valid (name) && u_header_value_is_valid (value->str))
        u_header_list_append (headers, name, value->str);
      g_clear_pointer (&name, g_free);
      if (colon == NULL)
        continue;

      *colon = '\0';
      name = g_strdup (g_strchomp (line));
      g_string_assign (value, g_strstrip (colon + 1));
    }

  return headers;
}

static UMultipartStep
read_head (UMultipartReader *self, const guint8 *data, gsize length, gsize *consumed, UMultipartPiece *piece,
           GError **error)
{
  for (gsize i = 0; i < length; i++)
    {
      if (data[i] == '\0' || self->head->len >= MAX_HEAD)
        {
          self->place = IN_ERROR;
          g_set_error (error, U_ERROR, U_ERROR_CANNOT_PARSE_RESPONSE,
                       data[i] == '\0' ? "The head of a part of a multipart body has a null byte in it."
                                       : "The head of a part of a multipart body is longer than %d bytes.", MAX_HEAD);
          return U_MULTIPART_FAILED;
        }
      g_string_append_c (self->head, (char) data[i]);
      if (data[i] == '\n' && is_complete (self->head))
        {
          *consumed = i + 1;
          piece->headers = parse_head (self->head);
          g_string_truncate (self->head, 0);
          self->place = IN_BODY;
          self->part_open = TRUE;
          self->any = TRUE;
          /* The boundary after an empty part may follow at once. */
          begin_line (self);
          return U_MULTIPART_HEAD;
        }
    }
  *consumed = length;

  return U_MULTIPART_MORE;
}

UMultipartStep
u_multipart_reader_next (UMultipartReader *self, const guint8 *data, gsize length, gsize *consumed,
                         UMultipartPiece *piece, GError **error)
{
  gsize before = 0;

  *consumed = 0;
  memset (piece, 0, sizeof *piece);
  for (;;)
    {
      gsize taken = 0;
      UMultipartStep step;

      switch (self->place)
        {
        case IN_PREAMBLE:
        case IN_BODY:
          step = read_body (self, data + before, length - before, &taken, piece);
          break;
        case IN_HEAD:
          step = read_head (self, data + before, length - before, &taken, piece, error);
          break;
        case IN_EPILOGUE:
        default:
          *consumed = length;
          return self->place == IN_EPILOGUE ? U_MULTIPART_END : U_MULTIPART_FAILED;
        }
      before += taken;
      *consumed = before;
      if (step != U_MULTIPART_PART_END || self->part_open)
        {
          if (step == U_MULTIPART_PART_END)
            self->part_open = FALSE;
          return step;
        }
      /* That was the preamble. */
    }
}

UMultipartStep
u_multipart_reader_finish (UMultipartReader *self, UMultipartPiece *piece, GError **error)
{
  memset (piece, 0, sizeof *piece);
  switch (self->place)
    {
    case IN_BODY:
      /* A boundary whose line break is missing is one. */
      if (self->in_line && self->held->len > 0 && self->matched < self->pattern_length)
        {
          self->in_line = FALSE;
          return give_data ((const guint8 *) self->held->str, self->held->len, FALSE, piece);
        }
      if (!self->part_open)
        return U_MULTIPART_END;
      self->part_open = FALSE;
      self->place = IN_EPILOGUE;
      return U_MULTIPART_PART_END;

    case IN_HEAD:
      /* The boundary that ends a part and announces the next one, which does not come any more. */
      if (self->any && self->head->len == 0)
        return U_MULTIPART_END;
      break;

    case IN_EPILOGUE:
      return U_MULTIPART_END;

    case IN_PREAMBLE:
    case IN_ERROR:
    default:
      break;
    }
  self->place = IN_ERROR;
  g_set_error_literal (error, U_ERROR, U_ERROR_CANNOT_PARSE_RESPONSE,
                       "The multipart body ended before the head of a part was complete.");

  return U_MULTIPART_FAILED;
}

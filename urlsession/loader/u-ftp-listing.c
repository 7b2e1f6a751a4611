/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-ftp-listing-private.h"

#include <stdio.h>
#include <string.h>

/* No name is that long; what is left of a longer line is thrown away as it comes. */
#define MAX_LINE 4096

struct _UFtpListing
{
  UFtpListingForm form;
  GString *line;              /* owned; the beginning of a line */
  gboolean skips;             /* the line is too long */
  gboolean has_entries;
};

typedef struct
{
  const char *name;           /* bytes; not owned */
  const char *type;
  gint64 size;                /* -1: unknown */
  char modified[32];          /* "": unknown */
} Entry;

UFtpListing *
u_ftp_listing_new (UFtpListingForm form)
{
  UFtpListing *self = g_new0 (UFtpListing, 1);

  self->form = form;
  self->line = g_string_new (NULL);

  return self;
}

void
u_ftp_listing_free (UFtpListing *self)
{
  g_string_free (self->line, TRUE);
  g_free (self);
}

static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

static gboolean
is_plain_name (const char *name)
{
  if (*name == '\0' || g_str_equal (name, ".") || g_str_equal (name, ".."))
    return FALSE;

  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '/' || (guchar) *p < 0x20 || *p == 0x7f)
        return FALSE;
    }

  return TRUE;
}

static void
append_entry (UFtpListing *self, const Entry *entry, GString *out)
{
  g_autofree char *text = g_utf8_make_valid (entry->name, -1);
  g_autofree char *href = g_uri_escape_bytes ((const guint8 *) entry->name, strlen (entry->name), NULL);

  g_string_append (out, self->has_entries ? ",\n" : "[\n");
  self->has_entries = TRUE;
  g_string_append (out, "{\"name\": ");
  append_quoted (out, text);
  /* Escaped all over it has no colon, so that it cannot be taken for a URL with a scheme. */
  g_string_append (out, ", \"href\": ");
  if (g_str_equal (entry->type, "directory"))
    g_string_append_printf (out, "\"%s/\"", href);
  else
    g_string_append_printf (out, "\"%s\"", href);
  g_string_append_printf (out, ", \"type\": \"%s\"", entry->type);
  if (entry->size >= 0)
    g_string_append_printf (out, ", \"size\": %" G_GINT64_FORMAT, entry->size);
  if (entry->modified[0] != '\0')
    g_string_append_printf (out, ", \"modified\": \"%s\"", entry->modified);
  g_string_append_c (out, '}');
}

static gint64
parse_size (const char *text)
{
  guint64 size;

  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &size, NULL) ? (gint64) size : -1;
}

/* RFC 3659 section 2.3: YYYYMMDDHHMMSS, and a fraction that nobody needs; in UTC. */
static void
parse_time (const char *text, Entry *entry)
{
  g_autoptr (GDateTime) time = NULL;
  int year, month, day, hour, minute, second;

  for (guint i = 0; i < 14; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return;
    }
  if (sscanf (text, "%4d%2d%2d%2d%2d%2d", &year, &month, &day, &hour, &minute, &second) != 6)
    return;

  time = g_date_time_new_utc (year, month, day, hour, minute, second);
  if (time != NULL)
    g_snprintf (entry->modified, sizeof entry->modified, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour,
                minute, second);
}

/* "fact=value;fact=value; name" */
static gboolean
parse_facts (char *line, Entry *entry)
{
  char *space = strchr (line, ' ');
  g_auto (GStrv) facts = NULL;

  if (space == NULL)
    return FALSE;

  *space = '\0';
  entry->name = space + 1;
  facts = g_strsplit (line, ";", 64);
  for (guint i = 0; facts[i] != NULL; i++)
    {
      char *value = strchr (facts[i], '=');

      if (value == NULL)
        continue;
      *value++ = '\0';
      if (g_ascii_strcasecmp (facts[i], "type") == 0)
        {
          if (g_ascii_strcasecmp (value, "cdir") == 0 || g_ascii_strcasecmp (value, "pdir") == 0)
            return FALSE;
          if (g_ascii_strcasecmp (value, "dir") == 0)
            entry->type = "directory";
          else if (g_ascii_strcasecmp (value, "file") == 0)
            entry->type = "file";
        }
      else if (g_ascii_strcasecmp (facts[i], "size") == 0)
        entry->size = parse_size (value);
      else if (g_ascii_strcasecmp (facts[i], "modify") == 0)
        parse_time (value, entry);
    }
  if (g_str_equal (entry->type, "directory"))
    entry->size = -1;

  return TRUE;
}

/* The next word of @line, ended with a zero; NULL: none. The spaces after it are what @rest begins with. */
static char *
next_word (char **line)
{
  char *word = *line + strspn (*line, " ");
  char *end = word + strcspn (word, " ");

  if (*word == '\0')
    return NULL;

  *line = *end != '\0' ? end + 1 : end;
  *end = '\0';

  return word;
}

/* As "ls -l" prints it: mode, links, owner, group, size, three words of a date, the name. Some leave the group out. */
static gboolean
parse_unix (char *line, Entry *entry)
{
  static const char months[] = "jan feb mar apr may jun jul aug sep oct nov dec";
  char *words[7];
  char *mode = next_word (&line);
  char *arrow;
  gboolean has_month = FALSE;

  if (mode == NULL || strlen (mode) < 10 || strchr ("-dlbcps", *mode) == NULL)
    return FALSE;
  if (*mode == 'd')
    entry->type = "directory";
  else if (*mode == '-')
    entry->type = "file";

  /* The month shows where the size was. */
  for (guint n = 0; n < G_N_ELEMENTS (words) && !has_month; n++)
    {
      g_autofree char *lower = NULL;

      words[n] = next_word (&line);
      if (words[n] == NULL)
        return FALSE;
      lower = g_ascii_strdown (words[n], -1);
      has_month = n >= 2 && strlen (lower) == 3 && strstr (months, lower) != NULL && parse_size (words[n - 1]) >= 0;
      if (has_month && *mode == '-')
        entry->size = parse_size (words[n - 1]);
    }
  if (!has_month || next_word (&line) == NULL || next_word (&line) == NULL)
    return FALSE;

  /* One space: more of them are part of the name. */
  entry->name = line;
  arrow = *mode == 'l' ? strstr (line, " -> ") : NULL;
  if (arrow != NULL)
    *arrow = '\0';

  return TRUE;
}

/* "12-31-20  11:59PM  <DIR>  name" */
static gboolean
parse_dos (char *line, Entry *entry)
{
  char *date = next_word (&line);
  char *time = date != NULL ? next_word (&line) : NULL;
  char *size = time != NULL ? next_word (&line) : NULL;

  if (size == NULL || !g_ascii_isdigit (date[0]) || strchr (date, '-') == NULL || strchr (time, ':') == NULL)
    return FALSE;

  if (g_ascii_strcasecmp (size, "<DIR>") == 0)
    {
      entry->type = "directory";
    }
  else
    {
      entry->type = "file";
      entry->size = parse_size (size);
      if (entry->size < 0)
        return FALSE;
    }
  entry->name = line + strspn (line, " ");

  return TRUE;
}

static void
take_line (UFtpListing *self, GString *out)
{
  Entry entry = { .type = "other", .size = -1 };
  char *line = self->line->str;
  gboolean understood;

  if (self->line->len > 0 && line[self->line->len - 1] == '\r')
    g_string_truncate (self->line, self->line->len - 1);
  /* A zero byte would hide what comes after it. */
  if (memchr (line, '\0', self->line->len) != NULL)
    return;

  if (self->form == U_FTP_LISTING_FACTS)
    understood = parse_facts (line, &entry);
  else if (g_ascii_isdigit (*line))
    understood = parse_dos (line, &entry);
  else
    understood = parse_unix (line, &entry);

  if (understood && is_plain_name (entry.name))
    append_entry (self, &entry, out);
}

void
u_ftp_listing_feed (UFtpListing *self, const char *data, gsize length, GString *out)
{
  const char *end = data + length;

  while (data < end)
    {
      const char *feed = memchr (data, '\n', end - data);
      gsize n = (feed != NULL ? feed : end) - data;

      if (self->line->len + n > MAX_LINE)
        self->skips = TRUE;
      if (!self->skips)
        g_string_append_len (self->line, data, n);
      if (feed == NULL)
        return;

      if (!self->skips)
        take_line (self, out);
      self->skips = FALSE;
      g_string_truncate (self->line, 0);
      data = feed + 1;
    }
}

void
u_ftp_listing_end (UFtpListing *self, GString *out)
{
  if (self->line->len > 0 && !self->skips)
    take_line (self, out);
  g_string_append (out, self->has_entries ? "\n]\n" : "[]\n");
}

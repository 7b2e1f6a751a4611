/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-structured-field-private.h"

#include <string.h>

/* An integer has at most so many digits: section 3.3.1. */
#define MAX_DIGITS 15

typedef struct
{
  gboolean is_boolean;
  gboolean is_integer;
  gint64 value;
} Item;

static void
skip_spaces (const char **text)
{
  while (**text == ' ')
    (*text)++;
}

/* Section 4.2.3.3. */
static gboolean
read_key (const char **text)
{
  if (!g_ascii_islower (**text) && **text != '*')
    return FALSE;
  while (g_ascii_islower (**text) || g_ascii_isdigit (**text) || (**text != '\0' && strchr ("_-.*", **text) != NULL))
    (*text)++;

  return TRUE;
}

/* Sections 4.2.4 and 4.2.9; a date is an integer behind an @. */
static gboolean
read_number (const char **text, Item *item)
{
  gboolean negative = **text == '-';
  guint digits = 0;

  if (negative)
    (*text)++;
  while (g_ascii_isdigit (**text))
    {
      if (++digits > MAX_DIGITS)
        return FALSE;
      item->value = item->value * 10 + (*(*text)++ - '0');
    }
  if (digits == 0)
    return FALSE;
  if (negative)
    item->value = -item->value;
  if (**text != '.')
    {
      item->is_integer = TRUE;
      return TRUE;
    }

  (*text)++;
  if (digits > 12 || !g_ascii_isdigit (**text))
    return FALSE;
  for (digits = 0; g_ascii_isdigit (**text); digits++)
    (*text)++;

  return digits <= 3;
}

/* Section 4.2.5. */
static gboolean
read_string (const char **text)
{
  for ((*text)++; **text != '"'; (*text)++)
    {
      if (**text < 0x20 || **text > 0x7e)
        return FALSE;
      if (**text == '\\')
        {
          (*text)++;
          if (**text != '"' && **text != '\\')
            return FALSE;
        }
    }
  (*text)++;

  return TRUE;
}

/* Sections 4.2.6 to 4.2.8 and 4.2.10: what nobody here asks for is passed over. */
static gboolean
read_other (const char **text)
{
  if (**text == ':')
    {
      gsize length = strspn (*text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

      if ((*text)[1 + length] != ':')
        return FALSE;
      *text += length + 2;

      return TRUE;
    }
  if (**text == '%' && (*text)[1] == '"')
    {
      (*text)++;
      return read_string (text);
    }
  if (!g_ascii_isalpha (**text) && **text != '*')
    return FALSE;
  while (g_ascii_isalnum (**text) || (**text != '\0' && strchr ("!#$%&'*+-.^_`|~:/", **text) != NULL))
    (*text)++;

  return TRUE;
}

static gboolean
read_bare_item (const char **text, Item *item)
{
  if (**text == '-' || g_ascii_isdigit (**text))
    return read_number (text, item);
  if (**text == '"')
    return read_string (text);
  if (**text == '@')
    {
      Item date = { 0 };

      (*text)++;
      return read_number (text, &date) && date.is_integer;
    }
  if (**text != '?')
    return read_other (text);

  if ((*text)[1] != '0' && (*text)[1] != '1')
    return FALSE;
  item->is_boolean = TRUE;
  item->value = (*text)[1] - '0';
  *text += 2;

  return TRUE;
}

/* Section 4.2.3.2. */
static gboolean
read_parameters (const char **text)
{
  while (**text == ';')
    {
      Item ignored = { 0 };

      (*text)++;
      skip_spaces (text);
      if (!read_key (text))
        return FALSE;
      if (**text != '=')
        continue;
      (*text)++;
      if (!read_bare_item (text, &ignored))
        return FALSE;
    }

  return TRUE;
}

static gboolean
read_item (const char **text, Item *item)
{
  return read_bare_item (text, item) && read_parameters (text);
}

/* Section 4.2.1.2. */
static gboolean
read_inner_list (const char **text)
{
  (*text)++;
  while (TRUE)
    {
      Item ignored = { 0 };

      skip_spaces (text);
      if (**text == ')')
        {
          (*text)++;
          return read_parameters (text);
        }
      if (!read_item (text, &ignored) || (**text != ' ' && **text != ')'))
        return FALSE;
    }
}

static gboolean
read_field (const char *field, Item *item)
{
  const char *text = field;

  if (field == NULL)
    return FALSE;
  skip_spaces (&text);
  if (!read_item (&text, item))
    return FALSE;
  skip_spaces (&text);

  return *text == '\0';
}

gboolean
u_structured_field_get_boolean (const char *field, gboolean *value)
{
  Item item = { 0 };

  if (!read_field (field, &item) || !item.is_boolean)
    return FALSE;
  *value = item.value != 0;

  return TRUE;
}

gboolean
u_structured_field_get_integer (const char *field, gint64 *value)
{
  Item item = { 0 };

  if (!read_field (field, &item) || !item.is_integer)
    return FALSE;
  *value = item.value;

  return TRUE;
}

/* Section 4.2.2: one member, and the comma behind it. */
static gboolean
read_member (const char **text, const char *key, gboolean *found, gint64 *value)
{
  const char *start = *text;
  Item item = { 0 };
  gboolean is_it;

  if (!read_key (text))
    return FALSE;
  is_it = strlen (key) == (gsize) (*text - start) && strncmp (start, key, strlen (key)) == 0;
  if (**text != '=')
    {
      item.is_boolean = TRUE;
      if (!read_parameters (text))
        return FALSE;
    }
  else if ((*text)[1] == '(')
    {
      (*text)++;
      if (!read_inner_list (text))
        return FALSE;
    }
  else
    {
      (*text)++;
      if (!read_item (text, &item))
        return FALSE;
    }
  /* A known key with a value of another type makes the field none. */
  if (is_it && !item.is_integer)
    return FALSE;
  if (is_it)
    {
      *found = TRUE;
      *value = item.value;
    }

  *text += strspn (*text, " \t");
  if (**text == '\0')
    return TRUE;
  if (**text != ',')
    return FALSE;
  (*text)++;
  *text += strspn (*text, " \t");

  return **text != '\0';
}

gboolean
u_structured_field_get_member (const char *field, const char *key, gint64 *value)
{
  const char *text = field;
  gboolean found = FALSE;
  gint64 number = 0;

  if (field == NULL)
    return FALSE;
  skip_spaces (&text);
  while (*text != '\0')
    {
      if (!read_member (&text, key, &found, &number))
        return FALSE;
    }
  if (found)
    *value = number;

  return found;
}

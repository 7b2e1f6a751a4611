/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-cookie-date-private.h"

#include <string.h>

/* What was found so far; -1: nothing. */
typedef struct
{
  int hour;
  int minute;
  int second;
  int day;
  int month;
  int year;
} Parts;

static gboolean
is_delimiter (char c)
{
  guchar u = (guchar) c;

  return u == 0x09 || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) || (u >= 0x5b && u <= 0x60) ||
         (u >= 0x7b && u <= 0x7e);
}

/* A number of @min to @max digits at @p, with no digit behind it; where it ends, or NULL. */
static const char *
read_number (const char *p, const char *end, int min, int max, int *number)
{
  int n = 0;
  int value = 0;

  while (p < end && n < max && g_ascii_isdigit (*p))
    {
      value = value * 10 + (*p++ - '0');
      n++;
    }
  if (n < min || (p < end && g_ascii_isdigit (*p)))
    return NULL;
  *number = value;

  return p;
}

static gboolean
read_time (const char *p, const char *end, Parts *parts)
{
  int hour, minute, second;

  p = read_number (p, end, 1, 2, &hour);
  if (p == NULL || p == end || *p++ != ':')
    return FALSE;
  p = read_number (p, end, 1, 2, &minute);
  if (p == NULL || p == end || *p++ != ':')
    return FALSE;
  p = read_number (p, end, 1, 2, &second);
  if (p == NULL)
    return FALSE;
  parts->hour = hour;
  parts->minute = minute;
  parts->second = second;

  return TRUE;
}

static gboolean
read_month (const char *p, const char *end, Parts *parts)
{
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

  if (end - p < 3)
    return FALSE;
  for (int i = 0; i < 12; i++)
    {
      if (g_ascii_strncasecmp (p, names + 3 * i, 3) == 0)
        {
          parts->month = i + 1;
          return TRUE;
        }
    }

  return FALSE;
}

static void
read_token (const char *p, const char *end, Parts *parts)
{
  if (parts->hour < 0 && read_time (p, end, parts))
    return;
  if (parts->day < 0 && read_number (p, end, 1, 2, &parts->day) != NULL)
    return;
  if (parts->month < 0 && read_month (p, end, parts))
    return;
  if (parts->year < 0)
    read_number (p, end, 2, 4, &parts->year);
}

gboolean
u_cookie_date_parse (const char *string, gsize length, gint64 *seconds)
{
  const char *p = string;
  const char *end = string + length;
  Parts parts = { -1, -1, -1, -1, -1, -1 };
  g_autoptr (GDateTime) date = NULL;

  while (p < end)
    {
      const char *start;

      while (p < end && is_delimiter (*p))
        p++;
      start = p;
      while (p < end && !is_delimiter (*p))
        p++;
      if (p > start)
        read_token (start, p, &parts);
    }

  if (parts.year >= 70 && parts.year <= 99)
    parts.year += 1900;
  else if (parts.year >= 0 && parts.year <= 69)
    parts.year += 2000;
  if (parts.hour < 0 || parts.day < 0 || parts.month < 0 || parts.year < 1601 || parts.second > 59)
    return FALSE;

  date = g_date_time_new_utc (parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second);
  if (date == NULL)
    return FALSE;
  *seconds = g_date_time_to_unix (date);

  return TRUE;
}

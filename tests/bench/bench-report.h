/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a benchmark program says: lines of a name and a number (or a word), which the runner reads. */

static inline void
bench_report (const char *name, double value)
{
  printf ("%s %.9g\n", name, value);
  fflush (stdout);
}

static inline void
bench_report_word (const char *name, const char *word)
{
  printf ("%s %s\n", name, word);
  fflush (stdout);
}

/* A field of /proc/self/status in KiB: "VmRSS:" is what the process holds, "VmHWM:" the most it ever held. */
static inline double
bench_memory (const char *field)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, field);

  return line != NULL ? g_ascii_strtod (line + strlen (field), NULL) : 0;
}

static inline double
bench_seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

static inline guint
bench_number (const char *text)
{
  return (guint) g_ascii_strtoull (text, NULL, 10);
}

static inline int
bench_compare (const void *a, const void *b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return first < second ? -1 : first > second;
}

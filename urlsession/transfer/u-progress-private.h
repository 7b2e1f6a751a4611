/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How fast a transfer goes and how long it will take: a function of what was counted and when, with no clock of its
 * own. Plain values; zero-filled is a good start. */
typedef struct
{
  gint64 started;             /* monotonic microseconds of the first sample; 0: none yet */
  gint64 last;                /* of the last sample */
  gint64 bytes;               /* at the last sample */
  double rate;                /* bytes per second, smoothed */
  double weight;              /* of what the rate is made of so far, 0 to 1 */
} UProgress;

/* A pause: what was measured before says nothing of what comes. */
void   u_progress_restart       (UProgress *self);
void   u_progress_sample        (UProgress *self,
                                 gint64     now,
                                 gint64     bytes);
double u_progress_get_rate      (const UProgress *self);
/* Seconds, -1 while unknown. */
double u_progress_get_time_left (const UProgress *self,
                                 gint64           expected);
/* 0 to 1, 0 while unknown. */
double u_progress_get_fraction  (gint64 bytes,
                                 gint64 expected);

G_END_DECLS

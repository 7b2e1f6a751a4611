/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-progress-private.h"

#include <math.h>

/* The rate follows a change within about this many seconds: slower looks stuck, faster jumps. */
#define TIME_CONSTANT_S 3.0

/* Before so much was measured, a time left would be a guess. */
#define SETTLED_S 0.5

void
u_progress_restart (UProgress *self)
{
  *self = (UProgress) { 0 };
}

/*
 * u_progress_sample:
 * @now: monotonic microseconds
 * @bytes: counted so far
 *
 * An exponential mean over time, corrected for its short past at the beginning so that the first values are not too
 * low.
 */
void
u_progress_sample (UProgress *self, gint64 now, gint64 bytes)
{
  double seconds = (now - self->last) / (double) G_USEC_PER_SEC;
  double keep;

  if (self->started == 0 || bytes < self->bytes)
    {
      *self = (UProgress) { .started = now, .last = now, .bytes = bytes };
      return;
    }
  if (seconds <= 0)
    return;

  keep = exp (-seconds / TIME_CONSTANT_S);
  self->rate = self->rate * keep + (bytes - self->bytes) / seconds * (1 - keep);
  self->weight = self->weight * keep + (1 - keep);
  self->last = now;
  self->bytes = bytes;
}

double
u_progress_get_rate (const UProgress *self)
{
  return self->weight > 0 ? self->rate / self->weight : 0;
}

double
u_progress_get_time_left (const UProgress *self, gint64 expected)
{
  double rate = u_progress_get_rate (self);

  if (expected < 0)
    return -1;
  if (expected <= self->bytes)
    return self->started != 0 ? 0 : -1;
  if (rate < 1 || self->last - self->started < SETTLED_S * G_USEC_PER_SEC)
    return -1;

  return (expected - self->bytes) / rate;
}

double
u_progress_get_fraction (gint64 bytes, gint64 expected)
{
  if (expected <= 0 || bytes <= 0)
    return 0;

  return MIN ((double) bytes / expected, 1.0);
}

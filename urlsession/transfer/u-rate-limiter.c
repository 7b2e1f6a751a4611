/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-rate-limiter-private.h"

#define INTERVAL_US (G_USEC_PER_SEC / 20)

/* Seconds for which what is not used is saved, and which no burst exceeds. */
#define BURST_S 0.1

struct _URateLimiter
{
  UTimers *timers;            /* borrowed */
  gint64 (*now) (void);
  UTimer timer;
  gint64 limit;               /* bytes per second, 0: none */
  gint64 updated;             /* monotonic microseconds: when `pools` were right */
  double pools[U_RATE_N_DIRECTIONS]; /* bytes that nobody was granted yet */
  guint turns[U_RATE_N_DIRECTIONS]; /* whose turn it is, when there is not a byte for everybody */
  GPtrArray *members;         /* owned; of URateMember, borrowed */
  guint n_limited;            /* of them, by limits of their own */
};

static double
get_burst (gint64 limit)
{
  /* A byte at a time, if need be, and what accrues until somebody looks again. */
  return MAX ((double) limit * BURST_S, 1 + (double) limit * INTERVAL_US / G_USEC_PER_SEC);
}

/* What has accrued of @limit since @since, added to @saved. */
static double
accrue (double saved, gint64 limit, gint64 elapsed)
{
  return MIN (saved + (double) limit * (double) elapsed / G_USEC_PER_SEC, get_burst (limit));
}

static gboolean
is_limited (URateLimiter *self)
{
  return self->limit > 0 || self->n_limited > 0;
}

static void
fill_pools (URateLimiter *self, gint64 now)
{
  for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
    self->pools[d] = self->limit > 0 ? accrue (self->pools[d], self->limit, now - self->updated) : 0;
  self->updated = now;
}

/* Takes back what was granted and not used, and adds what has accrued since. */
static void
collect (URateLimiter *self, gint64 now)
{
  for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
    {
      for (guint i = 0; i < self->members->len; i++)
        {
          URateMember *member = g_ptr_array_index (self->members, i);
          URateShare *share = &member->shares[d];

          if (share->granted == G_MAXINT64)
            share->granted = 0;
          self->pools[d] += (double) share->granted;
          share->saved += (double) share->granted;
          share->granted = 0;
          if (member->limit > 0)
            share->saved = accrue (share->saved, member->limit, now - member->updated);
          else
            share->saved = 0;
        }
    }
  fill_pools (self, now);
  for (guint i = 0; i < self->members->len; i++)
    ((URateMember *) g_ptr_array_index (self->members, i))->updated = now;
}

/* @most: bytes of the common limit; below zero: as much as it likes */
static void
grant (URateLimiter *self, URateMember *member, URateDirection direction, double most)
{
  URateShare *share = &member->shares[direction];
  double bytes = most;

  if (member->limit > 0)
    bytes = most < 0 ? share->saved : MIN (most, share->saved);
  else if (most < 0)
    {
      share->granted = G_MAXINT64;
      return;
    }

  share->granted = (gint64) MAX (bytes, 0);
  if (self->limit > 0)
    self->pools[direction] -= (double) share->granted;
  if (member->limit > 0)
    share->saved -= (double) share->granted;
}

/* First those that did not use up what they had: they get twice of what they used. All that is left is shared among
 * the others. */
static void
distribute (URateLimiter *self, URateDirection direction)
{
  guint n_wanting = 0;
  guint n_hungry = 0;

  for (guint i = 0; i < self->members->len; i++)
    {
      URateShare *share = &((URateMember *) g_ptr_array_index (self->members, i))->shares[direction];

      n_wanting += share->wants;
      n_hungry += share->wants && share->hungry;
    }

  for (int hungry = 0; hungry <= 1; hungry++)
    {
      guint n = hungry ? n_hungry : n_wanting;
      guint first = self->turns[direction];

      for (guint i = 0; i < self->members->len; i++)
        {
          guint position = (first + i) % self->members->len;
          URateMember *member = g_ptr_array_index (self->members, position);
          URateShare *share = &member->shares[direction];
          double most = -1;

          if (!share->wants || share->hungry != hungry)
            continue;
          if (self->limit > 0)
            {
              most = MAX (self->pools[direction], 0) / MAX (n, 1);
              if (!hungry)
                most = MIN (most, 2.0 * (double) share->used + 1);
              else if (most < 1)
                most = MIN (MAX (self->pools[direction], 0), 1);
            }
          n--;
          grant (self, member, direction, most);
          if (share->granted > 0)
            self->turns[direction] = position + 1;
        }
    }
}

void
u_rate_limiter_tick (URateLimiter *self)
{
  gint64 now = self->now ();

  collect (self, now);
  for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
    distribute (self, d);
  if (is_limited (self) && self->members->len > 0)
    u_timers_arm (self->timers, &self->timer, now + INTERVAL_US);
  else
    u_timers_disarm (self->timers, &self->timer);

  /* From the end: who leaves is replaced by one that was called already. */
  for (guint i = self->members->len; i > 0; i--)
    {
      URateMember *member = g_ptr_array_index (self->members, i - 1);

      for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
        {
          URateShare *share = &member->shares[d];

          share->used = 0;
          share->hungry = share->wants && share->granted == 0;
        }
      member->changed (member);
    }
}

static void
timer_fired (UTimer *timer)
{
  u_rate_limiter_tick ((URateLimiter *) ((guint8 *) timer - G_STRUCT_OFFSET (URateLimiter, timer)));
}

URateLimiter *
u_rate_limiter_new (UTimers *timers, gint64 (*now) (void))
{
  URateLimiter *self = g_new0 (URateLimiter, 1);

  self->timers = timers;
  self->now = now != NULL ? now : g_get_monotonic_time;
  self->timer.fired = timer_fired;
  self->updated = self->now ();
  self->members = g_ptr_array_new ();

  return self;
}

void
u_rate_limiter_free (URateLimiter *self)
{
  g_assert (self->members->len == 0);

  u_timers_disarm (self->timers, &self->timer);
  g_ptr_array_unref (self->members);
  g_free (self);
}

void
u_rate_limiter_set_limit (URateLimiter *self, gint64 limit)
{
  if (self->limit == limit)
    return;

  collect (self, self->now ());
  self->limit = limit;
  u_rate_limiter_tick (self);
}

static void
join (URateLimiter *self, URateMember *member)
{
  gint64 now = self->now ();

  member->limiter = self;
  member->position = self->members->len;
  g_ptr_array_add (self->members, member);
  self->n_limited += member->limit > 0;
  for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
    {
      URateShare *share = &member->shares[d];

      /* Who comes back has what it saved; who is new has nothing. */
      share->saved = member->limit > 0 && member->updated > 0
                       ? accrue (share->saved, member->limit, now - member->updated) : 0;
      share->granted = 0;
      share->used = 0;
    }
  member->updated = now;
  if (is_limited (self) && self->timer.position == 0)
    u_timers_arm (self->timers, &self->timer, now + INTERVAL_US);
}

static void
leave (URateLimiter *self, URateMember *member)
{
  URateMember *last = g_ptr_array_index (self->members, self->members->len - 1);

  for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
    {
      URateShare *share = &member->shares[d];

      if (share->granted != G_MAXINT64)
        {
          if (self->limit > 0)
            self->pools[d] += (double) share->granted;
          share->saved += (double) share->granted;
        }
      share->granted = 0;
      share->wants = FALSE;
      share->hungry = FALSE;
    }
  self->n_limited -= member->limit > 0;
  last->position = member->position;
  g_ptr_array_remove_index_fast (self->members, member->position);
  member->limiter = NULL;
  if (self->members->len == 0)
    u_timers_disarm (self->timers, &self->timer);
}

/* Something at once for who has just begun to want it: its part of what nobody has. */
static void
begin (URateLimiter *self, URateMember *member, URateDirection direction)
{
  URateShare *share = &member->shares[direction];

  share->wants = TRUE;
  share->hungry = TRUE;
  if (self->limit > 0)
    fill_pools (self, self->now ());
  grant (self, member, direction,
         self->limit > 0 ? MAX (self->pools[direction], 0) / self->members->len : -1);
}

void
u_rate_limiter_want (URateLimiter *self, URateMember *member, gboolean receive, gboolean send)
{
  const gboolean wants[U_RATE_N_DIRECTIONS] = { [U_RATE_RECEIVE] = receive, [U_RATE_SEND] = send };

  if (!receive && !send)
    {
      if (member->limiter != NULL)
        leave (self, member);
      return;
    }
  if (member->limiter == NULL)
    join (self, member);

  for (guint d = 0; d < U_RATE_N_DIRECTIONS; d++)
    {
      URateShare *share = &member->shares[d];

      if (wants[d] && !share->wants)
        begin (self, member, d);
      else
        share->wants = wants[d];
    }
}

void
u_rate_member_set_limit (URateMember *self, gint64 limit)
{
  URateLimiter *limiter = self->limiter;

  if (self->limit == limit)
    return;

  if (limiter == NULL)
    {
      self->limit = limit;
      return;
    }
  collect (limiter, limiter->now ());
  limiter->n_limited -= self->limit > 0;
  self->limit = limit;
  limiter->n_limited += limit > 0;
  u_rate_limiter_tick (limiter);
}

void
u_rate_member_use (URateMember *self, URateDirection direction, gint64 length)
{
  URateShare *share = &self->shares[direction];

  if (self->limiter == NULL || share->granted == G_MAXINT64)
    return;

  share->used += length;
  share->granted -= length;
  share->hungry = share->granted <= 0;
}

gint64
u_rate_member_get_left (URateMember *self, URateDirection direction)
{
  /* What does not want anything is not asked about it, and not held up. */
  if (self->limiter == NULL || !self->shares[direction].wants)
    return G_MAXINT64;

  return MAX (self->shares[direction].granted, 0);
}

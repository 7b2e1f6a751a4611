/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-rate-limiter-private.h"

/* How a common limit and those of each are kept, over a time that the test makes. */

#define STEP_US (G_USEC_PER_SEC / 20)

static gint64 the_time;

static gint64
get_time (void)
{
  return the_time;
}

typedef struct
{
  URateMember rate;
  gint64 demand;              /* bytes at each step at most; -1: all it gets */
  gint64 moved;
  gint64 last;                /* in the last step */
} Member;

typedef struct
{
  GMainContext *context;      /* owned */
  UTimers *timers;            /* owned */
  URateLimiter *limiter;      /* owned */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  the_time = G_USEC_PER_SEC;
  self->context = g_main_context_new ();
  self->timers = u_timers_new (self->context);
  self->limiter = u_rate_limiter_new (self->timers, get_time);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  u_rate_limiter_free (self->limiter);
  u_timers_free (self->timers);
  g_main_context_unref (self->context);
}

static void
changed (URateMember *rate)
{
}

static void
member_init (Fixture *self, Member *member, gint64 limit, gint64 demand)
{
  *member = (Member) { .rate.changed = changed, .rate.limit = limit, .demand = demand };
  u_rate_limiter_want (self->limiter, &member->rate, TRUE, FALSE);
}

static void
move (Member *member)
{
  gint64 left = u_rate_member_get_left (&member->rate, U_RATE_RECEIVE);

  if (member->demand >= 0)
    left = MIN (left, member->demand);
  if (left == G_MAXINT64)
    left = 1000000;
  member->last = left;
  member->moved += left;
  u_rate_member_use (&member->rate, U_RATE_RECEIVE, left);
}

static void
run (Fixture *self, Member *members, guint n_members, guint n_steps)
{
  for (guint s = 0; s < n_steps; s++)
    {
      the_time += STEP_US;
      u_rate_limiter_tick (self->limiter);
      for (guint i = 0; i < n_members; i++)
        move (&members[i]);
    }
}

static void
stop (Fixture *self, Member *members, guint n_members)
{
  for (guint i = 0; i < n_members; i++)
    u_rate_limiter_want (self->limiter, &members[i].rate, FALSE, FALSE);
}

static void
assert_about (gint64 value, gint64 expected)
{
  g_assert_cmpint (value, >=, expected * 97 / 100);
  g_assert_cmpint (value, <=, expected * 103 / 100);
}

static void
test_single (Fixture *self, gconstpointer data)
{
  const gint64 limits[] = { 1, 7, 100, 1000, 123456, 50000000, G_GINT64_CONSTANT (20000000000) };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      Member member;

      member_init (self, &member, limits[i], -1);
      run (self, &member, 1, 20 * 100);
      g_assert_cmpint (member.moved, >=, limits[i] * 98);
      g_assert_cmpint (member.moved, <=, limits[i] * 100 + MAX (limits[i] / 10, 2));
      stop (self, &member, 1);
    }
}

static void
test_bursts (Fixture *self, gconstpointer data)
{
  Member member;

  member_init (self, &member, 10000, 0);
  run (self, &member, 1, 200);
  g_assert_cmpint (member.moved, ==, 0);
  /* What was not used in ten seconds is saved for a tenth of one. */
  member.demand = -1;
  run (self, &member, 1, 1);
  g_assert_cmpint (member.last, <=, 1000);
  for (guint i = 0; i < 100; i++)
    {
      gint64 before = member.last;

      run (self, &member, 1, 1);
      g_assert_cmpint (before + member.last, <=, 1500 + 1);
    }

  /* Neither is a burst had by leaving and coming back. */
  member.moved = 0;
  for (guint i = 0; i < 100; i++)
    {
      stop (self, &member, 1);
      u_rate_limiter_want (self->limiter, &member.rate, TRUE, FALSE);
      move (&member);
    }
  g_assert_cmpint (member.moved, <=, 1000);
  stop (self, &member, 1);
}

static void
test_shared (Fixture *self, gconstpointer data)
{
  Member members[4];

  u_rate_limiter_set_limit (self->limiter, 40000);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    member_init (self, &members[i], 0, -1);
  run (self, members, 4, 20 * 60);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    assert_about (members[i].moved, 600000);

  /* Who wants little leaves the rest to the others: 1000 bytes a second of 40000. */
  members[0].demand = 50;
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    members[i].moved = 0;
  run (self, members, 4, 20 * 60);
  assert_about (members[0].moved, 60000);
  for (guint i = 1; i < G_N_ELEMENTS (members); i++)
    assert_about (members[i].moved, 780000);
  stop (self, members, 4);
}

static void
test_starved (Fixture *self, gconstpointer data)
{
  Member members[20];
  gint64 sum = 0;

  /* Ten bytes a second for twenty: a byte every two seconds for each. */
  u_rate_limiter_set_limit (self->limiter, 10);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    member_init (self, &members[i], 0, -1);
  run (self, members, G_N_ELEMENTS (members), 20 * 200);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_assert_cmpint (members[i].moved, >, 0);
      sum += members[i].moved;
    }
  assert_about (sum, 2000);
  stop (self, members, G_N_ELEMENTS (members));
}

static void
test_both (Fixture *self, gconstpointer data)
{
  Member members[3];

  u_rate_limiter_set_limit (self->limiter, 30000);
  member_init (self, &members[0], 2000, -1);
  member_init (self, &members[1], 0, -1);
  member_init (self, &members[2], 100000, -1);
  run (self, members, 3, 20 * 60);
  assert_about (members[0].moved, 120000);
  assert_about (members[1].moved + members[2].moved, 1680000);
  stop (self, members, 3);
}

static void
test_change (Fixture *self, gconstpointer data)
{
  Member member;

  member_init (self, &member, 0, -1);
  g_assert_cmpint (u_rate_member_get_left (&member.rate, U_RATE_RECEIVE), ==, G_MAXINT64);
  u_rate_member_set_limit (&member.rate, 1000);
  g_assert_cmpint (u_rate_member_get_left (&member.rate, U_RATE_RECEIVE), <=, 100);
  run (self, &member, 1, 200);
  assert_about (member.moved, 10000);

  u_rate_limiter_set_limit (self->limiter, 500);
  member.moved = 0;
  run (self, &member, 1, 200);
  assert_about (member.moved, 5000);

  u_rate_member_set_limit (&member.rate, 0);
  u_rate_limiter_set_limit (self->limiter, 0);
  g_assert_cmpint (u_rate_member_get_left (&member.rate, U_RATE_RECEIVE), ==, G_MAXINT64);
  stop (self, &member, 1);
  g_assert_cmpint (u_rate_member_get_left (&member.rate, U_RATE_RECEIVE), ==, G_MAXINT64);
}

static void
test_overdrawn (Fixture *self, gconstpointer data)
{
  Member member;

  /* A read that was under way may bring more than was granted: it is paid back. */
  member_init (self, &member, 1000, -1);
  u_rate_member_use (&member.rate, U_RATE_RECEIVE, 5000);
  run (self, &member, 1, 20 * 20);
  g_assert_cmpint (member.moved, <=, 20000 - 5000 + 100);
  g_assert_cmpint (member.moved, >=, 20000 - 5000 - 100);
  stop (self, &member, 1);
}

static void
test_directions (Fixture *self, gconstpointer data)
{
  Member member = { .rate.changed = changed, .rate.limit = 2000, .demand = -1 };
  gint64 sent = 0;

  /* Each direction has the limit for itself, and what one does not want does not count. */
  u_rate_limiter_want (self->limiter, &member.rate, TRUE, TRUE);
  for (guint i = 0; i < 200; i++)
    {
      gint64 left = u_rate_member_get_left (&member.rate, U_RATE_SEND);

      sent += left;
      u_rate_member_use (&member.rate, U_RATE_SEND, left);
      run (self, &member, 1, 1);
    }
  assert_about (sent, 20000);
  assert_about (member.moved, 20000);
  u_rate_limiter_want (self->limiter, &member.rate, TRUE, FALSE);
  g_assert_cmpint (u_rate_member_get_left (&member.rate, U_RATE_SEND), ==, G_MAXINT64);
  stop (self, &member, 1);
}

/* Milliseconds until the context would wake up by itself, -1: never. */
static int
get_sleep (Fixture *self)
{
  int timeout;

  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_true (g_main_context_acquire (self->context));
  g_main_context_prepare (self->context, NULL);
  g_main_context_query (self->context, G_MAXINT, &timeout, NULL, 0);
  g_main_context_release (self->context);

  return timeout;
}

static void
test_idle (Fixture *self, gconstpointer data)
{
  Member member;

  /* No timer while nothing is limited, and none while nobody wants anything. */
  member_init (self, &member, 0, -1);
  g_assert_cmpint (get_sleep (self), ==, -1);
  the_time = g_get_monotonic_time ();
  u_rate_member_set_limit (&member.rate, 10);
  g_assert_cmpint (get_sleep (self), >=, 0);
  stop (self, &member, 1);
  /* The source that all timers share wakes up once more, and finds that there are none. */
  if (get_sleep (self) >= 0)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpint (get_sleep (self), ==, -1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name) g_test_add ("/rate-limiter/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  ADD (single);
  ADD (bursts);
  ADD (shared);
  ADD (starved);
  ADD (both);
  ADD (change);
  ADD (overdrawn);
  ADD (directions);
  ADD (idle);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-timers-private.h"

#define N 400

typedef struct
{
  UTimer timer;
  guint number;
  gboolean armed;             /* in the model */
} Entry;

static GPtrArray *fired;      /* of Entry, not owned */

static void
fired_cb (UTimer *timer)
{
  Entry *entry = (Entry *) timer;

  g_assert_true (entry->armed);
  g_assert_cmpuint (timer->position, ==, 0);
  entry->armed = FALSE;
  g_ptr_array_add (fired, entry);
}

/* Random moves of timers that are all due already: they fire in the order of their times, each once, those that were
 * taken out not at all. */
static void
test_model (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree Entry *entries = g_new0 (Entry, N);
  UTimers *timers = u_timers_new (context);

  fired = g_ptr_array_new ();
  for (guint round = 0; round < 20; round++)
    {
      gint64 now = g_get_monotonic_time ();
      guint n_armed = 0;

      for (guint i = 0; i < 5 * N; i++)
        {
          Entry *entry = &entries[g_test_rand_int_range (0, N)];

          entry->timer.fired = fired_cb;
          entry->armed = g_test_rand_int_range (0, 3) > 0;
          if (entry->armed)
            u_timers_arm (timers, &entry->timer, now - g_test_rand_int_range (1, 1000));
          else
            u_timers_disarm (timers, &entry->timer);
        }
      for (guint i = 0; i < N; i++)
        {
          g_assert_cmpint (entries[i].armed, ==, entries[i].timer.position > 0);
          n_armed += entries[i].armed;
        }

      g_ptr_array_set_size (fired, 0);
      while (g_main_context_iteration (context, FALSE))
        ;
      g_assert_cmpuint (fired->len, ==, n_armed);
      for (guint i = 1; i < fired->len; i++)
        {
          Entry *before = g_ptr_array_index (fired, i - 1);
          Entry *after = g_ptr_array_index (fired, i);

          g_assert_cmpint (before->timer.due, <=, after->timer.due);
        }
    }
  g_ptr_array_unref (fired);
  u_timers_free (timers);
}

typedef struct
{
  UTimer timer;
  UTimers *timers;
  UTimer *other;
  guint n;
} Chain;

static void
rearm_cb (UTimer *timer)
{
  Chain *chain = (Chain *) timer;

  chain->n++;
  if (chain->other != NULL)
    u_timers_disarm (chain->timers, chain->other);
  if (chain->n < 5)
    u_timers_arm (chain->timers, timer, g_get_monotonic_time () - 1);
}

/* From inside a call a timer can arm itself again, and take out one that is due at the same time. */
static void
test_reentrant (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  UTimers *timers = u_timers_new (context);
  Chain second = { .timer = { .fired = rearm_cb }, .timers = timers };
  Chain first = { .timer = { .fired = rearm_cb }, .timers = timers, .other = &second.timer };
  gint64 now = g_get_monotonic_time ();

  u_timers_arm (timers, &first.timer, now - 2);
  u_timers_arm (timers, &second.timer, now - 1);
  while (first.n < 5)
    g_main_context_iteration (context, TRUE);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpuint (first.n, ==, 5);
  g_assert_cmpuint (second.n, ==, 0);
  u_timers_free (timers);
}

static void
test_later (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  UTimers *timers = u_timers_new (context);
  Chain chain = { .timer = { .fired = rearm_cb }, .timers = timers, .n = 4 };
  gint64 due = g_get_monotonic_time () + 20000;

  u_timers_arm (timers, &chain.timer, due + G_USEC_PER_SEC * 1000);
  u_timers_arm (timers, &chain.timer, due);
  while (chain.n < 5)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (g_get_monotonic_time (), >=, due);

  /* One that is still armed is let go of. */
  u_timers_arm (timers, &chain.timer, due + G_USEC_PER_SEC * 1000);
  u_timers_free (timers);
  g_assert_cmpuint (chain.timer.position, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/timers/model", test_model);
  g_test_add_func ("/timers/reentrant", test_reentrant);
  g_test_add_func ("/timers/later", test_later);

  return g_test_run ();
}

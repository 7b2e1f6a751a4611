/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-progress-private.h"

#define SECOND G_USEC_PER_SEC

static void
sample_all (UProgress *self, gint64 start, const gint64 *bytes, guint n)
{
  for (guint i = 0; i < n; i++)
    u_progress_sample (self, start + i * SECOND / 10, bytes[i]);
}

static const struct
{
  gint64 bytes;
  gint64 expected;
  double fraction;
} fractions[] = {
  { 0, 100, 0 }, { 50, 100, 0.5 }, { 100, 100, 1 }, { 200, 100, 1 }, { 50, -1, 0 }, { 50, 0, 0 }, { 0, 0, 0 },
  { -1, 100, 0 }, { G_MAXINT64, G_MAXINT64, 1 }, { 1, G_MAXINT64, 0 },
};

static void
test_fraction (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fractions); i++)
    g_assert_cmpfloat_with_epsilon (u_progress_get_fraction (fractions[i].bytes, fractions[i].expected),
                                    fractions[i].fraction, 1e-9);
}

static void
test_nothing_yet (void)
{
  UProgress progress = { 0 };

  g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 0, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 100), -1, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, -1), -1, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 0), -1, 1e-9);
  u_progress_sample (&progress, SECOND, 1000);
  g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 0, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 2000), -1, 1e-9);
  g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 1000), 0, 1e-9);
}

/* From the first value on it is the right one, not one that creeps up. */
static void
test_steady (void)
{
  UProgress progress = { 0 };

  u_progress_sample (&progress, SECOND, 0);
  for (gint64 i = 1; i <= 100; i++)
    {
      u_progress_sample (&progress, SECOND + i * SECOND / 10, i * 100);
      g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 1000, 0.1);
      if (i >= 5)
        g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 20000), (20000 - i * 100) / 1000.0, 0.1);
      else
        g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 20000), -1, 1e-9);
    }
}

/* What was there before is no rate: neither a resumed download nor one that starts over. */
static void
test_starts_over (void)
{
  UProgress progress = { 0 };
  static const gint64 before[] = { 1000000000, 1000000100, 1000000200, 1000000300 };

  sample_all (&progress, SECOND, before, G_N_ELEMENTS (before));
  g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 1000, 0.1);
  u_progress_sample (&progress, 2 * SECOND, 0);
  g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 0, 1e-9);
  u_progress_sample (&progress, 2 * SECOND + SECOND / 10, 50);
  g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 500, 0.1);
  u_progress_restart (&progress);
  g_assert_cmpfloat_with_epsilon (u_progress_get_rate (&progress), 0, 1e-9);
}

/* Silence lets the rate fall and the time grow, without a jump. */
static void
test_silence (void)
{
  UProgress progress = { 0 };
  double last;

  for (gint64 i = 0; i <= 50; i++)
    u_progress_sample (&progress, SECOND + i * SECOND / 10, i * 100);
  last = u_progress_get_rate (&progress);
  for (gint64 i = 1; i <= 600; i++)
    {
      double left;

      u_progress_sample (&progress, 6 * SECOND + i * SECOND / 10, 5000);
      g_assert_cmpfloat (u_progress_get_rate (&progress), <, last);
      g_assert_cmpfloat (u_progress_get_rate (&progress), >=, 0);
      g_assert_cmpfloat (last - u_progress_get_rate (&progress), <, 0.05 * 1000);
      last = u_progress_get_rate (&progress);
      left = u_progress_get_time_left (&progress, 10000);
      g_assert_true (left > 0 || left < -0.99);
    }
  g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, 10000), -1, 1e-9);
}

/* Pieces of any size at any time, also none, and a clock that stands: nothing negative, nothing above what is left. */
static void
test_random (void)
{
  UProgress progress = { 0 };
  gint64 now = SECOND;
  gint64 bytes = 0;
  const gint64 expected = G_GINT64_CONSTANT (1) << 40;

  for (guint i = 0; i < 100000; i++)
    {
      gint64 step = g_test_rand_int_range (0, 2000000);
      double rate, left;

      now += step;
      bytes += g_test_rand_int_range (0, 3) == 0 ? 0 : g_test_rand_int_range (0, 1000000);
      if (g_test_rand_int_range (0, 1000) == 0)
        bytes = 0;
      u_progress_sample (&progress, now, bytes);
      rate = u_progress_get_rate (&progress);
      left = u_progress_get_time_left (&progress, expected);
      g_assert_true (rate >= 0 && rate < 1e13);
      g_assert_true (left >= 0 || left < -0.99);
      /* Bytes that came in no time are counted with the next ones. */
      if (step > 0)
        g_assert_cmpfloat_with_epsilon (u_progress_get_time_left (&progress, bytes), 0, 1e-9);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/progress/r208-fraction", test_fraction);
  g_test_add_func ("/progress/nothing-yet", test_nothing_yet);
  g_test_add_func ("/progress/steady", test_steady);
  g_test_add_func ("/progress/starts-over", test_starts_over);
  g_test_add_func ("/progress/silence", test_silence);
  g_test_add_func ("/progress/random", test_random);

  return g_test_run ();
}

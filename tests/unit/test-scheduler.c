/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-scheduler-private.h"

typedef struct
{
  USchedulerEntry entry;
  guint number;
  guint host;
} Item;

static GArray *started;       /* of guint: the numbers, in order */
static UScheduler *scheduler;
static gboolean release_at_once;

static void
start_cb (USchedulerEntry *entry)
{
  Item *item = (Item *) entry;

  g_assert_true (entry->running);
  g_assert_false (entry->waiting);
  g_array_append_val (started, item->number);
  if (release_at_once)
    u_scheduler_release (scheduler, entry);
}

static void
begin (guint per_host, guint total)
{
  started = g_array_new (FALSE, FALSE, sizeof (guint));
  scheduler = u_scheduler_new (per_host, total, start_cb);
  release_at_once = FALSE;
}

static void
end (void)
{
  u_scheduler_free (scheduler);
  g_array_unref (started);
}

static char *
dup_started (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < started->len; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? " " : "", g_array_index (started, guint, i));
  g_array_set_size (started, 0);

  return g_string_free (text, FALSE);
}

#define assert_started(expected) \
  G_STMT_START { \
    g_autofree char *started_ = dup_started (); \
    g_assert_cmpstr (started_, ==, expected); \
  } G_STMT_END

static void
add (Item *item, guint number, const char *host, double priority, gboolean first)
{
  item->number = number;
  u_scheduler_add (scheduler, &item->entry, host, priority, first);
}

static void
test_limits (void)
{
  Item items[8] = { 0 };

  begin (2, 3);
  for (guint i = 0; i < 4; i++)
    add (&items[i], i, "a", 0.5, FALSE);
  assert_started ("0 1");
  for (guint i = 4; i < 8; i++)
    add (&items[i], i, "b", 0.5, FALSE);
  assert_started ("4");
  u_scheduler_release (scheduler, &items[0].entry);
  u_scheduler_release (scheduler, &items[1].entry);
  assert_started ("5 2");
  /* A place of a host that has all it may have goes to another one. */
  u_scheduler_release (scheduler, &items[2].entry);
  assert_started ("3");
  u_scheduler_release (scheduler, &items[4].entry);
  assert_started ("6");
  for (guint i = 3; i < 8; i++)
    u_scheduler_release (scheduler, &items[i].entry);
  end ();
}

static void
test_priorities (void)
{
  Item items[7] = { 0 };

  begin (1, 10);
  add (&items[0], 0, "a", 0.5, FALSE);
  add (&items[1], 1, "a", 0.2, FALSE);
  add (&items[2], 2, "a", 0.8, FALSE);
  add (&items[3], 3, "a", 0.5, FALSE);
  add (&items[4], 4, "a", 0.5, TRUE);
  add (&items[5], 5, "a", 7.0, FALSE);
  add (&items[6], 6, "a", -3.0, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      static const guint order[] = { 0, 5, 2, 4, 3, 1, 6 };

      g_assert_cmpuint (started->len, ==, i + 1);
      g_assert_cmpuint (g_array_index (started, guint, i), ==, order[i]);
      u_scheduler_release (scheduler, &items[order[i]].entry);
    }
  end ();
}

static void
test_changed_priority (void)
{
  Item items[4] = { 0 };

  begin (1, 1);
  add (&items[0], 0, "a", 0.5, FALSE);
  add (&items[1], 1, "a", 0.5, FALSE);
  add (&items[2], 2, "a", 0.5, FALSE);
  add (&items[3], 3, "b", 0.5, FALSE);
  u_scheduler_set_priority (scheduler, &items[2].entry, 0.9);
  u_scheduler_set_priority (scheduler, &items[1].entry, 0.1);
  /* One that runs, and one that is neither, have no place to change. */
  u_scheduler_set_priority (scheduler, &items[0].entry, 0.1);
  u_scheduler_release (scheduler, &items[0].entry);
  u_scheduler_set_priority (scheduler, &items[0].entry, 0.9);
  u_scheduler_release (scheduler, &items[2].entry);
  u_scheduler_release (scheduler, &items[3].entry);
  u_scheduler_release (scheduler, &items[1].entry);
  assert_started ("0 2 3 1");
  end ();
}

/* A host with a thousand that wait does not keep the others from theirs. */
static void
test_fairness (void)
{
  enum { N = 1000 };
  g_autofree Item *many = g_new0 (Item, N);
  Item few[2] = { 0 };
  guint position = 0;

  begin (4, 4);
  for (guint i = 0; i < N; i++)
    add (&many[i], i, "many", 0.5, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (few); i++)
    add (&few[i], N + i, i == 0 ? "one" : "two", 0.5, FALSE);
  for (guint i = 0; i < 4; i++)
    u_scheduler_release (scheduler, &many[i].entry);
  for (guint i = 0; i < started->len; i++)
    {
      if (g_array_index (started, guint, i) >= N)
        position++;
    }
  g_assert_cmpuint (position, ==, 2);
  /* Those that wait give up; the rest runs out. */
  for (guint i = N; i-- > 0;)
    u_scheduler_release (scheduler, &many[i].entry);
  for (guint i = 0; i < G_N_ELEMENTS (few); i++)
    u_scheduler_release (scheduler, &few[i].entry);
  end ();
}

static void
test_giving_up (void)
{
  Item items[3] = { 0 };

  begin (1, 1);
  for (guint i = 0; i < 3; i++)
    add (&items[i], i, "a", 0.5, FALSE);
  u_scheduler_release (scheduler, &items[1].entry);
  u_scheduler_release (scheduler, &items[1].entry);
  u_scheduler_release (scheduler, &items[0].entry);
  assert_started ("0 2");
  /* And it can come back. */
  add (&items[1], 1, "a", 0.5, FALSE);
  u_scheduler_release (scheduler, &items[2].entry);
  assert_started ("1");
  u_scheduler_release (scheduler, &items[1].entry);
  end ();
}

static void
test_release_inside_start (void)
{
  enum { N = 100000 };
  g_autofree Item *items = g_new0 (Item, N);

  begin (1, 1);
  items[0].number = 0;
  u_scheduler_add (scheduler, &items[0].entry, "a", 0.5, FALSE);
  for (guint i = 1; i < N; i++)
    add (&items[i], i, "a", 0.5, FALSE);
  release_at_once = TRUE;
  u_scheduler_release (scheduler, &items[0].entry);
  g_assert_cmpuint (started->len, ==, N);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (g_array_index (started, guint, i), ==, i);
  end ();
}

/* Against what can be counted by hand: no limit is passed, nothing runs twice, nothing is forgotten while there is
 * room for it. A hundred thousand operations; were one of them to look at all that waits, this would not end. */
static void
test_many (void)
{
  enum { N = 100000, HOSTS = 50, PER_HOST = 3, TOTAL = 40 };
  g_autofree Item *items = g_new0 (Item, N);
  guint running[HOSTS] = { 0 };
  guint n_running = 0;
  g_autoptr (GQueue) queue = g_queue_new ();
  guint seen = 0;

  begin (PER_HOST, TOTAL);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *host = NULL;

      items[i].host = (guint) g_test_rand_int_range (0, HOSTS);
      host = g_strdup_printf ("host-%u", items[i].host);
      add (&items[i], i, host, g_test_rand_double (), FALSE);
    }
  while (TRUE)
    {
      Item *item;

      for (; seen < started->len; seen++)
        {
          Item *next = &items[g_array_index (started, guint, seen)];

          g_assert_cmpuint (++running[next->host], <=, PER_HOST);
          g_assert_cmpuint (++n_running, <=, TOTAL);
          g_queue_push_tail (queue, next);
        }
      item = g_queue_pop_head (queue);
      if (item == NULL)
        break;
      running[item->host]--;
      n_running--;
      u_scheduler_release (scheduler, &item->entry);
    }
  g_assert_cmpuint (started->len, ==, N);
  end ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scheduler/limits", test_limits);
  g_test_add_func ("/scheduler/priorities", test_priorities);
  g_test_add_func ("/scheduler/changed-priority", test_changed_priority);
  g_test_add_func ("/scheduler/fairness", test_fairness);
  g_test_add_func ("/scheduler/giving-up", test_giving_up);
  g_test_add_func ("/scheduler/release-inside-start", test_release_inside_start);
  g_test_add_func ("/scheduler/many", test_many);

  return g_test_run ();
}

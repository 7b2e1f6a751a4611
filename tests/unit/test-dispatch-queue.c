/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-dispatch-queue-private.h"

/* The queue between the I/O threads and the application: order, batches, and its manners towards other sources. */

typedef struct
{
  UEvent event;
  int number;
  GArray *log;                /* not owned: of int */
  guint *n_discarded;         /* not owned */
  gint64 spin_us;             /* how long the dispatch takes */
} TestEvent;

static void
test_event_dispatch (UEvent *event)
{
  TestEvent *self = (TestEvent *) event;

  if (self->spin_us > 0)
    {
      gint64 end = g_get_monotonic_time () + self->spin_us;

      while (g_get_monotonic_time () < end)
        ;
    }
  g_array_append_val (self->log, self->number);
  g_free (self);
}

static void
test_event_discard (UEvent *event)
{
  TestEvent *self = (TestEvent *) event;

  ++*self->n_discarded;
  g_free (self);
}

static UEvent *
test_event_new (int number, GArray *log, guint *n_discarded, gint64 spin_us)
{
  TestEvent *self = g_new0 (TestEvent, 1);

  self->event.dispatch = test_event_dispatch;
  self->event.discard = test_event_discard;
  self->number = number;
  self->log = log;
  self->n_discarded = n_discarded;
  self->spin_us = spin_us;

  return &self->event;
}

static void
test_order (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (UDispatchQueue) queue = u_dispatch_queue_new (context);
  g_autoptr (GArray) log = g_array_new (FALSE, FALSE, sizeof (int));
  guint n_discarded = 0;

  for (int i = 0; i < 1000; i++)
    u_dispatch_queue_push (queue, test_event_new (i, log, &n_discarded, 20));
  g_assert_cmpuint (log->len, ==, 0);
  while (log->len < 1000)
    g_main_context_iteration (context, TRUE);
  for (int i = 0; i < 1000; i++)
    g_assert_cmpint (g_array_index (log, int, i), ==, i);
  g_assert_false (g_main_context_iteration (context, FALSE));

  u_dispatch_queue_push (queue, test_event_new (0, log, &n_discarded, 0));
  u_dispatch_queue_close (queue);
  u_dispatch_queue_push (queue, test_event_new (0, log, &n_discarded, 0));
  g_assert_cmpuint (n_discarded, ==, 2);
}

static gboolean
count_cb (gpointer data)
{
  ++*(guint *) data;

  return G_SOURCE_CONTINUE;
}

/* A redraw at GTK's priority gets its turn between two batches, however many events wait. */
static void
test_yields_to_redraw (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (UDispatchQueue) queue = u_dispatch_queue_new (context);
  g_autoptr (GArray) log = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GSource) redraw = g_idle_source_new ();
  guint n_discarded = 0;
  guint n_redraws = 0;

  g_source_set_priority (redraw, 120);
  g_source_set_callback (redraw, count_cb, &n_redraws, NULL);
  for (int i = 0; i < 200; i++)
    u_dispatch_queue_push (queue, test_event_new (i, log, &n_discarded, 100));
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (log->len, >, 0);
  g_assert_cmpuint (log->len, <, 200);

  /* The rest waits behind the redraw for as long as that is ready. */
  g_source_attach (redraw, context);
  g_main_context_iteration (context, FALSE);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (n_redraws, ==, 2);
  g_assert_cmpuint (log->len, <, 200);

  g_source_destroy (redraw);
  while (log->len < 200)
    g_main_context_iteration (context, TRUE);
  u_dispatch_queue_close (queue);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dispatch-queue/order", test_order);
  g_test_add_func ("/dispatch-queue/yields-to-redraw", test_yields_to_redraw);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-timers-private.h"

struct _UTimers
{
  GSource *source;            /* owned; ready when the first timer is due, or before */
  GPtrArray *heap;            /* of UTimer, not owned; [0] unused, children of n at 2n and 2n + 1 */
};

typedef struct
{
  GSource source;
  UTimers *timers;            /* not owned: destroys the source before it goes */
} TimersSource;

static UTimer *
nth (UTimers *self, guint position)
{
  return g_ptr_array_index (self->heap, position);
}

static void
place (UTimers *self, guint position, UTimer *timer)
{
  g_ptr_array_index (self->heap, position) = timer;
  timer->position = position;
}

static void
sift_up (UTimers *self, UTimer *timer)
{
  guint position = timer->position;

  while (position > 1 && nth (self, position / 2)->due > timer->due)
    {
      place (self, position, nth (self, position / 2));
      position /= 2;
    }
  place (self, position, timer);
}

static void
sift_down (UTimers *self, UTimer *timer)
{
  guint position = timer->position;
  guint last = self->heap->len - 1;

  while (2 * position <= last)
    {
      guint child = 2 * position;

      if (child < last && nth (self, child + 1)->due < nth (self, child)->due)
        child++;
      if (nth (self, child)->due >= timer->due)
        break;
      place (self, position, nth (self, child));
      position = child;
    }
  place (self, position, timer);
}

/* Setting the time of a source wakes its context, even from its own thread. So it is only ever made earlier here, not
 * later: most timers are disarmed before they are due, and for all of them the source then looks once, in vain. */
static void
hurry_source (UTimers *self)
{
  gint64 due = nth (self, 1)->due;
  gint64 ready = g_source_get_ready_time (self->source);

  if (ready < 0 || due < ready)
    g_source_set_ready_time (self->source, due);
}

static void
take_out (UTimers *self, UTimer *timer)
{
  guint position = timer->position;
  UTimer *last = nth (self, self->heap->len - 1);

  g_ptr_array_set_size (self->heap, self->heap->len - 1);
  timer->position = 0;
  if (last != timer)
    {
      place (self, position, last);
      sift_up (self, last);
      sift_down (self, last);
    }
}

static gboolean
timers_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  UTimers *self = ((TimersSource *) source)->timers;
  gint64 now = g_source_get_time (source);

  while (self->heap->len > 1 && nth (self, 1)->due <= now)
    {
      UTimer *timer = nth (self, 1);

      take_out (self, timer);
      timer->fired (timer);
      if (g_source_is_destroyed (source))
        return G_SOURCE_REMOVE;
    }
  g_source_set_ready_time (source, self->heap->len > 1 ? nth (self, 1)->due : -1);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs timers_source_funcs = { .dispatch = timers_source_dispatch };

UTimers *
u_timers_new (GMainContext *context)
{
  UTimers *self = g_new0 (UTimers, 1);

  self->heap = g_ptr_array_new ();
  g_ptr_array_add (self->heap, NULL);
  self->source = g_source_new (&timers_source_funcs, sizeof (TimersSource));
  ((TimersSource *) self->source)->timers = self;
  g_source_set_static_name (self->source, "[urlsession] timers");
  g_source_attach (self->source, context);

  return self;
}

void
u_timers_free (UTimers *self)
{
  for (guint i = 1; i < self->heap->len; i++)
    nth (self, i)->position = 0;
  g_ptr_array_unref (self->heap);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_free (self);
}

/*
 * u_timers_arm:
 * @due: monotonic microseconds
 *
 * Calls @timer's function once @due is reached; moves it if it is armed already.
 */
void
u_timers_arm (UTimers *self, UTimer *timer, gint64 due)
{
  if (timer->position == 0)
    {
      g_ptr_array_add (self->heap, timer);
      timer->position = self->heap->len - 1;
      timer->due = due;
      sift_up (self, timer);
    }
  else
    {
      timer->due = due;
      sift_up (self, timer);
      sift_down (self, timer);
    }
  hurry_source (self);
}

void
u_timers_disarm (UTimers *self, UTimer *timer)
{
  if (timer->position != 0)
    take_out (self, timer);
}

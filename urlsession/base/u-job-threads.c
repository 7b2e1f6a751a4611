/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-job-threads-private.h"

#include <gio/gio.h>
#include <string.h>

/*
 * A fork leaves the threads of GLib's pool behind, but not what the pool knows of them. Those that waited for a job at
 * that moment are counted on for ever: as many jobs are queued for them, and nobody takes those out, before the pool
 * starts a thread. That one runs whatever is queued, and leaves when it had nothing to do for half a second; then it
 * begins anew. Nothing of that can be read or put right from outside.
 *
 * So jobs that do nothing take the places of the threads that are missing. While somebody depends on the pool one is
 * queued from time to time, which keeps a thread there; and when such a job is not run soon, since a thread is missing
 * or all are busy, more follow, until the pool starts a thread.
 *
 * That fails when the fork came while as many jobs were being run as the pool has threads, since no further one is
 * started then; when one of its locks was held; or when GLib starts the threads of its pools from another thread
 * ("pool-spawner"), as newer versions do, and 2.74 where the kernel does not tell it how threads are scheduled: the
 * start of a thread then waits for ever. So it is tried out first, on a thread that may be lost.
 */

/* An idle thread of the pool leaves after 500 ms. */
#define CALM_INTERVAL_US (250 * 1000)

/* How soon a job is expected to have been run. */
#define PRESSING_INTERVAL_US (5 * 1000)

/* Jobs that may be waiting to be run. The pool never has more threads than 330, so that more would change nothing. */
#define MAX_PENDING 400

/* How long it is tried to have a job run, in a machine that may be busy. */
#define PATIENCE_US (5 * G_USEC_PER_SEC)

typedef enum
{
  UNKNOWN,
  PRESENT,
  LOST,
} State;

static struct
{
  gboolean forked;
  GMutex lock;                /* of what follows */
  GCond cond;
  gboolean probing;
  State state;
} threads;

/* Of one I/O thread. Lives as long as that does, which is as long as the process. */
typedef struct
{
  guint n_holds;
  guint n_pending;
  GSource *timer;             /* owned, nullable: only with holds */
} Pulse;

static GPrivate current_pulse = G_PRIVATE_INIT (g_free);

static void
never_cb (GCancellable *cancellable, gpointer data)
{
}

/*
 * u_job_threads_settle:
 *
 * Takes each lock that GLib has for the whole process, and leaves it. A thread of GLib cannot be stopped for the fork,
 * and a lock that it has at that moment is locked in the child for ever. It is inside for a few instructions only, but
 * in a busy machine it may lose the processor just there, and that is waited for here. What is left is the time that
 * the fork itself takes.
 */
void
u_job_threads_settle (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GQuark quark = g_quark_from_static_string ("urlsession-fork");
  GWeakRef ref;

  /* Of names; of types. */
  g_type_set_qdata (G_TYPE_CANCELLABLE, quark, NULL);
  /* Of weak references; of notifications. */
  g_weak_ref_init (&ref, cancellable);
  g_weak_ref_clear (&ref);
  g_object_freeze_notify (G_OBJECT (cancellable));
  g_object_thaw_notify (G_OBJECT (cancellable));
  /* Of cancellables; of signals. */
  g_cancellable_disconnect (cancellable, g_cancellable_connect (cancellable, G_CALLBACK (never_cb), NULL, NULL));
}

void
u_job_threads_forget (void)
{
  memset (&threads, 0, sizeof threads);
  threads.forked = TRUE;
}

static void
run_nothing (GTask *job, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_boolean (job, TRUE);
}

static void
queue_job (GTaskThreadFunc func, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) job = g_task_new (NULL, NULL, callback, data);

  g_task_set_source_tag (job, queue_job);
  g_task_run_in_thread (job, func);
}

static void
run_probe (GTask *job, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_mutex_lock (&threads.lock);
  if (threads.state == UNKNOWN)
    threads.state = PRESENT;
  g_cond_broadcast (&threads.cond);
  g_mutex_unlock (&threads.lock);
}

/* In vain it may never end, nor even return from the first g_task_run_in_thread(). */
static gpointer
probe_thread (gpointer data)
{
  /* Nobody iterates it: the jobs have nothing to tell in the context of the application. */
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean is_over = FALSE;

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < MAX_PENDING && !is_over; i++)
    {
      gint64 deadline = g_get_monotonic_time () + PRESSING_INTERVAL_US;

      queue_job (run_probe, NULL, NULL);
      g_mutex_lock (&threads.lock);
      while (threads.state == UNKNOWN && g_cond_wait_until (&threads.cond, &threads.lock, deadline))
        ;
      is_over = threads.state != UNKNOWN;
      g_mutex_unlock (&threads.lock);
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

void
u_job_threads_probe (void)
{
  gint64 deadline;

  if (!threads.forked)
    return;

  deadline = g_get_monotonic_time () + PATIENCE_US;
  g_mutex_lock (&threads.lock);
  if (!threads.probing)
    {
      threads.probing = TRUE;
      g_thread_unref (g_thread_new ("urlsession-probe", probe_thread, NULL));
    }
  while (threads.state == UNKNOWN)
    {
      if (!g_cond_wait_until (&threads.cond, &threads.lock, deadline) && threads.state == UNKNOWN)
        {
          threads.state = LOST;
          g_cond_broadcast (&threads.cond);
        }
    }
  g_mutex_unlock (&threads.lock);
}

gboolean
u_job_threads_are_lost (void)
{
  gboolean lost;

  if (!threads.forked)
    return FALSE;

  g_mutex_lock (&threads.lock);
  lost = threads.state == LOST;
  g_mutex_unlock (&threads.lock);

  return lost;
}

static void
set_timer (Pulse *self, gint64 interval)
{
  if (self->timer != NULL)
    g_source_set_ready_time (self->timer, g_get_monotonic_time () + interval);
}

static void
job_done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pulse *self = user_data;

  if (--self->n_pending == 0)
    set_timer (self, CALM_INTERVAL_US);
}

static gboolean
pulse_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Pulse *self = g_private_get (&current_pulse);

  if (self->n_pending < MAX_PENDING)
    {
      self->n_pending++;
      queue_job (run_nothing, job_done_cb, self);
    }
  set_timer (self, PRESSING_INTERVAL_US);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs pulse_funcs = {
  .dispatch = pulse_dispatch,
};

void
u_job_threads_hold (void)
{
  Pulse *self;

  if (!threads.forked || u_job_threads_are_lost ())
    return;

  self = g_private_get (&current_pulse);
  if (self == NULL)
    {
      self = g_new0 (Pulse, 1);
      g_private_set (&current_pulse, self);
    }
  if (self->n_holds++ > 0)
    return;

  self->timer = g_source_new (&pulse_funcs, sizeof (GSource));
  g_source_set_static_name (self->timer, "[urlsession] job threads");
  g_source_set_ready_time (self->timer, 0);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

void
u_job_threads_release (void)
{
  Pulse *self = g_private_get (&current_pulse);

  /* Nothing to keep: not forked, or lost. */
  if (self == NULL)
    return;

  g_assert (self->n_holds > 0);
  if (--self->n_holds > 0)
    return;

  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-dispatch-queue-private.h"

/* What one dispatch at the default priority may take, in microseconds, before the rest waits behind the redraw. A
 * source that is always ready at the default priority starves every frame. */
#define DISPATCH_BUDGET_US 1000

/* Below GTK's redraw (GDK_PRIORITY_REDRAW, 120), above the default idle priority. */
#define PRIORITY_REST 130

/* How many events are dispatched between two looks at the clock. */
#define EVENTS_PER_CLOCK 16

struct _UDispatchQueue
{
  gatomicrefcount ref_count;
  GMainContext *context;      /* owned */
  GSource *first;             /* owned; at the default priority, for what comes after a silence */
  GSource *rest;              /* owned; at PRIORITY_REST, for what one budget did not cover */

  GMutex lock;                /* of what follows */
  UEvent *head;
  UEvent *tail;
  gboolean scheduled;         /* one of the two sources is ready, or being dispatched */
  gboolean closed;
};

typedef struct
{
  GSource source;
  UDispatchQueue *queue;      /* owned */
} QueueSource;

/* Called with the lock held. */
static UEvent *
pop (UDispatchQueue *self)
{
  UEvent *event = self->head;

  if (event != NULL)
    {
      self->head = event->next;
      if (self->head == NULL)
        self->tail = NULL;
      event->next = NULL;
    }

  return event;
}

/* Never entered twice for one queue: `scheduled` stays set while a handler runs, so that a main loop inside a handler
 * cannot make two signals of one session overlap. */
static gboolean
queue_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  UDispatchQueue *self = u_dispatch_queue_ref (((QueueSource *) source)->queue);
  gint64 deadline = g_get_monotonic_time () + DISPATCH_BUDGET_US;
  guint n = 0;

  g_source_set_ready_time (source, -1);

  while (TRUE)
    {
      UEvent *event;

      g_mutex_lock (&self->lock);
      event = pop (self);
      if (event == NULL)
        self->scheduled = FALSE;
      g_mutex_unlock (&self->lock);

      if (event == NULL)
        break;

      event->dispatch (event);

      if (++n % EVENTS_PER_CLOCK == 0 && g_get_monotonic_time () >= deadline)
        {
          g_mutex_lock (&self->lock);
          if (self->head == NULL)
            self->scheduled = FALSE;
          else if (!self->closed)
            g_source_set_ready_time (self->rest, 0);
          g_mutex_unlock (&self->lock);
          break;
        }
    }

  u_dispatch_queue_unref (self);

  return G_SOURCE_CONTINUE;
}

static void
queue_source_finalize (GSource *source)
{
  u_dispatch_queue_unref (((QueueSource *) source)->queue);
}

static GSourceFuncs queue_source_funcs = {
  .dispatch = queue_source_dispatch,
  .finalize = queue_source_finalize,
};

static GSource *
queue_source_new (UDispatchQueue *self, int priority, const char *name)
{
  GSource *source = g_source_new (&queue_source_funcs, sizeof (QueueSource));

  ((QueueSource *) source)->queue = u_dispatch_queue_ref (self);
  g_source_set_priority (source, priority);
  g_source_set_static_name (source, name);
  g_source_attach (source, self->context);

  return source;
}

UDispatchQueue *
u_dispatch_queue_new (GMainContext *context)
{
  UDispatchQueue *self = g_new0 (UDispatchQueue, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref (context);
  self->first = queue_source_new (self, G_PRIORITY_DEFAULT, "[urlsession] events");
  self->rest = queue_source_new (self, PRIORITY_REST, "[urlsession] further events");

  return self;
}

UDispatchQueue *
u_dispatch_queue_ref (UDispatchQueue *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_dispatch_queue_unref (UDispatchQueue *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->closed);
  g_mutex_clear (&self->lock);
  g_main_context_unref (self->context);
  g_free (self);
}

GMainContext *
u_dispatch_queue_get_context (UDispatchQueue *self)
{
  return self->context;
}

/*
 * u_dispatch_queue_push:
 * @event: (transfer full): what to dispatch
 *
 * Appends @event. The context is woken once for all that comes before it looks.
 */
void
u_dispatch_queue_push (UDispatchQueue *self, UEvent *event)
{
  gboolean discard;

  event->next = NULL;

  g_mutex_lock (&self->lock);
  /* A context that is gone has destroyed its sources: nothing can be delivered any more. */
  discard = self->closed || g_source_is_destroyed (self->first);
  if (!discard)
    {
      if (self->tail != NULL)
        self->tail->next = event;
      else
        self->head = event;
      self->tail = event;

      /* Under the lock, so that a fork never finds the lock of the context taken by a thread that is gone. */
      if (!self->scheduled)
        {
          self->scheduled = TRUE;
          g_source_set_ready_time (self->first, 0);
        }
    }
  g_mutex_unlock (&self->lock);

  if (discard)
    event->discard (event);
}

/*
 * u_dispatch_queue_close:
 *
 * Takes the queue out of its context for good and discards what is in it. To be called once nothing more is to be
 * delivered; without it the queue stays with its context.
 */
void
u_dispatch_queue_close (UDispatchQueue *self)
{
  g_autoptr (GSource) first = NULL;
  g_autoptr (GSource) rest = NULL;
  UEvent *event;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  event = self->head;
  self->head = self->tail = NULL;
  first = g_steal_pointer (&self->first);
  rest = g_steal_pointer (&self->rest);
  g_mutex_unlock (&self->lock);

  while (event != NULL)
    {
      UEvent *next = event->next;

      event->discard (event);
      event = next;
    }

  if (first != NULL)
    g_source_destroy (first);
  if (rest != NULL)
    g_source_destroy (rest);
}

/*
 * u_dispatch_queue_enter:
 * @acquired: (out): to hand to u_dispatch_queue_leave()
 *
 * Whether the calling thread is the one of the context, by the rule of g_main_context_invoke(): it owns the context,
 * or the context is its thread-default one and nobody owns it yet.
 */
gboolean
u_dispatch_queue_enter (UDispatchQueue *self, gboolean *acquired)
{
  GMainContext *mine;

  *acquired = FALSE;
  if (g_main_context_is_owner (self->context))
    return TRUE;

  mine = g_main_context_get_thread_default ();
  if (mine == NULL)
    mine = g_main_context_default ();
  if (mine == self->context && g_main_context_acquire (self->context))
    {
      *acquired = TRUE;
      return TRUE;
    }

  return FALSE;
}

void
u_dispatch_queue_leave (UDispatchQueue *self, gboolean acquired)
{
  if (acquired)
    g_main_context_release (self->context);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-dispatch-queue-private.h"

#include "urlsession/base/u-worker-private.h"

/* What one dispatch at the default priority may take, in microseconds, before the rest waits behind the redraw. A
 * source that is always ready at the default priority starves every frame. */
#define DISPATCH_BUDGET_US 1000

/* Below GTK's redraw (GDK_PRIORITY_REDRAW, 120), above the default idle priority. */
#define PRIORITY_REST 130

/* How many events are dispatched between two looks at the clock. */
#define EVENTS_PER_CLOCK 16

typedef enum {
  STAGE_IDLE,                 /* there is nothing */
  STAGE_FIRST,                /* the first source is ready */
  STAGE_REST,                 /* the source for the rest is ready */
  STAGE_DISPATCHING,
} Stage;

struct _UDispatchQueue
{
  gatomicrefcount ref_count;
  GMainContext *context;      /* owned */
  GSource *first;             /* owned; at the default priority, for what comes after a silence */
  GSource *rest;              /* owned; at PRIORITY_REST, for what one budget did not cover */

  GMutex lock;                /* of what follows */
  UEvent *head;
  UEvent *tail;
  gint stage;                 /* a Stage; read without the lock, too */
  gboolean closed;
  gboolean is_waking;         /* an I/O thread will wake the context before it sleeps */
  UWorkItem wake_item;        /* for that */
};

typedef struct
{
  GSource source;
  UDispatchQueue *queue;      /* owned */
  Stage stage;                /* in which it is ready */
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

/* Not by the ready time of the source: to set that wakes the context, also from its own thread, and takes its lock. */
static gboolean
queue_source_is_ready (GSource *source)
{
  QueueSource *self = (QueueSource *) source;

  return g_atomic_int_get (&self->queue->stage) == (gint) self->stage;
}

static gboolean
queue_source_prepare (GSource *source, int *timeout)
{
  *timeout = -1;

  return queue_source_is_ready (source);
}

/* Called with the lock held. */
static void
set_stage (UDispatchQueue *self, Stage stage)
{
  g_atomic_int_set (&self->stage, (gint) stage);
}

/* Never entered twice for one queue: the stage stays while a handler runs, so that a main loop inside a handler cannot
 * make two signals of one session overlap. */
static gboolean
queue_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  UDispatchQueue *self = u_dispatch_queue_ref (((QueueSource *) source)->queue);
  gint64 deadline = g_get_monotonic_time () + DISPATCH_BUDGET_US;
  guint n = 0;

  g_mutex_lock (&self->lock);
  set_stage (self, STAGE_DISPATCHING);
  g_mutex_unlock (&self->lock);

  while (TRUE)
    {
      UEvent *event;

      g_mutex_lock (&self->lock);
      event = pop (self);
      if (event == NULL)
        set_stage (self, STAGE_IDLE);
      g_mutex_unlock (&self->lock);

      if (event == NULL)
        break;

      event->dispatch (event);

      if (++n % EVENTS_PER_CLOCK == 0 && g_get_monotonic_time () >= deadline)
        {
          g_mutex_lock (&self->lock);
          set_stage (self, self->head != NULL ? STAGE_REST : STAGE_IDLE);
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
  .prepare = queue_source_prepare,
  .check = queue_source_is_ready,
  .dispatch = queue_source_dispatch,
  .finalize = queue_source_finalize,
};

static GSource *
queue_source_new (UDispatchQueue *self, Stage stage, int priority, const char *name)
{
  GSource *source = g_source_new (&queue_source_funcs, sizeof (QueueSource));

  ((QueueSource *) source)->queue = u_dispatch_queue_ref (self);
  ((QueueSource *) source)->stage = stage;
  g_source_set_priority (source, priority);
  g_source_set_static_name (source, name);
  g_source_attach (source, self->context);

  return source;
}

/* At the end of an iteration of an I/O thread. */
static void
wake_run (UWorkItem *item)
{
  UDispatchQueue *self = (UDispatchQueue *) ((guint8 *) item - G_STRUCT_OFFSET (UDispatchQueue, wake_item));

  g_mutex_lock (&self->lock);
  self->is_waking = FALSE;
  g_mutex_unlock (&self->lock);
  g_main_context_wakeup (self->context);
  u_dispatch_queue_unref (self);
}

UDispatchQueue *
u_dispatch_queue_new (GMainContext *context)
{
  UDispatchQueue *self = g_new0 (UDispatchQueue, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref (context);
  self->wake_item.run = wake_run;
  self->first = queue_source_new (self, STAGE_FIRST, G_PRIORITY_DEFAULT, "[urlsession] events");
  self->rest = queue_source_new (self, STAGE_REST, PRIORITY_REST, "[urlsession] further events");

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
 * Appends @event. The context is woken once for all that comes before it looks; by an I/O thread once for all that
 * happens in one turn of its loop, such as a response, its body and its end.
 */
void
u_dispatch_queue_push (UDispatchQueue *self, UEvent *event)
{
  gboolean discard;
  gboolean wake = FALSE;

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

      if (self->stage == STAGE_IDLE)
        {
          set_stage (self, STAGE_FIRST);
          wake = !self->is_waking;
        }
    }
  if (wake && u_worker_run_last (&self->wake_item))
    {
      self->is_waking = TRUE;
      u_dispatch_queue_ref (self);
      wake = FALSE;
    }
  g_mutex_unlock (&self->lock);

  if (wake)
    g_main_context_wakeup (self->context);
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

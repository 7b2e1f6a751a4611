/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-call-queue-private.h"

#include "urlsession/base/u-error.h"

typedef struct
{
  UCallQueue *queue;
  GTask *task;                /* owned */
  guint64 serial;
  GSource *cancel_source;     /* owned, nullable; in the caller's context */
} Call;

/* What the source of a cancellable holds: the call may be gone. */
typedef struct
{
  UCallQueue *queue;          /* of the source object of task */
  GTask *task;                /* owned */
} Cancel;

void
u_call_queue_init (UCallQueue *self, GMutex *lock)
{
  self->lock = lock;
  g_queue_init (&self->calls);
}

/* Consumes @call. */
static GTask *
call_free (Call *call)
{
  GTask *task = call->task;

  if (call->cancel_source != NULL)
    {
      g_source_destroy (call->cancel_source);
      g_source_unref (call->cancel_source);
    }
  g_free (call);

  return task;
}

static void
cancel_free (gpointer data)
{
  Cancel *cancel = data;

  g_object_unref (cancel->task);
  g_free (cancel);
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  Cancel *cancel = user_data;
  g_autoptr (GTask) task = NULL;

  g_mutex_lock (cancel->queue->lock);
  for (GList *link = cancel->queue->calls.head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->task == cancel->task)
        {
          g_queue_delete_link (&cancel->queue->calls, link);
          task = call_free (call);
          break;
        }
    }
  g_mutex_unlock (cancel->queue->lock);

  if (task != NULL)
    g_task_return_new_error (task, U_ERROR, U_ERROR_CANCELLED, "%s() was cancelled.", g_task_get_name (task));

  return G_SOURCE_REMOVE;
}

void
u_call_queue_push (UCallQueue *self, GTask *task, guint64 serial)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Call *call = g_new0 (Call, 1);

  call->queue = self;
  call->task = task;
  call->serial = serial;
  if (cancellable != NULL)
    {
      Cancel *cancel = g_new (Cancel, 1);

      cancel->queue = self;
      cancel->task = g_object_ref (task);
      call->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (call->cancel_source, G_SOURCE_FUNC (cancelled_cb), cancel, cancel_free);
      g_source_attach (call->cancel_source, g_task_get_context (task));
    }
  g_queue_push_tail (&self->calls, call);
}

GTask *
u_call_queue_pop (UCallQueue *self)
{
  Call *call = g_queue_pop_head (&self->calls);

  return call != NULL ? call_free (call) : NULL;
}

GTask *
u_call_queue_take (UCallQueue *self, guint64 serial)
{
  for (GList *link = self->calls.head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->serial == serial)
        {
          g_queue_delete_link (&self->calls, link);
          return call_free (call);
        }
    }

  return NULL;
}

guint
u_call_queue_get_length (UCallQueue *self)
{
  return g_queue_get_length (&self->calls);
}

void
u_call_queue_fail (UCallQueue *self, const GError *error)
{
  for (;;)
    {
      g_autoptr (GTask) task = NULL;

      g_mutex_lock (self->lock);
      task = u_call_queue_pop (self);
      g_mutex_unlock (self->lock);
      if (task == NULL)
        return;
      g_task_return_error (task, g_error_copy (error));
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-task-waiter-private.h"

#include "urlsession/base/u-error.h"

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  u_task_cancel (user_data);

  return G_SOURCE_REMOVE;
}

gboolean
u_task_waiter_begin (UTaskWaiter         *self,
                     UTask               *task,
                     gpointer             tag,
                     const char          *name,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_autoptr (GTask) result = g_task_new (task, cancellable, callback, user_data);

  g_task_set_source_tag (result, tag);
  g_task_set_name (result, name);
  /* The error is that of the task, also for a cancellation. */
  g_task_set_check_cancellable (result, FALSE);

  if (task->session == NULL)
    {
      g_task_return_new_error (result, U_ERROR, U_ERROR_UNKNOWN,
                               "%s() needs a task that a session has made: create it with a method of the session.",
                               name);
      return FALSE;
    }
  if (self->task != NULL || u_task_has_started (task))
    {
      g_task_return_new_error (result, U_ERROR, U_ERROR_UNKNOWN,
                               "%s() has to come before the task is resumed, and once: it decides where the body goes.",
                               name);
      return FALSE;
    }

  self->task = g_steal_pointer (&result);
  if (cancellable != NULL)
    {
      self->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (cancelled_cb), g_object_ref (task), g_object_unref);
      g_source_attach (self->cancel_source, g_task_get_context (self->task));
    }

  return TRUE;
}

static GTask *
steal (UTaskWaiter *self)
{
  if (self->cancel_source != NULL)
    {
      g_source_destroy (self->cancel_source);
      g_clear_pointer (&self->cancel_source, g_source_unref);
    }

  return g_steal_pointer (&self->task);
}

void
u_task_waiter_return_error (UTaskWaiter *self, const GError *error)
{
  g_autoptr (GTask) result = steal (self);

  if (result != NULL)
    g_task_return_error (result, g_error_copy (error));
}

void
u_task_waiter_return (UTaskWaiter *self, gpointer value, GDestroyNotify destroy)
{
  g_autoptr (GTask) result = steal (self);

  if (result != NULL)
    g_task_return_pointer (result, value, destroy);
  else
    destroy (value);
}

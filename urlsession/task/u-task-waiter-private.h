/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-task-private.h"

G_BEGIN_DECLS

/* Somebody who waits for a task in an _async call: a GTask of the caller's context, and its cancellable, which cancels
 * the task. Zero-filled means nobody. */
typedef struct
{
  GTask *task;                /* owned, nullable */
  GSource *cancel_source;     /* owned, nullable; in the caller's context */
} UTaskWaiter;

/* FALSE when somebody waits already, the task was started, or no session made it: then the call has been answered with
 * an error. */
gboolean u_task_waiter_begin        (UTaskWaiter         *self,
                                     UTask               *task,
                                     gpointer             tag,
                                     const char          *name,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data);
void     u_task_waiter_return_error (UTaskWaiter         *self,
                                     const GError        *error);
/* @value: (transfer full) */
void     u_task_waiter_return       (UTaskWaiter         *self,
                                     gpointer             value,
                                     GDestroyNotify       destroy);

G_END_DECLS

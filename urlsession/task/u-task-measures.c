/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-task-metrics-private.h"
#include "urlsession/task/u-task-private.h"

/* What is measured of a task, if somebody asks. */

gboolean
u_task_wants_metrics (UTask *self)
{
  return self->host->collects_metrics (self->session) || u_task_is_heard (self, U_TASK_COLLECTED_METRICS);
}

/*
 * u_task_make_metrics:
 * @event: the last one
 *
 * In the context of the session, at the end.
 */
void
u_task_make_metrics (UTask *self, UTransferEvent *event)
{
  UTaskMetrics *metrics;

  if (!u_task_wants_metrics (self))
    return;

  metrics = u_task_metrics_new (self->started_at, g_get_real_time (), self->redirect_count, event->transactions);
  g_mutex_lock (&self->lock);
  self->metrics = metrics;
  g_mutex_unlock (&self->lock);
}

void
u_task_emit_metrics (UTask *self)
{
  if (self->metrics != NULL && u_task_is_heard (self, U_TASK_COLLECTED_METRICS))
    u_task_emit (self, U_TASK_COLLECTED_METRICS, self->metrics);
}

/**
 * u_task_get_metrics: (get-property metrics)
 * @self: a task
 *
 * Gets what was measured of the task.
 *
 * It is %NULL until the task is completed, and does not change afterwards. It stays %NULL if nobody asked; see
 * [class@TaskMetrics]. May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the metrics, or %NULL
 */
UTaskMetrics *
u_task_get_metrics (UTask *self)
{
  UTaskMetrics *metrics;

  g_return_val_if_fail (U_IS_TASK (self), NULL);

  g_mutex_lock (&self->lock);
  metrics = self->metrics;
  g_mutex_unlock (&self->lock);

  return metrics;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-task-metrics.h"

G_BEGIN_DECLS

/* Instants in microseconds since the epoch. */
UTaskMetrics *u_task_metrics_new (gint64     start,
                                  gint64     end,
                                  guint      redirect_count,
                                  GPtrArray *transactions);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-transaction-metrics.h>

G_BEGIN_DECLS

#define U_TYPE_TASK_METRICS (u_task_metrics_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UTaskMetrics, u_task_metrics, U, TASK_METRICS, GObject)

U_AVAILABLE_IN_ALL
GDateTime *u_task_metrics_get_start_date     (UTaskMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime *u_task_metrics_get_end_date       (UTaskMetrics *self);
U_AVAILABLE_IN_ALL
double     u_task_metrics_get_duration       (UTaskMetrics *self);
U_AVAILABLE_IN_ALL
guint      u_task_metrics_get_redirect_count (UTaskMetrics *self);

U_AVAILABLE_IN_ALL
guint                 u_task_metrics_get_n_transactions (UTaskMetrics *self);
U_AVAILABLE_IN_ALL
UTransactionMetrics  *u_task_metrics_get_transaction    (UTaskMetrics *self,
                                                         guint         index);
U_AVAILABLE_IN_ALL
UTransactionMetrics **u_task_metrics_dup_transactions   (UTaskMetrics *self,
                                                         gsize        *n_transactions);

U_AVAILABLE_IN_ALL
char                 *u_task_metrics_to_har             (UTaskMetrics *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/auth/u-server-trust.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-request.h>
#include <urlsession/message/u-response.h>
#include <urlsession/message/u-task-metrics.h>

G_BEGIN_DECLS

#define U_TYPE_TASK (u_task_get_type ())
#define U_TASK(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_TASK, UTask))
#define U_IS_TASK(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_TASK))

typedef struct _UTaskClass UTaskClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTask, g_object_unref)

/**
 * U_TASK_PRIORITY_LOW:
 *
 * A [property@Task:priority] below the default.
 */
#define U_TASK_PRIORITY_LOW 0.25

/**
 * U_TASK_PRIORITY_DEFAULT:
 *
 * The [property@Task:priority] of a new task.
 */
#define U_TASK_PRIORITY_DEFAULT 0.5

/**
 * U_TASK_PRIORITY_HIGH:
 *
 * A [property@Task:priority] above the default.
 */
#define U_TASK_PRIORITY_HIGH 0.75

U_AVAILABLE_IN_ALL
GType         u_task_get_type                      (void);

U_AVAILABLE_IN_ALL
void          u_task_resume                        (UTask      *self);
U_AVAILABLE_IN_ALL
void          u_task_suspend                       (UTask      *self);
U_AVAILABLE_IN_ALL
void          u_task_cancel                        (UTask      *self);

U_AVAILABLE_IN_ALL
USession     *u_task_get_session                   (UTask      *self);
U_AVAILABLE_IN_ALL
guint64       u_task_get_identifier                (UTask      *self);
U_AVAILABLE_IN_ALL
UTaskState    u_task_get_state                     (UTask      *self);
U_AVAILABLE_IN_ALL
const GError *u_task_get_error                     (UTask      *self);
U_AVAILABLE_IN_ALL
const char   *u_task_get_failing_uri               (UTask      *self);

U_AVAILABLE_IN_ALL
UServerTrust  *u_task_get_failing_trust           (UTask       *self);
U_AVAILABLE_IN_ALL
UFailureReason u_task_get_failure_reason          (UTask       *self);
U_AVAILABLE_IN_ALL
UWaitingReason u_task_get_waiting_reason          (UTask       *self);
U_AVAILABLE_IN_ALL
URequest     *u_task_get_original_request          (UTask      *self);
U_AVAILABLE_IN_ALL
URequest     *u_task_get_current_request           (UTask      *self);
U_AVAILABLE_IN_ALL
UResponse    *u_task_get_response                  (UTask      *self);
U_AVAILABLE_IN_ALL
UTaskMetrics *u_task_get_metrics                   (UTask      *self);

U_AVAILABLE_IN_ALL
char         *u_task_dup_description               (UTask      *self);
U_AVAILABLE_IN_ALL
void          u_task_set_description               (UTask      *self,
                                                    const char *description);
U_AVAILABLE_IN_ALL
double        u_task_get_priority                  (UTask      *self);
U_AVAILABLE_IN_ALL
void          u_task_set_priority                  (UTask      *self,
                                                    double      priority);
U_AVAILABLE_IN_ALL
gint64        u_task_get_rate_limit                (UTask      *self);
U_AVAILABLE_IN_ALL
void          u_task_set_rate_limit                (UTask      *self,
                                                    gint64      rate_limit);

U_AVAILABLE_IN_ALL
gint64        u_task_get_bytes_sent                (UTask      *self);
U_AVAILABLE_IN_ALL
gint64        u_task_get_bytes_expected_to_send    (UTask      *self);
U_AVAILABLE_IN_ALL
gint64        u_task_get_bytes_received            (UTask      *self);
U_AVAILABLE_IN_ALL
gint64        u_task_get_bytes_expected_to_receive (UTask      *self);
U_AVAILABLE_IN_ALL
double        u_task_get_fraction_completed        (UTask      *self);
U_AVAILABLE_IN_ALL
gboolean      u_task_get_is_indeterminate          (UTask      *self);
U_AVAILABLE_IN_ALL
double        u_task_get_bytes_per_second          (UTask      *self);
U_AVAILABLE_IN_ALL
double        u_task_get_time_left                 (UTask      *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-task-private.h"

G_BEGIN_DECLS

#define U_TYPE_TASK_LIST (u_task_list_get_type ())
G_DECLARE_FINAL_TYPE (UTaskList, u_task_list, U, TASK_LIST, GObject)

/* The tasks of a session as a list model: changed and read in the context of the session only. It holds no reference:
 * a task takes itself out before it goes. */
UTaskList *u_task_list_new    (void);
void       u_task_list_add    (UTaskList *self,
                               UTask     *task);
void       u_task_list_remove (UTaskList *self,
                               UTask     *task);

G_END_DECLS

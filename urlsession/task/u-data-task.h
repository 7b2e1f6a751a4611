/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/task/u-task.h>

G_BEGIN_DECLS

#define U_TYPE_DATA_TASK (u_data_task_get_type ())
#define U_DATA_TASK(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_DATA_TASK, UDataTask))
#define U_IS_DATA_TASK(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_DATA_TASK))

typedef struct _UDataTaskClass UDataTaskClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDataTask, g_object_unref)

U_AVAILABLE_IN_ALL
GType         u_data_task_get_type    (void);

U_AVAILABLE_IN_ALL
void          u_data_task_load_async  (UDataTask           *self,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
U_AVAILABLE_IN_ALL
GBytes       *u_data_task_load_finish (UDataTask           *self,
                                       GAsyncResult        *result,
                                       GError             **error);

U_AVAILABLE_IN_ALL
void          u_data_task_open_async  (UDataTask           *self,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
U_AVAILABLE_IN_ALL
GInputStream *u_data_task_open_finish (UDataTask           *self,
                                       GAsyncResult        *result,
                                       GError             **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/task/u-data-task.h>

G_BEGIN_DECLS

#define U_TYPE_UPLOAD_TASK (u_upload_task_get_type ())
#define U_UPLOAD_TASK(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_UPLOAD_TASK, UUploadTask))
#define U_IS_UPLOAD_TASK(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_UPLOAD_TASK))

typedef struct _UUploadTaskClass UUploadTaskClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UUploadTask, g_object_unref)

U_AVAILABLE_IN_ALL
GType    u_upload_task_get_type        (void);

U_AVAILABLE_IN_ALL
gboolean u_upload_task_get_resumable   (UUploadTask         *self);
U_AVAILABLE_IN_ALL
void     u_upload_task_set_resumable   (UUploadTask         *self,
                                        gboolean             resumable);

U_AVAILABLE_IN_ALL
GBytes  *u_upload_task_dup_resume_data (UUploadTask         *self);

U_AVAILABLE_IN_ALL
void     u_upload_task_cancel_by_producing_resume_data_async  (UUploadTask         *self,
                                                               GCancellable        *cancellable,
                                                               GAsyncReadyCallback  callback,
                                                               gpointer             user_data);
U_AVAILABLE_IN_ALL
GBytes  *u_upload_task_cancel_by_producing_resume_data_finish (UUploadTask         *self,
                                                               GAsyncResult        *result,
                                                               GError             **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/task/u-task.h>

G_BEGIN_DECLS

#define U_TYPE_DOWNLOAD_TASK (u_download_task_get_type ())
#define U_DOWNLOAD_TASK(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_DOWNLOAD_TASK, UDownloadTask))
#define U_IS_DOWNLOAD_TASK(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_DOWNLOAD_TASK))

typedef struct _UDownloadTaskClass UDownloadTaskClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDownloadTask, g_object_unref)

U_AVAILABLE_IN_ALL
GType         u_download_task_get_type            (void);

U_AVAILABLE_IN_ALL
void          u_download_task_save_async          (UDownloadTask       *self,
                                                   GFile               *destination,
                                                   GCancellable        *cancellable,
                                                   GAsyncReadyCallback  callback,
                                                   gpointer             user_data);
U_AVAILABLE_IN_ALL
GFile        *u_download_task_save_finish         (UDownloadTask       *self,
                                                   GAsyncResult        *result,
                                                   GError             **error);

U_AVAILABLE_IN_ALL
void          u_download_task_cancel_by_producing_resume_data_async  (UDownloadTask       *self,
                                                                      GCancellable        *cancellable,
                                                                      GAsyncReadyCallback  callback,
                                                                      gpointer             user_data);
U_AVAILABLE_IN_ALL
GBytes       *u_download_task_cancel_by_producing_resume_data_finish (UDownloadTask       *self,
                                                                      GAsyncResult        *result,
                                                                      GError             **error);

U_AVAILABLE_IN_ALL
GBytes       *u_download_task_dup_resume_data     (UDownloadTask *self);

U_AVAILABLE_IN_ALL
char         *u_download_task_dup_expected_digest (UDownloadTask *self);
U_AVAILABLE_IN_ALL
void          u_download_task_set_expected_digest (UDownloadTask *self,
                                                   const char    *expected_digest);

U_AVAILABLE_IN_ALL
UFileConflict u_download_task_get_file_conflict   (UDownloadTask *self);
U_AVAILABLE_IN_ALL
void          u_download_task_set_file_conflict   (UDownloadTask *self,
                                                   UFileConflict  file_conflict);

G_END_DECLS

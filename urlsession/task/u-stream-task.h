/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/task/u-task.h>

G_BEGIN_DECLS

#define U_TYPE_STREAM_TASK (u_stream_task_get_type ())
#define U_STREAM_TASK(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_STREAM_TASK, UStreamTask))
#define U_IS_STREAM_TASK(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_STREAM_TASK))

typedef struct _UStreamTaskClass UStreamTaskClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UStreamTask, g_object_unref)

U_AVAILABLE_IN_ALL
GType      u_stream_task_get_type                (void);

U_AVAILABLE_IN_ALL
void       u_stream_task_read_async              (UStreamTask          *self,
                                                  gsize                 minimum,
                                                  gsize                 maximum,
                                                  double                timeout,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
U_AVAILABLE_IN_ALL
GBytes    *u_stream_task_read_finish             (UStreamTask          *self,
                                                  GAsyncResult         *result,
                                                  gboolean             *at_end,
                                                  GError              **error);

U_AVAILABLE_IN_ALL
void       u_stream_task_write_async             (UStreamTask          *self,
                                                  GBytes               *bytes,
                                                  double                timeout,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
U_AVAILABLE_IN_ALL
gboolean   u_stream_task_write_finish            (UStreamTask          *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);

U_AVAILABLE_IN_ALL
void       u_stream_task_close_read              (UStreamTask          *self);
U_AVAILABLE_IN_ALL
void       u_stream_task_close_write             (UStreamTask          *self);
U_AVAILABLE_IN_ALL
void       u_stream_task_start_secure_connection (UStreamTask          *self);

U_AVAILABLE_IN_ALL
void       u_stream_task_capture_streams_async   (UStreamTask          *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
U_AVAILABLE_IN_ALL
GIOStream *u_stream_task_capture_streams_finish  (UStreamTask          *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);

G_END_DECLS

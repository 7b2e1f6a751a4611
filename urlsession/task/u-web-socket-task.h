/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/message/u-web-socket-message.h>
#include <urlsession/task/u-task.h>

G_BEGIN_DECLS

#define U_TYPE_WEB_SOCKET_TASK (u_web_socket_task_get_type ())
#define U_WEB_SOCKET_TASK(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_WEB_SOCKET_TASK, UWebSocketTask))
#define U_IS_WEB_SOCKET_TASK(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_WEB_SOCKET_TASK))

typedef struct _UWebSocketTaskClass UWebSocketTaskClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWebSocketTask, g_object_unref)

U_AVAILABLE_IN_ALL
GType              u_web_socket_task_get_type                 (void);

U_AVAILABLE_IN_ALL
void               u_web_socket_task_send_text_async          (UWebSocketTask       *self,
                                                               const char           *text,
                                                               GCancellable         *cancellable,
                                                               GAsyncReadyCallback   callback,
                                                               gpointer              user_data);
U_AVAILABLE_IN_ALL
gboolean           u_web_socket_task_send_text_finish         (UWebSocketTask       *self,
                                                               GAsyncResult         *result,
                                                               GError              **error);

U_AVAILABLE_IN_ALL
void               u_web_socket_task_send_bytes_async         (UWebSocketTask       *self,
                                                               GBytes               *bytes,
                                                               GCancellable         *cancellable,
                                                               GAsyncReadyCallback   callback,
                                                               gpointer              user_data);
U_AVAILABLE_IN_ALL
gboolean           u_web_socket_task_send_bytes_finish        (UWebSocketTask       *self,
                                                               GAsyncResult         *result,
                                                               GError              **error);

U_AVAILABLE_IN_ALL
void               u_web_socket_task_receive_async            (UWebSocketTask       *self,
                                                               GCancellable         *cancellable,
                                                               GAsyncReadyCallback   callback,
                                                               gpointer              user_data);
U_AVAILABLE_IN_ALL
UWebSocketMessage *u_web_socket_task_receive_finish           (UWebSocketTask       *self,
                                                               GAsyncResult         *result,
                                                               GError              **error);

U_AVAILABLE_IN_ALL
void               u_web_socket_task_ping_async               (UWebSocketTask       *self,
                                                               GCancellable         *cancellable,
                                                               GAsyncReadyCallback   callback,
                                                               gpointer              user_data);
U_AVAILABLE_IN_ALL
gboolean           u_web_socket_task_ping_finish              (UWebSocketTask       *self,
                                                               GAsyncResult         *result,
                                                               GError              **error);

U_AVAILABLE_IN_ALL
gboolean           u_web_socket_task_cancel_with_close_code   (UWebSocketTask       *self,
                                                               guint                 code,
                                                               const char           *reason,
                                                               GError              **error);

U_AVAILABLE_IN_ALL
guint              u_web_socket_task_get_close_code           (UWebSocketTask       *self);
U_AVAILABLE_IN_ALL
const char        *u_web_socket_task_get_close_reason         (UWebSocketTask       *self);
U_AVAILABLE_IN_ALL
const char        *u_web_socket_task_get_protocol             (UWebSocketTask       *self);

U_AVAILABLE_IN_ALL
gint64             u_web_socket_task_get_maximum_message_size (UWebSocketTask       *self);
U_AVAILABLE_IN_ALL
void               u_web_socket_task_set_maximum_message_size (UWebSocketTask       *self,
                                                               gint64                maximum_message_size);

U_AVAILABLE_IN_ALL
double             u_web_socket_task_get_keepalive_interval   (UWebSocketTask       *self);
U_AVAILABLE_IN_ALL
void               u_web_socket_task_set_keepalive_interval   (UWebSocketTask       *self,
                                                               double                keepalive_interval);

U_AVAILABLE_IN_ALL
gboolean           u_web_socket_task_get_uses_compression     (UWebSocketTask       *self);
U_AVAILABLE_IN_ALL
void               u_web_socket_task_set_uses_compression     (UWebSocketTask       *self,
                                                               gboolean              uses_compression);

G_END_DECLS

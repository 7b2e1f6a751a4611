/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/session/u-session-configuration.h>
#include <urlsession/task/u-data-task.h>
#include <urlsession/task/u-download-task.h>
#include <urlsession/task/u-stream-task.h>
#include <urlsession/task/u-web-socket-task.h>
#include <urlsession/task/u-upload-task.h>

G_BEGIN_DECLS

#define U_TYPE_SESSION (u_session_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (USession, u_session, U, SESSION, GObject)

U_AVAILABLE_IN_ALL
USession              *u_session_new                             (USessionConfiguration *configuration) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
USession              *u_session_new_with_context                (USessionConfiguration *configuration,
                                                                  GMainContext          *context) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
USession              *u_session_get_shared                      (void);

U_AVAILABLE_IN_ALL
USessionConfiguration *u_session_get_configuration               (USession              *self);
U_AVAILABLE_IN_ALL
GMainContext          *u_session_get_main_context                (USession              *self);
U_AVAILABLE_IN_ALL
char                  *u_session_dup_description                 (USession              *self);
U_AVAILABLE_IN_ALL
void                   u_session_set_description                 (USession              *self,
                                                                  const char            *description);
U_AVAILABLE_IN_ALL
gint64                 u_session_get_rate_limit                  (USession              *self);
U_AVAILABLE_IN_ALL
void                   u_session_set_rate_limit                  (USession              *self,
                                                                  gint64                 rate_limit);
U_AVAILABLE_IN_ALL
GListModel            *u_session_get_tasks                       (USession              *self);
U_AVAILABLE_IN_ALL
UTask                **u_session_dup_tasks                       (USession              *self,
                                                                  gsize                 *n_tasks);

U_AVAILABLE_IN_ALL
UDataTask             *u_session_create_data_task                (USession              *self,
                                                                  URequest              *request) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UDataTask             *u_session_create_data_task_for_uri        (USession              *self,
                                                                  const char            *uri) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UDownloadTask         *u_session_create_download_task            (USession              *self,
                                                                  URequest              *request) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UDownloadTask         *u_session_create_download_task_for_uri    (USession              *self,
                                                                  const char            *uri) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UStreamTask           *u_session_create_stream_task              (USession              *self,
                                                                  const char            *host_name,
                                                                  guint                  port) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UWebSocketTask        *u_session_create_web_socket_task          (USession              *self,
                                                                  URequest              *request) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UWebSocketTask        *u_session_create_web_socket_task_for_uri  (USession              *self,
                                                                  const char            *uri,
                                                                  const char * const    *protocols) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UDownloadTask         *u_session_resume_download_task            (USession              *self,
                                                                  GBytes                *resume_data,
                                                                  URequest              *fresh_request) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UUploadTask           *u_session_create_upload_task              (USession              *self,
                                                                  URequest              *request) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UUploadTask           *u_session_create_upload_task_with_streamed_request (USession     *self,
                                                                  URequest              *request) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UUploadTask           *u_session_resume_upload_task              (USession              *self,
                                                                  GBytes                *resume_data,
                                                                  URequest              *fresh_request) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
void                   u_session_data_async                      (USession              *self,
                                                                  URequest              *request,
                                                                  GCancellable          *cancellable,
                                                                  GAsyncReadyCallback    callback,
                                                                  gpointer               user_data);
U_AVAILABLE_IN_ALL
GBytes                *u_session_data_finish                     (USession              *self,
                                                                  GAsyncResult          *result,
                                                                  UResponse            **response,
                                                                  GError               **error);
U_AVAILABLE_IN_ALL
void                   u_session_open_async                      (USession              *self,
                                                                  URequest              *request,
                                                                  GCancellable          *cancellable,
                                                                  GAsyncReadyCallback    callback,
                                                                  gpointer               user_data);
U_AVAILABLE_IN_ALL
GInputStream          *u_session_open_finish                     (USession              *self,
                                                                  GAsyncResult          *result,
                                                                  UResponse            **response,
                                                                  GError               **error);
U_AVAILABLE_IN_ALL
void                   u_session_download_async                  (USession              *self,
                                                                  URequest              *request,
                                                                  GFile                 *destination,
                                                                  GCancellable          *cancellable,
                                                                  GAsyncReadyCallback    callback,
                                                                  gpointer               user_data);
U_AVAILABLE_IN_ALL
GFile                 *u_session_download_finish                 (USession              *self,
                                                                  GAsyncResult          *result,
                                                                  UResponse            **response,
                                                                  GError               **error);
U_AVAILABLE_IN_ALL
void                   u_session_json_async                      (USession              *self,
                                                                  URequest              *request,
                                                                  GCancellable          *cancellable,
                                                                  GAsyncReadyCallback    callback,
                                                                  gpointer               user_data);
U_AVAILABLE_IN_ALL
JsonNode              *u_session_json_finish                     (USession              *self,
                                                                  GAsyncResult          *result,
                                                                  UResponse            **response,
                                                                  GError               **error);

U_AVAILABLE_IN_ALL
void                   u_session_finish_tasks_and_invalidate     (USession              *self);
U_AVAILABLE_IN_ALL
void                   u_session_invalidate_and_cancel           (USession              *self);
U_AVAILABLE_IN_ALL
void                   u_session_reset_async                     (USession              *self,
                                                                  GCancellable          *cancellable,
                                                                  GAsyncReadyCallback    callback,
                                                                  gpointer               user_data);
U_AVAILABLE_IN_ALL
gboolean               u_session_reset_finish                    (USession              *self,
                                                                  GAsyncResult          *result,
                                                                  GError               **error);
U_AVAILABLE_IN_ALL
void                   u_session_flush_async                     (USession              *self,
                                                                  GCancellable          *cancellable,
                                                                  GAsyncReadyCallback    callback,
                                                                  gpointer               user_data);
U_AVAILABLE_IN_ALL
gboolean               u_session_flush_finish                    (USession              *self,
                                                                  GAsyncResult          *result,
                                                                  GError               **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_COOKIE_STORAGE (u_cookie_storage_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UCookieStorage, u_cookie_storage, U, COOKIE_STORAGE, GObject)

U_AVAILABLE_IN_ALL
UCookieStorage  *u_cookie_storage_get_shared              (void);
U_AVAILABLE_IN_ALL
UCookieStorage  *u_cookie_storage_new                     (const char           *name) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UCookieStorage  *u_cookie_storage_new_for_file            (GFile                *file) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
GFile           *u_cookie_storage_get_file                (UCookieStorage       *self);
U_AVAILABLE_IN_ALL
const char      *u_cookie_storage_get_name                (UCookieStorage       *self);

U_AVAILABLE_IN_ALL
UCookie        **u_cookie_storage_dup_cookies             (UCookieStorage       *self,
                                                           gsize                *n_cookies);
U_AVAILABLE_IN_ALL
UCookie        **u_cookie_storage_dup_cookies_for_uri     (UCookieStorage       *self,
                                                           const char           *uri,
                                                           gsize                *n_cookies,
                                                           GError              **error);

U_AVAILABLE_IN_ALL
gboolean         u_cookie_storage_set_cookie              (UCookieStorage       *self,
                                                           UCookie              *cookie,
                                                           GError              **error);
U_AVAILABLE_IN_ALL
gboolean         u_cookie_storage_set_cookies_for_headers (UCookieStorage       *self,
                                                           const char           *uri,
                                                           const char           *main_document_uri,
                                                           UHeaders             *headers,
                                                           UCookieAcceptPolicy   policy,
                                                           GError              **error);
U_AVAILABLE_IN_ALL
void             u_cookie_storage_delete_cookie           (UCookieStorage       *self,
                                                           UCookie              *cookie);
U_AVAILABLE_IN_ALL
void             u_cookie_storage_delete_all              (UCookieStorage       *self);
U_AVAILABLE_IN_ALL
void             u_cookie_storage_remove_since            (UCookieStorage       *self,
                                                           GDateTime            *date);

U_AVAILABLE_IN_ALL
void             u_cookie_storage_flush_async             (UCookieStorage       *self,
                                                           GCancellable         *cancellable,
                                                           GAsyncReadyCallback   callback,
                                                           gpointer              user_data);
U_AVAILABLE_IN_ALL
gboolean         u_cookie_storage_flush_finish            (UCookieStorage       *self,
                                                           GAsyncResult         *result,
                                                           GError              **error);

G_END_DECLS

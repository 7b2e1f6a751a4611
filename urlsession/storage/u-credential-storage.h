/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/auth/u-credential.h>
#include <urlsession/auth/u-protection-space.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_CREDENTIAL_STORAGE (u_credential_storage_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UCredentialStorage, u_credential_storage, U, CREDENTIAL_STORAGE, GObject)

U_AVAILABLE_IN_ALL
UCredentialStorage  *u_credential_storage_get_shared (void);
U_AVAILABLE_IN_ALL
UCredentialStorage  *u_credential_storage_new        (void) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
void                 u_credential_storage_set_credential        (UCredentialStorage   *self,
                                                                 UProtectionSpace     *space,
                                                                 UCredential          *credential);
U_AVAILABLE_IN_ALL
void                 u_credential_storage_remove_credential     (UCredentialStorage   *self,
                                                                 UProtectionSpace     *space,
                                                                 UCredential          *credential);
U_AVAILABLE_IN_ALL
void                 u_credential_storage_remove_all            (UCredentialStorage   *self);

U_AVAILABLE_IN_ALL
UCredential         *u_credential_storage_dup_credential        (UCredentialStorage   *self,
                                                                 UProtectionSpace     *space);
U_AVAILABLE_IN_ALL
void                 u_credential_storage_get_credential_async  (UCredentialStorage   *self,
                                                                 UProtectionSpace     *space,
                                                                 GCancellable         *cancellable,
                                                                 GAsyncReadyCallback   callback,
                                                                 gpointer              user_data);
U_AVAILABLE_IN_ALL
UCredential         *u_credential_storage_get_credential_finish (UCredentialStorage   *self,
                                                                 GAsyncResult         *result,
                                                                 GError              **error);
U_AVAILABLE_IN_ALL
UCredential        **u_credential_storage_dup_credentials       (UCredentialStorage   *self,
                                                                 UProtectionSpace     *space,
                                                                 gsize                *n_credentials);
U_AVAILABLE_IN_ALL
UProtectionSpace   **u_credential_storage_dup_spaces            (UCredentialStorage   *self,
                                                                 gsize                *n_spaces);

U_AVAILABLE_IN_ALL
void                 u_credential_storage_flush_async           (UCredentialStorage   *self,
                                                                 GCancellable         *cancellable,
                                                                 GAsyncReadyCallback   callback,
                                                                 gpointer              user_data);
U_AVAILABLE_IN_ALL
gboolean             u_credential_storage_flush_finish          (UCredentialStorage   *self,
                                                                 GAsyncResult         *result,
                                                                 GError              **error);

G_END_DECLS

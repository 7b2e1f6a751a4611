/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-credential-data-private.h"
#include "urlsession/auth/u-protection-space-data-private.h"
#include "urlsession/storage/u-keyring-private.h"

G_BEGIN_DECLS

/* Which credentials are known for which protection spaces: in memory, and behind that in a keyring. Any thread may call;
 * nothing blocks. Atomically reference-counted. */
typedef struct _UCredentialStore UCredentialStore;

UCredentialStore *u_credential_store_new_memory (void);
/* (transfer full): the one of the process, with the Secret Service where there is one. */
UCredentialStore *u_credential_store_ref_shared (void);
/* @keyring: nullable; never freed */
UCredentialStore *u_credential_store_new_with_keyring (UKeyring *keyring);
UCredentialStore *u_credential_store_ref   (UCredentialStore *self);
void              u_credential_store_unref (UCredentialStore *self);

/* (transfer full) (nullable): the default credential of the space in memory: the one that was set last. */
UCredentialData  *u_credential_store_peek  (UCredentialStore     *self,
                                            UProtectionSpaceData *space);
typedef void    (*UCredentialStoreFunc)    (UCredentialData      *credential,
                                            gpointer              user_data);
/* Calls @func once, in @context and not from inside the call, with the default credential (borrowed, nullable), which
 * comes from the keyring when the memory has none; without one when the keyring takes too long. */
void              u_credential_store_lookup (UCredentialStore     *self,
                                             UProtectionSpaceData *space,
                                             GMainContext         *context,
                                             UCredentialStoreFunc  func,
                                             gpointer              user_data);
/* Makes it the default of the space: in memory, and in the keyring if it is permanent and has a password. One that is
 * not to be kept, or that is there already, changes nothing. */
void              u_credential_store_set    (UCredentialStore     *self,
                                             UProtectionSpaceData *space,
                                             UCredentialData      *credential);
/* Removes that of the same user, from the keyring too if it is permanent. */
void              u_credential_store_remove (UCredentialStore     *self,
                                             UProtectionSpaceData *space,
                                             UCredentialData      *credential);
/* Removes all that is in memory, and that of the keyring which was there as well. */
void              u_credential_store_remove_all (UCredentialStore *self);
/* (element-type UProtectionSpaceData): those with a credential in memory, in no order. */
GPtrArray        *u_credential_store_dup_spaces (UCredentialStore *self);
/* (element-type UCredentialData): all of one space in memory, the default first. */
GPtrArray        *u_credential_store_dup_all    (UCredentialStore     *self,
                                                 UProtectionSpaceData *space);
/* Calls @func once, in @context and not from inside the call, when the keyring has what was set before, or failed to
 * take it: then with the first error since the last flush (borrowed). */
void              u_credential_store_flush  (UCredentialStore     *self,
                                             GMainContext         *context,
                                             UKeyringDoneFunc      func,
                                             gpointer              user_data);

/* Calls @func in @context after each change, or once for several. @destroy: nullable; called there or by the removal. A
 * removal in the thread of the context is the end; elsewhere a call may be under way. */
guint             u_credential_store_add_listener    (UCredentialStore *self,
                                                      GMainContext     *context,
                                                      void            (*func) (gpointer),
                                                      gpointer          user_data,
                                                      GDestroyNotify    destroy);
void              u_credential_store_remove_listener (UCredentialStore *self,
                                                      guint             id);
/* For tests: how long a lookup waits for the keyring, in milliseconds. */
void              u_credential_store_set_patience    (UCredentialStore *self,
                                                      guint             milliseconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UCredentialStore, u_credential_store_unref)

G_END_DECLS

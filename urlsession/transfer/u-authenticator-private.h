/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/storage/u-credential-store-private.h"
#include "urlsession/transfer/u-auth-grant-private.h"

G_BEGIN_DECLS

/* Which protection spaces of Basic and Digest a session was let into, and with which credentials. Used on the I/O
 * thread of the session; references may be dropped anywhere after the last use. */
typedef struct _UAuthenticator UAuthenticator;

/* @store: nullable */
UAuthenticator *u_authenticator_new        (UCredentialStore     *store);
UAuthenticator *u_authenticator_ref        (UAuthenticator       *self);
void            u_authenticator_unref      (UAuthenticator       *self);

/* (transfer full) (nullable): what is known for @uri, with the credential that the store has by now. */
UAuthGrant     *u_authenticator_find       (UAuthenticator       *self,
                                            GUri                 *uri);
UAuthGrant     *u_authenticator_find_space (UAuthenticator       *self,
                                            UProtectionSpaceData *space);
/* The credential of @grant was accepted for @uri: remembers it as long as it is to be kept, in the store as well. */
void            u_authenticator_accept     (UAuthenticator       *self,
                                            UAuthGrant           *grant,
                                            GUri                 *uri);
/* It is not any more. */
void            u_authenticator_forget     (UAuthenticator       *self,
                                            UAuthGrant           *grant);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UAuthenticator, u_authenticator_unref)

G_END_DECLS

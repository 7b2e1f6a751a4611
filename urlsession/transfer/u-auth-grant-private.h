/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-credential-data-private.h"
#include "urlsession/auth/u-http-auth-private.h"
#include "urlsession/auth/u-protection-space-data-private.h"
#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

/* What lets into one protection space of Basic or Digest, and where in its origin the space is. Reference-counted, for
 * one thread: all requests with one nonce count it up together. */
typedef struct _UAuthGrant UAuthGrant;

/* (nullable): without a credential; NULL when @challenge wants what is not spoken here, or not with this request. */
UAuthGrant           *u_auth_grant_new            (UHttpChallenge       *challenge,
                                                   URequestData         *request);
/* The same for a server that is logged into: all of it is one space, and there is no header field. */
UAuthGrant           *u_auth_grant_new_login      (URequestData         *request);
gboolean              u_auth_grant_is_login       (UAuthGrant           *self);
UAuthGrant           *u_auth_grant_ref            (UAuthGrant           *self);
void                  u_auth_grant_unref          (UAuthGrant           *self);
/* (transfer none) */
UProtectionSpaceData *u_auth_grant_get_space      (UAuthGrant           *self);
/* (transfer none) (nullable) */
UCredentialData      *u_auth_grant_get_credential (UAuthGrant           *self);
void                  u_auth_grant_set_credential (UAuthGrant           *self,
                                                   UCredentialData      *credential);
/* How much of the path of @uri shows that it is in the space, in bytes; 0: it may be outside. */
gsize                 u_auth_grant_match          (UAuthGrant           *self,
                                                   GUri                 *uri);
gboolean              u_auth_grant_is_origin      (UAuthGrant           *self,
                                                   GUri                 *uri);
/* @uri turned out to be in the space. */
void                  u_auth_grant_add_uri        (UAuthGrant           *self,
                                                   GUri                 *uri);
/* Takes over what another grant for the same space knows of where it is. */
void                  u_auth_grant_add_places     (UAuthGrant           *self,
                                                   UAuthGrant           *other);
/* (nullable): the value of an Authorization field, for one request. */
char                 *u_auth_grant_dup_header     (UAuthGrant           *self,
                                                   URequestData         *request);
/* (nullable) (transfer none): Digest only */
const char           *u_auth_grant_get_nonce      (UAuthGrant           *self);
/* FALSE: @challenge has no nonce to go on with. */
gboolean              u_auth_grant_renew          (UAuthGrant           *self,
                                                   UHttpChallenge       *challenge);
/* Takes an Authentication-Info field. @info: nullable */
void                  u_auth_grant_take_info      (UAuthGrant           *self,
                                                   const char           *info);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UAuthGrant, u_auth_grant_unref)

G_END_DECLS

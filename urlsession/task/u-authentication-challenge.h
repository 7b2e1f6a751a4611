/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/auth/u-credential.h>
#include <urlsession/auth/u-protection-space.h>
#include <urlsession/message/u-http-response.h>
#include <urlsession/task/u-decision.h>

G_BEGIN_DECLS

#define U_TYPE_AUTHENTICATION_CHALLENGE (u_authentication_challenge_get_type ())
#define U_AUTHENTICATION_CHALLENGE(obj) \
  (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_AUTHENTICATION_CHALLENGE, UAuthenticationChallenge))
#define U_IS_AUTHENTICATION_CHALLENGE(obj) \
  (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_AUTHENTICATION_CHALLENGE))

typedef struct _UAuthenticationChallengeClass UAuthenticationChallengeClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UAuthenticationChallenge, g_object_unref)

U_AVAILABLE_IN_ALL
GType             u_authentication_challenge_get_type                    (void);

U_AVAILABLE_IN_ALL
UProtectionSpace *u_authentication_challenge_get_protection_space        (UAuthenticationChallenge *self);
U_AVAILABLE_IN_ALL
UCredential      *u_authentication_challenge_get_proposed_credential     (UAuthenticationChallenge *self);
U_AVAILABLE_IN_ALL
guint             u_authentication_challenge_get_previous_failure_count  (UAuthenticationChallenge *self);
U_AVAILABLE_IN_ALL
UHttpResponse    *u_authentication_challenge_get_failure_response        (UAuthenticationChallenge *self);
U_AVAILABLE_IN_ALL
const GError     *u_authentication_challenge_get_error                   (UAuthenticationChallenge *self);

U_AVAILABLE_IN_ALL
void              u_authentication_challenge_use_credential              (UAuthenticationChallenge *self,
                                                                          UCredential              *credential);
U_AVAILABLE_IN_ALL
void              u_authentication_challenge_trust_server                (UAuthenticationChallenge *self,
                                                                          gboolean                  remember);
U_AVAILABLE_IN_ALL
void              u_authentication_challenge_reject_space                (UAuthenticationChallenge *self);
U_AVAILABLE_IN_ALL
void              u_authentication_challenge_cancel_task                 (UAuthenticationChallenge *self);

G_END_DECLS

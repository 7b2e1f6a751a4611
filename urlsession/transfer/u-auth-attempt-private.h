/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/message/u-response-data-private.h"
#include "urlsession/transfer/u-authenticator-private.h"

G_BEGIN_DECLS

/* How one transfer, with all its redirects and repetitions, gets past the Basic and Digest of the servers it comes to.
 * It decides and sends nothing itself. Used on one I/O thread. */
typedef struct _UAuthAttempt UAuthAttempt;

UAuthAttempt   *u_auth_attempt_new               (UAuthenticator         *authenticator);
void            u_auth_attempt_free              (UAuthAttempt           *self);

/* (nullable): the value of the Authorization field for the exchange that is about to be sent; it takes the place of the
 * application's own. To be asked once for each exchange. */
char           *u_auth_attempt_dup_authorization (UAuthAttempt           *self,
                                                  URequestData           *request);
/* Before that, for what has a login in the place of header fields: what the URL says is used at once. */
void            u_auth_attempt_log_in            (UAuthAttempt           *self,
                                                  URequestData           *request);
/* After that. (nullable) (transfer none): what to log in with. */
UCredentialData *u_auth_attempt_get_login        (UAuthAttempt           *self);
/* For each response to such an exchange. (transfer full) (nullable): what to ask because of it. NULL: nothing: the
 * response is to be delivered, or with @again the request to be sent once more. */
UChallengeData *u_auth_attempt_take_response     (UAuthAttempt           *self,
                                                  URequestData           *request,
                                                  UResponseData          *response,
                                                  gboolean               *again);
/* The question as it was asked in the end: with a proposal from the storage. */
void            u_auth_attempt_set_challenge     (UAuthAttempt           *self,
                                                  UChallengeData         *challenge);
/* TRUE: send the request again. FALSE: ask @next (transfer full), or, when it is NULL, deliver the response. */
gboolean        u_auth_attempt_answer            (UAuthAttempt           *self,
                                                  const UChallengeAnswer *answer,
                                                  UChallengeData        **next);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UAuthAttempt, u_auth_attempt_free)

G_END_DECLS

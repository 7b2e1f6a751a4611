/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-credential-data-private.h"
#include "urlsession/auth/u-protection-space-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/* One question for a credential or for trust: immutable once shared, atomically reference-counted. */
typedef struct
{
  gatomicrefcount ref_count;
  UProtectionSpaceData *space; /* owned */
  UCredentialData *proposed;  /* owned, nullable; what the URL or the storage has, or what was just rejected */
  guint previous_failure_count;
  UResponseData *failure_response; /* owned, nullable; the 401 or 407 */
  GError *error;              /* owned, nullable; of a handshake that failed */
} UChallengeData;

/* @space, @proposed, @response: borrowed; the last two are nullable */
UChallengeData *u_challenge_data_new   (UProtectionSpaceData *space,
                                        UCredentialData      *proposed,
                                        guint                 previous_failure_count,
                                        UResponseData        *response);
UChallengeData *u_challenge_data_ref   (UChallengeData       *self);
void            u_challenge_data_unref (UChallengeData       *self);
/* (transfer full): the same question with another proposal */
UChallengeData *u_challenge_data_with_proposed (UChallengeData  *self,
                                                UCredentialData *proposed);

typedef enum {
  U_CHALLENGE_DEFAULT,        /* what is done when nobody answers */
  U_CHALLENGE_USE_CREDENTIAL, /* credential; NULL: go on without */
  U_CHALLENGE_TRUST,          /* SERVER_TRUST only; remember */
  U_CHALLENGE_REJECT,         /* another method, or none */
  U_CHALLENGE_CANCEL,         /* the task ends */
} UChallengeAnswerKind;

typedef struct
{
  UChallengeAnswerKind kind;
  UCredentialData *credential; /* borrowed, nullable */
  gboolean remember;          /* TRUST: for all tasks of the session, not for this one only */
} UChallengeAnswer;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UChallengeData, u_challenge_data_unref)

G_END_DECLS

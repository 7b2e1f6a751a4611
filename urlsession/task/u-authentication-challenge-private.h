/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/task/u-authentication-challenge.h"

G_BEGIN_DECLS

UAuthenticationChallenge *u_authentication_challenge_new (UTask          *task,
                                                          UChallengeData *data);

G_END_DECLS

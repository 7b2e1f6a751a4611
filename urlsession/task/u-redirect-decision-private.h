/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"
#include "urlsession/task/u-redirect-decision.h"

G_BEGIN_DECLS

URedirectDecision *u_redirect_decision_new (UTask         *task,
                                            UResponseData *response,
                                            URequestData  *request);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-response-decision.h"

G_BEGIN_DECLS

UResponseDecision *u_response_decision_new (UTask     *task,
                                            UResponse *response);

G_END_DECLS

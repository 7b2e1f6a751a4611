/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/message/u-response.h>
#include <urlsession/task/u-decision.h>

G_BEGIN_DECLS

#define U_TYPE_RESPONSE_DECISION (u_response_decision_get_type ())
#define U_RESPONSE_DECISION(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_RESPONSE_DECISION, UResponseDecision))
#define U_IS_RESPONSE_DECISION(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_RESPONSE_DECISION))

typedef struct _UResponseDecisionClass UResponseDecisionClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UResponseDecision, g_object_unref)

U_AVAILABLE_IN_ALL
GType      u_response_decision_get_type        (void);

U_AVAILABLE_IN_ALL
UResponse *u_response_decision_get_response    (UResponseDecision *self);

U_AVAILABLE_IN_ALL
void       u_response_decision_allow           (UResponseDecision *self);
U_AVAILABLE_IN_ALL
void       u_response_decision_cancel_task     (UResponseDecision *self);
U_AVAILABLE_IN_ALL
void       u_response_decision_become_download (UResponseDecision *self);
U_AVAILABLE_IN_ALL
void       u_response_decision_become_stream   (UResponseDecision *self);

G_END_DECLS

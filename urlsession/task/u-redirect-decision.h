/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/message/u-http-response.h>
#include <urlsession/message/u-request.h>
#include <urlsession/task/u-decision.h>

G_BEGIN_DECLS

#define U_TYPE_REDIRECT_DECISION (u_redirect_decision_get_type ())
#define U_REDIRECT_DECISION(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_REDIRECT_DECISION, URedirectDecision))
#define U_IS_REDIRECT_DECISION(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_REDIRECT_DECISION))

typedef struct _URedirectDecisionClass URedirectDecisionClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (URedirectDecision, g_object_unref)

U_AVAILABLE_IN_ALL
GType          u_redirect_decision_get_type         (void);

U_AVAILABLE_IN_ALL
UHttpResponse *u_redirect_decision_get_response     (URedirectDecision *self);
U_AVAILABLE_IN_ALL
URequest      *u_redirect_decision_get_new_request  (URedirectDecision *self);

U_AVAILABLE_IN_ALL
void           u_redirect_decision_follow           (URedirectDecision *self);
U_AVAILABLE_IN_ALL
void           u_redirect_decision_follow_request   (URedirectDecision *self,
                                                     URequest          *request);
U_AVAILABLE_IN_ALL
void           u_redirect_decision_deliver_response (URedirectDecision *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_DECISION (u_decision_get_type ())
#define U_DECISION(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_DECISION, UDecision))
#define U_IS_DECISION(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_DECISION))

typedef struct _UDecisionClass UDecisionClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDecision, g_object_unref)

U_AVAILABLE_IN_ALL
GType    u_decision_get_type    (void);

U_AVAILABLE_IN_ALL
UTask   *u_decision_get_task    (UDecision *self);
U_AVAILABLE_IN_ALL
gboolean u_decision_is_answered (UDecision *self);
U_AVAILABLE_IN_ALL
void     u_decision_use_default (UDecision *self);

G_END_DECLS

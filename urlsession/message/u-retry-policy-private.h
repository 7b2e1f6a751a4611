/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-retry-policy.h"
#include "urlsession/message/u-retry-rules-private.h"

G_BEGIN_DECLS

/* (transfer full): a copy that no application can change */
URetryPolicy *u_retry_policy_dup_sealed (URetryPolicy *self);
/* (transfer full): a sealed view of @rules (transfer none) */
URetryPolicy *u_retry_policy_new_sealed (URetryRules  *rules);
/* (transfer full): the rules of this moment; no later change shows in them */
URetryRules  *u_retry_policy_ref_rules  (URetryPolicy *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-retry-policy.h"
#include "urlsession/message/u-retry-rules-private.h"

G_BEGIN_DECLS

/* A view of @rules (transfer none). */
URetryPolicy *u_retry_policy_new_from_rules (URetryRules  *rules);
/* (transfer none) */
URetryRules  *u_retry_policy_get_rules      (URetryPolicy *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_RETRY_POLICY (u_retry_policy_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (URetryPolicy, u_retry_policy, U, RETRY_POLICY, GObject)

U_AVAILABLE_IN_ALL
URetryPolicy *u_retry_policy_new                        (guint         max_retries) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
guint         u_retry_policy_get_max_retries            (URetryPolicy *self);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_initial_delay          (URetryPolicy *self);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_maximum_delay          (URetryPolicy *self);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_multiplier             (URetryPolicy *self);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_jitter                 (URetryPolicy *self);
U_AVAILABLE_IN_ALL
gboolean      u_retry_policy_get_honors_retry_after     (URetryPolicy *self);
U_AVAILABLE_IN_ALL
gboolean      u_retry_policy_get_retries_unsafe_methods (URetryPolicy *self);

G_END_DECLS

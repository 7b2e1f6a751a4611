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
URetryPolicy *u_retry_policy_new                        (void) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
URetryPolicy *u_retry_policy_copy                       (URetryPolicy *self) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
gboolean      u_retry_policy_is_sealed                  (URetryPolicy *self);

U_AVAILABLE_IN_ALL
guint         u_retry_policy_get_max_attempts           (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_max_attempts           (URetryPolicy *self,
                                                         guint         max_attempts);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_initial_delay          (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_initial_delay          (URetryPolicy *self,
                                                         double        initial_delay);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_maximum_delay          (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_maximum_delay          (URetryPolicy *self,
                                                         double        maximum_delay);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_multiplier             (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_multiplier             (URetryPolicy *self,
                                                         double        multiplier);
U_AVAILABLE_IN_ALL
double        u_retry_policy_get_jitter                 (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_jitter                 (URetryPolicy *self,
                                                         double        jitter);
U_AVAILABLE_IN_ALL
gboolean      u_retry_policy_get_honors_retry_after     (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_honors_retry_after     (URetryPolicy *self,
                                                         gboolean      honors_retry_after);
U_AVAILABLE_IN_ALL
gboolean      u_retry_policy_get_retries_unsafe_methods (URetryPolicy *self);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_retries_unsafe_methods (URetryPolicy *self,
                                                         gboolean      retries_unsafe_methods);

U_AVAILABLE_IN_ALL
const guint  *u_retry_policy_get_status_codes           (URetryPolicy *self,
                                                         gsize        *n_status_codes);
U_AVAILABLE_IN_ALL
void          u_retry_policy_set_status_codes           (URetryPolicy *self,
                                                         const guint  *status_codes,
                                                         gsize         n_status_codes);

G_END_DECLS

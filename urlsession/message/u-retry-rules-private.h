/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* When and how often a request is made again, without the object: immutable once shared, atomically reference-counted,
 * free to cross threads. A URetryPolicy is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  guint max_retries;          /* after the first attempt; 0: none */
  double initial_delay;       /* seconds */
  double maximum_delay;       /* seconds */
  double multiplier;          /* from one delay to the next, at least 1 */
  double jitter;              /* 0: as computed, 1: anything between nothing and that */
  gboolean honors_retry_after;
  gboolean retries_unsafe_methods;
} URetryRules;

URetryRules *u_retry_rules_new   (void);
URetryRules *u_retry_rules_copy  (URetryRules *self);
URetryRules *u_retry_rules_ref   (URetryRules *self);
void         u_retry_rules_unref (URetryRules *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (URetryRules, u_retry_rules_unref)

G_END_DECLS

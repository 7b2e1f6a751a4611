/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* When and how often a request is made again, without the object: immutable once shared, atomically reference-counted,
 * free to cross threads. A URetryPolicy is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  guint max_attempts;         /* the first one included; 1: never again */
  double initial_delay;       /* seconds */
  double maximum_delay;       /* seconds */
  double multiplier;          /* from one delay to the next, at least 1 */
  double jitter;              /* 0: as computed, 1: anything between nothing and that */
  gboolean honors_retry_after;
  gboolean retries_unsafe_methods;
  guint *status_codes;        /* owned; with which a response is no answer, ascending; nullable */
  gsize n_status_codes;
} URetryRules;

URetryRules *u_retry_rules_new              (void);
/* One that nobody else holds. */
URetryRules *u_retry_rules_copy             (const URetryRules *self);
URetryRules *u_retry_rules_ref              (URetryRules       *self);
void         u_retry_rules_unref            (URetryRules       *self);
/* Both nullable. */
gboolean     u_retry_rules_equal            (const URetryRules *a,
                                             const URetryRules *b);
/* In any order, repeated ones count once. */
void         u_retry_rules_set_status_codes (URetryRules       *self,
                                             const guint       *status_codes,
                                             gsize              n_status_codes);
gboolean     u_retry_rules_has_status       (const URetryRules *self,
                                             guint              status);

/* An object, for resume data and transfers that are written down. */
void         u_retry_rules_to_json          (const URetryRules *self,
                                             JsonBuilder       *builder);
/* NULL: it is none. */
URetryRules *u_retry_rules_new_from_json    (JsonObject        *object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (URetryRules, u_retry_rules_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-retry-rules-private.h"

/* A second, then two, then four: after the third time somebody has waited seven seconds, and should be told. */
#define DEFAULT_MAX_RETRIES 3
#define DEFAULT_INITIAL_DELAY 1.0
#define DEFAULT_MAXIMUM_DELAY 60.0
#define DEFAULT_MULTIPLIER 2.0
#define DEFAULT_JITTER 0.5

URetryRules *
u_retry_rules_new (void)
{
  URetryRules *self = g_new0 (URetryRules, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->max_retries = DEFAULT_MAX_RETRIES;
  self->initial_delay = DEFAULT_INITIAL_DELAY;
  self->maximum_delay = DEFAULT_MAXIMUM_DELAY;
  self->multiplier = DEFAULT_MULTIPLIER;
  self->jitter = DEFAULT_JITTER;
  self->honors_retry_after = TRUE;

  return self;
}

URetryRules *
u_retry_rules_copy (URetryRules *self)
{
  URetryRules *copy = g_new (URetryRules, 1);

  *copy = *self;
  g_atomic_ref_count_init (&copy->ref_count);

  return copy;
}

URetryRules *
u_retry_rules_ref (URetryRules *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_retry_rules_unref (URetryRules *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-challenge-data-private.h"

UChallengeData *
u_challenge_data_new (UProtectionSpaceData *space,
                      UCredentialData      *proposed,
                      guint                 previous_failure_count,
                      UResponseData        *response)
{
  UChallengeData *self = g_new0 (UChallengeData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->space = u_protection_space_data_ref (space);
  self->proposed = proposed != NULL ? u_credential_data_ref (proposed) : NULL;
  self->previous_failure_count = previous_failure_count;
  self->failure_response = response != NULL ? u_response_data_ref (response) : NULL;

  return self;
}

UChallengeData *
u_challenge_data_ref (UChallengeData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_challenge_data_unref (UChallengeData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  u_protection_space_data_unref (self->space);
  g_clear_pointer (&self->proposed, u_credential_data_unref);
  g_clear_pointer (&self->failure_response, u_response_data_unref);
  g_clear_error (&self->error);
  g_free (self);
}

UChallengeData *
u_challenge_data_with_proposed (UChallengeData *self, UCredentialData *proposed)
{
  UChallengeData *copy = u_challenge_data_new (self->space, proposed, self->previous_failure_count,
                                               self->failure_response);

  if (self->error != NULL)
    copy->error = g_error_copy (self->error);

  return copy;
}

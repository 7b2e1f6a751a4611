/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-transfer-spec-private.h"

UTransferSpec *
u_transfer_spec_new (URequestData *request)
{
  UTransferSpec *self = g_new0 (UTransferSpec, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->request = u_request_data_ref (request);
  self->allows_cellular_access = TRUE;
  self->allows_expensive_access = TRUE;
  self->allows_constrained_access = TRUE;

  return self;
}

UTransferSpec *
u_transfer_spec_ref (UTransferSpec *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_transfer_spec_unref (UTransferSpec *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  u_request_data_unref (self->request);
  g_clear_pointer (&self->headers, u_header_list_unref);
  g_clear_pointer (&self->retry, u_retry_rules_unref);
  g_clear_pointer (&self->pipe, u_body_pipe_unref);
  g_clear_pointer (&self->resume, u_resume_data_unref);
  g_clear_pointer (&self->upload, u_upload_resume_data_unref);
  g_clear_pointer (&self->digest, u_digest_free);
  g_clear_pointer (&self->conduit_settings, u_conduit_settings_unref);
  g_free (self->destination);
  g_free (self);
}

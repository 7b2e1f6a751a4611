/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-transaction-data-private.h"

UTransactionData *
u_transaction_data_new (void)
{
  UTransactionData *self = g_new0 (UTransactionData, 1);

  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

UTransactionData *
u_transaction_data_ref (UTransactionData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_transaction_data_unref (UTransactionData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_free (self->protocol);
  g_free (self->local_address);
  g_free (self->remote_address);
  g_free (self->tls_version);
  g_free (self->tls_cipher);
  g_free (self);
}

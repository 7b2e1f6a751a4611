/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

/* Exchanges of one transfer that are remembered: more than all redirects that are followed, and retries beside. The
 * oldest ones go first. */
#define MAX_TRANSACTIONS 64

/* The wait for a place begins. */
void
u_local_transfer_measure_wait (ULocalTransfer *self)
{
  if (self->spec->measure)
    self->waiting_since = g_get_monotonic_time ();
}

/*
 * u_local_transfer_add_transaction:
 * @transaction: (nullable): what was measured of an exchange
 */
void
u_local_transfer_add_transaction (ULocalTransfer *self, UTransactionData *transaction)
{
  if (transaction == NULL)
    return;

  if (self->transactions == NULL)
    self->transactions = g_ptr_array_new_with_free_func ((GDestroyNotify) u_transaction_data_unref);
  if (self->transactions->len == MAX_TRANSACTIONS)
    g_ptr_array_remove_index (self->transactions, 0);
  g_ptr_array_add (self->transactions, u_transaction_data_ref (transaction));
}

/* The load at hand is given up, perhaps in the middle. */
void
u_local_transfer_measure_rest (ULocalTransfer *self)
{
  g_autoptr (UTransactionData) transaction = NULL;

  if (self->load != NULL)
    transaction = u_load_take_transaction (self->load);
  u_local_transfer_add_transaction (self, transaction);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-transaction-data-private.h"

G_BEGIN_DECLS

/* Milliseconds; negative: it did not happen, or is not known. Those of HAR 1.2; without `ssl`, which is a part of
 * `connect`, the others add up to `total`. */
typedef struct
{
  double total;
  double blocked;
  double dns;
  double connect;
  double ssl;
  double send;                /* never negative, as what follows */
  double wait;
  double receive;
} UHarTimings;

void  u_har_timings_read (UHarTimings      *timings,
                          UTransactionData *data);

/* A log in the HTTP Archive format, version 1.2: JSON. @transactions: of UTransactionData */
char *u_har_write        (GPtrArray        *transactions);

G_END_DECLS

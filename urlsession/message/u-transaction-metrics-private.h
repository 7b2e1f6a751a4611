/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-transaction-data-private.h"
#include "urlsession/message/u-transaction-metrics.h"

G_BEGIN_DECLS

/* The dates in the order in which things happen. */
typedef enum {
  U_TRANSACTION_FETCH_START,
  U_TRANSACTION_DOMAIN_LOOKUP_START,
  U_TRANSACTION_DOMAIN_LOOKUP_END,
  U_TRANSACTION_CONNECT_START,
  U_TRANSACTION_SECURE_CONNECTION_START,
  U_TRANSACTION_SECURE_CONNECTION_END,
  U_TRANSACTION_CONNECT_END,
  U_TRANSACTION_REQUEST_START,
  U_TRANSACTION_REQUEST_END,
  U_TRANSACTION_RESPONSE_START,
  U_TRANSACTION_RESPONSE_END,
  U_TRANSACTION_N_DATES,
} UTransactionDate;

struct _UTransactionMetrics
{
  GObject parent_instance;

  UTransactionData *data;     /* owned; NULL: no task made this */
  URequest *request;          /* owned, sealed; nullable */
  UResponse *response;        /* owned, nullable */
  GDateTime *dates[U_TRANSACTION_N_DATES]; /* owned, nullable: skipped */
};

UTransactionMetrics *u_transaction_metrics_new (UTransactionData *data);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-request.h>
#include <urlsession/message/u-response.h>

G_BEGIN_DECLS

#define U_TYPE_TRANSACTION_METRICS (u_transaction_metrics_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UTransactionMetrics, u_transaction_metrics, U, TRANSACTION_METRICS, GObject)

U_AVAILABLE_IN_ALL
URequest   *u_transaction_metrics_get_request                            (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
UResponse  *u_transaction_metrics_get_response                           (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
UFetchType  u_transaction_metrics_get_fetch_type                         (UTransactionMetrics *self);

U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_fetch_start_date                   (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_domain_lookup_start_date           (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_domain_lookup_end_date             (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_connect_start_date                 (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_secure_connection_start_date       (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_secure_connection_end_date         (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_connect_end_date                   (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_request_start_date                 (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_request_end_date                   (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_response_start_date                (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
GDateTime  *u_transaction_metrics_get_response_end_date                  (UTransactionMetrics *self);

U_AVAILABLE_IN_ALL
const char *u_transaction_metrics_get_protocol_name                      (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
gboolean    u_transaction_metrics_get_is_reused_connection               (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
gboolean    u_transaction_metrics_get_is_proxy_connection                (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
const char *u_transaction_metrics_get_local_address                      (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
guint       u_transaction_metrics_get_local_port                         (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
const char *u_transaction_metrics_get_remote_address                     (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
guint       u_transaction_metrics_get_remote_port                        (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
const char *u_transaction_metrics_get_tls_protocol_version               (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
const char *u_transaction_metrics_get_tls_cipher_suite                   (UTransactionMetrics *self);

U_AVAILABLE_IN_ALL
gint64      u_transaction_metrics_get_request_header_bytes_sent          (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
gint64      u_transaction_metrics_get_request_body_bytes_sent            (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
gint64      u_transaction_metrics_get_response_header_bytes_received     (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
gint64      u_transaction_metrics_get_response_body_bytes_received       (UTransactionMetrics *self);
U_AVAILABLE_IN_ALL
gint64      u_transaction_metrics_get_response_body_bytes_after_decoding (UTransactionMetrics *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-http-engine-private.h"
#include "urlsession/loader/u-loader-private.h"

G_BEGIN_DECLS

/* One exchange over HTTP: the functions of ULoaderClass that take a load. */

ULoad *u_http_load_new          (const ULoaderClass *klass,
                                 UHttpEngine        *engine,
                                 const ULoadParams  *params,
                                 const ULoadSink    *sink,
                                 gpointer            user_data);
void   u_http_load_set_credit   (ULoad              *load,
                                 gint64              credit);
void   u_http_load_set_send_credit (ULoad           *load,
                                    gint64           credit);
void   u_http_load_set_priority (ULoad              *load,
                                 double              priority);
UTransactionData *u_http_load_take_transaction (ULoad *load);
void   u_http_load_answer       (ULoad              *load,
                                 const UChallengeAnswer *answer);
void   u_http_load_cancel       (ULoad              *load);
void   u_http_load_free         (ULoad              *load);

G_END_DECLS

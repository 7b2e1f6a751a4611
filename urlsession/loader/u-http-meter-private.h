/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-http-engine-private.h"
#include "urlsession/message/u-transaction-data-private.h"

G_BEGIN_DECLS

/*
 * Measures one exchange over HTTP. Of one thread. All functions take NULL: then nobody asked, and they do nothing.
 */
typedef struct _UHttpMeter UHttpMeter;

/* @since: see ULoadParams */
UHttpMeter       *u_http_meter_new     (URequestData  *request,
                                        gint64         since);
void              u_http_meter_free    (UHttpMeter    *self);
/* Before @message is sent. If the exchange has to be sent once more, with another message: that one counts, and the one
 * before is a part of the wait for it. */
void              u_http_meter_attach  (UHttpMeter    *self,
                                        SoupMessage   *message);
void              u_http_meter_respond (UHttpMeter    *self,
                                        UResponseData *response);
/* A piece of the body: how long it is, and how long it was when it came. */
void              u_http_meter_count   (UHttpMeter    *self,
                                        gsize          length,
                                        gint64         wire_length);
/* (transfer full) (nullable): what was measured up to now. Nothing is measured any more; a second call gives NULL.
 * @body_sent: bytes of the body of the request */
UTransactionData *u_http_meter_finish  (UHttpMeter    *self,
                                        gint64         body_sent);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-protocol-exchange-private.h"
#include "urlsession/task/u-protocol.h"

G_BEGIN_DECLS

/* u-protocol.c. Any thread: whether some are registered; (transfer full) (nullable): of UProtocol, the last one that
 * was registered first. */
gboolean   u_protocol_is_any_registered (void);
GPtrArray *u_protocol_dup_registered    (void);

/* u-protocol-port.c: how loads reach protocols. Static. */
const UProtocolPort *u_protocol_port_get (void);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-tls-rules-private.h"
#include "urlsession/auth/u-transport-exception.h"

G_BEGIN_DECLS

UTransportException *u_transport_exception_new (const UTlsException *value);

G_END_DECLS

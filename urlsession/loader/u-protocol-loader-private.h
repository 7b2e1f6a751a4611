/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-error-map-private.h"
#include "urlsession/loader/u-loader-private.h"
#include "urlsession/loader/u-protocol-exchange-private.h"

G_BEGIN_DECLS

/* The loader of what protocols of the application carry out. Its loads have an exchange among their parameters, which
 * somebody has claimed. Static. */
ULoader *u_protocol_loader_get (void);

G_END_DECLS

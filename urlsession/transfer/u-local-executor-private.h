/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-loader-private.h"
#include "urlsession/transfer/u-transfer-private.h"

G_BEGIN_DECLS

/* Carries transfers out on an I/O thread of this process. @context is that of the session: what the application gave
 * (in @settings) is let go there. */
UExecutor *u_local_executor_new (const ULoaderSettings *settings,
                                 GMainContext          *context);

G_END_DECLS

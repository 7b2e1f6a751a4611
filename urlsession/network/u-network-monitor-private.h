/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-worker-private.h"
#include "urlsession/network/u-network-private.h"

G_BEGIN_DECLS

/* Keeps @network up to date, from now to the end of the process, on @worker, of which it takes the place as a user. */
void u_network_monitor_start (UNetwork *network,
                              UWorker  *worker);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/network/u-network-private.h"

G_BEGIN_DECLS

/* Keeps @network up to date, from GIO's monitors and NetworkManager, on an I/O thread, from now to the end of the
 * process. */
void u_network_monitor_start (UNetwork *network);

G_END_DECLS

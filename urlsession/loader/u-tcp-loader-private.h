/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-connection-settings-private.h"

G_BEGIN_DECLS

/* @settings: (transfer none) */
ULoader *u_tcp_loader_new (UConnectionSettings *settings);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-connection-settings-private.h"

G_BEGIN_DECLS

/* For ws: and wss:. */
ULoader *u_web_socket_loader_new (UConnectionSettings *settings);

G_END_DECLS

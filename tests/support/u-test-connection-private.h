/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-log-private.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* One connection of a client, served by blocking calls in a thread of its own. */
typedef struct _UTestConnection UTestConnection;

UTestConnection *u_test_connection_new         (GSocket         *socket,
                                                GTlsCertificate *certificate,
                                                UTestLog        *log,
                                                GCancellable    *stop);
void             u_test_connection_wake        (UTestConnection *self);
gboolean         u_test_connection_is_finished (UTestConnection *self);
void             u_test_connection_join        (UTestConnection *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether the user has a ticket of Kerberos that is still good, as far as one can tell here. It reads a file. */
gboolean u_http_ticket_is_there (void);

G_END_DECLS

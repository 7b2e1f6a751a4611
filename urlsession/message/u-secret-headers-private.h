/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-header-list-private.h"

G_BEGIN_DECLS

/* Header fields that can be shown to others: those that let somebody in have "***" in the place of what does. */

/* What to show for @value; NULL: it is no secret. */
char        *u_secret_header_dup_masked (const char  *name,
                                         const char  *value);
/* (transfer full): @list itself where nothing in it is secret. */
UHeaderList *u_secret_headers_mask      (UHeaderList *list);

G_END_DECLS

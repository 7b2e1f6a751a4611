/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-header-list-private.h"
#include "urlsession/message/u-headers.h"

G_BEGIN_DECLS

/* Shares @list (transfer none) until the first change. */
UHeaders    *u_headers_new_for_list (UHeaderList *list,
                                     gboolean     sealed);
/* The fields of this moment; no later change shows in them. */
UHeaderList *u_headers_dup_list     (UHeaders    *self);
/* From now on a change is a programming error. */
void         u_headers_seal         (UHeaders    *self);

G_END_DECLS

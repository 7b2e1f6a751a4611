/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-protection-space-data-private.h"
#include "urlsession/auth/u-protection-space.h"

G_BEGIN_DECLS

/* A view of @data (transfer none). */
UProtectionSpace     *u_protection_space_new_from_data (UProtectionSpaceData *data);
/* (transfer full) */
UProtectionSpaceData *u_protection_space_ref_data      (UProtectionSpace     *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-protection-space-data-private.h"
#include "urlsession/auth/u-server-trust.h"

G_BEGIN_DECLS

/* A view of the chain and the errors of @data (transfer none). */
UServerTrust *u_server_trust_new_from_data (UProtectionSpaceData *data);

G_END_DECLS

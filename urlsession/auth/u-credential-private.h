/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-credential-data-private.h"
#include "urlsession/auth/u-credential.h"

G_BEGIN_DECLS

/* A view of @data (transfer none). */
UCredential     *u_credential_new_from_data (UCredentialData *data);
/* (transfer full) */
UCredentialData *u_credential_ref_data      (UCredential     *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/storage/u-credential-storage.h"
#include "urlsession/storage/u-credential-store-private.h"

G_BEGIN_DECLS

/* A view of @store (transfer none). */
UCredentialStorage *u_credential_storage_new_for_store (UCredentialStore   *store);
/* (transfer full) */
UCredentialStore   *u_credential_storage_ref_store     (UCredentialStorage *self);

G_END_DECLS

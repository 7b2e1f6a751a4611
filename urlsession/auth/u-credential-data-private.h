/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/base/u-enums.h"

G_BEGIN_DECLS

/* What answers a challenge, without the object: immutable, atomically reference-counted, free to cross threads. A
 * UCredential is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  char *user;                 /* owned, nullable; cleared before it is freed, as is what follows */
  char *password;             /* owned, nullable */
  GTlsCertificate *identity;  /* owned, nullable; a certificate with its key: a copy that no application holds */
  UCredentialPersistence persistence;
} UCredentialData;

UCredentialData *u_credential_data_new   (const char             *user,
                                          const char             *password,
                                          UCredentialPersistence  persistence);
/* @identity is copied. NULL with an error when that cannot be done. */
UCredentialData *u_credential_data_new_for_identity (GTlsCertificate         *identity,
                                                     UCredentialPersistence   persistence,
                                                     GError                 **error);
UCredentialData *u_credential_data_ref   (UCredentialData        *self);
void             u_credential_data_unref (UCredentialData        *self);
/* Whether both log in as the same, whatever their persistence. NULLs are equal to each other only. */
gboolean         u_credential_data_equal (UCredentialData        *a,
                                          UCredentialData        *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UCredentialData, u_credential_data_unref)

G_END_DECLS

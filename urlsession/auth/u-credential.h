/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_CREDENTIAL (u_credential_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UCredential, u_credential, U, CREDENTIAL, GObject)

U_AVAILABLE_IN_ALL
UCredential            *u_credential_new              (const char             *user,
                                                       const char             *password,
                                                       UCredentialPersistence  persistence) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UCredential            *u_credential_new_for_identity (GTlsCertificate        *identity,
                                                       UCredentialPersistence  persistence) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
const char             *u_credential_get_user         (UCredential            *self);
U_AVAILABLE_IN_ALL
gboolean                u_credential_get_has_password (UCredential            *self);
U_AVAILABLE_IN_ALL
const char             *u_credential_get_password     (UCredential            *self);
U_AVAILABLE_IN_ALL
GTlsCertificate        *u_credential_get_identity     (UCredential            *self);
U_AVAILABLE_IN_ALL
UCredentialPersistence  u_credential_get_persistence  (UCredential            *self);

U_AVAILABLE_IN_ALL
gboolean                u_credential_equal            (UCredential            *self,
                                                       UCredential            *other);

G_END_DECLS

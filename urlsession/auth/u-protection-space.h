/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/auth/u-server-trust.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_PROTECTION_SPACE (u_protection_space_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UProtectionSpace, u_protection_space, U, PROTECTION_SPACE, GObject)

U_AVAILABLE_IN_ALL
UProtectionSpace      *u_protection_space_new           (const char            *host,
                                                         guint                  port,
                                                         const char            *protocol,
                                                         const char            *realm,
                                                         UAuthenticationMethod  method) G_GNUC_WARN_UNUSED_RESULT;
U_AVAILABLE_IN_ALL
UProtectionSpace      *u_protection_space_new_for_proxy (const char            *host,
                                                         guint                  port,
                                                         const char            *protocol,
                                                         const char            *realm,
                                                         UAuthenticationMethod  method) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
const char            *u_protection_space_get_host      (UProtectionSpace      *self);
U_AVAILABLE_IN_ALL
guint                  u_protection_space_get_port      (UProtectionSpace      *self);
U_AVAILABLE_IN_ALL
const char            *u_protection_space_get_protocol  (UProtectionSpace      *self);
U_AVAILABLE_IN_ALL
const char            *u_protection_space_get_realm     (UProtectionSpace      *self);
U_AVAILABLE_IN_ALL
UAuthenticationMethod  u_protection_space_get_authentication_method (UProtectionSpace *self);
U_AVAILABLE_IN_ALL
gboolean               u_protection_space_get_is_proxy  (UProtectionSpace      *self);
U_AVAILABLE_IN_ALL
gboolean               u_protection_space_get_receives_credential_securely (UProtectionSpace *self);
U_AVAILABLE_IN_ALL
UServerTrust          *u_protection_space_get_server_trust (UProtectionSpace   *self);
U_AVAILABLE_IN_ALL
GBytes               **u_protection_space_dup_distinguished_names (UProtectionSpace *self,
                                                                   gsize            *n_names);

U_AVAILABLE_IN_ALL
gboolean               u_protection_space_equal         (UProtectionSpace      *self,
                                                         UProtectionSpace      *other);
U_AVAILABLE_IN_ALL
guint                  u_protection_space_hash          (UProtectionSpace      *self);

G_END_DECLS

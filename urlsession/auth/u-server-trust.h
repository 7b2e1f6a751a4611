/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_SERVER_TRUST (u_server_trust_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UServerTrust, u_server_trust, U, SERVER_TRUST, GObject)

U_AVAILABLE_IN_ALL
GTlsCertificate      *u_server_trust_get_certificate (UServerTrust *self);
U_AVAILABLE_IN_ALL
GTlsCertificateFlags  u_server_trust_get_errors      (UServerTrust *self);
U_AVAILABLE_IN_ALL
const char           *u_server_trust_get_host        (UServerTrust *self);

U_AVAILABLE_IN_ALL
char                 *u_server_trust_dup_reason      (UServerTrust *self);
U_AVAILABLE_IN_ALL
char                 *u_server_trust_dup_fingerprint (UServerTrust *self);

G_END_DECLS

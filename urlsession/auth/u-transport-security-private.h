/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-tls-rules-private.h"
#include "urlsession/auth/u-transport-security.h"

G_BEGIN_DECLS

/* (transfer full): a copy that no application can change */
UTransportSecurity *u_transport_security_dup_sealed (UTransportSecurity *self);
/* (transfer full): the rules of this moment; no later change shows in them */
UTlsRules          *u_transport_security_ref_rules  (UTransportSecurity *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a session demands of connections, without the object: immutable once shared, atomically reference-counted, free
 * to cross threads. A UTransportSecurity is a view of one. */
typedef struct _UTlsRules UTlsRules;

UTlsRules *u_tls_rules_ref   (UTlsRules *self);
void       u_tls_rules_unref (UTlsRules *self);
/* Whether @uri may be loaded as it is. The error says which property allows it. */
gboolean   u_tls_rules_check_uri (UTlsRules  *self,
                                  GUri       *uri,
                                  GError    **error);
/* Whether a request may be sent over a connection to @host that was just made. @cipher: nullable */
gboolean   u_tls_rules_check_connection (UTlsRules            *self,
                                         const char           *host,
                                         GTlsProtocolVersion   version,
                                         const char           *cipher,
                                         GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTlsRules, u_tls_rules_unref)

G_END_DECLS

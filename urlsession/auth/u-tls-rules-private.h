/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a session demands of the connections to one domain in the place of what it demands of all. */
typedef struct
{
  char *domain;               /* owned; as u_tls_rules_normalize_host() gives it */
  gboolean includes_subdomains;
  gboolean allows_insecure_loads;
  GTlsProtocolVersion minimum; /* G_TLS_PROTOCOL_VERSION_UNKNOWN: that of all */
  gboolean requires_forward_secrecy;
} UTlsException;

/* What a session demands of connections, without the object: immutable once shared, atomically reference-counted, free
 * to cross threads. A UTransportSecurity is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  gboolean allows_insecure_loads;
  gboolean allows_local_networking;
  gboolean requires_forward_secrecy;
  GTlsProtocolVersion minimum;
  GTlsProtocolVersion maximum;
  GPtrArray *exceptions;      /* owned; of UTlsException, one for each domain, in the order they were added */
} UTlsRules;

UTlsRules *u_tls_rules_new   (void);
UTlsRules *u_tls_rules_copy  (UTlsRules *self);
UTlsRules *u_tls_rules_ref   (UTlsRules *self);
void       u_tls_rules_unref (UTlsRules *self);
/* Takes the place of one with the same domain. FALSE: @exception->domain is not the name of a host. */
gboolean   u_tls_rules_set_exception    (UTlsRules           *self,
                                         const UTlsException *exception);
gboolean   u_tls_rules_remove_exception (UTlsRules           *self,
                                         const char          *domain);
/* The one of exactly @domain; NULL: there is none. */
const UTlsException *
           u_tls_rules_get_exception    (UTlsRules           *self,
                                         const char          *domain);
/* Lower case, ASCII, without brackets, zone and final dots; NULL when nothing is left, or it is no name. */
char      *u_tls_rules_normalize_host   (const char          *host);
/* Whether a host is on this machine or on the link, or has a name or an address that means nothing elsewhere. */
gboolean   u_tls_rules_is_local         (const char          *host);
/* Whether @uri may be loaded as it is. The error says which property allows it. */
gboolean   u_tls_rules_check_uri (UTlsRules  *self,
                                  GUri       *uri,
                                  GError    **error);
/* The same as values, for who cannot ask about a connection that is there. */
void       u_tls_rules_get_demands (UTlsRules           *self,
                                    const char          *host,
                                    GTlsProtocolVersion *minimum,
                                    GTlsProtocolVersion *maximum,
                                    gboolean            *forward_secrecy);
/* Whether a request may be sent over a connection to @host that was just made. @cipher: nullable */
gboolean   u_tls_rules_check_connection (UTlsRules            *self,
                                         const char           *host,
                                         GTlsProtocolVersion   version,
                                         const char           *cipher,
                                         GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTlsRules, u_tls_rules_unref)

G_END_DECLS

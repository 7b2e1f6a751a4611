/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/auth/u-tls-rules-private.h"
#include "urlsession/loader/u-http-memory-private.h"

G_BEGIN_DECLS

/*
 * What one load thinks of the server at the other end of its TLS connections: whether the version and the cipher are
 * what the rules of the session demand, and whether the application trusts the certificate. Of one I/O thread.
 */
typedef struct _UTlsPeer UTlsPeer;

/* @protocol: of the protection space, such as "https". @rules: nullable. @asks: also about valid chains. */
UTlsPeer       *u_tls_peer_new    (UHttpMemory             *memory,
                                   UTlsRules               *rules,
                                   const char              *protocol,
                                   const char              *host,
                                   guint                    port,
                                   gboolean                 asks);
void            u_tls_peer_free   (UTlsPeer                *self);
const char     *u_tls_peer_get_host (UTlsPeer              *self);
/* In the middle of a handshake: whether what is wrong with @leaf was accepted. FALSE: there is a question now. */
gboolean        u_tls_peer_accepts (UTlsPeer               *self,
                                    GTlsCertificate        *leaf,
                                    GTlsCertificateFlags    errors);
/* After a handshake. FALSE: nothing may be sent over @connection; there is a question, or else @error is set. */
gboolean        u_tls_peer_check  (UTlsPeer                *self,
                                   GTlsConnection          *connection,
                                   GError                 **error);
/* (transfer full) (nullable): what is to be asked */
UChallengeData *u_tls_peer_steal_question (UTlsPeer        *self);
/* Whether the question that was stolen last waits for its answer. */
gboolean        u_tls_peer_is_asking (UTlsPeer             *self);
/* What is wrong with the certificate that was asked about last. */
GTlsCertificateFlags
                u_tls_peer_get_errors (UTlsPeer            *self);
/* Whether the server was trusted for this load only. */
gboolean        u_tls_peer_is_private (UTlsPeer            *self);
/* FALSE: the server is not trusted. @failure: nullable; that of the handshake, for the error. */
gboolean        u_tls_peer_answer (UTlsPeer                *self,
                                   const UChallengeAnswer  *answer,
                                   const GError            *failure,
                                   GError                 **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define U_TYPE_TLS_CLIENT_INTERACTION (u_tls_client_interaction_get_type ())

/* Asks for the certificate of the client on the thread of the loader, while the handshake waits on another one. */
G_DECLARE_FINAL_TYPE (UTlsClientInteraction, u_tls_client_interaction, U, TLS_CLIENT_INTERACTION, GTlsInteraction)

/* @wanted: called in the thread-default context of this call; complete() answers, now or later. */
UTlsClientInteraction *u_tls_client_interaction_new      (void                 (*wanted) (gpointer user_data),
                                                          gpointer               user_data);
/* @identity: nullable: none */
void                   u_tls_client_interaction_complete (UTlsClientInteraction *self,
                                                          GTlsCertificate       *identity);
/* wanted() is not called any more; the handshake goes on without a certificate. */
void                   u_tls_client_interaction_detach   (UTlsClientInteraction *self);

G_END_DECLS

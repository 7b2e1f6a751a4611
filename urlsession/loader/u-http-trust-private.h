/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "urlsession/loader/u-http-memory-private.h"
#include "urlsession/loader/u-http-next-private.h"
#include "urlsession/loader/u-loader-private.h"

G_BEGIN_DECLS

/* Both may be called from inside of libsoup. */
typedef struct
{
  /* The handshake waits for the answer. */
  void (*ask) (gpointer user_data, UChallengeData *challenge);
  /* The connection must not be used: the sending is to end before a byte of the request leaves. */
  void (*refuse) (gpointer user_data);
} UHttpTrustFuncs;

/*
 * The two ends of a TLS connection that is made for one load, and who they are: the versions and ciphers that the rules
 * of the session demand, the trust in the server, the certificate of the client.
 *
 * A connection whose server has to be asked about is refused, and made again after the answer: a question takes longer
 * than most servers wait for a request.
 */
typedef struct _UHttpTrust UHttpTrust;

/* @rules: nullable. @asks: also about valid chains. */
UHttpTrust *u_http_trust_new    (UHttpMemory           *memory,
                                 UTlsRules             *rules,
                                 GUri                  *uri,
                                 gboolean               asks,
                                 const UHttpTrustFuncs *funcs,
                                 gpointer               user_data);
void        u_http_trust_free   (UHttpTrust            *self);
void        u_http_trust_attach (UHttpTrust            *self,
                                 SoupMessage           *message);
/* Nothing of what happens to the message matters any more; nothing waits for an answer. */
void        u_http_trust_detach (UHttpTrust            *self);
/* What was trusted was so for this load only: no other one may use its connections. */
gboolean    u_http_trust_is_private (UHttpTrust        *self);
/* The sending ended with @error and no response. (transfer full) (nullable): what to ask now. */
UChallengeData *
            u_http_trust_end    (UHttpTrust            *self,
                                 const GError          *error);
/* What to say in the place of @error, or NULL. */
GError     *u_http_trust_explain (UHttpTrust           *self,
                                  const GError         *error);
UHttpNext   u_http_trust_answer (UHttpTrust             *self,
                                 const UChallengeAnswer *answer,
                                 GError                **error);

G_END_DECLS

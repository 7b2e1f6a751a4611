/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/transfer/u-auth-attempt-private.h"

G_BEGIN_DECLS

/* For tests that play what a server says to one transfer after another. There is no network. */

#define BASIC "Basic realm=\"r\""
#define DIGEST "Digest realm=\"r\", qop=\"auth\", algorithm=SHA-256, nonce="

#define SESSION U_CREDENTIAL_PERSISTENCE_FOR_SESSION
#define ONCE U_CREDENTIAL_PERSISTENCE_NONE

typedef struct
{
  UCredentialStore *store;
  UAuthenticator *authenticator;
  UAuthAttempt *attempt;      /* of the transfer at hand */
  URequestData *request;
  UChallengeData *question;   /* owned, nullable */
  gboolean again;
} Fixture;

void           fixture_set_up     (Fixture                *self,
                                   gconstpointer           data);
void           fixture_tear_down  (Fixture                *self,
                                   gconstpointer           data);

/* A new transfer. */
void           begin              (Fixture                *self,
                                   const char             *uri);
/* The next hop of a redirect. */
void           redirect           (Fixture                *self,
                                   const char             *uri);
/* @expected: "": no field; "USER:PASSWORD": Basic; "Digest USER NONCE COUNT" */
void           send_request       (Fixture                *self,
                                   const char             *expected);
UResponseData *make_response      (guint                   status,
                                   const char             *field,
                                   const char             *first,
                                   const char             *second);
/* The server refuses; what is asked because of it is in self->question. */
void           refuse             (Fixture                *self,
                                   const char             *challenge);
void           refuse_twice       (Fixture                *self,
                                   const char             *first,
                                   const char             *second);
void           respond            (Fixture                *self,
                                   guint                   status,
                                   const char             *info);
/* @proposed: a user; NULL: none */
void           assert_asked       (Fixture                *self,
                                   UAuthenticationMethod   method,
                                   const char             *realm,
                                   guint                   n_failures,
                                   const char             *proposed);
/* What is asked next is in self->question. TRUE: send again. */
gboolean       answer_with        (Fixture                *self,
                                   UChallengeAnswerKind    kind,
                                   UCredentialData        *credential);
void           give               (Fixture                *self,
                                   const char             *user,
                                   const char             *password,
                                   UCredentialPersistence  persistence);
void           assert_delivered   (Fixture                *self);
/* A transfer that is asked, and let in as "u" with "p". */
void           log_in             (Fixture                *self,
                                   const char             *uri,
                                   const char             *challenge,
                                   UCredentialPersistence  persistence);

#define assert_asked_basic(self, n, proposed) \
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_BASIC, "r", n, proposed)
#define assert_asked_digest(self, n, proposed) \
  assert_asked (self, U_AUTHENTICATION_METHOD_HTTP_DIGEST, "r", n, proposed)

G_END_DECLS

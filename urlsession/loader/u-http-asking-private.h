/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "urlsession/loader/u-http-engine-private.h"
#include "urlsession/loader/u-http-next-private.h"

G_BEGIN_DECLS

/* Both are called from inside of libsoup. */
typedef struct
{
  /* There is a question to take. */
  void (*asks) (gpointer user_data);
  /* The connection must not be used: the sending is to end before a byte of the request leaves. */
  void (*refuses) (gpointer user_data);
} UHttpAskingFuncs;

/*
 * All that one load may have to ask about its connections, and what follows from the answers: which connections it
 * uses, whether its message is sent again, whether a response or an error stands.
 */
typedef struct _UHttpAsking UHttpAsking;

UHttpAsking *u_http_asking_new    (UHttpEngine            *engine,
                                   GUri                   *uri,
                                   gboolean                asks_trust,
                                   const UHttpAskingFuncs *funcs,
                                   gpointer                user_data);
void         u_http_asking_free   (UHttpAsking            *self);
/* Gets a new message ready, that of a load with a large body or not; and says where to send it. */
void         u_http_asking_attach (UHttpAsking            *self,
                                   SoupMessage            *message,
                                   gboolean                bulk);
SoupSession *u_http_asking_get_session (UHttpAsking       *self,
                                        gboolean           bulk);
/* Nothing of what happens to the message matters any more. */
void         u_http_asking_detach (UHttpAsking            *self);
/* (transfer full) (nullable) */
UChallengeData *
             u_http_asking_steal_question (UHttpAsking    *self);
/* libsoup is done with the message: @stream is the body of the response, or NULL, and taken if it does not stand;
 * @error is set if there is none, and replaced by what there is more to say. U_HTTP_SENDS_AGAIN, U_HTTP_ASKS,
 * U_HTTP_RESPONDS or U_HTTP_FAILS. */
UHttpNext    u_http_asking_decide (UHttpAsking            *self,
                                   GInputStream          **stream,
                                   GError                **error);
/* U_HTTP_GOES_ON, U_HTTP_SENDS_AGAIN, U_HTTP_RESPONDS or U_HTTP_FAILS with an error. */
UHttpNext    u_http_asking_answer (UHttpAsking            *self,
                                   const UChallengeAnswer *answer,
                                   GError                **error);
/* (transfer full) (nullable): the body of the response that stands after all. */
GInputStream *
             u_http_asking_steal_response (UHttpAsking    *self);
/* (transfer full) (nullable): what to say in the place of @error. */
GError      *u_http_asking_explain (UHttpAsking           *self,
                                    const GError          *error);
/* Whether a byte of a request may have left, at any time. */
gboolean     u_http_asking_has_sent (UHttpAsking          *self);

G_END_DECLS

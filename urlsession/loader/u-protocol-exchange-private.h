/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/base/u-dispatch-queue-private.h"
#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/*
 * One load that the application carries out, between its two sides. Plain C, atomically reference-counted.
 *
 * The side of the I/O thread is a load behind the door (u-protocol-loader.c), or a transfer that asks who would carry
 * it out. The side of the application lies above, and is called through a port, always in the context of the session,
 * by events in the dispatch queue: the I/O thread never sees an object of the application. What the application says,
 * from any thread, waits here until the load reads it.
 */
typedef struct _UProtocolExchange UProtocolExchange;

/* The application's side. All but the last are called in the context of the session. */
typedef struct
{
  /* (nullable): somebody carries out @request: what goes into the other functions from then on. @owner: of the
   * transfer. */
  gpointer (*claim)   (gpointer owner, URequestData *request);
  /* Once at most. @request: with all header fields; lives as long as the exchange. */
  void     (*start)   (gpointer claim, UProtocolExchange *exchange, URequestData *request);
  /* There is room for more. */
  void     (*room)    (gpointer claim);
  /* To the first question that is open. */
  void     (*answer)  (gpointer claim, const UChallengeAnswer *answer);
  /* Exactly once after start(): nobody listens any more. */
  void     (*stop)    (gpointer claim);
  /* The last call for a claim, started or not. */
  void     (*release) (gpointer claim);
  /* Any thread: whether every session has somebody to ask. */
  gboolean (*is_global) (void);
} UProtocolPort;

typedef enum {
  U_WORD_RESPONSE,
  U_WORD_REDIRECT,            /* response, request */
  U_WORD_DATA,
  U_WORD_QUESTION,
  U_WORD_END,                 /* error, or complete */
} UWordKind;

/* What the application says of a load. */
typedef struct
{
  UWordKind kind;
  UResponseData *response;    /* owned; RESPONSE, REDIRECT */
  URequestData *request;      /* owned; REDIRECT: where it leads */
  GBytes *bytes;              /* owned; DATA, not empty */
  gsize position;             /* DATA: what was taken of it */
  UChallengeData *challenge;  /* owned; QUESTION */
  GError *error;              /* owned, nullable; END */
  gboolean holds;             /* END, REDIRECT: who says it is to be kept until the stop */
} UWord;

UWord             *u_word_new                     (UWordKind              kind);
void               u_word_free                    (UWord                 *self);

UProtocolExchange *u_protocol_exchange_new        (const UProtocolPort   *port,
                                                   UDispatchQueue        *queue);
UProtocolExchange *u_protocol_exchange_ref        (UProtocolExchange     *self);
void               u_protocol_exchange_unref      (UProtocolExchange     *self);

/* ---- In the context of the session ---- */

/* FALSE: nobody carries it out. */
gboolean           u_protocol_exchange_claim      (UProtocolExchange     *self,
                                                   gpointer               owner,
                                                   URequestData          *request);

/* ---- Any thread: the application's side ---- */

typedef enum {
  U_SAID,
  U_SAID_AND_FULL,            /* room() will be called */
  U_NOT_HEARD,                /* after the end, or nobody listens any more */
  U_OUT_OF_PLACE,             /* after the response; not heard either */
} UHearing;

/* Consumes @word. */
UHearing           u_protocol_exchange_say        (UProtocolExchange     *self,
                                                   UWord                 *word);
/* Whether the application has said all. */
gboolean           u_protocol_exchange_has_ended  (UProtocolExchange     *self);
/* Whether who said the end is to be kept. */
gboolean           u_protocol_exchange_holds      (UProtocolExchange     *self);

/* ---- On the I/O thread ---- */

/* The load begins, and listens: @wake is to be made ready when there is something. */
void               u_protocol_exchange_start      (UProtocolExchange     *self,
                                                   URequestData          *request,
                                                   GSource               *wake);
/* (transfer full) (nullable): what was said next. Of DATA at most @credit bytes, none without credit. */
UWord             *u_protocol_exchange_hear       (UProtocolExchange     *self,
                                                   gint64                 credit);
void               u_protocol_exchange_answer     (UProtocolExchange     *self,
                                                   const UChallengeAnswer *answer);
/* Nobody listens any more. Consumes the reference. */
void               u_protocol_exchange_leave      (UProtocolExchange     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UProtocolExchange, u_protocol_exchange_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UWord, u_word_free)

G_END_DECLS

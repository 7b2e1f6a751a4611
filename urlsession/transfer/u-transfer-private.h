/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/base/u-dispatch-queue-private.h"
#include "urlsession/message/u-response-data-private.h"
#include "urlsession/transfer/u-conduit-private.h"
#include "urlsession/transfer/u-transfer-spec-private.h"

G_BEGIN_DECLS

/*
 * The port through which tasks have their transfers carried out, wherever that happens. A transfer is a handle: any
 * thread sends commands to it, and its events arrive in the order in which they happened through the dispatch queue of
 * its session, in the context of which its owner is called.
 */
typedef struct _UExecutor UExecutor;
typedef struct _UTransfer UTransfer;

typedef struct
{
  gint64 sent;                /* bytes of the request body */
  gint64 expected_to_send;    /* -1 unknown */
  gint64 received;            /* bytes of the body, decoded; of a resumed download: with those of before */
  gint64 expected_to_receive; /* -1 unknown */
} UTransferCounts;

typedef enum {
  U_TRANSFER_PROGRESS,        /* counts changed */
  U_TRANSFER_WAITING,         /* waiting_reason; NONE: not any more */
  U_TRANSFER_REWOUND,         /* the body of the request goes on at what counts says, from before or from earlier */
  U_TRANSFER_INFORMATIONAL,   /* response: a 1xx; only if the spec asks for it */
  U_TRANSFER_REDIRECT,        /* a question: response, request. Waits for FOLLOW or DELIVER */
  U_TRANSFER_REQUEST,         /* another request is being made: request, n_redirects */
  U_TRANSFER_CHALLENGE,       /* a question: challenge. Waits for ANSWER */
  U_TRANSFER_NEED_BODY,       /* a question: request, whose stream was used or is to be asked for. Waits for BODY */
  U_TRANSFER_RESUMED,         /* a download goes on at offset, which is 0 when it had to start again */
  U_TRANSFER_RESPONSE,        /* response */
  U_TRANSFER_PART,            /* the response before was of a part of the body, which waits for PART */
  U_TRANSFER_DATA,            /* bytes; the credit is given back with U_COMMAND_CREDIT */
  U_TRANSFER_CONVERTED,       /* after U_COMMAND_CONVERT: what follows is that of the new task */
  U_TRANSFER_NEWS,            /* news; of a conduit */
  U_TRANSFER_FILE,            /* path: a temporary file, complete; to be removed after use */
  U_TRANSFER_DONE,            /* error, resume_data, bytes, path; nothing follows */
} UTransferEventKind;

typedef struct
{
  UEvent event;
  UTransferEventKind kind;
  UTransfer *transfer;        /* owned */
  UTransferCounts counts;     /* all but DATA and CONVERTED */
  UResponseData *response;    /* owned; INFORMATIONAL, REDIRECT, RESPONSE */
  URequestData *request;      /* owned; REDIRECT, REQUEST, NEED_BODY */
  guint n_redirects;          /* REQUEST: followed so far */
  UChallengeData *challenge;  /* owned; CHALLENGE */
  GBytes *bytes;              /* owned; DATA, and DONE of U_DELIVER_WHOLE */
  UConduitNews *news;         /* owned; NEWS */
  gint64 offset;              /* RESUMED: where it goes on; expected: in counts */
  char *path;                 /* owned; FILE, and DONE with a destination or a released file: where it is */
  int lock_fd;                /* owned; FILE: keeps others from taking the file for an orphan. -1: none */
  UWaitingReason waiting_reason; /* WAITING */
  UFailureReason failure_reason; /* DONE with an error */
  UProtectionSpaceData *failing_trust; /* owned, nullable; DONE with an error: the server that was not trusted */
  GError *error;              /* owned; DONE, nullable */
  char *failing_uri;          /* owned; DONE with an error: without user info, nullable */
  GBytes *resume_data;        /* owned; DONE with an error, nullable */
  char *partial_path;         /* owned; DONE: what resume_data stands for */
  GPtrArray *transactions;    /* owned, nullable; DONE: of UTransactionData, the last ones; NULL: not measured */
} UTransferEvent;

/* Called in the context of the session, and owns @event. */
typedef void (*UTransferOwnerFunc) (gpointer owner, UTransferEvent *event);

typedef enum {
  U_COMMAND_SUSPEND,
  U_COMMAND_RESUME,
  U_COMMAND_CANCEL,
  U_COMMAND_CANCEL_FOR_RESUME, /* DONE carries resume data where the transfer can be resumed */
  U_COMMAND_PRIORITY,
  U_COMMAND_RATE_LIMIT,       /* length bytes per second, 0: no limit */
  U_COMMAND_CREDIT,           /* length more bytes may come */
  U_COMMAND_PART,             /* the head of the part was seen: its body may come */
  U_COMMAND_FOLLOW,           /* request: nullable, the proposed one */
  U_COMMAND_DELIVER,          /* the redirect is the response */
  U_COMMAND_ANSWER,           /* answer, to the challenge at hand */
  U_COMMAND_BODY,             /* source: nullable, there is none */
  U_COMMAND_CONVERT,          /* spec */
  U_COMMAND_ORDER,            /* order, to the conduit */
} UCommandKind;

typedef struct
{
  UCommandKind kind;
  double priority;            /* PRIORITY: 0 to 1 */
  gint64 length;              /* CREDIT, RATE_LIMIT */
  URequestData *request;      /* borrowed; FOLLOW */
  UBodySource *source;        /* borrowed, nullable; BODY */
  UTransferSpec *spec;        /* borrowed; CONVERT */
  UChallengeAnswer answer;    /* ANSWER; its credential borrowed */
  UConduitOrder *order;       /* ORDER; consumed */
} UCommand;

typedef struct
{
  UTransfer *(*start)   (UExecutor          *self,
                         UTransferSpec      *spec,
                         double              priority,
                         UDispatchQueue     *queue,
                         UTransferOwnerFunc  func,
                         gpointer            owner);
  void       (*command) (UTransfer      *transfer,
                         const UCommand *command);
  void       (*free_transfer) (UTransfer *transfer);
  gboolean   (*is_lost) (UExecutor *self);
  /* Connections that are idle are closed, later requests use new ones; then @reply is pushed. @forget: who one logged
   * in as, too. */
  void       (*drop_connections) (UExecutor      *self,
                                  gboolean        forget,
                                  UDispatchQueue *queue,
                                  UEvent         *reply);
  /* Bytes per second in each direction, for all its transfers together; 0: no limit. */
  void       (*set_rate_limit) (UExecutor *self, gint64 limit);
  void       (*free)    (UExecutor *self);
} UExecutorClass;

/* First member of every executor and transfer. */
struct _UExecutor
{
  const UExecutorClass *klass;
};

struct _UTransfer
{
  const UExecutorClass *klass;
  gatomicrefcount ref_count;
  UDispatchQueue *queue;      /* owned */

  /* Of the context of the session: where events go. NULL: nowhere any more. */
  UTransferOwnerFunc owner_func;
  gpointer owner;
};

void            u_transfer_init         (UTransfer            *self,
                                         const UExecutorClass *klass,
                                         UDispatchQueue       *queue,
                                         UTransferOwnerFunc    func,
                                         gpointer              owner);
UTransfer      *u_transfer_ref          (UTransfer            *self);
void            u_transfer_unref        (UTransfer            *self);
void            u_transfer_set_owner    (UTransfer            *self,
                                         UTransferOwnerFunc    func,
                                         gpointer              owner);

UTransferEvent *u_transfer_event_new    (UTransfer            *transfer,
                                         UTransferEventKind    kind);
void            u_transfer_event_free   (UTransferEvent       *event);
void            u_transfer_event_push   (UTransferEvent       *event);

static inline UTransfer *
u_executor_start (UExecutor          *self,
                  UTransferSpec      *spec,
                  double              priority,
                  UDispatchQueue     *queue,
                  UTransferOwnerFunc  func,
                  gpointer            owner)
{
  return self->klass->start (self, spec, priority, queue, func, owner);
}

static inline void
u_transfer_command (UTransfer *self, const UCommand *command)
{
  self->klass->command (self, command);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTransfer, u_transfer_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTransferEvent, u_transfer_event_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-timers-private.h"
#include "urlsession/base/u-worker-private.h"
#include "urlsession/loader/u-loader-private.h"
#include "urlsession/loader/u-loader-table-private.h"
#include "urlsession/network/u-network-private.h"
#include "urlsession/transfer/u-auth-attempt-private.h"
#include "urlsession/transfer/u-download-file-private.h"
#include "urlsession/transfer/u-local-executor-private.h"
#include "urlsession/transfer/u-multipart-reader-private.h"
#include "urlsession/transfer/u-rate-limiter-private.h"
#include "urlsession/transfer/u-resume-rules-private.h"
#include "urlsession/transfer/u-scheduler-private.h"
#include "urlsession/transfer/u-transfer-private.h"
#include "urlsession/transfer/u-upload-resumption-private.h"

G_BEGIN_DECLS

/* Where one transfer stands. Every change goes through u_local_transfer_enter(), which knows the legal ones. */
typedef enum {
  U_LOCAL_NEW,
  U_LOCAL_QUEUED,             /* waits for a place */
  U_LOCAL_LOADING,            /* an exchange runs, its response is not there */
  U_LOCAL_WAITING,            /* for a network, or to try again */
  U_LOCAL_ASKING,             /* a redirect or a refusal waits for a decision */
  U_LOCAL_RECEIVING,          /* the body of the final response comes */
  U_LOCAL_OPEN,               /* the connection belongs to a conduit */
  U_LOCAL_FINISHING,          /* a disk thread completes the file */
  U_LOCAL_DONE,
  U_LOCAL_N_STATES,
} ULocalState;

/* Whether a protocol of the application carries out the request at hand. */
typedef enum {
  U_CLAIM_UNKNOWN,
  U_CLAIM_ASKED,
  U_CLAIM_DECLINED,
  U_CLAIM_TAKEN,              /* exchange */
} UClaim;

/* The executor inside this process. All of the I/O thread, but for what says otherwise. */
typedef struct
{
  UExecutor base;
  gatomicrefcount ref_count;
  UWorker *worker;            /* any thread */
  UExecutorSettings settings; /* any thread, never changed; its objects owned */
  GMainContext *context;      /* owned; of the session: where objects of the application are let go */
  UScheduler *scheduler;      /* owned; made with the first transfer, as what follows */
  UTimers *timers;            /* owned */
  ULoaderTable *loaders;      /* owned */
  UAuthenticator *authenticator; /* owned */
  URateLimiter *limiter;      /* owned */
  UNetwork *network;          /* owned, nullable; until somebody wants to know */
  guint8 *buffer;             /* owned; for bodies that go to files: one read and one write at a time */
} ULocalExecutor;

/* One transfer inside this process. All of the I/O thread, but for what says otherwise. */
typedef struct
{
  UTransfer base;             /* any thread */
  ULocalExecutor *executor;   /* owned; any thread */
  UTransferSpec *spec;        /* owned */

  ULocalState state;
  gboolean suspended;
  double priority;

  /* The exchange */
  USchedulerEntry slot;
  URequestData *request;      /* owned; of this hop */
  ULoad *load;                /* owned, nullable */
  UClaim claim;
  gconstpointer inquiry;      /* not owned; ASKED: what will bring the answer */
  UProtocolExchange *exchange; /* owned, nullable; TAKEN */
  URequestData *led_to;       /* owned, nullable; where the response at hand leads, in the words of the load */
  guint n_redirects;
  guint n_informational;      /* responses of this exchange since the last byte of the body that was sent */
  URequestData *proposed;     /* owned, nullable; ASKING */
  gboolean waits_for_body;    /* the application was asked for a stream */
  gboolean body_lost;         /* with a connection; that is made good once */
  gboolean waits_for_store;   /* what it needs is being read from disk */
  UResponseData *response;    /* owned, nullable; ASKING: the redirect; then the final one */
  gboolean encoded;           /* of response */
  gboolean untrusted;         /* so is the connection of response, but for the application */
  gboolean leaving;           /* ASKING: answered; the short rest of the body is waited for */
  UTimer leaving_timer;
  gboolean deliver_redirect;  /* the application wants the redirect itself */
  UResponseData *held_response; /* owned, nullable; came while suspended */
  gboolean held_encoded;
  gboolean held_done;         /* the load ended while suspended, with held_error */
  GError *held_error;         /* owned, nullable */

  /* Questions */
  UAuthAttempt *auth;         /* owned; made when it begins */
  UChallengeData *challenge;  /* owned, nullable; waits for an answer */
  gboolean load_asks;         /* it is about the connection: the load waits */
  UChallengeData *held_question; /* owned, nullable; came while suspended */
  UProtectionSpaceData *doubtful; /* owned, nullable; the server that the load asked about last */
  UProtectionSpaceData *accepted_space; /* owned, nullable; the load was given a credential for it, to be remembered */
  UCredentialData *accepted_credential; /* owned, nullable; when it turns out to be good */

  gboolean stalled;           /* suspended since the last byte: a connection lost now is no surprise */

  gint64 waiting_since;       /* monotonic microseconds; measured transfers only: the wait for a place began */
  GPtrArray *transactions;    /* owned, nullable; of UTransactionData: the exchanges that are over. Not changed any more
                               * once DONE has it */

  /* Waiting */
  UTimer wait_timer;
  UNetworkWatch *watch;       /* owned, nullable */
  UWaitingReason waiting_reason; /* what was posted last */
  UFailureReason failure_reason; /* of the end that is coming */
  guint n_attempts;           /* that found no network */
  guint n_retries;            /* in a row */
  gboolean waits_for_time;    /* WAITING: for the timer, whatever the network does */
  gboolean nothing_sent;      /* of the exchange that failed last */
  gint64 received_before;     /* counts.received when the exchange began */
  gboolean responded;         /* a response was posted */

  /* The body */
  gint64 credit;              /* what the application will take */
  guint8 *chunk;              /* owned, nullable; being filled */
  gsize chunk_size;
  guint8 *whole;              /* owned, nullable; U_DELIVER_WHOLE */
  gsize whole_length;
  gsize whole_size;           /* with the room behind it */
  GPtrArray *retained;        /* owned, nullable; of GBytes: delivered before the application said how it wants them */
  UTransferCounts counts;

  /* How fast */
  URateMember rate;
  gboolean sending_limited;   /* the load was told how much it may send */
  /* A body of parts that replace each other; the response is that of the part */
  UMultipartReader *parts;    /* owned, nullable */
  UResponseData *parts_response; /* owned, nullable; of the whole */
  GBytes *parts_rest;         /* owned, nullable; arrived, and not looked at */
  gboolean part_waits;        /* the application has not seen the head of the part */

  /* The file */
  UDownloadFile *file;        /* owned, nullable; until it is finished */
  UTransferEvent *pending_done; /* owned, nullable; the end, while the file is being finished */
  gboolean pending_requeue;   /* the next exchange waits for the last writes */
  UResumePoint resume_point;
  gboolean resumable;         /* resume_point is good for a later request */
  gboolean asked_range;       /* the exchange asks for the rest only */
  gboolean starts_over;       /* what was there is of no use: to be said with the next response */
  GBytes *kept_resume;        /* owned, nullable: for DONE; what was there before an answer that is no file */
  char *kept_path;            /* owned, nullable */

  /* The upload, when it can be gone on with */
  UUploadResumption *resumption; /* owned, nullable */
  gint64 resumed_from;        /* acknowledged by the server when the last exchange began */
  gboolean all_sent;          /* of the body, by this exchange, as far as that is known */
  gint64 upload_base;         /* bytes of the body before those that the exchange sends */
  UTimer continue_timer;      /* between 104 and 100 */

  /* The connection, when it is what is wanted */
  UConduitHost conduit_host;
  UConduit *conduit;          /* owned, nullable; OPEN */
  GQueue orders;              /* of UConduitOrder, owned: they came before it */

  /* Time */
  UTimer idle_timer;
  UTimer resource_timer;
  UTimer progress_timer;
  gint64 last_activity;       /* monotonic microseconds */
  gint64 last_progress;
  gint64 posted_received;     /* what the last PROGRESS said */
  gint64 posted_sent;
} ULocalTransfer;

/* u-local-transfer.c: life */
UTransfer *u_local_transfer_new        (ULocalExecutor       *executor,
                                        UTransferSpec        *spec,
                                        double                priority,
                                        UDispatchQueue       *queue,
                                        UTransferOwnerFunc    func,
                                        gpointer              owner);
void       u_local_transfer_free       (UTransfer            *transfer);
void       u_local_transfer_begin      (ULocalTransfer       *self);
void       u_local_transfer_command    (ULocalTransfer       *self,
                                        const UCommand       *command);
void       u_local_transfer_enter      (ULocalTransfer       *self,
                                        ULocalState           state);
void       u_local_transfer_requeue    (ULocalTransfer       *self,
                                        gboolean              first);
/* Waits for a place for the request at hand, unless suspended. */
void       u_local_transfer_queue_up   (ULocalTransfer       *self,
                                        gboolean              first);
/* The same request once more, with what is known by now; then the response at hand as it is. */
void       u_local_transfer_send_again (ULocalTransfer       *self);
void       u_local_transfer_hold_done  (ULocalTransfer       *self,
                                        const GError         *error);
void       u_local_transfer_deliver    (ULocalTransfer       *self);
void       u_local_transfer_drop_load  (ULocalTransfer       *self);
void       u_local_transfer_fail       (ULocalTransfer       *self,
                                        GError               *error);
void       u_local_transfer_complete   (ULocalTransfer       *self);
void       u_local_transfer_set_error  (ULocalTransfer       *self,
                                        UTransferEvent       *done,
                                        GError               *error);
void       u_local_transfer_done       (ULocalTransfer       *self,
                                        UTransferEvent       *event);
void       u_local_transfer_slot_cb    (USchedulerEntry      *entry);
void       u_local_transfer_update_credit (ULocalTransfer    *self);

/* u-local-transfer-load.c: what comes through the door */
extern const ULoadSink u_local_transfer_sink;
void       u_local_transfer_take_response (ULocalTransfer    *self,
                                           UResponseData     *response,
                                           gboolean           encoded);
void       u_local_transfer_take_done     (ULocalTransfer    *self,
                                           const GError      *error);
void       u_local_transfer_accept        (ULocalTransfer    *self);
void       u_local_transfer_post_response (ULocalTransfer    *self);

/* u-local-transfer-conduit.c: a connection that is open in both directions */
void       u_local_transfer_open_conduit  (ULocalTransfer    *self,
                                           GIOStream         *stream,
                                           UResponseData     *response);
/* A body that the application reads as it likes. */
void       u_local_transfer_become_stream (ULocalTransfer    *self,
                                           UTransferSpec     *spec);
/* There is no more of it. @error: nullable, borrowed */
void       u_local_transfer_end_stream    (ULocalTransfer    *self,
                                           const GError      *error);
void       u_local_transfer_take_order    (ULocalTransfer    *self,
                                           UConduitOrder     *order);
void       u_local_transfer_drop_conduit  (ULocalTransfer    *self,
                                           gboolean           cancelled);

/* u-local-transfer-resumption.c: an upload that goes on where it broke */
void       u_local_transfer_init_resumption (ULocalTransfer  *self);
void       u_local_transfer_free_resumption (ULocalTransfer  *self);
/* The request of the application is another one now. */
void       u_local_transfer_restart_upload  (ULocalTransfer  *self);
/* (transfer full): what the next exchange sends. */
URequestData *u_local_transfer_make_exchange (ULocalTransfer *self,
                                              ULoadParams    *params);
void       u_local_transfer_note_sent       (ULocalTransfer  *self,
                                             const ULoadEvent *event);
void       u_local_transfer_note_informational (ULocalTransfer *self,
                                             UResponseData   *response);
/* TRUE: it is not, or not yet, for the application. */
gboolean   u_local_transfer_take_upload_response (ULocalTransfer *self,
                                             UResponseData   *response);
/* Whether another exchange can go on with the upload. */
gboolean   u_local_transfer_upload_continues (ULocalTransfer *self);
gboolean   u_local_transfer_upload_advanced (ULocalTransfer  *self,
                                             gint64           enough);
/* The exchange at hand is lost: the next one asks how far it came. */
void       u_local_transfer_give_up_part    (ULocalTransfer  *self);
/* Consumes @done; it is told once what is to be known later is on disk. */
void       u_local_transfer_finish_upload   (ULocalTransfer  *self,
                                             UTransferEvent  *done);

/* u-local-transfer-prepare.c: before an exchange, and what it leaves behind */
gboolean   u_local_transfer_has_stores     (ULocalTransfer   *self);
gboolean   u_local_transfer_check_security (ULocalTransfer   *self,
                                            GError          **error);
UHeaderList *u_local_transfer_dup_forced_headers (ULocalTransfer *self);
void       u_local_transfer_note_response  (ULocalTransfer   *self,
                                            UResponseData    *response);

/* u-local-transfer-source.c: a body that is a stream of the application */
gboolean   u_local_transfer_has_body       (ULocalTransfer   *self);
void       u_local_transfer_take_body      (ULocalTransfer   *self,
                                            UBodySource      *source);
gboolean   u_local_transfer_lost_body      (ULocalTransfer   *self,
                                            const GError     *error);

/* u-local-transfer-protocol.c: what the application carries out itself */
gboolean   u_local_transfer_has_protocols  (ULocalTransfer   *self);
gboolean   u_local_transfer_ask_protocols  (ULocalTransfer   *self);
void       u_local_transfer_drop_claim     (ULocalTransfer   *self);

/* u-local-transfer-auth.c: questions for credentials and for trust */
void       u_local_transfer_take_question  (ULocalTransfer   *self,
                                            UChallengeData   *challenge);
gboolean   u_local_transfer_challenge      (ULocalTransfer   *self,
                                            UResponseData    *response);
gboolean   u_local_transfer_end_refused    (ULocalTransfer   *self);
void       u_local_transfer_answer         (ULocalTransfer   *self,
                                            const UChallengeAnswer *answer);
void       u_local_transfer_drop_challenge (ULocalTransfer   *self);
/* u-local-transfer-metrics.c: what is measured */
void       u_local_transfer_measure_wait  (ULocalTransfer    *self);
void       u_local_transfer_add_transaction (ULocalTransfer  *self,
                                           UTransactionData  *transaction);
void       u_local_transfer_measure_rest  (ULocalTransfer    *self);

/* u-local-transfer-wait.c: for a network, or to try again */
void       u_local_transfer_init_wait     (ULocalTransfer    *self);
void       u_local_transfer_stop_waiting  (ULocalTransfer    *self);
gboolean   u_local_transfer_may_go        (ULocalTransfer    *self);
void       u_local_transfer_note_queue    (ULocalTransfer    *self);
void       u_local_transfer_note_start    (ULocalTransfer    *self);
gboolean   u_local_transfer_look_again    (ULocalTransfer    *self);
gboolean   u_local_transfer_may_start_over (ULocalTransfer   *self);
void       u_local_transfer_give_up_load  (ULocalTransfer    *self);
void       u_local_transfer_break         (ULocalTransfer    *self,
                                           GError            *error);
gboolean   u_local_transfer_wait_after_response (ULocalTransfer *self,
                                           UResponseData     *response);
gboolean   u_local_transfer_try_again     (ULocalTransfer    *self,
                                           const GError      *error,
                                           UResponseData     *response);

/* u-local-transfer-rate.c: how fast */
void       u_local_transfer_init_rate     (ULocalTransfer    *self);
void       u_local_transfer_update_rate   (ULocalTransfer    *self);
gint64     u_local_transfer_limit_credit  (ULocalTransfer    *self,
                                           gint64             credit);

/* u-local-transfer-clock.c: timers and progress */
void       u_local_transfer_init_clock    (ULocalTransfer    *self);
void       u_local_transfer_stop_clock    (ULocalTransfer    *self);
void       u_local_transfer_touch         (ULocalTransfer    *self);
void       u_local_transfer_update_clock  (ULocalTransfer    *self);
void       u_local_transfer_progress      (ULocalTransfer    *self);

/* u-local-transfer-body.c: where the body goes */
guint8    *u_local_transfer_get_buffer    (ULocalTransfer    *self,
                                           gsize             *size);
gboolean   u_local_transfer_check_length  (ULocalTransfer    *self,
                                           gint64             length,
                                           GError           **error);
/* What is in the buffer. */
GBytes    *u_local_transfer_take_chunk    (ULocalTransfer    *self,
                                           gsize              length);
gboolean   u_local_transfer_take_data     (ULocalTransfer    *self,
                                           GBytes            *bytes,
                                           gsize              length,
                                           GError           **error);
GBytes    *u_local_transfer_steal_whole   (ULocalTransfer    *self);
void       u_local_transfer_convert       (ULocalTransfer    *self,
                                           UTransferSpec     *spec);

/* u-local-transfer-parts.c: a body of parts that replace each other */
gboolean   u_local_transfer_begin_parts   (ULocalTransfer    *self);
void       u_local_transfer_drop_parts    (ULocalTransfer    *self);
void       u_local_transfer_take_parts    (ULocalTransfer    *self,
                                           GBytes            *bytes);
void       u_local_transfer_go_on_with_parts (ULocalTransfer *self);
gboolean   u_local_transfer_finish_parts  (ULocalTransfer    *self);

/* u-local-transfer-file.c: the file of a download */
void       u_local_transfer_reopen_file   (ULocalTransfer    *self);
gboolean   u_local_transfer_open_file     (ULocalTransfer    *self,
                                           gint64             expected,
                                           GError           **error);
guint8    *u_local_transfer_get_file_buffer (ULocalTransfer  *self,
                                           gsize             *size);
/* @data: NULL: what was put into the buffer */
gboolean   u_local_transfer_write_file    (ULocalTransfer    *self,
                                           const guint8      *data,
                                           gsize              length,
                                           GError           **error);
void       u_local_transfer_keep_file     (ULocalTransfer    *self);
void       u_local_transfer_finish_file   (ULocalTransfer    *self,
                                           UTransferEvent    *done,
                                           gboolean           keep);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-decision-private.h"
#include "urlsession/task/u-task-signals-private.h"
#include "urlsession/task/u-task.h"
#include "urlsession/transfer/u-progress-private.h"
#include "urlsession/transfer/u-transfer-private.h"

G_BEGIN_DECLS

/* A quarter of what a transfer may have on its way to the application. */
#define U_TASK_CREDIT_STEP (64 * 1024)

/* What a task wants from its session, which lies above it. */
typedef struct
{
  UDispatchQueue *(*get_queue) (USession *session);
  /* NULL with an error when this session carries nothing out. */
  UExecutor *(*get_executor) (USession *session, UTask *task, GError **error);
  /* The session's part of the description. */
  void (*fill_spec) (USession *session, UTransferSpec *spec);
  /* Any thread: from now on the library holds the task. */
  void (*hold) (USession *session, UTask *task);
  /* In the context of the session: the task is over, or will never start. Called at most once. */
  void (*release) (USession *session, UTask *task);
  /* In the context of the session: @task took the place of another one, and runs. */
  void (*adopt) (USession *session, UTask *task);
  guint64 (*next_identifier) (USession *session);
  /* Any thread: whether all tasks are measured. */
  gboolean (*collects_metrics) (USession *session);
  /* Any thread: (nullable) (transfer none), of UProtocol; it does not change. */
  GPtrArray *(*get_protocols) (USession *session);
} UTaskHost;

struct _UTask
{
  GObject parent_instance;

  /* Set at birth, then never changed */
  USession *session;          /* owned */
  const UTaskHost *host;
  UDispatchQueue *queue;      /* owned */
  guint64 identifier;
  URequest *original_request; /* owned, sealed */
  gboolean quiet;             /* of a one-line call of the session: response, data and end go to that alone */

  /* Any thread, under the lock */
  GMutex lock;
  UTaskState state;
  guint suspend_count;
  gboolean started;           /* it was given to the executor, or ended without */
  UTransfer *transfer;        /* owned, nullable */
  GQueue orders;              /* of UConduitOrder, owned: sent before there was a transfer */
  URequest *current_request;  /* owned, sealed */
  UResponse *response;        /* owned, nullable */
  GError *error;              /* owned, nullable */
  char *failing_uri;          /* owned, nullable */
  UTaskMetrics *metrics;      /* owned, nullable */
  char *description;          /* owned, nullable */
  double priority;
  gint64 rate_limit;          /* bytes per second, 0: none */
  UTransferCounts counts;
  UProgress progress;
  gint64 started_at;          /* microseconds since the epoch; 0: not yet */
  double request_timeout;     /* seconds, 0: none; known when it starts */
  GError *birth_error;        /* owned, nullable: it can only fail, with this */
  GError *forced_error;       /* owned, nullable: it was cancelled for this reason */
  UWaitingReason waiting_reason; /* of the transfer */
  UFailureReason failure_reason;
  UProtectionSpaceData *failing_space; /* owned, nullable: the server that was not trusted */
  UServerTrust *failing_trust; /* owned, nullable: the same as an object, once somebody asked for it */

  /* Of the context of the session */
  guint serial;               /* of the last question */
  gboolean gated;             /* a question is open; what comes waits */
  GWeakRef decision;          /* the open question */
  GQueue held;                /* of UTransferEvent, owned */
  GSource *decision_timer;    /* owned, nullable */
  gboolean converting;        /* a download that was a data task: what comes is still for that one */
  gboolean released;          /* the session has forgotten it */
  gboolean has_waited;        /* for a network, and it was said */
  gpointer list_place;        /* the session's, in its list */
  guint redirect_count;
  gint64 owed_credit;         /* bytes that were taken and not given back yet */
};

struct _UTaskClass
{
  GObjectClass parent_class;

  /* Any thread, at the first resume: the subclass's part of the description. FALSE: it cannot be done. */
  gboolean (*fill_spec) (UTask *self, UTransferSpec *spec, GError **error);

  /* In the context of the session; all nullable. */
  void (*resumed_at)  (UTask *self, gint64 offset, gint64 expected);
  void (*responded)   (UTask *self);
  void (*received)    (UTask *self, GBytes *bytes);
  void (*counted)     (UTask *self, const UTransferCounts *before);
  void (*file_ready)  (UTask *self, const char *path);
  void (*news)        (UTask *self, UConduitNews *news);   /* borrowed */
  /* The state is completed; signals follow, then completed(). */
  void (*completing)  (UTask *self, UTransferEvent *event);
  /* After the signal: who waits gets the result. */
  void (*completed)   (UTask *self, UTransferEvent *event);
};

#define U_TASK_CLASS(klass) (G_TYPE_CHECK_CLASS_CAST ((klass), U_TYPE_TASK, UTaskClass))
#define U_TASK_GET_CLASS(obj) (G_TYPE_INSTANCE_GET_CLASS ((obj), U_TYPE_TASK, UTaskClass))

/* u-task.c. Only between g_object_new() and the first use elsewhere. */
void       u_task_setup            (UTask           *self,
                                    USession        *session,
                                    const UTaskHost *host,
                                    URequest        *request,
                                    GError          *birth_error);
void       u_task_set_quiet        (UTask           *self);
gboolean   u_task_has_started      (UTask           *self);
void       u_task_set_state        (UTask           *self,
                                    UTaskState       state);
void       u_task_send_command     (UTask           *self,
                                    const UCommand  *command);
/* Any thread; consumes @order. FALSE: the task is over, nothing will come of it. */
gboolean   u_task_send_order       (UTask           *self,
                                    UConduitOrder   *order);
gboolean   u_task_cancel_with      (UTask           *self,
                                    UCommandKind     kind,
                                    GError          *reason);

/* The public state machine, as a table in u-task.c. */
gboolean   u_task_state_may_follow (UTaskState       from,
                                    UTaskState       to);

/* u-task-properties.c. The notifications are for the context of the session. */
void       u_task_install_properties (GObjectClass   *object_class);
void       u_task_notify_progress  (UTask           *self,
                                    const UTransferCounts *before);
void       u_task_notify_response  (UTask           *self);
void       u_task_notify_request   (UTask           *self);
void       u_task_notify_waiting   (UTask           *self);
void       u_task_notify_end       (UTask           *self);

/* u-task-measures.c. Any thread: whether somebody asks. */
gboolean   u_task_wants_metrics    (UTask           *self);
/* In the context of the session, before and after the last notifications. */
void       u_task_make_metrics     (UTask           *self,
                                    UTransferEvent  *event);
void       u_task_emit_metrics     (UTask           *self);

/* u-task-events.c. Any thread: it happens in the context of the session. */
void       u_task_notify_later     (UTask           *self,
                                    const char      *property);
void       u_task_end_later        (UTask           *self,
                                    GError          *error);
void       u_task_dispose_later    (UTask           *self);
/* u-task-events.c: in the context of the session. */
void       u_task_take_event       (gpointer         owner,
                                    UTransferEvent  *event);
void       u_task_finish           (UTask           *self,
                                    UTransferEvent  *event);
/* Emits the question; until it is answered, events wait. @timeout: seconds, 0 for ever. */
void       u_task_ask              (UTask           *self,
                                    UDecision       *decision,
                                    UTaskSignal      signal,
                                    double           timeout);
/* The answer is there, and was applied. */
void       u_task_ungate           (UTask           *self,
                                    guint            serial);
/* @heir takes over the transfer; @self is completed without a word. */
void       u_task_replace          (UTask           *self,
                                    UTask           *heir);

/* Emits on the task, then on the session. The last argument list may be empty. */
#define u_task_emit(self, signal, ...) \
  G_STMT_START \
    { \
      g_signal_emit ((self), u_task_signal_ids.own[signal], 0, ##__VA_ARGS__); \
      g_signal_emit ((self)->session, u_task_signal_ids.twin[signal], 0, (self), ##__VA_ARGS__); \
    } \
  G_STMT_END

G_END_DECLS

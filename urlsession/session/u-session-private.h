/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/session/u-session.h"
#include "urlsession/session/u-task-list-private.h"
#include "urlsession/storage/u-cookie-jar-private.h"
#include "urlsession/storage/u-credential-store-private.h"
#include "urlsession/storage/u-hsts-store-private.h"

G_BEGIN_DECLS

struct _USession
{
  GObject parent_instance;

  /* Set at construction, then never changed */
  USessionConfiguration *configuration; /* owned, sealed */
  GMainContext *context;      /* owned */
  UDispatchQueue *queue;      /* owned */
  gboolean is_shared;         /* the one of u_session_get_shared() */

  /* Any thread, under the lock */
  GMutex lock;
  char *description;          /* owned, nullable */
  gint64 rate_limit;          /* bytes per second, 0: none */
  guint64 last_identifier;
  GHashTable *tasks;          /* identifier → TaskEntry, owned: those that are not completed */
  UExecutor *executor;        /* owned, nullable: made with the first task that runs, let go when it is invalid */
  gboolean invalidating;      /* makes no more tasks */
  gboolean invalid;           /* said so, too, or is about to */

  GMutex stores_lock;
  UHstsStore *hsts;           /* owned, nullable: made when first needed; under its lock */

  /* Of the context of the session */
  UTaskList *list;            /* owned */
};

/* u-session.c */
enum {
  U_SESSION_TASK_CREATED,
  U_SESSION_INVALIDATED,
  U_SESSION_N_SIGNALS,
};

extern guint u_session_signals[U_SESSION_N_SIGNALS];

/* u-session-signals.c: the twins of the signals of tasks, with their documentation. */
void     u_session_install_twins (void);

/* u-session-tasks.c */
extern const UTaskHost u_session_task_host;

void     u_session_init_tasks    (USession *self);
void     u_session_clear_tasks   (USession *self);
/* A new task takes its place among those of the session. */
void     u_session_add_task      (USession *self,
                                  UTask    *task);
/* (transfer full) (nullable): why this session makes no tasks that work. */
GError  *u_session_get_refusal   (USession *self);

/* u-session-stores.c; any thread */
UCookieJar       *u_session_ref_jar         (USession *self);
UCredentialStore *u_session_ref_credentials (USession *self);
UHstsStore       *u_session_ref_hsts        (USession *self);
void              u_session_purge_stores    (USession *self);

/* u-session.c. In the context of the session: a task is gone, or the session is to become invalid. */
void     u_session_check_invalid (USession *self);

G_END_DECLS

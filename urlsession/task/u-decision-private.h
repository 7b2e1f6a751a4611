/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-decision.h"

G_BEGIN_DECLS

/* A question that a signal carries, and its one answer. What an answer means is up to the subclass: a number, and with
 * some of them what goes with it. */
struct _UDecision
{
  GObject parent_instance;

  UTask *task;                /* owned */
  guint serial;               /* which question of the task this is */
  GMutex lock;                /* of what follows */
  gboolean offering;          /* its signal is being emitted: the answer is looked at when that returns */
  GThread *thread;            /* not owned; that of the emission */
  guint signal_id;            /* of the emission that runs; 0: none */
  gpointer instance;          /* not owned; of that emission */
  gboolean answered;
  gboolean by_default;        /* nobody answered: the default was taken */
  gboolean over;              /* the task ended first */
  int answer;
  gpointer payload;           /* owned, nullable; of the answer */
};

struct _UDecisionClass
{
  GObjectClass parent_class;

  const char *question;       /* for messages: "redirect", ... */
  int default_answer;
  GDestroyNotify free_payload; /* nullable: its answers are bare numbers */
  /* In the context of the session, once, unless the task ended first. @self: NULL when it was dropped unanswered */
  void (*apply) (UDecision *self, UTask *task, int answer, gpointer payload);
  /* Nullable; in the context of the session: who is asked before the handlers of the task. 0: nobody */
  guint (*get_first_signal) (UDecision *self);
};

#define U_DECISION_CLASS(klass) (G_TYPE_CHECK_CLASS_CAST ((klass), U_TYPE_DECISION, UDecisionClass))
#define U_DECISION_GET_CLASS(obj) (G_TYPE_INSTANCE_GET_CLASS ((obj), U_TYPE_DECISION, UDecisionClass))

/* The terminal call of a subclass, on any thread. @payload: (nullable) (transfer full) */
void     u_decision_answer (UDecision    *self,
                            int           answer,
                            gpointer      payload);

/* In the context of the session. Emits; returns FALSE while the answer is still to come. */
gboolean u_decision_offer  (UDecision    *self,
                            guint         serial,
                            guint         signal);
/* The task ended before there was an answer. */
void     u_decision_expire (UDecision    *self);

/* For signals that carry a decision: TRUE from a handler ends the emission. */
gboolean u_decision_accumulator (GSignalInvocationHint *hint,
                                 GValue                *accumulated,
                                 const GValue          *returned,
                                 gpointer               data);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-decision.h"

#include "urlsession/base/u-notify-private.h"
#include "urlsession/task/u-decision-private.h"
#include "urlsession/task/u-task-private.h"

/**
 * UDecision:
 *
 * A question that a signal of a task carries.
 *
 * A handler of such a signal has three ways:
 *
 * - It answers at once, with one of the methods of the object. That ends the emission, whatever the handler returns.
 * - It returns %TRUE, keeps a reference, and answers later, from any thread. Until then the task waits.
 * - It returns %FALSE. When every handler of the task and of its session does, the safe default is taken.
 *
 * There is one answer: a second one has no effect. An object that is dropped without an answer takes the default, but
 * with a garbage collector that may be late.
 *
 * When the task ends before there was an answer, [signal@Decision::cancelled] is emitted, so that a dialog can close.
 */

enum {
  PROP_0,
  PROP_TASK,
  PROP_ANSWERED,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

enum {
  CANCELLED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_ABSTRACT_TYPE (UDecision, u_decision, G_TYPE_OBJECT)

typedef struct
{
  UEvent event;
  UTask *task;                /* owned */
  UDecision *decision;        /* owned; NULL: the object is gone */
  UDecisionClass *klass;      /* not owned: static */
  guint serial;
} AnswerEvent;

static void
answer_event_free (UEvent *event)
{
  AnswerEvent *self = (AnswerEvent *) event;

  g_clear_object (&self->decision);
  g_object_unref (self->task);
  g_free (self);
}

static void
apply (UDecision *self)
{
  UDecisionClass *klass = U_DECISION_GET_CLASS (self);

  u_notify (self, props[PROP_ANSWERED]);
  klass->apply (self, self->task, self->answer, self->payload);
  u_task_ungate (self->task, self->serial);
}

static void
answer_event_dispatch (UEvent *event)
{
  AnswerEvent *self = (AnswerEvent *) event;

  if (self->task->gated && self->task->serial == self->serial)
    {
      if (self->decision != NULL)
        {
          apply (self->decision);
        }
      else
        {
          g_warning ("The %s decision of task %" G_GUINT64_FORMAT " was dropped without an answer: the default is "
                     "taken.", self->klass->question, self->task->identifier);
          self->klass->apply (NULL, self->task, self->klass->default_answer, NULL);
          u_task_ungate (self->task, self->serial);
        }
    }
  answer_event_free (event);
}

static void
post_answer (UTask *task, UDecision *decision, UDecisionClass *klass, guint serial)
{
  AnswerEvent *event = g_new0 (AnswerEvent, 1);

  event->event.dispatch = answer_event_dispatch;
  event->event.discard = answer_event_free;
  event->task = g_object_ref (task);
  event->decision = decision != NULL ? g_object_ref (decision) : NULL;
  event->klass = klass;
  event->serial = serial;
  u_dispatch_queue_push (task->queue, &event->event);
}

static void
u_decision_dispose (GObject *object)
{
  UDecision *self = U_DECISION (object);

  /* Not here and now: a garbage collector may be at work, in which no callback can run. */
  if (self->task != NULL && !self->answered && !self->over)
    post_answer (self->task, NULL, U_DECISION_GET_CLASS (self), self->serial);
  self->over = TRUE;

  G_OBJECT_CLASS (u_decision_parent_class)->dispose (object);
}

static void
free_payload (UDecision *self, gpointer payload)
{
  if (payload != NULL)
    U_DECISION_GET_CLASS (self)->free_payload (payload);
}

static void
u_decision_finalize (GObject *object)
{
  UDecision *self = U_DECISION (object);

  g_clear_object (&self->task);
  free_payload (self, g_steal_pointer (&self->payload));
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_decision_parent_class)->finalize (object);
}

static void
u_decision_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UDecision *self = U_DECISION (object);

  switch (prop_id)
    {
    case PROP_TASK:
      g_value_set_object (value, self->task);
      break;
    case PROP_ANSWERED:
      g_value_set_boolean (value, u_decision_is_answered (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_decision_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UDecision *self = U_DECISION (object);

  switch (prop_id)
    {
    case PROP_TASK:
      self->task = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_decision_class_init (UDecisionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = u_decision_dispose;
  object_class->finalize = u_decision_finalize;
  object_class->get_property = u_decision_get_property;
  object_class->set_property = u_decision_set_property;

  /**
   * UDecision:task: (getter get_task)
   *
   * The task that waits for the answer.
   */
  props[PROP_TASK] =
    g_param_spec_object ("task", NULL, NULL, U_TYPE_TASK,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * UDecision:answered: (getter is_answered)
   *
   * Whether there was an answer, or the default was taken.
   */
  props[PROP_ANSWERED] =
    g_param_spec_boolean ("answered", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * UDecision::cancelled:
   * @self: the decision
   *
   * Emitted in the context of the session when the task ended before there was an answer. Nothing waits for one any
   * more.
   */
  signals[CANCELLED] =
    g_signal_new ("cancelled", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
u_decision_init (UDecision *self)
{
  g_mutex_init (&self->lock);
}

gboolean
u_decision_accumulator (GSignalInvocationHint *hint, GValue *accumulated, const GValue *returned, gpointer data)
{
  gboolean handled = g_value_get_boolean (returned);

  g_value_set_boolean (accumulated, handled);

  return !handled;
}

void
u_decision_answer (UDecision *self, int answer, gpointer payload)
{
  gboolean stop = FALSE;
  gboolean post = FALSE;
  guint signal_id = 0;
  gpointer instance = NULL;

  /* One that a language binding made, not a task. */
  if (self->task == NULL)
    {
      g_critical ("No task asked the %s decision: there is nobody to answer.", U_DECISION_GET_CLASS (self)->question);
      free_payload (self, payload);
      return;
    }

  g_mutex_lock (&self->lock);
  if (self->answered || self->over)
    {
      const char *question = U_DECISION_GET_CLASS (self)->question;
      gboolean by_default = self->by_default;
      gboolean over = self->over;

      g_mutex_unlock (&self->lock);
      free_payload (self, payload);
      if (by_default)
        g_warning ("The answer to the %s decision comes too late: no handler returned TRUE, so the default was taken.",
                   question);
      else if (!over)
        g_debug ("There was an answer to the %s decision already.", question);
      return;
    }
  self->answered = TRUE;
  self->answer = answer;
  self->payload = payload;
  if (self->offering)
    {
      stop = self->thread == g_thread_self ();
      signal_id = self->signal_id;
      instance = self->instance;
    }
  else
    {
      post = TRUE;
    }
  g_mutex_unlock (&self->lock);

  if (stop && signal_id != 0)
    g_signal_stop_emission (instance, signal_id, 0);
  if (post)
    post_answer (self->task, self, U_DECISION_GET_CLASS (self), self->serial);
}

static gboolean
emit_one (UDecision *self, gpointer instance, guint signal_id, gboolean is_twin)
{
  gboolean handled = FALSE;

  g_mutex_lock (&self->lock);
  self->signal_id = signal_id;
  self->instance = instance;
  g_mutex_unlock (&self->lock);

  if (is_twin)
    g_signal_emit (instance, signal_id, 0, self->task, self, &handled);
  else
    g_signal_emit (instance, signal_id, 0, self, &handled);

  g_mutex_lock (&self->lock);
  self->signal_id = 0;
  self->instance = NULL;
  handled = handled || self->answered;
  g_mutex_unlock (&self->lock);

  return handled;
}

gboolean
u_decision_offer (UDecision *self, guint serial, guint signal)
{
  UDecisionClass *klass = U_DECISION_GET_CLASS (self);
  guint first = klass->get_first_signal != NULL ? klass->get_first_signal (self) : 0;
  gboolean handled;
  gboolean settled;

  self->serial = serial;
  g_mutex_lock (&self->lock);
  self->offering = TRUE;
  self->thread = g_thread_self ();
  g_mutex_unlock (&self->lock);

  handled = (first != 0 && emit_one (self, self->task->session, first, TRUE)) ||
            emit_one (self, self->task, u_task_signal_ids.own[signal], FALSE) ||
            emit_one (self, self->task->session, u_task_signal_ids.twin[signal], TRUE);

  g_mutex_lock (&self->lock);
  self->offering = FALSE;
  self->thread = NULL;
  if (!handled && !self->answered && !self->over)
    {
      self->answered = TRUE;
      self->by_default = TRUE;
      self->answer = klass->default_answer;
    }
  settled = self->answered && !self->over;
  g_mutex_unlock (&self->lock);

  if (settled)
    apply (self);

  return settled;
}

void
u_decision_expire (UDecision *self)
{
  gboolean was_open;

  g_mutex_lock (&self->lock);
  was_open = !self->answered && !self->over;
  self->over = TRUE;
  g_mutex_unlock (&self->lock);

  if (was_open)
    {
      u_notify (self, props[PROP_ANSWERED]);
      g_signal_emit (self, signals[CANCELLED], 0);
    }
}

/**
 * u_decision_get_task:
 * @self: a decision
 *
 * Gets the task that waits for the answer.
 *
 * May be called from any thread; the decision holds the task.
 *
 * Returns: (transfer none): the task
 */
UTask *
u_decision_get_task (UDecision *self)
{
  g_return_val_if_fail (U_IS_DECISION (self), NULL);

  return self->task;
}

/**
 * u_decision_is_answered: (get-property answered)
 * @self: a decision
 *
 * Gets whether there was an answer, or the default was taken.
 *
 * May be called from any thread.
 *
 * Returns: %TRUE if an answer would have no effect
 */
gboolean
u_decision_is_answered (UDecision *self)
{
  gboolean answered;

  g_return_val_if_fail (U_IS_DECISION (self), FALSE);

  g_mutex_lock (&self->lock);
  answered = self->answered || self->over;
  g_mutex_unlock (&self->lock);

  return answered;
}

/**
 * u_decision_use_default:
 * @self: a decision
 *
 * Answers with what would have happened if nobody had listened.
 *
 * May be called from any thread.
 */
void
u_decision_use_default (UDecision *self)
{
  g_return_if_fail (U_IS_DECISION (self));

  u_decision_answer (self, U_DECISION_GET_CLASS (self)->default_answer, NULL);
}

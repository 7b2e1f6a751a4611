/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session.h"

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-notify-private.h"
#include "urlsession/session/u-session-configuration-private.h"
#include "urlsession/session/u-session-private.h"

/**
 * USession:
 *
 * A group of transfers with one configuration, and where they are made.
 *
 * For a request and its answer there are one-line calls: [method@Session.data_async], [method@Session.json_async],
 * [method@Session.open_async], [method@Session.download_async]. For more there are tasks, which tell what happens by
 * signals: [method@Session.create_data_task], [method@Session.create_download_task].
 *
 * All signals of a session and of its tasks are emitted in one main context, in order and never two at a time: the one
 * that was thread-default where the session was made. The work itself is done on threads of the library: however busy
 * the main loop is, transfers go on, and no call here blocks. Any method may be called from any thread.
 *
 * A session that is dropped while tasks run stays until they are done; one without running tasks goes at once. It need
 * not be invalidated.
 */

enum {
  PROP_0,
  PROP_CONFIGURATION,
  PROP_DESCRIPTION,
  PROP_MAIN_CONTEXT,
  PROP_RATE_LIMIT,
  PROP_TASKS,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

guint u_session_signals[U_SESSION_N_SIGNALS];

G_DEFINE_FINAL_TYPE (USession, u_session, G_TYPE_OBJECT)

static void
u_session_constructed (GObject *object)
{
  USession *self = U_SESSION (object);
  g_autoptr (USessionConfiguration) given = g_steal_pointer (&self->configuration);

  G_OBJECT_CLASS (u_session_parent_class)->constructed (object);

  if (given == NULL)
    given = u_session_configuration_new ();
  self->configuration = u_session_configuration_dup_sealed (given);
  if (self->context == NULL)
    self->context = g_main_context_ref_thread_default ();
  self->queue = u_dispatch_queue_new (self->context);
  u_session_init_tasks (self);
}

static void
u_session_finalize (GObject *object)
{
  USession *self = U_SESSION (object);

  u_session_clear_tasks (self);
  u_session_purge_stores (self);
  g_clear_pointer (&self->hsts, u_hsts_store_unref);
  u_dispatch_queue_close (self->queue);
  u_dispatch_queue_unref (self->queue);
  g_main_context_unref (self->context);
  g_object_unref (self->configuration);
  g_free (self->description);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->stores_lock);

  G_OBJECT_CLASS (u_session_parent_class)->finalize (object);
}

static void
u_session_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  USession *self = U_SESSION (object);

  switch (prop_id)
    {
    case PROP_CONFIGURATION:
      g_value_set_object (value, self->configuration);
      break;
    case PROP_DESCRIPTION:
      g_value_take_string (value, u_session_dup_description (self));
      break;
    case PROP_MAIN_CONTEXT:
      g_value_set_boxed (value, self->context);
      break;
    case PROP_RATE_LIMIT:
      g_value_set_int64 (value, u_session_get_rate_limit (self));
      break;
    case PROP_TASKS:
      g_value_set_object (value, self->list);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_session_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  USession *self = U_SESSION (object);

  switch (prop_id)
    {
    case PROP_CONFIGURATION:
      self->configuration = g_value_dup_object (value);
      break;
    case PROP_DESCRIPTION:
      u_session_set_description (self, g_value_get_string (value));
      break;
    case PROP_MAIN_CONTEXT:
      self->context = g_value_dup_boxed (value);
      break;
    case PROP_RATE_LIMIT:
      u_session_set_rate_limit (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_session_class_init (USessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = u_session_constructed;
  object_class->finalize = u_session_finalize;
  object_class->get_property = u_session_get_property;
  object_class->set_property = u_session_set_property;

  /**
   * USession:configuration: (getter get_configuration)
   *
   * What the session was made with: a sealed copy. %NULL at construction stands for a default configuration.
   */
  props[PROP_CONFIGURATION] =
    g_param_spec_object ("configuration", NULL, NULL, U_TYPE_SESSION_CONFIGURATION,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * USession:description: (getter dup_description) (setter set_description)
   *
   * A text of the application's own.
   */
  props[PROP_DESCRIPTION] =
    g_param_spec_string ("description", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * USession:main-context: (getter get_main_context)
   *
   * Where all signals of the session and its tasks are emitted. %NULL at construction stands for the thread-default
   * context of that moment.
   */
  props[PROP_MAIN_CONTEXT] =
    g_param_spec_boxed ("main-context", NULL, NULL, G_TYPE_MAIN_CONTEXT,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * USession:rate-limit: (getter get_rate_limit) (setter set_rate_limit)
   *
   * At most so many bytes of bodies are sent, and as many received, per second by all tasks of the session together; 0
   * for no limit.
   *
   * It may be changed at any time. The tasks that want more than there is get equal parts.
   */
  props[PROP_RATE_LIMIT] =
    g_param_spec_int64 ("rate-limit", NULL, NULL, 0, G_MAXINT64, 0,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * USession:tasks: (getter get_tasks)
   *
   * The tasks that are not completed, as a list model of [class@Task].
   *
   * It changes in the context of the session only, and may be read only there. A task that was never resumed is in it
   * as long as somebody else holds it.
   */
  props[PROP_TASKS] =
    g_param_spec_object ("tasks", NULL, NULL, G_TYPE_LIST_MODEL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * USession::task-created:
   * @self: the session
   * @task: the new task
   *
   * Emitted for every new task, those of one-line calls included.
   *
   * When a task is made in the context of the session, this is emitted before the call returns; else it is the first
   * thing that happens there with the task.
   */
  u_session_signals[U_SESSION_TASK_CREATED] =
    g_signal_new ("task-created", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                  U_TYPE_TASK);
  /**
   * USession::invalidated:
   * @self: the session
   * @error: (nullable): why, %NULL if the application asked for it
   *
   * Emitted once, as the last signal of a session that was invalidated, when its last task is over.
   */
  u_session_signals[U_SESSION_INVALIDATED] =
    g_signal_new ("invalidated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                  G_TYPE_ERROR);
  u_session_install_twins ();
}

static void
u_session_init (USession *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->stores_lock);
}

/**
 * u_session_new: (constructor)
 * @configuration: (nullable): what the session decides, copied; %NULL for the default
 *
 * Makes a session whose signals arrive in the thread-default main context of this call.
 *
 * Returns: (transfer full): a session
 */
USession *
u_session_new (USessionConfiguration *configuration)
{
  return g_object_new (U_TYPE_SESSION, "configuration", configuration, NULL);
}

/**
 * u_session_new_with_context: (constructor)
 * @configuration: (nullable): what the session decides, copied; %NULL for the default
 * @context: (nullable): where signals arrive, %NULL for the thread-default main context of this call
 *
 * Makes a session whose signals arrive in a certain main context.
 *
 * Returns: (transfer full): a session
 */
USession *
u_session_new_with_context (USessionConfiguration *configuration, GMainContext *context)
{
  return g_object_new (U_TYPE_SESSION, "configuration", configuration, "main-context", context, NULL);
}

/**
 * u_session_get_shared:
 *
 * Gets the session of the process for simple requests.
 *
 * It has the default configuration, its signals arrive in the global default main context, and it cannot be
 * invalidated.
 *
 * Returns: (transfer none): the shared session
 */
USession *
u_session_get_shared (void)
{
  static gsize shared;

  if (g_once_init_enter (&shared))
    {
      USession *session = u_session_new_with_context (NULL, g_main_context_default ());

      session->is_shared = TRUE;
      g_once_init_leave (&shared, (gsize) session);
    }

  return (USession *) shared;
}

/**
 * u_session_get_configuration: (get-property configuration)
 * @self: a session
 *
 * Gets what the session was made with: a sealed copy, always the same one.
 *
 * Returns: (transfer none): the configuration
 */
USessionConfiguration *
u_session_get_configuration (USession *self)
{
  g_return_val_if_fail (U_IS_SESSION (self), NULL);

  return self->configuration;
}

/**
 * u_session_get_main_context: (get-property main-context)
 * @self: a session
 *
 * Gets where signals are emitted.
 *
 * Returns: (transfer none): the main context
 */
GMainContext *
u_session_get_main_context (USession *self)
{
  g_return_val_if_fail (U_IS_SESSION (self), NULL);

  return self->context;
}

/**
 * u_session_dup_description: (get-property description)
 * @self: a session
 *
 * Gets the text that the application gave the session.
 *
 * Returns: (transfer full) (nullable): a copy of the text
 */
char *
u_session_dup_description (USession *self)
{
  char *description;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);

  g_mutex_lock (&self->lock);
  description = g_strdup (self->description);
  g_mutex_unlock (&self->lock);

  return description;
}

typedef struct
{
  UEvent event;
  USession *session;          /* owned */
} SessionEvent;

static void
session_event_free (UEvent *event)
{
  g_object_unref (((SessionEvent *) event)->session);
  g_free (event);
}

static void
post (USession *self, void (*dispatch) (UEvent *))
{
  SessionEvent *event = g_new0 (SessionEvent, 1);

  event->event.dispatch = dispatch;
  event->event.discard = session_event_free;
  event->session = g_object_ref (self);
  u_dispatch_queue_push (self->queue, &event->event);
}

static void
notify_description (UEvent *event)
{
  u_notify (((SessionEvent *) event)->session, props[PROP_DESCRIPTION]);
  session_event_free (event);
}

/**
 * u_session_set_description: (set-property description)
 * @self: a session
 * @description: (nullable): a text
 *
 * Sets a text of the application's own. The change is notified in the context of the session.
 */
void
u_session_set_description (USession *self, const char *description)
{
  gboolean changed;

  g_return_if_fail (U_IS_SESSION (self));

  g_mutex_lock (&self->lock);
  changed = g_strcmp0 (self->description, description) != 0;
  if (changed)
    {
      g_free (self->description);
      self->description = g_strdup (description);
    }
  g_mutex_unlock (&self->lock);

  if (changed)
    post (self, notify_description);
}

/**
 * u_session_get_rate_limit: (get-property rate-limit)
 * @self: a session
 *
 * Gets how fast all tasks together may be.
 *
 * Returns: bytes per second, 0 for no limit
 */
gint64
u_session_get_rate_limit (USession *self)
{
  gint64 rate_limit;

  g_return_val_if_fail (U_IS_SESSION (self), 0);

  g_mutex_lock (&self->lock);
  rate_limit = self->rate_limit;
  g_mutex_unlock (&self->lock);

  return rate_limit;
}

static void
notify_rate_limit (UEvent *event)
{
  u_notify (((SessionEvent *) event)->session, props[PROP_RATE_LIMIT]);
  session_event_free (event);
}

/**
 * u_session_set_rate_limit: (set-property rate-limit)
 * @self: a session
 * @rate_limit: bytes per second, 0 for no limit
 *
 * Sets how fast all tasks together may be, from now on; see [property@Session:rate-limit].
 *
 * May be called from any thread, at any time.
 */
void
u_session_set_rate_limit (USession *self, gint64 rate_limit)
{
  gboolean changed;

  g_return_if_fail (U_IS_SESSION (self));
  g_return_if_fail (rate_limit >= 0);

  g_mutex_lock (&self->lock);
  changed = self->rate_limit != rate_limit;
  self->rate_limit = rate_limit;
  if (changed && self->executor != NULL)
    self->executor->klass->set_rate_limit (self->executor, rate_limit);
  g_mutex_unlock (&self->lock);

  if (changed)
    post (self, notify_rate_limit);
}

/**
 * u_session_get_tasks: (get-property tasks)
 * @self: a session
 *
 * Gets the tasks that are not completed, as a list model of [class@Task].
 *
 * It may be used in the context of the session only; [method@Session.dup_tasks] works anywhere.
 *
 * Returns: (transfer none): a list model
 */
GListModel *
u_session_get_tasks (USession *self)
{
  g_return_val_if_fail (U_IS_SESSION (self), NULL);

  return G_LIST_MODEL (self->list);
}

/* ---- The end ---- */

static void
emit_invalidated (UEvent *event)
{
  USession *self = ((SessionEvent *) event)->session;
  UExecutor *executor;

  g_mutex_lock (&self->lock);
  executor = g_steal_pointer (&self->executor);
  g_mutex_unlock (&self->lock);
  if (executor != NULL)
    executor->klass->free (executor);
  u_session_purge_stores (self);

  g_signal_emit (self, u_session_signals[U_SESSION_INVALIDATED], 0, NULL);
  session_event_free (event);
}

void
u_session_check_invalid (USession *self)
{
  gboolean now;

  g_mutex_lock (&self->lock);
  now = self->invalidating && !self->invalid && g_hash_table_size (self->tasks) == 0;
  if (now)
    self->invalid = TRUE;
  g_mutex_unlock (&self->lock);

  if (now)
    post (self, emit_invalidated);
}

static void
check_invalid (UEvent *event)
{
  u_session_check_invalid (((SessionEvent *) event)->session);
  session_event_free (event);
}

/**
 * u_session_finish_tasks_and_invalidate:
 * @self: a session
 *
 * Lets the session make no more tasks, and become invalid when those that it has are over, also those that were not
 * resumed yet.
 *
 * [signal@Session::invalidated] tells when. A task that is made afterwards fails with `U_ERROR_SESSION_INVALIDATED`.
 * For the shared session this does nothing. May be called from any thread.
 */
void
u_session_finish_tasks_and_invalidate (USession *self)
{
  g_return_if_fail (U_IS_SESSION (self));

  if (self->is_shared)
    return;

  g_mutex_lock (&self->lock);
  self->invalidating = TRUE;
  g_mutex_unlock (&self->lock);
  post (self, check_invalid);
}

/**
 * u_session_invalidate_and_cancel:
 * @self: a session
 *
 * Cancels all tasks, then lets the session become invalid.
 *
 * [signal@Session::invalidated] comes after the last task has completed. For the shared session this does nothing. May
 * be called from any thread.
 */
void
u_session_invalidate_and_cancel (USession *self)
{
  UTask **tasks;
  gsize n_tasks;

  g_return_if_fail (U_IS_SESSION (self));

  if (self->is_shared)
    return;

  g_mutex_lock (&self->lock);
  self->invalidating = TRUE;
  g_mutex_unlock (&self->lock);

  tasks = u_session_dup_tasks (self, &n_tasks);
  for (gsize i = 0; i < n_tasks; i++)
    {
      u_task_cancel (tasks[i]);
      g_object_unref (tasks[i]);
    }
  g_free (tasks);
  post (self, check_invalid);
}

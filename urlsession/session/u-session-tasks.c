/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/message/u-headers-private.h"
#include "urlsession/auth/u-transport-security-private.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-retry-policy-private.h"
#include "urlsession/session/u-session-configuration-private.h"
#include "urlsession/session/u-session-private.h"
#include "urlsession/task/u-data-task-private.h"
#include "urlsession/task/u-download-task-private.h"
#include "urlsession/task/u-protocol-private.h"
#include "urlsession/transfer/u-local-executor-private.h"

/* Connections of one session at one time, to all hosts together. */
#define MAX_CONNECTIONS 32

/* A task that was never resumed belongs to its maker alone; one that was, to the session as well. */
typedef struct
{
  guint64 identifier;         /* the key */
  GWeakRef weak;
  UTask *held;                /* owned, nullable */
} TaskEntry;

static void
task_entry_free (gpointer data)
{
  TaskEntry *entry = data;

  g_weak_ref_clear (&entry->weak);
  g_free (entry);
}

void
u_session_init_tasks (USession *self)
{
  self->tasks = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, task_entry_free);
  self->list = u_task_list_new ();
}

void
u_session_clear_tasks (USession *self)
{
  g_assert (g_hash_table_size (self->tasks) == 0);

  g_hash_table_unref (self->tasks);
  g_object_unref (self->list);
  if (self->executor != NULL)
    self->executor->klass->free (self->executor);
}

GError *
u_session_get_refusal (USession *self)
{
  gboolean invalidating;

  g_mutex_lock (&self->lock);
  invalidating = self->invalidating;
  g_mutex_unlock (&self->lock);

  if (invalidating)
    return g_error_new_literal (U_ERROR, U_ERROR_SESSION_INVALIDATED,
                                "The session was invalidated: make the task with another one.");
  if (u_session_configuration_is_background (self->configuration))
    return g_error_new_literal (U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION,
                                "Background sessions are not available in this version: use a default session.");

  return NULL;
}

/* ---- What tasks want ---- */

static UDispatchQueue *
get_queue (USession *self)
{
  return self->queue;
}

static guint64
next_identifier (USession *self)
{
  guint64 identifier;

  g_mutex_lock (&self->lock);
  identifier = ++self->last_identifier;
  g_mutex_unlock (&self->lock);

  return identifier;
}

/* Called with the lock held. */
static UExecutor *
make_executor (USession *self)
{
  USessionConfiguration *configuration = self->configuration;
  g_autoptr (UTlsRules) rules = u_transport_security_ref_rules (configuration->transport_security);
  g_autoptr (UCookieJar) jar = u_session_ref_jar (self);
  g_autoptr (UCredentialStore) credentials = u_session_ref_credentials (self);
  g_autoptr (UHstsStore) hsts = u_session_ref_hsts (self);
  UExecutorSettings settings = {
    .loader = {
      .max_connections_per_host = configuration->max_connections_per_host,
      .max_connections = MAX_CONNECTIONS,
      .tls_database = configuration->tls_database,
      .tls_rules = rules,
      .proxy_resolver = configuration->proxy_resolver,
      .http1_only = configuration->uses_http1_only,
    },
    .cookies = jar,
    .cookie_policy = configuration->cookie_accept_policy,
    .sends_cookies = configuration->sends_cookies,
    .hsts = hsts,
    .credentials = credentials,
    .rate_limit = self->rate_limit,
    .protocols = u_protocol_port_get (),
    .has_own_protocols = configuration->protocols->len > 0,
  };

  return u_local_executor_new (&settings, self->context);
}

static UExecutor *
get_executor (USession *self, UTask *task, GError **error)
{
  UExecutor *executor;

  g_mutex_lock (&self->lock);
  if (self->executor == NULL)
    {
      self->executor = make_executor (self);
    }
  executor = self->executor;
  g_mutex_unlock (&self->lock);

  if (executor->klass->is_lost (executor))
    {
      g_set_error_literal (error, U_ERROR, U_ERROR_SESSION_INVALIDATED,
                           "The session was used before fork() and does not work in the child: make a new one there.");
      return NULL;
    }

  return executor;
}

static void
fill_spec (USession *self, UTransferSpec *spec)
{
  spec->headers = u_headers_dup_list (u_session_configuration_get_headers (self->configuration));
  spec->request_timeout = u_session_configuration_get_request_timeout (self->configuration);
  spec->resource_timeout = u_session_configuration_get_resource_timeout (self->configuration);
  spec->waits_for_connectivity = self->configuration->waits_for_connectivity;
  spec->allows_cellular_access = self->configuration->allows_cellular_access;
  spec->allows_expensive_access = self->configuration->allows_expensive_access;
  spec->allows_constrained_access = self->configuration->allows_constrained_access;
  if (self->configuration->retry_policy != NULL)
    spec->retry = u_retry_policy_ref_rules (self->configuration->retry_policy);
}

static gboolean
collects_metrics (USession *self)
{
  return u_session_configuration_get_collects_metrics (self->configuration);
}

static GPtrArray *
get_protocols (USession *self)
{
  return self->configuration->protocols;
}

/* Called with the lock held. */
static TaskEntry *
add_entry (USession *self, UTask *task)
{
  TaskEntry *entry = g_new0 (TaskEntry, 1);

  entry->identifier = task->identifier;
  g_weak_ref_init (&entry->weak, task);
  g_hash_table_insert (self->tasks, &entry->identifier, entry);

  return entry;
}

static void
hold (USession *self, UTask *task)
{
  TaskEntry *entry;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->tasks, &task->identifier);
  /* Somebody found it in the list just when its last reference went in another thread. */
  if (entry == NULL)
    entry = add_entry (self, task);
  if (entry->held == NULL)
    entry->held = g_object_ref (task);
  g_mutex_unlock (&self->lock);
}

static void
release (USession *self, UTask *task)
{
  g_autoptr (UTask) held = NULL;
  TaskEntry *entry;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->tasks, &task->identifier);
  if (entry != NULL)
    {
      held = g_steal_pointer (&entry->held);
      g_hash_table_remove (self->tasks, &task->identifier);
    }
  g_mutex_unlock (&self->lock);

  u_task_list_remove (self->list, task);
  u_session_check_invalid (self);
}

static void
adopt (USession *self, UTask *task)
{
  u_session_add_task (self, task);
  hold (self, task);
}

const UTaskHost u_session_task_host = {
  .get_queue = get_queue,
  .get_executor = get_executor,
  .fill_spec = fill_spec,
  .hold = hold,
  .release = release,
  .adopt = adopt,
  .next_identifier = next_identifier,
  .collects_metrics = collects_metrics,
  .get_protocols = get_protocols,
};

/* ---- Making tasks ---- */

static void
announce (USession *self, UTask *task)
{
  u_task_list_add (self->list, task);
  g_signal_emit (self, u_session_signals[U_SESSION_TASK_CREATED], 0, task);
}

typedef struct
{
  UEvent event;
  UTask *task;                /* owned */
} CreatedEvent;

static void
created_event_discard (UEvent *event)
{
  g_object_unref (((CreatedEvent *) event)->task);
  g_free (event);
}

static void
created_event_dispatch (UEvent *event)
{
  UTask *task = ((CreatedEvent *) event)->task;

  announce (task->session, task);
  created_event_discard (event);
}

void
u_session_add_task (USession *self, UTask *task)
{
  gboolean acquired;

  g_mutex_lock (&self->lock);
  add_entry (self, task);
  g_mutex_unlock (&self->lock);

  if (u_dispatch_queue_enter (self->queue, &acquired))
    {
      announce (self, task);
      u_dispatch_queue_leave (self->queue, acquired);
    }
  else
    {
      CreatedEvent *event = g_new0 (CreatedEvent, 1);

      event->event.dispatch = created_event_dispatch;
      event->event.discard = created_event_discard;
      event->task = g_object_ref (task);
      u_dispatch_queue_push (self->queue, &event->event);
    }
}

static int
compare_identifiers (gconstpointer a, gconstpointer b)
{
  guint64 first = (*(UTask * const *) a)->identifier;
  guint64 second = (*(UTask * const *) b)->identifier;

  return first < second ? -1 : first > second;
}

/**
 * u_session_dup_tasks:
 * @self: a session
 * @n_tasks: (out): the number of tasks
 *
 * Gets the tasks that are not completed, in the order in which they were made.
 *
 * May be called from any thread; the result is right at the moment of the call.
 *
 * Returns: (transfer full) (array length=n_tasks): the tasks
 */
UTask **
u_session_dup_tasks (USession *self, gsize *n_tasks)
{
  g_autoptr (GPtrArray) tasks = NULL;
  GHashTableIter iter;
  gpointer value;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (n_tasks != NULL, NULL);

  tasks = g_ptr_array_new ();
  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->tasks);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      TaskEntry *entry = value;
      UTask *task = entry->held != NULL ? g_object_ref (entry->held) : g_weak_ref_get (&entry->weak);

      if (task != NULL)
        g_ptr_array_add (tasks, task);
    }
  g_mutex_unlock (&self->lock);
  g_ptr_array_sort (tasks, compare_identifiers);

  return (UTask **) g_ptr_array_steal (tasks, n_tasks);
}

/**
 * u_session_create_data_task:
 * @self: a session
 * @request: what to load, copied
 *
 * Makes a task whose body goes to the application.
 *
 * It begins suspended: connect to its signals, then call [method@Task.resume]. This never fails; what is wrong with the
 * request or the session is the error of the task.
 *
 * Returns: (transfer full): a task
 */
UDataTask *
u_session_create_data_task (USession *self, URequest *request)
{
  UDataTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);

  task = u_data_task_new (self, &u_session_task_host, request, u_session_get_refusal (self));
  u_session_add_task (self, U_TASK (task));

  return task;
}

/**
 * u_session_create_data_task_for_uri:
 * @self: a session
 * @uri: a URL
 *
 * Makes a task that gets a URL; see [method@Session.create_data_task].
 *
 * Returns: (transfer full): a task
 */
UDataTask *
u_session_create_data_task_for_uri (USession *self, const char *uri)
{
  g_autoptr (URequest) request = u_request_new (uri);

  return u_session_create_data_task (self, request);
}

/**
 * u_session_create_download_task:
 * @self: a session
 * @request: what to load, copied
 *
 * Makes a task whose body goes to a file.
 *
 * It begins suspended; see [method@Session.create_data_task].
 *
 * Returns: (transfer full): a task
 */
UDownloadTask *
u_session_create_download_task (USession *self, URequest *request)
{
  UDownloadTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (U_IS_REQUEST (request), NULL);

  task = u_download_task_new (self, &u_session_task_host, request, NULL, u_session_get_refusal (self));
  u_session_add_task (self, U_TASK (task));

  return task;
}

/**
 * u_session_create_download_task_for_uri:
 * @self: a session
 * @uri: a URL
 *
 * Makes a task that gets a URL into a file; see [method@Session.create_download_task].
 *
 * Returns: (transfer full): a task
 */
UDownloadTask *
u_session_create_download_task_for_uri (USession *self, const char *uri)
{
  g_autoptr (URequest) request = u_request_new (uri);

  return u_session_create_download_task (self, request);
}

/**
 * u_session_resume_download_task:
 * @self: a session
 * @resume_data: what an earlier task left
 * @fresh_request: (nullable): another request for the same file, for instance with a new signature in its URL; %NULL
 *   for the one of the earlier task
 *
 * Makes a task that goes on with a download.
 *
 * It begins suspended. The server is asked for the rest with `Range` and `If-Range` (RFC 9110 section 14): when the
 * file has changed there, or what was there of it is gone here, the download starts again from the first byte in the
 * same task. Bytes that cannot be read as resume data are the error of the task, `U_ERROR_NOT_RESUMABLE`.
 *
 * Resume data is a JSON object of a form that is described in the page on [downloads](downloads.html); it holds no
 * passwords, cookies or authorizations. Those are in a file of their own next to what was received, which only the user
 * can read. Resume data is good for one task.
 *
 * Returns: (transfer full): a task
 */
UDownloadTask *
u_session_resume_download_task (USession *self, GBytes *resume_data, URequest *fresh_request)
{
  g_autoptr (UResumeData) resume = NULL;
  g_autoptr (URequest) request = NULL;
  g_autoptr (GError) error = NULL;
  UDownloadTask *task;

  g_return_val_if_fail (U_IS_SESSION (self), NULL);
  g_return_val_if_fail (resume_data != NULL, NULL);
  g_return_val_if_fail (fresh_request == NULL || U_IS_REQUEST (fresh_request), NULL);

  resume = u_resume_data_parse (resume_data, &error);
  if (resume != NULL)
    {
      g_autoptr (GError) load_error = NULL;

      if (!u_resume_data_load_private (resume, &load_error) && load_error != NULL)
        g_debug ("The download goes on without its private headers: %s", load_error->message);
    }
  if (fresh_request != NULL)
    request = g_object_ref (fresh_request);
  else if (resume != NULL)
    request = u_request_new_sealed (resume->request);
  else
    request = u_request_new (NULL);

  if (error == NULL)
    error = u_session_get_refusal (self);
  task = u_download_task_new (self, &u_session_task_host, request, resume, g_steal_pointer (&error));
  u_session_add_task (self, U_TASK (task));

  return task;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-executor-private.h"

#include "urlsession/base/u-job-threads-private.h"
#include "urlsession/transfer/u-local-transfer-private.h"

typedef struct
{
  UWorkItem item;
  UTransfer *transfer;        /* owned; NULL: for the executor */
  ULocalExecutor *executor;   /* owned, nullable */
  UCommand command;           /* its pointers owned */
  gboolean begin;
  gboolean forget;
  gint64 rate_limit;
  UDispatchQueue *queue;      /* owned, nullable */
  UEvent *reply;              /* owned, nullable */
} CommandItem;

static void u_local_executor_unref (ULocalExecutor *self);

typedef struct
{
  GMainContext *context;      /* owned; of the session */
  gpointer object;            /* owned; of the application */
} Release;

/* The reference goes with the source: also when the context ends before its next turn. */
static gboolean
release_here_cb (gpointer data)
{
  return G_SOURCE_REMOVE;
}

static void
attach_idle (GMainContext *context, int priority, GSourceFunc callback, gpointer data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, priority);
  g_source_set_static_name (source, "[urlsession] release");
  g_source_set_callback (source, callback, data, destroy);
  g_source_attach (source, context);
}

static gboolean
release_there_cb (gpointer data)
{
  Release *release = data;

  attach_idle (release->context, G_PRIORITY_DEFAULT, release_here_cb, release->object, g_object_unref);
  g_main_context_unref (release->context);
  g_free (release);

  return G_SOURCE_REMOVE;
}

/* An object that an application made is let go where a language binding can take it, and after everybody else: the
 * loaders drop what they use of it when the thread is idle. */
static void
release_in_context (ULocalExecutor *self, gpointer object)
{
  Release *release = g_new (Release, 1);

  release->context = g_main_context_ref (self->context);
  release->object = object;
  attach_idle (u_worker_get_context (self->worker), G_PRIORITY_LOW, release_there_cb, release, NULL);
}

/* On the I/O thread: after the last transfer. */
static void
executor_free (ULocalExecutor *self)
{
  if (self->scheduler != NULL)
    u_job_threads_release ();
  g_clear_pointer (&self->loaders, u_loader_table_free);
  g_clear_pointer (&self->scheduler, u_scheduler_free);
  g_clear_pointer (&self->limiter, u_rate_limiter_free);
  g_clear_pointer (&self->timers, u_timers_free);
  g_free (self->buffer);
  g_clear_pointer (&self->authenticator, u_authenticator_unref);
  g_clear_pointer (&self->network, u_network_unref);
  if (self->settings.loader.tls_database != NULL)
    release_in_context (self, self->settings.loader.tls_database);
  if (self->settings.loader.proxy_resolver != NULL)
    release_in_context (self, self->settings.loader.proxy_resolver);
  g_clear_pointer (&self->settings.loader.tls_rules, u_tls_rules_unref);
  g_clear_pointer (&self->settings.cookies, u_cookie_jar_unref);
  g_clear_pointer (&self->settings.hsts, u_hsts_store_unref);
  g_clear_pointer (&self->settings.credentials, u_credential_store_unref);
  g_main_context_unref (self->context);
  u_worker_release (self->worker);
  g_free (self);
}

static void
executor_free_run (UWorkItem *item)
{
  CommandItem *self = (CommandItem *) item;

  executor_free (self->executor);
  g_free (self);
}

static ULocalExecutor *
u_local_executor_ref (ULocalExecutor *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
u_local_executor_unref (ULocalExecutor *self)
{
  CommandItem *item;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  item = g_new0 (CommandItem, 1);
  item->item.run = executor_free_run;
  item->executor = self;
  if (u_worker_is_current (self->worker))
    {
      executor_free_run (&item->item);
    }
  else if (!u_worker_post (self->worker, &item->item))
    {
      /* Left behind by a fork: what belongs to the thread that is not here cannot be taken down. */
      g_free (item);
    }
}

static void
executor_start_run (ULocalExecutor *self)
{
  if (self->scheduler != NULL)
    return;

  u_job_threads_hold ();
  self->scheduler = u_scheduler_new (self->settings.loader.max_connections_per_host,
                                     self->settings.loader.max_connections, u_local_transfer_slot_cb);
  self->timers = u_timers_new (u_worker_get_context (self->worker));
  self->limiter = u_rate_limiter_new (self->timers, NULL);
  u_rate_limiter_set_limit (self->limiter, self->settings.rate_limit);
  self->loaders = u_loader_table_new (&self->settings.loader);
  self->authenticator = u_authenticator_new (self->settings.credentials);
}

static void
command_item_free (CommandItem *self)
{
  g_clear_pointer (&self->command.request, u_request_data_unref);
  g_clear_pointer (&self->command.source, u_body_source_unref);
  g_clear_pointer (&self->command.spec, u_transfer_spec_unref);
  g_clear_pointer (&self->command.answer.credential, u_credential_data_unref);
  if (self->command.order != NULL)
    self->command.order->free (self->command.order);
  u_transfer_unref (self->transfer);
  g_free (self);
}

static void
command_run (UWorkItem *item)
{
  CommandItem *self = (CommandItem *) item;
  ULocalTransfer *transfer = (ULocalTransfer *) self->transfer;

  if (self->begin)
    {
      executor_start_run (transfer->executor);
      u_local_transfer_begin (transfer);
    }
  else
    {
      u_local_transfer_command (transfer, &self->command);
      self->command.order = NULL;
    }
  command_item_free (self);
}

static void
post_command (UTransfer *transfer, const UCommand *command)
{
  ULocalTransfer *local = (ULocalTransfer *) transfer;
  CommandItem *item = g_new0 (CommandItem, 1);

  item->item.run = command_run;
  item->transfer = u_transfer_ref (transfer);
  if (command != NULL)
    {
      item->command = *command;
      if (command->request != NULL)
        u_request_data_ref (command->request);
      if (command->source != NULL)
        u_body_source_ref (command->source);
      if (command->spec != NULL)
        u_transfer_spec_ref (command->spec);
      if (command->answer.credential != NULL)
        u_credential_data_ref (command->answer.credential);
    }
  else
    {
      item->begin = TRUE;
    }

  if (!u_worker_post (local->executor->worker, &item->item))
    command_item_free (item);
}

static UTransfer *
local_executor_start (UExecutor          *executor,
                      UTransferSpec      *spec,
                      double              priority,
                      UDispatchQueue     *queue,
                      UTransferOwnerFunc  func,
                      gpointer            owner)
{
  ULocalExecutor *self = u_local_executor_ref ((ULocalExecutor *) executor);
  UTransfer *transfer = u_local_transfer_new (self, spec, priority, queue, func, owner);

  post_command (transfer, NULL);

  return transfer;
}

static void
local_executor_free_transfer (UTransfer *transfer)
{
  ULocalExecutor *self = ((ULocalTransfer *) transfer)->executor;

  u_local_transfer_free (transfer);
  u_local_executor_unref (self);
}

static gboolean
local_executor_is_lost (UExecutor *executor)
{
  return u_worker_is_lost (((ULocalExecutor *) executor)->worker);
}

static void
drop_connections_run (UWorkItem *item)
{
  CommandItem *self = (CommandItem *) item;

  if (self->executor->loaders != NULL)
    u_loader_table_drop_idle (self->executor->loaders, self->forget);
  if (self->executor->authenticator != NULL && self->forget)
    {
      u_authenticator_unref (self->executor->authenticator);
      self->executor->authenticator = u_authenticator_new (self->executor->settings.credentials);
    }
  u_dispatch_queue_push (self->queue, self->reply);
  u_dispatch_queue_unref (self->queue);
  u_local_executor_unref (self->executor);
  g_free (self);
}

static void
local_executor_drop_connections (UExecutor *executor, gboolean forget, UDispatchQueue *queue, UEvent *reply)
{
  ULocalExecutor *self = (ULocalExecutor *) executor;
  CommandItem *item = g_new0 (CommandItem, 1);

  item->item.run = drop_connections_run;
  item->forget = forget;
  item->executor = u_local_executor_ref (self);
  item->queue = u_dispatch_queue_ref (queue);
  item->reply = reply;
  if (!u_worker_post (self->worker, &item->item))
    {
      u_dispatch_queue_push (queue, reply);
      u_dispatch_queue_unref (item->queue);
      u_local_executor_unref (self);
      g_free (item);
    }
}

static void
set_rate_limit_run (UWorkItem *item)
{
  CommandItem *self = (CommandItem *) item;

  self->executor->settings.rate_limit = self->rate_limit;
  if (self->executor->limiter != NULL)
    u_rate_limiter_set_limit (self->executor->limiter, self->rate_limit);
  u_local_executor_unref (self->executor);
  g_free (self);
}

static void
local_executor_set_rate_limit (UExecutor *executor, gint64 limit)
{
  ULocalExecutor *self = (ULocalExecutor *) executor;
  CommandItem *item = g_new0 (CommandItem, 1);

  item->item.run = set_rate_limit_run;
  item->executor = u_local_executor_ref (self);
  item->rate_limit = limit;
  if (!u_worker_post (self->worker, &item->item))
    {
      u_local_executor_unref (self);
      g_free (item);
    }
}

static void
local_executor_free (UExecutor *executor)
{
  u_local_executor_unref ((ULocalExecutor *) executor);
}

static const UExecutorClass local_executor_class = {
  .start = local_executor_start,
  .command = post_command,
  .free_transfer = local_executor_free_transfer,
  .is_lost = local_executor_is_lost,
  .drop_connections = local_executor_drop_connections,
  .set_rate_limit = local_executor_set_rate_limit,
  .free = local_executor_free,
};

UExecutor *
u_local_executor_new (const UExecutorSettings *settings, GMainContext *context)
{
  ULocalExecutor *self = g_new0 (ULocalExecutor, 1);

  self->base.klass = &local_executor_class;
  g_atomic_ref_count_init (&self->ref_count);
  self->worker = u_worker_acquire ();
  self->context = g_main_context_ref (context);
  self->settings = *settings;
  if (settings->loader.tls_database != NULL)
    g_object_ref (settings->loader.tls_database);
  if (settings->loader.proxy_resolver != NULL)
    g_object_ref (settings->loader.proxy_resolver);
  if (settings->loader.tls_rules != NULL)
    u_tls_rules_ref (settings->loader.tls_rules);
  if (settings->cookies != NULL)
    u_cookie_jar_ref (settings->cookies);
  if (settings->hsts != NULL)
    u_hsts_store_ref (settings->hsts);
  if (settings->credentials != NULL)
    u_credential_store_ref (settings->credentials);

  return &self->base;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-stream-task.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/task/u-stream-task-private.h"

/**
 * UStreamTask:
 *
 * A connection to a port of a host, to read from and to write to: for protocols that the library does not speak.
 *
 * It is made as all connections are: with the proxies of the session, addresses in turn, and TLS when
 * [method@StreamTask.start_secure_connection] says so. It is made when the task is resumed; what is asked for before
 * that is done then. Reads are done in the order of the calls, and so are writes.
 *
 * Nothing is read that nobody has asked for, so the other side has to wait while the application does not read.
 *
 * When both sides are closed the task completes without an error: the other side by the last read, this one by
 * [method@StreamTask.close_write]. Until then it holds itself, and its session; [method@Task.cancel] ends it at once. A
 * task that fails or is cancelled ends every call that waits, with that error.
 *
 * A task that came from [method@ResponseDecision.become_stream] reads the body of a response, and cannot write.
 */

/* A call that waits for its turn, or for what it asked for. */
typedef struct
{
  GTask *task;                /* owned; of the caller's context */
  guint64 serial;
  GSource *cancel_source;     /* owned, nullable; in the caller's context */
} Call;

/* What a read finds. */
typedef struct
{
  GBytes *bytes;              /* owned */
  gboolean at_end;
} ReadResult;

struct _UStreamTask
{
  UTask parent_instance;

  /* Any thread, under the lock */
  GMutex lock;                /* taken before that of the task */
  gboolean open;              /* the conduit takes orders */
  GError *end;                /* owned, nullable: why nothing more is done */
  guint64 serial;             /* of the last call */
  GQueue early;               /* of UStreamOrder, owned: from before it was open */
  GQueue calls;               /* of Call, owned */
};

struct _UStreamTaskClass
{
  UTaskClass parent_class;
};

G_DEFINE_FINAL_TYPE (UStreamTask, u_stream_task, U_TYPE_TASK)

static void
read_result_free (gpointer data)
{
  ReadResult *self = data;

  g_bytes_unref (self->bytes);
  g_free (self);
}

static void
order_free (gpointer data)
{
  UConduitOrder *order = data;

  order->free (order);
}

/* ---- Calls ---- */

/* Consumes @call. */
static GTask *
call_free (Call *call)
{
  GTask *task = call->task;

  if (call->cancel_source != NULL)
    {
      g_source_destroy (call->cancel_source);
      g_source_unref (call->cancel_source);
    }
  g_free (call);

  return task;
}

/* Called with the lock held. (transfer full) (nullable) */
static GTask *
take_call (UStreamTask *self, guint64 serial)
{
  for (GList *link = self->calls.head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->serial == serial)
        {
          g_queue_delete_link (&self->calls, link);
          return call_free (call);
        }
    }

  return NULL;
}

/* Called with the lock held. FALSE: it went to the conduit, or was never there. */
static gboolean
take_back (UStreamTask *self, guint64 serial)
{
  for (GList *link = self->early.head; link != NULL; link = link->next)
    {
      UStreamOrder *order = link->data;

      if (order->serial == serial)
        {
          g_queue_delete_link (&self->early, link);
          order_free (order);
          return TRUE;
        }
    }

  return FALSE;
}

static void
return_cancelled (GTask *task)
{
  g_task_return_new_error (task, U_ERROR, U_ERROR_CANCELLED, "%s() was cancelled.", g_task_get_name (task));
}

/* Called with the lock held; consumes @order. */
static void
send_order (UStreamTask *self, UStreamOrder *order)
{
  /* If the task is about to be over, its end is what everybody hears of. */
  if (self->open)
    u_task_send_order (U_TASK (self), &order->base);
  else
    g_queue_push_tail (&self->early, order);
}

/* The conduit says whether it came in time: what was read is given to somebody. */
static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  UStreamTask *self = g_task_get_source_object (task);
  guint64 serial = *(guint64 *) g_task_get_task_data (task);
  g_autoptr (GTask) waiting = NULL;

  g_mutex_lock (&self->lock);
  if (take_back (self, serial))
    {
      waiting = take_call (self, serial);
    }
  else
    {
      UStreamOrder *order = u_stream_order_new (U_STREAM_ORDER_CANCEL);

      order->serial = serial;
      send_order (self, order);
    }
  g_mutex_unlock (&self->lock);

  if (waiting != NULL)
    return_cancelled (waiting);

  return G_SOURCE_REMOVE;
}

/* Called with the lock held. */
static void
add_call (UStreamTask *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Call *call = g_new0 (Call, 1);
  guint64 *serial = g_new (guint64, 1);

  *serial = call->serial = ++self->serial;
  g_task_set_task_data (task, serial, g_free);
  call->task = g_object_ref (task);
  if (cancellable != NULL)
    {
      call->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (call->cancel_source, G_SOURCE_FUNC (cancelled_cb), g_object_ref (task), g_object_unref);
      g_source_attach (call->cancel_source, g_task_get_context (task));
    }
  g_queue_push_tail (&self->calls, call);
}

/* Called with the lock held. (transfer full) (nullable): why nothing can be asked for */
static GError *
get_refusal (UStreamTask *self, GTask *task)
{
  const char *name = g_task_get_name (task);

  if (U_TASK (self)->session == NULL)
    return g_error_new (U_ERROR, U_ERROR_UNKNOWN,
                        "%s() needs a task that a session has made: create it with a method of the session.", name);
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return g_error_new (U_ERROR, U_ERROR_CANCELLED, "%s() was cancelled.", name);

  return self->end != NULL ? g_error_copy (self->end) : NULL;
}

/* Consumes @order. */
static void
ask (UStreamTask *self, GTask *task, UStreamOrder *order)
{
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  error = get_refusal (self, task);
  if (error == NULL)
    {
      add_call (self, task);
      order->serial = self->serial;
      send_order (self, order);
    }
  else
    {
      order_free (order);
    }
  g_mutex_unlock (&self->lock);

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
}

static GTask *
begin (UStreamTask *self, gpointer tag, const char *name, GCancellable *cancellable, GAsyncReadyCallback callback,
       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_name (task, name);
  /* The error is one of ours, also for a cancellation. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

static gboolean
is_timeout (double timeout)
{
  return timeout >= 0;
}

/* For what nobody waits for. */
static void
tell (UStreamTask *self, UStreamOrderKind kind)
{
  UStreamOrder *order = u_stream_order_new (kind);

  g_mutex_lock (&self->lock);
  if (self->end == NULL && U_TASK (self)->session != NULL)
    send_order (self, order);
  else
    order_free (order);
  g_mutex_unlock (&self->lock);
}

/* ---- For the transfer ---- */

UStreamSettings *
u_stream_task_make_settings (UStreamTask *self)
{
  UTask *task = U_TASK (self);
  g_autoptr (URequestData) data = u_request_ref_data (task->original_request);
  g_autofree char *subject = u_uri_string_dup_masked (data->uri);
  const char *host = data->parsed != NULL ? g_uri_get_host (data->parsed) : NULL;
  int port = data->parsed != NULL ? u_uri_get_effective_port (data->parsed) : -1;

  return u_stream_settings_new (host != NULL ? host : "", (guint) MAX (port, 0), subject,
                                u_task_is_heard (task, U_TASK_CHALLENGE));
}

static gboolean
u_stream_task_fill_spec (UTask *task, UTransferSpec *spec, GError **error)
{
  UStreamTask *self = U_STREAM_TASK (task);

  spec->delivery = U_DELIVER_CONDUIT;
  spec->conduit_class = &u_stream_conduit_class;
  spec->conduit_settings = &u_stream_task_make_settings (self)->base;
  /* What its reads and writes wait for has timeouts of its own, and nothing is ever complete. */
  spec->resource_timeout = 0;

  return TRUE;
}

static void
take_opened (UStreamTask *self)
{
  UStreamOrder *order;

  g_mutex_lock (&self->lock);
  self->open = TRUE;
  while ((order = g_queue_pop_head (&self->early)) != NULL)
    send_order (self, order);
  g_mutex_unlock (&self->lock);
}

static void
return_read (GTask *task, UStreamNews *news)
{
  ReadResult *found = g_new (ReadResult, 1);

  found->bytes = g_steal_pointer (&news->bytes);
  found->at_end = news->at_end;
  g_task_return_pointer (task, found, read_result_free);
}

static void
take_done (UStreamTask *self, UStreamNews *news)
{
  g_autoptr (GTask) task = NULL;

  g_mutex_lock (&self->lock);
  task = take_call (self, news->serial);
  g_mutex_unlock (&self->lock);

  if (task == NULL)
    return;
  if (g_error_matches (news->error, U_ERROR, U_ERROR_CANCELLED))
    return_cancelled (task);
  else if (news->error != NULL)
    g_task_return_error (task, g_steal_pointer (&news->error));
  else if (news->bytes != NULL)
    return_read (task, news);
  else if (news->stream != NULL)
    g_task_return_pointer (task, g_steal_pointer (&news->stream), g_object_unref);
  else
    g_task_return_boolean (task, TRUE);
}

static void
u_stream_task_news (UTask *task, UConduitNews *base)
{
  UStreamTask *self = U_STREAM_TASK (task);
  UStreamNews *news = (UStreamNews *) base;

  /* Who cancelled wants to hear of nothing but the end. */
  if (u_task_get_state (task) == U_TASK_STATE_CANCELING)
    return;

  switch (news->kind)
    {
    case U_STREAM_NEWS_OPENED:
      take_opened (self);
      break;
    case U_STREAM_NEWS_DONE:
      take_done (self, news);
      break;
    case U_STREAM_NEWS_READ_CLOSED:
      u_task_emit (task, U_STREAM_TASK_READ_CLOSED);
      break;
    case U_STREAM_NEWS_WRITE_CLOSED:
      u_task_emit (task, U_STREAM_TASK_WRITE_CLOSED);
      break;
    case U_STREAM_NEWS_SECURED:
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
u_stream_task_completed (UTask *task, UTransferEvent *event)
{
  UStreamTask *self = U_STREAM_TASK (task);
  g_autoptr (GError) end = NULL;

  if (event->error != NULL)
    end = g_error_copy (event->error);
  else
    end = g_error_new_literal (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                               "The connection is closed on both sides, or was handed over.");

  g_mutex_lock (&self->lock);
  self->end = g_error_copy (end);
  g_queue_clear_full (&self->early, order_free);
  g_mutex_unlock (&self->lock);

  while (TRUE)
    {
      g_autoptr (GTask) call = NULL;

      g_mutex_lock (&self->lock);
      if (!g_queue_is_empty (&self->calls))
        call = call_free (g_queue_pop_head (&self->calls));
      g_mutex_unlock (&self->lock);
      if (call == NULL)
        break;
      g_task_return_error (call, g_error_copy (end));
    }
}

/* ---- The object ---- */

static void
u_stream_task_finalize (GObject *object)
{
  UStreamTask *self = U_STREAM_TASK (object);

  g_assert (g_queue_is_empty (&self->calls));
  g_queue_clear_full (&self->early, order_free);
  g_clear_error (&self->end);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_stream_task_parent_class)->finalize (object);
}

static void
u_stream_task_class_init (UStreamTaskClass *klass)
{
  UTaskClass *task_class = U_TASK_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = u_stream_task_finalize;
  task_class->fill_spec = u_stream_task_fill_spec;
  task_class->news = u_stream_task_news;
  task_class->completed = u_stream_task_completed;

  /**
   * UStreamTask::read-closed:
   * @self: the task
   *
   * Emitted once, when nothing more can be read: the other side has closed and everything was read, or
   * [method@StreamTask.close_read] was called.
   *
   * What the other side does is noticed while something is being read.
   */
  /**
   * UStreamTask::write-closed:
   * @self: the task
   *
   * Emitted once, when this side was closed by [method@StreamTask.close_write], after everything was written.
   */
  u_task_signals_install (G_TYPE_FROM_CLASS (klass));
}

static void
u_stream_task_init (UStreamTask *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->early);
  g_queue_init (&self->calls);
}

UStreamTask *
u_stream_task_new (USession *session, const UTaskHost *host, URequest *request, GError *birth_error)
{
  UStreamTask *self = g_object_new (U_TYPE_STREAM_TASK, NULL);

  u_task_setup (U_TASK (self), session, host, request, birth_error);

  return self;
}

/**
 * u_stream_task_read_async:
 * @self: a task
 * @minimum: bytes to wait for; 0 is taken for 1
 * @maximum: bytes at most, not less than @minimum
 * @timeout: seconds, from when its turn has come and the connection is there; 0: none
 * @cancellable: (nullable): calls off this read, and nothing else
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Reads.
 *
 * It is done when @minimum bytes are there, or the other side has closed. Reads are done one after the other. One that
 * takes too long fails with `U_ERROR_TIMED_OUT`: the task goes on, and what has come is there for the next one. So it
 * is with one that is cancelled; if that comes too late, the read is done.
 *
 * May be called from any thread.
 */
void
u_stream_task_read_async (UStreamTask         *self,
                          gsize                minimum,
                          gsize                maximum,
                          double               timeout,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  UStreamOrder *order;

  g_return_if_fail (U_IS_STREAM_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_stream_task_read_async, "u_stream_task_read_async", cancellable, callback, user_data);
  if (maximum == 0 || minimum > maximum || !is_timeout (timeout))
    {
      g_task_return_new_error (task, U_ERROR, U_ERROR_UNKNOWN,
                               "u_stream_task_read_async() cannot read %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT
                               " bytes within %g seconds: the maximum is at least 1 and not below the minimum, the "
                               "timeout not below 0.", minimum, maximum, timeout);
      return;
    }

  order = u_stream_order_new (U_STREAM_ORDER_READ);
  order->minimum = MAX (minimum, 1);
  order->maximum = maximum;
  order->timeout = timeout;
  ask (self, task, order);
}

/**
 * u_stream_task_read_finish:
 * @self: the task
 * @result: the result of the call
 * @at_end: (out) (optional): whether the other side has closed, and this is all there is
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@StreamTask.read_async] began.
 *
 * At the end there may be less than was waited for, or nothing. A read after that fails with
 * `U_ERROR_NETWORK_CONNECTION_LOST`.
 *
 * Returns: (transfer full): the bytes
 */
GBytes *
u_stream_task_read_finish (UStreamTask *self, GAsyncResult *result, gboolean *at_end, GError **error)
{
  ReadResult *found;
  GBytes *bytes;

  g_return_val_if_fail (U_IS_STREAM_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_stream_task_read_async), NULL);

  if (at_end != NULL)
    *at_end = FALSE;
  found = g_task_propagate_pointer (G_TASK (result), error);
  if (found == NULL)
    return NULL;

  bytes = g_bytes_ref (found->bytes);
  if (at_end != NULL)
    *at_end = found->at_end;
  read_result_free (found);

  return bytes;
}

/**
 * u_stream_task_write_async:
 * @self: a task
 * @bytes: what to write, all of it
 * @timeout: seconds, from when its turn has come and the connection is there; 0: none
 * @cancellable: (nullable): calls off this write if nothing of it was written yet, and the wait for it
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Writes.
 *
 * It is done when all bytes are in the hands of the system, which says nothing of whether the other side has read them.
 * Writes are done one after the other. One that takes too long fails with `U_ERROR_TIMED_OUT`, and the task goes on. If
 * some of it was written, the rest will be as well, as soon as the other side takes it: it never finds a hole.
 *
 * May be called from any thread.
 */
void
u_stream_task_write_async (UStreamTask         *self,
                           GBytes              *bytes,
                           double               timeout,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  UStreamOrder *order;

  g_return_if_fail (U_IS_STREAM_TASK (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_stream_task_write_async, "u_stream_task_write_async", cancellable, callback, user_data);
  if (!is_timeout (timeout))
    {
      g_task_return_new_error (task, U_ERROR, U_ERROR_UNKNOWN,
                               "u_stream_task_write_async() has no time with a timeout of %g seconds: it is not below "
                               "0, and 0 is none.", timeout);
      return;
    }

  order = u_stream_order_new (U_STREAM_ORDER_WRITE);
  order->bytes = g_bytes_ref (bytes);
  order->timeout = timeout;
  ask (self, task, order);
}

/**
 * u_stream_task_write_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@StreamTask.write_async] began.
 *
 * Returns: %TRUE if everything was written
 */
gboolean
u_stream_task_write_finish (UStreamTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_STREAM_TASK (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_stream_task_write_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * u_stream_task_close_read:
 * @self: a task
 *
 * Closes this side for reading, after the reads that were asked for.
 *
 * [signal@StreamTask::read-closed] follows. Reads that are asked for later fail with
 * `U_ERROR_NETWORK_CONNECTION_LOST`.
 *
 * May be called from any thread.
 */
void
u_stream_task_close_read (UStreamTask *self)
{
  g_return_if_fail (U_IS_STREAM_TASK (self));

  tell (self, U_STREAM_ORDER_CLOSE_READ);
}

/**
 * u_stream_task_close_write:
 * @self: a task
 *
 * Tells the other side that nothing more will come, after the writes that were asked for; it can still be read from.
 *
 * Over TLS this is a close alert. [signal@StreamTask::write-closed] follows. Writes that are asked for later fail with
 * `U_ERROR_NETWORK_CONNECTION_LOST`.
 *
 * May be called from any thread.
 */
void
u_stream_task_close_write (UStreamTask *self)
{
  g_return_if_fail (U_IS_STREAM_TASK (self));

  tell (self, U_STREAM_ORDER_CLOSE_WRITE);
}

/**
 * u_stream_task_start_secure_connection:
 * @self: a task
 *
 * Begins TLS, after the reads and writes that were asked for; those that are asked for later are done over TLS.
 *
 * Call it first for a protocol that is secure from its beginning, and in the middle for one with a command such as
 * STARTTLS. The version, the trust in the server and the certificate of the client are those of the session:
 * [signal@Session::challenge] is asked about a server that is not trusted, before anything is written to it. If there
 * is no agreement the task fails.
 *
 * A connection that uses TLS already stays as it is; there is no way back.
 *
 * May be called from any thread.
 */
void
u_stream_task_start_secure_connection (UStreamTask *self)
{
  g_return_if_fail (U_IS_STREAM_TASK (self));

  tell (self, U_STREAM_ORDER_SECURE);
}

/**
 * u_stream_task_capture_streams_async:
 * @self: a task
 * @cancellable: (nullable): calls it off, while others are done first
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Takes the connection out of the task, after all reads and writes that were asked for.
 *
 * The task completes without an error, and has no more to do with the connection: its limits and timeouts end there. A
 * task that reads the body of a response has no connection to give away.
 *
 * May be called from any thread.
 */
void
u_stream_task_capture_streams_async (UStreamTask         *self,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (U_IS_STREAM_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_stream_task_capture_streams_async, "u_stream_task_capture_streams_async", cancellable,
                callback, user_data);
  ask (self, task, u_stream_order_new (U_STREAM_ORDER_CAPTURE));
}

/**
 * u_stream_task_capture_streams_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@StreamTask.capture_streams_async] began.
 *
 * Returns: (transfer full): the connection; a [class@Gio.TlsConnection] if it is secure, unless something was read of
 *   it that nobody got
 */
GIOStream *
u_stream_task_capture_streams_finish (UStreamTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_STREAM_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_stream_task_capture_streams_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"
#include "urlsession/task/u-web-socket-task-private.h"
#include "urlsession/transfer/u-web-socket-frame-private.h"

#include <string.h>

/* What an application asks of a WebSocket, and waits for. */

/* ---- What the conduit says ---- */

void
u_web_socket_task_give (UWebSocketTask *self, UWebSocketMessage *message)
{
  g_autoptr (GTask) task = NULL;

  g_mutex_lock (&self->lock);
  if (self->n_ordered > 0)
    self->n_ordered--;
  task = u_call_queue_pop (&self->receives);
  /* Who had asked for it has been cancelled meanwhile, or it came before the end without being asked for. */
  if (task == NULL)
    g_queue_push_tail (&self->inbox, g_object_ref (message));
  g_mutex_unlock (&self->lock);

  if (task != NULL)
    g_task_return_pointer (task, g_object_ref (message), g_object_unref);
}

static void
note (UWebSocketTask *self, UCallQueue *queue, guint64 serial)
{
  g_autoptr (GTask) task = NULL;

  g_mutex_lock (&self->lock);
  task = u_call_queue_take (queue, serial);
  g_mutex_unlock (&self->lock);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

void
u_web_socket_task_note_sent (UWebSocketTask *self, guint64 serial)
{
  note (self, &self->sends, serial);
}

void
u_web_socket_task_note_pong (UWebSocketTask *self, guint64 serial)
{
  note (self, &self->pings, serial);
}

void
u_web_socket_task_end_calls (UWebSocketTask *self, const GError *error)
{
  g_autoptr (GError) end = NULL;

  g_mutex_lock (&self->lock);
  if (error != NULL)
    end = g_error_copy (error);
  else
    end = g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST, "The WebSocket was closed with the code %u%s%s.",
                       self->close_code, self->close_reason != NULL && *self->close_reason != '\0' ? ": " : "",
                       self->close_reason != NULL ? self->close_reason : "");
  self->end = g_error_copy (end);
  if (g_error_matches (end, U_ERROR, U_ERROR_CANCELLED))
    g_queue_clear_full (&self->inbox, g_object_unref);
  g_mutex_unlock (&self->lock);

  u_call_queue_fail (&self->receives, end);
  u_call_queue_fail (&self->sends, end);
  u_call_queue_fail (&self->pings, end);
}

/* ---- Calls ---- */

static GTask *
begin (UWebSocketTask *self, gpointer tag, const char *name, GCancellable *cancellable, GAsyncReadyCallback callback,
       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_name (task, name);
  /* The error is one of ours, also for a cancellation. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

/* Called with the lock held. (transfer full) (nullable): why nothing can be asked for */
static GError *
get_refusal (UWebSocketTask *self, GTask *task)
{
  const char *name = g_task_get_name (task);

  if (U_TASK (self)->session == NULL)
    return g_error_new (U_ERROR, U_ERROR_UNKNOWN,
                        "%s() needs a task that a session has made: create it with a method of the session.", name);
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return g_error_new (U_ERROR, U_ERROR_CANCELLED, "%s() was cancelled.", name);
  if (self->end != NULL)
    return g_error_copy (self->end);
  if (self->closing)
    return g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                        "%s() comes after the WebSocket was closed by cancel_with_close_code().", name);

  return NULL;
}

/* Called with the lock held; consumes @order. Sends it, and has @task wait in @queue. */
static GError *
send_order (UWebSocketTask *self, UWebSocketOrder *order, UCallQueue *queue, GTask *task)
{
  guint64 serial = ++self->serial;

  order->serial = serial;
  if (!u_task_send_order (U_TASK (self), &order->base))
    return g_error_new_literal (U_ERROR, U_ERROR_CANCELLED, "The task was cancelled, or is over.");

  /* The answer needs the lock. */
  u_call_queue_push (queue, g_object_ref (task), serial);

  return NULL;
}

/* The same for a message. One that somebody has asked for before, and was cancelled, is as good as a new one: else
 * whoever asks with a timeout, again and again, would let the server send as much as that in the end. */
static GError *
order_message (UWebSocketTask *self, GTask *task)
{
  GError *error;

  if (self->n_ordered > u_call_queue_get_length (&self->receives))
    {
      u_call_queue_push (&self->receives, g_object_ref (task), ++self->serial);
      return NULL;
    }

  error = send_order (self, u_web_socket_order_new (U_WEB_SOCKET_ORDER_RECEIVE), &self->receives, task);
  if (error == NULL)
    self->n_ordered++;

  return error;
}

static void
ask (UWebSocketTask *self, UCallQueue *queue, GTask *task, UWebSocketOrderKind kind, GBytes *payload)
{
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  error = get_refusal (self, task);
  if (error == NULL)
    {
      UWebSocketOrder *order = u_web_socket_order_new (kind);

      order->payload = payload != NULL ? g_bytes_ref (payload) : NULL;
      error = send_order (self, order, queue, task);
    }
  g_mutex_unlock (&self->lock);

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * u_web_socket_task_send_text_async:
 * @self: a task
 * @text: what to send, in UTF-8
 * @cancellable: (nullable): stops the wait, not the message
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Sends a text.
 *
 * Messages go out in the order of the calls, those from before the server has agreed as well. The call is done when the
 * last byte is in the hands of the system, which says nothing of whether the server has read it.
 *
 * May be called from any thread.
 */
void
u_web_socket_task_send_text_async (UWebSocketTask      *self,
                                   const char          *text,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GBytes) payload = NULL;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));
  g_return_if_fail (text != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_web_socket_task_send_text_async, "u_web_socket_task_send_text_async", cancellable, callback,
                user_data);
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_task_return_new_error (task, U_ERROR, U_ERROR_UNKNOWN,
                               "u_web_socket_task_send_text_async() was given text that is not UTF-8: send it with "
                               "u_web_socket_task_send_bytes_async().");
      return;
    }
  payload = g_bytes_new (text, strlen (text));
  ask (self, &self->sends, task, U_WEB_SOCKET_ORDER_TEXT, payload);
}

/**
 * u_web_socket_task_send_text_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@WebSocketTask.send_text_async] began.
 *
 * Returns: %TRUE if the message was sent
 */
gboolean
u_web_socket_task_send_text_finish (UWebSocketTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_web_socket_task_send_text_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * u_web_socket_task_send_bytes_async:
 * @self: a task
 * @bytes: what to send
 * @cancellable: (nullable): stops the wait, not the message
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Sends bytes; see [method@WebSocketTask.send_text_async].
 *
 * May be called from any thread.
 */
void
u_web_socket_task_send_bytes_async (UWebSocketTask      *self,
                                    GBytes              *bytes,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_web_socket_task_send_bytes_async, "u_web_socket_task_send_bytes_async", cancellable, callback,
                user_data);
  ask (self, &self->sends, task, U_WEB_SOCKET_ORDER_BINARY, bytes);
}

/**
 * u_web_socket_task_send_bytes_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@WebSocketTask.send_bytes_async] began.
 *
 * Returns: %TRUE if the message was sent
 */
gboolean
u_web_socket_task_send_bytes_finish (UWebSocketTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_web_socket_task_send_bytes_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * u_web_socket_task_receive_async:
 * @self: a task
 * @cancellable: (nullable): stops the wait; the message goes to the next call
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Waits for the next message of the server.
 *
 * Each call gets one message, and several calls get theirs in order. No message is lost between two calls, and those
 * that had come before the server closed the WebSocket can be received after that, too.
 *
 * A task whose signal [signal@WebSocketTask::message] has a handler gives its messages to that: this fails then.
 *
 * May be called from any thread.
 */
void
u_web_socket_task_receive_async (UWebSocketTask      *self,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;
  UWebSocketMessage *message = NULL;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_web_socket_task_receive_async, "u_web_socket_task_receive_async", cancellable, callback,
                user_data);

  g_mutex_lock (&self->lock);
  if (self->flows)
    error = g_error_new_literal (U_ERROR, U_ERROR_UNKNOWN,
                                 "The messages of this task go to the handlers of its signal “message”.");
  else if (!g_cancellable_is_cancelled (cancellable))
    message = g_queue_pop_head (&self->inbox);
  if (message == NULL && error == NULL)
    error = get_refusal (self, task);
  if (message == NULL && error == NULL)
    error = order_message (self, task);
  g_mutex_unlock (&self->lock);

  if (message != NULL)
    g_task_return_pointer (task, message, g_object_unref);
  else if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * u_web_socket_task_receive_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@WebSocketTask.receive_async] began.
 *
 * The error is that of the task; `U_ERROR_NETWORK_CONNECTION_LOST` when the WebSocket was closed.
 *
 * Returns: (transfer full): the message
 */
UWebSocketMessage *
u_web_socket_task_receive_finish (UWebSocketTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_web_socket_task_receive_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * u_web_socket_task_ping_async:
 * @self: a task
 * @cancellable: (nullable): stops the wait
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Sends a ping, and waits for the answer of the server.
 *
 * Pings take their turn among the messages, and are answered in order. The answer is seen when it is read: messages
 * that nobody receives may keep it waiting.
 *
 * May be called from any thread.
 */
void
u_web_socket_task_ping_async (UWebSocketTask      *self,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (U_IS_WEB_SOCKET_TASK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = begin (self, u_web_socket_task_ping_async, "u_web_socket_task_ping_async", cancellable, callback, user_data);
  ask (self, &self->pings, task, U_WEB_SOCKET_ORDER_PING, NULL);
}

/**
 * u_web_socket_task_ping_finish:
 * @self: the task
 * @result: the result of the call
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Finishes what [method@WebSocketTask.ping_async] began.
 *
 * Returns: %TRUE if the server has answered
 */
gboolean
u_web_socket_task_ping_finish (UWebSocketTask *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_web_socket_task_ping_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
check_close (guint code, const char *reason, GError **error)
{
  if (!u_web_socket_close_code_is_valid (code))
    {
      g_set_error (error, U_ERROR, U_ERROR_UNKNOWN,
                   "A WebSocket cannot be closed with the code %u: use 1000, or one from 3000 to 4999.", code);
      return FALSE;
    }
  if (reason == NULL)
    return TRUE;
  if (strlen (reason) > U_WEB_SOCKET_REASON_MAX)
    {
      g_set_error (error, U_ERROR, U_ERROR_UNKNOWN,
                   "The reason for closing a WebSocket has %" G_GSIZE_FORMAT " bytes; there is room for %d.",
                   strlen (reason), U_WEB_SOCKET_REASON_MAX);
      return FALSE;
    }
  if (!g_utf8_validate (reason, -1, NULL))
    {
      g_set_error_literal (error, U_ERROR, U_ERROR_UNKNOWN, "The reason for closing a WebSocket is not UTF-8.");
      return FALSE;
    }

  return TRUE;
}

/**
 * u_web_socket_task_cancel_with_close_code:
 * @self: a task
 * @code: why; see [enum@WebSocketCloseCode]. 1000 for “done”, or one of the application from 3000 to 4999
 * @reason: (nullable): a text for people who look for errors, up to 123 bytes of UTF-8
 * @error: where to put an error in the domain `U_ERROR`
 *
 * Closes the WebSocket.
 *
 * What was sent before goes out first. The task runs on until the server has confirmed; then
 * [signal@WebSocketTask::closed] is emitted with what the server said, and the task ends without an error. Messages of
 * the server that arrive meanwhile are dropped. A server that does not answer within ten seconds is left, and the error
 * is `U_ERROR_TIMED_OUT`.
 *
 * A task that was not resumed yet is cancelled. On one that is closed, cancelled or over this does nothing.
 *
 * The call fails for a code that may not be sent, such as 1005, 1006 and 1015, and for a reason that is too long or not
 * UTF-8; nothing is done then. May be called from any thread.
 *
 * Returns: %TRUE unless @code or @reason cannot be sent
 */
gboolean
u_web_socket_task_cancel_with_close_code (UWebSocketTask *self, guint code, const char *reason, GError **error)
{
  UWebSocketOrder *order;

  g_return_val_if_fail (U_IS_WEB_SOCKET_TASK (self), FALSE);
  g_return_val_if_fail (U_TASK (self)->session != NULL, FALSE);

  if (!check_close (code, reason, error))
    return FALSE;

  if (!u_task_has_started (U_TASK (self)))
    {
      u_task_cancel (U_TASK (self));
      return TRUE;
    }

  g_mutex_lock (&self->lock);
  if (!self->closing && self->end == NULL)
    {
      self->closing = TRUE;
      order = u_web_socket_order_new (U_WEB_SOCKET_ORDER_CLOSE);
      order->code = code;
      order->reason = g_strdup (reason);
      u_task_send_order (U_TASK (self), &order->base);
    }
  g_mutex_unlock (&self->lock);

  return TRUE;
}

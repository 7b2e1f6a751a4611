/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-protocol-load.h"

#include "urlsession/auth/u-credential-private.h"
#include "urlsession/auth/u-protection-space-private.h"
#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-parts-stream-private.h"
#include "urlsession/message/u-request-private.h"
#include "urlsession/message/u-response-private.h"
#include "urlsession/task/u-protocol-load-private.h"
#include "urlsession/task/u-task.h"

/**
 * UProtocolLoad:
 *
 * One load that a [class@Protocol] carries out: what is asked for, and where the answer goes.
 *
 * The answer is a response, [method@ProtocolLoad.respond], pieces of a body, [method@ProtocolLoad.send_async] or
 * [method@ProtocolLoad.send_data], and an end, [method@ProtocolLoad.finish]. Instead there may be a redirect or an
 * error. Each of these may be called from the context of the session and from any other thread. After the end, and
 * after [vfunc@Protocol.stop], they have no effect.
 *
 * Until it has said the end the protocol keeps a reference. A load that nobody holds any more can never end: it fails.
 */

/* A call of send_async() that waits for room. */
typedef struct
{
  GTask *task;                /* owned */
  GSource *cancel_source;     /* owned, nullable */
} Waiter;

struct _UProtocolLoad
{
  GObject parent_instance;

  UProtocolExchange *exchange; /* owned; NULL for an object that no session made */
  URequest *request;          /* owned, sealed, nullable */
  UTask *task;                /* owned, nullable */
  GCancellable *cancellable;  /* owned */

  GMutex lock;                /* of what follows */
  gboolean closed;
  GQueue waiters;             /* of Waiter, owned */
  GQueue questions;           /* of GTask, owned: in the order of the answers */
};

enum {
  PROP_0,
  PROP_CANCELLABLE,
  PROP_REQUEST,
  PROP_TASK,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UProtocolLoad, u_protocol_load, G_TYPE_OBJECT)

static void
waiter_free (Waiter *self)
{
  if (self->cancel_source != NULL)
    {
      g_source_destroy (self->cancel_source);
      g_source_unref (self->cancel_source);
    }
  g_object_unref (self->task);
  g_free (self);
}

static void
u_protocol_load_finalize (GObject *object)
{
  UProtocolLoad *self = U_PROTOCOL_LOAD (object);

  if (self->exchange != NULL)
    {
      UWord *word = u_word_new (U_WORD_END);

      /* Not heard if there was one before. */
      word->error = g_error_new_literal (U_ERROR, U_ERROR_UNKNOWN,
                                         "The protocol let go of the load without finishing it: keep a reference until "
                                         "u_protocol_load_finish() or u_protocol_load_fail()");
      u_protocol_exchange_say (self->exchange, word);
      u_protocol_exchange_unref (self->exchange);
    }
  g_clear_object (&self->request);
  g_clear_object (&self->task);
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (u_protocol_load_parent_class)->finalize (object);
}

static void
u_protocol_load_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UProtocolLoad *self = U_PROTOCOL_LOAD (object);

  switch (prop_id)
    {
    case PROP_CANCELLABLE:
      g_value_set_object (value, self->cancellable);
      break;
    case PROP_REQUEST:
      g_value_set_object (value, self->request);
      break;
    case PROP_TASK:
      g_value_set_object (value, self->task);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_protocol_load_class_init (UProtocolLoadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_protocol_load_finalize;
  object_class->get_property = u_protocol_load_get_property;

  /**
   * UProtocolLoad:cancellable: (getter get_cancellable)
   *
   * Cancelled when the task ends before the load has said its end: to be handed to what the protocol calls.
   */
  props[PROP_CANCELLABLE] =
    g_param_spec_object ("cancellable", NULL, NULL, G_TYPE_CANCELLABLE, readable);
  /**
   * UProtocolLoad:request: (getter get_request)
   *
   * What is asked for, sealed: with the header fields of the session, and for http and https with cookies and the
   * authorization.
   */
  props[PROP_REQUEST] = g_param_spec_object ("request", NULL, NULL, U_TYPE_REQUEST, readable);
  /**
   * UProtocolLoad:task: (getter get_task)
   *
   * The task that the load is a part of. A data task that has become a download is still the data task here.
   */
  props[PROP_TASK] = g_param_spec_object ("task", NULL, NULL, U_TYPE_TASK, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_protocol_load_init (UProtocolLoad *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->waiters);
  g_queue_init (&self->questions);
  self->cancellable = g_cancellable_new ();
}

UProtocolLoad *
u_protocol_load_new (UTask *task, UProtocolExchange *exchange, URequestData *request)
{
  UProtocolLoad *self = g_object_new (U_TYPE_PROTOCOL_LOAD, NULL);

  self->exchange = u_protocol_exchange_ref (exchange);
  self->request = u_request_new_sealed (request);
  self->task = g_object_ref (task);

  return self;
}

/**
 * u_protocol_load_get_request: (get-property request)
 * @self: a load
 *
 * Gets what is asked for.
 *
 * Returns: (transfer none) (nullable): a sealed request; %NULL only for an object that no session made
 */
URequest *
u_protocol_load_get_request (UProtocolLoad *self)
{
  g_return_val_if_fail (U_IS_PROTOCOL_LOAD (self), NULL);

  return self->request;
}

/**
 * u_protocol_load_get_task: (get-property task)
 * @self: a load
 *
 * Gets the task that the load is a part of.
 *
 * Returns: (transfer none) (nullable): the task; %NULL only for an object that no session made
 */
UTask *
u_protocol_load_get_task (UProtocolLoad *self)
{
  g_return_val_if_fail (U_IS_PROTOCOL_LOAD (self), NULL);

  return self->task;
}

/**
 * u_protocol_load_get_cancellable: (get-property cancellable)
 * @self: a load
 *
 * Gets what is cancelled when the task ends before the load has said its end.
 *
 * Returns: (transfer none): a cancellable, to be handed to what the protocol calls
 */
GCancellable *
u_protocol_load_get_cancellable (UProtocolLoad *self)
{
  g_return_val_if_fail (U_IS_PROTOCOL_LOAD (self), NULL);

  return self->cancellable;
}

static void
add_segment (GArray *segments, GBytes *bytes, const char *path)
{
  UPartsStreamSegment segment = { .length = -1 };

  if (bytes != NULL)
    segment.bytes = g_bytes_ref (bytes);
  else
    segment.path = g_strdup (path);
  g_array_append_val (segments, segment);
}

static void
clear_segment (gpointer data)
{
  UPartsStreamSegment *segment = data;

  g_clear_pointer (&segment->bytes, g_bytes_unref);
  g_clear_pointer (&segment->path, g_free);
}

/**
 * u_protocol_load_open_body:
 * @self: a load
 *
 * Opens the body of the request, however it was given: bytes, a file, or a form with both.
 *
 * What is read of it does not count as sent: [property@Task:bytes-sent] is for what goes over a network.
 *
 * Each call gives a stream that begins at the first byte, but for a body that is a stream itself: that is what it
 * gives, and it can be read once, in the context of the session. Nothing is read before the stream is; that a file
 * cannot be read is an error of the stream, in the domain `G_IO_ERROR`.
 *
 * Returns: (transfer full) (nullable): a stream to be read asynchronously or in a thread; %NULL if there is no body
 */
GInputStream *
u_protocol_load_open_body (UProtocolLoad *self)
{
  g_autoptr (URequestData) data = NULL;
  g_autoptr (GArray) segments = NULL;

  g_return_val_if_fail (U_IS_PROTOCOL_LOAD (self), NULL);

  if (self->request == NULL)
    return NULL;
  data = u_request_ref_data (self->request);
  if (data->body_kind == U_BODY_NONE)
    return NULL;
  if (data->body_kind == U_BODY_BYTES)
    return g_memory_input_stream_new_from_bytes (data->body_bytes);

  if (data->body_kind == U_BODY_SOURCE)
    {
      GInputStream *stream = u_body_source_get_stream (data->body_source);

      return stream != NULL ? g_object_ref (stream) : NULL;
    }

  segments = g_array_new (FALSE, FALSE, sizeof (UPartsStreamSegment));
  g_array_set_clear_func (segments, clear_segment);
  if (data->body_kind == U_BODY_FILE)
    add_segment (segments, NULL, data->body_path);
  for (guint i = 0; data->body_kind == U_BODY_PARTS && i < u_body_parts_get_n (data->body_parts); i++)
    {
      const UBodySegment *segment = u_body_parts_get_nth (data->body_parts, i);

      add_segment (segments, segment->bytes, segment->path);
    }

  return u_parts_stream_new (segments, NULL, NULL, NULL);
}

/* ---- The answer ---- */

/* Consumes @word. */
static UHearing
say (UProtocolLoad *self, UWord *word)
{
  UHearing hearing;

  if (self->exchange == NULL)
    {
      g_critical ("No session made this load: there is nobody to answer.");
      u_word_free (word);
      return U_NOT_HEARD;
    }

  hearing = u_protocol_exchange_say (self->exchange, word);
  if (hearing == U_OUT_OF_PLACE)
    g_critical ("The load has responded already: a response, a redirect or a challenge after that is ignored.");

  return hearing;
}

/* The last word: the protocol may let go of the load, which stays for stop(). */
static void
say_last (UProtocolLoad *self, UWord *word)
{
  UHearing hearing;

  word->holds = TRUE;
  g_object_ref (self);
  hearing = say (self, word);
  if (hearing == U_NOT_HEARD || hearing == U_OUT_OF_PLACE)
    g_object_unref (self);
}

/**
 * u_protocol_load_respond:
 * @self: a load
 * @response: a [class@Response], or a [class@HttpResponse]
 *
 * Gives the response, once, before the body.
 *
 * A response without a URL is one of the URL that was asked for. To one of HTTP the library does what it does to that
 * of a server: it follows redirects, asks for credentials after a 401, keeps cookies. With a length that was announced
 * another one is an error at the end.
 *
 * May be called from any thread.
 */
void
u_protocol_load_respond (UProtocolLoad *self, UResponse *response)
{
  UWord *word;

  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));
  g_return_if_fail (U_IS_RESPONSE (response));

  word = u_word_new (U_WORD_RESPONSE);
  word->response = u_response_data_ref (u_response_get_data (response));
  say (self, word);
}

static UWord *
new_data (GBytes *bytes)
{
  UWord *word = u_word_new (U_WORD_DATA);

  word->bytes = g_bytes_ref (bytes);

  return word;
}

/**
 * u_protocol_load_send_data:
 * @self: a load
 * @bytes: the next bytes of the body
 *
 * Gives a piece of the body, without waiting.
 *
 * What the task does not take yet stays in memory: a body that is not small goes with [method@ProtocolLoad.send_async].
 *
 * May be called from any thread.
 */
void
u_protocol_load_send_data (UProtocolLoad *self, GBytes *bytes)
{
  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));
  g_return_if_fail (bytes != NULL);

  if (g_bytes_get_size (bytes) > 0)
    say (self, new_data (bytes));
}

/* In the context of the call. */
static gboolean
send_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  UProtocolLoad *self = g_task_get_source_object (task);
  Waiter *waiter = NULL;

  g_mutex_lock (&self->lock);
  for (GList *l = self->waiters.head; l != NULL; l = l->next)
    {
      if (((Waiter *) l->data)->task == task)
        {
          waiter = l->data;
          g_queue_delete_link (&self->waiters, l);
          break;
        }
    }
  g_mutex_unlock (&self->lock);

  if (waiter != NULL)
    {
      g_task_return_new_error (task, U_ERROR, U_ERROR_CANCELLED, "The call was cancelled.");
      waiter_free (waiter);
    }

  return G_SOURCE_REMOVE;
}

static GError *
new_over_error (void)
{
  return g_error_new_literal (U_ERROR, U_ERROR_CANCELLED, "The load is over: nobody takes anything of it any more.");
}

/**
 * u_protocol_load_send_async:
 * @self: a load
 * @bytes: the next bytes of the body
 * @cancellable: (nullable): ends the waiting; the bytes were given all the same
 * @callback: (nullable) (scope async): called when there is room for more
 * @user_data: data for @callback
 *
 * Gives a piece of the body, and waits until there is room for the next one.
 *
 * A body of any length can be given so, piece by piece: at most one piece and half a megabyte are in memory. When the
 * task is suspended, or slow, it takes until it goes on.
 *
 * May be called from any thread; @callback is called in the thread-default main context of the call.
 */
void
u_protocol_load_send_async (UProtocolLoad       *self,
                            GBytes              *bytes,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  UHearing hearing;

  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, u_protocol_load_send_async);
  g_task_set_check_cancellable (task, FALSE);

  /* Under the lock, so that the room is not told of before somebody waits for it. */
  g_mutex_lock (&self->lock);
  if (self->closed)
    hearing = U_NOT_HEARD;
  else if (g_bytes_get_size (bytes) == 0)
    hearing = U_SAID;
  else
    hearing = say (self, new_data (bytes));
  if (hearing == U_SAID_AND_FULL)
    {
      Waiter *waiter = g_new0 (Waiter, 1);

      waiter->task = g_object_ref (task);
      if (cancellable != NULL)
        {
          waiter->cancel_source = g_cancellable_source_new (cancellable);
          g_source_set_callback (waiter->cancel_source, G_SOURCE_FUNC (send_cancelled_cb), g_object_ref (task),
                                 g_object_unref);
          g_source_attach (waiter->cancel_source, g_task_get_context (task));
        }
      g_queue_push_tail (&self->waiters, waiter);
    }
  g_mutex_unlock (&self->lock);

  if (hearing == U_SAID)
    g_task_return_boolean (task, TRUE);
  else if (hearing == U_NOT_HEARD)
    g_task_return_error (task, new_over_error ());
}

/**
 * u_protocol_load_send_finish:
 * @self: a load
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Completes [method@ProtocolLoad.send_async].
 *
 * The error is `U_ERROR_CANCELLED` when the load is over, or the call was cancelled.
 *
 * Returns: %TRUE if there is room for more
 */
gboolean
u_protocol_load_send_finish (UProtocolLoad *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_PROTOCOL_LOAD (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_protocol_load_send_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * u_protocol_load_finish:
 * @self: a load
 *
 * Says that the body is complete.
 *
 * Without a response before that, the task fails with `U_ERROR_BAD_SERVER_RESPONSE`.
 *
 * May be called from any thread.
 */
void
u_protocol_load_finish (UProtocolLoad *self)
{
  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));

  say_last (self, u_word_new (U_WORD_END));
}

/**
 * u_protocol_load_fail:
 * @self: a load
 * @error: why
 *
 * Ends the load with an error.
 *
 * One in the domain `U_ERROR` is that of the task. Others are mapped as those of GIO are; their message is in that of
 * the task.
 *
 * May be called from any thread.
 */
void
u_protocol_load_fail (UProtocolLoad *self, const GError *error)
{
  UWord *word;

  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));
  g_return_if_fail (error != NULL);

  word = u_word_new (U_WORD_END);
  word->error = g_error_copy (error);
  say_last (self, word);
}

/* What a server would have said. */
static UResponseData *
new_redirect (UProtocolLoad *self, URequestData *to)
{
  UHeaderList *headers = u_header_list_new ();

  if (to->uri != NULL)
    u_header_list_append (headers, "Location", to->uri);

  return u_response_data_new_http (u_request_get_uri (self->request), 302, NULL, headers);
}

/**
 * u_protocol_load_redirect:
 * @self: a load
 * @request: what is to be loaded instead, copied
 * @response: (nullable): the response that says so; %NULL for one with the status 302
 *
 * Ends the load with a redirect.
 *
 * The task asks with [signal@Task::decide-redirect] as it does for the redirect of a server. @request may have any
 * scheme; protocols are asked for it anew.
 *
 * May be called from any thread.
 */
void
u_protocol_load_redirect (UProtocolLoad *self, URequest *request, UHttpResponse *response)
{
  UWord *word;

  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));
  g_return_if_fail (U_IS_REQUEST (request));
  g_return_if_fail (response == NULL || U_IS_HTTP_RESPONSE (response));

  word = u_word_new (U_WORD_REDIRECT);
  word->request = u_request_ref_data (request);
  if (response != NULL)
    word->response = u_response_data_ref (u_response_get_data (U_RESPONSE (response)));
  else if (self->request != NULL)
    word->response = new_redirect (self, word->request);
  say_last (self, word);
}

/* ---- Questions ---- */

/**
 * u_protocol_load_challenge_async:
 * @self: a load
 * @space: what a credential is wanted for; not trust in a server
 * @proposed: (nullable): a credential to propose; after a failure the one that was rejected
 * @previous_failure_count: how many answers were rejected before
 * @cancellable: (nullable): ends the waiting; the application is asked all the same
 * @callback: (nullable) (scope async): called with the answer
 * @user_data: data for @callback
 *
 * Asks the application for a credential, before there is a response: with [signal@Task::challenge], after the
 * credential storage of the session was looked at.
 *
 * A credential that is to be kept is stored when the load responds with another status than 407.
 *
 * May be called from any thread; @callback is called in the thread-default main context of the call.
 */
void
u_protocol_load_challenge_async (UProtocolLoad       *self,
                                 UProtectionSpace    *space,
                                 UCredential         *proposed,
                                 guint                previous_failure_count,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (UProtectionSpaceData) space_data = NULL;
  g_autoptr (UCredentialData) credential = NULL;
  UHearing hearing = U_NOT_HEARD;
  UWord *word;

  g_return_if_fail (U_IS_PROTOCOL_LOAD (self));
  g_return_if_fail (U_IS_PROTECTION_SPACE (space));
  g_return_if_fail (proposed == NULL || U_IS_CREDENTIAL (proposed));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, u_protocol_load_challenge_async);
  g_task_set_check_cancellable (task, FALSE);

  space_data = u_protection_space_ref_data (space);
  if (space_data->method == U_AUTHENTICATION_METHOD_SERVER_TRUST)
    {
      g_task_return_new_error (task, U_ERROR, U_ERROR_UNKNOWN,
                               "A protocol cannot ask for trust in a server: the answer would be no credential.");
      return;
    }
  credential = proposed != NULL ? u_credential_ref_data (proposed) : NULL;
  word = u_word_new (U_WORD_QUESTION);
  word->challenge = u_challenge_data_new (space_data, credential, previous_failure_count, NULL);

  g_mutex_lock (&self->lock);
  if (self->closed)
    u_word_free (word);
  else
    hearing = say (self, word);
  if (hearing == U_SAID || hearing == U_SAID_AND_FULL)
    g_queue_push_tail (&self->questions, g_object_ref (task));
  g_mutex_unlock (&self->lock);

  if (hearing == U_NOT_HEARD || hearing == U_OUT_OF_PLACE)
    g_task_return_error (task, new_over_error ());
}

/**
 * u_protocol_load_challenge_finish:
 * @self: a load
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Completes [method@ProtocolLoad.challenge_async].
 *
 * The error is `U_ERROR_CANCELLED` when the load is over meanwhile; to cancel the task is an answer, too.
 *
 * Returns: (transfer full) (nullable): a credential; %NULL without an error when there is none, and the load goes on
 *   without
 */
UCredential *
u_protocol_load_challenge_finish (UProtocolLoad *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_PROTOCOL_LOAD (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_protocol_load_challenge_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- From the other side ---- */

void
u_protocol_load_has_room (UProtocolLoad *self)
{
  GQueue waiters = G_QUEUE_INIT;
  Waiter *waiter;

  g_mutex_lock (&self->lock);
  waiters = self->waiters;
  g_queue_init (&self->waiters);
  g_mutex_unlock (&self->lock);

  while ((waiter = g_queue_pop_head (&waiters)) != NULL)
    {
      g_task_return_boolean (waiter->task, TRUE);
      waiter_free (waiter);
    }
}

void
u_protocol_load_answer (UProtocolLoad *self, const UChallengeAnswer *answer)
{
  g_autoptr (GTask) task = NULL;
  UCredential *credential = NULL;

  g_mutex_lock (&self->lock);
  task = g_queue_pop_head (&self->questions);
  g_mutex_unlock (&self->lock);

  if (task == NULL)
    return;

  if (answer->kind == U_CHALLENGE_USE_CREDENTIAL && answer->credential != NULL)
    credential = u_credential_new_from_data (answer->credential);
  g_task_return_pointer (task, credential, g_object_unref);
}

void
u_protocol_load_close (UProtocolLoad *self)
{
  GQueue waiters = G_QUEUE_INIT;
  GQueue questions = G_QUEUE_INIT;
  Waiter *waiter;
  GTask *task;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  waiters = self->waiters;
  g_queue_init (&self->waiters);
  questions = self->questions;
  g_queue_init (&self->questions);
  g_mutex_unlock (&self->lock);

  if (!u_protocol_exchange_has_ended (self->exchange))
    g_cancellable_cancel (self->cancellable);
  while ((waiter = g_queue_pop_head (&waiters)) != NULL)
    {
      g_task_return_error (waiter->task, new_over_error ());
      waiter_free (waiter);
    }
  while ((task = g_queue_pop_head (&questions)) != NULL)
    {
      g_task_return_error (task, new_over_error ());
      g_object_unref (task);
    }
}

void
u_protocol_load_let_go (UProtocolLoad *self)
{
  if (u_protocol_exchange_holds (self->exchange))
    g_object_unref (self);
}

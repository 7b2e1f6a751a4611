/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-body-stream-request-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/task/u-task-private.h"

/**
 * UBodyStreamRequest:
 *
 * A stream with the body of a request is needed.
 *
 * Carried by [signal@Task::need-body-stream]. The default is to send the stream that the request has: from its start
 * again, if it was used and is a [iface@Gio.Seekable] that can be sought; otherwise the task fails with
 * %U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED.
 */

enum {
  DEFAULT,
  PROVIDE,
};

struct _UBodyStreamRequest
{
  UDecision parent_instance;

  URequestData *request;      /* owned */
  gint64 offset;
};

struct _UBodyStreamRequestClass
{
  UDecisionClass parent_class;
};

enum {
  PROP_0,
  PROP_OFFSET,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UBodyStreamRequest, u_body_stream_request, U_TYPE_DECISION)

/* The change from one stream to the next, in the context of the session. */
typedef struct
{
  UTask *task;                /* owned */
  UBodySource *old;           /* owned */
  gint64 length;
  int answer;
  GInputStream *stream;       /* owned, nullable; PROVIDE */
} Change;

/* Nobody reads the old stream any more. */
static void
retired (gpointer user_data)
{
  Change *change = user_data;
  GInputStream *old = u_body_source_get_stream (change->old);
  GInputStream *stream = NULL;
  g_autoptr (UBodySource) source = NULL;
  UCommand command = { .kind = U_COMMAND_BODY };

  if (change->answer == PROVIDE)
    {
      stream = change->stream;
      if (old != NULL && old != stream)
        g_input_stream_close (old, NULL, NULL);
    }
  else if (u_body_source_rewind (change->old))
    {
      stream = old;
    }
  if (stream != NULL)
    {
      source = u_body_source_new (stream, change->length, FALSE);
      u_body_source_bind (source, u_dispatch_queue_get_context (change->task->queue));
    }
  command.source = source;
  u_task_send_command (change->task, &command);

  g_clear_object (&change->stream);
  u_body_source_unref (change->old);
  g_object_unref (change->task);
  g_free (change);
}

static void
change_stream (UTask *task, URequestData *request, int answer, GInputStream *stream)
{
  Change *change = g_new0 (Change, 1);

  change->task = g_object_ref (task);
  change->old = u_body_source_ref (request->body_source);
  change->length = u_body_source_get_length (change->old);
  change->answer = answer;
  change->stream = stream != NULL ? g_object_ref (stream) : NULL;
  u_body_source_retire (change->old, retired, change);
}

static void
u_body_stream_request_apply (UDecision *decision, UTask *task, int answer, gpointer payload)
{
  UCommand none = { .kind = U_COMMAND_BODY };

  if (decision != NULL)
    change_stream (task, U_BODY_STREAM_REQUEST (decision)->request, answer, payload);
  else
    u_task_send_command (task, &none);
}

static void
u_body_stream_request_finalize (GObject *object)
{
  g_clear_pointer (&U_BODY_STREAM_REQUEST (object)->request, u_request_data_unref);

  G_OBJECT_CLASS (u_body_stream_request_parent_class)->finalize (object);
}

static void
u_body_stream_request_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_OFFSET:
      g_value_set_int64 (value, U_BODY_STREAM_REQUEST (object)->offset);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_body_stream_request_class_init (UBodyStreamRequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UDecisionClass *decision_class = U_DECISION_CLASS (klass);

  object_class->finalize = u_body_stream_request_finalize;
  object_class->get_property = u_body_stream_request_get_property;
  decision_class->question = "body stream";
  decision_class->default_answer = DEFAULT;
  decision_class->free_payload = g_object_unref;
  decision_class->apply = u_body_stream_request_apply;

  /**
   * UBodyStreamRequest:offset: (getter get_offset)
   *
   * The byte of the body that the stream is to begin with: 0, as all of the body is sent.
   */
  props[PROP_OFFSET] =
    g_param_spec_int64 ("offset", NULL, NULL, 0, G_MAXINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_body_stream_request_init (UBodyStreamRequest *self)
{
}

void
u_body_stream_request_ask (UTask *task, URequestData *request)
{
  g_autoptr (UBodyStreamRequest) self = NULL;

  if (!u_task_is_heard (task, U_TASK_NEED_BODY_STREAM))
    {
      change_stream (task, request, DEFAULT, NULL);
      return;
    }

  self = g_object_new (U_TYPE_BODY_STREAM_REQUEST, "task", task, NULL);
  self->request = u_request_data_ref (request);
  u_task_ask (task, U_DECISION (self), U_TASK_NEED_BODY_STREAM, 0);
}

gboolean
u_body_stream_request_bind (UTask *task, URequestData *request, GError **error)
{
  if (request == NULL || request->body_kind != U_BODY_SOURCE ||
      u_body_source_bind (request->body_source, u_dispatch_queue_get_context (task->queue)))
    return TRUE;

  g_set_error_literal (error, U_ERROR, U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED,
                       "The stream with the body of the request belongs to another task: set a stream of its own on the "
                       "request of each task.");

  return FALSE;
}

/**
 * u_body_stream_request_get_offset: (get-property offset)
 * @self: a request for a stream
 *
 * Gets the byte of the body that the stream is to begin with.
 *
 * Returns: bytes
 */
gint64
u_body_stream_request_get_offset (UBodyStreamRequest *self)
{
  g_return_val_if_fail (U_IS_BODY_STREAM_REQUEST (self), 0);

  return self->offset;
}

/**
 * u_body_stream_request_provide:
 * @self: a request for a stream
 * @stream: a stream that was not read, of the same bytes as the one before
 *
 * Answers with the stream to send. The one that was sent before is closed first.
 *
 * May be called from any thread; the stream is read in the main context of the session.
 */
void
u_body_stream_request_provide (UBodyStreamRequest *self, GInputStream *stream)
{
  g_return_if_fail (U_IS_BODY_STREAM_REQUEST (self));
  g_return_if_fail (G_IS_INPUT_STREAM (stream));

  u_decision_answer (U_DECISION (self), PROVIDE, g_object_ref (stream));
}

/**
 * u_body_stream_request_provide_none:
 * @self: a request for a stream
 *
 * Answers that there is no stream: the task fails with %U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED.
 *
 * May be called from any thread.
 */
void
u_body_stream_request_provide_none (UBodyStreamRequest *self)
{
  g_return_if_fail (U_IS_BODY_STREAM_REQUEST (self));

  u_decision_answer (U_DECISION (self), PROVIDE, NULL);
}

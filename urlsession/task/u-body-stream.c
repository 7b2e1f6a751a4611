/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-body-stream-private.h"

/* The reading end of a body pipe, as GIO knows streams. It is pollable, so that reading asynchronously takes no
 * thread. */
struct _UBodyStream
{
  GInputStream parent_instance;

  UTask *task;                /* owned; to cancel */
  UBodyPipe *pipe;            /* owned */
};

/* What the pipe calls when something was read. */
typedef struct
{
  UTransfer *transfer;        /* owned */
  gint64 owed;                /* bytes that were read and not given back yet */
} Drain;

static void u_body_stream_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UBodyStream, u_body_stream, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, u_body_stream_pollable_init))

static gssize
u_body_stream_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  return u_body_pipe_read (U_BODY_STREAM (stream)->pipe, buffer, count, TRUE, cancellable, error);
}

static gssize
u_body_stream_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  return u_body_pipe_read (U_BODY_STREAM (stream)->pipe, buffer, count, FALSE, NULL, error);
}

static gboolean
u_body_stream_is_readable (GPollableInputStream *stream)
{
  return u_body_pipe_is_readable (U_BODY_STREAM (stream)->pipe);
}

static GSource *
u_body_stream_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) ready = u_body_pipe_create_source (U_BODY_STREAM (stream)->pipe);
  GSource *source = g_pollable_source_new_full (stream, NULL, cancellable);

  /* Not by the call above: that wants to set a closure, which this source has no use for. */
  g_source_add_child_source (source, ready);

  return source;
}

static gboolean
u_body_stream_close (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  UBodyStream *self = U_BODY_STREAM (stream);

  if (!u_body_pipe_close (self->pipe))
    u_task_cancel (self->task);

  return TRUE;
}

static void
u_body_stream_finalize (GObject *object)
{
  UBodyStream *self = U_BODY_STREAM (object);

  g_clear_object (&self->task);
  g_clear_pointer (&self->pipe, u_body_pipe_unref);

  G_OBJECT_CLASS (u_body_stream_parent_class)->finalize (object);
}

static void
u_body_stream_class_init (UBodyStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = u_body_stream_finalize;
  stream_class->read_fn = u_body_stream_read;
  stream_class->close_fn = u_body_stream_close;
}

static void
u_body_stream_init (UBodyStream *self)
{
}

static void
u_body_stream_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = u_body_stream_is_readable;
  iface->create_source = u_body_stream_create_source;
  iface->read_nonblocking = u_body_stream_read_nonblocking;
}

static void
drain_free (gpointer data)
{
  Drain *self = data;

  u_transfer_unref (self->transfer);
  g_free (self);
}

static void
drained_cb (gpointer user_data, gint64 length)
{
  Drain *self = user_data;
  UCommand command = { .kind = U_COMMAND_CREDIT };

  if (length < 0)
    return;

  self->owed += length;
  if (self->owed >= U_TASK_CREDIT_STEP)
    {
      command.length = self->owed;
      self->owed = 0;
      u_transfer_command (self->transfer, &command);
    }
}

/*
 * u_body_stream_new:
 *
 * In the context of the session, when the response of @task is there.
 */
GInputStream *
u_body_stream_new (UTask *task, UBodyPipe *pipe)
{
  UBodyStream *self = g_object_new (U_TYPE_BODY_STREAM, NULL);

  self->task = g_object_ref (task);
  self->pipe = u_body_pipe_ref (pipe);
  if (task->transfer != NULL)
    {
      Drain *drain = g_new0 (Drain, 1);

      drain->transfer = u_transfer_ref (task->transfer);
      u_body_pipe_set_drained (pipe, drained_cb, drain, drain_free);
    }

  return G_INPUT_STREAM (self);
}

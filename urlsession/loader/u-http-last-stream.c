/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-last-stream-private.h"

struct _UHttpLastStream
{
  GFilterInputStream parent_instance;
};

static void u_http_last_stream_init_pollable (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UHttpLastStream, u_http_last_stream, G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, u_http_last_stream_init_pollable))

static GInputStream *
get_base (gpointer self)
{
  return g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self));
}

static gboolean
u_http_last_stream_close (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  g_input_stream_close (get_base (stream), cancelled, NULL);

  return TRUE;
}

/* What is not overridden here would go to another thread. */
static void
u_http_last_stream_close_async (GInputStream        *stream,
                                int                  io_priority,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_source_tag (task, u_http_last_stream_close_async);
  u_http_last_stream_close (stream, NULL, NULL);
  g_task_return_boolean (task, TRUE);
}

static gboolean
u_http_last_stream_close_finish (GInputStream *stream, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_http_last_stream_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
u_http_last_stream_can_poll (GPollableInputStream *stream)
{
  return G_IS_POLLABLE_INPUT_STREAM (get_base (stream)) &&
         g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (get_base (stream)));
}

static gboolean
u_http_last_stream_is_readable (GPollableInputStream *stream)
{
  return g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (get_base (stream)));
}

static GSource *
u_http_last_stream_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) base = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (get_base (stream)),
                                                                    cancellable);

  return g_pollable_source_new_full (stream, base, NULL);
}

static gssize
u_http_last_stream_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (get_base (stream)), buffer, count, NULL,
                                                   error);
}

static void
u_http_last_stream_init_pollable (GPollableInputStreamInterface *iface)
{
  iface->can_poll = u_http_last_stream_can_poll;
  iface->is_readable = u_http_last_stream_is_readable;
  iface->create_source = u_http_last_stream_create_source;
  iface->read_nonblocking = u_http_last_stream_read_nonblocking;
}

static void
u_http_last_stream_class_init (UHttpLastStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  stream_class->close_fn = u_http_last_stream_close;
  stream_class->close_async = u_http_last_stream_close_async;
  stream_class->close_finish = u_http_last_stream_close_finish;
}

static void
u_http_last_stream_init (UHttpLastStream *self)
{
}

GInputStream *
u_http_last_stream_new (GInputStream *body)
{
  g_autoptr (GInputStream) base = body;

  return g_object_new (U_TYPE_HTTP_LAST_STREAM, "base-stream", base, "close-base-stream", FALSE, NULL);
}

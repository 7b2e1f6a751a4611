/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-prefix-stream-private.h"

#include <string.h>

struct _UPrefixStream
{
  GFilterInputStream parent_instance;

  GIOStream *connection;      /* owned: the input of a TLS connection does not hold it */
  GBytes *prefix;             /* owned, nullable: what is left of it */
};

static void pollable_iface_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UPrefixStream, u_prefix_stream, G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, pollable_iface_init))

static GInputStream *
get_base (UPrefixStream *self)
{
  return g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self));
}

static gssize
read_prefix (UPrefixStream *self, void *buffer, gsize count)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (self->prefix, &length);
  gsize n = MIN (length, count);
  g_autoptr (GBytes) rest = NULL;

  memcpy (buffer, data, n);
  if (n < length)
    rest = g_bytes_new_from_bytes (self->prefix, n, length - n);
  g_bytes_unref (self->prefix);
  self->prefix = g_steal_pointer (&rest);

  return (gssize) n;
}

static gssize
u_prefix_stream_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  UPrefixStream *self = U_PREFIX_STREAM (stream);

  if (self->prefix != NULL)
    return read_prefix (self, buffer, count);

  return g_input_stream_read (get_base (self), buffer, count, cancellable, error);
}

static gboolean
u_prefix_stream_can_poll (GPollableInputStream *stream)
{
  GInputStream *base = get_base (U_PREFIX_STREAM (stream));

  return G_IS_POLLABLE_INPUT_STREAM (base) && g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (base));
}

static gboolean
u_prefix_stream_is_readable (GPollableInputStream *stream)
{
  UPrefixStream *self = U_PREFIX_STREAM (stream);

  return self->prefix != NULL || g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (get_base (self)));
}

static gboolean
once_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static GSource *
u_prefix_stream_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  UPrefixStream *self = U_PREFIX_STREAM (stream);
  g_autoptr (GSource) base = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (get_base (self)), NULL);
  GSource *source = g_pollable_source_new_full (stream, base, cancellable);

  /* It is ready once for the prefix, and from then on when the connection is. */
  if (self->prefix != NULL)
    {
      g_autoptr (GSource) now = g_timeout_source_new (0);

      g_source_set_callback (now, once_cb, NULL, NULL);
      g_source_add_child_source (source, now);
    }

  return source;
}

static gssize
u_prefix_stream_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  UPrefixStream *self = U_PREFIX_STREAM (stream);

  if (self->prefix != NULL)
    return read_prefix (self, buffer, count);

  return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (get_base (self)), buffer, count, NULL,
                                                   error);
}

static void
u_prefix_stream_finalize (GObject *object)
{
  UPrefixStream *self = U_PREFIX_STREAM (object);

  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_object_unref (self->connection);

  G_OBJECT_CLASS (u_prefix_stream_parent_class)->finalize (object);
}

static void
u_prefix_stream_class_init (UPrefixStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = u_prefix_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = u_prefix_stream_read;
}

static void
u_prefix_stream_init (UPrefixStream *self)
{
}

static void
pollable_iface_init (GPollableInputStreamInterface *iface)
{
  iface->can_poll = u_prefix_stream_can_poll;
  iface->is_readable = u_prefix_stream_is_readable;
  iface->create_source = u_prefix_stream_create_source;
  iface->read_nonblocking = u_prefix_stream_read_nonblocking;
}

GIOStream *
u_prefix_stream_new_connection (GIOStream *connection, GBytes *prefix)
{
  g_autoptr (UPrefixStream) input = g_object_new (U_TYPE_PREFIX_STREAM,
                                                  "base-stream", g_io_stream_get_input_stream (connection),
                                                  NULL);

  input->connection = g_object_ref (connection);
  if (g_bytes_get_size (prefix) > 0)
    input->prefix = g_bytes_ref (prefix);

  return g_simple_io_stream_new (G_INPUT_STREAM (input), g_io_stream_get_output_stream (connection));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-body-pipe-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"

struct _UBodyPipe
{
  gatomicrefcount ref_count;
  GMutex lock;                /* of all that follows */
  GCond cond;
  GQueue pieces;              /* of GBytes, owned */
  gsize offset;               /* how much of the first piece was read */
  gboolean finished;          /* nothing more will be pushed */
  gboolean closed;            /* nothing more will be read */
  GError *error;              /* owned; how it ended, nullable */
  int fd;                     /* owned; -1 until there is a source: an eventfd that can be read while the pipe can */
  gboolean signalled;         /* the state of fd */
  UBodyPipeDrained drained;   /* nullable: gone once finished or closed */
  gpointer drained_data;
  GDestroyNotify drained_destroy;
};

typedef struct
{
  GSource source;
  UBodyPipe *pipe;            /* owned */
} PipeSource;

UBodyPipe *
u_body_pipe_new (void)
{
  UBodyPipe *self = g_new0 (UBodyPipe, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->pieces);
  self->fd = -1;

  return self;
}

UBodyPipe *
u_body_pipe_ref (UBodyPipe *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_body_pipe_unref (UBodyPipe *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_queue_clear_full (&self->pieces, (GDestroyNotify) g_bytes_unref);
  g_clear_error (&self->error);
  if (self->drained_destroy != NULL)
    self->drained_destroy (self->drained_data);
  if (self->fd >= 0)
    close (self->fd);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Called with the lock held. */
static gboolean
is_readable (UBodyPipe *self)
{
  return !g_queue_is_empty (&self->pieces) || self->finished || self->closed;
}

/* A source may be on its last reference in another thread at any moment, so the writer touches none: they poll a
 * descriptor. Called with the lock held. */
static void
update_fd (UBodyPipe *self)
{
  gboolean readable = is_readable (self);
  eventfd_t value;

  if (self->fd < 0 || readable == self->signalled)
    return;

  if (readable)
    eventfd_write (self->fd, 1);
  else
    eventfd_read (self->fd, &value);
  self->signalled = readable;
}

/* Called with the lock held. */
static void
wake_reader (UBodyPipe *self)
{
  g_cond_broadcast (&self->cond);
  update_fd (self);
}

void
u_body_pipe_push (UBodyPipe *self, GBytes *bytes)
{
  g_mutex_lock (&self->lock);
  if (!self->closed)
    {
      g_queue_push_tail (&self->pieces, g_bytes_ref (bytes));
      wake_reader (self);
    }
  g_mutex_unlock (&self->lock);
}

/* Lets go of the writer, after which nobody tells it anything. Called with the lock held; what it returns is called
 * without. */
static GDestroyNotify
forget_writer (UBodyPipe *self, gpointer *data)
{
  GDestroyNotify destroy = self->drained_destroy;

  *data = self->drained_data;
  self->drained = NULL;
  self->drained_data = NULL;
  self->drained_destroy = NULL;

  return destroy;
}

/*
 * u_body_pipe_finish:
 * @error: (nullable): why the body ends early
 *
 * Nothing more comes. What was pushed before can still be read.
 */
void
u_body_pipe_finish (UBodyPipe *self, const GError *error)
{
  GDestroyNotify destroy;
  gpointer data;

  g_mutex_lock (&self->lock);
  if (!self->finished)
    {
      self->finished = TRUE;
      if (error != NULL)
        self->error = g_error_copy (error);
    }
  destroy = forget_writer (self, &data);
  wake_reader (self);
  g_mutex_unlock (&self->lock);

  if (destroy != NULL)
    destroy (data);
}

void
u_body_pipe_set_drained (UBodyPipe *self, UBodyPipeDrained drained, gpointer user_data, GDestroyNotify destroy)
{
  gboolean late;

  g_mutex_lock (&self->lock);
  late = self->finished || self->closed;
  if (!late)
    {
      self->drained = drained;
      self->drained_data = user_data;
      self->drained_destroy = destroy;
    }
  g_mutex_unlock (&self->lock);

  if (late)
    destroy (user_data);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  UBodyPipe *self = user_data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Called with the lock held. */
static gsize
take (UBodyPipe *self, guint8 *buffer, gsize length)
{
  gsize n = 0;

  while (n < length && !g_queue_is_empty (&self->pieces))
    {
      GBytes *piece = g_queue_peek_head (&self->pieces);
      gsize size;
      const guint8 *data = g_bytes_get_data (piece, &size);
      gsize part = MIN (size - self->offset, length - n);

      memcpy (buffer + n, data + self->offset, part);
      n += part;
      self->offset += part;
      if (self->offset == size)
        {
          g_bytes_unref (g_queue_pop_head (&self->pieces));
          self->offset = 0;
        }
    }

  return n;
}

/*
 * u_body_pipe_read:
 * @block: to wait for data; else there is %G_IO_ERROR_WOULD_BLOCK
 *
 * Returns: bytes read, 0 at the end, -1 with an error
 */
gssize
u_body_pipe_read (UBodyPipe     *self,
                  guint8        *buffer,
                  gsize          length,
                  gboolean       block,
                  GCancellable  *cancellable,
                  GError       **error)
{
  UBodyPipeDrained drained = NULL;
  gpointer drained_data = NULL;
  gulong handler = 0;
  gssize n = -1;

  if (block && cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), self, NULL);

  g_mutex_lock (&self->lock);
  while (block && !is_readable (self) && !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&self->cond, &self->lock);

  if (cancellable != NULL && g_cancellable_is_cancelled (cancellable))
    {
      g_set_error_literal (error, U_ERROR, U_ERROR_CANCELLED, "The read was cancelled.");
    }
  else if (self->closed)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The stream is closed.");
    }
  else if (!g_queue_is_empty (&self->pieces))
    {
      n = (gssize) take (self, buffer, length);
      update_fd (self);
      drained = self->drained;
      drained_data = self->drained_data;
    }
  else if (!self->finished)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "No data has arrived yet.");
    }
  else if (self->error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->error));
    }
  else
    {
      n = 0;
    }

  /* Under the lock, since the writer's side lets go of the data when it finishes. The callee only posts. */
  if (n > 0 && drained != NULL)
    drained (drained_data, n);
  g_mutex_unlock (&self->lock);

  if (handler != 0)
    g_cancellable_disconnect (cancellable, handler);

  return n;
}

gboolean
u_body_pipe_is_readable (UBodyPipe *self)
{
  gboolean readable;

  g_mutex_lock (&self->lock);
  readable = is_readable (self);
  g_mutex_unlock (&self->lock);

  return readable;
}

/*
 * u_body_pipe_close:
 *
 * Nothing more is read: what waits is thrown away, and the writer is told to stop.
 *
 * Returns: %TRUE if the end had been reached, %FALSE if there was more to come
 */
gboolean
u_body_pipe_close (UBodyPipe *self)
{
  GDestroyNotify destroy;
  gboolean at_end;
  gpointer data;

  g_mutex_lock (&self->lock);
  at_end = self->finished && g_queue_is_empty (&self->pieces);
  self->closed = TRUE;
  g_queue_clear_full (&self->pieces, (GDestroyNotify) g_bytes_unref);
  self->offset = 0;
  if (self->drained != NULL)
    self->drained (self->drained_data, -1);
  destroy = forget_writer (self, &data);
  wake_reader (self);
  g_mutex_unlock (&self->lock);

  if (destroy != NULL)
    destroy (data);

  return at_end;
}

static gboolean
pipe_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback != NULL ? callback (user_data) : G_SOURCE_CONTINUE;
}

static void
pipe_source_finalize (GSource *source)
{
  u_body_pipe_unref (((PipeSource *) source)->pipe);
}

static GSourceFuncs pipe_source_funcs = {
  .dispatch = pipe_source_dispatch,
  .finalize = pipe_source_finalize,
};

/*
 * u_body_pipe_create_source:
 *
 * Returns: (transfer full): a source that is ready while something can be read, the end included
 */
GSource *
u_body_pipe_create_source (UBodyPipe *self)
{
  GSource *source = g_source_new (&pipe_source_funcs, sizeof (PipeSource));

  ((PipeSource *) source)->pipe = u_body_pipe_ref (self);
  g_source_set_static_name (source, "[urlsession] body");
  g_mutex_lock (&self->lock);
  if (self->fd < 0)
    {
      self->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      /* As with GLib's own contexts, there is no way to go on without descriptors. */
      if (self->fd < 0)
        g_error ("Cannot make a descriptor to wait for a body: %s", g_strerror (errno));
      update_fd (self);
    }
  g_mutex_unlock (&self->lock);
  g_source_add_unix_fd (source, self->fd, G_IO_IN);

  return source;
}

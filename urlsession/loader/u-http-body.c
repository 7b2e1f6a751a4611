/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-body-private.h"

#include <poll.h>
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-http-drain-private.h"
#include "urlsession/loader/u-http-engine-private.h"
#include "urlsession/loader/u-http-framing-private.h"
#include "urlsession/loader/u-spool-private.h"

/* What one dispatch may do before other loads of the thread have their turn: whichever comes first. */
#define DISPATCH_BYTES (2 * 1024 * 1024)
#define DISPATCH_US 2000

/* Bytes looked at beyond the credit, so that an end is seen without any, and held until there is some. libsoup also
 * needs room for a line when it reads the end of a chunked body. */
#define LOOK_AHEAD 256

/* What waits in memory when an HTTP/2 body is not read; the rest goes to a file. */
#define SPOOL_MEMORY (1024 * 1024)

/* Bytes moved at a time into the spool. */
#define SPOOL_BLOCK (64 * 1024)

/* Before the connection of HTTP/2, whose priority is the default one: what it brings is taken away at once, since the
 * list in which libsoup keeps it is searched from its start for every piece. */
#define PRIORITY_MULTIPLEXED (G_PRIORITY_DEFAULT - 10)

/* Seconds between two looks at the socket of an HTTP/2 body that does not go on. */
#define WATCH_INTERVAL 1

struct _UHttpBody
{
  guint ref_count;
  GInputStream *stream;       /* owned; NULL once closed */
  gboolean multiplexed;       /* HTTP/2: closing resets one stream of the connection */
  gboolean spools;            /* what is not read piles up in memory: take it and keep it elsewhere */
  UContentDecoder *decoder;   /* owned, nullable */
  const UHttpBodyFuncs *funcs;
  gpointer user_data;

  gint64 expected;            /* bytes on the wire; -1 unknown */
  gint64 arrived;             /* bytes that came off the wire */
  gint64 unreported;          /* of those, consumed but not yet part of a data() */
  gint64 credit;

  guint8 ahead[LOOK_AHEAD];   /* decoded, looked at beyond the credit */
  gsize ahead_start;
  gsize ahead_end;

  USpool *spool;              /* owned, nullable; encoded bytes that nobody wanted yet */
  gboolean ended;             /* nothing more comes from the stream */
  GError *end_error;          /* owned; why it ended early, NULL if it did not */

  GSource *ready;             /* owned, nullable; the stream can be read */
  GSource *wake;              /* owned, nullable; go on without waiting for the stream */
  GSocket *socket;            /* owned, nullable; of the connection, to be looked at only */
  GSource *watch;             /* owned, nullable; looks at the socket while there is nothing to read */
  gint64 arrived_at_end;      /* what had arrived then */
  gboolean is_closing;        /* the last look found that the other side had closed */
  gint64 arrived_at_look;     /* what had arrived then */
  gboolean started;
  gboolean running;           /* inside run() */
  gboolean stopped;
};

static void run (UHttpBody *self);

UHttpBody *
u_http_body_new (GInputStream *stream, gboolean multiplexed, UContentDecoder *decoder, gint64 expected, gint64 credit,
                 const UHttpBodyFuncs *funcs, gpointer user_data)
{
  UHttpBody *self = g_new0 (UHttpBody, 1);

  self->ref_count = 1;
  self->stream = g_object_ref (stream);
  self->multiplexed = multiplexed;
  self->spools = multiplexed && !U_SOUP_HAS_FLOW_CONTROL;
  self->decoder = decoder;
  self->expected = expected;
  self->credit = credit;
  self->funcs = funcs;
  self->user_data = user_data;
  if (self->spools)
    u_http_drain_add (self);

  return self;
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    {
      g_source_destroy (*source);
      g_clear_pointer (source, g_source_unref);
    }
}

/*
 * After the end the connection is free for the next message. Before it, an HTTP/1 connection is closed, since nobody
 * will read the rest, and an HTTP/2 stream is reset; that writes a frame, which may have to wait.
 */
static void
close_stream (UHttpBody *self)
{
  g_autoptr (GInputStream) stream = g_steal_pointer (&self->stream);

  clear_source (&self->ready);
  if (stream == NULL)
    return;

  if (self->multiplexed && (!self->ended || self->end_error != NULL))
    g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  else
    g_input_stream_close (stream, NULL, NULL);
}

void
u_http_body_stop (UHttpBody *self)
{
  if (self->spools && !self->stopped)
    u_http_drain_remove (self);
  self->stopped = TRUE;
  close_stream (self);
  clear_source (&self->watch);
  clear_source (&self->wake);
  g_clear_pointer (&self->spool, u_spool_free);
}

UHttpBody *
u_http_body_ref (UHttpBody *self)
{
  self->ref_count++;

  return self;
}

void
u_http_body_unref (UHttpBody *self)
{
  if (--self->ref_count > 0)
    return;

  u_http_body_stop (self);
  g_clear_pointer (&self->decoder, u_content_decoder_free);
  g_clear_object (&self->socket);
  g_clear_error (&self->end_error);
  g_free (self);
}

/* Reads from libsoup. As read_nonblocking(), but what is at the end was checked: 0 only for a complete body. */
static gssize
read_stream (UHttpBody *self, guint8 *buffer, gsize size, GError **error)
{
  gssize n;

  if (self->ended)
    {
      if (self->end_error == NULL)
        return 0;
      g_propagate_error (error, g_error_copy (self->end_error));
      return -1;
    }

  n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->stream), buffer, size, NULL, error);
  if (n > 0)
    self->arrived += n;
  if (n == 0)
    {
      if (!u_http_framing_check_end (self->stream, self->expected, self->arrived, &self->end_error))
        {
          g_propagate_error (error, g_error_copy (self->end_error));
          n = -1;
        }
      self->ended = TRUE;
    }

  return n;
}

/* The next bytes as transferred, from the spool if they wait there. */
static gssize
read_wire (UHttpBody *self, guint8 *buffer, gsize size, GError **error)
{
  gssize n = 0;

  if (self->spool != NULL)
    {
      n = u_spool_pop (self->spool, buffer, size, error);
      if (n == 0)
        g_clear_pointer (&self->spool, u_spool_free);
    }
  if (n == 0)
    n = read_stream (self, buffer, size, error);
  if (n > 0)
    self->unreported += n;

  return n;
}

/* The next bytes as they are delivered. */
static gssize
read_body (UHttpBody *self, guint8 *buffer, gsize size, GError **error)
{
  if (self->decoder == NULL)
    return read_wire (self, buffer, size, error);

  while (TRUE)
    {
      gsize room;
      guint8 *into;
      gssize n;

      n = u_content_decoder_read (self->decoder, buffer, size, error);
      if (n != 0)
        return n;

      into = u_content_decoder_get_room (self->decoder, &room);
      n = read_wire (self, into, room, error);
      if (n < 0)
        return -1;
      if (n == 0)
        {
          u_content_decoder_end (self->decoder);
          return u_content_decoder_read (self->decoder, buffer, size, error);
        }
      u_content_decoder_fill (self->decoder, n);
    }
}

/*
 * As many reads as the room and what has arrived allow: TLS gives one record of at most 16 KiB at a time, and to
 * deliver costs by the call. As read_body() if the first read fails; what a later one finds is found again by the next.
 */
static gssize
fill (UHttpBody *self, guint8 *buffer, gsize size, gboolean *is_dry, GError **error)
{
  gssize n = read_body (self, buffer, size, error);
  gsize length = n > 0 ? n : 0;

  *is_dry = FALSE;
  /* An error of a decoder or of the spool comes once. */
  while (n > 0 && size - length >= LOOK_AHEAD && self->decoder == NULL && self->spool == NULL)
    {
      g_autoptr (GError) later = NULL;

      n = read_body (self, buffer + length, size - length, &later);
      if (n > 0)
        {
          length += n;
        }
      else if (n < 0 && g_error_matches (later, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          *is_dry = TRUE;
        }
      else if (n < 0 && !self->ended)
        {
          self->ended = TRUE;
          self->end_error = g_steal_pointer (&later);
        }
    }

  return length > 0 ? (gssize) length : n;
}

static void
finish (UHttpBody *self, const GError *error)
{
  /* The connection first: who starts the next load in done() shall find it free. */
  u_http_body_stop (self);
  self->funcs->done (self->user_data, error, self->unreported);
}

static void
deliver (UHttpBody *self, gsize length)
{
  gint64 wire = self->unreported;

  self->unreported = 0;
  if (self->credit != G_MAXINT64)
    self->credit -= length;
  self->funcs->data (self->user_data, length, wire);
}

/* Keeps what arrives while nobody wants it. Returns FALSE when done() was called. */
static gboolean
absorb (UHttpBody *self)
{
  gsize size = 0;
  g_autofree guint8 *block = NULL;

  while (!self->ended && size < DISPATCH_BYTES)
    {
      g_autoptr (GError) error = NULL;
      gssize n;

      if (block == NULL)
        block = g_malloc (SPOOL_BLOCK);
      n = read_stream (self, block, SPOOL_BLOCK, &error);
      if (n > 0)
        {
          if (self->spool == NULL)
            self->spool = u_spool_new (SPOOL_MEMORY);
          if (!u_spool_push (self->spool, block, n, &error))
            {
              finish (self, error);
              return FALSE;
            }
          size += n;
        }
      else if (n < 0)
        {
          if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return TRUE;
          /* Told once what came before it was delivered. */
          self->ended = TRUE;
          if (self->end_error == NULL)
            self->end_error = g_steal_pointer (&error);
        }
    }

  return TRUE;
}

static gboolean
ready_cb (GObject *stream, gpointer user_data)
{
  UHttpBody *self = user_data;

  /* The source of HTTP/2 is good for one time; that of HTTP/1 stays while there is something to wait for. */
  if (self->multiplexed)
    clear_source (&self->ready);
  run (self);

  return G_SOURCE_CONTINUE;
}

/* Whether the other side has closed, however much of what it sent was read. */
static gboolean
socket_is_closing (GSocket *socket)
{
  struct pollfd poll_fd = { .events = POLLRDHUP };

  if (g_socket_is_closed (socket))
    return TRUE;
  poll_fd.fd = g_socket_get_fd (socket);

  return poll (&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/*
 * When a connection of HTTP/2 breaks, libsoup before 3.4 tells those who wait for a response, but leaves those who read
 * a body waiting for ever, perhaps with a rest of the stream that it cannot make sense of. So a body that waits on a
 * connection which the other side has closed, and gets nothing from one look to the next, is lost.
 */
static gboolean
watch_cb (gpointer user_data)
{
  UHttpBody *self = user_data;

  if (self->ended || self->ready == NULL || !socket_is_closing (self->socket))
    {
      self->is_closing = FALSE;
      return G_SOURCE_CONTINUE;
    }
  if (!self->is_closing || self->arrived_at_look != self->arrived)
    {
      self->is_closing = TRUE;
      self->arrived_at_look = self->arrived;
      return G_SOURCE_CONTINUE;
    }

  self->ended = TRUE;
  self->end_error = g_error_new (U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST,
                                 "The connection was closed in the middle of the body, after %" G_GINT64_FORMAT
                                 " bytes", self->arrived);
  clear_source (&self->ready);
  run (self);

  return G_SOURCE_CONTINUE;
}

static void
watch_socket (UHttpBody *self)
{
  if (self->watch != NULL || self->socket == NULL)
    return;

  self->watch = g_timeout_source_new_seconds (WATCH_INTERVAL);
  g_source_set_static_name (self->watch, "[urlsession] connection watch");
  g_source_set_callback (self->watch, watch_cb, self, NULL);
  g_source_attach (self->watch, g_main_context_get_thread_default ());
}

static void
wait_for_stream (UHttpBody *self)
{
  if (self->ready != NULL || self->ended)
    return;

  watch_socket (self);

  self->ready = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (self->stream), NULL);
  g_source_set_priority (self->ready, self->spools ? PRIORITY_MULTIPLEXED : G_PRIORITY_DEFAULT);
  g_source_set_static_name (self->ready, "[urlsession] response body");
  /* It never does, see `running`; but a source that may not is taken out of the poll around its callback, and put back,
   * and each of the two wakes the context. */
  g_source_set_can_recurse (self->ready, TRUE);
  g_source_set_callback (self->ready, G_SOURCE_FUNC (ready_cb), self, NULL);
  g_source_attach (self->ready, g_main_context_get_thread_default ());
}

typedef struct
{
  GSource source;
  UHttpBody *body;            /* not owned: it destroys its source */
} WakeSource;

static gboolean
wake_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  run (((WakeSource *) source)->body);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs wake_source_funcs = { .dispatch = wake_dispatch };

static void
wake_up (UHttpBody *self)
{
  if (self->wake == NULL)
    {
      self->wake = g_source_new (&wake_source_funcs, sizeof (WakeSource));
      ((WakeSource *) self->wake)->body = self;
      g_source_set_priority (self->wake, self->spools ? PRIORITY_MULTIPLEXED : G_PRIORITY_DEFAULT);
      g_source_set_static_name (self->wake, "[urlsession] response body goes on");
      g_source_attach (self->wake, g_main_context_get_thread_default ());
    }
  g_source_set_ready_time (self->wake, 0);
}

/* Without credit: looks whether this was the end, takes what must not stay where it is. */
static void
run_without_credit (UHttpBody *self)
{
  g_autoptr (GError) error = NULL;

  if (self->ahead_start == self->ahead_end)
    {
      gssize n = read_body (self, self->ahead, LOOK_AHEAD, &error);

      if (n == 0)
        {
          finish (self, NULL);
          return;
        }
      if (n < 0)
        {
          if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            wait_for_stream (self);
          else
            finish (self, error);
          return;
        }
      self->ahead_start = 0;
      self->ahead_end = n;
    }

  if (!self->spools)
    clear_source (&self->ready);
  else if (absorb (self))
    wait_for_stream (self);
}

/* One read. Returns FALSE when there is nothing to go on with for now. */
static gboolean
step (UHttpBody *self, gsize *n_delivered)
{
  g_autoptr (GError) error = NULL;
  guint8 *buffer;
  gsize size = 0;
  gssize n;

  if (self->credit <= 0)
    {
      run_without_credit (self);
      return FALSE;
    }

  buffer = self->funcs->get_buffer (self->user_data, &size);
  if (self->stopped)
    return FALSE;
  size = (gsize) MIN ((guint64) size, (guint64) self->credit);

  if (self->ahead_start == self->ahead_end && size < LOOK_AHEAD)
    {
      n = read_body (self, self->ahead, LOOK_AHEAD, &error);
      if (n > 0)
        {
          self->ahead_start = 0;
          self->ahead_end = n;
        }
    }
  else if (self->ahead_start == self->ahead_end)
    {
      gboolean is_dry;

      n = fill (self, buffer, size, &is_dry, &error);
      if (n > 0)
        {
          *n_delivered += n;
          deliver (self, n);
          if (!is_dry || self->stopped || self->credit <= 0)
            return TRUE;
          wait_for_stream (self);
          return FALSE;
        }
    }
  else
    {
      n = 1;
    }

  if (n > 0)
    {
      size = MIN (size, self->ahead_end - self->ahead_start);
      memcpy (buffer, self->ahead + self->ahead_start, size);
      self->ahead_start += size;
      *n_delivered += size;
      deliver (self, size);
      return TRUE;
    }

  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    wait_for_stream (self);
  else
    finish (self, error);

  return FALSE;
}

static void
run (UHttpBody *self)
{
  gint64 deadline = g_get_monotonic_time () + DISPATCH_US;
  gsize n_delivered = 0;

  if (self->stopped || self->running)
    return;

  u_http_body_ref (self);
  self->running = TRUE;
  while (!self->stopped && step (self, &n_delivered))
    {
      if (n_delivered >= DISPATCH_BYTES || g_get_monotonic_time () >= deadline)
        {
          if (!self->stopped)
            wake_up (self);
          break;
        }
    }
  self->running = FALSE;
  u_http_body_unref (self);
}

void
u_http_body_start (UHttpBody *self)
{
  self->started = TRUE;
  run (self);
}

void
u_http_body_watch (UHttpBody *self, GSocket *socket)
{
  if (self->spools)
    g_set_object (&self->socket, socket);
}

void
u_http_body_take_arrived (UHttpBody *self)
{
  if (!self->stopped && !self->ended && self->started
      && g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (self->stream)))
    run (self);
}

void
u_http_body_set_credit (UHttpBody *self, gint64 credit)
{
  self->credit = credit;
  if (self->started && !self->stopped && !self->running && credit > 0)
    wake_up (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

/* At most so often is the application told of progress. */
#define PROGRESS_INTERVAL_US (G_USEC_PER_SEC / 10)

/* While nothing comes, the rate that the application shows has to fall: so often it is told, then there is silence. */
#define SILENT_INTERVAL_US G_USEC_PER_SEC
#define SILENT_LIMIT_US (5 * G_USEC_PER_SEC)

#define CONTAINER(timer, member) ((ULocalTransfer *) ((guint8 *) (timer) - G_STRUCT_OFFSET (ULocalTransfer, member)))

static gint64
to_usec (double seconds)
{
  return (gint64) (MIN (seconds, 1e9) * G_USEC_PER_SEC);
}

/* The request timer counts from the last byte that moved, and only while the network is who is waited for. */
static gboolean
is_network_awaited (ULocalTransfer *self)
{
  if (self->suspended || self->challenge != NULL || self->part_waits)
    return FALSE;
  if (self->state == U_LOCAL_LOADING)
    return TRUE;

  return self->state == U_LOCAL_RECEIVING && self->load != NULL && !self->spec->may_idle &&
         (self->spec->delivery == U_DELIVER_FILE || self->spec->delivery == U_DELIVER_WHOLE || self->credit > 0);
}

static double
request_timeout (ULocalTransfer *self)
{
  return self->request->timeout > 0 ? self->request->timeout : self->spec->request_timeout;
}

static void
idle_fired (UTimer *timer)
{
  ULocalTransfer *self = CONTAINER (timer, idle_timer);
  gint64 due = self->last_activity + to_usec (request_timeout (self));

  /* The timer is not moved at each byte: it looks here whether there were some. */
  if (due > g_get_monotonic_time ())
    {
      u_timers_arm (self->executor->timers, timer, due);
    }
  else
    {
      g_autofree char *masked = u_uri_string_dup_masked (self->request->uri);

      u_local_transfer_break (self, g_error_new (U_ERROR, U_ERROR_TIMED_OUT,
                                                 "Nothing came from %s for %g seconds (the request timeout).",
                                                 masked, request_timeout (self)));
    }
}

static void
resource_fired (UTimer *timer)
{
  ULocalTransfer *self = CONTAINER (timer, resource_timer);

  g_autofree char *masked = u_uri_string_dup_masked (self->request->uri);

  u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_TIMED_OUT,
                                            "%s was not loaded within %g seconds (the resource timeout).",
                                            masked, self->spec->resource_timeout));
}

static void
post_progress (ULocalTransfer *self, gint64 now)
{
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_PROGRESS);

  self->last_progress = now;
  self->posted_received = self->counts.received;
  self->posted_sent = self->counts.sent;
  event->counts = self->counts;
  u_transfer_event_push (event);
}

static void
progress_fired (UTimer *timer)
{
  ULocalTransfer *self = CONTAINER (timer, progress_timer);
  gint64 now = g_get_monotonic_time ();

  if (self->suspended ||
      (self->state != U_LOCAL_RECEIVING && self->state != U_LOCAL_LOADING && self->state != U_LOCAL_OPEN))
    return;

  post_progress (self, now);
  if (now < self->last_activity + SILENT_LIMIT_US)
    u_timers_arm (self->executor->timers, timer, now + SILENT_INTERVAL_US);
}

/*
 * u_local_transfer_progress:
 *
 * Some bytes moved: the application is told now, or within a tenth of a second.
 */
void
u_local_transfer_progress (ULocalTransfer *self)
{
  gint64 now;

  if (self->posted_received == self->counts.received && self->posted_sent == self->counts.sent)
    return;

  now = g_get_monotonic_time ();
  /* The first bytes are not news: a small transfer is over before anybody could see a bar. */
  if (self->last_progress == 0)
    self->last_progress = now;
  if (now >= self->last_progress + PROGRESS_INTERVAL_US)
    {
      post_progress (self, now);
      u_timers_arm (self->executor->timers, &self->progress_timer, now + SILENT_INTERVAL_US);
    }
  else if (self->progress_timer.position == 0 || self->progress_timer.due > now + PROGRESS_INTERVAL_US)
    {
      u_timers_arm (self->executor->timers, &self->progress_timer, self->last_progress + PROGRESS_INTERVAL_US);
    }
}

void
u_local_transfer_init_clock (ULocalTransfer *self)
{
  self->idle_timer.fired = idle_fired;
  self->resource_timer.fired = resource_fired;
  self->progress_timer.fired = progress_fired;
  self->last_activity = g_get_monotonic_time ();
  if (self->spec->resource_timeout > 0)
    u_timers_arm (self->executor->timers, &self->resource_timer,
                  self->last_activity + to_usec (self->spec->resource_timeout));
}

void
u_local_transfer_stop_clock (ULocalTransfer *self)
{
  u_timers_disarm (self->executor->timers, &self->idle_timer);
  u_timers_disarm (self->executor->timers, &self->resource_timer);
  u_timers_disarm (self->executor->timers, &self->progress_timer);
  u_timers_disarm (self->executor->timers, &self->leaving_timer);
}

void
u_local_transfer_touch (ULocalTransfer *self)
{
  self->last_activity = g_get_monotonic_time ();
}

/* After a change of state, credit or suspension. */
void
u_local_transfer_update_clock (ULocalTransfer *self)
{
  double timeout = request_timeout (self);

  if (timeout > 0 && is_network_awaited (self))
    {
      if (self->idle_timer.position == 0)
        u_timers_arm (self->executor->timers, &self->idle_timer, self->last_activity + to_usec (timeout));
    }
  else
    {
      u_timers_disarm (self->executor->timers, &self->idle_timer);
    }
  u_local_transfer_update_rate (self);
}

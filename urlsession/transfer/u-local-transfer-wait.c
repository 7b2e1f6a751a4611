/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/network/u-network-private.h"
#include "urlsession/transfer/u-retry-private.h"

/*
 * What a transfer waits for besides its turn and an answer: a network that leads to the host, one that may be used, or
 * some time before another attempt. It holds no place meanwhile, and wakes for one timer or a change of the network.
 */

/* Without a network another attempt is made after so many seconds, then twice as many, and so on: what is known of the
 * network may be wrong. */
#define FIRST_ATTEMPT_S 1
#define LAST_ATTEMPT_S 30

/* An attempt that brought a download on by so many bytes was not in vain: those after it are counted anew. */
#define WORTHWHILE (64 * 1024)

/* Who waits in the queue for longer than this is told so. */
#define QUEUE_PATIENCE_US (G_USEC_PER_SEC / 10)

static void
post_waiting (ULocalTransfer *self, UWaitingReason reason)
{
  UTransferEvent *event;

  if (self->waiting_reason == reason)
    return;

  self->waiting_reason = reason;
  event = u_transfer_event_new (&self->base, U_TRANSFER_WAITING);
  event->waiting_reason = reason;
  event->counts = self->counts;
  u_transfer_event_push (event);
}

static UNetwork *
get_network (ULocalTransfer *self)
{
  ULocalExecutor *executor = self->executor;

  if (executor->network == NULL)
    executor->network = u_network_ref_default ();

  return executor->network;
}

/* ---- Which networks may be used ---- */

/* What never leaves the machine has no network to be asked about (RFC 6761 section 6.3). */
static gboolean
is_loopback (ULocalTransfer *self)
{
  const char *host = g_uri_get_host (self->request->parsed);
  g_autofree char *lower = NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (host == NULL)
    return FALSE;
  lower = g_ascii_strdown (host, -1);
  if (g_str_equal (lower, "localhost") || g_str_has_suffix (lower, ".localhost"))
    return TRUE;
  address = g_inet_address_new_from_string (host);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

static gboolean
is_restricted (ULocalTransfer *self)
{
  const UTransferSpec *spec = self->spec;
  const URequestData *request = self->request;

  if (spec->allows_cellular_access && spec->allows_expensive_access && spec->allows_constrained_access &&
      request->allows_cellular_access && request->allows_expensive_access && request->allows_constrained_access)
    return FALSE;

  return !is_loopback (self);
}

/* Of a restricted one. NONE: the network may be used. */
static UWaitingReason
get_denial (ULocalTransfer *self, const UNetworkState *known)
{
  const UTransferSpec *spec = self->spec;
  const URequestData *request = self->request;
  UNetworkState state = *known;

  if (state.cellular && !(spec->allows_cellular_access && request->allows_cellular_access))
    return U_WAITING_REASON_CELLULAR;
  if (state.expensive && !(spec->allows_expensive_access && request->allows_expensive_access))
    return U_WAITING_REASON_EXPENSIVE;
  if (state.constrained && !(spec->allows_constrained_access && request->allows_constrained_access))
    return U_WAITING_REASON_CONSTRAINED;

  return U_WAITING_REASON_NONE;
}

static const struct
{
  UWaitingReason reason;
  UFailureReason failure;
  const char *sentence;
} denials[] = {
  { U_WAITING_REASON_CELLULAR, U_FAILURE_REASON_CELLULAR,
    "The network is cellular, which allows-cellular-access of the request or of the session forbids for %s." },
  { U_WAITING_REASON_EXPENSIVE, U_FAILURE_REASON_EXPENSIVE,
    "The network is metered, which allows-expensive-access of the request or of the session forbids for %s." },
  { U_WAITING_REASON_CONSTRAINED, U_FAILURE_REASON_CONSTRAINED,
    "The machine saves power, and allows-constrained-access of the request or of the session forbids to load %s." },
};

static void
fail_denied (ULocalTransfer *self, UWaitingReason reason, UError code)
{
  for (guint i = 0; i < G_N_ELEMENTS (denials); i++)
    {
      if (denials[i].reason == reason)
        {
          g_autofree char *masked = u_uri_dup_masked (self->request->parsed);
          g_autofree char *message = NULL;
          g_auto (GStrv) parts = g_strsplit (denials[i].sentence, "%s", 2);

          message = g_strconcat (parts[0], masked, parts[1], NULL);
          self->failure_reason = denials[i].failure;
          u_local_transfer_fail (self, g_error_new_literal (U_ERROR, code, message));
          return;
        }
    }
}

/* ---- Waiting ---- */

/* Until it has a place, it waits still: nothing is said to the application. */
static void
go_on (ULocalTransfer *self)
{
  u_timers_disarm (self->executor->timers, &self->wait_timer);
  self->pending_requeue = self->file != NULL && !u_download_file_is_idle (self->file);
  if (!self->pending_requeue)
    u_local_transfer_requeue (self, TRUE);
}

static void
wait_fired (UTimer *timer)
{
  ULocalTransfer *self = (ULocalTransfer *) ((guint8 *) timer - G_STRUCT_OFFSET (ULocalTransfer, wait_timer));

  if (self->state == U_LOCAL_WAITING)
    go_on (self);
  else if (self->slot.waiting)
    post_waiting (self, U_WAITING_REASON_CONNECTION);
}

/* A download of which a part is there that another exchange can go on from, or an upload of which a part is at the
 * server. */
static gboolean
can_continue (ULocalTransfer *self)
{
  if (u_local_transfer_upload_continues (self))
    return TRUE;

  return self->spec->delivery == U_DELIVER_FILE && self->file != NULL && self->resumable && self->counts.received > 0;
}

static void network_changed_cb (gpointer user_data);

static void
watch_network (ULocalTransfer *self)
{
  if (self->watch == NULL)
    self->watch = u_network_watch (get_network (self), u_worker_get_context (self->executor->worker),
                                   network_changed_cb, self);
}

/* @delay: microseconds; 0: until the network changes */
static void
wait_for (ULocalTransfer *self, UWaitingReason reason, gint64 delay)
{
  u_local_transfer_enter (self, U_LOCAL_WAITING);
  self->waits_for_time = reason == U_WAITING_REASON_RETRY;
  u_local_transfer_update_clock (self);
  if (!self->waits_for_time)
    watch_network (self);
  if (delay > 0)
    u_timers_arm (self->executor->timers, &self->wait_timer, g_get_monotonic_time () + delay);
  post_waiting (self, reason);
}

/*
 * u_local_transfer_may_go:
 *
 * Before the transfer waits for its turn.
 *
 * Returns: %FALSE if the network at hand is not for it: it waits for another one, or is over
 */
gboolean
u_local_transfer_may_go (ULocalTransfer *self)
{
  UNetworkState state;
  UWaitingReason reason;

  /* What is known of it is asked for early, to be there when a load has failed. */
  if (self->spec->waits_for_connectivity)
    get_network (self);
  if (!is_restricted (self))
    return TRUE;

  /* From here on a change concerns it. */
  watch_network (self);
  u_network_get_state (get_network (self), &state);
  reason = get_denial (self, &state);
  if (!state.known)
    wait_for (self, U_WAITING_REASON_NONE, 0);
  else if (reason == U_WAITING_REASON_NONE)
    return TRUE;
  else if (self->spec->waits_for_connectivity || can_continue (self))
    wait_for (self, reason, 0);
  else
    fail_denied (self, reason, U_ERROR_NOT_CONNECTED_TO_INTERNET);

  return FALSE;
}

/* What was allowed when it was looked at last may not be any more. */
static UWaitingReason
get_new_denial (ULocalTransfer *self)
{
  UNetworkState state;

  if (self->watch == NULL || !is_restricted (self))
    return U_WAITING_REASON_NONE;
  u_network_get_state (get_network (self), &state);

  return get_denial (self, &state);
}

/* Whether a running load may no longer use the network, since it is another one now or costs: a download that can be
 * gone on with waits, whatever the session says of waiting, and so does what can be asked for again without harm, if it
 * may wait. */
static gboolean
stops_for_network (ULocalTransfer *self)
{
  UWaitingReason reason = get_new_denial (self);

  if ((self->state != U_LOCAL_LOADING && self->state != U_LOCAL_RECEIVING) || reason == U_WAITING_REASON_NONE)
    return FALSE;

  if (can_continue (self) || (self->spec->waits_for_connectivity && u_local_transfer_may_start_over (self) &&
                              u_retry_is_idempotent (self->request->method)))
    {
      u_local_transfer_give_up_load (self);
      wait_for (self, reason, 0);
    }
  else
    {
      fail_denied (self, reason, U_ERROR_NETWORK_CONNECTION_LOST);
    }

  return TRUE;
}

/* Whatever changed, it is a reason to look again. While it is suspended nothing moves: the resume looks. */
static void
network_changed_cb (gpointer user_data)
{
  ULocalTransfer *self = user_data;

  if (self->suspended)
    return;

  if (self->state == U_LOCAL_WAITING && !self->waits_for_time)
    {
      self->n_attempts = 0;
      go_on (self);
    }
  else if (self->state == U_LOCAL_QUEUED && self->slot.waiting)
    {
      if (get_new_denial (self) == U_WAITING_REASON_NONE)
        return;
      u_scheduler_release (self->executor->scheduler, &self->slot);
      u_local_transfer_queue_up (self, FALSE);
    }
  else
    {
      stops_for_network (self);
    }
}

/*
 * u_local_transfer_look_again:
 *
 * After a resume: the network may be another one.
 *
 * Returns: %TRUE if there is nothing else to go on with
 */
gboolean
u_local_transfer_look_again (ULocalTransfer *self)
{
  if (self->state != U_LOCAL_WAITING)
    return stops_for_network (self);

  if (!self->waits_for_time)
    go_on (self);

  return TRUE;
}

/* In the queue: nothing is said of a short while. */
void
u_local_transfer_note_queue (ULocalTransfer *self)
{
  if (self->slot.waiting)
    u_timers_arm (self->executor->timers, &self->wait_timer, g_get_monotonic_time () + QUEUE_PATIENCE_US);
}

/* Whether a failure means that no way to the host was found. */
static gboolean
lacks_connectivity (ULocalTransfer *self, const GError *error)
{
  UNetworkState state;

  if (!u_retry_is_unreachable (error))
    return FALSE;
  if (!g_error_matches (error, U_ERROR, U_ERROR_CANNOT_FIND_HOST))
    return TRUE;

  /* A name that does not exist will not come to exist; without a network nobody knows. Here what is known of it may be
   * wrong without harm: the load was tried. */
  u_network_get_state (get_network (self), &state);

  return !state.available;
}

/* ---- Trying again ---- */

/* Whether another response may take the place of what there was of this one. */
gboolean
u_local_transfer_may_start_over (ULocalTransfer *self)
{
  if (!self->responded || self->spec->delivery == U_DELIVER_FILE)
    return TRUE;

  return self->spec->delivery == U_DELIVER_WHOLE && !self->spec->also_events;
}

/* Leaves the exchange at hand so that another one can take its place: a download goes on where it is, if it can. */
void
u_local_transfer_give_up_load (ULocalTransfer *self)
{
  gboolean goes_on = can_continue (self);

  self->stalled = FALSE;
  u_local_transfer_drop_load (self);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_pointer (&self->retained, g_ptr_array_unref);
  if (u_local_transfer_upload_continues (self))
    {
      u_local_transfer_give_up_part (self);
      return;
    }

  self->counts.sent = 0;
  self->posted_sent = 0;
  if (goes_on)
    {
      self->resume_point.offset = self->counts.received;
      return;
    }

  if (self->state == U_LOCAL_RECEIVING && self->spec->delivery == U_DELIVER_FILE)
    {
      u_resume_point_clear (&self->resume_point);
      self->resumable = FALSE;
      self->starts_over = TRUE;
    }
  self->whole_length = 0;
  self->counts.received = 0;
  self->posted_received = 0;
  self->counts.expected_to_receive = -1;
}

static const URetryRules *
get_rules (ULocalTransfer *self)
{
  return self->request->retry != NULL ? self->request->retry : self->spec->retry;
}

static double
get_time_left (ULocalTransfer *self)
{
  if (self->resource_timer.position == 0)
    return -1;

  return MAX ((double) (self->resource_timer.due - g_get_monotonic_time ()) / G_USEC_PER_SEC, 0);
}

/* @error: nullable; @response: nullable, for when there was no error. FALSE: once more is once too often. */
gboolean
u_local_transfer_try_again (ULocalTransfer *self, const GError *error, UResponseData *response)
{
  g_autoptr (URetryRules) own_rules = NULL;
  const URetryRules *rules = get_rules (self);
  URetryFacts facts = {
    .error = error,
    .method = self->request->method,
    .nothing_sent = self->nothing_sent,
    .continues = can_continue (self),
    .now = g_get_real_time () / G_USEC_PER_SEC,
    .time_left = get_time_left (self),
    .chance = g_random_double (),
  };
  double delay;

  /* An upload that can be gone on with is, whether or not the application asked for another try of what failed. */
  if (rules == NULL && u_local_transfer_upload_continues (self))
    rules = own_rules = u_retry_rules_new ();
  if (rules == NULL || !u_local_transfer_may_start_over (self))
    return FALSE;

  if (self->counts.received >= self->received_before + WORTHWHILE ||
      u_local_transfer_upload_advanced (self, WORTHWHILE))
    self->n_retries = 0;
  facts.n_attempts = self->n_retries + 1;
  if (response != NULL)
    {
      facts.status = response->status;
      facts.transient = u_local_transfer_upload_continues (self);
      facts.retry_after = response->headers != NULL ? u_header_list_get (response->headers, "Retry-After") : NULL;
    }
  if (!u_retry_decide (rules, &facts, &delay))
    return FALSE;

  self->n_retries++;
  u_local_transfer_give_up_load (self);
  wait_for (self, U_WAITING_REASON_RETRY, MAX ((gint64) (delay * G_USEC_PER_SEC), 1));

  return TRUE;
}

static gboolean
wait_after_error (ULocalTransfer *self, const GError *error)
{
  gint64 delay;

  if (self->state != U_LOCAL_LOADING && self->state != U_LOCAL_RECEIVING)
    return FALSE;
  if (!self->spec->waits_for_connectivity || self->state != U_LOCAL_LOADING || !self->nothing_sent ||
      !lacks_connectivity (self, error))
    return u_local_transfer_try_again (self, error, NULL);

  delay = MIN (FIRST_ATTEMPT_S << MIN (self->n_attempts, 6), LAST_ATTEMPT_S);
  self->n_attempts++;
  u_local_transfer_give_up_load (self);
  wait_for (self, U_WAITING_REASON_CONNECTIVITY, delay * G_USEC_PER_SEC);

  return TRUE;
}

/*
 * u_local_transfer_break:
 * @error: (transfer full): why the exchange failed
 *
 * Ends the transfer, unless another exchange may do better.
 */
void
u_local_transfer_break (ULocalTransfer *self, GError *error)
{
  g_autoptr (GError) why = error;

  if (self->conduit != NULL)
    u_local_transfer_end_stream (self, why);
  else if (u_local_transfer_lost_body (self, why))
    {
      u_local_transfer_give_up_load (self);
      u_local_transfer_requeue (self, FALSE);
    }
  else if (!wait_after_error (self, why))
    u_local_transfer_fail (self, g_steal_pointer (&why));
}

/*
 * u_local_transfer_wait_after_response:
 * @response: the head of a response
 *
 * Returns: %TRUE if the request is made again instead of delivering it
 */
gboolean
u_local_transfer_wait_after_response (ULocalTransfer *self, UResponseData *response)
{
  /* There is a way to the host. */
  self->n_attempts = 0;

  return response->status >= 400 && u_local_transfer_try_again (self, NULL, response);
}

/* An exchange begins. */
void
u_local_transfer_note_start (ULocalTransfer *self)
{
  u_timers_disarm (self->executor->timers, &self->wait_timer);
  self->nothing_sent = FALSE;
  self->received_before = self->counts.received;
  post_waiting (self, U_WAITING_REASON_NONE);
}

void
u_local_transfer_init_wait (ULocalTransfer *self)
{
  self->wait_timer.fired = wait_fired;
}

/* The end: nothing wakes it any more. */
void
u_local_transfer_stop_waiting (ULocalTransfer *self)
{
  u_timers_disarm (self->executor->timers, &self->wait_timer);
  g_clear_pointer (&self->watch, u_network_unwatch);
}

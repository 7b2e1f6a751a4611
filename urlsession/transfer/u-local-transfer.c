/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-job-threads-private.h"
#include "urlsession/loader/u-protocol-loader-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/transfer/u-redirect-private.h"

/* What may be on its way to the application, undelivered, for one transfer. */
#define WINDOW (256 * 1024)

/* The body of a request from this size on goes over a connection of its own kind: bytes. */
#define LARGE_BODY (1024 * 1024)

/* The body of a redirect is read so far, and no further: then its connection can be used again. */
#define REDIRECT_BODY_LIMIT (16 * 1024)

/* For so long is the rest of it waited for: a handshake takes longer. */
#define REDIRECT_BODY_PATIENCE_US (G_USEC_PER_SEC / 4)

#define STATE(s) (1u << (s))

static const char * const state_names[] = {
  [U_LOCAL_NEW] = "new",
  [U_LOCAL_QUEUED] = "queued",
  [U_LOCAL_LOADING] = "loading",
  [U_LOCAL_WAITING] = "waiting",
  [U_LOCAL_ASKING] = "asking",
  [U_LOCAL_RECEIVING] = "receiving",
  [U_LOCAL_OPEN] = "open",
  [U_LOCAL_FINISHING] = "finishing",
  [U_LOCAL_DONE] = "done",
};

/* From each state, the states that may follow. */
static const guint transitions[] = {
  [U_LOCAL_NEW] = STATE (U_LOCAL_QUEUED) | STATE (U_LOCAL_FINISHING) | STATE (U_LOCAL_DONE),
  [U_LOCAL_QUEUED] = STATE (U_LOCAL_WAITING) | STATE (U_LOCAL_LOADING) | STATE (U_LOCAL_FINISHING) |
                     STATE (U_LOCAL_DONE),
  [U_LOCAL_WAITING] = STATE (U_LOCAL_QUEUED) | STATE (U_LOCAL_FINISHING) | STATE (U_LOCAL_DONE),
  [U_LOCAL_LOADING] = STATE (U_LOCAL_QUEUED) | STATE (U_LOCAL_WAITING) | STATE (U_LOCAL_ASKING) |
                      STATE (U_LOCAL_RECEIVING) | STATE (U_LOCAL_OPEN) | STATE (U_LOCAL_FINISHING) |
                      STATE (U_LOCAL_DONE),
  [U_LOCAL_ASKING] = STATE (U_LOCAL_QUEUED) | STATE (U_LOCAL_RECEIVING) | STATE (U_LOCAL_FINISHING) |
                     STATE (U_LOCAL_DONE),
  /* Back to the queue: a download whose connection went while it was suspended. */
  [U_LOCAL_RECEIVING] = STATE (U_LOCAL_QUEUED) | STATE (U_LOCAL_WAITING) | STATE (U_LOCAL_FINISHING) |
                        STATE (U_LOCAL_DONE),
  [U_LOCAL_OPEN] = STATE (U_LOCAL_DONE),
  [U_LOCAL_FINISHING] = STATE (U_LOCAL_DONE),
  /* Once more: a response that became a download after all of it was there. */
  [U_LOCAL_DONE] = STATE (U_LOCAL_RECEIVING),
};

G_STATIC_ASSERT (G_N_ELEMENTS (state_names) == U_LOCAL_N_STATES);
G_STATIC_ASSERT (G_N_ELEMENTS (transitions) == U_LOCAL_N_STATES);

void
u_local_transfer_enter (ULocalTransfer *self, ULocalState state)
{
  if ((transitions[self->state] & STATE (state)) == 0)
    {
      g_critical ("A transfer goes from “%s” to “%s”, which it must not.",
                  state_names[self->state], state_names[state]);
    }
  self->state = state;
}

UTransfer *
u_local_transfer_new (ULocalExecutor     *executor,
                      UTransferSpec      *spec,
                      double              priority,
                      UDispatchQueue     *queue,
                      UTransferOwnerFunc  func,
                      gpointer            owner)
{
  ULocalTransfer *self = g_new0 (ULocalTransfer, 1);

  u_transfer_init (&self->base, executor->base.klass, queue, func, owner);
  self->executor = executor;
  self->spec = u_transfer_spec_ref (spec);
  self->request = u_request_data_ref (spec->request);
  self->priority = priority;
  self->credit = WINDOW;
  g_queue_init (&self->orders);
  self->resume_point.total = -1;
  self->counts.expected_to_receive = -1;
  self->counts.expected_to_send = u_request_data_get_body_length (spec->request);

  return &self->base;
}

/* Any thread, once nobody holds it: the I/O thread has let go of everything of its own before. */
void
u_local_transfer_free (UTransfer *transfer)
{
  ULocalTransfer *self = (ULocalTransfer *) transfer;

  g_assert (self->load == NULL && self->file == NULL && self->conduit == NULL && g_queue_is_empty (&self->orders));
  g_assert (self->exchange == NULL);

  u_transfer_spec_unref (self->spec);
  u_request_data_unref (self->request);
  g_clear_pointer (&self->proposed, u_request_data_unref);
  g_clear_pointer (&self->led_to, u_request_data_unref);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_pointer (&self->held_response, u_response_data_unref);
  g_clear_error (&self->held_error);
  g_clear_pointer (&self->auth, u_auth_attempt_free);
  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  g_clear_pointer (&self->held_question, u_challenge_data_unref);
  g_clear_pointer (&self->doubtful, u_protection_space_data_unref);
  g_clear_pointer (&self->accepted_space, u_protection_space_data_unref);
  g_clear_pointer (&self->accepted_credential, u_credential_data_unref);
  g_free (self->whole);
  g_clear_pointer (&self->retained, g_ptr_array_unref);
  g_clear_pointer (&self->kept_resume, g_bytes_unref);
  g_free (self->kept_path);
  g_clear_pointer (&self->transactions, g_ptr_array_unref);
  g_free (self->chunk);
  u_resume_point_clear (&self->resume_point);
  u_local_transfer_free_resumption (self);
  g_free (self);
}

/* What limits and connections are counted by. */
static char *
dup_host_key (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  return g_strdup_printf ("%s:%d", host != NULL ? host : "", u_uri_get_effective_port (uri));
}

void
u_local_transfer_update_credit (ULocalTransfer *self)
{
  gint64 credit;

  if (self->load == NULL)
    return;

  if (self->suspended)
    credit = 0;
  else if (self->state == U_LOCAL_ASKING)
    credit = MAX (REDIRECT_BODY_LIMIT - self->counts.received, 0);
  else if (self->state != U_LOCAL_RECEIVING || self->part_waits)
    credit = 0;
  else if (self->spec->delivery == U_DELIVER_FILE)
    credit = self->file != NULL && u_download_file_is_full (self->file) ? 0 : G_MAXINT64;
  else if (self->spec->delivery == U_DELIVER_WHOLE)
    credit = G_MAXINT64;
  else
    credit = MAX (self->credit, 0);

  u_load_set_credit (self->load, u_local_transfer_limit_credit (self, credit));
}

/* RFC 9110 section 10.1.1; nothing else was ever to be expected. */
static gboolean
expects_continue (ULocalTransfer *self)
{
  const char *value = u_header_list_get (self->request->headers, "Expect");

  return value != NULL && g_ascii_strcasecmp (value, "100-continue") == 0 && self->request->body_kind != U_BODY_NONE;
}

/* Whether a body, in either direction, may be large. One that waits for "100 Continue" may be: why would it wait? */
static gboolean
is_bulk (ULocalTransfer *self)
{
  gint64 length = u_request_data_get_body_length (self->request);

  return self->spec->delivery == U_DELIVER_FILE || self->spec->delivery == U_DELIVER_PIPE
         || length < 0 || length > LARGE_BODY || expects_continue (self);
}

static void
start_exchange (ULocalTransfer *self, ULoader *loader)
{
  g_autoptr (UHeaderList) range = NULL;
  g_autoptr (UHeaderList) forced = NULL;
  g_autoptr (URequestData) request = NULL;
  ULoadParams params = {
    .extra_headers = self->spec->headers,
    .exchange = self->exchange,
    .asks_trust = self->spec->asks_trust,
    .bulk = is_bulk (self),
    .expect_continue = expects_continue (self),
    .decode = self->spec->delivery != U_DELIVER_FILE,
    .priority = self->priority,
    .credit = 0,
    .measure = self->spec->measure,
    .measure_since = self->waiting_since,
  };

  u_local_transfer_enter (self, U_LOCAL_LOADING);
  self->asked_range = FALSE;
  self->n_informational = 0;
  params.request = request = u_local_transfer_make_exchange (self, &params);
  if (loader->klass->logs_in)
    u_auth_attempt_log_in (self->auth, self->request);
  forced = u_local_transfer_dup_forced_headers (self);
  params.forced_headers = forced;
  params.credential = u_auth_attempt_get_login (self->auth);
  if (self->spec->delivery == U_DELIVER_FILE)
    {
      range = u_resume_point_headers (&self->resume_point, self->spec->headers);
      if (range != NULL)
        {
          params.extra_headers = range;
          self->asked_range = TRUE;
        }
    }
  u_local_transfer_note_start (self);
  u_local_transfer_update_rate (self);
  params.send_credit = u_rate_member_get_left (&self->rate, U_RATE_SEND);
  self->sending_limited = params.send_credit != G_MAXINT64;
  self->load = u_loader_start (loader, &params, &u_local_transfer_sink, self);
  g_clear_pointer (&self->exchange, u_protocol_exchange_unref);
  u_local_transfer_drop_claim (self);
  u_local_transfer_touch (self);
  u_local_transfer_update_clock (self);
}

static ULoader *
find_loader (ULocalTransfer *self)
{
  ULoader *loader;

  if (self->request->parsed == NULL)
    return NULL;
  if (self->claim == U_CLAIM_TAKEN)
    return u_protocol_loader_get ();

  loader = u_loader_table_find (self->executor->loaders, g_uri_get_scheme (self->request->parsed));
  /* A connection is not something to be loaded. */
  if (loader != NULL && loader->klass->upgrades && self->spec->delivery != U_DELIVER_CONDUIT)
    return NULL;

  return loader;
}

/* A place became free. */
void
u_local_transfer_slot_cb (USchedulerEntry *entry)
{
  ULocalTransfer *self = (ULocalTransfer *) ((guint8 *) entry - G_STRUCT_OFFSET (ULocalTransfer, slot));

  start_exchange (self, find_loader (self));
}

void
u_local_transfer_queue_up (ULocalTransfer *self, gboolean first)
{
  ULoader *loader = find_loader (self);
  GError *refusal = NULL;

  /* A protocol of the application may have one. */
  if (loader == NULL && (self->request->parsed == NULL || self->claim == U_CLAIM_DECLINED ||
                         !u_local_transfer_has_protocols (self)))
    {
      g_autofree char *masked = NULL;
      g_autoptr (GError) error = NULL;
      const char *scheme, *why;

      if (self->request->parsed == NULL)
        {
          /* Once more, for what is wrong with it. */
          g_autoptr (GUri) uri = u_uri_parse (self->request->uri, &error);

          u_local_transfer_fail (self, g_steal_pointer (&error));
          return;
        }
      masked = u_uri_dup_masked (self->request->parsed);
      scheme = g_uri_get_scheme (self->request->parsed);
      why = u_loader_table_explain (scheme);
      u_local_transfer_fail (self, g_error_new (U_ERROR, U_ERROR_UNSUPPORTED_URL,
                                                "Nothing here loads URLs with the scheme “%s”: %s.%s%s", scheme,
                                                masked, why != NULL ? " " : "", why != NULL ? why : ""));
      return;
    }
  if (u_job_threads_are_lost ())
    {
      u_local_transfer_fail (self, g_error_new_literal (U_ERROR, U_ERROR_UNKNOWN,
                                                        "This process was forked, and threads that loading depends on "
                                                        "are missing in it: start it with exec(), or fork earlier."));
      return;
    }
  if (self->suspended || self->slot.waiting || !u_local_transfer_has_stores (self) ||
      !u_local_transfer_has_body (self) ||      !u_local_transfer_ask_protocols (self))
    return;

  /* What a protocol carries out is its own business: no rule for connections holds for it. */
  if (self->claim != U_CLAIM_TAKEN && !u_local_transfer_check_security (self, &refusal))
    {
      u_local_transfer_fail (self, refusal);
      return;
    }
  /* It may be another request by now. */
  if (!u_local_transfer_ask_protocols (self))
    return;
  u_local_transfer_measure_wait (self);
  if (loader->klass->uses_network)
    {
      g_autofree char *key = dup_host_key (self->request->parsed);

      if (!u_local_transfer_may_go (self))
        return;
      u_scheduler_add (self->executor->scheduler, &self->slot, key, self->priority, first);
      u_local_transfer_note_queue (self);
    }
  else
    {
      start_exchange (self, loader);
    }
}

void
u_local_transfer_requeue (ULocalTransfer *self, gboolean first)
{
  u_local_transfer_enter (self, U_LOCAL_QUEUED);
  u_local_transfer_update_clock (self);
  u_local_transfer_queue_up (self, first);
}

/*
 * u_local_transfer_begin:
 *
 * The first thing that happens on the I/O thread. The transfer holds itself from here to its end.
 */
void
u_local_transfer_begin (ULocalTransfer *self)
{
  u_transfer_ref (&self->base);
  u_local_transfer_init_clock (self);
  u_local_transfer_init_wait (self);
  u_local_transfer_init_rate (self);
  self->auth = u_auth_attempt_new (self->executor->authenticator);

  u_local_transfer_init_resumption (self);
  if (self->spec->delivery == U_DELIVER_FILE && self->spec->resume != NULL)
    u_local_transfer_reopen_file (self);
  u_local_transfer_requeue (self, FALSE);
}

void
u_local_transfer_drop_load (ULocalTransfer *self)
{
  u_local_transfer_drop_challenge (self);
  u_local_transfer_drop_claim (self);
  u_local_transfer_drop_parts (self);
  u_local_transfer_measure_rest (self);
  u_timers_disarm (self->executor->timers, &self->continue_timer);
  g_clear_pointer (&self->load, u_load_free);
  if (self->request->body_kind == U_BODY_SOURCE && u_body_source_is_begun (self->request->body_source))
    u_body_source_stop (self->request->body_source);
  u_rate_limiter_want (self->executor->limiter, &self->rate, FALSE, FALSE);
  g_clear_pointer (&self->chunk, g_free);
  self->held_done = FALSE;
  g_clear_error (&self->held_error);
  g_clear_pointer (&self->held_response, u_response_data_unref);
  g_clear_pointer (&self->led_to, u_request_data_unref);
  if (self->executor->scheduler != NULL)
    u_scheduler_release (self->executor->scheduler, &self->slot);
}

/*
 * u_local_transfer_done:
 * @event: (transfer full): the last one
 */
void
u_local_transfer_done (ULocalTransfer *self, UTransferEvent *event)
{
  u_local_transfer_enter (self, U_LOCAL_DONE);
  event->counts = self->counts;
  /* Kept here, too: a response that becomes a download after all of it was there is done twice. */
  if (self->transactions != NULL)
    event->transactions = g_ptr_array_ref (self->transactions);
  if (event->resume_data == NULL && self->kept_resume != NULL)
    {
      event->resume_data = g_steal_pointer (&self->kept_resume);
      event->partial_path = g_steal_pointer (&self->kept_path);
    }
  if (self->spec->pipe != NULL)
    u_body_pipe_finish (self->spec->pipe, event->error);
  g_clear_error (&self->held_error);
  if (event->error != NULL)
    self->held_error = g_error_copy (event->error);

  u_transfer_event_push (event);
  u_transfer_unref (&self->base);
}

/*
 * u_local_transfer_set_error:
 * @error: (transfer full): why it ends
 */
void
u_local_transfer_set_error (ULocalTransfer *self, UTransferEvent *done, GError *error)
{
  done->error = error;
  if (self->doubtful != NULL && error->code >= U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE &&
      error->code <= U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID)
    done->failing_trust = u_protection_space_data_ref (self->doubtful);
  if (self->request->parsed != NULL)
    done->failing_uri = u_uri_dup_bare (self->request->parsed);
  else
    done->failing_uri = u_uri_string_dup_masked (self->request->uri);
}

static void
end (ULocalTransfer *self, GError *error, gboolean keep)
{
  UTransferEvent *event = u_transfer_event_new (&self->base, U_TRANSFER_DONE);

  u_local_transfer_drop_load (self);
  u_local_transfer_drop_conduit (self, g_error_matches (error, U_ERROR, U_ERROR_CANCELLED));
  u_local_transfer_stop_clock (self);
  u_local_transfer_stop_waiting (self);
  event->failure_reason = self->failure_reason;
  if (error != NULL)
    u_local_transfer_set_error (self, event, error);

  if (self->file != NULL)
    {
      u_local_transfer_enter (self, U_LOCAL_FINISHING);
      u_local_transfer_finish_file (self, event, keep);
    }
  else if (error != NULL && keep && u_local_transfer_upload_continues (self) &&
           !g_error_matches (error, U_ERROR, U_ERROR_NOT_RESUMABLE))
    {
      u_local_transfer_enter (self, U_LOCAL_FINISHING);
      u_local_transfer_finish_upload (self, event);
    }
  else
    {
      if (error == NULL && self->spec->delivery == U_DELIVER_WHOLE)
        event->bytes = u_local_transfer_steal_whole (self);
      u_local_transfer_done (self, event);
    }
}

/*
 * u_local_transfer_fail:
 * @error: (transfer full): why
 *
 * Ends the transfer. What a download has got so far is kept where it can be gone on with.
 */
void
u_local_transfer_fail (ULocalTransfer *self, GError *error)
{
  if (self->state == U_LOCAL_FINISHING || self->state == U_LOCAL_DONE)
    g_error_free (error);
  else
    end (self, error, TRUE);
}

void
u_local_transfer_complete (ULocalTransfer *self)
{
  end (self, NULL, TRUE);
}

static void
cancel (ULocalTransfer *self, gboolean keep)
{
  if (self->state == U_LOCAL_FINISHING || self->state == U_LOCAL_DONE)
    return;

  end (self, g_error_new_literal (U_ERROR, U_ERROR_CANCELLED, "The task was cancelled."), keep);
}

static void
suspend (ULocalTransfer *self)
{
  if (self->suspended)
    return;

  self->suspended = TRUE;
  self->stalled = TRUE;
  if (self->slot.waiting)
    u_scheduler_release (self->executor->scheduler, &self->slot);
  u_local_transfer_update_credit (self);
  u_local_transfer_update_clock (self);
  if (self->conduit != NULL)
    self->conduit->klass->set_suspended (self->conduit, TRUE);
}

static void
resume (ULocalTransfer *self)
{
  if (!self->suspended)
    return;

  self->suspended = FALSE;
  u_local_transfer_touch (self);
  u_local_transfer_update_clock (self);
  u_local_transfer_update_credit (self);
  if (self->conduit != NULL)
    self->conduit->klass->set_suspended (self->conduit, FALSE);
  if (self->state == U_LOCAL_QUEUED)
    {
      u_local_transfer_queue_up (self, FALSE);
      return;
    }
  if (u_local_transfer_look_again (self))
    return;

  /* What came meanwhile, in its order. Each step may end the transfer, or drop what the next one would handle. */
  if (self->held_question != NULL)
    {
      g_autoptr (UChallengeData) question = g_steal_pointer (&self->held_question);

      u_local_transfer_take_question (self, question);
    }
  if (self->held_response != NULL)
    {
      g_autoptr (UResponseData) response = g_steal_pointer (&self->held_response);

      u_local_transfer_take_response (self, response, self->held_encoded);
    }
  if (self->parts != NULL)
    {
      u_local_transfer_go_on_with_parts (self);
    }
  else if (self->held_done && self->state != U_LOCAL_ASKING)
    {
      g_autoptr (GError) error = g_steal_pointer (&self->held_error);

      self->held_done = FALSE;
      u_local_transfer_take_done (self, error);
    }
}

/* The response at hand is of no use, and neither is what came of its body. */
static void
leave_response (ULocalTransfer *self)
{
  self->leaving = FALSE;
  u_timers_disarm (self->executor->timers, &self->leaving_timer);
  u_local_transfer_drop_load (self);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_pointer (&self->retained, g_ptr_array_unref);
  self->counts.received = 0;
  u_local_transfer_requeue (self, TRUE);
}

static void
leaving_fired (UTimer *timer)
{
  leave_response ((ULocalTransfer *) ((guint8 *) timer - G_STRUCT_OFFSET (ULocalTransfer, leaving_timer)));
}

void
u_local_transfer_send_again (ULocalTransfer *self)
{
  gint64 length = self->response->expected_length;

  /* A body that is sent again counts from the beginning. */
  self->counts.sent = 0;
  self->posted_sent = 0;

  if (self->load != NULL && !self->held_done && !self->suspended && self->state == U_LOCAL_ASKING && length > 0 &&
      length <= REDIRECT_BODY_LIMIT)
    {
      self->leaving = TRUE;
      self->leaving_timer.fired = leaving_fired;
      u_timers_arm (self->executor->timers, &self->leaving_timer, g_get_monotonic_time () + REDIRECT_BODY_PATIENCE_US);
    }
  else
    {
      leave_response (self);
    }
}

/* The load of a redirect or a refusal is over. */
void
u_local_transfer_hold_done (ULocalTransfer *self, const GError *error)
{
  self->held_done = TRUE;
  if (error != NULL)
    self->held_error = g_error_copy (error);
  if (self->leaving)
    leave_response (self);
}

static void
follow (ULocalTransfer *self, URequestData *other)
{
  g_autoptr (URequestData) next = g_steal_pointer (&self->proposed);
  UTransferEvent *event;

  /* The question may be another one by now. */
  if (self->state != U_LOCAL_ASKING || next == NULL)
    return;

  self->n_redirects++;
  self->counts.sent = 0;
  self->counts.received = 0;
  u_request_data_unref (self->request);
  self->request = other != NULL ? u_request_data_ref (other) : g_steal_pointer (&next);
  u_local_transfer_restart_upload (self);

  event = u_transfer_event_new (&self->base, U_TRANSFER_REQUEST);
  event->request = u_request_data_ref (self->request);
  event->n_redirects = self->n_redirects;
  event->counts = self->counts;
  u_transfer_event_push (event);
  u_local_transfer_send_again (self);
}

void
u_local_transfer_deliver (ULocalTransfer *self)
{
  g_autoptr (GPtrArray) pieces = g_steal_pointer (&self->retained);
  g_autoptr (GError) error = NULL;

  if (self->state != U_LOCAL_ASKING || u_local_transfer_end_refused (self))
    return;

  g_clear_pointer (&self->proposed, u_request_data_unref);
  self->deliver_redirect = TRUE;
  /* It is not the rest of the file that was asked for: what is there of that stays. */
  if (self->asked_range)
    u_local_transfer_keep_file (self);
  self->counts.received = 0;
  u_local_transfer_accept (self);
  for (guint i = 0; pieces != NULL && i < pieces->len && self->state == U_LOCAL_RECEIVING; i++)
    {
      GBytes *piece = g_ptr_array_index (pieces, i);

      if (self->parts != NULL)
        u_local_transfer_take_parts (self, piece);
      else if (!u_local_transfer_take_data (self, piece, g_bytes_get_size (piece), &error))
        u_local_transfer_fail (self, g_steal_pointer (&error));
    }
  if (self->held_done && !self->suspended && !self->part_waits && self->state == U_LOCAL_RECEIVING)
    {
      g_autoptr (GError) held = g_steal_pointer (&self->held_error);

      self->held_done = FALSE;
      u_local_transfer_take_done (self, held);
    }
}

void
u_local_transfer_command (ULocalTransfer *self, const UCommand *command)
{
  switch (command->kind)
    {
    case U_COMMAND_SUSPEND:
      suspend (self);
      break;
    case U_COMMAND_RESUME:
      resume (self);
      break;
    case U_COMMAND_CANCEL:
      cancel (self, FALSE);
      break;
    case U_COMMAND_CANCEL_FOR_RESUME:
      cancel (self, TRUE);
      break;
    case U_COMMAND_PRIORITY:
      self->priority = command->priority;
      if (self->slot.waiting)
        u_scheduler_set_priority (self->executor->scheduler, &self->slot, command->priority);
      if (self->load != NULL)
        u_load_set_priority (self->load, command->priority);
      break;
    case U_COMMAND_RATE_LIMIT:
      u_rate_member_set_limit (&self->rate, command->length);
      break;
    case U_COMMAND_CREDIT:
      /* The application takes the pieces as they come: there is no other use for the first ones any more. */
      g_clear_pointer (&self->retained, g_ptr_array_unref);
      self->credit += command->length;
      u_local_transfer_touch (self);
      u_local_transfer_update_clock (self);
      u_local_transfer_update_credit (self);
      break;
    case U_COMMAND_PART:
      self->part_waits = FALSE;
      u_local_transfer_touch (self);
      u_local_transfer_go_on_with_parts (self);
      break;
    case U_COMMAND_FOLLOW:
      follow (self, command->request);
      break;
    case U_COMMAND_DELIVER:
      if (self->proposed != NULL)
        u_local_transfer_deliver (self);
      break;
    case U_COMMAND_ANSWER:
      u_local_transfer_answer (self, &command->answer);
      break;
    case U_COMMAND_BODY:
      u_local_transfer_take_body (self, command->source);
      break;
    case U_COMMAND_CONVERT:
      if (command->spec->delivery == U_DELIVER_CONDUIT)
        u_local_transfer_become_stream (self, command->spec);
      else
        u_local_transfer_convert (self, command->spec);
      break;
    case U_COMMAND_ORDER:
      u_local_transfer_take_order (self, command->order);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-protocol-exchange-private.h"

#include "urlsession/base/u-error.h"

/* What may be here that the load has not read; then the application is asked to wait. */
#define WINDOW (256 * 1024)

struct _UProtocolExchange
{
  gatomicrefcount ref_count;
  const UProtocolPort *port;  /* static */
  UDispatchQueue *queue;      /* owned */
  URequestData *request;      /* owned; set when it starts, never changed */

  GMutex lock;                /* of what follows */
  GQueue words;               /* of UWord, owned */
  gint64 length;              /* bytes in them */
  GSource *wake;              /* owned, nullable; of the load */
  gboolean responded;
  gboolean ended;             /* nothing more is said */
  gboolean left;              /* nobody listens any more */
  gboolean holds;             /* who said the end is kept */
  gboolean full;              /* the application was told to wait */

  /* Of the context of the session */
  gpointer claim;             /* nullable */
  gboolean started;
};

UWord *
u_word_new (UWordKind kind)
{
  UWord *self = g_new0 (UWord, 1);

  self->kind = kind;

  return self;
}

void
u_word_free (UWord *self)
{
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->challenge, u_challenge_data_unref);
  g_clear_error (&self->error);
  g_free (self);
}

UProtocolExchange *
u_protocol_exchange_new (const UProtocolPort *port, UDispatchQueue *queue)
{
  UProtocolExchange *self = g_new0 (UProtocolExchange, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->port = port;
  self->queue = u_dispatch_queue_ref (queue);
  g_mutex_init (&self->lock);
  g_queue_init (&self->words);

  return self;
}

UProtocolExchange *
u_protocol_exchange_ref (UProtocolExchange *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/* The claim is let go by an event, never here. */
void
u_protocol_exchange_unref (UProtocolExchange *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_queue_clear_full (&self->words, (GDestroyNotify) u_word_free);
  g_clear_pointer (&self->wake, g_source_unref);
  g_clear_pointer (&self->request, u_request_data_unref);
  u_dispatch_queue_unref (self->queue);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- What is told to the application ---- */

typedef struct
{
  UEvent event;
  UProtocolExchange *exchange; /* owned */
  UChallengeAnswer answer;    /* its credential owned */
} Telling;

/* Also when the context of the session is gone: then a claim stays behind, since nobody is there to let it go. */
static void
telling_free (UEvent *event)
{
  Telling *self = (Telling *) event;

  g_clear_pointer (&self->answer.credential, u_credential_data_unref);
  u_protocol_exchange_unref (self->exchange);
  g_free (self);
}

static Telling *
telling_new (UProtocolExchange *self, void (*dispatch) (UEvent *event))
{
  Telling *telling = g_new0 (Telling, 1);

  telling->event.dispatch = dispatch;
  telling->event.discard = telling_free;
  telling->exchange = u_protocol_exchange_ref (self);

  return telling;
}

static void
tell (UProtocolExchange *self, void (*dispatch) (UEvent *event))
{
  u_dispatch_queue_push (self->queue, &telling_new (self, dispatch)->event);
}

static gboolean
is_left (UProtocolExchange *self)
{
  gboolean left;

  g_mutex_lock (&self->lock);
  left = self->left;
  g_mutex_unlock (&self->lock);

  return left;
}

static void
tell_start (UEvent *event)
{
  UProtocolExchange *self = ((Telling *) event)->exchange;

  if (!is_left (self))
    {
      self->started = TRUE;
      self->port->start (self->claim, self, self->request);
    }
  telling_free (event);
}

static void
tell_room (UEvent *event)
{
  UProtocolExchange *self = ((Telling *) event)->exchange;

  if (!is_left (self))
    self->port->room (self->claim);
  telling_free (event);
}

static void
tell_answer (UEvent *event)
{
  UProtocolExchange *self = ((Telling *) event)->exchange;

  if (!is_left (self))
    self->port->answer (self->claim, &((Telling *) event)->answer);
  telling_free (event);
}

/* The last event: it comes after all that was pushed before. */
static void
tell_stop (UEvent *event)
{
  UProtocolExchange *self = ((Telling *) event)->exchange;

  if (self->started)
    self->port->stop (self->claim);
  if (self->claim != NULL)
    self->port->release (g_steal_pointer (&self->claim));
  telling_free (event);
}

gboolean
u_protocol_exchange_claim (UProtocolExchange *self, gpointer owner, URequestData *request)
{
  self->claim = self->port->claim (owner, request);

  return self->claim != NULL;
}

/* ---- What the application says ---- */

static UWord *
new_end (UError code, const char *message)
{
  UWord *word = u_word_new (U_WORD_END);

  word->error = g_error_new_literal (U_ERROR, code, message);

  return word;
}

/* Called with the lock held. */
static void
append (UProtocolExchange *self, UWord *word)
{
  if (word->kind == U_WORD_DATA)
    self->length += (gint64) g_bytes_get_size (word->bytes);
  if (word->kind == U_WORD_RESPONSE || word->kind == U_WORD_REDIRECT)
    self->responded = TRUE;
  self->holds = word->holds;
  self->ended = self->ended || word->kind == U_WORD_END || word->kind == U_WORD_REDIRECT;
  g_queue_push_tail (&self->words, word);
  if (self->wake != NULL)
    g_source_set_ready_time (self->wake, 0);
}

UHearing
u_protocol_exchange_say (UProtocolExchange *self, UWord *word)
{
  g_autoptr (UWord) given = word;
  UHearing hearing;

  g_mutex_lock (&self->lock);
  if (self->left || self->ended)
    {
      hearing = U_NOT_HEARD;
    }
  else if (self->responded && (word->kind == U_WORD_RESPONSE || word->kind == U_WORD_REDIRECT ||
                               word->kind == U_WORD_QUESTION))
    {
      hearing = U_OUT_OF_PLACE;
    }
  else
    {
      hearing = U_SAID;
      if (word->kind == U_WORD_DATA && !self->responded)
        append (self, new_end (U_ERROR_BAD_SERVER_RESPONSE,
                               "The protocol sent data before it had responded: call u_protocol_load_respond() first"));
      else
        append (self, g_steal_pointer (&given));
      if (self->length > WINDOW && !self->ended)
        {
          hearing = U_SAID_AND_FULL;
          self->full = TRUE;
        }
    }
  g_mutex_unlock (&self->lock);

  return hearing;
}

gboolean
u_protocol_exchange_has_ended (UProtocolExchange *self)
{
  gboolean ended;

  g_mutex_lock (&self->lock);
  ended = self->ended;
  g_mutex_unlock (&self->lock);

  return ended;
}

gboolean
u_protocol_exchange_holds (UProtocolExchange *self)
{
  gboolean holds;

  g_mutex_lock (&self->lock);
  holds = self->holds;
  g_mutex_unlock (&self->lock);

  return holds;
}

/* ---- The I/O thread ---- */

void
u_protocol_exchange_start (UProtocolExchange *self, URequestData *request, GSource *wake)
{
  self->request = u_request_data_ref (request);
  g_mutex_lock (&self->lock);
  self->wake = g_source_ref (wake);
  g_mutex_unlock (&self->lock);

  tell (self, tell_start);
}

/* As much of the first word, which is data, as is wanted. Called with the lock held. */
static UWord *
take_data (UProtocolExchange *self, UWord *first, gint64 credit)
{
  gsize left = g_bytes_get_size (first->bytes) - first->position;
  gsize length = (gsize) MIN ((gint64) left, credit);
  UWord *word = u_word_new (U_WORD_DATA);

  word->bytes = g_bytes_new_from_bytes (first->bytes, first->position, length);
  first->position += length;
  self->length -= (gint64) length;
  if (length == left)
    u_word_free (g_queue_pop_head (&self->words));

  return word;
}

UWord *
u_protocol_exchange_hear (UProtocolExchange *self, gint64 credit)
{
  UWord *word = NULL;
  UWord *first;
  gboolean room = FALSE;

  g_mutex_lock (&self->lock);
  first = g_queue_peek_head (&self->words);
  if (first != NULL && first->kind != U_WORD_DATA)
    word = g_queue_pop_head (&self->words);
  else if (first != NULL && credit > 0)
    word = take_data (self, first, credit);
  if (self->full && self->length <= WINDOW / 2)
    {
      self->full = FALSE;
      room = TRUE;
    }
  g_mutex_unlock (&self->lock);

  if (room)
    tell (self, tell_room);

  return word;
}

void
u_protocol_exchange_answer (UProtocolExchange *self, const UChallengeAnswer *answer)
{
  Telling *telling = telling_new (self, tell_answer);

  telling->answer = *answer;
  if (answer->credential != NULL)
    u_credential_data_ref (answer->credential);
  u_dispatch_queue_push (self->queue, &telling->event);
}

void
u_protocol_exchange_leave (UProtocolExchange *self)
{
  g_mutex_lock (&self->lock);
  self->left = TRUE;
  g_clear_pointer (&self->wake, g_source_unref);
  g_queue_clear_full (&self->words, (GDestroyNotify) u_word_free);
  g_mutex_unlock (&self->lock);

  tell (self, tell_stop);
  u_protocol_exchange_unref (self);
}

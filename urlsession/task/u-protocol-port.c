/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"
#include "urlsession/task/u-protocol-load-private.h"
#include "urlsession/task/u-protocol-private.h"
#include "urlsession/task/u-task-private.h"

/* How loads reach protocols: all of the context of the session, but for what says otherwise. */

/* A protocol that carries out a request of a task. */
typedef struct
{
  UProtocol *protocol;        /* owned */
  UTask *task;                /* owned */
  UProtocolExchange *exchange; /* owned, nullable; once it is started */
  URequestData *request;      /* owned, nullable; then */
  GWeakRef load;              /* who holds it is the protocol, as long as it has something to say */
} Claim;

static UProtocol *
find (GPtrArray *protocols, URequest *request)
{
  for (guint i = 0; protocols != NULL && i < protocols->len; i++)
    {
      UProtocol *protocol = g_ptr_array_index (protocols, i);

      if (U_PROTOCOL_GET_CLASS (protocol)->can_load (protocol, request))
        return g_object_ref (protocol);
    }

  return NULL;
}

static gpointer
port_claim (gpointer owner, URequestData *data)
{
  g_autoptr (UTask) task = g_object_ref (owner);
  g_autoptr (URequest) request = u_request_new_sealed (data);
  g_autoptr (UProtocol) protocol = find (task->host->get_protocols (task->session), request);
  Claim *self;

  if (protocol == NULL)
    {
      g_autoptr (GPtrArray) registered = u_protocol_dup_registered ();

      protocol = find (registered, request);
    }
  if (protocol == NULL)
    return NULL;

  self = g_new0 (Claim, 1);
  self->protocol = g_steal_pointer (&protocol);
  self->task = g_steal_pointer (&task);
  g_weak_ref_init (&self->load, NULL);

  return self;
}

/* After start() the load is the protocol's to keep: that nobody keeps it any more is a mistake that can be seen. */
static void
port_start (gpointer claim, UProtocolExchange *exchange, URequestData *request)
{
  Claim *self = claim;
  g_autoptr (UProtocolLoad) load = u_protocol_load_new (self->task, exchange, request);

  self->exchange = u_protocol_exchange_ref (exchange);
  self->request = u_request_data_ref (request);
  g_weak_ref_set (&self->load, load);
  U_PROTOCOL_GET_CLASS (self->protocol)->start (self->protocol, load);
}

static void
port_room (gpointer claim)
{
  g_autoptr (UProtocolLoad) load = g_weak_ref_get (&((Claim *) claim)->load);

  if (load != NULL)
    u_protocol_load_has_room (load);
}

static void
port_answer (gpointer claim, const UChallengeAnswer *answer)
{
  g_autoptr (UProtocolLoad) load = g_weak_ref_get (&((Claim *) claim)->load);

  if (load != NULL)
    u_protocol_load_answer (load, answer);
}

static void
port_stop (gpointer claim)
{
  Claim *self = claim;
  g_autoptr (UProtocolLoad) load = g_weak_ref_get (&self->load);

  /* Who let go of it is to be told all the same. */
  if (load == NULL)
    load = u_protocol_load_new (self->task, self->exchange, self->request);

  u_protocol_load_close (load);
  U_PROTOCOL_GET_CLASS (self->protocol)->stop (self->protocol, load);
  u_protocol_load_let_go (load);
}

static void
port_release (gpointer claim)
{
  Claim *self = claim;

  g_weak_ref_clear (&self->load);
  g_clear_pointer (&self->exchange, u_protocol_exchange_unref);
  g_clear_pointer (&self->request, u_request_data_unref);
  g_object_unref (self->protocol);
  g_object_unref (self->task);
  g_free (self);
}

const UProtocolPort *
u_protocol_port_get (void)
{
  static const UProtocolPort port = {
    .claim = port_claim,
    .start = port_start,
    .room = port_room,
    .answer = port_answer,
    .stop = port_stop,
    .release = port_release,
    .is_global = u_protocol_is_any_registered,
  };

  return &port;
}

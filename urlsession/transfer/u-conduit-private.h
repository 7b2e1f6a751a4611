/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/loader/u-connection-settings-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/*
 * What a transfer becomes when its connection is open in both directions: the protocol that is spoken there from then
 * on. All of the I/O thread; nothing here blocks.
 *
 * The task says what it wants with orders, the conduit what happened with news. Both are structures of the conduit's
 * own with one of the two below as their first member, and belong to who holds them; they arrive in the order in which
 * they were sent. Orders that were sent before the connection is open are given one by one right after open().
 *
 * A conduit that is freed lets go of the connection, whatever is under way, and says nothing more.
 */
typedef struct _UConduit UConduit;
typedef struct _UConduitClass UConduitClass;
typedef struct _UConduitHost UConduitHost;
typedef struct _UConduitHostClass UConduitHostClass;

typedef struct _UConduitOrder UConduitOrder;
struct _UConduitOrder
{
  void (*free) (UConduitOrder *self);
};

typedef struct _UConduitNews UConduitNews;
struct _UConduitNews
{
  void (*free) (UConduitNews *self);
};

/* What the task decided for the conduit before it was there: plain values, never changed, any thread. */
typedef struct _UConduitSettings UConduitSettings;
struct _UConduitSettings
{
  gatomicrefcount ref_count;
  void (*free) (UConduitSettings *self);
};

struct _UConduitClass
{
  /* @stream: borrowed; the conduit alone uses it from now on. @response: nullable, borrowed; what the server said to
   * the upgrade. @settings: nullable, borrowed. Never ends from inside this call. */
  UConduit *(*open)       (UConduitHost     *host,
                           GIOStream        *stream,
                           UResponseData    *response,
                           UConduitSettings *settings);
  void (*order)           (UConduit               *self,
                           UConduitOrder          *order);   /* (transfer full) */
  void (*answer)          (UConduit               *self,
                           const UChallengeAnswer *answer);  /* nullable: never asks */
  void (*set_suspended)   (UConduit               *self,
                           gboolean                suspended);
  /* Nullable: the task was cancelled; free() follows at once. What can be said to the peer without waiting, may be. */
  void (*cancelled)       (UConduit               *self);
  void (*free)            (UConduit               *self);
};

/* First member of every conduit. */
struct _UConduit
{
  const UConduitClass *klass;
};

/* What a conduit is given by who holds it: the transfer. */
struct _UConduitHostClass
{
  void (*post)  (UConduitHost *self, UConduitNews *news);
  void (*count) (UConduitHost *self, gint64 n_sent, gint64 n_received);
  void (*ask)   (UConduitHost *self, UChallengeData *challenge);
  void (*end)   (UConduitHost *self, GError *error);
  UConnectionSettings *(*get_connections) (UConduitHost *self);
};

struct _UConduitHost
{
  const UConduitHostClass *klass;
};

static inline void
u_conduit_settings_unref (UConduitSettings *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    self->free (self);
}

/* Consumes @news: it goes to the task. */
static inline void
u_conduit_host_post (UConduitHost *self, UConduitNews *news)
{
  self->klass->post (self, news);
}

/* So many bytes more were sent and received: payload, as the application counts it. */
static inline void
u_conduit_host_count (UConduitHost *self, gint64 n_sent, gint64 n_received)
{
  self->klass->count (self, n_sent, n_received);
}

/* Asks about the connection; one question at a time. The answer comes to answer(), never from inside this call. */
static inline void
u_conduit_host_ask (UConduitHost *self, UChallengeData *challenge)
{
  self->klass->ask (self, challenge);
}

/* Consumes @error; NULL: all went well. The transfer is over: the conduit is freed inside this call. */
static inline void
u_conduit_host_end (UConduitHost *self, GError *error)
{
  self->klass->end (self, error);
}

/* (transfer none): what the session demands of connections */
static inline UConnectionSettings *
u_conduit_host_get_connections (UConduitHost *self)
{
  return self->klass->get_connections (self);
}

G_END_DECLS

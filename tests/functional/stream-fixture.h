/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-scene.h"

G_BEGIN_DECLS

/* The other side of a connection: one connection at a time, served by a function in a thread of its own. */
typedef struct _Peer Peer;
typedef void (*PeerFunc) (Peer *self, GSocketConnection *connection);

struct _Peer
{
  GSocketListener *listener;  /* owned */
  guint16 port;
  GThread *thread;
  GCancellable *cancellable;  /* owned; ends the thread */
  PeerFunc func;
  gint n_connections;         /* atomic */
  gint gate;                  /* atomic; see peer_wait() */
  gint marks;                 /* atomic; for the function */
  gint64 n_bytes;             /* of the function, until the thread is joined */
};

Peer    *peer_new   (PeerFunc func);
void     peer_free  (Peer    *self);
/* In the function: until the test has opened so many gates. */
void     peer_wait  (Peer    *self,
                     gint     gate);
/* In the test. */
void     peer_open  (Peer    *self);
void     peer_say   (Peer              *self,
                     GSocketConnection *connection,
                     const char        *text);
/* Reads to the end. (transfer full): what came */
GString *peer_hear  (Peer              *self,
                     GSocketConnection *connection);

UStreamTask *stream_new (UTestScene *scene,
                         guint16     port);

/* A read, a write, or a capture, and what came of it. */
typedef struct
{
  GBytes *bytes;              /* owned, nullable */
  GIOStream *stream;          /* owned, nullable */
  gboolean at_end;
  gboolean done;
  GError *error;              /* owned, nullable */
} Call;

Call    *call_read    (UStreamTask  *task,
                       gsize         minimum,
                       gsize         maximum,
                       double        timeout,
                       GCancellable *cancellable);
Call    *call_write   (UStreamTask  *task,
                       const char   *text,
                       double        timeout,
                       GCancellable *cancellable);
Call    *call_write_bytes (UStreamTask *task,
                       GBytes       *bytes,
                       double        timeout);
Call    *call_capture (UStreamTask  *task);
void     call_wait    (UTestScene   *scene,
                       Call         *self);
void     call_free    (Call         *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

#define call_assert_text(call, text) \
  G_STMT_START \
    { \
      g_assert_no_error ((call)->error); \
      g_assert_cmpmem (g_bytes_get_data ((call)->bytes, NULL), g_bytes_get_size ((call)->bytes), text, strlen (text)); \
    } \
  G_STMT_END

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The one way from an I/O thread to the application: events in order, dispatched in one main context. Any thread may
 * push. Atomically reference-counted, plain C: it may be touched where wrapped objects may not. */
typedef struct _UDispatchQueue UDispatchQueue;

/* Embedded at the start of what is pushed. Exactly one of the two functions is called, and owns the event. */
typedef struct _UEvent UEvent;
struct _UEvent
{
  UEvent *next;               /* owned by the queue */
  void (*dispatch) (UEvent *event);
  void (*discard) (UEvent *event);   /* the queue was closed, or its context is gone: free, and emit nothing */
};

UDispatchQueue *u_dispatch_queue_new         (GMainContext   *context);
UDispatchQueue *u_dispatch_queue_ref         (UDispatchQueue *self);
void            u_dispatch_queue_unref       (UDispatchQueue *self);
GMainContext   *u_dispatch_queue_get_context (UDispatchQueue *self);
void            u_dispatch_queue_push        (UDispatchQueue *self,
                                              UEvent         *event);
void            u_dispatch_queue_close       (UDispatchQueue *self);

/* Whether the calling thread may emit in the context right now; each TRUE is paired with a leave. */
gboolean        u_dispatch_queue_enter       (UDispatchQueue *self,
                                              gboolean       *acquired);
void            u_dispatch_queue_leave       (UDispatchQueue *self,
                                              gboolean        acquired);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDispatchQueue, u_dispatch_queue_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Several _async calls of one kind that wait for their turn, in order. Each is a GTask of its caller's context; its
 * cancellable takes it out of the queue, and does nothing else. Part of an object, which every GTask holds. */
typedef struct
{
  GMutex *lock;               /* of the object: held by who calls, unless something else is said */
  GQueue calls;
} UCallQueue;

void     u_call_queue_init    (UCallQueue   *self,
                               GMutex       *lock);
/* @task: (transfer full): not cancelled yet. @serial: what u_call_queue_take() names it by */
void     u_call_queue_push    (UCallQueue   *self,
                               GTask        *task,
                               guint64       serial);
/* (transfer full) (nullable): the first one. Returned to its caller without the lock. */
GTask   *u_call_queue_pop     (UCallQueue   *self);
/* (transfer full) (nullable): NULL when it was cancelled, too */
GTask   *u_call_queue_take    (UCallQueue   *self,
                               guint64       serial);
guint    u_call_queue_get_length (UCallQueue *self);
/* Without the lock: all of them get the error. */
void     u_call_queue_fail    (UCallQueue   *self,
                               const GError *error);

G_END_DECLS

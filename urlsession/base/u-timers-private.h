/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Any number of one-shot timers behind one source of a main context. A main context looks at each of its sources in
 * each iteration; a heap looks at the first one. Used on the thread of the context only. */
typedef struct _UTimers UTimers;

/* Embedded in what wants to be called; zero-filled means not armed. */
typedef struct _UTimer UTimer;
struct _UTimer
{
  gint64 due;                 /* monotonic microseconds */
  guint position;             /* in the heap, counted from 1; 0: not armed */
  void (*fired) (UTimer *timer);
};

UTimers *u_timers_new    (GMainContext *context);
void     u_timers_free   (UTimers      *self);
void     u_timers_arm    (UTimers      *self,
                          UTimer       *timer,
                          gint64        due);
void     u_timers_disarm (UTimers      *self,
                          UTimer       *timer);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-timers-private.h"

G_BEGIN_DECLS

/*
 * Shares what a session may send and receive among its transfers, and bounds each of them by its own limit. All of one
 * I/O thread.
 *
 * Twenty times a second every member that wants to move something is granted what it may move until the next time; what
 * was not used of it goes back. What one has not used is saved for at most a tenth of a second, so that nothing ever
 * comes in a larger burst. While nobody wants anything, or nothing is limited, there is no timer.
 */
typedef struct _URateLimiter URateLimiter;
typedef struct _URateMember URateMember;

typedef enum {
  U_RATE_RECEIVE,
  U_RATE_SEND,
  U_RATE_N_DIRECTIONS,
} URateDirection;

typedef struct
{
  gboolean wants;
  gboolean hungry;            /* used up all it was granted: it would take more */
  double saved;               /* bytes of its own limit that were not granted yet */
  gint64 granted;             /* bytes that may be moved; below zero: more were moved than that */
  gint64 used;                /* bytes since the last time */
} URateShare;

/* Embedded in what has a share; zero-filled, with `changed` set, means not a member. */
struct _URateMember
{
  URateLimiter *limiter;      /* nullable: not a member; nothing is granted or used */
  guint position;             /* among the members */
  gint64 limit;               /* bytes per second in each direction; 0: none of its own */
  gint64 updated;             /* monotonic microseconds: when `saved` was right */
  URateShare shares[U_RATE_N_DIRECTIONS];
  /* What is granted may have changed. It may leave from inside this call. */
  void (*changed) (URateMember *self);
};

/* @now: where the time comes from; NULL: the monotonic clock. */
URateLimiter *u_rate_limiter_new       (UTimers       *timers,
                                        gint64       (*now) (void));
void          u_rate_limiter_free      (URateLimiter  *self);
/* Bytes per second in each direction, for all together; 0: no limit. */
void          u_rate_limiter_set_limit (URateLimiter  *self,
                                        gint64         limit);

/* What the timer does. */
void          u_rate_limiter_tick      (URateLimiter  *self);

/* What a member wants to do from now on; with neither it is none any more. */
void          u_rate_limiter_want      (URateLimiter  *self,
                                        URateMember   *member,
                                        gboolean       receive,
                                        gboolean       send);
void          u_rate_member_set_limit  (URateMember   *self,
                                        gint64         limit);
void          u_rate_member_use        (URateMember   *self,
                                        URateDirection direction,
                                        gint64         length);
/* Bytes that may be moved now; G_MAXINT64: any number. */
gint64        u_rate_member_get_left   (URateMember   *self,
                                        URateDirection direction);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-call-queue-private.h"
#include "urlsession/task/u-task-private.h"
#include "urlsession/task/u-web-socket-task.h"
#include "urlsession/transfer/u-web-socket-conduit-private.h"

G_BEGIN_DECLS

#define U_WEB_SOCKET_MAXIMUM_DEFAULT (1024 * 1024)
#define U_WEB_SOCKET_MAXIMUM_LIMIT (1024 * 1024 * 1024)

struct _UWebSocketTask
{
  UTask parent_instance;

  /* Any thread, under the lock */
  GMutex lock;                /* taken before that of the task */
  gint64 maximum_message_size;
  double keepalive_interval;  /* seconds; 0: none */
  gboolean uses_compression;
  gboolean flows;             /* messages go to the handlers of the signal */
  char *protocol;             /* owned, nullable; set once */
  guint close_code;
  char *close_reason;         /* owned, nullable; set once */
  guint64 serial;             /* of the last message or ping that was sent */
  UCallQueue receives;
  guint n_ordered;            /* messages that the conduit was asked for, and has not given */
  UCallQueue sends;
  UCallQueue pings;
  GQueue inbox;               /* of UWebSocketMessage, owned: those that nobody waited for any more */
  gboolean closing;           /* the application has closed it */
  GError *end;                /* owned, nullable: why nothing more is received or sent */

  /* Of the context of the session */
  gint64 owed;                /* flows: what the handlers took, and the conduit does not know yet */
};

UTask *u_web_socket_task_new        (USession        *session,
                                     const UTaskHost *host,
                                     URequest        *request,
                                     GError          *birth_error);

/* u-web-socket-task-calls.c. In the context of the session: what the conduit says to those who wait. */
void   u_web_socket_task_give       (UWebSocketTask        *self,
                                     UWebSocketMessage     *message);
void   u_web_socket_task_note_sent  (UWebSocketTask        *self,
                                     guint64                serial);
void   u_web_socket_task_note_pong  (UWebSocketTask        *self,
                                     guint64                serial);
/* Nothing more comes. @error: nullable: it ended well */
void   u_web_socket_task_end_calls  (UWebSocketTask        *self,
                                     const GError          *error);

G_END_DECLS

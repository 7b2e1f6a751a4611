/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "urlsession/base/u-types.h"

G_BEGIN_DECLS

/* Every signal of a task, and of its twin on the session: one table, in u-task-signals.c. */
typedef enum {
  U_TASK_COLLECTED_METRICS,
  U_TASK_COMPLETED,
  U_TASK_SENT_DATA,
  U_TASK_INFORMATIONAL_RESPONSE,
  U_TASK_DECIDE_REDIRECT,
  U_TASK_CHALLENGE,
  U_TASK_NEED_BODY_STREAM,
  U_TASK_WAITING_FOR_CONNECTIVITY,
  U_DATA_TASK_DECIDE_RESPONSE,
  U_DATA_TASK_RECEIVED_DATA,
  U_DATA_TASK_BECAME_DOWNLOAD,
  U_DATA_TASK_BECAME_STREAM,
  U_DOWNLOAD_TASK_WROTE_DATA,
  U_DOWNLOAD_TASK_RESUMED_AT_OFFSET,
  U_DOWNLOAD_TASK_FINISHED_DOWNLOAD,
  U_STREAM_TASK_READ_CLOSED,
  U_STREAM_TASK_WRITE_CLOSED,
  U_WEB_SOCKET_TASK_OPENED,
  U_WEB_SOCKET_TASK_MESSAGE,
  U_WEB_SOCKET_TASK_CLOSED,
  U_TASK_N_SIGNALS,
} UTaskSignal;

/* Registered when the classes are initialised; read-only afterwards. */
typedef struct
{
  guint own[U_TASK_N_SIGNALS];
  guint twin[U_TASK_N_SIGNALS];
  guint session_challenge;    /* of the session: first asked about what concerns a connection */
} UTaskSignalIds;

extern UTaskSignalIds u_task_signal_ids;

/* From the class_init of @owner: registers the signals that the table gives to that type. */
void u_task_signals_install       (GType owner);
/* From the class_init of the session: registers `task-X` for every X. */
void u_task_signals_install_twins (GType session);

/* Whether somebody would hear it. */
gboolean u_task_is_heard (UTask       *task,
                          UTaskSignal  signal);

G_END_DECLS

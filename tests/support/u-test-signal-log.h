/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/urlsession.h>

G_BEGIN_DECLS

/* What sessions and tasks emitted, in order. Every emission is checked on its way: it must come in the thread that owns
 * the context of the log, and never inside another one.
 *
 * An entry is the name of the signal, "#N" for the task if there are several, and what is worth comparing of the
 * arguments: "completed ok", "completed cancelled", "notify::state running", "task-sent-data". Pieces of a body, and
 * progress, come in a number that nobody can know: of equal ones in a row there is one entry. */
typedef struct _UTestSignalLog UTestSignalLog;

UTestSignalLog *u_test_signal_log_new           (GMainContext   *context);
void            u_test_signal_log_free          (UTestSignalLog *self);

/* Adds "#N" with the identifier of the task to each entry. */
void            u_test_signal_log_show_tasks    (UTestSignalLog *self);
/* All signals of a task, or those of a session with its twins. The log does not hold the object. */
void            u_test_signal_log_watch         (UTestSignalLog *self,
                                                 gpointer        object);
/* One signal alone: what somebody listens to changes what a task does. */
void            u_test_signal_log_watch_signal  (UTestSignalLog *self,
                                                 gpointer        object,
                                                 const char     *signal);
void            u_test_signal_log_watch_notify  (UTestSignalLog *self,
                                                 gpointer        object,
                                                 const char     *property);

void            u_test_signal_log_assert_next   (UTestSignalLog *self,
                                                 const char     *expected);
void            u_test_signal_log_assert_empty  (UTestSignalLog *self);
/* Takes out what begins so and comes next, as many as there are. */
guint           u_test_signal_log_skip          (UTestSignalLog *self,
                                                 const char     *prefix);
char           *u_test_signal_log_pop           (UTestSignalLog *self);
void            u_test_signal_log_clear         (UTestSignalLog *self);

/* How many entries begin so; any thread. */
guint           u_test_signal_log_count         (UTestSignalLog *self,
                                                 const char     *prefix);
/* The pieces of the body that received-data brought, of all tasks together; any thread. */
GBytes         *u_test_signal_log_dup_body      (UTestSignalLog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTestSignalLog, u_test_signal_log_free)

G_END_DECLS

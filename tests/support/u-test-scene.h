/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-server.h"
#include "u-test-signal-log.h"

G_BEGIN_DECLS

/* What nearly every test of sessions and tasks begins with: a server, a session in a context of its own, which is the
 * thread-default one of the test, and a log. */
typedef struct
{
  UTestServer *server;        /* owned */
  GMainContext *context;      /* owned */
  USession *session;          /* owned; NULL once u_test_scene_drop_session() was called */
  UTestSignalLog *log;        /* owned */
} UTestScene;

/* For g_test_add(). The data may be a configuration. */
void           u_test_scene_set_up         (UTestScene            *self,
                                            gconstpointer          configuration);
/* Waits until the session is finalized. */
void           u_test_scene_tear_down      (UTestScene            *self,
                                            gconstpointer          data);
void           u_test_scene_drop_session   (UTestScene            *self);
/* Another session instead. */
void           u_test_scene_configure      (UTestScene            *self,
                                            USessionConfiguration *configuration);

/* Tasks that are logged, for a path on the server or a whole URL. */
UTask         *u_test_scene_new_data       (UTestScene            *self,
                                            const char            *path);
UTask         *u_test_scene_new_download   (UTestScene            *self,
                                            const char            *path);
/* Tasks that are not. */
UTask         *u_test_scene_new_quiet_data (UTestScene            *self,
                                            const char            *path);
URequest      *u_test_scene_new_request    (UTestScene            *self,
                                            const char            *path);
/* Iterates until the task is completed, and said so. */
void           u_test_scene_finish         (UTestScene            *self,
                                            UTask                 *task);
/* Does something with the session from beginning to end, so that what was under way before has had its turn. */
void           u_test_scene_round_trip     (UTestScene            *self);
/* Whether the body in the log is that of /bytes/N. */
void           u_test_scene_assert_body    (UTestScene            *self,
                                            guint64                length);

void           u_test_assert_state         (UTask                 *task,
                                            UTaskState             state);

/* Waiting: iterates @context (NULL: none, it only waits) until the condition holds; fails after a minute. */
#define u_test_wait_until(context, condition) \
  G_STMT_START \
    { \
      gint64 deadline_ = u_test_wait_deadline (); \
      while (!(condition)) \
        u_test_wait_step ((context), deadline_, G_STRLOC ": " #condition); \
    } \
  G_STMT_END

gint64         u_test_wait_deadline        (void);
void           u_test_wait_step            (GMainContext          *context,
                                            gint64                 deadline,
                                            const char            *what);
/* Dispatches all that is ready. */
void           u_test_drain                (GMainContext          *context);

/* Drops the reference that @object is and waits until nobody has one. */
void           u_test_assert_finalized     (GMainContext          *context,
                                            gpointer               object);

/* For one _async call at a time: u_test_take_result as its callback, with a GAsyncResult * as the data. */
void           u_test_take_result          (GObject               *source,
                                            GAsyncResult          *result,
                                            gpointer               user_data);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-request-private.h"

G_BEGIN_DECLS

/* What the server saw, and what its tests wait for. Thread-safe and counted: every connection has a reference. */
typedef struct _UTestLog UTestLog;

typedef enum
{
  U_TEST_COUNT_CONNECTIONS,
  U_TEST_COUNT_OPEN_CONNECTIONS,
  U_TEST_COUNT_MAX_OPEN_CONNECTIONS,
  U_TEST_COUNT_REQUESTS,
  U_TEST_COUNT_IN_FLIGHT,
  U_TEST_COUNT_PAUSED,
  U_TEST_N_COUNTS,
} UTestCount;

UTestLog     *u_test_log_new                 (void);
UTestLog     *u_test_log_ref                 (UTestLog     *self);
void          u_test_log_unref               (UTestLog     *self);

/* For connections */
guint         u_test_log_connection_opened   (UTestLog     *self);
void          u_test_log_connection_closed   (UTestLog     *self);
guint64       u_test_log_request_begun       (UTestLog     *self,
                                              UTestRequest *request,
                                              guint         connection_id);
void          u_test_log_request_body        (UTestLog     *self,
                                              guint64       serial,
                                              const guint8 *data,
                                              gsize         length);
void          u_test_log_request_ended       (UTestLog     *self);
guint         u_test_log_count_target        (UTestLog     *self,
                                              const char   *target);
gboolean      u_test_log_drop_first          (UTestLog     *self,
                                              const char   *target);
void          u_test_log_paused              (UTestLog     *self,
                                              gboolean      paused);
gboolean      u_test_log_is_released         (UTestLog     *self,
                                              guint64       serial);

/* For tests */
void          u_test_log_release             (UTestLog     *self);
void          u_test_log_clear               (UTestLog     *self);
guint         u_test_log_get_count           (UTestLog     *self,
                                              UTestCount    count);
gboolean      u_test_log_wait_at_least       (UTestLog     *self,
                                              UTestCount    count,
                                              guint         n,
                                              guint         timeout_ms);
gboolean      u_test_log_wait_equal          (UTestLog     *self,
                                              UTestCount    count,
                                              guint         n,
                                              guint         timeout_ms);
char        **u_test_log_dup_lines           (UTestLog     *self);
UTestRequest *u_test_log_get_request         (UTestLog     *self,
                                              guint         index);
GBytes       *u_test_log_dup_body            (UTestLog     *self,
                                              guint         index);
guint64       u_test_log_get_body_length     (UTestLog     *self,
                                              guint         index);
guint        *u_test_log_dup_connection_ids  (UTestLog     *self,
                                              gsize        *n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTestLog, u_test_log_unref)

G_END_DECLS

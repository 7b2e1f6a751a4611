/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "u-test-pattern.h"

G_BEGIN_DECLS

#define U_TEST_TYPE_SERVER (u_test_server_get_type ())
G_DECLARE_FINAL_TYPE (UTestServer, u_test_server, U_TEST, SERVER, GObject)

UTestServer *u_test_server_new                        (void);
UTestServer *u_test_server_new_tls                    (void);

gboolean     u_test_server_start                      (UTestServer  *self,
                                                       GError      **error);
void         u_test_server_stop                       (UTestServer  *self);
void         u_test_server_release                    (UTestServer  *self);
void         u_test_server_clear_log                  (UTestServer  *self);

gboolean     u_test_server_get_uses_tls               (UTestServer  *self);
guint        u_test_server_get_port                   (UTestServer  *self);
char        *u_test_server_get_uri                    (UTestServer  *self,
                                                       const char   *path);
const char  *u_test_server_get_ca_path                (UTestServer  *self);

guint        u_test_server_get_n_requests             (UTestServer  *self);
guint        u_test_server_get_n_in_flight            (UTestServer  *self);
guint        u_test_server_get_n_paused               (UTestServer  *self);
guint        u_test_server_get_n_connections          (UTestServer  *self);
guint        u_test_server_get_n_open_connections     (UTestServer  *self);
guint        u_test_server_get_max_open_connections   (UTestServer  *self);

char       **u_test_server_dup_requests               (UTestServer  *self);
char        *u_test_server_dup_request_header         (UTestServer  *self,
                                                       guint         index,
                                                       const char   *name);
char       **u_test_server_dup_request_headers        (UTestServer  *self,
                                                       guint         index);
GBytes      *u_test_server_dup_request_body           (UTestServer  *self,
                                                       guint         index);
guint64      u_test_server_get_request_body_length    (UTestServer  *self,
                                                       guint         index);
guint       *u_test_server_dup_connection_ids         (UTestServer  *self,
                                                       gsize        *n_ids);

gboolean     u_test_server_wait_for_requests          (UTestServer  *self,
                                                       guint         n,
                                                       guint         timeout_ms);
gboolean     u_test_server_wait_for_in_flight         (UTestServer  *self,
                                                       guint         n,
                                                       guint         timeout_ms);
gboolean     u_test_server_wait_for_paused            (UTestServer  *self,
                                                       guint         n,
                                                       guint         timeout_ms);
gboolean     u_test_server_wait_for_open_connections  (UTestServer  *self,
                                                       guint         n,
                                                       guint         timeout_ms);

G_END_DECLS

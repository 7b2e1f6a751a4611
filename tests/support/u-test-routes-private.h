/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-log-private.h"
#include "u-test-reply-private.h"
#include "u-test-request-private.h"

G_BEGIN_DECLS

gboolean    u_test_routes_reads_body (const UTestRequest *request);
UTestReply *u_test_routes_answer     (const UTestRequest *request,
                                      GBytes             *body,
                                      UTestLog           *log);

G_END_DECLS

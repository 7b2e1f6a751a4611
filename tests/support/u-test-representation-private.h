/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-options-private.h"
#include "u-test-reply-private.h"
#include "u-test-request-private.h"

G_BEGIN_DECLS

/* The answer to a request for a resource with a body of @length bytes: validators, ranges, content coding, digest. */
UTestReply *u_test_representation_answer (const UTestRequest *request,
                                          const UTestOptions *options,
                                          guint64             length,
                                          gboolean            changed);

G_END_DECLS

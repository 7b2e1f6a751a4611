/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-task-private.h"

G_BEGIN_DECLS

#define U_TYPE_BODY_STREAM (u_body_stream_get_type ())
G_DECLARE_FINAL_TYPE (UBodyStream, u_body_stream, U, BODY_STREAM, GInputStream)

GInputStream *u_body_stream_new (UTask     *task,
                                 UBodyPipe *pipe);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/task/u-body-stream-request.h"

G_BEGIN_DECLS

/* In the context of the session: finds a stream for @request, whose own was used or is to be asked for; the transfer
 * gets it, later. */
void     u_body_stream_request_ask  (UTask         *task,
                                     URequestData  *request);

/* Any thread: the stream of @request is read where @task is. FALSE: it belongs to another task. */
gboolean u_body_stream_request_bind (UTask         *task,
                                     URequestData  *request,
                                     GError       **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-stream-task.h"
#include "urlsession/task/u-task-private.h"
#include "urlsession/transfer/u-stream-conduit-private.h"

G_BEGIN_DECLS

UStreamTask *u_stream_task_new (USession        *session,
                                const UTaskHost *host,
                                URequest        *request,
                                GError          *birth_error);
/* For a task that takes the place of a data task: (transfer full). */
UStreamSettings *u_stream_task_make_settings (UStreamTask *self);

G_END_DECLS

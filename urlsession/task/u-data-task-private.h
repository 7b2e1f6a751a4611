/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/task/u-data-task.h"
#include "urlsession/task/u-task-waiter-private.h"

G_BEGIN_DECLS

struct _UDataTask
{
  UTask parent_instance;

  UTaskWaiter load;           /* for the whole body */
  UTaskWaiter open;           /* for a stream of it */
  UBodyPipe *pipe;            /* owned, nullable; what the stream reads */
  gboolean may_idle;          /* the response is no answer, but a channel: silence is no failure. Set before resume */
};

struct _UDataTaskClass
{
  UTaskClass parent_class;
};

UDataTask *u_data_task_new             (USession        *session,
                                        const UTaskHost *host,
                                        URequest        *request,
                                        GError          *birth_error);
/* In the context of the session, after the response and before the first byte was delivered. */
void       u_data_task_become_download (UDataTask       *self);
void       u_data_task_become_stream   (UDataTask       *self);

G_END_DECLS

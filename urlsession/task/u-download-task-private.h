/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-resume-data-private.h"
#include "urlsession/task/u-download-task.h"
#include "urlsession/task/u-task-private.h"

G_BEGIN_DECLS

/* @resume: (nullable): what an earlier task left */
UDownloadTask *u_download_task_new (USession        *session,
                                    const UTaskHost *host,
                                    URequest        *request,
                                    UResumeData     *resume,
                                    GError          *birth_error);

G_END_DECLS

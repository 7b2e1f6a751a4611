/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-upload-resume-data-private.h"
#include "urlsession/task/u-data-task-private.h"
#include "urlsession/task/u-upload-task.h"

G_BEGIN_DECLS

/* What it takes to go on after a break, in u-upload-task-resume.c. */
typedef struct
{
  /* Under the lock of the task */
  gboolean resumable;         /* the server is told that it may offer to go on */
  GBytes *data;               /* owned, nullable; once it failed */
  char *private_path;         /* owned, nullable; what data stands for */
  gboolean data_taken;        /* somebody has data */
  GPtrArray *producers;       /* owned, nullable; of GTask: they wait for the end, for data */

  UUploadResumeData *from;    /* owned, nullable; set at birth: what an earlier task left */
} UUploadTaskResume;

struct _UUploadTask
{
  UDataTask parent_instance;

  UUploadTaskResume resume;
};

struct _UUploadTaskClass
{
  UDataTaskClass parent_class;
};

UUploadTask *u_upload_task_new        (USession          *session,
                                       const UTaskHost   *host,
                                       URequest          *request,
                                       GError            *birth_error);
/* @from: (nullable): what an earlier task left. */
UUploadTask *u_upload_task_new_resumed (USession          *session,
                                        const UTaskHost   *host,
                                        URequest          *request,
                                        UUploadResumeData *from,
                                        GError            *birth_error);

/* u-upload-task-resume.c: its share of the class. */
void         u_upload_task_resume_install    (GObjectClass    *object_class,
                                              guint            resumable_id,
                                              guint            resume_data_id);
void         u_upload_task_resume_fill_spec  (UUploadTask     *self,
                                              UTransferSpec   *spec);
void         u_upload_task_resume_completing (UUploadTask     *self,
                                              UTransferEvent  *event);
void         u_upload_task_resume_completed  (UUploadTask     *self);
void         u_upload_task_resume_clear      (UUploadTask     *self);

G_END_DECLS

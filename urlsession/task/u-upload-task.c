/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/task/u-upload-task.h"

#include "urlsession/task/u-upload-task-private.h"

/**
 * UUploadTask:
 *
 * A data task that is about what it sends.
 */

enum {
  PROP_0,
  PROP_RESUMABLE,
  PROP_RESUME_DATA,
};

G_DEFINE_FINAL_TYPE (UUploadTask, u_upload_task, U_TYPE_DATA_TASK)

static gboolean
u_upload_task_fill_spec (UTask *task, UTransferSpec *spec, GError **error)
{
  if (!U_TASK_CLASS (u_upload_task_parent_class)->fill_spec (task, spec, error))
    return FALSE;
  u_upload_task_resume_fill_spec (U_UPLOAD_TASK (task), spec);

  return TRUE;
}

static void
u_upload_task_completing (UTask *task, UTransferEvent *event)
{
  u_upload_task_resume_completing (U_UPLOAD_TASK (task), event);
}

static void
u_upload_task_completed (UTask *task, UTransferEvent *event)
{
  U_TASK_CLASS (u_upload_task_parent_class)->completed (task, event);
  u_upload_task_resume_completed (U_UPLOAD_TASK (task));
}

static void
u_upload_task_finalize (GObject *object)
{
  u_upload_task_resume_clear (U_UPLOAD_TASK (object));

  G_OBJECT_CLASS (u_upload_task_parent_class)->finalize (object);
}

static void
u_upload_task_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UUploadTask *self = U_UPLOAD_TASK (object);

  switch (prop_id)
    {
    case PROP_RESUMABLE:
      g_value_set_boolean (value, u_upload_task_get_resumable (self));
      break;
    case PROP_RESUME_DATA:
      g_value_take_boxed (value, u_upload_task_dup_resume_data (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_upload_task_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UUploadTask *self = U_UPLOAD_TASK (object);

  switch (prop_id)
    {
    case PROP_RESUMABLE:
      u_upload_task_set_resumable (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_upload_task_class_init (UUploadTaskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  UTaskClass *task_class = U_TASK_CLASS (klass);

  object_class->finalize = u_upload_task_finalize;
  object_class->get_property = u_upload_task_get_property;
  object_class->set_property = u_upload_task_set_property;
  task_class->fill_spec = u_upload_task_fill_spec;
  task_class->completing = u_upload_task_completing;
  task_class->completed = u_upload_task_completed;
  u_upload_task_resume_install (object_class, PROP_RESUMABLE, PROP_RESUME_DATA);
}

static void
u_upload_task_init (UUploadTask *self)
{
}

UUploadTask *
u_upload_task_new (USession *session, const UTaskHost *host, URequest *request, GError *birth_error)
{
  UUploadTask *self = g_object_new (U_TYPE_UPLOAD_TASK, NULL);

  u_task_setup (U_TASK (self), session, host, request, birth_error);

  return self;
}

UUploadTask *
u_upload_task_new_resumed (USession          *session,
                           const UTaskHost   *host,
                           URequest          *request,
                           UUploadResumeData *from,
                           GError            *birth_error)
{
  UUploadTask *self = u_upload_task_new (session, host, request, birth_error);

  self->resume.resumable = TRUE;
  if (from != NULL)
    {
      self->resume.from = u_upload_resume_data_ref (from);
      U_TASK (self)->counts.sent = from->offset;
      U_TASK (self)->counts.expected_to_send = from->length;
    }

  return self;
}

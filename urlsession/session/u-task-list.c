/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-task-list-private.h"

struct _UTaskList
{
  GObject parent_instance;

  GSequence *tasks;           /* owned; of UTask, not owned. Each knows its place */
};

static void u_task_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UTaskList, u_task_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, u_task_list_model_init))

static GType
u_task_list_get_item_type (GListModel *model)
{
  return U_TYPE_TASK;
}

static guint
u_task_list_get_n_items (GListModel *model)
{
  return (guint) g_sequence_get_length (U_TASK_LIST (model)->tasks);
}

static gpointer
u_task_list_get_item (GListModel *model, guint position)
{
  GSequence *tasks = U_TASK_LIST (model)->tasks;
  GSequenceIter *iter;

  if (position >= (guint) g_sequence_get_length (tasks))
    return NULL;
  iter = g_sequence_get_iter_at_pos (tasks, (int) position);

  return g_object_ref (g_sequence_get (iter));
}

static void
u_task_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = u_task_list_get_item_type;
  iface->get_n_items = u_task_list_get_n_items;
  iface->get_item = u_task_list_get_item;
}

static void
u_task_list_finalize (GObject *object)
{
  g_sequence_free (U_TASK_LIST (object)->tasks);

  G_OBJECT_CLASS (u_task_list_parent_class)->finalize (object);
}

static void
u_task_list_class_init (UTaskListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = u_task_list_finalize;
}

static void
u_task_list_init (UTaskList *self)
{
  self->tasks = g_sequence_new (NULL);
}

UTaskList *
u_task_list_new (void)
{
  return g_object_new (U_TYPE_TASK_LIST, NULL);
}

void
u_task_list_add (UTaskList *self, UTask *task)
{
  task->list_place = g_sequence_append (self->tasks, task);
  g_list_model_items_changed (G_LIST_MODEL (self), (guint) g_sequence_get_length (self->tasks) - 1, 0, 1);
}

void
u_task_list_remove (UTaskList *self, UTask *task)
{
  GSequenceIter *iter = g_steal_pointer (&task->list_place);
  guint position;

  if (iter == NULL)
    return;

  position = (guint) g_sequence_iter_get_position (iter);
  g_sequence_remove (iter);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
}

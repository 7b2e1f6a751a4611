/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static guint
count_tasks (UTestScene *self)
{
  gsize n_tasks;
  UTask **tasks = u_session_dup_tasks (self->session, &n_tasks);

  for (gsize i = 0; i < n_tasks; i++)
    {
      g_autoptr (UTask) listed = g_list_model_get_item (u_session_get_tasks (self->session), (guint) i);

      /* In the context of the session both are the same. */
      g_assert_true (listed == tasks[i]);
      g_object_unref (tasks[i]);
    }
  g_free (tasks);
  g_assert_cmpuint (g_list_model_get_n_items (u_session_get_tasks (self->session)), ==, n_tasks);

  return (guint) n_tasks;
}

static void
test_all (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) fresh = NULL;
  g_autoptr (UTask) running = NULL;
  g_autoptr (UTask) suspended = NULL;
  g_autoptr (UTask) cancelled = NULL;
  UTask *dropped;

  g_assert_cmpuint (count_tasks (self), ==, 0);
  fresh = u_test_scene_new_quiet_data (self, "/bytes/5");
  g_assert_cmpuint (count_tasks (self), ==, 1);
  running = u_test_scene_new_quiet_data (self, "/bytes/5?pause-after=1");
  u_task_resume (running);
  suspended = u_test_scene_new_quiet_data (self, "/bytes/5?pause-after=1");
  u_task_resume (suspended);
  u_task_suspend (suspended);
  cancelled = u_test_scene_new_quiet_data (self, "/bytes/5");
  dropped = u_test_scene_new_quiet_data (self, "/bytes/5");
  g_assert_cmpuint (count_tasks (self), ==, 5);

  /* Weakly, until it is resumed. */
  u_test_assert_finalized (self->context, dropped);
  g_assert_cmpuint (count_tasks (self), ==, 4);

  u_task_cancel (cancelled);
  g_assert_cmpuint (count_tasks (self), ==, 4);
  u_test_scene_finish (self, cancelled);
  g_assert_cmpuint (count_tasks (self), ==, 3);

  g_assert_true (u_test_server_wait_for_paused (self->server, 1, 60000));
  u_test_wait_until (self->context, (u_test_server_release (self->server),
                                     u_task_get_state (running) == U_TASK_STATE_COMPLETED));
  g_assert_cmpuint (count_tasks (self), ==, 2);
  u_task_cancel (suspended);
  u_test_scene_finish (self, suspended);
  u_task_cancel (fresh);
  u_test_scene_finish (self, fresh);
  g_assert_cmpuint (count_tasks (self), ==, 0);
}

static void
listed_gone_cb (UTask *task, const GError *error, gpointer data)
{
  gsize n_tasks;
  UTask **tasks = u_session_dup_tasks (u_task_get_session (task), &n_tasks);

  g_assert_cmpuint (n_tasks, ==, 0);
  g_free (tasks);
  ++*(guint *) data;
}

/* When `completed` is emitted the task is out of the list. */
static void
test_completed (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/5");
  guint n_completed = 0;

  g_signal_connect (task, "completed", G_CALLBACK (listed_gone_cb), &n_completed);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_cmpuint (n_completed, ==, 1);
}

typedef struct
{
  GMainContext *context;      /* not owned */
  USession *session;          /* not owned */
  int n_changes;
  guint n_items;
} Changes;

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  Changes *self = data;

  g_assert_true (g_main_context_is_owner (self->context));
  g_assert_cmpuint (removed + added, ==, 1);
  self->n_items = self->n_items - removed + added;
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, self->n_items);
  for (guint i = 0; i < self->n_items; i++)
    {
      g_autoptr (UTask) task = g_list_model_get_item (model, i);

      g_assert_true (U_IS_TASK (task));
    }
  self->n_changes++;
}

static gpointer
make_tasks_thread (gpointer data)
{
  Changes *self = data;

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (UTask) task = U_TASK (u_session_create_data_task_for_uri (self->session, "data:,x"));

      if (i % 2 == 0)
        u_task_resume (task);
    }

  return NULL;
}

static void
test_context (UTestScene *self, gconstpointer data)
{
  Changes changes = { .context = self->context, .session = self->session };
  GListModel *model = u_session_get_tasks (self->session);
  GThread *thread;

  g_assert_true (g_list_model_get_item_type (model) == U_TYPE_TASK);
  g_signal_connect (model, "items-changed", G_CALLBACK (items_changed_cb), &changes);
  thread = g_thread_new ("maker", make_tasks_thread, &changes);
  u_test_wait_until (self->context, changes.n_changes == 200);
  g_thread_join (thread);
  u_test_drain (self->context);
  g_assert_cmpuint (changes.n_changes, ==, 200);
  g_assert_cmpuint (changes.n_items, ==, 0);
  g_signal_handlers_disconnect_by_data (model, &changes);
}

static void
test_kinds (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) first = u_test_scene_new_quiet_data (self, "/bytes/5");
  g_autoptr (UTask) second = U_TASK (u_session_create_download_task_for_uri (self->session, "data:,x"));
  g_autoptr (UTask) third = u_test_scene_new_quiet_data (self, "/bytes/5");
  GListModel *model = u_session_get_tasks (self->session);
  guint n_data = 0;
  guint n_downloads = 0;

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (UTask) task = g_list_model_get_item (model, i);

      g_assert_cmpuint (u_task_get_identifier (task), ==, i + 1);
      g_assert_true (U_IS_DATA_TASK (task) != U_IS_DOWNLOAD_TASK (task));
      n_data += U_IS_DATA_TASK (task);
      n_downloads += U_IS_DOWNLOAD_TASK (task);
    }
  g_assert_cmpuint (n_data, ==, 2);
  g_assert_cmpuint (n_downloads, ==, 1);
}

static void
test_identifiers (UTestScene *self, gconstpointer data)
{
  USession *other = u_session_new (NULL);
  guint64 last = 0;

  for (guint i = 0; i < 50; i++)
    {
      UTask *task = u_test_scene_new_quiet_data (self, "data:,x");

      g_assert_cmpuint (u_task_get_identifier (task), ==, last + 1);
      last = u_task_get_identifier (task);
      if (i % 3 == 0)
        u_task_cancel (task);
      if (i % 3 == 1)
        u_task_resume (task);
      if (i % 3 != 2)
        u_test_scene_finish (self, task);
      u_test_assert_finalized (self->context, task);
    }
  {
    g_autoptr (UTask) task = U_TASK (u_session_create_data_task_for_uri (other, "data:,x"));

    g_assert_cmpuint (u_task_get_identifier (task), ==, 1);
  }
  u_test_assert_finalized (self->context, other);
}

static void
test_configuration_copy (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) source = u_session_configuration_new ();
  g_autoptr (USessionConfiguration) copy = NULL;
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "data:,x");
  g_autoptr (UTask) same = g_object_ref (task);

  g_assert_true (same == task);
  u_session_configuration_set_request_timeout (source, 7);
  u_headers_set (u_session_configuration_get_headers (source), "X-Test", "one", NULL);
  copy = u_session_configuration_copy (source);
  g_assert_true (copy != source);
  g_assert_cmpfloat (u_session_configuration_get_request_timeout (copy), ==, 7);
  u_session_configuration_set_request_timeout (copy, 8);
  u_session_configuration_set_max_connections_per_host (copy, 3);
  u_headers_set (u_session_configuration_get_headers (copy), "X-Test", "two", NULL);
  u_headers_set (u_session_configuration_get_headers (copy), "X-More", "more", NULL);
  g_assert_cmpfloat (u_session_configuration_get_request_timeout (source), ==, 7);
  g_assert_cmpuint (u_session_configuration_get_max_connections_per_host (source), ==, 6);
  g_assert_cmpstr (u_headers_get (u_session_configuration_get_headers (source), "X-Test"), ==, "one");
  g_assert_false (u_headers_contains (u_session_configuration_get_headers (source), "X-More"));
}

static void
test_session_seals (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  USessionConfiguration *own;
  g_autoptr (UTask) task = NULL;
  g_autofree char *header = NULL;

  u_headers_set (u_session_configuration_get_headers (configuration), "X-Test", "before", NULL);
  u_session_configuration_set_request_timeout (configuration, 7);
  u_test_scene_configure (self, configuration);
  own = u_session_get_configuration (self->session);
  g_assert_true (own != configuration);
  g_assert_true (u_session_configuration_is_sealed (own));
  u_headers_set (u_session_configuration_get_headers (configuration), "X-Test", "after", NULL);
  u_session_configuration_set_request_timeout (configuration, 8);
  g_assert_cmpfloat (u_session_configuration_get_request_timeout (own), ==, 7);
  g_assert_cmpstr (u_headers_get (u_session_configuration_get_headers (own), "X-Test"), ==, "before");

  task = u_test_scene_new_quiet_data (self, "/bytes/5");
  u_task_resume (task);
  u_test_scene_finish (self, task);
  header = u_test_server_dup_request_header (self->server, 0, "X-Test");
  g_assert_cmpstr (header, ==, "before");
}

static void
test_task_snapshots (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/echo?first");
  g_autoptr (UTask) task = NULL;
  g_autofree char *header = NULL;
  g_auto (GStrv) requests = NULL;
  URequest *own;

  u_headers_set (u_request_get_headers (request), "X-Test", "before", NULL);
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_headers_set (u_request_get_headers (request), "X-Test", "after", NULL);
  u_request_set_method (request, "DELETE");
  u_request_set_uri (request, "http://127.0.0.1:1/");
  own = u_task_get_original_request (task);
  g_assert_true (u_request_is_sealed (own));
  g_assert_cmpstr (u_request_get_method (own), ==, "GET");

  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  requests = u_test_server_dup_requests (self->server);
  g_assert_cmpstr (requests[0], ==, "GET /echo?first");
  header = u_test_server_dup_request_header (self->server, 0, "X-Test");
  g_assert_cmpstr (header, ==, "before");
  g_assert_true (u_task_get_original_request (task) == own);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/task-list/r131-all-that-are-not-completed", test_all);
  ADD ("/task-list/r131-completed", test_completed);
  ADD ("/task-list/r132-changes-in-the-context", test_context);
  ADD ("/task-list/r133-kinds", test_kinds);
  ADD ("/task-list/r134-identifiers", test_identifiers);
  ADD ("/copying/r136-configuration", test_configuration_copy);
  ADD ("/copying/r137-session-ignores-later-changes", test_session_seals);
  ADD ("/copying/r138-task-ignores-later-changes", test_task_snapshots);

  return g_test_run ();
}

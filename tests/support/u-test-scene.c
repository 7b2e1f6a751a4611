/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

/* A machine under load, a sanitizer: only a test that hangs comes near it. */
#define PATIENCE_US (60 * G_USEC_PER_SEC)

/* How long to wait for the context before a condition is looked at again that another thread changes. */
#define STEP_MS 2

gint64
u_test_wait_deadline (void)
{
  return g_get_monotonic_time () + PATIENCE_US;
}

static gboolean
nothing_cb (gpointer data)
{
  return G_SOURCE_REMOVE;
}

void
u_test_wait_step (GMainContext *context, gint64 deadline, const char *what)
{
  g_autoptr (GSource) step = NULL;

  if (g_get_monotonic_time () > deadline)
    g_error ("Waited in vain at %s", what);

  if (context == NULL)
    {
      g_usleep (STEP_MS * 1000);
      return;
    }

  step = g_timeout_source_new (STEP_MS);
  g_source_set_callback (step, nothing_cb, NULL, NULL);
  g_source_attach (step, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (step);
}

void
u_test_drain (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    {
    }
}

static void
gone_cb (gpointer data, GObject *object)
{
  g_atomic_int_set ((int *) data, TRUE);
}

void
u_test_assert_finalized (GMainContext *context, gpointer object)
{
  int gone = FALSE;

  g_object_weak_ref (object, gone_cb, &gone);
  g_object_unref (object);
  u_test_wait_until (context, g_atomic_int_get (&gone));
}

void
u_test_take_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

void
u_test_scene_set_up (UTestScene *self, gconstpointer configuration)
{
  g_autoptr (GError) error = NULL;

  self->server = u_test_server_new ();
  u_test_server_start (self->server, &error);
  g_assert_no_error (error);
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  self->session = u_session_new ((USessionConfiguration *) configuration);
  self->log = u_test_signal_log_new (self->context);
}

void
u_test_scene_drop_session (UTestScene *self)
{
  u_test_assert_finalized (self->context, g_steal_pointer (&self->session));
}

void
u_test_scene_configure (UTestScene *self, USessionConfiguration *configuration)
{
  u_test_scene_drop_session (self);
  self->session = u_session_new (configuration);
}

void
u_test_scene_tear_down (UTestScene *self, gconstpointer data)
{
  if (self->session != NULL)
    u_test_scene_drop_session (self);
  g_clear_pointer (&self->log, u_test_signal_log_free);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
  /* The I/O thread has taken down what the session had, so that nothing is in hand when the program ends. */
  g_assert_true (u_test_server_wait_for_open_connections (self->server, 0, 60000));
  u_test_server_stop (self->server);
  g_assert_finalize_object (g_steal_pointer (&self->server));
}

URequest *
u_test_scene_new_request (UTestScene *self, const char *path)
{
  g_autofree char *uri = *path == '/' ? u_test_server_get_uri (self->server, path) : g_strdup (path);

  return u_request_new (uri);
}

UTask *
u_test_scene_new_quiet_data (UTestScene *self, const char *path)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, path);

  return U_TASK (u_session_create_data_task (self->session, request));
}

UTask *
u_test_scene_new_data (UTestScene *self, const char *path)
{
  UTask *task = u_test_scene_new_quiet_data (self, path);

  u_test_signal_log_watch (self->log, task);

  return task;
}

UTask *
u_test_scene_new_download (UTestScene *self, const char *path)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, path);
  UTask *task = U_TASK (u_session_create_download_task (self->session, request));

  u_test_signal_log_watch (self->log, task);

  return task;
}

void
u_test_scene_finish (UTestScene *self, UTask *task)
{
  u_test_wait_until (self->context, u_task_get_state (task) == U_TASK_STATE_COMPLETED);
  u_test_drain (self->context);
}

void
u_test_scene_round_trip (UTestScene *self)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/empty");

  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
}

void
u_test_scene_assert_body (UTestScene *self, guint64 length)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes (length);
  g_autoptr (GBytes) body = u_test_signal_log_dup_body (self->log);

  g_assert_true (g_bytes_equal (body, expected));
}

void
u_test_assert_state (UTask *task, UTaskState state)
{
  g_assert_cmpint (u_task_get_state (task), ==, state);
}

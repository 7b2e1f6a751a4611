/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* What the callback of a call is told. */
typedef struct
{
  GMainContext *context;      /* not owned */
  guint n_calls;
  GBytes *bytes;              /* owned, nullable */
  UResponse *response;        /* owned, nullable */
  GError *error;              /* owned, nullable */
} Call;

static void
call_clear (Call *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->response);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

static void
data_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  self->n_calls++;
  self->bytes = u_session_data_finish (U_SESSION (source), result, &self->response, &self->error);
}

static void
load_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;

  g_assert_true (g_main_context_is_owner (self->context));
  self->n_calls++;
  self->bytes = u_data_task_load_finish (U_DATA_TASK (source), result, &self->error);
}

static void
settle (UTestScene *self, Call *call)
{
  u_test_wait_until (self->context, call->n_calls > 0);
  u_test_wait_until (self->context, g_list_model_get_n_items (u_session_get_tasks (self->session)) == 0);
  u_test_drain (self->context);
  g_assert_cmpuint (call->n_calls, ==, 1);
  g_assert_true ((call->bytes != NULL) == (call->error == NULL));
}

static void
test_once (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) good = u_test_scene_new_request (self, "/bytes/1000");
  g_autoptr (URequest) stalled = u_test_scene_new_request (self, "/stall");
  g_autoptr (UTask) task = NULL;

  {
    g_auto (Call) call = { .context = self->context };

    u_session_data_async (self->session, good, NULL, data_cb, &call);
    g_assert_cmpuint (call.n_calls, ==, 0);
    settle (self, &call);
    g_assert_no_error (call.error);
  }

  /* Cancelled through the call, before and while it runs. */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_auto (Call) call = { .context = self->context };

      if (i == 0)
        g_cancellable_cancel (cancellable);
      u_session_data_async (self->session, stalled, cancellable, data_cb, &call);
      g_assert_cmpuint (call.n_calls, ==, 0);
      if (i == 1)
        {
          g_assert_true (u_test_server_wait_for_requests (self->server, 2, 60000));
          g_cancellable_cancel (cancellable);
        }
      settle (self, &call);
      g_assert_error (call.error, U_ERROR, U_ERROR_CANCELLED);
    }

  /* Cancelled through the task. */
  {
    g_auto (Call) call = { .context = self->context };

    task = u_test_scene_new_quiet_data (self, "/stall");
    u_data_task_load_async (U_DATA_TASK (task), NULL, load_cb, &call);
    u_task_cancel (task);
    settle (self, &call);
    g_assert_error (call.error, U_ERROR, U_ERROR_CANCELLED);
  }

  /* With the session. */
  {
    g_auto (Call) call = { .context = self->context };
    g_auto (Call) late = { .context = self->context };

    u_session_data_async (self->session, stalled, NULL, data_cb, &call);
    u_session_invalidate_and_cancel (self->session);
    u_session_data_async (self->session, stalled, NULL, data_cb, &late);
    settle (self, &call);
    settle (self, &late);
    g_assert_error (call.error, U_ERROR, U_ERROR_CANCELLED);
    g_assert_error (late.error, U_ERROR, U_ERROR_SESSION_INVALIDATED);
  }
}

typedef struct
{
  USession *session;          /* not owned */
  URequest *request;          /* not owned */
  GThread *thread;
  int done;
} Elsewhere;

static gpointer
call_thread (gpointer data)
{
  Elsewhere *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_auto (Call) call = { .context = context };

  g_main_context_push_thread_default (context);
  u_session_data_async (self->session, self->request, NULL, data_cb, &call);
  u_test_wait_until (context, call.n_calls > 0);
  u_test_drain (context);
  g_assert_cmpuint (call.n_calls, ==, 1);
  g_assert_no_error (call.error);
  g_assert_cmpuint (g_bytes_get_size (call.bytes), ==, 1000);
  g_main_context_pop_thread_default (context);
  g_atomic_int_set (&self->done, TRUE);

  return NULL;
}

/* As in GIO, the callback comes where the call was made, while the session goes on elsewhere. */
static void
test_callers_context (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/1000");
  Elsewhere elsewhere = { .session = self->session, .request = request };

  u_test_signal_log_watch (self->log, self->session);
  elsewhere.thread = g_thread_new ("caller", call_thread, &elsewhere);
  u_test_wait_until (self->context, g_atomic_int_get (&elsewhere.done));
  g_thread_join (elsewhere.thread);
  u_test_drain (self->context);
  u_test_signal_log_assert_next (self->log, "task-created");
  u_test_signal_log_assert_empty (self->log);
}

static void
test_failure (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) early = u_test_scene_new_quiet_data (self, "/no-answer");
  g_autoptr (UTask) late = NULL;
  g_auto (Call) early_call = { .context = self->context };
  g_auto (Call) late_call = { .context = self->context };

  u_data_task_load_async (U_DATA_TASK (early), NULL, load_cb, &early_call);
  settle (self, &early_call);
  g_assert_null (early_call.bytes);
  g_assert_null (u_task_get_response (early));
  g_assert_error (early_call.error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);

  late = u_test_scene_new_quiet_data (self, "/bytes/1000?drop-after=500");
  u_data_task_load_async (U_DATA_TASK (late), NULL, load_cb, &late_call);
  settle (self, &late_call);
  g_assert_null (late_call.bytes);
  g_assert_nonnull (u_task_get_response (late));
  g_assert_error (late_call.error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

static void
test_success (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *path;
    gsize length;
  } cases[] = {
    { "/empty", 0 }, { "/status/204", 0 }, { "/bytes/0?chunked", 0 }, { "/bytes/1", 1 }, { "/bytes/1000000", 1000000 },
    { "/bytes/1000000?chunked", 1000000 }, { "/bytes/1000000?gzip", 1000000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (self, cases[i].path);
      g_autoptr (GBytes) expected = u_test_pattern_bytes (cases[i].length);
      g_auto (Call) call = { .context = self->context };

      u_session_data_async (self->session, request, NULL, data_cb, &call);
      settle (self, &call);
      g_assert_no_error (call.error);
      g_assert_nonnull (call.response);
      g_assert_true (g_bytes_equal (call.bytes, expected));
    }
}

static void
test_no_callback (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/1000");
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/1000?id=2");

  u_data_task_load_async (U_DATA_TASK (task), NULL, NULL, NULL);
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "decide-response");
  u_test_signal_log_assert_next (self->log, "received-data");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_scene_assert_body (self, 1000);

  u_session_data_async (self->session, request, NULL, NULL, NULL);
  u_test_wait_until (self->context, g_list_model_get_n_items (u_session_get_tasks (self->session)) == 0);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 2);
}

static void
test_background (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_background ("org.example.Test");
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/5");
  g_auto (Call) call = { .context = self->context };

  u_test_scene_configure (self, configuration);
  u_session_data_async (self->session, request, NULL, data_cb, &call);
  settle (self, &call);
  g_assert_error (call.error, U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION);
  g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 0);
}

/* Until there are background sessions, what their rules of identifiers promise is only that nothing is lost in silence:
 * of two sessions with one identifier, at a time and one after the other, each task says that it is not carried out. */
static void
test_background_identifier (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_background ("org.example.Test");
  g_autoptr (USession) other = u_session_new_with_context (configuration, self->context);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UTask) task = NULL;
      g_autoptr (UTask) others = NULL;
      g_autoptr (URequest) request = NULL;

      u_test_scene_configure (self, configuration);
      g_assert_cmpuint (g_list_model_get_n_items (u_session_get_tasks (self->session)), ==, 0);
      request = u_test_scene_new_request (self, "/bytes/1000");
      task = U_TASK (u_session_create_download_task (self->session, request));
      others = U_TASK (u_session_create_download_task (other, request));
      g_assert_cmpuint (u_task_get_identifier (task), ==, 1);
      u_task_resume (task);
      u_task_resume (others);
      u_test_wait_until (self->context, u_task_get_state (task) == U_TASK_STATE_COMPLETED &&
                                        u_task_get_state (others) == U_TASK_STATE_COMPLETED);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION);
      g_assert_error (u_task_get_error (others), U_ERROR, U_ERROR_UNSUPPORTED_BY_SESSION);
      u_test_drain (self->context);
    }
  g_assert_cmpuint (u_test_server_get_n_connections (self->server), ==, 0);
}

/* Where the body goes is decided before the task runs, and once. */
static void
test_misuse (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/5");
  g_auto (Call) first = { .context = self->context };
  g_auto (Call) second = { .context = self->context };

  u_data_task_load_async (U_DATA_TASK (task), NULL, load_cb, &first);
  u_data_task_load_async (U_DATA_TASK (task), NULL, load_cb, &second);
  settle (self, &first);
  settle (self, &second);
  g_assert_no_error (first.error);
  g_assert_error (second.error, U_ERROR, U_ERROR_UNKNOWN);
}

/* A task that a language binding made, and no session: each of its calls ends, with an error that says what to do. */
static void
test_no_session (UTestScene *self, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      UTask *task = g_object_new (i < 2 ? U_TYPE_DATA_TASK : U_TYPE_DOWNLOAD_TASK, NULL);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      gpointer value = NULL;

      g_cancellable_cancel (cancellable);
      if (i == 0)
        u_data_task_load_async (U_DATA_TASK (task), NULL, u_test_take_result, &result);
      else if (i == 1)
        u_data_task_open_async (U_DATA_TASK (task), cancellable, u_test_take_result, &result);
      else if (i == 2)
        u_download_task_save_async (U_DOWNLOAD_TASK (task), NULL, NULL, u_test_take_result, &result);
      else
        u_download_task_cancel_by_producing_resume_data_async (U_DOWNLOAD_TASK (task), NULL, u_test_take_result,
                                                               &result);
      u_test_wait_until (self->context, result != NULL);

      if (i == 0)
        value = u_data_task_load_finish (U_DATA_TASK (task), result, &error);
      else if (i == 1)
        value = u_data_task_open_finish (U_DATA_TASK (task), result, &error);
      else if (i == 2)
        value = u_download_task_save_finish (U_DOWNLOAD_TASK (task), result, &error);
      else
        value = u_download_task_cancel_by_producing_resume_data_finish (U_DOWNLOAD_TASK (task), result, &error);
      g_assert_null (value);
      g_assert_error (error, U_ERROR, (i < 3 ? U_ERROR_UNKNOWN : U_ERROR_NOT_RESUMABLE));
      g_assert_nonnull (strstr (error->message, "session"));
      u_test_assert_state (task, U_TASK_STATE_SUSPENDED);

      g_clear_object (&result);
      g_assert_finalize_object (task);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/completion/r114-once", test_once);
  ADD ("/completion/r114-in-the-callers-context", test_callers_context);
  ADD ("/completion/r115-failure", test_failure);
  ADD ("/completion/r116-success", test_success);
  ADD ("/completion/r117-no-callback", test_no_callback);
  ADD ("/completion/r118-background", test_background);
  ADD ("/completion/r130-r135-background-identifier", test_background_identifier);
  ADD ("/completion/misuse", test_misuse);
  ADD ("/completion/no-session", test_no_session);

  return g_test_run ();
}

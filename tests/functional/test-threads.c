/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "web-socket-fixture.h"

#include <string.h>

/* A session whose context belongs to another thread: the test calls, that thread is called. */
typedef struct
{
  UTestServer *server;        /* owned */
  GMainContext *context;      /* owned */
  GMainLoop *loop;            /* owned */
  GThread *thread;            /* owned */
  USession *session;          /* owned */
  UTestSignalLog *log;        /* owned */
} Fixture;

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

#define N_FLOODERS 8
#define N_FLOOD_TASKS 500

static gpointer
context_thread (gpointer data)
{
  Fixture *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

static gboolean
quit_cb (gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (GError) error = NULL;

  self->server = u_test_server_new ();
  u_test_server_start (self->server, &error);
  g_assert_no_error (error);
  u_session_configuration_set_waits_for_connectivity (configuration, TRUE);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("context", context_thread, self);
  self->session = u_session_new_with_context (configuration, self->context);
  self->log = u_test_signal_log_new (self->context);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autoptr (GSource) quit = g_idle_source_new ();

  u_test_assert_finalized (NULL, g_steal_pointer (&self->session));
  g_source_set_callback (quit, quit_cb, self->loop, NULL);
  g_source_attach (quit, self->context);
  g_thread_join (self->thread);
  u_test_signal_log_free (self->log);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  u_test_server_stop (self->server);
  g_assert_finalize_object (g_steal_pointer (&self->server));
}

static void
wait_count (Fixture *self, const char *entry, guint n)
{
  u_test_wait_until (NULL, u_test_signal_log_count (self->log, entry) >= n);
}

static URequest *
new_request (Fixture *self, const char *path)
{
  g_autofree char *uri = *path == '/' ? u_test_server_get_uri (self->server, path) : g_strdup (path);

  return u_request_new (uri);
}

static UTask *
new_task (Fixture *self, const char *path, gboolean is_download)
{
  g_autoptr (URequest) request = new_request (self, path);

  if (is_download)
    return U_TASK (u_session_create_download_task (self->session, request));

  return U_TASK (u_session_create_data_task (self->session, request));
}

static void
task_created_cb (USession *session, UTask *task, gpointer data)
{
  Fixture *self = data;

  u_test_signal_log_watch (self->log, task);
  u_test_signal_log_watch_signal (self->log, task, "collected-metrics");
}

static gboolean
become_stream_cb (USession *session, UTask *task, UResponseDecision *decision, gpointer data)
{
  u_response_decision_become_stream (decision);

  return TRUE;
}

static gboolean
become_download_cb (USession *session, UTask *task, UResponseDecision *decision, gpointer data)
{
  u_response_decision_become_download (decision);

  return TRUE;
}

static gboolean
keep_cb (USession *session, UTask *task, UDecision *decision, gpointer data)
{
  g_atomic_pointer_set ((gpointer *) data, g_object_ref (decision));

  return TRUE;
}

static void
assert_both (Fixture *self, const char *signal)
{
  g_autofree char *twin = g_strconcat ("task-", signal, NULL);

  u_test_signal_log_assert_next (self->log, signal);
  u_test_signal_log_assert_next (self->log, twin);
}

/* Any number of them. */
static guint
skip_both (Fixture *self, const char *signal)
{
  g_autofree char *twin = g_strconcat ("task-", signal, NULL);
  guint n = 0;

  while (u_test_signal_log_skip (self->log, signal) == 1)
    {
      u_test_signal_log_assert_next (self->log, twin);
      n++;
    }

  return n;
}

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  g_assert_true (g_main_context_is_owner (data));
}

static void
serve_hello (WebSocketConnection *connection)
{
  web_socket_accept (connection, "");
  web_socket_write_text (connection, "hello");
  web_socket_write_close (connection, 1000, "");
  web_socket_read_all (connection);
}

/* Every signal that there is, from tasks that are made and used in a thread which is not that of the context. The log
 * checks the context of each; the list of signals comes from the types, so that a new one cannot be forgotten. */
static void
test_all_signals (Fixture *self, gconstpointer data)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const GType types[] = { U_TYPE_SESSION, U_TYPE_TASK, U_TYPE_DATA_TASK, U_TYPE_DOWNLOAD_TASK, U_TYPE_UPLOAD_TASK,
                          U_TYPE_STREAM_TASK, U_TYPE_DECISION };
  g_autoptr (GBytes) body = u_test_pattern_bytes (1000);
  g_autoptr (GBytes) resume_data = NULL;
  gpointer kept = NULL;

  g_signal_connect (u_session_get_tasks (self->session), "items-changed", G_CALLBACK (items_changed_cb),
                    self->context);
  u_test_signal_log_watch (self->log, self->session);
  u_test_signal_log_watch_signal (self->log, self->session, "task-collected-metrics");
  g_signal_connect (self->session, "task-created", G_CALLBACK (task_created_cb), self);

  /* A data task. */
  {
    g_autoptr (URequest) request = new_request (self, "/redirect-to?url=/bytes/300000%3Fearly-hints&status=307");
    g_autoptr (UTask) task = NULL;

    u_request_set_method (request, "PUT");
    u_request_set_body_bytes (request, body, "text/plain");
    task = U_TASK (u_session_create_data_task (self->session, request));
    u_task_resume (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    skip_both (self, "sent-data");
    assert_both (self, "decide-redirect");
    g_assert_cmpuint (skip_both (self, "sent-data"), >, 0);
    assert_both (self, "informational-response");
    assert_both (self, "decide-response");
    g_assert_cmpuint (skip_both (self, "received-data"), >, 0);
    assert_both (self, "collected-metrics");
    assert_both (self, "completed ok");
    u_test_signal_log_assert_empty (self->log);
    u_test_assert_finalized (NULL, g_steal_pointer (&task));
  }

  /* A body that is asked for. */
  {
    g_autoptr (URequest) request = new_request (self, "/echo");
    g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (body);
    g_autoptr (UTask) task = NULL;

    u_request_set_method (request, "PUT");
    u_request_set_body_stream (request, stream, 1000, "text/plain");
    task = U_TASK (u_session_create_upload_task_with_streamed_request (self->session, request));
    u_task_resume (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "need-body-stream");
    u_test_signal_log_clear (self->log);
    u_test_assert_finalized (NULL, g_steal_pointer (&task));
  }

  /* One that becomes a download, which is then stopped and gone on with. */
  {
    gulong handler = g_signal_connect (self->session, "task-decide-response", G_CALLBACK (become_download_cb), NULL);
    g_autoptr (UTask) task = new_task (self, "/bytes/300000?pause-after=200000", FALSE);
    g_autoptr (UTask) heir = NULL;
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GMainContext) context = g_main_context_new ();
    UTask **tasks;
    gsize n_tasks;

    u_task_resume (task);
    wait_count (self, "task-wrote-data", 1);
    g_signal_handler_disconnect (self->session, handler);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "decide-response");
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "became-download");
    assert_both (self, "wrote-data");
    tasks = u_session_dup_tasks (self->session, &n_tasks);
    g_assert_cmpuint (n_tasks, ==, 1);
    heir = tasks[0];
    g_free (tasks);

    g_main_context_push_thread_default (context);
    u_download_task_cancel_by_producing_resume_data_async (U_DOWNLOAD_TASK (heir), NULL, u_test_take_result, &result);
    u_test_wait_until (context, result != NULL);
    resume_data = u_download_task_cancel_by_producing_resume_data_finish (U_DOWNLOAD_TASK (heir), result, NULL);
    g_assert_nonnull (resume_data);
    g_main_context_pop_thread_default (context);
    wait_count (self, "task-completed", 1);
    skip_both (self, "wrote-data");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed cancelled");
    u_test_signal_log_assert_empty (self->log);
    u_test_server_release (self->server);
  }
  {
    g_autoptr (UTask) task = U_TASK (u_session_resume_download_task (self->session, resume_data, NULL));

    u_task_resume (task);
    u_test_wait_until (NULL, (u_test_server_release (self->server),
                              u_test_signal_log_count (self->log, "task-completed") > 0));
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "resumed-at-offset");
    assert_both (self, "wrote-data");
    skip_both (self, "wrote-data");
    assert_both (self, "finished-download");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed ok");
    u_test_signal_log_assert_empty (self->log);
  }

  /* A question that the end of its task answers. */
  {
    gulong handler = g_signal_connect (self->session, "task-decide-redirect", G_CALLBACK (keep_cb), &kept);
    g_autoptr (UTask) task = new_task (self, "/redirect/1", FALSE);
    UDecision *decision;

    u_task_resume (task);
    u_test_wait_until (NULL, (decision = g_atomic_pointer_get (&kept)) != NULL);
    u_test_signal_log_watch (self->log, decision);
    u_task_cancel (task);
    wait_count (self, "task-completed", 1);
    g_signal_handler_disconnect (self->session, handler);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "decide-redirect");
    u_test_signal_log_assert_next (self->log, "cancelled");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed cancelled");
    u_test_assert_finalized (NULL, decision);
  }

  /* One that is asked who it is. */
  {
    g_autoptr (UTask) task = new_task (self, "/bytes/5?status=401&header=WWW-Authenticate:Basic%20realm=x", FALSE);

    u_task_resume (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "challenge");
    assert_both (self, "decide-response");
    g_assert_cmpuint (skip_both (self, "received-data"), >, 0);
    assert_both (self, "collected-metrics");
    assert_both (self, "completed ok");
    u_test_signal_log_assert_empty (self->log);
  }

  /* One that is to trust somebody it does not know, which concerns the session first. */
  {
    g_autoptr (UTestServer) secure = u_test_server_new_tls ();
    g_autofree char *uri = NULL;
    g_autoptr (UTask) task = NULL;

    g_assert_true (u_test_server_start (secure, NULL));
    uri = u_test_server_get_uri (secure, "/bytes/5");
    task = new_task (self, uri, FALSE);
    u_task_resume (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    u_test_signal_log_assert_next (self->log, "challenge");
    assert_both (self, "challenge");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed server-certificate-has-unknown-root");
    u_test_signal_log_assert_empty (self->log);
  }

  /* One that waits for somebody to answer. */
  {
    g_autoptr (UTask) task = new_task (self, "http://127.0.0.1:1/", FALSE);

    u_task_resume (task);
    wait_count (self, "task-waiting-for-connectivity", 1);
    u_task_cancel (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "waiting-for-connectivity");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed cancelled");
    u_test_signal_log_assert_empty (self->log);
  }

  /* One that becomes a stream, which is closed. */
  {
    gulong handler = g_signal_connect (self->session, "task-decide-response", G_CALLBACK (become_stream_cb), NULL);
    g_autoptr (UTask) task = new_task (self, "/bytes/300000?pause-after=200000", FALSE);
    g_autoptr (UTask) heir = NULL;
    UTask **tasks;
    gsize n_tasks;

    u_task_resume (task);
    wait_count (self, "task-became-stream", 1);
    g_signal_handler_disconnect (self->session, handler);
    tasks = u_session_dup_tasks (self->session, &n_tasks);
    g_assert_cmpuint (n_tasks, ==, 1);
    heir = tasks[0];
    g_free (tasks);
    u_stream_task_close_read (U_STREAM_TASK (heir));
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "decide-response");
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "became-stream");
    assert_both (self, "read-closed");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed ok");
    u_test_signal_log_assert_empty (self->log);
    u_test_server_release (self->server);
  }

  /* A connection. */
  {
    g_autofree char *uri = u_test_server_get_uri (self->server, "/");
    g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
    g_autoptr (UStreamTask) task = NULL;

    task = u_session_create_stream_task (self->session, g_uri_get_host (parsed), (guint) g_uri_get_port (parsed));
    u_stream_task_close_write (task);
    u_task_resume (U_TASK (task));
    wait_count (self, "task-write-closed", 1);
    u_stream_task_close_read (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "write-closed");
    assert_both (self, "read-closed");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed ok");
    u_test_signal_log_assert_empty (self->log);
  }

  /* One that talks. */
  {
    WebSocketPeer peer = { NULL };
    g_autofree char *uri = NULL;
    g_autoptr (UTask) task = NULL;

    web_socket_peer_start (&peer);
    peer.serve = serve_hello;
    uri = g_strdup_printf ("ws://127.0.0.1:%u/", peer.port);
    task = U_TASK (u_session_create_web_socket_task_for_uri (self->session, uri, NULL));
    u_task_resume (task);
    wait_count (self, "task-completed", 1);
    web_socket_peer_stop (&peer);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "opened “(null)”");
    assert_both (self, "message “hello”");
    assert_both (self, "closed 1000 “”");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed ok");
    u_test_signal_log_assert_empty (self->log);
  }

  /* A task that fails. */
  {
    g_autoptr (UTask) task = new_task (self, "/no-answer", FALSE);

    u_task_resume (task);
    wait_count (self, "task-completed", 1);
    u_test_signal_log_assert_next (self->log, "task-created");
    assert_both (self, "collected-metrics");
    assert_both (self, "completed network-connection-lost");
  }

  u_session_invalidate_and_cancel (self->session);
  wait_count (self, "invalidated", 1);
  u_test_signal_log_assert_next (self->log, "invalidated ok");
  u_test_signal_log_assert_empty (self->log);

  /* What the sequences above have named. */
  {
    static const char * const own[] = {
      "sent-data", "decide-redirect", "decide-response", "received-data", "completed", "became-download", "wrote-data",
      "collected-metrics", "resumed-at-offset", "finished-download", "challenge",
      "informational-response", "need-body-stream", "waiting-for-connectivity", "opened", "message", "closed",
      "became-stream", "read-closed", "write-closed",
    };

    for (guint i = 0; i < G_N_ELEMENTS (own); i++)
      {
        g_hash_table_add (seen, g_strdup (own[i]));
        g_hash_table_add (seen, g_strconcat ("task-", own[i], NULL));
      }
    g_hash_table_add (seen, g_strdup ("task-created"));
    g_hash_table_add (seen, g_strdup ("cancelled"));
    g_hash_table_add (seen, g_strdup ("invalidated"));
  }
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      guint n_ids;
      g_autofree guint *ids = g_signal_list_ids (types[i], &n_ids);

      for (guint j = 0; j < n_ids; j++)
        {
          g_test_message ("%s::%s", g_type_name (types[i]), g_signal_name (ids[j]));
          g_assert_true (g_hash_table_contains (seen, g_signal_name (ids[j])));
        }
    }
}

static void
notify_cb (GObject *object, GParamSpec *pspec, gpointer data)
{
  Fixture *self = data;

  g_assert_true (g_main_context_is_owner (self->context));
}

/* The same for what is notified, whoever changed it. */
static void
test_notifications (Fixture *self, gconstpointer data)
{
  g_autoptr (UTask) task = new_task (self, "/bytes/100000", TRUE);

  g_signal_connect (self->session, "notify", G_CALLBACK (notify_cb), self);
  g_signal_connect (task, "notify", G_CALLBACK (notify_cb), self);
  u_test_signal_log_watch_notify (self->log, self->session, "description");
  u_test_signal_log_watch_notify (self->log, task, "description");
  u_test_signal_log_watch_notify (self->log, task, "priority");
  u_test_signal_log_watch_signal (self->log, task, "completed");
  u_session_set_description (self->session, "A session");
  u_task_set_description (task, "A task");
  u_task_set_priority (task, 0.1);
  g_object_set (task, "priority", 0.2, NULL);
  u_download_task_set_file_conflict (U_DOWNLOAD_TASK (task), U_FILE_CONFLICT_FAIL);
  u_task_resume (task);
  wait_count (self, "completed", 1);
  u_test_signal_log_assert_next (self->log, "notify::description");
  u_test_signal_log_assert_next (self->log, "notify::description");
  u_test_signal_log_assert_next (self->log, "notify::priority");
  u_test_signal_log_assert_next (self->log, "notify::priority");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_finalized (NULL, g_steal_pointer (&task));
}

/* Made elsewhere, a task is announced as the first of its events. */
static void
test_task_created (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (UTask) task = NULL;

      if (i == 0)
        u_test_signal_log_watch (self->log, self->session);
      task = new_task (self, i % 3 == 0 ? "data:,x" : "/bytes/5", FALSE);
      if (i % 2 == 0)
        u_task_cancel (task);
      u_task_resume (task);
      wait_count (self, "task-completed", 1);
      u_test_signal_log_assert_next (self->log, "task-created");
      u_test_signal_log_clear (self->log);
      u_test_assert_finalized (NULL, g_steal_pointer (&task));
    }
}

static gpointer
make_session_thread (gpointer data)
{
  return u_session_new (NULL);
}

static gpointer
make_session_with_default_thread (gpointer data)
{
  USession *session;

  g_main_context_push_thread_default (data);
  session = u_session_new (NULL);
  g_main_context_pop_thread_default (data);

  return session;
}

static void
test_default_context (Fixture *self, gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  USession *plain = g_thread_join (g_thread_new ("maker", make_session_thread, NULL));
  USession *with_default = g_thread_join (g_thread_new ("maker", make_session_with_default_thread, context));
  g_autoptr (UTestSignalLog) log = u_test_signal_log_new (context);
  UTask *task = U_TASK (u_session_create_data_task_for_uri (with_default, "data:,x"));

  g_assert_true (u_session_get_main_context (plain) == g_main_context_default ());
  g_assert_true (u_session_get_main_context (with_default) == context);
  g_assert_true (u_session_get_main_context (self->session) == self->context);

  u_test_signal_log_watch (log, task);
  u_task_resume (task);
  u_test_wait_until (context, u_test_signal_log_count (log, "completed ok") == 1);
  u_test_assert_finalized (context, task);
  u_test_assert_finalized (context, with_default);
  u_test_assert_finalized (NULL, plain);
}

/* Everything that can be asked of a task and its session. */
static void
call_everything (UTask *task)
{
  USession *session = u_task_get_session (task);
  g_autofree char *description = u_task_dup_description (task);
  g_autofree char *session_description = u_session_dup_description (session);
  g_autoptr (UTask) other = U_TASK (u_session_create_data_task_for_uri (session, "data:,x"));
  gsize n_tasks;
  UTask **tasks = u_session_dup_tasks (session, &n_tasks);

  for (gsize i = 0; i < n_tasks; i++)
    g_object_unref (tasks[i]);
  g_free (tasks);
  u_task_get_state (task);
  u_task_get_error (task);
  u_task_get_failing_uri (task);
  u_task_get_response (task);
  u_task_get_current_request (task);
  u_task_get_original_request (task);
  u_task_get_bytes_sent (task);
  u_task_get_bytes_received (task);
  u_task_get_bytes_expected_to_send (task);
  u_task_get_bytes_expected_to_receive (task);
  u_task_get_fraction_completed (task);
  u_task_get_is_indeterminate (task);
  u_task_get_bytes_per_second (task);
  u_task_get_time_left (task);
  u_task_set_priority (task, g_random_double ());
  u_task_get_priority (task);
  u_task_set_description (task, "called");
  u_session_set_description (session, "called");
  u_task_suspend (task);
  u_task_resume (task);
  u_task_resume (other);
  u_task_cancel (other);
}

static gpointer
call_everything_thread (gpointer data)
{
  call_everything (data);

  return NULL;
}

static void
call_inside (UTask *task)
{
  call_everything (task);
  /* A lock that the emission held would show here. */
  g_thread_join (g_thread_new ("inside", call_everything_thread, task));
}

static gboolean
call_inside_decision_cb (UTask *task, UDecision *decision, gpointer data)
{
  call_inside (task);
  u_decision_is_answered (decision);

  return FALSE;
}

static void
test_calls_inside (Fixture *self, gconstpointer data)
{
  static const char * const signals[] = {
    "received-data", "completed", "notify::state", "notify::response", "decide-response", "decide-redirect",
    "wrote-data", "finished-download",
  };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      UTask *task = new_task (self, "/redirect-to?url=/bytes/100000", i >= 6);

      g_test_message ("%s", signals[i]);
      if (g_str_has_prefix (signals[i], "decide"))
        g_signal_connect (task, signals[i], G_CALLBACK (call_inside_decision_cb), NULL);
      else
        g_signal_connect (task, signals[i], G_CALLBACK (call_inside), NULL);
      u_task_resume (task);
      u_test_wait_until (NULL, u_task_get_state (task) == U_TASK_STATE_COMPLETED);
      g_assert_no_error (u_task_get_error (task));
      u_test_assert_finalized (NULL, task);
    }
}

/* ---- The flood ---- */

typedef struct
{
  Fixture *fixture;           /* not owned */
  guint index;
  int n_made;
} Flooder;

/* By identifier, from 1; the last one is made when the flood is over. */
static int flood_completed[N_FLOODERS * N_FLOOD_TASKS + 2];

static void
flood_completed_cb (USession *session, UTask *task, const GError *error, gpointer data)
{
  guint64 identifier = u_task_get_identifier (task);

  g_assert_true (g_main_context_is_owner (data));
  g_assert_cmpuint (identifier, <, G_N_ELEMENTS (flood_completed));
  g_atomic_int_inc (&flood_completed[identifier]);
}

static gpointer
flood_thread (gpointer data)
{
  static const char * const paths[] = {
    "/bytes/100", "data:,x", "/redirect/1", "/no-answer", "/bytes/200000", "nonsense", "/stall", "/status/404",
  };
  Flooder *self = data;
  USession *session = self->fixture->session;
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GRand) random = g_rand_new_with_seed (self->index + 1);

  for (guint i = 0; i < N_FLOOD_TASKS; i++)
    {
      UTask *task = new_task (self->fixture, paths[i % G_N_ELEMENTS (paths)], i % 5 == 0);

      g_ptr_array_add (tasks, task);
      for (guint j = 0; j < 4; j++)
        {
          UTask *other = tasks->pdata[g_rand_int_range (random, 0, (gint32) tasks->len)];
          UTask **listed;
          gsize n_listed;

          switch (g_rand_int_range (random, 0, 8))
            {
            case 0:
              u_task_suspend (other);
              break;
            case 1:
              u_task_cancel (other);
              break;
            case 2:
              u_task_set_priority (other, g_rand_double (random));
              break;
            case 3:
              listed = u_session_dup_tasks (session, &n_listed);
              /* Those of the other threads, too. */
              if (n_listed > 0)
                u_task_set_priority (listed[g_rand_int_range (random, 0, (gint32) n_listed)], 0.5);
              for (gsize k = 0; k < n_listed; k++)
                g_object_unref (listed[k]);
              g_free (listed);
              break;
            case 4:
              u_task_get_fraction_completed (other);
              u_task_get_state (other);
              u_task_get_bytes_received (other);
              break;
            default:
              u_task_resume (other);
            }
        }
    }

  /* In the end each one goes on, or ends. */
  for (guint i = 0; i < tasks->len; i++)
    {
      UTask *task = tasks->pdata[i];

      if (i % G_N_ELEMENTS (paths) == 6)
        u_task_cancel (task);
      while (u_task_get_state (task) == U_TASK_STATE_SUSPENDED)
        u_task_resume (task);
    }

  return NULL;
}

static void
test_flood (Fixture *self, gconstpointer data)
{
  Flooder flooders[N_FLOODERS];
  GThread *threads[N_FLOODERS];
  gsize n_left;

  g_signal_connect (self->session, "task-completed", G_CALLBACK (flood_completed_cb), self->context);
  for (guint i = 0; i < N_FLOODERS; i++)
    {
      flooders[i] = (Flooder) { .fixture = self, .index = i };
      threads[i] = g_thread_new ("flooder", flood_thread, &flooders[i]);
    }
  for (guint i = 0; i < N_FLOODERS; i++)
    g_thread_join (threads[i]);
  do
    {
      UTask **tasks = u_session_dup_tasks (self->session, &n_left);

      for (gsize i = 0; i < n_left; i++)
        g_object_unref (tasks[i]);
      g_free (tasks);
      g_thread_yield ();
    }
  while (n_left > 0);

  /* One from beginning to end: the HTTP engine leaks the wait of a request that is cancelled and whose session goes
   * before its next turn. */
  {
    g_autoptr (UTask) task = new_task (self, "/empty", FALSE);

    g_assert_cmpuint (u_task_get_identifier (task), ==, N_FLOODERS * N_FLOOD_TASKS + 1);
    u_task_resume (task);
    u_test_wait_until (NULL, u_task_get_state (task) == U_TASK_STATE_COMPLETED);
  }

  /* The last of them may still be on its way to its handlers: the end of the session comes after. */
  u_test_assert_finalized (NULL, g_steal_pointer (&self->session));
  self->session = u_session_new_with_context (NULL, self->context);
  for (guint i = 1; i < G_N_ELEMENTS (flood_completed); i++)
    g_assert_cmpint (g_atomic_int_get (&flood_completed[i]), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/threads/r027-r262-r265-all-signals", test_all_signals);
  ADD ("/threads/r265-notifications", test_notifications);
  ADD ("/threads/r266-default-context", test_default_context);
  ADD ("/threads/r267-calls-inside-handlers", test_calls_inside);
  ADD ("/threads/r267-flood", test_flood);
  ADD ("/threads/r281-task-created", test_task_created);

  return g_test_run ();
}

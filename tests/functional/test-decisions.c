/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* What one handler does with a question, and that it was asked. */
typedef struct
{
  GString *order;             /* not owned; each handler adds its letter */
  char letter;
  void (*answer) (gpointer decision); /* nullable */
  gboolean result;
  UDecision *decision;        /* owned, nullable; the last one asked, if it is to be kept */
  gboolean keep;
} Handler;

static gboolean
handle (Handler *self, UDecision *decision)
{
  g_assert_false (u_decision_is_answered (decision));
  if (self->order != NULL)
    g_string_append_c (self->order, self->letter);
  if (self->keep)
    g_set_object (&self->decision, decision);
  if (self->answer != NULL)
    {
      self->answer (decision);
      g_assert_true (u_decision_is_answered (decision));
    }

  return self->result;
}

static gboolean
decide_cb (UTask *task, UDecision *decision, gpointer data)
{
  g_assert_true (u_decision_get_task (decision) == task);

  return handle (data, decision);
}

static gboolean
twin_cb (USession *session, UTask *task, UDecision *decision, gpointer data)
{
  g_assert_true (u_decision_get_task (decision) == task);

  return handle (data, decision);
}

static gpointer
answer_thread (gpointer data)
{
  Handler *handler = data;

  handler->answer (handler->decision);

  return NULL;
}

/* The question that @path brings up, asked and kept. */
static UTask *
ask (UTestScene *self, const char *signal, const char *path, Handler *handler)
{
  UTask *task = u_test_scene_new_data (self, path);

  handler->keep = TRUE;
  handler->result = TRUE;
  g_signal_connect (task, signal, G_CALLBACK (decide_cb), handler);
  u_task_resume (task);
  u_test_wait_until (self->context, handler->decision != NULL);
  g_assert_false (u_decision_is_answered (handler->decision));

  return task;
}

static void
count_cb (guint *n)
{
  ++*n;
}

static void
test_later (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *signal;
    const char *path;
    void (*answer) (gpointer decision);
  } cases[] = {
    { "decide-response", "/bytes/100", (gpointer) u_response_decision_allow },
    { "decide-response", "/bytes/100", (gpointer) u_decision_use_default },
    { "decide-redirect", "/redirect-to?url=/bytes/100", (gpointer) u_redirect_decision_follow },
    { "decide-redirect", "/redirect-to?url=/bytes/100", (gpointer) u_decision_use_default },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cases); i++)
    {
      Handler handler = { 0 };
      g_autoptr (UTask) task = ask (self, cases[i / 2].signal, cases[i / 2].path, &handler);

      guint n_notified = 0;

      g_signal_connect_swapped (handler.decision, "notify::answered", G_CALLBACK (count_cb), &n_notified);
      u_test_scene_round_trip (self);
      u_test_assert_state (task, U_TASK_STATE_RUNNING);
      handler.answer = cases[i / 2].answer;
      if (i % 2 == 0)
        answer_thread (&handler);
      else
        g_thread_join (g_thread_new ("answer", answer_thread, &handler));
      g_assert_true (u_decision_is_answered (handler.decision));
      u_test_scene_finish (self, task);
      g_assert_cmpuint (n_notified, ==, 1);
      g_assert_no_error (u_task_get_error (task));
      u_test_scene_assert_body (self, 100);
      u_test_signal_log_clear (self->log);
      u_test_assert_finalized (self->context, handler.decision);
    }
}

static void
test_twice (UTestScene *self, gconstpointer data)
{
  Handler handler = { 0 };
  g_autoptr (UTask) task = ask (self, "decide-response", "/bytes/100", &handler);
  UResponseDecision *decision = U_RESPONSE_DECISION (handler.decision);

  u_response_decision_allow (decision);
  u_response_decision_cancel_task (decision);
  u_response_decision_become_download (decision);
  u_test_scene_finish (self, task);
  u_response_decision_cancel_task (decision);
  u_test_scene_round_trip (self);
  g_assert_no_error (u_task_get_error (task));
  u_test_scene_assert_body (self, 100);
  g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
  u_test_assert_finalized (self->context, handler.decision);
}

static void
test_after_default (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_data (self, "/bytes/100?pause-after=50");
  Handler handler = { .keep = TRUE, .result = FALSE };

  g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &handler);
  u_task_resume (task);
  u_test_wait_until (self->context, handler.decision != NULL);
  g_assert_true (u_decision_is_answered (handler.decision));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_WARNING, "*too late*no handler returned TRUE*");
  u_response_decision_cancel_task (U_RESPONSE_DECISION (handler.decision));
  g_test_assert_expected_messages ();
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  u_test_assert_finalized (self->context, handler.decision);
}

static void
test_dropped (UTestScene *self, gconstpointer data)
{
  static const char * const cases[][2] = {
    { "decide-response", "/bytes/100" },
    { "decide-redirect", "/redirect-to?url=/bytes/100" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Handler handler = { 0 };
      g_autoptr (UTask) task = ask (self, cases[i][0], cases[i][1], &handler);

      g_test_expect_message ("URLSession", G_LOG_LEVEL_WARNING, "*dropped without an answer*");
      g_clear_object (&handler.decision);
      /* The default comes from the main loop, not from here. */
      u_test_assert_state (task, U_TASK_STATE_RUNNING);
      u_test_scene_finish (self, task);
      g_test_assert_expected_messages ();
      g_assert_no_error (u_task_get_error (task));
      u_test_scene_assert_body (self, 100);
      u_test_signal_log_clear (self->log);
    }
}

static void
test_cancelled (UTestScene *self, gconstpointer data)
{
  static const char * const cases[][2] = {
    { "decide-response", "/bytes/100?pause-after=50" },
    { "decide-redirect", "/redirect-to?url=/bytes/100" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Handler handler = { 0 };
      g_autoptr (UTask) task = ask (self, cases[i][0], cases[i][1], &handler);

      u_test_signal_log_clear (self->log);
      u_test_signal_log_watch (self->log, handler.decision);
      u_task_cancel (task);
      u_test_signal_log_assert_empty (self->log);
      u_test_scene_finish (self, task);
      u_test_signal_log_assert_next (self->log, "cancelled");
      u_test_signal_log_assert_next (self->log, "completed cancelled");
      g_assert_true (u_decision_is_answered (handler.decision));
      /* After the end an answer is nothing, and says nothing. */
      u_decision_use_default (handler.decision);
      u_test_scene_round_trip (self);
      u_test_signal_log_assert_empty (self->log);
      u_test_assert_finalized (self->context, handler.decision);
    }
}

/* The connection breaks while the application thinks about the response. */
static void
test_failed_meanwhile (UTestScene *self, gconstpointer data)
{
  Handler handler = { 0 };
  g_autoptr (UTask) task = ask (self, "decide-response", "/bytes/100?pause-after=50&drop-after=50", &handler);

  u_test_signal_log_clear (self->log);
  u_test_signal_log_watch (self->log, handler.decision);
  u_test_server_release (self->server);
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "cancelled");
  u_test_signal_log_assert_next (self->log, "completed network-connection-lost");
  u_test_signal_log_assert_empty (self->log);
  u_test_assert_finalized (self->context, handler.decision);
}

/* The rest of the handlers are not asked, and what the handler returns does not count. */
static void
test_inside (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/100");
  Handler first = { .answer = (gpointer) u_response_decision_cancel_task, .result = FALSE };
  Handler second = { .answer = (gpointer) u_response_decision_allow, .result = TRUE };

  u_test_signal_log_watch_signal (self->log, task, "completed");
  first.order = second.order = g_string_new (NULL);
  first.letter = 'a';
  second.letter = 'b';
  g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &first);
  g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &second);
  g_signal_connect (self->session, "task-decide-response", G_CALLBACK (twin_cb), &second);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  g_assert_cmpstr (first.order->str, ==, "a");
  g_string_free (first.order, TRUE);
}

static void
test_order (UTestScene *self, gconstpointer data)
{
  /* Which of the handlers answers: the task's two, the session's two, none. */
  for (guint i = 0; i < 5; i++)
    {
      static const char * const expected[] = { "a", "ab", "abc", "abcd", "abcd" };
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/100");
      GString *order = g_string_new (NULL);
      Handler handlers[4] = { 0 };
      gulong twins[2];

      for (guint j = 0; j < 4; j++)
        {
          handlers[j].order = order;
          handlers[j].letter = (char) ('a' + j);
          if (i == j)
            handlers[j].answer = (gpointer) u_response_decision_cancel_task;
          handlers[j].result = i == j;
        }
      g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &handlers[0]);
      g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &handlers[1]);
      twins[0] = g_signal_connect (self->session, "task-decide-response", G_CALLBACK (twin_cb), &handlers[2]);
      twins[1] = g_signal_connect (self->session, "task-decide-response", G_CALLBACK (twin_cb), &handlers[3]);
      u_task_resume (task);
      u_test_scene_finish (self, task);
      g_assert_cmpstr (order->str, ==, expected[i]);
      if (i < 4)
        g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
      else
        g_assert_no_error (u_task_get_error (task));
      g_signal_handler_disconnect (self->session, twins[0]);
      g_signal_handler_disconnect (self->session, twins[1]);
      g_string_free (order, TRUE);
    }
}

/* TRUE without an answer holds the place: nobody else is asked. */
static void
test_promise (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/100");
  Handler first = { .keep = TRUE, .result = TRUE };
  Handler twin = { .answer = (gpointer) u_response_decision_cancel_task };

  g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), &first);
  g_signal_connect (self->session, "task-decide-response", G_CALLBACK (twin_cb), &twin);
  u_task_resume (task);
  u_test_wait_until (self->context, first.decision != NULL);
  u_test_drain (self->context);
  g_assert_false (u_decision_is_answered (first.decision));
  u_response_decision_allow (U_RESPONSE_DECISION (first.decision));
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  u_test_assert_finalized (self->context, first.decision);
}

/* The question keeps what it is about, but does not keep it alive for ever. */
static void
test_held_for_long (UTestScene *self, gconstpointer data)
{
  Handler handler = { 0 };
  UTask *task = ask (self, "decide-redirect", "/redirect/1", &handler);

  u_task_cancel (task);
  u_test_scene_finish (self, task);
  g_object_unref (task);
  g_clear_object (&self->session);
  u_test_drain (self->context);
  u_test_assert_state (u_decision_get_task (handler.decision), U_TASK_STATE_COMPLETED);
  self->session = g_object_ref (u_task_get_session (u_decision_get_task (handler.decision)));
  u_test_assert_finalized (self->context, handler.decision);
}

static void
test_redirect_answers (UTestScene *self, gconstpointer data)
{
  g_autoptr (URequest) other = u_test_scene_new_request (self, "/bytes/42");
  Handler follow = { 0 };
  Handler deliver = { 0 };
  g_autoptr (UTask) followed = ask (self, "decide-redirect", "/redirect/1", &follow);
  g_autoptr (UTask) delivered = ask (self, "decide-redirect", "/redirect/1", &deliver);

  u_redirect_decision_follow_request (U_REDIRECT_DECISION (follow.decision), other);
  u_test_scene_finish (self, followed);
  g_assert_no_error (u_task_get_error (followed));
  u_test_scene_assert_body (self, 42);

  u_redirect_decision_deliver_response (U_REDIRECT_DECISION (deliver.decision));
  u_test_scene_finish (self, delivered);
  g_assert_no_error (u_task_get_error (delivered));
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (delivered))), ==, 302);
  u_test_assert_finalized (self->context, follow.decision);
  u_test_assert_finalized (self->context, deliver.decision);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/decisions/later-and-from-another-thread", test_later);
  ADD ("/decisions/twice", test_twice);
  ADD ("/decisions/after-the-default", test_after_default);
  ADD ("/decisions/dropped", test_dropped);
  ADD ("/decisions/r022-cancelled-while-open", test_cancelled);
  ADD ("/decisions/failed-while-open", test_failed_meanwhile);
  ADD ("/decisions/answered-inside-the-handler", test_inside);
  ADD ("/decisions/order", test_order);
  ADD ("/decisions/promise", test_promise);
  ADD ("/decisions/held-for-long", test_held_for_long);
  ADD ("/decisions/redirect-answers", test_redirect_answers);

  return g_test_run ();
}

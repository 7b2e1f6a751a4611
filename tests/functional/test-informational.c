/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#include "tests/unit/raw-server.h"

/* Responses with a status of 1xx, which come before the one that counts. */

#define FINAL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

#define ADD(path, test) \
  g_test_add ("/informational/" path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
status_cb (gpointer task_or_session, gpointer first, gpointer second, gpointer third)
{
  gboolean is_twin = U_IS_SESSION (task_or_session);
  UHttpResponse *response = is_twin ? second : first;
  GString *log = is_twin ? third : second;
  UTask *task = is_twin ? first : task_or_session;

  g_assert_true (U_IS_HTTP_RESPONSE (response));
  g_assert_true (U_IS_TASK (task));
  g_assert_null (u_task_get_response (task));
  g_string_append_printf (log, "%s%u ", is_twin ? "twin " : "", u_http_response_get_status_code (response));
}

static void
final_cb (UTask *task, GParamSpec *pspec, GString *log)
{
  g_string_append_printf (log, "%u ", u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task))));
}

static UTask *
load (UTestScene *self, const char *url, GString *log)
{
  g_autoptr (URequest) request = u_request_new (url);
  UTask *task = U_TASK (u_session_create_data_task (self->session, request));

  u_test_signal_log_watch_signal (self->log, task, "completed");
  g_signal_connect (task, "informational-response", G_CALLBACK (status_cb), log);
  g_signal_connect (task, "notify::response", G_CALLBACK (final_cb), log);
  u_task_resume (task);
  u_test_scene_finish (self, task);

  return task;
}

static void
each_is_told (UTestScene *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 102 Processing\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
      "HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /upload/1\r\n\r\n"
      "HTTP/1.1 199 Something\r\n\r\n" FINAL, -1, RAW_CLOSE, FALSE },
  };
  RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_autofree char *url = raw_server_dup_url (server, "/");
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (UTask) task = NULL;

  g_signal_connect (self->session, "task-informational-response", G_CALLBACK (status_cb), log);
  task = load (self, url, log);
  g_assert_cmpstr (log->str, ==, "102 twin 102 103 twin 103 104 twin 104 199 twin 199 200 ");
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  raw_server_free (server);
}

static void
keep_headers_cb (UTask *task, UHttpResponse *response, char **link)
{
  *link = g_strdup (u_headers_get (u_http_response_get_headers (response), "link"));
}

static void
its_headers_are_there (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/5?early-hints");
  g_autofree char *link = NULL;

  g_signal_connect (task, "informational-response", G_CALLBACK (keep_headers_cb), &link);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpstr (link, ==, "</style.css>; rel=preload");
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task))), ==, 200);
}

static void
not_101 (UTestScene *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\n\r\n" FINAL, -1, RAW_CLOSE, FALSE },
  };
  RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_autofree char *url = raw_server_dup_url (server, "/");
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (UTask) task = load (self, url, log);

  g_assert_null (strstr (log->str, "101"));
  u_test_signal_log_clear (self->log);
  raw_server_free (server);
}

/* Nobody listens when the task begins. */
static void
not_to_a_late_listener (UTestScene *self, gconstpointer data)
{
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "/bytes/5?early-hints");
  g_autoptr (GString) log = g_string_new (NULL);

  u_task_resume (task);
  g_signal_connect (task, "informational-response", G_CALLBACK (status_cb), log);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpstr (log->str, ==, "");
}

static void
an_endless_row (UTestScene *self, gconstpointer data)
{
  g_autoptr (GString) row = g_string_new (NULL);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree char *url = NULL;
  g_autoptr (UTask) task = NULL;
  RawServer *server;

  for (guint i = 0; i < 1500; i++)
    g_string_append (row, "HTTP/1.1 104 Upload Resumption Supported\r\n\r\n");
  {
    RawReply replies[] = { { row->str, -1, RAW_HOLD, FALSE } };

    server = raw_server_new (replies, G_N_ELEMENTS (replies));
  }
  url = raw_server_dup_url (server, "/");
  task = load (self, url, log);
  u_test_signal_log_assert_next (self->log, "completed bad-server-response");
  u_test_signal_log_assert_empty (self->log);
  g_assert_nonnull (strstr (u_task_get_error (task)->message, "1000"));
  raw_server_free (server);
}

/* The task ends in the handler: the others have nobody to go to. */
static void
cancel_cb (UTask *task, UHttpResponse *response, guint *n)
{
  (*n)++;
  u_task_cancel (task);
}

static void
cancelled_by_its_handler (UTestScene *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" FINAL, -1, RAW_CLOSE, FALSE },
  };
  RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_autofree char *url = raw_server_dup_url (server, "/");
  g_autoptr (URequest) request = u_request_new (url);
  g_autoptr (UTask) task = U_TASK (u_session_create_data_task (self->session, request));
  guint n = 0;

  g_signal_connect (task, "informational-response", G_CALLBACK (cancel_cb), &n);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_cmpuint (n, ==, 1);
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
  raw_server_free (server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("r202-each-before-the-final-one", each_is_told);
  ADD ("r202-with-its-headers", its_headers_are_there);
  ADD ("r202-not-101", not_101);
  ADD ("r202-not-to-a-late-listener", not_to_a_late_listener);
  ADD ("r202-an-endless-row-ends-the-task", an_endless_row);
  ADD ("r202-cancelled-by-its-handler", cancelled_by_its_handler);

  return g_test_run ();
}

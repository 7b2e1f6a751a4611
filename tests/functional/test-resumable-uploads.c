/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#include "tests/unit/raw-server.h"

/* Uploads that go on where their connection broke, byte for byte; what a server may do to them is in the tests of the
 * Python binding. */

#define OFFER "HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /upload/1\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define STORED "HTTP/1.1 201 Created\r\nContent-Length: 6\r\n\r\nstored"
#define BODY "0123456789"

#define ADD(path, test) \
  g_test_add ("/resumable-uploads/" path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* The server offers, takes all, and is gone; then it has four bytes of it. */
static const RawReply breaking[] = {
  { OFFER CONTINUE, -1, RAW_KEEP, TRUE },
  { NULL, 0, RAW_CLOSE, FALSE },
  { "HTTP/1.1 204 No Content\r\nUpload-Offset: 4\r\nUpload-Complete: ?0\r\n\r\n", -1, RAW_CLOSE, FALSE },
  { STORED, -1, RAW_CLOSE, FALSE },
};

/* The same, but nobody answers when it is asked. */
static const RawReply silent[] = {
  { OFFER CONTINUE, -1, RAW_KEEP, TRUE },
  { NULL, 0, RAW_CLOSE, FALSE },
  { NULL, 0, RAW_HOLD, FALSE },
  { "HTTP/1.1 204 No Content\r\nUpload-Offset: 4\r\nUpload-Complete: ?0\r\n\r\n", -1, RAW_CLOSE, FALSE },
  { STORED, -1, RAW_CLOSE, FALSE },
};

static URequest *
new_request (RawServer *server)
{
  g_autofree char *url = raw_server_dup_url (server, "/files");
  g_autoptr (GBytes) body = g_bytes_new_static (BODY, strlen (BODY));
  URequest *request = u_request_new (url);

  u_request_set_method (request, "PUT");
  u_request_set_body_bytes (request, body, "text/plain");

  return request;
}

static UUploadTask *
new_task (UTestScene *self, RawServer *server)
{
  g_autoptr (URequest) request = new_request (server);
  UUploadTask *task = u_session_create_upload_task (self->session, request);

  u_upload_task_set_resumable (task, TRUE);
  u_test_signal_log_watch_signal (self->log, task, "completed");

  return task;
}

static gboolean
has_requests (RawServer *server, guint n)
{
  gboolean has;

  g_mutex_lock (&server->lock);
  has = server->requests->len >= n;
  g_mutex_unlock (&server->lock);

  return has;
}

static void
assert_rest (RawServer *server, guint position)
{
  const char *patch = raw_server_get_request (server, position);

  g_assert_true (g_str_has_prefix (patch, "PATCH /upload/1 HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (patch, "\r\nUpload-Offset: 4\r\n"));
  g_assert_nonnull (strstr (patch, "\r\nUpload-Complete: ?1\r\n"));
  g_assert_nonnull (strstr (patch, "\r\nContent-Type: application/partial-upload\r\n"));
  g_assert_true (g_str_has_suffix (patch, "\r\n\r\n456789"));
}

static void
goes_on (UTestScene *self, gconstpointer data)
{
  RawServer *server = raw_server_new (breaking, G_N_ELEMENTS (breaking));
  g_autoptr (UUploadTask) task = new_task (self, server);
  const char *first;

  u_task_resume (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  u_test_signal_log_assert_next (self->log, "completed ok");
  u_test_signal_log_assert_empty (self->log);
  g_assert_cmpuint (u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (task)))), ==, 201);
  g_assert_cmpint (u_task_get_bytes_sent (U_TASK (task)), ==, strlen (BODY));

  first = raw_server_get_request (server, 0);
  g_assert_true (g_str_has_prefix (first, "PUT /files HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (first, "\r\nUpload-Complete: ?1\r\n"));
  g_assert_nonnull (strstr (first, "\r\nUpload-Draft-Interop-Version: 6\r\n"));
  g_assert_true (g_str_has_suffix (first, "\r\n\r\n" BODY));
  g_assert_true (g_str_has_prefix (raw_server_get_request (server, 1), "HEAD /upload/1 HTTP/1.1\r\n"));
  assert_rest (server, 2);
  raw_server_free (server);
}

/* Cancelled while it is asked how much arrived, and gone on with by another task. */
static GBytes *
produce (UTestScene *self, RawServer *server)
{
  g_autoptr (UUploadTask) task = new_task (self, server);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *bytes;

  u_task_resume (U_TASK (task));
  u_test_wait_until (self->context, has_requests (server, 2));
  u_upload_task_cancel_by_producing_resume_data_async (task, NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  bytes = u_upload_task_cancel_by_producing_resume_data_finish (task, result, &error);
  g_assert_no_error (error);
  u_test_signal_log_assert_next (self->log, "completed cancelled");

  return bytes;
}

static void
resumed (UTestScene *self, gconstpointer data)
{
  RawServer *server = raw_server_new (silent, G_N_ELEMENTS (silent));
  g_autoptr (GBytes) bytes = produce (self, server);
  g_autoptr (URequest) request = new_request (server);
  g_autoptr (UUploadTask) task = u_session_resume_upload_task (self->session, bytes, request);
  g_autoptr (UUploadTask) again = u_session_resume_upload_task (self->session, bytes, request);

  g_assert_true (u_upload_task_get_resumable (task));
  u_task_resume (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  g_assert_cmpint (u_task_get_bytes_sent (U_TASK (task)), ==, strlen (BODY));
  assert_rest (server, 3);

  u_task_resume (U_TASK (again));
  u_test_scene_finish (self, U_TASK (again));
  g_assert_error (u_task_get_error (U_TASK (again)), U_ERROR, U_ERROR_NOT_RESUMABLE);
  raw_server_free (server);
}

/* A body that is not a file has to come again. */
static void
without_its_body (UTestScene *self, gconstpointer data)
{
  RawServer *server = raw_server_new (silent, G_N_ELEMENTS (silent));
  g_autoptr (GBytes) bytes = produce (self, server);
  g_autoptr (UUploadTask) task = u_session_resume_upload_task (self->session, bytes, NULL);
  g_autoptr (URequest) request = NULL;

  u_task_resume (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_nonnull (strstr (u_task_get_error (U_TASK (task))->message, "body"));

  /* It was forgotten only. */
  g_clear_object (&task);
  request = new_request (server);
  task = u_session_resume_upload_task (self->session, bytes, request);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (self, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  assert_rest (server, 3);
  raw_server_free (server);
}

static void
no_offer (UTestScene *self, gconstpointer data)
{
  static const RawReply replies[] = { { CONTINUE, -1, RAW_KEEP, TRUE }, { NULL, 0, RAW_HOLD, FALSE } };
  RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_autoptr (UUploadTask) task = new_task (self, server);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  u_task_resume (U_TASK (task));
  u_test_wait_until (self->context, has_requests (server, 1));
  u_upload_task_cancel_by_producing_resume_data_async (task, NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  bytes = u_upload_task_cancel_by_producing_resume_data_finish (task, result, &error);
  g_assert_null (bytes);
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  u_test_signal_log_assert_next (self->log, "completed cancelled");
  raw_server_free (server);
}

/* Set once it runs it has no effect, and says so. */
static void
set_too_late (UTestScene *self, gconstpointer data)
{
  static const RawReply replies[] = { { STORED, -1, RAW_CLOSE, FALSE } };
  RawServer *server = raw_server_new (replies, G_N_ELEMENTS (replies));
  g_autoptr (URequest) request = new_request (server);
  g_autoptr (UUploadTask) task = u_session_create_upload_task (self->session, request);

  g_assert_false (u_upload_task_get_resumable (task));
  u_task_resume (U_TASK (task));
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*resumable*");
  u_upload_task_set_resumable (task, TRUE);
  g_test_assert_expected_messages ();
  g_assert_false (u_upload_task_get_resumable (task));
  u_test_scene_finish (self, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
  raw_server_free (server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("r199-r200-goes-on", goes_on);
  ADD ("r203-r204-resumed-by-another-task", resumed);
  ADD ("without-its-body", without_its_body);
  ADD ("r198-no-offer", no_offer);
  ADD ("set-too-late", set_too_late);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <glib/gstdio.h>
#include <string.h>

/* Tasks and one-line calls that are given what they send, beside the request. */

typedef struct
{
  UTestScene scene;
  char *folder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  u_test_scene_set_up (&self->scene, NULL);
  self->folder = g_dir_make_tmp ("upload-tasks-XXXXXX", NULL);
}

static GFile *
make_file (Fixture *self, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));

  return g_file_new_for_path (path);
}

static void
remove_file (GFile *file)
{
  g_assert_true (g_file_delete (file, NULL, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  u_test_scene_tear_down (&self->scene, data);
}

static char *
dup_body (Fixture *self, guint position)
{
  g_autoptr (GBytes) body = u_test_server_dup_request_body (self->scene.server, position);

  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

/* Rule 46: the body that the task is given is sent, and that of the request is not. */
static void
test_own_body (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/echo");
  g_autoptr (GBytes) other = g_bytes_new_static ("of the request", 14);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("of the task", 11);
  g_autoptr (GFile) file = make_file (self, "of-the-task.json", "{\"of\": \"the task\"}");
  g_autoptr (GFile) nowhere = g_file_new_for_uri ("resource:///not/a/local/path");
  g_autoptr (UUploadTask) first = NULL;
  g_autoptr (UUploadTask) second = NULL;
  g_autoptr (UUploadTask) third = NULL;
  g_autofree char *first_body = NULL;
  g_autofree char *second_body = NULL;
  g_autofree char *type = NULL;

  u_request_set_body_bytes (request, other, "text/plain");
  first = u_session_create_upload_task_for_bytes (self->scene.session, request, bytes);
  g_assert_cmpint (u_task_get_bytes_expected_to_send (U_TASK (first)), ==, 11);
  u_task_resume (U_TASK (first));
  u_test_scene_finish (&self->scene, U_TASK (first));
  g_assert_no_error (u_task_get_error (U_TASK (first)));
  first_body = dup_body (self, 0);
  g_assert_cmpstr (first_body, ==, "of the task");

  u_request_set_method (request, "PUT");
  second = u_session_create_upload_task_for_file (self->scene.session, request, file);
  u_task_resume (U_TASK (second));
  u_test_scene_finish (&self->scene, U_TASK (second));
  g_assert_no_error (u_task_get_error (U_TASK (second)));
  second_body = dup_body (self, 1);
  g_assert_cmpstr (second_body, ==, "{\"of\": \"the task\"}");
  g_assert_cmpstr (u_request_get_method (u_task_get_original_request (U_TASK (second))), ==, "PUT");
  g_assert_cmpstr (u_request_get_method (u_task_get_original_request (U_TASK (first))), ==, "POST");
  /* The request of the application is as it was. */
  g_assert_true (u_request_get_body_bytes (request) == other);

  third = u_session_create_upload_task_for_file (self->scene.session, request, nowhere);
  u_task_resume (U_TASK (third));
  u_test_scene_finish (&self->scene, U_TASK (third));
  g_assert_error (u_task_get_error (U_TASK (third)), U_ERROR, U_ERROR_FILE_DOES_NOT_EXIST);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 2);
  remove_file (file);
}

static void
test_one_line (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/echo");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("some bytes", 10);
  g_autoptr (GFile) file = make_file (self, "a.txt", "a file");
  g_autoptr (GFile) missing = g_file_get_child (file, "missing");
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) third = NULL;
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GBytes) other_answer = NULL;
  g_autoptr (UResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  u_session_upload_bytes_async (self->scene.session, request, bytes, NULL, u_test_take_result, &first);
  u_test_wait_until (self->scene.context, first != NULL);
  answer = u_session_upload_bytes_finish (self->scene.session, first, &response, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (g_bytes_get_data (answer, NULL), "some bytes"));
  g_assert_cmpint (u_http_response_get_status_code (U_HTTP_RESPONSE (response)), ==, 200);

  u_session_upload_file_async (self->scene.session, request, file, NULL, u_test_take_result, &second);
  u_test_wait_until (self->scene.context, second != NULL);
  other_answer = u_session_upload_file_finish (self->scene.session, second, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (g_bytes_get_data (other_answer, NULL), "a file"));

  u_session_upload_file_async (self->scene.session, request, missing, NULL, u_test_take_result, &third);
  u_test_wait_until (self->scene.context, third != NULL);
  g_assert_null (u_session_upload_file_finish (self->scene.session, third, NULL, &error));
  g_assert_error (error, U_ERROR, U_ERROR_FILE_DOES_NOT_EXIST);
  remove_file (file);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/upload-tasks/r046-own-body", Fixture, NULL, set_up, test_own_body, tear_down);
  g_test_add ("/upload-tasks/one-line", Fixture, NULL, set_up, test_one_line, tear_down);

  return g_test_run ();
}

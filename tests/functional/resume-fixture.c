/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resume-fixture.h"

#include <string.h>

GBytes *
resume_interrupt_request (Fixture *self, URequest *request)
{
  g_autoptr (Download) download = download_new (u_session_create_download_task (self->session, request));
  g_autoptr (GError) error = NULL;
  GBytes *resume_data;

  download_start (download);
  wait_for_bytes (download, OFFSET);
  resume_data = download_cancel_for_resume (download, &error);
  g_assert_no_error (error);
  download_assert_error (download, U_ERROR_CANCELLED, NULL);
  u_test_server_release (self->server);
  u_test_server_clear_log (self->server);

  return resume_data;
}

GBytes *
resume_interrupt (Fixture *self, const char *target)
{
  g_autofree char *uri = fixture_uri (self, target);
  g_autoptr (URequest) request = u_request_new (uri);

  return resume_interrupt_request (self, request);
}

JsonObject *
resume_parse (GBytes *resume_data)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (resume_data, NULL), g_bytes_get_size (resume_data));
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  g_assert_nonnull (node);

  return json_object_ref (json_node_get_object (node));
}

GBytes *
resume_print (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  char *text;

  json_node_set_object (node, object);
  text = json_to_string (node, FALSE);

  return g_bytes_new_take (text, strlen (text));
}

char *
resume_dup_partial (GBytes *resume_data)
{
  g_autoptr (JsonObject) object = resume_parse (resume_data);
  char *path = g_filename_from_uri (json_object_get_string_member (object, "file"), NULL, NULL);

  g_assert_nonnull (path);

  return path;
}

void
resume_assert_complete (Download *download, const char *events, guint64 seed)
{
  g_autoptr (GBytes) expected = u_test_pattern_bytes_seeded (seed, SIZE);

  g_assert_no_error (download->error);
  download_assert_events (download, events);
  g_assert_true (g_bytes_equal (download->content, expected));
  g_assert_cmpint (u_task_get_bytes_received (U_TASK (download->task)), ==, SIZE);
  g_assert_cmpint (u_task_get_bytes_expected_to_receive (U_TASK (download->task)), ==, SIZE);
}

guint
resume_get_status (Download *download)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (U_TASK (download->task))));
}

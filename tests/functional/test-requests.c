/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* All fields of that name, as they were sent. */
static char *
dup_sent (UTestScene *self, guint index, const char *name)
{
  g_auto (GStrv) headers = u_test_server_dup_request_headers (self->server, index);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; headers[i] != NULL; i++)
    {
      const char *colon = strchr (headers[i], ':');

      if (colon != NULL && (gsize) (colon - headers[i]) == strlen (name) &&
          g_ascii_strncasecmp (headers[i], name, strlen (name)) == 0)
        g_string_append_printf (found, "%s%s", found->len > 0 ? "|" : "", headers[i]);
    }

  return g_strdup (found->str);
}

static void
test_headers (UTestScene *self, gconstpointer data)
{
  static const char * const added[][2] = {
    { "User-Agent", "Session/1" }, { "X-Session", "session" }, { "X-Both", "session" }, { "Accept", "text/session" },
  };
  static const char * const own[][2] = {
    { "x-both", "request" }, { "X-Request", "request" }, { "USER-AGENT", "Request/1" },
  };
  static const struct
  {
    const char *name;
    const char *sent;
  } expected[] = {
    { "X-Session", "X-Session: session" }, { "X-Both", "x-both: request" }, { "X-Request", "X-Request: request" },
    /* The HTTP engine has a spelling of its own for the names that it knows. */
    { "User-Agent", "User-Agent: Request/1" }, { "Accept", "Accept: text/session" },
  };
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/5");
  g_autoptr (UTask) task = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (added); i++)
    g_assert_true (u_headers_set (u_session_configuration_get_headers (configuration), added[i][0], added[i][1], NULL));
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    g_assert_true (u_headers_set (u_request_get_headers (request), own[i][0], own[i][1], NULL));
  u_test_scene_configure (self, configuration);
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_task_resume (task);
  u_test_scene_finish (self, task);
  g_assert_no_error (u_task_get_error (task));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autofree char *sent = dup_sent (self, 0, expected[i].name);

      g_assert_cmpstr (sent, ==, expected[i].sent);
    }
}

static void
assert_fails (UTestScene *self, const char *uri, int code)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (URequest) request = u_request_new (uri);
      g_autoptr (GError) error = NULL;
      g_autofree char *escaped = g_strescape (uri != NULL ? uri : "NULL", NULL);

      g_test_message ("%s", escaped);
      if (i < 2)
        {
          g_autoptr (UTask) task = i == 0 ? U_TASK (u_session_create_data_task (self->session, request))
                                          : U_TASK (u_session_create_download_task (self->session, request));

          u_test_signal_log_watch (self->log, task);
          u_task_resume (task);
          u_test_scene_finish (self, task);
          g_assert_error (u_task_get_error (task), U_ERROR, code);
          g_assert_null (u_task_get_response (task));
          g_assert_cmpuint (u_test_signal_log_count (self->log, "completed"), ==, 1);
          g_assert_cmpuint (u_test_signal_log_count (self->log, ""), ==, 1);
          u_test_signal_log_clear (self->log);
        }
      else
        {
          g_autoptr (GAsyncResult) result = NULL;
          g_autoptr (UResponse) response = NULL;

          u_session_data_async (self->session, request, NULL, u_test_take_result, &result);
          u_test_wait_until (self->context, result != NULL);
          g_assert_null (u_session_data_finish (self->session, result, &response, &error));
          g_assert_error (error, U_ERROR, code);
          g_assert_null (response);
        }
    }
}

static void
test_bad_urls (UTestScene *self, gconstpointer data)
{
  static const char * const uris[] = {
    NULL, "", "example.com", "/path", "//host/path", "http://", "http:///path", "http://[::1", "http://h:99999/",
    "http://a b/", ":", "%", "http:", "\xff\xfe",
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    assert_fails (self, uris[i], U_ERROR_BAD_URL);
}

static void
test_unknown_scheme (UTestScene *self, gconstpointer data)
{
  assert_fails (self, "foo://host/path", U_ERROR_UNSUPPORTED_URL);
  assert_fails (self, "mailto:somebody@example.org", U_ERROR_UNSUPPORTED_URL);
  assert_fails (self, "x-nothing:", U_ERROR_UNSUPPORTED_URL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/requests/r269-headers-of-the-session", test_headers);
  ADD ("/requests/r270-bad-urls", test_bad_urls);
  ADD ("/requests/r271-unknown-scheme", test_unknown_scheme);

  return g_test_run ();
}

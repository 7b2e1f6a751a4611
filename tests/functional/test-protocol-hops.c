/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

/* Where a protocol leads, and what it asks. */

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
assert_body (UTestScene *self, UTask *task, const char *text)
{
  g_autoptr (GBytes) body = u_test_signal_log_dup_body (self->log);

  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), text, strlen (text));
  u_test_signal_log_clear (self->log);
}

static guint
get_status (UTask *task)
{
  return u_http_response_get_status_code (U_HTTP_RESPONSE (u_task_get_response (task)));
}

/* @name: nullable: no field. */
static void
respond_http (UProtocolLoad *load, guint status, const char *name, const char *value)
{
  g_autoptr (UHeaders) headers = u_headers_new ();
  g_autoptr (UHttpResponse) response = NULL;

  if (name != NULL)
    u_headers_append (headers, name, value, NULL);
  response = u_http_response_new (NULL, status, "1.1", headers);
  u_protocol_load_respond (load, U_RESPONSE (response));
}

static void
redirect_once (TestProtocol *self, UProtocolLoad *load)
{
  URequest *request = u_protocol_load_get_request (load);
  g_autoptr (URequest) other = NULL;

  if (u_request_get_attribute (request, "seen") != NULL)
    {
      g_assert_cmpint (g_variant_get_int32 (u_request_get_attribute (request, "seen")), ==, 1);
      g_assert_cmpint (g_variant_get_int32 (u_request_get_attribute (request, "first")), ==, 2);
      test_protocol_hello (self, load);
      return;
    }
  other = u_request_copy (request);
  u_request_set_uri (other, "x:two");
  u_request_set_attribute (other, "seen", g_variant_new_int32 (1));
  u_protocol_load_redirect (load, other, NULL);
}

static gboolean
look_cb (UTask *task, URedirectDecision *decision, gpointer user_data)
{
  UHttpResponse *response = u_redirect_decision_get_response (decision);

  g_assert_cmpuint (u_http_response_get_status_code (response), ==, 302);
  g_assert_cmpstr (u_http_response_get_header (response, "Location"), ==, "x:two");
  g_assert_cmpstr (u_request_get_uri (u_redirect_decision_get_new_request (decision)), ==, "x:two");
  if (user_data != NULL)
    u_redirect_decision_deliver_response (decision);
  else
    u_redirect_decision_follow (decision);

  return TRUE;
}

static void
test_redirect (UTestScene *self, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  TestProtocol *protocol = test_protocol_new (self, "x:", redirect_once);
  g_autoptr (URequest) request = u_request_new ("x:one");

  u_request_set_attribute (request, "first", g_variant_new_int32 (2));
  test_protocol_configure (self, protocol, NULL);
  protocol->log = log;
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (UTask) task = U_TASK (u_session_create_data_task (self->session, request));

      g_string_truncate (log, 0);
      u_test_signal_log_watch_signal (self->log, task, "received-data");
      if (i > 0)
        g_signal_connect (task, "decide-redirect", G_CALLBACK (look_cb), GINT_TO_POINTER (i - 1));
      u_task_resume (task);
      u_test_scene_finish (self, task);
      if (i < 2)
        {
          assert_body (self, task, "hello");
          g_assert_cmpstr (log->str, ==, "?x+x-x?x+x-x");
          g_assert_cmpstr (u_request_get_uri (u_task_get_current_request (task)), ==, "x:two");
        }
      else
        {
          assert_body (self, task, "");
          g_assert_cmpuint (get_status (task), ==, 302);
          g_assert_cmpstr (log->str, ==, "?x+x-x");
        }
    }
  test_protocol_done (self, protocol);
}

static void
redirect_for_ever (TestProtocol *self, UProtocolLoad *load)
{
  u_protocol_load_redirect (load, u_protocol_load_get_request (load), NULL);
}

static void
redirect_to_nonsense (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (URequest) other = u_request_new ("no URL");

  u_protocol_load_redirect (load, other, NULL);
}

static void
redirect_to_file (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (URequest) other = u_request_new (self->data);

  u_protocol_load_redirect (load, other, NULL);
}

static void
test_redirect_elsewhere (UTestScene *self, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  g_autofree char *path = g_build_filename (folder, "f", NULL);
  g_autofree char *uri = g_strconcat ("file://", path, NULL);
  TestProtocol *protocol = test_protocol_new (self, "x:", redirect_for_ever);
  g_autoptr (UTask) task = NULL;

  test_protocol_configure (self, protocol, NULL);
  task = test_protocol_run (self, "x:one");
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TOO_MANY_REDIRECTS);
  g_assert_cmpint (protocol->n_started, ==, 21);
  g_clear_object (&task);
  protocol->start = redirect_to_nonsense;
  task = test_protocol_run (self, "x:one");
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_BAD_URL);
  g_clear_object (&task);
  u_test_signal_log_clear (self->log);
  /* It is the application that says so, not a server. */
  g_assert_true (g_file_set_contents (path, "in a file", 9, NULL));
  protocol->start = redirect_to_file;
  protocol->data = uri;
  task = test_protocol_run (self, "x:one");
  assert_body (self, task, "in a file");
  g_clear_object (&task);
  g_remove (path);
  g_rmdir (folder);
  test_protocol_done (self, protocol);
}

static void
strict_hello (TestProtocol *self, UProtocolLoad *load)
{
  respond_http (load, 200, "Strict-Transport-Security", "max-age=1000");
  test_protocol_send_text (load, "hello");
  u_protocol_load_finish (load);
}

/* A host that wants https: the protocol is asked about what the request becomes, too. */
static void
test_hsts (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "https://www.example.com/", strict_hello);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (UTask) task = NULL;

  test_protocol_configure (self, protocol, NULL);
  protocol->log = log;
  task = test_protocol_run (self, "http://www.example.com/");
  g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION);
  g_clear_object (&task);
  task = test_protocol_run (self, "https://www.example.com/");
  assert_body (self, task, "hello");
  g_clear_object (&task);
  g_string_truncate (log, 0);
  task = test_protocol_run (self, "http://www.example.com/");
  assert_body (self, task, "hello");
  g_assert_cmpstr (log->str, ==, "?h?h+h-h");
  g_assert_cmpstr (u_request_get_uri (u_task_get_current_request (task)), ==, "https://www.example.com/");
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

typedef struct
{
  guint status;
  const char *name;
  const char *value;
} Answer;

static void
answer_with (TestProtocol *self, UProtocolLoad *load)
{
  const Answer *answer = self->data;

  if (g_str_has_suffix (u_request_get_uri (u_protocol_load_get_request (load)), "two"))
    {
      test_protocol_hello (self, load);
      return;
    }
  respond_http (load, answer->status, answer->name, answer->value);
  u_protocol_load_finish (load);
}

/* Answers of HTTP for a scheme that has no hosts, and knows nothing of it. */
static void
test_http_for_others (UTestScene *self, gconstpointer data)
{
  static const Answer answers[] = {
    { 200, "Set-Cookie", "a=b" },
    { 200, "Set-Cookie", "a=b; Domain=example.com" },
    { 200, "Strict-Transport-Security", "max-age=1000" },
    { 401, "WWW-Authenticate", "Basic realm=\"r\"" },
    { 407, "Proxy-Authenticate", "Basic realm=\"r\"" },
    { 304, "ETag", "\"1\"" },
    { 503, "Retry-After", "1" },
    { 302, "Location", "" },
  };
  static const char * const uris[] = { "x:one", "x:///one", "x://host/one" };
  TestProtocol *protocol = test_protocol_new (self, "x:", answer_with);
  Answer moved = { 302, "Location", "x:///two" };
  Answer away = { 302, "Location", "file:///etc/hostname" };

  test_protocol_configure (self, protocol, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (answers) * G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (UTask) task = NULL;

      protocol->data = (gpointer) &answers[i / G_N_ELEMENTS (uris)];
      task = test_protocol_run (self, uris[i % G_N_ELEMENTS (uris)]);
      if (answers[i / G_N_ELEMENTS (uris)].status != 302)
        {
          g_assert_no_error (u_task_get_error (task));
          g_assert_cmpuint (get_status (task), ==, answers[i / G_N_ELEMENTS (uris)].status);
        }
    }
  u_test_signal_log_clear (self->log);

  /* It may stay in its scheme, and not leave it. */
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (UTask) task = NULL;

      protocol->data = &moved;
      task = test_protocol_run (self, uris[i]);
      assert_body (self, task, "hello");
      g_clear_object (&task);
      protocol->data = &away;
      task = test_protocol_run (self, uris[i]);
      g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_UNSUPPORTED_URL);
      u_test_signal_log_clear (self->log);
    }
  test_protocol_done (self, protocol);
}

static void
mock_server (TestProtocol *self, UProtocolLoad *load)
{
  URequest *request = u_protocol_load_get_request (load);
  const char *authorization = u_headers_get (u_request_get_headers (request), "Authorization");

  if (g_str_has_suffix (u_request_get_uri (request), "/moved"))
    {
      respond_http (load, 301, "Location", "/here");
    }
  else if (authorization == NULL)
    {
      respond_http (load, 401, "WWW-Authenticate", "Basic realm=\"r\"");
    }
  else
    {
      respond_http (load, 200, NULL, NULL);
      test_protocol_send_text (load, authorization);
    }
  u_protocol_load_finish (load);
}

static gboolean
log_in_cb (UTask *task, UAuthenticationChallenge *challenge, gpointer user_data)
{
  g_autoptr (UCredential) credential = u_credential_new ("u", "p", U_CREDENTIAL_PERSISTENCE_NONE);

  ++*(guint *) user_data;
  u_authentication_challenge_use_credential (challenge, credential);

  return TRUE;
}

/* A protocol that answers as a server does is treated as one. */
static void
test_mock_server (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "https://www.example.com/", mock_server);
  g_autoptr (UTask) task = NULL;
  guint n_asked = 0;

  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_quiet_data (self, "https://www.example.com/moved");
  u_test_signal_log_watch_signal (self->log, task, "received-data");
  g_signal_connect (task, "challenge", G_CALLBACK (log_in_cb), &n_asked);
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_body (self, task, "Basic dTpw");
  g_assert_cmpstr (u_response_get_uri (u_task_get_response (task)), ==, "https://www.example.com/here");
  g_assert_cmpuint (n_asked, ==, 1);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* ---- Questions ---- */

static void
challenged_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UProtocolLoad *load = U_PROTOCOL_LOAD (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (UCredential) credential = u_protocol_load_challenge_finish (load, result, &error);
  g_autofree char *text = NULL;

  g_string_append_printf (user_data, "(%s)", error != NULL ? "error" : credential != NULL ? "yes" : "none");
  if (error != NULL)
    {
      g_assert_error (error, U_ERROR, U_ERROR_CANCELLED);
      return;
    }
  if (credential == NULL)
    text = g_strdup ("nobody");
  else
    text = g_strconcat (u_credential_get_user (credential), ":", u_credential_get_password (credential), NULL);
  test_protocol_respond (load, -1);
  test_protocol_send_text (load, text);
  u_protocol_load_finish (load);
}

static void
ask_for_login (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (UProtectionSpace) space = u_protection_space_new ("h", 1, "x", "r", U_AUTHENTICATION_METHOD_DEFAULT);

  u_protocol_load_challenge_async (load, space, NULL, 0, NULL, challenged_cb, self->data);
}

static gboolean
answer_cb (UTask *task, UAuthenticationChallenge *challenge, gpointer user_data)
{
  UProtectionSpace *space = u_authentication_challenge_get_protection_space (challenge);
  g_autoptr (UCredential) credential = u_credential_new ("u", "p", U_CREDENTIAL_PERSISTENCE_FOR_SESSION);

  g_assert_cmpstr (u_protection_space_get_protocol (space), ==, "x");
  g_assert_cmpstr (u_protection_space_get_realm (space), ==, "r");
  switch (GPOINTER_TO_INT (user_data))
    {
    case 'u':
      u_authentication_challenge_use_credential (challenge, credential);
      return TRUE;
    case 'r':
      u_authentication_challenge_reject_space (challenge);
      return TRUE;
    case 'c':
      u_authentication_challenge_cancel_task (challenge);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
test_challenge (UTestScene *self, gconstpointer data)
{
  /* The last one finds what the one before it has stored. */
  static const struct
  {
    char answer;
    const char *body;
    const char *log;
  } cases[] = {
    { 'n', "nobody", "(none)" },
    { 'd', "nobody", "(none)" },
    { 'r', "nobody", "(none)" },
    { 'c', NULL, "(error)" },
    { 'u', "u:p", "(yes)" },
    { 'n', "u:p", "(yes)" },
  };
  TestProtocol *protocol = test_protocol_new (self, "x:", ask_for_login);
  g_autoptr (GString) log = g_string_new (NULL);

  test_protocol_configure (self, protocol, NULL);
  protocol->data = log;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "x:one");

      g_string_truncate (log, 0);
      u_test_signal_log_watch_signal (self->log, task, "received-data");
      if (cases[i].answer != 'n')
        g_signal_connect (task, "challenge", G_CALLBACK (answer_cb), GINT_TO_POINTER (cases[i].answer));
      u_task_resume (task);
      u_test_scene_finish (self, task);
      u_test_drain (self->context);
      g_assert_cmpstr (log->str, ==, cases[i].log);
      if (cases[i].body != NULL)
        assert_body (self, task, cases[i].body);
      else
        g_assert_error (u_task_get_error (task), U_ERROR, U_ERROR_CANCELLED);
    }
  test_protocol_done (self, protocol);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/protocol-hops/redirect", test_redirect);
  ADD ("/protocol-hops/redirect-elsewhere", test_redirect_elsewhere);
  ADD ("/protocol-hops/mock-server", test_mock_server);
  ADD ("/protocol-hops/hsts", test_hsts);
  ADD ("/protocol-hops/http-for-others", test_http_for_others);
  ADD ("/protocol-hops/challenge", test_challenge);

  return g_test_run ();
}

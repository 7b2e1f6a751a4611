/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

/* Which protocol carries out what, when it begins and when it ends. */

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

static void
assert_hello (UTestScene *self, UTask *task)
{
  g_autoptr (GBytes) body = u_test_signal_log_dup_body (self->log);

  g_assert_no_error (u_task_get_error (task));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "hello", 5);
  u_test_signal_log_clear (self->log);
}

static void
assert_fails (UTask *task, UError code, const char *text)
{
  const GError *error = u_task_get_error (task);

  g_assert_error (error, U_ERROR, (int) code);
  if (strstr (error->message, text) == NULL)
    g_error ("“%s” is not in “%s”", text, error->message);
}

static void
test_hello (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_hello);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (UTask) task = NULL;
  UResponse *response;

  protocol->log = log;
  test_protocol_configure (self, protocol, NULL);
  task = u_test_scene_new_data (self, "x:one");
  g_assert_cmpint (g_atomic_int_get (&protocol->n_started), ==, 0);
  u_task_resume (task);
  u_test_scene_finish (self, task);

  u_test_signal_log_assert_next (self->log, "decide-response");
  g_assert_no_error (u_task_get_error (task));
  response = u_task_get_response (task);
  g_assert_false (U_IS_HTTP_RESPONSE (response));
  g_assert_cmpstr (u_response_get_uri (response), ==, "x:one");
  g_assert_cmpstr (u_response_get_mime_type (response), ==, "text/plain");
  g_assert_cmpstr (u_response_get_text_encoding_name (response), ==, "utf-8");
  g_assert_cmpint (u_response_get_expected_content_length (response), ==, 5);
  g_assert_cmpint (u_task_get_bytes_received (task), ==, 5);
  g_assert_cmpint (u_task_get_bytes_expected_to_receive (task), ==, 5);
  assert_hello (self, task);
  g_assert_cmpstr (log->str, ==, "?x+x-x");
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* The configuration first, in its order; then those of the process, the last one first. The first yes counts. */
static void
test_order (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    const char *uri;
    const char *expected;
  } cases[] = {
    { "a:", "?a+a-a" },
    { "b:", "?a?b+b-b" },
    { "c:", "?a?b?d?c+c-c" },
    { "d:", "?a?b?d+d-d" },
    { "e:", "?a?b?d?c" },
  };
  g_autoptr (GString) log = g_string_new (NULL);
  TestProtocol *all[4];

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i] = test_protocol_new (self, cases[i].uri, test_protocol_hello);
      all[i]->log = log;
    }
  test_protocol_configure (self, all[0], all[1], NULL);
  /* Registered again, it is in front; to take back what is not there changes nothing. */
  u_protocol_register (U_PROTOCOL (all[3]));
  u_protocol_register (U_PROTOCOL (all[2]));
  u_protocol_register (U_PROTOCOL (all[3]));
  u_protocol_unregister (U_PROTOCOL (all[0]));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UTask) task = NULL;

      g_string_truncate (log, 0);
      task = test_protocol_run (self, cases[i].uri);
      g_assert_cmpstr (log->str, ==, cases[i].expected);
      if (i < G_N_ELEMENTS (all))
        assert_hello (self, task);
      else
        assert_fails (task, U_ERROR_UNSUPPORTED_URL, "“e”");
      u_test_signal_log_clear (self->log);
    }

  u_protocol_unregister (U_PROTOCOL (all[2]));
  u_protocol_unregister (U_PROTOCOL (all[3]));
  u_test_scene_drop_session (self);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    test_protocol_done (self, all[i]);
}

static void
test_registered (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_hello);
  g_autoptr (UTask) before = test_protocol_run (self, "x:1");
  g_autoptr (UTask) during = NULL;
  g_autoptr (UTask) after = NULL;

  /* In a session that runs already. */
  u_test_signal_log_clear (self->log);
  u_protocol_register (U_PROTOCOL (protocol));
  during = test_protocol_run (self, "x:1");
  assert_hello (self, during);
  u_protocol_unregister (U_PROTOCOL (protocol));
  after = test_protocol_run (self, "x:1");
  assert_fails (before, U_ERROR_UNSUPPORTED_URL, "“x”");
  assert_fails (after, U_ERROR_UNSUPPORTED_URL, "“x”");
  g_clear_object (&before);
  g_clear_object (&during);
  g_clear_object (&after);
  test_protocol_done (self, protocol);
}

static void
test_configuration (UTestScene *self, gconstpointer data)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new ();
  g_autoptr (USessionConfiguration) copy = NULL;
  g_autoptr (USessionConfiguration) background = u_session_configuration_new_background ("b");
  TestProtocol *protocol = test_protocol_new (self, "x:", NULL);
  UProtocol **protocols;
  gsize n;

  u_session_configuration_add_protocol (configuration, U_PROTOCOL (protocol));
  copy = u_session_configuration_copy (configuration);
  u_session_configuration_add_protocol (copy, U_PROTOCOL (protocol));
  protocols = u_session_configuration_dup_protocols (configuration, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (protocols[0] == U_PROTOCOL (protocol));
  g_object_unref (protocols[0]);
  g_free (protocols);
  protocols = u_session_configuration_dup_protocols (copy, &n);
  g_assert_cmpuint (n, ==, 2);
  g_object_unref (protocols[0]);
  g_object_unref (protocols[1]);
  g_free (protocols);

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*background session has no protocols*");
  u_session_configuration_add_protocol (background, U_PROTOCOL (protocol));
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_session_configuration_add_protocol (u_session_get_configuration (self->session), U_PROTOCOL (protocol));
  g_test_assert_expected_messages ();
  g_clear_object (&configuration);
  g_clear_object (&copy);
  g_assert_finalize_object (protocol);
}

/* What no protocol wants goes its ordinary way. */
static void
test_declined (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_hello);
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  g_autofree char *path = g_build_filename (folder, "f.txt", NULL);
  g_autofree char *file_uri = g_strconcat ("file://", path, NULL);
  const char *uris[] = { "/bytes/5?body=hello", "data:text/plain,hello", file_uri };

  g_assert_true (g_file_set_contents (path, "hello", 5, NULL));
  test_protocol_configure (self, protocol, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (UTask) task = test_protocol_run (self, uris[i]);

      assert_hello (self, task);
      g_assert_cmpstr (u_response_get_mime_type (u_task_get_response (task)), ==,
                       i == 0 ? "application/octet-stream" : "text/plain");
    }
  g_assert_cmpint (protocol->n_started, ==, 0);
  g_remove (path);
  g_rmdir (folder);
  test_protocol_done (self, protocol);
}

/* The address of a server that does not exist and could not be spoken to without TLS. */
static void
test_mock (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "http://www.example.com/", test_protocol_hello);
  g_autoptr (UTask) task = NULL;

  test_protocol_configure (self, protocol, NULL);
  task = test_protocol_run (self, "http://www.example.com/");
  assert_hello (self, task);
  g_clear_object (&task);
  task = test_protocol_run (self, "http://www.example.org/");
  assert_fails (task, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION, "www.example.org");
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* Each hop is asked about. */
static void
test_redirect_target (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "http://www.example.com/x", test_protocol_hello);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (UTask) task = NULL;

  protocol->log = log;
  test_protocol_configure (self, protocol, NULL);
  task = test_protocol_run (self, "/redirect-to?url=http%3A%2F%2Fwww.example.com%2Fx");
  assert_hello (self, task);
  g_assert_cmpstr (log->str, ==, "?h?h+h-h");
  g_clear_object (&task);

  /* A server does not lead to other schemes. */
  g_free (protocol->prefix);
  protocol->prefix = g_strdup ("x:");
  task = test_protocol_run (self, "/redirect-to?url=x%3Ay");
  assert_fails (task, U_ERROR_UNSUPPORTED_URL, "“x”");
  g_assert_cmpint (protocol->n_started, ==, 1);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* ---- How it ends ---- */

static void
nothing (TestProtocol *self, UProtocolLoad *load)
{
  self->data = self;
}

static void
no_response (TestProtocol *self, UProtocolLoad *load)
{
  u_protocol_load_finish (load);
}

static void
data_first (TestProtocol *self, UProtocolLoad *load)
{
  test_protocol_send_text (load, "hello");
}

static void
too_short (TestProtocol *self, UProtocolLoad *load)
{
  test_protocol_respond (load, 6);
  test_protocol_send_text (load, "hello");
  u_protocol_load_finish (load);
}

static void
too_long (TestProtocol *self, UProtocolLoad *load)
{
  test_protocol_respond (load, 4);
  test_protocol_send_text (load, "hello");
  u_protocol_load_finish (load);
}

static void
fail_with_own (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (GError) error = g_error_new_literal (U_ERROR, U_ERROR_DIGEST_MISMATCH, "It is another one.");

  u_protocol_load_fail (load, error);
}

static void
fail_with_other (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "gone fishing");

  test_protocol_respond (load, -1);
  test_protocol_send_text (load, "hel");
  u_protocol_load_fail (load, error);
}

static void
fail_with_foreign (TestProtocol *self, UProtocolLoad *load)
{
  g_autoptr (GError) error = g_error_new_literal (g_quark_from_static_string ("test"), 7, "out of cheese");

  u_protocol_load_fail (load, error);
}

static void
test_failures (UTestScene *self, gconstpointer data)
{
  static const struct
  {
    TestStart start;
    UError code;
    const char *text;
  } cases[] = {
    { no_response, U_ERROR_BAD_SERVER_RESPONSE, "no response" },
    { data_first, U_ERROR_BAD_SERVER_RESPONSE, "before it had responded" },
    { too_short, U_ERROR_NETWORK_CONNECTION_LOST, "after 5 bytes" },
    { too_long, U_ERROR_NETWORK_CONNECTION_LOST, "announced 4" },
    { fail_with_own, U_ERROR_DIGEST_MISMATCH, "another one" },
    { fail_with_other, U_ERROR_FILE_DOES_NOT_EXIST, "gone fishing" },
    { fail_with_foreign, U_ERROR_UNKNOWN, "out of cheese" },
    { nothing, U_ERROR_UNKNOWN, "without finishing" },
    { NULL, U_ERROR_UNKNOWN, "without finishing" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestProtocol *protocol = test_protocol_new (self, "x:", cases[i].start);
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (UTask) task = NULL;

      protocol->log = log;
      if (self->session == NULL)
        self->session = u_session_new (NULL);
      test_protocol_configure (self, protocol, NULL);
      task = test_protocol_run (self, "x:one");
      assert_fails (task, cases[i].code, cases[i].text);
      g_assert_cmpstr (log->str, ==, "?x+x-x");
      g_clear_object (&task);
      test_protocol_done (self, protocol);
    }
}

/* The abstract class alone answers nothing; its defaults do no harm. */
static void
test_defaults (UTestScene *self, gconstpointer data)
{
  UProtocolClass *klass = g_type_class_ref (U_TYPE_PROTOCOL);
  TestProtocol *protocol = test_protocol_new (self, "x:", NULL);
  g_autoptr (URequest) request = u_request_new ("x:");

  g_assert_true (G_TYPE_IS_ABSTRACT (U_TYPE_PROTOCOL));
  g_assert_false (klass->can_load (U_PROTOCOL (protocol), request));
  g_type_class_unref (klass);
  g_assert_finalize_object (protocol);
}

static void
cancel (UTestScene *self, UTask *task)
{
  u_task_cancel (task);
}

static void
invalidate (UTestScene *self, UTask *task)
{
  u_session_invalidate_and_cancel (self->session);
}

static void
suspend_and_cancel (UTestScene *self, UTask *task)
{
  u_task_suspend (task);
  u_task_cancel (task);
}

/* Whatever ends it: before a response, and in the middle of the body. */
static void
test_ended_by_task (UTestScene *self, gconstpointer data)
{
  void (*ends[]) (UTestScene *, UTask *) = { cancel, invalidate, suspend_and_cancel };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (ends); i++)
    {
      TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
      g_autoptr (UTask) task = NULL;
      UProtocolLoad *load;

      if (self->session == NULL)
        self->session = u_session_new (NULL);
      test_protocol_configure (self, protocol, NULL);
      task = u_test_scene_new_data (self, "x:one");
      u_task_resume (task);
      load = test_protocol_wait (self, protocol);
      if (i % 2 == 1)
        {
          test_protocol_respond (load, 10);
          test_protocol_send_text (load, "hello");
          u_test_wait_until (self->context, u_test_signal_log_count (self->log, "received-data") > 0);
        }
      g_assert_false (g_cancellable_is_cancelled (u_protocol_load_get_cancellable (load)));
      g_assert_cmpint (protocol->n_stopped, ==, 0);
      ends[i / 2] (self, task);
      u_test_scene_finish (self, task);
      assert_fails (task, U_ERROR_CANCELLED, "");
      g_assert_cmpint (protocol->n_stopped, ==, 1);
      g_assert_true (g_cancellable_is_cancelled (u_protocol_load_get_cancellable (load)));

      /* Nobody listens any more. */
      u_test_signal_log_clear (self->log);
      test_protocol_hello (protocol, load);
      fail_with_own (protocol, load);
      u_test_drain (self->context);
      u_test_signal_log_assert_empty (self->log);
      g_assert_cmpint (protocol->n_stopped, ==, 1);
      g_clear_object (&task);
      test_protocol_done (self, protocol);
    }
}

static void
hello_and_more (TestProtocol *self, UProtocolLoad *load)
{
  test_protocol_keep (self, load);
  test_protocol_hello (self, load);
  test_protocol_send_text (load, "more");
  fail_with_own (self, load);
  u_protocol_load_finish (load);
}

static void
test_after_the_end (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", hello_and_more);
  g_autoptr (UTask) task = NULL;

  test_protocol_configure (self, protocol, NULL);
  task = test_protocol_run (self, "x:one");
  assert_hello (self, task);
  test_protocol_send_text (protocol->load, "more");
  u_protocol_load_finish (protocol->load);
  g_assert_false (g_cancellable_is_cancelled (u_protocol_load_get_cancellable (protocol->load)));
  u_test_drain (self->context);
  u_test_signal_log_assert_empty (self->log);
  g_assert_cmpint (protocol->n_stopped, ==, 1);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

static void
test_timed_out (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);
  g_autoptr (URequest) request = u_request_new ("x:one");
  g_autoptr (UTask) task = NULL;

  test_protocol_configure (self, protocol, NULL);
  u_request_set_timeout (request, 0.05);
  task = U_TASK (u_session_create_data_task (self->session, request));
  u_task_resume (task);
  u_test_scene_finish (self, task);
  assert_fails (task, U_ERROR_TIMED_OUT, "x:one");
  g_assert_cmpint (protocol->n_stopped, ==, 1);
  g_clear_object (&task);
  test_protocol_done (self, protocol);
}

/* Cancelled before the protocol knows of it: then it is not told at all, or from beginning to end. */
static void
test_cancelled_early (UTestScene *self, gconstpointer data)
{
  TestProtocol *protocol = test_protocol_new (self, "x:", test_protocol_keep);

  test_protocol_configure (self, protocol, NULL);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, "x:one");

      u_task_resume (task);
      for (guint j = 0; j < i % 5; j++)
        g_main_context_iteration (self->context, FALSE);
      u_task_cancel (task);
      u_test_scene_finish (self, task);
      assert_fails (task, U_ERROR_CANCELLED, "");
      g_clear_object (&protocol->load);
    }
  g_assert_cmpint (protocol->n_started, ==, protocol->n_stopped);
  test_protocol_done (self, protocol);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/protocols/hello", test_hello);
  ADD ("/protocols/r279-order", test_order);
  ADD ("/protocols/registered", test_registered);
  ADD ("/protocols/configuration", test_configuration);
  ADD ("/protocols/r276-r277-r271-declined", test_declined);
  ADD ("/protocols/mock", test_mock);
  ADD ("/protocols/redirect-target", test_redirect_target);
  ADD ("/protocols/r278-failures", test_failures);
  ADD ("/protocols/defaults", test_defaults);
  ADD ("/protocols/r278-ended-by-task", test_ended_by_task);
  ADD ("/protocols/r278-after-the-end", test_after_the_end);
  ADD ("/protocols/r278-timed-out", test_timed_out);
  ADD ("/protocols/r278-cancelled-early", test_cancelled_early);

  return g_test_run ();
}

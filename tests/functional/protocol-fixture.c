/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol-fixture.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (TestProtocol, test_protocol, U_TYPE_PROTOCOL)

static void
check (TestProtocol *self, char what)
{
  if (self->context != NULL)
    g_assert_true (g_main_context_is_owner (self->context));
  if (self->log != NULL)
    g_string_append_printf (self->log, "%c%c", what, self->letter);
}

static gboolean
test_protocol_can_load (UProtocol *protocol, URequest *request)
{
  TestProtocol *self = TEST_PROTOCOL (protocol);

  check (self, '?');
  g_assert_true (u_request_is_sealed (request));

  return g_str_has_prefix (u_request_get_uri (request), self->prefix);
}

static void
test_protocol_start (UProtocol *protocol, UProtocolLoad *load)
{
  TestProtocol *self = TEST_PROTOCOL (protocol);

  check (self, '+');
  g_atomic_int_inc (&self->n_started);
  g_assert_true (u_request_is_sealed (u_protocol_load_get_request (load)));
  g_assert_true (U_IS_TASK (u_protocol_load_get_task (load)));
  if (self->start != NULL)
    self->start (self, load);
}

static void
test_protocol_stop (UProtocol *protocol, UProtocolLoad *load)
{
  TestProtocol *self = TEST_PROTOCOL (protocol);

  check (self, '-');
  g_atomic_int_inc (&self->n_stopped);
  if (self->load != NULL && self->load != load)
    self->stopped_another = TRUE;
}

static void
test_protocol_finalize (GObject *object)
{
  TestProtocol *self = TEST_PROTOCOL (object);

  g_clear_object (&self->load);
  g_free (self->prefix);

  G_OBJECT_CLASS (test_protocol_parent_class)->finalize (object);
}

static void
test_protocol_class_init (TestProtocolClass *klass)
{
  UProtocolClass *protocol_class = U_PROTOCOL_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_protocol_finalize;
  protocol_class->can_load = test_protocol_can_load;
  protocol_class->start = test_protocol_start;
  protocol_class->stop = test_protocol_stop;
}

static void
test_protocol_init (TestProtocol *self)
{
}

TestProtocol *
test_protocol_new (UTestScene *scene, const char *prefix, TestStart start)
{
  TestProtocol *self = g_object_new (TEST_TYPE_PROTOCOL, NULL);

  self->context = scene->context;
  self->prefix = g_strdup (prefix);
  self->letter = *prefix;
  self->start = start;

  return self;
}

void
test_protocol_configure (UTestScene *scene, TestProtocol *first, ...)
{
  g_autoptr (USessionConfiguration) configuration = u_session_configuration_new_ephemeral ();
  va_list rest;

  va_start (rest, first);
  for (TestProtocol *protocol = first; protocol != NULL; protocol = va_arg (rest, TestProtocol *))
    u_session_configuration_add_protocol (configuration, U_PROTOCOL (protocol));
  va_end (rest);
  u_test_scene_configure (scene, configuration);
}

void
test_protocol_done (UTestScene *scene, TestProtocol *self)
{
  u_test_wait_until (scene->context, g_atomic_int_get (&self->n_stopped) == g_atomic_int_get (&self->n_started));
  g_assert_false (self->stopped_another);
  g_clear_object (&self->load);
  if (scene->session != NULL)
    u_test_scene_drop_session (scene);
  u_test_assert_finalized (scene->context, self);
}

void
test_protocol_keep (TestProtocol *self, UProtocolLoad *load)
{
  g_set_object (&self->load, load);
}

void
test_protocol_hello (TestProtocol *self, UProtocolLoad *load)
{
  test_protocol_respond (load, 5);
  test_protocol_send_text (load, "hello");
  u_protocol_load_finish (load);
}

UProtocolLoad *
test_protocol_wait (UTestScene *scene, TestProtocol *self)
{
  u_test_wait_until (scene->context, self->load != NULL);

  return self->load;
}

void
test_protocol_send_text (UProtocolLoad *load, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  u_protocol_load_send_data (load, bytes);
}

void
test_protocol_respond (UProtocolLoad *load, gint64 length)
{
  g_autoptr (UResponse) response = u_response_new (NULL, "text/plain", length, "utf-8");

  u_protocol_load_respond (load, response);
}

UTask *
test_protocol_run (UTestScene *scene, const char *uri)
{
  UTask *task = u_test_scene_new_data (scene, uri);

  u_task_resume (task);
  u_test_scene_finish (scene, task);

  return task;
}

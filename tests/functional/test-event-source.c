/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

/* What an event source says. */
typedef struct
{
  UTestScene *scene;
  UEventSource *source;       /* owned, nullable */
  GString *text;              /* owned */
  guint n_messages;
  guint n_added;
  guint n_opened;
  guint close_at;             /* the message to close it at; 0: none */
  GError *error;              /* owned, nullable */
} Events;

static void
message_cb (UEventSource *source, UServerEvent *event, gpointer data)
{
  Events *self = data;

  g_assert_true (g_main_context_is_owner (self->scene->context));
  g_string_append_printf (self->text, "(%s|%s|%s)", u_server_event_get_event_type (event),
                          u_server_event_get_text (event), u_server_event_get_last_event_id (event));
  if (++self->n_messages == self->close_at)
    u_event_source_close (source);
}

static void
added_cb (UEventSource *source, UServerEvent *event, gpointer data)
{
  g_assert_cmpstr (u_server_event_get_event_type (event), ==, "added");
  ((Events *) data)->n_added++;
}

static void
opened_cb (UEventSource *source, gpointer data)
{
  g_assert_cmpint (u_event_source_get_ready_state (source), ==, U_EVENT_SOURCE_STATE_OPEN);
  ((Events *) data)->n_opened++;
}

static void
failed_cb (UEventSource *source, const GError *error, gpointer data)
{
  g_assert_null (((Events *) data)->error);
  g_assert_cmpint (u_event_source_get_ready_state (source), ==, U_EVENT_SOURCE_STATE_CLOSED);
  ((Events *) data)->error = g_error_copy (error);
}

static void
events_init (Events *self, UTestScene *scene, const char *body, const char *options)
{
  g_autofree char *escaped = g_uri_escape_string (body, NULL, FALSE);
  g_autofree char *path = g_strconcat ("/bytes/1?type=text/event-stream&body=", escaped, options, NULL);
  g_autoptr (URequest) request = u_test_scene_new_request (scene, path);

  self->scene = scene;
  self->text = g_string_new (NULL);
  self->source = u_event_source_new (scene->session, request);
  g_assert_cmpint (u_event_source_get_ready_state (self->source), ==, U_EVENT_SOURCE_STATE_NEW);
  u_event_source_set_reconnection_time (self->source, 0.01);
  g_signal_connect (self->source, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->source, "message::added", G_CALLBACK (added_cb), self);
  g_signal_connect (self->source, "opened", G_CALLBACK (opened_cb), self);
  g_signal_connect (self->source, "failed", G_CALLBACK (failed_cb), self);
}

static void
events_clear (Events *self)
{
  if (self->source != NULL)
    u_test_assert_finalized (self->scene->context, g_steal_pointer (&self->source));
  g_string_free (self->text, TRUE);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Events, events_clear)

static void
test_messages (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { .close_at = 3 };

  events_init (&events, self, "id: 1\ndata: a\n\nevent: added\ndata: b\ndata: c\n\nretry: 5\n\nid\ndata: d\n\n"
               "data: no\n\n", "&chunk=3&chunked");
  u_event_source_open (events.source);
  u_event_source_open (events.source);
  g_assert_cmpint (u_event_source_get_ready_state (events.source), ==, U_EVENT_SOURCE_STATE_CONNECTING);
  u_test_wait_until (self->context, u_event_source_get_ready_state (events.source) == U_EVENT_SOURCE_STATE_CLOSED);
  u_test_scene_round_trip (self);
  g_assert_cmpstr (events.text->str, ==, "(message|a|1)(added|b\nc|1)(message|d|)");
  g_assert_cmpuint (events.n_added, ==, 1);
  g_assert_cmpuint (events.n_opened, ==, 1);
  g_assert_no_error (events.error);
  g_assert_cmpstr (u_event_source_get_last_event_id (events.source), ==, "");
}

/* The stream ends: another connection is made, and says what arrived. Then the server is done. */
static void
test_reconnect (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { .close_at = 3 };
  g_autofree char *request = NULL;

  events_init (&events, self, "retry: 20\nid: seven\ndata: a\n\ndata: unfinished\n", "");
  u_event_source_open (events.source);
  u_test_wait_until (self->context, events.n_messages == 3);
  g_assert_cmpstr (events.text->str, ==, "(message|a|seven)(message|a|seven)(message|a|seven)");
  g_assert_cmpuint (events.n_opened, ==, 3);
  g_assert_cmpfloat (u_event_source_get_reconnection_time (events.source), ==, 0.02);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *id = u_test_server_dup_request_header (self->server, i, "Last-Event-ID");
      g_autofree char *accept = u_test_server_dup_request_header (self->server, i, "Accept");
      g_autofree char *cache = u_test_server_dup_request_header (self->server, i, "Cache-Control");

      g_assert_cmpstr (id, ==, i == 0 ? NULL : "seven");
      g_assert_cmpstr (accept, ==, "text/event-stream");
      g_assert_cmpstr (cache, ==, "no-store");
    }
}

/* A connection that breaks is made again, also when it broke before the head. */
static void
test_broken (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { .close_at = 2 };

  events_init (&events, self, "data: a\n\ndata: bbbbbbbbbbbbbbbbbbbbbbb\n\n", "&drop-after=9&drop-once&chunk=9");
  u_event_source_open (events.source);
  u_test_wait_until (self->context, events.n_messages == 2);
  g_assert_no_error (events.error);
  g_assert_cmpuint (events.n_opened, ==, 2);
}

/* Silence is no failure. */
static void
test_silence (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { .close_at = 2 };
  g_autoptr (UTask) other = NULL;

  events_init (&events, self, "data: a\n\ndata: b\n\n", "&pause-after=9");
  u_request_set_timeout (u_event_source_get_request (events.source), 0.2);
  u_event_source_open (events.source);
  u_test_wait_until (self->context, events.n_messages == 1);

  /* This one, with the same timeout and begun later, fails meanwhile. */
  {
    g_autoptr (URequest) request = u_test_scene_new_request (self, "/stall");

    u_request_set_timeout (request, 0.4);
    other = U_TASK (u_session_create_data_task (self->session, request));
    u_task_resume (other);
    u_test_scene_finish (self, other);
    g_assert_error (u_task_get_error (other), U_ERROR, U_ERROR_TIMED_OUT);
  }
  g_assert_cmpint (u_event_source_get_ready_state (events.source), ==, U_EVENT_SOURCE_STATE_OPEN);
  u_test_server_release (self->server);
  u_test_wait_until (self->context, events.n_messages == 2);
  g_assert_cmpuint (events.n_opened, ==, 1);
}

static void
test_refused (UTestScene *self, gconstpointer data)
{
  static const char * const options[] = { "&status=404", "&status=500", "&type=text/html" };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_auto (Events) events = { NULL };

      events_init (&events, self, "data: a\n\n", options[i]);
      if (i == 2)
        {
          g_autoptr (URequest) request = u_test_scene_new_request (self, "/bytes/10");

          g_clear_object (&events.source);
          events.source = u_event_source_new (self->session, request);
          g_signal_connect (events.source, "failed", G_CALLBACK (failed_cb), &events);
        }
      u_event_source_open (events.source);
      u_test_wait_until (self->context, events.error != NULL);
      g_assert_error (events.error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE);
      g_assert_nonnull (u_event_source_get_response (events.source));
      g_assert_cmpuint (events.n_messages + events.n_opened, ==, 0);
    }
}

static void
test_no_content (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { NULL };

  events_init (&events, self, "", "&status=204");
  u_event_source_open (events.source);
  u_test_wait_until (self->context, u_event_source_get_ready_state (events.source) == U_EVENT_SOURCE_STATE_CLOSED);
  u_test_scene_round_trip (self);
  g_assert_no_error (events.error);
  g_assert_cmpuint (u_test_server_get_n_requests (self->server), ==, 2);
}

static void
test_too_long (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { NULL };

  events_init (&events, self, "data: a\n\ndata: 0123456789\ndata: 0123456789\n\n", "");
  u_event_source_set_maximum_event_length (events.source, 20);
  u_event_source_open (events.source);
  u_test_wait_until (self->context, events.error != NULL);
  g_assert_error (events.error, U_ERROR, U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM);
  g_assert_cmpstr (events.text->str, ==, "(message|a|)");
}

/* Dropped while it is open, and while it waits: nothing is left behind. */
static void
test_dropped (UTestScene *self, gconstpointer data)
{
  g_auto (Events) open = { NULL };
  g_auto (Events) waiting = { NULL };

  events_init (&open, self, "data: a\n\ndata: b\n\n", "&pause-after=9");
  u_event_source_open (open.source);
  u_test_wait_until (self->context, open.n_messages == 1);
  u_test_assert_finalized (self->context, g_steal_pointer (&open.source));
  u_test_server_release (self->server);
  u_test_wait_until (self->context, g_list_model_get_n_items (u_session_get_tasks (self->session)) == 0);
  g_assert_cmpuint (open.n_messages, ==, 1);

  events_init (&waiting, self, "data: a\n\n", "");
  u_event_source_set_reconnection_time (waiting.source, 1000);
  u_event_source_open (waiting.source);
  u_test_wait_until (self->context, waiting.n_messages == 1 && u_event_source_get_ready_state (waiting.source) ==
                                                                 U_EVENT_SOURCE_STATE_CONNECTING);
  u_test_assert_finalized (self->context, g_steal_pointer (&waiting.source));
}

static void
test_invalidated (UTestScene *self, gconstpointer data)
{
  g_auto (Events) events = { NULL };

  events_init (&events, self, "data: a\n\ndata: b\n\n", "&pause-after=9");
  u_event_source_open (events.source);
  u_test_wait_until (self->context, events.n_messages == 1);
  u_session_invalidate_and_cancel (self->session);
  u_test_wait_until (self->context, events.error != NULL);
  g_assert_error (events.error, U_ERROR, U_ERROR_CANCELLED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/event-source/messages", test_messages);
  ADD ("/event-source/reconnect", test_reconnect);
  ADD ("/event-source/broken", test_broken);
  ADD ("/event-source/silence", test_silence);
  ADD ("/event-source/refused", test_refused);
  ADD ("/event-source/no-content", test_no_content);
  ADD ("/event-source/too-long", test_too_long);
  ADD ("/event-source/dropped", test_dropped);
  ADD ("/event-source/invalidated", test_invalidated);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw-server.h"
#include "u-test-scene.h"

/* How the connections of an event source end, by servers that say exactly what is wanted. */

#define ADD(path, test) g_test_add ("/event-source-connections/" path, Events, NULL, set_up, test, tear_down)
#define OK "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define HEAD OK "Connection: close\r\n\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define NO_CONTENT { "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", -1, RAW_CLOSE }

typedef struct
{
  UTestScene scene;
  RawServer *server;          /* owned */
  UEventSource *source;       /* owned, nullable */
  GString *log;               /* owned; "opened", "type|data|id", "failed" with a code, each with ";" */
} Events;

static void
set_up (Events *self, gconstpointer data)
{
  self->log = g_string_new (NULL);
  u_test_scene_set_up (&self->scene, NULL);
}

static void
tear_down (Events *self, gconstpointer data)
{
  guint length = self->log->len;

  u_test_assert_finalized (self->scene.context, g_steal_pointer (&self->source));
  u_test_scene_tear_down (&self->scene, data);
  g_assert_cmpuint (self->log->len, ==, length);
  raw_server_free (self->server);
  g_string_free (self->log, TRUE);
}

static void
opened_cb (UEventSource *source, Events *self)
{
  g_string_append (self->log, "opened;");
}

static void
message_cb (UEventSource *source, UServerEvent *event, Events *self)
{
  g_string_append_printf (self->log, "%s|%s|%s;", u_server_event_get_event_type (event),
                          u_server_event_get_text (event), u_event_source_get_last_event_id (source));
}

static void
failed_cb (UEventSource *source, const GError *error, Events *self)
{
  g_assert_true (error->domain == U_ERROR);
  g_string_append_printf (self->log, "failed %d;", error->code);
}

static void
begin (Events *self, const RawReply *replies, guint n_replies)
{
  g_autoptr (URequest) request = NULL;
  g_autofree char *url = NULL;

  self->server = raw_server_new (replies, n_replies);
  url = raw_server_dup_url (self->server, "/events");
  request = u_request_new (url);
  self->source = u_event_source_new (self->scene.session, request);
  u_event_source_set_reconnection_time (self->source, 0.02);
  g_signal_connect (self->source, "opened", G_CALLBACK (opened_cb), self);
  g_signal_connect (self->source, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->source, "failed", G_CALLBACK (failed_cb), self);
  u_event_source_open (self->source);
}

static void
finish (Events *self)
{
  u_test_wait_until (self->scene.context,
                     u_event_source_get_ready_state (self->source) == U_EVENT_SOURCE_STATE_CLOSED);
}

/* An id takes effect with the blank line, whether there is data or not. */
static void
test_id_alone (Events *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { HEAD "data: a\n\nid: 5\n\nid: 6\n", -1, RAW_CLOSE },
    { HEAD "data: b\n\nid\n\n", -1, RAW_CLOSE },
    NO_CONTENT,
  };

  begin (self, replies, G_N_ELEMENTS (replies));
  finish (self);
  g_assert_cmpstr (self->log->str, ==, "opened;message|a|;opened;message|b|5;");
  g_assert_null (strstr (raw_server_get_request (self->server, 0), "Last-Event-ID"));
  g_assert_nonnull (strstr (raw_server_get_request (self->server, 1), "Last-Event-ID: 5\r\n"));
  g_assert_null (strstr (raw_server_get_request (self->server, 2), "Last-Event-ID"));
  g_assert_cmpstr (u_event_source_get_last_event_id (self->source), ==, "");
}

/* A server that goes down in the middle of a chunk, and between two. */
static void
test_cut_chunks (Events *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { CHUNKED "9\r\ndata: a\n\n\r\n", -1, RAW_CLOSE },
    { CHUNKED "9\r\ndata: b\n\n\r\n9\r\ndata", -1, RAW_CLOSE },
    { CHUNKED "9\r\ndata: c\n\n\r\n0\r\n\r\n", -1, RAW_CLOSE },
    NO_CONTENT,
  };

  begin (self, replies, G_N_ELEMENTS (replies));
  finish (self);
  g_assert_cmpstr (self->log->str, ==, "opened;message|a|;opened;message|b|;opened;message|c|;");
}

/* A server that closes without a word: more often than a request is repeated by itself. */
static void
test_no_answer (Events *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { NULL, 0, RAW_CLOSE }, { NULL, 0, RAW_CLOSE }, { NULL, 0, RAW_CLOSE }, { NULL, 0, RAW_CLOSE },
    { HEAD "data: a\n\n", -1, RAW_CLOSE },
    NO_CONTENT,
  };

  begin (self, replies, G_N_ELEMENTS (replies));
  finish (self);
  g_assert_cmpstr (self->log->str, ==, "opened;message|a|;");
}

/* A compressed stream that ends in its middle is a connection that broke, as well. */
static void
test_cut_encoding (Events *self, gconstpointer data)
{
  static const RawReply replies[] = {
    { OK "Content-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03",
      sizeof OK - 1 + 55, RAW_CLOSE },
    NO_CONTENT,
  };

  begin (self, replies, G_N_ELEMENTS (replies));
  finish (self);
  g_assert_cmpstr (self->log->str, ==, "opened;");
}

/* However long it would wait: it is over at once. */
static void
test_invalidated_while_waiting (Events *self, gconstpointer data)
{
  static const RawReply replies[] = { { HEAD "data: a\n\n", -1, RAW_CLOSE } };
  g_autofree char *expected = g_strdup_printf ("opened;message|a|;failed %d;", U_ERROR_SESSION_INVALIDATED);

  begin (self, replies, G_N_ELEMENTS (replies));
  u_event_source_set_reconnection_time (self->source, 3600);
  u_test_wait_until (self->scene.context, strstr (self->log->str, "a") != NULL &&
                     u_event_source_get_ready_state (self->source) == U_EVENT_SOURCE_STATE_CONNECTING);
  u_session_finish_tasks_and_invalidate (self->scene.session);
  finish (self);
  g_assert_cmpstr (self->log->str, ==, expected);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("id-alone", test_id_alone);
  ADD ("cut-chunks", test_cut_chunks);
  ADD ("no-answer", test_no_answer);
  ADD ("cut-encoding", test_cut_encoding);
  ADD ("invalidated-while-waiting", test_invalidated_while_waiting);

  return g_test_run ();
}

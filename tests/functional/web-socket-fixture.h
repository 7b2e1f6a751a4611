/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-scene.h"

G_BEGIN_DECLS

/* A server for WebSockets that does what a test says, in a thread of its own for each connection. What comes to it is
 * written down: "text Hello", "bytes 3", "ping", "pong x", "close 1000 bye", "close", "end". */
typedef struct _WebSocketPeer WebSocketPeer;

/* One connection of it; its functions block, and are for the thread of the connection. */
typedef struct
{
  WebSocketPeer *peer;
  guint number;               /* the first one: 0 */
  GInputStream *input;
  GOutputStream *output;
  char *head;                 /* of the request */
} WebSocketConnection;

typedef void (*WebSocketServe) (WebSocketConnection *connection);

struct _WebSocketPeer
{
  GSocketListener *listener;  /* owned */
  GCancellable *cancellable;  /* owned; ends the accepting */
  GThread *thread;            /* owned, nullable; accepts */
  guint16 port;
  WebSocketServe serve;
  gconstpointer data;         /* of the test, for serve */
  GMutex lock;
  GCond changed;
  GQueue log;                 /* of char *, owned */
  GPtrArray *heads;           /* of char *, owned: of all requests */
  guint n_connections;
  guint n_open;
  gboolean released;
};

/* For a test that has a scene of its own. Serves an echo, unless serve is set. */
void     web_socket_peer_start      (WebSocketPeer  *self);
/* No connection is accepted any more. */
void     web_socket_peer_refuse     (WebSocketPeer  *self);
/* After the last client is gone. */
void     web_socket_peer_stop       (WebSocketPeer  *self);

/* What tests begin with. */
typedef struct
{
  UTestScene scene;
  WebSocketPeer peer;
} WebSocketScene;

void     web_socket_set_up          (WebSocketScene *self,
                                     gconstpointer   data);
void     web_socket_tear_down       (WebSocketScene *self,
                                     gconstpointer   data);

#define ADD_WEB_SOCKET(path, data, test) \
  g_test_add (path, WebSocketScene, data, web_socket_set_up, test, web_socket_tear_down)

/* For the test. */
char           *web_socket_dup_uri     (WebSocketScene *self,
                                        const char     *path);
/* A task of which opened, closed and completed are in the log of the scene. */
UWebSocketTask *web_socket_new_task    (WebSocketScene *self,
                                        WebSocketServe  serve);
void            web_socket_watch       (WebSocketScene *self,
                                        UWebSocketTask *task);
/* The next entry that the server has written down, as soon as it is there. */
void            web_socket_assert_came (WebSocketScene *self,
                                        const char     *expected);
/* How long it is. */
gsize           web_socket_measure_came (WebSocketScene *self);
guint           web_socket_count_requests (WebSocketScene *self);
char           *web_socket_dup_head    (WebSocketScene *self,
                                        guint           position);
/* Lets web_socket_wait() return, now and later. */
void            web_socket_release     (WebSocketScene *self);
/* Calls that are waited for. */
UWebSocketMessage *web_socket_receive  (WebSocketScene *self,
                                        UWebSocketTask *task,
                                        GError        **error);
void            web_socket_assert_text (WebSocketScene *self,
                                        UWebSocketTask *task,
                                        const char     *text);
void            web_socket_send        (WebSocketScene *self,
                                        UWebSocketTask *task,
                                        const char     *text);

/* For the thread of a connection. */
void     web_socket_accept          (WebSocketConnection *self,
                                     const char          *fields);
void     web_socket_write           (WebSocketConnection *self,
                                     const void          *data,
                                     gsize                length);
void     web_socket_write_frame     (WebSocketConnection *self,
                                     guint                first_byte,
                                     const void          *data,
                                     gsize                length);
void     web_socket_write_text      (WebSocketConnection *self,
                                     const char          *text);
void     web_socket_write_close     (WebSocketConnection *self,
                                     guint                code,
                                     const char          *reason);
/* Reads a frame and writes it down. The payload, (transfer full); NULL at the end. */
GBytes  *web_socket_read            (WebSocketConnection *self,
                                     guint               *opcode);
/* Reads and writes down what comes, up to a close frame or the end. */
void     web_socket_read_all        (WebSocketConnection *self);
void     web_socket_wait            (WebSocketConnection *self);

/* Some that many tests need: accepts, and sends back what comes, up to the end. */
void     web_socket_serve_echo      (WebSocketConnection *self);
/* Accepts, and writes down what comes. */
void     web_socket_serve_sink      (WebSocketConnection *self);

G_END_DECLS

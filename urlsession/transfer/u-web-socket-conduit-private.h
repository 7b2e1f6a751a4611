/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/transfer/u-conduit-private.h"

G_BEGIN_DECLS

/* What a transfer is once its handshake for a WebSocket was accepted. */
extern const UConduitClass u_web_socket_conduit_class;

/* Known before it opens. */
typedef struct
{
  UConduitSettings base;
  gint64 maximum;             /* bytes of a message */
  double keepalive;           /* seconds between pings; 0: none */
  gboolean flows;             /* messages are given out as they come, as far as the credit goes, and not one by one */
} UWebSocketSettings;

UWebSocketSettings *u_web_socket_settings_new (void);

typedef enum {
  U_WEB_SOCKET_ORDER_TEXT,    /* payload, serial: SENT names it */
  U_WEB_SOCKET_ORDER_BINARY,
  U_WEB_SOCKET_ORDER_RECEIVE, /* one message more is wanted */
  U_WEB_SOCKET_ORDER_CREDIT,  /* flows: length bytes were taken */
  U_WEB_SOCKET_ORDER_PING,    /* serial: PONG names it */
  U_WEB_SOCKET_ORDER_CLOSE,   /* code, reason */
  U_WEB_SOCKET_ORDER_MAXIMUM, /* length */
  U_WEB_SOCKET_ORDER_KEEPALIVE, /* keepalive */
} UWebSocketOrderKind;

typedef struct
{
  UConduitOrder base;
  UWebSocketOrderKind kind;
  GBytes *payload;            /* owned, nullable */
  guint64 serial;
  gint64 length;
  double keepalive;
  guint code;
  char *reason;               /* owned, nullable */
} UWebSocketOrder;

UWebSocketOrder *u_web_socket_order_new (UWebSocketOrderKind kind);

typedef enum {
  U_WEB_SOCKET_NEWS_OPENED,   /* text: the subprotocol; nullable */
  U_WEB_SOCKET_NEWS_TEXT,     /* payload: of a message */
  U_WEB_SOCKET_NEWS_BINARY,
  U_WEB_SOCKET_NEWS_SENT,     /* serial: all of that message is with the system */
  U_WEB_SOCKET_NEWS_PONG,     /* serial: that ping was answered */
  U_WEB_SOCKET_NEWS_CLOSED,   /* code, text: what the server closed with. 1005: nothing */
  U_WEB_SOCKET_NEWS_BROKEN,   /* code: why it ends without a word of the server */
} UWebSocketNewsKind;

typedef struct
{
  UConduitNews base;
  UWebSocketNewsKind kind;
  GBytes *payload;            /* owned, nullable */
  guint64 serial;
  guint code;
  char *text;                 /* owned, nullable */
} UWebSocketNews;

/* What a message counts as when it waits for somebody to take it. */
#define U_WEB_SOCKET_MESSAGE_COST 64

G_END_DECLS

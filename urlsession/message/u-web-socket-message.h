/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_WEB_SOCKET_MESSAGE (u_web_socket_message_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UWebSocketMessage, u_web_socket_message, U, WEB_SOCKET_MESSAGE, GObject)

U_AVAILABLE_IN_ALL
UWebSocketMessageKind  u_web_socket_message_get_kind  (UWebSocketMessage *self);
U_AVAILABLE_IN_ALL
GBytes                *u_web_socket_message_get_bytes (UWebSocketMessage *self);
U_AVAILABLE_IN_ALL
const char            *u_web_socket_message_get_text  (UWebSocketMessage *self);

G_END_DECLS

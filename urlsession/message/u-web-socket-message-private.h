/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-web-socket-message.h"

G_BEGIN_DECLS

/* @payload: of a text: valid UTF-8, with a byte of zero behind it that does not count */
UWebSocketMessage *u_web_socket_message_new (UWebSocketMessageKind  kind,
                                             GBytes                *payload);

G_END_DECLS

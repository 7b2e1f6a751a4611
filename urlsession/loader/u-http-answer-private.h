/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What waits to be read on a connection while a request is sent. */
typedef enum {
  U_HTTP_ANSWER_NONE,         /* nothing, or informational responses only, which go with the sending */
  U_HTTP_ANSWER_THERE,        /* a response, the end, or something that is neither */
} UHttpAnswer;

/* @head: what came, from the beginning of a response. */
UHttpAnswer u_http_answer_parse (const char *head,
                                 gsize       length);

/*
 * Looks for an answer on @socket without reading anything. @is_plain: HTTP is what goes over the socket; if it is TLS,
 * that the other side has closed is all that can be known. @seen: (inout): bytes that were looked at before.
 */
UHttpAnswer u_http_answer_look  (GSocket    *socket,
                                 gboolean    is_plain,
                                 gsize      *seen);

/* (transfer full): a source that is ready when there is more to look at than @seen bytes. The callback is a GSourceFunc. */
GSource    *u_http_answer_create_source (GSocket *socket,
                                         gboolean is_plain,
                                         gsize    seen);

/* The socket is left as it was. */
void        u_http_answer_forget (GSocket   *socket);

G_END_DECLS

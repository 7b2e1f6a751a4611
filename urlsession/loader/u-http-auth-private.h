/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "urlsession/loader/u-http-engine-private.h"
#include "urlsession/loader/u-http-next-private.h"

G_BEGIN_DECLS

/*
 * The logins of one load that belong to a connection: those of proxies, and NTLM and Negotiate of servers. The manager
 * of libsoup carries them out; Basic and Digest of servers are none of its business, and are dealt with above the door.
 *
 * A message is sent without the manager at first, since it keeps bodies of 401 and 407 in memory. When one of these
 * comes that it can do something about, the message is sent again with it.
 */
typedef struct _UHttpAuth UHttpAuth;

/* @ask: may be called from inside of libsoup. */
UHttpAuth  *u_http_auth_new      (UHttpEngine *engine,
                                  GUri        *uri,
                                  void       (*ask) (gpointer        user_data,
                                                     UChallengeData *challenge),
                                  gpointer     user_data);
void        u_http_auth_free     (UHttpAuth   *self);
/* Which connections the next message is for, given those that it would have otherwise. */
UHttpLane   u_http_auth_get_lane (UHttpAuth   *self,
                                  UHttpLane    lane);
void        u_http_auth_attach   (UHttpAuth   *self,
                                  SoupMessage *message);
void        u_http_auth_detach   (UHttpAuth   *self);
/* A response is there: whether the message is to be sent again, now that it is known what the other side wants. */
gboolean    u_http_auth_wants_more (UHttpAuth *self);
/* Otherwise: (transfer full) (nullable): what to ask before it is decided whether this response stands. It does unless
 * the answer is U_HTTP_SENDS_AGAIN. */
UChallengeData *
            u_http_auth_ask_again (UHttpAuth *self);
UHttpNext   u_http_auth_answer   (UHttpAuth              *self,
                                  const UChallengeAnswer *answer,
                                  GError                **error);
/* Of a tunnel through a proxy, which had this status: never NULL. */
GError     *u_http_auth_explain_tunnel (UHttpAuth *self,
                                        guint      status);
/* For the session's own messages that make tunnels, before they are sent. */
void        u_http_auth_watch_tunnel (UHttpMemory *memory,
                                      SoupMessage *message);

G_END_DECLS

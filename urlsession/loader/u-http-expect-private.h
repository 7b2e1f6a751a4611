/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/*
 * "Expect: 100-continue" of one message (RFC 9110 section 10.1.1): the body is held back until the server wants it. A
 * server that knows nothing of it waits for the body, so that has an end: who made this is told, and sends the request
 * again without. So it is with a server that refuses (417).
 */
typedef struct _UHttpExpect UHttpExpect;

/* @in_vain: nothing came; from a source of its own. @message: not sent yet, over HTTP/1.1 only. */
UHttpExpect *u_http_expect_new         (SoupMessage *message,
                                        void       (*in_vain) (gpointer user_data),
                                        gpointer     user_data);
void         u_http_expect_free        (UHttpExpect *self);
/* Nobody is told any more. */
void         u_http_expect_stop        (UHttpExpect *self);
/* Whether the server wanted the body. One that answers without may wait for it still, in order to throw it away: the
 * connection is of no use then. */
gboolean     u_http_expect_has_continued (UHttpExpect *self);
/* Whether the response that came is about the expectation alone. */
gboolean     u_http_expect_was_refused (UHttpExpect *self);

G_END_DECLS

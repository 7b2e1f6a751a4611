/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  U_TEST_FRAMING_NONE,        /* no body and no field about one: 204, 304 */
  U_TEST_FRAMING_LENGTH,
  U_TEST_FRAMING_CHUNKED,
  U_TEST_FRAMING_CHUNKED_CUT, /* the last chunk is missing */
  U_TEST_FRAMING_CLOSE,       /* until the connection closes */
  U_TEST_FRAMING_RAW,         /* the body is all that is sent, the head included */
} UTestFraming;

typedef enum
{
  U_TEST_AFTER_KEEP,          /* the connection waits for the next request */
  U_TEST_AFTER_CLOSE,
  U_TEST_AFTER_STALL,         /* nothing more comes until the client gives up */
  U_TEST_AFTER_CLOSE_ON_NEXT, /* closes when the next request begins to arrive */
  U_TEST_AFTER_LINGER,        /* closes for writing, reads what still comes up to a bound */
} UTestAfter;

/* Everything the connection has to know to answer one request: what to send, and how to misbehave. */
typedef struct
{
  /* The head */
  guint status;
  char *reason;               /* owned; NULL: the usual one */
  guint minor;                /* of HTTP/1.x */
  GPtrArray *headers;         /* owned; name, value, name, value … */
  gboolean early_hints;       /* a 103 first */

  /* The body: bytes, or else a part of the pattern */
  GBytes *bytes;              /* owned, nullable */
  guint64 seed;
  guint64 offset;             /* of the first byte to send, in the bytes or in the pattern */
  guint64 length;             /* from there */
  gboolean head_only;         /* an answer to HEAD */

  /* How it is sent */
  UTestFraming framing;
  UTestAfter after;
  gint64 delay;               /* milliseconds before the head; 0: none */
  gint64 rate;                /* bytes per second; 0: no limit */
  gint64 chunk;               /* bytes per write; 0: as it is best */
  gint64 pause_after;         /* −1: never, as the next two */
  gint64 drop_after;
  gint64 reset_after;
} UTestReply;

UTestReply *u_test_reply_new        (guint             status);
void        u_test_reply_free       (UTestReply       *self);
void        u_test_reply_add_header (UTestReply       *self,
                                     const char       *name,
                                     const char       *value);
void        u_test_reply_set_text   (UTestReply       *self,
                                     const char       *type,
                                     const char       *text);
void        u_test_reply_take_raw   (UTestReply       *self,
                                     GBytes           *bytes);
void        u_test_reply_read_body  (const UTestReply *self,
                                     guint64           position,
                                     guint8           *buffer,
                                     gsize             length);
char       *u_test_reply_dup_head   (const UTestReply *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTestReply, u_test_reply_free)

G_END_DECLS

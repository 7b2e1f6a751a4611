/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "u-test-scene.h"

G_BEGIN_DECLS

/* A protocol that does what a test says, and writes down what it was asked: "?" and its letter for can_load(), "+" for
 * start(), "-" for stop(). Each call is checked to come in the context of the session. */
#define TEST_TYPE_PROTOCOL (test_protocol_get_type ())
G_DECLARE_FINAL_TYPE (TestProtocol, test_protocol, TEST, PROTOCOL, UProtocol)

typedef void (*TestStart) (TestProtocol *self, UProtocolLoad *load);

struct _TestProtocol
{
  UProtocol parent_instance;

  GMainContext *context;      /* not owned; NULL: not checked */
  GString *log;               /* not owned, nullable */
  char letter;
  char *prefix;               /* owned; of the URLs that are its own */
  TestStart start;            /* nullable: the load is let go */
  gpointer data;
  int n_started;              /* atomic */
  int n_stopped;              /* atomic */
  UProtocolLoad *load;        /* owned, nullable; the last one, with keep() */
  gboolean stopped_another;   /* stop() came for another object than start() */
};

TestProtocol *test_protocol_new       (UTestScene            *scene,
                                       const char            *prefix,
                                       TestStart              start);
/* The session has exactly these, up to a NULL. */
void          test_protocol_configure (UTestScene            *scene,
                                       TestProtocol          *first,
                                       ...) G_GNUC_NULL_TERMINATED;
/* Nobody holds it any more; it has stopped what it started. */
void          test_protocol_done      (UTestScene            *scene,
                                       TestProtocol          *self);

/* For TestStart: the test goes on with self->load. */
void          test_protocol_keep      (TestProtocol          *self,
                                       UProtocolLoad         *load);
/* "hello", with everything that belongs to it. */
void          test_protocol_hello     (TestProtocol          *self,
                                       UProtocolLoad         *load);
/* Until it was started for a load that is kept. */
UProtocolLoad *test_protocol_wait     (UTestScene            *scene,
                                       TestProtocol          *self);
void          test_protocol_send_text (UProtocolLoad         *load,
                                       const char            *text);
void          test_protocol_respond   (UProtocolLoad         *load,
                                       gint64                 length);

/* A task of the session, run to its end. */
UTask        *test_protocol_run       (UTestScene            *scene,
                                       const char            *uri);

G_END_DECLS

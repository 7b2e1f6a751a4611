/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A stream of server-sent events (WHATWG HTML section 9.2.6), read as it comes. */
typedef struct _UEventParser UEventParser;

/* UTF-8, whatever came; without the last line break of @data. */
typedef void (*UEventParserFunc) (gpointer    user_data,
                                  const char *type,
                                  const char *data,
                                  const char *last_event_id);

/* @maximum: bytes that one event may have, 0: no bound. */
UEventParser *u_event_parser_new          (gsize              maximum);
void          u_event_parser_free         (UEventParser      *self);
void          u_event_parser_set_maximum  (UEventParser      *self,
                                           gsize              maximum);

/* @func may not free the parser. FALSE: an event is too long. It may have stopped at u_event_parser_stop(). */
gboolean      u_event_parser_feed         (UEventParser      *self,
                                           const char        *data,
                                           gsize              length,
                                           UEventParserFunc   func,
                                           gpointer           user_data);
/* For @func: nothing more is wanted. */
void          u_event_parser_stop         (UEventParser      *self);
/* Another stream begins: an event that is not complete is dropped, the identifier stays. */
void          u_event_parser_reset        (UEventParser      *self);

/* Of the last event that was complete; "" before there was one. */
const char   *u_event_parser_get_id       (UEventParser      *self);
void          u_event_parser_set_id       (UEventParser      *self,
                                           const char        *id);
/* Milliseconds that the server asked for since the last call, or -1. */
gint64        u_event_parser_take_retry   (UEventParser      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UEventParser, u_event_parser_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/loader/u-parts-stream-private.h"

G_BEGIN_DECLS

typedef struct
{
  /* (transfer full) (nullable): the connection on which the head of the request went, if it may be written on. */
  GIOStream *(*dup_connection) (gpointer user_data);
  /* Bytes that may be sent now; G_MAXINT64: no bound. */
  gint64 (*get_credit) (gpointer user_data);
  /* So many were taken to be sent. */
  void (*took) (gpointer user_data, gsize n);
  /* So many of those were written by the sender itself; libsoup tells of the others. */
  void (*wrote) (gpointer user_data, gsize n);
  /* The rest is not sent: the server has answered, or the connection is broken. After this request the connection is
   * of no use. */
  void (*cut) (gpointer user_data);
} UHttpSenderFuncs;

/*
 * The body of a request as libsoup reads it.
 *
 * libsoup copies a body in small steps, each of which is some turns of the main loop, and over HTTP/1.1 hears no answer
 * before the end of it. So with its first read the sender writes on the connection itself, in large blocks, for as long
 * as nothing comes back, and then tells libsoup that this was all. Where the connection is not known or not to be
 * written on, as with HTTP/2, it is an ordinary stream.
 */
#define U_TYPE_HTTP_SENDER (u_http_sender_get_type ())
G_DECLARE_FINAL_TYPE (UHttpSender, u_http_sender, U, HTTP_SENDER, GInputStream)

/* @source: (transfer full). @funcs: static. */
UHttpSender *u_http_sender_new    (UPartsStream           *source,
                                   const UHttpSenderFuncs *funcs,
                                   gpointer                user_data);
/* Nothing is told or asked after this; nor is anything sent. */
void         u_http_sender_detach (UHttpSender            *self);
/* There is credit again. */
void         u_http_sender_go_on  (UHttpSender            *self);

G_END_DECLS

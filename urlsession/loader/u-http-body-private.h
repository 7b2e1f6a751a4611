/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/loader/u-content-decoder-private.h"

G_BEGIN_DECLS

/*
 * The body of one response on its way from libsoup to the one who receives it: read without blocking, decoded, counted,
 * never more than there is credit for, and checked at its end.
 *
 * Reference-counted, not thread-safe. No function is called after stop(), which is legal from inside one of them.
 */
typedef struct _UHttpBody UHttpBody;

typedef struct
{
  guint8 *(*get_buffer) (gpointer user_data, gsize *size);
  /* @length bytes are in the buffer, they came as @wire_length bytes. */
  void (*data) (gpointer user_data, gsize length, gint64 wire_length);
  /* Once, at the end. @error: an error of GIO or of U_ERROR; NULL: the body was complete. @wire_length: what came after
   * the last data(), such as the check sum of a coding. */
  void (*done) (gpointer user_data, const GError *error, gint64 wire_length);
} UHttpBodyFuncs;

UHttpBody *u_http_body_new        (GInputStream         *stream,
                                   gboolean              multiplexed,
                                   UContentDecoder      *decoder,
                                   gint64                expected,
                                   gint64                credit,
                                   const UHttpBodyFuncs *funcs,
                                   gpointer              user_data);
UHttpBody *u_http_body_ref        (UHttpBody            *self);
void       u_http_body_unref      (UHttpBody            *self);
void       u_http_body_start      (UHttpBody            *self);
void       u_http_body_set_credit (UHttpBody            *self,
                                   gint64                credit);
void       u_http_body_stop       (UHttpBody            *self);
/* For HTTP/2: ends the body with an error when @socket (nullable) comes to its end. */
void       u_http_body_watch      (UHttpBody            *self,
                                   GSocket              *socket);
/* For HTTP/2: takes what lies in the memory of libsoup. */
void       u_http_body_take_arrived (UHttpBody          *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

/* The body of a request, as often as it is sent: of one load, on its thread. */
typedef struct _UHttpUpload UHttpUpload;

typedef struct
{
  /* The length is known, after measure() said that it was not. */
  void (*measured) (gpointer user_data);
  /* There is no body to send, or it ended before its end. @error: in U_ERROR, borrowed. */
  void (*failed)   (gpointer user_data, const GError *error);
  /* (transfer full) (nullable): the connection of HTTP/1 over which the request goes. Itself nullable: the body is only
   * read, and the two below are never called. */
  GIOStream *(*dup_connection) (gpointer user_data);
  /* Bytes were sent that libsoup does not know of. */
  void (*sent)     (gpointer user_data, gsize n);
  /* The rest is not sent: there is an answer, or the connection is broken. It is of no use after this. */
  void (*cut)      (gpointer user_data);
} UHttpUploadFuncs;

/* What is sent of a body; see ULoadParams. */
typedef struct
{
  gint64 offset;
  gint64 count;
  gint64 total;
} UHttpUploadPart;

/* @request: with a body. @funcs: static. */
UHttpUpload  *u_http_upload_new        (URequestData           *request,
                                        const UHttpUploadPart  *part,
                                        const UHttpUploadFuncs *funcs,
                                        gpointer                user_data);
/* Nothing is told after this; what is under way ends by itself. */
void          u_http_upload_free       (UHttpUpload            *self);

/* TRUE: the length is known. Otherwise either of the functions is called, later. */
gboolean      u_http_upload_measure    (UHttpUpload            *self,
                                        GCancellable           *cancellable);
/* Once it is known: of the part. */
gint64        u_http_upload_get_length (UHttpUpload            *self);
/* The bytes that may be sent from now on; G_MAXINT64, as at first: no bound. */
void          u_http_upload_set_credit (UHttpUpload            *self,
                                        gint64                  credit);
/* (transfer full): the part from its first byte, in the place of what was opened last. Nothing is read here.
 * @multiplexed: it may be sent over HTTP/2. */
GInputStream *u_http_upload_open       (UHttpUpload            *self,
                                        gboolean                multiplexed);

G_END_DECLS

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
/* (transfer full): the part from its first byte. Nothing is read here. */
GInputStream *u_http_upload_open       (UHttpUpload            *self);

G_END_DECLS

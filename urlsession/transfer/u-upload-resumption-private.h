/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/*
 * Resumable uploads, after draft-ietf-httpbis-resumable-upload with the interoperability version 6: what is known of
 * one, what to ask next, what an answer means. Nothing is sent here.
 *
 * The first request is that of the application, with the promise that all of the body is in it. A server that can do it
 * says 104 with the URL of a resource of its own for this upload. When the connection is lost, that resource is asked
 * how much it has (HEAD), and given the rest (PATCH).
 */

typedef enum {
  U_UPLOAD_CREATING,          /* the request of the application */
  U_UPLOAD_ASKING,            /* HEAD */
  U_UPLOAD_APPENDING,         /* PATCH, with @part bytes from @offset */
} UUploadPhase;

typedef struct
{
  URequestData *original;     /* owned; of the application, after redirects */
  UUploadPhase phase;
  char *uri;                  /* owned, nullable: of the resource for this upload; NULL: the server offered none */
  gint64 offset;              /* bytes that the server has, as it said last: the next part begins there */
  gint64 acknowledged;        /* the most that it ever said: it will not ask for those again */
  gint64 length;              /* bytes of the body; -1 unknown */
  gint64 append_limit;        /* bytes that one PATCH may have; 0: any */
  gint64 part;                /* APPENDING: bytes in the request; -1: all the rest, whose length is unknown */
  guint n_moves;              /* how often the resource said that it is somewhere else, in a row */
} UUploadResumption;

typedef enum {
  U_UPLOAD_DELIVERS,          /* the response is what the application waits for */
  U_UPLOAD_SENDS,             /* the next request, at once */
  U_UPLOAD_TRIES_AGAIN,       /* the next request, after a while and not for ever. In the end the response is delivered,
                               * if the request had a body, and the upload has failed otherwise */
  U_UPLOAD_FAILS,             /* with an error */
} UUploadStep;

void          u_upload_resumption_init         (UUploadResumption *self,
                                                URequestData      *original,
                                                gint64             length);
void          u_upload_resumption_clear        (UUploadResumption *self);
/* A redirect leads to another request of the application's: what the one before was offered is void. */
void          u_upload_resumption_restart      (UUploadResumption *self,
                                                URequestData      *original);
/* What is to be sent in this phase. The body is that of the original; which part of it, say @offset and @part. */
URequestData *u_upload_resumption_make_request (const UUploadResumption *self);

/* A 1xx came. FALSE: it says nothing of resuming. */
gboolean      u_upload_resumption_take_informational (UUploadResumption *self,
                                                      UResponseData     *response);
/* A response came; the state is that of the next request then. @all_sent: the server has all of the part. */
UUploadStep   u_upload_resumption_take_response (UUploadResumption *self,
                                                 UResponseData     *response,
                                                 gboolean           all_sent,
                                                 GError           **error);
/* The connection was lost. FALSE: there is nothing to go on with. */
gboolean      u_upload_resumption_take_break    (UUploadResumption *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/* What a later request needs to ask for the rest of the same thing. */
typedef struct
{
  gint64 offset;              /* bytes that are there */
  gint64 total;               /* bytes in all; -1 unknown */
  char *etag;                 /* strong; nullable */
  char *last_modified;        /* nullable */
} UResumePoint;

typedef enum {
  U_RESUME_APPEND,            /* the body is the rest */
  U_RESUME_START_OVER,        /* the body is the whole */
  U_RESUME_ASK_AGAIN,         /* of no use: to be asked for again, without a range */
  U_RESUME_COMPLETE,          /* nothing was missing */
  U_RESUME_OTHER,             /* says nothing about the file: an error status */
} UResumeVerdict;

void           u_resume_point_clear    (UResumePoint  *self);
/* Whether a transfer of @request that @response answered could go on later, and from what. */
gboolean       u_resume_point_read     (UResumePoint  *self,
                                        URequestData  *request,
                                        UResponseData *response,
                                        gboolean       encoded);
/* Range and If-Range; NULL when there is nothing to go on from. */
UHeaderList   *u_resume_point_headers  (const UResumePoint *self,
                                        UHeaderList        *base);
UResumeVerdict u_resume_point_judge    (const UResumePoint *self,
                                        UResponseData      *response,
                                        gint64             *total);

G_END_DECLS

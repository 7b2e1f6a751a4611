/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-request.h"

G_BEGIN_DECLS

/* Which property: of the installed ones, and for who notifies. */
typedef enum {
  U_REQUEST_PROP_0,
  U_REQUEST_ALLOWS_CELLULAR_ACCESS,
  U_REQUEST_ALLOWS_CONSTRAINED_ACCESS,
  U_REQUEST_ALLOWS_EXPENSIVE_ACCESS,
  U_REQUEST_HANDLES_COOKIES,
  U_REQUEST_HEADERS,
  U_REQUEST_MAIN_DOCUMENT_URI,
  U_REQUEST_MAXIMUM_BODY_LENGTH,
  U_REQUEST_METHOD,
  U_REQUEST_RETRY_POLICY,
  U_REQUEST_TIMEOUT,
  U_REQUEST_URI,
  U_REQUEST_N_PROPS,
} URequestProperty;

extern GParamSpec *u_request_props[U_REQUEST_N_PROPS];

struct _URequest
{
  GObject parent_instance;

  URequestData *data;         /* owned, never NULL; may be shared: unshared before each change */
  UHeaders *headers;          /* owned; NULL until asked for. Unless sealed it goes before `data->headers` */
  GFile *body_file;           /* owned; NULL until asked for */
  URetryPolicy *retry_policy; /* owned, sealed; NULL until asked for */
  gboolean sealed;
};

/* (transfer full): what the request says at this moment; no later change of it shows. */
URequestData *u_request_ref_data      (URequest     *self);

/* Views of @data (transfer none), which is shared: one that cannot be changed, and one that copies before a change. */
URequest     *u_request_new_sealed    (URequestData *data);
URequest     *u_request_new_from_data (URequestData *data);

/* Whether a change may go on, a critical if not; data that others hold is left to them. */
gboolean      u_request_begin_change  (URequest     *self);
/* After that: the request has no body. */
void          u_request_clear_body    (URequest     *self);
void          u_request_set_body_source (URequest    *self,
                                         UBodySource *source,
                                         const char  *content_type);

G_END_DECLS

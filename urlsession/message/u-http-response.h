/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/message/u-response.h>

G_BEGIN_DECLS

#define U_TYPE_HTTP_RESPONSE (u_http_response_get_type ())
#define U_HTTP_RESPONSE(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_HTTP_RESPONSE, UHttpResponse))
#define U_IS_HTTP_RESPONSE(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_HTTP_RESPONSE))

/* Private: a final type. */
typedef struct _UHttpResponseClass UHttpResponseClass;

U_AVAILABLE_IN_ALL
GType        u_http_response_get_type         (void) G_GNUC_CONST;

U_AVAILABLE_IN_ALL
UHttpResponse *u_http_response_new             (const char    *uri,
                                               guint          status_code,
                                               const char    *http_version,
                                               UHeaders      *headers) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
guint        u_http_response_get_status_code  (UHttpResponse *self);

U_AVAILABLE_IN_ALL
const char  *u_http_response_get_http_version (UHttpResponse *self);

U_AVAILABLE_IN_ALL
UHeaders    *u_http_response_get_headers      (UHttpResponse *self);

U_AVAILABLE_IN_ALL
const char  *u_http_response_get_header       (UHttpResponse *self,
                                               const char    *name);

U_AVAILABLE_IN_ALL
const char  *u_http_response_get_status_text  (guint          status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHttpResponse, g_object_unref)

G_END_DECLS

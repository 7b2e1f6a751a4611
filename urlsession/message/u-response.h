/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_RESPONSE (u_response_get_type ())
#define U_RESPONSE(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_RESPONSE, UResponse))
#define U_IS_RESPONSE(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_RESPONSE))

/* Private: only this library derives from UResponse. */
typedef struct _UResponseClass UResponseClass;

U_AVAILABLE_IN_ALL
GType        u_response_get_type                    (void) G_GNUC_CONST;

U_AVAILABLE_IN_ALL
UResponse   *u_response_new                         (const char *uri,
                                                     const char *mime_type,
                                                     gint64      expected_content_length,
                                                     const char *text_encoding_name) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
const char  *u_response_get_uri                     (UResponse  *self);

U_AVAILABLE_IN_ALL
const char  *u_response_get_mime_type               (UResponse  *self);

U_AVAILABLE_IN_ALL
gint64       u_response_get_expected_content_length (UResponse  *self);

U_AVAILABLE_IN_ALL
const char  *u_response_get_text_encoding_name      (UResponse  *self);

U_AVAILABLE_IN_ALL
const char  *u_response_get_suggested_filename      (UResponse  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UResponse, g_object_unref)

G_END_DECLS

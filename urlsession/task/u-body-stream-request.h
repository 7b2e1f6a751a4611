/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/task/u-decision.h>

G_BEGIN_DECLS

#define U_TYPE_BODY_STREAM_REQUEST (u_body_stream_request_get_type ())
#define U_BODY_STREAM_REQUEST(obj) (G_TYPE_CHECK_INSTANCE_CAST ((obj), U_TYPE_BODY_STREAM_REQUEST, UBodyStreamRequest))
#define U_IS_BODY_STREAM_REQUEST(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), U_TYPE_BODY_STREAM_REQUEST))

typedef struct _UBodyStreamRequestClass UBodyStreamRequestClass;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UBodyStreamRequest, g_object_unref)

U_AVAILABLE_IN_ALL
GType  u_body_stream_request_get_type     (void);

U_AVAILABLE_IN_ALL
gint64 u_body_stream_request_get_offset   (UBodyStreamRequest *self);

U_AVAILABLE_IN_ALL
void   u_body_stream_request_provide      (UBodyStreamRequest *self,
                                           GInputStream       *stream);
U_AVAILABLE_IN_ALL
void   u_body_stream_request_provide_none (UBodyStreamRequest *self);

G_END_DECLS

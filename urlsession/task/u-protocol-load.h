/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/auth/u-credential.h>
#include <urlsession/auth/u-protection-space.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-http-response.h>
#include <urlsession/message/u-request.h>

G_BEGIN_DECLS

#define U_TYPE_PROTOCOL_LOAD (u_protocol_load_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UProtocolLoad, u_protocol_load, U, PROTOCOL_LOAD, GObject)

U_AVAILABLE_IN_ALL
URequest     *u_protocol_load_get_request      (UProtocolLoad       *self);
U_AVAILABLE_IN_ALL
UTask        *u_protocol_load_get_task         (UProtocolLoad       *self);
U_AVAILABLE_IN_ALL
GCancellable *u_protocol_load_get_cancellable  (UProtocolLoad       *self);
U_AVAILABLE_IN_ALL
GInputStream *u_protocol_load_open_body        (UProtocolLoad       *self);

U_AVAILABLE_IN_ALL
void          u_protocol_load_respond          (UProtocolLoad       *self,
                                                UResponse           *response);
U_AVAILABLE_IN_ALL
void          u_protocol_load_send_data        (UProtocolLoad       *self,
                                                GBytes              *bytes);
U_AVAILABLE_IN_ALL
void          u_protocol_load_send_async       (UProtocolLoad       *self,
                                                GBytes              *bytes,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);
U_AVAILABLE_IN_ALL
gboolean      u_protocol_load_send_finish      (UProtocolLoad       *self,
                                                GAsyncResult        *result,
                                                GError             **error);
U_AVAILABLE_IN_ALL
void          u_protocol_load_finish           (UProtocolLoad       *self);
U_AVAILABLE_IN_ALL
void          u_protocol_load_fail             (UProtocolLoad       *self,
                                                const GError        *error);
U_AVAILABLE_IN_ALL
void          u_protocol_load_redirect         (UProtocolLoad       *self,
                                                URequest            *request,
                                                UHttpResponse       *response);

U_AVAILABLE_IN_ALL
void          u_protocol_load_challenge_async  (UProtocolLoad       *self,
                                                UProtectionSpace    *space,
                                                UCredential         *proposed,
                                                guint                previous_failure_count,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);
U_AVAILABLE_IN_ALL
UCredential  *u_protocol_load_challenge_finish (UProtocolLoad       *self,
                                                GAsyncResult        *result,
                                                GError             **error);

G_END_DECLS

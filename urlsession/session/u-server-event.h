/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_SERVER_EVENT (u_server_event_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UServerEvent, u_server_event, U, SERVER_EVENT, GObject)

U_AVAILABLE_IN_ALL
UServerEvent *u_server_event_new               (const char   *event_type,
                                                const char   *text,
                                                const char   *last_event_id) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
const char   *u_server_event_get_event_type    (UServerEvent *self);

U_AVAILABLE_IN_ALL
const char   *u_server_event_get_text          (UServerEvent *self);

U_AVAILABLE_IN_ALL
const char   *u_server_event_get_last_event_id (UServerEvent *self);

G_END_DECLS

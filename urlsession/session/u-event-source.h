/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/base/u-enums.h>
#include <urlsession/message/u-request.h>
#include <urlsession/message/u-response.h>
#include <urlsession/session/u-server-event.h>
#include <urlsession/session/u-session.h>

G_BEGIN_DECLS

#define U_TYPE_EVENT_SOURCE (u_event_source_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UEventSource, u_event_source, U, EVENT_SOURCE, GObject)

U_AVAILABLE_IN_ALL
UEventSource          *u_event_source_new                      (USession     *session,
                                                                URequest     *request) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
void                   u_event_source_open                     (UEventSource *self);
U_AVAILABLE_IN_ALL
void                   u_event_source_close                    (UEventSource *self);

U_AVAILABLE_IN_ALL
USession              *u_event_source_get_session              (UEventSource *self);
U_AVAILABLE_IN_ALL
URequest              *u_event_source_get_request              (UEventSource *self);
U_AVAILABLE_IN_ALL
UEventSourceState      u_event_source_get_ready_state          (UEventSource *self);
U_AVAILABLE_IN_ALL
UResponse             *u_event_source_get_response             (UEventSource *self);

U_AVAILABLE_IN_ALL
const char            *u_event_source_get_last_event_id        (UEventSource *self);
U_AVAILABLE_IN_ALL
void                   u_event_source_set_last_event_id        (UEventSource *self,
                                                                const char   *last_event_id);
U_AVAILABLE_IN_ALL
double                 u_event_source_get_reconnection_time    (UEventSource *self);
U_AVAILABLE_IN_ALL
void                   u_event_source_set_reconnection_time    (UEventSource *self,
                                                                double        reconnection_time);
U_AVAILABLE_IN_ALL
gint64                 u_event_source_get_maximum_event_length (UEventSource *self);
U_AVAILABLE_IN_ALL
void                   u_event_source_set_maximum_event_length (UEventSource *self,
                                                                gint64        maximum_event_length);

G_END_DECLS

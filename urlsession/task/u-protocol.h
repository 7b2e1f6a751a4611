/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-request.h>
#include <urlsession/task/u-protocol-load.h>

G_BEGIN_DECLS

#define U_TYPE_PROTOCOL (u_protocol_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (UProtocol, u_protocol, U, PROTOCOL, GObject)

/**
 * UProtocolClass:
 * @parent_class: the parent class
 * @can_load: whether the protocol carries out a request
 * @start: begins a load
 * @stop: ends a load
 *
 * What a protocol of an application implements.
 */
struct _UProtocolClass
{
  GObjectClass parent_class;

  gboolean (*can_load) (UProtocol     *self,
                        URequest      *request);
  void     (*start)    (UProtocol     *self,
                        UProtocolLoad *load);
  void     (*stop)     (UProtocol     *self,
                        UProtocolLoad *load);

  /*< private >*/
  gpointer padding[12];
};

U_AVAILABLE_IN_ALL
void u_protocol_register   (UProtocol *self);
U_AVAILABLE_IN_ALL
void u_protocol_unregister (UProtocol *self);

G_END_DECLS

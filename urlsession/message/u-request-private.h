/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-request.h"

G_BEGIN_DECLS

/* (transfer full): what the request says at this moment; no later change of it shows. */
URequestData *u_request_ref_data      (URequest     *self);

/* Views of @data (transfer none), which is shared: one that cannot be changed, and one that copies before a change. */
URequest     *u_request_new_sealed    (URequestData *data);
URequest     *u_request_new_from_data (URequestData *data);

G_END_DECLS

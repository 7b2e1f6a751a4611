/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "urlsession/message/u-request-data-private.h"

G_BEGIN_DECLS

/* What a request says of cookies and networks, as members of a JSON object; what is as usual is left out. */

void     u_request_policy_to_json   (URequestData *request,
                                     JsonBuilder  *builder);
/* FALSE: a member is not of its type. */
gboolean u_request_policy_from_json (URequestData *request,
                                     JsonObject   *object);

G_END_DECLS

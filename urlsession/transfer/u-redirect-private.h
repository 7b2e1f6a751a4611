/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/* So many hops, and the next one is an error. */
#define U_REDIRECT_LIMIT 20

/* The request that follows from @response by RFC 9110 section 15.4, or NULL when the response is to be delivered as it
 * is. NULL with @error when it leads somewhere it must not. */
URequestData *u_redirect_next (URequestData   *request,
                               UResponseData  *response,
                               GError        **error);

G_END_DECLS

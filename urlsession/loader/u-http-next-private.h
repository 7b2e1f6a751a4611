/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a load does after an answer, or after libsoup is done with its message. */
typedef enum {
  U_HTTP_GOES_ON,             /* libsoup goes on with what it was at */
  U_HTTP_SENDS_AGAIN,
  U_HTTP_ASKS,
  U_HTTP_RESPONDS,
  U_HTTP_FAILS,
} UHttpNext;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether text that arrives in pieces is UTF-8 (RFC 3629), told with the first byte that cannot be. All zero: at the
 * start. U+0000 is a character as any other. */
typedef struct
{
  guint n_missing;            /* bytes of the character that has begun */
  guint8 lowest;              /* what the next one may be */
  guint8 highest;
} UUtf8Check;

gboolean u_utf8_check_feed  (UUtf8Check   *self,
                             const guint8 *data,
                             gsize         length);
/* Whether the text may end here. */
gboolean u_utf8_check_ended (UUtf8Check   *self);

G_END_DECLS

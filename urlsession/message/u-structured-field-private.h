/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Structured fields (RFC 9651), as far as something here reads them. A field that is not what it has to be is ignored
 * as a whole, as section 4.2 says: then these return FALSE and leave @value alone. @field: nullable: there is none. All
 * lines of a field, joined by ", ". */

gboolean u_structured_field_get_boolean (const char *field,
                                         gboolean   *value);
gboolean u_structured_field_get_integer (const char *field,
                                         gint64     *value);
/* Of a dictionary: the integer under @key; the last one counts. FALSE as well when there is no such key. */
gboolean u_structured_field_get_member  (const char *field,
                                         const char *key,
                                         gint64     *value);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a Content-Type field says (RFC 9110 section 8.3): the type in lower case without parameters, and the charset
 * in lower case without quotes; NULL for what is missing or malformed. */
void u_content_type_parse (const char  *value,
                           char       **mime_type,
                           char       **charset);

/* The value of a parameter that follows the first ";" of a field value, unquoted, or NULL. */
char *u_content_type_dup_parameter (const char *value,
                                    const char *name);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest name that is suggested, in bytes: a file system takes 255, and callers append " (2)" or ".part". */
#define U_FILE_NAME_MAX_BYTES 200

/* What to call the body of a response in a folder of the user's: never NULL, never a path, valid UTF-8. From the
 * Content-Disposition field (RFC 6266), else the last component of the URL's path, else its host, else "Unknown". All
 * arguments are nullable and come from the network as they are. */
char *u_file_name_suggest (const char *content_disposition,
                           const char *uri,
                           const char *mime_type);

G_END_DECLS

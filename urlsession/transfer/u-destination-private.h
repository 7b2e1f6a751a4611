/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/base/u-enums.h"

G_BEGIN_DECLS

/* The folder in which the final file will lie: @destination itself, or its parent. */
char    *u_destination_dup_folder (const char    *destination);

/* Moves the complete file @part_path to @destination (in a folder: under @suggested_name) in one step, so that there is
 * never half a file under the final name. Blocks. Returns the final path. */
char    *u_destination_place      (const char    *part_path,
                                   const char    *destination,
                                   const char    *suggested_name,
                                   UFileConflict  conflict,
                                   GError       **error);

G_END_DECLS

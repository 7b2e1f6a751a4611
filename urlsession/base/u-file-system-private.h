/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether the file @fd is on a file system that waits for somebody else: no I/O thread reads or writes there. */
gboolean u_file_system_is_remote (int fd);

G_END_DECLS

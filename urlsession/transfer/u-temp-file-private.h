/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The files that downloads are written to before they are whole. One in use is locked by its process; one that was
 * left on purpose, to be resumed, has another suffix. What is neither is an orphan of a process that died. */

/* The folder for downloads without a destination, made when it is missing. */
char    *u_temp_file_dup_folder (GError     **error);
/* A new, locked file in @folder; errors in U_ERROR. */
int      u_temp_file_create     (const char  *folder,
                                 char       **path,
                                 GError     **error);
/* Opens what u_temp_file_keep() left and locks it, and removes its private part, which was read before; -1 when it is
 * not there, or another process uses it. */
int      u_temp_file_reopen     (const char  *kept_path,
                                 char       **path,
                                 GError     **error);
/* Gives the file the name under which it may stay; returns that name. */
char    *u_temp_file_keep       (const char  *path,
                                 GError     **error);
/* Gives the file a name that no clean-up knows; returns that name. */
char    *u_temp_file_release    (const char  *path,
                                 GError     **error);
/* Removes what processes that died left in @folder. Blocks. */
void     u_temp_file_clean      (const char  *folder);
/* The same, in the background, at most once for each folder and process. */
void     u_temp_file_clean_later (const char *folder);
/* Removes what u_temp_file_keep() left, and its private part. In the background. */
void     u_temp_file_drop_kept  (const char  *kept_path);

G_END_DECLS

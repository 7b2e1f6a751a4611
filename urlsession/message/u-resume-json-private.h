/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "urlsession/message/u-header-list-private.h"

G_BEGIN_DECLS

/* What the resume data of downloads and that of uploads have in common: JSON that was kept by an application, so that
 * nothing in it can be believed, and a file with the secrets. */

#define U_RESUME_JSON_VERSION 1

/* A URI without user info; as it was given where it has none. */
char       *u_resume_json_dup_bare          (const char    *uri);

void        u_resume_json_add_string        (JsonBuilder   *builder,
                                             const char    *name,
                                             const char    *value);   /* nullable: nothing */
void        u_resume_json_add_int           (JsonBuilder   *builder,
                                             const char    *name,
                                             gint64         value);
void        u_resume_json_add_headers       (JsonBuilder   *builder,
                                             UHeaderList   *headers,
                                             gboolean       with_private);
/* The names of what is left out; @earlier: nullable: of what was left out before, and not brought back. */
void        u_resume_json_add_private_names (JsonBuilder   *builder,
                                             UHeaderList   *headers,
                                             GStrv          earlier);
GBytes     *u_resume_json_to_bytes          (JsonBuilder   *builder);

/* The object of that kind and of our version, kept alive by @parser; NULL with what is wrong. @bytes: nullable. */
JsonObject *u_resume_json_load              (JsonParser    *parser,
                                             GBytes        *bytes,
                                             const char    *kind,
                                             const char   **problem);
/* These leave @out alone, and return TRUE, where the member is missing. */
gboolean    u_resume_json_get_string        (JsonObject    *object,
                                             const char    *name,
                                             char         **out);
gboolean    u_resume_json_get_size          (JsonObject    *object,
                                             const char    *name,
                                             gint64        *out);
gboolean    u_resume_json_get_seconds       (JsonObject    *object,
                                             const char    *name,
                                             double        *out);
gboolean    u_resume_json_get_headers       (JsonObject    *object,
                                             UHeaderList   *headers);
gboolean    u_resume_json_get_private_names (JsonObject    *object,
                                             GStrv         *names);
gboolean    u_resume_json_get_full_uri      (JsonObject    *object,
                                             const char    *name,
                                             const char    *known,
                                             char         **out);
/* NULL: missing, or no absolute path of this machine. */
char       *u_resume_json_get_path          (JsonObject    *object,
                                             const char    *name);

/* The file with the secrets; for a disk thread. */
GBytes     *u_resume_json_read_private      (const char    *path,
                                             GError       **error);
gboolean    u_resume_json_write_private     (const char    *path,
                                             GBytes        *bytes,
                                             GError       **error);

G_END_DECLS

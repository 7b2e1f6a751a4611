/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Header fields as they are on the wire: ordered, a name may occur again, names compare without case. Plain C and
 * atomically reference-counted, so an I/O thread may hold one; one that is shared is never changed. */
typedef struct _UHeaderList UHeaderList;

UHeaderList *u_header_list_new      (void);
UHeaderList *u_header_list_ref      (UHeaderList *self);
void         u_header_list_unref    (UHeaderList *self);

/* Consumes the reference; returns a list that nobody else holds, the same one where possible. */
UHeaderList *u_header_list_unshare  (UHeaderList *self);

guint        u_header_list_get_n    (UHeaderList *self);
void         u_header_list_get_nth  (UHeaderList  *self,
                                     guint         position,
                                     const char  **name,
                                     const char  **value);
/* The first value, or NULL. */
const char  *u_header_list_get      (UHeaderList *self,
                                     const char  *name);
/* All values joined by ", ", or NULL. */
char        *u_header_list_dup_joined (UHeaderList *self,
                                       const char  *name);
guint        u_header_list_count    (UHeaderList *self,
                                     const char  *name);
/* The same fields in the same order; the case of names does not count. */
gboolean     u_header_list_equal    (UHeaderList *a,
                                     UHeaderList *b);

/* For a list that nobody else holds. Names and values were checked before (u_header_name_is_valid(),
 * u_header_value_is_valid()). */
void         u_header_list_append   (UHeaderList *self,
                                     const char  *name,
                                     const char  *value);
void         u_header_list_set      (UHeaderList *self,
                                     const char  *name,
                                     const char  *value);
gboolean     u_header_list_remove   (UHeaderList *self,
                                     const char  *name);

/* RFC 9110 section 5: a token; no CR, LF or NUL. */
gboolean     u_header_name_is_valid  (const char *name);
gboolean     u_header_value_is_valid (const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHeaderList, u_header_list_unref)

G_END_DECLS

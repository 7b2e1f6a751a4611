/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_HEADERS (u_headers_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UHeaders, u_headers, U, HEADERS, GObject)

U_AVAILABLE_IN_ALL
UHeaders    *u_headers_new        (void) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
UHeaders    *u_headers_copy       (UHeaders    *self) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
gboolean     u_headers_is_sealed  (UHeaders    *self);

U_AVAILABLE_IN_ALL
const char  *u_headers_get        (UHeaders    *self,
                                   const char  *name);

U_AVAILABLE_IN_ALL
gboolean     u_headers_contains   (UHeaders    *self,
                                   const char  *name);

U_AVAILABLE_IN_ALL
char       **u_headers_dup_values (UHeaders    *self,
                                   const char  *name);

U_AVAILABLE_IN_ALL
char       **u_headers_dup_names  (UHeaders    *self);

U_AVAILABLE_IN_ALL
gboolean     u_headers_set        (UHeaders    *self,
                                   const char  *name,
                                   const char  *value,
                                   GError     **error);

U_AVAILABLE_IN_ALL
gboolean     u_headers_append     (UHeaders    *self,
                                   const char  *name,
                                   const char  *value,
                                   GError     **error);

U_AVAILABLE_IN_ALL
void         u_headers_remove     (UHeaders    *self,
                                   const char  *name);

G_END_DECLS

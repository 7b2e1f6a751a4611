/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>

G_BEGIN_DECLS

#define U_TYPE_FORM_DATA (u_form_data_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (UFormData, u_form_data, U, FORM_DATA, GObject)

U_AVAILABLE_IN_ALL
UFormData *u_form_data_new                (void) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
void       u_form_data_add_field          (UFormData  *self,
                                           const char *name,
                                           const char *value);

U_AVAILABLE_IN_ALL
void       u_form_data_add_bytes          (UFormData  *self,
                                           const char *name,
                                           GBytes     *bytes,
                                           const char *file_name,
                                           const char *content_type);

U_AVAILABLE_IN_ALL
void       u_form_data_add_file           (UFormData  *self,
                                           const char *name,
                                           GFile      *file,
                                           const char *content_type);

U_AVAILABLE_IN_ALL
gboolean   u_form_data_get_uses_multipart (UFormData  *self);
U_AVAILABLE_IN_ALL
void       u_form_data_set_uses_multipart (UFormData  *self,
                                           gboolean    uses_multipart);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-body-parts-private.h"
#include "urlsession/message/u-form-data.h"

G_BEGIN_DECLS

/* Whether it cannot be, or is not to be, application/x-www-form-urlencoded. */
gboolean    u_form_data_is_multipart       (UFormData   *self);

/* (transfer full): the two bodies, and what they are. */
GBytes     *u_form_data_make_urlencoded    (UFormData   *self,
                                            char       **content_type);
UBodyParts *u_form_data_make_multipart     (UFormData   *self,
                                            char       **content_type);

/* The value of a parameter of Content-Disposition: WHATWG HTML, "multipart/form-data encoding algorithm". */
char       *u_form_data_escape             (const char  *name);

G_END_DECLS

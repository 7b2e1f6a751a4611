/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/message/u-response-data-private.h"
#include "urlsession/message/u-response.h"

G_BEGIN_DECLS

struct _UResponse
{
  GObject parent_instance;

  UResponseData *data;        /* owned; NULL only during construction */
  char *suggested_filename;   /* owned; NULL until asked for */

  /* What the construct properties said, until `data` is made of it. */
  char *uri;
  char *mime_type;
  char *charset;
  gint64 expected_length;
};

struct _UResponseClass
{
  GObjectClass parent_class;

  /* (transfer full): what the construct properties amount to; called once, at the end of construction. */
  UResponseData *(*make_data) (UResponse *self);
};

#define U_RESPONSE_CLASS(klass) (G_TYPE_CHECK_CLASS_CAST ((klass), U_TYPE_RESPONSE, UResponseClass))
#define U_RESPONSE_GET_CLASS(obj) (G_TYPE_INSTANCE_GET_CLASS ((obj), U_TYPE_RESPONSE, UResponseClass))

/* A view of @data (transfer none): a UHttpResponse where it is of HTTP. */
UResponse     *u_response_new_from_data (UResponseData *data);
/* (transfer none) */
UResponseData *u_response_get_data      (UResponse     *self);

G_END_DECLS

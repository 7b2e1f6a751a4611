/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The head of a request as it came: immutable, counted, shared between the connection and the log. */
typedef struct
{
  char *method;               /* owned */
  char *target;               /* owned; path and query as sent */
  char *path;                 /* owned; percent-decoded unless that fails */
  char *query;                /* owned; NULL: none */
  guint minor;                /* of HTTP/1.x */
  GPtrArray *headers;         /* owned; name, value, name, value … in the order sent */
} UTestRequest;

UTestRequest *u_test_request_parse      (const char         *head,
                                         gsize               length);
UTestRequest *u_test_request_ref        (UTestRequest       *self);
void          u_test_request_unref      (UTestRequest       *self);
const char   *u_test_request_get_header (const UTestRequest *self,
                                         const char         *name);
gboolean      u_test_request_header_has (const UTestRequest *self,
                                         const char         *name,
                                         const char         *token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTestRequest, u_test_request_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/message/u-header-list-private.h"

G_BEGIN_DECLS

/* What a response says, without the object: immutable once shared, atomically reference-counted, free to cross
 * threads. UResponse and UHttpResponse are views of one. */
typedef struct
{
  gatomicrefcount ref_count;
  char *uri;                  /* where it came from, without user info; never NULL */
  guint status;               /* 0: not HTTP */
  gboolean like_http;         /* not HTTP, but told in its words: status and header fields are for the library alone */
  char *http_version;         /* "1.0", "1.1", "2"; NULL: not HTTP */
  UHeaderList *headers;       /* owned; NULL: not HTTP */
  gint64 expected_length;     /* bytes, as announced; -1 unknown */
  char *mime_type;            /* lower case, without parameters; nullable */
  char *charset;              /* lower case; nullable */
} UResponseData;

/* For HTTP: mime type, charset and length are read from @headers (transfer full). */
UResponseData *u_response_data_new_http (const char  *uri,
                                         guint        status,
                                         const char  *http_version,
                                         UHeaderList *headers);
/* For data:, file: and what applications serve. */
UResponseData *u_response_data_new      (const char *uri,
                                         const char *mime_type,
                                         const char *charset,
                                         gint64      expected_length);
/* For what is not HTTP, but is refused, or gone on with later, by the same rules. */
UResponseData *u_response_data_new_like_http (const char *uri,
                                              guint       status,
                                              const char *mime_type,
                                              const char *charset,
                                              gint64      expected_length);
UResponseData *u_response_data_ref      (UResponseData *self);
void           u_response_data_unref    (UResponseData *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UResponseData, u_response_data_unref)

G_END_DECLS

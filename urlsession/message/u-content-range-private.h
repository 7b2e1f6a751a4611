/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A Content-Range field (RFC 9110 section 14.4), in bytes. */
typedef struct
{
  gint64 first;               /* -1: the range cannot be had (of a 416) */
  gint64 last;                /* inclusive; -1 as above */
  gint64 total;               /* of the whole representation; -1 unknown */
} UContentRange;

gboolean u_content_range_parse       (const char    *value,
                                      UContentRange *range);
/* Whether a server may serve ranges, by its Accept-Ranges field; NULL, that it sent none, does not mean no. */
gboolean u_accept_ranges_allows_bytes (const char   *value);
/* RFC 9110 section 8.8.3: only a strong validator may stand in If-Range. */
gboolean u_etag_is_strong            (const char    *etag);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the query of a URL asks of the server. A number that is not given is −1, a string NULL. */
typedef struct
{
  /* The representation */
  char *etag;                 /* owned; without quotes */
  gboolean weak_etag;
  gboolean no_etag;
  gboolean no_last_modified;
  gboolean no_ranges;
  gboolean change_after_first;
  gint64 seed;
  char *body;                 /* owned; text instead of the pattern */
  char *type;                 /* owned */
  char *name;                 /* owned; a file name, sent as it is */
  char *disposition;          /* owned; a whole Content-Disposition */
  gboolean gzip;
  gboolean deflate;
  gboolean gzip_cut;
  gboolean repr_digest;
  gboolean bad_digest;

  /* The head */
  gint64 status;
  char *version;              /* owned; "1.0" or "1.1" */
  GPtrArray *headers;         /* owned; of "Name:Value" */
  gboolean wrong_range;
  gboolean range_416;
  gboolean early_hints;
  char *url;                  /* owned; where /redirect-to leads */

  /* The framing */
  gboolean chunked;
  gboolean close;
  gboolean chunked_cut;
  gboolean two_lengths;
  gint64 lie_length;

  /* The manner */
  gint64 delay;               /* milliseconds before the head */
  gint64 rate;                /* bytes per second */
  gint64 chunk;               /* bytes per write */
  gint64 pause_after;         /* bytes of this body, as the next two */
  gint64 drop_after;
  gint64 reset_after;
  gboolean drop_once;
  gint64 times;               /* how many requests for this URL get the status, the headers and the break */
} UTestOptions;

UTestOptions *u_test_options_parse (const char   *query,
                                    char        **unknown);
void          u_test_options_free  (UTestOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTestOptions, u_test_options_free)

G_END_DECLS

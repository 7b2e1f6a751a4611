/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-resume-rules-private.h"

#include "urlsession/message/u-content-range-private.h"

void
u_resume_point_clear (UResumePoint *self)
{
  g_free (self->etag);
  g_free (self->last_modified);
  *self = (UResumePoint) { .total = -1 };
}

/*
 * u_resume_point_read:
 * @encoded: a Content-Encoding was taken off, so that offsets count something else
 *
 * RFC 9110 section 14: what it takes to ask for a range and be sure that it is of the same representation.
 */
gboolean
u_resume_point_read (UResumePoint *self, URequestData *request, UResponseData *response, gboolean encoded)
{
  const char *etag;
  const char *last_modified;

  u_resume_point_clear (self);
  if (response->headers == NULL || encoded || !g_str_equal (request->method, "GET") ||
      request->body_kind != U_BODY_NONE || u_header_list_count (request->headers, "Range") > 0)
    return FALSE;
  if (response->status != 200 && response->status != 206)
    return FALSE;
  if (!u_accept_ranges_allows_bytes (u_header_list_get (response->headers, "Accept-Ranges")))
    return FALSE;

  etag = u_header_list_get (response->headers, "ETag");
  last_modified = u_header_list_get (response->headers, "Last-Modified");
  if (etag != NULL && u_etag_is_strong (etag))
    self->etag = g_strdup (etag);
  if (last_modified != NULL)
    self->last_modified = g_strdup (last_modified);

  return self->etag != NULL || self->last_modified != NULL;
}

/* RFC 9110 section 13.1.5: never a weak entity tag in If-Range. */
UHeaderList *
u_resume_point_headers (const UResumePoint *self, UHeaderList *base)
{
  UHeaderList *headers;
  g_autofree char *range = NULL;

  if (self->offset <= 0 || (self->etag == NULL && self->last_modified == NULL))
    return NULL;

  headers = base != NULL ? u_header_list_unshare (u_header_list_ref (base)) : u_header_list_new ();
  range = g_strdup_printf ("bytes=%" G_GINT64_FORMAT "-", self->offset);
  u_header_list_set (headers, "Range", range);
  u_header_list_set (headers, "If-Range", self->etag != NULL ? self->etag : self->last_modified);

  return headers;
}

/* Whether @response says of itself that it is of another version. */
static gboolean
is_other_version (const UResumePoint *self, UResponseData *response)
{
  const char *etag = u_header_list_get (response->headers, "ETag");

  return self->etag != NULL && etag != NULL && !g_str_equal (self->etag, etag);
}

/*
 * u_resume_point_judge:
 * @total: (out): the size of the whole with U_RESUME_APPEND and U_RESUME_COMPLETE, -1 unknown
 *
 * What the answer to a request with the headers of u_resume_point_headers() means. Bytes are joined only when start,
 * size and version all agree.
 */
UResumeVerdict
u_resume_point_judge (const UResumePoint *self, UResponseData *response, gint64 *total)
{
  UContentRange range;

  *total = -1;
  if (response->headers == NULL)
    return U_RESUME_OTHER;

  switch (response->status)
    {
    case 200:
      return U_RESUME_START_OVER;

    case 206:
      if (!u_content_range_parse (u_header_list_get (response->headers, "Content-Range"), &range) ||
          range.first != self->offset || is_other_version (self, response))
        return U_RESUME_ASK_AGAIN;
      if (self->total >= 0 && range.total >= 0 && range.total != self->total)
        return U_RESUME_ASK_AGAIN;
      /* A server may send less than was asked for: the rest would be missing in silence. */
      if (range.total >= 0 && range.last != range.total - 1)
        return U_RESUME_ASK_AGAIN;
      *total = range.total >= 0 ? range.total : self->total;
      return U_RESUME_APPEND;

    case 416:
      if (!u_content_range_parse (u_header_list_get (response->headers, "Content-Range"), &range) ||
          range.total != self->offset || is_other_version (self, response))
        return U_RESUME_ASK_AGAIN;
      *total = range.total;
      return U_RESUME_COMPLETE;

    case 412:
      return U_RESUME_ASK_AGAIN;

    default:
      return U_RESUME_OTHER;
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-upload-resumption-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-resume-data-private.h"
#include "urlsession/message/u-structured-field-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/transfer/u-redirect-private.h"

#define INTEROP_VERSION "6"
#define PART_TYPE "application/partial-upload"

/* What is said of the first request alone: conditions on the resource that it was for, and how its content is framed,
 * coded and summed up. */
static const char * const creation_headers[] = {
  "Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Location", "Content-Disposition",
  "Content-MD5", "Content-Digest", "Digest", "Repr-Digest", "Transfer-Encoding", "Trailer", "Expect",
  "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
  "Upload-Complete", "Upload-Offset", "Upload-Length", "Upload-Draft-Interop-Version",
};

void
u_upload_resumption_init (UUploadResumption *self, URequestData *original, gint64 length)
{
  *self = (UUploadResumption) {
    .original = u_request_data_ref (original),
    .phase = U_UPLOAD_CREATING,
    .length = length,
    .part = length,
  };
}

void
u_upload_resumption_clear (UUploadResumption *self)
{
  g_clear_pointer (&self->original, u_request_data_unref);
  g_clear_pointer (&self->uri, g_free);
}

void
u_upload_resumption_restart (UUploadResumption *self, URequestData *original)
{
  gint64 length = self->length;
  g_autoptr (URequestData) keep = u_request_data_ref (original);

  u_upload_resumption_clear (self);
  u_upload_resumption_init (self, keep, length);
}

static void
set_header (URequestData *request, const char *name, const char *value)
{
  request->headers = u_header_list_unshare (request->headers);
  if (value != NULL)
    u_header_list_set (request->headers, name, value);
  else
    u_header_list_remove (request->headers, name);
}

/* The resource may be of another origin: what lets into the first one is not for that. */
static void
remove_private_headers (URequestData *request)
{
  g_autoptr (UHeaderList) all = g_steal_pointer (&request->headers);
  guint n = u_header_list_get_n (all);

  request->headers = u_header_list_new ();
  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (all, i, &name, &value);
      if (!u_header_name_is_private (name) && g_ascii_strcasecmp (name, "Host") != 0)
        u_header_list_append (request->headers, name, value);
    }
}

/* A request to the resource of the upload, in the name of the one that began it. */
static URequestData *
new_request (const UUploadResumption *self, const char *method)
{
  URequestData *request = u_request_data_copy (self->original);

  g_free (request->method);
  request->method = g_strdup (method);
  u_request_data_set_uri (request, self->uri);
  for (guint i = 0; i < G_N_ELEMENTS (creation_headers); i++)
    set_header (request, creation_headers[i], NULL);
  if (!u_uri_same_origin (self->original->parsed, request->parsed))
    remove_private_headers (request);
  set_header (request, "Upload-Draft-Interop-Version", INTEROP_VERSION);

  return request;
}

URequestData *
u_upload_resumption_make_request (const UUploadResumption *self)
{
  URequestData *request;

  if (self->phase == U_UPLOAD_CREATING)
    {
      request = u_request_data_copy (self->original);
      set_header (request, "Upload-Draft-Interop-Version", INTEROP_VERSION);
      set_header (request, "Upload-Complete", "?1");
    }
  else if (self->phase == U_UPLOAD_ASKING)
    {
      request = new_request (self, "HEAD");
      u_request_data_clear_body (request);
    }
  else
    {
      g_autofree char *offset = g_strdup_printf ("%" G_GINT64_FORMAT, self->offset);
      gboolean is_last = self->part < 0 || self->offset + self->part == self->length;

      request = new_request (self, "PATCH");
      set_header (request, "Content-Type", PART_TYPE);
      set_header (request, "Upload-Offset", offset);
      set_header (request, "Upload-Complete", is_last ? "?1" : "?0");
    }

  return request;
}

/* ---- What a server says ---- */

/* Section 4.1.1: a number that is none counts as none at all. */
static gboolean
get_offset (UResponseData *response, gint64 *offset)
{
  g_autofree char *field = NULL;
  gint64 value;

  if (response->headers == NULL)
    return FALSE;
  field = u_header_list_dup_joined (response->headers, "Upload-Offset");
  if (!u_structured_field_get_integer (field, &value) || value < 0)
    return FALSE;
  *offset = value;

  return TRUE;
}

/* Section 4.1.2. */
static gboolean
get_complete (UResponseData *response, gboolean *complete)
{
  g_autofree char *field = NULL;

  if (response->headers == NULL)
    return FALSE;
  field = u_header_list_dup_joined (response->headers, "Upload-Complete");

  return u_structured_field_get_boolean (field, complete);
}

static gboolean
says_complete (UResponseData *response)
{
  gboolean complete;

  return get_complete (response, &complete) && complete;
}

/* Section 4.1.4. */
static void
take_limit (UUploadResumption *self, UResponseData *response)
{
  g_autofree char *field = NULL;
  gint64 limit;

  if (response->headers == NULL)
    return;
  field = u_header_list_dup_joined (response->headers, "Upload-Limit");
  if (u_structured_field_get_member (field, "max-append-size", &limit) && limit > 0)
    self->append_limit = limit;
}

/* NULL: there is none that may be used. A secure upload does not go on without TLS. */
static char *
dup_location (GUri *base, UResponseData *response)
{
  const char *location = response->headers != NULL ? u_header_list_get (response->headers, "Location") : NULL;
  g_autoptr (GUri) uri = location != NULL ? u_uri_resolve (base, location) : NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  if (g_str_equal (scheme, "https") ||
      (g_str_equal (scheme, "http") && g_str_equal (g_uri_get_scheme (base), "http")))
    return g_uri_to_string (uri);

  return NULL;
}

gboolean
u_upload_resumption_take_informational (UUploadResumption *self, UResponseData *response)
{
  gint64 offset;

  if (response->status != 104)
    return FALSE;

  take_limit (self, response);
  if (get_offset (response, &offset) && (self->length < 0 || offset <= self->length))
    self->acknowledged = MAX (self->acknowledged, offset);
  /* One resource for one upload: what comes later may repeat it, and may not change it. */
  if (self->phase == U_UPLOAD_CREATING && self->uri == NULL)
    self->uri = dup_location (self->original->parsed, response);

  return TRUE;
}

/* ---- What it means ---- */

static char *
dup_masked (const UUploadResumption *self)
{
  return u_uri_string_dup_masked (self->uri != NULL ? self->uri : self->original->uri);
}

/* A failure of the moment: RFC 9110 section 15, RFC 4918 section 11.3, RFC 8470, RFC 6585. */
static gboolean
is_transient (guint status)
{
  return status >= 500 || status == 408 || status == 423 || status == 425 || status == 429;
}

/* The resource has so much of the body: what is missing comes next. */
static UUploadStep
go_on_from (UUploadResumption *self, gint64 offset, GError **error)
{
  g_autofree char *masked = dup_masked (self);

  if (self->length >= 0 && offset > self->length)
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                   "%s claims to have %" G_GINT64_FORMAT " bytes of an upload that has %" G_GINT64_FORMAT ".", masked,
                   offset, self->length);
      return U_UPLOAD_FAILS;
    }
  if (offset < self->acknowledged)
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                   "%s had %" G_GINT64_FORMAT " bytes of an upload, and has %" G_GINT64_FORMAT " now.", masked,
                   self->acknowledged, offset);
      return U_UPLOAD_FAILS;
    }

  self->phase = U_UPLOAD_APPENDING;
  self->offset = offset;
  self->acknowledged = offset;
  self->part = self->length < 0 ? -1 : self->length - offset;
  if (self->append_limit > 0 && self->part > self->append_limit)
    self->part = self->append_limit;

  return U_UPLOAD_SENDS;
}

static UUploadStep
ask (UUploadResumption *self, UUploadStep step)
{
  self->phase = U_UPLOAD_ASKING;

  return step;
}

/* The resource is somewhere else: section 4.3.1, 4.4.1. */
static UUploadStep
move (UUploadResumption *self, UResponseData *response, GError **error)
{
  g_autofree char *masked = dup_masked (self);
  g_autoptr (GUri) base = u_uri_parse (self->uri, NULL);
  g_autofree char *location = dup_location (base, response);

  if (location == NULL || ++self->n_moves > U_REDIRECT_LIMIT)
    {
      g_set_error (error, U_ERROR, location == NULL ? U_ERROR_BAD_SERVER_RESPONSE : U_ERROR_TOO_MANY_REDIRECTS,
                   "The upload was moved from %s to where it cannot be gone on with.", masked);
      return U_UPLOAD_FAILS;
    }
  g_free (self->uri);
  self->uri = g_steal_pointer (&location);

  return U_UPLOAD_SENDS;
}

static UUploadStep
fail_gone (UUploadResumption *self, UResponseData *response, GError **error)
{
  g_autofree char *masked = dup_masked (self);

  g_set_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE,
               "The upload cannot be gone on with: the server answered %u for %s.", response->status, masked);

  return U_UPLOAD_FAILS;
}

/* Section 4.2.1. */
static UUploadStep
take_creation (UUploadResumption *self, UResponseData *response, gboolean all_sent)
{
  if (self->uri == NULL || all_sent || response->status < 500 || says_complete (response))
    return U_UPLOAD_DELIVERS;

  /* Somebody on the way lost the server in the middle of the body. */
  return ask (self, U_UPLOAD_TRIES_AGAIN);
}

/* Section 4.3.1. */
static UUploadStep
take_offset (UUploadResumption *self, UResponseData *response, GError **error)
{
  gint64 offset;

  if (response->status == 307 || response->status == 308)
    return move (self, response, error);
  if (is_transient (response->status))
    return U_UPLOAD_TRIES_AGAIN;
  if (response->status < 200 || response->status >= 300)
    return fail_gone (self, response, error);

  take_limit (self, response);
  self->n_moves = 0;
  /* All arrived, and the answer did not: this is all that will ever be known of it. */
  if (says_complete (response))
    return U_UPLOAD_DELIVERS;
  if (!get_offset (response, &offset))
    {
      g_autofree char *masked = dup_masked (self);

      g_set_error (error, U_ERROR, U_ERROR_BAD_SERVER_RESPONSE,
                   "%s does not say how much of the upload it has.", masked);
      return U_UPLOAD_FAILS;
    }

  return go_on_from (self, offset, error);
}

/* Section 4.4.1. */
static UUploadStep
take_append (UUploadResumption *self, UResponseData *response, gboolean all_sent, GError **error)
{
  gboolean is_last = self->part < 0 || self->offset + self->part == self->length;
  gboolean complete = FALSE;
  gboolean says = get_complete (response, &complete);
  gint64 offset;

  if (says && complete)
    return U_UPLOAD_DELIVERS;
  if (response->status == 307 || response->status == 308)
    return move (self, response, error);
  /* Somebody else went on with it, or what arrived is not what was thought to have. */
  if (response->status == 409 || is_transient (response->status))
    return ask (self, U_UPLOAD_TRIES_AGAIN);
  if (response->status == 404 || response->status == 410)
    return fail_gone (self, response, error);
  if (response->status < 200 || response->status >= 300)
    return U_UPLOAD_DELIVERS;

  self->n_moves = 0;
  if (is_last && !says)
    return U_UPLOAD_DELIVERS;
  if (get_offset (response, &offset))
    return offset > self->offset ? go_on_from (self, offset, error) : ask (self, U_UPLOAD_TRIES_AGAIN);
  if (is_last || !all_sent)
    return ask (self, U_UPLOAD_TRIES_AGAIN);

  return go_on_from (self, self->offset + self->part, error);
}

UUploadStep
u_upload_resumption_take_response (UUploadResumption *self, UResponseData *response, gboolean all_sent, GError **error)
{
  switch (self->phase)
    {
    case U_UPLOAD_ASKING:
      return take_offset (self, response, error);
    case U_UPLOAD_APPENDING:
      return take_append (self, response, all_sent, error);
    case U_UPLOAD_CREATING:
    default:
      return take_creation (self, response, all_sent);
    }
}

gboolean
u_upload_resumption_take_break (UUploadResumption *self)
{
  if (self->uri == NULL)
    return FALSE;

  self->phase = U_UPLOAD_ASKING;

  return TRUE;
}

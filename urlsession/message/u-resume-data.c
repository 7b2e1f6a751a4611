/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-resume-data-private.h"

#include <string.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-content-range-private.h"
#include "urlsession/message/u-digest-private.h"
#include "urlsession/message/u-request-policy-json-private.h"
#include "urlsession/message/u-resume-json-private.h"
#include "urlsession/message/u-uri-private.h"

#define KIND "urlsession-download"
#define KIND_PRIVATE "urlsession-download-private"

UResumeData *
u_resume_data_new (URequestData *request, const char *path)
{
  UResumeData *self = g_new0 (UResumeData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->request = request != NULL ? u_request_data_ref (request) : NULL;
  self->path = g_strdup (path);
  self->total = -1;
  self->created = g_date_time_new_now_utc ();

  return self;
}

UResumeData *
u_resume_data_ref (UResumeData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_resume_data_unref (UResumeData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->request, u_request_data_unref);
  g_free (self->current_uri);
  g_free (self->path);
  g_free (self->etag);
  g_free (self->last_modified);
  g_clear_pointer (&self->created, g_date_time_unref);
  g_free (self->expected_digest);
  g_strfreev (self->private_headers);
  g_free (self);
}

gboolean
u_header_name_is_private (const char *name)
{
  static const char * const parts[] = { "auth", "cookie", "credential", "key", "passw", "secret", "session",
                                        "signature", "token" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (strstr (lower, parts[i]) != NULL)
        return TRUE;
    }

  return FALSE;
}

char *
u_resume_data_dup_private_path (const char *path)
{
  return g_strconcat (path, ".private", NULL);
}

static const char *
get_current_uri (UResumeData *self)
{
  return self->current_uri != NULL ? self->current_uri : self->request->uri;
}

/* --- To JSON --- */

GBytes *
u_resume_data_to_bytes (UResumeData *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *created = g_date_time_format_iso8601 (self->created);
  g_autofree char *uri = u_resume_json_dup_bare (self->request->uri);
  g_autofree char *current_uri = u_resume_json_dup_bare (get_current_uri (self));
  g_autofree char *file = g_filename_to_uri (self->path, NULL, NULL);

  json_builder_begin_object (builder);
  u_resume_json_add_string (builder, "kind", KIND);
  u_resume_json_add_int (builder, "version", U_RESUME_JSON_VERSION);
  u_resume_json_add_string (builder, "created", created);
  u_resume_json_add_string (builder, "uri", uri);
  u_resume_json_add_string (builder, "method", self->request->method);
  if (self->request->timeout > 0)
    {
      json_builder_set_member_name (builder, "timeout");
      json_builder_add_double_value (builder, self->request->timeout);
    }
  u_request_policy_to_json (self->request, builder);
  u_resume_json_add_headers (builder, self->request->headers, FALSE);
  u_resume_json_add_private_names (builder, self->request->headers, self->private_headers);
  if (!g_str_equal (uri, current_uri))
    u_resume_json_add_string (builder, "current-uri", current_uri);
  u_resume_json_add_string (builder, "file", file);
  u_resume_json_add_int (builder, "offset", self->offset);
  if (self->total >= 0)
    u_resume_json_add_int (builder, "total", self->total);
  if (u_etag_is_strong (self->etag) && g_utf8_validate (self->etag, -1, NULL))
    u_resume_json_add_string (builder, "etag", self->etag);
  u_resume_json_add_string (builder, "last-modified", self->last_modified);
  u_resume_json_add_string (builder, "expected-digest", self->expected_digest);
  json_builder_end_object (builder);

  return u_resume_json_to_bytes (builder);
}

/* --- From JSON --- */

/* Returns what is wrong, or NULL. */
static const char *
read_request (JsonObject *object, UResumeData *self)
{
  g_autofree char *uri = NULL;
  g_autofree char *method = NULL;

  if (!u_resume_json_get_string (object, "uri", &uri) || uri == NULL)
    return "has no URL";

  self->request = u_request_data_new (uri);
  if (self->request->parsed == NULL)
    return "has no valid URL";
  if (!u_resume_json_get_string (object, "method", &method) || g_strcmp0 (method, "GET") != 0)
    return "is not for a GET request";
  if (!u_resume_json_get_seconds (object, "timeout", &self->request->timeout))
    return "has no valid timeout";
  if (!u_request_policy_from_json (self->request, object))
    return "has no valid rules on cookies and networks";
  if (!u_resume_json_get_headers (object, self->request->headers) ||
      !u_resume_json_get_private_names (object, &self->private_headers))
    return "has no valid header fields";

  return NULL;
}

static const char *
read_progress (JsonObject *object, UResumeData *self)
{
  g_autofree char *created = NULL;
  g_autoptr (GUri) current = NULL;
  g_autoptr (UDigest) digest = NULL;

  if (!u_resume_json_get_string (object, "current-uri", &self->current_uri))
    return "has no valid URL";
  if (self->current_uri != NULL && (current = u_uri_parse (self->current_uri, NULL)) == NULL)
    return "has no valid URL";

  self->path = u_resume_json_get_path (object, "file");
  if (self->path == NULL)
    return "names no file with an absolute path";

  self->offset = -1;
  if (!u_resume_json_get_size (object, "offset", &self->offset) ||
      !u_resume_json_get_size (object, "total", &self->total) || self->offset < 0 ||
      (self->total >= 0 && self->offset > self->total))
    return "has no valid offset";

  if (!u_resume_json_get_string (object, "etag", &self->etag) || (self->etag != NULL && !u_etag_is_strong (self->etag)))
    return "has no valid entity tag";
  if (!u_resume_json_get_string (object, "last-modified", &self->last_modified))
    return "has no valid date of modification";
  if (!u_resume_json_get_string (object, "expected-digest", &self->expected_digest) ||
      (self->expected_digest != NULL && (digest = u_digest_parse (self->expected_digest, NULL)) == NULL))
    return "has no valid digest";

  if (!u_resume_json_get_string (object, "created", &created) || created == NULL)
    return "has no date";
  g_clear_pointer (&self->created, g_date_time_unref);
  self->created = g_date_time_new_from_iso8601 (created, NULL);

  return self->created == NULL ? "has no valid date" : NULL;
}

UResumeData *
u_resume_data_parse (GBytes *bytes, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (UResumeData) self = u_resume_data_new (NULL, NULL);
  const char *problem = NULL;
  JsonObject *object;

  object = u_resume_json_load (parser, bytes, KIND, &problem);
  if (object != NULL)
    problem = read_request (object, self);
  if (object != NULL && problem == NULL)
    problem = read_progress (object, self);
  if (problem != NULL)
    {
      g_set_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE,
                   "The download cannot be resumed: its resume data %s.", problem);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/* --- The file with the secrets --- */

static gboolean
has_secrets (UResumeData *self)
{
  guint n = u_header_list_get_n (self->request->headers);
  g_autofree char *uri = u_resume_json_dup_bare (self->request->uri);
  g_autofree char *current_uri = u_resume_json_dup_bare (get_current_uri (self));

  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (self->request->headers, i, &name, &value);
      if (u_header_name_is_private (name))
        return TRUE;
    }

  return g_strcmp0 (uri, self->request->uri) != 0 || g_strcmp0 (current_uri, get_current_uri (self)) != 0;
}

gboolean
u_resume_data_save_private (UResumeData *self, GError **error)
{
  g_autofree char *path = u_resume_data_dup_private_path (self->path);
  g_autofree char *for_uri = u_resume_json_dup_bare (self->request->uri);
  g_autofree char *for_current_uri = u_resume_json_dup_bare (get_current_uri (self));
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (!has_secrets (self))
    {
      /* What an earlier download left there must not be sent along with this one. */
      if (self->private_headers == NULL)
        unlink (path);
      return TRUE;
    }

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  u_resume_json_add_string (builder, "kind", KIND_PRIVATE);
  u_resume_json_add_int (builder, "version", U_RESUME_JSON_VERSION);
  u_resume_json_add_string (builder, "for-uri", for_uri);
  u_resume_json_add_string (builder, "for-current-uri", for_current_uri);
  if (g_utf8_validate (self->request->uri, -1, NULL))
    u_resume_json_add_string (builder, "uri", self->request->uri);
  if (self->current_uri != NULL && g_utf8_validate (self->current_uri, -1, NULL))
    u_resume_json_add_string (builder, "current-uri", self->current_uri);
  u_resume_json_add_headers (builder, self->request->headers, TRUE);
  json_builder_end_object (builder);
  bytes = u_resume_json_to_bytes (builder);

  return u_resume_json_write_private (path, bytes, error);
}

/* Whether both files tell of the same download: credentials must not go to where another file sends them. */
static gboolean
belongs_to (JsonObject *object, UResumeData *self)
{
  g_autofree char *for_uri = NULL;
  g_autofree char *for_current_uri = NULL;
  g_autofree char *uri = u_resume_json_dup_bare (self->request->uri);
  g_autofree char *current_uri = u_resume_json_dup_bare (get_current_uri (self));

  return u_resume_json_get_string (object, "for-uri", &for_uri) && g_strcmp0 (for_uri, uri) == 0 &&
         u_resume_json_get_string (object, "for-current-uri", &for_current_uri) &&
         g_strcmp0 (for_current_uri, current_uri) == 0;
}

gboolean
u_resume_data_load_private (UResumeData *self, GError **error)
{
  g_autofree char *path = u_resume_data_dup_private_path (self->path);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (UHeaderList) headers = u_header_list_new ();
  g_autofree char *uri = NULL;
  g_autofree char *current_uri = NULL;
  g_autoptr (GBytes) bytes = u_resume_json_read_private (path, error);
  const char *problem = NULL;
  JsonObject *object;

  if (bytes == NULL)
    return FALSE;

  object = u_resume_json_load (parser, bytes, KIND_PRIVATE, &problem);
  if (object != NULL && !belongs_to (object, self))
    return FALSE;
  if (object != NULL &&
      (!u_resume_json_get_headers (object, headers) ||
       !u_resume_json_get_full_uri (object, "uri", self->request->uri, &uri) ||
       !u_resume_json_get_full_uri (object, "current-uri", get_current_uri (self), &current_uri)))
    problem = "is damaged";
  if (problem != NULL)
    {
      g_set_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE, "The file with the credentials of a download %s.", problem);
      return FALSE;
    }

  self->request = u_request_data_unshare (self->request);
  if (uri != NULL)
    u_request_data_set_uri (self->request, uri);
  u_header_list_unref (self->request->headers);
  self->request->headers = g_steal_pointer (&headers);
  if (current_uri != NULL)
    {
      g_free (self->current_uri);
      self->current_uri = g_steal_pointer (&current_uri);
    }
  g_clear_pointer (&self->private_headers, g_strfreev);

  return TRUE;
}

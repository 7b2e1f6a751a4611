/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-upload-resume-data-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-request-policy-json-private.h"
#include "urlsession/message/u-resume-json-private.h"
#include "urlsession/message/u-uri-private.h"

#define KIND "urlsession-upload"
#define KIND_PRIVATE "urlsession-upload-private"
#define PRIVATE_SUFFIX ".private"

/* Random; nobody guesses the one of another. */
#define TICKET_LENGTH 32

/* Servers forget uploads sooner. */
#define KEPT_FOR_S (7 * 24 * 60 * 60)

UUploadResumeData *
u_upload_resume_data_new (URequestData *request, const char *upload_uri)
{
  UUploadResumeData *self = g_new0 (UUploadResumeData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->request = request != NULL ? u_request_data_ref (request) : NULL;
  self->upload_uri = g_strdup (upload_uri);
  self->length = -1;
  self->created = g_date_time_new_now_utc ();

  return self;
}

UUploadResumeData *
u_upload_resume_data_ref (UUploadResumeData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_upload_resume_data_unref (UUploadResumeData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->request, u_request_data_unref);
  g_free (self->upload_uri);
  g_free (self->ticket);
  g_clear_pointer (&self->created, g_date_time_unref);
  g_strfreev (self->private_headers);
  g_free (self);
}

/* --- To JSON --- */

GBytes *
u_upload_resume_data_to_bytes (UUploadResumeData *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *created = g_date_time_format_iso8601 (self->created);
  g_autofree char *uri = u_resume_json_dup_bare (self->request->uri);
  g_autofree char *upload_uri = u_resume_json_dup_bare (self->upload_uri);
  g_autofree char *file = NULL;

  if (self->request->body_kind == U_BODY_FILE)
    file = g_filename_to_uri (self->request->body_path, NULL, NULL);

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
  u_resume_json_add_string (builder, "upload-uri", upload_uri);
  u_resume_json_add_int (builder, "offset", self->offset);
  if (self->length >= 0)
    u_resume_json_add_int (builder, "length", self->length);
  u_resume_json_add_string (builder, "file", file);
  u_resume_json_add_string (builder, "ticket", self->ticket);
  json_builder_end_object (builder);

  return u_resume_json_to_bytes (builder);
}

/* --- From JSON --- */

/* Returns what is wrong, or NULL. */
static const char *
read_request (JsonObject *object, UUploadResumeData *self)
{
  g_autofree char *uri = NULL;
  g_autofree char *method = NULL;

  if (!u_resume_json_get_string (object, "uri", &uri) || uri == NULL)
    return "has no URL";

  self->request = u_request_data_new (uri);
  if (self->request->parsed == NULL)
    return "has no valid URL";
  if (!u_resume_json_get_string (object, "method", &method) || method == NULL || !u_header_name_is_valid (method))
    return "has no valid method";
  g_free (self->request->method);
  self->request->method = g_steal_pointer (&method);
  if (!u_resume_json_get_seconds (object, "timeout", &self->request->timeout))
    return "has no valid timeout";
  if (!u_request_policy_from_json (self->request, object))
    return "has no valid rules on cookies and networks";
  if (!u_resume_json_get_headers (object, self->request->headers) ||
      !u_resume_json_get_private_names (object, &self->private_headers))
    return "has no valid header fields";
  if (json_object_has_member (object, "file"))
    {
      self->request->body_path = u_resume_json_get_path (object, "file");
      if (self->request->body_path == NULL)
        return "names no file with an absolute path";
      self->request->body_kind = U_BODY_FILE;
    }

  return NULL;
}

/* What was sent over TLS is not gone on with in the clear. */
static gboolean
is_upload_uri (const char *string, GUri *first)
{
  g_autoptr (GUri) uri = string != NULL ? u_uri_parse (string, NULL) : NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  return g_str_equal (scheme, "https") ||
         (g_str_equal (scheme, "http") && !g_str_equal (g_uri_get_scheme (first), "https"));
}

static const char *
read_progress (JsonObject *object, UUploadResumeData *self)
{
  g_autofree char *created = NULL;

  if (!u_resume_json_get_string (object, "upload-uri", &self->upload_uri) ||
      !is_upload_uri (self->upload_uri, self->request->parsed))
    return "has no valid URL for the upload";
  self->offset = -1;
  if (!u_resume_json_get_size (object, "offset", &self->offset) ||
      !u_resume_json_get_size (object, "length", &self->length) || self->offset < 0 ||
      (self->length >= 0 && self->offset > self->length))
    return "has no valid offset";
  /* It becomes the name of a file. */
  if (!u_resume_json_get_string (object, "ticket", &self->ticket) || self->ticket == NULL ||
      strlen (self->ticket) != TICKET_LENGTH || strspn (self->ticket, "0123456789abcdef") != TICKET_LENGTH)
    return "has no valid ticket";
  if (!u_resume_json_get_string (object, "created", &created) || created == NULL)
    return "has no date";
  g_clear_pointer (&self->created, g_date_time_unref);
  self->created = g_date_time_new_from_iso8601 (created, NULL);

  return self->created == NULL ? "has no valid date" : NULL;
}

UUploadResumeData *
u_upload_resume_data_parse (GBytes *bytes, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (UUploadResumeData) self = u_upload_resume_data_new (NULL, NULL);
  const char *problem = NULL;
  JsonObject *object = u_resume_json_load (parser, bytes, KIND, &problem);

  if (object != NULL)
    problem = read_request (object, self);
  if (object != NULL && problem == NULL)
    problem = read_progress (object, self);
  if (problem != NULL)
    {
      g_set_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE,
                   "The upload cannot be resumed: its resume data %s.", problem);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/* --- The file with the secrets --- */

static char *
dup_folder (void)
{
  return g_build_filename (g_get_user_cache_dir (), "urlsession-1", "uploads", NULL);
}

char *
u_upload_resume_data_dup_private_path (UUploadResumeData *self)
{
  g_autofree char *folder = dup_folder ();
  g_autofree char *name = g_strconcat (self->ticket, PRIVATE_SUFFIX, NULL);

  return self->ticket != NULL ? g_build_filename (folder, name, NULL) : NULL;
}

/* What nobody came back for. */
static void
clean_up (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      GStatBuf info;

      if (strstr (name, PRIVATE_SUFFIX) != NULL && g_lstat (path, &info) == 0 && now - info.st_mtime > KEPT_FOR_S)
        g_unlink (path);
    }
}

gboolean
u_upload_resume_data_save_private (UUploadResumeData *self, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *folder = dup_folder ();
  g_autofree char *for_uri = u_resume_json_dup_bare (self->request->uri);
  g_autofree char *for_upload_uri = u_resume_json_dup_bare (self->upload_uri);
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *path = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_CREATE_FILE, "Cannot create the folder for uploads %s: %s.", folder,
                   g_strerror (errno));
      return FALSE;
    }
  clean_up (folder);

  json_builder_begin_object (builder);
  u_resume_json_add_string (builder, "kind", KIND_PRIVATE);
  u_resume_json_add_int (builder, "version", U_RESUME_JSON_VERSION);
  u_resume_json_add_string (builder, "for-uri", for_uri);
  u_resume_json_add_string (builder, "for-upload-uri", for_upload_uri);
  if (g_utf8_validate (self->request->uri, -1, NULL))
    u_resume_json_add_string (builder, "uri", self->request->uri);
  if (g_utf8_validate (self->upload_uri, -1, NULL))
    u_resume_json_add_string (builder, "upload-uri", self->upload_uri);
  u_resume_json_add_headers (builder, self->request->headers, TRUE);
  json_builder_end_object (builder);
  bytes = u_resume_json_to_bytes (builder);

  g_free (self->ticket);
  self->ticket = g_steal_pointer (&uuid);
  for (char *from = self->ticket, *to = self->ticket; ; from++)
    {
      if (*from != '-')
        *to++ = *from;
      if (*from == '\0')
        break;
    }
  path = u_upload_resume_data_dup_private_path (self);

  return u_resume_json_write_private (path, bytes, error);
}

static gboolean
read_private (UUploadResumeData *self, GBytes *bytes)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (UHeaderList) headers = u_header_list_new ();
  g_autofree char *for_uri = NULL;
  g_autofree char *for_upload_uri = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *upload_uri = NULL;
  const char *problem = NULL;
  JsonObject *object = u_resume_json_load (parser, bytes, KIND_PRIVATE, &problem);

  /* Credentials must not go to where other bytes send them. */
  if (object == NULL || !u_resume_json_get_string (object, "for-uri", &for_uri) ||
      g_strcmp0 (for_uri, self->request->uri) != 0 ||
      !u_resume_json_get_string (object, "for-upload-uri", &for_upload_uri) ||
      g_strcmp0 (for_upload_uri, self->upload_uri) != 0 || !u_resume_json_get_headers (object, headers) ||
      !u_resume_json_get_full_uri (object, "uri", self->request->uri, &uri) ||
      !u_resume_json_get_full_uri (object, "upload-uri", self->upload_uri, &upload_uri))
    return FALSE;

  self->request = u_request_data_unshare (self->request);
  if (uri != NULL)
    u_request_data_set_uri (self->request, uri);
  u_header_list_unref (self->request->headers);
  self->request->headers = g_steal_pointer (&headers);
  if (upload_uri != NULL)
    {
      g_free (self->upload_uri);
      self->upload_uri = g_steal_pointer (&upload_uri);
    }
  g_clear_pointer (&self->private_headers, g_strfreev);

  return TRUE;
}

gboolean
u_upload_resume_data_take_private (UUploadResumeData *self, GError **error)
{
  g_autofree char *path = u_upload_resume_data_dup_private_path (self);
  g_autofree char *taken = g_strconcat (path, ".taken", NULL);
  g_autoptr (GBytes) bytes = NULL;

  /* One of two that come at the same time has it. */
  if (g_rename (path, taken) != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE,
                   "The upload cannot be resumed: its resume data was used before, or what belongs to it was removed "
                   "from the cache folder of the user.");
      return FALSE;
    }
  bytes = u_resume_json_read_private (taken, error);
  g_unlink (taken);
  if (bytes == NULL || !read_private (self, bytes))
    {
      g_clear_error (error);
      g_set_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE,
                   "The upload cannot be resumed: the file with its credentials is not what an upload left behind.");
      return FALSE;
    }

  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-resume-data-private.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-content-range-private.h"
#include "urlsession/message/u-digest-private.h"
#include "urlsession/message/u-request-policy-json-private.h"
#include "urlsession/message/u-uri-private.h"

#define KIND "urlsession-download"
#define KIND_PRIVATE "urlsession-download-private"
#define VERSION 1

/* What is larger than this was not made here. */
#define MAX_SIZE (1024 * 1024)

/* Ours nest three deep; the JSON parser is recursive, and thousands of brackets would use up the stack. */
#define MAX_DEPTH 8

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

/* As it was given where it has no user info. */
static char *
dup_bare (const char *uri)
{
  g_autoptr (GUri) parsed = NULL;

  if (uri == NULL)
    return g_strdup ("");

  parsed = u_uri_parse (uri, NULL);
  if (parsed == NULL)
    return u_uri_string_dup_masked (uri);
  if (g_uri_get_userinfo (parsed) != NULL || !g_utf8_validate (uri, -1, NULL))
    return u_uri_dup_bare (parsed);

  return g_strdup (uri);
}

static const char *
get_current_uri (UResumeData *self)
{
  return self->current_uri != NULL ? self->current_uri : self->request->uri;
}

/* --- To JSON --- */

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  if (value == NULL)
    return;

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_headers (JsonBuilder *builder, UHeaderList *headers, gboolean with_private)
{
  guint n = u_header_list_get_n (headers);

  json_builder_set_member_name (builder, "headers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (headers, i, &name, &value);
      if (!with_private && u_header_name_is_private (name))
        continue;

      json_builder_begin_array (builder);
      json_builder_add_string_value (builder, name);
      if (g_utf8_validate (value, -1, NULL))
        {
          json_builder_add_string_value (builder, value);
        }
      else
        {
          g_autofree char *converted = g_convert (value, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

          json_builder_add_string_value (builder, converted);
          json_builder_add_string_value (builder, "iso-8859-1");
        }
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
}

static gboolean
contains_name (GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    {
      if (g_ascii_strcasecmp (g_ptr_array_index (names, i), name) == 0)
        return TRUE;
    }

  return FALSE;
}

/* The names of what is left out now, and of what was not brought back since the last time. */
static void
add_private_names (JsonBuilder *builder, UResumeData *self)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint n = u_header_list_get_n (self->request->headers);

  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (self->request->headers, i, &name, &value);
      if (u_header_name_is_private (name) && !contains_name (names, name))
        g_ptr_array_add (names, (gpointer) name);
    }
  for (guint i = 0; self->private_headers != NULL && self->private_headers[i] != NULL; i++)
    {
      if (!contains_name (names, self->private_headers[i]))
        g_ptr_array_add (names, self->private_headers[i]);
    }
  if (names->len == 0)
    return;

  json_builder_set_member_name (builder, "private-headers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < names->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (names, i));
  json_builder_end_array (builder);
}

static GBytes *
builder_to_bytes (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  char *text;
  gsize length;

  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, &length);

  return g_bytes_new_take (text, length);
}

GBytes *
u_resume_data_to_bytes (UResumeData *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *created = g_date_time_format_iso8601 (self->created);
  g_autofree char *uri = dup_bare (self->request->uri);
  g_autofree char *current_uri = dup_bare (get_current_uri (self));
  g_autofree char *file = g_filename_to_uri (self->path, NULL, NULL);

  json_builder_begin_object (builder);
  add_string (builder, "kind", KIND);
  add_int (builder, "version", VERSION);
  add_string (builder, "created", created);
  add_string (builder, "uri", uri);
  add_string (builder, "method", self->request->method);
  if (self->request->timeout > 0)
    {
      json_builder_set_member_name (builder, "timeout");
      json_builder_add_double_value (builder, self->request->timeout);
    }
  u_request_policy_to_json (self->request, builder);
  add_headers (builder, self->request->headers, FALSE);
  add_private_names (builder, self);
  if (!g_str_equal (uri, current_uri))
    add_string (builder, "current-uri", current_uri);
  add_string (builder, "file", file);
  add_int (builder, "offset", self->offset);
  if (self->total >= 0)
    add_int (builder, "total", self->total);
  if (u_etag_is_strong (self->etag) && g_utf8_validate (self->etag, -1, NULL))
    add_string (builder, "etag", self->etag);
  add_string (builder, "last-modified", self->last_modified);
  add_string (builder, "expected-digest", self->expected_digest);
  json_builder_end_object (builder);

  return builder_to_bytes (builder);
}

/* --- From JSON --- */

static gboolean
is_shallow (const char *text, gsize size)
{
  guint depth = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < size; i++)
    {
      if (in_string)
        {
          if (text[i] == '\\')
            i++;
          else if (text[i] == '"')
            in_string = FALSE;
        }
      else if (text[i] == '"')
        {
          in_string = TRUE;
        }
      else if (text[i] == '{' || text[i] == '[')
        {
          if (++depth > MAX_DEPTH)
            return FALSE;
        }
      else if ((text[i] == '}' || text[i] == ']') && depth > 0)
        {
          depth--;
        }
    }

  return TRUE;
}

/* The JSON object of a kind and of our version, kept alive by the parser. */
static JsonObject *
load_object (JsonParser *parser, const char *text, gsize size, const char *kind, const char **problem)
{
  JsonNode *root, *node;
  JsonObject *object;

  *problem = "is not what a download left behind";
  if (text == NULL || size == 0 || size > MAX_SIZE || !g_utf8_validate (text, size, NULL) ||
      !is_shallow (text, size) || !json_parser_load_from_data (parser, text, size, NULL))
    return NULL;

  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;

  object = json_node_get_object (root);
  node = json_object_get_member (object, "kind");
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING ||
      !g_str_equal (json_node_get_string (node), kind))
    return NULL;

  node = json_object_get_member (object, "version");
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return NULL;
  if (json_node_get_int (node) != VERSION)
    {
      *problem = "was made by another version of the library";
      return NULL;
    }

  *problem = NULL;

  return object;
}

/* The getters leave @out alone, and return TRUE, where the member is missing. */

static gboolean
get_string (JsonObject *object, const char *name, char **out)
{
  JsonNode *node = json_object_get_member (object, name);
  const char *string;

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;

  string = json_node_get_string (node);
  if (!u_header_value_is_valid (string) || !g_utf8_validate (string, -1, NULL))
    return FALSE;
  *out = g_strdup (string);

  return TRUE;
}

static gboolean
get_size (JsonObject *object, const char *name, gint64 *out)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_INT64 || json_node_get_int (node) < 0)
    return FALSE;
  *out = json_node_get_int (node);

  return TRUE;
}

static gboolean
get_seconds (JsonObject *object, const char *name, double *out)
{
  JsonNode *node = json_object_get_member (object, name);
  double seconds;

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_DOUBLE && json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;

  seconds = json_node_get_double (node);
  if (!isfinite (seconds) || seconds < 0)
    return FALSE;
  *out = seconds;

  return TRUE;
}

/* NULL where an element of @array is no string. */
static GStrv
dup_strings (JsonArray *array)
{
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  guint n = json_array_get_length (array);

  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (json_node_get_value_type (node) != G_TYPE_STRING)
        return NULL;
      g_ptr_array_add (strings, g_strdup (json_node_get_string (node)));
    }
  g_ptr_array_add (strings, NULL);

  return (GStrv) g_ptr_array_steal (strings, NULL);
}

static gboolean
get_header (JsonNode *node, UHeaderList *headers)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *converted = NULL;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  parts = dup_strings (json_node_get_array (node));
  n = parts != NULL ? g_strv_length (parts) : 0;
  if (n == 3)
    {
      if (!g_str_equal (parts[2], "iso-8859-1"))
        return FALSE;
      converted = g_convert (parts[1], -1, "ISO-8859-1", "UTF-8", NULL, NULL, NULL);
      if (converted == NULL)
        return FALSE;
    }
  else if (n != 2)
    {
      return FALSE;
    }
  if (!u_header_name_is_valid (parts[0]) || !u_header_value_is_valid (parts[1]))
    return FALSE;

  u_header_list_append (headers, parts[0], converted != NULL ? converted : parts[1]);

  return TRUE;
}

static gboolean
get_headers (JsonObject *object, UHeaderList *headers)
{
  JsonNode *node = json_object_get_member (object, "headers");
  JsonArray *array;
  guint n;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  array = json_node_get_array (node);
  n = json_array_get_length (array);
  for (guint i = 0; i < n; i++)
    {
      if (!get_header (json_array_get_element (array, i), headers))
        return FALSE;
    }

  return TRUE;
}

static gboolean
get_private_names (JsonObject *object, GStrv *names)
{
  JsonNode *node = json_object_get_member (object, "private-headers");
  g_auto (GStrv) strings = NULL;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  strings = dup_strings (json_node_get_array (node));
  if (strings == NULL)
    return FALSE;
  for (guint i = 0; strings[i] != NULL; i++)
    {
      if (!u_header_name_is_valid (strings[i]))
        return FALSE;
    }
  *names = g_steal_pointer (&strings);

  return TRUE;
}

/* An absolute path that goes through no "..", of this machine. */
static char *
get_path (JsonObject *object)
{
  g_autofree char *uri = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autofree char *canonical = NULL;

  if (!get_string (object, "file", &uri) || uri == NULL)
    return NULL;

  path = g_filename_from_uri (uri, &host, NULL);
  if (path == NULL || host != NULL || !g_path_is_absolute (path) || g_str_has_suffix (path, "/"))
    return NULL;
  canonical = g_canonicalize_filename (path, NULL);

  return g_str_equal (path, canonical) ? g_steal_pointer (&path) : NULL;
}

/* Returns what is wrong, or NULL. */
static const char *
read_request (JsonObject *object, UResumeData *self)
{
  g_autofree char *uri = NULL;
  g_autofree char *method = NULL;

  if (!get_string (object, "uri", &uri) || uri == NULL)
    return "has no URL";

  self->request = u_request_data_new (uri);
  if (self->request->parsed == NULL)
    return "has no valid URL";
  if (!get_string (object, "method", &method) || g_strcmp0 (method, "GET") != 0)
    return "is not for a GET request";
  if (!get_seconds (object, "timeout", &self->request->timeout))
    return "has no valid timeout";
  if (!u_request_policy_from_json (self->request, object))
    return "has no valid rules on cookies and networks";
  if (!get_headers (object, self->request->headers) || !get_private_names (object, &self->private_headers))
    return "has no valid header fields";

  return NULL;
}

static const char *
read_progress (JsonObject *object, UResumeData *self)
{
  g_autofree char *created = NULL;
  g_autoptr (GUri) current = NULL;
  g_autoptr (UDigest) digest = NULL;

  if (!get_string (object, "current-uri", &self->current_uri))
    return "has no valid URL";
  if (self->current_uri != NULL && (current = u_uri_parse (self->current_uri, NULL)) == NULL)
    return "has no valid URL";

  self->path = get_path (object);
  if (self->path == NULL)
    return "names no file with an absolute path";

  self->offset = -1;
  if (!get_size (object, "offset", &self->offset) || !get_size (object, "total", &self->total) || self->offset < 0 ||
      (self->total >= 0 && self->offset > self->total))
    return "has no valid offset";

  if (!get_string (object, "etag", &self->etag) || (self->etag != NULL && !u_etag_is_strong (self->etag)))
    return "has no valid entity tag";
  if (!get_string (object, "last-modified", &self->last_modified))
    return "has no valid date of modification";
  if (!get_string (object, "expected-digest", &self->expected_digest) ||
      (self->expected_digest != NULL && (digest = u_digest_parse (self->expected_digest, NULL)) == NULL))
    return "has no valid digest";

  if (!get_string (object, "created", &created) || created == NULL)
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
  const char *text = NULL;
  gsize size = 0;
  JsonObject *object;

  if (bytes != NULL)
    text = g_bytes_get_data (bytes, &size);

  object = load_object (parser, text, size, KIND, &problem);
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
  g_autofree char *uri = dup_bare (self->request->uri);
  g_autofree char *current_uri = dup_bare (get_current_uri (self));

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
  g_autofree char *for_uri = dup_bare (self->request->uri);
  g_autofree char *for_current_uri = dup_bare (get_current_uri (self));
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!has_secrets (self))
    {
      /* What an earlier download left there must not be sent along with this one. */
      if (self->private_headers == NULL)
        unlink (path);
      return TRUE;
    }

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_string (builder, "kind", KIND_PRIVATE);
  add_int (builder, "version", VERSION);
  add_string (builder, "for-uri", for_uri);
  add_string (builder, "for-current-uri", for_current_uri);
  if (g_utf8_validate (self->request->uri, -1, NULL))
    add_string (builder, "uri", self->request->uri);
  if (self->current_uri != NULL && g_utf8_validate (self->current_uri, -1, NULL))
    add_string (builder, "current-uri", self->current_uri);
  add_headers (builder, self->request->headers, TRUE);
  json_builder_end_object (builder);
  bytes = builder_to_bytes (builder);

  /* Through a new file, so that the mode holds whatever was there before. */
  if (!g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0600, &local_error))
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "The credentials of a download cannot be kept: %s", local_error->message);
      return FALSE;
    }

  return TRUE;
}

/* Reads a file that only this user can have written. NULL without an error: there is none. */
static GBytes *
read_private_file (const char *path, GError **error)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  int problem = 0;

  if (fd < 0)
    {
      if (errno != ENOENT)
        g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE, "The credentials of a download cannot be read: %s.",
                     g_strerror (errno));
      return NULL;
    }

  if (fstat (fd, &st) != 0)
    problem = errno;
  else if (!S_ISREG (st.st_mode) || st.st_uid != geteuid () || (st.st_mode & 022) != 0 || st.st_size > MAX_SIZE)
    problem = EPERM;

  while (problem == 0)
    {
      guint8 buffer[4096];
      gssize n = read (fd, buffer, sizeof buffer);

      if (n == 0)
        break;
      if (n > 0)
        g_byte_array_append (content, buffer, (guint) n);
      else if (errno != EINTR)
        problem = errno;
      if (content->len > MAX_SIZE)
        problem = EFBIG;
    }
  close (fd);

  if (problem != 0)
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE, "The credentials of a download cannot be read: %s.",
                   g_strerror (problem));
      return NULL;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

/* Whether both files tell of the same download: credentials must not go to where another file sends them. */
static gboolean
belongs_to (JsonObject *object, UResumeData *self)
{
  g_autofree char *for_uri = NULL;
  g_autofree char *for_current_uri = NULL;
  g_autofree char *uri = dup_bare (self->request->uri);
  g_autofree char *current_uri = dup_bare (get_current_uri (self));

  return get_string (object, "for-uri", &for_uri) && g_strcmp0 (for_uri, uri) == 0 &&
         get_string (object, "for-current-uri", &for_current_uri) && g_strcmp0 (for_current_uri, current_uri) == 0;
}

/* A URI of the file with the secrets differs from the known one in nothing but the user info. */
static gboolean
get_full_uri (JsonObject *object, const char *name, const char *known, char **out)
{
  g_autofree char *bare = NULL;

  if (!get_string (object, name, out))
    return FALSE;
  if (*out == NULL)
    return TRUE;
  bare = dup_bare (*out);

  return g_strcmp0 (bare, known) == 0;
}

gboolean
u_resume_data_load_private (UResumeData *self, GError **error)
{
  g_autofree char *path = u_resume_data_dup_private_path (self->path);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (UHeaderList) headers = u_header_list_new ();
  g_autofree char *uri = NULL;
  g_autofree char *current_uri = NULL;
  g_autoptr (GBytes) bytes = read_private_file (path, error);
  const char *problem = NULL;
  const char *text;
  gsize size;
  JsonObject *object;

  if (bytes == NULL)
    return FALSE;

  text = g_bytes_get_data (bytes, &size);
  object = load_object (parser, text, size, KIND_PRIVATE, &problem);
  if (object != NULL && !belongs_to (object, self))
    return FALSE;
  if (object != NULL &&
      (!get_headers (object, headers) || !get_full_uri (object, "uri", self->request->uri, &uri) ||
       !get_full_uri (object, "current-uri", get_current_uri (self), &current_uri)))
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

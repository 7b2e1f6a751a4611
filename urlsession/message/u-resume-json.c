/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-resume-json-private.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-resume-data-private.h"
#include "urlsession/message/u-uri-private.h"

/* What is larger than this was not made here. */
#define MAX_SIZE (1024 * 1024)

/* Ours nest three deep; the JSON parser is recursive, and thousands of brackets would use up the stack. */
#define MAX_DEPTH 8

/* As it was given where it has no user info. */
char *
u_resume_json_dup_bare (const char *uri)
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

/* --- To JSON --- */

void
u_resume_json_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  if (value == NULL)
    return;

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

void
u_resume_json_add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
u_resume_json_add_headers (JsonBuilder *builder, UHeaderList *headers, gboolean with_private)
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
void
u_resume_json_add_private_names (JsonBuilder *builder, UHeaderList *headers, GStrv earlier)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint n = u_header_list_get_n (headers);

  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (headers, i, &name, &value);
      if (u_header_name_is_private (name) && !contains_name (names, name))
        g_ptr_array_add (names, (gpointer) name);
    }
  for (guint i = 0; earlier != NULL && earlier[i] != NULL; i++)
    {
      if (!contains_name (names, earlier[i]))
        g_ptr_array_add (names, earlier[i]);
    }
  if (names->len == 0)
    return;

  json_builder_set_member_name (builder, "private-headers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < names->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (names, i));
  json_builder_end_array (builder);
}

GBytes *
u_resume_json_to_bytes (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  char *text;
  gsize length;

  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, &length);

  return g_bytes_new_take (text, length);
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
JsonObject *
u_resume_json_load (JsonParser *parser, GBytes *bytes, const char *kind, const char **problem)
{
  JsonNode *root, *node;
  JsonObject *object;
  const char *text = NULL;
  gsize size = 0;

  if (bytes != NULL)
    text = g_bytes_get_data (bytes, &size);
  *problem = "is not what such a transfer left behind";
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
  if (json_node_get_int (node) != U_RESUME_JSON_VERSION)
    {
      *problem = "was made by another version of the library";
      return NULL;
    }

  *problem = NULL;

  return object;
}

/* The getters leave @out alone, and return TRUE, where the member is missing. */

gboolean
u_resume_json_get_string (JsonObject *object, const char *name, char **out)
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

gboolean
u_resume_json_get_size (JsonObject *object, const char *name, gint64 *out)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_INT64 || json_node_get_int (node) < 0)
    return FALSE;
  *out = json_node_get_int (node);

  return TRUE;
}

gboolean
u_resume_json_get_seconds (JsonObject *object, const char *name, double *out)
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

gboolean
u_resume_json_get_headers (JsonObject *object, UHeaderList *headers)
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

gboolean
u_resume_json_get_private_names (JsonObject *object, GStrv *names)
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
char *
u_resume_json_get_path (JsonObject *object, const char *name)
{
  g_autofree char *uri = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autofree char *canonical = NULL;

  if (!u_resume_json_get_string (object, name, &uri) || uri == NULL)
    return NULL;

  path = g_filename_from_uri (uri, &host, NULL);
  if (path == NULL || host != NULL || !g_path_is_absolute (path) || g_str_has_suffix (path, "/"))
    return NULL;
  canonical = g_canonicalize_filename (path, NULL);

  return g_str_equal (path, canonical) ? g_steal_pointer (&path) : NULL;
}

/* A URI of the file with the secrets differs from the known one in nothing but the user info. */
gboolean
u_resume_json_get_full_uri (JsonObject *object, const char *name, const char *known, char **out)
{
  g_autofree char *bare = NULL;

  if (!u_resume_json_get_string (object, name, out))
    return FALSE;
  if (*out == NULL)
    return TRUE;
  bare = u_resume_json_dup_bare (*out);

  return g_strcmp0 (bare, known) == 0;
}

/* --- The file with the secrets --- */

/* Reads a file that only this user can have written. NULL without an error: there is none. */
GBytes *
u_resume_json_read_private (const char *path, GError **error)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st;
  int problem = 0;

  if (fd < 0)
    {
      if (errno != ENOENT)
        g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE, "The credentials of a transfer cannot be read: %s.",
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
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE, "The credentials of a transfer cannot be read: %s.",
                   g_strerror (problem));
      return NULL;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

gboolean
u_resume_json_write_private (const char *path, GBytes *bytes, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  /* Through a new file, so that the mode holds whatever was there before. */
  if (!g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0600, &local_error))
    {
      g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
                   "The credentials of a transfer cannot be kept: %s", local_error->message);
      return FALSE;
    }

  return TRUE;
}

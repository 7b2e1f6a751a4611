/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-form-data-private.h"

#include <string.h>
#include <sys/random.h>

#include "urlsession/message/u-header-list-private.h"

/* What no other text contains: 128 random bits. */
#define BOUNDARY_BYTES 16

/**
 * UFormData:
 *
 * A form that is filled in, to be the body of a request.
 *
 * ```c
 * g_autoptr(UFormData) form = u_form_data_new ();
 *
 * u_form_data_add_field (form, "title", "Sunrise");
 * u_form_data_add_file (form, "photo", file, NULL);
 * u_request_set_body_form (request, form);
 * ```
 *
 * A form of fields alone is sent as `application/x-www-form-urlencoded`, one with bytes or files as
 * `multipart/form-data` (RFC 7578). Names may occur more than once; the order is kept. Values are sent as they are:
 * line ends are not changed.
 *
 * A request takes what the form says at that moment: the form can be changed and used again.
 *
 * A form may be used from one thread at a time.
 */

/* One field. */
typedef struct
{
  char *name;                 /* owned; UTF-8 */
  GBytes *bytes;              /* owned; NULL: a file */
  char *path;                 /* owned; NULL: bytes */
  char *file_name;            /* owned, nullable; UTF-8 */
  char *content_type;         /* owned, nullable */
  gboolean is_text;           /* from add_field() */
} Entry;

struct _UFormData
{
  GObject parent_instance;

  GArray *entries;            /* owned; of Entry */
  gboolean uses_multipart;
};

enum {
  PROP_0,
  PROP_USES_MULTIPART,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UFormData, u_form_data, G_TYPE_OBJECT)

static void
clear_entry (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_clear_pointer (&entry->bytes, g_bytes_unref);
  g_free (entry->path);
  g_free (entry->file_name);
  g_free (entry->content_type);
}

static void
u_form_data_finalize (GObject *object)
{
  UFormData *self = U_FORM_DATA (object);

  g_array_unref (self->entries);

  G_OBJECT_CLASS (u_form_data_parent_class)->finalize (object);
}

static void
u_form_data_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UFormData *self = U_FORM_DATA (object);

  switch (prop_id)
    {
    case PROP_USES_MULTIPART:
      g_value_set_boolean (value, u_form_data_get_uses_multipart (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_form_data_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UFormData *self = U_FORM_DATA (object);

  switch (prop_id)
    {
    case PROP_USES_MULTIPART:
      u_form_data_set_uses_multipart (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_form_data_class_init (UFormDataClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = u_form_data_finalize;
  object_class->get_property = u_form_data_get_property;
  object_class->set_property = u_form_data_set_property;

  /**
   * UFormData:uses-multipart: (getter get_uses_multipart) (setter set_uses_multipart)
   *
   * Whether to send `multipart/form-data` even if there are only fields.
   */
  properties[PROP_USES_MULTIPART] =
    g_param_spec_boolean ("uses-multipart", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_form_data_init (UFormData *self)
{
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, clear_entry);
}

/**
 * u_form_data_new:
 *
 * Creates a form without fields.
 *
 * Returns: (transfer full): a new form
 */
UFormData *
u_form_data_new (void)
{
  return g_object_new (U_TYPE_FORM_DATA, NULL);
}

/**
 * u_form_data_add_field:
 * @self: a form
 * @name: the name of the field
 * @value: what it contains
 *
 * Adds a field with a text.
 */
void
u_form_data_add_field (UFormData *self, const char *name, const char *value)
{
  Entry entry = { .is_text = TRUE };

  g_return_if_fail (U_IS_FORM_DATA (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  entry.name = g_utf8_make_valid (name, -1);
  entry.bytes = g_bytes_new (value, strlen (value));
  g_array_append_val (self->entries, entry);
}

static gboolean
is_content_type (const char *content_type)
{
  if (content_type == NULL || u_header_value_is_valid (content_type))
    return TRUE;

  g_critical ("The content type of a field of a form contains a line break");

  return FALSE;
}

/**
 * u_form_data_add_bytes:
 * @self: a form
 * @name: the name of the field
 * @bytes: what it contains
 * @file_name: (nullable): the name to give to the server, as that of a file; %NULL for none
 * @content_type: (nullable): what it is, such as `image/png`; %NULL to say nothing
 *
 * Adds a field with a content that is in memory.
 */
void
u_form_data_add_bytes (UFormData *self, const char *name, GBytes *bytes, const char *file_name,
                       const char *content_type)
{
  Entry entry = { 0 };

  g_return_if_fail (U_IS_FORM_DATA (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (bytes != NULL);

  if (!is_content_type (content_type))
    return;

  entry.name = g_utf8_make_valid (name, -1);
  entry.bytes = g_bytes_ref (bytes);
  entry.file_name = file_name != NULL ? g_utf8_make_valid (file_name, -1) : NULL;
  entry.content_type = g_strdup (content_type);
  g_array_append_val (self->entries, entry);
}

static char *
guess_content_type (const char *file_name)
{
  g_autofree char *type = g_content_type_guess (file_name, NULL, 0, NULL);
  g_autofree char *mime_type = g_content_type_get_mime_type (type);

  return mime_type != NULL ? g_steal_pointer (&mime_type) : g_strdup ("application/octet-stream");
}

/**
 * u_form_data_add_file:
 * @self: a form
 * @name: the name of the field
 * @file: a file with a local path
 * @content_type: (nullable): what it is, such as `image/png`; %NULL to guess it from the name
 *
 * Adds a field with the content of a file, whose name is given to the server.
 *
 * The file is read when the request is sent, piece by piece, and has to stay as it is until then. That it is not there
 * is the error of the task, and so is that its length changed meanwhile
 * (%U_ERROR_REQUEST_BODY_STREAM_EXHAUSTED); that it has no path is a programming error, reported with g_critical().
 */
void
u_form_data_add_file (UFormData *self, const char *name, GFile *file, const char *content_type)
{
  g_autofree char *path = NULL;
  g_autofree char *base = NULL;
  Entry entry = { 0 };

  g_return_if_fail (U_IS_FORM_DATA (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (G_IS_FILE (file));

  path = g_file_get_path (file);
  if (path == NULL)
    {
      g_critical ("The file in a field of a form has no local path");
      return;
    }
  if (!is_content_type (content_type))
    return;

  base = g_path_get_basename (path);
  entry.name = g_utf8_make_valid (name, -1);
  entry.path = g_steal_pointer (&path);
  entry.file_name = g_filename_display_name (base);
  entry.content_type = content_type != NULL ? g_strdup (content_type) : guess_content_type (entry.file_name);
  g_array_append_val (self->entries, entry);
}

/**
 * u_form_data_get_uses_multipart: (get-property uses-multipart)
 * @self: a form
 *
 * Gets whether `multipart/form-data` is sent even if there are only fields.
 *
 * Returns: whether it was asked for
 */
gboolean
u_form_data_get_uses_multipart (UFormData *self)
{
  g_return_val_if_fail (U_IS_FORM_DATA (self), FALSE);

  return self->uses_multipart;
}

/**
 * u_form_data_set_uses_multipart: (set-property uses-multipart)
 * @self: a form
 * @uses_multipart: whether to send `multipart/form-data` in any case
 *
 * Sets whether `multipart/form-data` is sent even if there are only fields.
 */
void
u_form_data_set_uses_multipart (UFormData *self, gboolean uses_multipart)
{
  g_return_if_fail (U_IS_FORM_DATA (self));

  uses_multipart = uses_multipart != FALSE;
  if (self->uses_multipart == uses_multipart)
    return;

  self->uses_multipart = uses_multipart;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_USES_MULTIPART]);
}

gboolean
u_form_data_is_multipart (UFormData *self)
{
  if (self->uses_multipart)
    return TRUE;

  for (guint i = 0; i < self->entries->len; i++)
    {
      if (!g_array_index (self->entries, Entry, i).is_text)
        return TRUE;
    }

  return FALSE;
}

/* WHATWG URL, "application/x-www-form-urlencoded serializing": all but these is a "%", a space a "+". */
static void
append_urlencoded (GString *body, const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      guchar c = (guchar) text[i];

      if (g_ascii_isalnum (c) || c == '*' || c == '-' || c == '.' || c == '_')
        g_string_append_c (body, (char) c);
      else if (c == ' ')
        g_string_append_c (body, '+');
      else
        g_string_append_printf (body, "%%%02X", c);
    }
}

GBytes *
u_form_data_make_urlencoded (UFormData *self, char **content_type)
{
  g_autoptr (GString) body = g_string_new (NULL);

  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);
      gsize length;
      const char *value = g_bytes_get_data (entry->bytes, &length);

      if (i > 0)
        g_string_append_c (body, '&');
      append_urlencoded (body, entry->name, strlen (entry->name));
      g_string_append_c (body, '=');
      append_urlencoded (body, value, length);
    }
  *content_type = g_strdup ("application/x-www-form-urlencoded");

  return g_string_free_to_bytes (g_steal_pointer (&body));
}

char *
u_form_data_escape (const char *name)
{
  g_autoptr (GString) escaped = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '"')
        g_string_append (escaped, "%22");
      else if (*p == '\r')
        g_string_append (escaped, "%0D");
      else if (*p == '\n')
        g_string_append (escaped, "%0A");
      else
        g_string_append_c (escaped, *p);
    }

  return g_string_free (g_steal_pointer (&escaped), FALSE);
}

/* Not to be foreseen by the one who wrote a file that is sent, either. */
static char *
make_boundary (void)
{
  g_autoptr (GString) boundary = g_string_new ("urlsession-");
  guint8 bytes[BOUNDARY_BYTES];

  if (getentropy (bytes, sizeof bytes) != 0)
    {
      for (gsize i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8) g_random_int_range (0, 256);
    }
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (boundary, "%02x", bytes[i]);

  return g_string_free (g_steal_pointer (&boundary), FALSE);
}

static void
add_text (UBodyParts *parts, GString *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text->str, text->len);

  u_body_parts_add_bytes (parts, bytes);
}

UBodyParts *
u_form_data_make_multipart (UFormData *self, char **content_type)
{
  UBodyParts *parts = u_body_parts_new ();
  g_autofree char *boundary = make_boundary ();
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);
      g_autofree char *name = u_form_data_escape (entry->name);
      UBodySegment *segment;

      g_string_append_printf (text, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, name);
      if (entry->file_name != NULL)
        {
          g_autofree char *file_name = u_form_data_escape (entry->file_name);

          g_string_append_printf (text, "; filename=\"%s\"", file_name);
        }
      g_string_append (text, "\r\n");
      if (entry->content_type != NULL)
        g_string_append_printf (text, "Content-Type: %s\r\n", entry->content_type);
      g_string_append (text, "\r\n");
      add_text (parts, text);

      segment = entry->path != NULL ? u_body_parts_add_file (parts, entry->path)
                                    : u_body_parts_add_bytes (parts, entry->bytes);
      segment->name = g_strdup (entry->name);
      segment->file_name = g_strdup (entry->file_name);
      segment->content_type = g_strdup (entry->content_type);
      g_string_assign (text, "\r\n");
    }
  g_string_append_printf (text, "--%s--\r\n", boundary);
  add_text (parts, text);
  *content_type = g_strdup_printf ("multipart/form-data; boundary=%s", boundary);

  return parts;
}

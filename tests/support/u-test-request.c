/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-request-private.h"

#include <string.h>

static void
request_clear (gpointer data)
{
  UTestRequest *self = data;

  g_free (self->method);
  g_free (self->target);
  g_free (self->path);
  g_free (self->query);
  g_ptr_array_unref (self->headers);
}

/*
 * u_test_request_parse:
 *
 * Reads a request line and the fields below it, of HTTP/1.0 or HTTP/1.1, without the empty line at the end. Strict: a
 * client that sends anything else has a bug, and gets %NULL.
 */
UTestRequest *
u_test_request_parse (const char *head, gsize length)
{
  g_autofree char *text = g_strndup (head, length);
  g_auto(GStrv) lines = NULL;
  g_auto(GStrv) words = NULL;
  g_autoptr(UTestRequest) self = NULL;
  const char *question;

  if (strlen (text) != length)
    return NULL;

  lines = g_strsplit (text, "\r\n", -1);
  if (lines[0] == NULL)
    return NULL;
  words = g_strsplit (lines[0], " ", -1);
  if (g_strv_length (words) != 3 || *words[0] == '\0' || *words[1] == '\0')
    return NULL;
  if (!g_str_equal (words[2], "HTTP/1.1") && !g_str_equal (words[2], "HTTP/1.0"))
    return NULL;

  self = g_atomic_rc_box_new0 (UTestRequest);
  self->headers = g_ptr_array_new_with_free_func (g_free);
  self->method = g_strdup (words[0]);
  self->target = g_strdup (words[1]);
  self->minor = words[2][7] - '0';

  question = strchr (self->target, '?');
  if (question != NULL)
    {
      g_autofree char *raw_path = g_strndup (self->target, question - self->target);

      self->path = g_uri_unescape_string (raw_path, NULL);
      self->query = g_strdup (question + 1);
    }
  else
    {
      self->path = g_uri_unescape_string (self->target, NULL);
    }
  if (self->path == NULL)
    self->path = g_strdup (self->target);

  for (guint i = 1; lines[i] != NULL; i++)
    {
      const char *colon = strchr (lines[i], ':');

      if (colon == NULL || colon == lines[i] || g_ascii_isspace (colon[-1]) || g_ascii_isspace (lines[i][0]))
        return NULL;
      g_ptr_array_add (self->headers, g_strndup (lines[i], colon - lines[i]));
      g_ptr_array_add (self->headers, g_strstrip (g_strdup (colon + 1)));
    }

  return g_steal_pointer (&self);
}

UTestRequest *
u_test_request_ref (UTestRequest *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
u_test_request_unref (UTestRequest *self)
{
  g_atomic_rc_box_release_full (self, request_clear);
}

/*
 * u_test_request_get_header:
 *
 * The first value of a field, or %NULL.
 */
const char *
u_test_request_get_header (const UTestRequest *self, const char *name)
{
  for (guint i = 0; i + 1 < self->headers->len; i += 2)
    {
      if (g_ascii_strcasecmp (g_ptr_array_index (self->headers, i), name) == 0)
        return g_ptr_array_index (self->headers, i + 1);
    }

  return NULL;
}

/*
 * u_test_request_header_has:
 *
 * Whether a field that is a list has @token in it.
 */
gboolean
u_test_request_header_has (const UTestRequest *self, const char *name, const char *token)
{
  const char *value = u_test_request_get_header (self, name);
  g_auto(GStrv) items = NULL;

  if (value == NULL)
    return FALSE;

  items = g_strsplit (value, ",", -1);
  for (guint i = 0; items[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (g_strstrip (items[i]), token) == 0)
        return TRUE;
    }

  return FALSE;
}

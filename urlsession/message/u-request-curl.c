/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

#include <math.h>
#include <string.h>

#include "urlsession/message/u-resume-data-private.h"
#include "urlsession/message/u-uri-private.h"

/* A request as a command line of curl. */

/* In the place of what lets somebody in. */
#define MASK "***"

/* A longer text is no argument of a command: Linux has a limit of 128 KiB for each. */
#define MAX_ARGUMENT (64 * 1024)

/* A longer body is no command line that anybody reads. */
#define MAX_BODY (1024 * 1024)

static void
add (GString *command, const char *option, const char *argument)
{
  if (option != NULL)
    g_string_append_printf (command, " %s", option);
  if (argument != NULL)
    {
      g_autofree char *quoted = g_shell_quote (argument);

      g_string_append_printf (command, " %s", quoted);
    }
}

/* Whether a shell and curl both pass it on as it is. */
static gboolean
is_plain_text (GBytes *bytes)
{
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);

  return size <= MAX_ARGUMENT && (size == 0 || g_utf8_validate (text, (gssize) size, NULL));
}

/* "printf '...'", which writes these bytes: POSIX has octal escapes in its format, which must not look like an option.
 */
static void
append_printf (GString *command, GBytes *bytes)
{
  gsize size;
  const guchar *data = g_bytes_get_data (bytes, &size);

  g_string_append (command, "printf '");
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] == '%')
        g_string_append (command, "%%");
      else if (data[i] == '\\')
        g_string_append (command, "\\\\");
      else if (data[i] == '\r')
        g_string_append (command, "\\r");
      else if (data[i] == '\n')
        g_string_append (command, "\\n");
      else if (g_ascii_isprint (data[i]) && data[i] != '\'' && (data[i] != '-' || i > 0))
        g_string_append_c (command, (char) data[i]);
      else
        g_string_append_printf (command, "\\%03o", data[i]);
    }
  g_string_append_c (command, '\'');
}

static void
add_header (GString *command, const char *name, const char *value)
{
  g_autofree char *header = NULL;

  if (u_header_name_is_private (name))
    header = g_strdup_printf ("%s: " MASK, name);
  else if (*value == '\0')
    header = g_strdup_printf ("%s;", name);
  else
    header = g_strdup_printf ("%s: %s", name, value);
  add (command, "--header", header);
}

static void
add_headers (GString *command, URequestData *request)
{
  guint n = u_header_list_get_n (request->headers);

  for (guint i = 0; i < n; i++)
    {
      const char *name;
      const char *value;

      u_header_list_get_nth (request->headers, i, &name, &value);
      /* These are not sent as they are given: RFC 9112 section 6. */
      if (g_ascii_strcasecmp (name, "Content-Length") != 0 && g_ascii_strcasecmp (name, "Transfer-Encoding") != 0)
        add_header (command, name, value);
    }
}

/* curl calls each body a form that has no other name. */
static void
add_content_type (GString *command, URequestData *request)
{
  gboolean is_form = request->body_kind == U_BODY_BYTES && strcmp (request->method, "POST") == 0;

  if (u_header_list_get (request->headers, "Content-Type") != NULL)
    return;
  if (request->body_content_type != NULL)
    add_header (command, "Content-Type", request->body_content_type);
  else if (!is_form)
    add (command, "--header", "Content-Type:");
}

/* Inside of double quotes in an argument of --form. */
static char *
quote_in_form (const char *text)
{
  g_autoptr (GString) quoted = g_string_new ("\"");

  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *p);
    }
  g_string_append_c (quoted, '"');

  return g_string_free (g_steal_pointer (&quoted), FALSE);
}

/* Whether --form can say it. */
static gboolean
is_form_field (const UBodySegment *segment)
{
  if (segment->name == NULL)
    return TRUE;
  if (*segment->name == '\0' || strpbrk (segment->name, "=\r\n") != NULL)
    return FALSE;
  if (segment->bytes != NULL)
    return segment->file_name == NULL && segment->content_type == NULL && is_plain_text (segment->bytes);

  return strpbrk (segment->path, "\r\n") == NULL && segment->content_type != NULL &&
         strpbrk (segment->content_type, ";, \"\\") == NULL && strchr (segment->content_type, '/') != NULL;
}

static gboolean
is_form (URequestData *request)
{
  gboolean any = FALSE;

  /* curl makes a boundary of its own. */
  if (u_header_list_get (request->headers, "Content-Type") != NULL)
    return FALSE;
  for (guint i = 0; i < u_body_parts_get_n (request->body_parts); i++)
    {
      const UBodySegment *segment = u_body_parts_get_nth (request->body_parts, i);

      if (!is_form_field (segment))
        return FALSE;
      any = any || segment->name != NULL;
    }

  return any;
}

static void
add_form (GString *command, URequestData *request)
{
  for (guint i = 0; i < u_body_parts_get_n (request->body_parts); i++)
    {
      const UBodySegment *segment = u_body_parts_get_nth (request->body_parts, i);
      g_autofree char *argument = NULL;

      if (segment->name == NULL)
        continue;

      if (segment->bytes != NULL)
        {
          argument = g_strdup_printf ("%s=%.*s", segment->name, (int) g_bytes_get_size (segment->bytes),
                                      (const char *) g_bytes_get_data (segment->bytes, NULL));
          add (command, "--form-string", argument);
        }
      else
        {
          g_autofree char *path = quote_in_form (segment->path);
          g_autofree char *name = quote_in_form (segment->file_name);

          argument = g_strdup_printf ("%s=@%s;filename=%s;type=%s", segment->name, path, name, segment->content_type);
          add (command, "--form", argument);
        }
    }
}

/* What writes the body to curl, where no option of curl can say it: a command and "| ". */
static char *
make_pipe (URequestData *request)
{
  g_autoptr (GString) pipe = g_string_new (NULL);

  if (request->body_kind == U_BODY_BYTES && !is_plain_text (request->body_bytes) &&
      g_bytes_get_size (request->body_bytes) <= MAX_BODY)
    {
      append_printf (pipe, request->body_bytes);
      g_string_append (pipe, " | ");
    }
  else if (request->body_kind == U_BODY_PARTS && !is_form (request))
    {
      g_string_append (pipe, "{ ");
      for (guint i = 0; i < u_body_parts_get_n (request->body_parts); i++)
        {
          const UBodySegment *segment = u_body_parts_get_nth (request->body_parts, i);

          if (segment->bytes == NULL)
            g_string_append (pipe, "cat --");
          else if (g_bytes_get_size (segment->bytes) > MAX_BODY)
            g_string_append (pipe, "cat body.bin");
          else
            append_printf (pipe, segment->bytes);
          add (pipe, NULL, segment->path);
          g_string_append (pipe, "; ");
        }
      g_string_append (pipe, "} | ");
    }

  return g_string_free (g_steal_pointer (&pipe), FALSE);
}

static gboolean
expects_body (URequestData *request)
{
  return g_str_equal (request->method, "POST") || g_str_equal (request->method, "PUT");
}

static void
add_body_bytes (GString *command, GBytes *bytes, gboolean is_piped)
{
  g_autofree char *text = NULL;

  if (is_piped)
    {
      add (command, "--data-binary", "@-");
      return;
    }
  if (!is_plain_text (bytes))
    {
      add (command, "--data-binary", "@body.bin");
      return;
    }

  /* The one names a file with an “@”, the other does not. */
  text = g_strndup (g_bytes_get_size (bytes) > 0 ? g_bytes_get_data (bytes, NULL) : "", g_bytes_get_size (bytes));
  add (command, *text == '@' ? "--data-raw" : "--data-binary", text);
}

static void
add_body (GString *command, URequestData *request, gboolean is_piped)
{
  switch (request->body_kind)
    {
    case U_BODY_BYTES:
      add_body_bytes (command, request->body_bytes, is_piped);
      break;

    case U_BODY_FILE:
      {
        g_autofree char *argument = g_strconcat ("@", request->body_path, NULL);

        add (command, "--data-binary", argument);
      }
      break;

    case U_BODY_PARTS:
      if (!is_piped)
        {
          add_form (command, request);
          return;
        }
      add (command, "--data-binary", "@-");
      break;

    case U_BODY_SOURCE:
      /* Whoever runs it pipes the body in. */
      add (command, "--data-binary", "@-");
      break;

    case U_BODY_NONE:
    default:
      /* These say that they have no body: RFC 9110 section 8.6. */
      if (!expects_body (request))
        return;
      add (command, "--data-binary", "");
      break;
    }

  add_content_type (command, request);
}

static void
add_method (GString *command, URequestData *request)
{
  const char *implied = request->body_kind == U_BODY_NONE && !expects_body (request) ? "GET" : "POST";

  if (request->body_kind == U_BODY_NONE && g_str_equal (request->method, "HEAD"))
    add (command, "--head", NULL);
  else if (!g_str_equal (request->method, implied))
    add (command, "--request", request->method);
}

/**
 * u_request_to_curl:
 * @self: a request
 *
 * Makes a command line of a POSIX shell that sends the same request with curl, to look at or to try.
 *
 * What lets somebody in is masked with `***`: header fields such as `Authorization` and `Cookie`, and a password in
 * the URL. The body is shown. One that is larger than 1 MiB, and not in a file, is left out: `body.bin` stands for a
 * file with it.
 *
 * The header fields that a session adds, its cookies and its proxies are not part of a request.
 *
 * Returns: (transfer full): a command line
 */
char *
u_request_to_curl (URequest *self)
{
  g_autoptr (URequestData) request = NULL;
  g_autoptr (GString) command = NULL;
  g_autofree char *pipe = NULL;
  g_autofree char *uri = NULL;

  g_return_val_if_fail (U_IS_REQUEST (self), NULL);

  request = u_request_ref_data (self);
  uri = request->parsed != NULL ? u_uri_dup_masked (request->parsed) : u_uri_string_dup_masked (request->uri);
  pipe = make_pipe (request);
  command = g_string_new (pipe);

  /* Redirects and content codings are followed and taken off here, too. */
  g_string_append (command, "curl --location --compressed");
  if (strpbrk (uri, "[]{}") != NULL)
    add (command, "--globoff", NULL);
  if (strstr (uri, "/.") != NULL)
    add (command, "--path-as-is", NULL);
  if (request->timeout > 0)
    g_string_append_printf (command, " --speed-limit 1 --speed-time %.0f", CLAMP (ceil (request->timeout), 1, 1e9));
  add_method (command, request);
  add_headers (command, request);
  add_body (command, request, *pipe != '\0');
  add (command, NULL, uri);

  return g_string_free (g_steal_pointer (&command), FALSE);
}

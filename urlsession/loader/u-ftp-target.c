/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-ftp-target-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-uri-private.h"

static const struct
{
  const char *method;
  gboolean has_body;          /* only with a body, else only without */
  UFtpVerb verb;
} verbs[] = {
  { "GET", FALSE, U_FTP_GET },
  { "HEAD", FALSE, U_FTP_HEAD },
  { "PUT", TRUE, U_FTP_PUT },
  { "POST", TRUE, U_FTP_PUT },
};

static gboolean
find_verb (URequestData *request, UFtpVerb *verb)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      if (g_str_equal (request->method, verbs[i].method) && verbs[i].has_body == (request->body_kind != U_BODY_NONE))
        {
          *verb = verbs[i].verb;
          return TRUE;
        }
    }

  return FALSE;
}

/* What a server would take for the end of a command. */
static gboolean
has_control_characters (const char *path)
{
  for (const char *p = path; *p != '\0'; p++)
    {
      if (p[0] == '%' && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]))
        {
          int byte = g_ascii_xdigit_value (p[1]) << 4 | g_ascii_xdigit_value (p[2]);

          if (byte < 0x20 || byte == 0x7f)
            return TRUE;
        }
    }

  return FALSE;
}

/* RFC 1738 section 3.2.2: at the end of the path. Cuts it off. Returns 0 if there is none. */
static char
take_type (char *path)
{
  gsize length = strlen (path);
  char type;

  if (length < strlen (";type=x") || g_ascii_strncasecmp (path + length - strlen (";type=x"), ";type=", 6) != 0)
    return 0;

  type = g_ascii_tolower (path[length - 1]);
  if (strchr ("aid", type) == NULL)
    return 0;
  path[length - strlen (";type=x")] = '\0';

  return type;
}

UFtpTarget *
u_ftp_target_new (URequestData *request, GError **error)
{
  g_autoptr (UFtpTarget) self = g_new0 (UFtpTarget, 1);
  GUri *uri = request->parsed;
  const char *query = g_uri_get_query (uri);
  g_autofree char *masked = u_uri_dup_masked (uri);
  g_autofree char *path = NULL;
  g_autofree char *joined = NULL;
  const char *slash;
  char type;

  if (!find_verb (request, &self->verb))
    {
      g_set_error (error, U_ERROR, U_ERROR_UNSUPPORTED_URL,
                   "FTP has no request with the method %s %s a body: GET reads %s, and PUT with a body writes it.",
                   request->method, request->body_kind != U_BODY_NONE ? "and" : "without", masked);
      return NULL;
    }

  /* FTP has no queries: the question mark is part of a name. */
  if (query != NULL)
    path = g_strconcat (g_uri_get_path (uri), "%3F", query, NULL);
  else
    path = g_strdup (g_uri_get_path (uri));
  if (has_control_characters (path))
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_URL,
                   "“%s” is not a URL that can be loaded: its path contains a control character.", masked);
      return NULL;
    }

  type = take_type (path);
  self->text = type == 'a';
  if (type == 'd' && !g_str_has_suffix (path, "/"))
    {
      char *folder = g_strconcat (path, "/", NULL);

      g_free (path);
      path = folder;
    }
  slash = strrchr (path, '/');
  self->name = g_uri_unescape_string (slash != NULL ? slash + 1 : path, NULL);
  if (self->name == NULL)
    self->name = g_strdup ("");
  if (*self->name == '\0' && self->verb == U_FTP_PUT)
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_URL, "A body cannot be written to %s: the URL names a folder.", masked);
      return NULL;
    }
  if (*self->name == '\0' && self->verb == U_FTP_GET)
    self->verb = U_FTP_LIST;

  self->secure = g_str_equal (g_uri_get_scheme (uri), "ftps");
  self->port = g_uri_get_port (uri);
  self->host = g_strdup (g_uri_get_host (uri));
  joined = g_uri_join (U_URI_FLAGS, "ftp", NULL, self->host, self->port, *path != '\0' ? path : "/", NULL, NULL);
  self->location = g_strdup (joined + strlen ("ftp:"));

  return g_steal_pointer (&self);
}

void
u_ftp_target_free (UFtpTarget *self)
{
  g_free (self->host);
  g_free (self->location);
  g_free (self->name);
  g_free (self);
}

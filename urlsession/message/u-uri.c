/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-uri-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

/* Schemes whose URLs mean nothing without a host, and the ports they stand for. */
static const struct
{
  const char *scheme;
  int port;
} schemes_with_host[] = {
  { "http", 80 },
  { "https", 443 },
  { "ws", 80 },
  { "wss", 443 },
  { "ftp", 21 },
  { "ftps", 990 },
};

static int
default_port (const char *scheme)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes_with_host); i++)
    {
      if (g_ascii_strcasecmp (scheme, schemes_with_host[i].scheme) == 0)
        return schemes_with_host[i].port;
    }

  return -1;
}

/* The length of "scheme:" at the start of @string; 0: none (RFC 3986 section 3.1). */
static gsize
scheme_length (const char *string)
{
  const char *p = string;

  if (!g_ascii_isalpha (*p))
    return 0;
  while (g_ascii_isalnum (*p) || *p == '+' || *p == '-' || *p == '.')
    p++;

  return *p == ':' ? p + 1 - string : 0;
}

/* Appends what a URL may not contain as percent-encoded bytes; what is encoded stays as it is. A percent sign that
 * begins no encoded byte stands for itself. */
static void
append_encoded (GString *out, const char *start, const char *end)
{
  for (const char *p = start; p < end; p++)
    {
      guchar c = (guchar) *p;
      gboolean stray = c == '%' && !(p + 2 < end && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]));

      if (c <= 0x20 || c >= 0x7f || stray || strchr ("\"<>\\^`{|}", c) != NULL)
        g_string_append_printf (out, "%%%02X", c);
      else
        g_string_append_c (out, (char) c);
    }
}

/* A URL or a reference to one in ASCII, up to its host, which is left as it is. NULL, and why, when it is unusable. */
static char *
clean (const char *string, const char **reason)
{
  const char *start = string;
  const char *end;
  g_autoptr (GString) out = NULL;
  gsize scheme;

  while (g_ascii_isspace (*start))
    start++;
  end = start + strlen (start);
  while (end > start && g_ascii_isspace (end[-1]))
    end--;

  for (const char *p = start; p < end; p++)
    {
      if (g_ascii_iscntrl (*p))
        {
          *reason = "it contains a line break or another control character";
          return NULL;
        }
    }

  out = g_string_sized_new (end - start + 1);
  scheme = MIN (scheme_length (start), (gsize) (end - start));
  if (strncmp (start + scheme, "//", 2) == 0)
    {
      const char *authority_end = start + scheme + 2;

      authority_end += strcspn (authority_end, "/?#");
      authority_end = MIN (authority_end, end);
      g_string_append_len (out, start, authority_end - start);
      start = authority_end;
    }
  append_encoded (out, start, end);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* The components of a URL or of a reference. NULL: not there, which is not the same as empty. */
typedef struct
{
  char *scheme;               /* lower case */
  gboolean has_authority;
  char *user;                 /* percent-encoded, as are the password, the path, the query and the fragment */
  char *password;
  char *host;                 /* ASCII, without brackets */
  int port;                   /* -1: none */
  char *path;                 /* never NULL once split */
  char *query;
  char *fragment;
} Parts;

static void
parts_clear (Parts *self)
{
  g_free (self->scheme);
  g_free (self->user);
  g_free (self->password);
  g_free (self->host);
  g_free (self->path);
  g_free (self->query);
  g_free (self->fragment);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

/* The host in the form that is looked up (RFC 5891 for names), or NULL. */
static char *
dup_host (const char *start, const char *end)
{
  g_autofree char *raw = g_strndup (start, end - start);
  g_autofree char *name = NULL;

  if (*raw == '[')
    {
      gsize length = strlen (raw);
      g_autofree char *address = NULL;
      g_autofree char *without_zone = NULL;

      if (length < 3 || raw[length - 1] != ']')
        return NULL;
      address = g_strndup (raw + 1, length - 2);
      without_zone = g_strndup (address, strcspn (address, "%"));
      if (!g_hostname_is_ip_address (without_zone) || strchr (without_zone, ':') == NULL)
        return NULL;

      return g_steal_pointer (&address);
    }

  name = g_uri_unescape_string (raw, NULL);
  if (name == NULL || !g_utf8_validate (name, -1, NULL))
    return NULL;
  if (!g_str_is_ascii (name))
    {
      char *ascii = g_hostname_to_ascii (name);

      if (ascii == NULL)
        return NULL;
      g_free (name);
      name = ascii;
    }
  for (const char *p = name; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p) || strchr (" \"#%/:<>?@[\\]^`{|}", *p) != NULL)
        return NULL;
    }

  return g_steal_pointer (&name);
}

/* "user:password@host:port" (RFC 3986 section 3.2). */
static gboolean
split_authority (Parts *self, const char *start, const char *end)
{
  const char *host = start;
  const char *host_end;

  self->has_authority = TRUE;
  for (const char *p = start; p < end; p++)
    {
      if (*p == '@')
        host = p + 1;
    }
  if (host > start)
    {
      g_autoptr (GString) encoded = g_string_new (NULL);
      char *colon;

      append_encoded (encoded, start, host - 1);
      colon = strchr (encoded->str, ':');
      if (colon != NULL)
        {
          self->password = g_strdup (colon + 1);
          g_string_truncate (encoded, colon - encoded->str);
        }
      self->user = g_string_free (g_steal_pointer (&encoded), FALSE);
    }

  host_end = *host == '[' ? memchr (host, ']', end - host) : NULL;
  host_end = memchr (host_end != NULL ? host_end : host, ':', end - (host_end != NULL ? host_end : host));
  if (host_end == NULL)
    host_end = end;

  self->host = dup_host (host, host_end);
  if (self->host == NULL)
    return FALSE;

  if (host_end + 1 < end)
    {
      g_autofree char *digits = g_strndup (host_end + 1, end - host_end - 1);
      guint64 port;

      if (!g_ascii_string_to_unsigned (digits, 10, 0, 65535, &port, NULL))
        return FALSE;
      self->port = (int) port;
    }

  return TRUE;
}

/* Takes @string apart by RFC 3986 appendix B. The components keep their encoding, unlike with g_uri_parse(), which
 * rewrites "%2f" and "%7E": a server may have signed the URL as it is. */
static gboolean
split (const char *string, Parts *self)
{
  const char *p = string;
  gsize length = scheme_length (string);
  const char *end;

  self->port = -1;
  if (length > 0)
    {
      self->scheme = g_ascii_strdown (p, length - 1);
      p += length;
    }
  if (p[0] == '/' && p[1] == '/')
    {
      end = p + 2 + strcspn (p + 2, "/?#");
      if (!split_authority (self, p + 2, end))
        return FALSE;
      p = end;
    }
  end = p + strcspn (p, "?#");
  self->path = g_strndup (p, end - p);
  p = end;
  if (*p == '?')
    {
      end = p + strcspn (p, "#");
      self->query = g_strndup (p + 1, end - p - 1);
      p = end;
    }
  if (*p == '#')
    self->fragment = g_strdup (p + 1);

  return TRUE;
}

static GUri *
build (const Parts *parts, const char *path)
{
  gboolean needs_host = default_port (parts->scheme) > 0;

  if (needs_host && *path == '\0')
    path = "/";

  return g_uri_build_with_user (U_URI_FLAGS, parts->scheme, parts->user, parts->password, NULL, parts->host,
                                parts->port, path, parts->query, parts->fragment);
}

/* RFC 3986 section 5.2.4. */
static char *
remove_dot_segments (const char *path)
{
  g_autoptr (GString) out = g_string_sized_new (strlen (path) + 1);
  const char *p = path;

  while (*p != '\0')
    {
      gsize length;

      if (strncmp (p, "../", 3) == 0)
        p += 3;
      else if (strncmp (p, "./", 2) == 0)
        p += 2;
      else if (strncmp (p, "/./", 3) == 0)
        p += 2;
      else if (strcmp (p, "/.") == 0)
        {
          g_string_append_c (out, '/');
          break;
        }
      else if (strncmp (p, "/../", 4) == 0 || strcmp (p, "/..") == 0)
        {
          const char *slash = strrchr (out->str, '/');

          g_string_truncate (out, slash != NULL ? slash - out->str : 0);
          if (p[3] == '\0')
            {
              g_string_append_c (out, '/');
              break;
            }
          p += 3;
        }
      else if (strcmp (p, ".") == 0 || strcmp (p, "..") == 0)
        break;
      else
        {
          length = 1 + strcspn (p + 1, "/");
          g_string_append_len (out, p, length);
          p += length;
        }
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* RFC 3986 section 5.2.3. */
static char *
merge_paths (GUri *base, const char *reference)
{
  const char *path = g_uri_get_path (base);
  const char *slash = strrchr (path, '/');

  if (*path == '\0' && g_uri_get_host (base) != NULL)
    return g_strconcat ("/", reference, NULL);

  return g_strdup_printf ("%.*s%s", slash != NULL ? (int) (slash - path + 1) : 0, path, reference);
}

static gboolean
has_needed_host (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  return default_port (g_uri_get_scheme (uri)) < 0 || (host != NULL && *host != '\0');
}

static GUri *
refuse (const char *string, const char *reason, GError **error)
{
  g_autofree char *masked = NULL;
  g_autofree char *printable = NULL;

  if (error == NULL)
    return NULL;

  masked = u_uri_string_dup_masked (string);
  printable = g_utf8_make_valid (masked, -1);
  g_set_error (error, U_ERROR, U_ERROR_BAD_URL, "“%s” is not a URL that can be loaded: %s.", printable, reason);

  return NULL;
}

GUri *
u_uri_parse (const char *string, GError **error)
{
  g_autofree char *cleaned = NULL;
  g_auto (Parts) parts = { 0 };
  g_autoptr (GUri) uri = NULL;
  const char *reason = NULL;

  if (string == NULL)
    {
      g_set_error_literal (error, U_ERROR, U_ERROR_BAD_URL, "The request has no URL.");
      return NULL;
    }

  cleaned = clean (string, &reason);
  if (cleaned == NULL)
    return refuse (string, reason, error);
  if (*cleaned == '\0')
    return refuse (string, "it is empty", error);
  if (scheme_length (cleaned) == 0)
    return refuse (string, "it has no scheme, such as “https:”", error);
  if (!split (cleaned, &parts))
    return refuse (string, "its host or its port is malformed", error);

  uri = build (&parts, parts.path);
  if (!has_needed_host (uri))
    return refuse (string, "it names no host", error);

  return g_steal_pointer (&uri);
}

/*
 * u_uri_resolve:
 *
 * RFC 3986 section 5.2.2, strict: a scheme makes the reference absolute.
 */
GUri *
u_uri_resolve (GUri *base, const char *reference)
{
  g_autofree char *cleaned = NULL;
  g_autofree char *path = NULL;
  g_auto (Parts) parts = { 0 };
  g_autoptr (GUri) uri = NULL;
  const char *reason;

  if (reference == NULL)
    return NULL;

  cleaned = clean (reference, &reason);
  if (cleaned == NULL || !split (cleaned, &parts))
    return NULL;

  if (parts.scheme != NULL || parts.has_authority)
    {
      path = remove_dot_segments (parts.path);
    }
  else
    {
      parts.user = g_strdup (g_uri_get_user (base));
      parts.password = g_strdup (g_uri_get_password (base));
      parts.host = g_strdup (g_uri_get_host (base));
      parts.port = g_uri_get_port (base);

      if (*parts.path == '\0')
        {
          path = g_strdup (g_uri_get_path (base));
          if (parts.query == NULL)
            parts.query = g_strdup (g_uri_get_query (base));
        }
      else if (*parts.path == '/')
        {
          path = remove_dot_segments (parts.path);
        }
      else
        {
          g_autofree char *merged = merge_paths (base, parts.path);

          path = remove_dot_segments (merged);
        }
    }
  if (parts.scheme == NULL)
    parts.scheme = g_strdup (g_uri_get_scheme (base));
  if (parts.fragment == NULL)
    parts.fragment = g_strdup (g_uri_get_fragment (base));

  uri = build (&parts, path);

  return has_needed_host (uri) ? g_steal_pointer (&uri) : NULL;
}

static char *
join (GUri *uri, const char *userinfo)
{
  return g_uri_join (U_URI_FLAGS, g_uri_get_scheme (uri), userinfo, g_uri_get_host (uri), g_uri_get_port (uri),
                     g_uri_get_path (uri), g_uri_get_query (uri), g_uri_get_fragment (uri));
}

char *
u_uri_dup_bare (GUri *uri)
{
  return join (uri, NULL);
}

char *
u_uri_dup_masked (GUri *uri)
{
  g_autofree char *userinfo = NULL;

  /* A name without a password is often a token. */
  if (g_uri_get_userinfo (uri) == NULL)
    userinfo = NULL;
  else if (g_uri_get_password (uri) == NULL)
    userinfo = g_strdup ("***");
  else
    userinfo = g_strdup_printf ("%s:***", g_uri_get_user (uri));

  return join (uri, userinfo);
}

/*
 * u_uri_string_dup_masked:
 *
 * The same for what may not be a URL at all: with or without "//", what stands before an "@" counts as user info.
 */
char *
u_uri_string_dup_masked (const char *string)
{
  const char *start, *end;
  const char *at = NULL;
  const char *colon;

  if (string == NULL)
    return g_strdup ("");

  start = string + strspn (string, " \t\r\n\f");
  end = strstr (start, "//");
  if (end == start || (end != NULL && scheme_length (start) == (gsize) (end - start)))
    start = end + 2;
  end = start + strcspn (start, "/?#");
  for (const char *p = start; p < end; p++)
    {
      if (*p == '@')
        at = p;
    }
  if (at == NULL)
    return g_strdup (string);

  colon = memchr (start, ':', at - start);
  if (colon != NULL)
    start = colon + 1;

  return g_strdup_printf ("%.*s***%s", (int) (start - string), string, at);
}

int
u_uri_get_effective_port (GUri *uri)
{
  int port = g_uri_get_port (uri);

  return port > 0 ? port : default_port (g_uri_get_scheme (uri));
}

gboolean
u_uri_same_origin (GUri *a, GUri *b)
{
  const char *host_a = g_uri_get_host (a);
  const char *host_b = g_uri_get_host (b);

  /* What has no host has no origin to share. */
  if (host_a == NULL || host_b == NULL || *host_a == '\0')
    return FALSE;

  return g_ascii_strcasecmp (g_uri_get_scheme (a), g_uri_get_scheme (b)) == 0 &&
         g_ascii_strcasecmp (host_a, host_b) == 0 &&
         u_uri_get_effective_port (a) == u_uri_get_effective_port (b);
}

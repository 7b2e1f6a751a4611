/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/storage/u-cookie-data-private.h"
#include "urlsession/storage/u-cookie-date-private.h"
#include "urlsession/storage/u-site-private.h"

/* A line with more than a name, a value and some attributes is not worth reading. */
#define MAX_LINE 8192

/* A longer attribute is taken for none (RFC 6265bis section 5.6). */
#define MAX_ATTRIBUTE 1024

/* Nothing is kept for longer (RFC 6265bis section 5.5). */
#define MAX_AGE (400 * G_TIME_SPAN_DAY)

/* What stands in the line. The strings are inside of it. */
typedef struct
{
  const char *start;
  gsize length;
} Span;

typedef struct
{
  Span domain;                /* start is NULL: not there */
  Span path;
  gint64 expires;             /* µs since 1970; U_COOKIE_NO_EXPIRY: not there */
  gint64 max_age;             /* the same, from Max-Age, which counts more */
  gboolean is_secure;
  gboolean is_http_only;
  UCookieSameSite same_site;
} Attributes;

static Span
span_trim (const char *start, const char *end)
{
  while (start < end && (*start == ' ' || *start == '\t'))
    start++;
  while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
    end--;

  return (Span) { start, end - start };
}

static gboolean
span_is (Span span, const char *string)
{
  return span.length == strlen (string) && g_ascii_strncasecmp (span.start, string, span.length) == 0;
}

/* Splits at the first @mark; FALSE, and all of it in @left, if there is none. */
static gboolean
span_split (const char *start, const char *end, char mark, Span *left, Span *right)
{
  const char *found = memchr (start, mark, end - start);

  *left = span_trim (start, found != NULL ? found : end);
  *right = found != NULL ? span_trim (found + 1, end) : (Span) { end, 0 };

  return found != NULL;
}

/* Seconds from now; what is no number is ignored, what is too large is as much as there is. */
static gboolean
read_max_age (Span value, gint64 now, gint64 *expires)
{
  gint64 seconds = 0;
  gsize i = value.length > 0 && *value.start == '-' ? 1 : 0;

  if (value.length == i)
    return FALSE;
  for (gsize j = i; j < value.length; j++)
    {
      if (!g_ascii_isdigit (value.start[j]))
        return FALSE;
      seconds = MIN (seconds * 10 + (value.start[j] - '0'), MAX_AGE / G_USEC_PER_SEC);
    }
  *expires = i > 0 || seconds == 0 ? 0 : now + seconds * G_USEC_PER_SEC;

  return TRUE;
}

static void
read_attribute (Attributes *self, Span name, Span value, gint64 now)
{
  gint64 seconds;

  if (value.length > MAX_ATTRIBUTE)
    return;

  if (span_is (name, "expires"))
    {
      if (u_cookie_date_parse (value.start, value.length, &seconds))
        self->expires = CLAMP (seconds, 0, (now + MAX_AGE) / G_USEC_PER_SEC) * G_USEC_PER_SEC;
    }
  else if (span_is (name, "max-age"))
    read_max_age (value, now, &self->max_age);
  else if (span_is (name, "domain"))
    self->domain = value;
  else if (span_is (name, "path"))
    self->path = value;
  else if (span_is (name, "secure"))
    self->is_secure = TRUE;
  else if (span_is (name, "httponly"))
    self->is_http_only = TRUE;
  else if (span_is (name, "samesite"))
    {
      if (span_is (value, "strict"))
        self->same_site = U_COOKIE_SAME_SITE_STRICT;
      else if (span_is (value, "lax"))
        self->same_site = U_COOKIE_SAME_SITE_LAX;
      else if (span_is (value, "none"))
        self->same_site = U_COOKIE_SAME_SITE_NONE;
      else
        self->same_site = U_COOKIE_SAME_SITE_UNSPECIFIED;
    }
}

/* RFC 6265 section 5.1.4. */
static char *
dup_default_path (GUri *origin)
{
  const char *path = g_uri_get_path (origin);
  const char *slash = *path == '/' ? strrchr (path, '/') : NULL;

  return slash != NULL && slash > path ? g_strndup (path, slash - path) : g_strdup ("/");
}

/* The domain as u_cookie_data_new() wants it: with a dot in front if it is not for the host alone. */
static char *
dup_domain (Span attribute, const char *host, const char **fault)
{
  g_autofree char *string = NULL;
  g_autofree char *domain = NULL;

  if (attribute.length > 0 && *attribute.start == '.')
    attribute = (Span) { attribute.start + 1, attribute.length - 1 };
  if (attribute.length == 0)
    return g_strdup (host);

  string = g_strndup (attribute.start, attribute.length);
  domain = u_site_dup_canonical (string);
  if (domain == NULL || !u_site_domain_matches (host, domain))
    {
      *fault = "its domain is not that of the server that set it";
      return NULL;
    }
  /* RFC 6265 section 5.3, step 5: a host that is a public suffix may set cookies for itself. */
  if (u_site_is_public_suffix (domain))
    {
      if (strcmp (domain, host) == 0)
        return g_steal_pointer (&domain);
      *fault = "its domain is a public suffix, under which anybody can have a name";
      return NULL;
    }

  return g_strconcat (".", domain, NULL);
}

static UCookieData *
parse (const char *line, GUri *origin, const char *host, gint64 now, const char **fault)
{
  Attributes attributes = { .expires = U_COOKIE_NO_EXPIRY, .max_age = U_COOKIE_NO_EXPIRY };
  gsize length = strlen (line);
  const char *end = line + length;
  const char *semicolon;
  Span name, value;
  g_autofree char *name_string = NULL;
  g_autofree char *value_string = NULL;
  g_autofree char *domain = NULL;
  g_autofree char *path = NULL;
  UCookieData *self;

  if (length > MAX_LINE)
    {
      *fault = "its line has more than 8192 bytes";
      return NULL;
    }
  for (const char *p = line; p < end; p++)
    {
      if (g_ascii_iscntrl (*p) && *p != '\t')
        {
          *fault = "it contains a line break or another control character";
          return NULL;
        }
    }

  semicolon = memchr (line, ';', length);
  if (!span_split (line, semicolon != NULL ? semicolon : end, '=', &name, &value))
    {
      *fault = "there is no equals sign";
      return NULL;
    }
  while (semicolon != NULL)
    {
      const char *start = semicolon + 1;
      Span attribute, attribute_value;

      semicolon = memchr (start, ';', end - start);
      span_split (start, semicolon != NULL ? semicolon : end, '=', &attribute, &attribute_value);
      read_attribute (&attributes, attribute, attribute_value, now);
    }

  domain = dup_domain (attributes.domain, host, fault);
  if (domain == NULL)
    return NULL;
  if (attributes.path.length > 0 && *attributes.path.start == '/')
    path = g_strndup (attributes.path.start, attributes.path.length);
  else
    path = dup_default_path (origin);

  name_string = g_strndup (name.start, name.length);
  value_string = g_strndup (value.start, value.length);
  self = u_cookie_data_new (name_string, value_string, domain, path);
  self->created = now;
  self->expires = attributes.max_age != U_COOKIE_NO_EXPIRY ? attributes.max_age : attributes.expires;
  self->is_secure = attributes.is_secure;
  self->is_http_only = attributes.is_http_only;
  self->same_site = attributes.same_site;

  return self;
}

UCookieData *
u_cookie_data_parse (const char *line, GUri *origin, gint64 now, GError **error)
{
  g_autofree char *host = u_site_dup_host (origin);
  g_autoptr (UCookieData) self = NULL;
  const char *fault = NULL;

  if (host == NULL)
    {
      g_set_error_literal (error, U_ERROR, U_ERROR_BAD_URL, "A cookie comes from a host, and the URL has none.");
      return NULL;
    }

  self = parse (line, origin, host, now, &fault);
  if (self == NULL)
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER, "The cookie from “%s” cannot be used: %s.", host, fault);
      return NULL;
    }

  return u_cookie_data_check (self, error) ? g_steal_pointer (&self) : NULL;
}

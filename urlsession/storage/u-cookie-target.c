/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-cookie-target-private.h"

#include <string.h>

#include "urlsession/storage/u-site-private.h"

/* RFC 6265 section 5.1.4. */
gboolean
u_cookie_path_matches (const char *path, const char *cookie_path)
{
  gsize length = strlen (cookie_path);

  return strncmp (path, cookie_path, length) == 0 &&
         (path[length] == '\0' || path[length] == '/' || cookie_path[length - 1] == '/');
}

/* Longest path first, then oldest (RFC 6265 section 5.4). */
int
u_cookie_data_compare (gconstpointer a, gconstpointer b)
{
  UCookieData *first = *(UCookieData *const *) a;
  UCookieData *second = *(UCookieData *const *) b;
  gsize first_length = strlen (first->path);
  gsize second_length = strlen (second->path);

  if (first_length != second_length)
    return first_length > second_length ? -1 : 1;

  return first->created < second->created ? -1 : first->created > second->created;
}

gboolean
u_cookie_scheme_is_secure (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);

  return g_ascii_strcasecmp (scheme, "https") == 0 || g_ascii_strcasecmp (scheme, "wss") == 0;
}

gboolean
u_cookie_scheme_is_known (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);

  return u_cookie_scheme_is_secure (uri) || g_ascii_strcasecmp (scheme, "http") == 0 ||
         g_ascii_strcasecmp (scheme, "ws") == 0;
}

static const char *
get_path (GUri *uri)
{
  const char *path = g_uri_get_path (uri);

  return *path == '/' ? path : "/";
}

/* RFC 9110 section 9.2.1. */
static gboolean
method_is_safe (const char *method)
{
  static const char *const safe[] = { "GET", "HEAD", "OPTIONS", "TRACE", NULL };

  return g_strv_contains (safe, method);
}

void
u_cookie_target_init (UCookieTarget *self, const char *host, GUri *uri, GUri *main_document, const char *method)
{
  *self = (UCookieTarget) {
    .host = host,
    .path = get_path (uri),
    .is_secure = u_cookie_scheme_is_secure (uri),
    .is_cross_site = main_document != NULL && !u_site_same (uri, main_document),
    .is_safe = method != NULL && method_is_safe (method),
  };
}

gboolean
u_cookie_target_matches (const UCookieTarget *self, UCookieData *cookie, gint64 now)
{
  if (cookie->expires <= now || (cookie->is_secure && !self->is_secure))
    return FALSE;
  if (cookie->is_host_only ? strcmp (self->host, cookie->domain) != 0
                           : !u_site_domain_matches (self->host, cookie->domain))
    return FALSE;
  if (!u_cookie_path_matches (self->path, cookie->path))
    return FALSE;
  if (!self->is_cross_site)
    return TRUE;

  return cookie->same_site == U_COOKIE_SAME_SITE_LAX ? self->is_safe
                                                     : cookie->same_site != U_COOKIE_SAME_SITE_STRICT;
}

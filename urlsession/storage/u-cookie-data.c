/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-cookie-data-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/storage/u-site-private.h"

/* Name and value together, as in browsers. RFC 6265 section 6.1 has 4096 as the least to be supported. */
#define MAX_NAME_AND_VALUE 4096

/* name, value, domain, path, host only, secure, HTTP only, same site. */
#define FORMAT "(ayayayaybbbi)"

UCookieData *
u_cookie_data_new (const char *name, const char *value, const char *domain, const char *path)
{
  UCookieData *self = g_new0 (UCookieData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->value = g_strdup (value);
  self->path = g_strdup (path);
  self->is_host_only = TRUE;
  u_cookie_data_set_domain (self, domain);
  self->created = g_get_real_time ();
  self->expires = U_COOKIE_NO_EXPIRY;

  return self;
}

void
u_cookie_data_set_domain (UCookieData *self, const char *domain)
{
  gboolean has_dot = *domain == '.';

  g_free (self->domain);
  self->domain = u_site_dup_canonical (has_dot ? domain + 1 : domain);
  if (self->domain == NULL)
    self->domain = g_strdup (domain);
  if (has_dot && !g_hostname_is_ip_address (self->domain))
    self->is_host_only = FALSE;
}

UCookieData *
u_cookie_data_copy (UCookieData *self)
{
  UCookieData *copy = g_new0 (UCookieData, 1);

  *copy = *self;
  g_atomic_ref_count_init (&copy->ref_count);
  copy->name = g_strdup (self->name);
  copy->value = g_strdup (self->value);
  copy->domain = g_strdup (self->domain);
  copy->path = g_strdup (self->path);

  return copy;
}

UCookieData *
u_cookie_data_ref (UCookieData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_cookie_data_unref (UCookieData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->name);
  g_free (self->value);
  g_free (self->domain);
  g_free (self->path);
  g_free (self);
}

gboolean
u_cookie_data_same_key (UCookieData *a, UCookieData *b)
{
  return strcmp (a->name, b->name) == 0 && strcmp (a->domain, b->domain) == 0 && strcmp (a->path, b->path) == 0 &&
         a->is_host_only == b->is_host_only;
}

gboolean
u_cookie_data_equal (UCookieData *a, UCookieData *b)
{
  return u_cookie_data_same_key (a, b) && strcmp (a->value, b->value) == 0 && a->expires == b->expires &&
         a->is_secure == b->is_secure && a->is_http_only == b->is_http_only && a->same_site == b->same_site;
}

char *
u_cookie_data_dup_key (UCookieData *self)
{
  return g_strdup_printf ("%s%s\n%s\n%s", self->is_host_only ? "" : ".", self->domain, self->path, self->name);
}

static gboolean
has_control (const char *string)
{
  for (const char *p = string; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p) && *p != '\t')
        return TRUE;
    }

  return FALSE;
}

/* The reason says nothing of the value: it may be what logs a user in. */
static const char *
find_fault (UCookieData *self)
{
  g_autofree char *canonical = u_site_dup_canonical (self->domain);

  if (g_strcmp0 (canonical, self->domain) != 0)
    return "its domain is not the name of a host";
  if (*self->name == '\0')
    return "it has no name";
  if (strpbrk (self->name, ";=") != NULL || strchr (self->value, ';') != NULL)
    return "its name or its value contains a character that ends it";
  if (has_control (self->name) || has_control (self->value) || has_control (self->path))
    return "it contains a line break or another control character";
  if (strchr (self->path, ';') != NULL)
    return "its path contains a semicolon";
  if (*self->path != '/')
    return "its path does not begin with a slash";
  if (strlen (self->name) + strlen (self->value) > MAX_NAME_AND_VALUE)
    return "its name and its value have more than 4096 bytes together";
  if (!self->is_host_only && u_site_is_public_suffix (self->domain))
    return "its domain is a public suffix, under which anybody can have a name";
  /* RFC 6265bis section 4.1.3, for which servers rely on these names. */
  if (g_ascii_strncasecmp (self->name, "__Secure-", 9) == 0 && !self->is_secure)
    return "its name begins with __Secure-, and it is not secure";
  if (g_ascii_strncasecmp (self->name, "__Host-", 7) == 0 &&
      (!self->is_secure || !self->is_host_only || strcmp (self->path, "/") != 0))
    return "its name begins with __Host-, and it is not secure, not for one host only or not for the path /";

  return NULL;
}

gboolean
u_cookie_data_check (UCookieData *self, GError **error)
{
  const char *fault = find_fault (self);
  g_autofree char *printable = g_utf8_make_valid (self->domain, -1);

  if (fault != NULL)
    g_set_error (error, U_ERROR, U_ERROR_BAD_HEADER, "The cookie for “%s” cannot be used: %s.", printable, fault);

  return fault == NULL;
}

GBytes *
u_cookie_data_to_bytes (UCookieData *self)
{
  g_autoptr (GVariant) variant = NULL;

  variant = g_variant_ref_sink (g_variant_new ("(^ay^ay^ay^aybbbi)", self->name, self->value, self->domain, self->path,
                                               self->is_host_only, self->is_secure, self->is_http_only,
                                               (gint32) self->same_site));

  return g_variant_get_data_as_bytes (variant);
}

UCookieData *
u_cookie_data_from_bytes (GBytes *bytes)
{
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (UCookieData) self = NULL;
  const char *name, *value, *domain, *path;
  gboolean is_host_only, is_secure, is_http_only;
  gint32 same_site;

  variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (FORMAT), bytes, FALSE));
  if (!g_variant_is_normal_form (variant))
    return NULL;

  g_variant_get (variant, "(^&ay^&ay^&ay^&aybbbi)", &name, &value, &domain, &path, &is_host_only, &is_secure,
                 &is_http_only, &same_site);
  self = u_cookie_data_new (name, value, domain, path);
  self->is_host_only = is_host_only;
  self->is_secure = is_secure;
  self->is_http_only = is_http_only;
  self->same_site = CLAMP (same_site, U_COOKIE_SAME_SITE_UNSPECIFIED, U_COOKIE_SAME_SITE_STRICT);

  return u_cookie_data_check (self, NULL) ? g_steal_pointer (&self) : NULL;
}

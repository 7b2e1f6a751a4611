/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-cookie-private.h"

#include "urlsession/message/u-headers-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/u-enum-types.h"

/**
 * UCookie:
 *
 * A cookie: a name and a value that a server wants to get back with every request to it (RFC 6265).
 *
 * A cookie does not change, and may be used from any thread. To change one in a [class@CookieStorage], set another one
 * with the same name, domain and path.
 *
 * ```python
 * storage.set_cookie(URLSession.Cookie(name="theme", value="dark", domain="example.org", is_secure=True))
 * ```
 */

enum {
  PROP_0,
  PROP_NAME,
  PROP_VALUE,
  PROP_DOMAIN,
  PROP_PATH,
  PROP_CREATION_DATE,
  PROP_EXPIRES,
  PROP_IS_HOST_ONLY,
  PROP_IS_HTTP_ONLY,
  PROP_IS_SECURE,
  PROP_IS_SESSION_ONLY,
  PROP_SAME_SITE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

struct _UCookie
{
  GObject parent_instance;

  UCookieData *data;          /* owned; not shared while the cookie is constructed */
  char *name;                 /* owned; what follows is the data in valid UTF-8 */
  char *value;                /* owned */
  char *path;                 /* owned */
  GDateTime *creation_date;   /* owned */
  GDateTime *expires;         /* owned, nullable */
};

G_DEFINE_FINAL_TYPE (UCookie, u_cookie, G_TYPE_OBJECT)

static GDateTime *
date_new (gint64 microseconds)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);

  return g_date_time_add (seconds, microseconds % G_USEC_PER_SEC);
}

/* Of a date in the public interface. */
static gint64
to_microseconds (GDateTime *date)
{
  return g_date_time_to_unix (date) * G_USEC_PER_SEC + g_date_time_get_microsecond (date);
}

static void
show_data (UCookie *self)
{
  self->name = g_utf8_make_valid (self->data->name, -1);
  self->value = g_utf8_make_valid (self->data->value, -1);
  self->path = g_utf8_make_valid (self->data->path, -1);
  self->creation_date = date_new (self->data->created);
  if (self->data->expires != U_COOKIE_NO_EXPIRY && self->expires == NULL)
    self->expires = date_new (self->data->expires);
}

static void
u_cookie_constructed (GObject *object)
{
  G_OBJECT_CLASS (u_cookie_parent_class)->constructed (object);

  show_data (U_COOKIE (object));
}

static void
clear (UCookie *self)
{
  g_clear_pointer (&self->data, u_cookie_data_unref);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->value, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->creation_date, g_date_time_unref);
  g_clear_pointer (&self->expires, g_date_time_unref);
}

static void
u_cookie_finalize (GObject *object)
{
  clear (U_COOKIE (object));

  G_OBJECT_CLASS (u_cookie_parent_class)->finalize (object);
}

static void
u_cookie_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UCookie *self = U_COOKIE (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, u_cookie_get_name (self));
      break;
    case PROP_VALUE:
      g_value_set_string (value, u_cookie_get_value (self));
      break;
    case PROP_DOMAIN:
      g_value_set_string (value, u_cookie_get_domain (self));
      break;
    case PROP_PATH:
      g_value_set_string (value, u_cookie_get_path (self));
      break;
    case PROP_CREATION_DATE:
      g_value_set_boxed (value, u_cookie_get_creation_date (self));
      break;
    case PROP_EXPIRES:
      g_value_set_boxed (value, u_cookie_get_expires (self));
      break;
    case PROP_IS_HOST_ONLY:
      g_value_set_boolean (value, u_cookie_get_is_host_only (self));
      break;
    case PROP_IS_HTTP_ONLY:
      g_value_set_boolean (value, u_cookie_get_is_http_only (self));
      break;
    case PROP_IS_SECURE:
      g_value_set_boolean (value, u_cookie_get_is_secure (self));
      break;
    case PROP_IS_SESSION_ONLY:
      g_value_set_boolean (value, u_cookie_get_is_session_only (self));
      break;
    case PROP_SAME_SITE:
      g_value_set_enum (value, u_cookie_get_same_site (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* A property that is set to NULL is like one that is not set. */
static void
set_string (char **string, const GValue *value)
{
  if (g_value_get_string (value) == NULL)
    return;

  g_free (*string);
  *string = g_value_dup_string (value);
}

static void
u_cookie_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UCookie *self = U_COOKIE (object);

  switch (prop_id)
    {
    case PROP_NAME:
      set_string (&self->data->name, value);
      break;
    case PROP_VALUE:
      set_string (&self->data->value, value);
      break;
    case PROP_DOMAIN:
      if (g_value_get_string (value) != NULL)
        u_cookie_data_set_domain (self->data, g_value_get_string (value));
      break;
    case PROP_PATH:
      set_string (&self->data->path, value);
      break;
    case PROP_EXPIRES:
      self->expires = g_value_dup_boxed (value);
      if (self->expires != NULL)
        self->data->expires = to_microseconds (self->expires);
      break;
    case PROP_IS_HOST_ONLY:
      /* The domain may have said it already, by a dot. */
      if (!g_value_get_boolean (value))
        self->data->is_host_only = FALSE;
      break;
    case PROP_IS_HTTP_ONLY:
      self->data->is_http_only = g_value_get_boolean (value);
      break;
    case PROP_IS_SECURE:
      self->data->is_secure = g_value_get_boolean (value);
      break;
    case PROP_SAME_SITE:
      self->data->same_site = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_cookie_class_init (UCookieClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GParamFlags read_flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->constructed = u_cookie_constructed;
  object_class->finalize = u_cookie_finalize;
  object_class->get_property = u_cookie_get_property;
  object_class->set_property = u_cookie_set_property;

  /**
   * UCookie:name: (getter get_name)
   *
   * The name, with the case that it was given.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);

  /**
   * UCookie:value: (getter get_value)
   *
   * The value. What is not UTF-8 is shown with replacement characters, and sent as it came.
   */
  properties[PROP_VALUE] = g_param_spec_string ("value", NULL, NULL, "", flags);

  /**
   * UCookie:domain: (getter get_domain)
   *
   * The host that it is for, in ASCII and lower case. It may be set with a dot in front, which says that it is for the
   * hosts below as well, and is not a part of the name.
   */
  properties[PROP_DOMAIN] = g_param_spec_string ("domain", NULL, NULL, "", flags);

  /**
   * UCookie:path: (getter get_path)
   *
   * What the path of a URL has to be, or to be below. It begins with a slash.
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, "/", flags);

  /**
   * UCookie:creation-date: (getter get_creation_date)
   *
   * When it was made, or set for the first time in the storage that it is from. In UTC, with microseconds.
   */
  properties[PROP_CREATION_DATE] = g_param_spec_boxed ("creation-date", NULL, NULL, G_TYPE_DATE_TIME, read_flags);

  /**
   * UCookie:expires: (getter get_expires)
   *
   * When it is gone, with microseconds; %NULL if it is kept in memory only, until the process ends.
   */
  properties[PROP_EXPIRES] = g_param_spec_boxed ("expires", NULL, NULL, G_TYPE_DATE_TIME, flags);

  /**
   * UCookie:is-host-only: (getter get_is_host_only)
   *
   * Whether it is for the host [property@Cookie:domain] alone, and not for the hosts below it.
   */
  properties[PROP_IS_HOST_ONLY] = g_param_spec_boolean ("is-host-only", NULL, NULL, TRUE, flags);

  /**
   * UCookie:is-http-only: (getter get_is_http_only)
   *
   * Whether the server wants it kept from scripts in its pages. It makes no difference to this library.
   */
  properties[PROP_IS_HTTP_ONLY] = g_param_spec_boolean ("is-http-only", NULL, NULL, FALSE, flags);

  /**
   * UCookie:is-secure: (getter get_is_secure)
   *
   * Whether it is sent over `https:` and `wss:` only.
   */
  properties[PROP_IS_SECURE] = g_param_spec_boolean ("is-secure", NULL, NULL, FALSE, flags);

  /**
   * UCookie:is-session-only: (getter get_is_session_only)
   *
   * Whether there is no date in [property@Cookie:expires]: no storage keeps it beyond the process.
   */
  properties[PROP_IS_SESSION_ONLY] = g_param_spec_boolean ("is-session-only", NULL, NULL, TRUE, read_flags);

  /**
   * UCookie:same-site: (getter get_same_site)
   *
   * Whether it is sent with loads that are a part of another site.
   */
  properties[PROP_SAME_SITE] =
    g_param_spec_enum ("same-site", NULL, NULL, U_TYPE_COOKIE_SAME_SITE, U_COOKIE_SAME_SITE_UNSPECIFIED, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_cookie_init (UCookie *self)
{
  self->data = u_cookie_data_new ("", "", "", "/");
}

/**
 * u_cookie_new:
 * @name: its name
 * @value: its value
 * @domain: the host that it is for; with a dot in front, the hosts below as well
 * @path: what the path of a URL has to be or to be below, such as `/`
 *
 * Creates a cookie without a date of expiry.
 *
 * Set the other properties when constructing the object. Nothing is checked before the cookie is stored.
 *
 * Returns: (transfer full): a new cookie
 */
UCookie *
u_cookie_new (const char *name, const char *value, const char *domain, const char *path)
{
  return g_object_new (U_TYPE_COOKIE, "name", name, "value", value, "domain", domain, "path", path, NULL);
}

UCookie *
u_cookie_new_from_data (UCookieData *data)
{
  UCookie *self = g_object_new (U_TYPE_COOKIE, NULL);

  clear (self);
  self->data = u_cookie_data_ref (data);
  show_data (self);

  return self;
}

UCookieData *
u_cookie_get_data (UCookie *self)
{
  return self->data;
}

UCookie **
u_cookie_array_from_data (GPtrArray *cookies, gsize *n_cookies)
{
  UCookie **objects = g_new0 (UCookie *, cookies->len + 1);

  for (guint i = 0; i < cookies->len; i++)
    objects[i] = u_cookie_new_from_data (g_ptr_array_index (cookies, i));
  *n_cookies = cookies->len;
  g_ptr_array_unref (cookies);

  return objects;
}

/**
 * u_cookie_parse:
 * @line: the value of a field `Set-Cookie`
 * @uri: the URL of the response that it is from
 * @error: return location for an error
 *
 * Reads a cookie as a storage would.
 *
 * The cookie may have expired already: so servers remove one. Sets %U_ERROR_BAD_HEADER if a storage would ignore the
 * line, which it does
 *
 * - without an equals sign or a name,
 * - with a control character in it,
 * - for another host, or for all that is below a public suffix such as `co.uk`,
 * - with a name and a value of more than 4096 bytes together, or with more than 8192 bytes in all,
 * - if the name begins with `__Secure-` or `__Host-` and the rest does not keep what that promises (RFC 6265bis).
 *
 * Sets %U_ERROR_BAD_URL if @uri is not a URL with a host.
 *
 * Returns: (transfer full): a new cookie, or %NULL with @error set
 */
UCookie *
u_cookie_parse (const char *line, const char *uri, GError **error)
{
  g_autoptr (GUri) origin = NULL;
  g_autoptr (UCookieData) data = NULL;

  g_return_val_if_fail (line != NULL, NULL);
  g_return_val_if_fail (uri != NULL, NULL);

  origin = u_uri_parse (uri, error);
  if (origin == NULL)
    return NULL;
  data = u_cookie_data_parse (line, origin, g_get_real_time (), error);

  return data != NULL ? u_cookie_new_from_data (data) : NULL;
}

/**
 * u_cookie_parse_headers:
 * @headers: the headers of a response
 * @uri: the URL of the response
 * @n_cookies: (out): the number of cookies
 * @error: return location for an error
 *
 * Reads all fields `Set-Cookie`, and leaves out those that a storage would ignore.
 *
 * Sets %U_ERROR_BAD_URL if @uri is not a URL.
 *
 * Returns: (transfer full) (array length=n_cookies): the cookies, in the order of the fields, or %NULL with @error set
 */
UCookie **
u_cookie_parse_headers (UHeaders *headers, const char *uri, gsize *n_cookies, GError **error)
{
  g_autoptr (GUri) origin = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *cookies;

  g_return_val_if_fail (U_IS_HEADERS (headers), NULL);
  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (n_cookies != NULL, NULL);

  *n_cookies = 0;
  origin = u_uri_parse (uri, error);
  if (origin == NULL)
    return NULL;

  cookies = g_ptr_array_new_with_free_func ((GDestroyNotify) u_cookie_data_unref);
  lines = u_headers_dup_values (headers, "Set-Cookie");
  for (guint i = 0; lines[i] != NULL; i++)
    {
      UCookieData *data = u_cookie_data_parse (lines[i], origin, g_get_real_time (), NULL);

      if (data != NULL)
        g_ptr_array_add (cookies, data);
    }

  return u_cookie_array_from_data (cookies, n_cookies);
}

/**
 * u_cookie_to_header:
 * @cookies: (array length=n_cookies): cookies
 * @n_cookies: how many there are
 *
 * Writes cookies as the value of a field `Cookie`, for a request that does not take them from a storage.
 *
 * They are written in their order, whatever they are for and whether they have expired:
 * [method@CookieStorage.dup_cookies_for_uri] selects those for a URL. Left out are those that no storage would take,
 * such as one with a line break in its value.
 *
 * Returns: (nullable) (transfer full): the value of the field, or %NULL if there is no cookie to write
 */
char *
u_cookie_to_header (UCookie **cookies, gsize n_cookies)
{
  g_autoptr (GPtrArray) good = NULL;

  g_return_val_if_fail (cookies != NULL || n_cookies == 0, NULL);

  good = g_ptr_array_new ();
  for (gsize i = 0; i < n_cookies; i++)
    {
      g_return_val_if_fail (U_IS_COOKIE (cookies[i]), NULL);

      if (u_cookie_data_check (cookies[i]->data, NULL))
        g_ptr_array_add (good, cookies[i]->data);
    }

  return u_cookie_data_join (good);
}

/**
 * u_cookie_get_name: (get-property name)
 * @self: a cookie
 *
 * Gets the name.
 *
 * Returns: (transfer none): the name
 */
const char *
u_cookie_get_name (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), NULL);

  return self->name;
}

/**
 * u_cookie_get_value: (get-property value)
 * @self: a cookie
 *
 * Gets the value.
 *
 * Returns: (transfer none): the value
 */
const char *
u_cookie_get_value (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), NULL);

  return self->value;
}

/**
 * u_cookie_get_domain: (get-property domain)
 * @self: a cookie
 *
 * Gets the host that it is for, without a dot in front.
 *
 * Returns: (transfer none): the host
 */
const char *
u_cookie_get_domain (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), NULL);

  return self->data->domain;
}

/**
 * u_cookie_get_path: (get-property path)
 * @self: a cookie
 *
 * Gets what the path of a URL has to be or to be below.
 *
 * Returns: (transfer none): the path
 */
const char *
u_cookie_get_path (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), NULL);

  return self->path;
}

/**
 * u_cookie_get_creation_date: (get-property creation-date)
 * @self: a cookie
 *
 * Gets when it was made, or set for the first time in the storage that it is from.
 *
 * Returns: (transfer none): a date
 */
GDateTime *
u_cookie_get_creation_date (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), NULL);

  return self->creation_date;
}

/**
 * u_cookie_get_expires: (get-property expires)
 * @self: a cookie
 *
 * Gets when it is gone.
 *
 * Returns: (nullable) (transfer none): a date, or %NULL if it is gone when the process ends
 */
GDateTime *
u_cookie_get_expires (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), NULL);

  return self->expires;
}

/**
 * u_cookie_get_is_host_only: (get-property is-host-only)
 * @self: a cookie
 *
 * Tells whether it is for one host alone, and not for the hosts below it.
 *
 * Returns: whether it is for one host
 */
gboolean
u_cookie_get_is_host_only (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), FALSE);

  return self->data->is_host_only;
}

/**
 * u_cookie_get_is_http_only: (get-property is-http-only)
 * @self: a cookie
 *
 * Tells whether the server wants it kept from scripts.
 *
 * Returns: whether scripts are not to see it
 */
gboolean
u_cookie_get_is_http_only (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), FALSE);

  return self->data->is_http_only;
}

/**
 * u_cookie_get_is_secure: (get-property is-secure)
 * @self: a cookie
 *
 * Tells whether it is sent over TLS only.
 *
 * Returns: whether it needs TLS
 */
gboolean
u_cookie_get_is_secure (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), FALSE);

  return self->data->is_secure;
}

/**
 * u_cookie_get_is_session_only: (get-property is-session-only)
 * @self: a cookie
 *
 * Tells whether it has no date of expiry.
 *
 * Returns: whether it is gone when the process ends
 */
gboolean
u_cookie_get_is_session_only (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), FALSE);

  return self->data->expires == U_COOKIE_NO_EXPIRY;
}

/**
 * u_cookie_get_same_site: (get-property same-site)
 * @self: a cookie
 *
 * Gets whether it is sent with loads that are a part of another site.
 *
 * Returns: what the server said of it
 */
UCookieSameSite
u_cookie_get_same_site (UCookie *self)
{
  g_return_val_if_fail (U_IS_COOKIE (self), U_COOKIE_SAME_SITE_UNSPECIFIED);

  return self->data->same_site;
}

/**
 * u_cookie_equal:
 * @self: a cookie
 * @other: another one
 *
 * Compares two cookies in everything but their dates of creation.
 *
 * Returns: whether they are equal
 */
gboolean
u_cookie_equal (UCookie *self, UCookie *other)
{
  g_return_val_if_fail (U_IS_COOKIE (self), FALSE);
  g_return_val_if_fail (U_IS_COOKIE (other), FALSE);

  return u_cookie_data_equal (self->data, other->data);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-protection-space-private.h"

#include "urlsession/auth/u-server-trust-private.h"
#include "urlsession/u-enum-types.h"

/**
 * UProtectionSpace:
 *
 * A part of a server, or a proxy, that wants to know who is there: what a credential is good for.
 *
 * Two spaces that differ in the host, the port, the protocol, the realm or the method are different; the certificates
 * that were seen there do not count. An empty realm is not the same as none. A space does not change, and may be used
 * from any thread.
 */

struct _UProtectionSpace
{
  GObject parent_instance;

  UProtectionSpaceData *data; /* owned; NULL only during construction */
  UServerTrust *trust;        /* owned, nullable; NULL until asked for */

  /* What the construct properties said, until `data` is made of it. */
  UAuthenticationMethod method;
  char *protocol;
  char *host;
  guint port;
  char *realm;
  gboolean is_proxy;
};

enum {
  PROP_0,
  PROP_AUTHENTICATION_METHOD,
  PROP_HOST,
  PROP_IS_PROXY,
  PROP_PORT,
  PROP_PROTOCOL,
  PROP_REALM,
  PROP_RECEIVES_CREDENTIAL_SECURELY,
  PROP_SERVER_TRUST,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UProtectionSpace, u_protection_space, G_TYPE_OBJECT)

/* The host of a URL has brackets around an address of IPv6, a space has not. */
static char *
dup_bare_host (const char *host)
{
  gsize length = strlen (host);

  if (length > 2 && host[0] == '[' && host[length - 1] == ']')
    return g_strndup (host + 1, length - 2);

  return g_strdup (host);
}

static void
u_protection_space_constructed (GObject *object)
{
  UProtectionSpace *self = U_PROTECTION_SPACE (object);
  g_autofree char *host = dup_bare_host (self->host != NULL ? self->host : "");

  G_OBJECT_CLASS (u_protection_space_parent_class)->constructed (object);

  self->data = u_protection_space_data_new (self->method, self->protocol != NULL ? self->protocol : "", host,
                                            self->port, self->realm, self->is_proxy);
  g_clear_pointer (&self->protocol, g_free);
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->realm, g_free);
}

static void
u_protection_space_finalize (GObject *object)
{
  UProtectionSpace *self = U_PROTECTION_SPACE (object);

  g_clear_pointer (&self->data, u_protection_space_data_unref);
  g_clear_object (&self->trust);

  G_OBJECT_CLASS (u_protection_space_parent_class)->finalize (object);
}

static void
u_protection_space_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UProtectionSpace *self = U_PROTECTION_SPACE (object);

  switch (prop_id)
    {
    case PROP_AUTHENTICATION_METHOD:
      g_value_set_enum (value, u_protection_space_get_authentication_method (self));
      break;
    case PROP_HOST:
      g_value_set_string (value, u_protection_space_get_host (self));
      break;
    case PROP_IS_PROXY:
      g_value_set_boolean (value, u_protection_space_get_is_proxy (self));
      break;
    case PROP_PORT:
      g_value_set_uint (value, u_protection_space_get_port (self));
      break;
    case PROP_PROTOCOL:
      g_value_set_string (value, u_protection_space_get_protocol (self));
      break;
    case PROP_REALM:
      g_value_set_string (value, u_protection_space_get_realm (self));
      break;
    case PROP_RECEIVES_CREDENTIAL_SECURELY:
      g_value_set_boolean (value, u_protection_space_get_receives_credential_securely (self));
      break;
    case PROP_SERVER_TRUST:
      g_value_set_object (value, u_protection_space_get_server_trust (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_protection_space_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UProtectionSpace *self = U_PROTECTION_SPACE (object);

  switch (prop_id)
    {
    case PROP_AUTHENTICATION_METHOD:
      self->method = g_value_get_enum (value);
      break;
    case PROP_HOST:
      self->host = g_value_dup_string (value);
      break;
    case PROP_IS_PROXY:
      self->is_proxy = g_value_get_boolean (value);
      break;
    case PROP_PORT:
      self->port = g_value_get_uint (value);
      break;
    case PROP_PROTOCOL:
      self->protocol = g_value_dup_string (value);
      break;
    case PROP_REALM:
      self->realm = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_protection_space_class_init (UProtectionSpaceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags flags = readable | G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY;

  object_class->constructed = u_protection_space_constructed;
  object_class->finalize = u_protection_space_finalize;
  object_class->get_property = u_protection_space_get_property;
  object_class->set_property = u_protection_space_set_property;

  /**
   * UProtectionSpace:authentication-method: (getter get_authentication_method)
   *
   * How one side is to show the other who it is.
   */
  properties[PROP_AUTHENTICATION_METHOD] =
    g_param_spec_enum ("authentication-method", NULL, NULL, U_TYPE_AUTHENTICATION_METHOD,
                       U_AUTHENTICATION_METHOD_DEFAULT, flags);

  /**
   * UProtectionSpace:host: (getter get_host)
   *
   * The name or the address of the server, or of the proxy; in lower case, without brackets.
   */
  properties[PROP_HOST] = g_param_spec_string ("host", NULL, NULL, "", flags);

  /**
   * UProtectionSpace:is-proxy: (getter get_is_proxy)
   *
   * Whether it is a proxy that asks.
   */
  properties[PROP_IS_PROXY] = g_param_spec_boolean ("is-proxy", NULL, NULL, FALSE, flags);

  /**
   * UProtectionSpace:port: (getter get_port)
   *
   * The port, which is never left out: 80 for `http`, 443 for `https`. From 0 to 65535.
   */
  properties[PROP_PORT] = g_param_spec_uint ("port", NULL, NULL, 0, 65535, 0, flags);

  /**
   * UProtectionSpace:protocol: (getter get_protocol)
   *
   * The protocol in lower case: `http`, `https` or `ftp`; of a proxy `http`, `https` or `socks`.
   */
  properties[PROP_PROTOCOL] = g_param_spec_string ("protocol", NULL, NULL, "", flags);

  /**
   * UProtectionSpace:realm: (getter get_realm)
   *
   * What the server calls the space, to be shown to the user; %NULL where the method has no realms.
   */
  properties[PROP_REALM] = g_param_spec_string ("realm", NULL, NULL, NULL, flags);

  /**
   * UProtectionSpace:receives-credential-securely: (getter get_receives_credential_securely)
   *
   * Whether nobody on the way can read a password that is sent there: the connection is encrypted, or the method sends
   * none.
   */
  properties[PROP_RECEIVES_CREDENTIAL_SECURELY] =
    g_param_spec_boolean ("receives-credential-securely", NULL, NULL, FALSE, readable);

  /**
   * UProtectionSpace:server-trust: (getter get_server_trust)
   *
   * For `U_AUTHENTICATION_METHOD_SERVER_TRUST`: the certificates of the server and what is wrong with them; else %NULL.
   */
  properties[PROP_SERVER_TRUST] = g_param_spec_object ("server-trust", NULL, NULL, U_TYPE_SERVER_TRUST, readable);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_protection_space_init (UProtectionSpace *self)
{
}

static UProtectionSpace *
space_new (const char *host, guint port, const char *protocol, const char *realm, UAuthenticationMethod method,
           gboolean is_proxy)
{
  g_return_val_if_fail (port <= 65535, NULL);

  return g_object_new (U_TYPE_PROTECTION_SPACE,
                       "host", host,
                       "port", port,
                       "protocol", protocol,
                       "realm", realm,
                       "authentication-method", method,
                       "is-proxy", is_proxy,
                       NULL);
}

/**
 * u_protection_space_new:
 * @host: the name or the address of the server
 * @port: the port, from 0 to 65535
 * @protocol: `http`, `https` or `ftp`
 * @realm: (nullable): what the server calls the space; %NULL if the method has no realms
 * @method: how one side is to show the other who it is
 *
 * Creates a space of a server, for use with a credential storage.
 *
 * Returns: (transfer full): a new space
 */
UProtectionSpace *
u_protection_space_new (const char *host, guint port, const char *protocol, const char *realm,
                        UAuthenticationMethod method)
{
  return space_new (host, port, protocol, realm, method, FALSE);
}

/**
 * u_protection_space_new_for_proxy:
 * @host: the name or the address of the proxy
 * @port: its port, from 0 to 65535
 * @protocol: `http`, `https` or `socks`
 * @realm: (nullable): what the proxy calls the space; %NULL if the method has no realms
 * @method: how one side is to show the other who it is
 *
 * Creates a space of a proxy, for use with a credential storage.
 *
 * Returns: (transfer full): a new space
 */
UProtectionSpace *
u_protection_space_new_for_proxy (const char *host, guint port, const char *protocol, const char *realm,
                                  UAuthenticationMethod method)
{
  return space_new (host, port, protocol, realm, method, TRUE);
}

UProtectionSpace *
u_protection_space_new_from_data (UProtectionSpaceData *data)
{
  UProtectionSpace *self = g_object_new (U_TYPE_PROTECTION_SPACE, NULL);

  u_protection_space_data_unref (self->data);
  self->data = u_protection_space_data_ref (data);

  return self;
}

UProtectionSpaceData *
u_protection_space_ref_data (UProtectionSpace *self)
{
  return u_protection_space_data_ref (self->data);
}

/**
 * u_protection_space_get_host: (get-property host)
 * @self: a protection space
 *
 * Gets the name or the address of the server, or of the proxy.
 *
 * Returns: (transfer none): a host in lower case, without brackets
 */
const char *
u_protection_space_get_host (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), NULL);

  return self->data->host;
}

/**
 * u_protection_space_get_port: (get-property port)
 * @self: a protection space
 *
 * Gets the port.
 *
 * Returns: a port, from 0 to 65535
 */
guint
u_protection_space_get_port (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), 0);

  return self->data->port;
}

/**
 * u_protection_space_get_protocol: (get-property protocol)
 * @self: a protection space
 *
 * Gets the protocol in lower case.
 *
 * Returns: (transfer none): a protocol, such as `https`
 */
const char *
u_protection_space_get_protocol (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), NULL);

  return self->data->protocol;
}

/**
 * u_protection_space_get_realm: (get-property realm)
 * @self: a protection space
 *
 * Gets what the server calls the space.
 *
 * Returns: (nullable) (transfer none): a realm, which may be empty; %NULL where the method has none
 */
const char *
u_protection_space_get_realm (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), NULL);

  return self->data->realm;
}

/**
 * u_protection_space_get_authentication_method: (get-property authentication-method)
 * @self: a protection space
 *
 * Gets how one side is to show the other who it is.
 *
 * Returns: a method
 */
UAuthenticationMethod
u_protection_space_get_authentication_method (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), U_AUTHENTICATION_METHOD_DEFAULT);

  return self->data->method;
}

/**
 * u_protection_space_get_is_proxy: (get-property is-proxy)
 * @self: a protection space
 *
 * Gets whether it is a proxy that asks.
 *
 * Returns: %TRUE for a proxy
 */
gboolean
u_protection_space_get_is_proxy (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), FALSE);

  return self->data->is_proxy;
}

/**
 * u_protection_space_get_receives_credential_securely: (get-property receives-credential-securely)
 * @self: a protection space
 *
 * Gets whether nobody on the way can read a password that is sent there.
 *
 * That is so when the connection is encrypted, and when the method sends no password.
 *
 * Returns: %TRUE if nobody can
 */
gboolean
u_protection_space_get_receives_credential_securely (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), FALSE);

  if (g_str_equal (self->data->protocol, "https") || g_str_equal (self->data->protocol, "ftps"))
    return TRUE;

  switch (self->data->method)
    {
    case U_AUTHENTICATION_METHOD_HTTP_DIGEST:
    case U_AUTHENTICATION_METHOD_NTLM:
    case U_AUTHENTICATION_METHOD_NEGOTIATE:
    case U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE:
    case U_AUTHENTICATION_METHOD_SERVER_TRUST:
      return TRUE;
    case U_AUTHENTICATION_METHOD_DEFAULT:
    case U_AUTHENTICATION_METHOD_HTTP_BASIC:
    case U_AUTHENTICATION_METHOD_HTML_FORM:
    default:
      return FALSE;
    }
}

/**
 * u_protection_space_get_server_trust: (get-property server-trust)
 * @self: a protection space
 *
 * Gets the certificates of the server and what is wrong with them.
 *
 * Returns: (nullable) (transfer none): what is known of the server; %NULL unless the method is
 *   `U_AUTHENTICATION_METHOD_SERVER_TRUST`
 */
UServerTrust *
u_protection_space_get_server_trust (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), NULL);

  if (self->data->chain != NULL && g_atomic_pointer_get (&self->trust) == NULL)
    {
      g_autoptr (UServerTrust) trust = u_server_trust_new_from_data (self->data);

      /* Another thread may have been faster. */
      if (g_atomic_pointer_compare_and_exchange (&self->trust, NULL, trust))
        g_steal_pointer (&trust);
    }

  return self->trust;
}

/**
 * u_protection_space_dup_distinguished_names:
 * @self: a protection space
 * @n_names: (out): how many there are
 *
 * Gets the names of the authorities whose certificates of clients the server accepts.
 *
 * It names them for `U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE`, and not always then: without any, every certificate
 * may be tried.
 *
 * Returns: (array length=n_names) (transfer full) (nullable): the names, in DER; %NULL if there are none
 */
GBytes **
u_protection_space_dup_distinguished_names (UProtectionSpace *self, gsize *n_names)
{
  GPtrArray *authorities;
  GBytes **names;

  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), NULL);
  g_return_val_if_fail (n_names != NULL, NULL);

  authorities = self->data->authorities;
  *n_names = authorities != NULL ? authorities->len : 0;
  if (*n_names == 0)
    return NULL;

  names = g_new0 (GBytes *, *n_names + 1);
  for (gsize i = 0; i < *n_names; i++)
    names[i] = g_bytes_ref (authorities->pdata[i]);

  return names;
}

/**
 * u_protection_space_equal:
 * @self: a protection space
 * @other: another one
 *
 * Compares two spaces: host, port, protocol, realm, method, and whether it is a proxy.
 *
 * Returns: %TRUE if both are the same
 */
gboolean
u_protection_space_equal (UProtectionSpace *self, UProtectionSpace *other)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), FALSE);
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (other), FALSE);

  return u_protection_space_data_equal (self->data, other->data);
}

/**
 * u_protection_space_hash:
 * @self: a protection space
 *
 * Gets a number that is the same for spaces that are equal.
 *
 * Returns: a number
 */
guint
u_protection_space_hash (UProtectionSpace *self)
{
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (self), 0);

  return u_protection_space_data_hash (self->data);
}

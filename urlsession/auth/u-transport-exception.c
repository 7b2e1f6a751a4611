/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-transport-exception-private.h"

#include "urlsession/auth/u-transport-exception.h"

/**
 * UTransportException:
 *
 * What a [class@TransportSecurity] says of the connections to one domain.
 *
 * It is a value: it never changes, and may be used from any thread. [method@TransportSecurity.add_exception] adds one,
 * [method@TransportSecurity.dup_exception] gets it.
 */

struct _UTransportException
{
  GObject parent_instance;

  UTlsException value;        /* its domain owned, nullable */
};

enum {
  PROP_0,
  PROP_DOMAIN,
  PROP_INCLUDES_SUBDOMAINS,
  PROP_ALLOWS_INSECURE_LOADS,
  PROP_MINIMUM_TLS_VERSION,
  PROP_REQUIRES_FORWARD_SECRECY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UTransportException, u_transport_exception, G_TYPE_OBJECT)

static void
u_transport_exception_finalize (GObject *object)
{
  UTransportException *self = U_TRANSPORT_EXCEPTION (object);

  g_free (self->value.domain);

  G_OBJECT_CLASS (u_transport_exception_parent_class)->finalize (object);
}

static void
u_transport_exception_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UTransportException *self = U_TRANSPORT_EXCEPTION (object);

  switch (prop_id)
    {
    case PROP_DOMAIN:
      g_value_set_string (value, self->value.domain);
      break;
    case PROP_INCLUDES_SUBDOMAINS:
      g_value_set_boolean (value, self->value.includes_subdomains);
      break;
    case PROP_ALLOWS_INSECURE_LOADS:
      g_value_set_boolean (value, self->value.allows_insecure_loads);
      break;
    case PROP_MINIMUM_TLS_VERSION:
      g_value_set_enum (value, self->value.minimum);
      break;
    case PROP_REQUIRES_FORWARD_SECRECY:
      g_value_set_boolean (value, self->value.requires_forward_secrecy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_transport_exception_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UTransportException *self = U_TRANSPORT_EXCEPTION (object);

  switch (prop_id)
    {
    case PROP_DOMAIN:
      self->value.domain = g_value_dup_string (value);
      break;
    case PROP_INCLUDES_SUBDOMAINS:
      self->value.includes_subdomains = g_value_get_boolean (value);
      break;
    case PROP_ALLOWS_INSECURE_LOADS:
      self->value.allows_insecure_loads = g_value_get_boolean (value);
      break;
    case PROP_MINIMUM_TLS_VERSION:
      self->value.minimum = g_value_get_enum (value);
      break;
    case PROP_REQUIRES_FORWARD_SECRECY:
      self->value.requires_forward_secrecy = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_transport_exception_class_init (UTransportExceptionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_transport_exception_finalize;
  object_class->get_property = u_transport_exception_get_property;
  object_class->set_property = u_transport_exception_set_property;

  /**
   * UTransportException:domain: (getter get_domain)
   *
   * The domain, as it is compared: in lower case, and in ASCII.
   *
   * Every object that [class@TransportSecurity] gives has one.
   */
  properties[PROP_DOMAIN] =
    g_param_spec_string ("domain", NULL, NULL, NULL, flags);

  /**
   * UTransportException:includes-subdomains: (getter get_includes_subdomains)
   *
   * Whether the exception is also for all hosts below the domain.
   */
  properties[PROP_INCLUDES_SUBDOMAINS] =
    g_param_spec_boolean ("includes-subdomains", NULL, NULL, FALSE, flags);

  /**
   * UTransportException:allows-insecure-loads: (getter get_allows_insecure_loads)
   *
   * Whether `http:` may be used.
   */
  properties[PROP_ALLOWS_INSECURE_LOADS] =
    g_param_spec_boolean ("allows-insecure-loads", NULL, NULL, FALSE, flags);

  /**
   * UTransportException:minimum-tls-version: (getter get_minimum_tls_version)
   *
   * The oldest version of TLS that may be used; unknown for that of all hosts.
   */
  properties[PROP_MINIMUM_TLS_VERSION] =
    g_param_spec_enum ("minimum-tls-version", NULL, NULL, G_TYPE_TLS_PROTOCOL_VERSION,
                       G_TLS_PROTOCOL_VERSION_UNKNOWN, flags);

  /**
   * UTransportException:requires-forward-secrecy: (getter get_requires_forward_secrecy)
   *
   * Whether the ciphers must have forward secrecy.
   */
  properties[PROP_REQUIRES_FORWARD_SECRECY] =
    g_param_spec_boolean ("requires-forward-secrecy", NULL, NULL, TRUE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_transport_exception_init (UTransportException *self)
{
}

UTransportException *
u_transport_exception_new (const UTlsException *value)
{
  return g_object_new (U_TYPE_TRANSPORT_EXCEPTION,
                       "domain", value->domain,
                       "includes-subdomains", value->includes_subdomains,
                       "allows-insecure-loads", value->allows_insecure_loads,
                       "minimum-tls-version", value->minimum,
                       "requires-forward-secrecy", value->requires_forward_secrecy,
                       NULL);
}

/**
 * u_transport_exception_get_domain: (get-property domain)
 * @self: an exception
 *
 * Gets the domain.
 *
 * Returns: (transfer none) (nullable): a host, in lower case and in ASCII
 */
const char *
u_transport_exception_get_domain (UTransportException *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_EXCEPTION (self), NULL);

  return self->value.domain;
}

/**
 * u_transport_exception_get_includes_subdomains: (get-property includes-subdomains)
 * @self: an exception
 *
 * Gets whether the exception is also for all hosts below the domain.
 *
 * Returns: %TRUE if it is
 */
gboolean
u_transport_exception_get_includes_subdomains (UTransportException *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_EXCEPTION (self), FALSE);

  return self->value.includes_subdomains;
}

/**
 * u_transport_exception_get_allows_insecure_loads: (get-property allows-insecure-loads)
 * @self: an exception
 *
 * Gets whether `http:` may be used.
 *
 * Returns: %TRUE if it may
 */
gboolean
u_transport_exception_get_allows_insecure_loads (UTransportException *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_EXCEPTION (self), FALSE);

  return self->value.allows_insecure_loads;
}

/**
 * u_transport_exception_get_minimum_tls_version: (get-property minimum-tls-version)
 * @self: an exception
 *
 * Gets the oldest version of TLS that may be used.
 *
 * Returns: a version, %G_TLS_PROTOCOL_VERSION_UNKNOWN for that of all hosts
 */
GTlsProtocolVersion
u_transport_exception_get_minimum_tls_version (UTransportException *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_EXCEPTION (self), G_TLS_PROTOCOL_VERSION_UNKNOWN);

  return self->value.minimum;
}

/**
 * u_transport_exception_get_requires_forward_secrecy: (get-property requires-forward-secrecy)
 * @self: an exception
 *
 * Gets whether the ciphers must have forward secrecy.
 *
 * Returns: %TRUE if they must
 */
gboolean
u_transport_exception_get_requires_forward_secrecy (UTransportException *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_EXCEPTION (self), FALSE);

  return self->value.requires_forward_secrecy;
}

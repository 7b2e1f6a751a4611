/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-transport-security-private.h"

#include "urlsession/auth/u-transport-exception-private.h"

/**
 * UTransportSecurity:
 *
 * What a session demands of its connections: `https:`, a version of TLS, good ciphers.
 *
 * It is on unless an application turns it off: a task for an `http:` URL fails with
 * `U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION` unless its host is near, and the message of the error says
 * what would allow it. A connection over TLS that does not meet the demands fails with
 * `U_ERROR_SECURE_CONNECTION_FAILED` before a byte of the request is sent. Redirects are held to the same rules.
 *
 * A domain can have an exception, which stands in the place of what is said of all others:
 *
 * ```c
 * u_transport_security_add_exception (security, "old.example.com", TRUE, TRUE, G_TLS_PROTOCOL_VERSION_TLS_1_0, FALSE);
 * ```
 *
 * Where several fit, that of the host itself decides, or else that of the longest domain. Whether a certificate is
 * valid is another matter, which these rules neither tighten nor relax.
 *
 * That of a session is *sealed*: to change it is a programming error, reported with g_critical(), and has no effect.
 * u_transport_security_add_exception (security, "old.example.com", TRUE, TRUE, G_TLS_PROTOCOL_VERSION_TLS_1_0, TRUE);
 * from one thread at a time.
 */

struct _UTransportSecurity
{
  GObject parent_instance;

  UTlsRules *rules;           /* owned; shared only when sealed */
  gboolean sealed;
};

enum {
  PROP_0,
  PROP_ALLOWS_INSECURE_LOADS,
  PROP_ALLOWS_LOCAL_NETWORKING,
  PROP_MAXIMUM_TLS_VERSION,
  PROP_MINIMUM_TLS_VERSION,
  PROP_REQUIRES_FORWARD_SECRECY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UTransportSecurity, u_transport_security, G_TYPE_OBJECT)

static void
u_transport_security_finalize (GObject *object)
{
  UTransportSecurity *self = U_TRANSPORT_SECURITY (object);

  u_tls_rules_unref (self->rules);

  G_OBJECT_CLASS (u_transport_security_parent_class)->finalize (object);
}

static void
u_transport_security_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UTransportSecurity *self = U_TRANSPORT_SECURITY (object);

  switch (prop_id)
    {
    case PROP_ALLOWS_INSECURE_LOADS:
      g_value_set_boolean (value, self->rules->allows_insecure_loads);
      break;
    case PROP_ALLOWS_LOCAL_NETWORKING:
      g_value_set_boolean (value, self->rules->allows_local_networking);
      break;
    case PROP_MAXIMUM_TLS_VERSION:
      g_value_set_enum (value, self->rules->maximum);
      break;
    case PROP_MINIMUM_TLS_VERSION:
      g_value_set_enum (value, self->rules->minimum);
      break;
    case PROP_REQUIRES_FORWARD_SECRECY:
      g_value_set_boolean (value, self->rules->requires_forward_secrecy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_transport_security_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UTransportSecurity *self = U_TRANSPORT_SECURITY (object);

  switch (prop_id)
    {
    case PROP_ALLOWS_INSECURE_LOADS:
      u_transport_security_set_allows_insecure_loads (self, g_value_get_boolean (value));
      break;
    case PROP_ALLOWS_LOCAL_NETWORKING:
      u_transport_security_set_allows_local_networking (self, g_value_get_boolean (value));
      break;
    case PROP_MAXIMUM_TLS_VERSION:
      u_transport_security_set_maximum_tls_version (self, g_value_get_enum (value));
      break;
    case PROP_MINIMUM_TLS_VERSION:
      u_transport_security_set_minimum_tls_version (self, g_value_get_enum (value));
      break;
    case PROP_REQUIRES_FORWARD_SECRECY:
      u_transport_security_set_requires_forward_secrecy (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_transport_security_class_init (UTransportSecurityClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_transport_security_finalize;
  object_class->get_property = u_transport_security_get_property;
  object_class->set_property = u_transport_security_set_property;

  /**
   * UTransportSecurity:allows-insecure-loads: (getter get_allows_insecure_loads) (setter set_allows_insecure_loads)
   *
   * Whether `http:` may be used with any host; %FALSE unless it is said otherwise.
   */
  properties[PROP_ALLOWS_INSECURE_LOADS] =
    g_param_spec_boolean ("allows-insecure-loads", NULL, NULL, FALSE, flags);

  /**
   * UTransportSecurity:allows-local-networking: (getter get_allows_local_networking) (setter set_allows_local_networking)
   *
   * Whether `http:` may be used with hosts that are near; %TRUE unless it is said otherwise.
   *
   * Those are names without a dot, names that end in `.local` or `.localhost`, and addresses of this machine
   * (`127.0.0.1`, `::1`), of the link (`169.254.0.0/16`, `fe80::/10`) and of private networks (`10.0.0.0/8`,
   * `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`). The host of the URL counts, not what it resolves to.
   */
  properties[PROP_ALLOWS_LOCAL_NETWORKING] =
    g_param_spec_boolean ("allows-local-networking", NULL, NULL, TRUE, flags);

  /**
   * UTransportSecurity:maximum-tls-version: (getter get_maximum_tls_version) (setter set_maximum_tls_version)
   *
   * The newest version of TLS that may be used; TLS 1.3 unless it is said otherwise.
   *
   * It is not negotiated: a connection whose two sides both speak a newer version fails.
   */
  properties[PROP_MAXIMUM_TLS_VERSION] =
    g_param_spec_enum ("maximum-tls-version", NULL, NULL, G_TYPE_TLS_PROTOCOL_VERSION,
                       G_TLS_PROTOCOL_VERSION_TLS_1_3, flags);

  /**
   * UTransportSecurity:minimum-tls-version: (getter get_minimum_tls_version) (setter set_minimum_tls_version)
   *
   * The oldest version of TLS that may be used; TLS 1.2 unless it is said otherwise.
   */
  properties[PROP_MINIMUM_TLS_VERSION] =
    g_param_spec_enum ("minimum-tls-version", NULL, NULL, G_TYPE_TLS_PROTOCOL_VERSION,
                       G_TLS_PROTOCOL_VERSION_TLS_1_2, flags);

  /**
   * UTransportSecurity:requires-forward-secrecy: (getter get_requires_forward_secrecy) (setter set_requires_forward_secrecy)
   *
   * Whether the ciphers must have forward secrecy; %TRUE unless it is said otherwise.
   *
   * That is TLS 1.3, and DHE or ECDHE before it.
   */
  properties[PROP_REQUIRES_FORWARD_SECRECY] =
    g_param_spec_boolean ("requires-forward-secrecy", NULL, NULL, TRUE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_transport_security_init (UTransportSecurity *self)
{
  self->rules = u_tls_rules_new ();
}

/**
 * u_transport_security_new:
 *
 * Makes rules as they are unless somebody says otherwise.
 *
 * Returns: (transfer full): rules that can be changed
 */
UTransportSecurity *
u_transport_security_new (void)
{
  return g_object_new (U_TYPE_TRANSPORT_SECURITY, NULL);
}

/**
 * u_transport_security_copy:
 * @self: rules
 *
 * Makes a copy, which can be changed also when @self is sealed.
 *
 * Returns: (transfer full): rules of their own
 */
UTransportSecurity *
u_transport_security_copy (UTransportSecurity *self)
{
  UTransportSecurity *copy;

  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), NULL);

  copy = u_transport_security_new ();
  u_tls_rules_unref (copy->rules);
  copy->rules = u_tls_rules_copy (self->rules);

  return copy;
}

UTransportSecurity *
u_transport_security_dup_sealed (UTransportSecurity *self)
{
  UTransportSecurity *copy = u_transport_security_copy (self);

  copy->sealed = TRUE;

  return copy;
}

UTlsRules *
u_transport_security_ref_rules (UTransportSecurity *self)
{
  return self->sealed ? u_tls_rules_ref (self->rules) : u_tls_rules_copy (self->rules);
}

/**
 * u_transport_security_is_sealed:
 * @self: rules
 *
 * Tells whether the rules belong to a session and cannot be changed.
 *
 * Returns: %TRUE if a setter would be a programming error
 */
gboolean
u_transport_security_is_sealed (UTransportSecurity *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), TRUE);

  return self->sealed;
}

static gboolean
check_open (UTransportSecurity *self, const char *what)
{
  if (self->sealed)
    g_critical ("The transport security of a session is sealed: “%s” cannot be changed. Copy it, and make a new "
                "session.", what);

  return !self->sealed;
}

static void
set_boolean (UTransportSecurity *self, gboolean *field, gboolean value, guint property)
{
  GParamSpec *pspec = properties[property];

  value = !!value;
  if (!check_open (self, pspec->name) || *field == value)
    return;

  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
set_version (UTransportSecurity *self, GTlsProtocolVersion *field, GTlsProtocolVersion value, guint property)
{
  GParamSpec *pspec = properties[property];

  if (!check_open (self, pspec->name) || *field == value)
    return;

  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

/**
 * u_transport_security_get_allows_insecure_loads: (get-property allows-insecure-loads)
 * @self: rules
 *
 * Gets whether `http:` may be used with any host.
 *
 * Returns: %TRUE if it may
 */
gboolean
u_transport_security_get_allows_insecure_loads (UTransportSecurity *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), FALSE);

  return self->rules->allows_insecure_loads;
}

/**
 * u_transport_security_set_allows_insecure_loads: (set-property allows-insecure-loads)
 * @self: rules that are not sealed
 * @allowed: whether it is allowed
 *
 * Sets whether `http:` may be used with any host.
 */
void
u_transport_security_set_allows_insecure_loads (UTransportSecurity *self, gboolean allowed)
{
  g_return_if_fail (U_IS_TRANSPORT_SECURITY (self));

  set_boolean (self, &self->rules->allows_insecure_loads, allowed, PROP_ALLOWS_INSECURE_LOADS);
}

/**
 * u_transport_security_get_allows_local_networking: (get-property allows-local-networking)
 * @self: rules
 *
 * Gets whether `http:` may be used with hosts that are near.
 *
 * Returns: %TRUE if it may
 */
gboolean
u_transport_security_get_allows_local_networking (UTransportSecurity *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), FALSE);

  return self->rules->allows_local_networking;
}

/**
 * u_transport_security_set_allows_local_networking: (set-property allows-local-networking)
 * @self: rules that are not sealed
 * @allowed: whether it is allowed
 *
 * Sets whether `http:` may be used with hosts that are near.
 */
void
u_transport_security_set_allows_local_networking (UTransportSecurity *self, gboolean allowed)
{
  g_return_if_fail (U_IS_TRANSPORT_SECURITY (self));

  set_boolean (self, &self->rules->allows_local_networking, allowed, PROP_ALLOWS_LOCAL_NETWORKING);
}

/**
 * u_transport_security_get_maximum_tls_version: (get-property maximum-tls-version)
 * @self: rules
 *
 * Gets the newest version of TLS that may be used.
 *
 * Returns: a version of TLS
 */
GTlsProtocolVersion
u_transport_security_get_maximum_tls_version (UTransportSecurity *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), G_TLS_PROTOCOL_VERSION_UNKNOWN);

  return self->rules->maximum;
}

/**
 * u_transport_security_set_maximum_tls_version: (set-property maximum-tls-version)
 * @self: rules that are not sealed
 * @version: a version of TLS
 *
 * Sets the newest version of TLS that may be used.
 */
void
u_transport_security_set_maximum_tls_version (UTransportSecurity *self, GTlsProtocolVersion version)
{
  g_return_if_fail (U_IS_TRANSPORT_SECURITY (self));

  set_version (self, &self->rules->maximum, version, PROP_MAXIMUM_TLS_VERSION);
}

/**
 * u_transport_security_get_minimum_tls_version: (get-property minimum-tls-version)
 * @self: rules
 *
 * Gets the oldest version of TLS that may be used.
 *
 * Returns: a version of TLS
 */
GTlsProtocolVersion
u_transport_security_get_minimum_tls_version (UTransportSecurity *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), G_TLS_PROTOCOL_VERSION_UNKNOWN);

  return self->rules->minimum;
}

/**
 * u_transport_security_set_minimum_tls_version: (set-property minimum-tls-version)
 * @self: rules that are not sealed
 * @version: a version of TLS
 *
 * Sets the oldest version of TLS that may be used.
 */
void
u_transport_security_set_minimum_tls_version (UTransportSecurity *self, GTlsProtocolVersion version)
{
  g_return_if_fail (U_IS_TRANSPORT_SECURITY (self));

  set_version (self, &self->rules->minimum, version, PROP_MINIMUM_TLS_VERSION);
}

/**
 * u_transport_security_get_requires_forward_secrecy: (get-property requires-forward-secrecy)
 * @self: rules
 *
 * Gets whether the ciphers must have forward secrecy.
 *
 * Returns: %TRUE if they must
 */
gboolean
u_transport_security_get_requires_forward_secrecy (UTransportSecurity *self)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), FALSE);

  return self->rules->requires_forward_secrecy;
}

/**
 * u_transport_security_set_requires_forward_secrecy: (set-property requires-forward-secrecy)
 * @self: rules that are not sealed
 * @required: whether it is required
 *
 * Sets whether the ciphers must have forward secrecy.
 */
void
u_transport_security_set_requires_forward_secrecy (UTransportSecurity *self, gboolean required)
{
  g_return_if_fail (U_IS_TRANSPORT_SECURITY (self));

  set_boolean (self, &self->rules->requires_forward_secrecy, required, PROP_REQUIRES_FORWARD_SECRECY);
}

/**
 * u_transport_security_add_exception:
 * @self: rules that are not sealed
 * @domain: the name of a host, or its address
 * @includes_subdomains: whether the exception is also for all hosts below @domain
 * @allows_insecure_loads: whether `http:` may be used
 * @minimum_tls_version: the oldest version of TLS that may be used, or %G_TLS_PROTOCOL_VERSION_UNKNOWN for that of all
 *   hosts
 * @requires_forward_secrecy: whether the ciphers must have forward secrecy
 *
 * Adds an exception for a domain, in the place of one that it had.
 *
 * An international name is taken in either spelling. What is not the name of a host is a programming error.
 */
void
u_transport_security_add_exception (UTransportSecurity *self, const char *domain, gboolean includes_subdomains,
                                    gboolean allows_insecure_loads, GTlsProtocolVersion minimum_tls_version,
                                    gboolean requires_forward_secrecy)
{
  UTlsException exception = {
    .domain = (char *) domain,
    .includes_subdomains = !!includes_subdomains,
    .allows_insecure_loads = !!allows_insecure_loads,
    .minimum = minimum_tls_version,
    .requires_forward_secrecy = !!requires_forward_secrecy,
  };

  g_return_if_fail (U_IS_TRANSPORT_SECURITY (self));
  g_return_if_fail (domain != NULL);

  if (check_open (self, "exceptions") && !u_tls_rules_set_exception (self->rules, &exception))
    g_critical ("“%s” is not the name of a host: no exception was added.", domain);
}

/**
 * u_transport_security_remove_exception:
 * @self: rules that are not sealed
 * @domain: the domain of an exception
 *
 * Removes the exception for a domain, if there is one.
 *
 * Returns: whether there was one
 */
gboolean
u_transport_security_remove_exception (UTransportSecurity *self, const char *domain)
{
  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), FALSE);
  g_return_val_if_fail (domain != NULL, FALSE);

  return check_open (self, "exceptions") && u_tls_rules_remove_exception (self->rules, domain);
}

/**
 * u_transport_security_dup_exception:
 * @self: rules
 * @domain: the domain of an exception
 *
 * Gets the exception that was added for exactly this domain.
 *
 * Returns: (transfer full) (nullable): an exception, %NULL if there is none
 */
UTransportException *
u_transport_security_dup_exception (UTransportSecurity *self, const char *domain)
{
  const UTlsException *exception;

  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), NULL);
  g_return_val_if_fail (domain != NULL, NULL);

  exception = u_tls_rules_get_exception (self->rules, domain);

  return exception != NULL ? u_transport_exception_new (exception) : NULL;
}

/**
 * u_transport_security_dup_exception_domains:
 * @self: rules
 *
 * Lists the domains that have an exception.
 *
 * Returns: (transfer full) (array zero-terminated=1): the domains, in the order in which they were added
 */
char **
u_transport_security_dup_exception_domains (UTransportSecurity *self)
{
  g_autoptr (GStrvBuilder) builder = NULL;

  g_return_val_if_fail (U_IS_TRANSPORT_SECURITY (self), NULL);

  builder = g_strv_builder_new ();
  for (guint i = 0; i < self->rules->exceptions->len; i++)
    g_strv_builder_add (builder, ((UTlsException *) g_ptr_array_index (self->rules->exceptions, i))->domain);

  return g_strv_builder_end (builder);
}

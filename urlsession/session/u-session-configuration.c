/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-configuration.h"

#include "urlsession/message/u-headers-private.h"
#include "urlsession/session/u-session-configuration-private.h"

/* A minute without a byte, and a week in all. */
#define DEFAULT_REQUEST_TIMEOUT 60.0
#define DEFAULT_RESOURCE_TIMEOUT (7 * 24 * 60 * 60.0)

/* What browsers do over HTTP/1.1. */
#define DEFAULT_MAX_CONNECTIONS_PER_HOST 6

/**
 * USessionConfiguration:
 *
 * What a [class@Session] decides for all its tasks.
 *
 * A session takes a copy of the configuration that it is made with: later changes make a difference for later sessions
 * only. The configuration of a session is sealed: to change one, copy it.
 *
 * A default configuration keeps what is to be kept on disk, an ephemeral one in memory. The tasks of a background
 * session are carried out by a service of their own; that is not available yet, and each task of such a session fails
 * with `U_ERROR_UNSUPPORTED_BY_SESSION`.
 */
struct _USessionConfiguration
{
  GObject parent_instance;

  gboolean sealed;
  gboolean ephemeral;
  char *identifier;           /* owned; NULL: not a background one */
  double request_timeout;     /* seconds */
  double resource_timeout;    /* seconds */
  guint max_connections_per_host;
  UHeaders *headers;          /* owned */
  GTlsDatabase *tls_database; /* owned; NULL: the system's */
};

enum {
  PROP_0,
  PROP_IS_EPHEMERAL,
  PROP_HEADERS,
  PROP_IDENTIFIER,
  PROP_MAX_CONNECTIONS_PER_HOST,
  PROP_REQUEST_TIMEOUT,
  PROP_RESOURCE_TIMEOUT,
  PROP_TLS_DATABASE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (USessionConfiguration, u_session_configuration, G_TYPE_OBJECT)

static void
u_session_configuration_finalize (GObject *object)
{
  USessionConfiguration *self = U_SESSION_CONFIGURATION (object);

  g_free (self->identifier);
  g_clear_object (&self->headers);
  g_clear_object (&self->tls_database);

  G_OBJECT_CLASS (u_session_configuration_parent_class)->finalize (object);
}

static void
u_session_configuration_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  USessionConfiguration *self = U_SESSION_CONFIGURATION (object);

  switch (prop_id)
    {
    case PROP_IS_EPHEMERAL:
      g_value_set_boolean (value, self->ephemeral);
      break;
    case PROP_HEADERS:
      g_value_set_object (value, self->headers);
      break;
    case PROP_IDENTIFIER:
      g_value_set_string (value, self->identifier);
      break;
    case PROP_MAX_CONNECTIONS_PER_HOST:
      g_value_set_uint (value, self->max_connections_per_host);
      break;
    case PROP_REQUEST_TIMEOUT:
      g_value_set_double (value, self->request_timeout);
      break;
    case PROP_RESOURCE_TIMEOUT:
      g_value_set_double (value, self->resource_timeout);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->tls_database);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_session_configuration_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  USessionConfiguration *self = U_SESSION_CONFIGURATION (object);

  switch (prop_id)
    {
    case PROP_IS_EPHEMERAL:
      self->ephemeral = g_value_get_boolean (value);
      break;
    case PROP_IDENTIFIER:
      self->identifier = g_value_dup_string (value);
      break;
    case PROP_MAX_CONNECTIONS_PER_HOST:
      u_session_configuration_set_max_connections_per_host (self, g_value_get_uint (value));
      break;
    case PROP_REQUEST_TIMEOUT:
      u_session_configuration_set_request_timeout (self, g_value_get_double (value));
      break;
    case PROP_RESOURCE_TIMEOUT:
      u_session_configuration_set_resource_timeout (self, g_value_get_double (value));
      break;
    case PROP_TLS_DATABASE:
      u_session_configuration_set_tls_database (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_session_configuration_class_init (USessionConfigurationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags writable = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_session_configuration_finalize;
  object_class->get_property = u_session_configuration_get_property;
  object_class->set_property = u_session_configuration_set_property;

  /**
   * USessionConfiguration:is-ephemeral: (getter get_is_ephemeral)
   *
   * Whether nothing of the session is kept on disk; the files of downloads are, of course.
   */
  props[PROP_IS_EPHEMERAL] =
    g_param_spec_boolean ("is-ephemeral", NULL, NULL, FALSE, construct);
  /**
   * USessionConfiguration:headers: (getter get_headers)
   *
   * Header fields for all requests of the session.
   *
   * A field of the request itself wins over one of the same name here.
   */
  props[PROP_HEADERS] =
    g_param_spec_object ("headers", NULL, NULL, U_TYPE_HEADERS, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * USessionConfiguration:identifier: (getter get_identifier)
   *
   * The name of a background session, %NULL for all others.
   *
   * Background sessions are not available yet: each task of one fails with `U_ERROR_UNSUPPORTED_BY_SESSION`.
   */
  props[PROP_IDENTIFIER] =
    g_param_spec_string ("identifier", NULL, NULL, NULL, construct);
  /**
   * USessionConfiguration:max-connections-per-host: (getter get_max_connections_per_host) (setter set_max_connections_per_host)
   *
   * How many connections the session has to one host at one time, at least 1; further tasks wait for their turn.
   *
   * The default is 6. A host is a name and a port. To all hosts together there are at most 32.
   */
  props[PROP_MAX_CONNECTIONS_PER_HOST] =
    g_param_spec_uint ("max-connections-per-host", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_CONNECTIONS_PER_HOST, writable);
  /**
   * USessionConfiguration:request-timeout: (getter get_request_timeout) (setter set_request_timeout)
   *
   * After how many seconds in which no byte moves a task fails with `U_ERROR_TIMED_OUT`; 0 for never.
   *
   * Fractions count; the default is 60. The clock stands still while a task is suspended, waits for its turn, for a
   * decision about a redirect, or for the application to take what has arrived. A request can have a time of its own,
   * [property@Request:timeout].
   */
  props[PROP_REQUEST_TIMEOUT] =
    g_param_spec_double ("request-timeout", NULL, NULL, 0, G_MAXDOUBLE, DEFAULT_REQUEST_TIMEOUT, writable);
  /**
   * USessionConfiguration:resource-timeout: (getter get_resource_timeout) (setter set_resource_timeout)
   *
   * After how many seconds in all a task fails with `U_ERROR_TIMED_OUT`; 0 for never.
   *
   * It counts from the first resume, whatever happens; the default is 604800, seven days.
   */
  props[PROP_RESOURCE_TIMEOUT] =
    g_param_spec_double ("resource-timeout", NULL, NULL, 0, G_MAXDOUBLE, DEFAULT_RESOURCE_TIMEOUT, writable);
  /**
   * USessionConfiguration:tls-database: (getter get_tls_database) (setter set_tls_database)
   *
   * The authorities to trust, for instance a [iface@Gio.TlsFileDatabase]; %NULL for those of the system.
   *
   * It is used on threads of the library: one of GIO's own classes, not one that is written in Python or JavaScript.
   */
  props[PROP_TLS_DATABASE] =
    g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, writable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_session_configuration_init (USessionConfiguration *self)
{
  self->request_timeout = DEFAULT_REQUEST_TIMEOUT;
  self->resource_timeout = DEFAULT_RESOURCE_TIMEOUT;
  self->max_connections_per_host = DEFAULT_MAX_CONNECTIONS_PER_HOST;
  self->headers = u_headers_new ();
}

/**
 * u_session_configuration_new: (constructor)
 *
 * Makes a default configuration.
 *
 * Returns: (transfer full): a configuration that can be changed
 */
USessionConfiguration *
u_session_configuration_new (void)
{
  return g_object_new (U_TYPE_SESSION_CONFIGURATION, NULL);
}

/**
 * u_session_configuration_new_ephemeral: (constructor)
 *
 * Makes the configuration of a session that keeps nothing on disk.
 *
 * Returns: (transfer full): a configuration that can be changed
 */
USessionConfiguration *
u_session_configuration_new_ephemeral (void)
{
  return g_object_new (U_TYPE_SESSION_CONFIGURATION, "is-ephemeral", TRUE, NULL);
}

/**
 * u_session_configuration_new_background: (constructor)
 * @identifier: the name of the session, not empty
 *
 * Makes the configuration of a session whose tasks go on without the application.
 *
 * This never fails: what is wrong is the error of each task. Background sessions are not available yet, and that error
 * is `U_ERROR_UNSUPPORTED_BY_SESSION`.
 *
 * Returns: (transfer full): a configuration that can be changed
 */
USessionConfiguration *
u_session_configuration_new_background (const char *identifier)
{
  return g_object_new (U_TYPE_SESSION_CONFIGURATION, "identifier", identifier != NULL ? identifier : "", NULL);
}

/**
 * u_session_configuration_copy:
 * @self: a configuration
 *
 * Makes a copy, which can be changed also when @self is sealed.
 *
 * Returns: (transfer full): a configuration of its own
 */
USessionConfiguration *
u_session_configuration_copy (USessionConfiguration *self)
{
  USessionConfiguration *copy;

  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  copy = g_object_new (U_TYPE_SESSION_CONFIGURATION,
                       "is-ephemeral", self->ephemeral,
                       "identifier", self->identifier,
                       NULL);
  copy->request_timeout = self->request_timeout;
  copy->resource_timeout = self->resource_timeout;
  copy->max_connections_per_host = self->max_connections_per_host;
  g_object_unref (copy->headers);
  copy->headers = u_headers_copy (self->headers);
  g_set_object (&copy->tls_database, self->tls_database);

  return copy;
}

USessionConfiguration *
u_session_configuration_dup_sealed (USessionConfiguration *self)
{
  USessionConfiguration *copy = u_session_configuration_copy (self);

  copy->sealed = TRUE;
  u_headers_seal (copy->headers);

  return copy;
}

gboolean
u_session_configuration_is_background (USessionConfiguration *self)
{
  return self->identifier != NULL;
}

/**
 * u_session_configuration_is_sealed:
 * @self: a configuration
 *
 * Gets whether the configuration belongs to a session and cannot be changed.
 *
 * Returns: %TRUE if a setter would be a programming error
 */
gboolean
u_session_configuration_is_sealed (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), TRUE);

  return self->sealed;
}

static gboolean
check_open (USessionConfiguration *self, const char *property)
{
  if (self->sealed)
    g_critical ("The configuration of a session is sealed: “%s” cannot be set. Copy it, and make a new session.",
                property);

  return !self->sealed;
}

/**
 * u_session_configuration_get_is_ephemeral: (get-property is-ephemeral)
 * @self: a configuration
 *
 * Gets whether nothing of the session is kept on disk.
 *
 * Returns: %TRUE for an ephemeral one
 */
gboolean
u_session_configuration_get_is_ephemeral (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), FALSE);

  return self->ephemeral;
}

/**
 * u_session_configuration_get_identifier: (get-property identifier)
 * @self: a configuration
 *
 * Gets the name of a background session.
 *
 * Returns: (transfer none) (nullable): a name, %NULL for all other sessions
 */
const char *
u_session_configuration_get_identifier (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->identifier;
}

/**
 * u_session_configuration_get_request_timeout: (get-property request-timeout)
 * @self: a configuration
 *
 * Gets how long a task may be without progress.
 *
 * Returns: seconds, 0 for ever
 */
double
u_session_configuration_get_request_timeout (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), 0);

  return self->request_timeout;
}

/**
 * u_session_configuration_set_request_timeout: (set-property request-timeout)
 * @self: a configuration
 * @request_timeout: seconds, 0 for ever
 *
 * Sets how long a task may be without progress.
 */
void
u_session_configuration_set_request_timeout (USessionConfiguration *self, double request_timeout)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (request_timeout >= 0);

  if (!check_open (self, "request-timeout") || self->request_timeout == request_timeout)
    return;

  self->request_timeout = request_timeout;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REQUEST_TIMEOUT]);
}

/**
 * u_session_configuration_get_resource_timeout: (get-property resource-timeout)
 * @self: a configuration
 *
 * Gets how long a task may take in all.
 *
 * Returns: seconds, 0 for ever
 */
double
u_session_configuration_get_resource_timeout (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), 0);

  return self->resource_timeout;
}

/**
 * u_session_configuration_set_resource_timeout: (set-property resource-timeout)
 * @self: a configuration
 * @resource_timeout: seconds, 0 for ever
 *
 * Sets how long a task may take in all.
 */
void
u_session_configuration_set_resource_timeout (USessionConfiguration *self, double resource_timeout)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (resource_timeout >= 0);

  if (!check_open (self, "resource-timeout") || self->resource_timeout == resource_timeout)
    return;

  self->resource_timeout = resource_timeout;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_RESOURCE_TIMEOUT]);
}

/**
 * u_session_configuration_get_max_connections_per_host: (get-property max-connections-per-host)
 * @self: a configuration
 *
 * Gets how many connections the session has to one host at one time.
 *
 * Returns: a number from 1
 */
guint
u_session_configuration_get_max_connections_per_host (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), 0);

  return self->max_connections_per_host;
}

/**
 * u_session_configuration_set_max_connections_per_host: (set-property max-connections-per-host)
 * @self: a configuration
 * @max_connections_per_host: a number from 1
 *
 * Sets how many connections the session has to one host at one time.
 */
void
u_session_configuration_set_max_connections_per_host (USessionConfiguration *self, guint max_connections_per_host)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (max_connections_per_host >= 1 && max_connections_per_host <= G_MAXINT);

  if (!check_open (self, "max-connections-per-host") || self->max_connections_per_host == max_connections_per_host)
    return;

  self->max_connections_per_host = max_connections_per_host;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MAX_CONNECTIONS_PER_HOST]);
}

/**
 * u_session_configuration_get_headers: (get-property headers)
 * @self: a configuration
 *
 * Gets the header fields for all requests of the session, to read or to change them.
 *
 * Returns: (transfer none): the header fields
 */
UHeaders *
u_session_configuration_get_headers (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->headers;
}

/* The types that GIO's backend makes: one for files, and its parent for the system's. One that an application wrote,
 * perhaps in a language with a lock around it, cannot be called on an I/O thread. */
static gboolean
is_native (GTlsDatabase *database)
{
  GType file_type = g_tls_backend_get_file_database_type (g_tls_backend_get_default ());

  return G_OBJECT_TYPE (database) == file_type || G_OBJECT_TYPE (database) == g_type_parent (file_type);
}

/**
 * u_session_configuration_get_tls_database: (get-property tls-database)
 * @self: a configuration
 *
 * Gets the authorities to trust.
 *
 * Returns: (transfer none) (nullable): a database, or %NULL for that of the system
 */
GTlsDatabase *
u_session_configuration_get_tls_database (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->tls_database;
}

/**
 * u_session_configuration_set_tls_database: (set-property tls-database)
 * @self: a configuration
 * @tls_database: (nullable): a database of the TLS library that GIO uses, or %NULL for that of the system
 *
 * Sets the authorities to trust.
 */
void
u_session_configuration_set_tls_database (USessionConfiguration *self, GTlsDatabase *tls_database)
{
  g_return_if_fail (U_IS_SESSION_CONFIGURATION (self));
  g_return_if_fail (tls_database == NULL || G_IS_TLS_DATABASE (tls_database));

  if (!check_open (self, "tls-database"))
    return;
  if (tls_database != NULL && !is_native (tls_database))
    {
      g_critical ("%s is not a database of the TLS library that GIO uses, and cannot be called on another thread.",
                  G_OBJECT_TYPE_NAME (tls_database));
      return;
    }

  if (g_set_object (&self->tls_database, tls_database))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TLS_DATABASE]);
}

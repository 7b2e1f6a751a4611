/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-configuration-private.h"

/* What a configuration says of trust. */

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

  if (!u_session_configuration_check_open (self, "tls-database"))
    return;
  if (tls_database != NULL && !is_native (tls_database))
    {
      g_critical ("%s is not a database of the TLS library that GIO uses, and cannot be called on another thread.",
                  G_OBJECT_TYPE_NAME (tls_database));
      return;
    }

  if (g_set_object (&self->tls_database, tls_database))
    u_session_configuration_notify (self, U_CONFIGURATION_TLS_DATABASE);
}

/**
 * u_session_configuration_get_transport_security: (get-property transport-security)
 * @self: a configuration
 *
 * Gets what is demanded of connections, to read it or to make exceptions.
 *
 * Returns: (transfer none): the policy
 */
UTransportSecurity *
u_session_configuration_get_transport_security (USessionConfiguration *self)
{
  g_return_val_if_fail (U_IS_SESSION_CONFIGURATION (self), NULL);

  return self->transport_security;
}

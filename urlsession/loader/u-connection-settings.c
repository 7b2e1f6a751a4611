/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-connection-settings-private.h"

UConnectionSettings *
u_connection_settings_new (const ULoaderSettings *settings)
{
  UConnectionSettings *self = g_new0 (UConnectionSettings, 1);

  self->ref_count = 1;
  g_set_object (&self->tls_database, settings->tls_database);
  g_set_object (&self->proxy_resolver, settings->proxy_resolver);
  self->tls_rules = settings->tls_rules != NULL ? u_tls_rules_ref (settings->tls_rules) : NULL;
  self->memory = u_http_memory_new ();

  return self;
}

UConnectionSettings *
u_connection_settings_ref (UConnectionSettings *self)
{
  self->ref_count++;

  return self;
}

void
u_connection_settings_unref (UConnectionSettings *self)
{
  if (--self->ref_count > 0)
    return;

  g_clear_object (&self->tls_database);
  g_clear_object (&self->proxy_resolver);
  g_clear_pointer (&self->tls_rules, u_tls_rules_unref);
  u_http_memory_unref (self->memory);
  g_free (self);
}

void
u_connection_settings_forget (UConnectionSettings *self)
{
  u_http_memory_unref (self->memory);
  self->memory = u_http_memory_new ();
}

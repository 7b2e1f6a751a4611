/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-protection-space-data-private.h"

UProtectionSpaceData *
u_protection_space_data_new (UAuthenticationMethod  method,
                             const char            *protocol,
                             const char            *host,
                             guint                  port,
                             const char            *realm,
                             gboolean               is_proxy)
{
  UProtectionSpaceData *self = g_new0 (UProtectionSpaceData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->method = method;
  self->protocol = g_ascii_strdown (protocol, -1);
  self->host = g_ascii_strdown (host, -1);
  self->port = port;
  self->realm = g_strdup (realm);
  self->is_proxy = is_proxy;

  return self;
}

UProtectionSpaceData *
u_protection_space_data_ref (UProtectionSpaceData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_protection_space_data_unref (UProtectionSpaceData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->protocol);
  g_free (self->host);
  g_free (self->realm);
  g_clear_pointer (&self->chain, g_ptr_array_unref);
  g_clear_pointer (&self->authorities, g_ptr_array_unref);
  g_free (self);
}

gboolean
u_protection_space_data_equal (gconstpointer a, gconstpointer b)
{
  const UProtectionSpaceData *first = a;
  const UProtectionSpaceData *second = b;

  return first->method == second->method && first->port == second->port && first->is_proxy == second->is_proxy &&
         g_str_equal (first->host, second->host) && g_str_equal (first->protocol, second->protocol) &&
         g_strcmp0 (first->realm, second->realm) == 0;
}

guint
u_protection_space_data_hash (gconstpointer data)
{
  const UProtectionSpaceData *self = data;
  guint hash = g_str_hash (self->host) ^ self->port ^ (guint) self->method << 16;

  return self->realm != NULL ? hash ^ g_str_hash (self->realm) : hash;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-hsts-store-private.h"

#include <string.h>

#include "urlsession/storage/u-site-private.h"
#include "urlsession/storage/u-store-private.h"

/* Of the file: "UHst". */
#define APPLICATION_ID 0x55487374

/* More hosts than anybody visits; beyond it the one that expires first makes room. */
#define MAX_HOSTS 10000

typedef struct
{
  gint64 expires;             /* µs since 1970 */
  gboolean include_subdomains;
} Policy;

struct _UHstsStore
{
  UStore store;
  GHashTable *policies;       /* owned; host → Policy, owned */
  gint64 (*clock) (void);
};

static void
hsts_init (UStore *store)
{
  UHstsStore *self = (UHstsStore *) store;

  self->policies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->clock = g_get_real_time;
}

static void
hsts_clear (UStore *store)
{
  g_hash_table_unref (((UHstsStore *) store)->policies);
}

static void
put (UHstsStore *self, const char *host, gint64 expires, gboolean include_subdomains)
{
  Policy *policy = g_new0 (Policy, 1);

  policy->expires = expires;
  policy->include_subdomains = include_subdomains;
  g_hash_table_replace (self->policies, g_strdup (host), policy);
}

static void
hsts_merge (UStore *store, GPtrArray *rows)
{
  UHstsStore *self = (UHstsStore *) store;

  for (guint i = 0; i < rows->len && g_hash_table_size (self->policies) < MAX_HOSTS; i++)
    {
      UStoreRow *row = g_ptr_array_index (rows, i);
      gsize size;
      const char *value = g_bytes_get_data (row->value, &size);

      if (size == 1 && !g_hash_table_contains (self->policies, row->key))
        put (self, row->key, row->expires, *value == '+');
    }
}

static const UStoreClass hsts_class = {
  .size = sizeof (UHstsStore),
  .application_id = APPLICATION_ID,
  .init = hsts_init,
  .merge = hsts_merge,
  .clear = hsts_clear,
};

UHstsStore *
u_hsts_store_new_memory (void)
{
  return u_store_new_memory (&hsts_class);
}

UHstsStore *
u_hsts_store_open (const char *path)
{
  return u_store_open (&hsts_class, path);
}

UHstsStore *
u_hsts_store_ref (UHstsStore *self)
{
  return u_store_ref (self);
}

void
u_hsts_store_unref (UHstsStore *self)
{
  u_store_unref (self);
}

/* The name that policies are kept under (RFC 6797 section 8.2); NULL for addresses. */
static char *
dup_name (const char *host)
{
  char *name = u_site_dup_canonical (host);

  if (name != NULL && g_hostname_is_ip_address (name))
    g_clear_pointer (&name, g_free);

  return name;
}

gboolean
u_hsts_store_must_upgrade (UHstsStore *self, const char *host)
{
  g_autofree char *name = dup_name (host);
  gboolean must = FALSE;
  gint64 now;

  if (name == NULL)
    return FALSE;

  g_mutex_lock (&self->store.lock);
  now = self->clock ();
  for (const char *part = name; part != NULL && !must; part = strchr (part, '.'))
    {
      Policy *policy;

      if (*part == '.')
        part++;
      policy = g_hash_table_lookup (self->policies, part);
      must = policy != NULL && policy->expires > now && (part == name || policy->include_subdomains);
    }
  g_mutex_unlock (&self->store.lock);

  return must;
}

/* With the lock held. */
static void
make_room (UHstsStore *self)
{
  g_autofree char *first = NULL;
  gint64 expires = G_MAXINT64;
  GHashTableIter iter;
  gpointer host, policy;

  if (g_hash_table_size (self->policies) < MAX_HOSTS)
    return;

  g_hash_table_iter_init (&iter, self->policies);
  while (g_hash_table_iter_next (&iter, &host, &policy))
    {
      if (((Policy *) policy)->expires >= expires)
        continue;
      expires = ((Policy *) policy)->expires;
      g_free (first);
      first = g_strdup (host);
    }
  if (first != NULL)
    {
      u_store_remove (&self->store, first);
      g_hash_table_remove (self->policies, first);
    }
}

void
u_hsts_store_take_header (UHstsStore *self, const char *host, const char *value)
{
  g_autofree char *name = dup_name (host);
  g_autoptr (GBytes) bytes = NULL;
  gint64 max_age, now;
  gboolean include_subdomains;

  if (name == NULL || !u_hsts_parse_header (value, &max_age, &include_subdomains))
    return;

  g_mutex_lock (&self->store.lock);
  if (max_age == 0)
    {
      /* It may be in a file that was not read yet. */
      if (g_hash_table_remove (self->policies, name) || !self->store.is_ready)
        u_store_remove (&self->store, name);
    }
  else
    {
      gint64 expires;

      now = self->clock ();
      expires = now + max_age * G_USEC_PER_SEC;
      if (!g_hash_table_contains (self->policies, name))
        make_room (self);
      put (self, name, expires, include_subdomains);
      bytes = g_bytes_new (include_subdomains ? "+" : "-", 1);
      u_store_put (&self->store, name, bytes, now, expires);
    }
  g_mutex_unlock (&self->store.lock);
}

void
u_hsts_store_remove_all (UHstsStore *self)
{
  g_mutex_lock (&self->store.lock);
  g_hash_table_remove_all (self->policies);
  u_store_remove_since (&self->store, G_MININT64);
  g_mutex_unlock (&self->store.lock);
}

gboolean
u_hsts_store_is_ready (UHstsStore *self)
{
  return u_store_is_ready (&self->store);
}

void
u_hsts_store_when_ready (UHstsStore *self, GMainContext *context, void (*func) (gpointer), gpointer data)
{
  u_store_when_ready (&self->store, context, func, data);
}

void
u_hsts_store_flush (UHstsStore *self, GMainContext *context, void (*func) (gpointer), gpointer data)
{
  u_store_flush (&self->store, context, func, data);
}

void
u_hsts_store_set_clock (UHstsStore *self, gint64 (*clock) (void))
{
  g_mutex_lock (&self->store.lock);
  self->clock = clock;
  g_mutex_unlock (&self->store.lock);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-cookie-jar-private.h"

#include <string.h>

#include "urlsession/storage/u-cookie-target-private.h"
#include "urlsession/storage/u-site-private.h"
#include "urlsession/storage/u-store-private.h"

/* Of the file: "UCok". */
#define APPLICATION_ID 0x55436f6b

/* How many go at once when there are too many in all: to find the oldest means to look at each. */
#define EVICTION_STEP (U_COOKIE_JAR_MAX / 10)

/* The end of the year 9999, in µs. */
#define MAX_DATE (G_GINT64_CONSTANT (253402300799) * G_USEC_PER_SEC)

typedef struct
{
  UCookieData *cookie;        /* owned */
  gint64 used;                /* µs since 1970: when it was set, or sent by this process */
} Entry;

typedef struct
{
  gatomicrefcount ref_count;
  guint id;
  GMainContext *context;      /* owned, nullable */
  void (*func) (gpointer data);
  gpointer data;              /* @destroy frees it */
  GDestroyNotify destroy;
  gboolean is_removed;        /* atomic */
} Listener;

struct _UCookieJar
{
  UStore store;
  GHashTable *sites;          /* owned; registrable domain → GPtrArray of Entry, never empty */
  guint n_entries;
  gint64 last_created;        /* µs; no two cookies have the same date, so that there is one order */
  gint64 (*clock) (void);
  GPtrArray *listeners;       /* owned; Listener */
  guint last_listener;
};

/* ---- Listeners ---- */

static void
listener_unref (Listener *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self);
}

static gboolean
listener_cb (gpointer data)
{
  Listener *self = data;

  if (!g_atomic_int_get (&self->is_removed))
    self->func (self->data);

  return G_SOURCE_REMOVE;
}

/* With the lock held, as all that follows up to the public part. */
static void
tell_listeners (UCookieJar *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);
      g_autoptr (GSource) source = g_idle_source_new ();

      g_atomic_ref_count_inc (&listener->ref_count);
      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_static_name (source, "[urlsession] cookies changed");
      g_source_set_callback (source, listener_cb, listener, (GDestroyNotify) listener_unref);
      g_source_attach (source, listener->context);
    }
}

/* ---- The table ---- */

static void
entry_free (Entry *self)
{
  u_cookie_data_unref (self->cookie);
  g_free (self);
}

static gboolean
find (UCookieJar *self, UCookieData *cookie, char **site, GPtrArray **entries, guint *position)
{
  *site = u_site_dup_registrable (cookie->domain);
  *entries = g_hash_table_lookup (self->sites, *site);
  for (guint i = 0; *entries != NULL && i < (*entries)->len; i++)
    {
      Entry *entry = g_ptr_array_index (*entries, i);

      if (u_cookie_data_same_key (entry->cookie, cookie))
        {
          *position = i;
          return TRUE;
        }
    }

  return FALSE;
}

static void
persist (UCookieJar *self, UCookieData *cookie)
{
  g_autofree char *key = u_cookie_data_dup_key (cookie);
  g_autoptr (GBytes) bytes = NULL;

  /* It may have replaced one that was to be kept. */
  if (cookie->expires == U_COOKIE_NO_EXPIRY)
    {
      u_store_remove (&self->store, key);
      return;
    }
  bytes = u_cookie_data_to_bytes (cookie);
  u_store_put (&self->store, key, bytes, cookie->created, cookie->expires);
}

static void
unpersist (UCookieJar *self, UCookieData *cookie)
{
  g_autofree char *key = u_cookie_data_dup_key (cookie);

  u_store_remove (&self->store, key);
}

static gboolean
remove_entry (UCookieJar *self, UCookieData *cookie)
{
  g_autofree char *site = NULL;
  GPtrArray *entries;
  guint position;

  if (!find (self, cookie, &site, &entries, &position))
    {
      /* It may be in a file that was not read yet. */
      if (!self->store.is_ready)
        unpersist (self, cookie);
      return FALSE;
    }

  if (((Entry *) g_ptr_array_index (entries, position))->cookie->expires != U_COOKIE_NO_EXPIRY || !self->store.is_ready)
    unpersist (self, cookie);
  g_ptr_array_remove_index_fast (entries, position);
  self->n_entries--;
  if (entries->len == 0)
    g_hash_table_remove (self->sites, site);

  return TRUE;
}

/* Takes out what has expired in the site of @cookie. It happens before something is put or removed there: what has
 * expired keeps nothing out, is replaced by nothing and cannot be removed. */
static void
drop_expired (UCookieJar *self, UCookieData *cookie, gint64 now)
{
  g_autofree char *site = u_site_dup_registrable (cookie->domain);
  GPtrArray *entries = g_hash_table_lookup (self->sites, site);

  if (entries == NULL)
    return;

  for (guint i = entries->len; i > 0; i--)
    {
      UCookieData *other = ((Entry *) g_ptr_array_index (entries, i - 1))->cookie;

      if (other->expires > now)
        continue;
      unpersist (self, other);
      g_ptr_array_remove_index_fast (entries, i - 1);
      self->n_entries--;
    }
  if (entries->len == 0)
    g_hash_table_remove (self->sites, site);
}

/* Which goes first: what has expired, then what was not used for the longest time. */
static int
compare_worth (gconstpointer a, gconstpointer b, gpointer now)
{
  Entry *first = *(Entry *const *) a;
  Entry *second = *(Entry *const *) b;
  gboolean first_expired = first->cookie->expires <= *(gint64 *) now;
  gboolean second_expired = second->cookie->expires <= *(gint64 *) now;

  if (first_expired != second_expired)
    return first_expired ? -1 : 1;

  return first->used < second->used ? -1 : first->used > second->used;
}

/* The same within a site, where an insecure page must not crowd out what a secure one set (RFC 6265bis section 5.7). */
static int
compare_worth_in_site (gconstpointer a, gconstpointer b, gpointer now)
{
  Entry *first = *(Entry *const *) a;
  Entry *second = *(Entry *const *) b;
  gboolean first_expired = first->cookie->expires <= *(gint64 *) now;
  gboolean second_expired = second->cookie->expires <= *(gint64 *) now;

  if (!first_expired && !second_expired && first->cookie->is_secure != second->cookie->is_secure)
    return first->cookie->is_secure ? 1 : -1;

  return compare_worth (a, b, now);
}

/* Removes the first @n after sorting. */
static void
evict (UCookieJar *self, GPtrArray *entries, guint n, GCompareDataFunc compare, gint64 now)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (entries, NULL, NULL);

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort_with_data (sorted, compare, &now);
  for (guint i = 0; i < n && i < sorted->len; i++)
    {
      Entry *entry = g_ptr_array_index (sorted, i);
      g_autoptr (UCookieData) cookie = u_cookie_data_ref (entry->cookie);

      remove_entry (self, cookie);
    }
}

static GPtrArray *
dup_entries (UCookieJar *self)
{
  GPtrArray *all = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer entries;

  g_hash_table_iter_init (&iter, self->sites);
  while (g_hash_table_iter_next (&iter, NULL, &entries))
    {
      for (guint i = 0; i < ((GPtrArray *) entries)->len; i++)
        g_ptr_array_add (all, g_ptr_array_index ((GPtrArray *) entries, i));
    }

  return all;
}

static void
keep_limits (UCookieJar *self, const char *site, gint64 now)
{
  GPtrArray *entries = g_hash_table_lookup (self->sites, site);

  if (entries != NULL && entries->len > U_COOKIE_JAR_MAX_PER_SITE)
    evict (self, entries, entries->len - U_COOKIE_JAR_MAX_PER_SITE, compare_worth_in_site, now);
  if (self->n_entries > U_COOKIE_JAR_MAX)
    {
      g_autoptr (GPtrArray) all = dup_entries (self);

      evict (self, all, self->n_entries - U_COOKIE_JAR_MAX + EVICTION_STEP, compare_worth, now);
    }
}

/* Consumes @cookie. Without a place in the file: that is the caller's. */
static void
add_entry (UCookieJar *self, const char *site, UCookieData *cookie, gint64 used)
{
  GPtrArray *entries = g_hash_table_lookup (self->sites, site);
  Entry *entry = g_new0 (Entry, 1);

  if (entries == NULL)
    {
      entries = g_ptr_array_new_with_free_func ((GDestroyNotify) entry_free);
      g_hash_table_insert (self->sites, g_strdup (site), entries);
    }
  entry->cookie = cookie;
  entry->used = used;
  g_ptr_array_add (entries, entry);
  self->n_entries++;
}

/* Whether something changed. */
static gboolean
put (UCookieJar *self, UCookieData *cookie, gint64 now)
{
  g_autofree char *site = NULL;
  UCookieData *copy;
  GPtrArray *entries;
  guint position;

  drop_expired (self, cookie, now);
  if (cookie->expires <= now)
    return remove_entry (self, cookie);

  copy = u_cookie_data_copy (cookie);
  if (find (self, cookie, &site, &entries, &position))
    {
      Entry *entry = g_ptr_array_index (entries, position);
      gboolean was_kept = entry->cookie->expires != U_COOKIE_NO_EXPIRY;

      entry->used = now;
      if (u_cookie_data_equal (entry->cookie, cookie))
        {
          u_cookie_data_unref (copy);
          return FALSE;
        }
      /* RFC 6265 section 5.3, step 11.3: it keeps its place in the order. */
      copy->created = entry->cookie->created;
      u_cookie_data_unref (entry->cookie);
      entry->cookie = copy;
      if (was_kept || copy->expires != U_COOKIE_NO_EXPIRY || !self->store.is_ready)
        persist (self, copy);
      return TRUE;
    }

  copy->created = MAX (now, self->last_created + 1);
  self->last_created = copy->created;
  add_entry (self, site, copy, now);
  if (copy->expires != U_COOKIE_NO_EXPIRY || !self->store.is_ready)
    persist (self, copy);
  keep_limits (self, site, now);

  return TRUE;
}

static void
jar_init (UStore *store)
{
  UCookieJar *self = (UCookieJar *) store;

  self->sites = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) listener_unref);
  self->clock = g_get_real_time;
  u_site_warm_up ();
}

static void
jar_clear (UStore *store)
{
  UCookieJar *self = (UCookieJar *) store;

  g_hash_table_unref (self->sites);
  g_ptr_array_unref (self->listeners);
}

static void
jar_merge (UStore *store, GPtrArray *rows)
{
  UCookieJar *self = (UCookieJar *) store;
  gint64 now = self->clock ();
  gboolean changed = FALSE;

  for (guint i = 0; i < rows->len; i++)
    {
      UStoreRow *row = g_ptr_array_index (rows, i);
      g_autoptr (UCookieData) cookie = u_cookie_data_from_bytes (row->value);
      g_autofree char *site = NULL;
      GPtrArray *entries;
      guint position;

      if (cookie == NULL)
        continue;
      /* No date that a clock cannot show. */
      cookie->created = CLAMP (row->created, 0, now);
      cookie->expires = MIN (row->expires, MAX_DATE);
      if (find (self, cookie, &site, &entries, &position))
        {
          Entry *entry = g_ptr_array_index (entries, position);

          /* Newer in memory, but it was there before. */
          if (cookie->created < entry->cookie->created)
            {
              UCookieData *copy = u_cookie_data_copy (entry->cookie);

              copy->created = cookie->created;
              u_cookie_data_unref (entry->cookie);
              entry->cookie = copy;
            }
          continue;
        }
      self->last_created = MAX (self->last_created, cookie->created);
      add_entry (self, site, u_cookie_data_ref (cookie), cookie->created);
      keep_limits (self, site, now);
      changed = TRUE;
    }

  if (changed)
    tell_listeners (self);
}

static const UStoreClass jar_class = {
  .size = sizeof (UCookieJar),
  .application_id = APPLICATION_ID,
  .init = jar_init,
  .merge = jar_merge,
  .clear = jar_clear,
};

/* ---- Which ---- */

static GPtrArray *
select_cookies (UCookieJar *self, const UCookieTarget *target, gboolean used)
{
  GPtrArray *selected = g_ptr_array_new_with_free_func ((GDestroyNotify) u_cookie_data_unref);
  g_autofree char *site = u_site_dup_registrable (target->host);
  GPtrArray *entries;
  gint64 now;

  g_mutex_lock (&self->store.lock);
  now = self->clock ();
  entries = g_hash_table_lookup (self->sites, site);
  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (entries, i);

      if (!u_cookie_target_matches (target, entry->cookie, now))
        continue;
      g_ptr_array_add (selected, u_cookie_data_ref (entry->cookie));
      if (used)
        entry->used = now;
    }
  g_mutex_unlock (&self->store.lock);
  g_ptr_array_sort (selected, u_cookie_data_compare);

  return selected;
}

/* ---- For the transfer ---- */

UCookieJar *
u_cookie_jar_new_memory (void)
{
  return u_store_new_memory (&jar_class);
}

UCookieJar *
u_cookie_jar_open (const char *path)
{
  return u_store_open (&jar_class, path);
}

UCookieJar *
u_cookie_jar_ref (UCookieJar *self)
{
  return u_store_ref (self);
}

void
u_cookie_jar_unref (UCookieJar *self)
{
  u_store_unref (self);
}

char *
u_cookie_jar_dup_header (UCookieJar *self, GUri *uri, GUri *main_document, const char *method)
{
  g_autofree char *host = u_site_dup_host (uri);
  g_autoptr (GPtrArray) cookies = NULL;
  UCookieTarget target;

  if (host == NULL || !u_cookie_scheme_is_known (uri))
    return NULL;

  u_cookie_target_init (&target, host, uri, main_document, method);
  cookies = select_cookies (self, &target, TRUE);

  return u_cookie_data_join (cookies);
}

/* RFC 6265bis section 5.7: what comes over an insecure connection leaves the secure cookies alone. */
static gboolean
hides_secure_cookie (UCookieJar *self, UCookieData *cookie, gint64 now)
{
  g_autofree char *site = u_site_dup_registrable (cookie->domain);
  GPtrArray *entries = g_hash_table_lookup (self->sites, site);

  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      UCookieData *other = ((Entry *) g_ptr_array_index (entries, i))->cookie;

      if (other->is_secure && other->expires > now && strcmp (other->name, cookie->name) == 0 &&
          u_cookie_path_matches (cookie->path, other->path) &&
          (u_site_domain_matches (cookie->domain, other->domain) ||
           u_site_domain_matches (other->domain, cookie->domain)))
        return TRUE;
    }

  return FALSE;
}

static gboolean
take_line (UCookieJar *self, GUri *uri, const char *line, gint64 now)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UCookieData) cookie = u_cookie_data_parse (line, uri, now, &error);

  if (cookie == NULL)
    {
      g_debug ("%s", error->message);
      return FALSE;
    }
  if (!u_cookie_scheme_is_secure (uri) && (cookie->is_secure || hides_secure_cookie (self, cookie, now)))
    {
      g_debug ("A cookie from “%s” cannot be used: it came over an insecure connection.", cookie->domain);
      return FALSE;
    }

  return put (self, cookie, now);
}

void
u_cookie_jar_take_response (UCookieJar *self, GUri *uri, GUri *main_document, UHeaderList *headers,
                            UCookieAcceptPolicy policy)
{
  guint n = u_header_list_get_n (headers);
  gboolean changed = FALSE;

  if (policy == U_COOKIE_ACCEPT_POLICY_NEVER || !u_cookie_scheme_is_known (uri))
    return;
  if (policy == U_COOKIE_ACCEPT_POLICY_ONLY_FROM_MAIN_DOCUMENT_DOMAIN && main_document != NULL &&
      !u_site_same (uri, main_document))
    return;
  if (u_header_list_get (headers, "Set-Cookie") == NULL)
    return;

  g_mutex_lock (&self->store.lock);
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (headers, i, &name, &value);
      if (g_ascii_strcasecmp (name, "Set-Cookie") == 0)
        changed |= take_line (self, uri, value, self->clock ());
    }
  if (changed)
    tell_listeners (self);
  g_mutex_unlock (&self->store.lock);
}

gboolean
u_cookie_jar_is_ready (UCookieJar *self)
{
  return u_store_is_ready (&self->store);
}

void
u_cookie_jar_when_ready (UCookieJar *self, GMainContext *context, void (*func) (gpointer), gpointer data)
{
  u_store_when_ready (&self->store, context, func, data);
}

void
u_cookie_jar_flush (UCookieJar *self, GMainContext *context, void (*func) (gpointer), gpointer data)
{
  u_store_flush (&self->store, context, func, data);
}

/* ---- For the application ---- */

void
u_cookie_jar_set (UCookieJar *self, UCookieData *cookie)
{
  g_mutex_lock (&self->store.lock);
  if (put (self, cookie, self->clock ()))
    tell_listeners (self);
  g_mutex_unlock (&self->store.lock);
}

void
u_cookie_jar_remove (UCookieJar *self, UCookieData *cookie)
{
  g_mutex_lock (&self->store.lock);
  drop_expired (self, cookie, self->clock ());
  if (remove_entry (self, cookie))
    tell_listeners (self);
  g_mutex_unlock (&self->store.lock);
}

void
u_cookie_jar_remove_since (UCookieJar *self, gint64 time)
{
  GHashTableIter iter;
  gpointer value;
  gboolean changed = FALSE;
  gint64 now;

  g_mutex_lock (&self->store.lock);
  now = self->clock ();
  g_hash_table_iter_init (&iter, self->sites);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      GPtrArray *entries = value;

      for (guint i = entries->len; i > 0; i--)
        {
          UCookieData *cookie = ((Entry *) g_ptr_array_index (entries, i - 1))->cookie;

          if (cookie->created < time)
            continue;
          changed |= cookie->expires > now;
          g_ptr_array_remove_index_fast (entries, i - 1);
          self->n_entries--;
        }
      if (entries->len == 0)
        g_hash_table_iter_remove (&iter);
    }
  u_store_remove_since (&self->store, time);
  if (changed)
    tell_listeners (self);
  g_mutex_unlock (&self->store.lock);
}

void
u_cookie_jar_remove_all (UCookieJar *self)
{
  u_cookie_jar_remove_since (self, G_MININT64);
}

GPtrArray *
u_cookie_jar_dup_cookies (UCookieJar *self, GUri *uri)
{
  g_autofree char *host = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  GPtrArray *cookies;
  gint64 now;

  if (uri != NULL)
    {
      UCookieTarget target;

      host = u_site_dup_host (uri);
      if (host == NULL || !u_cookie_scheme_is_known (uri))
        return g_ptr_array_new_with_free_func ((GDestroyNotify) u_cookie_data_unref);
      u_cookie_target_init (&target, host, uri, NULL, NULL);
      return select_cookies (self, &target, FALSE);
    }

  cookies = g_ptr_array_new_with_free_func ((GDestroyNotify) u_cookie_data_unref);
  g_mutex_lock (&self->store.lock);
  now = self->clock ();
  entries = dup_entries (self);
  for (guint i = 0; i < entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (entries, i);

      if (entry->cookie->expires > now)
        g_ptr_array_add (cookies, u_cookie_data_ref (entry->cookie));
    }
  g_mutex_unlock (&self->store.lock);
  g_ptr_array_sort (cookies, u_cookie_data_compare);

  return cookies;
}

guint
u_cookie_jar_add_listener (UCookieJar *self, GMainContext *context, void (*func) (gpointer), gpointer data,
                           GDestroyNotify destroy)
{
  Listener *listener = g_new0 (Listener, 1);
  guint id;

  g_atomic_ref_count_init (&listener->ref_count);
  listener->context = context != NULL ? g_main_context_ref (context) : NULL;
  listener->func = func;
  listener->data = data;
  listener->destroy = destroy;

  g_mutex_lock (&self->store.lock);
  id = listener->id = ++self->last_listener;
  g_ptr_array_add (self->listeners, listener);
  g_mutex_unlock (&self->store.lock);

  return id;
}

void
u_cookie_jar_remove_listener (UCookieJar *self, guint id)
{
  Listener *listener = NULL;

  g_mutex_lock (&self->store.lock);
  for (guint i = 0; i < self->listeners->len && listener == NULL; i++)
    {
      if (((Listener *) g_ptr_array_index (self->listeners, i))->id == id)
        listener = g_ptr_array_steal_index (self->listeners, i);
    }
  g_mutex_unlock (&self->store.lock);

  if (listener != NULL)
    {
      g_atomic_int_set (&listener->is_removed, TRUE);
      listener_unref (listener);
    }
}

void
u_cookie_jar_set_clock (UCookieJar *self, gint64 (*clock) (void))
{
  g_mutex_lock (&self->store.lock);
  self->clock = clock;
  g_mutex_unlock (&self->store.lock);
}

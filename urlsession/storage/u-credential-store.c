/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-credential-store-private.h"

#include "urlsession/storage/u-secret-keyring-private.h"

/* How long a transfer waits for the keyring, in milliseconds: so long may the user take to type its password. */
#define PATIENCE_MS (60 * 1000)

typedef struct
{
  gatomicrefcount ref_count;
  guint id;
  GMainContext *context;      /* owned */
  void (*func) (gpointer user_data);
  gpointer user_data;
  GDestroyNotify destroy;     /* nullable */
  gint is_removed;            /* atomic */
  gint is_queued;             /* atomic: a source that will call it is attached */
} Listener;

/* One who waits until the keyring has all. */
typedef struct
{
  GMainContext *context;      /* owned */
  UKeyringDoneFunc func;
  gpointer user_data;
  GError *error;              /* owned, nullable */
} Flush;

struct _UCredentialStore
{
  gatomicrefcount ref_count;
  UKeyring *keyring;          /* nullable; not owned: never freed */

  GMutex lock;                /* of what follows */
  GHashTable *spaces;         /* owned; UProtectionSpaceData -> GPtrArray of UCredentialData, the default first */
  GPtrArray *listeners;       /* owned; of Listener */
  GPtrArray *lookups;         /* owned; of Lookup, not owned: those that wait for the keyring */
  GPtrArray *flushes;         /* owned; of Flush, not owned */
  guint n_writes;             /* what the keyring has not done yet */
  GError *write_error;        /* owned, nullable; the first one since somebody was told */
  guint patience;             /* milliseconds */
  guint next_id;
};

/* One question. It has two ends, the keyring and the deadline, and is answered in its context. */
typedef struct
{
  gatomicrefcount ref_count;
  UCredentialStore *store;    /* owned */
  UProtectionSpaceData *space; /* owned */
  GMainContext *context;      /* owned */
  UCredentialStoreFunc func;
  gpointer user_data;
  UCredentialData *credential; /* owned, nullable; written before the source that reads it is attached */
  GSource *deadline;          /* owned, nullable: the memory has the answer */
  gboolean is_outdated;       /* under the lock of the store: the memory was changed meanwhile */
  gboolean is_answered;       /* in the context only */
} Lookup;

static UCredentialStore *shared_store;
G_LOCK_DEFINE_STATIC (shared_store);

static Listener *
listener_ref (Listener *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
listener_unref (gpointer data)
{
  Listener *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_main_context_unref (self->context);
  g_free (self);
}

static gboolean
listener_cb (gpointer data)
{
  Listener *self = data;

  g_atomic_int_set (&self->is_queued, FALSE);
  if (!g_atomic_int_get (&self->is_removed))
    self->func (self->user_data);

  return G_SOURCE_REMOVE;
}

static void
attach (GMainContext *context, GSource *source, GSourceFunc func, gpointer user_data, GDestroyNotify destroy)
{
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] credentials");
  g_source_set_callback (source, func, user_data, destroy);
  g_source_attach (source, context);
  g_source_unref (source);
}

/* Called with the lock held. */
static void
announce (UCredentialStore *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = self->listeners->pdata[i];

      if (g_atomic_int_compare_and_exchange (&listener->is_queued, FALSE, TRUE))
        attach (listener->context, g_idle_source_new (), listener_cb, listener_ref (listener), listener_unref);
    }
}

UCredentialStore *
u_credential_store_new_with_keyring (UKeyring *keyring)
{
  UCredentialStore *self = g_new0 (UCredentialStore, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->keyring = keyring;
  self->spaces = g_hash_table_new_full (u_protection_space_data_hash, u_protection_space_data_equal,
                                        (GDestroyNotify) u_protection_space_data_unref,
                                        (GDestroyNotify) g_ptr_array_unref);
  self->listeners = g_ptr_array_new_with_free_func (listener_unref);
  self->lookups = g_ptr_array_new ();
  self->flushes = g_ptr_array_new ();
  self->patience = PATIENCE_MS;

  return self;
}

UCredentialStore *
u_credential_store_new_memory (void)
{
  return u_credential_store_new_with_keyring (NULL);
}

UCredentialStore *
u_credential_store_ref_shared (void)
{
  UCredentialStore *store;

  G_LOCK (shared_store);
  if (shared_store == NULL)
    shared_store = u_credential_store_new_with_keyring (u_secret_keyring_get ());
  store = u_credential_store_ref (shared_store);
  G_UNLOCK (shared_store);

  return store;
}

UCredentialStore *
u_credential_store_ref (UCredentialStore *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_credential_store_unref (UCredentialStore *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->spaces);
  for (guint i = 0; i < self->listeners->len; i++)
    g_atomic_int_set (&((Listener *) self->listeners->pdata[i])->is_removed, TRUE);
  g_ptr_array_unref (self->listeners);
  g_ptr_array_unref (self->lookups);
  g_ptr_array_unref (self->flushes);
  g_clear_error (&self->write_error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_http_method (UAuthenticationMethod method)
{
  return method == U_AUTHENTICATION_METHOD_HTTP_BASIC || method == U_AUTHENTICATION_METHOD_HTTP_DIGEST ||
         method == U_AUTHENTICATION_METHOD_NTLM || method == U_AUTHENTICATION_METHOD_NEGOTIATE;
}

/* The same space without a method named: what is stored for it is for any method that takes a password. */
static UProtectionSpaceData *
make_any (UProtectionSpaceData *space)
{
  return u_protection_space_data_new (U_AUTHENTICATION_METHOD_DEFAULT, space->protocol, space->host, space->port,
                                      space->realm, space->is_proxy);
}

/* Called with the lock held. Returns: (transfer full): the space that has the credentials for @space: itself or the one
 * for any method */
static UProtectionSpaceData *
resolve (UCredentialStore *self, UProtectionSpaceData *space)
{
  if (is_http_method (space->method) && !g_hash_table_contains (self->spaces, space))
    {
      g_autoptr (UProtectionSpaceData) any = make_any (space);

      if (g_hash_table_contains (self->spaces, any))
        return g_steal_pointer (&any);
    }

  return u_protection_space_data_ref (space);
}

/* Called with the lock held. Returns: (nullable) (transfer none) */
static UCredentialData *
get_default (UCredentialStore *self, UProtectionSpaceData *space)
{
  g_autoptr (UProtectionSpaceData) resolved = resolve (self, space);
  GPtrArray *credentials = g_hash_table_lookup (self->spaces, resolved);

  return credentials != NULL ? credentials->pdata[0] : NULL;
}

UCredentialData *
u_credential_store_peek (UCredentialStore *self, UProtectionSpaceData *space)
{
  UCredentialData *credential;

  g_mutex_lock (&self->lock);
  credential = get_default (self, space);
  if (credential != NULL)
    u_credential_data_ref (credential);
  g_mutex_unlock (&self->lock);

  return credential;
}

static gboolean
is_same_user (UCredentialData *a, UCredentialData *b)
{
  if (a->identity != NULL || b->identity != NULL)
    return u_credential_data_equal (a, b);

  return g_strcmp0 (a->user, b->user) == 0;
}

static gboolean
find_user (GPtrArray *credentials, UCredentialData *credential, guint *position)
{
  for (guint i = 0; credentials != NULL && i < credentials->len; i++)
    {
      if (is_same_user (credentials->pdata[i], credential))
        {
          *position = i;
          return TRUE;
        }
    }

  return FALSE;
}

/* Called with the lock held. FALSE: nothing has changed. */
static gboolean
put (UCredentialStore *self, UProtectionSpaceData *space, UCredentialData *credential)
{
  GPtrArray *credentials = g_hash_table_lookup (self->spaces, space);
  guint position;

  if (credentials == NULL)
    {
      credentials = g_ptr_array_new_with_free_func ((GDestroyNotify) u_credential_data_unref);
      g_hash_table_insert (self->spaces, u_protection_space_data_ref (space), credentials);
    }
  if (find_user (credentials, credential, &position))
    {
      UCredentialData *old = credentials->pdata[position];

      if (position == 0 && old->persistence == credential->persistence && u_credential_data_equal (old, credential))
        return FALSE;
      g_ptr_array_remove_index (credentials, position);
    }
  g_ptr_array_insert (credentials, 0, u_credential_data_ref (credential));

  return TRUE;
}

/* Called with the lock held: what the keyring says of this space, whatever the method, is not news. NULL: of any. */
static void
outdate_lookups (UCredentialStore *self, UProtectionSpaceData *space)
{
  g_autoptr (UProtectionSpaceData) any = space != NULL ? make_any (space) : NULL;

  for (guint i = 0; i < self->lookups->len; i++)
    {
      Lookup *lookup = self->lookups->pdata[i];
      g_autoptr (UProtectionSpaceData) other = make_any (lookup->space);

      if (space == NULL || u_protection_space_data_equal (other, any))
        lookup->is_outdated = TRUE;
    }
}

static void
flush_free (gpointer data)
{
  Flush *self = data;

  g_main_context_unref (self->context);
  g_clear_error (&self->error);
  g_free (self);
}

static gboolean
flush_cb (gpointer data)
{
  Flush *self = data;

  self->func (self->error, self->user_data);

  return G_SOURCE_REMOVE;
}

/* Called with the lock held. */
static void
tell_flushes (UCredentialStore *self)
{
  if (self->n_writes > 0 || self->flushes->len == 0)
    return;

  for (guint i = 0; i < self->flushes->len; i++)
    {
      Flush *flush = self->flushes->pdata[i];

      if (self->write_error != NULL)
        flush->error = g_error_copy (self->write_error);
      attach (flush->context, g_idle_source_new (), flush_cb, flush, flush_free);
    }
  g_ptr_array_set_size (self->flushes, 0);
  g_clear_error (&self->write_error);
}

static void
written_cb (const GError *error, gpointer user_data)
{
  UCredentialStore *self = user_data;

  g_mutex_lock (&self->lock);
  g_assert (self->n_writes > 0);
  self->n_writes--;
  if (error != NULL && self->write_error == NULL)
    self->write_error = g_error_copy (error);
  tell_flushes (self);
  g_mutex_unlock (&self->lock);

  u_credential_store_unref (self);
}

static gboolean
is_for_keyring (UCredentialStore *self, UCredentialData *credential)
{
  return self->keyring != NULL && credential->persistence == U_CREDENTIAL_PERSISTENCE_PERMANENT &&
         credential->identity == NULL && credential->password != NULL;
}

void
u_credential_store_set (UCredentialStore *self, UProtectionSpaceData *space, UCredentialData *credential)
{
  UCredentialData *known;
  gboolean writes;

  if (credential->persistence == U_CREDENTIAL_PERSISTENCE_NONE)
    return;

  g_mutex_lock (&self->lock);
  known = get_default (self, space);
  if ((known != NULL && known->persistence == credential->persistence &&
       u_credential_data_equal (known, credential)) ||
      !put (self, space, credential))
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  outdate_lookups (self, space);
  writes = is_for_keyring (self, credential);
  if (writes)
    self->n_writes++;
  announce (self);
  g_mutex_unlock (&self->lock);

  if (writes)
    self->keyring->funcs->store (self->keyring, space, credential, written_cb, u_credential_store_ref (self));
}

void
u_credential_store_remove (UCredentialStore *self, UProtectionSpaceData *asked, UCredentialData *credential)
{
  g_autoptr (UProtectionSpaceData) space = NULL;
  gboolean writes;
  GPtrArray *credentials;
  guint position;

  g_mutex_lock (&self->lock);
  space = resolve (self, asked);
  writes = is_for_keyring (self, credential);
  credentials = g_hash_table_lookup (self->spaces, space);
  if (find_user (credentials, credential, &position))
    {
      writes |= is_for_keyring (self, credentials->pdata[position]);
      g_ptr_array_remove_index (credentials, position);
      if (credentials->len == 0)
        g_hash_table_remove (self->spaces, space);
      announce (self);
    }
  outdate_lookups (self, asked);
  if (writes)
    self->n_writes++;
  g_mutex_unlock (&self->lock);

  if (writes)
    self->keyring->funcs->remove (self->keyring, space, credential->user, written_cb, u_credential_store_ref (self));
}

void
u_credential_store_remove_all (UCredentialStore *self)
{
  g_autoptr (GHashTable) spaces = NULL;
  GHashTableIter iter;
  gpointer space, credentials;

  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->spaces) > 0)
    announce (self);
  spaces = self->spaces;
  self->spaces = g_hash_table_new_full (u_protection_space_data_hash, u_protection_space_data_equal,
                                        (GDestroyNotify) u_protection_space_data_unref,
                                        (GDestroyNotify) g_ptr_array_unref);
  outdate_lookups (self, NULL);
  g_mutex_unlock (&self->lock);

  g_hash_table_iter_init (&iter, spaces);
  while (g_hash_table_iter_next (&iter, &space, &credentials))
    {
      for (guint i = 0; i < ((GPtrArray *) credentials)->len; i++)
        {
          UCredentialData *credential = ((GPtrArray *) credentials)->pdata[i];

          if (!is_for_keyring (self, credential))
            continue;
          g_mutex_lock (&self->lock);
          self->n_writes++;
          g_mutex_unlock (&self->lock);
          self->keyring->funcs->remove (self->keyring, space, credential->user, written_cb,
                                        u_credential_store_ref (self));
        }
    }
}

GPtrArray *
u_credential_store_dup_spaces (UCredentialStore *self)
{
  GPtrArray *spaces = g_ptr_array_new_with_free_func ((GDestroyNotify) u_protection_space_data_unref);
  GHashTableIter iter;
  gpointer space;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->spaces);
  while (g_hash_table_iter_next (&iter, &space, NULL))
    g_ptr_array_add (spaces, u_protection_space_data_ref (space));
  g_mutex_unlock (&self->lock);

  return spaces;
}

GPtrArray *
u_credential_store_dup_all (UCredentialStore *self, UProtectionSpaceData *space)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) u_credential_data_unref);
  GPtrArray *credentials;

  g_mutex_lock (&self->lock);
  credentials = g_hash_table_lookup (self->spaces, space);
  for (guint i = 0; credentials != NULL && i < credentials->len; i++)
    g_ptr_array_add (all, u_credential_data_ref (credentials->pdata[i]));
  g_mutex_unlock (&self->lock);

  return all;
}

static Lookup *
lookup_ref (Lookup *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
lookup_unref (gpointer data)
{
  Lookup *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  u_credential_store_unref (self->store);
  u_protection_space_data_unref (self->space);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->deadline, g_source_unref);
  g_clear_pointer (&self->credential, u_credential_data_unref);
  g_free (self);
}

static gboolean
lookup_answer_cb (gpointer data)
{
  Lookup *self = data;

  if (!self->is_answered)
    {
      self->is_answered = TRUE;
      if (self->deadline != NULL)
        g_source_destroy (self->deadline);
      self->func (self->credential, self->user_data);
    }

  return G_SOURCE_REMOVE;
}

static gboolean
lookup_expired_cb (gpointer data)
{
  Lookup *self = data;

  if (!self->is_answered)
    {
      g_debug ("The keyring takes too long: %s goes on without it", self->space->host);
      /* What comes later is for those who ask later. */
      self->is_answered = TRUE;
      self->func (NULL, self->user_data);
    }

  return G_SOURCE_REMOVE;
}

/* Consumes a reference. */
static void
lookup_answer (Lookup *self)
{
  attach (self->context, g_idle_source_new (), lookup_answer_cb, self, lookup_unref);
}

static void
lookup_found_cb (UCredentialData *credential, gboolean is_for_any, gpointer user_data)
{
  Lookup *self = user_data;
  UCredentialStore *store = self->store;
  g_autoptr (UProtectionSpaceData) space = is_for_any ? make_any (self->space)
                                                      : u_protection_space_data_ref (self->space);

  g_mutex_lock (&store->lock);
  g_ptr_array_remove_fast (store->lookups, self);
  if (!self->is_outdated && credential != NULL && get_default (store, self->space) == NULL)
    put (store, space, credential);
  self->credential = get_default (store, self->space);
  if (self->credential != NULL)
    u_credential_data_ref (self->credential);
  g_mutex_unlock (&store->lock);

  lookup_answer (self);
}

void
u_credential_store_lookup (UCredentialStore     *self,
                           UProtectionSpaceData *space,
                           GMainContext         *context,
                           UCredentialStoreFunc  func,
                           gpointer              user_data)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  g_atomic_ref_count_init (&lookup->ref_count);
  lookup->store = u_credential_store_ref (self);
  lookup->space = u_protection_space_data_ref (space);
  lookup->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  lookup->func = func;
  lookup->user_data = user_data;

  g_mutex_lock (&self->lock);
  lookup->credential = get_default (self, space);
  if (lookup->credential != NULL || self->keyring == NULL)
    {
      if (lookup->credential != NULL)
        u_credential_data_ref (lookup->credential);
      g_mutex_unlock (&self->lock);
      lookup_answer (lookup);
      return;
    }
  g_ptr_array_add (self->lookups, lookup);
  g_mutex_unlock (&self->lock);

  lookup->deadline = g_timeout_source_new (self->patience);
  g_source_ref (lookup->deadline);
  attach (lookup->context, lookup->deadline, lookup_expired_cb, lookup_ref (lookup), lookup_unref);
  self->keyring->funcs->lookup (self->keyring, space, lookup_found_cb, lookup);
}

void
u_credential_store_flush (UCredentialStore *self, GMainContext *context, UKeyringDoneFunc func, gpointer user_data)
{
  Flush *flush = g_new0 (Flush, 1);

  flush->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  flush->func = func;
  flush->user_data = user_data;

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->flushes, flush);
  tell_flushes (self);
  g_mutex_unlock (&self->lock);
}

guint
u_credential_store_add_listener (UCredentialStore *self,
                                 GMainContext     *context,
                                 void            (*func) (gpointer),
                                 gpointer          user_data,
                                 GDestroyNotify    destroy)
{
  Listener *listener = g_new0 (Listener, 1);
  guint id;

  g_atomic_ref_count_init (&listener->ref_count);
  listener->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  listener->func = func;
  listener->user_data = user_data;
  listener->destroy = destroy;

  g_mutex_lock (&self->lock);
  id = ++self->next_id;
  listener->id = id;
  g_ptr_array_add (self->listeners, listener);
  g_mutex_unlock (&self->lock);

  return id;
}

void
u_credential_store_remove_listener (UCredentialStore *self, guint id)
{
  Listener *listener = NULL;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->listeners->len && listener == NULL; i++)
    {
      if (((Listener *) self->listeners->pdata[i])->id == id)
        listener = g_ptr_array_steal_index (self->listeners, i);
    }
  g_mutex_unlock (&self->lock);

  if (listener != NULL)
    {
      g_atomic_int_set (&listener->is_removed, TRUE);
      /* Not under the lock: what is destroyed with it may call here. */
      listener_unref (listener);
    }
}

void
u_credential_store_set_patience (UCredentialStore *self, guint milliseconds)
{
  self->patience = milliseconds;
}

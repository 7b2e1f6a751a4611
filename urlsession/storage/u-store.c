/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-store-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* How long an exit waits for what is being written. */
#define EXIT_PATIENCE_US (G_USEC_PER_SEC / 2)

/* More changes than this do not wait for a file that is locked. */
#define MAX_WAITING 10000

typedef struct
{
  GMainContext *context;      /* owned, nullable */
  void (*func) (gpointer data);
  gpointer data;              /* the caller's */
} Call;

static struct
{
  GMutex lock;
  GHashTable *stores;         /* owned; path → UStore, not owned: it takes itself out */
} registry;

/* For the end of the process. The lock is the innermost one. */
static struct
{
  GMutex lock;
  GCond idle_cond;
  guint n_jobs;
} busy;

/* ---- The end of the process, and its copies ---- */

/* No lock is held by a thread that the other process does not have. */
static void
fork_prepare (void)
{
  GHashTableIter iter;
  gpointer store;

  g_mutex_lock (&registry.lock);
  u_store_file_fork_prepare ();
  g_hash_table_iter_init (&iter, registry.stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    g_mutex_lock (&((UStore *) store)->lock);
  g_mutex_lock (&busy.lock);
}

static void
unlock_all (void)
{
  GHashTableIter iter;
  gpointer store;

  g_mutex_unlock (&busy.lock);
  g_hash_table_iter_init (&iter, registry.stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    g_mutex_unlock (&((UStore *) store)->lock);
  g_mutex_unlock (&registry.lock);
}

static void
fork_parent (void)
{
  u_store_file_fork_parent ();
  unlock_all ();
}

/* The disk threads are gone; each store notices by its pid. What waits to be written is left to the parent: here it
 * would be written again at some later time, and undo what others have done since. Only where the file was not read yet
 * it has to be, so that nothing comes back that was removed. */
static void
fork_child (void)
{
  GHashTableIter iter;
  gpointer store;

  busy.n_jobs = 0;
  g_hash_table_iter_init (&iter, registry.stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    {
      if (((UStore *) store)->is_ready)
        g_ptr_array_set_size (((UStore *) store)->ops, 0);
    }
  u_store_file_fork_child ();
  unlock_all ();
}

static void
exit_cb (void)
{
  gint64 deadline = g_get_monotonic_time () + EXIT_PATIENCE_US;

  g_mutex_lock (&busy.lock);
  while (busy.n_jobs > 0)
    {
      if (!g_cond_wait_until (&busy.idle_cond, &busy.lock, deadline))
        break;
    }
  g_mutex_unlock (&busy.lock);
}

static void
watch_process_once (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      registry.stores = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      u_worker_watch_process ();
      pthread_atfork (fork_prepare, fork_parent, fork_child);
      atexit (exit_cb);
      g_once_init_leave (&once, 1);
    }
}

/* ---- Calls ---- */

static Call *
call_new (GMainContext *context, void (*func) (gpointer), gpointer data)
{
  Call *self = g_new0 (Call, 1);

  self->context = context != NULL ? g_main_context_ref (context) : NULL;
  self->func = func;
  self->data = data;

  return self;
}

static void
call_free (Call *self)
{
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self);
}

static gboolean
call_cb (gpointer data)
{
  Call *self = data;

  self->func (self->data);

  return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke(), which may call at once. Consumes @self. */
static void
call_post (Call *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] storage");
  g_source_set_callback (source, call_cb, self, (GDestroyNotify) call_free);
  g_source_attach (source, self->context);
}

static void
post_all (GPtrArray *calls)
{
  for (guint i = 0; i < calls->len; i++)
    call_post (g_ptr_array_index (calls, i));
  g_ptr_array_set_size (calls, 0);
}

/* ---- The job ---- */

static GPtrArray *
new_ops (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) u_store_op_free);
}

static void
begin_busy (void)
{
  g_mutex_lock (&busy.lock);
  busy.n_jobs++;
  g_mutex_unlock (&busy.lock);
}

static void
end_busy (void)
{
  g_mutex_lock (&busy.lock);
  busy.n_jobs--;
  if (busy.n_jobs == 0)
    g_cond_broadcast (&busy.idle_cond);
  g_mutex_unlock (&busy.lock);
}

/* Keeps what could not be written, in front of what came since. */
static void
put_back (UStore *self, GPtrArray *ops)
{
  if (ops->len > MAX_WAITING)
    {
      g_debug ("%s is locked for too long: changes are not written", self->path);
      return;
    }
  g_ptr_array_extend_and_steal (ops, g_steal_pointer (&self->ops));
  self->ops = g_ptr_array_ref (ops);
}

/* Writes what waits. The lock is held, but not while it writes. In @flushed is whom to tell of it: at the end of the
 * job, which holds the store until then, or after the next time when the job goes on. FALSE when another process has
 * locked the file: what could not be written is tried again with the next change. */
static gboolean
write_out (UStore *self, GPtrArray *flushed)
{
  g_autoptr (GPtrArray) ops = g_steal_pointer (&self->ops);
  g_autoptr (GPtrArray) calls = NULL;
  gboolean was_ready = self->is_ready;
  gboolean written;

  self->ops = new_ops ();
  /* Whoever flushes at the start wants what is in the file as well. */
  if (self->is_ready)
    {
      calls = g_steal_pointer (&self->flush_calls);
      self->flush_calls = g_ptr_array_new ();
    }
  g_mutex_unlock (&self->lock);

  written = u_store_file_apply (self->file, ops, was_ready);
  post_all (flushed);
  if (calls != NULL)
    g_ptr_array_extend (flushed, calls, NULL, NULL);

  g_mutex_lock (&self->lock);
  if (!written)
    put_back (self, ops);

  return written;
}

/* Takes out of @rows what is to be removed, and could not be so far. */
static void
forget_removed (UStore *self, GPtrArray *rows)
{
  for (guint i = 0; i < self->ops->len; i++)
    {
      UStoreOp *op = g_ptr_array_index (self->ops, i);

      if (op->kind == U_STORE_OP_PUT)
        continue;
      for (guint j = rows->len; j > 0; j--)
        {
          UStoreRow *row = g_ptr_array_index (rows, j - 1);

          if (op->kind == U_STORE_OP_REMOVE ? g_str_equal (row->key, op->row.key) : row->created >= op->row.created)
            g_ptr_array_remove_index (rows, j - 1);
        }
    }
}

/* Reads the file after all changes were written to it, so that nothing comes back that was removed meanwhile. */
static void
read_in (UStore *self, GPtrArray *flushed)
{
  g_autoptr (GPtrArray) rows = NULL;
  gboolean written;

  do
    {
      written = write_out (self, flushed);
      g_mutex_unlock (&self->lock);
      g_clear_pointer (&rows, g_ptr_array_unref);
      rows = u_store_file_read (self->file, g_get_real_time ());
      g_mutex_lock (&self->lock);
    }
  while (written && self->ops->len > 0);

  if (!written)
    forget_removed (self, rows);
  self->klass->merge (self, rows);
  self->is_ready = TRUE;
  post_all (self->ready_calls);
}

static void
store_work (UDiskJob *job)
{
  UStore *self = (UStore *) job;
  g_autoptr (GPtrArray) flushed = g_ptr_array_new ();
  gboolean written = TRUE;

  if (self->file == NULL)
    self->file = u_store_file_new (self->path, self->klass->application_id);

  g_mutex_lock (&self->lock);
  if (!self->is_ready)
    read_in (self, flushed);
  while (written && (self->ops->len > 0 || self->flush_calls->len > 0))
    written = write_out (self, flushed);
  /* Those who began to wait meanwhile would wait for the same. */
  g_ptr_array_extend (flushed, self->flush_calls, NULL, NULL);
  g_ptr_array_set_size (self->flush_calls, 0);
  self->is_busy = FALSE;
  g_mutex_unlock (&self->lock);

  u_store_unref (self);
  post_all (flushed);
  end_busy ();
}

/* With the lock held. */
static void
schedule (UStore *self)
{
  if (self->pid != getpid ())
    {
      /* A fork: the job went on in the other process. */
      self->pid = getpid ();
      self->is_busy = FALSE;
    }
  if (self->is_busy)
    return;

  self->is_busy = TRUE;
  u_store_ref (self);
  begin_busy ();
  self->job.work = store_work;
  u_disk_submit (&self->job);
}

/* ---- Life ---- */

static UStore *
store_new (const UStoreClass *klass, const char *path)
{
  UStore *self = g_malloc0 (klass->size);

  self->klass = klass;
  self->ref_count = 1;
  self->path = g_strdup (path);
  g_mutex_init (&self->lock);
  self->is_ready = path == NULL;
  self->pid = getpid ();
  self->ops = new_ops ();
  self->ready_calls = g_ptr_array_new ();
  self->flush_calls = g_ptr_array_new ();
  klass->init (self);

  return self;
}

gpointer
u_store_new_memory (const UStoreClass *klass)
{
  return store_new (klass, NULL);
}

/* One path may be opened as two kinds of store: the second one finds that the file is not its own. */
static char *
dup_registry_key (const UStoreClass *klass, const char *path)
{
  return g_strdup_printf ("%08x%s", (guint) klass->application_id, path);
}

/*
 * u_store_open:
 *
 * The store of the file at @path, which is read in the background. The same one for all who ask in this process.
 */
gpointer
u_store_open (const UStoreClass *klass, const char *path)
{
  g_autofree char *canonical = g_canonicalize_filename (path, NULL);
  g_autofree char *key = dup_registry_key (klass, canonical);
  UStore *self;
  gboolean is_new;

  watch_process_once ();

  g_mutex_lock (&registry.lock);
  self = g_hash_table_lookup (registry.stores, key);
  is_new = self == NULL;
  if (is_new)
    {
      self = store_new (klass, canonical);
      g_hash_table_insert (registry.stores, g_steal_pointer (&key), self);
    }
  else
    u_store_ref (self);
  g_mutex_unlock (&registry.lock);

  if (is_new)
    {
      g_mutex_lock (&self->lock);
      schedule (self);
      g_mutex_unlock (&self->lock);
    }

  return self;
}

gpointer
u_store_ref (gpointer self)
{
  g_atomic_int_inc (&((UStore *) self)->ref_count);

  return self;
}

static void
store_free (UStore *self)
{
  u_store_file_free (self->file);
  self->klass->clear (self);
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->ops);
  g_ptr_array_set_free_func (self->ready_calls, (GDestroyNotify) call_free);
  g_ptr_array_unref (self->ready_calls);
  g_ptr_array_set_free_func (self->flush_calls, (GDestroyNotify) call_free);
  g_ptr_array_unref (self->flush_calls);
  g_free (self->path);
  g_free (self);
}

void
u_store_unref (gpointer store)
{
  UStore *self = store;
  int count = g_atomic_int_get (&self->ref_count);

  /* The lock of the registry is for the last one, who must not be found there any more. */
  while (count > 1)
    {
      if (g_atomic_int_compare_and_exchange (&self->ref_count, count, count - 1))
        return;
      count = g_atomic_int_get (&self->ref_count);
    }

  g_mutex_lock (&registry.lock);
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    {
      g_mutex_unlock (&registry.lock);
      return;
    }
  if (self->path != NULL)
    {
      g_autofree char *key = dup_registry_key (self->klass, self->path);

      g_hash_table_remove (registry.stores, key);
    }
  g_mutex_unlock (&registry.lock);

  store_free (self);
}

/* ---- Who waits ---- */

gboolean
u_store_is_ready (UStore *self)
{
  gboolean is_ready;

  g_mutex_lock (&self->lock);
  is_ready = self->is_ready;
  g_mutex_unlock (&self->lock);

  return is_ready;
}

void
u_store_when_ready (UStore *self, GMainContext *context, void (*func) (gpointer), gpointer data)
{
  Call *call = call_new (context, func, data);

  g_mutex_lock (&self->lock);
  if (self->is_ready)
    {
      call_post (call);
    }
  else
    {
      g_ptr_array_add (self->ready_calls, call);
      schedule (self);
    }
  g_mutex_unlock (&self->lock);
}

/*
 * u_store_flush:
 *
 * Calls @func when the file was read, and all that was changed before is in it, or cannot be written now.
 */
void
u_store_flush (UStore *self, GMainContext *context, void (*func) (gpointer), gpointer data)
{
  Call *call = call_new (context, func, data);

  g_mutex_lock (&self->lock);
  if (self->path == NULL)
    {
      call_post (call);
    }
  else
    {
      g_ptr_array_add (self->flush_calls, call);
      schedule (self);
    }
  g_mutex_unlock (&self->lock);
}

/* ---- Changes ---- */

static void
push (UStore *self, UStoreOpKind kind, const char *key, GBytes *value, gint64 created, gint64 expires)
{
  UStoreOp *op;

  if (self->path == NULL)
    return;

  op = g_new0 (UStoreOp, 1);
  op->kind = kind;
  op->row.key = g_strdup (key);
  op->row.value = value != NULL ? g_bytes_ref (value) : NULL;
  op->row.created = created;
  op->row.expires = expires;
  g_ptr_array_add (self->ops, op);
  schedule (self);
}

void
u_store_put (UStore *self, const char *key, GBytes *value, gint64 created, gint64 expires)
{
  push (self, U_STORE_OP_PUT, key, value, created, expires);
}

void
u_store_remove (UStore *self, const char *key)
{
  push (self, U_STORE_OP_REMOVE, key, NULL, 0, 0);
}

void
u_store_remove_since (UStore *self, gint64 created)
{
  push (self, U_STORE_OP_REMOVE_SINCE, NULL, NULL, created, 0);
}

/* ---- Where ---- */

static char *
dup_application_name (void)
{
  GApplication *application = g_application_get_default ();
  const char *name = application != NULL ? g_application_get_application_id (application) : NULL;

  if (name != NULL)
    return g_strdup (name);

  /* The name is set late in some programs, from what the C library knows from the start. Some have the way to them as
   * their name. */
  name = g_get_prgname ();
  if (name == NULL)
    name = program_invocation_short_name;

  return g_path_get_basename (name);
}

/* A name of one file in its folder, whatever is in @name; different for different names. */
static void
append_file_name (GString *out, const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p) || *p == '-' || *p == '_' || (*p == '.' && p > name))
        g_string_append_c (out, *p);
      else
        g_string_append_printf (out, "%%%02X", (guchar) *p);
    }
}

/*
 * u_store_dup_path:
 *
 * The file of the store @name: $XDG_DATA_HOME/APPLICATION/urlsession/NAME.sqlite, where APPLICATION is the identifier
 * of the GApplication or else the name of the program. Not for I/O threads, which know no application.
 */
char *
u_store_dup_path (const char *name)
{
  g_autofree char *application_name = dup_application_name ();
  g_autoptr (GString) application = g_string_new (NULL);
  g_autoptr (GString) file = g_string_new (NULL);

  append_file_name (application, application_name);
  append_file_name (file, name);
  g_string_append (file, ".sqlite");

  return g_build_filename (g_get_user_data_dir (), application->str, "urlsession", file->str, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-worker-private.h"

#include "urlsession/base/u-job-threads-private.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More I/O threads than this bring nothing: one of them fills a fast disk. */
#define MAX_WORKERS 4

/* Blocking file work at one time, in the whole process. */
#define MAX_DISK_THREADS 4

/* How long a fork or an exit waits for the I/O threads to come to a safe place. They never block for long, so this
 * is a bound for a machine in trouble, not a delay. */
#define PARK_PATIENCE_US (G_USEC_PER_SEC / 2)

struct _UWorker
{
  GMainContext *context;      /* owned */
  GSource *source;            /* owned; ready while there is something in the queue */
  GThread *thread;            /* owned, never joined */
  guint users;                /* sessions bound to it; under pool.lock */
  guint generation;           /* the process it belongs to, counted in forks */
  UWorkItem *last;            /* owned; of this thread: what to run at the end of an iteration */

  GMutex lock;                /* of what follows */
  UWorkItem *head;
  UWorkItem *tail;
};

static struct
{
  GMutex lock;
  UWorker *workers[MAX_WORKERS];
  guint n_workers;
  guint limit;                /* 0: not asked yet */
  GThreadPool *disk;          /* created with the first job */

  /* Parking: the I/O threads stand still at a place where they hold no lock. */
  GCond parked_cond;
  GCond unpark_cond;
  guint n_parked;
  gboolean parking;
} pool;

/* How many forks lie between the first process and this one. A worker of another generation has no thread here. */
static guint generation;

static GPrivate current_worker;

typedef struct
{
  GSource source;
  UWorker *worker;            /* not owned: it lives as long as the process */
} WorkerSource;

/* Not by the ready time of the source: to set that wakes the context, also from its own thread, and takes its lock. */
static gboolean
worker_source_is_ready (GSource *source)
{
  return g_atomic_pointer_get (&((WorkerSource *) source)->worker->head) != NULL;
}

static gboolean
worker_source_prepare (GSource *source, int *timeout)
{
  *timeout = -1;

  return worker_source_is_ready (source);
}

static gboolean
worker_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  UWorker *self = ((WorkerSource *) source)->worker;
  UWorkItem *item;

  g_mutex_lock (&self->lock);
  item = self->head;
  g_atomic_pointer_set (&self->head, NULL);
  self->tail = NULL;
  g_mutex_unlock (&self->lock);

  while (item != NULL)
    {
      UWorkItem *next = item->next;

      item->next = NULL;
      item->run (item);
      item = next;
    }

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs worker_source_funcs = {
  .prepare = worker_source_prepare,
  .check = worker_source_is_ready,
  .dispatch = worker_source_dispatch,
};

static void
run_last (UWorker *self)
{
  UWorkItem *item = g_steal_pointer (&self->last);

  while (item != NULL)
    {
      UWorkItem *next = item->next;

      item->run (item);
      item = next;
    }
}

/* Called between two iterations, when the thread holds no lock. */
static void
park_if_asked (void)
{
  g_mutex_lock (&pool.lock);
  if (pool.parking)
    {
      pool.n_parked++;
      g_cond_signal (&pool.parked_cond);
      while (pool.parking)
        g_cond_wait (&pool.unpark_cond, &pool.lock);
      pool.n_parked--;
    }
  g_mutex_unlock (&pool.lock);
}

static gpointer
worker_thread (gpointer data)
{
  UWorker *self = data;

  g_private_set (&current_worker, self);
  g_main_context_push_thread_default (self->context);
  u_job_threads_probe ();

  while (TRUE)
    {
      g_main_context_iteration (self->context, TRUE);
      run_last (self);
      if (G_UNLIKELY (g_atomic_int_get (&pool.parking)))
        park_if_asked ();
    }

  return NULL;
}

/* Returns with pool.lock held, the I/O threads other than this one standing still. */
static void
park_all (void)
{
  UWorker *self = g_private_get (&current_worker);
  gint64 deadline = g_get_monotonic_time () + PARK_PATIENCE_US;
  guint wanted;

  g_mutex_lock (&pool.lock);
  wanted = pool.n_workers;
  if (self != NULL && wanted > 0)
    wanted--;
  g_atomic_int_set (&pool.parking, TRUE);
  for (guint i = 0; i < pool.n_workers; i++)
    g_main_context_wakeup (pool.workers[i]->context);
  while (pool.n_parked < wanted)
    {
      if (!g_cond_wait_until (&pool.parked_cond, &pool.lock, deadline))
        break;
    }
}

static void
fork_prepare (void)
{
  park_all ();
  if (pool.n_workers > 0)
    u_job_threads_settle ();
}

static void
fork_parent (void)
{
  g_atomic_int_set (&pool.parking, FALSE);
  g_cond_broadcast (&pool.unpark_cond);
  g_mutex_unlock (&pool.lock);
}

/* The threads are gone here: forget them. Sessions made before the fork notice it by the generation. */
static void
fork_child (void)
{
  generation++;
  memset (&pool, 0, sizeof pool);
  g_private_set (&current_worker, NULL);
  u_job_threads_forget ();
}

/* Destructors of the libraries below run after this, and an I/O thread inside one of them would crash the program
 * that is about to end. So the threads stop first, for good. */
static void
exit_cb (void)
{
  park_all ();
  g_mutex_unlock (&pool.lock);
}

static void
watch_process_once (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      pthread_atfork (fork_prepare, fork_parent, fork_child);
      atexit (exit_cb);
      g_once_init_leave (&once, 1);
    }
}

/* Called with pool.lock held. */
static UWorker *
worker_start (void)
{
  UWorker *self = g_new0 (UWorker, 1);
  WorkerSource *source;
  g_autofree char *name = g_strdup_printf ("urlsession-io-%u", pool.n_workers);

  g_mutex_init (&self->lock);
  self->generation = generation;
  self->context = g_main_context_new ();
  source = (WorkerSource *) g_source_new (&worker_source_funcs, sizeof (WorkerSource));
  source->worker = self;
  self->source = &source->source;
  g_source_set_static_name (self->source, "[urlsession] commands");
  g_source_attach (self->source, self->context);
  self->thread = g_thread_new (name, worker_thread, self);
  pool.workers[pool.n_workers++] = self;

  return self;
}

/*
 * u_worker_acquire:
 *
 * The I/O thread with the fewest users, a new one while the pool is not full and all others are busy.
 */
UWorker *
u_worker_acquire (void)
{
  UWorker *best = NULL;

  watch_process_once ();

  g_mutex_lock (&pool.lock);
  if (pool.limit == 0)
    {
      pool.limit = CLAMP (g_get_num_processors (), 1, MAX_WORKERS);
      /* GLib counts on threads that wait between two pools, but after a fork only the parent has them: what is handed
       * to one of those waits for ever. This writes them off, and nobody will wait there again. */
      if (generation > 0)
        g_thread_pool_set_max_unused_threads (0);
    }
  for (guint i = 0; i < pool.n_workers; i++)
    {
      if (best == NULL || pool.workers[i]->users < best->users)
        best = pool.workers[i];
    }
  if (best == NULL || (best->users > 0 && pool.n_workers < pool.limit))
    best = worker_start ();
  best->users++;
  g_mutex_unlock (&pool.lock);

  return best;
}

void
u_worker_release (UWorker *self)
{
  if (u_worker_is_lost (self))
    return;

  g_mutex_lock (&pool.lock);
  g_assert (self->users > 0);
  self->users--;
  g_mutex_unlock (&pool.lock);
}

GMainContext *
u_worker_get_context (UWorker *self)
{
  return self->context;
}

gboolean
u_worker_is_current (UWorker *self)
{
  return g_private_get (&current_worker) == self;
}

/*
 * u_worker_is_lost:
 *
 * Whether a fork left the thread of @self behind in the parent process.
 */
gboolean
u_worker_is_lost (UWorker *self)
{
  return self->generation != generation;
}

/*
 * u_worker_post:
 *
 * Runs @item on @self, in the order of the calls. Returns %FALSE, and leaves @item to the caller, if the thread was
 * lost in a fork. The thread is woken once for all that is posted before it looks.
 */
gboolean
u_worker_post (UWorker *self, UWorkItem *item)
{
  gboolean wake;

  if (u_worker_is_lost (self))
    return FALSE;

  item->next = NULL;
  g_mutex_lock (&self->lock);
  wake = self->tail == NULL;
  if (wake)
    g_atomic_pointer_set (&self->head, item);
  else
    self->tail->next = item;
  self->tail = item;
  g_mutex_unlock (&self->lock);

  if (wake && !u_worker_is_current (self))
    g_main_context_wakeup (self->context);

  return TRUE;
}

gboolean
u_worker_run_last (UWorkItem *item)
{
  UWorker *self = g_private_get (&current_worker);

  if (self == NULL)
    return FALSE;

  item->next = self->last;
  self->last = item;

  return TRUE;
}

static void
disk_thread (gpointer data, gpointer user_data)
{
  UDiskJob *job = data;
  UWorker *worker = job->worker;

  job->work (job);
  if (worker != NULL)
    u_worker_post (worker, &job->item);
}

/*
 * u_disk_submit:
 *
 * Does the work of @job on a disk thread, then runs its item on its worker.
 */
void
u_disk_submit (UDiskJob *job)
{
  watch_process_once ();

  g_mutex_lock (&pool.lock);
  if (pool.disk == NULL)
    {
      /* In a process that was forked GLib may not be able to start threads but for a pool that keeps them. */
      pool.disk = g_thread_pool_new (disk_thread, NULL, MAX_DISK_THREADS, generation > 0, NULL);
    }
  g_thread_pool_push (pool.disk, job, NULL);
  g_mutex_unlock (&pool.lock);
}

typedef struct
{
  UDiskJob job;
  char *path;                 /* owned */
} UnlinkJob;

static void
unlink_work (UDiskJob *job)
{
  UnlinkJob *self = (UnlinkJob *) job;

  if (unlink (self->path) != 0 && errno != ENOENT)
    g_debug ("Cannot remove %s: %s", self->path, g_strerror (errno));
  g_free (self->path);
  g_free (self);
}

/*
 * u_disk_unlink:
 *
 * Removes the file at @path on a disk thread: for a large file that takes a while.
 */
void
u_disk_unlink (const char *path)
{
  UnlinkJob *self = g_new0 (UnlinkJob, 1);

  self->job.work = unlink_work;
  self->path = g_strdup (path);
  u_disk_submit (&self->job);
}

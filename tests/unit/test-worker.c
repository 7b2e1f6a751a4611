/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-worker-private.h"

#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  GMutex lock;
  GCond cond;
  guint n_done;
  guint next[4];              /* by poster: the number that comes next */
} Board;

typedef struct
{
  UDiskJob job;               /* its first member is the work item */
  UWorker *worker;
  Board *board;
  guint poster;
  guint number;
  GThread *thread;            /* not owned: where the first half was done */
} Item;

static void
board_done (Board *self)
{
  g_mutex_lock (&self->lock);
  self->n_done++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
board_wait (Board *self, guint n)
{
  g_mutex_lock (&self->lock);
  while (self->n_done < n)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
item_run (UWorkItem *work)
{
  Item *self = (Item *) work;
  Board *board = self->board;

  g_assert_true (u_worker_is_current (self->worker));
  g_assert_true (g_main_context_get_thread_default () == u_worker_get_context (self->worker));
  g_assert_cmpuint (self->number, ==, board->next[self->poster]);
  board->next[self->poster]++;
  g_free (self);
  board_done (board);
}

typedef struct
{
  UWorker *worker;
  Board *board;
  guint poster;
} Poster;

#define N_ITEMS 20000

static gpointer
poster_thread (gpointer data)
{
  Poster *self = data;

  for (guint i = 0; i < N_ITEMS; i++)
    {
      Item *item = g_new0 (Item, 1);

      item->job.item.run = item_run;
      item->worker = self->worker;
      item->board = self->board;
      item->poster = self->poster;
      item->number = i;
      g_assert_true (u_worker_post (self->worker, &item->job.item));
    }

  return NULL;
}

/* What one thread posts runs in the order in which it was posted, on the one thread of the worker. */
static void
test_order (void)
{
  Board board = { 0 };
  UWorker *worker = u_worker_acquire ();
  Poster posters[4];
  GThread *threads[4];

  g_assert_false (u_worker_is_current (worker));
  g_assert_false (u_worker_is_lost (worker));
  for (guint i = 0; i < 4; i++)
    {
      posters[i] = (Poster) { worker, &board, i };
      threads[i] = g_thread_new ("poster", poster_thread, &posters[i]);
    }
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  board_wait (&board, 4 * N_ITEMS);
  u_worker_release (worker);
}

static void
again_run (UWorkItem *work)
{
  Item *self = (Item *) work;

  if (self->number-- > 0)
    {
      g_assert_true (u_worker_post (self->worker, work));
      return;
    }
  board_done (self->board);
  g_free (self);
}

/* An item may post itself again from inside its run. */
static void
test_post_from_inside (void)
{
  Board board = { 0 };
  UWorker *worker = u_worker_acquire ();
  Item *item = g_new0 (Item, 1);

  item->job.item.run = again_run;
  item->worker = worker;
  item->board = &board;
  item->number = 1000;
  g_assert_true (u_worker_post (worker, &item->job.item));
  board_wait (&board, 1);
  u_worker_release (worker);
}

static void
job_work (UDiskJob *job)
{
  Item *self = (Item *) job;

  g_assert_false (u_worker_is_current (self->worker));
  self->thread = g_thread_self ();
}

static void
job_run (UWorkItem *work)
{
  Item *self = (Item *) work;

  g_assert_true (u_worker_is_current (self->worker));
  g_assert_nonnull (self->thread);
  g_assert_true (self->thread != g_thread_self ());
  board_done (self->board);
  g_free (self);
}

static void
alone_work (UDiskJob *job)
{
  Item *self = (Item *) job;

  board_done (self->board);
  g_free (self);
}

/* The first half of a job is done elsewhere, the second one on its worker; or there is no second one. */
static void
test_disk_jobs (void)
{
  enum { N = 1000 };
  Board board = { 0 };
  UWorker *worker = u_worker_acquire ();

  for (guint i = 0; i < N; i++)
    {
      Item *item = g_new0 (Item, 1);

      item->board = &board;
      item->worker = worker;
      if (i % 2 == 0)
        {
          item->job.work = job_work;
          item->job.item.run = job_run;
          item->job.worker = worker;
        }
      else
        {
          item->job.work = alone_work;
        }
      u_disk_submit (&item->job);
    }
  board_wait (&board, N);
  u_worker_release (worker);
}

static void
test_unlink (void)
{
  g_autofree char *folder = g_dir_make_tmp ("worker-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);

  g_assert_true (g_file_set_contents (path, "text", -1, NULL));
  u_disk_unlink (path);
  u_disk_unlink ("/nonexistent/file");
  while (g_file_test (path, G_FILE_TEST_EXISTS))
    g_thread_yield ();
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The pool has few threads, however many ask; they are shared evenly. */
static void
test_pool (void)
{
  enum { N = 64 };
  UWorker *workers[N];
  g_autoptr (GHashTable) distinct = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < N; i++)
    {
      workers[i] = u_worker_acquire ();
      g_hash_table_add (distinct, workers[i]);
    }
  g_assert_cmpuint (g_hash_table_size (distinct), <=, 4);
  g_assert_cmpuint (g_hash_table_size (distinct), ==, CLAMP (g_get_num_processors (), 1, 4));
  for (guint i = 0; i < N; i++)
    u_worker_release (workers[i]);
}

/* In the child of a fork the threads are not there: it is told so, and gets new ones. */
static void
test_fork (void)
{
  UWorker *worker = u_worker_acquire ();
  int status = 0;
  pid_t pid = fork ();

  if (pid == 0)
    {
      Board board = { 0 };
      Item *item = g_new0 (Item, 1);
      UWorker *fresh;

      item->job.item.run = item_run;
      item->board = &board;
      if (!u_worker_is_lost (worker) || u_worker_post (worker, &item->job.item))
        _exit (1);
      fresh = u_worker_acquire ();
      item->worker = fresh;
      if (!u_worker_post (fresh, &item->job.item))
        _exit (2);
      board_wait (&board, 1);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_false (u_worker_is_lost (worker));
  u_worker_release (worker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker/order", test_order);
  g_test_add_func ("/worker/post-from-inside", test_post_from_inside);
  g_test_add_func ("/worker/disk-jobs", test_disk_jobs);
  g_test_add_func ("/worker/unlink", test_unlink);
  g_test_add_func ("/worker/pool", test_pool);
  g_test_add_func ("/worker/fork", test_fork);

  return g_test_run ();
}

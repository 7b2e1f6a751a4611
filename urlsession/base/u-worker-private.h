/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An I/O thread with a main context of its own. A small pool of them serves the whole process: they start when the
 * first session needs one, sleep when there is nothing to do, and are never joined. What runs on one never touches an
 * object that a language binding may have wrapped (see docs/threads.md). */
typedef struct _UWorker UWorker;

/* Embedded at the start of what is posted; run() owns the item from then on. */
typedef struct _UWorkItem UWorkItem;
struct _UWorkItem
{
  UWorkItem *next;            /* owned by the queue it is in */
  void (*run) (UWorkItem *item);
};

void          u_worker_watch_process (void);
UWorker      *u_worker_acquire     (void);
void          u_worker_release     (UWorker   *self);
GMainContext *u_worker_get_context (UWorker   *self);
gboolean      u_worker_is_current  (UWorker   *self);
gboolean      u_worker_is_lost     (UWorker   *self);
gboolean      u_worker_post        (UWorker   *self,
                                    UWorkItem *item);
/* On an I/O thread: runs @item when the thread has done what it was woken for. FALSE, and nothing else, elsewhere. */
gboolean      u_worker_run_last    (UWorkItem *item);

/* Work that may block (fsync, rename, a copy, a digest): done on a disk thread, then handed back to a worker. */
typedef struct _UDiskJob UDiskJob;
struct _UDiskJob
{
  UWorkItem item;             /* item.run: the second half, on the worker */
  void (*work) (UDiskJob *job);
  UWorker *worker;            /* where the second half runs; NULL: nowhere, and work() owns the job */
};

void          u_disk_submit        (UDiskJob  *job);
void          u_disk_unlink        (const char *path);

G_END_DECLS

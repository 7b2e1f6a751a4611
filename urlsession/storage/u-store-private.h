/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "urlsession/base/u-worker-private.h"
#include "urlsession/storage/u-store-file-private.h"

G_BEGIN_DECLS

/* What the cookies and the policies of HSTS have in common: a table in memory under a lock, which any thread may ask,
 * and where there is a file, a copy of it that is read at the start and written behind, on disk threads. There is one
 * store for a path in the process, and it stays until all is written.
 *
 * A kind of store has a UStore as its first field, and its own functions call these. */
typedef struct _UStore UStore;

typedef struct
{
  gsize size;                 /* of the struct */
  gint32 application_id;      /* of the file */
  void (*init) (UStore *self);
  /* With the lock held: takes what is in the file, as far as memory has nothing newer. The UStoreRows are unexpired,
   * oldest first, and nobody checked their values. */
  void (*merge) (UStore *self, GPtrArray *rows);
  void (*clear) (UStore *self);
} UStoreClass;

struct _UStore
{
  UDiskJob job;               /* first; queued or running while @is_busy */
  const UStoreClass *klass;
  int ref_count;              /* atomic */
  char *path;                 /* owned; NULL: memory only */

  GMutex lock;                /* of what follows, and of what a kind of store adds */
  gboolean is_ready;          /* the file was read, or there is none */
  gboolean is_busy;
  int pid;                    /* of the process that began the job */
  GPtrArray *ops;             /* owned; UStoreOp: to be written */
  GPtrArray *ready_calls;     /* owned; Call: whom to tell that it is ready */
  GPtrArray *flush_calls;     /* owned; Call: whom to tell that the ops are written */

  UStoreFile *file;           /* owned, nullable; of the job */
};

gpointer u_store_new_memory   (const UStoreClass *klass);
gpointer u_store_open         (const UStoreClass *klass,
                               const char        *path);
gpointer u_store_ref          (gpointer           self);
void     u_store_unref        (gpointer           self);

gboolean u_store_is_ready     (UStore            *self);
/* @func in @context (NULL: the default one), and never from inside the call. */
void     u_store_when_ready   (UStore            *self,
                               GMainContext      *context,
                               void             (*func) (gpointer),
                               gpointer           data);
void     u_store_flush        (UStore            *self,
                               GMainContext      *context,
                               void             (*func) (gpointer),
                               gpointer           data);

/* With the lock held, after the table in memory was changed. Nothing happens in a store without a file. */
void     u_store_put          (UStore            *self,
                               const char        *key,
                               GBytes            *value,
                               gint64             created,
                               gint64             expires);
void     u_store_remove       (UStore            *self,
                               const char        *key);
void     u_store_remove_since (UStore            *self,
                               gint64             created);

/* Where a store of that name lives: in a folder of the application. */
char    *u_store_dup_path     (const char        *name);

G_END_DECLS

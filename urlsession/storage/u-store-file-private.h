/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A file with rows under keys, in SQLite. For disk threads only, one at a time. It is open during a call only: SQLite does
 * not allow that a process is forked with an open one (u_store_file_fork_prepare()). Nothing here fails loudly: a file that
 * cannot be used is one without rows, and what is written to it is gone when the process ends. */
typedef struct _UStoreFile UStoreFile;

typedef struct
{
  char *key;                  /* owned */
  GBytes *value;              /* owned */
  gint64 created;             /* µs since 1970; that of the first row under the key is kept */
  gint64 expires;             /* µs since 1970 */
} UStoreRow;

typedef enum {
  U_STORE_OP_PUT,
  U_STORE_OP_REMOVE,          /* what is under row.key */
  U_STORE_OP_REMOVE_SINCE,    /* what was created at row.created or later */
} UStoreOpKind;

typedef struct
{
  UStoreOpKind kind;
  UStoreRow row;
} UStoreOp;

/* @application_id tells files of one use from those of another one. */
UStoreFile *u_store_file_new   (const char  *path,
                                gint32       application_id);
/* NULL does nothing. */
void        u_store_file_free  (UStoreFile  *self);

/* Waits until no file is open, and keeps it so until the other ones are called. */
void        u_store_file_fork_prepare (void);
void        u_store_file_fork_parent  (void);
void        u_store_file_fork_child   (void);

/* All of them or none, in this order. FALSE if another process has locked the file: it can be tried again. @waits says
 * whether to wait for that process. */
gboolean    u_store_file_apply (UStoreFile  *self,
                                GPtrArray   *ops,
                                gboolean     waits);
/* The UStoreRows that have not expired, oldest first. */
GPtrArray  *u_store_file_read  (UStoreFile  *self,
                                gint64       now);

void        u_store_op_free    (UStoreOp    *op);

G_END_DECLS

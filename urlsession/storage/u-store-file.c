/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-store-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long to wait for another process that writes. Each is done in a moment, but where a disk is slow and several take
 * turns, there may be some. Nobody waits for the disk thread meanwhile but other files. */
#define PATIENCE_MS 5000

/* Of the table. A file with a higher number is left alone. */
#define VERSION 1

struct _UStoreFile
{
  char *path;                 /* owned */
  gint32 application_id;
  sqlite3 *database;          /* owned; NULL outside of calls, and when it cannot be opened */
  gboolean is_hopeless;       /* it is no file of ours, and will not become one */
  gboolean is_locked;         /* by another process, when something was last done */
};

/* Readers have a file open; the writer forks. */
static GRWLock open_lock;

void
u_store_file_fork_prepare (void)
{
  g_rw_lock_writer_lock (&open_lock);
}

void
u_store_file_fork_parent (void)
{
  g_rw_lock_writer_unlock (&open_lock);
}

/* A new lock: the old one counts on threads that were waiting for it, and are not here. */
void
u_store_file_fork_child (void)
{
  memset (&open_lock, 0, sizeof open_lock);
}

UStoreFile *
u_store_file_new (const char *path, gint32 application_id)
{
  UStoreFile *self = g_new0 (UStoreFile, 1);

  self->path = g_strdup (path);
  self->application_id = application_id;

  return self;
}

void
u_store_file_free (UStoreFile *self)
{
  if (self == NULL)
    return;

  g_free (self->path);
  g_free (self);
}

static void
row_clear (UStoreRow *row)
{
  g_free (row->key);
  g_clear_pointer (&row->value, g_bytes_unref);
}

static void
row_free (UStoreRow *row)
{
  row_clear (row);
  g_free (row);
}

void
u_store_op_free (UStoreOp *op)
{
  row_clear (&op->row);
  g_free (op);
}

/* Right behind what failed. */
static void
note_lock (UStoreFile *self)
{
  int code = sqlite3_errcode (self->database) & 0xff;

  self->is_locked = code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

static void
complain (UStoreFile *self, const char *what)
{
  g_debug ("Cannot %s %s: %s", what, self->path,
           self->database != NULL ? sqlite3_errmsg (self->database) : "no memory");
}

static gboolean
run (UStoreFile *self, const char *sql)
{
  return sqlite3_exec (self->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static gboolean
query_number (UStoreFile *self, const char *sql, gint64 *number)
{
  sqlite3_stmt *statement = NULL;
  gboolean found = sqlite3_prepare_v2 (self->database, sql, -1, &statement, NULL) == SQLITE_OK &&
                   sqlite3_step (statement) == SQLITE_ROW;

  if (found)
    *number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);

  return found;
}

/* SQLite would make it with the rights that the umask leaves. What it puts beside it has the rights of the file. */
static gboolean
create (UStoreFile *self)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_debug ("Cannot make the folder %s: %s", folder, g_strerror (errno));
      return FALSE;
    }
  fd = open (self->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0)
    close (fd);
  else if (errno != EEXIST)
    {
      g_debug ("Cannot create %s: %s", self->path, g_strerror (errno));
      return FALSE;
    }

  return TRUE;
}

/* Whose file it is; both are 0 in one that is new. */
static gboolean
read_marks (UStoreFile *self, gint64 *application_id, gint64 *version)
{
  return query_number (self, "PRAGMA application_id", application_id) &&
         query_number (self, "PRAGMA user_version", version);
}

static gboolean
is_ours (UStoreFile *self)
{
  gint64 application_id, version;

  return read_marks (self, &application_id, &version) && application_id == self->application_id && version == VERSION;
}

/* Makes the table in an empty file, and tells ours from others. Within a transaction: another process may be at it. */
static gboolean
prepare (UStoreFile *self)
{
  gint64 application_id, version, n_tables;
  g_autofree char *sql = NULL;

  if (is_ours (self))
    return TRUE;
  if (!read_marks (self, &application_id, &version) ||
      !query_number (self, "SELECT count(*) FROM sqlite_schema", &n_tables))
    return FALSE;

  if (application_id != 0 || version != 0 || n_tables != 0)
    {
      g_debug ("%s belongs to something else, or to a newer version", self->path);
      self->is_hopeless = TRUE;
      return FALSE;
    }

  sql = g_strdup_printf ("PRAGMA application_id = %d;"
                         "PRAGMA user_version = %d;"
                         "CREATE TABLE rows (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL,"
                         " created INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID",
                         self->application_id, VERSION);

  return run (self, sql);
}

static gboolean
begin (UStoreFile *self)
{
  return run (self, "BEGIN IMMEDIATE");
}

static void
give_up (UStoreFile *self, const char *what)
{
  int code = self->database != NULL ? sqlite3_errcode (self->database) & 0xff : SQLITE_NOMEM;

  complain (self, what);
  self->is_locked = code == SQLITE_BUSY || code == SQLITE_LOCKED;
  self->is_hopeless |= code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  sqlite3_close (self->database);
  self->database = NULL;
}

/* Whether the file can be read; it is tried again with the next change when it is only locked. */
static gboolean
try_open (UStoreFile *self, int patience_ms)
{
  gint64 n_tables;

  if (self->is_hopeless || !create (self))
    return FALSE;

  /* SQLite falls back to reading by itself. Jobs are one at a time, so it needs no locks of its own. */
  if (sqlite3_open_v2 (self->path, &self->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    {
      give_up (self, "open");
      return FALSE;
    }
  sqlite3_busy_timeout (self->database, patience_ms);
  sqlite3_extended_result_codes (self->database, 1);

  /* What is no database shows itself with the first question. */
  if (!query_number (self, "SELECT count(*) FROM sqlite_schema", &n_tables))
    {
      give_up (self, "read");
      return FALSE;
    }
  if (sqlite3_db_readonly (self->database, "main") == 1)
    return TRUE;

  /* A file system without shared memory keeps the journal that there is. */
  run (self, "PRAGMA journal_mode = WAL");
  run (self, "PRAGMA synchronous = NORMAL");
  run (self, "PRAGMA secure_delete = FAST");
  if (is_ours (self))
    return TRUE;
  if (!begin (self) || !prepare (self) || !run (self, "COMMIT"))
    {
      give_up (self, "prepare");
      return FALSE;
    }

  return TRUE;
}

static void
close_again (UStoreFile *self)
{
  g_clear_pointer (&self->database, sqlite3_close);
  g_rw_lock_reader_unlock (&open_lock);
}

/* To be followed by close_again() when it succeeds. */
static gboolean
open_for_now (UStoreFile *self, int patience_ms)
{
  g_rw_lock_reader_lock (&open_lock);
  self->is_locked = FALSE;
  if (try_open (self, patience_ms))
    return TRUE;
  g_rw_lock_reader_unlock (&open_lock);

  return FALSE;
}

static gboolean
apply_one (UStoreFile *self, sqlite3_stmt **statements, UStoreOp *op)
{
  static const char *const sql[] = {
    [U_STORE_OP_PUT] = "INSERT INTO rows (key, value, created, expires) VALUES (?1, ?2, ?3, ?4) "
                       "ON CONFLICT (key) DO UPDATE SET value = ?2, expires = ?4",
    [U_STORE_OP_REMOVE] = "DELETE FROM rows WHERE key = ?1",
    [U_STORE_OP_REMOVE_SINCE] = "DELETE FROM rows WHERE created >= ?3",
  };
  sqlite3_stmt *statement = statements[op->kind];
  gboolean done;

  if (statement == NULL)
    {
      if (sqlite3_prepare_v2 (self->database, sql[op->kind], -1, &statement, NULL) != SQLITE_OK)
        return FALSE;
      statements[op->kind] = statement;
    }

  if (op->kind != U_STORE_OP_REMOVE_SINCE)
    sqlite3_bind_blob (statement, 1, op->row.key, (int) strlen (op->row.key), SQLITE_STATIC);
  if (op->kind == U_STORE_OP_PUT)
    {
      gsize size;
      gconstpointer value = g_bytes_get_data (op->row.value, &size);

      sqlite3_bind_blob (statement, 2, value, (int) size, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 4, op->row.expires);
    }
  if (op->kind != U_STORE_OP_REMOVE)
    sqlite3_bind_int64 (statement, 3, op->row.created);
  done = sqlite3_step (statement) == SQLITE_DONE;
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);

  return done;
}

/* There is nothing to remove from a file that is not there. */
static gboolean
needs_file (UStoreFile *self, GPtrArray *ops)
{
  for (guint i = 0; i < ops->len; i++)
    {
      if (((UStoreOp *) g_ptr_array_index (ops, i))->kind == U_STORE_OP_PUT)
        return TRUE;
    }

  return ops->len > 0 && access (self->path, F_OK) == 0;
}

gboolean
u_store_file_apply (UStoreFile *self, GPtrArray *ops, gboolean waits)
{
  sqlite3_stmt *statements[U_STORE_OP_REMOVE_SINCE + 1] = { NULL };
  gboolean good;

  if (!needs_file (self, ops))
    return TRUE;
  if (!open_for_now (self, waits ? PATIENCE_MS : 0))
    return !self->is_locked;

  good = begin (self);
  if (!good)
    note_lock (self);
  for (guint i = 0; good && i < ops->len; i++)
    good = apply_one (self, statements, g_ptr_array_index (ops, i));
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    sqlite3_finalize (statements[i]);
  if (good && !run (self, "COMMIT"))
    {
      note_lock (self);
      good = FALSE;
    }
  if (!good)
    {
      complain (self, "write");
      run (self, "ROLLBACK");
    }
  close_again (self);

  return !self->is_locked;
}

GPtrArray *
u_store_file_read (UStoreFile *self, gint64 now)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) row_free);
  sqlite3_stmt *statement = NULL;
  int code = SQLITE_ERROR;

  /* The file is made by the first change: there is no need of one without rows. */
  if (access (self->path, F_OK) != 0 || !open_for_now (self, PATIENCE_MS))
    return rows;

  if (sqlite3_prepare_v2 (self->database, "SELECT key, value, created, expires FROM rows WHERE expires > ?1 "
                          "ORDER BY created", -1, &statement, NULL) == SQLITE_OK)
    {
      sqlite3_bind_int64 (statement, 1, now);
      while ((code = sqlite3_step (statement)) == SQLITE_ROW)
        {
          UStoreRow *row = g_new0 (UStoreRow, 1);

          row->key = g_strndup (sqlite3_column_blob (statement, 0), sqlite3_column_bytes (statement, 0));
          row->value = g_bytes_new (sqlite3_column_blob (statement, 1), sqlite3_column_bytes (statement, 1));
          row->created = sqlite3_column_int64 (statement, 2);
          row->expires = sqlite3_column_int64 (statement, 3);
          g_ptr_array_add (rows, row);
        }
    }
  if (code != SQLITE_DONE)
    complain (self, "read all of");
  sqlite3_finalize (statement);

  /* Last, since it needs a lock that reading does not. Where another process has that, it can be done next time. */
  sqlite3_busy_timeout (self->database, 0);
  if (sqlite3_db_readonly (self->database, "main") != 1)
    {
      g_autofree char *sql = g_strdup_printf ("DELETE FROM rows WHERE expires <= %" G_GINT64_FORMAT, now);

      run (self, sql);
    }
  close_again (self);

  return rows;
}

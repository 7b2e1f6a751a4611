/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-file-writer-private.h"

#include <errno.h>
#include <unistd.h>

#include "urlsession/base/u-error.h"
#include "urlsession/base/u-file-system-private.h"

/* A write that took longer than this would be felt by the other transfers of the thread. */
#define SLOW_WRITE_US (20 * 1000)

#define N_BLOCKS 2
#define BLOCK_SIZE (512 * 1024)

typedef struct
{
  UDiskJob job;
  UFileWriter *writer;        /* not owned: not freed while a block is on its way */
  guint8 *data;               /* owned, nullable: made when it is first needed */
  gsize length;
  gint64 offset;              /* in the file */
  gboolean busy;
  int code;                   /* the error number, 0: none */
} Block;

struct _UFileWriter
{
  int fd;                     /* not owned */
  char *path;                 /* owned; for messages */
  gint64 offset;              /* where the next byte goes */
  gint64 failed_at;           /* the first byte that could not be written; -1: none */
  GError *error;              /* owned, nullable; of a disk thread */
  UWorker *worker;
  UFileWriterProgressed progressed;
  gpointer user_data;
  gboolean is_slow;           /* uses the blocks */
  guint8 *shared;             /* not owned; the buffer of the last get_buffer(), unless it was a block */
  Block *filling;             /* the block of the last get_buffer() */
  Block blocks[N_BLOCKS];
};

UFileWriter *
u_file_writer_new (int                    fd,
                   const char            *path,
                   gint64                 offset,
                   UWorker               *worker,
                   UFileWriterProgressed  progressed,
                   gpointer               user_data)
{
  UFileWriter *self = g_new0 (UFileWriter, 1);

  self->fd = fd;
  self->path = g_strdup (path);
  self->offset = offset;
  self->failed_at = -1;
  self->worker = worker;
  self->progressed = progressed;
  self->user_data = user_data;
  self->is_slow = u_file_system_is_remote (fd);

  return self;
}

void
u_file_writer_free (UFileWriter *self)
{
  g_assert (u_file_writer_is_idle (self));

  for (guint i = 0; i < N_BLOCKS; i++)
    g_free (self->blocks[i].data);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self);
}

static int
write_all (int fd, const guint8 *data, gsize length, gint64 offset)
{
  while (length > 0)
    {
      gssize n = pwrite (fd, data, length, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return errno;
      data += n;
      length -= (gsize) n;
      offset += n;
    }

  return 0;
}

static void
set_error (UFileWriter *self, int code, GError **error)
{
  g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE, "Cannot write to %s: %s.", self->path, g_strerror (code));
}

static void
block_work (UDiskJob *job)
{
  Block *block = (Block *) job;

  block->code = write_all (block->writer->fd, block->data, block->length, block->offset);
}

static void
block_run (UWorkItem *item)
{
  Block *block = (Block *) item;
  UFileWriter *self = block->writer;

  block->busy = FALSE;
  if (block->code != 0 && (self->failed_at < 0 || block->offset < self->failed_at))
    {
      self->failed_at = block->offset;
      g_clear_error (&self->error);
      set_error (self, block->code, &self->error);
    }
  self->progressed (self->user_data);
}

static Block *
find_free_block (UFileWriter *self)
{
  for (guint i = 0; i < N_BLOCKS; i++)
    {
      if (!self->blocks[i].busy)
        return &self->blocks[i];
    }

  return NULL;
}

guint8 *
u_file_writer_get_buffer (UFileWriter *self, guint8 *shared, gsize shared_size, gsize *size)
{
  Block *block;

  if (!self->is_slow)
    {
      self->shared = shared;
      self->filling = NULL;
      *size = shared_size;
      return shared;
    }

  block = find_free_block (self);
  g_assert (block != NULL);
  if (block->data == NULL)
    block->data = g_malloc (BLOCK_SIZE);
  self->filling = block;
  *size = BLOCK_SIZE;

  return block->data;
}

gboolean
u_file_writer_write (UFileWriter *self, const guint8 *data, gsize length, GError **error)
{
  gint64 before = g_get_monotonic_time ();
  int code = write_all (self->fd, data, length, self->offset);

  if (code != 0)
    {
      if (self->failed_at < 0 || self->offset < self->failed_at)
        self->failed_at = self->offset;
      set_error (self, code, error);
      return FALSE;
    }
  self->offset += (gint64) length;
  if (g_get_monotonic_time () - before > SLOW_WRITE_US)
    self->is_slow = TRUE;

  return TRUE;
}

gboolean
u_file_writer_commit (UFileWriter *self, gsize length, GError **error)
{
  Block *block = g_steal_pointer (&self->filling);

  if (block == NULL)
    return u_file_writer_write (self, self->shared, length, error);

  block->job.item.run = block_run;
  block->job.work = block_work;
  block->job.worker = self->worker;
  block->writer = self;
  block->length = length;
  block->offset = self->offset;
  block->busy = TRUE;
  self->offset += (gint64) length;
  u_disk_submit (&block->job);

  return TRUE;
}

gboolean
u_file_writer_is_full (UFileWriter *self)
{
  return self->is_slow && find_free_block (self) == NULL;
}

gboolean
u_file_writer_is_idle (UFileWriter *self)
{
  for (guint i = 0; i < N_BLOCKS; i++)
    {
      if (self->blocks[i].busy)
        return FALSE;
    }

  return TRUE;
}

const GError *
u_file_writer_get_error (UFileWriter *self)
{
  return self->error;
}

gint64
u_file_writer_get_offset (UFileWriter *self)
{
  return self->failed_at >= 0 ? self->failed_at : self->offset;
}

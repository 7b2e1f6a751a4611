/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-spool-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "urlsession/base/u-error.h"

/* Memory comes in blocks of this size, so that what was read is given back and nothing is ever moved. */
#define BLOCK_SIZE (64 * 1024)

typedef struct _Block Block;
struct _Block
{
  Block *next;                /* owned */
  gsize start;                /* of what is not read yet */
  gsize end;
  guint8 data[BLOCK_SIZE];
};

struct _USpool
{
  gsize memory_limit;
  gsize memory_size;          /* bytes in the blocks */
  Block *head;                /* owned */
  Block *tail;

  int fd;                     /* owned; -1: none */
  guint64 file_start;         /* of what is not read yet */
  guint64 file_end;
};

USpool *
u_spool_new (gsize memory_limit)
{
  USpool *self = g_new0 (USpool, 1);

  self->memory_limit = memory_limit;
  self->fd = -1;

  return self;
}

static void
drop_head (USpool *self)
{
  Block *block = self->head;

  self->head = block->next;
  if (self->head == NULL)
    self->tail = NULL;
  g_free (block);
}

void
u_spool_free (USpool *self)
{
  while (self->head != NULL)
    drop_head (self);
  if (self->fd >= 0)
    g_close (self->fd, NULL);
  g_free (self);
}

guint64
u_spool_get_size (USpool *self)
{
  return self->memory_size + (self->file_end - self->file_start);
}

static gboolean
set_error (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, U_ERROR, U_ERROR_CANNOT_WRITE_TO_FILE,
               "Cannot %s a temporary file in %s for a body that arrives faster than it is read: %s",
               what, g_get_tmp_dir (), g_strerror (code));

  return FALSE;
}

static gboolean
ensure_file (USpool *self, GError **error)
{
  g_autofree char *path = NULL;

  if (self->fd >= 0)
    return TRUE;

  self->fd = open (g_get_tmp_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (self->fd >= 0)
    return TRUE;

  /* Not every file system has nameless files. */
  path = g_build_filename (g_get_tmp_dir (), "urlsession-XXXXXX", NULL);
  self->fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  if (self->fd < 0)
    return set_error (error, "create");
  g_unlink (path);

  return TRUE;
}

static gboolean
push_to_file (USpool *self, const guint8 *data, gsize size, GError **error)
{
  if (!ensure_file (self, error))
    return FALSE;

  while (size > 0)
    {
      ssize_t n = pwrite (self->fd, data, size, self->file_end);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return set_error (error, "write to");
      data += n;
      size -= n;
      self->file_end += n;
    }

  return TRUE;
}

gboolean
u_spool_push (USpool *self, const guint8 *data, gsize size, GError **error)
{
  /* Once bytes are in the file, those that follow must queue behind them. */
  if (self->file_end == self->file_start)
    {
      while (size > 0 && self->memory_size < self->memory_limit)
        {
          gsize n;

          if (self->tail == NULL || self->tail->end == BLOCK_SIZE)
            {
              Block *block = g_malloc (sizeof (Block));

              block->next = NULL;
              block->start = block->end = 0;
              if (self->tail != NULL)
                self->tail->next = block;
              else
                self->head = block;
              self->tail = block;
            }
          n = MIN (size, BLOCK_SIZE - self->tail->end);
          n = MIN (n, self->memory_limit - self->memory_size);
          memcpy (self->tail->data + self->tail->end, data, n);
          self->tail->end += n;
          self->memory_size += n;
          data += n;
          size -= n;
        }
    }

  return size == 0 || push_to_file (self, data, size, error);
}

static gssize
pop_from_file (USpool *self, guint8 *buffer, gsize size, GError **error)
{
  ssize_t n;

  do
    n = pread (self->fd, buffer, MIN (size, self->file_end - self->file_start), self->file_start);
  while (n < 0 && errno == EINTR);

  if (n <= 0)
    {
      set_error (error, "read back");
      return -1;
    }

  self->file_start += n;
  if (self->file_start == self->file_end)
    {
      /* Gives the space back; a failure to do so costs nothing but space. */
      if (ftruncate (self->fd, 0) == 0)
        self->file_start = self->file_end = 0;
    }

  return n;
}

gssize
u_spool_pop (USpool *self, guint8 *buffer, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size && self->head != NULL)
    {
      Block *block = self->head;
      gsize n = MIN (size - done, block->end - block->start);

      memcpy (buffer + done, block->data + block->start, n);
      block->start += n;
      done += n;
      if (block->start == block->end)
        drop_head (self);
    }
  self->memory_size -= done;

  if (done == 0 && size > 0 && self->file_end > self->file_start)
    return pop_from_file (self, buffer, size, error);

  return done;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-scheduler-private.h"

/* A priority of 0 to 1 falls into one of these; one bit each in a mask. */
#define N_LEVELS 64

typedef struct
{
  USchedulerEntry *head;
  USchedulerEntry *tail;
} EntryList;

struct _USchedulerHost
{
  char *name;                 /* owned; the key in UScheduler.hosts */
  guint n_running;
  guint n_waiting;
  guint64 levels;             /* bit n: waiting[n] is not empty */
  EntryList waiting[N_LEVELS];

  /* In the list of hosts that could start something, under its best level; ready_level is -1 while it is in none. */
  USchedulerHost *prev;
  USchedulerHost *next;
  int ready_level;
};

struct _UScheduler
{
  guint per_host;
  guint total;
  guint n_running;
  USchedulerStart start;
  GHashTable *hosts;          /* name → USchedulerHost, owned */
  guint64 ready_levels;       /* bit n: ready[n] is not empty */
  struct
  {
    USchedulerHost *head;
    USchedulerHost *tail;
  } ready[N_LEVELS];
  gboolean running;           /* pump() is on the stack */
};

static guint8
level_of (double priority)
{
  return (guint8) (CLAMP (priority, 0.0, 1.0) * (N_LEVELS - 1) + 0.5);
}

static int
highest (guint64 levels)
{
  return levels == 0 ? -1 : 63 - __builtin_clzll (levels);
}

static void
host_free (gpointer data)
{
  USchedulerHost *host = data;

  g_free (host->name);
  g_free (host);
}

static void
unready (UScheduler *self, USchedulerHost *host)
{
  int level = host->ready_level;

  if (level < 0)
    return;

  if (host->prev != NULL)
    host->prev->next = host->next;
  else
    self->ready[level].head = host->next;
  if (host->next != NULL)
    host->next->prev = host->prev;
  else
    self->ready[level].tail = host->prev;
  if (self->ready[level].head == NULL)
    self->ready_levels &= ~(G_GUINT64_CONSTANT (1) << level);
  host->prev = host->next = NULL;
  host->ready_level = -1;
}

/* Puts @host where it belongs after a change: behind the others of its level, so hosts take turns. Frees it when it
 * has nothing left. */
static void
settle (UScheduler *self, USchedulerHost *host)
{
  int level = host->n_running < self->per_host ? highest (host->levels) : -1;

  if (host->n_running == 0 && host->n_waiting == 0)
    {
      unready (self, host);
      g_hash_table_remove (self->hosts, host->name);
      return;
    }
  if (level == host->ready_level)
    return;

  unready (self, host);
  if (level >= 0)
    {
      host->ready_level = level;
      host->prev = self->ready[level].tail;
      if (host->prev != NULL)
        host->prev->next = host;
      else
        self->ready[level].head = host;
      self->ready[level].tail = host;
      self->ready_levels |= G_GUINT64_CONSTANT (1) << level;
    }
}

static void
link_entry (USchedulerHost *host, USchedulerEntry *entry, gboolean first)
{
  EntryList *list = &host->waiting[entry->level];

  if (first)
    {
      entry->prev = NULL;
      entry->next = list->head;
      if (list->head != NULL)
        list->head->prev = entry;
      else
        list->tail = entry;
      list->head = entry;
    }
  else
    {
      entry->next = NULL;
      entry->prev = list->tail;
      if (list->tail != NULL)
        list->tail->next = entry;
      else
        list->head = entry;
      list->tail = entry;
    }
  host->levels |= G_GUINT64_CONSTANT (1) << entry->level;
  host->n_waiting++;
  entry->waiting = TRUE;
}

static void
unlink_entry (USchedulerHost *host, USchedulerEntry *entry)
{
  EntryList *list = &host->waiting[entry->level];

  if (entry->prev != NULL)
    entry->prev->next = entry->next;
  else
    list->head = entry->next;
  if (entry->next != NULL)
    entry->next->prev = entry->prev;
  else
    list->tail = entry->prev;
  if (list->head == NULL)
    host->levels &= ~(G_GUINT64_CONSTANT (1) << entry->level);
  entry->prev = entry->next = NULL;
  host->n_waiting--;
  entry->waiting = FALSE;
}

/* A start may release at once, which comes back here: the loop that is already running goes on instead. */
static void
pump (UScheduler *self)
{
  if (self->running)
    return;

  self->running = TRUE;
  while (self->ready_levels != 0 && self->n_running < self->total)
    {
      USchedulerHost *host = self->ready[highest (self->ready_levels)].head;
      USchedulerEntry *entry = host->waiting[host->ready_level].head;

      unlink_entry (host, entry);
      entry->running = TRUE;
      host->n_running++;
      self->n_running++;
      unready (self, host);
      settle (self, host);
      self->start (entry);
    }
  self->running = FALSE;
}

UScheduler *
u_scheduler_new (guint per_host, guint total, USchedulerStart start)
{
  UScheduler *self = g_new0 (UScheduler, 1);

  self->per_host = MAX (per_host, 1);
  self->total = MAX (total, 1);
  self->start = start;
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, host_free);

  return self;
}

void
u_scheduler_free (UScheduler *self)
{
  g_hash_table_unref (self->hosts);
  g_free (self);
}

/*
 * u_scheduler_add:
 * @host: what the limit on connections counts by
 * @priority: 0 to 1
 * @first: before the others of its priority: for the next hop of something that had a place already
 *
 * Waits for a place; the start function may be called before this returns.
 */
void
u_scheduler_add (UScheduler *self, USchedulerEntry *entry, const char *host_name, double priority, gboolean first)
{
  USchedulerHost *host = g_hash_table_lookup (self->hosts, host_name);

  g_assert (!entry->waiting && !entry->running);

  if (host == NULL)
    {
      host = g_new0 (USchedulerHost, 1);
      host->name = g_strdup (host_name);
      host->ready_level = -1;
      g_hash_table_insert (self->hosts, host->name, host);
    }
  entry->host = host;
  entry->level = level_of (priority);
  link_entry (host, entry, first);
  settle (self, host);
  pump (self);
}

/*
 * u_scheduler_set_priority:
 *
 * Moves an entry that waits behind those of the new priority; one that runs keeps its place.
 */
void
u_scheduler_set_priority (UScheduler *self, USchedulerEntry *entry, double priority)
{
  guint8 level = level_of (priority);

  if (!entry->waiting || entry->level == level)
    return;

  unlink_entry (entry->host, entry);
  entry->level = level;
  link_entry (entry->host, entry, FALSE);
  settle (self, entry->host);
}

/*
 * u_scheduler_release:
 *
 * Gives the place back, or gives up waiting; does nothing for an entry that has neither.
 */
void
u_scheduler_release (UScheduler *self, USchedulerEntry *entry)
{
  USchedulerHost *host = entry->host;

  if (entry->waiting)
    {
      unlink_entry (host, entry);
    }
  else if (entry->running)
    {
      entry->running = FALSE;
      host->n_running--;
      self->n_running--;
    }
  else
    {
      return;
    }
  entry->host = NULL;
  settle (self, host);
  pump (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Who may start now: transfers of one session wait here by host and priority for one of a bounded number of places.
 * Every operation takes constant time, however many wait. Used on one I/O thread. */
typedef struct _UScheduler UScheduler;
typedef struct _USchedulerHost USchedulerHost;

/* Embedded in what waits; zero-filled means neither waiting nor running. */
typedef struct _USchedulerEntry USchedulerEntry;
struct _USchedulerEntry
{
  USchedulerEntry *prev;      /* in the list of its host and level, while it waits */
  USchedulerEntry *next;
  USchedulerHost *host;       /* not owned; set while it waits or runs */
  guint8 level;
  guint8 waiting : 1;
  guint8 running : 1;
};

/* @entry has got a place; it keeps it until u_scheduler_release(). */
typedef void (*USchedulerStart) (USchedulerEntry *entry);

UScheduler *u_scheduler_new          (guint            per_host,
                                      guint            total,
                                      USchedulerStart  start);
void        u_scheduler_free         (UScheduler      *self);
void        u_scheduler_add          (UScheduler      *self,
                                      USchedulerEntry *entry,
                                      const char      *host,
                                      double           priority,
                                      gboolean         first);
void        u_scheduler_set_priority (UScheduler      *self,
                                      USchedulerEntry *entry,
                                      double           priority);
void        u_scheduler_release      (UScheduler      *self,
                                      USchedulerEntry *entry);

G_END_DECLS

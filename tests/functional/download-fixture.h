/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/urlsession.h>

#include "u-test-server.h"

G_BEGIN_DECLS

/* A server, a session and a folder of its own for each test of downloads. */
typedef struct
{
  UTestServer *server;        /* owned */
  USession *session;          /* owned */
  char *folder;               /* owned; removed at the end, with all that is in it */
} Fixture;

/* A download and what it said, in order: "resumed OFFSET/TOTAL", "wrote" (once for any number in a row), "finished",
 * "completed". */
typedef struct
{
  UDownloadTask *task;        /* owned */
  GPtrArray *events;          /* owned; of char *, owned */
  gint64 total_written;       /* as the last wrote-data said */
  gint64 first_total;         /* as the first wrote-data said; -1: none yet */
  gint64 first_written;
  gint64 sum_written;
  gint64 expected;            /* as the last wrote-data said */
  char *location;             /* owned, nullable: of the temporary file that finished-download gave */
  GBytes *content;            /* owned, nullable: what was in it */
  guint n_completed;
  GError *error;              /* owned, nullable: of completed */
  gboolean saving;            /* save_async() has not called back */
  char *saved;                /* owned, nullable: the path that save_finish() returned */
  GError *save_error;         /* owned, nullable */
} Download;

void        fixture_init                (int           *argc,
                                         char        ***argv);
void        fixture_set_up              (Fixture       *self,
                                         gconstpointer  data);
void        fixture_tear_down           (Fixture       *self,
                                         gconstpointer  data);
void        fixture_drop_session        (Fixture       *self);
char       *fixture_uri                 (Fixture       *self,
                                         const char    *path);
char       *fixture_path                (Fixture       *self,
                                         const char    *name);
void        fixture_write               (Fixture       *self,
                                         const char    *name,
                                         const char    *text);

/* (transfer full) for the task. */
Download   *download_new                (UDownloadTask *task);
Download   *download_new_for            (Fixture       *fixture,
                                         const char    *path);
Download   *download_new_resumed        (Fixture       *fixture,
                                         GBytes        *resume_data,
                                         const char    *fresh_path);
/* Asserts that nothing else holds the task. */
void        download_free               (Download      *self);
void        download_start              (Download      *self);
void        download_save               (Download      *self,
                                         const char    *path,
                                         GCancellable  *cancellable);
/* For a save_async() of the test's own; `saving` is set before. */
void        download_saved_cb           (GObject       *source,
                                         GAsyncResult  *result,
                                         gpointer       self);
/* Until it completed, and save_async() called back. */
void        download_wait               (Download      *self);
void        download_run                (Download      *self);
void        download_run_save           (Download      *self,
                                         const char    *path);
/* NULL with an error. */
GBytes     *download_cancel_for_resume  (Download      *self,
                                         GError       **error);
char       *download_dup_events         (Download      *self);

#define download_assert_events(self, expected) \
  G_STMT_START { \
    g_autofree char *events_ = download_dup_events (self); \
    g_assert_cmpstr (events_, ==, expected); \
  } G_STMT_END

/* Exactly one end, with that code and a message that names @about. */
void        download_assert_error       (Download      *self,
                                         UError         code,
                                         const char    *about);

typedef gboolean (*Condition) (gpointer data);

/* Turns the main context until @condition holds; too long fails the test. */
void        wait_for                    (Condition      condition,
                                         gpointer       data);
/* Until that many bytes have arrived at the task. */
void        wait_for_bytes              (Download      *self,
                                         gint64         n);
/* Until nothing is under way in @folder. */
void        wait_for_no_leftovers       (const char    *folder);
GPtrArray  *list_folder                 (const char    *folder);
char       *dup_download_folder         (void);
void        remove_tree                 (const char    *path);

void        assert_pattern              (GBytes        *bytes,
                                         guint64        length);
void        assert_file_pattern         (const char    *path,
                                         guint64        length);
void        assert_file_pattern_seeded  (const char    *path,
                                         guint64        seed,
                                         guint64        length);
void        assert_file_text            (const char    *path,
                                         const char    *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Download, download_free)

G_END_DECLS

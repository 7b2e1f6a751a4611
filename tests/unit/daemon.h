/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/free-port.h"

/* Servers that nobody here wrote, on loopback, for one test program: a folder for all that they need, and processes
 * that end with the program. */

typedef struct
{
  char *folder;               /* owned */
  GPtrArray *processes;       /* owned; of GSubprocess; each leads a group of processes */
  GSubprocess *watcher;       /* owned; kills the groups when this program ends in whatever way */
} Daemons;

static inline Daemons *
daemons_new (void)
{
  Daemons *self = g_new0 (Daemons, 1);

  self->folder = g_dir_make_tmp ("urlsession-daemons-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  g_assert_cmpint (g_chmod (self->folder, 0755), ==, 0);
  self->processes = g_ptr_array_new_with_free_func (g_object_unref);
  /* A daemon that changes its user is not told of the end of its parent any more; the end of a pipe is. */
  self->watcher = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE, NULL, "/bin/sh", "-c",
                                    "trap '' INT TERM; while read p; do all=\"$all -$p\"; done; "
                                    "[ -z \"$all\" ] || kill -9 $all 2> /dev/null; true", NULL);
  g_assert_nonnull (self->watcher);

  return self;
}

static inline void
daemons_free (Daemons *self)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", self->folder);

  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (self->watcher), NULL, NULL));
  g_assert_true (g_subprocess_wait (self->watcher, NULL, NULL));
  g_object_unref (self->watcher);
  for (guint i = 0; i < self->processes->len; i++)
    g_subprocess_wait (g_ptr_array_index (self->processes, i), NULL, NULL);
  g_ptr_array_unref (self->processes);
  g_assert_cmpint (system (command), ==, 0);
  g_free (self->folder);
  g_free (self);
}

static inline char *
daemons_dup_path (Daemons *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

static inline void
daemons_write (Daemons *self, const char *name, const char *text)
{
  g_autofree char *path = daemons_dup_path (self, name);

  g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
}

/* The text of a file, "" while it is not there. */
static inline char *
daemons_read (Daemons *self, const char *name)
{
  g_autofree char *path = daemons_dup_path (self, name);
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    text = g_strdup ("");

  return text;
}

/* A script of the shell in the folder. */
static inline gboolean
daemons_run (Daemons *self, const char *script)
{
  const char *argv[] = { "/bin/sh", "-ec", script, NULL };
  g_autofree char *output = NULL;
  int status = -1;

  if (!g_spawn_sync (self->folder, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &output,
                     &status, NULL))
    return FALSE;
  if (status != 0)
    g_test_message ("%s", output);

  return status == 0;
}

/* NULL if it is not installed. Daemons are where the path of a user does not lead. */
static inline char *
daemons_find_program (const char *name)
{
  g_autofree char *sbin = g_build_filename ("/usr/sbin", name, NULL);
  char *program = g_find_program_in_path (name);

  if (program == NULL && g_file_test (sbin, G_FILE_TEST_IS_EXECUTABLE))
    program = g_steal_pointer (&sbin);

  return program;
}

static inline void
daemons_child_setup (gpointer user_data)
{
  setsid ();
}

static inline GSubprocess *
daemons_spawn_with_env (Daemons *self, const char * const *env, const char * const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  GSubprocess *process;

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_cwd (launcher, self->folder);
  for (guint i = 0; env != NULL && env[i] != NULL; i += 2)
    g_subprocess_launcher_setenv (launcher, env[i], env[i + 1], TRUE);
  g_subprocess_launcher_set_child_setup (launcher, daemons_child_setup, NULL, NULL);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->processes, process);
  line = g_strdup_printf ("%s\n", g_subprocess_get_identifier (process));
  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->watcher), line, strlen (line), NULL,
                                            NULL, NULL));

  return process;
}

#define daemons_spawn(self, ...) \
  daemons_spawn_with_env (self, NULL, (const char *[]) { __VA_ARGS__, NULL })

/* Whether somebody listens there, within ten seconds. */
static inline gboolean
daemons_wait_for_port (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, FALSE);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GSocketConnection) connection = NULL;

      connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
      if (connection != NULL)
        return TRUE;
      g_usleep (10 * 1000);
    }

  return FALSE;
}

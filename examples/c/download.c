/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downloads a URL to a file or a folder, and tells how far it is: download URL DESTINATION */
#include <urlsession/urlsession.h>

typedef struct
{
  GMainLoop *loop;
  int status;
} Program;

static void
fraction_completed_cb (UTask *task, GParamSpec *pspec, gpointer user_data)
{
  g_print ("%.0f %%\n", u_task_get_fraction_completed (task) * 100);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Program *program = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = u_download_task_save_finish (U_DOWNLOAD_TASK (source), result, &error);

  if (file != NULL)
    {
      g_print ("saved as %s\n", g_file_peek_path (file));
    }
  else
    {
      g_printerr ("%s\n", error->message);
      program->status = 1;
    }
  g_main_loop_quit (program->loop);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (USession) session = u_session_new (NULL);
  g_autoptr (UDownloadTask) task = NULL;
  g_autoptr (GFile) destination = NULL;
  Program program = { .loop = loop };

  if (argc != 3)
    {
      g_printerr ("Usage: %s URL DESTINATION\n", argv[0]);
      return 2;
    }

  destination = g_file_new_for_commandline_arg (argv[2]);
  task = u_session_create_download_task_for_uri (session, argv[1]);
  g_signal_connect (task, "notify::fraction-completed", G_CALLBACK (fraction_completed_cb), NULL);
  u_download_task_save_async (task, destination, NULL, saved_cb, &program);
  g_main_loop_run (loop);

  return program.status;
}

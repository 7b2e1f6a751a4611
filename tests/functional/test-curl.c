/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

/* The command lines of u_request_to_curl() are run, and the server is asked whether it saw the same. */

typedef struct
{
  UTestScene scene;
  char *path;                 /* of a file with "from\na \"file\"", in a folder with an odd name */
  char *folder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  u_test_scene_set_up (&self->scene, NULL);
  self->folder = g_dir_make_tmp ("it's \"a\" folder-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "f, ü;.txt", NULL);
  g_assert_true (g_file_set_contents (self->path, "from\na \"file\"", -1, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
  u_test_scene_tear_down (&self->scene, data);
}

static void
set_text (URequest *request, const char *text, gssize length, const char *content_type)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length >= 0 ? (gsize) length : strlen (text));

  u_request_set_body_bytes (request, bytes, content_type);
}

static void
set_form (URequest *request, Fixture *fixture, const char *name, gboolean with_bytes, gboolean with_odd_type)
{
  g_autoptr (UFormData) form = u_form_data_new ();
  g_autoptr (GFile) file = g_file_new_for_path (fixture->path);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0%\\'\xff\n", 6);

  u_form_data_add_field (form, name, "@va;lue'\n=");
  u_form_data_add_field (form, name, "<");
  u_form_data_add_file (form, "file", file, with_odd_type ? "a/b; c=\"d\"" : NULL);
  if (with_bytes)
    u_form_data_add_bytes (form, "bytes", bytes, "b\".bin", "a/b");
  u_request_set_body_form (request, form);
}

/* What the request is like, one after the other. Returns FALSE behind the last. */
static gboolean
prepare (Fixture *fixture, URequest *request, guint which)
{
  g_autoptr (GFile) file = g_file_new_for_path (fixture->path);

  switch (which)
    {
    case 0:
      break;
    case 1:
      u_request_add_query_item (request, "a [b]{c}", "it's \"$HOME\" `x` \\ *?");
      u_headers_set (u_request_get_headers (request), "X-Odd", "it's \"$HOME\" `x` \\ * ü", NULL);
      u_headers_set (u_request_get_headers (request), "X-Empty", "", NULL);
      u_headers_append (u_request_get_headers (request), "X-Twice", "1", NULL);
      u_headers_append (u_request_get_headers (request), "X-Twice", "2", NULL);
      u_headers_set (u_request_get_headers (request), "Content-Length", "99", NULL);
      u_request_set_timeout (request, 10);
      break;
    case 2:
      u_request_set_method (request, "DELETE");
      break;
    case 3:
      u_request_set_method (request, "POST");
      break;
    case 4:
      u_request_set_method (request, "POST");
      set_text (request, "a=b", -1, NULL);
      break;
    case 5:
      u_request_set_method (request, "PUT");
      set_text (request, "it's\r\n\t\"ü\"\n", -1, NULL);
      break;
    case 6:
      u_request_set_method (request, "PATCH");
      set_text (request, "@/etc/passwd", -1, "text/plain");
      break;
    case 7:
      u_request_set_method (request, "POST");
      set_text (request, "", -1, "text/plain");
      break;
    case 8:
      u_request_set_method (request, "POST");
      set_text (request, "\0%s\\n'\xff\x80\r\n7", 11, "a/b");
      break;
    case 9:
      u_request_set_method (request, "POST");
      u_request_set_body_file (request, file, NULL);
      break;
    case 10:
      u_request_set_method (request, "PUT");
      u_request_set_body_file (request, file, "text/plain; charset=utf-8");
      u_headers_set (u_request_get_headers (request), "Content-Type", "own/type", NULL);
      break;
    case 11:
      set_text (request, "a body of a GET", -1, "text/plain");
      break;
    case 12:
      set_form (request, fixture, "na me", FALSE, FALSE);
      break;
    case 13:
      set_form (request, fixture, "a=b\"\n", FALSE, FALSE);
      break;
    case 14:
      set_form (request, fixture, "a", TRUE, FALSE);
      break;
    case 15:
      set_form (request, fixture, "a", FALSE, TRUE);
      break;
    case 16:
      u_request_set_method (request, "PUT");
      break;
    case 17:
      u_request_set_method (request, "PATCH");
      break;
    case 18:
      u_request_set_method (request, "OPTIONS");
      break;
    default:
      return FALSE;
    }

  return TRUE;
}

static void
run (const char *command)
{
  g_autofree char *quiet = g_strdup_printf ("set -e; %s --silent --show-error --noproxy '*'", command);
  const char *argv[] = { "/bin/sh", "-c", quiet, NULL };
  g_autofree char *output = NULL;
  g_autofree char *problem = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_test_message ("%s", command);
  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &problem, &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    g_test_message ("%s", problem);
  g_assert_cmpint (status, ==, 0);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return g_ascii_strcasecmp (*(const char * const *) a, *(const char * const *) b);
}

/* What is compared of a request: curl has its own values for the rest. */
static char *
describe (UTestServer *server, guint position)
{
  static const char * const left_out[] = { "Accept:", "Accept-Encoding:", "Accept-Language:", "Connection:",
                                           "User-Agent:" };
  g_auto (GStrv) headers = u_test_server_dup_request_headers (server, position);
  g_auto (GStrv) requests = u_test_server_dup_requests (server);
  g_autofree char *type = u_test_server_dup_request_header (server, position, "Content-Type");
  g_autoptr (GBytes) body = u_test_server_dup_request_body (server, position);
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  g_autoptr (GString) result = g_string_new (requests[position]);
  const char *boundary = type != NULL ? strstr (type, "boundary=") : NULL;
  const guint8 *bytes = g_bytes_get_data (body, NULL);

  for (guint i = 0; headers[i] != NULL; i++)
    {
      gboolean counts = TRUE;

      for (gsize j = 0; j < G_N_ELEMENTS (left_out); j++)
        counts = counts && g_ascii_strncasecmp (headers[i], left_out[j], strlen (left_out[j])) != 0;
      /* It depends on the length of the boundary. */
      if (boundary != NULL && g_ascii_strncasecmp (headers[i], "Content-Length:", 15) == 0)
        counts = FALSE;
      if (counts)
        g_ptr_array_add (lines, headers[i]);
    }
  /* Which comes first is of no interest. */
  g_ptr_array_sort (lines, compare_lines);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (result, "\n%s", (char *) g_ptr_array_index (lines, i));
  g_string_append_c (result, '\n');
  for (gsize i = 0; i < g_bytes_get_size (body); i++)
    g_string_append_printf (result, g_ascii_isgraph (bytes[i]) ? "%c" : "\\%02x", bytes[i]);
  if (boundary != NULL)
    g_string_replace (result, boundary + 9, "BOUNDARY", 0);

  return g_string_free (g_steal_pointer (&result), FALSE);
}

static void
test_same (Fixture *self, gconstpointer data)
{
  guint n = 0;

  while (TRUE)
    {
      g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/echo");
      g_autofree char *command = NULL;
      g_autofree char *ours = NULL;
      g_autofree char *theirs = NULL;
      g_autoptr (UTask) task = NULL;

      if (!prepare (self, request, n))
        break;

      u_test_server_clear_log (self->scene.server);
      task = U_TASK (u_session_create_data_task (self->scene.session, request));
      u_task_resume (task);
      u_test_scene_finish (&self->scene, task);
      g_assert_no_error (u_task_get_error (task));
      command = u_request_to_curl (request);
      run (command);
      g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 2);
      ours = describe (self->scene.server, 0);
      theirs = describe (self->scene.server, 1);
      g_assert_cmpstr (theirs, ==, ours);
      n++;
    }
  g_assert_cmpuint (n, ==, 19);
}

/* A command that waited for the body of a HEAD would not end. */
static void
test_head (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/bytes/1000");
  g_autofree char *command = NULL;
  g_auto (GStrv) requests = NULL;

  u_request_set_method (request, "HEAD");
  command = u_request_to_curl (request);
  run (command);
  requests = u_test_server_dup_requests (self->scene.server);
  g_assert_cmpstr (requests[0], ==, "HEAD /bytes/1000");
}

static void
test_redirect (Fixture *self, gconstpointer data)
{
  g_autoptr (URequest) request = u_test_scene_new_request (&self->scene, "/redirect/2");
  g_autofree char *command = u_request_to_curl (request);

  run (command);
  g_assert_cmpuint (u_test_server_get_n_requests (self->scene.server), ==, 3);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/curl/same", test_same);
  ADD ("/curl/head", test_head);
  ADD ("/curl/redirect", test_redirect);

  return g_test_run ();
}

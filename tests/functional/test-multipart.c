/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-scene.h"

#include <string.h>

#define ADD(path, test) g_test_add (path, UTestScene, NULL, u_test_scene_set_up, test, u_test_scene_tear_down)

#define TYPE "multipart/x-mixed-replace%3Bboundary%3Dpart"

/* What one task of parts says. */
typedef struct
{
  GString *text;              /* owned; "[type length]" for each response, then its data */
  guint cancel_at;            /* the part to answer with a cancel; 0: none */
  guint download_at;          /* ... with a download */
  gboolean delivers;          /* redirects are the response */
  gboolean later;             /* keep the decision of the first part */
  UResponseDecision *kept;    /* owned, nullable */
  guint n_parts;
  UDownloadTask *download;    /* owned, nullable */
  char *content;              /* owned, nullable; of its file */
  gboolean download_done;
  GError *download_error;     /* owned, nullable */
  gboolean done;
  GError *error;              /* owned, nullable */
} Parts;

static gboolean
decide_cb (UDataTask *task, UResponseDecision *decision, gpointer data)
{
  Parts *self = data;
  UResponse *response = u_task_get_response (U_TASK (task));

  self->n_parts++;
  g_assert_true (u_response_decision_get_response (decision) == response);
  g_string_append_printf (self->text, "[%s %d]", u_response_get_mime_type (response),
                          (int) u_response_get_expected_content_length (response));
  if (self->n_parts == self->cancel_at)
    u_response_decision_cancel_task (decision);
  else if (self->n_parts == self->download_at)
    u_response_decision_become_download (decision);
  else if (self->later && self->n_parts == 1)
    self->kept = g_object_ref (decision);
  else
    return FALSE;

  return TRUE;
}

static void
received_cb (UDataTask *task, GBytes *bytes, gpointer data)
{
  g_string_append_len (((Parts *) data)->text, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
}

static void
completed_cb (UTask *task, const GError *error, gpointer data)
{
  Parts *self = data;

  g_assert_false (self->done);
  self->done = TRUE;
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
finished_cb (UDownloadTask *task, GFile *file, gpointer data)
{
  g_assert_true (g_file_load_contents (file, NULL, &((Parts *) data)->content, NULL, NULL, NULL));
}

static void
download_completed_cb (UTask *task, const GError *error, gpointer data)
{
  Parts *self = data;

  g_assert_false (self->download_done);
  self->download_done = TRUE;
  self->download_error = error != NULL ? g_error_copy (error) : NULL;
}

static void
became_cb (UDataTask *task, UDownloadTask *download, gpointer data)
{
  Parts *self = data;

  self->download = g_object_ref (download);
  g_signal_connect (download, "finished-download", G_CALLBACK (finished_cb), self);
  g_signal_connect (download, "completed", G_CALLBACK (download_completed_cb), self);
}

static void
parts_clear (Parts *self)
{
  g_string_free (self->text, TRUE);
  g_clear_object (&self->kept);
  g_clear_object (&self->download);
  g_free (self->content);
  g_clear_error (&self->download_error);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

static char *
make_path (const char *body, const char *options)
{
  g_autofree char *escaped = g_uri_escape_string (body, NULL, FALSE);

  return g_strconcat ("/bytes/1?type=" TYPE "&body=", escaped, options, NULL);
}

static gboolean
redirect_cb (UTask *task, URedirectDecision *decision, gpointer data)
{
  u_redirect_decision_deliver_response (decision);

  return TRUE;
}

static UTask *
parts_start_at (UTestScene *scene, Parts *self, const char *path)
{
  UTask *task = u_test_scene_new_quiet_data (scene, path);

  self->text = g_string_new (NULL);
  g_signal_connect (task, "decide-response", G_CALLBACK (decide_cb), self);
  g_signal_connect (task, "received-data", G_CALLBACK (received_cb), self);
  g_signal_connect (task, "became-download", G_CALLBACK (became_cb), self);
  g_signal_connect (task, "completed", G_CALLBACK (completed_cb), self);
  if (self->delivers)
    g_signal_connect (task, "decide-redirect", G_CALLBACK (redirect_cb), self);
  u_task_resume (task);

  return task;
}

static UTask *
parts_start (UTestScene *scene, Parts *self, const char *body, const char *options)
{
  g_autofree char *path = make_path (body, options);

  return parts_start_at (scene, self, path);
}

#define BODY \
  "--part\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Own: 1\r\n\r\nfirst\r\n" \
  "--part\r\nContent-Type: image/png\r\n\r\nsecond\r\n" \
  "--part\r\nContent-Type: text/html\r\nServer: part\r\n\r\n\r\n--part--\r\n"

#define TEXT "[text/plain 5]first[image/png -1]second[text/html -1]"

static void
test_parts (UTestScene *self, gconstpointer data)
{
  static const char * const options[] = {
    "", "&chunked", "&close", "&chunk=1", "&chunk=7&chunked", "&gzip", "&header=Server:whole&header=X-Whole:1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_auto (Parts) parts = { NULL };
      g_autoptr (UTask) task = parts_start (self, &parts, BODY, options[i]);
      UHttpResponse *response;

      u_test_wait_until (self->context, parts.done);
      g_assert_no_error (parts.error);
      g_assert_cmpstr (parts.text->str, ==, TEXT);
      response = U_HTTP_RESPONSE (u_task_get_response (task));
      g_assert_cmpuint (u_http_response_get_status_code (response), ==, 200);
      g_assert_null (u_http_response_get_header (response, "X-Own"));
      g_assert_null (u_http_response_get_header (response, "ETag"));
      g_assert_cmpstr (u_http_response_get_header (response, "Server"), ==, "part");
      if (i == G_N_ELEMENTS (options) - 1)
        g_assert_cmpstr (u_http_response_get_header (response, "X-Whole"), ==, "1");
    }
}

/* Each part waits for its own answer; a cancel ends the task. */
static void
test_decisions (UTestScene *self, gconstpointer data)
{
  g_auto (Parts) cancelled = { .cancel_at = 2 };
  g_auto (Parts) later = { .later = TRUE };
  g_autoptr (UTask) task = parts_start (self, &cancelled, BODY, "");
  g_autoptr (UTask) other = NULL;

  u_test_wait_until (self->context, cancelled.done);
  g_assert_error (cancelled.error, U_ERROR, U_ERROR_CANCELLED);
  g_assert_cmpstr (cancelled.text->str, ==, "[text/plain 5]first[image/png -1]");

  other = parts_start (self, &later, BODY, "");
  u_test_wait_until (self->context, later.kept != NULL);
  u_test_scene_round_trip (self);
  g_assert_cmpstr (later.text->str, ==, "[text/plain 5]");
  g_assert_false (later.done);
  u_response_decision_allow (later.kept);
  u_test_wait_until (self->context, later.done);
  g_assert_no_error (later.error);
  g_assert_cmpstr (later.text->str, ==, TEXT);
}

/* A suspended task says nothing, and goes on where it was. */
static void
test_suspend (UTestScene *self, gconstpointer data)
{
  g_auto (Parts) parts = { .later = TRUE };
  g_autoptr (UTask) task = parts_start (self, &parts, BODY, "");

  u_test_wait_until (self->context, parts.kept != NULL);
  u_task_suspend (task);
  u_response_decision_allow (parts.kept);
  u_test_scene_round_trip (self);
  g_assert_cmpstr (parts.text->str, ==, "[text/plain 5]");
  g_assert_false (parts.done);
  u_task_resume (task);
  u_test_wait_until (self->context, parts.done);
  g_assert_no_error (parts.error);
  g_assert_cmpstr (parts.text->str, ==, TEXT);
}

/* The part that was asked about becomes the file, and what follows it is left. */
static void
test_become_download (UTestScene *self, gconstpointer data)
{
  static const char * const contents[] = { "first", "second", "" };
  static const char * const options[] = { "", "&chunk=1", "&chunked" };

  for (guint i = 0; i < G_N_ELEMENTS (contents) * G_N_ELEMENTS (options); i++)
    {
      g_auto (Parts) parts = { .download_at = i % G_N_ELEMENTS (contents) + 1 };
      g_autoptr (UTask) task = parts_start (self, &parts, BODY, options[i / G_N_ELEMENTS (contents)]);

      u_test_wait_until (self->context, parts.download_done);
      g_assert_no_error (parts.download_error);
      g_assert_cmpstr (parts.content, ==, contents[parts.download_at - 1]);
      g_assert_cmpuint (parts.n_parts, ==, parts.download_at);
      u_test_scene_round_trip (self);
      g_assert_false (parts.done);
    }
}

/* A part is complete when the next one begins: the server need not stop. */
static void
test_endless (UTestScene *self, gconstpointer data)
{
  static const char * const options[] = { "&pause-after=160", "&pause-after=160&chunked" };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_auto (Parts) parts = { .download_at = 2 };
      g_autoptr (UTask) task = parts_start (self, &parts, BODY, options[i]);

      u_test_wait_until (self->context, parts.download_done);
      g_assert_no_error (parts.download_error);
      g_assert_cmpstr (parts.content, ==, "second");
      u_test_server_release (self->server);
    }
}

/* What one part was cannot be asked for again. */
static void
test_not_resumable (UTestScene *self, gconstpointer data)
{
  g_auto (Parts) parts = { .download_at = 1 };
  g_autoptr (UTask) task = parts_start (self, &parts, BODY, "&pause-after=77");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) resume_data = NULL;
  g_autoptr (GError) error = NULL;

  u_test_wait_until (self->context, parts.download != NULL);
  u_download_task_cancel_by_producing_resume_data_async (parts.download, NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  resume_data = u_download_task_cancel_by_producing_resume_data_finish (parts.download, result, &error);
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_null (resume_data);
  u_test_wait_until (self->context, parts.download_done);
  g_assert_error (parts.download_error, U_ERROR, U_ERROR_CANCELLED);
  u_test_server_release (self->server);
}

/* A response that has no body has no parts either, whatever its type. */
static void
test_no_body (UTestScene *self, gconstpointer data)
{
  static const char * const paths[] = { "/status/204", "/status/304" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *path = g_strconcat (paths[i], "?header=Content-Type%3A" TYPE, NULL);
      g_auto (Parts) parts = { NULL };
      g_autoptr (UTask) task = parts_start_at (self, &parts, path);

      u_test_wait_until (self->context, parts.done);
      g_assert_no_error (parts.error);
      g_assert_cmpuint (parts.n_parts, ==, 1);
      g_assert_cmpstr (u_response_get_mime_type (u_task_get_response (task)), ==, "multipart/x-mixed-replace");
    }
}

/* The body of a redirect may have come before the application wants it. */
static void
test_redirect (UTestScene *self, gconstpointer data)
{
  static const char * const options[] = { "", "&chunk=7", "&chunked" };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autofree char *all = g_strconcat ("&status=302&header=Location%3A%2Fbytes%2F5", options[i], NULL);
      g_autofree char *path = make_path (BODY, all);
      g_auto (Parts) parts = { .delivers = TRUE };
      g_autoptr (UTask) task = parts_start_at (self, &parts, path);

      u_test_wait_until (self->context, parts.done);
      g_assert_no_error (parts.error);
      g_assert_cmpstr (parts.text->str, ==, TEXT);
    }
}

static void
test_errors (UTestScene *self, gconstpointer data)
{
  g_autoptr (GString) endless = g_string_new ("--part\r\n");
  g_auto (Parts) none = { NULL };
  g_auto (Parts) head = { NULL };
  g_auto (Parts) cut = { NULL };
  g_autoptr (UTask) first = parts_start (self, &none, "no parts", "");
  g_autoptr (UTask) second = NULL;
  g_autoptr (UTask) third = NULL;

  u_test_wait_until (self->context, none.done);
  g_assert_error (none.error, U_ERROR, U_ERROR_CANNOT_PARSE_RESPONSE);

  for (int i = 0; i < 2000; i++)
    g_string_append (endless, "A: 0123456789\r\n");
  second = parts_start (self, &head, endless->str, "");
  u_test_wait_until (self->context, head.done);
  g_assert_error (head.error, U_ERROR, U_ERROR_CANNOT_PARSE_RESPONSE);
  g_assert_cmpuint (head.n_parts, ==, 0);

  third = parts_start (self, &cut, BODY, "&drop-after=80");
  u_test_wait_until (self->context, cut.done);
  g_assert_error (cut.error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
}

/* In one piece, there is nothing to replace: the body is what was sent. */
static void
test_whole (UTestScene *self, gconstpointer data)
{
  g_autofree char *path = make_path (BODY, "");
  g_autoptr (UTask) task = u_test_scene_new_quiet_data (self, path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  u_data_task_load_async (U_DATA_TASK (task), NULL, u_test_take_result, &result);
  u_test_wait_until (self->context, result != NULL);
  bytes = u_data_task_load_finish (U_DATA_TASK (task), result, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), BODY, strlen (BODY));
}

/* Many parts, large ones and empty ones, with less room than they need. */
static void
test_many (UTestScene *self, gconstpointer data)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (GString) expected = g_string_new (NULL);
  g_auto (Parts) parts = { NULL };
  g_autoptr (UTask) task = NULL;

  for (int i = 0; i < 120; i++)
    {
      g_string_append (body, "--part\r\nContent-Type: a/b\r\n\r\n");
      g_string_append (expected, "[a/b -1]");
      for (int j = 0; j < i % 3 * 5; j++)
        {
          g_string_append (body, "0123456789");
          g_string_append (expected, "0123456789");
        }
      g_string_append (body, "\r\n");
    }
  g_string_append (body, "--part--");
  task = parts_start (self, &parts, body->str, "&chunk=100");
  u_test_wait_until (self->context, parts.done);
  g_assert_no_error (parts.error);
  g_assert_cmpstr (parts.text->str, ==, expected->str);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/multipart/r036-parts", test_parts);
  ADD ("/multipart/r036-decisions", test_decisions);
  ADD ("/multipart/r012-suspend", test_suspend);
  ADD ("/multipart/r031-become-download", test_become_download);
  ADD ("/multipart/r031-endless", test_endless);
  ADD ("/multipart/r031-not-resumable", test_not_resumable);
  ADD ("/multipart/r036-no-body", test_no_body);
  ADD ("/multipart/r036-redirect", test_redirect);
  ADD ("/multipart/errors", test_errors);
  ADD ("/multipart/whole", test_whole);
  ADD ("/multipart/r036-many", test_many);

  return g_test_run ();
}

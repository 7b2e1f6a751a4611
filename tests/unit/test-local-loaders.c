/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/load-driver.h"
#include "urlsession/loader/u-data-url-private.h"
#include "urlsession/loader/u-loader-table-private.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* data: and file: URLs, and the table that finds their loaders. */

static const struct
{
  const char *url;
  const char *mime_type;      /* NULL: malformed */
  const char *charset;
  const char *text;
} data_urls[] = {
  { "data:,", "text/plain", "us-ascii", "" },
  { "data:,A%20brief%20note", "text/plain", "us-ascii", "A brief note" },
  { "data:,a,b;c", "text/plain", "us-ascii", "a,b;c" },
  { "data:text/plain,x?y=z", "text/plain", NULL, "x?y=z" },
  { "data:,x#fragment", "text/plain", "us-ascii", "x" },
  { "data:;charset=UTF-8,x", "text/plain", "utf-8", "x" },
  { "data:;charset=%22utf-8%22,x", "text/plain", "utf-8", "x" },
  { "data:TEXT/HTML;charset=iso-8859-1;a=b,%3Cp%3E", "text/html", "iso-8859-1", "<p>" },
  { "data:text/plain;base64,aGVsbG8=", "text/plain", NULL, "hello" },
  { "data:text/plain;charset=utf-8;base64,aGVsbG8", "text/plain", "utf-8", "hello" },
  { "data:;base64,aGVs%0AbG8%3D", "text/plain", "us-ascii", "hello" },
  { "data:;base64,", "text/plain", "us-ascii", "" },
  { "data:;BASE64,aGk=", "text/plain", "us-ascii", "hi" },
  { "data:image/svg+xml;utf8,<svg/>", "image/svg+xml", NULL, "<svg/>" },
  { "data:text/plain", NULL, NULL, NULL },
  { "data:", NULL, NULL, NULL },
  { "data:;base64,a", NULL, NULL, NULL },
  { "data:;base64,aGV*", NULL, NULL, NULL },
  { "data:;base64,aG=V", NULL, NULL, NULL },
  { "data:;base64,aGVsbG8==", NULL, NULL, NULL },
  { "data:nonsense,x", NULL, NULL, NULL },
  { "data:a/b/c,x", NULL, NULL, NULL },
};

static void
test_data_urls (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (data_urls); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = u_uri_parse (data_urls[i].url, &error);
      g_autofree char *mime_type = NULL;
      g_autofree char *charset = NULL;
      g_autoptr (GBytes) bytes = NULL;
      gboolean read;

      g_assert_no_error (error);
      g_test_message ("%s", data_urls[i].url);
      read = u_data_url_parse (uri, &mime_type, &charset, &bytes, &error);
      if (data_urls[i].mime_type == NULL)
        {
          g_assert_false (read);
          g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
          continue;
        }
      g_assert_no_error (error);
      g_assert_true (read);
      g_assert_cmpstr (mime_type, ==, data_urls[i].mime_type);
      g_assert_cmpstr (charset, ==, data_urls[i].charset);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data_urls[i].text,
                       strlen (data_urls[i].text));
    }
}

static gboolean
has_no_credit (gpointer user_data)
{
  DriverLoad *load = user_data;

  return load->credit == 0;
}

static void
check_credit (Driver *driver, const char *url, gsize size, gint64 step)
{
  g_autoptr (DriverLoad) load = driver_load_new ();
  ULoadParams params = { .decode = TRUE };

  load->credit = 0;
  driver_start (driver, load, url, &params);
  driver_spin (driver, 0.02);
  g_assert_cmpstr (load->events->str, ==, "r");
  g_assert_cmpint (load->response->expected_length, ==, size);
  while (load->n_data < size)
    {
      driver_set_credit (load, MIN (step, (gint64) (size - load->n_data)));
      g_assert_true (driver_wait (driver, has_no_credit, load, 10));
    }
  driver_wait_done (driver, load);
  g_assert_no_error (load->error);
  g_assert_cmpstr (load->events->str, ==, "rd.");
}

static void
free_on_event (DriverLoad *load, const ULoadEvent *event)
{
  ULoadEventKind *kind = load->user_data;

  if (event->kind == *kind)
    g_clear_pointer (&load->load, u_load_free);
}

static void
check_free_inside (Driver *driver, const char *url)
{
  static const ULoadEventKind kinds[] = { U_LOAD_RESPONSE, U_LOAD_DATA, U_LOAD_DONE };
  static const char * const expected[] = { "r", "rd", "rd." };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (DriverLoad) load = driver_load_new ();
      ULoadParams params = { .decode = TRUE };
      ULoadEventKind kind = kinds[i];

      load->on_event = free_on_event;
      load->user_data = &kind;
      driver_start (driver, load, url, &params);
      driver_wait (driver, driver_load_is_done, load, 0.05);
      g_assert_cmpstr (load->events->str, ==, expected[i]);
    }
}

static void
test_data_loader (void)
{
  GMainContext *context = driver_push_context ();

  {
    g_autoptr (Driver) driver = driver_new (u_data_loader_new ());
    g_autoptr (DriverLoad) load = driver_get (driver, "data:text/html;charset=utf-8;base64,aGVsbG8=");
    g_autoptr (DriverLoad) empty = driver_get (driver, "data:,");
    g_autoptr (DriverLoad) bad = driver_get (driver, "data:text/plain");

    g_assert_no_error (load->error);
    g_assert_cmpstr (load->events->str, ==, "rd.");
    driver_assert_text (load, "hello");
    g_assert_cmpstr (load->response->mime_type, ==, "text/html");
    g_assert_cmpstr (load->response->charset, ==, "utf-8");
    g_assert_cmpint (load->response->expected_length, ==, 5);
    g_assert_cmpuint (load->response->status, ==, 0);
    g_assert_cmpstr (empty->events->str, ==, "r.");
    g_assert_error (bad->error, U_ERROR, U_ERROR_BAD_URL);
    g_assert_cmpstr (bad->events->str, ==, "!");

    check_credit (driver, "data:,0123456789", 10, 3);
    check_free_inside (driver, "data:,0123456789");
  }

  driver_pop_context (context);
}

static void
test_file_loader (void)
{
  GMainContext *context = driver_push_context ();
  g_autofree char *folder = g_dir_make_tmp ("urlsession-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a b#c.txt", NULL);
  g_autofree char *empty_path = g_build_filename (folder, "empty", NULL);
  g_autofree char *url = g_filename_to_uri (path, NULL, NULL);
  g_autofree char *empty_url = g_filename_to_uri (empty_path, NULL, NULL);
  g_autofree char *localhost = g_strconcat ("file://localhost", url + strlen ("file://"), "?query#part", NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  while (text->len < 1000000)
    g_string_append_printf (text, "line %zu\n", text->len);
  g_assert_true (g_file_set_contents (path, text->str, text->len, NULL));
  g_assert_true (g_file_set_contents (empty_path, "", 0, NULL));

  {
    g_autoptr (Driver) driver = driver_new (u_file_loader_new ());
    g_autoptr (DriverLoad) load = driver_get (driver, url);
    g_autoptr (DriverLoad) local = driver_get (driver, localhost);
    g_autoptr (DriverLoad) empty = driver_get (driver, empty_url);

    g_assert_no_error (load->error);
    g_assert_cmpstr (load->events->str, ==, "rd.");
    g_assert_cmpmem (load->data->data, load->data->len, text->str, text->len);
    g_assert_cmpint (load->response->expected_length, ==, text->len);
    g_assert_cmpstr (load->response->mime_type, ==, "text/plain");
    g_assert_no_error (local->error);
    g_assert_cmpuint (local->n_data, ==, text->len);
    g_assert_no_error (empty->error);
    g_assert_cmpstr (empty->events->str, ==, "r.");

    check_credit (driver, url, text->len, 100000);
    check_free_inside (driver, url);
  }

  g_unlink (path);
  g_unlink (empty_path);
  g_rmdir (folder);
  driver_pop_context (context);
}

static void
test_file_errors (void)
{
  static const struct
  {
    const char *url;
    UError code;
  } cases[] = {
    { "file:///nowhere/at/all", U_ERROR_FILE_DOES_NOT_EXIST },
    { "file:///etc/passwd/x", U_ERROR_FILE_DOES_NOT_EXIST },
    { "file:///tmp", U_ERROR_FILE_IS_DIRECTORY },
    { "file:///tmp/", U_ERROR_FILE_IS_DIRECTORY },
    { "file:///dev/null", U_ERROR_CANNOT_OPEN_FILE },
    { "file://elsewhere.example/etc/passwd", U_ERROR_UNSUPPORTED_URL },
    { "file:///etc%2Fpasswd", U_ERROR_BAD_URL },
    { "file:///etc/%00", U_ERROR_BAD_URL },
  };
  GMainContext *context = driver_push_context ();

  {
    g_autoptr (Driver) driver = driver_new (u_file_loader_new ());

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
      {
        g_autoptr (DriverLoad) load = driver_get (driver, cases[i].url);

        g_assert_error (load->error, U_ERROR, (int) cases[i].code);
        g_assert_cmpstr (load->events->str, ==, "!");
        g_test_message ("%s", load->error->message);
      }
  }

  driver_pop_context (context);
}

/* The user without rights, by its usual number. */
#define NOBODY 65534

static void
test_file_permission (void)
{
  gboolean is_root = geteuid () == 0;
  GMainContext *context;
  g_autofree char *path = NULL;
  g_autofree char *url = NULL;

  context = driver_push_context ();
  path = g_build_filename (g_get_tmp_dir (), "urlsession-test-unreadable", NULL);
  url = g_filename_to_uri (path, NULL, NULL);
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  /* Root may read everything: so it is somebody else for a moment. */
  if (is_root)
    g_assert_cmpint (seteuid (NOBODY), ==, 0);
  {
    g_autoptr (Driver) driver = driver_new (u_file_loader_new ());
    g_autoptr (DriverLoad) load = driver_get (driver, url);

    g_assert_error (load->error, U_ERROR, U_ERROR_NO_PERMISSIONS_TO_READ_FILE);
  }
  if (is_root)
    g_assert_cmpint (seteuid (0), ==, 0);
  g_unlink (path);
  driver_pop_context (context);
}

static void
test_table (void)
{
  static const ULoaderSettings settings = { .max_connections_per_host = 6, .max_connections = 32 };
  GMainContext *context = driver_push_context ();

  {
    g_autoptr (ULoaderTable) table = u_loader_table_new (&settings);
    ULoader *http = u_loader_table_find (table, "http");

    g_assert_nonnull (http);
    g_assert_true (http->klass->uses_network);
    g_assert_true (u_loader_table_find (table, "https") == http);
    g_assert_false (u_loader_table_find (table, "data")->klass->uses_network);
    g_assert_true (g_strv_contains (u_loader_table_find (table, "file")->klass->schemes, "file"));
    g_assert_null (u_loader_table_find (table, "gopher"));
    u_loader_table_drop_idle (table, FALSE);
    g_assert_true (u_loader_table_find (table, "http") == http);
  }

  driver_pop_context (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/data/r276-urls", test_data_urls);
  g_test_add_func ("/data/r276-loader", test_data_loader);
  g_test_add_func ("/file/r277-loader", test_file_loader);
  g_test_add_func ("/file/r277-errors", test_file_errors);
  g_test_add_func ("/file/r277-permission", test_file_permission);
  g_test_add_func ("/loader-table/r271-find", test_table);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-resume-data-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "urlsession/base/u-error.h"

/* What a download leaves behind to be resumed, and what comes back when it was tampered with. */

#define DIGEST "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

typedef struct
{
  char *folder;
  char *path;                 /* of the partial file */
  char *private_path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("resume-data-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "part ü\xff", NULL);
  fixture->private_path = u_resume_data_dup_private_path (fixture->path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->private_path);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->private_path);
}

static UResumeData *
make (const char *path)
{
  g_autoptr (URequestData) request = u_request_data_new ("https://me:hush1@h.example/a b?signature=x");
  UResumeData *self;

  u_header_list_append (request->headers, "Accept", "a/b");
  u_header_list_append (request->headers, "Authorization", "Bearer hush2");
  u_header_list_append (request->headers, "X-Latin", "\xfc");
  u_header_list_append (request->headers, "Cookie", "a=hush3");
  u_header_list_append (request->headers, "x-api-KEY", "hush4");
  u_header_list_append (request->headers, "Accept", "c/d");
  request->timeout = 12.5;
  self = u_resume_data_new (request, path);
  self->current_uri = g_strdup ("https://me:hush5@i.example/a");
  self->offset = 1000;
  self->total = G_GINT64_CONSTANT (5000000000);
  self->etag = g_strdup ("\"a\\b\"");
  self->last_modified = g_strdup ("Sat, 01 Jan 2022 00:00:00 GMT");
  self->expected_digest = g_strdup (DIGEST);

  return self;
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  g_autoptr (UResumeData) first = make (fixture->path);
  g_autoptr (GBytes) bytes = u_resume_data_to_bytes (first);
  g_autoptr (GError) error = NULL;
  g_autoptr (UResumeData) second = u_resume_data_parse (bytes, &error);
  g_autoptr (GBytes) again = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (second->request->uri, ==, "https://h.example/a%20b?signature=x");
  g_assert_cmpstr (second->request->method, ==, "GET");
  g_assert_cmpfloat (second->request->timeout, ==, 12.5);
  g_assert_cmpuint (u_header_list_get_n (second->request->headers), ==, 3);
  g_assert_cmpstr (u_header_list_get (second->request->headers, "X-Latin"), ==, "\xfc");
  g_assert_cmpuint (u_header_list_count (second->request->headers, "Accept"), ==, 2);
  g_assert_cmpstr (second->current_uri, ==, "https://i.example/a");
  g_assert_cmpstr (second->path, ==, fixture->path);
  g_assert_cmpint (second->offset, ==, 1000);
  g_assert_cmpint (second->total, ==, G_GINT64_CONSTANT (5000000000));
  g_assert_cmpstr (second->etag, ==, "\"a\\b\"");
  g_assert_cmpstr (second->last_modified, ==, first->last_modified);
  g_assert_cmpstr (second->expected_digest, ==, DIGEST);
  g_assert_true (g_date_time_equal (second->created, first->created));
  g_assert_cmpstrv (second->private_headers,
                    ((const char * const []) { "Authorization", "Cookie", "x-api-KEY", NULL }));

  again = u_resume_data_to_bytes (second);
  g_assert_true (g_bytes_equal (bytes, again));
}

static void
test_least (Fixture *fixture, gconstpointer data)
{
  g_autoptr (URequestData) request = u_request_data_new ("http://h/");
  g_autoptr (UResumeData) first = u_resume_data_new (request, "/tmp/x");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UResumeData) second = NULL;

  /* A weak tag is of no use, so it is not kept. */
  first->etag = g_strdup ("W/\"a\"");
  bytes = u_resume_data_to_bytes (first);
  second = u_resume_data_parse (bytes, NULL);
  g_assert_cmpint (second->offset, ==, 0);
  g_assert_cmpint (second->total, ==, -1);
  g_assert_null (second->etag);
  g_assert_null (second->last_modified);
  g_assert_null (second->expected_digest);
  g_assert_null (second->current_uri);
  g_assert_null (second->private_headers);
}

/* A download that was kept off a network stays off it. */
static void
test_policy (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (UResumeData) first = make (fixture->path);
      g_autoptr (UResumeData) second = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;

      first->request->allows_cellular_access = i != 1;
      first->request->allows_constrained_access = i != 2;
      first->request->allows_expensive_access = i != 3;
      first->request->handles_cookies = i != 4;
      first->request->main_document_uri = g_strdup (i == 5 ? "nonsense" : "https://me:hush@m.example/a?b");
      bytes = u_resume_data_to_bytes (first);
      second = u_resume_data_parse (bytes, &error);

      g_assert_no_error (error);
      g_assert_cmpint (second->request->allows_cellular_access, ==, i != 1);
      g_assert_cmpint (second->request->allows_constrained_access, ==, i != 2);
      g_assert_cmpint (second->request->allows_expensive_access, ==, i != 3);
      g_assert_cmpint (second->request->handles_cookies, ==, i != 4);
      g_assert_cmpstr (second->request->main_document_uri, ==, i == 5 ? NULL : "https://m.example/a?b");
    }
}

static void
test_no_secret_in_clear (Fixture *fixture, gconstpointer data)
{
  static const char * const names[] = { "Authorization", "Proxy-Authorization", "Cookie", "X-Auth-User", "X-Api-Key",
                                        "X-CSRF-Token", "Client-SECRET" };
  g_autoptr (UResumeData) self = make (fixture->path);
  g_autoptr (GBytes) bytes = u_resume_data_to_bytes (self);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_null (strstr (text, "hush"));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (u_header_name_is_private (names[i]));
  g_assert_false (u_header_name_is_private ("Accept"));
  g_assert_false (u_header_name_is_private ("User-Agent"));
}

static void
test_private_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (UResumeData) first = make (fixture->path);
  g_autoptr (GBytes) bytes = u_resume_data_to_bytes (first);
  g_autoptr (UResumeData) second = u_resume_data_parse (bytes, NULL);
  g_autoptr (GError) error = NULL;
  struct stat st;

  /* Missing: goes on without. */
  g_assert_false (u_resume_data_load_private (second, &error));
  g_assert_no_error (error);

  /* The mode holds also where there was a file before. */
  g_assert_true (g_file_set_contents_full (fixture->private_path, "x", 1, 0, 0666, NULL));
  g_assert_true (u_resume_data_save_private (first, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (fixture->private_path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);

  g_assert_true (u_resume_data_load_private (second, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (second->request->uri, ==, first->request->uri);
  g_assert_cmpstr (second->current_uri, ==, first->current_uri);
  g_assert_true (u_request_data_equal (second->request, first->request));
  g_assert_null (second->private_headers);

  /* Nothing secret any more: the file goes. */
  g_clear_pointer (&second->request, u_request_data_unref);
  second->request = u_request_data_new ("http://h/");
  g_clear_pointer (&second->current_uri, g_free);
  g_assert_true (u_resume_data_save_private (second, &error));
  g_assert_false (g_file_test (fixture->private_path, G_FILE_TEST_EXISTS));
}

static void
test_private_file_of_another (Fixture *fixture, gconstpointer data)
{
  g_autoptr (UResumeData) first = make (fixture->path);
  g_autoptr (URequestData) request = u_request_data_new ("https://evil.example/");
  g_autoptr (UResumeData) other = u_resume_data_new (request, fixture->path);
  g_autoptr (UResumeData) redirected = NULL;
  g_autoptr (GBytes) bytes = u_resume_data_to_bytes (first);
  g_autoptr (GError) error = NULL;

  g_assert_true (u_resume_data_save_private (first, NULL));
  g_assert_false (u_resume_data_load_private (other, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (u_header_list_get_n (other->request->headers), ==, 0);

  redirected = u_resume_data_parse (bytes, NULL);
  g_free (redirected->current_uri);
  redirected->current_uri = g_strdup ("https://evil.example/");
  g_assert_false (u_resume_data_load_private (redirected, &error));
  g_assert_no_error (error);

  /* Not a file that only the user can have written. */
  g_clear_pointer (&redirected, u_resume_data_unref);
  redirected = u_resume_data_parse (bytes, NULL);
  g_assert_cmpint (g_chmod (fixture->private_path, 0622), ==, 0);
  g_assert_false (u_resume_data_load_private (redirected, &error));
  g_assert_error (error, U_ERROR, U_ERROR_CANNOT_OPEN_FILE);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents_full (fixture->private_path, "{}", 2, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  g_assert_false (u_resume_data_load_private (redirected, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
}

/* One replacement in a valid text each. */
static const struct
{
  const char *from;
  const char *to;
} damages[] = {
  { "\"version\":1", "\"version\":2" },
  { "\"version\":1", "\"version\":\"1\"" },
  { "urlsession-download", "something" },
  { "\"kind\":", "\"kino\":" },
  { "\"method\":\"GET\"", "\"method\":\"POST\"" },
  { "\"method\":\"GET\"", "\"method\":null" },
  { "\"timeout\":12.5", "\"timeout\":-1" },
  { "\"timeout\":12.5", "\"allows-cellular-access\":0" },
  { "\"timeout\":12.5", "\"handles-cookies\":\"no\"" },
  { "\"timeout\":12.5", "\"main-document-uri\":\"nonsense\"" },
  { "\"timeout\":12.5", "\"main-document-uri\":[]" },
  { "\"timeout\":12.5", "\"timeout\":\"1\"" },
  { "\"timeout\":12.5", "\"timeout\":1e999" },
  { "https://h.example", "h.example" },
  { "https://i.example", "https://" },
  { "\"offset\":1000", "\"offset\":-1" },
  { "\"offset\":1000", "\"offset\":1.5" },
  { "\"offset\":1000", "\"offset\":5000000001" },
  { "\"offset\":1000", "\"offset\":99999999999999999999" },
  { "\"offset\":1000", "\"offset\":[]" },
  { "\"offset\":1000,", "" },
  { "\"total\":5000000000", "\"total\":-1" },
  { "\"total\":5000000000", "\"total\":{}" },
  { "file:///", "file://elsewhere/" },
  { "file:///", "/" },
  { "file:///", "http:///" },
  { "file:///", "file:///../" },
  { "file:///", "file:///%00/" },
  { "\"etag\":\"", "\"etag\":\"W/" },
  { "\"etag\":\"", "\"etag\":\"\\r\\n" },
  { "Sat, 01", "Sat,\\r\\nX: 01" },
  { "Z\"", "\"" },
  { "sha256:2c", "sha256:" },
  { "[\"Accept\",\"a/b\"]", "[\"Accept\"]" },
  { "[\"Accept\",\"a/b\"]", "\"Accept\"" },
  { "[\"Accept\",\"a/b\"]", "[\"Accept\",1]" },
  { "[\"Accept\",\"a/b\"]", "[\"Acc ept\",\"a\"]" },
  { "[\"Accept\",\"a/b\"]", "[\"Accept\",\"a\\nb\"]" },
  { "[\"Accept\",\"a/b\"]", "[\"Accept\",\"a\",\"utf-7\"]" },
  { "[\"Accept\",\"a/b\"]", "[\"Accept\",\"\\u20ac\",\"iso-8859-1\"]" },
  { "\"headers\":[", "\"headers\":{}, \"h\":[" },
  { "\"private-headers\":[", "\"private-headers\":[1," },
  { "\"private-headers\":[", "\"private-headers\":[\"a b\"," },
};

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  g_autoptr (UResumeData) self = make ("/tmp/part");
  g_autoptr (GBytes) bytes = u_resume_data_to_bytes (self);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GString) damaged = g_string_new (text);
      g_autoptr (GBytes) damaged_bytes = NULL;

      g_test_message ("%s", damages[i].to);
      g_assert_cmpuint (g_string_replace (damaged, damages[i].from, damages[i].to, 1), ==, 1);
      damaged_bytes = g_bytes_new (damaged->str, damaged->len);
      g_assert_null (u_resume_data_parse (damaged_bytes, &error));
      g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
    }
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  static const char * const texts[] = { "", " ", "null", "[]", "{}", "1", "\"a\"", "{\"kind\":1}", "\xff\xfe", "{", "{\"" };
  g_autofree char *brackets = g_strnfill (500000, '[');
  g_autofree char *huge = g_strnfill (2 * 1024 * 1024, ' ');
  g_autoptr (GBytes) deep = g_bytes_new (brackets, strlen (brackets));
  g_autoptr (GBytes) large = g_bytes_new (huge, strlen (huge));
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (texts[i], strlen (texts[i]));

      g_assert_null (u_resume_data_parse (bytes, &error));
      g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
      g_clear_error (&error);
    }
  g_assert_null (u_resume_data_parse (NULL, NULL));
  g_assert_null (u_resume_data_parse (deep, NULL));
  g_assert_null (u_resume_data_parse (large, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
}

static void
test_truncated_and_flipped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (UResumeData) self = make (fixture->path);
  g_autoptr (GBytes) bytes = u_resume_data_to_bytes (self);
  const char *text = g_bytes_get_data (bytes, NULL);
  gsize size = g_bytes_get_size (bytes);

  for (gsize i = 0; i < size; i++)
    {
      g_autoptr (GBytes) truncated = g_bytes_new (text, i);

      g_assert_null (u_resume_data_parse (truncated, NULL));
    }

  for (gsize i = 0; i < size; i++)
    {
      for (int bit = 0; bit < 8; bit++)
        {
          g_autofree char *flipped = g_memdup2 (text, size);
          g_autoptr (GError) error = NULL;
          g_autoptr (GBytes) flipped_bytes = NULL;
          g_autoptr (UResumeData) parsed = NULL;

          flipped[i] ^= (char) (1 << bit);
          flipped_bytes = g_bytes_new (flipped, size);
          parsed = u_resume_data_parse (flipped_bytes, &error);
          if (parsed == NULL)
            {
              g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
            }
          else
            {
              g_autoptr (GBytes) again = u_resume_data_to_bytes (parsed);

              g_assert_nonnull (again);
            }
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/resume-data/r195-round-trip", test_round_trip);
  ADD ("/resume-data/r190-least", test_least);
  ADD ("/resume-data/policy", test_policy);
  ADD ("/resume-data/r196-no-secret-in-clear", test_no_secret_in_clear);
  ADD ("/resume-data/r196-private-file", test_private_file);
  ADD ("/resume-data/r196-private-file-of-another", test_private_file_of_another);
  ADD ("/resume-data/r192-damaged", test_damaged);
  ADD ("/resume-data/r192-garbage", test_garbage);
  ADD ("/resume-data/r192-truncated-and-flipped", test_truncated_and_flipped);
#undef ADD

  return g_test_run ();
}

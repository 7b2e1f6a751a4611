/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-upload-resume-data-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "urlsession/base/u-error.h"

/* What an upload leaves behind to be resumed, and what comes back when it was tampered with. */

static UUploadResumeData *
make (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("https://me:hush1@h.example/a b?signature=x");
  UUploadResumeData *self;

  g_free (request->method);
  request->method = g_strdup ("PUT");
  request->body_kind = U_BODY_FILE;
  request->body_path = g_strdup ("/home/me/a b\xff.iso");
  request->timeout = 12.5;
  u_header_list_append (request->headers, "Accept", "a/b");
  u_header_list_append (request->headers, "Authorization", "Bearer hush2");
  u_header_list_append (request->headers, "X-Latin", "\xfc");
  u_header_list_append (request->headers, "Cookie", "a=hush3");
  self = u_upload_resume_data_new (request, "https://me:hush4@i.example/upload/1?x=%2F");
  self->offset = 1000;
  self->length = G_GINT64_CONSTANT (5000000000);

  return self;
}

static UUploadResumeData *
make_saved (void)
{
  UUploadResumeData *self = make ();
  g_autoptr (GError) error = NULL;

  u_upload_resume_data_save_private (self, &error);
  g_assert_no_error (error);

  return self;
}

static void
test_round_trip (void)
{
  g_autoptr (UUploadResumeData) first = make_saved ();
  g_autoptr (GBytes) bytes = u_upload_resume_data_to_bytes (first);
  g_autoptr (GError) error = NULL;
  g_autoptr (UUploadResumeData) second = u_upload_resume_data_parse (bytes, &error);
  g_autoptr (GBytes) again = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (second->request->uri, ==, "https://h.example/a%20b?signature=x");
  g_assert_cmpstr (second->request->method, ==, "PUT");
  g_assert_cmpfloat (second->request->timeout, ==, 12.5);
  g_assert_cmpuint (u_header_list_get_n (second->request->headers), ==, 2);
  g_assert_cmpstr (u_header_list_get (second->request->headers, "X-Latin"), ==, "\xfc");
  g_assert_cmpint (second->request->body_kind, ==, U_BODY_FILE);
  g_assert_cmpstr (second->request->body_path, ==, "/home/me/a b\xff.iso");
  g_assert_cmpstr (second->upload_uri, ==, "https://i.example/upload/1?x=%2F");
  g_assert_cmpint (second->offset, ==, 1000);
  g_assert_cmpint (second->length, ==, G_GINT64_CONSTANT (5000000000));
  g_assert_cmpstr (second->ticket, ==, first->ticket);
  g_assert_true (g_date_time_equal (second->created, first->created));
  g_assert_cmpstrv (second->private_headers, ((const char * const []) { "Authorization", "Cookie", NULL }));
  again = u_upload_resume_data_to_bytes (second);
  g_assert_true (g_bytes_equal (bytes, again));

  u_upload_resume_data_take_private (second, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second->request->uri, ==, first->request->uri);
  g_assert_cmpstr (second->upload_uri, ==, first->upload_uri);
  g_assert_true (u_header_list_equal (second->request->headers, first->request->headers));
  g_assert_null (second->private_headers);
}

/* Bytes of a program have to be given again. */
static void
test_least (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("http://h/");
  g_autoptr (UUploadResumeData) first = u_upload_resume_data_new (request, "http://h/1");
  g_autoptr (UUploadResumeData) second = NULL;
  g_autoptr (GBytes) bytes = NULL;

  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("hush", 4);
  g_assert_true (u_upload_resume_data_save_private (first, NULL));
  bytes = u_upload_resume_data_to_bytes (first);
  second = u_upload_resume_data_parse (bytes, NULL);
  g_assert_cmpint (second->request->body_kind, ==, U_BODY_NONE);
  g_assert_cmpint (second->length, ==, -1);
  g_assert_null (second->private_headers);
  g_assert_true (u_upload_resume_data_take_private (second, NULL));
}

static void
test_no_secret_in_clear (void)
{
  g_autoptr (UUploadResumeData) self = make_saved ();
  g_autoptr (GBytes) bytes = u_upload_resume_data_to_bytes (self);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autofree char *path = u_upload_resume_data_dup_private_path (self);
  g_autofree char *folder = g_path_get_dirname (path);
  GStatBuf info;

  g_assert_null (strstr (text, "hush"));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
}

static void
test_only_once (void)
{
  g_autoptr (UUploadResumeData) first = make_saved ();
  g_autoptr (GBytes) bytes = u_upload_resume_data_to_bytes (first);
  g_autofree char *path = u_upload_resume_data_dup_private_path (first);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UUploadResumeData) self = u_upload_resume_data_parse (bytes, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_true (u_upload_resume_data_take_private (self, &error) == (i == 0));
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
      if (i == 1)
        g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
    }
}

/* The credentials of one upload do not go to the server of another. */
static void
test_ticket_of_another (void)
{
  g_autoptr (UUploadResumeData) first = make_saved ();
  g_autoptr (UUploadResumeData) second = make ();
  g_autoptr (UUploadResumeData) parsed = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_free (second->upload_uri);
  second->upload_uri = g_strdup ("https://elsewhere.example/");
  second->ticket = g_strdup (first->ticket);
  bytes = u_upload_resume_data_to_bytes (second);
  parsed = u_upload_resume_data_parse (bytes, NULL);
  g_assert_false (u_upload_resume_data_take_private (parsed, &error));
  g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
  g_assert_null (u_header_list_get (parsed->request->headers, "Authorization"));
}

static const struct
{
  const char *from;
  const char *to;
} damages[] = {
  { "\"urlsession-upload\"", "\"urlsession-download\"" },
  { "\"version\":1", "\"version\":2" },
  { "\"PUT\"", "\"P UT\"" },
  { "\"method\":\"PUT\"", "\"method\":7" },
  { "https://h.example/", "h.example/" },
  { "https://i.example/", "http://i.example/" },
  { "https://i.example/", "file:///i.example/" },
  { "https://i.example/", "/i.example/" },
  { "\"upload-uri\"", "\"upload-url\"" },
  { "\"offset\":1000", "\"offset\":-1" },
  { "\"offset\":1000", "\"offset\":1.5" },
  { "\"offset\":1000", "\"offset\":5000000001" },
  { "\"offset\":1000,", "" },
  { "\"length\":5000000000", "\"length\":\"5\"" },
  { "file:///home", "file:///home/.." },
  { "file:///home", "file://elsewhere/home" },
  { "\"file:///home", "\"home" },
  { "\"ticket\":\"", "\"ticket\":\"../" },
  { "\"ticket\":\"", "\"ticket\":\"0" },
  { "\"ticket\"", "\"tickets\"" },
  { "\"created\":\"", "\"created\":\"x" },
  { "\"Accept\"", "\"Acc ept\"" },
  { "12.5", "-1" },
};

static UUploadResumeData *
parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);

  return u_upload_resume_data_parse (bytes, error);
}

static void
test_damaged (void)
{
  g_autoptr (UUploadResumeData) first = make_saved ();
  g_autoptr (GBytes) bytes = u_upload_resume_data_to_bytes (first);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  gsize length = strlen (text);

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autoptr (GString) changed = g_string_new (text);
      g_autoptr (UUploadResumeData) second = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s: %s", damages[i].from, damages[i].to);
      g_assert_cmpuint (g_string_replace (changed, damages[i].from, damages[i].to, 0), >, 0);
      second = parse (changed->str, changed->len, &error);
      g_assert_null (second);
      g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
    }
  for (gsize i = 0; i < length; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (text, i, &error));
      g_assert_error (error, U_ERROR, U_ERROR_NOT_RESUMABLE);
    }
}

/* Nobody came back for the first one. */
static void
test_old_ones_go (void)
{
  g_autoptr (UUploadResumeData) old = make_saved ();
  g_autofree char *path = u_upload_resume_data_dup_private_path (old);
  g_autoptr (UUploadResumeData) fresh = NULL;
  g_autofree char *fresh_path = NULL;
  struct utimbuf times = { 1, 1 };

  g_assert_cmpint (utime (path, &times), ==, 0);
  fresh = make_saved ();
  fresh_path = u_upload_resume_data_dup_private_path (fresh);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (fresh_path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/upload-resume-data/round-trip", test_round_trip);
  g_test_add_func ("/upload-resume-data/least", test_least);
  g_test_add_func ("/upload-resume-data/no-secret-in-clear", test_no_secret_in_clear);
  g_test_add_func ("/upload-resume-data/r204-only-once", test_only_once);
  g_test_add_func ("/upload-resume-data/ticket-of-another", test_ticket_of_another);
  g_test_add_func ("/upload-resume-data/damaged", test_damaged);
  g_test_add_func ("/upload-resume-data/old-ones-go", test_old_ones_go);

  return g_test_run ();
}

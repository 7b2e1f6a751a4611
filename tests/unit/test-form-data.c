/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-form-data-private.h"

#include <string.h>

/* What a form becomes, byte for byte. */

static const struct
{
  const char *name;
  const char *value;
  const char *expected;
} urlencoded[] = {
  { "a", "b", "a=b" },
  { "", "", "=" },
  { "a b", "c+d", "a+b=c%2Bd" },
  { "*-._", "~!'()", "*-._=%7E%21%27%28%29" },
  { "&=", "%&=\r\n\t", "%26%3D=%25%26%3D%0D%0A%09" },
  { "ü", "日", "%C3%BC=%E6%97%A5" },
};

static void
test_urlencoded (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (urlencoded); i++)
    {
      UFormData *form = u_form_data_new ();
      g_autofree char *type = NULL;
      g_autoptr (GBytes) bytes = NULL;

      u_form_data_add_field (form, urlencoded[i].name, urlencoded[i].value);
      g_assert_false (u_form_data_is_multipart (form));
      bytes = u_form_data_make_urlencoded (form, &type);
      g_assert_cmpstr (type, ==, "application/x-www-form-urlencoded");
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), urlencoded[i].expected,
                       strlen (urlencoded[i].expected));
      g_assert_finalize_object (form);
    }
}

static void
test_order (void)
{
  UFormData *form = u_form_data_new ();
  g_autofree char *type = NULL;
  g_autoptr (GBytes) bytes = NULL;

  u_form_data_add_field (form, "b", "1");
  u_form_data_add_field (form, "a", "2");
  u_form_data_add_field (form, "b", "3");
  bytes = u_form_data_make_urlencoded (form, &type);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "b=1&a=2&b=3", 11);

  g_assert_finalize_object (form);
}

/* The body with "B" in the place of the boundary and "{path}" in that of a file. */
static char *
flatten (UBodyParts *parts, const char *content_type)
{
  const char *boundary = strstr (content_type, "boundary=") + 9;
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_true (g_str_has_prefix (content_type, "multipart/form-data; boundary="));
  g_assert_cmpuint (strlen (boundary), <=, 70);
  g_assert_cmpuint (strlen (boundary), >=, 32);
  for (guint i = 0; i < u_body_parts_get_n (parts); i++)
    {
      const UBodySegment *segment = u_body_parts_get_nth (parts, i);

      if (segment->bytes != NULL)
        g_string_append_len (text, g_bytes_get_data (segment->bytes, NULL),
                             (gssize) g_bytes_get_size (segment->bytes));
      else
        g_string_append_printf (text, "{%s}", segment->path);
    }
  g_string_replace (text, boundary, "B", 0);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_multipart (void)
{
  static const char * const expected =
    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"b %22%0D%0A;\\ü\"\r\n\r\nx\"\r\ny\n\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"c\"; filename=\"d%22%0A.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\n"
    "{/nowhere/a b.txt}\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"g\"; filename=\"x\"\r\nContent-Type: a/b; c=d\r\n\r\n{/nowhere/x}\r\n"
    "--B--\r\n";
  UFormData *form = u_form_data_new ();
  g_autoptr (GBytes) png = g_bytes_new_static ("PNG", 3);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GFile) text = g_file_new_for_path ("/nowhere/a b.txt");
  g_autoptr (GFile) other = g_file_new_for_path ("/nowhere/x");
  g_autoptr (UBodyParts) parts = NULL;
  g_autoptr (UBodyParts) again = NULL;
  g_autofree char *type = NULL;
  g_autofree char *type_again = NULL;
  g_autofree char *body = NULL;

  u_form_data_add_field (form, "a", "1");
  u_form_data_add_field (form, "b \"\r\n;\\ü", "x\"\r\ny\n");
  u_form_data_add_bytes (form, "c", png, "d\"\n.png", "image/png");
  u_form_data_add_bytes (form, "e", empty, NULL, NULL);
  u_form_data_add_file (form, "f", text, NULL);
  u_form_data_add_file (form, "g", other, "a/b; c=d");
  g_assert_true (u_form_data_is_multipart (form));
  parts = u_form_data_make_multipart (form, &type);
  body = flatten (parts, type);
  g_assert_cmpstr (body, ==, expected);
  g_assert_cmpint (u_body_parts_get_length (parts), ==, -1);

  /* No two have the same boundary. */
  again = u_form_data_make_multipart (form, &type_again);
  g_assert_cmpstr (type, !=, type_again);
  g_assert_false (u_body_parts_equal (parts, again));

  g_assert_finalize_object (form);
}

static void
test_asked_for (void)
{
  UFormData *form = u_form_data_new ();
  g_autoptr (UBodyParts) parts = NULL;
  g_autoptr (UBodyParts) none = NULL;
  g_autofree char *type = NULL;
  g_autofree char *type_of_none = NULL;
  g_autofree char *body = NULL;
  g_autofree char *body_of_none = NULL;

  g_object_set (form, "uses-multipart", TRUE, NULL);
  g_assert_true (u_form_data_is_multipart (form));
  none = u_form_data_make_multipart (form, &type_of_none);
  body_of_none = flatten (none, type_of_none);
  g_assert_cmpstr (body_of_none, ==, "--B--\r\n");

  u_form_data_add_field (form, "a", "b");
  parts = u_form_data_make_multipart (form, &type);
  body = flatten (parts, type);
  g_assert_cmpstr (body, ==, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--B--\r\n");
  g_assert_cmpint (u_body_parts_get_length (parts), ==, strlen (body) + 2 * (strlen (strchr (type, '=') + 1) - 1));

  g_assert_finalize_object (form);
}

static const struct
{
  const char *path;
  const char *type;
} guesses[] = {
  { "/nowhere/a.png", "image/png" },
  { "/nowhere/a.html", "text/html" },
  { "/nowhere/a.nosuchtype", "application/octet-stream" },
  { "/nowhere/a", "application/octet-stream" },
};

static void
test_guess (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (guesses); i++)
    {
      UFormData *form = u_form_data_new ();
      g_autoptr (GFile) file = g_file_new_for_path (guesses[i].path);
      g_autoptr (UBodyParts) parts = NULL;
      g_autofree char *type = NULL;

      u_form_data_add_file (form, "a", file, NULL);
      parts = u_form_data_make_multipart (form, &type);
      g_assert_cmpstr (u_body_parts_get_nth (parts, 1)->content_type, ==, guesses[i].type);
      g_assert_finalize_object (form);
    }
}

/* What is not UTF-8 is made so: a name goes into a header field. */
static void
test_invalid (void)
{
  UFormData *form = u_form_data_new ();
  g_autoptr (GFile) file = g_file_new_for_path ("/nowhere/\xff.txt");
  g_autoptr (GFile) remote = g_file_new_for_uri ("x-nowhere://h/a");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a", 1);
  g_autoptr (UBodyParts) parts = NULL;
  g_autofree char *type = NULL;

  u_form_data_add_field (form, "\xff", "1");
  u_form_data_add_file (form, "f", file, "a/b");
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*no local path*");
  u_form_data_add_file (form, "g", remote, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*line break*");
  u_form_data_add_bytes (form, "h", bytes, NULL, "a/b\r\nX: y");
  g_test_assert_expected_messages ();

  parts = u_form_data_make_multipart (form, &type);
  g_assert_cmpuint (u_body_parts_get_n (parts), ==, 5);
  g_assert_cmpstr (u_body_parts_get_nth (parts, 1)->name, ==, "\xef\xbf\xbd");
  g_assert_true (g_utf8_validate (u_body_parts_get_nth (parts, 3)->file_name, -1, NULL));
  g_assert_cmpstr (u_body_parts_get_nth (parts, 3)->path, ==, "/nowhere/\xff.txt");

  g_assert_finalize_object (form);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/form-data/urlencoded", test_urlencoded);
  g_test_add_func ("/form-data/order", test_order);
  g_test_add_func ("/form-data/multipart", test_multipart);
  g_test_add_func ("/form-data/asked-for", test_asked_for);
  g_test_add_func ("/form-data/guess", test_guess);
  g_test_add_func ("/form-data/invalid", test_invalid);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-file-name-private.h"

#include <string.h>

/* What a file is called, whatever a server says. */

typedef struct
{
  const char *disposition;
  const char *uri;
  const char *mime_type;
  const char *expected;
} Case;

static const Case cases[] = {
  /* The URL. */
  { NULL, "https://h.example/a/name.extension", NULL, "name.extension" },
  { NULL, "https://h.example/a/name.pdf?x=y/z.exe#f/g.exe", NULL, "name.pdf" },
  { NULL, "https://h.example/a/b/", NULL, "b" },
  { NULL, "https://h.example/a%20b%2Fc.txt", NULL, "a b_c.txt" },
  { NULL, "https://h.example/%C3%BC.txt", NULL, "ü.txt" },
  { NULL, "https://h.example/%FC.txt", NULL, "ü.txt" },
  { NULL, "https://h.example/100%", NULL, "100%" },
  { NULL, "https://u:p@h.example:81/", NULL, "h.example" },
  { NULL, "https://h.example", "text/html", "h.example.html" },
  { NULL, "https://h.example/..", NULL, "h.example" },
  { NULL, "https://h.example/%2e%2e", NULL, "h.example" },
  { NULL, "https://[::1]/", NULL, "[__1]" },
  { NULL, "file:///tmp/x.txt", NULL, "x.txt" },
  { NULL, "data:text/plain;base64,AA/BB", "text/plain", "Unknown.txt" },
  { NULL, "a/test/name.extension", NULL, "name.extension" },
  { NULL, "", NULL, "Unknown" },
  { NULL, NULL, NULL, "Unknown" },

  /* The media type. */
  { NULL, "https://h/report", "application/pdf", "report.pdf" },
  { NULL, "https://h/report", "Application/PDF", "report.pdf" },
  { NULL, "https://h/report.php", "application/pdf", "report.php" },
  { NULL, "https://h/report", "application/octet-stream", "report" },
  { NULL, "https://h/report", "x/y", "report" },
  { NULL, "https://h/What%20is%20this. Yes", "text/html", "What is this. Yes.html" },
  { "attachment; filename=report", "https://h/x", "image/png", "report.png" },

  /* RFC 6266. */
  { "attachment; filename=\"a b.txt\"", "https://h/x", NULL, "a b.txt" },
  { "Attachment;FILENAME=a.txt", "https://h/x", NULL, "a.txt" },
  { "inline; filename = \"a.txt\" ; x=y", "https://h/x", NULL, "a.txt" },
  { "filename=a.txt", "https://h/x", NULL, "a.txt" },
  { "attachment", "https://h/x", NULL, "x" },
  { "attachment; filename=", "https://h/x", NULL, "x" },
  { "attachment; filename=\"\"", "https://h/x", NULL, "x" },
  { "attachment; filename=\"a\\\"b.txt\"", "https://h/x", NULL, "a_b.txt" },
  { "attachment; filename=\"a;b.txt\"", "https://h/x", NULL, "a;b.txt" },
  { "attachment; filename=\"open.txt", "https://h/x", NULL, "open.txt" },
  { "attachment; filename=\"ü.txt\"", "https://h/x", NULL, "ü.txt" },
  { "attachment; filename=\"\xfc.txt\"", "https://h/x", NULL, "ü.txt" },
  { "attachment; filename=\"e.txt\"; filename*=UTF-8''%e2%82%ac%20rates.txt", "https://h/x", NULL, "€ rates.txt" },
  { "attachment; filename*=utf-8'de'%c3%bc.txt; filename=e.txt", "https://h/x", NULL, "ü.txt" },
  { "attachment; filename*=iso-8859-1'en'%A3%20rates.txt", "https://h/x", NULL, "£ rates.txt" },
  { "attachment; filename*=UTF-8''%ff.txt; filename=e.txt", "https://h/x", NULL, "e.txt" },
  { "attachment; filename*=KOI8-R''%ff.txt; filename=e.txt", "https://h/x", NULL, "e.txt" },
  { "attachment; filename*=nonsense; filename=e.txt", "https://h/x", NULL, "e.txt" },
  { "attachment; filename*=UTF-8''..; filename=e.txt", "https://h/x", NULL, "e.txt" },

  /* Hostile. */
  { "attachment; filename=\"/etc/passwd\"", "https://h/x", NULL, "_etc_passwd" },
  { "attachment; filename=\"../../x\"", "https://h/y", NULL, "_.._x" },
  { "attachment; filename*=UTF-8''..%2f..%2fx", "https://h/y", NULL, "_.._x" },
  { "attachment; filename=\"C:\\windows\\x.dll\"", "https://h/y", NULL, "C__windows_x.dll" },
  { "attachment; filename=\"..\"", "https://h/y", NULL, "y" },
  { "attachment; filename=\".\"", "https://h/y", NULL, "y" },
  { "attachment; filename=\" . . \"", "https://h/y", NULL, "y" },
  { "attachment; filename=\".bashrc\"", "https://h/y", NULL, "bashrc" },
  { "attachment; filename=\"a.txt. . \"", "https://h/y", NULL, "a.txt" },
  { "attachment; filename=\"  a.txt\"", "https://h/y", NULL, "a.txt" },
  { "attachment; filename*=UTF-8''a%00b.txt", "https://h/y", NULL, "a_b.txt" },
  { "attachment; filename*=UTF-8''a%0a%0d%1b%7fb.txt", "https://h/y", NULL, "a____b.txt" },
  { "attachment; filename*=UTF-8''a%c2%85b.txt", "https://h/y", NULL, "a_b.txt" },
  { "attachment; filename*=UTF-8''a%e2%80%a8b.txt", "https://h/y", NULL, "a b.txt" },
  { "attachment; filename*=UTF-8''x%e2%80%aegpj.exe", "https://h/y", NULL, "xgpj.exe" },
  { "attachment; filename*=UTF-8''x%e2%81%a6%ef%bb%bfy", "https://h/y", NULL, "xy" },
  { "attachment; filename*=UTF-8''%e2%80%ae", "https://h/y", NULL, "y" },
  { "attachment; filename*=UTF-8''%e2%80%ae.x", "https://h/y", NULL, "x" },
  { "attachment; filename=\"a*?<>|:b\"", "https://h/y", NULL, "a______b" },
  { "attachment; filename=\"con.txt\"", "https://h/y", NULL, "_con.txt" },
  { "attachment; filename=\"LPT1\"", "https://h/y", NULL, "_LPT1" },
  { "attachment; filename=\"console\"", "https://h/y", NULL, "console" },
  { NULL, "https://h/a%2f%2e%2e%2fb", NULL, "a_.._b" },
  { NULL, "https://h/%00", NULL, "_" },
};

static void
check_safe (const char *name)
{
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_cmpuint (strlen (name), >, 0);
  g_assert_cmpuint (strlen (name), <=, U_FILE_NAME_MAX_BYTES);
  g_assert_null (strpbrk (name, "/\\"));
  g_assert_cmpint (name[0], !=, '.');
  g_assert_cmpint (name[strlen (name) - 1], !=, '.');
  g_assert_cmpint (name[strlen (name) - 1], !=, ' ');
  for (const char *p = name; *p != '\0'; p++)
    g_assert_false (g_ascii_iscntrl (*p));
}

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = u_file_name_suggest (cases[i].disposition, cases[i].uri, cases[i].mime_type);

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (name, ==, cases[i].expected);
      check_safe (name);
    }
}

static void
test_length (void)
{
  g_autoptr (GString) euros = g_string_new ("attachment; filename=\"");
  g_autofree char *header = NULL;
  g_autofree char *name = NULL;
  g_autofree char *typed = NULL;
  g_autofree char *dots = NULL;
  g_autofree char *dots_header = NULL;
  g_autofree char *long_extension = NULL;

  for (int i = 0; i < 300; i++)
    g_string_append (euros, "€");
  header = g_strconcat (euros->str, ".tar.gz\"", NULL);
  name = u_file_name_suggest (header, NULL, NULL);
  check_safe (name);
  g_assert_true (g_str_has_suffix (name, "€.tar.gz"));
  g_assert_cmpuint (strlen (name), >, U_FILE_NAME_MAX_BYTES - 3);

  typed = u_file_name_suggest (euros->str, NULL, "application/pdf");
  check_safe (typed);
  g_assert_true (g_str_has_suffix (typed, "€.pdf"));

  dots = g_strnfill (500, '.');
  dots_header = g_strconcat ("attachment; filename=\"a", dots, "b\"", NULL);
  g_free (g_steal_pointer (&name));
  name = u_file_name_suggest (dots_header, NULL, NULL);
  check_safe (name);

  g_string_append (euros, ".");
  for (int i = 0; i < 300; i++)
    g_string_append_c (euros, 'e');
  long_extension = u_file_name_suggest (euros->str, NULL, NULL);
  check_safe (long_extension);
}

/* Random bytes, with much of what means something to the parsers in between. */
static void
test_random (void)
{
  static const char alphabet[] = "\"\\/.;=*'% \t\n\r:abcfilenam\xe2\x80\xae\xff\x01-_";

  for (int i = 0; i < 20000; i++)
    {
      g_autoptr (GString) noise = g_string_new (NULL);
      g_autofree char *disposition = NULL;
      g_autofree char *from_header = NULL;
      g_autofree char *from_uri = NULL;
      int length = g_test_rand_int_range (0, 40);

      for (int j = 0; j < length; j++)
        g_string_append_c (noise, alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)]);
      disposition = g_strconcat ("attachment; filename", noise->str, NULL);
      from_header = u_file_name_suggest (disposition, "https://h/x", "text/plain");
      check_safe (from_header);
      from_uri = u_file_name_suggest (NULL, noise->str, NULL);
      check_safe (from_uri);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/file-name/table", test_table);
  g_test_add_func ("/file-name/length", test_length);
  g_test_add_func ("/file-name/random", test_random);

  return g_test_run ();
}

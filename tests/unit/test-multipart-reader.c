/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-multipart-reader-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

/* What a body is read as: heads in square brackets, the end of a part as "|", the end as "$", an error as "!". */
static char *
read_as (const char *boundary, const char *body, gsize length, gsize first, gsize chunk)
{
  g_autoptr (UMultipartReader) reader = u_multipart_reader_new (boundary);
  g_autoptr (GError) error = NULL;
  GString *log = g_string_new (NULL);
  UMultipartPiece piece;
  UMultipartStep step = U_MULTIPART_MORE;
  gsize position = 0;
  gsize size = first;

  for (;;)
    {
      gsize rest = MIN (size, length - position);
      /* A copy of just these bytes, so that reading behind them is found. */
      g_autofree guint8 *copy = g_memdup2 (body + position, MAX (rest, 1));
      gsize at = 0;

      if (position == length)
        break;
      do
        {
          gsize consumed;

          step = u_multipart_reader_next (reader, copy + at, rest - at, &consumed, &piece, &error);
          at += consumed;
          g_assert_cmpuint (at, <=, rest);
          if (step == U_MULTIPART_HEAD)
            {
              guint n = u_header_list_get_n (piece.headers);

              g_string_append_c (log, '[');
              for (guint i = 0; i < n; i++)
                {
                  const char *name, *value;

                  u_header_list_get_nth (piece.headers, i, &name, &value);
                  g_string_append_printf (log, "%s=%s;", name, value);
                }
              g_string_append_c (log, ']');
              u_header_list_unref (piece.headers);
            }
          else if (step == U_MULTIPART_DATA)
            {
              g_assert_cmpuint (piece.length, >, 0);
              g_string_append_len (log, (const char *) piece.data, (gssize) piece.length);
            }
          else if (step == U_MULTIPART_PART_END)
            {
              g_string_append_c (log, '|');
            }
        }
      while (step != U_MULTIPART_MORE && step != U_MULTIPART_END && step != U_MULTIPART_FAILED);
      if (step == U_MULTIPART_FAILED)
        break;
      position += rest;
      size = chunk;
      if (step == U_MULTIPART_MORE)
        g_assert_cmpuint (at, ==, rest);
    }
  if (error == NULL)
    {
      while ((step = u_multipart_reader_finish (reader, &piece, &error)) != U_MULTIPART_END &&
             step != U_MULTIPART_FAILED)
        {
          if (step == U_MULTIPART_DATA)
            g_string_append_len (log, (const char *) piece.data, (gssize) piece.length);
          else
            g_string_append_c (log, '|');
        }
    }
  if (error != NULL)
    {
      g_assert_error (error, U_ERROR, U_ERROR_CANNOT_PARSE_RESPONSE);
      g_assert_cmpint (step, ==, U_MULTIPART_FAILED);
    }
  g_string_append_c (log, error != NULL ? '!' : '$');

  return g_string_free (log, FALSE);
}

static const struct
{
  const char *body;
  const char *expected;
} cases[] = {
  { "--x\r\nA: 1\r\n\r\nabc\r\n--x\r\nB: 2\r\nC:3 \r\n\r\ndef\r\n--x--\r\n", "[A=1;]abc|[B=2;C=3;]def|$" },
  { "preamble\r\n--not\r\n--x\r\n\r\nabc\r\n--x--epilogue\r\n--x\r\n\r\nno", "[]abc|$" },
  { "--x\n\nabc\n--x\n\ndef\n--x--", "[]abc|[]def|$" },
  { "\r\n--x  \t\r\n\r\nabc\r\n--x \r\n\r\ndef\r\n--x--", "[]abc|[]def|$" },
  /* Look-alikes are data. */
  { "--x\r\n\r\na\r\n--xy\r\nb\r\n--y\r\n-x\r\n--x-\r\n--x -\r\n--x\rz\r\n--x--",
    "[]a\r\n--xy\r\nb\r\n--y\r\n-x\r\n--x-\r\n--x -\r\n--x\rz|$" },
  { "--x\r\n\r\na--x\r\n --x\r\n\r\n--x--", "[]a--x\r\n --x\r\n|$" },
  { "--x\r\n\r\n\r\r\n\n\r\n\r\n--x--", "[]\r\r\n\n\r\n|$" },
  /* Empty parts, with and without the line break of the boundary. */
  { "--x\r\n\r\n--x\r\n\r\n\r\n--x\r\nA: 1\r\n\r\n--x--", "[]|[]|[A=1;]|$" },
  /* Without a closing boundary the end of the body is the end of the part. */
  { "--x\r\n\r\nabc", "[]abc|$" },
  { "--x\r\n\r\nabc\r\n", "[]abc\r\n|$" },
  { "--x\r\n\r\nabc\r\n--", "[]abc\r\n--|$" },
  { "--x\r\n\r\nabc\r\n--x", "[]abc|$" },
  { "--x\r\n\r\nabc\r\n--x\r\n", "[]abc|$" },
  { "--x\r\n\r\n", "[]|$" },
  /* A head that goes on in the next line, and lines that are no fields. */
  { "--x\r\nA: 1\r\n 2\r\n\t3\r\nnothing\r\nB : 4\r\n: 5\r\n\r\na\r\n--x--", "[A=1 2 3;B=4;]a|$" },
  /* A length says nothing about where the part ends. */
  { "--x\r\nContent-Length: 1\r\n\r\nabc\r\n--x--", "[Content-Length=1;]abc|$" },
  { "", "!" },
  { "no boundary at all\r\n", "!" },
  { "--x\r\nA: 1\r\n", "!" },
  { "--x\r\n\r\nabc\r\n--x\r\nA", "[]abc|!" },
};

static void
test_bodies (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = strlen (cases[i].body);

      /* In two pieces, split at each position; then in pieces of each size. */
      for (gsize split = 1; split <= length + 1; split++)
        {
          g_autofree char *two = read_as ("x", cases[i].body, length, split, length + 1);
          g_autofree char *many = read_as ("x", cases[i].body, length, split, split);

          g_test_message ("case %" G_GSIZE_FORMAT " split at %" G_GSIZE_FORMAT, i, split);
          g_assert_cmpstr (two, ==, cases[i].expected);
          g_assert_cmpstr (many, ==, cases[i].expected);
        }
    }
}

static void
test_limits (void)
{
  g_autoptr (GString) body = g_string_new ("--x\r\n");
  g_autofree char *endless = NULL, *null = NULL;

  for (int i = 0; i < 20000; i++)
    g_string_append (body, "A: b\r\n");
  endless = read_as ("x", body->str, body->len, 1000, 1000);
  g_assert_cmpstr (endless, ==, "!");

  null = read_as ("x", "--x\r\nA: \0\r\n\r\n", 13, 1000, 1000);
  g_assert_cmpstr (null, ==, "!");
}

/* Spaces after a boundary without end are data, like every line that only begins as one. */
static void
test_padding (void)
{
  g_autoptr (GString) body = g_string_new ("--x\r\n\r\na\r\n--x");
  g_autoptr (GString) expected = g_string_new ("[]a\r\n--x");
  g_autofree char *result = NULL;

  for (int i = 0; i < 5000; i++)
    {
      g_string_append_c (body, ' ');
      g_string_append_c (expected, ' ');
    }
  g_string_append (body, "\r\n--x--");
  g_string_append (expected, "|$");
  result = read_as ("x", body->str, body->len, 7, 7);
  g_assert_cmpstr (result, ==, expected->str);
}

static void
test_boundary (void)
{
  static const struct
  {
    const char *type;
    const char *expected;
  } types[] = {
    { "multipart/x-mixed-replace; boundary=abc", "abc" },
    { "multipart/x-mixed-replace;BOUNDARY=\"a b:c\"; x=y", "a b:c" },
    { "multipart/x-mixed-replace; boundary=--myboundary", "--myboundary" },
    { "multipart/x-mixed-replace", NULL },
    { "multipart/x-mixed-replace; boundary=", NULL },
    { "multipart/x-mixed-replace; boundary=\"a \"", NULL },
    { "multipart/x-mixed-replace; boundary=\"a\\\"b\"", NULL },
    { "multipart/x-mixed-replace; boundary="
      "12345678901234567890123456789012345678901234567890123456789012345678901", NULL },
    { NULL, NULL },
  };
  g_autofree char *dashes = read_as ("--x", "--x\r\n\r\na\r\n--x--", 15, 3, 3);

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *boundary = u_multipart_dup_boundary (types[i].type);

      g_assert_cmpstr (boundary, ==, types[i].expected);
    }
  /* Named with its dashes, as many cameras do. */
  g_assert_cmpstr (dashes, ==, "[]a|$");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/multipart-reader/r036-bodies-in-any-pieces", test_bodies);
  g_test_add_func ("/multipart-reader/limits", test_limits);
  g_test_add_func ("/multipart-reader/padding", test_padding);
  g_test_add_func ("/multipart-reader/boundary", test_boundary);

  return g_test_run ();
}

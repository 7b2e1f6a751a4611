/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-content-range-private.h"

/* The fields that tell whether and where a download goes on. */

static void
test_parse (void)
{
  static const struct
  {
    const char *value;
    gboolean valid;
    UContentRange expected;
  } cases[] = {
    { "bytes 0-0/1", TRUE, { 0, 0, 1 } },
    { "bytes 100-199/200", TRUE, { 100, 199, 200 } },
    { "Bytes  5-9/* ", TRUE, { 5, 9, -1 } },
    { "bytes */500", TRUE, { -1, -1, 500 } },
    { "bytes */0", TRUE, { -1, -1, 0 } },
    { "bytes 0-9223372036854775806/9223372036854775807", TRUE, { 0, G_MAXINT64 - 1, G_MAXINT64 } },
    { "bytes 0-9223372036854775807/*", FALSE },
    { "bytes 0-1/9223372036854775808", FALSE },
    { "bytes 99999999999999999999-1/*", FALSE },
    { "bytes 5-4/10", FALSE },
    { "bytes 0-10/10", FALSE },
    { "bytes -5-6/10", FALSE },
    { "bytes +5-6/10", FALSE },
    { "bytes 0-5", FALSE },
    { "bytes 0-5/", FALSE },
    { "bytes 0-/5", FALSE },
    { "bytes -5/9", FALSE },
    { "bytes */*", FALSE },
    { "bytes 0-5/10x", FALSE },
    { "bytes 0 - 5/10", FALSE },
    { "bytes=0-5/10", FALSE },
    { "bytes0-5/10", FALSE },
    { "items 0-5/10", FALSE },
    { "bytes", FALSE },
    { "", FALSE },
    { NULL, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      UContentRange range = { 7, 7, 7 };

      g_test_message ("%s", cases[i].value);
      g_assert_cmpint (u_content_range_parse (cases[i].value, &range), ==, cases[i].valid);
      if (cases[i].valid)
        {
          g_assert_cmpint (range.first, ==, cases[i].expected.first);
          g_assert_cmpint (range.last, ==, cases[i].expected.last);
          g_assert_cmpint (range.total, ==, cases[i].expected.total);
        }
      else
        {
          g_assert_cmpint (range.total, ==, 7);
        }
    }
}

static void
test_accept_ranges (void)
{
  g_assert_true (u_accept_ranges_allows_bytes (NULL));
  g_assert_true (u_accept_ranges_allows_bytes ("bytes"));
  g_assert_true (u_accept_ranges_allows_bytes ("items, Bytes "));
  g_assert_false (u_accept_ranges_allows_bytes ("none"));
  g_assert_false (u_accept_ranges_allows_bytes ("items"));
  g_assert_false (u_accept_ranges_allows_bytes (""));
}

static void
test_etag (void)
{
  g_assert_true (u_etag_is_strong ("\"abc\""));
  g_assert_true (u_etag_is_strong ("\"\""));
  g_assert_true (u_etag_is_strong ("\"\xc3\xbc\""));
  g_assert_false (u_etag_is_strong ("W/\"abc\""));
  g_assert_false (u_etag_is_strong ("w/\"abc\""));
  g_assert_false (u_etag_is_strong ("abc"));
  g_assert_false (u_etag_is_strong ("\"abc"));
  g_assert_false (u_etag_is_strong ("\""));
  g_assert_false (u_etag_is_strong ("\"a\"b\""));
  g_assert_false (u_etag_is_strong ("\"a b\""));
  g_assert_false (u_etag_is_strong ("\"a\r\n\""));
  g_assert_false (u_etag_is_strong (""));
  g_assert_false (u_etag_is_strong (NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/content-range/r188-parse", test_parse);
  g_test_add_func ("/content-range/r184-accept-ranges", test_accept_ranges);
  g_test_add_func ("/content-range/r190-etag", test_etag);

  return g_test_run ();
}

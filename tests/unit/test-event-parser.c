/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-event-parser-private.h"

#include <string.h>

static void
event_cb (gpointer user_data, const char *type, const char *data, const char *last_event_id)
{
  g_string_append_printf (user_data, "(%s|%s|%s)", type, data, last_event_id);
}

static char *
read_as (const char *text, gsize length, gsize first, gsize chunk, gint64 *retry)
{
  g_autoptr (UEventParser) parser = u_event_parser_new (0);
  GString *log = g_string_new (NULL);
  gsize size = first;

  for (gsize position = 0; position < length; size = chunk)
    {
      gsize n = MIN (size, length - position);
      g_autofree char *copy = g_memdup2 (text + position, n);

      g_assert_true (u_event_parser_feed (parser, copy, n, event_cb, log));
      position += n;
    }
  *retry = u_event_parser_take_retry (parser);
  g_assert_cmpint (u_event_parser_take_retry (parser), ==, -1);

  return g_string_free (log, FALSE);
}

static const struct
{
  const char *text;
  const char *expected;
  gint64 retry;
} cases[] = {
  /* The examples of the standard. */
  { "data: YHOO\ndata: +2\ndata: 10\n\n", "(message|YHOO\n+2\n10|)", -1 },
  { ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
    "(message|first event|1)(message|second event|)", -1 },
  { ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    "(message|first event|1)(message|second event|)(message| third event|)", -1 },
  { "data\n\ndata\ndata\n\ndata:", "(message||)(message|\n|)", -1 },
  { "data:test\n\ndata: test\n\n", "(message|test|)(message|test|)", -1 },
  { "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n", "(add|73857293|)(remove|2153|)", -1 },
  /* Line breaks of each kind, and all of them. */
  { "data: a\r\rdata: b\r\n\r\ndata: c\n\r\ndata: d\r\n\n", "(message|a|)(message|b|)(message|c|)(message|d|)", -1 },
  { "\xef\xbb\xbf" "data: a\n\n\xef\xbb\xbf" "data: b\n\n", "(message|a|)", -1 },
  { "\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\ndata: b\n\n", "(message|b|)", -1 },
  { "id: 7\n\ndata: a\n\n", "(message|a|7)", -1 },
  { "id: 7\nevent: x\n\ndata: a\n\n", "(message|a|7)", -1 },
  { "id: 7\ndata: a\n\nid: 8\ndata: b", "(message|a|7)", -1 },
  { "retry: 1500\n\n", "", 1500 },
  { "retry: 1500\nretry: 1x\nretry:\nretry: -1\nretry:  2\n", "", 1500 },
  { "retry: 99999999999999999999\n", "", G_MAXINT },
  { "Data: a\ndata : b\n data: c\nother: d\nnothing\n\ndata: e\n\n", "(message|e|)", -1 },
  { "data: \xff\n\n", "(message|\xef\xbf\xbd|)", -1 },
  { "data: h\xc3\xa4\n\n", "(message|h\xc3\xa4|)", -1 },
  { "event: a\nevent:\ndata: x\n\n", "(message|x|)", -1 },
  { "data: a:b: c\n\n", "(message|a:b: c|)", -1 },
  { "\n\n\n", "", -1 },
  { "", "", -1 },
};

static void
test_streams (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = strlen (cases[i].text);

      for (gsize split = 1; split <= length + 1; split++)
        {
          gint64 retry;
          g_autofree char *two = read_as (cases[i].text, length, split, length + 1, &retry);
          g_autofree char *many = read_as (cases[i].text, length, split, split, &retry);

          g_test_message ("case %" G_GSIZE_FORMAT " split at %" G_GSIZE_FORMAT, i, split);
          g_assert_cmpstr (two, ==, cases[i].expected);
          g_assert_cmpstr (many, ==, cases[i].expected);
          g_assert_cmpint (retry, ==, cases[i].retry);
        }
    }
}

/* An identifier with a null byte is none; in data it is a byte that is no text. */
static void
test_null (void)
{
  static const char text[] = "id: 1\ndata: a\n\nid: 2\0003\ndata: b\0c\n\n";
  gint64 retry;
  g_autofree char *result = read_as (text, sizeof text - 1, 5, 5, &retry);

  g_assert_cmpstr (result, ==, "(message|a|1)(message|b\xef\xbf\xbd" "c|1)");
}

static void
test_limit (void)
{
  g_autoptr (UEventParser) parser = u_event_parser_new (20);
  g_autoptr (GString) log = g_string_new (NULL);

  for (int i = 0; i < 5; i++)
    g_assert_true (u_event_parser_feed (parser, "data: 0123456\n\n", 15, event_cb, log));
  g_assert_true (u_event_parser_feed (parser, "data: 0123456\n", 14, event_cb, log));
  g_assert_false (u_event_parser_feed (parser, "data: 0123456\n", 14, event_cb, log));
}

/* Another stream: what was not complete is gone, and its identifier too. */
static void
test_reset (void)
{
  g_autoptr (UEventParser) parser = u_event_parser_new (0);
  g_autoptr (GString) log = g_string_new (NULL);

  g_assert_true (u_event_parser_feed (parser, "id: 1\ndata: a\n\nid: 2\ndata: b\n", 30, event_cb, log));
  g_assert_cmpstr (u_event_parser_get_id (parser), ==, "1");
  u_event_parser_reset (parser);
  g_assert_true (u_event_parser_feed (parser, "\xef\xbb\xbf" "data: c\n\n", 12, event_cb, log));
  g_assert_cmpstr (log->str, ==, "(message|a|1)(message|c|1)");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/event-parser/streams-in-any-pieces", test_streams);
  g_test_add_func ("/event-parser/null", test_null);
  g_test_add_func ("/event-parser/limit", test_limit);
  g_test_add_func ("/event-parser/reset", test_reset);

  return g_test_run ();
}

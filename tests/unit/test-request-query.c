/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-private.h"

/* Names and values in the query of a URL. */

static const struct
{
  const char *uri;
  const char *name;
  const char *value;
  const char *expected;
} additions[] = {
  { "http://h/", "a", "b", "http://h/?a=b" },
  { "http://h", "a", "b", "http://h?a=b" },
  { "http://h/?", "a", "b", "http://h/?a=b" },
  { "http://h/?x", "a", "b", "http://h/?x&a=b" },
  { "http://h/?x=1&", "a", "b", "http://h/?x=1&a=b" },
  { "http://h/p#f", "a", "b", "http://h/p?a=b#f" },
  { "http://h/p?x#f?y", "a", "b", "http://h/p?x&a=b#f?y" },
  { "http://h/#?x", "a", "b", "http://h/?a=b#?x" },
  { " http://h/ ", "a", "b", "http://h/?a=b" },
  { "http://h/a b?ü=%2f+", "a", "b", "http://h/a b?ü=%2f+&a=b" },
  { "http://u:p@[::1]:8/", "a", "b", "http://u:p@[::1]:8/?a=b" },
  { "http://h/", "a", NULL, "http://h/?a" },
  { "http://h/", "a", "", "http://h/?a=" },
  { "http://h/", "", "", "http://h/?=" },
  { "http://h/", "a b", "c+d", "http://h/?a%20b=c%2Bd" },
  { "http://h/", "&=#?/", "%&=#?/:@", "http://h/?%26%3D%23%3F%2F=%25%26%3D%23%3F%2F%3A%40" },
  { "http://h/", "-._~", "!*'()", "http://h/?-._~=%21%2A%27%28%29" },
  { "http://h/", "ü", "日本\n", "http://h/?%C3%BC=%E6%97%A5%E6%9C%AC%0A" },
  { "http://h/", "a", "\xff", "http://h/?a=%FF" },
  /* What is no URL is the error of the task. */
  { "nonsense", "a", "b", "nonsense" },
  { "", "a", "b", "" },
  { NULL, "a", "b", NULL },
};

static void
test_add (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (additions); i++)
    {
      URequest *request = u_request_new (additions[i].uri);

      u_request_add_query_item (request, additions[i].name, additions[i].value);
      g_assert_cmpstr (u_request_get_uri (request), ==, additions[i].expected);
      if (u_request_get_uri (request) != NULL && g_str_has_prefix (additions[i].expected, "http"))
        {
          g_autoptr (GUri) uri = u_request_dup_uri (request);
          g_autofree char *value = u_request_dup_query_value (request, additions[i].name);

          g_assert_nonnull (uri);
          if (g_strcmp0 (additions[i].value, "\xff") != 0)
            g_assert_cmpstr (value, ==, additions[i].value != NULL ? additions[i].value : "");
        }
      g_assert_finalize_object (request);
    }
}

static const struct
{
  const char *uri;
  const char *expected;       /* names and values, each with a "|" behind it */
} readings[] = {
  { "http://h/", "" },
  { "http://h/?", "" },
  { "http://h/?&&", "" },
  { "http://h/?a=b", "a|b|" },
  { "http://h/?a=1&b=2&a=3", "a|1|b|2|a|3|" },
  { "http://h/?a&b=&=c&=", "a||b|||c|||" },
  { "http://h/?a=b=c", "a|b=c|" },
  { "http://h/?a+b=c%2Bd%20e", "a b|c+d e|" },
  { "http://h/?%C3%BC=%E6%97%A5", "ü|日|" },
  { "http://h/?ü=1", "ü|1|" },
  /* What cannot be decoded. */
  { "http://h/?a=%", "a|%|" },
  { "http://h/?a=%zz&b=%41", "a|%zz|b|A|" },
  { "http://h/?a=%00", "a|%00|" },
  { "http://h/?a=%FF", "a|\xef\xbf\xbd|" },
  { "http://h/?a=1#b?c=2", "a|1|" },
  { "nonsense?a=1", "" },
};

static void
test_read (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (readings); i++)
    {
      URequest *request = u_request_new (readings[i].uri);
      g_auto (GStrv) items = u_request_dup_query_items (request);
      g_autoptr (GString) text = g_string_new (NULL);

      for (guint j = 0; items[j] != NULL; j++)
        g_string_append_printf (text, "%s|", items[j]);
      g_assert_cmpstr (text->str, ==, readings[i].expected);
      g_assert_cmpuint (g_strv_length (items) % 2, ==, 0);
      g_assert_finalize_object (request);
    }
}

static void
test_value (void)
{
  URequest *request = u_request_new ("http://h/?a=1&b&a=2");
  g_autofree char *first = u_request_dup_query_value (request, "a");
  g_autofree char *empty = u_request_dup_query_value (request, "b");
  g_autofree char *missing = u_request_dup_query_value (request, "A");

  g_assert_cmpstr (first, ==, "1");
  g_assert_cmpstr (empty, ==, "");
  g_assert_null (missing);

  g_assert_finalize_object (request);
}

static const struct
{
  const char *uri;
  const char *name;
  const char *expected;
} removals[] = {
  { "http://h/?a=1&b=2&a=3", "a", "http://h/?b=2" },
  { "http://h/?a=1&b=2&a=3", "b", "http://h/?a=1&a=3" },
  { "http://h/?a=1&b=2", "c", "http://h/?a=1&b=2" },
  { "http://h/?a=1#f", "a", "http://h/#f" },
  { "http://h/?a%20b=1&a+b=2&c=%2f", "a b", "http://h/?c=%2f" },
  { "http://h/?a=1&b=2#f", NULL, "http://h/#f" },
  { "http://h/", NULL, "http://h/" },
  { "nonsense?a=1", "a", "nonsense?a=1" },
};

static void
test_remove (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (removals); i++)
    {
      URequest *request = u_request_new (removals[i].uri);

      u_request_remove_query_items (request, removals[i].name);
      g_assert_cmpstr (u_request_get_uri (request), ==, removals[i].expected);
      g_assert_finalize_object (request);
    }
}

static void
count_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_sealed (void)
{
  g_autoptr (URequestData) data = u_request_data_new ("http://h/?a=1");
  URequest *request = u_request_new_sealed (data);
  URequest *copy = u_request_copy (request);
  guint n = 0;

  for (guint i = 0; i < 2; i++)
    {
      g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
      if (i == 0)
        u_request_add_query_item (request, "b", "2");
      else
        u_request_remove_query_items (request, NULL);
      g_test_assert_expected_messages ();
    }
  g_assert_cmpstr (u_request_get_uri (request), ==, "http://h/?a=1");

  g_signal_connect (copy, "notify::uri", G_CALLBACK (count_cb), &n);
  u_request_add_query_item (copy, "b", "2");
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpstr (data->uri, ==, "http://h/?a=1");

  g_assert_finalize_object (copy);
  g_assert_finalize_object (request);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/request-query/add", test_add);
  g_test_add_func ("/request-query/read", test_read);
  g_test_add_func ("/request-query/value", test_value);
  g_test_add_func ("/request-query/remove", test_remove);
  g_test_add_func ("/request-query/sealed", test_sealed);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-header-list-private.h"
#include "urlsession/message/u-response-data-private.h"

/* Header fields as plain values, and what a response reads from them. */

static void
test_order_and_case (void)
{
  g_autoptr (UHeaderList) list = u_header_list_new ();
  g_autofree char *joined = NULL;
  const char *name, *value;

  u_header_list_append (list, "Accept", "a");
  u_header_list_append (list, "X-One", "1");
  u_header_list_append (list, "accept", "b");
  g_assert_cmpuint (u_header_list_get_n (list), ==, 3);
  g_assert_cmpstr (u_header_list_get (list, "ACCEPT"), ==, "a");
  g_assert_cmpuint (u_header_list_count (list, "Accept"), ==, 2);
  joined = u_header_list_dup_joined (list, "Accept");
  g_assert_cmpstr (joined, ==, "a, b");
  g_assert_null (u_header_list_get (list, "Acc"));
  g_assert_null (u_header_list_dup_joined (list, "X-Two"));

  u_header_list_set (list, "ACCEPT", "c");
  g_assert_cmpuint (u_header_list_get_n (list), ==, 2);
  u_header_list_get_nth (list, 0, &name, &value);
  g_assert_cmpstr (name, ==, "Accept");
  g_assert_cmpstr (value, ==, "c");

  g_assert_true (u_header_list_remove (list, "x-one"));
  g_assert_false (u_header_list_remove (list, "x-one"));
  g_assert_cmpuint (u_header_list_get_n (list), ==, 1);
}

static void
test_aliases (void)
{
  g_autoptr (UHeaderList) list = u_header_list_new ();
  const char *name, *value;

  for (int i = 0; i < 20; i++)
    u_header_list_append (list, "A", "value");
  u_header_list_get_nth (list, 0, &name, &value);
  u_header_list_set (list, name, value);
  g_assert_cmpuint (u_header_list_get_n (list), ==, 1);
  g_assert_cmpstr (u_header_list_get (list, "a"), ==, "value");

  u_header_list_append (list, "a", "again");
  u_header_list_get_nth (list, 1, &name, &value);
  g_assert_true (u_header_list_remove (list, name));
  g_assert_cmpuint (u_header_list_get_n (list), ==, 0);
}

static void
test_unshare (void)
{
  g_autoptr (UHeaderList) list = u_header_list_new ();
  g_autoptr (UHeaderList) other = NULL;
  UHeaderList *same = list;

  u_header_list_append (list, "A", "1");
  list = u_header_list_unshare (list);
  g_assert_true (list == same);

  other = u_header_list_unshare (u_header_list_ref (list));
  g_assert_true (other != list);
  g_assert_true (u_header_list_equal (list, other));
  u_header_list_set (other, "A", "2");
  g_assert_false (u_header_list_equal (list, other));
  g_assert_cmpstr (u_header_list_get (list, "A"), ==, "1");
}

static void
test_valid (void)
{
  g_assert_true (u_header_name_is_valid ("X-Custom_1.2~"));
  g_assert_false (u_header_name_is_valid (""));
  g_assert_false (u_header_name_is_valid (NULL));
  g_assert_false (u_header_name_is_valid ("A B"));
  g_assert_false (u_header_name_is_valid ("A:"));
  g_assert_false (u_header_name_is_valid ("A\r\n"));
  g_assert_false (u_header_name_is_valid ("Ü"));
  g_assert_true (u_header_value_is_valid (""));
  g_assert_true (u_header_value_is_valid ("a\tü"));
  g_assert_false (u_header_value_is_valid ("a\r\nb"));
  g_assert_false (u_header_value_is_valid ("a\nb"));
  g_assert_false (u_header_value_is_valid ("a\r"));
  g_assert_false (u_header_value_is_valid (NULL));
}

static void
test_content_length (void)
{
  static const struct
  {
    const char *first;
    const char *second;
    const char *coding;
    gint64 expected;
  } cases[] = {
    { NULL, NULL, NULL, -1 },
    { "0", NULL, NULL, 0 },
    { " 12 ", NULL, NULL, 12 },
    { "9223372036854775807", NULL, NULL, G_MAXINT64 },
    { "9223372036854775808", NULL, NULL, -1 },
    { "-1", NULL, NULL, -1 },
    { "+1", NULL, NULL, -1 },
    { "1x", NULL, NULL, -1 },
    { "", NULL, NULL, -1 },
    { "5, 5", NULL, NULL, 5 },
    { "5", "5", NULL, 5 },
    { "5", "6", NULL, -1 },
    { "5", NULL, "chunked", -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      UHeaderList *headers = u_header_list_new ();
      g_autoptr (UResponseData) data = NULL;

      if (cases[i].first != NULL)
        u_header_list_append (headers, "content-length", cases[i].first);
      if (cases[i].second != NULL)
        u_header_list_append (headers, "Content-Length", cases[i].second);
      if (cases[i].coding != NULL)
        u_header_list_append (headers, "Transfer-Encoding", cases[i].coding);
      /* Rule 207: the length as announced, whatever the content coding. */
      u_header_list_append (headers, "Content-Encoding", "gzip");
      data = u_response_data_new_http ("http://u:p@h/a", 200, "1.1", headers);
      g_assert_cmpint (data->expected_length, ==, cases[i].expected);
      g_assert_cmpstr (data->uri, ==, "http://h/a");
    }
}

static void
test_content_type (void)
{
  static const struct
  {
    const char *value;
    const char *mime_type;
    const char *charset;
  } cases[] = {
    { NULL, NULL, NULL },
    { "text/html", "text/html", NULL },
    { "Text/HTML; Charset=UTF-8", "text/html", "utf-8" },
    { "text/html;charset=\"ISO-8859-1\"", "text/html", "iso-8859-1" },
    { "text/html ; a=\"x; charset=no\" ; charset = utf-8 ; charset=two", "text/html", "utf-8" },
    { "text/html; charset", "text/html", NULL },
    { "text/html; charset=", "text/html", NULL },
    { "text/html; charset=\"utf-8", "text/html", "utf-8" },
    { "text/html; charset=\"a b\"", "text/html", NULL },
    { "image/svg+xml", "image/svg+xml", NULL },
    { "text", NULL, NULL },
    { "/html", NULL, NULL },
    { "text/", NULL, NULL },
    { "te xt/html", NULL, NULL },
    { "text/html/x", NULL, NULL },
    { "", NULL, NULL },
    { ";;;", NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      UHeaderList *headers = u_header_list_new ();
      g_autoptr (UResponseData) data = NULL;

      if (cases[i].value != NULL)
        u_header_list_append (headers, "Content-Type", cases[i].value);
      data = u_response_data_new_http ("http://h/", 200, NULL, headers);
      g_assert_cmpstr (data->mime_type, ==, cases[i].mime_type);
      g_assert_cmpstr (data->charset, ==, cases[i].charset);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/header-list/order-and-case", test_order_and_case);
  g_test_add_func ("/header-list/aliases", test_aliases);
  g_test_add_func ("/header-list/unshare", test_unshare);
  g_test_add_func ("/header-list/r280-valid", test_valid);
  g_test_add_func ("/response-data/r207-content-length", test_content_length);
  g_test_add_func ("/response-data/content-type", test_content_type);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-headers-private.h"

/* Header fields as an object. */

static void
test_get_and_set (void)
{
  UHeaders *headers = u_headers_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) values = NULL;
  g_auto (GStrv) names = NULL;
  g_auto (GStrv) none = NULL;
  const char *joined;

  g_assert_null (u_headers_get (headers, "Accept"));
  g_assert_true (u_headers_append (headers, "Accept", "  text/html\t", &error));
  g_assert_no_error (error);
  g_assert_true (u_headers_set (headers, "X-One", "1", NULL));
  g_assert_true (u_headers_append (headers, "accept", "text/plain, a/b", NULL));
  joined = u_headers_get (headers, "ACCEPT");
  g_assert_cmpstr (joined, ==, "text/html, text/plain, a/b");
  g_assert_true (u_headers_get (headers, "accept") == joined);
  g_assert_true (u_headers_contains (headers, "x-one"));
  g_assert_false (u_headers_contains (headers, "x-two"));

  values = u_headers_dup_values (headers, "Accept");
  g_assert_cmpstrv (values, ((const char * const []) { "text/html", "text/plain, a/b", NULL }));
  none = u_headers_dup_values (headers, "None");
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  names = u_headers_dup_names (headers);
  g_assert_cmpstrv (names, ((const char * const []) { "Accept", "X-One", NULL }));

  /* What get() returned may be given back, although the change drops it. */
  g_assert_true (u_headers_set (headers, "accept", joined, NULL));
  g_assert_cmpstr (u_headers_get (headers, "Accept"), ==, "text/html, text/plain, a/b");

  u_headers_remove (headers, "ACCEPT");
  g_assert_null (u_headers_get (headers, "Accept"));

  g_assert_finalize_object (headers);
}

static void
test_refused (void)
{
  static const char * const values[] = { "secret\r\nSet-Cookie: a", "secret\n", "secret\r", "\nsecret" };
  static const char * const names[] = { "", "A B", "A:", "A\n", "Ä" };
  UHeaders *headers = u_headers_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (u_headers_set (headers, "X-Token", values[i], &error));
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
      g_assert_nonnull (strstr (error->message, "X-Token"));
      g_assert_null (strstr (error->message, "secret"));
      g_clear_error (&error);
      g_assert_false (u_headers_append (headers, "X-Token", values[i], &error));
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (u_headers_set (headers, names[i], "secret", &error));
      g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
      g_assert_null (strstr (error->message, "secret"));
      g_assert_null (strchr (error->message, '\n'));
    }
  g_assert_false (u_headers_contains (headers, "X-Token"));

  g_assert_finalize_object (headers);
}

static void
test_copies_are_independent (void)
{
  UHeaders *headers = u_headers_new ();
  UHeaders *copy;
  g_autoptr (UHeaderList) snapshot = NULL;

  u_headers_set (headers, "A", "1", NULL);
  snapshot = u_headers_dup_list (headers);
  copy = u_headers_copy (headers);
  u_headers_set (headers, "A", "2", NULL);
  u_headers_set (copy, "A", "3", NULL);
  g_assert_cmpstr (u_header_list_get (snapshot, "A"), ==, "1");
  g_assert_cmpstr (u_headers_get (headers, "A"), ==, "2");
  g_assert_cmpstr (u_headers_get (copy, "A"), ==, "3");

  g_assert_finalize_object (copy);
  g_assert_finalize_object (headers);
}

static void
test_sealed (void)
{
  UHeaders *headers = u_headers_new ();
  UHeaders *copy;
  g_autoptr (GError) error = NULL;

  u_headers_set (headers, "A", "1", NULL);
  g_assert_false (u_headers_is_sealed (headers));
  u_headers_seal (headers);
  g_assert_true (u_headers_is_sealed (headers));

  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  g_assert_false (u_headers_set (headers, "A", "2", &error));
  g_test_assert_expected_messages ();
  g_assert_error (error, U_ERROR, U_ERROR_BAD_HEADER);
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  g_assert_false (u_headers_append (headers, "A", "2", NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*sealed*");
  u_headers_remove (headers, "A");
  g_test_assert_expected_messages ();
  g_assert_cmpstr (u_headers_get (headers, "A"), ==, "1");

  copy = u_headers_copy (headers);
  g_assert_false (u_headers_is_sealed (copy));
  g_assert_true (u_headers_set (copy, "A", "2", NULL));

  g_assert_finalize_object (copy);
  g_assert_finalize_object (headers);
}

static gpointer
read_joined (gpointer data)
{
  UHeaders *headers = data;

  for (int i = 0; i < 10000; i++)
    {
      g_assert_cmpstr (u_headers_get (headers, "A"), ==, "1, 2");
      g_assert_cmpstr (u_headers_get (headers, i % 2 == 0 ? "B" : "b"), ==, "3, 4");
    }

  return NULL;
}

static void
test_sealed_from_threads (void)
{
  UHeaders *headers = u_headers_new ();
  GThread *threads[4];

  u_headers_append (headers, "A", "1", NULL);
  u_headers_append (headers, "a", "2", NULL);
  u_headers_append (headers, "B", "3", NULL);
  u_headers_append (headers, "b", "4", NULL);
  u_headers_seal (headers);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", read_joined, headers);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_finalize_object (headers);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/headers/get-and-set", test_get_and_set);
  g_test_add_func ("/headers/r280-refused", test_refused);
  g_test_add_func ("/headers/copies-are-independent", test_copies_are_independent);
  g_test_add_func ("/headers/sealed", test_sealed);
  g_test_add_func ("/headers/sealed-from-threads", test_sealed_from_threads);

  return g_test_run ();
}

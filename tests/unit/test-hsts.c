/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "urlsession/storage/u-hsts-store-private.h"

#define START (G_GINT64_CONSTANT (1893456000) * G_USEC_PER_SEC)

static gint64 test_time = START;

static gint64
test_clock (void)
{
  return test_time;
}

static UHstsStore *
new_store (void)
{
  UHstsStore *store = u_hsts_store_new_memory ();

  test_time = START;
  u_hsts_store_set_clock (store, test_clock);

  return store;
}

static void
test_header (void)
{
  static const struct
  {
    const char *value;
    gint64 max_age;           /* -1: malformed */
    gboolean include_subdomains;
  } rows[] = {
    { "max-age=31536000", 31536000, FALSE },
    { "max-age=31536000; includeSubDomains", 31536000, TRUE },
    { " includesubdomains ;MAX-AGE = \"10\" ; ", 10, TRUE },
    { ";; max-age=0 ;;", 0, FALSE },
    { "max-age=1; preload; x=\"a;b\\\"c\"; y=z", 1, FALSE },
    { "max-age=99999999999999999999999", G_GINT64_CONSTANT (3153600000), FALSE },
    { "", -1, FALSE },
    { "includeSubDomains", -1, FALSE },
    { "max-age", -1, FALSE },
    { "max-age=", -1, FALSE },
    { "max-age=\"\"", -1, FALSE },
    { "max-age=-1", -1, FALSE },
    { "max-age=1.5", -1, FALSE },
    { "max-age=1 2", -1, FALSE },
    { "max-age=1, max-age=2", -1, FALSE },
    { "max-age=1; max-age=1", -1, FALSE },
    { "max-age=1; includeSubDomains; includeSubDomains", -1, FALSE },
    { "max-age=1; includeSubDomains=yes", -1, FALSE },
    { "max-age=\"1", -1, FALSE },
    { "max-age=\"1\\", -1, FALSE },
    { "max-age=1; =x", -1, FALSE },
    { "\xff", -1, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gint64 max_age = -1;
      gboolean include_subdomains = FALSE;
      gboolean good = u_hsts_parse_header (rows[i].value, &max_age, &include_subdomains);
      g_autofree char *escaped = g_strescape (rows[i].value, NULL);

      g_test_message ("%s", escaped);
      g_assert_cmpint (good, ==, rows[i].max_age >= 0);
      if (!good)
        continue;
      g_assert_cmpint (max_age, ==, rows[i].max_age);
      g_assert_cmpint (include_subdomains, ==, rows[i].include_subdomains);
    }
}

static void
test_hosts (void)
{
  static const struct
  {
    const char *known;
    const char *value;
    const char *host;
    gboolean must;
  } rows[] = {
    { "example.com", "max-age=10", "example.com", TRUE },
    { "example.com", "max-age=10", "EXAMPLE.com", TRUE },
    { "Example.Com.", "max-age=10", "example.com", TRUE },
    { "example.com", "max-age=10", "example.com.", TRUE },
    { "example.com", "max-age=10", "www.example.com", FALSE },
    { "example.com", "max-age=10; includeSubDomains", "www.example.com", TRUE },
    { "example.com", "max-age=10; includeSubDomains", "a.b.example.com", TRUE },
    { "example.com", "max-age=10; includeSubDomains", "badexample.com", FALSE },
    { "example.com", "max-age=10; includeSubDomains", "com", FALSE },
    { "www.example.com", "max-age=10; includeSubDomains", "example.com", FALSE },
    { "example.com", "max-age=0; includeSubDomains", "example.com", FALSE },
    { "example.com", "max-age=x", "example.com", FALSE },
    { "b\xc3\xbc" "cher.example", "max-age=10", "xn--bcher-kva.example", TRUE },
    { "127.0.0.1", "max-age=10", "127.0.0.1", FALSE },
    { "::1", "max-age=10", "::1", FALSE },
    { "localhost", "max-age=10", "localhost", TRUE },
    { "", "max-age=10", "", FALSE },
    { ".", "max-age=10", ".", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UHstsStore) store = new_store ();

      g_test_message ("%s %s", rows[i].value, rows[i].host);
      u_hsts_store_take_header (store, rows[i].known, rows[i].value);
      g_assert_cmpint (u_hsts_store_must_upgrade (store, rows[i].host), ==, rows[i].must);
    }
}

static void
test_time_passes (void)
{
  g_autoptr (UHstsStore) store = new_store ();

  u_hsts_store_take_header (store, "example.com", "max-age=10");
  test_time += 10 * G_USEC_PER_SEC - 1;
  g_assert_true (u_hsts_store_must_upgrade (store, "example.com"));
  test_time += 1;
  g_assert_false (u_hsts_store_must_upgrade (store, "example.com"));
  /* The newest counts, whatever it says. */
  u_hsts_store_take_header (store, "example.com", "max-age=1000; includeSubDomains");
  u_hsts_store_take_header (store, "example.com", "max-age=10");
  g_assert_false (u_hsts_store_must_upgrade (store, "www.example.com"));
  test_time += 10 * G_USEC_PER_SEC;
  g_assert_false (u_hsts_store_must_upgrade (store, "example.com"));
  /* One that says nothing of names below does not hide another one that does. */
  u_hsts_store_take_header (store, "example.com", "max-age=1000; includeSubDomains");
  u_hsts_store_take_header (store, "www.example.com", "max-age=1");
  test_time += 2 * G_USEC_PER_SEC;
  g_assert_true (u_hsts_store_must_upgrade (store, "a.www.example.com"));
  g_assert_true (u_hsts_store_must_upgrade (store, "www.example.com"));
  u_hsts_store_take_header (store, "example.com", "max-age=0");
  g_assert_false (u_hsts_store_must_upgrade (store, "example.com"));
  g_assert_false (u_hsts_store_must_upgrade (store, "www.example.com"));
}

static void
test_many (void)
{
  g_autoptr (UHstsStore) store = new_store ();
  guint n = 0;

  for (guint i = 0; i < 10100; i++)
    {
      g_autofree char *host = g_strdup_printf ("h%u.example", i);
      g_autofree char *value = g_strdup_printf ("max-age=%u", 1000 + i);

      u_hsts_store_take_header (store, host, value);
    }
  for (guint i = 0; i < 10100; i++)
    {
      g_autofree char *host = g_strdup_printf ("h%u.example", i);

      n += u_hsts_store_must_upgrade (store, host);
    }
  g_assert_cmpuint (n, ==, 10000);
  g_assert_false (u_hsts_store_must_upgrade (store, "h99.example"));
  g_assert_true (u_hsts_store_must_upgrade (store, "h100.example"));
  u_hsts_store_remove_all (store);
  g_assert_false (u_hsts_store_must_upgrade (store, "h100.example"));
}

static void
set_true_cb (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
wait_for (UHstsStore *store, void (*ask) (UHstsStore *, GMainContext *, void (*) (gpointer), gpointer))
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean done = FALSE;

  ask (store, context, set_true_cb, &done);
  while (!done)
    g_main_context_iteration (context, TRUE);
}

static void
test_file (void)
{
  g_autofree char *root = g_dir_make_tmp ("hsts-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (root, "folder", NULL);
  g_autofree char *path = g_build_filename (folder, "hsts.sqlite", NULL);

  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (UHstsStore) store = u_hsts_store_open (path);
      g_autoptr (UHstsStore) same = u_hsts_store_open (path);

      g_assert_true (store == same);
      wait_for (store, u_hsts_store_when_ready);
      g_assert_true (u_hsts_store_is_ready (store));
      g_assert_cmpint (u_hsts_store_must_upgrade (store, "www.example.com"), ==, round == 1);
      g_assert_cmpint (u_hsts_store_must_upgrade (store, "example.org"), ==, round == 1);
      g_assert_false (u_hsts_store_must_upgrade (store, "www.example.org"));
      g_assert_false (u_hsts_store_must_upgrade (store, "example.net"));
      if (round == 1)
        break;
      u_hsts_store_take_header (store, "example.com", "max-age=1000; includeSubDomains");
      u_hsts_store_take_header (store, "example.org", "max-age=1000");
      u_hsts_store_take_header (store, "example.net", "max-age=1000");
      u_hsts_store_take_header (store, "example.net", "max-age=0");
    }
  {
    /* Before the file was read: what is removed does not come back. */
    g_autoptr (UHstsStore) store = u_hsts_store_open (path);

    u_hsts_store_take_header (store, "example.com", "max-age=0");
    wait_for (store, u_hsts_store_flush);
    g_assert_false (u_hsts_store_must_upgrade (store, "example.com"));
    g_assert_true (u_hsts_store_must_upgrade (store, "example.org"));
  }
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_cmpint (g_rmdir (root), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hsts/header", test_header);
  g_test_add_func ("/hsts/hosts", test_hosts);
  g_test_add_func ("/hsts/time", test_time_passes);
  g_test_add_func ("/hsts/many", test_many);
  g_test_add_func ("/hsts/file", test_file);

  return g_test_run ();
}

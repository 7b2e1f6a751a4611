/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-uri-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

/* How URLs are read, resolved, compared and printed. */

typedef struct
{
  const char *input;
  const char *expected;       /* NULL: refused */
} Pair;

/* RFC 3986 section 5.4, the base being http://a/b/c/d;p?q. */
static const Pair rfc_examples[] = {
  { "g:h", "g:h" },
  { "g", "http://a/b/c/g" },
  { "./g", "http://a/b/c/g" },
  { "g/", "http://a/b/c/g/" },
  { "/g", "http://a/g" },
  { "//g", "http://g/" },
  { "?y", "http://a/b/c/d;p?y" },
  { "g?y", "http://a/b/c/g?y" },
  { "#s", "http://a/b/c/d;p?q#s" },
  { "g#s", "http://a/b/c/g#s" },
  { "g?y#s", "http://a/b/c/g?y#s" },
  { ";x", "http://a/b/c/;x" },
  { "g;x", "http://a/b/c/g;x" },
  { "g;x?y#s", "http://a/b/c/g;x?y#s" },
  { "", "http://a/b/c/d;p?q" },
  { ".", "http://a/b/c/" },
  { "./", "http://a/b/c/" },
  { "..", "http://a/b/" },
  { "../", "http://a/b/" },
  { "../g", "http://a/b/g" },
  { "../..", "http://a/" },
  { "../../", "http://a/" },
  { "../../g", "http://a/g" },
  { "../../../g", "http://a/g" },
  { "../../../../g", "http://a/g" },
  { "/./g", "http://a/g" },
  { "/../g", "http://a/g" },
  { "g.", "http://a/b/c/g." },
  { ".g", "http://a/b/c/.g" },
  { "g..", "http://a/b/c/g.." },
  { "..g", "http://a/b/c/..g" },
  { "./../g", "http://a/b/g" },
  { "./g/.", "http://a/b/c/g/" },
  { "g/./h", "http://a/b/c/g/h" },
  { "g/../h", "http://a/b/c/h" },
  { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
  { "g;x=1/../y", "http://a/b/c/y" },
  { "g?y/./x", "http://a/b/c/g?y/./x" },
  { "g?y/../x", "http://a/b/c/g?y/../x" },
  { "g#s/./x", "http://a/b/c/g#s/./x" },
  { "g#s/../x", "http://a/b/c/g#s/../x" },
};

static void
check_pairs (const char *base_string, const Pair *pairs, gsize n_pairs)
{
  g_autoptr (GUri) base = u_uri_parse (base_string, NULL);

  for (gsize i = 0; i < n_pairs; i++)
    {
      g_autoptr (GUri) uri = u_uri_resolve (base, pairs[i].input);
      g_autofree char *string = uri != NULL ? g_uri_to_string (uri) : NULL;
      g_autofree char *printable = g_strescape (pairs[i].input, NULL);

      g_test_message ("%s", printable);
      g_assert_cmpstr (string, ==, pairs[i].expected);
    }
}

static void
test_resolve_rfc (void)
{
  check_pairs ("http://a/b/c/d;p?q", rfc_examples, G_N_ELEMENTS (rfc_examples));
}

static void
test_resolve_more (void)
{
  static const Pair pairs[] = {
    { "x", "https://me:pw@h.example:8443/a%2Fb/x#top" },
    { "x#", "https://me:pw@h.example:8443/a%2Fb/x#" },
    { "x#s", "https://me:pw@h.example:8443/a%2Fb/x#s" },
    { "", "https://me:pw@h.example:8443/a%2Fb/c?q=%20#top" },
    { "?", "https://me:pw@h.example:8443/a%2Fb/c?#top" },
    { "/a b/ü", "https://me:pw@h.example:8443/a%20b/%C3%BC#top" },
    { "/\xfc", "https://me:pw@h.example:8443/%FC#top" },
    { "/%c3%bc%2f", "https://me:pw@h.example:8443/%c3%bc%2f#top" },
    { "//other/x", "https://other/x#top" },
    { "//bücher.example/x", "https://xn--bcher-kva.example/x#top" },
    { "//other:8080", "https://other:8080/#top" },
    { "http://third/../y", "http://third/y#top" },
    { "HTTP://third/y", "http://third/y#top" },
    { "//[::1]:81/y", "https://[::1]:81/y#top" },
    { " y\t", "https://me:pw@h.example:8443/a%2Fb/y#top" },
    { "/a\r\nSet-Cookie: x", NULL },
    { "/a\nb", NULL },
    { "http:g", NULL },
    { "http://", NULL },
    { "http://h:99999/", NULL },
    { "//h ost/", NULL },
  };

  check_pairs ("https://me:pw@h.example:8443/a%2Fb/c?q=%20#top", pairs, G_N_ELEMENTS (pairs));
}

static void
test_parse (void)
{
  static const Pair pairs[] = {
    { "http://h", "http://h/" },
    { "  \n https://h/a \r\n", "https://h/a" },
    { "HTTP://h/a", "http://h/a" },
    { "http://h:80/a", "http://h/a" },
    { "http://h:8080/a", "http://h:8080/a" },
    { "http://h/a b?c d#e f", "http://h/a%20b?c%20d#e%20f" },
    { "http://h/a%20b", "http://h/a%20b" },
    { "http://h/%2f%2F", "http://h/%2f%2F" },
    { "http://h/%7Ea%41", "http://h/%7Ea%41" },
    { "http://h/100%", "http://h/100%25" },
    { "http://h/%zz", "http://h/%25zz" },
    { "http://h/ü?ü", "http://h/%C3%BC?%C3%BC" },
    { "http://h/<\"{|}>", "http://h/%3C%22%7B%7C%7D%3E" },
    { "http://h/?a[]=1&b='2'", "http://h/?a[]=1&b='2'" },
    { "http://bücher.example:81/", "http://xn--bcher-kva.example:81/" },
    { "http://ü@bücher.example/", "http://%C3%BC@xn--bcher-kva.example/" },
    { "http://u:p%40q@h/", "http://u:p%40q@h/" },
    { "http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/" },
    { "http://h:/", "http://h/" },
    { "http://[::1]/", "http://[::1]/" },
    { "http://[::1]:81/", "http://[::1]:81/" },
    { "http://[::1", NULL },
    { "http://[1.2.3.4]/", NULL },
    { "http://[::1]x/", NULL },
    { "http://h%2Fi/", NULL },
    { "http://::1/", NULL },
    { "file:///tmp/a b", "file:///tmp/a%20b" },
    { "data:text/plain,a b", "data:text/plain,a%20b" },
    { "x-own:thing", "x-own:thing" },
    { "x-own://h?q", "x-own://h?q" },
    { "http:///a", NULL },
    { "http:a", NULL },
    { "https://", NULL },
    { "ftp:///a", NULL },
    { "http://h:port/", NULL },
    { "http://h:70000/", NULL },
    { "http://h\xff/", NULL },
    { "http://a b/", NULL },
    { "http://h/\001", NULL },
    { "http://h/a\r\nb", NULL },
    { "//h/a", NULL },
    { "/a", NULL },
    { "example.com", NULL },
    { "1http://h/", NULL },
    { "", NULL },
    { "   ", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = u_uri_parse (pairs[i].input, &error);
      g_autofree char *string = uri != NULL ? g_uri_to_string (uri) : NULL;
      g_autofree char *printable = g_strescape (pairs[i].input, NULL);

      g_test_message ("%s", printable);
      g_assert_cmpstr (string, ==, pairs[i].expected);
      if (uri == NULL)
        g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
      else
        g_assert_cmpint (g_uri_get_flags (uri) & U_URI_FLAGS, ==, U_URI_FLAGS);
    }
}

static void
test_error_message (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (u_uri_parse ("http://me:secret@/a?q", &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
  g_assert_cmpstr (error->message, ==, "“http://me:***@/a?q” is not a URL that can be loaded: it names no host.");
  g_clear_error (&error);

  g_assert_null (u_uri_parse ("example.com/a", &error));
  g_assert_cmpstr (error->message, ==,
                   "“example.com/a” is not a URL that can be loaded: it has no scheme, such as “https:”.");
  g_clear_error (&error);

  g_assert_null (u_uri_parse (NULL, &error));
  g_assert_error (error, U_ERROR, U_ERROR_BAD_URL);
}

static void
test_masked (void)
{
  static const Pair pairs[] = {
    { "http://me:secret@h/a?q=1#f", "http://me:***@h/a?q=1#f" },
    { "http://me:se%40cret@h:81/", "http://me:***@h:81/" },
    { "http://me:@h/", "http://me:***@h/" },
    { "http://token@h/", "http://***@h/" },
    { "http://h/a@b", "http://h/a@b" },
    { "http://[::1]/", "http://[::1]/" },
  };
  static const Pair strings[] = {
    { "http://me:sec@ret@h/a", "http://me:***@h/a" },
    { " http://me:secret@h:port/a", " http://me:***@h:port/a" },
    { "//me:secret@h/", "//me:***@h/" },
    { "me:secret@h/", "me:***@h/" },
    { "secret@h/", "***@h/" },
    { "http://h/?a=b@c", "http://h/?a=b@c" },
    { "nonsense", "nonsense" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GUri) uri = u_uri_parse (pairs[i].input, NULL);
      g_autofree char *masked = u_uri_dup_masked (uri);
      g_autofree char *string = u_uri_string_dup_masked (pairs[i].input);
      g_autofree char *bare = u_uri_dup_bare (uri);

      g_assert_cmpstr (masked, ==, pairs[i].expected);
      g_assert_cmpstr (string, ==, pairs[i].expected);
      g_assert_null (strstr (bare, "secret"));
      g_assert_null (strstr (bare, "token"));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_autofree char *string = u_uri_string_dup_masked (strings[i].input);

      g_assert_cmpstr (string, ==, strings[i].expected);
    }
}

static void
test_bare (void)
{
  g_autoptr (GUri) uri = u_uri_parse ("https://me:pw@h:444/a%2Fb?c#d", NULL);
  g_autofree char *bare = u_uri_dup_bare (uri);

  g_assert_cmpstr (bare, ==, "https://h:444/a%2Fb?c#d");
}

static void
test_origin (void)
{
  static const struct
  {
    const char *a;
    const char *b;
    gboolean same;
    int port;                 /* of a */
  } cases[] = {
    { "http://h/a", "http://H:80/b", TRUE, 80 },
    { "https://h:443/", "https://u@h/", TRUE, 443 },
    { "http://h/", "https://h/", FALSE, 80 },
    { "http://h:81/", "http://h/", FALSE, 81 },
    { "http://h/", "http://i/", FALSE, 80 },
    { "wss://h/", "wss://h/", TRUE, 443 },
    { "ftp://h/", "ftp://h:21/", TRUE, 21 },
    { "file:///a", "file:///a", FALSE, -1 },
    { "data:,a", "data:,a", FALSE, -1 },
    { "x-own://h", "x-own://h", TRUE, -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GUri) a = u_uri_parse (cases[i].a, NULL);
      g_autoptr (GUri) b = u_uri_parse (cases[i].b, NULL);

      g_test_message ("%s", cases[i].a);
      g_assert_cmpint (u_uri_same_origin (a, b), ==, cases[i].same);
      g_assert_cmpint (u_uri_get_effective_port (a), ==, cases[i].port);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/uri/parse", test_parse);
  g_test_add_func ("/uri/r270-error-message", test_error_message);
  g_test_add_func ("/uri/resolve-rfc3986", test_resolve_rfc);
  g_test_add_func ("/uri/resolve-more", test_resolve_more);
  g_test_add_func ("/uri/masked", test_masked);
  g_test_add_func ("/uri/bare", test_bare);
  g_test_add_func ("/uri/origin", test_origin);

  return g_test_run ();
}

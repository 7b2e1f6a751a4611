/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-options-private.h"

#include <string.h>

typedef enum
{
  KIND_FLAG,
  KIND_NUMBER,
  KIND_TEXT,
  KIND_LIST,
} OptionKind;

typedef struct
{
  const char *name;
  OptionKind kind;
  gsize offset;
} OptionSpec;

#define OPTION(name, kind, field) { name, kind, G_STRUCT_OFFSET (UTestOptions, field) }

static const OptionSpec specs[] = {
  OPTION ("etag", KIND_TEXT, etag),
  OPTION ("weak-etag", KIND_FLAG, weak_etag),
  OPTION ("no-etag", KIND_FLAG, no_etag),
  OPTION ("no-last-modified", KIND_FLAG, no_last_modified),
  OPTION ("no-ranges", KIND_FLAG, no_ranges),
  OPTION ("change-after-first", KIND_FLAG, change_after_first),
  OPTION ("seed", KIND_NUMBER, seed),
  OPTION ("body", KIND_TEXT, body),
  OPTION ("type", KIND_TEXT, type),
  OPTION ("name", KIND_TEXT, name),
  OPTION ("disposition", KIND_TEXT, disposition),
  OPTION ("gzip", KIND_FLAG, gzip),
  OPTION ("deflate", KIND_FLAG, deflate),
  OPTION ("gzip-cut", KIND_FLAG, gzip_cut),
  OPTION ("repr-digest", KIND_FLAG, repr_digest),
  OPTION ("bad-digest", KIND_FLAG, bad_digest),
  OPTION ("status", KIND_NUMBER, status),
  OPTION ("version", KIND_TEXT, version),
  OPTION ("header", KIND_LIST, headers),
  OPTION ("wrong-range", KIND_FLAG, wrong_range),
  OPTION ("range-416", KIND_FLAG, range_416),
  OPTION ("early-hints", KIND_FLAG, early_hints),
  OPTION ("url", KIND_TEXT, url),
  OPTION ("chunked", KIND_FLAG, chunked),
  OPTION ("close", KIND_FLAG, close),
  OPTION ("chunked-cut", KIND_FLAG, chunked_cut),
  OPTION ("two-lengths", KIND_FLAG, two_lengths),
  OPTION ("lie-length", KIND_NUMBER, lie_length),
  OPTION ("delay", KIND_NUMBER, delay),
  OPTION ("rate", KIND_NUMBER, rate),
  OPTION ("chunk", KIND_NUMBER, chunk),
  OPTION ("pause-after", KIND_NUMBER, pause_after),
  OPTION ("drop-after", KIND_NUMBER, drop_after),
  OPTION ("reset-after", KIND_NUMBER, reset_after),
  OPTION ("drop-once", KIND_FLAG, drop_once),
  OPTION ("times", KIND_NUMBER, times),
};

#undef OPTION

/* Takes one option; FALSE when its value does not fit. */
static gboolean
option_set (UTestOptions *self, const OptionSpec *spec, const char *value)
{
  gpointer field = G_STRUCT_MEMBER_P (self, spec->offset);
  char **text = field;

  switch (spec->kind)
    {
    case KIND_FLAG:
      *(gboolean *) field = TRUE;
      return TRUE;
    case KIND_NUMBER:
      return g_ascii_string_to_signed (value, 10, 0, G_MAXINT64, field, NULL);
    case KIND_TEXT:
      g_free (*text);
      *text = g_strdup (value);
      return TRUE;
    case KIND_LIST:
      g_ptr_array_add (*(GPtrArray **) field, g_strdup (value));
      return strchr (value, ':') != NULL;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
option_parse (UTestOptions *self, const char *pair)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *name = equals != NULL ? g_strndup (pair, equals - pair) : g_strdup (pair);
  g_autofree char *value = g_uri_unescape_string (equals != NULL ? equals + 1 : "", NULL);

  if (value == NULL)
    return FALSE;

  /* For tests that need two URLs for one and the same thing. */
  if (g_str_equal (name, "id"))
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      if (g_str_equal (specs[i].name, name))
        return option_set (self, &specs[i], value);
    }

  return FALSE;
}

/*
 * u_test_options_parse:
 * @query: (nullable): a query as in a URL
 * @unknown: (out) (nullable): the first part that is no option, or has no good value
 *
 * A misspelt option would let a test pass that tests nothing: it is reported.
 */
UTestOptions *
u_test_options_parse (const char *query, char **unknown)
{
  UTestOptions *self = g_new0 (UTestOptions, 1);
  g_auto(GStrv) pairs = NULL;

  *unknown = NULL;
  self->headers = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      if (specs[i].kind == KIND_NUMBER)
        *(gint64 *) G_STRUCT_MEMBER_P (self, specs[i].offset) = -1;
    }

  if (query == NULL)
    return self;

  pairs = g_strsplit (query, "&", -1);
  for (guint i = 0; pairs[i] != NULL; i++)
    {
      if (*pairs[i] != '\0' && !option_parse (self, pairs[i]) && *unknown == NULL)
        *unknown = g_strdup (pairs[i]);
    }

  return self;
}

void
u_test_options_free (UTestOptions *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      if (specs[i].kind == KIND_TEXT)
        g_free (*(char **) G_STRUCT_MEMBER_P (self, specs[i].offset));
    }
  g_ptr_array_unref (self->headers);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-structured-field-private.h"

#define NONE G_MININT64

static const struct
{
  const char *field;
  int boolean;                /* -1: it is none */
  gint64 integer;             /* NONE: it is none */
} items[] = {
  { "?1", TRUE, NONE },
  { "?0", FALSE, NONE },
  { "  ?1  ", TRUE, NONE },
  { "?1;a", TRUE, NONE },
  { "?1;a=1;b=\"x\\\"y\";c=tok/en;d=:aGk=:;e=?0;f=@12;g=%\"x\"", TRUE, NONE },
  { "?1; a=1", TRUE, NONE },
  { "?2", -1, NONE },
  { "?", -1, NONE },
  { "1?", -1, NONE },
  { "true", -1, NONE },
  { "?1, ?1", -1, NONE },
  { "?1 ;a", -1, NONE },
  { "?1;", -1, NONE },
  { "?1;A=1", -1, NONE },
  { "?1x", -1, NONE },
  { "0", -1, 0 },
  { "25000000", -1, 25000000 },
  { "-1", -1, -1 },
  { "007", -1, 7 },
  { "999999999999999", -1, G_GINT64_CONSTANT (999999999999999) },
  { "1000000000000000", -1, NONE },
  { "1;a=b", -1, 1 },
  { "+1", -1, NONE },
  { "1.0", -1, NONE },
  { "1.", -1, NONE },
  { "0x10", -1, NONE },
  { "12abc", -1, NONE },
  { "1, 1", -1, NONE },
  { "1 1", -1, NONE },
  { "-", -1, NONE },
  { "\"1\"", -1, NONE },
  { "\"", -1, NONE },
  { "\"\\", -1, NONE },
  { "@1", -1, NONE },
  { "(1)", -1, NONE },
  { "", -1, NONE },
  { "\xc3\xa4", -1, NONE },
  { NULL, -1, NONE },
};

static void
test_items (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      gboolean boolean = 7;
      gint64 integer = NONE;

      g_test_message ("%s", items[i].field);
      g_assert_true (u_structured_field_get_boolean (items[i].field, &boolean) == (items[i].boolean != -1));
      g_assert_cmpint (boolean, ==, items[i].boolean != -1 ? items[i].boolean : 7);
      g_assert_true (u_structured_field_get_integer (items[i].field, &integer) == (items[i].integer != NONE));
      g_assert_cmpint (integer, ==, items[i].integer);
    }
}

static const struct
{
  const char *field;
  gint64 value;               /* of max-size; NONE: there is none */
} dictionaries[] = {
  { "max-size=5", 5 },
  { "max-size=5, min-size=1", 5 },
  { "min-size=1,max-size=5", 5 },
  { "min-size=1 ,\tmax-size=5  ", 5 },
  { "max-size=5, max-size=6", 6 },
  { "max-size=5;q=1", 5 },
  { "a, b;c, d=(1 \"x\" tok;p=1);q, e=:aGk=:, max-size=5", 5 },
  { "d=(), max-size=5", 5 },
  { "d=( 1 2 ), max-size=5", 5 },
  { "d=(1 2, max-size=5", NONE },
  { "d=(1\"x\"), max-size=5", NONE },
  { "max-size", NONE },
  { "max-size=\"5\"", NONE },
  { "max-size=5.5", NONE },
  { "max-size=(5)", NONE },
  { "max-size=5, max-size=x", NONE },
  { "max-size=5,", NONE },
  { "max-size=5 min-size=1", NONE },
  { "MAX-SIZE=5", NONE },
  { "max-sizes=5", NONE },
  { "max=5", NONE },
  { "=5", NONE },
  { "max-size=", NONE },
  { "max-size=5, =", NONE },
  { "", NONE },
  { NULL, NONE },
};

static void
test_dictionaries (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (dictionaries); i++)
    {
      gint64 value = NONE;

      g_test_message ("%s", dictionaries[i].field);
      g_assert_true (u_structured_field_get_member (dictionaries[i].field, "max-size", &value) ==
                     (dictionaries[i].value != NONE));
      g_assert_cmpint (value, ==, dictionaries[i].value);
    }
}

/* Whatever comes, it is read to its end at most. */
static void
test_any_bytes (void)
{
  static const char alphabet[] = "?01-9.,;=()\"\\:@%aA* \t\x7f\xff";

  for (guint i = 0; i < 200000; i++)
    {
      char field[16];
      int length = g_test_rand_int_range (0, (int) sizeof field - 1);
      g_autofree char *copy = NULL;
      gboolean boolean;
      gint64 integer;

      for (int j = 0; j < length; j++)
        field[j] = alphabet[g_test_rand_int_range (0, (int) sizeof alphabet - 1)];
      field[length] = '\0';
      /* Of its exact size, for whoever watches reads. */
      copy = g_strdup (field);
      u_structured_field_get_boolean (copy, &boolean);
      u_structured_field_get_integer (copy, &integer);
      u_structured_field_get_member (copy, "a", &integer);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/structured-field/items", test_items);
  g_test_add_func ("/structured-field/dictionaries", test_dictionaries);
  g_test_add_func ("/structured-field/any-bytes", test_any_bytes);

  return g_test_run ();
}

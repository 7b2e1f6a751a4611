/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must be true of the properties of every class. */
#include <urlsession/urlsession.h>

#include "api-types.h"

#define MAX_ITERATIONS 100

typedef GType (*TypeFunc) (void);

#define TYPE_ROW(name, function) { #name, function },

static const struct
{
  const char *name;
  TypeFunc get_type;
} all_types[] = {
  ALL_TYPES (TYPE_ROW)
};

/* Values that differ from what the class says until there is something to tell, and why. */
static const struct
{
  const char *type;
  const char *property;
} computed[] = {
  { "UResponse", "suggested-filename" },  /* “Unknown” where nothing suggests a name */
  { "UTask", "identifier" },              /* given by the session */
};

static gboolean
is_computed (GParamSpec *pspec)
{
  for (guint i = 0; i < G_N_ELEMENTS (computed); i++)
    {
      if (g_str_equal (g_type_name (pspec->owner_type), computed[i].type) &&
          g_str_equal (pspec->name, computed[i].property))
        return TRUE;
    }

  return FALSE;
}

/* What is given when an object is made and no property that can be read: it must be in no dump of them. */
static const struct
{
  const char *type;
  const char *property;
} secrets[] = {
  { "UCredential", "password" },
};

static gboolean
is_secret (GParamSpec *pspec)
{
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    {
      if (g_str_equal (g_type_name (pspec->owner_type), secrets[i].type) &&
          g_str_equal (pspec->name, secrets[i].property))
        return TRUE;
    }

  return FALSE;
}

typedef struct
{
  USession *session;          /* owned */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->session = u_session_new (NULL);
}

/* What is notified in the context of a session arrives. */
static void
settle (void)
{
  for (guint i = 0; i < MAX_ITERATIONS && g_main_context_iteration (NULL, FALSE); i++)
    ;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  settle ();
  g_assert_finalize_object (fixture->session);
}

/* Tasks as a session makes them, all others as a binding would. NULL for what cannot be made. */
static GObject *
make (Fixture *fixture, GType type)
{
  if (G_TYPE_IS_ABSTRACT (type))
    return NULL;
  if (type == U_TYPE_DATA_TASK)
    return G_OBJECT (u_session_create_data_task_for_uri (fixture->session, "data:,"));
  if (type == U_TYPE_DOWNLOAD_TASK)
    return G_OBJECT (u_session_create_download_task_for_uri (fixture->session, "data:,"));

  return g_object_new (type, NULL);
}

static gboolean
is_plain (GParamSpec *pspec)
{
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_OBJECT:
    case G_TYPE_INTERFACE:
    case G_TYPE_BOXED:
      return FALSE;
    default:
      return TRUE;
    }
}

/* A value that a property can have, other than its default. */
static void
make_other (GParamSpec *pspec, GValue *value)
{
  g_value_init (value, pspec->value_type);

  if (G_IS_PARAM_SPEC_STRING (pspec))
    {
      g_value_set_static_string (value, "api-test");
    }
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    {
      g_value_set_boolean (value, !G_PARAM_SPEC_BOOLEAN (pspec)->default_value);
    }
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    {
      GParamSpecEnum *spec = G_PARAM_SPEC_ENUM (pspec);

      for (guint i = 0; i < spec->enum_class->n_values; i++)
        {
          if (spec->enum_class->values[i].value != spec->default_value)
            g_value_set_enum (value, spec->enum_class->values[i].value);
        }
    }
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    {
      GParamSpecUInt *spec = G_PARAM_SPEC_UINT (pspec);

      g_value_set_uint (value, spec->default_value == spec->minimum ? spec->minimum + 1 : spec->minimum);
    }
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    {
      GParamSpecInt64 *spec = G_PARAM_SPEC_INT64 (pspec);

      g_value_set_int64 (value, spec->default_value == spec->minimum ? spec->minimum + 1 : spec->minimum);
    }
  else if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    {
      GParamSpecDouble *spec = G_PARAM_SPEC_DOUBLE (pspec);

      g_value_set_double (value, spec->default_value == spec->minimum ? spec->minimum + 0.75 : spec->minimum);
    }
  else
    {
      g_error ("%s.%s: teach this test the type %s", g_type_name (pspec->owner_type), pspec->name,
               g_type_name (pspec->value_type));
    }
}

static void
assert_value (GObject *object, GParamSpec *pspec, const GValue *expected)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (object, pspec->name, &value);
  if (g_param_values_cmp (pspec, &value, expected) != 0)
    {
      g_autofree char *is = g_strdup_value_contents (&value);
      g_autofree char *should = g_strdup_value_contents (expected);

      g_test_message ("%s.%s is %s instead of %s", G_OBJECT_TYPE_NAME (object), pspec->name, is, should);
      g_test_fail ();
    }
}

static void
count_notify_cb (GObject *object, GParamSpec *pspec, gpointer data)
{
  (*(guint *) data)++;
}

/* Sets a value and expects it back, with so many notifications. */
static void
check_set (GObject *object, GParamSpec *pspec, const GValue *value, guint expected)
{
  g_autofree char *signal = g_strconcat ("notify::", pspec->name, NULL);
  guint n = 0;
  gulong id;

  settle ();
  id = g_signal_connect (object, signal, G_CALLBACK (count_notify_cb), &n);
  g_object_set_property (object, pspec->name, value);
  settle ();
  g_signal_handler_disconnect (object, id);

  assert_value (object, pspec, value);
  if (n != expected)
    {
      g_test_message ("%s.%s was notified %u times instead of %u", G_OBJECT_TYPE_NAME (object), pspec->name, n,
                      expected);
      g_test_fail ();
    }
}

typedef void (*PropertyFunc) (GObject *object, GParamSpec *pspec);

static void
for_each_property (Fixture *fixture, PropertyFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (all_types); i++)
    {
      GType type = all_types[i].get_type ();
      g_autoptr (GObject) object = NULL;
      g_autofree GParamSpec **pspecs = NULL;
      guint n_pspecs;

      if (!g_type_is_a (type, G_TYPE_OBJECT))
        continue;
      object = make (fixture, type);
      if (object == NULL)
        continue;

      pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n_pspecs);
      for (guint j = 0; j < n_pspecs; j++)
        func (object, pspecs[j]);
    }
}

static void
check_shape (GObject *object, GParamSpec *pspec)
{
  const GParamFlags changes = G_PARAM_CONSTRUCT | G_PARAM_CONSTRUCT_ONLY;

  if (((pspec->flags & G_PARAM_READABLE) == 0) != is_secret (pspec))
    {
      g_test_message ("%s.%s can be read, or cannot", G_OBJECT_TYPE_NAME (object), pspec->name);
      g_test_fail ();
    }
  /* Whoever sets what is there already is not told of a change. */
  if ((pspec->flags & G_PARAM_WRITABLE) != 0 && (pspec->flags & changes) == 0 &&
      (pspec->flags & G_PARAM_EXPLICIT_NOTIFY) == 0)
    {
      g_test_message ("%s.%s notifies without a change", G_OBJECT_TYPE_NAME (object), pspec->name);
      g_test_fail ();
    }
}

static void
test_shape (Fixture *fixture, gconstpointer data)
{
  for_each_property (fixture, check_shape);
}

static void
check_default (GObject *object, GParamSpec *pspec)
{
  if (is_plain (pspec) && !is_computed (pspec) && !is_secret (pspec))
    assert_value (object, pspec, g_param_spec_get_default_value (pspec));
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  for_each_property (fixture, check_default);
}

/* An object that is there from the beginning, which no GParamSpec can say: to set NULL is a change. */
static gboolean
is_there_already (GObject *object, GParamSpec *pspec)
{
  return U_IS_SESSION_CONFIGURATION (object) && (g_str_equal (pspec->name, "cookie-storage") ||
                                                 g_str_equal (pspec->name, "credential-storage"));
}

static void
check_writable (GObject *object, GParamSpec *pspec)
{
  const GValue *first = g_param_spec_get_default_value (pspec);
  g_auto (GValue) other = G_VALUE_INIT;

  if ((pspec->flags & G_PARAM_WRITABLE) == 0 || (pspec->flags & G_PARAM_CONSTRUCT_ONLY) != 0)
    return;

  check_set (object, pspec, first, is_there_already (object, pspec) ? 1 : 0);
  if (!is_plain (pspec))
    return;

  make_other (pspec, &other);
  check_set (object, pspec, &other, 1);
  check_set (object, pspec, &other, 0);
  check_set (object, pspec, first, 1);
}

static void
test_writable (Fixture *fixture, gconstpointer data)
{
  for_each_property (fixture, check_writable);
}

static void
check_construct_only (GObject *object, GParamSpec *pspec)
{
  g_autoptr (GObject) made = NULL;
  g_auto (GValue) other = G_VALUE_INIT;

  if ((pspec->flags & G_PARAM_CONSTRUCT_ONLY) == 0 || !is_plain (pspec) || is_secret (pspec))
    return;

  make_other (pspec, &other);
  made = g_object_new_with_properties (G_OBJECT_TYPE (object), 1, (const char **) &pspec->name, &other);
  assert_value (made, pspec, &other);
}

static void
test_construct_only (Fixture *fixture, gconstpointer data)
{
  for_each_property (fixture, check_construct_only);
}

/* An object that a binding made, and that no session knows, does nothing; but it does not end the program. */
static void
test_bare_objects (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (all_types); i++)
    {
      GType type = all_types[i].get_type ();
      g_autoptr (GObject) object = NULL;
      g_autofree GParamSpec **pspecs = NULL;
      guint n_pspecs;

      if (!g_type_is_a (type, G_TYPE_OBJECT) || G_TYPE_IS_ABSTRACT (type))
        continue;

      object = g_object_new (type, NULL);
      pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n_pspecs);
      for (guint j = 0; j < n_pspecs; j++)
        {
          g_auto (GValue) value = G_VALUE_INIT;

          if (!is_secret (pspecs[j]))
            g_object_get_property (object, pspecs[j]->name, &value);
          check_writable (object, pspecs[j]);
        }
      if (U_IS_DECISION (object))
        {
          g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*No task asked the*");
          u_decision_use_default (U_DECISION (object));
          g_test_assert_expected_messages ();
        }
      else if (U_IS_TASK (object))
        {
          g_test_expect_message ("URLSession", G_LOG_LEVEL_CRITICAL, "*session != NULL*");
          u_task_resume (U_TASK (object));
          g_test_assert_expected_messages ();
        }
      g_assert_finalize_object (g_steal_pointer (&object));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add ("/api/properties/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("shape", test_shape);
  ADD ("defaults", test_defaults);
  ADD ("writable", test_writable);
  ADD ("construct-only", test_construct_only);
  ADD ("bare-objects", test_bare_objects);
#undef ADD

  return g_test_run ();
}

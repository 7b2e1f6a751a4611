/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <math.h>

/* Reads a log in the HTTP Archive format and asserts that all that version 1.2 demands is there, of the right type,
 * and that the numbers go together. */

typedef enum {
  HAR_OBJECT,
  HAR_ARRAY,
  HAR_STRING,
  HAR_INTEGER,
  HAR_NUMBER,
} HarType;

typedef struct
{
  const char *name;
  HarType type;
} HarMember;

#define HAR_TOLERANCE 0.01

static inline gboolean
har_is_type (JsonNode *node, HarType type)
{
  switch (type)
    {
    case HAR_OBJECT:
      return JSON_NODE_HOLDS_OBJECT (node);
    case HAR_ARRAY:
      return JSON_NODE_HOLDS_ARRAY (node);
    case HAR_STRING:
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
    case HAR_INTEGER:
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
    case HAR_NUMBER:
    default:
      return JSON_NODE_HOLDS_VALUE (node) &&
             (json_node_get_value_type (node) == G_TYPE_INT64 || json_node_get_value_type (node) == G_TYPE_DOUBLE);
    }
}

static inline void
har_check_members (JsonObject *object, const HarMember *members, guint n_members)
{
  for (guint i = 0; i < n_members; i++)
    {
      JsonNode *node = json_object_get_member (object, members[i].name);

      if (node == NULL || !har_is_type (node, members[i].type))
        g_error ("HAR: “%s” is missing or of another type", members[i].name);
    }
}

#define HAR_CHECK(object, ...) \
  G_STMT_START \
    { \
      static const HarMember members_[] = { __VA_ARGS__ }; \
      har_check_members (object, members_, G_N_ELEMENTS (members_)); \
    } \
  G_STMT_END

static inline void
har_check_pairs (JsonObject *object, const char *name)
{
  JsonArray *array = json_object_get_array_member (object, name);

  for (guint i = 0; i < json_array_get_length (array); i++)
    HAR_CHECK (json_array_get_object_element (array, i), { "name", HAR_STRING }, { "value", HAR_STRING });
}

static inline double
har_time (JsonObject *timings, const char *name)
{
  double value = json_object_get_double_member (timings, name);

  /* -1: not known. Nothing else is negative. */
  g_assert_true (value >= 0 || value == -1);

  return MAX (value, 0);
}

static inline void
har_check_timings (JsonObject *entry)
{
  JsonObject *timings = json_object_get_object_member (entry, "timings");
  double total = json_object_get_double_member (entry, "time");
  double sum;

  HAR_CHECK (timings, { "blocked", HAR_NUMBER }, { "dns", HAR_NUMBER }, { "connect", HAR_NUMBER },
             { "ssl", HAR_NUMBER }, { "send", HAR_NUMBER }, { "wait", HAR_NUMBER }, { "receive", HAR_NUMBER });
  g_assert_cmpfloat (json_object_get_double_member (timings, "send"), >=, 0);
  g_assert_cmpfloat (json_object_get_double_member (timings, "wait"), >=, 0);
  g_assert_cmpfloat (json_object_get_double_member (timings, "receive"), >=, 0);
  g_assert_cmpfloat (har_time (timings, "ssl"), <=, har_time (timings, "connect"));

  sum = har_time (timings, "blocked") + har_time (timings, "dns") + har_time (timings, "connect") +
        har_time (timings, "send") + har_time (timings, "wait") + har_time (timings, "receive");
  g_assert_cmpfloat (total, >=, 0);
  if (fabs (total - sum) > HAR_TOLERANCE)
    g_error ("HAR: the timings add up to %f, and “time” is %f", sum, total);
}

static inline void
har_check_entry (JsonObject *entry)
{
  JsonObject *request;
  JsonObject *response;
  JsonObject *content;
  g_autoptr (GDateTime) started = NULL;

  HAR_CHECK (entry, { "startedDateTime", HAR_STRING }, { "time", HAR_NUMBER }, { "request", HAR_OBJECT },
             { "response", HAR_OBJECT }, { "cache", HAR_OBJECT }, { "timings", HAR_OBJECT });
  started = g_date_time_new_from_iso8601 (json_object_get_string_member (entry, "startedDateTime"), NULL);
  g_assert_nonnull (started);

  request = json_object_get_object_member (entry, "request");
  HAR_CHECK (request, { "method", HAR_STRING }, { "url", HAR_STRING }, { "httpVersion", HAR_STRING },
             { "cookies", HAR_ARRAY }, { "headers", HAR_ARRAY }, { "queryString", HAR_ARRAY },
             { "headersSize", HAR_INTEGER }, { "bodySize", HAR_INTEGER });
  har_check_pairs (request, "cookies");
  har_check_pairs (request, "headers");
  har_check_pairs (request, "queryString");
  g_assert_null (strchr (json_object_get_string_member (request, "url"), '#'));
  g_assert_cmpint (json_object_get_int_member (request, "bodySize"), >=, 0);

  response = json_object_get_object_member (entry, "response");
  HAR_CHECK (response, { "status", HAR_INTEGER }, { "statusText", HAR_STRING }, { "httpVersion", HAR_STRING },
             { "cookies", HAR_ARRAY }, { "headers", HAR_ARRAY }, { "content", HAR_OBJECT },
             { "redirectURL", HAR_STRING }, { "headersSize", HAR_INTEGER }, { "bodySize", HAR_INTEGER });
  har_check_pairs (response, "cookies");
  har_check_pairs (response, "headers");
  content = json_object_get_object_member (response, "content");
  HAR_CHECK (content, { "size", HAR_INTEGER }, { "mimeType", HAR_STRING });
  if (json_object_has_member (content, "compression"))
    g_assert_cmpint (json_object_get_int_member (content, "size") -
                     json_object_get_int_member (content, "compression"), ==,
                     json_object_get_int_member (response, "bodySize"));
  else if (json_object_get_int_member (response, "bodySize") >= 0)
    g_assert_cmpint (json_object_get_int_member (content, "size"), ==,
                     json_object_get_int_member (response, "bodySize"));
  har_check_timings (entry);
}

/* (transfer full): the entries, in order. */
static inline JsonArray *
har_check (const char *text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonArray) entries = NULL;
  JsonObject *log;

  g_assert_true (json_parser_load_from_data (parser, text, -1, &error));
  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)));
  HAR_CHECK (json_node_get_object (json_parser_get_root (parser)), { "log", HAR_OBJECT });
  log = json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "log");
  HAR_CHECK (log, { "version", HAR_STRING }, { "creator", HAR_OBJECT }, { "entries", HAR_ARRAY });
  g_assert_cmpstr (json_object_get_string_member (log, "version"), ==, "1.2");
  HAR_CHECK (json_object_get_object_member (log, "creator"), { "name", HAR_STRING }, { "version", HAR_STRING });

  entries = json_array_ref (json_object_get_array_member (log, "entries"));
  for (guint i = 0; i < json_array_get_length (entries); i++)
    har_check_entry (json_array_get_object_element (entries, i));

  return g_steal_pointer (&entries);
}

static inline JsonObject *
har_get (JsonArray *entries, guint index, const char *part)
{
  return json_object_get_object_member (json_array_get_object_element (entries, index), part);
}

/* The value of the first pair with that name; NULL: there is none. */
static inline const char *
har_find (JsonObject *object, const char *list, const char *name)
{
  JsonArray *array = json_object_get_array_member (object, list);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *pair = json_array_get_object_element (array, i);

      if (g_ascii_strcasecmp (json_object_get_string_member (pair, "name"), name) == 0)
        return json_object_get_string_member (pair, "value");
    }

  return NULL;
}

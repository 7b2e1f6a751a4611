/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-retry-rules-private.h"

#include <stdlib.h>
#include <string.h>

/* A wait of at most a second, then of two: after that somebody has waited three seconds, and should be told. */
#define DEFAULT_MAX_ATTEMPTS 3
#define DEFAULT_INITIAL_DELAY 1.0
#define DEFAULT_MAXIMUM_DELAY 60.0
#define DEFAULT_MULTIPLIER 2.0
/* All of a wait: of clients that failed together, the fewest come back together. */
#define DEFAULT_JITTER 1.0

/* “Not now” (RFC 9110 sections 15.5.9, 15.6.3 to 15.6.5; RFC 6585 section 4). 500 is not among them: it is what a
 * server says that has a mistake in it, and has it the next time, too. */
static const guint default_status_codes[] = { 408, 429, 502, 503, 504 };

static const struct
{
  const char *name;
  gsize offset;
  double minimum;
  double maximum;
} numbers[] = {
  { "initial-delay", G_STRUCT_OFFSET (URetryRules, initial_delay), 0, G_MAXDOUBLE },
  { "jitter", G_STRUCT_OFFSET (URetryRules, jitter), 0, 1 },
  { "maximum-delay", G_STRUCT_OFFSET (URetryRules, maximum_delay), 0, G_MAXDOUBLE },
  { "multiplier", G_STRUCT_OFFSET (URetryRules, multiplier), 1, G_MAXDOUBLE },
};

static const struct
{
  const char *name;
  gsize offset;
} flags[] = {
  { "honors-retry-after", G_STRUCT_OFFSET (URetryRules, honors_retry_after) },
  { "retries-unsafe-methods", G_STRUCT_OFFSET (URetryRules, retries_unsafe_methods) },
};

URetryRules *
u_retry_rules_new (void)
{
  URetryRules *self = g_new0 (URetryRules, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->max_attempts = DEFAULT_MAX_ATTEMPTS;
  self->initial_delay = DEFAULT_INITIAL_DELAY;
  self->maximum_delay = DEFAULT_MAXIMUM_DELAY;
  self->multiplier = DEFAULT_MULTIPLIER;
  self->jitter = DEFAULT_JITTER;
  self->honors_retry_after = TRUE;
  u_retry_rules_set_status_codes (self, default_status_codes, G_N_ELEMENTS (default_status_codes));

  return self;
}

URetryRules *
u_retry_rules_copy (const URetryRules *self)
{
  URetryRules *copy = g_new (URetryRules, 1);

  *copy = *self;
  g_atomic_ref_count_init (&copy->ref_count);
  copy->status_codes = g_memdup2 (self->status_codes, self->n_status_codes * sizeof *self->status_codes);

  return copy;
}

URetryRules *
u_retry_rules_ref (URetryRules *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_retry_rules_unref (URetryRules *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->status_codes);
  g_free (self);
}

gboolean
u_retry_rules_equal (const URetryRules *a, const URetryRules *b)
{
  if (a == b)
    return TRUE;
  if (a == NULL || b == NULL)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      if (G_STRUCT_MEMBER (double, a, numbers[i].offset) != G_STRUCT_MEMBER (double, b, numbers[i].offset))
        return FALSE;
    }

  return a->max_attempts == b->max_attempts && a->honors_retry_after == b->honors_retry_after &&
         a->retries_unsafe_methods == b->retries_unsafe_methods && a->n_status_codes == b->n_status_codes &&
         (a->n_status_codes == 0 ||
          memcmp (a->status_codes, b->status_codes, a->n_status_codes * sizeof *a->status_codes) == 0);
}

static int
compare_codes (gconstpointer a, gconstpointer b)
{
  guint first = *(const guint *) a;
  guint second = *(const guint *) b;

  return (first > second) - (first < second);
}

void
u_retry_rules_set_status_codes (URetryRules *self, const guint *status_codes, gsize n_status_codes)
{
  guint *copy = g_memdup2 (status_codes, n_status_codes * sizeof *status_codes);
  gsize n = 0;

  if (copy != NULL)
    qsort (copy, n_status_codes, sizeof *copy, compare_codes);
  for (gsize i = 0; i < n_status_codes; i++)
    {
      if (n == 0 || copy[n - 1] != copy[i])
        copy[n++] = copy[i];
    }
  g_free (self->status_codes);
  self->status_codes = copy;
  self->n_status_codes = n;
}

gboolean
u_retry_rules_has_status (const URetryRules *self, guint status)
{
  for (gsize i = 0; i < self->n_status_codes; i++)
    {
      if (self->status_codes[i] == status)
        return TRUE;
    }

  return FALSE;
}

void
u_retry_rules_to_json (const URetryRules *self, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "max-attempts");
  json_builder_add_int_value (builder, self->max_attempts);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      json_builder_set_member_name (builder, numbers[i].name);
      json_builder_add_double_value (builder, G_STRUCT_MEMBER (double, self, numbers[i].offset));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      json_builder_set_member_name (builder, flags[i].name);
      json_builder_add_boolean_value (builder, G_STRUCT_MEMBER (gboolean, self, flags[i].offset));
    }
  json_builder_set_member_name (builder, "status-codes");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < self->n_status_codes; i++)
    json_builder_add_int_value (builder, self->status_codes[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* A number of either kind: what was written as 1.0 may be read as 1. */
static gboolean
read_number (JsonObject *object, const char *name, double minimum, double maximum, double *value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || (json_node_get_value_type (node) != G_TYPE_DOUBLE &&
                       json_node_get_value_type (node) != G_TYPE_INT64))
    return FALSE;
  *value = json_node_get_double (node);

  return *value >= minimum && *value <= maximum;
}

static gboolean
read_status_codes (URetryRules *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "status-codes");
  g_autoptr (GArray) codes = g_array_new (FALSE, FALSE, sizeof (guint));
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      guint code;

      if (json_node_get_value_type (element) != G_TYPE_INT64 || json_node_get_int (element) < 100 ||
          json_node_get_int (element) > 999)
        return FALSE;
      code = (guint) json_node_get_int (element);
      g_array_append_val (codes, code);
    }
  u_retry_rules_set_status_codes (self, (const guint *) (gpointer) codes->data, codes->len);

  return TRUE;
}

URetryRules *
u_retry_rules_new_from_json (JsonObject *object)
{
  g_autoptr (URetryRules) self = u_retry_rules_new ();
  double attempts;

  if (!read_number (object, "max-attempts", 1, G_MAXUINT, &attempts))
    return NULL;
  self->max_attempts = (guint) attempts;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      if (!read_number (object, numbers[i].name, numbers[i].minimum, numbers[i].maximum,
                        &G_STRUCT_MEMBER (double, self, numbers[i].offset)))
        return NULL;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      JsonNode *node = json_object_get_member (object, flags[i].name);

      if (node == NULL || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return NULL;
      G_STRUCT_MEMBER (gboolean, self, flags[i].offset) = json_node_get_boolean (node);
    }

  return read_status_codes (self, object) ? g_steal_pointer (&self) : NULL;
}

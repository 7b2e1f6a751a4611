/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-policy-json-private.h"

#include "urlsession/message/u-uri-private.h"

/* TRUE unless it is said otherwise. */
static const struct
{
  const char *name;
  gsize offset;
} flags[] = {
  { "allows-cellular-access", G_STRUCT_OFFSET (URequestData, allows_cellular_access) },
  { "allows-constrained-access", G_STRUCT_OFFSET (URequestData, allows_constrained_access) },
  { "allows-expensive-access", G_STRUCT_OFFSET (URequestData, allows_expensive_access) },
  { "handles-cookies", G_STRUCT_OFFSET (URequestData, handles_cookies) },
};

void
u_request_policy_to_json (URequestData *request, JsonBuilder *builder)
{
  g_autoptr (GUri) document = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      if (G_STRUCT_MEMBER (gboolean, request, flags[i].offset))
        continue;

      json_builder_set_member_name (builder, flags[i].name);
      json_builder_add_boolean_value (builder, FALSE);
    }

  /* What is no URL decides nothing; a password in one is none of a rule's business. */
  if (request->main_document_uri != NULL)
    document = u_uri_parse (request->main_document_uri, NULL);
  if (document != NULL)
    {
      g_autofree char *bare = u_uri_dup_bare (document);

      json_builder_set_member_name (builder, "main-document-uri");
      json_builder_add_string_value (builder, bare);
    }

  if (request->retry != NULL)
    {
      json_builder_set_member_name (builder, "retry");
      u_retry_rules_to_json (request->retry, builder);
    }
}

gboolean
u_request_policy_from_json (URequestData *request, JsonObject *object)
{
  JsonNode *node;

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      node = json_object_get_member (object, flags[i].name);
      if (node == NULL)
        continue;
      if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return FALSE;
      G_STRUCT_MEMBER (gboolean, request, flags[i].offset) = json_node_get_boolean (node);
    }

  node = json_object_get_member (object, "main-document-uri");
  if (node != NULL)
    {
      g_autoptr (GUri) document = NULL;

      if (json_node_get_value_type (node) != G_TYPE_STRING)
        return FALSE;
      document = u_uri_parse (json_node_get_string (node), NULL);
      if (document == NULL)
        return FALSE;
      g_free (request->main_document_uri);
      request->main_document_uri = u_uri_dup_bare (document);
    }

  node = json_object_get_member (object, "retry");
  if (node != NULL)
    {
      g_clear_pointer (&request->retry, u_retry_rules_unref);
      if (JSON_NODE_HOLDS_OBJECT (node))
        request->retry = u_retry_rules_new_from_json (json_node_get_object (node));
      if (request->retry == NULL)
        return FALSE;
    }

  return TRUE;
}

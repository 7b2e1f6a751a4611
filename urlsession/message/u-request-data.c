/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-request-data-private.h"

#include "urlsession/message/u-uri-private.h"

URequestData *
u_request_data_new (const char *uri)
{
  URequestData *self = g_new0 (URequestData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->method = g_strdup ("GET");
  self->headers = u_header_list_new ();
  self->handles_cookies = TRUE;
  self->allows_cellular_access = TRUE;
  self->allows_constrained_access = TRUE;
  self->allows_expensive_access = TRUE;
  u_request_data_set_uri (self, uri);

  return self;
}

URequestData *
u_request_data_ref (URequestData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_request_data_unref (URequestData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->uri);
  g_clear_pointer (&self->parsed, g_uri_unref);
  g_free (self->method);
  u_header_list_unref (self->headers);
  u_request_data_clear_body (self);
  g_free (self->main_document_uri);
  g_clear_pointer (&self->retry, u_retry_rules_unref);
  g_clear_pointer (&self->attributes, g_hash_table_unref);
  g_free (self);
}

URequestData *
u_request_data_copy (URequestData *self)
{
  URequestData *copy = g_new0 (URequestData, 1);

  g_atomic_ref_count_init (&copy->ref_count);
  copy->uri = g_strdup (self->uri);
  copy->parsed = self->parsed != NULL ? g_uri_ref (self->parsed) : NULL;
  copy->method = g_strdup (self->method);
  copy->headers = u_header_list_ref (self->headers);
  copy->body_kind = self->body_kind;
  copy->body_bytes = self->body_bytes != NULL ? g_bytes_ref (self->body_bytes) : NULL;
  copy->body_path = g_strdup (self->body_path);
  copy->body_parts = self->body_parts != NULL ? u_body_parts_ref (self->body_parts) : NULL;
  copy->body_source = self->body_source != NULL ? u_body_source_ref (self->body_source) : NULL;
  copy->body_content_type = g_strdup (self->body_content_type);
  copy->timeout = self->timeout;
  copy->maximum_body_length = self->maximum_body_length;
  copy->handles_cookies = self->handles_cookies;
  copy->main_document_uri = g_strdup (self->main_document_uri);
  copy->allows_cellular_access = self->allows_cellular_access;
  copy->allows_constrained_access = self->allows_constrained_access;
  copy->allows_expensive_access = self->allows_expensive_access;
  copy->retry = self->retry != NULL ? u_retry_rules_ref (self->retry) : NULL;
  copy->attributes = self->attributes != NULL ? g_hash_table_ref (self->attributes) : NULL;

  return copy;
}

/*
 * u_request_data_unshare:
 *
 * Consumes the reference; returns data that nobody else holds, the same where possible.
 */
URequestData *
u_request_data_unshare (URequestData *self)
{
  URequestData *copy;

  if (g_atomic_ref_count_compare (&self->ref_count, 1))
    return self;

  copy = u_request_data_copy (self);
  u_request_data_unref (self);

  return copy;
}

void
u_request_data_set_uri (URequestData *self, const char *uri)
{
  char *copy = g_strdup (uri);

  g_free (self->uri);
  self->uri = copy;
  g_clear_pointer (&self->parsed, g_uri_unref);
  if (copy != NULL)
    self->parsed = u_uri_parse (copy, NULL);
}

void
u_request_data_clear_body (URequestData *self)
{
  self->body_kind = U_BODY_NONE;
  g_clear_pointer (&self->body_bytes, g_bytes_unref);
  g_clear_pointer (&self->body_path, g_free);
  g_clear_pointer (&self->body_parts, u_body_parts_unref);
  g_clear_pointer (&self->body_source, u_body_source_unref);
  g_clear_pointer (&self->body_content_type, g_free);
}

void
u_request_data_set_body_source (URequestData *self, UBodySource *source)
{
  g_autofree char *type = g_strdup (self->body_content_type);
  g_autoptr (UBodySource) kept = u_body_source_ref (source);

  u_request_data_clear_body (self);
  self->body_kind = U_BODY_SOURCE;
  self->body_source = g_steal_pointer (&kept);
  self->body_content_type = g_steal_pointer (&type);
}

/* What the application says with a field is the length of a stream, unless it was given with it. */
static gint64
get_source_length (URequestData *self)
{
  const char *value = u_header_list_get (self->headers, "Content-Length");
  gint64 length = u_body_source_get_length (self->body_source);
  guint64 said;

  if (length >= 0 || value == NULL || !g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &said, NULL))
    return length;

  return (gint64) said;
}

gint64
u_request_data_get_body_length (URequestData *self)
{
  switch (self->body_kind)
    {
    case U_BODY_NONE:
      return 0;
    case U_BODY_BYTES:
      return (gint64) g_bytes_get_size (self->body_bytes);
    case U_BODY_PARTS:
      return u_body_parts_get_length (self->body_parts);
    case U_BODY_SOURCE:
      return get_source_length (self);
    case U_BODY_FILE:
    default:
      return -1;
    }
}

gboolean
u_request_data_equal (URequestData *a, URequestData *b)
{
  if (a == b)
    return TRUE;

  if (a->maximum_body_length != b->maximum_body_length ||
      g_strcmp0 (a->uri, b->uri) != 0 || g_strcmp0 (a->method, b->method) != 0 ||
      a->timeout != b->timeout || a->body_kind != b->body_kind ||
      g_strcmp0 (a->body_path, b->body_path) != 0 || a->body_source != b->body_source ||
      !u_body_parts_equal (a->body_parts, b->body_parts) ||
      g_strcmp0 (a->body_content_type, b->body_content_type) != 0 ||
      a->handles_cookies != b->handles_cookies || g_strcmp0 (a->main_document_uri, b->main_document_uri) != 0 ||
      a->allows_cellular_access != b->allows_cellular_access ||
      a->allows_constrained_access != b->allows_constrained_access ||
      a->allows_expensive_access != b->allows_expensive_access || !u_retry_rules_equal (a->retry, b->retry) ||
      !u_header_list_equal (a->headers, b->headers))
    return FALSE;

  return a->body_bytes == b->body_bytes ||
         (a->body_bytes != NULL && b->body_bytes != NULL && g_bytes_equal (a->body_bytes, b->body_bytes));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-reply-private.h"

#include "u-test-pattern.h"

#include <string.h>

static const struct
{
  guint status;
  const char *reason;
} reasons[] = {
  { 200, "OK" },
  { 201, "Created" },
  { 204, "No Content" },
  { 206, "Partial Content" },
  { 301, "Moved Permanently" },
  { 302, "Found" },
  { 303, "See Other" },
  { 304, "Not Modified" },
  { 307, "Temporary Redirect" },
  { 308, "Permanent Redirect" },
  { 400, "Bad Request" },
  { 401, "Unauthorized" },
  { 403, "Forbidden" },
  { 404, "Not Found" },
  { 413, "Content Too Large" },
  { 416, "Range Not Satisfiable" },
  { 500, "Internal Server Error" },
  { 503, "Service Unavailable" },
};

static const char *
reason_of (guint status)
{
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      if (reasons[i].status == status)
        return reasons[i].reason;
    }

  return "Some Status";
}

UTestReply *
u_test_reply_new (guint status)
{
  UTestReply *self = g_new0 (UTestReply, 1);

  self->status = status;
  self->minor = 1;
  self->headers = g_ptr_array_new_with_free_func (g_free);
  self->seed = U_TEST_SEED;
  self->framing = U_TEST_FRAMING_LENGTH;
  self->pause_after = -1;
  self->drop_after = -1;
  self->reset_after = -1;

  return self;
}

void
u_test_reply_free (UTestReply *self)
{
  g_free (self->reason);
  g_ptr_array_unref (self->headers);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

void
u_test_reply_add_header (UTestReply *self, const char *name, const char *value)
{
  g_ptr_array_add (self->headers, g_strdup (name));
  g_ptr_array_add (self->headers, g_strdup (value));
}

/*
 * u_test_reply_set_text:
 *
 * Makes @text the body.
 */
void
u_test_reply_set_text (UTestReply *self, const char *type, const char *text)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  self->bytes = g_bytes_new (text, strlen (text));
  self->offset = 0;
  self->length = strlen (text);
  u_test_reply_add_header (self, "Content-Type", type);
}

/*
 * u_test_reply_take_raw:
 * @bytes: (transfer full): all that the client gets
 *
 * Sends @bytes instead of an HTTP response, then closes.
 */
void
u_test_reply_take_raw (UTestReply *self, GBytes *bytes)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  self->bytes = bytes;
  self->offset = 0;
  self->length = g_bytes_get_size (bytes);
  self->framing = U_TEST_FRAMING_RAW;
  self->after = U_TEST_AFTER_CLOSE;
}

/*
 * u_test_reply_read_body:
 * @position: in what is sent, so 0 is the first byte of a range
 *
 * Writes a part of the body; the caller stays below the length.
 */
void
u_test_reply_read_body (const UTestReply *self, guint64 position, guint8 *buffer, gsize length)
{
  g_assert (position + length <= self->length);

  if (self->bytes == NULL)
    {
      u_test_pattern_seeded (self->seed, self->offset + position, buffer, length);
    }
  else if (length > 0)
    {
      const guint8 *data = g_bytes_get_data (self->bytes, NULL);

      memcpy (buffer, data + self->offset + position, length);
    }
}

/*
 * u_test_reply_dup_head:
 *
 * The status line and the fields, with the empty line.
 */
char *
u_test_reply_dup_head (const UTestReply *self)
{
  GString *head = g_string_new (NULL);

  if (self->early_hints)
    g_string_append (head, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");

  g_string_append_printf (head, "HTTP/1.%u %u %s\r\n", self->minor, self->status,
                          self->reason != NULL ? self->reason : reason_of (self->status));
  for (guint i = 0; i + 1 < self->headers->len; i += 2)
    {
      g_string_append_printf (head, "%s: %s\r\n",
                              (const char *) g_ptr_array_index (self->headers, i),
                              (const char *) g_ptr_array_index (self->headers, i + 1));
    }
  g_string_append (head, "\r\n");

  return g_string_free (head, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-upload-resumption-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

#define ORIGIN "https://host.example/files"
#define LENGTH 1000

/* "Name: value" lines, separated by "\n". */
static UResponseData *
new_response (guint status, const char *text)
{
  UHeaderList *headers = u_header_list_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ": ", 2);

      if (parts[0] != NULL && parts[1] != NULL)
        u_header_list_append (headers, parts[0], parts[1]);
    }

  return u_response_data_new_http (ORIGIN, status, "1.1", headers);
}

static URequestData *
new_original (const char *uri)
{
  URequestData *request = u_request_data_new (uri);

  g_free (request->method);
  request->method = g_strdup ("POST");
  request->body_kind = U_BODY_BYTES;
  request->body_bytes = g_bytes_new_static ("body", 4);
  u_header_list_append (request->headers, "Authorization", "Bearer of good news");
  u_header_list_append (request->headers, "X-Api-Key", "1234");
  u_header_list_append (request->headers, "Cookie", "a=b");
  u_header_list_append (request->headers, "Content-Type", "image/png");
  u_header_list_append (request->headers, "If-Match", "\"x\"");
  u_header_list_append (request->headers, "Expect", "100-continue");
  u_header_list_append (request->headers, "X-Plain", "1");

  return request;
}

static void
init (UUploadResumption *self, gint64 length)
{
  g_autoptr (URequestData) original = new_original (ORIGIN);

  u_upload_resumption_init (self, original, length);
}

static gboolean
informational (UUploadResumption *self, guint status, const char *headers)
{
  g_autoptr (UResponseData) response = new_response (status, headers);

  return u_upload_resumption_take_informational (self, response);
}

static void
assert_header (URequestData *request, const char *name, const char *value)
{
  g_assert_cmpstr (u_header_list_get (request->headers, name), ==, value);
  g_assert_cmpuint (u_header_list_count (request->headers, name), ==, value != NULL ? 1 : 0);
}

static void
test_creation (void)
{
  g_autoptr (URequestData) request = NULL;
  UUploadResumption upload;

  init (&upload, LENGTH);
  request = u_upload_resumption_make_request (&upload);
  g_assert_cmpstr (request->method, ==, "POST");
  g_assert_cmpstr (request->uri, ==, ORIGIN);
  g_assert_nonnull (request->body_bytes);
  assert_header (request, "Upload-Complete", "?1");
  assert_header (request, "Upload-Draft-Interop-Version", "6");
  assert_header (request, "Authorization", "Bearer of good news");
  assert_header (request, "Content-Type", "image/png");
  assert_header (request, "If-Match", "\"x\"");
  /* The application's own stays as it was. */
  assert_header (upload.original, "Upload-Complete", NULL);
  u_upload_resumption_clear (&upload);
}

static const struct
{
  const char *base;
  const char *headers;
  const char *uri;            /* NULL: the upload cannot be resumed */
} locations[] = {
  { ORIGIN, "Location: /upload/1", "https://host.example/upload/1" },
  { ORIGIN, "Location: https://host.example/upload/1", "https://host.example/upload/1" },
  { ORIGIN, "Location: https://other.example/1?x=%2F", "https://other.example/1?x=%2F" },
  { ORIGIN, "", NULL },
  { ORIGIN, "Upload-Offset: 5", NULL },
  { ORIGIN, "Location: http://host.example/upload/1", NULL },
  { ORIGIN, "Location: file:///etc/passwd", NULL },
  { ORIGIN, "Location: data:,x", NULL },
  { ORIGIN, "Location: https:///", NULL },
  { "http://host.example/", "Location: https://host.example/1", "https://host.example/1" },
  { "http://host.example/", "Location: http://host.example:81/1", "http://host.example:81/1" },
};

static void
test_locations (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (locations); i++)
    {
      g_autoptr (URequestData) original = new_original (locations[i].base);
      UUploadResumption upload;

      g_test_message ("%s %s", locations[i].base, locations[i].headers);
      u_upload_resumption_init (&upload, original, LENGTH);
      g_assert_false (informational (&upload, 103, locations[i].headers));
      g_assert_null (upload.uri);
      g_assert_true (informational (&upload, 104, locations[i].headers));
      g_assert_cmpstr (upload.uri, ==, locations[i].uri);
      /* Another one later changes nothing. */
      if (locations[i].uri != NULL)
        informational (&upload, 104, "Location: https://host.example/other");
      g_assert_cmpstr (upload.uri, ==, locations[i].uri);
      g_assert_true (u_upload_resumption_take_break (&upload) == (locations[i].uri != NULL));
      g_assert_cmpint (upload.phase, ==, locations[i].uri != NULL ? U_UPLOAD_ASKING : U_UPLOAD_CREATING);
      u_upload_resumption_clear (&upload);
    }
}

static void
check_requests (const char *location, gboolean same_origin)
{
  g_autofree char *field = g_strconcat ("Location: ", location, NULL);
  g_autoptr (URequestData) head = NULL;
  g_autoptr (URequestData) patch = NULL;
  UUploadResumption upload;

  init (&upload, LENGTH);
  informational (&upload, 104, field);
  u_upload_resumption_take_break (&upload);
  head = u_upload_resumption_make_request (&upload);
  g_assert_cmpstr (head->method, ==, "HEAD");
  g_assert_cmpstr (head->uri, ==, location);
  g_assert_cmpint (head->body_kind, ==, U_BODY_NONE);
  assert_header (head, "Upload-Draft-Interop-Version", "6");
  assert_header (head, "Upload-Complete", NULL);
  assert_header (head, "Upload-Offset", NULL);

  upload.phase = U_UPLOAD_APPENDING;
  upload.offset = 400;
  upload.part = 600;
  patch = u_upload_resumption_make_request (&upload);
  g_assert_cmpstr (patch->method, ==, "PATCH");
  g_assert_cmpstr (patch->uri, ==, location);
  g_assert_nonnull (patch->body_bytes);
  assert_header (patch, "Upload-Draft-Interop-Version", "6");
  assert_header (patch, "Upload-Complete", "?1");
  assert_header (patch, "Upload-Offset", "400");
  assert_header (patch, "Content-Type", "application/partial-upload");

  for (guint i = 0; i < 2; i++)
    {
      URequestData *request = i == 0 ? head : patch;

      assert_header (request, "Authorization", same_origin ? "Bearer of good news" : NULL);
      assert_header (request, "X-Api-Key", same_origin ? "1234" : NULL);
      assert_header (request, "Cookie", same_origin ? "a=b" : NULL);
      assert_header (request, "X-Plain", "1");
      assert_header (request, "If-Match", NULL);
      assert_header (request, "Expect", NULL);
    }
  assert_header (head, "Content-Type", NULL);
  u_upload_resumption_clear (&upload);
}

static void
test_requests (void)
{
  check_requests ("https://host.example/upload/1", TRUE);
}

static void
test_other_origin (void)
{
  check_requests ("https://other.example/upload/1", FALSE);
  check_requests ("https://host.example:444/upload/1", FALSE);
}

static const struct
{
  UUploadPhase phase;
  guint status;
  const char *headers;
  gboolean cut;               /* the body was not sent to its end */
  UUploadStep step;
  UUploadPhase next;
  gint64 offset;              /* before: 400, of it 300 acknowledged; 600 are in a PATCH */
  int code;                   /* of the error */
} answers[] = {
#define C U_UPLOAD_CREATING
#define H U_UPLOAD_ASKING
#define P U_UPLOAD_APPENDING
  /* The request of the application: its response is the response. */
  { C, 200, "", FALSE, U_UPLOAD_DELIVERS, C, 400 },
  { C, 413, "", TRUE, U_UPLOAD_DELIVERS, C, 400 },
  { C, 404, "", TRUE, U_UPLOAD_DELIVERS, C, 400 },
  { C, 500, "", FALSE, U_UPLOAD_DELIVERS, C, 400 },
  { C, 502, "", TRUE, U_UPLOAD_TRIES_AGAIN, H, 400 },
  { C, 502, "Upload-Complete: ?1", TRUE, U_UPLOAD_DELIVERS, C, 400 },

  /* How much is there? */
  { H, 204, "Upload-Offset: 500\nUpload-Complete: ?0", FALSE, U_UPLOAD_SENDS, P, 500 },
  { H, 200, "Upload-Offset: 500", FALSE, U_UPLOAD_SENDS, P, 500 },
  { H, 204, "Upload-Offset: 300\nUpload-Complete: ?0", FALSE, U_UPLOAD_SENDS, P, 300 },
  { H, 204, "Upload-Offset: 1000\nUpload-Complete: ?0", FALSE, U_UPLOAD_SENDS, P, 1000 },
  { H, 204, "Upload-Offset: 1000\nUpload-Complete: ?1", FALSE, U_UPLOAD_DELIVERS, H, 400 },
  { H, 204, "Upload-Offset: 1001\nUpload-Complete: ?0", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: 299\nUpload-Complete: ?0", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: 0\nUpload-Complete: ?0", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: -1", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: many", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: 500, 500", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: 500\nUpload-Offset: 600", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 204, "Upload-Offset: 99999999999999999999", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 200, "", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 404, "", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_NOT_RESUMABLE },
  { H, 410, "", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_NOT_RESUMABLE },
  { H, 403, "Upload-Offset: 500", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_NOT_RESUMABLE },
  { H, 302, "Location: /x", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_NOT_RESUMABLE },
  { H, 307, "Location: /x", FALSE, U_UPLOAD_SENDS, H, 400 },
  { H, 308, "Location: http://host.example/", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 307, "", FALSE, U_UPLOAD_FAILS, H, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { H, 503, "", FALSE, U_UPLOAD_TRIES_AGAIN, H, 400 },
  { H, 429, "", FALSE, U_UPLOAD_TRIES_AGAIN, H, 400 },

  /* The rest. */
  { P, 200, "Upload-Complete: ?1", FALSE, U_UPLOAD_DELIVERS, P, 400 },
  { P, 500, "Upload-Complete: ?1", FALSE, U_UPLOAD_DELIVERS, P, 400 },
  { P, 404, "Upload-Complete: ?1", FALSE, U_UPLOAD_DELIVERS, P, 400 },
  { P, 201, "", FALSE, U_UPLOAD_DELIVERS, P, 400 },
  { P, 204, "Upload-Complete: ?0\nUpload-Offset: 700", TRUE, U_UPLOAD_SENDS, P, 700 },
  { P, 204, "Upload-Complete: ?0\nUpload-Offset: 400", FALSE, U_UPLOAD_TRIES_AGAIN, H, 400 },
  { P, 204, "Upload-Complete: ?0\nUpload-Offset: 2000", FALSE, U_UPLOAD_FAILS, P, 400, U_ERROR_BAD_SERVER_RESPONSE },
  { P, 204, "Upload-Complete: ?0", FALSE, U_UPLOAD_TRIES_AGAIN, H, 400 },
  { P, 409, "Upload-Offset: 700", FALSE, U_UPLOAD_TRIES_AGAIN, H, 400 },
  { P, 503, "", FALSE, U_UPLOAD_TRIES_AGAIN, H, 400 },
  { P, 413, "", TRUE, U_UPLOAD_DELIVERS, P, 400 },
  { P, 404, "", FALSE, U_UPLOAD_FAILS, P, 400, U_ERROR_NOT_RESUMABLE },
  { P, 410, "", FALSE, U_UPLOAD_FAILS, P, 400, U_ERROR_NOT_RESUMABLE },
  { P, 308, "Location: /x", FALSE, U_UPLOAD_SENDS, P, 400 },
#undef C
#undef H
#undef P
};

static void
test_answers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (UResponseData) response = new_response (answers[i].status, answers[i].headers);
      g_autoptr (GError) error = NULL;
      UUploadResumption upload;

      g_test_message ("%u: %d %u %s", i, answers[i].phase, answers[i].status, answers[i].headers);
      init (&upload, LENGTH);
      informational (&upload, 104, "Location: /upload/1\nUpload-Offset: 300");
      upload.phase = answers[i].phase;
      upload.offset = 400;
      upload.part = 600;
      g_assert_cmpint (u_upload_resumption_take_response (&upload, response, !answers[i].cut, &error), ==,
                       answers[i].step);
      g_assert_cmpint (upload.offset, ==, answers[i].offset);
      if (answers[i].step == U_UPLOAD_FAILS)
        {
          g_assert_error (error, U_ERROR, answers[i].code);
          g_assert_nonnull (strstr (error->message, "https://host.example/"));
        }
      else
        {
          g_assert_no_error (error);
          g_assert_cmpint (upload.phase, ==, answers[i].next);
        }
      u_upload_resumption_clear (&upload);
    }
}

/* Without an offer nothing is gone on with, whatever breaks. */
static void
test_without_an_offer (void)
{
  g_autoptr (UResponseData) response = new_response (502, "");
  UUploadResumption upload;

  init (&upload, LENGTH);
  g_assert_false (u_upload_resumption_take_break (&upload));
  g_assert_cmpint (u_upload_resumption_take_response (&upload, response, FALSE, NULL), ==, U_UPLOAD_DELIVERS);
  u_upload_resumption_clear (&upload);
}

static void
take_offset (UUploadResumption *upload, gint64 offset)
{
  g_autofree char *field = g_strdup_printf ("Upload-Offset: %" G_GINT64_FORMAT, offset);
  g_autoptr (UResponseData) response = new_response (204, field);

  g_assert_cmpint (u_upload_resumption_take_response (upload, response, TRUE, NULL), ==, U_UPLOAD_SENDS);
}

/* A server that takes a little at a time gets that, and is told when it was the last of it. */
static void
test_parts (void)
{
  g_autoptr (UResponseData) accepted = new_response (204, "Upload-Complete: ?0");
  static const struct
  {
    gint64 offset;
    gint64 part;
    const char *complete;
  } parts[] = { { 100, 400, "?0" }, { 500, 400, "?0" }, { 900, 100, "?1" } };
  UUploadResumption upload;

  init (&upload, LENGTH);
  informational (&upload, 104, "Location: /upload/1\nUpload-Limit: max-size=9999, max-append-size=400");
  u_upload_resumption_take_break (&upload);
  take_offset (&upload, 100);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autoptr (URequestData) request = u_upload_resumption_make_request (&upload);

      g_assert_cmpint (upload.offset, ==, parts[i].offset);
      g_assert_cmpint (upload.part, ==, parts[i].part);
      assert_header (request, "Upload-Complete", parts[i].complete);
      if (i + 1 < G_N_ELEMENTS (parts))
        g_assert_cmpint (u_upload_resumption_take_response (&upload, accepted, TRUE, NULL), ==, U_UPLOAD_SENDS);
    }
  u_upload_resumption_clear (&upload);
}

static void
test_nothing_left (void)
{
  g_autoptr (URequestData) request = NULL;
  UUploadResumption upload;

  init (&upload, LENGTH);
  informational (&upload, 104, "Location: /upload/1");
  u_upload_resumption_take_break (&upload);
  take_offset (&upload, LENGTH);
  g_assert_cmpint (upload.part, ==, 0);
  request = u_upload_resumption_make_request (&upload);
  assert_header (request, "Upload-Complete", "?1");
  assert_header (request, "Upload-Offset", "1000");
  u_upload_resumption_clear (&upload);
}

static void
test_unknown_length (void)
{
  g_autoptr (URequestData) request = NULL;
  UUploadResumption upload;

  init (&upload, -1);
  informational (&upload, 104, "Location: /upload/1\nUpload-Limit: max-append-size=400");
  u_upload_resumption_take_break (&upload);
  take_offset (&upload, G_GINT64_CONSTANT (5000000000));
  g_assert_cmpint (upload.part, ==, -1);
  request = u_upload_resumption_make_request (&upload);
  assert_header (request, "Upload-Complete", "?1");
  assert_header (request, "Upload-Offset", "5000000000");
  u_upload_resumption_clear (&upload);
}

static void
test_moves_end (void)
{
  g_autoptr (UResponseData) response = new_response (307, "Location: /elsewhere");
  g_autoptr (GError) error = NULL;
  UUploadResumption upload;
  guint n = 0;

  init (&upload, LENGTH);
  informational (&upload, 104, "Location: /upload/1");
  u_upload_resumption_take_break (&upload);
  while (u_upload_resumption_take_response (&upload, response, TRUE, &error) == U_UPLOAD_SENDS)
    g_assert_cmpuint (++n, <, 100);
  g_assert_error (error, U_ERROR, U_ERROR_TOO_MANY_REDIRECTS);
  g_assert_cmpuint (n, ==, 20);
  u_upload_resumption_clear (&upload);
}

/* What the first hop offered is not for the second one. */
static void
test_restart (void)
{
  g_autoptr (URequestData) next = new_original ("https://other.example/");
  UUploadResumption upload;

  init (&upload, LENGTH);
  informational (&upload, 104, "Location: /upload/1\nUpload-Offset: 10");
  u_upload_resumption_restart (&upload, next);
  g_assert_false (u_upload_resumption_take_break (&upload));
  g_assert_cmpint (upload.acknowledged, ==, 0);
  informational (&upload, 104, "Location: /upload/1");
  g_assert_cmpstr (upload.uri, ==, "https://other.example/upload/1");
  u_upload_resumption_clear (&upload);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/upload-resumption/r199-creation", test_creation);
  g_test_add_func ("/upload-resumption/r199-locations", test_locations);
  g_test_add_func ("/upload-resumption/r200-requests", test_requests);
  g_test_add_func ("/upload-resumption/r200-other-origin", test_other_origin);
  g_test_add_func ("/upload-resumption/r200-answers", test_answers);
  g_test_add_func ("/upload-resumption/r200-parts", test_parts);
  g_test_add_func ("/upload-resumption/r200-nothing-left", test_nothing_left);
  g_test_add_func ("/upload-resumption/r200-unknown-length", test_unknown_length);
  g_test_add_func ("/upload-resumption/r200-moves-end", test_moves_end);
  g_test_add_func ("/upload-resumption/r198-without-an-offer", test_without_an_offer);
  g_test_add_func ("/upload-resumption/redirect-voids-the-offer", test_restart);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-resume-rules-private.h"

/* "Name: value" lines, separated by "\n". */
static UHeaderList *
new_headers (const char *text)
{
  UHeaderList *headers = u_header_list_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ": ", 2);

      if (parts[0] != NULL && parts[1] != NULL)
        u_header_list_append (headers, parts[0], parts[1]);
    }

  return headers;
}

static UResponseData *
new_response (guint status, const char *headers)
{
  return u_response_data_new_http ("http://host/file", status, "1.1", new_headers (headers));
}

#define DATE "Mon, 02 Jan 2006 15:04:05 GMT"

static const struct
{
  guint status;
  const char *headers;
  const char *method;
  gboolean encoded;
  gboolean resumable;
  const char *etag;
  const char *last_modified;
} reads[] = {
  { 200, "ETag: \"a\"\nLast-Modified: " DATE "\nAccept-Ranges: bytes", "GET", FALSE, TRUE, "\"a\"", DATE },
  { 200, "ETag: \"a\"", "GET", FALSE, TRUE, "\"a\"", NULL },
  { 206, "ETag: \"a\"", "GET", FALSE, TRUE, "\"a\"", NULL },
  { 200, "Last-Modified: " DATE, "GET", FALSE, TRUE, NULL, DATE },
  { 200, "ETag: W/\"a\"\nLast-Modified: " DATE, "GET", FALSE, TRUE, NULL, DATE },
  { 200, "ETag: W/\"a\"", "GET", FALSE, FALSE },
  { 200, "ETag: bare", "GET", FALSE, FALSE },
  { 200, "", "GET", FALSE, FALSE },
  { 200, "ETag: \"a\"\nAccept-Ranges: none", "GET", FALSE, FALSE },
  { 200, "ETag: \"a\"", "GET", TRUE, FALSE },
  { 200, "ETag: \"a\"", "HEAD", FALSE, FALSE },
  { 200, "ETag: \"a\"", "POST", FALSE, FALSE },
  { 201, "ETag: \"a\"", "GET", FALSE, FALSE },
  { 404, "ETag: \"a\"", "GET", FALSE, FALSE },
  { 304, "ETag: \"a\"", "GET", FALSE, FALSE },
};

static void
test_read (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (reads); i++)
    {
      g_autoptr (URequestData) request = u_request_data_new ("http://host/file");
      g_autoptr (UResponseData) response = new_response (reads[i].status, reads[i].headers);
      UResumePoint point = { .offset = 7, .total = 7, .etag = g_strdup ("old") };

      g_free (request->method);
      request->method = g_strdup (reads[i].method);
      g_assert_cmpint (u_resume_point_read (&point, request, response, reads[i].encoded), ==, reads[i].resumable);
      g_assert_cmpint (point.offset, ==, 0);
      g_assert_cmpint (point.total, ==, -1);
      g_assert_cmpstr (point.etag, ==, reads[i].etag);
      g_assert_cmpstr (point.last_modified, ==, reads[i].last_modified);
      u_resume_point_clear (&point);
    }
}

static void
test_read_own_range (void)
{
  g_autoptr (URequestData) request = u_request_data_new ("http://host/file");
  g_autoptr (UResponseData) response = new_response (206, "ETag: \"a\"");
  g_autoptr (UResponseData) other_scheme = u_response_data_new ("file:///x", NULL, NULL, 5);
  UResumePoint point = { .total = -1 };

  u_header_list_append (request->headers, "Range", "bytes=1-");
  g_assert_false (u_resume_point_read (&point, request, response, FALSE));
  u_header_list_remove (request->headers, "range");
  g_assert_true (u_resume_point_read (&point, request, response, FALSE));
  g_assert_false (u_resume_point_read (&point, request, other_scheme, FALSE));
  u_resume_point_clear (&point);
}

static const struct
{
  gint64 offset;
  const char *etag;
  const char *last_modified;
  const char *range;          /* NULL: there is nothing to ask for */
  const char *if_range;
} points[] = {
  { 5, "\"a\"", NULL, "bytes=5-", "\"a\"" },
  { 5, "\"a\"", DATE, "bytes=5-", "\"a\"" },
  { 5, NULL, DATE, "bytes=5-", DATE },
  { G_GINT64_CONSTANT (5000000000), NULL, DATE, "bytes=5000000000-", DATE },
  { 0, "\"a\"", DATE, NULL, NULL },
  { -1, "\"a\"", DATE, NULL, NULL },
  { 5, NULL, NULL, NULL, NULL },
};

static void
test_headers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      UResumePoint point = { points[i].offset, -1, (char *) points[i].etag, (char *) points[i].last_modified };
      g_autoptr (UHeaderList) base = new_headers ("X-Session: yes\nRange: bytes=1-2");
      UHeaderList *bases[] = { NULL, base };

      for (guint j = 0; j < G_N_ELEMENTS (bases); j++)
        {
          g_autoptr (UHeaderList) headers = u_resume_point_headers (&point, bases[j]);

          g_assert_true ((headers == NULL) == (points[i].range == NULL));
          if (headers == NULL)
            continue;
          g_assert_cmpstr (u_header_list_get (headers, "Range"), ==, points[i].range);
          g_assert_cmpuint (u_header_list_count (headers, "Range"), ==, 1);
          g_assert_cmpstr (u_header_list_get (headers, "If-Range"), ==, points[i].if_range);
          g_assert_cmpstr (u_header_list_get (headers, "X-Session"), ==, bases[j] != NULL ? "yes" : NULL);
        }
      /* The headers of the session are those of all its transfers. */
      g_assert_cmpstr (u_header_list_get (base, "Range"), ==, "bytes=1-2");
      g_assert_null (u_header_list_get (base, "If-Range"));
    }
}

#define SAME "\nETag: \"a\""

static const struct
{
  guint status;
  const char *headers;
  gint64 total;               /* known before; -1 unknown */
  UResumeVerdict verdict;
  gint64 new_total;
} answers[] = {
  { 206, "Content-Range: bytes 5-9/10" SAME, 10, U_RESUME_APPEND, 10 },
  { 206, "Content-Range: bytes 5-9/10", 10, U_RESUME_APPEND, 10 },
  { 206, "Content-Range: bytes 5-9/10" SAME, -1, U_RESUME_APPEND, 10 },
  { 206, "Content-Range: bytes 5-9/*" SAME, 10, U_RESUME_APPEND, 10 },
  { 206, "Content-Range: bytes 5-9/*" SAME, -1, U_RESUME_APPEND, -1 },
  { 206, "Content-Range: bytes 5-9/11" SAME, 11, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: bytes 5-10/11" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: bytes 4-9/10" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: bytes 6-9/10" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: bytes 0-9/10" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: bytes 5-9/10\nETag: \"b\"", 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: bytes 5-9/10\nETag: W/\"a\"", 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: lines 5-9/10" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Range: nonsense" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "X: y" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 206, "Content-Type: multipart/byteranges; boundary=x" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 200, "X: y" SAME, 10, U_RESUME_START_OVER, -1 },
  { 200, "ETag: \"b\"", 10, U_RESUME_START_OVER, -1 },
  { 416, "Content-Range: bytes */5" SAME, 10, U_RESUME_COMPLETE, 5 },
  { 416, "Content-Range: bytes */5", -1, U_RESUME_COMPLETE, 5 },
  { 416, "Content-Range: bytes */5\nETag: \"b\"", -1, U_RESUME_ASK_AGAIN, -1 },
  { 416, "Content-Range: bytes */10" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 416, "X: y" SAME, 10, U_RESUME_ASK_AGAIN, -1 },
  { 412, "X: y", 10, U_RESUME_ASK_AGAIN, -1 },
  { 404, "X: y", 10, U_RESUME_OTHER, -1 },
  { 403, "X: y", 10, U_RESUME_OTHER, -1 },
  { 401, "X: y", 10, U_RESUME_OTHER, -1 },
  { 500, "X: y", 10, U_RESUME_OTHER, -1 },
  { 503, "X: y", 10, U_RESUME_OTHER, -1 },
  { 302, "X: y", 10, U_RESUME_OTHER, -1 },
};

static void
test_judge (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      UResumePoint point = { 5, answers[i].total, (char *) "\"a\"", NULL };
      g_autoptr (UResponseData) response = new_response (answers[i].status, answers[i].headers);
      gint64 total = 99;

      g_test_message ("%u %s", answers[i].status, answers[i].headers);
      g_assert_cmpint (u_resume_point_judge (&point, response, &total), ==, answers[i].verdict);
      g_assert_cmpint (total, ==, answers[i].new_total);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/resume-rules/r184-read", test_read);
  g_test_add_func ("/resume-rules/r184-own-range", test_read_own_range);
  g_test_add_func ("/resume-rules/r185-r190-headers", test_headers);
  g_test_add_func ("/resume-rules/r186-r187-r188-r189-judge", test_judge);

  return g_test_run ();
}

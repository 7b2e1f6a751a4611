/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <curl/curl.h>

#include "bench-report.h"

/* Small gets with libcurl's multi interface, each body into memory. */

typedef struct
{
  CURL *easy;                 /* owned */
  GByteArray *body;           /* owned */
} Transfer;

static size_t
write_cb (char *data, size_t size, size_t n, void *user_data)
{
  g_byte_array_append (user_data, (const guint8 *) data, (guint) (size * n));

  return size * n;
}

static void
get_many (CURLM *multi, Transfer *transfers, guint in_flight, guint count)
{
  guint to_start = count;
  guint to_finish = count;

  for (guint i = 0; i < in_flight && to_start > 0; i++, to_start--)
    curl_multi_add_handle (multi, transfers[i].easy);
  while (to_finish > 0)
    {
      CURLMsg *message;
      int n_running;
      int n_left;

      curl_multi_perform (multi, &n_running);
      while ((message = curl_multi_info_read (multi, &n_left)) != NULL)
        {
          CURL *easy = message->easy_handle;
          Transfer *transfer = NULL;

          if (message->msg != CURLMSG_DONE)
            continue;
          g_assert_cmpint (message->data.result, ==, CURLE_OK);
          curl_easy_getinfo (easy, CURLINFO_PRIVATE, (char **) &transfer);
          g_assert_cmpuint (transfer->body->len, >, 0);
          g_byte_array_set_size (transfer->body, 0);
          curl_multi_remove_handle (multi, easy);
          to_finish--;
          if (to_start > 0)
            {
              to_start--;
              curl_multi_add_handle (multi, easy);
            }
        }
      if (to_finish > 0)
        curl_multi_poll (multi, NULL, 0, 1000, NULL);
    }
}

int
main (int argc, char *argv[])
{
  g_autofree Transfer *transfers = NULL;
  CURLM *multi;
  guint count;
  guint in_flight;
  gint64 start;

  if (argc != 4)
    return 2;

  count = bench_number (argv[2]);
  in_flight = bench_number (argv[3]);
  curl_global_init (CURL_GLOBAL_ALL);
  multi = curl_multi_init ();
  curl_multi_setopt (multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long) in_flight);
  transfers = g_new0 (Transfer, in_flight);
  for (guint i = 0; i < in_flight; i++)
    {
      transfers[i].easy = curl_easy_init ();
      transfers[i].body = g_byte_array_new ();
      curl_easy_setopt (transfers[i].easy, CURLOPT_URL, argv[1]);
      curl_easy_setopt (transfers[i].easy, CURLOPT_WRITEFUNCTION, write_cb);
      curl_easy_setopt (transfers[i].easy, CURLOPT_WRITEDATA, transfers[i].body);
      curl_easy_setopt (transfers[i].easy, CURLOPT_PRIVATE, &transfers[i]);
    }

  get_many (multi, transfers, 1, 1);
  start = g_get_monotonic_time ();
  get_many (multi, transfers, in_flight, count);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));

  for (guint i = 0; i < in_flight; i++)
    {
      curl_easy_cleanup (transfers[i].easy);
      g_byte_array_unref (transfers[i].body);
    }
  curl_multi_cleanup (multi);

  return 0;
}

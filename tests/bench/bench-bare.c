/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench-report.h"

/* The least that a download can be: recv() and write(), nothing checked but the length. */

#define BLOCK_SIZE (512 * 1024)

static int
open_connection (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);

  return fd;
}

static void
run_download (guint16 port, const char *target, const char *path)
{
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                                             target);
  g_autofree char *buffer = g_malloc (BLOCK_SIZE);
  int from = open_connection (port);
  int to = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean in_body = FALSE;
  gint64 total = 0;
  gssize n;

  g_assert_cmpint (to, >=, 0);
  g_assert_cmpint (send (from, request, strlen (request), 0), ==, (gssize) strlen (request));
  while ((n = recv (from, buffer, BLOCK_SIZE, 0)) > 0)
    {
      const char *start = buffer;

      if (!in_body)
        {
          /* nginx sends the head in one piece. */
          start = g_strstr_len (buffer, n, "\r\n\r\n");
          g_assert_nonnull (start);
          start += 4;
          in_body = TRUE;
        }
      n -= start - buffer;
      g_assert_cmpint (write (to, start, n), ==, n);
      total += n;
    }
  g_assert_cmpint (n, ==, 0);
  close (to);
  close (from);
  bench_report ("bytes", total);
}

int
main (int argc, char *argv[])
{
  gint64 start = g_get_monotonic_time ();

  if (argc != 4)
    return 2;

  run_download ((guint16) bench_number (argv[1]), argv[2], argv[3]);
  bench_report ("seconds", bench_seconds_since (start));
  bench_report ("peak_kib", bench_memory ("VmHWM:"));

  return 0;
}

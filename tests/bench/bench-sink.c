/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench-report.h"

/* A server that reads bodies of requests as fast as they come and forgets them. It reports its port, and ends with its
 * standard input. */

#define BLOCK_SIZE (512 * 1024)

/* The head of a request, and how much of its body came with it; NULL at the end. */
static char *
read_head (int fd, char *block, gint64 *n_body)
{
  gsize length = 0;

  while (length < BLOCK_SIZE)
    {
      gssize n = recv (fd, block + length, BLOCK_SIZE - length, 0);
      const char *end;

      if (n <= 0)
        return NULL;
      length += (gsize) n;
      end = g_strstr_len (block, (gssize) length, "\r\n\r\n");
      if (end != NULL)
        {
          *n_body = (gint64) length - (end + 4 - block);
          return g_ascii_strdown (block, end + 2 - block);
        }
    }

  return NULL;
}

static gboolean
answer (int fd, const char *text)
{
  return send (fd, text, strlen (text), MSG_NOSIGNAL) == (gssize) strlen (text);
}

static gpointer
serve (gpointer data)
{
  g_autofree char *block = g_malloc (BLOCK_SIZE);
  int fd = GPOINTER_TO_INT (data);

  while (TRUE)
    {
      gint64 n_body = 0;
      g_autofree char *head = read_head (fd, block, &n_body);
      const char *field = head != NULL ? strstr (head, "\r\ncontent-length:") : NULL;
      gint64 length = field != NULL ? g_ascii_strtoll (field + strlen ("\r\ncontent-length:"), NULL, 10) : 0;

      if (head == NULL)
        break;
      if (strstr (head, "\r\nexpect: 100-continue") != NULL && !answer (fd, "HTTP/1.1 100 Continue\r\n\r\n"))
        break;
      while (n_body < length)
        {
          gssize n = recv (fd, block, BLOCK_SIZE, 0);

          if (n <= 0)
            break;
          n_body += n;
        }
      if (n_body != length || !answer (fd, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"))
        break;
    }
  close (fd);

  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  while (TRUE)
    {
      int fd = accept (GPOINTER_TO_INT (data), NULL, NULL);

      if (fd >= 0)
        g_thread_unref (g_thread_new ("sink", serve, GINT_TO_POINTER (fd)));
    }

  return NULL;
}

int
main (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char byte;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 16), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &length), ==, 0);
  bench_report ("port", ntohs (address.sin_port));
  g_thread_unref (g_thread_new ("accept", accept_all, GINT_TO_POINTER (listener)));
  while (read (STDIN_FILENO, &byte, 1) > 0)
    ;

  return 0;
}

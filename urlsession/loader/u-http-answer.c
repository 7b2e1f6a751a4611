/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-answer-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* Informational responses beyond this are not looked into, so that an answer behind them is seen at the end only. */
#define MAX_HEADS (16 * 1024)

/* The length of the head at the beginning of @text with the empty line behind it; 0: that is not there yet. */
static gsize
get_head_length (const char *text, gsize length)
{
  for (const char *at = text; (at = memchr (at, '\n', length - (gsize) (at - text))) != NULL; at++)
    {
      gsize left = length - (gsize) (at + 1 - text);

      if (left >= 1 && at[1] == '\n')
        return (gsize) (at + 2 - text);
      if (left >= 2 && at[1] == '\r' && at[2] == '\n')
        return (gsize) (at + 3 - text);
    }

  return 0;
}

/* RFC 9112 section 4 and RFC 9110 section 15.2: a response whose status begins with 1 is not the last one. */
UHttpAnswer
u_http_answer_parse (const char *head, gsize length)
{
  while (length > 0)
    {
      static const char prefix[] = "HTTP/1.";
      gsize size;

      if (strncmp (head, prefix, MIN (length, strlen (prefix))) != 0)
        return U_HTTP_ANSWER_THERE;
      if (length < strlen (prefix) + 3)
        return U_HTTP_ANSWER_NONE;
      if (head[strlen (prefix) + 1] != ' ' || head[strlen (prefix) + 2] != '1')
        return U_HTTP_ANSWER_THERE;

      size = get_head_length (head, length);
      if (size == 0)
        return U_HTTP_ANSWER_NONE;
      head += size;
      length -= size;
    }

  return U_HTTP_ANSWER_NONE;
}

static UHttpAnswer
look_at_text (GSocket *socket, gsize *seen)
{
  char text[MAX_HEADS];
  gssize n;

  do
    n = recv (g_socket_get_fd (socket), text, sizeof (text), MSG_PEEK | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);

  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return U_HTTP_ANSWER_NONE;
  if (n <= 0)
    return U_HTTP_ANSWER_THERE;
  if ((gsize) n == *seen)
    return U_HTTP_ANSWER_NONE;
  *seen = (gsize) n;

  return u_http_answer_parse (text, (gsize) n);
}

UHttpAnswer
u_http_answer_look (GSocket *socket, gboolean is_plain, gsize *seen)
{
  struct pollfd poll_fd = { .fd = g_socket_get_fd (socket), .events = POLLRDHUP | (is_plain ? POLLIN : 0) };

  if (g_socket_is_closed (socket))
    return U_HTTP_ANSWER_THERE;
  if (poll (&poll_fd, 1, 0) <= 0 || poll_fd.revents == 0)
    return U_HTTP_ANSWER_NONE;
  if ((poll_fd.revents & ~POLLIN) != 0)
    return U_HTTP_ANSWER_THERE;

  return look_at_text (socket, seen);
}

static gboolean
answer_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs answer_source_funcs = { .dispatch = answer_dispatch };

static void
set_low_mark (GSocket *socket, int bytes)
{
  if (!g_socket_is_closed (socket))
    g_socket_set_option (socket, SOL_SOCKET, SO_RCVLOWAT, bytes, NULL);
}

GSource *
u_http_answer_create_source (GSocket *socket, gboolean is_plain, gsize seen)
{
  GSource *source = g_source_new (&answer_source_funcs, sizeof (GSource));
  gboolean is_full = seen >= MAX_HEADS;

  /* What is not taken out would make it ready all the time. */
  if (seen > 0 && !is_full)
    set_low_mark (socket, (int) seen + 1);
  g_source_add_unix_fd (source, g_socket_get_fd (socket),
                        (GIOCondition) (POLLRDHUP | (is_plain && !is_full ? POLLIN : 0)));
  g_source_set_static_name (source, "[urlsession] early answer");

  return source;
}

void
u_http_answer_forget (GSocket *socket)
{
  set_low_mark (socket, 1);
}

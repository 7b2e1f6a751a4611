/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* A port for a server that cannot choose one itself. It is below those that the kernel gives to whoever asks for any,
 * so that nobody gets it before the server does, and no two calls of a program give the same. */
static inline guint16
find_free_port (void)
{
  static guint8 given[G_MAXUINT16 + 1];

  while (TRUE)
    {
      g_autoptr (GSocketListener) listener = g_socket_listener_new ();
      guint16 port = (guint16) g_random_int_range (10240, 32000);

      if (given[port] == 0 && g_socket_listener_add_inet_port (listener, port, NULL, NULL))
        {
          given[port] = 1;
          return port;
        }
    }
}

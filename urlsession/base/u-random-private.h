/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <errno.h>
#include <sys/random.h>

#include <glib.h>

G_BEGIN_DECLS

/* Bytes that nobody can tell before: of the system, or of GLib where a sandbox does not let the system be asked. */
static inline void
u_random_fill (guint8 *data, gsize length)
{
  gsize n = 0;

  while (n < length)
    {
      gssize taken = getrandom (data + n, length - n, 0);

      if (taken > 0)
        n += (gsize) taken;
      else if (errno != EINTR)
        break;
    }
  for (; n < length; n++)
    data[n] = (guint8) g_random_int ();
}

G_END_DECLS

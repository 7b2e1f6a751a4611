/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-file-system-private.h"

#include <sys/vfs.h>

/* linux/magic.h names only some of them. */
static const long remote_file_systems[] = {
  0x6969,                     /* NFS */
  0x517b,                     /* SMB */
  (long) 0xfe534d42,          /* SMB2 */
  (long) 0xff534d42,          /* CIFS */
  0x65735546,                 /* FUSE */
  0x5346414f,                 /* AFS */
  0x01021997,                 /* 9P */
  0x00c36400,                 /* Ceph */
};

gboolean
u_file_system_is_remote (int fd)
{
  struct statfs info;

  if (fstatfs (fd, &info) != 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (remote_file_systems); i++)
    {
      if ((long) info.f_type == remote_file_systems[i])
        return TRUE;
    }

  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/base/u-enums.h"

G_BEGIN_DECLS

/* What a credential is good for, without the object: immutable once shared, atomically reference-counted, free to cross
 * threads. A UProtectionSpace is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  UAuthenticationMethod method;
  char *protocol;             /* owned; lower case: "http", "https", "ftp"; of a proxy: "http", "https", "socks" */
  char *host;                 /* owned; lower case, without brackets */
  guint port;
  char *realm;                /* owned, nullable: the method has none. "" is a realm */
  gboolean is_proxy;
  GPtrArray *chain;           /* owned, nullable; SERVER_TRUST: of GBytes, certificates in DER, that of the server first */
  GTlsCertificateFlags errors; /* SERVER_TRUST: what is wrong with it */
  GPtrArray *authorities;     /* owned, nullable; CLIENT_CERTIFICATE: of GBytes, names in DER that the server accepts */
} UProtectionSpaceData;

UProtectionSpaceData *u_protection_space_data_new   (UAuthenticationMethod  method,
                                                     const char            *protocol,
                                                     const char            *host,
                                                     guint                  port,
                                                     const char            *realm,
                                                     gboolean               is_proxy);
UProtectionSpaceData *u_protection_space_data_ref   (UProtectionSpaceData  *self);
void                  u_protection_space_data_unref (UProtectionSpaceData  *self);
/* Chain, errors and authorities are no part of what a space is. */
gboolean              u_protection_space_data_equal (gconstpointer          a,
                                                     gconstpointer          b);
guint                 u_protection_space_data_hash  (gconstpointer          self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UProtectionSpaceData, u_protection_space_data_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/auth/u-credential-data-private.h"

G_BEGIN_DECLS

/*
 * What a loader remembers of the answers to its questions, so that it does not ask for each connection again.
 *
 * An origin is written "host:port". Reference-counted, not thread-safe: of the thread of the loader.
 */
typedef struct _UHttpMemory UHttpMemory;

UHttpMemory *u_http_memory_new    (void);
UHttpMemory *u_http_memory_ref    (UHttpMemory *self);
void         u_http_memory_unref  (UHttpMemory *self);
/* For what a signal handler holds. */
void         u_http_memory_closure_unref (gpointer  self,
                                          GClosure *closure);

/* Of servers: whether that origin may show the certificate @leaf when no more than @errors is wrong with it. */
gboolean     u_http_memory_trusts (UHttpMemory          *self,
                                   const char           *origin,
                                   GTlsCertificate      *leaf,
                                   GTlsCertificateFlags  errors);
void         u_http_memory_trust  (UHttpMemory          *self,
                                   const char           *origin,
                                   GTlsCertificate      *leaf,
                                   GTlsCertificateFlags  errors);

/* Of client certificates and of logins. FALSE: nobody was asked. @credential: (transfer full) NULL: go on without.
 * @space: what it is good for, such as "certificate host:port" or "proxy host:port". */
gboolean     u_http_memory_recall (UHttpMemory      *self,
                                   const char       *space,
                                   UCredentialData **credential);
void         u_http_memory_learn  (UHttpMemory      *self,
                                   const char       *space,
                                   UCredentialData  *credential);
void         u_http_memory_forget (UHttpMemory      *self,
                                   const char       *space);

/* Of what a server or a proxy wants, or is being asked about. */
gboolean     u_http_memory_has_noted (UHttpMemory *self,
                                      const char  *fact);
void         u_http_memory_note      (UHttpMemory *self,
                                      const char  *fact);
/* So it is for most loaders, always. */
gboolean     u_http_memory_is_blank  (UHttpMemory *self);
void         u_http_memory_unnote    (UHttpMemory *self,
                                      const char  *fact);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHttpMemory, u_http_memory_unref)

G_END_DECLS

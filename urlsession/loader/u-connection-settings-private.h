/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-http-memory-private.h"
#include "urlsession/loader/u-loader-private.h"

G_BEGIN_DECLS

/*
 * What all the connections of a session share that are not made by libsoup: the rules for them, and what was answered to
 * questions about them. Reference-counted, of one I/O thread. Its fields may be read, and are never null unless it says
 * so.
 */
typedef struct
{
  guint ref_count;
  GTlsDatabase *tls_database; /* owned, nullable: the system's */
  GProxyResolver *proxy_resolver; /* owned, nullable: the system's */
  UTlsRules *tls_rules;       /* owned, nullable: no rules */
  UHttpMemory *memory;        /* owned; another one after forget() */
} UConnectionSettings;

UConnectionSettings *u_connection_settings_new    (const ULoaderSettings *settings);
UConnectionSettings *u_connection_settings_ref    (UConnectionSettings   *self);
void                 u_connection_settings_unref  (UConnectionSettings   *self);
/* What was answered is asked again, by connectors that start from now on. */
void                 u_connection_settings_forget (UConnectionSettings   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UConnectionSettings, u_connection_settings_unref)

G_END_DECLS

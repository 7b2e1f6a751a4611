/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Hosts that want to be loaded over TLS only (RFC 6797). Plain C, for any thread. */
typedef struct _UHstsStore UHstsStore;

UHstsStore *u_hsts_store_new_memory   (void);
/* Shared by all who open that path in this process. */
UHstsStore *u_hsts_store_open         (const char  *path);
UHstsStore *u_hsts_store_ref          (UHstsStore  *self);
void        u_hsts_store_unref        (UHstsStore  *self);

/* Whether a load from @host over http has to go over https instead. */
gboolean    u_hsts_store_must_upgrade (UHstsStore  *self,
                                       const char  *host);
/* What a response of @host over TLS, without errors, says in Strict-Transport-Security; @value is that of the first
 * such field. */
void        u_hsts_store_take_header  (UHstsStore  *self,
                                       const char  *host,
                                       const char  *value);
void        u_hsts_store_remove_all   (UHstsStore  *self);

gboolean    u_hsts_store_is_ready     (UHstsStore  *self);
/* @func in @context, never from inside the call. */
void        u_hsts_store_when_ready   (UHstsStore  *self,
                                       GMainContext *context,
                                       void        (*func) (gpointer),
                                       gpointer      data);
void        u_hsts_store_flush        (UHstsStore  *self,
                                       GMainContext *context,
                                       void        (*func) (gpointer),
                                       gpointer      data);

/* For tests: another clock than g_get_real_time(). */
void        u_hsts_store_set_clock    (UHstsStore  *self,
                                       gint64     (*clock) (void));

/* RFC 6797 section 6.1: FALSE for what is malformed. @max_age is in seconds. */
gboolean    u_hsts_parse_header       (const char  *value,
                                       gint64      *max_age,
                                       gboolean    *include_subdomains);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHstsStore, u_hsts_store_unref)

G_END_DECLS

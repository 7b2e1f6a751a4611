/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-connection-settings-private.h"
#include "urlsession/loader/u-loader-private.h"

G_BEGIN_DECLS

/* The loaders of one session, by scheme; each is made when it is first needed, on the I/O thread that asks for it. */
typedef struct _ULoaderTable ULoaderTable;

ULoaderTable *u_loader_table_new       (const ULoaderSettings *settings);
/* After the last load of its loaders is freed. */
void          u_loader_table_free      (ULoaderTable          *self);
/* Lower case. NULL: nothing built in serves it. */
ULoader      *u_loader_table_find      (ULoaderTable          *self,
                                        const char            *scheme);
/* (transfer none): what its connections share that are not made by libsoup */
UConnectionSettings *
              u_loader_table_get_connections (ULoaderTable   *self);
const char   *u_loader_table_explain   (const char            *scheme);
void          u_loader_table_drop_idle (ULoaderTable          *self,
                                        gboolean               forget);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ULoaderTable, u_loader_table_free)

G_END_DECLS

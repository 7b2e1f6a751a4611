/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/storage/u-cookie-jar-private.h"
#include "urlsession/storage/u-cookie-storage.h"

G_BEGIN_DECLS

/* What the storage is a view of (transfer full): for threads that may not hold the object. */
UCookieJar *u_cookie_storage_ref_jar (UCookieStorage *self);

G_END_DECLS

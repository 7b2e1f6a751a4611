/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-loader-private.h"
#include "urlsession/loader/u-protocol-exchange-private.h"
#include "urlsession/storage/u-cookie-jar-private.h"
#include "urlsession/storage/u-credential-store-private.h"
#include "urlsession/storage/u-hsts-store-private.h"
#include "urlsession/transfer/u-transfer-private.h"

G_BEGIN_DECLS

/* What a session decides for all its transfers, and what it remembers. */
typedef struct
{
  ULoaderSettings loader;
  UCookieJar *cookies;        /* nullable: none are kept or sent; borrowed */
  UCookieAcceptPolicy cookie_policy;
  gboolean sends_cookies;
  UHstsStore *hsts;           /* nullable; borrowed */
  UCredentialStore *credentials; /* nullable; borrowed */
  gint64 rate_limit;          /* bytes per second for all transfers together, 0: none */
  const UProtocolPort *protocols; /* nullable: nobody is asked; static */
  gboolean has_own_protocols; /* this session has some, whatever there is beside them */
} UExecutorSettings;

/* Carries transfers out on an I/O thread of this process. @context is that of the session: what the application gave
 * (in @settings) is let go there. */
UExecutor *u_local_executor_new (const UExecutorSettings *settings,
                                 GMainContext            *context);

G_END_DECLS

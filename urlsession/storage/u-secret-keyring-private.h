/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/storage/u-keyring-private.h"

G_BEGIN_DECLS

/* (transfer none): the Secret Service of the user, through libsecret. Without a session bus, or a service on it, or
 * libsecret when this was built, it has nothing and takes nothing. */
UKeyring *u_secret_keyring_get (void);
/* For tests, before the first call: how long the service may take, and how long the user, in milliseconds. */
void      u_secret_keyring_set_patience (guint answer,
                                         guint prompt);

G_END_DECLS

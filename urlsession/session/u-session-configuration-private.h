/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/session/u-session-configuration.h"

G_BEGIN_DECLS

/* A copy that cannot be changed. */
USessionConfiguration *u_session_configuration_dup_sealed    (USessionConfiguration *self);
gboolean               u_session_configuration_is_background (USessionConfiguration *self);

G_END_DECLS

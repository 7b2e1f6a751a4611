/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"

G_DEFINE_QUARK (u-error-quark, u_error)

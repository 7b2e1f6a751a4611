/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/base/u-error.h"

/**
 * u_error_quark:
 *
 * Gets the error domain of the library, which C calls `U_ERROR`.
 *
 * Returns: a quark
 */
G_DEFINE_QUARK (u-error-quark, u_error)
